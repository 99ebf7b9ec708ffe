"""What a structure may cost, tested before it costs anything."""

from __future__ import annotations

from pipeline.safety import limits
from pipeline.safety.limits import RAISE, Limit
from pipeline.structures.tags import CifError

__all__ = ["demand", "demand_images", "demand_room"]


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


def demand_room(positions: int, volume: float, name: str) -> None:
    """Raise ``CifError`` when so many positions share a volume (cubic angstrom) that nobody could count the neighbours of each."""
    if positions > FEW and positions > DENSEST * volume:
        raise CifError(name, f"puts {positions} positions into {volume:.3g} cubic angstrom: no crystal is so dense")
