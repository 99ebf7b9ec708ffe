"""Small steps of the checks and searches, each held to its law on both sides: called by themselves, on numbers worked out by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from pipeline.checks.blocks import Block, one_lattice
from pipeline.checks.reading import Row
from pipeline.checks.series import _exchanged, _Law
from pipeline.chemistry.cell import metric, signed_permutations
from pipeline.split.polish import Moves, _last
from pipeline.structures.matching.slips import _orders
from pipeline.structures.matching.window import composition_deviations
from pipeline.structures.prototypes import Model, Site, _others, _worst
from schemas import columns as col
from tests.unit.sheets import row as sheet_row
from tests.unit.test_series import garnet


# --- series -----------------------------------------------------------------------------------------------------------
def orthorhombic(name: str, a: float, b: float, c: float) -> Row:
    return garnet(name, 0.5, a, B=b, C=c, SPACE_GROUP="Pnma", SPACE_GROUP_NUMBER=62)


@pytest.mark.parametrize(
    ("apart", "stretch", "others", "heard"),
    [
        # of another shape: from 0.08 on; alike when exchanged: to 0.04, two thirds of what one axis is stretched by; five others at least
        (0.077, 0.0, 6, False), (0.083, 0.0, 6, True), (0.3, 0.057, 6, True), (0.3, 0.063, 6, False), (0.3, -0.057, 6, True),
        (0.3, -0.063, 6, False), (0.3, 0.0, 5, True), (0.3, 0.0, 4, False),
    ],
)  # fmt: skip
def test_axes_were_exchanged_where_their_order_explains_the_shape(apart: float, stretch: float, others: int, heard: bool) -> None:
    kin = [orthorhombic(f"r{n}", 10.0, 10 * math.exp(apart), 20.0) for n in range(others)]
    told = [*_exchanged([*kin, orthorhombic("bad", 10 * math.exp(apart), 10.0, 20 * math.exp(stretch))])]
    assert [(each.row.id, each.column) for each in told] == ([("bad", col.A)] if heard else [])
    if heard:
        assert float(told[0].expected) == pytest.approx(10.0)


def test_an_element_may_take_a_quarter_more_and_a_type_a_tenth() -> None:
    """What a coefficient of one, a standard deviation, adds to the logarithm of the volume: of all elements together, and of the type."""
    law = _Law([garnet(f"r{i}", 0.1 * (i + 1), 12.9) for i in range(9)])
    assert law._x[:, :-1].sum(axis=1) == pytest.approx(np.full(9, 0.25))
    assert law._x[:, -1] == pytest.approx(np.full(9, 0.1))


# --- doubles ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("factor", "same"), [(1 + 5.5e-4, True), (1 + 6.6e-4, False), (1 - 5.5e-4, True), (1 - 6.6e-4, False)])
def test_one_lattice_has_its_shortest_vectors_to_six_ten_thousandths(factor: float, same: bool) -> None:
    """In another setting: the axes of the second are the first's in another order."""
    one, other = (5.0, 6.1, 7.3, 90.0, 90.0, 90.0), (7.3 * factor, 5.0 * factor, 6.1 * factor, 90.0, 90.0, 90.0)
    assert one_lattice(one, other) is same

    def shaped(name: str, cell: tuple[float, ...]) -> Row:
        changes = dict(zip(("A", "B", "C"), cell, strict=False))
        return Row(name, {str(key): value for key, value in sheet_row(**changes).items() if key != "ID"})

    block = Block([shaped("a", one), shaped("b", one), shaped("c", other)], np.arange(3), 1e-3)
    assert block.same_shape(2, np.array([0, 1])).tolist() == ([0, 1] if same else [])
    assert block.same_shape(1, np.array([0])).tolist() == [0]
    assert block.same_shape(2, np.array([0, 1])).tolist() == ([0, 1] if same else [])  # remembered


