"""The registered files that a release folder holds, as its metadata describe them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from pipeline.release.manifest import sha256
from schemas.files import FILES, SOURCES, File, declared


@dataclass(frozen=True)
class Present:
    """A registered file that is there: size in bytes and SHA-256 (zero and blank for a folder).

    ``whole`` are the columns of text that hold whole numbers and blanks only.
    """

    file: File
    bytes: int
    sha256: str
    whole: frozenset[str] = frozenset()


def present(folder: Path) -> list[Present]:
    """The registered files that the folder holds, in the order of the registry; tables of declared sources come last."""
    found = []
    known = {file.path for file in FILES}
    own = sorted(f"{SOURCES}{path.name}" for path in (folder / SOURCES).glob("*.csv"))
    for file in (*FILES, *(declared(path) for path in own if path not in known)):
        path = folder / file.path
        if file.path.endswith("/"):
            if path.is_dir():
                found.append(Present(file, 0, ""))
        elif path.is_file():
            found.append(Present(file, path.stat().st_size, sha256(path), _whole(file, path)))
    return found


def _whole(file: File, path: Path) -> frozenset[str]:
    columns = [str(column) for column in file.columns if column.type == "text" and not column.required]
    if not columns:
        return frozenset()
    with path.open(encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        head = next(rows, [])
        values = dict(zip(head, zip(*rows, strict=True), strict=False))
    return frozenset(name for name in columns if any(values.get(name, ())) and all(_is_whole(value) for value in values[name] if value))


def _is_whole(value: str) -> bool:
    return value.isascii() and value.isdigit() and (value == "0" or value[0] != "0")
