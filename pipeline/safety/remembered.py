"""What is kept of a computation, and how much of it: a process that runs for days holds no more than one that runs for minutes.

Three kinds of results are kept. What is told of a text (a formula, a DOI) is kept for the last :data:`TEXTS` texts. What is told of an
object is kept with the object and goes with it. A structure that was read is found again for as long as anybody holds it, however many
there are, and the last :data:`FILES` of them in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from weakref import WeakValueDictionary

#: Formulas, pairs of formulas or DOIs that each function remembers: more than a table of 10^5 records has, some 100 MB for the largest.
TEXTS = 1 << 17
#: A row has two formulas, each of which is read once.
FORMULAS = 2 * TEXTS
#: Structures that are remembered though nobody holds them.
FILES = 1024
#: Where an object keeps what was told of it.
_KEPT = "_remembered"

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


def with_object(function: Callable[Concatenate[T, P], R]) -> Callable[Concatenate[T, P], R]:
    """Keep the result of a function with its first argument, which never changes; the others are hashable and given by position."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def remembered(thing: T, /, *others: P.args, **named: P.kwargs) -> R:
        if named:
            raise TypeError(f"{name} takes its arguments by position")
        kept = vars(thing).setdefault(_KEPT, {})
        key = (name, *others)
        if key not in kept:
            kept[key] = function(thing, *others, **named)
        return cast(R, kept[key])

    return remembered


def without_kept(state: dict[str, Any]) -> dict[str, Any]:
    """The state of an object for another process, which finds out anew what it needs."""
    return {key: value for key, value in state.items() if key != _KEPT}


def while_held(function: Callable[P, T]) -> Callable[P, T]:
    """Find what a function made again for as long as it is held by anybody, and the last :data:`FILES` results in any case.

    The arguments are hashable and given by position; what the function raises is not kept.
    """
    held: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()

    @lru_cache(maxsize=FILES)
    def latest(*arguments: Hashable) -> Any:
        found = held.get(arguments)
        if found is None:
            found = held[arguments] = function(*arguments)  # type: ignore[arg-type, call-arg]
        return found

    @wraps(function)
    def remembered(*arguments: P.args, **named: P.kwargs) -> T:
        if named:
            raise TypeError(f"{function.__qualname__} takes its arguments by position")
        return cast(T, latest(*arguments))

    return remembered
