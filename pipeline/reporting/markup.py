"""The house's HTML: what every page that the program writes is made of. Text is escaped here and nowhere else."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

#: No page loads or sends anything; a page without a script allows none.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


@dataclass(frozen=True)
class Section:
    """A part of a page: its anchor, its name among the parts, its title, what it shows in a sentence, and its content as HTML."""

    anchor: str
    name: str
    title: str
    introduction: str
    content: str

    def html(self) -> str:
        """The part. It can take the focus, so that the keyboard goes on from where a link led."""
        said = f"<p>{escaped(self.introduction)}</p>\n" if self.introduction else ""
        return (
            f'<section id="{escaped(self.anchor)}" tabindex="-1" aria-labelledby="{escaped(self.anchor)}-title">'
            f'<h2 id="{escaped(self.anchor)}-title">{escaped(self.title)}</h2>\n{said}{self.content}\n</section>'
        )


def asset(name: str) -> str:
    """Text of a file of ``assets``."""
    return files("pipeline.reporting").joinpath("assets", name).read_text(encoding="utf-8").rstrip("\n")


def filled(template: str, parts: Mapping[str, str]) -> str:
    """The template with its marks (``@name@``) replaced, once: a mark in a part is text."""
    return re.sub("@([a-z]+)@", lambda mark: parts[mark[1]], template)


def escaped(value: object) -> str:
    """HTML of a value; that of :class:`Markup` is its own."""
    return value if isinstance(value, Markup) else html.escape(str(value))


def chip(word: str) -> Markup:
    """A word on a coloured ground, such as a severity or a status. Its class is the word without spaces."""
    return Markup(f'<span class="chip {escaped(word.replace(" ", ""))}">{escaped(word)}</span>')


def cards(pairs: Iterable[tuple[object, str]]) -> str:
    """Large numbers with what they count."""
    shown = "".join(f"<li><b>{escaped(value)}</b><span>{escaped(label)}</span></li>" for value, label in pairs)
    return f'<ul class="cards">{shown}</ul>'


def terms(pairs: Iterable[tuple[str, object]]) -> str:
    """Terms with what is said of each."""
    return "<dl>" + "".join(f"<dt>{escaped(term)}</dt><dd>{escaped(text)}</dd>" for term, text in pairs) + "</dl>"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, label: str, kind: str = "") -> str:
    """A table that needs no script. ``label`` names it to who does not see it; ``kind`` is its class (``wide``: cards on a phone)."""
    head = "".join(f'<th scope="col">{escaped(text)}</th>' for text in heads)
    body = []
    for row in rows:
        cells = (_cell(head, value) for head, value in zip(heads, row, strict=True))
        body.append(f'<tr role="row">{"".join(cells)}</tr>')
    return (
        f'<table class="{escaped(kind)}" role="table" aria-label="{escaped(label)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def _cell(head: str, value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    kind = ' class="number"' if number else ""
    content = f"<div>{escaped(value)}</div>" if value not in (None, "") else ""  # a blank cell has no line of its own on a phone
    return f'<td role="cell"{kind} data-label="{escaped(head)}">{content}</td>'


def sheet(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """A whole page without a script."""
    return filled(asset("sheet.html"), {**frame(title, subtitle, sections), "policy": POLICY})


def frame(title: str, subtitle: str, sections: Sequence[Section]) -> dict[str, str]:
    """What the templates of all pages ask for."""
    return {
        "title": escaped(title),
        "subtitle": escaped(subtitle),
        "nav": "".join(f'<a href="#{escaped(part.anchor)}">{escaped(part.name)}</a>' for part in sections),
        "sections": "\n".join(part.html() for part in sections),
        "css": asset("page.css"),
    }
