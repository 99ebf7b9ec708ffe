"""The leaderboard as tables for a reader, from what ``leaderboard.json`` holds alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.reporting.formats.markdown import escape
from schemas import leaderboard as schema
from schemas.predictions import GROUP_FOLDS, RANDOM_FOLDS, TEST

Row = Mapping[str, Any]
Key = tuple[str, str, str, str]
HEADING = "# Leaderboard"
_SETS = {"all": "all training entries", "structures": "training structures"}


def by_key(document: Mapping[str, Any]) -> dict[Key, Row]:
    """The scores of a board by model, protocol, subset and bounds."""
    return {tuple(row[column] for column in schema.KEY): row for row in document["scores"]}


def markdown(document: Mapping[str, Any]) -> str:
    """``leaderboard.md``."""
    return "\n".join([HEADING, "", *_about(document), "", *tables(document)]).rstrip() + "\n"


def _about(document: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"Written by `obelix-curate benchmark board` from the recorded predictions alone, for release {document['release']}. "
        "[docs/benchmark.md](../docs/benchmark.md) says how to read it and how to add a model; `leaderboard.csv` has every score."
    )


def tables(document: Mapping[str, Any], level: str = "##") -> Iterator[str]:
    """Lines of the tables: test set, validation, the paper's numbers, and what to know."""
    yield from (f"{level} Test set", "", *test_table(document), "")
    yield from (f"{level} Folds of the training set", "", *fold_table(document), "")
    yield from (f"{level} Beside the paper", "", *printed_table(document), "")
    yield from (f"{level} What to know", "", *(f"- {line}" for line in remarks(document)))


def test_table(document: Mapping[str, Any]) -> Iterator[str]:
    """One row a model, the best first: errors on the test set, and its differences on the entries with a structure."""
    scores = by_key(document)

    def cell(name: str, subset: str, bounds: str) -> str:
        return shown(scores.get((name, TEST, subset, bounds)))

    counts = {row[schema.SUBSET] + row[schema.BOUNDS]: row[schema.ENTRIES] for row in document["scores"] if row[schema.PROTOCOL] == TEST}
    head = (
        "model", "learned from", f"all {counts.get('allas-published', '')}", f"{counts.get('structuresas-published', '')} with a structure",
        f"{counts.get('structuresleft-out', '')} of them without a bound", "against the forest", "against the median",
    )  # fmt: skip
    body = []
    for model in document["models"]:
        name = model["name"]
        row = scores.get((name, TEST, "structures", "as-published"))
        body.append(
            (
                titled(model), f"{model['training_entries']}", cell(name, "all", "as-published"), cell(name, "structures", "as-published"),
                cell(name, "structures", "left-out"), difference(row, "forest"), difference(row, "median"),
            )
        )  # fmt: skip
    yield from table(head, body)


def fold_table(document: Mapping[str, Any]) -> Iterator[str]:
    """One row a model: errors on random folds and on folds that keep groups together, on all entries that it can take."""
    scores = by_key(document)
    body = []
    for model in document["models"]:
        random, group = (
            scores.get((model["name"], protocol, model["training"], "as-published")) for protocol in (RANDOM_FOLDS, GROUP_FOLDS)
        )
        if random is None and group is None:
            continue
        gap = "" if group is None or group[schema.GAP] is None else _limits(group, "gap", signed=True)
        counted = (group or random or {}).get(schema.ENTRIES, "")
        body.append((titled(model), f"{counted}", folds(random), folds(group), gap))
    yield from table(("model", "entries", "random folds", "folds that keep groups", "gap"), body)


def printed_table(document: Mapping[str, Any]) -> Iterator[str]:
    """One row a number that the paper prints, and ours beside it, for the entries with a structure."""
    scores, names = by_key(document), {model["name"] for model in document["models"]}
    body = []
    for one in document["printed"]:
        ours = scores.get((one["model"], one["protocol"], "structures", "as-published")) if one["model"] in names else None
        body.append(
            (
                one["title"], _SETS[one["trained_on"]], "test" if one["protocol"] == TEST else "random folds",
                one["mae"] + (f" ± {one['over_folds']}" if one["over_folds"] else ""), f"*{one['kind']}*, {one['where']}",
                "not run" if ours is None else f"{one['model']}: {shown(ours)}",
            )
        )  # fmt: skip
    yield from table(("the paper's model", "trained on", "tested on", "the paper", "", "ours"), body)


def remarks(document: Mapping[str, Any]) -> Iterator[str]:
    """What a reader must know, a sentence or two each."""
    floors, rounding = document["floors"], document["rounding"]
    yield (
        "Errors are mean absolute errors of log10 of the conductivity, in decades, with upper bounds at 1e-15 S/cm as the paper counts "
        "them; in brackets the limits with 95 % confidence, ± the standard deviation over the seeds (over the folds in the second table)."
    )
    yield (
        f"Floors: repeated measurements of one material lie {floors['from_median']:.2f} decades from the median of their set (the paper's "
        f"floor), and {floors['from_others']:.2f} from the median of the others of their set: no model can be expected to do better."
    )
    yield "*Better* and *worse* are said only where both limits of the paired difference lie on one side of zero."
    yield (
        f"{rounding['without_lithium']} of {rounding['structures']} structures hold no lithium once occupancies are rounded, as the paper "
        f"does for every model that is not aware of disorder: {len(rounding['lost'])} lose all of theirs, {len(rounding['never'])} have "
        "none in their file."
    )
    yield "A model that is not listed was not run."
    if claimed := [model["name"] for model in document["models"] if model["provenance"] != "retrained"]:
        yield f"Claimed, not trained by this program: {', '.join(claimed)}."


def titled(model: Mapping[str, Any]) -> str:
    """A model's title and name."""
    return f"{escape(model['title'])} (`{model['name']}`)"


def shown(row: Row | None) -> str:
    """An error with its limits and its spread over the seeds where they differ; blank where it was not run."""
    if row is None:
        return ""
    spread = row[schema.SEED_SPREAD]
    return _limits(row, "mae") + (f" ± {spread:.2f}" if spread else "")


def folds(row: Row | None) -> str:
    """An error on folds with its spread over them."""
    return "" if row is None else f"{row[schema.MAE]:.2f} ± {row[schema.FOLD_SPREAD] or 0.0:.2f}"


def difference(row: Row | None, other: str) -> str:
    """A paired difference with its limits, and what it may be called where it may."""
    if row is None or row[f"{other}_difference"] is None:
        return ""
    verdict = row[f"{other}_verdict"]
    text = _limits({**row, other: row[f"{other}_difference"]}, other, signed=True)
    return f"{text} {verdict}" if verdict in ("better", "worse") else text


def _limits(row: Row, name: str, *, signed: bool = False) -> str:
    """A value with its limits, which stand in the columns ``<name>_lower`` and ``<name>_upper``."""
    form = "+.2f" if signed else ".2f"
    value, lower, upper = row[name], row[f"{name}_lower"], row[f"{name}_upper"]
    if lower is None or upper is None:
        return f"{value:{form}}"
    return f"{value:{form}} [{lower:{form}}, {upper:{form}}]"


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in body:
        yield f"| {' | '.join(row)} |"
