"""Distances between the positions of a structure, and those too short for two atoms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import gemmi
import numpy as np

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


def shortest(structure: Structure, where: Sequence[Position], reach: float = 3.0) -> NDArray[np.float64]:
    """Shortest distance between each two positions, images included, in angstrom: ``(p, p)``; exact up to ``reach``, a bound beyond.

    The diagonal is the distance of a position to the nearest other image of its own.
    """
    group = frame(structure)
    every, sizes = all_images(where, group)
    starts = np.cumsum([0, *sizes])
    here = np.array([position.fract for position in where])
    basis = structure.basis @ group.primitive
    gap = (here[:, None] - every[None]) @ group.inverse.T
    gap -= np.rint(gap)
    squared = np.square(gap @ basis.T).sum(axis=2)
    itself = squared < 1e-8
    spacing = 1 / np.linalg.norm(np.linalg.inv(basis), axis=1)
    lattice = np.inf
    if spacing.min() < 2 * reach:  # along a short axis the nearest image need not be the one nearest in fractions
        reaches = np.where(spacing < 2 * reach, np.minimum(np.ceil(reach / spacing), FURTHEST), 0)
        axes = [np.arange(-n, n + 1) for n in reaches]
        shifts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        shifts = shifts[np.any(shifts, axis=1)]
        metric = basis.T @ basis
        # |g + s|^2 = |g|^2 + 2 g.G.s + |s|^2, so that all shifts are one product
        lengths = np.einsum("ki,ij,kj->k", shifts, metric, shifts)
        squared = np.where(itself, squared, squared + np.minimum((2 * gap @ metric @ shifts.T + lengths).min(axis=2), 0))
        lattice = float(np.sqrt(lengths.min()))
    squared[itself] = np.inf
    nearest = np.sqrt(np.maximum(np.minimum.reduceat(squared, starts[:-1], axis=1), 0))
    nearest[np.diag_indices(len(where))] = np.minimum(np.diag(nearest), lattice)
    return np.asarray(nearest)


def too_close(structure: Structure, where: Sequence[Position], part: float = TOO_CLOSE) -> list[Contact]:
    """Positions nearer than ``part`` of the sum of their covalent radii whose occupancies exclude that one is always empty."""
    parts = [composition(position, structure) for position in where]
    occupancy = np.array([sum(amount for _, amount in each) for each in parts])
    radii = np.array([min(radius(element) for element, _ in each) for each in parts])
    expected = radii[:, None] + radii[None, :]
    near = shortest(structure, where, reach=max(float(part * expected.max()), 0.1))
    bad = np.triu((near < part * expected) & (occupancy[:, None] + occupancy[None, :] > EXCLUSIVE))
    labels = [structure.sites[position.sites[0]].label for position in where]
    return [
        Contact(labels[i], labels[j], float(near[i, j]), float(expected[i, j]), (float(occupancy[i]), float(occupancy[j])))
        for i, j in np.argwhere(bad)
    ]
