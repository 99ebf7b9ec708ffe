"""A contributed table on the same line as the release: check it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.catalogue import fix_for
from pipeline.checks.duplicates import pair_findings
from pipeline.checks.ids import FREE
from pipeline.checks.reading import Row, rows
from pipeline.checks.run import check as run_checks
from pipeline.checks.series import series_findings
from pipeline.checks.structure_copies import copy_findings, further_findings, noise_findings
from pipeline.checks.subject import Subject
from pipeline.contribute.existing import ALONE, Existing
from pipeline.contribute.existing import existing as load_existing
from pipeline.contribute.files import Said, file_findings, passed_over, structures_of, text_of
from pipeline.contribute.noise import with_noise
from pipeline.errors import InputError
from pipeline.findings import SEVERITIES, Finding
from pipeline.ingest.contributed.bundle import Bundle, bundle
from pipeline.ingest.contributed.grid import ASKED_NOTHING, Reading
from pipeline.ingest.contributed.table import Contribution, Unread, contribution
from pipeline.ingest.workbook import typed
from pipeline.reporting.report import CheckedRow, Gains, Item, Report
from pipeline.safety import inputs, limits
from pipeline.structures.equal import may_be
from pipeline.structures.tags import CifError
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.contribute.replaces import Replaced
    from pipeline.safety.workers import Workers
    from pipeline.structures.noise import Noise

#: Check that a cell of a column fails when it cannot be read, or is blank where a value is required.
UNREAD: dict[str, str] = {
    col.ID: "id.format",
    col.REDUCED_COMPOSITION: "composition.unparsable",
    col.TRUE_COMPOSITION: "composition.unparsable",
    col.Z: "composition.z-mismatch",
    col.IONIC_CONDUCTIVITY: "conductivity.unparsable",
    col.IC_TOTAL: "conductivity.unparsable",
    col.IC_BULK: "conductivity.unparsable",
    col.SPACE_GROUP: "spacegroup.unknown-symbol",
    col.SPACE_GROUP_NUMBER: "spacegroup.unknown-symbol",
    **dict.fromkeys(col.LATTICE, "lattice.range"),
    col.DOI: "reference.doi-syntax",
    col.CLOSE_MATCH: "cif.close-match",
}
_IDENTITY = (col.REDUCED_COMPOSITION, col.TRUE_COMPOSITION, col.Z, col.SPACE_GROUP_NUMBER, *col.LATTICE)
#: Place of a finding about no column of the file: behind all of them.
NO_PLACE = 100_000
#: Rows of the same ID that a message names; the rest is counted.
LISTED = 5
OTHERWISE = "table.unread-cell"
#: Findings that this module makes itself, in the contributor's terms.
OWN = ("id.", "duplicate.", "cif.missing-file", "cif.orphan-file", "split.")
#: How a contributor mends what the catalogue tells a maintainer to mend in another way.
REMEDIES = {
    "cif.licence": (
        "Do not send this file: its coordinates belong to its database. Send your own refinement, an open structure, or none. "
        "(A maintainer who has the key accepts a file that perturb made with 'accept --key-file'.)"
    ),
    "composition.charge": "Compare the formula with the paper and mend the subscript. If the paper says so, leave it and say so in a "
    "column 'note': up to 0.9 charges it may join, beyond a maintainer decides.",
    "duplicate.near": "Compare the two. If both were measured, leave the row, and say in a column 'note' what tells them apart.",
    "duplicate.paper": "Compare both values with the paper. If it has two samples, leave the row, and say in a column 'note' what tells "
    "them apart; if one value is a slip, mend it, or tell the curators about the entry.",
    "duplicate.same-conductivity": "Find the paper that measured it, and leave the row out if it is the other one.",
}


@dataclass(frozen=True)
class Checked:
    """A contributed table that was read and checked: what ``accept`` needs beside the report.

    ``verified`` holds the positions of the rows whose structure is known to carry noise.
    """

    report: Report
    contribution: Contribution
    structures: Mapping[int, str]
    existing: Existing
    verified: frozenset[int] = frozenset()


def check(
    table: Path,
    cifs: Path | None,
    raw: Path | None = None,
    *,
    with_dataset: bool = True,
    reading: Reading = ASKED_NOTHING,
    replaces: bool = False,
    noise: Noise | None = None,
    by: Workers | None = None,
) -> Checked:
    """Check a contributed table and its structure files.

    Parameters
    ----------
    table, cifs
        The table, and a folder or archive of its structures.
    raw
        Folder of pins and decisions; by default those that travel with the program (:func:`pipeline.contribute.existing.entries`).
    with_dataset
        Whether the rows are compared with the entries of the dataset. Without, the report says that they were not.
    reading
        The sheet, the hidden parts and the encoding that the user asked for.
    replaces
        Whether a row with the ID of an entry takes its place (an edited workbook): it is compared with that entry as a change.
    noise
        The secret key, where somebody has it: a structure whose mark it verifies carries noise, and is taken as perturb writes it.
    by
        Workers that check the rows; by default it is done here.

    Raises
    ------
    InputError
        When the table or the structures cannot be used at all (a bad cell is a finding), or there is no dataset to compare with.
    """
    data = inputs.read(table, "table")
    given = None if cifs is None else bundle(cifs)
    known = load_existing(raw) if with_dataset else Existing(None, ALONE)
    given, verified = with_noise(given, noise, table, Path("raw") if raw is None else raw)
    return check_table(data, str(table), given, known, reading, verified, replaces=replaces, by=by)


def check_table(
    data: bytes,
    file: str,
    given: Bundle | None,
    known: Existing,
    reading: Reading = ASKED_NOTHING,
    verified: Collection[str] = (),
    *,
    replaces: bool = False,
    by: Workers | None = None,
) -> Checked:
    """The same for the bytes of a table.

    ``given`` is ``None`` when no structures were handed in; ``verified`` holds the texts of structures known to carry noise.
    """
    read = contribution(data, file, reading, by)
    changed = None
    if replaces:
        from pipeline.contribute.replaces import replaced

        if known.dataset is None or known.entries is None:
            raise InputError("rows can replace entries only where there is a dataset", file=file, cure="leave --without-dataset out")
        changed = replaced(read, known.dataset)
        read = changed.contribution
        known = replace(known, entries=known.entries[~known.entries.index.isin(changed.ids)])
    keys = _keys(read, known)
    own = structures_of(read, given)
    if len(own) > limits.STRUCTURES():
        raise limits.STRUCTURES.error(file, len(own))
    noisy = frozenset(position for position, text in own.items() if text in verified)
    unread = list(_unread(read, keys))
    lost = {(finding.id, str(finding.column)) for finding, _ in unread if finding.check != "conductivity.temperature"}
    said = chain(
        unread, _names(read, keys), file_findings(read, keys, own, given), _checked(read, keys, own, known, lost, changed, noisy, by)
    )
    findings = list(said) if changed is None else list(_judged(said, changed))
    report = Report(
        file=file,
        rows=tuple(
            CheckedRow(text_of(name), row, line, text_of(composition), position in own)
            for position, (row, line, name, composition) in enumerate(
                zip(read.rows, read.lines, read.cells[col.ID].tolist(), read.cells[col.REDUCED_COMPOSITION].tolist(), strict=True)
            )
        ),
        items=tuple(_items(findings, read, keys)),
        notes=read.notes + passed_over(given) + (() if changed is None else changed.notes),
        structures=0 if given is None else len(given.structures),
        compared=None if known.entries is None else len(known.entries) + (0 if changed is None else len(changed.ids)),
        reason=known.reason,
        is_text=read.is_text,
        gains=lambda: _gains(read, keys, known),
    )  # fmt: skip
    return Checked(report, read, own, known, noisy)


def _gains(read: Contribution, keys: list[str], known: Existing) -> Gains | None:
    """What the dataset would gain; ``None`` when there is none to compare with."""
    if known.entries is None or known.dataset is None or known.dataset.split is None:
        return None
    from pipeline.contribute.gain import gains

    return gains(typed(read.cells, keys), known.entries, known.dataset.split(), read.rows)


def _judged(said: Iterable[Said], changed: Replaced) -> Iterator[Said]:
    """What is said about rows that replace entries: the changes, and no doubt that curators accepted, nor a file that the dataset has."""
    yield from ((change, "Compare the change with the paper.") for change in changed.changes)
    for finding, remedy in said:
        if (finding.id, finding.check) in changed.accepted:
            continue
        if finding.check == "cif.missing-file" and finding.id in changed.structures:
            continue
        yield finding, remedy


def _keys(read: Contribution, known: Existing) -> list[str]:
    """A name for each row that no other row and no entry of the dataset has: the contributor's ID where it can serve."""
    ids = [text_of(value) for value in read.cells[col.ID]]
    counts = Counter(name.casefold() for name in ids)
    entries = frozenset() if known.entries is None else frozenset(name.casefold() for name in known.entries.index)
    keys = []
    for name, row in zip(ids, read.rows, strict=True):
        if not (counts[name.casefold()] == 1 and name.casefold() not in entries and FREE.fullmatch(name)):
            name = f"row-{row}"
            while name in counts:
                name += "_"
        keys.append(name)
    return keys


