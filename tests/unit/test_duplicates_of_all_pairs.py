"""What is found among a few candidates is what a comparison of all pairs finds, on random tables whose rows are near one another."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pipeline.checks import blocks, windows
from pipeline.checks.blocks import Block, shortest
from pipeline.checks.candidates import _groups
from pipeline.checks.duplicates import pair_findings
from pipeline.checks.pairs import _judge, _Pair, _severity
from pipeline.checks.reading import Row
from pipeline.checks.sets import Budget, settings_tried
from pipeline.checks.windows import Labels, Windows, parts
from pipeline.chemistry.cell import deviation
from pipeline.chemistry.formula import agree, resolution
from schemas import columns as col
from tests.unit.sheets import row as cells

FORMULAS = (
    "Li3PO4",
    "Li3PO4",
    "Li6P2O8",
    "Li3.00PO4",
    "Li3.004PO4",
    "Li3.01PO4",
    "Li2.9PO3.95",
    "Li3VO4",
    "Li3V0.5P0.5O4",
    "Li3V0.51P0.49O4",
)
CELL = (10.49, 6.12, 4.927)
EDGES = (1.0, 1.0, 1 + 0.8e-5, 1 + 1.5e-5, 1 + 1.6e-4, 1 + 2.5e-4, 1.004, 1.03)
VALUES = (1e-7, 1e-7, 1.0008e-7, 1.0015e-7, 3e-6, 1e-4, 1.02e-4, None, 0.0)
PAPERS = ("10.1000/one", "10.1000/one", "10.1000/two", "10.1000/one|10.1000/two", "10.1000/three", None)
ORDERS = ((0, 1, 2), (0, 1, 2), (1, 0, 2), (2, 0, 1))


def made(chance: random.Random, name: str) -> Row:
    """A row that repeats, nearly repeats, or differs from the others."""
    edges = [edge * chance.choice(EDGES) ** chance.choice((0, 0, 1)) for edge in CELL]
    times = chance.choice((1, 1, 1, 1, 2, 4, 5))
    edges[chance.randrange(3)] *= times
    a, b, c = (edges[i] for i in chance.choice(ORDERS))
    formula = chance.choice(FORMULAS)
    group = chance.choice((62, 62, 62, 33, None))
    values = cells(
        ID=name, A=a, B=b, C=c, REDUCED_COMPOSITION=formula, Z=4 * times // (2 if formula == "Li6P2O8" else 1), SPACE_GROUP_NUMBER=group,
        BETA=90 + chance.choice((0, 0, 0, 0.016, 0.03)), IONIC_CONDUCTIVITY=chance.choice(VALUES), DOI=chance.choice(PAPERS),
        BOUND=chance.choice((None, None, None, "<")),
    )  # fmt: skip
    found = {str(key): value for key, value in values.items() if value is not None}
    return Row(str(found.pop(col.ID)), found)


def of_all_pairs(rows: list[Row]) -> set[tuple[str, str, str, str]]:
    """Of each row and check the gravest verdict against the earliest row."""
    found = set()
    for place, row in enumerate(rows):
        best: dict[str, tuple[str, int]] = {}
        for other in range(place):
            pair = _Pair(row, rows[other])
            if verdict := _judge(pair):
                name = verdict[0]
                best[name] = min(best.get(name, ("z", 0)), (_severity(pair, name), other))
        found |= {(name, severity, row.id, rows[other].id) for name, (severity, other) in best.items()}
    return found


@pytest.mark.parametrize("seed", range(25))
def test_few_candidates_give_the_verdicts_of_all_pairs(seed: int) -> None:
    """Rows that repeat another to the letter are compared with that one alone, so none does here."""
    chance = random.Random(seed)
    rows: dict[object, Row] = {}
    while len(rows) < 12:
        one = made(chance, f"r{len(rows):02}")
        rows.setdefault(tuple(sorted((k, v) for k, v in one.values.items())), one)
    table = list(rows.values())
    told = {(f.check, f.severity, f.id, f.other) for f in pair_findings(table)}
    expected = of_all_pairs(table)
    # a row has one finding of a kind, so that of two verdicts of one kind the first row's is told; no error is ever left out
    assert told <= expected
    assert {name for _, _, name, _ in told} == {name for _, _, name, _ in expected}
    assert {each for each in expected if each[1] == "error"} <= told
    assert len(told) >= 0.7 * len(expected)


def test_the_verdicts_do_not_depend_on_how_many_rows_are_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(99)
    rows = [made(chance, f"r{n:02}") for n in range(60)]
    expected = [(f.check, f.severity, f.id, f.other, f.message) for f in pair_findings(rows)]
    assert len({check for check, *_ in expected}) >= 5
    monkeypatch.setattr(blocks, "FEW_COMPOSITIONS", 1)
    monkeypatch.setattr(windows, "FEW", 1)
    assert [(f.check, f.severity, f.id, f.other, f.message) for f in pair_findings(rows)] == expected


@pytest.mark.parametrize("column", [col.DOI, col.SPACE_GROUP_NUMBER, col.REDUCED_COMPOSITION])
def test_a_column_that_is_the_same_in_all_rows_tells_what_it_tells_beside_one_other_row(column: col.Column) -> None:
    """A column of one content is not looked at; a last row without any double makes it one of two."""
    chance = random.Random(7)
    rows = [made(chance, f"r{n:02}") for n in range(60)]
    shared = next(row.values[column] for row in rows if column in row.values)
    one = [Row(row.id, {**row.values, str(column): shared}) for row in rows]
    alone = Row("alone", {**one[0].values, **cells(ID="alone", REDUCED_COMPOSITION="Li9P2O8", SPACE_GROUP_NUMBER=1, DOI="10.1000/far")})
    alone = Row(
        "alone", {**alone.values, str(col.IONIC_CONDUCTIVITY): 7e-12, **dict(zip(col.LATTICE[:3], (21.0, 22.0, 23.0), strict=True))}
    )
    told = [(f.check, f.severity, f.id, f.other, f.message) for f in pair_findings([*one, alone])]
    assert "alone" not in {found[2] for found in told}
    assert told == [(f.check, f.severity, f.id, f.other, f.message) for f in pair_findings(one)]
    assert len({check for check, *_ in told}) >= 3


def test_which_rows_are_not_compared_in_every_setting_does_not_depend_on_where_a_few_are_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once none may be compared any more, a few rows from everywhere are looked at first, which shortens the search for any."""
    chance = random.Random(3)
    rows = [made(chance, f"r{n:02}") for n in range(120)]
    monkeypatch.setattr("pipeline.checks.sets.SETTINGS_TRIED", 2)
    expected = [(f.check, f.id, f.message) for f in pair_findings(rows)]
    assert 5 < sum("may be unseen" in message for *_, message in expected) < 110
    monkeypatch.setattr("pipeline.checks.candidates.FEW", 2)
    assert [(f.check, f.id, f.message) for f in pair_findings(rows)] == expected


