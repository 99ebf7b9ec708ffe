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
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Largest half unit in the last place that is believed: a coordinate printed as 0.3 says no more than 0.30 does about a special position.
COARSEST = 0.005
#: Distance in fractional coordinates that is never a distance: files printed to six digits and more carry such rounding errors.
FLOOR = 1e-6


class CifError(ValueError):
    """A text that is not the CIF of a structure; names file and line.

    Attributes
    ----------
    name
        Name of the file.
    line
        Line of the text, from 1; ``None`` where none can be named.
    reason
        What is wrong, in a sentence.
    """

    def __init__(self, name: str, reason: str, line: int | None = None) -> None:
        self.name, self.reason, self.line = name, reason, line
        super().__init__(f"{name}, line {line}: {reason}" if line else f"{name}: {reason}")


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
        Collection code of the ICSD, when the file bears one.
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

    @property
    def volume(self) -> float:
        """Volume of the cell in cubic angstrom."""
        return float(gemmi.UnitCell(*self.cell).volume)


@dataclass(frozen=True, slots=True)
class Operations:
    """A set of symmetry operations and the space group it generates."""

    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]
    group_number: int | None
    setting: str | None
    missing: int = 0


@lru_cache(maxsize=1024)
def read(text: str, name: str) -> Structure:
    """Read one structure; remembered, since checks, matching and writing ask for the same files.

    Parameters
    ----------
    text
        The CIF.
    name
        Its name, for messages.

    Raises
    ------
    CifError
        When the text is damaged or holds no structure; names the line where one can be named.
    """
    block, block_index = _structure_block(text, name)
    items = _Items(block, name, text)
    cell = items.cell()
    notes: list[str] = []
    atoms = items.atoms(notes)
    operations = items.operations(cell, notes)
    number, symbol = items.declared()
    fract = np.array([atom.fract for atom in atoms]).reshape(-1, 3)
    rounding = np.array([atom.rounding for atom in atoms]).reshape(-1, 3)
    sites = tuple(
        Site(atom.label, atom.element, atom.fract, atom.occupancy, len(operations.rotations) // len(fixed), atom.type_symbol,
             atom.rounding, fixed, exact, atom.declared_multiplicity, atom.hydrogens, atom.row)
        for atom, fixed, exact in zip(atoms, *site_symmetry(operations.rotations, operations.translations, fract, rounding), strict=True)
    )  # fmt: skip
    return Structure(
        name=name, text=text, block=block.name, cell=cell, rotations=operations.rotations, translations=operations.translations,
        sites=sites, spacegroup_number=number, spacegroup_symbol=symbol, group_number=operations.group_number,
        setting=operations.setting, formula_sum=items.text_of("_chemical_formula_sum"),
        formula_units=items.integer("_cell_formula_units_z"), icsd=items.text_of("_database_code_icsd"),
        creation_method=items.text_of("_audit_creation_method"), block_index=block_index, notes=tuple(notes),
    )  # fmt: skip


def site_symmetry(
    rotations: NDArray[np.int64], translations: NDArray[np.float64], fract: NDArray[np.float64], rounding: NDArray[np.float64]
) -> tuple[list[tuple[int, ...]], list[tuple[float, float, float]]]:
    """Which operations fix each site, up to lattice translations and the rounding of its printed coordinates.

    Parameters
    ----------
    rotations, translations
        ``(n, 3, 3)`` and ``(n, 3)``.
    fract, rounding
        Positions and half units in the last place, both ``(m, 3)``.

    Returns
    -------
    list, list
        Indices of the operations, and the mean of the images under them, for each site.
    """
    shift = rotations - np.eye(3, dtype=np.int64)
    distance = np.einsum("nij,mj->mni", shift, fract) + translations
    distance -= np.rint(distance)
    allowed = np.einsum("nij,mj->mni", np.abs(shift), rounding) + FLOOR
    fixed = (np.abs(distance) <= allowed).all(axis=2)
    exact = fract + np.where(fixed[:, :, None], distance, 0.0).sum(axis=1) / fixed.sum(axis=1)[:, None]
    return [tuple(np.flatnonzero(row).tolist()) for row in fixed], [(x, y, z) for x, y, z in exact.tolist()]


