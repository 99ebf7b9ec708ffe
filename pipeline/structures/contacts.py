"""Distances between the positions of a structure, and those too short for two atoms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import gemmi
import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

from pipeline.structures.bounds import demand_room
from pipeline.structures.symmetry import all_images, composition, frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure
    from pipeline.structures.symmetry import Position

#: Two atoms nearer than this part of the sum of their covalent radii (Cordero et al., Dalton Trans. 2008, 2832) are too close. The shortest
#: bonds known in such compounds stand at 0.77 (O-H 0.75 angstrom by X-rays) to 0.85 (P-O 1.47 angstrom) of it.
TOO_CLOSE = 0.7
#: Positions whose occupancies sum to no more than this need never be filled side by side: occupancies are printed to two or three digits.
EXCLUSIVE = 1.02
#: Neighbouring cells looked into along an axis: enough for planes 0.7 angstrom apart; a flatter cell holds no atoms.
FURTHEST = 4


@dataclass(frozen=True, slots=True)
class Contact:
    """Two positions that must sometimes be filled side by side and are too close for it.

    Attributes
    ----------
    first, second
        Labels of the first site on each; equal when a position comes too close to an image of its own.
    distance, expected
        Shortest distance, and the sum of the covalent radii of the smallest atoms on the positions, angstrom.
    occupancies
        Total occupancy of each position.
    """

    first: str
    second: str
    distance: float
    expected: float
    occupancies: tuple[float, float]

    @property
    def ratio(self) -> float:
        """Distance in units of the sum of the radii."""
        return self.distance / self.expected


@lru_cache(maxsize=128)
def radius(element: str) -> float:
    """Covalent radius, angstrom."""
    return float(gemmi.Element(element).covalent_r)


def shortest(structure: Structure, where: Sequence[Position], reach: float = 3.0) -> dict[tuple[int, int], float]:
    """Shortest distance, in angstrom, between each two positions that come nearer than ``reach``, images included: keys ``i <= j``.

    A pair ``(i, i)`` is a position and the nearest other image of its own. Neighbours come from pymatgen's cell lists, so that time and
    memory follow the number of contacts and not the square of the atoms.

    Raises
    ------
    CifError
        When the cell holds so many positions for its volume that it is no crystal.
    """
    one, other, distance = _pairs(structure, where, reach)
    return _shortest(one, other, distance)


def _pairs(
    structure: Structure, where: Sequence[Position], reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Every two positions that come nearer than ``reach``, the first in the list first, once for each of their distances."""
    group = frame(structure)
    every, sizes = all_images(where, group)
    basis = structure.basis @ group.primitive
    demand_room(len(every), abs(float(np.linalg.det(basis))), structure.name)
    # along an axis shorter than a quarter of the reach nobody looks further: such a cell holds no atoms
    reach = min(reach, FURTHEST / float(np.linalg.norm(group.inverse @ structure.inverse_basis, axis=1).max()))
    owner = np.repeat(np.arange(len(where)), sizes)
    starts = np.cumsum([0, *sizes])[:-1]
    places = np.ascontiguousarray((every @ group.inverse.T) % 1.0 @ basis.T)
    one, other, _, distance = find_points_in_spheres(
        places, places[starts], reach, np.ones(3, dtype=np.int64), np.ascontiguousarray(basis.T), min_r=min(1.0, reach)
    )
    theirs = owner[other]
    wanted = (one < theirs) | ((one == theirs) & (distance > 1e-4))
    return one[wanted], theirs[wanted], distance[wanted]


def _shortest(one: NDArray[np.int64], other: NDArray[np.int64], distance: NDArray[np.float64]) -> dict[tuple[int, int], float]:
    order = np.argsort(-distance, kind="stable")  # the shortest of a pair is written last
    return dict(zip(zip(one[order].tolist(), other[order].tolist(), strict=True), distance[order].tolist(), strict=True))


def too_close(structure: Structure, where: Sequence[Position], part: float = TOO_CLOSE) -> list[Contact]:
    """Positions nearer than ``part`` of the sum of their covalent radii whose occupancies exclude that one is always empty."""
    parts = [composition(position, structure) for position in where]
    occupancy = np.array([sum(amount for _, amount in each) for each in parts])
    radii = np.array([min(radius(element) for element, _ in each) for each in parts])
    labels = [structure.sites[position.sites[0]].label for position in where]
    one, other, distance = _pairs(structure, where, max(2 * part * float(radii.max()), 0.1))
    near = (distance < part * (radii[one] + radii[other])) & (occupancy[one] + occupancy[other] > EXCLUSIVE)
    return [
        Contact(labels[i], labels[j], shortest, float(radii[i] + radii[j]), (float(occupancy[i]), float(occupancy[j])))
        for (i, j), shortest in sorted(_shortest(one[near], other[near], distance[near]).items())
    ]
