"""Give rows of an accepted contribution other IDs, where two branches that were merged gave one ID to two rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contribute.accept import alone, require_home
from pipeline.contribute.existing import sheet, taken
from pipeline.contribute.identifiers import new_ids
from pipeline.correct import CORRECTIONS_FILE, WAIVERS_FILE, read_corrections, read_waivers
from pipeline.errors import InputError
from pipeline.ingest.contributed.record import RECORD, VERIFIED
from pipeline.ingest.contributed.table import TABLE, accepted
from pipeline.release.opened import CONTRIBUTIONS
from pipeline.safety.documents import yaml_of, yaml_text
from pipeline.safety.outputs.folders import exchanged, only, visible
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Renumbered:
    """What a renumbering did.

    Attributes
    ----------
    folder
        The contribution.
    changed
        New ID of each row that had a clash, by its old one.
    beside
        Where the row stands that keeps the ID, by that ID.
    mentions
        Decisions that name an ID which was given up: they are about the row that keeps it, or have to follow the other.
    """

    folder: Path
    changed: Mapping[str, str]
    beside: Mapping[str, str]
    mentions: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The same in words, a line each."""
        if not self.changed:
            return [f"{self.folder}: no ID of it is that of another entry; nothing was changed"]
        said = [f"{self.folder}:"]
        said += [f"  {old} is now {new}; {self.beside[old]} keeps {old}" for old, new in self.changed.items()]
        return said + [f"  {mention}" for mention in self.mentions]


def renumber(folder: Path, raw: Path | None = None) -> Renumbered:
    """Give every row of a contribution whose ID another entry has too a new one; ``raw`` as for :func:`pipeline.contribute.accept.accept`.

    The table, the names of the structure files, the record and the SHA-256 that it vouches for follow; nothing else changes. The folder is
    written beside and exchanged in one step. Rows of which no other has the ID keep theirs.

    Raises
    ------
    InputError
        When the folder is no contribution of ``raw``, the dataset cannot be read (the new IDs could clash again), or a row says what the
        other row of its ID says: it was accepted twice, and another ID would make a duplicate of it.
    """
    home = require_home(raw)
    with alone(home):
        return _renumbered(folder, home)


def _renumbered(folder: Path, home: Path) -> Renumbered:
    place = folder.resolve()
    if place.parent != (home / CONTRIBUTIONS).resolve() or not place.is_dir() or place.name.startswith("."):
        raise InputError(
            "this is not the folder of an accepted contribution", file=folder, cure=f"name a folder below {home / CONTRIBUTIONS}"
        )
    cells, texts = accepted(folder)
    ids = [str(name) for name in cells[col.ID]]
    others = _others(place, home)
    clashes = [position for position, name in enumerate(ids) if name.casefold() in others]
    if not clashes:
        return Renumbered(folder, {}, {})
    _require_other_rows(folder, cells, clashes, others)
    kept = taken(name for position, name in enumerate(ids) if position not in clashes)
    new = new_ids(cells.iloc[clashes].reset_index(drop=True), kept | frozenset(others))
    changed = {ids[position]: name for position, name in zip(clashes, new, strict=True)}
    _written(folder, changed, cells, texts)
    return Renumbered(folder, changed, {old: others[old.casefold()][0] for old in changed}, tuple(_mentions(home, changed)))


