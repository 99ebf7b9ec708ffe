"""Unit cells: metric, volume, reduction, and whether two cells are one lattice in two settings.

A cell is six numbers: lengths a, b, c in angstrom and angles alpha, beta, gamma in degrees. A lattice has infinitely many
cells. Two cells of the same volume describe one lattice when an integer matrix P of determinant 1 or -1 takes one basis
into the other, ``(a, b, c)_row = (a, b, c)_file P``, so that the metric tensors obey ``G_row = P^T G_file P``
(International Tables for Crystallography A, chapter 1.5 of the 2016 edition). A primitive and a centred cell, hexagonal
and rhombohedral axes, and true supercells differ in volume by a small integer: then the determinant is that integer.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import acos, cos, degrees, isfinite, pi, prod, radians, sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pipeline.chemistry.basis import IDENTITY, Basis, describe, determinant, kind, signed_permutations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core.lattice import Lattice

Cell: TypeAlias = tuple[float, float, float, float, float, float]

#: The published window of a close match: relative difference of a length, and degrees.
LENGTH_WINDOW = 0.03
ANGLE_WINDOW = 3.0
#: Two ways of printing one cell: lengths are given to 0.001 angstrom of 5, angles to a tenth of a degree. Within this
#: no other setting is looked for.
LENGTH_ROUNDING = 0.001
ANGLE_ROUNDING = 0.1
#: How far a setting is still looked for when the window holds none, so that a cell outside it gets an honest deviation.
LENGTH_REACH = 0.10
ANGLE_REACH = 10.0
#: Slack for floating point on an inclusive limit: 3.8895 against 4.0088 is within 3 % on paper.
SLACK = 1e-9
#: Largest ratio of volumes at which a multiple cell is looked for (2 x 2 x 2).
LARGEST_MULTIPLE = 8
#: Lattice vectors as long as the longest axis of a cell: as many as have coefficients up to 10. The published tables need none above 2.
MOST_VECTORS = 21**3
#: Triples of lattice vectors that are as long as the three axes of a cell; cells of the published tables have some tens. All are looked
#: at, so that a cell of three long axes that enclose little (60 angstrom, and a few degrees between them) would take minutes.
MOST_TRIPLES = 1e5


@dataclass(frozen=True, slots=True)
class CellComparison:
    """How far a file's cell, brought to the row's setting, is from the row's.

    Attributes
    ----------
    lattice_deviation
        Largest ``|file - row| / row`` of the three lengths.
    angle_deviation
        Largest difference of an angle, degrees.
    setting
        ``as given``, or the kind of change and the row's axes a,b,c in terms of the file's: ``permuted: c,a,b``.
    basis
        The same as a matrix (see :data:`Basis`).
    multiple
        Volume of the row's cell in cells of the file: 1, an integer, or one over an integer.
    """

    lattice_deviation: float
    angle_deviation: float
    setting: str
    basis: Basis
    multiple: Fraction = Fraction(1)

    def within(self, length: float = LENGTH_WINDOW, angle: float = ANGLE_WINDOW) -> bool:
        """Whether both deviations are inside the window; its edge is inside, with a slack of 1e-9 for floating point."""
        return self.lattice_deviation <= length + SLACK and self.angle_deviation <= angle + SLACK

    @property
    def as_given(self) -> bool:
        """Whether row and file write the cell in the same setting."""
        return self.basis == IDENTITY


#: No crystal has an axis of a tenth of a millimetre (angstrom); a cell typed as 1E308 has a volume that is no number.
HUGE = 1e6


def possible(cell: Sequence[float]) -> bool:
    """Whether six numbers are a cell: positive lengths, and angles that three directions in space can have."""
    if len(cell) != 6 or not all(map(isfinite, cell)) or not 1 / HUGE < min(cell[:3]) <= max(cell[:3]) < HUGE:
        return False
    return 0 < min(cell[3:]) <= max(cell[3:]) < 180 and _opening(cell) > 1e-12


def lattice(cell: Sequence[float]) -> Lattice:
    """The cell as pymatgen's lattice: a along x in the plane of x and z, c along z.

    Raises
    ------
    ValueError
        When the six numbers are no cell.
    """
    return _lattice(_cell(cell))


@lru_cache(maxsize=4096)
def _lattice(cell: Cell) -> Lattice:
    from pymatgen.core.lattice import Lattice

    _demand(cell)
    return Lattice.from_parameters(*cell)


def volume(cell: Sequence[float]) -> float:
    """Volume in cubic angstrom.

    Raises
    ------
    ValueError
        When the six numbers are no cell.
    """
    _demand(cell)
    return _enclosed(cell)


def enclosed(cell: Sequence[float]) -> float | None:
    """Volume in cubic angstrom, ``None`` when the six numbers enclose none."""
    return _enclosed(cell) if possible(cell) else None


def _enclosed(cell: Sequence[float]) -> float:
    return float(cell[0] * cell[1] * cell[2] * sqrt(_opening(cell)))


def _demand(cell: Sequence[float]) -> None:
    if not possible(cell):
        raise ValueError(f"{tuple(cell)} is not a cell: lengths must be positive and the angles must close")


def _opening(cell: Sequence[float]) -> float:
    """Square of the volume that the angles leave of a box of unit edges: above zero where three directions have such angles."""
    ca, cb, cg = (cos(radians(angle)) for angle in cell[3:])
    return 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg


def metric(cell: Sequence[float]) -> NDArray[np.float64]:
    """Metric tensor G, square angstrom: the scalar products of the axes, ``(3, 3)``."""
    return np.asarray(lattice(cell).metric_tensor, dtype=float)


def metrics(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """:func:`metric` of many cells ``(n, 6)`` at once, as ``(n, 6)``: aa, bb, cc, bc, ac, ab. pymatgen takes one lattice at a time."""
    edges, cosines = cells[:, :3], np.cos(np.radians(cells[:, 3:]))
    return np.concatenate([edges**2, edges[:, [1, 0, 0]] * edges[:, [2, 2, 1]] * cosines], axis=1)


def volumes(g: NDArray[np.float64]) -> NDArray[np.float64]:
    """Volumes of lattices of :func:`metrics` ``(n, 6)``, cubic angstrom."""
    aa, bb, cc, bc, ac, ab = g.T
    return np.asarray(np.sqrt(np.maximum(aa * bb * cc + 2 * bc * ac * ab - aa * bc**2 - bb * ac**2 - cc * ab**2, 0)))


def from_metric(g: NDArray[np.float64]) -> Cell:
    """The cell whose metric tensor is ``g`` (the inverse of :func:`metric`)."""
    a, b, c = (sqrt(float(g[i][i])) for i in range(3))
    alpha, beta, gamma = (degrees(acos(max(-1.0, min(1.0, float(x))))) for x in (g[1][2] / (b * c), g[0][2] / (a * c), g[0][1] / (a * b)))
    return (a, b, c, alpha, beta, gamma)


def transform(cell: Sequence[float], basis: Sequence[Sequence[Fraction | int]]) -> Cell:
    """The cell whose axes are the columns of ``basis`` in terms of the axes of ``cell``."""
    p = np.array([[float(x) for x in line] for line in basis])
    return from_metric(p.T @ metric(cell) @ p)


def reduced(cell: Sequence[float], centring: str = "P") -> Cell:
    """Niggli-reduced primitive cell, one for each lattice (gemmi; Krivy and Gruber, Acta Cryst. A32, 297, 1976).

    gemmi knows the centred cells, which pymatgen does not, and a library of structures asks a million times.

    The reduced cell jumps when a lattice crosses a border between two types, so two nearly equal lattices can have
    unlike reduced cells: it is a name for a lattice, not a measure of distance. :func:`compare` is the measure.
    """
    import gemmi

    vector = gemmi.GruberVector(gemmi.UnitCell(*(float(x) for x in cell)), centring)
    vector.niggli_reduce()
    a, b, c, alpha, beta, gamma = vector.get_cell().parameters
    return (a, b, c, alpha, beta, gamma)


def deviation(row_cell: Sequence[float], file_cell: Sequence[float]) -> tuple[float, float]:
    """Largest relative difference of a length and largest difference of an angle (degrees), the cells taken as they stand."""
    lengths = max(abs(f - r) / r for r, f in zip(row_cell[:3], file_cell[:3], strict=True))
    angles = max(abs(f - r) for r, f in zip(row_cell[3:], file_cell[3:], strict=True))
    return lengths, angles


def compare(
    row_cell: Sequence[float], file_cell: Sequence[float], *, spacegroup: int | None = None, attainable: tuple[float, float] | None = None
) -> CellComparison:
    """Compare a row's cell with a file's in whichever setting fits.

    Settings are tried from simple to general: as given; axes reversed; axes permuted; in monoclinic groups another cell
    choice; any integer change of basis; cells of a multiple or a fraction of the volume. A later kind is preferred to an
    earlier one only when it fits at least twice as well, or when it lies inside the window and the earlier one does not, so
    that a pseudo-cubic cell is not permuted to chase the last digit (in Pbca 9.08, 8.94, 9.13 against 8.947, 9.12, 9.087 the
    permutation wins: 0.1 % against 2 %). All integer
    matrices whose columns are as long as the row's axes are tried, so nothing depends on a table of settings.

    Parameters
    ----------
    row_cell, file_cell
        a, b, c (angstrom), alpha, beta, gamma (degrees).
    spacegroup
        Number of the row's space group; it names settings (cell choice, hexagonal axes), and never forbids one.
    attainable
        The deviations of the best setting, where they are known (and with them that both are cells): nothing is looked for when
        the cells as given are at most twice as far apart.

    Raises
    ------
    ValueError
        When one of the two is no cell (see :func:`possible`).
    """
    if attainable is None:
        for cell in (row_cell, file_cell):
            _demand(cell)
    row, file = _cell(row_cell), _cell(file_cell)
    length, angle = deviation(row, file)
    near_enough = length <= LENGTH_ROUNDING and angle <= ANGLE_ROUNDING
    if attainable is not None and not near_enough:
        least = misfit(*attainable)
        near_enough = misfit(length, angle) <= (2 * least if least > 1 else min(2 * least, 1))
    if near_enough:
        return CellComparison(length, angle, "as given", IDENTITY)
    return _compare(row, file, spacegroup)


def misfit(length: float, angle: float) -> float:
    """The larger of two deviations in units of the window: up to 1 is inside."""
    return max(length / LENGTH_WINDOW, angle / ANGLE_WINDOW)


def _cell(cell: Sequence[float]) -> Cell:
    a, b, c, alpha, beta, gamma = (float(x) for x in cell)
    return (a, b, c, alpha, beta, gamma)


@lru_cache(maxsize=4096)
def _compare(row: Cell, file: Cell, spacegroup: int | None) -> CellComparison:
    simple = _simple()
    near = np.concatenate([simple, _bases(row, file, 1, LENGTH_WINDOW, ANGLE_WINDOW)])
    found = _best(row, file, near, spacegroup)
    if found.within():
        return found
    other = multiple(row, file, spacegroup=spacegroup)
    if other is not None:
        return other
    return _best(row, file, np.concatenate([simple, _bases(row, file, 1, LENGTH_REACH, ANGLE_REACH)]), spacegroup)


@lru_cache(maxsize=1)
def _simple() -> NDArray[np.float64]:
    """:func:`signed_permutations` as ``(24, 3, 3)``."""
    return np.array([[[int(x) for x in line] for line in basis] for basis in signed_permutations()], dtype=float)


def _best(row: Cell, file: Cell, bases: NDArray[Any], spacegroup: int | None) -> CellComparison:
    """The simplest basis that no later one fits twice as well, inside the window if any is; the first of ``bases`` is the identity."""
    lengths, angles = _deviations(row, file, bases)
    misfits = np.maximum(lengths / LENGTH_WINDOW, angles / ANGLE_WINDOW)
    floor = max(LENGTH_ROUNDING / LENGTH_WINDOW, ANGLE_ROUNDING / ANGLE_WINDOW)
    best, least = 0, float(misfits[0])
    # most of the bases of a symmetric lattice are the same again: only what could take the place of the first is ranked
    rivals = np.flatnonzero((misfits < least / 2) | (misfits <= 1 + SLACK)) if least > floor else np.array([], dtype=int)
    if least <= 1 + SLACK:
        rivals = rivals[misfits[rivals] < least / 2]
    for i in sorted(rivals.tolist(), key=lambda i: _simplicity(bases[i], spacegroup)):
        found = float(misfits[i])
        enters = found <= 1 + SLACK < least
        if enters or (found < least / 2 and least > floor):
            best, least = i, found
    basis = _fractions(bases[best])
    return CellComparison(float(lengths[best]), float(angles[best]), describe(basis, spacegroup), basis, abs(determinant(basis)))


def _deviations(row: Cell, file: Cell, bases: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """:func:`deviation` of the file's cell in each of ``(k, 3, 3)`` bases."""
    g = np.einsum("nki,km,nmj->nij", bases, metric(file), bases)
    edges = np.sqrt(np.einsum("nii->ni", g))
    pairs = ((1, 2), (0, 2), (0, 1))
    cosines = np.stack([g[:, i, j] / (edges[:, i] * edges[:, j]) for i, j in pairs], axis=1)
    lengths = np.abs(edges - row[:3]) / row[:3]
    angles = np.abs(np.degrees(np.arccos(np.clip(cosines, -1, 1))) - row[3:])
    return lengths.max(axis=1), angles.max(axis=1)


