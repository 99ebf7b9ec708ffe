"""Read a structure from a CIF, whoever wrote it.

gemmi splits the text into items; this module says what they mean. What a reader has to decide for itself:

*Site symmetry.* A coordinate is printed to so many digits, so ``0.3333`` may well be one third. An operation belongs to the site
symmetry of a site when the rounding of the printed digits explains the distance between the site and its image, coordinate by coordinate:
``|R x + t - x - n| <= |R - I| h + 1e-6``, where ``h`` is half a unit in the last printed place. No distance in angstrom would do:
noise of 0.01 takes sites as near as 0.02 angstrom to a mirror plane on which they do not lie, and a file printed to two digits leaves
sites 0.05 angstrom from theirs.

*Content.* The amount of an element in the cell is the sum of multiplicity times occupancy over its sites. Expanding the sites and
merging those that come close gives less whenever a site is split over positions a few tenths of an angstrom apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from pipeline.chemistry.spacegroup import find
from pipeline.structures.items import Atom, Cell, CifError, Items
from pipeline.structures.operations import OperationError, Operations, of_group, operations_of, settings, shortest_distance, site_symmetry

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CifError", "Site", "Structure", "read", "same_content"]


@dataclass(frozen=True, slots=True)
class Site:
    """One row of the list of atoms: a site of the asymmetric unit.

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
        What the reader had to assume, in sentences.
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

    @cached_property
    def content(self) -> dict[str, float]:
        """Amount of each element in the cell: the sum of multiplicity times occupancy over its sites."""
        parts: dict[str, list[float]] = {}
        for site in self.sites:
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


@lru_cache(maxsize=1024)
def read(text: str, name: str) -> Structure:
    """Read one structure; remembered, since checks, matching and writing ask for the same files.

    Parameters
    ----------
    text
        The CIF. Of several data blocks the first that lists atoms is read.
    name
        Its name, for messages.

    Raises
    ------
    CifError
        When the text is damaged or holds no structure; names the line where one can be named.
    """
    blocks = _blocks(text, name)
    index, others = _with_structure(blocks, name)
    block = blocks[index]
    items = Items(block, name, text, index)
    if others:
        items.notes.append(f"the file holds several structures; those of blocks {', '.join(others)} are not read")
    icsd = next((str(value) for each in blocks for value in each.find_values("_database_code_ICSD") if not gemmi.cif.is_null(value)), None)
    cell = items.cell()
    atoms = items.atoms(cell)
    operations = _symmetry(items, cell, atoms)
    number, symbol = _declared(items)
    fract = np.array([atom.fract for atom in atoms])
    rounding = np.array([atom.rounding for atom in atoms])
    order = len(operations.rotations)
    sites = tuple(
        Site(atom.label, atom.element, atom.fract, atom.occupancy, order // len(fixed), atom.type_symbol, atom.rounding, fixed, exact,
             atom.declared_multiplicity, atom.hydrogens, atom.row)
        for atom, fixed, exact in zip(atoms, *site_symmetry(operations.rotations, operations.translations, fract, rounding), strict=True)
    )  # fmt: skip
    return Structure(
        name=name, text=text, block=block.name.strip(), cell=cell, rotations=operations.rotations, translations=operations.translations,
        sites=sites, spacegroup_number=number, spacegroup_symbol=symbol, group_number=operations.group_number,
        setting=operations.setting, formula_sum=items.text_of("_chemical_formula_sum"),
        formula_units=items.integer("_cell_formula_units_z"), icsd=None if icsd is None else gemmi.cif.as_string(icsd),
        n_structures=1 + len(others), creation_method=items.text_of("_audit_creation_method"), block_index=index, notes=tuple(items.notes),
    )  # fmt: skip


def _blocks(text: str, name: str) -> list[gemmi.cif.Block]:
    """The data blocks of a file."""
    if not text.isascii():  # a byte order mark, and bytes that are no UTF-8, matter to nobody
        text = text.replace("\ufeff", " ", 1).encode("utf-8", "replace").decode("utf-8")
    try:
        # duplicate items pass here, since many files repeat one with one value; Items looks at the values
        document = gemmi.cif.read_string(text, 0)
    except (ValueError, RuntimeError) as error:
        raise CifError(name, *_syntax(str(error))) from None
    if not len(document):
        raise CifError(name, "holds no data block (data_...)", 1)
    return list(document)


