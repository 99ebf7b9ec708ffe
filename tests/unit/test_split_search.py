"""The search for a split, on a release made for the test."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.split import audit, groups, search
from pipeline.split.bonds import BONDS, PUBLISHED_BONDS
from schemas import columns as col
from tests.unit.splits import entries

QUICK = {"steps": 200, "chains": 16}


def made(number: int = 120) -> tuple[pd.DataFrame, list[str]]:
    """Entries of 40 papers, and those with a structure."""
    generator = np.random.default_rng(1)
    rows = {
        f"e{n:03}": {
            col.REDUCED_COMPOSITION: f"Li{n % 7 + 1}O{n // 5 + 1}",
            col.DOI: f"10.1/{n // 3}",
            col.IONIC_CONDUCTIVITY: float(10 ** generator.normal(-6, 2)),
        }
        for n in range(number)
    }
    return entries(rows), [name for name in rows if int(name[1:]) % 2]


def test_a_search_keeps_groups_and_shares_and_betters_the_reference() -> None:
    table, structures = made()
    group = groups(table)
    reference = [name for name in table.index if group[name] in sorted(set(group))[:12]]
    found = search(table, structures, 7, reference_test_ids=reference, **QUICK)
    assert audit(table, found.test, structures).n_leaks["paper"] == 0
    assert {group[name] for name in found.test}.isdisjoint(group[name] for name in found.train)
    assert 0.2 <= found.audit.share <= 0.3
    assert 0.2 <= found.audit.share_structures <= 0.3
    assert found.reference is not None
    assert found.audit.objective < found.reference.objective
    assert found.audit.likeness.no_worse_than(found.reference.likeness)
    assert found.audit.likeness_at_bounds.no_worse_than(found.reference.likeness_at_bounds)


def test_a_search_without_structures() -> None:
    table, _ = made()
    group = groups(table)
    reference = [name for name in table.index if group[name] in sorted(set(group))[:12]]
    found = search(table, [], 7, reference_test_ids=reference, **QUICK)
    assert found.reference is not None
    assert found.audit.likeness.distance < found.reference.likeness.distance
    assert json.loads(json.dumps(found.audit.as_dict(), allow_nan=False))["share_structures"] is None


def test_a_search_keeps_stoichiometries_too_unless_the_paper_s_rule_is_asked_for() -> None:
    rows = {f"e{n:03}": {col.REDUCED_COMPOSITION: f"Li{2 * (n // 2) + 1}O" if n % 2 else f"Li{4 * (n // 2) + 2}O2",
                         col.DOI: f"10.1/{n}", col.IONIC_CONDUCTIVITY: 10.0 ** -(n % 9)} for n in range(60)}  # fmt: skip
    table = entries(rows)
    found = search(table, [], 7, **QUICK)
    assert found.audit.n_leaks == {"paper": 0, "composition": 0, "stoichiometry": 0}
    assert len(set(groups(table, BONDS))) == 30 < len(set(groups(table, PUBLISHED_BONDS)))
    assert search(table, [], 7, bonds=PUBLISHED_BONDS, **QUICK).audit.n_leaks["composition"] == 0
    table, structures = made()
    found = search(table, structures, 7, **QUICK)
    assert found.audit.n_leaks == {"paper": 0, "composition": 0, "stoichiometry": 0}


def test_seed_decides_and_row_order_does_not() -> None:
    table, structures = made()
    first = search(table, structures, 3, **QUICK)
    assert search(table.iloc[::-1], structures[::-1], 3, **QUICK).test == first.test
    assert len({search(table, structures, seed, steps=1, chains=1).test for seed in range(6)}) > 1


def test_the_same_split_under_any_hash_seed() -> None:
    code = (
        "from tests.unit.test_split_search import made, QUICK; from pipeline.split import search;"
        "print(' '.join(search(*made(), 5, **QUICK).test))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1")
    }
    assert len(told) == 1


def test_one_group_too_large_is_told() -> None:
    table = entries({f"e{n}": {col.DOI: "10.1/one"} for n in range(10)})
    with pytest.raises(InputError, match=r"the largest of the 1 groups holds 10 of 10 entries"):
        search(table, [], 0, **QUICK)


def test_nothing_to_split() -> None:
    with pytest.raises(InputError, match="no entries"):
        search(entries({}), [], 0)
