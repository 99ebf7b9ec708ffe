"""``docs/checks.md``: the catalogue, the judgement of every finding on release 1.2.0, and what planted faults show.

``docs/derive.py`` writes it.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.checks.catalogue import catalogue
from pipeline.checks.check import Check

JUDGEMENTS, PAGE = Path("docs/judgements"), Path("docs/checks.md")
Rows = list[dict[str, str]]

_HEAD = """# The checks

What the program looks for, by which law, how precise that is on real data, and what it catches when faults are planted.
This page is made from the catalogue (`pipeline/checks/texts.py`) and from the judgements in `docs/judgements/` by
`python docs/derive.py`; do not edit it.

- **Errors** stop a contribution; **warnings** and **infos** do not. `obelix-curate explain CHECK` shows the same text.
- **On release 1.2.0**, as published: every error and every warning was read beside its row, its structure and its source records; infos are
  not counted. *True*: the release is wrong there, and a witness that is independent of the check says so; the witness is named.
  *Suspicious*: there is reason to doubt, on one witness or against an edit that curators made by hand, and only the paper can tell.
  *False*: row and structure are right.
"""
_FAULTS = """## Planted faults

`benchmarks/faults.py` plants faults of some thirty kinds (`benchmarks/fault_kinds.py`: slips of a hand, a converter, a spreadsheet) in
randomly chosen good rows: rows without a finding, after the corrections of `raw/`. A fault is caught when a check that was silent about
the row before now names it. A test (`tests/integration/test_faults.py`) plants a sample of every kind that is called visible, with a
fixed seed, and asks for 95 % of each.

What cannot be seen, or not always, and why:

- a conductivity that is off by ten in an entry without a source record: samples of one compound differ by more than that;
- two axes swapped in a group that is the same in any order of its axes (P212121, Pmmm): it is the same structure;
- a space group exchanged for its mirror image (P4332 for P4132): the diffraction of a powder is the same;
- an element replaced by its neighbour in both compositions of a row without a structure: charge and volume hardly change;
- both space group symbol and number replaced by a neighbour of the same crystal system in a row without a structure;
- a subscript dropped where mixed valence takes up the charge and the volume hardly changes (Li0.33 to Li in a titanate);
- one fully occupied cation site moved by half an angstrom, content and symmetry kept: two in five are caught in the published files
  (28 % by the neighbours alone, 41 % with the median of the prototype), with one false alarm in 321 files. Noise moves a site by a tenth
  of an angstrom along each axis, and by more along a long one: even if the true place of every site were known, 87 % would be caught, with
  three false alarms;
- the anions shifted against the cations between two origins of the group: three in four are caught (69 % without the prototype);
- the occupants of two cation positions exchanged: nine in ten are caught; ions of similar size have similar bond valences.

### Slips of typing

`benchmarks/slips.py` types some forty kinds of slip (`benchmarks/slip_kinds.py`) into published rows about which the checks say
nothing, a hundred of each kind. It counts for how many of them an error or a warning names the row, and for how many it names a column
that was mistyped. This stands in for the history of the curators' sheet, which we do not have: between the published sheets of 1.0.1
and 1.2.0 only one cell differs, where a close match was declared (`benchmarks/history.py`).

| slips of | row named | by an error | what is not named |
|---|---:|---:|---|
| composition | 97 % | 91 % | one that stays neutral at much the same volume; ions of one group without a structure |
| Z | 100 % | 100 % | |
| cell | 87 % | 56 % | digits beyond the third, and less than the scatter of a structure type, without a file |
| space group | 94 % | 94 % | a neighbour in symbol and number, without a file or a record |
| conductivity | 72 % | 35 % | a digit of two; an entry without a record |
| DOI | 95 % | 92 % | an entry without a record, beside the forms of a publisher that are known |
| ICSD number | 85 % | 42 % | an entry without a record whose reference names no number |
| number of a source, citation | 93 % | 58 % | a citation in `Ref` of the Liverpool dataset, which has no list of them |
"""


def page(judgements: Mapping[str, Rows]) -> str:
    """The page. ``judgements`` are the rows of ``docs/judgements`` by check."""
    lines = [_HEAD, *_contents(judgements)]
    for check in catalogue().values():
        lines += ["", *_check(check, judgements.get(check.name, []))]
    lines += ["", _FAULTS]
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
    alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in rows:
        alike[row["judgement"], row["reason"], row["witness"]].append(row["ID"])
    yield ""
    yield "| ID | judgement | reason | witness |"
    yield "|---|---|---|---|"
    for (judgement, reason, witness), ids in alike.items():
        yield f"| {' '.join(dict.fromkeys(ids))} | {judgement} | {reason.replace('|', '/')} | {witness.replace('|', '/')} |"


def _verdict(check: Check, rows: Rows) -> str:
    if not rows:
        return "Open notes are infos, which are not judged." if check.name == "note.open" else "Nothing is flagged."
    count = Counter(row["judgement"] for row in rows)
    said = ", ".join(f"{count[verdict]} {verdict}" for verdict in ("true", "suspicious", "false") if count[verdict])
    return f"{len(rows)} flagged: {said}."


def _rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(root: Path) -> dict[str, Rows]:
    """Judgements by check, of a checkout."""
    judged: dict[str, Rows] = defaultdict(list)
    for path in sorted((root / JUDGEMENTS).glob("*.csv")):
        for row in _rows(path):
            judged[row["check"]].append(row)
    return dict(judged)
