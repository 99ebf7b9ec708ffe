"""For code scanning: SARIF 2.1.0, with fingerprints that survive moved lines."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from pipeline import __version__
from pipeline.checks.catalogue import catalogue
from pipeline.quoting import plain
from pipeline.reporting.formats.indented import indented, listed
from pipeline.reporting.report import Item, Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
#: Name of the fingerprint; its number goes up when what it is made of changes.
FINGERPRINT = "obelixCheck/v1"
EARLIER = re.compile(
    r'\A\{\n  "\$schema": "[^"\n]+",\n  "version": "2\.1\.0",\n  "runs": \[\s+\{\s+"tool": \{\s+"driver": \{\s+"name": "obelix-curate"'
)


def pieces(report: Report, identity: str = "") -> Iterator[str]:
    """One run; a rule for each check that found something, a result for each finding.

    ``identity`` tells the run from those of other tables in one upload, which takes runs of one name for one analysis and refuses them.
    """
    names = {name: number for number, name in enumerate(sorted({item.check for item in report.items}))}
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "obelix-curate", "version": __version__, "rules": [_rule(name) for name in names]}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
    }
    if report.compared is None:
        notice = {"level": "warning", "descriptor": {"id": "dataset.not-compared"}, "message": {"text": report.alone()}}
        run["invocations"][0]["toolExecutionNotifications"] = [notice]
    yield indented({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}).removesuffix("\n    }\n  ]\n}") + ',\n      "results": '
    seen: Counter[bytes] = Counter()
    table = {"uri": _uri(report.file)}
    yield from listed((_result(item, report, names, seen, table) for item in report.items), 3)
    yield f',\n      "automationDetails": {indented({"id": identity}, 3)}' if identity else ""
    yield "\n    }\n  ]\n}\n"


def _rule(name: str) -> dict[str, Any]:
    known = catalogue().get(name)
    rule: dict[str, Any] = {"id": name, "name": "".join(part.capitalize() for part in name.replace(".", "-").split("-"))}
    if known:
        rule |= {
            "shortDescription": {"text": known.title},
            "fullDescription": {"text": known.why},
            "help": {"text": known.fix},
            "defaultConfiguration": {"level": LEVELS[known.severities[0]]},
        }
    return rule


def _result(item: Item, report: Report, names: Mapping[str, int], seen: Counter[bytes], table: Mapping[str, str]) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": table}
    if report.is_text and item.line is not None:
        physical["region"] = {"startLine": item.line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if item.row is not None:
        cell = ".".join(filter(None, [f"row {item.row}", plain(item.id), item.column]))
        location["logicalLocations"] = [{"fullyQualifiedName": cell, "kind": "element"}]
    text = " ".join(filter(None, [plain(item.message), plain(item.fix)]))
    return {
        "ruleId": item.check,
        "ruleIndex": names[item.check],
        "level": LEVELS[item.severity],
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: _fingerprint(item, seen)},
    }


def _fingerprint(item: Item, seen: Counter[bytes]) -> str:
    """Hash of what the finding is about; not of where it stands. Findings alike in all of it are told apart by their order."""
    about = "\x1f".join((item.check, item.id, item.column, item.value, item.expected, item.other))
    made = hashlib.sha256(f"{about}\x1f".encode("utf-8", "replace"))
    known = made.digest()
    seen[known] += 1
    made.update(str(seen[known]).encode())
    return made.hexdigest()


def _uri(file: str) -> str:
    """Relative reference to the table; of a file elsewhere only the name, so that no path of a machine is published."""
    path = PurePath(file)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except ValueError:
            path = PurePath(path.name)
    return quote(path.as_posix(), errors="replace")
