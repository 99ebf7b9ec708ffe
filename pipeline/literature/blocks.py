"""Which names have the same composition: found among those near it, not by comparison with all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from pipeline.chemistry.formula import Compound, reading
from pipeline.literature.linkage import elements, is_same
from pipeline.safety.remembered import TEXTS

#: Width of a bin of the atomic fraction. Formulas that are the same differ by less: their amounts by 0.005 per formula unit, which has
#: half an atom at least, and their sums by 2 % (:func:`pipeline.chemistry.formula.agree`).
WIDTH = 0.04
SMALLEST = 0.5


class Compositions:
    """Names by composition, in the order in which they were added.

    Texts are compared once, whatever number of names bears them, and only with texts of the same elements whose atomic fraction of one
    element (lithium where there is some) lies in the same or a neighbouring bin. Mixtures are compared with all of the same elements.
    """

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        """Take pairs of name and composition."""
        self._names: dict[str, list[tuple[int, str]]] = {}
        self._bins: dict[frozenset[str], dict[int | None, list[str]]] = defaultdict(lambda: defaultdict(list))
        for place, (name, composition) in enumerate(named):
            if composition not in self._names:
                self._names[composition] = []
                if found := elements(composition):
                    self._bins[found][_bin(composition)].append(composition)
            self._names[composition].append((place, name))
        self._found: dict[str, list[str]] = {}

    def same(self, composition: str) -> list[str]:
        """Names whose composition is the same within rounding."""
        if composition not in self._found:
            bins, own = self._bins.get(elements(composition), {}), _bin(composition)
            near = bins if own is None else (None, own - 1, own, own + 1)
            texts = [text for each in near for text in bins.get(each, ()) if is_same(composition, text)]
            self._found[composition] = [name for _, name in sorted(pair for text in texts for pair in self._names[text])]
        return self._found[composition]


@lru_cache(maxsize=TEXTS)
def _bin(composition: str) -> int | None:
    """Bin of the atomic fraction of lithium, or of the first element; ``None`` where only a comparison with all can tell."""
    if not elements(composition):
        return None
    found = reading(composition)
    amounts = found.amounts
    if not isinstance(found, Compound) or not amounts or sum(amounts.values()) < SMALLEST:
        return None
    return int(amounts.get("Li", amounts[min(amounts)]) / sum(amounts.values()) / WIDTH)
