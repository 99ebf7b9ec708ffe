"""What a search for a split counts with: what each group brings to its side, and what a split costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import astuple, dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.split.bonds import Key, keys
from pipeline.split.quality import BINS, SHARE, WEIGHT_FULL, WEIGHT_STRUCTURES, Audit, Likeness, bin_numbers, log_conductivity
from schemas.entries import PUBLISHED_BOUND

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: What a stoichiometry on both sides costs, in units of the objective: little while the reference split has as many, much beyond.
TIE, TIE_BEYOND = 5e-5, 1e-3
#: What a decade of Wasserstein distance, and a unit of share, costs beyond its limit, in units of the objective.
PENALTY = 0.1


@dataclass(frozen=True)
class Board:
    """What a group brings to its side: ``brings`` (groups, 2, BINS), counts in each bin on the full set and the subset with structures;
    ``total`` (2, BINS) their sum; ``member`` the group of each entry; ``width`` of a bin in decades; ``limits`` of the four distances;
    ``ties`` (ties, 2), pairs of groups with a common stoichiometry, and how many may be ``allowed`` on both sides; ``exact`` what the bins
    only come near to.
    """

    brings: NDArray[np.float64]
    total: NDArray[np.float64]
    member: NDArray[np.int64]
    width: float
    limits: NDArray[np.float64] | None
    ties: NDArray[np.int64]
    allowed: int
    exact: tuple[Exact, ...] = ()

    @classmethod
    def of(cls, entries: pd.DataFrame, with_structure: NDArray[np.bool_], group: pd.Series, reference: Audit | None) -> Board:
        """What each group of the entries brings, and what may not be worse than in the reference split."""
        import numpy as np

        logs = log_conductivity(entries, PUBLISHED_BOUND)
        _, member = np.unique(group.to_numpy(dtype=str), return_inverse=True)
        brings = _brought(bin_numbers(logs), BINS, member, with_structure)
        ties = _ties(keys(entries, ("stoichiometry",)).values(), member.tolist())
        width = float(np.ptp(logs)) / BINS
        if reference is None:
            return cls(brings, brings.sum(axis=0), member, width, None, ties, 0)
        limits = np.nan_to_num(np.array(astuple(reference.likeness)), nan=np.inf)
        pairs = ((logs, reference.likeness), (log_conductivity(entries), reference.likeness_at_bounds))
        exact = tuple(Exact.of(each, member, with_structure, found) for each, found in pairs)
        return cls(brings, brings.sum(axis=0), member, width, limits, ties, reference.n_leaks["stoichiometry"], exact)

    @cached_property
    def alike(self) -> NDArray[np.int64]:
        """Number of what each group brings to the bins: groups of one number are the same to :meth:`cost`, ties aside."""
        return _numbered(each.tobytes() for each in self.brings)

    @cached_property
    def kinds(self) -> NDArray[np.int64]:
        """Number of what each group brings, to the bins and exactly."""
        return _numbered(zip(self.alike.tolist(), *(one.keys for one in self.exact), strict=True))

    @cached_property
    def tied(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of groups with a tie, and how many ties each has: (pairs, 2), (pairs)."""
        import numpy as np

        return np.unique(self.ties, axis=0, return_counts=True)

    def broken(self, state: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Number of ties between the sides, of states (..., groups)."""
        found: NDArray[np.int64] = (state[..., self.ties[:, 0]] ^ state[..., self.ties[:, 1]]).sum(axis=-1)
        return found

    def cost(self, test: NDArray[np.float64], broken: NDArray[np.int64]) -> NDArray[np.float64]:
        """Objective and the price of everything that is not wanted.

        ``test`` (..., 2, BINS) are the counts of the test sets, ``broken`` (...) the ties between their sides.
        """
        import numpy as np

        share, excess = _apart(test, self.total)
        cost = self.price(share, np.abs(excess).sum(axis=-1) / BINS)
        if self.limits is not None:
            area = np.abs(np.cumsum(excess, axis=-1)).sum(axis=-1) * self.width
            over = np.maximum(area - self.limits[2:], 0)
            cost += PENALTY * (over[..., 0] + over[..., 1])
        return cost + self.price_of_ties(broken)

    def objective(self, test: NDArray[np.float64]) -> NDArray[np.float64]:
        """The objective alone, of the counts of test sets (..., 2, BINS)."""
        import numpy as np

        distances = np.abs(_apart(test, self.total)[1]).sum(axis=-1) / BINS
        found: NDArray[np.float64] = WEIGHT_FULL * distances[..., 0] + WEIGHT_STRUCTURES * distances[..., 1]
        return found

    def price(self, share: NDArray[np.float64], distances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Objective, and the price of shares and distances beyond their limits: ``share`` and ``distances`` (..., 2)."""
        import numpy as np

        cost: NDArray[np.float64] = WEIGHT_FULL * distances[..., 0] + WEIGHT_STRUCTURES * distances[..., 1]
        over = np.maximum(np.maximum(SHARE[0] - share, share - SHARE[1]), 0)
        cost += PENALTY * (over[..., 0] + over[..., 1])
        if self.limits is not None:
            over = np.maximum(distances - self.limits[:2], 0)
            cost += over[..., 0] + over[..., 1]
        return cost

    def price_of_ties(self, broken: NDArray[np.int64]) -> NDArray[np.float64]:
        """What the ties between the sides cost."""
        import numpy as np

        price: NDArray[np.float64] = TIE * broken + TIE_BEYOND * np.maximum(broken - self.allowed, 0)
        return price


@dataclass(frozen=True)
class Exact:
    """The Wasserstein distances without bins.

    ``place`` (entries) numbers the values of log10 of the conductivity that occur, ``member`` the group of each entry, ``with_structure``
    says which have one; ``total`` (2, values) counts on the full set and the subset with structures, ``gaps`` (values) in decades to the
    next value, ``limits`` (2) on both. A table of groups by values would grow with the square of the entries.
    """

    place: NDArray[np.int64]
    member: NDArray[np.int64]
    with_structure: NDArray[np.bool_]
    total: NDArray[np.float64]
    gaps: NDArray[np.float64]
    limits: NDArray[np.float64]

    @classmethod
    def of(cls, logs: NDArray[np.float64], member: NDArray[np.int64], with_structure: NDArray[np.bool_], reference: Likeness) -> Exact:
        """Counts of the values of each group, and the limits of the reference split."""
        import numpy as np

        values, place = np.unique(logs, return_inverse=True)
        limits = np.nan_to_num(np.array(astuple(reference))[2:], nan=np.inf)
        total = _brought(place, len(values), np.zeros_like(member), with_structure)[0]
        return cls(place, member, with_structure, total, np.append(np.diff(values), 0.0), limits)

    @property
    def keys(self) -> list[Hashable]:
        """What each group brings, as a key."""
        found: list[list[tuple[int, bool]]] = [[] for _ in range(int(self.member.max()) + 1)]
        for group, *brought in zip(self.member.tolist(), self.place.tolist(), self.with_structure.tolist(), strict=True):
            found[group].append(tuple(brought))
        return [tuple(sorted(each)) for each in found]

    def test(self, state: NDArray[np.bool_], groups: Iterable[int] = ()) -> NDArray[np.float64]:
        """Counts of the test set, after some groups have changed sides: (2, values)."""
        import numpy as np

        state = state.copy()
        state[list(groups)] ^= True
        chosen = state[self.member]
        counts = [np.bincount(self.place[each], minlength=len(self.gaps)) for each in (chosen, chosen & self.with_structure)]
        return np.array(counts, dtype=np.float64)

    def beyond(self, test: NDArray[np.float64]) -> NDArray[np.float64]:
        """The price of what is beyond the limits; ``test`` (..., 2, values) are the counts of the test sets."""
        import numpy as np

        _, excess = _apart(test, self.total)
        over = np.maximum((np.abs(np.cumsum(excess, axis=-1)) * self.gaps).sum(axis=-1) - self.limits, 0)
        price: NDArray[np.float64] = PENALTY * (over[..., 0] + over[..., 1])
        return price


def _numbered(keys: Iterable[Hashable]) -> NDArray[np.int64]:
    """A number for each key, the same for equal ones, in the order of their first."""
    import numpy as np

    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], dtype=np.int64)


