"""What is said of cells, contents, origins and shells, from both sides of each limit: numbers, order and cause as the law has them."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from types import SimpleNamespace

import gemmi
import numpy as np
import pandas as pd
import pytest

from pipeline.checks import structures as checking
from pipeline.checks.blocks import Block
from pipeline.checks.composition import composition_findings
from pipeline.checks.duplicates import pair_findings
from pipeline.checks.families import FAMILIES
from pipeline.checks.pair import Pair
from pipeline.checks.reading import Row
from pipeline.checks.subject import Subject
from pipeline.chemistry import basis as bases
from pipeline.chemistry import cell as cells
from pipeline.chemistry.formula import amounts
from pipeline.errors import InputError
from pipeline.literature.accounting import _entries_of
from pipeline.safety import limits
from pipeline.split.board import Board
from pipeline.split.polish import Moves
from pipeline.structures import origins
from pipeline.structures.cif import CifError, read
from pipeline.structures.cost import demand_examined
from pipeline.structures.matching import optimade
from pipeline.structures.operations import _monoclinic
from pipeline.structures.symmetry import examined, positions
from pipeline.structures.valence import Cations
from schemas import columns as col
from tests.unit.difficult import NASICON_TEXT, SPINEL_ATOMS, SPINEL_CELL, atoms, cell, listed, operations, small_cif
from tests.unit.sheets import row as sheet_row
from tests.unit.test_checks_structures import NEUTRAL, said
from tests.unit.test_duplicates_of_all_pairs import of_all_pairs, one_compound
from tests.unit.test_split_search import PUBLISHED_BONDS, random_board
from tests.unit.test_valence import scheelite


def row(name: str = "abc", **changes: object) -> Row:
    """Li3PO4 in Pnma with cells changed; ``None`` blanks a cell."""
    values = {str(key): value for key, value in sheet_row(ID=name, **changes).items() if value is not None}
    return Row(str(values.pop(col.ID)), values)


# --- rows ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("formula", "true", "z", "message"),
    [
        ("Li3PO4", "Li12P4O16Na0.5", 4, "Na is 0.5 and should be 0."),
        ("Li3PO4Na", "Li12P4O16", 4, "Na is 0 and should be 4."),
        ("Li3PO4Na", "Li3PO4", 1, "Na is 0 and should be 1."),
        ("Li3PO4", "Li3PO4Na", 1, "Na is 1 and should be 0."),
    ],
)
def test_an_element_that_one_of_two_compositions_lacks_counts_nothing_there(formula: str, true: str, z: int, message: str) -> None:
    found = composition_findings([row(REDUCED_COMPOSITION=formula, TRUE_COMPOSITION=true, Z=z)])
    [finding] = [each for each in found if each.check == "composition.z-mismatch"]
    assert finding.message.endswith(message)


@pytest.mark.parametrize(("true", "expected"), [("Li6P2O8", "2"), ("Li9P3O12", "3"), ("Li2P0.66O2.66", "1"), ("Li1.5P0.5O2", "")])
def test_formula_units_are_the_quotient_of_the_compositions_and_none_for_half_a_one(
    true: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.checks.composition.of_composition", lambda row, file: col.Z)
    found = composition_findings([row(TRUE_COMPOSITION=true)])
    assert [each.expected for each in found if each.check == "composition.z-mismatch"] == [expected]


@pytest.mark.parametrize(
    ("family", "holds", "lacks"),
    [
        ("NASICON", ["LiTi2P3O12", "LiZr2Si2O8"], ["Li2O", "Li3P", "Li4Si"]),
        ("antiperovskite", ["Li3OCl", "Li2HOBr"], ["LiCl", "Li2O", "LiH"]),
        ("LGPS", ["Li10GeP2S12", "Li3PSe4"], ["Li2S", "Li3P", "Li3PO4"]), ("LISICON", ["Li4SiO4"], ["Li2S", "Li4SiO3S", "LiCl"]),
        ("oxides", ["Li2O"], ["Li2S", "Li2OS"]), ("phosphides", ["Li3P"], ["Li3PO4", "Li3PS4", "LiCl", "Li4PCl"]),
        ("Chalcogenidotetrelates", ["Li4SnS4", "Li2GeSe3"], ["Li2S", "Li4Si"]), ("Tavorite", ["LiTiPO5", "LiFeSO4F"], ["Li2O", "Li3P"]),
        ("boracites", ["Li4B7O12Cl"], ["LiBO2", "LiCl", "LiBCl4"]),
    ],
)  # fmt: skip
def test_a_family_asks_for_each_of_the_things_that_its_words_name(family: str, holds: list[str], lacks: list[str]) -> None:
    rule = FAMILIES[family][0]
    assert [rule(amounts(formula)) for formula in holds] == [True] * len(holds)
    assert [rule(amounts(formula)) for formula in lacks] == [False] * len(lacks)


def test_rows_without_a_group_are_compared_in_every_setting() -> None:
    """Neither group nor Z: only the value finds the pair, and the cell tells that it is one entry."""
    for value in (1e-7, 1.0005e-7, 1.002e-7):
        one = row("a", SPACE_GROUP=None, SPACE_GROUP_NUMBER=None, Z=None)
        turned = {"A": 6.12, "B": 4.927, "C": 10.49, "SPACE_GROUP": None, "SPACE_GROUP_NUMBER": None, "Z": None}
        rows = [one, row("b", **turned, IONIC_CONDUCTIVITY=value)]
        assert {(f.check, f.severity, f.id, f.other) for f in pair_findings(rows)} == of_all_pairs(rows) != set()


@pytest.mark.parametrize(("value", "expected"), [(1e-4, ("error", "b")), (0.999e-4, ("warning", "a")), (1.5e-4, ("error", "b"))])
def test_of_a_papers_rows_that_is_named_whose_value_a_slip_of_the_unit_explains(value: float, expected: tuple[str, str]) -> None:
    """A thousand times b, thirty times a; the three cells are far from one another."""
    values = (("a", 3e-6, 11.5), ("b", 1e-7, 10.49), ("c", value, 12.6))
    rows = [row(name, IONIC_CONDUCTIVITY=each, A=length, Z=None) for name, each, length in values]
    [finding] = [each for each in pair_findings(rows) if each.id == "c"]
    assert (finding.check, finding.severity, finding.other) == ("duplicate.paper", *expected)


def test_what_a_paper_reports_of_a_composition_is_that_of_all_pairs() -> None:
    """Shares of lithium on both sides of the steps by which they are kept: 93 and 94 times 0.004 of Li2.96PO4 and Li3.01PO4."""
    formulas = ["Li2.96PO4", "Li2.97PO4", "Li2.965PO4", "Li3.01PO4", "Li3.02PO4", "Li3.015PO4", "Li3.00PO4"] * 2
    random.Random(3).shuffle(formulas)
    rows = [row(f"r{n}", REDUCED_COMPOSITION=formula, DOI="10.1/a") for n, formula in enumerate(formulas)]
    block = Block(rows, np.arange(len(rows)), 0.001)
    for place, one in enumerate(rows):
        expected = [earlier for earlier in range(place) if one_compound(one, rows[earlier])]
        assert block.of_paper_and_group(place).tolist() == expected


# --- cells --------------------------------------------------------------------------------------------------------------
def test_a_cell_is_told_with_its_lengths_to_five_digits_and_its_angles_to_four() -> None:
    assert checking._cell((8.512345, 8.612345, 20.854321, 90.1234, 91.2345, 119.8765)) == "8.5123, 8.6123, 20.854, 90.12, 91.23, 119.9"


def _triclinic(*numbers: object) -> str:
    return f"data_x\n{cell(*numbers)}{listed(['x,y,z'])}{atoms('Li1 Li 0 0 0 1' + chr(10))}"


@pytest.mark.parametrize(("a", "gamma", "worst"), [(8.08, 96.8, col.GAMMA), (8.12, 95.3, col.A), (8.0, 97, col.GAMMA), (8.2, 95, col.A)])
def test_the_number_that_is_told_is_the_one_that_is_farthest_off_its_limit(
    a: float, gamma: float, worst: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A length counts in hundredths, an angle in units of its limit, which is 1.2 degrees here."""
    monkeypatch.setattr(checking, "OTHER_ANGLE", 1.2)
    mine = {"A": 8.0, "B": 9.1, "C": 10.3, "ALPHA": 91.0, "BETA": 93.0, "GAMMA": 95.0}
    found = said(_triclinic(a, 9.1, 10.3, 91.0, 93.0, gamma), {col.CIF_ID: "done"}, **mine)
    [finding] = [each for each in found if each.check == "cif.lattice"]
    assert finding.column == worst


