"""What a structure is, however it is written: the content that keys its noise, and one representative of each of its positions.

Two files hold one original when cell, operations and positions are the same. The order of the sites, their labels, the form of a number
(``0.5``, ``.500``, ``5.0E-1``, ``0.5(2)``), the order of the operations and the choice among equivalent positions, lattice translations
included, say nothing. Another setting or origin is another description, and is not recognised.

Each position is taken to the one of its images that comes first. A file that lists another image prints it to so many digits, so images
are compared on a grid of 0.00001: with bounds that lie 1.5e-6 or more from the images, under any operation of a space group, of every
coordinate of up to five decimals, an image printed to six decimals falls where the original falls. (An original of six decimals asks for
an image of seven.)
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline.structures.cost import demand_examined
from pipeline.structures.noise import free_directions
from pipeline.structures.operations import FLOOR, site_symmetry
from pipeline.structures.symmetry import Position, Symmetry, composition, frame, may_have_more, positions, symmetry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure

#: Steps of the grid in one axis.
GRID = 100_000
#: Place of the bounds between two steps. Translations of a space group are multiples of 1/24, so the images of a decimal fraction lie at
#: multiples of 1/3 of a step and of 1/30 where it has six decimals: 311/600 keeps away from all of these.
BOUND = 311 / 600
#: Turns three steps into one number.
_PLACES = np.array([GRID * GRID, GRID, 1])


@dataclass(frozen=True, eq=False)
class Original:
    """The content of a structure, and what its noise is tied to.

    Attributes
    ----------
    content
        Cell, operations, and composition and place of each position, as text in one order.
    order
        Indices of the positions in the order of the content.
    images
        For each position, in its own order, the index in the frame of the rotation that takes it to its representative.
    """

    content: bytes
    order: tuple[int, ...]
    images: tuple[int, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the content: equal for two files that hold one original."""
        return hashlib.sha256(self.content).hexdigest()


def original(structure: Structure, where: Sequence[Position] | None = None) -> Original:
    """The content of a structure under the operations that it lists.

    Parameters
    ----------
    structure, where
        The structure, and its :func:`pipeline.structures.symmetry.positions` where they are known already.
    """
    demand_examined(structure)
    where = positions(structure) if where is None else where
    group = frame(structure)
    here = np.array([position.fract for position in where])
    images = here @ group.rotations.reshape(-1, 3).T + group.translations.ravel()
    every = images.reshape(len(where), -1, 1, 3) + group.centring  # position, rotation, centring, axis
    steps = np.floor(every * GRID + (1.0 - BOUND)).astype(np.int64) % GRID
    nearest = (steps @ _PLACES).min(axis=2)  # of each rotation
    first, least = nearest.argmin(axis=1).tolist(), nearest.min(axis=1).tolist()
    with_hydrogens = any(site.hydrogens for site in structure.sites)
    rotations = group.rotations.tobytes()
    keys: list[tuple[tuple[tuple[str, float], ...], float, int, int]] = []
    chosen: list[int] = []
    for index, position in enumerate(where):
        allowed, best, place = plain_images(rotations, position.fixed_by), first[index], least[index]
        if allowed is not None:
            best = min(allowed, key=nearest[index].__getitem__)
            place = int(nearest[index, best])
        chosen.append(best)
        attached = 0.0
        if with_hydrogens:
            attached = round(math.fsum(structure.sites[i].occupancy * structure.sites[i].hydrogens for i in position.sites), 6)
        keys.append((composition(position, structure), attached, len(position.fixed_by), place))
    order = sorted(range(len(where)), key=keys.__getitem__)
    cell = " ".join(repr(round(value, 6)) for value in structure.cell)
    lines = [f"cell {cell}", f"operations {_operations(structure.rotations.tobytes(), structure.translations.tobytes())}"]
    for index in order:
        kind, hydrogens, symmetries, place = keys[index]
        what = " ".join(f"{element} {amount!r}" for element, amount in kind)
        rest, z = divmod(place, GRID)
        lines.append(f"position {what} hydrogens {hydrogens!r} symmetries {symmetries} at {rest // GRID} {rest % GRID} {z}")
    return Original("\n".join(lines).encode(), tuple(order), tuple(chosen))


def content_key(structure: Structure) -> str:
    """Key of the content, for finding equal structures under other names: SHA-256 in hexadecimal digits.

    A file that lists all atoms in P 1 and one that names their space group have one key where spglib finds the group in the atoms.
    """
    return original(*with_all_operations(structure)[:2]).digest


def with_all_operations(
    structure: Structure, where: tuple[Position, ...] | None = None
) -> tuple[Structure, tuple[Position, ...], Symmetry | None]:
    """The structure under all operations that its atoms have, its positions, and what spglib found where it was asked.

    Raises ``CifError`` when its symmetry costs too much to be looked for (:func:`pipeline.structures.cost.demand_examined`).
    """
    demand_examined(structure)
    where = positions(structure) if where is None else where
    if structure.group_number is not None and structure.metric_misfit <= FLOOR and not may_have_more(structure, where):
        return structure, where, None
    found = symmetry(structure, where)
    if len(found.rotations) > len(frame(structure).rotations):
        more = with_operations(structure, found)
        if more is not structure:
            return more, positions(more, found.symprec), found
    return structure, where, found


