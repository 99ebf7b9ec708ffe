"""How the files of a library reach those who describe them (:mod:`pipeline.safety.workers`).

Workers of a cluster read the files themselves where they see the library under the same path: what the client sends is names and places.
Where they do not, or the library is a tar archive, which can be read from its beginning only, it sends the bytes.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.safety.unpack import Part, read_part
from pipeline.safety.workers import AHEAD, Workers, answer, submit
from pipeline.structures.matching.library import LINK, Member, Row, describe_batch, stamp_of

#: Files that a worker describes at a time: some 50 ms of work, long against the cost of sending them.
BATCH = 50
#: The same on a cluster once all its workers are busy: a batch costs the client a millisecond or two, whatever it holds.
LARGE_BATCH = 500

#: A file for a worker: its name and stamp, its place in a zip archive, and whether it is to be described.
Place = tuple[str, str, Part | None, bool]


@dataclass(frozen=True)
class Outcome:
    """What a worker that reads files itself gives back: rows, or that it does not see the files, or how the library is damaged."""

    rows: list[Row]
    is_blind: bool = False
    damage: str = ""


def describe_places(library: str, stamp: str | None, places: Sequence[Place]) -> Outcome:
    """Read some files of a library and describe them; the unit of work of a worker that sees it.

    ``stamp`` is that of an archive: a worker that finds another file under the path does not see the library.
    """
    try:
        found = list(_read(Path(library), stamp, places))
    except (OSError, _OtherFileError):
        return Outcome([], is_blind=True)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return Outcome([], damage=str(error))
    return Outcome(describe_batch(found))


class _OtherFileError(Exception):
    """The file is not the one that the client saw."""


def _read(library: Path, archive: str | None, places: Sequence[Place]) -> Iterator[tuple[str, str, bytes]]:
    if archive is None:
        for name, stamp, _, _ in places:
            if stamp == LINK:
                yield name, stamp, b""
                continue
            path = library / name
            if path.is_symlink() or stamp_of(path.stat()) != stamp:
                raise _OtherFileError
            yield name, stamp, path.read_bytes()
        return
    with library.open("rb") as handle:
        if stamp_of(library.stat()) != archive:
            raise _OtherFileError
        for name, stamp, part, is_wanted in places:
            data = b"" if part is None or part.is_folder or part.size > limits.LIBRARY_FILE() else read_part(handle, part)
            if is_wanted:
                yield name, stamp, data


def described(library: Path, wanted: Iterable[Member], by: Workers | None) -> Iterator[list[Row]]:
    """Describe files of a library batch by batch, in their order.

    Raises
    ------
    InputError
        When the archive is damaged; what was yielded before stands.
    """
    if by is None:
        yield from (describe_batch(_bytes(batch)) for batch in _batches(wanted, lambda: BATCH))
        return
    work = _Work(library, by)
    try:
        for batch in _batches(wanted, work.size):
            work.give(batch)
            if len(work.waiting) >= AHEAD * by.width():
                yield work.take()
        while work.waiting:
            yield work.take()
    finally:
        for future, _ in work.waiting:
            future.cancel()


class _Work:
    """Batches on their way to workers and back."""

    def __init__(self, library: Path, by: Workers) -> None:
        self.library, self.by = library.resolve(), by
        self.archive = None if library.is_dir() else stamp_of(library.stat())
        self.reading = by.reading
        self.waiting: deque[tuple[Future[Any], list[Member]]] = deque()
        self.given = 0

    def size(self) -> int:
        """Files of the next batch: few until every worker has some, then as many as keep the client idle."""
        return BATCH if not self.by.reading else min(max(BATCH, self.given // (AHEAD * self.by.width())), LARGE_BATCH)

    def give(self, batch: list[Member]) -> None:
        """Hand a batch to the workers."""
        self.given += len(batch)
        self.waiting.append((self._submitted(batch), batch))

    def take(self) -> list[Row]:
        """What came of the first batch."""
        future, batch = self.waiting.popleft()
        found = answer(future, self.by)
        if not isinstance(found, Outcome):
            return list(found)
        if found.damage:
            raise InputError(
                f"neither a zip nor a tar archive, or a damaged one: {found.damage}", file=self.library,
                cure="pack the files again as .zip or .tar.gz, without a password",
            )  # fmt: skip
        if found.is_blind:  # from now on the workers get bytes
            self.reading = False
            others = [later for _, later in self.waiting]
            for future, _ in self.waiting:
                future.cancel()
            self.waiting = deque((self._submitted(each), each) for each in (batch, *others))
            return self.take()
        return found.rows

    def _submitted(self, batch: list[Member]) -> Future[Any]:
        if self.reading and all(member.part or self.archive is None or member.stamp == LINK for member in batch):
            places = [(member.name, member.stamp, member.part, member.is_wanted) for member in batch]
            return submit(self.by, describe_places, str(self.library), self.archive, places)
        if not any(member.part for member in batch):
            return submit(self.by, describe_batch, _bytes(batch))
        read = _read(self.library, self.archive, [(member.name, member.stamp, member.part, member.is_wanted) for member in batch])
        return submit(self.by, describe_batch, list(read))


def _bytes(batch: Iterable[Member]) -> list[tuple[str, str, bytes]]:
    return [(member.name, member.stamp, member.read()) for member in batch]


def _batches(wanted: Iterable[Member], size: Callable[[], int]) -> Iterator[list[Member]]:
    batch: list[Member] = []
    for member in wanted:
        batch.append(member)
        if len(batch) >= size():
            yield batch
            batch = []
    if batch:
        yield batch
