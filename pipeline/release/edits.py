"""A curators' own workbook beside the last release: what came, what went, what changed, and what the ledger still has to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.correct import Correction, Sorted, sort_out
from pipeline.errors import InputError
from pipeline.ingest.curators import Book, book
from pipeline.quoting import short
from pipeline.sources.workbook import BookFile
from pipeline.structures.folder import cif_files
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Lines of one kind that a terminal is given; ``RELEASE.json`` has all.
TOLD = 20


@dataclass(frozen=True, eq=False)
class Own:
    """A curators' own workbook: its file, and what is read of it when it is asked for."""

    file: BookFile

    @cached_property
    def book(self) -> Book:
        """The workbook, read."""
        return book(self.file.data, self.file.name)

    def refuse_taken(self, contributed: Iterable[str]) -> None:
        """Refuse an ID that is an accepted contribution's: of two rows of one ID it is not known which is meant."""
        rows = {name: row for row, name in enumerate(self.book.cells[col.ID].tolist(), start=2)}
        taken = [name for name in contributed if name in rows]
        if taken:
            raise InputError.gather(
                [
                    InputError("the ID is that of an accepted contribution, whose row joins by itself", file=self.file.name, row=rows[name],
                               column=col.ID, value=name, cure="take the row out of the sheet, or its folder out of raw/contributions")
                    for name in taken
                ]
            )  # fmt: skip


@dataclass(frozen=True)
class Edits:
    """What a curators' own sheet changed since the last release.

    Attributes
    ----------
    sheet, hidden
        The sheet that was read, and how many of its rows it hides.
    moved, absent, unknown
        Whether columns stand in another order; columns that the sheet lacks, read as blank; headings not of the workbook, not read.
    new, removed
        IDs that the last release lacks, in the order of the sheet; IDs that only the last release has, in its order.
    changed
        ID, column, value of the last release and of the sheet of every other cell that differs, and of none that a correction explains.
    corrections
        What the ledger has to do, what the sheet has taken in, and what has no cell.
    """

    sheet: str
    hidden: int
    moved: bool
    absent: tuple[str, ...]
    unknown: tuple[str, ...]
    new: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[str, str, Any, Any], ...]
    corrections: Sorted

    def as_dict(self) -> dict[str, Any]:
        """The same for ``RELEASE.json``."""
        cell = ("ID", "column", "before", "now")
        return {
            "sheet": self.sheet, "hidden_rows": self.hidden, "columns_moved": self.moved, "columns_absent": list(self.absent),
            "columns_not_read": list(self.unknown), "new": list(self.new), "removed": list(self.removed),
            "changed": [dict(zip(cell, change, strict=True)) for change in self.changed],
            "corrections_mended": [{"ID": each.id, "column": each.column} for each in self.corrections.mended],
            "corrections_without_a_cell": [{"ID": each.id, "column": each.column} for each in self.corrections.idle],
        }  # fmt: skip

    def told(self, last: str) -> Iterator[str]:
        """The same in lines, for a person; ``last`` is the name of the last release."""
        for line in self._lines(last):
            yield line[: len(line) - len(line.lstrip())] + short(line)

    def _lines(self, last: str) -> Iterator[str]:
        counts = f"rows new {len(self.new)}, removed {len(self.removed)}; cells edited {len(self.changed)}"
        yield f"sheet {self.sheet!r} against {last}: {counts}"
        if self.hidden:
            yield f"  rows that the sheet hides, read like any other: {self.hidden}"
        if self.moved:
            yield "  columns stand in another order; they are read by name"
        for column in self.absent:
            yield f"  column absent, read as blank: {column}"
        for label in self.unknown:
            yield f"  column not of the workbook, not read: {label}"
        yield from _few([f"  new: {name}" for name in self.new])
        yield from _few([f"  removed: {name}" for name in self.removed])
        yield from _few([f"  edited: {name} {column}: {_shown(old)} becomes {_shown(new)}" for name, column, old, new in self.changed])
        mended, idle = self.corrections.mended, self.corrections.idle
        yield from _few([f"  mended: {c.id} {c.column} holds {_shown(c.value)} already; its correction was not applied" for c in mended])
        yield from _few([f"  no cell: {c.id} {c.column}; its correction was not applied" for c in idle])


def edits(found: Book, last: pd.DataFrame, published: pd.DataFrame, decisions: Sequence[Correction]) -> Edits:
    """Compare a curators' own sheet with the sheet of the last release, and with the corrections.

    Parameters
    ----------
    found
        The sheet.
    last
        Cells of the last release.
    published
        Cells of the sheet and of accepted contributions.
    decisions
        The curators' corrections.
    """
    now = {str(row[col.ID]): row for row in reversed(found.cells.to_dict("records"))}
    then = {str(row[col.ID]): row for row in last.to_dict("records")}
    heads = found.heads
    removed = tuple(name for name in then if name not in now)
    corrections = sort_out(decisions, published, heads.absent, removed)
    mended = {(each.id, each.column) for each in corrections.mended}
    changed = [
        (name, str(column), then[name][column], now[name][column])
        for name in dict.fromkeys(map(str, found.cells[col.ID])) if name in then
        for column in heads.places if column != col.ID and now[name][column] != then[name][column] and (name, column) not in mended
    ]  # fmt: skip
    new = tuple(name for name in dict.fromkeys(map(str, found.cells[col.ID])) if name not in then)
    return Edits(
        found.sheet, found.hidden, heads.moved, tuple(map(str, heads.absent)), heads.unknown, new, removed, tuple(changed), corrections
    )


def own_structures(folder: Path, entries: Collection[str], removed: Collection[str]) -> dict[str, str]:
    """Text of each structure of a folder that is of an entry, by ID; those of removed rows are left out, as their rows are.

    Raises
    ------
    InputError
        When there is no such folder, a file belongs to no row, or is not text.
    """
    files = cif_files(folder)
    known, gone = frozenset(entries), frozenset(removed)
    if strangers := [path.name for path in files if path.stem not in known and path.stem not in gone]:
        more = f" and {len(strangers) - 10} more" if len(strangers) > 10 else ""
        raise InputError(
            f"no row has the ID of {', '.join(strangers[:10])}{more}", file=folder, cure="name each file <ID>.cif after its row"
        )
    texts = {}
    for path in files:
        if path.stem in known:
            try:
                texts[path.stem] = path.read_bytes().decode("utf-8")
            except UnicodeDecodeError as error:
                raise InputError("not text in UTF-8", file=path, cure="save it again as UTF-8") from error
    return texts


def _few(lines: list[str]) -> list[str]:
    return lines if len(lines) <= TOLD else [*lines[:TOLD], f"  and {len(lines) - TOLD} more of this kind, in RELEASE.json"]


def _shown(value: object) -> str:
    return "(blank)" if value is None else repr(value) if isinstance(value, str) else str(value)
