"""Slips of people who type a sheet, by the column that they fall into: what ``benchmarks/slips.py`` plants.

Each takes a row of the curators' sheet, the row above it in the sheet, and a generator, and gives the cells as mistyped, or ``None``
where the row cannot have the slip. Whoever types a cubic cell types one number, so what symmetry makes equal is mistyped alike, unless
the kind says that it is typed three times.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fault_kinds import NEIGHBOURS, _formula

from pipeline.chemistry.cell import hexagonal
from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.chemistry.spacegroup import is_rhombohedral, short, standard
from schemas import columns as col

Cells = Mapping[str, Any]
#: Gives the changed cells of a row; ``above`` is the row above it in the sheet.
Slip = Callable[[Cells, Cells, random.Random], Mapping[str, Any] | None]


@dataclass(frozen=True)
class SlipKind:
    """A kind of slip, and the family of columns that it is counted under."""

    family: str
    name: str
    slip: Slip
    needs_structure: bool = False


# --- digits ------------------------------------------------------------------------------------------------------------
def _mistyped(text: str, rng: random.Random, among: Sequence[int] | None = None) -> str | None:
    """One digit replaced by another."""
    places = [i for i, letter in enumerate(text) if letter.isdigit() and (among is None or i in among)]
    if not places:
        return None
    place = rng.choice(places)
    return text[:place] + rng.choice([d for d in "0123456789" if d != text[place]]) + text[place + 1 :]


def _transposed(text: str, rng: random.Random) -> str | None:
    """Two neighbouring digits, which differ, exchanged."""
    places = [i for i in range(len(text) - 1) if text[i : i + 2].isdigit() and text[i] != text[i + 1]]
    if not places:
        return None
    place = rng.choice(places)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _number(value: Any, change: Callable[[str, random.Random], str | None], rng: random.Random) -> float | int | None:
    """A number with its digits changed; ``None`` where it stays or becomes nothing."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    changed = change(mantissa, rng)
    if changed is None or float(changed) == 0 or float(changed + mark + exponent) == value:
        return None
    return int(changed) if isinstance(value, int) and not mark else float(changed + mark + exponent)


# --- compositions ------------------------------------------------------------------------------------------------------
_SUBSCRIPT = re.compile(r"(?<=[A-Za-z)\]])\d+(\.\d+)?")


