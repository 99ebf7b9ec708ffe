"""What is read of a CIF and what is written of it, at the edges: lines of messages, names, numbers, labels, blocks, settings, sums."""

from __future__ import annotations

import math

import gemmi
import numpy as np
import pytest

from pipeline.structures.cif import CifError, Structure, read, same_content
from pipeline.structures.elements import AtomError, read_atom
from pipeline.structures.expanded import as_dict, to_pymatgen
from pipeline.structures.legible import legible
from pipeline.structures.operations import OperationError, of_group, operations_of, settings, shortest_distance
from pipeline.structures.origins import _different, _vector, origin_shifts
from pipeline.structures.pymatgen_view import to_pymatgen as whole
from pipeline.structures.rewrite import anew, fixed
from pipeline.structures.write import formula_sum, standardised, with_coordinates
from tests.unit.difficult import HEADING, NASICON_TEXT, atoms, cell, listed, operations

SITES = "Li1 Li 0.1 0.2 0.3 1\nO1 O 0.5 0.6 0.7 0.75\n"


def triclinic(*items: str, sites: str = SITES, more: tuple[str, ...] = ()) -> str:
    return "data_x\n" + "".join(items) + cell(5, 6, 7, 80, 95, 100) + listed(["x,y,z", "-x,-y,-z"]) + atoms(sites, *more)


def made(*items: str, sites: str = SITES, more: tuple[str, ...] = (), name: str = "abc.cif") -> Structure:
    return read(triclinic(*items, sites=sites, more=more), name)


def error(text: str) -> CifError:
    with pytest.raises(CifError) as caught:
        read(text, "x.cif")
    return caught.value


# --- lines and damage -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.2 0.3 1", "0.2x 0.3 1"), ("0.6 0.7 0.75", "0.6 0.7 0.75x"), ("_cell_length_b 6", "_cell_length_b six"),
        ("'-x,-y,-z'", "'-x,-y,-q'"),
        ("_cell_angle_gamma 100", "_cell_angle_gamma 190"), ("O1 O", "O1 Qq"),
    ],
)  # fmt: skip
def test_an_error_names_the_line_of_the_value(old: str, new: str) -> None:
    text = triclinic().replace(old, new)
    line = error(text).line
    assert line is not None
    assert new.split()[-1] in text.splitlines()[line - 1]
    assert error(text.replace("\n", "\r\n")).line == line
    assert error("\n\n" + text).line == line + 2


@pytest.mark.parametrize(("share", "said"), [(0.3, "UTF-16"), (0.2, "damaged")])
def test_a_quarter_of_nul_characters_is_utf_16(share: float, said: str) -> None:
    text = triclinic()
    zeros = round(len(text) * share / (1 - share))
    found = error(text[:20] + "\0" * zeros + text[20:])
    assert said in found.reason
    assert found.line == text[:20].count("\n") + 1


@pytest.mark.parametrize(("damaged", "more"), [(20, 0), (21, 1), (23, 3)])
def test_twenty_damaged_items_are_named_and_the_rest_counted(damaged: int, more: int) -> None:
    items = "".join(f"_publ_x{n} 'open\n" for n in range(damaged))
    notes = made(items).notes
    assert sum("passed over" in note and "_publ_x" in note for note in notes) == 20
    assert [note for note in notes if note.startswith(f"{more} more items")] == ([notes[-1]] if more else [])
    assert "in line 2 " in notes[0]
    assert "in line 21 " in notes[19]


def test_a_short_row_is_told_where_it_stands() -> None:
    text = triclinic(sites="Li1 Li 0.1 0.2 0.3 1\nO1 O 0.5 0.6 0.7\nO2 O 0.4 0.3 0.2 1\n")
    found = error(text)
    assert "a loop of 6 items with 17 values" in found.reason
    assert found.line is not None
    assert text.splitlines()[found.line - 1] == "O1 O 0.5 0.6 0.7"


def test_what_stands_before_the_first_block_is_told() -> None:
    assert (error("<html>\n" + triclinic()).line, "another kind of file" in error("<html>\n" + triclinic()).reason) == (1, True)
    found = error(triclinic().replace("_cell_length_a 5\n", "_cell_length_a 5\nstray words\n"))
    assert found.line == 3
    assert error("").line == 1
    assert len(legible(triclinic("_publ_x 'open\n"), "x")) == len(triclinic("_publ_x 'open\n"))


