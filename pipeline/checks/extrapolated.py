"""Is a conductivity at room temperature one that was measured there?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.checks.links import AGREES
from pipeline.checks.reading import Row, number
from pipeline.dois import papers
from pipeline.findings import Finding
from pipeline.literature.linkage import is_same, listed, value_class
from pipeline.literature.source import NOT_ROOM_TEMPERATURE, Source, named, state
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: A value of another temperature is the entry's when both are equal in two printed digits or more.
EQUAL = frozenset(("identical", "rounded"))


def extrapolated_findings(rows: Sequence[Row], links: pd.DataFrame, sources: Sequence[Source]) -> Iterator[Finding]:
    """Findings of ``conductivity.extrapolated``.

    Told is an entry whose value a record that was found for it calls extrapolated, and one whose value is that of a record of its paper
    and composition at another temperature, where the same source has no record with this value at room temperature.
    """
    linked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for link in listed(links, col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD):
        if link[col.LINK_RECORD]:
            linked[link[col.LINK_ENTRY]].append((link[col.SOURCE], link[col.LINK_RECORD]))
    known = named(sources)
    hot = _hot(sources)
    for row in rows:
        values = [value for value in (row.conductivity, row.number(col.IC_TOTAL), row.number(col.IC_BULK)) if value]
        if row.is_bound or row.conductivity is None or not values:
            continue
        records = [(known[source], known[source].rows[record]) for source, record in linked[row.id] if source in known]
        yield from _extrapolated(row, records)
        yield from _elsewhere(row, records, hot)


def _hot(sources: Sequence[Source]) -> Mapping[str, list[tuple[Source, Mapping[str, Any]]]]:
    """Records of other temperatures than room temperature, by paper."""
    found: dict[str, list[tuple[Source, Mapping[str, Any]]]] = defaultdict(list)
    for source in sources:
        if source.is_compared:
            for record in source.rows.values():
                if state(record) == NOT_ROOM_TEMPERATURE and record.get(col.CONDUCTIVITY) and record[col.COMPOSITION]:
                    for paper in sorted(papers(record.get(col.DOI_SOURCE) or "")):
                        found[paper].append((source, record))
    return found


def _extrapolated(row: Row, records: Sequence[tuple[Source, Mapping[str, Any]]]) -> Iterator[Finding]:
    value = row.conductivity
    said = [
        (source, record) for source, record in records
        if value and record.get(col.EXTRAPOLATED_FROM) is not None and _agrees(value, record, AGREES)
    ]  # fmt: skip
    if not said or not value:
        return
    told = ", ".join(f"{source.title} ({source.name} {r[col.RECORD]}) from {r[col.EXTRAPOLATED_FROM]:g} degrees" for source, r in said)
    yield Finding(
        row.id, "conductivity.extrapolated", "warning",
        f"{number(value)} S/cm is called extrapolated, not measured at room temperature, by {told}.",
        column=col.IONIC_CONDUCTIVITY, value=number(value), other=" ".join(f"{source.name}-{r[col.RECORD]}" for source, r in said),
    )  # fmt: skip


def _elsewhere(
    row: Row, records: Sequence[tuple[Source, Mapping[str, Any]]], hot: Mapping[str, Sequence[tuple[Source, Mapping[str, Any]]]]
) -> Iterator[Finding]:
    value, composition = row.conductivity, row.text(col.REDUCED_COMPOSITION)
    if not value or not composition:
        return
    at_room = {source.name for source, record in records if state(record) is None and _agrees(value, record, EQUAL)}
    for paper in sorted(papers(row.text(col.DOI) or "")):
        for source, record in hot.get(paper, ()):
            if source.name in at_room or not _agrees(value, record, EQUAL) or not is_same(composition, record[col.COMPOSITION]):
                continue
            temperature = record.get(col.TEMPERATURE)
            where = f"at {temperature:g} degrees" if temperature is not None else "at another temperature"
            yield Finding(
                row.id, "conductivity.extrapolated", "warning",
                f"{number(value)} S/cm is the value that {source.title} ({source.name} {record[col.RECORD]}) gives {where}.",
                column=col.IONIC_CONDUCTIVITY, value=number(value), other=f"{source.name}-{record[col.RECORD]}",
            )  # fmt: skip
            return


def _agrees(value: float, record: Mapping[str, Any], classes: frozenset[str]) -> bool:
    theirs = record.get(col.CONDUCTIVITY)
    return theirs is not None and value_class(value, float(theirs)) in classes