def _subscript(change: Callable[[str, random.Random], str | None], columns: str) -> Slip:
    """A subscript changed in the reduced composition, the true one, or both (the sheet computes the one from the other)."""

    def slip(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
        column = col.TRUE_COMPOSITION if columns == "true" else col.REDUCED_COMPOSITION
        formula = row[column]
        places = [m for m in _SUBSCRIPT.finditer(formula) if float(m[0]) != 1 or columns == "true"]
        if not places:
            return None
        place = rng.choice(places)
        new = change(place[0], rng)
        if new is None or (new and float(new) in (0.0, float(place[0]))):
            return None
        return _compositions(row, formula[: place.start()] + new + formula[place.end() :], columns)

    return slip


def _compositions(row: Cells, formula: str, columns: str) -> Mapping[str, Any] | None:
    try:
        content = amounts(formula)
    except FormulaError:
        return None
    if columns == "true":
        return {col.TRUE_COMPOSITION: formula}
    if columns == "reduced":
        return {col.REDUCED_COMPOSITION: formula}
    return {col.REDUCED_COMPOSITION: formula, col.TRUE_COMPOSITION: _formula({e: n * row[col.Z] for e, n in content.items()})}


def _dropped(_: str, __: random.Random) -> str:
    return ""


def _shifted(text: str, rng: random.Random) -> str:
    return f"{float(text) * rng.choice((0.1, 10.0)):.6g}"


def _other_element(columns: str) -> Slip:
    def slip(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
        formula = row[col.REDUCED_COMPOSITION]
        present = amounts(formula)
        known = sorted(e for e in present if e in NEIGHBOURS and NEIGHBOURS[e] not in present and e != "Li")
        if not known:
            return None
        old = rng.choice(known)
        return _compositions(row, re.sub(rf"{old}(?![a-z])", NEIGHBOURS[old], formula), columns)

    return slip


def _formula_above(columns: str) -> Slip:
    def slip(row: Cells, above: Cells, _: random.Random) -> Mapping[str, Any] | None:
        formula = above[col.REDUCED_COMPOSITION]
        return None if amounts(formula) == amounts(row[col.REDUCED_COMPOSITION]) else _compositions(row, formula, columns)

    return slip


# --- Z, cell, space group ----------------------------------------------------------------------------------------------
def _z(both: bool) -> Slip:
    def slip(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
        choices = [n for n in (row[col.Z] * 2, row[col.Z] / 2) if n == int(n) and n >= 1]
        z = int(rng.choice(choices))
        if not both:
            return {col.Z: z}
        return {col.Z: z, col.TRUE_COMPOSITION: _formula({e: n * z for e, n in amounts(row[col.REDUCED_COMPOSITION]).items()})}

    return slip


def _length(change: Callable[[str, random.Random], str | None], alike: bool = True) -> Slip:
    def slip(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
        column = rng.choice(col.LATTICE[:3])
        same = [c for c in col.LATTICE[:3] if row[c] == row[column]]
        if not alike and len(same) == 1:
            return None
        new = _number(row[column], change, rng)
        return None if new is None else dict.fromkeys(same if alike else [column], new)

    return slip


def _angle(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
    """One digit of an angle that symmetry leaves free, or 90 for 120."""
    free = [c for c in col.LATTICE[3:] if row[c] not in (90, 120)]
    if not free:
        right = [c for c in col.LATTICE[3:] if row[c] == 120]
        return {right[0]: 90} if right else None
    column = rng.choice(free)
    new = _number(row[column], _mistyped, rng)
    return None if new is None or new >= 180 else {c: new for c in free if row[c] == row[column]}


def _exchanged(row: Cells, _: Cells, __: random.Random) -> Mapping[str, Any] | None:
    return None if row[col.A] == row[col.C] else {col.A: row[col.C], col.C: row[col.A]}


def _cell_above(row: Cells, above: Cells, _: random.Random) -> Mapping[str, Any] | None:
    changed = {c: above[c] for c in col.LATTICE if above[c] != row[c]}
    return changed or None


def _length_above(row: Cells, above: Cells, rng: random.Random) -> Mapping[str, Any] | None:
    """One length of the row above, which has the same space group."""
    if row[col.SPACE_GROUP_NUMBER] != above[col.SPACE_GROUP_NUMBER]:
        return None
    column = rng.choice(col.LATTICE[:3])
    same = [c for c in col.LATTICE[:3] if row[c] == row[column]]
    return None if above[column] == row[column] else dict.fromkeys(same, above[column])


def _other_setting(row: Cells, _: Cells, __: random.Random) -> Mapping[str, Any] | None:
    """The cell on rhombohedral axes beside the content on hexagonal ones, or the other way."""
    if not is_rhombohedral(int(row[col.SPACE_GROUP_NUMBER])):
        return None
    cell = tuple(float(row[c]) for c in col.LATTICE)
    if cell[5] == 120:
        a, c = cell[0], cell[2]
        from math import acos, degrees, sqrt

        edge = sqrt(a * a / 3 + c * c / 9)
        angle = degrees(acos((2 * c * c - 3 * a * a) / (2 * (c * c + 3 * a * a))))
        new = (edge,) * 3 + (angle,) * 3
    else:
        new = tuple(hexagonal(cell))
    return {c: round(x, 4) for c, x in zip(col.LATTICE, new, strict=True)}


def _off_by_little(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any]:
    """Lengths that lie 0.02 to 0.05 % off: those of another refinement."""
    factor = 1 + rng.choice((-1, 1)) * rng.uniform(2e-4, 5e-4)
    return {c: round(row[c] * factor, 4) for c in col.LATTICE[:3]}


def _one_off_by_little(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any]:
    column = rng.choice(col.LATTICE[:3])
    factor = 1 + rng.choice((-1, 1)) * rng.uniform(2e-4, 5e-4)
    return {c: round(row[c] * factor, 4) for c in col.LATTICE[:3] if row[c] == row[column]}


def _group(symbol: bool, number: bool, above_too: bool = False) -> Slip:
    def slip(row: Cells, above: Cells, rng: random.Random) -> Mapping[str, Any] | None:
        mine = int(row[col.SPACE_GROUP_NUMBER])
        new = int(above[col.SPACE_GROUP_NUMBER]) if above_too else rng.choice([n for n in (mine - 1, mine + 1) if 1 <= n <= 230])
        if new == mine:
            return None
        symbols = above[col.SPACE_GROUP] if above_too else short(standard(new))
        return {**({col.SPACE_GROUP: symbols} if symbol else {}), **({col.SPACE_GROUP_NUMBER: new} if number else {})}

    return slip


# --- conductivity ------------------------------------------------------------------------------------------------------
def _value(change: Callable[[float, random.Random], float | None]) -> Slip:
    """The headline value, and the total or bulk one that it repeats."""

    def slip(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
        value = row[col.IONIC_CONDUCTIVITY]
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        new = change(float(value), rng)
        columns = [c for c in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK) if row[c] == value]
        return None if new is None or new == value else dict.fromkeys(columns, new)

    return slip


def _mantissa(change: Callable[[str, random.Random], str | None]) -> Callable[[float, random.Random], float | None]:
    def changed(value: float, rng: random.Random) -> float | None:
        mantissa, _, exponent = f"{value:e}".partition("e")
        new = change(mantissa.rstrip("0").rstrip("."), rng)
        return None if new is None or float(new) == 0 else float(f"{new}e{exponent}")

    return changed


def _value_above(row: Cells, above: Cells, _: random.Random) -> Mapping[str, Any] | None:
    columns = (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK)
    return None if row[columns[0]] == above[columns[0]] else {c: above[c] for c in columns if above[c] != row[c]}


def _bound(row: Cells, _: Cells, __: random.Random) -> Mapping[str, Any] | None:
    value = row[col.IONIC_CONDUCTIVITY]
    return {col.IONIC_CONDUCTIVITY: float(value.strip("<> "))} if isinstance(value, str) else None


# --- papers, numbers ---------------------------------------------------------------------------------------------------
def _doi_above(row: Cells, above: Cells, _: random.Random) -> Mapping[str, Any] | None:
    return None if row[col.DOI] == above[col.DOI] else {col.DOI: above[col.DOI]}


def _doi(change: Callable[[str, random.Random], str | None]) -> Slip:
    def slip(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
        new = change(str(row[col.DOI]), rng)
        return None if new is None or new == row[col.DOI] else {col.DOI: new}

    return slip


def _lost(text: str, rng: random.Random) -> str:
    place = rng.randrange(text.index("/") + 1, len(text))
    return text[:place] + text[place + 1 :]


def _suffix(text: str, _: random.Random) -> str | None:
    return f"{text}.s001" if text.startswith("10.1021/") else None


def _in_suffix(change: Callable[[str, random.Random], str | None]) -> Callable[[str, random.Random], str | None]:
    def changed(text: str, rng: random.Random) -> str | None:
        prefix, _, suffix = text.partition("/")
        new = change(suffix, rng)
        return None if new is None else f"{prefix}/{new}"

    return changed


def _whole(column: str, change: Callable[[int, random.Random], int | None]) -> Slip:
    def slip(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
        if not re.fullmatch(r"\d+", str(row[column] or "").strip()):
            return None
        new = change(int(row[column]), rng)
        return None if new is None or new <= 0 or new == int(row[column]) else {column: new if isinstance(row[column], int) else str(new)}

    return slip


def _by(most: int) -> Callable[[int, random.Random], int]:
    return lambda value, rng: value + rng.choice([n for n in range(-most, most + 1) if n])


def _digits_swapped(value: int, rng: random.Random) -> int | None:
    new = _transposed(str(value), rng)
    return None if new is None else int(new)


def _ref(row: Cells, _: Cells, rng: random.Random) -> Mapping[str, Any] | None:
    """The number of a source in ``Ref`` off by one to three."""
    text = str(row[col.REF] or "")
    places = list(re.finditer(r"(?<=[-\N{EN DASH}])\s*\d+", text))
    if not places:
        return None
    place = rng.choice(places)
    new = int(place[0]) + rng.choice((-3, -2, -1, 1, 2, 3))
    return {col.REF: f"{text[: place.start()]} {new}{text[place.end() :]}"} if new > 0 else None


COMPOSITION, CELL, GROUP, CONDUCTIVITY, PAPER = "composition", "cell", "space group", "conductivity", "paper"
ICSD, SOURCE_NUMBER, UNITS = "ICSD number", "number of a source", "Z"
SLIPS: tuple[SlipKind, ...] = (
    *(
        SlipKind(COMPOSITION, f"{what}, {where}", _subscript(change, where))
        for what, change in (
            ("subscript dropped", _dropped), ("subscript mistyped", _mistyped), ("digits of a subscript swapped", _transposed),
            ("point of a subscript shifted", _shifted),
        )
        for where in ("reduced", "true", "both")
    ),
    SlipKind(COMPOSITION, "element of the same group, reduced", _other_element("reduced")),
    SlipKind(COMPOSITION, "element of the same group, both", _other_element("both")),
    SlipKind(COMPOSITION, "formula of the row above, reduced", _formula_above("reduced")),
    SlipKind(COMPOSITION, "formula of the row above, both", _formula_above("both")),
    SlipKind(UNITS, "Z halved or doubled", _z(False)),
    SlipKind(UNITS, "Z and true composition halved or doubled", _z(True)),
    SlipKind(CELL, "digit of a length mistyped", _length(_mistyped)),
    SlipKind(CELL, "digits of a length swapped", _length(_transposed)),
    SlipKind(CELL, "digit of one of equal lengths mistyped", _length(_mistyped, alike=False)),
    SlipKind(CELL, "length of the row above", _length_above),
    SlipKind(CELL, "cell of the row above", _cell_above),
    SlipKind(CELL, "a and c exchanged", _exchanged),
    SlipKind(CELL, "angle mistyped", _angle),
    SlipKind(CELL, "cell of the other rhombohedral setting", _other_setting),
    SlipKind(CELL, "cell with a file off by 0.02 to 0.05 %", _off_by_little, needs_structure=True),
    SlipKind(CELL, "one length with a file off by 0.02 to 0.05 %", _one_off_by_little, needs_structure=True),
    SlipKind(GROUP, "number off by one", _group(False, True)),
    SlipKind(GROUP, "symbol of a neighbour", _group(True, False)),
    SlipKind(GROUP, "symbol and number of a neighbour", _group(True, True)),
    SlipKind(GROUP, "number of the row above", _group(False, True, above_too=True)),
    SlipKind(GROUP, "symbol and number of the row above", _group(True, True, above_too=True)),
    SlipKind(CONDUCTIVITY, "exponent off by one", _value(lambda value, rng: value * rng.choice((10.0, 0.1)))),
    SlipKind(CONDUCTIVITY, "milli taken for one, or one for milli", _value(lambda value, rng: value * rng.choice((1000.0, 0.001)))),
    SlipKind(CONDUCTIVITY, "digits swapped", _value(_mantissa(_transposed))),
    SlipKind(CONDUCTIVITY, "digit mistyped", _value(_mantissa(_mistyped))),
    SlipKind(CONDUCTIVITY, "values of the row above", _value_above),
    SlipKind(CONDUCTIVITY, "sign of a bound lost", _bound),
    SlipKind(PAPER, "DOI of the row above", _doi_above),
    SlipKind(PAPER, "character of the DOI lost", _doi(_lost)),
    SlipKind(PAPER, "digit of the DOI mistyped", _doi(_in_suffix(_mistyped))),
    SlipKind(PAPER, "digits of the DOI swapped", _doi(_in_suffix(_transposed))),
    SlipKind(PAPER, "DOI of the supplement", _doi(_suffix)),
    SlipKind(ICSD, "off by one or two", _whole(col.ICSD_ID, _by(2))),
    SlipKind(ICSD, "digits swapped", _whole(col.ICSD_ID, _digits_swapped)),
    SlipKind(SOURCE_NUMBER, "Laskowski ID off by one to three", _whole(col.LASKOWSKI_ID, _by(3))),
    SlipKind(SOURCE_NUMBER, "Liion ID off by one to three", _whole(col.LIION_ID, _by(3))),
    SlipKind(SOURCE_NUMBER, "Ref off by one to three", _ref),
)  # fmt: skip
