"""Each price and limit of a split and of its search, from both sides; what a board counts is counted here entry by entry."""

from __future__ import annotations

from dataclasses import astuple
from fractions import Fraction

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.split import annealing, audit, extend, groups
from pipeline.split.board import Board, Exact
from pipeline.split.bonds import BONDS, _bridge, keys, stoichiometry
from pipeline.split.polish import Moves
from pipeline.split.quality import Likeness, bin_numbers, near_leaks
from pipeline.split.sides import read_ids
from schemas import columns as col
from tests.unit.splits import bonds, entries
from tests.unit.test_split_search import random_board


# --- files of a side --------------------------------------------------------------------------------------------------
def test_a_side_is_a_header_and_one_id_a_line() -> None:
    assert read_ids("ID\nabc\n\n 019 ,more\n1e9\n", "train.csv", ["abc", "019", "1e9"]) == ["abc", "019", "1e9"]
    assert read_ids(" ID ,x\nabc,1\n", "train.csv", ["abc"]) == ["abc"]
    assert read_ids("ID\n", "train.csv", []) == []


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        ("", 1, "header"), ("\nabc\n", 1, "header"), ("id\nabc\n", 1, "header"), ("x,ID\n1,abc\n", 1, "header"),
        ("ID\nabc\nabc\n", 3, "row 2 already"),
        ("ID\nabc\n\nxyz\n", 4, "no entry"), ("ID\n\nxyz\n", 3, "no entry"),
    ],
)  # fmt: skip
def test_a_side_that_cannot_be_read_is_told_with_its_row(text: str, row: int, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_ids(text, "train.csv", ["abc"])
    assert caught.value.row == row


# --- what a split costs -----------------------------------------------------------------------------------------------
def board(reference: Likeness | None = None, allowed: int = 0) -> Board:
    """Four groups of 5, 5, 5 and 5 entries in two bins, half of them with structures."""
    brings = np.zeros((4, 2, 25))
    for group, place in enumerate((0, 0, 24, 24)):
        brings[group, 0, place], brings[group, 1, place] = 5, 3
    limits = None if reference is None else np.array(astuple(reference))
    return Board(brings, brings.sum(axis=0), np.repeat(np.arange(4), 5), 0.4, limits, np.array([[0, 1], [0, 2], [0, 2]]), allowed)


NONE = Likeness(np.inf, np.inf, np.inf, np.inf)


def price(share: tuple[float, float], distances: tuple[float, float], limits: Likeness | None = None) -> float:
    return float(board(limits).price(np.array(share), np.array(distances)))


def test_the_objective_is_six_tenths_of_the_full_set_and_four_of_the_structures() -> None:
    assert price((0.25, 0.25), (0.01, 0.0)) == pytest.approx(0.006)
    assert price((0.25, 0.25), (0.0, 0.01)) == pytest.approx(0.004)
    state = np.array([True, False, False, False])
    test = board().brings[state].sum(axis=0)
    # test all in the first bin, train a third there: two bins of 25 differ by two thirds
    assert float(board().objective(test)) == pytest.approx(2 * (2 / 3) / 25)


@pytest.mark.parametrize(("share", "over"), [(0.20, 0), (0.30, 0), (0.19, 0.01), (0.31, 0.01), (0.15, 0.05), (0.25, 0)])
def test_a_share_outside_20_to_30_percent_costs_a_tenth_of_what_it_is_off(share: float, over: float) -> None:
    for both in ((share, 0.25), (0.25, share)):
        assert price(both, (0.0, 0.0)) == pytest.approx(0.1 * over)
    assert price((share, share), (0.0, 0.0)) == pytest.approx(0.2 * over)


def test_a_distance_beyond_the_reference_costs_all_that_it_is_beyond() -> None:
    limits = Likeness(0.01, 0.02, np.inf, np.inf)
    assert price((0.25, 0.25), (0.01, 0.02), limits) == pytest.approx(0.6 * 0.01 + 0.4 * 0.02)
    assert price((0.25, 0.25), (0.013, 0.02), limits) == pytest.approx(0.6 * 0.013 + 0.4 * 0.02 + 0.003)
    assert price((0.25, 0.25), (0.01, 0.025), limits) == pytest.approx(0.6 * 0.01 + 0.4 * 0.025 + 0.005)


@pytest.mark.parametrize(
    ("broken", "allowed", "cost"),
    [(0, 0, 0), (0, 2, 0), (1, 3, 5e-5), (1, 1, 5e-5), (3, 3, 15e-5), (3, 1, 15e-5 + 2e-3), (1, 0, 5e-5 + 1e-3)],
)
def test_a_stoichiometry_on_both_sides_costs_little_until_there_are_too_many(broken: int, allowed: int, cost: float) -> None:
    assert float(board(allowed=allowed).price_of_ties(np.array(broken))) == pytest.approx(cost)


def test_ties_are_broken_between_the_sides() -> None:
    states = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
    assert board().broken(states).tolist() == [0, 3, 2, 1, 0, 0]


def test_a_wasserstein_distance_beyond_the_limit_costs_a_tenth_of_a_decade() -> None:
    """Test in one bin and train in the other, 24 bins of 0.4 decades apart."""
    state = np.array([True, True, False, False])
    one = board(NONE)
    test = one.brings[state].sum(axis=0)
    free = float(one.cost(test, np.array(0)))
    assert free == pytest.approx(2 / 25 + 0.1 * 0.2 * 2)  # shares of one half
    for field, scale in (("wasserstein", 1), ("wasserstein_structures", 1)):
        limits = Likeness(**{**vars(NONE), field: 24 * 0.4 - 1})
        assert float(board(limits).cost(test, np.array(0))) - free == pytest.approx(0.1 * scale)
    assert float(board(Likeness(np.inf, np.inf, 24 * 0.4, 24 * 0.4)).cost(test, np.array(0))) == pytest.approx(free)


@pytest.mark.parametrize("seed", range(3))
def test_a_board_counts_as_the_audit_does(seed: int) -> None:
    """Objective, shares, exact distances and ties of a random state, told by the audit of the split itself."""
    numbers = np.random.default_rng(seed)
    rows = {
        f"e{n:02}": {
            col.REDUCED_COMPOSITION: f"Li{numbers.integers(1, 12)}O{numbers.integers(1, 30)}", col.DOI: f"10.1/{numbers.integers(60)}",
            col.IONIC_CONDUCTIVITY: float(10.0 ** numbers.uniform(-9, -2)), col.BOUND: "<" if numbers.random() < 0.2 else None,
        }
        for n in range(50)
    }  # fmt: skip
    table = entries(rows)
    structures = [name for name in table.index if numbers.random() < 0.6]
    group = groups(table)
    reference = audit(table, list(table.index[:12]), structures)
    made = Board.of(table, np.isin(table.index, structures), group, reference)
    names = sorted(set(group))
    state = np.arange(len(names)) % 4 == seed
    test = [name for name in table.index if state[names.index(group[name])]]
    found = audit(table, test, structures)
    counts = made.brings[state].sum(axis=0)
    assert float(made.objective(counts)) == pytest.approx(found.objective)
    assert counts.sum(axis=1).tolist() == [found.n_test, found.n_test_structures]
    limits, other = reference.likeness, reference.likeness_at_bounds
    for exact, mine, theirs in zip(made.exact, (found.likeness, found.likeness_at_bounds), (limits, other), strict=True):
        over = max(mine.wasserstein - theirs.wasserstein, 0) + max(mine.wasserstein_structures - theirs.wasserstein_structures, 0)
        assert float(exact.beyond(exact.test(state))) == pytest.approx(0.1 * over, abs=1e-9)
        moved = exact.test(state, (0, 3))
        state[[0, 3]] ^= True
        assert moved.tolist() == exact.test(state).tolist()
        state[[0, 3]] ^= True
    assert made.allowed == reference.n_leaks["stoichiometry"]
    ratios = {name: {key for key in own if key[0] == "stoichiometry"} for name, own in keys(table, BONDS).items()}
    broken = {key for name in test for key in ratios[name]} & {key for name in table.index if name not in test for key in ratios[name]}
    assert (int(made.broken(state)) > 0) is bool(broken)


def test_groups_that_bring_the_same_have_one_number() -> None:
    one = board()
    assert one.alike.tolist() == [0, 0, 1, 1]
    assert one.kinds.tolist() == [0, 0, 1, 1]
    pairs, number = one.tied
    assert (pairs.tolist(), number.tolist()) == ([[0, 1], [0, 2]], [1, 2])
    place, member = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    exact = Exact.of(np.array([1.0, 2.0, 1.0, 2.0]), member, np.array([True, False, True, True]), NONE)
    assert exact.place.tolist() == place.tolist()
    assert exact.keys[0] != exact.keys[1]
    assert exact.gaps.tolist() == [1.0, 0.0]
    assert exact.total.tolist() == [[2, 2], [2, 1]]


@pytest.mark.parametrize("seed", range(4))
def test_the_moves_of_least_cost_are_those_of_all_moves(seed: int) -> None:
    """Every choice and every two are moved here, and the whole told anew."""
    made, state = random_board(seed, 26, ("paper", "composition"))
    moves = Moves.of(made, state)

    def cost(groups: tuple[int, ...]) -> float:
        after = np.array([side ^ (number in groups) for number, side in enumerate(state)])
        broken = (after[made.ties[:, 0]] != after[made.ties[:, 1]]).sum()
        return float(made.cost(made.brings[after].sum(axis=0), broken))

    ones = [each[0] for each in moves.choices]
    every = [(one,) for one in ones] + [(one, two) for i, one in enumerate(ones) for two in ones[i + 1 :]]
    every += [each[:2] for each in moves.choices if len(each) > 1]
    expected = sorted(map(cost, every))
    for wanted in (1, 7, 60):
        found = moves.least(wanted, np.inf)
        assert [value for value, _ in found] == pytest.approx(expected[:wanted], abs=1e-9)
        assert [cost(groups) for _, groups in found] == pytest.approx([value for value, _ in found], abs=1e-9)
    below = expected[5]
    kept = [value for value, _ in moves.least(60, below) if value < below - 1e-6]
    assert kept == pytest.approx([value for value in expected if value < below - 1e-6], abs=1e-9)


def test_a_walk_starts_within_the_middle_of_the_allowed_share() -> None:
    """A quarter of the entries at most, and as many groups as fit."""
    made, _ = random_board(3, 60, BONDS)
    states = annealing._start(made, np.random.default_rng(1), 20)
    sizes = made.brings[:, 0].sum(axis=1)
    shares = states @ sizes / sizes.sum()
    assert shares.max() <= 0.25
    assert shares.max() > 0.2
    assert len({state.tobytes() for state in states}) > 10


def test_a_search_betters_a_reference_that_leaks_nothing() -> None:
    """No more may stand on both sides than in the reference: as little is enough."""
    rows = {
        f"e{n:02}": {col.REDUCED_COMPOSITION: f"Li{2 * n + 1}O", col.DOI: f"10.1/{n}", col.IONIC_CONDUCTIVITY: 10.0 ** -(n % 9)}
        for n in range(40)
    }
    table = entries(rows)
    found = annealing.search(table, [], 7, reference_test_ids=list(table.index[:10]), steps=60, chains=8)
    assert found.audit.n_leaks == {"paper": 0, "composition": 0, "stoichiometry": 0}
    assert found.reference is not None
    assert found.reference.n_leaks == {"paper": 0, "composition": 0, "stoichiometry": 0}
    assert found.audit.likeness.no_worse_than(found.reference.likeness)


# --- near leaks and extension -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("formula", "near"), [("Li2.04S", True), ("Li1.96S", True), ("Li2.06S", False), ("Li1.94S", False)])
def test_half_a_percent_of_the_atoms_makes_a_near_leak(formula: str, near: bool) -> None:
    """Li2.04S has 0.6711 of lithium where Li2S has 0.6667: 0.44 % are exchanged; 0.65 % for Li2.06S."""
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=(formula, "10.1/t"))
    assert len(near_leaks(table, ["ttt"], ["aaa"])) == near


