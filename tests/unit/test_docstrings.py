"""The examples in docstrings give what they say they give."""

from __future__ import annotations

import doctest
import importlib

import pytest

from tests.conftest import ROOT

#: Modules whose docstrings hold examples, found by their prompt.
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("obelix_curate", "pipeline", "schemas")
    for path in (ROOT / package).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


def test_there_are_examples() -> None:
    assert "pipeline.chemistry.formula" in MODULES


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_docstrings(module: str) -> None:
    ran = doctest.testmod(importlib.import_module(module))
    assert ran.attempted > 0, "a prompt stands where no docstring does"
    assert ran.failed == 0
