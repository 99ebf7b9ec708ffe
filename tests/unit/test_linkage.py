"""How two records compare, how sure a pair is, and which pairs are taken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.literature.linkage import (
    COMPOSITION,
    CONDUCTIVITY,
    Described,
    assign,
    certainty,
    compare,
    composition_class,
    conductivity_class,
    printed_digits,
)


def described(composition: str = "LiCl", value: float = 1e-6, **more: object) -> Described:
    return Described("x", composition, (value,), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("Li7La3Zr2O12", "La3Zr2Li7O12", "same"),
        ("LiCdCl4", "Li2CdCl4", "one element"),
        ("Li1.6Al0.6Ge0.8(PO4)3", "Li1.6Al0.6Ge0.8Ti0.6(PO4)3", "one element"),  # an element was lost
        ("La0.55Li0.36TiO3", "La0.56Li0.34TiO3", "near"),
        ("La0.55Li0.36TiO3", "La0.40Li0.80TiO3", "elements"),
        ("Li2S", "Li2O", "other"),
        ("Li1.4P0.6S2.2", "0.7Li2S-0.3P2S5", "same"),  # the melt is the sum of its parts
        ("0.7Li2S-0.3P2S5", "0.6Li2S-0.4P2S5", "elements"),
        ("not a formula", "LiCl", "other"),
    ],
)
def test_compositions(ours: str, theirs: str, expected: str) -> None:
    assert composition_class(ours, theirs) == expected
    assert composition_class(theirs, ours) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (3.19e-5, 3.19e-5, "identical"),
        (8.63e-3, 8.6e-3, "rounded"),
        (1e-3, 1.02e-3, "one digit"),
        (5.28e-4, 5.23e-4, "1 %"),
        (3.86e-4, 3.92e-4, "5 %"),
        (2.16e-3, 3.0e-3, "factor 2"),
        (8.1e-8, 8.13e-7, "decade"),
        (2.4e-5, 8.07e-3, "differs"),
    ],
)
def test_conductivities(ours: float, theirs: float, expected: str) -> None:
    assert conductivity_class(described(value=ours), described(value=theirs)) == expected
    assert conductivity_class(described(value=theirs), described(value=ours)) == expected


def test_total_or_bulk_may_agree() -> None:
    entry = Described("x", "LiCl", (7.1e-5, 1.4e-4))
    assert conductivity_class(entry, described(value=1.4e-4)) == "rounded"


def test_a_bound_agrees_with_itself_and_with_what_keeps_it() -> None:
    bound = described(value=1e-10, bound="<")
    assert conductivity_class(bound, bound) == "bound"
    assert conductivity_class(bound, described(value=5e-12)) == "bound"
    assert conductivity_class(described(value=5e-12), bound) == "bound"
    assert conductivity_class(bound, described(value=3e-7)) == "differs"
    assert conductivity_class(bound, described(value=1e-8, bound="<")) == "differs"
    assert conductivity_class(Described("x", "LiCl"), bound) == "unknown"


def test_every_agreement_raises_the_weight() -> None:
    base = described(spacegroup=62)
    weights = [
        compare(base, described("LiBr", 3e-3, spacegroup=225, temperature=34.0)).weight,
        compare(base, described("LiCl", 3e-3, spacegroup=225, temperature=34.0)).weight,
        compare(base, described("LiCl", 1e-6, spacegroup=225, temperature=34.0)).weight,
        compare(base, described("LiCl", 1e-6, spacegroup=62, temperature=34.0)).weight,
        compare(base, described("LiCl", 1e-6, spacegroup=62, temperature=25.0)).weight,
    ]
    assert weights == sorted(set(weights))


def test_weights_fall_with_the_quality_of_the_agreement() -> None:
    assert [*COMPOSITION.values()] == sorted(COMPOSITION.values(), reverse=True)
    ordered = ("identical", "rounded", "1 %", "one digit", "5 %", "factor 2", "differs")
    assert [CONDUCTIVITY[name] for name in ordered] == sorted((CONDUCTIVITY[name] for name in ordered), reverse=True)


def test_even_odds_are_one_half() -> None:
    assert certainty(0) == pytest.approx(0.5)
    assert certainty(1) == pytest.approx(10 / 11)
    assert certainty(-1) == pytest.approx(1 / 11)


def test_digits_without_the_zeros_at_the_end() -> None:
    assert [printed_digits(value) for value in (1e-6, 1.20e-3, 3.19e-5, 2.048e-9, 5.0)] == [1, 2, 3, 4, 1]


def test_the_assignment_is_the_best_in_sum_not_the_first() -> None:
    weights = {("a", "1"): 5.0, ("a", "2"): 4.0, ("b", "1"): 4.5}
    assert assign(weights, least=0.0) == [("a", "2"), ("b", "1")]
    assert assign({**weights, ("a", "2"): 0.1}, least=0.0) == [("a", "1")]
    assert assign({("a", "1"): -5.0, ("b", "1"): -6.0}) == [("a", "1")]
    assert assign({("a", "1"): -0.1, ("b", "2"): 0.1}, least=0.0) == [("b", "2")]
    assert assign({}) == []


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("1234")), st.floats(0.1, 9).map(lambda x: round(x, 2)), max_size=12)
)
def test_an_assignment_uses_each_name_once_and_none_is_better(weights: dict[tuple[str, str], float]) -> None:
    chosen = assign(weights, least=0.0)
    assert len({left for left, _ in chosen}) == len({right for _, right in chosen}) == len(chosen)

    def best(rest: list[tuple[str, str]], lefts: frozenset[str], rights: frozenset[str]) -> float:
        if not rest:
            return 0.0
        (left, right), *others = rest
        without = best(others, lefts, rights)
        if left in lefts or right in rights:
            return without
        return max(without, weights[left, right] + best(others, lefts | {left}, rights | {right}))

    assert sum(weights[pair] for pair in chosen) == pytest.approx(best(list(weights), frozenset(), frozenset()))
