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
