"""Metadata that other people's tools read: Data Package, Croissant, data card, Kaggle, OPTIMADE.

All of it derives from :mod:`schemas.files`, :mod:`schemas.columns`, the release's manifest and the files of the folder; the tools
themselves are not imported here (they cost seconds), they judge the result in the tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.release.metadata.present import Present, present

__all__ = ["Present", "metadata", "present"]

if TYPE_CHECKING:
    from pipeline.structures.cif import Structure

DATAPACKAGE = "datapackage.json"
CROISSANT = "croissant.json"
CARD = "README.md"
KAGGLE = "dataset-metadata.json"
OPTIMADE = "optimade.jsonl"
OPTIMADE_SERVER = "optimade_config.json"


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
    _write(folder / OPTIMADE_SERVER, _json(optimade.server()))
    files = present(folder)
    _write(folder / DATAPACKAGE, _json(datapackage.package(files, release)))
    _write(folder / CROISSANT, _json(croissant.dataset(files, release)))
    _write(folder / KAGGLE, _json(kaggle.dataset(files, release)))
    _write(folder / CARD, card.card(files, release))


def _json(document: Mapping[str, Any]) -> str:
    """JSON in the order of the document: these files are read by people too."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _write(path: Path, text: str | Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines([text] if isinstance(text, str) else text)
