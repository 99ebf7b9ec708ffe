"""Perturb a structure: the noise of :mod:`pipeline.structures.noise` put into a file, verified before anybody sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.structures.cif import Structure, read, same_content
from pipeline.structures.contacts import Contact, too_close
from pipeline.structures.cost import demand_examined
from pipeline.structures.header import unmovable
from pipeline.structures.mark import is_old, mark, open_mark, says_noise, verified
from pipeline.structures.noise import SIGMA, Noise, normals
from pipeline.structures.operations import FLOOR
from pipeline.structures.original import Original, move_basis, original, with_all_operations
from pipeline.structures.proprietary import whose
from pipeline.structures.rewrite import anew, fixed
from pipeline.structures.symmetry import MOST_ATOMS, Position, Symmetry, frame, positions, symmetry
from pipeline.structures.write import with_coordinates

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Draws at most, until one is found whose atoms do not happen to have more symmetry than the original.
MOST_DRAWS = 100
_UNKNOWN = (
    "whether the noise keeps the space group cannot be known: spglib finds none, or is not asked about more than "
    f"{MOST_ATOMS:,} atoms of the telling kinds"
)


class PerturbationError(ValueError):
    """A perturbed structure that is not the structure it was; it is not written."""


class ProprietaryError(ValueError):
    """A proprietary structure that may not be published; ``cure`` says what is missing."""

    def __init__(self, reason: str, cure: str = "give the secret key with --key-file") -> None:
        super().__init__(reason)
        self.cure = cure


class MarkError(ValueError):
    """A file with a mark that proves nothing."""


@dataclass(frozen=True)
class Perturbed:
    """A structure with noise.

    Attributes
    ----------
    text
        The file with its new coordinates.
    structure
        The same, read back.
    displacements
        How far each site moved, fractional coordinates: ``(n_sites, 3)``.
    free
        Number of free coordinates.
    contacts
        Positions that the noise brought too close; see :mod:`pipeline.structures.contacts`.
    symmetry
        Symmetry of the perturbed atoms by spglib; equal to that of the original.
    draws
        Which draw of the stream this is. A draw that happens to end within spglib's tolerance of a higher symmetry is not a structure of
        the same group, and the next one is taken; contacts are no reason for another.
    changed
        False when the file carried noise already and was passed through.
    unverified
        Whether the file says that it carries noise, and nothing here could tell; it was perturbed.
    versions
        Other files of the folder that hold the same proprietary original but for an edit, and so have another noise.
    """

    text: str
    structure: Structure
    displacements: NDArray[np.float64]
    free: int
    contacts: tuple[Contact, ...]
    symmetry: Symmetry | None
    draws: int = 1
    changed: bool = True
    unverified: bool = False
    versions: tuple[str, ...] = ()


def perturb(structure: Structure, noise: Noise, sigma: float = SIGMA, *, rewritten: bool = False) -> Perturbed:
    """Move each free coordinate by N(0, sigma^2).

    Whether the structure may be moved, and whether it carries noise already, is for :func:`perturb_entry` to say.

    Parameters
    ----------
    structure
        The structure as read.
    noise
        Where the numbers come from.
    sigma
        Standard deviation in fractional coordinates.
    rewritten
        Write the file anew from the allowed items (:mod:`pipeline.structures.rewrite`); otherwise it is edited in place, and all but the
        coordinates stays byte for byte.

    Raises
    ------
    PerturbationError
        When the perturbed file, read back, has not the space group, sites and content of the original, or that cannot be known.
    CifError
        When looking for its symmetry costs too much.
    """
    if structure.n_structures > 1:
        raise PerturbationError(f"{structure.name} holds {structure.n_structures} structures but one gets noise: write each into a file")
    if any(note.startswith("coordinates are Cartesian") for note in structure.notes):
        raise PerturbationError(f"{structure.name} lists Cartesian coordinates: write fractional ones")
    for reason in unmovable(structure):
        raise PerturbationError(f"{structure.name}: {reason}")
    demand_examined(structure)
    where = positions(structure)
    moving, moving_where, before = with_all_operations(structure, where)
    number = structure.group_number if before is None else before.number
    if number is None:
        raise PerturbationError(f"{structure.name}: {_UNKNOWN}")
    printed = np.array([site.fract for site in structure.sites])
    exact = np.array([site.exact for site in structure.sites])
    # a rounding error that any reader takes for none stays as it is, so that the displacement is R u to the last digit
    base = np.where(np.abs(exact - printed).max(axis=1, keepdims=True) > FLOOR, exact, printed)
    whole = original(moving, moving_where)
    seed = noise.seed(whole.content, sigma)
    # the code of the mark is made of what was written, so a place is kept for it
    place = hashlib.sha256(seed).hexdigest()
    method = mark(noise, place, sigma)
    stream = normals(seed)
    draws = 0
    while draws < MOST_DRAWS:
        draws += 1
        moves, free = _moves(moving, moving_where, whole, stream, sigma)
        new = exact + moves if rewritten else np.where(moves != 0, base + moves, printed)
        after = _written(structure, new, moves, method, rewritten)
        if len(after.sites) == len(structure.sites) and [s.fixed_by for s in after.sites] != [s.fixed_by for s in structure.sites]:
            continue  # so near a special position that a reader takes the site to stand on it
        _verify(structure, after, new)
        there = tuple(replace(position, fract=np.array(after.sites[position.sites[0]].exact)) for position in where)
        found = symmetry(after, there)
        if found.number == number:
            break
        if found.number is None:
            raise PerturbationError(f"{structure.name}: {_UNKNOWN}")
    else:
        told = f"space group {number} or a site's special position changed"
        raise PerturbationError(f"{structure.name}: {told} in each of {MOST_DRAWS} draws")
    # where sites share a position, whoever verifies the code has to find so again in the coordinates as they are now
    alone = all(len(position.sites) == 1 for position in where)
    code = noise.mac(original(after, there if alone else None).content, sigma)
    after = replace(after, text=after.text.replace(place, code), creation_method=(after.creation_method or "").replace(place, code))
    contacts = too_close(after, there)
    if contacts:
        known = {(contact.first, contact.second) for contact in too_close(structure, where)}
        contacts = [contact for contact in contacts if (contact.first, contact.second) not in known]
    return Perturbed(after.text, after, moves, free, tuple(contacts), found, draws)


def _written(structure: Structure, new: NDArray[np.float64], moves: NDArray[np.float64], method: str, rewritten: bool) -> Structure:
    """The structure with new coordinates written into a text, and read back."""
    if rewritten:
        return read(anew(structure, new.tolist(), method), structure.name)
    changes = {
        (site.row, axis): fixed(new[index, axis])
        for index, site in enumerate(structure.sites) for axis in range(3) if moves[index, axis]
    }  # fmt: skip
    return read(with_coordinates(structure, changes, method), structure.name)


def _moves(
    structure: Structure, where: Sequence[Position], whole: Original, stream: Iterator[float], sigma: float
) -> tuple[NDArray[np.float64], int]:
    """Displacement of each site, and the number of free coordinates; sites on one position or on its images move together.

    The numbers are taken in the order of the original's content, and each position moves as its representative does: the same original
    listed in another way ends as the same structure.
    """
    group = frame(structure)
    rotations = group.rotations.tobytes()
    moves = np.zeros((len(structure.sites), 3))
    free = 0
    for index in whole.order:
        position = where[index]
        basis = move_basis(rotations, position.fixed_by, whole.images[index])
        count = basis.shape[1]
        free += count
        if not count:
            continue
        move = basis @ np.array([sigma * next(stream) for _ in range(count)])
        for site, image in zip(position.sites, position.images, strict=True):
            moves[site] = group.rotations[image] @ move
    return moves, free


def _verify(original: Structure, new: Structure, expected: NDArray[np.float64]) -> None:
    """Raise unless the perturbed structure is the original but for its coordinates, and those are the ones intended."""
    name = original.name
    if len(original.sites) != len(new.sites) or not same_content(original.content, new.content):
        raise PerturbationError(f"{name}: the sites or the content of the cell changed")
    if [site.fixed_by for site in original.sites] != [site.fixed_by for site in new.sites]:
        raise PerturbationError(f"{name}: a site left its special position")
    if np.abs(np.array([site.fract for site in new.sites]) - expected).max() > 1e-14:
        raise PerturbationError(f"{name}: the coordinates read back are not those written")


def perturb_entry(structure: Structure, noise: Noise, sigma: float = SIGMA, *, proprietary: str | None = None) -> Perturbed:
    """Perturb a structure as its owner allows, or hand back one that carries noise already.

    A structure whose mark the key verifies gets no noise again, nor does an open one with a mark of an open seed that fits. A proprietary
    one is written anew in either case, and moves under the key and by the published sigma only.

    Parameters
    ----------
    structure, noise, sigma
        As for :func:`perturb`.
    proprietary
        What says that the structure is proprietary, besides the file, in words that follow "the file".

    Raises
    ------
    ProprietaryError
        When the structure is proprietary and there is no key, or another sigma is asked for.
    MarkError
        When the file has the mark of an earlier version, which anyone can write.
    """
    if is_old(structure):
        raise MarkError(f"{structure.name} has the mark of an earlier version, which proves nothing")
    if (done := with_noise(structure, noise)) is not None:
        return done
    owner = proprietary or whose(structure)
    if owner is None:
        if open_mark(structure) and structure.n_structures == 1:  # the mark says nothing of another structure
            return _unchanged(structure, None)
        return replace(perturb(structure, noise, sigma), unverified=says_noise(structure))
    if not noise.is_keyed:
        also = "; whether the noise that it says it has is there, only the key can tell" if says_noise(structure) else ""
        raise ProprietaryError(
            f"a proprietary structure (the file {owner}) needs the secret key: noise from an open seed can be subtracted{also}"
        )
    if sigma != SIGMA:
        reason = (
            f"a proprietary structure (the file {owner}) takes the published sigma of {SIGMA}: two sizes of noise give the original back"
        )
        raise ProprietaryError(reason, "leave --sigma out; it is for open structures")
    return replace(perturb(structure, noise, sigma, rewritten=True), unverified=says_noise(structure))


def with_noise(structure: Structure, noise: Noise) -> Perturbed | None:
    """A structure that carries noise as the key verifies, written anew since its mark says nothing of the rest of the file; or ``None``."""
    said = verified(structure, noise)
    return None if said is None else _unchanged(structure, said)


def _unchanged(structure: Structure, said: str | None) -> Perturbed:
    """A structure that carries noise already; with its mark ``said`` it is written anew, which says nothing of the rest of the file."""
    if said is not None:
        text = anew(structure, [site.exact for site in structure.sites], said)
        structure = structure if text == structure.text else read(text, structure.name)
    return Perturbed(structure.text, structure, np.zeros((len(structure.sites), 3)), 0, (), None, changed=False)