def _brought(place: NDArray[np.int64], places: int, member: NDArray[np.int64], with_structure: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What each group brings to each place, on the full set and on the subset with structures: (groups, 2, places)."""
    import numpy as np

    brings = np.zeros((int(member.max()) + 1, 2, places))
    for subset, chosen in enumerate((np.ones_like(with_structure), with_structure)):
        np.add.at(brings[:, subset], (member[chosen], place[chosen]), 1)
    return brings


def _apart(test: NDArray[np.float64], total: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Test share, and the difference of the two distributions by place, each on the full set and the subset."""
    n_test = test.sum(axis=-1, keepdims=True)
    n = total.sum(axis=-1, keepdims=True).clip(min=1)
    excess: NDArray[np.float64] = test / n_test.clip(min=1) - (total - test) / (n - n_test).clip(min=1)
    return (n_test / n)[..., 0], excess


def _ties(stoichiometries: Iterable[tuple[Key, ...]], member: list[int]) -> NDArray[np.int64]:
    """Pairs of groups that share a stoichiometry, one row a pair and stoichiometry: (ties, 2)."""
    import numpy as np

    bearers: dict[Key, set[int]] = defaultdict(set)
    for own, group in zip(stoichiometries, member, strict=True):
        for key in own:
            bearers[key].add(group)
    pairs = [pair for _, found in sorted(bearers.items()) for pair in pairwise(sorted(found))]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
