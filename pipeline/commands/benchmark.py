"""The command ``benchmark``: recorded models scored, their board written, and two releases compared by what models achieve on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import sources
from pipeline.errors import InputError
from pipeline.prediction import board as boards
from pipeline.prediction.complete import Recorded, every, recorded
from pipeline.prediction.recorded import MODEL_FILE
from pipeline.prediction.task import RECORDED_RELEASE, Bounds, Task, task
from pipeline.release.opened import Opened, opened
from schemas import leaderboard as schema

if TYPE_CHECKING:
    from pipeline.prediction.board import Board
    from pipeline.prediction.compare import Comparison, Release
    from pipeline.prediction.score import Score

#: Where a checkout keeps the recorded models.
MODELS = "models"
#: Name of the release that is built from the present corrections and contributions.
PRESENT = "present"
HARD_FILE, FAMILIES_FILE, FIGURE_FILE = "hard.csv", "families.csv", "leaderboard.svg"


def release_of(raw: Path | None, name: str | None) -> Opened:
    """The release that models are held to: by default the one that the recorded models learned from, as it was published.

    Parameters
    ----------
    raw
        Folder of pins; by default that of the working folder or, where that is no checkout, the pins that travel with the program.
    name
        A pin, or ``present`` for the release with today's corrections and contributions.
    """
    if raw is None and not (Path("raw") / sources.PINS).is_file():
        return _travelling(name or RECORDED_RELEASE)
    return opened(raw or Path("raw"), None if name == PRESENT else name or RECORDED_RELEASE)


def _travelling(name: str) -> Opened:
    """A pin as it was published, outside of a checkout; its archive lies in the user's cache."""
    from pipeline.ingest import workbook

    decisions = sources.travelling()
    pins = sources.pins(decisions)
    if name not in pins:
        raise InputError(f"no such pin: {name}", file=decisions / sources.PINS, cure=f"the pins are {', '.join(pins)}")
    pin = pins[name]
    archive = sources.opened(pin, sources.find(pin))
    file = archive.file("workbook")
    return Opened(name, lambda: archive, lambda: workbook.cells(archive.read("workbook"), file), file, decisions)


def _models(named: Path | None, raw: Path | None) -> Path:
    """The folder of recorded models: the one that was named, or that beside the pins."""
    return named or (raw or Path("raw")).parent / MODELS


def task_of(release: Opened) -> Task:
    """The task of a release."""
    split = release.split
    return task(release.typed, split.train, split.test, release.texts)


# --- run --------------------------------------------------------------------------------------------------------------------
def trained(
    names: Sequence[str], seeds: int, device: str | None, bounds: Bounds, out: Path | None, name: str | None, raw: Path | None,
    tell: Callable[[str], None], with_papers: bool = False,
) -> list[Path]:  # fmt: skip
    """Train models, by default those that need only the extra ``benchmark``.

    Gives the folders that were written, and the tables of :mod:`pipeline.prediction.papers`.

    Raises
    ------
    InputError
        As :func:`pipeline.prediction.run.run`.
    """
    from pipeline.prediction import models as registry
    from pipeline.prediction import papers
    from pipeline.prediction.problem import problem
    from pipeline.prediction.run import Options, run

    wanted = list(names) or registry.usual()
    registry.require([*wanted, *(papers.QUICK if with_papers else ())])  # before the release is read, which takes a second
    release = release_of(raw, name)
    options = Options(wanted, _models(out, raw), seeds, device, bounds, release.name if name != PRESENT else PRESENT, tell)
    of = task_of(release)
    written = run(of, lambda: release.structures, options)
    if not with_papers:
        return written
    tell("papers")
    given = problem(of, lambda: release.structures)
    return written + papers.write(given, given.task.targets(bounds), options.out)


