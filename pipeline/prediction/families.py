"""Errors by family of materials: where a model can be trusted, and where it only knows the neighbours.

Every entry counts once, predicted by a model that has not seen its group: test entries by the model of the whole training set, training
entries in folds that keep groups together. A family is the curators' word; those with few entries or groups say nothing and are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.prediction.score import Scorer
from pipeline.quoting import inert
from schemas import leaderboard as schema
from schemas.predictions import GROUP_FOLDS, TEST

if TYPE_CHECKING:
    from pipeline.prediction.complete import Recorded
    from pipeline.prediction.intervals import Interval
    from pipeline.prediction.task import Task

#: The fewest entries and groups of a family.
ENTRIES, GROUPS = 10, 4


@dataclass(frozen=True)
class OfFamily:
    """The error of one model on one family (columns: :data:`schemas.leaderboard.FAMILY_COLUMNS`)."""

    model: str
    family: str
    entries: int
    groups: int
    mae: Interval
    bias: float
    median: float


def families(models: Sequence[Recorded], task: Task) -> list[OfFamily]:
    """Errors by family, by model and name of the family, upper bounds as they say."""
    family, scorer = dict(zip(task.ids, task.families, strict=True)), Scorer(task)
    return [
        found for one in models for name in sorted({name for name in family.values() if name})
        for found in _of(one, name, [entry for entry in task.ids if family[entry] == name], task, scorer)
    ]  # fmt: skip


def _of(one: Recorded, name: str, members: Sequence[str], task: Task, scorer: Scorer) -> Iterator[OfFamily]:
    said: dict[str, tuple[float, float, float]] = {}
    for protocol in (TEST, GROUP_FOLDS):
        run = one.run(protocol)
        ids = [] if run is None else [entry for entry in members if entry in run.column]
        if run is None or not ids:
            continue
        wrong = task.errors(ids, run.of(ids), "censored").mean(axis=0)
        signed = (run.of(ids) - task.targets("as-bounds")[task.rows(ids)]).mean(axis=0)
        middle = task.errors(ids, scorer.median(run, ids).predicted, "censored")[0]
        said |= dict(zip(ids, zip(wrong.tolist(), signed.tolist(), middle.tolist(), strict=True), strict=True))
    if len(said) < ENTRIES:
        return
    drawn = scorer.resampling(tuple(said))
    if len(drawn.sizes) < GROUPS:
        return
    wrong, signed, middle = np.array(list(said.values())).T
    mae = drawn.interval(float(wrong.mean()), drawn.of_rows(wrong[None, :])[:, 0])
    is_value = ~task.is_bound[task.rows(said)]
    yield OfFamily(one.model.name, name, len(said), len(drawn.sizes), mae, float(signed[is_value].mean()), float(middle.mean()))


def csv_text(rows: Sequence[OfFamily]) -> str:
    """``families.csv``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(schema.FAMILY_COLUMNS)
    for one in rows:
        numbers = (one.mae.value, one.mae.lower, one.mae.upper, one.bias, one.median)
        cells = ("" if np.isnan(value) else f"{value:.3f}" for value in numbers)
        writer.writerow((one.model, inert(one.family), one.entries, one.groups, *cells))
    return text.getvalue()
