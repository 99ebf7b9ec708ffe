"""The reader on every way to write a structure, and on damage."""

from __future__ import annotations

import pytest

from pipeline.structures.atoms import half_unit
from pipeline.structures.cif import CifError, read
from tests.unit.difficult import NASICON, NASICON_ATOMS, NASICON_TEXT, SPINEL_CELL, Case, atoms, cases, cell, listed, operations

CASES = cases()
ONE_ATOM = atoms("O1 O 0 0 0 1\n")


def test_there_are_more_than_forty_variations() -> None:
    assert len({case.text for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_variation_is_the_same_structure(case: Case) -> None:
    structure = read(case.text, case.name)
    assert structure.content == pytest.approx(case.content, abs=1e-5)
    assert (structure.group_number, len(structure.sites)) == (case.group, case.sites)
    assert structure.text == case.text


def test_the_cell_and_a_site_are_read_as_printed() -> None:
    structure = read(NASICON_TEXT.replace("0.1412 0.85", "0.1412(3) 0.85(1)"), "x.cif")
    site = structure.sites[1]
    assert structure.cell == (8.51, 8.51, 20.85, 90, 90, 120)
    assert (site.label, site.element, site.fract, site.occupancy, site.multiplicity) == ("Ti1", "Ti", (0, 0, 0.1412), 0.85, 12)
    assert structure.volume == pytest.approx(1307.66, abs=0.01)
    assert (structure.spacegroup_number, structure.spacegroup_symbol, structure.setting) == (167, "R -3 c :H", "R -3 c:H")
    assert (structure.n_partial_sites, structure.is_disordered) == (2, True)


def test_a_third_printed_short_is_a_third_and_a_free_coordinate_stays() -> None:
    row = atoms("Li1 Li 0.3333 0.6667 0.1234 1\n")
    site = read(f"data_g\n_symmetry_space_group_name_H-M 'P 63/m m c'\n{cell(3.5, 3.5, 12, 90, 90, 120)}{row}", "x.cif").sites[0]
    assert site.multiplicity == 4
    assert site.exact == pytest.approx((1 / 3, 2 / 3, 0.1234), abs=1e-12)


def test_a_site_beside_a_mirror_is_not_on_it() -> None:
    """Published noise leaves sites 0.001 from a mirror plane; the digits and the multiplicity declared say that they are not on it."""
    text = f"data_g\n_symmetry_space_group_name_H-M 'P m -3 m'\n{cell(4, 4, 4, 90, 90, 90)}{{}}"
    found = [
        read(text.format(atoms(f"O1 O {x} 0.30000000 0.20000000 1 {m}\n", "symmetry_multiplicity")), "x.cif").sites[0].multiplicity
        for x, m in (("0.00100000", 48), ("0.00000000", 24))
    ]
    assert found == [48, 24]


def test_the_atoms_decide_the_origin_that_the_symbol_leaves_open() -> None:
    rows = "Li1 Li 0.125 0.125 0.125 1 8\nMn1 Mn 0.5 0.5 0.5 1 16\nO1 O 0.2625 0.2625 0.2625 1 32\n"
    text = f"data_s\n_symmetry_space_group_name_H-M 'F d -3 m'\n{SPINEL_CELL}{atoms(rows, 'symmetry_multiplicity')}"
    structure = read(text, "x.cif")
    assert structure.setting == "F d -3 m:2"
    assert "no operations are listed" in structure.notes[0]


def test_half_a_unit_in_the_last_place() -> None:
    assert [half_unit(t) for t in ("0.3333", "0.3333(2)", ".5", "1", "-1.25E-2")] == pytest.approx([5e-5, 5e-5, 0.05, 0.5, 5e-5])


def test_several_structures_are_noted() -> None:
    structure = read(NASICON_TEXT + NASICON_TEXT.replace("data_nasicon", "data_other"), "x.cif")
    assert structure.block == "nasicon"
    assert "other" in structure.notes[0]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "no data block"),
        ("\n\nhello\n", 3, "data_"),
        (NASICON_TEXT.replace("0.2858", "0.28x8"), 58, "0.28x8, which is not a number"),
        (NASICON_TEXT.replace("_length_a 8.51", "_length_a abc"), 4, "abc, which is not a number"),
        (NASICON_TEXT.replace("_length_a 8.51", "_length_a -8.51"), 4, "not a length"),
        (NASICON_TEXT.replace("_length_a 8.51", "_length_a 0.00851"), 4, "not a length"),
        (NASICON_TEXT.replace("_length_a 8.51", "_length_q 8.51"), None, "_cell_length_a is missing"),
        (NASICON_TEXT.replace("0.1901 1\n", "0.1901\n"), 59, "in a loop of 6 items with 35 values"),
        (NASICON_TEXT.replace("'x,y,z'", "'x,y'"), 12, "no symmetry operation"),
        (NASICON_TEXT.replace("'x-y,x,-z'", "'2*x,y,z'"), 20, "changes volumes"),
        (NASICON_TEXT.replace("'x,y,z'", "'x,y,z+1/5'"), 12, "denominator"),
        (NASICON_TEXT.replace("'x,y,z'", "'x,y,z\n"), 12, "quotation mark that is not closed"),
        (NASICON_TEXT + "_cell_length_a 8.6\n", 4, "given twice"),
        (NASICON_TEXT[: NASICON_TEXT.index("loop_\n_atom")], None, "no coordinates"),
        (f"data_x\n{cell(5, 5, 5, 90, 90, 90)}", None, "no coordinates"),
        ("data_x\n_publ_contact_author me\n", None, "neither a cell nor atoms"),
        (f"data_x\n{cell(5, 5, 5, 90, 30, 30)}{ONE_ATOM}", 5, "close no cell"),
        (f"data_x\n_symmetry_space_group_name_H-M 'P q'\n{cell(5, 5, 5, 90, 90, 90)}{ONE_ATOM}", None, "has the symbol 'P q'"),
    ],
)  # fmt: skip
def test_damage_is_told_with_its_line(text: str, line: int | None, reason: str) -> None:
    with pytest.raises(CifError) as caught:
        read(text, "broken.cif")
    assert reason in caught.value.reason
    assert caught.value.name == "broken.cif"
    if line is not None:
        assert caught.value.line == line


def test_every_way_to_cut_a_file_short_is_an_error_of_the_file() -> None:
    """A file torn anywhere reads as what is left of it, or is refused; it never faults."""
    whole = refused = 0
    for end in range(0, len(NASICON_TEXT), 7):
        try:
            whole += read(NASICON_TEXT[:end], "torn.cif").content == NASICON
        except CifError:
            refused += 1
    assert whole <= 1
    assert refused > len(NASICON_TEXT) / 7 * 0.8


def test_operations_may_not_fit_any_tabulated_setting() -> None:
    listed_once = operations("P 1 21/c 1")
    doubled = listed_once + [t[:-4] if t.endswith("+1/2") else f"{t}+1/2" for t in listed_once]  # the c axis halved
    text = f"data_x\n{cell(5, 6, 14, 90, 95, 90)}{listed(doubled)}{atoms(NASICON_ATOMS.splitlines()[4] + chr(10))}"
    structure = read(text, "x.cif")
    assert len(structure.rotations) == 8
    assert structure.setting is None
    assert structure.group_number == 10 + 1  # P 21/c with c halved is P 21/m
