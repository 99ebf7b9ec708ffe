"""What a row leaves out because its space group says it: the number behind a symbol, and cell parameters that symmetry fixes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, MutableMapping
from functools import lru_cache

from pipeline.ingest.contributed.values import Value
from schemas import columns as col

#: For each crystal system the parameters that follow from others: a column, or an angle in degrees.
_RIGHT: dict[col.Column, col.Column | int] = {col.ALPHA: 90, col.BETA: 90, col.GAMMA: 90}
_TETRAGONAL: dict[col.Column, col.Column | int] = {col.B: col.A, **_RIGHT}
_HEXAGONAL: dict[col.Column, col.Column | int] = {col.B: col.A, col.ALPHA: 90, col.BETA: 90, col.GAMMA: 120}
_RHOMBOHEDRAL: dict[col.Column, col.Column | int] = {col.B: col.A, col.C: col.A, col.BETA: col.ALPHA, col.GAMMA: col.ALPHA}
_FIXED: dict[str, dict[col.Column, col.Column | int]] = {
    "cubic": {col.B: col.A, col.C: col.A, **_RIGHT},
    "tetragonal": _TETRAGONAL,
    "hexagonal": _HEXAGONAL,
    "trigonal": _HEXAGONAL,
    "orthorhombic": _RIGHT,
}
_AXES = {"a": col.ALPHA, "b": col.BETA, "c": col.GAMMA}


@lru_cache(maxsize=1024)
def spacegroup(text: str) -> tuple[str, int] | None:
    """Symbol and number of the space group that a cell names; ``None`` when it names none, or a symbol and the number of another.

    ``F-43m``, ``P6₃/mmc``, ``F-43m (216)``, ``216 (F-43m)``, ``No. 216``.
    """
    from pipeline.chemistry.spacegroup import find, short, standard

    plain = unicodedata.normalize("NFKC", text).strip()
    bare = re.fullmatch(r"(?:no\.?|nr\.?|#|sg)?\s*(\d{1,3})(?:\.0*)?", plain, re.IGNORECASE)
    if bare:
        return (short(standard(int(bare[1]))), int(bare[1])) if 1 <= int(bare[1]) <= 230 else None
    both = re.fullmatch(r"(.+?)\s*[(\[,;]\s*(?:no\.?|nr\.?|#)?\s*(\d{1,3})\s*[)\]]?", plain, re.IGNORECASE)
    first = re.fullmatch(r"(?:no\.?|nr\.?|#)?\s*(\d{1,3})\s*[(\[,;:]\s*([A-Za-z].*?)\s*[)\]]?", plain, re.IGNORECASE)
    if first:
        group = find(first[2]) if len(first[2]) <= 40 else None
        return (first[2], int(group.number)) if group is not None and group.number == int(first[1]) else None
    for symbol, number in ((both[1], int(both[2])) if both else (plain, 0), (plain, 0)):
        group = find(symbol) if len(symbol) <= 40 else None
        if group is not None and number in (0, group.number):
            return symbol, int(group.number)
    return None


@lru_cache(maxsize=1024)
def axis_of(symbol: str) -> str:
    """Unique axis of the setting that a monoclinic symbol names, blank for other symbols."""
    from pipeline.chemistry.spacegroup import find, unique_axis

    group = find(symbol) if len(symbol) <= 40 else None
    return unique_axis(group) if group is not None else ""


def completed(values: MutableMapping[str, Value], lost: Collection[str], unique_axis: str = "b") -> tuple[str, tuple[col.Column, ...]]:
    """Fill the cell parameters that a row leaves out where its space group fixes them; nothing that stands there is changed.

    Parameters
    ----------
    values
        Values of the row by column.
    lost
        Columns whose cell could not be read: they are not blank.
    unique_axis
        Of a monoclinic cell.

    Returns
    -------
    The crystal system, and the columns that were filled.
    """
    from pipeline.chemistry.spacegroup import crystal_system, is_rhombohedral

    number = values.get(col.SPACE_GROUP_NUMBER)
    blank = [column for column in col.LATTICE if values.get(column) is None and column not in lost]
    if not blank or not isinstance(number, int) or values.get(col.A) is None:
        return "", ()
    system = crystal_system(number)
    rules: Mapping[col.Column, col.Column | int] = _FIXED.get(system, {})
    if is_rhombohedral(number):
        rules = _rhombohedral(values)
    elif system == "monoclinic":
        axis = _AXES[unique_axis or "b"]
        rules = {angle: 90 for angle in (col.ALPHA, col.BETA, col.GAMMA) if angle != axis} if values.get(axis) is not None else {}
    filled = []
    for column in blank:
        if column not in rules:
            continue
        rule = rules[column]
        value: Value = rule if isinstance(rule, int) else values.get(rule)
        if value is not None:
            values[column] = value
            filled.append(column)
    return system, tuple(filled)


def _rhombohedral(values: Mapping[str, Value]) -> Mapping[col.Column, col.Column | int]:
    """Axes tell the setting: with c they are hexagonal, with alpha alone and not 90 degrees rhombohedral; without both nobody knows."""
    if values.get(col.C) is not None:
        return _HEXAGONAL
    alpha = values.get(col.ALPHA)
    return _RHOMBOHEDRAL if isinstance(alpha, int | float) and alpha not in (90, 120) else {}
