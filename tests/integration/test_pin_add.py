"""A newer release of the sources, pinned: hashes and counts as they were pinned by hand, and what it changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline import sources
from pipeline.cli import main


@pytest.fixture
def decisions(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pins without 1.1.1, and an index that offers nothing but its archive."""
    folder = tmp_path / "raw"
    (folder / sources.DOWNLOADS).mkdir(parents=True)
    pins = sources.pins(raw)
    for name in ("1.2.0", "1.1.1"):
        place = folder / sources.DOWNLOADS if name == "1.2.0" else tmp_path
        shutil.copy(sources.downloads(raw) / pins[name].archive, place)
    text = (raw / sources.PINS).read_text()
    start, end = text.index('[pins."1.1.1"]'), text.index('[pins."1.2.0"]')
    (folder / sources.PINS).write_text(text[:start] + text[end:])
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(sources.DOWNLOADS_VARIABLE, raising=False)
    return folder


def add(wanted: str, raw: Path, *options: str) -> tuple[int, str]:
    ran = CliRunner().invoke(main, ["pin", "add", wanted, "--raw", str(raw), *options])
    return ran.exit_code, ran.output


def test_a_release_is_pinned_as_it_was_by_hand_and_its_changes_are_told(raw: Path, decisions: Path) -> None:
    before = (decisions / sources.PINS).read_text()
    code, said = add("obelix-data==1.1.1", decisions, "--date", "2025-03-17")
    assert code == 0, said
    assert sources.pins(decisions)["1.1.1"] == sources.pins(raw)["1.1.1"]
    assert (decisions / sources.PINS).read_text().startswith(before.rstrip("\n"))
    assert sources.default_pin(decisions).name == "1.2.0"
    for part in (
        "edited: w7d close match: 'Yes' becomes (blank)",
        "structures changed: ia5, joc, na5, nhq",
        "liion: 820 records, the same",
    ):
        assert part in said
    assert "pinned already" in add("obelix-data==1.1.1", decisions)[1]


@pytest.mark.parametrize(
    ("wanted", "said"), [("obelix-data==9.9", "could not be downloaded"), ("obelix-data", "not a package and its version")]
)
def test_what_cannot_be_pinned_leaves_the_pins_alone(decisions: Path, wanted: str, said: str) -> None:
    before = (decisions / sources.PINS).read_bytes()
    code, told = add(wanted, decisions)
    assert (code, said in told, (decisions / sources.PINS).read_bytes()) == (2, True, before)


def test_another_archive_of_that_name_and_one_without_a_source_are_refused(decisions: Path) -> None:
    other = decisions / sources.DOWNLOADS / "obelix_data-1.1.1.tar.gz"
    other.write_bytes(b"mine")
    assert "another archive lies there" in add("obelix-data==1.1.1", decisions)[1]
    assert other.read_bytes() == b"mine"
    other.unlink()
    text = (decisions / sources.PINS).read_text()
    (decisions / sources.PINS).write_text(text.replace('"data/processed.csv"', '"data/moved.csv"'))
    assert "the archive lacks processed (data/moved.csv)" in add("obelix-data==1.1.1", decisions)[1]
