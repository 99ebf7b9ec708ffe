"""All checks over one set of entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.checks.alone import of_rows
from pipeline.checks.duplicates import pair_findings
from pipeline.checks.extrapolated import extrapolated_findings
from pipeline.checks.ids import id_findings
from pipeline.checks.link_records import record_findings
from pipeline.checks.links import link_findings
from pipeline.checks.prototypes import prototype_findings
from pipeline.checks.series import series_findings
from pipeline.checks.settings import setting_findings
from pipeline.checks.splits import split_findings
from pipeline.checks.spread import row_findings, set_findings
from pipeline.checks.structure_copies import copy_findings
from pipeline.checks.structures import structure_findings
from pipeline.checks.subject import Subject
from pipeline.findings import Finding

if TYPE_CHECKING:
    from pipeline.safety.workers import Workers


def check(subject: Subject, by: Workers | None = None) -> Iterator[Finding]:
    """Yield the findings of every family of checks, here or by workers. Never raises for bad data and never drops a row."""
    found = subject.rows
    yield from id_findings(found, subject.free_ids)
    if by is None:
        yield from of_rows(subject)
        if not subject.alone:
            yield from pair_findings(found)
            yield from series_findings(found)
    else:
        yield from row_findings(subject, by)
        if not subject.alone:
            yield from set_findings(found, by)
    if subject.structures:
        yield from setting_findings(found, subject.parsed)
        yield from structure_findings(found, subject.parsed, noisy=subject.noisy)
        if not subject.alone:
            yield from copy_findings(found, subject.parsed)
            yield from prototype_findings(found, subject.parsed, subject.noisy)
    if subject.test_ids is not None:
        yield from split_findings(subject.entries, subject.test_ids, subject.train_ids)
    if subject.links is not None and subject.measurements is not None:
        yield from link_findings(found, subject.links, subject.measurements, subject.sources)
        yield from record_findings(found, subject.links, subject.sources, subject.parsed)
        yield from extrapolated_findings(found, subject.links, subject.sources)
