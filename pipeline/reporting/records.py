"""The source records of an entry, in words: value beside value, what agrees, and what was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.literature.linkage import listed
from pipeline.literature.source import Source, named
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Values closer than this are called the same: digits of a printed value, not a second measurement.
SAME = 0.005


def told(links: pd.DataFrame, sources: Sequence[Source]) -> Iterator[tuple[str, str]]:
    """ID and sentence of each row of ``links.csv``, such as ``Laskowski record 620: 9.6e-4 S/cm, 1.4 times lower here``."""
    known = named(sources)
    for link in listed(links):
        yield str(link[col.LINK_ENTRY]), sentence(link, known.get(str(link[col.SOURCE])))


def sentence(link: Mapping[str, Any], source: Source | None) -> str:
    """What one link says. ``source`` is ``None`` where the table is not at hand: the record's own value is then left out."""
    title = source.title if source is not None else str(link[col.SOURCE])
    published, record = link[col.PUBLISHED], link[col.LINK_RECORD]
    if record is None:
        return f"{title}: no record found" + (f"; the published link is {published}" if published is not None else "")
    row = source.rows.get(str(record), {}) if source is not None else {}
    value = [part for part in (_value(row), ratio(link[col.CONDUCTIVITY_RATIO])) if part]
    said = [f"{title} record {record}" + (f": {', '.join(value)}" if value else ""), *_agreement(link)]
    if link[col.AGREES_WITH_PUBLISHED] is False:
        said.append(f"the published link is {published}")
    elif published is None and source is not None and source.published:
        said.append("not linked as published")
    return "; ".join(said)


def _value(row: Mapping[str, Any]) -> str:
    """Conductivity and temperature of a record, as far as it states them."""
    value, bound = row.get(col.CONDUCTIVITY), row.get(col.CONDUCTIVITY_BOUND)
    if value is None and bound is None:
        return ""
    said = f"{_number(value)} S/cm" if value is not None else f"{bound} S/cm"
    if (temperature := row.get(col.TEMPERATURE)) is not None:
        said += f" at {temperature:g} degrees C"
    if (start := row.get(col.EXTRAPOLATED_FROM)) is not None:
        said += f", extrapolated from {start:g} degrees C"
    return said


def ratio(value: float | None) -> str:
    """The entry's conductivity beside the record's, in words; blank where one of them is unknown."""
    if value is None or not value > 0:
        return ""
    times = max(value, 1 / value)
    if times <= 1 + SAME:
        return "the same here"
    shown = f"{times:.2f}" if times < 1.1 else f"{times:.1f}" if times < 10 else f"{times:,.0f}"
    return f"{shown} times {'higher' if value > 1 else 'lower'} here"


def _agreement(link: Mapping[str, Any]) -> Iterator[str]:
    facts = {"composition": col.COMPOSITION_AGREES, "paper": col.DOI_AGREES, "space group": col.SPACEGROUP_AGREES}
    for verdict, one, several in ((True, "agrees", "agree"), (False, "differs", "differ")):
        if named_facts := [fact for fact, column in facts.items() if link[column] is verdict]:
            yield f"{_and(named_facts)} {one if len(named_facts) == 1 else several}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _number(value: float) -> str:
    """A conductivity as chemists write it: ``9.6e-4``."""
    if value >= 0.01 or value <= 0:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"
