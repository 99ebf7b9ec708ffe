"""Models that need no structure: median, nearest composition, and those of scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.prediction.problem import Fit, Problem, Settings

    Numbers = NDArray[np.float64]


def median(_: Problem, fit: Fit, __: Settings, ___: int) -> Numbers:
    """The median of the labels, whatever the entry."""
    import numpy as np

    return np.full(len(fit.predict), np.median(fit.targets))


def nearest(problem: Problem, fit: Fit, settings: Settings, _: int) -> Numbers:
    """Mean of the labels of the ``neighbours`` nearest compositions.

    The distance of two compositions is the share of atoms that must be exchanged to turn one into the other. All that are as near as the
    last one count, so that the order of the entries does not.
    """
    import numpy as np

    amounts = problem.table.amounts(problem.task.contents)
    fractions = amounts / np.maximum(amounts.sum(axis=1, keepdims=True), 1e-12)
    gaps = np.abs(fractions[fit.predict, None] - fractions[fit.train][None]).sum(axis=2) / 2
    furthest = np.sort(gaps, axis=1)[:, [min(settings["neighbours"], len(fit.train)) - 1]]
    counts = gaps <= furthest + 1e-9
    found: Numbers = (counts * fit.targets).sum(axis=1) / counts.sum(axis=1)
    return found


def forest(problem: Problem, fit: Fit, settings: Settings, seed: int) -> Numbers:
    """Random forest."""
    trees, max_features, min_leaf = (settings[key] for key in ("trees", "max_features", "min_leaf"))
    return _fitted(random_forest(seed, trees, max_features, min_leaf), problem, fit, settings)


def random_forest(seed: int, trees: int, max_features: float = 1.0, min_leaf: int = 1) -> Any:
    """A random forest of scikit-learn."""
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(n_estimators=trees, max_features=max_features, min_samples_leaf=min_leaf, random_state=seed, n_jobs=1)


def extra_trees(problem: Problem, fit: Fit, settings: Settings, seed: int) -> Numbers:
    """Extremely randomized trees."""
    from sklearn.ensemble import ExtraTreesRegressor

    model = ExtraTreesRegressor(
        n_estimators=settings["trees"], max_features=settings["max_features"], min_samples_leaf=settings["min_leaf"], random_state=seed,
        n_jobs=1,
    )  # fmt: skip
    return _fitted(model, problem, fit, settings)


def boosting(problem: Problem, fit: Fit, settings: Settings, seed: int) -> Numbers:
    """Gradient boosting of trees on the absolute error, each step on a part of the entries and of the features."""
    from sklearn.ensemble import GradientBoostingRegressor

    model = GradientBoostingRegressor(
        loss="absolute_error", n_estimators=settings["trees"], learning_rate=settings["rate"], max_depth=settings["depth"],
        subsample=settings["subsample"], max_features=settings["max_features"], random_state=seed,
    )  # fmt: skip
    return _fitted(model, problem, fit, settings)


def perceptron(problem: Problem, fit: Fit, settings: Settings, seed: int) -> Numbers:
    """Multilayer perceptron, on inputs as they stand or standardized."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = multilayer_perceptron(seed, settings["hidden"], settings["steps"], settings["alpha"])
    return _fitted(make_pipeline(StandardScaler(), model) if settings["standardized"] else model, problem, fit, settings)


def multilayer_perceptron(seed: int, hidden: Sequence[int], steps: int, alpha: float = 1e-4) -> Any:
    """A multilayer perceptron of scikit-learn; ``alpha`` is the weight of its weights' squares."""
    from sklearn.neural_network import MLPRegressor

    return MLPRegressor(hidden_layer_sizes=tuple(hidden), alpha=alpha, max_iter=steps, random_state=seed)


def gaussian_process(problem: Problem, fit: Fit, settings: Settings, _: int) -> Numbers:
    """Gaussian process with a Matern kernel and white noise on standardized features; its scales maximize the marginal likelihood."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return _fitted(make_pipeline(StandardScaler(), gaussian(settings["nu"])), problem, fit, settings)


def gaussian(nu: float) -> Any:
    """A Gaussian process of scikit-learn with a Matern kernel of this smoothness and white noise."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    kernel = ConstantKernel(1.0) * Matern(length_scale=10.0, nu=nu) + WhiteKernel(0.3)
    return GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)


def _fitted(model: Any, problem: Problem, fit: Fit, settings: Settings) -> Numbers:
    """Predictions of a model of scikit-learn, fitted on one core."""
    from threadpoolctl import threadpool_limits

    table = problem.features(settings["features"])
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # a perceptron stops at its last step and a kernel at the end of its range, on purpose
        model.fit(table[fit.train], fit.targets)
        found: Numbers = model.predict(table[fit.predict])
    return found