@pytest.mark.parametrize(
    ("columns", "rank"),
    [
        (((1, 0, 0), (1, 1, 0), (0, 1, 1)), 4),  # a is an axis of both, and has a part in another
        (((1, 0, 1), (0, 1, 0), (1, 0, 2)), 3), (((1, 0, 1), (0, -1, 0), (0, 0, -1)), 3), (((1, 1, 0), (0, 1, 0), (0, 0, 1)), 3),
        (((1, 1, 0), (0, 1, 0), (0, 1, 1)), 4), (((1, 1, 0), (0, 1, 1), (0, 0, 1)), 4),
    ],
)  # fmt: skip
def test_a_cell_choice_keeps_one_axis_that_no_other_has_a_part_of(columns: tuple[tuple[int, int, int], ...], rank: int) -> None:
    basis = tuple(tuple(column[i] for column in columns) for i in range(3))
    assert abs(bases.determinant(basis)) == 1
    assert bases.kind(basis, 14)[0] == rank


def test_of_equally_simple_bases_that_with_the_fewest_minus_signs_comes_first() -> None:
    """Axes in another order: three ways have no minus sign beside the identity's own, the others one to three."""
    turns = [np.array(turn, dtype=float) for turn in bases.signed_permutations()]
    ordered = [turn for turn in sorted(turns, key=lambda turn: cells._simplicity(turn, 62)) if bases.kind(turn.tolist(), 62)[0] == 2]
    signs = [int((turn < 0).sum()) for turn in ordered]
    assert len(signs) == 20
    assert signs == sorted(signs)
    assert set(signs) == {0, 1, 2, 3}
    assert (ordered[0] @ [1, 2, 3]).tolist() == [2.0, 3.0, 1.0] or (ordered[0] @ [1, 2, 3]).tolist() == [3.0, 1.0, 2.0]


