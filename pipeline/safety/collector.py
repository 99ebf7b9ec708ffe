"""The collector of circles, held back where none are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Look for no circles of objects meanwhile: of records, pairs and rows there are many, and none refers to itself.

    The more objects there are the longer each look at them takes, so that the time would grow faster than the table. Afterwards those that
    are left count as old ones, which are looked at seldom, and not as new ones, which would be looked at now.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # else somebody else put objects aside for good
                gc.freeze()
                gc.unfreeze()
            gc.enable()
