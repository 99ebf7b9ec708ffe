"""The curators' workbook: the cells as they stand, and the same cells as typed entries."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pipeline.errors import InputError
from schemas import columns as col
from schemas import entries as entries_schema
from schemas.contract import DTYPES, failures

if TYPE_CHECKING:
    import pandas as pd

Cell = str | int | float | None
T = TypeVar("T")

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_BOUND = re.compile(rf"\s*([<>])\s*({_NUMBER})\s*")
_PLAIN = re.compile(rf"\s*({_NUMBER})\s*")


def cells(data: bytes, file: str) -> pd.DataFrame:
    """One row an entry: the 28 columns of the sheet in their published order, each cell as the sheet holds it.

    Cells are Python objects: ``int``, ``float``, ``str`` or ``None`` for a blank. Nothing is stripped, rounded or filled.

    Raises
    ------
    InputError
        When it is not a workbook, a column is missing, unknown or repeated, or a row is empty in the middle.
    """
    import openpyxl
    import pandas as pd

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        rows = [tuple(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
    except Exception as error:  # openpyxl lets errors of zipfile, xml and its own through
        raise InputError(f"not an Excel workbook: {error}", file=file, cure="save it again as .xlsx") from error
    if not rows:
        raise InputError("the sheet is empty", file=file)
    header, *body = rows
    order = _order(header, file)
    while body and all(value is None for value in body[-1]):
        body.pop()
    blank = [number for number, row in enumerate(body, start=2) if all(value is None for value in row)]
    if blank:
        raise InputError("an empty row in the middle of the table", file=file, row=blank[0], cure="delete the row, or fill it")
    table = [[row[place] if place < len(row) else None for place in order] for row in body]
    return pd.DataFrame(table, columns=[str(column) for column in col.WORKBOOK], dtype=object)


def _order(header: tuple[object, ...], file: str) -> list[int]:
    """Place of each published column in the header."""
    labels = [str(label).strip() for label in header if label is not None]
    missing = [str(column) for column in col.WORKBOOK if column not in labels]
    unknown = [label for label in labels if label not in col.WORKBOOK]
    repeated = sorted({label for label in labels if labels.count(label) > 1})
    if missing:
        raise InputError(
            f"the column {', '.join(map(repr, missing))} is missing", file=file, row=1, cure="restore the header of the published sheet"
        )
    if unknown or repeated:
        raise InputError(
            f"columns that are not of this table: {', '.join(map(repr, unknown + repeated))}",
            file=file,
            row=1,
            cure="remove or rename them",
        )
    return [[None if label is None else str(label).strip() for label in header].index(str(column)) for column in col.WORKBOOK]


def entries(cells: pd.DataFrame, file: str = "workbook") -> pd.DataFrame:
    """One row an entry, index ``ID``: the cells as typed values, with ``bound`` beside the conductivity.

    * numbers are float64, ``Z``, ``Space group #`` and ``Checked`` Int64, the rest text with outer white space removed;
    * ``<1E-10`` is the number 1e-10 and the bound ``<``;
    * a blank, or a text of white space, is a missing value.

    Raises
    ------
    InputError
        All at once: every cell that is not of its column's type, every value outside the column's limits, every repeated ID.
    """
    import pandas as pd

    problems: list[InputError] = []
    columns: dict[str, list[object]] = {}
    for column in col.WORKBOOK:
        if column == col.IONIC_CONDUCTIVITY:
            read = [_read(conductivity, value, column, row, file, problems) for row, value in _numbered(cells[column])]
            columns[column] = [None if pair is None else pair[0] for pair in read]
            columns[col.BOUND] = [None if pair is None else pair[1] for pair in read]
        else:
            reader = _READERS[column.type]
            columns[column] = [_read(reader, value, column, row, file, problems) for row, value in _numbered(cells[column])]
    if problems:
        raise InputError.gather(problems)
    index = pd.Index([str(value) for value in columns[col.ID]], name=str(col.ID), dtype="str")
    typed = pd.DataFrame(
        {str(c): pd.Series(columns[c], dtype=DTYPES[c.type], index=index) for c in entries_schema.COLUMNS if c != col.ID}, index=index
    )
    _validate(typed, file)
    return typed


def typed(cells: pd.DataFrame, keys: Sequence[str] | None = None) -> pd.DataFrame:
    """Cells as typed entries, without the demand that nothing is missing.

    One row an entry, index ``ID`` (or ``keys``), columns as in :mod:`schemas.entries`. A cell that is not of its column's type is a
    missing value: whoever calls has said so already. :func:`entries` is the strict reading, for the release.
    """
    import pandas as pd

    index = pd.Index([str(key) for key in (cells[col.ID] if keys is None else keys)], name=str(col.ID), dtype="str")
    columns: dict[str, list[object]] = {}
    for column in col.WORKBOOK:
        values = cells[column].tolist()
        if column == col.IONIC_CONDUCTIVITY:
            pairs = [None if value is None else _lenient(conductivity, value) for value in values]
            columns[column] = [None if pair is None else pair[0] for pair in pairs]
            columns[col.BOUND] = [None if pair is None else pair[1] for pair in pairs]
        else:
            reader = _READERS[column.type]
            columns[column] = [None if value is None else _lenient(reader, value) for value in values]
    series = {str(c): pd.Series(columns[c], dtype=DTYPES[c.type], index=index) for c in entries_schema.COLUMNS if c != col.ID}
    return pd.DataFrame(series, index=index)


def _lenient(reader: Callable[[Cell], T], value: Cell) -> T | None:
    try:
        return reader(value)
    except (ValueError, OverflowError):
        return None


def _numbered(values: pd.Series) -> list[tuple[int, Cell]]:
    """Cells with the row number a spreadsheet shows."""
    return list(enumerate(values.tolist(), start=2))


def _read(reader: Callable[[Cell], T], value: Cell, column: col.Column, row: int, file: str, problems: list[InputError]) -> T | None:
    try:
        found = reader(value)
    except ValueError as error:
        problems.append(InputError(str(error), file=file, row=row, column=column, value=value, cure="correct the cell"))
        return None
    if found is None and column.required:
        problems.append(InputError("a blank where a value is required", file=file, row=row, column=column, cure="fill the cell"))
    return found


def text(value: Cell) -> str | None:
    """Text of a cell without outer white space; ``None`` for a blank."""
    return None if value is None else (str(value).strip() or None)


def number(value: Cell) -> float | None:
    """Number of a cell. Raises ``ValueError`` when it holds anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    plain = text(value)
    if plain is None:
        return None
    if not _PLAIN.fullmatch(plain):
        raise ValueError("text where a number belongs")
    return float(plain)


