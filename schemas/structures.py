"""``structures.csv``: how each structure fits its row."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

#: One row an entry that has a structure. All but the verdict and the group of the row are blank when the file cannot be read; ``read_as``
#: then says why.
COLUMNS: tuple[col.Column, ...] = (
    col.ID, col.FILE, col.MATCH, col.SPACEGROUP_ROW, col.SPACEGROUP_CIF, col.SPACEGROUP_SPGLIB, col.SYMPREC, col.COMPOSITION_DEVIATION,
    col.LATTICE_DEVIATION, col.ANGLE_DEVIATION, col.SETTING, col.N_SITES, col.IS_DISORDERED, col.N_PARTIAL_SITES, col.PERTURBATION,
    col.READ_AS,
)  # fmt: skip
#: What names a row.
KEY: tuple[col.Column, ...] = (col.ID,)


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``structures.csv``."""
    return contract(COLUMNS, key=KEY)
