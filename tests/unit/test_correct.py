"""Corrections are guarded and proven; waivers accept findings and never outlive them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline.correct import Correction, Waiver, corrected, decided, link_corrections, read_corrections, read_waivers, waivers_of_entries
from pipeline.errors import InputError
from pipeline.findings import Finding
from pipeline.ingest.workbook import cells
from schemas import columns as col
from schemas.contract import typed
from schemas.links import COLUMNS as LINK_COLUMNS
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
        ('id: "abc"', "id: 12", "is not of type 'string'"),
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
    statuses = [f.status for f in decided([FINDING, other], [Waiver("abc", "lattice.volume", "seen", "accepted")], "waiver.unused")]
    assert statuses == ["accepted", "open"]


def test_a_waiver_that_matches_nothing_is_a_finding() -> None:
    said = list(decided([FINDING], [Waiver("aaa", "lattice.volume", "seen", "accepted")], "waiver.unused"))
    assert [(f.id, f.check, f.status) for f in said] == [("abc", "lattice.volume", "open"), ("aaa", "waiver.unused", "open")]


def test_an_awaiting_waiver_leaves_its_finding_undecided_and_tells_why() -> None:
    said = list(decided([FINDING], [Waiver("abc", "lattice.volume", "needs the paper", "awaiting")], "waiver.unused"))
    assert [(f.status, f.reason) for f in said] == [("awaiting", "needs the paper")]


def test_a_correction_goes_before_a_waiver() -> None:
    mended = replace(FINDING, status="corrected", reason="mended")
    said = list(decided([mended], [Waiver("abc", "lattice.volume", "seen", "accepted")], "waiver.unused"))
    assert [(f.check, f.status, f.reason) for f in said] == [("lattice.volume", "corrected", "mended"), ("waiver.unused", "open", "")]


WAIVER = '- {id: "abc", check: lattice.volume, reason: r, status: accepted}\n'


@pytest.mark.parametrize("word", ["waived", "open", "Accepted", "1"])
def test_a_third_word_gives_one_message_with_the_cure(tmp_path: Path, word: str) -> None:
    (tmp_path / "waivers.yaml").write_text(WAIVER + WAIVER.replace("abc", "def").replace("accepted", word))
    with pytest.raises(InputError, match=r"item 2 \(def\): status:") as caught:
        read_waivers(tmp_path)
    assert caught.value.others == ()
    for meaning in ("accepted (right as it stands)", "awaiting (needs the paper", "proposed (takes no effect)"):
        assert meaning in str(caught.value.cure)


@pytest.mark.parametrize("name", ["x0", "ABC", "abcd", "abc\\n", "b2222"])
def test_a_waiver_of_what_no_entry_can_be_is_told_with_its_item(tmp_path: Path, name: str) -> None:
    (tmp_path / "waivers.yaml").write_text(WAIVER + WAIVER.replace("abc", name))
    with pytest.raises(InputError, match="item 2: no entry can have this ID") as caught:
        waivers_of_entries(tmp_path)
    assert "waivers.yaml" in str(caught.value)
    assert caught.value.cure


def test_one_finding_is_decided_once(tmp_path: Path) -> None:
    other = WAIVER.replace("accepted", "awaiting")
    (tmp_path / "waivers.yaml").write_text(WAIVER + other)
    with pytest.raises(InputError, match=r"lattice.volume of abc is decided twice"):
        read_waivers(tmp_path)
    (tmp_path / "waivers.yaml").write_text(WAIVER + WAIVER.replace("accepted", "proposed"))
    assert len(read_waivers(tmp_path)) == 2


def test_a_proposed_waiver_does_nothing() -> None:
    assert list(decided([FINDING], [Waiver("abc", "lattice.volume", "seen", "proposed")], "waiver.unused")) == [FINDING]


def linked(name: str, source: str, record: str | None, agrees: bool | None = False) -> dict[str, object]:
    fields = dict.fromkeys(map(str, LINK_COLUMNS))
    return {**fields, "ID": name, "source": source, "record": record, "agrees_with_published": agrees, "composition_agrees": True}


def right(laskowski: str | None, liion: str | None, *names: str) -> pd.DataFrame:
    made = {str(col.LASKOWSKI_ID): [laskowski] * len(names), str(col.LIION_ID): [liion] * len(names)}
    return pd.DataFrame(made, index=pd.Index(names, name="ID"), dtype="str")


def test_links_are_corrected_through_the_same_ledger() -> None:
    before = cells(workbook([row(LASKOWSKI_ID="5", LIION_ID=7)]), "book.xlsx")
    table = typed([linked("abc", "laskowski", "20"), linked("abc", "liion", "7", True)], LINK_COLUMNS)
    decisions = link_corrections(before, right("18", "7", "abc"), table)
    after, applied = corrected(before, decisions)
    assert (after.iloc[0][col.LASKOWSKI_ID], after.iloc[0][col.LIION_ID]) == ("18", 7), "7 and '7' are one link"
    assert applied[["ID", "column", "before", "after"]].to_numpy().tolist() == [["abc", "Laskowski ID", "5", "18"]]
    assert "Record 20: composition agrees" in applied.iloc[0][col.EVIDENCE]


def test_a_link_without_a_record_is_taken_out() -> None:
    before = cells(workbook([row(LIION_ID="9")]), "book.xlsx")
    after, applied = corrected(before, link_corrections(before, right(None, None, "abc"), typed([], LINK_COLUMNS)))
    assert after.iloc[0][col.LIION_ID] is None
    assert applied[[str(col.BEFORE), str(col.AFTER)]].to_numpy().tolist() == [["9", ""]]


def test_what_a_curator_decided_of_a_link_stays() -> None:
    before = cells(workbook([row(LIION_ID="9")]), "book.xlsx")
    decided = [("abc", str(col.LIION_ID))]
    assert link_corrections(before, right(None, "4", "abc"), typed([], LINK_COLUMNS), decided) == []