# --- contents -----------------------------------------------------------------------------------------------------------
def _spinel(setting: str, origin: str, metal: str) -> str:
    start = f"data_x\n_symmetry_space_group_name_H-M 'F d -3 m :{setting}'\n{SPINEL_CELL}{listed(operations(f'F d -3 m:{setting}'))}"
    return start + atoms(SPINEL_ATOMS[origin].replace("Mn", metal))


def test_a_content_that_the_other_origin_mends_is_told_with_it() -> None:
    """LiTi2O4 on the wrong origin is Li2TiO4, which titanium of charge four does not balance."""
    spinel = {
        col.REDUCED_COMPOSITION: "LiTi2O4", col.TRUE_COMPOSITION: "Li8Ti16O32", col.Z: 8, col.SPACE_GROUP_NUMBER: 227, col.CIF_ID: "done",
        col.A: 8.24, col.B: 8.24, col.C: 8.24, col.ALPHA: 90.0, col.BETA: 90.0, col.GAMMA: 90.0,
    }  # fmt: skip
    [finding] = [each for each in said(_spinel("2", "1", "Ti"), spinel) if each.check == "cif.composition"]
    assert finding.severity == "error"
    assert "the cell has Li8Ti16O32: the operations are on another origin than the atoms" in finding.message


@pytest.mark.parametrize(
    ("occupancy", "wanted", "filled"),
    [
        (0.95, 1.0, True),
        (0.95, 1.005, True),
        (0.95, 1.015, False),
        (0.94, 1.0, False),
        (0.97, 0.9, False),
        (1.0, 1.02, False),
        (1.0, 1.005, True),
    ],
)
def test_what_a_refinement_left_nearly_full_may_be_filled_up(occupancy: float, wanted: float, filled: bool) -> None:
    structure = read(small_cif(3.9, "P m -3 m", f"Li1 Li 0 0 0 {occupancy}\nCl1 Cl 0.5 0.5 0.5 1\n"), "x.cif")
    assert checking._filled(Pair(row(), examined(structure)), "Li", structure.content, {"Li": wanted, "Cl": 1.0}) is filled


