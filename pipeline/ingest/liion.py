"""The Liverpool Ionics Dataset (Hargreaves et al., npj Comput. Mater. 2023): conductivities at 5 to 873 degrees Celsius."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipeline.dois import bare, is_doi, without_address
from pipeline.errors import InputError
from schemas import columns as col
from schemas.contract import typed
from schemas.liion import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

#: Records of the published dataset.
RECORDS = 820
#: Room temperature, degrees Celsius, both ends included: the 465 records that the OBELiX paper counts. Nothing was measured
#: between 35 and 39 or between 10 and 15 degrees, so the window could be a little wider without a change.
ROOM_TEMPERATURE = (15.0, 35.0)

_HEADER = ("ID", "composition", "source", "temperature", "target", "log_target", "family", "ChemicalFamily")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_BLANK = frozenset(("", "#N/A"))
_RESTORE = "restore the line as the Liverpool Ionics Dataset publishes it"
#: The logarithm is a second copy of the value, printed to nine decimals; values are printed to three figures.
_LOGARITHM_TOLERANCE = 0.01


def liion(data: bytes, file: str, *, expected: int | None = RECORDS) -> pd.DataFrame:
    """One row a record of the dataset, in the order of the source: the columns of ``schemas.liion``.

    * ``record`` is the source's ID; where the source gives one ID twice, the second bears ``/2`` (``922/2``);
    * ``composition`` is as written, quotation marks of mixtures included, outer white space removed;
    * ``doi`` is in lower case; a reference that is no DOI stays as written;
    * ``at_room_temperature`` is 15 to 35 degrees Celsius.

    Parameters
    ----------
    expected
        Number of records that the table must hold; ``None`` for a version whose number is not known.

    Raises
    ------
    InputError
        With line, column and value: a missing column, a torn line, a value that is no number or at odds with its logarithm, a
        table with more or fewer records than expected.
    """

    problems: list[InputError] = []
    rows: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    highest = 0
    for line, cells in _lines(data, file):
        row = _record(cells, line, file, problems)
        if rows and row[col.RECORD].isdigit() and int(row[col.RECORD]) < highest:
            problems.append(
                InputError(f"ID {row[col.RECORD]} behind {highest}: the records stand in the order of their IDs", file=file, row=line,
                           column="ID", value=row[col.RECORD], cure="restore the order of lines of the source")
            )  # fmt: skip
        highest = max(highest, int(row[col.RECORD])) if row[col.RECORD].isdigit() else highest
        seen[row[col.RECORD]] += 1
        if seen[row[col.RECORD]] > 1:
            row[col.RECORD] += f"/{seen[row[col.RECORD]]}"
        rows.append(row)
    if problems:
        raise InputError.gather(problems)
    if expected is not None and len(rows) != expected:
        raise InputError(
            f"{len(rows)} records, {expected} are expected: lines are missing or too many", file=file, row=len(rows) + 1,
            cure="fetch the source again",
        )  # fmt: skip
    return typed(rows, COLUMNS)


def _lines(data: bytes, file: str) -> list[tuple[int, Mapping[str, str]]]:
    """Line number and cells of each record."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text", file=file, row=data[: error.start].count(b"\n") + 1, cure="save it as UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip() for cell in next(reader, [])]
    missing = [name for name in _HEADER if name not in header]
    if missing:
        raise InputError(f"the column {', '.join(map(repr, missing))} is missing", file=file, row=1, cure="restore the header")
    found: list[tuple[int, Mapping[str, str]]] = []
    problems: list[InputError] = []
    before = reader.line_num
    for cells in reader:
        if len(cells) != len(header) or reader.line_num != before + 1:
            problems.append(
                InputError(f"{len(cells)} columns where the table has {len(header)}", file=file, row=before + 1,
                           value=",".join(cells)[:60], cure=_RESTORE)
            )  # fmt: skip
        else:
            found.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
        before = reader.line_num
    if problems:
        raise InputError.gather(problems)
    if not text.endswith("\n"):
        raise InputError("the file ends in the middle of a line", file=file, row=before, cure="fetch the source again: it is cut off")
    return found


def _record(cells: Mapping[str, str], line: int, file: str, problems: list[InputError]) -> dict[str, Any]:
    def problem(what: str, name: str) -> None:
        problems.append(InputError(what, file=file, row=line, column=name, value=cells[name], cure=_RESTORE))

    def numeral(name: str) -> float | None:
        if _NUMBER.fullmatch(cells[name]):
            return float(cells[name])
        problem("not a number", name)
        return None

    for name in ("ID", "composition", "source"):
        if not cells[name]:
            problem("a blank where a value is required", name)
    if cells["ID"] and not cells["ID"].isdigit():
        problem("not an ID of the dataset", "ID")
    temperature, conductivity, logarithm = numeral("temperature"), numeral("target"), numeral("log_target")
    if conductivity is not None and conductivity <= 0:
        problem("a conductivity is above zero", "target")
    elif conductivity is not None and logarithm is not None and abs(10**logarithm / conductivity - 1) > _LOGARITHM_TOLERANCE:
        problem(f"value and logarithm ({cells['log_target']}) disagree", "target")
    return {
        col.RECORD: cells["ID"],
        col.COMPOSITION: cells["composition"],
        col.CONDUCTIVITY: conductivity,
        col.TEMPERATURE: temperature,
        col.DOI_SOURCE: bare(cells["source"]) if is_doi(without_address(cells["source"])) else cells["source"],
        col.FAMILY_SOURCE: _filled(cells["family"]),
        col.CHEMICAL_FAMILY: _filled(cells["ChemicalFamily"]),
        col.AT_ROOM_TEMPERATURE: None if temperature is None else ROOM_TEMPERATURE[0] <= temperature <= ROOM_TEMPERATURE[1],
    }


def _filled(cell: str) -> str | None:
    return None if cell in _BLANK else cell
