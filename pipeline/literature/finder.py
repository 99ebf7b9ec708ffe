"""Which group of records an entry comes from: candidates of its papers and of others, weighed and assigned round by round."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log10
from typing import NamedTuple

from pipeline.literature.blocks import place_of
from pipeline.literature.linkage import (
    COMPOSITION,
    CONDUCTIVITY,
    ICSD,
    MOST,
    Described,
    are_same,
    assign,
    conductivity_class,
    is_compound,
    weighed,
)
from pipeline.literature.source import Source

#: Probability that an entry has no record in a source: 1 of 20 of those whose curators name the source (they typed rows from
#: papers that it cites), 7 of 10 of the others.
NONE_NAMED, NONE_UNNAMED = 0.05, 0.7
#: Weight of a published Liion ID that names the very record, in either convention: evidence as strong as two equal digits.
NAMED = 1.5
#: Weight of a record whose partner in the other source was found for the same entry, and for another one.
PARTNER: Mapping[bool, float] = {True: 1.0, False: -1.0}
#: Same composition and value in another paper than the entry's: seldom the same measurement.
ELSEWHERE = 0.02
#: Values that are the same in two printed digits or more differ by less than this ratio: 1.0 and 1.05, 0.95 and 1.0.
BESIDE = 1.06


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry and what its curators say of its sources."""

    described: Described
    published: Mapping[str, str | None]
    numbers: Mapping[str, frozenset[str]]


class Group(NamedTuple):
    """Records of one source that are one measurement, named after the first."""

    measurement: str
    name: str
    records: tuple[Described, ...]
    papers: frozenset[str]
    elements: frozenset[str]

    @property
    def composition(self) -> str:
        """That of the first record."""
        return self.records[0].composition


@dataclass(frozen=True, slots=True)
class Candidates:
    """Groups that an entry may come from, by name.

    Attributes
    ----------
    entry
        ID of the entry.
    none
        Probability that it has no record in the source.
    rivals
        The groups of its papers.
    alike
        Those of them that hold its elements.
    own
        Weight of each group of its papers that can be likelier than not, were it the only one.
    elsewhere
        Log odds of each group of other papers that is likelier than not.
    """

    entry: str
    none: float
    rivals: frozenset[str]
    alike: frozenset[str]
    own: Mapping[str, float]
    elsewhere: Mapping[str, float]


class Values:
    """Groups by their elements and values, to find those of one composition that agree in print."""

    def __init__(self, groups: Sequence[Group]) -> None:
        import numpy as np

        self._groups = groups
        number: dict[frozenset[str], int] = {}
        numbers: list[int] = []
        values: list[float] = []
        places: list[int] = []
        for place, group in enumerate(groups):
            for record in group.records:
                if not record.bound:
                    for value in record.conductivities:
                        numbers.append(number.setdefault(group.elements, len(number)))
                        values.append(value)
                        places.append(place)
        order = np.lexsort((values, numbers))  # three lists of numbers: a pair of its own for each would be many objects
        ends = np.searchsorted(np.array(numbers, dtype=np.int64)[order], range(len(number) + 1)).tolist()
        self._values, self._places = np.array(values)[order].tolist(), np.array(places, dtype=np.int64)[order].tolist()
        self._part = {held: (ends[each], ends[each + 1]) for held, each in number.items()}

    @cached_property
    def _by_record(self) -> dict[str, int]:
        return {record.key: place for place, group in enumerate(self._groups) for record in group.records}

    def like(self, ours: Described, held: frozenset[str], named: Iterable[str]) -> list[Group]:
        """Groups of a composition that may be ours with a value next to one of ours, or with a record of these names, in their order."""
        begin, end = self._part.get(held, (0, 0))
        places = {self._by_record[name] for name in named if name in self._by_record}
        for value in ours.conductivities if begin < end and not ours.bound else ():
            first, last = bisect_left(self._values, value / BESIDE, begin, end), bisect_right(self._values, value * BESIDE, begin, end)
            places.update(place for place in self._places[first:last] if _may_be_same(ours.composition, self._groups[place].composition))
        return [self._groups[place] for place in sorted(places)]


def _may_be_same(ours: str, theirs: str) -> bool:
    """Whether two compositions of the same elements lie where they can be the same; of two mixtures the parts would tell, not the whole."""
    if not (is_compound(ours) or is_compound(theirs)):
        return True
    (first, second, reach), (its_first, its_second, its_reach) = place_of(ours), place_of(theirs)
    return max(abs(first - its_first), abs(second - its_second)) <= max(reach, its_reach)


