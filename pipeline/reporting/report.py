"""What ``check`` found in a contributed table, ready to be written in any format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.quoting import plain
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.findings import Severity


@dataclass(frozen=True, slots=True)
class Item:
    """One finding, in the contributor's terms.

    Attributes
    ----------
    id
        The contributor's own ID; blank when the finding is about the table.
    row, line
        Row as a spreadsheet shows it, and line of the text file; ``None`` when the finding is about no row.
    check, severity, column, value, expected, message, other
        As in :class:`pipeline.findings.Finding`; ``column`` is the release's name.
    fix
        How to mend it.
    heading
        Name of the column in the contributor's file.
    """

    id: str
    row: int | None
    check: str
    severity: Severity
    column: str
    value: str
    expected: str
    message: str
    fix: str
    other: str
    line: int | None = None
    heading: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The ten public fields."""
        return {
            str(col.ID): self.id,
            "row": self.row,
            str(col.CHECK): self.check,
            str(col.SEVERITY): self.severity,
            str(col.COLUMN): self.column,
            str(col.VALUE): self.value,
            str(col.EXPECTED): self.expected,
            str(col.MESSAGE): self.message,
            "fix": self.fix,
            str(col.OTHER): self.other,
        }


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One row of the contributed table, for the checklist."""

    id: str
    row: int
    line: int
    composition: str
    has_structure: bool


@dataclass(frozen=True, slots=True)
class Point:
    """Where a material lies: share of lithium among its atoms, log10 of its conductivity in S/cm, and ``<`` or ``>`` for a bound."""

    lithium: float
    log: float
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Gain:
    """What the dataset would gain from one row.

    Attributes
    ----------
    row
        Row as a spreadsheet shows it.
    has_composition
        Whether its composition could be read.
    repeats, papers
        IDs of the entries of its composition or stoichiometry, and of those of its papers.
    group
        Name of the new group that the row is in, alone or with other rows; blank when it joins entries of the dataset.
    side
        Side of the split that it would go to; blank when it ties both.
    point
        Where it lies, where composition and conductivity are known.
    """

    row: int
    has_composition: bool
    repeats: tuple[str, ...]
    papers: tuple[str, ...]
    group: str
    side: str
    point: Point | None


@dataclass(frozen=True, slots=True)
class Gains:
    """What the dataset would gain from all rows, and where its own entries lie."""

    rows: tuple[Gain, ...]
    entries: tuple[Point, ...]


def _unknown() -> Gains | None:
    return None


@dataclass(frozen=True)
class Report:
    """Everything that was found, in the order of the file.

    ``compared`` is the number of entries of the dataset that the rows were compared with, ``None`` when they were checked alone and
    ``reason`` says why: no verdict then says that they can join. ``notes`` tell how the table was understood. ``gains`` gives what the
    dataset would gain, for whoever asks; ``None`` when nothing was compared.
    """

    file: str
    rows: tuple[CheckedRow, ...]
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    structures: int = 0
    compared: int | None = None
    reason: str = ""
    is_text: bool = True
    gains: Callable[[], Gains | None] = _unknown

    def count(self, severity: Severity) -> int:
        """Number of findings of one severity."""
        return sum(item.severity == severity for item in self.items)

    @property
    def has_errors(self) -> bool:
        """Whether any finding stops the contribution."""
        return any(item.severity == "error" for item in self.items)

    def of_row(self, row: int | None) -> tuple[Item, ...]:
        """Findings about one row; ``None`` for those about no row of the table."""
        return self._by_row.get(row, ())

    @cached_property
    def _by_row(self) -> dict[int | None, tuple[Item, ...]]:
        numbers = {checked.row for checked in self.rows}
        found: dict[int | None, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.row if item.row in numbers else None, []).append(item)
        return {row: tuple(items) for row, items in found.items()}

    @property
    def rows_ready(self) -> int:
        """Number of rows without an error."""
        return len(self.rows) - len({item.row for item in self.items if item.severity == "error"} & {row.row for row in self.rows})

    def summary(self) -> dict[str, Any]:
        """The numbers."""
        return {
            "file": Path(self.file).name,
            "rows": len(self.rows),
            "rows_ready": self.rows_ready,
            "structures": self.structures,
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "infos": self.count("info"),
            "compared_with": self.compared,
            "not_compared_because": self.reason,
            "notes": list(self.notes),
        }

    def alone(self) -> str:
        """What was not done when the rows were checked alone, in a sentence; blank when they were compared."""
        if self.compared is not None:
            return ""
        why = f" ({plain(self.reason)})" if self.reason else ""
        return f"{ALONE}{why}: duplicates of its entries were not looked for, so whether the rows may join is not known."

    def verdict(self) -> str:
        """The outcome in a sentence."""
        rows = f"{len(self.rows)} {'row' if len(self.rows) == 1 else 'rows'}"
        errors, warnings = self.count("error"), self.count("warning")
        if errors:
            thing = "error stops" if errors == 1 else "errors stop"
            also = f", {_warnings(warnings)}" if warnings else ""
            if self.compared is None:
                return f"{self.rows_ready} of {rows} without an error of its own; {errors} {thing} the contribution{also}. {ALONE}"
            return f"{self.rows_ready} of {rows} ready; {errors} {thing} the contribution{also}"
        if self.compared is None:
            none = "The row has no error of its own" if len(self.rows) == 1 else f"The {rows} have no error of their own"
            return f"{none}, {_warnings(warnings)}. {ALONE}" if warnings else f"{none}. {ALONE}"
        ready = "The row can join the dataset" if len(self.rows) == 1 else f"All {rows} can join the dataset"
        return f"{ready}; {_warnings(warnings)} to look at first" if warnings else ready


ALONE = "Not compared with the dataset"


def _warnings(count: int) -> str:
    return f"{count} {'warning' if count == 1 else 'warnings'}"
