"""A report in the formats that people and programs read: one module a format."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.reporting.report import Report
    from pipeline.safety.outputs import Output

#: Each is a module here with ``pieces(report) -> Iterator[str]``: a piece a finding or a row where all of them are told, so that a report
#: of a hundred megabytes is never held whole.
FORMATS = ("text", "json", "markdown", "github", "junit", "sarif")


def pieces(report: Report, name: str, **options: object) -> Iterator[str]:
    """The report in the format ``name``, piece by piece, with a line break at its end. ``options`` are those of the format's own."""
    write: Callable[..., Iterator[str]] = import_module(f"{__name__}.{name}").pieces
    return write(report, **options)


def render(report: Report, name: str, **options: object) -> str:
    """The same as one text."""
    return "".join(pieces(report, name, **options))


def is_earlier(name: str) -> Callable[[str], bool]:
    """Tells whether a text is a report in the format ``name`` that an earlier run wrote; see :class:`pipeline.safety.outputs.Output`.

    Each format has its mark in ``EARLIER``: what stands in every report of it, with or without findings, and in no other text.
    """
    mark: re.Pattern[str] = import_module(f"{__name__}.{name}").EARLIER
    return lambda text: mark.search(text) is not None


def deliver(report: Report, name: str, output: Output | None) -> None:
    """Write the report to a file, or to standard output.

    A terminal gets colours and its own width; a pipe plain lines of the same width everywhere. On GitHub the step summary gets everything.
    """
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if name == "github" and summary:
        with Path(summary).open("a", encoding="utf-8", errors="replace") as handle:
            handle.write(render(report, "markdown") + "\n")
    if output is not None:
        output.write(pieces(report, name))
        return
    encoding = sys.stdout.encoding or "utf-8"
    options: dict[str, object] = {}
    if name == "text":
        is_terminal = sys.stdout.isatty()
        options["color"] = is_terminal and "NO_COLOR" not in os.environ
        options["ascii_only"] = not _can_say("✔✘·", encoding)
        if is_terminal:
            options["width"] = min(shutil.get_terminal_size().columns, 120)
    for text in pieces(report, name, **options):
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def _can_say(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
