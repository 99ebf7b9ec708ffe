"""Why the valences of a structure fail: sublattices on two origins, atoms on the origin or the axes of another setting.

Many groups are tabulated with two origins, and most allow the origin to be moved without any change of their operations (the translations
of the Euclidean normaliser: International Tables for Crystallography A, chapter 3.5). Whoever takes the cations from one description and
the anions, or the operations, from another gets atoms that are all on special positions of the group, and none beside its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, permutations, product
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from pipeline.structures.cif import CifError, read
from pipeline.structures.contacts import too_close
from pipeline.structures.symmetry import frame, positions
from pipeline.structures.valence import Cations
from pipeline.structures.write import with_coordinates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure
    from pipeline.structures.symmetry import Position

#: Translations of the normalisers are multiples of these, polar directions apart, along which any origin will do.
_STEPS = (0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4)
#: A group with more of them than this has few operations, and a shift that restores the valences would be found by chance.
MOST_SHIFTS = 32
#: Images of sites from which on no cause is sought: each attempt computes every distance again.
MOST_IMAGES = 3000
#: Atoms nearer than this part of the sum of their radii overlap: no cure.
OVERLAP = 0.6

Judge = Callable[[Cations], bool]


def cause(cations: Cations, holds: Judge) -> str:
    """What restores the valences, in words; blank when nothing that is tried here does.

    Parameters
    ----------
    cations
        The structure as it is.
    holds
        Whether the valences of a structure are what they should be.
    """
    if len(cations.structure.sites) * len(cations.structure.rotations) > MOST_IMAGES:
        return ""
    return next(chain(_shifted(cations, holds), _reread(cations, holds)), "")


def cause_of_content(structure: Structure, fits: Callable[[Mapping[str, float]], bool]) -> str:
    """What gives the cell the content that it should have, in words: all atoms on the other origin of the group; blank when that does not.

    ``fits`` says whether a content is right.
    """
    every = np.array([site.exact for site in structure.sites])
    for shift in _origin_differences(structure):
        other = _with(structure, every + shift)
        if other is not None and fits(other.content):
            return (
                f"With every atom shifted by {_vector(shift)}, as from one of the two origins of the group to the other, the cell has "
                f"{_content(other)}: the operations are on another origin than the atoms"
            )
    return ""


def origin_shifts(structure: Structure) -> list[NDArray[np.float64]]:
    """Translations, zero and those of the lattice left out, that map the set of operations to itself: fractions, at most 216."""
    group = frame(structure)
    every = np.array(list(product(_STEPS, repeat=3)))
    moved = np.einsum("gij,tj->tgi", group.rotations - np.eye(3, dtype=np.int64), every) @ group.inverse.T
    return _different(structure, every[(np.abs(moved - np.rint(moved)) < 1e-6).all(axis=(1, 2))])


def _origin_differences(structure: Structure) -> list[NDArray[np.float64]]:
    """Shifts from one tabulated origin of the group to the other, described in any of the equivalent ways; none when it has one origin."""
    tabulated = [g for g in gemmi.spacegroup_table() if g.number == structure.group_number and g.ext == "1"]
    moves = [np.array(g.basisop.tran) / gemmi.Op.DEN for g in tabulated]
    keeps = [np.zeros(3), *origin_shifts(structure)]
    rotations = frame(structure).rotations
    turned = [sign * rotation @ move + keep for move in moves for sign in (1, -1) for rotation in rotations for keep in keeps]
    return _different(structure, np.array(turned).reshape(-1, 3))


def _different(structure: Structure, shifts: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Shifts that are neither zero nor the same as an earlier one up to a translation of the lattice, each coordinate in [0, 1)."""
    group = frame(structure)
    found: list[NDArray[np.float64]] = []
    known = np.zeros((1, 3))
    for shift in shifts % 1.0:
        gaps = (shift - known) @ group.inverse.T
        if (np.abs(gaps - np.rint(gaps)) > 1e-6).any(axis=1).all():
            found.append(shift)
            known = np.vstack([known, shift])
    return found


def _shifted(cations: Cations, holds: Judge) -> Iterator[str]:
    """One sublattice moved by a translation that keeps the operations."""
    shifts = origin_shifts(cations.structure)
    if len(shifts) > MOST_SHIFTS:
        return
    is_anion = [bool(parts) and all(e in cations.anions for e, _ in parts) for parts in cations.parts]
    groups: dict[str, tuple[int, ...]] = {"the anions": tuple(i for i, yes in enumerate(is_anion) if yes)}
    for element in sorted({e for parts in cations.parts for e, _ in parts}):
        groups[element] = tuple(i for i, parts in enumerate(cations.parts) if any(e == element for e, _ in parts))
    tried = set()
    for name, members in groups.items():
        if members in tried or len(members) == len(cations.parts):
            continue
        tried.add(members)
        for shift in shifts:
            where = [replace(p, fract=p.fract + shift) if i in members else p for i, p in enumerate(cations.where)]
            if _is_cure(cations.structure, where, holds):
                yield f"Shifting {name} by {_vector(shift)}, from one origin of the group to another, restores the valences"


def _reread(cations: Cations, holds: Judge) -> Iterator[str]:
    """All atoms on the other origin of the group, or on axes in another order, under the operations of the file."""
    structure = cations.structure
    every = np.array([site.exact for site in structure.sites])
    for shift in _origin_differences(structure):
        other = _with(structure, every + shift)
        if other is not None and _is_cure(other, positions(other), holds):
            yield (
                f"With every atom shifted by {_vector(shift)}, the difference between the two origins of the group, the valences hold "
                f"and the cell has {_content(other)}: the operations are on another origin than the atoms"
            )
    for order in permutations(range(3)):
        other = None if order == (0, 1, 2) else _with(structure, every[:, order])
        if other is not None and _is_cure(other, positions(other), holds):
            axes = ", ".join("xyz"[i] for i in order)
            yield f"With the coordinates in the order {axes} the valences hold: the atoms are in another setting than cell and operations"


def _is_cure(structure: Structure, where: Sequence[Position], holds: Judge) -> bool:
    found = Cations(structure, where)
    return bool(found.judged) and holds(found) and not any(min(c.occupancies) > 0.5 for c in too_close(structure, where, OVERLAP))


def _with(structure: Structure, fract: NDArray[np.float64]) -> Structure | None:
    """The structure with the coordinates of its sites replaced, ``(n, 3)``, read again; ``None`` when it cannot be read."""
    written = {(site.row, axis): f"{fract[i, axis] % 1.0:.8f}" for i, site in enumerate(structure.sites) for axis in range(3)}
    try:
        return read(with_coordinates(structure, written, "moved"), structure.name)
    except (CifError, KeyError, ValueError):
        return None


def _vector(shift: NDArray[np.float64]) -> str:
    from fractions import Fraction

    return "(" + ", ".join(str(Fraction(float(x)).limit_denominator(24)) for x in shift) + ")"


def _content(structure: Structure) -> str:
    return "".join(f"{element}{round(amount, 2):g}" for element, amount in structure.content.items())
