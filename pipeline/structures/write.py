"""Write a CIF: edit one in place (see :mod:`pipeline.structures.layout`), or write a standardised copy."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.structures.layout import edited, layout, quoted
from pipeline.structures.legible import legible

if TYPE_CHECKING:
    from pipeline.structures.cif import Site, Structure


def with_coordinates(structure: Structure, coordinates: Mapping[tuple[int, int], str], method: str) -> str:
    """The structure's text with some coordinates replaced, and who did it.

    Parameters
    ----------
    structure
        The structure as read.
    coordinates
        New text of a coordinate by row of the file's list of atoms and axis (0, 1, 2).
    method
        What ``_audit_creation_method`` is to say; what it said before is kept behind it.
    """
    text = structure.text
    where = layout(legible(text, structure.name), structure.block_index)
    changes = {where.values[f"_atom_site_fract_{'xyz'[axis]}"][row]: new for (row, axis), new in coordinates.items()}
    said = where.values.get("_audit_creation_method")
    if said:
        if structure.creation_method:
            method = f"{method}; before: {structure.creation_method}"
        changes[said[0]] = quoted(method)
    else:
        end = where.heading[1]
        line_end = "\r\n" if "\r\n" in text else "\n"
        changes[end, end] = f"{line_end}_audit_creation_method   {quoted(method)}"
    return edited(text, changes)


def standardised(
    structure: Structure, *, doi: str | None = None, cite: str | None = None, units: int | None = None,
    method: str = "standardised by obelix-curate",
) -> str:  # fmt: skip
    """The structure as a CIF in today's names, with all digits on special positions; read back, it is the same structure.

    Parameters
    ----------
    structure
        The structure as read.
    doi
        DOI of the paper, for ``_citation_doi`` and ``_journal_paper_doi``.
    cite
        DOI of the dataset that the file comes from, a second citation.
    units
        Formula units in the cell: the formula sum is that of one of them, as the core dictionary has it. By default sum and Z stand as
        they are.
    method
        For ``_audit_creation_method``; what it said before is kept behind it.
    """
    if structure.creation_method:
        method = f"{method}; before: {structure.creation_method}"
    formula = formula_sum(structure.content, units) if units else structure.formula_sum
    items: list[tuple[str, str | None]] = [
        ("_audit_creation_method", quoted(method)),
        ("_journal_paper_doi", doi and quoted(doi)),
        ("_database_code_ICSD", structure.icsd and quoted(structure.icsd)),
        ("_chemical_formula_sum", formula and quoted(formula)),
        *zip(_CELL, (repr(value) for value in structure.cell), strict=True),
        ("_cell_volume", f"{structure.volume:.10g}"),
        ("_cell_formula_units_Z", str(units or structure.formula_units or "")),
        ("_space_group_IT_number", str(structure.group_number or "")),
        ("_space_group_name_H-M_alt", quoted(structure.setting) if structure.setting else None),
    ]
    lines = ["data_" + (re.sub(r"\s", "_", structure.block) or "structure")]
    lines += [f"{tag:<36}{value}" for tag, value in items if value]
    cited = [(name, each) for name, each in (("primary", doi), ("dataset", cite)) if each]
    if cited:
        lines += ["", "loop_", "_citation_id", "_citation_doi", *(f"{name} {quoted(each)}" for name, each in cited)]
    lines += ["", "loop_", "_space_group_symop_id", "_space_group_symop_operation_xyz"]
    lines += [f"{i} '{triplet}'" for i, triplet in enumerate(triplets(structure), 1)]
    rows = [(site, _coordinates(site), "d") for site in structure.sites] + [(site, ["?"] * 3, "dum") for site in structure.unplaced]
    hydrogens = any(site.hydrogens for site, _, _ in rows)
    lines += ["", "loop_", *_ATOMS, *(["_atom_site_attached_hydrogens"] if hydrogens else [])]
    lines += ["_atom_site_calc_flag"] if structure.unplaced else []
    used: dict[str, int] = {}
    for site, coordinates, flag in rows:
        symbol = "D" if site.element == "H" and site.type_symbol.startswith("D") else site.element
        used[site.label] = used.get(site.label, 0) + 1  # a row that named a mixture becomes one for each element
        label = site.label if used[site.label] == 1 else f"{site.label}_{used[site.label]}"
        words = [_word(label), symbol, str(site.multiplicity), *coordinates, repr(site.occupancy)]
        words += [f"{site.hydrogens:g}"] if hydrogens else []
        lines.append(" ".join([*words, *([flag] if structure.unplaced else [])]))
    return "\n".join(lines) + "\n"


def formula_sum(content: Mapping[str, float], units: int) -> str:
    """The formula sum of one of ``units`` formula units in Hill's order: beside carbon it and hydrogen first, then the alphabet.

    >>> formula_sum({"Li": 7.8, "O": 72, "P": 18, "Ti": 12}, 6)
    'Li1.3 O12 P3 Ti2'
    """
    first = ("C", "H") if content.get("C") else ()
    order = sorted(content, key=lambda element: (element not in first, element))
    amounts = ((element, f"{content[element] / units:.4f}".rstrip("0").rstrip(".")) for element in order)
    return " ".join(f"{element}{'' if amount == '1' else amount}" for element, amount in amounts if amount != "0")


_CELL = ("_cell_length_a", "_cell_length_b", "_cell_length_c", "_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma")
_ATOMS = (
    "_atom_site_label", "_atom_site_type_symbol", "_atom_site_site_symmetry_multiplicity", "_atom_site_fract_x", "_atom_site_fract_y",
    "_atom_site_fract_z", "_atom_site_occupancy",
)  # fmt: skip


def triplets(structure: Structure) -> list[str]:
    """The structure's operations as triplets (``-x,y+1/2,-z``)."""
    import gemmi
    import numpy as np

    found = []
    for rotation, translation in zip(structure.rotations, structure.translations, strict=True):
        op = gemmi.Op()
        op.rot = (rotation * gemmi.Op.DEN).tolist()
        op.tran = np.rint(translation * gemmi.Op.DEN).astype(int).tolist()
        found.append(op.triplet())
    return found


def _coordinates(site: Site) -> list[str]:
    """Coordinates as printed where they are exact; with twelve decimals where the file rounded a special position."""
    decimals = (max(2, round(-math.log10(2 * unit))) for unit in site.rounding)
    return [
        f"{exact:.12f}" if abs(exact - printed) > 1e-12 else f"{printed:.{count}f}"
        for exact, printed, count in zip(site.exact, site.fract, decimals, strict=True)
    ]


def _word(value: str) -> str:
    return value if re.fullmatch(r"[A-Za-z0-9+\-*().]+", value) else quoted(value)
