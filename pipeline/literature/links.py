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
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any

from pipeline.dois import cited, papers
from pipeline.literature.finder import Entry, Finder, Group, names, of_papers
from pipeline.literature.linkage import CONDUCTIVITY, Described, are_same, compare, is_same, listed, told
from pipeline.literature.source import Source, record_keys
from pipeline.safety.collector import paused
from schemas import columns as col
from schemas.contract import typed
from schemas.links import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

#: What is asked of an entry, beside what its curators published of each source.
_TOLD = (
    col.REDUCED_COMPOSITION, col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK, col.REF, col.BOUND, col.DOI, col.SPACE_GROUP_NUMBER,
    col.ICSD_ID,
)  # fmt: skip
_REFERENCE = re.compile(r"D([12])\s*[-\N{EN DASH}]\s*(\d+)")


@paused()
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
        finder = Finder(source, groups[source.name], position[source.name], numbered, _partners(source.name, found, groups))
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


def _entries(entries: pd.DataFrame, sources: Sequence[Source]) -> Iterator[Entry]:
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
        yield Entry(
            Described(
                name, row[col.REDUCED_COMPOSITION], tuple(values), row[col.BOUND] or "", papers(row[col.DOI] or ""), None,
                row[col.SPACE_GROUP_NUMBER], row[col.ICSD_ID] or "",
            ),
            published,
            numbers,
        )  # fmt: skip


def _groups(measurements: pd.DataFrame, sources: Sequence[Source]) -> dict[str, list[Group]]:
    """Records of each source, grouped by measurement, with all papers of the measurement; those of a witness are groups of their own."""
    groups: dict[str, list[Group]] = {source.name: [] for source in sources}
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


def _group(measurement: str, name: str, records: tuple[Described, ...], its_papers: frozenset[str]) -> Group:
    return Group(measurement, name, records, its_papers, records[0].elements)


def _partners(source: str, found: Mapping[str, Mapping[str, list[str]]], groups: Mapping[str, Sequence[Group]]) -> dict[str, str]:
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


def _complete(found: dict[str, dict[str, list[str]]], groups: Mapping[str, Sequence[Group]]) -> None:
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


def _repeat(entries: Sequence[Entry], found: dict[str, list[str]], groups: Sequence[Group]) -> None:
    """Records left over that repeat an entry: its paper and composition, its conductivity within 5 %, no other space group."""
    taken = {record for records in found.values() for record in records}
    by_paper: dict[str, dict[str, Group]] = defaultdict(dict)
    for group in groups:
        if group.name not in taken:
            for paper in group.papers:
                by_paper[paper][group.name] = group
    for entry in entries:
        held = entry.described.elements
        for group in of_papers(by_paper, entry.described.papers).values():
            if group.elements != held or group.name in taken or not are_same(entry.described, group.records[0]):
                continue
            comparison = compare(entry.described, group.records[0])
            if CONDUCTIVITY[comparison.conductivity] >= CONDUCTIVITY["5 %"] and comparison.spacegroup != "differs":
                found.setdefault(entry.described.key, []).extend(record.key for record in group.records)
                taken.update(record.key for record in group.records)


def _rows_of(entry: Entry, source: Source, found: Sequence[str], position: Mapping[str, str]) -> Iterator[dict[str, Any]]:
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
