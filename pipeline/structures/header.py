"""Where a file's header, its cell and its atoms contradict its symmetry operations; what no program can settle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.structures.declared import same_group

if TYPE_CHECKING:
    from pipeline.structures.cif import Site, Structure

#: Largest relative change of a product of two axes under an operation: twice that of a length, and cells are printed to a thousandth.
MISFIT = 0.002
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


def _readings(site: Site) -> str:
    place = ", ".join(f"{value:g}" for value in site.fract)
    return f"{site.label} at {place} has {site.multiplicity} images, and the file says {site.declared_multiplicity}"


def unmovable(structure: Structure) -> Iterator[str]:
    """Why noise may not be put on a structure: it contradicts itself, or sites of it were not read and would stay where they are."""
    for each in contradictions(structure):
        yield f"cif.symmetry: {each.message}"
    if structure.left_out:
        yield f"the sites {', '.join(structure.left_out)} are no atoms and would keep their coordinates: take them out of the file"
