"""How good a split is: leaks, near leaks, and how alike its two sides are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, astuple, dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from pipeline.split.bonds import BONDS, leaks
from schemas import columns as col
from schemas.entries import PUBLISHED_BOUND

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: The objective's histogram and weights; ``docs/split.md`` says how they were pinned down.
BINS = 25
WEIGHT_FULL, WEIGHT_STRUCTURES = 0.6, 0.4
#: The paper's limits of the share of the test set, on the full set and on the subset with structures.
SHARE = (0.20, 0.30)
#: Two entries on different sides are near when half a percent of the atoms or less must be exchanged to turn one into the other.
NEAR = 0.005


@dataclass(frozen=True)
class Likeness:
    """How far apart the two sides of a split are.

    Attributes
    ----------
    distance, distance_structures
        Mean over the bins of the absolute difference of the shares of train and test in the bin, on the full set and on the subset
        with structures.
    wasserstein, wasserstein_structures
        Wasserstein distance of log10 conductivity, in decades.
    """

    distance: float
    distance_structures: float
    wasserstein: float
    wasserstein_structures: float

    @property
    def objective(self) -> float:
        """The paper's objective: 0.6 of the distance on the full set and 0.4 of that on the subset with structures."""
        return WEIGHT_FULL * self.distance + WEIGHT_STRUCTURES * self.distance_structures

    def no_worse_than(self, other: Likeness) -> bool:
        """Whether none of the four distances is larger (by more than rounding, 1e-12); one that is not defined is no hindrance."""
        return not any(mine > theirs + 1e-12 for mine, theirs in zip(astuple(self), astuple(other), strict=True))

    def as_dict(self) -> dict[str, float | None]:
        """Objective and distances by name; ``None`` where a side is empty."""
        return {name: None if isnan(value) else value for name, value in {"objective": self.objective, **asdict(self)}.items()}


@dataclass(frozen=True)
class Audit:
    """A split held against the paper's aims.

    Attributes
    ----------
    leaks
        See :func:`pipeline.split.bonds.leaks`.
    near
        One row a test entry with a training entry within :data:`NEAR`: ``ID``, ``other`` (the nearest), ``distance``, both compositions,
        ``same_spacegroup``.
    n_train, n_test, n_train_structures, n_test_structures, n_unplaced
        Counts of entries.
    likeness
        Distances with every upper bound counted at 1e-15 S/cm, as the paper does.
    likeness_at_bounds
        The same with every bound counted where it stands.
    """

    leaks: pd.DataFrame
    near: pd.DataFrame
    n_train: int
    n_test: int
    n_train_structures: int
    n_test_structures: int
    n_unplaced: int
    likeness: Likeness
    likeness_at_bounds: Likeness

    @property
    def objective(self) -> float:
        """The paper's objective."""
        return self.likeness.objective

    @property
    def share(self) -> float:
        """Share of the test set."""
        return _share(self.n_train, self.n_test)

    @property
    def share_structures(self) -> float:
        """Share of the test set among the entries with structures."""
        return _share(self.n_train_structures, self.n_test_structures)

    @property
    def n_leaks(self) -> dict[str, int]:
        """Number of papers, compositions and stoichiometries that stand on both sides."""
        return {bond: int(self.leaks.loc[self.leaks["bond"] == bond, "key"].nunique()) for bond in BONDS}

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        return {
            "train": self.n_train,
            "test": self.n_test,
            "train_structures": self.n_train_structures,
            "test_structures": self.n_test_structures,
            "unplaced": self.n_unplaced,
            "share": None if isnan(self.share) else self.share,
            "share_structures": None if isnan(self.share_structures) else self.share_structures,
            **self.likeness.as_dict(),
            "at_bounds": self.likeness_at_bounds.as_dict(),
            "leaks": self.n_leaks,
            "leaking": self.leaks.to_dict("records"),
            "near": self.near.to_dict("records"),
        }


def _share(train: int, test: int) -> float:
    return test / (train + test) if train + test else float("nan")


def audit(
    entries: pd.DataFrame, test_ids: Collection[str], structure_ids: Collection[str], train_ids: Collection[str] | None = None
) -> Audit:
    """Audit a split.

    Parameters
    ----------
    entries
        One row an entry, index ID.
    test_ids
        The test set.
    structure_ids
        The entries that have a structure.
    train_ids
        The training set; without it, every entry that is not in the test set.
    """
    names = [str(name) for name in entries.index]
    test = frozenset(test_ids)
    train = frozenset(names) - test if train_ids is None else frozenset(train_ids)
    structures = frozenset(structure_ids)
    placed = [name for name in names if name in test or name in train]
    in_test = _mask(placed, test)
    with_structure = _mask(placed, structures)
    chosen = entries.loc[placed]
    return Audit(
        leaks=leaks(entries, test, train),
        near=near_leaks(entries, test, train),
        n_train=int((~in_test).sum()),
        n_test=int(in_test.sum()),
        n_train_structures=int((with_structure & ~in_test).sum()),
        n_test_structures=int((with_structure & in_test).sum()),
        n_unplaced=len(names) - len(placed),
        likeness=likeness(log_conductivity(chosen, PUBLISHED_BOUND), in_test, with_structure),
        likeness_at_bounds=likeness(log_conductivity(chosen), in_test, with_structure),
    )


def _mask(names: list[str], chosen: Collection[str]) -> NDArray[np.bool_]:
    import numpy as np

    return np.array([name in chosen for name in names], dtype=bool)


