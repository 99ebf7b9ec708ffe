"""What is said of rows by themselves: it needs the rows of the same space group at most."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.checks.composition import composition_findings
from pipeline.checks.conductivity import conductivity_findings
from pipeline.checks.digits import digit_findings
from pipeline.checks.families import family_findings
from pipeline.checks.lattice import lattice_findings
from pipeline.checks.notes import note_findings
from pipeline.checks.references import reference_findings
from pipeline.checks.settings import confirmed
from pipeline.checks.spacegroup import spacegroup_findings
from pipeline.checks.subject import Subject
from pipeline.findings import Finding


def of_rows(subject: Subject) -> Iterator[Finding]:
    """Findings about each row that need no row of another space group."""
    found = subject.rows
    yield from composition_findings(found, subject.parsed)
    yield from spacegroup_findings(found, subject.parsed, subject.groups)
    yield from lattice_findings(found, confirmed(found, subject.parsed), subject.cells)
    yield from digit_findings(found, subject.cells)
    yield from conductivity_findings(found)
    yield from reference_findings(found)
    yield from family_findings(found)
    yield from note_findings(found)
