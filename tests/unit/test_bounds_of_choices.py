"""What is chosen, named or passed over, on both sides of each choice: each expectation is worked out by hand from the law."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pymatgen.core import Composition

from pipeline.checks.blocks import Block
from pipeline.checks.culprits import _is_neutral, of_group
from pipeline.checks.digits import file_digits
from pipeline.checks.lattice import _Kin
from pipeline.checks.pair import Pair
from pipeline.checks.reading import Row
from pipeline.checks.run import Subject, check
from pipeline.checks.series import series_findings
from pipeline.chemistry import cell as cells
from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.findings import Finding
from pipeline.safety import limits
from pipeline.split.bonds import _bridge
from pipeline.structures import origins
from pipeline.structures.atoms import half_unit
from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.elements import AtomError, _labelled
from pipeline.structures.equal import _near_cells
from pipeline.structures.header import formula_contradiction
from pipeline.structures.matching import library, match
from pipeline.structures.matching.lattice import _forwards, deviations
from pipeline.structures.matching.window import formulas_in
from pipeline.structures.noise import open_seed
from pipeline.structures.operations import settings
from pipeline.structures.perturb import perturb
from pipeline.structures.symmetry import Position, examined, positions
from pipeline.structures.valence import Cations
from schemas import columns as col
from tests.unit.difficult import NASICON_TEXT, atoms, cell, listed, operations
from tests.unit.sheets import row as sheet_row
from tests.unit.test_checks_robust import entries
from tests.unit.test_lattice import reduced
from tests.unit.test_match import cif, pool, rows
from tests.unit.test_series import garnet, vegard

NASICON = read(NASICON_TEXT, "nasicon.cif")


def row(**changes: object) -> Row:
    """Li3PO4 in Pnma with cells changed."""
    return Row("abc", {str(key): value for key, value in sheet_row(**changes).items() if key != col.ID})


def crystal(group: str, axes: tuple[float, ...], sites: str) -> Structure:
    return read(f"data_x\n{cell(*axes)}{listed(operations(group))}{atoms(sites)}", "x.cif")


# --- cells ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("place", [3, 4, 5])
@pytest.mark.parametrize("angle", [-60.0, 0.0, 180.0, 240.0])
def test_an_angle_lies_between_0_and_180_degrees(place: int, angle: float) -> None:
    numbers = [5.0, 6.0, 7.0, 90.0, 90.0, 90.0]
    assert cells.possible(numbers)
    numbers[place] = angle
    assert not cells.possible(numbers)


def test_a_setting_inside_the_window_goes_before_the_given_one_outside() -> None:
    """As given a is 4.5 % off; exchanged, b is 2.45 % off: inside, though not twice as near."""
    found = cells.compare((10.0, 10.2, 20.0, 90.0, 90.0, 90.0), (10.45, 9.95, 20.0, 90.0, 90.0, 90.0))
    assert found.setting.startswith("permuted")
    assert found.lattice_deviation == pytest.approx(0.25 / 10.2)
    # as given 2.8 %, inside; exchanged, 2 %: not twice as near, so the cells stay as they are given
    given = cells.compare((10.0, 10.3, 20.0, 90.0, 90.0, 90.0), (10.28, 10.2, 20.0, 90.0, 90.0, 90.0))
    assert given.as_given
    assert given.lattice_deviation == pytest.approx(0.028)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_lattice_whose_shortest_vectors_are_others_than_the_rows_is_found(swapped: bool) -> None:
    """At 107.7 degrees the diagonal of a rhombohedron, 1.08 edges, is longer than they are; at 110.1 degrees it is shorter, 0.97 edges.

    Its preimage is longer than the edge by what the vector and the edge are stretched by, one after the other.
    """
    row, file = (10.0, 10.0, 10.0, 107.7, 107.7, 107.7), (9.95, 9.91, 10.0, 110.1, 109.9, 110.2)
    one, other = (file, row) if swapped else (row, file)
    lengths, angles = deviations(one, 2, reduced(other, "P"))
    # the file's own axes are 0.91 % and 2.5 degrees off: nothing worse is found
    assert cells.misfit(float(lengths[0]), float(angles[0])) <= 2.5 / 3 + 1e-6


def test_one_of_each_pair_of_opposite_vectors() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    grid = grid[(grid != 0).any(axis=1)]
    assert (_forwards(grid) != _forwards(-grid)).all()
    assert not _forwards(np.zeros((1, 3), dtype=np.int64)).any()


@pytest.mark.parametrize(("angle", "axis"), [(90.02, "b"), (89.98, "b"), (90.025, "c"), (89.975, "c")])
def test_an_angle_two_hundredths_from_90_is_still_90(angle: float, axis: str) -> None:
    assert {group.monoclinic_unique_axis() for group in settings("P 2/m", (5, 6, 7, 90, 90, angle))} == {axis}


def tetragonal(row_a: float, row_c: float, file_a: str, file_c: str) -> list[Finding]:
    header = f"data_x\n{cell(file_a, file_a, file_c, 90, 90, 90)}{listed(operations('P 4 m m'))}"
    text = header + atoms("Li1 Li 0 0 0 1\nCl1 Cl 0.5 0.5 0.6 1\n")
    pair = Pair(row(SPACE_GROUP="P4mm", SPACE_GROUP_NUMBER=99, A=row_a, B=row_a, C=row_c), examined(read(text, "abc.cif")))
    assert pair.row.cell is not None
    return [*file_digits([(pair, cells.compare(pair.row.cell, pair.structure.cell, spacegroup=99))])]


def test_of_two_lengths_one_that_agrees_to_the_digit_proves_the_other_mistyped() -> None:
    """Two strokes in c: the digits of the number alone would not tell."""
    [finding] = tetragonal(4.2137, 10.1234, "4.2137", "10.1297")
    assert (finding.severity, finding.column) == ("error", str(col.C))
    assert "the rest of the cell agrees to the last digit" in finding.message
    [other] = tetragonal(4.2137, 10.1234, "4.2158", "10.1297")
    assert other.severity == "warning"


@pytest.mark.parametrize("angles", [(120, 120, 120), (60, 60, 120), (45, 45, 90), (30, 60, 90), (120, 110, 130)])
def test_three_directions_in_a_plane_close_no_cell(angles: tuple[float, float, float]) -> None:
    """The largest angle is the sum of the others, or all three make a full turn; floating point finds a volume about zero."""
    text = f"data_x\n{cell(5, 6, 7, *angles)}{listed(['x,y,z'])}{atoms('Li1 Li 0 0 0 1 ')}"
    with pytest.raises(CifError, match="close no cell"):
        read(text, "x.cif")
    near = text.replace(f"gamma {angles[2]}", f"gamma {angles[2] - 0.1}")
    assert read(near, "x.cif").volume > 0


@pytest.mark.parametrize(("apart", "near"), [(2.99, True), (3.01, False)])
def test_copies_are_looked_for_among_cells_within_three_degrees_and_three_hundredths(apart: float, near: bool) -> None:
    one = (10.0, 10.0, 10.0, 90.0, 90.0, 90.0)
    for place in range(3):
        angles, lengths = list(one), list(one)
        angles[place + 3] += apart
        lengths[place] *= 1 - apart / 100
        assert _near_cells(one, angles) is _near_cells(angles, one) is near
        assert _near_cells(one, lengths) is _near_cells(lengths, one) is near


def shaped(name: str, formula: str = "Li3PO4", **numbers: float) -> Row:
    return Row(name, {str(key): value for key, value in sheet_row(REDUCED_COMPOSITION=formula, **numbers).items() if key != col.ID})


@pytest.mark.parametrize(("amount", "agree"), [("1.5050008", True), ("1.5050012", False), ("1.4949992", True), ("1.4949988", False)])
def test_amounts_of_one_formula_agree_within_the_coarser_rounding_and_a_millionth(amount: str, agree: bool) -> None:
    """One decimal hides half a hundredth at most: what is broken is not believed to be coarser."""
    block = Block([shaped("a", "Li1.5PO4"), shaped("b", f"Li{amount}PO4")], np.arange(2), 1e-3)
    assert block._agree(1, np.array([0])).tolist() == [agree]


@pytest.mark.parametrize(("length", "angle", "near"), [(0.25, 0.5, True), (0.24, 0.5, False), (0.25, 0.49, False)])
def test_cells_that_differ_by_just_as_much_as_is_allowed_are_near(length: float, angle: float, near: bool) -> None:
    """3 is a quarter less than 4, and 90.5 half a degree more than 90: these numbers are exact."""
    block = Block([shaped("a", C=4.0, ALPHA=90.0), shaped("b", C=3.0, ALPHA=90.5)], np.arange(2), 1e-3)
    found, lengths = block.as_given(1, np.array([0]), length, angle)
    assert found.tolist() == ([0] if near else [])
    assert not near or lengths.tolist() == [0.25]


# --- causes and culprits ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lithium", "neutral"), [(3.0, True), (3.048, True), (3.053, True), (3.057, False), (2.948, True), (2.943, False), (4.0, False)]
)
def test_a_formula_is_neutral_up_to_a_twentieth_of_a_charge_and_what_rounding_hides(lithium: float, neutral: bool) -> None:
    """Phosphorus +5 and four oxygen -2: lithium has to bring three charges. A broken amount of lithium hides half a hundredth."""
    assert _is_neutral({"Li": lithium, "P": 1, "O": 4}) is neutral


def test_the_file_decides_between_symbol_and_number_and_else_the_records() -> None:
    assert NASICON.group_number == 167
    assert of_group(row(SPACE_GROUP_NUMBER=166), 167, NASICON) == col.SPACE_GROUP_NUMBER
    assert of_group(row(SPACE_GROUP_NUMBER=167), 166, NASICON) == col.SPACE_GROUP
    assert of_group(row(SPACE_GROUP_NUMBER=166), 167, NASICON, {166}) == col.SPACE_GROUP_NUMBER
    assert of_group(row(SPACE_GROUP_NUMBER=62), 33, None, {33}) == col.SPACE_GROUP_NUMBER
    assert of_group(row(SPACE_GROUP_NUMBER=62), 33, None, {62}) == col.SPACE_GROUP
    assert of_group(row(SPACE_GROUP_NUMBER=62), 33, NASICON, {62}) == col.SPACE_GROUP
    assert of_group(row(SPACE_GROUP_NUMBER=62), 33, None, {62, 33}) == col.SPACE_GROUP_NUMBER


def test_what_is_said_to_be_shifted_is_shifted_and_by_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """P312 is the same about origins a third apart, and a shift by a third is not one by two thirds."""
    whole = crystal(
        "P 3 1 2", (6, 6, 9, 90, 90, 120), "Li1 Li 0.1 0.3 0.2 1\nTi1 Ti 0.2 0.6 0.4 1\nO1 O 0.5 0.4 0.1 1\nO2 O 0.3 0.1 0.3 1\n"
    )
    before, tried = positions(whole), list[NDArray[np.float64]]()

    def kept(_: Structure, where: Sequence[Position], __: object) -> bool:
        tried.append(np.array([new.fract - old.fract for new, old in zip(where, before, strict=True)]))
        return True

    monkeypatch.setattr(origins, "_is_cure", kept)
    told = [*origins._shifted(Cations(whole, before), lambda _: True)]
    assert {each.split(" by ")[0] for each in told} == {"Shifting the anions", "Shifting Li", "Shifting Ti"}
    assert "(1/3, 2/3, 0)" in "".join(told)
    assert "(2/3, 1/3, 0)" in "".join(told)
    sites = {"the anions": [2, 3], "Li": [0], "Ti": [1]}
    for each, moved in zip(told, tried, strict=True):
        name, _, rest = each.removeprefix("Shifting ").partition(" by (")
        shift = [float(Fraction(x)) for x in rest.partition(")")[0].split(", ")]
        expected = np.zeros((4, 3))
        expected[sites[name]] = shift
        assert moved == pytest.approx(expected)


@pytest.mark.parametrize(("members", "end"), [(["new"], ""), (["new", "other"], "; its group with the new other")])
def test_a_bridge_names_the_new_entries_of_its_group_and_alone_none(members: list[str], end: str) -> None:
    mine, theirs = ("paper", "10.1/a"), ("paper", "10.1/t")
    placed = {mine: {"train": ["aaa"], "test": []}, theirs: {"train": [], "test": ["ttt"]}}
    found = [*_bridge(members, dict.fromkeys(members, (mine, theirs)), placed)]
    assert [finding.id for finding in found] == members
    assert found[0].message.endswith(f"it shares the paper 10.1/a with aaa (train); the paper 10.1/t with ttt (test){end}")


def test_links_without_measurements_and_measurements_without_links_are_not_compared() -> None:
    table, nothing = entries([{str(key): value for key, value in sheet_row().items()}]), pd.DataFrame()
    links = pd.DataFrame(columns=[str(each) for each in (col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD)])
    plain = [*check(Subject(table))]
    assert [*check(Subject(table, links=links))] == plain
    assert [*check(Subject(table, measurements=nothing))] == plain


def test_rows_without_a_cell_or_a_content_are_no_kin() -> None:
    """Four garnets tell that a is odd; what has no cell has no lengths, and what has no composition is not of the type without anions."""
    kin = [garnet(f"r{n}", 0.5, 12.9) for n in range(4)]
    bad = garnet("bad", 0.5, 12.9, A=15.5)
    bare = [garnet(f"b{n}", 0.5, 12.9, A=None) for n in range(4)]
    assert _Kin([*kin, *bare]).odd_length(bad) == col.A
    assert _Kin([*kin[:3], *bare]).odd_length(bad) == ""
    alloy = garnet("alloy", 0.5, 12.9, A=15.5, TRUE_COMPOSITION="Li64Sn16")
    unread = [garnet(f"u{n}", 0.5, 12.9, TRUE_COMPOSITION=None) for n in range(4)]
    assert _Kin(unread).odd_length(alloy) == ""
    assert _Kin([garnet(f"s{n}", 0.5, 12.9, TRUE_COMPOSITION="Li64Sn16") for n in range(4)]).odd_length(alloy) == col.A


@pytest.mark.parametrize(("papers", "heard"), [("10.1/one", True), ("10.1/one|10.1/two", True), ("10.1/two|10.1/one", False)])
def test_a_row_is_of_the_series_of_its_first_paper(papers: str, heard: bool) -> None:
    """What a second paper reports is another sample's, or the same one again."""
    rows = [garnet(f"r{n}", 0.1 * n, vegard(0.1 * n), "10.1/one") for n in range(6)]
    found = series_findings([*rows, garnet("bad", 0.25, round(vegard(0.25) * 1.004, 4), papers)])
    assert ("bad" in {finding.id for finding in found}) is heard


