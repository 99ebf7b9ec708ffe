"""Archives that come from somebody else, read to their end and verified before anything of them is believed.

A zip checks each member by a CRC, a compressed tar the whole stream; both are read through before the first member is given away, so that
a damaged archive is an error and never other content. A plain tar has no checksum of its content: only its headers are verified, and that
nothing is cut off. Nothing is written to disk, sizes are counted while unpacking and not believed.
"""

from __future__ import annotations

import bz2
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.safety.limits import Limit

CHUNK = 1 << 16
#: Memory that unpacking one xz stream may take: ``xz -9`` needs 65 MiB.
XZ_MEMORY = 100 << 20
#: What the standard library raises for damaged archives; RuntimeError is an encrypted zip.
DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    OverflowError,
)
_CURE = "pack the files again as .zip or .tar.gz, without a password"
_END = b"PK\x05\x06"


@dataclass(frozen=True)
class Entry:
    """A member of an archive. ``read`` gives its bytes; in a tar only until the next member is asked for."""

    name: str
    is_folder: bool
    is_link: bool
    size: int
    stamp: str
    read: Callable[[], bytes]


def entries(handle: BinaryIO, file: str | Path, total: Limit, members: Limit = limits.ARCHIVE_MEMBERS) -> Iterator[Entry]:
    """Members of a zip archive or of a tar archive (plain, gzip, bzip2 or xz), after the whole archive was verified.

    Parameters
    ----------
    handle, file
        The archive, open to read and seek, and its name for messages.
    total
        The most bytes that it may unpack to, headers included.
    members
        The most members that it may have.

    Raises
    ------
    InputError
        When it is no archive, is damaged or cut off, is larger than a limit, or has no checksum where its format has one.
    """
    try:
        handle.seek(0)
        if handle.read(2) == b"PK":
            yield from _zip(handle, file, total, members)
        else:
            yield from _tar(handle, file, total, members)
    except DAMAGE as error:
        said = str(error).partition("\n")[0].rstrip(":- ") or type(error).__name__
        raise InputError(f"neither a zip nor a tar archive, or a damaged one: {said}", file=file, cure=_CURE) from None


# --- zip -------------------------------------------------------------------------------------------------------------
def _zip(handle: BinaryIO, file: str | Path, total: Limit, most: Limit) -> Iterator[Entry]:
    count = _announced(handle, file, most)
    with zipfile.ZipFile(handle) as packed:
        members = packed.infolist()
        if count not in (len(members), 0xFFFF):
            raise InputError(f"the archive is damaged: it announces {count} members and lists {len(members)}", file=file, cure=_CURE)
        if len(members) > most():
            raise most.error(file, len(members))
        unpacked = 0
        for member in members:  # all of them, wanted or not: a name that changed would be passed over
            before = unpacked
            with packed.open(member) as stream:
                while piece := stream.read(CHUNK):
                    unpacked += len(piece)
                    if unpacked > total():
                        raise total.error(file)
            if unpacked - before != member.file_size:
                raise zipfile.BadZipFile(f"{member.filename!r} is not as long as the directory says")
        for member in sorted(members, key=lambda member: member.filename):
            link = stat.S_ISLNK(member.external_attr >> 16)
            stamp = f"{member.file_size}-{member.CRC:08x}"
            yield Entry(member.filename, member.is_dir(), link, member.file_size, stamp, lambda member=member: packed.read(member))  # type: ignore[misc]


def _announced(handle: BinaryIO, file: str | Path, most: Limit) -> int:
    """Number of members that the end of a zip archive announces; its directory is refused when it is too long to be read."""
    size = handle.seek(0, io.SEEK_END)
    handle.seek(max(0, size - 65_557))
    tail = handle.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < 22:
        raise InputError("the archive is cut off: a zip archive ends with its directory", file=file, cure=_CURE)
    count, length = struct.unpack("<H I", tail[place + 10 : place + 16])[0], struct.unpack("<I", tail[place + 12 : place + 16])[0]
    if length > most() * 128 and length != 0xFFFFFFFF:
        raise most.error(file)
    handle.seek(0)
    return int(count)


