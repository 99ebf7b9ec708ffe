"""A new split by simulated annealing over groups.

Many chains walk at the same time, each a row of the arrays, and a step moves one or two groups of every chain from one side to the
other. Counts are updated, never counted again, so a step costs the same whatever the number of entries. Entries are taken in the order of
their IDs and random numbers come from one seeded generator, so the seed alone decides the outcome.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.split.bonds import PUBLISHED_BONDS, Bond, Key, groups, keys, leaks
from pipeline.split.quality import (
    BINS,
    SHARE,
    WEIGHT_FULL,
    WEIGHT_STRUCTURES,
    Audit,
    audit,
    bin_numbers,
    likeness,
    log_conductivity,
)
from schemas.entries import PUBLISHED_BOUND

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CHAINS = 256
STEPS = 2600
#: Temperatures, in units of the objective: at the first nearly every move is taken, at the last only improvements.
HOTTEST, COLDEST = 4e-3, 3e-5
#: What a stoichiometry on both sides costs, in units of the objective: little while the reference split has as many, much beyond.
TIE, TIE_BEYOND = 5e-5, 1e-3
#: Chains whose outcome is polished.
POLISHED = 6
#: What a decade of Wasserstein distance, and a unit of share, costs beyond its limit, in units of the objective.
PENALTY = 0.1


@dataclass(frozen=True)
class Search:
    """A split that was found.

    Attributes
    ----------
    train, test
        IDs, sorted.
    audit
        Its audit.
    reference
        Audit of the split it had to improve on, when there was one.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    audit: Audit
    reference: Audit | None


def search(
    entries: pd.DataFrame,
    structure_ids: Collection[str],
    seed: int,
    *,
    reference_test_ids: Collection[str] | None = None,
    bonds: tuple[Bond, ...] = PUBLISHED_BONDS,
    steps: int = STEPS,
    chains: int = CHAINS,
) -> Search:
    """Find the split with the smallest objective.

    The test share stays between 20 and 30 % on the full set and on the subset with structures. Beside the objective, none of the
    four distances may be larger than those of the reference split, whether upper bounds count at 1e-15 S/cm or where they stand, and
    no more stoichiometries may stand on both sides. With ``bonds=BONDS`` none may, which leaves less room: about 0.0047 on release 1.2.0.

    Parameters
    ----------
    entries
        One row an entry, index ID.
    structure_ids
        Entries with a structure.
    seed
        Decides the outcome.
    reference_test_ids
        Test set of the split to improve on.
    bonds
        What keeps entries together (:func:`pipeline.split.bonds.groups`).

    Raises
    ------
    InputError
        When no split keeps the limits.
    """
    import numpy as np

    entries = entries.loc[sorted(map(str, entries.index))]
    structures = frozenset(structure_ids)
    reference = None if reference_test_ids is None else audit(entries, reference_test_ids, structures)
    with_structure = np.array([str(name) in structures for name in entries.index], dtype=bool)
    if not len(entries):
        raise InputError("there are no entries to split")
    board = _Board.of(entries, with_structure, groups(entries, bonds), reference)
    states = _walk(board, np.random.Generator(np.random.PCG64(seed)), steps, chains)
    polished = [_polish(board, state) for state in states[:POLISHED]]
    found = _best(entries, with_structure, board, [*polished, *states], reference)
    if found is None:
        largest = int(board.brings[:, 0].sum(axis=1).max())
        raise InputError(
            f"no split was found in which the test set holds {SHARE[0]:.0%} to {SHARE[1]:.0%} of the entries and of the structures"
            + (" and nothing is worse than in the present split" if reference else "")
            + f"; the largest of the {len(board.brings)} groups holds {largest} of {len(entries)} entries",
            cure="try another seed, or look at the groups with 'split --audit'",
        )
    names = [str(name) for name in entries.index]
    test = tuple(name for name, chosen in zip(names, found[board.member], strict=True) if chosen)
    return Search(tuple(name for name in names if name not in frozenset(test)), test, audit(entries, test, structures), reference)


