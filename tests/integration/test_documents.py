"""Every command line and every Python block of the documents runs as it stands.

Of the builds only the plain one draws figures and asks the gate. The notebooks are run where the site is made (``nox -s docs``).
"""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import obelix_curate
from pipeline import sources
from pipeline.cli import main
from pipeline.structures.keys import new_key
from pipeline.structures.matching.index import index
from schemas import columns as col
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/notebooks/*.md")])
_FENCE = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?obelix-curate (?P<arguments>[^#\n]+?)\s*(?:#\s*(?P<comment>.*))?$", re.MULTILINE)
#: Said in a comment behind a command that ends with another status than 0 or 1: "# exit 2".
_EXIT = re.compile(r"exit (\d)")


def commands(text: str) -> list[tuple[str, str]]:
    """Arguments and comment of each command line in the fenced blocks of a document."""
    joined = [block.replace("\\\n", " ") for block in _FENCE.findall(text)]
    return [(match["arguments"], match["comment"] or "") for block in joined for match in _LINE.finditer(block)]


#: Each command line once, with the first document that has it and what it says of its end: a build costs seconds.
_FIRST = {
    (arguments, _EXIT.findall(comment)[:1] == []): (path.relative_to(ROOT).as_posix(), comment)
    for path in reversed(DOCUMENTS) for arguments, comment in reversed(commands(path.read_text(encoding="utf-8")))
}  # fmt: skip
#: A quick build is a part of the plain one, which runs too.
CASES = sorted((document, arguments, comment) for (arguments, _), (document, comment) in _FIRST.items() if arguments != "build --quick")


@pytest.fixture(scope="session")
def checkouts(built: Path, raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives each document what its reader has: a clean clone with sources, a release, two good rows and their structures."""
    made: dict[str, Path] = {}

    def checkout(document: str) -> Path:
        if document not in made:
            made[document] = tmp_path_factory.mktemp("checkout")
            _fill(made[document], built, raw)
        return made[document]

    return checkout


def _fill(folder: Path, built: Path, raw: Path) -> None:
    shutil.copytree(raw, folder / "raw", ignore=shutil.ignore_patterns("downloads"))
    for name in ("CHANGELOG.md", "CITATION.cff"):
        shutil.copy(ROOT / name, folder)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
    who = ("user.name", "Ada"), ("user.email", "ada@example.org")
    for arguments in (*(["config", *each] for each in who), ["add", "."], ["commit", "--quiet", "-m", "A checkout"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    (folder / ".git" / "info" / "exclude").write_text("*\n")
    (folder / "raw" / "downloads").symlink_to(raw / "downloads")
    shutil.copytree(built, folder / "curated")
    table = pd.read_csv(built / "all.csv", dtype=str, keep_default_na=False)
    structures = sorted((built / "all_randomized_cifs").iterdir())[:2]
    rows = table[table[col.ID].isin([path.stem for path in structures])][[str(column) for column in col.CONTRIBUTED]]
    rows.to_csv(folder / "rows.csv", index=False)
    (folder / "cifs").mkdir()
    for path in structures:
        shutil.copy(path, folder / "cifs")
    shutil.copytree(folder / "cifs", folder / "icsd")
    for name, kind in (("cifs", "zip"), ("cod", "zip"), ("mp", "gztar")):
        shutil.make_archive(str(folder / name), kind, folder / "cifs")
    new_key(folder / "noise.key")
    index([folder / "cifs"], folder / "library.index")
    pinned = sources.open_archive(sources.default_pin(folder / "raw"), folder / "raw")
    (folder / "newest.xlsx").write_bytes(pinned.read("workbook"))


@pytest.mark.parametrize(("document", "arguments", "comment"), CASES)
def test_a_command_of_the_documents_runs(
    document: str, arguments: str, comment: str, checkouts: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkouts(document))
    words = shlex.split(arguments)
    ran = CliRunner().invoke(main, [*words, "--quick"] if words[0] == "build" and len(words) > 1 and "--quick" not in words else words)
    expected = _EXIT.search(comment)
    allowed = {int(expected[1])} if expected else {0, 1}
    assert ran.exit_code in allowed, f"{document}: {ran.output[-2000:]}"
    assert "Traceback" not in ran.output


def test_the_report_in_the_readme_is_what_the_check_says(checkouts: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    table, said = re.search(r"```csv\n(ID;.*?)```\n.*?```text\n(.*?)```", README, re.DOTALL).groups()  # type: ignore[union-attr]
    monkeypatch.chdir(checkouts("README.md"))
    Path("example").mkdir()
    Path("example", "rows.csv").write_text(table, encoding="utf-8")
    monkeypatch.chdir("example")
    ran = CliRunner().invoke(main, ["check", "rows.csv", "--raw", "../raw"])
    assert (ran.exit_code, ran.output) == (1, said)


def test_the_table_of_stages_in_the_readme_is_that_of_a_build(built: Path) -> None:
    """The numbers of the first command's table, against the release: a table that is out of date would mislead its reader."""
    lines = README.split("```text\n")[1].split("```")[0].splitlines()
    shown = {line[:22].strip(): line[41:].strip() for line in lines}
    findings = pd.read_csv(built / "findings.csv", dtype=str)
    assert [line.split()[2] for line in lines if line.startswith("check ")] == [str(len(findings))]
    for severity in ("error", "warning", "info"):
        mine = findings[findings["severity"] == severity]["status"].value_counts()
        told = dict(reversed(part.split()) for part in shown[f"{severity}s"].split(", "))
        assert {name: int(count) for name, count in told.items()} == mine.to_dict()
    match = pd.read_csv(built / "structures.csv", dtype=str)["match"].value_counts()
    assert shown["match"].startswith(", ".join(f"{match[kind]} {kind}" for kind in ("exact", "close", "outside")))
    states = pd.read_csv(built / "records.csv", dtype=str)["state"].value_counts()
    assert f"{states['released']} released, " in shown["curate"]
    corrected = pd.read_csv(built / "corrections.csv", dtype=str)
    links = corrected["column"].isin(["Laskowski ID", "Liion ID"]).sum()
    assert shown["correct"] == f"{len(corrected)} cells corrected, {links} of them links to the source tables"


def test_the_documents_have_command_lines() -> None:
    assert len(CASES) > 10
    assert "build" in {arguments for _, arguments, _ in CASES}
    assert commands("```sh\nobelix-curate check a.csv \\\n  --cifs b  # exit 2\n```\n") == [("check a.csv    --cifs b", "exit 2")]


#: Documents with blocks of Python, each with its blocks in their order; the recipes of CONTRIBUTING.md are followed in test_recipes.py.
BLOCKS = {
    path: found for path in DOCUMENTS if path.name != "CONTRIBUTING.md" and (found := _PYTHON.findall(path.read_text(encoding="utf-8")))
}


@pytest.mark.parametrize("path", BLOCKS, ids=lambda path: path.name)
def test_the_python_of_a_document_runs(path: Path, checkouts: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of one page share their names, as they do for its reader. A build is not made again: its call must fit the function."""

    def build(*given: object, **named: object) -> obelix_curate.Dataset:
        promised.bind(*given, **named)
        return obelix_curate.load("curated")

    promised = inspect.signature(obelix_curate.build)
    monkeypatch.chdir(checkouts("Python"))
    monkeypatch.setattr(obelix_curate, "build", build)
    names: dict[str, object] = {}
    for block in BLOCKS[path]:
        exec(compile(block, str(path), "exec"), names)


def test_documents_have_python() -> None:
    assert {path.name for path in BLOCKS} >= {"README.md", "python.md", "recipes.md"}
