"""The documentation as a site: every page has its place, broken links are found, and the program completes in shells."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
import textwrap
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from click.shell_completion import BashComplete

from pipeline.checks.catalogue import catalogue
from pipeline.cli import main
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def site() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_of_docs", ROOT / "docs" / "site.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_stands_in_the_contents_once() -> None:
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line and not line.startswith(":")]
    listed = [re.sub(r"^.* <(.*)>$", r"\1", line) for line in lines]
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in ROOT.glob("docs/**/*.md") if "build" not in path.parts}
    pages |= {f"../{path.stem}" for path in ROOT.glob("*.md")} | {f"../models/{path.stem}" for path in ROOT.glob("models/*.md")}
    assert sorted(listed) == sorted(pages - {"index"})


PAGE = (
    '<a href="two.html#there">x</a><a href="#here">x</a><h1 id="here"></h1><a href="https://example.org/x">x</a><a href="a%20b.csv">x</a>'
)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", []),
        ('<a href="three.html">x</a>', ["one.html: there is no three.html"]),
        ('<a href="two.html#nowhere">x</a>', ["one.html: there is no place two.html#nowhere"]),
        ('<a href="#nowhere">x</a>', ["one.html: there is no place #nowhere"]),
        ('<img src="figure.png">', ["one.html: there is no figure.png"]),
        ('<script src="https://cdn.example.org/x.js"></script>', ["one.html: loads https://cdn.example.org/x.js from a network"]),
        ('<link rel="stylesheet" href="//example.org/x.css">', ["one.html: loads //example.org/x.css from a network"]),
    ],
)
def test_a_link_that_leads_nowhere_is_found(site: ModuleType, tmp_path: Path, more: str, said: list[str]) -> None:
    (tmp_path / "one.html").write_text(PAGE + more)
    (tmp_path / "two.html").write_text('<p id="there"></p>')
    (tmp_path / "a b.csv").write_text("ID\n")
    assert list(site.broken(tmp_path)) == said


def completed(words: list[str], begun: str) -> set[str]:
    found = BashComplete(main, {}, "obelix-curate", "_OBELIX_CURATE_COMPLETE").get_completions(words, begun)
    return {item.value for item in found}


def test_the_program_completes_commands_choices_and_checks() -> None:
    assert completed([], "sp") == {"split"}
    assert completed(["diff", "--format"], "js") == {"json"}
    assert completed(["explain"], "lattice.") == {name for name in catalogue() if name.startswith("lattice.")}
    assert completed(["explain"], "vy") == set()


READERS = {
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "csv": lambda text: {len(row) for row in csv.reader(io.StringIO(text), csv.Sniffer().sniff(text, ",;"))},
}
_BLOCK = re.compile(r"^( *)```(yaml|toml|csv)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def test_blocks_of_data_can_be_read() -> None:
    """A declaration, a decision, a hook or a table that a page shows has the form of its kind."""
    found = [
        (path.name, kind, READERS[kind](textwrap.dedent(text)))
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
        for _, kind, text in _BLOCK.findall(path.read_text(encoding="utf-8"))
    ]
    assert {kind for _, kind, _ in found} == set(READERS)
    assert [name for name, kind, read in found if not read or (kind == "csv" and len(read) != 1)] == []
