"""Symmetry of a structure: its positions, what shares them, and the space group that spglib finds from the atoms alone.

A *site* is a row of the file; a *position* is a place in space. Atoms that share a position (mixed occupancy) are one atom of a
kind of its own for spglib, and the kind is the composition of the position: ``Al 0.15 + Ti 0.85`` is not ``Al 0.3 + Ti 0.7``.
Sites share a position when they lie on it or on one of its images.

The cell handed to spglib is a primitive one: a quarter of the atoms of an F-centred cell, and a search that costs their square.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from pipeline.safety.remembered import with_object
from pipeline.structures.cif import Structure
from pipeline.structures.operations import FLOOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Distance tolerance of spglib, angstrom. The group found for the 321 published structures is that of the file's operations for every
#: value from 0.00001 to 0.01; at 0.05 noise of 0.01 already passes for symmetry (Pmmm for P4/mmm), and below 0.005 a file of three
#: digits loses its own.
SYMPREC = 0.01
#: Tried in turn when spglib fails, as it does when two atoms of a kind are nearer than the tolerance.
FALLBACK = (0.001, 0.0001)
#: Atoms of the telling kinds in the primitive cell that spglib is asked about at most: it needs the square of their number, 17 s for 5,000.
MOST_ATOMS = 1200
#: Images of a general position, in the primitive cell, that seldom have more symmetry than its group.
MANY = 24
#: Gaps between atoms and images that are looked at together: 24 MB.
AT_A_TIME = 1_000_000
#: Gaps that are looked at before spglib is asked after all: less than a second. The release needs 1,880.
MOST_GAPS = 30_000_000
#: Turns a rotation into one number; its elements lie between -3 and 3 in any cell that is not skewed beyond use.
_DIGITS = 7 ** np.arange(9)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The operations of a space group without its lattice translations, and a primitive cell.

    Attributes
    ----------
    rotations, translations
        One operation a rotation: ``(m, 3, 3)`` and ``(m, 3)``.
    point
        For each operation of the file, the index of its rotation here: ``(n,)``.
    product
        Index of the product of two rotations: ``(m, m)``.
    primitive
        Basis of the primitive cell as columns, in the axes of the file's cell.
    inverse
        The inverse of that matrix.
    centring
        The lattice translations inside the file's cell, zero included: ``(k, 3)``.
    """

    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]
    point: NDArray[np.int64]
    product: NDArray[np.int64]
    primitive: NDArray[np.float64]
    inverse: NDArray[np.float64]
    centring: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Position:
    """A position of the asymmetric unit and the sites that share it.

    Attributes
    ----------
    fract
        Its fractional coordinates, completed where the file rounded them.
    fixed_by
        Rotations of its site symmetry: indices into :class:`Frame`.
    sites
        Indices of the sites on it.
    images
        For each site, the index in :class:`Frame` of the operation that takes the position to where the file puts the site.
    """

    fract: NDArray[np.float64]
    fixed_by: tuple[int, ...]
    sites: tuple[int, ...]
    images: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Symmetry:
    """What spglib finds.

    Attributes
    ----------
    number
        Space group number; ``None`` when spglib finds no symmetry at any tolerance, or is not asked about so many atoms.
    symprec
        Tolerance used, angstrom.
    version
        Version of spglib.
    rotations, translations
        Operations in the axes of the file's primitive cell (see :class:`Frame`).
    """

    number: int | None
    symprec: float
    version: str
    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]


def frame(structure: Structure) -> Frame:
    """Operations of the structure without lattice translations, and its primitive cell; made once for each set of operations."""
    return _frame(structure.rotations.tobytes(), structure.translations.tobytes())


@lru_cache(maxsize=512)
def _frame(rotation_bytes: bytes, translation_bytes: bytes) -> Frame:
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    translations = np.frombuffer(translation_bytes).reshape(-1, 3)
    code = rotations.reshape(-1, 9) @ _DIGITS
    _, first, point = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    keep, point = first[order], rank[point.reshape(-1)]
    unique = rotations[keep]
    codes = code[keep]
    products = np.einsum("aij,bjk->abik", unique, unique).reshape(-1, 9) @ _DIGITS
    sorter = np.argsort(codes)
    product = sorter[np.searchsorted(codes, products, sorter=sorter)].reshape(len(unique), len(unique))
    centring = translations[code == np.eye(3, dtype=np.int64).ravel() @ _DIGITS]
    primitive = _primitive(centring)
    return Frame(unique, translations[keep], point, product, primitive, np.asarray(np.linalg.inv(primitive), dtype=np.float64), centring)


