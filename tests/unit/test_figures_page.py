"""Figures and page as files: complete, the same each time, and closed to the network. The browser looks at the page itself."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest

from pipeline.checks.catalogue import catalogue
from pipeline.release.emit import Release, title
from pipeline.release.metadata.about import issues
from pipeline.release.version import Stamp
from pipeline.reporting.contents import Contents
from pipeline.reporting.figures import CAPTIONS, figures, typeset
from pipeline.reporting.page import page
from pipeline.reporting.statistics import statistics
from pipeline.split.sides import Split
from schemas import columns as col
from tests.unit.splits import entries

TABLE = entries(
    {"aaa": {}, "bbb": {col.IONIC_CONDUCTIVITY: 1e-10, col.BOUND: "<"}, "ttt": {col.IONIC_CONDUCTIVITY: 1e-3, col.NOTE: "</script>&"}}
)
NUMBERS = statistics(TABLE, {}, train_ids=["aaa", "bbb"], test_ids=["ttt"])


def drawn(folder: Path, *kinds: str) -> dict[str, str]:
    return figures(TABLE, NUMBERS, ["aaa"], ["aaa", "bbb"], ["ttt"], folder, kinds)


def test_figures_are_files_with_units_and_the_same_bytes(tmp_path: Path) -> None:
    first = drawn(tmp_path / "one", "svg", "png")
    assert drawn(tmp_path / "two", "svg") == first
    assert list(first) == list(CAPTIONS)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(f"{name}.{kind}" for name in CAPTIONS for kind in ("svg", "png"))
    for svg in first.values():
        ET.fromstring(svg)
    assert "ionic conductivity at room temperature (S/cm)" in first["conductivity"]
    assert "share of the set (%)" in first["symmetry"]
    assert "entries that contain the element (%)" in first["elements"]


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        ("R -3 c", r"R\bar{3}c"),
        ("P 42/n m c", "P4_{2}/nmc"),
        ("P 21 21 21", "P2_{1}2_{1}2_{1}"),
        ("F -4 3 m", r"F\bar{4}3m"),
        ("P 63/m m c", "P6_{3}/mmc"),
    ],
)
def test_symbols_are_typeset(symbol: str, shown: str) -> None:
    assert typeset(symbol) == rf"$\mathregular{{{shown}}}$"


def test_the_page_is_closed_and_the_same_each_time() -> None:
    contents = Contents("A release", "For the test.", TABLE, NUMBERS, train_ids=["aaa", "bbb"], test_ids=["ttt"])
    text = page(contents)
    assert page(contents) == text
    assert "default-src 'none'" in text
    assert "connect-src 'none'" in text
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert [row[0] for row in data["tables"]["entries"]["rows"]] == ["aaa", "bbb", "ttt"]
    assert "</script>&" in json.dumps(data)  # the note, whole, though no letter of it could end the element
    outside = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="https?:', outside)
    assert text.count("<script") == text.count("</script>") == 3
    assert all(f'id="check-{name}"' in outside for name in catalogue())  # each check that a finding names can be read


@pytest.mark.parametrize(
    ("as_published", "stamp", "name"),
    [
        (True, None, "OBELiX 1.2.0 as published"),
        (False, None, "OBELiX 1.2.0+unreleased"),
        (False, Stamp("1.3.0", "2026-05-04"), "OBELiX 1.3.0"),
        (False, Stamp("1.3.0+unreleased", ""), "OBELiX 1.3.0+unreleased"),
    ],
)
def test_the_title_says_which_release_it_is(as_published: bool, stamp: Stamp | None, name: str) -> None:
    source = {"package": "obelix-data", "version": "1.2.0"}
    assert title(Release(TABLE, TABLE, {}, {}, Split((), ()), {}, {}, source, {}, as_published, stamp)) == name


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ([], ""),
        (["Homepage, https://example.org/"], ""),
        (["Homepage, https://example.org/", "Issues, https://example.org/a/issues"], "https://example.org/a/issues"),
        (["Bug Tracker, https://example.org/a/issues"], "https://example.org/a/issues"),
        (["Issues, javascript:alert(1)"], ""),
    ],
)
def test_doubts_are_reported_where_the_metadata_says(lines: list[str], address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Message()
    for line in lines:
        told["Project-URL"] = line
    monkeypatch.setattr(metadata, "metadata", lambda name: told)
    assert issues() == address