def test_a_near_leak_names_the_nearest_and_says_whether_the_group_is_the_same() -> None:
    table = bonds(
        bbb=("Li2.01S", "10.1/b"), aaa=("Li2.03S", "10.1/a"), ccc=("Li2.01S", "10.1/c"), ttt=("Li2S", "10.1/t"), bad=("glass", "10.1/x")
    )
    table[str(col.SPACE_GROUP_NUMBER)] = [62, 62, 63, 62, 62]
    [found] = near_leaks(table, ["ttt"], ["aaa", "bbb", "ccc", "bad"]).itertuples(index=False)
    assert (found.ID, found.other, bool(found.same_spacegroup)) == ("ttt", "bbb", True)
    assert found.distance == pytest.approx(2.01 / 3.01 - 2 / 3, abs=1e-6)
    [other] = near_leaks(table, ["ttt"], ["ccc"]).itertuples(index=False)
    assert not other.same_spacegroup


def test_no_distance_may_be_larger_than_in_the_reference() -> None:
    mine = Likeness(0.01, 0.02, 0.3, 0.4)
    assert mine.no_worse_than(mine)
    for field in ("distance", "distance_structures", "wasserstein", "wasserstein_structures"):
        assert not mine.no_worse_than(Likeness(**{**vars(mine), field: getattr(mine, field) - 1e-9}))
        assert mine.no_worse_than(Likeness(**{**vars(mine), field: np.nan}))
    assert mine.objective == pytest.approx(0.6 * 0.01 + 0.4 * 0.02)
    assert Likeness(np.nan, 0.1, 0.2, 0.3).as_dict()["distance"] is None