# --- items ------------------------------------------------------------------------------------------------------------
def test_a_value_twice_is_one_where_it_says_the_same() -> None:
    twice = "_cell_formula_units_Z 2\n"
    assert made(twice, "_cell_formula_units_Z 2.0\n").formula_units == 2
    assert made("_cell_formula_units_Z ?\n", twice).formula_units == 2
    assert made(twice, "_cell_formula_units_Z .\n").formula_units == 2
    assert "is given twice" in error(triclinic(twice, "_cell_formula_units_Z 3\n")).reason
    assert made("_chemical_formula_sum 'Li  O'\n", '_chemical_formula_sum "Li O"\n').formula_sum == "Li  O"
    assert "is given twice" in error(triclinic("_chemical_formula_sum 'Li O'\n", "_chemical_formula_sum 'Li O2'\n")).reason
    loop = "loop_\n_cell_formula_units_Z\n2\n"
    assert made(loop, twice).formula_units == 2
    assert "is given twice" in error(triclinic(loop, "_cell_formula_units_Z 3\n")).reason


@pytest.mark.parametrize(("number", "known"), [(1, True), (230, True), (0, False), (231, False)])
def test_there_are_230_space_groups(number: int, known: bool) -> None:
    text = f"data_x\n_space_group_IT_number {number}\n{cell(12, 12, 12, 90, 90, 90)}{atoms('Li1 Li 0.1 0.2 0.3 1' + chr(10))}"
    if known:
        assert read(text, "x.cif").group_number == number
    else:
        assert "no space group has" in error(text).reason


def test_a_value_outside_a_loop_is_a_list_of_one() -> None:
    text = f"data_x\n{cell(5, 6, 7, 80, 95, 100)}_symmetry_equiv_pos_as_xyz 'x,y,z'\n{atoms(SITES)}"
    assert len(read(text, "x.cif").rotations) == 1
    assert not read(text, "x.cif").notes
    alone = "_atom_site_label Li1\n_atom_site_fract_x 0.1\n_atom_site_fract_y 0.2\n_atom_site_fract_z 0.3\n"
    assert [site.fract for site in read(f"data_x\n{cell(5, 6, 7, 80, 95, 100)}{listed(['x,y,z'])}{alone}", "x.cif").sites] == [
        (0.1, 0.2, 0.3)
    ]


def test_a_list_twice_is_one_where_it_says_the_same() -> None:
    def text(*second: str) -> str:
        loop = "loop_\n_symmetry_equiv_pos_as_xyz\n" + "".join(f"{each}\n" for each in second)
        return triclinic() + loop

    assert len(read(text("x,y,z", "-x,-y,-z"), "x.cif").rotations) == 2
    assert len(read(text("?", "?"), "x.cif").rotations) == 2
    for other in (("x,y,z", "x,y,-z"), ("x,y,z",), ("x,y,z", "-x,-y,-z", "x,y,z")):
        assert "stands in two loops" in error(text(*other)).reason
    blank = triclinic().replace("'x,y,z'\n'-x,-y,-z'\n", "?\n?\n") + listed(["x,y,z", "-x,-y,-z"])
    assert len(read(blank, "x.cif").rotations) == 2


def test_the_name_and_number_of_the_group_are_those_of_the_file() -> None:
    found = made("_space_group_IT_number 2\n", f"{HEADING}'P -1'\n")
    assert (found.spacegroup_number, found.spacegroup_symbol, found.group_number, found.setting) == (2, "P -1", 2, "P -1")
    assert made(f"{HEADING}'P -1'\n").spacegroup_number == 2
    assert made().spacegroup_number is None


@pytest.mark.parametrize(("blocks", "named", "more"), [(1, 1, 0), (4, 4, 0), (5, 4, 1), (6, 4, 2)])
def test_four_blocks_that_are_not_read_are_named(blocks: int, named: int, more: int) -> None:
    others = "".join(triclinic().replace("data_x", f"data_other{n}") for n in range(blocks))
    found = read(triclinic() + others, "x.cif")
    assert (found.n_structures, found.block, found.block_index) == (blocks + 1, "x", 0)
    [note] = [note for note in found.notes if "structures" in note]
    assert sum(f"other{n}" in note for n in range(blocks)) == named
    assert (f"or {more} other" in note) is (more > 0)
    assert read(triclinic() + others, "x.cif", 1).block == "other0"