def test_a_row_without_a_cell_puts_its_own_number_of_formula_units_into_the_files() -> None:
    assert not [each for each in said(NEUTRAL, A=None, B=None, C=None) if each.check == "cif.cell-content"]
    [finding] = [each for each in said(NEUTRAL, A=None, B=None, C=None, Z=3) if each.check == "cif.cell-content"]
    assert (finding.value, finding.expected) == ("3", "6")


@pytest.mark.parametrize(
    ("anion", "charge"), [("O", 2), ("S", 2), ("Se", 2), ("Te", 2), ("N", 3), ("F", 1), ("Cl", 1), ("Br", 1), ("I", 1)]
)
def test_charge_left_over_is_a_part_of_that_of_the_anions(anion: str, charge: int) -> None:
    assert checking._charge({"Li": charge * 2 + 1, anion: 2}) == pytest.approx(1 / (2 * charge))
    assert checking._charge({"Li": charge * 2 - 1, anion: 2}) == pytest.approx(-1 / (2 * charge))
    assert checking._charge({"Li": charge * 2, anion: 2}) == 0


@pytest.mark.parametrize(
    ("a", "gamma", "heard"), [(10.01, 95.0, False), (9.99, 95.0, False), (10.011, 95.0, True), (9.989, 95.0, True), (10.0, 95.1, False),
                              (10.0, 94.9, False), (10.0, 95.11, True), (10.0, 94.89, True)],
)  # fmt: skip
def test_a_cell_may_be_off_by_a_thousandth_and_a_tenth_of_a_degree(a: float, gamma: float, heard: bool) -> None:
    mine = {"A": 10.0, "B": 11.1, "C": 13.3, "ALPHA": 91.0, "BETA": 93.0, "GAMMA": 95.0}
    found = said(_triclinic(a, 11.1, 13.3, 91.0, 93.0, gamma), {col.CIF_ID: "done"}, **mine)
    assert bool([each for each in found if each.check == "cif.lattice"]) is heard


def test_digits_hide_half_a_thousandth_of_each_partly_filled_site_of_the_element() -> None:
    structure = read(small_cif(3.9, "P m -3 m", "Li1 Li 0 0.5 0.5 0.5\nCl1 Cl 0.5 0.5 0.5 1\nBr1 Br 0 0 0 0.9\n"), "x.cif")
    pair = Pair(row(REDUCED_COMPOSITION="LiCl"), examined(structure))
    whole = checking._printed(pair, "Cl", 2.0)
    assert checking._printed(pair, "Li", 2.0) - whole == pytest.approx(3 * 0.0005 / 2)  # three sites, two formula units
    assert checking._printed(pair, "Br", 2.0) - whole == pytest.approx(0.0005 / 2)
    assert checking._printed(pair, "Na", 2.0) == whole


# --- cost ---------------------------------------------------------------------------------------------------------------
def test_structures_of_one_contribution_are_counted_together_and_each_alone_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = demand_examined(read(NASICON_TEXT, "x.cif"))
    two = NASICON_TEXT + NASICON_TEXT.replace("data_nasicon", "data_other")
    for given, spent in (({"a": NASICON_TEXT, "b": NASICON_TEXT}, 2), ({"a": two}, 2), ({"a": two, "b": NASICON_TEXT}, 3)):
        for most in (spent * cost, spent * cost - 1):
            monkeypatch.setattr(limits, "CIF_TOTAL", replace(limits.CIF_TOTAL, most=most))
            alone = Subject(pd.DataFrame(), structures=given, alone=True).parsed
            assert [isinstance(each, CifError) for each in alone.values()] == [False] * (len(given) - 1) + [most < spent * cost]
            assert not any(isinstance(each, CifError) for each in Subject(pd.DataFrame(), structures=given).parsed.values())


