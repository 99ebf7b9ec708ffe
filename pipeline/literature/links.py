"""The records of each entry in the literature tables: those that are merged, and those of witnesses.

The evidence is the entry's own: composition, conductivity (headline, total or bulk), paper, space group, ICSD number, and the
curators' references (``Ref`` and the published columns; the references in ``note`` are to related papers, not to the entry's own).
The published columns use three conventions:

* ``Laskowski ID`` is a citation number of that table, so it names a paper with all its records;
* ``Liion ID`` is in most rows the place of the record in the Liverpool Ionics Dataset, counted from 0;
* in the other rows it is the number behind ``D1`` in ``Ref``, which is the ID of *some* record of the same paper.

``D2 - 18`` in ``Ref`` is citation 18 of the Laskowski table, ``D1 - 568`` the record of Liverpool Ionics with ID 568.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import inf, log10
from typing import TYPE_CHECKING, Any

from pipeline.dois import cited, papers
from pipeline.literature.linkage import (
    COMPOSITION,
    CONDUCTIVITY,
    ICSD,
    MOST,
    Described,
    assign,
    compare,
    composition_class,
    conductivity_class,
    elements,
    is_same,
    listed,
    told,
    weighed,
)
from pipeline.literature.source import Source, record_keys
from schemas import columns as col
from schemas.contract import typed
from schemas.links import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

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
#: What is asked of an entry, beside what its curators published of each source.
_TOLD = (
    col.REDUCED_COMPOSITION, col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK, col.REF, col.BOUND, col.DOI, col.SPACE_GROUP_NUMBER,
    col.ICSD_ID,
)  # fmt: skip
_REFERENCE = re.compile(r"D([12])\s*[-\N{EN DASH}]\s*(\d+)")


@dataclass(frozen=True)
class _Entry:
    """An entry and what its curators say of its sources."""

    described: Described
    published: Mapping[str, str | None]
    numbers: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class _Group:
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


def links(entries: pd.DataFrame, measurements: pd.DataFrame, sources: Sequence[Source]) -> pd.DataFrame:
    """One row for each entry and record found for it, in the order of the entries: ``schemas.links``.

    * an entry gets at most one group of repeating records of each source, a group at most one entry, by the assignment of
      :mod:`pipeline.literature.linkage`; further rounds look at what was left over in each paper;
    * a record of another source that is the same measurement comes along;
    * further records of the entry's papers with its composition and conductivity are linked as well: they repeat it;
    * ``conductivity_ratio`` is entry over record, blank when either is a bound;
    * ``published`` is the column as published; ``agrees_with_published`` says whether it names the record found, in any of its
      conventions. Where something was published and no record found, ``record`` is blank.
    """
    compared = [source for source in sources if source.is_compared]
    groups = _groups(measurements, compared)
    known = [*_entries(entries, compared)]
    found: dict[str, dict[str, list[str]]] = {}
    position = {source.name: _places(source) for source in compared}
    for source in compared:
        numbered = _numbered(source) if any(entry.numbers[source.name] for entry in known) else {}
        finder = _Finder(source, groups[source.name], position[source.name], numbered, _partners(source.name, found, groups))
        found[source.name] = finder.find(known)
    _complete(found, groups)
    for source in compared:
        _repeat(known, found[source.name], groups[source.name])
    made = [
        row
        for entry in known
        for source in compared
        for row in _rows_of(entry, source, found[source.name].get(entry.described.key, []), position[source.name])
    ]
    return typed(made, COLUMNS)


def identifiers(entries: pd.DataFrame, links: pd.DataFrame, sources: Sequence[Source]) -> pd.DataFrame:
    """The right ``Laskowski ID`` and ``Liion ID`` of each entry, index ``ID``, blank where the source has no record of it.

    ``Laskowski ID`` is the citation number of the entry's record. An entry without a record keeps the published number when that
    citation is its paper: curators took it from a paper that the table cites. ``Liion ID`` is the ID of the record itself, so that
    it can be joined on.
    """
    import pandas as pd

    found = listed(links, col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD, col.REFERENCE)
    first = {(row[col.LINK_ENTRY], row[col.SOURCE]): row for row in reversed(found) if row[col.LINK_RECORD] is not None}
    values: dict[str, list[str | None]] = {}
    for source in sources:
        if source.published is None:
            continue
        dois = _numbered(source) if source.cites else {}
        values[str(source.published)] = column = []
        for name, doi, published in zip(entries.index, entries[col.DOI], entries[source.published], strict=True):
            row = first.get((name, source.name))
            if row and not source.cites:
                column.append(row[col.LINK_RECORD])
            elif row and row[col.REFERENCE]:
                column.append(row[col.REFERENCE])
            else:
                kept = isinstance(published, str) and isinstance(doi, str) and bool(dois.get(published, frozenset()) & papers(doi))
                column.append(published if kept else None)
    return pd.DataFrame({name: pd.Series(v, dtype="str", index=entries.index) for name, v in values.items()}, index=entries.index)


def _entries(entries: pd.DataFrame, sources: Sequence[Source]) -> Iterator[_Entry]:
    """Entries as linkage sees them."""
    told = [column for column in (source.published for source in sources) if column is not None]
    for name, row in zip(entries.index.tolist(), listed(entries, *dict.fromkeys((*_TOLD, *told))), strict=True):
        values = dict.fromkeys(row[c] for c in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK) if row[c] is not None)
        references = _REFERENCE.findall(row[col.REF]) if row[col.REF] else []
        published = {source.name: None if source.published is None else row[source.published] for source in sources}
        numbers = {
            source.name: frozenset(
                [number for shorthand, number in references if shorthand == source.shorthand]
                + [number for number in [published[source.name]] if number and source.cites]
            )
            for source in sources
        }
        yield _Entry(
            Described(
                name, row[col.REDUCED_COMPOSITION], tuple(values), row[col.BOUND] or "", papers(row[col.DOI] or ""), None,
                row[col.SPACE_GROUP_NUMBER], row[col.ICSD_ID] or "",
            ),
            published,
            numbers,
        )  # fmt: skip


def _groups(measurements: pd.DataFrame, sources: Sequence[Source]) -> dict[str, list[_Group]]:
    """Records of each source, grouped by measurement, with all papers of the measurement; those of a witness are groups of their own."""
    groups: dict[str, list[_Group]] = {source.name: [] for source in sources}
    described = {source.name: source.described for source in sources}
    for measurement, dois, keys in told(measurements, col.MEASUREMENT, col.DOI_SOURCE, col.RECORDS):
        names: dict[str, list[str]] = {}
        for source, record in record_keys(keys):
            names.setdefault(source, []).append(record)
        for source, records in names.items():
            members = tuple([described[source][name] for name in records])
            groups[source].append(_group(measurement, records[0], members, papers(dois or "")))
    for witness in sources:
        if not witness.is_merged:
            groups[witness.name] = [_group(witness.key(name), name, (record,), record.papers) for name, record in witness.described.items()]
    return groups


def _group(measurement: str, name: str, records: tuple[Described, ...], its_papers: frozenset[str]) -> _Group:
    return _Group(measurement, name, records, its_papers, elements(records[0].composition))


def _partners(source: str, found: Mapping[str, Mapping[str, list[str]]], groups: Mapping[str, Sequence[_Group]]) -> dict[str, str]:
    """Entry that an earlier source's part of a measurement was found for, by group; what was not looked for yet is left out."""
    entry_of: dict[str, str] = {}
    for other, linked in found.items():
        entries = {records[0]: entry for entry, records in linked.items()}
        for group in groups[other]:
            if group.name in entries:
                entry_of.setdefault(group.measurement, entries[group.name])
    return {group.name: entry_of[group.measurement] for group in groups[source] if group.measurement in entry_of}