def test_content_and_disorder_of_a_structure() -> None:
    found = made()
    assert found.content == {"Li": 2.0, "O": 1.5}
    assert (found.n_partial_sites, found.is_disordered) == (1, True)
    full = made(sites="Li1 Li 0.1 0.2 0.3 1\n")
    assert (full.n_partial_sites, full.is_disordered) == (0, False)
    assert made(sites="Li1 Li 0.1 0.2 0.3 1\nNa1 Na 0.1 0.2 0.3 1\n").is_disordered
    hydroxide = made(sites="O1 O 0.1 0.2 0.3 0.5 2\n", more=("attached_hydrogens",))
    assert hydroxide.content == {"O": 1.0, "H": 2.0}
    assert same_content({"Li": 1.0}, {"Li": 1.0 + 5e-7})
    assert not same_content({"Li": 1.0}, {"Li": 1.0 + 2e-6})
    assert not same_content({"Li": 1.0}, {"Li": 1.0, "O": 0.1})
    assert found.volume == pytest.approx(gemmi.UnitCell(5, 6, 7, 80, 95, 100).volume)
    assert found.inverse_basis @ found.basis == pytest.approx(np.eye(3), abs=1e-12)


# --- elements ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("0.7Ti + 0.3Va", [("Ti", 0.7)]), ("0.5Ti+0.25Al", [("Ti", 0.5), ("Al", 0.25)]), ("Ti0.5Ti0.25", [("Ti", 0.75)]),
        ("OD", [("O", 1.0)]), ("D2O", [("O", 1.0)]),
        ("SH", [("S", 1.0)]), ("NH2-", [("N", 1.0)]),
    ],
)  # fmt: skip
def test_what_a_type_holds(symbol: str, parts: list[tuple[str, float]]) -> None:
    found = read_atom(symbol, "M1").parts
    assert [(part.element, part.amount) for part in found] == [(name, pytest.approx(amount)) for name, amount in parts]
    hydrogens = {"OD": 1, "D2O": 2, "SH": 1, "NH2-": 2}.get(symbol, 0)
    assert found[0].hydrogens == hydrogens


@pytest.mark.parametrize("symbol", ["CO2", "Va", "0.5Va + 0.5Vac", "0.0Ti + 0.0Al", "0.5Qq + 0.5Ti"])
def test_a_type_that_holds_no_element_or_may_hold_two(symbol: str) -> None:
    if symbol == "Va":
        assert read_atom(symbol, "M1").parts == ()
        return
    with pytest.raises(AtomError):
        read_atom(symbol, "M1")


@pytest.mark.parametrize(
    ("label", "formula", "element"),
    [
        ("Va1", "V O", "V"),
        ("Va1", "Li O", None),
        ("T1", "Li T", "H"),
        ("D1", "Li H", "H"),
        ("CA1", "C", "C"),
        ("CA1", "Ca", "Ca"),
        ("ND1", "N D", "N"),
        ("li1", "Li", "Li"),
    ],
)
def test_a_label_with_the_formula(label: str, formula: str, element: str | None) -> None:
    found = read_atom("", label, frozenset(formula.split())).parts
    assert [part.element for part in found] == ([element] if element else [])


def test_an_element_by_label_that_the_formula_lacks_is_told() -> None:
    assert "holds no Mg" in read_atom("", "Mg1", frozenset({"Li", "O"})).note
    assert read_atom("", "Mg1", frozenset({"Mg"})).note == read_atom("", "Mg1").note == ""
    assert "though the label says Mg" in read_atom("Li", "Mg1").note
    assert read_atom("Li", "Li1").note == read_atom("Li", "M1").note == ""


# --- operations -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("angles", "axes"),
    [
        ((90, 90, 120), "H"),
        ((90, 90, 119.1), "H"),
        ((90, 90, 118.9), "R"),
        ((89.1, 90, 120), "H"),
        ((88.9, 90, 120), "R"),
        ((60, 60, 60), "R"),
    ],
)
def test_the_cell_tells_the_axes_of_a_rhombohedral_symbol(angles: tuple[float, ...], axes: str) -> None:
    assert [group.ext for group in settings("R -3 c", (5, 5, 9, *angles))] == [axes]


