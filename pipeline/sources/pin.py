"""What a pin says of a source distribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One pinned file of an archive, or for the structures one folder of CIFs.

    ``sha256`` of a folder is that of its listing: one line ``<sha256>  <file name>`` a file, sorted by name.
    """

    path: str
    sha256: str
    records: int


@dataclass(frozen=True)
class Pin:
    """One pinned release of the package that carries the sources. ``date`` is the day on which it was published; blank when unknown."""

    name: str
    package: str
    version: str
    archive: str
    sha256: str
    members: Mapping[str, Member]
    date: str = ""
