"""IDs: formed as the release wants them, and no two alike."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipeline.checks.reading import Row
from pipeline.findings import Finding
from schemas import columns as col

#: What a contributor may call a row: it names a file too.
FREE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+()-]{0,63}")

#: What mends a clash of an accepted row.
MENDED = " 'obelix-curate accept --renumber FOLDER' gives the accepted rows of a folder other IDs."


def id_findings(rows: Sequence[Row], free: bool = False) -> Iterator[Finding]:
    """Findings of ``id.*``. With ``free`` the IDs are a contributor's own names, which ``accept`` replaces."""
    pattern = FREE if free else re.compile(str(col.ID.pattern))
    wanted = (
        "a name of letters, digits, dots and hyphens"
        if free
        else "three characters, letters in lower case and digits, or six as 'accept' gives them"
    )
    for row in rows:
        if not pattern.fullmatch(row.id):
            yield Finding(row.id, "id.format", "error", f"The ID {row.id!r} is not {wanted}.", column=col.ID, value=row.id)
    alike: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows, start=1):
        alike[row.id.casefold()].append(position)
    for positions in alike.values():
        if len(positions) > 1:
            first = rows[positions[0] - 1]
            names = sorted({rows[p - 1].id for p in positions})
            yield Finding(
                first.id, "id.duplicate", "error",
                f"{' and '.join(names)} {'name' if len(names) > 1 else 'names'} {len(positions)} rows: entries "
                f"{', '.join(map(str, positions))} of the table.{'' if free else MENDED}",
                column=col.ID, value=first.id, other=" ".join(n for n in names if n != first.id),
            )  # fmt: skip