# --- findings, each with how to mend it (blank: as the catalogue says) ---------------------------------------------


def _unread(read: Contribution, keys: list[str]) -> Iterator[Said]:
    """Cells that could not be read."""
    for bad in read.unread:
        key = "" if bad.position is None else keys[bad.position]
        if bad.kind == "column":
            guess = f" Did you mean {bad.expected!r}?" if bad.expected else ""
            message = f"The column {bad.column!r} is none of ours and was not read.{guess}"
            yield Finding("", "table.unknown-column", "warning", message, value=bad.column, expected=bad.expected), ""
        elif bad.kind == "temperature":
            finding = Finding(key, "conductivity.temperature", "error", _sentence(bad.why), bad.column, bad.value, bad.expected)
            yield finding, ""
        elif bad.kind == "shape":
            yield Finding(key, "table.row-shape", "error", _sentence(bad.why), value=bad.value, expected=bad.expected), ""
        else:
            finding = Finding(key, UNREAD.get(bad.column, OTHERWISE), "error", _sentence(bad.why), bad.column, bad.value, bad.expected)
            yield finding, _remedy(bad)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _remedy(bad: Unread) -> str:
    if bad.kind == "blank":
        meaning = next(column.description for column in col.WORKBOOK if column == bad.column)
        return f"Every row needs this value. {meaning}"
    return f"Write {bad.expected}." if bad.expected else ""


