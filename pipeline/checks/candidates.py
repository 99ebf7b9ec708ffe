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
from functools import lru_cache
from math import floor, log

import gemmi
import numpy as np
from numpy.typing import NDArray

from pipeline.checks.reading import Row
from pipeline.checks.windows import FEW, Floats, Places, Windows, parts
from pipeline.chemistry.cell import Cell
from pipeline.chemistry.formula import ROUNDING, SCALE, resolution
from schemas import columns as col

#: Entries of one compound differ by at most this part in the volume per atom: six times that of the lengths of one cell, and the
#: rounding of the coefficients.
PER_ATOM = 0.006
#: Shortest vectors of a lattice that are compared: those of the faces of its Voronoi cell.
VECTORS = 7
#: And at most this in the share of lithium (two decimals on a formula of five atoms).
SHARE = 0.004
#: Compositions of a block up to which each is compared with all once, and not again for each of its rows.
FEW_COMPOSITIONS = 500
#: Largest multiple of a cell that is tried.
MULTIPLE = 4
#: Part within which the shortest vectors of one lattice agree in two settings, when its cells agree to 0.02 %.
SHORTEST = 6e-4
#: Part of a tolerance within which rounding changes no verdict.
CERTAIN = 1 - 1e-3
#: Cells of one volume and shape whose axes differ, and cells that are multiples of one another, are compared in every setting, at 3 ms a
#: pair: so many pairs of a table of up to thirty thousand rows, one for a hundred rows beyond. The release needs 14.
SETTINGS_TRIED = 300