def _simplicity(basis: NDArray[Any], spacegroup: int | None) -> tuple[Any, ...]:
    """Sorts bases: simple kinds first, then small coefficients, then few minus signs, then a before b before c."""
    lines = _numbers(basis)
    columns = [x for column in zip(*lines, strict=True) for x in column]
    return kind(lines, spacegroup)[0], sum(abs(x) for x in columns), sum(x < 0 for x in columns), tuple(-x for x in columns)


def _fractions(basis: NDArray[Any]) -> Basis:
    return tuple(tuple(Fraction(x) for x in line) for line in _numbers(basis))


def _numbers(basis: NDArray[Any]) -> tuple[tuple[Any, ...], ...]:
    """A basis as whole numbers, or as fractions where it takes a cell to one of a part of its volume."""
    rounded = basis.round()
    if abs(basis - rounded).max() < SLACK:
        return tuple(tuple(int(x) for x in line) for line in rounded.tolist())
    return tuple(tuple(Fraction(x).limit_denominator(LARGEST_MULTIPLE) for x in line) for line in basis.tolist())


def multiple(row_cell: Sequence[float], file_cell: Sequence[float], *, spacegroup: int | None = None) -> CellComparison | None:
    """The row's cell as one of a whole multiple (or fraction) of the file's volume; ``None`` when none is inside the window.

    A primitive cell against a centred one is such a case, and so is a true supercell: ``multiple`` tells the ratio, not which.
    """
    row, file = _cell(row_cell), _cell(file_cell)
    ratio = volume(row) / volume(file)
    count = round(max(ratio, 1 / ratio))
    if not 2 <= count <= LARGEST_MULTIPLE:
        return None
    if ratio > 1:
        bases = _bases(row, file, count, LENGTH_WINDOW, ANGLE_WINDOW)
    else:
        bases = np.asarray(np.linalg.inv(_bases(file, row, count, LENGTH_WINDOW, ANGLE_WINDOW)))
    if not len(bases):
        return None
    simplest = sorted(range(len(bases)), key=lambda i: _simplicity(bases[i], spacegroup))
    found = _best(row, file, bases[simplest], spacegroup)
    return found if found.within() else None


