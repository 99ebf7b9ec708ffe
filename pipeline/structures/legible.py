"""The data blocks of a CIF's text, and what the text must be for that.

gemmi cuts the text by the grammar of CIF 1.1 and stops at the first slip. Many a slip stands in items that nobody reads: a quotation
mark that is not closed in the name of a diffractometer, two values for one address, a table of powder data that lacks a number. Such
items are blanked, character by character, so that everything else keeps its place; in an item that is read, the slip is an error.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

import gemmi

from pipeline.safety import limits
from pipeline.structures.bounds import demand
from pipeline.structures.tags import CifError, is_read, plain

#: A value that is nothing else, whatever stands around it.
_PLAIN = r"(?!(?i:data_|save_|(?:loop|global|stop)_(?!\S)))[^\s_'\"#;\[{]\S*"
_STRING = r"'(?:[^'\r\n]|'(?=\S))*'(?=\s|\Z)|\"(?:[^\"\r\n]|\"(?=\S))*\"(?=\s|\Z)"
_VALUE = rf"(?:{_PLAIN}|(?!'''|\"\"\")(?:{_STRING}))"
#: Values, whole items and comments are taken many at a time: a table of reflections has a million.
_TOKEN = re.compile(
    rf"(?P<run>(?:{_VALUE}\s+){{1,1000}})"
    rf"|(?P<pairs>(?:_\S+\s+{_VALUE}\s+(?=_)){{1,1000}})"
    r"|(?P<field>^;.*?[\r\n];(?=\s|\Z))"
    r"|(?P<open>^;[^\r\n]*)"
    r"|(?P<triple>'''.*?'''(?=\s|\Z)|\"\"\".*?\"\"\"(?=\s|\Z))"
    rf"|(?P<string>{_STRING})"
    r"|(?P<broken>['\"][^\r\n]*)"
    r"|(?P<comment>(?:\#[^\r\n]*\s*){1,1000})"
    r"|(?P<list>[\[{][^\[\]{}\r\n]*[\]}](?=\s|\Z))"
    r"|(?P<bare>\S+)",
    re.MULTILINE | re.DOTALL,
)
#: Items passed over that have a note of their own.
MOST_NAMED = 20
_WORD, _PAIR = re.compile(_VALUE), re.compile(rf"(_\S+)\s+({_VALUE})")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FRAME = re.compile(r"(?:^|(?<=\r))save_\S", re.MULTILINE | re.IGNORECASE)
_CIF2 = re.compile(r"\ufeff?#\\#CIF_2")
#: What a slip of each kind is, and its cure.
_SLIPS = {
    "triple": ("has a text in three quotation marks, which only CIF 2.0 knows", "export the file as CIF 1.1"),
    "list": ("has a list or table in brackets, which only CIF 2.0 knows", "export the file as CIF 1.1"),
    "broken": ("opens a quotation mark that is not closed on its line", "close it"),
}


@dataclass
class _Item:
    """A name and its value, or a loop: where it begins and ends, and the slip in it."""

    start: int
    loop: bool = False
    tags: list[str] = field(default_factory=list)
    values: int = 0
    spans: list[tuple[int, int]] = field(default_factory=list)
    end: int = 0
    slip: tuple[str, int] | None = None

    def places(self, text: str) -> Iterator[int]:
        """Where the values begin. Only of a damaged item are they asked for."""
        for start, end in self.spans:
            yield start
            yield from (found.start() for found in islice(_WORD.finditer(text, start, end), 1, None))


def legible(text: str, name: str) -> str:
    """The text with all that hinders reading blanked out, each other character in its place.

    Raises
    ------
    CifError
        As :func:`data_blocks`.
    """
    return _read(text, name)[0]


def data_blocks(text: str, name: str) -> tuple[list[gemmi.cif.Block], tuple[str, ...]]:
    """The data blocks of a CIF, and what was passed over to read them.

    Raises
    ------
    CifError
        When the text is damaged where it matters, or holds no data block; names the line.
    """
    _, document, notes = _read(text, name)
    if not len(document):
        raise CifError(name, "holds no data block: a CIF begins with data_ and a name", 1)
    return list(document), notes


@lru_cache(maxsize=4)
def _read(text: str, name: str) -> tuple[str, gemmi.cif.Document, tuple[str, ...]]:
    """The legible text, what gemmi makes of it, and notes on what was blanked.

    Raises
    ------
    CifError
        When the slip stands in something that is read; names the line.
    """
    if "\0" in text:
        what = "it is saved as UTF-16" if text.count("\0") > len(text) // 4 else "it is damaged, or no text"
        raise CifError(name, f"holds NUL characters: {what}; save it as plain text (UTF-8)", _line(text, text.index("\0")))
    clean = text
    if not text.isascii():  # a byte order mark, and bytes that are no UTF-8, matter to nobody
        clean = text.replace("\ufeff", " ", 1).encode("utf-8", "replace").decode("utf-8")
    if not isinstance(document := _parse(clean), str):
        return clean, document, ()
    clean = re.sub(r"[^\S\r\n]", " ", clean)  # blanks of other kinds, among them that which does not break
    clean = _CONTROL.sub(" ", re.sub(r"[^\x00-\x7f]", "?", clean))
    if not isinstance(document := _parse(clean), str):
        return clean, document, ()
    parts, last, notes, passed = [], 0, [], 0
    for item in _items(clean, name):
        told = _damage(item, clean, name)
        if told is not None:
            parts += [clean[last : item.start], re.sub(r"[^\r\n]", " ", clean[item.start : item.end])]
            last = item.end
            passed += 1
            demand(limits.CIF_DAMAGED, passed, name)
            if passed > MOST_NAMED:
                continue
            notes.append(f"{item.tags[0]} in line {_line(clean, item.start)} {told}; it is not needed and was passed over")
    if passed > MOST_NAMED:
        notes.append(f"{passed - MOST_NAMED} more items are damaged; they are not needed and were passed over")
    clean = "".join([*parts, clean[last:]])
    if isinstance(document := _parse(clean), str):
        raise CifError(name, *_syntax(document, clean))
    return clean, document, tuple(notes)


def _parse(text: str) -> gemmi.cif.Document | str:
    """The document, or what gemmi says is wrong. Duplicate items pass, since many files repeat one; Items looks at those that are read."""
    try:
        return gemmi.cif.read_string(text, 0)
    except (ValueError, RuntimeError) as error:
        return str(error)
    except IndexError:  # an empty text
        return gemmi.cif.Document()


def _line(text: str, place: int) -> int:
    """Line of a place in a text, from 1."""
    return bisect_left(_line_ends(text), place) + 1


@lru_cache(maxsize=2)
def _line_ends(text: str) -> list[int]:
    """Where the lines end: a damaged file may be asked about at a hundred thousand places."""
    return [found.start() for found in re.finditer("\n" if "\n" in text else "\r", text)]


def _items(text: str, name: str) -> Iterator[_Item]:
    """The items of all blocks with their slips; the text of a block's heading must be sound."""
    item: _Item | None = None
    heading: tuple[int, str] | None = None  # place and word
    headed = False
    for token in _TOKEN.finditer(text):
        kind, word, start = str(token.lastgroup), token[0], token.start()
        if kind == "comment":
            continue
        low = word.lower() if kind == "bare" else ""
        if kind == "open":
            raise CifError(name, "a text that a semicolon at the beginning of a line opens is never closed by another", _line(text, start))
        if low.startswith(("data_", "save_")) or low in ("loop_", "global_", "stop_"):
            if item is not None:
                yield item
            item = _Item(start, loop=True) if low == "loop_" else None
            heading = (start, word) if low.startswith("data_") else None
            headed = headed or heading is not None or low == "global_"
            continue
        if kind == "pairs":
            named = _PAIR.match(word)
            assert named is not None
            if item is not None and item.loop and not item.values:  # the first name is one more column of the loop
                item.tags.append(named[1])
                item.values, item.end = 1, start + named.end()
                item.spans.append((start + named.start(2), start + named.start(2)))
            if item is not None:
                yield item
                item = None
            if not headed:
                raise CifError(name, f"{named[1]} stands before any data block: a CIF begins with data_ and a name", _line(text, start))
            heading = None
            continue
        if low.startswith("_"):
            if item is None or not item.loop or item.values:
                if item is not None:
                    yield item
                item = _Item(start)
            if not headed:
                raise CifError(name, f"{word} stands before any data block: a CIF begins with data_ and a name", _line(text, start))
            heading = None
            item.tags.append(word)
            item.end = token.end()
            continue
        if item is None or not item.tags:
            _stray(text, name, start, _first(word) if kind == "run" else word, heading)
        assert item is not None
        item.values += _count(word) if kind == "run" else 1
        item.spans.append((start, token.end() if kind == "run" else start))
        item.end = start + len(word.rstrip())
        if kind in _SLIPS and item.slip is None:
            item.slip = (kind, start)
    if item is not None:
        yield item


