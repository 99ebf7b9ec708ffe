"""Each limit of structure types, of series and of matching, from both sides."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.checks.reading import Row
from pipeline.checks.series import _Law, _line, series_findings
from pipeline.chemistry import cell as cells
from pipeline.structures.matching import match
from pipeline.structures.matching.lattice import _swell, centrings
from pipeline.structures.matching.slips import explained, slip
from pipeline.structures.matching.window import composition_deviation, formulas_in, inside, same_group, verdict
from tests.unit.test_series import garnet, series, vegard


# --- series and structure types ---------------------------------------------------------------------------------------
def kin(rows: list[Row]) -> set[str]:
    return {finding.id for finding in series_findings(rows)}


@pytest.mark.parametrize(("factor", "heard"), [(1.0066, False), (1.0074, True), (1 / 1.0066, False), (1 / 1.0075, True)])
def test_samples_of_one_compound_agree_to_seven_thousandths(factor: float, heard: bool) -> None:
    rows = [garnet("one", 0.5, 12.9), garnet("two", 0.5, round(12.9 * factor, 5), "10.1/two")]
    assert kin(rows) == ({"one", "two"} if heard else set())  # of two rows nothing tells which is wrong


@pytest.mark.parametrize(("others", "heard"), [(7, True), (6, False)])
def test_eight_rows_make_a_structure_type(others: int, heard: bool) -> None:
    rows = [*series(others), garnet("bad", 0.35, round(vegard(0.35) * 1.03, 4), "10.1/x")]
    assert kin(rows) == ({"bad"} if heard else set())


@pytest.mark.parametrize(("others", "heard"), [(5, True), (4, False)])
def test_six_rows_of_a_paper_make_a_series(others: int, heard: bool) -> None:
    rows = [*series(others, paper="10.1/one"), garnet("bad", 0.25, round(vegard(0.25) * 1.004, 4), "10.1/one")]
    assert ("bad" in kin(rows)) is heard


@pytest.mark.parametrize(("members", "heard"), [(60, True), (61, False)])
def test_nobody_makes_more_than_sixty_samples_of_one_series(members: int, heard: bool) -> None:
    rows = [garnet(f"r{n:02}", round(0.02 * n + 0.02, 2), vegard(0.02 * n + 0.02), "10.1/one") for n in range(members - 1)]
    assert ("bad" in kin([*rows, garnet("bad", 0.31, round(vegard(0.31) * 1.004, 4), "10.1/one")])) is heard


@pytest.mark.parametrize(("deviations", "heard"), [(5.7, False), (6.3, True), (-5.7, False), (-6.3, True)])
def test_a_member_may_be_six_standard_deviations_off_its_line(deviations: float, heard: bool) -> None:
    """Cells of one paper are good to 0.1 % of the volume at best; the last of seven points is predicted less well than its middle one."""
    x = np.arange(1, 8) * 0.1
    volumes = 3 * np.log([12.97 - 0.06 * each for each in x])
    others = np.arange(7) != 3
    line, spread = _line(x[others], volumes[others], float(x[3]))
    a = math.exp((line + deviations * spread) / 3)
    rows = [garnet(f"r{n}", each, a if n == 3 else 12.97 - 0.06 * each, "10.1/one") for n, each in enumerate(x.round(2).tolist())]
    assert ("r3" in kin(rows)) is heard
    assert spread == pytest.approx(0.001 * math.sqrt(1 + 1 / 6), rel=1e-3)


def test_compositions_off_one_line_are_no_series() -> None:
    """Nine tenths of the spread of compositions lie on the line."""

    def mixed(apart: float) -> list[Row]:
        rows = [
            garnet(f"r{n}", 0.1 * n + 0.1, vegard(0.1 * n + 0.1), "10.1/one", **_aluminium(0.1 * n + 0.1, apart * (n % 2)))
            for n in range(7)
        ]
        bad = garnet("bad", 0.35, round(vegard(0.35) * 1.004, 4), "10.1/one")
        return [*rows, bad]

    assert "bad" in kin(mixed(0.05))
    assert "bad" not in kin(mixed(0.5))


def _aluminium(x: float, y: float) -> dict[str, object]:
    formula = f"Li{7 - x - 3 * y:g}Al{y:g}La3Zr{2 - x:g}Ta{x:g}O12" if y else f"Li{7 - x:g}La3Zr{2 - x:g}Ta{x:g}O12"
    return {"REDUCED_COMPOSITION": formula}


@pytest.mark.parametrize(
    "places", [(0.0, 1.0, 2.0, 4.0, 5.0), tuple(np.arange(7) ** 1.1), tuple(np.arange(8) ** 1.1), (*map(float, range(7)), 1.0)]
)
def test_a_point_is_predicted_by_least_squares(places: tuple[float, ...]) -> None:
    """A straight line through up to seven points, a parabola through eight; numpy's fit, and the standard error of a prediction."""
    x = np.array(places)
    y = 3 + 2 * x - 0.1 * x**2 + 0.05 * np.cos(7 * x)
    degree = 2 if len(set(places)) >= 8 else 1
    value, spread = _line(x, y, 2.5)
    coefficients = np.polyfit(x, y, degree)
    assert value == pytest.approx(np.polyval(coefficients, 2.5))
    left = y - np.polyval(coefficients, x)
    design = np.vander(x, degree + 1)
    at = np.vander([2.5], degree + 1)[0]
    leverage = at @ np.linalg.inv(design.T @ design) @ at
    assert spread == pytest.approx(math.sqrt((left**2).sum() / (len(x) - degree - 1) * (1 + leverage)))


