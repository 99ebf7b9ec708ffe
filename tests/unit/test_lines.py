"""Lines of the report on a terminal: those of rich, and rich is not asked for each."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from pipeline.reporting.formats import render as rendered
from pipeline.reporting.formats.lines import Lines, Piece
from pipeline.reporting.report import CheckedRow, Item, Report

#: Words of one column a letter, words with wide and combined letters, and one that is longer than a line; blanks of every number.
_words = st.text("ab.-(Å°✘漢é\u0301", min_size=1, max_size=12) | st.just("x" * 60) | st.just("Li7La3Zr2O12:")
_texts = st.lists(st.tuples(_words, st.sampled_from([" ", "  ", "   "])), max_size=12).map(lambda pairs: "".join(map("".join, pairs)))
_pieces = st.lists(_texts | st.tuples(_texts, st.sampled_from(["red", "bold", "dim", "cyan"])), max_size=4)


def of_rich(pieces: list[Piece], width: int, indent: int, color: bool) -> str:
    target = io.StringIO()
    console = Console(
        file=target, width=width, force_terminal=color, no_color=not color, color_system="standard" if color else None,
        highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    console.print(Padding(Text.assemble(*pieces), (0, 0, 0, indent)), soft_wrap=False)
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"


@given(pieces=_pieces, width=st.integers(40, 60), indent=st.sampled_from([0, 2, 6]), color=st.booleans())
def test_lines_are_broken_where_rich_breaks_them(pieces: list[Piece], width: int, indent: int, color: bool) -> None:
    lines = Lines(width, color=color)
    lines.say(*pieces, indent=indent)
    assert lines.text() == of_rich(pieces, width, indent, color)


def test_no_line_of_a_long_table_is_laid_out_by_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Console, "print", lambda _, *told, **__: asked.append(told))
    rows = tuple(CheckedRow(f"r{n}", n, n, "Li7La3Zr2O12", False) for n in range(300))
    said = "One sentence about it, with numbers: 12.97 angstrom where 13.01 is due. " * 3
    items = tuple(Item(f"r{n}", n, "lattice.volume", "error", "a", "12.9", "13", said.strip(), said.strip(), "") for n in range(0, 300, 2))
    text = rendered(Report("t.csv", rows, items, compared=599), "text")
    assert asked == []
    assert text.count("[lattice.volume]") == 150
    assert max(map(len, text.splitlines())) <= 100
