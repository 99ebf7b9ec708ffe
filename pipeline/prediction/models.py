"""The models of the board: what each is, what it reads, and the settings it chooses from.

A model is added here with a learner (:mod:`pipeline.prediction.problem`) in a module of its own. ``NAME`` is trained on the first of its
training sets, ``NAME-structures`` on the entries with a structure where that is another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.prediction import simple
from pipeline.prediction.task import TrainingSet

if TYPE_CHECKING:
    from pipeline.prediction.problem import Learner, Settings

ON_STRUCTURES = "-structures"


@dataclass(frozen=True)
class Extra:
    """An optional dependency: its name in pyproject.toml, and the modules that it brings."""

    name: str
    modules: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Modules that are not installed."""
        return tuple(module for module in self.modules if find_spec(module) is None)


class ExtraMissingError(InputError):
    """A model cannot be trained, since what it needs is not installed."""

    def __init__(self, model: str, extra: Extra) -> None:
        self.extra = extra
        super().__init__(
            f"the model {model} needs {' and '.join(extra.missing)}, not installed", cure=f"pip install 'obelix-curate[{extra.name}]'"
        )


NO_EXTRA = Extra("", ())
SKLEARN = Extra("benchmark", ("sklearn",))
TORCH = Extra("benchmark", ("torch",))
MATGL = Extra("benchmark-matgl", ("torch", "matgl"))
CHGNET = Extra("benchmark-pretrained", ("sklearn", "torch", "chgnet"))


@dataclass(frozen=True)
class Kind:
    """A model.

    Attributes
    ----------
    title
        Its name for readers.
    inputs
        What it is told of an entry, in words.
    learner
        Gives its learner; imports what it needs when called.
    candidates
        Settings it chooses from, on the folds that keep groups; the only one where there is one.
    extra
        What it needs beyond the program.
    sets
        Training sets it is recorded for.
    is_random
        Whether a seed changes anything.
    many_folds
        Whether each seed goes through the folds too; a slow model goes through them with the first seed.
    as_chosen
        The model whose choice it takes over instead of choosing.
    rounded
        Whether it reads structures with their occupancies rounded to whole atoms, as the paper gives them to models that know no disorder.
    members
        Models that a mean of several chooses from (:mod:`pipeline.prediction.stack`); it has no learner of its own.
    pretraining
        Data that its weights had seen before.
    """

    title: str
    inputs: str
    learner: Callable[[], Learner]
    candidates: tuple[Settings, ...]
    extra: Extra = SKLEARN
    sets: tuple[TrainingSet, ...] = ("all", "structures")
    is_random: bool = True
    many_folds: bool = True
    as_chosen: str | None = None
    rounded: bool = False
    members: tuple[str, ...] = ()
    pretraining: str = "none"


def _on_graphs(name: str, title: str, candidates: tuple[Settings, ...] = (), extra: Extra = TORCH) -> Kind:
    """A net; its disorder-aware form takes over the settings of the other, as in the paper."""

    def load() -> Learner:
        from pipeline.prediction import learning

        return learning.learner(name)

    base = name.removeprefix("dis-")
    inputs = ROUNDED if base == name else DISORDER
    return Kind(
        title, inputs, load, candidates or tuple(_net(*each) for each in NETS), extra, ("structures",), many_folds=False,
        as_chosen=None if base == name else base, rounded=base == name,
    )  # fmt: skip


def _net(cutoff: float, decay: float, epochs: int, layers: int = 3) -> Settings:
    return {"width": 32, "layers": layers, "cutoff": cutoff, "rate": 0.01, "decay": decay, "epochs": epochs}


#: Longest edge in angstrom, decay of the weights and epochs that nets choose from. With 5 angstrom there are twice as many edges as with 4,
#: and it takes twice the time.
NETS = (*((4.0, decay, epochs) for decay in (0.3, 3.0) for epochs in (20, 40)), (5.0, 0.3, 40), (5.0, 3.0, 40))
#: Nets of another library take minutes a fit: nothing is chosen.
_MATGL = (_net(4.0, 0.3, 20, 2),)


def _pretrained() -> Learner:
    from pipeline.prediction import pretrained

    return pretrained.chgnet


_HEADS: tuple[Settings, ...] = (
    *({"head": "ridge", "strength": strength} for strength in (100.0, 1000.0)),
    *({"head": "nearest", "neighbours": count} for count in (1, 3, 9)), {"head": "gaussian-process", "nu": 0.5},
)  # fmt: skip
PAPER = "amounts of the elements in the cell, space group number, lattice"
OWN = "composition in statistics of the elements, volume an atom, space group"
ROUNDED = "structure, occupancies rounded to whole atoms"
DISORDER = "structure; a site is the mean of its elements, weighted by occupancy"


def _paper(**settings: Any) -> Settings:
    return {"features": "paper", **settings}


