"""Would the program have named what the curators corrected later?

    python benchmarks/history.py OLD.xlsx NEW.xlsx [--raw raw] [--output FILE]

Each row that two versions of the curators' sheet have in common and that differs in a cell that the checks read is one correction. Both
sheets are built as published (``build --quick --as-published --workbook``), and a correction counts as named when the old sheet has a
finding on the row (of it, or naming it) that the new one has not: the old value broke a law that the new one keeps. It counts as an
error when one of these findings is an error. Findings on cells that did not change, and those that stay, count for nothing.

Printed are one line a correction and the totals; ``--output`` writes them as CSV. Exit status 0, whatever is found: this measures.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.build import Options, build
from pipeline.findings import SEVERITIES
from pipeline.ingest import workbook
from schemas import columns as col

#: Cells that no check reads, or that are no claim about the material.
UNREAD = frozenset((col.ID, col.CHECKED, col.NOTE))


@dataclass(frozen=True)
class Corrected:
    """One row that the curators changed.

    Attributes
    ----------
    id
        The entry.
    changed
        Column, old and new cell of each change.
    named
        Severity and check of each finding of the old sheet on the row that the new sheet has not, the severest first.
    """

    id: str
    changed: tuple[tuple[str, object, object], ...]
    named: tuple[tuple[str, str], ...]

    @property
    def severity(self) -> str:
        """The severest finding that named the old value; blank when none did."""
        return self.named[0][0] if self.named else ""


def corrections(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, tuple[tuple[str, object, object], ...]]:
    """Changed cells by ID, of the rows and the columns that both sheets have."""
    rows = [dict(zip(sheet[col.ID].tolist(), sheet.to_dict("records"), strict=True)) for sheet in (old, new)]
    columns = [column for column in col.WORKBOOK if column not in UNREAD and column in old.columns and column in new.columns]
    found = {}
    for name in rows[0].keys() & rows[1].keys():
        cells = tuple((str(c), rows[0][name][c], rows[1][name][c]) for c in columns if not _same(rows[0][name][c], rows[1][name][c]))
        if cells:
            found[name] = cells
    return dict(sorted(found.items()))


def _same(one: object, other: object) -> bool:
    blank = [value is None or value != value or value == "" for value in (one, other)]
    return all(blank) or (not any(blank) and one == other)


def gone(old: pd.DataFrame, new: pd.DataFrame, name: str) -> tuple[tuple[str, str], ...]:
    """Severity and check of the findings on a row (of it, or naming it) that the old release has and the new one has not."""
    before, after = (
        {
            (row[col.CHECK], row[col.COLUMN], row[col.VALUE]): row[col.SEVERITY]
            for row in findings.to_dict("records")
            if name == row[col.ID] or name in row[col.OTHER].split()
        }
        for findings in (old, new)
    )
    left = {(severity, check) for (check, column, value), severity in before.items() if (check, column, value) not in after}
    return tuple(sorted(left, key=lambda each: (SEVERITIES.index(each[0]), each[1])))  # type: ignore[arg-type]


def replayed(old: Path, new: Path, raw: Path) -> list[Corrected]:
    """Every correction between two sheets, with what named it."""
    with tempfile.TemporaryDirectory() as scratch:
        built = [
            build(Options(raw, Path(scratch) / name, as_published=True, quick=True, workbook=sheet)).findings
            for name, sheet in (("old", old), ("new", new))
        ]
    sheets = [workbook.cells(sheet.read_bytes(), sheet.name) for sheet in (old, new)]
    return [Corrected(name, changed, gone(*built, name)) for name, changed in corrections(*sheets).items()]


def told(found: list[Corrected]) -> str:
    """A line a correction, and the totals."""
    lines = []
    for each in found:
        cells = ", ".join(f"{column}: {before} -> {after}" for column, before, after in each.changed)
        named = ", ".join(f"{severity} {check}" for severity, check in each.named) or "not named"
        lines.append(f"{each.id}  {cells}\n     {named}")
    errors, named = sum(each.severity == "error" for each in found), sum(bool(each.named) for each in found)
    return "\n".join([*lines, f"{len(found)} rows changed: {named} named, {errors} of them as errors"])


def main() -> None:
    """Replay, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--raw", type=Path, default=Path("raw"), help="Folder of the pins.")
    parser.add_argument("--output", type=Path, help="CSV with one row a changed cell.")
    options = parser.parse_args()
    found = replayed(options.old, options.new, options.raw)
    print(told(found))
    if options.output is not None:
        with options.output.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["ID", "column", "old", "new", "severity", "checks"])
            writer.writerows(
                [each.id, column, before, after, each.severity, " ".join(check for _, check in each.named)]
                for each in found
                for column, before, after in each.changed
            )


if __name__ == "__main__":
    sys.exit(main())
