"""The items of a CIF data block, whatever their spelling, as texts and numbers.

Names of items changed twice: ``_symmetry_equiv_pos_as_xyz`` became ``_space_group_symop_operation_xyz``, and the dictionaries of
today write dots (``_atom_site.fract_x``). They are compared in lower case with underscores for dots. An item that stands twice is an error
where it is read and its values differ; blank ones (``?``, ``.``, ``''``) count for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import gemmi

from pipeline.chemistry.cell import possible
from pipeline.structures import tags
from pipeline.structures.layout import layout
from pipeline.structures.legible import legible
from pipeline.structures.tags import CifError, is_read, plain

#: No axis of a crystal is as short, angstrom (beryllium has 2.3).
SHORTEST = 1.0
#: Nor as long (polytypes of silicon carbide reach 1,500).
LONGEST = 10_000.0
#: Larger than any number of a crystal's description; beyond it, arithmetic overflows sooner or later (1E308 is a number to a spreadsheet).
LARGEST = 1e9

Cell = tuple[float, float, float, float, float, float]


class Items:
    """The items of one data block.

    Parameters
    ----------
    block
        As gemmi read it.
    name, text, index
        Name of the file and its text for messages, and the number of the block in it.
    """

    def __init__(self, block: gemmi.cif.Block, name: str, text: str, index: int) -> None:
        self.name, self.text, self.index = name, text, index
        self.values: dict[str, str] = {}
        self.columns: dict[str, list[str]] = {}
        self.notes: list[str] = []
        for item in block:
            pair: Any = item.pair
            if pair is not None:
                self._add(plain(pair[0]), pair[1])
            elif item.loop is not None:
                names, values = item.loop.tags, list(item.loop.values)
                for i, tag in enumerate(names):
                    self._add_column(plain(tag), values[i :: len(names)])
        for tag in {*self.values} & {*self.columns}:
            if is_read(tag) and not is_blank(self.values[tag]) and not all(_same(self.values[tag], value) for value in self.columns[tag]):
                raise self.error(f"{tag} is given twice, in a loop and as {self.values[tag]}", tag)

    def _add(self, tag: str, value: str) -> None:
        known = self.values.setdefault(tag, value)
        if known is value:
            return
        if is_blank(known):
            self.values[tag] = value
        elif is_read(tag) and not is_blank(value) and not _same(known, value):
            raise self.error(f"{tag} is given twice, as {known} and as {value}: which one is meant?", tag)

    def _add_column(self, tag: str, values: list[str]) -> None:
        known = self.columns.setdefault(tag, values)
        if known is values:
            return
        if all(map(is_blank, known)):
            self.columns[tag] = values
        elif is_read(tag) and not all(map(is_blank, values)) and not (len(known) == len(values) and all(map(_same, known, values))):
            raise self.error(f"{tag} stands in two loops with different values: which one is meant?", tag, len(known))

    def error(self, reason: str, tag: str | None = None, row: int = 0) -> CifError:
        """An error that names the line of a value."""
        return CifError(self.name, reason, None if tag is None else self.line_of(tag, row))

    def line_of(self, tag: str, row: int = 0) -> int | None:
        """Line of a value in the text, from 1."""
        spans = layout(legible(self.text, self.name), self.index).values.get(tag, [])
        return self.text.count("\n", 0, spans[row][0]) + 1 if row < len(spans) else None

    def raw(self, *names: str) -> tuple[str, str] | None:
        """Value and name of the first item that has a value; of a loop the first row."""
        for tag in names:
            value = self.values.get(tag, "?")
            if is_blank(value) and self.columns.get(tag):
                value = self.columns[tag][0]
            if not is_blank(value):
                return value, tag
        return None

    def text_of(self, *names: str) -> str | None:
        """Text of the first item that has a value."""
        found = self.raw(*names)
        return None if found is None else gemmi.cif.as_string(found[0]).strip()

    def integer(self, *names: str) -> int | None:
        """Whole number of the first item that has a value."""
        found = self.raw(*names)
        value = math.nan if found is None else gemmi.cif.as_number(gemmi.cif.as_string(found[0]))
        return int(value) if math.isfinite(value) else None

    def column(self, *names: str) -> tuple[list[str], str] | None:
        """Values and name of the first item that is there; an item outside a loop is a column of one."""
        for tag in names:
            if tag in self.columns:
                return self.columns[tag], tag
            if tag in self.values:
                return [self.values[tag]], tag
        return None

    def number(self, token: str, what: str, tag: str, row: int = 0, default: float | None = None) -> float:
        """A number, standard uncertainty left out; ``default`` for ``?`` and ``.``."""
        value: float = gemmi.cif.as_number(token)
        if -LARGEST <= value <= LARGEST:
            return value
        if default is not None and gemmi.cif.is_null(token):
            return default
        if not math.isfinite(value):
            value = gemmi.cif.as_number(gemmi.cif.as_string(token).strip())
        if not math.isfinite(value):
            zero = " (write 0 where zero is meant)" if token == "." else ""
            raise self.error(f"{what} is {token}, which is not a number{zero}", tag, row)
        if abs(value) > LARGEST:
            raise self.error(f"{what} is {token}, which is more than a crystal has", tag, row)
        return value

    def cell(self) -> Cell:
        """a, b, c, alpha, beta, gamma."""
        numbers = []
        for tag in tags.CELL:
            found = self.raw(tag)
            if found is None:
                raise self.error(f"{tag} is missing")
            value = self.number(found[0], tag, tag)
            kind, least, most = ("an angle", 0.0, 180.0) if "angle" in tag else ("a length of a cell", SHORTEST, LONGEST)
            if not least < value < most:
                raise self.error(f"{tag} is {found[0]}, which is not {kind}", tag)
            numbers.append(value)
        a, b, c, alpha, beta, gamma = numbers
        if not possible((a, b, c, alpha, beta, gamma)):
            raise self.error(f"angles {alpha:g}, {beta:g}, {gamma:g} close no cell", "_cell_angle_alpha")
        return a, b, c, alpha, beta, gamma

    def triplets(self, names: Sequence[str]) -> tuple[tuple[str, ...], str] | None:
        """The symmetry operations of the first of some items that lists any, and its name."""
        for tag in names:
            found = self.column(tag)
            if found is not None and not all(map(is_blank, found[0])):
                return _texts(tuple(found[0])), tag
        return None


def is_blank(value: str) -> bool:
    """Whether a value says nothing: ``?``, ``.``, or a text of white space."""
    return value in ("?", ".") or (value[:1] in "'\";" and not gemmi.cif.as_string(value).strip())


@lru_cache(maxsize=512)
def _texts(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(gemmi.cif.as_string(value).strip() for value in values)


def _same(one: str, other: str) -> bool:
    """Whether two values are one, as numbers or as texts whatever their quotation marks and blanks."""
    if one == other:
        return True
    a, b = gemmi.cif.as_number(one), gemmi.cif.as_number(other)
    if math.isfinite(a) and math.isfinite(b):
        return bool(a == b)
    return gemmi.cif.as_string(one).split() == gemmi.cif.as_string(other).split()
