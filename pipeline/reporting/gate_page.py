"""The gate's page: every expectation of the whole release in plain words, with what was found and whether it is met.

The validation results are those of Great Expectations, told here in the house's look: the library's own pages load sixteen files from
a network, and its words for an expectation cost 0.6 s of CPU more than these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.reporting.markup import Markup, Section, cards, chip, escaped, sheet, table

#: Name of the page beside the folder that holds it; ``report.html`` is one level up.
PAGE, REPORT = "index.html", "../report.html"


@dataclass(frozen=True)
class Expectation:
    """One expectation and how it came out.

    Attributes
    ----------
    kind
        Its name in Great Expectations.
    column
        The column it speaks of; blank for the whole table.
    success
        Whether it is met.
    asked
        Its arguments.
    found
        The result as the library gives it.
    """

    kind: str
    column: str
    success: bool
    asked: Mapping[str, Any]
    found: Mapping[str, Any]


def page(title: str, subtitle: str, groups: Sequence[tuple[str, str, str, Sequence[Expectation]]]) -> str:
    """The page as text; the same results give the same text.

    ``groups`` are parts of the page: anchor, title, introduction and expectations. Those that are not met come first in each.
    """
    every = [one for *_, expectations in groups for one in expectations]
    unmet = sum(not one.success for one in every)
    verdict = "The release may go out." if not unmet else "The release must not go out as it is."
    numbers = cards([(len(every) - unmet, "expectations met"), (unmet, "not met")])
    back = f'<p><a href="{REPORT}">The report of the release</a></p>'
    sections = [Section("summary", "Summary", verdict, "", f"{numbers}\n{back}")]
    for anchor, name, introduction, expectations in groups:
        rows = [_row(one) for one in sorted(expectations, key=lambda one: one.success)]
        made = table(("Status", "Of", "Expected", "Found"), rows, label=name, kind="wide gate")
        sections.append(Section(anchor, name, name, introduction, made))
    return sheet(title, subtitle, sections)


def _row(one: Expectation) -> list[object]:
    status = chip("met") if one.success else chip("not met")
    return [status, one.column or "the table", _listed(expected(one)), _listed(observed(one))]


def _listed(lines: Sequence[str]) -> Markup:
    return Markup("<br>".join(escaped(line) for line in lines))


def expected(one: Expectation) -> list[str]:
    """What was expected, in words."""
    asked = one.asked
    match one.kind:
        case "expect_table_row_count_to_be_between":
            return [f"from {_number(asked['min_value'])} to {_number(asked['max_value'])} rows"]
        case "expect_table_row_count_to_equal":
            return [f"{_number(asked['value'])} rows"]
        case "expect_table_columns_to_match_set":
            return [f"these {len(asked['column_set'])} columns and no others: {', '.join(asked['column_set'])}"]
        case "expect_column_values_to_be_unique":
            return ["no value twice"]
        case "expect_column_values_to_not_be_null":
            return ["no blank cell"]
        case "expect_column_values_to_match_regex":
            return [f"each value as the pattern says: {asked['regex']}"]
        case "expect_column_values_to_be_in_set":
            return [f"{_share(asked)} one of: {', '.join(map(str, asked['value_set']))}"]
        case "expect_column_values_to_be_between":
            return [f"each value {_range(asked)}"]
        case "expect_column_max_to_be_between":
            return [f"the largest value {_range(asked)}"]
        case "expect_column_mean_to_be_between":
            return [f"the mean {_range(asked)}"]
        case "expect_column_quantile_values_to_be_between":
            ranges = asked["quantile_ranges"]
            pairs = zip(ranges["quantiles"], ranges["value_ranges"], strict=True)
            return ["quantiles", *(f"{quantile:.0%}: from {_number(low)} to {_number(high)}" for quantile, (low, high) in pairs)]
    return [f"{one.kind.removeprefix('expect_').replace('_', ' ')}: {', '.join(f'{key} {value}' for key, value in asked.items())}"]


def observed(one: Expectation) -> list[str]:
    """What was found, in words."""
    found = one.found.get("observed_value")
    if one.kind == "expect_table_columns_to_match_set":
        return list(_differences(set(one.asked["column_set"]), set(found or ()))) or ["exactly these"]
    if isinstance(found, Mapping):
        pairs = zip(found["quantiles"], found["values"], strict=True)
        return ["quantiles", *(f"{quantile:.0%}: {_number(value)}" for quantile, value in pairs)]
    if found is not None:
        return [_number(found)]
    wrong, blank, every = (int(one.found.get(key) or 0) for key in ("unexpected_count", "missing_count", "element_count"))
    left_out = f"; {blank:,} blank" if blank else ""
    if not wrong and not one.success:
        return ["could not be judged"]
    if not wrong:
        return [f"so in all {every - blank:,}{left_out}"]
    examples = [str(value) for value in dict.fromkeys(one.found.get("partial_unexpected_list") or ()) if value is not None]
    return [f"otherwise in {wrong:,} of {every - blank:,}{left_out}" + (f": {', '.join(examples)}" if examples else "")]


def _differences(asked: set[str], found: set[str]) -> Iterator[str]:
    if missing := sorted(asked - found):
        yield f"missing: {', '.join(missing)}"
    if more := sorted(found - asked):
        yield f"not expected: {', '.join(more)}"


def _share(asked: Mapping[str, Any]) -> str:
    mostly = asked.get("mostly", 1.0)
    return "each value" if mostly == 1.0 else f"{mostly:.0%} of the values"


def _range(asked: Mapping[str, Any]) -> str:
    low, high = asked.get("min_value"), asked.get("max_value")
    least = "above" if asked.get("strict_min") else "at least"
    parts = [f"{least} {_number(low)}"] if low is not None else []
    parts += [f"at most {_number(high)}"] if high is not None else []
    return " and ".join(parts)


def _number(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
