"""Bond valences: how much of an ion's charge a bond of a given length carries.

The valence of a bond is ``exp((R - d) / b)`` with ``b`` = 0.37 angstrom, and the valences of the bonds of an ion add up to its charge
(Brown and Altermatt, Acta Cryst. B41 (1985) 244). ``R`` of a pair follows from a size ``r`` and an electronegativity ``c`` of each
element (O'Keeffe and Brese, J. Am. Chem. Soc. 113 (1991) 3226), as tabulated by pymatgen (``pymatgen.core.bond_valence``).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pipeline.chemistry.charge import states

#: Softness of every bond, angstrom.
SOFTNESS = 0.37
#: Anions whose parameters rest on many structures. Phosphides, arsenides, hydrides, carbides and silicides have none that would do.
ANIONS = frozenset(("O", "S", "Se", "Te", "F", "Cl", "Br", "I", "N"))
#: Cations of which the same must be said: a hydrogen bond is longer than the softness allows, and carbon is no ion beside hydrogen.
_NO_CATIONS = frozenset(("H", "C"))
#: Cations whose lower state carries a lone pair, which takes the place of a neighbour, and the highest state that has one.
_LONE_PAIR = {
    "Sb": 3,
    "Bi": 3,
    "As": 3,
    "P": 3,
    "Sn": 2,
    "Pb": 2,
    "Ge": 2,
    "Tl": 1,
    "In": 1,
    "Te": 4,
    "Se": 4,
    "S": 4,
    "Br": 5,
    "I": 5,
    "Cl": 5,
}


#: Sizes (angstrom) and electronegativities of the elements: ``BV_PARAMS`` of pymatgen 2026.10.24, whose own file takes a second to parse.
#: A test holds the two against each other.
TABLE = Path(__file__).with_name("bond_valences.csv")


@cache
def parameters() -> Mapping[str, tuple[float, float]]:
    """Size (angstrom) and electronegativity of each element of the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["element"]: (float(row["size"]), float(row["electronegativity"])) for row in csv.DictReader(file)}


@cache
def bond_length(cation: str, anion: str) -> float | None:
    """Length of a bond of valence one (``R``, angstrom); ``None`` for a pair without good parameters.

    >>> round(bond_length("Ti", "O"), 3), bond_length("Li", "P")
    (1.814, None)
    """
    sizes = parameters()
    if anion not in ANIONS or anion not in sizes or cation not in sizes or cation in _NO_CATIONS:
        return None
    (r, c), (s, d) = sizes[cation], sizes[anion]
    return r + s - r * s * (math.sqrt(c) - math.sqrt(d)) ** 2 / (c * r + d * s)


def charges(content: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Lowest and highest charge of each element in a content, narrowed to those that leave it neutral where some do.

    An element whose states are not known is left out, and then nothing is narrowed.

    >>> charges({"Li": 1, "Ti": 2, "P": 3, "O": 12})["Ti"]
    (4.0, 4)
    """
    known = {element: interval for element in content if content[element] > 0 and (interval := states(element, content)) is not None}
    if len(known) < sum(amount > 0 for amount in content.values()):
        return known
    low = sum(content[e] * interval[0] for e, interval in known.items())
    high = sum(content[e] * interval[1] for e, interval in known.items())
    if low > 0 or high < 0:
        return known
    narrowed = {}
    for element, (least, most) in known.items():
        amount = content[element]
        narrowed[element] = (max(least, most - high / amount), min(most, least - low / amount))
    return narrowed


def has_lone_pair(element: str, charge: float) -> bool:
    """Whether a cation of this charge keeps a pair of electrons to one side."""
    return element in _LONE_PAIR and charge <= _LONE_PAIR[element] + 0.5
