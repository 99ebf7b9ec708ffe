"""Physical lines of the torn table, and which of them are one record.

The table left its PDF line by line. Each cell that was too narrow for its text was broken, and every record was centred on its
line of values: as many torn lines stand above the line that holds the conductivity as below it (or blank lines, where a cell
broke into an even number). That law alone assigns every line, without a look at what the lines say.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import InputError
from schemas import columns as col

#: Columns of the source, which has no header.
COLUMNS: tuple[col.Column, ...] = (
    col.COMPOSITION, col.CONDUCTIVITY, col.ACTIVATION_ENERGY, col.SPACEGROUP_SYMBOL, col.SPACEGROUP_NUMBER, col.PHASE,
    col.ICSD_ID_SOURCE, col.REFERENCE,
)  # fmt: skip
#: Columns whose text may be broken over several lines; every other cell of a record is written once.
TORN: tuple[col.Column, ...] = (col.COMPOSITION, col.PHASE)


@dataclass(frozen=True)
class Line:
    """One physical line: its number in the file, from 1, and its cells by column."""

    number: int
    cells: dict[str, str]

    @property
    def has_values(self) -> bool:
        """Whether it holds a conductivity: each record has exactly one such line."""
        return bool(self.cells[col.CONDUCTIVITY])

    @property
    def is_citation_only(self) -> bool:
        """Whether a citation number is all that it holds."""
        return [column for column in COLUMNS if self.cells[column]] == [col.REFERENCE]


@dataclass(frozen=True)
class Torn:
    """Lines of one record, in order. ``values`` is the place of its line of values, ``None`` when that line is lost."""

    lines: tuple[Line, ...]
    values: int | None

    @property
    def first(self) -> int:
        """First line in the file, from 1."""
        return self.lines[0].number

    @property
    def last(self) -> int:
        """Last line in the file, from 1."""
        return self.lines[-1].number

    def texts(self, column: col.Column) -> list[str]:
        """What its lines say in a column, blanks left out."""
        return [line.cells[column] for line in self.lines if line.cells[column]]


def lines(data: bytes, file: str) -> list[Line]:
    """Physical lines of the source.

    Raises
    ------
    InputError
        When it is not UTF-8, ends in the middle of a line, or a line has not the eight columns.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = data[: error.start].count(b"\n") + 1
        raise InputError("not UTF-8 text", file=file, row=place, cure="save the table as UTF-8") from error
    if not text.strip():
        raise InputError("the table is empty", file=file, cure="fetch the source again")
    found: list[Line] = []
    problems: list[InputError] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    for row in reader:
        if reader.line_num != len(found) + len(problems) + 1 or len(row) != len(COLUMNS):
            problems.append(
                InputError(
                    f"{len(row)} columns where the table has {len(COLUMNS)}: {', '.join(COLUMNS)}",
                    file=file,
                    row=reader.line_num,
                    value=",".join(row)[:60],
                    cure="restore the line: a column is missing, one too many, or a quotation mark is left open",
                )
            )
            if reader.line_num != len(found) + len(problems):
                break
            continue
        found.append(Line(reader.line_num, {str(column): cell.strip() for column, cell in zip(COLUMNS, row, strict=True)}))
    if problems:
        raise InputError.gather(problems)
    if not text.endswith("\n"):
        raise InputError("the file ends in the middle of a line", file=file, row=len(found), cure="fetch the source again: it is cut off")
    return found


def records(table: list[Line], file: str) -> Iterator[Torn]:
    """Records of the table, in order: each line belongs to exactly one.

    A line that holds nothing but a citation number, where the record that it would belong to has its own, is what is left of a
    record whose values are lost.

    Raises
    ------
    InputError
        Where lines cannot be dealt out so that every record is centred: lines are missing, were added or changed places.
    """
    below = 0  # torn lines that still belong to the record before
    pending: list[Line] = []
    current: list[Line] = []
    values: int | None = None
    for line in table:
        if line.is_citation_only and not below and not pending:
            if current:
                yield _whole(Torn(tuple(current), values), file)
                current, values = [], None
            yield Torn((line,), None)
            continue
        if not line.has_values:
            if below:
                current.append(line)
                below -= 1
            else:
                pending.append(line)
            continue
        if below:
            raise _off_centre(line, below, file)
        if current:
            yield _whole(Torn(tuple(current), values), file)
        current, values, below, pending = [*pending, line], len(pending), len(pending), []
    if below or pending:
        raise _off_centre(table[-1], below, file)
    if current:
        yield _whole(Torn(tuple(current), values), file)


def _off_centre(line: Line, missing: int, file: str) -> InputError:
    what = (
        f"{missing} torn line{'s' if missing > 1 else ''} missing before this line"
        if missing
        else "torn lines that belong to no line of values"
    )
    return InputError(
        f"{what}: a record has as many lines above its line of values as below it",
        file=file,
        row=line.number,
        value=line.cells[col.COMPOSITION] or line.cells[col.PHASE] or line.cells[col.CONDUCTIVITY],
        cure="restore the order and number of lines of the source",
    )


def _whole(torn: Torn, file: str) -> Torn:
    """The record, once it is sure that no cell is written twice and that its lower lines hold nothing but torn text."""
    for column in COLUMNS:
        where = [line for line in torn.lines if line.cells[column]]
        if column not in TORN and len(where) > 1:
            raise InputError(
                "a second value within one record", file=file, row=where[1].number, column=column, value=where[1].cells[column],
                cure="restore the order of lines of the source",
            )  # fmt: skip
    for line in torn.lines[(torn.values or 0) + 1 :]:
        strays = [column for column in COLUMNS if column not in TORN and line.cells[column]]
        if strays:
            raise InputError(
                "a value below the line of values of its record, where only torn text stands",
                file=file,
                row=line.number,
                column=strays[0],
                value=line.cells[strays[0]],
                cure="restore the order of lines of the source",
            )
    if not torn.texts(col.COMPOSITION):
        raise InputError(
            "values without a composition", file=file, row=torn.lines[torn.values or 0].number, column=col.COMPOSITION,
            cure="restore the order and number of lines of the source",
        )  # fmt: skip
    return torn
