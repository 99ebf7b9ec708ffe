"""Tiny tables of entries for the tests of split, statistics and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from schemas import columns as col
from schemas.contract import DTYPES
from schemas.entries import COLUMNS

PLAIN: Mapping[str, Any] = {
    col.REDUCED_COMPOSITION: "Li3PO4", col.TRUE_COMPOSITION: "Li12P4O16", col.Z: 4, col.IONIC_CONDUCTIVITY: 1e-6, col.SPACE_GROUP: "Pnma",
    col.SPACE_GROUP_NUMBER: 62, col.A: 10.5, col.B: 6.1, col.C: 4.9, col.ALPHA: 90.0, col.BETA: 90.0, col.GAMMA: 90.0, col.DOI: "10.1/x",
}  # fmt: skip


def entries(rows: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Typed entries; what a row does not say is that of Li3PO4."""
    full = {name: {**PLAIN, **row} for name, row in rows.items()}
    index = pd.Index(list(full), name=str(col.ID), dtype="str")
    return pd.DataFrame(
        {
            str(column): pd.Series([row.get(column) for row in full.values()], dtype=DTYPES[column.type], index=index)
            for column in COLUMNS
            if column != col.ID
        },
        index=index,
    )


def bonds(**rows: Sequence[str]) -> pd.DataFrame:
    """Entries known by composition and DOI only: ``bonds(aaa=("Li2S", "10.1/a"))``."""
    return entries({name: {col.REDUCED_COMPOSITION: formula, col.DOI: doi} for name, (formula, doi) in rows.items()})
