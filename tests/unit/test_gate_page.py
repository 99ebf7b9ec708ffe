"""The gate's page: expectations in words, and nothing on it that is markup or lies elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.reporting.gate_page import Expectation, expected, observed, page
from pipeline.reporting.markup import table


def one(kind: str, asked: dict[str, Any], found: dict[str, Any], success: bool = True, column: str = "a") -> Expectation:
    return Expectation(f"expect_{kind}", column, success, asked, found)


COLUMNS = "table_columns_to_match_set"
QUANTILES = {"quantiles": [0.05, 0.5], "value_ranges": [[-0.5, 2.5], [4.5, 7.5]]}
CASES = {
    "from 587 to 898 rows": ("1,599", one("table_row_count_to_be_between", {"min_value": 587, "max_value": 898}, {"observed_value": 1599})),
    "0 rows": ("2", one("table_row_count_to_equal", {"value": 0}, {"observed_value": 2}, False)),
    "these 2 columns and no others: a, b": (
        "missing: a / not expected: c", one(COLUMNS, {"column_set": ["a", "b"]}, {"observed_value": ["b", "c"]}, False),
    ),
    "these 1 columns and no others: a": ("exactly these", one(COLUMNS, {"column_set": ["a"]}, {"observed_value": ["a"]})),
    "no value twice": ("so in all 599", one("column_values_to_be_unique", {}, {"element_count": 599, "unexpected_count": 0})),
    "no blank cell": ("otherwise in 2 of 9", one("column_values_to_not_be_null", {}, {
        "element_count": 9, "unexpected_count": 2, "partial_unexpected_list": [None, None]}, False)),
    "95% of the values one of: <, >": ("otherwise in 2 of 4; 6 blank: ~", one(
        "column_values_to_be_in_set", {"value_set": ["<", ">"], "mostly": 0.95},
        {"element_count": 10, "missing_count": 6, "unexpected_count": 2, "partial_unexpected_list": ["~", "~"]}, False)),
    "each value above 0": ("so in all 3; 1 blank", one(
        "column_values_to_be_between", {"min_value": 0, "strict_min": True}, {"element_count": 4, "missing_count": 1})),
    "each value at least 1 and at most 230": ("so in all 4", one(
        "column_values_to_be_between", {"min_value": 1, "max_value": 230}, {"element_count": 4})),
    "the mean at least 0.15 and at most 0.35": ("0.202003", one(
        "column_mean_to_be_between", {"min_value": 0.15, "max_value": 0.35}, {"observed_value": 0.2020033388981636})),
    "quantiles / 5%: from -0.5 to 2.5 / 50%: from 4.5 to 7.5": ("quantiles / 5%: 1 / 50%: 8", one(
        "column_quantile_values_to_be_between", {"quantile_ranges": QUANTILES},
        {"observed_value": {"quantiles": [0.05, 0.5], "values": [1, 8]}}, False)),
    "column to exist: index 3": ("could not be judged", one("column_to_exist", {"index": 3}, {}, False)),
}  # fmt: skip


@pytest.mark.parametrize("words", CASES)
def test_an_expectation_in_words(words: str) -> None:
    seen, expectation = CASES[words]
    assert " / ".join(expected(expectation)) == words
    assert " / ".join(observed(expectation)) == seen


def test_the_page_tells_its_verdict_and_what_is_not_met_first() -> None:
    hostile = "<script>alert(1)</script>"
    met = one("column_values_to_be_unique", {}, {"element_count": 1})
    unmet = one("column_values_to_be_in_set", {"value_set": [hostile]},
                {"element_count": 1, "unexpected_count": 1, "partial_unexpected_list": [hostile]}, False, hostile)  # fmt: skip
    made = page("A release", "For the test.", (("release", "The release", hostile, [met, unmet]),))
    assert page("A release", "For the test.", (("release", "The release", hostile, [met, unmet]),)) == made
    assert "<script" not in made
    assert made.index("not met</span>") < made.index("no value twice")
    assert "The release must not go out as it is." in made
    assert "The release may go out." in page("A release", "", (("release", "The release", "", [met]),))


def test_a_blank_cell_has_no_line_of_its_own() -> None:
    made = table(("a", "b", "c"), [(0, "", "x")], label="A table")
    assert made.count("<div>") == 2
    assert '<td role="cell" data-label="b"></td>' in made