def _first(run: str) -> str:
    """The first of a run of values."""
    found = _WORD.match(run)
    return run if found is None else found[0]


def _count(run: str) -> int:
    """How many values stand in a run of them."""
    return sum(1 for _ in _WORD.finditer(run)) if "'" in run or '"' in run else len(run.split())


def _stray(text: str, name: str, start: int, word: str, heading: tuple[int, str] | None) -> None:
    line = _line(text, start)
    if heading is not None and _line(text, heading[0]) == line:
        raise CifError(name, f"the name of the data block holds a blank ({heading[1]} {word} ...): write underscores instead", line)
    if heading is None and not re.search(r"^[^\S\r\n]*data_", text[:start], re.MULTILINE | re.IGNORECASE):
        raise CifError(name, f"begins with {word[:40]!r}, and a CIF begins with data_ and a name: is this another kind of file?", line)
    raise CifError(name, f"{word[:40]!r} stands where a name (_...), loop_ or data_ is expected", line)


def _damage(item: _Item, text: str, name: str) -> str | None:
    """What is wrong with an item that is not read; ``None`` for nothing.

    Raises
    ------
    CifError
        When the item is read.
    """
    told, cure, place = "", "compare it with the lines around it", item.start
    rows, over = divmod(item.values, len(item.tags)) if item.tags else (0, 0)
    if item.slip is not None:
        (told, cure), place = _SLIPS[item.slip[0]], item.slip[1]
    elif item.loop and (over or not rows):
        place = _short_row(item, text) or place
        told, cure = f"is in a loop of {len(item.tags)} items with {item.values} values, which make no whole rows", "complete the row"
    elif not item.loop and item.values != 1:
        told = f"has {item.values} values" if item.values else "has no value"
        place = next(islice(item.places(text), 1, None), place)
    if not told or (item.loop and not item.values and not item.slip):
        return None
    used = next((tag for tag in item.tags if is_read(plain(tag))), None)
    if used is not None and item.values:
        raise CifError(name, f"{used} {told}: {cure}", _line(text, place))
    return told if used is None else None


