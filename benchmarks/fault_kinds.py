"""The faults that ``benchmarks/faults.py`` plants: each the slip of a hand, a converter or a spreadsheet."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gemmi
from fault_geometry import occupants_exchanged, site_moved, sublattice_shifted

from pipeline.chemistry.formula import amounts
from pipeline.chemistry.spacegroup import crystal_system, find, mirror_image, short, standard
from schemas import columns as col


@dataclass(frozen=True)
class Case:
    """A row of the sheet and its structure file, if it has one; ``copies`` are rows that the fault adds, under IDs of their own."""

    row: dict[str, Any]
    structure: str | None
    copies: tuple[dict[str, Any], ...] = ()

    def edited(self, **_: Any) -> Case:
        return self

    def cell(self, changes: Mapping[str, Any]) -> Case:
        return replace(self, row={**self.row, **{str(k): v for k, v in changes.items()}})


#: Plants a fault in a case, or ``None`` when the case cannot have it.
Plant = Callable[[Case, random.Random, Mapping[str, Case]], Case | None]


@dataclass(frozen=True)
class Kind:
    """A kind of fault. ``visible`` says what shows it; a kind with a reason why it cannot be seen is counted apart."""

    name: str
    plant: Plant
    visible: str
    unseen: str = ""
    needs_structure: bool = field(default=False)
    is_geometry: bool = False


def _z(factor: float, both: bool) -> Plant:
    def plant(case: Case, _: random.Random, __: Mapping[str, Case]) -> Case | None:
        z = case.row[col.Z] * factor
        if z != int(z) or z < 1:
            return None
        changes: dict[str, Any] = {col.Z: int(z)}
        if both:
            changes[col.TRUE_COMPOSITION] = _formula({e: n * factor for e, n in amounts(case.row[col.TRUE_COMPOSITION]).items()})
        return case.cell(changes)

    return plant


def _formula(composition: Mapping[str, float]) -> str:
    return "".join(f"{e}{round(n, 2)}" for e, n in composition.items())


def _recomputed(case: Case, formula: str) -> Case:
    """The reduced composition replaced, and the true one with it, as a curator's sheet computes it."""
    return case.cell(
        {
            col.REDUCED_COMPOSITION: formula,
            col.TRUE_COMPOSITION: _formula({e: n * case.row[col.Z] for e, n in amounts(formula).items()}),
        }
    )


