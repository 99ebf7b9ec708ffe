"""For people at a terminal: a checklist, row by row, and a summary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.quoting import plain
from pipeline.reporting.formats.lines import Lines
from pipeline.reporting.report import Item, Report

#: Mark and colour of each severity; the second mark for a terminal that knows only ASCII.
MARKS = {"error": ("✘", "x", "red"), "warning": ("!", "!", "yellow"), "info": ("·", "-", "cyan"), "ready": ("✔", "+", "green")}
WIDTH = 100
#: Findings printed; nobody reads more at a terminal, and ten thousand spoilt rows would take a minute to lay out.
MOST = 1000
#: The verdict behind its mark, and below it what was compared.
EARLIER = re.compile(
    r"^[✔✘!] [^\n]+(?:\n[^\n]+)*\n"
    r"(?:Searched for duplicates among|Not searched for duplicates:|Not compared with the dataset)[^\0]{0,1000}\Z",
    re.MULTILINE,
)


def pieces(report: Report, *, color: bool = False, width: int = WIDTH, ascii_only: bool = False) -> Iterator[str]:
    """The report as lines of at most ``width`` characters."""
    lines = Lines(max(width, 40), color=color)
    place = 1 if ascii_only else 0

    def mark(kind: str) -> tuple[str, str]:
        return MARKS[kind][place], MARKS[kind][2]

    def finding(item: Item) -> None:
        lines.say(mark(item.severity), " ", (_where(item), "bold"), _value(item), indent=4)
        lines.say(plain(item.message), indent=6)
        if item.fix:
            lines.say(("To mend: ", "bold"), plain(item.fix), indent=6)
        lines.say((f"[{item.check}]", "dim"), indent=6)

    structures = f", {report.structures} structure {'file' if report.structures == 1 else 'files'}" if report.structures else ""
    lines.say((f"{plain(report.file)}: {len(report.rows)} {'row' if len(report.rows) == 1 else 'rows'}{structures}", "bold"))
    if report.notes:
        lines.say()
        lines.say("How the table was read (please confirm):")
        for note in report.notes:
            lines.say(("- ", "cyan"), plain(note), indent=2)
    lines.say()
    general = report.of_row(None)
    if general:
        lines.say("The table and its files")
        for item in general:
            finding(item)
    told = len(general)
    for row in report.rows:
        items = report.of_row(row.row)
        kind = next((severity for severity in ("error", "warning") if any(i.severity == severity for i in items)), "ready")
        rest = "" if row.has_structure or not report.structures else "  (no structure file)"
        lines.say(mark(kind), f" row {row.row}  ", (plain(row.id) or "(no ID)", "bold"), f"  {plain(row.composition)}{rest}")
        for item in items:
            finding(item)
        told += len(items)
        if told > MOST:
            lines.say()
            lines.say(f"... and {len(report.items) - told} more findings in the rows below {row.row}: --format json gives them all.")
            break
    lines.say()
    kind = "error" if report.has_errors else "warning" if report.compared is None else "ready"
    lines.say(mark(kind), " ", (report.verdict() + ".", "bold"))
    if report.compared is None:
        lines.say(report.alone())
    else:
        lines.say(f"Searched for duplicates among {report.compared} entries of the dataset.")
    if report.has_errors:
        lines.say("Correct the rows marked above, save the table, and run the check again.")
    text = lines.text()
    yield text.encode("ascii", "replace").decode("ascii") if ascii_only else text


def _where(item: Item) -> str:
    if item.check.startswith("cif.") and not item.heading and item.row is not None:
        return "structure file"
    if item.check == "table.unknown-column":
        return "column"
    if not item.column:
        return "the whole row" if item.row is not None else (plain(item.id) or "the table")
    if item.heading and item.heading != item.column:
        return f"{plain(item.heading)} (our column {plain(item.column)})"
    return plain(item.column)


def _value(item: Item) -> str:
    value = f": {plain(item.value)}" if item.value else ""
    return f"{value}  (expected: {plain(item.expected)})" if item.expected and item.expected not in item.fix else value
