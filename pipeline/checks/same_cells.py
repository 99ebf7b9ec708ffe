"""Rows that have one cell to the last digit, whatever their compositions."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import floor, log

import numpy as np

from pipeline.checks.reading import Row
from schemas import columns as col


@dataclass
class _Valued:
    """Rows of one cell, paper and step of the conductivity, one of each composition: their values and positions."""

    compositions: dict[object, int] = field(default_factory=dict)
    values: array[float] = field(default_factory=lambda: array("d"))
    places: list[int] = field(default_factory=list)

    def add(self, composition: object, value: float, place: int) -> None:
        if composition not in self.compositions:
            self.compositions[composition] = len(self.places)
            self.values.append(value)
            self.places.append(place)

    def near(self, value: float, within: float, composition: object) -> list[int]:
        """Positions of the rows of other compositions whose value is this one to a part of ``within``."""
        values, own = np.frombuffer(self.values), self.compositions.get(composition)
        found = np.flatnonzero(np.abs(values - value) <= within * np.maximum(values, value)).tolist()
        return [self.places[i] for i in found if i != own]


class SameCells:
    """Rows with the same six parameters: of each paper and value, of each paper, and of all, one row of each composition."""

    def __init__(self, *, value: float, one_paper: int, two_papers: int) -> None:
        self._value, self._one_paper, self._two_papers = value, one_paper, two_papers
        self._seen: dict[tuple[object, ...], dict[object, int]] = defaultdict(dict)
        self._valued: dict[tuple[object, ...], _Valued] = defaultdict(_Valued)

    def kinds(self, row: Row, digits: int) -> Iterator[Iterator[int]]:
        """Positions of the rows remembered that this one may have its cell from, the gravest kind first; each of them is a verdict.

        They have other compositions: rows of this one's are no matter of their cell alone.

        ``digits`` are those of the cell: an equal cell of few digits means something in one paper only, or with an equal value.
        """
        yield self._of_value(row)
        if digits >= self._one_paper:
            yield (place for paper in row.papers for place in self._of((row.cell, paper), row))
        if digits >= self._two_papers:
            yield self._of((row.cell,), row)

    def add(self, place: int, row: Row) -> None:
        """Remember a row, unless one of its composition is remembered."""
        composition = _composition(row)
        for key in ((row.cell,), *((row.cell, paper) for paper in row.papers)):
            self._seen[key].setdefault(composition, place)
        if row.conductivity and row.conductivity > 0:
            step = self._step(row.conductivity)
            for paper in row.papers:
                self._valued[row.cell, paper, row.is_bound, step].add(composition, row.conductivity, place)

    def _of(self, key: tuple[object, ...], row: Row) -> Iterator[int]:
        own = _composition(row)
        return (place for composition, place in self._seen.get(key, {}).items() if composition != own)

    def _of_value(self, row: Row) -> Iterator[int]:
        value = row.conductivity
        if not value or value <= 0:
            return
        for paper in row.papers:
            for i in (-1, 0, 1):
                found = self._valued.get((row.cell, paper, row.is_bound, self._step(value) + i))
                yield from found.near(value, self._value, _composition(row)) if found else ()

    def _step(self, value: float) -> int:
        return floor(log(value) / self._value)


def _composition(row: Row) -> object:
    return frozenset((row.reduced or {}).items()) or row.text(col.REDUCED_COMPOSITION)
