"""A folder of CIFs with noise: one file out for each file in, under its name, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.errors import InputError
from pipeline.quoting import plain
from pipeline.safety.outputs.folders import exchanged, only, require_place
from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.equal import copies
from pipeline.structures.folder import cif_files
from pipeline.structures.noise import SIGMA, Noise
from pipeline.structures.original import content_key
from pipeline.structures.perturb import MarkError, PerturbationError, Perturbed, ProprietaryError, perturb_entry
from pipeline.structures.proprietary import whose


def report(done: Mapping[str, Perturbed]) -> str:
    """What became of the files, in lines for a reader: contacts that the noise made too short, marks of another key, and the tally."""
    lines = [
        f"{plain(name)}: {contact.first} and {contact.second} are now {contact.distance:.2f} angstrom apart "
        f"({contact.ratio:.2f} of the sum of their radii)"
        for name, each in done.items() for contact in each.contacts
    ]  # fmt: skip
    contacts = len(lines)
    lines += [
        f"{plain(name)}: says that it carries noise, which could not be verified here; it was perturbed"
        for name, each in done.items()
        if each.unverified
    ]
    lines += [
        f"{plain(name)}: an edited version of {plain(other)}, so that one original has two noises, whose mean is nearer to it: publish "
        "one of them"
        for name, each in done.items() for other in each.versions
    ]  # fmt: skip
    kept = sum(not each.changed for each in done.values())
    still = sum(each.changed and not each.free for each in done.values())
    lines.append(
        f"{len(done)} files: {len(done) - kept - still} perturbed, {kept} passed through (they carry noise already), "
        f"{still} without a free coordinate; {contacts} contacts became too short"
    )
    return "\n".join(lines)


def perturbed_files(cifs: Path, noise: Noise, sigma: float = SIGMA, proprietary: Mapping[str, str] | None = None) -> dict[str, Perturbed]:
    """Every ``*.cif`` of a folder with noise, by file name, sorted; nothing is written. See :func:`perturb_folder`."""
    told = proprietary or {}
    structures = {path.name: _read(path) for path in cif_files(cifs)}
    owners = {name: told.get(Path(name).stem) or whose(structure) for name, structure in structures.items()}
    if any(owners.values()) and not all(owners.values()):
        # a copy of a proprietary file under another name is as proprietary
        silent = {name: structures[name] for name, owner in owners.items() if owner is None}
        known = {name: structures[name] for name, owner in owners.items() if owner is not None}
        for name, (other, *_) in copies(silent, known, stretched=True).items():
            owners[name] = f"holds the same structure as {other}, which {owners[other]}"
    done = {name: _perturb(cifs / name, structure, noise, sigma, owners[name]) for name, structure in structures.items()}
    moved = {name: structures[name] for name, each in done.items() if each.changed and each.free and owners[name]}
    for name, twins in copies(moved, moved).items():
        versions = [other for other in twins if other < name and content_key(moved[other]) != content_key(moved[name])]
        done[name] = replace(done[name], versions=tuple(versions))
    return done


def perturb_folder(
    cifs: Path,
    out: Path,
    noise: Noise,
    sigma: float = SIGMA,
    proprietary: Mapping[str, str] | None = None,
    inputs: Sequence[Path] = (),
) -> dict[str, Perturbed]:
    """Perturb every ``*.cif`` of a folder: one file out for each file in, under the same name.

    Nothing is written unless every file can be. The folder takes its place whole, so that no reader and no killed run ever sees old and
    new noise mixed; one that is there must be empty or hold none but files of these names (see :mod:`pipeline.safety.outputs`).

    Parameters
    ----------
    cifs, out
        Folder of CIFs, and the folder that the perturbed ones go to.
    noise
        Where the numbers come from: a secret key, or a number for open structures and experiments.
    sigma
        Standard deviation in fractional coordinates; for open structures.
    proprietary
        For IDs (names of files without ``.cif``) known to be proprietary besides those whose file says so, what says it, in words that
        follow "the file".
    inputs
        Other files that are read, such as that of the key: ``out`` must not hold them.

    Returns
    -------
    dict
        What became of each file, by name; the texts are those written.

    Raises
    ------
    InputError
        When a file is damaged or a link, or proprietary and there is no key, or the folder ``out`` must not be replaced.
    """
    if cifs.is_dir() and out.exists() and out.samefile(cifs):
        raise InputError("is the folder of the original files", file=out, cure="choose another folder: the originals would be lost")
    judge = only([path.name for path in cif_files(cifs)])
    require_place(out, judge, (cifs, *inputs))
    done = perturbed_files(cifs, noise, sigma, proprietary)
    with exchanged(out, judge, (cifs, *inputs)) as folder:
        for name, each in done.items():
            (folder / name).write_bytes(each.text.encode("utf-8", "surrogateescape"))
    return done


def _read(path: Path) -> Structure:
    try:
        return read(path.read_bytes().decode("utf-8", "surrogateescape"), path.name)
    except CifError as error:
        raise InputError(error.reason, file=path, row=error.line, cure="mend the file: it must be a CIF with a cell and atoms") from None


def _perturb(path: Path, structure: Structure, noise: Noise, sigma: float, owner: str | None) -> Perturbed:
    try:
        return perturb_entry(structure, noise, sigma, proprietary=owner)
    except CifError as error:
        raise InputError(error.reason, file=path, row=error.line, cure="nothing was written") from None
    except ProprietaryError as error:
        raise InputError(f"cif.licence: {error}", file=path, cure=error.cure) from None
    except MarkError as error:
        cure = "perturb the original again; where there is none and the structure is open, take _audit_creation_method out of the file"
        raise InputError(str(error), file=path, cure=cure) from None
    except PerturbationError as error:
        raise InputError(str(error), file=path, cure="nothing was written; look at the file's symmetry with `check`") from None
