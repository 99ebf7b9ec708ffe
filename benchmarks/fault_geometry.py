"""Faults of coordinates: a site moved, a sublattice on another origin, two sublattices exchanged. Content and symmetry stay as they are."""

from __future__ import annotations

import random

import numpy as np

from pipeline.structures.cif import CifError, read
from pipeline.structures.layout import edited, layout
from pipeline.structures.origins import origin_shifts
from pipeline.structures.symmetry import examined, frame
from pipeline.structures.valence import FULL, Cations
from pipeline.structures.write import with_coordinates

#: How far a site is moved, angstrom.
DISTANCE = 0.5


def site_moved(text: str, rng: random.Random) -> str | None:
    """A full cation, lithium apart, moved by half an angstrom in a direction that its site symmetry leaves free."""
    cations = _cations(text)
    if cations is None or cations.around is None:
        return None
    chosen = [i for i in _full_cations(cations) if cations.around.free[i].shape[1]]
    if not chosen:
        return None
    position = rng.choice(chosen)
    free, _ = np.linalg.qr(cations.around.free[position])
    direction = free @ np.array([rng.gauss(0, 1) for _ in range(free.shape[1])])
    move = np.linalg.inv(cations.structure.basis) @ (DISTANCE * direction / np.linalg.norm(direction))
    return _moved(cations, {position: move})


def sublattice_shifted(text: str, rng: random.Random) -> str | None:
    """The anions shifted between two origins of the group, where that makes another structure."""
    cations = _cations(text)
    if cations is None:
        return None
    anions = [i for i, parts in enumerate(cations.parts) if parts and all(e in cations.anions for e, _ in parts)]
    shifts = origin_shifts(cations.structure)
    if not anions or not shifts or len(anions) == len(cations.parts):
        return None
    return _other(text, _moved(cations, dict.fromkeys(anions, rng.choice(shifts))))


def occupants_exchanged(text: str, rng: random.Random) -> str | None:
    """What stands on two cation positions exchanged: elements and occupancies, position for position."""
    cations = _cations(text)
    if cations is None:
        return None
    single = [i for i in _full_cations(cations) if len(cations.where[i].sites) == 1]
    pairs = [(i, j) for i in single for j in single if i < j and cations.parts[i] != cations.parts[j]]
    if not pairs:
        return None
    one, other = (cations.where[i].sites[0] for i in rng.choice(pairs))
    structure = cations.structure
    spans = layout(structure.text, structure.block_index).values
    changes = {}
    for tag in ("_atom_site_type_symbol", "_atom_site_label"):
        column = spans.get(tag)
        if column:
            first, second = column[structure.sites[one].row], column[structure.sites[other].row]
            changes[first], changes[second] = structure.text[slice(*second)], structure.text[slice(*first)]
    return edited(structure.text, changes)


def _cations(text: str) -> Cations | None:
    try:
        structure = read(text, "faulty.cif")
    except CifError:
        return None
    return Cations(structure, examined(structure).positions)


def _full_cations(cations: Cations) -> list[int]:
    """Positions full of cations other than lithium and hydrogen."""
    known = cations.charges
    return [
        i for i, parts in enumerate(cations.parts)
        if cations.occupancy[i] >= FULL and all(known.get(e, (0, 0))[0] > 0 and e not in ("Li", "H") for e, _ in parts)
    ]  # fmt: skip


def _moved(cations: Cations, moves: dict[int, np.ndarray]) -> str:
    structure = cations.structure
    rotations = frame(structure).rotations
    written = {}
    for position, move in moves.items():
        where = cations.where[position]
        for site, image in zip(where.sites, where.images, strict=True):
            fract = np.array(structure.sites[site].exact) + rotations[image] @ move
            written |= {(structure.sites[site].row, axis): f"{fract[axis] % 1.0:.8f}" for axis in range(3)}
    return with_coordinates(structure, written, "moved")


def _other(before: str, after: str) -> str | None:
    """The text after, if its distances are not those before: a shift may be a symmetry of the sublattice that it moves."""
    one, two = (_distances(text) for text in (before, after))
    same = one is not None and two is not None and one.shape == two.shape and np.allclose(one, two, atol=0.3)
    return None if same else after


def _distances(text: str) -> np.ndarray | None:
    """Every distance up to 3.5 angstrom, for each position and from the shortest on: ``(n,)``."""
    cations = _cations(text)
    if cations is None or cations.around is None:
        return None
    around = cations.around
    near = around.distance < 3.5
    order = np.lexsort((around.distance[near], around.centre[near]))
    return np.asarray(around.distance[near][order])
