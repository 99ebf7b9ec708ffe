"""Structure files of a folder, a zip or a tar archive, opened safely.

An archive comes from somebody else: nothing of it is written to disk, links and devices are refused, names lead nowhere
(only the last part of a path is used), and sizes are counted while unpacking, not believed.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import InputError
from pipeline.folders import plain_files

#: The largest published structure file has 90 kB; ten thousand rows are the limit of a table.
MAX_FILE = 5_000_000
MAX_TOTAL = 200_000_000
MAX_FILES = 10_000
#: Members of any kind, counted because each costs time even when it is passed over.
MAX_MEMBERS = 50_000
#: What the standard library raises for damaged archives; RuntimeError is an encrypted zip.
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError, OverflowError)
_CURE = "pack only the CIFs, one for each row, named <ID>.cif"


@dataclass(frozen=True)
class Bundle:
    """Structure files by the name before ``.cif``, and the names of files that were passed over."""

    structures: dict[str, str]
    ignored: tuple[str, ...] = ()


def bundle(path: Path) -> Bundle:
    """The structure files of a folder, of a single ``.cif``, or of a zip or tar archive (plain, gzip, bzip2 or xz).

    Raises
    ------
    InputError
        When there is no such file, it is neither, it is damaged, holds a link or a path that leads outside, two files have the same
        name, or it is larger than any contribution.
    """
    if path.is_dir():
        return _collect(_folder(path), str(path))
    if not path.exists():
        raise InputError("there is no such file or folder", file=path, cure="give a folder with the CIFs, or a zip or tar archive of it")
    if path.suffix.lower() == ".cif":
        return _collect(iter([(path.name, _limited(path.read_bytes(), path.name, str(path)))]), str(path))
    return archive(path.read_bytes(), str(path))


def archive(data: bytes, file: str) -> Bundle:
    """The structure files of an archive's bytes; see :func:`bundle`."""
    if len(data) > MAX_TOTAL:
        raise _too_large(file)
    try:
        if data.startswith(b"PK"):
            return _collect(_zip(data, file), file)
        return _collect(_tar(data, file), file)
    except _DAMAGE as error:
        cure = "pack the CIFs again as .zip or .tar.gz, without a password"
        raise InputError(f"the archive cannot be read: {error}", file=file, cure=cure) from None


def _folder(path: Path) -> Iterator[tuple[str, bytes]]:
    for child in plain_files(path):
        if child.suffix.lower() != ".cif":
            yield child.name, b""
            continue
        if child.stat().st_size > MAX_FILE:
            raise _too_large(f"{path}/{child.name}")
        yield child.name, child.read_bytes()


def _zip(data: bytes, file: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        members = packed.infolist()
        if len(members) > MAX_MEMBERS:
            raise _too_large(file)
        for member in members:
            name = _name(member.filename, file)
            if member.is_dir():
                continue
            if (member.external_attr >> 16) & 0o170000 == 0o120000:
                raise InputError(f"{member.filename!r} is a link", file=file, cure=_CURE)
            if not name.lower().endswith(".cif"):
                yield name, b""
                continue
            with packed.open(member) as handle:
                yield name, _limited(handle.read(MAX_FILE + 1), name, file)


def _tar(data: bytes, file: str) -> Iterator[tuple[str, bytes]]:
    # A stream is unpacked once, front to back; its length is counted, so that a bomb ends at the limit.
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|*") as packed:
        unpacked = 0
        for count, member in enumerate(packed):
            unpacked += max(member.size, 0)
            if count > MAX_MEMBERS or unpacked > MAX_TOTAL:
                raise _too_large(file)
            name = _name(member.name, file)
            if member.isdir():
                continue
            if not member.isfile():
                raise InputError(f"{member.name!r} is a link or a device", file=file, cure=_CURE)
            if not name.lower().endswith(".cif"):
                yield name, b""
                continue
            if member.size > MAX_FILE:
                raise _too_large(f"{file}:{name}")
            handle = packed.extractfile(member)
            yield name, _limited(handle.read(MAX_FILE + 1) if handle else b"", name, file)


def _name(path: str, file: str) -> str:
    """Last part of a member's path. A path that leads outside is refused, although nothing would be written there."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if path.startswith(("/", "\\")) or ".." in parts or (parts and ":" in parts[0]):
        raise InputError(f"the path {path!r} leads outside of the archive", file=file, cure=_CURE)
    return parts[-1] if parts else ""


def _limited(data: bytes, name: str, file: str) -> bytes:
    if len(data) > MAX_FILE:
        raise _too_large(f"{file}:{name}")
    return data


def _too_large(file: str) -> InputError:
    limits = f"a CIF has at most {MAX_FILE / 1e6:.0f} MB, all together {MAX_TOTAL / 1e6:.0f} MB in {MAX_FILES} files"
    return InputError(f"larger than any contribution: {limits}", file=file, cure=_CURE)


def _collect(files: Iterator[tuple[str, bytes]], file: str) -> Bundle:
    structures: dict[str, str] = {}
    ignored: list[str] = []
    total = 0
    for name, data in files:
        # Packed on a Mac, an archive holds a second file "._x.cif" for each x.cif, and .DS_Store.
        if name.startswith(".") or not name.lower().endswith(".cif"):
            if not name.startswith(".") and name:
                ignored.append(name)
            continue
        total += len(data)
        if total > MAX_TOTAL or len(structures) >= MAX_FILES:
            raise _too_large(file)
        stem = name[: -len(".cif")].strip()
        if stem in structures:
            raise InputError(f"there are two files {name!r}", file=file, cure="give each row one CIF, named <ID>.cif")
        structures[stem] = text(data)
    return Bundle(structures, tuple(ignored))


def text(data: bytes) -> str:
    """Text of a structure file: UTF-8, or Latin-1, which old programs write and which decodes any byte."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
