"""Checks never raise, whatever a table holds, and say only what the catalogue knows."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.checks.catalogue import catalogue
from pipeline.checks.run import check
from pipeline.checks.subject import Subject
from schemas import columns as col
from tests.unit.sheets import ROW

NUMBERS = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, -1.0, 1e300, 1e-300, 90.0, 120.0, 5.0]))
ODD = ["Li3PO4", "Li0", "Xx2", "Li-", "(((", "LiH0.0001", "Li1e9", "P", "Li*H2O", "D2O", "Li999999O"]
FORMULAS = st.one_of(st.sampled_from(ODD), st.text(max_size=12))
SYMBOLS = st.one_of(st.sampled_from(["Pnma", "R-3c", "R-3cR", "P1", "167", "Z", "C2/c"]), st.text(max_size=8))
BROKEN = ["", "data_x", "data_x\n_cell_length_a 5\n", "loop_", "data_x\nloop_\n_atom_site_label\nLi1\n"]
CIFS = st.one_of(st.none(), st.sampled_from(BROKEN))


@st.composite
def junk(draw: st.DrawFn) -> dict[str, object]:
    values: dict[str, object] = {str(key): value for key, value in ROW.items()}
    for column in draw(st.lists(st.sampled_from(col.WORKBOOK), max_size=8)):
        kind = FORMULAS if "Composition" in column else SYMBOLS if column == col.SPACE_GROUP else st.text(max_size=10)
        if column.type == "number":
            kind = NUMBERS
        elif column.type == "integer":
            kind = st.one_of(st.none(), st.integers(-5, 10**6))
        values[str(column)] = draw(st.one_of(st.none(), kind))
    return values


def entries(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Typed entries without the contract of the table: what a check may meet."""
    frame = {}
    for column in (*col.WORKBOOK, col.BOUND):
        values = [row.get(str(column)) for row in rows]
        if column.type == "number":
            frame[str(column)] = pd.Series([math.nan if v is None else v for v in values], dtype="float64")
        elif column.type == "integer":
            frame[str(column)] = pd.Series([pd.NA if v is None else v for v in values], dtype="Int64")
        else:
            frame[str(column)] = pd.Series([None if v is None else str(v) for v in values], dtype="str")
    return pd.DataFrame(frame).set_index(str(col.ID))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(junk(), min_size=1, max_size=4), CIFS)
@example([{**ROW, col.IONIC_CONDUCTIVITY: math.inf}, {**ROW, col.ID: "two", col.Z: 0}, {**ROW, col.REDUCED_COMPOSITION: "Li0"}], None)
def test_nothing_raises(rows: list[dict[str, object]], cif: str | None) -> None:
    rows = [{str(key): value for key, value in row.items()} for row in rows]
    structures = {} if cif is None else {str(rows[0][str(col.ID)]): cif}
    for finding in check(Subject(entries(rows), structures, test_ids=frozenset({"abc"}))):
        assert finding.severity in catalogue()[finding.check].severities
        assert finding.message
        assert all(isinstance(part, str) for part in (finding.id, finding.column, finding.value, finding.expected, finding.other))


def test_an_empty_table_has_no_findings() -> None:
    assert list(check(Subject(entries([]).astype({str(col.REDUCED_COMPOSITION): "str"})))) == []


@pytest.mark.parametrize("column", [c for c in col.WORKBOOK if c != col.ID])
def test_any_cell_may_be_blank(column: col.Column) -> None:
    assert all(f.message for f in check(Subject(entries([{**{str(k): v for k, v in ROW.items()}, str(column): None}]))))
