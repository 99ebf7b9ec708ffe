"""The records of each entry in the two literature tables.

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
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING, Any

from pipeline.dois import cited, papers
from pipeline.literature.linkage import (
    COMPOSITION,
    CONDUCTIVITY,
    Described,
    assign,
    compare,
    conductivity_class,
    described_laskowski,
    described_liion,
    elements,
    is_same,
    listed,
    rows,
)
from schemas import columns as col
from schemas.contract import typed
from schemas.links import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

LIION, LASKOWSKI = "liion", "laskowski"
SOURCES = (LASKOWSKI, LIION)
PUBLISHED: Mapping[str, col.Column] = {LASKOWSKI: col.LASKOWSKI_ID, LIION: col.LIION_ID}
#: Probability that an entry has no record in a source: 1 of 20 of those whose curators name the source (they typed rows from
#: papers that it cites), 7 of 10 of the others.
NONE_NAMED, NONE_UNNAMED = 0.05, 0.7
#: Weight of one ICSD number, and of two different ones. It is small although 208 of 232 linked pairs have one number: curators gave an
#: entry the number of a sibling record where the structure fits better (7tu has the conductivity of record 267, the number of 271).
ICSD: Mapping[bool, float] = {True: 0.5, False: -0.2}
#: Weight of a published Liion ID that names the very record, in either convention: evidence as strong as two equal digits.
NAMED = 1.5
#: Weight of a record whose partner in the other source was found for the same entry, and for another one.
PARTNER: Mapping[bool, float] = {True: 1.0, False: -1.0}
#: Same composition and value in another paper than the entry's: seldom the same measurement.
ELSEWHERE = 0.02
_REFERENCE = re.compile(r"D([12])\s*[-\N{EN DASH}]\s*(\d+)")


@dataclass(frozen=True)
class _Entry:
    """An entry and what its curators say of its sources."""

    described: Described
    published: Mapping[str, str | None]
    citations: frozenset[str]
    liion_ids: frozenset[str]


@dataclass(frozen=True)
class _Group:
    """Records of one source that are one measurement, named after the first."""

    measurement: str
    name: str
    records: tuple[Described, ...]
    papers: frozenset[str]


def links(entries: pd.DataFrame, measurements: pd.DataFrame, liion: pd.DataFrame, laskowski: pd.DataFrame) -> pd.DataFrame:
    """One row for each entry and record found for it, in the order of the entries: ``schemas.links``.

    * an entry gets at most one group of repeating records of each source, a group at most one entry, by the assignment of
      :mod:`pipeline.literature.linkage`; further rounds look at what was left over in each paper;
    * a record of the other source that is the same measurement comes along;
    * further records of the entry's papers with its composition and conductivity are linked as well: they repeat it;
    * ``conductivity_ratio`` is entry over record, blank when either is a bound;
    * ``published`` is the column as published; ``agrees_with_published`` says whether it names the record found, in any of its
      conventions. Where something was published and no record found, ``record`` is blank.
    """
    sources = {LIION: rows(liion), LASKOWSKI: rows(laskowski)}
    groups = _groups(measurements, sources)
    known = [*_entries(entries)]
    position = {str(place): record for place, record in enumerate(sources[LIION])}
    dois = _dois(sources[LASKOWSKI].values())
    found: dict[str, dict[str, list[str]]] = {source: {} for source in SOURCES}
    for source in SOURCES:
        finder = _Finder(source, groups[source], position, _papers(sources[LIION]), dois, _partners(source, found, groups))
        found[source] = finder.find(known)
    _complete(found, groups)
    for source in SOURCES:
        _repeat(known, found[source], groups[source])
    made = [
        row
        for entry in known
        for source in SOURCES
        for row in _rows_of(entry, source, found[source].get(entry.described.key, []), sources[source], position)
    ]
    return typed(made, COLUMNS)


def identifiers(entries: pd.DataFrame, links: pd.DataFrame, laskowski: pd.DataFrame) -> pd.DataFrame:
    """The right ``Laskowski ID`` and ``Liion ID`` of each entry, index ``ID``, blank where the source has no record of it.

    ``Laskowski ID`` is the citation number of the entry's record. An entry without a record keeps the published number when that
    citation is its paper: curators took it from a paper that the table cites. ``Liion ID`` is the ID of the record itself, so that
    it can be joined on.
    """
    import pandas as pd

    dois = _dois(listed(laskowski, col.REFERENCE, col.DOI_SOURCE))
    found = listed(links, col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD, col.REFERENCE)
    first = {(row[col.LINK_ENTRY], row[col.SOURCE]): row for row in reversed(found) if row[col.LINK_RECORD] is not None}
    values: dict[col.Column, list[str | None]] = {col.LASKOWSKI_ID: [], col.LIION_ID: []}
    for name, doi, published in zip(entries.index, entries[col.DOI], entries[col.LASKOWSKI_ID], strict=True):
        liion_row, laskowski_row = first.get((name, LIION)), first.get((name, LASKOWSKI))
        values[col.LIION_ID].append(liion_row[col.LINK_RECORD] if liion_row else None)
        if laskowski_row and laskowski_row[col.REFERENCE]:
            values[col.LASKOWSKI_ID].append(laskowski_row[col.REFERENCE])
        else:
            kept = isinstance(published, str) and isinstance(doi, str) and bool(dois.get(published, frozenset()) & papers(doi))
            values[col.LASKOWSKI_ID].append(published if kept else None)
    return pd.DataFrame({str(c): pd.Series(v, dtype="str", index=entries.index) for c, v in values.items()}, index=entries.index)


def _entries(entries: pd.DataFrame) -> Iterator[_Entry]:
    """Entries as linkage sees them."""
    for row in listed(entries.reset_index()):
        values = dict.fromkeys(row[c] for c in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK) if row[c] is not None)
        references = _REFERENCE.findall(row[col.REF] or "")
        published = {source: row[column] for source, column in PUBLISHED.items()}
        yield _Entry(
            Described(
                row[col.ID], row[col.REDUCED_COMPOSITION], tuple(values), row[col.BOUND] or "", papers(row[col.DOI] or ""), None,
                row[col.SPACE_GROUP_NUMBER], row[col.ICSD_ID] or "",
            ),
            published,
            frozenset(number for source, number in references if source == "2") | frozenset(filter(None, [published[LASKOWSKI]])),
            frozenset(number for source, number in references if source == "1"),
        )  # fmt: skip


def _groups(measurements: pd.DataFrame, sources: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, list[_Group]]:
    """Records of each source, grouped by measurement, with all papers of the measurement."""
    described = {
        LIION: {record.key: record for record in described_liion(sources[LIION])},
        LASKOWSKI: {record.key: record for record in described_laskowski(sources[LASKOWSKI])},
    }
    column = {LIION: col.LIION_RECORDS, LASKOWSKI: col.LASKOWSKI_RECORDS}
    groups: dict[str, list[_Group]] = {source: [] for source in SOURCES}
    for row in listed(measurements, col.MEASUREMENT, col.DOI_SOURCE, *column.values()):
        for source in SOURCES:
            names = (row[column[source]] or "").split()
            if names:
                members = tuple(described[source][name] for name in names)
                groups[source].append(_Group(row[col.MEASUREMENT], names[0], members, papers(row[col.DOI_SOURCE] or "")))
    return groups


def _papers(records: Mapping[str, Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Papers of each record."""
    return {name: papers(record[col.DOI_SOURCE] or "") for name, record in records.items()}


