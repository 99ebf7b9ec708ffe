"""Work in processes that are copies of this one, several at a time: a copy has every library loaded that this one has."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

#: Bytes that a process may hold, and how much longer than its CPU it may take by the clock: the machine may have other work to do.
MEMORY = 12 * 2**30
PATIENCE = 20
TOO_LONG = "too long"


@dataclass
class Job:
    """A piece of work, the seconds of CPU that it may take, and the file for what it prints."""

    work: Callable[[], int]
    seconds: float
    printed: Path


@dataclass(frozen=True)
class End:
    """How a job ended: its exit status or :data:`TOO_LONG`, and the seconds of CPU that it took."""

    status: int | str
    seconds: float


def run(jobs: Iterable[tuple[T, Job]], at_once: int) -> Iterator[tuple[T, End]]:
    """Each job's end as it comes, at most so many at once."""
    waiting, running = iter(jobs), {}
    more = True
    try:
        while more or running:
            while more and len(running) < at_once:
                following = next(waiting, None)
                if following is None:
                    more = False
                else:
                    running[_start(following[1])] = (*following, time.monotonic())
            yield from _ended(running)
    finally:  # whoever ends the run ends what it started
        for process in running:
            _kill(process)


def _ended(running: dict[int, tuple[T, Job, float]]) -> Iterator[tuple[T, End]]:
    time.sleep(0.05)
    for process, (thing, job, since) in list(running.items()):
        found, status, usage = os.wait4(process, os.WNOHANG)
        if found == 0 and time.monotonic() - since > job.seconds * PATIENCE:
            _kill(process)
            found, status, usage = os.wait4(process, 0)
        if found:
            del running[process]
            _kill(process)  # what it left behind
            ended = (
                TOO_LONG
                if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
                else os.waitstatus_to_exitcode(status)
            )
            yield thing, End(ended, usage.ru_utime + usage.ru_stime)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _start(job: Job) -> int:
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    status = 70
    try:
        os.setpgid(0, 0)
        out = job.printed.open("w", encoding="utf-8")
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        sys.stdout = sys.stderr = out
        allowed = int(job.seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        status = job.work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return 0
