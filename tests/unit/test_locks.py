"""The locks install on any day: nothing depends on what an index holds beyond them.

The index here is a folder, its packages are written by the test: a locked version of each and a newer one that must not be touched.
"""

from __future__ import annotations

import base64
import ensurepip
import hashlib
import importlib.util
import io
import os
import re
import shlex
import subprocess
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from tests.conftest import ROOT

#: The first pip that passes over candidates without a hash when a requirement has an extra.
RESOLVER_MENDED = Version("23.3")
LOCKS = ("build-requirements.txt", "requirements.txt", "constraints.txt")
#: The build backend of the package that has no wheel. ``{mark}`` is a file that tells which version was run.
BACKEND = """
import pathlib, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path({mark!r}).write_text({version!r})
    name = "built-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for path, text in {files!r}.items():
            wheel.writestr(path, text)
    return name
"""


def wheel_files(name: str, version: str, requires: list[str], body: str = "", extra: str = "") -> dict[str, str]:
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += (f"Provides-Extra: {extra}\n" if extra else "") + "".join(f"Requires-Dist: {text}\n" for text in requires)
    files = {
        f"{name}.py": body or f"version = {version!r}\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()]
    return files | {f"{info}/RECORD": "\n".join([*lines, f"{info}/RECORD,,", ""])}


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def write_wheel(folder: Path, name: str, version: str, requires: list[str] | None = None, body: str = "", extra: str = "") -> str:
    """Write one wheel into the index; its line of a lock."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in wheel_files(name, version, requires or [], body, extra).items():
            archive.writestr(inner, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def write_sdist(folder: Path) -> str:
    """Write a package without a wheel, built by ``backend``; its line of a lock."""
    path = folder / "built-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for inner, text in {
            "pyproject.toml": '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n',
            "PKG-INFO": "Metadata-Version: 2.1\nName: built\nVersion: 1.0\n",
        }.items():
            entry = tarfile.TarInfo(f"built-1.0/{inner}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return f"built==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of tiny packages and locks of the real locks' names, complete, of the older versions."""
    folder = tmp_path_factory.mktemp("checkout")
    index = folder / "index"
    index.mkdir()
    files = wheel_files("built", "1.0", [])
    backends = {
        version: write_wheel(index, "backend", version, body=BACKEND.format(mark=str(folder / "backend-run"), version=version, files=files))
        for version in ("1.0", "2.0")
    }
    part, wanting, addition = (
        {version: write_wheel(index, *named, version, **more) for version in ("1.0", "2.0")}  # type: ignore[arg-type]
        for named, more in (
            (("part",), {"requires": ["addition; extra == 'more'"], "extra": "more"}),
            (("wanting",), {"requires": ["part[more]~=1.0"]}),
            (("addition",), {}),
        )
    )
    newer = write_wheel(index, "part", "1.1", ["addition; extra == 'more'"], extra="more")
    assert newer.startswith("part==1.1")
    (folder / "build-requirements.txt").write_text(f"{backends['1.0']}\n")
    lines = [part["1.0"], wanting["1.0"], addition["1.0"], write_sdist(index)]
    for lock in LOCKS[1:]:
        (folder / lock).write_text("\n".join([*lines, ""]))
    return folder


def pip_at_hand() -> Path:
    """What runs the pip of this environment in another one, as its ``--python`` does; else (uv) the pip that Python brings."""
    found = importlib.util.find_spec("pip")
    if found is not None and found.origin is not None:
        return Path(found.origin).with_name("__pip-runner__.py")
    return next(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")) / "pip"


class Environment:
    """A virtual environment without pip, in which a pip from elsewhere works: made in a tenth of a second."""

    def __init__(self, folder: Path, checkout: Path) -> None:
        venv.create(folder, with_pip=False)
        self.start = [str(folder / ("Scripts" if os.name == "nt" else "bin") / "python"), str(pip_at_hand())]
        self.checkout = checkout
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        index = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (checkout / "index").as_uri()}
        self.variables = {**kept, **index, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1"}

    def pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self.start, *arguments]
        return subprocess.run(command, cwd=self.checkout, env=self.variables, capture_output=True, text=True, check=False)

    def versions(self) -> dict[str, str]:
        listed = self.pip("list", "--format", "freeze").stdout.split()
        return {name: version for name, _, version in (line.partition("==") for line in listed) if name not in ("pip", "setuptools")}


@pytest.fixture
def environment(tmp_path: Path, checkout: Path) -> Environment:
    (checkout / "backend-run").unlink(missing_ok=True)
    return Environment(tmp_path / "environment", checkout)


def steps(marker: str) -> Iterator[list[str]]:
    """Arguments of each call of pip in one of the README's two commands, those that install the project itself left out."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(rf"<!-- {marker} command -->\n```sh\n(.*?)\n```", text, re.DOTALL)
    assert command
    for step in command[1].split(" && "):
        program, *arguments = shlex.split(step)
        if program.endswith("/bin/pip") and arguments[-1] != ".":
            yield arguments


def test_the_commands_install_locks_in_one_way() -> None:
    first, second = list(steps("first")), list(steps("second"))
    assert [call[-1] for call in first] == [LOCKS[0], LOCKS[1], "check"]
    assert second == [[LOCKS[2] if word == LOCKS[1] else word for word in call] for call in first]


def test_a_command_installs_the_locked_versions_whatever_is_newer(environment: Environment) -> None:
    for call in steps("first"):
        ran = environment.pip(*call)
        assert ran.returncode == 0, f"{call}: {ran.stdout}{ran.stderr}"
    assert environment.versions() == {"backend": "1.0", "part": "1.0", "wanting": "1.0", "addition": "1.0", "built": "1.0"}
    assert (environment.checkout / "backend-run").read_text() == "1.0"


def test_a_lock_that_lacks_a_package_is_told(environment: Environment, tmp_path: Path) -> None:
    lines = (environment.checkout / "requirements.txt").read_text().splitlines()
    torn = tmp_path / "torn.txt"
    torn.write_text("\n".join(line for line in lines if line.startswith("wanting")))
    assert environment.pip("install", "-q", "--no-deps", "--require-hashes", "-r", str(torn)).returncode == 0
    proved = environment.pip("check")
    assert proved.returncode == 1
    assert "requires part, which is not installed" in proved.stdout


def test_a_resolver_stumbles_over_a_newer_version(environment: Environment, tmp_path: Path) -> None:
    """Why ``--no-deps``: pip 23.2 looks at the newest candidate of a requirement with an extra, and has no hash for it."""
    said = environment.pip("--version").stdout.split()
    lines = (environment.checkout / "requirements.txt").read_text().splitlines()
    wheels = tmp_path / "wheels.txt"
    wheels.write_text("\n".join(line for line in lines if not line.startswith("built")))
    ran = environment.pip("install", "-q", "--require-hashes", "-r", str(wheels))
    if Version(said[1]) >= RESOLVER_MENDED:
        pytest.skip(f"pip {said[1]} resolves a complete lock; {RESOLVER_MENDED} and later do")
    assert ran.returncode == 1
    assert "must have their versions pinned with ==" in ran.stderr


def test_an_isolated_build_takes_the_newest_backend(environment: Environment) -> None:
    """Why ``--no-build-isolation``: what is built from source would be built with what the index holds today."""
    ran = environment.pip("install", "-q", "--no-deps", "--require-hashes", "-r", "requirements.txt")
    assert ran.returncode == 0, ran.stderr
    assert (environment.checkout / "backend-run").read_text() == "2.0"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_hashes_and_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE)
    for block in re.split(r"\n(?=\S)", text):
        if not block.startswith("#"):
            assert re.match(r"[a-z0-9-]+==[^\s;]+", block), block
            assert "--hash=sha256:" in block


def test_the_locks_agree() -> None:
    pinned = {lock: set(re.findall(r"^[a-z0-9-]+==[^\\\n]+", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)) for lock in LOCKS}
    assert {line.split()[0] for line in pinned[LOCKS[0]] | pinned[LOCKS[1]]} <= {line.split()[0] for line in pinned[LOCKS[2]]}
