"""The baselines on a made-up law."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.reporting.baseline import baseline, inputs
from pipeline.split import groups
from schemas import columns as col
from tests.unit.splits import entries


def made() -> pd.DataFrame:
    rows = {
        f"e{n:02}": {col.TRUE_COMPOSITION: f"Li{n % 10 + 1}O", col.REDUCED_COMPOSITION: f"Li{n % 10 + 1}O", col.DOI: f"10.1/{n % 10}"}
        for n in range(40)
    }
    return entries(rows)


def test_inputs_are_cell_content_space_group_and_lattice() -> None:
    table = entries({"aaa": {}, "bbb": {col.TRUE_COMPOSITION: "not a formula", col.REDUCED_COMPOSITION: "Li2O", col.Z: 3}})
    assert inputs(table).tolist() == [[12, 16, 4, 62, 10.5, 6.1, 4.9, 90, 90, 90], [6, 3, 0, 62, 10.5, 6.1, 4.9, 90, 90, 90]]


def test_scores_of_a_law_that_the_forest_can_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn", reason="needs the extra 'baseline'")
    monkeypatch.setattr("pipeline.reporting.baseline.TREES", 10)
    monkeypatch.setattr("pipeline.reporting.baseline.STEPS", 5)
    table = made()
    logs = -np.array([float(n % 10) for n in range(40)])
    names = list(table.index)
    scores = baseline(table, logs, names[::2], names[:30], names[30:], groups(table), floor=0.4, seeds=2)
    by = {(one.model, one.trained_on, one.tested_on): one for one in scores}
    assert by["experimental floor", "", "repeated measurements"].error == 0.4
    assert by["median", "all training entries", "all test entries"].error == pytest.approx(2.5)
    forest = by["random forest", "all training entries", "all test entries"]
    assert forest.error < 0.5
    assert forest.entries == 10
    assert by["random forest", "all training entries", "test structures"].paper == "1.87"
    random, together = (
        by["random forest", "4/5 of the training entries", kind].error for kind in ("random folds", "folds that keep groups")
    )
    assert random < together  # each composition is a group here: only random folds have seen it


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    table = made()
    with pytest.raises(InputError, match=r"obelix-curate\[baseline\]"):
        baseline(table, np.zeros(40), [], [], [], groups(table))
