"""An index of structure libraries: one SQLite file of descriptors, made once, brought up to date by running again.

SQLite, since an index is written in pieces and must outlive a run that is killed, and since it comes with Python; a Parquet file
would have to be written whole, by a package that the program needs for nothing else. For matching, descriptors of one chemical
system and space group lie packed side by side in one value that numpy reads as it stands: a million in a tenth of a second.

The index is written as ``FILE.partial`` and takes the name ``FILE`` when it is complete; what a stopped run has described stays
in the partial file and is not described again.

Each row carries a CRC, since SQLite notices damage of its own pages only: a bit that flipped is an error and never another cell. The
number of a row and that of its library are under it too, else a structure would bear the name of another file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import numpy as np

from pipeline import __version__
from pipeline.errors import InputError
from pipeline.safety.workers import Workers, workers
from pipeline.structures.matching.descriptor import Block, Descriptors, joined
from pipeline.structures.matching.library import Member, Row, checksum, count, members
from pipeline.structures.matching.workers import described

#: An index of another format, or of another version of the program (whose descriptors may be others), is made anew.
FORMAT = f"3 {__version__}"
MAGIC = b"SQLite format 3\0"
#: The program's mark in the header of the file ("OBLX").
APPLICATION = 0x4F424C58
_MARK = APPLICATION.to_bytes(4, "big")
#: The header up to and with the application's mark.
_HEAD = 72

_TABLES = """
CREATE TABLE IF NOT EXISTS library (id INTEGER PRIMARY KEY, place TEXT UNIQUE NOT NULL, label TEXT NOT NULL, archive TEXT, crc INTEGER);
CREATE TABLE IF NOT EXISTS file (
    id INTEGER PRIMARY KEY, library INTEGER NOT NULL, member TEXT NOT NULL, block TEXT NOT NULL, stamp TEXT NOT NULL,
    system TEXT, spacegroup INTEGER, data BLOB, reason TEXT NOT NULL, crc INTEGER NOT NULL, UNIQUE (library, member, block));
CREATE TABLE IF NOT EXISTS packed (system TEXT, spacegroup INTEGER, ids BLOB, data BLOB, crc INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT);
"""
#: What a worker gives of a data block (:data:`Row`), less its checksum.
_ROW = "member, block, stamp, system, spacegroup, data, reason"


@dataclass
class Tally:
    """What a run did: files described now, files found as they were, files that cannot be read, files that are gone."""

    new: int = 0
    unchanged: int = 0
    gone: int = 0
    unreadable: int = 0
    structures: int = 0
    reasons: list[str] = field(default_factory=list)


def index(libraries: Sequence[Path], output: Path, *, jobs: int = 1, scheduler: str | None = None) -> Tally:
    """Describe the structures of libraries into an index file; files that did not change since the last run are left alone.

    Parameters
    ----------
    libraries
        Folders, zip or tar archives of CIFs. Libraries that the index knows from earlier runs stay in it.
    output
        The index file.
    jobs
        Processes.
    scheduler
        Address of a Dask scheduler, in place of processes.

    Raises
    ------
    InputError
        When a library cannot be read, the index is damaged or cannot be written, or the workers are lost. What was described is kept.
    """
    output = _place(output, libraries)
    partial = output.with_name(f"{output.name}.partial")
    _require_own(partial)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        is_left = partial.exists()
        if not is_left and output.exists():
            with closing(_reading(output)) as connection:
                _require_sound(connection, output)
            handle, copy = tempfile.mkstemp(prefix=f".{partial.name}.", dir=partial.parent)
            os.close(handle)
            try:
                shutil.copyfile(output, copy)
                shutil.copymode(output, copy)
                Path(copy).replace(partial)
            finally:
                Path(copy).unlink(missing_ok=True)
        with closing(_opened(partial)) as connection:
            if is_left:
                _require_sound(connection, partial)
            tally = _update(connection, libraries, jobs, scheduler)
        partial.replace(output)
    except (sqlite3.DatabaseError, UnicodeError) as error:
        raise InputError(f"the index cannot be written: {error}", file=partial, cure=_cure(error)) from error
    return tally


def _cure(error: Exception) -> str:
    """What helps against an error of writing; the low byte of SQLite's code is its kind."""
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return "mend the permissions of its folder, or name a file elsewhere with --output"
    if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return "make room there, or name a file elsewhere with --output"
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another run is writing it: wait for it, and run again"
    return "delete the file and run again"


def _place(output: Path, libraries: Sequence[Path]) -> Path:
    """The place of the index, links followed; raises unless nothing lies there, or an index of this program that is no library."""
    place = Path(os.path.realpath(output))
    if any(library.exists() and place.exists() and library.samefile(place) for library in libraries):
        raise InputError("this is a library to be described", file=output, cure="name another file with --output")
    _require_own(place)
    if place.exists() and place.stat().st_size:
        _known(place)
    return place


