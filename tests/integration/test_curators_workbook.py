"""A release built from the curators' own sheet: the released sheet gives the release, an edited one what was edited."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from pipeline import sources
from pipeline.build import Options, build
from pipeline.cli import main
from pipeline.release.opened import opened
from pipeline.sources import Archive
from schemas import columns as col


@pytest.fixture(scope="module")
def decisions(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of ``raw`` with the archives beside it, to be written to."""
    folder = tmp_path_factory.mktemp("own") / "raw"
    shutil.copytree(raw, folder, ignore=shutil.ignore_patterns(sources.DOWNLOADS))
    (folder / sources.DOWNLOADS).mkdir()
    pin = sources.default_pin(raw)
    shutil.copy(sources.downloads(raw) / pin.archive, folder / sources.DOWNLOADS)
    return folder


def edited(data: bytes) -> bytes:
    """The sheet with its columns turned around, without Family, with one row gone, one new, one edited and one mended."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    header, *body = ([cell.value for cell in row] for row in sheet.iter_rows())
    place = {label: number for number, label in enumerate(header)}
    rows = {row[0]: row for row in body}
    del rows["bq9"]
    rows["zz9"] = ["zz9", *rows["bsa"][1:]]
    rows["zz9"][place[col.DOI]] = "10.1000/nobody.has.it"
    rows["5zv"][place[col.NOTE]] = "looked at again"
    rows["yav"][place[col.Z]] = 8
    order = [number for label, number in reversed(place.items()) if label != col.FAMILY]
    made = openpyxl.Workbook()
    for row in (header, *rows.values()):
        made.active.append([row[number] for number in order])
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_the_released_sheet_gives_the_release(raw: Path, built: Path, tmp_path: Path) -> None:
    archive = sources.open_archive(sources.default_pin(raw), raw)
    book = tmp_path / "curators.xlsx"
    book.write_bytes(archive.read("workbook"))
    own = tmp_path / "own"
    build(Options(raw, own, quick=True, workbook=book))
    named = {"README.md", "RELEASE.json", "SHA256SUMS"}
    one, other = ({path.relative_to(folder): path for path in folder.rglob("*")} for folder in (built, own))
    assert one.keys() == other.keys()
    differ = {str(path) for path in one if one[path].is_file() and one[path].read_bytes() != other[path].read_bytes()}
    assert differ <= named
    told = json.loads((own / "RELEASE.json").read_text())["source"]["members"]["workbook"]
    assert told["file"] == "curators.xlsx"
    assert str(tmp_path) not in (own / "RELEASE.json").read_text()


def test_the_sheet_is_written_back_with_the_corrected_cells(raw: Path, built: Path, archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "sheet.xlsx"
    for _ in range(2):  # an earlier one is replaced
        ran = CliRunner().invoke(main, ["workbook", str(out), "--raw", str(raw)])
        assert ran.exit_code == 0, ran.output
    before = openpyxl.load_workbook(io.BytesIO(archive.read("workbook"))).active
    after = openpyxl.load_workbook(out).active
    header = {cell.value: cell.column for cell in before[1]}
    rows = {cell.value: cell.row for cell in before["A"]}
    with (built / "corrections.csv").open(newline="") as table:
        wanted = {(rows[each["ID"]], header[each["column"]]): each for each in csv.DictReader(table)}
    differ = {
        (one.row, one.column)
        for ours, theirs in zip(before.iter_rows(), after.iter_rows(), strict=True) for one, other in zip(ours, theirs, strict=True)
        if one.value != other.value
    }  # fmt: skip
    assert differ == wanted.keys()
    assert before.dimensions == after.dimensions
    for place, each in wanted.items():
        cell = after.cell(*place)
        assert each["reason"] in cell.comment.text
        assert each["evidence"] in cell.comment.text
        assert ("" if cell.value is None else str(cell.value)) == each["after"]
    (tmp_path / "mine.xlsx").write_text("not ours")
    ran = CliRunner().invoke(main, ["workbook", str(tmp_path / "mine.xlsx"), "--raw", str(raw)])
    assert (ran.exit_code, (tmp_path / "mine.xlsx").read_text()) == (2, "not ours")


def test_an_edited_sheet_is_pinned_and_told_and_everything_follows_by_id(decisions: Path, tmp_path: Path) -> None:
    archive = sources.open_archive(sources.default_pin(decisions), decisions)
    book = tmp_path / "edited.xlsx"
    book.write_bytes(edited(archive.read("workbook")))
    ran = CliRunner().invoke(main, ["source", "add", "--workbook", str(book), "--raw", str(decisions)])
    assert ran.exit_code == 0, ran.output
    for said in (
        "new: zz9", "removed: bq9", "edited: 5zv note: (blank) becomes 'looked at again'", "mended: yav Z", "another order",
        "absent, read as blank: Family", "no cell: 11b Family", "cells edited 1",
    ):  # fmt: skip
        assert said in ran.output, ran.output
    release = opened(decisions)
    assert release.origin == "edited.xlsx"
    assert "bq9" not in release.entries.index
    assert "bq9" not in {*release.texts, *release.split.train, *release.split.test, *release.links[col.ID]}
    assert release.entries.loc["yav", col.Z] == 8
    assert not ((release.corrections[col.ID] == "yav") & (release.corrections[col.COLUMN] == col.Z)).any()
    assert ("zz9" in release.split.train) != ("zz9" in release.split.test)
    comments = [line for line in (decisions / sources.PINS).read_text().splitlines() if line.startswith("#")]
    assert comments == [line for line in (Path("raw") / sources.PINS).read_text().splitlines() if line.startswith("#")]

    kept = decisions / sources.DOWNLOADS / "edited.xlsx"
    kept.write_bytes(book.read_bytes() + b"\n")
    ran = CliRunner().invoke(main, ["build", "--quick", "--raw", str(decisions), "--out", str(tmp_path / "out")])
    assert (ran.exit_code, "not the pinned file" in ran.output, (tmp_path / "out").exists()) == (2, True, False)
    kept.unlink()
    ran = CliRunner().invoke(main, ["check", str(book), "--raw", str(decisions)])
    assert (ran.exit_code, "is not there" in ran.output) == (2, True)


def test_a_sheet_that_cannot_be_read_is_not_pinned(decisions: Path, tmp_path: Path) -> None:
    before = (decisions / sources.PINS).read_text()
    book = tmp_path / "other.xlsx"
    book.write_bytes(b"PK no workbook")
    ran = CliRunner().invoke(main, ["source", "add", "--workbook", str(book), "--raw", str(decisions)])
    assert ran.exit_code == 2
    assert (decisions / sources.PINS).read_text() == before
    assert not (decisions / sources.DOWNLOADS / "other.xlsx").exists()
