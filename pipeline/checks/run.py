"""All checks over one set of entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.checks.findings import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Subject:
    """What the checks look at.

    Attributes
    ----------
    entries
        One row an entry, index ``ID`` (text), typed columns of the release (see ``schemas.entries``):
        numbers as float64, integers as Int64, text as str with missing values; ``bound`` beside the conductivity.
    structures
        Text of each entry's structure file, by ID.
    links
        ``links.csv``, when the source tables were read.
    measurements
        ``measurements.csv``, likewise.
    test_ids
        IDs of the test set; ``None`` when there is no split to check.
    """

    entries: pd.DataFrame
    structures: Mapping[str, str] = field(default_factory=dict)
    links: pd.DataFrame | None = None
    measurements: pd.DataFrame | None = None
    test_ids: frozenset[str] | None = None


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the findings of every family of checks. Never raises for bad data and never drops a row."""
    yield from ()
