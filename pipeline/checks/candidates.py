"""Which rows are worth comparing for duplicates: never all pairs.

Rows are sought in blocks (:mod:`pipeline.checks.blocks`): the same elements, and near in their shares, in the volume per atom or in the
value. What a verdict needs is tested on whole columns, with the numbers that the verdict itself uses, so that a pair that is no duplicate
costs nanoseconds and a row is compared with one or two of each kind; a row that repeats another to the letter is compared with that one
alone. Ten thousand copies of one material, equal or changed in the last digit, take seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from math import log

import numpy as np
from numpy.typing import NDArray

from pipeline.checks.blocks import SHARE, Block
from pipeline.checks.reading import Row
from pipeline.checks.sets import Budget
from pipeline.checks.windows import FEW, Floats, Places, parts, shared, spans

#: Largest multiple of a cell that is tried.
MULTIPLE = 4


def volumes_apart(near: float) -> float:
    """Part by which the volume of a cell may miss that of another, or a multiple of it, when no length misses by more than ``near``."""
    return 4 * near


class Candidates:
    """Rows before a given one that may be its double, kind by kind; within a kind in the order of the table.

    A kind is such that the first row of it which is a double at all tells the verdict for the kind: nobody need look further. Which row
    that is is told by whole columns wherever both cells are taken as they are given; only where another setting has to be sought must a
    pair be compared to know, and of these comparisons a table has a budget.
    """

    def __init__(self, rows: Sequence[Row], budget: Budget, *, same: float, near: float, angle: float, value: float, slip: float) -> None:
        self._same, self._near, self._angle, self._value, self._slip = same, near, angle, value, slip
        places: dict[frozenset[str], list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            if row.reduced:
                places[frozenset(row.reduced)].append(place)
        groups = (group for found in places.values() if len(found) > 1 for group in _groups(rows, found))
        self._blocks = [Block(rows, np.array(group), 2 * value) for group in groups if len(group) > 1]
        self._home = np.full((len(rows), 2), -1, dtype=np.int32)  # number of the block of each row, and its place there
        for number, block in enumerate(self._blocks):
            self._home[block.places, 0] = number
            self._home[block.places, 1] = np.arange(len(block.places))
        self.budget = budget

    def kinds(self, place: int) -> Iterator[Iterator[int]]:
        """Positions of rows that may be a double of this one, for each kind."""
        number, local = self._home[place].tolist()
        if number < 0:
            return
        block = self._blocks[number]
        near, valued, reported = block.near_in_size(local), block.near_in_value(local), block.of_paper_and_group(local)
        if not len(near) and not len(valued) and not len(reported):
            return
        given, lengths = block.as_given(local, near, 2 * self._near, self._angle)
        identical = given[lengths <= self._same]
        one_group = block.of_group(local, identical)
        same = identical[one_group]
        if len(identical):
            yield self._of_papers(block, local, same, True)
            yield self._of_papers(block, local, same, False)
            yield _at(block, identical[~one_group])
        valued = block.without(valued, identical)
        if len(valued):
            yield from self._valued(block, local, valued)
        if len(given):
            yield self._of_others(block, local, given, lengths)
        reported = block.without(reported, same, valued)
        if len(reported):
            yield self._slipped(block, local, reported, True)
            yield self._slipped(block, local, reported, False)
        if len(given) < len(near):
            others = block.without(near, given)
            yield self._sought(self._other_settings, block, local, others)
            if block.has_multiples:
                yield self._sought(self._multiples, block, local, others)

    def _valued(self, block: Block, local: int, found: Places) -> Iterator[Iterator[int]]:
        """Kinds among rows of nearly this one's value."""
        ours = block.of_papers(local, found)
        equal = self._same_value(block, local, found)
        alike = block.of_group(local, found)
        yield _at(block, found[ours & equal])
        if block.group[local] > 0:
            yield _at(block, found[ours & ~equal & alike])
        else:
            yield self._sought(self._other_settings, block, local, found[ours & ~equal & alike])
        yield _at(block, found[~ours & equal & ~block.bound[found]])

    def _same_value(self, block: Block, local: int, found: Places) -> NDArray[np.bool_]:
        mine, theirs = block.conductivity[local], block.conductivity[found]
        equal = np.abs(theirs - mine) <= self._value * np.maximum(theirs, mine)
        return np.asarray(equal & (block.bound[found] == block.bound[local]))

    def _of_papers(self, block: Block, local: int, found: Places, are_ours: bool) -> Iterator[int]:
        """Of these rows those that share a paper with this one, or those that do not."""
        few = None if are_ours else block.strangers(local)
        if few is not None:
            yield from _at(block, shared(found, few))
            return
        for part in parts(found):
            yield from _at(block, part[block.of_papers(local, part) == are_ours])

    def _of_others(self, block: Block, local: int, given: Places, lengths: Floats) -> Iterator[int]:
        """Rows of other papers and this one's group with a near cell: those that are near as they are given.

        Where none is, those that are only nearly near: they may be near in another setting, which costs to find out.
        """
        few = block.strangers(local)
        if few is not None:
            there = shared(given, few)
            given, lengths = there, lengths[np.searchsorted(given, there)]
        for span in spans(len(given)) if block.group[local] > 0 else ():
            part, apart = given[span], lengths[span]
            near = part[(apart > self._same) & (apart <= self._near) & block.of_group(local, part)]
            others = near[~block.of_papers(local, near)]
            others = others[block.bound[others] | ~self._same_value(block, local, others)]
            if len(others):
                yield from _at(block, others)
                return
        nearly = given[lengths > self._near]
        nearly = nearly[block.of_group(local, nearly)]
        fitting, multiple = block.of_multiple(local, nearly, volumes_apart(self._near))
        yield from self._spared(self._of_papers(block, local, fitting[multiple == 1], False))

    def _slipped(self, block: Block, local: int, found: Places, are_slipped: bool) -> Iterator[int]:
        """Of these rows those whose value is as far from this one's as a slip of the unit, or those whose value is nearer or unknown."""
        least = log(self._slip) - 1e-9
        few = block.far_in_value(local, least) if are_slipped else None
        if few is not None:
            yield from _at(block, shared(found, few))
            return
        for part in parts(found):
            slipped = np.abs(block.value[part] - block.value[local]) >= least
            yield from _at(block, part[slipped == are_slipped])

    def _other_settings(self, block: Block, local: int, found: Places) -> Iterator[int]:
        """Of these rows those whose cell has this one's volume and shape."""
        for part in parts(found):
            alike = block.same_shape(local, block.of_volume(local, part, 2 * volumes_apart(self._near)))
            fitting, multiple = block.of_multiple(local, alike, volumes_apart(self._near))
            yield from _at(block, fitting[multiple == 1])

    def _multiples(self, block: Block, local: int, found: Places) -> Iterator[int]:
        """Of these rows those whose cell is a small multiple of this one's, or the reverse."""
        for part in parts(found):
            fitting, multiple = block.of_multiple(local, part, volumes_apart(self._near))
            yield from _at(block, fitting[(multiple > 1) & (multiple <= MULTIPLE)])

    @property
    def looked_at(self) -> int:
        """How many pairs of rows were tested for the same composition: the work that could grow with the square."""
        return sum(block.looked_at for block in self._blocks)

    def _sought(self, search: Callable[[Block, int, Places], Iterator[int]], block: Block, local: int, found: Places) -> Iterator[int]:
        """What a search finds among these rows, as long as it may be asked for; then it only matters whether there is any, and a few
        rows from everywhere are looked at before all."""
        few = (found[:: len(found) // FEW],) if len(found) > 4 * FEW and not self.budget.is_left() else ()
        return self._spared(chain.from_iterable(search(block, local, part) for part in (*few, found)))

    def _spared(self, found: Iterator[int]) -> Iterator[int]:
        """Rows that may have to be compared in every setting, as long as that may be asked for."""
        for place in found:
            if not self.budget.is_left():
                self.budget.refused += 1
                return
            yield place


def _at(block: Block, found: Places) -> Iterator[int]:
    """Positions in the table, a few at first: the first is seldom not enough."""
    for part in parts(found):
        yield from block.places[part].tolist()


def _groups(rows: Sequence[Row], found: Sequence[int]) -> Iterator[list[int]]:
    """These rows, parted wherever the share of lithium leaps by more than it differs between rows that are compared."""
    amounts = (rows[place].reduced or {} for place in found)
    share = np.array([each.get("Li", 0.0) / max(sum(each.values()), 1e-300) for each in amounts])
    order = np.argsort(share, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(share[order]) > SHARE * (1 + 1e-9)) + 1):
        yield [found[i] for i in np.sort(part).tolist()]
