"""The last steps of a search for a split: the move that helps most, until none helps.

A move takes one group, or two, to the other side. Groups that bring the same counts to the bins cost the same to move, so costs are told
once for each pair of kinds, of which there are far fewer than pairs of groups, and in portions, so that memory does not grow with them.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from heapq import merge
from itertools import combinations, islice
from math import inf
from typing import TYPE_CHECKING

from pipeline.split.board import Board
from pipeline.split.quality import BINS, WEIGHT_FULL, WEIGHT_STRUCTURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

#: Moves of least cost that are looked at once more, with the exact distances.
LOOKED_AT = 48
#: Pairs of kinds whose costs are told at a time.
PORTION = 4096
#: Pairs of kinds of the least floors whose costs are told first: most often no other can be among the moves looked at.
NEAR = 512
#: Pairs of kinds that are told at a time whether they are hopeful, and what floating point may be off in that.
CELLS, NOISE = 1 << 16, 1e-9
#: What single precision may be off in a cost, and ten times more: a bin is off by 6e-8 of a share.
SINGLE = 1e-6


def polished(board: Board, state: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Move the group, or the pair of groups, that helps most, until none helps; the Wasserstein distances are exact here.

    Groups of one side that bring the same and share no stoichiometry with another are one choice: of these the first is moved, or the
    first two.
    """
    import numpy as np

    state = state.copy()
    while True:
        now = float(board.cost(board.brings[state].sum(axis=0), board.broken(state)))
        best: tuple[int, ...] = ()
        best_cost = _exactly(board, state, now) - 1e-12
        for cost, groups in Moves.of(board, state).least(LOOKED_AT, best_cost):
            if cost >= best_cost:
                break
            exactly = _exactly(board, state, cost, groups)
            if exactly < best_cost:
                best, best_cost = groups, exactly
        if not best:
            return state
        state[np.array(best)] ^= True


def _exactly(board: Board, state: NDArray[np.bool_], cost: float, groups: tuple[int, ...] = ()) -> float:
    """A cost in the bins, and the price of the exact Wasserstein distances after a move of some groups."""
    for exact in board.exact:
        cost += float(exact.beyond(exact.test(state, groups)))
    return cost


#: Where a move stands in the order of all: single choices, then pairs of choices, then two groups of one choice; then its choices.
_Place = tuple[int, int, int]


