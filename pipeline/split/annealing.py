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
from pipeline.split.board import Board
from pipeline.split.bonds import BONDS, Bond, groups, leaks
from pipeline.split.polish import polished
from pipeline.split.quality import SHARE, Audit, audit, likeness, log_conductivity
from schemas.entries import PUBLISHED_BOUND

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CHAINS = 256
STEPS = 2600
#: Temperatures, in units of the objective: at the first nearly every move is taken, at the last only improvements.
HOTTEST, COLDEST = 4e-3, 3e-5
#: Chains whose outcome is polished.
POLISHED = 16


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
    board = Board.of(entries, with_structure, groups(entries, bonds), reference)
    states = _walk(board, np.random.Generator(np.random.PCG64(seed)), steps, chains)
    better = [polished(board, state) for state in states[:POLISHED]]
    found = _best(entries, with_structure, board, [*better, *states], reference)
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


def _walk(board: Board, generator: np.random.Generator, steps: int, chains: int) -> NDArray[np.bool_]:
    """The best state of each chain, the best chain first: (chains, groups), true for groups in the test set."""
    import numpy as np

    brings, rows = board.brings, np.arange(chains)
    state = _start(board, generator, chains)
    test = np.tensordot(state.astype(np.float64), brings, axes=1)
    broken = board.broken(state)
    cost = board.cost(test, broken)
    best, best_cost = state.copy(), cost.copy()
    for temperature in np.geomspace(HOTTEST, COLDEST, steps):
        one, two = generator.integers(0, len(brings), size=(2, chains))
        lone = (generator.random(chains) < 0.5) | (one == two)
        sign_one = np.where(state[rows, one], -1.0, 1.0)
        sign_two = np.where(lone, 0.0, np.where(state[rows, two], -1.0, 1.0))
        moved = test + sign_one[:, None, None] * brings[one] + sign_two[:, None, None] * brings[two]
        state[rows, one] ^= True
        state[rows, two] ^= ~lone
        would_break = board.broken(state)
        new = board.cost(moved, would_break)
        taken = new - cost < -temperature * np.log(1 - generator.random(chains))
        state[rows, one] ^= ~taken
        state[rows, two] ^= ~taken & ~lone
        test[taken], cost[taken], broken[taken] = moved[taken], new[taken], would_break[taken]
        better = cost < best_cost
        if better.any():
            best[better], best_cost[better] = state[better], cost[better]
    return best[np.argsort(best_cost, kind="stable")]


def _start(board: Board, generator: np.random.Generator, chains: int) -> NDArray[np.bool_]:
    """Random states: groups in random order enter the test set while it stays within the middle of the allowed share."""
    import numpy as np

    sizes = board.brings[:, 0].sum(axis=1)
    target = (SHARE[0] + SHARE[1]) / 2 * sizes.sum()
    state = np.zeros((chains, len(sizes)), dtype=bool)
    for chain in range(chains):
        order = generator.permutation(len(sizes))
        state[chain, order[np.cumsum(sizes[order]) <= target]] = True
    return state


def _best(
    entries: pd.DataFrame,
    with_structure: NDArray[np.bool_],
    board: Board,
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
