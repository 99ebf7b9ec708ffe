"""The leaderboard: every score of the recorded models, the floors below which no model can be trusted, and what the paper prints.

``leaderboard.csv`` has one row a model, protocol, subset and way of taking bounds (:data:`schemas.leaderboard.COLUMNS`),
``leaderboard.json`` the same with what each model is, and ``leaderboard.md`` the tables that a person reads. What was not run is absent.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.prediction.complete import learned_from
from pipeline.prediction.printed import PRINTED
from pipeline.prediction.score import Scorer
from schemas import leaderboard as schema
from schemas.predictions import PROTOCOLS, TEST, TRAIN

if TYPE_CHECKING:
    from pipeline.prediction.complete import Recorded
    from pipeline.prediction.intervals import Interval
    from pipeline.prediction.score import Difference, Score
    from pipeline.prediction.task import Bounds, Task, TrainingSet
    from pipeline.structures.cif import Structure

CSV_FILE, JSON_FILE, MARKDOWN_FILE = "leaderboard.csv", "leaderboard.json", "leaderboard.md"
#: Random forests, against which every model is held.
FORESTS = ("forest", "forest-structures")
#: Decimals of a number in the files; those for readers have two.
DIGITS = 6


@dataclass(frozen=True)
class Floors:
    """Errors in decades that repeated measurements of one material have.

    Attributes
    ----------
    from_median
        Mean absolute deviation from the median of its set: the paper's floor, though the median has seen the measurement.
    from_others
        Mean absolute deviation from the median of the other measurements of its set: what one measurement says of the next.
    """

    from_median: float
    from_others: float


@dataclass(frozen=True)
class Rounding:
    """What becomes of lithium when the occupancies of a structure are rounded, as the paper does for models that know no disorder.

    Attributes
    ----------
    structures
        Number of structures.
    lost
        IDs of those that have lithium and keep none.
    never
        IDs of those whose file has none.
    """

    structures: int
    lost: tuple[str, ...]
    never: tuple[str, ...]

    @property
    def without(self) -> int:
        """Structures without lithium after rounding."""
        return len(self.lost) + len(self.never)


def rounding(structures: Mapping[str, Structure]) -> Rounding:
    """Round the occupancy of each site to the nearest whole number (halves to even), and look for lithium."""
    lithium = {name: [site.occupancy for site in one.sites if site.element == "Li"] for name, one in sorted(structures.items())}
    lost = tuple(name for name, occupancies in lithium.items() if occupancies and not any(map(round, occupancies)))
    return Rounding(len(structures), lost, tuple(name for name, occupancies in lithium.items() if not occupancies))


@dataclass(frozen=True, eq=False)
class Board:
    """Scores of recorded models on one release.

    Attributes
    ----------
    release
        Name of the release.
    task
        Its task.
    models
        The models, by name.
    scores
        Their scores, by model, protocol, subset and bounds.
    floors
        See :class:`Floors`.
    rounding
        See :class:`Rounding`.
    """

    release: str
    task: Task
    models: Sequence[Recorded]
    scores: Sequence[Score]
    floors: Floors
    rounding: Rounding

    def score(self, model: str, protocol: str, subset: TrainingSet, bounds: Bounds = "as-published") -> Score | None:
        """One score; ``None`` where it was not run."""
        return self._by.get((model, protocol, subset, bounds))

    @cached_property
    def _by(self) -> Mapping[tuple[str, str, str, str], Score]:
        return {(one.model, one.protocol, one.subset, one.bounds): one for one in self.scores}

    @property
    def ranked(self) -> list[Recorded]:
        """Models by their error on the test entries with a structure, which all of them predict."""

        def key(one: Recorded) -> tuple[float, str]:
            found = self.score(one.model.name, TEST, "structures")
            return (math.inf if found is None else found.mae.value, one.model.name)

        return sorted(self.models, key=key)


def scored(models: Sequence[Recorded], task: Task, forests: Sequence[Recorded] = ()) -> list[Score]:
    """Scores of all models; each is held against the forests among them, and against those given."""
    every = {one.model.name: one for one in (*forests, *models)}
    references = [run for name in FORESTS if name in every for run in every[name].runs]
    return Scorer(task, references).scores(run for one in models for run in one.runs if run.protocol in PROTOCOLS)


def training_errors(models: Sequence[Recorded], task: Task) -> dict[str, float]:
    """Mean absolute error of each model on the entries that it learned from, where it tells; no score."""
    found = {}
    for one in models:
        run = one.run(TRAIN)
        if run is not None:
            found[one.model.name] = float(task.errors(run.ids, run.predicted).mean())
    return found


def rows(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """The scores as rows of ``leaderboard.csv``, blanks as ``None``."""
    made = []
    for one in scores:
        cells: list[Any] = [
            one.model, one.protocol, one.subset, one.bounds, one.entries, one.groups, one.seeds, *_interval(one.mae), one.over_seeds,
            one.over_folds, None if one.forest is None else one.forest.other, *_difference(one.forest), *_difference(one.median),
            *_interval(one.gap),
        ]  # fmt: skip
        made.append({str(c): _rounded(value) for c, value in zip(schema.COLUMNS, cells, strict=True)})
    return made


def _interval(one: Interval | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if one is None else (one.value, one.lower, one.upper)


def _difference(one: Difference | None) -> tuple[Any, ...]:
    return (*_interval(None if one is None else one.decades), None if one is None else one.verdict)


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, DIGITS) + 0.0 if math.isfinite(value) else None


def csv_text(scores: Sequence[Score]) -> str:
    """``leaderboard.csv``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(schema.COLUMNS)
    for row in rows(scores):
        writer.writerow(["" if value is None else f"{value:.{DIGITS}f}" if isinstance(value, float) else value for value in row.values()])
    return text.getvalue()


def document(board: Board) -> dict[str, Any]:
    """``leaderboard.json`` as plain values."""
    errors = training_errors(board.models, board.task)
    return {
        "release": board.release,
        "hashes": board.task.hashes,
        "floors": {name: _rounded(value) for name, value in asdict(board.floors).items()},
        "rounding": {**asdict(board.rounding), "without_lithium": board.rounding.without},
        "models": [_model(one, board.task, errors.get(one.model.name)) for one in board.ranked],
        "printed": [asdict(one) for one in PRINTED],
        "scores": rows(board.scores),
    }


def _model(one: Recorded, task: Task, error: float | None) -> dict[str, Any]:
    """What a reader of the board must know of a model."""
    model = one.model
    return {
        "name": model.name, "title": model.title, "provenance": model.provenance, "inputs": model.inputs, "training": model.training.set,
        "training_entries": len(learned_from(model, task)), "training_error": _rounded(error), "bounds": model.bounds,
        "pretraining": model.pretraining, "seeds": list(model.seeds), "fold_seeds": list(model.fold_seeds), "device": model.device,
        "cpu_seconds": model.cpu_seconds, "licence": model.licence, "who": model.who, "notes": list(model.notes),
    }  # fmt: skip


def json_text(board: Board) -> str:
    """``leaderboard.json``."""
    return json.dumps(document(board), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
