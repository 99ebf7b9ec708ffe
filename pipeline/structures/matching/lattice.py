"""Many lattices against one row: the vectorised form of :func:`pipeline.chemistry.cell.compare`.

A library keeps the Niggli-reduced primitive cell of each file. Two nearly equal lattices can have unlike reduced cells, since the
reduced cell jumps where a lattice crosses a border between types. So the row is the side that is turned around: every basis of
the row's lattice that a file's reduced cell could be the image of is written down once, with the linear map that takes the metric of a
reduced cell in that basis back to the axes of the row. The comparison is then a product of matrices: a million lattices take seconds,
where pymatgen's search, which finds the setting of the few that remain, takes a millisecond for each.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.chemistry import cell as cells
from pipeline.chemistry.basis import MONOCLINIC, RHOMBOHEDRAL
from pipeline.chemistry.cell import ANGLE_WINDOW, LENGTH_WINDOW, from_metric, metric, metrics
from pipeline.chemistry.spacegroup import primitive_basis, standard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.chemistry.cell import Cell

#: How much a vector may stretch between two lattices inside the window: 3 % of length and 3 degrees (0.052 radian) of shear, both ways.
STRETCH = (1 + LENGTH_WINDOW + np.radians(ANGLE_WINDOW)) ** 2
#: Largest coefficient of a basis in terms of the reduced one. Shear of 3 degrees moves the longest axis of a cell a hundred times as long
#: as wide by five widths.
LARGEST_COEFFICIENT = 12
#: Lattices compared at a time, so that the tables of all bases stay small.
CHUNK = 1500


def centrings(spacegroup: int) -> tuple[str, ...]:
    """Centring letters that a cell of this space group may be written with; P last, for a primitive cell of a centred group."""
    letter = standard(spacegroup).centring_type()
    if letter == "P":
        return ("P",)
    if spacegroup in MONOCLINIC:
        return ("C", "A", "I", "P")
    if spacegroup in RHOMBOHEDRAL:
        return ("R", "P")
    return ("A", "B", "C", "P") if letter in "ABC" else (letter, "P")


def deviations(cell: Cell, spacegroup: int, reduced_cells: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Length and angle deviation of many lattices from one cell, in its axes, where the larger in units of the window is least.

    Parameters
    ----------
    cell, spacegroup
        The row's: a possible cell, and the number that says how it may be centred.
    reduced_cells
        ``(n, 6)``: Niggli-reduced primitive cells.

    Returns
    -------
    lengths, angles
        ``(n,)`` each; infinite where no basis brings the lengths within twice the window.
    """
    lengths, angles = np.full(len(reduced_cells), np.inf), np.full(len(reduced_cells), np.inf)
    g = metrics(reduced_cells)
    volumes = cells.volumes(g)
    least, most = _swell(cell)
    for letter in centrings(spacegroup):
        volume = cells.volume(cell) * abs(float(np.linalg.det(np.array(primitive_basis(letter)))))
        near = np.flatnonzero((volumes > least * volume) & (volumes < most * volume))
        for start in range(0, len(near), CHUNK):
            part = near[start : start + CHUNK]
            found = _deviations(cell, _bases(cell, letter), g[part])
            better = np.maximum(found[0] / LENGTH_WINDOW, found[1] / ANGLE_WINDOW) < np.maximum(
                lengths[part] / LENGTH_WINDOW, angles[part] / ANGLE_WINDOW
            )
            lengths[part[better]], angles[part[better]] = found[0][better], found[1][better]
    return lengths, angles


