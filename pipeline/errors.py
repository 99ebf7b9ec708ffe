"""The errors a user can cause, with everything needed to mend them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.quoting import short

#: Exit status of an interrupted program: 128 and the number of the signal.
INTERRUPTED = 130
#: More than this many places of one kind are counted, not listed.
LISTED = 20


class InputError(Exception):
    """Unusable input or call: ends the program with exit status 2 and one readable message.

    Parameters
    ----------
    what
        What is wrong, in a sentence.
    file, row, column, value
        Where it is, as far as it is known. ``row`` counts as the reader's editor does (the header is row 1).
    cure
        How to mend it.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        cure: str = "",
    ) -> None:
        self.what = what
        self.file = None if file is None else str(file)
        self.row = row
        self.column = None if column is None else str(column)
        self.value = value
        self.cure = cure
        self.others: tuple[InputError, ...] = ()
        super().__init__(what)

    @classmethod
    def gather(cls, errors: Sequence[InputError]) -> InputError:
        """One error that tells of all of them; ``errors`` is not empty."""
        first, *rest = errors
        first.others = tuple(rest)
        return first

    @property
    def place(self) -> str:
        """File, row, column and value, as far as they are known."""
        parts = (
            self.file or "",
            f"row {self.row}" if self.row is not None else "",
            f"column {self.column!r}" if self.column is not None else "",
            f"value {self.value!r}" if self.value is not None else "",
        )
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        lines = [_line(error) for error in (self, *self.others[: LISTED - 1])]
        hidden = len(self.others) - (LISTED - 1)
        if hidden > 0:
            lines.append(f"and {hidden} more of this kind")
        if self.cure:
            lines.append(f"  cure: {short(self.cure)}")
        return "\n".join(lines)


class ContractError(InputError):
    """A table that breaks the contract of the stage that returned it: a source or the program is at fault, and nothing is written.

    Parameters
    ----------
    rule
        The rule that is broken, in words (``> 0``, ``unique``, ``required``).
    stage, table
        The stage that returned the table, and the table.
    key
        Label and value of the columns that name the row; empty when the whole table is meant.
    column, value
        The cell.
    """

    def __init__(self, rule: str, *, stage: str, table: str, key: Sequence[tuple[str, object]], column: str, value: object) -> None:
        self.rule = rule
        self.stage = stage
        self.key = tuple(key)
        cure = "a source does not hold what it should, or this is a fault of the program: compare the row with its source, or report it"
        super().__init__(f"breaks the rule: {rule}", file=table, column=column, value=value, cure=cure)

    @property
    def place(self) -> str:
        """Stage, table, key, column and value."""
        named = " ".join(f"{label} {_plain(value)!r}" for label, value in self.key)
        parts = (f"stage {self.stage}", self.file or "", named, f"column {self.column!r}", f"value {_plain(self.value)!r}")
        return ", ".join(part for part in parts if part)


def _plain(value: object) -> object:
    """A value of numpy or pandas as Python writes it: ``-5.0``, not ``np.float64(-5.0)``."""
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def _line(error: InputError) -> str:
    return short(f"{error.place}: {error.what}" if error.place else error.what)
