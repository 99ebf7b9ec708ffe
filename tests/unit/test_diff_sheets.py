"""Tables of two releases are read once each, and the sheets of this program in a quick way that gives what openpyxl gives."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from pipeline.release.compare import published
from pipeline.release.compare.diff import difference
from pipeline.release.compare.written import written
from pipeline.release.tables import write_xlsx
from schemas import columns as col
from tests.unit.releases import release, row

TEXTS = ["<1E-10", "a & b", "Li – Cl", "  padded ", "two\nlines", "=1+1", "&amp;#8211;", "'quoted\"", "long " * 30]


@pytest.fixture
def sheet(tmp_path: Path) -> bytes:
    """A sheet as the program writes it: numbers of every kind, hard texts, blanks, links."""
    rows = [row(f"a{number}", NOTE=text, IONIC_CONDUCTIVITY=1.5e-7 * number, Z=number) for number, text in enumerate(TEXTS)]
    cells = pd.DataFrame([{key: None if value == "" else value for key, value in each.items()} for each in rows], dtype=object)
    write_xlsx(cells, tmp_path / "all.xlsx")
    return (tmp_path / "all.xlsx").read_bytes()


def told(rows: list[list[Any]] | None) -> list[list[tuple[type, Any]]] | None:
    """Values with their types: 1 and 1.0 are two cells."""
    return None if rows is None else [[(type(value), value) for value in row] for row in rows]


def slowly(data: bytes) -> list[list[Any]]:
    """The same as openpyxl reads it."""
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0].values]


def test_a_sheet_of_this_program_is_read_quickly_and_as_openpyxl_reads_it(sheet: bytes) -> None:
    assert told(written(sheet)) == told(slowly(sheet))
    notes = [line[list(map(str, col.WORKBOOK)).index(col.NOTE)] for line in slowly(sheet)]
    assert notes[1:] == TEXTS


def _changed(data: bytes, name: str, old: str, new: str) -> bytes:
    """The workbook with a text of one of its parts changed once."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for each in before.namelist():
            text = before.read(each).decode()
            if each == name:
                assert old in text
                text = text.replace(old, new, 1)
            after.writestr(each, text)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (SHEET, '<c r="C3" t="n"><v>1</v></c>', '<c r="C3"><f>1+1</f><v>2</v></c>'),
        (SHEET, '<c r="C3" t="n"><v>1</v></c>', '<c r="C3" t="b"><v>1</v></c>'),
        (SHEET, '<c r="C3" t="n"><v>1</v></c>', '<!-- <c r="C3" t="n"><v>1</v></c> -->'),
        (SHEET, '<dimension ref="A1:AB10"/>', '<dimension ref="A1:B10"/>'),
        (SHEET, '<dimension ref="A1:AB10"/>', '<dimension ref="A1:AB9"/>'),
        (SHEET, '<row r="3"', '<row r="13"'),
        (SHEET, "<is><t>Li2O</t></is>", "<is><r><t>Li</t></r><r><t>2O</t></r></is>"),
        ("xl/styles.xml", 'formatCode="0.0###E+00"', 'formatCode="yyyy-mm-dd"'),
        ("xl/styles.xml", '<xf numFmtId="164"', '<xf numFmtId="14"'),
    ],
)  # fmt: skip
def test_what_is_written_in_another_way_is_left_to_openpyxl(sheet: bytes, part: str, old: str, new: str) -> None:
    assert written(_changed(sheet, part, old, new)) is None


@pytest.mark.parametrize("value", [True, datetime.date(2024, 1, 1), "plain"])
def test_so_is_a_workbook_of_another_program(value: object) -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["ID", value])
    book.create_sheet("second")
    book.save(out)
    assert written(out.getvalue()) is None


def test_a_table_that_two_releases_have_alike_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(data: bytes, path: str, name: str, _read: Callable[..., Any] = published._rows) -> Any:
        read.append(path)
        return _read(data, path, name)

    monkeypatch.setattr(published, "_rows", counted)
    difference(release("old", [row("aa1")]), release("again", [row("aa1")]))
    assert len(read) == len(set(read)) > 1
    read.clear()
    difference(release("old", [row("aa1")]), release("new", [row("aa1"), row("bb2")]))
    assert read.count("all.csv") == 2
