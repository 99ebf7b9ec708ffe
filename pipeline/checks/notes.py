"""Curators' notes that still ask for work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.checks.reading import Row
from pipeline.findings import Finding
from schemas import columns as col

#: Words by which a note asks for work. ``corrected``, ``downloaded`` and ``available`` report work that was done.
OPEN = re.compile(
    r"\b(check|should|could be|may|incorrect|not correct|not matching|wrong|duplicated? with|refere?|missing|request)\b", re.IGNORECASE
)


def note_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    """Findings of ``note.*``."""
    for row in rows:
        note = row.text(col.NOTE)
        if OPEN.search(note):
            yield Finding(row.id, "note.open", "info", f"A curator's note still asks for work: {note}.", column=col.NOTE, value=note)
