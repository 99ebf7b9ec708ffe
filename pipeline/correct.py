"""What curators decided, applied: corrections to cells, waivers to findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.findings import Finding
from pipeline.quoting import conductivities, is_live
from pipeline.safety.documents import read_yaml
from schemas import columns as col
from schemas import corrections as contract
from schemas.columns import ID_PATTERN

if TYPE_CHECKING:
    import pandas as pd
    from jsonschema import ValidationError

CORRECTIONS_FILE = "corrections.yaml"
WAIVERS_FILE = "waivers.yaml"
ACCEPTED, AWAITING = "accepted", "awaiting"
#: Columns that name an entry's record in a literature table, by table.
LINKS = {"laskowski": col.LASKOWSKI_ID, "liion": col.LIION_ID}
LINK_COLUMNS = tuple(LINKS.values())


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
    """What curators decided about every finding of one check on one entry, with the reason.

    ``status`` is ``accepted`` (right as it stands), ``awaiting`` (it needs the paper, a database or a decision) or ``proposed`` (takes no
    effect).
    """

    id: str
    check: str
    reason: str
    status: str

    @property
    def applies(self) -> bool:
        """Whether it says what became of a finding."""
        return self.status in (ACCEPTED, AWAITING)


def read_corrections(raw: Path) -> list[Correction]:
    """Corrections of ``raw/corrections.yaml``; the file may be absent. Raises ``InputError`` when it breaks its schema."""
    return [Correction(**item) for item in _read(raw / CORRECTIONS_FILE, contract.CORRECTIONS)]


def read_waivers(raw: Path) -> list[Waiver]:
    """Waivers of ``raw/waivers.yaml``; the file may be absent. Raises ``InputError`` when it breaks its schema or decides twice."""
    waivers = [Waiver(**item) for item in _read(raw / WAIVERS_FILE, contract.WAIVERS)]
    counts = Counter((waiver.id, waiver.check) for waiver in waivers if waiver.applies)
    if twice := [pair for pair, count in counts.items() if count > 1]:
        raise InputError.gather(
            [
                InputError(f"{check} of {name} is decided twice", file=raw / WAIVERS_FILE, cure="keep one of the two")
                for name, check in twice
            ]
        )
    return waivers


def waivers_of_entries(raw: Path) -> list[Waiver]:
    """The same for a build. Raises ``InputError`` for each whose ID no entry can have, though one that waits for ``--renumber`` may."""
    waivers = read_waivers(raw)
    cure = "write the ID as the release has it: three or six characters, small letters and digits"
    strange = [
        InputError(f"item {number}: no entry can have this ID", file=raw / WAIVERS_FILE, value=each.id, cure=cure)
        for number, each in enumerate(waivers, 1)
        if not re.fullmatch(ID_PATTERN, each.id)
    ]
    if strange:
        raise InputError.gather(strange)
    return waivers


def _read(path: Path, schema: dict[str, Any]) -> list[dict[str, Any]]:
    import jsonschema

    try:
        document = read_yaml(path)
    except FileNotFoundError:
        return []
    problems = [
        InputError(_said(fault, document), file=path, cure=_cure(fault))
        for fault in sorted(
            jsonschema.Draft202012Validator(schema).iter_errors(document), key=lambda fault: list(map(str, fault.absolute_path))
        )
    ]
    if problems:
        raise InputError.gather(problems)
    return document or []


def _said(fault: ValidationError, document: Any) -> str:
    """What is wrong, with the number of the item and the entry that it speaks of."""
    if not fault.absolute_path:
        return str(fault.message)
    number = int(fault.absolute_path[0])
    item = document[number]
    name = f" ({item['id']})" if isinstance(item, dict) and isinstance(item.get("id"), str) else ""
    key = f" {fault.absolute_path[1]}:" if len(fault.absolute_path) > 1 else ""
    return f"item {1 + number}{name}:{key} {fault.message}"


def _cure(fault: ValidationError) -> str:
    """How to mend it: for a word that is not in the list what each word of the list means."""
    meanings = fault.schema.get("description", "") if fault.validator == "enum" and isinstance(fault.schema, dict) else ""
    return str(meanings) or "see the keys and values that docs/corrections.md lists"


def corrected(cells: pd.DataFrame, corrections: Sequence[Correction], file: str = CORRECTIONS_FILE) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells with the accepted corrections applied, and one row a correction applied (``corrections.csv``).

    Raises
    ------
    InputError
        All at once: a correction whose entry is not there, whose cell no longer holds what it expects (the source may
        have been mended), that changes nothing, or that corrects a cell twice.
    """
    import pandas as pd

    rows = {str(name): row for row, name in reversed(list(enumerate(cells[col.ID].tolist())))}  # of rows of one ID the first
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


@dataclass(frozen=True, slots=True)
class Sorted:
    """Corrections beside a sheet that curators still work on.

    Attributes
    ----------
    open
        Those that are to be applied (:func:`corrected`).
    mended
        Those whose cell holds their ``value`` already: the sheet was mended, and nothing is left to correct.
    idle
        Those that have no cell: the row was removed, or the sheet lacks the column.
    """

    open: tuple[Correction, ...]
    mended: tuple[Correction, ...]
    idle: tuple[Correction, ...]


