"""Pinned sources: verified at each read, placed whole or not at all, offline once there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline import sources
from pipeline.errors import InputError
from tests.pins import Member, folder_member, pins_text, place, sha, tar_gz

FILES = {"data/a.csv": b"x,y\n1,2\n", "data/cifs/one.cif": b"data_one\n", "data/scripts/s.py": b"print()\n"}


def write_pins(raw: Path, archive: bytes, table: str = sha(FILES["data/a.csv"]), structures: int = 1) -> None:
    raw.mkdir(exist_ok=True)
    members = {
        "table": Member("data/a.csv", table, 1),
        "structures": folder_member("data/cifs", {"one": FILES["data/cifs/one.cif"]}, structures),
    }
    (raw / "sources.toml").write_text(pins_text(archive, members))


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    archive = tar_gz(FILES)
    write_pins(tmp_path, archive)
    place(tmp_path, archive)
    return tmp_path


def opened(raw: Path) -> sources.Archive:
    return sources.open_archive(sources.default_pin(raw), raw)


def test_members_are_read_and_nothing_else_is_kept(raw: Path) -> None:
    archive = opened(raw)
    assert archive.read("table") == FILES["data/a.csv"]
    assert archive.structures() == {"one": "data_one\n"}
    assert "data/scripts/s.py" not in archive.contents


def test_no_network_is_needed_once_the_archive_is_there(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("the package client was asked"))
    assert sources.fetch(sources.default_pin(raw), raw).is_file()
    assert opened(raw).read("table")


def test_a_damaged_archive_is_refused(raw: Path) -> None:
    path = place(raw, tar_gz(FILES)[:-40])
    with pytest.raises(InputError, match="not the pinned file") as caught:
        opened(raw)
    assert caught.value.file == str(path)
    assert "fetch 1.0" in caught.value.cure


def test_an_archive_that_is_pinned_but_torn_is_refused(tmp_path: Path) -> None:
    torn = tar_gz(FILES)[:-40]
    write_pins(tmp_path, torn)
    place(tmp_path, torn)
    with pytest.raises(InputError, match="damaged"):
        opened(tmp_path)


def test_a_changed_member_is_refused(tmp_path: Path) -> None:
    archive = tar_gz({**FILES, "data/a.csv": b"x,y\n1,3\n"})
    write_pins(tmp_path, archive)
    place(tmp_path, archive)
    with pytest.raises(InputError, match="not the pinned file"):
        opened(tmp_path).read("table")


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    archive = tar_gz({"data/cifs/one.cif": b"data_one\n"})
    write_pins(tmp_path, archive)
    place(tmp_path, archive)
    with pytest.raises(InputError, match="does not hold the table source"):
        opened(tmp_path).read("table")


def test_a_missing_structure_is_counted(tmp_path: Path) -> None:
    archive = tar_gz(FILES)
    write_pins(tmp_path, archive, structures=2)
    place(tmp_path, archive)
    with pytest.raises(InputError, match="1 structures, 2 are pinned"):
        opened(tmp_path).structures()


def pip_that(monkeypatch: pytest.MonkeyPatch, stderr: str, archive: bytes | None = None) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[:4] == [sys.executable, "-I", "-m", "pip"]
        assert "--require-hashes" in command
        if archive is not None:
            Path(command[command.index("--dest") + 1], "pkg-1.0.tar.gz").write_bytes(archive)
        return subprocess.CompletedProcess(command, 0 if archive is not None else 1, "", stderr)

    monkeypatch.setattr(subprocess, "run", run)


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "another SHA-256"),
        ("WARNING: Retrying\nERROR: Could not find a version that satisfies the requirement pkg==1.0", "Could not find a version"),
        ("", "pip said nothing"),
    ],
)
def test_a_failed_download_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stderr: str, said: str) -> None:
    write_pins(tmp_path, tar_gz(FILES))
    pip_that(monkeypatch, stderr)
    with pytest.raises(InputError, match=said) as caught:
        opened(tmp_path)
    assert caught.value.cure
    assert list((tmp_path / "downloads").iterdir()) == []


@pytest.mark.parametrize(
    "level", ["ERROR: Could not install packages due to an OSError", "WARNING: Retrying after connection broken by OSError"]
)
def test_a_download_without_room_is_told_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    write_pins(tmp_path, tar_gz(FILES))
    pip_that(monkeypatch, f"{level}: [Errno 28] No space left on device\nERROR: No matching distribution found for pkg==1.0")
    with pytest.raises(InputError, match="no space is left") as caught:
        opened(tmp_path)
    assert "make room" in caught.value.cure
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_wrong_download_is_not_placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pins(tmp_path, tar_gz(FILES))
    pip_that(monkeypatch, "", archive=b"something else")
    with pytest.raises(InputError, match="not the pinned file"):
        opened(tmp_path)
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pins(tmp_path, tar_gz(FILES))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    pip_that(monkeypatch, "", archive=tar_gz(FILES))
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        opened(tmp_path)
    assert not (tmp_path / "downloads" / "pkg-1.0.tar.gz").exists()


def test_nothing_else_is_overwritten_by_a_download(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(raw, b"mine")
    monkeypatch.setattr(sources, "_download", lambda *_: pytest.fail("asked the network"))
    with pytest.raises(InputError, match="something else") as caught:
        sources.fetch(sources.default_pin(raw), raw)
    assert "delete it" in caught.value.cure
    assert path.read_bytes() == b"mine"


def test_a_download_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tar_gz(FILES)
    write_pins(tmp_path, archive)
    pip_that(monkeypatch, "", archive=archive)
    assert opened(tmp_path).read("table") == FILES["data/a.csv"]
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["pkg-1.0.tar.gz"]


@pytest.mark.parametrize(
    ("text", "said"), [("default = ", "not TOML"), ('default = "1"\n', "lacks"), ('default="1"\n[members]\n[pins]\n', "lacks")]
)
def test_a_broken_pin_file_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "sources.toml").write_text(text)
    with pytest.raises(InputError, match=said):
        sources.pins(tmp_path)


def test_no_pin_file_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file") as caught:
        sources.pins(tmp_path)
    assert "--raw" in caught.value.cure


@pytest.mark.parametrize("backend", ["hatchling.build", "setuptools.build_meta", None])
def test_the_package_client_brings_a_source_and_runs_nothing_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str | None
) -> None:
    """Neither modules of the working folder, nor code of the source distribution, nor a newer build backend of the index."""
    mark = tmp_path / "run"
    leave = f"open({str(mark)!r}, 'a').write(__file__)\n"
    build = (
        f'[build-system]\nrequires = ["hatchling", "setuptools"]\nbuild-backend = "{backend}"\n[project]\nname = "pkg"\nversion = "1.0"\n'
    )
    inside = {"PKG-INFO": b"Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n", "setup.py": leave.encode(), "hatch_build.py": leave.encode()}
    if backend is not None:
        inside["pyproject.toml"] = (build + '[tool.hatch.metadata.hooks.custom]\npath = "hatch_build.py"\n').encode()
    archive = tar_gz({**FILES, **inside})
    index, work, raw = (tmp_path / name for name in ("index", "work", "raw"))
    index.mkdir()
    (index / "pkg-1.0.tar.gz").write_bytes(archive)
    for name in ("hatchling", "setuptools"):
        with zipfile.ZipFile(index / f"{name}-999-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", leave)
            wheel.writestr(f"{name}-999.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 999\n")
            wheel.writestr(f"{name}-999.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    for module in ("pip", "hatchling", "setuptools", "pipeline", "sitecustomize"):
        (work / module).mkdir(parents=True)
        (work / module / "__init__.py").write_text(leave)
        (work / module / "__main__.py").write_text(leave)
        (work / f"{module}.py").write_text(leave)
    monkeypatch.chdir(work)
    monkeypatch.setenv("PYTHONPATH", "")
    for name, value in {"CONFIG_FILE": os.devnull, "NO_INDEX": "1", "FIND_LINKS": index.as_uri()}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    write_pins(raw, archive)
    assert opened(raw).read("table") == FILES["data/a.csv"]
    assert [path.name for path in (raw / "downloads").iterdir()] == ["pkg-1.0.tar.gz"]
    assert not mark.exists(), mark.read_text()


def test_an_environment_without_pip_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pins(tmp_path, tar_gz(FILES))
    monkeypatch.setattr("pipeline.sources.download.find_spec", lambda name: None)
    with pytest.raises(InputError, match="has no pip") as caught:
        opened(tmp_path)
    assert "ensurepip" in caught.value.cure
    assert list((tmp_path / "downloads").iterdir()) == []
