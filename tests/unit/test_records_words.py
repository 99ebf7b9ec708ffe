"""Source records in words."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.literature.source import laskowski_table, liverpool_ionics
from pipeline.reporting.records import ratio, told
from schemas import links

LASKOWSKI = laskowski_table(
    pd.DataFrame(
        {"record": ["620", "7"], "composition": ["Li2S"] * 2, "conductivity": [9.6e-4, None], "conductivity_bound": [None, "<1e-10"]}
    )
)
LIION = liverpool_ionics(
    pd.DataFrame({"record": ["12"], "composition": ["Li2S"], "conductivity": [0.017], "temperature": [25.0], "extrapolated_from": [80.0]})
)


def said(**link: object) -> str:
    row = dict.fromkeys(map(str, links.COLUMNS)) | {"ID": "abc", "source": "laskowski", "record": "620"} | link
    [(name, sentence)] = told(pd.DataFrame([row]), (LASKOWSKI, LIION))
    assert name == "abc"
    return sentence


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (0.0, ""),
        (1.0, "the same here"),
        (1.004, "the same here"),
        (1 / 1.004, "the same here"),
        (1.006, "1.01 times higher here"),
        (1 / 1.4, "1.4 times lower here"),
        (1.801, "1.8 times higher here"),
        (12.2, "12 times higher here"),
        (1e-4, "10,000 times lower here"),
    ],
)
def test_two_conductivities_side_by_side(value: float | None, words: str) -> None:
    assert ratio(value) == words


@given(st.floats(1e-12, 1e12))
def test_higher_here_is_lower_there(value: float) -> None:
    swapped = {"higher": "lower", "lower": "higher"}
    assert " ".join(swapped.get(word, word) for word in ratio(value).split()) == ratio(1 / value)


def test_a_record_is_told_with_its_value_and_what_agrees() -> None:
    agreeing = {"conductivity_ratio": 1 / 1.4, "composition_agrees": True, "doi_agrees": True, "spacegroup_agrees": False}
    assert said(**agreeing, published="62", agrees_with_published=True) == (
        "Laskowski record 620: 9.6e-4 S/cm, 1.4 times lower here; composition and paper agree; space group differs"
    )
    assert said(record="7") == "Laskowski record 7: <1e-10 S/cm; not linked as published"
    assert said(published="61", agrees_with_published=False) == "Laskowski record 620: 9.6e-4 S/cm; the published link is 61"
    assert said(source="liion", record="12", conductivity_ratio=1.0, published="12", agrees_with_published=True) == (
        "Liverpool Ionics record 12: 0.017 S/cm at 25 degrees C, extrapolated from 80 degrees C, the same here"
    )


def test_what_is_not_there_is_not_told() -> None:
    assert said(record=None, published="62", agrees_with_published=False) == "Laskowski: no record found; the published link is 62"
    assert said(source="witness", record="5", composition_agrees=True) == "witness record 5; composition agrees"
    assert said(record="999", published="62", agrees_with_published=True) == "Laskowski record 999"
