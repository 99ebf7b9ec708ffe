"""Bond valences and neighbours of the cations of a structure.

Only a position that is full is judged, by one cation or by several together: beside a vacancy the ions move, and a partly filled position
is an average over several surroundings. Lithium is not judged either: it is mobile, and refinements put it on the mean of its places.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.chemistry.charge import balance
from pipeline.chemistry.valence import ANIONS, SOFTNESS, bond_length, charges, has_lone_pair
from pipeline.safety.remembered import with_object
from pipeline.structures.contacts import EXCLUSIVE, Contact, radius
from pipeline.structures.surroundings import Surroundings, surroundings
from pipeline.structures.symmetry import composition, examined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure
    from pipeline.structures.symmetry import Position

#: Bonds longer than this carry less than a hundredth of a valence, but those of the largest ions to iodide (angstrom).
REACH = 5.0
#: A position is full from here on: occupancies are printed to two digits, and refinements leave a few hundredths open.
FULL = 0.95
#: Atoms of one element nearer than this part of the sum of their radii are bonded, as P-P in P2S6 and Mo-Mo in Mo2S2O2.
BONDED = 1.1
#: Shells up to eight anions have a centre that means something, and the next anion is farther by a quarter; others are not judged.
LARGEST_SHELL = 8
CLEAR = 1.25
#: Charge missing, as a part of the anions', from which on some anions may be joined in pairs and have less charge than others; and charge
#: left over, either way, from which on the charges of the ions are others than thought (GeF2, FeSbS).
PAIRED = 0.02
UNKNOWN = 0.1
#: Sulfide and oxide ions are no nearer than a part of the sum of their covalent radii. Selenide, bromide and iodide ions are softer: 3.23
#: angstrom between the selenide ions of WSe2 is 1.35 of it. Tellurium bonds to itself in most of its compounds.
_SOFT = {"Se": 0.93, "Br": 0.93, "I": 0.93, "Te": 0.0}
#: What cations are off the centre of their anions by themselves (angstrom): of up to four, of more, and where an empty d shell mixes with
#: those of five or more (second-order Jahn-Teller effect: Kunz and Brown, J. Solid State Chem. 115 (1995) 395). Olivines have iron 0.30
#: off the centre of six, rings of two PS4 have phosphorus 0.23 off the centre of four. Ions of charge one are anywhere in their cages.
OWN_OFFSET = 0.08
OWN_OFFSET_LARGE = 0.12
OWN_OFFSET_D0 = 0.15
_D0 = frozenset(("Ti", "V", "Nb", "Mo", "W"))

Parts = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Valence:
    """Sum of the bond valences of a full cation position.

    Attributes
    ----------
    position, label
        Index of the position, and the labels of its sites.
    total
        The sum, averaged over the cations that share the position.
    expected
        The charge nearest to it of those that the cations may have.
    spread
        Standard deviation of the logarithm of the sum under the noise asked about; 0 without noise.
    nearest, anion
        Distance of the nearest anion, angstrom, and its element.
    """

    position: int
    label: str
    total: float
    expected: float
    spread: float
    nearest: float
    anion: str

    @property
    def ratio(self) -> float:
        """The sum in units of what is expected."""
        return self.total / self.expected


@dataclass(frozen=True)
class Offset:
    """How far a full cation stands from the centre of its shell of anions.

    Attributes
    ----------
    position, label
        Index of the position, and the labels of its sites.
    coordination
        Number of anions in the shell.
    distance
        From the centre, along what the site symmetry leaves free, angstrom.
    deviation
        The same in standard deviations of noise and of what such ions are off by themselves.
    freedom
        Number of free coordinates: 1, 2 or 3.
    bonds
        Lengths of the bonds, the shortest first, angstrom.
    """

    position: int
    label: str
    coordination: int
    distance: float
    deviation: float
    freedom: int
    bonds: tuple[float, ...]


class Cations:
    """The full cation positions of a structure and what stands around them."""

    def __init__(self, structure: Structure, where: Sequence[Position]) -> None:
        self.structure = structure
        self.where = where
        self.parts: list[Parts] = [composition(position, structure) for position in where]
        self.charges: Mapping[str, tuple[float, float]] = charges(structure.content)
        self.anions = frozenset(e for e, (_, high) in self.charges.items() if high < 0)
        self._bonds: dict[int, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}

    @cached_property
    def around(self) -> Surroundings | None:
        """The neighbours of every position."""
        return surroundings(self.structure, self.where, REACH)

    def forget_neighbours(self) -> None:
        """Let the neighbours go, which take more memory than all else that is known of a structure; who asks again finds them anew."""
        vars(self).pop("around", None)
        self._bonds.clear()

    @cached_property
    def occupancy(self) -> NDArray[np.float64]:
        """Total occupancy of each position: ``(p,)``."""
        return np.array([sum(amount for _, amount in each) for each in self.parts])

    @cached_property
    def strangers(self) -> frozenset[str]:
        """Elements without good parameters: anions where there are such, else cations and what may be either."""
        anions = {e for e in self.anions if bond_length("Li", e) is None}
        if anions or not self.anions:
            return frozenset(anions)
        cations = {e for e, (low, _) in self.charges.items() if low > 0 and bond_length(e, min(self.anions)) is not None}
        return frozenset(e for e, amount in self.structure.content.items() if amount > 0) - self.anions - cations

    @cached_property
    def left_over(self) -> float | None:
        """Charge that the content keeps at best, as a part of its anions'; ``None`` where it is not known."""
        excess = balance(self.structure.content).excess
        total = sum(-self.charges[e][1] * self.structure.content[e] for e in self.anions)
        return None if excess is None or not total else excess / total

    @cached_property
    def judged(self) -> list[int]:
        """Positions that can be judged: full of cations whose charges and parameters are known, and not of lithium in the main."""
        if self.anions & self.strangers or not self.anions or self.left_over is None or abs(self.left_over) > UNKNOWN:
            return []
        return [
            i for i, parts in enumerate(self.parts)
            if self.occupancy[i] >= FULL and sum(amount for e, amount in parts if e == "Li") <= self.occupancy[i] / 2
            and all(e not in self.strangers and self.charges[e][0] > 0 for e, _ in parts)
        ]  # fmt: skip

    def touching(self, part: float, filled: float, noise: float) -> list[Contact]:
        """Anions nearer than ``part`` of the sum of their radii, in a structure that is neutral with all of them at full charge.

        Both positions are filled to ``filled`` at least and cannot be filled in turn; ``noise``, in fractions of each free coordinate, is
        granted on their distance. Each pair of positions counts once, by its shortest distance.
        """
        around = self.around
        if not self.anions or not self.anions <= ANIONS or self.left_over is None or self.left_over < -PAIRED or around is None:
            return []
        reach = [
            min(radius(e) * _SOFT.get(e, 1.0) for e, _ in parts) if parts and all(e in self.anions for e, _ in parts) else 0.0
            for parts in self.parts
        ]
        radii = np.array(reach)
        first, second, distance = around.centre, around.other, around.distance
        limit = part * (radii[first] + radii[second])
        both = self.occupancy[first] + self.occupancy[second] > EXCLUSIVE
        both &= (np.minimum(self.occupancy[first], self.occupancy[second]) >= filled) & (radii[first] > 0) & (radii[second] > 0)
        nearest: dict[tuple[int, int], int] = {}
        for row in np.flatnonzero(both & (distance < limit) & (first <= second)).tolist():
            pair = (int(first[row]), int(second[row]))
            if pair not in nearest or distance[row] < distance[nearest[pair]]:
                nearest[pair] = row
        found = []
        for (one, other), row in nearest.items():
            along = (around.vector[row] / distance[row])[None, None, :]
            granted = math.sqrt(around.covariance(one, np.array([row]), along, noise)[0, 0]) if noise else 0.0
            if distance[row] < limit[row] - granted:
                occupancies = (float(self.occupancy[one]), float(self.occupancy[other]))
                found.append(Contact(self.label(one), self.label(other), float(distance[row]), float(limit[row] / part), occupancies))
        return found

    def label(self, position: int) -> str:
        """Labels of the sites on a position."""
        return "/".join(dict.fromkeys(self.structure.sites[i].label for i in self.where[position].sites))

    @cached_property
    def _anion_occupancy(self) -> Mapping[str, NDArray[np.float64]]:
        return {anion: np.array([sum(n for e, n in parts if e == anion) for parts in self.parts]) for anion in sorted(self.anions)}

    def bonds(self, position: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The neighbours of a position that are anions, and the valence of the bond to each."""
        if position not in self._bonds:
            self._bonds[position] = self._bonds_of(position)
        return self._bonds[position]

    def _bonds_of(self, position: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        around = self.around
        assert around is not None
        rows = np.flatnonzero(around.centre == position)
        distance, other = around.distance[rows], around.other[rows]
        valence = np.zeros(len(rows))
        for anion, occupancy in self._anion_occupancy.items():
            for cation, amount in self.parts[position]:
                length = bond_length(cation, anion)
                assert length is not None
                valence += occupancy[other] * amount / self.occupancy[position] * np.exp((length - distance) / SOFTNESS)
        return rows[valence > 0], valence[valence > 0]

    def valence(self, position: int, sigma: float = 0.0, unsure: float = 0.0) -> Valence | None:
        """The valence sum of a judged position; ``None`` when nothing is within reach.

        ``sigma`` is the noise of each free coordinate; its effect is computed only where the logarithm of the ratio exceeds ``unsure``.
        """
        around = self.around
        if around is None:
            return None
        rows, valence = self.bonds(position)
        total = float(valence.sum())
        if not len(rows):
            return None
        parts, occupancy = self.parts[position], self.occupancy[position]
        low, high = (sum(self.charges[e][side] * amount for e, amount in parts) / occupancy for side in (0, 1))
        expected = float(min(max(total, low), high))
        spread = 0.0
        if sigma and abs(math.log(total / expected)) > unsure:
            pull = (valence / (total * SOFTNESS * around.distance[rows]))[:, None] * around.vector[rows]
            spread = math.sqrt(around.covariance(position, rows, -pull[:, None, :], sigma)[0, 0])
        nearest = int(around.distance[rows].argmin())
        anion = max((e for e in self.parts[around.other[rows[nearest]]] if e[0] in self.anions), key=lambda e: e[1])[0]
        return Valence(position, self.label(position), total, expected, spread, float(around.distance[rows[nearest]]), anion)

    def offset(self, position: int, sigma: float = 0.0, unsure: float = 0.0) -> Offset | None:
        """How far a judged position is from the centre of its shell; ``None`` where there is no clear shell or none is expected.

        ``sigma`` is the noise of each free coordinate; its effect is computed only where the deviation without it exceeds ``unsure``.
        No shell is expected around a cation with a lone pair or a bond to its like; it is
        clear when it holds :data:`LARGEST_SHELL` full anions at most and the next one is farther by a quarter.
        """
        around = self.around
        if around is None or not around.free[position].shape[1]:
            return None
        rows, _ = self.bonds(position)
        rows = rows[np.argsort(around.distance[rows], kind="stable")][: LARGEST_SHELL + 1]
        distance = around.distance[rows]
        if len(rows) < 3:
            return None
        gaps = distance[2:] / distance[1:-1]
        size = int(gaps.argmax()) + 2
        shell = rows[:size]
        if gaps[size - 2] < CLEAR or self.occupancy[around.other[shell]].min() < FULL:
            return None
        free, _ = np.linalg.qr(around.free[position])
        seen = free.T @ -around.vector[shell].mean(axis=0)
        d0 = size > 4 and any(e in _D0 for e, _ in self.parts[position])
        own = OWN_OFFSET_D0 if d0 else OWN_OFFSET if size <= 4 else OWN_OFFSET_LARGE
        deviation = float(np.linalg.norm(seen)) / own
        if deviation > unsure:
            if self._is_lopsided(position):
                return None
            gradient = np.repeat(-np.eye(3)[None] / size, size, axis=0)
            spread = free.T @ around.covariance(position, shell, gradient, sigma) @ free + own**2 * np.eye(free.shape[1])
            deviation = math.sqrt(seen @ np.linalg.solve(spread, seen))
        bonds = tuple(distance[:size].tolist())
        return Offset(position, self.label(position), size, float(np.linalg.norm(seen)), deviation, free.shape[1], bonds)

    def _is_lopsided(self, position: int) -> bool:
        """Whether a lone pair or a bond to its like takes a side of the cation, or its charge is too small to hold a shell."""
        around = self.around
        assert around is not None
        elements = {e for e, _ in self.parts[position]}
        if all(self.charges[e][1] <= 1 for e in elements):
            return True
        if any(has_lone_pair(e, self.charges[e][0]) for e in elements):
            return True
        near = around.centre == position
        like = [i for i, parts in enumerate(self.parts) if elements & {e for e, _ in parts}]
        distances = around.distance[near & np.isin(around.other, like)]
        return bool(len(distances)) and distances.min() < BONDED * 2 * max(radius(e) for e in elements)


@with_object
def full_cations(structure: Structure) -> Cations:
    """The cations of a structure on the positions that its symmetry gives, made once."""
    return Cations(structure, examined(structure).positions)
