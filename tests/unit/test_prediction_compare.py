"""Two releases compared by what models achieve on them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.prediction.compare import Comparison, Release, compare
from pipeline.prediction.complete import every
from pipeline.prediction.task import Task
from pipeline.reporting.benchmark_compared import as_json, as_markdown, as_text
from tests.unit.predictions import record, small


def released(of: Task, name: str = "new", **texts: str) -> Release:
    return Release(name, of, {entry: f"data_{entry}" for entry in of.structures} | texts)


def corrected(of: Task, *names: str, decades: float) -> Task:
    """The labels of some entries moved by decades."""
    values = of.conductivities.copy()
    values[of.rows(names)] *= 10.0**decades
    return replace(of, conductivities=values)


@pytest.fixture(scope="module")
def of() -> Task:
    return small()


def held(tmp_path: Path, of: Task, new: Task) -> Comparison:
    labels = dict(zip(of.ids, of.targets(), strict=True))
    record(tmp_path, of, "net", lambda name, seed: labels[name] + 1)
    return compare(every(tmp_path, of), released(of, "old"), released(new))


def changes(found: Comparison) -> dict[tuple[str, str, str], tuple[int, float, str]]:
    return {(one.protocol, one.subset, one.bounds): (one.labels, one.difference.value, one.verdict) for one in found.changes}


def test_equal_releases_change_nothing(tmp_path: Path, of: Task) -> None:
    found = held(tmp_path, of, of)
    assert (found.added, found.removed, found.moved) == ((), (), ())
    assert set(changes(found).values()) == {(0, 0.0, "unchanged")}
    assert len(found.changes) == 2 * 2 * 3
    assert "No error changes" in as_text(found)


def test_a_moved_label_changes_the_error_of_those_who_predict_it(tmp_path: Path, of: Task) -> None:
    """e31 of the test set, without a structure, moves up by the decade that the model is off by: ten errors of one become nine."""
    found = held(tmp_path, of, corrected(of, "e31", decades=1))
    assert [(one.id, one.side_new, one.label_old, one.label_new, one.inputs) for one in found.moved] == [
        ("e31", "test", "0.01", "0.1", ())
    ]  # fmt: skip
    told = changes(found)
    assert told["test", "all", "as-published"] == (1, pytest.approx(-0.1), "no difference shown")
    assert told["test", "structures", "as-published"] == (0, 0.0, "unchanged")
    assert told["group-folds", "all", "as-published"] == (0, 0.0, "unchanged")
    text = as_text(found)
    assert "1 label moved, 1 of them in the test set" in text
    assert "every interval of a difference holds zero" in text


def test_a_change_that_is_sure_is_said_to_be(tmp_path: Path, of: Task) -> None:
    for decades, verdict in ((1.0, "lower"), (-1.0, "higher")):
        found = held(tmp_path / verdict, of, corrected(of, *(name for name in of.test if name != "e39"), decades=decades))
        assert changes(found)["test", "all", "as-published"] == (9, pytest.approx(-0.9 * decades), verdict)
        assert f"The error is {verdict}, the interval of the difference excludes zero: net." in as_text(found)
        assert f"| {verdict} |" in as_markdown(found)


def test_a_bound_that_becomes_a_value_is_a_label_that_moved(tmp_path: Path, of: Task) -> None:
    found = held(tmp_path, of, replace(of, bounds=tuple("" for _ in of.bounds)))
    assert {one.id for one in found.moved} == {"e09", "e19", "e29", "e39"}
    assert (found.moved[0].label_old, found.moved[0].label_new) == ("<1e-10", "1e-10")
    told = changes(found)
    assert told["test", "all", "as-published"][:2] == (1, pytest.approx((4 - 1) / 10))  # -14 was held against -15, now against -10
    assert told["test", "all", "left-out"] == (0, 0.0, "unchanged")


def test_entries_inputs_and_sides_that_moved_are_told(tmp_path: Path, of: Task) -> None:
    row = int(of.rows(["e00"])[0])
    contents = [dict(one) for one in of.contents]
    contents[row]["Li"] += 1
    groups = of.spacegroups.copy()
    groups[of.rows(["e01"])] = 2
    new = replace(of, contents=tuple(contents), spacegroups=groups, train=tuple(n for n in of.train if n != "e02"), test=(*of.test, "e02"))
    record(tmp_path, of, "net", lambda name, seed: -5.0)
    found = compare(every(tmp_path, of), released(of, "old"), released(new, e04="another"))
    assert {one.id: (one.side_old, one.side_new, one.inputs) for one in found.moved} == {
        "e00": ("train", "train", ("composition",)), "e01": ("train", "train", ("space group",)),
        "e02": ("train", "test", ()), "e04": ("train", "train", ("structure",)),
    }  # fmt: skip
    assert {one.entries for one in found.changes if (one.protocol, one.subset) == ("group-folds", "all")} == {29, 26}
    assert "composition 1, space group 1, structure 1" in as_text(found)


def test_models_that_were_trained_on_both_show_what_other_inputs_change(tmp_path: Path, of: Task) -> None:
    labels = dict(zip(of.ids, of.targets(), strict=True))
    for folder, off in (("old", 2.0), ("new", 1.0)):
        record(tmp_path / folder, of, "net", lambda name, seed: labels[name] + off)  # noqa: B023
    record(tmp_path / "old", of, "other", lambda name, seed: -5.0)
    found = compare(every(tmp_path / "old", of), released(of, "old"), released(of), every(tmp_path / "new", of))
    net = next(one for one in found.changes if (one.model, one.protocol, one.subset, one.bounds) == ("net", "test", "all", "as-published"))
    assert (net.predictions, net.old, net.new, net.verdict) == (10, pytest.approx(2.0), pytest.approx(1.0), "lower")
    assert {one.verdict for one in found.changes if one.model == "other"} == {"unchanged"}
    assert "models that were trained on both: net" in as_text(found)


def test_models_that_held_out_other_entries_are_compared_on_the_test_set_only(tmp_path: Path, of: Task) -> None:
    """A paper that is corrected takes an entry into another group, and with it into another fold."""
    groups = ("own" if name == "e00" else group for name, group in zip(of.ids, of.groups, strict=True))
    new = replace(of, groups=tuple(groups))
    assert new.group_folds != of.group_folds
    for folder, task in (("old", of), ("new", new)):
        record(tmp_path / folder, task, "net", lambda name, seed: -5.0)
    found = compare(every(tmp_path / "old", of), released(of, "old"), released(new), every(tmp_path / "new", new))
    assert {one.protocol for one in found.changes} == {"test"}
    alone = compare(every(tmp_path / "old", of), released(of, "old"), released(new))
    assert {one.protocol for one in alone.changes} == {"test", "group-folds"}


def test_json_is_whole_and_finite(tmp_path: Path, of: Task) -> None:
    found = held(tmp_path, of, corrected(of, "e31", decades=1))
    told = json.loads(as_json(found))
    assert {one["verdict"] for one in told["changes"]} == {"unchanged", "no difference shown"}
    assert np.isfinite([one["new"] for one in told["changes"]]).all()
