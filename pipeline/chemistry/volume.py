"""The volume that atoms need, so that a wrong Z, cell or composition stands out by a factor.

The volume of a cell is nearly the sum of the volumes of its ions. ``volumes.csv`` beside this module holds the volume of each
species (cubic angstrom) and in how many papers of the release it was seen; ``benchmarks/fit_volumes.py`` derives it and says
how well it predicts papers that it was not fitted to. An element that needs more than one volume has more than one species:
phosphorus is a small cation in a phosphate and a large anion in a phosphide, trivalent antimony carries a lone pair, hydrogen is
a hydride in a borohydride.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.chemistry.charge import FIXED, states

TABLE = Path(__file__).with_name("volumes.csv")
#: Relative uncertainty of a species' volume by the number of papers it was seen in (none: the volume comes from its radius alone).
#: Three papers and more: the spread is that of the model, which the tolerances of the check already hold.
_UNCERTAINTY = {0: 0.35, 1: 0.20, 2: 0.10}
_NONMETALS = frozenset(("O", "S", "Se", "Te", "F", "Cl", "Br", "I"))
#: Cations whose lower state carries a lone pair, with the lower and the higher state.
_LONE_PAIR = {"Sb": (3, 5), "Bi": (3, 5), "Sn": (2, 4), "As": (3, 5)}


@dataclass(frozen=True)
class Estimate:
    """The volume needed, in cubic angstrom, and its relative uncertainty where species are rare."""

    volume: float
    uncertainty: float


@cache
def volumes() -> Mapping[str, tuple[float, int]]:
    """Volume (cubic angstrom) and number of papers of each species."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["species"]: (float(row["volume"]), int(row["papers"])) for row in csv.DictReader(file)}


def needed(content: Mapping[str, float]) -> Estimate | None:
    """Volume that the atoms of a cell need, ``None`` when the content holds an element without a volume."""
    table = volumes()
    total = doubt = 0.0
    for name, amount in species(content).items():
        if name not in table:
            return None
        volume, papers = table[name]
        total += amount * volume
        doubt += amount * volume * _UNCERTAINTY.get(papers, 0.0)
    return Estimate(total, doubt / total) if total > 0 else None


def species(content: Mapping[str, float]) -> dict[str, float]:
    """The content of a cell by species: the elements, told apart where one needs more than one volume.

    >>> species({"Li": 8, "Si": 1, "P": 4})
    {'Li': 8, 'Si': 1, 'P (phosphide)': 4}
    """
    found: dict[str, float] = {}
    for element, amount in content.items():
        for name, part in _parts(element, amount, content):
            found[name] = found.get(name, 0.0) + part if name in found else part
    return found


def _parts(element: str, amount: float, content: Mapping[str, float]) -> list[tuple[str, float]]:
    present = set(content)
    if element in ("P", "As") and "N" not in present and not _NONMETALS & present:
        return [(f"{element} (phosphide)", amount)]
    if element == "H" and {"B", "Al"} & present and "O" not in present:
        return [("H (hydride)", amount)]
    if element == "N" and not {"O", "S", "Se", "Si", "P", "Ge"} & present:
        return [("N (nitride)", amount)]
    if element == "Te" and not {"O", "F"} & present:
        return [("Te (telluride)", amount)]  # ten times the cation of a tellurate
    if element in _LONE_PAIR:
        low = _lone_pairs(element, amount, content)
        return [(name, part) for name, part in ((element, amount - low), (f"{element} (lone pair)", low)) if part > 1e-9]
    return [(element, amount)]


def _lone_pairs(element: str, amount: float, content: Mapping[str, float]) -> float:
    """How much of a lone-pair cation must be in its lower state for the content to be neutral."""
    rest = 0.0
    for other, n in content.items():
        if other != element:
            interval = FIXED.get(other) or states(other, content)
            if interval is None:
                return 0.0
            rest += n * max(interval, key=abs)
    low, high = _LONE_PAIR[element]
    return min(max((amount * high + rest) / (high - low), 0.0), amount)
