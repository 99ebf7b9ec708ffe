"""Rows of one set of elements as columns: which of them are near another, told by arithmetic on whole columns.

Nothing here looks at a pair of rows. A test that a pair must pass is made on all rows before one at once, and what is left of them goes
into the next test; a column that is the same in all rows is no test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import floor

import gemmi
import numpy as np
from numpy.typing import NDArray

from pipeline.checks.reading import Row
from pipeline.checks.windows import FEW, Floats, Labels, Places, Windows
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
#: Part within which the shortest vectors of one lattice agree in two settings, when its cells agree to 0.02 %.
SHORTEST = 6e-4
#: Lattices whose shortest vectors are remembered: a row is compared with others by them, then with one of these as a pair.
REMEMBERED = 16_384


@dataclass
class Block:
    """Rows of one set of elements as columns; ``places`` are their positions in the table, ascending, and ``within`` is how far the
    logarithms of two conductivities are looked for. Rows are named by their place in the block. ``looked_at`` counts the rows that were
    tested against another."""

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
    has_multiples: bool = field(init=False)

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
        there = self.volume[np.isfinite(self.volume)]
        self.has_multiples = len(there) > 0 and bool(there.max() > 1.5 * there.min())
        self.bound = np.array([row.is_bound for row in found])
        self.cells = np.asfortranarray([row.cell or (np.nan,) * 6 for row in found])
        self._apart = np.empty(len(found))  # one piece of memory for all rows: the system takes its time to give another to each
        self._varying = [i for i in range(6) if (self.cells[:, i] != self.cells[0, i]).any()]
        self.group = np.array([row.spacegroup_number or -1 for row in found])
        self.shortest = np.full((len(found), 1 + VECTORS), np.nan, order="F")
        self._shapeless = len(found)
        numbers: dict[tuple[bytes, float], int] = {}
        named = zip(self.amounts, self.rounding.tolist(), strict=True)
        self.composition = np.array([numbers.setdefault((amounts.tobytes(), rounding), len(numbers)) for amounts, rounding in named])
        self._firsts = np.unique(self.composition, return_index=True)[1]
        self._agreeing: dict[int, NDArray[np.bool_]] = {}
        together: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(found):
            for paper in row.papers:
                together[paper].append(place)
        grouped: dict[tuple[str, int, int], list[int]] = defaultdict(list)
        for paper, members in together.items():
            for place in members if len(members) > 1 else ():  # a paper of one row has nothing to compare
                grouped[paper, int(self.group[place]), floor(self.share[place] / SHARE)].append(place)
        self.reported = {key: np.array(places) for key, places in grouped.items()}
        several = any(len(row.papers) > 1 for row in found)
        self.papers = {paper: np.array(places) for paper, places in together.items()} if several else {}
        numbered = {paper: number for number, paper in enumerate(together)}
        self._one_paper = None if several else np.array([numbered[row.papers[0]] if row.papers else -1 for row in found])
        self._paper = None if self._one_paper is None else Labels(self._one_paper)
        self._groups = Labels(self.group)
        self._one_share = bool((self.share == self.share[0]).all())
        self._valued = np.argsort(self.value, kind="stable")[: int(np.isfinite(self.value).sum())]
        self._values = self.value[self._valued]
        self._ours: tuple[int, NDArray[np.bool_]] = (-1, np.zeros(0, dtype=bool))
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
        if not mine:
            return np.zeros(len(among), dtype=bool)
        if self._paper is not None:
            return self._paper.like(local, among)
        if self._ours[0] != local:
            mask = np.zeros(len(self.places), dtype=bool)
            for paper in mine:
                mask[self.papers[paper]] = True
            self._ours = local, mask
        return np.asarray(self._ours[1][among])

    def strangers(self, local: int) -> Places | None:
        """Rows of other papers than this one's, where they are known to be few; ``None`` where they may be many."""
        return self._paper.others(local) if self._paper is not None and self.rows[self.places[local]].papers else None

    def far_in_value(self, local: int, least: float) -> Places | None:
        """Rows whose logarithm of the conductivity is at least so far from this one's, where they are few; ``None`` where they are many."""
        mine = self.value[local]
        low, high = np.searchsorted(self._values, (mine - least * (1 - 1e-9), mine + least * (1 - 1e-9))).tolist()
        if low + len(self._values) - high > FEW:
            return None
        found = np.sort(np.concatenate((self._valued[:low], self._valued[high:])))
        return np.asarray(found[np.abs(self.value[found] - mine) >= least])

    def of_group(self, local: int, among: Places) -> NDArray[np.bool_]:
        """Which of the rows have this one's space group, or none as it has none."""
        return self._groups.like(local, among)

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
        found = self._ascending([part for part in _before(local, parts) if len(part)])
        return self.alike(local, found if self._one_share else found[np.abs(self.share[found] - self.share[local]) < SHARE])

    def _ascending(self, parts: Sequence[Places]) -> Places:
        """The rows of ascending parts, each once, in the order of the table."""
        if len(parts) <= 1:
            return parts[0] if parts else np.empty(0, dtype=np.int64)
        if sum(map(len, parts)) <= FEW:
            return np.unique(np.concatenate(parts))
        mask = np.zeros(len(self.places), dtype=bool)
        for part in parts:
            mask[part] = True
        return np.flatnonzero(mask)

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
        if (np.abs(ratio - 1) < SCALE).all():  # formulas of one size, as nearly all are
            times = np.ones(len(ratio))
        else:
            with np.errstate(all="ignore"):
                up, down = np.rint(ratio), 1 / np.rint(1 / ratio)
                times = np.where((ratio < 1) & (np.abs(ratio / down - 1) < SCALE), down, ratio)
                times = np.where(np.abs(ratio / up - 1) < SCALE, up, times)
        tolerance = np.maximum(self.rounding[found], self.rounding[local]) * np.maximum(1.0, times) + 1e-6
        differences = np.abs(self.amounts[local] - times[:, None] * self.amounts[found])
        return np.asarray((differences <= tolerance[:, None]).all(axis=1))

    def as_given(self, local: int, found: Places, length: float, angle: float) -> tuple[Places, Floats]:
        """Of these rows, which have a volume, those whose cell is near this one's as both are given, and the largest difference of a
        length, relative to theirs: what :func:`pipeline.chemistry.cell.deviation` says of a pair.

        Differences are up to ``length`` (relative) and ``angle`` (degrees).
        """
        lengths: Floats | None = None
        for i in self._varying if len(found) else ():
            mine = self.cells[local, i]
            theirs = self.cells[:local, i] if len(found) == local else self.cells[found, i]
            apart = np.subtract(mine, theirs, out=self._apart[: len(found)])
            np.abs(apart, out=apart)
            if i < 3:
                apart /= theirs
            close = apart <= (length if i < 3 else angle)
            if np.count_nonzero(close) < len(close):
                found, apart = found[close], apart[close]
                lengths = None if lengths is None else lengths[close]
                if not len(found):
                    break
            if i < 3:
                lengths = apart.copy() if lengths is None else np.maximum(lengths, apart, out=lengths)
        if lengths is None or not len(found):
            lengths = np.zeros(len(found))
        return found, lengths

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
        if found[-1] == len(found) - 1:  # all rows up to one
            return np.flatnonzero(mask[: len(found)])
        return np.asarray(found[mask[found]])

    def same_shape(self, local: int, found: Places) -> Places:
        """Of these rows the ones whose lattice has the same shortest vectors; their sum, which tells most, is compared first."""
        if not len(found):
            return found
        if self._shapeless:
            for place in (local, *found[np.isnan(self.shortest[found, 0])].tolist()):
                if np.isnan(self.shortest[place, 0]):
                    vectors = shortest(tuple(self.cells[place].tolist()))
                    self.shortest[place] = vectors.sum(), *vectors
                    self._shapeless -= 1
        for i, mine in enumerate(self.shortest[local].tolist()):
            found = found[np.abs(self.shortest[found, i] - mine) <= SHORTEST * mine]
            if not len(found):
                break
        return found

    def of_volume(self, local: int, found: Places, within: float) -> Places:
        """Of these rows the ones whose cell has about the volume of this one's."""
        return np.asarray(found[np.abs(self.volume[found] - self.volume[local]) <= within * self.volume[local]])

    def of_multiple(self, local: int, found: Places, within: float) -> tuple[Places, Places]:
        """Of these rows the ones whose cell has the volume of this one's or a whole multiple or part of it, to a part of ``within``, and
        the multiple: 1 or more."""
        if not len(found):
            return found, found
        ratio = self.volume[local] / self.volume[found]
        ratio = np.maximum(ratio, 1 / ratio)
        whole = np.rint(ratio)
        fits = np.abs(ratio - whole) <= within * ratio
        return found[fits], whole[fits].astype(np.int64)