def _others(place: Path, home: Path) -> dict[str, tuple[str, tuple[object, ...]]]:
    """Where every other entry stands and what its row says, by ID in lower case."""
    found: dict[str, tuple[str, tuple[object, ...]]] = {}

    def add(table: pd.DataFrame, where: str) -> None:
        for name, row in zip(table[col.ID], _said(table), strict=True):
            found.setdefault(str(name).casefold(), (where, row))

    add(sheet(home), "the workbook")
    for path in sorted((home / CONTRIBUTIONS).iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.resolve() != place:
            add(accepted(path)[0], str(path / TABLE))
    return found


def _said(table: pd.DataFrame) -> list[tuple[object, ...]]:
    """What a contributor says in each row: the ID aside."""
    return list(table[[str(c) for c in col.CONTRIBUTED if c != col.ID]].astype(object).itertuples(index=False, name=None))


def _require_other_rows(
    folder: Path, cells: pd.DataFrame, clashes: list[int], others: Mapping[str, tuple[str, tuple[object, ...]]]
) -> None:
    rows = _said(cells)
    problems = []
    for position in clashes:
        name = str(cells.at[position, col.ID])
        where, row = others[name.casefold()]
        if rows[position] == row:
            problems.append(
                InputError(
                    f"the row says what the row of this ID in {where} says: it was accepted twice",
                    file=folder / TABLE,
                    column=col.ID,
                    value=name,
                    cure="remove one of the two, with its structure file; another ID would make a duplicate",
                )
            )
    if problems:
        raise InputError.gather(problems)


def _written(folder: Path, changed: Mapping[str, str], cells: pd.DataFrame, texts: Mapping[str, str]) -> None:
    names = visible(folder)
    with exchanged(folder, only(names)) as scratch:
        for name in names:
            path = folder / name
            renamed = f"{changed.get(path.stem, path.stem)}.cif" if path.suffix == ".cif" else name
            data = path.read_bytes()
            if name == TABLE:
                data = _table(data.decode("utf-8"), changed).encode("utf-8")
            elif name == RECORD:
                data = _record(data.decode("utf-8"), changed, path).encode("utf-8")
            (scratch / renamed).write_bytes(data)
        found, structures = accepted(scratch)
        expected = cells.assign(**{str(col.ID): [changed.get(str(name), name) for name in cells[col.ID]]})
        if found.astype(object).values.tolist() != expected.astype(object).values.tolist() or structures != {
            changed.get(name, name): text for name, text in texts.items()
        }:
            raise InputError(
                "the table is not written as 'accept' writes it, and its IDs cannot be replaced with certainty",
                file=folder / TABLE,
                cure="restore the file from version control, or give the IDs by hand",
            )


def _table(text: str, changed: Mapping[str, str]) -> str:
    """The table with other IDs; every other cell is the text that it was."""
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    place = next((n for n, name in enumerate(rows[0]) if name.lstrip("\ufeff").strip() == col.ID), 0)
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows[1:]:
        if len(row) > place:
            row[place] = changed.get(row[place].strip(), row[place])
        writer.writerow(row)
    return target.getvalue()


def _record(text: str, changed: Mapping[str, str], path: Path) -> str:
    """The record with other IDs, comments and order as they were wherever ``accept`` wrote it."""
    document = yaml_of(text, path)
    expected = _replaced(document, changed)
    edited = text
    for old, new in changed.items():
        name = re.escape(old)
        edited = re.sub(rf"^(\s*(?:- )?id: ['\"]?){name}(['\"]?\s*)$", rf"\g<1>{new}\2", edited, flags=re.MULTILINE)
        edited = re.sub(rf"^(\s+['\"]?){name}(['\"]?: ['\"]?[0-9a-f]{{64}}['\"]?\s*)$", rf"\g<1>{new}\2", edited, flags=re.MULTILINE)
    if yaml_of(edited, path) == expected:
        return edited
    return yaml_text(expected)


def _replaced(document: Any, changed: Mapping[str, str]) -> Any:
    found = deepcopy(document)
    if isinstance(found, dict):
        for entry in found.get("entries") or []:
            if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                entry["id"] = changed.get(entry["id"], entry["id"])
        if isinstance(held := found.get(VERIFIED), dict):
            found[VERIFIED] = {changed.get(name, name): value for name, value in held.items()}
    return found


def _mentions(home: Path, changed: Mapping[str, str]) -> list[str]:
    named = {
        home / CORRECTIONS_FILE: [correction.id for correction in read_corrections(home)],
        home / WAIVERS_FILE: [waiver.id for waiver in read_waivers(home)],
    }
    return [
        f"{path} names {old} ({count} of its items): they are about the row that keeps the ID; write {new} where they are not"
        for path, ids in named.items()
        for old, new in changed.items()
        if (count := ids.count(old))
    ]
