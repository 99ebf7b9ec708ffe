"""The assembly line, from the pinned sources to a release folder. Read it from top to bottom."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import sources
from pipeline.checks.run import check
from pipeline.checks.subject import Subject
from pipeline.correct import LINK_COLUMNS, decided
from pipeline.findings import Finding, findings_table
from pipeline.ingest import workbook
from pipeline.literature import accounted, records
from pipeline.literature.source import WITNESS, named
from pipeline.release import emit
from pipeline.release.emit import Release
from pipeline.release.folder import replaced, require_replaceable
from pipeline.release.opened import CONTRIBUTIONS, Opened, opened
from pipeline.release.version import Stamp, read_stamp
from pipeline.reporting.progress import Ledger, tally
from pipeline.safety.workers import workers
from pipeline.structures.matching.descriptor import of_structures
from pipeline.structures.matching.match import candidates
from schemas import candidates as candidates_schema
from schemas import columns as col
from schemas import findings as findings_schema
from schemas import measurements as measurements_schema
from schemas import records as records_schema
from schemas.contract import held

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.safety.workers import Workers


@dataclass(frozen=True)
class Options:
    """How to build.

    Attributes
    ----------
    raw, out
        Folder of the pins and decisions; folder that the release takes the place of.
    as_published
        Leave corrections, waivers and contributions out: the tables are those of the pinned workbook, cell by cell.
    quick
        Leave the gate, the figures, the report and the structures for pymatgen out.
    private_cifs, key_file
        Folder of original structures, ``<ID>.cif``, and the file with the secret key of their noise. Each takes the place of the
        structure that its entry has.
    jobs
        Processes for the gate and the report.
    scheduler
        Address of a Dask scheduler, whose workers merge the records, account for them and check the entries.
    workbook
        A curators' own sheet in place of the released one; by default the one that ``[workbook]`` of the pins names, if it does.
    structures
        Folder of structures, ``<ID>.cif``, in place of those of the pin with the same ID.
    conforming
        Write the structure files in today's names, with the formula sum of one unit, DOI and citation; by default they keep their bytes.
    data_docs
        Write the Data Docs of Great Expectations beside the gate's own page.
    stamp
        Version and date that the release bears; by default those of ``raw/release.toml``, none as published.
    """

    raw: Path
    out: Path
    as_published: bool = False
    quick: bool = False
    private_cifs: Path | None = None
    key_file: Path | None = None
    jobs: int = 1
    stamp: Stamp | None = None
    workbook: Path | None = None
    structures: Path | None = None
    conforming: bool = False
    data_docs: bool = False
    scheduler: str | None = None


@dataclass(frozen=True)
class Built:
    """A finished build: findings, expectations of the gate that were not met, the stages that ran, and what a curators' sheet changed."""

    findings: pd.DataFrame
    unmet: tuple[str, ...]
    ledger: Ledger
    places: dict[str, str]
    edits: tuple[str, ...] = ()

    @property
    def open_errors(self) -> int:
        """Number of error findings that are neither corrected nor decided on by a waiver, and of expectations that the gate saw broken."""
        return tally(self.findings)["error"].get("open", 0) + len(self.unmet)


def build(options: Options) -> Built:
    """Run the whole line and put the release in its place: each stage is a function below, in this order.

    Raises
    ------
    InputError
        When a source cannot be used, or the folder of the release must not be replaced; nothing is read before that is known.
    """
    require_replaceable(options.out, *_read(options))
    ledger = Ledger()
    with workers(1, options.scheduler) as by:
        base = _fetch(options, ledger, by)
        _ingest(base, options, ledger)
        _merge(base, ledger)
        curated = _curate(base, ledger)
        _correct(base, ledger)
        _perturb(base, ledger)
        _split(base, ledger)
        offered = _match(base, ledger)
        findings = _check(base, curated, ledger)
    release = _release(base, options, {**curated, "structures.csv": base.matches, "candidates.csv": offered, "findings.csv": findings})
    unmet = _write(release, base, options, ledger)
    edits = () if base.edits is None else tuple(base.edits.told(f"{base.archive.pin.package} {base.archive.pin.version}"))
    return Built(findings, unmet, ledger, _places(options), edits)


def findings_of(release: Opened) -> pd.DataFrame:
    """Every doubt about the entries of a release that is not written, as ``findings.csv`` has them."""
    ledger = Ledger(quiet=True)
    return _check(release, _curate(release, ledger), ledger)


def _read(options: Options) -> tuple[list[Path], list[Path]]:
    """What a build reads: files and folders that the release must not take the place of, and those that it must not lie in either."""
    given = (options.raw, options.private_cifs, options.key_file, options.workbook, options.structures)
    read = [path for path in given if path is not None]
    return read, [options.raw / CONTRIBUTIONS, sources.downloads(options.raw)]