# --- score ------------------------------------------------------------------------------------------------------------------
def scores(predictions: Path, raw: Path | None, name: str | None, models: Path | None) -> tuple[list[Score], str]:
    """Scores of a model's folder, or of every model of a folder of models; and what is to be said of them.

    Raises
    ------
    InputError
        When anything about the predictions is wrong, with file, row and cure.
    """
    of = task_of(release_of(raw, name))
    is_one = (predictions / MODEL_FILE).exists() or not _holds_models(predictions)
    found = [recorded(predictions, of)] if is_one else every(predictions, of)
    references, note = _references(found, models, raw, of)
    return boards.scored(found, of, references), note


def _holds_models(folder: Path) -> bool:
    return folder.is_dir() and any((each / MODEL_FILE).exists() for each in folder.iterdir() if each.is_dir())


def _references(found: Sequence[Recorded], models: Path | None, raw: Path | None, of: Task) -> tuple[list[Recorded], str]:
    """The recorded forests, unless they are among the models themselves; what is to be said where there are none."""
    if any(one.model.name in boards.FORESTS for one in found):
        return [], ""
    folder = _models(models, raw)
    there = [folder / name for name in boards.FORESTS if (folder / name / MODEL_FILE).exists()]
    if not there and models is not None:
        every(models, of)  # says what is wrong with the folder that was named
    if not there:
        return [], f"Not compared with the random forest, which is not in {folder}: name the folder of recorded models with --models DIR."
    return [recorded(each, of) for each in there], ""


def score_text(found: Sequence[Score], note: str, form: str) -> str:
    """Scores as a table, as JSON or as CSV."""
    if form == "json":
        return json.dumps(boards.rows(found), indent=1, ensure_ascii=False)
    if form == "csv":
        return boards.csv_text(found).rstrip("\n")
    from pipeline.reporting.benchmark_text import difference, shown
    from pipeline.reporting.tell import table

    head = ("model", "protocol", "entries", "bounds", "n", "error in decades", "against the forest", "against the median", "gap")
    body = [
        (
            row[schema.MODEL], row[schema.PROTOCOL], row[schema.SUBSET], row[schema.BOUNDS], row[schema.ENTRIES], shown(row),
            difference(row, "forest"), difference(row, "median"), "" if row[schema.GAP] is None else f"{row[schema.GAP]:+.2f}",
        )
        for row in boards.rows(found)
    ]  # fmt: skip
    legend = (
        "Mean absolute error of log10 of the conductivity [95 % limits] ± deviation over the seeds; better or worse where limits exclude 0."
    )
    return "\n".join([table(head, body, numbers=(4,)), "", legend, *([note] if note else [])])


# --- board ------------------------------------------------------------------------------------------------------------------
def board(models: Path | None, raw: Path | None) -> list[str]:
    """Score every recorded model and write the board beside them; what was written, in words.

    Raises
    ------
    InputError
        When there is no such folder, anything about a model is wrong, or a file of the board must not be replaced.
    """
    from pipeline.prediction import families, hard
    from pipeline.reporting.benchmark_figure import figure
    from pipeline.reporting.benchmark_text import markdown
    from pipeline.safety.outputs import Output

    folder = _models(models, raw)
    outputs = {name: Output(folder / name, _models_in(folder), is_earlier=is_earlier) for name, is_earlier in _EARLIER.items()}
    for output in outputs.values():
        try:
            output.require()
        except InputError as error:
            if "--" in error.cure:  # this command has neither --force nor --output
                error.cure = f"move it out of {folder}, or remove it: the board is written there"
            raise
    made = made_board(folder, release_of(raw, None))
    missed = hard.hard(made.models, made.task)
    found = boards.document(made)
    texts: dict[str, str | bytes] = {
        boards.CSV_FILE: boards.csv_text(made.scores),
        boards.JSON_FILE: boards.json_text(made),
        boards.MARKDOWN_FILE: markdown(found),
        FIGURE_FILE: figure(found),
        HARD_FILE: hard.csv_text(missed, _doubts(raw) if missed else {}),
        FAMILIES_FILE: families.csv_text(families.families(made.models, made.task)),
    }
    for name, output in outputs.items():
        output.write(texts[name])
    candidates = sum(one.is_candidate for one in missed)
    return [
        f"{len(made.models)} models, {len(made.scores)} scores: {', '.join(texts)} in {folder}",
        f"{len(missed)} entries that every model misses by two decades, {candidates} of them candidate errors: {folder / HARD_FILE}",
    ]


