"""A new split by simulated annealing over groups.

Many chains walk at the same time, each a row of the arrays, and a step moves one or two groups of every chain from one side to the
other. Counts are updated, never counted again, so a step costs the same whatever the number of entries. Entries are taken in the order of
their IDs and random numbers come from one seeded generator, so the seed alone decides the outcome.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.split.bonds import BONDS, Bond, Key, groups, keys, leaks
from pipeline.split.quality import (
    BINS,
    SHARE,
    WEIGHT_FULL,
    WEIGHT_STRUCTURES,
    Audit,
    Likeness,
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
POLISHED = 16
#: Moves of least cost that are looked at once more, with the exact distances.
LOOKED_AT = 48
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
    bonds: tuple[Bond, ...] = BONDS,
    steps: int = STEPS,
    chains: int = CHAINS,
) -> Search:
    """Find the split with the smallest objective.

    The test share stays between 20 and 30 % on the full set and on the subset with structures. Beside the objective, none of the
    four distances may be larger than those of the reference split, whether upper bounds count at 1e-15 S/cm or where they stand, and
    no more stoichiometries may stand on both sides. By default none may; by the paper's rule, ``bonds=PUBLISHED_BONDS``, as many as there.

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
    """What a group brings to its side: ``brings`` (groups, 2, BINS), counts in each bin on the full set and the subset with structures;
    ``total`` (2, BINS) their sum; ``member`` the group of each entry; ``width`` of a bin in decades; ``limits`` of the four distances;
    ``ties`` (ties, 2), pairs of groups with a common stoichiometry, and how many may be ``allowed`` on both sides; ``exact`` what the bins
    only come near to.
    """

    brings: NDArray[np.float64]
    total: NDArray[np.float64]
    member: NDArray[np.int64]
    width: float
    limits: NDArray[np.float64] | None
    ties: NDArray[np.int64]
    allowed: int
    exact: tuple[_Exact, ...] = ()

    @classmethod
    def of(cls, entries: pd.DataFrame, with_structure: NDArray[np.bool_], group: pd.Series, reference: Audit | None) -> _Board:
        import numpy as np

        logs = log_conductivity(entries, PUBLISHED_BOUND)
        _, member = np.unique(group.to_numpy(dtype=str), return_inverse=True)
        brings = _brought(bin_numbers(logs), BINS, member, with_structure)
        ties = _ties(keys(entries, ("stoichiometry",)).values(), member.tolist())
        width = float(np.ptp(logs)) / BINS
        if reference is None:
            return cls(brings, brings.sum(axis=0), member, width, None, ties, 0)
        limits = np.nan_to_num(np.array(astuple(reference.likeness)), nan=np.inf)
        pairs = ((logs, reference.likeness), (log_conductivity(entries), reference.likeness_at_bounds))
        exact = tuple(_Exact.of(each, member, with_structure, found) for each, found in pairs)
        return cls(brings, brings.sum(axis=0), member, width, limits, ties, reference.n_leaks["stoichiometry"], exact)

    def choices(self, state: NDArray[np.bool_]) -> list[tuple[int, ...]]:
        """Groups of one side that bring the same and have no tie, together; every other group alone."""
        tied = set(self.ties.ravel().tolist())
        found: dict[object, list[int]] = defaultdict(list)
        for group, (side, own) in enumerate(zip(state.tolist(), self.kinds, strict=True)):
            found[group if group in tied else (side, own)].append(group)
        return [tuple(each) for each in found.values()]

    @cached_property
    def kinds(self) -> list[bytes]:
        """What each group brings, as a key."""
        return [
            b"".join(each[group].tobytes() for each in (self.brings, *(one.brings for one in self.exact)))
            for group in range(len(self.brings))
        ]

    def cost(self, test: NDArray[np.float64], state: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Objective and the price of everything that is not wanted.

        ``test`` (..., 2, BINS) are the counts of the test sets, ``state`` (..., groups) what stands in them.
        """
        import numpy as np

        share, excess = _apart(test, self.total)
        distances = np.abs(excess).sum(axis=-1) / BINS
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


@dataclass(frozen=True)
class _Exact:
    """The Wasserstein distances without bins: ``brings`` (groups, 2, values) counts of each value of log10 of the conductivity that occurs,
    ``total`` (2, values) their sum, ``gaps`` (values) in decades to the next one, ``limits`` (2) on the full set and on the subset.
    """

    brings: NDArray[np.float64]
    total: NDArray[np.float64]
    gaps: NDArray[np.float64]
    limits: NDArray[np.float64]

    @classmethod
    def of(cls, logs: NDArray[np.float64], member: NDArray[np.int64], with_structure: NDArray[np.bool_], reference: Likeness) -> _Exact:
        import numpy as np

        values, place = np.unique(logs, return_inverse=True)
        brings = _brought(place, len(values), member, with_structure)
        limits = np.nan_to_num(np.array(astuple(reference))[2:], nan=np.inf)
        return cls(brings, brings.sum(axis=0), np.append(np.diff(values), 0.0), limits)

    def beyond(self, test: NDArray[np.float64]) -> NDArray[np.float64]:
        """The price of what is beyond the limits."""
        import numpy as np

        _, excess = _apart(test, self.total)
        over = np.maximum((np.abs(np.cumsum(excess, axis=-1)) * self.gaps).sum(axis=-1) - self.limits, 0)
        price: NDArray[np.float64] = PENALTY * (over[..., 0] + over[..., 1])
        return price


def _brought(place: NDArray[np.int64], places: int, member: NDArray[np.int64], with_structure: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What each group brings to each place, on the full set and on the subset with structures: (groups, 2, places)."""
    import numpy as np

    brings = np.zeros((int(member.max()) + 1, 2, places))
    for subset, chosen in enumerate((np.ones_like(with_structure), with_structure)):
        np.add.at(brings[:, subset], (member[chosen], place[chosen]), 1)
    return brings


def _apart(test: NDArray[np.float64], total: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Test share, and the difference of the two distributions by place, each on the full set and the subset."""
    n_test = test.sum(axis=-1, keepdims=True)
    n = total.sum(axis=-1, keepdims=True).clip(min=1)
    excess: NDArray[np.float64] = test / n_test.clip(min=1) - (total - test) / (n - n_test).clip(min=1)
    return (n_test / n)[..., 0], excess


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
    """Move the group, or the pair of groups, that helps most, until none helps; the Wasserstein distances are exact here.

    Groups of one side that bring the same and share no stoichiometry with another are one choice, which leaves a third of the pairs.
    """
    import numpy as np

    state = state.copy()
    while True:
        choices = board.choices(state)
        ones = [each[0] for each in choices]
        pairs = [*((each, each) for each in ones), *combinations(ones, 2), *((each[0], each[1]) for each in choices if len(each) > 1)]
        one, two = np.array(pairs, dtype=np.int64).T
        second = one != two
        flipped = state[None]
        if len(board.ties):
            flipped, rows = np.repeat(state[None], len(one), axis=0), np.arange(len(one))
            flipped[rows, one] ^= True
            flipped[rows, two] ^= second
        costs = board.cost(_moved(board.brings, state, one, two), flipped)
        first = np.argsort(costs, kind="stable")[:LOOKED_AT]
        costs, now = costs[first], board.cost(board.brings[state].sum(axis=0), state)
        for exact in board.exact:
            costs = costs + exact.beyond(_moved(exact.brings, state, one[first], two[first]))
            now = now + exact.beyond(exact.brings[state].sum(axis=0))
        best = int(np.argmin(costs))
        if not costs[best] < now - 1e-12:
            return state
        state[one[first[best]]] ^= True
        state[two[first[best]]] ^= bool(second[first[best]])


def _moved(brings: NDArray[np.float64], state: NDArray[np.bool_], one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.float64]:
    """Counts of the test set after each move of one group, or of two where they differ: (moves, 2, BINS)."""
    import numpy as np

    signs = np.where(state, -1.0, 1.0)
    test: NDArray[np.float64] = brings[state].sum(axis=0)
    counts: NDArray[np.float64] = test + signs[one][:, None, None] * brings[one]
    counts += np.where(one == two, 0.0, signs[two])[:, None, None] * brings[two]
    return counts


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
