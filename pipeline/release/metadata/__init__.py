"""Metadata that other people's tools read: Data Package, Croissant, data card, Kaggle, OPTIMADE.

All of it derives from :mod:`schemas.files`, :mod:`schemas.columns`, the release's manifest and the files of the folder; the tools
themselves are not imported here (they cost seconds), they judge the result in the tests.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.files import FILES, File

if TYPE_CHECKING:
    from pipeline.structures.cif import Structure

DATAPACKAGE = "datapackage.json"
CROISSANT = "croissant.json"
CARD = "README.md"
KAGGLE = "dataset-metadata.json"
OPTIMADE = "optimade.jsonl"


@dataclass(frozen=True)
class Present:
    """A registered file that is there: size in bytes and SHA-256 (zero and blank for a folder).

    ``whole`` are the columns of text that hold whole numbers and blanks only.
    """

    file: File
    bytes: int
    sha256: str
    whole: frozenset[str] = frozenset()


def metadata(folder: Path, release: Mapping[str, Any], structures: Mapping[str, Structure]) -> None:
    """Write every metadata file into a release folder whose data files are written.

    Parameters
    ----------
    folder
        The release, not yet in its place.
    release
        Content of ``RELEASE.json``: ``source``, ``counts`` (rows by table, and ``structures``), ``made_with`` and, of a release
        that bears one, ``version`` and ``date``.
    structures
        Structures by ID, as the files of the folder say them.
    """
    from pipeline.release.metadata import card, croissant, datapackage, kaggle, optimade

    _write(folder / OPTIMADE, optimade.lines(structures, optimade.labels(folder), release))
    files = present(folder)
    _write(folder / DATAPACKAGE, _json(datapackage.package(files, release)))
    _write(folder / CROISSANT, _json(croissant.dataset(files, release)))
    _write(folder / KAGGLE, _json(kaggle.dataset(files, release)))
    _write(folder / CARD, card.card(files, release))


def present(folder: Path) -> list[Present]:
    """The registered files that the folder holds, in the order of the registry."""
    found = []
    for file in FILES:
        path = folder / file.path
        if file.path.endswith("/"):
            if path.is_dir():
                found.append(Present(file, 0, ""))
        elif path.is_file():
            data = path.read_bytes()
            found.append(Present(file, len(data), hashlib.sha256(data).hexdigest(), _whole(file, data)))
    return found


def _whole(file: File, data: bytes) -> frozenset[str]:
    columns = [str(column) for column in file.columns if column.type == "text" and not column.required]
    if not columns:
        return frozenset()
    rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    head = next(rows, [])
    values = dict(zip(head, zip(*rows, strict=True), strict=False))
    return frozenset(name for name in columns if any(values.get(name, ())) and all(_is_whole(value) for value in values[name] if value))


def _is_whole(value: str) -> bool:
    return value.isascii() and value.isdigit() and (value == "0" or value[0] != "0")


def _json(document: Mapping[str, Any]) -> str:
    """JSON in the order of the document: these files are read by people too."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
