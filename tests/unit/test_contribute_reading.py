"""Contributed tables are read as people write them; what cannot be read is told with its place."""

# ruff: noqa: E501 - lists of spellings are easier to read unbroken
from __future__ import annotations

import csv
import io

import pytest

from pipeline.errors import InputError
from pipeline.ingest.contributed.grid import Formula, read_grid
from pipeline.ingest.contributed.headers import Heading, heading, recognised
from pipeline.ingest.contributed.table import Contribution, contribution
from pipeline.ingest.contributed.values import UnreadableError, read_cell
from pipeline.safety import limits
from pipeline.safety.limits import Limit
from schemas import columns as col
from tests.contributed.tables import HEADER, TABLES, german, good, origin, workbook

ROW = "x1,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1"


def read(*rows: str, header: str = HEADER) -> Contribution:
    return contribution("\n".join((header, *rows)).encode(), "rows.csv")


def cell(table: Contribution, column: str, position: int = 0) -> object:
    return table.cells.at[position, column]


# --- headings --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("label", "column", "power"),
    [
        ("ID", col.ID, 0),
        ("Sample name", col.ID, 0),
        ("Reduced composition", col.REDUCED_COMPOSITION, 0),
        ("chemical formula", col.REDUCED_COMPOSITION, 0),
        ("Unit cell content", col.TRUE_COMPOSITION, 0),
        ("Ionic conductivity (S cm-1)", col.IONIC_CONDUCTIVITY, 0),
        ("ionic_conductivity", col.IONIC_CONDUCTIVITY, 0),
        ("Conductivity at RT (S/cm)", col.IONIC_CONDUCTIVITY, 0),
        ("sigma (S/cm) 25C", col.IONIC_CONDUCTIVITY, 0),
        ("conductivity, RT", col.IONIC_CONDUCTIVITY, 0),
        ("σ_RT / mS cm⁻¹", col.IONIC_CONDUCTIVITY, -3),
        ("σ(25 °C) [S/m]", col.IONIC_CONDUCTIVITY, -2),
        ("σ (Ω⁻¹ cm⁻¹)", col.IONIC_CONDUCTIVITY, 0),
        ("Ionic conductivity (µS/cm)", col.IONIC_CONDUCTIVITY, -6),
        ("IC (Total)", col.IC_TOTAL, 0),
        ("Bulk conductivity (S/cm)", col.IC_BULK, 0),
        ("Space group No.", col.SPACE_GROUP_NUMBER, 0),
        ("Space group", col.SPACE_GROUP, 0),
        ("a (Å)", col.A, 0),
        ("b / nm", col.B, 1),
        ("c [pm]", col.C, -2),
        ("α / °", col.ALPHA, 0),
        ("gamma_deg", col.GAMMA, 0),
        ("doi link", col.DOI, 0),
    ],
)
def test_variants_of_a_heading_mean_the_column(label: str, column: col.Column, power: int) -> None:
    found = heading(label)
    assert found is not None
    assert (found.column, found.power, found.unknown_unit) == (column, power, "")


@pytest.mark.parametrize(
    "label",
    [
        "log10(sigma)",
        "log σ (S/cm)",
        "Activation energy (eV)",
        "volume",
        "sintering temperature (°C)",
        "electronic conductivity (S/cm)",
        "",
        7,
    ],
)
def test_other_quantities_are_not_taken_for_ours(label: object) -> None:
    assert heading(label) is None


@pytest.mark.parametrize(("label", "unit"), [("alpha (rad)", "rad"), ("σ (MS/cm)", "MS/cm"), ("a (bohr)", "bohr")])
def test_an_unknown_unit_is_remembered(label: str, unit: str) -> None:
    found = heading(label)
    assert found is not None
    assert found.unknown_unit == unit
    with pytest.raises(UnreadableError, match="cannot be converted"):
        read_cell("1.5", found)


# --- cells -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.2E-4", 1.2e-4),
        ("1,2e-4", 1.2e-4),
        ("1.2×10⁻⁴", 1.2e-4),
        ("1.2 x 10^-4", 1.2e-4),
        ("1.2*10**-4", 1.2e-4),
        ("10⁻⁴", 1e-4),
        ("1.2e–4", 1.2e-4),
        ("0.12 mS/cm", 1.2e-4),
        ("1.2E-4 S cm⁻¹", 1.2e-4),
        (" 1.2E-4\u00a0", 1.2e-4),
        (".00012", 1.2e-4),
        (0.00012, 1.2e-4),
        ("<1E-10", "<1E-10"),
        ("< 1e-10", "<1e-10"),
        ("≤ 1·10⁻¹⁰", "<1E-10"),
        ("> 1e-3", ">1e-3"),
        ("n/a", None),
        ("", None),
        (None, None),
    ],
)
def test_a_conductivity_in_many_hands(written: object, value: object) -> None:
    found = read_cell(written, Heading(col.IONIC_CONDUCTIVITY)).value
    if isinstance(value, str):
        assert isinstance(found, str)
        assert (found[0], float(found[1:])) == (value[0], float(value[1:]))
    else:
        assert found == value


