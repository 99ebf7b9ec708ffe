"""What models without a structure are told of an entry: one row of numbers.

``paper``: amounts of the elements in the cell, space group number and lattice, as the paper gives them to its forest and its perceptron.
``composition``: the same entry in numbers that do not depend on the choice of cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pipeline.prediction.elements import ElementTable, properties

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.prediction.task import Task

    Numbers = NDArray[np.float64]

FeatureSet = Literal["paper", "composition", "both"]
FEATURE_SETS: tuple[FeatureSet, ...] = ("paper", "composition", "both")
#: The last number of a space group in each crystal system, triclinic to cubic.
_SYSTEMS = (2, 15, 74, 142, 167, 194, 230)


def features(task: Task, which: FeatureSet) -> Numbers:
    """One row an entry of the task, in its order.

    ``both`` is the one set beside the other. An entry without a readable composition has zeros for it.
    """
    import numpy as np

    table = ElementTable.of_task(task)
    amounts = table.amounts(task.contents)
    parts = []
    if which in ("paper", "both"):
        parts.append(paper(amounts, task.spacegroups, task.lattices))
    if which in ("composition", "both"):
        parts.append(composition(amounts, task.spacegroups, task.lattices, table))
    return np.hstack(parts)


def paper(amounts: Numbers, spacegroups: NDArray[np.int64] | Numbers, lattices: Numbers) -> Numbers:
    """Amount of each element in the cell, space group number, a, b, c (angstrom), alpha, beta, gamma (degrees)."""
    import numpy as np

    return np.hstack([amounts, spacegroups[:, None].astype(np.float64), lattices])


def composition(amounts: Numbers, spacegroups: NDArray[np.int64], lattices: Numbers, table: ElementTable) -> Numbers:
    """Atomic fractions; mean, deviation, lowest and highest of ten properties of the elements; what the cell says for any choice of it.

    The last are: number of elements, volume an atom (cubic angstrom), lithium atoms in 1000 cubic angstrom, space group number, crystal
    system (one of seven columns is 1). Mean and deviation are weighted by the fractions.
    """
    import numpy as np

    total = np.maximum(amounts.sum(axis=1, keepdims=True), 1e-12)
    fractions = amounts / total
    values = properties(table)
    mean = fractions @ values
    deviation = np.sqrt(np.maximum(fractions @ values**2 - mean**2, 0.0))
    present = (amounts > 0)[:, :, None]
    is_known = amounts.sum(axis=1) > 0
    lowest = np.where(is_known[:, None], np.where(present, values, np.inf).min(axis=1), 0.0)
    highest = np.where(is_known[:, None], np.where(present, values, -np.inf).max(axis=1), 0.0)
    volume = volumes(lattices)
    lithium = amounts[:, table.number("Li")] if "Li" in table.symbols else np.zeros(len(amounts))
    cell = np.column_stack(
        [
            (amounts > 0).sum(axis=1), np.where(is_known, volume / total[:, 0], 0.0),
            1000 * np.divide(lithium, volume, out=np.zeros(len(volume)), where=volume > 0), spacegroups,
        ]
    )  # fmt: skip
    system = np.searchsorted(_SYSTEMS, spacegroups)
    systems = (system[:, None] == np.arange(len(_SYSTEMS))).astype(np.float64)
    return np.hstack([fractions, mean, deviation, lowest, highest, cell, systems])


def volumes(lattices: Numbers) -> Numbers:
    """Volume of each cell in cubic angstrom; 0 for one that cannot be: V = abc sqrt(1 - sum of squared cosines + 2 times their product)."""
    import numpy as np

    cosines = np.cos(np.radians(lattices[:, 3:]))
    inside = 1 - (cosines**2).sum(axis=1) + 2 * cosines.prod(axis=1)
    found: Numbers = lattices[:, :3].prod(axis=1) * np.sqrt(np.maximum(inside, 0.0))
    return found
