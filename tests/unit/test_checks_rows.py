"""Every check of a row alone: what it says of a faulty row, and that it is silent about a good one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import lattice
from pipeline.checks.composition import composition_findings
from pipeline.checks.conductivity import conductivity_findings
from pipeline.checks.families import FAMILIES, family_findings, nearest
from pipeline.checks.ids import id_findings
from pipeline.checks.lattice import breaches, lattice_findings, settings
from pipeline.checks.notes import note_findings
from pipeline.checks.reading import Row
from pipeline.checks.references import pii_holds, publisher_fault, reference_findings
from pipeline.checks.spacegroup import spacegroup_findings
from pipeline.chemistry.spacegroup import crystal_system, is_rhombohedral
from pipeline.dois import is_doi
from pipeline.findings import Finding
from schemas import columns as col
from tests.unit.sheets import row as cells


def row(**changes: object) -> Row:
    """The good row of the sheets, Li3PO4 in Pnma, with cells changed; ``None`` blanks a cell."""
    values = {str(key): value for key, value in cells(**changes).items() if value is not None}
    return Row(str(values.pop(col.ID)), values)


def said(one: Row) -> list[Finding]:
    families = (
        composition_findings, spacegroup_findings, lattice_findings, conductivity_findings, reference_findings, family_findings,
        note_findings, id_findings,
    )  # fmt: skip
    return [finding for family in families for finding in family([one])]


def cell(a: float, b: float, c: float, alpha: float = 90, beta: float = 90, gamma: float = 90) -> dict[str, object]:
    return {"A": a, "B": b, "C": c, "ALPHA": alpha, "BETA": beta, "GAMMA": gamma}


def test_a_good_row_is_left_alone() -> None:
    assert said(row()) == []


NASICON = {
    "REDUCED_COMPOSITION": "LiTi2(PO4)3", "TRUE_COMPOSITION": "Li6.0Ti12.0P18.0O72.0", "Z": 6, "SPACE_GROUP": "R-3c",
    "SPACE_GROUP_NUMBER": 167, **cell(8.512, 8.512, 20.858, 90, 90, 120),
}  # fmt: skip


def test_rhombohedral_axes_are_a_setting_of_a_rhombohedral_group() -> None:
    # the same lattice: a_R = sqrt(a^2/3 + c^2/9), cos(alpha_R) = (2 c^2 - 3 a^2) / (2 c^2 + 6 a^2)
    primitive = {**NASICON, "Z": 2, "TRUE_COMPOSITION": "Li2.0Ti4.0P6.0O24.0", **cell(8.5213, 8.5213, 8.5213, 59.925, 59.925, 59.925)}
    assert said(row(**NASICON)) == []
    assert [f.check for f in said(row(**primitive))] == ["lattice.setting"]
    assert said(row(**{**primitive, "SPACE_GROUP": "R-3cR"})) == []


@pytest.mark.parametrize(
    ("changes", "check", "severity"),
    [
        ({"REDUCED_COMPOSITION": "Li3P(O4"}, "composition.unparsable", "error"),
        ({"TRUE_COMPOSITION": None}, "composition.unparsable", "error"),
        ({"REDUCED_COMPOSITION": "Na3PO4", "TRUE_COMPOSITION": "Na12.0P4.0O16.0"}, "composition.no-lithium", "error"),
        ({"Z": 2}, "composition.z-mismatch", "error"),
        ({"TRUE_COMPOSITION": "Li1.2P4.0O16.0"}, "composition.z-mismatch", "error"),
        ({"TRUE_COMPOSITION": "Li12.0P4.0"}, "composition.z-mismatch", "error"),
        ({"REDUCED_COMPOSITION": "Li6P2O8", "Z": 2}, "composition.not-reduced", "warning"),
        ({"REDUCED_COMPOSITION": "Li2PO4", "TRUE_COMPOSITION": "Li8.0P4.0O16.0"}, "composition.charge", "error"),
        ({"REDUCED_COMPOSITION": "Li2.1PO4", "TRUE_COMPOSITION": "Li8.4P4.0O16.0"}, "composition.charge", "error"),
        ({"REDUCED_COMPOSITION": "Li2.11PO4", "TRUE_COMPOSITION": "Li8.44P4.0O16.0"}, "composition.charge", "warning"),
        ({"REDUCED_COMPOSITION": "Li3.9PO4", "TRUE_COMPOSITION": "Li15.6P4.0O16.0"}, "composition.charge", "error"),
        ({"SPACE_GROUP": "Pxyz"}, "spacegroup.unknown-symbol", "error"),
        ({"SPACE_GROUP_NUMBER": 61}, "spacegroup.symbol-number", "error"),
        ({"SPACE_GROUP": "Pbca"}, "spacegroup.symbol-number", "error"),
        ({"A": None}, "lattice.range", "error"),
        ({"A": 104.9}, "lattice.range", "error"),
        ({"A": 1.049}, "lattice.range", "error"),
        ({"ALPHA": 10.0}, "lattice.range", "error"),
        ({"SPACE_GROUP": "P-1", "SPACE_GROUP_NUMBER": 2, "ALPHA": 40, "BETA": 40, "GAMMA": 120}, "lattice.range", "error"),
        ({"BETA": 90.5}, "lattice.metric", "error"),
        ({**NASICON, "GAMMA": 90, "ALPHA": 120}, "lattice.metric", "error"),
        ({**NASICON, "B": 8.612}, "lattice.metric", "error"),
        ({"A": 9.0, "B": 9.0, "C": 3.906}, "lattice.pseudosymmetry", "warning"),
        ({"SPACE_GROUP": "P21/c", "SPACE_GROUP_NUMBER": 14}, "lattice.pseudosymmetry", "warning"),
        ({"SPACE_GROUP": "P21/c", "SPACE_GROUP_NUMBER": 14, "GAMMA": 91.5}, "lattice.setting", "warning"),
        ({"Z": 8, "TRUE_COMPOSITION": "Li24.0P8.0O32.0"}, "lattice.volume", "error"),
        ({"Z": 3, "TRUE_COMPOSITION": "Li9.0P3.0O12.0"}, "lattice.volume", "warning"),
        ({"IONIC_CONDUCTIVITY": None}, "conductivity.unparsable", "error"),
        ({"IC_TOTAL": "high"}, "conductivity.unparsable", "error"),
        ({"IONIC_CONDUCTIVITY": 2e-5, "IC_TOTAL": 2e-5, "IC_BULK": 1e-5}, "conductivity.total-bulk", "error"),
        ({"IONIC_CONDUCTIVITY": 2e-5, "IC_TOTAL": 1e-5, "IC_BULK": 2e-5}, "conductivity.label", "error"),
        ({"IONIC_CONDUCTIVITY": 0.1001}, "conductivity.implausible", "error"),
        ({"IC_BULK": 12.0}, "conductivity.implausible", "error"),
        ({"IONIC_CONDUCTIVITY": 0.1}, "conductivity.range", "warning"),
        ({"IONIC_CONDUCTIVITY": 4e-18}, "conductivity.range", "warning"),
        ({"DOI": None}, "reference.doi-syntax", "error"),
        ({"DOI": "10.1000/one|"}, "reference.doi-syntax", "error"),
        ({"DOI": "Aono 1990"}, "reference.doi-syntax", "error"),
        ({"DOI": "10.1016/j.ssi.2014.07.01"}, "reference.doi-form", "warning"),
        ({"DOI": "10.1016/s0167-2739(00)00761-x"}, "reference.doi-form", "error"),
        ({"DOI": "10.1039/C3DT52917G"}, "reference.doi-form", "warning"),
        ({"DOI": "https://doi.org/10.1000/one"}, "reference.doi-form", "warning"),
        ({"DOI": "10.1021/acs.chemmater.7b00886.s001"}, "reference.doi-form", "error"),
        ({"DOI": "10.1002/ange.201604554"}, "reference.doi-form", "warning"),
        ({"DOI": "10.1002/chin.199345017"}, "reference.doi-form", "error"),
        ({"DOI": "10.1002/aenm.201570062"}, "reference.doi-form", "error"),
        ({"ICSD_ID": "155950", "CIF_REF_1": "155951-ICSD"}, "reference.icsd", "error"),
        ({"ICSD_ID": "155950", "CIF_REF_1": "appendix; ICSD 155905"}, "reference.icsd", "error"),
        ({"ID": "ABC"}, "id.format", "error"),
        ({"ID": "abcd"}, "id.format", "error"),
        ({"FAMILY": "cholorides"}, "family.vocabulary", "warning"),
        ({"FAMILY": "sulfides"}, "family.composition", "warning"),
        ({"NOTE": "composition should be corrected"}, "note.open", "info"),
    ],
)  # fmt: skip
def test_a_fault_is_told(changes: dict[str, object], check: str, severity: str) -> None:
    assert (check, severity) in [(f.check, f.severity) for f in said(row(**changes))]


def test_what_is_expected_is_offered() -> None:
    expected = {
        finding.check: finding.expected
        for changes in (
            {"Z": 8, "TRUE_COMPOSITION": "Li24.0P8.0O32.0"}, {"SPACE_GROUP_NUMBER": 61}, {"TRUE_COMPOSITION": "Li1.2P4.0O16.0"},
            {"FAMILY": "Phosphate"}, {"IONIC_CONDUCTIVITY": 2e-5, "IC_TOTAL": 1e-5},
        )
        for finding in said(row(**changes))
    }  # fmt: skip
    assert expected["lattice.volume"] == "4"
    assert expected["spacegroup.symbol-number"] == "62"
    assert expected["composition.z-mismatch"] == "Li12.0P4.0O16.0"
    assert expected["family.vocabulary"] == "phosphates"
    assert expected["conductivity.label"] == "1e-05"


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"Z": 0}, "Z", "4"),
        ({"Z": 8}, "Z", "4"),  # the volume holds the true composition
        ({"TRUE_COMPOSITION": "Li24.0P8.0O32.0"}, "True Composition", "Li12.0P4.0O16.0"),  # and not this one
        ({"REDUCED_COMPOSITION": "Li2PO4"}, "Reduced Composition", "Li3.0P1.0O4.0"),  # not neutral
        ({"TRUE_COMPOSITION": "Li12.0P4.0O15.0"}, "True Composition", "Li12.0P4.0O16.0"),
        ({"REDUCED_COMPOSITION": "Li3AsO4"}, "Reduced Composition", "Li3.0P1.0O4.0"),  # both are neutral: the volume tells
        ({"TRUE_COMPOSITION": "Li12.0As4.0O16.0"}, "True Composition", "Li12.0P4.0O16.0"),
        ({"SPACE_GROUP_NUMBER": 61}, "Space group #", "62"),  # nothing tells
        ({"SPACE_GROUP": "Pm-3m"}, "Space group", "Pnma"),  # the cell is not cubic
        ({**NASICON, "SPACE_GROUP": "Pm-3m", "SPACE_GROUP_NUMBER": 221, "C": 8.61, "GAMMA": 90}, "c", ""),  # the odd one of three
        ({**NASICON, "B": 8.612}, "a", ""),
        ({"A": 20.92}, "Z", "8"),
    ],
)  # fmt: skip
def test_the_cell_that_is_named_is_the_wrong_one(changes: dict[str, object], column: str, expected: str) -> None:
    wrong = [
        f
        for f in said(row(**changes))
        if f.check in ("composition.z-mismatch", "spacegroup.symbol-number", "lattice.metric", "lattice.volume")
    ]
    assert (column, expected) in [(f.column, f.expected) for f in wrong]


@pytest.mark.parametrize(
    "changes",
    [
        {"ICSD_ID": "155950", "CIF_REF_1": "155950-ICSD"},
        {"ICSD_ID": "155950", "CIF_REF_1": "155951-ICSD", "CIF_REF_2": "ICSD 155950"},
        {"ICSD_ID": "155950", "CIF_REF_1": "155951-ICSD", "CLOSE_MATCH": "Yes"},
        {"ICSD_ID": "155950", "CIF_REF_1": "ICSD"},
        {"DOI": "10.1000/one|10.1016/s0167-2738(00)00761-x"},
        {"DOI": "10.1002/1521-3765(20020118)8:2<349::aid-chem349>3.0.co;2-5"},
        {"SPACE_GROUP": " P n m a "},
        {"SPACE_GROUP": None},
        {"IONIC_CONDUCTIVITY": 1e-18, "BOUND": "<"},
        {"IC_TOTAL": 1e-7},
        {"IC_BULK": 1e-7},
        {"NOTE": "partial occupancy corrected"},
        {"FAMILY": "phosphates"},
        {"ID": "1e9"},
        {"ID": "019"},
        {"REDUCED_COMPOSITION": "Li2.99PO4", "TRUE_COMPOSITION": "Li11.96P4.0O16.0"},
        {"A": 10.49, "SPACE_GROUP": "Pmnb", "B": 6.12},
    ],
)
def test_what_only_looks_odd_is_left_alone(changes: dict[str, object]) -> None:
    assert said(row(**changes)) == []


def test_a_structure_that_confirms_the_content_takes_the_edge_off_the_volume() -> None:
    dense = row(Z=3, TRUE_COMPOSITION="Li9.0P3.0O12.0")
    wrong = row(Z=8, TRUE_COMPOSITION="Li24.0P8.0O32.0")
    assert [f.severity for f in lattice_findings([dense, wrong])] == ["warning", "error"]
    assert [f.severity for f in lattice_findings([dense, wrong], frozenset({"abc"}))] == ["warning"]


@pytest.mark.parametrize(
    ("changes", "others", "column"),
    [({"C": 6.927}, 4, "c"), ({"C": 6.927}, 2, "a"), ({"C": 9.854}, 4, "Z"), ({"B": 4.42}, 3, "b"), ({"B": 4.42, "C": 5.6}, 3, "a")],
)
def test_a_length_that_its_kin_have_otherwise_is_named_for_a_wrong_volume(changes: dict[str, object], others: int, column: str) -> None:
    kin = [row(ID=f"k{i}", A=10.49 + 0.01 * i) for i in range(others)]
    wrong = [f for f in lattice_findings([*kin, row(ID="bad", **changes)]) if f.check == "lattice.volume"]
    assert [(f.id, f.column) for f in wrong] == [("bad", column)]


def test_ids_compare_without_case_and_a_contributor_is_free() -> None:
    rows = [row(ID="abc"), row(ID="ABC"), row(ID="xyz")]
    duplicates = [f for f in id_findings(rows) if f.check == "id.duplicate"]
    assert [(f.id, f.other) for f in duplicates] == [("abc", "ABC")]
    assert [f.check for f in id_findings([row(ID="my sample"), row(ID="LGPS-2024_a")], free=True)] == ["id.format"]


# --- laws -------------------------------------------------------------------------------------------------------------
LENGTH = st.floats(3.0, 30.0)
OBLIQUE = st.floats(95.0, 130.0)


@given(number=st.integers(1, 230), a=LENGTH, b=LENGTH, c=LENGTH, angle=OBLIQUE)
def test_the_metric_of_a_system_is_obeyed_by_its_own_cells(number: int, a: float, b: float, c: float, angle: float) -> None:
    made = {
        "triclinic": (a, b, c, 85.0, angle, 80.0), "monoclinic": (a, b, c, 90.0, angle, 90.0), "orthorhombic": (a, b, c, 90.0, 90.0, 90.0),
        "tetragonal": (a, a, c, 90.0, 90.0, 90.0), "trigonal": (a, a, c, 90.0, 90.0, 120.0), "hexagonal": (a, a, c, 90.0, 90.0, 120.0),
        "cubic": (a, a, a, 90.0, 90.0, 90.0),
    }[crystal_system(number)]  # fmt: skip
    assert any(not breaches(made, setting) for setting in settings(number))
    assert ("rhombohedral axes" in [s.name for s in settings(number)]) == is_rhombohedral(number)


@given(number=st.integers(16, 230), off=st.floats(1.0, 20.0))
def test_an_angle_that_symmetry_fixes_cannot_be_off(number: int, off: float) -> None:
    assert all(breaches((10.0, 10.0, 10.0, 90.0, 90.0 + off, 90.0), setting) for setting in settings(number))


@given(change=st.floats(-1e-4, 1e-4))
def test_a_metric_is_judged_with_its_tolerance(change: float) -> None:
    assert not breaches((10.0, 10.0 * (1 + change), 10.0, 90.0, 90.0, 90.0), settings(221)[0])
    assert breaches((10.0, 10.0 * (1 + 2 * lattice.EQUAL_LENGTHS), 10.0, 90.0, 90.0, 90.0), settings(221)[0])


@given(digits=st.lists(st.integers(0, 9), min_size=7, max_size=7), place=st.integers(0, 6), step=st.integers(1, 9))
def test_a_check_digit_betrays_any_single_slip(digits: list[int], place: int, step: int) -> None:
    total = sum(w * d for w, d in zip(range(8, 1, -1), digits, strict=True))
    check = "0123456789x"[(11 - total % 11) % 11]
    text = "".join(map(str, digits))
    wrong = [*digits[:place], (digits[place] + step) % 10, *digits[place + 1 :]]
    assert pii_holds(f"s{text[:4]}-{text[4:]}{check}(00)00761-x")
    slipped = "".join(map(str, wrong))
    assert not pii_holds(f"s{slipped[:4]}-{slipped[4:]}{check}(00)00761-x")


@pytest.mark.parametrize(
    "doi",
    [
        "10.1016/j.jpowsour.2020.228929", "10.1016/0022-5088(81)90132-6", "10.1021/jacs.5b04444", "10.1021/cm1006857",
        "10.1021/acsaem.0c00147",
        "10.1039/c9ta02126d", "10.1002/anie.200703900", "10.1038/nmat3066", "10.1038/s41467-020-15235-7", "10.1149/1945-7111/ab7d46",
        "10.1006/jssc.1996.0385", "10.1063/5.0012345", "10.9999/anything-goes",
    ],
)  # fmt: skip
def test_dois_of_other_papers_have_their_publishers_form(doi: str) -> None:
    assert is_doi(doi)
    assert publisher_fault(doi) == ""


def test_every_family_is_its_own_nearest_name() -> None:
    assert all(nearest(name) == name for name in FAMILIES)
    assert nearest("unobtainium") == ""
