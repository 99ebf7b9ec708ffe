"""A contributed model: whatever is wrong with its two files is named with file, row and cure, and nothing is scored."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.prediction.complete import every, recorded
from pipeline.prediction.recorded import read_model, write_model
from pipeline.prediction.task import Task, training_hash
from tests.unit.predictions import record, small

Change = Callable[[list[str]], list[str]]


@pytest.fixture(scope="module")
def of() -> Task:
    return small()


def broken(folder: Path, change: Change) -> Path:
    """The folder, its lines of predictions changed."""
    path = folder / "predictions.csv"
    path.write_text("\n".join(change(path.read_text(encoding="utf-8").splitlines())) + "\n", encoding="utf-8")
    return folder


def refused(folder: Path, of: Task) -> InputError:
    with pytest.raises(InputError) as caught:
        recorded(folder, of)
    assert caught.value.file is not None
    assert caught.value.cure
    return caught.value


def test_a_complete_model_is_read(tmp_path: Path, of: Task) -> None:
    record(tmp_path, of, "forest", lambda name, seed: -5 - seed, seeds=(3, 7), with_train=True)
    found = recorded(tmp_path / "forest", of)
    assert [run.protocol for run in found.runs] == ["test", "random-folds", "group-folds", "train"]
    test = found.run("test")
    assert test is not None
    assert (test.seeds, test.ids, test.predicted.tolist()) == ((3, 7), tuple(sorted(of.test)), [[-8.0] * 10, [-12.0] * 10])
    assert test.trained == frozenset(of.train)
    folds = found.run("group-folds")
    assert folds is not None
    assert folds.folds is not None
    assert dict(zip(folds.ids, folds.folds.tolist(), strict=True)) == of.group_folds


def last(old: str, new: str) -> Change:
    """The last row, seed 1 of the test, changed."""
    return lambda lines: [*lines[:-1], re.sub(old, new, lines[-1])]


def without(text: str) -> Change:
    return lambda lines: [line for line in lines if text not in line]


def added(line: str) -> Change:
    return lambda lines: [*lines, line]


#: Rows as an editor counts them: from 2 the test with seed 0, from 12 random folds, from 42 the other folds, from 72 the test with seed 1.
FAULTS: dict[str, tuple[Change, str, int | None, str | None]] = {
    "missing": (lambda lines: lines[:3] + lines[4:], "1 of 10 predictions are missing for seed 0 of test", None, "ID"),
    "missing in a fold": (lambda lines: lines[:20] + lines[21:], "1 of 30 predictions are missing for seed 0 of random-folds", None, "ID"),
    "doubled": (lambda lines: [*lines, lines[1]], "the prediction stands in row 2 already", 82, "ID"),
    "a training ID": (added("net,0,test,,e00,-5"), "a training entry in the protocol test", 82, "ID"),
    "a test ID": (added("net,0,group-folds,0,e31,-5"), "a test entry in the protocol group-folds", 82, "ID"),
    "an unknown ID": (added("net,0,test,,zzz,-5"), "no entry has this ID", 82, "ID"),
    "another model": (last("net,", "forest,"), "a row of another model", 81, "model"),
    "another fold": (
        lambda lines: [*lines[:70], re.sub(r"folds,(\d)", lambda found: f"folds,{(int(found[1]) + 1) % 5}", lines[70]), *lines[71:]],
        "held out in another fold", 71, "fold",
    ),
    "another seed": (added("net,9,test,,e31,-5"), "a seed of test that model.yaml does not name", None, "seed"),
    "a seed less": (without(",1,test,"), "no predictions for seed 1 of test", None, "seed"),
    "no folds": (without("folds"), "no predictions for folds", None, None),
    "no test": (without(",test,"), "no predictions for seed 0 of test, and for 1 more seeds", None, "seed"),
    "nothing": (lambda lines: lines[:1], "no predictions for folds", None, None),
    "too large": (last("-5.0*$", "1e300"), "no logarithm", 81, "prediction"),
    "no logarithms": (lambda lines: [re.sub("-5.0*$", "6e-5", line) for line in lines], "conductivities in S cm-1", None, "prediction"),
    "not finite": (last("-5.0*$", "nan"), "not a finite number", 81, "prediction"),
    "unknown protocol": (last("test", "tests"), "not a protocol", 81, "protocol"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_predictions(tmp_path: Path, of: Task, name: str) -> None:
    change, said, row, column = FAULTS[name]
    folder = broken(record(tmp_path, of, "net", lambda name, seed: -5.0), change)
    error = refused(folder, of)
    every_error = (error, *error.others)
    found = next((one for one in every_error if said in one.what), None)
    assert found is not None, [one.what for one in every_error]
    assert (found.file, found.row, found.column) == (str(folder / "predictions.csv"), row, column)
    if name != "nothing":
        assert len(every_error) == 1, [str(one) for one in every_error]


def test_faults_of_the_description(tmp_path: Path, of: Task) -> None:
    folder = record(tmp_path, of, "net", lambda name, seed: -5.0)
    model = read_model(folder / "model.yaml")
    for changed, column in (
        (replace(model, name="other"), "name"),
        (replace(model, hashes={**model.hashes, "release": "0" * 64}), "hashes: release"),
        (replace(model, hashes={**model.hashes, "folds": "0" * 64}), "hashes: folds"),
        (replace(model, training=replace(model.training, sha256="0" * 64)), "training: sha256"),
        (replace(model, training=replace(model.training, entries=29)), "training: entries"),
        (replace(model, training=replace(model.training, left_out=("e31",))), "training: left_out"),
    ):
        write_model(changed, folder)
        error = refused(folder, of)
        assert (error.file, error.column) == (str(folder / "model.yaml"), column)


def test_a_model_that_left_entries_out_says_so(tmp_path: Path, of: Task) -> None:
    folder = record(tmp_path, of, "net", lambda name, seed: -5.0)
    model, kept = read_model(folder / "model.yaml"), [name for name in of.train if name != "e09"]
    write_model(replace(model, training=replace(model.training, entries=29, sha256=training_hash(kept), left_out=("e09",))), folder)
    run = recorded(folder, of).run("test")
    assert run is not None
    assert run.trained == frozenset(kept)


def test_a_model_of_structures_may_predict_the_other_entries_too_but_then_all(tmp_path: Path, of: Task) -> None:
    folder = record(tmp_path, of, "net", lambda name, seed: -5.0, training="structures", seeds=(0,))
    rest = [name for name in of.test if name not in of.structures]
    broken(folder, lambda lines: [*lines, *(f"net,0,test,,{name},-5" for name in rest)])
    run = recorded(folder, of).run("test")
    assert run is not None
    assert set(run.ids) == set(of.test)
    broken(folder, lambda lines: lines[:-1])
    assert "1 of 10 predictions are missing" in refused(folder, of).what


@pytest.mark.parametrize("strange", ["e00", "zzz"])
def test_an_entry_out_of_place_does_not_ask_for_all_test_entries(tmp_path: Path, of: Task, strange: str) -> None:
    folder = record(tmp_path, of, "net", lambda name, seed: -5.0, training="structures", seeds=(0,))
    name = of.test_ids("structures")[0]
    broken(folder, lambda lines: [line.replace(f"test,,{name},", f"test,,{strange},") for line in lines])
    text = str(refused(folder, of))
    assert "1 of 5 predictions are missing" in text
    assert " of 10 predictions are missing" not in text


def test_everything_is_told_at_once_each_with_its_cure(tmp_path: Path, of: Task) -> None:
    folder = broken(
        record(tmp_path, of, "net", lambda name, seed: -5.0), lambda lines: [*lines, "net,0,test,,zzz,-5", "net,0,test,,e00,-5"]
    )
    text = str(refused(folder, of))
    assert "row 82" in text
    assert "row 83" in text
    assert "a spreadsheet spoils" in text
    assert "remove the row, or correct its protocol" in text


def test_hostile_texts_are_harmless_in_the_message(tmp_path: Path, of: Task) -> None:
    folder = record(tmp_path, of, "net", lambda name, seed: -5.0)
    path = folder / "predictions.csv"
    path.write_text(path.read_text(encoding="utf-8") + "net,0,test,,\x1b[31m\u202e::error::x,-5\n", encoding="utf-8")
    text = str(refused(folder, of))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "::error::" not in text.replace(": :error::", "")


def test_folders_that_are_no_model(tmp_path: Path, of: Task) -> None:
    assert "no such folder" in refused(tmp_path / "absent", of).what
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "no folder" in refused(tmp_path / "file", of).what
    (tmp_path / "empty").mkdir()
    assert "model.yaml and predictions.csv is not there" in refused(tmp_path / "empty", of).what
    folder = record(tmp_path, of, "net", lambda name, seed: -5.0)
    (folder / "predictions.csv").rename(tmp_path / "elsewhere.csv")
    (folder / "predictions.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert "link" in refused(folder, of).what
    (folder / "predictions.csv").unlink()
    (folder / "predictions.csv").write_bytes((tmp_path / "elsewhere.csv").read_bytes())
    (folder / "model.yaml").write_text("name: [\n", encoding="utf-8")
    assert "not YAML" in refused(folder, of).what


def test_a_folder_of_models_tells_of_each_that_is_wrong(tmp_path: Path, of: Task) -> None:
    with pytest.raises(InputError, match="no recorded models here") as caught:
        every(tmp_path, of)
    assert "--models DIR" in caught.value.cure
    for name in ("one", "other", "right"):
        record(tmp_path, of, name, lambda name, seed: -5.0)
    for name in ("one", "other"):
        broken(tmp_path / name, lambda lines: lines[:2] + lines[3:])
    with pytest.raises(InputError) as caught:
        every(tmp_path, of)
    assert {error.file for error in (caught.value, *caught.value.others)} == {
        str(tmp_path / name / "predictions.csv") for name in ("one", "other")
    }
    write_model(replace(read_model(tmp_path / "other" / "model.yaml"), name="else"), tmp_path / "other")
    with pytest.raises(InputError) as caught:
        every(tmp_path, of)
    assert str(caught.value).count("give both the same name") == 1  # of the second model, whose cure is not that of the first


def test_no_model_stands_twice_by_a_link_and_none_that_is_half_there_is_passed_over(tmp_path: Path, of: Task) -> None:
    record(tmp_path, of, "one", lambda name, seed: -5.0)
    (tmp_path / "pictures").mkdir()
    assert [found.model.name for found in every(tmp_path, of)] == ["one"]
    (tmp_path / "again").symlink_to(tmp_path / "one")
    (tmp_path / "half").mkdir()
    shutil.copy(tmp_path / "one" / "predictions.csv", tmp_path / "half")
    with pytest.raises(InputError) as caught:
        every(tmp_path, of)
    text = str(caught.value)
    assert "this folder is a link" in text
    assert "model.yaml is not there" in text


def test_what_costs_time_is_bounded(tmp_path: Path, of: Task) -> None:
    folder = record(tmp_path, of, "net", lambda name, seed: -5.0)
    write_model(replace(read_model(folder / "model.yaml"), seeds=tuple(range(2_000))), folder)
    assert "no predictions for seed 2 of test, and for 1997 more seeds" in refused(folder, of).what
    write_model(replace(read_model(folder / "model.yaml"), seeds=(), fold_seeds=()), folder)
    broken(folder, lambda lines: lines[:1])
    assert refused(folder, of).what == "no predictions for the test set"
    with (folder / "predictions.csv").open("a", encoding="utf-8") as handle:
        handle.write("net,0,test,,e31,-5\n" * 100_001)
    assert "100001, more than 100000 rows of a table" in refused(folder, of).what


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["model.yaml", "predictions.csv"]),
    at=st.integers(0, 2000),
    new=st.text(max_size=6) | st.sampled_from(["\n", '"', ",", "-", ": [", "\x00"]),
)
def test_whatever_is_changed_is_read_or_refused_in_words(tmp_path: Path, of: Task, name: str, at: int, new: str) -> None:
    folder = tmp_path / "net"
    if not folder.exists():
        record(tmp_path, of, "net", lambda name, seed: -5.0)
        shutil.copytree(folder, tmp_path / "whole")
    shutil.copy(tmp_path / "whole" / name, folder / name)
    text = (folder / name).read_text(encoding="utf-8")
    place = at % len(text)
    (folder / name).write_bytes((text[:place] + new + text[place + len(new) :]).encode("utf-8", "surrogatepass"))
    said = ""
    try:
        recorded(folder, of)
    except InputError as error:
        said = str(error)
    finally:
        shutil.copy(tmp_path / "whole" / name, folder / name)
    assert all(character.isprintable() or character == "\n" for character in said)