def test_forty_rows_of_a_type_are_left_out_at_most() -> None:
    """So that wrong cells do not spoil the law that shows them, and the law is not that of a minority."""
    good = [garnet(f"r{n}", 0.01 * n, vegard(0.01 * n), f"10.1/{n}") for n in range(1, 120)]
    bad = [garnet(f"b{n}", 0.02 * n, round(vegard(0.02 * n) * 1.03, 4), f"10.2/{n}") for n in range(1, 46)]
    for wrong in (38, 45):
        left = _Law([*good, *bad[:wrong]]).trimmed()
        assert len(left) == min(wrong, 40)
        assert all(place >= len(good) for place in left)


def test_a_type_follows_its_ions_with_priors() -> None:
    """Regression with normal priors written out: coefficients N(0, 1) in units of their own doubt, scatter 0.7 %, one row left out."""
    from pipeline.chemistry.volume import species, volumes

    rows = [garnet(f"r{i}", 0.1 * (i + 1), 12.9 + 0.013 * ((7 * i) % 5)) for i in range(9)]
    known = volumes()
    names = sorted({name for row in rows for name in species(row.true or {})})
    parts = np.array([[(species(row.true or {})).get(name, 0.0) * known[name][0] for name in names] for row in rows])
    ionic = parts.sum(axis=1)
    design = np.hstack([0.25 * parts / ionic[:, None], np.full((9, 1), 0.1)])
    logs = np.log([row.volume for row in rows]) - np.log(ionic)
    logs -= np.median(logs)
    fit = _Law(rows).fit()
    for place in (0, 4, 8):
        others = np.arange(9) != place
        x, y = design[others], logs[others]
        covariance = np.linalg.inv(x.T @ x / 0.007**2 + np.eye(x.shape[1]))
        predicted = design[place] @ covariance @ (x.T @ y) / 0.007**2
        assert fit.residual[place] == pytest.approx(logs[place] - predicted, abs=1e-9)
        assert fit.spread[place] == pytest.approx(math.sqrt(0.007**2 + design[place] @ covariance @ design[place]), rel=1e-6)


# --- matching ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("composition", "length", "angle", "expected"),
    [
        (0.0, 0.0, 0.0, "exact"), (0.01, 0.001, 0.1, "exact"), (0.0101, 0.0, 0.0, "close"), (0.0, 0.0011, 0.0, "close"),
        (0.0, 0.0, 0.11, "close"),
        (0.05, 0.03, 3.0, "close"), (0.0501, 0.0, 0.0, "outside"), (0.0, 0.0301, 0.0, "outside"), (0.0, 0.0, 3.01, "outside"),
        (math.nan, 0.0, 0.0, "outside"), (0.0, math.nan, 0.0, "outside"), (0.0, 0.0, math.nan, "outside"),
    ],
)  # fmt: skip
def test_limits_of_exact_and_close(composition: float, length: float, angle: float, expected: str) -> None:
    assert verdict(True, composition, length, angle) == expected
    assert verdict(False, composition, length, angle) == "outside"
    assert inside(composition) == (expected != "outside" or composition <= 0.05)