def settings_tried(rows: int) -> int:
    """How many pairs of a table of so many rows are compared in every setting."""
    return max(SETTINGS_TRIED, rows // 100)


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
    """Rows of one set of elements as columns; ``places`` are their positions in the table, ascending, and ``within`` is how far the
    logarithms of two conductivities are looked for. ``looked_at`` counts the rows that were tested against another."""

    rows: Sequence[Row]
    places: Places
    within: float
    looked_at: int = field(init=False, default=0)
    amounts: Floats = field(init=False)
    atoms: Floats = field(init=False)
    share: Floats = field(init=False)
    rounding: Floats = field(init=False)
    size: Floats = field(init=False)
    volume: Floats = field(init=False)
    value: Floats = field(init=False)
    cells: Floats = field(init=False)
    group: Places = field(init=False)
    composition: Places = field(init=False)
    papers: dict[str, Places] = field(init=False)
    reported: dict[tuple[str, int, int], Places] = field(init=False)
    shortest: Floats = field(init=False)
    conductivity: Floats = field(init=False)
    bound: NDArray[np.bool_] = field(init=False)

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
            self.conductivity = np.array([row.conductivity if row.conductivity and row.conductivity > 0 else np.nan for row in found])
            self.value = np.log(self.conductivity)
        self.bound = np.array([row.is_bound for row in found])
        self.cells = np.asfortranarray([row.cell or (np.nan,) * 6 for row in found])
        self.group = np.array([row.spacegroup_number or -1 for row in found])
        self.shortest = np.full((len(found), VECTORS), np.nan)
        numbers: dict[tuple[bytes, float], int] = {}
        named = zip(self.amounts, self.rounding.tolist(), strict=True)
        self.composition = np.array([numbers.setdefault((amounts.tobytes(), rounding), len(numbers)) for amounts, rounding in named])
        self._firsts = np.unique(self.composition, return_index=True)[1]
        self._agreeing: dict[int, NDArray[np.bool_]] = {}
        together: dict[str, list[int]] = defaultdict(list)
        grouped: dict[tuple[str, int, int], list[int]] = defaultdict(list)
        for place, row in enumerate(found):
            step = floor(self.share[place] / SHARE)
            for paper in row.papers:
                together[paper].append(place)
                grouped[paper, int(self.group[place]), step].append(place)
        self.papers = {paper: np.array(places) for paper, places in together.items()}
        self.reported = {key: np.array(places) for key, places in grouped.items()}
        shares = self.amounts / self.atoms[:, None]
        self._second = shares[:, int(shares.std(axis=0).argmax())]
        self._spread = self._spreads()
        spread = np.minimum(SHARE, self._spread)
        self._by_size = Windows(self.share, spread, self.size, PER_ATOM)
        self._by_value = Windows(self.share, spread, self.value, self.within)

    def _spreads(self) -> Floats:
        """How far the share of an element in a row of the same composition is at most from that in each row here.

        With k elements, rounding r and n atoms a formula, an amount is off by r at most and the sum by k r, so the share by (1 + k) r / n.
        """
        elements = self.amounts.shape[1]
        least = np.maximum(self.atoms.min() - 2 * elements * ROUNDING, 1e-300)
        return np.asarray(1.01 * (1 + elements) * (self.rounding + 2e-6) / least)

    def of_papers(self, local: int, among: Places) -> NDArray[np.bool_]:
        """Which of the rows share a paper with this one."""
        mine = self.rows[self.places[local]].papers if len(among) else ()
        if len(among) <= FEW:
            return np.array([not set(mine).isdisjoint(self.rows[place].papers) for place in self.places[among]], dtype=bool)
        mask = np.zeros(len(self.places), dtype=bool)
        for paper in mine:
            mask[self.papers[paper]] = True
        return np.asarray(mask[among])

    def near_in_size(self, local: int) -> Places:
        """Earlier rows with this one's composition and volume per atom, in the order of the table."""
        return self.alike(local, self._by_size.before(local))

    def near_in_value(self, local: int) -> Places:
        """Earlier rows with this one's composition and conductivity, in the order of the table."""
        return self.alike(local, self._by_value.before(local))

    def of_paper_and_group(self, local: int) -> Places:
        """Earlier rows of this one's composition that share a paper and the space group with it, in the order of the table."""
        group, step = int(self.group[local]), floor(self.share[local] / SHARE)
        papers = dict.fromkeys(self.rows[self.places[local]].papers) if group > 0 else ()
        parts = [self.reported.get((paper, group, step + i)) for paper in papers for i in (-1, 0, 1)]
        found = _before(local, parts)
        found = np.unique(found) if len(papers) > 1 else np.sort(found, kind="stable")
        return self.alike(local, found[np.abs(self.share[found] - self.share[local]) < SHARE])

    def alike(self, local: int, found: Places) -> Places:
        """Of these rows the ones of the same composition: the rule of :func:`pipeline.chemistry.formula.agree`."""
        self.looked_at += len(found)
        if len(self._firsts) == 1:
            return found
        mine = int(self.composition[local])
        if len(self._firsts) > FEW_COMPOSITIONS:
            found = found[np.abs(self._second[found] - self._second[local]) <= np.maximum(self._spread[found], self._spread[local])]
            equal = self.composition[found] == mine
            if equal.all():
                return found
            equal[~equal] = self._agree(local, found[~equal])
            return np.asarray(found[equal])
        if mine not in self._agreeing:
            self._agreeing[mine] = self._agree(local, self._firsts)
            self._agreeing[mine][mine] = True
        return np.asarray(found[self._agreeing[mine][self.composition[found]]])

    def _agree(self, local: int, found: Places) -> NDArray[np.bool_]:
        ratio = self.atoms[local] / self.atoms[found]
        with np.errstate(all="ignore"):
            up, down = np.rint(ratio), 1 / np.rint(1 / ratio)
            times = np.where((ratio < 1) & (np.abs(ratio / down - 1) < SCALE), down, ratio)
            times = np.where(np.abs(ratio / up - 1) < SCALE, up, times)
        tolerance = np.maximum(self.rounding[found], self.rounding[local]) * np.maximum(1.0, times) + 1e-6
        differences = np.abs(self.amounts[local] - times[:, None] * self.amounts[found]).max(axis=1, initial=0.0)
        return np.asarray(differences <= tolerance)

    def without(self, found: Places, *others: Places) -> Places:
        """Of these rows the ones that are not among the others."""
        if not len(found) or not any(map(len, others)):
            return found
        mask = np.ones(len(self.places) if max(map(len, (found, *others))) > FEW else 0, dtype=bool)
        if not len(mask):
            known = set(np.concatenate(others).tolist())
            return np.array([place for place in found.tolist() if place not in known], dtype=np.int64)
        for other in others:
            mask[other] = False
        return np.asarray(found[mask[found]])

    def same_shape(self, local: int, found: Places) -> Places:
        """Of these rows the ones whose lattice has the same shortest vectors."""
        for place in (local, *found[np.isnan(self.shortest[found, 0])].tolist()) if len(found) else ():
            if np.isnan(self.shortest[place, 0]):
                self.shortest[place] = shortest(tuple(self.cells[place].tolist()))
        mine = self.shortest[local]
        found = found[np.abs(self.shortest[found, 0] - mine[0]) <= SHORTEST * mine[0]]
        return np.asarray(found[np.all(np.abs(self.shortest[found] - mine) <= SHORTEST * mine, axis=1)])


def one_lattice(one: Cell, other: Cell, within: float = SHORTEST) -> bool:
    """Whether two cells have the same shortest vectors: no two settings of one lattice differ in them."""
    mine = shortest(one)
    return bool(np.all(np.abs(shortest(other) - mine) <= within * mine))


@lru_cache(maxsize=1024)
def shortest(cell: Cell) -> Floats:
    """Lengths of the seven shortest vectors of a lattice, whatever its setting, in angstrom."""
    reduced = gemmi.GruberVector(gemmi.UnitCell(*cell), "P")
    reduced.niggli_reduce()
    basis = np.array(gemmi.UnitCell(*reduced.cell_parameters()).orth.mat)
    return np.sort(np.linalg.norm(_COMBINATIONS @ basis.T, axis=1))[:VECTORS]


#: Whole combinations of reduced axes, one of each two that point in opposite directions: the shortest vectors are among them.
_COMBINATIONS = np.array([c for c in np.ndindex(5, 5, 5) if c > (2, 2, 2)], dtype=float) - 2


def _before(local: int, parts: Iterable[Places | None]) -> Places:
    """The rows before one of ascending parts, one part after the other."""
    taken = [part[: int(np.searchsorted(part, local))] for part in parts if part is not None]
    return np.concatenate(taken) if taken else np.empty(0, dtype=np.int64)


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
        self._blocks = [_Block(rows, np.array(found), 2 * value) for found in places.values() if len(found) > 1]
        self._home = {place: (block, local) for block in self._blocks for local, place in enumerate(block.places.tolist())}
        self.budget = Budget(settings_tried(len(rows)))

    def kinds(self, place: int) -> Iterator[Iterator[int]]:
        """Positions of rows that may be a double of this one, for each kind."""
        if place not in self._home:
            return
        block, local = self._home[place]
        near, valued, reported = block.near_in_size(local), block.near_in_value(local), block.of_paper_and_group(local)
        if not len(near) and not len(valued) and not len(reported):
            return
        mine = block.cells[local]
        all_near: Places | slice = slice(0, local) if len(near) == local else near  # a view costs a third of a copy
        lengths, angles = _apart(block.cells[all_near], mine, 2 * self._near)
        as_given = (lengths <= 2 * self._near) & (angles <= self._angle)
        identical = as_given & (lengths <= 2 * self._same)
        group = block.group[all_near] == block.group[local]
        same = near[identical]
        yield _at(block, near[identical & group])
        yield _at(block, near[identical & ~group])
        valued = block.without(valued, same)
        ours = block.of_papers(local, valued)
        equal = self._same_value(block, local, valued)
        yield _at(block, valued[ours & (equal | (block.group[valued] == block.group[local]))])
        yield _at(block, valued[~ours & equal & ~block.bound[valued]])
        yield self._of_others(block, local, near, as_given & group & ~identical, lengths, angles)
        reported = block.without(reported, same, valued)
        with np.errstate(all="ignore"):
            slipped = np.abs(block.value[reported] - block.value[local]) >= log(self._slip) - 1e-9
        yield _at(block, reported[slipped])
        yield _at(block, reported[~slipped])
        if as_given.all():
            return
        with np.errstate(all="ignore"):
            ratio = block.volume[all_near] / block.volume[local]
            ratio = np.maximum(ratio, 1 / ratio)
            multiple = np.rint(ratio)
            fits = ~as_given & (np.abs(ratio - multiple) <= 8 * self._near * ratio)
        yield self._spared(_at(block, block.same_shape(local, near[fits & (multiple == 1)])))
        yield self._spared(_at(block, near[fits & (multiple > 1) & (multiple <= MULTIPLE)]))

    def _same_value(self, block: _Block, local: int, found: Places) -> NDArray[np.bool_]:
        mine, theirs = block.conductivity[local], block.conductivity[found]
        equal = np.abs(theirs - mine) <= self._value * np.maximum(theirs, mine)
        return np.asarray(equal & (block.bound[found] == block.bound[local]))

    def _of_others(
        self, block: _Block, local: int, near: Places, wanted: NDArray[np.bool_], lengths: Floats, angles: Floats
    ) -> Iterator[int]:
        """Rows of other papers with a near cell: those that are surely near as they are given.

        Where none is, those that are only nearly near: they may be near in another setting, which costs to find out.
        """
        certain = wanted & (lengths <= self._near * CERTAIN) & (angles <= self._angle * CERTAIN)
        found = False
        for part in parts(near[certain]):
            for place in _at(block, part[~block.of_papers(local, part)]):
                found = True
                yield place
        if not found:
            others = near[wanted]
            yield from self._spared(_at(block, others[~block.of_papers(local, others)]))

    @property
    def looked_at(self) -> int:
        """How many pairs of rows were tested for the same composition: the work that could grow with the square."""
        return sum(block.looked_at for block in self._blocks)

    def _spared(self, found: Iterator[int]) -> Iterator[int]:
        """Rows that may have to be compared in every setting, as long as that may be asked for."""
        for place in found:
            if not self.budget.left:
                self.budget.refused += 1
                return
            yield place


def _apart(cells: Floats, mine: Floats, length: float) -> tuple[Floats, Floats]:
    """Largest differences of lengths (relative) and angles of cells; infinite where the first lengths tell enough."""
    with np.errstate(all="ignore"):
        first = np.abs(cells[:, 0] / mine[0] - 1)
        close = np.flatnonzero(first <= length)
        part = cells if len(close) == len(cells) else cells[close]
        lengths, angles = first[close] if len(close) < len(cells) else first, np.zeros(len(close))
        for i in (1, 2):
            lengths = np.maximum(lengths, np.abs(part[:, i] / mine[i] - 1))
        for i in (3, 4, 5):
            angles = np.maximum(angles, np.abs(part[:, i] - mine[i]))
    if len(close) == len(cells):
        return lengths, angles
    every = np.full((2, len(cells)), np.inf)
    every[0, close], every[1, close] = lengths, angles
    return every[0], every[1]


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
