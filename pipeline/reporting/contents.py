"""What ``report.html`` shows, as tables and values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.literature.source import Source
    from pipeline.reporting.markup import Section
    from pipeline.structures.cif import Structure


@dataclass(frozen=True)
class Contents:
    """What the page shows.

    Attributes
    ----------
    title, subtitle
        Name of the release, and where it comes from in a sentence.
    entries
        One row an entry, index ID.
    statistics
        :func:`pipeline.reporting.statistics.statistics` of the same release.
    figures
        SVG of each figure, by name (:func:`pipeline.reporting.figures.figures`).
    structures
        Structure of each entry that has one.
    train_ids, test_ids
        The split.
    groups
        Group of each entry (:func:`pipeline.split.groups`).
    findings, candidates, links, corrections, fits
        ``findings.csv``, ``candidates.csv``, ``links.csv``, ``corrections.csv``, ``structures.csv``; ``None`` where there is none.
    texts
        Text of each structure file by ID, as the release holds it.
    sources
        The literature tables that ``links`` speaks of.
    since, before
        The release that ``corrections`` are changes of, and the IDs of its entries.
    issues
        Address of the page on which a doubt is reported; blank where there is none.
    more
        Further parts of the page, before the checks.
    """

    title: str
    subtitle: str
    entries: pd.DataFrame
    statistics: Mapping[str, Any]
    figures: Mapping[str, str] = field(default_factory=dict)
    structures: Mapping[str, Structure] = field(default_factory=dict)
    train_ids: Collection[str] = ()
    test_ids: Collection[str] = ()
    groups: pd.Series | None = None
    findings: pd.DataFrame | None = None
    candidates: pd.DataFrame | None = None
    links: pd.DataFrame | None = None
    corrections: pd.DataFrame | None = None
    fits: pd.DataFrame | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    since: str = ""
    before: Collection[str] = ()
    issues: str = ""
    more: Sequence[Section] = ()
