"""Rows against structures: how a row's own structure fits it, and which structures of a library may be its own.

What is compared and how far apart may be is the business of :mod:`pipeline.structures.matching.window`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.chemistry import cell as cells
from pipeline.chemistry.basis import describe
from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.structures.matching import lattice
from pipeline.structures.matching.slips import explained as explained_by_a_slip
from pipeline.structures.matching.slips import slip as slip_in
from pipeline.structures.matching.window import (
    COMPOSITION_SLACK,
    COMPOSITION_WINDOW,
    composition_deviation,
    composition_deviations,
    inside,
    same_group,
    verdict,
)
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.structures.cif import Structure
    from pipeline.structures.matching.descriptor import Block, Descriptors

#: Scatter of the cell between samples of one material: three quarters of the 116 pairs of entries of the release that share composition
#: and space group but not the cell agree within 0.28 % in every length. Angles in the proportion of the window.
LENGTH_SCATTER = 0.003
ANGLE_SCATTER = 0.3
#: Candidates listed for a row, best first.
MOST = 10
#: Files of a row's composition and group, nearest in composition first, that are looked into for a slip in the row's cell.
DOUBTED = 200
#: How many more than are listed are compared exactly.
SPARE = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row says about its structure.

    Attributes
    ----------
    id
        ID of the row.
    amounts
        Reduced composition: amount of each element in one formula unit.
    Z, spacegroup, cell
        As the row has them; ``None`` where it has none, or where the cell is no cell.
    """

    id: str
    amounts: Mapping[str, float]
    Z: int | None
    spacegroup: int | None
    cell: cells.Cell | None


def row_of(id: str, entry: Mapping[str, Any]) -> Wanted | None:
    """The row of an entry (labels of the release, typed); ``None`` when its composition cannot be read."""
    Z = _integer(entry.get(col.Z))
    content = _amounts(entry, Z)
    if content is None:
        return None
    numbers = [_number(entry.get(column)) for column in col.LATTICE]
    a, b, c, alpha, beta, gamma = numbers
    cell = (a, b, c, alpha, beta, gamma) if cells.possible(numbers) else None
    spacegroup = _integer(entry.get(col.SPACE_GROUP_NUMBER))
    return Wanted(id, content, Z, spacegroup if spacegroup and 1 <= spacegroup <= 230 else None, cell)