def _names(read: Contribution, keys: list[str]) -> Iterator[Said]:
    """The contributor's IDs: each names a file, and no two are alike (in lower case, as some systems compare file names)."""
    ids = [text_of(value) for value in read.cells[col.ID]]
    places: dict[str, list[int]] = {}
    for row, name in zip(read.rows, ids, strict=True):
        places.setdefault(name.casefold(), []).append(row)
    for key, row, name in zip(keys, read.rows, ids, strict=True):
        if not name:
            continue
        if not FREE.fullmatch(name):
            message = f"{name!r} cannot name a structure file."
            remedy = "Use letters, digits, dots, hyphens and underscores only, at most 64. The final ID is given on acceptance."
            yield Finding(key, "id.format", "error", message, col.ID, name), remedy
        alike = places[name.casefold()]
        if len(alike) > 1:
            others = [str(number) for number in alike[: LISTED + 1] if number != row][:LISTED]
            more = f" and {len(alike) - 1 - len(others)} more" if len(alike) - 1 > len(others) else ""
            message = f"The ID {name!r} stands in {'row' if len(alike) == 2 else 'rows'} {', '.join(others)}{more} too."
            yield Finding(key, "id.duplicate", "error", message, col.ID, name), "Give each row an ID of its own, and name its CIF after it."


