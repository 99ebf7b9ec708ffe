"""Corrections are guarded and proven; waivers accept findings and never outlive them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.correct import Correction, Waiver, corrected, read_corrections, read_waivers, waived
from pipeline.errors import InputError
from pipeline.findings import Finding
from pipeline.ingest.workbook import cells
from schemas import columns as col
from tests.unit.sheets import row, workbook


def sheet() -> pd.DataFrame:
    return cells(workbook([row(), row(ID="aaa", NOTE=None, ALPHA=90)]), "book.xlsx")


def correction(**changes: object) -> Correction:
    fields: dict[str, object] = {
        "id": "abc",
        "column": str(col.Z),
        "expect": 4,
        "value": 2,
        "reason": "r",
        "evidence": "e",
        "status": "accepted",
    }
    return Correction(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_correction_changes_its_cell_only() -> None:
    before = sheet()
    after, applied = corrected(before, [correction()])
    assert after.iloc[0][col.Z] == 2
    assert before.iloc[0][col.Z] == 4, "the source's own cells stay as they were"
    rest = after.copy()
    rest.iloc[0, list(rest.columns).index(col.Z)] = 4
    pd.testing.assert_frame_equal(rest, before)
    assert applied.to_dict("records") == [
        {"ID": "abc", "column": "Z", "before": "4", "after": "2", "reason": "r", "evidence": "e"},
    ]


def test_a_proposed_correction_is_not_applied() -> None:
    after, applied = corrected(sheet(), [correction(status="proposed", expect="whatever")])
    assert after.iloc[0][col.Z] == 4
    assert applied.empty


def test_a_blank_is_corrected_by_expecting_null() -> None:
    after, _ = corrected(sheet(), [correction(column=str(col.NOTE), expect=None, value="seen")])
    assert after.iloc[0][col.NOTE] == "seen"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "zzz"}, "no such entry"),
        ({"expect": 8}, "holds 4, not 8"),
        ({"expect": "4"}, "holds 4, not '4'"),
        ({"value": 4}, "changes nothing"),
    ],
)
def test_a_correction_that_matches_nothing_stops_the_build(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        corrected(sheet(), [correction(**changes)])
    assert caught.value.cure


def test_a_cell_is_not_corrected_twice() -> None:
    with pytest.raises(InputError, match="corrected twice"):
        corrected(sheet(), [correction(), correction(expect=2, value=1)])


GOOD = """
- {id: "abc", column: Z, expect: 4, value: 2, reason: r, evidence: e, status: accepted}
"""


def test_the_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "corrections.yaml").write_text(GOOD)
    assert read_corrections(tmp_path) == [correction()]
    assert read_waivers(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("column: Z", "column: Zed", "'Zed' is not one of"),
        ("evidence: e, ", "", "'evidence' is a required property"),
        ("status: accepted", "status: sure", "'sure' is not one of"),
        ('id: "abc"', "id: 012", "is not of type 'string'"),
        ("reason: r", "reason: r, colour: blue", "Additional properties"),
        ("- {", "- [", "not YAML"),
    ],
)
def test_a_broken_file_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "corrections.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=said):
        read_corrections(tmp_path)


FINDING = Finding("abc", "lattice.volume", "error", "too large")


def test_a_waiver_accepts_its_finding_only() -> None:
    other = Finding("aaa", "lattice.volume", "error", "too large")
    statuses = [f.status for f in waived([FINDING, other], [Waiver("abc", "lattice.volume", "seen", "accepted")], "waiver.unused")]
    assert statuses == ["waived", "open"]


def test_a_waiver_that_matches_nothing_is_a_finding() -> None:
    said = list(waived([FINDING], [Waiver("aaa", "lattice.volume", "seen", "accepted")], "waiver.unused"))
    assert [(f.id, f.check, f.status) for f in said] == [("abc", "lattice.volume", "open"), ("aaa", "waiver.unused", "open")]


def test_a_proposed_waiver_does_nothing() -> None:
    assert list(waived([FINDING], [Waiver("abc", "lattice.volume", "seen", "proposed")], "waiver.unused")) == [FINDING]
