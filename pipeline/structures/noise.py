"""Noise that keeps the symmetry and cannot be guessed: where a site may move, and the numbers that move it.

The site symmetry of a site leaves it some directions. With ``W_1 .. W_m`` the rotations of its site-symmetry group, in fractional
coordinates, the allowed displacements are the range of the projector::

    P = (W_1 + ... + W_m) / m

Let ``R`` be the basis of that range in column-reduced form: in each column the first entry is 1, and no other column has an entry in
that row. Those rows are the free coordinates. The site moves by ``R u`` with ``u ~ N(0, sigma^2)`` drawn for each of them, so that a free
coordinate moves by exactly sigma, a dependent one follows, a fixed one stays. On ``x, 2x, z`` the column for ``x`` is ``(1, 2, 0)``.

The noise of a structure is drawn from a stream that HMAC-SHA256 makes under a secret key from everything that shapes it: the content of
the original (:mod:`pipeline.structures.original`), sigma, and the version of this method. It does not depend on the name of the entry, the
clock, other entries, or the version of any library: one original moves once, wherever and however often it appears, so that there is
nothing to average, and without the key nothing to subtract.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from pipeline.structures.keys import checked

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: Standard deviation of the published noise, fractional coordinates (OBELiX paper, section 3.2).
SIGMA = 0.01
#: Version of the method; a change of anything that shapes the noise is another.
METHOD = 2


@dataclass(frozen=True)
class Noise:
    """Where noise comes from: a secret key, or a number that anybody may know. Its representation does not tell the secret.

    Attributes
    ----------
    secret
        Key of the HMAC.
    is_keyed
        Whether it is a secret key.
    """

    secret: bytes = field(repr=False)
    is_keyed: bool

    def seed(self, content: bytes, sigma: float) -> bytes:
        """Seed of an original's noise, 32 bytes."""
        return self._digest("noise", content, sigma)

    def mac(self, content: bytes, sigma: float) -> str:
        """Message authentication code of a structure that carries noise, 64 hexadecimal digits.

        That of an open seed is a checksum: it is made without a secret, so that the noise is known again under any seed.
        """
        return (self if self.is_keyed else _OPEN)._digest("mark", content, sigma).hex()

    def _digest(self, purpose: str, content: bytes, sigma: float) -> bytes:
        message = f"obelix-curate {purpose}, method {METHOD}, sigma {float(sigma)!r}\n".encode() + content
        return hmac.digest(self.secret, message, "sha256")


_OPEN = Noise(b"open seed", False)


def keyed(key: bytes) -> Noise:
    """Noise under a secret key of 32 random bytes or more (:func:`pipeline.structures.keys.checked`)."""
    return Noise(checked(key), True)


def open_seed(seed: int) -> Noise:
    """Noise for open structures and experiments, from a number."""
    return Noise(f"open seed {seed}".encode(), False)


def normals(seed: bytes) -> Iterator[float]:
    """Standard normal numbers from a seed, the same on every machine and with every version of Python and numpy.

    Block ``i`` of the stream is HMAC-SHA256 of ``i`` under the seed; 53 bits make a uniform number, the inverse of the normal
    distribution (Wichura, Appl. Stat. 37, 477, 1988) makes it normal.
    """
    inverse = NormalDist().inv_cdf
    block = 0
    while True:
        digest = hmac.digest(seed, block.to_bytes(8, "big"), "sha256")
        for start in range(0, 32, 8):
            yield inverse(((int.from_bytes(digest[start : start + 8], "big") >> 11) + 0.5) / 2**53)
        block += 1


def free_directions(rotations: NDArray[np.int64]) -> NDArray[np.float64]:
    """Basis ``R`` of the displacements that a site symmetry allows, column-reduced: ``(3, number of free coordinates)``.

    Parameters
    ----------
    rotations
        Rotations of the site-symmetry group, ``(m, 3, 3)``, in fractional coordinates.
    """
    return _free_directions(np.ascontiguousarray(rotations, dtype=np.int64).tobytes())


@lru_cache(maxsize=4096)
def _free_directions(rotation_bytes: bytes) -> NDArray[np.float64]:
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    # m P is a matrix of integers and its columns span the range: elimination in integers is exact
    columns = [[int(x) for x in column] for column in rotations.sum(axis=0).T]
    basis: list[list[int]] = []
    for axis in range(3):
        pivot = next((column for column in columns if column[axis]), None)
        if pivot is None:
            continue
        columns = [_cleared(column, pivot, axis) for column in columns if column is not pivot]
        basis = [_cleared(column, pivot, axis) for column in basis] + [pivot]
    found = np.array([[x / next(y for y in column if y) for x in column] for column in basis]).reshape(-1, 3).T
    found.setflags(write=False)
    return found


def _cleared(column: list[int], pivot: list[int], axis: int) -> list[int]:
    """The column without its part along ``axis``, scaled to stay in integers."""
    return [x * pivot[axis] - p * column[axis] for x, p in zip(column, pivot, strict=True)]
