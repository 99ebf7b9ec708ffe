"""The harness that plants faults: a few of each sort, so that a check that goes deaf is noticed before the benchmark is run again."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FEW = 12


@pytest.fixture(scope="module")
def faults() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import faults as module
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


def test_planted_faults_are_heard_and_good_rows_are_not(faults: ModuleType, raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "RAW", raw)
    release = faults.Release()
    release.sources = lambda entries: (None, None)  # the links cost more than all the checks
    before = faults.heard(release.findings({}, all_structures=True), set(release.cases))
    good = [name for name in release.cases if name not in before and release.cases[name].structure]
    assert len(good) > 150
    kinds = {kind.name: kind for kind in faults.KINDS}
    for name, severity in (
        ("Z and true composition doubled", "error"), ("subscript dropped in the reduced composition", "error"),
        ("space group number off by one", "error"), ("decimal point of one axis shifted", "error"),
        ("lithium removed from the structure", "error"), ("cell of the structure scaled", "error"), ("DOI cut short", "warning"),
    ):  # fmt: skip
        result = faults.run(release, kinds[name], good, before, FEW, seed=2)
        assert result["planted"] == FEW, name
        assert result["missed"] == 0, (name, result["missed rows"])
        assert result[severity] == FEW, name
    untouched = faults.heard(release.findings({good[0]: release.cases[good[0]]}), {good[0]})
    assert untouched.get(good[0], {}) == {}
