"""Perturb structures: the noise of :mod:`pipeline.structures.noise` put into a file, verified, and files that must not get it refused."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import InputError
from pipeline.structures.cif import CifError, Structure, read, same_content
from pipeline.structures.contacts import Contact, too_close
from pipeline.structures.header import unmovable
from pipeline.structures.noise import free_directions, keyed_seed, normals, open_seed
from pipeline.structures.operations import FLOOR, site_symmetry
from pipeline.structures.symmetry import Position, Symmetry, frame, may_have_more, positions, symmetry
from pipeline.structures.write import with_coordinates

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Standard deviation of the published noise, fractional coordinates (OBELiX paper, section 3.2).
SIGMA = 0.01
#: What ``_audit_creation_method`` of a perturbed file contains.
MARK = "positions perturbed by obelix-curate"
#: Decimals of a perturbed coordinate: rounding stays below 1e-15.
DECIMALS = 15
#: Draws at most, until one is found whose atoms do not happen to have more symmetry than the original.
MOST_DRAWS = 100
#: Items that tell where the atoms are, besides their fractional coordinates.
_TELL_TALES = re.compile(
    r"^\s*(_atom_site[_.]cartn_\w+|_geom_\S+|_refln_\S+|_shelx_(?:res|hkl|fab)_file|_iucr_refine_\S+)", re.MULTILINE | re.IGNORECASE
)


class PerturbationError(ValueError):
    """A perturbed structure that is not the structure it was; it is not written."""


class ProprietaryError(ValueError):
    """A proprietary structure that may not be published; ``cure`` says what is missing."""

    def __init__(self, reason: str, cure: str = "give the secret key with --key-file") -> None:
        super().__init__(reason)
        self.cure = cure


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
    """

    text: str
    structure: Structure
    displacements: NDArray[np.float64]
    free: int
    contacts: tuple[Contact, ...]
    symmetry: Symmetry | None
    draws: int = 1
    changed: bool = True


def tell_tales(text: str) -> list[str]:
    """Items from which the original positions can be had back: Cartesian coordinates, distances, refinement input, reflections."""
    return sorted({tag.lower() for tag in _TELL_TALES.findall(text)})


def is_perturbed(structure: Structure) -> bool:
    """Whether this program has put noise on the structure."""
    return MARK in (structure.creation_method or "")


def perturb(structure: Structure, seed: bytes, sigma: float = SIGMA) -> Perturbed:
    """Move each free coordinate by N(0, sigma^2); everything else stays, byte for byte.

    A structure that already carries noise of this program is handed back unchanged.

    Parameters
    ----------
    structure
        The structure as read.
    seed
        From :func:`keyed_seed` or :func:`open_seed`.
    sigma
        Standard deviation in fractional coordinates.

    Raises
    ------
    PerturbationError
        When the perturbed file, read back, has not the space group, sites and content of the original.
    """
    if is_perturbed(structure):
        return Perturbed(structure.text, structure, np.zeros((len(structure.sites), 3)), 0, (), None, changed=False)
    if structure.n_structures > 1:
        raise PerturbationError(f"{structure.name} holds {structure.n_structures} structures but one gets noise: write each into a file")
    for reason in unmovable(structure):
        raise PerturbationError(f"{structure.name}: {reason}")
    where = positions(structure)
    moving, moving_where = structure, where
    number = structure.group_number
    if number is None or structure.metric_misfit > FLOOR or may_have_more(structure, where):
        before = symmetry(structure, where)
        number = before.number
        if len(before.rotations) > len(frame(structure).rotations):
            moving = with_operations(structure, before)
            moving_where = positions(moving, before.symprec)
    printed = np.array([site.fract for site in structure.sites])
    exact = np.array([site.exact for site in structure.sites])
    # a rounding error that any reader takes for none stays as it is, so that the displacement is R u to the last digit
    base = np.where(np.abs(exact - printed).max(axis=1, keepdims=True) > FLOOR, exact, printed)
    stream = normals(seed)
    draws = 0
    while draws < MOST_DRAWS:
        draws += 1
        moves, free = _moves(moving, moving_where, stream, sigma)
        after, there = _written(structure, where, base + moves, moves, sigma)
        if [site.fixed_by for site in structure.sites] != [site.fixed_by for site in after.sites]:
            continue  # so near a special position that a reader takes the site to stand on it
        found = symmetry(after, there)
        _verify(structure, after, np.where(moves != 0, base + moves, printed))
        if found.number == number:
            break
        if found.number is None:
            raise PerturbationError(f"{structure.name}: spglib finds no space group after the perturbation")
    else:
        told = f"space group {number} or a site's special position changed"
        raise PerturbationError(f"{structure.name}: {told} in each of {MOST_DRAWS} draws")
    contacts = too_close(after, there)
    if contacts:
        known = {(contact.first, contact.second) for contact in too_close(structure, where)}
        contacts = [contact for contact in contacts if (contact.first, contact.second) not in known]
    return Perturbed(after.text, after, moves, free, tuple(contacts), found, draws)


