"""A curators' own sheet: read by the names of its columns, told against the last release, corrected where it still has to be."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from pipeline.correct import Correction, corrected, sort_out
from pipeline.errors import InputError
from pipeline.ingest.curators import Book, book
from pipeline.ingest.workbook import cells
from pipeline.release.edits import edits
from pipeline.sources.tables import with_table
from schemas import columns as col
from tests.unit.sheets import row, workbook

ROWS = [row(), row(ID="aaa", FAMILY="NASICON"), row(ID="zzz")]


def decided(name: str, column: str, expect: object, value: object) -> Correction:
    return Correction(name, str(column), expect, value, "It is wrong.", "Two proofs.", "accepted")  # type: ignore[arg-type]


def test_columns_are_found_by_name_in_any_order() -> None:
    header = [f" {str(label).upper()} " for label in reversed(col.WORKBOOK)]
    labels = dict(zip(header, reversed(col.WORKBOOK), strict=True))
    found = book(workbook([{h: each.get(labels[h]) for h in header} for each in ROWS], header), "own.xlsx")
    assert found.cells.equals(cells(workbook(ROWS), "book.xlsx"))
    assert found.heads.moved
    assert not found.heads.absent
    assert not book(workbook(ROWS), "own.xlsx").heads.moved


@pytest.mark.parametrize("column", [c for c in col.WORKBOOK if not c.required])
def test_a_column_that_may_be_blank_may_be_absent_and_is_named(column: col.Column) -> None:
    found = book(workbook(ROWS, [c for c in col.WORKBOOK if c != column]), "own.xlsx")
    assert found.heads.absent == (column,)
    assert found.cells[column].isna().all()
    assert not found.heads.moved


@pytest.mark.parametrize("column", [c for c in col.WORKBOOK if c.required])
def test_a_required_column_is_demanded(column: col.Column) -> None:
    with pytest.raises(InputError, match=r"is missing|first row"):
        book(workbook(ROWS, [c for c in col.WORKBOOK if c != column]), "own.xlsx")


def test_another_column_is_left_out_and_named_and_a_misspelling_is_no_other_column() -> None:
    found = book(workbook(ROWS, [*col.WORKBOOK, "remark"]), "own.xlsx")
    assert found.heads.unknown == ("remark",)
    with pytest.raises(InputError, match="'Familly' may be meant for it"):
        book(workbook(ROWS, ["Familly" if c == col.FAMILY else c for c in col.WORKBOOK]), "own.xlsx")
    with pytest.raises(InputError, match="C and AC"):
        book(workbook(ROWS, [*col.WORKBOOK, col.Z]), "own.xlsx")


def test_the_sheet_with_the_columns_is_read_hidden_rows_too() -> None:
    made = openpyxl.load_workbook(io.BytesIO(workbook(ROWS)))
    made.active.title = "Entries"
    made.create_sheet("Plan", 0)["A1"] = "ID"
    made["Entries"].row_dimensions[3].hidden = True
    found = book(saved(made), "own.xlsx")
    assert (found.sheet, found.hidden, list(found.cells[col.ID])) == ("Entries", 1, ["abc", "aaa", "zzz"])
    made.copy_worksheet(made["Entries"])
    with pytest.raises(InputError, match="'Entries', 'Entries Copy' each hold the table"):
        book(saved(made), "own.xlsx")


@pytest.mark.parametrize("value", ["=1+1", date(2020, 1, 2), True, "#REF!"])
def test_a_cell_that_holds_no_value_of_a_curator_is_told(value: object) -> None:
    with pytest.raises(InputError) as caught:
        book(workbook([row(), row(ID="aaa", NOTE=value)]), "own.xlsx")
    assert (caught.value.row, caught.value.column) == (3, col.NOTE)


@pytest.mark.parametrize("rows", [[row(), {}, row(ID="aaa")], [{}, row()]])
def test_an_empty_row_in_the_middle_is_told(rows: list[dict[str, object]]) -> None:
    with pytest.raises(InputError, match="empty row"):
        book(workbook(rows), "own.xlsx")


def test_rows_above_the_header_are_told() -> None:
    made = openpyxl.load_workbook(io.BytesIO(workbook(ROWS)))
    made.active.insert_rows(1, 2)
    with pytest.raises(InputError, match="first row") as caught:
        book(saved(made), "own.xlsx")
    assert caught.value.row == 3


def test_new_removed_and_edited_rows_are_named() -> None:
    last = cells(workbook(ROWS), "book.xlsx")
    own = read([row(A=10.5), row(ID="new"), row(ID="zzz")])
    told = edits(own, last, own.cells, [])
    assert (told.new, told.removed, told.changed) == (("new",), ("aaa",), (("abc", "a", 10.49, 10.5),))
    lines = "\n".join(told.told("pkg 1.0"))
    for said in ("new: new", "removed: aaa", "edited: abc a: 10.49 becomes 10.5"):
        assert said in lines
    same = edits(read(ROWS), last, last, [])
    assert (same.new, same.removed, same.changed) == ((), (), ())


def test_a_correction_is_applied_mended_or_has_no_cell() -> None:
    last = cells(workbook(ROWS), "book.xlsx")
    own = read([row(Z=8), row(ID="zzz")], without=col.FAMILY)
    decisions = [
        decided("abc", col.Z, 4, 8), decided("zzz", col.Z, 4, 2), decided("aaa", col.Z, 4, 2), decided("zzz", col.FAMILY, None, "LISICON"),
    ]  # fmt: skip
    told = edits(own, last, own.cells, decisions)
    assert [each.id for each in told.corrections.mended] == ["abc"]
    assert [each.id for each in told.corrections.open] == ["zzz"]
    assert [(each.id, each.column) for each in told.corrections.idle] == [("aaa", "Z"), ("zzz", "Family")]
    assert told.changed == ()  # the mended cell is told as mended
    assert "mended: abc Z holds 8 already" in "\n".join(told.told("pkg 1.0"))


@pytest.mark.parametrize(("held", "mended"), [(8, True), ("8", True), (" 8.0 ", True), (4, False), (7, False), (None, False)])
def test_a_third_value_stops_the_build(held: object, mended: bool) -> None:
    sheet = read([row(Z=held)]).cells
    found = sort_out([decided("abc", col.Z, 4, 8)], sheet, (), ())
    assert bool(found.mended) == mended
    if held not in (4,) and not mended:
        with pytest.raises(InputError, match="it matches nothing"):
            corrected(sheet, found.open)


def test_a_correction_of_an_entry_that_never_was_stops_the_build() -> None:
    sheet = read(ROWS).cells
    found = sort_out([decided("qqq", col.Z, 4, 8)], sheet, (), ("aaa",))
    with pytest.raises(InputError, match="no such entry"):
        corrected(sheet, found.open)


# --- the table [workbook] --------------------------------------------------------------------------------------------------
HEAD = '# kept\ndefault = "1" # too\n[pins."1"]\nsha = "x"\n'


def test_a_table_is_put_at_the_end_then_in_its_place_and_nothing_else_changes() -> None:
    once = with_table(HEAD, ["workbook"], ['file = "a"', 'sha256 = "b"'], "s.toml")
    assert once == HEAD + '\n[workbook]\nfile = "a"\nsha256 = "b"\n'
    longer = once + "# a comment\n[z]\nx = 1\n"
    twice = with_table(longer, ["workbook"], ['file = "c"', 'sha256 = "d"'], "s.toml")
    assert twice == longer.replace('"a"', '"c"').replace('"b"', '"d"')
    assert with_table("", ["pins", "1.3.0"], ["a = 1"], "s.toml") == '[pins."1.3.0"]\na = 1\n'


@pytest.mark.parametrize("text", ["workbook = { file = 1 }\n", "x = '''\n[workbook]\nfile = 1\n'''\n", "[workbook\n"])
def test_a_file_that_cannot_take_the_table_is_left_alone(text: str) -> None:
    with pytest.raises(InputError, match=r"TOML|cannot be put"):
        with_table(text, ["workbook"], ['file = "a"'], "s.toml")


def read(rows: list[dict[str, object]], without: str = "") -> Book:
    return book(workbook(rows, [c for c in col.WORKBOOK if c != without]), "own.xlsx")


def saved(made: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()
