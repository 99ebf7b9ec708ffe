"""Libraries of structure files: folders, zip and tar archives of CIFs, read and described file by file.

The work is one function of a batch of texts, so that it runs the same in this process, in a pool of processes, and on a Dask
cluster whose workers need not see the files. Results come back in the order of the files, whoever is faster, and only a few
batches wait at a time.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.safety.processes import pool
from pipeline.safety.unpack import entries, gunzipped

if TYPE_CHECKING:
    from pipeline.structures.matching.descriptor import Descriptor

#: Files that a worker describes at a time: some 50 ms of work, long against the cost of sending them.
BATCH = 50
#: Batches under way for each worker.
AHEAD = 4
#: Stamp of a member that is a link: it is told and not followed, in a folder as in an archive.
LINK = "link"
#: Seconds that a scheduler may take to answer.
PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a library.

    Attributes
    ----------
    name
        Path inside the library, with forward slashes.
    stamp
        Changes when the file does: size with checksum in an archive, size with time of change in a folder; :data:`LINK` for a link.
    read
        Gives the bytes.
    """

    name: str
    stamp: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Described:
    """What came of one data block of a file: a descriptor, or the reason why there is none."""

    name: str
    stamp: str
    block: str
    descriptor: Descriptor | None
    reason: str


def members(library: Path) -> Iterator[Member]:
    """Files of a library whose names end in ``.cif`` or ``.cif.gz``, folders within it included; a link is given and not followed.

    Raises
    ------
    InputError
        When there is no such library, or it is neither a folder nor a zip or tar archive, or a damaged one.
    """
    if library.is_dir():
        yield from _folder(library)
    elif not library.exists():
        raise InputError(
            "there is no such library", file=library, cure="name a folder, a zip or a tar archive of CIF files, or an index of them"
        )
    elif not library.is_file():
        raise InputError("this is a pipe or a device, not a library", file=library, cure="save it as a file first")
    else:
        yield from _archive(library)


def count(library: Path) -> int | None:
    """Number of files, where it is known without reading the library through."""
    if library.is_dir():
        return sum(1 for _ in _folder(library))
    return None


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    return name.lower().endswith((".cif", ".cif.gz")) and not hidden


def _folder(library: Path) -> Iterator[Member]:
    for path in sorted(library.rglob("*")):
        name = path.relative_to(library).as_posix()
        if path.is_symlink():
            if _wanted(f"{name}/any.cif" if path.is_dir() else name):
                yield Member(name, LINK, bytes)
        elif _wanted(name) and path.is_file():
            status = path.stat()
            yield Member(name, f"{status.st_size}-{status.st_mtime_ns}", path.read_bytes)


def _archive(library: Path) -> Iterator[Member]:
    """Members of an archive, verified before the first is given away; those of a zip in the order of their names."""
    with library.open("rb") as handle:
        for entry in entries(handle, library, limits.LIBRARY_BYTES, limits.LIBRARY_MEMBERS):
            if entry.is_link and _wanted(entry.name):
                yield Member(entry.name.removeprefix("./"), LINK, bytes)
            elif not entry.is_folder and _wanted(entry.name):
                data = b"" if entry.size > limits.LIBRARY_FILE() else entry.read()
                stamp = entry.stamp if "-" in entry.stamp else f"{entry.stamp}-{zlib.crc32(data):08x}"
                yield Member(entry.name.removeprefix("./"), stamp, partial(bytes, data))


def text_of(name: str, data: bytes) -> str:
    """Text of a file: UTF-8 or, as older databases write, Latin-1; unpacked where it ends in ``.gz``."""
    if name.lower().endswith(".gz"):
        data = gunzipped(data, name, limits.LIBRARY_FILE)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def describe_batch(batch: Sequence[tuple[str, str, bytes]]) -> list[Described]:
    """Describe some files: (name, stamp, bytes) each. The unit of work of a worker; it raises for no file."""
    return [each for name, stamp, data in batch for each in _describe(name, stamp, data)]


def _describe(name: str, stamp: str, data: bytes) -> Iterator[Described]:
    from pipeline.structures.cif import CifError, read
    from pipeline.structures.matching.descriptor import describe

    if stamp == LINK:
        yield Described(name, stamp, "", None, f"{name} is a link, which is not followed: put the file itself in its place")
        return
    try:
        text = text_of(name, data)
    except (OSError, EOFError, zlib.error, InputError) as error:
        yield Described(name, stamp, "", None, f"cannot be unpacked: {error}")
        return
    for block, part in _blocks(text):
        try:
            descriptor = describe(read(part, name))
        except CifError as error:
            yield Described(name, stamp, block, None, str(error))
        except Exception as error:  # a library of a hundred thousand files must not end at the one that no reader foresaw
            yield Described(name, stamp, block, None, f"{type(error).__name__}: {error}")
        else:
            yield Described(name, stamp, block, descriptor, "" if descriptor else "its operations generate no space group")


def _blocks(text: str) -> list[tuple[str, str]]:
    """Name and text of each data block that lists atoms, where a file holds several; else the whole text under no name."""
    if text.lower().count("data_") < 2:
        return [("", text)]
    import gemmi

    try:
        document = gemmi.cif.read_string(text)
    except (ValueError, RuntimeError):
        return [("", text)]
    structures = [block for block in document if block.find_values("_atom_site_fract_x")]
    if len(structures) < 2:
        return [("", text)]
    return [(block.name, block.as_string()) for block in structures]


@contextmanager
def workers(jobs: int, scheduler: str | None = None) -> Iterator[Executor | None]:
    """Something to hand batches to: a pool of ``jobs`` processes, a Dask cluster, or nothing when the work is done here.

    Raises
    ------
    InputError
        When the extra ``cluster`` is not installed, or no scheduler answers.
    """
    if scheduler is not None:
        with _cluster(scheduler) as cluster:
            yield cluster
    elif jobs > 1:
        with pool(jobs) as executor:
            yield executor
    else:
        yield None


@contextmanager
def _cluster(scheduler: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError("a Dask cluster needs the extra 'cluster'", cure="pip install 'obelix-curate[cluster]'") from None
    connect: Any = Client
    try:
        client = connect(scheduler, timeout=f"{PATIENCE}s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers: {error}", value=scheduler, cure="start one with 'dask scheduler' and name its address"
        ) from error
    try:
        # a batch whose worker dies goes to another one; one that kills three workers is given up
        yield client.get_executor(retries=3)
    finally:
        client.close()


def described(files: Iterable[Member], executor: Executor | None, width: int = 1) -> Iterator[list[Described]]:
    """Describe files batch by batch, in their order.

    Raises
    ------
    InputError
        When workers die and the work cannot go on; what was yielded before stands.
    """
    batches = _batches(files)
    if executor is None:
        yield from map(describe_batch, batches)
        return
    waiting: deque[Any] = deque()
    try:
        for batch in batches:
            waiting.append(executor.submit(describe_batch, batch))
            if len(waiting) >= AHEAD * width:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise InputError(
            "a worker process died", cure="run the command again, it goes on where it stopped; with fewer --jobs it needs less memory"
        ) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("distributed", "concurrent", "asyncio"):
            raise
        raise InputError(
            f"the cluster gave the work up: {error}", cure="see to its workers and run the command again, it goes on where it stopped"
        ) from error
    finally:
        for future in waiting:
            future.cancel()


def _batches(files: Iterable[Member]) -> Iterator[list[tuple[str, str, bytes]]]:
    batch: list[tuple[str, str, bytes]] = []
    for member in files:
        batch.append((member.name, member.stamp, member.read()))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
