"""What the structure says about the row's axes: their setting against the symbol, and whether the content is confirmed.

The cell alone betrays a wrong setting only where a free angle or a rhombohedral axis stands in the wrong place. With a structure
the setting is known: its operations, brought to the row's axes, are those of one Hermann-Mauguin symbol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.checks.lattice import misplaced
from pipeline.checks.reading import Row
from pipeline.chemistry.cell import CellComparison, compare
from pipeline.chemistry.spacegroup import short
from pipeline.findings import Finding
from schemas import columns as col

if TYPE_CHECKING:
    from fractions import Fraction

    import gemmi

    from pipeline.structures.cif import CifError, Structure

#: Relative departure up to which a structure confirms its row's content and volume.
SAME_CONTENT = 0.05
_SYSTEMS = frozenset(("monoclinic", "orthorhombic"))


def confirmed(rows: Sequence[Row], structures: Mapping[str, Structure | CifError]) -> frozenset[str]:
    """IDs whose structure holds, atom by atom, the row's true composition, in a cell of the row's volume.

    Both within 5 %: far closer than any mistake in Z, and open to refined occupancies.
    """
    return frozenset(row.id for row in rows if _holds(structures.get(row.id), row))


def _holds(structure: Structure | CifError | None, row: Row) -> bool:
    if structure is None or isinstance(structure, Exception) or row.true is None or row.volume is None:
        return False
    if abs(structure.volume / row.volume - 1) > SAME_CONTENT:
        return False
    pairs = [(structure.content.get(element, 0.0), row.true.get(element, 0.0)) for element in {*structure.content, *row.true}]
    return all(abs(held - wanted) <= SAME_CONTENT * max(held, wanted) for held, wanted in pairs)


def setting_findings(rows: Sequence[Row], structures: Mapping[str, Structure | CifError]) -> Iterator[Finding]:
    """Findings of ``lattice.setting`` that need the row's structure: other axes, or another cell choice, than the symbol's."""
    for row in rows:
        structure = structures.get(row.id)
        group = row.spacegroup
        if group is None or structure is None or isinstance(structure, Exception) or row.volume is None or row.cell is None:
            continue
        if group.crystal_system_str() not in _SYSTEMS or structure.group_number != group.number or row.spacegroup_number != group.number:
            continue
        comparison = compare(row.cell, structure.cell, spacegroup=group.number)
        if comparison.multiple != 1 or not comparison.within() or misplaced(row):
            continue
        found = on_axes(structure, comparison.basis)
        if found is not None and found.hm != group.hm:
            yield Finding(
                row.id, "lattice.setting", "warning",
                f"The axes of the row belong to {short(found)}, another setting of number {group.number} than {row.symbol}: "
                f"{_how(structure, comparison)}.",
                column=col.SPACE_GROUP, value=row.symbol, expected=short(found),
            )  # fmt: skip


def _how(structure: Structure, comparison: CellComparison) -> str:
    theirs = structure.setting or "its own setting"
    if comparison.as_given:
        return f"the structure's operations, on the same axes, are those of {theirs}"
    return f"the structure is in {theirs}, and the row's axes are those of its file {comparison.setting}"


def on_axes(structure: Structure, basis: Sequence[Sequence[Fraction | int]]) -> gemmi.SpaceGroup | None:
    """The setting of a structure's operations on other axes, ``None`` when it is none of the tabulated ones.

    With new axes a' = a P, where P is ``basis``, a rotation becomes P^-1 R P and a translation P^-1 t (International Tables A, 1.5.2).
    """
    import gemmi
    import numpy as np

    axes = np.array([[float(x) for x in line] for line in basis])
    inverse = np.linalg.inv(axes)
    operations = []
    for rotation, translation in zip(structure.rotations, structure.translations, strict=True):
        operation = gemmi.Op()
        operation.rot = [[round(x * gemmi.Op.DEN) for x in line] for line in (inverse @ rotation @ axes).tolist()]
        operation.tran = [round(x * gemmi.Op.DEN) % gemmi.Op.DEN for x in (inverse @ translation).tolist()]
        operations.append(operation)
    return gemmi.find_spacegroup_by_ops(gemmi.GroupOps(operations))
