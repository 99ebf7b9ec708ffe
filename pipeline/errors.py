"""The errors a user can cause, with everything needed to mend them."""

from __future__ import annotations

from pathlib import Path


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
        super().__init__(str(self))

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file or "",
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column!r}" if self.column is not None else "",
                f"value {self.value!r}" if self.value is not None else "",
            )
            if part
        )
        text = f"{place}: {self.what}" if place else self.what
        return f"{text}\n  cure: {self.cure}" if self.cure else text