# --- files ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("label", "element"), [("AlTd", "Al"), ("LiOh", "Li"), ("AlTi1", None), ("LiNa", None)])
def test_a_label_names_two_elements_where_both_halves_are_some(label: str, element: str | None) -> None:
    """``Td`` and ``Oh`` are the surroundings, tetrahedral and octahedral."""
    if element is None:
        with pytest.raises(AtomError, match="names two elements"):
            _labelled(label, ())
    else:
        assert [part.element for part in _labelled(label, ()).parts] == [element]


@pytest.mark.parametrize(
    ("token", "unit"),
    [
        ("1.5e-1", 5e-3), ("1.5E-0000001", 5e-3), ("1.5e+0000001", 0.5), ("1.5e0", 0.05), ("1.5e00", 0.05), ("15e-2", 5e-3),
        ("1.25e-12", 5e-15), ("1.25e-9999", 0.0), ("1.25e9999", float("inf")), ("1.25e-99999", 0.005), ("1.25e-" + "9" * 5000, 0.005),
        ("0." + "0" * 400 + "e-" + "0" * 5000 + "1", 0.0),
    ],
)  # fmt: skip
def test_the_exponent_of_a_number_moves_its_last_place(token: str, unit: float) -> None:
    """However it is padded; one of more than four digits is no coordinate's, and says as little as two decimals do."""
    assert half_unit(token) == pytest.approx(unit, rel=1e-9)


