"""For programs: the public contract of ``check --format json``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.reporting.formats.indented import indented, listed
from pipeline.reporting.report import Report

EARLIER = re.compile(r'\A\{\n  "findings": \[')


def pieces(report: Report) -> Iterator[str]:
    """``{"findings": [...], "summary": {...}}``; findings in the order of the file, ten fields each."""
    yield '{\n  "findings": '
    yield from listed((item.as_dict() for item in report.items), 1)
    yield f',\n  "summary": {indented(report.summary(), 1)}\n}}\n'
