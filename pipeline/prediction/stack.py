"""The mean of several models, chosen on the folds of the training set that keep groups.

It is made of the recorded predictions of its members: nothing is trained. The member with the lowest error comes first; then, one at a
time, the one that lowers the error of the mean most, as long as one does (Caruana et al., Proc. ICML 2004, without repetition).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import InputError
from pipeline.prediction.recorded import MODEL_FILE, PREDICTIONS_FILE, read_model, read_predictions
from pipeline.prediction.search import SAME, Trial
from schemas import predictions as schema

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from pipeline.prediction.task import Task

    Numbers = NDArray[np.float64]

_KEY = [str(schema.SEED), str(schema.PROTOCOL), str(schema.FOLD), str(schema.ENTRY)]


def members(names: Sequence[str], folder: Path, hashes: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Recorded predictions of models by name.

    Raises
    ------
    InputError
        When one is not there, or was trained on another release, split or folds.
    """
    found = {}
    for name in names:
        place = folder / name
        if not (place / MODEL_FILE).is_file():
            raise InputError(f"the mean needs the predictions of {name}", file=place, cure=f"train it first: {', '.join(names)}")
        if dict(read_model(place / MODEL_FILE).hashes) != dict(hashes):
            raise InputError(f"{name} was trained on another release, split or folds", file=place / MODEL_FILE, cure="train it again")
        found[name] = read_predictions(place / PREDICTIONS_FILE)
    return found


def chosen_members(name: str, each: Mapping[str, pd.DataFrame], task: Task, targets: Numbers) -> tuple[list[str], list[Trial]]:
    """Members of the mean, and one trial a step of their choice.

    Parameters
    ----------
    name
        Name of the mean.
    each
        Predictions of the candidates.
    task, targets
        The task, and labels of its training entries; NaN where there is none.
    """
    import pandas as pd

    columns = {
        member: table[table[str(schema.PROTOCOL)] == schema.GROUP_FOLDS].set_index(_KEY)[str(schema.PREDICTION)]
        for member, table in each.items()
    }
    joined = pd.DataFrame(columns).sort_index()
    ids = joined.index.get_level_values(str(schema.ENTRY))
    folds = joined.index.get_level_values(str(schema.FOLD)).to_numpy(dtype=np.int64)
    right = targets[task.rows(ids)]

    def errors(group: Sequence[str]) -> list[float]:
        apart = np.abs(joined[list(group)].mean(axis=1).to_numpy() - right)
        return [float(np.nanmean(apart[folds == fold])) for fold in sorted(set(folds.tolist()))]

    taken: list[str] = []
    trials: list[Trial] = []
    while len(taken) < len(each):
        tried = {member: errors([*taken, member]) for member in each if member not in taken}
        best = min(tried, key=lambda member: (float(np.mean(tried[member])), member))
        error = float(np.mean(tried[best]))
        if trials and error > trials[-1].error - SAME:
            break
        taken.append(best)
        told = json.dumps({"members": taken})
        trials.append(Trial(name, len(trials), told, error, " ".join(f"{one:.4f}" for one in tried[best])))
    return taken, trials


def mean(name: str, each: Mapping[str, pd.DataFrame], taken: Sequence[str]) -> pd.DataFrame:
    """Mean of the predictions of some members, in the columns of ``predictions.csv``; rows that all of them have."""
    import pandas as pd

    joined = pd.concat([each[member].set_index(_KEY)[str(schema.PREDICTION)] for member in taken], axis="columns", join="inner").mean(
        axis=1
    )
    found = joined.rename(str(schema.PREDICTION)).reset_index()
    found.insert(0, str(schema.MODEL), pd.Series([name] * len(found), dtype="str"))
    return found[[str(column) for column in schema.COLUMNS]]
