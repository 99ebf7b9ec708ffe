"""The group ``benchmark`` on the real task."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.commands.benchmark import release_of, task_of
from pipeline.prediction.task import Task
from pipeline.release.opened import Opened
from tests.unit.predictions import record


@pytest.fixture(scope="module")
def release(raw: Path) -> Opened:
    return release_of(raw, None)


@pytest.fixture
def once(release: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """The release is read once for all tests; one of them reads it anew."""
    monkeypatch.setattr("pipeline.commands.benchmark.release_of", lambda raw, name: release)


@pytest.fixture(scope="module")
def of(release: Opened) -> Task:
    return task_of(release)


@pytest.fixture(scope="module")
def models(of: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    labels = dict(zip(of.ids, of.targets(), strict=True))
    record(folder, of, "forest", lambda name, seed: -5.0, seeds=(0,))
    record(folder, of, "net", lambda name, seed: 0.5 * labels[name] - 2.5, seeds=(0,))
    return folder


def ran(*arguments: str | int | Path, status: int = 0) -> str:
    result = CliRunner().invoke(main, ["benchmark", *map(str, arguments)])
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result.output


def test_the_task_is_the_published_one(of: Task) -> None:
    assert (len(of.train), len(of.test), len(of.training_ids("structures")), len(of.test_ids("structures"))) == (478, 121, 254, 67)
    groups = dict(zip(of.ids, of.groups, strict=True))
    assert len({groups[name] for name in of.test}) == 42
    assert int(of.is_bound.sum()) == 37
    with_structure = Counter(groups[name] for name in of.test_ids("structures"))
    assert (len(with_structure), sum(count for _, count in with_structure.most_common(2))) == (32, 19)


@pytest.mark.usefixtures("once")
def test_a_model_is_scored_beside_the_recorded_forest(raw: Path, models: Path) -> None:
    text = ran("score", models / "net", "--models", models, "--raw", raw)
    assert "better" in text
    assert "the folder of recorded models with --models" not in text
    one = ran("score", models / "net", "--models", models, "--raw", raw, "--format", "csv").splitlines()
    both = ran("score", models, "--raw", raw, "--format", "csv").splitlines()
    assert one[1:] == [line for line in both if line.startswith("net,")]
    assert len(one) == 1 + 18


@pytest.mark.usefixtures("once")
def test_without_a_forest_the_scores_say_so(raw: Path, models: Path, tmp_path: Path) -> None:
    """The recorded models are looked for beside the pins; here there are none."""
    elsewhere = tmp_path / "raw"
    assert "--models DIR" in ran("score", models / "net", "--raw", elsewhere)
    assert "there are no recorded models here" in ran("board", "--raw", elsewhere, status=2)
    assert "no recorded models" in ran("score", models / "net", "--raw", raw, "--models", tmp_path, status=2)


def test_a_model_of_another_release_is_refused(raw: Path, models: Path) -> None:
    text = ran("score", models / "net", "--raw", raw, "--release", "present", status=2)
    assert "the hash of the release is another" in text
    assert "--release" in text


@pytest.mark.usefixtures("once")
def test_a_board_is_written_and_written_again_but_over_nothing_else(raw: Path, models: Path) -> None:
    assert "2 models, 36 scores" in ran("board", "--models", models, "--raw", raw)
    names = ["families.csv", "hard.csv", "leaderboard.csv", "leaderboard.json", "leaderboard.md", "leaderboard.svg"]
    assert sorted(path.name for path in models.iterdir() if path.is_file()) == names
    text = (models / "leaderboard.md").read_text(encoding="utf-8")
    assert "92 of 321 structures hold no lithium once occupancies are rounded" in text
    assert "lie 0.41 decades from the median of their set (the paper's floor), and 0.73 from the median of the others of their set" in text
    (models / "leaderboard.md").write_text("my notes\n", encoding="utf-8")
    before = (models / "leaderboard.csv").read_bytes()
    refused = ran("board", "--models", models, "--raw", raw, status=2)
    assert "not an earlier output" in refused
    assert "move it out of" in refused
    assert "--force" not in refused  # which this command does not have
    assert (models / "leaderboard.md").read_text(encoding="utf-8") == "my notes\n"
    assert (models / "leaderboard.csv").read_bytes() == before


@pytest.mark.usefixtures("once")
def test_run_trains_what_is_named_and_says_what_is_not_installed(
    raw: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "median" in ran("run", "--models", "median", "--seeds", 2, "--out", tmp_path / "mine", "--raw", raw)
    text = ran("score", tmp_path / "mine" / "median", "--models", models, "--raw", raw, "--format", "csv")
    test = next(line for line in text.splitlines() if line.startswith("median,test,all,as-published,121,42,2,2.16"))
    assert test.endswith("0.000000,0.000000,0.000000,no difference shown,,,")
    monkeypatch.setattr("pipeline.prediction.models.find_spec", lambda name: None)
    refused = ran("run", "--models", "forest", "--out", tmp_path / "other", "--raw", raw, status=2)
    assert "pip install 'obelix-curate[benchmark]'" in refused
    assert not (tmp_path / "other").exists()
    assert "the models are median" in ran("run", "--models", "median,foo", "--out", tmp_path / "other", "--raw", raw, status=2)
