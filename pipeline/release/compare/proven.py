"""Errors of a published release that are proven: cells that curators corrected, and findings that a second witness bears out.

A correction counts when the published release holds what it replaces and the other release what it puts there. A finding counts when
``docs/judgements`` calls it true and names the witness, and what it speaks of is the same in both releases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.correct import LINK_COLUMNS
from pipeline.errors import InputError
from pipeline.release.compare.cellwise import same, shown
from pipeline.release.compare.published import Published, blank
from schemas import columns as col

#: What the judgements say of each finding, by entry and check: reason and witness.
Judged = Mapping[tuple[str, str], tuple[str, str]]
CORRECTIONS, FINDINGS = "corrections.csv", "findings.csv"

#: Kinds of errors in the order in which they are told, and the columns or families of checks that each holds.
KINDS: Mapping[str, tuple[str, ...]] = {
    "Formula units and compositions": (col.Z, col.TRUE_COMPOSITION, col.REDUCED_COMPOSITION, "composition"),
    "Space groups and cells": (col.SPACE_GROUP, col.SPACE_GROUP_NUMBER, *col.LATTICE, "spacegroup", "lattice"),
    "Conductivities": (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK, "conductivity"),
    "Structure files": (col.CIF_ID, col.CLOSE_MATCH, "cif"),
    "Papers": (col.DOI, "reference"),
    "Families": (col.FAMILY, "family"),
    "Entries that repeat one another, and the split": ("duplicate", "split", "id"),
    "Links to the source tables": (*LINK_COLUMNS, "link"),
}
OTHER = "Other cells"
#: Checks that hold a structure file against its row: those whose witness speaks for the row, and those where it may speak for either.
_FILE_ERRS = frozenset(("cif.missing-element", "cif.composition"))
_EITHER_ERRS = frozenset(("cif.lattice", "cif.spacegroup", "cif.cell-content"))
#: What is said alike of more entries than these is one error.
_MANY = 5


@dataclass(frozen=True)
class Place:
    """Where an error stands: the entry, a cell of its row or its structure file, what is there, and what is right as far as it is known."""

    id: str
    where: str
    stands: str
    right: str


@dataclass(frozen=True)
class Proven:
    """One error, in one entry or alike in several.

    Attributes
    ----------
    kind
        One of :data:`KINDS`, or :data:`OTHER`.
    places
        Every cell or file that holds it.
    reasons, evidence
        What is wrong, and what proves it: sentences, each once. Those that speak of one place only stand beside it in ``each``.
    checks
        Names of the checks that say so; none for a correction.
    undecided
        What keeps a finding from being corrected, as the waiver says.
    each
        Evidence for one entry of several, by ID.
    """

    kind: str
    places: tuple[Place, ...]
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    checks: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    each: tuple[tuple[str, str], ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The entries, each once."""
        return tuple(dict.fromkeys(place.id for place in self.places))


Row = Mapping[str, str]


def proven(old: Published, new: Published, judged: Judged) -> list[Proven]:
    """The proven errors of ``old``, as ``new`` corrects and finds them; by kind, then in the order of the table of ``old``.

    Raises
    ------
    InputError
        When ``new`` is no release of this program: it does not say what it corrected and found.
    """
    tables = [_told(new, path) for path in (CORRECTIONS, FINDINGS)]
    corrections = [row for row in tables[0] if _corrects(row, old, new)]
    settled = {(row[col.ID], row[col.COLUMN]) for row in corrections}
    findings = [row for row in tables[1] if _holds(row, old, new, judged) and (row[col.ID], row[col.COLUMN]) not in settled]
    places = {name: number for number, name in enumerate(old.table)}
    kinds = [*KINDS, OTHER]
    found = [*_corrected(corrections), *_found(findings, judged)]
    return sorted(found, key=lambda error: (kinds.index(error.kind), bool(error.checks), places[error.ids[0]]))


def kind(name: str) -> str:
    """The kind of errors that a column or a check belongs to."""
    family = name.partition(".")[0]
    return next((title for title, members in KINDS.items() if name in members or family in members), OTHER)


def _told(release: Published, path: str) -> list[Row]:
    if path not in release.contents:
        raise InputError(
            f"the release has no {path}: it does not say what is wrong in the one before",
            file=release.name,
            cure="name a folder that 'build' wrote, or a tag of a release, as NEW",
        )
    head, rows = release.rows(path)
    return [{column: str(value if value is not None else "") for column, value in zip(head, row, strict=False)} for row in rows]


