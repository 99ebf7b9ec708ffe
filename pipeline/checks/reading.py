"""Entries read once for all the checks: plain attributes instead of cells of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.chemistry.cell import enclosed
from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.dois import cited, paper
from schemas import columns as col

if TYPE_CHECKING:
    import gemmi
    import pandas as pd


@dataclass(frozen=True)
class Row:
    """One entry.

    ``values`` holds the cells that are not blank, by column; everything else is read from it when asked for, and kept where that costs
    more than a look: up to ten attributes of a row take half the memory of eleven.
    """

    id: str
    values: Mapping[str, Any]

    def text(self, column: str) -> str:
        """The cell as text without outer white space, ``""`` when blank."""
        value = self.values.get(column)
        return "" if value is None else str(value).strip()

    def number(self, column: str) -> float | None:
        """The cell as a number, ``None`` when it is blank, a text, or not finite."""
        value = self.values.get(column)
        if value is None or isinstance(value, str):
            return None
        return float(value) if math.isfinite(value) else None

    @cached_property
    def reduced(self) -> Mapping[str, float] | None:
        """Amounts of the reduced composition, ``None`` when it cannot be read."""
        return _amounts(self.text(col.REDUCED_COMPOSITION))

    @cached_property
    def true(self) -> Mapping[str, float] | None:
        """Amounts of the true composition, ``None`` when it cannot be read."""
        return _amounts(self.text(col.TRUE_COMPOSITION))

    @property
    def z(self) -> float | None:
        """Formula units in the cell."""
        return self.number(col.Z)

    @cached_property
    def spacegroup_number(self) -> int | None:
        """Space group number of the row, ``None`` when it is blank or out of range."""
        value = self.number(col.SPACE_GROUP_NUMBER)
        return int(value) if value is not None and value == int(value) and 1 <= value <= 230 else None

    @property
    def symbol(self) -> str:
        """Space group symbol as it stands in the row, outer white space removed."""
        return self.text(col.SPACE_GROUP)

    @cached_property
    def spacegroup(self) -> gemmi.SpaceGroup | None:
        """The space group and setting that the symbol names, ``None`` when there is no such symbol."""
        from pipeline.chemistry.spacegroup import find

        return find(self.symbol) if self.symbol else None

    @cached_property
    def cell(self) -> tuple[float, float, float, float, float, float] | None:
        """The six cell parameters (angstrom, degree), ``None`` when one is blank."""
        values = [self.number(c) for c in col.LATTICE]
        return None if None in values else tuple(values)  # type: ignore[return-value]

    @cached_property
    def volume(self) -> float | None:
        """Volume of the cell (cubic angstrom), ``None`` when the six parameters enclose none."""
        return None if self.cell is None else enclosed(self.cell)

    @cached_property
    def conductivity(self) -> float | None:
        """The headline conductivity or its bound (S/cm)."""
        return self.number(col.IONIC_CONDUCTIVITY)

    @property
    def is_bound(self) -> bool:
        """Whether the conductivity is a bound and not a value."""
        return bool(self.text(col.BOUND))

    @cached_property
    def papers(self) -> tuple[str, ...]:
        """The papers of the row by the names that compare (:func:`pipeline.dois.paper`), in their order."""
        return tuple(dict.fromkeys(map(paper, cited(self.text(col.DOI)))))


def rows(entries: pd.DataFrame) -> list[Row]:
    """The entries as :class:`Row`, in the order of the table. Repeated IDs are kept."""
    names = list(entries.columns)
    columns = [zip(entries[name].tolist(), entries[name].notna().tolist(), strict=True) for name in names]
    return [
        Row(str(id_), {name: value for name, (value, is_there) in zip(names, cells, strict=True) if is_there})
        for id_, *cells in zip(entries.index, *columns, strict=True)
    ]


def _amounts(formula: str) -> Mapping[str, float] | None:
    if not formula:
        return None
    try:
        return amounts(formula)
    except FormulaError:
        return None


def number(value: float | None, digits: int = 5) -> str:
    """A number as a reader wants it in a sentence."""
    return "" if value is None else f"{value:.{digits}g}"