def test_a_group_is_that_of_the_operations_of_the_atoms_or_of_the_mirror_image() -> None:
    assert [same_group(*each) for each in ((62, 62, 62), (62, 19, 62), (213, 212, 212), (62, 19, 19), (None, 62, 62), (62, None, 62))] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amounts", "formulas"),
    [
        ({"Li": 4, "O": 2}, 2),
        ({"Li": 4, "O": 3}, 1),
        ({"Li": 1.5, "O": 3}, 1),
        ({"Li": 12, "Ti": 24, "P": 36, "O": 144}, 12),
        ({"Li": 0.0, "O": 2}, 1),
    ],
)
def test_formula_units_in_a_formula(amounts: dict[str, float], formulas: int) -> None:
    assert formulas_in(amounts) == formulas


@pytest.mark.parametrize(
    ("row", "file", "deviation", "units"),
    [
        ({"Li": 1.0, "Cl": 1.0}, {"Li": 4.0, "Cl": 4.0}, 0.0, 4), ({"Li": 1.0, "Cl": 1.0}, {"Li": 3.8, "Cl": 4.0}, 0.05, 4),
        ({"Li": 1.0, "Cl": 1.0}, {"Li": 4.0, "Br": 4.0}, 1.0, 4), ({"Li": 2.0, "Cl": 2.0}, {"Li": 1.0, "Cl": 1.0}, 0.0, 0.5),
        ({"Li": 1.0, "Cl": 1.0, "Na": 0.05}, {"Li": 4.0, "Cl": 4.0}, 0.05, 4), ({"Li": 1.0}, {"Cl": 2.0}, math.inf, 1),
        ({"Li": 2.0, "S": 1.0}, {"Li": 3.1, "S": 2.0}, 0.45, 2), ({"Li": 1.0, "Cl": 1.0}, {"Li": 0.2, "Cl": 0.2}, 0.8, 1),
    ],
)  # fmt: skip
def test_the_deviation_of_a_composition_is_that_of_the_best_number_of_units(
    row: dict[str, float], file: dict[str, float], deviation: float, units: float
) -> None:
    assert composition_deviation(row, file) == (pytest.approx(deviation), pytest.approx(units))


def test_candidates_are_ranked_by_the_scatter_of_their_kind() -> None:
    """A whole window of composition weighs as much as 0.3 % of a length and 0.3 degrees."""
    assert match.misfit(0.05, 0.0, 0.0) == pytest.approx(1)
    assert match.misfit(0.0, 0.003, 0.0) == pytest.approx(1)
    assert match.misfit(0.0, 0.0, 0.3) == pytest.approx(1)
    assert match.misfit(0.1, 0.006, 0.9) == pytest.approx(7)


SLIP = (5.0, 6.0, 7.0, 80.0, 95.0, 100.0)


@pytest.mark.parametrize(
    ("row", "remark"),
    [
        ((5.0, 6.0, 9.0, 80.0, 95.0, 100.0), "only c is off: 9 in the row, 7 in the file"), ((5.14, 6.0, 9.0, 80.0, 95.0, 100.0),
        "only c is off: 9 in the row, 7 in the file"),
        ((5.2, 6.0, 9.0, 80.0, 95.0, 100.0), None), ((5.0, 6.0, 7.0, 85.0, 95.0, 100.0),
        "only alpha is off: 85 in the row, 80 in the file"),
        ((5.0, 6.0, 7.0, 82.9, 95.0, 106.0), "only gamma is off: 106 in the row, 100 in the file"), ((5.0, 6.0, 7.0, 83.2, 95.0, 106.0),
        None),
        ((5.0, 6.0, 9.0, 85.0, 95.0, 100.0), None), ((6.0, 5.0, 7.0, 95.0, 80.0, 107.0),
        "only gamma is off: 107 in the row, 100 in the file"),
    ],
)  # fmt: skip
def test_one_number_that_is_off_is_a_slip_and_two_are_not(row: cells.Cell, remark: str | None) -> None:
    found = slip(row, SLIP)
    assert (None if found is None else found.remark) == remark
    assert bool(explained(row, np.array([SLIP]))[0]) is (remark is not None)


