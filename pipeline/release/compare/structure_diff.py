"""What changed between two files of one structure: cell, symmetry, sites, positions, occupancies, or the text only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.structures.cif import Site, Structure

#: Relative difference of a cell parameter, and difference of an occupancy, that printing more digits may leave.
CELL_NOISE, OCCUPANCY_NOISE = 1e-6, 1e-6
#: Distance in angstrom below which a site has not moved: half a unit in the fifth place of a coordinate in a cell of 20 angstrom.
STILL = 1e-4
#: Distance in angstrom above which two sites of one element are two sites, not one that moved: half a short bond.
APART = 1.0
_PARAMETERS = ("a", "b", "c", "alpha", "beta", "gamma")


@dataclass(frozen=True)
class SiteChange:
    """A site in both files. ``distance`` is in angstrom, after symmetry and whole cells; labels and occupancies are old, new."""

    label: tuple[str, str]
    occupancy: tuple[float, float]
    distance: float

    @property
    def moved(self) -> bool:
        """Whether the position changed."""
        return self.distance > STILL

    @property
    def refilled(self) -> bool:
        """Whether the occupancy changed."""
        return abs(self.occupancy[0] - self.occupancy[1]) > OCCUPANCY_NOISE


@dataclass(frozen=True)
class StructureChange:
    """How a structure differs.

    Attributes
    ----------
    id
        The entry.
    kinds
        Of ``cell``, ``symmetry``, ``sites``, ``positions``, ``occupancy``; ``text`` when nothing but the text differs;
        ``unreadable`` when one of the files is.
    cell
        Parameters that differ: old, new.
    symmetry
        Space groups (number and number of operations) when the operations differ: old, new.
    sites
        Sites in both files that moved or whose occupancy changed.
    removed, added
        Labels of sites in one file only.
    content
        Amounts in the cell that differ, by element: old, new.
    note
        Why a file could not be read; how many lines of text differ.
    """

    id: str
    kinds: tuple[str, ...]
    cell: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    symmetry: tuple[str, str] | None = None
    sites: tuple[SiteChange, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    content: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    note: str = ""


def structure_change(name: str, old: str, new: str) -> StructureChange | None:
    """Compare two texts of one structure; ``None`` when they are the same, line ends aside."""
    if old.splitlines() == new.splitlines():
        return None
    from pipeline.structures.cif import CifError, read

    read_both = []
    for text, which in ((old, "old"), (new, "new")):
        try:
            read_both.append(read(text, f"{name}.cif ({which})"))
        except CifError as error:
            return StructureChange(name, ("unreadable",), note=str(error))
    return _compared(name, *read_both)


def _compared(name: str, old: Structure, new: Structure) -> StructureChange:
    cell = {
        label: (one, other)
        for label, one, other in zip(_PARAMETERS, old.cell, new.cell, strict=True)
        if abs(one - other) > CELL_NOISE * max(abs(one), abs(other))
    }
    symmetry = None if _operations(old) == _operations(new) else (_group(old), _group(new))
    pairs, removed, added = _paired(old, new)
    sites = tuple(change for change in pairs if change.moved or change.refilled)
    kinds = {
        "cell": bool(cell),
        "symmetry": symmetry is not None,
        "sites": bool(removed or added),
        "positions": any(change.moved for change in sites),
        "occupancy": any(change.refilled for change in sites),
    }
    content = {
        element: (old.content.get(element, 0.0), new.content.get(element, 0.0))
        for element in sorted(old.content.keys() | new.content.keys())
        if abs(old.content.get(element, 0.0) - new.content.get(element, 0.0)) > OCCUPANCY_NOISE
    }
    found = tuple(kind for kind, changed in kinds.items() if changed)
    note = "" if found else _text_note(old.text, new.text)
    return StructureChange(name, found or ("text",), cell, symmetry, sites, removed, added, content, note)


def _operations(structure: Structure) -> set[tuple[Any, ...]]:
    # translations are multiples of 1/24 in every tabulated setting
    shifts = (structure.translations * 24).round().astype(int) % 24
    return {(*rotation.ravel().tolist(), *shift.tolist()) for rotation, shift in zip(structure.rotations, shifts, strict=True)}


def _group(structure: Structure) -> str:
    number = "unknown" if structure.group_number is None else str(structure.group_number)
    return f"space group {number} ({structure.setting or 'setting not tabulated'}), {len(structure.rotations)} operations"


def _paired(old: Structure, new: Structure) -> tuple[list[SiteChange], tuple[str, ...], tuple[str, ...]]:
    """Sites of both files, paired by element and nearest image; labels of those that found no partner."""
    from scipy.optimize import linear_sum_assignment

    pairs: list[SiteChange] = []
    removed: list[str] = []
    added: list[str] = []
    for element in dict.fromkeys(site.element for site in (*old.sites, *new.sites)):
        before = [site for site in old.sites if site.element == element]
        after = [site for site in new.sites if site.element == element]
        if not before or not after:
            removed += [site.label for site in before]
            added += [site.label for site in after]
            continue
        distances = _distances(before, after, new)
        # among equal distances (sites that share a position) the label decides, then the occupancy
        cost = distances + [[1e-6 * (a.label != b.label) + 1e-7 * abs(a.occupancy - b.occupancy) for b in after] for a in before]
        rows, columns = linear_sum_assignment(cost.clip(max=10 * APART))
        near = [(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if distances[i, j] <= APART]
        pairs += [
            SiteChange((before[i].label, after[j].label), (before[i].occupancy, after[j].occupancy), float(distances[i, j]))
            for i, j in near
        ]
        removed += [site.label for i, site in enumerate(before) if i not in {pair[0] for pair in near}]
        added += [site.label for j, site in enumerate(after) if j not in {pair[1] for pair in near}]
    return pairs, tuple(removed), tuple(added)


def _distances(before: list[Site], after: list[Site], structure: Structure) -> NDArray[np.float64]:
    """Shortest distance in angstrom from each old site to any image of each new one, ``(len(before), len(after))``."""
    import numpy as np

    old = np.array([site.fract for site in before])
    images = np.einsum("nij,mj->mni", structure.rotations, np.array([site.fract for site in after])) + structure.translations
    gap = images[None, :, :, :] - old[:, None, None, :]
    gap -= np.rint(gap)
    found: NDArray[np.float64] = np.linalg.norm(gap @ structure.basis.T, axis=-1).min(axis=2)
    return found


def _text_note(old: str, new: str) -> str:
    import difflib

    lines = [line for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="") if line[:1] in "+-"][2:]
    removed, added = sum(line[0] == "-" for line in lines), sum(line[0] == "+" for line in lines)
    return f"{removed} lines of text gone, {added} new; cell, symmetry, positions and occupancies are the same"
