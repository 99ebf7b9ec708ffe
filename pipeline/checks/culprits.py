"""Which of the cells that contradict one another is wrong: a third witness decides, where the row or its file has one.

A finding names one column, and the reader looks there first. Where no witness tells, it is the one that is computed from the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipeline.checks.lattice import breaches, settings
from pipeline.checks.reading import Row
from pipeline.chemistry.charge import balance
from pipeline.chemistry.formula import ROUNDING
from pipeline.chemistry.volume import needed
from pipeline.structures.cif import CifError, Structure
from schemas import columns as col

#: A structure file as read, or why it cannot be.
File = Structure | CifError | None
#: Charge of a formula unit that is none.
_NEUTRAL = 0.05
#: How much better one formula must fill the cell than another: less than an element more or less changes it by.
_BETTER = 0.02


def of_composition(row: Row, file: File = None) -> col.Column:
    """The wrong one of Z, reduced and true composition, of which Z times the second is not the third.

    A true composition that is another whole number of formula units leaves two: Z is wrong where the volume of the cell holds the true
    composition better. Otherwise one of the formulas has a slip: the one that is not neutral where the other is, else the one from which
    the content of the file is farther, else the one that fits the volume of the cell worse, else the true one.
    """
    assert row.reduced is not None
    assert row.true is not None
    assert row.z is not None
    z, reduced = row.z, row.reduced
    if z <= 0:
        return col.Z
    held = {element: amount / z for element, amount in row.true.items()}
    if _multiple(reduced, row.true) is not None:
        return col.Z if _fits(row, row.true) > _fits(row, {e: z * n for e, n in reduced.items()}) else col.TRUE_COMPOSITION
    neutral = [_is_neutral(each) for each in (reduced, held)]
    if neutral[0] != neutral[1]:
        return col.TRUE_COMPOSITION if neutral[0] else col.REDUCED_COMPOSITION
    if isinstance(file, Structure) and row.volume:
        content = {e: n / z * row.volume / file.volume for e, n in file.content.items()}
        return col.REDUCED_COMPOSITION if _misfit(content, held) < _misfit(content, reduced) else col.TRUE_COMPOSITION
    better = _fits(row, row.true) - _fits(row, {e: z * n for e, n in reduced.items()})
    return col.REDUCED_COMPOSITION if better > _BETTER else col.TRUE_COMPOSITION


def _multiple(reduced: Mapping[str, float], true: Mapping[str, float]) -> float | None:
    """The whole number of formula units that a content is, where it is one."""
    whole = sum(reduced.values())
    units = round(sum(true.values()) / whole) if whole > 0 else 0
    same = units > 0 and all(abs(true.get(e, 0.0) - units * reduced.get(e, 0.0)) <= ROUNDING + 1e-9 for e in {*true, *reduced})
    return units if same else None


def _fits(row: Row, content: Mapping[str, float]) -> float:
    """How well the volume of the cell holds a content: 1 at best."""
    estimate = needed(content)
    if estimate is None or not row.volume:
        return 0.0
    return min(row.volume / estimate.volume, estimate.volume / row.volume)


def _is_neutral(amounts: Mapping[str, float]) -> bool:
    found = balance(amounts)
    return found.excess is None or abs(found.excess) <= _NEUTRAL + found.rounding


def _misfit(content: Mapping[str, float], formula: Mapping[str, float]) -> float:
    return max(abs(content.get(e, 0.0) - formula.get(e, 0.0)) for e in {*content, *formula})


def of_group(row: Row, named: int, file: File = None, recorded: Collection[int] = ()) -> col.Column:
    """The wrong one of symbol and number: the one that the file contradicts, else the records, else the crystal system of the cell.

    ``named`` is the number of the group that the symbol names, ``recorded`` those of the records. Where nothing tells it is the number.
    """
    seen = {file.group_number} if isinstance(file, Structure) else set()
    for numbers in (seen, set(recorded)):
        if (named in numbers) != (row.spacegroup_number in numbers):
            return col.SPACE_GROUP_NUMBER if named in numbers else col.SPACE_GROUP
    if (
        row.cell is not None
        and row.spacegroup_number is not None
        and not _obeys(row.cell, named)
        and _obeys(row.cell, row.spacegroup_number)
    ):
        return col.SPACE_GROUP
    return col.SPACE_GROUP_NUMBER


def _obeys(cell: tuple[float, ...], number: int) -> bool:
    return any(not breaches(cell, setting) for setting in settings(number))
