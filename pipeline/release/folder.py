"""A folder that is written beside and put in its place whole, or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import InputError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Give an empty folder beside ``target``; when the block ends well, it takes the target's place in one step.

    When the block raises, or the process is killed, the target is what it was. What a killed run left beside is removed by the
    next run. Hidden files of the old folder (``.gitkeep``) are kept.

    Raises
    ------
    InputError
        When the folder cannot be written, or another run is writing it.
    """
    target = target.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _lock(target):
            _recover(target)
            scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.building-", dir=target.parent))
            try:
                scratch.chmod(0o755)
                yield scratch
                _keep_hidden(target, scratch)
                _take_place(scratch, target)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"the folder cannot be written: {error.strerror or error}",
            file=error.filename or target,
            cure="mend its permissions, make room, or name another folder with --out",
        ) from error


@contextmanager
def _lock(target: Path) -> Iterator[None]:
    """One writer at a time. The lock goes with the process, however it ends."""
    path = target.parent / f".{target.name}.lock"
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    "another build is writing this folder", file=target, cure="wait for it, or name another with --out"
                ) from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _recover(target: Path) -> None:
    """Remove what a killed run left beside; bring back the old folder when the run was killed between two renames."""
    previous = _previous(target)
    if previous.exists() and not target.exists():
        previous.rename(target)
    for left in [previous, *target.parent.glob(f".{target.name}.building-*")]:
        shutil.rmtree(left, ignore_errors=True)


def _previous(target: Path) -> Path:
    return target.parent / f".{target.name}.previous"


def _keep_hidden(target: Path, scratch: Path) -> None:
    if target.is_dir():
        for path in target.iterdir():
            if path.name.startswith(".") and path.is_file():
                shutil.copy2(path, scratch / path.name)


def _take_place(scratch: Path, target: Path) -> None:
    if not target.exists():
        scratch.rename(target)
    elif not target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where the folder should be", str(target))
    elif not _exchange(scratch, target):
        previous = _previous(target)
        target.rename(previous)
        scratch.rename(target)
        shutil.rmtree(previous, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step where the system can (Linux); tell whether it did."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    return renameat2 is not None and renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0