@dataclass(frozen=True, slots=True)
class Part:
    """Where a member of a zip archive lies: for processes that read members by themselves, each verified when it is read."""

    name: str
    is_folder: bool
    is_link: bool
    size: int
    packed: int
    method: int
    crc: int
    offset: int

    @property
    def stamp(self) -> str:
        """As that of the member's :class:`Entry`."""
        return f"{self.size}-{self.crc:08x}"


#: How members of zip archives are packed nearly always.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_zip(handle: BinaryIO) -> bool:
    """Whether the file begins as a zip archive does."""
    handle.seek(0)
    return handle.read(2) == b"PK"


def parts(handle: BinaryIO, file: str | Path, total: Limit, members: Limit = limits.ARCHIVE_MEMBERS) -> list[Part]:
    """Members of a zip archive in the order of their names, as its directory lists them; their content is not looked at.

    Raises
    ------
    InputError
        When its directory is damaged or cut off, a member is encrypted, or it is larger than a limit.
    """
    try:
        count = _announced(handle, file, members)
        with zipfile.ZipFile(handle) as archive:
            found = archive.infolist()
    except DAMAGE as error:
        raise InputError(f"a damaged zip archive: {error}", file=file, cure=_CURE) from None
    if count not in (len(found), 0xFFFF):
        raise InputError(f"the archive is damaged: it announces {count} members and lists {len(found)}", file=file, cure=_CURE)
    if len(found) > members():
        raise members.error(file, len(found))
    if sum(each.file_size for each in found) > total():
        raise total.error(file)
    if any(each.flag_bits & 1 or each.compress_type not in _METHODS for each in found):
        raise InputError("a member of the archive is encrypted, or packed by a method other than deflate", file=file, cure=_CURE)
    found.sort(key=lambda each: each.filename)
    return [
        Part(each.filename, each.is_dir(), stat.S_ISLNK(each.external_attr >> 16), each.file_size, each.compress_size, each.compress_type,
             each.CRC, each.header_offset)
        for each in found
    ]  # fmt: skip


def read_part(handle: BinaryIO, part: Part) -> bytes:
    """The content of a member of a zip archive.

    Raises
    ------
    zipfile.BadZipFile
        When it is not what the directory says.
    """
    if part.packed > 2 * part.size + CHUNK:  # data that cannot be packed grow by 5 bytes in 16,000
        raise zipfile.BadZipFile(f"{part.name!r} is longer packed than unpacked")
    handle.seek(part.offset)
    head = handle.read(30)
    if len(head) < 30 or not head.startswith(b"PK\3\4"):
        raise zipfile.BadZipFile(f"{part.name!r} does not begin where the directory says")
    named, extra = struct.unpack("<2H", head[26:])
    flags = struct.unpack("<H", head[6:8])[0]
    name = handle.read(named).decode("utf-8" if flags & 0x800 else "cp437", "replace")
    if name.partition("\0")[0] != part.name:
        raise zipfile.BadZipFile(f"the directory calls {name!r} {part.name!r}")
    handle.seek(extra, io.SEEK_CUR)
    data = handle.read(part.packed)
    if part.method == zipfile.ZIP_DEFLATED:
        data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, part.size + 1)
    if len(data) != part.size or zlib.crc32(data) != part.crc:
        raise zipfile.BadZipFile(f"bad CRC-32 of {part.name!r}, or another length than the directory says")
    return data


