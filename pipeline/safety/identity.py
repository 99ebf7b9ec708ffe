"""What an answer depends on beside the question: the program, to the letter, and what it computes with."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pipeline

#: The packages whose code decides what is answered. They are found by name: nothing here depends on the rooms above.
PACKAGES = ("pipeline", "schemas")
#: What computes cells, groups, laws and distances. Python itself does too: from 3.12 on it adds numbers otherwise.
COMPUTING = ("gemmi", "networkx", "numpy", "pandas", "scipy", "spglib")


@cache
def identity() -> Mapping[str, str]:
    """Versions by name. Two checkouts of one version may be different programs: their code tells them apart."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"obelix-curate": f"{pipeline.__version__} (code {_code()})", "Python": python, **{name: _version(name) for name in COMPUTING}}


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """In what theirs are other than ours, blank when in nothing: ``numpy 2.1.0, and not 2.4.6``."""
    other = [name for name in dict.fromkeys([*ours, *theirs]) if ours.get(name) != theirs.get(name)]
    return "; ".join(f"{name} {theirs.get(name, 'unknown')}, and not {ours.get(name, 'unknown')}" for name in other)


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # costs every command ten milliseconds

    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _code() -> str:
    """Digits that change with any letter of the program's modules."""
    found = hashlib.sha256()
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).parts):
            found.update("/".join(path.relative_to(folder).parts).encode())
            found.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()[:8]
