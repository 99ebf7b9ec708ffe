"""The catalogue is whole, and the page made from it is not stale."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.checks import texts
from pipeline.checks.catalogue import catalogue, fix_for
from pipeline.findings import SEVERITIES, Finding
from pipeline.reporting import checks_page

ROOT = Path(__file__).parents[2]
DESIGN = [
    "composition.unparsable", "composition.no-lithium", "composition.z-mismatch", "composition.not-reduced", "composition.charge",
    "spacegroup.unknown-symbol", "spacegroup.symbol-number", "lattice.range", "lattice.metric", "lattice.volume", "lattice.setting",
    "lattice.pseudosymmetry", "conductivity.unparsable", "conductivity.total-bulk", "conductivity.label", "conductivity.range",
    "conductivity.source", "reference.doi-syntax", "reference.doi-form", "id.format", "id.duplicate", "family.vocabulary",
    "family.composition", "duplicate.exact", "duplicate.near", "duplicate.same-cell", "duplicate.same-conductivity",
    "cif.missing-file", "cif.orphan-file", "cif.unreadable", "cif.spacegroup", "cif.symmetry", "cif.lattice", "cif.missing-element",
    "cif.composition", "cif.cell-content", "cif.charge", "cif.occupancy", "cif.distance", "cif.close-match", "cif.licence",
    "link.laskowski", "link.liion", "split.leak", "split.near-leak", "note.open",
]  # fmt: skip


def test_public_names_are_there() -> None:
    assert set(DESIGN) <= set(catalogue())


def test_every_entry_is_complete() -> None:
    for name, check in catalogue().items():
        assert re.fullmatch(r"[a-z]+\.[a-z-]+", name)
        assert check.severities == tuple(s for s in SEVERITIES if s in check.severities)
        assert check.severities
        for text in (check.title, check.why, check.law, check.tolerance, check.source, check.fix):
            assert len(text) >= 4, name
        assert "see pipeline.checks" not in check.tolerance, name
        assert fix_for(name) == check.fix
    assert fix_for("no.such-check") == ""


def test_a_finding_of_a_check_without_an_entry_cannot_be_made() -> None:
    assert {Finding("abc", name, "info", "It is so.").check for name in catalogue()} == set(catalogue())
    for name in ("density.range", "composition.noble-gas", "lattice.Volume", "lattice", ""):
        with pytest.raises(ValueError, match=f"no check is named '{name}'"):
            Finding("abc", name, "error", "It is so.")
    found = Finding("abc", "lattice.volume", "error", "It is too large.")
    with pytest.raises(ValueError, match=r"no check is named 'density\.range'"):
        replace(found, check="density.range")


def test_an_entry_and_a_registered_name_need_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = catalogue()["lattice.volume"]
    with pytest.raises(ValueError, match=r"no check is named 'density\.range'"):
        replace(entry, name="density.range")
    without = tuple(check for check in texts.CHECKS if check.name != "lattice.volume")
    for held, said in ((without, r"does not say what these checks are: lattice\.volume$"), ((*without, entry, entry), "the same name")):
        monkeypatch.setattr(texts, "CHECKS", held)
        with pytest.raises(ValueError, match=said):
            catalogue.__wrapped__()


def test_what_the_code_calls_a_check_is_one() -> None:
    """A text of the form ``family.what`` where a finding is made, whatever its family is, and any other text that begins with a family."""
    said = re.compile(rf'"((?:{"|".join({check.family for check in catalogue().values()})})\.[a-z]+(?:-[a-z]+)*)"')
    made: set[str] = set()
    named: set[str] = set()
    for path in (ROOT / "pipeline").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= {name for name in said.findall(text) if not name.endswith((".csv", ".yaml", ".json", ".js"))}
        if re.search(r"inding\(|decided\(", text):
            calls = [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Call)]
            making = [
                each for each in calls if getattr(each.func, "id", getattr(each.func, "attr", "")) in ("Finding", "finding", "decided")
            ]
            parts = [each.value for call in making for each in ast.walk(call) if isinstance(each, ast.Constant)]
            made |= {part for part in parts if isinstance(part, str) and re.fullmatch(r"[a-z]+\.[a-z]+(?:-[a-z]+)*", part)}
    assert made >= {"lattice.volume", "duplicate.near", "composition.no-lithium", "waiver.unused"}
    assert len(named) > 60
    assert made | named <= set(catalogue())


def test_the_page_is_not_stale() -> None:
    text = checks_page.page(checks_page.read(ROOT))
    assert (ROOT / checks_page.PAGE).read_text(encoding="utf-8") == text, "run python docs/derive.py"
    assert all(f"## {name}\n" in text for name in catalogue())
