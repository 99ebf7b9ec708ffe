"""The search for a split, on a release made for the test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.split import audit, groups, polish
from pipeline.split.annealing import search
from pipeline.split.board import Board
from pipeline.split.bonds import BONDS, PUBLISHED_BONDS, Bond
from pipeline.split.polish import LOOKED_AT, polished
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
        "from tests.unit.test_split_search import made, QUICK; from pipeline.split.annealing import search;"
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


def random_board(seed: int, number: int, bonds: tuple[Bond, ...]) -> tuple[Board, np.ndarray]:
    """A board of random entries beside a random reference, and a state to start from."""
    generator = np.random.default_rng(seed)
    rows = {
        f"e{n:03}": {
            col.REDUCED_COMPOSITION: f"Li{generator.integers(1, 9)}O{generator.integers(1, 30)}",
            col.DOI: f"10.1/{generator.integers(number)}",
            col.IONIC_CONDUCTIVITY: float(10.0 ** generator.integers(-9, -2)),
        }
        for n in range(number)
    }
    table = entries(rows)
    structures = [name for name in table.index if generator.random() < 0.5]
    reference = audit(table, [name for name in table.index if generator.random() < 0.25], structures)
    board = Board.of(table, np.isin(table.index, structures), groups(table, bonds), reference)
    return board, generator.random(len(board.brings)) < 0.25


def polished_one_by_one(board: Board, state: np.ndarray) -> np.ndarray:
    """The same law written out: every group and every pair of choices is moved in its turn, and the whole told anew."""

    def cost(state: np.ndarray, exactly: bool) -> float:
        found = float(board.cost(board.brings[state].sum(axis=0), (state[board.ties[:, 0]] != state[board.ties[:, 1]]).sum()))
        for exact in board.exact if exactly else ():
            counts = np.zeros_like(exact.total)
            for group, place, structure in zip(exact.member, exact.place, exact.with_structure, strict=True):
                counts[: 1 + structure, place] += state[group]
            found += float(exact.beyond(counts))
        return found

    def after(move: tuple[int, ...]) -> np.ndarray:
        return np.array([side ^ (group in move) for group, side in enumerate(state)])

    while True:
        tied, choices = set(board.ties.ravel().tolist()), {}
        for group, side in enumerate(state.tolist()):
            choices.setdefault(group if group in tied else (side, board.kinds[group]), []).append(group)
        ones = [each[0] for each in choices.values()]
        moves = [*((each,) for each in ones), *combinations(ones, 2), *(tuple(each[:2]) for each in choices.values() if len(each) > 1)]
        least = sorted(moves, key=lambda move: cost(after(move), False))[:LOOKED_AT]
        best = min(least, key=lambda move: cost(after(move), True))
        if not cost(after(best), True) < cost(state, True) - 1e-12:
            return state
        state = after(best)


@pytest.mark.parametrize(("seed", "number", "bonds"), [(1, 30, BONDS), (2, 40, PUBLISHED_BONDS), (3, 24, PUBLISHED_BONDS)])
def test_polishing_by_kinds_ends_where_polishing_one_by_one_ends(seed: int, number: int, bonds: tuple[Bond, ...]) -> None:
    board, state = random_board(seed, number, bonds)
    if bonds == PUBLISHED_BONDS:
        assert len(board.ties)  # two groups with a tie to one another cost less to move together
    assert polished(board, state).tolist() == polished_one_by_one(board, state).tolist()


def test_groups_that_bring_the_same_cost_no_more_to_polish(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(Board, "cost", counted(Board.cost, told))

    def work(number: int) -> int:
        rows = {f"e{n:04}": {col.REDUCED_COMPOSITION: f"Li{2 * n + 1}O", col.DOI: f"10.1/{n}", col.IONIC_CONDUCTIVITY: 10.0 ** -(n % 9)}
                for n in range(number)}  # fmt: skip
        table = entries(rows)
        board = Board.of(table, np.zeros(number, dtype=bool), groups(table), None)
        told.clear()
        for cost, _ in polish.Moves.of(board, np.arange(number) % 4 == 0).least(LOOKED_AT, np.inf):
            assert cost >= 0
        return sum(told)

    assert work(900) <= 1.2 * work(90)


def counted(function: Callable[..., Any], told: list[int]) -> Callable[..., Any]:
    """The function, and how many costs it told."""

    def run(*arguments: Any) -> Any:
        found = function(*arguments)
        told.append(np.size(found))
        return found

    return run
