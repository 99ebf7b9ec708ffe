"""``findings.csv``: one row a finding about an entry."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

COLUMNS: tuple[col.Column, ...] = (
    col.ID, col.CHECK, col.SEVERITY, col.COLUMN, col.VALUE, col.EXPECTED, col.MESSAGE, col.OTHER, col.STATUS,
    col.FINDING_REASON,
)  # fmt: skip
#: Columns that may be blank here, although the tables that they name the rows of require them: a doubt may concern no single entry.
BLANK = frozenset((col.ID,))


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``findings.csv``, all text."""
    return contract(COLUMNS, blank=BLANK)
