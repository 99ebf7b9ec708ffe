"""A table file of a few kilobytes that would cost gigabytes or minutes is refused before a library reads it."""

from __future__ import annotations

import io
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from time import process_time

import pytest

from pipeline.errors import InputError
from pipeline.ingest.contributed.bounds import demand_characters, demand_workbook
from pipeline.ingest.contributed.table import contribution
from pipeline.safety import limits
from pipeline.safety.limits import Limit
from tests.contributed.tables import HEADER, good
from tests.unit.sheets import row, workbook

SHEET = "xl/worksheets/sheet1.xml"
CELL = '<c r="{}" t="inlineStr"><is><t>x</t></is></c>'


def changed(**parts: str) -> bytes:
    """A good workbook with some of its parts replaced, packed again."""
    target = io.BytesIO()
    names = {"sheet": SHEET, "styles": "xl/styles.xml", "texts": "xl/sharedStrings.xml"}
    with (
        zipfile.ZipFile(io.BytesIO(workbook([row()]))) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        replaced = {names.get(key, key): text for key, text in parts.items()}
        for name in dict.fromkeys([*old.namelist(), *replaced]):
            new.writestr(name, replaced[name] if name in replaced else old.read(name))
    return target.getvalue()


def sheet(rows: str, tail: str = "") -> str:
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData>{tail}</worksheet>'


MERGED = "<mergeCells>" + "".join(f'<mergeCell ref="A{n}:KN1048576"/>' for n in range(1, 9000)) + "</mergeCells>"
ROWS = "".join(f'<row r="{n}">{CELL.format(f"A{n}")}</row>' for n in range(1, 3000))
BOMBS = {
    "row a billion": (lambda: changed(sheet=sheet('<row r="1000000000"><c r="A1"/></row>')), "a sheet ends at 1048576"),
    "row of many digits": (lambda: changed(sheet=sheet(f'<row r="{"9" * 5000}"/>')), "a sheet ends at 1048576"),
    "cell far to the right": (lambda: changed(sheet=sheet('<row r="1"><c r="ZZZ1"/></row>')), "a sheet ends at XFD1048576"),
    "empty rows": (lambda: changed(sheet=sheet("<row/>" * 3_000_000)), "rows without a cell"),
    "wide rows": (lambda: changed(sheet=sheet("<row>" + '<c r="XFD1"/></row><row>' * 50 + "</row>")), "cells of a table beyond 32 a row"),
    "blank cells": (lambda: changed(sheet=sheet("<row>" + "<c/>" * 300_000 + "</row>")), "cells of a table beyond 32 a row"),
    "texts": (lambda: changed(texts="<sst>" + "<si><t/></si>" * 1_000_000 + "</sst>"), "texts of a workbook"),
    "styles": (lambda: changed(styles="<styleSheet>" + "<xf/>" * 500_000 + "</styleSheet>"), "elements of a workbook outside"),
    "nested": (lambda: changed(styles="<a>" * 100_000 + "</a>" * 100_000), "levels of a document"),
    "entities": (lambda: changed(sheet='<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'), "document type"),
    "merged": (lambda: changed(sheet=sheet(ROWS, MERGED)), "cells of a table"),
    "a part of text": (lambda: changed(texts="<sst><si><t>" + "x" * 31_000_000 + "</t></si></sst>"), "bytes of a part"),
    "sheets": (lambda: changed(**{f"xl/worksheets/sheet{n}.xml": sheet("") for n in range(2, 200)}), "sheets of a workbook"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_a_workbook_that_explodes_is_refused_before_it_is_read(kind: str) -> None:
    make, said = BOMBS[kind]
    data = make()
    assert len(data) < 1_000_000
    begun = process_time()
    with pytest.raises(InputError, match=said) as caught:
        contribution(data, "bomb.xlsx")
    assert process_time() - begun < 10
    assert caught.value.cure


def test_a_workbook_within_the_limits_passes() -> None:
    demand_workbook(workbook([row(ID=f"r{n}") for n in range(50)]), "good.xlsx")
    rows = f'<row r="1">{CELL.format("A1")}</row><row r="1048576"><c r="A1048576"/></row>'
    demand_workbook(changed(sheet=sheet(rows)), "stray.xlsx")


def test_a_text_that_many_cells_share_counts_in_each() -> None:
    data = workbook([row(ID=f"r{n}", NOTE="x" * 15_000) for n in range(150)])
    assert len(data) < 100_000
    with pytest.raises(InputError, match="characters of a workbook beyond 200 a row"):
        contribution(data, "bomb.xlsx")


@pytest.mark.parametrize("beyond", [2_000_000, 2_000_001])
def test_characters_of_a_workbook_are_counted(beyond: int) -> None:
    with pytest.raises(InputError, match="characters of a workbook") if beyond > 2_000_000 else nullcontext():
        demand_characters(200 * 30 + beyond, 30, "x.xlsx")


def _text(kind: str) -> bytes:
    line = good().data.decode().splitlines()[1]
    return {
        "short lines": lambda: f"{HEADER}\n" + "\n" * 6_000_000,
        "rows": lambda: f"{HEADER}\n" + "a,b\n" * (limits.TABLE_ROWS() + 50),
        "columns": lambda: f"{HEADER}{',x' * 1_000_000}\n{line}\n",
        "blank columns": lambda: f"{HEADER}\n{line}{',' * 900_000}\n",
        "cells": lambda: f"{HEADER}\n" + f"{line}{',' * 250}\n" * 3000,
        "one cell": lambda: f'{HEADER}\n{line[:-3]}"{"x" * 900_000}"\n',
        "nul": lambda: f"{HEADER}\n{line}\0\n",
        "open quotation mark": lambda: f'{HEADER}\n"{line}\n' * 5001,
    }[kind]().encode()


@pytest.mark.parametrize("kind", ["short lines", "rows", "columns", "blank columns", "cells", "one cell", "nul", "open quotation mark"])
def test_a_text_that_explodes_is_refused_while_it_is_read(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_ROWS", Limit("rows of a table", 2000, ""))
    data = _text(kind)
    begun = process_time()
    with pytest.raises(InputError) as caught:
        contribution(data, "bomb.csv")
    assert process_time() - begun < 10
    assert caught.value.cure


@pytest.mark.parametrize("name", ["utf-7", "utf-32", "shift_jis", "rot13", "undefined", "x", "idna"])
def test_a_part_in_an_encoding_that_nobody_reads_is_told(name: str) -> None:
    data = changed(sheet=f'<?xml version="1.0" encoding="{name}"?>{sheet("<row/>")}')
    with pytest.raises(InputError, match=r"the workbook is damaged: xl/worksheets/sheet1\.xml"):
        contribution(data, "rows.xlsx")


@pytest.mark.parametrize("count", [10_000, 10_001])
def test_merged_ranges_are_counted(count: int) -> None:
    tail = "<mergeCells>" + '<mergeCell ref="A1:B1"/>' * count + "</mergeCells>"
    with pytest.raises(InputError, match="merged ranges") if count > 10_000 else nullcontext():
        demand_workbook(changed(sheet=sheet(f'<row r="1">{CELL.format("A1")}</row>', tail)), "x.xlsx")


@pytest.mark.parametrize("count", [50, 51])
def test_rows_of_all_sheets_are_counted_together(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Two million of them take seconds, so the limit is low here."""
    monkeypatch.setattr(limits, "TABLE_LINES", replace(limits.TABLE_LINES, most=50))
    rows = [f'<row r="{n}">{CELL.format(f"A{n}")}</row>' for n in range(1, count - 9)]
    data = changed(**{"sheet": sheet("".join(rows)), "xl/worksheets/sheet2.xml": sheet("".join(rows[:10]))})
    with pytest.raises(InputError, match="50 lines or rows of a table") if count > 50 else nullcontext():
        demand_workbook(data, "x.xlsx")
