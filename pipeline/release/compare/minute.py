"""How to check a proven error in a minute: what to open, what to look at, and the numbers that are to be seen there."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.correct import LINK_COLUMNS
from pipeline.release.compare.proven import Proven
from pipeline.release.compare.published import Published
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.structures.cif import Structure

#: What to do about a finding, by check. ``{file}`` is the structure file, ``{id}`` the entry.
CHECKS: Mapping[str, str] = {
    "cif.cell-content": "Add up the atoms of {file} over its operations and compare with Z.",
    "cif.charge": "Multiply the atoms of {file} (multiplicity times occupancy) by their charges: the sum is not zero, that of the row is.",
    "cif.close-match": "Hold {file} against the row: a close match has the same space group, amounts within 0.05 and a cell within 3 %.",
    "cif.composition": "Add up multiplicity times occupancy in {file} and divide by Z: the amounts are not those of the row.",
    "cif.coordination": "Open {file} in a viewer and look at the neighbours of the site named.",
    "cif.distance": "Open {file} in a viewer and measure between the two sites named.",
    "cif.header": "Read _chemical_formula_sum and _cell_formula_units_Z of the file, and add up its atoms: the sum is that of the cell.",
    "cif.lattice": "Compare the cell at the head of {file} with a, b, c and the angles of the row.",
    "cif.licence": "Read the columns Cif ref and ICSD ID of the row, and count the digits of the coordinates in {file}.",
    "cif.missing-element": "Search the list of atoms in {file} for the element named: it is not there.",
    "cif.spacegroup": "Give the operations in {file} to spglib or gemmi and compare the number with that of the row.",
    "cif.valence": "Open {file} in a viewer and look at the bonds of the site named; Brown's bond valences add up to what stands above.",
    "composition.charge": "Multiply the amounts by the usual charges of the ions: the sum is not zero.",
    "composition.not-reduced": "Divide the composition by its number of formula units.",
    "composition.z-mismatch": "Multiply the reduced composition by Z.",
    "conductivity.extrapolated": "Look the record named up in LiIonDatabase.csv and read its temperature.",
    "conductivity.range": "Read the temperature of the measurement in the paper: no instrument measures so little at room temperature.",
    "conductivity.source": "Compare the row with the records named, in the source tables.",
    "duplicate.near": "Compare the two rows: composition, space group and cell.",
    "duplicate.same-cell": "Compare the two rows: the cells are equal to the last digit.",
    "duplicate.structure": "Compare the occupancies in the two structure files.",
    "family.composition": "Read the formula beside the family.",
    "family.vocabulary": "Filter the column Family: nobody else writes it so.",
    "lattice.digits": "Compare the lengths of the row with those of {file}.",
    "lattice.series": "Compare the volume of the cell with those of the rows of its space group, whose compositions are like it.",
    "lattice.setting": "Compare the operations in {file} with those of the symbol in the row, on these axes.",
    "lattice.volume": "Divide the volume of the cell by Z and compare with an entry of like composition.",
    "link.icsd": "Compare the ICSD number of the row with that of the record named.",
    "link.laskowski": "Look the citation number up in the Laskowski table: it has no record with this composition and conductivity.",
    "link.liion": "Look the number up in the column ID of LiIonDatabase.csv and compare composition and DOI.",
    "link.paper": "Open the DOI of the row and that of the record named, and look which paper has the compound.",
    "reference.doi-form": "Open the DOI.",
    "reference.icsd": "Compare the column ICSD ID with the number in Cif ref_1.",
    "spacegroup.symbol-number": "Look symbol and number up in International Tables A, or give the symbol to spglib, gemmi or pymatgen.",
    "split.near-leak": "Bring both formulas to their lowest whole numbers: they are equal, and stand on the two sides of the split.",
}
_FORMULA = {str(col.Z), str(col.TRUE_COMPOSITION), str(col.REDUCED_COMPOSITION)}
_SYMMETRY = {str(col.SPACE_GROUP), str(col.SPACE_GROUP_NUMBER)}
#: Amounts of a formula unit are printed to two decimals; volumes that differ by less than a tenth tell nothing.
_ROUNDING, _TELLING = 0.02, 0.1
_AXES = {str(axis) for axis in col.LATTICE}


def steps(error: Proven, old: Published) -> list[str]:
    """What to do, one sentence a step, with the numbers that are to be seen. ``old`` is the release that errs."""
    if error.checks:
        name = error.ids[0] if len(error.ids) == 1 else ""
        file = f"{name}.cif" if name else "the file"
        return [CHECKS[check].format(file=file, id=name) for check in error.checks if check in CHECKS]
    columns = {place.where for place in error.places}
    if columns & set(map(str, LINK_COLUMNS)):
        return [f"Look the numbers up in the source table ({_source(columns)}) and compare composition and DOI with those of the row."]
    right = {place.where: place.right for place in error.places}
    row = old.table[error.ids[0]]
    structure = _structure(error.ids[0], old)
    said: list[str] = []
    if columns & _FORMULA:
        said += _units(row, right, structure)
    if columns & _SYMMETRY:
        said += _group(right, structure)
    if columns & _AXES:
        said += _axes(structure)
    if str(col.DOI) in columns:
        said.append("Open both DOIs and compare title and year.")
    if str(col.FAMILY) in columns:
        said.append(_spelling(row, right[str(col.FAMILY)], old))
    return said or ["Compare the row with the entries and records that the evidence names."]


def _source(columns: set[str]) -> str:
    return "LiIonDatabase.csv, column ID" if str(col.LIION_ID) in columns else "the Laskowski table, citation number"


def _structure(name: str, release: Published) -> Structure | None:
    from pipeline.structures.cif import CifError, read

    text = release.structures.get(name)
    try:
        return None if text is None else read(text, f"{name}.cif")
    except CifError:
        return None


def _units(row: Mapping[str, Any], right: Mapping[str, str], structure: Structure | None) -> Iterator[str]:
    """Z times the reduced composition, the volume of the cell against what its atoms need, and what the file holds."""
    from pipeline.chemistry.cell import volume
    from pipeline.chemistry.formula import FormulaError, amounts
    from pipeline.chemistry.volume import needed

    formula, true = str(row.get(col.REDUCED_COMPOSITION)), str(row.get(col.TRUE_COMPOSITION))
    try:
        units, reduced, before = float(row[col.Z]), amounts(formula), amounts(true)
        after = amounts(right.get(str(col.TRUE_COMPOSITION), true))
        cell = volume([float(row[axis]) for axis in col.LATTICE])
    except (FormulaError, ValueError, TypeError, KeyError):
        return
    product = {element: units * amount for element, amount in reduced.items()}
    if any(abs(product.get(element, 0.0) - before.get(element, 0.0)) > _ROUNDING * units for element in product.keys() | before.keys()):
        yield f"Multiply {formula} by Z = {units:g}: that is {_content(product)}, and the row says {true}."
    if before == after and str(col.Z) in right:
        yield f"Compare {formula} with entries of the same structure type: it is {right[str(col.Z)]} of their formula units."
    one, other = needed(before), needed(after)
    if one is not None and other is not None and abs(math.log(other.volume / one.volume)) > _TELLING:
        yield (
            f"Compute the volume of the row's cell: {cell:.0f} cubic angstrom. The atoms of {true} need about {one.volume:.0f}, "
            f"those of {right[str(col.TRUE_COMPOSITION)]} about {other.volume:.0f}."
        )
    if structure is not None:
        yield f"Add up the atoms of {structure.name}: its cell holds {_content(structure.content)}."


def _group(right: Mapping[str, str], structure: Structure | None) -> Iterator[str]:
    if str(col.SPACE_GROUP_NUMBER) in right:
        number = right[str(col.SPACE_GROUP_NUMBER)]
        yield f"Look number {number} up in International Tables A, or ask spglib, gemmi or pymatgen for its symbol."
    if structure is not None and structure.group_number is not None:
        yield f"Give the operations in {structure.name} to one of them: they are those of number {structure.group_number}."


def _axes(structure: Structure | None) -> Iterator[str]:
    if structure is not None:
        yield f"Read the cell at the head of {structure.name}: {', '.join(f'{number:g}' for number in structure.cell)}."


def _spelling(row: Mapping[str, Any], right: str, old: Published) -> str:
    counts = Counter(str(each.get(col.FAMILY)) for each in old.table.values())
    mine, formula = str(row.get(col.FAMILY)), row.get(col.REDUCED_COMPOSITION)
    said = f"{mine!r} stands in {counts[mine]} of {counts.total()} rows, {right!r} in {counts[right]}"
    return f"Filter the column Family: {said}. Read the formula beside it, {formula}."


def _content(amounts: Mapping[str, float]) -> str:
    return " ".join(f"{element}{amount:.4g}" for element, amount in sorted(amounts.items()) if amount > 0)
