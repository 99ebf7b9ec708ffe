"""What somebody else wrote, made harmless wherever the program repeats it: one owner for messages, pages and tables.

A message is one line of printable characters: a file name with a line break cannot forge an annotation, an escape sequence cannot paint a
terminal, a bidirectional mark cannot turn a sentence round, a zero-width character cannot hide anything. A cell of a table is no formula.
"""

from __future__ import annotations

import json
import re
import unicodedata

#: Characters of a quoted value in a message; the rest is counted.
LONGEST = 2000
#: What spreadsheets take for the beginning of a formula, full-width forms included.
_SIGNS = "=+-@＝＋－＠−"
#: The beginning of a command to a workflow: ``::name parameters::``.
_COMMAND = re.compile(r"::(?=[A-Za-z][\w-]*(?:\s[^:]*(?::[^:]+)*)?::)")
_NUMBER = re.compile(r"[-+−]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:\s?[×x*]\s?10\^?[-+−]?\d+|[eE][-+−]?\d+)?(?:\(\d+\))?")


def plain(text: str) -> str:
    """Text that cannot disturb a terminal, a page, an XML file or a job: one line, printable characters only.

    Control characters, line breaks of every kind, surrogates, bidirectional and zero-width characters become spaces. What a workflow
    would take for a command is broken too, since a long line may be wrapped just before it.

    >>> plain("x.csv\\n::error::forged"), plain("\\x1b[31mred")
    ('x.csv : :error::forged', '[31mred')
    """
    cleaned = (text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)).strip()
    return _COMMAND.sub(": :", cleaned).replace("##[", "# #[")


def lines(text: str) -> str:
    r"""A text of several lines that the program put together: each is cleaned, and keeps the blanks that it begins with.

    >>> print(lines("a\x07\n  b"))
    a
      b
    """
    return "\n".join(f"{' ' * (len(line) - len(line.lstrip(' ')))}{plain(line)}" for line in text.split("\n"))


def json_text(text: str) -> str:
    r"""JSON that says the same in printable characters: what else its texts hold is written by its number.

    >>> print(json_text('{"a": "\u202eb"}'))
    {"a": "\u202eb"}
    """
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def short(text: str, longest: int = LONGEST) -> str:
    """The same, cut where nobody reads on."""
    cleaned = plain(text)
    return cleaned if len(cleaned) <= longest else f"{cleaned[:longest]}... ({len(cleaned)} characters)"


def is_live(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula, whatever invisible characters stand before it; a number is none.

    >>> [is_live(text) for text in ("=1+1", "\\u200b@x", "-3m", "-0.5", "R-3m", "+1e-4", "")]
    [True, True, True, False, False, False, False]
    """
    if not text or text[0].isalnum():
        return False
    # a text may be a whole file: what stands behind its first visible character matters only behind a sign
    first = next((place for place, c in enumerate(text) if not _hidden(c)), None)
    if first is None or text[first] not in _SIGNS:
        return False
    visible = "".join(c for c in text[first:] if not _hidden(c))
    return len(visible) > 1 and _NUMBER.fullmatch(visible) is None


def _hidden(c: str) -> bool:
    return c.isspace() or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp")


def inert(text: str) -> str:
    """A text as a cell of a report: one that spreadsheets would take for a formula gets the apostrophe that makes it a text.

    >>> inert("=1+1"), inert("-0.5"), inert("Li2S")
    ("'=1+1", '-0.5', 'Li2S')
    """
    return f"'{text}" if is_live(text) else text


def conductivities(ratio: float) -> str:
    """The conductivity of an entry beside that of its record, in words.

    >>> conductivities(1.0), conductivities(0.25)
    ('conductivities agree', 'the record has 4 times the conductivity of the entry')
    """
    if f"{ratio:.3g}" == "1":
        return "conductivities agree"
    more, less = ("entry", "record") if ratio > 1 else ("record", "entry")
    return f"the {more} has {max(ratio, 1 / ratio):.3g} times the conductivity of the {less}"
