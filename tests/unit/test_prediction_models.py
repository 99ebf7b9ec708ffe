"""Models without a structure, and the run that records them: on made-up entries with a law to be learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.prediction import models, simple
from pipeline.prediction.elements import PROPERTIES, ElementTable, ElementTableError, properties
from pipeline.prediction.features import FEATURE_SETS, features, volumes
from pipeline.prediction.models import KINDS, Extra, ExtraMissingError, Kind
from pipeline.prediction.problem import Fit, Learner, problem
from pipeline.prediction.recorded import MODEL_FILE, PREDICTIONS_FILE, read_model, read_predictions
from pipeline.prediction.run import Options, run
from pipeline.prediction.search import SEARCH_FILE, Trial, chosen
from pipeline.prediction.task import Task, training_hash
from tests.unit.predictions import record, small

NO_STRUCTURES: dict[str, object] = {}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forest of few trees with two candidates."""
    settings = {"features": "paper", "trees": 3, "max_features": 1.0, "min_leaf": 1}
    monkeypatch.setitem(KINDS, "forest", replace(KINDS["forest"], candidates=(settings, {**settings, "min_leaf": 4})))


def ran(task: Task, out: Path, *names: str, seeds: int = 2) -> list[Path]:
    return run(task, dict, Options(names, out, seeds=seeds))


# --- what models are told ------------------------------------------------------------------------------------------------
def test_the_composition_says_the_same_for_any_choice_of_cell() -> None:
    task = small()
    lattices = task.lattices.copy()
    lattices[:, 0] *= 2
    doubled = replace(task, lattices=lattices, contents=tuple({e: 2 * x for e, x in content.items()} for content in task.contents))
    np.testing.assert_allclose(features(doubled, "composition"), features(task, "composition"), rtol=1e-9, atol=1e-9)
    assert not np.allclose(features(doubled, "paper"), features(task, "paper"))


def test_features_are_finite_whatever_is_missing() -> None:
    task = small()
    bare = replace(
        task, contents=({}, *task.contents[1:]), lattices=np.zeros_like(task.lattices), spacegroups=np.zeros_like(task.spacegroups)
    )
    for which in FEATURE_SETS:
        assert np.isfinite(features(bare, which)).all()


def test_volumes() -> None:
    """A cube, a hexagonal cell (a²c sin 120°), and three axes in one plane, which hold nothing."""
    cells = np.array([[2, 2, 2, 90, 90, 90], [3, 3, 5, 90, 90, 120], [3, 3, 3, 120, 120, 120]], dtype=float)
    np.testing.assert_allclose(volumes(cells), [8, 45 * np.sqrt(3) / 2, 0], atol=1e-6)


def test_mean_and_deviation_are_those_of_the_atoms() -> None:
    """Li3O: mass 6.94 three times and 15.999 once."""
    task = small()
    row = [list(content.items()) for content in task.contents].index([("Li", 3.0), ("O", 1.0)])
    table = features(task, "composition")[row]
    masses = [6.94, 6.94, 6.94, 15.999]
    assert table[:2].tolist() == [0.75, 0.25]
    assert table[2] == pytest.approx(np.mean(masses), rel=1e-3)
    assert table[2 + len(PROPERTIES)] == pytest.approx(np.std(masses), rel=1e-3)


# --- one table of elements ------------------------------------------------------------------------------------------------
def test_a_table_of_elements_is_in_the_order_of_their_numbers() -> None:
    assert ElementTable.of(["O", "Li", "H", "O"]).symbols == ("H", "Li", "O")


def test_another_table_is_found_and_the_place_is_named() -> None:
    ours = ElementTable.of(["Li", "O", "Na"])
    ours.require(ElementTable(("Li", "O", "Na")), "the net")
    with pytest.raises(ElementTableError, match=r"the net is another: place 2 is Na here, and Mg there"):
        ours.require(ElementTable(("Li", "O", "Mg")), "the net")
    with pytest.raises(ElementTableError, match="3 and 2 elements"):
        ours.require(ElementTable(("Li", "O")), "the net")
    with pytest.raises(ElementTableError, match="no Cl"):
        ours.amounts([{"Cl": 1.0}])


