"""Entries that every model gets wrong: what a curator looks at first, since models of different kinds rarely err together without a cause.

An entry counts where each model that predicts it without having seen its group (in the test set, or in folds that keep groups together)
misses the label by two decades or more, all in one direction; a prediction below an upper bound is no miss. It is a candidate error
where its neighbours, measured entries of the same space group and nearly the same composition, agree with one another and
contradict the label in the same direction. It may still be right: a new phase, a dopant that matters, a sample unlike the others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.quoting import inert
from schemas import leaderboard as schema
from schemas.predictions import GROUP_FOLDS, TEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.prediction.complete import Recorded
    from pipeline.prediction.task import Task

#: A miss, in decades: three times what repeated measurements differ by.
MISS = 2.0
#: Fewer models than these are no jury.
JURY = 5
#: The median of the training labels is no model: it misses whatever is rare.
NO_MODELS = ("median", "median-structures")
#: Share of the atoms to be exchanged, number, and agreement in decades of neighbours.
NEIGHBOUR, NEIGHBOURS, LEAST, AGREEMENT = 0.05, 5, 2, 1.0


@dataclass(frozen=True)
class Hard:
    """One entry that all models miss (columns: :data:`schemas.leaderboard.HARD_COLUMNS`)."""

    id: str
    side: str
    composition: str
    label: float
    bound: str
    models: int
    nearest: float
    middle: float
    neighbours: tuple[str, ...]
    neighbours_median: float | None
    neighbours_spread: float | None
    is_candidate: bool


def hard(models: Sequence[Recorded], task: Task) -> list[Hard]:
    """Entries that all models miss: candidate errors first, then by the distance of the nearest prediction."""
    near = _Neighbours(task)
    found = [one for protocol in (TEST, GROUP_FOLDS) for one in _missed(models, protocol, task, near)]
    return sorted(found, key=lambda one: (not one.is_candidate, -abs(one.nearest - one.label), one.id))


def _missed(models: Sequence[Recorded], protocol: str, task: Task, near: _Neighbours) -> Iterator[Hard]:
    runs = [run for one in models if one.model.name not in NO_MODELS and (run := one.run(protocol)) is not None]
    labels = task.targets("as-bounds")
    for name in task.test if protocol == TEST else task.train:
        said = np.array([run.predicted[:, run.column[name]].mean() for run in runs if name in run.column])
        row = int(task.rows([name])[0])
        off = said - labels[row]
        above = bool((off >= MISS).all())
        below = bool((off <= -MISS).all()) and not task.is_bound[row]
        if len(said) < JURY or not (above or below):
            continue
        ids, values = near.of(row)
        median = float(np.median(values)) if ids else None
        spread = float(np.abs(values - median).max()) if median is not None else None
        beside = 0.0 if median is None else (median - float(labels[row])) * (1 if above else -1)
        yield Hard(
            name, "test" if protocol == TEST else "train", task.compositions[row], float(labels[row]), task.bounds[row], len(said),
            float(said[np.abs(off).argmin()]), float(np.median(said)), ids, median, spread,
            is_candidate=len(ids) >= LEAST and spread is not None and spread <= AGREEMENT and beside >= MISS,
        )  # fmt: skip


class _Neighbours:
    """Measured entries of the same space group and nearly the same composition."""

    def __init__(self, task: Task) -> None:
        elements = sorted({element for content in task.contents for element in content})
        amounts = np.array([[content.get(element, 0.0) for element in elements] for content in task.contents])
        total = amounts.sum(axis=1, keepdims=True) if elements else np.zeros((len(task.ids), 1))
        self._fractions: NDArray[np.float64] = np.divide(amounts, total, out=np.full_like(amounts, np.nan), where=total > 0)
        self._task, self._labels = task, task.targets("left-out")

    def of(self, row: int) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """IDs and labels of the nearest."""
        task = self._task
        distances = np.abs(self._fractions - self._fractions[row]).sum(axis=1) / 2
        is_near = (distances <= NEIGHBOUR + 1e-9) & (task.spacegroups == task.spacegroups[row]) & np.isfinite(self._labels)
        is_near[row] = False
        nearest = sorted(np.flatnonzero(is_near).tolist(), key=lambda other: (round(float(distances[other]), 9), task.ids[other]))[
            :NEIGHBOURS
        ]
        return tuple(task.ids[other] for other in nearest), self._labels[nearest]


def csv_text(entries: Sequence[Hard], findings: Mapping[str, Sequence[str]]) -> str:
    """``hard.csv``; ``findings`` are what the checks say of an entry, by ID."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(schema.HARD_COLUMNS)
    for one in entries:
        writer.writerow(
            (
                one.id, one.side, inert(one.composition), _number(one.label), one.bound, one.models, _number(one.nearest),
                _number(one.middle), " ".join(one.neighbours), _number(one.neighbours_median), _number(one.neighbours_spread),
                "true" if one.is_candidate else "false", "; ".join(findings.get(one.id, ())),
            )
        )  # fmt: skip
    return text.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
