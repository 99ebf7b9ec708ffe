"""What is done for many records grows as they do, and leaves nothing out: the work is counted, not timed."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chemistry.formula import ROUNDING, reading
from pipeline.literature import accounted, blocks, links
from pipeline.literature.blocks import Compositions
from pipeline.literature.linkage import is_same
from pipeline.literature.merge import measurements
from schemas import columns as col
from tests.unit.literature import both, entry_table, laskowski_table, liion_table


def compared(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Pairs of texts that are compared when each of them is looked for among all."""
    pairs: list[tuple[str, str]] = []

    def counted(ours: str, theirs: str) -> bool:
        pairs.append((ours, theirs))
        return is_same(ours, theirs)

    monkeypatch.setattr(blocks, "is_same", counted)
    index = Compositions((text, text) for text in texts)
    for text in texts:
        assert text in index.same(text)
    return len(pairs)


@pytest.mark.parametrize(
    "texts",
    [
        [f"Li{5 + x / 20:g}La3Zr{0.5 + y / 20:g}Ta{1.5 - y / 20:g}O12" for x in range(20) for y in range(20)],
        [f"{0.1 + x / 50:.2f}Li2S-{0.9 - x / 50:.2f}P2S5" for x in range(40)],
        [f"Li{0.1 + x / 20:.2f}P{0.1 + y / 20:.2f}S4" for x in range(20) for y in range(20)],
    ],
    ids=["compounds", "mixtures", "small formulas"],
)
def test_a_composition_is_compared_with_few_others_however_many_there_are(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(texts, monkeypatch) <= 3 * len(texts)


AMOUNTS = st.lists(st.sampled_from([0.25, 0.5, 1.0, 2.0, 5.16, 12.0]), min_size=2, max_size=5)


@settings(max_examples=60)
@given(amounts=AMOUNTS, size=st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0]), data=st.data())
def test_compositions_that_differ_by_all_that_rounding_allows_are_found(amounts: list[float], size: float, data: st.DataObject) -> None:
    elements = ["Li", "Al", "Ti", "P", "O"][: len(amounts)]
    moves = [data.draw(st.sampled_from([-0.999, 0.0, 0.999, 1.001])) * ROUNDING for _ in amounts]
    one = "".join(f"{element}{amount:.6f}" for element, amount in zip(elements, amounts, strict=True))
    factor = max(1.0, size)
    other = "".join(
        f"{e}{max(0.0001, size * amount + factor * move):.6f}" for e, amount, move in zip(elements, amounts, moves, strict=True)
    )
    decimals = f"{one}", f"{other}"
    if is_same(one, other):
        (first, second, reach), (its_first, its_second, its_reach) = blocks.place_of(one), blocks.place_of(other)
        assert max(abs(first - its_first), abs(second - its_second)) <= max(reach, its_reach)
    index = Compositions((text, text) for text in decimals)
    assert index.same(one) == [text for text in decimals if is_same(one, text)]
    assert index.same(other) == [text for text in decimals if is_same(other, text)]


TEXTS = [
    *("0.7Li2S-0.3P2S5", "(Li2S)0.7(P2S5)0.3", "70Li2S-30P2S5", "0.703Li2S-0.297P2S5", "0.71Li2S-0.29P2S5", "0.75Li2S-0.25P2S5"),
    *("Li1.4P0.6S2.2", "Li1.40P0.60S2.20", "Li7P3S11", "Li3PS4", "Li3PS4 - 2 wt% Al2O3", "nothing", "Li0.001P0.001S0.002"),
]


def test_mixtures_find_compounds_and_mixtures_alike() -> None:
    index = Compositions((text, text) for text in TEXTS)
    for text in TEXTS:
        assert index.same(text) == [other for other in TEXTS if is_same(text, other)], text
    assert "Li1.40P0.60S2.20" in index.same("0.7Li2S-0.3P2S5")


# --- the nearest entry -------------------------------------------------------------------------------------------------
def backlog(compositions: list[str], *known: str) -> pd.DataFrame:
    """Measurements of these compositions, a decade apart, beside a release of the known ones, which are of another paper and value."""
    rows = ({"composition": text, "conductivity": 10.0 ** (place - 12)} for place, text in enumerate(compositions))
    sources = both(liion_table(), laskowski_table(*rows))
    entries = entry_table(**{f"e{place}": {col.REDUCED_COMPOSITION: text, col.DOI: "10.2/else"} for place, text in enumerate(known)})
    entries[col.IONIC_CONDUCTIVITY] = 3e-3
    merged = measurements(sources)
    return accounted(merged, links(entries, merged, sources), entries)


FORMULAS = st.lists(
    st.sampled_from(["LiCl", "LiBr", "Li2S", "Li3PS4", "Li7P3S11", "Li2Cl2", "LiCl0.5Br0.5", "Li3OCl"]), min_size=1, unique=True
)


@settings(max_examples=10)
@given(ours=FORMULAS, known=FORMULAS)
def test_the_nearest_entry_is_the_first_of_those_that_no_other_is_nearer_than(ours: list[str], known: list[str]) -> None:
    found = backlog(ours, *known)

    def apart(one: str, other: str) -> float:
        left, right = (
            {element: amount / sum(amounts.values()) for element, amount in amounts.items()}
            for amounts in (reading(text).amounts or {} for text in (one, other))
        )
        return math.dist(*zip(*((left.get(element, 0.0), right.get(element, 0.0)) for element in {*left, *right}), strict=True))

    for composition, nearest in zip(found[col.COMPOSITION], found[col.NEAREST], strict=True):
        distances = [round(apart(composition, text), 6) for text in known]
        assert nearest == f"e{distances.index(min(distances))}"


def test_compositions_that_are_equally_far_keep_the_order_of_their_source() -> None:
    found = backlog(["Li0.3Cl0.3", "Li3Cl3", "LiCl", "Li0.7Cl0.7"], "LiCl")
    assert found[col.LASKOWSKI_RECORDS].tolist() == ["1", "2", "3", "4"]
