"""Structures that are one under two names, found by their content: the one place that says when two structures are the same.

There are three answers, for three uses. :func:`secret_key` is exact, and what noise is tied to. :func:`fingerprint` is a key to the digits
that files are printed to, for finding copies among many. :func:`copies` compares two structures at a time, and finds a copy that was
edited: other elements or occupancies, atoms added, fewer digits, a cell that was stretched.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from pipeline.safety import limits
from pipeline.safety.remembered import with_object
from pipeline.structures.cif import Structure
from pipeline.structures.noise import SIGMA, free_directions
from pipeline.structures.original import original, with_all_operations
from pipeline.structures.symmetry import all_images, composition, frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.structures.symmetry import Position

#: Fractional coordinates and occupancies that agree to this are one number: files are printed to four or five decimals.
SAME_FRACT = 1e-4
#: Likewise cell lengths, in angstrom, and angles, in degrees.
SAME_LENGTH = 1e-3
SAME_ANGLE = 0.01
#: Coordinates that are no simple fractions which a structure must have before equal fingerprints mean anything: two rock salts are alike,
#: and a single coordinate of four digits is hit by chance among some hundred argyrodites.
FREE = 2
#: Special positions are multiples of this.
_SPECIAL = 1 / 24
#: Distinct coordinates, or occupancies of three digits, that two compounds may not share: a refinement has a last digit of its own.
COORDINATES = 3
OCCUPANCIES = 2
#: Isostructural compounds have cells within this part of each other's, and coordinates within so much: what agrees better by a factor of
#: ten is one more decimal that chance does not explain.
_ALIKE = 0.03
_SPREAD = 0.01
#: Decimals that must agree for a copy: chance explains so many in a few pairs of a million.
DECIMALS = 5.5
#: Standard deviations of the noise that a coordinate may be off: one in two million is further.
REACH = 5.0
#: Numbers (free parameters of the cell, occupancies below one) that a structure and one with noise share digit for digit before they are
#: taken for one refinement.
AGREEING = 3

Key = tuple[object, ...]
_Test = Callable[[Structure, Structure], bool]


@dataclass(frozen=True)
class _Cells:
    """Which cells are near each other: a test, and how far from a length it can only pass."""

    are_near: Callable[[Sequence[float], Sequence[float]], bool]
    reach: Callable[[float], float]


def secret_key(structure: Structure) -> str | None:
    """Key of the content of a structure whose coordinates say something; ``None`` for one that has no free coordinate."""
    moving, where, _ = with_all_operations(structure)
    return original(moving, where).digest if _is_free(moving, where) else None


def _is_free(structure: Structure, where: Sequence[Position]) -> bool:
    rotations = frame(structure).rotations
    return any(free_directions(rotations[list(position.fixed_by)]).size for position in where)


def fingerprint(structure: Structure) -> Key | None:
    """What two copies of one refinement share: cell, and for each site element, occupancy and the first of its images.

    Neither the order of the sites nor the choice of a representative matters. ``None`` for a structure whose coordinates are fixed by
    symmetry or nearly so (fewer than two are no simple fractions): equality says nothing there.
    """
    free = {tuple(sorted({x for x in site.fract if _tells(x)})) for site in structure.sites}
    if sum(map(len, free)) < FREE:
        return None
    images = np.einsum("nij,mj->mni", structure.rotations, np.array([site.fract for site in structure.sites])) + structure.translations
    parts = round(1 / SAME_FRACT)
    # three places on the grid make one number, and the least of them the first image
    first = ((np.round(images / SAME_FRACT).astype(np.int64) % parts) @ (parts**2, parts, 1)).min(axis=1).tolist()
    sites = [
        (site.element, round(site.occupancy / SAME_FRACT), place // parts**2, place // parts % parts, place % parts)
        for site, place in zip(structure.sites, first, strict=True)
    ]
    lengths = tuple(round(x / SAME_LENGTH) for x in structure.cell[:3])
    return (lengths, tuple(round(x, 2) for x in structure.cell[3:]), tuple(sorted(sites)))


def _tells(coordinate: float) -> bool:
    """Whether a coordinate is no simple fraction."""
    return abs(coordinate / _SPECIAL - round(coordinate / _SPECIAL)) > 24 * SAME_FRACT


def models(structure: Structure) -> dict[str, Key]:
    """What two structures of different compounds share when one model stands for both, by its name: all coordinates, all occupancies.

    Coordinates that symmetry fixes and occupancies that are simple fractions (0.667) or of two digits say nothing. Coordinates count up to
    their sign, so that the choice of a representative seldom matters; noise hides them, and leaves the occupancies.
    """
    free = sorted({
        round(min(x % 1.0, -x % 1.0) / SAME_FRACT) for site in structure.sites for x in site.fract
        if _tells(x)
    })  # fmt: skip
    filled = sorted({(site.element, round(site.occupancy / SAME_FRACT)) for site in structure.sites if _is_refined(site.occupancy)})
    found: dict[str, Key] = {}
    if len(free) >= COORDINATES:
        found["coordinates"] = (structure.group_number, *free)
    if len({occupancy for _, occupancy in filled}) >= OCCUPANCIES:
        found["occupancies"] = (structure.group_number, *filled)
    return found


def _is_refined(occupancy: float) -> bool:
    """Whether an occupancy has three digits and is no fraction of twelfths or sixteenths."""
    has_digits = abs(100 * occupancy - round(100 * occupancy)) > 100 * SAME_FRACT
    return has_digits and all(abs(occupancy - round(occupancy * n) / n) > 6 * SAME_FRACT for n in (12, 16))


# --- two at a time ---------------------------------------------------------------------------------------------------
def copies(some: Mapping[str, Structure], others: Mapping[str, Structure], *, stretched: bool = False) -> dict[str, tuple[str, ...]]:
    """For each of some structures that is, by its content, one of the others: the names of those, in the order of the others.

    A copy has the content of the other (:func:`secret_key`), or its cell and coordinates: each position of the one that tells something is
    a position of the other, and the digits that agree are more than chance explains (:data:`DECIMALS`). What stands on the positions does
    not matter, nor do further positions. A structure without a free coordinate is a copy of nothing.

    Parameters
    ----------
    some, others
        Structures by name; one is not compared with another of its own name.
    stretched
        Whether a structure in another cell of like lengths counts. Members of a series may share refined coordinates, so that this alone is
        no proof that something was copied.

    Raises
    ------
    InputError
        When so many structures have like cells that comparing them has no end.
    """
    return _those(some, others, _NEAR if stretched else _SAME, is_copy)


def without_noise(some: Mapping[str, Structure], noisy: Mapping[str, Structure]) -> dict[str, tuple[str, ...]]:
    """For each of some structures that is one of those with noise but for the noise: the names of those.

    Cell and occupancies agree digit for digit, in at least :data:`AGREEING` numbers, and each coordinate within :data:`REACH` times sigma:
    it is the original, or has another noise. A structure that equals the other (:func:`copies`) is not named.
    """
    return _those(some, noisy, _SAME, lambda one, other: _differs_by_noise(one, other) and not is_copy(one, other))


def may_be(text: str, structures: Collection[Structure]) -> bool:
    """Whether the cell that stands in a CIF is like that of one of some structures: a quick no spares reading it."""
    try:
        blocks = gemmi.cif.read_string(text)
    except (RuntimeError, ValueError):
        return True
    for block in blocks:
        lengths = [gemmi.cif.as_number(block.find_value(f"_cell_length_{axis}") or "?") for axis in "abc"]
        if not all(map(math.isfinite, lengths)):
            continue
        if any(_near_cells(lengths, each.cell[:3]) for each in structures):
            return True
        if len(blocks) == 1:
            return False
    return len(blocks) > 1


def _near_cells(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(x - y) <= _ALIKE * max(x, y) for x, y in zip(one[:3], other[:3], strict=True)) and all(
        abs(x - y) <= 100 * _ALIKE for x, y in zip(one[3:], other[3:], strict=True)
    )


def _same_cells(one: Sequence[float], other: Sequence[float]) -> bool:
    gap = [abs(x - y) for x, y in zip(one, other, strict=True)]
    return max(gap[:3]) <= SAME_LENGTH * 1.001 and max(gap[3:], default=0.0) <= SAME_ANGLE * 1.001


_NEAR = _Cells(_near_cells, lambda length: 2 * _ALIKE * length)
_SAME = _Cells(_same_cells, lambda _: 2 * SAME_LENGTH)


def _those(some: Mapping[str, Structure], others: Mapping[str, Structure], cells: _Cells, is_one: _Test) -> dict[str, tuple[str, ...]]:
    """The others that pass a test, for each of some; structures whose cells are not near each other are not compared."""
    by_length = sorted((structure.cell[0], place, name) for place, (name, structure) in enumerate(others.items()))
    lengths = [length for length, _, _ in by_length]
    found: dict[str, tuple[str, ...]] = {}
    compared = 0
    for name, structure in some.items():
        length, reach = structure.cell[0], cells.reach(structure.cell[0])
        window = by_length[bisect_left(lengths, length - reach) : bisect_right(lengths, length + reach)]
        names = [other for _, other in sorted(each[1:] for each in window)]
        names = [other for other in names if other != name and cells.are_near(structure.cell, others[other].cell)]
        compared += len(names)
        if compared > limits.LIKE_PAIRS():
            raise limits.LIKE_PAIRS.error(structure.name)
        if twins := tuple(other for other in names if is_one(structure, others[other])):
            found[name] = twins
    return found


class _Points:
    """A structure as points of its cell: what comparing it takes."""

    def __init__(self, structure: Structure) -> None:
        moving, where, _ = with_all_operations(structure)
        group = frame(moving)
        self.is_free = _is_free(moving, where)
        self.digest = original(moving, where).digest
        self.kinds = [composition(position, moving) for position in where]
        self.places = np.array([position.fract for position in where]) % 1.0
        images, self.sizes = all_images(where, group)
        #: Every point of the cell, and the position that it is an image of.
        self.every = (images[:, None] + group.centring[None]).reshape(-1, 3) % 1.0
        self.owner = np.repeat(np.arange(len(where)), np.array(self.sizes) * len(group.centring))
        order = np.argsort(self.every[:, 0], kind="stable")
        self.every, self.owner = self.every[order], self.owner[order]
        self.tells = [any(map(_tells, place)) for place in self.places.tolist()]
        #: How far a coordinate may be off: half a unit of the digits that the file has without zeros behind them, and a fourth one.
        telling = [x for site in structure.sites for x in site.fract if _tells(x)]
        digits = next((n for n in (3, 4) if all(abs(x * 10**n - round(x * 10**n)) < 1e-6 for x in telling)), 5)
        self.reach = 0.5 * 10.0**-digits + 1.01 * SAME_FRACT

    def at(self, place: NDArray[np.float64], reach: float) -> NDArray[np.int64]:
        """Positions that have an image within ``reach`` of a place in each coordinate."""
        column = self.every[:, 0]
        found = []
        for shift in (-1.0, 0.0, 1.0):
            low, high = np.searchsorted(column, [place[0] + shift - reach, place[0] + shift + reach])
            if high > low:
                gap = self.every[low:high, 1:] - place[1:]
                gap -= np.rint(gap)
                found.append(self.owner[low:high][(np.abs(gap) <= reach).all(axis=1)])
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


@with_object
def _points(structure: Structure) -> _Points:
    return _Points(structure)


def is_copy(one: Structure, other: Structure) -> bool:
    """Whether two structures with like cells are one by their content; see :func:`copies`."""
    first, second = _points(one), _points(other)
    if not (first.is_free and second.is_free):
        return False
    if first.digest == second.digest:
        return True
    # 3 % of 10 angstrom and a thousandth of an angstrom: a free length that agrees is a number of two decimals
    lengths = len({round(x, 3) for x in one.cell[:3]}) if _same_cells(one.cell, other.cell) else 0
    needed = DECIMALS - 2 * lengths
    return _inside(first, second, needed) or _inside(second, first, needed)


def _inside(few: _Points, many: _Points, needed: float) -> bool:
    """Whether every telling position of the one is a position of the other, and enough digits agree."""
    agreeing: dict[float, float] = {}
    reach = max(few.reach, many.reach)
    for place, tells in zip(few.places, few.tells, strict=True):
        if not tells:
            continue
        if not len(many.at(place, reach)):
            return False
        for x in place.tolist():
            if _tells(x):
                agreeing[round(min(x, 1 - x), 4)] = math.log10(_SPREAD / reach)
    return len(agreeing) >= FREE and sum(agreeing.values()) >= needed


def _differs_by_noise(one: Structure, other: Structure) -> bool:
    if any(abs(x - y) > 1e-6 for x, y in zip(one.cell, other.cell, strict=True)):
        return False
    first, second = _points(one), _points(other)
    if not first.is_free or sorted(zip(first.kinds, first.sizes, strict=True)) != sorted(zip(second.kinds, second.sizes, strict=True)):
        return False
    partial = {amount for kind in first.kinds for _, amount in kind if amount < 1}
    free = {round(x, 6) for x in one.cell[:3]} | {round(x, 6) for x in one.cell[3:] if x not in (60.0, 90.0, 120.0)}
    if len(free) + len(partial) < AGREEING:
        return False
    return all(
        any(second.kinds[there] == kind for there in second.at(place, REACH * SIGMA).tolist())
        for kind, place in zip(first.kinds, first.places, strict=True)
    )
