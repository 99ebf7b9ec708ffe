"""The commands. Each imports what it needs inside itself, so that ``--help`` stays quick."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from pipeline import __version__
from pipeline.commands.groups import GROUPS
from pipeline.commands.options import BOOK, FORCE, KEY, OUTPUT, OWN_RAW, RAW, RELEASE, SCHEDULER, TELL
from pipeline.errors import InputError
from pipeline.quoting import plain
from pipeline.reporting.formats import FORMATS
from pipeline.terminal import CONTEXT, Commands, say

# Products of three by three numbers gain nothing from threads; to start and stop them takes a twentieth of a build's CPU.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Tables and structures are many objects and few circles: looking for circles after every 700 new objects took a tenth of a build's CPU, and
# to look again after ten such rounds at all that they left a twentieth of what 22,000 records take.
gc.set_threshold(100_000, 50)


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="obelix-curate")
def main() -> None:
    """Build, check and release OBELiX, the dataset of lithium solid electrolytes."""


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@OWN_RAW
def fetch(names: tuple[str, ...], raw: Path | None) -> None:
    """Bring the pinned sources and verify them. NAME is a pin, such as 1.2.0, or a declared table; all when none is given.

    Outside a checkout, the pins are those that travel with the program, and the sources are kept in your cache folder.
    """
    from pipeline import sources
    from pipeline.contribute.existing import prepare
    from pipeline.sources.declared import declarations
    from pipeline.sources.deposit import deposit

    if raw is None and (Path("raw") / sources.PINS).is_file():
        raw = Path("raw")
    decisions = sources.travelling() if raw is None else raw
    pins, declared = sources.pins(decisions), {each.name: each for each in declarations(decisions)}
    if unknown := [name for name in names if name not in pins and name not in declared]:
        cure = f"the pins are {', '.join([*pins, *declared])}"
        raise InputError(f"no such pin: {', '.join(unknown)}", file=decisions / sources.PINS, cure=cure)
    for name in [name for name in names or pins if name in pins]:
        archive = sources.opened(pins[name], sources.fetch(pins[name], sources.home(raw)))
        for role in pins[name].members:
            archive.structures() if role == sources.STRUCTURES else archive.read(role)
        say(f"{name}: {archive.path}, {len(pins[name].members)} sources verified")
    if next(iter(pins)) in (names or pins):
        prepare(raw)
    for name in names or declared:
        if name in declared:
            found = deposit(declared[name], decisions)
            if found.data is None and name in names:
                raise InputError(f"source {name!r} is absent: {found.absent}", cure="put the file there, or try again")
            say(f"{name}: {found.file}, {'verified' if found.data is not None else f'absent: {found.absent}'}")


@main.command()
@RAW
@click.option("--out", type=click.Path(path_type=Path), default=Path("curated"), show_default=True, help="Folder of the release.")
@click.option("--as-published", is_flag=True, help="Leave corrections and waivers out.")
@click.option("--quick", is_flag=True, help="Leave the gate, the figures, the report and structures.jsonl out.")
@click.option(
    "--private-cifs", type=click.Path(path_type=Path), metavar="DIR", help="Original structures, <ID>.cif, to be released with noise."
)
@KEY
@BOOK
@click.option(
    "--structures", type=click.Path(path_type=Path), metavar="DIR", help="Structures, <ID>.cif, in place of the pinned ones of that ID."
)
@click.option("--conforming", is_flag=True, help="Write the structure files in today's CIF names, with sum, Z, DOI and citation.")
@click.option("--data-docs", is_flag=True, help="Write the Data Docs of Great Expectations too (gate/data-docs); they need a network.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes for gate and report; the result is the same for any number.",
)
@SCHEDULER
def build(
    raw: Path, out: Path, as_published: bool, quick: bool, private_cifs: Path | None, key_file: Path | None, workbook: Path | None,
    structures: Path | None, conforming: bool, data_docs: bool, jobs: int, scheduler: str | None,
) -> None:  # fmt: skip
    """Build the release from the pinned sources, or from the curators' own workbook."""
    from pipeline.build import Options
    from pipeline.build import build as run
    from pipeline.reporting.progress import summary

    options = Options(
        raw, out, as_published, quick, private_cifs, key_file, jobs, workbook=workbook, structures=structures, conforming=conforming,
        data_docs=data_docs, scheduler=scheduler,
    )  # fmt: skip
    built = run(options)
    click.echo(summary(built.ledger.stages, built.findings, built.places))
    for line in built.edits:
        say(line)
    sys.exit(1 if built.open_errors else 0)


