"""Small literature tables written for a case, in the columns of the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.literature.source import Source, liverpool_ionics
from pipeline.literature.source import laskowski_table as as_laskowski
from schemas import columns as col
from schemas import entries, laskowski, liion, literature
from schemas.contract import typed

PAPER = "10.1000/paper"


def _row(columns: tuple[col.Column, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    return {str(column): given.get(column) for column in columns}


def liion_table(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Records 100, 101, ...: LiCl at 25 degrees with 1e-6 S/cm where nothing else is said."""
    defaults = {"composition": "LiCl", "conductivity": 1e-6, "temperature": 25.0, "doi": PAPER, "at_room_temperature": True}
    return typed([_row(liion.COLUMNS, {"record": str(100 + place), **defaults, **row}) for place, row in enumerate(rows)], liion.COLUMNS)


def laskowski_table(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Records 1, 2, ...: LiCl with 1e-6 S/cm from citation 5 where nothing else is said."""
    defaults = {"composition": "LiCl", "conductivity": 1e-6, "reference": "5", "doi": PAPER}
    made = [
        _row(laskowski.COLUMNS, {"record": str(place), "first_line": place, "last_line": place, **defaults, **row})
        for place, row in enumerate(rows, start=1)
    ]
    return typed(made, laskowski.COLUMNS)


def both(liion: pd.DataFrame, laskowski: pd.DataFrame) -> list[Source]:
    """The two built-in sources, in the order of a build."""
    return [as_laskowski(laskowski), liverpool_ionics(liion)]


def declared_source(*rows: Mapping[str, Any], name: str = "other", **habits: Any) -> Source:
    """A declared source with the records 1, 2, ...: LiCl at 25 degrees with 1e-6 S/cm where nothing else is said."""
    defaults = {"composition": "LiCl", "conductivity": 1e-6, "temperature": 25.0, "doi": PAPER}
    made = [_row(literature.COLUMNS, {"record": str(place), "row": place + 1, **defaults, **row}) for place, row in enumerate(rows, 1)]
    return Source(name, name.capitalize(), typed(made, literature.COLUMNS), **habits)


def entry_table(**rows: Mapping[str, Any]) -> pd.DataFrame:
    """Entries by ID: LiCl with 1e-6 S/cm in space group 225 where nothing else is said."""
    defaults = {
        col.REDUCED_COMPOSITION: "LiCl",
        col.IONIC_CONDUCTIVITY: 1e-6,
        col.SPACE_GROUP: "Fm-3m",
        col.SPACE_GROUP_NUMBER: 225,
        col.DOI: PAPER,
    }
    columns = (col.ID, *(column for column in entries.COLUMNS if column != col.ID))
    return typed([_row(columns, {col.ID: name, **defaults, **row}) for name, row in rows.items()], columns).set_index(str(col.ID))
