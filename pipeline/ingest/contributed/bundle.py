"""Structure files of a folder, a zip or a tar archive, opened safely.

An archive comes from somebody else: nothing of it is written to disk, links and devices are refused, names lead nowhere
(only the last part of a path is used), and all of it is verified first (:mod:`pipeline.safety.unpack`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import InputError
from pipeline.safety import inputs, limits
from pipeline.safety.inputs import plain_files
from pipeline.safety.unpack import entries

#: Bytes that one byte of an archive may unpack to before the rest counts as spare.
_PACKED = 5
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
    inputs.require_file(path, "folder or archive")
    if path.suffix.lower() == ".cif":
        return _collect(iter([(path.name, _content(path, str(path)))]), str(path))
    if path.stat().st_size > limits.BUNDLE_BYTES():
        raise limits.BUNDLE_BYTES.error(path, path.stat().st_size)
    return archive(path.read_bytes(), str(path))


def archive(data: bytes, file: str) -> Bundle:
    """The structure files of an archive's bytes; see :func:`bundle`."""
    return _collect(_packed(data, file), file, limits.Spare(limits.BUNDLE_SPARE, file, len(data), _PACKED))


def _packed(data: bytes, file: str) -> Iterator[tuple[str, bytes]]:
    for member in entries(io.BytesIO(data), file, limits.BUNDLE_BYTES):
        name = _name(member.name, file)
        if member.is_folder:
            continue
        if member.is_link:
            raise InputError(f"{member.name!r} is a link or a device", file=file, cure=_CURE)
        if not name.lower().endswith(".cif"):
            yield name, b""
            continue
        if member.size > limits.CIF_BYTES():
            raise limits.CIF_BYTES.error(f"{file}:{name}", member.size)
        yield name, member.read()


def _folder(path: Path) -> Iterator[tuple[str, bytes]]:
    for child in plain_files(path):
        if child.suffix.lower() != ".cif":
            yield child.name, b""
            continue
        yield child.name, _content(child, f"{path}/{child.name}")


def _content(path: Path, file: str) -> bytes:
    if path.stat().st_size > limits.CIF_BYTES():
        raise limits.CIF_BYTES.error(file, path.stat().st_size)
    return path.read_bytes()


def _name(path: str, file: str) -> str:
    """Last part of a member's path. A path that leads outside is refused, although nothing would be written there."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if path.startswith(("/", "\\")) or ".." in parts or (parts and ":" in parts[0]):
        raise InputError(f"the path {path!r} leads outside of the archive", file=file, cure=_CURE)
    return parts[-1] if parts else ""


def _collect(files: Iterator[tuple[str, bytes]], file: str, spare: limits.Spare | None = None) -> Bundle:
    """The bundle of these files, whose bytes beyond the usual ones are counted in an archive: only that holds more than it weighs."""
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
        if total > limits.BUNDLE_BYTES():
            raise limits.BUNDLE_BYTES.error(file)
        if spare is not None:
            spare.add(len(data))
        if len(structures) >= limits.BUNDLE_FILES():
            raise limits.BUNDLE_FILES.error(file)
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
