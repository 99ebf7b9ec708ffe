"""The harness that plants faults: a seeded sample of each kind, so that a check that goes deaf is noticed."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import benchmark

#: Faults of a kind; one in twenty may be missed. Twenty are few: before a kind that misses more is called deaf, so many are planted.
EACH = 20
MANY = 200
VISIBLE = 0.95
#: Kinds that only the source records show: linking entries to them costs more than all the checks.
SOURCE = "source record"


@pytest.fixture(scope="module")
def faults() -> ModuleType:
    return benchmark("faults")


def test_a_sample_of_every_visible_kind_is_caught_and_good_rows_are_left_alone(
    faults: ModuleType, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "RAW", raw)
    release = faults.Release()
    sources, release.sources = release.sources, lambda entries: (None, None)
    before = faults.heard(release.findings({}, all_structures=True), set(release.cases))
    good = [name for name in release.cases if name not in before]
    assert sum(release.cases[name].structure is not None for name in good) > 150
    kinds = [kind for kind in faults.KINDS if kind.visible]
    assert len(kinds) > 25
    plants = [each for kind in kinds if kind.visible != SOURCE for each in faults.plant(release, kind, good, EACH, 2)]
    caught = faults.catch(release, plants, before)
    release.sources = sources
    plants = [each for kind in kinds if kind.visible == SOURCE for each in faults.plant(release, kind, good, EACH, 2)]
    caught |= faults.catch(release, plants, before)
    assert {kind.name for kind in kinds} == set(caught)
    for kind in kinds:
        if caught[kind.name].share < VISIBLE:
            caught |= faults.catch(release, faults.plant(release, kind, good, MANY, 2), before)
    assert not {name: result.missed for name, result in caught.items() if result.share < VISIBLE}
    for name in ("Z and true composition doubled", "space group number off by one", "decimal point of one axis shifted"):
        assert caught[name].severities["error"] == caught[name].planted, name
    release.sources = lambda entries: (None, None)
    untouched = faults.heard(release.findings({good[0]: release.cases[good[0]]}), {good[0]})
    assert untouched.get(good[0], {}) == {}
