"""The workbook: every cell kept as it stands, typed values beside it, bad cells told by row and column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.ingest.workbook import cells, conductivity, entries, integer, number
from schemas import columns as col
from tests.unit.sheets import row, workbook


def read(*rows: dict[str, object]) -> tuple[object, ...]:
    sheet = cells(workbook(list(rows)), "book.xlsx")
    return sheet, entries(sheet, "book.xlsx")


def test_cells_keep_their_types_and_blanks() -> None:
    sheet = cells(workbook([row(ALPHA=90, BETA=90.5, NOTE=" ", ID="1e9")]), "book.xlsx")
    assert list(sheet.columns) == list(col.WORKBOOK)
    first = sheet.iloc[0]
    assert (first[col.ALPHA], type(first[col.ALPHA])) == (90, int)
    assert first[col.BETA] == 90.5
    assert first[col.NOTE] == " "
    assert first[col.ID] == "1e9"
    assert first[col.FAMILY] is None


def test_entries_are_typed() -> None:
    _, typed = read(row(IONIC_CONDUCTIVITY="<1E-10", SPACE_GROUP=" P -1 ", NOTE=" ", ID="019"))
    first = typed.loc["019"]  # type: ignore[attr-defined]
    assert first[col.IONIC_CONDUCTIVITY] == 1e-10
    assert first[col.BOUND] == "<"
    assert first[col.SPACE_GROUP] == "P -1"
    assert first.isna()[col.NOTE]
    assert str(typed[col.Z].dtype) == "Int64"  # type: ignore[index]


def test_header_order_and_outer_space_do_not_matter() -> None:
    header = [f" {label} " for label in reversed(col.WORKBOOK)]
    good = {f" {label} ": value for label, value in row().items()}
    sheet = cells(workbook([good], header), "book.xlsx")
    assert sheet.iloc[0][col.Z] == 4


@pytest.mark.parametrize(
    ("changes", "column", "said"),
    [
        ({"A": "wide"}, col.A, "text where a number belongs"),
        ({"Z": 2.5}, col.Z, "not a whole number"),
        ({"IONIC_CONDUCTIVITY": "about 1e-4"}, col.IONIC_CONDUCTIVITY, "neither a number nor a bound"),
        ({"DOI": None}, col.DOI, "a blank where a value is required"),
        ({"C": -4.9}, col.C, "> 0"),
        ({"GAMMA": 180}, col.GAMMA, "< 180"),
        ({"SPACE_GROUP_NUMBER": 231}, col.SPACE_GROUP_NUMBER, "at most 230"),
        ({"ID": "ABCD"}, col.ID, "pattern (?:[a-z0-9]{3}|"),
        ({"CLOSE_MATCH": "perhaps"}, col.CLOSE_MATCH, "one of Yes"),
    ],
)
def test_a_bad_cell_is_told_by_row_and_column(changes: dict[str, object], column: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(row(ID="aaa"), row(**changes))
    assert (caught.value.row, caught.value.column, caught.value.file) == (3, column, "book.xlsx")
    assert said in caught.value.what


def test_all_bad_cells_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read(row(A="x", Z="y"), row(ID="aaa", C=None))
    assert len(caught.value.others) == 2


def test_a_repeated_id_names_both_rows() -> None:
    with pytest.raises(InputError, match="rows 2, 4") as caught:
        read(row(), row(ID="aaa"), row())
    assert caught.value.value == "abc"


@pytest.mark.parametrize("label", [col.Z, col.LIION_ID])
def test_a_missing_column_is_named(label: str) -> None:
    with pytest.raises(InputError, match="is missing") as caught:
        cells(workbook([row()], [c for c in col.WORKBOOK if c != label]), "book.xlsx")
    assert repr(str(label)) in caught.value.what


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(InputError, match="'colour'"):
        cells(workbook([row()], [*col.WORKBOOK, "colour"]), "book.xlsx")


def test_an_empty_row_in_the_middle_is_told() -> None:
    with pytest.raises(InputError, match="empty row") as caught:
        cells(workbook([row(), {}, row(ID="aaa")]), "book.xlsx")
    assert caught.value.row == 3


def test_what_is_no_workbook_is_told() -> None:
    with pytest.raises(InputError, match="not an Excel workbook"):
        cells(b"ID,Z\n", "book.xlsx")


@given(st.floats(min_value=1e-30, max_value=10, allow_nan=False), st.sampled_from("<>"))
def test_a_bound_and_a_number_are_read_back(value: float, sign: str) -> None:
    assert conductivity(f" {sign} {value!r}") == (value, sign)
    assert conductivity(value) == (value, None)
    assert conductivity(repr(value)) == (value, None)


@pytest.mark.parametrize("text", ["<", "1e", "nan", "inf", "1,5", "<1e-10 S/cm", "<<1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        conductivity(text)


def test_numbers_written_as_text_are_numbers() -> None:
    assert number(" 5.5 ") == 5.5
    assert integer("4") == 4
    assert integer(4.0) == 4
    assert number("  ") is None
