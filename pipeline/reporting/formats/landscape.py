"""Where contributed rows lie among the entries of the dataset, as text.

GitHub strips drawings out of a comment, and the charts that it draws itself know no cloud of points. Text in a block of code looks
alike in a comment, in a mail about it, in a log and on a terminal, and whatever a row is called stays text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from pipeline.quoting import short
from pipeline.reporting.report import CheckedRow, Gains, Point

#: Columns of the picture, and the share of lithium at its right edge; decades of the conductivity from the top to the lowest.
WIDTH, MOST_LITHIUM = 48, 0.72
TOP, BOTTOM = -1, -12
#: Shades for one entry, for two, for up to five and for more.
_SHADES = ((1, "·"), (2, "░"), (5, "▒"))
_DARKEST = "▓"
_NAME = 30


def landscape(gains: Gains, rows: Sequence[CheckedRow]) -> list[str]:
    """Lines of the picture: entries as shades, rows as letters, and what each letter is; none when no row has a place.

    From left to right the share of lithium among the atoms grows, from bottom to top the conductivity, a decade a line.
    """
    placed = [(gain.row, gain.point) for gain in gains.rows if gain.point is not None][: len(ascii_uppercase)]
    if not placed or not gains.entries:
        return []
    counts = Counter(_cell(point) for point in gains.entries)
    letters: dict[tuple[int, int], str] = {}
    for letter, (_, point) in zip(ascii_uppercase, placed, strict=False):
        letters[_cell(point)] = letter if _cell(point) not in letters else "*"
    lines = [f"  S/cm   {len(gains.entries)} entries: · one, ░ two, ▒ to five, ▓ more"]
    for decade in range(TOP, BOTTOM - 1, -1):
        drawn = "".join(letters.get((decade, x)) or _shade(counts[decade, x]) for x in range(WIDTH))
        lines.append(f"{'<' if decade == BOTTOM else ' '}1E{decade + (decade == BOTTOM):+03d} |{drawn.rstrip()}")
    lines.append(f"       +{'-' * WIDTH}")
    lines.append(f"        0 %{'lithium among the atoms':^{WIDTH - 7}}{MOST_LITHIUM:.0%}")
    return [*lines, "", *_legend(placed, gains, rows)]


def _legend(placed: Sequence[tuple[int, Point]], gains: Gains, rows: Sequence[CheckedRow]) -> Iterator[str]:
    names = {row.row: short(row.id, _NAME).replace("`", "'") for row in rows}
    values = sorted(point.log for point in gains.entries)
    for letter, (row, point) in zip(ascii_uppercase, placed, strict=False):
        place = f"{bisect_left(values, point.log) / len(values):.0%} of the entries conduct less"
        yield f"{letter}  row {row} {names.get(row, '')}: {point.bound}{10**point.log:.2g} S/cm, {'a bound' if point.bound else place}"
    if any(gain.point is None for gain in gains.rows) or len(placed) < len(gains.rows):
        yield f"{len(gains.rows) - len(placed)} rows are not drawn"


def _cell(point: Point) -> tuple[int, int]:
    """Line (the decade that its conductivity begins with) and column of a point; what lies beyond an edge is drawn at it."""
    decade = min(max(int(point.log // 1), BOTTOM), TOP)
    return decade, min(int(point.lithium / MOST_LITHIUM * WIDTH), WIDTH - 1)


def _shade(count: int) -> str:
    return " " if not count else next((shade for most, shade in _SHADES if count <= most), _DARKEST)
