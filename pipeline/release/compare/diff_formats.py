"""A difference of two releases as text, JSON, Markdown or a section of the changelog."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from pipeline.quoting import json_text, plain
from pipeline.release.compare.cellwise import shown
from pipeline.release.compare.diff import Difference, counted, required_level
from pipeline.release.compare.stale import Stale
from pipeline.release.compare.structure_diff import StructureChange
from pipeline.release.compare.tables import CellChange, TableChange

#: Where a value that is set apart begins and ends, until the line is written: private characters, which no cleaned value holds.
_OPEN, _CLOSE = "\ue000", "\ue001"
_APART = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
#: So many sites are named one by one in a sentence, then their number.
_SITES = 4
#: A file that departs from its table in more places, or in a changelog a column that changed in more entries, is told by their number.
_MANY = 20


def as_text(found: Difference) -> str:
    """For a terminal: what changed, entry by entry, and what the version rules make of it."""
    lines = [plain(f"{found.old} -> {found.new}"), *(f"  {plain(line)}" for line in summary(found)), ""]
    for title, items in _sections(found, lambda value: value):
        lines += [plain(title), *(f"  {plain(item)}" for item in items), ""]
    return "\n".join([*lines, plain(_verdict(found)), ""])


def as_markdown(found: Difference) -> str:
    """For a pull request or a release page."""
    parts = [f"## {_markdown(f'{found.old} → {found.new}')}", "\n".join(f"- {_markdown(line)}" for line in summary(found))]
    for title, items in _sections(found, _code):
        parts += [f"### {_markdown(title)}", "\n".join(f"- {_markdown(item)}" for item in items)]
    return "\n\n".join([*parts, _markdown(_verdict(found))]) + "\n"


def as_changelog(found: Difference) -> str:
    """The Data part of a changelog entry: one bullet a change, without counts of what stayed.

    A column that changed in many entries (a new numbering, a new spelling) is one bullet: the diff lists them.
    """
    columns = Counter(cell.column for cell in found.cells if not cell.is_label)
    many = {column: number for column, number in columns.items() if number > _MANY}
    told = replace(found, cells=[cell for cell in found.cells if cell.is_label or cell.column not in many])
    sections = _sections(told, _code, stale=False)
    items = [item for title, section in sections for item in _under(title, [_markdown(each) for each in section])]
    for column, number in many.items():
        command = _code(f"obelix-curate diff {found.old} {found.new}")
        items.append(_markdown(f"{_code(column)} changed in {number} entries: {command} lists them."))
    return "\n".join(f"- {item}" for item in items or ["Entries, split and structures are unchanged."]) + "\n"


def as_json(found: Difference) -> str:
    """For programs: every change with old and new; keys are those of ``Difference``."""
    level, reasons = required_level(found)
    document: dict[str, Any] = asdict(replace(found, structures=[]))
    document["structures"] = [
        {**vars(change), "sites": [{**vars(site), "moved": site.moved, "refilled": site.refilled} for site in change.sites]}
        for change in found.structures
    ]
    document |= {"same_data": found.same_data, "required": level, "because": reasons}
    return json_text(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


FORMATS: dict[str, Callable[[Difference], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "changelog": as_changelog,
}
#: How each begins, whatever it says: an earlier output is known by it (see :class:`pipeline.safety.outputs.Output`).
EARLIER: dict[str, re.Pattern[str]] = {
    "text": re.compile(r"\A[^\n]+ -> [^\n]+\n  entries: \d+ -> \d+ \("),
    "json": re.compile(r'\A\{\n  "old": "[^\n]*",\n  "new": "[^\n]*",\n  "entries": \['),
    "markdown": re.compile(r"\A## [^\n]+ → [^\n]+\n\n- entries: \d+ -> \d+ \("),
    "changelog": re.compile(
        r"\A- (?:(?:Entries|Columns|Structures|Files|Tables) (?:added|removed)|(?:Labels|Cells|Structures|Other tables) changed"
        r"|(?:Columns (?:added to|removed from)|Labels changed in) [^\n:]+|Moved between the sides of the split):"
        r"|\A- `[^`\n]+` changed in \d+ entries: `obelix-curate diff |\A- Entries, split and structures are unchanged\.\n\Z"
    ),
}


def summary(found: Difference) -> list[str]:
    """The difference in a few lines, what did not change included."""
    cells, ids = len(found.cells), len({cell.id for cell in found.cells})
    return [
        f"entries: {found.entries[0]} -> {found.entries[1]} ({len(found.added)} added, {len(found.removed)} removed)"
        + (", in another order" if found.reordered else ""),
        f"cells: {cells} changed in {counted(ids, 'entry', 'entries')}, of them {counted(len(found.labels), 'label', 'labels')}",
        *([f"other tables: {'; '.join(map(_table, found.tables))}"] if found.tables else []),
        f"split: {counted(len(found.moved), 'entry', 'entries')} moved",
        f"structures: {len(found.structures)} changed, {len(found.structures_added)} added, {len(found.structures_removed)} removed",
        f"stale files: {len({each.file for each in found.stale_old})} in {found.old}, "
        f"{len({each.file for each in found.stale_new})} in {found.new}",
    ]


def _table(change: TableChange) -> str:
    """A table in a few words."""
    said = [
        *([counted(len({cell.id for cell in change.labels}), "label", "labels")] if change.labels else []),
        *([f"new {', '.join(change.columns_added)}"] if change.columns_added else []),
        *([f"gone {', '.join(change.columns_removed)}"] if change.columns_removed else []),
        *([f"rows +{change.rows_added} -{change.rows_removed}"] if change.rows_added or change.rows_removed else []),
        *([counted(sum(change.cells.values()), "cell", "cells")] if change.cells else []),
    ]
    return f"{change.path} ({', '.join(said)})"


def _tables(found: Difference, mark: Callable[[str], str]) -> Iterator[tuple[str, Iterable[str]]]:
    """Sections of the other tables."""
    for change in found.tables:
        if change.columns_added:
            yield f"Columns added to {change.path}", [mark(column) for column in change.columns_added]
        if change.columns_removed:
            yield f"Columns removed from {change.path}", [mark(column) for column in change.columns_removed]
        if change.labels:
            yield f"Labels changed in {change.path}", _cells(change.labels, mark)
    rest = [change for change in found.tables if change.rows_added or change.rows_removed or change.cells]
    if rest:
        yield "Other tables changed", [_rest(change, mark) for change in rest]


def _rest(change: TableChange, mark: Callable[[str], str]) -> str:
    rows = ((change.rows_added, "added"), (change.rows_removed, "removed"))
    said = [f"{counted(number, 'row', 'rows')} {what}" for number, what in rows if number]
    said += [f"{column} changed in {counted(number, 'row', 'rows')}" for column, number in change.cells.items()]
    return f"{mark(change.path)}: {'; '.join(said)}"


def _verdict(found: Difference) -> str:
    level, reasons = required_level(found)
    return f"Least version step: {level}, because of {'; '.join(reasons)}."


def _code(value: str) -> str:
    return f"{_OPEN}{plain(value)}{_CLOSE}"


def _markdown(text: str) -> str:
    """A line in which values that were set apart stand in the type of code, and all else is text: no markup, no mention of a user."""
    said = []
    for place, part in enumerate(_APART.split(text)):
        if place % 2:
            fence = "`" * (1 + max((len(run) for run in re.findall("`+", part)), default=0))
            blank = " " if part.startswith("`") or part.endswith("`") else ""
            said.append(f"{fence}{blank}{part}{blank}{fence}" if part else "")
        else:
            said.append(re.sub(r"[&<`\[@]", lambda sign: f"&#{ord(sign[0])};", _visible(part)))
    return "".join(said)


def _visible(text: str) -> str:
    """A piece of a line, cleaned, with the blanks at both its ends."""
    inner = text.strip(" ")
    return text.replace(inner, plain(inner)) if inner else text


def _sections(found: Difference, mark: Callable[[str], str], *, stale: bool = True) -> Iterator[tuple[str, list[str]]]:
    """Titles and items of what changed, empty ones left out. ``mark`` sets a value apart from the sentence."""
    labels = [cell for cell in found.cells if cell.is_label]
    others = [cell for cell in found.cells if not cell.is_label]
    sections: list[tuple[str, Iterable[str]]] = [
        ("Entries added", _listed(found.added, mark)),
        ("Entries removed", _listed(found.removed, mark)),
        ("Columns added", [mark(column) for column in found.columns_added]),
        ("Columns removed", [mark(column) for column in found.columns_removed]),
        ("Labels changed", _cells(labels, mark)),
        ("Moved between the sides of the split", [f"{mark(m.id)}: {m.old or 'none'} -> {m.new or 'none'}" for m in found.moved]),
        ("Cells changed", _cells(others, mark)),
        *_tables(found, mark),
        ("Tables added", _listed(found.tables_added, mark)),
        ("Tables removed", _listed(found.tables_removed, mark)),
        ("Structures added", _listed(found.structures_added, mark)),
        ("Structures removed", _listed(found.structures_removed, mark)),
        ("Structures changed", [_structure(change, mark) for change in found.structures]),
        ("Files added", _listed(found.files_added, mark)),
        ("Files removed", _listed(found.files_removed, mark)),
    ]
    if stale:
        sections += [
            (f"Stale in {found.old}: files that do not agree with its table", _stale(found.stale_old, mark)),
            (f"Stale in {found.new}: files that do not agree with its table", _stale(found.stale_new, mark)),
        ]
    for title, items in sections:
        if listed := list(items):
            yield title, listed


def _under(title: str, items: Sequence[str]) -> Iterator[str]:
    """Items of a section as bullets that stand alone."""
    if len(items) == 1:
        yield f"{title}: {items[0]}"
    else:
        yield f"{title}:\n" + "\n".join(f"  - {item}" for item in items)


def _listed(names: Sequence[str], mark: Callable[[str], str], width: int = 12) -> list[str]:
    """Names in lines of a dozen."""
    return [", ".join(mark(name) for name in names[i : i + width]) for i in range(0, len(names), width)]


def _cells(cells: Sequence[CellChange], mark: Callable[[str], str]) -> list[str]:
    """One item an entry, its cells in the order of the table."""
    entries: dict[str, list[str]] = {}
    for cell in cells:
        entries.setdefault(cell.id, []).append(f"{cell.column}: {_value(cell.old, cell.new, mark)} -> {_value(cell.new, cell.old, mark)}")
    return [f"{mark(name)} {'; '.join(changes)}" for name, changes in entries.items()]


def _value(value: Any, beside: Any, mark: Callable[[str], str]) -> str:
    """A value; quoted when its blanks are what makes it differ, with its type when that is."""
    if value is None:
        return shown(value)
    text = shown(value)
    return mark(repr(text) if text != text.strip() or shown(beside).strip() == text.strip() else text)


def _structure(change: StructureChange, mark: Callable[[str], str]) -> str:
    said = [f"{parameter} {shown(old)} -> {shown(new)}" for parameter, (old, new) in change.cell.items()]
    if change.symmetry:
        said.append(f"{change.symmetry[0]} -> {change.symmetry[1]}")
    refilled = [f"{_labels(site.label)} {shown(site.occupancy[0])} -> {shown(site.occupancy[1])}" for site in change.sites if site.refilled]
    if refilled:
        said.append(f"occupancy of {_some(refilled, 'sites')}")
    moved = [f"{_labels(site.label)} by {site.distance:.3f} angstrom" for site in change.sites if site.moved]
    if moved:
        said.append(f"moved {_some(moved, 'sites')}")
    for one, many, names in (("site gone", "sites gone", change.removed), ("new site", "new sites", change.added)):
        if names:
            said.append(f"{one if len(names) == 1 else many} {_some(names, 'sites')}")
    if change.content:
        said.append("cell content " + ", ".join(f"{e} {_amount(old)} -> {_amount(new)}" for e, (old, new) in change.content.items()))
    if change.note:
        said.append(change.note)
    return f"{mark(change.id)} ({', '.join(change.kinds)}): {'; '.join(said)}"


def _labels(labels: tuple[str, str]) -> str:
    old, new = labels
    return old if old == new else f"{old} (now {new})"


def _some(items: Sequence[str], noun: str) -> str:
    return ", ".join(items) if len(items) <= _SITES else f"{len(items)} {noun} ({', '.join(items[:_SITES])}, ...)"


def _amount(amount: float) -> str:
    return f"{amount:.4f}".rstrip("0").rstrip(".")


def _stale(places: Sequence[Stale], mark: Callable[[str], str]) -> list[str]:
    """One item a place; files that depart alike share it, and a file that departs in many places is summed up."""
    files: dict[tuple[str, ...], list[str]] = {}
    per_file: dict[str, int] = {}
    for place in places:
        per_file[place.file] = per_file.get(place.file, 0) + 1
    for place in places:
        if per_file[place.file] <= _MANY:
            files.setdefault((place.what, place.id, place.column, place.holds, place.table), []).append(place.file)
    items = [f"{', '.join(mark(name) for name in names)}: {_place(*key, mark=mark)}" for key, names in files.items()]
    return items + [f"{mark(name)}: {number} places" for name, number in per_file.items() if number > _MANY]


def _place(what: str, name: str, column: str, holds: str, table: str, *, mark: Callable[[str], str]) -> str:
    if what == "cell":
        return f"{mark(name)} {column} holds {_value(holds, table, mark)}, the table {_value(table, holds, mark)}"
    return " ".join(part for part in (what, mark(name) if name else "", column, holds, f"({table})" if table else "") if part)