def _places(source: Source) -> dict[str, str]:
    """Record of each place in the source, counted from 0, where curators named records by it."""
    return {str(place): record for place, record in enumerate(source.rows)} if source.published and not source.cites else {}


def _numbered(source: Source) -> dict[str, frozenset[str]]:
    """Papers of each number by which curators name them: of a citation, or of a record."""
    found: dict[str, frozenset[str]] = {}
    for name, row in source.rows.items():
        if not source.cites:
            found[name] = papers(row.get(col.DOI_SOURCE) or "")
            continue
        numbers, dois = cited(row[col.REFERENCE] or ""), cited(row[col.DOI_SOURCE] or "")
        if len(numbers) == len(dois):
            found.update((number, papers(doi)) for number, doi in zip(numbers, dois, strict=True))
    return found


@dataclass(frozen=True)
class _Candidates:
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


class _Values:
    """Groups by their elements and values, to find those of one composition that agree in print."""

    def __init__(self, groups: Sequence[_Group]) -> None:
        self._groups = groups
        self._by_record = {record.key: place for place, group in enumerate(groups) for record in group.records}
        found: dict[frozenset[str], list[tuple[float, int]]] = defaultdict(list)
        for place, group in enumerate(groups):
            for record in group.records:
                if not record.bound:
                    found[group.elements].extend((value, place) for value in record.conductivities)
        for values in found.values():
            values.sort()
        self._found = dict(found)

    def like(self, ours: Described, held: frozenset[str], named: Iterable[str]) -> list[_Group]:
        """Groups of these elements with a value next to one of ours, or with a record of these names, in their order."""
        near = self._found.get(held, ())
        places = {self._by_record[name] for name in named if name in self._by_record}
        for value in ours.conductivities if near and not ours.bound else ():
            places.update(place for _, place in near[bisect_left(near, (value / BESIDE,)) : bisect_right(near, (value * BESIDE, inf))])
        return [self._groups[place] for place in sorted(places)]