def _with_structure(blocks: list[gemmi.cif.Block], name: str) -> tuple[int, list[str]]:
    """Number of the first block that lists atoms, or else of the first that gives a cell; and the names of the others that do."""
    for tag in ("_atom_site_fract_x", "_atom_site.fract_x", "_atom_site_Cartn_x", "_atom_site.Cartn_x", "_cell_length_a", "_cell.length_a"):
        with_tag = [index for index, block in enumerate(blocks) if block.find_values(tag)]
        if with_tag:
            return with_tag[0], [blocks[index].name for index in with_tag[1:]]
    raise CifError(name, "holds neither a cell nor atoms")


def _syntax(message: str) -> tuple[str, int | None]:
    """Reason and line of a message of gemmi's parser, which begins ``string:LINE``."""
    found = re.match(r'"?string:(\d+)(?::\d+\(\d+\))?(?: in data_\S*)?:\s*(.*?)"?$', message, re.DOTALL)
    return (found[2], int(found[1])) if found else (message, None)


def _declared(items: Items) -> tuple[int | None, str | None]:
    """Number and symbol of the space group in the file's header; the number is that of the symbol where only that is given."""
    number = items.integer("_space_group_it_number", "_symmetry_int_tables_number")
    symbol = items.text_of("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full",
                           "_space_group_name_h-m_ref")  # fmt: skip
    if number is None and symbol is not None:
        group = find(symbol)
        number = None if group is None else group.number
    return number, symbol


def _symmetry(items: Items, cell: Cell, atoms: list[Atom]) -> Operations:
    """The operations listed; or those of the Hall symbol, the Hermann-Mauguin symbol or the number, in this order."""
    listed = items.triplets()
    if listed is not None:
        try:
            found = operations_of(listed[0])
        except OperationError as error:
            raise items.error(str(error), listed[1], error.row) from None
        if found.missing:
            items.notes.append(f"{found.missing} operations were missing from the list and were added to make it a group")
        return found
    hall = items.text_of("_space_group_name_hall", "_symmetry_space_group_name_hall")
    if hall is not None:
        try:
            return of_group(gemmi.symops_from_hall(hall))
        except (RuntimeError, ValueError):
            items.notes.append(f"the Hall symbol {hall!r} cannot be read")
    number, symbol = _declared(items)
    possible = settings(symbol, cell) if symbol else []
    if not possible and number is not None:
        group = gemmi.find_spacegroup_by_number(number)
        possible = settings(group.hm, cell) if group else []
    if not possible:
        if number is not None or symbol is not None:
            raise items.error(f"lists no symmetry operations, and there is no space group {symbol or number!r}")
        items.notes.append("the file names no symmetry: P 1 is assumed")
        return operations_of(("x,y,z",))
    found = _fitting([of_group(group.operations()) for group in possible], cell, atoms)
    items.notes.append(f"no operations are listed: those of {found.setting} are used")
    return found


def _fitting(possible: list[Operations], cell: Cell, atoms: list[Atom]) -> Operations:
    """Of several settings the one that gives the multiplicities declared, or else keeps the atoms furthest apart."""
    if len(possible) == 1:
        return possible[0]
    fract, rounding = np.array([atom.fract for atom in atoms]), np.array([atom.rounding for atom in atoms])
    occupancies = np.array([atom.occupancy for atom in atoms])
    basis = np.array(gemmi.UnitCell(*cell).orth.mat.tolist())

    def misfit(found: Operations) -> tuple[float, float]:
        fixed, _ = site_symmetry(found.rotations, found.translations, fract, rounding)
        wrong = sum(a.declared_multiplicity not in (None, len(found.rotations) // len(f)) for a, f in zip(atoms, fixed, strict=True))
        return wrong, -shortest_distance(found, fract, occupancies, basis)

    return min(possible, key=misfit)


def same_content(one: Mapping[str, float], other: Mapping[str, float], tolerance: float = 1e-6) -> bool:
    """Whether two cell contents agree element by element."""
    return all(abs(one.get(e, 0.0) - other.get(e, 0.0)) <= tolerance for e in {*one, *other})
