"""For test reports (GitLab, Jenkins): a test suite with one case for each row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as Xml

from pipeline.quoting import plain
from pipeline.reporting.report import Item, Report

EARLIER = re.compile(r'\A<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="obelix-curate check" ')


def pieces(report: Report) -> Iterator[str]:
    """One case a row, and one for the table; a row with errors is a failure, warnings stand in its output.

    Rows that were checked alone have one case more, the comparison with the dataset, which was skipped.
    """
    failing = {item.row for item in report.items if item.severity == "error"}
    failures = len(failing.intersection(row.row for row in report.rows)) + any(i.severity == "error" for i in report.of_row(None))
    alone, table = report.compared is None, plain(report.file)
    counts = {"tests": str(len(report.rows) + 1 + alone), "failures": str(failures), "errors": "0"}
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield _opened("testsuites", {"name": "obelix-curate check", **counts, "time": "0"})
    yield f"\n  {_opened('testsuite', {'name': table, **counts, 'skipped': str(int(alone)), 'time': '0'})}"
    yield _case(table, "the table and its files", report.of_row(None))
    for row in report.rows:
        yield _case(table, plain(f"row {row.row}: {plain(row.id)} {plain(row.composition)}".strip()), report.of_row(row.row))
    if alone:
        case = Xml.Element("testcase", {"classname": table, "name": "comparison with the dataset", "time": "0"})
        Xml.SubElement(case, "skipped", {"message": plain(report.alone())})
        yield _written(case)
    yield "\n  </testsuite>\n</testsuites>\n"


def _opened(tag: str, attributes: dict[str, str]) -> str:
    """The start of an element that holds others."""
    return Xml.tostring(Xml.Element(tag, attributes), encoding="unicode", short_empty_elements=False).removesuffix(f"</{tag}>")


def _case(table: str, name: str, items: Sequence[Item]) -> str:
    case = Xml.Element("testcase", {"classname": table, "name": name, "time": "0"})
    errors = [item for item in items if item.severity == "error"]
    if errors:
        message = plain(errors[0].message) + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
        failure = Xml.SubElement(case, "failure", {"message": message, "type": plain(errors[0].check)})
        failure.text = "\n".join(map(_line, errors))
    rest = [item for item in items if item.severity != "error"]
    if rest:
        Xml.SubElement(case, "system-out").text = "\n".join(map(_line, rest))
    return _written(case)


def _written(case: Xml.Element) -> str:
    Xml.indent(case, level=2)
    return f"\n    {Xml.tostring(case, encoding='unicode')}"


def _line(item: Item) -> str:
    value = f" [{plain(item.value)}]" if item.value else ""
    return f"{item.severity} {plain(item.check)}: {plain(item.column)}{value} {plain(item.message)} {plain(item.fix)}".strip()
