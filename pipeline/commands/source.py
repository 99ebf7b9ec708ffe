"""``source add --workbook``: the curators' own sheet, pinned."""

from __future__ import annotations

from pathlib import Path

from pipeline import sources
from pipeline.release.edits import Own
from pipeline.release.opened import opened
from pipeline.safety.outputs.files import put
from pipeline.sources.tables import with_table
from pipeline.sources.workbook import TABLE, keep_book, pin_lines, read_book


def add_workbook(file: Path, raw: Path) -> list[str]:
    """Pin a curators' workbook in ``raw/sources.toml``, with a copy in ``raw/downloads``; what it changes since the last release, in lines.

    Raises
    ------
    InputError
        When the file cannot be read as the workbook; nothing is written then.
    """
    own = Own(read_book(file))
    found = opened(raw, own=own)
    assert found.edits is not None
    pin = found.archive.pin
    told = list(found.edits.told(f"{pin.package} {pin.version}"))
    path = raw / sources.PINS
    before = path.read_text(encoding="utf-8")
    with_table(before, [TABLE], pin_lines(own.file.name, own.file), path)  # before anything is copied
    kept = keep_book(own.file, raw)
    put(path, with_table(before, [TABLE], pin_lines(kept, own.file), path))
    return [f"{len(own.book.cells)} rows of the sheet {own.book.sheet!r}", *told, f"pinned under [{TABLE}] of {path} as {kept}"]
