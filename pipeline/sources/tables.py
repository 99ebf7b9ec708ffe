"""Tables of ``raw/sources.toml``, written by a command: everything else of the file, its comments too, stays as it is."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.safety.documents import toml_of

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def with_table(text: str, keys: Sequence[str], lines: Sequence[str], file: str | Path) -> str:
    """The text of a TOML file with one table in it: in its place if it is there, else at the end.

    Parameters
    ----------
    text
        The file.
    keys
        Keys that lead to the table, such as ``workbook``, or ``pins`` and ``1.3.0``.
    lines
        Its content; it may hold headers of tables below it.
    file
        Its name, for messages.

    Raises
    ------
    InputError
        When the file is not TOML, or is written in a way in which the table cannot be put without changing something else.
    """
    header = ".".join(key if _BARE.fullmatch(key) else quoted(key) for key in keys)
    body = "\n".join([f"[{header}]", *lines]) + "\n"
    place = re.search(rf"^[ \t]*\[[ \t]*{re.escape(header)}[ \t]*\].*\n(?:(?![ \t]*(?:\[|#|\n)).*(?:\n|\Z))*", text, re.MULTILINE)
    start, end = place.span() if place else (len(text), len(text))
    gap = "" if place or not text.strip() else "\n" if text.endswith("\n") else "\n\n"
    new = text[:start] + gap + body + text[end:]
    before, after, wanted = _parsed(text, file), _parsed(new, file, body), _parsed(body, file)
    _taken(before, keys)
    if _taken(after, keys) != _taken(wanted, keys) or after != before:
        raise _by_hand(file, body)
    return new


def quoted(text: str) -> str:
    """A text as a TOML string: JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=True)


def _parsed(text: str, file: str | Path, body: str = "") -> dict[str, Any]:
    try:
        return toml_of(text, file)
    except InputError as error:
        if body:
            raise _by_hand(file, body) from error
        raise


def _by_hand(file: str | Path, body: str) -> InputError:
    return InputError(
        "the table cannot be put into this file without changing something else", file=file, cure=f"write it by hand:\n{body}"
    )


def _taken(document: dict[str, Any], keys: Sequence[str]) -> Any:
    """Take a table out of a document; what it held, ``None`` when it is not there."""
    *above, last = keys
    for key in above:
        document = document.setdefault(key, {})
    return copy.deepcopy(document.pop(last, None))