def _fetch(options: Options, ledger: Ledger, by: Workers | None) -> Opened:
    """The pinned sources, verified."""
    with ledger.stage("fetch", "the pinned sources") as stage:
        folder, key = options.private_cifs, options.key_file
        originals = own = None
        if folder is not None:
            from pipeline.structures.private import private_originals

            originals = partial(private_originals, folder, key)
        if options.workbook is not None:
            from pipeline.release.edits import Own
            from pipeline.sources.workbook import read_book

            own = Own(read_book(options.workbook))
        found = opened(options.raw, as_published=options.as_published, own=own, structures=options.structures, originals=originals)
        pin = found.archive.pin
        stage.note = f"{pin.package} {pin.version}, SHA-256 verified"
    return replace(found, by=by)


def _ingest(release: Opened, options: Options, ledger: Ledger) -> None:
    """Workbook, source tables and accepted rows, each read from its own source."""
    with ledger.stage("ingest workbook", "the curators' workbook") as stage:
        stage.rows_in = _records(release, "workbook") if release.own is None else len(release.own.book.cells)
        stage.rows_out = len(release.workbook_cells)
        stage.note = f"{len(release.archive.structures())} structures"
        if release.own is not None:
            stage.note = f"{release.own.file.name}, not the released sheet; {stage.note} of the pin"
        if release.own_structures is not None:
            stage.note += f", {len(release.replaced)} of {release.own_structures.name} in their place or beside them"
    with ledger.stage("ingest liion", "the Liverpool Ionics Dataset") as stage:
        stage.rows_in, stage.rows_out = _records(release, "liion"), len(release.liion)
        stage.note = f"{int(release.liion[col.AT_ROOM_TEMPERATURE].sum())} at room temperature"
    with ledger.stage("ingest laskowski", "the Laskowski table") as stage:
        stage.rows_in, stage.rows_out = _records(release, "laskowski"), len(release.laskowski)
        stage.note = f"{int(release.laskowski[col.REPAIRS].notna().sum())} repaired"
    for declared, deposit in release.deposits:
        with ledger.stage(f"ingest {declared.name}", declared.title) as stage:
            source = named(release.literature).get(declared.name)
            if source is None:
                stage.note = f"absent: {deposit.absent}"
                continue
            stage.rows_in = stage.rows_out = len(source.table)
            stage.note = f"{declared.role}; {len(source.described)} readable and at room temperature"
    if not options.as_published:
        with ledger.stage("ingest contributions", "accepted rows") as stage:
            cells, texts = release.contributed
            stage.rows_in = stage.rows_out = 0 if cells is None else len(cells)
            stage.note = f"{len(texts)} structures"


def _merge(release: Opened, ledger: Ledger) -> None:
    """Records into measurements."""
    with ledger.stage("merge", "records into measurements") as stage:
        merging = [source for source in release.literature if source.is_merged]
        stage.rows_in, stage.rows_out = sum(len(source.described) for source in merging), len(release.merged)
        stage.note = f"of {len(merging)} sources"


def _curate(release: Opened, ledger: Ledger) -> dict[str, pd.DataFrame]:
    """Entries to their records: the source tables, measurements, records and links of the release, by path."""
    with ledger.stage("curate", "entries to their records") as stage:
        links = release.links
        merged = accounted(release.merged, links, release.decided_entries, release.by)
        merged = held(merged, measurements_schema.schema(), stage="curate", table_name="measurements.csv")
        accounts = records(merged, release.literature, links)
        accounts = held(accounts, records_schema.schema(), stage="curate", table_name="records.csv")
        states = ", ".join(f"{count} {state}" for state, count in accounts[col.RECORD_STATE].value_counts().items())
        stage.rows_in, stage.rows_out, stage.note = sum(len(source.table) for source in release.literature), len(accounts), states
    return {
        **{f"sources/{source.name}.csv": source.table for source in release.literature if source.role != WITNESS},
        "measurements.csv": merged,
        "records.csv": accounts,
        "links.csv": links,
    }


def _correct(release: Opened, ledger: Ledger) -> None:
    """Every changed cell through the ledger: what curators decided, and the links that were found."""
    with ledger.stage("correct", "what curators decided, and links") as stage:
        stage.rows_in, stage.rows_out = len(release.published), len(release.entries)
        relinked = int(release.corrections[col.COLUMN].isin(list(map(str, LINK_COLUMNS))).sum())
        stage.note = f"{len(release.corrections)} cells corrected, {relinked} of them links to the source tables"
        if release.edits is not None:
            sorted_out = release.edits.corrections
            stage.note += f"; {len(sorted_out.mended)} mended in the sheet, {len(sorted_out.idle)} without a cell"


