"""Structures for the rows of a table, out of libraries and databases: the command ``match``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.ingest.contributed.grid import ASKED_NOTHING, Reading
from pipeline.ingest.contributed.table import contribution
from pipeline.quoting import plain
from pipeline.release.tables import require_inert
from pipeline.safety import inputs
from pipeline.structures.matching import index, match
from schemas import candidates
from schemas import columns as col

#: The first line of every output.
HEADER = ",".join(candidates.COLUMNS) + "\n"

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.structures.matching.descriptor import Descriptors


@dataclass(frozen=True)
class Proposal:
    """Candidates in the columns of ``candidates.csv``, and what the user should know of the search."""

    candidates: pd.DataFrame
    notes: tuple[str, ...]


def propose(
    table: Path, libraries: Sequence[Path], databases: Sequence[str] = (), *, jobs: int = 1, reading: Reading = ASKED_NOTHING
) -> Proposal:
    """Find structures for every row of a table.

    Parameters
    ----------
    table
        CSV or XLSX in the columns of the release; ``all.csv`` is one.
    libraries
        Folders, zip or tar archives of CIFs, or indexes of them.
    databases
        Base addresses of OPTIMADE databases.
    jobs
        Processes that describe libraries without an index.
    reading
        How the table is to be read: sheet, hidden parts, encoding.

    Raises
    ------
    InputError
        When the table, a library or a database cannot be used.
    """
    if not libraries and not databases:
        raise InputError("no library to match against", cure="name one with --library, or a database with --optimade")
    rows, notes = _rows(table, reading)
    opened = [index.opened(libraries, jobs)] if libraries else []
    for url in databases:
        from pipeline.structures.matching import optimade

        answer = optimade.ask(url, rows)
        notes.append(f"{url}: {answer.received} structures of {answer.asked} chemical systems")
        notes += [f"{url}: {count} structures passed over: {reason}" for reason, count in answer.skipped.items()]
        opened.append(answer.descriptors)
    found = match.candidates(rows, _joined(opened))
    found, changed = _harmless(found)
    if changed:
        notes.append(f"{changed} IDs or names of files hold characters that cannot be printed; a space stands for each")
    notes.append(f"{found[col.ROW_ID].nunique()} of {len(rows)} rows have candidates")
    return Proposal(found, tuple(notes))


def _harmless(found: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Candidates of which no text disturbs a terminal, a job or a spreadsheet, and how many had to be changed for that."""
    cleaned = found.assign(**{str(label): [plain(str(name)) for name in found[label]] for label in (col.ROW_ID, col.FILE)})
    require_inert(cleaned, "candidates", "give the row another ID, or the file in the library another name")
    return cleaned, int(sum((cleaned[label] != found[label]).sum() for label in (col.ROW_ID, col.FILE)))


def _joined(parts: list[Descriptors]) -> Descriptors:
    from pipeline.structures.matching.descriptor import joined

    return joined(parts)


#: What a row is looked for by.
_SOUGHT = frozenset(str(column) for column in (col.REDUCED_COMPOSITION, col.TRUE_COMPOSITION, col.SPACE_GROUP_NUMBER, *col.LATTICE))


def _rows(table: Path, reading: Reading) -> tuple[pd.DataFrame, list[str]]:
    """The rows by ID, and what is to be told: how the table was read, cells that could not be, rows that cannot be looked for."""
    read = contribution(inputs.read(table, "table"), str(table), reading)
    rows = read.cells.copy()
    ids = [str(id) if id is not None else f"row {number}" for id, number in zip(rows[col.ID], read.rows, strict=True)]
    rows = rows.drop(columns=[str(col.ID)]).set_axis(ids, axis="index")
    usable = {row.id for row in match.rows_of(rows)}
    notes = [f"{table}: {note}" for note in read.notes]
    notes += [
        f"{table}, row {read.rows[bad.position]}: {bad.column} {bad.value!r} was not read: {bad.why}"
        for bad in read.unread
        if bad.position is not None and bad.column in _SOUGHT and bad.kind == "cell"
    ]
    notes += [
        f"{table}, row {number}: not looked for, its composition or its space group cannot be read"
        for id, number in zip(ids, read.rows, strict=True)
        if id not in usable
    ]
    return rows, notes
