"""What a model is given: a task without the labels it must not see, and inputs that are made once for all models.

A *learner* is a function of a problem, a fit, settings and a seed. It gives one prediction for each row to be predicted, log10 of S/cm. It
fits on the rows it is told to and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.prediction.elements import ElementTable
    from pipeline.prediction.features import FeatureSet
    from pipeline.prediction.graphs import Graphs
    from pipeline.prediction.task import Task
    from pipeline.structures.cif import Structure

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.int64]

Settings = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Fit:
    """What to fit and what to predict.

    Attributes
    ----------
    train
        Rows of the task to learn from.
    targets
        log10 of their conductivities in S/cm, one a row.
    predict
        Rows to predict.
    """

    train: Rows
    targets: Numbers
    predict: Rows


@dataclass(frozen=True, eq=False)
class Problem:
    """A task that hides the labels of its test set, and what models read of it.

    Attributes
    ----------
    task
        The task; the label of every entry outside the training set is NaN. Make one with :func:`problem`.
    load
        Gives the structures by ID, when the first model asks for them.
    device
        Where nets are trained: ``cpu``, ``cuda``, ...
    """

    task: Task
    load: Callable[[], Mapping[str, Structure]]
    device: str = "cpu"

    @cached_property
    def table(self) -> ElementTable:
        """The one table of elements."""
        from pipeline.prediction.elements import ElementTable

        return ElementTable.of_task(self.task)

    @cached_property
    def structures(self) -> Mapping[str, Structure]:
        """Structures by ID."""
        return self.load()

    @cached_property
    def features(self) -> Callable[[FeatureSet], Numbers]:
        """Gives the features of every entry (:func:`pipeline.prediction.features.features`), made once for each set."""
        from pipeline.prediction.features import features

        return cache(lambda which: features(self.task, which))

    @cached_property
    def graphs(self) -> Callable[[bool, bool], Graphs]:
        """Gives the graphs of all structures, with occupancies rounded or as they are, a node an atom or an orbit, made once for each."""
        from pipeline.prediction.graphs import graphs

        return cache(lambda rounded, per_atom: graphs(self.structures, self.table, rounded=rounded, per_atom=per_atom))


def problem(task: Task, load: Callable[[], Mapping[str, Structure]], device: str = "cpu") -> Problem:
    """A problem from a task: labels and bounds of all entries that are not in the training set are taken away."""
    import numpy as np

    seen = np.isin(np.arange(len(task.ids)), task.rows(task.train))
    conductivities = np.where(seen, task.conductivities, np.nan)
    bounds = tuple(bound if mine else "" for bound, mine in zip(task.bounds, seen, strict=True))
    return Problem(replace(task, conductivities=conductivities, bounds=bounds), load, device)


Learner = Callable[[Problem, Fit, Settings, int], "Numbers"]