def test_properties_are_finite_for_every_element() -> None:
    every = ElementTable.of(["H", "He", "Ar", "Lr", "Li", "Cm"])
    assert np.isfinite(properties(every)).all()


# --- what they learn --------------------------------------------------------------------------------------------------------
LEARNERS: dict[str, tuple[Learner, dict[str, object]]] = {
    "nearest": (simple.nearest, {"neighbours": 3}),
    "forest": (simple.forest, {"features": "paper", "trees": 30, "max_features": 1.0, "min_leaf": 1}),
    "extra-trees": (simple.extra_trees, {"features": "composition", "trees": 30, "max_features": 1.0, "min_leaf": 1}),
    "gaussian-process": (simple.gaussian_process, {"features": "composition", "nu": 1.5}),
    "gradient-boosting": (
        simple.boosting,
        {"features": "composition", "trees": 60, "rate": 0.2, "depth": 3, "subsample": 0.7, "max_features": 0.3},
    ),
    "mlp": (simple.perceptron, {"features": "paper", "hidden": [64], "alpha": 0.1, "steps": 500, "standardized": True}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LEARNERS)
def test_a_law_is_learned_and_shuffled_labels_teach_nothing(name: str) -> None:
    """With labels dealt at random no model may beat the median by more than 0.1 decades; with the right ones each does by far."""
    if name != "nearest":
        pytest.importorskip("sklearn", reason="needs the extra 'baseline'")
    learner, settings = LEARNERS[name]
    task = small(400)
    given = problem(task, dict)
    rows = np.arange(400)
    train, test = rows[rows % 4 > 0], rows[rows % 4 == 0]
    labels = task.targets("as-bounds")

    def error(targets: np.ndarray, model: Learner = learner) -> float:
        return float(np.abs(model(given, Fit(train, targets, test), settings, 0) - labels[test]).mean())

    shuffled = np.random.default_rng(1).permutation(labels[train])
    floor = error(labels[train], simple.median)
    assert error(labels[train]) < floor - 1
    assert error(shuffled) > floor - 0.1


def test_the_nearest_do_not_depend_on_the_order_of_the_entries() -> None:
    task = small()
    given = problem(task, dict)
    train, test = given.task.rows(task.train), given.task.rows(task.test)
    labels = task.targets("as-bounds")
    one, other = (
        simple.nearest(given, Fit(order, labels[order], test), {"neighbours": 2}, 0) for order in (train, train[::-1])
    )  # fmt: skip
    np.testing.assert_allclose(one, other)


# --- what is recorded -----------------------------------------------------------------------------------------------------
def test_each_protocol_covers_its_entries_once_a_seed(tmp_path: Path, quick: None) -> None:
    pytest.importorskip("sklearn", reason="needs the extra 'baseline'")
    task = small()
    ran(task, tmp_path, "median", "forest", "forest-structures")
    for name, which in (("median", "all"), ("forest", "all"), ("forest-structures", "structures")):
        found = read_predictions(tmp_path / name / PREDICTIONS_FILE)
        wanted = {"test": task.test_ids(which), "train": task.training_ids(which)}  # type: ignore[arg-type]
        wanted |= dict.fromkeys(("random-folds", "group-folds"), wanted["train"])
        fold_seeds = (0,) if name == "median" else (0, 1)  # no seed changes the median
        for protocol, ids in wanted.items():
            for seed in fold_seeds if "folds" in protocol else (0, 1):
                rows = found[(found["protocol"] == protocol) & (found["seed"] == seed)]
                assert sorted(rows["ID"]) == sorted(ids)
                if "folds" in protocol:
                    folds = task.random_folds if protocol == "random-folds" else task.group_folds
                    assert dict(zip(rows["ID"], rows["fold"], strict=True)) == {entry: folds[entry] for entry in ids}
        assert len(found) == sum((len(fold_seeds) if "folds" in protocol else 2) * len(ids) for protocol, ids in wanted.items())
        model = read_model(tmp_path / name / MODEL_FILE)
        assert (model.training.set, model.training.sha256) == (which, training_hash(wanted["train"]))
        assert (model.seeds, model.fold_seeds, model.hashes) == ((0, 1), fold_seeds, task.hashes)


def test_folds_are_held_out(tmp_path: Path) -> None:
    """The median of a fold's complement, by hand."""
    task = small()
    ran(task, tmp_path, "median", seeds=1)
    found = read_predictions(tmp_path / "median" / PREDICTIONS_FILE)
    labels = dict(zip(task.ids, task.targets(), strict=True))
    for fold in range(5):
        rest = np.median([labels[entry] for entry in task.train if task.group_folds[entry] != fold])
        mine = found[(found["protocol"] == "group-folds") & (found["fold"] == fold)]["prediction"]
        np.testing.assert_allclose(mine, rest, atol=1e-6)


def test_labels_of_the_test_set_change_no_prediction(tmp_path: Path, quick: None) -> None:
    """Every label and bound of the test set altered: the same bytes. A label of the training set altered: others."""
    pytest.importorskip("sklearn", reason="needs the extra 'baseline'")
    task = small()
    names = ("median", "nearest", "forest")
    altered, learned = task.conductivities.copy(), task.conductivities.copy()
    altered[30:] = 0.5
    learned[:15] = 0.5
    others = {
        "altered": replace(task, conductivities=altered, bounds=(*task.bounds[:30], *["<"] * 10)),
        "learned": replace(task, conductivities=learned, bounds=("",) * 40),
    }
    ran(task, tmp_path / "as they are", *names, seeds=1)
    for folder, other in others.items():
        ran(other, tmp_path / folder, *names, seeds=1)
    for name in names:
        before, same, different = ((tmp_path / f / name / PREDICTIONS_FILE).read_bytes() for f in ("as they are", *others))
        assert before == same
        assert before != different
    searched = [(tmp_path / f / SEARCH_FILE).read_bytes() for f in ("as they are", *others)]
    assert searched[0] == searched[1] != searched[2]
    hashes = [read_model(tmp_path / f / "forest" / MODEL_FILE).hashes["release"] for f in ("as they are", "altered")]
    assert hashes[0] != hashes[1]


def test_entries_left_out_are_predicted_and_not_learned_from(tmp_path: Path) -> None:
    task = small()
    run(task, dict, Options(("median",), tmp_path, seeds=1, bounds="left-out"))
    model = read_model(tmp_path / "median" / MODEL_FILE)
    assert (model.training.entries, model.training.left_out, model.bounds) == (27, ("e09", "e19", "e29"), "left-out")
    found = read_predictions(tmp_path / "median" / PREDICTIONS_FILE)
    assert set(found[found["protocol"] == "group-folds"]["ID"]) == set(task.train)
    counted = [
        value
        for entry, value in zip(task.ids, task.targets("left-out"), strict=True)
        if entry in model_train(task, model.training.left_out)
    ]
    assert found[found["protocol"] == "test"]["prediction"].unique().tolist() == pytest.approx([np.median(counted)])


def model_train(task: Task, left_out: tuple[str, ...]) -> set[str]:
    return set(task.train) - set(left_out)


# --- what is chosen -------------------------------------------------------------------------------------------------------
def test_the_first_of_the_best_candidates_is_chosen() -> None:
    trials = [Trial("m", place, "{}", error, "") for place, error in enumerate((2.0, 1.5, 1.5, 1.7))]
    assert chosen(trials) == 1


def test_a_search_is_kept_beside_those_of_other_models(tmp_path: Path, quick: None) -> None:
    pytest.importorskip("sklearn", reason="needs the extra 'baseline'")
    task = small()
    ran(task, tmp_path, "nearest")
    ran(task, tmp_path, "forest")
    first = (tmp_path / SEARCH_FILE).read_text(encoding="utf-8")
    ran(task, tmp_path, "nearest")
    assert (tmp_path / SEARCH_FILE).read_text(encoding="utf-8") == first
    models_of = [line.split(",")[0] for line in first.splitlines()[1:]]
    assert models_of == ["forest"] * 2 + ["nearest"] * len(KINDS["nearest"].candidates)


def test_a_model_takes_over_the_choice_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "follower", replace(KINDS["nearest"], as_chosen="nearest"))
    ran(small(), tmp_path, "nearest", "follower")
    one, other = (read_model(tmp_path / name / MODEL_FILE) for name in ("nearest", "follower"))
    assert one.settings == other.settings
    assert "taken over" in other.selection


