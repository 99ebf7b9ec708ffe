"""The checks of structure files: what each says of a fault planted in a good pair of row and file, and silence about the good pair."""

# ruff: noqa: E501 - a table of faults: one a line reads best
from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from pipeline.checks.reading import Row
from pipeline.checks.structures import structure_findings
from pipeline.findings import Finding
from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.noise import keyed
from pipeline.structures.perturb import perturb
from schemas import columns as col
from tests.unit.difficult import HYDROXIDE_ATOMS, HYDROXIDE_CELL, HYDROXIDE_OPS, NASICON_TEXT, atoms, cell, listed, operations

GOOD = {
    col.REDUCED_COMPOSITION: "LiTi1.7Al0.3(PO4)3", col.TRUE_COMPOSITION: "Li6.0Ti10.2Al1.8P18.0O72.0", col.Z: 6, col.SPACE_GROUP: "R-3c",
    col.SPACE_GROUP_NUMBER: 167, col.A: 8.51, col.B: 8.51, col.C: 20.85, col.ALPHA: 90.0, col.BETA: 90.0, col.GAMMA: 120.0, col.CIF_ID: "done",
}  # fmt: skip
#: Li1.3Ti1.7Al0.3(PO4)3, which is neutral: the file of the reader's tests lacks 0.3 Li on a second site.
NEUTRAL = NASICON_TEXT.replace("Ti1 Ti", "Li2 Li 0.333 0.02 0.0833 0.05\nTi1 Ti")
ROW = {**GOOD, col.REDUCED_COMPOSITION: "Li1.3Ti1.7Al0.3(PO4)3", col.TRUE_COMPOSITION: "Li7.8Ti10.2Al1.8P18.0O72.0"}


def said(text: str, row: Mapping[str, object] = ROW, *, noisy: bool = False, **changes: object) -> list[Finding]:
    values = {**row, **{getattr(col, name): value for name, value in changes.items()}}
    try:
        structure: Structure | CifError = read(text, "abc.cif")
    except CifError as error:
        structure = error
    return list(
        structure_findings(
            [Row("abc", {k: v for k, v in values.items() if v is not None})], {"abc": structure}, noisy={"abc"} if noisy else ()
        )
    )


def told(found: list[Finding]) -> set[tuple[str, str]]:
    return {(finding.check, finding.severity) for finding in found}


def test_a_good_pair_is_left_alone() -> None:
    assert said(NEUTRAL) == []


def test_another_setting_of_the_cell_is_the_same_cell() -> None:
    ops, ortho = listed(operations("P n m a")), atoms("Li1 Li 0.1 0.25 0.3 1\nCl1 Cl 0.4 0.25 0.6 1\n")
    text = f"data_x\n_symmetry_space_group_name_H-M 'P n m a'\n{cell(10.1, 6.2, 4.7, 90, 90, 90)}{ops}{ortho}"
    row = {**ROW, col.REDUCED_COMPOSITION: "LiCl", col.TRUE_COMPOSITION: "Li4Cl4", col.Z: 4, col.SPACE_GROUP: "Pnma", col.SPACE_GROUP_NUMBER: 62,
           col.A: 4.7, col.B: 10.1, col.C: 6.2, col.GAMMA: 90.0}  # fmt: skip
    assert said(text, row) == []


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        (NEUTRAL, {"SPACE_GROUP_NUMBER": 168}, {("cif.spacegroup", "error")}),
        (NEUTRAL.replace("167", "148"), {}, {("cif.symmetry", "error")}),
        (NEUTRAL, {"C": 20.80}, {("cif.lattice", "warning")}),
        (NEUTRAL, {"C": 20.5}, {("cif.lattice", "error")}),
        (NEUTRAL, {"C": 20.5, "CLOSE_MATCH": "Yes"}, set()),
        (NEUTRAL, {"C": 20.0, "CLOSE_MATCH": "Yes"}, {("cif.lattice", "error"), ("cif.close-match", "error")}),
        (NEUTRAL.replace("Li1 Li 0 0 0 1\n", "").replace("Li2 Li 0.333 0.02 0.0833 0.05\n", ""), {}, {("cif.missing-element", "error")}),
        (NEUTRAL.replace("Al1 Al", "Sc1 Sc"), {}, {("cif.missing-element", "error")}),
        (NEUTRAL.replace("Al1 Al", "Sc1 Sc"), {"CLOSE_MATCH": "Yes"}, {("cif.missing-element", "error"), ("cif.close-match", "error")}),
        (NASICON_TEXT, {}, {("cif.composition", "error"), ("cif.charge", "info")}),
        (NEUTRAL.replace("0.0833 0.05", "0.0833 0.045"), {}, {("cif.composition", "info")}),
        (NEUTRAL.replace("0.0833 0.05", "0.0833 0.045"), {"CLOSE_MATCH": "Yes"}, set()),
        (NEUTRAL, {"Z": 3, "TRUE_COMPOSITION": "Li3.9Ti5.1Al0.9P9O36"}, {("cif.cell-content", "error")}),
        (NEUTRAL.replace("0.1412 0.15", "0.1412 0.17"), {}, {("cif.occupancy", "warning"), ("cif.composition", "info")}),
        (NEUTRAL.replace("0.1412 0.15", "0.1412 0.35"), {}, {("cif.occupancy", "error"), ("cif.composition", "error")}),
        (NEUTRAL.replace("O1 O 0.1852 0.9945 0.1901", "O1 O 0.2200 0.0055 0.2100"), {},
         {("cif.distance", "error"), ("cif.valence", "warning")}),
        (NEUTRAL, {"ICSD_ID": "12345"}, {("cif.licence", "error")}),
        (NEUTRAL.replace("_cell_length_a", "_database_code_ICSD 12345\n_cell_length_a"), {}, {("cif.licence", "error")}),
        (NEUTRAL.replace("0.2858", "0.28x8"), {}, {("cif.unreadable", "error")}),
        (NEUTRAL.replace("8.51\n_cell_length_b", "8.71\n_cell_length_b"), {"A": 8.71}, {("cif.symmetry", "error")}),
    ],
)  # fmt: skip
def test_a_planted_fault_is_told_and_nothing_else(text: str, changes: dict[str, object], expected: set[tuple[str, str]]) -> None:
    assert told(said(text, **changes)) == expected


