"""Files and folders that a user names. What is refused in an archive is refused here too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError


def require_file(path: Path, noun: str = "file") -> None:
    """Raise unless ``path`` is a file. A pipe or a device is none: it may never end, and it cannot be read a second time.

    Raises
    ------
    InputError
        When it is absent, a folder, a pipe or a device.
    """
    if path.is_file():
        return
    if path.is_dir():
        raise InputError(f"this is a folder, not a {noun}", file=path, cure=f"name the {noun} itself")
    if path.exists():
        raise InputError(f"this is a pipe or a device, not a {noun}", file=path, cure="save it as a file first")
    raise InputError("there is no such file", file=path, cure="check the spelling of the name")


def read(path: Path, noun: str = "file") -> bytes:
    """The bytes of a file; see :func:`require_file`."""
    require_file(path, noun)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", file=path, cure="mend its permissions") from None


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