def _checked(
    read: Contribution,
    keys: list[str],
    own: Mapping[int, str],
    known: Existing,
    lost: set[tuple[str, str]],
    changed: Replaced | None,
    verified: Collection[int],
    by: Workers | None,
) -> Iterator[Said]:
    """What the checks of the release say about the rows, alone and beside the entries of the dataset."""
    entries = typed(read.cells, keys)
    blank_symbol = set(entries.index[entries[col.SPACE_GROUP].isna()])
    sent = {keys[position]: text for position, text in own.items()}
    theirs = {} if changed is None else {key: text for key, text in changed.structures.items() if key not in sent}
    noisy = frozenset(theirs).intersection(entries.index[entries[col.ICSD_ID].notna()]) | {keys[place] for place in verified}
    subject = Subject(entries=entries, structures={**theirs, **sent}, noisy=noisy, alone=True)
    alone = [f for f in run_checks(subject, by) if not f.check.startswith(OWN)]
    # A row that lost its formula or its cell would pass for the twin of a row that it only resembles in the rest.
    unclear = {f.id for f in alone if f.check == "composition.unparsable"} | {key for key, column in lost if column in _IDENTITY}
    comparable = [row for row in subject.rows if row.id not in unclear]
    among = comparable if known.entries is None else [*rows(known.entries), *comparable]
    copies = _copies(among, subject, known) if sent else ()
    new = frozenset(row.id for row in comparable)
    ids = frozenset(entries.index)
    beside: Iterable[Finding]
    if by is None:
        beside = chain(pair_findings(among, new), series_findings(among, new))
    else:
        from pipeline.checks.spread import set_findings

        beside = set_findings(among, by, new)
    del entries, subject  # the rows have all that is still asked for: a hundred thousand take 60 MB less
    for finding in chain(alone, beside, copies):
        if (finding.id, str(finding.column)) in lost:
            continue  # the check sees a blank where the cell could not be read
        if finding.column == col.SPACE_GROUP and finding.id in blank_symbol:
            continue  # a contributor need not give the symbol beside the number
        if finding.check == "duplicate.exact" and finding.other not in ids:
            yield finding, f"The dataset has this material of this paper already, as its entry {finding.other}: leave the row out."
            continue
        if finding.check == "duplicate.structure" and finding.other not in ids:
            yield finding, f"The dataset publishes this structure already, with its entry {finding.other}: leave the file out."
            continue
        yield finding, REMEDIES.get(finding.check, "")


def _copies(among: Sequence[Row], subject: Subject, known: Existing) -> Iterator[Finding]:
    """Structures that were sent twice, or that the dataset has, whatever their rows say: those with like cells, or of one group."""
    groups = set(subject.entries[col.SPACE_GROUP_NUMBER].dropna())
    there = subject.entries.iloc[:0] if known.entries is None else known.entries[~known.entries.index.isin(subject.entries.index)]
    texts = known.dataset.structures() if known.dataset is not None and len(there) else {}
    read = [structure for structure in subject.parsed.values() if not isinstance(structure, CifError)]
    read += [structure for some in subject.further.values() for structure in some]
    same_group = frozenset(there.index[there[col.SPACE_GROUP_NUMBER].isin(groups)])
    alike = {name: texts[name] for name in there.index if name in texts and (name in same_group or may_be(texts[name], read))}
    others = Subject(entries=there, structures=alike)
    yield from copy_findings(among, {**others.parsed, **subject.parsed}, frozenset(subject.structures))
    noisy = frozenset(known.dataset.noisy()) if known.dataset is not None and alike else frozenset()
    moved = {name: structure for name, structure in others.parsed.items() if name in noisy}
    yield from noise_findings(subject.parsed, moved, subject.noisy)
    if subject.further:
        yield from further_findings(subject.further, others.parsed, moved)


def _items(said: Iterable[Said], read: Contribution, keys: list[str]) -> list[Item]:
    """Findings in the contributor's terms, in the order of the file: by row, then by column; files without a row come last."""
    position_of = {key: position for position, key in enumerate(keys)}
    ids = [text_of(value) for value in read.cells[col.ID]]
    named = dict(zip(keys, ids, strict=True))
    stand_ins = {key for key, name in named.items() if key != name}

    def spoken(message: str) -> str:
        if not stand_ins or "row-" not in message:
            return message
        return re.sub(r"row-(\d+)_*", lambda match: f"row {match[1]}" if match[0] in stand_ins else match[0], message)

    def item(finding: Finding, remedy: str) -> Item:
        position = position_of.get(finding.id)
        header = finding.check == "table.unknown-column"
        row = read.header if header else None if position is None else read.rows[position]
        return Item(
            id=named.get(finding.id, finding.id), row=row, check=finding.check, severity=finding.severity, column=str(finding.column),
            value=named.get(finding.value, finding.value) if finding.column == col.ID else finding.value, expected=finding.expected,
            message=spoken(finding.message), fix=remedy or fix_for(finding.check),
            other=" ".join(named.get(name) or name for name in finding.other.split()),
            line=None if position is None else read.lines[position], heading=read.places.get(finding.column, (0, ""))[1],
        )  # fmt: skip

    def order(item: Item) -> tuple[object, ...]:
        place = -1 if item.check == "table.row-shape" else read.places.get(item.column, (NO_PLACE, ""))[0]
        return (item.row is None, item.row or 0, place, SEVERITIES.index(item.severity), item.check, item.id, item.other, item.message)

    return sorted((item(*pair) for pair in said), key=order)
