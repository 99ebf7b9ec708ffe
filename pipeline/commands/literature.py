"""``source add|list|check``: literature tables declared, pinned, listed and looked at."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import sources
from pipeline.errors import InputError
from pipeline.safety.documents import toml_of
from pipeline.safety.outputs.files import put
from pipeline.sources import declared, deposit
from pipeline.sources.tables import quoted
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.ingest.declared import Declared
    from schemas.declarations import Declaration

#: Rows that are shown, and reasons that are listed.
SHOWN = 10
_SECTION = f"[[{declared.SECTION}]]"


def add(where: str, declaration: Path, raw: Path) -> str:
    """Read a table by its declaration, keep it in the folder of downloads and pin it; what was understood, as text.

    Nothing is written when the table cannot be read or the pins would not be sound.
    """
    from pipeline.ingest.declared import declared as read

    table, text = _declaration(declaration)
    wanted = declared.declaration(table, declaration)
    present = declared.declarations(raw)
    is_url = "://" in where
    name = deposit.basename(where) if is_url else Path(where).name
    wanted = replace(
        wanted, file=f"{sources.DOWNLOADS}/{name or wanted.name}", url=where if is_url else "", package="", version="", member=""
    )
    declared.judged([*present, wanted], raw / sources.PINS)
    place = deposit.place(wanted, raw)
    with tempfile.TemporaryDirectory(prefix=".source-") as scratch:
        arrived = Path(scratch) / (name or wanted.name)
        if is_url:
            try:
                deposit.fetch(where, arrived, wanted.sha256)
            except deposit.Unreachable as error:
                raise InputError(
                    f"the address could not be reached: {error}", file=where, cure="try again, or give the file itself"
                ) from None
            data = arrived.read_bytes()
        else:
            data = _bytes(Path(where))
    sha256 = hashlib.sha256(data).hexdigest()
    if wanted.sha256 and wanted.sha256 != sha256:
        raise InputError(
            f"its SHA-256 is {sha256[:16]}..., the declaration says {wanted.sha256[:16]}...: this is another file", file=where,
            cure="find the file that was declared, or take sha256 out of the declaration",
        )  # fmt: skip
    wanted = replace(wanted, sha256=sha256)
    found = read(data, where, wanted)
    others = {each.file: each for each in present}
    if place.is_file() and place.read_bytes() != data:
        taken = f", which is the file of {others[wanted.file].name}" if wanted.file in others else ""
        raise InputError(f"another file lies in its place already{taken}", file=place, cure="rename one of the two")
    pins = raw / sources.PINS
    after = pins.read_text(encoding="utf-8").rstrip("\n") + "\n\n" + _pinned(text, wanted)
    declared.parsed(after, pins)  # nothing is written that could not be read again
    deposit.keep(data, place)
    put(pins, after)
    return "\n".join([*_told(wanted, found), "", f"pinned as {wanted.name} in {pins}, kept as {place}"])


def listed(raw: Path) -> str:
    """One line a source: name, role, records, whether it is there."""
    lines = [f"{name}: built in, measurements" for name in declared.BUILT_IN]
    for each in declared.declarations(raw):
        found = deposit.deposit(each, raw)
        state = f"absent ({found.absent})" if found.data is None else "there, SHA-256 verified"
        copied = f", copied from {', '.join(each.derived_from)}" if each.derived_from else ""
        lines.append(f"{each.name}: {each.title}, {each.role}{copied}, {each.origin}: {state}")
    return "\n".join(lines)


def checked(name: str, raw: Path) -> tuple[str, bool]:
    """What is readable, unreadable and suspicious of a source, as text, and whether its table is there."""
    from pipeline.ingest.declared import declared as read

    known = {each.name: each for each in declared.declarations(raw)}
    if name not in known:
        cure = f"the declared sources are {', '.join(known)}" if known else "declare one: obelix-curate source add FILE --declare NAME.toml"
        raise InputError(f"no source {name!r} is declared", file=raw / sources.PINS, cure=cure)
    found = deposit.deposit(known[name], raw)
    if found.data is None:
        return f"{name}: absent ({found.absent})", False
    table = read(found.data, found.file, known[name])
    doubts = list(suspicious(table.table))
    lines = [*_told(known[name], table), "", f"suspicious: {len(doubts)}"]
    return "\n".join([*lines, *(f"  row {row}: {why}" for row, why in doubts)]), True


def suspicious(table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Rows of a table as it was read that can be read and hardly be meant, and why."""
    from pipeline.checks.conductivity import IMPOSSIBLE, PLAUSIBLE
    from pipeline.dois import cited, is_doi
    from pipeline.ingest.declared import NOT_ROOM, UNREADABLE
    from pipeline.literature.linkage import elements, listed

    seen: dict[tuple[Any, ...], int] = {}
    for row in listed(table):
        if row[col.RECORD_UNUSED] == UNREADABLE:
            continue
        place, value = row[col.SOURCE_ROW], row[col.CONDUCTIVITY]
        if "Li" not in elements(row[col.COMPOSITION]):
            yield place, f"{row[col.COMPOSITION]} holds no lithium"
        state, extrapolated = row[col.RECORD_UNUSED], row[col.EXTRAPOLATED_FROM] is not None
        if value is None or state == NOT_ROOM:
            pass
        elif value > IMPOSSIBLE:
            yield place, f"{value:g} S/cm is more than any lithium solid electrolyte conducts"
        elif state is None and not extrapolated and not PLAUSIBLE[0] <= value <= PLAUSIBLE[1]:
            yield place, f"{value:g} S/cm is not plausible for a measurement at room temperature"
        strange = [part for part in cited(row[col.DOI_SOURCE] or "") if not is_doi(part)]
        if strange:
            yield place, f"{strange[0]!r} is no DOI"
        same = (row[col.COMPOSITION], value, row[col.CONDUCTIVITY_BOUND], row[col.TEMPERATURE], row[col.DOI_SOURCE])
        if same in seen:
            yield place, f"the same as row {seen[same]}"
        seen.setdefault(same, place)