# --- tar -------------------------------------------------------------------------------------------------------------
class Unpacked(io.RawIOBase):
    """The plain bytes of a stream that may be compressed with gzip, bzip2 or xz; every checksum is verified on the way.

    ``count`` is the number of bytes given so far, ``last`` the place after the last byte that is not zero.
    """

    def __init__(self, handle: BinaryIO, file: str | Path, total: Limit) -> None:
        handle.seek(0)
        self._handle, self._file, self._total = handle, file, total
        magic = handle.read(6)
        handle.seek(0)
        self._kind = next((kind for start, kind in _KINDS.items() if magic.startswith(start)), "")
        self._unpacker: Any = self._new() if self._kind else None
        self._waiting = b""
        self._is_full = False
        self.count = self.last = 0

    @property
    def is_compressed(self) -> bool:
        """Whether there is a checksum."""
        return bool(self._kind)

    def readable(self) -> bool:
        """It can be read, and nothing else."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with the next plain bytes; their number, 0 at the end."""
        piece = self._next(len(buffer))
        buffer[: len(piece)] = piece
        self.count += len(piece)
        if self.count > self._total():
            raise self._total.error(self._file)
        filled = len(piece.rstrip(b"\0"))
        if filled:
            self.last = self.count - len(piece) + filled
        return len(piece)

    def _next(self, most: int) -> bytes:
        if self._unpacker is None:
            return b"" if self._kind else self._handle.read(most)
        while True:
            if self._unpacker.eof:
                self._waiting = self._unpacker.unused_data or self._waiting
                if not self._another():
                    self._unpacker = None
                    return b""
            if not self._waiting and not self._is_full and getattr(self._unpacker, "needs_input", True):
                self._waiting = self._handle.read(CHUNK)
                if not self._waiting:
                    raise EOFError("the compressed data end too soon")
            piece = self._unpack(most)
            if piece:
                return piece

    def _unpack(self, most: int) -> bytes:
        given, self._waiting = self._waiting, b""
        piece: bytes = self._unpacker.decompress(given, most)
        self._is_full = len(piece) == most
        if self._kind == "gzip":
            self._waiting = self._unpacker.unconsumed_tail
        if self._kind == "xz" and self._unpacker.check == lzma.CHECK_NONE:
            raise InputError("the archive carries no checksum", file=self._file, cure="pack it again, with 'xz --check=crc64'")
        return piece

    def _another(self) -> bool:
        """Whether another compressed stream follows; zeros may fill up the end, anything else is damage."""
        while not self._waiting.lstrip(b"\0"):
            self._waiting = self._handle.read(CHUNK)
            if not self._waiting:
                return False
        self._waiting = self._waiting.lstrip(b"\0")
        self._unpacker = self._new()
        return True

    def _new(self) -> Any:
        if self._kind == "gzip":
            return zlib.decompressobj(wbits=31)
        return bz2.BZ2Decompressor() if self._kind == "bzip2" else lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


_KINDS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}


class _Header(tarfile.TarInfo):
    """A header that refuses what the library would pass over in silence or take whole into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        try:
            found = super().frombuf(buf, encoding, errors)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError, tarfile.EmptyHeaderError) as error:  # type: ignore[attr-defined]
            raise tarfile.ReadError(f"a header cannot be read ({error})") from None
        extended = found.type in (
            tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
        )  # fmt: skip
        if found.size < 0 or (extended and found.size > limits.HEADER_BYTES()):
            raise tarfile.ReadError(f"an extended header has {found.size} bytes, more than {limits.HEADER_BYTES()}, the limit")
        if found.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("a member is sparse")
        return found


def _tar(handle: BinaryIO, file: str | Path, total: Limit, most: Limit) -> Iterator[Entry]:
    first = Unpacked(handle, file, total)
    while first.read(CHUNK):
        pass
    if not first.is_compressed:
        for _ in _members(handle, file, total, most, first):
            pass
    yield from _members(handle, file, total, most, first)


def _members(handle: BinaryIO, file: str | Path, total: Limit, most: Limit, whole: Unpacked) -> Iterator[Entry]:
    with tarfile.open(fileobj=Unpacked(handle, file, total), mode="r|", tarinfo=_Header) as packed:
        for number, member in enumerate(packed, start=1):
            if number > most():
                raise most.error(file)
            if member.size < 0 or member.issparse():
                raise tarfile.ReadError(f"{member.name!r} is sparse or of negative size")
            has_data = member.isreg() or member.type not in tarfile.SUPPORTED_TYPES  # a hard link may tell the size of its target
            if has_data and member.offset_data + member.size > whole.count:  # the library would look for its end, block by block
                raise tarfile.ReadError(f"{member.name!r} is cut off")

            def read(member: tarfile.TarInfo = member) -> bytes:
                stream = packed.extractfile(member)
                data = stream.read() if stream else b""
                if len(data) != member.size:
                    raise EOFError("a member is cut off")
                return data

            yield Entry(member.name, member.isdir(), not member.isdir() and not member.isfile(), member.size, f"{member.size}", read)
            packed.members = []  # type: ignore[attr-defined]  # the library would keep every header
        if whole.last > packed.offset:
            raise tarfile.ReadError("more follows behind its end")


def gunzipped(data: bytes, file: str | Path, most: Limit) -> bytes:
    """The content of one gzip file, verified and bounded."""
    return Unpacked(io.BytesIO(data), file, most).readall()