def _require_own(path: Path) -> None:
    """Raise when something lies at ``path`` that this program did not make: only its own index is brought up to date."""
    if not os.path.lexists(path):
        return
    is_own = path.is_file() and not path.is_symlink()
    if is_own and path.stat().st_size:
        with path.open("rb") as handle:
            head = handle.read(_HEAD)
        is_own = head.startswith(MAGIC) and head.endswith(_MARK)
    if not is_own:
        raise InputError("not an index of structures", file=path, cure="name another file with --output, or move this one elsewhere")


def _update(connection: sqlite3.Connection, libraries: Sequence[Path], jobs: int, scheduler: str | None) -> Tally:
    tally = Tally()
    with workers(jobs, scheduler, kept=", it goes on where it stopped") as executor:
        for library in dict.fromkeys(libraries):
            _add(connection, library, tally, executor)
    with connection:
        _pack(connection)
    tally.structures, tally.unreadable = connection.execute("SELECT count(data), count(*) - count(data) FROM file").fetchone()
    tally.reasons = [
        reason for (reason,) in connection.execute("SELECT reason FROM file WHERE data IS NULL ORDER BY library, member, block")
    ]
    return tally


def in_memory(libraries: Sequence[Path], jobs: int = 1) -> Descriptors:
    """Descriptors of libraries that have no index, made on the spot."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(_TABLES)
    _update(connection, libraries, jobs, None)
    return _descriptors(connection)


def is_index(path: Path) -> bool:
    """Whether a file is an SQLite database."""
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.read(len(MAGIC)) == MAGIC


def load(path: Path) -> Descriptors:
    """Descriptors of an index file.

    Raises
    ------
    InputError
        When it is none of ours, or of another format.
    """
    _known(path)
    try:
        return _descriptors(_reading(path), path)
    except _UNREADABLE as error:
        raise _damaged(path, error) from None


class _DamageError(Exception):
    """A value is not what was written."""


_UNREADABLE = (sqlite3.DatabaseError, _DamageError, ValueError, TypeError, AttributeError, KeyError, OverflowError)


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"the index is damaged: {error}", file=path, cure="delete it and make it again with 'obelix-curate index'")


def _reading(path: Path) -> sqlite3.Connection:
    """An index opened for reading; what would end a path in an address of SQLite is escaped."""
    return sqlite3.connect(f"file:{quote(path.absolute().as_posix())}?mode=ro", uri=True)


def _require_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Raise unless every row is what was written: an index that is brought up to date is read whole."""
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise _DamageError(found)
        _labels(connection)
        for _ in _checked(connection):
            pass
    except _UNREADABLE as error:
        raise _damaged(path, error) from None


def _labels(connection: sqlite3.Connection) -> dict[int, str]:
    """What the libraries are called, by number."""
    labels = {}
    for number, place, label, crc in connection.execute("SELECT id, place, label, crc FROM library"):
        if checksum(number, place, label) != crc:
            raise _DamageError(f"the library {label} has changed")
        labels[number] = label
    return labels


def _checked(connection: sqlite3.Connection, where: str = "", values: Sequence[int] = ()) -> Iterator[tuple[int, int, str, str]]:
    """Number, library, file and block of rows, each held against its checksum."""
    for *row, crc, library, number in connection.execute(f"SELECT {_ROW}, crc, library, id FROM file {where}", values):
        if _sealed(number, library, checksum(*row)) != crc:
            raise _DamageError(f"the description of {row[0]} has changed")
        yield number, library, row[0], row[1]


def _sealed(number: int, library: int, crc: int) -> int:
    """Checksum of a row from that of its values: a row that gets the number of another one is damaged."""
    return checksum(f"{library} {number}", start=crc)


def _known(path: Path) -> None:
    """Raise unless the file is a complete index of this format."""
    try:
        with closing(_reading(path)) as connection:
            mark = connection.execute("PRAGMA application_id").fetchone()[0]
            kind = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() if mark == APPLICATION else None
    except _UNREADABLE as error:
        raise InputError(
            f"not an index of structures, or a damaged one: {error}", file=path, cure="make it again with 'obelix-curate index'"
        ) from error
    if mark != APPLICATION:
        raise InputError("not an index of structures", file=path, cure="make one with 'obelix-curate index', or name another --output")
    if kind is None or kind[0] != FORMAT:
        raise InputError(
            "an index of another version of this program", file=path, cure="delete it and make it again with 'obelix-curate index'"
        )


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=1)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.executescript(_TABLES)
    known = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    if known is not None and known[0] != FORMAT:
        connection.close()
        raise InputError("a half-made index of another version of this program", file=path, cure="delete it and run again")
    with connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('format', ?)", (FORMAT,))
    return connection


