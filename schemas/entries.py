"""Entries: one row a material of the release, index ``ID``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

#: The release's columns as typed, the bound beside the conductivity that it qualifies.
COLUMNS: tuple[col.Column, ...] = tuple(
    column for label in col.WORKBOOK for column in ((label, col.BOUND) if label == col.IONIC_CONDUCTIVITY else (label,))
)

#: Number that the published processed table writes for an upper bound, S/cm, and where the paper plots and its objective counts one
#: (section 3.3).
PUBLISHED_BOUND = 1e-15


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of the typed entries."""
    return contract(COLUMNS, index=col.ID)
