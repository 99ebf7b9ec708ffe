"""Measurements: one row for each conductivity of one material in one paper at room temperature."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

#: What ``merge`` knows.
MERGED: tuple[col.Column, ...] = (
    col.MEASUREMENT, col.COMPOSITION, col.CONDUCTIVITY, col.CONDUCTIVITY_BOUND, col.TEMPERATURE, col.EXTRAPOLATED_FROM, col.DOI_SOURCE,
    col.SPACEGROUP_NUMBER, col.ICSD_ID_SOURCE, col.FAMILY_SOURCE, col.RECORDS, col.LIION_RECORDS, col.LASKOWSKI_RECORDS, col.AGREEMENT,
)  # fmt: skip
#: The published table: ``curate`` adds what became of each.
COLUMNS: tuple[col.Column, ...] = (*MERGED, col.MEASUREMENT_ENTRY, col.MEASUREMENT_STATE, col.LACKS, col.NEAREST)
#: What names a row.
KEY: tuple[col.Column, ...] = (col.MEASUREMENT,)


@cache
def merged() -> pa.DataFrameSchema:
    """Contract of the measurements as merged."""
    return contract(MERGED, key=KEY)


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``measurements.csv``."""
    return contract(COLUMNS, key=KEY)
