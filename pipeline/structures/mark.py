"""The mark of a structure that carries noise: who made it, and a code over its coordinates that only the key can make.

The mark stands in ``_audit_creation_method``, where anyone can write anything. So its words count for nothing: what counts is the code, a
MAC of the structure's content (cell, operations, sites, occupancies and coordinates as written, :mod:`pipeline.structures.original`)
under the secret key, and it is verified where the key is.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.structures.noise import METHOD, SIGMA, Noise, open_seed
from pipeline.structures.original import original

if TYPE_CHECKING:
    from pipeline.structures.cif import Structure

#: What the mark begins with, in every version.
BEGINS = "positions perturbed by obelix-curate"
_MARK = re.compile(
    rf"{BEGINS}, method (\d+): N\(0, ([0-9.e+-]+)\) in each free fractional coordinate, (secret key|open seed), code ([0-9a-f]{{64}})"
)
#: Marks of one file that are looked at.
MOST = 8


def mark(noise: Noise, code: str, sigma: float) -> str:
    """The text of a mark."""
    kind = "secret key" if noise.is_keyed else "open seed"
    return f"{BEGINS}, method {METHOD}: N(0, {float(sigma)!r}) in each free fractional coordinate, {kind}, code {code}"


def says_noise(structure: Structure) -> bool:
    """Whether the file says that this program put noise on it; anyone can write so."""
    return BEGINS in (structure.creation_method or "")


def is_old(structure: Structure) -> bool:
    """Whether the only mark is one without a code, as versions before 1.0 wrote and anyone can write."""
    return says_noise(structure) and not any(_marks(structure))


def verified(structure: Structure, noise: Noise) -> str | None:
    """The mark whose code the key makes for this very structure and the published sigma; ``None`` when there is none."""
    if not noise.is_keyed:
        return None
    return _matching(structure, noise, "secret key", SIGMA)


def open_mark(structure: Structure) -> str | None:
    """The mark of noise from an open seed that fits the structure: good for an open structure, and worth nothing for a proprietary one."""
    return _matching(structure, open_seed(0), "open seed", None)


def _matching(structure: Structure, noise: Noise, kind: str, sigma: float | None) -> str | None:
    content = b""
    for found in _marks(structure):
        size = float(found[2])
        if found[1] != str(METHOD) or found[3] != kind or (sigma is not None and size != sigma):
            continue
        content = content or original(structure).content
        if hmac.compare_digest(noise.mac(content, size), found[4]):
            return found[0]
    return None


def _marks(structure: Structure) -> Iterator[re.Match[str]]:
    said = " ".join((structure.creation_method or "").split())
    for count, found in enumerate(_MARK.finditer(said)):
        if count == MOST:
            return
        try:
            float(found[2])
        except ValueError:
            continue
        yield found
