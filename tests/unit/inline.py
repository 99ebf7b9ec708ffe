"""Workers in this process, for tests of what is handed out: it goes through pickle, as on the way to another machine."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from pipeline.safety.workers import Workers


class Inline(Executor):
    """Does what it is given at once. ``sent`` has the name of each function and the bytes of its arguments; ``change`` alters those."""

    def __init__(self, change: Callable[[Any], Any] = lambda arguments: arguments) -> None:
        self.change = change
        self.sent: list[tuple[str, int]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        version, factor, work = arguments
        wanted, given = pickle.loads(work)
        self.sent.append((wanted.__name__, len(work)))
        try:
            future.set_result(pickle.loads(pickle.dumps(function(version, factor, pickle.dumps((wanted, self.change(given)))))))
        except Exception as error:
            future.set_exception(error)
        return future


def inline(width: int = 2) -> Workers:
    """So many of these workers."""
    return Workers(Inline(), lambda: width, reading=True)
