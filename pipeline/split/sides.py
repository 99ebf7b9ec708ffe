"""The two sides of a split, and the files that name them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from schemas import columns as col


@dataclass(frozen=True)
class Split:
    """IDs of both sides, those that were published first and in their published order."""

    train: list[str]
    test: list[str]


def read_ids(text: str, file: str | Path, known: Iterable[str]) -> list[str]:
    """IDs of one side of a split: a header ``ID``, then one a line (other columns are passed over). An ID is text.

    Raises
    ------
    InputError
        When the header is another, or an ID is repeated or unknown; the row is named.
    """
    lines = list(csv.reader(text.splitlines()))
    if not lines or not lines[0] or lines[0][0].strip() != col.ID:
        raise InputError(f"the header is not {col.ID}", file=file, row=1, cure=f"one ID a line under the header {col.ID}")
    present, seen = frozenset(known), dict[str, int]()
    for row, line in enumerate(lines[1:], start=2):
        name = line[0].strip() if line else ""
        if not name:
            continue
        if name in seen:
            raise InputError(f"the ID stands in row {seen[name]} already", file=file, row=row, column=col.ID, value=name, cure="remove one")
        if name not in present:
            raise InputError("no entry has this ID", file=file, row=row, column=col.ID, value=name, cure="correct or remove it")
        seen[name] = row
    return list(seen)
