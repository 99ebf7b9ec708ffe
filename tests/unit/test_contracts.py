"""Contracts: a table that breaks one is refused, and every breach is named with stage, key, column and rule."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.errors import ContractError
from schemas import candidates, corrections, entries, findings, laskowski, liion, links, measurements, records, structures
from schemas import columns as col
from schemas.contract import DTYPES, contract, failures, held


def table(columns: tuple[col.Column, ...], *rows: dict[str, Any]) -> pd.DataFrame:
    """Rows that keep a contract: the smallest value that each column allows, and what the case changes."""
    made = [{**{str(column): _plain(column) for column in columns}, **row} for row in rows]
    return pd.DataFrame({str(c): pd.Series([row[str(c)] for row in made], dtype=DTYPES[c.type]) for c in columns})


def _plain(column: col.Column) -> Any:
    if column.categories:
        return column.categories[0]
    if column.type == "text":
        return {"records": "liion:1|other:2", "source": "liion"}.get(column, "abc")
    return True if column.type == "boolean" else 1


GOOD: dict[str, tuple[Any, tuple[col.Column, ...], tuple[str, ...]]] = {
    "entries": (entries.schema, entries.COLUMNS, ("ID",)),
    "sources/liion.csv": (liion.schema, liion.COLUMNS, ("record",)),
    "sources/laskowski.csv": (laskowski.schema, laskowski.COLUMNS, ("record",)),
    "measurements.csv": (measurements.schema, measurements.COLUMNS, ("measurement",)),
    "records.csv": (records.schema, records.COLUMNS, ("source", "record")),
    "links.csv": (links.schema, links.COLUMNS, ("ID", "source", "record")),
    "structures.csv": (structures.schema, structures.COLUMNS, ("ID",)),
    "candidates.csv": (candidates.schema, candidates.COLUMNS, ("ID", "rank")),
    "corrections.csv": (corrections.schema, corrections.COLUMNS, ("ID", "column")),
    "findings.csv": (findings.schema, findings.COLUMNS, ()),
}


def good(name: str, *changes: dict[str, Any]) -> pd.DataFrame:
    """Two rows that keep the contract, with changes to the first and the second."""
    _, columns, key = GOOD[name]
    other = {label: {"source": "laskowski", "rank": 2}.get(label, "xyz") for label in key[-1:]}
    first, second = [*changes, {}, {}][:2]
    made = table(columns, first, {**other, **second})
    return made.set_index("ID") if name == "entries" else made


@pytest.mark.parametrize("name", GOOD)
def test_a_table_that_keeps_its_contract_passes(name: str) -> None:
    frame = good(name)
    assert held(frame, GOOD[name][0](), stage="s", table_name=name) is frame


BREACHES = [
    ("entries", {"Ionic conductivity (S cm-1)": -5.0}, "column 'Ionic conductivity (S cm-1)', value -5.0", "> 0", "ID 'abc'"),
    ("entries", {"Space group #": 231}, "column 'Space group #', value 231", "at most 230", "ID 'abc'"),
    ("entries", {"alpha": 180.0}, "column 'alpha', value 180.0", "< 180", "ID 'abc'"),
    ("sources/liion.csv", {"conductivity": float("inf")}, "column 'conductivity', value inf", "a finite number", "record 'abc'"),
    ("sources/laskowski.csv", {"spacegroup_number": 999}, "column 'spacegroup_number', value 999", "at most 230", "record 'abc'"),
    ("measurements.csv", {"conductivity": -5.0}, "column 'conductivity', value -5.0", "> 0", "measurement 'abc'"),
    ("measurements.csv", {"spacegroup_number": 999}, "column 'spacegroup_number', value 999", "at most 230", "measurement 'abc'"),
    ("measurements.csv", {"measurement": "xyz"}, "column 'measurement', value 'xyz'", "unique", "measurement 'xyz'"),
    ("measurements.csv", {"state": "gone"}, "column 'state', value 'gone'", "one of released, ", "measurement 'abc'"),
    ("records.csv", {"source": "laskowski", "record": "xyz"}, "column 'source and record'", "unique", "source 'laskowski' record 'xyz'"),
    ("links.csv", {"ID": "ABC"}, "column 'ID', value 'ABC'", "pattern (?:[a-z0-9]{3}|", "ID 'ABC' source 'liion' record 'abc'"),
    ("structures.csv", {"match": "near"}, "column 'match', value 'near'", "one of exact, close", "ID 'abc'"),
    ("candidates.csv", {"rank": 0}, "column 'rank', value 0", "at least 1", "ID 'abc' rank 0"),
    ("corrections.csv", {"reason": None}, "column 'reason', value ", "required", "ID 'abc' column 'abc'"),
    ("findings.csv", {"severity": "fatal"}, "column 'severity', value 'fatal'", "one of error, ", "row 0"),
]


@pytest.mark.parametrize(("name", "change", "cell", "rule", "key"), BREACHES)
def test_a_breach_is_told_with_stage_table_key_column_and_rule(name: str, change: dict[str, Any], cell: str, rule: str, key: str) -> None:
    second = {"source": "laskowski"} if name == "records.csv" else {}
    frame = good(name, change, second)
    with pytest.raises(ContractError) as caught:
        held(frame, GOOD[name][0](), stage="the stage", table_name=name)
    said = str(caught.value)
    for part in ("stage the stage", name, cell, f"breaks the rule: {rule}", key, "cure:"):
        assert part in said, said
    assert not caught.value.others, said


def test_two_entries_may_each_have_several_corrections_but_a_cell_only_one() -> None:
    frame = table(corrections.COLUMNS, {"column": "Z"}, {"column": "a"}, {"column": "a"})
    assert {failure.key for failure in failures(frame, corrections.schema())} == {(("ID", "abc"), ("column", "a"))}


def test_all_breaches_are_told_at_once() -> None:
    frame = good("measurements.csv", {"conductivity": -5.0, "spacegroup_number": 0}, {"temperature": float("-inf")})
    found = failures(frame, measurements.schema())
    assert {(failure.column, failure.rule) for failure in found} == {
        ("conductivity", "> 0"), ("spacegroup_number", "at least 1"), ("temperature", "a finite number"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda frame: frame.drop(columns="state"), "the column is missing"),
        (lambda frame: frame.assign(colour="red"), "no column of this table"),
        (lambda frame: frame.astype({"conductivity": object}), "dtype('float64')"),
    ],
)
def test_another_shape_is_a_breach_of_the_whole_table(change: Any, rule: str) -> None:
    found = failures(change(good("measurements.csv")), measurements.schema())
    assert [failure.rule for failure in found] == [rule]


def test_a_blank_is_no_number_and_no_breach_where_it_may_stand() -> None:
    frame = good("measurements.csv", {"conductivity": None, "spacegroup_number": None})
    assert failures(frame, measurements.schema()) == []


def test_text_that_is_none_is_a_breach() -> None:
    column = col.Column("name", "text", "A name.", source="test")
    frame = pd.DataFrame({"name": pd.Series(["abc", 3], dtype=object)})
    assert [failure.value for failure in failures(frame, contract([column]))] == [3]


def test_an_empty_table_keeps_its_contract() -> None:
    assert failures(good("candidates.csv").iloc[:0], candidates.schema()) == []
