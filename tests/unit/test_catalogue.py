"""The catalogue is whole, and the page made from it is not stale."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.checks.catalogue import catalogue, fix_for
from pipeline.findings import SEVERITIES
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


def test_every_check_in_the_code_is_in_the_catalogue() -> None:
    families = "|".join({check.family for check in catalogue().values()})
    called = re.compile(rf'"((?:{families})\.[a-z]+(?:-[a-z]+)*)"')
    named = {
        (path.name, name)
        for path in (ROOT / "pipeline").rglob("*.py")
        for name in called.findall(path.read_text(encoding="utf-8"))
        if not name.endswith((".csv", ".yaml", ".json", ".js"))
    }
    assert len(named) > 60
    assert {pair for pair in named if pair[1] not in catalogue()} == set()


def test_the_page_is_not_stale() -> None:
    text = checks_page.page(checks_page.read(ROOT))
    assert (ROOT / checks_page.PAGE).read_text(encoding="utf-8") == text, "run python docs/derive.py"
    assert all(f"## {name}\n" in text for name in catalogue())
