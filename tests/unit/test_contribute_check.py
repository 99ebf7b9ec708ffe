"""Ten tables as people would send them, and what is said about each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import Bundle
from pipeline.ingest.contributed.table import contribution
from pipeline.ingest.workbook import typed
from pipeline.reporting.formats import FORMATS, render
from pipeline.reporting.report import Report
from schemas import columns as col
from tests.contributed.tables import HEADER, TABLES, Sent, files, good, rock_salt

#: A dataset of one entry: the material of the last row of ``twins``.
OLD = f"{HEADER}\nold,Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/old\n"
NONE = Existing(None, "there is no network")


@pytest.fixture(scope="module")
def known() -> Existing:
    return Existing(typed(contribution(OLD.encode(), "old.csv").cells))


def report(sent: Sent, known: Existing = NONE) -> Report:
    return check_table(sent.data, sent.name, Bundle(dict(sent.structures)) if sent.structures else None, known).report


def errors(found: Report) -> set[tuple[int | None, str, str]]:
    return {(item.row, item.column, item.check) for item in found.items if item.severity == "error"}


def one_row(row: str, header: str = HEADER) -> Sent:
    return Sent("row.csv", f"{header}\n{row}\n".encode())


@pytest.mark.parametrize("name", ["good", "german", "origin"])
def test_tables_without_a_mistake_have_no_finding(name: str) -> None:
    found = report(TABLES[name]())
    assert found.items == ()
    assert found.rows_ready == len(found.rows)
    assert "no error of their own" in found.verdict()
    assert "can join the dataset" in replace(found, compared=599).verdict()


def test_a_workbook_with_what_spreadsheets_do() -> None:
    assert errors(report(TABLES["workbook"]())) == {
        (6, col.B, "lattice.range"),
        (8, col.ID, "id.format"),
        (9, col.SPACE_GROUP_NUMBER, "spacegroup.unknown-symbol"),
    }


def test_slips_in_formulas() -> None:
    found = report(TABLES["formulas"]())
    assert errors(found) == {
        (2, col.TRUE_COMPOSITION, "composition.z-mismatch"),
        (3, col.REDUCED_COMPOSITION, "composition.unparsable"),
        (4, col.REDUCED_COMPOSITION, "composition.no-lithium"),
        (4, col.TRUE_COMPOSITION, "composition.no-lithium"),
        (5, col.REDUCED_COMPOSITION, "composition.unparsable"),
        (6, col.Z, "composition.z-mismatch"),
        (7, col.REDUCED_COMPOSITION, "composition.charge"),
        (8, col.REDUCED_COMPOSITION, "composition.unparsable"),
    }


def test_slips_in_cells() -> None:
    assert errors(report(TABLES["cells"]())) == {
        (2, col.GAMMA, "lattice.metric"),
        (3, col.A, "lattice.volume"),
        (5, col.SPACE_GROUP_NUMBER, "spacegroup.unknown-symbol"),
        (6, col.A, "lattice.range"),
        (7, col.GAMMA, "lattice.range"),
    }


def test_a_cubic_row_may_leave_out_what_symmetry_says() -> None:
    found = report(TABLES["cells"]())
    assert "left out and completed by symmetry (cubic): c (row 4)" in found.notes
    assert not [item for item in found.items if item.row == 4 and item.severity == "error"]


def test_slips_in_conductivities() -> None:
    found = report(TABLES["values"]())
    unparsable = {(row, col.IONIC_CONDUCTIVITY, "conductivity.unparsable") for row in range(2, 8)}
    assert errors(found) == {*unparsable, (8, col.IONIC_CONDUCTIVITY, "conductivity.implausible")}
    assert [item.expected for item in found.items if item.row == 7 and item.column == col.IONIC_CONDUCTIVITY] == [
        "1E-4, if that is what was meant"
    ]
    assert not [item for item in found.items if item.row in (9, 10) and item.column == col.IONIC_CONDUCTIVITY]


def test_twins_in_the_table_and_in_the_dataset(known: Existing) -> None:
    found = report(TABLES["twins"](), known)
    assert errors(found) == {
        (3, col.ID, "duplicate.exact"),
        (4, col.ID, "id.duplicate"),
        (5, col.ID, "id.duplicate"),
        (6, col.ID, "duplicate.exact"),
    }
    others = {item.row: item.other for item in found.items if item.check == "duplicate.exact"}
    assert others == {3: "t1", 6: "old"}
    assert found.compared == 1


def test_slips_in_references() -> None:
    found = report(TABLES["papers"]())
    assert errors(found) >= {
        (2, col.ID, "id.format"),
        (2, col.DOI, "reference.doi-syntax"),
        (3, col.DOI, "reference.doi-syntax"),
        (5, "", "table.row-shape"),
        (6, "", "table.row-shape"),
    }
    assert not [item for item in found.items if item.row == 4 and item.severity == "error"]
    assert next(item.check for item in found.items if item.row == 6) == "table.row-shape"  # the cause before what follows from it


def test_slips_in_files() -> None:
    found = report(files())
    assert {(item.row, item.id, item.check) for item in found.items if item.severity == "error"} == {
        (2, "s1", "cif.lattice"),
        (3, "s2", "cif.unreadable"),
        (4, "s3", "cif.missing-element"),
        (5, "s4", "cif.spacegroup"),
        (6, "s5", "cif.licence"),
        (7, "s6", "cif.missing-file"),
        (None, "s6_final", "cif.orphan-file"),
    }
    assert "s6_final.cif" in next(item.message for item in found.items if item.check == "cif.missing-file")


@pytest.mark.parametrize("name", TABLES)
def test_findings_are_in_the_order_of_the_file_and_say_what_to_do(name: str) -> None:
    found = report(TABLES[name]())
    rows = [item.row if item.row is not None else 10**9 for item in found.items]
    assert rows == sorted(rows)
    for item in found.items:
        assert item.message.endswith((".", "?")) or item.check == "cif.unreadable", item
        assert item.fix, item
        assert "row-" not in item.id + item.other, item


def test_a_contributor_may_use_the_id_of_an_entry(known: Existing) -> None:
    """The final ID is given on acceptance, so that a clash of names is no mistake and no confusion."""
    found = report(one_row("old,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x"), known)
    assert found.items == ()
    twin = report(one_row(OLD.splitlines()[1]), known)
    assert [(item.id, item.row, item.check, item.value, item.other) for item in twin.items] == [("old", 2, "duplicate.exact", "old", "old")]


def test_one_mistake_does_not_hide_another_in_the_same_cell(known: Existing) -> None:
    found = report(one_row(OLD.splitlines()[1].replace("old,", "my row,", 1)), known)
    assert {item.check for item in found.items} == {"id.format", "duplicate.exact"}


def test_rows_without_a_usable_id_are_named_by_their_number() -> None:
    row = "LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x"
    found = report(Sent("x.csv", f"{HEADER}\n,{row}\nrow-2,{row}\n".encode()))
    assert [(item.id, item.row, item.check) for item in found.items] == [("", 2, "id.format"), ("row-2", 3, "duplicate.exact")]
    assert "cell of row 2 of the same paper" in found.items[1].message


def test_a_twin_in_another_spelling_is_found(known: Existing) -> None:
    found = report(one_row("new,Li3.0YCl6.0,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/OLD"), known)
    assert "duplicate.exact" in {item.check for item in found.items}


def test_nothing_to_compare_with_is_said_and_is_no_failure() -> None:
    found = report(good())
    assert found.compared is None
    assert found.summary()["not_compared_because"] == "there is no network"


def test_a_row_may_say_that_it_has_no_structure_and_must_not_say_that_it_has_one_without() -> None:
    row = "x,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x"
    other = {"y": rock_salt("I", 6.0257)}
    without = replace(one_row(f"{row},not available", f"{HEADER},Cif ID"), structures=other)
    assert {item.check for item in report(without).items} == {"cif.orphan-file"}
    silent = replace(one_row(row), structures=other)
    assert {item.check for item in report(silent).items} == {"cif.orphan-file", "cif.missing-file"}
    claimed = one_row(f"{row},done", f"{HEADER},Cif ID")
    assert {item.check for item in report(claimed).items} == {"cif.missing-file"}
    assert report(one_row(row)).items == ()


def test_symbol_and_number_must_agree_and_a_blank_symbol_is_no_mistake() -> None:
    row = "x,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x"
    for symbol, checks in (
        ("", set()),
        ("F m -3 m", set()),
        ("Ia-3d", {"spacegroup.symbol-number"}),
        ("Q q q", {"spacegroup.unknown-symbol"}),
    ):
        found = report(one_row(f"{row},{symbol}", f"{HEADER},Space group"))
        assert {item.check for item in found.items} == checks, symbol


def test_unknown_units_stop_every_value_of_the_column() -> None:
    header = HEADER.replace("Ionic conductivity (S cm-1)", "Ionic conductivity (mol/s)")
    found = report(one_row("x,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x", header))
    assert errors(found) == {(2, col.IONIC_CONDUCTIVITY, "conductivity.unparsable")}


def test_bulk_below_total_is_found_in_other_columns_too() -> None:
    row = "x,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x,1.2E-7,1E-9"
    found = report(one_row(row, f"{HEADER},IC (Total),IC (Bulk)"))
    assert "conductivity.total-bulk" in {item.check for item in found.items}


def test_missing_columns_end_it() -> None:
    with pytest.raises(InputError, match="'DOI'"):
        report(Sent("x.csv", HEADER.removesuffix(",DOI").encode() + b"\nx"))


def test_the_table_of_the_guide_is_a_good_one() -> None:
    import re
    from pathlib import Path

    guide = (Path(__file__).parents[2] / "docs" / "contributing-data.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```csv\n(.*?)```", guide, re.DOTALL)
    found = report(Sent("guide.csv", "\n".join(line.strip() for line in block.splitlines()).encode()))
    assert len(found.rows) == 2
    assert found.items == ()


def test_equal_rows_cost_two_kilobytes_each_at_most() -> None:
    row = "x{},Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/old"
    found = report(Sent("rows.csv", "\n".join([HEADER, *(row.format(n) for n in range(300))]).encode()))
    assert sum(item.check == "duplicate.exact" for item in found.items) == 299
    for name in FORMATS:
        assert len(render(found, name).encode()) <= 2000 * 300
