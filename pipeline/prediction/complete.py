"""Recorded models held to the task: what is missing, doubled, of another entry, fold or release is named before anything is scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import InputError
from pipeline.prediction.recorded import MODEL_FILE, PREDICTIONS_FILE, Model, gathered, read_model, read_predictions
from pipeline.prediction.score import Run
from pipeline.prediction.task import Task, training_hash
from pipeline.safety.inputs import plain_files
from schemas import predictions as schema

if TYPE_CHECKING:
    import pandas as pd

#: IDs that a message lists.
NAMED = 10
#: No conductivity has a logarithm beyond this, and sums of larger numbers overflow.
LARGEST = 100.0
_HELD_OUT = (schema.RANDOM_FOLDS, schema.GROUP_FOLDS)


@dataclass(frozen=True, eq=False)
class Recorded:
    """A model whose predictions are complete: what it is, and its runs in the order of :data:`schemas.predictions.PROTOCOLS`."""

    model: Model
    runs: tuple[Run, ...]

    def run(self, protocol: str) -> Run | None:
        """Its predictions under a protocol."""
        return next((run for run in self.runs if run.protocol == protocol), None)


def recorded(folder: Path, task: Task) -> Recorded:
    """Read a model's folder and hold it to the task.

    Raises
    ------
    InputError
        With file, row and cure of everything that is wrong (see :func:`faults`).
    """
    if not folder.is_dir():
        cure = f"name a folder that holds {MODEL_FILE} and {PREDICTIONS_FILE}"
        raise InputError("there is no such folder" if not folder.exists() else "this is no folder", file=folder, cure=cure)
    there = {path.name for path in plain_files(folder)}
    if missing := [name for name in (MODEL_FILE, PREDICTIONS_FILE) if name not in there]:
        cure = "a model is a folder with these two files (docs/benchmark.md)"
        raise InputError(f"{' and '.join(missing)} is not there", file=folder, cure=cure)
    model = read_model(folder / MODEL_FILE)
    table = read_predictions(folder / PREDICTIONS_FILE)
    wrong = [*_said(model, folder, task), *faults(table, model, folder / PREDICTIONS_FILE, task)]
    if wrong:
        raise gathered(wrong)
    return Recorded(model, tuple(_runs(table, model, task)))


def every(models: Path, task: Task) -> list[Recorded]:
    """All models of a folder of models, by name.

    Raises
    ------
    InputError
        As :func:`recorded`, for all models at once; when there is no such folder, or no model in it.
    """
    folders = sorted(path for path in models.iterdir() if _is_begun(path)) if models.is_dir() else []
    if not any((folder / MODEL_FILE).exists() for folder in folders):
        cure = "name the folder 'models' of a checkout with --models DIR; 'benchmark run' makes one"
        raise InputError("there are no recorded models here", file=models, cure=cure)
    found, wrong = list[Recorded](), list[InputError]()
    for folder in folders:
        try:
            if folder.is_symlink():  # one model would stand on the board twice
                raise InputError("this folder is a link", file=folder, cure="put the model's folder itself here, or take the link away")
            found.append(recorded(folder, task))
        except InputError as error:
            others, error.others = error.others, ()
            if wrong:  # what has another cure than the first of its model tells it already
                gathered([wrong[0], error, *(other for other in others if other.cure == error.cure)])
            wrong += [error, *others]
    if wrong:
        raise InputError.gather(wrong)
    return found


def _is_begun(folder: Path) -> bool:
    """Whether a folder holds at least one of the files of a model."""
    return folder.is_dir() and any((folder / name).exists() for name in (MODEL_FILE, PREDICTIONS_FILE))


def learned_from(model: Model, task: Task) -> tuple[str, ...]:
    """IDs that a model was trained on."""
    out = frozenset(model.training.left_out)
    return tuple(name for name in task.training_ids(model.training.set) if name not in out)


def _said(model: Model, folder: Path, task: Task) -> Iterator[InputError]:
    """What ``model.yaml`` says that is not so."""
    file = folder / MODEL_FILE
    if model.name != folder.resolve().name:
        yield InputError(
            "the folder has another name than the model", file=file, column="name", value=model.name, cure="give both the same name"
        )
    for name, right in task.hashes.items():
        if model.hashes[name] != right:
            cure = f"predict the task of this release: its hash is {right}. For another release, name it with --release"
            yield InputError(f"the hash of the {name} is another", file=file, column=f"hashes: {name}", value=model.hashes[name], cure=cure)
    known = frozenset(task.training_ids(model.training.set))
    if strange := [name for name in model.training.left_out if name not in known]:
        cure = f"name entries of the training set '{model.training.set}' only"
        yield InputError("no training entries", file=file, column="training: left_out", value=_listed(strange), cure=cure)
        return
    learned = learned_from(model, task)
    if model.training.entries != len(learned):
        cure = f"{len(learned)} for the set '{model.training.set}' without those left out"
        yield InputError("another number of entries", file=file, column="training: entries", value=model.training.entries, cure=cure)
    if model.training.sha256 != (right := training_hash(learned)):
        cure = f"the hash of the set '{model.training.set}' without those left out is {right}; name in left_out what the model did not see"
        yield InputError(
            "the hash of the training IDs is another", file=file, column="training: sha256", value=model.training.sha256, cure=cure
        )


def faults(table: pd.DataFrame, model: Model, file: Path, task: Task) -> Iterator[InputError]:
    """What is wrong with predictions, by row, then what is missing.

    * a row of another model, or of an ID that the release does not have;
    * a row twice (one seed, protocol and ID);
    * a training entry in the test, a test entry in the folds, an entry in another fold than its own;
    * a number that is no logarithm of a conductivity;
    * a seed that ``model.yaml`` does not name, or none of one that it names;
    * an entry that is not predicted.
    """
    right = {
        schema.TEST: frozenset(task.test), schema.TRAIN: frozenset(learned_from(model, task)),
        **dict.fromkeys(_HELD_OUT, frozenset(task.train)),
    }  # fmt: skip
    folds = {schema.RANDOM_FOLDS: task.random_folds, schema.GROUP_FOLDS: task.group_folds}
    known, first = frozenset(task.ids), dict[tuple[int, str, str], int]()

    def wrong(what: str, column: str, value: object, cure: str) -> InputError:
        return InputError(what, file=file, row=row, column=column, value=value, cure=cure)

    for row, name, seed, protocol, fold, entry, value in _rows(table):
        if name != model.name:
            yield wrong("a row of another model", schema.MODEL, name, f"write {model.name}, or move the row to that model's folder")
        if entry not in known:
            yield wrong(
                "no entry has this ID", schema.ENTRY, entry, "correct or remove it; 1e9 and 019 are IDs, which a spreadsheet spoils"
            )
        elif entry not in right[protocol]:
            yield wrong(_misplaced(entry, protocol, task), schema.ENTRY, entry, "remove the row, or correct its protocol")
        elif protocol in folds and fold != folds[protocol][entry]:
            yield wrong(
                "the entry is held out in another fold", schema.FOLD, fold, f"{entry} is in fold {folds[protocol][entry]} of {protocol}"
            )
        if (seen := first.setdefault((seed, protocol, entry), row)) != row:
            yield wrong(f"the prediction stands in row {seen} already", schema.ENTRY, entry, "one a seed, protocol and entry: remove one")
        if abs(value) > LARGEST:
            yield wrong("no logarithm of a conductivity", schema.PREDICTION, value, "log10 of the conductivity in S cm-1, such as -4.2")
    values = table[schema.PREDICTION].to_numpy(dtype=np.float64)
    if len(values) and ((values > 0) & (values < 1)).all():
        cure = "write log10 of them, such as -4.2 for 6e-5"
        yield InputError(
            "all predictions lie between 0 and 1: these are conductivities in S cm-1", file=file, column=schema.PREDICTION, cure=cure
        )
    yield from _missing(first.keys(), model, file, task)


def _misplaced(entry: str, protocol: str, task: Task) -> str:
    sides = {"a training entry": task.train, "a test entry": task.test}
    side = next((side for side, names in sides.items() if entry in names), "an entry in neither set")
    return f"{side} in the protocol {protocol}"


def _missing(there: Iterable[tuple[int, str, str]], model: Model, file: Path, task: Task) -> Iterator[InputError]:
    """Seeds and entries that are not predicted, and seeds that nobody named. A model of structures may predict the other entries too."""
    own: dict[str, dict[int, set[str]]] = {}
    for seed, protocol, entry in there:
        own.setdefault(protocol, {}).setdefault(seed, set()).add(entry)
    if model.fold_seeds and not own.keys() & set(_HELD_OUT):
        yield InputError("no predictions for folds", file=file, cure="add them, or leave fold_seeds empty in model.yaml")
    for protocol in (schema.TEST, *(name for name in (*_HELD_OUT, schema.TRAIN) if name in own)):
        seeds = model.fold_seeds if protocol in _HELD_OUT else model.seeds
        named = "fold_seeds" if protocol in _HELD_OUT else "seeds"
        found = own.get(protocol, {})
        if strange := sorted(found.keys() - set(seeds)):
            cure = f"name it among the {named} of {MODEL_FILE}, or remove its rows"
            yield InputError(
                f"a seed of {protocol} that {MODEL_FILE} does not name", file=file, column=schema.SEED, value=strange[0], cure=cure
            )
        wanted = _wanted(protocol, model, task, {name for names in found.values() for name in names})
        if not seeds and not found:
            yield InputError("no predictions for the test set", file=file, cure=f"add them, and name their seeds in {MODEL_FILE}")
        if absent := sorted(set(seeds) - found.keys()):
            what = f"no predictions for seed {absent[0]} of {protocol}" + (f", and for {len(absent) - 1} more seeds" if absent[1:] else "")
            cure = f"predict {len(wanted)} entries once a seed"
            yield InputError(what, file=file, column=schema.SEED, cure=cure)
        for seed in sorted(found.keys() & set(seeds)):
            if lacking := [name for name in wanted if name not in found[seed]]:
                what = f"{len(lacking)} of {len(wanted)} predictions are missing for seed {seed} of {protocol}"
                yield InputError(what, file=file, column=schema.ENTRY, value=_listed(lacking), cure="predict each once a seed")


def _wanted(protocol: str, model: Model, task: Task, there: set[str]) -> Sequence[str]:
    """IDs that a model must predict under a protocol; an ID that is out of place does not ask for more of them."""
    if protocol == schema.TRAIN:
        return learned_from(model, task)
    ids = task.test_ids if protocol == schema.TEST else task.training_ids
    narrow = ids(model.training.set)
    whole = ids("all")
    return whole if there & (set(whole) - set(narrow)) else narrow


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return " ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


Row = tuple[int, str, int, str, int | None, str, float]


def _rows(table: pd.DataFrame) -> Iterator[Row]:
    """Row number and cells, as plain values."""
    folds = [None if missing else int(fold) for fold, missing in zip(table[schema.FOLD], table[schema.FOLD].isna(), strict=True)]
    columns = (table[column].tolist() for column in (schema.MODEL, schema.SEED, schema.PROTOCOL))
    yield from zip(table.index.tolist(), *columns, folds, table[schema.ENTRY].tolist(), table[schema.PREDICTION].tolist(), strict=True)


def _runs(table: pd.DataFrame, model: Model, task: Task) -> Iterator[Run]:
    """The runs of a table without faults."""
    folds = {schema.RANDOM_FOLDS: task.random_folds, schema.GROUP_FOLDS: task.group_folds}
    learned = frozenset(learned_from(model, task))
    values: dict[str, dict[int, dict[str, float]]] = {}
    for _, _, seed, protocol, _, entry, value in _rows(table):
        values.setdefault(protocol, {}).setdefault(seed, {})[entry] = value
    for protocol in (name for name in (*schema.PROTOCOLS, schema.TRAIN) if name in values):
        of_seed = dict(sorted(values[protocol].items()))
        ids = tuple(sorted(next(iter(of_seed.values()))))  # every seed has the same
        predicted = np.array([[said[entry] for entry in ids] for said in of_seed.values()])
        held = np.array([folds[protocol][entry] for entry in ids], dtype=np.int64) if protocol in folds else None
        yield Run(model.name, protocol, tuple(of_seed), ids, predicted, held, learned)
