"""Noise that keeps the symmetry and cannot be guessed: where a site may move, and the numbers that move it.

The site symmetry of a site leaves it some directions. With ``W_1 .. W_m`` the rotations of its site-symmetry group, in fractional
coordinates, the allowed displacements are the range of the projector::

    P = (W_1 + ... + W_m) / m

Let ``R`` be the basis of that range in column-reduced form: in each column the first entry is 1, and no other column has an entry in
that row. Those rows are the free coordinates. The site moves by ``R u`` with ``u ~ N(0, sigma^2)`` drawn for each of them, so that a free
coordinate moves by exactly sigma, a dependent one follows, a fixed one stays. On ``x, 2x, z`` the column for ``x`` is ``(1, 2, 0)``.

The noise of a structure is drawn from a stream that HMAC-SHA256 makes from a secret key, the name of the entry and the original text.
It does not depend on the clock, on other entries, or on the version of any library: the same entry carries the same noise in every
release, so that there is nothing to average, and without the key nothing to subtract.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def keyed_seed(key: bytes, id: str, text: str) -> bytes:
    """Seed of an entry: HMAC-SHA256 of its ID and its original file under the secret key; 32 bytes."""
    return hmac.new(key, id.encode() + b"\0" + text.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()


def open_seed(seed: int, id: str, text: str) -> bytes:
    """Seed of an open structure, or of an experiment, from a number that anybody may know."""
    return keyed_seed(f"open seed {seed}".encode(), id, text)


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
