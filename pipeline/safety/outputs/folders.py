"""Folders that a command writes whole. See :mod:`pipeline.safety.outputs` for the law."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import InputError
from pipeline.safety.locks import locked
from pipeline.safety.outputs.files import is_inside, umask

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
#: What a folder may hold that must not be replaced: a repository, the pins.
KEPT = (".git", "sources.toml")
#: Says that a folder beside is the program's own to remove.
MARKER = ".obelix-curate"
#: Foreign files that a message names.
NAMED = 10

#: Raises when a folder holds what must not be lost. It is called before the work and once more when the folder has left its place.
Judge = Callable[[Path], None]


def only(names: Collection[str]) -> Judge:
    """A folder may hold these files and no other."""

    def judge(folder: Path) -> None:
        foreign = [name for name in visible(folder) if name not in names or (folder / name).is_symlink() or not (folder / name).is_file()]
        if foreign:
            raise InputError(
                f"the folder holds what this command does not write: {listed(foreign)}",
                file=folder,
                cure="name another folder, or move these files elsewhere",
            )

    return judge


def require_place(target: Path, judge: Judge, inputs: Sequence[Path] = (), within: Sequence[Path] = ()) -> Path:
    """The place of a folder to be written, links followed.

    Parameters
    ----------
    target
        As the user named it.
    judge
        Raises when the folder that is there must not be replaced.
    inputs
        Files and folders that are read: the folder must neither be nor hold one.
    within
        Folders of which all that they hold is read: the folder must not lie in one either.

    Raises
    ------
    InputError
        When it must not be written.
    """
    place = Path(os.path.realpath(target))
    cure = "name another folder"
    if not place.exists():
        for source in within:
            if is_inside(place, source):
                raise InputError(f"the folder lies in {source}, which is read", file=target, cure=cure)
        return place
    if not place.is_dir():
        raise InputError("a file stands where the folder should be", file=target, cure=f"{cure}, or move the file elsewhere")
    here = Path.cwd()
    if any(parent.samefile(place) for parent in (here, *here.parents)):
        raise InputError("this is the working folder, or a folder that holds it", file=target, cure=f"{cure}, such as curated")
    for name in KEPT:
        if os.path.lexists(place / name):
            raise InputError(f"the folder holds {name} and is never replaced", file=target, cure=cure)
    for source in (*inputs, *within):
        if source.exists() and (source.samefile(place) or is_inside(source, place)):
            raise InputError(f"the folder is or holds an input, {source}", file=target, cure=cure)
    for source in within:
        if is_inside(place, source):
            raise InputError(f"the folder lies in {source}, which is read", file=target, cure=cure)
    if visible(place):
        judge(place)
    return place


@contextmanager
def exchanged(target: Path, judge: Judge, inputs: Sequence[Path] = (), within: Sequence[Path] = ()) -> Iterator[Path]:
    """Give an empty folder beside ``target``; when the block ends well, it takes the target's place in one step.

    When the block raises, or the process is killed, the target is what it was; what a killed run left beside is removed by the
    next one. Hidden files and folders of the old folder are moved into the new one. Should a foreign file have come into the
    folder during the work, the old folder comes back.

    Raises
    ------
    InputError
        As :func:`require_place`; when the folder cannot be written, or another run is writing it.
    """
    place = require_place(target, judge, inputs, within)
    made = [parent for parent in place.parents if not parent.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        busy = InputError("another run is writing this folder", file=target, cure="wait for it, or name another folder")
        with locked(place.parent / f".{place.name}.lock", 0, busy):
            _recover(place)
            with workspace(place.parent, f".{place.name}.building-") as beside:
                new = beside / "new"
                new.mkdir()
                new.chmod(stat.S_IMODE(place.stat().st_mode) if place.is_dir() else 0o777 & ~umask())
                yield new
                _take_place(new, place, beside / "old", judge)
    except BaseException as error:
        for parent in made:
            with suppress(OSError):
                parent.rmdir()  # removes an empty folder only
        if isinstance(error, OSError):
            raise InputError(
                f"the folder cannot be written: {error.strerror or error}",
                file=error.filename or target,
                cure="mend its permissions, make room, or name another folder",
            ) from error
        raise


@contextmanager
def workspace(parent: Path, prefix: str) -> Iterator[Path]:
    """A marked scratch folder in ``parent``, removed at the end, whatever happens. Those that killed runs left there are removed too."""
    for left in _left(parent, prefix):
        shutil.rmtree(left, ignore_errors=True)
    beside = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        (beside / MARKER).touch()
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def visible(folder: Path) -> list[str]:
    """Names of what a folder holds, hidden files left out, sorted."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _left(parent: Path, prefix: str) -> list[Path]:
    """Scratch folders of killed runs: of the program's own naming and bearing its marker."""
    found = [path for path in parent.iterdir() if path.name.startswith(prefix)] if parent.is_dir() else []
    return [path for path in found if path.is_dir() and not path.is_symlink() and (path / MARKER).is_file()]


def _recover(place: Path) -> None:
    """Finish what a killed run began: its old folder comes back where there is none now, and hidden files that it had not moved yet."""
    for left in _left(place.parent, f".{place.name}.building-"):
        old = left / "old"
        if old.is_dir() and not place.exists():
            old.rename(place)
        for former in (old, left / "new"):
            if former.is_dir() and place.is_dir():
                _move_hidden(former, place)


def _take_place(new: Path, place: Path, old: Path, judge: Judge) -> None:
    """Put the new folder in its place; the former one is judged once more where nobody can reach it, and comes back if it must not go."""
    if not place.exists():
        new.rename(place)
        return
    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where the folder should be", str(place))
    if _exchange(new, place):
        former = new
    else:
        place.rename(old)
        new.rename(place)
        former = old
    try:
        if visible(former):
            judge(former)
    except BaseException as error:
        if isinstance(error, InputError):
            error.file = str(place)
        if former == old or not _exchange(former, place):
            place.rename(former.with_name("refused"))
            former.rename(place)
        raise
    _move_hidden(former, place)


def _move_hidden(former: Path, place: Path) -> None:
    """Move hidden files and folders, at any depth, to the same place in another folder, unless there is one already."""
    for parent, folders, files in os.walk(former):
        inner = place / Path(parent).relative_to(former)
        for name in [*folders, *files]:
            if name.startswith(".") and not os.path.lexists(inner / name):
                inner.mkdir(parents=True, exist_ok=True)
                Path(parent, name).rename(inner / name)
        folders[:] = [name for name in folders if not name.startswith(".")]


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step where the system can (Linux); tell whether it did."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    return renameat2 is not None and renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0
