"""Beyond the paper: one paper held out at a time, and what fewer papers would teach.

*One paper at a time.* A model learns from all training entries but those of one paper and predicts these: what somebody can expect who
measures a new material and publishes it. Other papers on the same composition stay, which folds that keep groups do not allow.

*Learning curve.* On each fold that keeps groups, a model learns from the entries of so many papers, drawn from the other folds, and
predicts the fold. The error against the number of papers says what more papers are worth.

Entries of two papers tie both together, so that a paper here is a set of papers that no entry parts. Only labels of the training set are
used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.prediction import models as registry
from pipeline.prediction.problem import Fit
from pipeline.prediction.recorded import DIGITS, MODEL_FILE, read_model
from schemas import predictions as schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.prediction.problem import Learner, Problem, Settings
    from pipeline.prediction.task import Task

    Numbers = NDArray[np.float64]

PAPERS_FILE, CURVE_FILE = "papers.csv", "learning_curve.csv"
#: Models that are quick enough to be trained hundreds of times.
QUICK = ("median", "nearest", "forest", "extra-trees")
#: Numbers of papers of the learning curve; the last is as many as there are.
COUNTS = (10, 20, 40, 80, 160)
DRAWS = 3


def paper_of(task: Task) -> dict[str, str]:
    """Paper of each training entry: the first DOI, by the alphabet, of all that hang together by entries; of one without a DOI its ID."""
    import networkx

    graph: networkx.Graph[str] = networkx.Graph()
    own = {name: task.papers[row] or (name,) for name, row in zip(task.train, task.rows(task.train), strict=True)}
    for dois in own.values():
        graph.add_nodes_from(dois)
        graph.add_edges_from((dois[0], other) for other in dois[1:])
    first = {doi: smallest for together in networkx.connected_components(graph) for smallest in [min(together)] for doi in together}
    return {name: first[dois[0]] for name, dois in own.items()}


def left_out(given: Problem, learner: Learner, settings: Settings, targets: Numbers) -> list[tuple[str, str, float]]:
    """Paper, ID and prediction of each training entry by a model that saw no entry of its paper."""
    papers = paper_of(given.task)
    found = []
    for paper in sorted(set(papers.values())):
        held = [name for name in given.task.train if papers[name] == paper]
        rest = _rows(given.task, (name for name in given.task.train if papers[name] != paper), targets)
        predicted = learner(given, Fit(rest, targets[rest], given.task.rows(held)), settings, 0)
        found += [(paper, name, float(value)) for name, value in zip(held, predicted, strict=True)]
    return found


def curve(
    given: Problem, learner: Learner, settings: Settings, targets: Numbers, counts: Sequence[int] = COUNTS
) -> list[tuple[int, int, float, float]]:
    """Number of papers, draw, mean number of entries learned from, and mean absolute error over the folds that keep groups.

    A draw with more papers holds those with fewer. The last point, with the largest number of papers that every fold has, is drawn too.
    """
    task, papers, folds = given.task, paper_of(given.task), given.task.group_folds
    most = min(len({papers[name] for name in task.train if folds[name] != fold}) for fold in range(schema.FOLDS))
    found = []
    for count in [*(count for count in counts if count < most), most]:
        for draw in range(DRAWS):
            errors: list[Numbers] = []
            entries = []
            for fold in range(schema.FOLDS):
                rest = [name for name in task.train if folds[name] != fold]
                taken = _drawn({papers[name] for name in rest}, draw)[:count]
                rows = _rows(task, (name for name in rest if papers[name] in taken), targets)
                held = task.rows(name for name in task.train if folds[name] == fold)
                if len(held) and len(rows):
                    errors.append(np.abs(learner(given, Fit(rows, targets[rows], held), settings, draw) - targets[held]))
                    entries.append(len(rows))
            found.append((count, draw, float(np.mean(entries)), float(np.nanmean(np.concatenate(errors)))))
    return found


def _rows(task: Task, names: Iterable[str], targets: Numbers) -> NDArray[np.int64]:
    rows = task.rows(names)
    found: NDArray[np.int64] = rows[~np.isnan(targets[rows])]
    return found


def _drawn(papers: Iterable[str], draw: int) -> list[str]:
    """Papers in an order that only they and the draw decide."""
    return sorted(papers, key=lambda paper: hashlib.sha256(f"{draw}:{paper}".encode()).hexdigest())


def write(given: Problem, targets: Numbers, folder: Path, models: Sequence[str] = QUICK) -> list[Path]:
    """Write both tables into a folder of recorded models, with the settings that these chose; the files.

    Raises
    ------
    InputError
        When a model is not recorded there, or what it needs is not installed.
    """
    from pipeline.safety.outputs.files import put

    registry.require(models)
    settings: Mapping[str, Settings] = {name: read_model(folder / name / MODEL_FILE).settings for name in models}
    papers = [",".join(schema.LEFT_OUT)]
    curves = [",".join(schema.CURVE)]
    for name in models:
        learner = registry.kind(name)[0].learner()
        for paper, entry, value in left_out(given, learner, settings[name], targets):
            apart = abs(round(value, DIGITS) - targets[given.task.rows([entry])[0]])
            papers.append(f"{name},{paper},{entry},{value:.{DIGITS}f},{'' if np.isnan(apart) else f'{apart:.{DIGITS}f}'}")
        points = curve(given, learner, settings[name], targets)
        curves += [f"{name},{count},{draw},{entries:.1f},{error:.4f}" for count, draw, entries, error in points]
    files = [folder / PAPERS_FILE, folder / CURVE_FILE]
    for path, lines in zip(files, (papers, curves), strict=True):
        put(path, "\n".join(lines) + "\n")
    return files
