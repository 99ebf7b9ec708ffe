"""Many lattices at once give what one comparison gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chemistry import cell as cells
from pipeline.chemistry.spacegroup import primitive_basis
from pipeline.structures.matching.lattice import centrings, deviations

#: Some cells of each of the fourteen Bravais lattices, by a space group of it.
KINDS = {
    2: st.tuples(*[st.floats(4, 14)] * 3, *[st.floats(65, 115)] * 3).filter(cells.possible),
    14: st.tuples(*[st.floats(4, 20)] * 3, st.just(90.0), st.floats(90, 125), st.just(90.0)),
    15: st.tuples(*[st.floats(4, 20)] * 3, st.just(90.0), st.floats(90, 125), st.just(90.0)),
    62: st.tuples(*[st.floats(4, 20)] * 3, *[st.just(90.0)] * 3),
    63: st.tuples(*[st.floats(4, 20)] * 3, *[st.just(90.0)] * 3),
    70: st.tuples(*[st.floats(4, 20)] * 3, *[st.just(90.0)] * 3),
    72: st.tuples(*[st.floats(4, 20)] * 3, *[st.just(90.0)] * 3),
    123: st.tuples(st.floats(4, 14), st.floats(4, 25)).map(lambda x: (x[0], x[0], x[1], 90.0, 90.0, 90.0)),
    221: st.floats(4, 15).map(lambda x: (x, x, x, 90.0, 90.0, 90.0)),
    139: st.tuples(st.floats(4, 14), st.floats(4, 25)).map(lambda x: (x[0], x[0], x[1], 90.0, 90.0, 90.0)),
    167: st.tuples(st.floats(4, 10), st.floats(8, 25)).map(lambda x: (x[0], x[0], x[1], 90.0, 90.0, 120.0)),
    194: st.tuples(st.floats(3, 12), st.floats(4, 20)).map(lambda x: (x[0], x[0], x[1], 90.0, 90.0, 120.0)),
    227: st.floats(4, 15).map(lambda x: (x, x, x, 90.0, 90.0, 90.0)),
    230: st.floats(8, 15).map(lambda x: (x, x, x, 90.0, 90.0, 90.0)),
}
ROWS = st.sampled_from(sorted(KINDS)).flatmap(lambda number: st.tuples(st.just(number), KINDS[number]))


def strained(cell: cells.Cell, lengths: tuple[float, float, float], angle: float) -> cells.Cell:
    """Another cell of the same system: equal edges stay equal, right angles and 120 degrees stay."""
    same = (lengths[0], lengths[0] if cell[0] == cell[1] else lengths[1], lengths[0] if cell[0] == cell[2] else lengths[2])
    angles = [x if x in (90, 120) else x + angle for x in cell[3:]]
    a, b, c = (edge * (1 + part) for edge, part in zip(cell[:3], same, strict=True))
    return (a, b, c, angles[0], angles[1], angles[2])


def reduced(cell: cells.Cell, letter: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    basis = np.array(primitive_basis(letter))
    return np.array([cells.reduced(cells.from_metric(basis.T @ np.array(cells.metric(cell)) @ basis))])


@settings(max_examples=300, deadline=None)
@given(ROWS, st.tuples(*[st.floats(-0.028, 0.028)] * 3), st.floats(-2.5, 2.5))
def test_every_lattice_inside_the_window_is_found(row: tuple[int, cells.Cell], lengths: tuple[float, float, float], angle: float) -> None:
    number, cell = row
    other = strained(cell, lengths, angle)
    found = deviations(cell, number, reduced(other, centrings(number)[0]))
    expected = cells.deviation(cell, other)
    # the strained cell is one basis that fits; a better one may be found, a worse one not
    assert cells.misfit(float(found[0][0]), float(found[1][0])) <= cells.misfit(*expected) + 1e-6


@settings(max_examples=60, deadline=None)
@given(ROWS, st.floats(0.05, 0.12))
def test_a_larger_lattice_is_not(row: tuple[int, cells.Cell], strain: float) -> None:
    number, cell = row
    other = strained(cell, (strain,) * 3, 0)
    lengths, _ = deviations(cell, number, reduced(other, centrings(number)[0]))
    assert not lengths[0] <= cells.LENGTH_WINDOW


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "P"), (14, "P"), (15, "CAIP"), (62, "P"), (63, "ABCP"), (70, "FP"), (167, "RP"), (230, "IP")]
)
def test_centrings_that_a_cell_may_be_written_with(number: int, letters: str) -> None:
    assert "".join(centrings(number)) == letters


@pytest.mark.parametrize(("letter", "points"), [("P", 1), ("A", 2), ("B", 2), ("C", 2), ("I", 2), ("F", 4), ("R", 3)])
def test_primitive_cells_hold_one_lattice_point(letter: str, points: int) -> None:
    assert abs(np.linalg.det(np.array(primitive_basis(letter)))) == pytest.approx(1 / points)