@pytest.mark.parametrize(
    "written",
    ["~1E-4", "1E-4 - 3E-4", "1E-4±1E-5", "0", "-1E-4", "five", "10-4", "1.2.3", "1,2,3", "1e400", "inf", "nan4", "12 %", "<0", "1_0", "٣", True, "#REF!", "<" * 50, "9" * 200],
)  # fmt: skip
def test_what_is_not_one_number_is_not_made_one(written: object) -> None:
    with pytest.raises(UnreadableError):
        read_cell(written, Heading(col.IONIC_CONDUCTIVITY))


@pytest.mark.parametrize(
    ("written", "value"),
    [("8.8306(12)", 8.8306), ("8,8306(12)", 8.8306), ("12.97 Å", 12.97), ("1.297 nm", 12.97), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("90°", 90), ("90", 90)],
)  # fmt: skip
def test_a_length_or_angle_in_many_hands(written: str, value: float) -> None:
    column = col.ALPHA if written.startswith("90") else col.A
    assert read_cell(written, Heading(column)).value == value


def test_units_are_converted_without_rounding() -> None:
    assert read_cell("0.3", Heading(col.IONIC_CONDUCTIVITY, -3)).value == 0.0003  # 0.3 * 1e-3 is 0.00030000000000000003
    assert read_cell("<1E-7", Heading(col.IONIC_CONDUCTIVITY, -3)).value == "<1E-10"


@pytest.mark.parametrize(
    ("written", "value"), [("225", 225), ("225.0", 225), (225.0, 225), ("No. 225", 225), ("Fm-3m (225)", 225), ("R-3c, 167", 167)]
)
def test_a_space_group_number_in_many_hands(written: object, value: int) -> None:
    assert read_cell(written, Heading(col.SPACE_GROUP_NUMBER)).value == value


@pytest.mark.parametrize(
    ("written", "expected"), [("Ia-3d", "230"), ("P 21/c", "14"), ("Fm-3m (226)", ""), ("231", ""), ("0", ""), ("1.5", ""), ("cubic", "")]
)
def test_a_wrong_space_group_number_is_answered_with_the_right_one_where_it_is_known(written: str, expected: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_cell(written, Heading(col.SPACE_GROUP_NUMBER))
    assert not expected or caught.value.expected == expected


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("Li₆PS₅Cl", "Li6PS5Cl"),
        ("Li1,3Al0,3Ti1,7(PO4)3", "Li1.3Al0.3Ti1.7(PO4)3"),
        ("Li_{6}PS5Cl", "Li_{6}PS5Cl"),
        (" Li6 P S5 Cl ", "Li6PS5Cl"),
        ("Lithium iodide", "Lithium iodide"),
    ],
)
def test_formulas_are_cleaned_only_where_a_formula_comes_of_it(written: str, value: str) -> None:
    assert read_cell(written, Heading(col.REDUCED_COMPOSITION)).value == value


@pytest.mark.parametrize(
    ("written", "value"),
    [("https://doi.org/10.1/a.b", "10.1/a.b"), ("doi:10.1/a.b", "10.1/a.b"), ("DOI: 10.1/A", "10.1/A"), ("10.1/a; 10.2/b", "10.1/a|10.2/b"), ("Smith 2019", "Smith 2019")],
)  # fmt: skip
def test_the_address_before_a_doi_is_left_out(written: str, value: str) -> None:
    assert read_cell(written, Heading(col.DOI)).value == value


def test_ids_are_text() -> None:
    assert read_cell("019", Heading(col.ID)).value == "019"
    assert read_cell("1e9", Heading(col.ID)).value == "1e9"
    found = read_cell(19.0, Heading(col.ID))
    assert (found.value, "number" in found.understood) == ("19", True)


def test_a_formula_without_its_result_is_told() -> None:
    with pytest.raises(UnreadableError, match="formula"):
        read_cell(Formula("=A1*2"), Heading(col.A))


# --- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac-roman"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends_make_no_difference(encoding: str, separator: str, end: str) -> None:
    header = HEADER.replace(",a,", ",a (Å),")
    text = end.join((header, ROW, "", ROW.replace("x1", "x2"))).replace(",", separator)
    table = contribution(text.encode(encoding), "rows.csv")
    assert table.rows == (2, 4)
    assert table.lines == (2, 4)
    assert list(table.cells[col.ID]) == ["x1", "x2"]
    assert cell(table, col.A) == 6.0257
    assert table.unread == ()