def _told(declaration: Declaration, found: Declared) -> Iterator[str]:
    """What was understood of a table."""
    table = found.table
    yield f"{declaration.name}: {declaration.title} ({declaration.role}), {len(table)} records, SHA-256 {declaration.sha256}"
    yield from (f"  note: {note}" for note in found.notes)
    yield "columns:"
    yield from (f"  {ours}: {theirs}" for ours, theirs in found.understood.items())
    yield "records:"
    yield from (f"  {count} {state}" for state, count in sorted(found.states().items(), key=lambda pair: (pair[0] != "readable", pair[0])))
    extrapolated = int(table[col.EXTRAPOLATED_FROM].notna().sum())
    if extrapolated:
        yield f"  {extrapolated} of them extrapolated from higher temperatures"
    reasons = Counter(_kind(reason) for reason in table[col.RECORD_REASON].dropna())
    if reasons:
        yield "not read, or read with a doubt:"
        first = table[table[col.RECORD_REASON].notna()].drop_duplicates(str(col.RECORD_REASON))
        examples: dict[str, str] = {}
        for row, reason in zip(first[col.SOURCE_ROW], first[col.RECORD_REASON], strict=True):
            examples.setdefault(_kind(reason), f"row {row}: {reason}")
        yield from (f"  {count} like {examples[kind]}" for kind, count in reasons.most_common(SHOWN))
        if len(reasons) > SHOWN:
            yield f"  and {len(reasons) - SHOWN} more kinds"
    yield f"the first {min(SHOWN, len(table))} records:"
    shown = [column for column in map(str, table.columns) if table[column].notna().any()]
    yield from ("  " + line for line in table[shown].head(SHOWN).to_csv(index=False, lineterminator="\n").splitlines())


def _kind(reason: str) -> str:
    """A reason without the values in it."""
    return re.sub(r"'[^']*'|\d[\d.eE+-]*", "", reason)[:60]


def _declaration(path: Path) -> tuple[dict[str, Any], str]:
    """The one declaration of a file, and its text."""
    data = _bytes(path)
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"not TOML: {error}", file=path, cure="save the file as UTF-8") from None
    document = toml_of(text, path)
    if declared.SECTION not in document:
        return document, re.sub(r"^\[(?!\[)\s*columns", f"[{declared.SECTION}.columns", f"{_SECTION}\n{text}", flags=re.MULTILINE)
    tables = document[declared.SECTION]
    if len(document) != 1 or not isinstance(tables, list) or len(tables) != 1:
        raise InputError("the file declares more or less than one source", file=path, cure=f"one {_SECTION} a file")
    return tables[0], text


def _pinned(text: str, declaration: Declaration) -> str:
    """Text of a declaration with the place and the SHA-256 of its table filled in; its comments stay."""
    lines = text.strip("\n").split("\n")
    start = next(place for place, line in enumerate(lines) if line.strip().startswith(_SECTION))
    end = next((place for place in range(start + 1, len(lines)) if lines[place].lstrip().startswith("[")), len(lines))
    own = [line for line in lines[start + 1 : end] if not re.match(r"\s*(?:file|url|package|version|member|sha256)\s*=", line)]
    place = next(number for number, line in enumerate(own) if re.match(r"\s*name\s*=", line)) + 1
    given = {"file": declaration.file, "url": declaration.url, "sha256": declaration.sha256}
    own[place:place] = [f"{key} = {quoted(value)}" for key, value in given.items() if value]
    return "\n".join([*lines[: start + 1], *own, *lines[end:]]) + "\n"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", file=path, cure="give the path of the file") from None