@pytest.mark.parametrize("seed", range(3))
def test_neighbours_in_two_columns_are_those_of_all_pairs(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    share, column = numbers.integers(0, 30, 80) / 1000, numbers.integers(0, 30, 80) / 100
    column[numbers.integers(0, 80, 5)] = np.nan
    spread = numbers.integers(1, 6, 80) / 1000 + 1e-6
    found = Windows(share, spread, column, 0.02 + 1e-9)
    for place in range(80):
        expected = [
            other for other in range(place)
            if abs(share[other] - share[place]) < max(spread[other], spread[place]) and abs(column[other] - column[place]) <= 0.02 + 1e-9
        ]  # fmt: skip
        assert found.before(place).tolist() == expected


@pytest.mark.parametrize("strangers", [0, 1, windows.FEW, windows.FEW + 1])
def test_rows_of_a_label_are_told_by_the_few_that_have_another(strangers: int) -> None:
    labels = np.zeros(3 * windows.FEW, dtype=np.int64)
    labels[np.random.default_rng(1).permutation(len(labels))[:strangers]] = 5
    found = Labels(labels)
    mine, among = int(np.flatnonzero(labels == 0)[0]), np.arange(1, len(labels), 2)
    others = found.others(mine)
    assert others is None if strangers > windows.FEW else others is not None and others.tolist() == np.flatnonzero(labels).tolist()
    assert found.like(mine, among).tolist() == (labels[among] == 0).tolist()
    assert windows.shared(among, np.array([0, 1, 2, 5, 10**6])).tolist() == [1, 5]
    assert windows.shared(among[:0], among).tolist() == windows.shared(among, among[:0]).tolist() == []


def test_rows_are_parted_where_no_row_is_compared_across() -> None:
    formulas = ["Li3PO4", "LiPO3", "Li3.01PO4", "Li2.99PO4", "LiP1.01O3", "Li4P2O7", "P2O5"]
    rows = [Row(str(n), {str(col.REDUCED_COMPOSITION): formula}) for n, formula in enumerate(formulas)]
    assert list(_groups(rows, range(6))) == [[1, 4], [5], [0, 2, 3]]


def test_rows_come_in_portions_that_grow_fourfold() -> None:
    portions = [part.tolist() for part in parts(np.arange(2000))]
    assert [len(part) for part in portions] == [64, 256, 1024, 656]
    assert [number for part in portions for number in part] == list(range(2000))


@pytest.mark.parametrize(("rows", "pairs"), [(10, 300), (30_000, 300), (30_100, 301), (100_000, 1000)])
def test_how_many_pairs_are_compared_in_every_setting(rows: int, pairs: int) -> None:
    """300 up to thirty thousand rows, one for a hundred rows beyond."""
    assert settings_tried(rows) == pairs


def test_a_budget_counts_what_it_refuses() -> None:
    budget = Budget(2)
    assert [budget.take() for _ in range(4)] == [True, True, False, False]
    assert (budget.left, budget.refused) == (0, 2)


def test_the_shortest_vectors_of_a_lattice_are_those_of_any_of_its_cells() -> None:
    """Of a box of 3, 4 and 5: edges, then diagonals of its faces; 2 x 3 is longer than one of them."""
    expected = [3, 4, 5, 5, 6, 34**0.5, 41**0.5]
    assert shortest((3.0, 4.0, 5.0, 90.0, 90.0, 90.0))[:4] == pytest.approx(expected[:4])
    box, sheared = (3.0, 4.0, 5.0, 90.0, 90.0, 90.0), (3.0, 5.0, 5.0, 90.0, 90.0, 53.13010235415598)
    assert shortest(sheared) == pytest.approx(shortest(box), abs=1e-6)
    every = sorted(
        (9 * h * h + 16 * k * k + 25 * m * m) ** 0.5
        for h in range(-2, 3)
        for k in range(-2, 3)
        for m in range(-2, 3)
        if (h, k, m) > (0, 0, 0)
    )
    assert shortest(box) == pytest.approx(every[:7])


def one_compound(one: Row, other: Row) -> bool:
    return agree(one.reduced or {}, other.reduced or {}, *(resolution(each.text(col.REDUCED_COMPOSITION)) for each in (one, other)))


@pytest.mark.parametrize("seed", range(6))
def test_whole_columns_say_of_a_row_what_is_said_of_each_pair(seed: int) -> None:
    """Composition, cell as given, paper and group, multiples of the volume: each against its law for two rows."""
    chance = random.Random(seed)
    rows = [row for row in (made(chance, f"r{n:02}") for n in range(90)) if set(row.reduced or ()) == {"Li", "P", "O"}]
    block = Block(rows, np.arange(len(rows)), 2e-3)
    for place, row in enumerate(rows):
        earlier = np.arange(place)
        same = [k for k in earlier.tolist() if one_compound(row, rows[k])]
        assert block.alike(place, earlier).tolist() == same
        assert row.cell is not None
        apart = {k: deviation(other, row.cell) for k in earlier.tolist() if (other := rows[k].cell) is not None}
        found, lengths = block.as_given(place, earlier, 4e-4, 0.02)
        expected = {k: length for k, (length, angle) in apart.items() if length <= 4e-4 and angle <= 0.02}
        assert dict(zip(found.tolist(), lengths.tolist(), strict=True)) == pytest.approx(expected)
        group = row.spacegroup_number
        together = [k for k in same if group and rows[k].spacegroup_number == group and set(row.papers) & set(rows[k].papers)]
        assert block.of_paper_and_group(place).tolist() == together
        assert block.of_papers(place, earlier).tolist() == [bool(set(row.papers) & set(rows[k].papers)) for k in earlier]
        assert block.of_group(place, earlier).tolist() == [(rows[k].spacegroup_number or -1) == (group or -1) for k in earlier]
        far = block.far_in_value(place, 3.0)
        logs = {k: np.log(v) for k, r in enumerate(rows) if (v := r.conductivity)}
        slipped = [k for k, v in logs.items() if place in logs and abs(v - logs[place]) >= 3.0]
        assert far is None if len(slipped) > windows.FEW else far is not None and far.tolist() == slipped
        ratios = {k: max(row.volume / v, v / row.volume) for k in earlier.tolist() if (v := rows[k].volume) and row.volume}
        multiple = {k: round(ratio) for k, ratio in ratios.items() if abs(ratio - round(ratio)) <= 2e-3 * ratio}
        assert dict(zip(*(each.tolist() for each in block.of_multiple(place, earlier, 2e-3)), strict=True)) == multiple
        near = block.near_in_value(place).tolist()
        values = [(k, rows[k].conductivity) for k in same]
        assert near == [k for k, v in values if v and row.conductivity and abs(np.log(v / row.conductivity)) <= 2e-3]
        assert set(block.near_in_size(place).tolist()) >= set(expected) & set(same)
        assert block.without(earlier, found).tolist() == [k for k in earlier.tolist() if k not in expected]


def test_a_lattice_is_known_by_its_shortest_vectors_in_any_setting() -> None:
    box, turned = (3.0, 4.0, 5.0, 90.0, 90.0, 90.0), (5.0, 3.0, 4.0, 90.0, 90.0, 90.0)
    assert blocks.one_lattice(box, turned)
    assert blocks.one_lattice(box, (3.0 * 1.0005, 4.0, 5.0, 90.0, 90.0, 90.0))
    assert not blocks.one_lattice(box, (3.0 * 1.0008, 4.0, 5.0, 90.0, 90.0, 90.0))
    assert not blocks.one_lattice(box, (3.0, 4.0, 5.0, 90.0, 90.0, 91.0))
