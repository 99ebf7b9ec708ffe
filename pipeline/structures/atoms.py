"""The list of atoms of a CIF: one row a site, as numbers and elements.

No row disappears silently: one that cannot be read, or lacks its coordinates, is an error, and one that is no atom (a dummy) is noted by
name. Hydrogens may lack a position, since X-rays hardly see them; they still belong to the content of the cell, with the multiplicity that
the file declares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import gemmi

from pipeline.structures import tags
from pipeline.structures.elements import AtomError, Reading, read_atom
from pipeline.structures.items import LARGEST, Cell, Items, is_blank

#: Largest half unit in the last place that is believed: a coordinate printed as 0.3 says no more than 0.30 does about a special position.
COARSEST = 0.005
_NUMBER = re.compile(r"[-+]?(\d*)\.?(\d*)(?:\(\d+\))?(?:[eE]([-+]?)0*(\d{1,4}))?")
_ELEMENTS = re.compile(r"[A-Z][a-z]?")
_COORDINATES = ("coordinate x", "coordinate y", "coordinate z")
#: Denominators of the coordinates of special positions that no decimal number writes in full.
_PARTS = (3, 6, 9, 12, 18, 24)

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Atom:
    """An element of a row of the list of atoms (see :class:`pipeline.structures.cif.Site`); a mixed row has one for each element."""

    label: str
    type_symbol: str
    element: str
    fract: Triple
    rounding: Triple
    occupancy: float
    declared_multiplicity: int | None
    hydrogens: float
    row: int


@dataclass(frozen=True, slots=True)
class AtomList:
    """The rows of a list of atoms.

    Attributes
    ----------
    placed
        The atoms that have a position.
    unplaced
        Atoms without one: their coordinates are blank, or said to mean nothing.
    left_out
        Labels of the rows that are no atoms but stand somewhere (dummies).
    """

    placed: tuple[Atom, ...]
    unplaced: tuple[Atom, ...] = ()
    left_out: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def half_unit(token: str) -> float:
    """Half a unit in the last printed place of a number (``0.3333`` and ``0.3333(2)``: 0.00005).

    A third, sixth, ninth ... that was rounded and then padded with zeros (``0.66670``) has the places it was rounded to.
    """
    decimals = token.partition(".")[2]
    if decimals.isdigit():
        places = len(decimals)
        if decimals[-1] == "0":
            places = _padded(token, places)
        return float(0.5 * 10.0**-places)
    parts = _NUMBER.fullmatch(token)
    if parts is None:
        return COARSEST
    power = int(f"{parts[3]}{parts[4]}") if parts[4] else 0
    return 0.5 * float(f"1e{power - len(parts[2])}")


def _padded(token: str, places: int) -> int:
    """Places of a number without zeros that only pad a rounded fraction; at least three are left."""
    bare = len(token.partition(".")[2].rstrip("0"))
    if not 3 <= bare < min(places, 9):
        return places
    value = float(token)
    rounded = (round(round(value * part) / part, bare) for part in _PARTS)
    return bare if any(abs(each - value) < 1e-12 for each in rounded) else places


def rounding(tokens: tuple[str, str, str], values: Triple) -> Triple:
    """Half units of the three coordinates of a site; an eighth, often written without its zeros, counts as its longest neighbour."""
    first, second, third = map(half_unit, tokens)
    first, second, third = min(first, COARSEST), min(second, COARSEST), min(third, COARSEST)
    if first == second == third:
        return first, second, third
    finest = min(first, second, third)
    x, y, z = ((8 * value).is_integer() for value in values)
    return finest if x else first, finest if y else second, finest if z else third


def atoms(items: Items, cell: Cell) -> AtomList:
    """The atoms of a block.

    Raises
    ------
    CifError
        When a row cannot be read, or none is an atom with a position.
    """
    rows = _positions(items, cell)
    count = len(rows)

    def column(*names: str) -> tuple[list[str], str]:
        found = items.column(*names)
        if found is not None and len(found[0]) != count:
            raise items.error(f"{found[1]} has {len(found[0])} values for {count} sites", found[1])
        return found or (["?"] * count, names[0])

    labels, types = ([_word(token) for token in column(tag)[0]] for tag in (tags.LABEL, tags.TYPE))
    occupancies, known = column(tags.OCCUPANCY)[0], items.column(tags.OCCUPANCY) is not None
    hydrogens, some_attached = column(tags.HYDROGENS)[0], items.column(tags.HYDROGENS) is not None
    multiplicities, multiplicity = column(*tags.MULTIPLICITY)
    flags = [_word(token).lower() == "dum" for token in column(tags.FLAG)[0]]
    # a formula that is no list of symbols and amounts tells nothing
    formula = frozenset(_ELEMENTS.findall(items.text_of(tags.FORMULA) or ""))
    placed: list[Atom] = []
    unplaced: list[Atom] = []
    left_out: list[str] = []
    told: dict[str, list[str]] = {}
    for row, (tokens, tag) in enumerate(rows):
        label, symbol, dummy = labels[row], types[row], flags[row]
        name = label or f"number {row + 1}"
        nowhere = is_blank(tokens[0]) and is_blank(tokens[1]) and is_blank(tokens[2])
        if nowhere and not label and not symbol:  # a row of a form that nobody filled in
            continue
        try:
            reading = read_atom(symbol, label, formula)
        except AtomError as error:
            if not dummy:
                where = tag + "x" if not (label or symbol) else tags.TYPE if symbol else tags.LABEL
                cure = f"give its element in {tags.TYPE}"
                raise items.error(f"{str(error).replace('{site}', name)}: {cure}", where, row) from None
            reading = Reading(note="site {site} is flagged as a dummy, names no element and is left out")
        if reading.note:
            told.setdefault(reading.note, []).append(name)
        if not reading.parts:
            if not nowhere:
                left_out.append(name)
            continue
        if nowhere and not dummy and any(part.element != "H" for part in reading.parts):
            text = " ".join(tokens)
            cure = "write 0 where zero is meant, and leave the row out where nothing is known"
            raise items.error(f"site {name} has no coordinates ({text}): {cure}", tag + "x", row)
        whose = f" of site {name}"
        declared = int(items.number(multiplicities[row], "multiplicity" + whose, multiplicity, row, 0.0)) or None
        occupancy = items.number(occupancies[row], "occupancy" + whose, tags.OCCUPANCY, row, 1.0)
        if occupancies[row] == "?" and known:
            told.setdefault("site {site} has the occupancy ?, for which 1 is assumed", []).append(name)
        attached = items.number(hydrogens[row], "attached hydrogens" + whose, tags.HYDROGENS, row, 0.0) if some_attached else 0.0
        fract = x, y, z = (0.0, 0.0, 0.0) if nowhere else _place(items, tokens, whose, tag, row)
        exact = rounding(tokens, fract)
        found = [
            Atom(name, symbol, part.element, fract, exact, occupancy * part.amount, declared, attached + part.hydrogens, row)
            for part in reading.parts
        ]
        if not dummy and not nowhere:
            placed += found
            continue
        whole = all(value == round(value) for value in (x, y, z))
        if dummy and not whole:
            left_out.append(name)
        if declared is not None or not nowhere:
            unplaced += [replace(atom, rounding=(0.0, 0.0, 0.0)) for atom in found]
        items.notes.append(_unplaced(name, found, declared, dummy, nowhere))
    items.notes += [_said(note, names) for note, names in told.items()]
    if not placed:
        raise items.error("lists no atom with a position")
    return AtomList(tuple(placed), tuple(unplaced), tuple(left_out))


@lru_cache(maxsize=4096)
def _word(token: str) -> str:
    """What a label, a symbol or a flag says; blank for nothing."""
    return "" if is_blank(token) else gemmi.cif.as_string(token).strip()


def _place(items: Items, tokens: tuple[str, str, str], whose: str, tag: str, row: int) -> Triple:
    x, y, z = map(gemmi.cif.as_number, tokens)
    if -LARGEST <= x <= LARGEST and -LARGEST <= y <= LARGEST and -LARGEST <= z <= LARGEST:
        return x, y, z
    first, second, third = (
        items.number(token, what + whose, tag + axis, row) for token, what, axis in zip(tokens, _COORDINATES, "xyz", strict=True)
    )
    return first, second, third


def _said(note: str, names: list[str]) -> str:
    """A note of one site or of several of which the same is to be said."""
    if len(names) > 1:
        for one, many in (("is", "are"), ("has", "have")):
            note = note.replace(f"site {{site}} {one} ", f"sites {{site}} {many} ")
    return note.replace("{site}", ", ".join(names))


def _unplaced(name: str, found: list[Atom], declared: int | None, dummy: bool, blank: bool) -> str:
    what = "is flagged as a dummy, so that its coordinates mean nothing" if dummy and not blank else "has no position"
    amounts = " and ".join(f"{atom.occupancy * declared:g} {atom.element}" for atom in found) if declared else ""
    if amounts:
        return f"site {name} {what}: it counts in the content ({amounts}) and nowhere else"
    if blank:
        return f"site {name} {what} and no multiplicity: it is left out, and does not count in the content"
    return f"site {name} {what}: it counts in the content with the multiplicity of the position printed, and nowhere else"


def _positions(items: Items, cell: Cell) -> list[tuple[tuple[str, str, str], str]]:
    """Coordinates of each site as text, fractional or made so from Cartesian ones, and the name of their item without its axis."""
    for names in (tags.FRACTIONAL, tags.CARTESIAN):
        columns = [items.column(name) for name in names]
        xs, ys, zs = ([] if column is None else column[0] for column in columns)
        if not all(columns) or not xs:
            continue
        if not len(xs) == len(ys) == len(zs):
            raise items.error(f"{names[0]}, _y and _z have {len(xs)}, {len(ys)} and {len(zs)} values", names[0])
        if names is tags.CARTESIAN:
            items.notes.append("coordinates are Cartesian: a along x and c* along z are assumed")
            return _fractional(items, cell, list(zip(xs, ys, zs, strict=True)))
        return [(tokens, names[0][:-1]) for tokens in zip(xs, ys, zs, strict=True)]
    raise items.error("lists no coordinates (_atom_site_fract_x, _y, _z)")


def _fractional(items: Items, cell: Cell, rows: list[tuple[str, str, str]]) -> list[tuple[tuple[str, str, str], str]]:
    axes = gemmi.UnitCell(*cell)
    tag, made = tags.CARTESIAN[0][:-1], []
    for row, tokens in enumerate(rows):
        if all(map(is_blank, tokens)):
            made.append((tokens, tag))
            continue
        x, y, z = (items.number(token, "coordinate", f"{tag}{axis}", row) for token, axis in zip(tokens, "xyz", strict=True))
        fract = axes.fractionalize(gemmi.Position(x, y, z))
        made.append(((f"{fract.x:.6f}", f"{fract.y:.6f}", f"{fract.z:.6f}"), tag))
    return made
