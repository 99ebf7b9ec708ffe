"""Sheets of a workbook: what is shown, what is hidden, and what a merged cell covers."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import InputError
from pipeline.ingest.contributed.bounds import demand_characters, demand_workbook
from pipeline.ingest.contributed.cells import SAVE, Formula, Percentage, Row, too_many

#: Merged ranges that are spread; a sheet with more is no table.
MAX_MERGED = 10_000
#: Rows that a sheet of a workbook can have.
LAST_ROW = 1_048_576


@dataclass(frozen=True)
class Layout:
    """What the appearance of a sheet says: hidden rows and columns (from 1), and merged ranges as (row, column, row, column)."""

    rows: frozenset[int] = frozenset()
    columns: tuple[tuple[int, int], ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()

    def is_hidden(self, column: int) -> bool:
        """Whether a column (from 1) is hidden."""
        return any(first <= column <= last for first, last in self.columns)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, whether it is shown, its rows that are not blank, and its layout."""

    name: str
    is_hidden: bool
    rows: list[Row]
    layout: Layout = field(default_factory=Layout)


def is_workbook(data: bytes, file: str) -> None:
    """Refuse what is not a workbook, or unpacks to more than any table needs, before the library unpacks it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"the file is damaged: {error}", file=file, cure=SAVE) from None
    names = {member.filename for member in members}
    if "xl/workbook.xml" not in names:
        if "mimetype" in names:
            raise InputError("this is an OpenDocument file", file=file, cure=SAVE)
        if "word/document.xml" in names:
            raise InputError("this is a Word document", file=file, cure="copy the table into a spreadsheet and save it as .xlsx or .csv")
        raise InputError("this is a zip archive, not a table", file=file, cure="give the table itself here and the structures by --cifs")
    demand_workbook(data, file)


def sheets(data: bytes, file: str, limit: int) -> list[Sheet]:
    """The sheets of a workbook in their order; no sheet has more than ``limit`` rows.

    Raises
    ------
    InputError
        When the workbook cannot be read.
    """
    is_workbook(data, file)
    found = _opened(data, file, limit, data_only=True)
    if any(sheet.rows for sheet in found) and _has_formulas(data):
        texts = {sheet.name: {row.number: row for row in sheet.rows} for sheet in _opened(data, file, limit, data_only=False)}
        found = [Sheet(s.name, s.is_hidden, _with_formulas(s.rows, texts.get(s.name, {})), s.layout) for s in found]
    return [Sheet(s.name, s.is_hidden, _spread(s.rows, s.layout), s.layout) for s in found]


def _opened(data: bytes, file: str, limit: int, *, data_only: bool) -> list[Sheet]:
    import openpyxl

    found: list[Sheet] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of formatting it does not keep, which nobody asked for
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # some programs write a dimension of one cell
                layout = _layout(data, sheet, file) if data_only else Layout()
                found.append(Sheet(sheet.title, sheet.sheet_state != "visible", list(_filled(sheet, file, limit)), layout))
            book.close()
        except InputError:
            raise
        except Exception as error:  # openpyxl lets errors of zipfile, xml and its own through
            raise InputError(f"the workbook cannot be read: {str(error).strip() or type(error).__name__}", file=file, cure=SAVE) from None
    return found


def _filled(sheet: Any, file: str, limit: int) -> Iterator[Row]:
    """Rows of a sheet that are not blank. A stray cell far below the table costs a walk, no memory."""
    given = characters = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        values = [cell.value for cell in cells]
        if all(value is None or (isinstance(value, str) and not value.strip()) for value in values):
            continue
        given += 1
        if given > limit:
            raise too_many(file)
        characters += sum(len(value) for value in values if isinstance(value, str))
        demand_characters(characters, given, file)
        yield Row(number, number, tuple(map(_value, cells)))


def _value(cell: Any) -> object:
    value = cell.value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int | float) and not isinstance(value, bool) and "%" in str(cell.number_format):
        return Percentage(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and (unit := _shown_unit(str(cell.number_format))):
        return f"{value!r} {unit}"
    return value


def _shown_unit(code: str) -> str:
    """What a format of numbers writes behind each number (``0.0" mS/cm"``), if it has letters: who reads the sheet sees a unit."""
    if '"' not in code and "\\" not in code:
        return ""
    bare = re.sub(r"\[[^\]]*\]|_.|\*.", "", code.split(";")[0])  # colours and currencies, gaps, fillings
    behind = re.search(r"(?:[0#?]|General)((?:\"[^\"]*\"|\\.|[^0#?\"\\])*)$", bare, re.IGNORECASE)
    text = "".join(quoted or plain for quoted, plain in re.findall(r"\"([^\"]*)\"|\\(.)", behind[1])).strip() if behind else ""
    return text if re.search(r"[^\W\d_]|°", text) else ""


# --- layout ----------------------------------------------------------------------------------------------------------
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*\bref\s*=\s*[\"']\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})[\"']")
_HIDDEN = re.compile(rb"\b(?:hidden\s*=\s*[\"'](?:1|true|on)[\"']|zeroHeight\s*=\s*[\"'](?:1|true)[\"'])")
_THIN = re.compile(rb"\b(?:ht|width)\s*=\s*[\"']0(?:\.0*)?[\"']")


def _layout(data: bytes, sheet: Any, file: str) -> Layout:
    """Hidden rows and columns and merged ranges, which the library's quick reading leaves out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            text = packed.read(str(sheet._worksheet_path).lstrip("/"))
    except (KeyError, AttributeError, OSError, zipfile.BadZipFile):
        return Layout()
    rows, number = set(), 0
    for match in _ROW.finditer(text):
        given = re.search(rb"\br\s*=\s*[\"'](\d{1,30})[\"']", match[1])
        number = int(given[1]) if given else number + 1
        if number > LAST_ROW:
            raise InputError(f"a row has the number {number}; a sheet ends at {LAST_ROW}", file=file, cure=SAVE)
        if _HIDDEN.search(match[1]) or _THIN.search(match[1]):
            rows.add(number)
    columns = []
    for match in _COLUMN.finditer(text):
        limits = [re.search(rb"\b" + name + rb"\s*=\s*[\"'](\d{1,5})[\"']", match[1]) for name in (b"min", b"max")]
        if limits[0] and limits[1] and (_HIDDEN.search(match[1]) or _THIN.search(match[1])):
            columns.append((int(limits[0][1]), int(limits[1][1])))
    merged = tuple(
        (int(m[2]), _place(m[1]), int(m[4]), _place(m[3])) for m, _ in zip(_MERGED.finditer(text), range(MAX_MERGED), strict=False)
    )
    return Layout(frozenset(rows), tuple(columns), merged)


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + letter - 64
    return place


