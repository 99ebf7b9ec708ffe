"""Workers in this process, for tests of what is handed out: it goes through pickle, as on the way to another machine."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from pipeline.safety import workers
from pipeline.safety.workers import Workers


class Inline(Executor):
    """Does what it is given at once. ``sent`` has the name of each function and the bytes of its arguments; ``change`` alters those."""

    def __init__(self, change: Callable[[Any], Any] | None = None) -> None:
        self.change = change
        self.sent: list[tuple[str, int]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        wanted, given = handed(*arguments)
        self.sent.append((wanted.__name__, len(arguments[0])))
        try:
            future.set_result(pickle.dumps(wanted(*self.change(given))) if self.change else function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def inline(width: int = 2) -> Workers:
    """So many of these workers."""
    return Workers(Inline(), lambda: width, reading=True)


def handed(work: bytes) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The function and the arguments of a piece of work."""
    found: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "worked", lambda version, factor, content: found.append(content))
        pickle.loads(work)
    function, arguments = pickle.loads(found[0])
    return function, arguments