@pytest.mark.parametrize(("units", "told"), [(2, "Al0.3 Li1 O12 P3 Ti1.7 with Z = 2"), (None, "Al0.3 Li1 O12 P3 Ti1.5")])
def test_a_contradicted_header_is_quoted_with_the_z_that_it_has(units: int | None, told: str) -> None:
    formula = told.partition(" with")[0]
    z = "" if units is None else f"_cell_formula_units_Z {units}\n"
    text = NASICON_TEXT.replace("_cell_length_a", f"_chemical_formula_sum '{formula}'\n{z}_cell_length_a", 1)
    found = formula_contradiction(read(text, "x.cif"))
    assert found is not None
    assert f"formula sum, {told}, is not" in found.message


def test_what_is_within_a_millionth_of_its_special_position_moves_from_where_it_is_printed() -> None:
    """x, x, z off by half a millionth: both coordinates move by the same from the digits of the file, which were not evened out."""
    before = crystal(
        "P 4 m m", (6, 6, 7, 90, 90, 90), "Li1 Li 0.1234561 0.1234566 0.3000001 1\nO1 O 0 0 0.1000001 1\nCl1 Cl 0.5 0.5 0.7000001 1\n"
    )
    assert before.sites[0].multiplicity == 4
    after = perturb(before, open_seed(1))
    assert after.displacements[0, 0] == after.displacements[0, 1] != 0
    moved = np.array(after.structure.sites[0].fract) - np.array(before.sites[0].fract)
    assert moved == pytest.approx(after.displacements[0], abs=1e-12)


