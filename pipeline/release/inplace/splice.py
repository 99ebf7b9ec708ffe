"""Elements of an XML part with their place in its bytes, so that one can be replaced and the rest stays as it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from pipeline.errors import InputError

_HEAD = re.compile(rb"<(?:\"[^\"]*\"|'[^']*'|[^>\"'])*>")
#: What XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CURE = "open it in a spreadsheet program and save it again as .xlsx"


@dataclass(frozen=True)
class Element:
    """One element: its name without and with prefix, attributes by their written name, parents by name, and its bytes.

    ``start``, ``inner`` and ``outer`` are where its first tag begins, where that tag ends, and where its last tag begins; ``end`` is behind
    it. Of an empty element ``<c/>`` the last three are one.
    """

    name: str
    tag: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    start: int
    inner: int
    outer: int
    end: int

    @property
    def prefix(self) -> str:
        """Prefix of its namespace with the colon; blank without one."""
        return self.tag[: len(self.tag) - len(self.name)]


@dataclass(frozen=True)
class Edit:
    """Bytes that take the place of a part's bytes from ``start`` to ``end``."""

    start: int
    end: int
    data: bytes


def elements(data: bytes, names: Collection[str], file: str) -> list[Element]:
    """The elements of these names (without prefix), in the order in which they begin.

    Raises
    ------
    InputError
        When the part is not XML in UTF-8, or declares a document type.
    """
    found: list[Element | None] = []
    open_: list[tuple[str, str, dict[str, str], int, int]] = []
    parser = expat.ParserCreate()

    def begin(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        place = -1
        if name in names:
            place = len(found)
            found.append(None)
        open_.append((name, tag, attributes, parser.CurrentByteIndex, place))

    def finish(tag: str) -> None:
        name, tag, attributes, start, place = open_.pop()
        if place < 0:
            return
        head = _HEAD.match(data, start)
        if head is None:
            raise InputError("a part of the workbook is not written in UTF-8", file=file, cure=CURE)
        inner = outer = end = head.end()
        if not head[0].endswith(b"/>"):
            outer = parser.CurrentByteIndex
            end = data.index(b">", outer) + 1
        parents = tuple(each[0] for each in open_)
        found[place] = Element(name, tag, attributes, parents, start, inner, outer, end)

    def refuse(*_: object) -> None:
        raise InputError("a part of the workbook declares a document type", file=file, cure=CURE)

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = begin, finish, refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InputError(f"a part of the workbook is damaged: {error}", file=file, cure=CURE) from None
    return [each for each in found if each is not None]


def spliced(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The part with the edits made. Edits at one place come in the order in which they are given."""
    parts, place = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        assert edit.start >= place, "edits overlap"
        parts += [data[place : edit.start], edit.data]
        place = edit.end
    return b"".join([*parts, data[place:]])


def appended(data: bytes, element: Element, content: bytes) -> Edit:
    """An edit that puts content at the end of an element; one that is empty is opened for it."""
    if element.outer != element.end:
        return Edit(element.outer, element.outer, content)
    head = data[element.start : element.inner].removesuffix(b"/>").rstrip() + b">"
    return Edit(element.start, element.end, head + content + f"</{element.tag}>".encode())


def with_attributes(data: bytes, element: Element, **values: object) -> Edit:
    """An edit of an element's first tag that gives these attributes their values."""
    return Edit(element.start, element.inner, head_with(data[element.start : element.inner], **values))


def head_with(head: bytes, **values: object) -> bytes:
    """A first tag with these attributes."""
    for name, value in values.items():
        said = f" {name}={quoteattr(str(value))}".encode()
        known = re.search(rb"\s" + name.encode() + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", head)
        if known:
            head = head[: known.start()] + said + head[known.end() :]
        else:
            close = b"/>" if head.endswith(b"/>") else b">"
            head = head.removesuffix(close).rstrip() + said + close
    return head


def text_of(value: str) -> str:
    """A text as the content of an element; what XML cannot hold is left out."""
    return escape(_FORBIDDEN.sub("", value))
