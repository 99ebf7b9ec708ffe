"""For a comment on a pull request or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.quoting import plain
from pipeline.reporting.report import Item, Report

SIGNS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}
#: GitHub refuses a comment of more than 65 536 characters.
LONGEST = 60_000
EARLIER = re.compile(r"\A## (?:❌|⚠️|✅) [^\n]+\n\nTable [^\n]+: \d+ rows?, \d+ structure files?, \d+ errors?, ")


def render(report: Report) -> str:
    """A heading with the verdict, a table of the findings in the order of the file, and how to go on."""
    sign = "❌" if report.has_errors else "⚠️" if report.compared is None else "✅"
    head = [f"## {sign} {escape(report.verdict())}", "", f"Table {code(report.file)}: {_counts(report)}.", ""]
    tail = []
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


def _counts(report: Report) -> str:
    parts = [(len(report.rows), "row"), (report.structures, "structure file")]
    parts += [(report.count("error"), "error"), (report.count("warning"), "warning")]
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts)


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
