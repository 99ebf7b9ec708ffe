"""Contributed tables: one row a proposed entry, in the columns of the release, and every cell that could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.ingest.contributed.cells import Row, shown
from pipeline.ingest.contributed.complete import spacegroup
from pipeline.ingest.contributed.grid import ASKED_NOTHING, Reading
from pipeline.ingest.contributed.header_rows import temperatures as titled
from pipeline.ingest.contributed.headers import Heading, is_weak, suggestion
from pipeline.ingest.contributed.reader import Table, read_table
from pipeline.ingest.contributed.rows import Gathered, Unread, read_rows, warm
from pipeline.ingest.contributed.units import stated
from pipeline.ingest.contributed.values import Value
from pipeline.safety.inputs import plain_files
from pipeline.safety.workers import Workers, spread
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TABLE", "Contribution", "Unread", "accepted", "contribution", "contributions"]

TABLE = "rows.csv"
#: Rows that a worker reads at a time: a tenth of a second of work.
PORTION = 1000


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
        For each column of the release, and the temperature, that the file has: its place from the left, from 0, and the name it bears
        there.
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


def contribution(data: bytes, file: str, reading: Reading = ASKED_NOTHING, by: Workers | None = None) -> Contribution:
    """Read a contributed table, whatever program wrote it; its rows are read here or by workers.

    * the header is found by its names, of which many variants are known; columns may stand in any order;
    * units in the header, in a row below it or in the cell are converted where they are known (``mS/cm``, ``nm``);
    * decimal commas, ``1.2×10⁻⁴``, ``8.830(2)``, typographic minus signs and subscripts are read;
    * the number of a space group follows from its symbol, and cell parameters that symmetry fixes from the others;
    * a temperature that is stated anywhere must be room temperature;
    * blank rows are passed over, row numbers are those of the file.

    Raises
    ------
    InputError
        When it is no table, required columns are missing, two columns mean the same, or it has no rows.
    """
    import pandas as pd

    source = read_table(data, file, reading=reading)
    headings, temperatures, unknown = _headings(source)
    if not source.rows:
        raise InputError("the table has a header and no rows", file=file, row=source.header.number, cure="add one row for each material")
    unread = [Unread(None, label, "", _near(label, headings), "none of ours", "column") for label in unknown]
    unread += _elsewhere(source)
    table, gathered = _read(source, headings, temperatures, by)
    places = {str(found.column): (place, shown(source.header.cells[place])) for place, found in {**temperatures, **headings}.items()}
    return Contribution(
        file,
        pd.DataFrame(table, columns=pd.Index([str(c) for c in col.WORKBOOK], dtype=object), dtype=object),
        tuple(row.number for row in source.rows),
        tuple(row.line for row in source.rows),
        source.header.number,
        places,
        (*unread, *gathered.unread),
        (*source.notes, *_renamed(source.header, {**headings, **temperatures}), *gathered.notes()),
        source.is_text,
    )


def _read(
    source: Table, headings: Mapping[int, Heading], temperatures: Mapping[int, Heading], by: Workers | None
) -> tuple[list[list[Value]], Gathered]:
    """The values of all rows, and what was gathered."""
    length = len(source.rows) if by is None else PORTION
    portions = (
        (source.header, headings, temperatures, source.rows[first : first + length], first) for first in range(0, len(source.rows), length)
    )
    table: list[list[Value]] = []
    gathered = Gathered()
    for values, found in spread(read_rows, portions, by):
        table += values
        gathered.add(found)
    return table, gathered


def _elsewhere(source: Table) -> Iterator[Unread]:
    """Titles above the header, and the name of the sheet, that state another temperature than room temperature."""
    for _, why in titled(source.above):
        yield warm(None, str(col.TEMPERATURE), "", f"a title above the header says {why}")
    temperature, rest = stated(source.sheet)
    if temperature is not None and temperature.scale and not temperature.is_room and not re.search(r"[^\W\d_]{4,}", rest):
        yield warm(None, str(col.TEMPERATURE), source.sheet, f"the name of the sheet says {temperature.why()}")


def _headings(source: Table) -> tuple[dict[int, Heading], dict[int, Heading], list[str]]:
    """Meaning of each column by its place, the columns of temperatures, and the names that mean none."""
    header, file = source.header, source.file
    temperatures = {place: meaning for place, meaning in source.headings.items() if meaning.column == col.TEMPERATURE}
    found = _spacegroup({place: meaning for place, meaning in source.headings.items() if place not in temperatures}, source.rows)
    exact = {place for place, meaning in found.items() if shown(header.cells[place]) == meaning.column}
    for column in col.WORKBOOK:
        places = [place for place, meaning in found.items() if meaning.column == column]
        if len(places) < 2:
            continue
        # A published name wins over a variant of it ("ID" beside "Sample"), so does a plain one over a vague one ("Composition" beside
        # "Compound"), and a conductivity at room temperature over one that was measured elsewhere; of two equals nobody can tell.
        strong = [place for place in places if not is_weak(header.cells[place])]
        near = [place for place in places if (warmth := found[place].temperature) is None or warmth.is_room]
        published = [place for place in places if place in exact and place in near]
        published = published or (strong if len(strong) == 1 else near if len(near) == 1 else [])
        if len(published) != 1:
            names = " and ".join(repr(shown(header.cells[place])) for place in places)
            raise InputError(f"the columns {names} both mean {str(column)!r}", file=file, row=header.number, cure="rename or remove one")
        for place in places:
            if place not in published:
                found.pop(place)
    unknown = [shown(cell) for place, cell in enumerate(header.cells) if place not in found and place not in temperatures and shown(cell)]
    there = {meaning.column for meaning in found.values()}
    if col.SPACE_GROUP in there:
        there.add(col.SPACE_GROUP_NUMBER)
    if {col.SPACE_GROUP_NUMBER, col.A} <= there:
        there.update(col.LATTICE)  # symmetry may fix the others; where it does not, the row says so
    missing = [column for column in col.CONTRIBUTED if column not in there]
    if missing:
        names = ", ".join(repr(str(column)) for column in missing)
        told = f"; columns that were not recognised: {', '.join(map(repr, unknown))}" if unknown else ""
        told += "".join(f"; {note}" for note in source.hidden)
        raise InputError(
            f"required {'column is' if len(missing) == 1 else 'columns are'} missing: {names}{told}",
            file=file,
            row=header.number,
            cure="add the column with a value in every row (header names as in docs/contributing-data.md)" + _unit_of(missing),
        )
    return dict(sorted(found.items())), temperatures, unknown


def _near(label: str, headings: Mapping[int, Heading]) -> str:
    """The column that an unknown name may mean, unless another heading means it already."""
    near = suggestion(label)
    return "" if near in {meaning.column for meaning in headings.values()} else near


def _unit_of(missing: Sequence[col.Column]) -> str:
    units = [f"{column} in {column.unit}" for column in missing if column.unit and column.unit not in column]
    return f"; {', '.join(units)}" if units else ""


def _spacegroup(found: dict[int, Heading], body: Sequence[Row]) -> dict[int, Heading]:
    """``Space group`` may head symbols or numbers, and so may ``Space group #``: the cells tell which."""
    pairs = ((col.SPACE_GROUP, col.SPACE_GROUP_NUMBER), (col.SPACE_GROUP_NUMBER, col.SPACE_GROUP))
    columns = [meaning.column for meaning in found.values()]
    for column, other in pairs:
        if columns.count(column) != 1 or other in columns:
            continue
        place = next(place for place, meaning in found.items() if meaning.column == column)
        texts = [text for row in body if place < len(row.cells) and (text := shown(row.cells[place]))]
        numbers = sum(bool(re.fullmatch(r"\d+(?:\.0*)?", text)) for text in texts)
        symbols = sum(spacegroup(text) is not None for text in texts) - sum(text.isdecimal() for text in texts)
        if (numbers if column == col.SPACE_GROUP else symbols) * 2 > len(texts):
            return {**found, place: Heading(other)}
    return found


