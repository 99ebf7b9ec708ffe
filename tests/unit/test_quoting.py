"""What somebody else wrote does no harm where the program repeats it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.correct import Correction, corrected
from pipeline.errors import InputError
from pipeline.findings import Finding, findings_table
from pipeline.ingest.contributed.bundle import Bundle
from pipeline.quoting import inert, is_live, plain
from pipeline.release.tables import write_csv
from pipeline.reporting.formats import FORMATS, render
from schemas import columns as col
from tests.contributed.tables import HEADER

LIVE = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\u200b=1+1", "\t=1+1", " \r\n@x", "\ufeff+cmd|'/C calc'!A0", "＝1+1", "-3m", "=", "\u202e=x"]
QUIET = ["", "Li2S", "R-3m", "-0.5", "+1e-4", "<1E-10", "P-43m", "1+1", "−1.5", "-", "10.1000/a=b", "(=)", "-1.5(2)", "- "]
FORGED = (
    "x\n::error file=a.csv,line=1::forged %0A\r\n\x1b[31m\u202e\u200b\x07\ud800 <script>alert(1)</script> "
    "</script><img src=x onerror=alert(1)> ##[error]y |a|`b` @all #1"
)


@pytest.mark.parametrize("text", LIVE)
def test_what_a_spreadsheet_would_compute(text: str) -> None:
    expected = text != "="
    assert is_live(text) == expected
    assert not is_live(inert(text))


@pytest.mark.parametrize("text", QUIET)
def test_what_it_would_not(text: str) -> None:
    assert not is_live(text)
    assert inert(text) == text


@given(st.text())
def test_the_cleaner_leaves_one_printable_line(text: str) -> None:
    cleaned = plain(text)
    assert cleaned == plain(cleaned)
    assert all(c.isprintable() for c in cleaned)
    cleaned.encode()
    assert not re.search(r"::[A-Za-z][\w-]*(?: [^:]*)?::", cleaned)


def test_a_doi_with_colons_stays_what_it_is() -> None:
    doi = "10.1002/(SICI)1521-3773(19980504)37:8<1015::AID-ANIE1015>3.0.CO;2-L"
    assert plain(doi) == doi


def test_messages_of_unusable_input_are_one_line_each() -> None:
    said = str(InputError(FORGED, file=f"a\n::error::{FORGED}", column=FORGED, value=FORGED, cure=FORGED))
    assert len(said.split("\n")) == 2
    assert all(c.isprintable() for c in said.replace("\n", ""))
    assert "::error" not in said
    assert len(str(InputError("x" * 1_000_000))) < 3000


@pytest.mark.parametrize("text", [t for t in LIVE if is_live(t)])
def test_live_cells_are_refused_in_rows_and_in_corrections(text: str) -> None:
    row = f'x,LiI,4,Li4I4,1E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x,"{text}"'
    found = check_table(f"{HEADER},note\n{row}\n".encode("utf-8", "replace"), "rows.csv", None, Existing(None)).report
    assert [(item.row, item.severity) for item in found.items if item.column == col.NOTE] == [(2, "error")]
    cells = pd.DataFrame([["abc", "old"]], columns=[str(col.ID), str(col.NOTE)], dtype=object)
    with pytest.raises(InputError, match="take for a formula"):
        corrected(cells, [Correction("abc", str(col.NOTE), "old", text, "r", "e", "accepted")])


def test_no_table_that_is_written_holds_a_live_formula(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="take for a formula"):
        write_csv(pd.DataFrame({"a": ["Li2S", "=1+1"]}), tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()
    live = Finding("=x", "id.format", "error", "=1+1\n@x", value="@x", expected="-y", other="+z", status="accepted", reason="=1+1")
    table = findings_table([live])
    assert not [value for value in table.iloc[0] if is_live(value)]
    write_csv(table, tmp_path / "findings.csv")


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_dois_notes_and_files_in_every_format(name: str) -> None:
    table = pd.DataFrame([[FORGED, FORGED, "4", FORGED, "1E-7", "225", *["6"] * 3, *["90"] * 3, FORGED, FORGED]])
    text = f"{HEADER},{FORGED.replace(chr(10), ' ').replace(',', ' ')}\n" + table.to_csv(index=False, header=False, errors="replace")
    file = f"rows\n::error::{FORGED}.csv"
    found = check_table(text.encode("utf-8", "replace"), file, Bundle({FORGED: FORGED}, (FORGED,)), Existing(None, FORGED)).report
    assert found.has_errors
    said = render(found, name)
    assert not [c for c in said if not c.isprintable() and c != "\n"]
    said.encode()
    if name in ("text", "markdown"):
        assert not [line for line in said.splitlines() if line.lstrip().startswith(("::", "##["))]
    if name == "github":
        commands = [line for line in said.splitlines() if line.startswith("::")]
        assert all(re.match(r"::(error|warning|notice) file=[^:,]*(,line=\d+)?(,title=[^:,]*)?::", line) for line in commands)
        assert len(commands) <= len(found.items) + 1
        assert "%0A" not in said.replace("%250A", "")
    if name == "junit":
        ElementTree.fromstring(said)
    if name in ("json", "sarif"):
        json.loads(said)
    if name == "markdown":
        shown = re.sub(r"`[^`]*`", "", said)
        assert "<script" not in shown
        assert "<img" not in shown