def sort_out(corrections: Sequence[Correction], cells: pd.DataFrame, absent: Iterable[str], removed: Iterable[str]) -> Sorted:
    """Tell the accepted corrections that a curators' own sheet has taken in, or leaves no cell for, from those to be applied.

    Parameters
    ----------
    corrections
        What curators decided.
    cells
        The sheet and the contributed rows, as :func:`corrected` takes them.
    absent, removed
        Columns that the sheet lacks, and IDs of the last release that are no longer in it.
    """
    lacking, gone = frozenset(map(str, absent)), frozenset(removed)
    rows = {str(name): row for row, name in reversed(list(enumerate(cells[col.ID].tolist())))}
    sorted_out: dict[str, list[Correction]] = {"open": [], "mended": [], "idle": []}
    for correction in corrections:
        row = rows.get(correction.id)
        state = "open"
        if correction.status == ACCEPTED:
            if correction.column in lacking or (row is None and correction.id in gone):
                state = "idle"
            elif row is not None and _reads_like(cells[correction.column].iat[row], correction.value):
                state = "mended"
        sorted_out[state].append(correction)
    return Sorted(*(tuple(sorted_out[state]) for state in ("open", "mended", "idle")))


def _reads_like(found: Any, value: Any) -> bool:
    """Whether a cell holds a value: numbers as numbers, also where one of them is text; outer white space is noise; a blank is a blank."""
    plain = [None if each is None else str(each).strip() or None for each in (found, value)]
    if None in plain or plain[0] == plain[1]:
        return plain[0] == plain[1]
    try:
        return float(plain[0] or "") == float(plain[1] or "") and not (isinstance(found, str) and isinstance(value, str))
    except ValueError:
        return False


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
    if isinstance(correction.value, str) and is_live(correction.value):
        return f"its value {correction.value!r} is one that spreadsheets take for a formula"
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


def decided(findings: Iterable[Finding], waivers: Sequence[Waiver], unused: str) -> Iterator[Finding]:
    """The findings, each with the status and the reason of its waiver; a waiver that matches nothing gives a finding of ``unused``.

    A proposed waiver takes no effect. A finding that is corrected stays so.
    """
    applied = {(w.id, w.check): w for w in waivers if w.applies}
    used: set[tuple[str, str]] = set()
    for finding in findings:
        key = (finding.id, finding.check)
        waiver = applied.get(key)
        if waiver is not None and finding.status == "open":
            used.add(key)
            yield replace(finding, status="awaiting" if waiver.status == AWAITING else "accepted", reason=waiver.reason)
        else:
            yield finding
    for (name, check), waiver in applied.items():
        if (name, check) not in used:
            yield Finding(
                name, unused, "warning", f"The waiver of {check} matches no finding; its reason was: {waiver.reason}", other=check
            )


def link_corrections(
    cells: pd.DataFrame, identifiers: pd.DataFrame, links: pd.DataFrame, decided: Iterable[tuple[str, str]] = ()
) -> list[Correction]:
    """Corrections of the links to the source tables: one for each cell that does not name the entry's own record.

    Parameters
    ----------
    cells
        The sheet, as curators decided it.
    identifiers
        The right ``Laskowski ID`` and ``Liion ID`` of each entry, index ``ID``, blank where the source has no record of it.
    links
        ``links.csv``: what was found and what agrees, the evidence.
    decided
        ID and column of the cells that a curator has corrected: they stay as decided.
    """
    import pandas as pd

    evidence = {(link[col.LINK_ENTRY], link[col.SOURCE]): link for link in reversed(links.to_dict("records"))}
    settled = set(decided)
    found: list[Correction] = []
    for source, column in LINKS.items():
        right = identifiers[column]
        for name, before in zip(cells[col.ID].tolist(), cells[column].tolist(), strict=True):
            after = None if pd.isna(right[name]) else str(right[name])
            if (None if before is None else str(before).strip()) != after and (name, column) not in settled:
                reason, proof = _link_reason(before, after, evidence.get((name, source)))
                found.append(Correction(str(name), str(column), before, after, reason, proof, ACCEPTED))
    return found


def _link_reason(before: object, after: str | None, link: dict[Any, Any] | None) -> tuple[str, str]:
    """Why a link changes, and what proves it."""
    if after is None:
        return "The source has no record of this entry.", "No record of the paper agrees in composition and conductivity (links.csv)."
    if before is None:
        reason = "The entry's record in the source was not named."
    elif link is not None and link[col.AGREES_WITH_PUBLISHED] is True:
        reason = "The published number names the same record by another convention; the release gives the number of the record itself."
    else:
        reason = "The published number names another record."
    if link is None:
        return reason, "The citation is the entry's paper."
    agree = {"composition": link[col.COMPOSITION_AGREES], "paper": link[col.DOI_AGREES], "space group": link[col.SPACEGROUP_AGREES]}
    told = [f"{what} agrees" for what, value in agree.items() if value is True]
    ratio = link[col.CONDUCTIVITY_RATIO]
    if ratio == ratio:  # not blank
        told.append(conductivities(ratio))
    return reason, f"Record {link[col.LINK_RECORD]}: {', '.join(told) or 'its place in the paper'} (links.csv)."
