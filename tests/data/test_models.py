"""The recorded models and their board: every score again from the predictions, by lines that share no code with the program."""

from __future__ import annotations

import csv
import json
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from pipeline.commands.benchmark import release_of, task_of
from pipeline.prediction import families, hard
from pipeline.prediction.board import rows, scored
from pipeline.prediction.complete import every
from schemas import columns as col
from tests.conftest import ROOT

MODELS = ROOT / "models"
AGAIN = "run obelix-curate benchmark board"
Said = dict[tuple[str, str], dict[str, dict[str, float]]]


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def said() -> Said:
    """Prediction by model and protocol, seed and ID."""
    found: Said = defaultdict(lambda: defaultdict(dict))
    for path in sorted(MODELS.glob("*/predictions.csv")):
        for row in table(path):
            found[row["model"], row["protocol"]][row["seed"]][row["ID"]] = float(row["prediction"])
    return found


def counted(row: Mapping[str, str], predicted: float, value: float, is_bound: bool) -> float | None:
    """The error of one prediction, as the way of taking bounds says; None where the entry does not count."""
    if is_bound and row["bounds"] == "left-out":
        return None
    if is_bound and row["bounds"] == "censored":
        return max(0.0, predicted - math.log10(value))
    return abs(predicted - (-15.0 if is_bound else math.log10(value)))


def test_every_score_is_recomputed(published: pd.DataFrame, structure_texts: dict[str, str], said: Said) -> None:
    values = published[col.IONIC_CONDUCTIVITY].to_dict()
    is_bound = published[col.BOUND].notna().to_dict()
    board = table(MODELS / "leaderboard.csv")
    assert {row["model"] for row in board} == {path.parent.name for path in MODELS.glob("*/predictions.csv")}, AGAIN
    errors: dict[tuple[str, ...], dict[str, float]] = {}
    for row in board:
        by_seed = [
            {name: error for name, prediction in each.items() if row["subset"] == "all" or name in structure_texts
             if (error := counted(row, prediction, values[name], is_bound[name])) is not None}
            for each in said[row["model"], row["protocol"]].values()
        ]  # fmt: skip
        means = [math.fsum(each.values()) / len(each) for each in by_seed]
        assert float(row["mae"]) == pytest.approx(math.fsum(means) / len(means), abs=1e-6), (row, AGAIN)
        assert (int(row["entries"]), int(row["seeds"])) == (len(by_seed[0]), len(by_seed))
        key = (row["model"], row["protocol"], row["subset"], row["bounds"])
        errors[key] = {name: sum(each[name] for each in by_seed) / len(by_seed) for name in by_seed[0]}
    for row in board:
        own = errors[row["model"], row["protocol"], row["subset"], row["bounds"]]
        if row["forest"]:
            theirs = errors[row["forest"], row["protocol"], row["subset"], row["bounds"]]
            assert float(row["forest_difference"]) == pytest.approx(sum(own[name] - theirs[name] for name in own) / len(own), abs=2e-6)
        for other, verdict in (("forest", row["forest_verdict"]), ("median", row["median_verdict"])):
            if verdict:
                lower, upper = float(row[f"{other}_lower"]), float(row[f"{other}_upper"])
                assert lower <= upper
                assert verdict == ("better" if upper < 0 else "worse" if lower > 0 else "no difference shown")


def test_the_board_holds_the_paper_s_models(said: Said) -> None:
    seeds = {model: len(found) for (model, protocol), found in said.items() if protocol == "test"}
    for model in (
        "median",
        "forest",
        "mlp",
        "gradient-boosting",
        "gaussian-process",
        "cgcnn",
        "dis-cgcnn",
        "schnet",
        "dis-schnet",
        "painn",
    ):
        assert seeds.get(model, 0) >= 3, model


def test_predictions_of_recorded_models_are_of_no_training_entry_and_whole(archive: object, said: Said) -> None:
    test = {line.strip() for line in archive.read("test").decode("utf-8-sig").splitlines()[1:]}  # type: ignore[attr-defined]
    for (model, protocol), seeds in said.items():
        for each in seeds.values():
            names = set(each)
            assert names <= test if protocol == "test" else not names & test, (model, protocol)
            assert len(names) in ((121, 67) if protocol == "test" else (478, 254)), (model, protocol)


def test_the_json_says_what_the_csv_says() -> None:
    board = json.loads((MODELS / "leaderboard.json").read_text(encoding="utf-8"))
    said = [{key: "" if value is None else value for key, value in row.items()} for row in board["scores"]]
    for one, other in zip(said, table(MODELS / "leaderboard.csv"), strict=True):
        assert one.keys() == other.keys()
        assert all(str(one[key]) == other[key] or float(one[key]) == float(other[key]) for key in one)
    assert (board["rounding"]["structures"], board["rounding"]["without_lithium"]) == (321, 92)


def test_limits_and_lists_are_not_stale(raw: Path) -> None:
    """What the lines above do not compute again: limits, verdicts, and what models miss; not findings, which move with the checks."""
    release = release_of(raw, None)
    of = task_of(release)
    models = every(MODELS, of)
    for row, was in zip(rows(scored(models, of)), table(MODELS / "leaderboard.csv"), strict=True):
        for key, value in row.items():
            now = "" if value is None else value
            assert str(now) == was[key] or float(now) == pytest.approx(float(was[key]), abs=1e-4), (row["model"], key, AGAIN)
    missed = hard.hard(models, of)
    assert [(one.id, str(one.is_candidate).lower()) for one in missed] == [
        (row["ID"], row["candidate_error"]) for row in table(MODELS / "hard.csv")
    ], AGAIN
    found = csv.DictReader(families.csv_text(families.families(models, of)).splitlines())
    for now, was in zip(found, table(MODELS / "families.csv"), strict=True):
        assert all(now[key] == was[key] or float(now[key]) == pytest.approx(float(was[key]), abs=2e-3) for key in was), (now, was, AGAIN)
