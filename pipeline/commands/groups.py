"""Commands that have commands of their own. As those of :mod:`pipeline.cli`, each imports what it needs inside itself."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import BOOK, OWN_RAW, RAW
from pipeline.errors import InputError
from pipeline.quoting import plain
from pipeline.terminal import say

if TYPE_CHECKING:
    from pipeline.prediction.task import Bounds


@click.group()
def key() -> None:
    """The secret key of the noise on proprietary structures."""


@key.command("new")
@click.argument("file", type=click.Path(path_type=Path))
def key_new(file: Path) -> None:
    """Make a key of 32 random bytes in FILE, which only you can read; a file that is there is never overwritten."""
    from pipeline.structures.keys import new_key

    new_key(file)
    say(f"{plain(str(file))}: a new key. Keep it secret and keep it: the same key gives the same noise in every release.")


@click.group()
def source() -> None:
    """What a release is made from, declared in raw/sources.toml."""


@source.command("add")
@click.argument("table", required=False, metavar="[FILE|URL]")
@click.option("--declare", type=click.Path(path_type=Path), metavar="NAME.toml", help="Declaration of the literature table.")
@BOOK
@RAW
def source_add(table: str | None, declare: Path | None, workbook: Path | None, raw: Path) -> None:
    """Pin a source: show what is read of it, copy it into raw/downloads, write its SHA-256 into raw/sources.toml.

    The source is a literature table (FILE or URL with --declare), or the curators' own sheet (--workbook).
    """
    from pipeline.commands.literature import add
    from pipeline.commands.source import add_workbook

    if workbook is not None and (table or declare):
        raise click.UsageError("give either a table with --declare, or --workbook")
    if workbook is not None:
        for line in add_workbook(workbook, raw):
            say(line)
    elif table is None or declare is None:
        raise InputError("nothing to add", cure="name a table and its declaration (FILE --declare NAME.toml), or a sheet (--workbook FILE)")
    else:
        say(add(table, declare, raw))


@source.command("list")
@RAW
def source_list(raw: Path) -> None:
    """List the literature tables: name, role, place, and whether each is there."""
    from pipeline.commands.literature import listed

    say(listed(raw))


@source.command("check")
@click.argument("name")
@RAW
def source_check(name: str, raw: Path) -> None:
    """Tell what is readable, unreadable and suspicious of a declared table. Exit status 1 when it is absent."""
    from pipeline.commands.literature import checked

    text, is_there = checked(name, raw)
    say(text)
    sys.exit(0 if is_there else 1)


@click.group()
def pin() -> None:
    """The released packages that a build can start from, pinned in raw/sources.toml."""


@pin.command("add")
@click.argument("wanted", metavar="PACKAGE==VERSION")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Day on which it was published, for the metadata.")
@RAW
def pin_add(wanted: str, date: datetime | None, raw: Path) -> None:
    """Pin a newer release: bring its source distribution, write hashes and counts, and show what it changes."""
    from pipeline.commands.pin import add

    for line in add(wanted, raw, "" if date is None else date.date().isoformat()):
        say(line)


@click.group()
def benchmark() -> None:
    """What models achieve on the dataset: scores recomputed from predictions (docs/benchmark.md)."""


MODELS = click.option(
    "--models", type=click.Path(path_type=Path), metavar="DIR", help="Folder of recorded models; by default 'models' of the working folder."
)


@benchmark.command("run")
@click.option("--models", "names", default="", metavar="NAME,...", help="Models to train, separated by commas; by default all.")
@click.option(
    "--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Seeds of each model; slow ones take one on folds."
)
@click.option("--device", metavar="NAME", help="Where nets are trained, such as cpu or cuda; by default a device where there is one.")
@click.option(
    "--bounds",
    type=click.Choice(("as-published", "as-bounds", "left-out", "censored")),
    default="as-published",
    show_default=True,
    help="What an upper bound counts when a model learns.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Folder that gets a folder for each model; by "
              "default 'models' of the working folder.")  # fmt: skip
@click.option(
    "--release", metavar="NAME", help="The release to learn from: a pin, or 'present' with today's corrections.  [default: 1.2.0]"
)
@click.option(
    "--papers", is_flag=True, help="Also hold out one paper at a time, and learn from fewer papers: papers.csv, learning_curve.csv."
)
@OWN_RAW
def benchmark_run(
    names: str, seeds: int, device: str | None, bounds: Bounds, out: Path | None, release: str | None, papers: bool, raw: Path | None
) -> None:  # fmt: skip
    """Train the paper's models and others, and record what they predict. Needs the extra 'benchmark', median and nearest excepted.

    Each model's folder is written as soon as it is done. The labels of the test set are taken away before anything is trained.
    """
    from pipeline.commands.benchmark import trained

    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for folder in trained(chosen, seeds, device, bounds, out, release, raw, lambda line: say(plain(line), err=True), papers):
        say(plain(str(folder)))


@benchmark.command("score")
@click.argument("predictions", type=click.Path(path_type=Path))
@click.option(
    "--release", metavar="NAME", help="The release that was learned from: a pin, or 'present' with today's corrections.  [default: 1.2.0]"
)
@click.option("--format", "form", type=click.Choice(("text", "json", "csv")), default="text", show_default=True)
@MODELS
@OWN_RAW
def benchmark_score(predictions: Path, release: str | None, form: str, models: Path | None, raw: Path | None) -> None:
    """Score PREDICTIONS: a model's folder (model.yaml, predictions.csv), or a folder of such folders. Needs no extra.

    Whatever is missing, doubled, of another entry, fold or release is named with file, row and cure, and nothing is scored (exit status 2).
    """
    from pipeline.commands.benchmark import score_text, scores

    say(score_text(*scores(predictions, raw, release, models), form), form)


@benchmark.command("board")
@MODELS
@OWN_RAW
def benchmark_board(models: Path | None, raw: Path | None) -> None:
    """Write the leaderboard of the recorded models beside them, and the tables families.csv and hard.csv. Needs no extra."""
    from pipeline.commands.benchmark import board

    for line in board(models, raw):
        say(plain(line))


@benchmark.command("compare")
@click.argument("old")
@click.argument("new")
@click.option("--format", "form", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@MODELS
@click.option("--retrained", type=click.Path(path_type=Path), metavar="DIR", help="Folder of models that were trained on NEW.")
@OWN_RAW
def benchmark_compare(old: str, new: str, form: str, models: Path | None, retrained: Path | None, raw: Path | None) -> None:
    """Compare two releases by what the recorded models achieve on them: which labels moved, which errors, and is it sure.

    OLD and NEW are release folders, pinned versions (1.1.1) or tags (v1.3.0), as for diff. The recorded predictions are held against the
    labels of both; models that were trained on NEW (--retrained) show what its corrections of other cells change. Needs no extra.
    """
    from pipeline.commands.benchmark import compare_text, compared

    say(compare_text(compared(old, new, models, retrained, raw), form), form)


GROUPS = (key, source, pin, benchmark)
