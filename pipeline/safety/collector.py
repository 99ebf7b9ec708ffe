"""The collector of circles, held back where none are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Look for no circles of objects meanwhile: of records, pairs and rows there are many, and none refers to itself.

    The more objects there are the longer each look at them takes, so that the time would grow faster than the table.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
