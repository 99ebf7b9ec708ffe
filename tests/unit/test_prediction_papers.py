"""One paper held out at a time, and the learning curve: what a model saw is known from what it predicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.commands import benchmark
from pipeline.prediction import papers as by_papers
from pipeline.prediction import simple
from pipeline.prediction.papers import CURVE_FILE, PAPERS_FILE, curve, left_out, paper_of, write
from pipeline.prediction.problem import Fit, Problem, Settings, problem
from pipeline.prediction.run import Options, run
from pipeline.reporting import papers_text
from tests.unit.predictions import small


def test_papers_that_an_entry_ties_together_are_one() -> None:
    task = small()
    tied = replace(task, papers=(("10.1000/0", "10.1000/3"), ("10.1000/9", "10.1000/3"), (), *task.papers[3:]))
    found = paper_of(tied)
    assert found["e00"] == found["e01"] == found["e03"] == found["e09"] == "10.1000/0"
    assert (found["e02"], found["e12"]) == ("e02", "10.1000/2")
    assert set(found) == set(task.train)


def test_a_model_never_saw_the_paper_that_it_predicts() -> None:
    """The median of all other entries, by hand."""
    task = small()
    given = problem(task, dict)
    labels = task.targets()
    found = left_out(given, simple.median, {}, given.task.targets())
    papers = paper_of(task)
    assert sorted(name for _, name, _ in found) == sorted(task.train)
    for paper, name, value in found:
        assert papers[name] == paper
        assert value == np.median([labels[row] for row, other in enumerate(task.ids) if other in papers and papers[other] != paper])


def test_a_curve_learns_from_so_many_papers_of_other_folds() -> None:
    task = small()
    given = problem(task, dict)
    papers, folds = paper_of(task), task.group_folds
    seen: list[tuple[int, frozenset[str]]] = []

    def spy(_: Problem, fit: Fit, __: Settings, seed: int) -> np.ndarray:
        known = [task.ids[row] for row in fit.train]
        held = {folds[task.ids[row]] for row in fit.predict}
        assert len(held) == 1
        assert not held & {folds[name] for name in known}
        seen.append((seed, frozenset(papers[name] for name in known)))
        return np.full(len(fit.predict), -3.0)

    points = curve(given, spy, {}, given.task.targets(), counts=(1, 2, 50))
    most = min(len({papers[name] for name in task.train if folds[name] != fold}) for fold in range(5))
    assert [count for count, *_ in points] == [1] * 3 + [2] * 3 + [most] * 3
    assert [len(taken) for _, taken in seen] == [1] * 15 + [2] * 15 + [most] * 15
    for few, more in zip(seen[:15], seen[15:30], strict=True):
        assert few[1] < more[1]
    labels = given.task.targets()[:30]
    np.testing.assert_allclose([error for *_, error in points], np.abs(labels + 3).mean())
    assert len({taken for seed, taken in seen[:15] if seed == 0} | {taken for seed, taken in seen[:15] if seed == 1}) > 1


def test_both_tables_are_written_the_same_twice(tmp_path: Path) -> None:
    task = small()
    run(task, dict, Options(("median", "nearest"), tmp_path, seeds=1))
    given = problem(task, dict)
    files = write(given, given.task.targets(), tmp_path, ("median", "nearest"))
    assert [path.name for path in files] == [PAPERS_FILE, CURVE_FILE]
    first = [path.read_bytes() for path in files]
    assert first[0].count(b"\n") == 61
    assert [path.read_bytes() for path in write(given, given.task.targets(), tmp_path, ("median", "nearest"))] == first


def test_the_command_writes_them_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Release:
        name = "1.2.0"
        structures: dict[str, object] = {}  # noqa: RUF012

    monkeypatch.setattr(benchmark, "release_of", lambda raw, name: Release)
    monkeypatch.setattr(benchmark, "task_of", lambda release: small())
    monkeypatch.setattr(by_papers, "QUICK", ("median", "nearest"))
    monkeypatch.setattr(by_papers.write, "__defaults__", (("median", "nearest"),))
    told: list[str] = []
    for asked in (False, True):
        written = benchmark.trained(["median", "nearest"], 1, None, "as-published", tmp_path, None, None, told.append, asked)
        assert [path.name for path in written] == ["median", "nearest", *([PAPERS_FILE, CURVE_FILE] if asked else [])]
        assert (tmp_path / PAPERS_FILE).exists() == asked
    assert told[-1] == "papers"


def test_the_page_tells_both_tables() -> None:
    papers = "model,paper,ID,prediction,apart\nforest,10.1000/1,aaa,-3,1.0\nforest,10.1000/1,bbb,-3,\nforest,10.1000/2,ccc,-3,2.0\n"
    curve = "model,papers,draw,entries,error\nforest,10,0,20,3.0\nforest,10,1,20,2.0\nforest,25,0,50,1.5\n"
    page = f"before {papers_text.BEGIN} old {papers_text.END} after"
    told = papers_text.embedded(page, papers, curve)
    assert "| error in decades | one of 2 papers held out | 10 papers | 25 papers |" in told
    assert "| `forest` | 1.50 | 2.50 | 1.50 |" in told
    assert "old" not in told
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert papers_text.embedded(told, papers, curve) == told
    assert papers_text.embedded("no marks", papers, curve) == "no marks"
