"""Pairs of rows that may be one."""

from __future__ import annotations

from itertools import permutations

import pytest

from pipeline.checks.duplicates import digits, pair_findings
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
        ({"DOI": "10.1000/two", "IONIC_CONDUCTIVITY": 3e-6}, "duplicate.exact", "error"),
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
        {"A": 10.6, "IONIC_CONDUCTIVITY": 3e-6},  # two samples of one paper
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
    assert len(findings) == 3
    assert all("cluster" in f.message for f in findings)


def test_the_order_of_the_rows_changes_who_is_later_and_nothing_else() -> None:
    rows = [ONE, row("two", A=10.59), row("tri", REDUCED_COMPOSITION="Li3VO4"), row("for", A=12.0, IONIC_CONDUCTIVITY=5e-6)]

    def pairs(found: list[Finding]) -> set[tuple[str, frozenset[str]]]:
        return {(f.check, frozenset({f.id, f.other})) for f in found}

    expected = pairs(list(pair_findings(rows)))
    assert len(expected) == 2
    assert all(pairs(list(pair_findings(order))) == expected for order in permutations(rows))


def test_among_names_the_new_row_wherever_it_stands() -> None:
    assert verdicts(row("new"), ONE, row("old", A=10.59), among=frozenset({"new"})) == [
        ("duplicate.exact", "error", "new", "one"), ("duplicate.near", "warning", "new", "old"),
    ]  # fmt: skip


def test_rows_that_cannot_be_read_are_no_pairs() -> None:
    broken = row("two", REDUCED_COMPOSITION="Li3P(O4", A=None, IONIC_CONDUCTIVITY=None, DOI=None)
    assert verdicts(ONE, broken, row("tri", REDUCED_COMPOSITION=None, A=-1.0, Z=None)) == []
