"""The one table of elements that training, test and pretrained models share.

A number that stands for sodium in one place and for magnesium in another spoils every prediction and raises no error: so the table travels
with inputs, graphs and trained nets, and whatever brings two of them together demands that they are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.prediction.task import Task


class ElementTableError(InputError):
    """Two tables of elements are not the same, or one lacks an element."""

    def __init__(self, what: str) -> None:
        super().__init__(what, cure="train again on this release, or compare the compositions of its rows with their structures")


@dataclass(frozen=True)
class ElementTable:
    """Elements in the order of their atomic numbers; the place of each is the number that models know it by."""

    symbols: tuple[str, ...]

    @classmethod
    def of(cls, symbols: Iterable[str]) -> ElementTable:
        """The table of some elements, by atomic number, each once."""
        from pymatgen.core.periodic_table import Element

        return cls(tuple(sorted(set(symbols), key=lambda symbol: Element(symbol).Z)))

    @classmethod
    def of_task(cls, task: Task) -> ElementTable:
        """The table of every element that an entry of a task holds, whichever side it is on (silver is in the test set only)."""
        return cls.of(symbol for content in task.contents for symbol in content)

    def __len__(self) -> int:
        return len(self.symbols)

    def number(self, symbol: str) -> int:
        """Place of an element. Raises :class:`ElementTableError` when it is not in the table."""
        try:
            return self.symbols.index(symbol)
        except ValueError:
            raise ElementTableError(f"the table of elements has no {symbol}: {' '.join(self.symbols)}") from None

    def require(self, other: ElementTable, whose: str) -> None:
        """Raise :class:`ElementTableError` unless ``other``, that of ``whose``, is the same, place by place."""
        if other.symbols != self.symbols:
            place = next((i for i, pair in enumerate(zip(self.symbols, other.symbols, strict=False)) if pair[0] != pair[1]), None)
            at = (
                f"they have {len(self)} and {len(other)} elements" if place is None else f"place {place} is {self.symbols[place]} here, and"
            )
            there = "" if place is None else f" {other.symbols[place]} there"
            raise ElementTableError(f"the table of elements of {whose} is another: {at}{there}")

    def amounts(self, contents: Iterable[Mapping[str, float]]) -> NDArray[np.float64]:
        """Amounts as a table: one row a composition, one column an element."""
        import numpy as np

        rows = list(contents)
        found = np.zeros((len(rows), len(self)))
        for row, content in enumerate(rows):
            for symbol, amount in content.items():
                found[row, self.number(symbol)] = amount
        return found


#: Properties of elements that pymatgen tabulates for (nearly) all of them.
PROPERTIES = (
    "atomic_mass", "X", "mendeleev_no", "row", "group", "average_cationic_radius", "ionization_energy", "electron_affinity",
    "van_der_waals_radius", "melting_point",
)  # fmt: skip


@lru_cache(maxsize=4)
def properties(table: ElementTable) -> NDArray[np.float64]:
    """Properties of the elements of a table, ``(elements, 10)``, in the units of pymatgen; what it lacks is the mean of the others."""
    import warnings

    import numpy as np
    from pymatgen.core.periodic_table import Element

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen says which values it lacks
        read = [[getattr(Element(symbol), name) for name in PROPERTIES] for symbol in table.symbols]
    found = np.array([[np.nan if value is None else float(value) for value in row] for row in read], dtype=np.float64)
    found = np.where(np.isnan(found), np.nanmean(found, axis=0), found)
    found.setflags(write=False)
    return found
