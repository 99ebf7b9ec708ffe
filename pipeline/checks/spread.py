"""The checks of a table by workers: the same findings, of rows that are parted so that those which are compared stay together.

What is said of a row by itself needs the rows of its space group at most. For doubles it is compared with those of its elements and with
those of its cell, for series with those of its space group. So a worker gets whole sets of such rows, and what it says of a set does not
depend on what else it gets; only the comparisons that a table may ask for are shared by all sets (:mod:`pipeline.checks.sets`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from pipeline.checks.alone import of_rows
from pipeline.checks.duplicates import Said, by_cell, by_elements, ordered, placed, told
from pipeline.checks.pairs import of_cell, of_elements
from pipeline.checks.reading import Row
from pipeline.checks.series import by_group, of_group
from pipeline.checks.sets import Budget, Judged, Places, as_in_turn, judged, settings_tried
from pipeline.checks.subject import Subject
from pipeline.findings import Finding
from pipeline.safety.workers import Workers, bins, spread
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: What a comparison of rows asks for.
COMPARED = [
    str(column)
    for column in (
        col.REDUCED_COMPOSITION, col.Z, col.TRUE_COMPOSITION, col.SPACE_GROUP, col.SPACE_GROUP_NUMBER, *col.LATTICE, col.IONIC_CONDUCTIVITY,
        col.BOUND, col.DOI,
    )
]  # fmt: skip


def row_findings(subject: Subject, by: Workers) -> Iterator[Finding]:
    """What :func:`pipeline.checks.alone.of_rows` says, of rows parted by space group."""
    groups: dict[Hashable, Places] = defaultdict(list)
    for place, number in enumerate(_numbers(subject.entries)):
        groups[number].append(place)
    members = list(groups.values())
    parts = (_part(subject, sorted(chain.from_iterable(members[number] for number in part))) for part in bins(map(len, members), by))
    yield from chain.from_iterable(spread(_rows_alone, parts, by))


def _numbers(entries: pd.DataFrame) -> list[int | None]:
    """Space group number of each row, ``None`` when it is blank or out of range."""
    column = entries[col.SPACE_GROUP_NUMBER]
    valid = column.between(1, 230).fillna(value=False).to_numpy(dtype=bool)
    return [int(number) if is_valid else None for number, is_valid in zip(column.tolist(), valid, strict=True)]


def _part(subject: Subject, places: Places) -> Subject:
    """Some of the entries, as a subject of their own, with what was read of their structures."""
    entries = subject.entries.iloc[places]
    known = frozenset(entries.index)
    return Subject(
        entries=entries, alone=True, recorded={name: subject.groups[name] for name in known & subject.groups.keys()},
        read={name: subject.parsed[name] for name in known & subject.parsed.keys()},
    )  # fmt: skip


def _rows_alone(subject: Subject) -> list[Finding]:
    return list(of_rows(subject))


def set_findings(rows: Sequence[Row], by: Workers, among: frozenset[str] | None = None) -> Iterator[Finding]:
    """What :func:`pipeline.checks.duplicates.pair_findings` and :func:`pipeline.checks.series.series_findings` say of the same rows."""
    rows = ordered(rows, among)
    table = _Table(rows, [among is None or row.id in among for row in rows], settings_tried(len(rows)), by)
    yield from told(
        [*table.judged(_doubles, by_elements(rows, table.new)), *table.judged(_copies, by_cell(rows, table.new))], [row.id for row in rows]
    )
    yield from chain.from_iterable(table.judged(_series, by_group(rows, table.new)))


@dataclass(frozen=True)
class _Set:
    """Rows that are compared with one another, and nowhere else: their cells, their positions in the table, and which are to be judged."""

    rows: list[Row]
    places: Places
    new: list[bool]


def _doubles(given: _Set, budget: Budget) -> Said:
    found, unseen = of_elements(given.rows, given.new, budget)
    return placed(found, given.places), [given.places[local] for local in unseen]


def _copies(given: _Set, _: Budget) -> Said:
    return placed(of_cell(given.rows, given.new), given.places), []


def _series(given: _Set, budget: Budget) -> list[Finding]:
    new = None if all(given.new) else frozenset(row.id for row, is_new in zip(given.rows, given.new, strict=True) if is_new)
    return of_group(given.rows, new, budget)


Judge = Callable[[_Set, Budget], Any]
#: Sets for a worker: the judge, the cells of their rows, which of them are to be judged, the positions of each set, and the budget.
_Work = tuple[Judge, list[tuple[Any, ...]], list[bool], list[Places], int]


def _sets_judged(work: _Work) -> list[Judged[Any]]:
    """What a worker says of some sets."""
    judge, cells, new, places, budget = work
    rows = [Row(name, {column: cell for column, cell in zip(COMPARED, own, strict=True) if cell is not None}) for name, *own in cells]
    found, first = [], 0
    for own in places:
        last = first + len(own)
        found.append(judged(judge, _Set(rows[first:last], own, new[first:last]), budget))
        first = last
    return found


@dataclass(frozen=True)
class _Table:
    """Rows whose sets are judged by workers, which of them are to be judged, and how many costly comparisons all may ask for."""

    rows: Sequence[Row]
    new: list[bool]
    total: int
    by: Workers

    def judged(self, judge: Judge, sets: Sequence[Places]) -> list[Any]:
        """What is said of each set, as if they were judged in turn."""

        def again(places: Sequence[int], budget: int) -> list[Judged[Any]]:
            return self._spread(judge, [sets[place] for place in places], budget)

        return as_in_turn(again(range(len(sets)), self.total), self.total, again)

    def _spread(self, judge: Judge, sets: Sequence[Places], budget: int) -> list[Judged[Any]]:
        parts = bins(map(len, sets), self.by)
        work = (self._work(judge, [sets[number] for number in part], budget) for part in parts)
        found: dict[int, Judged[Any]] = {}
        for part, said in zip(parts, spread(_sets_judged, work, self.by), strict=True):
            found.update(zip(part, said, strict=True))
        return [found[number] for number in range(len(sets))]

    def _work(self, judge: Judge, sets: list[Places], budget: int) -> _Work:
        together = list(chain.from_iterable(sets))
        cells = [(row.id, *map(row.values.get, COMPARED)) for row in map(self.rows.__getitem__, together)]
        return judge, cells, [self.new[place] for place in together], sets, budget
