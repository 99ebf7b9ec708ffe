"""What the checks of many rows do grows as the rows do: the work is counted, not timed."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import families, series
from pipeline.checks.candidates import Candidates
from pipeline.checks.duplicates import NEAR_ANGLE, NEAR_CELL, SAME_CELL, SAME_VALUE, SLIP
from pipeline.checks.reading import Row
from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
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


@given(name=st.sampled_from(sorted(families.FAMILIES)), slips=st.text("aeioustx-é", max_size=3), place=st.integers(0, 20))
def test_families_that_need_not_be_compared_are_not_meant(name: str, slips: str, place: int) -> None:
    written = name[:place] + slips + name[place + 1 :]
    close = get_close_matches(written.casefold(), [each.casefold() for each in families.FAMILIES], n=1, cutoff=families.ALIKE)
    if written.casefold() not in {form for each in families.FAMILIES for form in _forms(each.casefold())}:
        assert families.nearest(written).casefold() == (close or [""])[0]


def _forms(key: str) -> tuple[str, ...]:
    return key, f"{key}s", f"{key}es", key.removesuffix("s")


def test_few_families_are_compared_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def close(_: str, among: list[str], **__: object) -> list[str]:
        compared.append(len(among))
        return []

    monkeypatch.setattr("difflib.get_close_matches", close)
    rows = [row(f"d{n}", FAMILY=f"xyqw{n:04}phate") for n in range(500)]
    assert len(list(families.family_findings(rows * 2))) == 1000
    assert sum(compared) <= 500 * len(families.FAMILIES) / 20


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[object]:
    """What the function of this name is called with first, gathered while the test runs."""
    module, _, function = name.rpartition(".")
    plain = getattr(import_module(module), function)
    seen: list[object] = []

    def call(first: object, *more: object, **named: object) -> object:
        seen.append(first)
        return plain(first, *more, **named)

    monkeypatch.setattr(name, call)
    return seen


def test_a_structure_type_is_read_once_however_many_of_it_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    read = counted(monkeypatch, "pipeline.checks.series.species")
    rows = [
        row(f"d{n:03}", A=10.49 * (1.05 if n % 10 == 0 else 1 + 1e-5 * n), REDUCED_COMPOSITION=f"Li{3 + 0.01 * n:g}PO4", **_own(n))
        for n in range(200)
    ]
    assert len([finding for finding in series.series_findings(rows) if "standard deviations" in finding.message]) == 20
    assert len(read) <= 2 * len(rows)


def table_of(rows: list[str]) -> bytes:
    header = "ID,Reduced Composition,Z,True Composition,Ionic conductivity (S cm-1),Space group #,a,b,c,alpha,beta,gamma,DOI"
    return "\n".join([header, *rows]).encode()


def test_cells_that_repeat_are_read_once_and_rows_once_for_all_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = counted(monkeypatch, "pipeline.ingest.contributed.rows.read_cell")
    volumes = counted(monkeypatch, "pipeline.checks.reading.enclosed")
    rows = [f"r{n},Li3PO4,4,Li12P4O16,1e-6,62,{10 + 0.01 * n:.2f},6.12,4.927,90,90,90,10.1/x" for n in range(100)]
    assert len(check_table(table_of(rows), "t.csv", None, Existing(None)).report.rows) == 100
    assert len(cells) == 2 * 100 + 11  # each ID and each length; once what all rows have in common
    assert len(volumes) == 100
