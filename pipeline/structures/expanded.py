"""A structure with every site of its cell, and as an object of pymatgen.

pymatgen's own CIF reader merges sites that lie near and rescales occupancies by global tolerances; here every site and every occupancy is
that of the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core.structure import Structure as PymatgenStructure


#: Occupancies are printed to three digits or more: a sum this far above one is rounding.
ROUNDING = 1e-3
#: Of fractional coordinates in JSON.
DECIMALS = 8
#: Images of a special position differ by rounding only, far below the shortest distance between sites.
_GRID = 100_000
#: Packs three places on the grid into one number.
_PLACES = (_GRID**2, _GRID, 1)


class Site(Protocol):
    """What is asked of a site (:class:`pipeline.structures.cif.Site`)."""

    @property
    def label(self) -> str:
        """As the file writes it."""

    @property
    def element(self) -> str:
        """Symbol of the element."""

    @property
    def fract(self) -> tuple[float, float, float]:
        """Fractional coordinates as printed."""

    @property
    def occupancy(self) -> float:
        """Occupancy of the site by this element."""

    @property
    def fixed_by(self) -> tuple[int, ...]:
        """Indices of the operations of the site symmetry."""

    @property
    def hydrogens(self) -> float:
        """Hydrogen atoms attached without a position of their own."""


class Structure(Protocol):
    """What is asked of a structure (:class:`pipeline.structures.cif.Structure`, which offers :func:`to_pymatgen` as a method)."""

    @property
    def rotations(self) -> NDArray[np.int64]:
        """Operations, ``(n, 3, 3)`` integers."""

    @property
    def translations(self) -> NDArray[np.float64]:
        """Their translations, ``(n, 3)``."""

    @property
    def sites(self) -> Sequence[Site]:
        """The sites of the asymmetric unit."""

    @property
    def basis(self) -> NDArray[np.float64]:
        """Cell vectors in angstrom as columns, ``(3, 3)``."""


def positions(structure: Structure) -> Iterator[tuple[tuple[Site, ...], NDArray[np.float64]]]:
    """Sites that share a printed position, and its images in the cell: fractional coordinates in [0, 1), ``(multiplicity, 3)``.

    In the order of the file; a site that nothing occupies is left out.
    """
    shared: dict[tuple[float, ...], list[Site]] = {}
    for site in structure.sites:
        if site.occupancy > 0:
            shared.setdefault(tuple(round(x % 1.0, 6) % 1.0 for x in site.fract), []).append(site)
    # one matrix of all operations below each other: a single product for each site gives every image
    stacked = structure.rotations.reshape(-1, 3).astype(float)
    for sites in shared.values():
        yield tuple(sites), _orbit(sites[0], stacked, structure.translations)


def _orbit(site: Site, stacked: NDArray[np.float64], translations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Images of a site, ``(multiplicity, 3)``, from the rotations below each other, ``(3 n, 3)``, and the translations.

    The printed position is first put on its special position (the mean of its images under its site symmetry), so that images
    that are the same differ by less than the last digit of a double and not by the rounding of the file.
    """
    fract = np.array(site.fract)
    if len(site.fixed_by) == 1:
        every: NDArray[np.float64] = ((stacked @ fract).reshape(-1, 3) + translations) % 1.0
        return every
    fixed_by = list(site.fixed_by)
    images = ((stacked @ fract).reshape(-1, 3) + translations)[fixed_by]
    centre = (images - np.rint(images - fract)).sum(axis=0) / len(images)
    every = ((stacked @ centre).reshape(-1, 3) + translations) % 1.0
    keys = (np.rint(every * _GRID).astype(np.int64) % _GRID) @ _PLACES
    first = {key: place for place, key in reversed(list(enumerate(keys.tolist())))}
    found: NDArray[np.float64] = every[sorted(first.values())]
    return found


def to_pymatgen(structure: Structure) -> PymatgenStructure:
    """The structure as pymatgen has it: every site of the cell, disorder kept.

    * A site holds the elements that share its position with the occupancies that the file prints; what is left to one is vacant.
    * The label is that of the file, labels of sites that share a position joined by a slash.
    * The site property ``hydrogens`` counts hydrogen atoms that the file attaches to a site without a position of their own.

    Lengths are in angstrom. Printed digits, rounding, operations and notes have no place in pymatgen: they stay with our own type.

    Raises
    ------
    ValueError
        When the occupancies of a position sum to more than one by more than they are printed to: pymatgen holds no such site.
    """
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure as New

    species: list[dict[str, float]] = []
    places: list[NDArray[np.float64]] = []
    labels: list[str | None] = []
    attached: list[float] = []
    for occupancies, label, hydrogens, images in _occupied(structure):
        species += [occupancies] * len(images)
        places.append(images)
        labels += [label] * len(images)
        attached += [hydrogens] * len(images)
    every = np.concatenate(places) if places else np.empty((0, 3))
    return New(Lattice(structure.basis.T), species, every, site_properties={"hydrogens": attached}, labels=labels)


def as_dict(structure: Structure) -> dict[str, Any]:
    """The same as JSON that pymatgen reads (``Structure.from_dict``, ``MontyDecoder``), made without that library.

    Fractional coordinates have eight decimals, which is 1e-7 angstrom in a cell of 10.

    Raises
    ------
    ValueError
        As :func:`to_pymatgen`.
    """
    sites: list[dict[str, Any]] = []
    for occupancies, label, hydrogens, images in _occupied(structure):
        species = [{"element": element, "occu": amount} for element, amount in occupancies.items()]
        shared = {"species": species, "label": label, "properties": {"hydrogens": hydrogens}}
        # a coordinate that rounds up to one is zero
        sites += [{**shared, "abc": place} for place in (images.round(DECIMALS) % 1.0).tolist()]
    lattice = {"@module": "pymatgen.core.lattice", "@class": "Lattice", "matrix": structure.basis.T.tolist(), "pbc": [True, True, True]}
    return {"@module": "pymatgen.core.structure", "@class": "Structure", "charge": 0, "lattice": lattice, "sites": sites, "properties": {}}


def _occupied(structure: Structure) -> Iterator[tuple[dict[str, float], str, float, NDArray[np.float64]]]:
    """Each position with its occupancies, its label, the hydrogen atoms attached to it, and its images."""
    for shared, images in positions(structure):
        label = "/".join(dict.fromkeys(site.label for site in shared))
        yield _occupancies(shared, label), label, math.fsum(site.hydrogens * site.occupancy for site in shared), images


def _occupancies(shared: Sequence[Site], label: str) -> dict[str, float]:
    """Elements at one position with their occupancies; a sum above one by rounding alone (0.3333 and 0.6668) is brought to one."""
    found: dict[str, float] = {}
    for site in shared:
        found[site.element] = found.get(site.element, 0.0) + site.occupancy
    total = sum(found.values())
    if total > 1 + ROUNDING:
        raise ValueError(f"the occupancies at {label} sum to {total:g}, and pymatgen holds no site with more than one")
    return {element: amount / total for element, amount in found.items()} if total > 1 else found
