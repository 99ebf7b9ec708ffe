"""Formulas as amounts of elements."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class FormulaError(ValueError):
    """A text that is not the formula of a compound."""


@lru_cache(maxsize=None)
def amounts(formula: str) -> Mapping[str, float]:
    """Amount of each element in a formula, in the order of first appearance.

    Round, square and curly brackets group; coefficients may be fractions (``Li1.3Al0.3Ti1.7(PO4)3``). White space is noise.

    Raises
    ------
    FormulaError
        When the text is not the formula of one compound.
    """
    from pymatgen.core.composition import Composition

    try:
        composition = Composition("".join(formula.split()), strict=True)
    except Exception as error:  # pymatgen raises ValueError, KeyError and its own
        raise FormulaError(f"{formula!r} is not a formula: {error}") from error
    if not composition:
        raise FormulaError(f"{formula!r} holds no element")
    return MappingProxyType({element.symbol: float(amount) for element, amount in composition.items()})
