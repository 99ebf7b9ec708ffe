"""The folder of a release: which one may be replaced, and how the new one takes its place."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pipeline.errors import InputError
from pipeline.release.manifest import CHECKSUMS, MANIFEST
from pipeline.safety import outputs
from pipeline.safety.outputs.folders import listed

_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")


@contextmanager
def replaced(target: Path, inputs: Sequence[Path] = (), within: Sequence[Path] = ()) -> Iterator[Path]:
    """Give an empty folder that takes the place of ``target``; see :func:`pipeline.safety.outputs.exchanged`.

    Raises
    ------
    InputError
        When the folder holds anything but a release as this program wrote it (:func:`require_release`), or cannot be written.
    """
    with outputs.exchanged(target, require_release, inputs, within) as folder:
        yield folder


def require_replaceable(target: Path, inputs: Sequence[Path] = (), within: Sequence[Path] = ()) -> None:
    """Raise at once what :func:`replaced` would, before any work is done."""
    outputs.require_place(target, require_release, inputs, within)


def require_release(folder: Path) -> None:
    """Raise unless every visible file of the folder is one that a build wrote there, byte by byte.

    ``RELEASE.json`` must be this program's and ``SHA256SUMS`` must list every other file with its sum. Files that are gone do no harm.

    Raises
    ------
    InputError
        With the names of the files that were added or edited.
    """
    cure = "move them elsewhere, or name another folder with --out"
    if not _is_ours(folder):
        raise InputError(
            f"the folder holds files and is no release of this program: {listed(outputs.visible(folder))}", file=folder, cure=cure
        )
    sums = _sums(folder)
    added, edited = [], []
    for name, path in _files(folder):
        if name == CHECKSUMS and not path.is_symlink():
            continue
        if name not in sums or path.is_symlink() or not path.is_file():
            added.append(name)
        else:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sums[name]:
                    edited.append(name)
    told = [f"{word}: {listed(sorted(names))}" for word, names in (("added", added), ("edited", edited)) if names]
    if told:
        raise InputError(f"the release in this folder has been changed by hand; {'; '.join(told)}", file=folder, cure=cure)


def _is_ours(folder: Path) -> bool:
    """Whether ``RELEASE.json`` is one that this program wrote, and the sums are there."""
    if any((folder / name).is_symlink() or not (folder / name).is_file() for name in (MANIFEST, CHECKSUMS)):
        return False
    try:
        about = json.loads((folder / MANIFEST).read_bytes())
    except (ValueError, RecursionError):
        return False
    made = about.get("made_with") if isinstance(about, dict) else None
    return isinstance(made, dict) and "obelix-curate" in made and "source" in about


def _sums(folder: Path) -> dict[str, str]:
    """Sum of each file by its path in the folder. A line of another form, or a path that leads outside, lists nothing."""
    text = (folder / CHECKSUMS).read_bytes().decode("utf-8", "replace")
    lines = [found for line in text.splitlines() if (found := _LINE.fullmatch(line))]
    return {path: value for value, path in (line.groups() for line in lines) if ".." not in PurePosixPath(path).parts and path[0] != "/"}


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every visible file and link of the folder, by its path in it; hidden files and folders are left out."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in sorted([*files, *links]):
            if not name.startswith("."):
                path = Path(parent, name)
                yield path.relative_to(folder).as_posix(), path