@dataclass(frozen=True)
class Moves:
    """What can be moved in a state.

    ``choices`` are groups that are one choice; ``of_kind`` the choices of each kind, which cost the same to move; ``change``
    (kinds + 1, 2, BINS) is what a group of the kind does to the counts of the test set, ``breaks`` (kinds + 1) what to the ties between the
    sides, both nothing for the last kind, which is no group. ``tied`` are pairs of choices with ties to one another, and how many ties the
    two break less together than one by one.
    """

    board: Board
    test: NDArray[np.float64]
    broken: int
    choices: list[tuple[int, ...]]
    of_kind: list[list[int]]
    change: NDArray[np.float64]
    breaks: NDArray[np.int64]
    tied: dict[tuple[int, int], int]

    @classmethod
    def of(cls, board: Board, state: NDArray[np.bool_]) -> Moves:
        """What can be moved in this state (groups)."""
        import numpy as np

        pairs, ties = board.tied
        same = np.where(state[pairs[:, 0]] == state[pairs[:, 1]], ties, -ties)
        breaks = np.zeros(len(state), dtype=np.int64)
        np.add.at(breaks, pairs, same[:, None])
        choices = _choices(board, state)
        number = {each[0]: place for place, each in enumerate(choices)}
        kinds: dict[tuple[bool, int, int], list[int]] = defaultdict(list)
        for place, key in enumerate(
            zip(*(each[[own[0] for own in choices]].tolist() for each in (state, board.alike, breaks)), strict=True)
        ):
            kinds[key].append(place)
        first = np.array([choices[places[0]][0] for places in kinds.values()], dtype=np.int64)
        change = np.where(state[first], -1.0, 1.0)[:, None, None] * board.brings[first]
        tied = {(number[one], number[two]): both for (one, two), both in zip(pairs.tolist(), (2 * same).tolist(), strict=True)}
        return cls(
            board, board.brings[state].sum(axis=0), int(board.broken(state)), choices, list(kinds.values()),
            np.concatenate([change, np.zeros_like(change[:1])]), np.append(breaks[first], 0), tied,
        )  # fmt: skip

    def least(self, wanted: int, below: float) -> list[tuple[float, tuple[int, ...]]]:
        """Cost in the bins and groups of the moves of least cost; equal ones in the order of :data:`_Place`.

        A move that costs ``below`` or more may be left out.
        """
        import numpy as np

        one, two, counts = self._pairs_of_kinds(below)
        floors, costs = self._floors(one, two), np.full(len(one), np.inf)
        near = np.argpartition(floors, NEAR)[:NEAR] if len(floors) > NEAR else np.arange(len(floors))
        costs[near] = self._costs(one[near], two[near])
        near = np.flatnonzero((floors <= _last(costs, counts, wanted)) & np.isinf(costs))
        costs[near] = self._costs(one[near], two[near])
        found = [
            (float(costs[number]), place)
            for number in np.flatnonzero(costs <= _last(costs, counts, wanted)).tolist()
            for place in islice(self._places(int(one[number]), int(two[number])), wanted)
        ]
        found += [(cost, (1, *pair)) for cost, pair in zip(self._costs_of_tied().tolist(), self.tied, strict=True)]
        return [(cost, self._groups(place)) for cost, place in sorted(found)[:wanted]]

    def _pairs_of_kinds(self, below: float = inf) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Every two kinds that may cost less, and of how many moves; two choices with a tie to one another are none of these."""
        import numpy as np

        sizes = np.array([*map(len, self.of_kind), 1])
        twice = np.array([*(sum(len(self.choices[place]) > 1 for place in places) for places in self.of_kind), 0])
        one, two = self._hopeful(below)
        counts = np.where(one == two, sizes[one] * (sizes[one] - 1) // 2 + twice[one], sizes[one] * sizes[two])
        if self.tied and len(one):
            tied, times = np.unique(np.sort(self._kinds_of_tied(), axis=1) @ (len(sizes), 1), return_counts=True)
            place = np.searchsorted(tied, one * len(sizes) + two).clip(max=len(tied) - 1)
            counts -= np.where(tied[place] == one * len(sizes) + two, times[place], 0)
        there = counts > 0
        return one[there], two[there], counts[there]

    def _hopeful(self, below: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every two kinds but those that cost ``below`` or more for certain.

        With t of n entries in the test set, the distance of the sides is n / t (n - t) times the sum, over the bins, of what the test set
        holds away from its share of all. That sum is convex in what moves: after two moves it is at least what it is after the first, and
        what its slope there makes of the second. Bins cross their share, where the slope turns, in few moves, so little is given away.
        """
        import numpy as np

        size, n = self.change.sum(axis=-1), self.board.total.sum(axis=-1).clip(min=1)
        moved = self.change - self.board.total * (size / n)[..., None]
        after = self.test - self.board.total * (self.test.sum(axis=-1) / n)[:, None] + moved
        alone, slope, weights = np.abs(after).sum(axis=-1), np.sign(after), np.array((WEIGHT_FULL, WEIGHT_STRUCTURES)) / BINS
        n_test, found, rows = self.test.sum(axis=-1) + size, [], max(1, CELLS // len(size))
        for start in range(0, len(size), rows):
            these, others = slice(start, start + rows), slice(start, None)
            least = self.board.price_of_ties(self.broken + self.breaks[these, None] + self.breaks[others])
            for subset, weight in enumerate(weights):
                own, theirs = moved[these, subset], moved[others, subset]
                apart = np.maximum(
                    alone[these, subset, None] + slope[these, subset] @ theirs.T, alone[others, subset] + own @ slope[others, subset].T
                )
                test = n_test[these, subset, None] + size[others, subset]
                least += weight * n[subset] / (test.clip(min=1) * (n[subset] - test).clip(min=1)) * apart
            found.append(np.argwhere(np.triu(least - NOISE < below)) + start)
        one, two = np.concatenate(found).T
        return one, two

    def _kinds_of_tied(self) -> NDArray[np.int64]:
        """Kinds of two choices with a tie to one another: (pairs, 2)."""
        import numpy as np

        kind = {place: number for number, places in enumerate(self.of_kind) for place in places}
        return np.array([(kind[one], kind[two]) for one, two in self.tied], dtype=np.int64).reshape(-1, 2)

    def _costs_of_tied(self) -> NDArray[np.float64]:
        """Costs in the bins of moving two choices with a tie to one another: (pairs)."""
        import numpy as np

        one, two = self._kinds_of_tied().T
        return self._costs(one, two, np.fromiter(self.tied.values(), dtype=np.int64, count=len(self.tied)))

    def _costs(self, one: NDArray[np.int64], two: NDArray[np.int64], less: NDArray[np.int64] | int = 0) -> NDArray[np.float64]:
        """Costs in the bins after a group of each kind of ``one`` has moved, and one of ``two``; together they break ``less`` ties."""
        import numpy as np

        broken, costs = self.broken + self.breaks[one] + self.breaks[two] - less, np.empty(len(one))
        for part in _portions(len(one)):
            costs[part] = self.board.cost(self.test + self.change[one[part]] + self.change[two[part]], broken[part])
        return costs

    def _floors(self, one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.float64]:
        """What :meth:`_costs` are at least: in single precision, and without the price of the areas."""
        import numpy as np

        board, size = self.board, self.change.sum(axis=-1)
        n, n_test = board.total.sum(axis=-1), self.test.sum(axis=-1) + size[one] + size[two]
        # test / n_test - (total - test) / (n - n_test), a product and a difference for each bin
        of_all = 1 / (n - n_test).clip(min=1)
        of_test = (1 / n_test.clip(min=1) + of_all).astype(np.float32)
        change, test, total = (each.astype(np.float32) for each in (self.change, self.test, board.total))
        sums = np.kron(np.eye(2), np.ones((BINS, 1))).astype(np.float32) / BINS
        distances = np.empty((len(one), 2))
        for part in _portions(len(one)):
            excess = change[one[part]] + change[two[part]]
            excess += test
            excess *= of_test[part, :, None]
            excess -= of_all[part, :, None].astype(np.float32) * total
            distances[part] = np.abs(excess, out=excess).reshape(-1, 2 * BINS) @ sums
        broken = self.broken + self.breaks[one] + self.breaks[two]
        return board.price(n_test / n.clip(min=1), distances) + board.price_of_ties(broken) - SINGLE

    def _places(self, one: int, two: int) -> Iterator[_Place]:
        """Moves of one choice of each of two kinds, in their order; those of two choices with a tie to one another left out."""
        ours = self.of_kind[one]
        if two == len(self.of_kind):
            yield from ((0, place, place) for place in ours)
        elif one == two:
            yield from ((1, p, q) for p, q in combinations(ours, 2) if (p, q) not in self.tied)
            yield from ((2, p, p) for p in ours if len(self.choices[p]) > 1)
        else:
            mine, theirs = frozenset(ours), self.of_kind[two]
            for p in merge(ours, theirs):
                others = theirs if p in mine else ours
                yield from ((1, p, q) for q in others[bisect(others, p) :] if (p, q) not in self.tied)

    def _groups(self, place: _Place) -> tuple[int, ...]:
        """The groups that a move takes to the other side."""
        section, one, two = place
        if section == 2:
            return self.choices[one][:2]
        return tuple(self.choices[each][0] for each in dict.fromkeys((one, two)))


def _last(costs: NDArray[np.float64], counts: NDArray[np.int64], wanted: int) -> float:
    """The cost up to which there are as many moves as are wanted."""
    import numpy as np

    order = np.argsort(costs, kind="stable")
    if not len(costs):
        return -np.inf
    enough = np.searchsorted(np.cumsum(counts[order]), wanted)
    return float(costs[order[min(int(enough), len(order) - 1)]])


def _portions(number: int) -> Iterator[slice]:
    return (slice(start, start + PORTION) for start in range(0, number, PORTION))


def _choices(board: Board, state: NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """Groups of one side that bring the same and have no tie, together; every other group alone."""
    tied = frozenset(board.ties.ravel().tolist())
    found: dict[object, list[int]] = defaultdict(list)
    for group, (side, own) in enumerate(zip(state.tolist(), board.kinds.tolist(), strict=True)):
        found[group if group in tied else (side, own)].append(group)
    return [tuple(each) for each in found.values()]
