"""One set of coordinates under two IDs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.checks.reading import Row
from pipeline.chemistry.formula import agree, resolution
from pipeline.findings import Finding, Severity
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.structures.cif import CifError, Structure

#: Fractional coordinates and occupancies that agree to this are one number: files are printed to four or five decimals.
SAME_FRACT = 1e-4
#: Likewise cell lengths, in angstrom.
SAME_LENGTH = 1e-3
#: Coordinates that are no simple fractions which a structure must have before equality means anything: two rock salts are alike, and a
#: single coordinate of four digits is hit by chance among some hundred argyrodites.
FREE = 2
#: Special positions are multiples of this.
_SPECIAL = 1 / 24

#: Distinct coordinates, or occupancies of three digits, that two compounds may not share: a refinement has a last digit of its own.
COORDINATES = 3
OCCUPANCIES = 2

Key = tuple[object, ...]


def fingerprint(structure: Structure) -> Key | None:
    """What two copies of one refinement share: cell, and for each site element, occupancy and the first of its images.

    Neither the order of the sites nor the choice of a representative matters. ``None`` for a structure whose coordinates are fixed by
    symmetry or nearly so (fewer than two are no simple fractions): equality says nothing there.
    """
    sites = []
    free: set[tuple[float, ...]] = set()
    for site in structure.sites:
        images = np.einsum("nij,j->ni", structure.rotations, np.array(site.fract)) + structure.translations
        images = np.round(images / SAME_FRACT).astype(np.int64) % round(1 / SAME_FRACT)
        first = tuple(int(x) for x in images[np.lexsort(images.T[::-1])[0]])
        sites.append((site.element, round(site.occupancy / SAME_FRACT), *first))
        free.add(tuple(sorted({x for x in site.fract if abs(x / _SPECIAL - round(x / _SPECIAL)) > 24 * SAME_FRACT})))
    if sum(map(len, free)) < FREE:
        return None
    lengths = tuple(round(x / SAME_LENGTH) for x in structure.cell[:3])
    return (lengths, tuple(round(x, 2) for x in structure.cell[3:]), tuple(sorted(sites)))


def models(structure: Structure) -> dict[str, Key]:
    """What two structures of different compounds share when one model stands for both, by its name: all coordinates, all occupancies.

    Coordinates that symmetry fixes and occupancies that are simple fractions (0.667) or of two digits say nothing. Coordinates count up to
    their sign, so that the choice of a representative seldom matters; noise hides them, and leaves the occupancies.
    """
    free = sorted({
        round(min(x % 1.0, -x % 1.0) / SAME_FRACT) for site in structure.sites for x in site.fract
        if abs(x / _SPECIAL - round(x / _SPECIAL)) > 24 * SAME_FRACT
    })  # fmt: skip
    filled = sorted({(site.element, round(site.occupancy / SAME_FRACT)) for site in structure.sites if _is_refined(site.occupancy)})
    found: dict[str, Key] = {}
    if len(free) >= COORDINATES:
        found["coordinates"] = (structure.group_number, *free)
    if len({occupancy for _, occupancy in filled}) >= OCCUPANCIES:
        found["occupancies"] = (structure.group_number, *filled)
    return found


def _is_refined(occupancy: float) -> bool:
    """Whether an occupancy has three digits and is no fraction of twelfths or sixteenths."""
    has_digits = abs(100 * occupancy - round(100 * occupancy)) > 100 * SAME_FRACT
    return has_digits and all(abs(occupancy - round(occupancy * n) / n) > 6 * SAME_FRACT for n in (12, 16))


def copy_findings(
    rows: Sequence[Row], parsed: Mapping[str, Structure | CifError], among: Collection[str] | None = None
) -> Iterator[Finding]:
    """Findings of ``duplicate.structure``: one a row, against the first row with its coordinates.

    Parameters
    ----------
    rows, parsed
        The rows, and the structure (or what keeps it from being read) of each that has one.
    among
        The rows that may be named; by default all.
    """
    from pipeline.structures.cif import CifError

    if among is not None:
        rows = [*(row for row in rows if row.id not in among), *(row for row in rows if row.id in among)]
    seen: dict[Key, Row] = {}
    modelled: dict[Key, Row] = {}
    for row in rows:
        structure = parsed.get(row.id)
        if structure is None or isinstance(structure, CifError):
            continue
        key = fingerprint(structure)
        other = row if key is None else seen.setdefault(key, row)
        if other is not row:
            if among is None or row.id in among:
                yield _finding(row, other)
            continue
        if row.text(col.CLOSE_MATCH).casefold() == "yes":
            continue  # it says itself that it is another compound's
        for what, model in models(structure).items():
            like = modelled.setdefault((what, *model), row)
            if like is not row and not _one_composition(row, like) and (among is None or row.id in among):
                yield _model_finding(row, like, what)
                break


def _finding(row: Row, other: Row) -> Finding:
    same = _one_composition(row, other)
    severity: Severity = "error" if same else "warning"
    what = "the same compound" if same else f"another compound ({other.text(col.REDUCED_COMPOSITION)})"
    message = f"The structure has, atom by atom, the coordinates of that of {other.id}, {what}: one refinement is counted twice."
    return Finding(row.id, "duplicate.structure", severity, message, column=col.ID, value=row.id, other=other.id)


def _model_finding(row: Row, other: Row, what: str) -> Finding:
    formula = other.text(col.REDUCED_COMPOSITION)
    message = (
        f"All refined {what} of the structure are, to the digit, those of {other.id}, another compound ({formula}): two refinements never "
        f"agree so far, and one took the {what} of the other."
    )
    return Finding(row.id, "duplicate.structure", "warning", message, column=col.ID, value=row.id, other=other.id)


def _one_composition(row: Row, other: Row) -> bool:
    if row.reduced is None or other.reduced is None:
        return False
    return agree(row.reduced, other.reduced, *(resolution(each.text(col.REDUCED_COMPOSITION)) for each in (row, other)))
