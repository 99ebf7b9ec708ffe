"""Space group symbols: known, and the same group as the number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.checks.culprits import File, of_group
from pipeline.checks.reading import Row
from pipeline.chemistry.spacegroup import short, standard
from pipeline.findings import Finding
from schemas import columns as col


def spacegroup_findings(
    rows: Sequence[Row], files: Mapping[str, File] | None = None, recorded: Mapping[str, Collection[int]] | None = None
) -> Iterator[Finding]:
    """Findings of ``spacegroup.*``; the ``files`` of rows and the groups ``recorded`` by sources tell which of symbol and number is wrong.

    A contributed row may leave the symbol blank; then its number stands alone.
    """
    for row in rows:
        if not row.symbol:
            continue
        group = row.spacegroup
        if group is None:
            expected = short(standard(row.spacegroup_number)) if row.spacegroup_number else ""
            yield Finding(
                row.id, "spacegroup.unknown-symbol", "error", f"{row.symbol} is no Hermann-Mauguin symbol of a space group.",
                column=col.SPACE_GROUP, value=row.symbol, expected=expected,
            )  # fmt: skip
        elif row.spacegroup_number is not None and group.number != row.spacegroup_number:
            other = short(standard(row.spacegroup_number))
            is_symbol = of_group(row, group.number, (files or {}).get(row.id), (recorded or {}).get(row.id, ())) == col.SPACE_GROUP
            yield Finding(
                row.id, "spacegroup.symbol-number", "error",
                f"The symbol {row.symbol} is number {group.number}, but the number says {row.spacegroup_number}, which is {other}.",
                column=col.SPACE_GROUP if is_symbol else col.SPACE_GROUP_NUMBER,
                value=row.symbol if is_symbol else str(row.spacegroup_number), expected=other if is_symbol else str(group.number),
            )  # fmt: skip
