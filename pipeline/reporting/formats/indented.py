"""JSON as ``json.dumps(value, indent=2)`` writes it, part by part.

The library builds a list of all the smallest parts first, which takes ten times the memory of the text, and writes an indented text without
its C code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring_ascii as _text


def indented(value: object, level: int = 0) -> str:
    """A value, whose lines after the first are indented by ``level`` steps of two blanks.

    >>> print(indented({"a": [1, "x"], "b": {}}))
    {
      "a": [
        1,
        "x"
      ],
      "b": {}
    }
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping) and value:
        return _bracketed("{}", [f"{_text(str(name))}: {indented(each, level + 1)}" for name, each in value.items()], level)
    if isinstance(value, list | tuple) and value:
        return _bracketed("[]", [indented(each, level + 1) for each in value], level)
    return json.dumps(value)


def listed(values: Iterable[object], level: int) -> Iterator[str]:
    """A list whose values come one after the other, each in a piece of its own."""
    line = f"\n{'  ' * (level + 1)}"
    between = f"[{line}"
    for value in values:
        yield between + indented(value, level + 1)
        between = f",{line}"
    yield "[]" if between[0] == "[" else f"\n{'  ' * level}]"


def _bracketed(brackets: str, parts: list[str], level: int) -> str:
    line = f"\n{'  ' * (level + 1)}"
    return f"{brackets[0]}{line}{f',{line}'.join(parts)}\n{'  ' * level}{brackets[1]}"