def test_a_mirror_image_of_the_group_is_the_same_phase() -> None:
    text = f"data_x\n_symmetry_space_group_name_H-M 'P 43 3 2'\n{cell(8.2, 8.2, 8.2, 90, 90, 90)}{atoms('Li1 Li 0.12 0.2 0.3 1' + chr(10))}"
    row = {**ROW, col.SPACE_GROUP: "P4132", col.SPACE_GROUP_NUMBER: 213, col.REDUCED_COMPOSITION: "Li", col.TRUE_COMPOSITION: "Li24", col.Z: 24,
           col.A: 8.2, col.B: 8.2, col.C: 8.2, col.GAMMA: 90.0}  # fmt: skip
    assert "cif.spacegroup" not in {finding.check for finding in said(text, row)}
    assert "cif.spacegroup" in {finding.check for finding in said(text, row, SPACE_GROUP_NUMBER=214)}


def test_a_file_written_in_p1_has_the_group_of_its_atoms() -> None:
    text = f"data_x\n{HYDROXIDE_CELL}{listed(['x,y,z'])}" + atoms("Cl1 Cl 0 0 0 1\nLi1 Li 0.5 0.5 0.5 1\n")
    row = {**ROW, col.SPACE_GROUP: "Pm-3m", col.SPACE_GROUP_NUMBER: 221, col.REDUCED_COMPOSITION: "LiCl", col.TRUE_COMPOSITION: "LiCl", col.Z: 1,
           col.A: 3.91, col.B: 3.91, col.C: 3.91, col.GAMMA: 90.0}  # fmt: skip
    found = said(text, row)
    assert told(found) == {("cif.symmetry", "warning")}
    assert (found[0].value, found[0].expected) == ("1", "221")


def test_a_split_site_is_no_contact_until_both_halves_must_be_filled() -> None:
    start = f"data_h\n_symmetry_space_group_name_H-M 'P m -3 m'\n{HYDROXIDE_CELL}{HYDROXIDE_OPS}"
    row = {**ROW, col.SPACE_GROUP: "Pm-3m", col.SPACE_GROUP_NUMBER: 221, col.REDUCED_COMPOSITION: "Li2(OH)Cl", col.TRUE_COMPOSITION: "Li2OHCl",
           col.Z: 1, col.A: 3.91, col.B: 3.91, col.C: 3.91, col.GAMMA: 90.0}  # fmt: skip
    assert said(start + atoms(HYDROXIDE_ATOMS.replace("0.6666667", "0.667")), row) == []
    split = HYDROXIDE_ATOMS.replace("Li1 Li 0 0.5 0.5 0.6666667", "Li1 Li 0.05 0.5 0.5 0.3333")
    assert said(start + atoms(split), row) == []
    filled = HYDROXIDE_ATOMS.replace("Li1 Li 0 0.5 0.5 0.6666667", "Li1 Li 0.05 0.5 0.5 0.54")
    assert ("cif.distance", "warning") in told(said(start + atoms(filled), row))


def test_noise_lifts_the_licence_and_softens_the_limit_of_a_contact() -> None:
    text = NEUTRAL.replace("_cell_length_a", "_database_code_ICSD 12345\n_cell_length_a", 1)
    assert told(said(text, noisy=True)) == set()
    near = NEUTRAL.replace("O1 O 0.1852 0.9945 0.1901", "O1 O 0.2100 0.9945 0.2050")  # P-O 1.15 angstrom, 0.66 of the sum of radii
    assert ("cif.distance", "warning") in told(said(near))
    assert told(said(near, noisy=True)) == set()


