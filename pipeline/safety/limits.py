"""How much of a stranger's input is looked at: every limit, in one place.

Each is tested before the step that would be expensive, and the message that refuses an input names it. A maintainer who trusts an input
raises them all together: ``OBELIX_CURATE_LIMITS=10`` in the environment multiplies each by ten.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError

#: Multiplies every limit; a whole number of 1 or more.
VARIABLE = "OBELIX_CURATE_LIMITS"
RAISE = f"if you trust it, set {VARIABLE}=10 to raise every limit tenfold"


@dataclass(frozen=True)
class Limit:
    """The most of something, and why no honest input needs more.

    Attributes
    ----------
    what
        What is counted, as a message says it after the number: ``members of an archive``.
    most
        The largest number that passes.
    why
        The reason for the value.
    is_fixed
        Whether nobody can raise it: a deeper document would overflow the stack of the parser.
    """

    what: str
    most: int
    why: str
    is_fixed: bool = False

    def __call__(self) -> int:
        """The limit in force."""
        return self.most if self.is_fixed else self.most * factor()

    def error(self, file: str | Path, found: int | None = None, row: int | None = None) -> InputError:
        """What is said when it is passed."""
        more = "more than" if found is None else f"{found}, more than"
        cure = "write it flatter" if self.is_fixed else f"send less at a time; {RAISE}"
        return InputError(f"it has {more} {self()} {self.what}, the limit", file=file, row=row, cure=cure)


#: Bytes that a structure file may have before the rest counts as spare.
USUAL = 5_000


@dataclass
class Spare:
    """Bytes of the structure files of an archive beyond :data:`USUAL` a file and ``a_byte`` for each byte of the archive.

    Text that packs better than that repeats itself, and costs as much to read as any other.
    """

    limit: Limit
    file: str | Path
    archive_bytes: int
    a_byte: int
    counted: int = 0

    def add(self, size: int) -> None:
        """Count one more file. Raises InputError when it is too much."""
        self.counted += max(0, size - USUAL)
        if self.counted > self.a_byte * self.archive_bytes + self.limit():
            raise self.limit.error(self.file)


#: By how much the limits are raised in this thread, whatever the environment says: a worker may do the work of several commands at once.
_RAISED: ContextVar[int | None] = ContextVar("raised", default=None)


@contextmanager
def raised(by: int) -> Iterator[None]:
    """Keep the limits of somebody else, for work that is done for them: those of this thread only."""
    before = _RAISED.set(by)
    try:
        yield
    finally:
        _RAISED.reset(before)


def factor() -> int:
    """By how much the limits are raised."""
    if (known := _RAISED.get()) is not None:
        return known
    text = os.environ.get(VARIABLE, "1")
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= 10_000:
        raise InputError("not a whole number from 1 to 10000", file=VARIABLE, value=text, cure=f"set {VARIABLE} to 1, or remove it")
    return int(text)


TABLE_BYTES = Limit("bytes of a table", 50_000_000, "100,000 rows of 28 columns have 20 MB")
TABLE_LINES = Limit("lines or rows of a table, blank ones counted", 2_097_152, "twice what a sheet holds")
BLANK_ROWS = Limit("rows without a cell", 100_000, "rows that were only formatted")
TABLE_ROWS = Limit("rows of a table", 100_000, "a hundred and sixty times the dataset")
SPARE_CELLS = Limit("cells of a table beyond 32 a row", 200_000, "the release with 300 more columns")
CELLS_A_ROW = Limit("cells of a row on average", 32, "the release has 28 columns", is_fixed=True)
TABLE_COLUMNS = Limit("columns of a table", 300, "ten times those of the release")
CHARACTERS_A_ROW = Limit("characters of a row on average", 200, "100,000 rows of 28 columns have 20 MB", is_fixed=True)
SPARE_CHARACTERS = Limit("characters of a workbook beyond 200 a row", 2_000_000, "cells share a text, which is read in each of them")
CELL_CHARACTERS = Limit("characters of a cell", 20_000, "the longest note of the release has 500")
WORKBOOK_BYTES = Limit("bytes of a workbook, unpacked", 200_000_000, "100,000 rows of 28 columns have 110 MB")
WORKBOOK_PART = Limit("bytes of a part of a workbook that is no sheet", 30_000_000, "the texts of 100,000 rows have 10 MB")
WORKBOOK_TEXTS = Limit("texts of a workbook beyond one a cell", 20_000, "texts that no cell shows any more")
WORKBOOK_ELEMENTS = Limit("elements of a workbook outside its sheets", 200_000, "a workbook has at most 65,490 formats")
MERGED_RANGES = Limit("merged ranges", 10_000, "a table has none")
WORKBOOK_PARTS = Limit("parts of a workbook", 2_000, "a sheet brings about four")
WORKBOOK_SHEETS = Limit("sheets of a workbook", 100, "one is read")
BUNDLE_BYTES = Limit("bytes of structure files, unpacked", 200_000_000, "ten thousand files of the usual 20 kB")
BUNDLE_SPARE = Limit(
    "bytes of structure files beyond 5,000 a file and five for each byte of their archive",
    2_000_000,
    "files of the usual size add nothing, tables of reflections pack to a quarter",
)
BUNDLE_FILES = Limit("structure files of a contribution", 10_000, "thirty times those of the release")
STRUCTURES = Limit("structures of the rows of a contribution", 1_000, "three times those of the release; each takes five milliseconds")
ARCHIVE_MEMBERS = Limit("members of an archive", 50_000, "each costs time even when it is passed over")
HEADER_BYTES = Limit("bytes of an extended header of a tar archive", 65_536, "it holds a name")
CIF_BYTES = Limit("bytes of a CIF", 5_000_000, "the largest of the release has 90 kB")
CIF_DAMAGED = Limit("damaged items of a CIF that are passed over", 1_000, "the files of the release have none")
CIF_SITES = Limit("atom sites", 10_000, "the largest of the release has 152")
CIF_STRUCTURES = Limit("structures of a CIF", 50, "a row has one; a paper has a few")
CIF_IMAGES = Limit(
    "images of sites in a cell (sites times operations)",
    15_000,
    "the most of the release is 1,344; the largest inorganic cells have a few thousand atoms",
)
CIF_EXAMINED = Limit(
    "positions in a primitive cell whose symmetry is looked for", 2_000, "the most of the release is 176; time grows with the square"
)
CIF_TOTAL = Limit(
    "squares of positions of all structures of a contribution", 12_000_000, "the 321 structures of the release have 1.4 million"
)
LIKE_PAIRS = Limit("pairs of structures with like cells to be compared", 20_000, "the 321 structures of the release have 3,074")
LIBRARY_BYTES = Limit("bytes of a library, unpacked", 200_000_000_000, "a million files of 200 kB")
LIBRARY_MEMBERS = Limit("members of a library", 5_000_000, "all structures ever determined are two million")
LIBRARY_SPARE = Limit(
    "bytes of structure files of a library beyond 5,000 a file and twenty for each byte of their archive",
    10_000_000,
    "databases pack to a tenth or more",
)
LIBRARY_FILE = Limit("bytes of a file of a library, unpacked", 50_000_000, "structures that hold their diffraction data")
ARCHIVE_BYTES = Limit("bytes of an archive of sources, unpacked", 500_000_000, "that of the release has 12 MB")
DOCUMENT_BYTES = Limit("bytes of a document (YAML, TOML, JSON)", 5_000_000, "the corrections have 22 kB")
DOCUMENT_DEPTH = Limit("levels of a document", 50, "ours have three", is_fixed=True)
DOCUMENT_NODES = Limit("values of a document", 500_000, "a correction has seven")

#: All of them, for the documentation.
ALL: tuple[Limit, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Limit))
