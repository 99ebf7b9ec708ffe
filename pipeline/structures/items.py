"""The items of a CIF data block, whatever their spelling, as numbers and atoms.

Names of items changed twice: ``_symmetry_equiv_pos_as_xyz`` became ``_space_group_symop_operation_xyz``, and the dictionaries of
today write dots (``_atom_site.fract_x``). They are compared in lower case with underscores for dots.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import gemmi

from pipeline.structures.layout import layout

#: Largest half unit in the last place that is believed: a coordinate printed as 0.3 says no more than 0.30 does about a special position.
COARSEST = 0.005
#: No axis of a crystal is as short, angstrom (beryllium has 2.3).
SHORTEST = 1.0
#: Nor as long (polytypes of silicon carbide reach 1,500).
LONGEST = 10_000.0
#: Larger than any number of a crystal's description; beyond it, arithmetic overflows sooner or later (1E308 is a number to a spreadsheet).
LARGEST = 1e9
_NUMBER = re.compile(r"[-+]?(\d*)\.?(\d*)(?:\(\d+\))?(?:[eE]([-+]?\d+))?")
_ELEMENTS = re.compile(r"[A-Z][a-z]?")
_COORDINATES = ("coordinate x", "coordinate y", "coordinate z")

Triple = tuple[float, float, float]
Cell = tuple[float, float, float, float, float, float]


class CifError(ValueError):
    """A text that is not the CIF of a structure; names file and line.

    Attributes
    ----------
    name
        Name of the file.
    line
        Line of the text, from 1; ``None`` where none can be named.
    reason
        What is wrong, in a sentence.
    """

    def __init__(self, name: str, reason: str, line: int | None = None) -> None:
        self.name, self.reason, self.line = name, reason, line
        super().__init__(f"{name}, line {line}: {reason}" if line else f"{name}: {reason}")


@dataclass(frozen=True, slots=True)
class Atom:
    """A row of the list of atoms as numbers (see :class:`pipeline.structures.cif.Site`)."""

    label: str
    type_symbol: str
    element: str
    fract: Triple
    rounding: Triple
    occupancy: float
    declared_multiplicity: int | None
    hydrogens: float
    row: int


def half_unit(token: str) -> float:
    """Half a unit in the last printed place of a number (``0.3333`` and ``0.3333(2)``: 0.00005)."""
    decimals = token.partition(".")[2]
    if decimals.isdigit():
        return float(0.5 * 10.0 ** -len(decimals))
    parts = _NUMBER.fullmatch(token)
    if parts is None:
        return COARSEST
    power = int((parts[3] or "0")[:6]) - len(parts[2])
    return float(0.5 * 10.0 ** min(power, 9))


def rounding(tokens: tuple[str, str, str], values: Triple) -> Triple:
    """Half units of the three coordinates of a site; an eighth, often written without its zeros, counts as its longest neighbour."""
    first, second, third = (min(half_unit(token), COARSEST) for token in tokens)
    if first == second == third:
        return first, second, third
    finest = min(first, second, third)
    x, y, z = ((8 * value).is_integer() for value in values)
    return finest if x else first, finest if y else second, finest if z else third


@lru_cache(maxsize=4096)
def element_of(symbol: str, known: frozenset[str] = frozenset()) -> str | None:
    """Element of a type symbol or label (``Li1+``, ``LI1``, ``O2-``; hydrogen for ``D``), or ``None`` for a dummy.

    Parameters
    ----------
    symbol
        Type symbol or label.
    known
        Elements of the file's formula. They settle ``CO1`` and ``OS1``; without them two letters are tried first.
    """
    letters = re.match(r"[A-Za-z]+", symbol.strip())
    if letters is None:
        return None
    word = letters[0].capitalize()
    found = [each for each in dict.fromkeys((word[:2], word[:1])) if gemmi.Element(each).name == each and each != "X"]
    found = ["H" if each in ("D", "T") else each for each in found]
    return next((each for each in found if each in known), found[0] if found else None)


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
                tags, values = item.loop.tags, list(item.loop.values)
                for i, tag in enumerate(tags):
                    self.columns[plain(tag)] = values[i :: len(tags)]

    def _add(self, tag: str, value: str) -> None:
        if self.values.setdefault(tag, value) != value:
            raise self.error(f"{tag} is given twice, as {self.values[tag]} and as {value}", tag)

    def error(self, reason: str, tag: str | None = None, row: int = 0) -> CifError:
        """An error that names the line of a value."""
        return CifError(self.name, reason, None if tag is None else self.line_of(tag, row))

    def line_of(self, tag: str, row: int = 0) -> int | None:
        """Line of a value in the text, from 1."""
        spans = layout(self.text, self.index).values.get(tag, [])
        return self.text.count("\n", 0, spans[row][0]) + 1 if row < len(spans) else None

    def raw(self, *tags: str) -> tuple[str, str] | None:
        """Value and name of the first item that has a value; of a loop the first row."""
        for tag in tags:
            column = self.columns.get(tag)
            value = self.values.get(tag, column[0] if column else "?")
            if not gemmi.cif.is_null(value):
                return value, tag
        return None

    def text_of(self, *tags: str) -> str | None:
        """Text of the first item that has a value."""
        found = self.raw(*tags)
        return None if found is None else gemmi.cif.as_string(found[0]).strip()

    def integer(self, *tags: str) -> int | None:
        """Whole number of the first item that has a value."""
        found = self.raw(*tags)
        value = math.nan if found is None else gemmi.cif.as_number(gemmi.cif.as_string(found[0]))
        return int(value) if math.isfinite(value) else None

    def column(self, *tags: str) -> tuple[list[str], str] | None:
        """Values and name of the first item that is there; an item outside a loop is a column of one."""
        for tag in tags:
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
            raise self.error(f"{what} is {token}, which is not a number", tag, row)
        if abs(value) > LARGEST:
            raise self.error(f"{what} is {token}, which is more than a crystal has", tag, row)
        return value

    def cell(self) -> Cell:
        """a, b, c, alpha, beta, gamma."""
        numbers = []
        for part in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"):
            found = self.raw(f"_cell_{part}")
            if found is None:
                raise self.error(f"_cell_{part} is missing")
            value = self.number(found[0], f"_cell_{part}", found[1])
            kind, least, most = ("an angle", 0.0, 180.0) if "angle" in part else ("a length of a cell", SHORTEST, LONGEST)
            if not least < value < most:
                raise self.error(f"_cell_{part} is {found[0]}, which is not {kind}", found[1])
            numbers.append(value)
        a, b, c, alpha, beta, gamma = numbers
        if not gemmi.UnitCell(a, b, c, alpha, beta, gamma).volume > 0:
            raise self.error(f"angles {alpha:g}, {beta:g}, {gamma:g} close no cell", "_cell_angle_alpha")
        return a, b, c, alpha, beta, gamma

    def triplets(self) -> tuple[tuple[str, ...], str] | None:
        """The symmetry operations listed, and the name of their item."""
        found = self.column("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
        if found is None or all(gemmi.cif.is_null(value) for value in found[0]):
            return None
        return tuple(found[0]), found[1]

    def atoms(self, cell: Cell) -> list[Atom]:
        """The atoms that have a position; dummies and those without one are noted and left out."""
        rows = self._positions(cell)
        count = len(rows)

        def column(*tags: str) -> tuple[list[str], str]:
            found = self.column(*tags)
            if found is not None and len(found[0]) != count:
                raise self.error(f"{found[1]} has {len(found[0])} values for {count} sites", found[1])
            return found or (["?"] * count, tags[0])

        labels, types = column("_atom_site_label")[0], column("_atom_site_type_symbol")[0]
        occupancies, occupancy = column("_atom_site_occupancy")
        hydrogens, hydrogen = column("_atom_site_attached_hydrogens")
        multiplicities, multiplicity = column("_atom_site_site_symmetry_multiplicity", "_atom_site_symmetry_multiplicity")
        flags = column("_atom_site_calc_flag")[0]
        known = frozenset("H" if e in ("D", "T") else e for e in _ELEMENTS.findall(self.text_of("_chemical_formula_sum") or ""))
        atoms = []
        for row, (tokens, tag) in enumerate(rows):
            label = gemmi.cif.as_string(labels[row]) if not gemmi.cif.is_null(labels[row]) else f"site {row + 1}"
            symbol = "" if gemmi.cif.is_null(types[row]) else gemmi.cif.as_string(types[row])
            element = element_of(symbol or label, known)
            if element is None or flags[row].lower() == "dum":
                self.notes.append(f"site {label} is a dummy and is left out")
                continue
            if all(gemmi.cif.is_null(token) for token in tokens):
                self.notes.append(f"site {label} has no position and is left out")
                continue
            whose = f" of site {label}"
            x, y, z = (
                self.number(token, what + whose, tag + axis, row) for token, what, axis in zip(tokens, _COORDINATES, "xyz", strict=True)
            )
            atoms.append(Atom(
                label, symbol, element, (x, y, z), rounding(tokens, (x, y, z)),
                self.number(occupancies[row], "occupancy" + whose, occupancy, row, 1.0),
                int(self.number(multiplicities[row], "multiplicity" + whose, multiplicity, row, 0.0)) or None,
                self.number(hydrogens[row], "attached hydrogens" + whose, hydrogen, row, 0.0), row,
            ))  # fmt: skip
        if not atoms:
            raise self.error("lists no atom with a position")
        return atoms

    def _positions(self, cell: Cell) -> list[tuple[tuple[str, str, str], str]]:
        """Coordinates of each site as text, fractional or made so from Cartesian ones, and the name of their item without its axis."""
        for tag in ("_atom_site_fract_", "_atom_site_cartn_"):
            columns = [self.column(f"{tag}{axis}") for axis in "xyz"]
            xs, ys, zs = ([] if column is None else column[0] for column in columns)
            if not all(columns) or not xs:
                continue
            if not len(xs) == len(ys) == len(zs):
                raise self.error(f"{tag}x, _y and _z have {len(xs)}, {len(ys)} and {len(zs)} values", f"{tag}x")
            if tag == "_atom_site_fract_":
                return [(tokens, tag) for tokens in zip(xs, ys, zs, strict=True)]
            self.notes.append("coordinates are Cartesian: a along x and c* along z are assumed")
            axes = gemmi.UnitCell(*cell)
            made = []
            for row, tokens in enumerate(zip(xs, ys, zs, strict=True)):
                x, y, z = (self.number(token, "coordinate", f"{tag}{axis}", row) for token, axis in zip(tokens, "xyz", strict=True))
                fract = axes.fractionalize(gemmi.Position(x, y, z))
                made.append(((f"{fract.x:.6f}", f"{fract.y:.6f}", f"{fract.z:.6f}"), tag))
            return made
        raise self.error("lists no coordinates (_atom_site_fract_x, _y, _z)")


def plain(tag: str) -> str:
    """Name of an item in one spelling."""
    return tag.lower().replace(".", "_")