def _trees(features: str, max_features: float, min_leaf: int = 1) -> Settings:
    return {"features": features, "trees": 300, "max_features": max_features, "min_leaf": min_leaf}


def _boosted(features: str, depth: int, rate: float) -> Settings:
    return {"features": features, "trees": 400, "rate": rate, "depth": depth, "subsample": 0.7, "max_features": 0.3}


def _perceptron(hidden: Sequence[int], alpha: float, standardized: bool) -> Settings:
    return _paper(hidden=list(hidden), alpha=alpha, steps=300, standardized=standardized)


#: Names and models, in the order in which they are trained: the quick ones first.
KINDS: dict[str, Kind] = {
    "median": Kind("Median of the training set", "nothing", lambda: simple.median, ({},), NO_EXTRA, is_random=False),
    "nearest": Kind(
        "Nearest composition", "composition", lambda: simple.nearest, tuple({"neighbours": k} for k in (1, 3, 5, 9)), NO_EXTRA,
        is_random=False,
    ),
    "forest": Kind(
        "Random forest", PAPER, lambda: simple.forest,
        tuple(_trees("paper", share, leaf) for share in (1.0, 0.33) for leaf in (1, 3)),
    ),
    "mlp": Kind(
        "Multilayer perceptron", PAPER, lambda: simple.perceptron,
        (_perceptron([100], 1e-4, False), _perceptron([100], 1e-4, True), _perceptron([100], 3.0, True), _perceptron([64, 64], 3.0, True)),
    ),
    "extra-trees": Kind(
        "Extremely randomized trees", OWN, lambda: simple.extra_trees,
        tuple(_trees(features, share, leaf) for features in ("composition", "both") for share in (1.0, 0.33) for leaf in (1, 3)),
    ),
    "gradient-boosting": Kind(
        "Gradient boosting on the absolute error", OWN, lambda: simple.boosting,
        tuple(_boosted(features, depth, 0.03) for features in ("composition", "both") for depth in (3, 5)),
    ),
    "gaussian-process": Kind(
        "Gaussian process", OWN, lambda: simple.gaussian_process,
        tuple({"features": features, "nu": nu} for features in ("composition", "both") for nu in (0.5, 1.5)), is_random=False,
    ),
    "stacked-mean": Kind(
        "Mean of simple models", "what its members are told", lambda: simple.median, ({},), NO_EXTRA, sets=("all",),
        members=("nearest", "forest", "mlp", "extra-trees", "gradient-boosting", "gaussian-process"),
    ),
    "schnet": _on_graphs("schnet", "SchNet"),
    "dis-schnet": _on_graphs("dis-schnet", "dis-SchNet"),
    "cgcnn": _on_graphs("cgcnn", "CGCNN"),
    "dis-cgcnn": _on_graphs("dis-cgcnn", "dis-CGCNN"),
    "painn": _on_graphs("painn", "PaiNN"),
    "dis-painn": _on_graphs("dis-painn", "dis-PaiNN"),
    "m3gnet": _on_graphs("m3gnet", "M3GNet", _MATGL, MATGL),
    "so3net": _on_graphs("so3net", "SO3Net", _MATGL, MATGL),
    "dis-so3net": _on_graphs("dis-so3net", "dis-SO3Net", _MATGL, MATGL),
    "chgnet": Kind(
        "CHGNet features", "CHGNet's features of the structure, occupancies rounded to whole atoms", _pretrained,
        _HEADS, CHGNET, ("structures",), is_random=False, rounded=True,
        pretraining="CHGNet 0.3.0: relaxations of 146,000 materials of the Materials Project (MPtrj), weights of its wheel",
    ),
}  # fmt: skip


def kind(name: str) -> tuple[Kind, TrainingSet]:
    """The model of a folder's name, and its training set.

    Raises
    ------
    InputError
        When there is no such model.
    """
    if (found := KINDS.get(name)) is not None:
        return found, found.sets[0]
    base = name.removesuffix(ON_STRUCTURES)
    if base != name and base in KINDS and "structures" in KINDS[base].sets[1:]:
        return KINDS[base], "structures"
    raise InputError("no such model", value=name, cure=f"the models are {', '.join(names())}")


def names() -> list[str]:
    """Every model with every training set, in the order in which they are trained."""
    return [f"{name}{ON_STRUCTURES if place else ''}" for name, found in KINDS.items() for place in range(len(found.sets))]


def usual() -> list[str]:
    """The models that need no more than the extra ``benchmark``: what is trained where none is named."""
    return [name for name in names() if kind(name)[0].extra.name in (NO_EXTRA.name, SKLEARN.name)]


def require(models: Sequence[str]) -> None:
    """Raise :class:`InputError` unless there are these models, and :class:`ExtraMissingError` unless what they need is installed."""
    for name in models:
        found, _ = kind(name)
        if found.extra.missing:
            raise ExtraMissingError(name, found.extra)
