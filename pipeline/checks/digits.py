"""The digits of a cell: lengths that symmetry makes equal, and the digits that row and file print of one cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

from pipeline.checks.lattice import breaches, odd_one, settings
from pipeline.checks.pair import Pair
from pipeline.checks.reading import Row, number
from pipeline.checks.settings import on_axes
from pipeline.checks.slips import one_slip
from pipeline.chemistry import cell as cells
from pipeline.findings import Finding
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.chemistry.cell import CellComparison
    from pipeline.structures.cif import Structure

#: Row and file may differ by this many units of the last digit of the shorter number: half a unit where it was rounded, a whole one where
#: it was cut off or rounded twice. Nine in ten of the cells that row and file share agree to a hundred thousandth.
UNITS = 1.0
_SLACK = 1e-6
#: Digits that a number must have for its agreement, or a single one that differs, to tell anything. Of two refinements within 0.1 % the
#: first three digits are equal anyway.
TELLING = 5
#: Angles that symmetry fixes: they agree whatever was refined.
_FIXED = frozenset((90.0, 120.0))
_ONE_DIGIT = ", one digit of the number"


def digit_findings(rows: Sequence[Row], files: Mapping[str, cells.Cell] | None = None) -> Iterator[Finding]:
    """Findings of ``lattice.digits`` that need the row only: lengths and angles that symmetry makes equal are one number.

    ``files`` are the cells of the structures: they tell which of the two is mistyped.
    """
    for row in rows:
        if row.cell is None or row.spacegroup_number is None:
            continue
        cell = row.cell
        setting = next((each for each in settings(row.spacegroup_number) if not breaches(cell, each)), None)
        if setting is None:
            continue  # told by lattice.metric
        pairs = [*setting.lengths, *((i + 3, j + 3) for i, j in setting.alike)]
        unequal = [(i, j) for i, j in pairs if cell[i] != cell[j]]
        if unequal:
            told = " and ".join(f"{col.LATTICE[i]} = {cell[i]:.10g} and {col.LATTICE[j]} = {cell[j]:.10g}" for i, j in unequal)
            message = f"{row.symbol or row.spacegroup_number} makes {told} one number: a digit was mistyped."
            file = (files or {}).get(row.id)
            among = list(dict.fromkeys(place for i, j in unequal for place in (j, i)))
            odd = odd_one(cell, setting, among, file)
            other = next(i if j == odd else j for i, j in unequal if odd in (i, j))
            yield Finding(row.id, "lattice.digits", "error", message, col.LATTICE[odd], f"{cell[odd]:.10g}", f"{cell[other]:.10g}")


def file_digits(compared: Iterable[tuple[Pair, CellComparison]]) -> Iterator[Finding]:
    """Findings of ``lattice.digits`` against the files: one sample's cell in other digits, below what ``cif.lattice`` tells.

    An error where a slip shows (:func:`_slip`). A single digit shows none where another row of the same paper is off its file by more: then
    the paper may print two refinements of each.
    """
    found = [(pair, *told) for pair, comparison in compared if (told := _file_digits(pair, comparison)) is not None]
    twice = {paper for pair, _, slip in found if not slip for paper in pair.row.papers}
    for pair, finding, slip in found:
        is_error = slip and not (slip == _ONE_DIGIT and twice & set(pair.row.papers))
        yield replace(finding, severity="error") if is_error else finding


def _file_digits(pair: Pair, compared: CellComparison) -> tuple[Finding, str] | None:
    """A finding, as a warning, and the slip that explains it; ``None`` where the digits agree.

    Only where the row's axes are the file's in some order: any other change of basis mixes the rounding of several numbers.
    """
    row = pair.row.cell
    is_told = not compared.within(cells.LENGTH_ROUNDING, cells.ANGLE_ROUNDING)
    if row is None or pair.is_close or is_told or not all(sorted(map(abs, line)) == [0, 0, 1] for line in compared.basis):
        return None
    file = cells.transform(pair.structure.cell, compared.basis)
    units = [_units(ours, theirs) for ours, theirs in zip(row, file, strict=True)]
    worst = max(range(6), key=units.__getitem__)
    if units[worst] <= UNITS + _SLACK:
        return None
    order = _exchanged(row, file)
    if order and _is_alike(pair.structure, order):
        return None
    slip = "" if order else _slip(row, file, units, worst)
    named = ", ".join("abc"[axis] for axis in order or ())
    how = f"the file has these lengths in the order {named}" if order else f"they differ by {units[worst]:.3g} in the last digit"
    message = (
        f"Row and file have one cell with different digits: {col.LATTICE[worst]} = {row[worst]:.10g} in the row and {file[worst]:.10g} "
        f"in the file; {how}{slip}."
    )
    found = pair.finding("lattice.digits", "warning", message, col.LATTICE[worst], f"{row[worst]:.10g}", f"{file[worst]:.10g}")
    return found, slip


def _slip(row: Sequence[float], file: Sequence[float], units: Sequence[float], worst: int) -> str:
    """What shows that a number was mistyped and is not that of another refinement; blank when nothing does.

    The rest of the cell has the file's digits, or the number itself is one stroke from that of the file.
    """
    own = {(place < 3, row[place]): place for place in range(6) if row[place] not in _FIXED}.values()
    off = [place for place in own if units[place] > UNITS + _SLACK]
    if all(_digits(row[place], file[place]) >= TELLING for place in own) and len(own) > 1 and 2 * len(off) <= len(own):
        return ", and the rest of the cell agrees to the last digit: it was mistyped"
    if len(off) == 1 and _digits(row[worst], file[worst]) >= TELLING and one_slip(f"{row[worst]:.10g}", f"{round(file[worst], 6):.10g}"):
        return _ONE_DIGIT
    return ""


def _digits(ours: float, theirs: float) -> int:
    """Digits of the shorter of two numbers, without the point."""
    return min(len(f"{round(value, 6):.10g}".replace(".", "")) for value in (ours, theirs))


def _units(ours: float, theirs: float) -> float:
    """Difference of two printed numbers in units of the last digit of the shorter one (trailing zeros are not known to be printed)."""
    return float(abs(ours - theirs) * 10 ** min(_decimals(ours), _decimals(theirs)))


def _decimals(value: float) -> int:
    return len(number(round(value, 6), 10).partition(".")[2])


def _exchanged(row: Sequence[float], file: Sequence[float]) -> tuple[int, ...] | None:
    """The file's axes in the order in which their lengths are the row's to the digit; ``None`` when there is none or angles would move."""
    if len(set(row[3:])) > 1:
        return None
    for order in permutations(range(3)):
        if order != (0, 1, 2) and all(_units(row[i], file[j]) <= UNITS + _SLACK for i, j in enumerate(order)):
            return order
    return None


def _is_alike(structure: Structure, order: Sequence[int]) -> bool:
    """Whether the group of a structure is the same with its axes in another order (Pmmm, P212121): then any order describes it.

    Operations that are those of no tabulated setting are so on another origin only, as in P212121 with two axes exchanged.
    """
    as_given, exchanged = ([[int(order[j] == i) for j in range(3)] for i in range(3)] for order in ((0, 1, 2), order))
    mine, other = on_axes(structure, as_given), on_axes(structure, exchanged)
    return other is None or (mine is not None and mine.hm == other.hm)
