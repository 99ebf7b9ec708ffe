"""``candidates.csv``: structures offered to rows that have none."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

#: One row a pair of entry and file, by entry and rank.
COLUMNS: tuple[col.Column, ...] = (
    col.ROW_ID, col.FILE, col.RANK, col.COMPOSITION_DEVIATION, col.LATTICE_DEVIATION, col.ANGLE_DEVIATION, col.SETTING, col.REMARK,
)  # fmt: skip
#: What names a row.
KEY: tuple[col.Column, ...] = (col.ROW_ID, col.RANK)


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``candidates.csv``."""
    return contract(COLUMNS, key=KEY)
