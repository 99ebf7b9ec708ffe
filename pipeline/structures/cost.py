"""What looking for the symmetry of a structure would cost."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline.safety import limits
from pipeline.structures.bounds import demand, demand_room

if TYPE_CHECKING:
    from pipeline.structures.cif import Structure


def demand_examined(structure: Structure, before: int | None = None) -> int:
    """Raise ``CifError`` when the symmetry of a structure costs too much to be looked for: its time grows with the square of the atoms.

    Parameters
    ----------
    structure
        The structure.
    before
        Squares of the positions of the structures looked at before in one contribution; ``None`` when their sum has no limit.

    Returns
    -------
    int
        The sum with this structure's.
    """
    centrings = _centrings(structure.rotations.tobytes())
    positions = sum(site.multiplicity for site in structure.sites) // centrings
    demand(limits.CIF_EXAMINED, positions, structure.name)
    demand_room(positions, structure.volume / centrings, structure.name)
    total = (before or 0) + positions**2
    if before is not None:
        demand(limits.CIF_TOTAL, total, structure.name)
    return total


@lru_cache(maxsize=512)
def _centrings(rotation_bytes: bytes) -> int:
    """Lattice translations in the cell: the operations that turn nothing."""
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    return max(int((rotations == np.eye(3, dtype=np.int64)).all(axis=(1, 2)).sum()), 1)
