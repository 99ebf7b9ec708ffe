"""What a table file may cost, tested on its raw parts before a library reads it.

A workbook of two kilobytes can name row 1,000,000,000, hold ten million texts or unpack to a gigabyte. Its parts are gone through with
expat, which keeps nothing: rows, cells, texts and elements are counted, and the file is refused at the first number beyond its limit.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from xml.parsers import expat

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.safety.unpack import CHUNK, entries

#: Where a sheet of a spreadsheet ends.
LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
_SAVE = "save the table as .csv (UTF-8) or .xlsx and try again"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)


def demand_workbook(data: bytes, file: str) -> None:
    """Raise ``InputError`` when a workbook holds more than any table needs; nothing of it is built.

    Sheets are counted together: rows (blank ones, and those that are only skipped), cells (blank ones to the left of a filled one
    counted), merged cells; texts against the cells that could show them; elements of all other parts.
    """
    parts = list(entries(io.BytesIO(data), file, limits.WORKBOOK_BYTES, limits.WORKBOOK_PARTS))
    scan = _Scan(file)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for part in sorted(parts, key=lambda part: not _SHEET.fullmatch(part.name)):  # the sheets first
            if part.is_folder or not part.name.lower().endswith((".xml", ".rels")):
                continue
            is_sheet = _SHEET.fullmatch(part.name) is not None
            if not is_sheet and part.size > limits.WORKBOOK_PART():
                raise limits.WORKBOOK_PART.error(file, part.size)
            scan.begin(is_sheet)
            parser = expat.ParserCreate()
            parser.StartElementHandler, parser.EndElementHandler = scan.element, scan.end
            parser.StartDoctypeDeclHandler = scan.doctype
            try:
                with packed.open(part.name) as stream:
                    while piece := stream.read(CHUNK):
                        parser.Parse(piece)
                    parser.Parse(b"", True)
            except (expat.ExpatError, ValueError, LookupError) as error:  # the last two for an encoding that the parser has not
                raise InputError(f"the workbook is damaged: {part.name}: {error}", file=file, cure=_SAVE) from None
            except RuntimeError as error:  # encrypted
                raise InputError(f"the workbook cannot be read: {error}", file=file, cure=_SAVE) from None
            scan.finish()


@dataclass
class _Scan:
    """Counts over all parts of a workbook."""

    file: str
    rows: int = 0
    filled: int = 0
    lines: int = 0
    cells: int = 0
    texts: int = 0
    elements: int = 0
    sheets: int = 0
    depth: int = 0
    is_sheet: bool = False
    row: int = 0
    column: int = 0
    width: int = 0
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    def begin(self, is_sheet: bool) -> None:
        """A part begins."""
        self.is_sheet, self.depth, self.row, self.column, self.width, self.merged = is_sheet, 0, 0, 0, 0, []
        self.sheets += is_sheet
        if self.sheets > limits.WORKBOOK_SHEETS():
            raise limits.WORKBOOK_SHEETS.error(self.file)

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.depth += 1
        if self.depth > limits.DOCUMENT_DEPTH.most:
            raise limits.DOCUMENT_DEPTH.error(self.file)
        kind = name.rpartition(":")[2]
        if self.is_sheet:
            if kind == "c":
                self._cell(attributes.get("r"))
            elif kind == "row":
                self._row(attributes.get("r"))
            elif kind == "mergeCell":
                self._merge(attributes.get("ref", ""))
        elif kind == "si":
            self.texts += 1
            if self.texts > self.cells + limits.WORKBOOK_TEXTS():
                raise limits.WORKBOOK_TEXTS.error(self.file)
        elif kind not in ("t", "r", "rPr"):
            self.elements += 1
            if self.elements > limits.WORKBOOK_ELEMENTS():
                raise limits.WORKBOOK_ELEMENTS.error(self.file)

    def end(self, _: str) -> None:
        """An element ends."""
        self.depth -= 1

    def doctype(self, *_: object) -> None:
        """No program writes a document type into a workbook; entities explode."""
        raise InputError("the workbook declares a document type, which no spreadsheet writes", file=self.file, cure=_SAVE)

    def finish(self) -> None:
        """A part ends: what its merged cells cover is counted, as far as rows go down."""
        area = sum(
            (min(bottom, self.row) - top + 1) * (min(right, limits.TABLE_COLUMNS()) - left + 1)
            for top, left, bottom, right in self.merged
            if min(bottom, self.row) >= top and min(right, limits.TABLE_COLUMNS()) >= left
        )
        self._count_cells(area)

    def _row(self, number: str | None) -> None:
        self.rows += 1
        before, self.column, self.width = self.row, 0, 0
        self.row = before + 1 if number is None else self._number(number)
        self.lines += max(self.row - before, 0)
        if self.lines > limits.TABLE_LINES():
            raise limits.TABLE_LINES.error(self.file)
        if self.rows - self.filled > limits.BLANK_ROWS():
            raise limits.BLANK_ROWS.error(self.file)

    def _number(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:20]) <= LAST_ROW:
            raise InputError(f"a row has the number {text[:20]}; a sheet ends at {LAST_ROW}", file=self.file, cure=_SAVE)
        return int(text)

    def _cell(self, reference: str | None) -> None:
        if reference is None:
            self.column += 1
        else:
            found = _REFERENCE.fullmatch(reference)
            if found is None or column(found[1]) > LAST_COLUMN or int(found[2]) > LAST_ROW:
                raise InputError(f"a cell has the place {reference[:20]!r}; a sheet ends at XFD{LAST_ROW}", file=self.file, cure=_SAVE)
            self.column = column(found[1])
        if not self.width:
            self.filled += 1
        if self.column > self.width:
            self._count_cells(self.column - self.width)
            self.width = self.column

    def _count_cells(self, more: int) -> None:
        self.cells += more
        demand_cells(self.cells, self.filled, self.file)

    def _merge(self, reference: str) -> None:
        ends = [_REFERENCE.fullmatch(end) for end in reference.split(":")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            return
        if len(self.merged) >= limits.MERGED_RANGES():
            raise limits.MERGED_RANGES.error(self.file)
        (top, left), (bottom, right) = ((int(end[2]), column(end[1])) for end in ends if end)
        self.merged.append((top, left, bottom, right))


def column(letters: str) -> int:
    """Number of a column, from 1.

    >>> column("A"), column("Z"), column("AA"), column("XFD")
    (1, 26, 27, 16384)
    """
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - 64
    return place


def demand_cells(cells: int, rows: int, file: str) -> None:
    """Raise ``InputError`` when a table of so many rows has too many cells: blank ones cost as much as filled ones."""
    beyond = cells - limits.CELLS_A_ROW() * rows
    if beyond > 0 and beyond > limits.SPARE_CELLS():
        raise limits.SPARE_CELLS.error(file, beyond)


def demand_characters(characters: int, rows: int, file: str) -> None:
    """Raise ``InputError`` when the cells of a workbook show too much text: a text that many cells share is read in each."""
    beyond = characters - limits.CHARACTERS_A_ROW() * rows
    if beyond > limits.SPARE_CHARACTERS():
        raise limits.SPARE_CHARACTERS.error(file, beyond)


def demand_text(text: str, file: str) -> None:
    """Raise ``InputError`` when a text has more lines than a table can have, blank ones counted."""
    lines = text.count("\n") + text.count("\r")
    if lines > 2 * limits.TABLE_LINES():
        raise limits.TABLE_LINES.error(file)