@dataclass(frozen=True)
class Finder:
    """Finds the group of records of one source that each entry comes from."""

    source: Source
    groups: Sequence[Group]
    position: Mapping[str, str]
    numbered: Mapping[str, frozenset[str]]
    partners: Mapping[str, str]

    def find(self, entries: Sequence[Entry]) -> dict[str, list[str]]:
        """Records of each entry, by ID. What a round leaves over in a paper is fewer, so another round is surer."""
        records = {group.name: [record.key for record in group.records] for group in self.groups}
        left = [*self._candidates(entries)]
        found: dict[str, list[str]] = {}
        taken: set[str] = set()
        while pairs := assign(log_odds(left, taken), least=0.0):
            found.update((entry, records[group]) for entry, group in pairs)
            taken.update(group for _, group in pairs)
            left = [candidates for candidates in left if candidates.entry not in found]
        return found

    def _candidates(self, entries: Sequence[Entry]) -> Iterator[Candidates]:
        """What entries may come from: the groups of their papers, and those of other papers that agree with them. Most have none."""
        by_paper: dict[str, dict[str, Group]] = defaultdict(dict)
        for group in self.groups:
            for paper in group.papers:
                by_paper[paper][group.name] = group
        index, away = Values(self.groups), COMPOSITION["same"] - log10(ELSEWHERE)
        for entry in entries:
            pool = of_papers(by_paper, self._papers(entry))
            held = entry.described.elements
            none = NONE_NAMED if self._is_named(entry) else NONE_UNNAMED
            alone = log10((1 - none) / none)
            more = (ICSD[True] if entry.described.icsd else 0.0) + (NAMED if self._named(entry) else 0.0)
            all_may = alone + COMPOSITION["other"] + MOST + more > 0  # else two other elements are too much, but for a partner
            own = (
                (name, self._weight(entry, group, -alone))
                for name, group in pool.items()
                if all_may or group.elements is held or name in self.partners or len(group.elements ^ held) <= 1
            )
            elsewhere = (
                (group.name, self._weight(entry, group, away) - COMPOSITION["same"] + log10(ELSEWHERE))
                for group in index.like(entry.described, held, self._named(entry))
                if group.name not in pool and self._is_elsewhere(entry, group) and are_same(entry.described, group.records[0])
            )
            likely = {name: weight for name, weight in own if weight + alone > 0}
            agreeing = {name: weight for name, weight in elsewhere if weight > 0}
            if likely or agreeing:
                alike = frozenset(name for name, group in pool.items() if group.elements == held)
                yield Candidates(entry.described.key, none, frozenset(pool), alike, likely, agreeing)

    def _named(self, entry: Entry) -> frozenset[str]:
        """Records that the published ID may name."""
        published = None if self.source.published is None or self.source.cites else entry.published[self.source.name]
        return frozenset() if published is None else frozenset((published, self.position.get(published, published)))

    def _papers(self, entry: Entry) -> frozenset[str]:
        """Papers of the entry: its own, and those its curators refer to in this source."""
        found = set(entry.described.papers)
        for number in entry.numbers[self.source.name]:
            found |= self.numbered.get(number, frozenset())
        return frozenset(found)

    def _is_named(self, entry: Entry) -> bool:
        return bool(entry.published[self.source.name] or entry.numbers[self.source.name])

    def _weight(self, entry: Entry, group: Group, least: float) -> float:
        """Weight of a group; minus infinity of one that cannot weigh more than the least."""
        more: list[float] = []
        if entry.described.icsd and (codes := {record.icsd for record in group.records} - {""}):
            more.append(ICSD[entry.described.icsd in codes])
        if self._names(entry, group):
            more.append(NAMED)
        if group.name in self.partners:
            more.append(PARTNER[self.partners[group.name] == entry.described.key])
        least -= sum(more)
        return sum(more, max([weighed(entry.described, record, least) for record in group.records]))

    def _names(self, entry: Entry, group: Group) -> bool:
        named = self._named(entry)
        return bool(named) and any(record.key in named for record in group.records)

    def _is_elsewhere(self, entry: Entry, group: Group) -> bool:
        """Whether a group of the entry's composition and of another paper agrees with the entry in more than that."""
        return self._names(entry, group) or any(CONDUCTIVITY[conductivity_class(entry.described, record)] > 1 for record in group.records)


def log_odds(entries: Iterable[Candidates], taken: Collection[str]) -> dict[tuple[str, str], float]:
    """Log odds of each entry and group when some groups are taken."""
    odds: dict[tuple[str, str], float] = {}
    for candidates in entries:
        own = [(name, weight) for name, weight in candidates.own.items() if name not in taken]
        if own:
            alike, rivals = (len(each.difference(taken)) for each in (candidates.alike, candidates.rivals))
            for name, weight in own:
                odds[candidates.entry, name] = weight + log10(
                    (1 - candidates.none) / candidates.none / (alike if name in candidates.alike else rivals)
                )
        odds.update(((candidates.entry, name), weight) for name, weight in candidates.elsewhere.items() if name not in taken)
    return odds


def of_papers(by_paper: Mapping[str, Mapping[str, Group]], its_papers: Collection[str]) -> Mapping[str, Group]:
    """Groups of some papers, by name."""
    found = [by_paper[paper] for paper in sorted(its_papers) if paper in by_paper]
    return found[0] if len(found) == 1 else {name: group for each in found for name, group in each.items()}


def names(published: str | None, record: str, position: Mapping[str, str]) -> bool:
    """Whether a published ``Liion ID`` names a record: by its place counted from 0, or by its ID."""
    return published is not None and record in (published, position.get(published))