def test_a_mean_takes_the_members_that_lower_its_error_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that err by one decade each way cancel; a third that errs more is left out. By hand from what they predict."""
    task = small()
    labels = dict(zip(task.ids, task.targets(), strict=True))
    for name, off in (("low", -1.0), ("high", 1.5), ("far", 6.0)):
        record(tmp_path, task, name, lambda entry, seed, off=off: labels[entry] + off, with_train=True)
    mean = Kind(
        "Mean", "what its members are told", lambda: simple.median, ({},), models.NO_EXTRA, ("all",), members=("far", "high", "low")
    )
    monkeypatch.setitem(KINDS, "mean", mean)
    ran(task, tmp_path, "mean")
    model = read_model(tmp_path / "mean" / MODEL_FILE)
    assert (model.settings, model.seeds, model.fold_seeds) == ({"members": ["low", "high"]}, (0, 1), (0,))
    found = read_predictions(tmp_path / "mean" / PREDICTIONS_FILE)
    np.testing.assert_allclose(found["prediction"] - found["ID"].map(labels), 0.25, atol=1e-6)
    assert len(found) == len(read_predictions(tmp_path / "low" / PREDICTIONS_FILE))
    steps = [line for line in (tmp_path / SEARCH_FILE).read_text(encoding="utf-8").splitlines() if line.startswith("mean")]
    assert len(steps) == 2


def test_a_mean_of_models_that_are_not_there_or_of_another_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "mean", Kind("Mean", "x", lambda: simple.median, ({},), models.NO_EXTRA, ("all",), members=("median",)))
    task = small()
    with pytest.raises(InputError, match="needs the predictions of median"):
        ran(task, tmp_path, "mean")
    ran(task, tmp_path, "median")
    with pytest.raises(InputError, match="another release"):
        ran(replace(task, conductivities=task.conductivities * 2), tmp_path, "mean")


# --- what is refused ------------------------------------------------------------------------------------------------------
def test_a_model_that_nobody_knows(tmp_path: Path) -> None:
    for name in ("oracle", "forest-structures-structures", "cgcnn-structures", "-structures"):
        with pytest.raises(InputError, match="no such model"):
            ran(small(), tmp_path, "median", name)
    assert list(tmp_path.iterdir()) == []


def test_a_model_whose_extra_is_missing_names_the_line_to_install_and_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = Kind("Absent", "nothing", lambda: simple.median, ({},), Extra("benchmark-far", ("no_such_module_here",)), ("all",))
    monkeypatch.setitem(KINDS, "absent", lacking)
    with pytest.raises(ExtraMissingError) as caught:
        ran(small(), tmp_path, "median", "absent")
    assert "pip install 'obelix-curate[benchmark-far]'" in str(caught.value)
    assert "no_such_module_here" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "median").mkdir()
    (tmp_path / "median" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        ran(small(), tmp_path, "median")
    with pytest.raises(InputError, match="no seed"):
        ran(small(), tmp_path, "nearest", seeds=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["median"]


def test_names_of_models_are_names_of_folders() -> None:
    from schemas.predictions import MODEL

    every = models.names()
    assert len(set(every)) == len(every)
    for name in every:
        assert __import__("re").fullmatch(str(MODEL.pattern), name)
        models.kind(name)