def with_operations(structure: Structure, found: Symmetry) -> Structure:
    """The structure under the operations that spglib finds, more than the file lists: a file that lists all atoms in P 1, for example.

    Its sites are still the rows of the file; each has its share of the occupancy of the position that it is on.
    """
    group = frame(structure)
    rotations = np.rint(group.primitive @ found.rotations @ group.inverse)
    if np.abs(rotations - group.primitive @ found.rotations @ group.inverse).max() > FLOOR:
        return structure  # operations of the lattice that do not fit the file's axes: keep to the file's own
    translations = found.translations @ group.primitive.T
    every = (np.repeat(rotations, len(group.centring), axis=0).astype(np.int64),
             np.vstack([t + group.centring for t in translations]) % 1.0)  # fmt: skip
    fract = np.array([site.fract for site in structure.sites])
    # spglib accepts atoms that are off by its tolerance
    slack = np.broadcast_to(found.symprec * np.linalg.norm(np.linalg.inv(structure.basis), axis=1), fract.shape)
    sites = []
    for site, fixed, exact in zip(structure.sites, *site_symmetry(*every, fract, slack), strict=True):
        multiplicity = len(every[0]) // len(fixed)
        # a row stood for its images under fewer operations: the rows of one position together fill it
        share = site.occupancy * site.multiplicity / multiplicity
        sites.append(replace(site, fixed_by=fixed, exact=exact, multiplicity=multiplicity, occupancy=share))
    return replace(structure, rotations=every[0], translations=every[1], sites=tuple(sites))


@lru_cache(maxsize=512)
def _operations(rotation_bytes: bytes, translation_bytes: bytes) -> str:
    """A hash of the operations, whatever their order."""
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 9).tolist()
    translations = np.rint(np.frombuffer(translation_bytes).reshape(-1, 3) * 24).astype(np.int64) % 24
    every = sorted((*rotation, *translation) for rotation, translation in zip(rotations, translations.tolist(), strict=True))
    return hashlib.sha256(repr(every).encode()).hexdigest()


# --- the directions in which an original moves --------------------------------------------------------------------------
@lru_cache(maxsize=4096)
def plain_images(rotation_bytes: bytes, fixed_by: tuple[int, ...]) -> tuple[int, ...] | None:
    """Rotations to images whose free directions are whole numbers; ``None`` when all are.

    ``x, 2x, z`` of a hexagonal cell has the image ``2x, x, z``. The representative is one of the first kind, as in International Tables,
    so that ``x`` is what has the standard deviation of the noise, wherever the file puts the site.
    """
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    if len(fixed_by) == 1 or np.abs(rotations).sum(axis=2).max() == 1:
        return None
    plain = tuple(i for i in range(len(rotations)) if not (_directions(rotation_bytes, fixed_by, i) % 1).any())
    return None if len(plain) in (0, len(rotations)) else plain


def _directions(rotation_bytes: bytes, fixed_by: tuple[int, ...], image: int) -> NDArray[np.float64]:
    """Free directions of an image of a position."""
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    turn, back = rotations[image], _inverse(rotations[image])
    return free_directions(turn @ rotations[list(fixed_by)] @ back)


def _inverse(rotation: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.rint(np.linalg.inv(rotation)).astype(np.int64)


@lru_cache(maxsize=4096)
def move_basis(rotation_bytes: bytes, fixed_by: tuple[int, ...], image: int) -> NDArray[np.float64]:
    """Matrix ``B`` that takes standard normal numbers to the displacement of a position, ``(3, number of free coordinates)``.

    With ``R`` the free directions of the representative and ``W`` the rotation that leads to it, ``B = W^-1 R L``. ``L L^T`` has ones
    on its diagonal, so that each free coordinate has the standard deviation 1, and is the correlation that the rotations of the
    group leave as it is: none in axes at right angles, 1/2 between ``x`` and ``y`` of a hexagonal cell. Only so does each free
    coordinate have this deviation at every image, and not only at the representative (``x - y`` would have 1.41 with none).
    """
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    directions = _directions(rotation_bytes, fixed_by, image)
    back = _inverse(rotations[image])
    if directions.shape[1] > 1:
        metric = np.linalg.inv(np.einsum("gij,gkj->ik", rotations, rotations) / len(rotations))
        covariance = np.linalg.inv(directions.T @ metric @ directions)
        scale = np.sqrt(np.diag(covariance))
        found = (back @ directions) @ np.linalg.cholesky(covariance / np.outer(scale, scale))
    else:
        found = back @ directions
    found.setflags(write=False)
    return found
