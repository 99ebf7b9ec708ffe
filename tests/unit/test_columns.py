"""Columns: labels that carry their meaning, and contracts made from them."""

from __future__ import annotations

import copy
import pickle

import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from schemas import columns as col
from schemas.contract import contract

EVERY = [value for value in vars(col).values() if isinstance(value, col.Column)]


def test_a_column_is_its_label() -> None:
    frame = pd.DataFrame({"Z": [4]})
    assert frame[col.Z].tolist() == [4]
    assert f"{col.Z}" == "Z"


@pytest.mark.parametrize("column", EVERY, ids=str)
def test_every_column_says_what_it_holds(column: col.Column) -> None:
    assert column.description.endswith((".", ")"))
    assert column.source
    assert column.type in ("text", "number", "integer", "boolean")
    assert not column.unit or column.type == "number" or column.unit == "S cm-1"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_a_copy_keeps_its_meaning(copied: object) -> None:
    column = copied(col.A)  # type: ignore[operator]
    assert (column, column.unit, column.exclusive_minimum) == ("a", "angstrom", True)


def test_the_workbook_has_its_28_columns_in_their_order() -> None:
    published = (
        "ID|Reduced Composition|Z|True Composition|Ionic conductivity (S cm-1)|IC (Total)|IC (Bulk)|"
        "Space group|Space group #|a|b|c|alpha|beta|gamma|"
        "Family|DOI|Checked|Ref|Cif ID|Cif ref_1|Cif ref_2|note|close match|close match DOI|ICSD ID|Laskowski ID|Liion ID"
    )
    assert "|".join(col.WORKBOOK) == published


GOOD = {"ID": ["abc", "1e9"], "Z": pd.array([1, 2], dtype="Int64"), "bound": pd.array(["<", None], dtype="str")}


def frame(**changes: object) -> pd.DataFrame:
    return pd.DataFrame({**GOOD, **changes}).set_index("ID")


def test_a_contract_accepts_good_rows() -> None:
    contract([col.ID, col.Z, col.BOUND], index=col.ID).validate(frame(), lazy=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"Z": pd.array([1, 0], dtype="Int64")},
        {"Z": pd.array([1, None], dtype="Int64")},
        {"bound": pd.array(["<", "~"], dtype="str")},
        {"bound": pd.Series(["<", 3], dtype=object)},
        {"ID": ["abc", "abc"]},
        {"ID": ["abc", "ABC"]},
    ],
)
def test_a_contract_refuses_bad_rows(changes: dict[str, object]) -> None:
    with pytest.raises(SchemaErrors):
        contract([col.ID, col.Z, col.BOUND], index=col.ID).validate(frame(**changes), lazy=True)
