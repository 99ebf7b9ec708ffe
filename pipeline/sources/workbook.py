"""The curators' own workbook: any version of the sheet in place of the released one, given by its file or pinned under ``[workbook]``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline import sources
from pipeline.errors import InputError
from pipeline.safety.documents import read_toml
from pipeline.safety.inputs import read
from pipeline.sources.tables import quoted

TABLE = "workbook"


@dataclass(frozen=True)
class BookFile:
    """A workbook file that was read: its bytes, its name without a folder, and their SHA-256."""

    data: bytes
    name: str
    sha256: str


def read_book(path: Path) -> BookFile:
    """A workbook file as it is. Raises ``InputError`` when it cannot be read."""
    data = read(path, "workbook")
    return BookFile(data, path.name, hashlib.sha256(data).hexdigest())


def pinned_book(raw: Path) -> BookFile | None:
    """The workbook that ``[workbook]`` of ``raw/sources.toml`` names, its bytes verified; ``None`` without that table.

    Raises
    ------
    InputError
        When the table lacks ``file`` or ``sha256``, the file is not there, or its bytes are others than those that were pinned.
    """
    path = raw / sources.PINS
    table = read_toml(path).get(TABLE)
    if table is None:
        return None
    if not isinstance(table, dict) or not all(isinstance(table.get(key), str) for key in ("file", "sha256")):
        raise InputError(
            "the table [workbook] needs file and sha256", file=path, cure="write it with 'obelix-curate source add --workbook FILE'"
        )
    named = Path(table["file"])
    places = [
        raw / named,
        *(folder / named.name for folder in (sources.downloads(raw), *sources.places()) if named.parts[:1] == (sources.DOWNLOADS,)),
    ]
    there = next((place for place in places if place.is_file()), None)
    if there is None:
        cure = "bring it there, or pin another with 'obelix-curate source add --workbook FILE'; without the table the released one is read"
        raise InputError("the curators' workbook that [workbook] names is not there", file=places[0], cure=cure)
    found = read_book(there)
    if found.sha256 != table["sha256"].lower():
        raise InputError(
            f"its SHA-256 is {found.sha256[:16]}..., pinned is {table['sha256'][:16]}...: this is not the pinned file", file=there,
            cure="bring the pinned file back, or pin this one with 'obelix-curate source add --workbook FILE'",
        )  # fmt: skip
    return found


def keep_book(found: BookFile, raw: Path) -> str:
    """Copy a workbook into ``raw/downloads``, whole or not at all; its path as the pin names it. A file of another content stays."""
    folder = sources.downloads(raw)
    target = folder / found.name
    if target.exists() and (not target.is_file() or target.read_bytes() != found.data):
        target = folder / f"{Path(found.name).stem}-{found.sha256[:8]}{Path(found.name).suffix}"
    if not target.is_file() or target.read_bytes() != found.data:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f".{target.name}.part")
        try:
            scratch.write_bytes(found.data)
            scratch.replace(target)
        finally:
            scratch.unlink(missing_ok=True)
    return f"{sources.DOWNLOADS}/{target.name}"


def pin_lines(file: str, found: BookFile) -> list[str]:
    """Content of the table ``[workbook]``."""
    return [f"file = {quoted(file)}", f"sha256 = {quoted(found.sha256)}"]
