"""The space group that a file declares: its operations, or else those of its symbols; nothing is assumed in silence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from pipeline.chemistry.spacegroup import find, mirror_image
from pipeline.structures import tags
from pipeline.structures.bounds import demand_images
from pipeline.structures.operations import (
    OperationError,
    Operations,
    combined,
    of_group,
    operations_of,
    settings,
    shortest_distance,
    site_symmetry,
    without_time,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.structures.atoms import Atom
from pipeline.structures.items import Cell, Items


@dataclass(frozen=True, slots=True)
class Name:
    """A space group as the file's header names it.

    Attributes
    ----------
    told
        The name in words, for messages: ``number 225``, ``symbol 'F m -3 m'``, ``Hall symbol '-F 4 2 3'``.
    number
        Number of the group, or the number that stands there; ``None`` for a symbol that names none.
    """

    told: str
    number: int | None


def names(items: Items) -> tuple[Name, ...]:
    """Every name of the space group in the header: numbers, Hermann-Mauguin symbols, Hall symbols."""
    found = []
    for tag in tags.NUMBER:
        number = items.integer(tag)
        if number is not None:
            found.append(Name(f"number {number}", number))
    for tag in tags.SYMBOL:
        symbol = items.text_of(tag)
        if symbol is not None:
            group = find(symbol)
            found.append(Name(f"symbol {symbol!r}", None if group is None else group.number))
    for tag in tags.HALL:
        symbol = items.text_of(tag)
        if symbol is not None:
            found.append(Name(f"Hall symbol {symbol!r}", _hall_number(symbol)))
    return tuple(dict.fromkeys(found))


def same_group(one: int, other: int) -> bool:
    """Whether two numbers are of one group or of mirror images."""
    return one == other or (1 <= one <= 230 and mirror_image(one) == other)


def number_and_symbol(items: Items) -> tuple[int | None, str | None]:
    """Number and symbol of the space group in the file's header; the number is that of the symbol where only that is given."""
    number, symbol = items.integer(*tags.NUMBER), items.text_of(*tags.SYMBOL)
    if number is None and symbol is not None:
        group = find(symbol)
        number = None if group is None else group.number
    return number, symbol


def symmetry(items: Items, cell: Cell, atoms: Sequence[Atom]) -> Operations:
    """The operations listed; or those of the Hall symbol, the Hermann-Mauguin symbol or the number, in this order.

    Raises
    ------
    CifError
        When the operations listed are no group, or are those of a modulated structure; when names of the group disagree and no operations
        tell which is right; when a name is all there is and no group has it.
    """
    listed = items.triplets(tags.OPERATIONS)
    superspace = next((tag for tag in (*items.columns, *items.values) if "_ssg_" in tag and re.search(r"operation|equiv_pos", tag)), None)
    if superspace is not None or any("_ssg_name" in tag for tag in items.values) or items.integer("_cell_modulation_dimension"):
        items.notes.append("the structure is modulated: its average is read, and its modulation is not")
    if listed is not None:
        other = items.triplets(tags.OPERATIONS[1:])
        if other is not None and _tight(other[0]) != _tight(listed[0]):
            raise items.error(
                f"lists two sets of symmetry operations that differ, in {listed[1]} and in {other[1]}: which one is meant?", other[1]
            )
        return _listed(items, *listed)
    magnetic = items.triplets(tags.MAGNETIC)
    if magnetic is not None:
        return _magnetic(items, *magnetic)
    if superspace is not None:
        raise items.error("lists operations of superspace: a modulated structure is not read; give the operations of its average "
                          f"structure in {tags.OPERATIONS[0]}", superspace)  # fmt: skip
    return _of_names(items, cell, atoms)


@lru_cache(maxsize=512)
def _tight(triplets: tuple[str, ...]) -> frozenset[str]:
    return frozenset("".join(triplet.split()).lower() for triplet in triplets)


def _listed(items: Items, triplets: tuple[str, ...], tag: str) -> Operations:
    if any(triplet.count(",") == 3 and re.search(r",\s*[-+]?1\s*$", triplet) for triplet in triplets):
        items.notes.append("operations are magnetic: they are read without time reversal")
        triplets = tuple(map(without_time, triplets))
    try:
        found = operations_of(triplets)
    except OperationError as error:
        raise items.error(str(error), tag, error.row) from None
    if found.missing:
        known = {name.number for name in names(items) if name.number is not None}
        named = bool(known) and all(found.group_number is not None and same_group(number, found.group_number) for number in known)
        if not named or found.setting is None:
            raise items.error(_no_group(len(triplets), found, bool(known)), tag)
        items.notes.append(f"{found.missing} operations were missing from the list and were added: those of the space group declared")
    return found


