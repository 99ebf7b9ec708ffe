"""Structures sent twice, and rows of an edited workbook that replace entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.checks.reading import Row
from pipeline.checks.structure_copies import copy_findings
from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Dataset, Existing
from pipeline.correct import Waiver
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import Bundle
from pipeline.ingest.workbook import typed
from pipeline.reporting.report import Report
from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.equal import fingerprint
from pipeline.structures.noise import open_seed
from pipeline.structures.perturb import perturb
from schemas import columns as col
from tests.contributed.tables import cif, rock_salt
from tests.unit.sheets import row as cells
from tests.unit.sheets import workbook

#: Lithium phosphate, the high-temperature form (Yakubovich and Urusov, 1997), to four decimals.
LISTED = [
    ("P", 0.4115, 0.25, 0.3086), ("O", 0.3417, 0.0437, 0.2054), ("O", 0.0504, 0.25, 0.2938), ("O", 0.0898, 0.75, 0.1235),
    ("Li", 0.1639, 0.5014, 0.3013), ("Li", 0.4245, 0.75, 0.2057),
]  # fmt: skip
CELL = (10.49, 6.12, 4.927, 90, 90, 90)


def phosphate(sites: list[tuple[str, float, float, float]] = LISTED, cell: tuple[float, ...] = CELL) -> str:
    return cif("x", "P n m a", cell, sites)


def moved(sites: list[tuple[str, float, float, float]], place: int, by: float) -> list[tuple[str, float, float, float]]:
    element, x, y, z = sites[place]
    return [*sites[:place], (element, x + by, y, z), *sites[place + 1 :]]


# --- copies ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "other",
    [
        phosphate(),
        phosphate(LISTED[::-1]),
        phosphate([(e, -x, -y, -z) for e, x, y, z in LISTED]),  # another representative of each orbit
        phosphate([(e, x + 1, y - 1, z) for e, x, y, z in LISTED]),
    ],
)
def test_a_copy_is_known_in_any_order_and_by_any_representative(other: str) -> None:
    assert fingerprint(read(phosphate(), "a")) == fingerprint(read(other, "b"))


@pytest.mark.parametrize(
    "other",
    [
        phosphate(moved(LISTED, 1, 0.0003)),
        phosphate(LISTED[:5]),
        phosphate(cell=(10.492, *CELL[1:])),
        phosphate([("V", *LISTED[0][1:]), *LISTED[1:]]),
    ],
)
def test_another_refinement_is_no_copy(other: str) -> None:
    assert fingerprint(read(phosphate(), "a")) != fingerprint(read(other, "b"))


def test_coordinates_that_symmetry_fixes_say_nothing() -> None:
    assert fingerprint(read(rock_salt("I", 6.0257), "a")) is None


@pytest.mark.parametrize(("formula", "severity"), [("Li3PO4", "error"), ("Li3(PO4)", "error"), ("Li3VO4", "warning")])
def test_a_copy_is_an_error_for_one_compound_and_a_warning_for_two(formula: str, severity: str) -> None:
    def row(name: str, text: str) -> Row:
        return Row(name, {str(k): v for k, v in cells(ID=name, REDUCED_COMPOSITION=text).items()})

    parsed = {name: read(phosphate(), name) for name in ("one", "two")}
    [finding] = copy_findings([row("one", "Li3PO4"), row("two", formula)], parsed)
    assert (finding.check, finding.severity, finding.id, finding.other) == ("duplicate.structure", severity, "two", "one")
    [other] = copy_findings([row("one", "Li3PO4"), row("two", formula)], parsed, among=frozenset({"one"}))
    assert (other.id, other.other) == ("one", "two")


# --- rows that replace entries ---------------------------------------------------------------------------------------
def dataset(
    *published: dict[str, object], corrected: dict[tuple[str, str], object] | None = None, waivers: Sequence[Waiver] = ()
) -> Existing:
    columns = [str(column) for column in col.WORKBOOK]
    before = pd.DataFrame([[row.get(column) for column in columns] for row in published], columns=columns, dtype=object)
    after = before.copy()
    for (name, column), value in (corrected or {}).items():
        after.loc[after[col.ID] == name, column] = value
    known = Dataset(before, after, lambda: {"abc": phosphate()}, lambda: waivers)
    return Existing(typed(after), dataset=known)


ABC = cells()
DEF = cells(
    ID="def", REDUCED_COMPOSITION="Li3VO4", TRUE_COMPOSITION="Li12.0V4.0O16.0", A=10.9, DOI="10.1000/two", IONIC_CONDUCTIVITY="<1E-10"
)


def again(known: Existing, *rows: dict[str, object], replaces: bool = True, given: Bundle | None = None) -> Report:
    return check_table(workbook(list(rows)), "raw.xlsx", given, known, replaces=replaces).report


def changes(found: Report) -> list[tuple[str, str, str, str]]:
    return [(item.id, item.column, item.expected, item.value) for item in found.items if item.check == "table.changed-cell"]


def test_an_unchanged_workbook_has_no_changes_and_no_duplicates() -> None:
    known = dataset(ABC, DEF)
    assert {item.check for item in again(known, ABC, DEF, replaces=False).items} == {"duplicate.exact"}
    found = again(known, ABC, DEF)
    assert [item for item in found.items if item.check.startswith(("duplicate.", "table.", "id."))] == []
    assert "2 rows replace entries of the dataset: 0 cells of 0 of them changed; 0 rows are new" in found.notes
    assert found.compared == 2


def test_the_cells_that_changed_are_told_and_checked() -> None:
    known = dataset(ABC, DEF)
    found = again(known, {**ABC, col.IONIC_CONDUCTIVITY: 12, col.NOTE: "tested"}, DEF)
    assert changes(found) == [("abc", col.IONIC_CONDUCTIVITY, "1e-07", "12"), ("abc", col.NOTE, "", "tested")]
    assert [item.check for item in found.items if item.severity == "error"] == ["conductivity.implausible"]
    assert all(item.severity == "info" for item in found.items if item.check == "table.changed-cell")


def test_a_correction_is_no_change_whether_the_cell_is_as_published_or_as_corrected() -> None:
    known = dataset({**ABC, col.Z: 2}, DEF, corrected={("abc", col.Z): 4})
    for z in (2, 4):
        found = again(known, {**ABC, col.Z: z}, DEF)
        assert (changes(found), found.has_errors) == ([], False), z
    assert changes(again(known, {**ABC, col.Z: 8}, DEF)) == [("abc", col.Z, "4", "8")]


def test_new_rows_beside_replaced_ones_are_compared_with_all() -> None:
    known = dataset(ABC, DEF)
    found = again(known, {**ABC, col.IONIC_CONDUCTIVITY: 2e-7}, {**DEF, col.ID: "new"})
    assert [(item.id, item.check, item.other) for item in found.items if item.severity == "error"] == [("new", "duplicate.exact", "def")]
    assert any(re.search("1 entries of the dataset are not in the table", note) for note in found.notes)


def test_a_row_that_becomes_the_double_of_another_is_found() -> None:
    known = dataset(ABC, DEF)
    copy = {**ABC, col.ID: "def"}
    assert "duplicate.exact" in {item.check for item in again(known, ABC, copy).items}


def test_the_structure_of_a_replaced_entry_goes_on() -> None:
    known = dataset({**ABC, col.CIF_ID: "done"}, DEF)
    found = again(known, {**ABC, col.CIF_ID: "done", col.SPACE_GROUP: "Pbca", col.SPACE_GROUP_NUMBER: 61}, DEF)
    assert "cif.missing-file" not in {item.check for item in found.items}
    assert "cif.spacegroup" in {item.check for item in found.items}


def test_accepted_doubts_stay_accepted() -> None:
    waivers = [Waiver("abc", "reference.doi-syntax", "a thesis without a DOI", "accepted")]
    wrong = {**ABC, col.DOI: "Aono 1990"}
    assert not again(dataset(wrong, DEF, waivers=waivers), wrong, DEF).has_errors
    assert again(dataset(wrong, DEF, waivers=waivers), wrong, DEF, replaces=False).has_errors


def test_without_a_dataset_nothing_can_be_replaced() -> None:
    with pytest.raises(InputError, match="dataset"):
        again(Existing(None, "alone"), ABC)


def test_a_structure_of_the_dataset_sent_again_is_found() -> None:
    known = dataset(ABC, DEF)
    new = {**ABC, col.ID: "new", col.DOI: "10.1000/three", col.A: 10.53, col.IONIC_CONDUCTIVITY: 4e-7}
    found = check_table(workbook([new]), "rows.xlsx", Bundle({"new": phosphate()}), known).report
    assert [(item.id, item.severity, item.other) for item in found.items if item.check == "duplicate.structure"] == [
        ("new", "error", "abc")
    ]


@pytest.mark.parametrize(
    ("coordinates", "occupancies", "close", "heard"),
    [
        ((0.0222, 0.2009, 0.1216), (0.351, 0.41), False, "coordinates"),  # lithium and sulfur to the digit, occupancies of their own
        ((0.0223, 0.2013, 0.1219), (0.3513, 0.4127), False, "occupancies"),
        ((0.0223, 0.2013, 0.1219), (0.3523, 0.4127), False, ""),
        ((0.0222, 0.2009, 0.1216), (0.3513, 0.4127), True, ""),
        ((0.0223, 0.2009, 0.1216), (0.351, 0.41), False, ""),
    ],
)
def test_one_model_under_two_compounds(
    coordinates: tuple[float, float, float], occupancies: tuple[float, float], close: bool, heard: str
) -> None:
    """The second file: another element, another cell."""

    def argyrodite(name: str, metal: str, a: float, xyz: tuple[float, float, float], filled: tuple[float, float], **more: object) -> Row:
        x, y, s = xyz
        texts[name] = read(
            "data_x\n_symmetry_space_group_name_H-M 'F -4 3 m'\n"
            + "".join(
                f"_cell_length_{axis} {a}\n_cell_angle_{angle} 90\n" for axis, angle in (("a", "alpha"), ("b", "beta"), ("c", "gamma"))
            )
            + "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
            f"_atom_site_occupancy\nLi1 Li {x} {y} {1 - y} {filled[0]}\nLi2 Li 0.25 0.25 {1 - y} {filled[1]}\n{metal}1 {metal} 0 0 0.5 1\n"
            f"S1 S {s} {s} {0.5 - s} 1\n",
            name,
        )
        return Row(name, {col.REDUCED_COMPOSITION: f"Li6{metal}S5I", **{getattr(col, key): value for key, value in more.items()}})

    texts: dict[str, Structure | CifError] = {}
    rows = [
        argyrodite("one", "P", 10.2, (0.0222, 0.2009, 0.1216), (0.3513, 0.4127)),
        argyrodite("two", "Ge", 10.3, coordinates, occupancies, **({"CLOSE_MATCH": "Yes"} if close else {})),
    ]
    found = list(copy_findings(rows, texts))
    assert bool(found) is bool(heard)
    assert not found or (found[0].id, found[0].other, found[0].severity, heard in found[0].message) == ("two", "one", "warning", True)


def known_with_noise(text: str) -> Existing:
    known = dataset({**ABC, col.ICSD_ID: "12345"}, DEF)
    assert known.dataset is not None
    return replace(known, dataset=replace(known.dataset, structures=lambda: {"abc": text}, noisy=lambda: frozenset({"abc"})))


@pytest.mark.parametrize("formula", ["Li3PO4", "LiCl"])
@pytest.mark.parametrize("group", [62, 225])
def test_a_structure_of_the_dataset_is_an_error_whatever_its_row_says(formula: str, group: int) -> None:
    new = {**ABC, col.ID: "new", col.REDUCED_COMPOSITION: formula, col.SPACE_GROUP_NUMBER: group, col.DOI: "10.1000/three", col.A: 7.1}
    found = check_table(workbook([new]), "rows.xlsx", Bundle({"new": phosphate(LISTED[::-1])}), dataset(ABC, DEF)).report
    [item] = [item for item in found.items if item.check == "duplicate.structure"]
    assert (item.severity, item.other, item.fix) == (
        "error", "abc", "The dataset publishes this structure already, with its entry abc: leave the file out.",
    )  # fmt: skip


def test_the_original_of_an_entry_with_noise_is_refused_though_it_says_nothing() -> None:
    known = known_with_noise(perturb(read(phosphate(), "abc.cif"), open_seed(1)).text)
    new = {**ABC, col.ID: "new", col.REDUCED_COMPOSITION: "Li3VO4", col.DOI: "10.1000/three", col.IONIC_CONDUCTIVITY: 4e-7}
    found = check_table(workbook([new]), "rows.xlsx", Bundle({"new": phosphate()}), known).report
    assert [(item.severity, item.id, item.other) for item in found.items if item.check == "cif.licence"] == [("error", "new", "abc")]
    again = check_table(workbook([new]), "rows.xlsx", Bundle({"new": known.dataset.structures()["abc"]}), known).report  # type: ignore[union-attr]
    assert {item.check for item in again.items} & {"cif.licence", "duplicate.structure"} == {"duplicate.structure"}
    noisy = perturb(read(phosphate(), "abc.cif"), open_seed(2)).text  # known to carry noise, under a key
    assert "cif.licence" not in {
        item.check for item in check_table(workbook([new]), "rows.xlsx", Bundle({"new": noisy}), known, verified=(noisy,)).report.items
    }


@pytest.mark.parametrize("place", [1, 3])
def test_a_second_structure_of_a_file_is_looked_at_too(place: int) -> None:
    """The first block is an innocent one; behind it stand a structure of the dataset, or the original of one that carries noise."""
    innocent = rock_salt("Br", 5.5013)
    more = {col.REDUCED_COMPOSITION: "LiBr", col.SPACE_GROUP_NUMBER: 225, col.DOI: "10.1000/three"}

    def found(hidden: str, known: Existing) -> list[tuple[str, str, str, str]]:
        blocks = [innocent.replace("data_", f"data_{n}_", 1) for n in range(place)]
        text = "\n".join([*blocks, hidden, innocent.replace("data_", "data_last_", 1)])
        report = check_table(workbook([{**ABC, col.ID: "new", **more}]), "rows.xlsx", Bundle({"new": text}), known).report
        items = [item for item in report.items if item.check in ("cif.licence", "duplicate.structure")]
        return [(item.check, item.severity, item.id, item.other) for item in items]

    assert found(phosphate(LISTED[::-1]), dataset(ABC, DEF)) == [("duplicate.structure", "error", "new", "abc")]
    known = known_with_noise(perturb(read(phosphate(), "abc.cif"), open_seed(1)).text)
    assert found(phosphate(), known) == [("cif.licence", "error", "new", "abc")]
    assert found(phosphate(moved(LISTED, 1, 0.2)), known) == []


@pytest.mark.parametrize("count", [50, 51])
def test_structures_of_a_file_are_counted(count: int) -> None:
    text = "\n".join(rock_salt("Br", 5.5013).replace("data_", f"data_{n}_", 1) for n in range(count))
    report = check_table(workbook([{**ABC, col.ID: "new"}]), "rows.xlsx", Bundle({"new": text}), dataset(DEF)).report
    told = [item.message for item in report.items if item.check == "cif.unreadable"]
    assert bool(told) is (count > 50)
    assert all("51 structures of a CIF, more than 50" in message for message in told)
