"""One lattice in two settings."""

from __future__ import annotations

from fractions import Fraction

import gemmi
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymatgen.core.lattice import Lattice

from pipeline.chemistry import cell as cells

LENGTHS = st.floats(3, 20)
ANGLES = st.floats(50, 130)


def solid(cell: cells.Cell) -> bool:
    """A cell that is not flat: a reduced cell of a flat one has coefficients beyond any that is searched."""
    return cells.possible(cell) and cells.volume(cell) > 0.1 * cell[0] * cell[1] * cell[2]


CELLS = st.tuples(LENGTHS, LENGTHS, LENGTHS, ANGLES, ANGLES, ANGLES).filter(solid)
#: Elementary changes of basis: adding one axis to another, and permuting.
SHEARS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from((-1, 1))).filter(lambda t: t[0] != t[1]), max_size=3)


def sheared(operations: list[tuple[int, int, int]]) -> list[list[int]]:
    basis = np.eye(3, dtype=int)
    for source, target, sign in operations:
        basis[:, target] += sign * basis[:, source]
    return basis.tolist()


def test_volume_of_cells_worked_by_hand() -> None:
    assert cells.volume((2, 3, 4, 90, 90, 90)) == pytest.approx(24)
    assert cells.volume((2, 2, 3, 90, 90, 120)) == pytest.approx(12 * 3**0.5 / 2)  # hexagonal: a^2 c sin 60
    assert cells.volume((16.386, 7.059, 9.677, 90, 126.12, 90)) == pytest.approx(904.17440623, abs=1e-3)  # as a published file says


@pytest.mark.parametrize("cell", [(0, 1, 1, 90, 90, 90), (1, 1, 1, 60, 60, 130), (1, 1, float("nan"), 90, 90, 90), (5, 5, 5, 0, 90, 90)])
def test_six_numbers_that_are_no_cell(cell: tuple[float, ...]) -> None:
    assert not cells.possible(cell)
    with pytest.raises(ValueError, match="not a cell"):
        cells.volume(cell)
    with pytest.raises(ValueError, match="not a cell"):
        cells.compare((5, 5, 5, 90, 90, 90), cell)


@given(CELLS)
def test_metric_gives_the_cell_back(cell: cells.Cell) -> None:
    assert cells.from_metric(cells.metric(cell)) == pytest.approx(cell, rel=1e-6)


@pytest.mark.parametrize(
    ("row", "file", "spacegroup", "setting"),
    [
        ((5, 6, 7, 90, 90, 90), (5, 6, 7, 90, 90, 90), 19, "as given"),
        ((6, 5, 7, 90, 90, 90), (5, 6, 7, 90, 90, 90), 62, "permuted: b,a,-c"),
        ((5, 6, 7, 80, 85, 95), (5, 6, 7, 100, 95, 95), 2, "reversed: -a,-b,c"),
        ((9.08, 8.94, 9.13, 90, 90, 90), (8.947, 9.12, 9.087, 90, 90, 90), 61, "permuted: c,a,b"),
        # P 21/n against P 21/c: the row's c is the diagonal of the file's
        ((4.945, 22.088, 8.632, 90, 91.47, 90), (4.945, 22.088, 9.837, 90, 118.696, 90), 14, "cell choice: -a,-b,a+c"),
    ],
)
def test_setting_is_named(row: cells.Cell, file: cells.Cell, spacegroup: int, setting: str) -> None:
    found = cells.compare(row, file, spacegroup=spacegroup)
    assert found.setting == setting
    assert found.multiple == 1
    assert found.within(0.0025, 0.1)


def test_a_pseudo_cubic_cell_is_not_permuted_for_the_last_digit() -> None:
    found = cells.compare((6.9217, 11.9096, 6.9326, 90, 109.553, 90), (6.919, 11.974, 6.864, 90, 109.78, 90), spacegroup=12)
    assert found.setting == "as given"
    assert found.lattice_deviation == pytest.approx((6.9326 - 6.864) / 6.9326)
    assert found.angle_deviation == pytest.approx(0.227)


def test_edge_of_the_window_is_inside() -> None:
    assert cells.compare((10, 10, 10, 90, 90, 90), (10.3, 10, 10, 90, 90, 90)).within()
    assert not cells.compare((10, 10, 10, 90, 90, 90), (10.301, 10, 10, 90, 90, 90)).within()
    assert cells.compare((10, 11, 12, 90, 90, 90), (10, 11, 12, 90, 93, 90)).within()
    assert not cells.compare((10, 11, 12, 90, 90, 90), (10, 11, 12, 90, 93.01, 90)).within()


def test_hexagonal_axes_of_a_rhombohedral_cell() -> None:
    rhombohedral = (8.5, 8.5, 8.5, 60, 60, 60)
    row = cells.hexagonal(rhombohedral)
    assert row[:2] == pytest.approx((8.5, 8.5))
    assert row[2] == pytest.approx(8.5 * 6**0.5)  # the body diagonal of three axes at 60 degrees
    found = cells.compare(row, rhombohedral, spacegroup=167)
    assert found.multiple == 3
    assert found.setting.startswith("hexagonal axes of a rhombohedral cell")
    assert found.lattice_deviation < 1e-9
    back = cells.compare(rhombohedral, row, spacegroup=167)
    assert back.multiple == Fraction(1, 3)
    assert back.setting.startswith("rhombohedral axes of a hexagonal cell")
    assert back.lattice_deviation < 1e-9


