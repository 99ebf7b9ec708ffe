"""Structures that are one under two names, found by their content."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.structures.cif import Structure
from pipeline.structures.noise import free_directions
from pipeline.structures.original import original, with_all_operations
from pipeline.structures.symmetry import frame


def secret_key(structure: Structure) -> str | None:
    """Key of the content of a structure whose coordinates say something; ``None`` for one that has no free coordinate."""
    moving, where, _ = with_all_operations(structure)
    rotations = frame(moving).rotations
    if not any(free_directions(rotations[list(position.fixed_by)]).size for position in where):
        return None
    return original(moving, where).digest


def copies(some: Mapping[str, Structure], others: Mapping[str, Structure]) -> dict[str, str]:
    """For each of some structures that is, by its content, one of the others: the name of that one.

    Content is compared where the cells agree, which spares the rest. A structure without a free coordinate is a copy of nothing.
    """
    if not some or not others:
        return {}
    by_cell: dict[object, list[str]] = {}
    for name, structure in others.items():
        by_cell.setdefault(_cell(structure), []).append(name)
    found: dict[str, str] = {}
    for name, structure in some.items():
        alike = by_cell.get(_cell(structure), [])
        key = secret_key(structure) if alike else None
        if key is not None:
            twin = next((other for other in alike if secret_key(others[other]) == key), None)
            found |= {} if twin is None else {name: twin}
    return found


def _cell(structure: Structure) -> object:
    return tuple(round(value, 6) for value in structure.cell)
