"""Read a structure from a CIF, whoever wrote it.

gemmi splits the text into items; this module says what they mean. What a reader has to decide for itself:

*Site symmetry.* A coordinate is printed to so many digits, so ``0.3333`` may well be one third. An operation belongs to the site
symmetry of a site when the rounding of the printed digits explains the distance between the site and its image, coordinate by coordinate:
``|R x + t - x - n| <= |R - I| h + 1e-6``, where ``h`` is half a unit in the last printed place. No distance in angstrom would do:
noise of 0.01 takes sites as near as 0.02 angstrom to a mirror plane on which they do not lie, and a file printed to two digits leaves
sites 0.05 angstrom from theirs.

Where digits do not explain it, :mod:`pipeline.structures.special` asks whether the site and its image can both be there.

*Content.* The amount of an element in the cell is the sum of multiplicity times occupancy over its sites. Expanding the sites and
merging those that come close gives less whenever a site is split over positions a few tenths of an angstrom apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from pipeline.safety import limits
from pipeline.safety.remembered import while_held, without_kept
from pipeline.structures import tags
from pipeline.structures.atoms import Atom, AtomList, atoms
from pipeline.structures.bounds import demand, demand_images
from pipeline.structures.declared import Name, number_and_symbol, symmetry
from pipeline.structures.declared import names as names_of_group
from pipeline.structures.items import Items, is_blank
from pipeline.structures.legible import data_blocks
from pipeline.structures.operations import Operations, site_symmetry
from pipeline.structures.special import placed
from pipeline.structures.tags import CifError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core.structure import Structure as PymatgenStructure

__all__ = ["CifError", "Site", "Structure", "further", "read", "same_content"]


#: Blocks not read that a note names.
MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Site:
    """An element of one row of the list of atoms: a site of the asymmetric unit. A row that names a mixture has one for each element.

    Attributes
    ----------
    label, type_symbol
        As the file writes them.
    element
        Symbol of the element; hydrogen for deuterium and tritium.
    fract
        Fractional coordinates as printed.
    occupancy
        Occupancy of the site by this element.
    multiplicity
        Number of images in the cell, from the operations.
    rounding
        Half a unit in the last printed place of each coordinate.
    fixed_by
        Indices of the operations of the site symmetry (those that map the site to itself, up to a lattice translation).
    exact
        Coordinates on the special position: the mean of the images under the site symmetry. A third printed as 0.3333 becomes a third;
        a coordinate that the site symmetry leaves free keeps the value printed.
    declared_multiplicity
        What the file says.
    hydrogens
        Hydrogen atoms attached to the site that have no row of their own (ICSD).
    row
        Row in the file's list of atoms, from 0.
    """

    label: str
    element: str
    fract: tuple[float, float, float]
    occupancy: float
    multiplicity: int
    type_symbol: str = ""
    rounding: tuple[float, float, float] = (0.0, 0.0, 0.0)
    fixed_by: tuple[int, ...] = (0,)
    exact: tuple[float, float, float] = (0.0, 0.0, 0.0)
    declared_multiplicity: int | None = None
    hydrogens: float = 0.0
    row: int = 0


@dataclass(frozen=True, eq=False)
class Structure:
    """What a CIF says about one structure. Two are equal only when they are one and the same.

    Attributes
    ----------
    name, text
        Name for messages and the raw text, line ends included.
    block, block_index
        Name of the data block, and its number in the file from 0.
    cell
        a, b, c in angstrom; alpha, beta, gamma in degrees.
    rotations, translations
        The symmetry operations, centring included: ``(n, 3, 3)`` integers and ``(n, 3)`` numbers in [0, 1).
    sites
        The sites in the order of the file.
    spacegroup_number, spacegroup_symbol
        As the file declares them; the number is that of the symbol where the file gives only a symbol.
    group_number
        Number of the space group that the operations generate; ``None`` when they generate none.
    setting
        Extended Hermann-Mauguin symbol of the operations' setting; ``None`` when it is none of the tabulated ones.
    formula_sum, formula_units
        ``_chemical_formula_sum`` and ``_cell_formula_units_Z``.
    icsd
        Collection code of the ICSD, when the file bears one in any block.
    n_structures
        Blocks of the file that list atoms; the first is the one read.
    creation_method
        ``_audit_creation_method``.
    notes
        What the reader had to assume, leave out or complete, in sentences.
    unplaced
        Atoms that belong to the content of the cell though their positions are unknown: hydrogens, mostly. They have no site symmetry.
    left_out
        Labels of the rows that are no atoms but have coordinates: dummies.
    group_names
        Every name that the header gives the space group.
    """

    name: str
    text: str
    block: str
    cell: tuple[float, float, float, float, float, float]
    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]
    sites: tuple[Site, ...]
    spacegroup_number: int | None
    spacegroup_symbol: str | None
    group_number: int | None
    setting: str | None
    formula_sum: str | None = None
    formula_units: int | None = None
    icsd: str | None = None
    creation_method: str | None = None
    block_index: int = 0
    n_structures: int = 1
    notes: tuple[str, ...] = field(default=())
    unplaced: tuple[Site, ...] = ()
    left_out: tuple[str, ...] = ()
    group_names: tuple[Name, ...] = ()

    @cached_property
    def content(self) -> dict[str, float]:
        """Amount of each element in the cell: the sum of multiplicity times occupancy over its atoms, those without a position included."""
        parts: dict[str, list[float]] = {}
        for site in (*self.sites, *self.unplaced):
            parts.setdefault(site.element, []).append(site.multiplicity * site.occupancy)
            if site.hydrogens:
                parts.setdefault("H", []).append(site.multiplicity * site.occupancy * site.hydrogens)
        return {element: math.fsum(amounts) for element, amounts in parts.items()}

    @property
    def n_partial_sites(self) -> int:
        """Sites with an occupancy below one."""
        return sum(site.occupancy < 1 for site in self.sites)

    @property
    def is_disordered(self) -> bool:
        """Whether some position is partly occupied or shared."""
        return self.n_partial_sites > 0 or len({site.fract for site in self.sites}) < len(self.sites)

    @cached_property
    def basis(self) -> NDArray[np.float64]:
        """Cell vectors in angstrom as the columns of a matrix: Cartesian = basis @ fractional."""
        return np.array(gemmi.UnitCell(*self.cell).orth.mat.tolist())

    @cached_property
    def inverse_basis(self) -> NDArray[np.float64]:
        """The inverse of :attr:`basis`: fractional = inverse_basis @ Cartesian."""
        return np.array(gemmi.UnitCell(*self.cell).frac.mat.tolist())

    @cached_property
    def metric_misfit(self) -> float:
        """Largest change of a scalar product of two axes under the operations, over the product of their lengths; 0 when they fit."""
        metric = self.basis.T @ self.basis
        lengths = np.sqrt(np.diag(metric))
        turned = np.swapaxes(self.rotations, 1, 2) @ metric @ self.rotations
        return float((np.abs(turned - metric) / np.outer(lengths, lengths)).max())

    @property
    def volume(self) -> float:
        """Volume of the cell in cubic angstrom."""
        return float(gemmi.UnitCell(*self.cell).volume)

    def __getstate__(self) -> dict[str, Any]:
        return without_kept(self.__dict__)

    def to_pymatgen(self) -> PymatgenStructure:
        """The same for pymatgen: every site of the cell, disorder kept (:func:`pipeline.structures.expanded.to_pymatgen`)."""
        from pipeline.structures.expanded import to_pymatgen

        return to_pymatgen(self)


@while_held
def read(text: str, name: str, place: int = 0) -> Structure:
    """Read one structure; remembered, since checks, matching and writing ask for the same files.

    Parameters
    ----------
    text
        The CIF. Of several data blocks the first that lists atoms is read.
    name
        Its name, for messages.
    place
        Which of the blocks that list atoms is read, for :func:`further`.

    Raises
    ------
    CifError
        When the text is damaged, holds no structure, or holds one that cannot be known; names the line where one can be named.
    """
    blocks, passed_over = data_blocks(text, name)
    index, others = _with_structure(blocks, name)
    index = (index, *others)[place]
    block = blocks[index]
    items = Items(block, name, text, index)
    items.notes += passed_over
    if others:
        names = [_named(blocks[i]) for i in others]
        if len(names) > MOST_NAMED:
            names[MOST_NAMED:] = [f"{len(names) - MOST_NAMED} others"]
        items.notes.append(
            f"the file holds {1 + len(others)} structures: that of block {_named(block)}, the first that lists atoms, is read, and not "
            f"{' or '.join(names)}; write each structure into a file of its own"
        )
    codes = (value for each in blocks for value in each.find_values("_database_code_ICSD") if not is_blank(value))
    icsd = next((gemmi.cif.as_string(code).strip() for code in codes), None)
    cell = items.cell()
    demand(limits.CIF_SITES, max(len(block.find_values(tag)) for tag in _COORDINATES), name)
    listed = atoms(items, cell)
    operations = symmetry(items, cell, listed.placed)
    demand_images(len(listed.placed), len(operations.rotations), name)
    number, symbol = number_and_symbol(items)
    found, fixed_by, exact, notes = placed(operations, listed.placed, gemmi.UnitCell(*cell))
    items.notes += notes
    sites = tuple(
        _site(atom, operations, fixed, position) for atom, fixed, position in zip(found, fixed_by, exact, strict=True)
    )  # fmt: skip
    return Structure(
        name=name, text=text, block=block.name.strip(), cell=cell, rotations=operations.rotations, translations=operations.translations,
        sites=sites, spacegroup_number=number, spacegroup_symbol=symbol, group_number=operations.group_number,
        setting=operations.setting, formula_sum=items.text_of(tags.FORMULA), formula_units=items.integer(tags.UNITS), icsd=icsd,
        n_structures=1 + len(others), creation_method=items.text_of(tags.METHOD), block_index=index,
        notes=tuple(dict.fromkeys(items.notes)), unplaced=_unplaced(operations, listed), left_out=listed.left_out,
        group_names=names_of_group(items),
    )  # fmt: skip


def further(structure: Structure) -> Iterator[Structure]:
    """The other structures of the file, those that can be read: nobody looks at them but who asks whose they are.

    Raises
    ------
    CifError
        When there are more than anybody compares.
    """
    demand(limits.CIF_STRUCTURES, structure.n_structures, structure.name)
    for place in range(1, structure.n_structures):
        with suppress(CifError):
            yield read(structure.text, structure.name, place)


def _site(atom: Atom, operations: Operations, fixed: tuple[int, ...], exact: tuple[float, float, float]) -> Site:
    multiplicity = len(operations.rotations) // len(fixed)
    return Site(atom.label, atom.element, atom.fract, atom.occupancy, multiplicity, atom.type_symbol, atom.rounding, fixed, exact,
                atom.declared_multiplicity, atom.hydrogens, atom.row)  # fmt: skip


def _unplaced(operations: Operations, listed: AtomList) -> tuple[Site, ...]:
    """Atoms without a position, with the multiplicity declared, or else that of the position printed though it means nothing."""
    if not listed.unplaced:
        return ()
    fract = np.array([atom.fract for atom in listed.unplaced])
    fixed, _ = site_symmetry(operations.rotations, operations.translations, fract, np.zeros_like(fract))
    sites = (_site(atom, operations, f, atom.fract) for atom, f in zip(listed.unplaced, fixed, strict=True))
    return tuple(replace(site, multiplicity=site.declared_multiplicity or site.multiplicity) for site in sites)


def _named(block: gemmi.cif.Block) -> str:
    return repr(block.name.strip()) if block.name.strip() else "without a name"


_COORDINATES = ("_atom_site_fract_x", "_atom_site.fract_x", "_atom_site_Cartn_x", "_atom_site.Cartn_x")


def _with_structure(blocks: list[gemmi.cif.Block], name: str) -> tuple[int, list[int]]:
    """Number of the first block that lists atoms, or else of the first that gives a cell; and the numbers of the others that do."""
    for tag in (*_COORDINATES, "_cell_length_a", "_cell.length_a"):
        with_tag = [index for index, block in enumerate(blocks) if any(not is_blank(value) for value in block.find_values(tag))]
        if with_tag:
            return with_tag[0], with_tag[1:]
    raise CifError(name, "holds neither a cell nor atoms")


def same_content(one: Mapping[str, float], other: Mapping[str, float], tolerance: float = 1e-6) -> bool:
    """Whether two cell contents agree element by element."""
    return all(abs(one.get(e, 0.0) - other.get(e, 0.0)) <= tolerance for e in {*one, *other})
