"""Styles of a workbook: those of the changed cells once more, with a fill."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.errors import InputError
from pipeline.release.inplace.splice import CURE, appended, elements, head_with, spliced, with_attributes

#: Light yellow, on which black and red print are legible.
COLOUR = "FFFFEB9C"


def filled(styles: bytes, wanted: Iterable[int], file: str) -> tuple[bytes, dict[int, int]]:
    """The part with one fill more and each wanted cell style with it; the new style of each wanted one.

    Raises
    ------
    InputError
        When the part has no list of fills or cell styles.
    """
    found = elements(styles, ("fills", "fill", "cellXfs", "xf"), file)
    lists = {each.name: each for each in found if each.name in ("fills", "cellXfs")}
    if lists.keys() != {"fills", "cellXfs"}:
        raise InputError("the workbook has no styles that could be coloured", file=file, cure=CURE)
    fills = [each for each in found if each.name == "fill" and each.parents[-1] == "fills"]
    known = [each for each in found if each.name == "xf" and each.parents[-1] == "cellXfs"]
    if not fills or not known:
        raise InputError("the workbook has no styles that could be coloured", file=file, cure=CURE)
    p = lists["fills"].prefix
    fill = f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{COLOUR}"/><{p}bgColor indexed="64"/></{p}patternFill></{p}fill>'
    new: dict[int, int] = {}
    copies: list[bytes] = []
    for style in sorted(set(wanted)):
        base = known[style if style < len(known) else 0]
        new[style] = len(known) + len(copies)
        head = head_with(styles[base.start : base.inner], fillId=len(fills), applyFill=1)
        copies.append(head + styles[base.inner : base.end])
    edits = []
    for name, count, content in (("fills", len(fills) + 1, fill.encode()), ("cellXfs", len(known) + len(copies), b"".join(copies))):
        edits.append(appended(styles, lists[name], content))
        if "count" in lists[name].attributes:
            edits.append(with_attributes(styles, lists[name], count=count))
    return spliced(styles, edits), new
