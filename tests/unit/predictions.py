"""A small task for the tests of the benchmark's room."""

from __future__ import annotations

from pipeline.prediction.task import Task, task
from schemas import columns as col
from tests.unit.splits import entries

TEST_FROM = 30


def small(count: int = 40) -> Task:
    """Forty entries of ten compositions, each in one paper; every second has a structure; the last ten are the test set."""
    rows = {
        f"e{n:02}": {
            col.TRUE_COMPOSITION: f"Li{n % 10 + 1}O",
            col.REDUCED_COMPOSITION: f"Li{n % 10 + 1}O",
            col.DOI: f"10.1000/{n % 10}",
            col.IONIC_CONDUCTIVITY: 10.0 ** -(n % 10 + 1),
            col.BOUND: "<" if n % 10 == 9 else None,
        }
        for n in range(count)
    }
    table = entries(rows)
    names = list(table.index)
    return task(table, names[:TEST_FROM], names[TEST_FROM:], {name: f"data_{name}" for name in names[::2]})
