"""What the checks of many rows do grows as the rows do: the work is counted, not timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from pkgutil import resolve_name

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import families, series
from pipeline.checks.candidates import Candidates
from pipeline.checks.duplicates import pair_findings
from pipeline.checks.pairs import NEAR_ANGLE, NEAR_CELL, SAME_CELL, SAME_VALUE, SLIP
from pipeline.checks.reading import Row
from pipeline.checks.sets import Budget, settings_tried
from pipeline.checks.windows import Windows
from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.contribute.nearest import FEW, LIKELY, Names
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import Bundle
from pipeline.safety import limits
from tests.unit.test_duplicates import row


def looked_at(rows: list[Row]) -> int:
    """Pairs of rows that the search for duplicates tests at all."""
    search = Candidates(
        rows, Budget(settings_tried(len(rows))), same=SAME_CELL, near=NEAR_CELL, angle=NEAR_ANGLE, value=SAME_VALUE, slip=SLIP
    )
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
    monkeypatch.setattr("pipeline.checks.sets.SETTINGS_TRIED", 20)
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
    plain = resolve_name(name)
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


@pytest.mark.parametrize("kind", ["one paper", "one value", "apart"])
def test_cells_of_one_volume_are_compared_in_every_setting_so_often_whatever_else_they_share(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.checks.sets.SETTINGS_TRIED", 20)
    compared = counted(monkeypatch, "pipeline.checks.pairs.compare")
    own: dict[str, Callable[[int], dict[str, object]]] = {
        "one paper": lambda n: {"IONIC_CONDUCTIVITY": 1e-9 * 1.01**n},
        "one value": lambda n: {"DOI": f"10.1000/{n}"},
        "apart": lambda n: {"DOI": f"10.1000/{n}", "IONIC_CONDUCTIVITY": 1e-9 * 1.0015**n},
    }
    rows = [row(f"d{n:02}", A=10.49 * 1.01**n, B=6.12 / 1.01**n, **own[kind](n)) for n in range(60)]
    found = list(pair_findings(rows))
    assert len(compared) == (0 if kind == "apart" else 20)
    told = {"one paper": "duplicate.paper", "one value": "duplicate.same-conductivity"}
    assert [finding.id for finding in found] == ([] if kind == "apart" else [f"d{n:02}" for n in range(1, 60)])
    assert {finding.check for finding in found} <= {told.get(kind)}
    assert sum("as they are given" in finding.message for finding in found) == (0 if kind == "apart" else 39)


def test_another_setting_that_was_not_tried_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.checks.sets.SETTINGS_TRIED", 0)
    rows = [row("one"), row("two", A=6.12, B=10.49, IONIC_CONDUCTIVITY=3e-6)]
    found = {finding.check: finding.message for finding in pair_findings(rows)}
    assert "not compared with all of them in every setting" in found["duplicate.near"]
    assert "as they are given" in found["duplicate.paper"]


def test_an_equal_value_is_found_behind_one_that_is_only_near() -> None:
    values = (1e-6, 1.0015e-6, 1.0015e-6)
    rows = [row(f"d{n}", A=10.49 * (1 + 5e-5 * n), DOI=f"10.1000/{n}", IONIC_CONDUCTIVITY=value) for n, value in enumerate(values)]
    found = {(finding.check, finding.other) for finding in pair_findings(rows) if finding.id == "d2"}
    assert found == {("duplicate.near", "d0"), ("duplicate.same-conductivity", "d1")}


@given(
    places=st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from([0.1, 0.5, 1.0]), st.integers(0, 12) | st.none()), min_size=1, max_size=12
    ),
    within=st.sampled_from([0.5, 1.5, 20.0]),
)
def test_windows_find_what_a_comparison_of_all_pairs_finds(places: list[tuple[int, float, int | None]], within: float) -> None:
    share, spread, column = (np.array([p[i] if p[i] is not None else np.nan for p in places], dtype=float) for i in range(3))
    windows = Windows(share, spread, column, within)
    for n in range(len(places)):
        near = [m for m in range(n) if abs(share[m] - share[n]) < max(spread[m], spread[n]) and abs(column[m] - column[n]) <= within]
        assert windows.before(n).tolist() == near


def test_a_formula_has_so_many_characters_at_most() -> None:
    assert amounts("(" * 499 + "Li" + ")" * 499) == {"Li": 1.0}
    with pytest.raises(FormulaError, match="more than 1000 characters"):
        amounts("(" * 500 + "Li" + ")" * 499)


def test_more_structures_than_the_limit_are_refused_before_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.contribute.check.limits.STRUCTURES", replace(limits.STRUCTURES, most=2))
    read = counted(monkeypatch, "pipeline.structures.cif.read")
    rows = [f"r{n},Li3PO4,4,Li12P4O16,1e-6,62,{10 + 0.1 * n:.1f},6.12,4.927,90,90,90,10.1/x" for n in range(3)]
    given_all = Bundle({f"r{n}": "data_x" for n in range(3)})
    with pytest.raises(InputError, match="3, more than 2 structures of the rows"):
        check_table(table_of(rows), "t.csv", given_all, Existing(None))
    assert read == []
    check_table(table_of(rows[:2]), "t.csv", given_all, Existing(None))
    assert len(read) == 2


def test_few_compositions_are_compared_once_and_the_answer_is_that_of_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = ["Li3PO4", "Li3.002PO4", "Li3.004PO4", "Li6P2O8", "Li3.01PO4", "Li2.99PO4", "Li3.1PO4"]
    rows = [row(f"d{n:02}", REDUCED_COMPOSITION=formulas[n * 5 % 7], A=10.49 * (1 + 3e-5 * (n % 11)), **_own(n % 4)) for n in range(80)]
    compared = counted(monkeypatch, "pipeline.checks.blocks.Block._agree")
    once = list(pair_findings(rows))
    assert len(compared) == len(formulas) - 1  # the last one has so much more lithium that it is compared with none
    monkeypatch.setattr("pipeline.checks.blocks.FEW_COMPOSITIONS", 0)
    assert list(pair_findings(rows)) == once
    assert len(compared) > 5 * len(formulas)
    assert len(once) > 60


CLUSTERS: dict[str, Callable[[int, bool], dict[str, object]]] = {
    "a little too far for one cell": lambda n, late: {"A": 10.49 * (1 + 1.5e-5 * late), "C": 4.927 + 1e-7 * n, **_own(n)},
    "of volumes too far apart": lambda n, late: {
        **{name: length * (1 + 3.9e-4 * late + 1e-10 * n) for name, length in (("A", 10.49), ("B", 6.12), ("C", 4.927))}, **_own(n),
    },
    "the same on other axes": lambda n, late: {
        **{
            name: length * (1 + 3.9e-4 * late + 1e-10 * n)
            for name, length in zip("ABC", (4.927, 6.12, 10.49) if late else (10.49, 6.12, 4.927), strict=True)
        },
        **_own(n),
    },
    "without a group, of one paper": lambda n, late: {
        "SPACE_GROUP": None, "SPACE_GROUP_NUMBER": None, "A": 10.49 * (1 + 1.5e-5 * n), "IONIC_CONDUCTIVITY": 1e-6 * (1 + 1.5e-3 * late),
    },
    "of one impossible cell": lambda n, late: {
        "REDUCED_COMPOSITION": f"Li{3 + 0.01 * n:.2f}PO4", "ALPHA": 30, "BETA": 30, "GAMMA": 150, "IONIC_CONDUCTIVITY": 1e-9 * 1.01**n,
    },
    "of one cell of few digits, values a step apart": lambda n, late: {
        "REDUCED_COMPOSITION": f"Li{3 + 0.01 * n:.2f}PO4", "SPACE_GROUP_NUMBER": 225, "A": 10.4, "B": 10.4, "C": 10.4,
        "IONIC_CONDUCTIVITY": (1.0019e-6 if late else 1.00005e-6) * (1 + 1e-9 * n),
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", CLUSTERS)
def test_two_clusters_that_are_just_no_doubles_are_not_compared_pair_by_pair(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = counted(monkeypatch, "pipeline.checks.pairs._judge")
    list(pair_findings([row(f"d{n:03}", **CLUSTERS[kind](n, n >= 100)) for n in range(200)]))
    assert len(judged) <= 3 * 200
