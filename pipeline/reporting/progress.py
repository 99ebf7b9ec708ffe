"""What a build tells while it runs, and the one table at its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.quoting import plain

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Stage:
    """One stage of the line: what went in, what came out, in words where numbers are not enough."""

    name: str
    rows_in: int | None = None
    rows_out: int | None = None
    note: str = ""


@dataclass
class Ledger:
    """Stages in the order they ran. On a terminal each shows while it runs; in a pipe nothing is printed."""

    quiet: bool = False
    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, doing: str) -> Iterator[Stage]:
        """Run one stage; fill ``rows_in``, ``rows_out`` and ``note`` of what is yielded."""
        stage = Stage(name)
        self.stages.append(stage)
        if self.quiet or not sys.stderr.isatty():
            yield stage
            return
        from rich.console import Console

        with Console(stderr=True).status(f"{name}: {doing}"):
            yield stage


def summary(stages: list[Stage], findings: pd.DataFrame, places: dict[str, str], width: int | None = None) -> str:
    """The table at the end of a build: stages with rows in and out, findings by severity and status, where the files are."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for label, justify in (("stage", "left"), ("rows in", "right"), ("rows out", "right"), ("", "left")):
        table.add_column(label, justify=justify)  # type: ignore[arg-type]
    for stage in stages:
        table.add_row(stage.name, _count(stage.rows_in), _count(stage.rows_out), escape(plain(stage.note)))
    table.add_section()
    for severity, counts in tally(findings).items():
        total = sum(counts.values())
        table.add_row(f"{severity}s", "", str(total), ", ".join(f"{n} {status}" for status, n in counts.items()))
    table.add_section()
    for label, place in places.items():
        table.add_row(label, "", "", escape(plain(place)))
    console = Console(width=width or (None if sys.stdout.isatty() else 120), highlight=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def tally(findings: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Number of findings by severity, then by status; every severity is named, statuses that occur only."""
    from pipeline.findings import SEVERITIES, STATUSES
    from schemas import columns as col

    counts = findings.groupby([str(col.SEVERITY), str(col.STATUS)]).size()
    return {
        severity: {status: int(counts.get((severity, status), 0)) for status in STATUSES if counts.get((severity, status), 0)}
        for severity in SEVERITIES
    }


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