@lru_cache(maxsize=512)
def operations_of(triplets: tuple[str, ...]) -> Operations:
    """Operations from triplets such as ``-x, y+1/2, -z``; completed to a group where the list is not one.

    Raises
    ------
    ValueError
        When a triplet cannot be read.
    """
    ops = []
    for triplet in triplets:
        try:
            ops.append(gemmi.Op(triplet.strip().strip("'\"")).wrap())
        except (RuntimeError, ValueError) as error:
            raise ValueError(f"{triplet!r} is no symmetry operation: {error}") from None
    group = gemmi.GroupOps(ops)
    listed = len(group)
    try:
        group.add_missing_elements()
    except RuntimeError as error:  # a damaged operation generates more than any group of space has
        raise ValueError(f"the list of symmetry operations generates no space group: {error}") from None
    return _operations(group, len(group) - listed, ops if len(group) == listed == len(ops) else None)


def _operations(group: gemmi.GroupOps, missing: int = 0, order: list[gemmi.Op] | None = None) -> Operations:
    ops = list(group) if order is None else order
    rotations = np.array([op.rot for op in ops]) // gemmi.Op.DEN
    translations = np.array([op.tran for op in ops]) / gemmi.Op.DEN % 1.0
    rotations.setflags(write=False)
    translations.setflags(write=False)
    found = gemmi.find_spacegroup_by_ops(group)
    if found:
        return Operations(rotations, translations, found.number, found.xhm(), missing)
    import spglib

    try:
        kind: Any = spglib.get_spacegroup_type_from_symmetry(rotations.astype("int32"), translations)
    except spglib.SpglibError:  # the operations of a damaged file need not be those of any group
        kind = None
    number = kind and (kind["number"] if isinstance(kind, dict) else kind.number)
    return Operations(rotations, translations, number, None, missing)


def spacegroup_by_name(symbol: str, cell: tuple[float, ...] | None = None) -> gemmi.SpaceGroup | None:
    """The tabulated setting of a Hermann-Mauguin symbol in any spelling, or ``None``.

    ``P2_1/c``, ``P 1 21/c 1``, ``P2(1)/c``; ``Fd3m`` for ``Fd-3m``; the ICSD's ``F d -3 m Z`` (origin choice 2; ``S`` is choice 1),
    ``R -3 c H`` and ``R -3 c R``; the cell tells hexagonal from rhombohedral axes where the symbol does not.
    """
    plain = re.sub(r"\((\d)\)", r"\1", symbol.replace("_", "").replace("−", "-").replace("–", "-").strip())
    choice = re.fullmatch(r"(.*\S)\s*:?\s*([SZHR])R?", plain)
    names = [plain]
    if choice and choice[1][0] != choice[2]:
        names.insert(0, f"{choice[1]}:{ {'S': '1', 'Z': '2'}.get(choice[2], choice[2]) }")
        names.append(choice[1])
    for each in names:
        found = gemmi.find_spacegroup_by_name(each, cell[3], cell[5]) if cell else gemmi.find_spacegroup_by_name(each)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def element_of(symbol: str) -> str | None:
    """Element of a type symbol or label (``Li1+``, ``LI1``, ``D``, ``O2-``), or ``None`` for a dummy."""
    letters = re.match(r"[A-Za-z]+", symbol.strip())
    if letters is None:
        return None
    word = letters[0]
    for candidate in ((word[:2],) if len(word) > 1 else ()) + (word[:1],):
        element = gemmi.Element(candidate.capitalize())
        if element.name == candidate.capitalize() and element.atomic_number > 0:
            return "H" if element.name in ("D", "T") else str(element.name)
    return "H" if word[:1].upper() in ("D", "T") else None


@dataclass(frozen=True, slots=True)
class _Atom:
    label: str
    type_symbol: str
    element: str
    fract: tuple[float, float, float]
    rounding: tuple[float, float, float]
    occupancy: float
    declared_multiplicity: int | None
    hydrogens: float
    row: int


_NUMBER = re.compile(r"([-+]?)(\d*)\.?(\d*)(?:\((\d+)\))?(?:[eE]([-+]?\d+))?")


def half_unit(token: str) -> float:
    """Half a unit in the last printed place of a number (``0.3333`` and ``0.3333(2)``: 0.00005)."""
    _, point, decimals = token.partition(".")
    if point and decimals.isdigit():
        return float(0.5 * 10.0 ** -len(decimals))
    parts = _NUMBER.fullmatch(token)
    if parts is None:
        return COARSEST
    return float(0.5 * 10.0 ** (int(parts[5] or 0) - len(parts[3])))


