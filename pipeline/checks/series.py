"""Cells against their kin: the same compound, the structure type, the series of one paper.

The volumes of one structure type follow the composition closely: ionic radii of the type explain garnets to 0.7 %. So each row's volume is
predicted from the others of its type, by a regression on what each element takes of the volume, drawn towards the ionic volumes of
:mod:`pipeline.chemistry.volume`; the row itself is left out, and a row of rare elements is predicted with a larger uncertainty.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, permutations
from statistics import median
from typing import TYPE_CHECKING

from pipeline.checks.lattice import ANIONS, VOLUME_ERROR, VOLUME_WARNING
from pipeline.checks.reading import Row, number
from pipeline.checks.sets import Budget, Places, in_turn, sets, settings_tried
from pipeline.chemistry.cell import LENGTH_WINDOW, compare, deviation, misfit
from pipeline.chemistry.spacegroup import crystal_system
from pipeline.chemistry.volume import species, volumes
from pipeline.findings import Finding, Severity
from schemas import columns as col

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Relative difference of a length between two cells of one compound and space group: samples and refinements differ by 0.6 % at most in the
#: release, but for the two pairs that this names.
SAME_COMPOUND = 0.007
#: Members of a series at most: nobody makes more samples of one, and each is compared with all.
MOST_MEMBERS = 60
#: Rows of a structure type from which on it has a law.
LEAST_KIN = 8
#: Scatter of the volume in one type, the composition taken into account: garnets 0.7 %, the other types of the release 0.4 to 1 %.
SCATTER = 0.007
#: What the volume that an element takes in a type may differ from its ionic volume, and the type as a whole (relative).
OWN_VOLUME = 0.25
OWN_TYPE = 0.1
#: Standard deviations from the prediction: beyond the first a cell is doubtful, beyond the second it is wrong. Of 431 right rows in
#: thirteen types none is beyond 3.9.
OUTSIDE = 4.0
WRONG = 6.0
#: Standard deviations by which one of two cells of a compound must be farther from the law of the type to be the one that is named.
TELLING = 2.0
#: Rows left out at most, one by one, so that wrong cells do not spoil the law that shows them.
MOST_LEFT_OUT = 40
#: Rows of one paper, group and line of composition that make a series; how much of the spread of compositions lies on the line.
LEAST_SERIES = 6
ON_LINE = 0.9
LEAST_CURVED = 8
#: Standard deviations from the line through the other members, and the least standard deviation of a volume: cells of one paper are good
#: to some 0.03 % in a length.
OFF_LINE = 6.0
LEAST_SPREAD = 0.001
#: Rows that an order of axes needs beside one's own; and differences of the logarithms of a length, over the mean of the three, from which
#: on a shape is another, and up to which it is the same.
LEAST_ORDER = 5
OTHER_SHAPE = 0.08
SAME_SHAPE = 0.04


@dataclass(frozen=True)
class _Fit:
    """Logarithm of volume over prediction of each row, and its standard deviation, every row left out in its turn: ``(n,)``."""

    residual: NDArray[np.float64]
    spread: NDArray[np.float64]


@dataclass(frozen=True)
class _Told:
    """A finding in the making: the row, the length that is out of line and what it should be, and whether it proves a slip."""

    row: Row
    message: str
    column: str = col.A
    expected: str = ""
    other: str = ""
    wrong: bool = False


def series_findings(rows: Sequence[Row], among: Collection[str] | None = None) -> Iterator[Finding]:
    """Findings of ``lattice.series``, at most one a row; with ``among`` only about these IDs, whichever rows they are compared with."""
    new = [among is None or row.id in among for row in rows]

    def of(places: Places, budget: Budget) -> list[Finding]:
        return of_group([rows[place] for place in places], among, budget)

    yield from chain.from_iterable(in_turn(of, by_group(rows, new), settings_tried(len(rows))))


def by_group(rows: Sequence[Row], new: Sequence[bool]) -> list[Places]:
    """Sets of rows of the same space group, in the order of its number."""
    return sorted(sets((row.spacegroup_number for row in rows), new), key=lambda places: rows[places[0]].spacegroup_number or 0)


def of_group(rows: Sequence[Row], among: Collection[str] | None, budget: Budget) -> list[Finding]:
    """The same about the rows of one space group, which are compared with no others, and may ask for so many comparisons."""
    usable = [row for row in rows if row.reduced and row.cell is not None and row.volume is not None]
    usable.sort(key=lambda row: (among is not None and row.id in among, row.id))  # of two rows the same is named, whatever their order
    told: dict[str, Finding] = {}
    unseen: list[_Told] = []
    outside: dict[str, float] = {}
    kin = list(_kin(usable, outside))
    for each in (*kin, *_same_compound(usable, outside, unseen, budget), *_series(usable), *_exchanged(usable), *unseen):
        row = each.row
        if row.id not in told and (among is None or row.id in among):
            value = number(row.number(each.column), 8)
            severity: Severity = "error" if each.wrong else "warning"
            told[row.id] = Finding(row.id, "lattice.series", severity, each.message, each.column, value, each.expected, each.other)
    return list(told.values())


def _same_compound(rows: Sequence[Row], outside: Mapping[str, float], unseen: list[_Told], budget: Budget) -> Iterator[_Told]:
    """Rows whose cell is not that of their compound and group.

    Each is compared with the first; what a table asks for beyond the comparisons it may have goes to ``unseen``. Of two cells that differ
    the one is named with which no third row of the compound agrees, or that its structure type contradicts; both where nothing tells.
    ``outside`` says by how many standard deviations each row of a structure type is off its law.
    """
    first: dict[object, Row] = {}
    near: Counter[str] = Counter()
    apart: dict[str, list[tuple[Row, float]]] = defaultdict(list)
    for row in rows:
        compound = tuple(sorted((element, round(amount, 2)) for element, amount in (row.reduced or {}).items()))
        other = first.setdefault((row.spacegroup_number, compound), row)
        if not _to_compare(row, other):
            near[other.id] += other is not row and _are_comparable(row, other)
            continue
        if not budget.take():
            message = (
                f"Too many rows of the table have a cell that differs, as it is given, by more than {SAME_COMPOUND:.1%} from the first "
                f"one of their compound: this one was not compared with {other.id} in every setting."
            )
            unseen.append(_Told(row, message, other=other.id))
            continue
        length = _apart(row, other)
        if length > SAME_COMPOUND:
            apart[other.id].append((row, length))
        else:
            near[other.id] += 1
    heads = {row.id: row for row in first.values()}
    for name, members in apart.items():
        yield from _out_of_line(heads[name], members, near[name], outside)


def _out_of_line(head: Row, members: Sequence[tuple[Row, float]], supporters: int, outside: Mapping[str, float]) -> Iterator[_Told]:
    """The rows that are out of line among a compound's first and those that differ from it; ``supporters`` agree with the first."""
    supported = set() if supporters else _supported([row for row, _ in members])
    for row, length in members:
        rows = {row.id: row, head.id: head}
        off = {name: outside.get(name, 0.0) for name in rows}
        if supporters:
            named, why = [row], f"{supporters} other {'row has' if supporters == 1 else 'rows have'} the cell of {head.id}"
        elif row.id in supported:
            named, why = [head], f"other rows have the cell of {row.id}"
        elif all(name in outside for name in rows) and abs(off[row.id] - off[head.id]) > TELLING:
            named = [max(rows.values(), key=lambda each: off[each.id])]
            ours, theirs = off[named[0].id], min(off.values())
            why = f"its volume is {ours:.1f} standard deviations off the law of its structure type, and the other's {theirs:.1f}"
        else:
            named, why = [row, head], "nothing tells which of the two is wrong"
        for each in named:
            partner = head if each is row else row
            axis = max(range(3), key=lambda i: abs(math.log((each.cell or ())[i] / (partner.cell or ())[i])))
            message = (
                f"{each.text(col.REDUCED_COMPOSITION)} has the composition and space group of {partner.id}, and a length of the cell that "
                f"differs by {length:.1%}: samples of one compound are nearer than that; {why}."
            )
            column = col.LATTICE[axis]
            yield _Told(each, message, column, number(partner.number(column), 8), partner.id)


