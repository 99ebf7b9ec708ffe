"""The files of a folder that somebody handed in. What is refused in an archive is refused here too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError


def plain_files(folder: Path) -> Iterator[Path]:
    """The files of a folder, sorted by name; folders in it are passed over.

    Raises
    ------
    InputError
        When an entry is a link, which leads to a file that nobody handed in, a pipe or a device.
    """
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            cure = "put the file itself in its place, or take it out of the folder"
            raise InputError(f"{path.name!r} is a link or a device", file=folder, cure=cure)
        if path.is_file():
            yield path