@dataclass(frozen=True)
class _Board:
    """What a group brings to its side: ``brings`` (groups, 2, BINS), counts in each bin on the full set and on the subset with structures;
    ``total`` (2, BINS) their sum; ``member`` the group of each entry; ``width`` of a bin in decades; ``limits`` of the four distances;
    ``ties`` (ties, 2), pairs of groups with a common stoichiometry, and how many may be ``allowed`` on both sides.
    """

    brings: NDArray[np.float64]
    total: NDArray[np.float64]
    member: NDArray[np.int64]
    width: float
    limits: NDArray[np.float64] | None
    ties: NDArray[np.int64]
    allowed: int

    @classmethod
    def of(cls, entries: pd.DataFrame, with_structure: NDArray[np.bool_], group: pd.Series, reference: Audit | None) -> _Board:
        import numpy as np

        logs = log_conductivity(entries, PUBLISHED_BOUND)
        bins = bin_numbers(logs)
        names, member = np.unique(group.to_numpy(dtype=str), return_inverse=True)
        brings = np.zeros((len(names), 2, BINS))
        for subset, chosen in enumerate((np.ones_like(with_structure), with_structure)):
            np.add.at(brings[:, subset], (member[chosen], bins[chosen]), 1)
        ties = _ties(keys(entries, ("stoichiometry",)).values(), member.tolist())
        width = float(np.ptp(logs)) / BINS
        if reference is None:
            return cls(brings, brings.sum(axis=0), member, width, None, ties, 0)
        limits = np.nan_to_num(np.array(astuple(reference.likeness)), nan=np.inf)
        return cls(brings, brings.sum(axis=0), member, width, limits, ties, reference.n_leaks["stoichiometry"])

    def cost(self, test: NDArray[np.float64], state: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Objective and the price of everything that is not wanted.

        ``test`` (..., 2, BINS) are the counts of the test sets, ``state`` (..., groups) what stands in them.
        """
        import numpy as np

        n_test = test.sum(axis=-1, keepdims=True)
        n = self.total.sum(axis=-1, keepdims=True).clip(min=1)
        excess = test / n_test.clip(min=1) - (self.total - test) / (n - n_test).clip(min=1)
        distances = np.abs(excess).sum(axis=-1) / BINS
        share = (n_test / n)[..., 0]
        cost: NDArray[np.float64] = WEIGHT_FULL * distances[..., 0] + WEIGHT_STRUCTURES * distances[..., 1]
        over = np.maximum(np.maximum(SHARE[0] - share, share - SHARE[1]), 0)
        cost += PENALTY * (over[..., 0] + over[..., 1])
        if self.limits is not None:
            over = np.maximum(distances - self.limits[:2], 0)
            cost += over[..., 0] + over[..., 1]
            area = np.abs(np.cumsum(excess, axis=-1)).sum(axis=-1) * self.width
            over = np.maximum(area - self.limits[2:], 0)
            cost += PENALTY * (over[..., 0] + over[..., 1])
        if len(self.ties):
            broken = (state[..., self.ties[:, 0]] ^ state[..., self.ties[:, 1]]).sum(axis=-1)
            cost += TIE * broken + TIE_BEYOND * np.maximum(broken - self.allowed, 0)
        return cost


def _ties(stoichiometries: Iterable[tuple[Key, ...]], member: list[int]) -> NDArray[np.int64]:
    """Pairs of groups that share a stoichiometry, one row a pair and stoichiometry: (ties, 2)."""
    import numpy as np

    bearers: dict[Key, set[int]] = defaultdict(set)
    for own, group in zip(stoichiometries, member, strict=True):
        for key in own:
            bearers[key].add(group)
    pairs = [pair for _, found in sorted(bearers.items()) for pair in pairwise(sorted(found))]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _walk(board: _Board, generator: np.random.Generator, steps: int, chains: int) -> NDArray[np.bool_]:
    """The best state of each chain, the best chain first: (chains, groups), true for groups in the test set."""
    import numpy as np

    brings, rows = board.brings, np.arange(chains)
    state = _start(board, generator, chains)
    test = np.tensordot(state.astype(np.float64), brings, axes=1)
    cost = board.cost(test, state)
    best, best_cost = state.copy(), cost.copy()
    for temperature in np.geomspace(HOTTEST, COLDEST, steps):
        one, two = generator.integers(0, len(brings), size=(2, chains))
        lone = (generator.random(chains) < 0.5) | (one == two)
        sign_one = np.where(state[rows, one], -1.0, 1.0)
        sign_two = np.where(lone, 0.0, np.where(state[rows, two], -1.0, 1.0))
        moved = test + sign_one[:, None, None] * brings[one] + sign_two[:, None, None] * brings[two]
        flipped = state.copy()
        flipped[rows, one] ^= True
        flipped[rows, two] ^= ~lone
        new = board.cost(moved, flipped)
        taken = new - cost < -temperature * np.log(1 - generator.random(chains))
        test[taken], cost[taken] = moved[taken], new[taken]
        state[taken] = flipped[taken]
        better = cost < best_cost
        if better.any():
            best[better], best_cost[better] = state[better], cost[better]
    return best[np.argsort(best_cost, kind="stable")]


def _start(board: _Board, generator: np.random.Generator, chains: int) -> NDArray[np.bool_]:
    """Random states: groups in random order enter the test set while it stays within the middle of the allowed share."""
    import numpy as np

    sizes = board.brings[:, 0].sum(axis=1)
    target = (SHARE[0] + SHARE[1]) / 2 * sizes.sum()
    state = np.zeros((chains, len(sizes)), dtype=bool)
    for chain in range(chains):
        order = generator.permutation(len(sizes))
        state[chain, order[np.cumsum(sizes[order]) <= target]] = True
    return state


def _polish(board: _Board, state: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Move the group, or the pair of groups, that helps most, until none helps."""
    import numpy as np

    n = len(state)
    one, two = np.triu_indices(n)
    while True:
        change = np.where(state, -1.0, 1.0)[:, None, None] * board.brings
        test = board.brings[state].sum(axis=0)
        pairs = change[one] + np.where(one == two, 0.0, 1.0)[:, None, None] * change[two]
        flipped = np.repeat(state[None], len(one), axis=0)
        rows = np.arange(len(one))
        flipped[rows, one] ^= True
        flipped[rows, two] ^= one != two
        costs = board.cost(test + pairs, flipped)
        first = int(np.argmin(costs))
        if not costs[first] < board.cost(test, state) - 1e-12:
            return state
        state = flipped[first]


def _best(
    entries: pd.DataFrame,
    with_structure: NDArray[np.bool_],
    board: _Board,
    states: list[NDArray[np.bool_]],
    reference: Audit | None,
) -> NDArray[np.bool_] | None:
    """The state with the smallest objective among those that keep every limit when measured exactly."""
    published, at_bounds = log_conductivity(entries, PUBLISHED_BOUND), log_conductivity(entries)
    found: list[tuple[float, int]] = []
    for number, state in enumerate(states):
        in_test = state[board.member]
        shares = [in_test.mean()] + ([in_test[with_structure].mean()] if with_structure.any() else [])
        if not all(SHARE[0] <= share <= SHARE[1] for share in shares):
            continue
        mine = likeness(published, in_test, with_structure)
        if reference and not (
            mine.no_worse_than(reference.likeness)
            and likeness(at_bounds, in_test, with_structure).no_worse_than(reference.likeness_at_bounds)
        ):
            continue
        found.append((mine.objective if with_structure.any() else mine.distance, number))
    for _, number in sorted(found):
        test = entries.index[states[number][board.member]]
        if reference is None or _shared(leaks(entries, test)) <= _shared(reference.leaks):
            return states[number]
    return None


def _shared(leaking: pd.DataFrame) -> int:
    """Number of papers, compositions and stoichiometries on both sides."""
    return len(leaking[["bond", "key"]].drop_duplicates())
