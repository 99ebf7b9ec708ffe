"""``pin add PACKAGE==VERSION``: a newer release of the sources, pinned, and what it changes."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline import sources
from pipeline.errors import InputError
from pipeline.ingest.laskowski import laskowski
from pipeline.release.edits import Own
from pipeline.release.opened import opened
from pipeline.safety.documents import read_toml
from pipeline.safety.outputs.files import put
from pipeline.sources.pin import Member, Pin
from pipeline.sources.tables import quoted, with_table
from pipeline.sources.workbook import BookFile

#: A name and a version as packages bear them; the name becomes a file name, the version the name of the pin.
_WANTED = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*==\s*([0-9A-Za-z][0-9A-Za-z.!+]*)\s*")


def add(wanted: str, raw: Path, date: str = "") -> list[str]:
    """Bring a source distribution, pin it beside the others, and tell what it changes against the default pin, in lines.

    The default stays: a person reads what changes and then names the new one under ``default``. ``date`` is the day of publication, which
    the package itself does not tell.

    Raises
    ------
    InputError
        When it is no ``PACKAGE==VERSION``, is pinned already, cannot be brought, or does not hold what the other pins hold; nothing is
        written into ``raw/sources.toml`` then.
    """
    match = _WANTED.fullmatch(wanted)
    if match is None:
        raise InputError("not a package and its version", value=wanted, cure="write it as obelix-data==1.3.0")
    package, version = match.groups()
    path = raw / sources.PINS
    pins = sources.pins(raw)
    last = next(iter(pins.values()))
    if version in pins:
        raise InputError(f"the version {version} is pinned already", file=path, cure="take its table out first if it is to be pinned anew")
    members = {role: Member(inner, "", 0) for role, inner in read_toml(path)["members"].items()}
    archive, pin = sources.unpinned(Pin(version, package, version, "", "", members), raw)
    roles, files = sources.members_of(pin, archive)
    book = Own(BookFile(roles["workbook"], f"{archive.name}:{members['workbook'].path}", hashlib.sha256(roles["workbook"]).hexdigest()))
    pin = replace(pin, date=date, members=_counted(pin, roles, files, book))
    told = [f"{package} {version}: {archive}", *_changes(last, pin, files, raw), *_sheet(book, raw, last)]
    put(path, with_table(path.read_text(encoding="utf-8"), ["pins", version], _lines(pin), path))
    return [*told, f"pinned as {version} in {path}; the default is {last.name} until you write: default = {quoted(version)}"]


def _counted(pin: Pin, roles: Mapping[str, bytes], files: Mapping[str, bytes], book: Own) -> dict[str, Member]:
    """Hash and number of records of each member. A table must be read to be counted, so one that cannot be read is told here."""
    counted = {}
    for role, member in pin.members.items():
        file = f"{pin.archive}:{member.path}"
        if role == sources.STRUCTURES:
            data, records = sources.listing(files), len(files)
        else:
            data = roles[role]
            if role == "workbook":
                records = len(book.book.cells)
            elif role == "laskowski":
                records = len(laskowski(data, roles["laskowski_references"], file))
            else:
                records = _rows(data, file)
        counted[role] = replace(member, sha256=hashlib.sha256(data).hexdigest(), records=records)
    return counted


def _rows(data: bytes, file: str) -> int:
    """Rows of a CSV below its header; blank ones do not count."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8: {error.reason} at byte {error.start}", file=file, cure="report it to the package's maintainers"
        ) from None
    return max(sum(any(cell.strip() for cell in row) for row in csv.reader(text.splitlines())) - 1, 0)


def _lines(pin: Pin) -> list[str]:
    head = [f"{key} = {quoted(value)}" for key in ("package", "version", "date", "archive", "sha256") if (value := getattr(pin, key))]
    rows = [f"{role} = {{ sha256 = {quoted(m.sha256)}, records = {m.records} }}" for role, m in pin.members.items()]
    return [*head, "", f"[pins.{quoted(pin.name)}.members]", *rows]


def _changes(last: Pin, pin: Pin, files: Mapping[str, bytes], raw: Path) -> Iterator[str]:
    """Each member against that of the default pin."""
    for role, member in pin.members.items():
        before = last.members.get(role)
        if before is None:
            yield f"  {role}: {member.records} records, not in {last.name}"
        elif before.sha256 == member.sha256:
            yield f"  {role}: {member.records} records, the same as in {last.name}"
        else:
            yield f"  {role}: {member.records} records, {before.records} in {last.name}; changed"
    old = {name: text.encode() for name, text in sources.open_archive(last, raw).structures().items()}
    counts = {
        "new": files.keys() - old.keys(), "gone": old.keys() - files.keys(),
        "changed": {name for name in files.keys() & old.keys() if files[name] != old[name]},
    }  # fmt: skip
    for word, names in counts.items():
        if names:
            more = f" and {len(names) - 20} more" if len(names) > 20 else ""
            yield f"  structures {word}: {', '.join(sorted(names)[:20])}{more}"


def _sheet(book: Own, raw: Path, last: Pin) -> list[str]:
    """The workbook against that of the default pin, and what it means for the corrections."""
    edits = opened(raw, own=book).edits
    return [] if edits is None else list(edits.told(f"{last.package} {last.version}"))
