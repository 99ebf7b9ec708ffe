"""Where a file's header, its cell and its atoms contradict its symmetry operations; what no program can settle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.structures.declared import same_group
from pipeline.structures.write import formula_sum

if TYPE_CHECKING:
    from pipeline.structures.cif import Site, Structure

#: Largest relative change of a product of two axes under an operation: twice that of a length, and cells are printed to a thousandth.
MISFIT = 0.002
#: A formula sum and the sum over the sites agree to this part, and to this many atoms of a unit: sums are printed to two decimals, and
#: occupancies to two or three.
SUM_ROUNDING = 0.02
SUM_DIGIT = 0.02
_PART = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)(?:\(\d+\))?")
#: Sites named in a message.
MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two statements of one file that cannot both be true.

    Attributes
    ----------
    message
        In a sentence.
    value, expected
        What the one says, and the other, in few words.
    """

    message: str
    value: str
    expected: str = ""


def contradictions(structure: Structure) -> Iterator[Contradiction]:
    """What is wrong between the header, the cell, the operations and the multiplicities of a file."""
    group = structure.group_number
    other = [name for name in structure.group_names if group is not None and name.number is not None and not same_group(name.number, group)]
    if other:
        told = " and ".join(f"{name.told} (group {name.number})" if not name.told.startswith("number") else name.told for name in other)
        message = f"The file declares space group {told}, but its operations generate group {group}."
        yield Contradiction(message, str(other[0].number), str(group))
    strained = structure.metric_misfit
    if strained > MISFIT:
        message = f"The file's operations do not fit its cell: they would change a product of two axes by {strained:.1%}."
        yield Contradiction(message, f"{strained:.1%}")
    wrong = [site for site in structure.sites if site.declared_multiplicity not in (None, site.multiplicity)]
    if wrong:
        told = ", ".join(_readings(site) for site in wrong[:MOST_NAMED]) + (
            f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        )
        message = f"The multiplicities in the file are not those that its operations give the sites: {told}; one of the two is wrong."
        yield Contradiction(message, told)


def formula_contradiction(structure: Structure) -> Contradiction | None:
    """Where Z times the formula sum of the header is not what the cell holds; ``None`` where the two agree, or the header has no sum.

    ``_cell_formula_units_Z`` counts the units of ``_chemical_formula_sum`` in the cell (CIF core dictionary). Without Z any whole number
    of units will do.
    """
    said = _sum(structure.formula_sum or "")
    held = {element: amount for element, amount in structure.content.items() if amount > 0}
    if not said or not held:
        return None
    counts = [structure.formula_units] if structure.formula_units else _whole_counts(said, held)
    if any(_is_content(said, held, count) for count in counts):
        return None
    z = structure.formula_units
    told = f"{structure.formula_sum} with Z = {z}" if z else f"{structure.formula_sum}"
    content = formula_sum(held, 1)
    if z and _is_content(said, held, 1):
        per_unit = formula_sum(held, z)
        message = f"The header gives the content of the whole cell as the formula sum, {told}: the sum of one of {z} units is {per_unit}."
        return Contradiction(message, told, per_unit)
    return Contradiction(f"The header's formula sum, {told}, is not what the cell holds: {content}.", told, content)


def _sum(text: str) -> dict[str, float]:
    """Amounts of a formula sum; empty when it is none."""
    parts = [_PART.fullmatch(word) for word in text.split()]
    found: dict[str, float] = {}
    for part in parts:
        if part is None:
            return {}
        element = "H" if part[1] in ("D", "T") else part[1]
        found[element] = found.get(element, 0.0) + float(part[2] or 1)
    return found


def _whole_counts(said: dict[str, float], held: dict[str, float]) -> list[int]:
    """The number of units that the most frequent element of the sum asks for."""
    most = max(said, key=lambda element: said[element])
    return [max(round(held.get(most, 0.0) / said[most]), 1)]


def _is_content(said: dict[str, float], held: dict[str, float], count: int) -> bool:
    amounts = ((count * said.get(element, 0.0), held.get(element, 0.0)) for element in {*said, *held})
    return all(abs(one - other) <= SUM_ROUNDING * max(one, other) + SUM_DIGIT * count for one, other in amounts)


def _readings(site: Site) -> str:
    place = ", ".join(f"{value:g}" for value in site.fract)
    return f"{site.label} at {place} has {site.multiplicity} images, and the file says {site.declared_multiplicity}"


def unmovable(structure: Structure) -> Iterator[str]:
    """Why noise may not be put on a structure: it contradicts itself, or sites of it were not read and would stay where they are."""
    for each in contradictions(structure):
        yield f"cif.symmetry: {each.message}"
    if structure.left_out:
        yield f"the sites {', '.join(structure.left_out)} are no atoms and would keep their coordinates: take them out of the file"
