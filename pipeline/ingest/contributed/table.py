"""Contributed tables: one row a proposed entry, in the columns of the release, and every cell that could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.ingest.contributed.grid import Row, read_grid, shown
from pipeline.ingest.contributed.headers import Heading, heading, is_weak, recognised, suggestion
from pipeline.ingest.contributed.values import UnreadableError, Value, read_cell
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

TABLE = "rows.csv"


@dataclass(frozen=True)
class Unread:
    """A cell, or a place in the table, that could not be read.

    ``position`` is the place of the row in ``Contribution.cells``, ``None`` for the header; ``column`` is blank when the whole
    row is meant. ``kind`` is ``cell``, ``blank`` (a required cell that is empty), ``shape`` or ``column``.
    """

    position: int | None
    column: str
    value: str
    expected: str
    why: str
    kind: str = "cell"


@dataclass(frozen=True)
class Contribution:
    """A contributed table.

    Attributes
    ----------
    file
        Its name.
    cells
        One row a proposed entry: the 28 columns of the release, Python objects (``int``, ``float``, ``str``, ``None``), RangeIndex.
        A cell that cannot be read is ``None`` here and stands in ``unread``. ``ID`` is the contributor's own text.
    rows, lines
        For each row the number that a spreadsheet shows, and the line of the text file on which it begins.
    header
        Row number of the header.
    places
        For each column of the release that the file has: its place from the left, from 0, and the name it bears there.
    unread
        What could not be read, in the order of the file.
    notes
        What had to be understood, for the contributor to confirm.
    is_text
        Whether the file is lines of text (CSV) and not a workbook.
    """

    file: str
    cells: pd.DataFrame
    rows: tuple[int, ...]
    lines: tuple[int, ...]
    header: int
    places: Mapping[str, tuple[int, str]]
    unread: tuple[Unread, ...]
    notes: tuple[str, ...]
    is_text: bool


def contribution(data: bytes, file: str) -> Contribution:
    """Read a contributed table, whatever program wrote it.

    * the header is found by its names, of which many variants are known; columns may stand in any order;
    * units in the header or the cell are converted where they are known (``mS/cm``, ``nm``);
    * decimal commas, ``1.2×10⁻⁴``, ``8.830(2)``, typographic minus signs and subscripts are read;
    * blank rows and a row of units are passed over, row numbers are those of the file.

    Raises
    ------
    InputError
        When it is no table, required columns are missing, two columns mean the same, or it has no rows.
    """
    import pandas as pd

    grid = read_grid(data, file, recognised)
    header, *body = grid.rows
    headings, unknown = _headings(header, body, grid.file)
    notes = [*grid.notes, *_renamed(header, headings)]
    unread = [Unread(None, label, "", _near(label, headings), "none of ours", "column") for label in unknown]
    understood: Counter[str] = Counter()
    table: list[list[Value]] = []
    kept: list[Row] = []
    for row in body:
        if not table and _is_units(row, headings):
            notes.append(f"row {row.number} holds units and was passed over")
            continue
        position = len(table)
        unread += _misshapen(row, header, position)
        values: dict[str, Value] = {}
        for place, found in headings.items():
            cell = row.cells[place] if place < len(row.cells) else None
            try:
                read = read_cell(cell, found)
            except UnreadableError as error:
                unread.append(Unread(position, str(found.column), shown(cell), error.expected, str(error)))
                continue
            values[found.column] = read.value
            understood.update(filter(None, read.understood.split(" and ")))
            if read.value is None and found.column in col.CONTRIBUTED:
                unread.append(Unread(position, str(found.column), shown(cell), "", "the cell is blank", "blank"))
        table.append([values.get(column) for column in col.WORKBOOK])
        kept.append(row)
    if not table:
        raise InputError("the table has a header and no rows", file=file, row=header.number, cure="add one row for each material")
    notes += [f"{what} ({count} {'cell' if count == 1 else 'cells'})" for what, count in understood.items()]
    return Contribution(
        file,
        pd.DataFrame(table, columns=pd.Index([str(c) for c in col.WORKBOOK], dtype=object), dtype=object),
        tuple(row.number for row in kept),
        tuple(row.line for row in kept),
        header.number,
        {str(found.column): (place, shown(header.cells[place])) for place, found in headings.items()},
        tuple(unread),
        tuple(notes),
        grid.is_text,
    )


def _headings(header: Row, body: Sequence[Row], file: str) -> tuple[dict[int, Heading], list[str]]:
    """Meaning of each column by its place, and the names that mean none."""
    found = {place: meaning for place, cell in enumerate(header.cells) if (meaning := heading(cell))}
    found = _spacegroup(found, body)
    exact = {place for place, meaning in found.items() if shown(header.cells[place]) == meaning.column}
    unknown: list[str] = []
    for column in col.WORKBOOK:
        places = [place for place, meaning in found.items() if meaning.column == column]
        if len(places) < 2:
            continue
        # A published name wins over a variant of it ("ID" beside "Sample"), and so does a plain one over a vague one ("Composition"
        # beside "Compound"); of two equals nobody can tell.
        strong = [place for place in places if not is_weak(header.cells[place])]
        published = [place for place in places if place in exact] or (strong if len(strong) == 1 else [])
        if len(published) != 1:
            names = " and ".join(repr(shown(header.cells[place])) for place in places)
            raise InputError(f"the columns {names} both mean {str(column)!r}", file=file, row=header.number, cure="rename or remove one")
        for place in places:
            if place not in published:
                found.pop(place)
    unknown = [shown(cell) for place, cell in enumerate(header.cells) if place not in found and shown(cell)]
    missing = [column for column in col.CONTRIBUTED if column not in {meaning.column for meaning in found.values()}]
    if missing:
        names = ", ".join(repr(str(column)) for column in missing)
        there = f"; columns that were not recognised: {', '.join(map(repr, unknown))}" if unknown else ""
        raise InputError(
            f"required {'column is' if len(missing) == 1 else 'columns are'} missing: {names}{there}",
            file=file,
            row=header.number,
            cure="add the column with a value in every row (header names as in docs/contributing-data.md)" + _unit_of(missing),
        )
    return dict(sorted(found.items())), unknown


def _near(label: str, headings: Mapping[int, Heading]) -> str:
    """The column that an unknown name may mean, unless another heading means it already."""
    near = suggestion(label)
    return "" if near in {meaning.column for meaning in headings.values()} else near


def _unit_of(missing: Sequence[col.Column]) -> str:
    units = [f"{column} in {column.unit}" for column in missing if column.unit and column.unit not in column]
    symbols = "; a column of symbols does not take the place of the numbers" if col.SPACE_GROUP_NUMBER in missing else ""
    return (f"; {', '.join(units)}" if units else "") + symbols


def _spacegroup(found: dict[int, Heading], body: Sequence[Row]) -> dict[int, Heading]:
    """``Space group`` may head symbols or numbers: the cells tell which."""
    if any(meaning.column == col.SPACE_GROUP_NUMBER for meaning in found.values()):
        return found
    places = [place for place, meaning in found.items() if meaning.column == col.SPACE_GROUP]
    for place in places:
        texts = [shown(row.cells[place]) for row in body if place < len(row.cells)]
        numbers = sum(text.isdecimal() for text in texts)
        if numbers * 2 > len([text for text in texts if text]):
            return {**found, place: Heading(col.SPACE_GROUP_NUMBER)}
    return found


def _renamed(header: Row, headings: Mapping[int, Heading]) -> Iterator[str]:
    pairs = [(shown(header.cells[place]), meaning) for place, meaning in headings.items()]
    changed = [f"{label!r} as {str(meaning.column)!r}" for label, meaning in pairs if label != meaning.column]
    if changed:
        yield f"columns read by meaning: {', '.join(changed)}"


def _is_units(row: Row, headings: Mapping[int, Heading]) -> bool:
    """Whether the row below the header holds units: nothing in it is a number, and every number column's cell is a unit or blank."""
    from pipeline.ingest.contributed.headers import plain_unit, units

    cells = [(shown(row.cells[place]) if place < len(row.cells) else "", meaning.column) for place, meaning in headings.items()]
    given = [(text, column) for text, column in cells if text and column.unit]
    return bool(given) and all(plain_unit(text) in {plain_unit(unit): 0 for unit in units(column)} for text, column in given) and not any(
        text for text, column in cells if column in (col.ID, col.REDUCED_COMPOSITION, col.DOI)
    )  # fmt: skip


