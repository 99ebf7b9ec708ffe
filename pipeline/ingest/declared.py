"""A declared literature table, read by its declaration into the columns that linkage knows.

The cells are read as those of contributed tables are (:mod:`pipeline.ingest.contributed`), so units, decimal commas, bounds, encodings and
temperatures are understood alike. What cannot be read never stops a source: the record stays, its state says that it is no measurement,
and its reason says why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeline.chemistry.formula import FormulaError, reading
from pipeline.dois import SEPARATOR, bare, cited, is_doi, without_address
from pipeline.errors import InputError
from pipeline.ingest.contributed.cells import Row, shown
from pipeline.ingest.contributed.complete import spacegroup
from pipeline.ingest.contributed.grid import Reading
from pipeline.ingest.contributed.headers import Heading, factor
from pipeline.ingest.contributed.headers import heading as read_heading
from pipeline.ingest.contributed.names import key
from pipeline.ingest.contributed.reader import Table, read_table
from pipeline.ingest.contributed.units import CONDUCTIVITY, ROOM, Temperature, celsius, power, scale, stated
from pipeline.ingest.contributed.units import temperature as read_temperature
from pipeline.ingest.contributed.values import BLANKS, UnreadableError, read_cell
from pipeline.quoting import inert
from pipeline.safety.remembered import TEXTS
from schemas import columns as col
from schemas.contract import typed
from schemas.literature import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from schemas.declarations import Declaration

NOT_ROOM, NOT_STATED, UNREADABLE = "not at room temperature", "temperature not stated", "unreadable"
#: How each of our columns is read: the columns of the release whose cells are written alike.
_READ_AS: Mapping[str, col.Column] = {
    col.COMPOSITION: col.REDUCED_COMPOSITION, col.CONDUCTIVITY: col.IONIC_CONDUCTIVITY, col.TEMPERATURE: col.TEMPERATURE,
    col.EXTRAPOLATED_FROM: col.EXTRAPOLATED_FROM, col.DOI_SOURCE: col.DOI, col.SPACEGROUP_NUMBER: col.SPACE_GROUP,
    col.ICSD_ID_SOURCE: col.ICSD_ID, col.FAMILY_SOURCE: col.FAMILY, col.REFERENCE: col.REF,
}  # fmt: skip
#: Names of materials whose letters pass for a formula. No digit stands in them.
_NAMES = frozenset(("lipon", "libon", "lison", "lipos", "lipson", "nasicon", "lisicon", "thiolisicon", "libob", "lips", "libs", "sicon"))
_BRACKET = re.compile(r"[(\[{]\s*(?:in\s+)?([^()\[\]{}]+?)\s*[)\]}]\s*$|[/,]\s*([^/,]+?)\s*$|\bin\s+(\S+)\s*$")


@dataclass(frozen=True)
class Declared:
    """A declared table as it was read.

    Attributes
    ----------
    table
        One row a record: the columns of :mod:`schemas.literature`. A text that spreadsheets would take for a formula, such as a name
        or a reason that begins with a minus sign, stands behind an apostrophe.
    understood
        For each of our columns their name, or the constant, and the unit.
    notes
        What had to be understood of the file.
    """

    table: pd.DataFrame
    understood: dict[str, str]
    notes: tuple[str, ...]

    def states(self) -> Counter[str]:
        """How many records are in each state; ``readable`` for a measurement at room temperature."""
        return Counter(self.table[col.RECORD_UNUSED].fillna("readable").tolist())


def declared(data: bytes, file: str, declaration: Declaration) -> Declared:
    """Read a table by its declaration.

    Records are named by their place in the table, from 1. A composition is a formula or a mixture; a name is none. A conductivity needs a
    unit: of the declaration, the header, a column of units or the cell. A record whose temperature is stated nowhere is no measurement
    at room temperature, one that is stated to lie outside of 15 to 35 degrees Celsius neither.

    Raises
    ------
    InputError
        When the file is no table, or the declaration does not fit it: a column that is not there or stands twice, a unit that cannot be
        converted, or that contradicts the header's.
    """
    placed = _Placed(declaration, file)
    asked = Reading(sheet=declaration.sheet, encoding=declaration.encoding, header_cells=1)
    try:
        table = read_table(data, file, placed.meaning, asked)
    except InputError as error:
        if "no header row" in error.what:
            raise InputError(
                f"source {declaration.name!r}: none of the declared columns ({', '.join(map(repr, placed.wanted))}) is in the table",
                file=file,
                cure="name the columns as the header of the table does",
            ) from None  # fmt: skip
        error.cure = error.cure.replace("name it: --sheet ", "name it in the declaration: sheet = ")
        error.cure = error.cure.replace("or name its encoding: --encoding ", "or name its encoding in the declaration: encoding = ")
        raise
    placed.judge(table)
    rows = _Records(declaration, placed, table)
    found = typed([rows.record(place, row) for place, row in enumerate(table.rows, start=1)], COLUMNS)
    return Declared(found, placed.understood(), table.notes)


class _Placed:
    """Where the declared columns stand in a table, and how their cells are read."""

    def __init__(self, declaration: Declaration, file: str) -> None:
        self.declaration, self.file = declaration, file
        self.wanted: dict[str, list[str]] = {}
        for ours, mapped in declaration.columns.items():
            for name, role in ((mapped.column, ours), (mapped.unit_column, f"unit of {ours}")):
                if name:
                    self.wanted.setdefault(name.strip(), []).append(role)
        self._keys = {key(name): name for name in self.wanted}
        self.headings: dict[str, Heading] = {}
        self.places: dict[str, int] = {}
        self.labels: dict[str, str] = {}

    def meaning(self, cell: object) -> Heading | None:
        """What a header cell means: a declared column, by its name as written or without white space, case and punctuation."""
        if not isinstance(cell, str):
            return None
        label = " ".join(cell.replace("\ufeff", "").split())
        name = label if label in self.wanted else next((known for known in self.wanted if " ".join(known.split()) == label), None)
        name = name or self._keys.get(key(label)) if key(label) else name
        if name is None:
            return None
        return self._heading(self.wanted[name][0], name)

    def _heading(self, ours: str, label: str) -> Heading:
        if ours not in _READ_AS:
            return Heading(col.Column(ours, "text", "Units of another column."))
        column, mapped = _READ_AS[ours], self.declaration.columns[ours]
        found = read_heading(label)
        own = found if found is not None and found.column == column else Heading(column)
        if not own.unit and column.unit and (match := _BRACKET.search(label)):
            text = next(part for part in match.groups() if part)
            if (number := factor(text, column)) is not None:
                own = replace(own, power=number, unit=text)
        if own.temperature is None and column == col.IONIC_CONDUCTIVITY:
            own = replace(own, temperature=stated(label)[0])
        if not mapped.unit:
            return own
        given = factor(mapped.unit, column) if column.unit else None
        if given is None:
            raise self._wrong(f"the unit {mapped.unit!r} of {ours} cannot be converted", f"a unit such as {column.unit or 'none'}")
        differs = own.unit and not own.unknown_unit and (own.power != given or scale(own.unit) != scale(mapped.unit))
        if differs:
            raise self._wrong(
                f"{ours} is declared in {mapped.unit}, and the header {label!r} says {own.unit}", "leave the unit out, or mend it"
            )
        return replace(own, power=given, unit=mapped.unit, unknown_unit="")

    def judge(self, table: Table) -> None:
        """Note where the columns are; refuse a declaration that does not fit."""
        header = [" ".join(shown(cell).split()) for cell in table.header.cells]
        missing = []
        for name, roles in self.wanted.items():
            exact = [place for place, label in enumerate(header) if label == " ".join(name.split())]
            places = exact or [place for place, label in enumerate(header) if label and key(label) == key(name)]
            if not places:
                missing.append(name)
            elif len(places) > 1:
                raise self._wrong(f"{len(places)} columns of the table have the name {name!r}", "rename one in the table", table)
            for role in roles if places else ():
                self.places[role], self.labels[role] = places[0], name
                if role in _READ_AS:
                    first = table.headings[places[0]]
                    self.headings[role] = first if role == roles[0] else self._heading(role, name)
        if missing:
            raise self._wrong(
                f"the table has no column {' and no column '.join(map(repr, missing))}",
                f"its columns are {', '.join(filter(None, header))}",
                table,
            )
        for ours, mapped in self.declaration.columns.items():
            if mapped.constant:
                self.headings[ours] = self._heading(ours, "")
        if not table.rows:
            raise self._wrong("the table has a header and no rows", "give the whole table", table)

    def understood(self) -> dict[str, str]:
        """Their name, or the constant, and the unit, for each of our columns."""
        told = {}
        for ours, mapped in self.declaration.columns.items():
            text = repr(self.labels[ours]) if ours in self.labels else f"always {mapped.constant}"
            unit = f"units in {self.labels[f'unit of {ours}']!r}" if mapped.unit_column else self.headings[ours].unit
            stated_at = self.headings[ours].temperature
            told[ours] = ", ".join(filter(None, (text, unit, f"at {stated_at.text}" if stated_at else "")))
        return told

    def _wrong(self, what: str, cure: str, table: Table | None = None) -> InputError:
        row = None if table is None else table.header.number
        return InputError(f"source {self.declaration.name!r}: {what}", file=self.file, row=row, cure=cure)


class _Records:
    """Reads the rows of a table one by one."""

    def __init__(self, declaration: Declaration, placed: _Placed, table: Table) -> None:
        self.mapped, self.placed, self.width = declaration.columns, placed, len(table.header.cells)
        self.above = [found for row in table.above for cell in row.cells if (found := _warm_title(shown(cell)))]

    def record(self, place: int, row: Row) -> dict[str, Any]:
        """One row as a record."""
        found: dict[str, Any] = dict.fromkeys(map(str, COLUMNS))
        found |= {col.RECORD: str(place), col.SOURCE_ROW: row.number}
        unread: list[str] = []
        doubts: list[str] = []
        temperatures = list(self.above)
        extra = [shown(cell) for cell in row.cells[self.width :] if shown(cell)]
        if extra:
            unread.append(f"the row has {self.width + len(extra)} cells, the header {self.width}")
        self._composition(row, found, unread)
        self._conductivity(row, found, unread, temperatures)
        self._temperature(row, found, unread, temperatures)
        self._extrapolated(row, found, unread)
        self._others(row, found, doubts)
        found[col.RECORD_UNUSED], reason = _judged(unread, temperatures, "temperature" in self.mapped)
        found[col.RECORD_REASON] = "; ".join(filter(None, [reason, *doubts])) or None
        return {ours: inert(value) if isinstance(value, str) else value for ours, value in found.items()}

    def _cell(self, row: Row, ours: str) -> object:
        mapped = self.mapped[ours]
        if mapped.constant:
            return mapped.constant
        place = self.placed.places[ours]
        cell = row.cells[place] if place < len(row.cells) else None
        return None if mapped.blank and shown(cell).casefold() in mapped.blank else cell

    def _composition(self, row: Row, found: dict[str, Any], unread: list[str]) -> None:
        cell = self._cell(row, col.COMPOSITION)
        text, why = _formula(cell if isinstance(cell, str) else shown(cell))
        if why:
            unread.append(why)
            found[col.WRITTEN_AS] = shown(cell) or None
        else:
            found[col.COMPOSITION] = text

    def _conductivity(self, row: Row, found: dict[str, Any], unread: list[str], temperatures: list[Temperature]) -> None:
        if col.CONDUCTIVITY not in self.mapped:
            return
        cell, heading = self._cell(row, col.CONDUCTIVITY), self.placed.headings[col.CONDUCTIVITY]
        if heading.temperature is not None:
            temperatures.append(heading.temperature)
        if shown(cell).casefold() in BLANKS:
            unread.append("no conductivity is given")
            return
        try:
            read = read_cell(cell, self._united(row, cell, heading))
        except UnreadableError as error:
            unread.append(f"conductivity {shown(cell)!r}: {error}")
            return
        if read.temperature is not None:
            temperatures.append(read.temperature)
        if isinstance(read.value, str):
            found[col.CONDUCTIVITY_BOUND] = read.value.lower()
        elif read.value is None:
            unread.append("no conductivity is given")
        else:
            found[col.CONDUCTIVITY] = float(read.value)

    def _united(self, row: Row, cell: object, heading: Heading) -> Heading:
        """The heading with the unit of the row. A number whose unit is stated nowhere cannot be read."""
        mapped = self.mapped[col.CONDUCTIVITY]
        if mapped.unit_column:
            place = self.placed.places[f"unit of {col.CONDUCTIVITY}"]
            unit = shown(row.cells[place]) if place < len(row.cells) else ""
            if unit.casefold() not in BLANKS:
                if (number := power(unit, CONDUCTIVITY)) is None:
                    raise UnreadableError(f"the unit {unit!r} cannot be converted")
                return replace(heading, power=number, unit=unit, unknown_unit="")
        if heading.unit or heading.unknown_unit:
            return heading
        if not _UNITED.search(shown(cell)):
            raise UnreadableError("no unit is stated")
        return heading

    def _temperature(self, row: Row, found: dict[str, Any], unread: list[str], temperatures: list[Temperature]) -> None:
        if col.TEMPERATURE not in self.mapped:
            return
        text = shown(self._cell(row, col.TEMPERATURE))
        if text.casefold() in BLANKS:
            return
        read = self._read_temperature(row, col.TEMPERATURE, text)
        if read is None:
            unread.append(f"the temperature {text!r} cannot be read")
            return
        temperatures.append(read)
        if read.low is not None and read.high is not None and (read.scale or read.is_room):
            found[col.TEMPERATURE] = round((read.low + read.high) / 2, 2)

    def _read_temperature(self, row: Row, ours: str, text: str) -> Temperature | None:
        heading, mapped = self.placed.headings[ours], self.mapped[ours]
        unit = heading.unit
        if mapped.unit_column:
            place = self.placed.places[f"unit of {ours}"]
            unit = (shown(row.cells[place]) if place < len(row.cells) else "") or unit
        return None if heading.unknown_unit or (unit and scale(unit) is None) else _temperature(text, unit)

    def _extrapolated(self, row: Row, found: dict[str, Any], unread: list[str]) -> None:
        if col.EXTRAPOLATED_FROM not in self.mapped:
            return
        text = shown(self._cell(row, col.EXTRAPOLATED_FROM))
        if text.casefold() in BLANKS:
            return
        read = self._read_temperature(row, col.EXTRAPOLATED_FROM, text)
        if read is None or read.low is None or not read.scale:
            unread.append(f"the temperature of extrapolation {text!r} cannot be read")
        else:
            found[col.EXTRAPOLATED_FROM] = round(read.low, 2)

    def _others(self, row: Row, found: dict[str, Any], doubts: list[str]) -> None:
        """Columns that a record can do without: what cannot be read of them is left blank, and told."""
        for ours in (col.DOI_SOURCE, col.SPACEGROUP_NUMBER, col.ICSD_ID_SOURCE, col.FAMILY_SOURCE, col.REFERENCE):
            if ours not in self.mapped:
                continue
            cell = self._cell(row, ours)
            try:
                value = read_cell(shown(cell) if ours == col.SPACEGROUP_NUMBER else cell, self.placed.headings[ours]).value
                found[ours] = _finished(ours, None if value is None else str(value))
            except UnreadableError as error:
                doubts.append(f"{ours} {shown(cell)!r}: {error}")


_UNITED = re.compile(r"[Ss](?:iemens)?\s*[/·.*⋅ ]?\s*(?:c|m|per)|Ω|[Oo]hm|mho|S$")


def _finished(ours: str, text: str | None) -> str | int | None:
    if text is None or text.casefold() in BLANKS:
        return None
    if ours == col.DOI_SOURCE:
        parts = [bare(part) if is_doi(without_address(part)) else part for part in cited(text)]
        return SEPARATOR.join(dict.fromkeys(parts)) or None
    if ours == col.SPACEGROUP_NUMBER:
        group = spacegroup(text)
        if group is None:
            raise UnreadableError("this names no space group")
        return group[1]
    if ours == col.ICSD_ID_SOURCE:
        code = re.fullmatch(r"(?:icsd[\s#:-]*)?0*(\d{1,7})(?:\.0)?", text, re.IGNORECASE)
        if code is None:
            raise UnreadableError("this is no ICSD collection code")
        return code[1]
    return text


def _judged(unread: list[str], temperatures: list[Temperature], has_column: bool) -> tuple[str | None, str]:
    """State of a record that is no measurement at room temperature, and why; ``None`` for one that is."""
    if unread:
        return UNREADABLE, "; ".join(unread)
    outside = [each for each in temperatures if not each.is_room]
    certain = [each for each in outside if each.scale or not _may_be_room(each)]
    if certain:
        return NOT_ROOM, certain[0].why() if certain[0].scale else f"{certain[0].text}, in no unit room temperature"
    if outside:
        return NOT_STATED, f"the temperature {outside[0].text} has no unit"
    if not temperatures:
        return NOT_STATED, "the row states no temperature" if has_column else "the table states no temperature"
    return None, ""


def _may_be_room(temperature: Temperature) -> bool:
    """Whether a temperature without a unit is room temperature in some unit."""
    if temperature.low is None or temperature.high is None:
        return True
    readings = (celsius(temperature.low, each, whole=True) for each in ("K", "°C", "°F"))
    return any(ROOM[0] <= value <= ROOM[1] for value in readings) or temperature.low != temperature.high


def _warm_title(text: str) -> Temperature | None:
    """A temperature that a title above the header states."""
    found, _ = stated(text)
    return found if found is not None and found.scale else None


@lru_cache(maxsize=1 << 12)
def _temperature(text: str, unit: str) -> Temperature | None:
    return read_temperature(text, unit)


@lru_cache(maxsize=TEXTS)
def _formula(text: str) -> tuple[str, str]:
    """A composition as it is read, or why it is none."""
    try:
        value = read_cell(text, Heading(col.REDUCED_COMPOSITION)).value
    except UnreadableError as error:
        return "", f"composition {shown(text)!r}: {error}"
    if value is None:
        return "", "no composition is given"
    plain = str(value)
    if re.sub(r"[^a-z]", "", plain.casefold()) in _NAMES and not re.search(r"\d", plain):
        return "", f"{shown(text)!r} is the name of a material, not a formula"
    try:
        reading(plain)
    except FormulaError as error:
        return "", str(error)
    return plain, ""