def _primitive(centring: NDArray[np.float64]) -> NDArray[np.float64]:
    """Basis, as columns, of the lattice that the unit vectors and the centring translations generate.

    gemmi has such a basis for the tabulated centrings only; a file may list others, such as halves along one axis.
    """
    if len(centring) == 1:
        return np.eye(3)
    scale = 24  # every translation of a space group in any tabulated setting is a multiple of 1/24
    rows = np.vstack([np.rint(centring * scale).astype(np.int64), scale * np.eye(3, dtype=np.int64)]).tolist()
    basis = []
    for axis in range(3):  # Gauss's elimination in integers: what stays of each axis is a greatest common divisor
        while sum(row[axis] != 0 for row in rows) > 1:
            pivot = min((row for row in rows if row[axis]), key=lambda row: abs(row[axis]))
            rows = [row if row is pivot else [x - (row[axis] // pivot[axis]) * p for x, p in zip(row, pivot, strict=True)] for row in rows]
        pivot = next(row for row in rows if row[axis])
        rows = [row for row in rows if row is not pivot]
        basis.append(pivot)
    return np.array(basis).T / scale


def positions(structure: Structure, tolerance: float | None = None) -> tuple[Position, ...]:
    """The positions of the asymmetric unit, in the order of the file.

    Parameters
    ----------
    structure
        The structure.
    tolerance
        How far a site may be from an image that it shares, angstrom; by default what the rounding of its coordinates explains.
    """
    group = frame(structure)
    sites = structure.sites
    here = np.array([site.exact for site in sites])
    every = np.einsum("gij,sj->sgi", group.rotations, here) + group.translations
    order = np.array([len(site.fixed_by) for site in sites])
    rounding = np.array([max(site.rounding) for site in sites])
    first = np.arange(len(sites))  # the first site of the file on the same position; every site shares its own
    image = np.zeros(len(sites), dtype=np.int64)  # the operation that takes that one to where the file puts the site
    step = max(1, AT_A_TIME // (len(sites) * len(group.rotations)))
    for start in range(0, len(sites), step):
        rows = order[start : start + step]
        # a site and one of those up to it in the file, where both have as many images
        site_of, other = np.nonzero(np.tri(len(rows), len(sites), start, dtype=bool) & (rows[:, None] == order[None, :]))
        site_of += start
        gap = (every[other] - here[site_of, None]).reshape(-1, 3)  # of a site from each image of the other
        if len(group.centring) > 1:
            gap = gap @ group.inverse.T
        gap -= np.rint(gap)
        if tolerance is None:
            if len(group.centring) > 1:
                gap = gap @ group.primitive.T
            near = np.abs(gap).max(axis=1)
            # two sites printed one unit apart are two positions, since rounding explains less; one of the sixth place is no distance
            allowed: Any = np.maximum(1.01 * FLOOR, 0.99 * (rounding[site_of] + rounding[other]))
        else:
            near = np.linalg.norm(gap @ (structure.basis @ group.primitive).T, axis=1)
            allowed = tolerance
        near = near.reshape(len(other), -1)
        shares = near.min(axis=1) <= allowed
        site_of, other = site_of[shares], other[shares]
        np.minimum.at(first, site_of, other)
        is_first = first[site_of] == other
        image[site_of[is_first]] = near[shares][is_first].argmin(axis=1)
    for index in np.flatnonzero(first[first] != first).tolist():
        if first[first[index]] != first[index]:  # near a site that shares the position of a third, which is too far: a position of its own
            same = np.flatnonzero((group.rotations == np.eye(3, dtype=np.int64)).all(axis=(1, 2)))[0]
            first[index], image[index] = index, same
    members: dict[int, list[int]] = {}
    for index, owner in enumerate(first.tolist()):
        members.setdefault(owner, []).append(index)
    turns = image.tolist()
    return tuple(
        Position(here[index], _rotations(sites[index].fixed_by, group), tuple(mine), tuple([turns[i] for i in mine]))
        for index, mine in sorted(members.items())
    )


@lru_cache(maxsize=8192)
def _rotations(fixed_by: tuple[int, ...], group: Frame) -> tuple[int, ...]:
    """Rotations, as indices into the frame, of some of the file's operations."""
    return tuple(sorted({int(group.point[i]) for i in fixed_by}))


def images(position: Position, group: Frame) -> NDArray[np.float64]:
    """The images of a position in one primitive cell, each once, in the axes of the file's cell: ``(k, 3)``, not wrapped."""
    return all_images((position,), group)[0]


def all_images(where: Sequence[Position], group: Frame) -> tuple[NDArray[np.float64], list[int]]:
    """The :func:`images` of several positions below each other, ``(n, 3)``, and how many each position has."""
    rotations, translations, sizes = _orbits(tuple([position.fixed_by for position in where]), group)
    fract = np.repeat(np.array([position.fract for position in where]), sizes, axis=0)
    return np.einsum("nij,nj->ni", rotations, fract) + translations, sizes


@lru_cache(maxsize=64)
def _orbits(fixed_by: tuple[tuple[int, ...], ...], group: Frame) -> tuple[NDArray[np.int64], NDArray[np.float64], list[int]]:
    """The operations that make the images of several positions below each other, and how many each position has."""
    chosen = [coset(each, group) for each in fixed_by]
    operations = np.concatenate(chosen)
    return group.rotations[operations], group.translations[operations], [len(each) for each in chosen]


@lru_cache(maxsize=8192)
def coset(fixed_by: tuple[int, ...], group: Frame) -> NDArray[np.int64]:
    """One operation for each image of a position: the first of each coset of its site symmetry."""
    found = np.unique(group.product[:, list(fixed_by)].min(axis=1))
    found.setflags(write=False)
    return found


def composition(position: Position, structure: Structure) -> tuple[tuple[str, float], ...]:
    """Elements of a position and their occupancies, in the order of the alphabet; rounded as occupancies are printed at most."""
    if len(position.sites) == 1:
        site = structure.sites[position.sites[0]]
        return ((site.element, round(site.occupancy, 6)),)
    parts: dict[str, list[float]] = {}
    for i in position.sites:
        parts.setdefault(structure.sites[i].element, []).append(structure.sites[i].occupancy)
    return tuple(sorted((element, round(math.fsum(amounts), 6)) for element, amounts in parts.items()))


def spglib_cell(structure: Structure, where: Sequence[Position]) -> tuple[NDArray[np.float64], NDArray[np.float64], list[int]]:
    """Primitive cell for spglib: basis as rows (angstrom), fractional positions, and a number for the kind of each atom."""
    group = frame(structure)
    kinds: dict[tuple[tuple[str, float], ...], int] = {}
    atoms, sizes = all_images(where, group)
    numbers: list[int] = []
    for position, size in zip(where, sizes, strict=True):
        numbers += [kinds.setdefault(composition(position, structure), len(kinds) + 1)] * size
    return (structure.basis @ group.primitive).T, atoms @ group.inverse.T, numbers


def may_have_more(structure: Structure, where: Sequence[Position], symprec: float = SYMPREC) -> bool:
    """Whether the atoms may have symmetries beyond the file's operations; a quick no spares the search.

    Any such symmetry would take some lattice symmetry outside the file's point group, or a translation outside its lattice, and the
    rarest kind of atom onto itself. These are few, and each is tried on one atom of every position. It halves the time that noise takes,
    since spglib need not be asked about most files.
    """
    group = frame(structure)
    lattice = _centring(group)
    if lattice is None:
        return True
    # one degree is wider than any tolerance of 0.01 angstrom in a cell of 2 angstrom and more
    symmetries = gemmi.find_lattice_symmetry(gemmi.UnitCell(*structure.cell), lattice, 1.0)
    proper = np.frombuffer(b"".join([_rotation(op) for op in symmetries]), dtype=np.int64).reshape(-1, 3, 3)
    candidates = np.concatenate([proper, -proper])
    known = set((group.rotations.reshape(-1, 9) @ _DIGITS).tolist())
    rotations = [np.eye(3, dtype=np.int64)]
    for candidate, code in zip(candidates, (candidates.reshape(-1, 9) @ _DIGITS).tolist(), strict=True):
        if code not in known:  # one of each coset: the product with a symmetry of the file is another candidate of its coset
            known |= set(((candidate @ group.rotations).reshape(-1, 9) @ _DIGITS).tolist())
            rotations.append(candidate)
    _, atoms, numbers = spglib_cell(structure, where)
    kinds = np.array(numbers)
    rare = atoms[kinds == np.bincount(kinds)[1:].argmin() + 1]
    turns = group.inverse @ np.array(rotations) @ group.primitive
    shifts = rare[None, :] - (turns @ rare[0])[:, None]
    turns, shifts = np.repeat(turns, len(rare), axis=0)[1:], shifts.reshape(-1, 3)[1:]  # without the identity
    metric = (structure.basis @ group.primitive).T
    start = looked_at = 0
    for position in where:
        size = len(group.rotations) // len(position.fixed_by)
        others = atoms[kinds == kinds[start]]
        looked_at += len(turns) * len(others)
        if looked_at > MOST_GAPS:
            return True
        stays = np.zeros(len(turns), dtype=bool)
        step = max(1, AT_A_TIME // len(others))
        for part in (slice(begin, begin + step) for begin in range(0, len(turns), step)):
            gap = (turns[part] @ atoms[start] + shifts[part])[:, None] - others[None]
            gap -= np.rint(gap)
            # twice the tolerance: the atom that the shifts were taken from may itself be off by it
            stays[part] = np.square(gap @ metric).sum(axis=2).min(axis=1) <= (2 * symprec) ** 2
        turns, shifts = turns[stays], shifts[stays]
        if not len(turns):
            return False
        start += size
    return True


@lru_cache(maxsize=512)
def _rotation(op: gemmi.Op) -> bytes:
    """Rotation of an operation, nine integers as bytes."""
    return (np.array(op.rot, dtype=np.int64) // gemmi.Op.DEN).tobytes()


@lru_cache(maxsize=512)
def _centring(group: Frame) -> str | None:
    """Letter of the centred lattice; ``None`` for one that :func:`gemmi.find_lattice_symmetry` does not know."""
    translations = gemmi.GroupOps([gemmi.Op()])
    translations.cen_ops = np.rint(group.centring * gemmi.Op.DEN).astype(int).tolist()
    letter = str(translations.find_centering())
    return letter if letter in "PABCIFR" else None


def symmetry(structure: Structure, where: Sequence[Position] | None = None, symprec: float = SYMPREC) -> Symmetry:
    """Space group of the atoms alone, by spglib.

    The file's operations serve to build the cell and hence are symmetries of it; the question is whether the atoms have more. The
    symmetries of all atoms are among those of all atoms of some kinds, so when these alone have no more operations than the file lists,
    nor have all atoms. spglib is asked about some first (:func:`_telling`), and about all atoms where that does not settle it.

    Parameters
    ----------
    structure, where
        The structure, and its :func:`positions` where they are known already.
    symprec
        Distance tolerance, angstrom.
    """
    import spglib

    where = positions(structure) if where is None else where
    group = frame(structure)
    some = _telling(structure, where)
    if sum(len(group.rotations) // len(position.fixed_by) for position in some) > MOST_ATOMS:
        return Symmetry(None, symprec, spglib.__version__, np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))
    for tolerance in (symprec, *(t for t in FALLBACK if t < symprec)):
        found = _search(structure, some, tolerance)
        if found is not None and len(found.rotations) != len(group.rotations) and len(some) < len(where):
            found = _search(structure, where, tolerance)
        if found is not None:
            return Symmetry(int(found.number), tolerance, spglib.__version__, np.asarray(found.rotations, dtype=np.int64),
                            np.asarray(found.translations))  # fmt: skip
    return Symmetry(None, FALLBACK[-1], spglib.__version__, np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))


def _telling(structure: Structure, where: Sequence[Position]) -> list[Position]:
    """All positions of the kinds that soonest tell the group.

    spglib spends most of its time on naming special positions, so each kind has one of the most general. The rarest come first; a
    general position by itself often has more symmetry than its group (a single atom in P 1), two or one of many atoms seldom. Asking
    about these instead of all atoms halves the time that noise and checks of structures take.
    """
    order = len(frame(structure).rotations)
    general = min(len(position.fixed_by) for position in where)
    kinds: dict[tuple[tuple[str, float], ...], list[Position]] = {}
    for position in where:
        kinds.setdefault(composition(position, structure), []).append(position)
    sizes = {kind: sum(order // len(position.fixed_by) for position in members) for kind, members in kinds.items()}
    chosen: list[Position] = []
    for kind in sorted(kinds, key=sizes.__getitem__):
        free = sum(len(position.fixed_by) == general for position in kinds[kind])
        if free:
            chosen += kinds[kind]
            if sizes[kind] >= MANY or sum(len(position.fixed_by) == general for position in chosen) > 1:
                break
    return chosen


def _search(structure: Structure, where: Sequence[Position], symprec: float) -> Any:
    """The data set of spglib for some orbits, or ``None``; one failure in spglib is another in its next version."""
    import spglib

    try:
        cell: Any = spglib_cell(structure, where)
        return spglib.get_symmetry_dataset(cell, symprec=symprec)
    except spglib.SpglibError:
        return None


@dataclass(frozen=True, slots=True)
class Examined:
    """A structure, its positions and its symmetry."""

    structure: Structure
    positions: tuple[Position, ...]
    symmetry: Symmetry


@with_object
def examined(structure: Structure) -> Examined:
    """Positions and symmetry of a structure; remembered, since checks and matching ask for the same structures."""
    where = positions(structure)
    return Examined(structure, where, symmetry(structure, where))
