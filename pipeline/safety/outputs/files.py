"""Files that a command writes. See :mod:`pipeline.safety.outputs` for the law."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError

#: Bytes at each end of a file by which an earlier output is recognised.
ENDS = 1 << 16
STRUCTURES = (".cif", ".cif.gz")


def nothing(_: str) -> bool:
    """Recognises no file as an earlier output."""
    return False


@dataclass(frozen=True)
class Output:
    """A file to be written.

    Attributes
    ----------
    path
        As the user named it.
    inputs
        What the command reads: files, and folders of which all that they hold counts.
    libraries
        Folders of which only the structure files count.
    is_earlier
        Whether a text is that of an earlier output of the same format. It sees the first and the last 64 KiB of a longer file.
    force
        Whether any other file may be replaced too.
    """

    path: Path
    inputs: Sequence[Path] = ()
    libraries: Sequence[Path] = ()
    is_earlier: Callable[[str], bool] = nothing
    force: bool = False

    def require(self) -> Path:
        """The place of the file, links followed.

        Raises
        ------
        InputError
            When it must not be written.
        """
        try:
            return self._required()
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def _required(self) -> Path:
        if not self.path.name:
            raise InputError("this names no file", file=self.path, cure="name a file, such as report.json")
        try:
            about = self.path.stat()
        except FileNotFoundError:
            about = None
        if about is not None and not stat.S_ISREG(about.st_mode):
            kind = "a folder" if stat.S_ISDIR(about.st_mode) else "a device or a pipe"
            raise InputError(f"this is {kind}, not a file", file=self.path, cure="name a file, or leave --output out for standard output")
        place = Path(os.path.realpath(self.path))
        self._require_no_input(place, about is not None)
        if about is not None and about.st_size and not self.force and not self.is_earlier(_ends(place)):
            raise InputError(
                "another file is there already, not an earlier output of this format",
                file=self.path,
                cure="name another file, or replace this one with --force",
            )
        return place

    def _require_no_input(self, place: Path, exists: bool) -> None:
        for source in self.inputs:
            if exists and source.exists() and source.samefile(place):
                raise InputError("this is an input of the command", file=self.path, cure="name another file; --force does not help")
            if is_inside(place, source) or (exists and _holds(source, place)):
                raise InputError(f"it lies in {source}, which the command reads", file=self.path, cure="name a file elsewhere")
        if place.name.lower().endswith(STRUCTURES):
            for source in self.libraries:
                if is_inside(place, source) or (exists and _holds(source, place)):
                    raise InputError(f"it would be a structure file of {source}", file=self.path, cure="name a file elsewhere")

    def write(self, text: str | bytes | Iterable[str]) -> None:
        """Write the text, the bytes or the pieces of a text beside and put it in its place; what lies there by then is looked at again.

        Raises
        ------
        InputError
            When it must not or cannot be written.
        """
        place = self.require()
        try:
            put(place, text)
        except OSError as error:
            raise _unwritable(self.path, error) from None


def put(place: Path, text: str | bytes | Iterable[str]) -> None:
    """Write a text, bytes, or a text in pieces, beside and rename it, so that a reader never sees half of it.

    An old file's permissions are kept.
    """
    mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o666 & ~umask()
    handle, name = tempfile.mkstemp(prefix=f".{place.name[:100]}.", suffix=".part", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            if isinstance(text, bytes):
                file.write(text)
            else:
                file.writelines(piece.encode("utf-8", "replace") for piece in ((text,) if isinstance(text, str) else text))
        Path(name).chmod(mode)
        Path(name).replace(place)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder, at any depth; by identity, so that letter case and links do not matter."""
    if not folder.is_dir():
        return False
    return any(parent.exists() and parent.samefile(folder) for parent in Path(os.path.realpath(path)).parents)


def _holds(folder: Path, file: Path) -> bool:
    """Whether a folder holds the very file under another name: a hard link, or a link to it. Only a file with several names can be one."""
    if not folder.is_dir():
        return False
    about = file.stat()
    for parent, _, names in os.walk(folder):
        for name in names:
            other = Path(parent, name)
            if about.st_nlink > 1 or other.is_symlink():
                with suppress(OSError):
                    found = other.stat()
                    if (found.st_dev, found.st_ino) == (about.st_dev, about.st_ino):
                        return True
    return False


def umask() -> int:
    """Permissions that new files of this user lack (a temporary file is closed to others)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _ends(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(2 * ENDS)
        size = path.stat().st_size
        if size > 2 * ENDS:
            file.seek(size - ENDS)
            head = head[:ENDS] + b"\n" + file.read(ENDS)
    return head.decode("utf-8", "replace")


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(f"it cannot be written: {error.strerror or error}", file=path, cure="name a file in another folder")


def existing(paths: Iterable[Path | None]) -> list[Path]:
    """Those of the paths that are named and there."""
    return [path for path in paths if path is not None and path.exists()]
