"""Follows a recipe of CONTRIBUTING.md in a copy of the program."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import ROOT

_STEP = re.compile(r"In `([^`]+)`, (before|behind|in place of) `([^`]+)`[^\n]*(?:\n {3}[^\n]*)*:\n\n```\w+\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"Write `([^`]+)`[^\n]*(?:\n {3}[^\n]*)*:\n\n```\w+\n(.*?)```", re.DOTALL)


def recipe(title: str) -> str:
    """The text of a recipe."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return re.split(r"^##", page.split(f"### {title}\n")[1], flags=re.MULTILINE)[0]


def files(text: str, folder: Path) -> None:
    """Write the files that a recipe has its reader write."""
    written = _FILE.findall(text)
    assert written
    for path, content in written:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")


def insertions(text: str, folder: Path) -> int:
    """Put each block of a recipe where it says; how many there are."""
    found = _STEP.findall(text)
    for path, where, line, block in found:
        content = (folder / path).read_text(encoding="utf-8")
        assert content.count(f"\n{line}") == 1, f"{path} has another line than the recipe says: {line}"
        new = {"before": f"{block}\n{line}", "behind": f"{line}\n{block.rstrip()}", "in place of": block.rstrip()}[where]
        (folder / path).write_text(content.replace(f"\n{line}", f"\n{new}"), encoding="utf-8")
    return len(found)


def steps(text: str, folder: Path) -> None:
    """Follow a recipe: its files and its insertions."""
    files(text, folder)
    assert insertions(text, folder)
