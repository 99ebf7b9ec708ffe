"""Two releases compared by what models achieve on them.

The recorded predictions are held against the labels of one release and of the other: an entry whose conductivity or bound was corrected
changes the error of every model. What a model learns from corrected compositions, lattices or structures shows only where it was trained on
the newer release too; then its predictions there take the place of the recorded ones, and their moves are counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from pipeline.prediction.score import BOUNDS, Run, Scorer
from pipeline.prediction.task import TRAINING_SETS, Bounds, Task, TrainingSet
from schemas.predictions import GROUP_FOLDS, TEST

if TYPE_CHECKING:
    from pipeline.prediction.complete import Recorded
    from pipeline.prediction.intervals import Interval

#: Protocols that are compared: each entry is predicted by a model that has not seen its group.
PROTOCOLS = (TEST, GROUP_FOLDS)
LOWER, HIGHER, UNDECIDED, UNCHANGED = "lower", "higher", "no difference shown", "unchanged"
#: log10 of two conductivities that came from one: the last digits of a double as a table prints them.
SAME = 1e-9
#: A prediction has moved when the mean over the seeds differs by this, in decades.
MOVE = 0.1


@dataclass(frozen=True, eq=False)
class Release:
    """One of the two releases: its name, its task, and the text of each structure file by ID."""

    name: str
    task: Task
    structures: Mapping[str, str]


@dataclass(frozen=True)
class Moved:
    """An entry of both releases that differs in what a model sees or is held to.

    Attributes
    ----------
    id
        Its ID.
    side_old, side_new
        Its side of the split; blank for none.
    label_old, label_new
        Conductivity in S/cm with the sign of a bound; the same text where it did not move.
    inputs
        What else differs: ``composition``, ``space group``, ``lattice``, ``structure``.
    """

    id: str
    side_old: str
    side_new: str
    label_old: str
    label_new: str
    inputs: tuple[str, ...]

    @property
    def is_label(self) -> bool:
        """Whether its label moved."""
        return self.label_old != self.label_new


@dataclass(frozen=True)
class Change:
    """The error of one model in both releases, on the entries that both hold out.

    Attributes
    ----------
    model, protocol, subset, bounds
        What was scored, and how.
    entries, labels
        Entries in both, and how many of them have another label.
    predictions
        How many of them are predicted otherwise by :data:`MOVE` or more; ``None`` where the model was not trained again.
    old, new
        Mean absolute errors in decades.
    difference
        The second less the first, with its limits.
    """

    model: str
    protocol: str
    subset: TrainingSet
    bounds: Bounds
    entries: int
    labels: int
    predictions: int | None
    old: float
    new: float
    difference: Interval

    @property
    def verdict(self) -> str:
        """What the error became: ``lower`` or ``higher`` only where the interval excludes zero."""
        if not self.labels and self.predictions is None:
            return UNCHANGED
        if not self.difference.excludes_zero:
            return UNDECIDED
        return LOWER if self.difference.value < 0 else HIGHER


@dataclass(frozen=True)
class Comparison:
    """What differs between two releases for a model.

    Attributes
    ----------
    old, new
        Names of the releases.
    added, removed
        IDs in one only.
    moved
        Entries of both that differ.
    changes
        Errors of the recorded models in both.
    """

    old: str
    new: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[Moved, ...]
    changes: tuple[Change, ...]


def compare(models: Sequence[Recorded], old: Release, new: Release, retrained: Sequence[Recorded] = ()) -> Comparison:
    """Compare two releases by recorded models.

    Parameters
    ----------
    models
        Models that were held to the task that they were made for, which may be another than that of ``old``.
    old, new
        The releases.
    retrained
        Models of the same names that were trained on ``new``. They are compared on the test set, and on folds that are the same in both.
    """
    before, after = frozenset(old.task.ids), frozenset(new.task.ids)
    moved = tuple(_moved([name for name in new.task.ids if name in before], old, new))
    labels = frozenset(each.id for each in moved if each.is_label)
    again = {one.model.name: one for one in retrained}
    pairs = [(one, again.get(one.model.name)) for one in models]
    changes = tuple(_changes(pairs, old.task, new.task, labels))
    return Comparison(old.name, new.name, tuple(sorted(after - before)), tuple(sorted(before - after)), moved, changes)


def _moved(shared: Sequence[str], old: Release, new: Release) -> Iterator[Moved]:
    before, after = old.task, new.task
    for name in shared:
        one, other = (int(task.rows([name])[0]) for task in (before, after))
        inputs = {
            "composition": _same_amounts(before, one, after, other),
            "space group": bool(before.spacegroups[one] == after.spacegroups[other]),
            "lattice": bool(np.allclose(before.lattices[one], after.lattices[other], rtol=1e-9, atol=0)),
            "structure": old.structures.get(name) == new.structures.get(name),
        }
        labels, sides = _labels(before, one, after, other), (_side(before, name), _side(after, name))
        if labels[0] != labels[1] or sides[0] != sides[1] or not all(inputs.values()):
            yield Moved(name, *sides, *labels, tuple(what for what, same in inputs.items() if not same))


def _same_amounts(old: Task, one: int, new: Task, other: int) -> bool:
    first, second = old.contents[one], new.contents[other]
    return first.keys() == second.keys() and all(math.isclose(first[element], second[element], rel_tol=1e-9) for element in first)


def _labels(old: Task, one: int, new: Task, other: int) -> tuple[str, str]:
    first, second = (f"{task.bounds[row]}{task.conductivities[row]:.6g}" for task, row in ((old, one), (new, other)))
    values = float(old.targets("as-bounds")[one]), float(new.targets("as-bounds")[other])
    is_same = old.bounds[one] == new.bounds[other] and math.isclose(*values, rel_tol=0, abs_tol=SAME)
    return (first, first) if is_same else (first, second)


def _side(task: Task, name: str) -> str:
    return "test" if name in task.test else "train" if name in task.train else ""


def _changes(pairs: Sequence[tuple[Recorded, Recorded | None]], old: Task, new: Task, labels: frozenset[str]) -> Iterator[Change]:
    scorer = Scorer(new)
    # a corrected paper or composition regroups entries and deals the folds anew: models that held out other entries are no pair
    same_folds = old.group_folds == new.group_folds
    for (one, again), protocol, subset, bounds in product(pairs, PROTOCOLS, TRAINING_SETS, BOUNDS):
        run, other = one.run(protocol), None if again is None else again.run(protocol)
        ids = () if run is None else _held_out(run, other, subset, bounds, old, new)
        if run is None or not ids or (other is not None and protocol == GROUP_FOLDS and not same_folds):
            continue
        said = run.of(ids)
        resaid = said if other is None else other.of(ids)
        before, after, drawn = old.errors(ids, said, bounds), new.errors(ids, resaid, bounds), scorer.resampling(ids)
        if other is None:  # the same predictions: seed by seed
            draws = drawn.means(drawn.of_rows(after - before))
        else:
            draws = drawn.means(drawn.of_rows(after), 1) - drawn.means(drawn.of_rows(before))
        moves = None if other is None else int((np.abs(resaid.mean(axis=0) - said.mean(axis=0)) >= MOVE).sum())
        means = float(before.mean()), float(after.mean())
        yield Change(
            one.model.name, protocol, subset, bounds, len(ids), len(labels & set(ids)), moves, *means,
            drawn.interval(means[1] - means[0], draws),
        )  # fmt: skip


def _held_out(run: Run, other: Run | None, subset: TrainingSet, bounds: Bounds, old: Task, new: Task) -> tuple[str, ...]:
    """IDs that both releases hold out and the run predicts; none where the model does not cover the subset."""
    sides = [set(task.test_ids(subset) if run.protocol == TEST else task.training_ids(subset)) for task in (old, new)]
    if subset == "all" and all(name in old.structures for name in run.ids):
        return ()
    both = [name for name in run.ids if all(name in side for side in sides) and (other is None or name in other.column)]
    if bounds == "left-out":
        both = [name for name in both if not any(task.is_bound[task.rows([name])[0]] for task in (old, new))]
    return tuple(both)
