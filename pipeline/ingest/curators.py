"""A curators' own sheet: any version of the workbook, read by the names of its columns.

A released workbook is pinned, and :func:`pipeline.ingest.workbook.cells` demands that it is what was released. A sheet that curators still
work on is not: columns move, one that nobody filled may be gone, rows come and go. What was understood is told beside the cells.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.ingest.contributed.cells import Formula, Percentage, Row, shown
from pipeline.ingest.contributed.sheets import Sheet, letter, sheets
from pipeline.ingest.workbook import Cell
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: More rows than that are no curators' sheet; it bounds what a damaged file can cost.
MOST_ROWS = 100_000
#: A heading as near as this to an absent column (ratio of ``difflib``) is its misspelling: ``Familly``, ``ICSD  Id.``, ``Refs``.
SPELLING = 0.8
#: What a spreadsheet shows where a formula failed.
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})


@dataclass(frozen=True)
class Heads:
    """Where a sheet has the columns of the workbook.

    Attributes
    ----------
    places
        Place (from 0) of each column that is there.
    absent
        Columns that are not there; all of them may be blank.
    unknown
        Headings that are no column of the workbook: their cells are not read.
    moved
        Whether the columns that are there stand in another order than the published one.
    """

    places: dict[col.Column, int]
    absent: tuple[col.Column, ...]
    unknown: tuple[str, ...]
    moved: bool


@dataclass(frozen=True, eq=False)
class Book:
    """A curators' workbook as it was read.

    Attributes
    ----------
    cells
        One row an entry: the 28 columns of the workbook in their published order, each cell as the sheet holds it, ID as text.
    sheet
        Name of the sheet that holds them.
    heads
        Where that sheet has its columns. Row ``n`` of ``cells`` (from 0) stands in row ``n + 2`` of the sheet.
    hidden
        Number of rows that the sheet hides; they are rows like any other.
    """

    cells: pd.DataFrame
    sheet: str
    heads: Heads
    hidden: int


def book(data: bytes, file: str) -> Book:
    """Read a curators' workbook: the one sheet whose first row names columns of the workbook, wherever they stand.

    Raises
    ------
    InputError
        When it is not a workbook, no sheet or several sheets hold the columns, a required column is missing, a heading is repeated or
        nearly that of a missing column, a row is empty in the middle, or a cell holds what the workbook cannot (all such cells at once).
    """
    import pandas as pd

    sheet = _sheet(sheets(data, file, MOST_ROWS), file)
    header, *body = sheet.rows
    heads = _heads(header.cells, file)
    for number, row in enumerate(body, start=2):
        if row.number != number:
            raise InputError("an empty row in the middle of the table", file=file, row=number, cure="delete the row, or fill it")
    problems: list[InputError] = []
    table = [[_cell(row, heads.places.get(column), column, file, problems) for column in col.WORKBOOK] for row in body]
    if problems:
        raise InputError.gather(problems)
    cells = pd.DataFrame(table, columns=[str(column) for column in col.WORKBOOK], dtype=object)
    return Book(cells, sheet.name, heads, sum(row.number in sheet.layout.rows for row in body))


def _sheet(found: Sequence[Sheet], file: str) -> Sheet:
    """The sheet of the entries: of those whose first row names the ID and some other column, the one that names most."""
    known = {_plain(column) for column in col.WORKBOOK}
    counts = {sheet.name: _named(sheet, known) for sheet in found}
    most = max(counts.values(), default=0)
    if most < 2:
        where = next((row.number for sheet in found for row in sheet.rows[:20] if len(known & set(map(_plain, row.cells))) > 1), None)
        what = "no sheet has the columns of the workbook in its first row"
        cure = "restore the header of the published sheet" if where is None else f"delete the rows above the header in row {where}"
        raise InputError(what, file=file, row=where, cure=cure)
    best = [sheet for sheet in found if counts[sheet.name] == most]
    if len(best) > 1:
        names = ", ".join(repr(sheet.name) for sheet in best[:10])
        raise InputError(f"the sheets {names} each hold the table; which one is meant is not known", file=file, cure="keep one of them")
    return best[0]


def _named(sheet: Sheet, known: set[str]) -> int:
    head = sheet.rows[0] if sheet.rows and sheet.rows[0].number == 1 else None
    labels = set() if head is None else set(map(_plain, head.cells))
    return len(labels & known) if _plain(col.ID) in labels else 0


def _plain(label: object) -> str:
    """A heading as it is compared: white space and case are noise."""
    return "" if label is None else " ".join(str(label).split()).casefold()


def _heads(header: Sequence[object], file: str) -> Heads:
    names = {_plain(column): column for column in col.WORKBOOK}
    places: dict[col.Column, int] = {}
    unknown: list[str] = []
    for place, label in enumerate(header):
        if label is None or not str(label).strip():
            continue
        column = names.get(_plain(label))
        if column is None:
            unknown.append(str(label).strip())
        elif column in places:
            raise InputError(
                f"two columns have this heading: {letter(places[column] + 1)} and {letter(place + 1)}", file=file, row=1, column=column,
                cure="rename or remove one of them",
            )  # fmt: skip
        else:
            places[column] = place
    absent = tuple(column for column in col.WORKBOOK if column not in places)
    for column in absent:
        if near := difflib.get_close_matches(_plain(column), map(_plain, unknown), n=1, cutoff=SPELLING):
            said = next(label for label in unknown if _plain(label) == near[0])
            raise InputError(f"the column {str(column)!r} is missing, and {said!r} may be meant for it", file=file, row=1, column=said,
                             cure=f"write the heading as {str(column)!r}, or rename what is another column")  # fmt: skip
    if missing := [str(column) for column in absent if column.required]:
        raise InputError(f"the column {', '.join(map(repr, missing))} is missing", file=file, row=1, cure="every entry needs a value there")
    order = sorted(places, key=places.__getitem__)
    return Heads(places, absent, tuple(unknown), order != [column for column in col.WORKBOOK if column in places])


def _cell(row: Row, place: int | None, column: col.Column, file: str, problems: list[InputError]) -> Cell:
    value = row.cells[place] if place is not None and place < len(row.cells) else None
    what = ""
    if isinstance(value, Formula):
        what = "a formula without its result"
    elif isinstance(value, Percentage):
        value = float(value)
    elif value is not None and (isinstance(value, bool) or not isinstance(value, int | float | str)):
        what = f"a {type(value).__name__} that the spreadsheet made of what was typed"
    elif value in ERRORS:
        what = "an error of the spreadsheet"
    if what:
        cure = "open the sheet in a spreadsheet program, correct the cell (as text where it is text) and save"
        problems.append(InputError(what, file=file, row=row.number, column=column, value=shown(value), cure=cure))
        return None
    return str(value).strip() if column == col.ID and value is not None else value  # type: ignore[return-value]
