"""Links: is the published one the record found, and does the entry's conductivity agree with its records?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pipeline.checks.reading import Row, number
from pipeline.checks.slips import digit_slipped, exponent_slipped
from pipeline.findings import Finding, Severity
from pipeline.literature.linkage import listed, value_class
from pipeline.literature.source import Source, named, record_keys
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Conductivities of entry and record agree when they are equal in the digits that the shorter of them has, or within 5 %, as one point
#: of a figure is read twice (the samples that the Laskowski table gives twice from paper 18 differ by 0.5 to 4.9 %).
AGREES = frozenset(("identical", "rounded", "one digit", "1 %", "5 %"))
#: Sources that differ by more cannot have read one measurement, whatever the figure, the sample or the kind of conductivity.
DECADE = 10.0
#: A decade that was slipped by is ten times within the 5 % of :data:`AGREES`.
A_DECADE = DECADE / 1.05
#: Where one source agrees with the entry, another that differs by more is told: two readings of one figure, and of a temperature between
#: 15 and 35 degrees, stay below.
TOLD = 1.5
#: Where none agrees, a warning from here on: bulk and total, or two samples of one compound in one paper, seldom differ by more, and a
#: decade that was slipped by, each value rounded to one digit, does.
SLIPPED = 5.0
_COLUMN: Mapping[str, col.Column] = {"laskowski": col.LASKOWSKI_ID, "liion": col.LIION_ID}
_NAME = {"laskowski": "Laskowski table", "liion": "Liverpool Ionics Dataset"}


def link_findings(
    rows: Sequence[Row], links: pd.DataFrame, measurements: pd.DataFrame, sources: Sequence[Source] = ()
) -> Iterator[Finding]:
    """Findings of ``link.laskowski``, ``link.liion`` and ``conductivity.source``.

    A published link is told when it names none of the records found for the entry, or when no record was found for it. A
    conductivity is told once, with the voices for it and against it (:func:`_conductivity`); a record that was merged with one of the
    entry's speaks as that one does.
    """
    by_entry: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for link in listed(links):
        by_entry[link[col.LINK_ENTRY]].append(link)
    bounds = _bounds(measurements, sources)
    known = named(sources)
    merged = _merged(measurements)
    for row in rows:
        for source, column in _COLUMN.items():
            yield from _published(row, [link for link in by_entry[row.id] if link[col.SOURCE] == source], source, column)
        own = [link for link in by_entry[row.id] if link[col.LINK_RECORD]]
        own += _beside(row, own, merged, known)
        compared = (_told(row, link, bounds, known) for link in own)
        yield from _conductivity(row, [each for each in compared if each is not None], known)


def _merged(measurements: pd.DataFrame) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The records of each measurement that has several, by each of them."""
    groups = (list(record_keys(row[col.RECORDS])) for row in listed(measurements, col.RECORDS))
    return {key: group for group in groups if len(group) > 1 for key in group}


def _beside(
    row: Row, own: Sequence[Mapping[str, Any]], merged: Mapping[tuple[str, str], Sequence[tuple[str, str]]], known: Mapping[str, Source]
) -> list[dict[str, Any]]:
    """As links, the records that were merged with one of the entry's, of sources that have no record of their own for it."""
    mine = {link[col.SOURCE] for link in own}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for link in own:
        for source, record in merged.get((link[col.SOURCE], link[col.LINK_RECORD]), ()):
            if source not in mine and source in known and row.conductivity:
                value = known[source].rows[record].get(col.CONDUCTIVITY)
                ratio = row.conductivity / value if value and not row.is_bound else None
                found[source, record] = {col.SOURCE: source, col.LINK_RECORD: record, col.CONDUCTIVITY_RATIO: ratio}
    return list(found.values())


def _bounds(measurements: pd.DataFrame, sources: Sequence[Source]) -> dict[tuple[str, str], str]:
    """Bound of each record that is known only as a bound: of its measurement, or of a witness."""
    found = {
        key: row[col.CONDUCTIVITY_BOUND]
        for row in listed(measurements, col.CONDUCTIVITY_BOUND, col.RECORDS)
        if row[col.CONDUCTIVITY_BOUND]
        for key in record_keys(row[col.RECORDS])
    }
    for source in sources:
        if not source.is_merged:
            found |= {
                (source.name, name): row[col.CONDUCTIVITY_BOUND] for name, row in source.rows.items() if row.get(col.CONDUCTIVITY_BOUND)
            }
    return found