CIFS = click.option("--cifs", type=click.Path(path_type=Path), metavar="DIR|ZIP|TAR", help="Structure files, named <ID>.cif.")


def reading(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which part of a table file is read, and how."""
    for option in (
        click.option("--encoding", default="", metavar="NAME", help="Encoding of a text file that is not UTF-8, such as gbk or cp932."),
        click.option("--hidden", is_flag=True, help="Read hidden sheets, rows and columns of a workbook too."),
        click.option("--sheet", default="", metavar="NAME", help="Sheet of a workbook to read, where several hold a table."),
    ):
        command = option(command)
    return command


@main.command()
@click.argument("table", type=click.Path(path_type=Path))
@CIFS
@click.option("--format", "kind", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write the findings.")
@OUTPUT
@FORCE
@click.option("--without-dataset", is_flag=True, help="Check the rows alone: nothing is compared with the dataset.")
@click.option("--replaces", is_flag=True, help="A row with the ID of an entry takes its place: an edited workbook is checked again.")
@reading
@SCHEDULER
@OWN_RAW
def check(
    table: Path,
    cifs: Path | None,
    kind: str,
    output: Path | None,
    force: bool,
    without_dataset: bool,
    replaces: bool,
    sheet: str,
    hidden: bool,
    encoding: str,
    scheduler: str | None,
    raw: Path | None,
) -> None:
    """Check new rows: a TABLE (CSV or XLSX) with its structure files. Exit status 1 when errors stop them from joining.

    The rows are compared with the dataset, as it is pinned by this program, and with the rows under raw/contributions of the working
    folder. Exit status 2 when there is no dataset to compare with.
    """
    from pipeline.contribute.check import check as run
    from pipeline.contribute.existing import read_from
    from pipeline.ingest.contributed.grid import Reading
    from pipeline.reporting.formats import deliver, is_earlier
    from pipeline.safety.outputs import Output
    from pipeline.safety.workers import workers

    given = [path for path in (cifs,) if path is not None]
    whole = [table, *(path for path in given if not path.is_dir()), *read_from(raw)]
    target = None if output is None else Output(output, whole, given, is_earlier(kind), force)
    if target is not None:
        target.require()
    asked = Reading(sheet, hidden, encoding)
    with workers(1, scheduler) as by:
        report = run(table, cifs, raw, with_dataset=not without_dataset, reading=asked, replaces=replaces, by=by).report
    deliver(report, kind, target)
    sys.exit(1 if report.has_errors else 0)


@main.command()
@click.argument("table", type=click.Path(path_type=Path), required=False)
@click.option("--renumber", type=click.Path(path_type=Path), metavar="FOLDER", help="An accepted contribution: of its rows, those whose ID "
              "another entry has too, as after a merge of two branches, get new ones. Takes no TABLE.")  # fmt: skip
@CIFS
@click.option("--by", metavar="NAME", help="Who accepts the rows; by default the name that git knows.")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="Day of acceptance; by default today.")
@KEY
@reading
@OWN_RAW
def accept(
    table: Path | None, renumber: Path | None, cifs: Path | None, by: str | None, on: datetime | None, key_file: Path | None, sheet: str,
    hidden: bool, encoding: str, raw: Path | None,
) -> None:  # fmt: skip
    """Check new rows and file them under raw/contributions with new IDs; with any error nothing is written."""
    if renumber is not None:
        from pipeline.contribute.renumber import renumber as mend

        if table is not None or cifs is not None or key_file is not None:
            raise click.UsageError("--renumber takes a folder, and no table, structures or key")
        for line in mend(renumber, raw).lines:
            say(line)
        return
    if table is None:
        raise click.UsageError("name the table, or a folder with --renumber")
    from pipeline.contribute.accept import accept as run
    from pipeline.ingest.contributed.grid import Reading
    from pipeline.reporting.formats import deliver

    asked = Reading(sheet, hidden, encoding)
    accepted = run(table, cifs, raw, by, on.date() if on else None, reading=asked, key_file=key_file)
    deliver(accepted.report, "text", None)
    if accepted.folder is None:
        sys.exit(1)
    say(f"\nFiled under {plain(str(accepted.folder))}:")
    for row, new in zip(accepted.report.rows, accepted.ids, strict=True):
        say(f"  row {row.row}  {plain(row.id)} is now {new}  {plain(row.composition)}")


def _checks(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Names of checks for the completion in a shell."""
    from pipeline.checks.catalogue import catalogue

    return [name for name in catalogue() if name.startswith(begun)]


@main.command()
@click.argument("name", metavar="[ID|CHECK]", required=False, shell_complete=_checks)
@click.option("--out", type=click.Path(path_type=Path), default=Path("curated"), show_default=True, help="Folder of the release.")
def explain(name: str | None, out: Path) -> None:
    """Tell an entry's whole story from a built release, or what a check is; without a name, list the checks."""
    from pipeline.commands.explain import checks
    from pipeline.commands.explain import explain as run

    say(checks() if name is None else run(name, out), nl=False)


JOBS = click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")


@main.command()
@click.argument("libraries", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="LIBRARY ...")
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="The index; brought up to date where it is there.")  # fmt: skip
@SCHEDULER
@JOBS
def index(libraries: tuple[Path, ...], output: Path, scheduler: str | None, jobs: int) -> None:
    """Describe the structures of libraries (folders, zip or tar archives of CIFs) once, for matching."""
    from pipeline.structures.matching.index import index as run

    tally = run(libraries, output, jobs=jobs, scheduler=scheduler)
    for reason in tally.reasons[:20]:
        say(f"unreadable: {plain(reason)}", err=True)
    if tally.unreadable > 20:
        say(f"and {tally.unreadable - 20} more that are unreadable", err=True)
    say(f"{plain(str(output))}: {tally.structures} structures; {tally.new} files read, {tally.unchanged} unchanged, {tally.gone} gone")


