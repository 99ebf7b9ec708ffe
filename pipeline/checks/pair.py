"""A row and its structure file, as the checks of files see them."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.checks.reading import Row
from pipeline.findings import Finding, Severity
from pipeline.structures.cif import Structure
from pipeline.structures.symmetry import Examined
from schemas import columns as col


@dataclass(frozen=True)
class Pair:
    """A row and its file."""

    row: Row
    file: Examined

    @property
    def structure(self) -> Structure:
        """The file as read."""
        return self.file.structure

    @property
    def is_close(self) -> bool:
        """Whether the row says that the structure is that of a like sample only."""
        return self.row.text(col.CLOSE_MATCH).casefold() == "yes"

    def finding(self, check: str, severity: Severity, message: str, column: str = "", value: object = "", expected: object = "") -> Finding:
        """A finding about the two."""
        return Finding(self.row.id, check, severity, message, column, str(value), str(expected), f"{self.row.id}.cif")
