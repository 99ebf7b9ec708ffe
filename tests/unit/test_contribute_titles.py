"""Titles above the header, and what hidden parts and formats of a sheet say about the numbers that are shown."""

from __future__ import annotations

import pytest

from pipeline.errors import InputError
from pipeline.ingest.contributed.sheets import _shown_unit
from pipeline.ingest.contributed.table import Contribution, contribution
from schemas import columns as col
from tests.contributed.tables import HEADER
from tests.unit.test_contribute_sheets import SIGMA, book, read, row, told

ROW = "x1,LiI,4,Li4I4,0.12,0.12,0.13,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1"
NAMED = HEADER.replace(SIGMA, "Ionic conductivity,IC (Total),IC (Bulk)")
MILLI = {SIGMA: 1.2e-4, col.IC_TOTAL: 1.2e-4, col.IC_BULK: 1.3e-4}


def under(title: str, lattice: str = "Lattice", header: str = NAMED) -> Contribution:
    titles = f",,,,{title},,,,{lattice},,,Angles (°),,,Source"
    return contribution("\n".join((titles, header, ROW)).encode(), "rows.csv")


def warm(table: Contribution) -> set[str]:
    return {bad.column for bad in table.unread if bad.kind == "temperature"}


@pytest.mark.parametrize(
    "title",
    ["Conductivity (mS/cm)", "mS/cm", "(mS cm⁻¹)", "Transport data [mS/cm]", "EIS in mS/cm", "σ / mS cm-1", "Impedance mS cm^-1",
     "Transport (25 °C, mS/cm)"],
)  # fmt: skip
def test_the_unit_of_a_title_holds_for_the_columns_below_it(title: str) -> None:
    table = under(f'"{title}"')
    assert {column: table.cells.at[0, column] for column in MILLI} == pytest.approx(MILLI)
    assert (table.cells.at[0, col.A], table.unread) == (6.0257, ())
    assert any(title[:5] in note and "row 1" in note and "1E-3" in note for note in table.notes)


def test_a_title_over_the_cell_is_converted_and_that_over_the_angles_changes_nothing() -> None:
    table = under("Conductivity (S/cm)", "Lattice parameters (nm)")
    assert [table.cells.at[0, column] for column in (col.A, col.C, col.GAMMA, SIGMA)] == pytest.approx([60.257, 60.257, 90, 0.12])


def test_a_title_that_contradicts_a_heading_makes_no_number() -> None:
    table = under("Conductivity (mS/cm)", header=NAMED.replace("Ionic conductivity", "Ionic conductivity (S/cm)"))
    [bad] = table.unread
    assert (bad.column, "S/cm and mS/cm" in bad.why) == (SIGMA, True)
    assert table.cells.at[0, col.IC_BULK] == pytest.approx(1.3e-4)


@pytest.mark.parametrize("title", ["60 °C", "Transport at 60 °C", "EIS (333 K)", "140 °F", "25-60 °C"])
def test_the_temperature_of_a_title_holds_for_the_conductivities_below_it(title: str) -> None:
    assert warm(under(title)) >= {SIGMA, col.IC_TOTAL, col.IC_BULK}
    assert warm(under("Transport at 25 °C")) == set()


@pytest.mark.parametrize("title", ["Sintering at 1000 °C", "Lattice A", "Sample set A", "Calculated cells", "60", "data of PM"])
def test_a_title_about_something_else_changes_nothing(title: str) -> None:
    table = under(title, title)
    assert (table.unread, table.cells.at[0, SIGMA], table.cells.at[0, col.A]) == ((), 0.12, 6.0257)


def test_a_title_over_the_whole_table_gives_units_in_words() -> None:
    text = f"Table S3. Conductivities in mS/cm and lattice parameters in nm\n{NAMED}\n{ROW}"
    table = contribution(text.encode(), "rows.csv")
    assert [table.cells.at[0, column] for column in (SIGMA, col.B, col.ALPHA)] == pytest.approx([1.2e-4, 60.257, 90])


@pytest.mark.parametrize(
    ("title", "fine"),
    [("All values at 333 K", False), ("Data (60 °C)", False), ("373 K", False),
     ("Conductivities at 60 °C", False), ("All values at 298 K", True),
     ("Structures at 100 K", True), ("Samples sintered at 900 °C, all data", True), ("Table 1: lithium halides", True)],
)  # fmt: skip
def test_a_title_over_the_whole_table_states_a_temperature(title: str, fine: bool) -> None:
    table = contribution(f'"{title}"\n{NAMED}\n{ROW}'.encode(), "rows.csv")
    assert bool(warm(table)) != fine


