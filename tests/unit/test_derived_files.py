"""Files that derive from the code are what the code makes, and the registry of files agrees with the tables' own modules."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import findings
from pipeline.findings import findings_table
from pipeline.ingest.workbook import cells, entries
from pipeline.release import dictionary, tables
from schemas import columns as col
from schemas import files
from tests.conftest import ROOT
from tests.unit.sheets import row, workbook


def test_no_derived_file_is_stale() -> None:
    """``python docs/derive.py`` writes them."""
    ran = subprocess.run([sys.executable, str(ROOT / "docs" / "derive.py"), "--check"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_stale_file_is_told_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("derive", ROOT / "docs" / "derive.py")
    assert spec
    assert spec.loader
    derive = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(derive)
    (tmp_path / "docs").mkdir()
    for source in ("raw", "docs/judgements"):
        (tmp_path / source).symlink_to(ROOT / source)
    monkeypatch.setattr(derive, "ROOT", tmp_path)
    assert derive.main(["--check"]) == 1
    assert f"{dictionary.PATH} is stale" in capsys.readouterr().out
    assert derive.main([]) == 0
    assert derive.main(["--check"]) == 0
    (tmp_path / dictionary.PATH).write_text("edited by hand")
    assert derive.main(["--check"]) == 1


def test_the_dictionary_has_every_column_of_every_table() -> None:
    page = dictionary.dictionary()
    for file in files.FILES:
        assert f"`{file.path}`" in page
        for column in file.columns:
            assert f"| `{column}` | {column.type} | {column.unit} | {column.description.replace('|', chr(92) + '|')}" in page


def test_links_inside_the_dictionary_lead_somewhere() -> None:
    import re

    page = dictionary.dictionary()
    heads = {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in re.findall(r"^## (.*)$", page, re.MULTILINE)}
    targets = set(re.findall(r"\]\(#(.*?)\)", page))
    assert len(targets) > 10
    assert targets <= heads


def test_names_and_paths_are_unique_and_keys_lead_to_columns() -> None:
    assert len({file.name for file in files.FILES}) == len({file.path for file in files.FILES}) == len(files.FILES)
    for file in files.FILES:
        assert set(file.primary_key) <= set(file.columns)
        for key in file.foreign_keys:
            assert key.column in file.columns
            assert key.target in files.file(key.path).columns


def test_the_registry_agrees_with_the_modules_that_write_the_tables() -> None:
    sheet = cells(workbook([row()]), "book.xlsx")
    assert list(files.file("processed.csv").columns) == list(
        tables.processed(sheet, {col.ENTRIES: entries(sheet), "findings.csv": findings_table(())}).columns
    )
    assert files.file("findings.csv").columns == findings.COLUMNS
