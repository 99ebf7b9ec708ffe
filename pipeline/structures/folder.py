"""The CIFs of a folder."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError
from pipeline.safety.inputs import plain_files


def cif_files(folder: Path) -> list[Path]:
    """The ``*.cif`` files of a folder, sorted by name.

    Raises
    ------
    InputError
        When there is no such folder, it holds none, or it holds a link or a device.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", file=folder, cure="name a folder that holds CIFs")
    found = [path for path in plain_files(folder) if path.suffix.lower() == ".cif"]
    if not found:
        raise InputError("holds no .cif file", file=folder, cure="name a folder that holds CIFs")
    return found
