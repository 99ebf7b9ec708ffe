"""Rows against structures: how a row's own structure fits it, and which structures of a library may be its own.

*The window* of a close match is that of the release's paper: the same space group number, composition within 0.05 per formula
unit, cell lengths within 3 %, angles within 3 degrees, whatever the setting. Its edge belongs to it: doping goes in steps of
0.05, so ``Li1.30`` against ``Li1.35`` is inside, and a slack of 1e-6 keeps floating point out of that decision.

*Composition deviation* is the largest ``|n_e / Z - r_e|`` over the elements e of row and file: ``r`` is the row's reduced
composition, ``n`` the content of the file's cell, and Z the number of the row's formula units that the file's cell holds best:
the row's own Z, or the whole number next to the least-squares scale where that fits better (where the row's formula is
itself m formula units, Z may be a multiple of 1/m). A row whose own Z is wrong is therefore measured by the file's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from math import gcd, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.chemistry import cell as cells
from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.structures.lattice import lattices
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure
    from pipeline.structures.descriptor import Block, Descriptors
    from pipeline.structures.symmetry import Symmetry

COMPOSITION_WINDOW = 0.05
#: Slack on the composition window: 0.35 - 0.30 is 0.04999999999999999 and 1.35 - 1.30 is 0.050000000000000044.
COMPOSITION_SLACK = 1e-6
#: What printing explains: occupancies have two or three digits, so contents per formula unit are known to about 0.01.
COMPOSITION_ROUNDING = 0.01
#: Candidates listed for a row, best first.
MOST = 10
#: Files a row's wrong Z or cell is looked into for.
MOST_DOUBTFUL = 25


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says about its structure.

    Attributes
    ----------
    id
        ID of the row.
    amounts
        Reduced composition: amount of each element in one formula unit.
    units
        How many times the formula could be divided by a whole number: 4 for Li4Ti8(PO4)12, 1 where an amount is no whole number.
    Z, spacegroup, cell
        As the row has them; ``None`` where it has none, or where the cell is no cell.
    """

    id: str
    amounts: Mapping[str, float]
    units: int
    Z: int | None
    spacegroup: int | None
    cell: cells.Cell | None


def row_of(id: str, entry: Mapping[str, Any]) -> Row | None:
    """The row of an entry (labels of the release, typed); ``None`` when its composition cannot be read."""
    Z = _integer(entry.get(col.Z))
    content = _amounts(entry, Z)
    if content is None:
        return None
    numbers = [_number(entry.get(column)) for column in col.LATTICE]
    a, b, c, alpha, beta, gamma = numbers
    cell = (a, b, c, alpha, beta, gamma) if cells.possible(numbers) else None
    whole = all(abs(x - round(x)) < 1e-6 and round(x) for x in content.values())
    units = reduce(gcd, (round(x) for x in content.values())) if whole else 1
    spacegroup = _integer(entry.get(col.SPACE_GROUP_NUMBER))
    return Row(id, content, units, Z, spacegroup if spacegroup and 1 <= spacegroup <= 230 else None, cell)