@dataclass(frozen=True)
class _Finder:
    """Finds the group of records of one source that each entry comes from."""

    source: Source
    groups: Sequence[_Group]
    position: Mapping[str, str]
    numbered: Mapping[str, frozenset[str]]
    partners: Mapping[str, str]

    def find(self, entries: Sequence[_Entry]) -> dict[str, list[str]]:
        """Records of each entry, by ID. What a round leaves over in a paper is fewer, so another round is surer."""
        records = {group.name: [record.key for record in group.records] for group in self.groups}
        left = [*self._candidates(entries)]
        found: dict[str, list[str]] = {}
        taken: set[str] = set()
        while pairs := assign(_log_odds(left, taken), least=0.0):
            found.update((entry, records[group]) for entry, group in pairs)
            taken.update(group for _, group in pairs)
            left = [candidates for candidates in left if candidates.entry not in found]
        return found

    def _candidates(self, entries: Sequence[_Entry]) -> Iterator[_Candidates]:
        """What entries may come from: the groups of their papers, and those of other papers that agree with them. Most have none."""
        by_paper: dict[str, dict[str, _Group]] = defaultdict(dict)
        for group in self.groups:
            for paper in group.papers:
                by_paper[paper][group.name] = group
        index, away = _Values(self.groups), COMPOSITION["same"] - log10(ELSEWHERE)
        for entry in entries:
            found = [by_paper[paper] for paper in sorted(self._papers(entry)) if paper in by_paper]
            pool = found[0] if len(found) == 1 else {name: group for each in found for name, group in each.items()}
            held = elements(entry.described.composition)
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
                if group.name not in pool and self._is_elsewhere(entry, group) and is_same(entry.described.composition, group.composition)
            )
            likely = {name: weight for name, weight in own if weight + alone > 0}
            agreeing = {name: weight for name, weight in elsewhere if weight > 0}
            if likely or agreeing:
                alike = frozenset(name for name, group in pool.items() if group.elements == held)
                yield _Candidates(entry.described.key, none, frozenset(pool), alike, likely, agreeing)

    def _named(self, entry: _Entry) -> frozenset[str]:
        """Records that the published ID may name."""
        published = None if self.source.published is None or self.source.cites else entry.published[self.source.name]
        return frozenset() if published is None else frozenset((published, self.position.get(published, published)))

    def _papers(self, entry: _Entry) -> frozenset[str]:
        """Papers of the entry: its own, and those its curators refer to in this source."""
        found = set(entry.described.papers)
        for number in entry.numbers[self.source.name]:
            found |= self.numbered.get(number, frozenset())
        return frozenset(found)

    def _is_named(self, entry: _Entry) -> bool:
        return bool(entry.published[self.source.name] or entry.numbers[self.source.name])

    def _weight(self, entry: _Entry, group: _Group, least: float) -> float:
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

    def _names(self, entry: _Entry, group: _Group) -> bool:
        named = self._named(entry)
        return bool(named) and any(record.key in named for record in group.records)

    def _is_elsewhere(self, entry: _Entry, group: _Group) -> bool:
        """Whether a group of the entry's composition and of another paper agrees with the entry in more than that."""
        return self._names(entry, group) or any(CONDUCTIVITY[conductivity_class(entry.described, record)] > 1 for record in group.records)