def _rounding(tokens: tuple[str, str, str], values: tuple[float, float, float]) -> tuple[float, float, float]:
    """Half units of the three coordinates of a site; an eighth, often written without its zeros, counts as its longest neighbour."""
    units = [min(half_unit(token), COARSEST) for token in tokens]
    finest = min(units)
    x, y, z = (finest if value * 8 == round(value * 8) else unit for value, unit in zip(values, units, strict=True))
    return x, y, z


def _structure_block(text: str, name: str) -> tuple[gemmi.cif.Block, int]:
    """The first block that lists atoms, or else the first that gives a cell."""
    try:
        document = gemmi.cif.read_string(text)
    except (ValueError, RuntimeError) as error:
        raise CifError(name, *_syntax(str(error))) from None
    blocks = list(document)
    for tag in ("_atom_site_fract_x", "_atom_site.fract_x", "_cell_length_a", "_cell.length_a"):
        for index, block in enumerate(blocks):
            if block.find_values(tag):
                return block, index
    if not blocks:
        raise CifError(name, "holds no data block (data_...)", 1)
    raise CifError(name, "holds neither a cell nor atoms")


def _syntax(message: str) -> tuple[str, int | None]:
    """Reason and line of a message of gemmi's parser, which begins ``string:LINE``."""
    found = re.match(r'"?string:(\d+)(?::\d+\(\d+\))?(?: in data_\S*)?:\s*(.*?)"?$', message, re.DOTALL)
    return (found[2], int(found[1])) if found else (message, None)


