"""Rows that were proposed in an issue of the kind "New data": the table and the structures out of its text.

The text is somebody's: it is read for what stands below the two headings of the form, and for addresses of files that were dropped there.
Only such addresses are asked, and what comes is bounded and read as any contributed file.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.errors import InputError

#: Labels of the form (``.github/ISSUE_TEMPLATE/new-data.yml``), which become headings of the issue.
TABLE, STRUCTURES = "Table", "Structures"
#: What an issue says below a heading that was left blank.
NO_ANSWER = "_No response_"
#: Files that were dropped into an issue; nothing else is fetched.
_DROPPED = re.compile(r"\((https://github\.com/user-attachments/files/\d+/([A-Za-z0-9._-]{1,200}))\)")
_HEADING = re.compile(r"^### ([^\n]+)$", re.MULTILINE)
_FENCE = re.compile(r"^(?:```|~~~)[^\n]*$", re.MULTILINE)
_TABLES = (".csv", ".tsv", ".xlsx", ".xlsm")
_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
_LARGEST = 1_000_000


def proposed(text: str, folder: Path) -> tuple[Path, Path | None]:
    """Write the table of an issue into a folder, and its structures, and give their places; ``None`` when no structures were given.

    Raises
    ------
    InputError
        When there is no table, it was neither pasted nor dropped, or a dropped file cannot be brought.
    """
    answers = sections(text[:_LARGEST].replace("\r\n", "\n"))
    table = answers.get(TABLE, "")
    if not table:
        raise InputError(
            f"the issue has nothing under {TABLE!r}", cure="paste the rows there, with their header, or drop a CSV or XLSX file"
        )
    place = _dropped(table, _TABLES, folder, "rows")
    if place is None:
        if _DROPPED.search(table):
            raise InputError("the file under 'Table' is no table", cure=f"drop a file that ends in {', '.join(_TABLES)}, or paste the rows")
        place = folder / "rows.csv"
        place.write_text(_FENCE.sub("", table).strip() + "\n", encoding="utf-8", newline="\n")
    structures = answers.get(STRUCTURES, "")
    cifs = _dropped(structures, _ARCHIVES, folder, "cifs")
    if structures and cifs is None:
        raise InputError(f"there is no archive under {STRUCTURES!r}", cure=f"drop one archive of CIFs there ({', '.join(_ARCHIVES)})")
    return place, cifs


def sections(text: str) -> dict[str, str]:
    """What stands below each heading of the form; of two with one name the first. A blank answer is blank."""
    heads = list(_HEADING.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    found: dict[str, str] = {}
    for head, end in zip(heads, ends, strict=False):
        answer = text[head.end() : end].strip()
        found.setdefault(head[1].strip(" \t"), "" if answer == NO_ANSWER else answer)
    return found


def _dropped(text: str, endings: tuple[str, ...], folder: Path, name: str) -> Path | None:
    """The first dropped file of one of these kinds, fetched; ``None`` when there is none."""
    from pipeline.sources.deposit import Unreachable, fetch

    for address, dropped in _DROPPED.findall(text):
        ending = next((each for each in endings if dropped.lower().endswith(each)), None)
        if ending is None:
            continue
        place = folder / f"{name}{ending}"
        try:
            fetch(address, place)
        except Unreachable as error:
            raise InputError(f"the file could not be fetched: {error}", value=dropped, cure="drop it into the issue again") from None
        return place
    return None
