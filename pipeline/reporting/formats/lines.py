"""Lines of a text report, broken at blanks where rich would break them.

rich takes a quarter of a millisecond to lay out a line, and a table of 100,000 rows has as many of them. A text of characters of one
column each that fits, or that has no colours, is put together here; the rest (wide characters, words longer than a line, colours that go
over the end of one) is rich's, and both give the same lines.
"""

from __future__ import annotations

import io
import re
import textwrap
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

#: A piece of a line: a text, or a text and its style.
Piece = str | tuple[str, str]
#: Texts of characters that are one column wide each, the marks of the report among them.
_NARROW = re.compile("[ -~¡-¬®-\u02ff✘✔]*")


class Lines:
    """Lines of at most ``width`` characters, with or without colours, gathered one after the other."""

    def __init__(self, width: int, *, color: bool) -> None:
        """Take the width of a line in columns."""
        self._target = io.StringIO()
        self._width, self._color = width, color

    def say(self, *pieces: Piece, indent: int = 0) -> None:
        """Add a text, each of its lines ``indent`` columns from the left."""
        text = "".join(piece if isinstance(piece, str) else piece[0] for piece in pieces)
        width, margin = self._width - indent, " " * indent
        if _NARROW.fullmatch(text):
            if len(text) <= width:
                self._target.write(f"{margin}{''.join(map(_painted, pieces)) if self._color else text}\n")
                return
            if not self._color and max(map(len, text.split()), default=width) <= width:
                wrapped = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False, expand_tabs=False)
                self._target.writelines(f"{margin}{line}\n" for line in wrapped)
                return
        from rich.padding import Padding
        from rich.text import Text

        self._console.print(Padding(Text.assemble(*pieces), (0, 0, 0, indent)), soft_wrap=False)

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(
            file=self._target, width=self._width, force_terminal=self._color, no_color=not self._color,
            color_system="standard" if self._color else None, highlight=False, markup=False, emoji=False, legacy_windows=False,
        )  # fmt: skip

    def text(self) -> str:
        """All of them, without blanks at their ends."""
        return "\n".join(line.rstrip() for line in self._target.getvalue().splitlines()) + "\n"


@lru_cache(maxsize=1024)
def _painted(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(piece[1]).render(piece[0], color_system=ColorSystem.STANDARD)
