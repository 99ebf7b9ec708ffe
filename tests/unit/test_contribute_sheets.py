"""Workbooks as people leave them: hidden parts, merged cells, several sheets, cells that a spreadsheet changed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.ingest.contributed.grid import Reading
from pipeline.ingest.contributed.table import Contribution, contribution
from schemas import columns as col
from tests.contributed.tables import HEADER
from tests.unit.difficult import atoms, cell, listed, operations

NAMES = HEADER.split(",")
SIGMA = col.IONIC_CONDUCTIVITY


def row(name: str, sigma: object = 1.2e-7) -> list[object]:
    return [name, "LiI", 4, "Li4I4", sigma, 225, 6.0257, 6.0257, 6.0257, 90, 90, 90, "10.9999/made.up.1"]


def book(*rows: list[object]) -> Any:
    made = openpyxl.Workbook()
    made.active.append(NAMES)
    for cells in rows or (row("x1"), row("x2")):
        made.active.append(cells)
    return made


def read(made: Any, **asked: Any) -> Contribution:
    target = io.BytesIO()
    made.save(target)
    return contribution(target.getvalue(), "rows.xlsx", Reading(**asked))


def ids(table: Contribution) -> list[object]:
    return list(table.cells[col.ID])


def told(table: Contribution, *words: str) -> bool:
    return any(all(word in note for word in words) for note in table.notes)


# --- which sheet -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.parametrize("first", [True, False])
def test_a_hidden_sheet_is_named_and_not_read(state: str, first: bool) -> None:
    made = book()
    old = made.create_sheet("old", 0 if first else None)
    old.append([*NAMES, "Family"])  # a better header than the visible one
    old.append([*row("secret"), "halides"])
    old.sheet_state = state
    made.active = 1 if first else 0
    assert ids(read(made)) == ["x1", "x2"]
    assert told(read(made), "hidden and not read", "'old'")
    assert ids(read(made, sheet="old")) == ["secret"]
    with pytest.raises(InputError, match="which one is meant"):
        read(made, hidden=True)


def test_a_table_on_a_hidden_sheet_alone_is_not_read_unasked() -> None:
    made = book()
    made.active.sheet_state = "hidden"
    made.create_sheet("Notes").append(["measured in summer"])
    made.active = 1
    with pytest.raises(InputError, match="hidden sheet 'Sheet'") as caught:
        read(made)
    assert "--sheet" in str(caught.value.cure)
    assert ids(read(made, hidden=True)) == ids(read(made, sheet="Sheet")) == ["x1", "x2"]


def test_of_two_tables_nobody_can_tell_which_is_meant() -> None:
    made = book()
    second = made.create_sheet("new values")
    second.append(NAMES)
    second.append(row("y1"))
    with pytest.raises(InputError, match="'Sheet', 'new values'") as caught:
        read(made)
    assert "--sheet" in str(caught.value.cure)
    assert ids(read(made, sheet="new values")) == ["y1"]
    with pytest.raises(InputError, match="no sheet 'other'"):
        read(made, sheet="other")


def test_sheets_without_a_table_are_no_rivals() -> None:
    made = book()
    made.create_sheet("Notes").append(["ID", "DOI", "Family"])
    empty = made.create_sheet("Template")
    empty.append(NAMES)
    table = read(made)
    assert ids(table) == ["x1", "x2"]
    assert told(table, "read from the sheet 'Sheet' of 3", "'Notes'", "'Template'")


def test_the_name_of_a_sheet_states_a_temperature() -> None:
    made = book()
    made.active.title = "60 °C"
    assert [bad.kind for bad in read(made).unread] == ["temperature"]
    made.active.title = "25 °C"
    assert read(made).unread == ()


# --- hidden rows and columns -----------------------------------------------------------------------------------------
def test_hidden_rows_are_named_and_not_read() -> None:
    made = book(row("x1"), row("x2"), row("x3"))
    made.active.row_dimensions[3].hidden = True
    assert ids(read(made)) == ["x1", "x3"]
    assert told(read(made), "hidden and not read: row 3")
    assert ids(read(made, hidden=True)) == ["x1", "x2", "x3"]


def test_rows_that_a_filter_hides_are_hidden_rows() -> None:
    made = book(row("x1"), row("x2"), row("x3"))
    made.active.auto_filter.ref = "A1:M4"
    made.active.auto_filter.add_filter_column(0, ["x1"])
    for number in (3, 4):
        made.active.row_dimensions[number].hidden = True
    assert ids(read(made)) == ["x1"]
    assert told(read(made), "rows 3, 4")


def test_hidden_columns_are_named_and_not_read() -> None:
    made = book()
    made.active["N1"], made.active["N2"], made.active["N3"] = "Family", "halides", "halides"
    made.active.column_dimensions["N"].hidden = True
    assert set(read(made).cells[col.FAMILY]) == {None}
    assert told(read(made), "hidden and not read: column N (Family)")
    assert set(read(made, hidden=True).cells[col.FAMILY]) == {"halides"}


def test_a_required_column_that_is_hidden_is_told_where_it_is_missed() -> None:
    made = book()
    made.active.column_dimensions["M"].hidden = True
    with pytest.raises(InputError, match=r"'DOI'.*hidden and not read: column M \(DOI\)"):
        read(made)


# --- merged cells ----------------------------------------------------------------------------------------------------
def test_a_merged_cell_holds_for_its_range() -> None:
    made = book(row("x1"), [*row("x2")[:-1], None], row("x3"))
    made.active.merge_cells("M2:M3")
    made.active.merge_cells("G4:I4")
    table = read(made)
    assert table.unread == ()
    assert list(table.cells[col.DOI]) == ["10.9999/made.up.1"] * 3
    assert tuple(table.cells.loc[2, [col.A, col.B, col.C]]) == (6.0257,) * 3
    assert told(table, "merged cell", "M2:M3", "G4:I4")


def test_a_merged_title_over_columns_is_a_header_of_two_rows() -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(
        [
            "ID",
            "Reduced composition",
            "Z",
            "True composition",
            "Conductivity",
            "Space group",
            "Lattice",
            None,
            None,
            None,
            None,
            None,
            "DOI",
        ]
    )
    sheet.append([None, None, None, None, "mS/cm", "No.", "a", "b", "c", "α", "β", "γ", None])
    sheet.append(row("x1"))
    sheet.merge_cells("G1:L1")
    for letter in "ABCDM":
        sheet.merge_cells(f"{letter}1:{letter}2")
    table = read(made)
    assert (table.unread, table.rows) == ((), (3,))
    assert (table.cells.at[0, SIGMA], table.cells.at[0, col.GAMMA]) == (1.2e-10, 90)


# --- cells -----------------------------------------------------------------------------------------------------------
def styled(value: object, shape: str) -> Any:
    made = book(row("x1", value))
    made.active["E2"].number_format = shape
    return made


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (styled(0.00012, "0.00%"), "percentage"),
        (styled(45000, "d-mmm"), "date"),
        (book(row("x1", date(2026, 3, 1))), "date"),
        (book(row("x1", "=D2*2")), "formula"),
        (book(row("x1", True)), "text"),
        (book(row("x1", "#DIV/0!")), "error"),
    ],
)
def test_what_a_spreadsheet_made_of_a_number_is_told(made: Any, word: str) -> None:
    [bad] = read(made).unread
    assert (bad.column, word in bad.why) == (SIGMA, True)


@pytest.mark.parametrize("shape", ["0.00E+00", "General", "0.000", "@", "#,##0.00"])
def test_other_formats_of_a_number_change_nothing(shape: str) -> None:
    assert read(styled(0.00012, shape)).cells.at[0, SIGMA] == 0.00012


@pytest.mark.parametrize("value", [8.91e5, 43525, True, 1.0, 19])
def test_ids_that_the_file_holds_as_numbers_are_named(value: object) -> None:
    made = book()
    made.active["A2"] = value
    assert told(read(made), "rewritten these IDs", "(row 2)")


def altered(change: Callable[[str], str]) -> bytes:
    """A workbook whose sheet was changed as text."""
    source, target = io.BytesIO(), io.BytesIO()
    book().save(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data.decode()) if name == "xl/worksheets/sheet1.xml" else data)
    return target.getvalue()


def test_a_row_number_that_no_sheet_has_is_refused() -> None:
    with pytest.raises(InputError, match="1048576"):
        contribution(altered(lambda text: text.replace('<row r="3"', '<row r="1000000000"')), "rows.xlsx")


@pytest.mark.parametrize("attribute", ['hidden="true"', 'ht="0" customHeight="1"', "hidden='1'"])
def test_rows_are_hidden_in_several_ways(attribute: str) -> None:
    data = altered(lambda text: re.sub(r'<row r="3"', f'<row r="3" {attribute}', text))
    assert ids(contribution(data, "rows.xlsx")) == ["x1"]


def test_a_range_over_the_whole_sheet_costs_nothing() -> None:
    wide = '</sheetData><mergeCells count="1"><mergeCell ref="N1:XFD1048576"/></mergeCells>'
    assert ids(contribution(altered(lambda text: text.replace("</sheetData>", wide)), "rows.xlsx")) == ["x1", "x2"]


def test_match_reads_a_table_as_it_is_asked_to_and_tells_how(tmp_path: Path) -> None:
    made = book()
    made.active["E1"] = "Conductivity (mS/cm)"
    made.active["G2"] = "6.0257 furlong"
    old = made.create_sheet("old")
    old.append(NAMES)
    old.append(row("other"))
    old.sheet_state = "hidden"
    made.save(tmp_path / "rows.xlsx")
    (tmp_path / "library").mkdir()
    text = f"data_r\n{cell(6.0257, 6.0257, 6.0257, 90, 90, 90)}{listed(operations('F m -3 m'))}" + atoms(
        "Li1 Li 0 0 0 1\nI1 I 0.5 0.5 0.5 1\n"
    )
    (tmp_path / "library" / "lii.cif").write_text(text)
    ask = ["match", str(tmp_path / "rows.xlsx"), "--library", str(tmp_path / "library")]
    plain = CliRunner().invoke(main, ask)
    assert plain.exit_code == 0, plain.output
    assert {line.split(",")[0] for line in plain.stdout.splitlines()[1:]} == {"x1", "x2"}
    assert "hidden and not read: the sheet 'old'" in plain.stderr
    assert "row 2: a '6.0257 furlong' was not read" in plain.stderr
    asked = CliRunner().invoke(main, [*ask, "--sheet", "old"])
    assert {line.split(",")[0] for line in asked.stdout.splitlines()[1:]} == {"other"}
    assert CliRunner().invoke(main, [*ask, "--encoding", "gbk"]).exit_code == 2
