"""Charges, volumes and space group symbols, against what chemists and the tables say."""

from __future__ import annotations

import gemmi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chemistry.charge import FIXED, balance, states
from pipeline.chemistry.formula import amounts
from pipeline.chemistry.spacegroup import (
    crystal_system,
    find,
    is_rhombohedral,
    mirror_image,
    primitive_basis,
    short,
    standard,
    tidy,
    unique_axis,
)
from pipeline.chemistry.volume import needed, species, volumes

NEUTRAL = [
    "Li7La3Zr2O12", "Li1.3Al0.3Ti1.7(PO4)3", "La0.57Li0.29TiO3", "Li10GeP2S12", "Li7P3S11", "Li4P2S6", "Li6PS5Cl", "LiAlH4", "LiBH4",
    "Li3N", "LiNH2", "Li2NH", "Li3AlN2", "Li3BN2", "Li8SiP4", "Li3P", "Li2CO3", "Li2C2O4", "LiNO3", "LiNO2", "Li2SO4", "Li2SO3",
    "LiAl(SO4)2", "LiClO4", "Li4B7O12Cl", "LiVO3",
    "Li2VCl4", "Li3VO4", "Li2CrO4", "LiCrO2", "LiFePO4", "Li3Fe2(PO4)3", "LiFe0.5Mn0.5O2", "Li4Ti5O12", "Li7Ti5O12", "LiSbO2", "LiSbO3",
    "Li3SbS4", "Li2B12H12", "LiCB11H12", "LiTaO3", "Li2.88PO3.73N0.14", "Li3YCl6", "Li2MnCl4", "Li6NBr3", "LiCl*H2O", "Li2S", "Li3OCl",
    "Li2Te", "LiNbO3", "Li2WO4", "Li0.33La0.56TiO3", "LiGaBr4", "Li4SnS4", "Li2SnO3", "Li5PS4(BH4)2",
]  # fmt: skip
CHARGED = [
    "Li6La3Zr2O12", "Li1.3AlTi1.7(PO4)3", "Li9GeP2S12", "Li7P3S12", "Li2AlH4", "Li2N", "Li7SiP4", "Li4CO3", "LiPO4", "Li3YCl5",
    "LiGa2GeS6", "Li3TaO3", "Li3OCl2", "LiCr2O4Li9", "Li2GaBr4", "LiWO4",
]  # fmt: skip


@pytest.mark.parametrize("formula", NEUTRAL)
def test_compounds_that_exist_are_neutral(formula: str) -> None:
    result = balance(amounts(formula))
    assert result.excess is not None
    assert abs(result.excess) <= 0.05 + result.rounding


@pytest.mark.parametrize("formula", CHARGED)
def test_compounds_that_cannot_be_are_charged(formula: str) -> None:
    result = balance(amounts(formula))
    assert result.excess is not None
    assert abs(result.excess) > 0.05 + result.rounding


def test_an_element_without_states_is_not_judged() -> None:
    assert balance({"Li": 1, "Xe": 1}).excess is None
    assert balance({"Li": 1, "Xe": 1}).assignment == ""


@given(st.dictionaries(st.sampled_from(sorted(FIXED)), st.integers(1, 20), min_size=1, max_size=5), st.integers(2, 5))
def test_charge_grows_with_the_formula(composition: dict[str, int], factor: int) -> None:
    one, many = balance(composition), balance({element: factor * amount for element, amount in composition.items()})
    assert one.excess is not None
    assert many.excess is not None
    assert many.excess == pytest.approx(factor * one.excess)


@given(st.dictionaries(st.sampled_from(sorted(FIXED)), st.integers(1, 9), min_size=2, max_size=4))
def test_the_interval_holds_every_assignment(composition: dict[str, int]) -> None:
    """Zero is attainable exactly when the lowest total is not positive and the highest not negative."""
    intervals = [(states(element, composition), amount) for element, amount in composition.items()]
    low = sum(i[0] * n for i, n in intervals if i)
    high = sum(i[1] * n for i, n in intervals if i)
    excess = balance(composition).excess
    assert excess is not None
    assert (excess == 0) == (low <= 0 <= high)


# Cells of textbook compounds that are in no row of the release: formula, formula units, volume of the cell in cubic angstrom.
TEXTBOOK = [
    ("Li2CO3", 4, 233.2), ("LiNbO3", 6, 317.7), ("LiFePO4", 4, 291.4), ("LiCoO2", 3, 96.5), ("Li2SO4", 4, 327.6), ("LiF", 4, 65.3),
    ("LiCl", 4, 135.3), ("LiI", 4, 216.0), ("Li2O", 4, 98.4), ("Li2S", 4, 186.3), ("Li4Ti5O12", 8 / 3, 584.2), ("LiTaO3", 6, 317.8),
    ("LiMn2O4", 8, 559.5), ("LiNO3", 6, 291.5), ("Li2Se", 4, 216.7), ("LiBr", 4, 166.4), ("Rb2O", 4, 306.0), ("CsLiMoO4", 4, 517.8),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "units", "volume"), TEXTBOOK)