def _no_group(count: int, found: Operations, declared: bool) -> str:
    example = f"{found.lacks[0]} after {found.lacks[1]} gives {found.lacks[2]}" if len(found.lacks) == 3 else f"it lacks {found.lacks[0]}"
    other = f"those of group {found.group_number}" if found.group_number else "more than a group has"
    names = "the group declared is another" if declared else "no space group is declared"
    return (
        f"the list of {count} symmetry operations is no group: {example}, which is not listed. "
        f"With all products it would be {other}, and {names}: list all operations"
    )


def _magnetic(items: Items, operations: tuple[str, ...], tag: str) -> Operations:
    centring = items.triplets(tags.MAGNETIC_CENTRING)
    try:
        found = operations_of(combined(operations, centring[0] if centring else ()))
    except OperationError as error:
        raise items.error(str(error), tag, error.row) from None
    if found.missing:
        raise items.error(_no_group(len(operations), found, False), tag)
    items.notes.append("the operations are those of a magnetic group and are read without time reversal, which moves no atom")
    return found


def _hall(symbol: str) -> gemmi.GroupOps | None:
    try:
        return gemmi.symops_from_hall(symbol)
    except (RuntimeError, ValueError):
        return None


@lru_cache(maxsize=512)
def _hall_number(symbol: str) -> int | None:
    hall = _hall(symbol)
    group = gemmi.find_spacegroup_by_ops(hall) if hall else None
    return None if group is None else int(group.number)


def _of_names(items: Items, cell: Cell, atoms: Sequence[Atom]) -> Operations:
    known = names(items)
    unknown = [name.told for name in known if name.number is None or not 1 <= name.number <= 230]
    numbers = {name.number for name in known if name.number is not None and 1 <= name.number <= 230}
    if any(not same_group(one, other) for one in numbers for other in numbers):
        told = ", ".join(f"{name.told} (group {name.number})" for name in known if name.number is not None)
        raise items.error(f"lists no symmetry operations, and the names of its space group disagree: {told}")
    if known and not numbers and _hall_operations(items) is None:
        raise items.error(f"lists no symmetry operations, and no space group has the {' nor the '.join(unknown)}")
    hall = _hall_operations(items)
    if hall is not None:
        found = of_group(hall)
        items.notes.append(f"no operations are listed: those of the Hall symbol ({found.setting or found.group_number}) are used")
        return found
    items.notes += [f"no space group has the {told}" for told in unknown]
    symbol = next((symbol for tag in tags.SYMBOL if (symbol := items.text_of(tag)) is not None and find(symbol) is not None), None)
    if symbol is None and not numbers:
        items.notes.append("the file names no symmetry: P 1 is assumed")
        return operations_of(("x,y,z",))
    group = gemmi.find_spacegroup_by_number(min(numbers))
    standard = group.short_name() if group.crystal_system_str() == "monoclinic" else group.hm
    possible = settings(symbol or standard, cell) or [group]
    choices = [of_group(each.operations()) for each in possible]
    demand_images(len(atoms), max(len(each.rotations) for each in choices), items.name)
    found = _fitting(choices, cell, atoms)
    best = f", of {len(possible)} settings that the name leaves open the one that fits the atoms best" if len(possible) > 1 else ""
    items.notes.append(f"no operations are listed: those of {found.setting} are used{best}")
    return found


def _hall_operations(items: Items) -> gemmi.GroupOps | None:
    return next((hall for tag in tags.HALL if (symbol := items.text_of(tag)) is not None and (hall := _hall(symbol)) is not None), None)


def _fitting(possible: list[Operations], cell: Cell, atoms: Sequence[Atom]) -> Operations:
    """Of several settings the one that gives the multiplicities declared, or else keeps the atoms furthest apart."""
    if len(possible) == 1:
        return possible[0]
    fract, rounding = np.array([atom.fract for atom in atoms]), np.array([atom.rounding for atom in atoms])
    occupancies = np.array([atom.occupancy for atom in atoms])
    basis = np.array(gemmi.UnitCell(*cell).orth.mat.tolist())

    def misfit(found: Operations) -> tuple[float, float]:
        fixed, _ = site_symmetry(found.rotations, found.translations, fract, rounding)
        wrong = sum(a.declared_multiplicity not in (None, len(found.rotations) // len(f)) for a, f in zip(atoms, fixed, strict=True))
        return wrong, -shortest_distance(found, fract, occupancies, basis)

    return min(possible, key=misfit)