def test_a_mark_of_noise_is_not_believed_without_the_key() -> None:
    text = NEUTRAL.replace("_cell_length_a", "_database_code_ICSD 12345\n_cell_length_a", 1)
    noise = perturb(read(text, "abc.cif"), keyed(hashlib.sha256(b"k").digest()))
    [finding] = [finding for finding in said(noise.text) if finding.check == "cif.licence"]
    assert "only the secret key can tell" in finding.message
    assert "cif.licence" not in {finding.check for finding in said(noise.text, noisy=True)}


@pytest.mark.parametrize(
    ("changes", "told_by"),
    [
        ({"ICSD_ID": "12345"}, "ICSD number 12345"),
        ({"CIF_REF_1": "246816-ICSD"}, "246816-ICSD in 'Cif ref_1'"),
        ({"CIF_REF_2": "appendix; ICSD-111757"}, "ICSD-111757 in 'Cif ref_2'"),
        ({"CIF_REF_1": "appendix"}, ""),
        ({"CIF_REF_1": "D2 - 128"}, ""),
    ],
)
def test_a_row_says_whose_its_structure_is(changes: dict[str, object], told_by: str) -> None:
    found = [finding.message for finding in said(NEUTRAL, **changes) if finding.check == "cif.licence"]
    assert len(found) == bool(told_by)
    assert all(told_by in message for message in found)


def test_a_copy_of_a_proprietary_file_is_found_by_its_content() -> None:
    own = NEUTRAL.replace("_cell_length_a", "_database_code_ICSD 12345\n_cell_length_a", 1)
    copy = NEUTRAL.replace("0.2858 0 0.25", "0 1.28580 .25").replace("P1 P", "P7 P")
    other = NEUTRAL.replace("0.2858", "0.2838")
    rows = [Row(name, {}) for name in ("abc", "xyz", "dcb")]
    texts = {"abc": own, "xyz": copy, "dcb": other}
    found = [f for f in structure_findings(rows, {n: read(t, f"{n}.cif") for n, t in texts.items()}) if f.check == "cif.licence"]
    assert [f.id for f in found] == ["abc", "xyz"]
    assert "holds the same structure as abc.cif" in found[1].message


def test_files_and_rows_that_miss_one_another() -> None:
    rows = [Row("abc", {col.CIF_ID: "done"}), Row("def", {col.CIF_ID: "not available"})]
    found = list(structure_findings(rows, {"xyz": read(NASICON_TEXT, "xyz.cif")}))
    assert [(f.id, f.check) for f in found] == [("abc", "cif.missing-file"), ("xyz", "cif.orphan-file")]
    assert list(structure_findings(rows, {"xyz": read(NASICON_TEXT, "xyz.cif")}, files=False)) == []


def test_messages_carry_the_numbers() -> None:
    (found,) = said(NEUTRAL, Z=3)
    assert (found.column, found.value, found.expected) == (col.Z, "3", "6")
    assert "holds 6 formula units and the row's Z says 3" in found.message
    (found,) = said(NEUTRAL, C=20.5)
    assert (found.column, found.value, found.expected, found.other) == (col.C, "20.5", "20.85", "abc.cif")
    (found,) = said(NEUTRAL.replace("0.2858", "0.28x8"))
    assert "line" in found.message
    assert found.other == "abc.cif"


def test_what_the_reader_assumed_is_told_and_stops_nothing() -> None:
    noted = NEUTRAL + NASICON_TEXT.replace("data_nasicon", "data_other")
    (finding,) = said(noted)
    assert (finding.check, finding.severity) == ("cif.read-as", "info")
    assert "2 structures" in finding.message
    assert "'other'" in finding.message


def test_deuterium_of_the_row_is_the_hydrogen_of_the_file() -> None:
    text = f"data_h\n{HYDROXIDE_CELL}{HYDROXIDE_OPS}{atoms(HYDROXIDE_ATOMS.replace('H1 H', 'D1 D'))}"
    row = {col.REDUCED_COMPOSITION: "Li2ODCl", col.TRUE_COMPOSITION: "Li2ODCl", col.Z: 1, col.SPACE_GROUP_NUMBER: 221, col.A: 3.91, col.B: 3.91, col.C: 3.91,
           col.ALPHA: 90.0, col.BETA: 90.0, col.GAMMA: 90.0, col.CIF_ID: "done"}  # fmt: skip
    assert not {"cif.missing-element", "cif.composition"} & {finding.check for finding in said(text, row)}


def test_each_name_of_the_group_is_compared_with_the_operations() -> None:
    found = said(NEUTRAL.replace("data_nasicon\n", "data_nasicon\n_space_group_name_Hall 'P 1'\n"))
    assert [(each.check, each.severity, each.value, each.expected) for each in found] == [("cif.symmetry", "error", "1", "167")]
