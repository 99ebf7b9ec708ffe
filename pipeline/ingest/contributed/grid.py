"""Any table file as a grid of cells with the row numbers that its reader sees.

A contributor's file comes from Excel, LibreOffice, Origin, an editor or a script, in the language of the machine. What can
be told without doubt is met with understanding and said in a note: the encoding, the separator, a title above the header.
What cannot is refused with a cure.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import PurePath
from typing import Any

from pipeline.errors import InputError

#: Ten thousand rows are seventeen times the whole dataset; a table beyond any of these limits is not a contribution.
MAX_BYTES = 20_000_000
MAX_UNPACKED = 200_000_000
MAX_ROWS = 10_000
MAX_COLUMNS = 300
MAX_CELL = 20_000
#: Columns that must be recognised before a row is taken for the header, and rows searched for it.
HEADER_CELLS = 3
HEADER_ROWS = 30

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
_SAVE = "save the table as .csv (UTF-8) or .xlsx and try again"
_KINDS = (
    (b"\xd0\xcf\x11\xe0", "an Excel file of the old .xls kind"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "a text document (RTF)"),
)


@dataclass(frozen=True)
class Row:
    """One row of the file that is not blank.

    ``number`` counts rows as a spreadsheet shows them (the first is 1, blank rows count); ``line`` is the line of a text file on
    which the row begins, which differs where a quoted cell holds line breaks; ``cells`` are Python objects.
    """

    number: int
    line: int
    cells: tuple[object, ...]


@dataclass(frozen=True)
class Grid:
    """The rows of a table file that are not blank, the header first, and how they were read."""

    file: str
    rows: tuple[Row, ...]
    is_text: bool
    sheet: str = ""
    notes: tuple[str, ...] = ()


class Formula(str):
    """Text of a formula that the file stores without its result."""


def read_grid(data: bytes, file: str, recognised: Callable[[Sequence[object]], int]) -> Grid:
    """Rows of a CSV or XLSX file from its header on.

    Parameters
    ----------
    data, file
        Content and name of the file. The content decides what it is, whatever the name says.
    recognised
        How many cells of a row are names of columns; the row with enough of them is the header.

    Raises
    ------
    InputError
        When the file is none of these kinds, cannot be read, is too large, or holds no header.
    """
    if not data.strip():
        raise InputError("the file is empty", file=file, cure="save the table again: one header row, then one row for each material")
    if len(data) > MAX_BYTES:
        raise InputError(f"the file has {len(data) / 1e6:.0f} MB; a contributed table has at most {MAX_BYTES / 1e6:.0f} MB", file=file,
                         cure="send the table in parts, and the structures by --cifs")  # fmt: skip
    for magic, kind in _KINDS:
        if data.startswith(magic):
            raise InputError(f"this is {kind}, not a table this program can read", file=file, cure=_SAVE)
    if data.startswith(b"PK"):
        return _sheet(data, file, recognised)
    return _text(data, file, recognised)


# --- text ------------------------------------------------------------------------------------------------------------
def _text(data: bytes, file: str, recognised: Callable[[Sequence[object]], int]) -> Grid:
    text, notes = _decoded(data, file)
    told = re.match(r"sep=(.)\r?\n?", text, re.IGNORECASE)  # the first line that Excel writes and obeys
    separators = [told[1]] if told else list(SEPARATORS)
    best: tuple[int, int, str] | None = None
    for separator in separators:
        for place, row in enumerate(_records(text, separator, file, stop=HEADER_ROWS)):
            count = recognised(row.cells)
            if count >= HEADER_CELLS and (best is None or count > best[0]):
                best = (count, place, separator)
    if best is None:
        raise _no_header(file)
    _, place, separator = best
    rows = list(_records(text, separator, file))
    if separator != ",":
        notes.append(f"cells are separated by {_article(SEPARATORS.get(separator, repr(separator)))}")
    return _finish(Grid(file, tuple(rows[place:]), True, "", tuple(notes)))


def _article(word: str) -> str:
    return f"a {word}" if word in SEPARATORS.values() else word


def _decoded(data: bytes, file: str) -> tuple[str, list[str]]:
    """Text of the bytes, and a note when it was not UTF-8."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError as error:
                raise _damaged(file, encoding, error) from None
            return _no_nul(text, file), ["read as UTF-16"] if encoding == "utf-16" else []
    try:
        text = data.decode("utf-8")
        if "\0" not in text:
            return text, []
    except UnicodeDecodeError:
        pass
    if b"\0" in data:
        wide = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        try:
            return _no_nul(data.decode(wide), file), ["read as UTF-16"]
        except UnicodeDecodeError:
            raise InputError("this is not a text file", file=file, cure=_SAVE) from None
    try:
        return data.decode("cp1252"), ["not UTF-8: read as Windows-1252"]
    except UnicodeDecodeError:  # five bytes are unassigned there; 0x81 is the Å of the old Macintosh set that Excel for Mac writes
        return data.decode("mac-roman"), ["not UTF-8: read as Mac Roman"]


def _damaged(file: str, encoding: str, error: UnicodeDecodeError) -> InputError:
    name = encoding.removesuffix("-sig").upper()
    return InputError(f"the file says it is {name}, but byte {error.start + 1} is not", file=file, cure="save it again as CSV UTF-8")


def _no_nul(text: str, file: str) -> str:
    if "\0" in text:
        raise InputError("this is not a text file", file=file, cure=_SAVE)
    return text