def _rows(entries: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """ID and the cells of a row that matching looks at."""
    wanted = (col.REDUCED_COMPOSITION, col.TRUE_COMPOSITION, col.Z, col.SPACE_GROUP_NUMBER, *col.LATTICE)
    columns = [str(column) for column in wanted if column in entries]
    for id, *values in entries[columns].itertuples(name=None):
        yield str(id), dict(zip(columns, values, strict=True))


def rows_of(entries: pd.DataFrame) -> Iterator[Row]:
    """The rows that a structure can be looked for: those with a composition that can be read and a space group."""
    for id, entry in _rows(entries):
        row = row_of(id, entry)
        if row is not None and row.spacegroup is not None:
            yield row


def _amounts(entry: Mapping[str, Any], Z: int | None) -> Mapping[str, float] | None:
    """Reduced composition; the true one over Z where the reduced one cannot be read (a hydrate written with an asterisk)."""
    for column, divisor in ((col.REDUCED_COMPOSITION, 1), (col.TRUE_COMPOSITION, Z)):
        text = entry.get(column)
        if isinstance(text, str) and text.strip() and divisor:
            try:
                return {element: amount / divisor for element, amount in amounts(text).items() if amount > 0}
            except FormulaError:
                continue
    return None


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _integer(value: Any) -> int | None:
    number = _number(value)
    return int(number) if isfinite(number) and number == int(number) and number > 0 else None


def composition(row: Row, system: tuple[str, ...], content: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Composition deviation of many files of one chemical system, and the number of the row's formula units each holds.

    Parameters
    ----------
    system
        Elements of the files.
    content
        ``(n, elements)``: contents of the files' cells.

    Returns
    -------
    deviations, units
        ``(n,)`` each.
    """
    wanted = np.array([row.amounts.get(element, 0.0) for element in system])
    absent = max((amount for element, amount in row.amounts.items() if element not in system), default=0.0)
    weight = float(wanted @ wanted)
    if not weight:
        return np.full(len(content), np.inf), np.ones(len(content))
    scale = content @ wanted / weight * row.units
    deviations, units = np.full(len(content), np.inf), np.ones(len(content))
    for Z in ([] if row.Z is None else [np.full(len(content), float(row.Z))]) + [
        np.maximum(step(scale), 1.0) / row.units for step in (np.floor, np.ceil)
    ]:
        found = np.maximum(np.abs(content / Z[:, None] - wanted).max(axis=1), absent)
        # another Z than the row's must fit better, not only as well
        better = found < deviations - COMPOSITION_SLACK
        deviations[better], units[better] = found[better], Z[better]
    return deviations, units


def misfit(composition_deviation: Any, lattice_deviation: Any, angle_deviation: Any) -> Any:
    """One number to rank by, in units of the window: the sum of the three deviations, each over its limit."""
    return composition_deviation / COMPOSITION_WINDOW + lattice_deviation / cells.LENGTH_WINDOW + angle_deviation / cells.ANGLE_WINDOW


def inside(composition_deviation: Any) -> Any:
    """Whether a composition deviation is in the window, its edge included."""
    return composition_deviation <= COMPOSITION_WINDOW + COMPOSITION_SLACK


# --- candidates for rows without a structure --------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Candidate:
    doubtful: bool
    misfit: float
    file: str
    composition: float
    length: float
    angle: float
    setting: str
    remark: str


def candidates(entries: pd.DataFrame, descriptors: Descriptors, most: int = MOST) -> pd.DataFrame:
    """Structures that may be a row's own: one row an entry and file, in the columns of ``candidates.csv``.

    First come the files inside the window, nearest first. After them come files of the row's group and composition whose cell the row
    contradicts in a way that a slip explains: the row's cell is a multiple of the file's, a single one of its six numbers is off, or
    it has no possible cell; ``remark`` says which. A wrong Z takes no file out of the window, since contents are
    compared per formula unit; ``remark`` says so too. Nothing is ever attached.

    Parameters
    ----------
    entries
        Rows to find structures for, index ``ID``.
    descriptors
        The library.
    most
        Candidates listed for each row.
    """
    import pandas as pd

    from schemas.candidates import COLUMNS

    found: list[tuple[Any, ...]] = []
    for row in rows_of(entries):
        ranked = sorted(_candidates(row, descriptors, most), key=lambda c: (c.doubtful, c.misfit, c.file))[:most]
        found += [(row.id, c.file, rank, c.composition, c.length, c.angle, c.setting, c.remark) for rank, c in enumerate(ranked, 1)]
    table = pd.DataFrame(found, columns=[str(column) for column in COLUMNS])
    types = {str(column): "float64" for column in COLUMNS if column.type == "number"} | {str(col.RANK): "Int64"}
    return table.astype(types | {str(column): "str" for column in COLUMNS if column.type == "text"}).round(6)


def _candidates(row: Row, descriptors: Descriptors, most: int) -> list[_Candidate]:
    """Candidates of one row, each compared exactly; at most ``most`` inside the window and as many doubtful ones."""
    near: list[tuple[float, int, Block, int, float, float]] = []
    doubtful: list[tuple[float, int, Block, int, float, float]] = []
    for block in descriptors.holding(row.amounts, row.spacegroup, COMPOSITION_WINDOW + COMPOSITION_SLACK):
        deviations, units = composition(row, block.system, block.amounts)
        kept = np.flatnonzero(inside(deviations))
        if not len(kept):
            continue
        assert row.spacegroup is not None
        if row.cell is None:
            lengths = angles = np.full(len(kept), np.inf)
        else:
            lengths, angles = lattices(row.cell, row.spacegroup).deviations(block.reduced[kept])
        fits = (lengths <= cells.LENGTH_WINDOW + cells.SLACK) & (angles <= cells.ANGLE_WINDOW + cells.SLACK)
        scores = misfit(deviations[kept], np.where(fits, lengths, 0), np.where(fits, angles, 0))
        for pool, members in ((near, np.flatnonzero(fits)), (doubtful, np.flatnonzero(~fits))):
            # twice as many as are listed: the exact comparison may rank them a little otherwise
            for i in members[np.argsort(scores[members], kind="stable")][: max(2 * most, MOST_DOUBTFUL)]:
                at = int(kept[i])
                pool.append((float(scores[i]), int(block.ids[at]), block, at, float(deviations[at]), float(units[at])))
    # sorting is stable, and blocks keep the order of the names: equal scores are cut in that order
    chosen = [(False, *each) for each in sorted(near, key=lambda x: x[0])[: 2 * most]]
    chosen += [(True, *each) for each in sorted(doubtful, key=lambda x: x[0])[:MOST_DOUBTFUL]]
    names = descriptors.names([number for _, _, number, *_ in chosen])
    found = [
        _exact(row, name, tuple(block.cells[i].tolist()), deviation, units)
        for name, (_, _, _, block, i, deviation, units) in zip(names, chosen, strict=True)
    ]
    return [each for each in found if each is not None]


def _exact(row: Row, name: str, file_cell: tuple[float, ...], deviation: float, units: float) -> _Candidate | None:
    """A file of the row's group and composition as a candidate; ``None`` when its cell is simply another one."""
    if row.cell is None:
        unknown = float("nan")
        return _Candidate(True, misfit(deviation, 0, 0), name, deviation, unknown, unknown, "", "the row has no possible cell")
    compared = cells.compare(row.cell, file_cell, spacegroup=row.spacegroup)
    length, angle = compared.lattice_deviation, compared.angle_deviation
    expected = units * float(compared.multiple)  # formula units in the row's cell, if it holds the file's structure
    if compared.within():
        kin = compared.multiple == 1 or row.Z is None or abs(expected - row.Z) < 1e-6
        remark = "" if row.Z is None or abs(expected - row.Z) < 1e-6 else _z_remark(row, expected)
        if not kin:
            remark = f"the row's cell has {compared.multiple} times the volume of the file's; {remark}"
        return _Candidate(not kin, misfit(deviation, length, angle), name, deviation, length, angle, compared.setting, remark)
    slip = _slip(row, file_cell)
    if slip is None:
        return None
    return _Candidate(True, misfit(deviation, length, angle), name, deviation, length, angle, compared.setting, slip)


def _z_remark(row: Row, expected: float) -> str:
    return f"by the file the row's cell holds {expected:g} formula units; the row's Z is {row.Z}"


def _slip(row: Row, file_cell: tuple[float, ...]) -> str | None:
    """The one number of the row's cell that is off, when the other five agree with the file's in some order of axes."""
    assert row.cell is not None
    for basis in (cells.IDENTITY, *cells.signed_permutations()):
        other = cells.transform(file_cell, basis)
        off = [
            (column, mine, theirs)
            for column, mine, theirs in zip(col.LATTICE, row.cell, other, strict=True)
            if (abs(theirs - mine) > cells.LENGTH_WINDOW * mine if column in col.LATTICE[:3] else abs(theirs - mine) > cells.ANGLE_WINDOW)
        ]
        if len(off) == 1:
            column, mine, theirs = off[0]
            return f"only {column} is off: {mine:g} in the row, {theirs:.5g} in the file"
    return None


# --- structures that rows have ----------------------------------------------------------------------------------------
def structures(
    entries: pd.DataFrame,
    structures: Mapping[str, Structure | str],
    *,
    perturbation: str | Mapping[str, str] = "none",
    symmetries: Mapping[str, Symmetry] | None = None,
) -> pd.DataFrame:
    """How each structure fits its row: one row an entry that has a structure, in the columns of ``structures.csv``.

    ``exact``: same space group, and composition, lengths and angles agree to the digits they are printed with (0.01 per formula unit,
    0.1 %, 0.1 degree). ``close``: inside the window. ``outside``: any of them outside. ``unreadable``: the file cannot be read.

    Parameters
    ----------
    entries
        Index ``ID``, typed columns of the release.
    structures
        Structure, or text of the file, by ID. IDs that are no entry are left out (a file without a row is a finding of its own).
    perturbation
        What to write into ``perturbation``: one text for all, or one by ID.
    symmetries
        What spglib found, by ID, where it is known already; else it is asked here (7 ms a structure).
    """
    import pandas as pd

    from schemas.structures import COLUMNS

    found = []
    for id, entry in _rows(entries):
        if id in structures:
            noise = perturbation if isinstance(perturbation, str) else perturbation.get(id, "none")
            found.append(_fit(id, entry, structures[id], noise, None if symmetries is None else symmetries.get(id)))
    table = pd.DataFrame(found, columns=[str(column) for column in COLUMNS], dtype=object)
    dtypes = {"text": "str", "number": "float64", "integer": "Int64", "boolean": "boolean"}
    return table.astype({str(column): dtypes[column.type] for column in COLUMNS}).round(6)


def verdict(same_group: bool, composition_deviation: float, lattice_deviation: float, angle_deviation: float) -> str:
    """``exact``, ``close`` or ``outside``; deviations that are not known (NaN) are outside."""
    if not (same_group and inside(composition_deviation)):
        return "outside"
    if not (lattice_deviation <= cells.LENGTH_WINDOW + cells.SLACK and angle_deviation <= cells.ANGLE_WINDOW + cells.SLACK):
        return "outside"
    rounding = (
        composition_deviation <= COMPOSITION_ROUNDING + COMPOSITION_SLACK
        and lattice_deviation <= cells.LENGTH_ROUNDING + cells.SLACK
        and angle_deviation <= cells.ANGLE_ROUNDING + cells.SLACK
    )
    return "exact" if rounding else "close"


def _fit(id: str, entry: Mapping[str, Any], given: Structure | str, noise: str, found: Symmetry | None) -> tuple[Any, ...]:
    """One row of ``structures.csv``."""
    from pipeline.structures.cif import CifError, read
    from pipeline.structures.symmetry import symmetry

    file = f"{id}.cif"
    row = row_of(id, entry)
    group = _integer(entry.get(col.SPACE_GROUP_NUMBER))
    try:
        structure = read(given, file) if isinstance(given, str) else given
    except CifError:
        return (id, file, "unreadable", group, *(None,) * 9, noise)
    spglib = symmetry(structure) if found is None else found
    deviation = length = angle = float("nan")
    setting = ""
    if row is not None:
        system = tuple(sorted(structure.content))
        deviation = float(composition(row, system, np.array([[structure.content[e] for e in system]]))[0][0])
        if row.cell is not None:
            compared = cells.compare(row.cell, structure.cell, spacegroup=row.spacegroup)
            length, angle, setting = compared.lattice_deviation, compared.angle_deviation, compared.setting
    match = verdict(group == structure.group_number, deviation, length, angle)
    return (
        id, file, match, group, structure.group_number, spglib.number, spglib.symprec, deviation, length, angle, setting or None,
        len(structure.sites), structure.is_disordered, structure.n_partial_sites, noise,
    )  # fmt: skip