def _misshapen(row: Row, header: Row, position: int) -> Iterator[Unread]:
    """A row with more cells than the header has names: a separator inside a cell has moved the rest to the right."""
    width = len(header.cells)
    extra = [shown(cell) for cell in row.cells[width:] if shown(cell)]
    if extra:
        yield Unread(position, "", ", ".join(extra)[:80], f"{width} cells",
                     f"the row has {width + len(extra)} cells, the header {width}: an unquoted comma (of a number, of a list) has moved "
                     "the cells behind it to the right", "shape")  # fmt: skip


# --- what was accepted -----------------------------------------------------------------------------------------------
def contributions(folder: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Every accepted row of ``raw/contributions``: the 28 columns of the release as cells, and the text of each structure by ID.

    One row an entry, in the order of the folders' names and of the rows in them. Without the folder, or with an empty one, the
    table has no rows. Folders whose name begins with a point are passed over (an acceptance that was interrupted).

    Raises
    ------
    InputError
        When a row cannot be read, an ID stands twice, or a structure has no row.
    """
    import pandas as pd

    tables: list[pd.DataFrame] = []
    structures: dict[str, str] = {}
    seen: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith(".") or not path.is_dir():
            continue
        table, texts = accepted(path)
        for name in table[col.ID]:
            if name in seen:
                raise InputError(
                    f"the ID stands in {seen[name]} too", file=path / TABLE, column=col.ID, value=name, cure="give one another ID"
                )
            seen[name] = path / TABLE
        tables.append(table)
        structures |= texts
    columns = pd.Index([str(c) for c in col.WORKBOOK], dtype=object)
    rows = [row for table in tables for row in table.itertuples(index=False, name=None)]
    return pd.DataFrame(rows, columns=columns, dtype=object), structures


def accepted(folder: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows and structures of one accepted contribution; see :func:`contributions`."""
    path = folder / TABLE
    try:
        read = contribution(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise InputError("there is no table in this contribution", file=path, cure="restore the file, or remove the folder") from None
    problems = [
        InputError(bad.why, file=path, row=None if bad.position is None else read.rows[bad.position], column=bad.column or None,
                   value=bad.value or None, cure="restore the row from version control")
        for bad in read.unread
    ]  # fmt: skip
    ids = list(read.cells[col.ID])
    problems += [
        InputError("the ID stands twice", file=path, row=row, column=col.ID, value=name, cure="give each row an ID of its own")
        for place, (row, name) in enumerate(zip(read.rows, ids, strict=True))
        if name in ids[:place]
    ]
    if problems:
        raise InputError.gather(problems)
    return read.cells, _structures(folder, frozenset(ids))


def _structures(folder: Path, known: frozenset[str]) -> dict[str, str]:
    found = {}
    for path in sorted(folder.glob("*.cif")):
        if path.stem not in known:
            raise InputError("no row of the contribution has this ID", file=path, cure=f"remove the file, or restore its row in {TABLE}")
        try:
            with path.open(encoding="utf-8", newline="") as handle:
                found[path.stem] = handle.read()
        except UnicodeDecodeError as error:
            raise InputError(f"not UTF-8: {error.reason}", file=path, cure="restore the file from version control") from None
    return found