@pytest.mark.parametrize(("alpha", "seen"), [(102.9, True), (97.1, True), (103.1, False), (96.9, False)])
def test_reversed_axes_have_the_supplements_of_their_angles(alpha: float, seen: bool) -> None:
    """With a and b reversed, alpha and beta of the file are 100 and 85; three degrees are the window."""
    found = slip((5.0, 6.0, 9.0, alpha, 85.0, 100.0), SLIP)
    assert (found is not None) is seen
    assert found is None or found.remark == "only c is off: 9 in the row, 7 in the file"


def test_numbers_that_symmetry_ties_are_one_slip() -> None:
    found = slip((5.5, 5.5, 5.5, 90.0, 90.0, 90.0), (5.0, 5.0, 5.0, 90.0, 90.0, 90.0))
    assert found is not None
    assert found.remark == "only a = b = c is off: 5.5 in the row, 5 in the file"
    assert found.length == pytest.approx(0.5 / 5.5)
    assert slip((5.5, 5.5, 5.6, 90.0, 90.0, 90.0), (5.0, 5.0, 5.0, 90.0, 90.0, 90.0)) is None
    assert slip((5.5, 5.5, 5.509, 90.0, 90.0, 90.0), (5.0, 5.0, 5.0, 90.0, 90.0, 90.0)) is not None
    assert slip((5.5, 5.5, 5.511, 90.0, 90.0, 90.0), (5.0, 5.0, 5.0, 90.0, 90.0, 90.0)) is None


@pytest.mark.parametrize(("times", "seen"), [(1.9, True), (2.25, True), (2.4, False), (8.0, True), (8.5, True), (9.6, False), (1.2, False)])
def test_a_cell_of_a_multiple_volume_may_explain_a_row(times: float, seen: bool) -> None:
    """Volumes within 15 % of a whole multiple up to eight, either way."""
    side = times ** (1 / 3)
    cube, other = (5.0, 5.0, 5.0, 80.0, 95.0, 100.0), (5.0 * side, 5.3 * side, 5.0 / 1.06 * side, 70.0, 95.0, 100.0)
    ratio = cells.volume(other) / cells.volume(cube)
    scaled = (other[0] * (times / ratio), *other[1:])
    assert bool(explained(scaled, np.array([cube]))[0]) is seen
    assert bool(explained(cube, np.array([scaled]))[0]) is seen


def test_the_volume_inside_the_window_swells_as_its_lengths_and_angles_let_it() -> None:
    """1.03 cubed for a box; an oblique cell gains by its angles too, and a hundredth is left for the steps."""
    low, high = _swell((5.0, 6.0, 7.0, 90.0, 90.0, 90.0))
    assert high == pytest.approx(1.03**3 * 1.01, rel=1e-6)
    bent = [cells.volume((1, 1, 1, 90 + x, 90 + y, 90 + z)) for x in (-3, 0, 3) for y in (-3, 0, 3) for z in (-3, 0, 3)]
    assert low == pytest.approx(0.97**3 * 0.99 * min(bent), rel=1e-6)
    low, high = _swell((5.0, 6.0, 7.0, 60.0, 70.0, 80.0))
    here = cells.volume((1, 1, 1, 60, 70, 80))
    bent = [cells.volume((1, 1, 1, 60 + x, 70 + y, 80 + z)) for x in (-3, 0, 3) for y in (-3, 0, 3) for z in (-3, 0, 3)]
    assert (low, high) == (pytest.approx(0.97**3 * 0.99 * min(bent) / here), pytest.approx(1.03**3 * 1.01 * max(bent) / here))


def test_letters_that_a_cell_may_be_centred_with() -> None:
    """A monoclinic cell with other axes turns C into A or I; an orthorhombic one with other names into A or B."""
    assert {number: "".join(centrings(number)) for number in (3, 5, 15, 16, 20, 22, 23, 146, 161, 195, 196)} == {
        3: "P", 5: "CAIP", 15: "CAIP", 16: "P", 20: "ABCP", 22: "FP", 23: "IP", 146: "RP", 161: "RP", 195: "P", 196: "FP",
    }  # fmt: skip
