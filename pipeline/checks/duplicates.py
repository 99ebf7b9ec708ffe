"""Entries that may be one: the same row twice, one sample under two papers, a cell or a value copied from another row.

A row gets one finding of a kind, against the first row of the cluster that it belongs to, and five others are named; rows that repeat one
another to the letter are compared once. Pairs are sought as :mod:`pipeline.checks.candidates` says, never among all, so that 100,000 rows
take seconds: see ``benchmarks/duplicates.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from pipeline.checks.blocks import SHORTEST, one_lattice
from pipeline.checks.candidates import MULTIPLE, Budget, Candidates, volumes_apart
from pipeline.checks.reading import Row, number
from pipeline.checks.same_cells import SameCells
from pipeline.chemistry.cell import compare, deviation
from pipeline.chemistry.formula import agree, resolution
from pipeline.chemistry.spacegroup import crystal_system, is_rhombohedral
from pipeline.findings import Finding, Severity
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
#: Rows of a cluster that a message names beside the first; the rest is counted.
NAMED = 5


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
        if self.budget is not None and not self.budget.left:
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


def pair_findings(rows: Sequence[Row], among: frozenset[str] | None = None) -> Iterator[Finding]:
    """Findings of ``duplicate.*``: of each check at most one a row, against the earliest row that it doubles; its cluster is named.

    With ``among`` the other rows count as earlier, wherever they stand.
    """
    if among is not None:
        rows = [*(row for row in rows if row.id not in among), *(row for row in rows if row.id in among)]
    search = Candidates(rows, same=SAME_CELL, near=NEAR_CELL, angle=NEAR_ANGLE, value=SAME_VALUE, slip=SLIP)
    cells = SameCells(value=SAME_VALUE, one_paper=DIGITS_ONE_PAPER, two_papers=DIGITS_TWO_PAPERS)
    repeated = {cell for cell, count in Counter(row.cell for row in rows if row.volume is not None).items() if count > 1}
    twins = _twins(rows)
    found: list[tuple[int, int, str, str, _Pair]] = []
    unseen: list[int] = []
    for place, row in enumerate(rows):
        twin = twins.get(place, place)
        if among is None or row.id in among:
            refused = search.budget.refused
            kinds = iter([iter([twin])]) if twin != place else search.kinds(place)
            if twin == place and row.cell in repeated:
                kinds = chain(kinds, cells.kinds(row, digits(row)))
            verdicts = _verdicts(rows, place, kinds, search.budget)
            found += [(place, other, name, sentence, pair) for name, (other, sentence, pair) in sorted(verdicts.items())]
            if search.budget.refused > refused:
                unseen.append(place)
        if twin == place and row.cell in repeated:
            cells.add(place, row)
    clusters = _clusters([(other, place) for place, other, *_ in found])
    for place, other, name, sentence, pair in found:
        yield _finding(pair, name, f"{sentence}{_named(clusters.get(place, ()), place, other, rows)}")
    for place in unseen:
        said = (
            "Too many rows of the table have its composition and the same volume, or a multiple of it, with other axes: it was not "
            "compared with all of them in every setting, so that a double under another choice of cell may be unseen."
        )
        yield Finding(rows[place].id, "duplicate.near", "warning", said, column=col.ID, value=rows[place].id)


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


def _verdicts(rows: Sequence[Row], place: int, kinds: Iterator[Iterator[int]], budget: Budget) -> dict[str, tuple[int, str, _Pair]]:
    """For each check the earliest row that this one doubles, the sentence and the pair: the first of each kind decides for its kind."""
    found: dict[str, tuple[int, str, _Pair]] = {}
    for kind in kinds:
        for other in kind:
            pair = _Pair(rows[place], rows[other], budget)
            if verdict := _judge(pair):
                name, sentence = verdict
                if name not in found or (_severity(pair, name), other) < (_severity(found[name][2], name), found[name][0]):
                    found[name] = (other, sentence, pair)
                break
    return found


def _severity(pair: _Pair, name: str) -> Severity:
    copied = name == "duplicate.same-cell" and pair.same_value and pair.same_paper
    slipped = name == "duplicate.paper" and pair.ratio >= SLIP * (1 - 1e-9)
    return "error" if copied or slipped or name == "duplicate.exact" else "warning"


def _finding(pair: _Pair, name: str, message: str) -> Finding:
    column = (
        col.IONIC_CONDUCTIVITY
        if name in ("duplicate.same-conductivity", "duplicate.paper")
        else col.A
        if name == "duplicate.same-cell"
        else col.ID
    )
    value = pair.one.text(column) if column != col.ID else pair.one.id
    return Finding(pair.one.id, name, _severity(pair, name), message, column=column, value=value, other=pair.other.id)


def _named(cluster: Sequence[int], place: int, other: int, rows: Sequence[Row]) -> str:
    """What a message says about the rest of a cluster."""
    rest = len(cluster) - 2
    if rest < 1:
        return ""
    names = [rows[member].id for member in cluster[: NAMED + 2] if member not in (place, other)][:NAMED]
    more = f" and {rest - len(names)} more" if rest > len(names) else ""
    return f" Both belong to a cluster with {', '.join(names)}{more}."


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


def _clusters(pairs: list[tuple[int, int]]) -> dict[int, Sequence[int]]:
    """For each position in a pair, the positions of its connected component, in the order of the table."""
    if not pairs:  # most tables that are checked: networkx costs a tenth of a second
        return {}
    import networkx

    found: dict[int, Sequence[int]] = {}
    for component in networkx.connected_components(networkx.Graph(pairs)):
        found.update(dict.fromkeys(component, sorted(component)))
    return found
