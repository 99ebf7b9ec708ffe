"""Changes of basis between two cells of one lattice: their kinds, and how they are told in words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import permutations, product
from typing import Any, TypeAlias

#: Row axes in terms of the file's: element [i][j] is the part of file axis i in row axis j.
Basis: TypeAlias = tuple[tuple[Fraction, ...], ...]
IDENTITY: Basis = tuple(tuple(Fraction(int(i == j)) for j in range(3)) for i in range(3))

RHOMBOHEDRAL = frozenset({146, 148, 155, 160, 161, 166, 167})
MONOCLINIC = range(3, 16)


@lru_cache(maxsize=1)
def signed_permutations() -> tuple[Basis, ...]:
    """The 24 ways to permute and reverse axes that keep the hand of the axes; the identity first."""
    every = []
    for order in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            basis: Basis = tuple(tuple(Fraction(signs[j] if order[j] == i else 0) for j in range(3)) for i in range(3))
            if determinant(basis) == 1:
                every.append(basis)
    return tuple(sorted(every, key=lambda basis: basis != IDENTITY))


def determinant(basis: Sequence[Sequence[Any]]) -> Any:
    """Volume of the row's cell in cells of the file; negative when the hand of the axes changes."""
    (a, b, c), (d, e, f), (g, h, i) = basis
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def kind(basis: Sequence[Sequence[Any]], spacegroup: int | None) -> tuple[int, str]:
    """Rank and name of a change of basis, simple before general."""
    if basis == IDENTITY:
        return 0, "as given"
    size = abs(determinant(basis))
    if size != 1:
        if spacegroup in RHOMBOHEDRAL and size in (3, Fraction(1, 3)):
            return 5, "hexagonal axes of a rhombohedral cell" if size == 3 else "rhombohedral axes of a hexagonal cell"
        return 5, f"cell of {size} times the volume"
    if all(sum(x != 0 for x in line) == 1 for line in basis):
        straight = all(basis[i][i] for i in range(3))
        return (1, "reversed") if straight else (2, "permuted")
    if spacegroup in MONOCLINIC and _keeps_an_axis(basis):
        return 3, "cell choice"
    return 4, "change of basis"


def _keeps_an_axis(basis: Sequence[Sequence[Any]]) -> bool:
    """Whether one row axis is plus or minus a file axis that no other row axis has a part of: the unique axis stays."""
    lines = [i for i, line in enumerate(basis) if sum(x != 0 for x in line) == 1]
    columns = [column for column in zip(*basis, strict=True) if sum(x != 0 for x in column) == 1]
    return any(column[i] for column in columns for i in lines)


def describe(basis: Basis, spacegroup: int | None = None) -> str:
    """The change in words: its kind, and the row's axes in terms of the file's (``cell choice: a,b,a+c``)."""
    name = kind(basis, spacegroup)[1]
    return name if basis == IDENTITY else f"{name}: {','.join(_axis(column) for column in zip(*basis, strict=True))}"


def _axis(column: Sequence[Fraction]) -> str:
    text = ""
    for part, axis in zip(column, "abc", strict=True):
        if part:
            size = "" if abs(part) == 1 else str(abs(part))
            text += ("-" if part < 0 else "+" if text else "") + size + axis
    return text
