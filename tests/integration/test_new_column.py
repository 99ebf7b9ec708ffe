"""A column that the release adds is one definition in ``schemas/columns.py`` and nothing else, as the recipe of CONTRIBUTING.md says."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.recipes import insertions, recipe


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program in which the recipe was followed."""
    folder = tmp_path_factory.mktemp("program")
    for package in ("pipeline", "schemas"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    assert insertions(recipe("A new column"), folder) == 1
    return folder


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(program)}
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    return subprocess.run(command, cwd=program, env=environment, capture_output=True, text=True, check=False)


def test_a_column_is_added_by_one_definition(program: Path, raw: Path, built: Path) -> None:
    ran = run(program, "build", "--quick", "--raw", str(raw), "--out", "curated")
    assert ran.returncode in (0, 1), ran.stderr
    release = program / "curated"
    sites = {row["ID"]: row["n_sites"] for row in rows(release / "structures.csv")}
    table = rows(release / "processed.csv")
    assert len(table) == len(rows(built / "all.csv"))
    assert {row["ID"]: row["sites"] for row in table} == {row["ID"]: sites.get(row["ID"], "") for row in table}
    for name in ("all", "train", "test"):
        for ending in ("csv", "xlsx"):
            assert (release / f"{name}.{ending}").read_bytes() == (built / f"{name}.{ending}").read_bytes()
    package = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))
    schema = next(each for each in package["resources"] if each["path"] == "processed.csv")["schema"]
    (field,) = (each for each in schema["fields"] if each["name"] == "sites")
    assert (field["type"], field["constraints"]["minimum"]) == ("integer", 1)
    assert [each["name"] for each in schema["fields"]] == list(table[0])
    document = json.loads((release / "croissant.json").read_text(encoding="utf-8"))
    (record_set,) = (each for each in document["recordSet"] if each["@id"] == "processed")
    assert "processed/sites" in {each["@id"] for each in record_set["field"]}
    asked = "from pipeline.release.dictionary import dictionary; print(dictionary())"
    page = subprocess.run([sys.executable, "-c", asked], cwd=program, env={**os.environ, "PYTHONPATH": str(program)},
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "| `sites` | integer |  | Sites of the asymmetric unit; blank without a structure. | at least 1 | release |" in page


def test_a_contributed_row_is_still_compared_with_every_entry(program: Path, raw: Path, built: Path) -> None:
    """``check`` reads the columns of the workbook, whatever the release adds: a copy of an entry is found."""
    copied = program / "rows.csv"
    lines = (built / "all.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    copied.write_text("".join(lines[:2]), encoding="utf-8")
    ran = run(program, "check", str(copied), "--raw", str(raw), "--format", "json")
    assert ran.returncode == 1, ran.stderr
    assert "duplicate.exact" in ran.stdout
