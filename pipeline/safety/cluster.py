"""A Dask cluster that works for the program: whether there is one at an address, and whether it is still there while it works."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from pipeline.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

#: Seconds that a scheduler may take to answer; that there may be no workers before the work is given up, in which a nanny starts others;
#: and between two looks at how many there are.
PATIENCE = 10
ABSENT = 30
LOOK = 1.0


class Cluster:
    """A scheduler and its workers, which come and go while they work."""

    def __init__(self, client: Client, address: str, kept: str) -> None:
        self._client: Any = client
        self._address, self._kept = address, kept
        self._looked, self._threads = 0.0, 1
        self._present = time.monotonic()

    @property
    def executor(self) -> Executor:
        """Takes work. What a worker had that dies goes to another one; what kills three workers is given up."""
        found: Executor = self._client.get_executor(pure=False, retries=3)
        return found

    def width(self) -> int:
        """Threads of all workers that are there now."""
        self._look()
        return max(1, self._threads)

    def require(self) -> None:
        """Raise InputError when nobody is left to work."""
        self._look()
        if not self._threads and time.monotonic() - self._present > ABSENT:
            raise InputError(
                f"the workers of the cluster are gone, and none has come for {ABSENT:g} seconds", value=self._address,
                cure=f"start some with 'dask worker {self._address} --nthreads 1' and run the command again{self._kept}",
            )  # fmt: skip

    def _look(self) -> None:
        """Learn how many threads there are, unless that was a moment ago."""
        now = time.monotonic()
        if now < self._looked + LOOK:
            return
        try:
            threads = self._client.sync(self._client.scheduler.ncores, callback_timeout=ABSENT)
        except (OSError, TimeoutError) as error:
            raise lost(self._kept) from error
        self._looked, self._threads = time.monotonic(), sum(threads.values())
        if self._threads:
            self._present = self._looked


def lost(kept: str) -> InputError:
    """The error that tells that a scheduler which answered does so no more."""
    return InputError("the connection to the Dask scheduler was lost", cure=f"see to it and run the command again{kept}")


@contextmanager
def cluster(address: str, kept: str = "") -> Iterator[Cluster]:
    """The cluster of a scheduler; ``kept`` as in :func:`pipeline.safety.workers.workers`.

    Raises
    ------
    InputError
        When the extra ``cluster`` is not installed, no scheduler answers, or it has no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError("a Dask cluster needs the extra 'cluster'", cure="pip install 'obelix-curate[cluster]'") from None
    with _quiet():
        _require_scheduler(address)
        try:
            client = cast(Any, Client)(address, timeout=f"{PATIENCE}s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise _no_scheduler(address, error) from error
        try:
            try:
                client.wait_for_workers(1, timeout=PATIENCE)
            except TimeoutError:
                cure = f"start some with 'dask worker {address} --nthreads 1'"
                raise InputError("the Dask scheduler has no workers", value=address, cure=cure) from None
            yield Cluster(client, address, kept)
        finally:
            client.close()


def _require_scheduler(address: str) -> None:
    """Raise InputError unless a scheduler answers at an address.

    It is asked before there is a client, which would wait for ever for an answer of a program that takes connections and is none, and after
    an address that is none for many seconds to be closed.
    """
    from distributed.core import rpc
    from distributed.security import Security
    from distributed.utils import LoopRunner

    async def ask() -> Any:
        server, security = cast(Any, rpc), cast(Any, Security)
        async with server(address, timeout=PATIENCE, connection_args=security().get_connection_args("client")) as found:
            return await found.identity()

    try:
        kind = cast(Any, LoopRunner)().run_sync(ask, callback_timeout=PATIENCE + LOOK).get("type")
    except Exception as error:  # whatever Dask makes of an address, or of what is no answer
        raise _no_scheduler(address, error) from error
    if kind != "Scheduler":
        raise _no_scheduler(address, f"it is a {str(kind).lower()}")


def _no_scheduler(address: str, why: object) -> InputError:
    cure = "start one with 'dask scheduler' and name its address, such as tcp://host:8786"
    return InputError(f"no Dask scheduler answers: {why}", value=address, cure=cure)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs off the terminal: of a connection that is lost it shows a traceback, where the program says what to do."""
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict) if name.partition(".")[0] == "distributed"]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)
