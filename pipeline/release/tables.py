"""Tables as CSV and XLSX. The same table gives the same bytes at any time."""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.dois import cited, is_doi, without_address
from pipeline.errors import InputError
from pipeline.quoting import is_live
from schemas import columns as col
from schemas.contract import DTYPES, contract, held
from schemas.entries import PUBLISHED_BOUND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from openpyxl.worksheet.worksheet import Worksheet

    from pipeline.split.sides import Split

PROCESSED = "processed.csv"
#: Significant digits of the published processed table.
PUBLISHED_DIGITS = 6
_NO_MATCH, _MATCH, _CLOSE_MATCH = "No Match", "Match", "Close Match"
_EPOCH = (1980, 1, 1, 0, 0, 0)
#: How a sheet shows a conductivity.
CONDUCTIVITY_FORMAT = "0.0###E+00"
_RESOLVER = "https://doi.org/"
#: No column is wider than this many characters, on a screen or on paper: longer texts are folded.
_WIDEST, _WIDEST_DOI = 26, 30
#: Points from line to line of the sheet's font.
_LINE = 15
_HEAD, _FOLDED, _DOI = "Head", "Folded", "DOI"


def processed(cells: pd.DataFrame, tables: col.Tables, *, as_published: bool = False) -> pd.DataFrame:
    """One row an entry: what models train on, in the published columns (``col.PROCESSED_AS_PUBLISHED``), and what the release adds.

    * ``CIF`` is Match for an entry's own structure, Close Match for another paper's, No Match when there is none;
    * the published label of an entry that is known only as an upper bound is 1e-15, whatever the bound;
    * as published the cell keeps six significant digits only;
    * each column of ``col.ADDED`` holds what its definition derives from ``tables``.

    Raises
    ------
    ContractError
        When an added column breaks the limits of its definition.
    """
    import pandas as pd

    entries = tables[col.ENTRIES]
    label = entries[col.IONIC_CONDUCTIVITY].where((entries[col.BOUND] != "<").fillna(True).to_numpy(dtype=bool), PUBLISHED_BOUND)
    table = pd.DataFrame(
        {
            str(col.ID): entries.index,
            str(col.COMPOSITION_PROCESSED): cells[col.TRUE_COMPOSITION].tolist(),
            str(col.SPACE_GROUP_NUMBER_PROCESSED): entries[col.SPACE_GROUP_NUMBER].tolist(),
            **{str(axis): pd.Series(cells[axis].tolist(), dtype=object) for axis in col.LATTICE},
            str(col.LABEL): label.tolist(),
            str(col.DOI): cells[col.DOI].tolist(),
            str(col.CIF_PROCESSED): [
                (_CLOSE_MATCH if close == "Yes" else _MATCH) if has_structure(state) else _NO_MATCH
                for state, close in zip(entries[col.CIF_ID], entries[col.CLOSE_MATCH], strict=True)
            ],
        }
    )
    if as_published:
        for axis in col.LATTICE:
            table[str(axis)] = pd.Series([_published_number(value) for value in table[str(axis)]], dtype=object)
    derived = held(_derived(tables), contract(col.ADDED, index=col.ID), stage="emit", table_name=PROCESSED)
    return pd.concat([table, derived.reset_index(drop=True)], axis="columns")


def _derived(tables: col.Tables) -> pd.DataFrame:
    """The columns that the release adds, index ID."""
    import pandas as pd

    index = tables[col.ENTRIES].index
    found: dict[str, pd.Series] = {}
    for column in col.ADDED:
        values = column.derive(tables) if column.derive else ()
        values = values.reindex(index).tolist() if isinstance(values, pd.Series) else list(values)
        found[str(column)] = pd.Series(values, index=index, dtype=DTYPES[column.type])
    return pd.DataFrame(found, index=index)


def model(processed: pd.DataFrame, split: Split, texts: Mapping[str, str]) -> pd.DataFrame:
    """One row an entry: the model table with the side of the split and the text of the structure file (``col.MODEL``)."""
    side = {name: each for each in ("train", "test") for name in getattr(split, each)}
    found = processed.copy()
    found[str(col.SPLIT)] = [side.get(name) for name in processed[col.ID]]
    found[str(col.CIF_TEXT)] = [texts.get(name) for name in processed[col.ID]]
    return found


