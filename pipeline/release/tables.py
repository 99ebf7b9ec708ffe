"""Tables as CSV and XLSX. The same table gives the same bytes at any time."""

from __future__ import annotations

import io
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
    from pathlib import Path

    import pandas as pd
    from openpyxl.worksheet.worksheet import Worksheet

PROCESSED = "processed.csv"
#: Significant digits of the published processed table.
PUBLISHED_DIGITS = 6
_NO_MATCH, _MATCH, _CLOSE_MATCH = "No Match", "Match", "Close Match"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_RESOLVER = "https://doi.org/"
#: A curator's sheet is read on a screen: no column wider than this many characters.
_WIDEST = 32


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
    """Write the release's cells as a sheet that is pleasant to work in.

    Header and ID stay in view, every column filters, header notes give meaning and unit, DOIs are links. The values of the
    cells are those of the CSV: a link is an attribute of its cell, not a formula.
    """
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.writer.excel import ExcelWriter

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "OBELiX"
    bold, fill, wrapped = Font(bold=True), PatternFill("solid", fgColor="DDE6EE"), Alignment(vertical="top", wrap_text=True)
    definitions = {str(column): column for column in col.WORKBOOK}
    for place, label in enumerate(cells.columns, start=1):
        head = sheet.cell(1, place, label)
        head.font, head.fill, head.alignment = bold, fill, wrapped
        if column := definitions.get(label):
            head.comment = Comment(note(column), "obelix-curate", height=110, width=300)
    rows = list(zip(*(cells[label].tolist() for label in cells.columns), strict=True))
    for number, row in enumerate(rows, start=2):
        sheet.append(row)
        for place, value in enumerate(row, start=1):
            if isinstance(value, str) and value.startswith("="):
                sheet.cell(number, place).data_type = "s"  # text, never a formula
    _link(sheet, cells)
    for place, label in enumerate(cells.columns):
        longest = max([len(str(label)) * 0.8, *(len(str(row[place])) for row in rows if row[place] is not None)])
        sheet.column_dimensions[openpyxl.utils.get_column_letter(place + 1)].width = min(longest, _WIDEST) + 2
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        ExcelWriter(book, archive).save()
    path.write_bytes(_without_clock(buffer.getvalue()))


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
    from openpyxl.styles import Font

    style = Font(color="0563C1", underline="single")
    place = list(cells.columns).index(str(col.DOI)) + 1
    for row, value in enumerate(cells[col.DOI].tolist(), start=2):
        first = without_address(next(iter(cited(str(value))), "")) if value is not None else ""
        if is_doi(first):
            cell = sheet.cell(row, place)
            cell.hyperlink = _RESOLVER + quote(first)
            cell.value, cell.font = value, style


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