@pytest.mark.parametrize(
    ("angles", "axis"),
    [((90, 90, 90.03), "c"), ((90, 90, 90.01), "b"), ((90, 89.97, 90), "b"), ((90.03, 90, 90), "a"), ((90.03, 90.03, 90), "b")],
)
def test_an_angle_that_is_printed_as_another_than_90_is_the_unique_one(angles: tuple[float, ...], axis: str) -> None:
    assert {group.monoclinic_unique_axis() for group in settings("P 2/m", (5, 6, 7, *angles))} == {axis}


def test_settings_of_a_symbol() -> None:
    assert [group.xhm() for group in settings("F d -3 m", (8, 8, 8, 90, 90, 90))] == ["F d -3 m:2", "F d -3 m:1"]
    assert [group.xhm() for group in settings("F d -3 m:1", (8, 8, 8, 90, 90, 90))] == ["F d -3 m:1"]
    assert [group.xhm() for group in settings("F d -3 m S", (8, 8, 8, 90, 90, 90))] == ["F d -3 m:1"]
    assert settings("nonsense", (8, 8, 8, 90, 90, 90)) == []


def test_operations_are_a_group_of_192_at_most() -> None:
    assert len(operations_of(tuple(operations("F m -3 m"))).rotations) == 192
    with pytest.raises(OperationError):
        operations_of((*operations("F m -3 m"), "x+1/4,y,z"))
    with pytest.raises(OperationError, match="changes volumes") as caught:
        operations_of(("x,y,z", "-x,-y,-z", "2*x,y,z"))
    assert caught.value.row == 2
    found = operations_of(("x,y,z", "-x,y+1/2,-z"))
    assert (found.group_number, found.missing, found.lacks, found.translations[1].tolist()) == (4, 0, (), [0, 0.5, 0])
    half = operations_of(("x,y,z", "-x,-y,z", "x,-y,-z"))
    assert (half.missing, len(half.lacks)) == (1, 3)


@pytest.mark.parametrize(
    ("occupancies", "x", "expected"),
    [((1.0, 1.0), 0.2, 1.0), ((0.51, 0.51), 0.2, None), ((0.52, 0.51), 0.2, 1.0), ((1.0, 1.0), 0.108, None), ((1.0, 1.0), 0.112, 0.12)],
)
def test_the_shortest_distance_is_that_of_atoms_that_are_there_together(
    occupancies: tuple[float, ...], x: float, expected: float | None
) -> None:
    """In a cell of 10 angstrom; nearer than 0.05 angstrom it is one place."""
    found = shortest_distance(
        operations_of(("x,y,z",)),
        np.array([[0.1, 0.1, 0.1], [0.1 + (x - 0.1) / (1 if x > 0.15 else 2), 0.1, 0.1]]),
        np.array(occupancies),
        10 * np.eye(3),
    )
    if x < 0.15:
        expected = 5 * (x - 0.1) if 5 * (x - 0.1) > 0.05 else None
    assert found == (pytest.approx(expected) if expected is not None else math.inf)


def test_shifts_that_keep_the_operations_are_those_of_the_tables() -> None:
    """International Tables A, 3.5.2: halves along each axis of P -1 and P n m a, half of the diagonal of F m -3 m, quarters of that of
    F -4 3 m, none of I a -3 d, thirds and half of the axis of P 3 1 2, half of the axis of P 3 2 1."""
    for group, size, number in (
        ("P n m a", (5, 6, 7, 90, 90, 90), 7),
        ("P -1", (5, 6, 7, 80, 95, 100), 7),
        ("F m -3 m", (8, 8, 8, 90, 90, 90), 1),
        ("I a -3 d", (8, 8, 8, 90, 90, 90), 0),
        ("F -4 3 m", (8, 8, 8, 90, 90, 90), 3),
        ("P 3 1 2", (6, 6, 7, 90, 90, 120), 5),
        ("P 3 2 1", (6, 6, 7, 90, 90, 120), 1),
    ):
        structure = read(
            f"data_x\n{HEADING}'{group}'\n{cell(*size)}{listed(operations(group))}{atoms('O1 O 0.11 0.22 0.33 1' + chr(10))}", "x.cif"
        )
        shifts = origin_shifts(structure)
        assert len(shifts) == number, group
        assert len(_different(structure, np.array([*shifts, *shifts, np.zeros(3)]))) == number
        for shift in shifts:
            moved = np.einsum("gij,j->gi", structure.rotations - np.eye(3, dtype=int), shift)
            centring = [t for r, t in zip(structure.rotations, structure.translations, strict=True) if (r == np.eye(3, dtype=int)).all()]
            assert all(any(np.allclose((each - t) - np.rint(each - t), 0, atol=1e-9) for t in centring) for each in moved)
    assert _vector(np.array([0.5, 1 / 3, 0.75])) == "(1/2, 1/3, 3/4)"


