"""Objective, distances and audit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.split import audit, quality
from pipeline.split.quality import bin_numbers, distance, wasserstein
from schemas import columns as col
from tests.unit.splits import bonds, entries

VALUES = st.lists(st.floats(-18, 0), min_size=1, max_size=30)


@given(one=VALUES, shift=st.floats(-5, 5))
def test_a_shift_is_its_own_distance(one: list[float], shift: float) -> None:
    values = np.array(one)
    assert wasserstein(values, values + shift) == pytest.approx(abs(shift), abs=1e-9)


@settings(deadline=None)  # the first call imports scipy.stats
@given(one=VALUES, other=VALUES, repeated=st.integers(1, 3))
def test_the_distance_is_that_of_scipy(one: list[float], other: list[float], repeated: int) -> None:
    from scipy.stats import wasserstein_distance

    sides = np.array(one), np.array([*other * repeated, *one[:1]])
    assert wasserstein(*sides) == pytest.approx(wasserstein_distance(*sides), abs=1e-11)


def test_a_side_without_entries_has_no_distance() -> None:
    assert np.isnan(wasserstein(np.array([]), np.array([1.0])))
    assert np.isnan(wasserstein(np.array([1.0]), np.array([])))


@given(values=VALUES)
def test_bins_are_those_of_numpy(values: list[float]) -> None:
    counts = np.bincount(bin_numbers(np.array(values)), minlength=25)
    assert counts.tolist() == np.histogram(values, 25)[0].tolist()


def test_distance_by_hand() -> None:
    # shares 1/2, 1/2 against 1/4, 3/4: two bins of 25 differ by a quarter
    assert distance(np.array([0, 1]), np.array([0, 1, 1, 1])) == pytest.approx(0.5 / 25)


def test_objective_weighs_full_set_and_structures() -> None:
    rows = {name: {col.IONIC_CONDUCTIVITY: value} for name, value in zip("abcdef", (1e-2, 1e-4, 1e-2, 1e-4, 1e-2, 1e-2), strict=True)}
    found = audit(entries(rows), ["c", "d"], ["a", "b", "c"])
    # full set: train 3/4 and 1/4, test 1/2 and 1/2; structures: train 1/2 and 1/2, test 1 and 0
    assert found.likeness.distance == pytest.approx(0.5 / 25)
    assert found.likeness.distance_structures == pytest.approx(1 / 25)
    assert found.objective == pytest.approx(0.6 * 0.02 + 0.4 * 0.04)
    assert found.likeness.wasserstein == pytest.approx(0.5)
    assert (found.share, found.share_structures) == (pytest.approx(2 / 6), pytest.approx(1 / 3))


def test_a_bound_counts_where_the_paper_plots_it_and_where_it_stands() -> None:
    table = entries({"a": {col.IONIC_CONDUCTIVITY: 1e-5}, "b": {col.IONIC_CONDUCTIVITY: 1e-10, col.BOUND: "<"}})
    found = audit(table, ["b"], [])
    assert found.likeness.wasserstein == pytest.approx(10)
    assert found.likeness_at_bounds.wasserstein == pytest.approx(5)
    assert np.isnan(found.likeness.distance_structures)


def test_near_leaks_by_the_atoms_to_exchange() -> None:
    # Li10Ge0.95Si0.05P2S12 and Li10GeP2S12: 0.05 of 25 atoms
    table = bonds(
        aaa=("Li10GeP2S12", "10.1/a"), bbb=("Li2S", "10.1/b"), ttt=("Li10Ge0.95Si0.05P2S12", "10.1/t"), uuu=("Li9GeP2S12", "10.1/u")
    )
    found = audit(table, ["ttt", "uuu"], []).near
    assert found[["ID", "other", "distance"]].to_numpy().tolist() == [["ttt", "aaa", 0.002]]


def test_near_leaks_are_those_that_comparing_every_pair_finds() -> None:
    generator = np.random.default_rng(1)
    amounts = generator.integers(7, 10, size=(150, 3)) + generator.integers(0, 9, size=(150, 3)) / 100
    table = bonds(**{f"e{n:03}": (f"Li{one:g}S{two:g}{'P' if n % 2 else 'Ge'}{three:g}", f"10.1/{n}")
                     for n, (one, two, three) in enumerate(amounts.tolist())})  # fmt: skip
    test = set(table.index[::4])
    names, fractions = quality.atomic_fractions(table)
    apart = np.abs(fractions[:, None] - fractions).sum(axis=-1) / 2
    expected = {}
    for i, name in enumerate(names):
        others = [(round(apart[i, k], 9), other) for k, other in enumerate(names) if other not in test]
        if name in test and min(others)[0] <= quality.NEAR:
            expected[name] = min(others)[1]
    found = quality.near_leaks(table, test, set(names) - test)
    assert expected
    assert dict(zip(found[col.ID], found["other"], strict=True)) == expected


def test_leaks_are_counted_once_a_key() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), bbb=("Li3N", "10.1/a"), ttt=("LiCl", "10.1/a"), uuu=("Li6N2", "10.1/u"))
    found = audit(table, ["ttt", "uuu"], [])
    assert found.n_leaks == {"paper": 1, "composition": 0, "stoichiometry": 1}


def test_unplaced_entries_count_nowhere() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), bbb=("Li3N", "10.1/b"), ttt=("LiCl", "10.1/t"))
    found = audit(table, ["ttt"], [], ["aaa"])
    assert (found.n_train, found.n_test, found.n_unplaced) == (1, 1, 1)