def test_a_cause_is_looked_for_up_to_a_number_of_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three sites under the sixteen operations of I41/a."""
    whole = scheelite()
    assert len(whole.rotations) == 16
    for most, found in ((48, True), (47, False)):
        monkeypatch.setattr(origins, "MOST_IMAGES", most)
        assert bool(origins.cause(Cations(whole, positions(whole)), lambda _: True)) is found


@pytest.mark.parametrize(("sent", "refused"), [(2, False), (3, True), (4, True)])
def test_a_database_that_sends_as_many_as_are_asked_for_holds_more(sent: int, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def get_one(self, *_: object, **__: object) -> dict[str, SimpleNamespace]:
            return {optimade._base("https://example.org"): SimpleNamespace(errors=[], data=[{"id": n} for n in range(sent)])}

    monkeypatch.setattr(optimade, "MOST", 3)
    if refused:
        with pytest.raises(InputError, match="holds more than 3 structures"):
            optimade._query(Client(), "https://example.org", "nelements=2")
    else:
        assert len(optimade._query(Client(), "https://example.org", "nelements=2")) == sent


# --- positions, settings, shells ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("group", ["P 1", "P -1"])
def test_a_site_near_one_that_shares_a_third_ones_position_has_its_own(group: str) -> None:
    """0.008 angstrom apart under a tolerance of 0.01: the first two share, the third is 0.016 from the first."""
    rows = "Li1 Li 0.1 0.2 0.3 0.3\nNa1 Na 0.1008 0.2 0.3 0.3\nK1 K 0.1016 0.2 0.3 0.3\nCl1 Cl 0.5 0.6 0.8 1\n"
    where = positions(read(small_cif(10, group, rows), "x.cif"), 0.01)
    assert [each.sites for each in where] == [(0, 1), (2,), (3,)]
    assert [each.fract[0] for each in where] == pytest.approx([0.1, 0.1016, 0.5])
    shared = positions(read(small_cif(10, group, rows.replace("0.1016", "0.1009")), "x.cif"), 0.01)
    assert [each.sites for each in shared] == [(0, 1, 2), (3,)]


@pytest.mark.parametrize(
    ("symbol", "axis", "settings"),
    [
        ("P21/n", "c", ["P 1 1 21/n"]), ("P21/n", "a", ["P 21/n 1 1"]), ("P21/n", "b", ["P 1 21/n 1"]), ("P21/c", "b", ["P 1 21/c 1"]),
        ("P21/c", "c", ["P 1 1 21/a", "P 1 1 21/b", "P 1 1 21/n"]),  # a glide along c needs a plane that c lies in
        ("C2/c", "c", ["C 1 2/c 1"]), ("C2/c", "a", ["C 2/c 1 1"]),
    ],
)  # fmt: skip
def test_a_monoclinic_symbol_is_read_about_the_axis_of_the_cell(symbol: str, axis: str, settings: list[str]) -> None:
    """The glides of the symbol where that axis has them, else all with its centring, else the symbol as it is."""
    full = f"{symbol[0]} 1 {symbol[1:]} 1"
    angles = [100 if each == axis else 90 for each in "abc"]
    found = _monoclinic(gemmi.find_spacegroup_by_name(full), symbol, (5, 6, 7, *angles))
    assert sorted(each.hm for each in found) == settings


def _with_oxygen(element: str) -> Cations:
    structure = read(small_cif(6, "P 1", f"M1 {element} 0 0 0 1\nO1 O 0.3 0.01 0 1\nO2 O 0 0.3 0.01 1\n"), "x.cif")
    return Cations(structure, positions(structure))


@pytest.mark.parametrize(
    ("charge", "lopsided"), [((3, 5), True), ((3, 3), True), ((3.6, 5), False), ((5, 5), False), ((0.5, 1), True), ((1, 5), True)]
)
def test_the_lowest_charge_that_antimony_may_have_tells_of_a_lone_pair(charge: tuple[float, float], lopsided: bool) -> None:
    cations = _with_oxygen("Sb")
    cations.charges = {**cations.charges, "Sb": charge}
    assert cations._is_lopsided(0) is lopsided


@pytest.mark.parametrize(("charge", "lopsided"), [((1, 1), True), ((0, 1), True), ((1, 2), False), ((2, 2), False)])
def test_a_charge_of_one_holds_no_shell(charge: tuple[float, float], lopsided: bool) -> None:
    cations = _with_oxygen("Cu")
    cations.charges = {**cations.charges, "Cu": charge}
    assert cations._is_lopsided(0) is lopsided


# --- splits and links ---------------------------------------------------------------------------------------------------
def test_two_kinds_have_as_many_moves_as_are_made_of_them() -> None:
    seen = set()
    for seed, number in ((2, 40), (3, 24), (4, 40), (5, 60)):
        moves = Moves.of(*random_board(seed, number, PUBLISHED_BONDS))
        one, two, counts = moves._pairs_of_kinds()
        assert counts.tolist() == [len(list(moves._places(a, b))) for a, b in zip(one.tolist(), two.tolist(), strict=True)]
        kinds = len(moves.of_kind)
        every = itertools.combinations_with_replacement(range(kinds + 1), 2)
        assert counts.sum() == sum(len(list(moves._places(a, b))) for a, b in every if a < kinds)
        seen |= set(np.sort(moves._kinds_of_tied(), axis=1)[:, 0].tolist())
    assert max(seen) >= 2  # ties in the later lines of the triangle too


@pytest.mark.parametrize(("ratio", "entry"), [(2.0, "b"), (1.5, "a"), (1.9, "b"), (1.7, "b"), (0.5, "b"), (0.7, "a"), (1.0, "a")])
def test_of_two_entries_that_is_meant_whose_value_is_the_nearer_in_proportion(ratio: float, entry: str) -> None:
    """0.6 is nearer to one than twice is, and two thirds nearer than that."""
    rows = [{col.MEASUREMENT: "m1", col.RECORDS: "liion:1", col.DOI_SOURCE: None}]
    links = [
        {col.SOURCE: "liion", col.LINK_RECORD: "1", col.LINK_ENTRY: name, col.CONDUCTIVITY_RATIO: each}
        for name, each in (("a", ratio), ("b", 0.6))
    ]  # fmt: skip
    entries = pd.DataFrame({col.DOI: [None, None]}, index=["a", "b"])
    assert _entries_of(pd.DataFrame(rows), pd.DataFrame(links), entries) == {"m1": entry}


def test_of_two_kinds_each_pair_with_a_tie_is_left_out_once() -> None:
    """Two groups that bring the same and two others, tied one to one: two of the four pairs are left."""
    brings = np.zeros((4, 2, 25))
    for group, place in enumerate((0, 0, 24, 24)):
        brings[group, 0, place], brings[group, 1, place] = 5, 3
    board = Board(brings, brings.sum(axis=0), np.repeat(np.arange(4), 5), 0.4, None, np.array([[0, 2], [1, 3]]), 0)
    moves = Moves.of(board, np.zeros(4, dtype=bool))
    assert moves.of_kind == [[0, 1], [2, 3]]
    one, two, counts = moves._pairs_of_kinds()
    assert dict(zip(zip(one.tolist(), two.tolist(), strict=True), counts.tolist(), strict=True)) == {
        (0, 0): 1, (0, 1): 2, (0, 2): 2, (1, 1): 1, (1, 2): 2,
    }  # fmt: skip


def test_what_two_moves_cost_at_least_is_never_more_than_they_cost() -> None:
    """Floors, in single precision, are the costs but for the price of the areas; of those that are left out none costs less."""
    for seed, number in ((2, 40), (3, 24), (4, 40), (7, 12)):
        board, state = random_board(seed, number, PUBLISHED_BONDS)
        for each in (board, replace(board, limits=None)):
            moves = Moves.of(each, state)
            one, two, _ = moves._pairs_of_kinds()
            costs, floors = moves._costs(one, two), moves._floors(one, two)
            assert (floors <= costs).all()
            for below in (*np.quantile(costs, (0.0, 0.1, 0.5, 1.0)), 0.0):
                hopeful = set(zip(*(kinds.tolist() for kinds in moves._pairs_of_kinds(below)[:2]), strict=True))
                assert hopeful >= {
                    pair for pair, cost in zip(zip(one.tolist(), two.tolist(), strict=True), costs, strict=True) if cost < below
                }
                assert below > np.quantile(costs, 0.1) or len(hopeful) < 0.8 * len(costs)
            if each.limits is None:
                assert floors == pytest.approx(costs, abs=3e-6)


def test_groups_of_one_kind_bring_the_same_and_break_the_same_ties() -> None:
    for seed in (2, 3, 4):
        board, state = random_board(seed, 40, PUBLISHED_BONDS)
        moves = Moves.of(board, state)
        first = [moves.choices[places[0]][0] for places in moves.of_kind]
        for number, places in enumerate(moves.of_kind):
            for group in (moves.choices[place][0] for place in places):
                assert state[group] == state[first[number]]
                assert (board.brings[group] == board.brings[first[number]]).all()
                after = state.copy()
                after[group] ^= True
                assert board.broken(after) - board.broken(state) == moves.breaks[number]
