"""What pytest does otherwise while mutants are tested: it records what each test runs, or runs chosen tests in their order."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from typing import Any

import pytest
from hypothesis import Phase, settings


class Unshrunk:
    """Examples that fail are neither made smaller nor kept: that one fails is all that is asked."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        settings.register_profile("unshrunk", settings(), database=None, phases=[Phase.explicit, Phase.generate])
        settings.load_profile("unshrunk")


class Chosen(Unshrunk):
    """Runs the chosen tests in their order."""

    def __init__(self, order: list[str]) -> None:
        self.rank = {name: number for number, name in enumerate(order)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.rank), key=lambda item: self.rank[item.nodeid])


class Recorded(Unshrunk):
    """Records the lines that each test runs, those of its fixtures included, and its seconds of CPU.

    ``seen`` is what :func:`tests.mutation.loader.record` gave. A fixture that several tests share runs once; its lines count for each of
    them. What functions remember is forgotten before each test, so that each runs what it needs.
    """

    def __init__(self, seen: dict[str, set[int]]) -> None:
        self.seen = seen
        self.tests: dict[str, dict[str, Any]] = {}
        self.shared: dict[str, dict[str, set[int]]] = defaultdict(dict)
        self.failed: set[str] = set()

    def taken(self) -> dict[str, set[int]]:
        """The lines since the last call."""
        lines = {path: set(found) for path, found in self.seen.items() if found}
        for found in self.seen.values():
            found.clear()
        return lines

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        if fixturedef.scope == "function":
            return (yield)
        before = self.taken()
        try:
            return (yield)
        finally:
            self.shared[f"{fixturedef.baseid}::{fixturedef.argname}"] = self.taken()
            for path, found in before.items():
                self.seen[path].update(found)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        for forget in _caches():
            forget()
        self.taken()
        start = time.process_time()
        try:
            return (yield)
        finally:
            lines, fixtures = self.taken(), set(getattr(item, "fixturenames", ()))
            for name, found in self.shared.items():
                if name.rpartition("::")[2] in fixtures:
                    for path, numbers in found.items():
                        lines.setdefault(path, set()).update(numbers)
            if item.nodeid not in self.failed:
                self.tests[item.nodeid] = {
                    "seconds": round(time.process_time() - start, 3),
                    "lines": {p: sorted(n) for p, n in lines.items()},
                }

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.failed.add(report.nodeid)


def _caches() -> list[Callable[[], None]]:
    """What empties each cache of the program's functions."""
    modules = [module for name, module in sys.modules.items() if name.startswith("pipeline.")]
    return [thing.cache_clear for module in modules for thing in list(vars(module).values()) if hasattr(thing, "cache_clear")]