def _log_odds(entries: Iterable[_Candidates], taken: Collection[str]) -> dict[tuple[str, str], float]:
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


def names(published: str | None, record: str, position: Mapping[str, str]) -> bool:
    """Whether a published ``Liion ID`` names a record: by its place counted from 0, or by its ID."""
    return published is not None and record in (published, position.get(published))


def _complete(found: dict[str, dict[str, list[str]]], groups: Mapping[str, Sequence[_Group]]) -> None:
    """A record of another source that was merged into the same measurement comes along, when both are still free."""
    measurement = {source: {group.name: group.measurement for group in groups[source]} for source in found}
    partner = {source: {group.measurement: group for group in groups[source]} for source in found}
    for source, other in permutations(found, 2):
        taken = {records[0] for records in found[other].values()}
        for entry, records in list(found[source].items()):
            group = partner[other].get(measurement[source][records[0]])
            if group is not None and entry not in found[other] and group.name not in taken:
                found[other][entry] = [record.key for record in group.records]
                taken.add(group.name)


def _repeat(entries: Sequence[_Entry], found: dict[str, list[str]], groups: Sequence[_Group]) -> None:
    """Records left over that repeat an entry: its paper and composition, its conductivity within 5 %, no other space group."""
    taken = {record for records in found.values() for record in records}
    by_paper: dict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        if group.name not in taken:
            for paper in sorted(group.papers):
                by_paper[paper].append(group)
    for entry in entries:
        for group in {group.name: group for paper in sorted(entry.described.papers) for group in by_paper[paper]}.values():
            if group.name in taken or composition_class(entry.described.composition, group.composition) != "same":
                continue
            comparison = compare(entry.described, group.records[0])
            if CONDUCTIVITY[comparison.conductivity] >= CONDUCTIVITY["5 %"] and comparison.spacegroup != "differs":
                found.setdefault(entry.described.key, []).extend(record.key for record in group.records)
                taken.update(record.key for record in group.records)


def _rows_of(entry: _Entry, source: Source, found: Sequence[str], position: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Rows of an entry in one source."""
    published = entry.published[source.name]
    for name in found:
        record = source.rows[name]
        agrees = published in cited(record.get(col.REFERENCE) or "") if source.cites else names(published, name, position)
        dois = record.get(col.DOI_SOURCE)
        yield {
            col.LINK_ENTRY: entry.described.key,
            col.SOURCE: source.name,
            col.LINK_RECORD: name,
            col.REFERENCE: record.get(col.REFERENCE),
            col.COMPOSITION_AGREES: is_same(entry.described.composition, record[col.COMPOSITION]),
            col.CONDUCTIVITY_RATIO: _ratio(entry.described, record.get(col.CONDUCTIVITY)),
            col.DOI_AGREES: bool(entry.described.papers & papers(dois)) if dois else None,
            col.SPACEGROUP_AGREES: _equal(entry.described.spacegroup, record.get(col.SPACEGROUP_NUMBER)),
            col.ICSD_AGREES: _equal(entry.described.icsd or None, record.get(col.ICSD_ID_SOURCE)),
            col.PUBLISHED: published,
            col.AGREES_WITH_PUBLISHED: agrees if published else None,
        }
    if published and not found:
        row = {col.LINK_ENTRY: entry.described.key, col.SOURCE: source.name, col.PUBLISHED: published, col.AGREES_WITH_PUBLISHED: False}
        yield dict.fromkeys(map(str, COLUMNS)) | row


def _ratio(entry: Described, value: float | None) -> float | None:
    """Headline conductivity of the entry over that of the record."""
    return None if value is None or entry.bound or not entry.conductivities else entry.conductivities[0] / value


def _equal(ours: object, theirs: object) -> bool | None:
    return None if ours is None or theirs is None else ours == theirs
