"""Files of a release that do not agree with its table: a copy left behind when the table was mended, an archive, a checksum."""

from __future__ import annotations

import hashlib
import io
import math
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.release.compare.cellwise import bound, number, same, shown
from pipeline.release.compare.published import SIDES, Published, Table
from schemas import columns as col
from schemas.entries import PUBLISHED_BOUND

#: Significant digits of the published processed table.
_DIGITS = 6
_PROCESSED = {
    col.COMPOSITION_PROCESSED: col.TRUE_COMPOSITION,
    col.SPACE_GROUP_NUMBER_PROCESSED: col.SPACE_GROUP_NUMBER,
    col.DOI: col.DOI,
}
_CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Stale:
    """One place where a file departs from the table of its own release.

    Attributes
    ----------
    file
        The file that departs.
    id, column
        The cell, where it is one.
    holds, table
        What the file holds, and what the table (or the checksum list) says.
    what
        In a few words: ``cell``, ``row missing``, ``row too many``, ``column missing``, ``structure``, ``checksum``.
    """

    file: str
    what: str
    id: str = ""
    column: str = ""
    holds: str = ""
    table: str = ""


def stale(release: Published) -> list[Stale]:
    """Every place where a file departs from the release's table, in the order of the files."""
    return [*_split(release), *_copies(release), *_processed(release), *_archives(release), *_checksums(release)]


def _split(release: Published) -> Iterator[Stale]:
    for side in SIDES:
        for name in release.ids(side):
            if name not in release.table:
                yield Stale(f"{side}_idx.csv", "row too many", name)
            elif release.split[name] == "both":
                yield Stale(f"{side}_idx.csv", "row too many", name, holds="stands on both sides")


def _side(release: Published, side: str) -> set[str]:
    return set(release.table) if side == "all" else set(release.ids(side))


def _copies(release: Published) -> Iterator[Stale]:
    for side in ("all", *SIDES):
        wanted = _side(release, side)
        for ending in ("csv", "xlsx"):
            path = release.layout.copy(side, ending)
            if path in release.contents and path != release.layout.table:
                yield from _copy(path, release.read(path), release.header(path), release, wanted)


def _copy(path: str, copy: Table, header: list[str], release: Published, wanted: set[str]) -> Iterator[Stale]:
    for column in release.columns:
        if column not in header:
            yield Stale(path, "column missing", column=column)
    yield from _rows(path, copy, release.table, wanted)
    for name, row in copy.items():
        entry = release.table.get(name, {})
        for column, value in () if entry == row else entry.items():
            if column in row and not same(row[column], value):
                yield Stale(path, "cell", name, column, shown(row[column]), shown(value))


def _rows(path: str, copy: Table, table: Table, wanted: set[str]) -> Iterator[Stale]:
    for name in table:
        if name in wanted and name not in copy:
            yield Stale(path, "row missing", name)
    for name in copy:
        if name not in wanted:
            yield Stale(path, "row too many", name)


def _processed(release: Published) -> Iterator[Stale]:
    path = "processed.csv"
    if path not in release.contents:
        return
    processed = release.read(path)
    yield from _rows(path, processed, release.table, set(release.table))
    for name, row in processed.items():
        if name in release.table:
            for column, expected in _expected(release.table[name], row):
                yield Stale(path, "cell", name, column, shown(row.get(column)), shown(expected))


def _expected(entry: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Columns of the processed table that do not follow from the entry, with what does."""
    for column, origin in _PROCESSED.items():
        if not same(row.get(column), entry.get(origin)):
            yield column, entry.get(origin)
    for column in col.LATTICE:
        if not _rounded(row.get(column), entry.get(column)):
            yield column, entry.get(column)
    if not _conductivity(row, entry.get(col.IONIC_CONDUCTIVITY)):
        yield col.IONIC_CONDUCTIVITY, entry.get(col.IONIC_CONDUCTIVITY)
    given = bound(entry.get(col.IONIC_CONDUCTIVITY))
    if col.CONDUCTIVITY_PROCESSED in row and given is not None and not _rounded(row[col.CONDUCTIVITY_PROCESSED], given[1]):
        yield col.CONDUCTIVITY_PROCESSED, given[1]
    close = entry.get(col.CLOSE_MATCH) == "Yes"
    kind = row.get(col.CIF_PROCESSED)
    if kind in ("Match", "Close Match") and (kind == "Close Match") != close:
        yield col.CIF_PROCESSED, "Close Match" if close else "Match"


def _rounded(value: Any, exact: Any) -> bool:
    """Whether a number is the other, or what is left of it when it is printed to six significant digits."""
    one, other = number(value), number(exact)
    return same(value, exact) if one is None or other is None else math.isclose(one, other, rel_tol=0.51 * 10.0 ** (1 - _DIGITS))


def _conductivity(row: Mapping[str, Any], exact: Any) -> bool:
    found, given = number(row.get(col.IONIC_CONDUCTIVITY)), bound(exact)
    if found is None or given is None:
        return same(row.get(col.IONIC_CONDUCTIVITY), exact)
    sign, value = given
    if col.BOUND in row and (row[col.BOUND] or "") != sign:
        return False
    return (bool(sign) and found == PUBLISHED_BOUND) or _rounded(found, value)


def _archives(release: Published) -> Iterator[Stale]:
    for side in ("all", *SIDES):
        wanted = _side(release, side)
        expected = {name: text for name, text in release.structures.items() if name in wanted}
        for ending in ("zip", "tar.gz"):
            path = f"{side}_cifs.{ending}"
            if path in release.contents:
                members = _members(release.contents[path], ending)
                yield from _members_stale(path, members, expected)


def _members_stale(path: str, members: Mapping[str, bytes] | None, expected: Mapping[str, str]) -> Iterator[Stale]:
    if members is None:
        yield Stale(path, "structure", holds="the archive cannot be opened")
        return
    for name in sorted(members.keys() | expected.keys()):
        if name not in members:
            yield Stale(path, "structure", name, holds="missing in the archive")
        elif name not in expected:
            yield Stale(path, "structure", name, holds="not among the release's structures")
        elif members[name] != expected[name].encode("utf-8"):
            yield Stale(path, "structure", name, holds="another text than the file's")


def _members(data: bytes, ending: str) -> dict[str, bytes] | None:
    def name(path: str) -> str:
        return path.rsplit("/", 1)[-1].removesuffix(".cif")

    try:
        if ending == "zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return {name(path): archive.read(path) for path in archive.namelist() if path.endswith(".cif")}
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as members:
            found = ((member, members.extractfile(member)) for member in members if member.name.endswith(".cif"))
            return {name(member.name): handle.read() for member, handle in found if handle is not None}
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError):
        return None


def _checksums(release: Published) -> Iterator[Stale]:
    if _CHECKSUMS not in release.contents:
        return
    listed = {}
    for line in release.contents[_CHECKSUMS].decode("utf-8", "replace").splitlines():
        digest, _, path = line.partition("  ")
        listed[path] = digest
    for path, digest in sorted(listed.items()):
        if path not in release.contents:
            yield Stale(path, "checksum", holds="missing", table="listed in SHA256SUMS")
        elif hashlib.sha256(release.contents[path]).hexdigest() != digest:
            yield Stale(path, "checksum", holds="changed after the build", table="listed in SHA256SUMS")
    for path in sorted(release.contents.keys() - listed.keys() - {_CHECKSUMS}):
        yield Stale(path, "checksum", holds="added after the build", table="not listed in SHA256SUMS")
