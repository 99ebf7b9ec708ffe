"""Errors of models, from their predictions alone: mean absolute errors, paired differences, and how sure both are.

An error is the absolute difference of log10 of the conductivity in S/cm, in decades. What counts for an entry known as an upper bound
is a choice, so each error is told in three ways (:data:`BOUNDS`). Needs numpy and scipy only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from pipeline.prediction.intervals import Interval, Resampling
from pipeline.prediction.task import TRAINING_SETS, Bounds, Task, TrainingSet
from schemas.predictions import GROUP_FOLDS, PROTOCOLS, RANDOM_FOLDS, TEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The ways of taking upper bounds that errors are told in: as the paper does, without them, and as what they say.
BOUNDS: tuple[Bounds, ...] = ("as-published", "left-out", "censored")
MEDIAN = "median"
#: What a difference may be called.
BETTER, WORSE, UNDECIDED = "better", "worse", "no difference shown"


@dataclass(frozen=True, eq=False)
class Run:
    """The predictions of a model under one protocol.

    Attributes
    ----------
    model, protocol
        Names.
    seeds
        Seeds, in order.
    ids
        IDs, in order.
    predicted
        log10 of the conductivity in S/cm: one row a seed, one column an ID.
    folds
        Fold in which each was held out, one an ID; ``None`` outside of folds.
    trained
        IDs that the model learned from; of folds, all of them together.
    """

    model: str
    protocol: str
    seeds: tuple[int, ...]
    ids: tuple[str, ...]
    predicted: NDArray[np.float64]
    folds: NDArray[np.int64] | None = None
    trained: frozenset[str] = frozenset()

    @cached_property
    def column(self) -> Mapping[str, int]:
        """Column of each ID."""
        return {name: number for number, name in enumerate(self.ids)}

    def of(self, ids: Sequence[str]) -> NDArray[np.float64]:
        """The predictions of some IDs, in their order."""
        return self.predicted[:, [self.column[name] for name in ids]]


@dataclass(frozen=True)
class Difference:
    """A model's mean error less that of another on the same entries, in decades; below zero the model is better."""

    other: str
    decades: Interval

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` only where the interval excludes zero."""
        if not self.decades.excludes_zero:
            return UNDECIDED
        return BETTER if self.decades.value < 0 else WORSE


@dataclass(frozen=True)
class Score:
    """The error of one model on one set of entries.

    Attributes
    ----------
    model, protocol, subset, bounds
        What was scored, and how.
    entries, groups, seeds
        How many.
    mae
        Mean absolute error in decades, the mean over entries and seeds.
    over_seeds
        Standard deviation over the seeds of each one's mean error; ``None`` for one seed.
    over_folds
        Standard deviation over the folds of each one's mean error, the mean over the seeds; ``None`` outside of folds.
    forest, median
        Paired differences from the random forest, and from the median of the labels that the model was trained on.
    gap
        Of folds that keep groups together: error less that on random folds; ``None`` where either was not run.
    """

    model: str
    protocol: str
    subset: TrainingSet
    bounds: Bounds
    entries: int
    groups: int
    seeds: int
    mae: Interval
    over_seeds: float | None = None
    over_folds: float | None = None
    forest: Difference | None = None
    median: Difference | None = None
    gap: Interval | None = None


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores runs, with the same draws for every run on the same entries.

    Attributes
    ----------
    task
        The task that they were made for.
    forests
        Runs of random forests, against which the others are held: each against the one that learned from the same entries, else the first.
    """

    task: Task
    forests: Sequence[Run] = ()
    _drawn: dict[tuple[str, ...], Resampling] = field(default_factory=dict, repr=False)

    def scores(self, runs: Iterable[Run]) -> list[Score]:
        """Scores of every run, on every subset that it covers and with bounds in each way, in the order of the runs."""
        every = list(runs)
        made: dict[tuple[str, str], list[Score]] = {}
        for protocol, subset, bounds in product(PROTOCOLS, TRAINING_SETS, BOUNDS):
            here = [run for run in every if run.protocol == protocol and self.counted(run, subset, bounds)]
            random = {run.model: run for run in every if run.protocol == RANDOM_FOLDS and protocol == GROUP_FOLDS}
            for score in self._together(here, subset, bounds, random) if here else ():
                made.setdefault((score.model, protocol), []).append(score)
        return [score for run in every for score in made.get((run.model, run.protocol), ())]

    def counted(self, run: Run, subset: TrainingSet, bounds: Bounds) -> tuple[str, ...]:
        """IDs of a run that count; none where it does not cover the subset."""
        wanted = self.task.test_ids(subset) if run.protocol == TEST else self.task.training_ids(subset)
        if not wanted or not run.column.keys() >= set(wanted):
            return ()
        if bounds != "left-out":
            return wanted
        return tuple(name for name, bounded in zip(wanted, self.task.is_bound[self.task.rows(wanted)], strict=True) if not bounded)

    def resampling(self, ids: tuple[str, ...]) -> Resampling:
        """The draws for these entries."""
        if ids not in self._drawn:
            names = np.array(self.task.groups)[self.task.rows(ids)]
            self._drawn[ids] = Resampling(np.unique(names, return_inverse=True)[1].astype(np.int64))
        return self._drawn[ids]

    def _together(self, runs: Sequence[Run], subset: TrainingSet, bounds: Bounds, random: Mapping[str, Run]) -> Iterator[Score]:
        """Scores of runs of one protocol on the same entries: the errors of all are resampled in one step."""
        ids = self.counted(runs[0], subset, bounds)
        drawn = self.resampling(ids)
        medians = {run.trained: self.median(run, ids) for run in {run.trained: run for run in runs}.values()}
        forests = {run: self._forest(run, ids) for run in runs}
        others = [*forests.values(), *medians.values(), *random.values()]
        errors = {
            run: self.task.errors(ids, run.of(ids), bounds)
            for run in dict.fromkeys([*runs, *(one for one in others if one is not None and one.column.keys() >= set(ids))])
        }
        ends = np.cumsum([len(each) for each in errors.values()])[:-1]
        draws = dict(zip(errors, np.split(drawn.of_rows(np.vstack(list(errors.values()))), ends, axis=1), strict=True))
        for run in runs:
            own, resampled = errors[run], drawn.means(draws[run], 1)

            def against(other: Run | None) -> Difference | None:
                if other not in errors:
                    return None
                less = float(own.mean() - errors[other].mean())  # noqa: B023 - called at once
                return Difference(other.model, drawn.interval(less, resampled - drawn.means(draws[other])))  # noqa: B023

            each, gap = own.mean(axis=1), against(random.get(run.model))
            yield Score(
                run.model, run.protocol, subset, bounds, len(ids), len(drawn.sizes), len(run.seeds),
                drawn.interval(float(own.mean()), resampled),
                over_seeds=float(each.std(ddof=1)) if len(each) > 1 else None,
                over_folds=_over_folds(run, ids, own),
                forest=against(forests[run]), median=against(medians[run.trained]), gap=None if gap is None else gap.decades,
            )  # fmt: skip

    def _forest(self, run: Run, ids: tuple[str, ...]) -> Run | None:
        """The forest that a run is held against; a forest against none of its own name."""
        offered = [forest for forest in self.forests if forest.protocol == run.protocol and set(ids) <= forest.column.keys()]
        found = next((forest for forest in offered if forest.trained == run.trained), offered[0] if offered else None)
        return None if found is None or found.model == run.model else found

    def median(self, run: Run, ids: Sequence[str]) -> Run:
        """What the median of the labels that a run learned from predicts: for an entry held out in a fold, that of the other folds."""
        labels = self.task.targets()
        if run.folds is None:
            trained = self.task.rows(sorted(run.trained))
            said = np.full((1, len(ids)), np.median(labels[trained]) if len(trained) else math.nan)
        else:
            known = labels[self.task.rows(run.ids)]
            learned = np.array([name in run.trained for name in run.ids])
            medians = {fold: float(np.median(known[learned & (run.folds != fold)])) for fold in np.unique(run.folds).tolist()}
            said = np.array([[medians[int(run.folds[run.column[name]])] for name in ids]])
        return Run(MEDIAN, run.protocol, (0,), tuple(ids), said)


def _over_folds(run: Run, ids: Sequence[str], errors: NDArray[np.float64]) -> float | None:
    if run.folds is None:
        return None
    folds = run.folds[[run.column[name] for name in ids]]
    of_fold = np.stack([errors[:, folds == fold].mean(axis=1) for fold in np.unique(folds)])
    return float(of_fold.std(axis=0).mean())