def _short_row(item: _Item, text: str) -> int | None:
    """Where the first line of a loop begins that has not as many values as there are items, if all others have."""
    ends = _line_ends(text)  # once: that of an equal text would be compared with this one each time
    counts: dict[int, list[int]] = {}  # of each line the place of its first value and their number
    for place in item.places(text):
        counts.setdefault(bisect_left(ends, place), [place, 0])[1] += 1
    odd = [place for place, count in counts.values() if count != len(item.tags)]
    return odd[0] if odd and len(odd) <= len(counts) / 2 else None


def _syntax(message: str, text: str) -> tuple[str, int | None]:
    """Reason and line of a message of gemmi's parser, which begins ``string:LINE``."""
    found = re.match(r'"?string:(\d+)(?::\d+\(\d+\))?(?: in data_\S*)?:\s*(.*?)"?$', message, re.DOTALL)
    if found is None:
        return f"is no CIF ({message})", None
    line = int(found[1])
    lines = text.splitlines()
    shown = lines[line - 1].strip()[:60] if line <= len(lines) else ""
    frame = _FRAME.search(text)
    if frame is not None:
        told = "a save frame opens here, as dictionaries have them, and is not closed: take it out of the file"
        return told, len(text[: frame.end()].splitlines())
    what = "no name of an item, loop_, data_ or value fits there" if found[2] == "parse error" else found[2]
    version = " (the file calls itself CIF 2.0: export it as CIF 1.1)" if _CIF2.match(text) else ""
    return f"the line {shown!r} breaks the grammar of CIF: {what}{version}; compare it with the lines around it", line