def _published(row: Row, links: Sequence[Mapping[str, Any]], source: str, column: col.Column) -> Iterator[Finding]:
    published = next((link[col.PUBLISHED] for link in links if link[col.PUBLISHED]), None)
    if published is None or any(link[col.AGREES_WITH_PUBLISHED] for link in links):
        return
    found = [link for link in links if link[col.LINK_RECORD]]
    if not found:
        what = "the paper or another entry of it, but no record has the entry's composition and conductivity"
        expected = ""
    else:
        best = found[0]
        expected = str(best[col.REFERENCE] if source == "laskowski" else best[col.LINK_RECORD])
        what = f"another record; record {best[col.LINK_RECORD]} agrees in {_agreement(best)}"
    yield Finding(
        row.id, f"link.{source}", "warning", f"{column} {published} names {what} (in the {_NAME[source]}).", column=column,
        value=str(published), expected=expected, other=_names(found),
    )  # fmt: skip


def _agreement(link: Mapping[str, Any]) -> str:
    """What entry and record agree on, in words."""
    ratio = link[col.CONDUCTIVITY_RATIO]
    facts = (
        ("composition", link[col.COMPOSITION_AGREES]),
        ("conductivity", ratio is not None and value_class(1.0, ratio) in AGREES),
        ("paper", link[col.DOI_AGREES]),
        ("space group", link[col.SPACEGROUP_AGREES]),
    )
    return ", ".join(name for name, agrees in facts if agrees) or "nothing but its place in the paper"


@dataclass(frozen=True)
class _Told:
    """What a record says of an entry's conductivity.

    Attributes
    ----------
    source, record
        The record.
    value
        Its value, or the limit of its bound; ``None`` where it says nothing else than the entry.
    factor
        By how much it differs from the nearest of headline, total and bulk: 1 where it agrees.
    said
        The same in words.
    is_measured
        Whether it does not call the value extrapolated.
    is_limit
        Whether the entry gives as a value what the record gives as the limit of a bound.
    """

    source: str
    record: str
    value: float | None
    factor: float
    said: str
    is_measured: bool
    is_limit: bool = False


def _told(row: Row, link: Mapping[str, Any], bounds: Mapping[tuple[str, str], str], known: Mapping[str, Source]) -> _Told | None:
    """Compare an entry with a record that was found for it."""
    source, record = link[col.SOURCE], link[col.LINK_RECORD]
    origin = known[source].rows[record].get(col.EXTRAPOLATED_FROM) if source in known else None
    name = f"({source} {record}{', extrapolated' if origin is not None else ''})"
    headline, ratio, bound = row.conductivity, link[col.CONDUCTIVITY_RATIO], bounds.get((source, record))
    if headline is None:
        return None
    measured = known[source].rows[record].get(col.CONDUCTIVITY) if source in known and row.is_bound and not bound else None
    if measured and not _keeps(measured, f"{row.text(col.BOUND)}{headline}"):
        return _Told(source, record, measured, max(headline / measured, measured / headline), f"{number(measured)} {name}", origin is None)
    if ratio is not None:
        value = float(f"{headline / ratio:.6g}")
        mine = [each for each in (headline, row.number(col.IC_TOTAL), row.number(col.IC_BULK)) if each]
        agrees = any(value_class(each, value) in AGREES for each in mine)
        factor = 1.0 if agrees else min(max(each / value, value / each) for each in mine)
        return _Told(source, record, value, factor, f"{number(value)} {name}", origin is None)
    limit = float(bound[1:]) if bound and not row.text(col.BOUND) else None
    if limit is not None and math.isclose(headline, limit, rel_tol=1e-6):
        return _Told(source, record, limit, 1.0, f"{bound} {name}", origin is None, is_limit=True)
    if limit is not None and bound and not _keeps(headline, bound):
        return _Told(source, record, limit, max(headline / limit, limit / headline), f"{bound} {name}", origin is None)
    return _Told(source, record, None, 1.0, f"{bound or 'nothing else'} {name}", origin is None)


def _voices(told: Sequence[_Told], known: Mapping[str, Source]) -> list[list[_Told]]:
    """Records by voice: those of one source are one, and those of a source and of one that copied it where both say the same.

    Where a table that copied another says something else, it did not copy this value: its authors looked again.
    """
    import networkx

    graph: networkx.Graph[int] = networkx.Graph()
    graph.add_nodes_from(range(len(told)))
    for (place, one), (other_place, other) in combinations(enumerate(told), 2):
        copied = one.source in _origins(other.source, known) or other.source in _origins(one.source, known)
        if one.source == other.source or (copied and _same(one.value, other.value)):
            graph.add_edge(place, other_place)
    return [[told[place] for place in sorted(group)] for group in networkx.connected_components(graph)]