@pytest.mark.parametrize(("most", "held"), [(9, True), (8, False)])
def test_a_file_of_a_library_may_be_as_large_as_the_limit(most: int, held: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIBRARY_FILE", replace(limits.LIBRARY_FILE, most=most))
    with tarfile.open(tmp_path / "l.tar", "w") as packed:
        member = tarfile.TarInfo("a.cif")
        member.size = 9
        packed.addfile(member, io.BytesIO(b"data_nine"))
    [found] = library._archive(tmp_path / "l.tar")
    assert found.read() == (b"data_nine" if held else b"")


@pytest.mark.parametrize(("formula", "held"), [("Li0.00000001O", True), ("Li0.0000000099O", False)])
def test_an_amount_is_next_to_zero_where_pymatgen_drops_it(formula: str, held: bool) -> None:
    assert ("Li" in Composition(formula)) is held
    if held:
        assert amounts(formula) == {"Li": 1e-8, "O": 1.0}
    else:
        with pytest.raises(FormulaError, match="Li that is next to zero"):
            amounts(formula)


# --- matching ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("amount", "formulas"), [(2 + 0.9e-6, 2), (2 - 0.9e-6, 2), (2 + 1.1e-6, 1), (2 - 1.1e-6, 1)])
def test_an_amount_is_whole_to_a_millionth(amount: float, formulas: int) -> None:
    assert formulas_in({"Li": amount, "O": 2.0}) == formulas


@pytest.mark.parametrize(("doubted", "found"), [(1, []), (2, ["slip"])])
def test_a_slip_is_looked_for_in_the_files_nearest_in_composition(doubted: int, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest differs from the row in two lengths and is another compound's; the next one has a 5 for the 8 of the row."""
    monkeypatch.setattr(match, "DOUBTED", doubted)

    def file(lengths: tuple[float, ...], lithium: float) -> str:
        return cif("P n m a", (*lengths, 90, 90, 90), [("Li", 0.1, 0.25, 0.3, lithium), ("Cl", 0.3, 0.25, 0.6, 1.0)])

    there = pool(nearest=file((12.0, 6.0, 5.0), 1.0), slip=file((10.0, 6.0, 5.0), 0.98))
    table = match.candidates(rows(("r01", "LiCl", 4, "Li4Cl4", 62, 10.0, 6.0, 8.0, 90, 90, 90)), there)
    assert table[col.FILE].tolist() == found
