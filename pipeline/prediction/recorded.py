"""A recorded model: a folder of two files, ``model.yaml`` and ``predictions.csv``.

The first says what the model is and what it saw, the second what it predicts. Everything a score needs is in them, so that a model can
join the board without its code being run. This module is their one writer and their one reader; it holds each file to its own form.
Whether the predictions are complete, and those of the task, is for the score to say.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.errors import InputError
from pipeline.prediction.task import BOUNDS, TRAINING_SETS, Bounds, TrainingSet
from pipeline.safety import limits
from pipeline.safety.documents import read_yaml
from pipeline.safety.inputs import read
from schemas import predictions as schema

if TYPE_CHECKING:
    import pandas as pd

MODEL_FILE, PREDICTIONS_FILE = "model.yaml", "predictions.csv"
Provenance = Literal["retrained", "claimed"]
#: ``retrained``: the program trained it. ``claimed``: somebody sent the predictions.
PROVENANCES: tuple[Provenance, ...] = ("retrained", "claimed")
#: What :attr:`Model.hashes` names.
HASHES = ("release", "structures", "split", "folds")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME, _ENTRY = re.compile(str(schema.MODEL.pattern)), re.compile(str(schema.ENTRY.pattern))
#: A prediction is written to a millionth of a decade.
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Training:
    """What a model learned from: a training set of the task, or IDs of its own choice.

    Attributes
    ----------
    set
        ``all`` or ``structures``: which entries the model could take, and so which it must predict.
    entries
        How many it took.
    sha256
        Hash of their IDs (:func:`pipeline.prediction.task.training_hash`).
    left_out
        IDs of the set that it did not take.
    """

    set: TrainingSet
    entries: int
    sha256: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """``model.yaml``.

    Attributes
    ----------
    name
        Name of the folder and of the model in ``predictions.csv``: lower case, digits, hyphens.
    title
        Its name for readers.
    provenance
        ``retrained`` or ``claimed``.
    inputs
        What it is told of an entry, in words.
    training
        What it learned from.
    bounds
        How it took upper bounds when it learned.
    pretraining
        Data that its weights had seen before, in words; ``none`` where there are none.
    selection
        The rule by which its settings were chosen, in words.
    settings
        Its settings by name.
    seeds, fold_seeds
        Seeds of the test predictions and of the folds.
    hashes
        SHA-256 of release, structures, split and folds (:attr:`pipeline.prediction.task.Task.hashes`).
    release
        Name of the release it was trained on.
    versions
        Versions of the program, of Python and of the libraries that decide its numbers.
    device
        What it was trained on.
    cpu_seconds
        CPU time of all its fits.
    licence, who
        Licence of the predictions, and who made them.
    notes
        What else a reader must know, one sentence each.
    """

    name: str
    title: str
    provenance: Provenance
    inputs: str
    training: Training
    bounds: Bounds
    pretraining: str
    selection: str
    settings: Mapping[str, Any]
    seeds: tuple[int, ...]
    fold_seeds: tuple[int, ...]
    hashes: Mapping[str, str]
    release: str
    versions: Mapping[str, str]
    device: str
    cpu_seconds: float
    licence: str
    who: str
    notes: tuple[str, ...] = field(default=())


def write_model(model: Model, folder: Path) -> None:
    """Write ``model.yaml`` into a folder that is there; the same model gives the same bytes."""
    import yaml

    said = {one.name: _plain(getattr(model, one.name)) for one in fields(model)}
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=110)
    (folder / MODEL_FILE).write_text(text, encoding="utf-8", newline="\n")


def _plain(value: Any) -> Any:
    """A value as YAML holds it."""
    if isinstance(value, Training):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def write_predictions(predictions: pd.DataFrame, folder: Path) -> None:
    """Write ``predictions.csv`` in the order of seed, protocol, fold and ID; one row a prediction (:data:`schemas.predictions.COLUMNS`)."""
    order = {name: place for place, name in enumerate((*schema.PROTOCOLS, schema.TRAIN))}
    folds = [
        -1 if missing else int(fold)
        for fold, missing in zip(predictions[str(schema.FOLD)], predictions[str(schema.FOLD)].isna(), strict=True)
    ]
    cells = (predictions[str(c)].tolist() for c in (schema.SEED, schema.PROTOCOL, schema.ENTRY, schema.MODEL, schema.PREDICTION))
    rows = sorted(zip(*cells, folds, strict=True), key=lambda row: (row[0], order[row[1]], row[5], row[2]))
    lines = [",".join(schema.COLUMNS)]
    for seed, protocol, entry, model, value, fold in rows:
        lines.append(f"{model},{seed},{protocol},{'' if fold < 0 else fold},{entry},{value:.{DIGITS}f}")
    (folder / PREDICTIONS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def gathered(wrong: Sequence[InputError]) -> InputError:
    """One error of all, each with its own cure where that is not the first one's, which is told at the end."""
    for error in wrong[1:]:
        if error.cure != wrong[0].cure:
            error.what = f"{error.what} ({error.cure})"
    return InputError.gather(wrong)


