"""Whether two entries are one: the same row twice, one sample under two papers, a cell or a value copied from another row.

Rows are judged among those of their elements, and among those of their cell: no other two are ever compared. Rows that repeat one another
to the letter are compared once. Pairs are sought as :mod:`pipeline.checks.candidates` says, never among all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pipeline.checks.blocks import SHORTEST, one_lattice
from pipeline.checks.candidates import MULTIPLE, Candidates, volumes_apart
from pipeline.checks.reading import Row, number
from pipeline.checks.same_cells import SameCells
from pipeline.checks.sets import Budget
from pipeline.chemistry.cell import compare, deviation
from pipeline.chemistry.formula import agree, resolution
from pipeline.chemistry.spacegroup import crystal_system, is_rhombohedral
from pipeline.findings import Severity
from schemas import columns as col

#: Cells that agree to this part (and degrees) are one cell typed twice: less than a unit of the fifth digit.
SAME_CELL = 1e-5
#: Cells of two papers that agree to this part may be one refinement, rounded. Independent refinements of one compound differ by
#: 0.1 to 0.6 % in the release; below 0.02 % stand the pairs that the curators' own notes call duplicates.
NEAR_CELL = 2e-4
NEAR_ANGLE = 0.02
#: Conductivities that agree to this part are the same number.
SAME_VALUE = 1e-3
#: Factor between two values of one compound in one paper that samples and treatments do not explain: a slip of the unit makes a thousand.
SLIP = 1000
#: Significant digits that independent cell parameters must have before an identical cell under another composition means
#: anything. A hundred cubic garnets between 12.5 and 13.1 A share cells of five digits by chance, in one paper hardly ever.
DIGITS_ONE_PAPER = 5
DIGITS_TWO_PAPERS = 8


class Verdict(NamedTuple):
    """That a row doubles another: their positions, the earlier one as ``other``; the check, how grave it is, what is said, and the cell."""

    place: int
    other: int
    check: str
    severity: Severity
    sentence: str
    column: str
    value: str


@dataclass
class _Pair:
    """Two rows, the later one first where that matters: it is the one the finding names."""

    one: Row
    other: Row
    budget: Budget | None = None

    @cached_property
    def same_paper(self) -> bool:
        return not set(self.one.papers).isdisjoint(self.other.papers)

    @cached_property
    def same_value(self) -> bool:
        x, y = self.one.conductivity, self.other.conductivity
        if x is None or y is None or self.one.is_bound != self.other.is_bound:
            return False
        if self.one.is_bound and not self.same_paper:
            return False  # everybody writes <1e-10
        return abs(x - y) <= SAME_VALUE * max(x, y)

    @property
    def ratio(self) -> float:
        """How many times the larger conductivity is the smaller one; 1 where one is missing."""
        x, y = self.one.conductivity, self.other.conductivity
        return max(x / y, y / x) if x and y and x > 0 and y > 0 else 1.0

    @property
    def same_composition(self) -> bool:
        one, other = self.one.reduced, self.other.reduced
        if one is None or other is None:
            return False
        texts = (self.one.text(col.REDUCED_COMPOSITION), self.other.text(col.REDUCED_COMPOSITION))
        return texts[0] == texts[1] or agree(one, other, *map(resolution, texts))

    @property
    def same_spacegroup(self) -> bool:
        return self.one.spacegroup_number is not None and self.one.spacegroup_number == self.other.spacegroup_number

    @cached_property
    def cell(self) -> tuple[float, float, str] | None:
        """Largest differences of lengths (relative) and angles (degrees), and the setting; ``None`` when a cell is unusable."""
        if self.one.volume is None or self.other.volume is None or self.one.cell is None or self.other.cell is None:
            return None
        length, angle = deviation(self.other.cell, self.one.cell)
        if length <= NEAR_CELL and angle <= NEAR_ANGLE:
            return length, angle, ""
        ratio = self.one.volume / self.other.volume
        ratio = max(ratio, 1 / ratio)
        if abs(ratio - round(ratio)) > volumes_apart(NEAR_CELL) * ratio or round(ratio) > MULTIPLE:
            return length, angle, ""
        if self.budget is not None and not self.budget.is_left():
            # of one paper and group only an equal cell would say more than what is said anyway
            within = SHORTEST * SAME_CELL / NEAR_CELL if self.same_paper and self.same_spacegroup else SHORTEST
            if round(ratio) > 1 or one_lattice(self.other.cell, self.one.cell, within):
                self.budget.refused += 1
            return length, angle, " as they are given"
        if self.budget is not None:
            self.budget.left -= 1
        found = compare(self.other.cell, self.one.cell, spacegroup=self.one.spacegroup_number)
        return found.lattice_deviation, found.angle_deviation, "" if found.as_given else f" ({found.setting})"

    def cell_within(self, length: float, angle: float) -> bool:
        return self.cell is not None and self.cell[0] <= length and self.cell[1] <= angle


def of_elements(rows: Sequence[Row], new: Sequence[bool], budget: Budget) -> tuple[list[Verdict], list[int]]:
    """Verdicts about the rows of one set of elements, and the positions of those that were not compared with all in every setting.

    Parameters
    ----------
    rows, new
        The rows in the order of the table, and which of them are to be judged; the others are only compared with.
    budget
        Costly comparisons that they may ask for.
    """
    search = Candidates(rows, budget, same=SAME_CELL, near=NEAR_CELL, angle=NEAR_ANGLE, value=SAME_VALUE, slip=SLIP)
    twins = _twins(rows)
    found: list[Verdict] = []
    unseen: list[int] = []
    for place, is_new in enumerate(new):
        if is_new:
            refused = budget.refused
            kinds = iter([iter([twins[place]])]) if place in twins else search.kinds(place)
            found += _verdicts(rows, place, kinds, budget)
            if budget.refused > refused:
                unseen.append(place)
    return found, unseen


def of_cell(rows: Sequence[Row], new: Sequence[bool]) -> list[Verdict]:
    """Verdicts about rows whose six parameters are the same, whatever their compositions; parameters as in :func:`of_elements`."""
    cells = SameCells(value=SAME_VALUE, one_paper=DIGITS_ONE_PAPER, two_papers=DIGITS_TWO_PAPERS)
    twins = _twins(rows)
    found: list[Verdict] = []
    for place, (row, is_new) in enumerate(zip(rows, new, strict=True)):
        if place not in twins:
            if is_new:
                found += _verdicts(rows, place, cells.kinds(row, digits(row)))
            cells.add(place, row)
        elif is_new and row.reduced is None:  # else it is judged among the rows of its elements
            found += _verdicts(rows, place, iter([iter([twins[place]])]))
    return found


def _twins(rows: Sequence[Row]) -> dict[int, int]:
    """For the position of each row that repeats an earlier one to the letter, the position of the first of them.

    Contents are kept only where their hashes repeat: those of 100,000 rows have 20 MB.
    """
    hashes = [hash(_content(row)) for row in rows]
    counts = Counter(hashes)
    first: dict[object, int] = {}
    found = ((place, first.setdefault(_content(rows[place]), place)) for place, known in enumerate(hashes) if counts[known] > 1)
    return {place: twin for place, twin in found if twin != place}


def _content(row: Row) -> object:
    """All that a verdict depends on."""
    formula = row.text(col.REDUCED_COMPOSITION)
    return (formula, row.spacegroup_number, row.symbol, row.cell, row.z, row.conductivity, row.is_bound, row.papers) if formula else id(row)


def _verdicts(rows: Sequence[Row], place: int, kinds: Iterator[Iterator[int]], budget: Budget | None = None) -> Iterator[Verdict]:
    """For each check the gravest verdict, against the earliest row that this one doubles: the first of each kind decides for its kind."""
    found: dict[str, Verdict] = {}
    for kind in kinds:
        for other in kind:
            pair = _Pair(rows[place], rows[other], budget)
            if verdict := _judge(pair):
                name, sentence = verdict
                told = Verdict(place, other, name, _severity(pair, name), sentence, *_cell_of(pair.one, name))
                found[name] = min(found.get(name, told), told, key=graver)
                break
    yield from found.values()


def graver(verdict: Verdict) -> tuple[Severity, int]:
    """Order of verdicts of one check about one row: errors first, then the earliest other row."""
    return verdict.severity, verdict.other


def _cell_of(row: Row, name: str) -> tuple[str, str]:
    """The column that a finding names, and what the row has there."""
    if name in ("duplicate.same-conductivity", "duplicate.paper"):
        return col.IONIC_CONDUCTIVITY, row.text(col.IONIC_CONDUCTIVITY)
    return (col.A, row.text(col.A)) if name == "duplicate.same-cell" else (col.ID, row.id)


def _severity(pair: _Pair, name: str) -> Severity:
    copied = name == "duplicate.same-cell" and pair.same_value and pair.same_paper
    slipped = name == "duplicate.paper" and pair.ratio >= SLIP * (1 - 1e-9)
    return "error" if copied or slipped or name == "duplicate.exact" else "warning"


def _judge(pair: _Pair) -> tuple[str, str] | None:
    """Name of the check and its sentence, ``None`` for two entries in their own right."""
    formula, other = pair.one.text(col.REDUCED_COMPOSITION), pair.other.id
    papers = "of the same paper" if pair.same_paper else f"of another paper ({'|'.join(pair.other.papers)})"
    if not pair.same_composition:
        if not _copied_cell(pair):
            return None
        theirs = pair.other.text(col.REDUCED_COMPOSITION)
        said = f"{formula} has, to the last digit, the cell of {other} {papers}, which is {theirs}; {_values(pair)}."
        return "duplicate.same-cell", said
    if pair.cell_within(SAME_CELL, NEAR_ANGLE):
        if pair.same_spacegroup:
            said = f"{formula} has the composition, space group and cell of {other} {papers}{_setting(pair)}; {_values(pair)}."
            return "duplicate.exact" if pair.same_paper else "duplicate.near", said
        groups = " and ".join(str(row.symbol or row.spacegroup_number) for row in (pair.one, pair.other))
        said = f"{formula} has the composition and cell of {other} {papers} under another space group ({groups}); {_values(pair)}."
        return "duplicate.near", said
    if pair.same_value:
        if pair.same_paper:
            said = f"{formula} has the composition, paper and conductivity ({_value(pair.one)}) of {other}; {_cells(pair)}."
            return "duplicate.near", said
        said = f"{formula} has the conductivity {_value(pair.one)} of {other} {papers}, the same compound; {_cells(pair)}"
        return "duplicate.same-conductivity", f"{said}. One of the two papers may cite the other's measurement."
    if pair.same_spacegroup and pair.same_paper:
        said = f"{formula} has the paper, composition and space group of {other}, and another value: {_values(pair)}; {_cells(pair)}."
        return "duplicate.paper", said
    if pair.same_spacegroup and not pair.same_paper and pair.cell_within(NEAR_CELL, NEAR_ANGLE):
        said = f"{formula} has the composition and space group of {other} {papers}, and {_cells(pair)}; {_values(pair)}."
        return "duplicate.near", said
    return None


def _copied_cell(pair: _Pair) -> bool:
    if pair.one.cell != pair.other.cell or pair.one.volume is None:
        return False
    if pair.same_paper and pair.same_value:
        return True
    return digits(pair.one) >= (DIGITS_ONE_PAPER if pair.same_paper else DIGITS_TWO_PAPERS)


def _setting(pair: _Pair) -> str:
    return pair.cell[2] if pair.cell else ""


def _cells(pair: _Pair) -> str:
    if pair.cell is None:
        return "a cell is missing"
    length, angle, setting = pair.cell
    return f"their cells differ by {100 * length:.3g} % and {angle:.2g} degrees{setting}"


def _value(row: Row) -> str:
    return f"{number(row.conductivity)} S/cm"


def _values(pair: _Pair) -> str:
    one, other = pair.one.conductivity, pair.other.conductivity
    if one is None or other is None:
        return "a conductivity is missing"
    return "their conductivities are equal" if pair.same_value else f"their conductivities are {number(one)} and {number(other)} S/cm"


def digits(row: Row) -> int:
    """Significant digits of the independent lengths of a cell: how much it would take to hit it by chance."""
    if row.cell is None:
        return 0
    lengths = list(dict.fromkeys(row.cell[:3]))
    system = crystal_system(row.spacegroup_number) if row.spacegroup_number else ""
    if system == "cubic" or (row.spacegroup_number and is_rhombohedral(row.spacegroup_number) and row.cell[3] == row.cell[5]):
        lengths = lengths[:1]
    angles = [angle for angle in row.cell[3:] if angle not in (90, 120)]
    return sum(len(f"{value:.10g}".replace(".", "").lstrip("0")) for value in (*lengths, *dict.fromkeys(angles)))
