"""Errors, differences and intervals: by hand, by laws, and against a few lines that share no code with the program."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.prediction.board import csv_text, scored
from pipeline.prediction.complete import every
from pipeline.prediction.intervals import Interval, Resampling, expanded_tail
from pipeline.prediction.score import BETTER, UNDECIDED, WORSE, Difference, Score
from pipeline.prediction.task import Task
from tests.unit.predictions import record, small

ERRORS = st.lists(st.floats(0, 10), min_size=6, max_size=30)


@pytest.fixture(scope="module")
def of() -> Task:
    return small()


def scores_of(models: Path, of: Task) -> dict[tuple[str, str, str, str], Score]:
    return {(one.model, one.protocol, one.subset, one.bounds): one for one in scored(every(models, of), of)}


def test_errors_by_hand(tmp_path: Path, of: Task) -> None:
    """Labels of the test set are -1 to -9 and, for e39, <1e-10, which counts -15 as published. Structures: e30, e32, ... e38."""
    record(tmp_path, of, "fixed", lambda name, seed: -4.0 - seed)
    found = scores_of(tmp_path, of)
    all_published = found["fixed", "test", "all", "as-published"]
    at_4, at_5 = [3, 2, 1, 0, 1, 2, 3, 4, 5, 11], [4, 3, 2, 1, 0, 1, 2, 3, 4, 10]
    assert (all_published.entries, all_published.groups, all_published.seeds) == (10, 10, 2)
    assert all_published.mae.value == pytest.approx((sum(at_4) + sum(at_5)) / 20)
    assert all_published.over_seeds == pytest.approx(abs(sum(at_4) - sum(at_5)) / 10 / math.sqrt(2))
    assert all_published.over_folds is None
    left_out = found["fixed", "test", "all", "left-out"]
    assert (left_out.entries, left_out.mae.value) == (9, pytest.approx((sum(at_4[:9]) + sum(at_5[:9])) / 18))
    assert found["fixed", "test", "all", "censored"].mae.value == pytest.approx((sum(at_4[:9]) + 6 + sum(at_5[:9]) + 5) / 20)
    structures = found["fixed", "test", "structures", "as-published"]
    assert (structures.entries, structures.mae.value) == (5, pytest.approx((3 + 1 + 1 + 3 + 5 + 4 + 2 + 0 + 2 + 4) / 10))


def test_a_prediction_below_a_bound_is_right_and_one_above_is_not(tmp_path: Path, of: Task) -> None:
    labels = dict(zip(of.ids, of.targets("as-bounds"), strict=True))
    record(tmp_path, of, "below", lambda name, seed: labels[name] - (7 if name == "e39" else 0), seeds=(0,))
    record(tmp_path, of, "above", lambda name, seed: labels[name] + (7 if name == "e39" else 0), seeds=(0,))
    found = scores_of(tmp_path, of)
    assert found["below", "test", "all", "censored"].mae.value == 0
    assert found["above", "test", "all", "censored"].mae.value == pytest.approx(0.7)
    assert found["above", "test", "all", "left-out"].mae.value == 0


def test_the_median_is_that_of_the_labels_the_model_saw(tmp_path: Path, of: Task) -> None:
    """Training labels are three times -1 to -9 and -15: median -5.5. In a fold it is that of the other folds."""
    record(tmp_path, of, "median", lambda name, seed: -5.5, seeds=(0,))
    found = scores_of(tmp_path, of)
    against = found["median", "test", "all", "as-published"].median
    assert against is not None
    assert against.decades == Interval(0.0, 0.0, 0.0)
    assert against.verdict == UNDECIDED
    folds = found["median", "group-folds", "all", "as-published"]
    labels = dict(zip(of.ids, of.targets(), strict=True))
    expected = []
    for name, fold in of.group_folds.items():
        others = sorted(labels[other] for other, theirs in of.group_folds.items() if theirs != fold)
        expected.append(abs((others[(len(others) - 1) // 2] + others[len(others) // 2]) / 2 - labels[name]))
    assert folds.median is not None
    assert folds.mae.value - folds.median.decades.value == pytest.approx(np.mean(expected))


def test_the_gap_is_that_of_the_same_entries_on_other_folds(tmp_path: Path, of: Task) -> None:
    labels = dict(zip(of.ids, of.targets(), strict=True))
    folder = record(tmp_path, of, "flattered", lambda name, seed: labels[name] + 1.0)
    lines = (folder / "predictions.csv").read_text(encoding="utf-8").splitlines()
    eased = []
    for line in lines:
        cells = line.split(",")
        if cells[2] == "random-folds":
            cells[5] = f"{labels[cells[4]] + 0.25:.6f}"
        eased.append(",".join(cells))
    (folder / "predictions.csv").write_text("\n".join(eased) + "\n", encoding="utf-8")
    gap = scores_of(tmp_path, of)["flattered", "group-folds", "all", "as-published"].gap
    assert gap is not None
    assert (gap.value, gap.lower, gap.upper) == pytest.approx((0.75, 0.75, 0.75), abs=2e-6)


def test_each_model_is_held_against_the_forest_that_learned_from_the_same_entries(tmp_path: Path, of: Task) -> None:
    for name, training in (("forest", "all"), ("forest-structures", "structures"), ("net", "structures"), ("other", "all")):
        record(tmp_path, of, name, lambda name, seed: -5.0, training=training)  # type: ignore[arg-type]
    found = scores_of(tmp_path, of)
    for name, reference in (("net", "forest-structures"), ("other", "forest"), ("forest-structures", "forest")):
        against = found[name, "test", "structures", "as-published"].forest
        assert (against.other if against else None) == (reference if name != "forest-structures" else None), name
    assert ("net", "test", "all", "as-published") not in found
    assert found["forest", "test", "all", "as-published"].forest is None


def test_nothing_is_better_or_worse_unless_the_interval_excludes_zero() -> None:
    cases = (((-0.5, -0.9, -0.1), BETTER), ((0.5, 0.1, 0.9), WORSE), ((-0.5, -1.0, 0.0), UNDECIDED), ((0.5, 0.0, 1.0), UNDECIDED))
    for limits, verdict in (*cases, ((-0.5, math.nan, math.nan), UNDECIDED)):
        assert Difference("forest", Interval(*limits)).verdict == verdict


@settings(max_examples=25)
@given(errors=ERRORS, shift=st.floats(-3, 3))
def test_a_constant_added_to_every_error_moves_both_limits_by_it(errors: list[float], shift: float) -> None:
    drawn = Resampling(np.arange(len(errors)) % 5)
    rows = np.array([errors, [error + shift for error in errors]])
    draws = drawn.of_rows(rows)
    one, other = (drawn.interval(float(rows[n].mean()), draws[:, n]) for n in (0, 1))
    assert (other.lower - one.lower, other.upper - one.upper) == pytest.approx((shift, shift), abs=1e-9)
    assert one.lower <= one.value + 1e-9
    assert one.upper >= one.value - 1e-9 or len(set(errors)) > 1


def test_what_hangs_together_says_less() -> None:
    """Sixty errors in sixty groups, and the same in six groups that each err alike: the second interval is wider."""
    errors = np.repeat(np.random.default_rng(1).normal(size=6), 10)[None, :]
    alone, together = Resampling(np.arange(60)), Resampling(np.repeat(np.arange(6), 10))
    widths = [limits.upper - limits.lower for each in (alone, together) for limits in [each.interval(0.0, each.of_rows(errors)[:, 0])]]
    assert widths[1] > 2 * widths[0]


def test_seeds_widen_an_interval_and_two_groups_are_the_least() -> None:
    drawn = Resampling(np.arange(40))
    errors = np.random.default_rng(2).normal(size=40)
    apart = np.stack([errors - 1, errors, errors + 1])
    same = drawn.interval(0.0, drawn.means(drawn.of_rows(np.stack([errors] * 3))))
    spread = drawn.interval(0.0, drawn.means(drawn.of_rows(apart)))
    assert spread.upper - spread.lower > 1.5 * (same.upper - same.lower)
    assert math.isnan(Resampling(np.zeros(40, dtype=np.int64)).interval(0.0, np.zeros(1)).lower)
    assert expanded_tail(5.0) < expanded_tail(50.0) < 0.025


def test_the_limits_hold_the_truth_as_often_as_they_say() -> None:
    """Errors in groups of the sizes of the test set, their mean known to be zero: 95 in 100 intervals hold it, give or take."""
    sizes = np.array([12, 12, 7, 7, 6, 6, 5, 5, 4, 4, 4, 3, 3, 3, 3, 3, *[2] * 8, *[1] * 18])
    drawn = Resampling(np.repeat(np.arange(42), sizes))
    rng = np.random.default_rng(3)
    worlds = np.stack([np.repeat(rng.normal(size=42), sizes) + rng.normal(size=sizes.sum()) for _ in range(400)])
    draws = drawn.of_rows(worlds)
    held = [limits.lower <= 0 <= limits.upper for n in range(400) for limits in [drawn.interval(0.0, draws[:, n])]]
    assert 0.92 <= np.mean(held) <= 0.98


def test_a_leaderboard_is_recomputed_by_a_few_lines_of_its_own(tmp_path: Path, of: Task) -> None:
    noise = np.random.default_rng(4)
    for name, training in (("forest", "all"), ("net", "structures")):
        record(tmp_path, of, name, lambda name, seed: float(noise.normal(-5, 2)), training=training, seeds=(0, 1, 2))  # type: ignore[arg-type]
    board = list(csv.DictReader(csv_text(scored(every(tmp_path, of), of)).splitlines()))
    label = dict(zip(of.ids, np.log10(np.where(np.array(of.bounds) == "<", 1e-15, of.conductivities)), strict=True))
    for row in board:
        if row["bounds"] != "as-published":
            continue
        errors: dict[str, dict[str, float]] = {}
        for line in csv.DictReader((tmp_path / row["model"] / "predictions.csv").read_text(encoding="utf-8").splitlines()):
            if line["protocol"] == row["protocol"] and (row["subset"] == "all" or line["ID"] in of.structures):
                errors.setdefault(line["seed"], {})[line["ID"]] = abs(float(line["prediction"]) - label[line["ID"]])
        means = [sum(each.values()) / len(each) for each in errors.values()]
        assert float(row["mae"]) == pytest.approx(sum(means) / len(means), abs=1e-6)
        assert row["entries"] == str(len(next(iter(errors.values()))))
    assert len(board) == 3 * (2 + 2 * 2) + 3 * (1 + 2)
