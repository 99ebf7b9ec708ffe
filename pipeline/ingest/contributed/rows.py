"""Rows of a contributed table: values in the columns of the release, and every cell that could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from pipeline.ingest.contributed.cells import Row, shown
from pipeline.ingest.contributed.complete import axis_of, completed, spacegroup
from pipeline.ingest.contributed.header_rows import measured_elsewhere
from pipeline.ingest.contributed.headers import Heading
from pipeline.ingest.contributed.units import Temperature
from pipeline.ingest.contributed.units import temperature as read_temperature
from pipeline.ingest.contributed.values import BLANKS, CONDUCTIVITIES, UnreadableError, Value, is_rewritten, read_cell
from schemas import columns as col

#: Cells of a column that are remembered as they were read: most columns repeat a few, angles, groups and papers before all.
REMEMBERED = 4096


@dataclass(frozen=True)
class Unread:
    """A cell, or a place in the table, that could not be read.

    ``position`` is the place of the row in ``Contribution.cells``, ``None`` for the header; ``column`` is blank when the whole
    row is meant. ``kind`` is ``cell``, ``blank`` (a required cell that is empty), ``temperature``, ``shape`` or ``column``.
    """

    position: int | None
    column: str
    value: str
    expected: str
    why: str
    kind: str = "cell"


@dataclass
class Gathered:
    """What could not be read in the rows of a table, in their order, and what had to be understood."""

    unread: list[Unread] = field(default_factory=list)
    understood: Counter[str] = field(default_factory=Counter)
    filled: dict[str, list[int]] = field(default_factory=dict)
    rewritten: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)

    def add(self, later: Gathered) -> None:
        """Take what was gathered in the rows behind these."""
        self.unread += later.unread
        self.understood.update(later.understood)
        for what, rows in later.filled.items():
            self.filled.setdefault(what, []).extend(rows)
        self.rewritten += later.rewritten
        self.bare += later.bare

    def notes(self) -> Iterator[str]:
        """What had to be understood, for the contributor to confirm."""
        for what, rows in self.filled.items():
            yield f"{what} ({'row' if len(rows) == 1 else 'rows'} {_listed(list(map(str, rows)))})"
        if self.rewritten:
            yield f"a spreadsheet may have rewritten these IDs, compare them with your own: {_listed(self.rewritten)}"
        if self.bare:
            yield f"temperatures without a unit read as degrees Celsius: {_listed(list(dict.fromkeys(self.bare)))}"
        for what, count in self.understood.items():
            yield f"{what} ({count} {'cell' if count == 1 else 'cells'})"


#: Rows of a table: its header, its columns of the release by their place, its columns of temperatures, the rows and the place of the first.
Portion = tuple[Row, Mapping[int, Heading], Mapping[int, Heading], Sequence[Row], int]


def read_rows(portion: Portion) -> tuple[list[list[Value]], Gathered]:
    """The values of rows in the columns of the release, and what was gathered."""
    header, headings, temperatures, rows, first = portion
    reader = RowReader(header, headings, temperatures)
    return [reader.row(row, position) for position, row in enumerate(rows, first)], reader.gathered


class RowReader:
    """Reads the rows of a table one by one."""

    def __init__(self, header: Row, headings: Mapping[int, Heading], temperatures: Mapping[int, Heading]) -> None:
        """Take the header of the table, its columns of the release by their place, and its columns of temperatures."""
        self.header, self.headings, self.temperatures = header, headings, temperatures
        self.gathered = Gathered()
        self.columns = {found.column for found in headings.values()}
        self._places = {found.column: place for place, found in headings.items()}
        self._read = {place: lru_cache(REMEMBERED, typed=True)(partial(read_cell, heading=found)) for place, found in headings.items()}

    def row(self, row: Row, position: int) -> list[Value]:
        """Values of one row in the columns of the release."""
        bad: list[tuple[int, Unread]] = [(-1, unread) for unread in _misshapen(row, self.header, position)]
        values: dict[str, Value] = {}
        lost: set[str] = set()
        for place, found in self.headings.items():
            cell = row.cells[place] if place < len(row.cells) else None
            try:
                read = self._read[place](cell)
            except UnreadableError as error:
                bad.append((place, Unread(position, str(found.column), shown(cell), error.expected, str(error))))
                lost.add(found.column)
                continue
            values[found.column] = read.value
            if read.understood:
                self.gathered.understood.update(filter(None, read.understood.split(" and ")))
            if found.column in CONDUCTIVITIES and read.value is not None and (found.temperature or read.temperature):
                bad += [(place, unread) for unread in self._measured_at(position, found, shown(cell), read.temperature)]
            if found.column == col.ID and is_rewritten(cell):
                self.gathered.rewritten.append(f"{shown(cell)!r} (row {row.number})")
            if found.column == col.NOTE and read.value and (why := measured_elsewhere(str(read.value))):
                bad.append((place, warm(position, col.NOTE, shown(cell), why)))
        bad += self._temperatures(row, position)
        bad += self._completed(row, position, values, lost)
        for column in col.CONTRIBUTED:
            if values.get(column) is None and column not in lost:
                why = (
                    "the cell is blank"
                    if column in self.columns
                    else "the table has no such column, and nothing else in the row gives the value"
                )
                bad.append((self._places.get(column, len(row.cells)), Unread(position, str(column), "", "", why, "blank")))
        self.gathered.unread += [unread for _, unread in sorted(bad, key=lambda pair: pair[0])]
        return [values.get(column) for column in col.WORKBOOK]

    def _measured_at(self, position: int, found: Heading, text: str, stated: Temperature | None) -> Iterator[Unread]:
        for temperature, where in ((found.temperature, "the heading"), (stated, "the cell")):
            if temperature is not None:
                yield from self._judged(position, str(found.column), text, temperature, where)

    def _judged(self, position: int, column: str, text: str, temperature: Temperature, where: str) -> Iterator[Unread]:
        if not temperature.is_room:
            yield warm(position, column, text, f"{where} says {temperature.why()}")
        elif not temperature.scale and temperature.low is not None:
            self.gathered.bare.append(temperature.text)

    def _temperatures(self, row: Row, position: int) -> Iterator[tuple[int, Unread]]:
        """What the columns of temperatures say of the row."""
        for place, found in self.temperatures.items():
            text = shown(row.cells[place]) if place < len(row.cells) else ""
            if text.casefold() in BLANKS:
                continue
            temperature = None if found.unknown_unit else read_temperature(text, found.unit)
            if temperature is None:
                why = f"the temperature {text!r} cannot be read" + (f" (unit {found.unknown_unit!r})" if found.unknown_unit else "")
                yield place, warm(position, str(found.column), text, why)
                continue
            for unread in self._judged(position, str(found.column), text, temperature, "the row"):
                yield place, unread

    def _completed(self, row: Row, position: int, values: dict[str, Value], lost: set[str]) -> Iterator[tuple[int, Unread]]:
        """Fill in what follows from the space group."""
        symbol = values.get(col.SPACE_GROUP)
        axis = "b"
        if isinstance(symbol, str):
            named = spacegroup(symbol)
            if values.get(col.SPACE_GROUP_NUMBER) is None and col.SPACE_GROUP_NUMBER not in lost:
                if named is None:
                    lost.add(col.SPACE_GROUP_NUMBER)
                    place = next(place for place, found in self.headings.items() if found.column == col.SPACE_GROUP)
                    why = "this names no space group, and the row has no number of one"
                    yield place, Unread(position, str(col.SPACE_GROUP), symbol, "a symbol such as Fm-3m, or a number from 1 to 230", why)
                else:
                    values[col.SPACE_GROUP], values[col.SPACE_GROUP_NUMBER] = named
                    self.gathered.filled.setdefault("the number of the space group was read from its symbol", []).append(row.number)
            axis = axis_of(symbol) or "b"
        system, columns = completed(values, lost, axis)
        if columns:
            what = f"left out and completed by symmetry ({system}): {', '.join(columns)}"
            self.gathered.filled.setdefault(what, []).append(row.number)


def warm(position: int | None, column: str, value: str, why: str) -> Unread:
    """A conductivity that was not measured at room temperature, or a temperature that cannot be read."""
    return Unread(position, str(column), value, "a conductivity measured at 15 to 35 °C", why, "temperature")


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:10]) + (f" and {len(texts) - 10} more" if len(texts) > 10 else "")


def _misshapen(row: Row, header: Row, position: int) -> Iterator[Unread]:
    """A row with more cells than the header has names: a separator inside a cell has moved the rest to the right."""
    width = len(header.cells)
    extra = [shown(cell) for cell in row.cells[width:] if shown(cell)]
    if extra:
        yield Unread(position, "", ", ".join(extra)[:80], f"{width} cells",
                     f"the row has {width + len(extra)} cells, the header {width}: an unquoted comma (of a number, of a list) has moved "
                     "the cells behind it to the right", "shape")  # fmt: skip