def test_volumes_of_compounds_that_were_not_fitted(formula: str, units: float, volume: float) -> None:
    estimate = needed({element: units * n for element, n in amounts(formula).items()})
    assert estimate is not None
    factor = volume / estimate.volume
    assert max(factor, 1 / factor) < 1.4 * (1 + estimate.uncertainty)


def test_an_element_has_as_many_volumes_as_it_needs() -> None:
    table = volumes()
    assert table["P (phosphide)"][0] > 5 * table["P"][0]
    assert table["H (hydride)"][0] > table["H"][0]
    assert table["Sb (lone pair)"][0] > table["Sb"][0]
    assert species({"Li": 3, "P": 1}) == {"Li": 3, "P (phosphide)": 1}
    assert species({"Li": 3, "P": 1, "O": 4}) == {"Li": 3, "P": 1, "O": 4}
    assert species({"Li": 1, "Sb": 1, "O": 2}) == {"Li": 1, "Sb (lone pair)": 1, "O": 2}
    assert species({"Li": 1, "Al": 1, "H": 4}) == {"Li": 1, "Al": 1, "H (hydride)": 4}


def test_every_element_with_states_has_a_volume() -> None:
    assert set(FIXED) | {"V", "Cr", "W", "Sb", "Bi", "Sn", "Ge", "Si", "P"} <= set(volumes())
    assert needed({"Xe": 1}) is None
    assert needed({}) is None


@pytest.mark.parametrize(
    ("written", "number", "setting"),
    [
        ("R-3c", 167, "R -3 c:H"), ("R-3cH", 167, "R -3 c:H"), ("R-3cR", 167, "R -3 c:R"), ("P42/nmcZ", 137, "P 42/n m c:2"),
        ("P42/nmcS", 137, "P 42/n m c:1"), ("F-43m", 216, "F -4 3 m"), ("Fd3m", 227, "F d -3 m:1"), ("P 21/c", 14, "P 1 21/c 1"),
        ("P2(1)/c", 14, "P 1 21/c 1"), ("P2_1/n", 14, "P 1 21/n 1"), ("P21/a", 14, "P 1 21/a 1"), ("Pmnb", 62, "P m n b"),
        ("R3\u0305c", 167, "R -3 c:H"), ("Pa3\u0305", 205, "P a -3"), ("Cmce", 64, "C m c a"), ("  I 21 3 ", 199, "I 21 3"),
        ("R\u22123c", 167, "R -3 c:H"), ("B112/b", 15, "B 1 1 2/b"),
    ],
)  # fmt: skip
def test_symbols_as_people_write_them(written: str, number: int, setting: str) -> None:
    group = find(written)
    assert group is not None
    assert (group.number, group.xhm()) == (number, setting)


@pytest.mark.parametrize("written", ["", "Z", "R", "Pxyz", "P7", "167", "hexagonal", "P-3m"])
def test_what_is_no_symbol(written: str) -> None:
    assert find(written) is None


@pytest.mark.parametrize("number", range(1, 231))
def test_every_group_is_found_by_its_own_short_symbol(number: int) -> None:
    group = find(short(standard(number)))
    assert group is not None
    assert group.number == number


@given(st.sampled_from([g.xhm() for g in gemmi.spacegroup_table()]), st.integers(0, 3))
def test_white_space_is_noise(symbol: str, places: int) -> None:
    squeezed, spread = "".join(symbol.split()), symbol.replace(" ", " " * (places + 1))
    assert tidy(squeezed) == tidy(spread)


def test_systems_and_axes() -> None:
    assert [crystal_system(n) for n in (2, 14, 62, 137, 167, 194, 230)] == [
        "triclinic", "monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic",
    ]  # fmt: skip
    assert sum(is_rhombohedral(n) for n in range(1, 231)) == 7
    assert [unique_axis(find(s)) for s in ("P21/c", "B112/b", "P2/m11", "Pnma")] == ["b", "c", "a", ""]


def test_mirror_images_come_in_eleven_pairs() -> None:
    """The eleven pairs of International Tables A, section 3.2: every other group is its own mirror image."""
    pairs = {76: 78, 91: 95, 92: 96, 144: 145, 151: 153, 152: 154, 169: 170, 171: 172, 178: 179, 180: 181, 212: 213}
    assert {number: mirror_image(number) for number in pairs} == pairs
    assert sum(mirror_image(number) != number for number in range(1, 231)) == 22
    assert all(mirror_image(mirror_image(number)) == number for number in range(1, 231))


def test_a_letter_that_is_no_centring_has_no_primitive_basis() -> None:
    with pytest.raises(ValueError, match="no centring 'Q'"):
        primitive_basis("Q")
