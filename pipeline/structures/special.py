"""Which sites stand on special positions, when digits and the file's own multiplicities disagree.

Rounding explains how far a printed site is from its image (:func:`pipeline.structures.operations.site_symmetry`). Two things explain more.
A site that is full and within a tenth of an angstrom of its own image is on the special position between them, since two atoms cannot be
so near; ``0.66670`` beside a threefold axis is one. And where the file declares the multiplicity of a site, it tells which of the two
readings was meant. A partly filled site off a mirror is a split site, and stays one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from pipeline.structures.operations import FLOOR, Operations, gaps, site_symmetry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.structures.atoms import Atom

#: A site nearer to its image than this, angstrom, is one site with it if it is full: a tenth of the shortest bond, and ten times the
#: rounding of three digits in a cell of 20 angstrom.
NEAR = 0.1
#: Sites of which a note of its own tells both readings; the others are listed.
MOST_NAMED = 4
#: Occupancies on a site and its image that sum to more cannot be filled in turn (see pipeline.structures.contacts).
EXCLUSIVE = 1.02

Fixed = tuple[int, ...]
Place = tuple[float, float, float]


def placed(operations: Operations, atoms: Sequence[Atom], cell: gemmi.UnitCell) -> tuple[list[Atom], list[Fixed], list[Place], list[str]]:
    """The atoms with their site symmetries.

    Parameters
    ----------
    operations, atoms
        Of the file.
    cell
        Of the file.

    Returns
    -------
    list, list, list, list
        The atoms, their declared multiplicities as such (SHELXL-97 writes the order of the site symmetry instead); for each the indices
        of the operations that fix it, and its coordinates on the special position; and notes.
    """
    fract = np.array([atom.fract for atom in atoms])
    gap = gaps(operations.rotations, operations.translations, fract)
    fixed, exact = site_symmetry(operations.rotations, operations.translations, fract, np.array([atom.rounding for atom in atoms]), gap)
    basis = np.array(cell.orth.mat.tolist())
    near = _near(gap, fixed, cell, basis)
    levels = {index: _levels(operations, exact[index], set(distances.values()), basis) for index, distances in near.items()}
    order = len(operations.rotations)
    readings = [{order // len(f), *(order // len(g) for g, _ in levels.get(i, ()))} for i, f in enumerate(fixed)]
    atoms, notes = _as_multiplicities(atoms, readings, order)
    told: set[int] = set()
    more: list[str] = []
    for index, found in levels.items():
        chosen = _chosen(index, atoms, fixed, found, order)
        row, here = atoms[index].row, order // len(fixed[index])
        if chosen is not None:
            there = f"the special position {_triple(chosen[1])}"
            message = f"it is taken to stand on {there}, with multiplicity {order // len(chosen[0])} instead of {here}"
            fixed[index], exact[index] = chosen
        elif found and atoms[index].declared_multiplicity is None:
            message = f"it is partly filled and taken for a split site of multiplicity {here}, not {order // len(found[0][0])}"
        else:
            continue
        if row not in told:
            told.add(row)
            if len(told) > MOST_NAMED:
                more.append(atoms[index].label)
                continue
            distance = min(near[index].values())
            notes.append(
                f"site {atoms[index].label} at {_triple(atoms[index].fract)} is {distance:.2g} angstrom from its own image: {message}"
            )
    if more:
        notes.append(f"sites {', '.join(more)} are as near to images of their own, and are taken likewise")
    return atoms, fixed, exact, notes


def _triple(place: Place) -> str:
    return ", ".join(f"{round(value, 6) + 0:.6g}" for value in place)


def _near(
    gap: NDArray[np.float64], fixed: Sequence[Fixed], cell: gemmi.UnitCell, basis: NDArray[np.float64]
) -> dict[int, dict[int, float]]:
    """For each site the operations that take it nearer to itself than :data:`NEAR` without fixing it, and how near."""
    # how far a coordinate can be off within that distance: most operations are out of the question before any length is known
    inverse = cell.reciprocal()
    reach = NEAR * np.array([inverse.a, inverse.b, inverse.c])
    sites, which = np.nonzero((np.abs(gap) <= reach).all(axis=2))
    found: dict[int, dict[int, float]] = {}
    for site, op in zip(sites.tolist(), which.tolist(), strict=True):
        if op not in fixed[site] and (distance := float(np.linalg.norm(basis @ gap[site, op]))) <= NEAR:
            found.setdefault(site, {})[op] = distance
    return found


def _levels(operations: Operations, start: Place, near: set[float], basis: NDArray[np.float64]) -> list[tuple[Fixed, Place]]:
    """The special positions within reach, the most special first: the operations of each, and where it is."""
    found: list[tuple[Fixed, Place]] = []
    for reach in sorted(near, reverse=True):
        slack = reach * np.linalg.norm(np.linalg.inv(basis), axis=1) + FLOOR  # of each coordinate, for a distance of that length
        place = np.array([start])
        for _ in range(4):  # the mean of the images under a group is fixed by it; a set that is no group settles on one
            fixed, exact = _within(operations, place, slack)
            place = np.array([exact])
        exact_fixed, settled = _within(operations, place, np.full(3, FLOOR))
        moved = (np.array(settled) - np.array(start)) @ basis.T
        if len(exact_fixed) == len(fixed) and np.linalg.norm(moved) <= NEAR and all(len(exact_fixed) != len(f) for f, _ in found):
            found.append((exact_fixed, settled))
    return sorted(found, key=lambda level: -len(level[0]))


def _within(operations: Operations, place: NDArray[np.float64], slack: NDArray[np.float64]) -> tuple[Fixed, Place]:
    shift = operations.rotations - np.eye(3, dtype=np.int64)
    gap = (np.einsum("nij,j->ni", shift, place[0]) + operations.translations) % 1.0
    gap = np.where(gap > 0.5, gap - 1.0, gap)
    fixed = np.flatnonzero((np.abs(gap) <= slack).all(axis=1))
    x, y, z = (place[0] + gap[fixed].sum(axis=0) / len(fixed)).tolist()
    return tuple(fixed.tolist()), (x, y, z)


def _as_multiplicities(atoms: Sequence[Atom], readings: Sequence[set[int]], order: int) -> tuple[list[Atom], list[str]]:
    """Declared numbers that are orders of site symmetries on every site, turned into multiplicities."""
    declared = [
        (atom.declared_multiplicity, found) for atom, found in zip(atoms, readings, strict=True) if atom.declared_multiplicity is not None
    ]
    if all(number in found for number, found in declared) or not all(order / number in found for number, found in declared):
        return list(atoms), []
    note = "the multiplicities in the file are the orders of the site symmetries, as SHELXL-97 wrote them, and are read as such"
    return [atom if atom.declared_multiplicity is None else replace(atom, declared_multiplicity=order // atom.declared_multiplicity)
            for atom in atoms], [note]  # fmt: skip


def _chosen(
    index: int, atoms: Sequence[Atom], fixed: Sequence[Fixed], levels: Sequence[tuple[Fixed, Place]], order: int
) -> tuple[Fixed, Place] | None:
    """The special position that a site stands on; ``None`` when it stands where it is printed."""
    declared = atoms[index].declared_multiplicity
    for level in levels:
        if declared == order // len(level[0]):
            return level
    if declared == order // len(fixed[index]):
        return None
    filled = sum(atom.occupancy for atom in atoms if atom.fract == atoms[index].fract)
    return levels[0] if levels and 2 * filled > EXCLUSIVE else None