def _supported(rows: Sequence[Row]) -> set[str]:
    """IDs of the rows whose cell another of them has, as it is given."""
    found: set[str] = set()
    for place, row in enumerate(rows[:MOST_MEMBERS]):
        for other in rows[place + 1 : MOST_MEMBERS]:
            if row.cell and other.cell and misfit(*deviation(other.cell, row.cell)) <= SAME_COMPOUND / LENGTH_WINDOW:
                found |= {row.id, other.id}
    return found


def _are_comparable(row: Row, other: Row) -> bool:
    """Whether the volumes of two rows do not differ by a factor, which ``lattice.volume`` tells."""
    return row.cell is not None and other.cell is not None and 1 / VOLUME_WARNING < _volume(row) / _volume(other) < VOLUME_WARNING


def _to_compare(row: Row, other: Row) -> bool:
    """Whether the cells of two rows can be too far apart in the setting that fits best.

    Not where they are near as they are given: another setting is preferred to that only when its misfit is smaller still.
    """
    if other is row or row.cell is None or other.cell is None or not _are_comparable(row, other):
        return False
    return misfit(*deviation(other.cell, row.cell)) > SAME_COMPOUND / LENGTH_WINDOW


def _apart(row: Row, other: Row) -> float:
    """Largest relative difference of the lengths of two cells, in the setting that fits best."""
    assert row.cell is not None
    assert other.cell is not None
    return compare(other.cell, row.cell, spacegroup=row.spacegroup_number).lattice_deviation


