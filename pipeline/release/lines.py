"""Structures as JSON lines that pymatgen reads, each with the labels of its entry: numbers are numbers, and IDs text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.structures.cif import Structure

#: Key of the structure beside the columns of its entry.
STRUCTURE = "structure"
#: A structure has its own cell, beside which that of the row would be a second one.
COLUMNS: tuple[col.Column, ...] = (*(column for column in col.PROCESSED if column not in col.LATTICE), col.SPLIT)
_CAST: dict[col.Type, type] = {"text": str, "number": float, "integer": int, "boolean": bool}


def lines(model: pd.DataFrame, structures: Mapping[str, Structure]) -> Iterator[str]:
    """One object a line and a structure: its entry, and ``structure`` for ``Structure.from_dict`` and ``MontyDecoder``.

    What pymatgen cannot hold (a position that is occupied more than once) is ``null``; the findings tell why. All is ASCII: some readers
    take more characters than the newline for the end of a line.

    Parameters
    ----------
    model
        One row an entry, in the columns ``col.MODEL``.
    structures
        Structures by ID.
    """
    return (f"{json.dumps(line, allow_nan=False)}\n" for line in _documents(model, structures))


def _documents(model: pd.DataFrame, structures: Mapping[str, Structure]) -> Iterator[dict[str, Any]]:
    from pipeline.structures.expanded import as_dict

    mine = model[model[col.ID].isin(list(structures))]
    columns = [
        [None if blank else _CAST[column.type](value) for value, blank in zip(mine[column].tolist(), mine[column].isna(), strict=True)]
        for column in COLUMNS
    ]
    for row in zip(*columns, strict=True):
        entry: dict[str, Any] = dict(zip(map(str, COLUMNS), row, strict=True))
        try:
            yield {**entry, STRUCTURE: as_dict(structures[entry[col.ID]])}
        except ValueError:
            yield {**entry, STRUCTURE: None}
