"""Who does the work of a long command: this process, a pool of processes, or the workers of a Dask cluster.

What is handed out is a function of a module of the program and its arguments; what comes back is in the order in which it was handed out,
whoever is faster, and only a few pieces wait at a time. A worker that runs another program, or computes with other libraries, might answer
otherwise: that is an error and no answer.
"""

from __future__ import annotations

import pickle
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.safety.cluster import LOOK, cluster, lost
from pipeline.safety.identity import difference, identity
from pipeline.safety.processes import pool

P = TypeVar("P")
R = TypeVar("R")

#: Pieces of work under way for each worker.
AHEAD = 4
#: Rows that a part has at most, unless they must stay together: some megabytes.
LARGE = 20_000
#: What helps against workers that cannot do the work.
SAME = "install the same versions on all machines, and run the command again"


@dataclass(frozen=True)
class Workers:
    """Something to hand work to.

    ``width`` tells how many pieces are worked on at a time, ``reading`` whether they read files; ``require`` raises InputError when nobody
    is left to work.
    """

    executor: Executor
    width: Callable[[], int]
    reading: bool = False
    require: Callable[[], None] = lambda: None


class OtherVersionError(Exception):
    """A worker runs another program, or other libraries; says in what they differ."""


@contextmanager
def workers(jobs: int, scheduler: str | None = None, *, kept: str = "") -> Iterator[Workers | None]:
    """A pool of ``jobs`` processes, a Dask cluster, or nothing when the work is done here.

    Parameters
    ----------
    jobs, scheduler
        Processes; address of a Dask scheduler, in their place.
    kept
        What the next run of the command has of a run whose workers were lost, for the message: ``, it goes on where it stopped``.

    Raises
    ------
    InputError
        When the extra ``cluster`` is not installed, no scheduler answers, or workers die and the work cannot go on.
    """
    with _loss_told(kept):
        if scheduler is not None:
            with cluster(scheduler, kept) as found:
                yield Workers(found.executor, found.width, reading=True, require=found.require)
        elif jobs > 1:
            with pool(jobs) as executor:
                yield Workers(executor, lambda: jobs)
        else:
            yield None


@contextmanager
def _loss_told(kept: str) -> Iterator[None]:
    """Say what became of the work when workers are lost."""
    try:
        yield
    except BrokenProcessPool as error:
        raise InputError("a worker process died", cure=f"run the command again{kept}; with fewer --jobs it needs less memory") from error
    except InputError:
        raise
    except CancelledError as error:
        raise lost(kept) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("distributed", "concurrent", "asyncio"):
            raise
        raise InputError(f"the cluster gave the work up: {error}", cure=f"see to its workers and run the command again{kept}") from error


class _Work:
    """A piece of work on its way: to unpickle it is to do it. So a worker without the program raises an error, as it should; Dask ends a
    worker that does not know a function."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.content = pickle.dumps((function, arguments))

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Mapping[str, str], int, bytes]]:
        return worked, (identity(), limits.factor(), self.content)


def submit(by: Workers, function: Callable[..., Any], *arguments: Any) -> Future[bytes]:
    """Hand out one piece of work: a function of a module, and arguments that can be pickled. It keeps the limits of this process.

    It is sent as bytes, and so is the answer: Dask would look through every list for its own futures, and pack each member of a list by
    itself, which takes longer than some of the work.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")  # rows that must stay together are no graph
        return by.executor.submit(pickle.loads, pickle.dumps(_Work(function, arguments)))


def worked(theirs: Mapping[str, str], factor: int, content: bytes) -> bytes:
    """What a worker does with a piece of work, and its answer; raises :class:`OtherVersionError` before it looks at another program's."""
    if found := difference(theirs, identity()):
        raise OtherVersionError(found)
    function, arguments = pickle.loads(content)
    with limits.raised(factor):
        return pickle.dumps(function(*arguments))


def answer(future: Future[bytes], by: Workers) -> Any:
    """What a worker says.

    Raises
    ------
    InputError
        When it runs another program or other libraries, or has none, or when nobody is left to say anything.
    """
    while not wait((future,), LOOK).done:
        by.require()
    try:
        return pickle.loads(future.result())
    except OtherVersionError as error:
        raise InputError(f"a worker of the cluster runs {error}", cure=SAME) from None
    except ModuleNotFoundError as error:
        raise InputError(f"a worker of the cluster lacks the module {error.name}", cure=SAME) from error
    except AttributeError as error:
        if "Can't get attribute" not in str(error):  # what pickle says where a module lacks a function
            raise
        raise InputError(f"a worker of the cluster runs another version of this program: {error}", cure=SAME) from error


def spread(function: Callable[[P], R], parts: Iterable[P], by: Workers | None) -> Iterator[R]:
    """What a function says of each part, in the order of the parts; worked out here where there is nobody else."""
    if by is None:
        yield from map(function, parts)
        return
    waiting: deque[Future[bytes]] = deque()
    try:
        for part in parts:
            waiting.append(submit(by, function, part))
            if len(waiting) >= AHEAD * by.width():
                yield answer(waiting.popleft(), by)
        while waiting:
            yield answer(waiting.popleft(), by)
    finally:
        for future in waiting:
            future.cancel()


def bins(sizes: Iterable[int], by: Workers) -> list[list[int]]:
    """Pieces that must not be divided, put together into parts of about equal work: places in ``sizes``, ascending in each part.

    There are some parts for each worker, so that none waits long for the last one, and more where they would be large; the largest pieces
    are placed first, each into the part that has least.
    """
    import heapq

    order = sorted(enumerate(sizes), key=lambda each: (-each[1], each[0]))
    many = min(len(order), max(AHEAD * by.width(), sum(size for _, size in order) // LARGE))
    heap = [(0, number) for number in range(many)]
    found: list[list[int]] = [[] for _ in range(many)]
    for place, size in order:
        total, number = heap[0]
        found[number].append(place)
        heapq.heapreplace(heap, (total + size, number))
    return [sorted(part) for part in found]
