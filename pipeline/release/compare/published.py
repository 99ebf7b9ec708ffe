"""A release as others have it: the built folder, a pinned source distribution, or a tag of the repository.

Two layouts are known: that of ``curated/``, and that of the source distributions (``raw.xlsx``, with copies under ``downloads/``).
Nothing but tables and structures is read out of a source distribution.
"""

from __future__ import annotations

import csv
import io
import math
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.release.compare.written import written
from schemas import columns as col

#: A table by ID: each row by column. Blanks are ``None``; numbers of a sheet are numbers, all else is text.
Table = Mapping[str, Mapping[str, Any]]
CURATED = "curated"
_DATA = "data/"
_WANTED = re.compile(r"(raw\.xlsx|processed\.csv|(train|test)_idx\.csv|downloads/[^/]+\.(csv|xlsx)|randomized_cifs/[^/]+\.cif)")
SIDES = ("train", "test")


@dataclass(frozen=True)
class Layout:
    """Where the files of a release lie: the table that all else follows, the folder of structures, copies of the table."""

    table: str
    structures: str
    copies: str

    def copy(self, side: str, ending: str) -> str:
        """Path of the copy that holds one side (``all``, ``train``, ``test``)."""
        return f"{self.copies}{side}.{ending}"


#: The table of a source distribution.
SOURCE_TABLE = "raw.xlsx"
LAYOUTS = (
    Layout("all.csv", "all_randomized_cifs/", ""),
    Layout("all.xlsx", "all_randomized_cifs/", ""),
    Layout(SOURCE_TABLE, "randomized_cifs/", "downloads/"),
)


@dataclass(frozen=True)
class Published:
    """A release to compare.

    Attributes
    ----------
    name
        As the user named it.
    contents
        Bytes of every file by its path inside the release.
    """

    name: str
    contents: Mapping[str, bytes] = field(repr=False)

    @cached_property
    def layout(self) -> Layout:
        """Which layout the files have."""
        for layout in LAYOUTS:
            if layout.table in self.contents:
                return layout
        raise InputError(
            f"this is no release: it holds neither {' nor '.join(layout.table for layout in LAYOUTS)}",
            file=self.name,
            cure="name a folder that 'build' wrote, a pinned version such as 1.2.0, or a release tag such as v1.3.0",
        )

    @cached_property
    def table(self) -> Table:
        """The entries."""
        return self.read(self.layout.table)

    @cached_property
    def columns(self) -> list[str]:
        """Columns of the entries, in order."""
        return self.header(self.layout.table)

    def header(self, path: str) -> list[str]:
        """Columns of a table."""
        return self.rows(path)[0]

    def read(self, path: str) -> Table:
        """A table by ID."""
        head, rows = self.rows(path)
        if col.ID not in head:
            raise InputError(f"there is no column {col.ID}", file=f"{self.name}:{path}", row=1, cure="this is not a table of the release")
        place = head.index(col.ID)
        table: dict[str, dict[str, Any]] = {}
        for number, row in enumerate(rows, start=2):
            name = str(row[place] or "")
            if not name:
                continue
            if name in table:
                raise InputError(
                    "the ID stands twice", file=f"{self.name}:{path}", row=number, column=col.ID, value=name, cure="give each row its own"
                )
            table[name] = {column: value for column, value in zip(head, row, strict=False) if column}
        return table

    def ids(self, side: str) -> list[str]:
        """IDs of one side of the split; empty when the release has none."""
        return self._sides[side]

    @cached_property
    def _sides(self) -> dict[str, list[str]]:
        return {side: list(self.read(path)) if (path := f"{side}_idx.csv") in self.contents else [] for side in SIDES}

    @cached_property
    def split(self) -> dict[str, str]:
        """Side of each entry, ``train`` or ``test``; ``both`` when it stands on both."""
        sides: dict[str, str] = {}
        for side in SIDES:
            for name in self.ids(side):
                sides[name] = "both" if name in sides else side
        return sides

    @cached_property
    def structures(self) -> dict[str, str]:
        """Text of each structure file by ID."""
        folder = self.layout.structures
        return {
            path[len(folder) : -len(".cif")]: data.decode("utf-8", "replace")
            for path, data in sorted(self.contents.items())
            if path.startswith(folder) and path.endswith(".cif") and "/" not in path[len(folder) :]
        }

    def rows(self, path: str) -> tuple[list[str], list[list[Any]]]:
        """Columns and rows of a table, blank rows left out."""
        key = path, self.contents[path]
        if key not in self._tables:
            self._tables[key] = _rows(key[1], path, self.name)
        return self._tables[key]

    @cached_property
    def _tables(self) -> dict[tuple[str, bytes], tuple[list[str], list[list[Any]]]]:
        return {}

    def share(self, other: Published) -> None:
        """Let a table that two releases have byte for byte be read once, and kept once."""
        vars(self)["_tables"] = {**self._tables, **other._tables}
        vars(other)["_tables"] = self._tables


