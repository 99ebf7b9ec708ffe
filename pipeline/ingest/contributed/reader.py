"""Any table file: its bytes and name in, headings with their units and temperatures and rows of cells out.

Which columns there are is the caller's business: ``meaning`` says what a header cell means, and
:func:`pipeline.ingest.contributed.values.read_cell` then reads each cell by its heading.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.ingest.contributed.cells import Row, shown
from pipeline.ingest.contributed.grid import ASKED_NOTHING, Grid, Reading, read_grid
from pipeline.ingest.contributed.header_rows import Meaning, converted, folded, is_second_line, under_titles
from pipeline.ingest.contributed.headers import Heading, heading
from pipeline.ingest.contributed.units import CELSIUS, temperature


@dataclass(frozen=True)
class Table:
    """A table file that was divided into headings and rows.

    Attributes
    ----------
    file, sheet, is_text
        Its name, the sheet of a workbook, and whether it is lines of text.
    header, headings
        The header row, and what its cells mean by their place from the left (from 0), units of a row of units folded in. Two headings may
        mean one column.
    rows
        The rows below, blank rows and rows of units left out.
    above
        What stands above the header.
    notes, hidden
        What had to be understood, and what of that is about hidden parts that were not read.
    """

    file: str
    header: Row
    headings: dict[int, Heading]
    rows: tuple[Row, ...]
    above: tuple[Row, ...]
    sheet: str
    is_text: bool
    notes: tuple[str, ...]
    hidden: tuple[str, ...]


def read_table(data: bytes, file: str, meaning: Meaning = heading, reading: Reading = ASKED_NOTHING) -> Table:
    """Divide a CSV or XLSX file into headings and rows.

    Raises
    ------
    InputError
        When it is no table, cannot be read, is too large, or has no header; see :func:`pipeline.ingest.contributed.grid.read_grid`.
    """
    known: dict[object, Heading | None] = {}

    def means(cell: object) -> Heading | None:
        if not isinstance(cell, str):
            return None
        if cell not in known:
            known[cell] = meaning(cell)
        return known[cell]

    grid = read_grid(
        data,
        file,
        lambda cells: len({found.column for found in map(means, cells) if found}),
        lambda upper, lower: is_second_line(upper, lower, means),
        reading,
    )
    headings = {place: found for place, cell in enumerate(grid.header.cells) if (found := means(cell))}
    notes, rows, above = list(grid.notes), list(grid.rows), list(grid.above)
    width = len(grid.header.cells)
    if above and (united := folded(above[-1], headings, width)) is not None:
        notes.append(converted(above.pop(), headings, united))
        headings = united
    while rows and (united := folded(rows[0], headings, width)) is not None:
        notes.append(converted(rows.pop(0), headings, united))
        headings = united
    headings, titled = under_titles((*grid.titles, *reversed(above)), headings)
    notes += titled
    _demand_nothing_hidden(grid, headings, means)
    return Table(file, grid.header, headings, tuple(rows), tuple(above), grid.sheet, grid.is_text, tuple(notes), grid.hidden)


def _demand_nothing_hidden(grid: Grid, headings: dict[int, Heading], means: Meaning) -> None:
    """Refuse a sheet whose hidden rows or columns give the unit or the temperature of numbers that are shown.

    Without them the numbers would be read in another unit; with them they would be read by what nobody sees.
    """
    width = len(grid.header.cells)
    for row in grid.hidden_rows:
        titled = under_titles((row,), headings)[1] if row.number < grid.header.number else []
        if titled or folded(row, headings, width) is not None:
            raise _hidden(grid.file, f"row {row.number} is hidden and holds units or a temperature", "show the row")
    for place, found in ((place, means(cell)) for row in grid.hidden_cells for place, cell in enumerate(row.cells)):
        if found is None or found.column.unit != CELSIUS:
            continue
        for row in grid.hidden_cells:
            text = shown(row.cells[place]) if row.number > grid.header.number and place < len(row.cells) else ""
            said = temperature(text, found.unit) if text else None
            if said is not None and not said.is_room:
                what = f"a hidden column of temperatures says {said.why()}"
                raise _hidden(grid.file, what, "show the column", row.number)


def _hidden(file: str, what: str, cure: str, row: int | None = None) -> InputError:
    return InputError(what, file=file, row=row, cure=f"{cure}, or have hidden parts read: --hidden")
