"""Which rows are worth comparing for duplicates: never all pairs.

Rows are sought in blocks: the same elements, and near in their shares, in the volume per atom or in the value; or the same six cell
parameters. What any verdict needs is tested on whole columns first, so that a pair that cannot be a duplicate costs nanoseconds, and a
row that repeats another to the letter is compared with that one alone. Ten thousand copies of one material, equal or changed in the
last digit, take seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import floor, log

import gemmi
import numpy as np
from numpy.typing import NDArray

from pipeline.checks.reading import Row
from pipeline.chemistry.formula import ROUNDING, SCALE, resolution
from schemas import columns as col

#: Entries of one compound differ by at most this part in the volume per atom: six times that of the lengths of one cell, and the
#: rounding of the coefficients.
PER_ATOM = 0.006
#: Shortest vectors of a lattice that are compared: those of the faces of its Voronoi cell.
VECTORS = 7
#: And at most this in the share of lithium (two decimals on a formula of five atoms).
SHARE = 0.004
#: Largest multiple of a cell that is tried.
MULTIPLE = 4
#: Part within which the shortest vectors of one lattice agree in two settings, when its cells agree to 0.02 %.
SHORTEST = 6e-4
#: Part of a tolerance within which rounding changes no verdict.
CERTAIN = 1 - 1e-3
#: Cells of one volume and shape whose axes differ, and cells that are multiples of one another, are compared in every setting, at 3 ms a
#: pair: so many pairs of a table of up to ten thousand rows, one for ten rows beyond. The release needs 14.
SETTINGS_TRIED = 1000

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass
class Budget:
    """Costly comparisons that a table may still ask for, and how often one more was wanted."""

    left: int
    refused: int = 0

    def take(self) -> bool:
        """Whether one more may be made."""
        if self.left <= 0:
            self.refused += 1
            return False
        self.left -= 1
        return True


@dataclass
class _Block:
    """Rows of one set of elements as columns; ``places`` are their positions in the table, ascending."""

    rows: Sequence[Row]
    places: Places
    amounts: Floats = field(init=False)
    atoms: Floats = field(init=False)
    share: Floats = field(init=False)
    rounding: Floats = field(init=False)
    size: Floats = field(init=False)
    volume: Floats = field(init=False)
    value: Floats = field(init=False)
    cells: Floats = field(init=False)
    group: Places = field(init=False)
    papers: dict[str, Places] = field(init=False)
    paper_and_group: dict[tuple[str, int], Places] = field(init=False)
    shortest: Floats = field(init=False)

    def __post_init__(self) -> None:
        found = [self.rows[place] for place in self.places]
        self.amounts = np.array([[row.reduced[element] for element in sorted(row.reduced)] if row.reduced else [] for row in found])
        self.share = np.array([row.reduced.get("Li", 0.0) if row.reduced else 0.0 for row in found])
        self.atoms = np.maximum(self.amounts.sum(axis=1), 1e-300)
        self.share = self.share / self.atoms
        texts = [row.text(col.REDUCED_COMPOSITION) for row in found]
        known = {text: min(ROUNDING, resolution(text)) for text in set(texts)}
        self.rounding = np.array([known[text] for text in texts])
        self.volume = np.array([row.volume or np.nan for row in found])
        units = np.array([row.z if row.z and row.z > 0 else np.nan for row in found])
        with np.errstate(all="ignore"):
            self.size = np.log(self.volume / units / self.atoms)
            self.value = np.log(np.array([row.conductivity if row.conductivity and row.conductivity > 0 else np.nan for row in found]))
        self.cells = np.array([row.cell or (np.nan,) * 6 for row in found])
        self.group = np.array([row.spacegroup_number or -1 for row in found])
        self.shortest = np.full((len(found), VECTORS), np.nan)
        together: dict[str, list[int]] = defaultdict(list)
        grouped: dict[tuple[str, int], list[int]] = defaultdict(list)
        for place, row in enumerate(found):
            for paper in row.papers:
                together[paper].append(place)
                grouped[paper, int(self.group[place])].append(place)
        self.papers = {paper: np.array(places) for paper, places in together.items()}
        self.paper_and_group = {key: np.array(places) for key, places in grouped.items()}
        self._by_size = _Sorted(self.size)
        self._by_value = _Sorted(self.value)

    def of_papers(self, local: int, among: Places) -> NDArray[np.bool_]:
        """Which of the rows share a paper with this one."""
        mask = np.zeros(len(self.places), dtype=bool)
        for paper in self.rows[self.places[local]].papers if len(among) else ():
            mask[self.papers[paper]] = True
        return np.asarray(mask[among])

    def of_paper_and_group(self, local: int) -> Places:
        """Rows that share a paper and the space group with this one."""
        group = int(self.group[local])
        found = [self.paper_and_group[paper, group] for paper in dict.fromkeys(self.rows[self.places[local]].papers) if group > 0]
        return np.unique(np.concatenate(found)) if len(found) > 1 else found[0] if found else np.empty(0, dtype=np.int64)

    def alike(self, local: int, found: Places) -> Places:
        """Earlier rows of the same composition, in the order of the table: the rule of :func:`pipeline.chemistry.formula.agree`."""
        found = found[found < local]
        if not len(found):
            return found
        if self.amounts.shape[1] > 1:  # no rounding moves a share by more, and few rows of a series are this near
            found = found[np.abs(self.share[found] - self.share[local]) < SHARE]
            if not len(found):
                return found
        found = np.sort(found)
        ratio = self.atoms[local] / self.atoms[found]
        with np.errstate(all="ignore"):
            up, down = np.rint(ratio), 1 / np.rint(1 / ratio)
            times = np.where((ratio < 1) & (np.abs(ratio / down - 1) < SCALE), down, ratio)
            times = np.where(np.abs(ratio / up - 1) < SCALE, up, times)
        tolerance = np.maximum(self.rounding[found], self.rounding[local]) * np.maximum(1.0, times) + 1e-6
        differences = np.abs(self.amounts[local] - times[:, None] * self.amounts[found]).max(axis=1, initial=0.0)
        return np.asarray(found[differences <= tolerance])

    def same_shape(self, local: int, found: Places) -> Places:
        """Of these rows the ones whose lattice has the same shortest vectors."""
        for place in (local, *found[np.isnan(self.shortest[found, 0])].tolist()) if len(found) else ():
            if np.isnan(self.shortest[place, 0]):
                self.shortest[place] = _shortest(self.cells[place])
        mine = self.shortest[local]
        return np.asarray(found[np.all(np.abs(self.shortest[found] - mine) <= SHORTEST * mine, axis=1)])


def _shortest(cell: Floats) -> Floats:
    """Lengths of the seven shortest vectors of a lattice, whatever its setting, in angstrom."""
    reduced = gemmi.GruberVector(gemmi.UnitCell(*cell), "P")
    reduced.niggli_reduce()
    basis = np.array(gemmi.UnitCell(*reduced.cell_parameters()).orth.mat)
    return np.sort(np.linalg.norm(_COMBINATIONS @ basis.T, axis=1))[:VECTORS]


#: Whole combinations of reduced axes, one of each two that point in opposite directions: the shortest vectors are among them.
_COMBINATIONS = np.array([c for c in np.ndindex(5, 5, 5) if c > (2, 2, 2)], dtype=float) - 2


class _Sorted:
    """A column in ascending order, to look up what is near a value."""

    def __init__(self, column: Floats) -> None:
        self.order = np.argsort(column, kind="stable")[: int(np.isfinite(column).sum())]
        self.values = column[self.order]

    def near(self, value: float, within: float) -> Places:
        if not np.isfinite(value):
            return np.empty(0, dtype=np.int64)
        low, high = np.searchsorted(self.values, (value - within, value + within), side="left")
        return np.asarray(self.order[low : high + 1] if high < len(self.values) else self.order[low:], dtype=np.int64)


class Candidates:
    """Rows before a given one that may be its double, kind by kind; within a kind in the order of the table.

    A kind is such that the first row of it which is a double at all tells the verdict for the kind: nobody need look further.
    """

    def __init__(self, rows: Sequence[Row], *, same: float, near: float, angle: float, value: float, slip: float) -> None:
        self._same, self._near, self._angle, self._value, self._slip = same, near, angle, value, slip
        places: dict[frozenset[str], list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            if row.reduced:
                places[frozenset(row.reduced)].append(place)
        self._blocks = [_Block(rows, np.array(found)) for found in places.values() if len(found) > 1]
        self._home = {place: (block, local) for block in self._blocks for local, place in enumerate(block.places.tolist())}
        self.budget = Budget(max(SETTINGS_TRIED, len(rows) // 10))

    def kinds(self, place: int) -> Iterator[Iterator[int]]:
        """Positions of rows that may be a double of this one, for each kind."""
        if place not in self._home:
            return
        block, local = self._home[place]
        near = block.alike(local, block._by_size.near(block.size[local], PER_ATOM))
        valued = block.alike(local, block._by_value.near(block.value[local], 2 * self._value))
        reported = block.alike(local, block.of_paper_and_group(local))
        if not len(near) and not len(valued) and not len(reported):
            return
        mine = block.cells[local]
        with np.errstate(all="ignore"):
            lengths = np.abs(block.cells[near, :3] / mine[:3] - 1).max(axis=1, initial=0.0)
            angles = np.abs(block.cells[near, 3:] - mine[3:]).max(axis=1, initial=0.0)
            ratio = block.volume[near] / block.volume[local]
        ratio = np.maximum(ratio, 1 / ratio)
        multiple = np.rint(ratio)
        as_given = (lengths <= 2 * self._near) & (angles <= self._angle)
        identical = as_given & (lengths <= 2 * self._same)
        group = block.group[near] == block.group[local]
        theirs = block.of_papers(local, near[as_given])
        yield _at(block, near[identical & group])
        yield _at(block, near[identical & ~group])
        valued = valued[~np.isin(valued, near[identical])]
        ours = block.of_papers(local, valued)
        yield _at(block, valued[ours])
        yield _at(block, valued[~ours])
        others = near[as_given][~theirs & (group & ~identical)[as_given]]
        sure = ((lengths <= self._near * CERTAIN) & (angles <= self._angle * CERTAIN))[as_given][~theirs & (group & ~identical)[as_given]]
        # a cell that is only nearly near as it is given may be near in another setting, which costs to find out
        yield _at(block, others[sure]) if sure.any() else self._spared(_at(block, others))
        reported = reported[~np.isin(reported, near[identical]) & ~np.isin(reported, valued)]
        with np.errstate(all="ignore"):
            slipped = np.abs(block.value[reported] - block.value[local]) >= log(self._slip) - 1e-9
        yield _at(block, reported[slipped])
        yield _at(block, reported[~slipped])
        fits = ~as_given & (np.abs(ratio - multiple) <= 8 * self._near * ratio)
        yield self._spared(_at(block, block.same_shape(local, near[fits & (multiple == 1)])))
        yield self._spared(_at(block, near[fits & (multiple > 1) & (multiple <= MULTIPLE)]))

    def _spared(self, found: Iterator[int]) -> Iterator[int]:
        for place in found:
            if not self.budget.take():
                return
            yield place


def _at(block: _Block, found: Places) -> Iterator[int]:
    return iter(block.places[found].tolist())


class SameCells:
    """Rows with the same six parameters: of each paper and value, of each paper, and of all, one row of each composition."""

    def __init__(self, *, value: float, one_paper: int, two_papers: int) -> None:
        self._value, self._one_paper, self._two_papers = value, one_paper, two_papers
        self._seen: dict[tuple[object, ...], dict[object, int]] = defaultdict(dict)

    def kinds(self, row: Row, digits: int) -> Iterator[Iterator[int]]:
        """Positions of the rows remembered that this one may have its cell from, the gravest kind first.

        ``digits`` are those of the cell: an equal cell of few digits means something in one paper only, or with an equal value.
        """
        step = self._step(row)
        if step is not None:
            yield (place for paper in row.papers for i in (-1, 0, 1) for place in self._of((row.cell, paper, step + i)))
        if digits >= self._one_paper:
            yield (place for paper in row.papers for place in self._of((row.cell, paper)))
        if digits >= self._two_papers:
            yield iter(self._of((row.cell,)))

    def add(self, place: int, row: Row) -> None:
        """Remember a row, unless one of its composition is remembered."""
        composition = frozenset((row.reduced or {}).items()) or row.text(col.REDUCED_COMPOSITION)
        keys: list[tuple[object, ...]] = [(row.cell,), *((row.cell, paper) for paper in row.papers)]
        step = self._step(row)
        if step is not None:
            keys += [(row.cell, paper, step) for paper in row.papers]
        for key in keys:
            self._seen[key].setdefault(composition, place)

    def _of(self, key: tuple[object, ...]) -> Iterable[int]:
        return self._seen[key].values() if key in self._seen else ()

    def _step(self, row: Row) -> int | None:
        return floor(log(row.conductivity) / self._value) if row.conductivity and row.conductivity > 0 else None
