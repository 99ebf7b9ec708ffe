"""Cells that a slip explains: one number mistyped, or a cell of a multiple of the volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.chemistry import cell as cells
from pipeline.chemistry.basis import Basis, signed_permutations
from schemas import columns as col

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Slip:
    """The row's cell agrees with the file's in this basis but for one number; deviations in that basis, and the number in words."""

    basis: Basis
    length: float
    angle: float
    remark: str


def explained(row_cell: cells.Cell, file_cells: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Files that :func:`slip` or a multiple cell may explain, found in bulk: ``(n,)``."""
    ratio = cells.volume(row_cell) / cells.volumes(cells.metrics(file_cells))
    whole = np.maximum(ratio, 1 / ratio)
    count = np.rint(whole)
    several = (count >= 2) & (count <= cells.LARGEST_MULTIPLE) & (np.abs(whole / count - 1) < 0.15)
    return np.asarray(several | _off(row_cell, file_cells)[1].any(axis=1))


def _orders(file_cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cells with their axes permuted and reversed in each of 24 ways: ``(n, 24, 6)``."""
    turned = []
    for basis in signed_permutations():
        axes = [next(i for i in range(3) if basis[i][j]) for j in range(3)]
        signs = [int(basis[axes[j]][j]) for j in range(3)]
        angles = [
            file_cells[:, 3 + axes[i]] if signs[j] * signs[k] > 0 else 180 - file_cells[:, 3 + axes[i]]
            for i, j, k in ((0, 1, 2), (1, 0, 2), (2, 0, 1))
        ]
        turned.append(np.stack([*(file_cells[:, axis] for axis in axes), *angles], axis=1))
    return np.stack(turned, axis=1)


def _off(row_cell: cells.Cell, file_cells: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which numbers are off in each order of axes, ``(n, 24, 6)``, and where that is one slip, ``(n, 24)``.

    One slip spoils every number that the symmetry ties to it: the three edges of a cubic cell count as one.
    """
    row, turned = np.array(row_cell), _orders(file_cells)
    window = np.array([cells.LENGTH_WINDOW * edge + cells.SLACK for edge in row_cell[:3]] + [cells.ANGLE_WINDOW + cells.SLACK] * 3)
    off = np.abs(turned - row) > window
    one = off.any(axis=2)
    for kind in (slice(0, 3), slice(3, 6)):
        for values in (row[kind], turned[..., kind]):
            high = np.where(off[..., kind], values, -np.inf).max(axis=2)
            low = np.where(off[..., kind], values, np.inf).min(axis=2)
            one &= high - low < cells.LENGTH_ROUNDING * 10
    one &= ~(off[..., :3].any(axis=2) & off[..., 3:].any(axis=2))
    return off, one


def slip(row_cell: cells.Cell, file_cell: tuple[float, ...]) -> Slip | None:
    """The one number of the row's cell that is off, when the others agree with the file's in some order of axes."""
    off, one = _off(row_cell, np.array([file_cell]))
    if not one[0].any():
        return None
    order = int(one[0].argmax())
    basis = signed_permutations()[order]
    other = cells.transform(file_cell, basis)
    length, angle = cells.deviation(row_cell, other)
    wrong = [(column, mine, theirs) for column, mine, theirs, bad in zip(col.LATTICE, row_cell, other, off[0, order], strict=True) if bad]
    names = " = ".join(column for column, _, _ in wrong)
    return Slip(basis, length, angle, f"only {names} is off: {wrong[0][1]:g} in the row, {wrong[0][2]:.5g} in the file")
