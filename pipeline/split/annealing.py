"""A new split by simulated annealing over groups.

Many chains walk at the same time, each a row of the arrays, and a step moves one or two groups of every chain from one side to the
other. Counts are updated, never counted again, so a step costs the same whatever the number of entries. Entries are taken in the order of
their IDs and random numbers come from one seeded generator, so the seed alone decides the outcome.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.split.quality import (
    BINS,
    PUBLISHED_BOUND,
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
from pipeline.split.bonds import BONDS, Bond, groups
from schemas import columns as col

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CHAINS = 64
STEPS = 6000
#: Temperatures, in units of the objective: at the first nearly every move is taken, at the last only improvements.
HOTTEST, COLDEST = 2e-3, 1e-5
#: Cells in which the walk measures Wasserstein distances; the outcome is measured exactly.
CELLS = 100
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
    four distances may be larger than those of the reference split, whether upper bounds count at 1e-15 S/cm or where they stand.

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
    board = _Board.of(entries, structures, groups(entries, bonds))
    generator = np.random.Generator(np.random.PCG64(seed))
    states = _walk(board, reference, generator, steps, chains)
    found = _best(entries, structures, board, states, reference)
    if found is None:
        raise InputError(
            f"no split was found in which the test set holds {SHARE[0]:.0%} to {SHARE[1]:.0%} of the entries and of the structures"
            + (" and no distance is larger than those of the present split" if reference else "")
            + f"; the largest of the {board.sizes.shape[0]} groups holds {int(board.sizes[:, 0].max())} of {len(entries)} entries",
            cure="try another seed, or look at the groups with 'split --audit'",
        )
    names = [str(name) for name in entries.index]
    test = tuple(name for name, chosen in zip(names, found[board.member], strict=True) if chosen)
    return Search(tuple(name for name in names if name not in frozenset(test)), test, audit(entries, test, structures), reference)


@dataclass(frozen=True)
class _Board:
    """Counts a group brings to a side: ``histogram`` (groups, 2, BINS) and ``cumulative`` (groups, 2, CELLS) on the full set and the subset
    with structures, ``sizes`` (groups, 2); ``member`` is the group of each entry, ``cell`` the width of a cell in decades.
    """

    histogram: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    sizes: NDArray[np.float64]
    member: NDArray[np.int64]
    cell: float

    @classmethod
    def of(cls, entries: pd.DataFrame, structures: Collection[str], group: pd.Series) -> _Board:
        import numpy as np

        logs = log_conductivity(entries, PUBLISHED_BOUND)
        with_structure = np.array([str(name) in structures for name in entries.index], dtype=bool)
        names, member = np.unique(group.to_numpy(dtype=str), return_inverse=True)
        edges = np.linspace(logs.min(), logs.max(), CELLS + 1)
        cells = np.clip(np.searchsorted(edges, logs, side="right") - 1, 0, CELLS - 1)
        histogram = np.zeros((len(names), 2, BINS))
        density = np.zeros((len(names), 2, CELLS))
        for subset, chosen in enumerate((with_structure | True, with_structure)):
            np.add.at(histogram[:, subset], (member[chosen], bin_numbers(logs)[chosen]), 1)
            np.add.at(density[:, subset], (member[chosen], cells[chosen]), 1)
        return cls(histogram, density.cumsum(axis=2), histogram.sum(axis=2), member, float(edges[1] - edges[0]))


def _walk(
    board: _Board, reference: Audit | None, generator: np.random.Generator, steps: int, chains: int
) -> NDArray[np.bool_]:
    """The best state of each chain: (chains, groups), true for groups in the test set."""
    import numpy as np

    n_groups = len(board.sizes)
    limits = reference.likeness if reference else None
    state = _start(board, generator, chains)
    rows = np.arange(chains)
    totals = [part.sum(axis=0) for part in (board.histogram, board.cumulative, board.sizes)]
    counts = [np.tensordot(state.astype(np.float64), part, axes=1) for part in (board.histogram, board.cumulative, board.sizes)]
    cost = _cost(counts, totals, board.cell, limits)
    best, best_cost = state.copy(), cost.copy()
    parts = (board.histogram, board.cumulative, board.sizes)
    for temperature in np.geomspace(HOTTEST, COLDEST, steps):
        one, two = generator.integers(0, n_groups, size=(2, chains))
        lone = (generator.random(chains) < 0.5) | (one == two)
        sign_one = np.where(state[rows, one], -1.0, 1.0)
        sign_two = np.where(lone, 0.0, np.where(state[rows, two], -1.0, 1.0))
        moved = [
            count + _times(sign_one, part[one]) + _times(sign_two, part[two]) for count, part in zip(counts, parts, strict=True)
        ]
        new = _cost(moved, totals, board.cell, limits)
        taken = new - cost < -temperature * np.log(generator.random(chains) + 1e-300)
        if not taken.any():
            continue
        for count, change in zip(counts, moved, strict=True):
            count[taken] = change[taken]
        cost[taken] = new[taken]
        state[rows[taken], one[taken]] ^= True
        both = taken & ~lone
        state[rows[both], two[both]] ^= True
        better = cost < best_cost
        best[better], best_cost[better] = state[better], cost[better]
    return best[np.argsort(best_cost, kind="stable")]


def _start(board: _Board, generator: np.random.Generator, chains: int) -> NDArray[np.bool_]:
    """Random states: groups in random order enter the test set while it stays within the middle of the allowed share."""
    import numpy as np

    target = (SHARE[0] + SHARE[1]) / 2 * board.sizes[:, 0].sum()
    state = np.zeros((chains, len(board.sizes)), dtype=bool)
    for chain in range(chains):
        order = generator.permutation(len(board.sizes))
        state[chain, order[np.cumsum(board.sizes[order, 0]) <= target]] = True
    return state


def _times(sign: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
    return sign.reshape(-1, *([1] * (part.ndim - 1))) * part


def _cost(
    counts: list[NDArray[np.float64]], totals: list[NDArray[np.float64]], cell: float, limits: Likeness | None
) -> NDArray[np.float64]:
    """Objective of each chain, and what it oversteps."""
    import numpy as np

    histogram, cumulative, sizes = counts
    n_test = np.maximum(sizes, 1)[:, :, None]
    n_train = np.maximum(totals[2] - sizes, 1)[:, :, None]
    distances = np.abs((totals[0] - histogram) / n_train - histogram / n_test).mean(axis=2)
    share = sizes / totals[2].clip(min=1)
    cost: NDArray[np.float64] = distances @ np.array([WEIGHT_FULL, WEIGHT_STRUCTURES])
    cost += PENALTY * (np.maximum(SHARE[0] - share, 0) + np.maximum(share - SHARE[1], 0)).sum(axis=1)
    if limits is not None:
        wasserstein = np.abs((totals[1] - cumulative) / n_train - cumulative / n_test).sum(axis=2) * cell
        cost += np.maximum(distances - np.array([limits.distance, limits.distance_structures]), 0).sum(axis=1)
        cost += PENALTY * np.maximum(wasserstein - np.array([limits.wasserstein, limits.wasserstein_structures]), 0).sum(axis=1)
    return cost


def _best(
    entries: pd.DataFrame, structures: Collection[str], board: _Board, states: NDArray[np.bool_], reference: Audit | None
) -> NDArray[np.bool_] | None:
    """The first state, best first, that keeps every limit when measured exactly."""
    import numpy as np

    with_structure = np.array([str(name) in structures for name in entries.index], dtype=bool)
    published, at_bounds = log_conductivity(entries, PUBLISHED_BOUND), log_conductivity(entries)
    found: list[tuple[float, int]] = []
    for number, state in enumerate(states):
        in_test = state[board.member]
        shares = [in_test.mean()] + ([in_test[with_structure].mean()] if with_structure.any() else [])
        mine = likeness(published, in_test, with_structure)
        if not all(SHARE[0] <= share <= SHARE[1] for share in shares):
            continue
        if reference and not (
            mine.no_worse_than(reference.likeness)
            and likeness(at_bounds, in_test, with_structure).no_worse_than(reference.likeness_at_bounds)
        ):
            continue
        found.append((mine.objective if with_structure.any() else mine.distance, number))
    return states[min(found)[1]] if found else None
