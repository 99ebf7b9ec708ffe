"""The paper's two simple models: how well composition, space group and lattice predict the conductivity.

Random forest and multilayer perceptron of section 4 of Therrien et al. (Digital Discovery 2025), with scikit-learn. Inputs are the
amounts of every element in the cell, the space group number and the six lattice parameters, as they stand. The grid of
hyperparameters that the paper searched is in its supplement and not printed in the text; here each model has fixed ones, named below.
Errors are mean absolute errors in log10 of the conductivity (decades).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.prediction.elements import ElementTable
from pipeline.prediction.features import paper
from pipeline.prediction.simple import multilayer_perceptron, random_forest
from pipeline.prediction.task import contents
from schemas import columns as col

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SEEDS = 5
FOLDS = 5
TREES = 200
HIDDEN = (100,)
STEPS = 200
#: What the paper prints in its text (section 4.3), for the test entries with a structure.
PRINTED = {
    ("random forest", "all training entries"): "1.87",
    ("random forest", "training structures"): "1.87",
    ("perceptron", "training structures"): "3.15",
}


@dataclass(frozen=True)
class Score:
    """Error of one model.

    Attributes
    ----------
    model, trained_on, tested_on
        In words.
    error
        Mean absolute error in decades, the mean over the seeds.
    over_seeds
        Standard deviation over the seeds, or over the folds of a cross-validation.
    over_entries
        Standard error of the mean over the test entries: how much another test set of this size would differ.
    entries
        Entries it was tested on.
    paper
        What the paper prints for it.
    note
        Whether the paper's figure lies within two standard errors, of the seeds and of the choice of test entries together.
    """

    model: str
    trained_on: str
    tested_on: str
    error: float
    over_seeds: float | None
    over_entries: float | None
    entries: int
    paper: str | None = None
    note: str = ""

    @property
    def said(self) -> str:
        """The error with its spread over the seeds."""
        return f"{self.error:.2f}" + (f" ± {self.over_seeds:.2f}" if self.over_seeds is not None else "")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def baseline(
    entries: pd.DataFrame,
    logs: NDArray[np.float64],
    structure_ids: Collection[str],
    train_ids: Collection[str],
    test_ids: Collection[str],
    groups: pd.Series,
    floor: float | None = None,
    seeds: int = SEEDS,
) -> list[Score]:
    """Train both models and test them as the paper does.

    Parameters
    ----------
    entries
        One row an entry, index ID.
    logs
        log10 of each conductivity; the paper counts upper bounds at 1e-15 S/cm.
    structure_ids, train_ids, test_ids
        Entries with a structure, and the split.
    groups
        Group of each entry, for cross-validation that keeps groups together.
    floor
        Mean absolute deviation of repeated measurements from their median.
    seeds
        Models trained for each number.

    Raises
    ------
    InputError
        When scikit-learn is not installed.
    """
    import numpy as np

    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InputError("scikit-learn is not installed", cure="pip install 'obelix-curate[baseline]'") from error
    names = np.array([str(name) for name in entries.index])
    X = inputs(entries)
    structure, train, test = (np.isin(names, list(chosen)) for chosen in (structure_ids, train_ids, test_ids))
    scores = []
    if floor is not None:
        scores.append(Score("experimental floor", "", "repeated measurements", floor, None, None, 0))
    sides = {"all training entries": train, "training structures": train & structure}
    for trained_on, side in sides.items():
        for model in ("median", *MODELS):
            errors = [
                np.abs(_fitted(model, seed, X[side], logs[side])(X[test]) - logs[test]) for seed in range(1 if model == "median" else seeds)
            ]
            for tested_on, chosen in (("all test entries", test[test]), ("test structures", structure[test])):
                paper = PRINTED.get((model, trained_on)) if tested_on == "test structures" else None
                scores.append(_score(model, trained_on, tested_on, np.array([error[chosen] for error in errors]), paper))
    numbers = np.unique(groups.loc[entries.index].to_numpy(dtype=str), return_inverse=True)[1]
    for model in MODELS:
        for tested_on, folds in (("random folds", None), ("folds that keep groups", numbers[train])):
            each = list(_cross_validated(model, X[train], logs[train], folds))
            scores.append(
                Score(model, "4/5 of the training entries", tested_on, float(np.mean(each)), float(np.std(each)), None, int(train.sum()))
            )
    return scores


def _score(model: str, trained_on: str, tested_on: str, errors: NDArray[np.float64], paper: str | None) -> Score:
    """``errors``: one row a seed, one column a test entry."""
    import numpy as np

    entries = errors.shape[1]
    error = float(errors.mean())
    spread = float(errors.mean(axis=1).std(ddof=1)) if len(errors) > 1 else None
    sampled = float(errors.mean(axis=0).std(ddof=1) / np.sqrt(entries)) if entries > 1 else None
    note = ""
    if paper and sampled:
        both = float(np.hypot(spread or 0.0, sampled))
        away = abs(float(paper) - error) / both
        note = f"{'within' if away <= 2 else 'beyond'} 2 s.e. (± {both:.2f})"
    return Score(model, trained_on, tested_on, error, spread, sampled, entries, paper, note)


def inputs(entries: pd.DataFrame) -> NDArray[np.float64]:
    """One row an entry: amount of each element in the cell, space group number, a, b, c (angstrom), alpha, beta, gamma (degrees).

    The true composition is read, or Z times the reduced one where it cannot be; an entry with neither has no element.
    """
    import numpy as np

    read = contents(entries)
    table = ElementTable(tuple(sorted({element for found in read for element in found})))
    spacegroups = np.nan_to_num(entries[col.SPACE_GROUP_NUMBER].to_numpy(dtype=np.float64))
    return paper(table.amounts(read), spacegroups, np.nan_to_num(entries[list(col.LATTICE)].to_numpy(dtype=np.float64)))


def _forest(seed: int) -> Any:
    return random_forest(seed, trees=TREES)


def _perceptron(seed: int) -> Any:
    return multilayer_perceptron(seed, hidden=HIDDEN, steps=STEPS)


MODELS: dict[str, Callable[[int], Any]] = {"random forest": _forest, "perceptron": _perceptron}


def _fitted(model: str, seed: int, X: NDArray[np.float64], y: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The prediction of a trained model."""
    import numpy as np

    if model == "median":
        median = float(np.median(y))
        return lambda rows: np.full(len(rows), median)
    made = MODELS[model](seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the perceptron stops at its last step, on purpose
        made.fit(X, y)
    predict: Callable[[NDArray[np.float64]], NDArray[np.float64]] = made.predict
    return predict


def _cross_validated(model: str, X: NDArray[np.float64], y: NDArray[np.float64], groups: NDArray[np.int64] | None) -> Iterator[float]:
    """Mean absolute error of each fold; random folds, or folds that tear no group apart."""
    import numpy as np
    from sklearn.model_selection import GroupKFold, KFold

    folds: Any = KFold(FOLDS, shuffle=True, random_state=0) if groups is None else GroupKFold(FOLDS)
    for fitted, held in folds.split(X, y, groups):
        yield float(np.abs(_fitted(model, 0, X[fitted], y[fitted])(X[held]) - y[held]).mean())