def one_lattice(one: Cell, other: Cell, within: float = SHORTEST) -> bool:
    """Whether two cells have the same shortest vectors: no two settings of one lattice differ in them."""
    mine = shortest(one)
    return bool(np.all(np.abs(shortest(other) - mine) <= within * mine))


@lru_cache(maxsize=REMEMBERED)
def shortest(cell: Cell) -> Floats:
    """Lengths of the seven shortest vectors of a lattice, whatever its setting, in angstrom."""
    reduced = gemmi.GruberVector(gemmi.UnitCell(*cell), "P")
    reduced.niggli_reduce()
    basis = np.array(gemmi.UnitCell(*reduced.cell_parameters()).orth.mat)
    vectors = _COMBINATIONS @ basis.T
    return np.sort(np.sqrt((vectors * vectors).sum(axis=1)))[:VECTORS].copy()


#: Whole combinations of reduced axes, one of each two that point in opposite directions: the shortest vectors are among them.
_COMBINATIONS = np.array([c for c in np.ndindex(5, 5, 5) if c > (2, 2, 2)], dtype=float) - 2


def _before(local: int, parts: Iterable[Places | None]) -> Iterator[Places]:
    """The rows before one of ascending parts, one part after the other."""
    return (part[: int(np.searchsorted(part, local))] for part in parts if part is not None)
