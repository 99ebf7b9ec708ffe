"""Which names have the same composition: found among those near it, not by comparison with all."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from pipeline.chemistry.formula import ROUNDING, Mixture, reading
from pipeline.literature.linkage import elements, is_same
from pipeline.safety.remembered import TEXTS

#: What two equal amounts differ by at most, in a formula unit (:func:`pipeline.chemistry.formula.agree`), and noise of floating point.
APART, NOISE = ROUNDING + 1e-6, 1e-9
#: Atomic shares of two elements, and how far those of the same composition may lie from them.
Place = tuple[float, float, float]
_LAST = chr(0x10FFFF)
ANYWHERE: Place = (0.0, 0.0, math.inf)


class Compositions:
    """Names by composition, in the order in which they were added.

    Texts are compared once, whatever number of names bears them, and only with texts of the same elements whose atomic shares of two of
    them (lithium where there is some) are equal within rounding. Rounding hides more of a share in a formula of few atoms, so texts lie
    sorted by share in classes, each of those whose shares are as uncertain. Mixtures are compared with one another where they have the
    same constituents and as much of one of them.
    """

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        """Take pairs of name and composition."""
        self._names: dict[str, list[tuple[int, str]]] = {}
        self._compounds, self._mixtures = _Shares(), _Shares()
        self._made: dict[frozenset[object], list[tuple[float, str]]] = defaultdict(list)
        for place, (name, composition) in enumerate(named):
            if composition not in self._names:
                self._names[composition] = []
                if elements(composition):
                    made, part = _made(composition)
                    (self._mixtures if made else self._compounds).add(composition)
                    if made:
                        insort(self._made[made], (part, composition))
            self._names[composition].append((place, name))
        self._found: dict[str, list[str]] = {}

    def same(self, composition: str) -> list[str]:
        """Names whose composition is the same within rounding."""
        if composition not in self._found:
            made, part = _made(composition) if elements(composition) else (frozenset(), 0.0)
            listed = self._made.get(made, [])
            mixed = (text for _, text in listed[bisect_left(listed, (part - APART,)) : bisect_right(listed, (part + APART, _LAST))])
            others = mixed if made else self._mixtures.near(composition)
            texts = [text for text in chain(self._compounds.near(composition), others) if is_same(composition, text)]
            self._found[composition] = [name for _, name in sorted(pair for text in texts for pair in self._names[text])]
        return self._found[composition]


class _Shares:
    """Compositions by their elements and the shares of two of them."""

    def __init__(self) -> None:
        self._classes: dict[frozenset[str], dict[float, list[tuple[float, float, float, str]]]] = defaultdict(lambda: defaultdict(list))
        self._is_sorted = True

    def add(self, composition: str) -> None:
        """Take one more."""
        first, second, reach = place_of(composition)
        self._classes[elements(composition)][_class(reach)].append((first, second, reach, composition))
        self._is_sorted = False

    def near(self, composition: str) -> Iterator[str]:
        """Those that may be the same."""
        if not self._is_sorted:
            for listed in (listed for classes in self._classes.values() for listed in classes.values()):
                listed.sort()
            self._is_sorted = True
        first, second, own = place_of(composition)
        for limit, listed in self._classes.get(elements(composition), {}).items():
            widest = max(own, limit)
            near = listed[bisect_left(listed, (first - widest,)) : bisect_right(listed, (first + widest, math.inf))]
            yield from (
                text for its_first, share, reach, text in near if max(abs(its_first - first), abs(share - second)) <= max(own, reach)
            )


def _made(composition: str) -> tuple[frozenset[object], float]:
    """What a mixture was made of, and the share of one constituent; nothing for a compound. Both agree in mixtures that are the same."""
    found = reading(composition)
    if not isinstance(found, Mixture):
        return frozenset(), 0.0
    return frozenset(found.constituents), found.constituents[min(found.constituents)]


@lru_cache(maxsize=TEXTS)
def place_of(composition: str) -> Place:
    """Where a composition lies: shares of lithium (of the first element where there is none) and of the last element.

    The amounts a and t b of two formulas that are the same, t scaling one to the size of the other, differ by d = :data:`APART` times
    the larger of 1 and t at most. So, with n elements, the shares f and g of an element differ by (1 + n f) d / (S - n d) at most, where
    S is the number of atoms and f the share in one of the two formulas: the larger of both bounds holds.
    """
    amounts = reading(composition).amounts if elements(composition) else None
    if not amounts:
        return ANYWHERE
    count, total = len(amounts), sum(amounts.values())
    if total <= 2 * count * APART:
        return ANYWHERE  # rounding hides any share
    first, second = amounts.get("Li", amounts[min(amounts)]) / total, amounts[max(amounts)] / total
    return first, second, (1 + count * max(first, second)) * APART / (total - count * APART) + NOISE


def _class(reach: float) -> float:
    """The next power of two: the reach of all of a class."""
    return 2.0 ** math.ceil(math.log2(reach)) if math.isfinite(reach) else math.inf
