"""What is given away: every file's licence, the built package's metadata, and the wheel, installed elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.contributed.tables import good, zipped


def run(*command: str | Path, folder: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the checkout that git knows, without what was built or downloaded there."""
    folder = tmp_path_factory.mktemp("copy")
    for name in run("git", "ls-files", "-z", folder=ROOT).split("\0"):
        if name and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def dist(copy: Path) -> Path:
    run(sys.executable, "-m", "build", "--no-isolation", folder=copy)
    return copy / "dist"


def test_every_file_says_its_licence(copy: Path) -> None:
    run(sys.executable, "-m", "reuse", "lint", folder=copy)


def test_the_built_package_may_be_published(dist: Path) -> None:
    said = run(sys.executable, "-m", "twine", "check", "--strict", *sorted(dist.iterdir()), folder=dist)
    assert said.count("PASSED") == 2


def test_the_wheel_holds_what_travels_with_the_program(dist: Path) -> None:
    [wheel] = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"obelix_curate", "pipeline", "schemas"}
    assert {"obelix_curate/py.typed", "pipeline/raw/sources.toml", "pipeline/raw/corrections.yaml", "pipeline/raw/waivers.yaml"} <= set(
        names
    )
    licences = {Path(name).name for name in names if ".dist-info/licenses/" in name}
    assert licences >= {"LICENSE", "LICENSE-DATA", "MIT.txt", "CC-BY-4.0.txt"}


def test_the_wheel_works_elsewhere(dist: Path, raw: Path, tmp_path: Path) -> None:
    from pipeline.sources import downloads

    [wheel] = dist.glob("*.whl")
    installed, work = tmp_path / "installed", tmp_path / "work"
    work.mkdir()
    run(sys.executable, "-I", "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", installed, wheel, folder=work)
    sent = good()
    (work / sent.name).write_bytes(sent.data)
    (work / "cifs.zip").write_bytes(zipped(sent.structures))
    env = {**os.environ, "PYTHONPATH": str(installed), "OBELIX_CURATE_DOWNLOADS": str(downloads(raw).resolve())}
    program = installed / "bin" / "obelix-curate"
    where = run(
        sys.executable,
        "-P",
        "-c",
        "import pipeline, obelix_curate; print(pipeline.__file__, obelix_curate.__version__)",
        folder=work,
        env=env,
    )
    assert where.startswith(str(installed))
    assert "Searched for duplicates among" in run(program, "check", sent.name, "--cifs", "cifs.zip", folder=work, env=env)
    assert "lattice.volume" in run(program, "explain", "lattice.volume", folder=work, env=env)