def _renamed(header: Row, headings: Mapping[int, Heading]) -> Iterator[str]:
    pairs = [(shown(header.cells[place]), meaning) for place, meaning in headings.items()]
    changed = [f"{label!r} as {str(meaning.column)!r}" for label, meaning in pairs if label != meaning.column]
    if changed:
        yield f"columns read by meaning: {', '.join(changed)}"


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
                    f"the ID stands in {seen[name]} too", file=path / TABLE, column=col.ID, value=name,
                    cure=f"'obelix-curate accept --renumber {path}' gives this row another",
                )  # fmt: skip
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
    first = {name: place for place, name in reversed(list(enumerate(ids)))}
    problems += [
        InputError("the ID stands twice", file=path, row=row, column=col.ID, value=name, cure="give each row an ID of its own")
        for place, (row, name) in enumerate(zip(read.rows, ids, strict=True))
        if first[name] < place
    ]
    if problems:
        raise InputError.gather(problems)
    return read.cells, _structures(folder, frozenset(ids))


def _structures(folder: Path, known: frozenset[str]) -> dict[str, str]:
    found = {}
    for path in plain_files(folder):
        if path.suffix != ".cif":
            continue
        if path.stem not in known:
            raise InputError("no row of the contribution has this ID", file=path, cure=f"remove the file, or restore its row in {TABLE}")
        try:
            with path.open(encoding="utf-8", newline="") as handle:
                found[path.stem] = handle.read()
        except UnicodeDecodeError as error:
            raise InputError(f"not UTF-8: {error.reason}", file=path, cure="restore the file from version control") from None
    return found
