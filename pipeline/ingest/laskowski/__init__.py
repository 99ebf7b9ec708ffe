"""The supplementary table of Laskowski, McHaffie and See (Energy Environ. Sci. 2023), recovered from the lines of its PDF.

One module a family of rules: ``lines`` says which physical lines are one record, ``subscripts`` puts the numbers of one line
back, ``compositions`` joins lines and reads letters, ``values`` reads numbers, space groups and citations.
``docs/sources.md`` counts the records that each rule touched.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.dois import SEPARATOR, bare, is_doi
from pipeline.errors import InputError
from pipeline.ingest.laskowski import compositions, values
from pipeline.ingest.laskowski.lines import Torn, lines, records
from schemas import columns as col
from schemas.contract import typed
from schemas.laskowski import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

#: Records of the published table.
RECORDS = 1346
_ORDER = "restore the order of lines of the source: its records stand in the order of their space group numbers"

_BLANK: dict[str, Any] = dict.fromkeys(map(str, COLUMNS))


def laskowski(
    data: bytes, references: bytes, file: str, references_file: str = "references", *, expected: int | None = RECORDS,
) -> pd.DataFrame:  # fmt: skip
    """One row a record of the Laskowski table, in the order of the source: the columns of ``schemas.laskowski``.

    * ``first_line`` and ``last_line`` name the physical lines, from 1; ``repairs`` names the rules that fired;
    * a bound leaves ``conductivity`` blank;
    * DOIs come from the citation numbers; the one record without a number has none;
    * what is left of a lost record stays a row (repair ``lost``).

    Parameters
    ----------
    expected
        Number of records that the table must hold; ``None`` for a version whose number is not known.

    Raises
    ------
    InputError
        With line, column and value: torn lines that no record can own, cells that are not of their column, records out of
        order, a table with more or fewer records than expected.
    """

    physical = lines(data, file)
    problems: list[InputError] = []
    dois = _references(references, references_file)
    rows = [_record(torn, place, dois, file, problems) for place, torn in enumerate(records(physical, file), start=1)]
    problems += _disordered(rows, file)
    if problems:
        raise InputError.gather(problems)
    if expected is not None and len(rows) != expected:
        raise InputError(
            f"{len(rows)} records, {expected} are expected: lines are missing or too many",
            file=file,
            row=len(physical),
            cure="fetch the source again",
        )
    return typed(rows, COLUMNS)


def _record(torn: Torn, place: int, dois: Mapping[int, str], file: str, problems: list[InputError]) -> dict[str, Any]:
    rules: list[str] = []
    row = _BLANK.copy()
    row[col.RECORD], row[col.FIRST_LINE], row[col.LAST_LINE] = str(place), torn.first, torn.last

    def cell(column: col.Column, read: Any) -> Any:
        """Value of a cell that is written once; a problem when it cannot be read."""
        for line in torn.lines:
            if line.cells[column]:
                try:
                    return read(line.cells[column])
                except ValueError as error:
                    problems.append(
                        InputError(str(error), file=file, row=line.number, column=column, value=line.cells[column],
                                   cure="correct the cell, or restore the columns of the source")
                    )  # fmt: skip
        return None

    _composition(torn, row, rules, file, problems)
    conductivity = cell(col.CONDUCTIVITY, lambda text: values.printed_number(text, ceiling=values.CEILING))
    if conductivity is not None:
        row[col.CONDUCTIVITY], row[col.CONDUCTIVITY_BOUND] = conductivity.value, conductivity.bound or None
        rules += conductivity.rules
    energy = cell(col.ACTIVATION_ENERGY, values.printed_number)
    if energy is not None:
        row[col.ACTIVATION_ENERGY] = energy.value
        rules += energy.rules
    number = row[col.SPACEGROUP_NUMBER] = cell(col.SPACEGROUP_NUMBER, _spacegroup_number)
    symbol = cell(col.SPACEGROUP_SYMBOL, lambda text: values.symbol(text, number))
    if symbol is not None:
        row[col.SPACEGROUP_SYMBOL] = symbol.text
        rules += symbol.rules
    row[col.ICSD_ID_SOURCE] = cell(col.ICSD_ID_SOURCE, _collection_code)
    cited = cell(col.REFERENCE, values.citations)
    _papers(torn, row, cited, dois, rules, file, problems)
    if torn.values is None:
        rules.append("lost")
    row[col.REPAIRS] = "; ".join(dict.fromkeys(rules)) or None
    return row


def _composition(torn: Torn, row: dict[str, Any], rules: list[str], file: str, problems: list[InputError]) -> None:
    texts = torn.texts(col.COMPOSITION)
    phase = compositions.phase(torn.texts(col.PHASE))
    rules += phase.rules
    row[col.PHASE] = phase.text or None
    if not texts:
        return
    composition = compositions.recovered(texts)
    rules += composition.rules
    row[col.COMPOSITION] = composition.text
    row[col.PHASE] = phase.text or composition.phase or None
    mixed_up = "a composition with lithium" if len(texts) > 1 and not _sound(composition) else ""
    if "unreadable" in phase.rules:
        mixed_up = "the name of a phase"
    if mixed_up:
        problems.append(
            InputError(
                f"torn lines that do not join to {mixed_up}",
                file=file,
                row=torn.first,
                column=col.PHASE if "phase" in mixed_up else col.COMPOSITION,
                value=phase.text if "phase" in mixed_up else composition.text,
                cure="restore the order and number of lines of the source",
            )
        )


def _sound(composition: compositions.Repaired) -> bool:
    return "unreadable" not in composition.rules and "Li" in compositions.elements(composition.text)


def _papers(
    torn: Torn, row: dict[str, Any], cited: list[int] | None, dois: Mapping[int, str], rules: list[str], file: str,
    problems: list[InputError],
) -> None:  # fmt: skip
    """Citation and DOI of a record."""
    if cited:
        row[col.REFERENCE] = "|".join(map(str, cited))
        if len(cited) > 1:
            rules.append("several-citations")
        unknown = [number for number in cited if number not in dois]
        if unknown:
            problems.append(
                InputError(
                    f"the list of references has no number {unknown[0]}", file=file, row=torn.first, column=col.REFERENCE,
                    value=torn.texts(col.REFERENCE)[0], cure="correct the number, or add the reference to the list",
                )
            )  # fmt: skip
        row[col.DOI_SOURCE] = SEPARATOR.join(dict.fromkeys(dois[number] for number in cited if number in dois)) or None
        return
    rules.append("no-citation")


def _spacegroup_number(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 230:
        raise ValueError("not the number of a space group")
    return int(text)


def _collection_code(text: str) -> str:
    if not text.isdigit():
        raise ValueError("not an ICSD collection code")
    return text


def _disordered(rows: list[dict[str, Any]], file: str) -> list[InputError]:
    """Records whose space group number breaks the order of the table: numbers ascend, records without one follow."""
    highest, problems = 0, []
    for row in rows:
        number = row[col.SPACEGROUP_NUMBER]
        if row[col.COMPOSITION] is None:
            continue
        if (number or 231) < highest:
            problems.append(
                InputError(
                    f"space group number {number} behind {highest if highest < 231 else 'records without one'}",
                    file=file,
                    row=row[col.FIRST_LINE],
                    column=col.SPACEGROUP_NUMBER,
                    value=number,
                    cure=_ORDER,
                )
            )
        highest = max(highest, number or 231)
    return problems


def _references(data: bytes, file: str) -> dict[int, str]:
    """DOI of each citation number. A number may be listed twice with the same DOI."""
    found: dict[int, str] = {}
    for line, cells in _table(data, file, 2):
        if line == 1:
            continue
        try:
            number = int(cells[0])
        except ValueError:
            raise InputError("not a citation number", file=file, row=line, value=cells[0], cure="correct the cell") from None
        doi = bare(cells[1])
        if not is_doi(doi):
            raise InputError("not a DOI", file=file, row=line, value=cells[1], cure="correct the cell")
        if found.setdefault(number, doi) != doi:
            raise InputError(f"a second DOI for citation {number}", file=file, row=line, value=doi, cure="remove the wrong line")
    return found


def _table(data: bytes, file: str, width: int) -> list[tuple[int, list[str]]]:
    """Lines of a small CSV of known width."""
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text", file=file, cure="save the table as UTF-8") from error
    for line, cells in rows:
        if len(cells) != width:
            raise InputError(f"{len(cells)} columns where the table has {width}", file=file, row=line, cure="restore the line")
    return rows