def _published_number(value: float) -> float | int:
    rounded = float(f"{value:.{PUBLISHED_DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def has_structure(state: object) -> bool:
    """Whether the column ``Cif ID`` says that the entry has a structure file."""
    return state == "done"


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 CSV: blanks empty, numbers with all their digits, lines ended by a newline.

    A whole number stays whole: a sheet's ``90`` is not made ``90.0``.

    Raises
    ------
    InputError
        When a text is one that a spreadsheet would take for a formula: what comes in is tested, so that none goes out.
    """
    require_inert(table, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def require_inert(table: pd.DataFrame, path: Path | str, cure: str = "correct the cell in its source, or in raw/corrections.yaml") -> None:
    """Raise ``InputError`` when a spreadsheet that opens this table would compute one of its texts."""
    for label in table.columns:
        for number, value in enumerate(table[label].tolist(), start=2):
            if isinstance(value, str) and is_live(value):
                raise InputError(
                    "the text is one that spreadsheets take for a formula", file=path, row=number, column=str(label), value=value,
                    cure=cure,
                )  # fmt: skip


def write_idx(ids: list[str], path: Path) -> None:
    """Write one side of the split as published: the header ``ID``, one ID a line, no newline after the last."""
    path.write_text("\n".join([str(col.ID), *ids]), encoding="utf-8", newline="\n")


def write_xlsx(cells: pd.DataFrame, path: Path) -> None:
    """Write the release's cells as a sheet that is pleasant to work in and to print.

    Header and ID stay in view, every column filters, header notes give meaning and unit, DOIs are links. The values of the
    cells are those of the CSV: a link is an attribute of its cell, not a formula. On paper (A3, landscape) a row stands on one page, long
    texts are folded and the header comes again on every page.
    """
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
    from openpyxl.writer.excel import ExcelWriter

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "OBELiX"
    fill, folded = PatternFill("solid", fgColor="DDE6EE"), Alignment(wrap_text=True)
    for name, font in (
        (_HEAD, Font("Calibri", 11, bold=True)),
        (_FOLDED, Font("Calibri", 11)),
        (_DOI, Font("Calibri", 11, color="0563C1", underline="single")),
    ):
        book.add_named_style(NamedStyle(name, font, alignment=folded, fill=fill if name == _HEAD else PatternFill()))
    definitions = {str(column): column for column in col.WORKBOOK}
    columns = [cells[label].tolist() for label in cells.columns]
    for place, label in enumerate(cells.columns, start=1):
        head = sheet.cell(1, place, label)
        head.style = _HEAD
        if column := definitions.get(label):
            head.comment = Comment(note(column), "obelix-curate", height=110, width=300)
    for row in zip(*columns, strict=True):
        sheet.append({place: value for place, value in enumerate(row, start=1) if value is not None})
    _fold(sheet, list(cells.columns), columns)
    _link(sheet, cells)
    _paper(sheet)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        ExcelWriter(book, archive).save()
    sheet._cells.clear()  # each of them holds the sheet, so that together they stay until circles are looked for
    path.write_bytes(_without_clock(buffer.getvalue()))


def _fold(sheet: Worksheet, labels: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
    """Give each column its width, fold texts that are longer, and give each row the lines that it needs: programs do not reckon them."""
    from openpyxl.utils import get_column_letter

    height = {1: 2}
    for place, (label, values) in enumerate(zip(labels, columns, strict=True), start=1):
        longest = max(map(len, (*str(label).split(), *(str(value) for value in values if value is not None))))
        width = min(longest, _WIDEST_DOI if label in (col.DOI, col.CLOSE_MATCH_DOI) else _WIDEST)
        sheet.column_dimensions[get_column_letter(place)].width = width + 2
        height[1] = max(height[1], math.ceil(len(str(label)) / width))
        is_conductivity = label in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK)
        for number, value in enumerate(values, start=2):
            if is_conductivity and isinstance(value, float):
                sheet.cell(number, place).number_format = CONDUCTIVITY_FORMAT
            elif isinstance(value, str) and (len(value) > width + 2 or value.startswith("=")):
                cell = sheet.cell(number, place)
                cell.style, cell.data_type = _FOLDED, "s"  # text, never a formula
                height[number] = max(height.get(number, 1), math.ceil(len(value) / width))
    for number, lines in height.items():
        sheet.row_dimensions[number].height = _LINE * lines


def _paper(sheet: Worksheet) -> None:
    """How the sheet is seen: its header and ID stay in view, its columns filter, and it prints on A3 with the header on every page."""
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    page = sheet.page_setup
    page.orientation, page.paperSize, page.fitToWidth, page.fitToHeight = "landscape", sheet.PAPERSIZE_A3, 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    margins = sheet.page_margins
    margins.left = margins.right = margins.top = 0.4  # inches
    margins.bottom = 0.6
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P / &N"


def note(column: col.Column) -> str:
    """Header note of a column: its meaning, unit and source."""
    lines = [column.description]
    if column.unit:
        lines.append(f"Unit: {column.unit}")
    if column.source:
        lines.append(f"Source: {column.source}")
    return "\n".join(lines)


def _link(sheet: Worksheet, cells: pd.DataFrame) -> None:
    """Link each DOI cell to its (first) DOI."""
    place = list(cells.columns).index(str(col.DOI)) + 1
    for row, value in enumerate(cells[col.DOI].tolist(), start=2):
        first = without_address(next(iter(cited(str(value))), "")) if value is not None else ""
        if is_doi(first):
            cell = sheet.cell(row, place)
            cell.hyperlink = _RESOLVER + quote(first)
            cell.value, cell.style = value, _DOI


def _without_clock(data: bytes) -> bytes:
    """The same workbook without the time it was written at (in its properties and in its archive)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            entry: Any = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.external_attr = 0o644 << 16
            new.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()
