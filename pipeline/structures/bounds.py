"""What a structure may cost, tested before it costs anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline import limits
from pipeline.limits import RAISE, Limit
from pipeline.structures.tags import CifError

if TYPE_CHECKING:
    from pipeline.structures.cif import Structure

__all__ = ["demand", "demand_examined", "demand_images"]


#: Positions in a cubic angstrom, split and vacant ones counted, that no crystal reaches (the densest of the release has 0.18), and the
#: number of positions below which nobody asks.
DENSEST = 5.0
FEW = 50


def demand(limit: Limit, found: int, name: str) -> None:
    """Raise ``CifError`` when a file holds more of something than the limit."""
    if found > limit():
        raise CifError(name, f"has {found} {limit.what}, more than {limit()}, the limit; {RAISE}")


def demand_images(sites: int, operations: int, name: str) -> None:
    """Raise ``CifError`` when the sites of a file have more images in its cell than the limit, before they are made."""
    demand(limits.CIF_IMAGES, sites * operations, name)


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


def demand_room(positions: int, volume: float, name: str) -> None:
    """Raise ``CifError`` when so many positions share a volume (cubic angstrom) that nobody could count the neighbours of each."""
    if positions > FEW and positions > DENSEST * volume:
        raise CifError(name, f"puts {positions} positions into {volume:.3g} cubic angstrom: no crystal is so dense")