@main.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--library", "libraries", type=click.Path(path_type=Path), multiple=True, metavar="PATH",
              help="Folder, zip or tar archive of CIFs, or an index of them; may be repeated.")  # fmt: skip
@click.option("--optimade", "databases", multiple=True, metavar="URL", help="Base address of an OPTIMADE database (extra 'optimade').")
@OUTPUT
@FORCE
@JOBS
@reading
def match(
    table: Path, libraries: tuple[Path, ...], databases: tuple[str, ...], output: Path | None, force: bool, jobs: int, sheet: str,
    hidden: bool, encoding: str,
) -> None:  # fmt: skip
    """Propose structures for the rows of a TABLE (CSV or XLSX). Nothing is attached: a person decides."""
    from pipeline.commands.match import HEADER, propose
    from pipeline.ingest.contributed.grid import Reading
    from pipeline.safety.outputs import Output

    whole = [table, *(path for path in libraries if not path.is_dir())]
    target = None if output is None else Output(output, whole, libraries, lambda text: text.startswith(HEADER), force)
    if target is not None:
        target.require()
    proposal = propose(table, libraries, databases, jobs=jobs, reading=Reading(sheet, hidden, encoding))
    for note in proposal.notes:
        say(plain(note), err=True)
    text = proposal.candidates.to_csv(index=False, lineterminator="\n")
    click.echo(text, nl=False) if target is None else target.write(text)


@main.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "changelog", "upstream"]),
    default="text",
    show_default=True,
    help="How to write it; 'upstream' tells the proven errors of OLD, each ready to be sent as an issue.",
)
@OUTPUT
@FORCE
@RAW
def diff(old: str, new: str, form: str, output: Path | None, force: bool, raw: Path) -> None:
    """Compare two releases by entry. OLD and NEW are release folders, pinned versions (1.1.1) or tags (v1.3.0)."""
    from pipeline.contribute.existing import read_from
    from pipeline.release.compare.diff import difference
    from pipeline.release.compare.diff_formats import EARLIER, FORMATS
    from pipeline.release.compare.published import published
    from pipeline.release.compare.upstream import EARLIER as UPSTREAM
    from pipeline.release.compare.upstream import as_upstream, judgements
    from pipeline.safety.outputs import Output

    earlier = UPSTREAM if form == "upstream" else EARLIER[form]
    whole = [*(Path(name) for name in (old, new) if Path(name).is_dir()), *read_from(raw)]
    target = None if output is None else Output(output, whole, (), lambda text: earlier.search(text) is not None, force)
    if target is not None:
        target.require()
    before, after = published(old, raw), published(new, raw)
    text = as_upstream(before, after, judgements(raw)) if form == "upstream" else FORMATS[form](difference(before, after))
    say(text, form, nl=False) if target is None else target.write(text)


@main.command()
@click.argument("version")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Day of the release; by default that of the last commit.")
@click.option("--dry-run", is_flag=True, help="Show everything, write nothing.")
@RAW
def release(version: str, date: datetime | None, dry_run: bool, raw: Path) -> None:
    """Build, judge and tag a release from a clean tree, with a folder ready to upload."""
    from pipeline.build import Options
    from pipeline.build import build as run
    from pipeline.release.publish.publish import release as publish

    day = f"{date:%Y-%m-%d}" if date else None
    publish(version, raw, lambda raw, out, stamp: run(Options(raw=raw, out=out, stamp=stamp)), say, date=day, dry_run=dry_run)