def _perturb(release: Opened, ledger: Ledger) -> None:
    """Noise for original structures, where there are any."""
    if release.originals is None:
        return
    with ledger.stage("perturb", "original structures") as stage:
        stage.rows_in, stage.rows_out = map(len, release.moved)
        stage.note = "rows out carry new noise, the others carried it already"


def _split(release: Opened, ledger: Ledger) -> None:
    """The published split, new entries placed behind it."""
    with ledger.stage("split", "new entries") as stage:
        split = release.split
        stage.rows_in, stage.rows_out = len(release.entries), len(split.train) + len(split.test)
        stage.note = f"{len(split.train)} train, {len(split.test)} test"


def _match(release: Opened, ledger: Ledger) -> pd.DataFrame:
    """Structures offered to rows without one (``candidates.csv``), behind the fit of those that are there."""
    with ledger.stage("match", "structures to their rows") as stage:
        without = release.entries[~release.entries.index.isin(release.texts)]
        offered = candidates(without, of_structures(release.structures))
        offered = held(offered, candidates_schema.schema(), stage="match", table_name="candidates.csv")
        verdicts = release.matches[col.MATCH].value_counts()
        stage.rows_in, stage.rows_out = len(release.texts), len(release.matches)
        stage.note = ", ".join(f"{verdicts[kind]} {kind}" for kind in col.MATCH.categories or () if kind in verdicts)
        stage.note += f"; {len(offered)} candidates for {offered[col.ID].nunique()} of {len(without)} rows without one"
    return offered


def _check(release: Opened, curated: Mapping[str, pd.DataFrame], ledger: Ledger) -> pd.DataFrame:
    """Every doubt about the entries, with what became of it (``findings.csv``)."""
    with ledger.stage("check", "every entry") as stage:
        subject = Subject(
            entries=release.entries, structures=release.texts, links=release.links, measurements=curated["measurements.csv"],
            sources=tuple(release.literature),
            test_ids=frozenset(release.split.test), train_ids=frozenset(release.split.train), noisy=frozenset(release.noise),
        )  # fmt: skip
        relinked = release.corrections[release.corrections[col.COLUMN].isin(list(map(str, LINK_COLUMNS)))]
        renamed = set(zip(relinked[col.ID], relinked[col.COLUMN], strict=True))
        found = [*check(subject, release.by), *release.bridging]
        settled = _settled(release, subject, found)
        why = _reasons(release.corrections)
        found = [replace(f, status="corrected", reason=why(f)) if (f.id, f.column) in renamed else f for f in found]
        findings = findings_table([*decided(found, release.waivers, "waiver.unused"), *settled])
        findings = held(findings, findings_schema.schema(), stage="check", table_name="findings.csv")
        stage.rows_in, stage.rows_out, stage.note = len(release.entries), len(findings), "rows out are findings"
    return findings


def _settled(release: Opened, subject: Subject, found: list[Finding]) -> list[Finding]:
    """Findings on the corrected entries as they were that are gone now (status ``corrected``).

    Only checks of links read the links, and those tell a published link that was corrected whether it still stands there or not.
    """
    mended = set(release.decided[1][col.ID])
    if not mended:
        return []
    before = workbook.entries(release.published[release.published[col.ID].isin(mended)])
    own = {name: text for name, text in subject.structures.items() if name in mended}
    still = {(f.id, f.check, f.column) for f in found}
    earlier = check(replace(subject, entries=before, structures=own, links=None, train_ids=None, test_ids=None))
    why = _reasons(release.corrections[~release.corrections[col.COLUMN].isin(list(map(str, LINK_COLUMNS)))])
    return [replace(f, status="corrected", reason=why(f)) for f in earlier if (f.id, f.check, f.column) not in still]


def _reasons(corrections: pd.DataFrame) -> Callable[[Finding], str]:
    """Why a finding is gone: the reason of the correction of its cell, else of all corrections of its entry."""
    cells: dict[tuple[str, str], str] = {}
    rows: dict[str, list[str]] = {}
    for name, column, reason in zip(corrections[col.ID], corrections[col.COLUMN], corrections[col.REASON], strict=True):
        cells[name, column] = reason
        rows.setdefault(name, []).append(reason)
    return lambda finding: cells.get((finding.id, finding.column)) or " ".join(dict.fromkeys(rows.get(finding.id, [])))


