"""``workbook OUT.xlsx``: the curators' sheet with what the ledger changed, in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.contribute.existing import read_from
from pipeline.ingest.curators import book
from pipeline.release.edits import Own
from pipeline.release.inplace import Change, changed
from pipeline.release.inplace.package import is_ours
from pipeline.release.opened import opened
from pipeline.safety.outputs import Output
from pipeline.sources.workbook import read_book
from schemas import columns as col


def written(out: Path, raw: Path, workbook: Path | None, *, force: bool = False) -> list[str]:
    """Write the sheet; what was done, in lines.

    Parameters
    ----------
    out
        File to be written.
    raw
        Folder of pins and decisions.
    workbook
        The curators' own sheet; by default the one that ``[workbook]`` of the pins names, else the released one.
    force
        Replace any other file too.

    Raises
    ------
    InputError
        When the sheet or a decision cannot be used, or the file must not be written.
    """
    target = Output(out, [*read_from(raw), *([workbook] if workbook else [])], (), is_ours, force)
    target.require()
    release = opened(raw, own=None if workbook is None else Own(read_book(workbook)))
    data = release.archive.read("workbook") if release.own is None else release.own.file.data
    found = book(data, release.origin) if release.own is None else release.own.book
    rows: dict[str, int] = {}
    for number, name in enumerate(found.cells[col.ID].tolist(), start=2):
        rows.setdefault(name, number)
    after: dict[str, dict[Any, Any]] = {str(row[col.ID]): row for row in reversed(release.cells.to_dict("records"))}
    places = {str(column): place + 1 for column, place in found.heads.places.items()}
    changes, left = [], 0
    for each in release.corrections.to_dict("records"):
        name, column = str(each[col.ID]), str(each[col.COLUMN])
        if name not in rows or column not in places:
            left += 1
            continue
        changes.append(Change((rows[name], places[column]), after[name][column], _note(each)))
    target.write(changed(data, found.sheet, changes, release.origin))
    told = [
        f"{out}: {len(changes)} cells of {len({each.place[0] for each in changes})} rows of {release.origin} changed, coloured and noted"
    ]
    if left:
        told.append(f"not in the sheet, for its row or its column is not there: {left} corrected cells")
    return told


def _note(correction: dict[Any, Any]) -> str:
    """What a note says: the value before, the reason and the evidence."""
    before, now = (value if isinstance(value := correction[each], str) and value else "(blank)" for each in (col.BEFORE, col.AFTER))
    return f"{before} became {now}.\n{correction[col.REASON]}\nEvidence: {correction[col.EVIDENCE]}"
