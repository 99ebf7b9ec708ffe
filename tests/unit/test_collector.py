"""The collector of circles is held back for a while, and afterwards as it was before."""

from __future__ import annotations

import gc

import pytest

from pipeline.safety.collector import paused


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("is_fault", [True, False])
def test_the_collector_is_afterwards_as_it_was(before: bool, is_fault: bool) -> None:
    @paused()
    def work() -> bool:
        if is_fault:
            raise KeyError
        return gc.isenabled()

    was = gc.isenabled()
    try:
        (gc.enable if before else gc.disable)()
        if is_fault:
            with pytest.raises(KeyError):
                work()
        else:
            assert work() is False
        assert gc.isenabled() is before
    finally:
        (gc.enable if was else gc.disable)()


class Node:
    """Refers to itself."""

    def __init__(self) -> None:
        self.own = self


def test_what_was_made_meanwhile_is_old_afterwards_and_circles_are_found_all_the_same() -> None:
    gc.collect()

    @paused()
    def work() -> list[list[int]]:
        Node()
        return [[number] for number in range(gc.get_threshold()[0] + 1000)]

    kept = work()
    assert gc.get_count()[0] < 1000
    assert not gc.get_freeze_count()
    assert gc.collect() >= 1
    assert len(kept) > 1000


def test_what_somebody_put_aside_stays_there() -> None:
    gc.collect()
    gc.freeze()
    try:
        aside = gc.get_freeze_count()
        with paused():
            pass
        assert 0 < gc.get_freeze_count() <= aside
    finally:
        gc.unfreeze()
