"""Where the words of a CIF stand in its text.

An edit replaces the characters of single values and leaves every other byte as it stands: comments, order, spacing, line ends.
For that the text is cut into the words that the CIF syntax knows (International Tables for Crystallography G, chapter 2.2), each with its
place; what the words mean is left to :mod:`pipeline.structures.cif`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: A text field, a quoted string (its quote closes only before white space), a comment, or a bare word.
_WORD = re.compile(
    r"[^\s;'\"#]\S*"
    r"|^;.*?[\r\n];(?=\s|\Z)"
    r"|'(?:[^'\r\n]|'(?=\S))*'(?=\s|\Z)"
    r'|"(?:[^"\r\n]|"(?=\S))*"(?=\s|\Z)'
    r"|\#[^\r\n]*|\S+",
    re.MULTILINE | re.DOTALL,
)

#: First characters of a comment, the name of an item, a heading and the keywords; a word that begins otherwise is a value.
_NO_VALUE = frozenset("#_dDlLgGsS")

Span = tuple[int, int]


@dataclass
class Layout:
    """Where the values of one data block stand in the text.

    Attributes
    ----------
    heading
        Span of the block's heading (``data_name``).
    values
        Spans of the values of each item, its name in lower case with underscores for dots.
    """

    heading: Span
    values: dict[str, list[Span]] = field(default_factory=dict)

    def add(self, tags: Sequence[str], spans: Sequence[Span]) -> None:
        """Add the values of some items, row by row; of values before the first item nothing is known."""
        for column, tag in enumerate(tags):
            self.values.setdefault(tag, []).extend(spans[column :: len(tags)])


def layout(text: str, block: int = 0) -> Layout:
    """Where every value of a data block stands.

    Parameters
    ----------
    text
        A CIF whose syntax is sound.
    block
        Index of the block.

    Raises
    ------
    ValueError
        When there is no such block.
    """
    found: Layout | None = None
    seen = -1
    tags: list[str] = []
    spans: list[Span] = []  # of the values of these tags, row by row
    in_header = in_frame = False
    for word in _WORD.finditer(text.replace("\ufeff", " ", 1)):
        span = word.span()
        first = text[span[0]]
        if first not in _NO_VALUE:
            spans.append(span)
            continue
        if first == "#":
            continue
        bare = word[0].lower()
        if bare.startswith("save_"):
            if found is not None:
                found.add(tags, spans)
            tags, spans, in_header, in_frame = [], [], False, bare != "save_"
        elif first == "_":
            if found is None or in_frame:
                continue
            if not in_header or spans:
                found.add(tags, spans)
                tags, spans, in_header = [], [], False
            tags.append(bare.replace(".", "_"))
        elif bare.startswith("data_") or bare == "global_":
            seen += 1
            if found is not None:
                break
            if seen == block:
                found = Layout(span)
            tags, spans, in_header, in_frame = [], [], False, False
        elif bare == "loop_":
            if found is not None and not in_frame:
                found.add(tags, spans)
            tags, spans, in_header = [], [], True
        else:
            spans.append(span)
    if found is not None:
        found.add(tags, spans)
    else:
        raise ValueError(f"the text holds no data block number {block + 1}")
    return found


def edited(text: str, changes: Mapping[Span, str]) -> str:
    """The text with the characters of some spans replaced."""
    parts, last = [], 0
    for (start, end), new in sorted(changes.items()):
        parts += [text[last:start], new]
        last = end
    return "".join([*parts, text[last:]])


def quoted(value: str) -> str:
    """One line of text as a CIF value."""
    plain = " ".join(value.split())
    for quote in "'\"":
        if not re.search(rf"{quote}(?=\s)", plain) and not plain.endswith(quote):
            return f"{quote}{plain}{quote}"
    return "'" + plain.replace("'", "").strip() + "'"