# --- writing ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "units", "text"),
    [
        ({"Li": 4, "O": 2}, 2, "Li2 O"), ({"O": 4, "H": 8, "C": 4, "B": 4}, 4, "C H2 B O"), ({"O": 1, "H": 2, "B": 1}, 1, "B H2 O"),
        ({"Li": 0.00004, "O": 1}, 1, "O"),
        ({"Li": 0.00006, "O": 1}, 1, "Li0.0001 O"), ({"Li": 7.8, "O": 72}, 6, "Li1.3 O12"), ({"Li": 10, "O": 20}, 1, "Li10 O20"),
    ],
)  # fmt: skip
def test_a_formula_sum_in_the_order_of_hill(content: dict[str, float], units: int, text: str) -> None:
    assert formula_sum(content, units) == text


def test_a_standard_copy_says_what_the_file_says() -> None:
    text = standardised(
        made("_cell_formula_units_Z 2\n", "_chemical_formula_sum 'Li O0.75'\n", "_database_code_ICSD 123\n"), doi="10.1/x", cite="10.1/y"
    )
    copy = read(text, "abc.cif")
    assert (copy.formula_units, copy.formula_sum, copy.icsd, copy.block) == (2, "Li O0.75", "123", "x")
    assert "primary 10.1/x\ndataset 10.1/y\n" in text.replace("'", "")
    assert "_citation" not in standardised(made())
    assert "_space_group_IT_number              2\n_space_group_name_H-M_alt           'P -1'\n" in standardised(made())
    assert "\n1 'x,y,z'\n2 '-x,-y,-z'\n" in standardised(made())
    assert read(standardised(made(), units=2), "abc.cif").formula_units == 2
    assert read(standardised(made(), units=2), "abc.cif").formula_sum == "Li O0.75"
    assert read(standardised(made()), "abc.cif").formula_units is None
    assert read(standardised(made("_cell_formula_units_Z 2\n"), units=1), "abc.cif").formula_sum == "Li2 O1.5"
    again = standardised(made("_audit_creation_method 'by hand'\n"), method="by program")
    assert read(again, "abc.cif").creation_method == "by program; before: by hand"
    rows = [line.split() for line in standardised(read(NASICON_TEXT, "x.cif")).splitlines() if line.startswith(("P1", "O1"))]
    assert rows[0][:6] == ["P1", "P", "18", "0.2858", "0.0000", "0.2500"]
    assert rows[1][3:6] == ["0.1852", "0.9945", "0.1901"]
    axes = f"{cell(5, 5, 7, 90, 90, 120)}{listed(operations('P 3'))}"
    thirds = read(f"data_x\n{axes}{atoms('Li1 Li 0.3333 0.6667 0.3 1' + chr(10))}", "x.cif")
    assert "Li1 Li 1 0.333333333333 0.666666666667 0.3" in standardised(thirds)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_coordinates_are_replaced_in_place_and_the_maker_is_named(end: str) -> None:
    text = triclinic("_audit_creation_method 'by hand'\n").replace("\n", end)
    new = with_coordinates(read(text, "x.cif"), {(1, 0): "0.51", (0, 2): "0.31"}, "by program")
    assert new == text.replace("0.5 0.6 0.7", "0.51 0.6 0.7").replace("0.1 0.2 0.3", "0.1 0.2 0.31").replace(
        "'by hand'", "'by program; before: by hand'"
    )
    other = with_coordinates(read(triclinic().replace("\n", end), "x.cif"), {}, "by program")
    assert other == triclinic().replace("\n", end).replace("data_x", f"data_x{end}_audit_creation_method   'by program'")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.250000000000000"),
        (-0.0, "0.000000000000000"),
        (-1e-16, "0.000000000000000"),
        (-0.25, "-0.250000000000000"),
        (1e-15, "0.000000000000001"),
    ],
)
def test_a_coordinate_has_fifteen_decimals_and_no_negative_zero(value: float, text: str) -> None:
    assert fixed(value) == text


