"""The recovered Laskowski table: one row a record."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

COLUMNS: tuple[col.Column, ...] = (
    col.RECORD, col.COMPOSITION, col.CONDUCTIVITY, col.CONDUCTIVITY_BOUND, col.ACTIVATION_ENERGY, col.SPACEGROUP_SYMBOL,
    col.SPACEGROUP_NUMBER, col.PHASE, col.ICSD_ID_SOURCE, col.REFERENCE, col.DOI_SOURCE, col.FIRST_LINE, col.LAST_LINE, col.REPAIRS,
)  # fmt: skip
#: What names a row.
KEY: tuple[col.Column, ...] = (col.RECORD,)


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``sources/laskowski.csv``."""
    return contract(COLUMNS, key=KEY)
