"""The real release data, tagged in a scratch repository and read back from its tag."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from pipeline.build import Options
from pipeline.build import build as quickly
from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.release.manifest import CHECKSUMS, MANIFEST, write_checksums, write_json
from pipeline.release.metadata import metadata
from pipeline.release.publish import publish
from pipeline.release.version import Stamp
from pipeline.sources import DOWNLOADS_VARIABLE, downloads
from tests.conftest import ROOT
from tests.contributed.tables import HEADER


@dataclass
class Built:
    findings: pd.DataFrame
    open_errors: int = 0


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the decisions and the changelog of this one, and the downloads that are there."""
    monkeypatch.setenv(DOWNLOADS_VARIABLE, str(downloads(raw).absolute()))
    root = tmp_path / "scratch"
    root.mkdir()
    shutil.copytree(raw, root / "raw", ignore=shutil.ignore_patterns("downloads"))
    for name in ("CHANGELOG.md", "CITATION.cff", ".gitignore"):
        shutil.copy(ROOT / name, root)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "config", "user.name", "A Maintainer")
    git(root, "config", "user.email", "maintainer@example.org")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Tree")
    return root


def test_the_first_release_follows_the_pin(checkout: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(raw: Path, out: Path, stamp: Stamp) -> Built:
        """What a build of this tree gives: the release of the whole run, with this version on it."""
        shutil.copytree(built, out)
        about = json.loads((out / MANIFEST).read_text(encoding="utf-8")) | {"version": stamp.version, "date": stamp.date}
        write_json(about, out / MANIFEST)
        metadata(out, about, {})
        write_checksums(out)
        return Built(pd.read_csv(out / "findings.csv", dtype=str))

    written = len((checkout / "CHANGELOG.md").read_text(encoding="utf-8").splitlines())
    with pytest.raises(InputError, match="does not follow"):
        publish.release("1.2.0", checkout / "raw", build, print)
    with pytest.raises(InputError, match="minor release, because of 3 new columns"):
        publish.release("1.2.1", checkout / "raw", build, print)
    said: list[str] = []
    publish.release("1.3.0", checkout / "raw", build, said.append)
    assert said[0].startswith("Release 1.3.0 (")
    upload = checkout / "dist" / "obelix-1.3.0"
    subprocess.run(["sha256sum", "--check", "--quiet", CHECKSUMS], cwd=upload, check=True)
    monkeypatch.chdir(checkout)
    story = diff("1.2.0", "v1.3.0")
    with (upload / "corrections.csv").open(encoding="utf-8", newline="") as handle:
        corrected = {(row["ID"], row["column"]) for row in csv.DictReader(handle)}
    assert {(cell["id"], cell["column"]) for cell in story["cells"]} == corrected
    (processed,) = (table for table in story["tables"] if table["path"] == "processed.csv")
    assert (processed["labels"], processed["columns_added"]) == ([], ["conductivity", "bound", "doubt"])
    assert (story["required"], story["stale_new"]) == ("minor", [])
    assert diff("v1.3.0", str(upload))["same_data"]
    text = (checkout / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## 1.3.0 (" in text
    assert len(text.splitlines()) < written + 60, "the difference is summed up, not listed"


def test_a_clone_of_the_tag_builds_the_same_bytes(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the tag and the pinned sources makes the release again; an accepted contribution is among what it is made from."""
    folder = checkout / "raw" / "contributions" / "2026-03-01-made-up"
    folder.mkdir(parents=True)
    row = "b2bbbb,Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.1002/adma.201803075,P-3m1,not available"
    (folder / "rows.csv").write_text(f"{HEADER},Space group,Cif ID\n{row}\n")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "A contribution")
    open_errors = []

    def build(raw: Path, out: Path, stamp: Stamp) -> Built:
        made = quickly(Options(raw=raw, out=out, quick=True, stamp=stamp))
        open_errors.append(made.open_errors)  # what the release says of its data is not what is asked here
        return Built(made.findings)

    publish.release("1.3.0", checkout / "raw", build, lambda _: None)
    upload = checkout / "dist" / "obelix-1.3.0"
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch", "v1.3.0", str(checkout), str(clone))
    assert not (clone / "curated").exists()
    monkeypatch.chdir(clone)
    made = quickly(Options(raw=Path("raw"), out=Path("again"), quick=True))
    assert made.open_errors == open_errors[0]
    sums = (clone / "again" / CHECKSUMS).read_text(encoding="utf-8")
    assert sums == (upload / CHECKSUMS).read_text(encoding="utf-8")
    assert len(sums.splitlines()) > 300
    subprocess.run(["sha256sum", "--check", "--quiet", CHECKSUMS], cwd=clone / "again", check=True)
    assert "b2bbbb" in (upload / "all.csv").read_text(encoding="utf-8")


def diff(old: str, new: str) -> dict[str, Any]:
    ran = CliRunner().invoke(main, ["diff", old, new, "--format", "json"])
    assert ran.exit_code == 0, ran.output
    story: dict[str, Any] = json.loads(ran.output)
    return story
