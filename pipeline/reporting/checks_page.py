"""``docs/checks.md``: the catalogue, the judgement of every finding on release 1.2.0, and the faults that were planted.

``docs/derive.py`` writes it.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.checks.catalogue import catalogue
from pipeline.checks.check import Check

JUDGEMENTS, FAULTS, PAGE = Path("docs/judgements"), Path("docs/faults.csv"), Path("docs/checks.md")
Rows = list[dict[str, str]]

_HEAD = """# The checks

What the program looks for, by which law, how precise that is on real data, and what it catches when faults are planted.
This page is made from the catalogue (`pipeline/checks/texts.py`), from the judgements in `docs/judgements/` and from
`docs/faults.csv` by `python docs/derive.py`; do not edit it.

- **Errors** stop a contribution; **warnings** and **infos** do not. `obelix-curate explain CHECK` shows the same text.
- **On release 1.2.0**, as published: every finding was read beside its row, its structure and its source records. *True*: the
  release is wrong there. *Suspicious*: there is reason to doubt, and only the paper can tell. *False*: row and structure are right.
"""
_FAULTS = """## Planted faults

Each kind of fault was planted in up to three hundred randomly chosen good rows (rows without a finding, after the corrections of
`raw/`) by `benchmarks/faults.py`, with a fixed seed. A fault is caught when a check speaks of the row that was silent before.
"""
_UNSEEN = """
What cannot be seen, and why:

- a conductivity that is off by ten in an entry without a source record: samples of one compound differ by more than that;
- two axes swapped in a group that is the same in any order of its axes (P212121, Pmmm): it is the same structure;
- a space group exchanged for its mirror image (P4332 for P4132): the diffraction of a powder is the same;
- an element replaced by its neighbour in both compositions of a row without a structure: charge and volume hardly change;
- both space group symbol and number replaced by a neighbour of the same crystal system in a row without a structure;
- a subscript dropped where mixed valence takes up the charge and the volume hardly changes (Li0.33 to Li in a titanate).
"""


def page(judgements: Mapping[str, Rows], faults: Rows) -> str:
    """The page. ``judgements`` are the rows of ``docs/judgements`` by check, ``faults`` those of ``docs/faults.csv``."""
    lines = [_HEAD, *_contents(judgements)]
    for check in catalogue().values():
        lines += ["", *_check(check, judgements.get(check.name, []))]
    lines += ["", _FAULTS, *_table(faults), _UNSEEN.rstrip()]
    return "\n".join(lines).rstrip() + "\n"


def _contents(judgements: Mapping[str, Rows]) -> Iterator[str]:
    yield "| check | severity | says | true | suspicious | false |"
    yield "|---|---|---|---:|---:|---:|"
    for check in catalogue().values():
        count = Counter(row["judgement"] for row in judgements.get(check.name, []))
        numbers = " | ".join(str(count[verdict]) if count else "" for verdict in ("true", "suspicious", "false"))
        yield f"| [{check.name}](#{check.name.replace('.', '')}) | {', '.join(check.severities)} | {check.title} | {numbers} |"


def _check(check: Check, rows: Rows) -> Iterator[str]:
    yield f"## {check.name}"
    yield ""
    yield f"*{check.title}* ({' or '.join(check.severities)}). {check.why}"
    yield ""
    yield f"- **Law.** {check.law}"
    yield f"- **Tolerance.** {check.tolerance[:1].upper()}{check.tolerance[1:]}"
    yield f"- **Source.** {check.source}"
    yield f"- **How to fix.** {check.fix}"
    yield f"- **On release 1.2.0.** {_verdict(check, rows)}"
    if not rows:
        return
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        alike[row["judgement"], row["reason"]].append(row["ID"])
    yield ""
    yield "| ID | judgement | reason |"
    yield "|---|---|---|"
    for (judgement, reason), ids in alike.items():
        yield f"| {' '.join(dict.fromkeys(ids))} | {judgement} | {reason.replace('|', '/')} |"


def _verdict(check: Check, rows: Rows) -> str:
    if not rows:
        return "Open notes, counted and not judged." if check.name == "note.open" else "Nothing is flagged."
    count = Counter(row["judgement"] for row in rows)
    said = ", ".join(f"{count[verdict]} {verdict}" for verdict in ("true", "suspicious", "false") if count[verdict])
    return f"{len(rows)} flagged: {said}."


def _table(faults: Rows) -> Iterator[str]:
    columns = ("fault", "visible in", "planted", "error", "warning", "missed", "caught", "by")
    yield f"| {' | '.join(columns)} |"
    yield "|---|---|---:|---:|---:|---:|---:|---|"
    for row in faults:
        yield f"| {' | '.join(row[column] or 'nothing' if column == 'visible in' else row[column] for column in columns)} |"


def _rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(root: Path) -> tuple[dict[str, Rows], Rows]:
    """Judgements by check, and faults, of a checkout."""
    judged: dict[str, Rows] = defaultdict(list)
    for path in sorted((root / JUDGEMENTS).glob("*.csv")):
        for row in _rows(path):
            judged[row["check"]].append(row)
    return dict(judged), _rows(root / FAULTS)