def _release(base: Opened, options: Options, tables: Mapping[str, pd.DataFrame]) -> Release:
    """All that is written."""
    stamp = None if options.as_published else options.stamp or read_stamp(options.raw)
    texts = base.texts
    if options.conforming:
        from pipeline.release.conforming import conforming

        texts = conforming(base.texts, base.structures, base.entries)
    return Release(
        base.cells, base.entries, texts, base.structures, base.split, {**tables, "corrections.csv": base.corrections},
        {"statistics.json": base.statistics}, _provenance(base), tally(tables["findings.csv"]), options.as_published, stamp,
    )  # fmt: skip


def _write(release: Release, base: Opened, options: Options, ledger: Ledger) -> tuple[str, ...]:
    """Write the release into its folder, judge it, and put it in its place; give the expectations that it does not meet."""
    unmet: tuple[str, ...] = ()
    with replaced(options.out, *_read(options)) as folder:
        with ledger.stage("emit", "the release") as stage:
            about = emit.write(release, folder, quick=options.quick)
            stage.rows_in = stage.rows_out = len(release.cells)
        if not options.quick:
            with ledger.stage("report and gate", "figures, page, and the whole release against the previous one") as stage:
                unmet, stage.note = _judge(release, base, options, folder)
        emit.seal(release, about, folder)
    return unmet


def _judge(release: Release, base: Opened, options: Options, folder: Path) -> tuple[tuple[str, ...], str]:
    """Figures, page and gate: the expectations that are not met, and the whole in words."""
    from pipeline.release.gate import gate

    previous = workbook.entries(base.pinned_cells, base.archive.file("workbook"))
    split, findings, before = release.split, release.tables["findings.csv"], list(map(str, previous.index))
    drawn, verdict = _both(
        options.jobs,
        (emit.report, (release, release.documents["statistics.json"], base.literature, before, folder, _models(options.raw))),
        (gate, (release.entries, previous, findings, split.train, split.test, folder / "gate", emit.title(release), options.data_docs)),
    )
    unmet = tuple(f"{check.kind} {check.column}".strip() for check in verdict.failed)
    note = f"{drawn} figures; {len(verdict.checks) - len(unmet)} of {len(verdict.checks)} expectations met"
    return unmet, note + (f", not met: {', '.join(unmet)}" if unmet else "")


def _models(raw: Path) -> Path:
    """Folder of the recorded models of a checkout."""
    return raw.absolute().parent / "models"


def _places(options: Options) -> dict[str, str]:
    """Where the files are that a reader opens first."""
    places = {"release": str(options.out), "findings": str(options.out / "findings.csv")}
    if options.quick:
        return places
    return places | {"report": str(options.out / "report.html"), "gate": str(options.out / "gate" / "index.html")}


def _both(jobs: int, *calls: tuple[Callable[..., Any], tuple[Any, ...]]) -> list[Any]:
    """Results of independent calls, in processes of their own when there is more than one job."""
    if jobs == 1:
        return [function(*arguments) for function, arguments in calls]
    from pipeline.safety.processes import pool

    with pool(jobs) as workers:
        return [future.result() for future in [workers.submit(function, *arguments) for function, arguments in calls]]


def _records(release: Opened, role: str) -> int:
    """Number of records that the pin says a source has."""
    return release.archive.pin.members[role].records


def _provenance(base: Opened) -> dict[str, Any]:
    """The pinned source and its members, and every declared table; in place of the pin's workbook a curators' own, and what it changed."""
    pin = base.archive.pin
    members: dict[str, dict[str, Any]] = {
        role: {"path": m.path, "sha256": m.sha256, "records": m.records} for role, m in pin.members.items()
    }
    told: dict[str, Any] = {"package": pin.package, "version": pin.version, "archive": pin.archive, "sha256": pin.sha256}
    if pin.date:
        told["date"] = pin.date
    if base.own is not None and base.edits is not None:
        members["workbook"] = {"file": base.own.file.name, "sha256": base.own.file.sha256, "records": len(base.own.book.cells)}
        told["edits"] = base.edits.as_dict()
    if base.own_structures is not None:
        files = {name: text.encode() for name, text in base.replaced.items()}
        sha256 = hashlib.sha256(sources.listing(files)).hexdigest()
        members["own structures"] = {"folder": base.own_structures.resolve().name, "sha256": sha256, "records": len(files)}
    there = named(base.literature)
    literature = [
        {"name": d.name, "title": d.title, "reference": d.reference, "licence": d.licence, "role": d.role, "sha256": d.sha256,
         "records": len(there[d.name].table)}
        for d, _ in base.deposits if d.name in there
    ]  # fmt: skip
    return told | {"members": members} | ({"literature": literature} if literature else {})
