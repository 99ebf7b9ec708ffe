"""The literature tables of a release: the two that are read by code, and those that are declared beside the pins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.literature.restored import restored
from pipeline.literature.source import Source
from pipeline.sources.declared import declarations
from pipeline.sources.deposit import Deposit, deposit
from schemas import literature as schema
from schemas.contract import held

if TYPE_CHECKING:
    from schemas.declarations import Declaration


def deposits(raw: Path) -> list[tuple[Declaration, Deposit]]:
    """Each declared table with its bytes, or why they are absent."""
    return [(each, deposit(each, raw)) for each in declarations(raw)]


def literature(built_in: Sequence[Source], found: Sequence[tuple[Declaration, Deposit]]) -> list[Source]:
    """Every literature table that is there, the built-in ones first; lost records are restored where a declaration says so."""
    tables = {source.name: source for source in built_in}
    for each, place in found:
        if place.data is not None:
            from pipeline.ingest.declared import declared  # reads any table: more than the built-in sources need

            table = declared(place.data, place.file, each).table
            table = held(table, schema.schema(), stage=f"ingest {each.name}", table_name=f"sources/{each.name}.csv")
            states = "temperature" in each.columns and not each.columns["temperature"].constant
            tables[each.name] = Source(each.name, each.title, table, each.role, states, each.digits, frozenset(each.derived_from))
    for each, _ in found:
        if each.restores in tables and each.name in tables:
            tables[each.restores] = restored(tables[each.restores], tables[each.name])
    return list(tables.values())
