"""Pairs of rows that may be one."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from itertools import permutations
from time import process_time

import pytest

from pipeline.checks import pairs
from pipeline.checks.duplicates import pair_findings
from pipeline.checks.pairs import digits
from pipeline.checks.reading import Row
from pipeline.findings import Finding
from schemas import columns as col
from tests.unit.sheets import row as cells


def row(name: str, **changes: object) -> Row:
    values = {str(key): value for key, value in cells(ID=name, **changes).items() if value is not None}
    return Row(str(values.pop(col.ID)), values)


def verdicts(*rows: Row, among: frozenset[str] | None = None) -> list[tuple[str, str, str, str]]:
    return [(f.check, f.severity, f.id, f.other) for f in pair_findings(rows, among)]


ONE = row("one")
GARNET = {
    "REDUCED_COMPOSITION": "Li7La3Zr2O12", "TRUE_COMPOSITION": "Li56.0La24.0Zr16.0O96.0", "Z": 8, "SPACE_GROUP": "Ia-3d",
    "SPACE_GROUP_NUMBER": 230, "A": 12.9682, "B": 12.9682, "C": 12.9682,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "check", "severity"),
    [
        ({}, "duplicate.exact", "error"),
        ({"IONIC_CONDUCTIVITY": 3e-6}, "duplicate.exact", "error"),
        ({"DOI": "10.1000/two", "IONIC_CONDUCTIVITY": 3e-6}, "duplicate.near", "warning"),  # measured again: welcome
        ({"A": 10.59, "IONIC_CONDUCTIVITY": 3e-6}, "duplicate.paper", "warning"),
        ({"A": 12.0, "IONIC_CONDUCTIVITY": 0.99e-4}, "duplicate.paper", "warning"),
        ({"A": 12.0, "IONIC_CONDUCTIVITY": 1e-4}, "duplicate.paper", "error"),  # a thousand to the digit: the slip of a unit
        ({"A": 10.59, "IONIC_CONDUCTIVITY": 1.01e-10}, "duplicate.paper", "warning"),
        ({"A": 10.59, "IONIC_CONDUCTIVITY": 0.99e-10}, "duplicate.paper", "error"),
        ({"REDUCED_COMPOSITION": "Li3(PO4)"}, "duplicate.exact", "error"),
        ({"A": 6.12, "B": 10.49}, "duplicate.exact", "error"),
        ({"A": 10.59}, "duplicate.near", "warning"),
        ({"A": 10.4905, "DOI": "10.1000/two", "IONIC_CONDUCTIVITY": 3e-6}, "duplicate.near", "warning"),
        ({"SPACE_GROUP_NUMBER": 31, "DOI": "10.1000/two", "IONIC_CONDUCTIVITY": 3e-6}, "duplicate.near", "warning"),
        ({"A": 10.6, "DOI": "10.1000/two"}, "duplicate.same-conductivity", "warning"),
        ({"REDUCED_COMPOSITION": "Li3VO4", "IONIC_CONDUCTIVITY": 3e-6}, "duplicate.same-cell", "warning"),
        ({"REDUCED_COMPOSITION": "Li3VO4"}, "duplicate.same-cell", "error"),
        ({"REDUCED_COMPOSITION": "Li3VO4", "DOI": "10.1000/two"}, "duplicate.same-cell", "warning"),
    ],
)
def test_pairs(changes: dict[str, object], check: str, severity: str) -> None:
    assert verdicts(ONE, row("two", **changes)) == [(check, severity, "two", "one")]


@pytest.mark.parametrize(
    "changes",
    [
        {"A": 10.6, "DOI": "10.1000/two", "IONIC_CONDUCTIVITY": 3e-6},  # the same compound measured twice
        {"A": 10.6, "IONIC_CONDUCTIVITY": 3e-6, "SPACE_GROUP": "Pna21", "SPACE_GROUP_NUMBER": 33},  # two phases of one paper
        {"REDUCED_COMPOSITION": "Li2.9PO3.95", "A": 10.5, "IONIC_CONDUCTIVITY": 3e-6},  # the next step of a series
        {"A": 10.6, "DOI": "10.1000/two", "IONIC_CONDUCTIVITY": 1e-7, "BOUND": "<"},  # a bound is no value
    ],
)
def test_entries_in_their_own_right(changes: dict[str, object]) -> None:
    assert verdicts(ONE, row("two", **changes)) == []


def test_garnets_share_short_axes_by_chance() -> None:
    doped = {**GARNET, "REDUCED_COMPOSITION": "Li6.5La3Zr1.5Ta0.5O12", "IONIC_CONDUCTIVITY": 3e-4}
    assert verdicts(row("one", **GARNET), row("two", **{**doped, "DOI": "10.1000/two"})) == []
    assert [v[0] for v in verdicts(row("one", **GARNET), row("two", **doped))] == ["duplicate.same-cell"]
    assert digits(row("one", **GARNET)) == 6
    assert digits(ONE) == 4 + 3 + 4


def test_a_bound_repeated_in_one_paper_is_the_same_row() -> None:
    bound = {"IONIC_CONDUCTIVITY": 1e-10, "BOUND": "<"}
    assert [v[0] for v in verdicts(row("one", **bound), row("two", **bound, A=10.6))] == ["duplicate.near"]


def test_clusters_are_named() -> None:
    findings = list(pair_findings([ONE, row("two"), row("tri")]))
    assert [(f.id, f.other) for f in findings] == [("two", "one"), ("tri", "one")]
    assert ["cluster with tri." in findings[0].message, "cluster with two." in findings[1].message] == [True, True]


def test_both_values_of_a_paper_are_shown() -> None:
    [finding] = pair_findings([ONE, row("two", A=12.0, IONIC_CONDUCTIVITY=5e-6)])
    assert "their conductivities are 5e-06 and 1e-07 S/cm" in finding.message
    assert finding.column == col.IONIC_CONDUCTIVITY


def test_a_slip_of_the_unit_is_found_behind_another_sample_of_the_paper() -> None:
    rows = [
        row("one", A=10.6, IONIC_CONDUCTIVITY=2e-6),
        row("two", A=12.0, IONIC_CONDUCTIVITY=2e-9),
        row("new", A=11.2, IONIC_CONDUCTIVITY=3e-6),
    ]
    assert verdicts(*rows, among=frozenset({"new"})) == [("duplicate.paper", "error", "new", "two")]


def test_the_order_of_the_rows_changes_who_is_later_and_nothing_else() -> None:
    rows = [
        ONE,
        row("two", A=10.59),
        row("tri", REDUCED_COMPOSITION="Li3VO4"),
        row("for", A=12.0, IONIC_CONDUCTIVITY=5e-6, DOI="10.1000/two"),
    ]

    def pairs(found: list[Finding]) -> set[tuple[str, frozenset[str]]]:
        return {(f.check, frozenset({f.id, f.other})) for f in found}

    expected = pairs(list(pair_findings(rows)))
    assert len(expected) == 2
    assert all(pairs(list(pair_findings(order))) == expected for order in permutations(rows))


def test_among_names_the_new_row_wherever_it_stands() -> None:
    assert verdicts(row("new", A=10.49005), ONE, row("old", A=10.59), among=frozenset({"new"})) == [
        ("duplicate.exact", "error", "new", "one"), ("duplicate.near", "warning", "new", "old"),
    ]  # fmt: skip


def test_a_repeated_row_is_compared_with_the_first_of_its_kind_alone() -> None:
    assert verdicts(row("new"), ONE, row("old", A=10.59), among=frozenset({"new"})) == [("duplicate.exact", "error", "new", "one")]


def _cost(rows: list[Row]) -> tuple[float, int, int]:
    """Seconds of CPU, characters of the messages, findings."""
    begun = process_time()
    found = list(pair_findings(rows))
    return process_time() - begun, sum(len(f.message) + len(f.other) for f in found), len(found)


DISTINCT = [row(f"d{n}", REDUCED_COMPOSITION=f"Li{3 + n}PO4", A=10.49 + n, DOI=f"10.1000/{n}", IONIC_CONDUCTIVITY=1e-9 * (n + 1))
            for n in range(800)]  # fmt: skip


@cache
def _distinct() -> float:
    return _cost(DISTINCT)[0]


def _stretched(n: int, times: int) -> dict[str, object]:
    """A row of its own: the volume of row 0, or a multiple of it, with other axes."""
    part = 1 + n / 999
    own = {"DOI": f"10.1000/{n}", "IONIC_CONDUCTIVITY": 1e-9 * (n + 1)}
    return {"A": 10.49 * times * part, "B": 6.12 / part, "Z": 4 * times, **own}


COPIES: dict[str, Callable[[int], dict[str, object]]] = {
    "equal": lambda n: {},
    "last digit": lambda n: {"A": 10.49 + 1e-9 * n},
    "one paper, cells apart": lambda n: {"A": 10.49 + 0.01 * n},
    "one value, papers apart": lambda n: {"A": 10.49 + 0.01 * n, "DOI": f"10.1000/{n}"},
    "one cell down a series": lambda n: {"REDUCED_COMPOSITION": f"Li{3 + n}PO4"},
    "one volume, other axes": lambda n: _stretched(n, 1),
    "fine steps of doping": lambda n: {"REDUCED_COMPOSITION": f"Li{3 + 1e-4 * n:.4f}PO4", "A": 10.49 + 0.01 * n},
}  # fmt: skip


@pytest.mark.parametrize("kind", COPIES)
def test_many_rows_of_one_material_cost_no_more_than_three_times_distinct_rows(kind: str) -> None:
    limit = 3 * max(_distinct(), 0.4)  # a machine with other work to do counts twice as much
    seconds, characters, found = _cost([row(f"d{n}", **COPIES[kind](n)) for n in range(len(DISTINCT))])
    assert seconds <= limit
    assert characters <= 1000 * len(DISTINCT)
    assert found <= 2 * len(DISTINCT)


def test_every_one_of_many_equal_rows_has_its_finding() -> None:
    found = list(pair_findings([row(f"r{n}") for n in range(50)]))
    assert [(f.check, f.id, f.other) for f in found] == [("duplicate.exact", f"r{n}", "r0") for n in range(1, 50)]
    assert found[-1].message.endswith("a cluster with r1, r2, r3, r4, r5 and 43 more.")


def test_pairs_that_were_not_compared_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.checks.sets.SETTINGS_TRIED", 100)
    many = [row(f"r{n}", **_stretched(n, 1 + n % 2)) for n in range(200)]
    assert any("may be unseen" in f.message for f in pair_findings(many))
    assert not [f for f in pair_findings(many[:14]) if "may be unseen" in f.message]


def test_rows_that_cannot_be_read_are_no_pairs() -> None:
    broken = row("two", REDUCED_COMPOSITION="Li3P(O4", A=None, IONIC_CONDUCTIVITY=None, DOI=None)
    assert verdicts(ONE, broken, row("tri", REDUCED_COMPOSITION=None, A=-1.0, Z=None)) == []


def crowded(chance: random.Random) -> list[Row]:
    """Few rows, crowded about the limits of all verdicts."""
    cell = chance.choice([(10.49, 6.12, 4.927, 90.0), (7.0, 7.001, 9.0, 90.0), (8.0, 7.0, 9.0, 100.0)])
    formulas = chance.choice([["Li3PO4"], ["Li3PO4", "Li3.001PO4", "Li3.002PO4", "Li3.004PO4"], ["Li3PO4", "Li3.1PO4", "Li3VO4"]])
    found = []
    for n in range(chance.randint(3, 12)):
        apart = [1 + chance.choice([0, 0, 4e-6, 7e-6, 1.2e-5, 1.5e-4, 3e-4, 3.9e-4]) * chance.choice([1, -1]) for _ in range(3)]
        a, b, c = (round(length * part, 6) for length, part in zip(cell, apart, strict=False))
        found.append(
            row(
                f"d{n:02}", REDUCED_COMPOSITION=chance.choice(formulas), A=a, B=b, C=c, BETA=cell[3] + chance.choice([0, 0, 0.01, 0.03]),
                SPACE_GROUP=None, SPACE_GROUP_NUMBER=chance.choice([14, 14, 14, 62, None]),
                DOI=chance.choice(["10.1000/a", "10.1000/b", "10.1000/a|10.1000/c", "10.1000/c"]),
                IONIC_CONDUCTIVITY=chance.choice([1e-6, 1e-6, 1.0005e-6, 1.0012e-6, 1.0018e-6, 2e-6, 1e-9, None]),
                BOUND=chance.choice([None, None, None, "<"]),
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("seed", range(40))
def test_of_each_check_the_gravest_and_earliest_double_is_named_of_all_earlier_rows(seed: int) -> None:
    rows = crowded(random.Random(seed))
    expected = set()
    for n, one in enumerate(rows):
        twins = [other for other in rows[:n] if pairs._content(other) == pairs._content(one)]
        found: dict[str, tuple[str, str]] = {}
        for other in twins[:1] or rows[:n]:
            if said := pairs._judge(pair := pairs._Pair(one, other)):
                name = said[0]
                found[name] = min(found.get(name, ("warning", "~")), (pairs._severity(pair, name), other.id))
        expected |= {(name, severity, one.id, other) for name, (severity, other) in found.items()}
    assert set(verdicts(*rows)) == expected
