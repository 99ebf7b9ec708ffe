"""What stands beside what in a structure: distances, bond valences and shells of anions.

These checks need no second witness: chemistry is one. Files whose noise is known are asked for no more than the noise leaves; its effect
is computed for each position (:mod:`pipeline.structures.surroundings`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.checks.pair import Pair
from pipeline.chemistry.valence import source
from pipeline.findings import Finding, Severity
from pipeline.structures.contacts import TOO_CLOSE, too_close
from pipeline.structures.noise import SIGMA
from pipeline.structures.valence import Cations

if TYPE_CHECKING:
    from pipeline.structures.valence import Valence

#: Two positions filled to at least nine tenths and nearer than this part of the sum of their radii overlap: an error. Where one is
#: partly empty, a split site refined to 0.54 may be the reason, and the finding is a warning. Files with noise are asked for no more
#: than this part: noise of 0.01 moves two atoms in a cell of 9 angstrom by 0.13 angstrom against each other, and P-O then falls to 1.1.
OVERLAP = 0.6
FULL = 0.9
#: Two anions of full charge are no nearer than this part of the sum of their covalent radii: 2.9 angstrom for two sulfide ions, which touch
#: at 3.2 in the shortest edges of a tetrahedron, and 1.85 for two oxide ions, which touch at 2.2 in a carbonate.
TOUCHING = 1.4
#: Filled to this part each, two anions must be there side by side; below, they may be the halves of a split site.
MOSTLY = 0.75
#: Standard deviations of the noise that are granted.
GRANTED = 3.0
#: Logarithm of valence sum over charge by which ions of one kind scatter (standard deviation, noise apart): tabulated parameters are means
#: over many structures. Of 522 positions of the release none but those of four wrong files is beyond four times this and the noise.
SCATTER = 0.2
OUTSIDE = 4.0
#: Standard deviations from the centre of its shell that a cation of 1, 2 or 3 free coordinates exceeds once in a thousand.
OFF_CENTRE = {1: 3.29, 2: 3.72, 3: 4.03}


def geometry_findings(pair: Pair, noise: bool) -> Iterator[Finding]:
    """Findings of ``cif.distance``, ``cif.valence`` and ``cif.coordination``; ``noise`` says that the file carries it."""
    cations = Cations(pair.structure, pair.file.positions)
    sigma = SIGMA if noise else 0.0
    yield from _distance(pair, noise)
    yield from _like_charges(pair, cations, sigma)
    yield from _valence(pair, cations, sigma)
    yield from _coordination(pair, cations, sigma)


def _distance(pair: Pair, noise: bool) -> Iterator[Finding]:
    limit = OVERLAP if noise else TOO_CLOSE
    for contact in too_close(pair.structure, pair.file.positions, limit):
        overlap = contact.ratio < OVERLAP and min(contact.occupancies) >= FULL
        a, b = contact.occupancies
        itself = contact.first == contact.second
        whose = f"its next image (occupancy {a:.3g})" if itself else f"{contact.second} (occupancies {a:.3g} and {b:.3g})"
        message = (
            f"Site {contact.first} is {contact.distance:.2f} angstrom from {whose}; the sum of their radii is {contact.expected:.2f}, and "
            "both must sometimes be filled."
        )
        yield pair.finding("cif.distance", "error" if overlap else "warning", message, value=f"{contact.distance:.3f}",
                           expected=f"{limit * contact.expected:.2f} or more")  # fmt: skip


def _like_charges(pair: Pair, cations: Cations, sigma: float) -> Iterator[Finding]:
    """Anions of full charge that touch: no S2, O2 or N3 is there where the content is neutral with one charge an element."""
    limit = OVERLAP if sigma else TOO_CLOSE
    for contact in cations.touching(TOUCHING, MOSTLY, sigma * GRANTED):
        if contact.distance < limit * contact.expected:
            continue  # told as an overlap
        severity: Severity = "error" if min(contact.occupancies) >= FULL else "warning"
        a, b = contact.occupancies
        itself = contact.first == contact.second
        whose = f"its next image (occupancy {a:.3g})" if itself else f"{contact.second} (occupancies {a:.3g} and {b:.3g})"
        message = (
            f"The anion {contact.first} is {contact.distance:.2f} angstrom from {whose}, as near as in a bond; the content is neutral without "
            "one, and ions of one charge do not touch."
        )
        yield pair.finding("cif.distance", severity, message, value=f"{contact.distance:.3f}",
                           expected=f"{TOUCHING * contact.expected:.2f} or more")  # fmt: skip


def _valence(pair: Pair, cations: Cations, sigma: float) -> Iterator[Finding]:
    if cations.anions & cations.strangers:
        named = ", ".join(sorted(cations.anions & cations.strangers))
        yield pair.finding("cif.valence", "info", f"Bond valences were not summed: there are no good parameters for {named} as an anion.")
        return
    found = [each for position in cations.judged if (each := cations.valence(position, sigma, OUTSIDE * SCATTER)) and _is_outside(each)]
    if not found:
        return
    worst = max(found, key=lambda each: abs(math.log(each.ratio)))
    others = [each.label for each in found if each is not worst]
    message = (
        f"The bonds of {worst.label} carry a valence of {worst.total:.2f} where {worst.expected:.3g} is due (nearest {worst.anion} at "
        f"{worst.nearest:.2f} angstrom; {source()})"
    )
    if others:
        message += f"; {', '.join(others)} {'is' if len(others) == 1 else 'are'} outside too"
    from pipeline.structures.origins import cause

    why = cause(cations, lambda other: not any(_is_outside(v) for p in other.judged if (v := other.valence(p, sigma, OUTSIDE * SCATTER))))
    message += f". {why}." if why else "."
    yield pair.finding("cif.valence", "warning", message, value=f"{worst.total:.2f}", expected=f"{worst.expected:.3g}")


def _is_outside(valence: Valence) -> bool:
    return abs(math.log(valence.ratio)) > OUTSIDE * math.hypot(SCATTER, valence.spread)


def _coordination(pair: Pair, cations: Cations, sigma: float) -> Iterator[Finding]:
    found = [each for position in cations.judged if (each := cations.offset(position, sigma)) and each.deviation > OFF_CENTRE[each.freedom]]
    if not found:
        return
    worst = max(found, key=lambda each: each.deviation)
    others = [each.label for each in found if each is not worst]
    bonds = ", ".join(f"{bond:.2f}" for bond in worst.bonds)
    message = (
        f"{worst.label} stands {worst.distance:.2f} angstrom from the centre of its {worst.coordination} anions ({bonds} angstrom), "
        f"{worst.deviation:.1f} times what such ions{' and the noise' if sigma else ''} are off: it, or one of them, is displaced or missing"
    )
    message += f"; so {'does' if len(others) == 1 else 'do'} {', '.join(others)}." if others else "."
    yield pair.finding("cif.coordination", "warning", message, value=f"{worst.distance:.2f}")
