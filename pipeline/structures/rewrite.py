"""A proprietary structure written anew, from a list of what may go out: cell, symmetry, sites, occupancies, formula, citation.

Nothing of the original text is copied. Whatever else a file may hold, in blocks, frames, comments, loops or text, tells or may tell where
the atoms were (Cartesian coordinates, distances, displacement ellipsoids, reflections, powder profiles, embedded refinement input,
remarks), and no list of such things is complete. What is written is a number that was read and is printed in a form of its own, or a word
of a narrow form: a label is an element's symbol and a number, a DOI is a DOI. Coordinates have fifteen decimals whatever the original
had, fixed ones those of their special position.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

import gemmi

from pipeline.structures.layout import quoted
from pipeline.structures.legible import data_blocks
from pipeline.structures.tags import plain
from pipeline.structures.write import triplets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.structures.cif import Site, Structure

#: Decimals of a coordinate: rounding stays below 1e-15.
DECIMALS = 15
#: Items of the citation and the whole form that their value must have. None has room for a decimal fraction. A title is free text, and
#: the DOI leads to it.
CITATION: Mapping[str, str] = {
    "_citation_doi": r"10\.\d{4,9}/[a-z0-9./()_-]*[a-z][a-z0-9./()_-]*",
    "_journal_paper_doi": r"10\.\d{4,9}/[a-z0-9./()_-]*[a-z][a-z0-9./()_-]*",
    "_citation_year": r"[12]\d{3}",
    "_journal_year": r"[12]\d{3}",
    "_citation_journal_full": r"[a-z][a-z &,:'-]{2,100}",
    "_journal_name_full": r"[a-z][a-z &,:'-]{2,100}",
    "_citation_journal_volume": r"[a-z]?\d{1,4}",
    "_journal_volume": r"[a-z]?\d{1,4}",
    "_citation_page_first": r"[a-z]?\d{1,7}",
    "_journal_page_first": r"[a-z]?\d{1,7}",
}
_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def anew(structure: Structure, coordinates: Sequence[Sequence[float]], method: str) -> str:
    """The text of a new file.

    Parameters
    ----------
    structure
        The structure as read.
    coordinates
        Fractional coordinates of its sites, ``(n_sites, 3)``.
    method
        What ``_audit_creation_method`` is to say.
    """
    lines = [f"data_{_block(structure)}", _item("_audit_creation_method", quoted(method))]
    lines += [_item(tag, quoted(value)) for tag, value in _citation(structure)]
    if (formula := _formula(structure)) is not None:
        lines.append(_item("_chemical_formula_sum", quoted(formula)))
    lines += [_item(f"_cell_{part}", repr(value)) for part, value in zip(_CELL, structure.cell, strict=True)]
    lines.append(_item("_cell_volume", f"{structure.volume:.6f}"))
    if structure.formula_units and 0 < structure.formula_units < 10_000:
        lines.append(_item("_cell_formula_units_Z", str(structure.formula_units)))
    number = structure.spacegroup_number or structure.group_number
    if number in range(1, 231):
        lines.append(_item("_space_group_IT_number", str(number)))
    if structure.setting:
        lines.append(_item("_space_group_name_H-M_alt", quoted(structure.setting)))
    lines += ["", "loop_", "_space_group_symop_id", "_space_group_symop_operation_xyz"]
    lines += [f"{place} '{triplet}'" for place, triplet in enumerate(triplets(structure), 1)]
    sites = (*structure.sites, *structure.unplaced)
    hydrogens = any(site.hydrogens for site in sites)
    lines += ["", "loop_", "_atom_site_label", "_atom_site_type_symbol", "_atom_site_site_symmetry_multiplicity"]
    lines += [*(f"_atom_site_fract_{axis}" for axis in "xyz"), "_atom_site_occupancy"]
    lines += ["_atom_site_attached_hydrogens"] if hydrogens else []
    lines += ["_atom_site_calc_flag"] if structure.unplaced else []
    # atoms without a position have their amount and no coordinates
    places = [[fixed(value) for value in place] for place in coordinates] + [["?"] * 3 for _ in structure.unplaced]
    flags = ["d"] * len(structure.sites) + ["dum"] * len(structure.unplaced)
    for label, site, place, flag in zip(_labels(sites), sites, places, flags, strict=True):
        words = [label, _type(site), str(site.multiplicity), *place, f"{site.occupancy:.10g}"]
        words += [f"{site.hydrogens:.6g}"] if hydrogens else []
        lines.append(" ".join([*words, *([flag] if structure.unplaced else [])]))
    return "\n".join(lines) + "\n"


def fixed(value: float) -> str:
    """A coordinate with fifteen decimals; never a negative zero."""
    text = f"{value:.{DECIMALS}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _item(tag: str, value: str) -> str:
    return f"{tag:<36}{value}"


def _block(structure: Structure) -> str:
    """The name of the file without ``.cif`` where it looks like an ID: the name of the original block may hold anything."""
    stem = re.sub(r"\.cif$", "", structure.name, flags=re.IGNORECASE)
    return stem if re.fullmatch(r"[A-Za-z0-9_-]{1,16}", stem) else "structure"


def _citation(structure: Structure) -> list[tuple[str, str]]:
    """Items of the citation, of the block that holds the structure; a value of any other form is left out."""
    if not any(word in structure.text.lower() for word in ("_citation", "_journal")):
        return []
    block = data_blocks(structure.text, structure.name)[0][structure.block_index]
    found: dict[str, str] = {}
    for each in block:
        item: Any = each
        if item.pair is not None:
            pairs = [(item.pair[0], item.pair[1])]
        elif item.loop is not None:
            pairs = list(zip(item.loop.tags, item.loop.values, strict=False))  # the first row: the paper itself
        else:
            continue
        for tag, value in pairs:
            form = CITATION.get(plain(tag))
            said = " ".join(gemmi.cif.as_string(value).split())
            if form and re.fullmatch(form, said, re.IGNORECASE):
                found.setdefault(plain(tag), said)
    return [(tag, found[tag]) for tag in CITATION if tag in found]


def _formula(structure: Structure) -> str | None:
    """Content of one formula unit, or of the cell where the file does not say how many it holds; made from the sites."""
    units = structure.formula_units or 1
    amounts = {element: amount / units for element, amount in sorted(structure.content.items()) if amount > 0}
    return " ".join(f"{element}{amount:.4g}" if round(amount, 4) != 1 else element for element, amount in amounts.items()) or None


def _type(site: Site) -> str:
    """The element, with the charge where the file gives it; deuterium stays deuterium."""
    charged = rf"(?:{site.element}|{'D' if site.element == 'H' else site.element})(?:\d?[+-])?"
    return site.type_symbol if re.fullmatch(charged, site.type_symbol) else site.element


def _labels(sites: Sequence[Site]) -> list[str]:
    """A label for each site: its own where that is an element's symbol and a number of up to three digits, else a new one."""
    own = [site.label if re.fullmatch(rf"{site.element}\d{{0,3}}[A-Za-z]?", site.label) else "" for site in sites]
    used = set(own)
    found: list[str] = []
    for label, site in zip(own, sites, strict=True):
        taken = not label or label in found
        found.append(next(name for n in count(1) if (name := f"{site.element}{n}") not in used) if taken else label)
        used.add(found[-1])
    return found
