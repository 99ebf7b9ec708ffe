"""Sets of rows that are compared with one another and with no others, and the comparisons that cost much.

A table may ask for so many of these. The sets take their turns: each may ask for what those before it left. Where they are judged at the
same time, each is judged as if it were the first, and those to which less was left are judged again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

#: Positions of rows in a table, ascending.
Places = list[int]
S = TypeVar("S")
R = TypeVar("R")

#: Cells of one volume and shape whose axes differ, and cells that are multiples of one another, are compared in every setting, at 3 ms a
#: pair: so many pairs of a table of up to thirty thousand rows, one for a hundred rows beyond. The release needs 14.
SETTINGS_TRIED = 300


def sets(keys: Iterable[Hashable], new: Sequence[bool]) -> list[Places]:
    """Positions that have one key, in the order of the first of them; of those that have ``None``, of single ones and of old ones none."""
    found: dict[Hashable, Places] = defaultdict(list)
    for place, key in enumerate(keys):
        if key is not None:
            found[key].append(place)
    return [places for places in found.values() if len(places) > 1 and any(new[place] for place in places)]


def settings_tried(rows: int) -> int:
    """How many pairs of a table of so many rows are compared in every setting."""
    return max(SETTINGS_TRIED, rows // 100)


@dataclass
class Budget:
    """Costly comparisons that may still be asked for, how often one more was wanted, and whether anybody wanted to know what is left."""

    left: int
    refused: int = 0
    was_asked: bool = False

    def is_left(self) -> bool:
        """Whether one may be asked for."""
        self.was_asked = True
        return self.left > 0

    def take(self) -> bool:
        """Whether one more may be made."""
        if not self.is_left():
            self.refused += 1
            return False
        self.left -= 1
        return True


@dataclass(frozen=True)
class Judged(Generic[R]):
    """What was said of a set of rows, how many comparisons it took, and whether more or fewer could have made a difference."""

    said: R
    spent: int
    was_asked: bool


def judged(judge: Callable[[S, Budget], R], of: S, left: int) -> Judged[R]:
    """Judge a set of rows that may ask for so many comparisons."""
    budget = Budget(left)
    said = judge(of, budget)
    return Judged(said, left - budget.left, budget.was_asked)


def in_turn(judge: Callable[[S, Budget], R], sets: Iterable[S], total: int) -> Iterator[R]:
    """Judge sets one after the other, of which all together may ask for so many comparisons."""
    for each in sets:
        found = judged(judge, each, total)
        total -= found.spent
        yield found.said


def as_in_turn(first: Sequence[Judged[R]], total: int, again: Callable[[Sequence[int], int], Iterable[Judged[R]]]) -> list[R]:
    """What :func:`in_turn` says, from sets that were judged each as if it were the first.

    Parameters
    ----------
    first
        What was said of each set where it might ask for all comparisons.
    total
        How many these were.
    again
        Judges the sets at some places once more, each with so many comparisons.
    """
    found, left = list(first), total
    for place, each in enumerate(first):
        if left == 0:
            wanting = [later for later in range(place, len(first)) if first[later].was_asked]
            for later, without in zip(wanting, again(wanting, 0), strict=True):
                found[later] = without
            break
        if each.spent >= left and left < total:
            (found[place],) = again([place], left)
        left -= found[place].spent
    return [each.said for each in found]