@main.command()
@click.argument("cifs", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@KEY
@click.option("--seed", type=int, metavar="N", help="Number for open structures and experiments; proprietary files need the key.")
@click.option(
    "--sigma",
    type=click.FloatRange(min=0, min_open=True, max=0.1),
    default=0.01,
    show_default=True,
    help="Standard deviation, fractional; proprietary files take the default only.",
)
def perturb(cifs: Path, out: Path, key_file: Path | None, seed: int | None, sigma: float) -> None:
    """Add noise that keeps the symmetry to every CIF of the folder CIFS: one file in OUT for each, under the same name."""
    from pipeline.structures.keys import read_key
    from pipeline.structures.noise import keyed, open_seed
    from pipeline.structures.perturb_folder import perturb_folder, report

    if sigma != sigma:  # nan passes every range
        raise click.BadParameter("nan is not a standard deviation", param_hint="--sigma")
    if key_file is not None and seed is None:
        noise = keyed(read_key(key_file))
    elif seed is not None and key_file is None:
        noise = open_seed(seed)
    else:
        raise click.UsageError("give either --key-file or --seed")
    done = perturb_folder(cifs, out, noise, sigma, inputs=[path for path in (key_file,) if path is not None])
    for name, each in done.items():
        for note in each.structure.notes:
            say(plain(f"{name}: {note}"), err=True)
    say(report(done))


for group in GROUPS:
    main.add_command(group)


@main.command()
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT.xlsx")
@BOOK
@FORCE
@RAW
def workbook(out: Path, workbook: Path | None, force: bool, raw: Path) -> None:
    """Write the curators' sheet with what the ledger changed: those cells, coloured, with reason and evidence as a note."""
    from pipeline.commands.workbook import written

    for line in written(out, raw, workbook, force=force):
        say(line)


@main.command()
@click.option("--audit", "wanted", flag_value="audit", default=True, help="Audit a split: leaks, near leaks, objective (the default).")
@click.option("--search", "wanted", flag_value="search", help="Search a better split.")
@click.option("--train", type=click.Path(path_type=Path), metavar="FILE", help="Training IDs to audit; by default the release's own.")
@click.option("--test", type=click.Path(path_type=Path), metavar="FILE", help="Test IDs to audit.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the search; it alone decides the outcome.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Folder for the split that is found.")
@click.option("--as-paper", is_flag=True, help="Search by the paper's rule: equal stoichiometries may stand on both sides.")
@TELL
@RELEASE
@RAW
def split(
    wanted: str,
    train: Path | None,
    test: Path | None,
    seed: int | None,
    output: Path | None,
    as_paper: bool,
    form: str,
    release: str | None,
    raw: Path,
) -> None:
    """Audit the split into training and test set, or search another. Exit status 1 when a paper or composition leaks."""
    from pipeline.commands.split import audited, searched, told

    if wanted == "search":
        if seed is None or output is None:
            lacks = " and ".join(name for name, value in (("--seed N", seed), ("--output DIR", output)) if value is None)
            raise InputError("a search needs --seed and --output", cure=f"add {lacks}")
        audits = searched(raw, release, train, test, seed=seed, output=output, as_paper=as_paper)
    elif seed is not None or output is not None or as_paper:
        raise InputError("--seed, --output and --as-paper belong to a search", cure="add --search, or leave them out")
    else:
        audits = audited(raw, release, train, test)
    say(told(audits, form), form)
    last = list(audits.values())[-1]
    sys.exit(1 if last.n_leaks["paper"] or last.n_leaks["composition"] else 0)


@main.command()
@click.option("--paper", "beside", is_flag=True, help="The paper's numbers beside those of release 1.0.1.")
@TELL
@RELEASE
@RAW
def stats(beside: bool, form: str, release: str | None, raw: Path) -> None:
    """Count the release: entries, structures, elements, space groups, repeated measurements, sources, groups."""
    from pipeline.commands.stats import beside_paper
    from pipeline.commands.stats import stats as run

    say(beside_paper(raw, release, form) if beside else run(raw, release, form), form)


@main.command()
@click.option("--seeds", type=click.IntRange(min=2), default=5, show_default=True, help="Models trained for each number.")
@TELL
@RELEASE
@RAW
def baseline(seeds: int, form: str, release: str | None, raw: Path) -> None:
    """Train the paper's two simple models: random forest and perceptron. Needs scikit-learn (the extra 'baseline')."""
    from pipeline.commands.baseline import baseline as run

    say(run(raw, release, form, seeds), form)


if __name__ == "__main__":
    sys.exit(main())
