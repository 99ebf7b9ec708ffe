"""The recipes of CONTRIBUTING.md, followed word for word in a copy of the program (a new column: test_new_column.py)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.correct import corrected, read_corrections, read_waivers
from pipeline.errors import InputError
from pipeline.sources.declared import declarations
from tests.conftest import ROOT
from tests.contributed.tables import HEADER
from tests.recipes import files, recipe, steps

#: Runs in the copy: a table with a noble gas and one without, in the new format, and the page of the new check.
ASK = """
import json, sys
from click.testing import CliRunner
from pipeline.cli import main
asked = (["check", "rows.csv", "--without-dataset", "--format", "tsv"], ["explain", "composition.noble-gas"])
print(json.dumps([(run.exit_code, run.output) for run in (CliRunner().invoke(main, each) for each in asked)]))
"""
ROWS = f"""{HEADER}
one,Li2ArF4,4,Li8Ar4F16,1E-6,225,9,9,9,90,90,90,10.9999/x
two,LiI,4,Li4I4,1E-6,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str]]:
    """What a program says that has the new check and the new format."""
    copy = tmp_path_factory.mktemp("recipes")
    for package in ("pipeline", "schemas"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name in ("A new check", "A new output format"):
        steps(recipe(name), copy)
    touched = ["noble.py", "run.py", "texts.py"]
    linted = [*(f"pipeline/checks/{name}" for name in touched), *(f"pipeline/reporting/formats/{name}.py" for name in ("tsv", "__init__"))]
    subprocess.run([sys.executable, "-m", "ruff", "check", "-q", *linted], cwd=copy, check=True)
    (copy / "rows.csv").write_text(ROWS, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    ran = subprocess.run([sys.executable, "-c", ASK], cwd=copy, env=environment, capture_output=True, text=True, check=True)
    return [(code, said) for code, said in json.loads(ran.stdout)]


def test_a_new_check_flags_its_rows_and_explains_itself(answers: list[tuple[int, str]]) -> None:
    (_, found), (code, page) = answers
    named = [line.split("\t") for line in found.splitlines() if "composition.noble-gas" in line]
    assert [fields[:4] for fields in named] == [["2", "composition.noble-gas", "error", "Reduced Composition"]]
    assert code == 0
    assert page.startswith("composition.noble-gas\n")
    assert "Compare the formula with the paper." in page


def test_a_new_format_is_a_choice_of_the_check(answers: list[tuple[int, str]]) -> None:
    code, found = answers[0]
    assert code == 1
    head, *lines = [line.split("\t") for line in found.splitlines()]
    assert head == ["row", "check", "severity", "column", "message"]
    assert lines
    assert {len(line) for line in lines} == {5}


def test_a_new_source_is_declared_pinned_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OBELIX_CURATE_DOWNLOADS", raising=False)
    monkeypatch.chdir(tmp_path)
    text = recipe("A new source")
    files(text, tmp_path)
    shutil.copy(ROOT / "raw" / "sources.toml", "raw")
    (command,) = re.findall(r"^ +obelix-curate (source add .*)$", text, re.MULTILINE)
    added = CliRunner().invoke(main, command.split())
    assert added.exit_code == 0, added.output
    assert "2 readable" in added.output
    assert [each.name for each in declarations(Path("raw"))] == ["mined"]
    checked = CliRunner().invoke(main, re.findall(r"`obelix-curate (source check \w+)`", text)[0].split())
    assert checked.exit_code == 0, checked.output


def blocks(page: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)


def test_a_new_correction_changes_its_cell_and_stops_where_the_source_was_mended(published_cells: pd.DataFrame, tmp_path: Path) -> None:
    shown, waiver = blocks("corrections.md")
    (tmp_path / "corrections.yaml").write_text(shown, encoding="utf-8")
    (correction,) = read_corrections(tmp_path)
    after, applied = corrected(published_cells, [correction])
    before = published_cells.set_index("ID")
    differs = before.ne(after.set_index("ID")) & ~(before.isna() & after.set_index("ID").isna())
    assert differs.stack()[lambda each: each].index.tolist() == [(correction.id, correction.column)]
    assert applied.iloc[0][["ID", "column"]].tolist() == ["4kt", "beta"]
    assert after.set_index("ID").at["4kt", "beta"] == 132.11
    with pytest.raises(InputError, match="4kt"):
        corrected(after, [correction])
    assert correction in read_corrections(ROOT / "raw"), "the example is one that the release holds"
    (tmp_path / "waivers.yaml").write_text(waiver, encoding="utf-8")
    assert [each.status for each in read_waivers(tmp_path)] == [yaml.safe_load(waiver)[0]["status"]]
