"""Libraries of structure files: folders, zip and tar archives of CIFs, read and described file by file.

The work is one function of a batch of files, so that it runs the same in this process, in a pool of processes and on a cluster
(:mod:`pipeline.structures.matching.workers`). What it gives is what the index stores.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.safety.unpack import Part, entries, gunzipped, is_zip, parts

if TYPE_CHECKING:
    from pipeline.structures.matching.descriptor import Descriptor

#: Stamp of a member that is a link: it is told and not followed, in a folder as in an archive.
LINK = "link"
#: Bytes that one byte of an archive may unpack to before the rest counts as spare.
_PACKED = 20


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
    part
        Where it lies in a zip archive, where a worker is to read it; ``None`` for other libraries.
    is_wanted
        Whether it is to be described. A worker reads the others too, to know that the archive is not damaged.
    """

    name: str
    stamp: str
    read: Callable[[], bytes]
    part: Part | None = None
    is_wanted: bool = True


@dataclass(frozen=True, slots=True)
class Described:
    """What came of one data block of a file: a descriptor, or the reason why there is none."""

    name: str
    stamp: str
    block: str
    descriptor: Descriptor | None
    reason: str


def members(library: Path, *, for_workers: bool = False) -> Iterator[Member]:
    """Files of a library whose names end in ``.cif`` or ``.cif.gz``, folders within it included; a link is given and not followed.

    An archive is verified before its first member is given; a zip archive ``for_workers``, who verify what they read, is not.

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
        yield from _parts(library) if for_workers and _is_zip(library) else _archive(library)


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
    """Files of a folder in the order of their paths; hidden folders, and what is no file, are passed over."""
    waiting = [("", iter(_listed(library)))]
    while waiting:
        above, entries = waiting[-1]
        entry = next(entries, None)
        if entry is None:
            waiting.pop()
            continue
        name = above + entry.name
        if entry.is_symlink():
            if _wanted(f"{name}/any.cif" if entry.is_dir() else name):
                yield Member(name, LINK, bytes)
        elif entry.is_dir():
            if _wanted(f"{name}/any.cif"):
                waiting.append((f"{name}/", iter(_listed(entry.path))))
        elif _wanted(name) and entry.is_file():
            yield Member(name, stamp_of(entry.stat()), Path(entry.path).read_bytes)


def _listed(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(
            f"the folder cannot be listed: {error.strerror}", file=folder, cure="give yourself the right to read it"
        ) from error


def stamp_of(status: os.stat_result) -> str:
    """What changes when a file does: its size and the time of its last change."""
    return f"{status.st_size}-{status.st_mtime_ns}"


def _is_zip(library: Path) -> bool:
    with library.open("rb") as handle:
        return is_zip(handle)


def _parts(library: Path) -> Iterator[Member]:
    """Members of a zip archive as its directory lists them, those that are not wanted too."""
    with library.open("rb") as handle:
        found = parts(handle, library, limits.LIBRARY_BYTES, limits.LIBRARY_MEMBERS)
    spare = _spare(library)
    for part in found:
        name, wanted = part.name.removeprefix("./"), not part.is_folder and _wanted(part.name)
        if wanted:
            spare.add(part.size)
        if wanted and part.is_link:
            yield Member(name, LINK, bytes)
        else:
            yield Member(name, part.stamp, bytes, part, wanted)


def _archive(library: Path) -> Iterator[Member]:
    """Members of an archive, verified before the first is given away; those of a zip in the order of their names."""
    spare = _spare(library)
    with library.open("rb") as handle:
        for entry in entries(handle, library, limits.LIBRARY_BYTES, limits.LIBRARY_MEMBERS):
            if entry.is_link and _wanted(entry.name):
                yield Member(entry.name.removeprefix("./"), LINK, bytes)
            elif not entry.is_folder and _wanted(entry.name):
                spare.add(entry.size)
                data = b"" if entry.size > limits.LIBRARY_FILE() else entry.read()
                stamp = entry.stamp if "-" in entry.stamp else f"{entry.stamp}-{zlib.crc32(data):08x}"
                yield Member(entry.name.removeprefix("./"), stamp, partial(bytes, data))


def _spare(library: Path) -> limits.Spare:
    return limits.Spare(limits.LIBRARY_SPARE, library, library.stat().st_size, _PACKED)


def text_of(name: str, data: bytes) -> str:
    """Text of a file: UTF-8 or, as older databases write, Latin-1; unpacked where it ends in ``.gz``."""
    if name.lower().endswith(".gz"):
        spare = limits.Spare(limits.LIBRARY_SPARE, name, len(data), _PACKED)
        data = gunzipped(data, name, limits.LIBRARY_FILE)
        spare.add(len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


#: A data block as the index stores it: file, block, stamp, system, space group, packed descriptor, why there is none, checksum.
Row = tuple[str, str, str, str | None, int | None, bytes | None, str, int]


def describe_batch(batch: Sequence[tuple[str, str, bytes]]) -> list[Row]:
    """Describe some files: (name, stamp, bytes) each. The unit of work of a worker; it raises for no file."""
    return [row_of(each) for name, stamp, data in batch for each in _describe(name, stamp, data)]


def row_of(each: Described) -> Row:
    """What came of a data block, as the index stores it."""
    found = each.descriptor
    packed = (None, None, None) if found is None else (" ".join(found.system), found.spacegroup, found.packed().astype("<f8").tobytes())
    row = (each.name, each.block, each.stamp, *packed, each.reason)
    return *row, checksum(*row)


def checksum(*values: object, start: int = 0) -> int:
    """Checksum of some values, behind those of which ``start`` is the checksum."""
    found = start
    for value in values:
        found = zlib.crc32(value if isinstance(value, bytes) else f"{value}\0".encode("utf-8", "replace"), found)
    return found


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