def read_model(path: Path) -> Model:
    """Read a ``model.yaml``.

    Raises
    ------
    InputError
        When it is no YAML, or a key is missing, unknown or of another kind; all of them at once.
    """
    from pipeline.safety.inputs import require_file

    require_file(path)
    said = read_yaml(path)
    if not isinstance(said, dict):
        raise InputError("it is not a list of keys and values", file=path, cure=f"write one key a line: {', '.join(_KINDS)}")
    wrong = [
        InputError(f"the key {key!r} is not known", file=path, cure="correct its spelling or remove it")
        for key in said
        if key not in _KINDS
    ]
    for key, (rule, says) in _KINDS.items():
        if key == "notes" and key not in said:
            continue
        if key not in said:
            wrong.append(InputError(f"the key {key!r} is missing", file=path, cure=f"{key}: {says}"))
        elif not rule(said[key]):
            wrong.append(InputError(f"not {says}", file=path, column=key, value=said[key], cure=f"{key}: {says}"))
    if wrong:
        raise gathered(wrong)
    training = said["training"]
    return Model(
        **{key: said[key] for key in _KINDS if key not in ("training", "seeds", "fold_seeds", "notes", "cpu_seconds")},
        training=Training(training["set"], training["entries"], training["sha256"], tuple(training.get("left_out", ()))),
        seeds=tuple(said["seeds"]), fold_seeds=tuple(said["fold_seeds"]), notes=tuple(said.get("notes", ())),
        cpu_seconds=float(said["cpu_seconds"]),
    )  # fmt: skip


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_seeds(value: object) -> bool:
    return isinstance(value, list) and all(_is_count(seed) for seed in value) and len(set(value)) == len(value)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(item) for item in value)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(key, str) for key in value)


def _are_named_texts(value: object) -> bool:
    return isinstance(value, dict) and all(_is_text(key) and _is_text(item) for key, item in value.items())


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _are_hashes(value: object) -> bool:
    return isinstance(value, dict) and set(value) == set(HASHES) and all(map(_is_sha256, value.values()))


