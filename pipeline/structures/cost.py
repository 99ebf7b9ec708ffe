"""What looking for the symmetry of a structure would cost."""

from __future__ import annotations

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
    centrings = int(np.all(structure.rotations == np.eye(3, dtype=np.int64), axis=(1, 2)).sum())
    positions = sum(site.multiplicity for site in structure.sites) // max(centrings, 1)
    demand(limits.CIF_EXAMINED, positions, structure.name)
    demand_room(positions, structure.volume / max(centrings, 1), structure.name)
    total = (before or 0) + positions**2
    if before is not None:
        demand(limits.CIF_TOTAL, total, structure.name)
    return total