def _rows(data: bytes, path: str, name: str) -> tuple[list[str], list[list[Any]]]:
    try:
        rows = _sheet(data) if path.endswith(".xlsx") else _lines(data)
    except (UnicodeDecodeError, csv.Error, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InputError(f"the table cannot be read: {error}", file=f"{name}:{path}", cure="build or fetch the release again") from error
    if not rows:
        raise InputError("the table is empty", file=f"{name}:{path}", cure="build or fetch the release again")
    return [str(label or "").strip() for label in rows[0]], rows[1:]


def _lines(data: bytes) -> list[list[str | None]]:
    return [[value or None for value in row] for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) if any(row)]


def _sheet(data: bytes) -> list[list[Any]]:
    rows = written(data)
    if rows is None:
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
    rows = [[blank(value) for value in row] for row in rows]
    return [row for row in rows if any(value is not None for value in row)]


def blank(value: Any) -> Any:
    """``None`` for every way to leave a cell blank, else the value."""
    if value is None or (isinstance(value, str) and not value) or (isinstance(value, float) and math.isnan(value)):
        return None
    return value


def published(name: str, raw: Path) -> Published:
    """The release of this name: a folder, a pinned version, or a tag.

    Raises
    ------
    InputError
        When there is no such release, or it cannot be read.
    """
    folder = Path(name)
    if name and folder.is_dir():
        return from_folder(folder, name)
    if pin := _pinned(name, raw):
        return pin
    return from_tag(name, raw.absolute().parent)


def from_folder(folder: Path, name: str) -> Published:
    """A release folder; hidden files are not part of it. A checkout is understood as its ``curated/``."""
    if not any((folder / layout.table).is_file() for layout in LAYOUTS) and (folder / CURATED).is_dir():
        folder = folder / CURATED
    present = next((layout for layout in LAYOUTS if (folder / layout.table).is_file()), None)
    if present is None:
        return Published(name, {})
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    paths = {path.relative_to(folder).as_posix(): path for path in files}
    if present.table == SOURCE_TABLE:
        paths = {inner: path for inner, path in paths.items() if _WANTED.fullmatch(inner)}
    return Published(name, {inner: path.read_bytes() for inner, path in paths.items()})


def _pinned(name: str, raw: Path) -> Published | None:
    from pipeline import sources

    if not (raw / sources.PINS).is_file():
        return None
    pins = sources.pins(raw)
    if name not in pins:
        return None
    archive = sources.open_archive(pins[name], raw)
    contents: dict[str, bytes] = {}
    with tarfile.open(archive.path, mode="r:gz") as members:
        for member in members:
            inner = member.name.partition("/")[2]
            if member.isfile() and inner.startswith(_DATA) and _WANTED.fullmatch(inner.removeprefix(_DATA)):
                handle = members.extractfile(member)
                contents[inner.removeprefix(_DATA)] = handle.read() if handle else b""
    return Published(name, contents)


def from_tag(name: str, checkout: Path) -> Published:
    """The data of a tag: of the tag itself, of ``v`` and the name, or of the data tag that belongs to either."""
    for tag in dict.fromkeys((name, f"v{name}", f"{name}-data", f"v{name}-data")):
        contents = _of_commit(tag, checkout)
        if contents:
            return Published(name, contents)
    raise InputError(
        "there is no such release: neither a folder, nor a pinned version, nor a tag that holds data",
        value=name,
        cure="'obelix-curate diff 1.1.1 1.2.0' compares pins, 'git tag' lists the tags, and a folder is one that 'build' wrote",
    )


def _of_commit(revision: str, checkout: Path) -> dict[str, bytes]:
    if revision.startswith("-"):
        return {}
    command = ["git", "-C", str(checkout), "archive", "--format=tar", f"{revision}^{{commit}}", CURATED]
    try:
        ran = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return {}
    if ran.returncode != 0:
        return {}
    contents: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(ran.stdout)) as members:
        for member in members:
            handle = members.extractfile(member) if member.isfile() else None
            if handle is not None and not Path(member.name).name.startswith("."):
                contents[member.name.removeprefix(f"{CURATED}/")] = handle.read()
    return contents
