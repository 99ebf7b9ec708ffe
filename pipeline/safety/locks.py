"""One at a time: what reads, decides and writes is not overtaken in between."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import InputError


@contextmanager
def locked(path: Path, wait: float, busy: InputError) -> Iterator[None]:
    """Hold the lock file ``path``; it goes with the process, however it ends, and the file with the lock.

    Parameters
    ----------
    path
        The lock file, in a folder that is there.
    wait
        Seconds to wait for another process.
    busy
        Raised when it still holds the lock then.
    """
    end = time.monotonic() + wait
    while (handle := _taken(path)) is None:
        if time.monotonic() >= end:
            raise busy
        time.sleep(0.05)
    try:
        yield
    finally:
        if os.fstat(handle).st_size == 0:  # a file of this name that somebody wrote is left alone
            path.unlink(missing_ok=True)
        os.close(handle)


def _taken(path: Path) -> int | None:
    """A handle that holds the lock; ``None`` when another process has it, or has just taken the file along with it."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o644)
    if sys.platform == "win32":
        return handle
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.lexists(path) and path.stat().st_ino == os.fstat(handle).st_ino:
            return handle
    except BlockingIOError:
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None