def test_rows_are_counted_as_a_spreadsheet_shows_them_and_lines_as_an_editor_does() -> None:
    header = f"{HEADER},note"
    table = contribution(
        "\n".join((header, f'{ROW},"two\nlines"', "", f"{ROW.replace('x1', 'x2')},".replace("6.0257,90", "abc,90"))).encode(), "rows.csv"
    )
    assert table.rows == (2, 4)
    assert table.lines == (2, 5)
    [bad] = table.unread
    assert (bad.position, bad.column, bad.value) == (1, col.C, "abc")


def test_every_bad_cell_is_told_at_once_in_the_order_of_the_file() -> None:
    table = read("x1,LiI,four,Li4I4,high,Fm-3m,6.0257,wide,,90,90,90,10.9999/x", ROW)
    assert [(bad.position, bad.column) for bad in table.unread] == [
        (0, col.Z), (0, col.IONIC_CONDUCTIVITY), (0, col.SPACE_GROUP_NUMBER), (0, col.B), (0, col.C),
    ]  # fmt: skip
    assert cell(table, col.Z) is None
    assert cell(table, col.A) == 6.0257


def test_whole_numbers_stay_whole_and_bounds_stay_bounds() -> None:
    table = read(ROW.replace("1.2E-7", "<1E-10"))
    assert cell(table, col.ALPHA) == 90
    assert isinstance(cell(table, col.ALPHA), int)
    assert cell(table, col.IONIC_CONDUCTIVITY) == "<1E-10"
    assert cell(table, col.FAMILY) is None


def test_missing_columns_are_told_all_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read("x1,LiI,4,6", header="ID,Formula,Z,a")
    for column in ("True Composition", "Space group #", "gamma", "DOI"):
        assert repr(column) in str(caught.value)
    assert caught.value.row == 1


def test_two_columns_of_one_meaning_are_refused_unless_one_bears_the_published_name() -> None:
    with pytest.raises(InputError, match="both mean 'ID'"):
        read(f"{ROW},y", header=f"{HEADER.replace('ID', 'entry')},sample")
    table = read(f"{ROW},y", header=f"{HEADER},sample")
    assert cell(table, col.ID) == "x1"
    assert [(bad.kind, bad.column) for bad in table.unread] == [("column", "sample")]


def test_characters_that_no_file_can_hold_are_left_out() -> None:
    import openpyxl

    header = [*HEADER.split(","), "note"]
    book = openpyxl.Workbook()
    book.active.append(header)
    book.active.append([*ROW.split(","), "a_xD800_b_x0007_c"])
    target = io.BytesIO()
    book.save(target)
    note = cell(contribution(target.getvalue(), "rows.xlsx"), col.NOTE)
    assert isinstance(note, str)
    assert note.encode()
    assert note.isprintable()
    assert cell(read(f"{ROW},x\x07y\u202ez\u200b", header=f"{HEADER},note"), col.NOTE) == "xyz"


@pytest.mark.parametrize("text", ["=1+1", "=cmd|' /C calc'!A0", " =A1", "@SUM(A1)"])
def test_what_a_spreadsheet_would_compute_is_refused_in_every_column(text: str) -> None:
    for column in (col.NOTE, col.FAMILY, col.DOI, col.ID, col.REDUCED_COMPOSITION, col.A):
        with pytest.raises(UnreadableError, match="formula"):
            read_cell(text, Heading(column))


def test_a_vague_heading_gives_way_to_a_plain_one() -> None:
    table = read(f"LGPS,{ROW}", header=f"Compound,{HEADER.replace('Reduced Composition', 'Composition')}")
    assert cell(table, col.REDUCED_COMPOSITION) == "LiI"
    assert [(bad.kind, bad.column) for bad in table.unread] == [("column", "Compound")]


def test_the_cells_tell_whether_a_space_group_column_holds_symbols_or_numbers() -> None:
    for name in ("Space group", "Space group #", "SG"):
        header = HEADER.replace("Space group #", name)
        for written in ("Fm-3m", "F m -3 m", "Fm-3m (225)", "225"):
            table = read(ROW.replace("225", written), header=header)
            assert (cell(table, col.SPACE_GROUP_NUMBER), table.unread) == (225, ()), (name, written)
    [bad] = read(ROW.replace("225", "Xm-3m"), header=HEADER.replace("Space group #", "Space group")).unread
    assert (bad.column, bad.value) == (col.SPACE_GROUP, "Xm-3m")


