"""Symmetry operations: from triplets or from a symbol, completed to a group, and the site symmetry they give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from pipeline.chemistry.spacegroup import find, tidy, unique_axis

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Distance in fractional coordinates that is never a distance: files printed to six digits and more carry such rounding errors.
FLOOR = 1e-6
#: Operations of the largest space groups in any tabulated cell (F-centred cubic).
LARGEST = 192
#: A cell angle further from 90 degrees than this is not 90: angles are printed to a hundredth.
ASKEW = 0.02


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
    lacks
        Two operations listed whose product is none of the list, and that product, as triplets; blank for a group.
    """

    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]
    group_number: int | None
    setting: str | None
    missing: int = 0
    lacks: tuple[str, ...] = ()


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
        if len(triplet.split(",")) > 3:
            raise OperationError(f"{triplet!r} is an operation of more than three dimensions: give those of the average structure", row)
        try:
            op = gemmi.Op(triplet).wrap()
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
    whole = of_group(group, list(ops) if len(group) == len(ops) else None)
    if not _is_closed(group):  # gemmi completes rotations: a screw axis of a quarter turns into a translation that it overlooks
        first, second, third = _lacks(list(group))
        raise OperationError(f"the list of symmetry operations is no group: {first} after {second} gives {third}, which is not listed")
    if len(group) == len(ops):
        return whole
    return replace(of_group(group), missing=len(group) - len(ops), lacks=_lacks(list(ops)))


def _is_closed(group: gemmi.GroupOps) -> bool:
    """Whether every product of two operations, its translation included, is in the group as gemmi completed it."""
    den = gemmi.Op.DEN
    rotations = np.array([op.rot for op in group.sym_ops]) / den
    translations = np.array([op.tran for op in group.sym_ops], dtype=float)
    centring = np.array(group.cen_ops, dtype=float)
    known = (np.rint(centring) % den) @ den ** np.arange(3)

    def in_lattice(shifts: NDArray[np.float64]) -> bool:
        return bool(np.isin((np.rint(shifts).reshape(-1, 3) % den) @ den ** np.arange(3), known).all())

    code = np.rint(rotations).reshape(-1, 9) @ 7.0 ** np.arange(9)
    order = np.argsort(code)
    products = np.rint(rotations[:, None] @ rotations[None]).reshape(-1, 9) @ 7.0 ** np.arange(9)
    which = order[np.searchsorted(code, products, sorter=order)]  # a product's rotation is there: gemmi has completed them
    shifts = np.einsum("aij,bj->abi", rotations, translations) + translations[:, None]
    turned = np.einsum("aij,cj->aci", rotations, centring)
    return in_lattice(shifts - translations[which].reshape(shifts.shape)) and in_lattice(turned)


def _lacks(ops: list[gemmi.Op]) -> tuple[str, ...]:
    """Two operations whose product is not among them, and the product; the identity alone may be missing too."""
    known = set(ops)
    pairs = ((a, b, (a * b).wrap()) for a in ops for b in ops)
    return next(((a.triplet(), b.triplet(), c.triplet()) for a, b, c in pairs if c not in known), ("x,y,z",))


def combined(operations: Sequence[str], centring: Sequence[str]) -> tuple[str, ...]:
    """Operations of a magnetic group without time reversal: each operation with each centring translation, as triplets.

    Magnetic operations carry a fourth part, +1 or -1, which turns moments and leaves positions alone (magnetic CIF dictionary).

    Raises
    ------
    OperationError
        When a triplet cannot be read.
    """
    found: dict[str, None] = {}
    for row, centre in enumerate(centring or ("x,y,z",)):
        for line, operation in enumerate(operations):
            try:
                found[(gemmi.Op(without_time(centre)) * gemmi.Op(without_time(operation))).wrap().triplet()] = None
            except (RuntimeError, ValueError) as error:
                raise OperationError(
                    f"{operation!r} or {centre!r} is no symmetry operation: {error}", line if len(centring) < 2 else row
                ) from None
    return tuple(found)


def without_time(triplet: str) -> str:
    """A triplet without the part that reverses time (``x,y,z,-1``)."""
    return re.sub(r",\s*[-+]?1\s*$", "", triplet) if triplet.count(",") == 3 else triplet


def _closed(centring: list[list[int]]) -> list[list[int]]:
    """Lattice translations (in units of 1/24) with all their sums; gemmi completes rotations only."""
    found = {tuple(vector) for vector in centring}
    while len(found) <= LARGEST:
        sums = {tuple((x + y) % gemmi.Op.DEN for x, y in zip(a, b, strict=True)) for a in found for b in found}
        if sums <= found:
            break
        found |= sums
    return [list(vector) for vector in sorted(found)]


