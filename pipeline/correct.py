"""What curators decided, applied: corrections to cells, waivers to findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.checks.findings import Finding
from pipeline.errors import InputError
from schemas import columns as col
from schemas import corrections as contract

if TYPE_CHECKING:
    import pandas as pd

CORRECTIONS_FILE = "corrections.yaml"
WAIVERS_FILE = "waivers.yaml"
ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Correction:
    """One cell of one entry: what the source holds (``expect``), what it should hold, and the proof."""

    id: str
    column: str
    expect: str | float | None
    value: str | float | None
    reason: str
    evidence: str
    status: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """Acceptance of every finding of one check on one entry, with the reason."""

    id: str
    check: str
    reason: str
    status: str


def read_corrections(raw: Path) -> list[Correction]:
    """Corrections of ``raw/corrections.yaml``; the file may be absent. Raises ``InputError`` when it breaks its schema."""
    return [Correction(**item) for item in _read(raw / CORRECTIONS_FILE, contract.CORRECTIONS)]


def read_waivers(raw: Path) -> list[Waiver]:
    """Waivers of ``raw/waivers.yaml``; the file may be absent. Raises ``InputError`` when it breaks its schema."""
    return [Waiver(**item) for item in _read(raw / WAIVERS_FILE, contract.WAIVERS)]


def _read(path: Path, schema: dict[str, Any]) -> list[dict[str, Any]]:
    import jsonschema
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except FileNotFoundError:
        return []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"not YAML: {error}", file=path, cure="mend the syntax at the line named; quote IDs and formulas") from error
    problems = [
        InputError(
            f"item {1 + int(fault.absolute_path[0])}: {fault.message}" if fault.absolute_path else fault.message,
            file=path,
            cure="see the keys and values that docs/corrections.md lists",
        )
        for fault in sorted(
            jsonschema.Draft202012Validator(schema).iter_errors(document), key=lambda fault: list(map(str, fault.absolute_path))
        )
    ]
    if problems:
        raise InputError.gather(problems)
    return document or []


def corrected(cells: pd.DataFrame, corrections: Sequence[Correction], file: str = CORRECTIONS_FILE) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells with the accepted corrections applied, and one row a correction applied (``corrections.csv``).

    Raises
    ------
    InputError
        All at once: a correction whose entry is not there, whose cell no longer holds what it expects (the source may
        have been mended), that changes nothing, or that corrects a cell twice.
    """
    import pandas as pd

    rows = {str(name): row for row, name in enumerate(cells[col.ID].tolist())}
    changed = {str(label): cells[label].tolist() for label in cells.columns}
    problems: list[InputError] = []
    applied: list[tuple[str, ...]] = []
    seen: set[tuple[str, str]] = set()
    for correction in corrections:
        if correction.status != ACCEPTED:
            continue
        row = rows.get(correction.id)
        found = None if row is None else changed[correction.column][row]
        fault = _fault(correction, row, found, seen)
        seen.add((correction.id, correction.column))
        if fault or row is None:
            problems.append(_problem(correction, fault, file))
            continue
        changed[correction.column][row] = correction.value
        applied.append((correction.id, correction.column, _shown(found), _shown(correction.value), correction.reason, correction.evidence))
    if problems:
        raise InputError.gather(problems)
    table = pd.DataFrame(applied, columns=[str(c) for c in contract.COLUMNS], dtype="str")
    return pd.DataFrame(changed, dtype=object, index=cells.index), table.sort_values([str(col.ID), str(col.COLUMN)], ignore_index=True)


def _fault(correction: Correction, row: int | None, found: Any, seen: set[tuple[str, str]]) -> str:
    """What is wrong with a correction; blank when nothing is. Numbers compare as numbers, texts to the letter."""
    if row is None:
        return "it matches nothing: there is no such entry"
    if (correction.id, correction.column) in seen:
        return "the cell is corrected twice"
    if found != correction.expect:
        return f"it matches nothing: the cell holds {found!r}, not {correction.expect!r} (the source may have been mended)"
    if correction.value == correction.expect:
        return "it changes nothing"
    return ""


def _problem(correction: Correction, fault: str, file: str) -> InputError:
    return InputError(
        f"correction of {correction.id}: {fault}",
        file=file,
        column=correction.column,
        cure="compare with the pinned workbook; remove the correction, or mend its id, column or expect",
    )


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def waived(findings: Iterable[Finding], waivers: Sequence[Waiver], unused: str) -> Iterator[Finding]:
    """The findings, the accepted waivers applied; a waiver that matches nothing gives a finding of the check ``unused``."""
    open_waivers = {(w.id, w.check): w for w in waivers if w.status == ACCEPTED}
    used: set[tuple[str, str]] = set()
    for finding in findings:
        key = (finding.id, finding.check)
        if key in open_waivers:
            used.add(key)
            yield replace(finding, status="waived")
        else:
            yield finding
    for (name, check), waiver in open_waivers.items():
        if (name, check) not in used:
            yield Finding(
                name, unused, "warning", f"The waiver of {check} matches no finding; its reason was: {waiver.reason}", other=check
            )
