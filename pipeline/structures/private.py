"""The originals of a build: structures that may not be published, and what is published in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.errors import InputError
from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.equal import copies, is_copy
from pipeline.structures.folder import cif_files
from pipeline.structures.keys import read_key
from pipeline.structures.noise import keyed
from pipeline.structures.perturb_folder import perturbed_files


def private_originals(
    folder: Path, key_file: Path | None, entries: Iterable[str], others: Mapping[str, str], noisy: Collection[str]
) -> tuple[dict[str, str], list[str]]:
    """Text of each original structure with its noise, by ID, and the IDs that did not carry noise before.

    Every file of the folder is taken for proprietary: written anew, and moved under the key.

    Parameters
    ----------
    folder, key_file, entries
        Folder of originals, file of the key, and the IDs of the entries.
    others
        Text of the other structures of the release by ID, and with them those that the originals replace.
    noisy
        IDs of ``others`` known to carry noise.

    Raises
    ------
    InputError
        When there is no key, a file belongs to no entry or cannot be perturbed, is a structure of the release under another name, or a
        structure of the release is one of the originals.
    """
    if key_file is None:
        raise InputError("original structures are released with keyed noise only", file=folder, cure="name the secret key with --key-file")
    noise = keyed(read_key(key_file))
    names = [path.stem for path in cif_files(folder)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"there are two files of {twice[0]} (.cif and .CIF)", file=folder, cure="keep the one that is the original")
    if strangers := sorted(set(names) - set(entries)):
        raise InputError(
            f"no entry has the ID of {', '.join(strangers[:10])}", file=folder, cure="name each file <ID>.cif after its entry, or remove it"
        )
    already = _refuse_copies(folder, others, noisy)
    owners = dict.fromkeys(names, "is one of the private originals")
    done = {
        Path(name).stem: result
        for name, result in perturbed_files(folder, noise, proprietary=owners).items()
        if Path(name).stem not in already
    }
    return {name: result.text for name, result in done.items()}, [name for name, result in done.items() if result.changed]


def _refuse_copies(folder: Path, others: Mapping[str, str], noisy: Collection[str]) -> frozenset[str]:
    """IDs of the originals that are, under their own name, the structure with noise that the release has already.

    Parameters
    ----------
    folder
        The originals, ``<ID>.cif``.
    others
        Text of each structure of the release, by ID.
    noisy
        IDs of these that are known to carry noise.

    Raises
    ------
    InputError
        When an original is a structure of the release under another name: either it carries noise already and would get it again, or the
        release is about to publish the original.
    """
    released: dict[str, Structure] = {}
    for name, text in others.items():
        with suppress(CifError):  # the checks say so
            released[name] = read(text, f"{name}.cif")
    paths = {path.stem: path for path in cif_files(folder)}
    originals: dict[str, Structure] = {}
    for stem, path in paths.items():
        try:
            originals[stem] = read(path.read_bytes().decode("utf-8", "surrogateescape"), path.name)
        except CifError as error:
            raise InputError(
                error.reason, file=path, row=error.line, cure="mend the file: it must be a CIF with a cell and atoms"
            ) from None
    already = {stem for stem in originals if stem in noisy and stem in released and is_copy(originals[stem], released[stem])}
    for stem, twins in copies(originals, released).items():
        path = paths[stem]
        for name in twins:
            if name in noisy:
                what = f"cif.licence: this is the structure that the release has with noise as {name}, under another name, and no original"
                raise InputError(what, file=path, cure=f"put the original of {stem} here, or take the file away")
            if name not in paths:
                what = f"cif.licence: the release would publish this original as it is, as the structure of {name}"
                raise InputError(
                    what, file=path, cure=f"put it here as {name}.cif too, so that it gets noise, or take it out of the release"
                )
    return frozenset(already)
