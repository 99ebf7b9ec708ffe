"""Links: one row for each entry and record of a literature table that are one measurement, or that the release said to be."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

COLUMNS: tuple[col.Column, ...] = (
    col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD, col.REFERENCE, col.COMPOSITION_AGREES, col.CONDUCTIVITY_RATIO, col.DOI_AGREES,
    col.SPACEGROUP_AGREES, col.ICSD_AGREES, col.PUBLISHED, col.AGREES_WITH_PUBLISHED,
)  # fmt: skip
#: What names a row.
KEY: tuple[col.Column, ...] = (col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD)


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``links.csv``."""
    return contract(COLUMNS, key=KEY)