def _corrects(row: Row, old: Published, new: Published) -> bool:
    name, column = row[col.ID], row[col.COLUMN]
    if name not in old.table or name not in new.table or column not in old.columns:
        return False
    return same(old.table[name].get(column), blank(row[col.BEFORE])) and same(new.table[name].get(column), blank(row[col.AFTER]))


def _holds(row: Row, old: Published, new: Published, judged: Judged) -> bool:
    """Whether a finding is borne out, open still, and about something that both releases have."""
    name, column = row[col.ID], row[col.COLUMN]
    if (name, row[col.CHECK]) not in judged or row[col.STATUS] == "corrected" or row[col.SEVERITY] == "info" or name not in old.table:
        return False
    if row[col.CHECK].startswith("cif.") and old.structures.get(name) != new.structures.get(name):
        return False
    # what is said of a link is said of the whole row
    own = [each for each in old.columns if each not in LINK_COLUMNS] if row[col.CHECK].startswith("link.") else []
    before, after = old.table[name], new.table.get(name, {})
    return all(same(before.get(each), after.get(each)) for each in (*own, column))


def _corrected(rows: list[Row]) -> Iterator[Proven]:
    """Corrections: cells of one entry with one proof are one error, and so are links that err alike."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        is_link = row[col.COLUMN] in LINK_COLUMNS
        groups.setdefault(("", row[col.COLUMN], row[col.REASON]) if is_link else (row[col.ID], row[col.EVIDENCE]), []).append(row)
    for group in groups.values():
        first = group[0]
        places = tuple(Place(row[col.ID], row[col.COLUMN], _cell(row[col.BEFORE]), _cell(row[col.AFTER])) for row in group)
        proofs = tuple(dict.fromkeys(row[col.EVIDENCE] for row in group))
        yield Proven(
            kind=kind(first[col.COLUMN]),
            places=places,
            reasons=tuple(dict.fromkeys(row[col.REASON] for row in group)),
            evidence=proofs if len(proofs) == 1 else (),
            each=() if len(proofs) == 1 else tuple((row[col.ID], row[col.EVIDENCE]) for row in group),
        )


def _found(rows: list[Row], judged: Judged) -> Iterator[Proven]:
    """Findings: what is said of one entry is one error a kind, and entries of which the same is said share it.

    What is said of many entries is an error of its own, whatever else is said of them: it is mended in one step.
    """
    spread = Counter((row[col.CHECK], judged[row[col.ID], row[col.CHECK]]) for row in rows)
    entries: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        check = row[col.CHECK]
        own = check if spread[check, judged[row[col.ID], check]] > _MANY else ""
        entries.setdefault((kind(check), row[col.ID], own), []).append(row)
    alike: dict[tuple[object, ...], list[Row]] = {}
    for (title, *_), group in entries.items():
        told = tuple(dict.fromkeys((row[col.CHECK], *judged[row[col.ID], row[col.CHECK]]) for row in group))
        alike.setdefault((title, told, tuple(dict.fromkeys(row[col.FINDING_REASON] for row in group))), []).extend(group)
    for group in alike.values():
        said = [judged[row[col.ID], row[col.CHECK]] for row in group]
        yield Proven(
            kind=kind(group[0][col.CHECK]),
            places=tuple(_place(row) for row in group),
            reasons=tuple(dict.fromkeys(reason for reason, _ in said if not reason.startswith("See "))),
            evidence=tuple(f"Second witness: {witness}." for witness in dict.fromkeys(witness for _, witness in said)),
            checks=tuple(dict.fromkeys(row[col.CHECK] for row in group)),
            undecided=tuple(dict.fromkeys(row[col.FINDING_REASON] for row in group if row[col.FINDING_REASON])),
            each=tuple((row[col.ID], row[col.MESSAGE]) for row in group),
        )


def _place(row: Row) -> Place:
    """Where a finding stands. Checks that hold a file against its row give the row's value, and as expected what the file says."""
    check, value, expected = row[col.CHECK], row[col.VALUE], row[col.EXPECTED]
    where = f"{row[col.ID]}.cif" if check.startswith("cif.") else row[col.COLUMN]
    if check in _FILE_ERRS:
        return Place(row[col.ID], where, _cell(expected), value)
    if check in _EITHER_ERRS and expected:
        return Place(row[col.ID], where, f"{expected}, in the row {value}", "")
    return Place(row[col.ID], where, _cell(value), expected)


def _cell(text: str) -> str:
    return text or shown(None)