def test_an_unknown_column_is_not_passed_over_in_silence() -> None:
    [bad] = read(f"{ROW},7", header=f"{HEADER},Familly").unread
    assert (bad.kind, bad.column, bad.expected, bad.position) == ("column", "Familly", "Family", None)


def test_a_surplus_cell_is_told_and_blank_ones_are_not() -> None:
    table = read(f"{ROW},,,", f"{ROW.replace('x1', 'x2')},10.9999/more")
    [bad] = table.unread
    assert (bad.kind, bad.position, bad.value) == ("shape", 1, "10.9999/more")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
        (b"PK\x03\x04" + bytes(40), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(30), "picture"),
        (b"hello world\nthis is prose\n", "header"),
        (b"<html><table><tr><td>ID</td></tr></table></html>", "header"),
        (bytes(range(256)) * 4, "text file"),
        (HEADER.encode(), "no rows"),
        (f'{HEADER}\nx1,"LiI,4,Li4I4,1.2E-7\n{ROW}\n'.encode(), "never closed"),
        (b"\xff\xfe" + HEADER.encode("utf-16-le")[:-1], "UTF-16"),
    ],
)
def test_what_is_no_table_is_refused_with_a_cure(data: bytes, word: str) -> None:
    with pytest.raises(InputError, match=word) as caught:
        contribution(data, "rows.csv")
    assert caught.value.cure


def test_too_large_tables_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_ROWS", Limit("rows of a table", 100, ""))
    monkeypatch.setattr(limits, "TABLE_BYTES", Limit("bytes of a table", 100_000, ""))
    assert len(read(*[ROW] * 100).cells) == 100
    with pytest.raises(InputError, match="100 rows of a table"):
        read(*[ROW] * 101)
    with pytest.raises(InputError, match="100000 bytes of a table"):
        contribution(b"x" * 100_001, "rows.csv")
    with pytest.raises(InputError, match="20000, the limit"):
        read(ROW.replace("LiI,4", f"{'Li' * 15_000},4"))


def test_a_stray_cell_far_below_costs_nothing() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(HEADER.split(","))
    book.active.append(ROW.split(","))
    book.active["A1000000"] = " "
    target = io.BytesIO()
    book.save(target)
    assert contribution(target.getvalue(), "rows.xlsx").rows == (2,)


def test_a_german_file() -> None:
    sent = german()
    table = contribution(sent.data, sent.name)
    assert table.rows == (3, 5)
    assert table.unread == ()
    assert cell(table, col.IONIC_CONDUCTIVITY) == 1.2e-7
    assert cell(table, col.IONIC_CONDUCTIVITY, 1) == 1.1e-3
    assert cell(table, col.A) == 6.0257
    assert cell(table, col.DOI) == "10.9999/made.up.1"


def test_a_file_of_unicode_text() -> None:
    sent = origin()
    table = contribution(sent.data, sent.name)
    assert (table.rows, table.unread) == ((2, 3), ())
    assert cell(table, col.IONIC_CONDUCTIVITY, 1) == 1.1e-3
    assert cell(table, col.SPACE_GROUP_NUMBER) == 225
    assert cell(table, col.TRUE_COMPOSITION) == "Li4I4"
    assert cell(table, col.GAMMA, 1) == 120


def test_a_workbook() -> None:
    sent = workbook()
    table = contribution(sent.data, sent.name)
    assert table.rows == (5, 6, 8, 9)
    assert table.header == 3
    assert [(bad.position, bad.column) for bad in table.unread] == [(1, col.B), (2, col.ID), (3, col.SPACE_GROUP_NUMBER)]
    assert list(table.cells[col.ID]) == ["19", "20", None, "22"]
    assert not table.is_text


@pytest.mark.parametrize("name", TABLES)
def test_a_table_read_twice_is_the_same(name: str) -> None:
    """What was read, written with published names and read again, is the same: reading adds nothing of its own."""
    sent = TABLES[name]()
    first = contribution(sent.data, sent.name)
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(first.cells.columns)
    writer.writerows(
        ["" if value is None else repr(value) if isinstance(value, float) else value for value in row]
        for row in first.cells.to_numpy().tolist()
    )
    second = contribution(target.getvalue().encode(), "again.csv")
    lost = {bad.position for bad in first.unread}  # what could not be read is blank the second time, and symmetry may then complete it
    kept = [position for position in range(len(first.cells)) if position not in lost]
    assert second.cells.to_numpy()[kept].tolist() == first.cells.to_numpy()[kept].tolist()


def test_the_header_row_of_prose_is_not_invented() -> None:
    with pytest.raises(InputError):
        read_grid(b"a\nb\nc\n", "x.csv", recognised)


def test_the_good_table_needs_no_notes() -> None:
    table = contribution(good().data, "good.csv")
    assert table.notes == ()
    assert table.unread == ()
