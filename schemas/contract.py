"""From columns to a pandera contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from schemas.columns import Column, Type

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

#: pandas dtype of each type of column. Numbers may be missing (NaN); integers and booleans are the nullable kinds.
DTYPES: dict[Type, str] = {"text": "str", "number": "float64", "integer": "Int64", "boolean": "boolean"}


def typed(rows: Iterable[Mapping[str, Any]], columns: Iterable[Column]) -> pd.DataFrame:
    """Table of rows with each column in its dtype; ``None`` is a missing value."""
    import pandas as pd

    found = list(rows)
    return pd.DataFrame({str(column): pd.Series([row[column] for row in found], dtype=DTYPES[column.type]) for column in columns})


def contract(columns: Iterable[Column], *, index: Column | None = None) -> pa.DataFrameSchema:
    """Pandera schema of a table with exactly these columns, in this order.

    Parameters
    ----------
    columns
        Columns of the table.
    index
        The column that is the table's index, so that failures carry its value; it must be unique.
    """
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            str(column): pa.Column(_dtype(column), _checks(column), nullable=not column.required, unique=column.unique)
            for column in columns
            if column != index
        },
        index=None if index is None else pa.Index(_dtype(index), _checks(index), unique=True, name=str(index)),
        strict=True,
        ordered=True,
    )


def _dtype(column: Column) -> Any:
    """Text is checked by its values: pandas 2 keeps it as ``object``, pandas 3 as ``str``."""
    return None if column.type == "text" else DTYPES[column.type]


def _checks(column: Column) -> list[pa.Check]:
    import pandera.pandas as pa

    checks: list[pa.Check] = []
    if column.type == "text":
        checks.append(pa.Check(lambda value: isinstance(value, str), element_wise=True, name="text", error="not text"))
    if column.minimum is not None:
        checks.append(pa.Check.gt(column.minimum) if column.exclusive_minimum else pa.Check.ge(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.lt(column.maximum) if column.exclusive_minimum else pa.Check.le(column.maximum))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(f"^(?:{column.pattern})$"))
    if column.categories is not None:
        checks.append(pa.Check.isin(list(column.categories)))
    return checks
