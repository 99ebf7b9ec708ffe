"""The paper's numbers for release 1.0.1, from the real sources."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.release.opened import opened
from pipeline.reporting.paper import Compared, paper


@pytest.fixture(scope="module")
def compared(raw: Path) -> dict[tuple[str, str], Compared]:
    release = opened(raw, "1.0.1")
    return {(one.what, one.printed): one for one in paper(release.statistics, release.entries)}


AGREE = {
    ("entries", "599"), ("entries with a structure", "321"), ("exact matches in the ICSD", "234"), ("structures retrieved by hand", "27"),
    ("close matches", "60"), ("proprietary structures", "292"), ("entries from other sources", "15"),
    ("entries in none of the three sources", "2"), ("test share", "20.2 %"), ("test share among structures", "20.9 %"),
    ("space groups", "55"), ("space groups only in the test set", "4"), ("elements", "55"), ("elements only in the test set", "Ag"),
    ("structures with partial occupancy", "245"), ("of these in the test set", "53"), ("of these in the training set", "192"),
    ("sets of repeated measurements", "48"), ("entries in these sets", "122"), ("largest lattice difference in a set", "1.2 %"),
    ("root mean squared deviation from set means", "0.63"), ("mean absolute deviation from set medians", "0.41"),
    ("records of Liverpool Ionics", "820"), ("of these at room temperature", "465"), ("records of Laskowski et al.", "1346"),
}  # fmt: skip


def test_numbers_that_agree(compared: dict[tuple[str, str], Compared]) -> None:
    assert {key for key in AGREE if compared[key].verdict != "agrees"} == set()


def test_numbers_that_no_reading_gives(compared: dict[tuple[str, str], Compared]) -> None:
    group = compared["largest group, all in space group 167", "106"]
    assert (group.verdict, group.found) == ("differs", "106, of which 104 in 167")
    assert compared["of these matched to the ICSD", "344"].found == "346"
    # 1.63e-6 S/cm against 1.97e-6, 1.2e-4, 5.11e-4 and 5.69e-4
    assert compared["tetragonal below cubic Li7La3Zr2O12", "2 decades"].found == "0.1 to 2.5 decades"
    assert compared["structures with added noise", "291"].verdict == "differs"
    assert compared["entries plotted at 1e-15 that read <1E-10", "all"].found == "36 of 37"
    assert compared["entries shared with McHaffie et al.", "256"].verdict == "out of reach"


def test_what_does_not_agree_is_explained(compared: dict[tuple[str, str], Compared]) -> None:
    for one in compared.values():
        assert bool(one.reason) == (one.verdict != "agrees"), one
        assert "not known" not in one.reason, one


def test_the_numbers_told_are_those_of_the_release_key_by_key(raw: Path, built: Path) -> None:
    told = CliRunner().invoke(main, ["stats", "--format", "json", "--raw", str(raw)])
    assert told.exit_code == 0, told.output
    found, released = json.loads(told.stdout), json.loads((built / "statistics.json").read_text(encoding="utf-8"))
    assert sorted(found) == sorted(released)
    for key in released:
        assert found[key] == released[key], key


def test_links_are_counted_as_the_release_has_them(built: Path) -> None:
    """The columns of the sheet that is released, counted anew."""
    released = json.loads((built / "statistics.json").read_text(encoding="utf-8"))["sources"]["columns"]
    with (built / "all.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert released["Laskowski"] == sum(bool(row["Laskowski ID"]) for row in rows)
    assert released["Liion"] == sum(bool(row["Liion ID"]) for row in rows)
    in_none = [row for row in rows if not (row["Laskowski ID"] or row["Liion ID"] or row["ICSD ID"])]
    assert released["regions"]["none"] == len(in_none)


def test_the_numbers_as_published_are_those_of_the_build_as_published(raw: Path, built_as_published: Path) -> None:
    told = CliRunner().invoke(main, ["stats", "--release", "1.2.0", "--format", "json", "--raw", str(raw)])
    assert json.loads(told.stdout) == json.loads((built_as_published / "statistics.json").read_text(encoding="utf-8"))


def test_the_audit_told_is_that_of_the_release(raw: Path, built: Path) -> None:
    told = CliRunner().invoke(main, ["split", "--format", "json", "--raw", str(raw)])
    released = json.loads((built / "statistics.json").read_text(encoding="utf-8"))["split"]
    assert json.loads(told.stdout) == {"split": released}


def test_matches_have_one_vocabulary_and_one_count(built: Path) -> None:
    released = json.loads((built / "statistics.json").read_text(encoding="utf-8"))["structures"]["match"]
    with (built / "structures.csv").open(encoding="utf-8", newline="") as handle:
        fits = [row["match"] for row in csv.DictReader(handle)]
    assert released == {verdict: fits.count(verdict) for verdict in ("exact", "close", "outside")}


def test_the_split_command_audits_files(raw: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.csv"
    test.write_text("ID\n1e9\n", encoding="utf-8")  # an ID, not a number
    told = CliRunner().invoke(main, ["split", "--test", str(test), "--format", "json", "--raw", str(raw)])
    found = json.loads(told.stdout)["split"]
    assert found["test"] == 1
    assert told.exit_code == (1 if found["leaks"]["paper"] or found["leaks"]["composition"] else 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID\nnone\n", "no entry has this ID"),
        ("name\njqc\n", "the header is not ID"),
        ("ID\njqc\njqc\n", "stands in row 2 already"),
    ],
)
def test_a_bad_split_file_is_told_without_traceback(raw: Path, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "test.csv"
    path.write_text(text, encoding="utf-8")
    told = CliRunner().invoke(main, ["split", "--test", str(path), "--raw", str(raw)])
    assert told.exit_code == 2
    assert message in told.stderr
    assert "cure:" in told.stderr


def test_one_entry_on_both_sides(raw: Path, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("ID\njqc\n", encoding="utf-8")
    told = CliRunner().invoke(main, ["split", "--test", str(path), "--train", str(path), "--raw", str(raw)])
    assert (told.exit_code, "both sides" in told.stderr) == (2, True)


def test_a_search_writes_a_split_that_the_audit_accepts(raw: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["split", "--search", "--seed", "1", "--output", str(tmp_path), "--format", "json", "--raw", str(raw)])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert found["found"]["objective"] <= 0.0046 < found["present"]["objective"]
    args = [
        "split",
        "--train",
        str(tmp_path / "train_idx.csv"),
        "--test",
        str(tmp_path / "test_idx.csv"),
        "--format",
        "json",
        "--raw",
        str(raw),
    ]
    again = json.loads(CliRunner().invoke(main, args).stdout)["split"]
    assert again["objective"] == found["found"]["objective"]
    assert again["unplaced"] == 0
