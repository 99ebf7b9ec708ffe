"""The part of ``report.html`` that shows the leaderboard, from the files that ``benchmark board`` wrote."""

from __future__ import annotations

import base64
import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.reporting import benchmark_text as text
from pipeline.reporting.benchmark_figure import CAPTION, TITLE
from pipeline.reporting.markup import Markup, Section, escaped, table
from pipeline.safety.documents import json_of
from pipeline.safety.inputs import read
from schemas import leaderboard as schema
from schemas.predictions import TEST

JSON_FILE, FIGURE_FILE, HARD_FILE = "leaderboard.json", "leaderboard.svg", "hard.csv"
_AGAIN = "write the board again: obelix-curate benchmark board"
_INTRODUCTION = (
    "What recorded models achieve on the test set, recomputed from their predictions alone; better and worse stand only where the limits "
    "of the paired difference exclude zero. docs/benchmark.md says how to read it and how to add a model."
)


def sections(models: Path) -> list[Section]:
    """The part for the leaderboard in a folder of recorded models; none where there is no leaderboard.

    Raises
    ------
    InputError
        When a file of it is not what ``benchmark board`` writes.
    """
    if not (models / JSON_FILE).is_file():
        return []
    document = json_of(read(models / JSON_FILE), models / JSON_FILE, _AGAIN)
    try:
        content = "\n".join([_figure(models), *_tables(document), _hard(models), _remarks(document)])
        title = f"What models achieve on release {document['release']}"
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"not a leaderboard of this program: {error!r}", file=models / JSON_FILE, cure=_AGAIN) from None
    return [Section("benchmark", "Benchmark", title, _INTRODUCTION, content)]


def _figure(models: Path) -> str:
    if not (models / FIGURE_FILE).is_file():
        return ""
    source = base64.b64encode(read(models / FIGURE_FILE)).decode("ascii")
    return (
        f'<figure style="max-width: 46rem"><img src="data:image/svg+xml;base64,{source}" alt="{escaped(f"{TITLE}. {CAPTION}")}">'
        f"<figcaption><b>{escaped(TITLE)}.</b> {escaped(CAPTION)}</figcaption></figure>"
    )


def _tables(document: Mapping[str, Any]) -> Iterator[str]:
    scores = text.by_key(document)
    heads = ("Model", "Learned from", "All entries", "With a structure", "Against the forest", "Against the median")
    rows = []
    for model in document["models"]:
        whole, structures = (scores.get((model["name"], TEST, subset, "as-published")) for subset in ("all", "structures"))
        rows.append(
            (
                model["title"], f"{model['training_entries']} entries", text.shown(whole), text.shown(structures),
                text.difference(structures, "forest"), text.difference(structures, "median"),
            )
        )  # fmt: skip
    yield "<h3>Errors on the test set, in decades</h3>" + table(heads, rows, label="Errors on the test set", kind="wide")
    printed = []
    for one in document["printed"]:
        ours = scores.get((one["model"], one["protocol"], "structures", "as-published"))
        tested = "test set" if one["protocol"] == TEST else "random folds"
        mae = one["mae"] + (f" ± {one['over_folds']}" if one["over_folds"] else "")
        printed.append((one["title"], tested, mae, f"{one['kind']}, {one['where']}", "not run" if ours is None else text.shown(ours)))
    beside = ("The paper's model", "Tested on", "The paper", "Where", "Ours")
    yield "<h3>Beside the paper</h3>" + table(beside, printed, label="The paper's numbers beside ours", kind="wide")


def _hard(models: Path) -> str:
    """Candidate errors, each with a link to its entry."""
    if not (models / HARD_FILE).is_file():
        return ""
    rows = list(csv.DictReader(read(models / HARD_FILE).decode("utf-8", "replace").splitlines()))
    candidates = [row for row in rows if row[schema.IS_CANDIDATE] == "true"]
    said = (
        f"<p>{len(rows)} entries are missed by every model by two decades or more, all in one direction; of {len(candidates)} of them the "
        "neighbours agree with one another and contradict the label: candidate errors.</p>"
    )
    heads = ("ID", "Composition", "Label (log10)", "Models say", "Neighbours say", "Findings")
    shown = [
        (
            Markup(f'<a class="id" href="#entries&amp;entry={escaped(row[schema.ID])}">{escaped(row[schema.ID])}</a>'),
            row[schema.COMPOSITION], f"{row[schema.IS_BOUND]}{row[schema.LABEL]}", row[schema.MIDDLE], row[schema.NEIGHBOUR_MEDIAN],
            row[schema.FINDINGS] or "none",
        )
        for row in candidates
    ]  # fmt: skip
    return "<h3>Entries that every model misses</h3>" + said + (table(heads, shown, label="Candidate errors", kind="wide") if shown else "")


def _remarks(document: Mapping[str, Any]) -> str:
    lines = "".join(f"<li>{escaped(line.replace('*', ''))}</li>" for line in text.remarks(document))
    return f"<h3>What to know</h3><ul>{lines}</ul>"
