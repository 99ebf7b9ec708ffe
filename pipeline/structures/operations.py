"""Symmetry operations: from triplets or from a symbol, completed to a group, and the site symmetry they give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from pipeline.chemistry.spacegroup import find, tidy

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Distance in fractional coordinates that is never a distance: files printed to six digits and more carry such rounding errors.
FLOOR = 1e-6
#: Operations of the largest space groups in any tabulated cell (F-centred cubic).
LARGEST = 192


@dataclass(frozen=True, slots=True)
class Operations:
    """A set of symmetry operations and the space group it generates.

    Attributes
    ----------
    rotations, translations
        ``(n, 3, 3)`` integers and ``(n, 3)`` numbers in [0, 1), centring included.
    group_number
        Number of the space group; ``None`` when the operations generate none.
    setting
        Extended Hermann-Mauguin symbol; ``None`` for a setting that is not tabulated.
    missing
        How many operations the list lacked to be a group.
    """

    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]
    group_number: int | None
    setting: str | None
    missing: int = 0


class OperationError(ValueError):
    """A list that holds no space group's operations; ``row`` is that of the operation to blame, from 0."""

    def __init__(self, reason: str, row: int = 0) -> None:
        super().__init__(reason)
        self.row = row


@lru_cache(maxsize=512)
def operations_of(triplets: tuple[str, ...]) -> Operations:
    """Operations from triplets such as ``-x, y+1/2, -z``; completed to a group where the list is not one.

    Raises
    ------
    OperationError
        When a triplet cannot be read, or the list generates no space group.
    """
    ops: dict[gemmi.Op, None] = {}
    for row, triplet in enumerate(triplets):
        try:
            op = gemmi.Op(gemmi.cif.as_string(triplet).strip()).wrap()
        except (RuntimeError, ValueError) as error:
            raise OperationError(f"{triplet!r} is no symmetry operation: {error}", row) from None
        if abs(op.det_rot()) != gemmi.Op.DEN**3:
            raise OperationError(f"{triplet!r} is no symmetry operation: it changes volumes", row)
        ops[op] = None
    group = gemmi.GroupOps(list(ops) if gemmi.Op() in ops else [gemmi.Op(), *ops])
    group.cen_ops = _closed(group.cen_ops)
    try:
        group.add_missing_elements()
    except RuntimeError as error:  # a damaged operation generates more than any group of space has
        raise OperationError(f"the list of symmetry operations generates no space group: {error}") from None
    if len(group) > LARGEST:
        raise OperationError("the list of symmetry operations generates no space group: too many operations")
    complete = len(group) == len(ops)
    return of_group(group, 0 if complete else len(group) - len(ops), list(ops) if complete else None)


def _closed(centring: list[list[int]]) -> list[list[int]]:
    """Lattice translations (in units of 1/24) with all their sums; gemmi completes rotations only."""
    found = {tuple(vector) for vector in centring}
    while len(found) <= LARGEST:
        sums = {tuple((x + y) % gemmi.Op.DEN for x, y in zip(a, b, strict=True)) for a in found for b in found}
        if sums <= found:
            break
        found |= sums
    return [list(vector) for vector in sorted(found)]


def of_group(group: gemmi.GroupOps, missing: int = 0, order: list[gemmi.Op] | None = None) -> Operations:
    """Operations of a group, in the order given."""
    ops = list(group) if order is None else order
    rotations = np.array([op.rot for op in ops]) // gemmi.Op.DEN
    translations = np.array([op.tran for op in ops]) / gemmi.Op.DEN % 1.0
    rotations.setflags(write=False)
    translations.setflags(write=False)
    found = gemmi.find_spacegroup_by_ops(group)
    if found:
        return Operations(rotations, translations, found.number, found.xhm(), missing)
    import spglib

    try:
        kind: Any = spglib.get_spacegroup_type_from_symmetry(rotations.astype("int32"), translations)
    except spglib.SpglibError:  # the operations of a damaged file need not be those of any group
        kind = None
    number = kind and (kind["number"] if isinstance(kind, dict) else kind.number)
    return Operations(rotations, translations, number, None, missing)


def settings(symbol: str, cell: Sequence[float]) -> list[gemmi.SpaceGroup]:
    """The tabulated settings that a Hermann-Mauguin symbol may mean, the likeliest first; none when there is no such symbol.

    A rhombohedral symbol leaves the axes open and the cell tells them. A symbol with two origins that names neither (``F d -3 m``) leaves
    both: the atoms must tell.
    """
    group = find(symbol)
    if group is None:
        return []
    text = tidy(symbol)
    bare = re.sub(r"[^A-Za-z]", "", text)
    named = ":" in text or (len(bare) > 1 and bare[-1] in "SZHR" and text[0] != text[-1])
    if named or not group.ext.strip("\0"):
        return [group]
    if group.ext in "HR":
        return [gemmi.find_spacegroup_by_name(f"{group.hm}:{'H' if abs(cell[5] - 120) < 1 and abs(cell[3] - 90) < 1 else 'R'}")]
    return [gemmi.find_spacegroup_by_name(f"{group.hm}:{choice}") for choice in "21"]


def site_symmetry(
    rotations: NDArray[np.int64], translations: NDArray[np.float64], fract: NDArray[np.float64], rounding: NDArray[np.float64]
) -> tuple[list[tuple[int, ...]], list[tuple[float, float, float]]]:
    """Which operations fix each site, up to lattice translations and the rounding of its printed coordinates.

    Parameters
    ----------
    rotations, translations
        ``(n, 3, 3)`` and ``(n, 3)``.
    fract, rounding
        Positions and half units in the last place, both ``(m, 3)``.

    Returns
    -------
    list, list
        Indices of the operations, and the mean of the images under them, for each site.
    """
    shift = rotations - np.eye(3, dtype=np.int64)
    distance = np.einsum("nij,mj->mni", shift, fract) + translations
    distance -= np.rint(distance)
    allowed = np.einsum("nij,mj->mni", np.abs(shift), rounding) + FLOOR
    fixed = (np.abs(distance) <= allowed).all(axis=2)
    counts = fixed.sum(axis=1)
    exact = fract + np.where(fixed[:, :, None], distance, 0.0).sum(axis=1) / counts[:, None]
    indices, ends = np.nonzero(fixed)[1].tolist(), np.cumsum(counts).tolist()
    return [tuple(indices[start:end]) for start, end in pairwise([0, *ends])], [(x, y, z) for x, y, z in exact.tolist()]


def shortest_distance(
    operations: Operations, fract: NDArray[np.float64], occupancies: NDArray[np.float64], basis: NDArray[np.float64]
) -> float:
    """Shortest distance between atoms that must sometimes be there together, angstrom; for telling origins apart."""
    images = (np.einsum("nij,mj->mni", operations.rotations, fract) + operations.translations).reshape(-1, 3)
    owner = np.repeat(np.arange(len(fract)), len(operations.rotations))
    gap = fract[:, None] - images[None]
    gap -= np.rint(gap)
    distance = np.linalg.norm(gap @ basis.T, axis=2)
    counts = (occupancies[:, None] + occupancies[owner][None] > 1.02) & (distance > 0.05)
    return float(distance[counts].min(initial=np.inf))
