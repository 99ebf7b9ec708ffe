"""The tables of two releases beside that of the entries: columns, rows, labels and cells that differ."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.release.compare.cellwise import number, same, same_label
from pipeline.release.compare.published import Published
from pipeline.release.tables import PUBLISHED_DIGITS
from schemas.files import FILES, SOURCES, File


@dataclass(frozen=True)
class CellChange:
    """One cell that differs. ``is_label`` when models are trained on it: another value or bound of the conductivity."""

    id: str
    column: str
    old: Any
    new: Any
    is_label: bool = False


@dataclass(frozen=True)
class TableChange:
    """One table that differs.

    Attributes
    ----------
    path
        Its path in the release.
    columns_added, columns_removed
        Columns in one release only.
    rows_added, rows_removed
        Number of rows whose key is in one release only; of a table without a key, of rows that are.
    labels
        Labels that differ although the entry's own table says the same in both releases.
    cells
        Number of other cells that differ, by column.
    """

    path: str
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    rows_added: int = 0
    rows_removed: int = 0
    labels: list[CellChange] = field(default_factory=list)
    cells: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.columns_added or self.columns_removed or self.rows_added or self.rows_removed or self.labels or self.cells)


def followers(release: Published) -> dict[str, File]:
    """The released tables beside that of the entries and its copies and sides, by path; those that no registry names have no key."""
    layout = release.layout
    own = {layout.table, "train_idx.csv", "test_idx.csv"}
    own |= {layout.copy(side, ending) for side in ("all", "train", "test") for ending in ("csv", "xlsx")}
    registered = {each.path: each for each in FILES}
    return {
        path: registered.get(path) or File(path, path, "")
        for path in sorted(release.contents)
        if path.endswith(".csv") and path not in own and (path in registered or path.startswith(SOURCES))
    }


def table_changes(old: Published, new: Published, settled: Collection[str]) -> list[TableChange]:
    """The tables that both releases have and that differ.

    Parameters
    ----------
    old, new
        The releases.
    settled
        IDs of entries whose label changed in the table of the entries: what follows from that is no news, and neither is what a table
        before this one has told.
    """
    known, told = followers(old), set(settled)
    found: list[TableChange] = []
    for path, file in followers(new).items():
        if path in known and (change := _change(file, old.rows(path), new.rows(path), told)):
            found.append(change)
            told |= {cell.id for cell in change.labels}
    return found


Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]


def _change(file: File, old: Rows, new: Rows, settled: Collection[str]) -> TableChange:
    if old is new:  # read once for both, because they are the same byte for byte
        return TableChange(file.path)
    common = [column for column in new[0] if column in old[0]]
    added = [column for column in new[0] if column not in old[0]]
    removed = [column for column in old[0] if column not in new[0]]
    key = [str(column) for column in file.primary_key]
    before, after = (_keyed(rows, key) for rows in (old, new))
    if not key or before is None or after is None:
        one, other = (Counter(tuple(str(row.get(column)) for column in common) for row in _dicts(rows)) for rows in (old, new))
        return TableChange(file.path, added, removed, (other - one).total(), (one - other).total())
    labels: list[CellChange] = []
    cells: Counter[str] = Counter()
    for name, row in after.items():
        for column, one, other in _differing(before[name], row, common) if name in before else ():
            if column not in file.labels:
                cells[column] += not _rounded(one, other)
            elif not same_label(one, other) and name[0] not in settled:
                labels.append(CellChange(str(name[0]), column, one, other, is_label=True))
    counted = {column: number for column, number in cells.items() if number}
    return TableChange(file.path, added, removed, len(after.keys() - before.keys()), len(before.keys() - after.keys()), labels, counted)


def _dicts(rows: Rows) -> Iterator[dict[str, Any]]:
    head, body = rows
    return (dict(zip(head, row, strict=False)) for row in body)


def _keyed(rows: Rows, key: Sequence[str]) -> dict[tuple[Any, ...], Mapping[str, Any]] | None:
    """Rows by their key; ``None`` when a column of it is lacking or it is not one."""
    if not set(key) <= set(rows[0]):
        return None
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {tuple(row.get(column) for column in key): row for row in _dicts(rows)}
    return found if len(found) == len(rows[1]) else None


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], columns: Sequence[str]) -> Iterator[tuple[str, Any, Any]]:
    if old == new:
        return
    for column in columns:
        one, other = old.get(column), new.get(column)
        if not same(one, other):
            yield column, one, other


def _rounded(one: Any, other: Any) -> bool:
    """Whether one number is the other as the published tables print it: to six significant digits."""
    first, second = number(one), number(other)
    return first is not None and second is not None and math.isclose(first, second, rel_tol=0.51 * 10.0 ** (1 - PUBLISHED_DIGITS))


def label_ids(changes: Sequence[TableChange]) -> list[str]:
    """IDs of entries whose label differs in one of the tables."""
    return list(dict.fromkeys(cell.id for change in changes for cell in change.labels))
