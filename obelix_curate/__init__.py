"""The public face of obelix-curate for Python; importing it imports nothing heavy."""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("obelix-curate")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
