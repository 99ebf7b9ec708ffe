"""What the dataset would gain from contributed rows, told and drawn."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.contribute.gain import gains
from pipeline.ingest.workbook import typed
from pipeline.quoting import plain
from pipeline.reporting.formats import render
from pipeline.reporting.formats.landscape import WIDTH, landscape
from pipeline.reporting.report import CheckedRow, Gain, Gains, Item, Point, Report
from pipeline.split.sides import Split
from schemas import columns as col

ENTRIES = [
    ("aaa", "LiI", "10.1/a", 1e-7),
    ("bbb", "Li6PS5Cl", "10.1/b", 1e-3),
    ("ccc", "LiBr", "10.1/c", "<1E-10"),
    ("ddd", "Li2Br2", "10.1/d", 1e-9),
]
SPLIT = Split(["aaa", "ccc", "ddd"], ["bbb"])


def table(rows: list[tuple[str, str, str, object]]) -> pd.DataFrame:
    cells = pd.DataFrame([[None] * len(col.WORKBOOK) for _ in rows], columns=list(map(str, col.WORKBOOK)), dtype=object)
    for place, (name, formula, doi, value) in enumerate(rows):
        for column, cell in ((col.ID, name), (col.REDUCED_COMPOSITION, formula), (col.DOI, doi), (col.IONIC_CONDUCTIVITY, value)):
            cells.loc[place, str(column)] = cell
    return typed(cells, [name for name, *_ in rows])


def gained(*rows: tuple[str, str, str, object]) -> Gains:
    return gains(table(list(rows)), table(ENTRIES), SPLIT, range(2, 2 + len(rows)))


@pytest.mark.parametrize(
    ("row", "repeats", "papers", "is_new", "side"),
    [
        (("x", "Li3YCl6", "10.1/x", 1e-4), (), (), True, "train"),
        (("x", "Li3YCl6", "10.1/b", 1e-4), (), ("bbb",), False, "test"),
        (("x", "Li 6 PS5Cl", "10.1/x", 1e-4), ("bbb",), (), False, "test"),
        (("x", "Li12P2S10Cl2", "10.1/x", 1e-4), ("bbb",), (), False, "test"),  # another number of formula units
        (("x", "LiBr", "10.1/x", 1e-4), ("ccc", "ddd"), (), False, "train"),
        (("x", "LiI", "10.1/b", 1e-4), ("aaa",), ("bbb",), False, ""),  # ties both sides
        (("x", "what?", "10.1/x", 1e-4), (), (), True, "train"),
    ],
)
def test_a_row_brings_a_composition_and_a_group_or_repeats(
    row: tuple[str, str, str, object], repeats: tuple[str, ...], papers: tuple[str, ...], is_new: bool, side: str
) -> None:
    [gain] = gained(row).rows
    assert (gain.repeats, gain.papers, bool(gain.group), gain.side) == (repeats, papers, is_new, side)
    assert gain.has_composition is (row[1] != "what?")


def test_rows_of_one_paper_are_one_new_group_and_one_may_bring_the_others_along() -> None:
    found = gained(("x", "Li3YCl6", "10.1/x", 1e-4), ("y", "Li3ErCl6", "10.1/x", 1e-4), ("z", "Li3InCl6", "10.1/z", 1e-4)).rows
    assert found[0].group == found[1].group != found[2].group != ""
    drawn_along = gained(("x", "Li3YCl6", "10.1/x", 1e-4), ("y", "LiI", "10.1/x", 1e-4)).rows
    assert [gain.group for gain in drawn_along] == ["", ""]


def test_the_picture_has_every_row_where_it_lies() -> None:
    """Lithium iodide is half lithium: in the middle of an axis that ends at 72 %; 1e-7 S/cm is on the line of its decade."""
    found = gained(("x", "LiI", "10.1/x", 1e-7), ("y", "Li6PS5Cl", "10.1/y", 5e-20), ("z", "none", "10.1/z", 1e-4))
    lines = landscape(found, [CheckedRow("x", 2, 2, "LiI", False), CheckedRow("y`", 3, 3, "", False), CheckedRow("z", 4, 4, "", False)])
    [there] = [line for line in lines if line.startswith(" 1E-07 |")]
    assert there.index("A") - len(" 1E-07 |") == int(0.5 / 0.72 * WIDTH)
    [lowest] = [line for line in lines if line.startswith("<1E-11 |")]
    assert "B" in lowest
    assert "A  row 2 x: 1e-07 S/cm, 50% of the entries conduct less" in lines  # of 1e-10 (a bound), 1e-9, 1e-7 and 1e-3
    assert "B  row 3 y': 5e-20 S/cm, 0% of the entries conduct less" in lines
    assert "1 rows are not drawn" in lines
    assert landscape(Gains((), ()), []) == []


def test_a_comment_shows_the_picture_only_when_no_error_is_left() -> None:
    found = gained(("x", "LiI", "10.1/x", 1e-7))
    green = Report("rows.csv", (CheckedRow("x", 2, 2, "LiI", False),), (), compared=4, gains=lambda: found)
    text = render(green, "markdown")
    assert "0 new compositions, 1 repeat, 0 new groups for the split." in text
    assert "| 2 | `x` | repeats `aaa` | of `aaa`, by its composition | train |" in text
    assert "```text\n" in text
    red = replace(green, items=(Item("x", 2, "id.format", "error", "ID", "x", "", "wrong.", "mend.", ""),))
    assert "repeats `aaa`" in render(red, "markdown")
    assert "```text" not in render(red, "markdown")
    assert "What the dataset would gain" not in render(replace(green, gains=lambda: None), "markdown")


def test_many_rows_and_hostile_names_fit_into_a_comment_and_stay_text() -> None:
    attack = "a|b`c`<script>\n```\n::error::x @all [l](u) \x1b[31m" + "x" * 3000
    point = Point(0.3, -5.0)
    found = Gains(tuple(Gain(n, True, ("aaa",) * 400, (), "", "train", point) for n in range(2, 5002)), (point,) * 599)
    rows = tuple(CheckedRow(attack, n, n, "LiI", False) for n in range(2, 5002))
    text = render(Report("rows.csv", rows, (), compared=599, gains=lambda: found), "markdown")
    assert len(text) < 65_536
    assert "... and 4950 more rows." in text
    assert "4974 rows are not drawn" in text
    assert text.count("```") == 2
    outside = text.partition("```text")[0] + text.rpartition("```")[2]
    assert "<script" not in re.sub(r"`[^`]*`", "", outside)
    assert "@all" not in re.sub(r"`[^`]*`", "", outside).replace("&#64;all", "")
    assert all(plain(line.strip()) == line.strip() for line in text.splitlines())