def log_conductivity(entries: pd.DataFrame, bound: float | None = None) -> NDArray[np.float64]:
    """log10 of the conductivity in S/cm; upper bounds at ``bound``, or where they stand."""
    import numpy as np

    values = entries[col.IONIC_CONDUCTIVITY].to_numpy(dtype=np.float64)
    if bound is not None:
        values = np.where((entries[col.BOUND] == "<").to_numpy(dtype=bool), bound, values)
    logs: NDArray[np.float64] = np.log10(values)
    return logs


def likeness(logs: NDArray[np.float64], in_test: NDArray[np.bool_], with_structure: NDArray[np.bool_]) -> Likeness:
    """Distances between the two sides: ``logs`` (log10 of S/cm) and both masks have one element an entry."""
    bins = bin_numbers(logs)
    return Likeness(
        distance(bins[~in_test], bins[in_test]),
        distance(bins[~in_test & with_structure], bins[in_test & with_structure]),
        wasserstein(logs[~in_test], logs[in_test]),
        wasserstein(logs[~in_test & with_structure], logs[in_test & with_structure]),
    )


def bin_numbers(logs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bin of each value, 0 to 24: equal bins over the range of the full set, the last one closed on both sides (as numpy.histogram)."""
    import numpy as np

    if not len(logs):
        return np.zeros(0, dtype=np.int64)
    edges = np.histogram_bin_edges(logs, BINS)
    return np.minimum(np.searchsorted(edges, logs, side="right") - 1, BINS - 1).astype(np.int64)


def distance(train_bins: NDArray[np.int64], test_bins: NDArray[np.int64]) -> float:
    """Mean over the bins of ``|share of train in the bin - share of test in the bin|``; NaN when a side is empty."""
    import numpy as np

    if not len(train_bins) or not len(test_bins):
        return float("nan")
    counts = [np.bincount(side, minlength=BINS) / len(side) for side in (train_bins, test_bins)]
    return float(np.abs(counts[0] - counts[1]).mean())


def wasserstein(train: NDArray[np.float64], test: NDArray[np.float64]) -> float:
    """Area between the two cumulative distributions, in the unit of the values, to 12 decimals; NaN when a side is empty.

    The number of ``scipy.stats.wasserstein_distance`` (a test compares them), which refuses an empty side: written out, because every
    release tells it and loading ``scipy.stats``, for this one sum, would take a tenth of ``build --quick``.
    """
    import numpy as np

    if not len(train) or not len(test):
        return float("nan")
    values = np.sort(np.concatenate([train, test]))
    shares = [np.searchsorted(np.sort(side), values[:-1], side="right") / len(side) for side in (train, test)]
    return round(float(np.sum(np.abs(shares[0] - shares[1]) * np.diff(values))), 12)


#: The golden section: its multiples, whole parts left out, lie apart however many there are.
_GOLDEN = 0.6180339887498949
NEAR_COLUMNS = (str(col.ID), "other", "distance", "composition", "other_composition", "same_spacegroup")


def near_leaks(entries: pd.DataFrame, test_ids: Collection[str], train_ids: Collection[str]) -> pd.DataFrame:
    """Test entries with a training entry of nearly the same composition (columns: :class:`Audit`), the nearest first.

    The distance of two compositions is half the sum of the absolute differences of their atomic fractions: the share of atoms to be
    exchanged. Formulas that cannot be read are left out.
    """
    import numpy as np
    import pandas as pd

    names, fractions = atomic_fractions(entries)
    test = [i for i, name in enumerate(names) if name in test_ids]
    train = np.array([i for i, name in enumerate(names) if name in train_ids], dtype=np.int64)
    spacegroups = dict(zip(map(str, entries.index), entries[col.SPACE_GROUP_NUMBER].tolist(), strict=True))
    written = dict(zip(map(str, entries.index), entries[col.REDUCED_COMPOSITION].tolist(), strict=True))
    # sums of fractions, weights from 0 to 1, of two near compositions differ by NEAR at most: only a window of the training set is compared
    weighed = fractions @ ((np.arange(fractions.shape[1]) * _GOLDEN) % 1)
    train = train[np.argsort(weighed[train], kind="stable")]
    starts, ends = (np.searchsorted(weighed[train], weighed[test] + step) for step in (-NEAR - 1e-9, NEAR + 1e-9))
    rows = []
    for i, start, end in zip(test, starts.tolist(), ends.tolist(), strict=True):
        near = train[start:end]
        distances = np.abs(fractions[near] - fractions[i]).sum(axis=1) / 2
        if len(near) and (smallest := float(distances.min())) <= NEAR:
            other = min(names[k] for k in near[distances <= smallest + 1e-12].tolist())
            same = bool(spacegroups[names[i]] == spacegroups[other])
            rows.append((round(smallest, 6), names[i], other, same))
    table = [(name, other, size, written[name], written[other], same) for size, name, other, same in sorted(rows)]
    return pd.DataFrame(table, columns=list(NEAR_COLUMNS))


def atomic_fractions(entries: pd.DataFrame) -> tuple[list[str], NDArray[np.float64]]:
    """IDs whose reduced composition can be read, and their atomic fractions: one row an entry, one column an element."""
    import numpy as np

    from pipeline.chemistry.formula import FormulaError, amounts

    read = {}
    for name, formula in zip(entries.index, entries[col.REDUCED_COMPOSITION], strict=True):
        try:
            read[str(name)] = amounts(formula) if isinstance(formula, str) else {}
        except FormulaError:
            continue
    read = {name: found for name, found in read.items() if sum(found.values()) > 0}
    elements = sorted({element for found in read.values() for element in found})
    table = np.array([[found.get(element, 0.0) for element in elements] for found in read.values()], dtype=np.float64)
    table = table.reshape(len(read), len(elements))
    return list(read), table / table.sum(axis=1, keepdims=True)
