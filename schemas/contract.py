"""From columns to a pandera contract, and the holding of a table to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import ContractError, InputError
from schemas.columns import Column, Type

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

#: pandas dtype of each type of column. Numbers may be missing (NaN); integers and booleans are the nullable kinds.
DTYPES: dict[Type, str] = {"text": "str", "number": "float64", "integer": "Int64", "boolean": "boolean"}
UNIQUE, REQUIRED = "unique", "required"
#: What pandera calls the rules that are not checks of ours.
_RULES = {
    "field_uniqueness": UNIQUE,
    "multiple_fields_uniqueness": UNIQUE,
    "not_nullable": REQUIRED,
    "column_in_schema": "no column of this table",
    "column_in_dataframe": "the column is missing",
    "column_ordered": "columns in their order",
}


def typed(rows: Iterable[Mapping[str, Any]], columns: Iterable[Column]) -> pd.DataFrame:
    """Table of rows with each column in its dtype; ``None`` is a missing value."""
    wanted = list(columns)
    # row by row: the rows of a large table do not stay in the processor's memory from one column to the next
    cells = list(zip(*[tuple(map(row.__getitem__, wanted)) for row in rows], strict=True)) or [()] * len(wanted)
    return columned(dict(zip(wanted, cells, strict=True)))


def columned(cells: Mapping[Column, Sequence[Any]]) -> pd.DataFrame:
    """Table of columns with each in its dtype; ``None`` is a missing value."""
    import pandas as pd

    return pd.DataFrame({str(column): pd.Series(values, dtype=DTYPES[column.type]) for column, values in cells.items()})


def contract(
    columns: Iterable[Column], *, index: Column | None = None, key: Sequence[Column] = (), blank: Collection[Column] = ()
) -> pa.DataFrameSchema:
    """Pandera schema of a table with exactly these columns, in this order.

    Parameters
    ----------
    columns
        Columns of the table.
    index
        The column that is the table's index, so that failures carry its value; it must be unique.
    key
        The columns that together name a row, so that failures carry their values; no two rows have the same.
    blank
        Columns of text in which an empty text stands for no value.
    """
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            str(column): pa.Column(_dtype(column), _checks(column, column in blank), nullable=not column.required)
            for column in columns
            if column != index
        },
        index=None if index is None else pa.Index(_dtype(index), _checks(index), unique=True, name=str(index)),
        unique=[str(column) for column in key] or None,
        strict=True,
        ordered=True,
    )


def _dtype(column: Column) -> Any:
    """Text is checked by its values: pandas 2 keeps it as ``object``, pandas 3 as ``str``."""
    return None if column.type == "text" else DTYPES[column.type]


def _checks(column: Column, blank: bool = False) -> list[pa.Check]:
    import pandera.pandas as pa

    checks: list[pa.Check] = []
    if column.type == "text":
        checks.append(pa.Check(_is_text, name="text", error="text"))
    if column.type == "number":
        checks.append(pa.Check(_is_finite, name="finite", error="a finite number"))
    if (low := column.minimum) is not None:
        checks.append(pa.Check.gt(low, error=f"> {low:g}") if column.exclusive_minimum else pa.Check.ge(low, error=f"at least {low:g}"))
    if (high := column.maximum) is not None:
        checks.append(pa.Check.lt(high, error=f"< {high:g}") if column.exclusive_minimum else pa.Check.le(high, error=f"at most {high:g}"))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(f"^(?:{column.pattern}){'?' if blank else ''}$", error=f"pattern {column.pattern}"))
    if column.categories is not None:
        checks.append(pa.Check.isin([*column.categories, *([""] if blank else [])], error=f"one of {', '.join(column.categories)}"))
    return checks


def _is_text(values: pd.Series) -> Any:
    return True if values.dtype == "str" and values.dtype != object else values.map(lambda value: isinstance(value, str))


def _is_finite(values: pd.Series) -> Any:
    import numpy as np

    return np.isfinite(values) if values.dtype.kind == "f" else True  # another dtype is a breach of its own


@dataclass(frozen=True)
class Failure:
    """One breach of a contract: the row by its key (blank when the whole table is meant), the column, the rule, and the value there."""

    key: tuple[tuple[str, Any], ...]
    column: str
    rule: str
    value: Any


def failures(table: pd.DataFrame, schema: pa.DataFrameSchema) -> list[Failure]:
    """Every breach of a contract, all at once; none when the table keeps it."""
    from pandera.errors import SchemaErrors

    try:
        schema.validate(table, lazy=True)
    except SchemaErrors as error:
        return list(dict.fromkeys(_failures(table, schema, error.failure_cases.to_dict("records"))))
    return []


def _failures(table: pd.DataFrame, schema: pa.DataFrameSchema, cases: Iterable[Mapping[str, Any]]) -> Iterator[Failure]:
    import pandas as pd

    keys = [label for label in schema.unique or [] if label in table]
    for case in cases:
        rule = _RULES.get(str(case["check"]), str(case["check"]))
        column = "" if pd.isna(case["column"]) else str(case["column"])
        row, value = case["index"], case["failure_case"]
        if case["schema_context"] == "Index":
            yield Failure(((column, value),), column, rule, value)
        elif row is None or not len(table) or row not in table.index:
            yield Failure((), column or str(value), rule, value)
        elif table.index.name is not None:
            yield Failure(((str(table.index.name), row),), column, rule, value)
        else:
            named = tuple((label, table.at[row, label]) for label in keys) or (("row", row),)
            if case["check"] == "multiple_fields_uniqueness":  # told once for each of the columns
                column, value = " and ".join(keys), ", ".join(str(part) for _, part in named)
            yield Failure(named, column, rule, value)


def held(table: pd.DataFrame, schema: pa.DataFrameSchema, *, stage: str, table_name: str) -> pd.DataFrame:
    """The table that a stage returns, when it keeps its contract.

    Raises
    ------
    ContractError
        All breaches at once, each with stage, table, key, column, value and rule.
    """
    if found := failures(table, schema):
        problems: list[InputError] = [
            ContractError(each.rule, stage=stage, table=table_name, key=each.key, column=each.column, value=each.value) for each in found
        ]
        raise InputError.gather(problems)
    return table
