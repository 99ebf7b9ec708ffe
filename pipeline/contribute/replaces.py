"""Rows of an edited workbook beside the entries that they replace: what changed, and everything else as the dataset has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.contribute.existing import Dataset
from pipeline.findings import Finding
from pipeline.ingest.contributed.headers import Heading
from pipeline.ingest.contributed.table import Contribution, Unread
from pipeline.ingest.contributed.values import UnreadableError, read_cell, shown_fully
from schemas import columns as col


@dataclass(frozen=True)
class Replaced:
    """An edited table beside the dataset.

    Attributes
    ----------
    contribution
        The table, with the corrected value in every cell that is as it was published.
    changes
        A finding of severity info for each cell that is neither as published nor as corrected; its ID is the row's.
    ids
        IDs of the rows that replace an entry.
    structures
        Structure files of those entries, by ID.
    accepted
        Findings that curators accepted: ID and check.
    notes
        What the report says of it.
    """

    contribution: Contribution
    changes: tuple[Finding, ...]
    ids: frozenset[str]
    structures: Mapping[str, str]
    accepted: frozenset[tuple[str, str]]
    notes: tuple[str, ...]


def replaced(read: Contribution, dataset: Dataset) -> Replaced:
    """Compare each row whose ID is an entry's with that entry, cell by cell.

    A cell that reads like the published one stands for it, so that what curators corrected, and what they know cannot be read, is no news;
    a column that the table leaves out stays as it is.
    """
    published, corrected = (_by_id(frame.to_dict("records")) for frame in (dataset.published, dataset.cells))
    cells = read.cells.copy()
    changes: list[Finding] = []
    known: set[tuple[int, str]] = set()
    ids = [str(value or "") for value in cells[col.ID]]
    lost = {(bad.position, bad.column): bad for bad in read.unread if bad.kind in ("cell", "blank")}
    for position, name in enumerate(ids):
        if name not in corrected or ids.count(name) > 1:
            continue
        for column in col.WORKBOOK[1:]:
            now, before, after = cells.at[position, column], published[name].get(column), corrected[name].get(column)
            bad = lost.get((position, column))
            if column not in read.places or _same(column, now, before, bad) or _same(column, now, after, bad):
                cells.at[position, column] = _plain(after)
                known.add((position, column))
            elif bad is None:
                changes.append(_change(name, column, _plain(after), now))
    names = frozenset(name for name in ids if name in corrected)
    new, left = sum(name not in corrected for name in ids), len(corrected) - len(names)
    rows = len({change.id for change in changes})
    notes = [
        f"{len(names)} rows replace entries of the dataset: {len(changes)} cells of {rows} of them changed; {new} rows are new",
        *([f"{left} entries of the dataset are not in the table and were compared with as they are"] if left else []),
    ]
    unread = tuple(bad for bad in read.unread if (bad.position, bad.column) not in known or bad.kind not in ("cell", "blank"))
    structures = dataset.structures()
    return Replaced(
        replace(read, cells=cells, unread=unread), tuple(changes), names,
        {name: structures[name] for name in ids if name in names and name in structures},
        frozenset((w.id, w.check) for w in dataset.waivers() if w.applies and w.id in names), tuple(notes),
    )  # fmt: skip


def _by_id(rows: list[dict[Any, Any]]) -> dict[str, dict[Any, Any]]:
    return {str(row[col.ID]): row for row in rows}


def _plain(value: Any) -> Any:
    """A cell of the workbook, blank as ``None``."""
    return None if value is None or value != value or value == "" else value


def _same(column: col.Column, now: object, known: object, bad: Unread | None) -> bool:
    """Whether a cell of the table reads like one of the dataset, or neither can be read and both show the same."""
    known = _plain(known)
    try:
        value = read_cell(known, Heading(column)).value
    except UnreadableError:
        return bad is not None and shown_fully(known).strip() == bad.value.strip()
    if bad is not None:
        return bad.kind == "blank" and value is None
    if isinstance(now, int | float) and isinstance(value, int | float):
        return bool(float(now) == float(value))
    return _text(now) == _text(value)


def _text(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return f"{text[0]}{float(text[1:])!r}" if text[:1] in "<>" and text[1:] else text


def _change(name: str, column: col.Column, before: object, now: object) -> Finding:
    old, new = (shown_fully(value) for value in (before, now))
    message = f"{column}: {old or '(blank)'} becomes {new or '(blank)'}."
    return Finding(name, "table.changed-cell", "info", message, column=column, value=new, expected=old, other=name)
