"""Links: is the published one the record found, and does the entry's conductivity agree with its records?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.checks.reading import Row, number
from pipeline.findings import Finding
from pipeline.literature.linkage import listed, value_class
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Conductivities of entry and record agree when they are equal in the digits that the shorter of them has, or within 5 %, as one point
#: of a figure is read twice (the samples that the Laskowski table gives twice from paper 18 differ by 0.5 to 4.9 %).
AGREES = frozenset(("identical", "rounded", "one digit", "1 %", "5 %"))
_COLUMN: Mapping[str, col.Column] = {"laskowski": col.LASKOWSKI_ID, "liion": col.LIION_ID}
_NAME = {"laskowski": "Laskowski table", "liion": "Liverpool Ionics Dataset"}


def link_findings(rows: Sequence[Row], links: pd.DataFrame, measurements: pd.DataFrame) -> Iterator[Finding]:
    """Findings of ``link.laskowski``, ``link.liion`` and ``conductivity.source``.

    A published link is told when it names none of the records found for the entry, or when no record was found for it. A
    conductivity is told when no record of either source agrees with the entry's headline, total or bulk value.
    """
    by_entry: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for link in listed(links):
        by_entry[link[col.LINK_ENTRY]].append(link)
    bounds = _bounds(measurements)
    for row in rows:
        for source, column in _COLUMN.items():
            yield from _published(row, [link for link in by_entry[row.id] if link[col.SOURCE] == source], source, column)
        yield from _conductivity(row, [link for link in by_entry[row.id] if link[col.LINK_RECORD]], bounds)


def _bounds(measurements: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Bound of each record whose measurement is known only as a bound."""
    return {
        (source, record): row[col.CONDUCTIVITY_BOUND]
        for row in listed(measurements, col.CONDUCTIVITY_BOUND, col.LASKOWSKI_RECORDS, col.LIION_RECORDS)
        if row[col.CONDUCTIVITY_BOUND]
        for source, column in (("laskowski", col.LASKOWSKI_RECORDS), ("liion", col.LIION_RECORDS))
        for record in (row[column] or "").split()
    }


def _published(row: Row, links: Sequence[Mapping[str, Any]], source: str, column: col.Column) -> Iterator[Finding]:
    published = next((link[col.PUBLISHED] for link in links if link[col.PUBLISHED]), None)
    if published is None or any(link[col.AGREES_WITH_PUBLISHED] for link in links):
        return
    found = [link for link in links if link[col.LINK_RECORD]]
    if not found:
        what = "its paper or a sibling of the entry, but no record has the entry's composition and conductivity"
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


def _conductivity(row: Row, links: Sequence[Mapping[str, Any]], bounds: Mapping[tuple[str, str], str]) -> Iterator[Finding]:
    headline = row.conductivity
    known = [value for value in (headline, row.number(col.IC_TOTAL), row.number(col.IC_BULK)) if value]
    if headline is None or not links:
        return
    told: list[str] = []
    for link in links:
        ratio, bound = link[col.CONDUCTIVITY_RATIO], bounds.get((link[col.SOURCE], link[col.LINK_RECORD]))
        if ratio is not None:
            value = float(f"{headline / ratio:.6g}")
            if any(value_class(mine, value) in AGREES for mine in known):
                return
            told.append(f"{number(value)} ({link[col.SOURCE]} {link[col.LINK_RECORD]})")
        elif bound and not row.text(col.BOUND) and not _keeps(headline, bound):
            told.append(f"{bound} ({link[col.SOURCE]} {link[col.LINK_RECORD]})")
        else:
            return
    yield Finding(
        row.id, "conductivity.source", "warning",
        f"The conductivity is {number(headline)} S/cm, the record found says {', another '.join(told)}; neither total nor bulk agrees.",
        column=col.IONIC_CONDUCTIVITY, value=number(headline), expected=told[0].split(" ", 1)[0], other=_names(links),
    )  # fmt: skip


def _keeps(value: float, bound: str) -> bool:
    limit = float(bound[1:])
    return value <= limit if bound[0] == "<" else value >= limit


def _names(links: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(f"{link[col.SOURCE]}-{link[col.LINK_RECORD]}" for link in links)
