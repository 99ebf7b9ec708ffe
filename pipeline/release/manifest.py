"""Provenance of a release and checksums of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__

if TYPE_CHECKING:
    from pipeline.release.version import Stamp

MANIFEST = "RELEASE.json"
CHECKSUMS = "SHA256SUMS"
#: Libraries whose version can change what a release says.
LIBRARIES = ("gemmi", "numpy", "openpyxl", "pandas", "pandera", "spglib")


def manifest(pin: Mapping[str, Any], counts: Mapping[str, Any], *, as_published: bool, stamp: Stamp | None = None) -> dict[str, Any]:
    """What the release was made from and with: no clock, no path, no machine.

    Parameters
    ----------
    pin
        Name, package, version and SHA-256 of the pinned source, and of each member.
    counts
        Rows of each table and findings by severity and status.
    as_published
        Whether corrections and waivers were left out.
    stamp
        Version and date of the release; none before the first one.
    """
    named = {} if stamp is None else {"version": stamp.version, **({"date": stamp.date} if stamp.date else {})}
    return named | {
        "name": "OBELiX",
        "title": "OBELiX: lithium solid electrolytes with experimental ionic conductivities at room temperature",
        "made_with": {"obelix-curate": program_version(stamp), **{name: import_module(name).__version__ for name in LIBRARIES}},
        "as_published": as_published,
        "source": dict(pin),
        "counts": dict(counts),
        "licence": "CC-BY-4.0",
    }


def program_version(stamp: Stamp | None) -> str:
    """Version of the program. A release gives data and program one version; while it is made, the program still bears the one before."""
    return stamp.version if stamp is not None and stamp.date else __version__


def write_json(document: Any, path: Path) -> None:
    """Write JSON with sorted keys, two spaces a level and a newline at the end."""
    path.write_text(
        json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8", newline="\n"
    )


def write_checksums(folder: Path) -> None:
    """Write ``SHA256SUMS`` of every file of the folder, as ``sha256sum --check`` reads it. Hidden files are not part of a release."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    lines = [f"{sha256(folder / name)}  {name}\n" for name in files if name != CHECKSUMS]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def sha256(path: Path) -> str:
    """Sum of a file, read piece by piece: structures with their labels are tens of megabytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
