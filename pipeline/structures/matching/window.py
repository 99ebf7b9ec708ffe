"""The window of a close match, and how far a structure is from a row: one owner for the table of fits, for candidates and for checks.

*The window* is that of the release's paper (section 3.2): the same space group, composition within 0.05 per formula unit, cell lengths
within 3 %, angles within 3 degrees, whatever the setting (:mod:`pipeline.chemistry.cell` has those of the cell). Its edge belongs to it:
doping goes in steps of 0.05, so ``Li1.30`` against ``Li1.35`` is inside, and a slack of 1e-6 keeps floating point out of that decision.

*Composition deviation* is the largest ``|n_e / Z - r_e|`` over the elements e of row and file: ``r`` is the row's reduced
composition, ``n`` the content of the file's cell, and Z the number of the row's formula units that the file's cell holds best:
of the two whole numbers next to the least-squares scale the one that makes the deviation smaller (where the row's formula is
itself m formula units, Z may be a multiple of 1/m). A row whose own Z is wrong is therefore measured by the file's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.chemistry import cell as cells
from pipeline.chemistry.spacegroup import mirror_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPOSITION_WINDOW = 0.05
#: Slack on the composition window: 0.35 - 0.30 is 0.04999999999999999 and 1.35 - 1.30 is 0.050000000000000044.
COMPOSITION_SLACK = 1e-6
#: What printing explains: occupancies have two or three digits, and so have the coefficients of a formula, so contents per formula unit
#: are known to about 0.01.
COMPOSITION_ROUNDING = 0.01


def formulas_in(amounts: Mapping[str, float]) -> int:
    """How many times a formula can be divided by a whole number: 4 for Li4Ti8(PO4)12, 1 where an amount is not whole to a millionth."""
    whole = all(abs(x - round(x)) < 1e-6 and round(x) for x in amounts.values())
    return reduce(gcd, (round(x) for x in amounts.values())) if whole else 1


def composition_deviations(
    amounts: Mapping[str, float], system: Sequence[str], content: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Composition deviation of many files of one chemical system, and the number of the row's formula units each holds.

    Parameters
    ----------
    amounts
        Amounts of one formula unit of the row.
    system
        Elements of the files.
    content
        ``(n, elements)``: contents of the files' cells.

    Returns
    -------
    deviations, units
        ``(n,)`` each.
    """
    wanted = np.array([amounts.get(element, 0.0) for element in system])
    absent = max((amount for element, amount in amounts.items() if element not in system), default=0.0)
    weight = float(wanted @ wanted)
    if not weight:
        return np.full(len(content), np.inf), np.ones(len(content))
    formulas = formulas_in(amounts)
    scale = content @ wanted / weight * formulas
    deviations, units = np.full(len(content), np.inf), np.ones(len(content))
    for step in (np.rint, lambda x: np.rint(x) + np.where(x > np.rint(x), 1, -1)):  # the nearest whole number, and the one beyond
        Z = np.maximum(step(scale), 1.0) / formulas
        found = np.maximum(np.abs(content / Z[:, None] - wanted).max(axis=1), absent)
        better = found < deviations - COMPOSITION_SLACK
        deviations[better], units[better] = found[better], Z[better]
    return deviations, units


def composition_deviation(amounts: Mapping[str, float], content: Mapping[str, float]) -> tuple[float, float]:
    """:func:`composition_deviations` of one file: its deviation, and the number of the row's formula units that its cell holds."""
    system = tuple(sorted(content))
    deviations, units = composition_deviations(amounts, system, np.array([[content[element] for element in system]]))
    return float(deviations[0]), float(units[0])


def inside(composition_deviation: Any) -> Any:
    """Whether a composition deviation is in the window, its edge included."""
    return composition_deviation <= COMPOSITION_WINDOW + COMPOSITION_SLACK


def same_group(row: int | None, file: int | None, atoms: int | None) -> bool:
    """Whether a row's space group is that of its file.

    It is when the file's operations make it, or its mirror image, which powder diffraction cannot tell apart; or when the atoms have
    it though the file lists fewer operations.
    """
    return row is not None and file is not None and row in (file, atoms, mirror_image(file))


def verdict(same_group: bool, composition_deviation: float, lattice_deviation: float, angle_deviation: float) -> str:
    """``exact``, ``close`` or ``outside``; deviations that are not known (NaN) are outside."""
    if not (same_group and inside(composition_deviation)):
        return "outside"
    if not (lattice_deviation <= cells.LENGTH_WINDOW + cells.SLACK and angle_deviation <= cells.ANGLE_WINDOW + cells.SLACK):
        return "outside"
    rounding = (
        composition_deviation <= COMPOSITION_ROUNDING + COMPOSITION_SLACK
        and lattice_deviation <= cells.LENGTH_ROUNDING + cells.SLACK
        and angle_deviation <= cells.ANGLE_ROUNDING + cells.SLACK
    )
    return "exact" if rounding else "close"
