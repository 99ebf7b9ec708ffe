"""The Liverpool Ionics Dataset: one row a record."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

COLUMNS: tuple[col.Column, ...] = (
    col.RECORD, col.COMPOSITION, col.CONDUCTIVITY, col.TEMPERATURE, col.DOI_SOURCE, col.FAMILY_SOURCE, col.CHEMICAL_FAMILY,
    col.AT_ROOM_TEMPERATURE,
)  # fmt: skip
#: What names a row.
KEY: tuple[col.Column, ...] = (col.RECORD,)


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``sources/liion.csv``."""
    return contract(COLUMNS, key=KEY)
