"""What a check says, and the table of all that was said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipeline.quoting import inert, plain
from schemas.checks import NAMES
from schemas.findings import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "info"]
#: What became of a finding. ``accepted`` and ``awaiting`` are waivers: the first is right as it stands, the second needs the paper, the
#: database or a decision, and is doubted until then.
Status = Literal["open", "corrected", "accepted", "awaiting"]
STATUSES: tuple[Status, ...] = ("open", "awaiting", "corrected", "accepted")
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubt about one entry.

    Attributes
    ----------
    id
        ID of the entry (a contributor's free text in a contributed table; blank when no single entry is concerned).
    check
        Name in the catalogue.
    severity
        One of the severities that the catalogue allows the check.
    message
        What is wrong, a sentence with the numbers.
    column, value, expected
        The cell, what it holds and what it should hold, as far as it is known.
    other
        Other entries, records or files concerned, separated by spaces.
    status, reason
        What became of it, and why, as the waiver or the correction says.

    Raises
    ------
    ValueError
        When no check has that name: a finding that nobody can look up in the catalogue is a fault of the program.
    """

    id: str
    check: str
    severity: Severity
    message: str
    column: str = ""
    value: str = ""
    expected: str = ""
    other: str = ""
    status: Status = "open"
    reason: str = ""

    def __post_init__(self) -> None:
        if self.check not in NAMES:
            raise ValueError(f"no check is named {self.check!r}: register it in schemas/checks.py, and say in the catalogue what it is")


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row a finding, sorted by severity (errors first), check and ID: the columns of ``findings.csv``, all text.

    Messages are one line of printable characters, and no cell is what a spreadsheet takes for a formula (:mod:`pipeline.quoting`).
    """
    import pandas as pd

    ranked = sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.check, f.id, f.column, f.other, f.message))
    rows = [
        (
            inert(f.id), f.check, f.severity, f.column, inert(f.value), inert(f.expected), inert(plain(f.message)), inert(f.other),
            f.status, inert(plain(f.reason)),
        )
        for f in ranked
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[str(c) for c in COLUMNS], dtype="str")
