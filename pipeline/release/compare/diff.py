"""Two releases compared by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pipeline.release.compare.cellwise import same, same_label
from pipeline.release.compare.published import Published
from pipeline.release.compare.stale import Stale, stale
from pipeline.release.compare.structure_diff import StructureChange, structure_change
from pipeline.release.compare.tables import CellChange, TableChange, followers, label_ids, table_changes
from schemas import columns as col

Level = Literal["major", "minor", "patch"]
LEVELS: tuple[Level, ...] = ("major", "minor", "patch")


@dataclass(frozen=True)
class Move:
    """An entry on another side of the split; a blank side is none."""

    id: str
    old: str
    new: str


@dataclass(frozen=True)
class Difference:
    """What differs between two releases.

    Attributes
    ----------
    old, new
        Names of the releases.
    entries
        Number of entries: old, new.
    added, removed
        IDs of entries in one release only.
    columns_added, columns_removed
        Columns of the table in one release only.
    cells
        Cells that differ, of entries in both, in the order of the new table.
    moved
        Entries in both that stand on another side of the split.
    structures_added, structures_removed, structures
        Structure files in one release only, and those that differ.
    stale_old, stale_new
        Files of either release that do not agree with its own table.
    files_added, files_removed
        Files other than structures in one release only.
    tables
        The other tables that both releases have and that differ: ``processed.csv``, ``measurements.csv``, ``findings.csv`` and so on.
    tables_added, tables_removed
        Those in one release only; between two layouts none is told.
    reordered
        Whether the entries in both stand in another order.
    """

    old: str
    new: str
    entries: tuple[int, int]
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    cells: list[CellChange] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    structures_added: list[str] = field(default_factory=list)
    structures_removed: list[str] = field(default_factory=list)
    structures: list[StructureChange] = field(default_factory=list)
    stale_old: list[Stale] = field(default_factory=list)
    stale_new: list[Stale] = field(default_factory=list)
    files_added: list[str] = field(default_factory=list)
    files_removed: list[str] = field(default_factory=list)
    tables: list[TableChange] = field(default_factory=list)
    tables_added: list[str] = field(default_factory=list)
    tables_removed: list[str] = field(default_factory=list)
    reordered: bool = False

    @property
    def labels(self) -> list[CellChange]:
        """Cells of the entries whose change alters what models are trained on."""
        return [cell for cell in self.cells if cell.is_label]

    @property
    def same_data(self) -> bool:
        """Whether entries, split, structures and the labels of every table are the same."""
        return not (
            self.added or self.removed or self.columns_added or self.columns_removed or self.cells or self.moved
            or self.structures_added or self.structures_removed or self.structures or label_ids(self.tables)
        )  # fmt: skip


def difference(old: Published, new: Published) -> Difference:
    """Compare two releases."""
    new.share(old)
    common = [name for name in new.table if name in old.table]
    before, after = old.structures, new.structures
    cells = list(_cells(old, new, common))
    tables = [set(followers(release)) if old.layout == new.layout else set() for release in (old, new)]
    changes = (structure_change(name, before[name], after[name]) for name in after if name in before and before[name] != after[name])
    return Difference(
        old=old.name,
        new=new.name,
        entries=(len(old.table), len(new.table)),
        added=[name for name in new.table if name not in old.table],
        removed=[name for name in old.table if name not in new.table],
        columns_added=[column for column in new.columns if column not in old.columns],
        columns_removed=[column for column in old.columns if column not in new.columns],
        cells=cells,
        moved=[
            Move(name, old.split.get(name, ""), new.split.get(name, ""))
            for name in common
            if old.split.get(name, "") != new.split.get(name, "")
        ],
        structures_added=[name for name in after if name not in before],
        structures_removed=[name for name in before if name not in after],
        structures=[change for change in changes if change is not None],
        stale_old=stale(old),
        stale_new=stale(new),
        files_added=_other_files(new, old),
        files_removed=_other_files(old, new),
        tables=table_changes(old, new, {cell.id for cell in cells if cell.is_label}),
        tables_added=sorted(tables[1] - tables[0]),
        tables_removed=sorted(tables[0] - tables[1]),
        reordered=common != [name for name in old.table if name in new.table],
    )


def _cells(old: Published, new: Published, names: list[str]) -> Iterator[CellChange]:
    columns = [column for column in new.columns if column in old.columns]
    for name in names:
        before, after = old.table[name], new.table[name]
        for column in () if before == after else columns:
            one, other = before.get(column), after.get(column)
            if not same(one, other):
                yield CellChange(name, column, one, other, column == col.IONIC_CONDUCTIVITY and not same_label(one, other))


def _other_files(one: Published, other: Published) -> list[str]:
    """Files of one release that the other lacks; between two layouts every name differs and none is told."""
    if one.layout != other.layout:
        return []
    folder = one.layout.structures
    return [path for path in sorted(one.contents) if path not in other.contents and not path.startswith(folder)]


def required_level(found: Difference) -> tuple[Level, list[str]]:
    """The least step of the version that the difference asks for, and why.

    Every released table counts. A result obtained on the old release can no longer be compared when a label changed, an entry moved between
    the sides or is gone, or a table or column that programs read is gone: major. New entries, tables, columns and structures: minor. All
    else: patch.
    """
    labels = list(dict.fromkeys([*(cell.id for cell in found.labels), *label_ids(found.tables)]))
    gone = [*found.columns_removed, *(f"{table.path}: {column}" for table in found.tables for column in table.columns_removed)]
    fresh = [*found.columns_added, *(f"{table.path}: {column}" for table in found.tables for column in table.columns_added)]
    others = [table.path for table in found.tables if table.rows_added or table.rows_removed or table.cells]
    reasons: dict[Level, list[str]] = {
        "major": [
            *_reason(labels, "changed label", "changed labels"),
            *_reason([move.id for move in found.moved], "entry that changed sides", "entries that changed sides"),
            *_reason(found.removed, "entry gone", "entries gone"),
            *_reason(gone, "column gone", "columns gone"),
            *_reason(found.tables_removed, "table gone", "tables gone"),
        ],
        "minor": [
            *_reason(found.added, "new entry", "new entries"),
            *_reason(fresh, "new column", "new columns"),
            *_reason(found.tables_added, "new table", "new tables"),
            *_reason(found.structures_added, "new structure", "new structures"),
        ],
        "patch": [
            *_reason(list(dict.fromkeys(cell.id for cell in found.cells)), "entry with a changed cell", "entries with changed cells"),
            *_reason([change.id for change in found.structures], "changed structure", "changed structures"),
            *_reason(found.structures_removed, "structure gone", "structures gone"),
            *_reason(others, "other table changed", "other tables changed"),
        ],
    }
    for level in LEVELS:
        if reasons[level]:
            return level, reasons[level]
    return "patch", ["entries, split and structures are the same"]


_SHOWN = 5


def _reason(names: list[str], one: str, many: str) -> list[str]:
    some = f"{', '.join(names[:_SHOWN])}{', ...' if len(names) > _SHOWN else ''}"
    return [f"{counted(len(names), one, many)} ({some})"] if names else []


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun: ``1 new entry``, ``2 new entries``."""
    return f"{number} {one if number == 1 else many}"
