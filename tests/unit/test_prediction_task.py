"""The benchmark's task on made-up entries: folds, bounds, hashes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.prediction.task import BOUNDS, Bounds, structure_hash, training_hash
from tests.unit.predictions import small


def test_training_sets() -> None:
    found = small()
    assert (len(found.training_ids("all")), len(found.test_ids("all"))) == (30, 10)
    assert found.training_ids("structures") == tuple(f"e{n:02}" for n in range(0, 30, 2))
    assert found.test_ids("structures") == tuple(f"e{n:02}" for n in range(30, 40, 2))
    with pytest.raises(KeyError):
        found.rows(["zzz"])


@pytest.mark.parametrize("which", ["random_folds", "group_folds"])
def test_folds_cover_the_training_set_once_and_stay_when_rows_move(which: str) -> None:
    found = small()
    folds = getattr(found, which)
    assert set(folds) == set(found.train)
    assert set(folds.values()) == {0, 1, 2, 3, 4}
    moved = replace(found, train=found.train[::-1], ids=found.ids[::-1], groups=found.groups[::-1])
    assert getattr(moved, which) == folds


def test_random_folds_hold_a_fifth_of_both_kinds() -> None:
    found = small()
    for members in (found.training_ids("structures"), [name for name in found.train if name not in found.structures]):
        assert np.bincount([found.random_folds[name] for name in members]).tolist() == [3] * 5


def test_group_folds_tear_no_group_apart() -> None:
    found = small()
    folds_of: dict[str, set[int]] = {}
    for name, group in zip(found.ids, found.groups, strict=True):
        if name in found.group_folds:
            folds_of.setdefault(group, set()).add(found.group_folds[name])
    assert len(folds_of) == 10
    assert all(len(folds) == 1 for folds in folds_of.values())
    weight = {name: 1 / 30 + (name in found.structures) / 15 for name in found.train}
    filled = [sum(weight[name] for name, own in found.group_folds.items() if own == fold) for fold in range(5)]
    largest = max(sum(weight[name] for name in found.train if found.groups[found.ids.index(name)] == group) for group in folds_of)
    assert max(filled) - min(filled) <= largest + 1e-12


@pytest.mark.parametrize(("handling", "error"), [("as-published", 3.0), ("as-bounds", 2.0), ("left-out", np.nan), ("censored", 0.0)])
def test_the_four_ways_of_an_upper_bound(handling: Bounds, error: float) -> None:
    """e09 is below 1e-10 and predicted as 1e-12; e08 is 1e-9 and predicted as 1e-10, which is one decade off in each."""
    assert handling in BOUNDS
    found = small().errors(["e09", "e08"], np.array([-12.0, -10.0]), handling)
    np.testing.assert_allclose(found, [error, 1.0])


def test_a_prediction_above_a_bound_is_wrong_by_what_it_is_above() -> None:
    np.testing.assert_allclose(small().errors(["e09"], np.array([-7.5]), "censored"), [2.5])


def test_hashes_move_with_what_they_hash() -> None:
    found = small()
    values = found.conductivities.copy()
    values[35] *= 2
    relabelled = replace(found, conductivities=values)
    moved = {key for key, value in found.hashes.items() if relabelled.hashes[key] != value}
    assert moved == {"release"}
    other = replace(found, train=found.train[1:])
    assert {key for key, value in found.hashes.items() if other.hashes[key] != value} == {"split", "folds"}
    rows = [*range(39, -1, -1)]
    turned = replace(
        found, ids=found.ids[::-1], contents=found.contents[::-1], spacegroups=found.spacegroups[rows], lattices=found.lattices[rows],
        conductivities=found.conductivities[rows], bounds=found.bounds[::-1], papers=found.papers[::-1],
        compositions=found.compositions[::-1], groups=found.groups[::-1],
    )  # fmt: skip
    assert turned.hashes == found.hashes
    assert structure_hash({"aaa": "x", "bbb": "y"}) == structure_hash({"bbb": "y", "aaa": "x"}) != structure_hash({"aaa": "y", "bbb": "x"})
    assert training_hash(["b", "a"]) == training_hash(["a", "b"]) != training_hash(["a"])
