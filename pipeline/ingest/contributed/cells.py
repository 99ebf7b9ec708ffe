"""Rows and cells of a table file, whatever kind of file it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from pipeline.errors import InputError
from pipeline.safety import limits

SAVE = "save the table as .csv (UTF-8) or .xlsx and try again"


@dataclass(frozen=True)
class Row:
    """One row of the file that is not blank.

    ``number`` counts rows as a spreadsheet shows them (the first is 1, blank rows count); ``line`` is the line of a text file on
    which the row begins, which differs where a quoted cell holds line breaks; ``cells`` are Python objects.
    """

    number: int
    line: int
    cells: tuple[object, ...]


class Formula(str):
    """Text of a formula that the file stores without its result."""


class Percentage(float):
    """A number that the spreadsheet shows as a percentage."""


def too_many(file: str) -> InputError:
    """The refusal of a table that is too long."""
    return limits.TABLE_ROWS.error(file)


def shown(cell: object) -> str:
    """A cell as text for a message: what a spreadsheet would show, in one line and not too long."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, Percentage):
        return f"{float(cell) * 100:g} %"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    text = str(cell)
    text = (text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)).strip()
    return text if len(text) <= 80 else f"{text[:77]}..."