def _partners(source: str, found: Mapping[str, Mapping[str, list[str]]], groups: Mapping[str, Sequence[_Group]]) -> dict[str, str]:
    """Entry that the other source's part of a measurement was found for, by group; what was not looked for yet is left out."""
    other = LIION if source == LASKOWSKI else LASKOWSKI
    entries = {records[0]: entry for entry, records in found[other].items()}
    entry_of = {group.measurement: entries[group.name] for group in groups[other] if group.name in entries}
    return {group.name: entry_of[group.measurement] for group in groups[source] if group.measurement in entry_of}


def _dois(laskowski: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Papers of each citation number."""
    found: dict[str, frozenset[str]] = {}
    for row in laskowski:
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
    own
        Weight of each group of its papers.
    alike
        Those of them that hold its elements.
    elsewhere
        Log odds of each group of other papers.
    """

    entry: str
    none: float
    own: Mapping[str, float]
    alike: frozenset[str]
    elsewhere: Mapping[str, float]


@dataclass(frozen=True)
class _Finder:
    """Finds the group of records of one source that each entry comes from."""

    source: str
    groups: Sequence[_Group]
    position: Mapping[str, str]
    liion_papers: Mapping[str, frozenset[str]]
    dois: Mapping[str, frozenset[str]]
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
        """What each entry may come from: the groups of its papers, and those of other papers that agree with it."""
        by_paper: dict[str, list[_Group]] = defaultdict(list)
        by_elements: dict[frozenset[str], list[_Group]] = defaultdict(list)
        for group in self.groups:
            for paper in sorted(group.papers):
                by_paper[paper].append(group)
            by_elements[elements(group.records[0].composition)].append(group)
        for entry in entries:
            pool = {group.name: group for paper in sorted(self._papers(entry)) for group in by_paper[paper]}
            same_elements = by_elements.get(elements(entry.described.composition), ())
            yield _Candidates(
                entry.described.key,
                NONE_NAMED if self._is_named(entry) else NONE_UNNAMED,
                {name: self._weight(entry, group) for name, group in pool.items()},
                frozenset(group.name for group in same_elements).intersection(pool),
                {
                    group.name: self._weight(entry, group) - COMPOSITION["same"] + log10(ELSEWHERE)
                    for group in same_elements
                    if group.name not in pool and self._is_elsewhere(entry, group)
                },
            )

    def _papers(self, entry: _Entry) -> frozenset[str]:
        """Papers of the entry: its own, and those its curators refer to in this source."""
        found = set(entry.described.papers)
        if self.source == LASKOWSKI:
            for number in entry.citations:
                found |= self.dois.get(number, frozenset())
        else:
            for number in entry.liion_ids:
                found |= self.liion_papers.get(number, frozenset())
        return frozenset(found)

    def _is_named(self, entry: _Entry) -> bool:
        return bool(entry.published[self.source] or (entry.citations if self.source == LASKOWSKI else entry.liion_ids))

    def _weight(self, entry: _Entry, group: _Group) -> float:
        weight = max(compare(entry.described, record).weight for record in group.records)
        codes = {record.icsd for record in group.records} - {""}
        if codes and entry.described.icsd:
            weight += ICSD[entry.described.icsd in codes]
        if self._names(entry, group):
            weight += NAMED
        if group.name in self.partners:
            weight += PARTNER[self.partners[group.name] == entry.described.key]
        return weight

    def _names(self, entry: _Entry, group: _Group) -> bool:
        return self.source == LIION and any(names(entry.published[LIION], record.key, self.position) for record in group.records)

    def _is_elsewhere(self, entry: _Entry, group: _Group) -> bool:
        if not is_same(entry.described.composition, group.records[0].composition):
            return False
        return self._names(entry, group) or any(CONDUCTIVITY[conductivity_class(entry.described, record)] > 1 for record in group.records)


def _log_odds(entries: Iterable[_Candidates], taken: Collection[str]) -> dict[tuple[str, str], float]:
    """Log odds of each entry and group when some groups are taken."""
    odds: dict[tuple[str, str], float] = {}
    for candidates in entries:
        none = candidates.none
        own = {name: weight for name, weight in candidates.own.items() if name not in taken}
        alike = len(candidates.alike.difference(taken))
        for name, weight in own.items():
            rivals = alike if name in candidates.alike else len(own)
            odds[candidates.entry, name] = weight + log10((1 - none) / none / rivals)
        odds.update(((candidates.entry, name), weight) for name, weight in candidates.elsewhere.items() if name not in taken)
    return odds


def names(published: str | None, record: str, position: Mapping[str, str]) -> bool:
    """Whether a published ``Liion ID`` names a record: by its place counted from 0, or by its ID."""
    return published is not None and record in (published, position.get(published))


def _complete(found: dict[str, dict[str, list[str]]], groups: Mapping[str, Sequence[_Group]]) -> None:
    """A record of the other source that was merged into the same measurement comes along, when both are still free."""
    measurement = {(source, group.name): group.measurement for source in SOURCES for group in groups[source]}
    partner = {(source, group.measurement): group for source in SOURCES for group in groups[source]}
    for source, other in ((LASKOWSKI, LIION), (LIION, LASKOWSKI)):
        taken = {records[0] for records in found[other].values()}
        for entry, records in list(found[source].items()):
            group = partner.get((other, measurement[source, records[0]]))
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
            comparison = compare(entry.described, group.records[0])
            close = CONDUCTIVITY[comparison.conductivity] >= CONDUCTIVITY["5 %"]
            if group.name not in taken and comparison.composition == "same" and close and comparison.spacegroup != "differs":
                found.setdefault(entry.described.key, []).extend(record.key for record in group.records)
                taken.update(record.key for record in group.records)


def _rows_of(
    entry: _Entry, source: str, found: Iterable[str], records: Mapping[str, Mapping[str, Any]], position: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Rows of an entry in one source."""
    published = entry.published[source]
    blank = dict.fromkeys(map(str, COLUMNS))
    empty = True
    for name in found:
        empty = False
        record = records[name]
        numbers = cited(record.get(col.REFERENCE) or "")
        agrees = published in numbers if source == LASKOWSKI else names(published, name, position)
        yield blank | {
            col.LINK_ENTRY: entry.described.key,
            col.SOURCE: source,
            col.LINK_RECORD: name,
            col.REFERENCE: record.get(col.REFERENCE),
            col.COMPOSITION_AGREES: is_same(entry.described.composition, record[col.COMPOSITION]),
            col.CONDUCTIVITY_RATIO: _ratio(entry.described, record[col.CONDUCTIVITY]),
            col.DOI_AGREES: bool(entry.described.papers & papers(record[col.DOI_SOURCE])) if record[col.DOI_SOURCE] else None,
            col.SPACEGROUP_AGREES: _equal(entry.described.spacegroup, record.get(col.SPACEGROUP_NUMBER)),
            col.PUBLISHED: published,
            col.AGREES_WITH_PUBLISHED: agrees if published else None,
        }
    if empty and published:
        yield blank | {col.LINK_ENTRY: entry.described.key, col.SOURCE: source, col.PUBLISHED: published, col.AGREES_WITH_PUBLISHED: False}


def _ratio(entry: Described, value: float | None) -> float | None:
    """Headline conductivity of the entry over that of the record."""
    return None if value is None or entry.bound or not entry.conductivities else entry.conductivities[0] / value


def _equal(ours: int | None, theirs: int | None) -> bool | None:
    return None if ours is None or theirs is None else ours == theirs