def integer(value: Cell) -> int | None:
    """Whole number of a cell. Raises ``ValueError`` when it holds anything else."""
    found = number(value)
    if found is None:
        return None
    if not found.is_integer():
        raise ValueError("not a whole number")
    return int(found)


def conductivity(value: Cell) -> tuple[float, str | None] | None:
    """Conductivity and its bound: ``<1E-10`` gives ``(1e-10, "<")``. Raises ``ValueError`` for anything else."""
    bounded = _BOUND.fullmatch(value) if isinstance(value, str) else None
    if bounded:
        return float(bounded[2]), bounded[1]
    try:
        found = number(value)
    except ValueError:
        raise ValueError("neither a number nor a bound such as <1E-10") from None
    return None if found is None else (found, None)


_READERS: dict[col.Type, Callable[[Cell], object]] = {"text": text, "number": number, "integer": integer}


def _validate(typed: pd.DataFrame, file: str) -> None:
    """Hold the typed entries against their contract and say every failure with its row."""
    repeated = typed.index[typed.index.duplicated(keep=False)]
    if len(repeated):
        rows = {name: [int(row) + 2 for row in (typed.index == name).nonzero()[0]] for name in dict.fromkeys(repeated)}
        raise InputError.gather(
            [
                InputError(f"the ID stands in rows {', '.join(map(str, where))}", file=file, row=where[1], column=col.ID, value=name,
                           cure="give each entry an ID of its own")
                for name, where in rows.items()
            ]
        )  # fmt: skip
    if found := failures(typed, entries_schema.schema()):
        rows_of = {name: row for row, name in enumerate(typed.index, start=2)}
        raise InputError.gather(
            [
                InputError(f"breaks the rule: {each.rule}", file=file, row=rows_of.get(str(dict(each.key).get(col.ID, ""))),
                           column=each.column, value=each.value, cure="correct the cell")
                for each in found
            ]
        )  # fmt: skip
