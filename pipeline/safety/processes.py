"""Processes that work for the program, and what an interruption does to them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class _Pool(ProcessPoolExecutor):
    """Starts each worker with the interrupt key blocked: it reaches every process of a terminal, and only the first one should answer."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        with _blocked():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes. When the block raises, or is interrupted, they are ended at once and what waits is dropped."""
    from multiprocessing import get_context

    workers = _Pool(jobs, mp_context=get_context("spawn"))
    try:
        yield workers
    except BaseException:
        for process in list((workers._processes or {}).values()):
            process.terminate()
        workers.shutdown(cancel_futures=True)  # the processes are gone: there is nothing to wait for but their threads
        raise
    workers.shutdown()


@contextmanager
def _blocked() -> Iterator[None]:
    """Hold SIGINT back; a process that is started meanwhile never gets it, and this one does afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