def letter(column: int) -> str:
    """Letters of a column (from 1)."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _spread(rows: list[Row], layout: Layout) -> list[Row]:
    """Rows with the value of each merged cell in every blank cell of its range."""
    if not layout.merged:
        return rows
    by_number = {row.number: list(row.cells) for row in rows}
    for top, left, bottom, right in layout.merged:
        first = by_number.get(top)
        value = first[left - 1] if first is not None and left <= len(first) else None
        if value is None:
            continue
        for number in range(top, min(bottom, top + len(rows) * 100) + 1) if bottom - top < len(rows) * 100 else sorted(by_number):
            cells = by_number.get(number)
            if cells is None or not top <= number <= bottom:
                continue
            cells.extend([None] * (min(right, 300) - len(cells)))
            for place in range(left - 1, min(right, len(cells))):
                if cells[place] is None:
                    cells[place] = value
    return [Row(row.number, row.line, tuple(by_number[row.number])) for row in rows]


def spread_note(layout: Layout, first_row: int) -> str:
    """What was done with merged cells below the header; blank when there are none."""
    ranges = [f"{letter(left)}{top}:{letter(right)}{bottom}" for top, left, bottom, right in layout.merged if bottom > first_row]
    if not ranges:
        return ""
    more = f" and {len(ranges) - 5} more" if len(ranges) > 5 else ""
    return f"the value of a merged cell was read for every cell of its range ({', '.join(ranges[:5])}{more})"


# --- formulas --------------------------------------------------------------------------------------------------------
def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return any(
            re.search(rb"<(?:\w+:)?f[ >/]", packed.read(name)) is not None
            for name in packed.namelist()
            if name.startswith("xl/worksheets/") and name.endswith(".xml")
        )


def _with_formulas(rows: list[Row], formulas: dict[int, Row]) -> list[Row]:
    """Rows in which a blank that is a formula without a stored result says so."""
    found = []
    seen = {row.number for row in rows}
    for row in rows:
        texts = formulas[row.number].cells if row.number in formulas else ()
        width = max(len(row.cells), len(texts))
        cells = [
            Formula(text) if cell is None and isinstance(text, str) and text.startswith("=") else cell
            for cell, text in zip(_padded(row.cells, width), _padded(texts, width), strict=True)
        ]
        found.append(Row(row.number, row.line, tuple(cells)))
    for number, row in formulas.items():  # a row of nothing but formulas is not blank
        if number not in seen:
            found.append(Row(number, row.line, tuple(Formula(t) if isinstance(t, str) and t.startswith("=") else None for t in row.cells)))
    return sorted(found, key=lambda row: row.number)


def _padded(cells: Sequence[object], width: int) -> tuple[object, ...]:
    return (*cells, *[None] * (width - len(cells)))


# --- which one -------------------------------------------------------------------------------------------------------
Count = Callable[[Sequence[Row]], tuple[int, int]]


def chosen(found: Sequence[Sheet], file: str, count: Count, least: int, *, name: str = "", hidden: bool = False) -> tuple[Sheet, list[str]]:
    """The sheet to read, and what is told about the others.

    Parameters
    ----------
    count
        For the rows of a sheet: how many columns its best header names, and the place of the header.
    least
        Columns that a header names at least.
    name, hidden
        The sheet that the user asked for, and whether hidden ones may be read.

    Raises
    ------
    InputError
        When the sheet that was asked for is not there, the only table is on a hidden sheet, or two sheets may be meant.
    """
    names = [sheet.name for sheet in found]
    if name:
        asked = [sheet for sheet in found if sheet.name == name] or [
            s for s in found if s.name.casefold().strip() == name.casefold().strip()
        ]
        if len(asked) != 1:
            raise InputError(f"there is no sheet {name!r}", file=file, cure=f"the sheets are {', '.join(map(repr, names[:20]))}")
        return asked[0], [f"read from the sheet {asked[0].name!r}{' (hidden)' if asked[0].is_hidden else ''} of {len(found)}, as asked"]
    counts = {sheet.name: count(sheet.rows)[0] for sheet in found}
    tables = [sheet for sheet in found if counts[sheet.name] >= least]
    shown = [sheet for sheet in tables if hidden or not sheet.is_hidden]
    left = [sheet.name for sheet in found if sheet.is_hidden and not hidden and sheet.rows]
    if not shown:
        if tables:
            raise InputError(f"the only table is on the hidden sheet {tables[0].name!r}, which is not read unasked", file=file,
                             cure=f"show the sheet, or ask for it: --sheet {tables[0].name!r}")  # fmt: skip
        return (max(found, key=lambda sheet: counts[sheet.name]) if found else Sheet("", False, [])), []
    best = max(shown, key=lambda sheet: counts[sheet.name])
    rivals = [s.name for s in shown if 4 * counts[s.name] >= 3 * counts[best.name] and len(s.rows) > count(s.rows)[1] + 1]
    if len(rivals) > 1:
        raise InputError(f"the sheets {', '.join(map(repr, rivals[:10]))} each hold a table; which one is meant is not known", file=file,
                         cure=f"name it: --sheet {rivals[0]!r}")  # fmt: skip
    notes = []
    if len(found) > 1:
        others = [sheet.name for sheet in found if sheet.name != best.name and sheet.name not in left and sheet.rows]
        unread = f"; not read: {', '.join(map(repr, others[:10]))}" if others else ""
        notes.append(f"read from the sheet {best.name!r} of {len(found)}{unread}")
    if left:
        notes.append(
            f"hidden and not read: the {'sheet' if len(left) == 1 else 'sheets'} {', '.join(map(repr, left[:10]))} (--sheet NAME reads one)"
        )
    return best, notes


def shown_only(sheet: Sheet) -> tuple[list[Row], list[str]]:
    """The rows of a sheet without its hidden rows and columns, and what was left out."""
    notes = []
    layout = sheet.layout
    rows = [row for row in sheet.rows if row.number not in layout.rows]
    gone = [row.number for row in sheet.rows if row.number in layout.rows]
    if gone:
        more = f" and {len(gone) - 10} more" if len(gone) > 10 else ""
        notes.append(
            f"hidden and not read: {'row' if len(gone) == 1 else 'rows'} {', '.join(map(str, gone[:10]))}{more} (--hidden reads them)"
        )
    width = max((len(row.cells) for row in rows), default=0)
    places = [place for place in range(width) if layout.is_hidden(place + 1) and any(_at(row, place) is not None for row in rows)]
    if places:
        labels = [f"{letter(place + 1)} ({text})" if (text := _label(rows, place)) else letter(place + 1) for place in places]
        notes.append(f"hidden and not read: {'column' if len(places) == 1 else 'columns'} {', '.join(labels[:10])} (--hidden reads them)")
        rows = [Row(r.number, r.line, tuple(None if layout.is_hidden(p + 1) else c for p, c in enumerate(r.cells))) for r in rows]
        rows = [row for row in rows if any(cell is not None for cell in row.cells)]
    return rows, notes


def hidden_of(sheet: Sheet) -> tuple[list[Row], list[Row]]:
    """The hidden rows of a sheet, and the others with nothing but the cells of their hidden columns."""
    layout = sheet.layout
    rows = [row for row in sheet.rows if row.number in layout.rows]
    others = [row for row in sheet.rows if row.number not in layout.rows] if layout.columns else []
    return rows, [
        Row(r.number, r.line, tuple(cell if layout.is_hidden(place + 1) else None for place, cell in enumerate(r.cells))) for r in others
    ]


def _at(row: Row, place: int) -> object:
    return row.cells[place] if place < len(row.cells) else None


def _label(rows: Sequence[Row], place: int) -> str:
    return next((str(cell)[:40] for row in rows if isinstance(cell := _at(row, place), str) and cell.strip()), "")