def _rows(entries: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """ID and the cells of a row that matching looks at."""
    wanted = (col.REDUCED_COMPOSITION, col.TRUE_COMPOSITION, col.Z, col.SPACE_GROUP_NUMBER, *col.LATTICE)
    columns = [str(column) for column in wanted if column in entries]
    for id, *values in entries[columns].itertuples(name=None):
        yield str(id), dict(zip(columns, values, strict=True))


def rows_of(entries: pd.DataFrame) -> Iterator[Wanted]:
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


def misfit(composition_deviation: Any, lattice_deviation: Any, angle_deviation: Any) -> Any:
    """One number to rank by: the sum of the deviations, of composition in units of its window, of the cell in units of its scatter.

    In units of its own window the cell would hardly count: samples of one material lie within a tenth of it.
    """
    return composition_deviation / COMPOSITION_WINDOW + lattice_deviation / LENGTH_SCATTER + angle_deviation / ANGLE_SCATTER


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
        for rank, c in enumerate(ranked, 1):
            found.append((row.id, c.file, rank, c.composition, c.length, c.angle, c.setting or None, c.remark or None))
    table = pd.DataFrame(found, columns=[str(column) for column in COLUMNS])
    types = {str(column): "float64" for column in COLUMNS if column.type == "number"} | {str(col.RANK): "Int64"}
    return table.astype(types | {str(column): "str" for column in COLUMNS if column.type == "text"}).round(6)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of the row's group and composition, before it is compared exactly."""

    score: float
    block: Block
    at: int
    composition: float
    units: float
    attainable: tuple[float, float]

    @property
    def number(self) -> int:
        return int(self.block.ids[self.at])

    @property
    def cell(self) -> tuple[float, ...]:
        return tuple(self.block.cells[self.at].tolist())


def _candidates(row: Wanted, descriptors: Descriptors, most: int) -> list[_Candidate]:
    """Candidates of one row, each compared exactly; the doubtful ones only where the others leave room."""
    near: list[_Found] = []
    rest: list[_Found] = []
    for block in descriptors.holding(row.amounts, row.spacegroup, COMPOSITION_WINDOW + COMPOSITION_SLACK):
        deviations, units = composition_deviations(row.amounts, block.system, block.amounts)
        kept = np.flatnonzero(inside(deviations))
        if not len(kept):
            continue
        assert row.spacegroup is not None
        if row.cell is None:
            lengths = angles = np.full(len(kept), np.inf)
        else:
            lengths, angles = lattice.deviations(row.cell, row.spacegroup, block.reduced[kept])
        fits = (lengths <= cells.LENGTH_WINDOW + cells.SLACK) & (angles <= cells.ANGLE_WINDOW + cells.SLACK)
        scores = misfit(deviations[kept], np.where(fits, lengths, 0), np.where(fits, angles, 0))
        # a few more than are listed, since the exact comparison may rank the last of them otherwise
        for pool, members, enough in ((near, np.flatnonzero(fits), most + SPARE), (rest, np.flatnonzero(~fits), DOUBTED)):
            for i in members[np.argsort(scores[members], kind="stable")][:enough].tolist():
                at = int(kept[i])
                pool.append(_Found(scores[i], block, at, deviations[at], units[at], (lengths[i], angles[i])))
    # sorting is stable, and blocks keep the order of the names: equal scores are cut in that order
    chosen = sorted(near, key=lambda found: found.score)[: most + SPARE]
    if len(near) < most and rest:
        rest = sorted(rest, key=lambda found: found.score)[:DOUBTED]
        explained = (
            np.ones(len(rest), dtype=bool) if row.cell is None else explained_by_a_slip(row.cell, np.array([found.cell for found in rest]))
        )
        chosen += [rest[i] for i in np.flatnonzero(explained)[: most + SPARE]]
    names = descriptors.names([found.number for found in chosen])
    compared = [_exact(row, name, found) for name, found in zip(names, chosen, strict=True)]
    return [each for each in compared if each is not None]


def _exact(row: Wanted, name: str, found: _Found) -> _Candidate | None:
    """A file as a candidate; ``None`` when its cell is simply another one."""
    deviation = float(found.composition)
    if row.cell is None:
        unknown = float("nan")
        return _Candidate(True, misfit(deviation, 0, 0), name, deviation, unknown, unknown, "", "the row has no possible cell")
    compared: cells.CellComparison | None
    near = cells.misfit(*found.attainable) <= 1 + cells.SLACK / cells.LENGTH_WINDOW
    if near:
        compared = cells.compare(row.cell, found.cell, spacegroup=row.spacegroup, attainable=found.attainable)
    else:
        compared = cells.multiple(row.cell, found.cell, spacegroup=row.spacegroup)
    if near and not (compared and compared.within()):
        # one lattice, but no axis of the one cell is a whole combination of the other's: both are centred, in unlike ways
        length, angle = found.attainable
        compared = cells.CellComparison(float(length), float(angle), "change of basis through the primitive cell", ())
    if compared is None or not compared.within():
        slip = slip_in(row.cell, found.cell)
        if slip is None:
            return None
        score = misfit(deviation, slip.length, slip.angle)
        return _Candidate(True, score, name, deviation, slip.length, slip.angle, describe(slip.basis, row.spacegroup), slip.remark)
    length, angle = compared.lattice_deviation, compared.angle_deviation
    # formula units in the row's cell, if it holds the file's structure
    expected = found.units * (float(compared.multiple) if compared.basis else round(cells.volume(row.cell) / cells.volume(found.cell)))
    agrees = row.Z is None or abs(expected - row.Z) < 1e-6
    Z = "" if agrees else f"by the file the row's cell holds {expected:g} formula units, the row's Z is {row.Z}"
    remark = "; ".join(filter(None, (Z, _foreign(row, found))))
    return _Candidate(False, misfit(deviation, length, angle), name, deviation, length, angle, compared.setting, remark)


def _foreign(row: Wanted, found: _Found) -> str:
    """Elements within the window that only one of the two holds: a dopant that the structure does not show."""
    lacks = [element for element in row.amounts if element not in found.block.system]
    extra = [element for element in found.block.system if element not in row.amounts]
    return "; ".join(f"the {side} has no {', '.join(elements)}" for side, elements in (("file", lacks), ("row", extra)) if elements)


# --- structures that rows have ----------------------------------------------------------------------------------------
def structures(
    entries: pd.DataFrame,
    structures: Mapping[str, Structure | str],
    *,
    perturbation: str | Mapping[str, str] = "none",
) -> pd.DataFrame:
    """How each structure fits its row: one row an entry that has a structure, in the columns of ``structures.csv``.

    ``exact``: the same space group, and composition, lengths and angles agree to the digits they are printed with (0.01 per formula unit,
    0.1 %, 0.1 degree). ``close``: inside the window. ``outside``: any of them outside. ``unreadable``: the file cannot be read.

    Parameters
    ----------
    entries
        Index ``ID``, typed columns of the release.
    structures
        Structure, or text of the file, by ID. IDs that are no entry are left out (a file without a row is a finding of its own).
    perturbation
        What to write into ``perturbation``: one text for all, or one by ID.
    """
    import pandas as pd

    from schemas.structures import COLUMNS

    found = []
    for id, entry in _rows(entries):
        if id in structures:
            noise = perturbation if isinstance(perturbation, str) else perturbation.get(id, "none")
            found.append(_fit(id, entry, structures[id], noise))
    table = pd.DataFrame(found, columns=[str(column) for column in COLUMNS], dtype=object)
    dtypes = {"text": "str", "number": "float64", "integer": "Int64", "boolean": "boolean"}
    return table.astype({str(column): dtypes[column.type] for column in COLUMNS}).round(6)


def _fit(id: str, entry: Mapping[str, Any], given: Structure | str, noise: str) -> tuple[Any, ...]:
    """One row of ``structures.csv``."""
    from pipeline.structures.cif import CifError, read
    from pipeline.structures.symmetry import examined

    file = f"{id}.cif"
    row = row_of(id, entry)
    group = _integer(entry.get(col.SPACE_GROUP_NUMBER))
    try:
        structure = read(given, file) if isinstance(given, str) else given
    except CifError as error:
        return (id, file, "unreadable", group, *(None,) * 10, noise, error.reason)
    spglib = examined(structure).symmetry
    deviation = length = angle = float("nan")
    setting = ""
    if row is not None:
        deviation = composition_deviation(row.amounts, structure.content)[0]
        if row.cell is not None:
            compared = cells.compare(row.cell, structure.cell, spacegroup=row.spacegroup)
            length, angle, setting = compared.lattice_deviation, compared.angle_deviation, compared.setting
    match = verdict(same_group(group, structure.group_number, spglib.number), deviation, length, angle)
    return (
        id, file, match, group, structure.group_number, spglib.number, spglib.symprec, deviation, length, angle, setting or None,
        len(structure.sites), structure.is_disordered, structure.n_partial_sites, noise,
        " | ".join(structure.notes) or None,
    )  # fmt: skip