def _origins(name: str, known: Mapping[str, Source]) -> frozenset[str]:
    """Sources that a source copied, and those that they copied."""
    found: set[str] = set()
    left = [name]
    while left:
        source = known.get(left.pop())
        new = (source.derived_from if source else frozenset()) - found
        found |= new
        left += sorted(new)
    return frozenset(found)


def _same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else value_class(one, other) in AGREES


def _conductivity(row: Row, told: Sequence[_Told], known: Mapping[str, Source]) -> Iterator[Finding]:
    """What the sources say together. A voice agrees when one of its records agrees with headline, total or bulk.

    Told is an entry with which no voice agrees, and one with which some do while another differs by more than :data:`TOLD`. It is an
    error when none agrees and two voices or more measured one other value, a decade or more away, or one has the entry's digits with
    another exponent; information when the voices
    for the entry are more than those against it, or those differ by no more than :data:`DECADE` where one agrees, :data:`SLIPPED`
    where none does and no single digit was mistyped; else a warning. A value that is the limit of a record's bound has lost the sign.
    """
    limits = [each for each in told if each.is_limit]
    if limits and not any(each.factor == 1.0 and each.value is not None and not each.is_limit for each in told):
        yield _sign_lost(row, limits)
        return
    voices = [(min(each.factor for each in voice), voice) for voice in _voices(told, known)]
    agree = [voice for factor, voice in voices if factor == 1.0]
    differ = [voice for factor, voice in voices if factor > (TOLD if agree else 1.0)]
    if row.conductivity is None or not differ:
        return
    severity: Severity = "warning"
    values = [each.value for voice in differ for each in voice if each.value]
    mine = [each for each in (row.conductivity, row.number(col.IC_TOTAL), row.number(col.IC_BULK)) if each and each > 0]
    if not agree and (_proves(differ) or any(exponent_slipped(one, other) for one in mine for other in values)):
        severity = "error"
    elif not agree and any(digit_slipped(one, other) for one in mine for other in values):
        severity = "warning"
    elif len(agree) > len(differ) or max(each.factor for voice in differ for each in voice) <= (DECADE if agree else SLIPPED):
        severity = "info"
    against = sorted((each for voice in differ for each in voice), key=told.index)
    differences = ", and another ".join(f"{each.said}, which differs by a factor of {number(each.factor)}" for each in against)
    supporting = [f"{each.source} {each.record}" for each in told if each.factor == 1.0]
    support = f"{', '.join(supporting)} {'agrees' if len(supporting) == 1 else 'agree'}" if agree else "no value of the row agrees"
    yield Finding(
        row.id, "conductivity.source", severity,
        f"The conductivity is {row.text(col.BOUND)}{number(row.conductivity)} S/cm. A record has {differences}; {support}.",
        column=col.IONIC_CONDUCTIVITY, value=number(row.conductivity), expected="" if agree else against[0].said.split(" ", 1)[0],
        other=" ".join(f"{each.source}-{each.record}" for each in told),
    )  # fmt: skip


def _sign_lost(row: Row, limits: Sequence[_Told]) -> Finding:
    said = limits[0].said
    return Finding(
        row.id, "conductivity.source", "error",
        f"The conductivity is {number(row.conductivity)} S/cm, as a value; a record has {said}: it is a bound, and its sign was lost.",
        column=col.IONIC_CONDUCTIVITY, value=number(row.conductivity), expected=said.split(" ", 1)[0],
        other=" ".join(f"{each.source}-{each.record}" for each in limits),
    )  # fmt: skip


def _proves(differ: Sequence[Sequence[_Told]]) -> bool:
    """Whether independent voices measured one other value, a decade or more away."""
    values = [[each.value for each in voice if each.is_measured and each.factor > A_DECADE] for voice in differ]
    return any(_same(mine, yours) for one, other in combinations(values, 2) for mine in one for yours in other)


def _keeps(value: float, bound: str) -> bool:
    limit = float(bound[1:])
    return value <= limit if bound[0] == "<" else value >= limit


def _names(links: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(f"{link[col.SOURCE]}-{link[col.LINK_RECORD]}" for link in links)
