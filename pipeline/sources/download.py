"""The one call of the package client: it brings a source distribution, and runs nothing of it.

pip is asked because it honours the machine's own index settings. It is started in isolated mode and in a folder of its own, so that
no module of the working folder is taken for a part of it.

``pip download`` asks each source distribution for its metadata, through the build backend that its ``pyproject.toml`` names; left
alone it first installs the newest such backend from the index. pip has no option to leave that out. So it is told not to
(``--no-build-isolation``), and finds backends here that do nothing but hand over the ``PKG-INFO`` that lies in every source
distribution. Neither a backend nor any code of the distribution is run, and none has to be installed.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError

if TYPE_CHECKING:
    from pipeline.sources.pin import Pin

#: Backends that answer for themselves here; a distribution with another one is refused by pip, since nothing is installed for it.
BACKENDS = ("hatchling.build", "setuptools.build_meta", "flit_core.buildapi", "poetry.core.masonry.api", "pdm.backend")
#: PEP 517: the hook runs in the folder of the unpacked distribution and writes ``NAME-VERSION.dist-info/METADATA``.
_BACKEND = """
import re
import sys
from email.parser import BytesHeaderParser
from pathlib import Path

__legacy__ = sys.modules[__name__]  # what pip asks for where a distribution names no backend

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    text = Path("PKG-INFO").read_bytes()
    about = BytesHeaderParser().parsebytes(text)
    name = re.sub("[-_.]+", "_", about["Name"]).lower()
    folder = Path(metadata_directory, f"{name}-{about['Version']}.dist-info")
    folder.mkdir()
    folder.joinpath("METADATA").write_bytes(text)
    return folder.name

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    raise RuntimeError("the source distribution is read, not built")
"""


def download(pin: Pin, scratch: Path) -> Path:
    """Ask pip for the source distribution of a pin; the archive, below ``scratch``, with the pinned hash.

    A pin that is still to be made has no hash and no archive: whatever the index offers under this version is brought.

    Raises
    ------
    InputError
        When this Python has no pip, or pip could not bring the archive.
    OSError
        When there is no room for it.
    """
    by_hand = "put the archive into raw/downloads by hand; its hash is verified" if pin.sha256 else "try again where there is one"
    if find_spec("pip") is None:
        raise InputError(
            f"{pin.package} {pin.version} could not be downloaded: the environment of {sys.executable} has no pip",
            file=pin.archive,
            cure=f"install pip there ('python -m ensurepip' or 'uv pip install pip'), or {by_hand}",
        )
    scratch = scratch.resolve()
    wanted = scratch / "wanted.txt"
    hashed = f" --hash=sha256:{pin.sha256}" if pin.sha256 else ""
    wanted.write_text(f"{pin.package}=={pin.version}{hashed}\n", encoding="utf-8")
    command = [sys.executable, "-I", "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", pin.package]
    command += ["--no-build-isolation", "--use-pep517", "--disable-pip-version-check", "--no-input"]
    command += ["--dest", str(scratch), *(["--require-hashes"] if hashed else []), "-r", str(wanted)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    variables |= {"TMPDIR": str(scratch), "PYTHONPATH": str(_backends(scratch / "backends"))}
    ran = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False, env=variables)
    found = [path for path in sorted(scratch.iterdir()) if path.name.endswith((".tar.gz", ".zip"))]
    arrived = scratch / pin.archive if pin.archive else next(iter(found), scratch / "nothing")
    if ran.returncode != 0 or not arrived.is_file():
        said = [line.strip() for line in (ran.stderr + ran.stdout).splitlines() if line.strip()]
        if any("No space left" in line for line in said):
            raise OSError(errno.ENOSPC, "no space is left there")
        said = [line for line in said if "WARNING" not in line]
        raise InputError(
            f"{pin.package} {pin.version} could not be downloaded: {_reason(said)}",
            file=pin.archive,
            cure=f"check the network and pip's index settings ('pip config list'), or {by_hand}",
        )
    return arrived


def _backends(folder: Path) -> Path:
    """Write the backends; the folder to import them from."""
    for name in BACKENDS:
        path = folder
        for part in name.split("."):
            path = path / part
            path.mkdir(parents=True, exist_ok=True)
            (path / "__init__.py").touch()  # a folder without one would stand behind an installed package of its name
        (path / "__init__.py").write_text(_BACKEND, encoding="utf-8")
    return folder


def _reason(said: list[str]) -> str:
    """What pip said, in one line: the error that names the cause, not the summary that follows it."""
    errors = [line.removeprefix("ERROR:").strip() for line in said if line.startswith("ERROR:")]
    if any("DO NOT MATCH THE HASHES" in line for line in said):
        return "the index offers an archive with another SHA-256 than the pinned one"
    return errors[0] if errors else (said[-1] if said else "pip said nothing")
