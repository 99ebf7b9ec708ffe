"""What docs/contributing-data.md promises, sentence by sentence."""

from __future__ import annotations

import re

import pytest

from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.ingest.contributed.table import contribution
from pipeline.reporting.report import Report
from schemas import columns as col
from tests.conftest import ROOT
from tests.contributed.tables import HEADER

GUIDE = (ROOT / "docs" / "contributing-data.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```csv\n(.*?)```", GUIDE, re.DOTALL)
ROW = "x1,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1"


def checked(*rows: str, header: str = HEADER) -> Report:
    return check_table("\n".join((header, *rows)).encode(), "rows.csv", None, Existing(None, "alone")).report


def quoted(section: str, *, until: str = "\n\n") -> list[str]:
    """What the guide quotes in a passage."""
    start = GUIDE.index(section)
    return re.findall(r"`([^`]+)`", GUIDE[start : GUIDE.index(until, start)])


def sigma(value: str) -> Report:
    return checked(ROW.replace("1.2E-7", f'"{value}"'))


def test_the_example_of_the_guide_is_fine_and_made_up() -> None:
    assert EXAMPLE is not None
    text = "\n".join(line.strip() for line in EXAMPLE[1].strip().splitlines())
    report = check_table(text.encode(), "rows.csv", None, Existing(None, "alone")).report
    assert report.items == ()
    assert set(contribution(text.encode(), "rows.csv").cells[col.DOI]) == {"10.9999/your.paper"}


def test_the_spellings_that_the_guide_quotes_are_read() -> None:
    passage = quoted("numbers and formulas in many spellings", until="- a symbol in place")
    numbers = [text for text in passage if re.match(r"[\d.,]+", text) and not text.startswith(("8.830", "90"))]
    assert len(numbers) == 7
    for text in numbers:
        assert not sigma(text).has_errors, text
    for text in ("LiNO3·3H2O", "LiNO3.3H2O"):
        assert text in passage
        report = checked(ROW.replace("LiI,", f"{text},"))
        assert "composition.unparsable" not in {item.check for item in report.items}
    assert not checked(ROW.replace("6.0257", "6.026(2)").replace(",90", ",90°")).has_errors


def test_what_the_guide_says_is_not_guessed_is_an_error() -> None:
    texts = [text for text in quoted("Nothing is guessed") if re.match(r"[~\d]", text) and text not in ("019", "1e9", "8.91E+05", "1-Mar")]
    assert texts == ["~1E-4", "1E-4 - 3E-4", "1.2E-4 ± 0.3E-4", "10-4", "1,200"]
    for text in texts:
        assert [item.check for item in sigma(text).items if item.severity == "error"] == ["conductivity.unparsable"], text


@pytest.mark.parametrize("name", ["Formula", "SG no.", "σ_RT / S cm⁻¹", "a (Å)", "Leitfähigkeit", "conductivité ionique", "离子电导率"])
def test_the_headings_that_the_guide_quotes_are_known(name: str) -> None:
    from pipeline.ingest.contributed.headers import heading

    assert f"`{name}`" in GUIDE
    assert heading(name) is not None


def test_the_temperatures_that_the_guide_quotes_are_errors() -> None:
    def checks(report: Report) -> set[str]:
        return {item.check for item in report.items if item.severity == "error"}

    assert "`sigma [S/cm] @ 373 K`" in GUIDE
    assert checks(checked(ROW, header=HEADER.replace(col.IONIC_CONDUCTIVITY, "sigma [S/cm] @ 373 K"))) == {"conductivity.temperature"}
    assert checks(checked(f"{ROW},60", header=f"{HEADER},Temperature (°C)")) == {"conductivity.temperature"}
    assert checks(sigma("1E-7 at 60 °C")) == {"conductivity.temperature"}
    assert checks(checked(f"{ROW},measured at 60 °C", header=f"{HEADER},note")) == {"conductivity.temperature"}
    assert checks(sigma("0.11")) == {"conductivity.implausible"}
    assert checks(sigma("0.1")) == set()


def test_a_wrong_temperature_keeps_the_row_from_being_ready() -> None:
    report = checked(ROW, header=HEADER.replace(col.IONIC_CONDUCTIVITY, "σ (60 °C)"))
    assert report.rows_ready == 0
    title = check_table(f"Conductivities at 60 °C\n{HEADER}\n{ROW}".encode(), "rows.csv", None, Existing(None, "alone")).report
    assert title.has_errors
