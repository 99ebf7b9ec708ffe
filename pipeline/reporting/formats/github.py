"""For GitHub Actions: annotations on the lines of the table, the gravest first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import SEVERITIES
from pipeline.quoting import plain
from pipeline.reporting.formats.markdown import render as markdown
from pipeline.reporting.report import Item, Report

#: GitHub shows so many annotations of each kind for a step; the step summary holds all.
SHOWN = 10
#: Annotations, and behind them the verdict; or the verdict alone.
EARLIER = re.compile(
    r"\A(?:::(?:error|warning|notice) file=[^\n]*,title=[^\n]*\n)*"
    r"(?:(?:The row|All \d+ rows?) can join the dataset|(?:The row has|The \d+ rows have) no error of|"
    r"\d+ of \d+ rows? (?:ready|without))[^\n]*\n\Z"
)
COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def pieces(report: Report) -> Iterator[str]:
    """Workflow commands, one a line; of each severity at most as many as are shown, errors first, in the order of the file."""
    lines = []
    for severity in SEVERITIES:
        items = [item for item in report.items if item.severity == severity]
        if severity == "warning" and report.compared is None:
            lines.append(f"::warning file={_property(report.file)},title=not compared with the dataset::{_data(report.alone())}")
        lines += [_command(item, report) for item in items[:SHOWN]]
    yield "\n".join([*lines, f"{plain(report.verdict())}."]) + "\n"


def step_summary(report: Report) -> str:
    """Everything, as Markdown, for the file named by ``GITHUB_STEP_SUMMARY``."""
    return markdown(report)


def _command(item: Item, report: Report) -> str:
    where = [f"file={_property(report.file)}"]
    if report.is_text and item.line is not None:
        where.append(f"line={item.line}")
    where.append(f"title={_property(': '.join(filter(None, [_place(item), item.check])))}")
    value = f" Found: {plain(item.value)}." if item.value else ""
    return f"::{COMMANDS[item.severity]} {','.join(where)}::{_data(f'{plain(item.message)}{value} {plain(item.fix)}'.strip())}"


def _place(item: Item) -> str:
    parts = [f"row {item.row}" if item.row is not None else "", plain(item.id), item.column]
    return ", ".join(filter(None, parts))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")
