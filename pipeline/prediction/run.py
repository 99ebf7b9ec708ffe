"""Train models and record their predictions.

For each model: choose its settings on the folds of its training set that keep groups, fit it on the whole training set with each seed and
predict the test set, fit it on each fold's complement and predict the fold. The labels of the test set are taken away before any of it.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.prediction import models as registry
from pipeline.prediction.problem import Fit, Problem, problem
from pipeline.prediction.recorded import MODEL_FILE, PREDICTIONS_FILE, Model, Training, write_model, write_predictions
from pipeline.prediction.search import Trial, chosen, keep, search
from pipeline.prediction.task import RECORDED_RELEASE, Bounds, Task, TrainingSet, training_hash
from schemas import predictions as schema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from pipeline.prediction.models import Kind
    from pipeline.prediction.problem import Settings
    from pipeline.structures.cif import Structure

    Numbers = NDArray[np.float64]

SEEDS = 3
WHO = "the obelix-curate developers"
LICENCE = "CC-BY-4.0"
#: Libraries whose versions decide a prediction.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "pymatgen", "gemmi", "matgl", "chgnet")
#: Settings that models chose, by name and training set.
Choices = dict[tuple[str, TrainingSet], "Settings"]
#: What a settings search is worth a word about.
RULE = "lowest mean absolute error on the five folds of the training set that keep papers and compositions together"


@dataclass(frozen=True)
class Options:
    """How to train.

    Attributes
    ----------
    models
        Names of models (:func:`pipeline.prediction.models.names`).
    out
        Folder that gets a folder for each model.
    seeds
        How many seeds, from 0.
    device
        Where nets are trained; by default a device when there is one.
    bounds
        How upper bounds of the training set count.
    release
        Name of the release, for ``model.yaml``.
    tell
        Is told what is being trained, a line at a time.
    """

    models: Sequence[str]
    out: Path
    seeds: int = SEEDS
    device: str | None = None
    bounds: Bounds = "as-published"
    release: str = RECORDED_RELEASE
    tell: Callable[[str], None] = field(default=lambda _: None)


def run(task: Task, load: Callable[[], Mapping[str, Structure]], options: Options) -> list[Path]:
    """Train models and write a folder for each as soon as it is done; the folders.

    Parameters
    ----------
    task
        The task of a release.
    load
        Gives its structures by ID, if a model asks for them.
    options
        What to train, and where to write it.

    Raises
    ------
    InputError
        When there is no such model, something that it needs is not installed, the device is not there, or a folder must not be written.
        All of it before anything is trained, as far as it can be known.
    """
    from pipeline.safety.outputs.folders import exchanged, only, require_place

    if options.seeds < 1:
        raise InputError("no seed, no model", value=options.seeds, cure="ask for one seed or more")
    wanted = list(dict.fromkeys(options.models))
    registry.require(wanted)
    judge = only((MODEL_FILE, PREDICTIONS_FILE))
    for name in wanted:
        require_place(options.out / name, judge)
    given = problem(task, load, _device(options.device, wanted))
    written = []
    choices: Choices = {}
    for name in wanted:
        options.tell(name)
        make = averaged if registry.kind(name)[0].members else trained
        model, predictions, trials = make(name, given, task, options, choices)
        with exchanged(options.out / name, judge) as folder:
            write_model(model, folder)
            write_predictions(predictions, folder)
        if trials:
            keep(trials, options.out)
        options.tell(f"{name}: {model.cpu_seconds:.0f} s of CPU")
        written.append(options.out / name)
    return written


def _device(asked: str | None, wanted: Sequence[str]) -> str:
    """The device of nets; ``cpu`` where no model is one."""
    if not any(
        registry.kind(name)[0].extra is not registry.NO_EXTRA and "torch" in registry.kind(name)[0].extra.modules for name in wanted
    ):
        return "cpu"
    from pipeline.prediction.learning import device

    return device(asked)


def trained(name: str, given: Problem, task: Task, options: Options, choices: Choices) -> tuple[Model, pd.DataFrame, list[Trial]]:
    """A model's description and predictions, and the trials of its search.

    ``task``, which has all labels, is only hashed. ``choices`` keeps what was chosen, for models that take it over.
    """
    kind, which = registry.kind(name)
    began = time.process_time()
    blind = given.task
    targets = blind.targets(options.bounds)
    learner = kind.learner()
    settings, trials = _settings(name, kind, which, given, targets, choices)
    seeds = tuple(range(options.seeds))
    fold_seeds = seeds if kind.many_folds and kind.is_random else seeds[:1]
    train = _usable(blind, which, targets)
    parts = []
    known: dict[tuple[str, int, int], Numbers] = {}

    def learned(protocol: str, fold: int, seed: int, fit: Fit) -> Numbers:
        """The predictions of a fit; those of the first seed where a seed changes nothing."""
        key = (protocol, fold, seed if kind.is_random else 0)
        if key not in known:
            known[key] = learner(given, fit, settings, seed)
        return known[key]

    test = blind.test_ids(which)
    whole = Fit(blind.rows(train), targets[blind.rows(train)], blind.rows([*test, *train]))
    for seed in seeds:
        found = learned(schema.TEST, 0, seed, whole)
        parts.append(_table(name, seed, schema.TEST, None, test, found[: len(test)]))
        parts.append(_table(name, seed, schema.TRAIN, None, train, found[len(test) :]))
    for protocol, folds in ((schema.RANDOM_FOLDS, blind.random_folds), (schema.GROUP_FOLDS, blind.group_folds)):
        for fold in range(schema.FOLDS):
            fit, held = fold_fit(blind, which, folds, fold, targets)
            if held:
                parts += [_table(name, seed, protocol, fold, held, learned(protocol, fold, seed, fit)) for seed in fold_seeds]
    import pandas as pd

    model = _described(name, given, task, options, train, settings=settings, fold_seeds=fold_seeds, began=began)
    return model, pd.concat(parts, ignore_index=True), trials


def averaged(name: str, given: Problem, task: Task, options: Options, _: Choices) -> tuple[Model, pd.DataFrame, list[Trial]]:
    """The same for a mean of several models, from their recorded predictions."""
    from pipeline.prediction.stack import chosen_members, mean, members

    kind, which = registry.kind(name)
    began = time.process_time()
    targets = given.task.targets(options.bounds)
    each = members(kind.members, options.out, task.hashes)
    taken, trials = chosen_members(name, each, given.task, targets)
    found = mean(name, each, taken)
    train = _usable(given.task, which, targets)
    fold_seeds = tuple(sorted({int(seed) for seed in found.loc[found[str(schema.PROTOCOL)] == schema.GROUP_FOLDS, str(schema.SEED)]}))
    seeds = tuple(sorted({int(seed) for seed in found[str(schema.SEED)]}))
    model = _described(
        name, given, task, options, train, settings={"members": taken}, fold_seeds=fold_seeds, began=began, seeds=seeds,
        selection=f"members of {', '.join(kind.members)}, added one at a time: {RULE}",
    )  # fmt: skip
    return model, found, trials


def _described(
    name: str, given: Problem, task: Task, options: Options, train: Sequence[str], *, settings: Settings, fold_seeds: tuple[int, ...],
    began: float, seeds: tuple[int, ...] | None = None, selection: str = "",
) -> Model:  # fmt: skip
    """``model.yaml`` of a model that this program trained; ``began`` is the CPU time when its work began."""
    kind, which = registry.kind(name)
    left_out = tuple(sorted(set(given.task.training_ids(which)) - set(train)))
    return Model(
        name=name, title=kind.title, provenance="retrained", inputs=kind.inputs,
        training=Training(which, len(train), training_hash(train), left_out), bounds=options.bounds, pretraining=kind.pretraining,
        selection=selection or _rule(kind, which), settings=settings, seeds=seeds or tuple(range(options.seeds)), fold_seeds=fold_seeds,
        hashes=task.hashes, release=options.release, versions=_versions(), device=given.device if "torch" in kind.extra.modules else "cpu",
        cpu_seconds=round(time.process_time() - began, 1), licence=LICENCE, who=WHO, notes=tuple(_notes(kind, given)),
    )  # fmt: skip


def fold_fit(task: Task, which: TrainingSet, folds: Mapping[str, int], fold: int, targets: Numbers) -> tuple[Fit, tuple[str, ...]]:
    """The fit that holds one fold out, and the IDs of that fold. Entries whose label does not count are predicted and not learned from."""
    held = tuple(name for name in task.training_ids(which) if folds[name] == fold)
    rest = task.rows(name for name in _usable(task, which, targets) if folds[name] != fold)
    return Fit(rest, targets[rest], task.rows(held)), held


def _usable(task: Task, which: TrainingSet, targets: Numbers) -> tuple[str, ...]:
    """Training entries whose label counts."""
    import numpy as np

    return tuple(name for name in task.training_ids(which) if not np.isnan(targets[task.rows([name])[0]]))


def _settings(
    name: str, kind: Kind, which: TrainingSet, given: Problem, targets: Numbers, choices: Choices
) -> tuple[Settings, list[Trial]]:
    """The settings that a model chooses, and the trials that it chose by; no trials where they were made before."""
    if kind.as_chosen is not None:
        return _settings(kind.as_chosen, registry.KINDS[kind.as_chosen], which, given, targets, choices)
    if (name, which) in choices:
        return choices[name, which], []
    if len(kind.candidates) == 1:
        return kind.candidates[0], []
    folds = given.task.group_folds
    fits = [fold_fit(given.task, which, folds, fold, targets) for fold in range(schema.FOLDS)]
    trials = search(name, kind, given, [fit for fit, held in fits if held], targets)
    choices[name, which] = kind.candidates[chosen(trials)]
    return choices[name, which], trials


def _rule(kind: Kind, which: TrainingSet) -> str:
    told = registry.KINDS[kind.as_chosen] if kind.as_chosen else kind
    if len(told.candidates) == 1:
        return "one set of settings, nothing chosen"
    whose = f" of {told.title}, taken over" if kind.as_chosen else ""
    return f"{len(told.candidates)} candidates{whose}: {RULE}; the first seed; training set: {which}"


def _notes(kind: Kind, given: Problem) -> Iterable[str]:
    if not kind.is_random:
        yield "No choice of it is random: every seed predicts the same."
    if kind.rounded:
        before, after = (given.graphs(rounded, False).without_lithium for rounded in (False, True))
        yield (
            f"{len(after)} of {len(given.graphs(True, False))} structures have no lithium once their occupancies are rounded; "
            f"{len(before)} of them have none in their file."
        )


def _table(name: str, seed: int, protocol: str, fold: int | None, ids: Sequence[str], found: Numbers) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    if not np.isfinite(found).all():
        raise ArithmeticError(f"{name} predicts what is no number: its training went astray")
    count = len(ids)
    return pd.DataFrame(
        {
            str(schema.MODEL): pd.Series([name] * count, dtype="str"), str(schema.SEED): pd.Series([seed] * count, dtype="Int64"),
            str(schema.PROTOCOL): pd.Series([protocol] * count, dtype="str"), str(schema.FOLD): pd.Series([fold] * count, dtype="Int64"),
            str(schema.ENTRY): pd.Series(list(ids), dtype="str"), str(schema.PREDICTION): pd.Series(found, dtype="float64"),
        }
    )  # fmt: skip


def _versions() -> dict[str, str]:
    """Versions of this program, of Python and of the libraries that are installed."""
    from pipeline import __version__

    found = {"obelix-curate": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
