"""For programs: the public contract of ``check --format json``."""

from __future__ import annotations

import json
import re

from pipeline.reporting.report import Report

EARLIER = re.compile(r'\A\{\n  "findings": \[')


def render(report: Report) -> str:
    """``{"findings": [...], "summary": {...}}``; findings in the order of the file, ten fields each."""
    return json.dumps({"findings": [item.as_dict() for item in report.items], "summary": report.summary()}, indent=2) + "\n"
