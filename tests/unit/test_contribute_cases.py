"""What contributors really sent: tables and CIFs with the traits of public bug reports, each through the whole check, with the answer that is right."""

# ruff: noqa: E501 - a table of variations: one a line reads best
from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import openpyxl
import pytest

from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import Bundle
from pipeline.ingest.contributed.table import contribution
from pipeline.reporting.report import Report
from schemas import columns as col
from tests.contributed.tables import HEADER
from tests.unit.difficult import atoms, cell, listed, operations

SIGMA = col.IONIC_CONDUCTIVITY
TEXT = "x1,LiCl,4,Li4Cl4,1E-7,225,5.14,5.14,5.14,90,90,90,10.9999/made.up.1"
CELL = cell(5.14, 5.14, 5.14, 90, 90, 90)
HEAD = f"data_x\n{CELL}{listed(operations('F m -3 m'))}"
SALT = HEAD + atoms("Li1 Li 0 0 0 1\nCl1 Cl 0.5 0.5 0.5 1\n")


def checked(text: str = TEXT, structure: str | None = None, header: str = HEADER) -> Report:
    given = None if structure is None else Bundle({"x1": structure}, ())
    return check_table(f"{header}\n{text}\n".encode(), "rows.csv", given, Existing(None, "alone")).report


def errors(report: Report) -> set[str]:
    return {item.check for item in report.items if item.severity == "error"}


def told(report: Report, *words: str) -> bool:
    texts = [*report.notes, *(item.message for item in report.items)]
    return any(all(word in text for word in words) for text in texts)


def test_the_plain_row_and_its_plain_structure_are_fine() -> None:
    assert checked(structure=SALT).items == ()


# --- tables ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sent:
    """A table, the errors it must have, what must be told, and the conductivity that must be read."""

    text: str
    header: str = HEADER
    errors: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    sigma: float | None = 1e-7


TABLES = {
    "a row of units": Sent(f",,,,mS/cm,,Å,Å,Å,°,°,°,\n{TEXT}", HEADER.replace(SIGMA, "Ionic conductivity"), told=("row 2 holds units", "1E-3"), sigma=1e-10),
    "a heading at 373 K": Sent(TEXT, HEADER.replace(SIGMA, "sigma [S/cm] @ 373 K"), frozenset({"conductivity.temperature"}), ("373 K", "100 °C")),
    "a value of another unit": Sent(TEXT.replace("1E-7", "12"), errors=frozenset({"conductivity.implausible"}), told=("12 mS/cm",), sigma=12),
    "number, power and unit in one cell": Sent(TEXT.replace("1E-7", "1.2 × 10⁻⁴ S cm⁻¹"), told=("a unit in the cell",), sigma=1.2e-4),
    "a DOI of the conductivity": Sent(TEXT, HEADER.replace(SIGMA, "sigma").replace("DOI", "conductivity_doi"), told=("'conductivity_doi' as 'DOI'",)),
    "symbols in the column of numbers": Sent(TEXT.replace(",225,", ",Fm-3m,"), HEADER.replace("Space group #", "Space Group"), told=("from its symbol",)),
    "a symbol with a subscript": Sent(TEXT.replace(",225,", ",P4₂/mnm (136),"), told=("from its symbol",)),
    "a number beside its symbol": Sent(TEXT.replace(",225,", ",225 (Fm-3m),"), told=("from its symbol",)),
    "an amount of 310 digits": Sent(TEXT.replace("LiCl,", f"Li{'9' * 310}Cl,"), errors=frozenset({"composition.unparsable"})),
    "four charges too few": Sent("x1,Li1.2Al0.2Ti0.8(PO4)3,6,Li7.2Al1.2Ti4.8P18O72,1E-7,167,8.5,8.5,20.85,90,90,120,10.9999/made.up.1",
                                 errors=frozenset({"composition.charge"}), told=("4 negative charges",)),
}  # fmt: skip