def _models_in(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []


#: How an earlier file of the board is known.
_EARLIER: dict[str, Callable[[str], bool]] = {
    boards.CSV_FILE: lambda text: text.startswith(",".join(schema.COLUMNS[:8])),
    boards.JSON_FILE: lambda text: text.startswith('{\n "release": ') and '"floors"' in text,
    boards.MARKDOWN_FILE: lambda text: text.startswith("# Leaderboard\n"),
    FIGURE_FILE: lambda text: "<dc:title>obelix-curate: leaderboard</dc:title>" in text,
    HARD_FILE: lambda text: text.startswith(",".join(schema.HARD_COLUMNS[:6])),
    FAMILIES_FILE: lambda text: text.startswith(",".join(schema.FAMILY_COLUMNS[:6])),
}


def made_board(models: Path, release: Opened) -> Board:
    """The board of a folder of models."""
    from pipeline.reporting.statistics import floors

    of = task_of(release)
    found = every(models, of)
    repeats = floors(release.typed)
    if repeats is None:
        raise InputError("the release repeats no measurement, so there is no floor", file=release.origin, cure="name another release")
    rounded = boards.rounding(release.structures)
    return boards.Board(release.name, of, found, boards.scored(found, of), boards.Floors(*repeats), rounded)


def _doubts(raw: Path | None) -> dict[str, list[str]]:
    """What the checks say of each entry of the present release: each check once, with its status."""
    from pipeline.build import findings_of
    from schemas import columns as col

    found = findings_of(opened(raw or Path("raw")))
    said: dict[str, list[str]] = {}
    for name, check, status in zip(found[col.ID], found[col.CHECK], found[col.STATUS], strict=True):
        told = f"{check} ({status})"
        if told not in said.setdefault(name, []):
            said[name].append(told)
    return said


# --- compare ----------------------------------------------------------------------------------------------------------------
def compared(old: str, new: str, models: Path | None, retrained: Path | None, raw: Path | None) -> Comparison:
    """The recorded models on two releases: folders that ``build`` wrote, pins, or tags.

    ``retrained`` is a folder of models that were trained on the second one.

    Raises
    ------
    InputError
        When one of them is no such release, or anything about a recorded model is wrong.
    """
    from pipeline.prediction.compare import compare

    pins = raw or Path("raw")
    before, after = (_published(name, pins) for name in (old, new))
    again = [] if retrained is None else every(retrained, after.task)
    return compare(every(_models(models, raw), task_of(release_of(raw, None))), before, after, again)


def _published(name: str, raw: Path) -> Release:
    """A release as others have it."""
    import pandas as pd

    from pipeline.ingest import workbook
    from pipeline.prediction.compare import Release
    from pipeline.release.compare.published import published
    from schemas import columns as col

    found = published(name, raw)
    rows = [[row.get(str(column)) for column in col.WORKBOOK] for row in found.table.values()]
    cells = pd.DataFrame(rows, columns=[str(column) for column in col.WORKBOOK], dtype=object)
    entries = workbook.entries(cells, f"{name}:{found.layout.table}")
    train, test = (found.ids(side) for side in ("train", "test"))
    return Release(name, task(entries, train, test, found.structures), found.structures)


def compare_text(found: Comparison, form: str) -> str:
    """A comparison as text, as JSON or as Markdown."""
    from pipeline.reporting.benchmark_compared import as_json, as_markdown, as_text

    return {"json": as_json, "markdown": as_markdown, "text": as_text}[form](found)
