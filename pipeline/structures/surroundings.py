"""What stands around each position of a structure, and how noise of known size would change it.

Noise moves every free coordinate of a position by N(0, sigma) in fractions (:mod:`pipeline.structures.noise`), and its images with it. Any
quantity that depends on the vectors from a position to its neighbours then has a spread of its own, which is computed here to first order:
what is far outside of it is no noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline.structures.noise import free_directions
from pipeline.structures.symmetry import coset, frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure
    from pipeline.structures.symmetry import Position

#: Distances computed at most: a hundred times what the largest cell of the release needs.
MOST_DISTANCES = 20_000_000
#: Of these at once.
AT_ONCE = 500_000


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The neighbours of every position within reach: one row a neighbour.

    Attributes
    ----------
    structure, positions
        What was looked at.
    centre, other
        Index of the position, and of the position whose image the neighbour is: ``(n,)``.
    operation
        Index of the operation, in the structure's :class:`~pipeline.structures.symmetry.Frame`, that makes the image: ``(n,)``.
    vector
        From the position to the neighbour, angstrom, Cartesian: ``(n, 3)``.
    """

    structure: Structure
    positions: Sequence[Position]
    centre: NDArray[np.int64]
    other: NDArray[np.int64]
    operation: NDArray[np.int64]
    vector: NDArray[np.float64]

    @cached_property
    def distance(self) -> NDArray[np.float64]:
        """Distance of each neighbour, angstrom."""
        return np.asarray(np.linalg.norm(self.vector, axis=1))

    @cached_property
    def free(self) -> tuple[NDArray[np.float64], ...]:
        """Displacements that each position is free to make, Cartesian, for one unit of each free coordinate: ``(3, k)`` each."""
        group = frame(self.structure)
        return tuple(self.structure.basis @ free_directions(group.rotations[list(p.fixed_by)]) for p in self.positions)

    def covariance(self, centre: int, rows: NDArray[np.int64], gradient: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
        """Covariance of a quantity under noise of ``sigma`` (fractions) in every free coordinate: ``(m, m)``.

        Parameters
        ----------
        centre
            The position whose quantity it is.
        rows
            The neighbours that it depends on, all of this position.
        gradient
            Change of the quantity with the vector to each of them, ``(len(rows), m, 3)``.
        """
        group, basis = frame(self.structure), self.structure.basis
        total = np.zeros((gradient.shape[1],) * 2)
        for position in {centre, *self.other[rows].tolist()}:
            fractional = free_directions(group.rotations[list(self.positions[position].fixed_by)])
            if not fractional.shape[1]:
                continue
            mine = self.other[rows] == position
            turned = np.einsum("ij,njk,kl->nil", basis, group.rotations[self.operation[rows[mine]]], fractional)
            change = np.einsum("nmi,nil->ml", gradient[mine], turned)
            if position == centre:
                change = change - gradient.sum(axis=0) @ basis @ fractional
            total += change @ change.T
        return np.asarray(sigma**2 * total)


def surroundings(structure: Structure, where: Sequence[Position], reach: float) -> Surroundings | None:
    """The neighbours of each position within ``reach`` angstrom; ``None`` where that takes more than :data:`MOST_DISTANCES`."""
    group = frame(structure)
    chosen = [coset(position.fixed_by, group) for position in where]
    operation = np.concatenate(chosen)
    owner = np.repeat(np.arange(len(where)), [len(each) for each in chosen])
    places = np.array([position.fract for position in where])[owner]
    images = np.einsum("nij,nj->ni", group.rotations[operation].astype(float), places)
    fract = (images + group.translations[operation]) @ group.inverse.T
    fract -= np.floor(fract)
    basis = structure.basis @ group.primitive
    spacing = 1 / np.linalg.norm(np.linalg.inv(basis), axis=1)
    counts = np.ceil(reach / spacing)
    if np.prod(2 * counts + 1) * len(owner) * len(where) > MOST_DISTANCES:
        return None
    x, y, z = counts.astype(int).tolist()
    every = (fract[None] + _shifts(x, y, z)[:, None]).reshape(-1, 3) @ basis.T
    here = np.array([position.fract for position in where]) @ group.inverse.T
    here = (here - np.floor(here)) @ basis.T
    inside = (every >= here.min(axis=0) - reach) & (every <= here.max(axis=0) + reach)
    near = np.flatnonzero(inside[:, 0] & inside[:, 1] & inside[:, 2])  # a third of the time of all() along a row of three
    parts = [_within(here[start:end], every[near], reach, start) for start, end in _chunks(len(here), len(near))]
    centre, column, vector = (np.concatenate(each) for each in zip(*parts, strict=True))
    rows = near[column] % len(owner)
    return Surroundings(structure, where, centre, owner[rows], operation[rows], vector)


@lru_cache(maxsize=64)
def _shifts(x: int, y: int, z: int) -> NDArray[np.int64]:
    """Every translation by so many cells at most along each axis: ``(n, 3)``."""
    found = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in (x, y, z)], indexing="ij"), axis=-1).reshape(-1, 3)
    found.setflags(write=False)
    return found


def _chunks(centres: int, atoms: int) -> list[tuple[int, int]]:
    """Slices of the centres whose distances to all atoms fit into a few megabytes."""
    size = max(1, AT_ONCE // max(atoms, 1))
    return [(start, min(start + size, centres)) for start in range(0, centres, size)]


def _within(
    here: NDArray[np.float64], every: NDArray[np.float64], reach: float, start: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Index of the centre (counted from ``start``) and of the atom, and the vector, of each pair within reach."""
    gap = every[None] - here[:, None]
    squared = np.einsum("pni,pni->pn", gap, gap)
    centre, column = np.nonzero((squared <= reach**2) & (squared > 1e-8))
    return centre + start, column, gap[centre, column]
