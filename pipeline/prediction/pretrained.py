"""CHGNet's crystal features with a simple head: what a potential learned from a million relaxations, and nothing of it trained again.

CHGNet 0.3.0 (Deng et al., Nat. Mach. Intell. 5, 1031 (2023)) was trained on energies, forces, stresses and magnetic moments of MPtrj; its
weights are in its wheel. Its features of a crystal are the mean over the atoms of what the last layer says of each. It knows whole atoms
only, so occupancies are rounded as for the other models that know no disorder; a structure that rounding leaves without an atom has zeros.
The head reads them standardized.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.prediction.elements import ElementTable, ElementTableError
from pipeline.structures.symmetry import all_images, composition, frame, positions

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core.structure import Structure as PymatgenStructure

    from pipeline.prediction.problem import Fit, Problem, Settings
    from pipeline.structures.cif import Structure

    Numbers = NDArray[np.float64]

#: Elements that CHGNet 0.3.0 has an embedding of: up to plutonium, but for these six.
LAST, WITHOUT = 94, frozenset({"Po", "At", "Rn", "Fr", "Ra"})
WEIGHTS = "0.3.0"


def chgnet(problem: Problem, fit: Fit, settings: Settings, _: int) -> Numbers:
    """A simple head on CHGNet's crystal features: ``ridge`` with a ``strength``, ``nearest`` with ``neighbours``, or a Gaussian process."""
    import warnings

    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    table = _table(problem)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # a kernel's scale may stop at the end of its range, on purpose
        model = make_pipeline(StandardScaler(), _head(settings)).fit(table[fit.train], fit.targets)
        found: Numbers = model.predict(table[fit.predict])
    return found


def _head(settings: Settings) -> Any:
    from pipeline.prediction.simple import gaussian

    if settings["head"] == "ridge":
        from sklearn.linear_model import Ridge

        return Ridge(alpha=settings["strength"])
    if settings["head"] == "nearest":
        from sklearn.neighbors import KNeighborsRegressor

        return KNeighborsRegressor(settings["neighbours"])
    return gaussian(settings["nu"])


@lru_cache(maxsize=1)
def _table(problem: Problem) -> Numbers:
    """Features of every entry of a problem, ``(entries, 64)``; zeros without a structure."""
    made = {name: whole_atoms(structure) for name, structure in problem.structures.items()}
    require_known(problem.table)
    rows = crystal_features({name: found for name, found in made.items() if found is not None})
    width = len(next(iter(rows.values())))
    return np.array([rows.get(name, np.zeros(width)) for name in problem.task.ids])


def require_known(table: ElementTable) -> None:
    """Raise :class:`ElementTableError` when CHGNet has no embedding of an element of a table."""
    from pymatgen.core.periodic_table import Element

    if unknown := [symbol for symbol in table.symbols if Element(symbol).Z > LAST or symbol in WITHOUT]:
        raise ElementTableError(f"CHGNet {WEIGHTS} does not know {' '.join(unknown)}")


def crystal_features(structures: dict[str, PymatgenStructure]) -> dict[str, Numbers]:
    """CHGNet's features of structures of whole atoms, 64 numbers each."""
    import io
    import warnings
    from contextlib import redirect_stdout

    from pipeline.prediction.learning import repeatable

    with repeatable(0), redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, on how it makes its tensors; it also prints how large it is
        from chgnet.model.model import CHGNet

        model = CHGNet.load(model_name=WEIGHTS, use_device="cpu", verbose=False)
        model.graph_converter.verbose = False
        model.graph_converter.set_isolated_atom_response("ignore")
        return {
            name: np.asarray(model.predict_structure(found, task="e", return_crystal_feas=True)["crystal_fea"], dtype=np.float64)
            / len(found)  # the library sums over the atoms
            for name, found in structures.items()
        }


def whole_atoms(structure: Structure) -> PymatgenStructure | None:
    """The primitive cell with each site's foremost element where its occupancy rounds to one; None where no site has one."""
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure as Made

    kept, symbols = [], []
    for position in positions(structure):
        symbol, occupancy = max(composition(position, structure), key=lambda each: each[1])
        if np.rint(occupancy) > 0:
            kept.append(position)
            symbols.append(symbol)
    if not kept:
        return None
    group = frame(structure)
    fractional, sizes = all_images(tuple(kept), group)
    lattice = Lattice((structure.basis @ group.primitive).T)
    species = [symbol for symbol, size in zip(symbols, sizes, strict=True) for _ in range(size)]
    return Made(lattice, species, fractional @ structure.basis.T, coords_are_cartesian=True)