@pytest.mark.parametrize("sent", TABLES.values(), ids=TABLES)
def test_tables(sent: Sent) -> None:
    report = checked(sent.text, header=sent.header)
    assert errors(report) == sent.errors
    assert not sent.told or told(report, *sent.told)
    read = contribution(f"{sent.header}\n{sent.text}".encode(), "rows.csv").cells
    assert read.at[0, SIGMA] == pytest.approx(sent.sigma)
    assert read.at[0, col.DOI] == "10.9999/made.up.1"


def test_symbols_give_their_numbers() -> None:
    for name in ("symbols in the column of numbers", "a symbol with a subscript", "a number beside its symbol"):
        number = 136 if "136" in TABLES[name].text else 225
        read = contribution(f"{TABLES[name].header}\n{TABLES[name].text}".encode(), "rows.csv")
        assert read.cells.at[0, col.SPACE_GROUP_NUMBER] == number
    report = checked(TEXT.replace(",225,", ",194 (Fm-3m),"))
    assert "spacegroup.unknown-symbol" in errors(report)


def test_water_after_a_full_stop() -> None:
    text = TEXT.replace("LiCl,4,Li4Cl4", "LiNO3.3H2O,4,Li4N4O24H24").replace("5.14", "7.9")
    assert not errors(checked(text)) & {"composition.unparsable", "composition.z-mismatch"}


@pytest.mark.parametrize(("encoding", "note"), [("gbk", "室温下测量"), ("cp932", "室温測定"), ("koi8-r", "Измерено")])
def test_national_encodings(encoding: str, note: str) -> None:
    data = f"{HEADER},note\n{TEXT},{note}\n".encode(encoding)
    with pytest.raises(InputError) as caught:
        check_table(data, "rows.csv", None, Existing(None, "alone"))
    assert "CSV UTF-8" in str(caught.value.cure)


def test_a_merged_cell_holds_for_its_rows() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in (HEADER, TEXT, TEXT.replace("x1", "x2").replace("LiCl,4,Li4Cl4", "LiBr,4,Li4Br4").replace("5.14", "5.5")):
        book.active.append([float(part) if part.replace(".", "").isdigit() else part for part in line.split(",")])
    book.active.merge_cells("M2:M3")
    target = io.BytesIO()
    book.save(target)
    report = check_table(target.getvalue(), "rows.xlsx", None, Existing(None, "alone")).report
    assert (errors(report), told(report, "M2:M3")) == (set(), True)


def test_a_row_number_beyond_any_sheet() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(HEADER.split(","))
    target = io.BytesIO()
    book.save(target)
    changed = io.BytesIO()
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<row r="1"', b'<row r="1000000000"').replace(b'="A1"', b'="A1000000000"'))
    with pytest.raises(InputError, match="1000000000"):
        check_table(changed.getvalue(), "rows.xlsx", None, Existing(None, "alone"))


# --- structures ------------------------------------------------------------------------------------------------------
CIFS = {
    "atoms at 0 and at 1": (HEAD + atoms("Li1 Li 0 0 0 1\nLi2 Li 1 0 0 1\nCl1 Cl 0.5 0.5 0.5 1\n"), {"cif.occupancy"}, ("Li1", "Li2")),
    "a file of CIF 2.0": ("#\\#CIF_2.0\n" + SALT + "_publ_section_title '''lithium 'chloride' again'''\n", set(), ("CIF 2.0",)),
    "dots for coordinates": (HEAD + atoms("Li1 Li . . . 1\nCl1 Cl 0.5 0.5 0.5 1\n"), {"cif.unreadable"}, ("Li1", "no coordinates")),
    "an item twice that nobody reads": (SALT + "_chemical_formula_sum 'Cl Li'\n_chemical_formula_sum ''\n_journal_year 1\n_journal_year 2\n", set(), ()),
    "an isotope as type": (SALT.replace("Li1 Li", "Li1 7Li"), set(), ()),
    "sites with neither label nor type": (SALT.replace("Li1 Li", "? ?").replace("Cl1 Cl", "? ?"), {"cif.unreadable"}, ("neither a label",)),
    "another element by type": (SALT.replace("Cl1 Cl", "Cl1 Br-"), {"cif.missing-element"}, ("by type", "says Cl")),
    "thirds padded with zeros": (f"data_x\n{cell(4.1, 4.1, 6.7, 90, 90, 120)}{listed(operations('P 63 m c'))}"
                                 + atoms("Li1 Li 0.66670 -0.66670 0.0 1\nCl1 Cl 0.66670 0.33330 0.3750 1\n"), None, ()),
}  # fmt: skip