def _add(connection: sqlite3.Connection, library: Path, tally: Tally, by: Workers | None) -> None:
    """Bring one library up to date."""
    place = str(library.resolve())
    stamp = None if library.is_dir() or not library.exists() else f"{library.stat().st_size}-{library.stat().st_mtime_ns}"
    with connection:
        connection.execute("INSERT OR IGNORE INTO library (place, label) VALUES (?, ?)", (place, library.as_posix()))
        label = library.as_posix()
        number, before = connection.execute("SELECT id, archive FROM library WHERE place = ?", (place,)).fetchone()
        connection.execute("UPDATE library SET label = ?, crc = ? WHERE id = ?", (label, checksum(number, place, label), number))
    known = dict(connection.execute("SELECT DISTINCT member, stamp FROM file WHERE library = ?", (number,)))
    if stamp is not None and stamp == before:
        tally.unchanged += len(known)
        return
    seen: set[str] = set()

    def changed() -> Iterator[Member]:
        for member in _progress(library, for_workers=by is not None and by.reading):
            if not member.is_wanted:
                yield member
                continue
            seen.add(member.name)
            if known.get(member.name) == member.stamp:
                tally.unchanged += 1
            else:
                tally.new += 1
                yield member

    for batch in described(library, changed(), by):
        with connection:
            _store(connection, number, batch, known)
    gone = sorted(set(known) - seen)
    tally.gone += len(gone)
    with connection:
        connection.executemany("DELETE FROM file WHERE library = ? AND member = ?", [(number, member) for member in gone])
        connection.execute("UPDATE library SET archive = ? WHERE id = ?", (stamp, number))


def _progress(library: Path, *, for_workers: bool) -> Iterable[Member]:
    """The files of a library, behind a bar when the errors go to a terminal."""
    if not sys.stderr.isatty():
        return members(library, for_workers=for_workers)
    from tqdm import tqdm

    bar: Iterable[Member] = tqdm(
        members(library, for_workers=for_workers), total=count(library), desc=library.name, unit=" files", leave=False
    )
    return bar


def _store(connection: sqlite3.Connection, library: int, batch: Sequence[Row], known: Collection[str] = ()) -> None:
    """Keep what came of some files; of those that are ``known`` already, what came of them before goes."""
    connection.executemany(
        "DELETE FROM file WHERE library = ? AND member = ?", sorted({(library, row[0]) for row in batch if row[0] in known})
    )
    last = connection.execute("SELECT coalesce(max(id), 0) FROM file").fetchone()[0]
    connection.executemany(
        f"INSERT OR REPLACE INTO file ({_ROW}, crc, library, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((*row, _sealed(number, library, crc), library, number) for number, (*row, crc) in enumerate(batch, last + 1)),
    )


def _pack(connection: sqlite3.Connection) -> None:
    """Lay descriptors of one system and group side by side, in the order of their names."""
    connection.execute("DELETE FROM packed")
    rows = connection.execute(
        "SELECT system, spacegroup, file.id, data FROM file JOIN library ON library.id = library "
        "WHERE data IS NOT NULL ORDER BY system, spacegroup, label, member, block"
    )
    writer = connection.cursor()
    for key, group in groupby(rows, key=lambda row: row[:2]):
        found = list(group)
        ids = np.array([row[2] for row in found], dtype="<i8").tobytes()
        data = b"".join(row[3] for row in found)
        writer.execute("INSERT INTO packed VALUES (?, ?, ?, ?, ?)", (*key, ids, data, checksum(*key, ids, data)))


def _descriptors(connection: sqlite3.Connection, path: Path | None = None) -> Descriptors:
    packed = []
    for system, spacegroup, ids, data, crc in connection.execute("SELECT * FROM packed ORDER BY rowid"):
        if checksum(system, spacegroup, ids, data) != crc:
            raise _DamageError(f"the structures of {system} in space group {spacegroup} have changed")
        numbers = np.frombuffer(ids, dtype="<i8")
        packed.append(Block(tuple(system.split()), spacegroup, numbers, np.frombuffer(data, dtype="<f8").reshape(len(numbers), -1)))

    count, total = connection.execute("SELECT count(*), coalesce(sum(length(ids)), 0) FROM packed").fetchone()
    described = connection.execute("SELECT count(data) FROM file").fetchone()[0]
    if count != len(packed) or total != 8 * described:
        raise _DamageError(f"{described} structures are described, {total // 8} are packed")

    def names(ids: Sequence[int]) -> list[str]:
        try:
            return looked_up(ids)
        except _UNREADABLE as error:
            raise _damaged(path or Path("index"), error) from None

    def looked_up(ids: Sequence[int]) -> list[str]:
        wanted = sorted(set(ids))
        found: dict[int, str] = {}
        labels = _labels(connection)
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            for number, library, member, block in _checked(connection, f"WHERE id IN ({marks})", part):
                found[number] = f"{labels[library]}/{member}{'#' if block else ''}{block}"
        return [found[number] for number in ids]

    return Descriptors(packed, names)


def opened(libraries: Sequence[Path], jobs: int = 1) -> Descriptors:
    """Descriptors of libraries: index files are loaded, everything else is described on the spot."""
    indexes = [path for path in libraries if is_index(path)]
    plain = [path for path in libraries if not is_index(path)]
    return joined([load(path) for path in indexes] + ([in_memory(plain, jobs)] if plain else []))
