"""The small search of a model's settings, and its record ``search.csv``: one row a model and candidate.

Candidates are compared on the folds of the training set that keep groups, with the first seed. The test set has no part in it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas import predictions as schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.prediction.models import Kind
    from pipeline.prediction.problem import Fit, Problem

    Numbers = NDArray[np.float64]

SEARCH_FILE = "search.csv"
#: Errors that are this near are the same: the earlier, simpler candidate is taken.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate and its error, in the columns of :data:`schemas.predictions.SEARCH`.

    Attributes
    ----------
    model, candidate
        Name of the model, and the candidate's place from 0.
    settings
        The settings, as JSON.
    error
        Mean over the folds of the mean absolute error in decades.
    folds
        The error of each fold, parted by blanks.
    """

    model: str
    candidate: int
    settings: str
    error: float
    folds: str


def search(name: str, kind: Kind, given: Problem, fits: Sequence[Fit], targets: Numbers) -> list[Trial]:
    """Try every candidate of a model on some folds.

    Parameters
    ----------
    name, kind
        The model.
    given
        The problem.
    fits
        One a fold; entries to be predicted are of the training set.
    targets
        Labels of all entries of the problem; NaN where there is none.
    """
    import numpy as np

    learner = kind.learner()
    trials = []
    for place, candidate in enumerate(kind.candidates):
        errors = [float(np.nanmean(np.abs(learner(given, fit, candidate, 0) - targets[fit.predict]))) for fit in fits]
        trials.append(Trial(name, place, json.dumps(candidate), float(np.mean(errors)), " ".join(f"{error:.4f}" for error in errors)))
    return trials


def chosen(trials: Sequence[Trial]) -> int:
    """The candidate with the lowest error; the first of equal ones."""
    lowest = min(trial.error for trial in trials)
    return next(trial.candidate for trial in trials if trial.error <= lowest + SAME)


def keep(trials: Sequence[Trial], folder: Path) -> None:
    """Write trials into ``search.csv`` of a folder; those of other models stay."""
    from pipeline.safety.outputs.files import put

    path = folder / SEARCH_FILE
    header = [str(column) for column in schema.SEARCH]
    lines: list[list[str]] = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))) if path.is_file() else []
    models = {trial.model for trial in trials}
    others = [line for line in lines[1:] if line and line[0] not in models]
    mine: list[list[str]] = [[str(cell) if not isinstance(cell, float) else f"{cell:.6f}" for cell in astuple(trial)] for trial in trials]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    rows: list[list[str]] = sorted(others + mine, key=lambda line: (line[0], int(line[1])))
    writer.writerows(rows)
    put(path, text.getvalue())