def _records(text: str, separator: str, file: str, stop: int | None = None) -> Iterator[Row]:
    """Rows of a delimited text that are not blank; at most ``stop`` of them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line, given = 1, 0
    number = 0
    while stop is None or given < stop:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise InputError(f"the text cannot be divided into cells: {error}", file=file, row=number + 1,
                             cure="look for a quotation mark that is not closed") from None  # fmt: skip
        number += 1
        begun, line = line, reader.line_num + 1
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
def _sheet(data: bytes, file: str, recognised: Callable[[Sequence[object]], int]) -> Grid:
    _safe_workbook(data, file)
    sheets = _values(data, file, data_only=True)
    best: tuple[int, int, str] | None = None
    for name, rows in sheets.items():
        for place, row in enumerate(rows[:HEADER_ROWS]):
            count = recognised(row.cells)
            if count >= HEADER_CELLS and (best is None or count > best[0]):
                best = (count, place, name)
    if best is None:
        raise _no_header(file)
    _, place, name = best
    notes = [f"read from the sheet {name!r} of {len(sheets)}"] if len(sheets) > 1 else []
    rows = sheets[name][place:]
    if _has_formulas(data):
        rows = _with_formulas(rows, {row.number: row for row in _values(data, file, data_only=False)[name]})
    return _finish(Grid(file, tuple(rows), False, name, tuple(notes)))


def _safe_workbook(data: bytes, file: str) -> None:
    """Refuse what is not a workbook, or unpacks to more than any table needs, before the library unpacks it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"the file is damaged: {error}", file=file, cure=_SAVE) from None
    names = {member.filename for member in members}
    if "xl/workbook.xml" not in names:
        if "mimetype" in names:
            raise InputError("this is an OpenDocument file", file=file, cure=_SAVE)
        if "word/document.xml" in names:
            raise InputError("this is a Word document", file=file, cure="copy the table into a spreadsheet and save it as .xlsx or .csv")
        raise InputError("this is a zip archive, not a table", file=file, cure="give the table itself here and the structures by --cifs")
    if sum(member.file_size for member in members) > MAX_UNPACKED or len(members) > 10_000:
        raise InputError("the workbook unpacks to more than a contribution can need", file=file, cure=_SAVE)


def _values(data: bytes, file: str, *, data_only: bool) -> dict[str, list[Row]]:
    import openpyxl

    sheets: dict[str, list[Row]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of formatting it does not keep, which nobody asked for
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=data_only)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # some programs write a dimension of one cell
                sheets[sheet.title] = list(_filled(sheet, file))
            book.close()
        except InputError:
            raise
        except Exception as error:  # openpyxl lets errors of zipfile, xml and its own through
            raise InputError(f"the workbook cannot be read: {str(error).strip() or type(error).__name__}", file=file, cure=_SAVE) from None
    return sheets


def _filled(sheet: Any, file: str) -> Iterator[Row]:
    """Rows of a sheet that are not blank. A stray cell far below the table costs a walk, no memory."""
    given = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        if all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells):
            continue
        given += 1
        if given > MAX_ROWS + HEADER_ROWS:
            raise _too_many(file)
        yield Row(number, number, tuple(cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else cell for cell in cells))


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return any(
            re.search(rb"<f[ >/]", packed.read(name)) is not None for name in packed.namelist() if name.startswith("xl/worksheets/sheet")
        )


def _with_formulas(rows: list[Row], formulas: dict[int, Row]) -> list[Row]:
    """Rows in which a blank that is a formula without a stored result says so."""
    found = []
    for row in rows:
        texts = formulas[row.number].cells if row.number in formulas else ()
        cells = [
            Formula(text) if cell is None and isinstance(text, str) and text.startswith("=") else cell
            for cell, text in zip(row.cells, (*texts, *(None for _ in row.cells)), strict=False)
        ]
        found.append(Row(row.number, row.line, tuple(cells)))
    return found


# --- both ------------------------------------------------------------------------------------------------------------
def _finish(grid: Grid) -> Grid:
    header, *body = grid.rows
    if len(body) > MAX_ROWS:
        raise _too_many(grid.file)
    if max(len(row.cells) for row in grid.rows) > MAX_COLUMNS:
        raise InputError(f"a row has more than {MAX_COLUMNS} cells", file=grid.file, cure="remove the columns that are not of this table")
    for row in body:
        for cell in row.cells:
            if isinstance(cell, str) and len(cell) > MAX_CELL:
                raise InputError(f"a cell holds {len(cell)} characters", file=grid.file, row=row.number,
                                 cure="look for a quotation mark that is not closed")  # fmt: skip
    if header.number == 1:
        return grid
    return replace(grid, notes=(*grid.notes, f"the header is row {header.number}; what stands above it was passed over"))


def _no_header(file: str) -> InputError:
    suffix = PurePath(file).suffix.lower()
    kind = "" if suffix in {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ""} else f" (its name ends in {suffix})"
    return InputError(
        f"no header row was found{kind}",
        file=file,
        cure="the table needs one row with the names of its columns, in English: ID, Reduced Composition, Z, True Composition, "
        "Ionic conductivity (S cm-1), Space group #, a, b, c, alpha, beta, gamma, DOI",
    )


def _too_many(file: str) -> InputError:
    return InputError(f"the table has more than {MAX_ROWS} rows", file=file, cure="send it in parts")


def shown(cell: object) -> str:
    """A cell as text for a message: what a spreadsheet would show, in one line and not too long."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    text = "".join(c if c.isprintable() else " " for c in str(cell)).strip()
    return text if len(text) <= 80 else f"{text[:77]}..."
