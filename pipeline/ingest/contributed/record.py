"""The record of an accepted contribution, ``contribution.yaml``, and the files that it vouches for.

Whether a structure carries noise can be told where the secret key is, and nowhere else. ``accept --key-file`` tells it once and writes the
SHA-256 of the file into the record, which stands under version control; whoever has no key trusts the record, as long as the file is the
same to the last byte, and nothing that the file says of itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import InputError
from pipeline.safety.documents import read_yaml

RECORD = "contribution.yaml"
#: Key of the record under which files stand that carry noise, verified under the secret key: SHA-256 by ID.
VERIFIED = "noise_verified"
_CURE = "restore the file from version control, or accept the rows again with --key-file"


def sha256(text: str) -> str:
    """SHA-256 of a structure file with this text, as it is filed."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def noise_verified(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a contribution that was found to carry noise under the key, by ID; none without a record.

    Raises
    ------
    InputError
        When the record cannot be read.
    """
    path = folder / RECORD
    if not path.is_file():
        return {}
    try:
        document = read_yaml(path)
    except InputError as error:
        raise InputError(error.what, file=path, row=error.row, cure=_CURE) from None
    held = document.get(VERIFIED, {}) if isinstance(document, dict) else None
    if not isinstance(held, dict) or not all(
        isinstance(name, str) and isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) for name, value in held.items()
    ):
        raise InputError(f"{VERIFIED!r} is no list of SHA-256 by ID", file=path, cure=_CURE)
    return held


def verified(folder: Path, structures: Mapping[str, str]) -> frozenset[str]:
    """IDs of the structures of one contribution that its record vouches for: the bytes are those that were verified."""
    held = noise_verified(folder)
    return frozenset(name for name, text in structures.items() if name in held and sha256(text) == held[name])


def all_verified(contributions: Path, structures: Mapping[str, str]) -> frozenset[str]:
    """The same for every contribution of a folder (``raw/contributions``)."""
    found: frozenset[str] = frozenset()
    for path in sorted(contributions.iterdir()) if contributions.is_dir() else []:
        if path.is_dir() and not path.name.startswith("."):
            found |= verified(path, {name: text for name, text in structures.items() if (path / f"{name}.cif").is_file()})
    return found
