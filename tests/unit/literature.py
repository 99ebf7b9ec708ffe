"""Small literature tables written for a case, in the columns of the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.literature import accounted, links, records
from pipeline.literature.merge import measurements
from pipeline.literature.source import Source, liverpool_ionics, record_keys
from pipeline.literature.source import laskowski_table as as_laskowski
from schemas import columns as col
from schemas import entries, laskowski, liion, literature
from schemas import links as links_schema
from schemas import measurements as measurements_schema
from schemas import records as records_schema
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


class SourceLine:
    """From small tables to the states of their records, each table held to its contract and each record named by one measurement."""

    def __init__(self, *sources: Source, **entries: dict[str, object]) -> None:
        self.sources = [*sources]
        self.entries = entry_table(**entries)
        self.merged = measurements(self.sources)
        self.links = links(self.entries, self.merged, self.sources)
        self.measurements = accounted(self.merged, self.links, self.entries)
        self.records = records(self.measurements, self.sources, self.links)
        links_schema.schema().validate(self.links)
        measurements_schema.schema().validate(self.measurements)
        records_schema.schema().validate(self.records)
        assert len(self.records) == sum(len(source.table) for source in sources)
        named = [key for cell in self.measurements[col.RECORDS] for key in record_keys(cell)]
        said = self.records.dropna(subset=["measurement"])
        assert sorted(named) == sorted(zip(said.source, said.record, strict=True))

    @property
    def states(self) -> dict[str, str]:
        return dict(zip(self.records.source + ":" + self.records.record, self.records.state, strict=True))
