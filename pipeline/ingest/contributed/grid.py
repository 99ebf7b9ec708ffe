"""Any table file as a grid of cells with the row numbers that its reader sees.

A contributor's file comes from Excel, LibreOffice, Origin, an editor or a script, in the language of the machine. What can
be told without doubt is met with understanding and said in a note: the encoding, the separator, a title above the header.
What cannot is refused with a cure.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from pipeline.errors import InputError
from pipeline.ingest.contributed.bounds import demand_cells, demand_characters, demand_text
from pipeline.ingest.contributed.cells import SAVE, Formula, Percentage, Row, shown, too_many
from pipeline.ingest.contributed.encodings import decoded
from pipeline.safety import limits

__all__ = ["ASKED_NOTHING", "Formula", "Grid", "Percentage", "Reading", "Row", "read_grid", "shown"]

#: Columns that must be recognised before a row is taken for the header, and rows searched for it.
HEADER_CELLS = 3
HEADER_ROWS = 30

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
_KINDS = (
    (b"\xd0\xcf\x11\xe0", "an Excel file of the old .xls kind"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "a text document (RTF)"),
)


@dataclass(frozen=True)
class Reading:
    """What the user asked for: the sheet by its name, hidden sheets, rows and columns too, the encoding of a text file.

    ``header_cells`` is how many names of columns make a row the header.
    """

    sheet: str = ""
    hidden: bool = False
    encoding: str = ""
    header_cells: int = HEADER_CELLS


ASKED_NOTHING = Reading()


@dataclass(frozen=True)
class Grid:
    """The rows of a table file that are not blank, from the header on, and how they were read.

    ``header`` is the header, of one row or of two, ``titles`` the upper one of two; ``rows`` what stands below it; ``above`` what stands
    above it; ``hidden`` says what was left out because it is hidden, ``hidden_rows`` and ``hidden_cells`` (of hidden columns) hold it.
    """

    file: str
    header: Row
    rows: tuple[Row, ...]
    is_text: bool
    above: tuple[Row, ...] = ()
    sheet: str = ""
    notes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    titles: tuple[Row, ...] = ()
    hidden_rows: tuple[Row, ...] = ()
    hidden_cells: tuple[Row, ...] = ()


Recognised = Callable[[Sequence[object]], int]
#: Two rows as one header, ``None`` when the lower one is no second line of it.
Second = Callable[[Row, Row], "Row | None"]


def one_line(_upper: Row, _lower: Row) -> None:
    """Headers of one row only."""


def read_grid(data: bytes, file: str, recognised: Recognised, second: Second = one_line, reading: Reading = ASKED_NOTHING) -> Grid:
    """Rows of a CSV or XLSX file from its header on.

    Parameters
    ----------
    data, file
        Content and name of the file. The content decides what it is, whatever the name says.
    recognised
        How many cells of a row are names of columns; the row with enough of them is the header.
    second
        The header that two rows make together.
    reading
        What the user asked for.

    Raises
    ------
    InputError
        When the file is none of these kinds, cannot be read, is too large, or holds no header.
    """
    if not data.strip():
        raise InputError("the file is empty", file=file, cure="save the table again: one header row, then one row for each material")
    if len(data) > limits.TABLE_BYTES():
        raise limits.TABLE_BYTES.error(file, len(data))
    for magic, kind in _KINDS:
        if data.startswith(magic):
            raise InputError(f"this is {kind}, not a table this program can read", file=file, cure=SAVE)
    if data.startswith(b"PK"):
        if reading.encoding:
            raise InputError("a workbook carries its own encoding", file=file, cure="leave --encoding out")
        return _sheet(data, file, recognised, second, reading)
    if reading.sheet:
        raise InputError("a text file has no sheets", file=file, cure="leave --sheet out")
    return _text(data, file, recognised, second, reading)


def _best(rows: Sequence[Row], recognised: Recognised, second: Second, least: int) -> tuple[int, int, int]:
    """Columns that the best header names, its place, and how many rows it takes."""
    best = (0, 0, 1)
    for place, row in enumerate(rows[:HEADER_ROWS]):
        count = recognised(row.cells)
        if count >= least and count > best[0]:
            best = (count, place, 1)
        if count and place + 1 < len(rows) and (both := second(row, rows[place + 1])) is not None:
            count = recognised(both.cells)
            if count >= least and count > best[0]:
                best = (count, place, 2)
    return best


# --- text ------------------------------------------------------------------------------------------------------------
def _text(data: bytes, file: str, recognised: Recognised, second: Second, reading: Reading) -> Grid:
    text, notes = decoded(data, file, reading.encoding)
    demand_text(text, file)
    told = re.match(r"sep=(.)\r?\n?", text, re.IGNORECASE)  # the first line that Excel writes and obeys
    separators = [told[1]] if told else list(SEPARATORS)
    best = (0, 0, 1)
    found = ""
    for separator in separators:
        one = _best(list(_records(text, separator, file, stop=HEADER_ROWS)), recognised, second, reading.header_cells)
        if one[0] > best[0]:
            best, found = one, separator
    if not found:
        raise _no_header(file)
    rows = list(_records(text, found, file))
    if found != ",":
        notes = (*notes, f"cells are separated by {_article(SEPARATORS.get(found, repr(found)))}")
    return _finish(file, rows, best, second, is_text=True, notes=notes)


def _article(word: str) -> str:
    return f"a {word}" if word in SEPARATORS.values() else word


def _records(text: str, separator: str, file: str, stop: int | None = None) -> Iterator[Row]:
    """Rows of a delimited text that are not blank; at most ``stop`` of them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line, given = 1, 0
    number = width = 0
    most, widest = limits.TABLE_ROWS() + HEADER_ROWS, limits.TABLE_COLUMNS()
    while stop is None or given < stop:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise InputError(f"the text cannot be divided into cells: {error}", file=file, row=number + 1,
                             cure="look for a quotation mark that is not closed") from None  # fmt: skip
        number += 1
        width += len(cells)
        begun, line = line, reader.line_num + 1
        if stop is None:
            if given > most:
                raise too_many(file)
            if len(cells) > widest:
                raise limits.TABLE_COLUMNS.error(file, len(cells), number)
            demand_cells(width, given, file)
        else:
            cells = cells[:widest]
        if any(cell.strip() for cell in cells) and not (number == 1 and len(cells) <= 2 and cells[0].lower().startswith("sep=")):
            given += 1
            yield Row(number, begun, tuple(cells))
    if stop is None:
        _closed(text, separator, file)


