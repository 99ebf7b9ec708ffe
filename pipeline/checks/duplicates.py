"""Entries that may be one: the same row twice, one sample under two papers, a cell or a value copied from another row.

Pairs are sought in blocks (the same elements, and near in their share of lithium; the same six cell parameters), never among all
pairs, so that 100,000 rows take seconds: see ``benchmarks/duplicates.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import floor, log
from operator import sub
from typing import TYPE_CHECKING

from pipeline.checks.reading import Row, number
from pipeline.chemistry.cell import compare, deviation
from pipeline.chemistry.formula import agree, resolution
from pipeline.chemistry.spacegroup import crystal_system, is_rhombohedral
from pipeline.findings import Finding, Severity
from pipeline.graphs import connected
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Cells that agree to this part (and degrees) are one cell typed twice: less than a unit of the fifth digit.
SAME_CELL = 1e-5
#: Cells of two papers that agree to this part may be one refinement, rounded. Independent refinements of one compound differ by
#: 0.1 to 0.6 % in the release; below 0.02 % stand the pairs that the curators' own notes call duplicates.
NEAR_CELL = 2e-4
NEAR_ANGLE = 0.02
#: Conductivities that agree to this part are the same number.
SAME_VALUE = 1e-3
#: Rounding granted to a coefficient when two formulas are compared: half a unit of the second decimal.
ROUNDING = 0.005
#: Significant digits that independent cell parameters must have before an identical cell under another composition means
#: anything. A hundred cubic garnets between 12.5 and 13.1 A share cells of five digits by chance, in one paper hardly ever.
DIGITS_ONE_PAPER = 5
DIGITS_TWO_PAPERS = 8
#: Entries of one compound differ by at most this in the share of any element (two decimals on a formula of five atoms).
_SHARE = 0.004
#: And by this part in the volume per atom: three times that of the lengths, and the rounding of the coefficients.
_PER_ATOM = 0.003


@dataclass(frozen=True)
class _Pair:
    """Two rows, the later one first where that matters: it is the one the finding names."""

    one: Row
    other: Row

    @cached_property
    def same_paper(self) -> bool:
        return bool(set(self.one.papers) & set(self.other.papers))

    @cached_property
    def same_value(self) -> bool:
        x, y = self.one.conductivity, self.other.conductivity
        if x is None or y is None or self.one.is_bound != self.other.is_bound:
            return False
        if self.one.is_bound and not self.same_paper:
            return False  # everybody writes <1e-10
        return abs(x - y) <= SAME_VALUE * max(x, y)

    @cached_property
    def same_composition(self) -> bool:
        one, other = self.one.reduced, self.other.reduced
        if one is None or other is None:
            return False
        texts = (self.one.text(col.REDUCED_COMPOSITION), self.other.text(col.REDUCED_COMPOSITION))
        return agree(one, other, *(min(ROUNDING, resolution(text)) for text in texts))

    @cached_property
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
        if abs(ratio - round(ratio)) > 4 * NEAR_CELL * ratio or round(ratio) > 4:
            return length, angle, ""
        found = compare(self.other.cell, self.one.cell, spacegroup=self.one.spacegroup_number)
        return found.lattice_deviation, found.angle_deviation, "" if found.as_given else f" ({found.setting})"

    def cell_within(self, length: float, angle: float) -> bool:
        return self.cell is not None and self.cell[0] <= length and self.cell[1] <= angle


def duplicate_findings(entries: pd.DataFrame, among: frozenset[str] | None = None) -> Iterator[Finding]:
    """Findings of ``duplicate.*`` on typed entries; with ``among`` only pairs with one of these IDs, which the finding then names."""
    from pipeline.checks.reading import rows

    yield from pair_findings(rows(entries), among)


def pair_findings(rows: Sequence[Row], among: frozenset[str] | None = None) -> Iterator[Finding]:
    """Findings of ``duplicate.*``: one a pair, on the later row; the other row and its cluster are named."""
    found: dict[tuple[int, int], tuple[str, str, _Pair]] = {}
    for i, j in sorted(_candidates(rows, among)):
        later, earlier = rows[j], rows[i]
        if among is not None and later.id not in among:
            later, earlier = earlier, later
        pair = _Pair(later, earlier)
        verdict = _judge(pair)
        if verdict:
            found[i, j] = (*verdict, pair)
    clusters = _clusters(rows, list(found))
    for (i, _), (name, sentence, pair) in found.items():
        copied = name == "duplicate.same-cell" and pair.same_value and pair.same_paper
        severity: Severity = "error" if copied or name == "duplicate.exact" else "warning"
        rest = [id_ for id_ in clusters.get(i, ()) if id_ not in (pair.one.id, pair.other.id)]
        cluster = f" Both belong to a cluster with {', '.join(rest)}." if rest else ""
        column = col.IONIC_CONDUCTIVITY if name == "duplicate.same-conductivity" else col.A if name == "duplicate.same-cell" else col.ID
        value = pair.one.text(column) if column != col.ID else pair.one.id
        yield Finding(pair.one.id, name, severity, f"{sentence}{cluster}", column=column, value=value, other=pair.other.id)


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
            return "duplicate.exact", said
        groups = " and ".join(str(row.symbol or row.spacegroup_number) for row in (pair.one, pair.other))
        said = f"{formula} has the composition and cell of {other} {papers} under another space group ({groups}); {_values(pair)}."
        return "duplicate.near", said
    if pair.same_value:
        if pair.same_paper:
            said = f"{formula} has the composition, paper and conductivity ({_value(pair.one)}) of {other}; {_cells(pair)}."
            return "duplicate.near", said
        said = f"{formula} has the conductivity {_value(pair.one)} of {other} {papers}, the same compound; {_cells(pair)}"
        return "duplicate.same-conductivity", f"{said}. One of the two papers may cite the other's measurement."
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


def _candidates(rows: Sequence[Row], among: frozenset[str] | None) -> set[tuple[int, int]]:
    """Pairs of positions worth a look: the same elements in nearly the same share, with the same volume per atom or one value; or six
    equal numbers."""
    wanted = None if among is None else {position for position, row in enumerate(rows) if row.id in among}
    cells: dict[tuple[float, ...], list[int]] = defaultdict(list)
    near: dict[tuple[frozenset[str], int, int, str], list[int]] = defaultdict(list)
    bins: dict[int, list[tuple[frozenset[str], int, int, str]]] = {}
    shares = [_shares(row) for row in rows]
    for position, row in enumerate(rows):
        if row.cell is not None:
            cells[row.cell].append(position)
        bins[position] = list(_bins(row))
        for key in bins[position]:
            near[key].append(position)
    pairs = {
        pair for same in cells.values() if len(same) > 1 for pair in combinations(same, 2) if wanted is None or wanted.intersection(pair)
    }
    for position in range(len(rows)) if wanted is None else sorted(wanted):
        for elements, share, size, kind in bins[position]:
            for i, j in product((-1, 0, 1), repeat=2):
                for other in near.get((elements, share + i, size + j, kind), ()):
                    if (other < position or (wanted is not None and other != position)) and _alike(shares[position], shares[other]):
                        pairs.add((min(position, other), max(position, other)))
    return pairs


def _shares(row: Row) -> tuple[float, ...]:
    """Share of each element, elements in alphabetical order."""
    amounts = row.reduced or {}
    atoms = sum(amounts.values()) or 1.0
    return tuple(amounts[element] / atoms for element in sorted(amounts))


def _alike(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return bool(max(map(abs, map(sub, one, other))) < _SHARE)


def _bins(row: Row) -> Iterator[tuple[frozenset[str], int, int, str]]:
    """Where a row lies on two grids: share of lithium by volume per atom, and by conductivity. Pairs lie in one bin or in neighbours."""
    if not row.reduced:
        return
    elements, atoms = frozenset(row.reduced), sum(row.reduced.values())
    share = floor(row.reduced.get("Li", 0.0) / atoms / _SHARE)
    if row.volume and row.z and row.z > 0:
        yield elements, share, floor(log(row.volume / row.z / atoms) / _PER_ATOM), "volume"
    if row.conductivity and row.conductivity > 0:
        yield elements, share, floor(log(row.conductivity) / SAME_VALUE), "value"


def _clusters(rows: Sequence[Row], pairs: list[tuple[int, int]]) -> dict[int, tuple[str, ...]]:
    """For each position in a pair, the IDs of its connected component, in the order of the table."""
    if len(pairs) < 2:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    for component in connected(sorted({position for pair in pairs for position in pair}), pairs):
        names = tuple(rows[position].id for position in component)
        found.update(dict.fromkeys(component, names))
    return found
