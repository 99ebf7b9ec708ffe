"""Rows proposed in an issue: what is read out of its text, and what is not."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from pipeline.contribute.issue import STRUCTURES, TABLE, proposed, sections
from pipeline.errors import InputError
from pipeline.sources import deposit
from tests.conftest import ROOT
from tests.contributed.tables import HEADER

ROW = "s1,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x"
CSV = f"{HEADER}\n{ROW}\n"
DROPPED = "[{0}](https://github.com/user-attachments/files/123/{0})"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were asked; each gives bytes."""
    asked: list[str] = []

    def fetch(address: str, place: Path) -> None:
        if "gone" in address:
            raise deposit.Unreachable("404 Not Found")
        asked.append(address)
        place.write_bytes(b"file")

    monkeypatch.setattr(deposit, "fetch", fetch)
    return asked


def issue(table: str, structures: str = "_No response_") -> str:
    return f"### Papers\n\n10.9999/x\n\n### {TABLE}\n\n{table}\n\n### {STRUCTURES}\n\n{structures}\n\n### Remarks\n\n_No response_"


def test_the_headings_are_the_labels_of_the_form() -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "new-data.yml").read_text(encoding="utf-8"))
    assert {TABLE, STRUCTURES} <= {field["attributes"].get("label") for field in form["body"]}


@pytest.mark.parametrize("table", [CSV, f"```csv\n{CSV}```", f"~~~\n{CSV}~~~", CSV.replace("\n", "\r\n")])
def test_pasted_rows_are_a_table(table: str, tmp_path: Path) -> None:
    place, cifs = proposed(issue(table), tmp_path)
    assert (place.name, place.read_text(encoding="utf-8"), cifs) == ("rows.csv", CSV, None)


def test_dropped_files_are_fetched(tmp_path: Path, fetched: list[str]) -> None:
    place, cifs = proposed(issue(DROPPED.format("my_rows.XLSX"), f"here: {DROPPED.format('cifs.tar.gz')}"), tmp_path)
    assert (place.name, cifs) == ("rows.xlsx", tmp_path / "cifs.tar.gz")
    assert fetched == [f"https://github.com/user-attachments/files/123/{name}" for name in ("my_rows.XLSX", "cifs.tar.gz")]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/user-attachments/files/1/rows.csv",
        "http://github.com/user-attachments/files/1/rows.csv",
        "https://github.com/user-attachments/files/1/../../../x/rows.csv",
        "https://github.com@example.org/user-attachments/files/1/rows.csv",
        "https://github.com/somebody/repository/raw/main/rows.csv",
        "file:///etc/passwd.csv",
    ],
)
def test_no_other_address_is_asked(address: str, tmp_path: Path, fetched: list[str]) -> None:
    place, _ = proposed(issue(f"[rows.csv]({address})"), tmp_path)
    assert fetched == []
    assert address in place.read_text(encoding="utf-8")  # it is read as a pasted table, and the check says that it is none


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing under 'Table'"),
        (issue("_No response_"), "nothing under 'Table'"),
        (issue(DROPPED.format("rows.pdf")), "is no table"),
        (issue(DROPPED.format("gone.csv")), "could not be fetched: 404"),
        (issue(CSV, "see the paper"), "no archive under 'Structures'"),
        (issue(CSV, DROPPED.format("one.cif")), "no archive under 'Structures'"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, said: str, tmp_path: Path, fetched: list[str]) -> None:
    with pytest.raises(InputError, match=said):
        proposed(text, tmp_path)


def test_of_two_headings_with_one_name_the_first_counts_and_nothing_is_lost_before_the_next() -> None:
    assert sections("before\n### A\n\none\n#### two\n\n### B\n### A\nlast") == {"A": "one\n#### two", "B": ""}


@pytest.mark.parametrize("unit", ["### ", " ", "\t", "`", "~", "#", "(https://github.com/user-attachments/files/1", "a.", "\n### ", "\r"])
def test_a_long_text_takes_no_longer_than_its_length(unit: str, tmp_path: Path) -> None:
    began = time.process_time()
    for end in ("", "x", ")"):
        with suppress(InputError):
            proposed(f"### Table{unit * 200_000}{end}\n\nx\n### Structures\n_No response_", tmp_path)
        with suppress(InputError):
            proposed(f"### Table\n\n{unit * 200_000}{end}\n### Structures\n{unit * 200_000}{end}", tmp_path)
    assert time.process_time() - began < 5