def _dropped(both: bool) -> Plant:
    def plant(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
        formula = case.row[col.REDUCED_COMPOSITION]
        places = [m for m in re.finditer(r"(?<=[A-Za-z)])\d+(\.\d+)?", formula) if float(m[0]) != 1]
        if not places:
            return None
        place = rng.choice(places)
        new = formula[: place.start()] + formula[place.end() :]
        return _recomputed(case, new) if both else case.cell({col.REDUCED_COMPOSITION: new})

    return plant


def _decimal(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case:
    axis = rng.choice(col.LATTICE[:3])
    return case.cell({axis: case.row[axis] * rng.choice((10.0, 0.1))})


def _swapped(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
    group = find(case.row[col.SPACE_GROUP])
    axes = ("x", "y", "z")
    pairs = []
    for i, j in ((0, 1), (1, 2), (0, 2)):
        a, b = col.LATTICE[i], col.LATTICE[j]
        order = list(axes)
        order[i], order[j] = axes[j], axes[i]
        operations = group.operations()
        operations.change_basis_forward(gemmi.Op(",".join(order)))
        found = gemmi.find_spacegroup_by_ops(operations)
        same_setting = group.crystal_system_str() == "orthorhombic" and (found is None or found.hm == group.hm)
        # equal axes can be swapped without a trace, and so can those of a group that is the same in any order (P212121)
        if abs(case.row[a] / case.row[b] - 1) > 0.02 and not same_setting:
            pairs.append((a, b))
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return case.cell({a: case.row[b], b: case.row[a]})


def _angle(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
    odd = [c for c in col.LATTICE[3:] if case.row[c] != 90]
    straight = [c for c in col.LATTICE[3:] if case.row[c] == 90]
    if not odd or not straight:
        return None
    a, b = rng.choice(odd), rng.choice(straight)
    return case.cell({a: case.row[b], b: case.row[a]})


def _number(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case:
    number = int(case.row[col.SPACE_GROUP_NUMBER])
    return case.cell({col.SPACE_GROUP_NUMBER: rng.choice([n for n in (number - 1, number + 1) if 1 <= n <= 230])})


def _symbol(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case:
    number = int(case.row[col.SPACE_GROUP_NUMBER])
    return case.cell({col.SPACE_GROUP: short(standard(rng.choice([n for n in (number - 1, number + 1) if 1 <= n <= 230])))})


def _neighbour_group(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case:
    number = int(case.row[col.SPACE_GROUP_NUMBER])
    new = rng.choice([n for n in (number - 1, number + 1) if 1 <= n <= 230 and mirror_image(number) != n])
    return case.cell({col.SPACE_GROUP_NUMBER: new, col.SPACE_GROUP: short(standard(new))})


#: Neighbours in their group of the periodic table, whose charges are alike.
NEIGHBOURS = {
    "Na": "K", "K": "Na", "Mg": "Ca", "Ca": "Sr", "Sr": "Ba", "Ba": "Sr", "Al": "Ga", "Ga": "In", "In": "Ga", "Si": "Ge", "Ge": "Sn",
    "Sn": "Ge", "P": "As", "Sb": "Bi", "Bi": "Sb", "O": "S", "S": "Se", "Se": "S", "F": "Cl", "Cl": "Br", "Br": "I", "I": "Br",
    "Ti": "Zr", "Zr": "Hf", "Hf": "Zr", "Nb": "Ta", "Ta": "Nb", "V": "Nb", "Cr": "Mo", "Mo": "W", "W": "Mo", "Sc": "Y", "Y": "La",
    "La": "Y", "Zn": "Cd", "Li": "Na",
}  # fmt: skip


def _element(both: bool) -> Plant:
    def plant(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
        formula = case.row[col.REDUCED_COMPOSITION]
        known = sorted(e for e in amounts(formula) if e in NEIGHBOURS and NEIGHBOURS[e] not in amounts(formula))
        if not known:
            return None
        old = rng.choice(known)
        new = re.sub(rf"{old}(?![a-z])", NEIGHBOURS[old], formula)
        return _recomputed(case, new) if both else case.cell({col.REDUCED_COMPOSITION: new})

    return plant


def _conductivity(*factors: float, known: bool = True) -> Plant:
    def plant(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
        value = case.row[col.IONIC_CONDUCTIVITY]
        recorded = case.row[col.LASKOWSKI_ID] is not None or case.row[col.LIION_ID] is not None
        if not isinstance(value, int | float) or case.row[col.IC_TOTAL] is not None or recorded != known:
            return None
        return case.cell({col.IONIC_CONDUCTIVITY: value * rng.choice(factors)})

    return plant


def _exchanged(case: Case, _: random.Random, __: Mapping[str, Case]) -> Case | None:
    total, bulk = case.row[col.IC_TOTAL], case.row[col.IC_BULK]
    return None if total is None or bulk is None or total == bulk else case.cell({col.IC_TOTAL: bulk, col.IC_BULK: total})


def _headline(case: Case, _: random.Random, __: Mapping[str, Case]) -> Case | None:
    total, bulk = case.row[col.IC_TOTAL], case.row[col.IC_BULK]
    return None if total is None or bulk is None or total == bulk else case.cell({col.IONIC_CONDUCTIVITY: bulk})


def _doi(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case:
    return case.cell({col.DOI: case.row[col.DOI][: -rng.randint(1, 5)]})


def _twice(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
    """The row again under another ID, one digit of its formula, cell or conductivity changed."""
    column = rng.choice([col.REDUCED_COMPOSITION, col.IONIC_CONDUCTIVITY, *col.LATTICE[:3]])
    value = case.row[column]
    text = value if isinstance(value, str) else repr(value)
    digits = [m.start() for m in re.finditer(r"\d", text.split("e")[0])]
    if not digits or (not isinstance(value, int | float) and column == col.IONIC_CONDUCTIVITY):
        return None
    place = rng.choice(digits)
    new = text[:place] + rng.choice([d for d in "123456789" if d != text[place]]) + text[place + 1 :]
    copy = dict(case.row) | {str(column): new if isinstance(value, str) else float(new)}
    if column in col.LATTICE[:3]:  # whoever types a cubic cell types one number
        copy |= {str(c): copy[column] for c in col.LATTICE[:3] if case.row[c] == value}
    if column == col.REDUCED_COMPOSITION:
        copy = _recomputed(Case(copy, None), new).row
    return replace(case, copies=(copy,))


def _bracket(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
    formula = case.row[col.REDUCED_COMPOSITION]
    places = [i for i, letter in enumerate(formula) if letter in "()"]
    if not places:
        return None
    place = rng.choice(places)
    return case.cell({col.REDUCED_COMPOSITION: formula[:place] + formula[place + 1 :]})


def _no_lithium(case: Case, _: random.Random, __: Mapping[str, Case]) -> Case | None:
    formula = re.sub(r"Li\d*\.?\d*", "", case.row[col.REDUCED_COMPOSITION])
    return _recomputed(case, formula) if re.fullmatch(r"[A-Za-z0-9.()]+", formula) and "()" not in formula else None


# --- faults of the structure file ------------------------------------------------------------------------------------
def _other_structure(case: Case, rng: random.Random, everything: Mapping[str, Case]) -> Case | None:
    others = sorted(name for name, other in everything.items() if other.structure and other.structure != case.structure)
    return replace(case, structure=everything[rng.choice(others)].structure) if case.structure else None


def _edited(case: Case, edit: Callable[[gemmi.cif.Block], bool]) -> Case | None:
    if not case.structure:
        return None
    document = gemmi.cif.read_string(case.structure)
    return replace(case, structure=document.as_string()) if edit(document[0]) else None


def _atoms(block: gemmi.cif.Block) -> gemmi.cif.Table:
    return block.find("_atom_site_", ["type_symbol", "label", "occupancy"])


def _lithium_gone(case: Case, _: random.Random, __: Mapping[str, Case]) -> Case | None:
    def edit(block: gemmi.cif.Block) -> bool:
        table = _atoms(block)
        lithium = [i for i, row in enumerate(table) if re.match(r"Li(?![a-z])", row[0])]
        if not lithium or len(lithium) == len(table):
            return False
        for i in reversed(lithium):
            table.remove_row(i)
        return True

    return _edited(case, edit)


def _occupancy(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
    def edit(block: gemmi.cif.Block) -> bool:
        rows = list(_atoms(block))
        row = rng.choice(rows)
        old = float(row[2])
        row[2] = "1.0" if old < 0.9 else "0.5"
        return True

    return _edited(case, edit)


def _scaled(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
    factor = rng.choice((0.9, 0.95, 1.05, 1.1))

    def edit(block: gemmi.cif.Block) -> bool:
        for axis in "abc":
            tag = f"_cell_length_{axis}"
            block.set_pair(tag, f"{float(block.find_value(tag)) * factor:.6f}")
        return True

    return _edited(case, edit)


def _site_gone(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
    def edit(block: gemmi.cif.Block) -> bool:
        table = _atoms(block)
        if len(table) < 2:
            return False
        table.remove_row(rng.randrange(len(table)))
        return True

    return _edited(case, edit)


def _cut(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
    return replace(case, structure=case.structure[: int(len(case.structure) * rng.uniform(0.2, 0.6))]) if case.structure else None


def _no_file(case: Case, _: random.Random, __: Mapping[str, Case]) -> Case | None:
    return replace(case, structure=None) if case.structure else None


def _identity(case: Case, _: random.Random, __: Mapping[str, Case]) -> Case | None:
    """All operations but the identity lost, as when a converter writes P1 into a file of the asymmetric unit."""
    if case.structure is None or crystal_system(int(case.row[col.SPACE_GROUP_NUMBER])) == "triclinic":
        return None

    def edit(block: gemmi.cif.Block) -> bool:
        for tag in ("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz"):
            loop = block.find_loop(tag)
            if loop:
                table = block.find([tag])
                for i in range(len(table) - 1, 0, -1):
                    table.remove_row(i)
                return True
        return False

    return _edited(case, edit)


def _geometry(change: Callable[[str, random.Random], str | None]) -> Plant:
    def plant(case: Case, rng: random.Random, _: Mapping[str, Case]) -> Case | None:
        text = change(case.structure, rng) if case.structure else None
        return None if text is None or text == case.structure else replace(case, structure=text)

    return plant


ROW, CHEMISTRY, FILE, SOURCE = "row", "row or structure", "structure", "source record"
KINDS: tuple[Kind, ...] = (
    Kind("Z doubled", _z(2, False), ROW),
    Kind("Z halved", _z(0.5, False), ROW),
    Kind("Z and true composition doubled", _z(2, True), ROW),
    Kind("Z and true composition halved", _z(0.5, True), ROW),
    Kind("subscript dropped in the reduced composition", _dropped(False), ROW),
    Kind("subscript dropped in both compositions", _dropped(True), CHEMISTRY),
    Kind("bracket dropped", _bracket, ROW),
    Kind("lithium dropped from the formula", _no_lithium, ROW),
    Kind("element replaced by its group neighbour, reduced composition", _element(False), ROW),
    Kind("element replaced by its group neighbour, both compositions", _element(True), FILE, needs_structure=True),
    Kind("decimal point of one axis shifted", _decimal, ROW),
    Kind("two axes swapped", _swapped, FILE, needs_structure=True),
    Kind("angle in the wrong column", _angle, ROW),
    Kind("space group number off by one", _number, ROW),
    Kind("symbol of the neighbouring space group", _symbol, ROW),
    Kind("number and symbol of the neighbouring space group", _neighbour_group, FILE, needs_structure=True),
    Kind("conductivity off by 10", _conductivity(10.0, 0.1), SOURCE),
    Kind("conductivity off by 1000", _conductivity(1000.0, 0.001), SOURCE),
    Kind("conductivity off by 10, no source record", _conductivity(10.0, 0.1, known=False), "",
         unseen="no source record holds the value, and a factor of ten is within what samples of one compound differ by"),
    Kind("bulk and total exchanged", _exchanged, ROW),
    Kind("bulk value as headline", _headline, ROW),
    Kind("DOI cut short", _doi, SOURCE),
    Kind("row entered twice with one digit changed", _twice, ROW),
    Kind("structure of another entry", _other_structure, FILE, needs_structure=True),
    Kind("lithium removed from the structure", _lithium_gone, FILE, needs_structure=True),
    Kind("occupancy overwritten", _occupancy, FILE, needs_structure=True),
    Kind("cell of the structure scaled", _scaled, FILE, needs_structure=True),
    Kind("site removed from the structure", _site_gone, FILE, needs_structure=True),
    Kind("file cut short", _cut, FILE, needs_structure=True),
    Kind("file missing", _no_file, FILE, needs_structure=True),
    Kind("operations lost from the file", _identity, FILE, needs_structure=True),
    Kind("origin of one sublattice shifted", _geometry(sublattice_shifted), "", needs_structure=True, is_geometry=True,
         unseen="the shift may put a cation among other anions at like distances, and only structures of a known prototype tell"),
    Kind("sublattice occupancies swapped", _geometry(occupants_exchanged), "", needs_structure=True, is_geometry=True,
         unseen="ions of like size (Al and Ge, B and P) carry each other's valence on each other's site"),
    Kind("site moved", _geometry(site_moved), "", needs_structure=True, is_geometry=True,
         unseen="noise moves a site by 0.05 to 0.2 angstrom an axis: with each true place known, 87 % would be heard"),
)  # fmt: skip
