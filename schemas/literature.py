"""A declared literature table as it was read: one row a record."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

COLUMNS: tuple[col.Column, ...] = (
    col.RECORD, col.COMPOSITION, col.WRITTEN_AS, col.CONDUCTIVITY, col.CONDUCTIVITY_BOUND, col.TEMPERATURE, col.EXTRAPOLATED_FROM,
    col.DOI_SOURCE, col.SPACEGROUP_NUMBER, col.ICSD_ID_SOURCE, col.FAMILY_SOURCE, col.REFERENCE, col.SOURCE_ROW,
    col.RECORD_UNUSED, col.RECORD_REASON,
)  # fmt: skip
#: What names a row.
KEY: tuple[col.Column, ...] = (col.RECORD,)


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``sources/NAME.csv`` of a declared source."""
    return contract(COLUMNS, key=KEY)
