"""For a comment on a pull request or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.quoting import plain, short
from pipeline.reporting.formats.landscape import landscape
from pipeline.reporting.report import Gain, Item, Report

SIGNS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}
#: GitHub refuses a comment of more than 65 536 characters.
LONGEST = 60_000
#: Rows whose gain is told one by one, and entries and letters of a name that such a line holds.
_GAINS, _NAMED, _LONGEST_NAME = 50, 3, 64
EARLIER = re.compile(r"\A## (?:❌|⚠️|✅) [^\n]+\n\nTable [^\n]+: \d+ rows?, \d+ structure files?, \d+ errors?, ")


def pieces(report: Report) -> Iterator[str]:
    """The comment, which is short enough for one."""
    yield render(report)


def render(report: Report) -> str:
    """A heading with the verdict, a table of the findings in the order of the file, what the dataset would gain, and how to go on."""
    sign = "❌" if report.has_errors else "⚠️" if report.compared is None else "✅"
    head = [f"## {sign} {escape(report.verdict())}", "", f"Table {code(report.file)}: {_counts(report)}.", ""]
    tail = gained(report)
    if report.notes:
        tail += ["<details><summary>How the table was read (please confirm)</summary>", ""]
        tail += [*(f"- {escape(note)}" for note in report.notes), "", "</details>", ""]
    if report.compared is None:
        tail += [escape(report.alone()), ""]
    room = LONGEST - sum(len(line) + 1 for line in head + tail)
    return "\n".join(head + table(report.items, room) + tail).rstrip("\n") + "\n"


def table(items: Sequence[Item], room: int = LONGEST) -> list[str]:
    """Lines of a table of findings; what would not fit into ``room`` characters is counted."""
    if not items:
        return []
    lines = ["| | row | ID | column | value | what is wrong | how to mend it |", "|---|---|---|---|---|---|---|"]
    used = sum(len(line) + 1 for line in lines)
    for shown, item in enumerate(items):
        line = (
            f"| {SIGNS[item.severity]} | {item.row or ''} | {code(item.id)} | {escape(item.heading or item.column)} | {code(item.value)} "
            f"| {escape(item.message)} (`{item.check}`) | {escape(item.fix)} |"
        )
        used += len(line) + 1
        if used > room - 100:
            return [*lines, "", f"... and {len(items) - shown} more findings: run the check to see them.", ""]
        lines.append(line)
    return [*lines, ""]


def gained(report: Report) -> list[str]:
    """What the dataset would gain from each row, and when no error is left a picture of where the rows lie."""
    gains = report.gains()
    if gains is None or not gains.rows:
        return []
    names = {row.row: row.id for row in report.rows}
    fresh = sum(gain.has_composition and not gain.repeats for gain in gains.rows)
    repeats = sum(bool(gain.repeats) for gain in gains.rows)
    new_groups = len({gain.group for gain in gains.rows if gain.group})
    lines = ["### What the dataset would gain", ""]
    lines += [f"{_number(fresh, 'new composition')}, {_number(repeats, 'repeat')}, {_number(new_groups, 'new group')} for the split.", ""]
    lines += ["| row | ID | composition | group | side |", "|---|---|---|---|---|"]
    for gain in gains.rows[:_GAINS]:
        cells = (code(short(names.get(gain.row, ""), _LONGEST_NAME)), _composition(gain), _group(gain), gain.side or "neither")
        lines.append(f"| {gain.row} | {' | '.join(cells)} |")
    if len(gains.rows) > _GAINS:
        lines += ["", f"... and {len(gains.rows) - _GAINS} more rows."]
    drawn = [] if report.has_errors else landscape(gains, report.rows)
    return [*lines, "", *(["```text", *drawn, "```", ""] if drawn else [])]


def _composition(gain: Gain) -> str:
    if not gain.has_composition:
        return "not read"
    return f"repeats {_some(gain.repeats)}" if gain.repeats else "**new**"


def _group(gain: Gain) -> str:
    if gain.group:
        return "**new**"
    if gain.papers:
        return f"of {_some(gain.papers)}, by its paper"
    return f"of {_some(gain.repeats)}, by its composition" if gain.repeats else "of entries that another row shares"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(code(name) for name in names[:_NAMED])}{more}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _counts(report: Report) -> str:
    parts = [(len(report.rows), "row"), (report.structures, "structure file")]
    parts += [(report.count("error"), "error"), (report.count("warning"), "warning")]
    return ", ".join(_number(count, name) for count, name in parts)


def escape(text: str) -> str:
    """Text that Markdown shows as it stands: no formatting, no HTML, no mention of a user, no link to an issue."""
    text = re.sub(r"([\\`*_{}\[\]|~$])", r"\\\1", plain(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("#", "&#35;").replace("@", "&#64;")


def code(text: str) -> str:
    """A value in the type of code, whatever it holds."""
    text = plain(text)
    if not text:
        return ""
    if "`" in text:
        return escape(text)
    return f"`{text}`".replace("|", "\\|")