def test_the_upper_of_two_header_rows_is_a_title_too() -> None:
    upper = "Sample,,,,Conductivity,,,,Lattice parameters (nm),,,,,,Reference"
    lower = NAMED.replace("Ionic conductivity", "ionic").replace("IC (Total)", "total").replace("IC (Bulk)", "bulk")
    table = contribution("\n".join((upper, lower, ROW)).encode(), "rows.csv")
    assert (table.header, table.rows) == (1, (3,))
    assert [table.cells.at[0, column] for column in (col.A, SIGMA)] == pytest.approx([60.257, 0.12])


@pytest.mark.parametrize("name", ["conductivity at high T", "conductivity at sixty degrees", "conductivity, see text"])
@pytest.mark.parametrize("a", ["6.0257", "6.0257 Å", "~6.03"])
def test_a_row_of_data_is_never_taken_for_a_second_line_of_the_header(name: str, a: str) -> None:
    rows = (ROW.replace("6.0257", a), ROW.replace("x1", "x2"))
    header = NAMED.replace("Ionic conductivity", f'"{name}"')
    with pytest.raises(InputError, match="required column is missing: 'Ionic conductivity"):
        contribution("\n".join((header, *rows)).encode(), "rows.csv")


# --- workbooks -------------------------------------------------------------------------------------------------------
def test_a_hidden_row_of_units_is_not_passed_over() -> None:
    made = book(["", "", "", "", "mS/cm"], row("x1", 0.12))
    made.active["E1"] = "Ionic conductivity"
    assert read(made).cells.at[0, SIGMA] == pytest.approx(1.2e-4)
    made.active.row_dimensions[2].hidden = True
    with pytest.raises(InputError, match="row 2 is hidden and holds units"):
        read(made)
    assert read(made, hidden=True).cells.at[0, SIGMA] == pytest.approx(1.2e-4)


def test_a_hidden_title_with_a_unit_is_not_passed_over() -> None:
    made = book(row("x1", 0.12))
    made.active["E1"] = "Ionic conductivity"
    made.active.insert_rows(1)
    made.active["E1"] = "Transport (mS/cm)"
    made.active.row_dimensions[1].hidden = True
    with pytest.raises(InputError, match="row 1 is hidden"):
        read(made)


@pytest.mark.parametrize(("degrees", "fine"), [(60, False), (25, True), ("333 K", False), ("RT", True)])
def test_a_hidden_column_of_temperatures_is_not_passed_over(degrees: object, fine: bool) -> None:
    made = book([*row("x1"), degrees])
    made.active["N1"] = "Temperature (°C)"
    made.active.column_dimensions["N"].hidden = True
    if fine:
        assert told(read(made), "hidden and not read", "Temperature")
        return
    with pytest.raises(InputError, match="hidden column of temperatures"):
        read(made)
    assert any(bad.kind == "temperature" for bad in read(made, hidden=True).unread)


def test_hidden_rows_of_data_are_named_and_not_read() -> None:
    made = book(row("x1"), row("x2"))
    made.active.row_dimensions[3].hidden = True
    assert (list(read(made).cells[col.ID]), told(read(made), "row 3")) == (["x1"], True)


@pytest.mark.parametrize(
    ("code", "unit"),
    [('0.0E+00" mS/cm"', "mS/cm"), ('0.00\\ "nm"', "nm"), ('0" K"', "K"), ('0.0"°"', "°"), ('General" Å"', "Å"), ("0.0\\°", "°"),
     ('#,##0.00" S/m";[Red]-0.0', "S/m"), ("0.00", ""), ("0.00E+00", ""), ("General", ""), ("0.00_);(0.00)", ""), ("[Red]0.00", ""),
     ('"σ = "0.0', ""), ("_-* #,##0.00\\ _K_-", ""), ("@", ""), ("", "")],
)  # fmt: skip
def test_a_format_of_numbers_may_write_a_unit(code: str, unit: str) -> None:
    assert _shown_unit(code) == unit


def test_a_unit_that_only_the_format_writes_is_read() -> None:
    made = book(row("x1", 0.12))
    made.active["E1"] = "Ionic conductivity"
    made.active["E2"].number_format = '0.00" mS/cm"'
    made.active["G2"].number_format = '0.0000" Å"'
    table = read(made)
    assert [table.cells.at[0, column] for column in (SIGMA, col.A)] == pytest.approx([1.2e-4, 6.0257])
    assert table.unread == ()
    assert told(table, "a unit in the cell")
    made.active["E2"].number_format = '0.00" furlong"'
    assert [bad.column for bad in read(made).unread] == [SIGMA]