@pytest.mark.parametrize("rows", [10, 100])
def test_what_is_without_others_is_the_rest_in_the_order_of_the_table(rows: int) -> None:
    values = {str(key): value for key, value in sheet_row().items() if key != "ID"}
    block = Block([Row(f"r{n}", values) for n in range(rows)], np.arange(rows), 1e-3)
    every, odd, three = np.arange(rows - 1), np.arange(1, rows - 1, 2), np.array([0, 3, 6])
    assert block.without(every, odd).tolist() == [*range(0, rows - 1, 2)]
    assert block.without(every, odd, three).tolist() == [n for n in range(0, rows - 1, 2) if n not in (0, 6)]
    assert block.without(odd, three).tolist() == [n for n in range(1, rows - 1, 2) if n != 3]
    assert block.without(three, three).tolist() == []
    assert block.without(every).tolist() == every.tolist()


# --- the last steps of a search for a split ------------------------------------------------------------------------------
def test_the_cost_up_to_which_there_are_as_many_moves_as_wanted() -> None:
    costs, counts = np.array([3.0, 1.0, 2.0]), np.array([1, 2, 3])
    assert [_last(costs, counts, wanted) for wanted in (1, 2, 3, 5, 6, 7)] == [1, 1, 2, 2, 3, 3]
    assert _last(np.zeros(0), np.zeros(0, dtype=np.int64), 1) == -np.inf


def test_moves_of_two_kinds_in_their_order() -> None:
    """One group alone; two of one kind, or the first two of one choice; one of each of two kinds. Those with a tie are left out."""
    moves = cast(
        Any, SimpleNamespace(of_kind=[[0, 2, 3], [1, 4]], tied={(0, 3): 2, (1, 2): 2}, choices=[(5,), (6,), (7, 8, 9), (4,), (3,)])
    )
    assert [*Moves._places(moves, 0, 2)] == [(0, 0, 0), (0, 2, 2), (0, 3, 3)]
    assert [*Moves._places(moves, 0, 0)] == [(1, 0, 2), (1, 2, 3), (2, 2, 2)]
    assert [*Moves._places(moves, 0, 1)] == [(1, 0, 1), (1, 0, 4), (1, 1, 3), (1, 2, 4), (1, 3, 4)]
    wanted = [((0, 2, 2), (7,)), ((1, 0, 2), (5, 7)), ((2, 2, 2), (7, 8))]
    assert [Moves._groups(moves, cast(Any, place)) for place, _ in wanted] == [groups for _, groups in wanted]


# --- matching ---------------------------------------------------------------------------------------------------------
def test_a_cell_in_another_order_of_axes_is_the_same_lattice() -> None:
    one = (5.0, 6.1, 7.3, 81.0, 97.0, 104.0)
    turned = _orders(np.array([one]))[0]
    for basis, found in zip(signed_permutations(), turned, strict=True):
        matrix = np.array(basis)
        assert metric(tuple(found.tolist())) == pytest.approx(matrix.T @ metric(one) @ matrix, abs=1e-9)
    assert len(turned) == 24


def test_the_units_in_a_cell_are_those_that_fit_best() -> None:
    """Every whole number is tried here; contents off by up to a tenth."""
    wanted = np.array([3.0, 4.0, 1.0])
    chance = np.random.default_rng(4)
    contents = np.array([1, 2, 3, 4, 6, 8] * 40)[:, None] * wanted * (1 + chance.uniform(-0.1, 0.1, (240, 3)))
    found, units = composition_deviations({"Li": 3.0, "O": 4.0, "P": 1.0}, ("Li", "O", "P"), contents)
    tried = np.abs(contents[:, None] / np.arange(1, 20)[None, :, None] - wanted).max(axis=2)
    assert found == pytest.approx(tried.min(axis=1), abs=1e-6)
    assert units.tolist() == (tried.argmin(axis=1) + 1).tolist()


def test_a_site_that_symmetry_holds_is_never_off() -> None:
    sites = tuple(Site("X", (True, 1), np.array([0.1, 0.2, 0.3 * n]), np.zeros((3, 0))) for n in range(3))
    images = {(True, 1): np.array([site.fract for site in sites])}
    model = Model(cast(Any, SimpleNamespace(basis=10 * np.eye(3))), sites, images)
    assert _worst(model, _others([model] * 5), 0.01) is None