def test_primitive_cell_of_a_face_centred_one() -> None:
    found = cells.compare((10, 10, 10, 90, 90, 90), (10 / 2**0.5,) * 3 + (60,) * 3, spacegroup=227)
    assert found.multiple == 4
    assert found.lattice_deviation < 1e-9
    assert "cell of 4 times the volume" in found.setting


def test_another_lattice_is_outside_and_the_deviation_is_that_of_the_nearest_setting() -> None:
    found = cells.compare((5, 6, 8.8, 90, 90, 90), (8, 5, 6, 90, 90, 90), spacegroup=19)
    assert not found.within()
    assert found.setting == "permuted: b,c,a"
    assert found.lattice_deviation == pytest.approx(0.8 / 8.8)


@settings(max_examples=60, deadline=None)
@given(CELLS, SHEARS)
def test_any_integer_change_of_basis_is_undone(cell: cells.Cell, operations: list[tuple[int, int, int]]) -> None:
    basis = sheared(operations)
    other = cells.transform(cell, basis)
    assume(min(other[3:]) > 20)
    assume(max(other[3:]) < 160)
    found = cells.compare(other, cell)
    assert found.multiple == 1
    # a simpler setting inside the rounding is allowed to win, never a worse one
    assert found.lattice_deviation <= cells.LENGTH_WINDOW
    assert found.angle_deviation <= cells.ANGLE_WINDOW
    moved = cells.transform(cell, found.basis)
    assert moved[:3] == pytest.approx(other[:3], rel=found.lattice_deviation + 1e-6)


@settings(max_examples=40, deadline=None)
@given(CELLS)
def test_a_reduced_cell_is_the_same_lattice(cell: cells.Cell) -> None:
    found = cells.compare(cells.reduced(cell), cell)
    assert found.multiple == 1
    assert found.within()


@settings(max_examples=40, deadline=None)
@given(CELLS, st.floats(0.12, 0.4))
def test_a_stretched_cell_is_not_the_same_lattice(cell: cells.Cell, stretch: float) -> None:
    # the volume is the same in every setting; the window allows it at most 1.03^3 and what 3 degrees do
    larger = (*(edge * (1 + stretch) for edge in cell[:3]), *cell[3:])
    found = cells.compare(larger, cell)
    assert not (found.multiple == 1 and found.lattice_deviation <= 0.03 and found.angle_deviation <= 0.1)


@given(CELLS)
def test_one_lattice_and_many_have_one_metric_and_volume(cell: cells.Cell) -> None:
    many = cells.metrics(np.array([cell, cell]))
    g = cells.metric(cell)
    assert many[1] == pytest.approx([g[0, 0], g[1, 1], g[2, 2], g[1, 2], g[0, 2], g[0, 1]], abs=1e-9)
    assert cells.volumes(many) == pytest.approx(cells.volume(cell), rel=1e-6)
    assert cells.volume(cell) == pytest.approx(gemmi.UnitCell(*cell).volume, rel=1e-6)


@pytest.mark.parametrize("long", [40.0, 500.0, 9e5])
def test_a_cell_as_long_as_no_other_costs_no_more(long: float) -> None:
    """The vectors of a ball of that radius would fill the memory; the cells are told apart without them."""
    found = cells.compare((long, 4.0, 4.0, 90.0, 90.0, 90.0), (4.0, 4.0, 4.0, 90.0, 90.0, 90.0))
    assert not found.within() or found.multiple == round(long / 4)
    assert found.lattice_deviation > 0.5 or found.multiple != 1


def _sheared(steps: int) -> cells.Cell:
    """A cell of 4 by 4.2 by 4.4 angstrom on axes that steps of two have made long: each step multiplies them."""
    basis = np.eye(3, dtype=int)
    for step in range(steps):
        basis[step % 3] += 2 * basis[(step + 1) % 3]
    return cells.transform((4.0, 4.2, 4.4, 92.0, 91.0, 95.0), basis.T.tolist())


def test_a_cell_of_long_axes_that_enclose_little_is_not_compared_in_all_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine steps make axes of 108 to 279 angstrom, 2 to 6 degrees apart: the triples of vectors as long would fill the memory."""
    tried: list[int] = []
    original = Lattice.find_all_mappings

    def counted(self: Lattice, *given: object, **named: object) -> object:
        tried.append(1)
        return original(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Lattice, "find_all_mappings", counted)
    short, long = _sheared(3), _sheared(9)
    assert cells.compare(short, _sheared(2)).within()
    assert tried
    tried.clear()
    cells.compare(long, short)
    assert not tried


@pytest.mark.parametrize("bound", ["MOST_TRIPLES", "MOST_VECTORS"])
def test_both_bounds_of_the_search_for_a_setting_hold_on_both_sides(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row, file = _sheared(3), _sheared(2)
    balls = [4 / 3 * np.pi * edge**3 / cells.volume(file) for edge in row[:3]]
    shells = [max(1.0, 6 * cells.LENGTH_WINDOW * ball) for ball in balls]
    needed = np.prod(shells) if bound == "MOST_TRIPLES" else max(balls) * (1 + cells.LENGTH_WINDOW) ** 3
    for most, is_found in ((needed * 1.001, True), (needed * 0.999, False)):
        cells._compare.cache_clear()
        monkeypatch.setattr(cells, bound, most)
        assert cells.compare(row, file).within() is is_found
    cells._compare.cache_clear()
