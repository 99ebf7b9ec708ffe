"""Rows that are near one another in two columns, found without looking at all pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

#: Rows up to which they are looked at one by one, and not by a mask over the whole block.
FEW = 64


class Windows:
    """Rows near another in the share of lithium and in one more column, in the order of the table.

    The rows are sorted by either column once, so that a row finds its neighbours in both as slices; the shorter slice is gone through, or
    the rows before it where these are fewer still.
    """

    def __init__(self, share: Floats, spread: Floats, column: Floats, within: float) -> None:
        self._share, self._spread, self._column, self._within = share, spread, column, within
        self._one_share = bool(share.max() - share.min() < spread.min())
        self._all_near = self._one_share and bool(np.isfinite(column).all()) and bool(column.max() - column.min() <= within)
        self._every, self._apart = np.arange(len(share)), np.empty(len(share))
        self._by_share = Sorted(share, np.full(len(share), spread.max()))
        self._by_column = Sorted(column, np.full(len(column), within))

    def before(self, place: int) -> Places:
        """Earlier rows near in both, in the order of the table."""
        if self._all_near:
            return self._every[:place]
        part = min(self._by_column.around(place), self._by_share.around(place), key=len)
        if len(part) <= 1:  # the row itself
            return np.empty(0, dtype=np.int64)
        if len(part) >= place:
            apart = np.subtract(self._column[:place], self._column[place], out=self._apart[:place])
            near = np.abs(apart, out=apart) <= self._within
            if not self._one_share:
                near &= np.abs(self._share[:place] - self._share[place]) < np.maximum(self._spread[:place], self._spread[place])
            return self._every[:place] if near.all() else np.flatnonzero(near)
        found = part[part < place]
        found = found[np.abs(self._column[found] - self._column[place]) <= self._within]
        if not self._one_share:
            found = found[np.abs(self._share[found] - self._share[place]) < np.maximum(self._spread[found], self._spread[place])]
        return np.sort(found)


class Sorted:
    """Rows in the order of a column, and for each the slice of those that are near in it."""

    def __init__(self, column: Floats, within: Floats) -> None:
        order = np.argsort(column, kind="stable")
        self._order = order[: np.isfinite(column).sum()]
        there = column[self._order]
        wide = within * (1 + 1e-9) + 1e-12
        self._low = np.searchsorted(there, column - wide, "left").tolist()
        self._high = np.searchsorted(there, column + wide, "right").tolist()

    def around(self, place: int) -> Places:
        """The rows near one, itself among them, in no order of the table; none where it has no value."""
        return self._order[self._low[place] : self._high[place]]


class Labels:
    """Rows by a label. Where all but a few have the same one, these few are found at once and the rest is not looked at."""

    def __init__(self, labels: Places) -> None:
        self._labels = labels
        kinds, counts = np.unique(labels, return_counts=True)
        rest = len(labels) - counts
        self._others = {kind: np.flatnonzero(labels != kind) for kind in kinds[rest <= FEW].tolist()}

    def others(self, place: int) -> Places | None:
        """The rows with other labels than this one's where they are few, else ``None``."""
        return self._others.get(int(self._labels[place]))

    def like(self, place: int, among: Places) -> NDArray[np.bool_]:
        """Which of these rows, in the order of the table, have the label of this one."""
        few = self.others(place)
        if few is None or len(among) <= FEW:
            return np.asarray(self._labels[among] == self._labels[place])
        mask = np.ones(len(among), dtype=bool)
        mask[np.searchsorted(among, shared(among, few))] = False
        return mask


def shared(found: Places, few: Places) -> Places:
    """The rows that are in both; both in the order of the table."""
    if not len(found) or not len(few):
        return few[:0]
    at = np.minimum(np.searchsorted(found, few), len(found) - 1)
    return np.asarray(few[found[at] == few])


def spans(count: int) -> Iterator[slice]:
    """Spans of so many rows, a few at first, then more: who looks for one of a kind seldom needs all."""
    begin, size = 0, FEW
    while begin < count:
        yield slice(begin, begin + size)
        begin, size = begin + size, 4 * size


def parts(found: Places) -> Iterator[Places]:
    """The rows by such spans."""
    return (found[span] for span in spans(len(found)))