def _volume(row: Row) -> float:
    assert row.volume is not None
    return row.volume


def _kin(rows: Sequence[Row], outside: dict[str, float]) -> Iterator[_Told]:
    """Rows off the law of their structure type; ``outside`` is told by how many standard deviations every row is off."""
    types: dict[object, list[Row]] = defaultdict(list)
    known = volumes()
    for row in rows:
        if row.true and all(name in known for name in species(row.true)):
            anions = [(each, row.true[each]) for each in ANIONS if row.true.get(each)]
            if anions:
                types[row.spacegroup_number, round(sum(amount for _, amount in anions))].append(row)
    for members in types.values():
        if len(members) < LEAST_KIN:
            continue
        law = _Law(members)
        left_out = law.trimmed()
        outside |= law.outside()
        for place in left_out:  # one row less than a type has at least is left to compare it with
            row = members[place]
            residual, spread = law.beside(place)
            outside[row.id] = abs(residual) / spread
            if abs(residual) <= OUTSIDE * spread or abs(residual) > math.log(VOLUME_ERROR):
                continue  # beyond that lattice.volume tells it
            volume = _volume(row)
            wanted = number(volume * math.exp(-residual), 5)
            message = (
                f"The cell has {number(volume, 5)} cubic angstrom, and the {len(members) - len(left_out)} other rows of its structure type "
                f"(space group {row.spacegroup_number}) ask for {wanted} with its composition: {math.expm1(residual):+.1%}, "
                f"{abs(residual) / spread:.1f} standard deviations."
            )
            yield _off(row, members, residual, message, wrong=abs(residual) > WRONG * spread)


def _off(row: Row, members: Sequence[Row], residual: float, message: str, *, wrong: bool = False) -> _Told:
    """A volume that is off by a logarithm of ``residual``: the length that departs most from the middle of its kin, and what it should be.

    Where symmetry makes lengths equal they are one, and take their part of the volume together.
    """
    assert row.cell is not None
    groups: list[list[int]] = []
    for axis in range(3):
        same = next((group for group in groups if row.cell[group[0]] == row.cell[axis]), None)
        if same is None:
            groups.append([axis])
        else:
            same.append(axis)
    middles = [median(other.cell[axis] for other in members if other.cell is not None) for axis in range(3)]
    worst = max(groups, key=lambda group: abs(math.log(row.cell[group[0]] / middles[group[0]])))  # type: ignore[index]
    column = col.LATTICE[worst[0]]
    expected = number((row.number(column) or 0) * math.exp(-residual / len(worst)), 6)
    return _Told(row, message, column, expected, wrong=wrong)


