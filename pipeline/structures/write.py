"""Write a CIF: edit one in place, or write a standardised copy.

An edit replaces the characters of single values and leaves every other byte as it stands: comments, order, spacing, line ends.
For that the text is cut into the words that the CIF syntax knows (International Tables for Crystallography G, chapter 2.2), each with its
place; what the words mean is left to :mod:`pipeline.structures.cif`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.structures.cif import Site, Structure

#: A text field, a quoted string (its quote closes only before white space), a comment, or a bare word.
_WORD = re.compile(
    r"[^\s;'\"#]\S*"
    r"|^;.*?[\r\n];(?=\s|\Z)"
    r"|'(?:[^'\r\n]|'(?=\S))*'(?=\s|\Z)"
    r'|"(?:[^"\r\n]|"(?=\S))*"(?=\s|\Z)'
    r"|\#[^\r\n]*|\S+",
    re.MULTILINE | re.DOTALL,
)

#: First characters of a comment, the name of an item, a heading and the keywords; a word that begins otherwise is a value.
_NO_VALUE = frozenset("#_dDlLgGsS")

Span = tuple[int, int]


@dataclass
class Layout:
    """Where the values of one data block stand in the text.

    Attributes
    ----------
    heading
        Span of the block's heading (``data_name``).
    values
        Spans of the values of each item, its name in lower case with underscores for dots.
    """

    heading: Span
    values: dict[str, list[Span]] = field(default_factory=dict)

    def add(self, tags: Sequence[str], spans: Sequence[Span]) -> None:
        """Add the values of some items, row by row; of values before the first item nothing is known."""
        for column, tag in enumerate(tags):
            self.values.setdefault(tag, []).extend(spans[column :: len(tags)])


def layout(text: str, block: int = 0) -> Layout:
    """Where every value of a data block stands.

    Parameters
    ----------
    text
        A CIF whose syntax is sound.
    block
        Index of the block.

    Raises
    ------
    ValueError
        When there is no such block.
    """
    found: Layout | None = None
    seen = -1
    tags: list[str] = []
    spans: list[Span] = []  # of the values of these tags, row by row
    in_header = False
    for word in _WORD.finditer(text.replace("\ufeff", " ", 1)):
        span = word.span()
        first = text[span[0]]
        if first not in _NO_VALUE:
            spans.append(span)
            continue
        if first == "#":
            continue
        bare = word[0].lower()
        if first == "_":
            if found is None:
                continue
            if not in_header or spans:
                found.add(tags, spans)
                tags, spans, in_header = [], [], False
            tags.append(bare.replace(".", "_"))
        elif bare.startswith("data_"):
            seen += 1
            if found is not None:
                break
            if seen == block:
                found = Layout(span)
            tags, spans, in_header = [], [], False
        elif bare in ("loop_", "global_") or bare.startswith("save_"):
            if found is not None:
                found.add(tags, spans)
            tags, spans, in_header = [], [], bare == "loop_"
        else:
            spans.append(span)
    if found is not None:
        found.add(tags, spans)
    else:
        raise ValueError(f"the text holds no data block number {block + 1}")
    return found


def edited(text: str, changes: Mapping[Span, str]) -> str:
    """The text with the characters of some spans replaced."""
    parts, last = [], 0
    for (start, end), new in sorted(changes.items()):
        parts += [text[last:start], new]
        last = end
    return "".join([*parts, text[last:]])


def quoted(value: str) -> str:
    """One line of text as a CIF value."""
    plain = " ".join(value.split())
    for quote in "'\"":
        if not re.search(rf"{quote}(?=\s)", plain) and not plain.endswith(quote):
            return f"{quote}{plain}{quote}"
    return "'" + plain.replace("'", "").strip() + "'"


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
    where = layout(text, structure.block_index)
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


def standardised(structure: Structure, *, doi: str | None = None, method: str = "standardised by obelix-curate") -> str:
    """The structure as a CIF in today's names, with all digits on special positions; read back, it is the same structure.

    Parameters
    ----------
    structure
        The structure as read.
    doi
        DOI of the paper, for ``_citation_doi``.
    method
        For ``_audit_creation_method``; what it said before is kept behind it.
    """
    if structure.creation_method:
        method = f"{method}; before: {structure.creation_method}"
    items: list[tuple[str, str | None]] = [
        ("_audit_creation_method", quoted(method)),
        ("_citation_doi", doi and quoted(doi)),
        ("_database_code_ICSD", structure.icsd and quoted(structure.icsd)),
        ("_chemical_formula_sum", structure.formula_sum and quoted(structure.formula_sum)),
        *zip(_CELL, (repr(value) for value in structure.cell), strict=True),
        ("_cell_volume", f"{structure.volume:.10g}"),
        ("_cell_formula_units_Z", str(structure.formula_units or "")),
        ("_space_group_IT_number", str(structure.group_number or "")),
        ("_space_group_name_H-M_alt", quoted(structure.setting) if structure.setting else None),
    ]
    lines = ["data_" + (re.sub(r"\s", "_", structure.block) or "structure")]
    lines += [f"{tag:<36}{value}" for tag, value in items if value]
    lines += ["", "loop_", "_space_group_symop_id", "_space_group_symop_operation_xyz"]
    lines += [f"{i} '{triplet}'" for i, triplet in enumerate(triplets(structure), 1)]
    hydrogens = any(site.hydrogens for site in structure.sites)
    lines += ["", "loop_", *_ATOMS, *(["_atom_site_attached_hydrogens"] if hydrogens else [])]
    for site in structure.sites:
        symbol = "D" if site.element == "H" and site.type_symbol.startswith("D") else site.element
        words = [_word(site.label), symbol, str(site.multiplicity), *_coordinates(site), repr(site.occupancy)]
        lines.append(" ".join([*words, *([f"{site.hydrogens:g}"] if hydrogens else [])]))
    return "\n".join(lines) + "\n"


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
