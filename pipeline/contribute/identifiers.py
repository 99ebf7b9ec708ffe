"""New IDs, and what to do when two branches gave the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: No vowels, and none of the letters and digits that are taken for one another: an ID is no word.
LETTERS = "bcdfghjkmpqrstvwxz"
MIXED = LETTERS + "23456789"
#: A letter, a digit, three of both, a letter: six characters that no spreadsheet takes for a number, a date or a cell. There are 45
#: million, so that a hundred rows accepted on each of two branches clash once in five thousand times.
PLACES = (LETTERS, "23456789", MIXED, MIXED, MIXED, LETTERS)


def new_ids(cells: pd.DataFrame, used: frozenset[str]) -> tuple[str, ...]:
    """A new ID for each row, made of what the row says: the same rows beside the same entries get the same IDs.

    Parameters
    ----------
    cells
        Rows in the columns of the release.
    used
        IDs that are taken, in lower case.
    """
    found: list[str] = []
    taken = set(used)
    for row in cells[[str(c) for c in col.CONTRIBUTED if c != col.ID]].itertuples(index=False, name=None):
        name = next(name for attempt in count() if (name := _drawn(row, attempt)) not in taken)
        taken.add(name)
        found.append(name)
    return tuple(found)


def _drawn(row: Sequence[object], attempt: int) -> str:
    content = "\x1f".join([*map(str, row), str(attempt)])
    number = int.from_bytes(hashlib.sha256(content.encode("utf-8", "replace")).digest(), "big")
    letters = []
    for choice in PLACES:
        number, place = divmod(number, len(choice))
        letters.append(choice[place])
    return "".join(letters)