def _deviations(cell: Cell, maps: NDArray[np.float64], g: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same for metrics ``(n, 6)`` and the maps ``(k, 6, 6)`` of one centring; pairs of the two are given up as soon as they are out."""
    first = np.sqrt(np.maximum(maps[:, 0] @ g.T, 1e-12))
    length = np.abs(first - cell[0]) / cell[0]
    basis, file = np.nonzero(length < 2 * LENGTH_WINDOW)
    edges, length = [first[basis, file]], length[basis, file]
    for axis in (1, 2):
        edge = np.sqrt(np.maximum(np.einsum("pi,pi->p", g[file], maps[basis, axis]), 1e-12))
        length = np.maximum(length, np.abs(edge - cell[axis]) / cell[axis])
        close = length < 2 * LENGTH_WINDOW
        basis, file, length, edges = basis[close], file[close], length[close], [each[close] for each in (*edges, edge)]
    angle = np.zeros(len(file))
    for row, i, j in ((3, 1, 2), (4, 0, 2), (5, 0, 1)):
        cosine = np.einsum("pi,pi->p", g[file], maps[basis, row]) / (edges[i] * edges[j])
        angle = np.maximum(angle, np.abs(np.degrees(np.arccos(np.clip(cosine, -1, 1))) - cell[row]))
    order = np.lexsort((np.maximum(length / LENGTH_WINDOW, angle / ANGLE_WINDOW), file))
    found, place = np.unique(file[order], return_index=True)
    lengths, angles = np.full(len(g), np.inf), np.full(len(g), np.inf)
    lengths[found], angles[found] = length[order[place]], angle[order[place]]
    return lengths, angles


@lru_cache(maxsize=2048)
def _bases(cell: Cell, letter: str) -> NDArray[np.float64]:
    """For each basis that the reduced cell of a lattice near this one can be, the map back to the axes of the cell: ``(k, 6, 6)``.

    A map takes (aa, bb, cc, bc, ac, ab) of a reduced cell to those of the row's axes.
    """
    primitive = np.array(primitive_basis(letter))
    return _maps(np.linalg.inv(primitive @ _nearly_reduced(primitive.T @ metric(cell) @ primitive)))


def _swell(cell: Cell) -> tuple[float, float]:
    """Range of the volume inside the window: 1.03 cubed, times what the angles do, and 1 % since they are tried in steps."""
    steps = np.array(list(product((-ANGLE_WINDOW, 0.0, ANGLE_WINDOW), repeat=3)))
    ca, cb, cg = np.cos(np.radians(np.array(cell[3:]) + steps)).T
    angular = np.sqrt(np.maximum(1 - ca**2 - cb**2 - cg**2 + 2 * ca * cb * cg, 0))
    here = angular[len(steps) // 2]
    return float(angular.min() / here * (1 - LENGTH_WINDOW) ** 3 * 0.99), float(angular.max() / here * (1 + LENGTH_WINDOW) ** 3 * 1.01)


def _nearly_reduced(g: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bases of a lattice of metric ``g`` that could be the reduced basis of a lattice inside the window: ``(k, 3, 3)``, unlike ones."""
    to_reduced = _to_reduced(g)
    g = to_reduced.T @ g @ to_reduced
    limits = np.sqrt(np.diag(g)) * STRETCH
    reach = np.minimum(np.floor(limits.max() * np.sqrt(np.diag(np.linalg.inv(g))) + 1e-9), LARGEST_COEFFICIENT).astype(int)
    grid = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    norms = np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", grid, g, grid), 0))
    first, second, third = (grid[(norms > 0) & (norms <= limit)] for limit in limits)
    first = first[_forwards(first)]
    slack = 2 * ANGLE_WINDOW
    narrow, wide = np.cos(np.radians(60 - slack)), np.cos(np.radians(120 + slack))
    right = np.sin(np.radians(slack))  # as near to 90 degrees either sign may be the reduced one

    def cosine(u: NDArray[np.int64], v: NDArray[np.int64]) -> Any:
        return (u @ g @ v.T) / np.sqrt(np.einsum("ni,ij,nj->n", u, g, u)[:, None] * np.einsum("ni,ij,nj->n", v, g, v)[None, :])

    gamma, beta, alpha = cosine(first, second), cosine(first, third), cosine(second, third)
    i, j = np.nonzero((gamma <= narrow) & (gamma >= wide))
    beta, alpha, gamma = beta[i], alpha[j], gamma[i, j][:, None]
    fits = (beta <= narrow) & (beta >= wide) & (alpha <= narrow) & (alpha >= wide)
    fits &= ((alpha > -right) & (beta > -right) & (gamma > -right)) | ((alpha < right) & (beta < right) & (gamma < right))
    fits &= np.abs(np.cross(first[i], second[j]) @ third.T) == 1
    pair, k = np.nonzero(fits)
    bases = np.stack([first[i[pair]], second[j[pair]], third[k]], axis=2)
    # two bases of one metric differ by a symmetry of the row's own lattice
    alike = np.round(np.einsum("nki,km,nmj->nij", bases, g, bases).reshape(-1, 9), 6)
    return np.asarray(to_reduced @ bases[np.sort(np.unique(alike, axis=0, return_index=True)[1])])


def _to_reduced(g: NDArray[np.float64]) -> NDArray[np.int64]:
    """The Niggli-reduced basis of a lattice of metric ``g``, as columns in its axes (gemmi)."""
    import gemmi

    vector = gemmi.GruberVector(gemmi.UnitCell(*from_metric(g)), "P", True)
    vector.niggli_reduce()
    return np.array(vector.change_of_basis.rot) // gemmi.Op.DEN


def _forwards(vectors: NDArray[np.int64]) -> NDArray[np.bool_]:
    """One of each pair v, -v."""
    x, y, z = vectors.T
    return np.asarray((x > 0) | ((x == 0) & ((y > 0) | ((y == 0) & (z > 0)))))


def _maps(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The linear maps of ``G -> t^T G t`` on (aa, bb, cc, bc, ac, ab): ``(k, 6, 6)`` for ``(k, 3, 3)``."""
    pairs = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    maps = np.empty((len(t), 6, 6))
    for row, (i, j) in enumerate(pairs):
        for column, (k, m) in enumerate(pairs):
            maps[:, row, column] = t[:, k, i] * t[:, m, j] + (t[:, m, i] * t[:, k, j] if k != m else 0)
    return maps