def test_a_file_written_anew_holds_no_word_of_the_original_beyond_narrow_forms() -> None:
    sites = "Li1 Li1+ 0.1 0.2 0.3 1\nLi1 Li 0.2 0.3 0.4 1\nsecret O 0.5 0.6 0.7 0.75\nLi1234 D 0.15 0.25 0.35 1\nO12A O2- 0.9 0.8 0.7 1\n"
    structure = made("_cell_formula_units_Z 2\n", sites=sites, name="abcdefgh-ijklmno.cif")
    text = anew(structure, [site.fract for site in structure.sites], "by program")
    rows = [line.split()[:3] for line in text.splitlines() if line.endswith((" 1", " 0.75"))]
    assert rows == [["Li1", "Li1+", "2"], ["Li2", "Li", "2"], ["O1", "O", "2"], ["H1", "D", "2"], ["O12A", "O2-", "2"]]
    assert text.startswith("data_abcdefgh-ijklmno\n")
    assert anew(made(name="abcdefgh-ijklmnop.cif"), [[0, 0, 0]] * 2, "x").startswith("data_structure\n")
    for units, kept in ((9999, True), (10_000, False), (-1, False)):
        found = anew(made(f"_cell_formula_units_Z {units}\n"), [[0, 0, 0]] * 2, "x")
        assert (f"_cell_formula_units_Z               {units}" in found) is kept


# --- every site of the cell -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("second", "held"), [(0.2509, True), (0.2511, False)])
def test_occupancies_above_one_by_rounding_are_brought_to_one(second: float, held: bool) -> None:
    structure = made(sites=f"Ti1 Ti 0.1 0.2 0.3 0.75\nAl1 Al 0.1 0.2 0.3 {second}\n")
    if not held:
        for make in (to_pymatgen, as_dict):
            with pytest.raises(ValueError, match="sum to"):
                make(structure)
        return
    assert sum(to_pymatgen(structure)[0].species.values()) == pytest.approx(1)
    first = as_dict(structure)["sites"][0]
    assert sum(each["occu"] for each in first["species"]) == pytest.approx(1)
    assert first["label"] == "Ti1/Al1"


@pytest.mark.parametrize(("second", "held"), [(0.264, True), (0.266, False)])
def test_three_occupancies_of_two_digits_add_up_to_a_little_more_than_one(second: float, held: bool) -> None:
    structure = made(sites=f"Ti1 Ti 0.1 0.2 0.3 0.75\nAl1 Al 0.1 0.2 0.3 {second}\n")
    if held:
        assert len(whole(structure)) == 2
    else:
        with pytest.raises(ValueError, match="add up to"):
            whole(structure)


def test_images_of_a_special_position_are_there_once() -> None:
    structure = read(NASICON_TEXT, "x.cif")
    for made_ in (to_pymatgen(structure), whole(structure)):
        assert len(made_) == 6 + 12 + 18 + 36 + 36
        assert made_.composition.get_el_amt_dict() == pytest.approx(structure.content)
        distances = made_.distance_matrix + 9 * np.eye(len(made_))
        assert distances.min() > 1.4
    screw = f"data_x\n{HEADING}'P 31 2 1'\n{cell(6, 6, 7, 90, 90, 120)}{listed(operations('P 31 2 1'))}"
    on_axis = read(f"{screw}{atoms('O1 O 0.3 0 0.3333 1' + chr(10))}", "x.cif")
    # International Tables A, group 152, position 3a: x,0,1/3  0,x,2/3  -x,-x,0
    places = sorted(tuple(round(x, 6) for x in site["abc"]) for site in as_dict(on_axis)["sites"])
    assert places == [(0.0, 0.3, 0.666667), (0.3, 0.0, 0.333333), (0.7, 0.7, 0.0)]
    rounded = as_dict(made(sites="Li1 Li 0.999999999 0.2 0.123456789 1\n"))
    assert rounded["sites"][0]["abc"] == [0.0, 0.2, 0.12345679]
    empty = as_dict(made(sites="Li1 Li 0.1 0.2 0.3 0\nO1 O 0.5 0.6 0.7 1\n"))
    assert len(empty["sites"]) == 2
    assert of_group(gemmi.SpaceGroup("P n m a").operations()).group_number == 62
