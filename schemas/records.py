"""Records: every record of the literature tables, its measurement and what became of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

COLUMNS: tuple[col.Column, ...] = (col.SOURCE, col.RECORD, col.RECORD_MEASUREMENT, col.RECORD_STATE, col.RECORD_REASON)
#: What names a row.
KEY: tuple[col.Column, ...] = (col.SOURCE, col.RECORD)


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``records.csv``."""
    return contract(COLUMNS, key=KEY)
