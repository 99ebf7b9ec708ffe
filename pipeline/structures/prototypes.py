"""A structure beside the others of its prototype, site by site.

Structures of one group and setting, with cells and cations alike, have their sites at the same places, but for what size and charge of the
ions move, and for noise. The median of the others is where a site should be. Where a lone pair, or an anion that is shared, takes a cation
off the centre of its neighbours, as in every structure of its kind, only this comparison knows it.

A structure may be described from another origin, or inverted, and stay itself: what moves its group into itself is tried before anything is
said (the Euclidean normaliser: International Tables for Crystallography A, chapter 3.5).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from pipeline.structures.noise import SIGMA, free_directions
from pipeline.structures.origins import MOST_SHIFTS, origin_shifts
from pipeline.structures.symmetry import coset, examined, frame
from pipeline.structures.valence import FULL, full_cations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure

#: Structures that a median needs, and that are asked at most: those whose cell is nearest.
LEAST = 4
MOST = 12
#: Lengths (relative) and angles (degrees) of cells alike; how near cations of one kind are (angstrom), and the part of them that must be.
ALIKE = 0.1
ALIKE_ANGLE = 5.0
NEAR = 1.0
SHARED = 2 / 3
#: Distances between the sites of a structure and the images of one like it: a hundred times the most of the release.
MOST_DISTANCES = 200_000
#: What size and charge of the ions move a site by (standard deviation, angstrom), where the others do not scatter by more.
OWN = 0.06
#: Probability with which noise takes a site of a right structure so far: one structure in two hundred.
CHANCE = 0.005
#: Variance of the median of n numbers, in variances of one of them, times n; and the spread in median deviations.
_MEDIAN = math.pi / 2
_DEVIATION = 1.4826

Kind = tuple[bool, int]
#: All directions.
_EVERY = np.eye(3)


@dataclass(frozen=True, eq=False)
class Site:
    """A full site: whether it is a cation, the order of its site symmetry, its place and what is free of it, in fractions ``(3, k)``."""

    label: str
    kind: Kind
    fract: NDArray[np.float64]
    free: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Model:
    """The full sites of a structure, and for each kind of them all images in the cell, in fractions ``(m, 3)``."""

    structure: Structure
    sites: tuple[Site, ...]
    images: Mapping[Kind, NDArray[np.float64]]

    @property
    def key(self) -> object:
        """What structures of one prototype have in common: group, setting, and how many cations of which site symmetry."""
        cations = sorted(site.kind[1] for site in self.sites if site.kind[0])
        return self.structure.group_number, self.structure.setting, tuple(cations)


@dataclass(frozen=True, eq=False)
class Others:
    """The structures that one is compared with: how many, and for each kind of site the images of all of them, and how many each has."""

    number: int
    images: Mapping[Kind, tuple[NDArray[np.float64], tuple[int, ...]]]


@dataclass(frozen=True)
class Displaced:
    """A site that is not where its prototype has it.

    Attributes
    ----------
    label
        Label of the site.
    distance
        From the median of the others, along what the site symmetry leaves free, angstrom.
    others
        Number of structures that were asked.
    chance
        Probability that noise takes some site of the structure so far.
    """

    label: str
    distance: float
    others: int
    chance: float


def displaced(structures: Mapping[str, Structure], noisy: Collection[str]) -> Iterator[tuple[str, Displaced]]:
    """The site of each structure, by name, that is farthest from where the others of its prototype have it, where noise is no reason."""
    alike: dict[object, dict[str, Model]] = defaultdict(dict)
    groups: dict[object, list[str]] = defaultdict(list)
    for name, structure in structures.items():
        groups[structure.group_number, structure.setting].append(name)
    for names in groups.values():
        for name in names if len(names) > LEAST else ():  # beside itself
            model = _model(structures[name])
            if model is not None:
                alike[model.key][name] = model
    for models in alike.values():
        names = list(models)
        cells = np.array([models[name].structure.cell for name in names])
        for index, name in enumerate(names):
            others = _others([models[names[other]] for other in _nearest(index, cells)])
            sigma = SIGMA if name in noisy else 0.0
            worst = _worst(models[name], others, sigma)
            if worst is not None and worst.chance < CHANCE and not _is_described_otherwise(models[name], others, sigma):
                yield name, worst


def _model(structure: Structure) -> Model | None:
    """The full cations and anions of a structure, lithium and hydrogen apart; ``None`` where there are no cations, or too many sites."""
    group, positions = frame(structure), examined(structure).positions
    cations = full_cations(structure)
    sites: list[Site] = []
    images: dict[Kind, list[NDArray[np.float64]]] = defaultdict(list)
    positive = {e for e, (low, _) in cations.charges.items() if low > 0} - {"Li", "H"}
    for index in np.flatnonzero(cations.occupancy >= FULL).tolist():
        position, elements = positions[index], {element for element, _ in cations.parts[index]}
        is_cation, is_anion = elements <= positive, elements <= cations.anions
        if is_anion == is_cation:
            continue
        kind = (is_cation, len(position.fixed_by))
        free = free_directions(group.rotations[list(position.fixed_by)])
        sites.append(Site(cations.label(index), kind, np.asarray(position.fract, dtype=float), free))
        chosen = coset(position.fixed_by, group)
        places = group.rotations[chosen] @ position.fract + group.translations[chosen]
        images[kind].append((places[:, None] + group.centring[None]).reshape(-1, 3))
    if not any(site.kind[0] for site in sites) or len(sites) * sum(len(each) for each in chain(*images.values())) > MOST_DISTANCES:
        return None
    return Model(structure, tuple(sites), {kind: np.concatenate(each) for kind, each in images.items()})


def _nearest(index: int, cells: NDArray[np.float64]) -> list[int]:
    """Of ``(n, 6)`` cells those that are nearest to one of them, and alike."""
    length = np.abs(cells[:, :3] / cells[index, :3] - 1).max(axis=1)
    alike = (length <= ALIKE) & (np.abs(cells[:, 3:] - cells[index, 3:]).max(axis=1) <= ALIKE_ANGLE)
    alike[index] = False
    order = np.argsort(length, kind="stable")
    return [int(other) for other in order[alike[order]][:MOST]]


def _others(models: Sequence[Model]) -> Others:
    kinds = dict.fromkeys(chain.from_iterable(model.images for model in models))
    none = np.empty((0, 3))
    images = {kind: [model.images.get(kind, none) for model in models] for kind in kinds}
    return Others(len(models), {kind: (np.concatenate(each), tuple(map(len, each))) for kind, each in images.items()})


def _worst(model: Model, others: Others, sigma: float, sign: int = 1, shift: NDArray[np.float64] | None = None) -> Displaced | None:
    """The site farthest from the median, in what noise explains; ``None`` where fewer than :data:`LEAST` are of one prototype.

    With a sign and a shift the structure is inverted and moved first.
    """
    if others.number < LEAST:
        return None
    basis = model.structure.basis

    def gaps_of(site: Site) -> NDArray[np.float64]:
        return _gaps(site, others, basis, site.fract if shift is None else sign * site.fract + shift)

    cations = {site: gaps_of(site) for site in model.sites if site.kind[0]}
    coincide = np.mean([np.einsum("ni,ni->n", gap, gap) < NEAR**2 for gap in cations.values()], axis=0) >= SHARED
    if coincide.sum() < LEAST:
        return None
    free = [site for site in model.sites if site.free.shape[1]]
    gaps = [cations[site] if site in cations else gaps_of(site) for site in free]
    found = [_off(site, gap[coincide], basis, sigma) for site, gap in zip(free, gaps, strict=True)]
    worst = min((each for each in found if each is not None), key=lambda each: each.chance, default=None)
    return None if worst is None else replace(worst, chance=min(1.0, worst.chance * len(found)))


def _gaps(site: Site, others: Others, basis: NDArray[np.float64], fract: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """From a site, or from another place for it, to the nearest like it of each of the others, angstrom: ``(n, 3)``, infinite where one
    has none."""
    found = np.full((others.number, 3), np.inf)
    if site.kind not in others.images:
        return found
    images, lengths = others.images[site.kind]
    gap = images - (site.fract if fract is None else fract)
    gap = (gap - np.rint(gap)) @ basis.T
    along = gap * gap
    squared = along[:, 0] + along[:, 1] + along[:, 2]
    if min(lengths) == max(lengths):
        nearest: NDArray[np.float64] = gap[squared.reshape(others.number, -1).argmin(axis=1) + np.arange(0, len(gap), lengths[0])]
        return nearest
    start = 0
    for index, length in enumerate(lengths):
        if length:
            found[index] = gap[start + int(squared[start : start + length].argmin())]
        start += length
    return found


def _off(site: Site, gap: NDArray[np.float64], basis: NDArray[np.float64], sigma: float) -> Displaced | None:
    """How far a site is from the median of the others; ``None`` where too few of them have one like it."""
    gap = gap[np.isfinite(gap).all(axis=1)]
    if len(gap) < LEAST:
        return None
    moves = basis @ site.free
    freedom = moves.shape[1]
    along = _EVERY if freedom == 3 else moves / math.hypot(*moves[:, 0]) if freedom == 1 else np.linalg.qr(moves)[0]
    seen = gap @ along
    median = _median(seen)
    spread = _DEVIATION * _median(np.abs(seen - median))
    noise = along.T @ moves @ moves.T @ along
    own = OWN**2 + np.maximum(spread**2 - SIGMA**2 * noise.diagonal(), 0.0)
    covariance = (sigma**2 + SIGMA**2 * _MEDIAN / len(gap)) * noise
    covariance.flat[:: freedom + 1] += own
    deviation = float(median[0] ** 2 / covariance[0, 0] if freedom == 1 else median @ np.linalg.solve(covariance, median))
    return Displaced(site.label, math.hypot(*median), len(gap), _beyond(deviation, freedom))


def _median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of each column: ``(k,)``. Of a dozen rows numpy's own takes five times as long."""
    ordered, middle = np.sort(values, axis=0), len(values) // 2
    return np.asarray(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def _beyond(squared: float, freedom: int) -> float:
    """Probability that the sum of so many squared normal numbers is larger (chi-squared distribution, one to three degrees of freedom)."""
    if freedom == 2:
        return math.exp(-squared / 2)
    tail = math.erfc(math.sqrt(squared / 2))
    return tail if freedom == 1 else tail + math.sqrt(2 * squared / math.pi) * math.exp(-squared / 2)


def _is_described_otherwise(model: Model, others: Others, sigma: float) -> bool:
    """Whether the structure from another origin, or inverted, has every site where the others have it."""
    group = frame(model.structure)
    twice = 2 * group.translations @ group.inverse.T
    signs = (1, -1) if np.abs(twice - np.rint(twice)).max() < 1e-6 else (1,)
    shifts = origin_shifts(model.structure)
    for sign in signs:
        for shift in [np.zeros(3), *(shifts if len(shifts) <= MOST_SHIFTS else ())]:
            worst = _worst(model, others, sigma, sign, shift)
            if worst is not None and worst.chance >= CHANCE:
                return True
    return False
