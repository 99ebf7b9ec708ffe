"""What stands beside what in a structure: distances, bond valences and shells of anions.

These checks need no second witness: chemistry is one. Files whose noise is known are asked for no more than the noise leaves; its effect
is computed for each position (:mod:`pipeline.structures.surroundings`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.pair import Pair
from pipeline.findings import Finding, Severity
from pipeline.safety.remembered import with_object
from pipeline.structures.contacts import TOO_CLOSE, too_close
from pipeline.structures.noise import SIGMA
from pipeline.structures.origins import cause
from pipeline.structures.valence import full_cations

if TYPE_CHECKING:
    from pipeline.structures.cif import Structure
    from pipeline.structures.contacts import Contact
    from pipeline.structures.valence import Cations, Valence

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


@dataclass(frozen=True, slots=True)
class Told:
    """What a check says about a structure, whatever its row."""

    check: str
    severity: Severity
    message: str
    value: str = ""
    expected: str = ""


def geometry_findings(pair: Pair, noise: bool) -> Iterator[Finding]:
    """Findings of ``cif.distance``, ``cif.valence`` and ``cif.coordination``; ``noise`` says that the file carries it."""
    for told in _told(pair.structure, noise):
        yield pair.finding(told.check, told.severity, told.message, value=told.value, expected=told.expected)


@with_object
def _told(structure: Structure, noise: bool) -> tuple[Told, ...]:
    """Remembered, since the checks are run on an entry as it was published and as it was corrected, with one structure."""
    cations = full_cations(structure)
    sigma = SIGMA if noise else 0.0
    found = (*_distance(cations, sigma), *_like_charges(cations, sigma), *_valence(cations, sigma), *_coordination(cations, sigma))
    cations.forget_neighbours()  # nothing else looks at them
    return found


def _distance(cations: Cations, sigma: float) -> Iterator[Told]:
    limit = OVERLAP if sigma else TOO_CLOSE
    for contact in too_close(cations.structure, cations.where, limit):
        overlap = contact.ratio < OVERLAP and min(contact.occupancies) >= FULL
        message = (
            f"Site {contact.first} is {contact.distance:.2f} angstrom from {_partner(contact)}; the sum of their radii is "
            f"{contact.expected:.2f}, and both must sometimes be filled."
        )
        yield Told("cif.distance", "error" if overlap else "warning", message, f"{contact.distance:.3f}",
                   f"{limit * contact.expected:.2f} or more")  # fmt: skip


def _partner(contact: Contact) -> str:
    a, b = contact.occupancies
    if contact.first == contact.second:
        return f"its next image (occupancy {a:.3g})"
    return f"{contact.second} (occupancies {a:.3g} and {b:.3g})"


def _like_charges(cations: Cations, sigma: float) -> Iterator[Told]:
    """Anions of full charge that touch: no S2, O2 or N3 is there where the content is neutral with one charge an element."""
    limit = OVERLAP if sigma else TOO_CLOSE  # what is nearer is told as an overlap
    found = [c for c in cations.touching(TOUCHING, MOSTLY, sigma * GRANTED) if c.distance >= limit * c.expected]
    for contact in sorted(found, key=lambda c: c.ratio)[:1]:
        message = (
            f"The anion {contact.first} is {contact.distance:.2f} angstrom from {_partner(contact)}, as near as in a bond; the content is "
            "neutral without one, and ions of one charge do not touch."
        )
        yield Told("cif.distance", "error" if min(contact.occupancies) >= FULL else "warning", message, f"{contact.distance:.3f}",
                   f"{TOUCHING * contact.expected:.2f} or more")  # fmt: skip


def _valence(cations: Cations, sigma: float) -> Iterator[Told]:
    if cations.anions & cations.strangers:
        named = ", ".join(sorted(cations.anions & cations.strangers))
        message = f"Bond valences were not summed: there are no good parameters for {named} as an anion."
        yield Told("cif.valence", "info", message)
        return
    if cations.around is None:
        yield Told("cif.valence", "info", "Neighbours and bond valences were not looked at: the cell holds too many atoms for it.")
        return
    found = _outside(cations, sigma)
    if not found:
        return
    worst = max(found, key=lambda each: abs(math.log(each.ratio)))
    others = [each.label for each in found if each is not worst]
    message = (
        f"The bonds of {worst.label} carry a valence of {worst.total:.2f} where {worst.expected:.3g} is due (nearest {worst.anion} at "
        f"{worst.nearest:.2f} angstrom)"
    )
    message += f"; {', '.join(others)} {'is' if len(others) == 1 else 'are'} outside too." if others else "."
    why = cause(cations, lambda other: not _outside(other, sigma))
    message += f" {why}." if why else ""
    yield Told("cif.valence", "warning", message, f"{worst.total:.2f}", f"{worst.expected:.3g}")


def _outside(cations: Cations, sigma: float) -> list[Valence]:
    """The positions whose valence sum neither the scatter of such ions nor the noise explains."""
    sums = (cations.valence(position, sigma, OUTSIDE * SCATTER) for position in cations.judged)
    return [each for each in sums if each and abs(math.log(each.ratio)) > OUTSIDE * math.hypot(SCATTER, each.spread)]


def _coordination(cations: Cations, sigma: float) -> Iterator[Told]:
    offsets = (cations.offset(position, sigma, min(OFF_CENTRE.values())) for position in cations.judged)
    found = [each for each in offsets if each is not None and each.deviation > OFF_CENTRE[each.freedom]]
    if not found:
        return
    worst = max(found, key=lambda each: each.deviation)
    others = [each.label for each in found if each is not worst]
    bonds = ", ".join(f"{bond:.2f}" for bond in worst.bonds)
    also = " and the noise" if sigma else ""
    message = (
        f"{worst.label} stands {worst.distance:.2f} angstrom from the centre of its {worst.coordination} anions ({bonds} angstrom), "
        f"{worst.deviation:.1f} times what such ions{also} are off: it, or one of them, is displaced or missing"
    )
    message += f"; so {'does' if len(others) == 1 else 'do'} {', '.join(others)}." if others else "."
    yield Told("cif.coordination", "warning", message, f"{worst.distance:.2f}")
