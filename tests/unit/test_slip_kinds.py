"""The slips that benchmarks/slips.py types: each changes what it says, in a row that can have it, and nothing else."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from schemas import columns as col
from tests.unit.sheets import row as cells

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def kinds() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import slip_kinds as module
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


ROW = {
    **dict.fromkeys(col.WORKBOOK),
    **cells(REDUCED_COMPOSITION="Li1.35Al0.35Ti1.65(PO4)3", Z=6, SPACE_GROUP="R-3c", SPACE_GROUP_NUMBER=167, DOI="10.1021/cm5016959"),
    col.TRUE_COMPOSITION: "Li8.1Al2.1Ti9.9P18.0O72.0", col.A: 8.512, col.B: 8.512, col.C: 20.843, col.GAMMA: 120,
    col.ICSD_ID: "253240", col.LASKOWSKI_ID: "12", col.LIION_ID: "34", col.REF: "D2 - 12; D1 - 568", col.IONIC_CONDUCTIVITY: 1.23e-4,
    col.IC_TOTAL: 1.23e-4,
}  # fmt: skip
BOUND = {**ROW, col.IONIC_CONDUCTIVITY: "<1E-10", col.IC_TOTAL: None}
ABOVE = {**ROW, **cells(REDUCED_COMPOSITION="Li3PS4", TRUE_COMPOSITION="Li12.0P4.0S16.0", SPACE_GROUP="Pnma", SPACE_GROUP_NUMBER=62)}
ABOVE |= {col.A: 13.066, col.B: 8.015, col.C: 6.101, col.DOI: "10.1021/ja3110895", col.IONIC_CONDUCTIVITY: 2e-7}
LIKE = {**ROW, col.A: 8.5, col.B: 8.5, col.C: 20.8}
COLUMNS = {
    "composition": {col.REDUCED_COMPOSITION, col.TRUE_COMPOSITION}, "Z": {col.Z, col.TRUE_COMPOSITION}, "cell": set(col.LATTICE),
    "space group": {col.SPACE_GROUP, col.SPACE_GROUP_NUMBER}, "conductivity": {col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK},
    "paper": {col.DOI}, "ICSD number": {col.ICSD_ID}, "number of a source": {col.LASKOWSKI_ID, col.LIION_ID, col.REF},
}  # fmt: skip


def test_each_slip_changes_its_own_columns_and_nothing_else(kinds: ModuleType) -> None:
    for kind in kinds.SLIPS:
        pairs = [(row, above) for row in (ROW, BOUND) for above in (ABOVE, LIKE)]
        tried = [(row, kind.slip(row, above, random.Random(seed))) for row, above in pairs for seed in range(4)]
        found = [(row, cells) for row, cells in tried if cells]
        assert found, kind.name
        for row, changed in found:
            assert set(changed) <= COLUMNS[kind.family], kind.name
            assert any(changed[c] != row[c] for c in changed), kind.name


def test_digits_are_replaced_or_exchanged(kinds: ModuleType) -> None:
    for seed in range(20):
        rng = random.Random(seed)
        new = kinds._mistyped("20.843", rng)
        assert len(new) == 6
        assert sum(a != b for a, b in zip(new, "20.843", strict=True)) == 1
        swapped = kinds._transposed("20.843", rng)
        assert sorted(swapped) == sorted("20.843")
        assert sum(a != b for a, b in zip(swapped, "20.843", strict=True)) == 2
    assert kinds._transposed("77", random.Random(1)) is None
