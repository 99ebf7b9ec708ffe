"""Rows are compared with the dataset, or the program says that it cannot; nothing in the working folder stands in for the dataset."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline import sources
from pipeline.cli import FORMATS, main
from pipeline.contribute import existing as module
from pipeline.errors import InputError
from schemas import columns as col
from tests.pins import Member, pins_text, sha, tar_gz
from tests.unit.sheets import ROW, row, workbook

PUBLISHED = workbook([row(), row(ID="abd", DOI="10.1000/two", REDUCED_COMPOSITION="LiCl", TRUE_COMPOSITION="Li4Cl4")])
ARCHIVE = tar_gz({"data/raw.xlsx": PUBLISHED})


def pins(archive: bytes = ARCHIVE, sheet: bytes = PUBLISHED, package: str = "pkg") -> str:
    return pins_text(archive, {"workbook": Member("data/raw.xlsx", sha(sheet), 2)}, package)


def sent(**changes: object) -> str:
    cells = row(**{"ID": "mine", **changes})
    return "\n".join(",".join(str(part) for part in line) for line in (ROW, [cells[name] for name in ROW])) + "\n"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A working folder, a program whose pins travel elsewhere, a user's cache, no network; packages that somebody asked the network for."""
    program, work, names = tmp_path / "program", tmp_path / "work", list[str]()
    program.mkdir()
    work.mkdir()
    (program / "sources.toml").write_text(pins())
    monkeypatch.chdir(work)
    monkeypatch.setattr(sources, "PACKAGED", program)
    monkeypatch.setattr(sources, "CHECKOUT", tmp_path / "no-checkout")
    monkeypatch.delenv(sources.DOWNLOADS_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def unreachable(pin: sources.Pin, _: Path) -> Path:
        names.append(pin.package)
        raise InputError("there is no network", file=pin.archive, cure="check the network")

    monkeypatch.setattr(sources, "_download", unreachable)
    Path("copy.csv").write_text(sent())
    Path("new.csv").write_text(sent(DOI="10.1000/new", Z=8, TRUE_COMPOSITION="Li24P8O32", SPACE_GROUP="P-1", SPACE_GROUP_NUMBER=2, A=20.98))
    return names


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def place(folder: str | Path, data: bytes = ARCHIVE) -> None:
    path = Path(folder) / "downloads" / "pkg-1.0.tar.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def checks(*arguments: str) -> set[str]:
    return {finding["check"] for finding in json.loads(call("check", *arguments, "--format", "json").stdout)["findings"]}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_copy_of_an_entry_without_the_dataset_is_unusable(asked: list[str], kind: str) -> None:
    done = call("check", "copy.csv", "--format", kind, "--output", "report")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "no network" in done.stderr
    assert "cure: " in done.stderr
    assert "fetch" in done.stderr
    assert "--without-dataset" in done.stderr
    assert not Path("report").exists()
    assert asked == ["pkg"]


def test_rows_are_not_accepted_without_the_dataset(asked: list[str]) -> None:
    Path("raw").mkdir()
    Path("raw/sources.toml").write_text(pins())
    done = call("accept", "copy.csv", "--by", "A")
    assert done.exit_code == 2
    assert sorted(path.name for path in Path("raw").iterdir()) == ["sources.toml"]


@pytest.mark.parametrize("kind", FORMATS)
def test_rows_that_were_checked_alone_are_never_said_to_join(asked: list[str], kind: str) -> None:
    for table, status in (("copy.csv", 0), ("wrong.csv", 1)):
        Path("wrong.csv").write_text(sent(Z=3))
        done = call("check", table, "--format", kind, "--without-dataset")
        assert done.exit_code == status, done.output
        assert "can join" not in done.stdout
        words = " ".join(done.stdout.split())
        assert "--without-dataset" in words
        assert json.loads(done.stdout)["summary"]["compared_with"] is None if kind == "json" else "ot compared with the dataset" in words
    assert asked == []


def test_the_archive_may_lie_in_the_working_folder_the_checkout_or_the_cache(asked: list[str], tmp_path: Path) -> None:
    for home in ("raw", tmp_path / "no-checkout", tmp_path / "cache" / "obelix-curate"):
        assert call("check", "copy.csv").exit_code == 2
        place(home)
        assert "duplicate.exact" in checks("copy.csv")
        fine = call("check", "new.csv")
        assert fine.exit_code == 0, fine.output
        assert "can join" in fine.stdout
        (Path(home) / "downloads" / "pkg-1.0.tar.gz").unlink()


def test_an_archive_with_another_hash_is_passed_over_where_a_right_one_lies(asked: list[str], tmp_path: Path) -> None:
    planted = tar_gz({"data/raw.xlsx": workbook([row(ID="xyz", DOI="10.1000/other", REDUCED_COMPOSITION="LiI", TRUE_COMPOSITION="Li4I4")])})
    place("raw", planted)
    assert call("check", "copy.csv").exit_code == 2
    place(tmp_path / "no-checkout")
    assert "duplicate.exact" in checks("copy.csv")


def test_pins_and_corrections_of_the_working_folder_choose_nothing(asked: list[str], tmp_path: Path) -> None:
    other = workbook([row(ID="xyz", DOI="10.1000/other", REDUCED_COMPOSITION="LiI", TRUE_COMPOSITION="Li4I4")])
    archive = tar_gz({"data/raw.xlsx": other})
    place("raw", archive)
    Path("raw/sources.toml").write_text(pins(archive, other, "evil"))
    Path("raw/corrections.yaml").write_text("- this: is no correction\n")
    assert call("check", "copy.csv").exit_code == 2
    assert asked == ["pkg"]
    place(tmp_path / "cache" / "obelix-curate")
    assert "duplicate.exact" in checks("copy.csv")
    Path("raw/corrections.yaml").unlink()
    assert "duplicate.exact" not in checks("copy.csv", "--raw", "raw")
    refused = call("accept", "new.csv", "--by", "A")
    assert refused.exit_code == 2
    assert "--raw raw" in refused.stderr


def test_rows_under_the_contributions_of_the_working_folder_are_compared_with(asked: list[str]) -> None:
    place("raw")
    assert "duplicate.exact" not in checks("new.csv")
    folder = Path("raw/contributions/one")
    folder.mkdir(parents=True)
    header = [str(column) for column in col.WORKBOOK]
    cells = {**dict(zip(ROW, Path("new.csv").read_text().splitlines()[1].split(","), strict=True)), str(col.ID): "bbb"}
    (folder / "rows.csv").write_text("\n".join((",".join(header), ",".join(cells.get(name, "") for name in header))) + "\n")
    assert "duplicate.exact" in checks("new.csv")


def test_what_an_earlier_build_left_does_not_stand_in(asked: list[str]) -> None:
    Path("raw").mkdir()
    Path("curated").mkdir()
    module.workbook.cells(PUBLISHED, "x").to_csv("curated/all.csv", index=False)
    assert call("check", "copy.csv").exit_code == 2


# --- what is kept of the workbook ------------------------------------------------------------------------------------
@pytest.fixture
def reads(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One item each time that the workbook was read."""
    place("raw")
    found: list[str] = []
    real = module.workbook.cells

    def counted(data: bytes, file: str) -> object:
        found.append(file)
        return real(data, file)

    monkeypatch.setattr(module.workbook, "cells", counted)
    return found


def kept(tmp_path: Path) -> Path:
    [path] = (tmp_path / "cache" / "obelix-curate" / "entries").iterdir()
    return path


def test_the_workbook_is_read_once(reads: list[str], tmp_path: Path) -> None:
    for _ in range(3):
        assert "duplicate.exact" in checks("copy.csv")
    assert len(reads) == 1
    assert not list(Path("raw/downloads").glob("*.json"))
    Path("raw/downloads/pkg-1.0.tar.gz").unlink()
    assert call("check", "copy.csv").exit_code == 2  # what is kept says nothing without the archive


def test_what_is_kept_is_not_believed_once_it_was_changed(reads: list[str], tmp_path: Path) -> None:
    checks("copy.csv")
    path = kept(tmp_path)
    path.write_text(path.read_text().replace("Li3PO4", "Na3PO4"))
    assert "duplicate.exact" in checks("copy.csv")
    path.write_text("nonsense")
    assert "duplicate.exact" in checks("copy.csv")
    assert len(reads) == 3


def test_what_is_kept_is_for_one_version_of_the_program(reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    checks("copy.csv")
    monkeypatch.setattr(module, "__version__", "0.0.0")
    checks("copy.csv")
    assert len(reads) == 2


def name_kept() -> str:
    path = module._kept(sources.default_pin(sources.travelling()))
    assert path is not None
    return path.name


def planted(entries: Path, name: str) -> None:
    """Valid in itself, under the right name, about another workbook."""
    entries.mkdir(parents=True)
    other = module.workbook.cells(workbook([row(ID="xyz", DOI="10.1000/other", REDUCED_COMPOSITION="LiI", TRUE_COMPOSITION="Li4I4")]), "x")
    body = json.dumps({"columns": list(other.columns), "cells": other.to_numpy().tolist()})
    (entries / name).write_text(f"{json.dumps({'sha256': sha(body.encode())})}\n{body}")


def test_a_cache_that_came_with_a_pull_request_is_not_believed(reads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = name_kept()
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path.cwd() / "cache"))
    planted(Path("cache/obelix-curate/entries"), name)
    assert "duplicate.exact" in checks("copy.csv")
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")  # relative: in the working folder again
    assert "duplicate.exact" in checks("copy.csv")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    (tmp_path / "other" / ".git").mkdir(parents=True)
    planted(tmp_path / "other" / "obelix-curate" / "entries", name)
    assert "duplicate.exact" in checks("copy.csv")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_cache_that_others_may_write_to_is_not_believed(reads: list[str], tmp_path: Path) -> None:
    entries = tmp_path / "cache" / "obelix-curate" / "entries"
    planted(entries, name_kept())
    assert "duplicate.exact" not in checks("copy.csv")  # the user's own: believed
    entries.chmod(0o777)
    assert "duplicate.exact" in checks("copy.csv")


def test_fetch_outside_of_a_checkout_brings_the_program_s_own_pins(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrive(pin: sources.Pin, scratch: Path) -> Path:
        (scratch / pin.archive).write_bytes(ARCHIVE)
        return scratch / pin.archive

    monkeypatch.setattr(sources, "_download", arrive)
    done = call("fetch")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "cache" / "obelix-curate" / "downloads" / "pkg-1.0.tar.gz").read_bytes() == ARCHIVE
    assert not Path("raw").exists()
    assert "duplicate.exact" in checks("copy.csv")