class _Law:
    """Regression of the logarithm of volume over the sum of ionic volumes on each element's part of that sum, with normal priors.

    With ``A`` the precision of the coefficients, the leverage of row x is ``h = x A^-1 x / SCATTER^2``; what the fit without that
    row leaves of it is its residual over ``1 - h``, with a standard deviation of ``SCATTER / sqrt(1 - h)``. Rows are read once, however
    often the law is fitted to what is kept of them.
    """

    def __init__(self, members: Sequence[Row]) -> None:
        import numpy as np

        known = volumes()
        places: dict[str, int] = {}
        filled: list[tuple[int, int, float]] = []
        for place, row in enumerate(members):
            for name, amount in species(row.true or {}).items():
                filled.append((place, places.setdefault(name, len(places)), amount * known[name][0]))
        rows, columns, parts = zip(*filled, strict=True)
        self._x = np.zeros((len(members), len(places) + 1))
        self._x[rows, columns] = parts
        ionic = self._x.sum(axis=1)
        self._x *= OWN_VOLUME / ionic[:, None]
        self._x[:, -1] = OWN_TYPE
        self._y = np.log([_volume(row) for row in members]) - np.log(ionic)
        self._kept = np.arange(len(members))
        self._names = [row.id for row in members]

    def trimmed(self) -> list[int]:
        """Leave the rows out that do not follow the law, the worst first, one by one: their places."""
        out: list[int] = []
        while len(self._kept) >= LEAST_KIN and len(out) < MOST_LEFT_OUT:
            fit = self.fit()
            outside = abs(fit.residual) / fit.spread
            worst = int(outside.argmax())
            if outside[worst] <= OUTSIDE:
                break
            out.append(int(self._kept[worst]))
            self._kept = self._kept[self._kept != out[-1]]
        return out

    def outside(self) -> dict[str, float]:
        """By how many standard deviations each row that is kept is off, by its ID."""
        fit = self.fit()
        return dict(zip((self._names[place] for place in self._kept), (abs(fit.residual) / fit.spread).tolist(), strict=True))

    def fit(self) -> _Fit:
        """The law of the rows kept."""
        import numpy as np

        x, y = self._x[self._kept], self._y[self._kept]
        y -= np.median(y)
        inverse = self._inverse(x)
        spanned = x @ inverse
        leverage = np.einsum("ij,ij->i", spanned, x)
        left = y - x @ (y @ spanned)
        return _Fit(left / (1 - leverage), SCATTER / np.sqrt(1 - leverage))

    def beside(self, place: int) -> tuple[float, float]:
        """The same of one row that was left out, beside those kept."""
        import numpy as np

        x, y, row = self._x[self._kept], self._y[self._kept], self._x[place]
        middle = np.median(np.append(y, self._y[place]))
        inverse = self._inverse(x)
        left = self._y[place] - middle - row @ inverse @ (x.T @ (y - middle))
        return float(left), SCATTER * math.sqrt(1 + float(row @ inverse @ row))

    def _inverse(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """``A^-1 / SCATTER^2``."""
        import numpy as np

        return np.asarray(np.linalg.inv(x.T @ x + SCATTER**2 * np.eye(x.shape[1])))


def _series(rows: Iterable[Row]) -> Iterator[_Told]:
    import numpy as np

    papers: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        for paper in row.papers[:1]:
            papers[paper, row.spacegroup_number].append(row)
    for members in papers.values():
        if not LEAST_SERIES <= len(members) <= MOST_MEMBERS:
            continue
        elements = sorted({element for row in members for element in row.reduced or ()})
        amounts = np.array([[(row.reduced or {}).get(element, 0.0) for element in elements] for row in members])
        left, size, _ = np.linalg.svd(amounts - amounts.mean(axis=0), full_matrices=False)
        if size[0] < 1e-6 or size[0] ** 2 < ON_LINE * np.square(size).sum():
            continue
        place = left[:, 0] * size[0]
        volume = np.log([_volume(row) for row in members])
        for index, row in enumerate(members):
            others = np.arange(len(members)) != index
            if np.ptp(place[others]) < 1e-6:
                continue
            line, spread = _line(place[others], volume[others], float(place[index]))
            residual = float(volume[index]) - line
            if abs(residual) > OFF_LINE * spread and abs(residual) <= math.log(VOLUME_WARNING):
                message = (
                    f"The volume of {row.text(col.REDUCED_COMPOSITION)} is {math.expm1(residual):+.2%} off the line through the "
                    f"{len(members) - 1} other members of its series in the paper, {abs(residual) / spread:.1f} standard deviations."
                )
                yield _off(row, members, residual, message)


def _exchanged(rows: Sequence[Row]) -> Iterator[_Told]:
    """Rows whose axes stand in another order than those of their kin under one symbol.

    Compared are the shapes of the cells, their lengths over the cube root of the product: in the order given one is off the median of the
    others by far, in another order none is.
    """
    import numpy as np

    kin: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        anions = round(sum(amount for element, amount in (row.true or {}).items() if element in ANIONS))
        if anions and row.spacegroup_number and crystal_system(row.spacegroup_number) in ("monoclinic", "orthorhombic"):
            kin["".join(row.symbol.split()), row.spacegroup_number, anions].append(row)
    for members in kin.values():
        if len(members) <= LEAST_ORDER:
            continue
        lengths = np.log([row.cell[:3] for row in members if row.cell is not None])
        shapes = lengths - lengths.mean(axis=1, keepdims=True)
        middle = np.median(shapes, axis=0)  # with so many others one row hardly moves it
        outside = np.flatnonzero(np.abs(shapes - middle).max(axis=1) > OTHER_SHAPE)
        for place, others in zip(outside.tolist(), _medians_without(shapes, outside), strict=True):
            order = next((p for p in permutations(range(3)) if np.abs(shapes[place][list(p)] - others).max() < SAME_SHAPE), None)
            if order is None:  # nor is it the order as it stands: without the row the middle is further from it
                continue
            row = members[place]
            first = next(axis for axis in range(3) if order[axis] != axis)
            named = ", ".join("abc"[axis] for axis in order)
            message = (
                f"The {len(members) - 1} other rows with the symbol {row.symbol or row.spacegroup_number} and as many anions in the cell "
                f"have cells of this shape with the axes in the order {named}: they were exchanged, or the symbol is another setting's."
            )
            yield _Told(row, message, col.LATTICE[first], number(row.number(col.LATTICE[order[first]]), 8))


def _medians_without(values: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Median of each column ``(n, k)`` without each of some rows in its turn: ``(p, k)``. The columns are sorted once."""
    import numpy as np

    ordered, left = np.sort(values, axis=0), len(values) - 1
    ranks = np.array([np.searchsorted(column, own) for column, own in zip(ordered.T, values[places].T, strict=True)]).T
    low, high = (np.where(k < ranks, ordered[k], ordered[k + 1]) for k in ((left - 1) // 2, left // 2))
    return np.asarray((low + high) / 2)


def _line(x: NDArray[np.float64], y: NDArray[np.float64], place: float) -> tuple[float, float]:
    """Value at ``place`` of the line through some points, and the standard deviation of another point there.

    Straight through few points; a parabola from :data:`LEAST_CURVED` on, since a solid solution that nears its limit leaves Vegard's line.
    """
    import numpy as np

    degree = 2 if len(np.unique(np.round(x, 6))) >= LEAST_CURVED else 1
    middle = x.mean()
    powers = np.vander(x - middle, degree + 1)
    inverse = np.linalg.inv(powers.T @ powers)
    coefficients = inverse @ powers.T @ y
    left = y - powers @ coefficients
    spread = max(math.sqrt(np.square(left).sum() / (len(x) - degree - 1)), LEAST_SPREAD)
    at = np.vander([place - middle], degree + 1)[0]
    return float(at @ coefficients), spread * math.sqrt(1 + float(at @ inverse @ at))
