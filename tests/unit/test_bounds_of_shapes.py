"""Lines through series, medians, signs of a copy, mixtures and like charges: each against its law written out again."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from pipeline.checks.lattice import lattice_findings
from pipeline.checks.pairs import _Pair
from pipeline.checks.reading import Row
from pipeline.checks.series import LEAST_SPREAD, _line, _medians_without
from pipeline.chemistry.charge import balance, states
from pipeline.chemistry.formula import Mixture, _same_mixture
from pipeline.structures.cif import read
from pipeline.structures.elements import AtomError, read_atom
from pipeline.structures.equal import fingerprint
from schemas import columns as col
from tests.unit.difficult import small_cif
from tests.unit.sheets import row as sheet_row


def row(name: str = "abc", **changes: object) -> Row:
    """Li3PO4 in Pnma with cells changed; ``None`` blanks a cell."""
    values = {str(key): value for key, value in sheet_row(ID=name, **changes).items() if value is not None}
    return Row(str(values.pop(col.ID)), values)


@pytest.mark.parametrize(("points", "degree"), [(5, 1), (7, 1), (8, 2), (12, 2)])
def test_the_line_of_a_series_is_that_of_least_squares(points: int, degree: int) -> None:
    """Value, and standard deviation of another point: s sqrt(1 + v (X'X)^-1 v'), s over the degrees of freedom (Draper and Smith, 1.4)."""
    numbers = np.random.default_rng(points)
    x, y, place = numbers.random(points), numbers.random(points), 1.7
    powers, at = np.vander(x, degree + 1), np.vander([place], degree + 1)[0]
    fitted, rest, *_ = np.linalg.lstsq(powers, y, rcond=None)
    s = math.sqrt(rest[0] / (points - degree - 1))
    told = _line(x, y, place)
    assert told[0] == pytest.approx(at @ fitted)
    assert told[1] == pytest.approx(s * math.sqrt(1 + at @ np.linalg.inv(powers.T @ powers) @ at))


def test_a_line_bends_through_eight_different_compositions_and_not_through_fewer() -> None:
    x = np.arange(8) / 10
    assert _line(x, x**2, 1.0)[0] == pytest.approx(1)
    assert _line(x[:7], x[:7] ** 2, 1.0)[0] < 0.7
    assert _line(np.append(x[:7], x[6]), np.append(x[:7], x[6]) ** 2, 1.0)[0] < 0.7  # eight rows of seven compositions
    assert _line(x, x * 0, 0.35)[1] == pytest.approx(LEAST_SPREAD, rel=0.2)  # points on the line leave the least spread


@pytest.mark.parametrize("rows", [6, 7, 8, 9])
def test_the_median_without_a_row_is_that_of_the_others(rows: int) -> None:
    values = np.random.default_rng(rows).integers(0, 6, (rows, 3)).astype(float)
    places = np.arange(rows)
    expected = [np.median(np.delete(values, place, axis=0), axis=0) for place in places]
    assert _medians_without(values, places).tolist() == np.array(expected).tolist()


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [(2e-6, 1e-6, 2.0), (1e-6, 4e-6, 4.0), (1e-6, 1e-6, 1.0), (None, 1e-6, 1.0), (1e-6, 0.0, 1.0), (0.0, 0.0, 1.0)],
)
def test_a_ratio_of_conductivities_is_one_where_one_is_missing(one: float | None, other: float | None, ratio: float) -> None:
    pair = _Pair(row("a", IONIC_CONDUCTIVITY=one), row("b", IONIC_CONDUCTIVITY=other))
    assert pair.ratio == pytest.approx(ratio)


def test_angles_that_enclose_no_volume_are_told_all_three() -> None:
    [finding] = [each for each in lattice_findings([row(ALPHA=40, BETA=50.5, GAMMA=91.25)]) if each.check == "lattice.range"]
    assert finding.value == "40 50.5 91.25"


@pytest.mark.parametrize(("share", "same"), [(0.0, True), (0.005, True), (0.006, False), (-0.005, True), (-0.006, False)])
def test_mixtures_of_one_proportion_within_half_a_percent(share: float, same: bool) -> None:
    one, other = ({"Li2O": part, "LiCl": 1.0} for part in (0.0, share))
    mixtures = [cast(Mixture, SimpleNamespace(constituents=each)) for each in (one, other)]
    assert _same_mixture(mixtures[0], mixtures[1]) is same
    assert not _same_mixture(mixtures[0], cast(Mixture, SimpleNamespace(constituents={"Li2O": 0.0})))


@pytest.mark.parametrize(
    "formula", [{"Li": 2.5, "P": 1.5}, {"Na": 1, "Sb": 0.5}, {"Li": 6.5, "La": 3, "Zr": 1.5, "Ta": 0.5, "O": 12}, {"Li": 3, "N": 1}]
)
def test_rounding_may_hide_half_a_hundredth_of_each_broken_amount_times_its_largest_charge(formula: dict[str, float]) -> None:
    broken = [element for element, amount in formula.items() if amount != round(amount)]
    charges = {element: states(element, formula) for element in broken}
    expected = sum(0.005 * max(abs(charge) for charge in found) for found in charges.values() if found is not None)
    assert balance(formula).rounding == pytest.approx(expected)


@pytest.mark.parametrize("text", ["0.5Lit+0.5Na", "0.5Lix+0.5Na", "0.5Nab+0.5K"])
def test_a_mixture_of_words_that_begin_like_elements_is_refused(text: str) -> None:
    with pytest.raises(AtomError, match="is no element"):
        read_atom(text, "x")


def test_a_copy_has_the_occupancies_of_its_original() -> None:
    def key(occupancy: float) -> object:
        return fingerprint(read(small_cif(10, "P 1", f"Li1 Li 0.1234 0.2345 0.3456 {occupancy}\nCl1 Cl 0.512 0.634 0.871 1\n"), "x.cif"))

    assert key(0.5) is not None
    assert key(0.5) == key(0.50001) != key(0.5003)
    assert key(0.5) != key(0.6)


@pytest.mark.parametrize("axis", range(3))
def test_a_copy_has_each_length_of_its_original(axis: int) -> None:
    def key(length: float) -> object:
        lengths = tuple(length if each == axis else 10.0 for each in range(3))
        return fingerprint(read(small_cif(lengths, "P 1", "Li1 Li 0.1234 0.2345 0.3456 1\nCl1 Cl 0.512 0.634 0.871 1\n"), "x.cif"))

    assert key(10.0) is not None
    assert key(10.0) == key(10.0002) != key(10.002)
