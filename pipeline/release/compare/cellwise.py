"""When two cells of a release say the same. A sheet holds numbers, a CSV their digits, and a program in between may write 3 as 3.0."""

from __future__ import annotations

import math
import re
from typing import Any

#: Relative difference of two numbers that came from one: the last digits of a double, as sheet and CSV print them.
NOISE = 1e-12
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_BOUND = re.compile(r"\s*(<|>|≤|≥|<=|>=)?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


def number(value: Any) -> float | None:
    """The number a cell holds, as a number or as its digits; ``None`` for all else."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def same(one: Any, other: Any) -> bool:
    """Whether two cells hold the same: equal text, or equal numbers whatever their notation and type."""
    if one == other:
        return True
    if type(one) is float and type(other) is str and repr(one) == other:  # most cells of a sheet beside those of its CSV
        return math.isfinite(one)
    first, second = number(one), number(other)
    return first is not None and second is not None and math.isclose(first, second, rel_tol=NOISE, abs_tol=0.0)


def bound(value: Any) -> tuple[str, float] | None:
    """Bound and number of a conductivity (``("<", 1e-10)``; ``("", 2e-4)`` for a value); ``None`` when it is neither."""
    found = _BOUND.fullmatch(str(value)) if value is not None else None
    if found is None:
        return None
    sign = {"≤": "<", "<=": "<", "≥": ">", ">=": ">"}.get(found[1], found[1] or "")
    return sign, float(found[2])


def same_label(one: Any, other: Any) -> bool:
    """Whether two conductivities are the same label: ``<1E-10`` and ``<1e-10`` are, ``1e-10`` is another."""
    first, second = bound(one), bound(other)
    if first is None or second is None:
        return same(one, other)
    return first[0] == second[0] and math.isclose(first[1], second[1], rel_tol=NOISE, abs_tol=0.0)


def shown(value: Any) -> str:
    """A cell as a reader expects it: whole numbers without decimals; ``(blank)`` for a blank."""
    if value is None:
        return "(blank)"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)
