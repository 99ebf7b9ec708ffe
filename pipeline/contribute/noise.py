"""Which contributed structures are known to carry noise: the key tells, or the record of their acceptance."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.ingest.contributed.bundle import Bundle
from pipeline.ingest.contributed.record import verified
from pipeline.release.opened import CONTRIBUTIONS

if TYPE_CHECKING:
    from pipeline.structures.noise import Noise


def with_noise(given: Bundle | None, noise: Noise | None, table: Path, raw: Path) -> tuple[Bundle | None, frozenset[str]]:
    """The structures handed in, and the texts of those known to carry noise.

    With the key, a structure whose mark it verifies is taken as perturb writes it: the mark says nothing about the rest of the file.
    Without, the record of an accepted contribution is trusted where the table lies in the folder of one, and not beside a table from
    elsewhere.
    """
    if given is None:
        return None, frozenset()
    if noise is None:
        home = table.resolve().parent
        known = verified(home, given.structures) if home.parent == (raw / CONTRIBUTIONS).resolve() else ()
        return given, frozenset(given.structures[name] for name in known)
    from pipeline.structures.cif import CifError, read
    from pipeline.structures.perturb import with_noise as verified_noise

    texts: dict[str, str] = {}
    for name, text in given.structures.items():
        with suppress(CifError):
            if (done := verified_noise(read(text, f"{name}.cif"), noise)) is not None:
                texts[name] = done.text
    return replace(given, structures={**given.structures, **texts}), frozenset(texts.values())