class _Items:
    """The items of a block under one spelling of their names: lower case, underscores for dots."""

    def __init__(self, block: gemmi.cif.Block, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.values: dict[str, tuple[str, int]] = {}
        self.columns: dict[str, tuple[list[str], int]] = {}
        for item in block:
            pair: Any = item.pair
            if pair is not None:
                self.values[_plain(pair[0])] = (pair[1], item.line_number)
            elif item.loop is not None:
                tags, values = item.loop.tags, list(item.loop.values)
                for i, tag in enumerate(tags):
                    self.columns[_plain(tag)] = (values[i :: len(tags)], item.line_number)

    def raw(self, *tags: str) -> tuple[str, int] | None:
        for tag in tags:
            found = self.values.get(tag)
            if found is None and tag in self.columns and self.columns[tag][0]:
                found = (self.columns[tag][0][0], self.columns[tag][1])
            if found is not None and not gemmi.cif.is_null(found[0]):
                return found
        return None

    def text_of(self, *tags: str) -> str | None:
        found = self.raw(*tags)
        return None if found is None else gemmi.cif.as_string(found[0]).strip()

    def integer(self, *tags: str) -> int | None:
        found = self.raw(*tags)
        value = math.nan if found is None else gemmi.cif.as_number(gemmi.cif.as_string(found[0]))
        return int(value) if math.isfinite(value) else None

    def column(self, *tags: str) -> list[str] | None:
        for tag in tags:
            if tag in self.columns:
                return self.columns[tag][0]
            if tag in self.values:
                return [self.values[tag][0]]
        return None

    def cell(self) -> tuple[float, float, float, float, float, float]:
        numbers = []
        for part in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"):
            tag = f"_cell_{part}"
            found = self.raw(tag)
            if found is None:
                raise CifError(self.name, f"{tag} is missing")
            value = gemmi.cif.as_number(found[0])
            if not (math.isfinite(value) and 0 < value < (180 if "angle" in part else math.inf)):
                raise CifError(self.name, f"{tag} is {found[0]}, which is not {'an angle' if 'angle' in part else 'a length'}", found[1])
            numbers.append(value)
        a, b, c, alpha, beta, gamma = numbers
        if not gemmi.UnitCell(a, b, c, alpha, beta, gamma).volume > 0:
            raise CifError(self.name, f"angles {alpha:g}, {beta:g}, {gamma:g} close no cell")
        return a, b, c, alpha, beta, gamma

    def declared(self) -> tuple[int | None, str | None]:
        number = self.integer("_space_group_it_number", "_symmetry_int_tables_number")
        symbol = self.text_of("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full",
                              "_space_group_name_h-m_ref")  # fmt: skip
        if number is None and symbol is not None:
            group = spacegroup_by_name(symbol)
            number = None if group is None else group.number
        return number, symbol

    def operations(self, cell: tuple[float, ...], notes: list[str]) -> Operations:
        triplets = self.column("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
        if triplets and not all(gemmi.cif.is_null(t) for t in triplets):
            try:
                found = operations_of(tuple(gemmi.cif.as_string(t) for t in triplets))
            except ValueError as error:
                raise CifError(self.name, str(error)) from None
            if found.missing:
                notes.append(f"{found.missing} operations were missing from the list and were added to make it a group")
            return found
        hall = self.text_of("_space_group_name_hall", "_symmetry_space_group_name_hall")
        if hall is not None:
            try:
                return _operations(gemmi.symops_from_hall(hall))
            except (RuntimeError, ValueError):
                notes.append(f"Hall symbol {hall!r} cannot be read")
        number, symbol = self.declared()
        group = None if symbol is None else spacegroup_by_name(symbol, cell)
        if group is None and number is not None:
            group = gemmi.find_spacegroup_by_number(number)
        if group is None:
            notes.append("the file names no symmetry: P 1 is assumed")
            return operations_of(("x,y,z",))
        notes.append(f"no operations are listed: those of {group.xhm()} are used")
        return _operations(group.operations())

    def atoms(self, notes: list[str]) -> list[_Atom]:
        coordinates = [self.column(f"_atom_site_fract_{axis}") for axis in "xyz"]
        if any(c is None for c in coordinates):
            raise CifError(self.name, "lists no fractional coordinates (_atom_site_fract_x, _y, _z)")
        xs, ys, zs = (c for c in coordinates if c is not None)
        count = len(xs)

        def column(tag: str) -> list[str]:
            return self.column(tag) or ["?"] * count

        labels, types = column("_atom_site_label"), column("_atom_site_type_symbol")
        occupancies, hydrogens = column("_atom_site_occupancy"), column("_atom_site_attached_hydrogens")
        multiplicities = self.column("_atom_site_site_symmetry_multiplicity", "_atom_site_symmetry_multiplicity") or ["?"] * count
        flags = column("_atom_site_calc_flag")
        atoms = []
        for row, tokens in enumerate(zip(xs, ys, zs, strict=True)):
            label, symbol = gemmi.cif.as_string(labels[row]), gemmi.cif.as_string(types[row])
            element = element_of(label if gemmi.cif.is_null(types[row]) else symbol)
            if element is None or flags[row].lower() == "dum":
                notes.append(f"site {label or symbol} is a dummy and is left out")
                continue
            if all(gemmi.cif.is_null(t) for t in tokens):
                notes.append(f"site {label} has no position and is left out")
                continue
            x, y, z = (self.number(t, f"coordinate of site {label}") for t in tokens)
            atoms.append(_Atom(
                label, symbol, element, (x, y, z), _rounding(tokens, (x, y, z)),
                self.number(occupancies[row], f"occupancy of site {label}", 1.0),
                int(self.number(multiplicities[row], f"multiplicity of site {label}", 0.0)) or None,
                self.number(hydrogens[row], f"attached hydrogens of site {label}", 0.0), row,
            ))  # fmt: skip
        if not atoms:
            raise CifError(self.name, "lists no atom")
        return atoms

    def number(self, token: str, what: str, default: float | None = None) -> float:
        if default is not None and gemmi.cif.is_null(token):
            return default
        value: float = gemmi.cif.as_number(token)
        if not math.isfinite(value):
            value = gemmi.cif.as_number(gemmi.cif.as_string(token))
        if not math.isfinite(value):
            raise CifError(self.name, f"{what} is {token}, which is not a number", self.line_of(token))
        return value

    def line_of(self, token: str) -> int | None:
        for number, line in enumerate(self.text.splitlines(), 1):
            if token in line.split():
                return number
        return None


def _plain(tag: str) -> str:
    return tag.lower().replace(".", "_")


def same_content(one: Mapping[str, float], other: Mapping[str, float], tolerance: float = 1e-6) -> bool:
    """Whether two cell contents agree element by element."""
    return all(abs(one.get(e, 0.0) - other.get(e, 0.0)) <= tolerance for e in {*one, *other})
