"""Files that a user names, read whole."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError


def require_file(path: Path, noun: str = "file") -> None:
    """Raise unless ``path`` is a file. A pipe or a device is none: it may never end, and it cannot be read a second time.

    Raises
    ------
    InputError
        When it is absent, a folder, a pipe or a device.
    """
    if path.is_file():
        return
    if path.is_dir():
        raise InputError(f"this is a folder, not a {noun}", file=path, cure=f"name the {noun} itself")
    if path.exists():
        raise InputError(f"this is a pipe or a device, not a {noun}", file=path, cure="save it as a file first")
    raise InputError("there is no such file", file=path, cure="check the spelling of the name")


def read(path: Path, noun: str = "file") -> bytes:
    """The bytes of a file; see :func:`require_file`."""
    require_file(path, noun)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", file=path, cure="mend its permissions") from None