def _is_training(value: object) -> bool:
    return (
        isinstance(value, dict)
        and {"set", "entries", "sha256"} <= set(value) <= {"set", "entries", "sha256", "left_out"}
        and value["set"] in TRAINING_SETS
        and _is_count(value["entries"])
        and _is_sha256(value["sha256"])
        and _are_texts(value.get("left_out", []))
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


_TEXT = (_is_text, "a text")
#: Keys of ``model.yaml``: what each must be, and that in words.
_KINDS: dict[str, tuple[Any, str]] = {
    "name": (_is_name, "the name of the folder: lower case letters and digits, parted by hyphens"),
    "title": _TEXT,
    "provenance": (lambda value: value in PROVENANCES, f"one of {', '.join(PROVENANCES)}"),
    "inputs": _TEXT,
    "training": (_is_training, "set (all or structures), entries (how many), sha256 (of their IDs), left_out (IDs, where there are any)"),
    "bounds": (lambda value: value in BOUNDS, f"one of {', '.join(BOUNDS)}"),
    "pretraining": _TEXT,
    "selection": _TEXT,
    "settings": (_is_table, "a table of settings"),
    "seeds": (_are_seeds, "a list of different whole numbers"),
    "fold_seeds": (_are_seeds, "a list of different whole numbers"),
    "hashes": (_are_hashes, f"the SHA-256 of {', '.join(HASHES)}"),
    "release": _TEXT,
    "versions": (_are_named_texts, "a table of names and versions, each a text"),
    "device": _TEXT,
    "cpu_seconds": (_is_seconds, "a number of seconds"),
    "licence": _TEXT,
    "who": _TEXT,
    "notes": (_are_texts, "a list of texts"),
}


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a ``predictions.csv``: one row a prediction, in the order of the file; the index is the row as an editor counts it.

    Raises
    ------
    InputError
        When the header is another, or a cell is no seed, protocol, fold, ID or finite number; all such cells at once.
    """
    import pandas as pd

    data = read(path)
    if len(data) > limits.TABLE_BYTES():
        raise limits.TABLE_BYTES.error(path, len(data))
    if (count := data.count(b"\n")) > limits.TABLE_ROWS() + 1:
        raise limits.TABLE_ROWS.error(path, count - 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: {error.reason} at byte {error.start}", file=path, cure="save the file as UTF-8") from None
    header = [str(column) for column in schema.COLUMNS]
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        if next(reader, []) != header:
            raise InputError(f"the header is not {','.join(header)}", file=path, row=1, cure="name exactly these columns, in this order")
        lines = [(reader.line_num, line) for line in reader if line]
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", file=path, row=reader.line_num, cure="write plain cells, parted by commas") from None
    wrong: list[InputError] = []
    seen: dict[tuple[str, ...], tuple[str, int, str, int | None]] = {}
    kept = [(row, cells) for row, line in lines if (cells := _row(row, line, path, wrong, seen)) is not None]
    if wrong:
        raise gathered(wrong)
    model, seed, protocol, fold, entry, value = zip(*(cells for _, cells in kept), strict=True) if kept else ((),) * 6
    return pd.DataFrame(
        {
            schema.MODEL: pd.Series(model, dtype="str"), schema.SEED: pd.Series(seed, dtype="Int64"),
            schema.PROTOCOL: pd.Series(protocol, dtype="str"), schema.FOLD: pd.Series(fold, dtype="Int64"),
            schema.ENTRY: pd.Series(entry, dtype="str"), schema.PREDICTION: pd.Series(value, dtype="float64"),
        }
    ).rename(columns=str).set_axis([row for row, _ in kept], axis="index")  # fmt: skip


Cells = tuple[str, int, str, int | None, str, float]


def _row(
    row: int, line: Sequence[str], path: Path, wrong: list[InputError], seen: dict[tuple[str, ...], tuple[str, int, str, int | None]]
) -> Cells | None:
    """The cells of a line, or ``None`` after what is wrong with it was noted; ``seen`` are first four cells that were right before."""
    before, told = len(wrong), tuple(line[:4])
    if len(line) == len(schema.COLUMNS) and told in seen and _ENTRY.fullmatch(line[4]) and (said := _number(line[5])) is not None:
        return (*seen[told], line[4], said)

    def note(what: str, column: str, value: str, cure: str) -> None:
        wrong.append(InputError(what, file=path, row=row, column=column, value=value, cure=cure))

    if len(line) != len(schema.COLUMNS):
        wrong.append(InputError(f"{len(line)} cells, not {len(schema.COLUMNS)}", file=path, row=row, cure="one cell for each column"))
        return None
    model, seed, protocol, fold, entry, value = line
    if not _is_name(model):
        note("not the name of a model", schema.MODEL, model, "lower case letters and digits, parted by hyphens")
    if not _is_digits(seed):
        note("not a seed", schema.SEED, seed, "a whole number of 0 or more")
    if protocol not in (*schema.PROTOCOLS, schema.TRAIN):
        note("not a protocol", schema.PROTOCOL, protocol, f"one of {', '.join((*schema.PROTOCOLS, schema.TRAIN))}")
    elif protocol in (schema.TEST, schema.TRAIN) and fold:
        note(f"the {protocol} set has no folds", schema.FOLD, fold, "leave the cell blank")
    elif protocol in (schema.RANDOM_FOLDS, schema.GROUP_FOLDS) and fold not in {str(number) for number in range(schema.FOLDS)}:
        note("not a fold", schema.FOLD, fold, f"a whole number from 0 to {schema.FOLDS - 1}")
    if _ENTRY.fullmatch(entry) is None:
        note("not an ID", schema.ENTRY, entry, "the ID of an entry, as text")
    number = _number(value)
    if number is None:
        note("not a finite number", schema.PREDICTION, value, "log10 of the conductivity in S cm-1")
    if number is None or len(wrong) > before:
        return None
    seen[told] = (model, int(seed), protocol, int(fold) if fold else None)
    return (*seen[told], entry, number)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def _number(text: str) -> float | None:
    try:
        found = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None
