"""For test reports (GitLab, Jenkins): a test suite with one case for each row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from pipeline.quoting import plain
from pipeline.reporting.report import Item, Report

EARLIER = re.compile(r'\A<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="obelix-curate check" ')


def render(report: Report) -> str:
    """One case a row, and one for the table; a row with errors is a failure, warnings stand in its output.

    Rows that were checked alone have one case more, the comparison with the dataset, which was skipped.
    """
    general = report.of_row(None)
    cases: list[tuple[str, Sequence[Item]]] = [("the table and its files", general)]
    cases += [(f"row {row.row}: {plain(row.id)} {plain(row.composition)}".strip(), report.of_row(row.row)) for row in report.rows]
    failures = sum(any(item.severity == "error" for item in items) for _, items in cases)
    alone = report.compared is None
    counts = {"tests": str(len(cases) + alone), "failures": str(failures), "errors": "0"}
    root = Xml.Element("testsuites", {"name": "obelix-curate check", **counts, "time": "0"})
    suite = Xml.SubElement(root, "testsuite", {"name": plain(report.file), **counts, "skipped": str(int(alone)), "time": "0"})
    for name, items in cases:
        case = Xml.SubElement(suite, "testcase", {"classname": plain(report.file), "name": plain(name), "time": "0"})
        errors = [item for item in items if item.severity == "error"]
        if errors:
            message = plain(errors[0].message) + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
            failure = Xml.SubElement(case, "failure", {"message": message, "type": plain(errors[0].check)})
            failure.text = "\n".join(map(_line, errors))
        rest = [item for item in items if item.severity != "error"]
        if rest:
            Xml.SubElement(case, "system-out").text = "\n".join(map(_line, rest))
    if alone:
        case = Xml.SubElement(suite, "testcase", {"classname": plain(report.file), "name": "comparison with the dataset", "time": "0"})
        Xml.SubElement(case, "skipped", {"message": plain(report.alone())})
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _line(item: Item) -> str:
    value = f" [{plain(item.value)}]" if item.value else ""
    return f"{item.severity} {plain(item.check)}: {plain(item.column)}{value} {plain(item.message)} {plain(item.fix)}".strip()
