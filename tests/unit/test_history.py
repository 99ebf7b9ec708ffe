"""The replay of the curators' corrections: what changed between two sheets, and which finding the new value settles."""

from __future__ import annotations

from types import ModuleType

import pandas as pd
import pytest

from pipeline.findings import Finding, findings_table
from schemas import columns as col
from tests.conftest import benchmark


@pytest.fixture(scope="module")
def history() -> ModuleType:
    return benchmark("history")


def sheet(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{str(c): None for c in col.WORKBOOK} | {str(k): v for k, v in row.items()} for row in rows], dtype=object)


def test_corrections_are_the_cells_that_changed_in_rows_of_both(history: ModuleType) -> None:
    old = sheet({col.ID: "aaa", col.Z: 4, col.NOTE: "look"}, {col.ID: "bbb", col.A: 5.0}, {col.ID: "ccc", col.Z: 1})
    new = sheet({col.ID: "bbb", col.A: 5, col.FAMILY: ""}, {col.ID: "aaa", col.Z: 8, col.NOTE: None}, {col.ID: "ddd", col.Z: 1})
    assert history.corrections(old, new) == {"aaa": (("Z", 4, 8),)}
    assert history.corrections(old.drop(columns=[str(col.Z)]), new) == {}


def test_a_finding_names_the_old_value_when_the_new_one_settles_it(history: ModuleType) -> None:
    stays = Finding("aaa", "composition.charge", "warning", "It stays.", col.REDUCED_COMPOSITION, "Li")
    gone = Finding("aaa", "lattice.volume", "error", "It goes.", col.Z, "4")
    partner = Finding("bbb", "duplicate.near", "warning", "It goes with it.", col.ID, "bbb", other="aaa")
    elsewhere = Finding("ccc", "lattice.volume", "error", "Another row.", col.Z, "4")
    old, new = findings_table((stays, gone, partner, elsewhere)), findings_table((stays,))
    assert history.gone(old, new, "aaa") == (("error", "lattice.volume"), ("warning", "duplicate.near"))
    assert history.gone(old, old, "aaa") == ()
    found = [history.Corrected("aaa", (("Z", 4, 8),), history.gone(old, new, "aaa")), history.Corrected("ddd", (("a", 1, 2),), ())]
    assert [each.severity for each in found] == ["error", ""]
    assert history.told(found).splitlines()[-1] == "2 rows changed: 1 named, 1 of them as errors"