@pytest.mark.parametrize(("structure", "wrong", "words"), CIFS.values(), ids=CIFS)
def test_structures(structure: str, wrong: set[str] | None, words: tuple[str, ...]) -> None:
    if wrong is None:
        text = "x1,LiCl,2,Li2Cl2,1E-7,186,4.1,4.1,6.7,90,90,120,10.9999/made.up.1"
        assert not errors(checked(text, structure)) & {"cif.composition", "cif.cell-content", "cif.symmetry", "cif.distance"}
        return
    report = checked(structure=structure)
    assert errors(report) >= wrong
    assert bool(errors(report)) == bool(wrong)
    assert not words or told(report, *words)


def test_the_block_that_is_read_is_named() -> None:
    report = checked(structure=SALT.replace("data_x", "data_impurity").replace("Cl", "Br") + SALT.replace("data_x", "data_main"))
    assert "cif.missing-element" in errors(report)
    assert told(report, "'impurity'", "'main'", "into a file of its own")


def test_deuterium_in_the_row_is_the_hydrogen_of_the_file() -> None:
    text = "x1,Li2ODCl,1,Li2O1D1Cl1,1E-7,1,3.9,3.9,3.9,90,90,90,10.9999/made.up.1"
    rows = "Li1 Li 0 0.5 0.5 1\nLi2 Li 0.5 0 0.5 1\nO1 O 0.5 0.5 0.5 1\nD1 D 0.5 0.5 0.75 1\nCl1 Cl 0 0 0 1\n"
    structure = f"data_x\n{cell(3.9, 3.9, 3.9, 90, 90, 90)}{listed(operations('P 1'))}" + atoms(rows)
    assert not errors(checked(text, structure)) & {"cif.missing-element", "cif.composition"}


def test_a_hydrogen_flagged_as_a_dummy_counts_and_water_is_no_tungsten() -> None:
    text = "x1,LiCl*H2O,1,Li1Cl1H2O1,1E-7,1,4,4,4,90,90,90,10.9999/made.up.1"
    head = f"data_x\n_chemical_formula_sum 'Cl H2 Li O'\n{cell(4, 4, 4, 90, 90, 90)}{listed(operations('P 1'))}"
    rows = "Li1 Li 0 0 0 1 .\nCl1 Cl 0.5 0.5 0.5 1 .\n{}\nH1 H 0.1 0.1 0.1 2 dum\n"
    for water in ("Wat ? 0.5 0 0.5 1 .", "Wa1 ? 0.5 0 0.5 1 .", "Ow ? 0.5 0 0.5 1 ."):
        report = checked(text, head + atoms(rows.format(water), "calc_flag"))
        assert not errors(report) & {"cif.missing-element", "cif.composition", "cif.unreadable"}, water
        assert told(report, "H1", "dummy", "counts in the content")


def test_more_sites_than_a_cell_holds_are_refused_with_the_limit() -> None:
    rows = "".join(f"Li{i} Li {i / 971:.5f} {i / 613:.5f} {i / 499:.5f} 1\n" for i in range(1, 200))
    report = checked(structure=HEAD + atoms(rows))
    assert errors(report) >= {"cif.unreadable"}
    assert told(report, "15000", "images")
