"""A structure as pymatgen's, for whoever works with that library.

What pymatgen cannot hold stays behind: the printed digits and their rounding, the operations and the site symmetry that follow from
them, labels of sites that share a position, and the reader's notes. Sites that share a position become one site of several species;
sites that are close but apart (a split position) stay apart, which pymatgen's own reader of CIFs merges.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from pipeline.structures.symmetry import frame, images, positions

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure as PymatgenStructure

    from pipeline.structures.cif import Structure


#: Occupancies of three atoms on one position, each rounded to two digits, sum to 1.015 at most.
OVERFULL = 1.015


def to_pymatgen(structure: Structure) -> PymatgenStructure:
    """The whole cell as pymatgen's structure, disorder kept.

    Every image of a position is one site: fractional coordinates in [0, 1), completed where the file rounded them, and the species on
    it with their occupancies as printed. Species share a site where the file puts them on one position, and nowhere else. Hydrogen
    that the file attaches to a site without coordinates of its own has no site here either. The property ``labels`` of a site holds
    the file's labels, parted by commas.

    Raises
    ------
    ValueError
        When pymatgen cannot hold it: occupancies of a position that add up to more than one beyond rounding (1.015).
    """
    from pymatgen.core.composition import Composition
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure as Whole

    group = frame(structure)
    # a position has an image for each coset of its site symmetry in a primitive cell, and as many for each lattice point of the cell
    species: list[Composition] = []
    fract: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
    labels: list[str] = []
    for position in positions(structure):
        parts: dict[str, float] = {}
        for index in position.sites:
            site = structure.sites[index]
            parts[site.element] = parts.get(site.element, 0.0) + site.occupancy
        total = sum(parts.values())
        if total > OVERFULL:
            raise ValueError(f"{structure.name}: the occupancies of {_labels(structure, position.sites)} add up to {total:.4g}")
        if total > 1:  # pymatgen takes no more than one: what rounding added goes
            parts = {element: amount / total for element, amount in parts.items()}
        here = (images(position, group)[:, None] + group.centring[None]).reshape(-1, 3) % 1.0
        fract += list(here)
        species += [Composition(parts)] * len(here)
        labels += [_labels(structure, position.sites)] * len(here)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen remarks on sites without electronegativity
        return Whole(Lattice(structure.basis.T), species, fract, site_properties={"labels": labels})


def _labels(structure: Structure, sites: tuple[int, ...]) -> str:
    return ",".join(structure.sites[index].label for index in sites)
