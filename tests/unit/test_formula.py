"""Formulas: compounds, mixtures, what is neither, and when two are the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core.composition import Composition

from pipeline.chemistry.formula import (
    Compound,
    FormulaError,
    Mixture,
    amounts,
    deviation,
    full_stop_mended,
    reading,
    resolution,
    same,
    scale,
)

AMOUNTS = st.integers(1, 999).map(lambda hundredths: hundredths / 100)
FORMULAS = st.dictionaries(st.sampled_from(["Li", "La", "Ti", "P", "S", "O", "Cl", "Co"]), AMOUNTS, min_size=1)


def written(content: dict[str, float]) -> str:
    return "".join(f"{element}{amount:g}" for element, amount in content.items())


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Li1.3Al0.3Ti1.7(PO4)3", {"Li": 1.3, "Al": 0.3, "Ti": 1.7, "P": 3, "O": 12}),
        (" Li2 (OH)0.9 F0.1 Cl", {"Li": 2, "O": 0.9, "H": 0.9, "F": 0.1, "Cl": 1}),
        ("Li0.6[Li0.2Sn0.8S2]", {"Li": 0.8, "Sn": 0.8, "S": 2}),
        ("Ca((BH4)2(H2O)3)2", {"Ca": 1, "B": 4, "H": 28, "O": 6}),
        ("LiCl*H2O", {"Li": 1, "Cl": 1, "H": 2, "O": 1}),
        ("CaSO4·2H2O", {"Ca": 1, "S": 1, "O": 6, "H": 4}),
        ("LiX3(OH)*(H2O)18".replace("X", "B"), {"Li": 1, "B": 3, "O": 19, "H": 37}),
    ],
)
def test_amounts_of_a_compound(text: str, content: dict[str, float]) -> None:
    assert amounts(text) == pytest.approx(content)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "li2O", "Xx2O3", "Li2(PO4", "Li2PO4)3", "Li2(PO4]3", "2", "Li--O", "0.7Li2S-0.3P2S5", "LiP05S4", "Li0O", "Li2O?", "La o.61"],
)
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(FormulaError):
        amounts(text)


@settings(deadline=None, max_examples=60)
@given(FORMULAS)
def test_a_written_formula_reads_back(content: dict[str, float]) -> None:
    assert amounts(written(content)) == pytest.approx(content)


@settings(deadline=None, max_examples=60)
@given(FORMULAS, st.integers(1, 12))
def test_the_size_of_the_formula_unit_does_not_matter(content: dict[str, float], times: int) -> None:
    larger = {element: amount * times for element, amount in content.items()}
    assert scale(larger, content) == pytest.approx(times)
    assert deviation(content, larger) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0.7Li2S-0.3P2S5", [("Li2S", 0.7), ("P2S5", 0.3)]),
        ("0.9(0.6Li2S-0.4SiS2)-0.1Li4SiO4", [("Li2S", 0.54), ("SiS2", 0.36), ("Li4SiO4", 0.1)]),
        ("(2Li2S-P2S5)0.85(LiI)0.15", [("Li2S", 1.7), ("P2S5", 0.85), ("LiI", 0.15)]),
        ("0.2(Li2S) 0.8(GeS2)", [("Li2S", 0.2), ("GeS2", 0.8)]),
        ("(Li2S)60(SiS2)28(P2S5)12-LiI", [("Li2S", 60), ("SiS2", 28), ("P2S5", 12), ("LiI", 1)]),
        ('"(Li2S)0.5 ((P2S5)0.4 (Sb2S3)0.6)0.5"', [("Li2S", 0.5), ("P2S5", 0.2), ("Sb2S3", 0.3)]),
        ("0.14 SiS2-0.09 P2S5", [("SiS2", 0.14), ("P2S5", 0.09)]),
        ("Li7La3Zr2O12-0.3Ga", [("Li7La3Zr2O12", 1), ("Ga", 0.3)]),
        ("0.9Li3PS4·10ZnO", [("Li3PS4", 0.9), ("ZnO", 10)]),
    ],
)
def test_parts_of_a_molar_mixture(text: str, parts: list[tuple[str, float]]) -> None:
    found = reading(text)
    assert isinstance(found, Mixture)
    assert [part.formula for part in found.parts] == [name for name, _ in parts]
    assert [part.share for part in found.parts] == pytest.approx([share for _, share in parts])
    assert {part.unit for part in found.parts} == {"mol"}


def test_a_mixture_by_weight_keeps_the_rest_for_the_first_and_has_no_amounts() -> None:
    found = reading("Li7La3Zr2O12–3 wt% 65Li2O·27B2O3·8SiO2")
    assert isinstance(found, Mixture)
    assert [(part.share, part.unit) for part in found.parts] == [(97, "wt%"), (3, "wt%")]
    assert found.parts[1].amounts == {"Li": 130, "O": 65 + 81 + 16, "B": 54, "Si": 8}
    assert found.amounts is None


def test_the_amounts_of_a_molar_mixture_are_those_of_the_whole() -> None:
    assert reading("0.7Li2S-0.3P2S5").amounts == pytest.approx({"Li": 1.4, "S": 2.2, "P": 0.6})


def test_a_formula_in_groups_is_a_compound_unless_it_is_quoted() -> None:
    assert isinstance(reading("(YPO4)0.8(Li3PO4)0.2"), Compound)
    assert isinstance(reading('"(AgI)0.5(LiPO3)0.5"'), Mixture)


@pytest.mark.parametrize("text", ["Li2S-", "unknown glass", "Li3PS4 – 60 wt% Al2O3 – 50 wt% SiO2", "Li2S--P2S5", "5 wt% Al"])
def test_what_is_neither_says_so(text: str) -> None:
    with pytest.raises(FormulaError):
        reading(text)


def test_the_resolution_is_half_the_last_decimal_and_whole_numbers_are_exact() -> None:
    assert resolution("Li7La3Zr2O12") == 0
    assert resolution("Li6.25La3Zr2Ga0.25O12") == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("ours", "theirs", "equal"),
    [
        ("Li10GeP2S12", "Li20Ge2P4S24", True),
        ("Li6.225P0.775Si0.225S5Br", "Li6.22P0.78Si0.22S5Br", True),  # LiIon rounds halves both ways
        ("Li3.25Ge0.25P0.75S4", "Li3.3Ge0.3P0.7S4", False),  # two samples of one series
        ("Li3.4Si0.4P0.6S4", "Li3.5Si0.5P0.5S4", False),
        ("La0.56Li0.33TiO3", "La0.55Li0.36TiO3", False),
        ("Li7La3HfO12", "Li7La3Hf2O12", False),
        ("Li2S", "Li2O", False),
        ("0.5(Li2O) * 0.5(P2O5)", "Li2O-P2O5", True),
        ("0.7Li2S-0.3P2S5", '"(Li2S)70 (P2S5)30"', True),
        ("0.3Li2S-0.7P2S5", '"(Li2S)70 (P2S5)30"', False),
        ("Li3PS4 – 2 wt% Al2O3", "Li3PS4 – 5 wt% Al2O3", False),
        ("Li7P3S11", "0.7Li2S-0.3P2S5", False),  # a crystal is no glass of the same content
    ],
)
def test_when_two_compositions_are_the_same(ours: str, theirs: str, equal: bool) -> None:
    assert same(ours, theirs) is equal
    assert same(theirs, ours) is equal


@pytest.mark.parametrize(
    "text", ["Li0.000000001O", "(Li0.0001)0.00001O", "()Li", "Li(O", "Li)O", "P04", "LiO2@C", "T2O", "Li2O0", "2Li2O", "Li[O)"]
)
def test_what_pymatgen_would_accept_or_drop_is_no_formula(text: str) -> None:
    with pytest.raises(FormulaError, match="is not a formula"):
        amounts(text)


UNITS = st.recursive(
    st.tuples(st.sampled_from(["Li", "La", "P", "S", "O", "Co", "C"]), st.sampled_from(["", "2", "0.3", ".7", "12", "0.05"])).map("".join),
    lambda inner: st.tuples(
        st.sampled_from(["()", "[]", "{}"]), st.lists(inner, min_size=1, max_size=3), st.sampled_from(["", "2", "1.0001", ".85"])
    ).map(lambda unit: f"{unit[0][0]}{''.join(unit[1])}{unit[0][1]}{unit[2]}"),
    max_leaves=8,
)


@given(units=st.lists(UNITS, min_size=1, max_size=4))
def test_amounts_are_those_of_pymatgen_to_the_last_bit(units: list[str]) -> None:
    text = "".join(units)
    assert list(amounts(text).items()) == [(str(element.name), amount) for element, amount in Composition(text).items()]


def test_deuterium_is_hydrogen_unless_the_formula_tells_them_apart() -> None:
    assert dict(amounts("LiOD")) == {"Li": 1.0, "O": 1.0, "H": 1.0}
    assert dict(amounts("LiOD*D2O")) == {"Li": 1.0, "O": 2.0, "H": 3.0}
    assert dict(amounts("LiOD0.9H0.1")) == {"Li": 1.0, "O": 1.0, "D": 0.9, "H": 0.1}


@pytest.mark.parametrize("dot", ["·", "•", "⋅", "∙", "・", "･", "‧", "*", ".", " . ", " · ", " * "])
def test_crystal_water_follows_any_dot(dot: str) -> None:
    assert dict(amounts(f"LiNO3{dot}3H2O")) == {"Li": 1.0, "N": 1.0, "O": 6.0, "H": 6.0}
    assert dict(amounts(f"Li2SO4{dot}H2O")) == {"Li": 2.0, "S": 1.0, "O": 5.0, "H": 2.0}
    assert dict(amounts(f"LiCl{dot}2.5(H2O)")) == {"Li": 1.0, "Cl": 1.0, "H": 5.0, "O": 2.5}


def test_a_full_stop_before_water_is_read_in_one_way_or_not_at_all() -> None:
    assert dict(amounts("CaSO4.0.5H2O")) == {"Ca": 1.0, "S": 1.0, "O": 4.5, "H": 1.0}
    for text in ("Li2O2.1.5H2O", "Li0.5H2O"):
        with pytest.raises(FormulaError):
            amounts(text)
    assert full_stop_mended("LiNO3.3H2O") == "LiNO3*3H2O"
    assert full_stop_mended("Li1.3Al0.3Ti1.7(PO4)3") == "Li1.3Al0.3Ti1.7(PO4)3"


@pytest.mark.parametrize(
    "text", ["Li" + "9" * 310 + "Cl", "LiCl*" + "9" * 400 + "H2O", "(((Li999999)999999)999999)2Cl", "Li1000001", "(Li0.001)0.001Cl"]
)
def test_amounts_are_finite_and_of_a_size(text: str) -> None:
    with pytest.raises(FormulaError):
        amounts(text)


def test_many_groups_side_by_side_are_a_formula() -> None:
    assert amounts("(LiO)200(PO)200(SO)200(ClO)200")["O"] == 800


def test_readings_convert_to_pymatgen() -> None:
    compound = reading("Li1.3Al0.3Ti1.7(PO4)3")
    assert compound.to_pymatgen() == Composition("Li1.3Al0.3Ti1.7P3O12")
    mixture = reading("0.75Li2S-0.25P2S5")
    assert mixture.to_pymatgen() == Composition({"Li": 1.5, "P": 0.5, "S": 2.0})
    assert reading("Li3PS4 - 2 wt% Al2O3").to_pymatgen() is None


@pytest.mark.parametrize("text", ["LiBH4.2NH3", "LiI.4CH3OH", "LiAlCl4.3SO2", "LiNO3.3OH2"])
def test_other_molecules_after_a_full_stop_are_not_taken_for_decimals(text: str) -> None:
    with pytest.raises(FormulaError, match="two ways"):
        amounts(text)


def test_a_fraction_before_a_molecule_has_one_reading() -> None:
    assert dict(amounts("Li0.5NH3")) == {"Li": 0.5, "N": 1.0, "H": 3.0}
    assert dict(amounts("LiBH4(NH3)2")) == {"Li": 1.0, "B": 1.0, "H": 10.0, "N": 2.0}
