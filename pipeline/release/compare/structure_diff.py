"""What changed between two files of one structure: cell, symmetry, sites, positions, occupancies, or the text only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    symmetry = None if _same_operations(old, new) else (_group(old), _group(new))
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


def _same_operations(old: Structure, new: Structure) -> bool:
    if old.rotations is new.rotations and old.translations is new.translations:  # one list of operations is read once
        return True
    return _operations(old) == _operations(new)


def _operations(structure: Structure) -> set[tuple[Any, ...]]:
    # translations are multiples of 1/24 in every tabulated setting
    shifts = (structure.translations * 24).round().astype(int) % 24
    return {(*rotation.ravel().tolist(), *shift.tolist()) for rotation, shift in zip(structure.rotations, shifts, strict=True)}


def _group(structure: Structure) -> str:
    number = "unknown" if structure.group_number is None else str(structure.group_number)
    return f"space group {number} ({structure.setting or 'setting not tabulated'}), {len(structure.rotations)} operations"


def _paired(old: Structure, new: Structure) -> tuple[list[SiteChange], tuple[str, ...], tuple[str, ...]]:
    """Sites of both files, paired by element and nearest image; labels of those that found no partner."""

    pairs: list[SiteChange] = []
    removed: list[str] = []
    added: list[str] = []
    before, after = _by_element(old), _by_element(new)
    both = [element for element in before if element in after]
    distances = dict(zip(both, _distances([(before[element], after[element]) for element in both], new), strict=True))
    for element in dict.fromkeys((*before, *after)):
        ones, others = before.get(element, []), after.get(element, [])
        near = [] if element not in distances else _near(ones, others, distances[element])
        pairs += [
            SiteChange((ones[i].label, others[j].label), (ones[i].occupancy, others[j].occupancy), float(distances[element][i, j]))
            for i, j in near
        ]
        partners = [{pair[side] for pair in near} for side in (0, 1)]
        removed += [site.label for i, site in enumerate(ones) if i not in partners[0]]
        added += [site.label for j, site in enumerate(others) if j not in partners[1]]
    return pairs, tuple(removed), tuple(added)


def _by_element(structure: Structure) -> dict[str, list[Site]]:
    found: dict[str, list[Site]] = {}
    for site in structure.sites:
        found.setdefault(site.element, []).append(site)
    return found


def _near(before: Sequence[Site], after: Sequence[Site], distances: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Partners of one element, nearest together, as numbers of their sites."""
    if len(before) == len(after) == 1:
        return [(0, 0)] if distances[0, 0] <= APART else []
    from scipy.optimize import linear_sum_assignment

    # among equal distances (sites that share a position) the label decides, then the occupancy
    cost = distances + [[1e-6 * (a.label != b.label) + 1e-7 * abs(a.occupancy - b.occupancy) for b in after] for a in before]
    rows, columns = linear_sum_assignment(cost.clip(max=10 * APART))
    return [(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if distances[i, j] <= APART]


def _distances(groups: Sequence[tuple[Sequence[Site], Sequence[Site]]], structure: Structure) -> list[NDArray[np.float64]]:
    """Of each group the shortest distance in angstrom from each old site to any image of each new one, ``(len(old), len(new))``."""
    import numpy as np

    pairs = [(a, b) for before, after in groups for a in before for b in after]
    if not pairs:
        return []
    old, new = (np.array([pair[side].fract for pair in pairs]) for side in (0, 1))
    gap = np.einsum("nij,mj->mni", structure.rotations, new) + structure.translations - old[:, None, :]
    gap -= np.rint(gap)
    across = gap @ structure.basis.T
    found: NDArray[np.float64] = np.sqrt((across * across).sum(axis=2).min(axis=1))
    sizes = [(len(before), len(after)) for before, after in groups]
    ends = np.cumsum([a * b for a, b in sizes])[:-1]
    return [part.reshape(size) for part, size in zip(np.split(found, ends), sizes, strict=True)]


def _text_note(old: str, new: str) -> str:
    import difflib

    lines = [line for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="") if line[:1] in "+-"][2:]
    removed, added = sum(line[0] == "-" for line in lines), sum(line[0] == "+" for line in lines)
    return f"{removed} lines of text gone, {added} new; cell, symmetry, positions and occupancies are the same"