@pytest.mark.parametrize(("trained", "side"), [(4, "train"), (3, "train"), (5, "test")])
def test_a_free_entry_trains_while_a_fifth_of_all_tests(trained: int, side: str) -> None:
    """One test entry of six would be less than a fifth, one of five is a fifth."""
    placed = {f"t{n}": (f"Li{n + 2}O", f"10.1/t{n}") for n in range(trained - 1)} | {"zzz": ("LiBr", "10.1/z")}
    train, test, _ = extend(bonds(**placed, new=("LiF", "10.1/n")), [name for name in placed if name != "zzz"], ["zzz"])
    assert ("new" in train, "new" in test) == (side == "train", side == "test")


def test_what_ties_two_sides_is_told_by_its_kind() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=("LiBr", "10.1/t"), new=("Li2S", "10.1/t"))
    _, _, [finding] = extend(table, ["aaa"], ["ttt"])
    assert (finding.check, finding.severity, finding.column) == ("split.leak", "error", str(col.DOI))
    other = bonds(aaa=("Li2S", "10.1/a"), ttt=("Li4S2", "10.1/t"), new=("Li6S3", "10.1/n"))
    _, _, [finding] = extend(other, ["aaa"], ["ttt"])
    assert (finding.check, finding.severity, finding.column) == ("split.near-leak", "warning", str(col.REDUCED_COMPOSITION))
    half = bonds(aaa=("Li2S", "10.1/a"), ttt=("Li4S2", "10.1/t"), new=("Li2S", "10.1/n"))
    _, _, [finding] = extend(half, ["aaa"], ["ttt"])
    assert (finding.check, finding.severity) == ("split.near-leak", "warning")
    placed = {key: {"train": [], "test": []} for key in keys(half)["new"]}
    assert len(list(_bridge(["new"], {"new": keys(half)["new"]}, placed))) == 1


@pytest.mark.parametrize(
    ("formula", "ratios"),
    [
        ("Li0.0001O", "Li1O10000"), ("Li1.3333O2", "Li13333O20000"), ("(Li0.33)0.33O", "Li1089O10000"),
        ("Li2.8000000000000003S8", "Li7S20"), ("glass", None),
    ],
)  # fmt: skip
def test_ratios_of_whole_numbers(formula: str, ratios: str | None) -> None:
    assert stoichiometry(formula) == ratios


def test_decimals_that_a_bracket_multiplied_are_the_nearest_fraction() -> None:
    """With a denominator of 10,000 at most; 0.333 of 0.333 is no ten thousandth."""
    part = Fraction(0.333 * 0.333).limit_denominator(10_000)
    assert stoichiometry("(Li0.333)0.333O") == f"Li{part.numerator}O{part.denominator}"
    assert bin_numbers(np.array([])).tolist() == []