def _written(
    structure: Structure, where: Sequence[Position], new: NDArray[np.float64], moves: NDArray[np.float64], sigma: float
) -> tuple[Structure, tuple[Position, ...]]:
    """The structure with new coordinates written into its text and read back, and its positions."""
    changes = {
        (site.row, axis): f"{new[index, axis]:.{DECIMALS}f}"
        for index, site in enumerate(structure.sites) for axis in range(3) if moves[index, axis]
    }  # fmt: skip
    try:
        text = with_coordinates(structure, changes, f"{MARK}: N(0, {sigma:g}) in each free fractional coordinate")
    except KeyError:
        raise PerturbationError(f"{structure.name} lists Cartesian coordinates: write fractional ones") from None
    after = read(text, structure.name)
    return after, tuple(replace(position, fract=np.array(after.sites[position.sites[0]].exact)) for position in where)


def _moves(structure: Structure, where: Sequence[Position], stream: Iterator[float], sigma: float) -> tuple[NDArray[np.float64], int]:
    """Displacement of each site, and the number of free coordinates; sites on one position or on its images move together."""
    group = frame(structure)
    moves = np.zeros((len(structure.sites), 3))
    free = 0
    for position in where:
        directions = free_directions(group.rotations[list(position.fixed_by)])
        count = directions.shape[1]
        free += count
        if not count:
            continue
        move = directions @ np.array([sigma * next(stream) for _ in range(count)])
        for index, image in zip(position.sites, position.images, strict=True):
            moves[index] = group.rotations[image] @ move
    return moves, free