def _bases(row: Cell, file: Cell, determinant: int, length: float, angle: float) -> NDArray[np.float64]:
    """Every integer basis of the file's lattice that looks like the row's cell, right-handed: ``(k, 3, 3)``, axes as columns.

    pymatgen's search (:meth:`Lattice.find_all_mappings`), whose lower limit of a length is ``1 / (1 + ltol)``. None is looked for where
    the ball of vectors as long as the row's longest axis holds more than :data:`MOST_VECTORS`, or the three shells of vectors as long as
    its axes make more than :data:`MOST_TRIPLES`: no real cell is as flat.
    """
    balls = [4 / 3 * pi * edge**3 / volume(file) for edge in row[:3]]
    if max(balls) * (1 + length) ** 3 > MOST_VECTORS or prod(max(1.0, 6 * length * ball) for ball in balls) > MOST_TRIPLES:
        return np.empty((0, 3, 3))
    found = lattice(file).find_all_mappings(lattice(row), ltol=1 / (1 - length) - 1 + SLACK, atol=angle + SLACK, skip_rotation_matrix=True)
    bases = np.array([scale.T for _, _, scale in found], dtype=float).reshape(-1, 3, 3)
    determinants = np.rint(np.linalg.det(bases))
    kept = np.abs(determinants) == determinant
    # P and -P are one cell, and both are found
    return np.asarray(np.unique(bases[kept] * np.sign(determinants[kept])[:, None, None], axis=0))


def hexagonal(cell: Sequence[float]) -> Cell:
    """Hexagonal axes (obverse) of a rhombohedral cell: ``a-b, b-c, a+b+c``, three times the volume."""
    return transform(cell, ((1, 0, 1), (-1, 1, 1), (0, -1, 1)))