def _closed(text: str, separator: str, file: str) -> None:
    """Refuse a text whose last quotation mark is open: the reader would put the rest of the file into one cell."""
    strict = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number, before = 1, 0
    try:
        for _ in strict:
            number, before = number + 1, strict.line_num
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise InputError(f"a quotation mark in this row (line {before + 1}) is never closed", file=file, row=number,
                             cure="close the quotation mark, or remove it") from None  # fmt: skip


# --- workbooks -------------------------------------------------------------------------------------------------------
def _sheet(data: bytes, file: str, recognised: Recognised, second: Second, reading: Reading) -> Grid:
    from pipeline.ingest.contributed import sheets

    least = reading.header_cells
    found = sheets.sheets(data, file, limits.TABLE_ROWS() + HEADER_ROWS)
    sheet, notes = sheets.chosen(
        found, file, lambda rows: _best(rows, recognised, second, least)[:2], least, name=reading.sheet, hidden=reading.hidden
    )
    rows, hidden = (sheet.rows, []) if reading.hidden else sheets.shown_only(sheet)
    best = _best(rows, recognised, second, least)
    if best[0] < least:
        raise _no_header(file, hidden)
    spread = sheets.spread_note(sheet.layout, rows[best[1]].number + best[2] - 1)
    told = (*notes, *hidden, *([spread] if spread else []))
    grid = _finish(file, rows, best, second, is_text=False, notes=told, hidden=tuple(hidden), sheet=sheet.name)
    if not hidden:
        return grid
    left = sheets.hidden_of(sheet)
    return replace(grid, hidden_rows=tuple(left[0]), hidden_cells=tuple(left[1]))


# --- both ------------------------------------------------------------------------------------------------------------
def _finish(
    file: str, rows: Sequence[Row], best: tuple[int, int, int], second: Second, *, is_text: bool, notes: tuple[str, ...],
    hidden: tuple[str, ...] = (), sheet: str = "",
) -> Grid:  # fmt: skip
    _, place, depth = best
    header, body = rows[place], rows[place + depth :]
    if depth == 2:
        header = second(rows[place], rows[place + 1]) or header
        notes = (*notes, f"the header takes the rows {rows[place].number} and {rows[place + 1].number}")
    if len(body) > limits.TABLE_ROWS():
        raise too_many(file)
    if (widest := max(len(row.cells) for row in rows)) > limits.TABLE_COLUMNS():
        raise limits.TABLE_COLUMNS.error(file, widest)
    longest = limits.CELL_CHARACTERS()
    characters = 0
    for row in body:
        for cell in row.cells:
            if not isinstance(cell, str):
                continue
            characters += len(cell)
            if len(cell) > longest:
                what = f"a cell holds {len(cell)} characters, more than {longest}, the limit"
                raise InputError(what, file=file, row=row.number, cure="look for a quotation mark that is not closed")
    if not is_text:
        demand_characters(characters, len(body), file)
    if place:
        notes = (*notes, f"the header is row {header.number}; what stands above it was passed over")
    elif header.number != 1:
        notes = (*notes, f"the header is row {header.number}")
    titles = (rows[place],) if depth == 2 else ()
    return Grid(file, header, tuple(body), is_text, tuple(rows[:place]), sheet, notes, hidden, titles)


def _no_header(file: str, hidden: Sequence[str] = ()) -> InputError:
    suffix = PurePath(file).suffix.lower()
    kind = "" if suffix in {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ""} else f" (its name ends in {suffix})"
    return InputError(
        f"no header row was found{kind}" + "".join(f"; {note}" for note in hidden),
        file=file,
        cure="the table needs one row with the names of its columns, such as ID, Reduced Composition, Z, True Composition, "
        "Ionic conductivity (S cm-1), Space group #, a, b, c, alpha, beta, gamma, DOI",
    )
