"""What ``docs/benchmark.md`` says in numbers: written from ``models/leaderboard.json``, so that no sentence outlives its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.reporting import benchmark_text as text
from pipeline.reporting.benchmark_text import Row
from schemas import leaderboard as schema
from schemas.predictions import GROUP_FOLDS, TEST

BEGIN, END = "<!-- from models/leaderboard.json -->", "<!-- end -->"
_MEDIANS = ("median", "median-structures")


def embedded(page: str, document: Mapping[str, Any]) -> str:
    """The page with what stands between its two marks written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join(
        [f"{before}{BEGIN}", "", *(f"- {line}" for line in facts(document)), "", *text.tables(document, "###"), "", f"{END}{after}"]
    )


def facts(document: Mapping[str, Any]) -> Iterator[str]:
    """What the board says, a sentence or two each."""
    scores = text.by_key(document)
    models = [model for model in document["models"] if model["name"] not in _MEDIANS]
    yield from _reproduced(document, scores)
    yield from _verdicts(models, scores, "forest", "their random forest")
    yield from _verdicts(models, scores, "median", "the median of the labels that they learned from")
    yield from _bounds(models, scores)
    yield from _gaps(models, scores)


def _reproduced(document: Mapping[str, Any], scores: Mapping[text.Key, Row]) -> Iterator[str]:
    """Printed test errors beside ours, and how many lie within our limits; the paper's pretrained models are named as such."""
    told, within = [], 0
    for one in document["printed"]:
        row = scores.get((one["model"], one["protocol"], "structures", "as-published"))
        if row is None or one["protocol"] != TEST or row[schema.MAE_LOWER] is None:
            continue
        within += row[schema.MAE_LOWER] <= float(one["mae"]) <= row[schema.MAE_UPPER]
        spread = f" ± {row[schema.SEED_SPREAD]:.2f}" if row[schema.SEED_SPREAD] else ""
        title, _, what = one["title"].partition(", ")
        named = f"{title}, pretrained there only" if what.startswith("pretrained") else title
        told.append(f"{named} (`{one['model']}`) {one['mae']} against {row[schema.MAE]:.2f}{spread}")
    if told:
        yield (
            f"Printed test errors against ours, ± the deviation over our seeds: {'; '.join(told)}. {within} of {len(told)} lie within our "
            "limits, which says little: limits tell what another test set would give, and both were tested on the same entries."
        )


def _verdicts(models: Sequence[Mapping[str, Any]], scores: Mapping[text.Key, Row], other: str, named: str) -> Iterator[str]:
    """How many models are better and worse, on the test entries with a structure."""
    rows = [row for row in _rows(models, scores, TEST, "structures") if row[f"{other}_difference"] is not None]
    counts = {word: [row[schema.MODEL] for row in rows if row[f"{other}_verdict"] == word] for word in ("better", "worse")}
    told = "; ".join(f"{len(names)} {word}" + (f" ({', '.join(names)})" if names else "") for word, names in counts.items())
    left = len(rows) - sum(map(len, counts.values()))
    yield f"Of {len(rows)} models held against {named} on the test entries with a structure: {told}; of {left} no difference is shown."


def _bounds(models: Sequence[Mapping[str, Any]], scores: Mapping[text.Key, Row]) -> Iterator[str]:
    """What share of the error on the test entries with a structure comes from upper bounds at 1e-15 S/cm."""
    shares = []
    for model in models:
        whole, left = (scores.get((model["name"], TEST, "structures", bounds)) for bounds in ("as-published", "left-out"))
        if whole is not None and left is not None:
            sums = [row[schema.MAE] * row[schema.ENTRIES] for row in (whole, left)]
            shares.append((1 - sums[1] / sums[0], whole[schema.ENTRIES] - left[schema.ENTRIES], whole[schema.ENTRIES]))
    if shares:
        low, high = min(shares), max(shares)
        yield (
            f"{low[1]} of the {low[2]} test entries with a structure are upper bounds. Counted at 1e-15 S/cm they give {low[0]:.0%} to "
            f"{high[0]:.0%} of a model's error there."
        )


def _gaps(models: Sequence[Mapping[str, Any]], scores: Mapping[text.Key, Row]) -> Iterator[str]:
    """How much random folds flatter."""
    found = [
        row for model in models
        if (row := scores.get((model["name"], GROUP_FOLDS, model["training"], "as-published"))) is not None and row[schema.GAP] is not None
    ]  # fmt: skip
    if found:
        gaps = sorted(row[schema.GAP] for row in found)
        sure = sum(row[schema.GAP_LOWER] is not None and row[schema.GAP_LOWER] > 0 for row in found)
        yield (
            f"Random folds flatter by {gaps[0]:+.2f} to {gaps[-1]:+.2f} decades, {gaps[len(gaps) // 2]:+.2f} for the model in the middle; "
            f"for {sure} of {len(gaps)} models both limits of the gap are above zero."
        )


def _rows(models: Iterable[Mapping[str, Any]], scores: Mapping[text.Key, Row], protocol: str, subset: str) -> list[Row]:
    found = (scores.get((model["name"], protocol, subset, "as-published")) for model in models)
    return [row for row in found if row is not None]