def of_group(group: gemmi.GroupOps, order: list[gemmi.Op] | None = None) -> Operations:
    """Operations of a group, in the order given."""
    ops = list(group) if order is None else order
    rotations = np.array([op.rot for op in ops]) // gemmi.Op.DEN
    translations = np.array([op.tran for op in ops]) / gemmi.Op.DEN % 1.0
    rotations.setflags(write=False)
    translations.setflags(write=False)
    found = gemmi.find_spacegroup_by_ops(group)
    if found:
        return Operations(rotations, translations, found.number, found.xhm())
    import spglib

    try:
        kind: Any = spglib.get_spacegroup_type_from_symmetry(rotations.astype("int32"), translations)
    except spglib.SpglibError:  # the operations of a damaged file need not be those of any group
        kind = None
    number = kind and (kind["number"] if isinstance(kind, dict) else kind.number)
    return Operations(rotations, translations, number, None)


def settings(symbol: str, cell: Sequence[float]) -> list[gemmi.SpaceGroup]:
    """The tabulated settings that a Hermann-Mauguin symbol may mean, the likeliest first; none when there is no such symbol.

    A rhombohedral symbol leaves the axes open and the cell tells them; so does a short monoclinic one (``P 2/m``) with the unique axis. A
    symbol with two origins that names neither (``F d -3 m``) leaves both: the atoms must tell.
    """
    group = find(symbol)
    if group is None:
        return []
    text = tidy(symbol)
    if group.crystal_system_str() == "monoclinic":
        return _monoclinic(group, text, cell)
    bare = re.sub(r"[^A-Za-z]", "", text)
    named = ":" in text or (len(bare) > 1 and bare[-1] in "SZHR" and text[0] != text[-1])
    if named or not group.ext.strip("\0"):
        return [group]
    if group.ext in "HR":
        return [gemmi.find_spacegroup_by_name(f"{group.hm}:{'H' if abs(cell[5] - 120) < 1 and abs(cell[3] - 90) < 1 else 'R'}")]
    return [gemmi.find_spacegroup_by_name(f"{group.hm}:{choice}") for choice in "21"]


def _monoclinic(group: gemmi.SpaceGroup, text: str, cell: Sequence[float]) -> list[gemmi.SpaceGroup]:
    """The settings of a monoclinic symbol about the axis that the cell makes unique; the symbol's own where it names its axis itself.

    Of several cell choices those with the glides of the symbol are meant, or else all with its centring. There may be no setting about that
    axis with the centring (C about c); then the symbol is kept, and contradicts the cell.
    """
    askew = [axis for axis, angle in zip("abc", cell[3:], strict=True) if abs(angle - 90) > ASKEW]
    short = re.fullmatch(r"[A-Za-z](21?|[a-en]|m|21?/[a-en]|21?/m)", text)  # with ones it names its axis itself
    if short is None or len(askew) != 1 or unique_axis(group) == askew[0]:
        return [group]
    others = [
        each for each in gemmi.spacegroup_table()
        if each.number == group.number and unique_axis(each) == askew[0] and each.centring_type() == group.centring_type()
    ]  # fmt: skip
    alike = [each for each in others if _letters(each) == _letters(group)]
    return alike or others or [group]


def _letters(group: gemmi.SpaceGroup) -> list[str]:
    return sorted(re.findall(r"[A-Za-z]", group.hm))


def site_symmetry(
    rotations: NDArray[np.int64],
    translations: NDArray[np.float64],
    fract: NDArray[np.float64],
    rounding: NDArray[np.float64],
    gap: NDArray[np.float64] | None = None,
) -> tuple[list[tuple[int, ...]], list[tuple[float, float, float]]]:
    """Which operations fix each site, up to lattice translations and the rounding of its printed coordinates.

    Parameters
    ----------
    rotations, translations
        ``(n, 3, 3)`` and ``(n, 3)``.
    fract, rounding
        Positions and half units in the last place, both ``(m, 3)``.
    gap
        The :func:`gaps` of the sites where they are known already.

    Returns
    -------
    list, list
        Indices of the operations, and the mean of the images under them, for each site.
    """
    gap = gaps(rotations, translations, fract) if gap is None else gap
    allowed = _turned(np.abs(rotations - _IDENTITY), rounding) + FLOOR
    fixed: NDArray[np.bool_] = np.all(np.abs(gap) <= allowed, axis=2)
    counts = fixed.sum(axis=1)
    exact = fract + np.where(fixed[:, :, None], gap, 0.0).sum(axis=1) / counts[:, None]
    indices, ends = np.nonzero(fixed)[1].tolist(), np.cumsum(counts).tolist()
    return [tuple(indices[start:end]) for start, end in pairwise([0, *ends])], [(x, y, z) for x, y, z in exact.tolist()]


def gaps(rotations: NDArray[np.int64], translations: NDArray[np.float64], fract: NDArray[np.float64]) -> NDArray[np.float64]:
    """From each site to the nearest lattice translate of each of its images, fractional coordinates: ``(m, n, 3)``."""
    gap = _turned(rotations - _IDENTITY, fract) + translations
    gap -= np.rint(gap)
    return gap


_IDENTITY = np.eye(3, dtype=np.int64)


def _turned(matrices: NDArray[np.int64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each of ``n`` matrices on each of ``m`` vectors, as one product: ``(m, n, 3)``."""
    return (vectors @ matrices.reshape(-1, 3).T.astype(np.float64)).reshape(len(vectors), -1, 3)


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
