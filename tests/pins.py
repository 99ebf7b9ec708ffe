"""A small pinned source: its archive, and the file of the pins that names it."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline.sources import listing

ARCHIVE = "pkg-1.0.tar.gz"


class Member(NamedTuple):
    """A member of the archive as its pin has it: path, SHA-256 and number of records."""

    path: str
    sha256: str
    records: int


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tar_gz(files: Mapping[str, bytes]) -> bytes:
    """The archive of version 1.0 with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(f"pkg-1.0/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def folder_member(path: str, files: Mapping[str, bytes], records: int | None = None) -> Member:
    """A folder of structures, by name without its ending."""
    return Member(path, sha(listing(files)), len(files) if records is None else records)


def pins_text(archive: bytes, members: Mapping[str, Member], package: str = "pkg") -> str:
    """``sources.toml`` with the pin 1.0."""
    paths = "".join(f'{role} = "{member.path}"\n' for role, member in members.items())
    held = "".join(f'{role} = {{ sha256 = "{member.sha256}", records = {member.records} }}\n' for role, member in members.items())
    return (
        f'default = "1.0"\n[members]\n{paths}[pins."1.0"]\npackage = "{package}"\nversion = "1.0"\narchive = "{ARCHIVE}"\n'
        f'sha256 = "{sha(archive)}"\n[pins."1.0".members]\n{held}'
    )


def place(raw: Path, archive: bytes) -> Path:
    """Put an archive where a fetch puts it."""
    (raw / "downloads").mkdir(parents=True, exist_ok=True)
    path = raw / "downloads" / ARCHIVE
    path.write_bytes(archive)
    return path