def with_operations(structure: Structure, found: Symmetry) -> Structure:
    """The structure under the operations that spglib finds, more than the file lists: a file that lists all atoms in P 1, for example."""
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
    sites = tuple(
        replace(site, fixed_by=fixed, exact=exact, multiplicity=len(every[0]) // len(fixed))
        for site, fixed, exact in zip(structure.sites, *site_symmetry(*every, fract, slack), strict=True)
    )
    return replace(structure, rotations=every[0], translations=every[1], sites=sites)


def _verify(original: Structure, new: Structure, expected: NDArray[np.float64]) -> None:
    """Raise unless the perturbed structure is the original but for its coordinates, and those are the ones intended."""
    name = original.name
    if len(original.sites) != len(new.sites) or not same_content(original.content, new.content):
        raise PerturbationError(f"{name}: the sites or the content of the cell changed")
    if [site.fixed_by for site in original.sites] != [site.fixed_by for site in new.sites]:
        raise PerturbationError(f"{name}: a site left its special position")
    if np.abs(np.array([site.fract for site in new.sites]) - expected).max() > 1e-14:
        raise PerturbationError(f"{name}: the coordinates read back are not those written")


def read_key(file: Path) -> bytes:
    """The secret key in a file: its bytes without white space around them.

    Raises
    ------
    InputError
        When the file is missing or blank.
    """
    if not file.is_file():
        raise InputError("there is no such key file", file=file, cure="name the file that holds the secret key")
    key = file.read_bytes().strip()
    if not key:
        raise InputError("the key file is blank", file=file, cure="make a key once, for example with `openssl rand -hex 32`, and keep it")
    return key


def report(done: Mapping[str, Perturbed]) -> str:
    """What became of the files, in lines for a reader: contacts that the noise made too short, and the tally."""
    lines = [
        f"{name}: {contact.first} and {contact.second} are now {contact.distance:.2f} angstrom apart "
        f"({contact.ratio:.2f} of the sum of their radii)"
        for name, each in done.items() for contact in each.contacts
    ]  # fmt: skip
    kept = sum(not each.changed for each in done.values())
    fixed = sum(each.changed and not each.free for each in done.values())
    lines.append(
        f"{len(done)} files: {len(done) - kept - fixed} perturbed, {kept} passed through (they carry noise already), "
        f"{fixed} without a free coordinate; {len(lines)} contacts became too short"
    )
    return "\n".join(lines)


def perturbed_files(
    cifs: Path, *, key: bytes | None = None, seed: int | None = None, sigma: float = SIGMA, proprietary: Collection[str] = ()
) -> dict[str, Perturbed]:
    """Every ``*.cif`` of a folder with noise, by file name, sorted; nothing is written. See :func:`perturb_folder`."""
    if not cifs.is_dir():
        raise InputError("there is no such folder", file=cifs, cure="name a folder that holds CIFs")
    names = sorted(path.name for path in cifs.iterdir() if path.suffix.lower() == ".cif")
    if not names:
        raise InputError("holds no .cif file", file=cifs, cure="name a folder that holds CIFs")
    return {name: _perturb_file(cifs / name, key, seed, sigma, proprietary) for name in names}


def perturb_folder(
    cifs: Path,
    out: Path,
    *,
    key: bytes | None = None,
    seed: int | None = None,
    sigma: float = SIGMA,
    proprietary: Collection[str] = (),
) -> dict[str, Perturbed]:
    """Perturb every ``*.cif`` of a folder: one file out for each file in, under the same name.

    Nothing is written unless every file can be; the files are written beside and renamed.

    Parameters
    ----------
    cifs, out
        Folder of CIFs, and the folder that the perturbed ones go to.
    key, seed
        The secret key, or a number for open structures and experiments: one of the two.
    sigma
        Standard deviation in fractional coordinates.
    proprietary
        IDs (names of files without ``.cif``) known to be proprietary, besides those whose file bears an ICSD code.

    Returns
    -------
    dict
        What became of each file, by name; the texts are those written.

    Raises
    ------
    InputError
        When a file is damaged, or proprietary and there is no key.
    """
    if cifs.is_dir() and out.exists() and out.samefile(cifs):
        raise InputError("is the folder of the original files", file=out, cure="choose another folder: the originals would be lost")
    done = perturbed_files(cifs, key=key, seed=seed, sigma=sigma, proprietary=proprietary)
    names = list(done)
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for name in names:
            (beside / name).write_bytes(done[name].text.encode("utf-8", "surrogateescape"))
        if out.exists():
            for name in names:
                (beside / name).replace(out / name)
        else:
            beside.chmod(0o777 & ~_umask())
            beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return done


def _umask() -> int:
    """Permissions that new files of this user lack (a temporary folder is closed to others)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _perturb_file(path: Path, key: bytes | None, seed: int | None, sigma: float, proprietary: Collection[str]) -> Perturbed:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    try:
        structure = read(text, path.name)
        return perturb_entry(structure, path.stem, key=key, seed=seed, sigma=sigma, proprietary=path.stem in proprietary)
    except CifError as error:
        raise InputError(error.reason, file=path, row=error.line, cure="mend the file: it must be a CIF with a cell and atoms") from None
    except ProprietaryError as error:
        raise InputError(f"cif.licence: {error}", file=path, cure=error.cure) from None
    except PerturbationError as error:
        raise InputError(str(error), file=path, cure="nothing was written; look at the file's symmetry with `check`") from None


def perturb_entry(
    structure: Structure, id: str, *, key: bytes | None = None, seed: int | None = None, sigma: float = SIGMA, proprietary: bool = False
) -> Perturbed:
    """Perturb the structure of an entry under the key, or under an open seed where the structure is open.

    Raises
    ------
    ProprietaryError
        When the structure is proprietary, carries no noise yet, and there is no key or the file tells its positions elsewhere too.
    """
    if is_perturbed(structure):
        return perturb(structure, b"", sigma)
    if proprietary or structure.icsd is not None:
        code = f"bears the ICSD code {structure.icsd}" if structure.icsd else "belongs to an entry with an ICSD number"
        if key is None:
            raise ProprietaryError(f"a proprietary structure ({code}) needs the secret key: noise from an open seed can be subtracted")
        if told := tell_tales(structure.text):
            cure = "take these items out of the file first"
            reason = f"a proprietary structure ({code}) whose file tells the positions elsewhere too: {', '.join(told)}"
            raise ProprietaryError(reason, cure)
    if key is not None:
        return perturb(structure, keyed_seed(key, id, structure.text), sigma)
    if seed is None:
        raise ValueError("either a key or a seed is needed")
    return perturb(structure, open_seed(seed, id, structure.text), sigma)
