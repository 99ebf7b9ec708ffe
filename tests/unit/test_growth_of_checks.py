"""What the checks of many rows do grows as the rows do: the work is counted, not timed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks import series
from pipeline.checks.candidates import Candidates
from pipeline.checks.duplicates import NEAR_ANGLE, NEAR_CELL, SAME_CELL, SAME_VALUE, SLIP
from pipeline.checks.reading import Row
from pipeline.contribute.nearest import FEW, LIKELY, Names
from tests.unit.test_duplicates import row


def looked_at(rows: list[Row]) -> int:
    """Pairs of rows that the search for duplicates tests at all."""
    search = Candidates(rows, same=SAME_CELL, near=NEAR_CELL, angle=NEAR_ANGLE, value=SAME_VALUE, slip=SLIP)
    for place in range(len(rows)):
        for kind in search.kinds(place):
            next(kind, None)
    return search.looked_at


def _mixed(n: int) -> str:
    return f"Li{3 + n % 37}P{1 + n // 37}O4"


def _own(n: int) -> dict[str, object]:
    return {"DOI": f"10.1000/{n}", "IONIC_CONDUCTIVITY": 1e-9 * 1.01**n}


KINDS: dict[str, Callable[[int], dict[str, object]]] = {
    "distinct": lambda n: {"REDUCED_COMPOSITION": _mixed(n), "A": 10.49 + 0.1 * n, **_own(n)},
    "one paper": lambda n: {"REDUCED_COMPOSITION": _mixed(n), "A": 10.49 + 0.1 * n, "IONIC_CONDUCTIVITY": 1e-9 * 1.01**n},
    "one value": lambda n: {"REDUCED_COMPOSITION": _mixed(n), "A": 10.49 + 0.1 * n, "DOI": f"10.1000/{n}"},
    "a series": lambda n: {"REDUCED_COMPOSITION": f"Li{0.5 + 0.005 * n:.3f}PO4", "DOI": f"10.1000/{n}"},
    "measured again": lambda n: {"A": 8 * 1.01**n, **_own(n)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_twice_the_rows_are_twice_the_pairs(kind: str) -> None:
    half, whole = (looked_at([row(f"d{n}", **KINDS[kind](n)) for n in range(count)]) for count in (300, 600))
    assert whole <= max(2.6 * half, 4 * 600)


def test_the_count_counts() -> None:
    assert looked_at([row(f"d{n}", A=10.49 + 1e-5 * n) for n in range(40)]) >= 40 * 39 / 2


def test_cells_apart_are_compared_so_often_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.checks.candidates.SETTINGS_TRIED", 20)
    tried: list[str] = []

    def apart(one: Row, other: Row) -> float:
        tried.append(one.id)
        return 0.0

    monkeypatch.setattr(series, "_apart", apart)
    rows = [row(f"d{n:02}", A=10.49 * (1 + 0.0011 * n)) for n in range(60)]
    found = [finding for finding in series.series_findings(rows) if "was not compared" in finding.message]
    first = next(n for n in range(60) if 0.0011 * n > series.SAME_COMPOUND)  # nearer ones need no other setting
    assert tried == [f"d{n:02}" for n in range(first, first + 20)]
    assert [finding.id for finding in found] == [f"d{n:02}" for n in range(first + 20, 60)]
    assert {finding.other for finding in found} == {"d00"}


def test_names_that_do_not_fit_are_compared_with_the_likely_ones_alone() -> None:
    names = Names([f"sample_{n * 7919 % 99991:05d}" for n in range(2000)])
    assert names.nearest("smaple_15838") == "sample_15838"
    assert names.compared <= LIKELY
    assert names.nearest("unlike") == ""


def test_few_names_are_all_compared() -> None:
    names = Names([f"entry{n}" for n in range(FEW)])
    assert names.nearest("enrty7") == "entry7"
    assert names.compared == FEW


def test_prefixes_come_first_and_the_first_of_them_wins() -> None:
    names = Names(["s61", "S6_final", "s", "t"])
    assert names.nearest("s6") == "s61"
    assert names.nearest("s6_final_2") == "S6_final"
    assert names.nearest("sx") == "s"
    assert names.nearest("x") == ""
