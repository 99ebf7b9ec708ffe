"""The assembly line, from the pinned sources to a release folder. Read it from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import sources
from pipeline.checks.run import Subject, check
from pipeline.correct import corrected, link_corrections, read_corrections, read_waivers, waived
from pipeline.errors import InputError
from pipeline.findings import Finding, findings_table
from pipeline.ingest import workbook
from pipeline.ingest.contributed.table import contributions
from pipeline.ingest.laskowski import laskowski
from pipeline.ingest.liion import liion
from pipeline.literature import accounted, identifiers, links, records
from pipeline.literature.merge import measurements
from pipeline.release import emit
from pipeline.release.emit import Release, Split
from pipeline.release.folder import replaced
from pipeline.release.gate import gate
from pipeline.release.version import Stamp, read_stamp
from pipeline.reporting.progress import Ledger, tally
from pipeline.reporting.statistics import statistics
from pipeline.split import audit, extend, groups
from pipeline.structures.cif import Structure
from pipeline.structures.matching.descriptor import of_structures
from pipeline.structures.matching.match import candidates
from pipeline.structures.matching.match import structures as structure_matches
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

CONTRIBUTIONS = "contributions"


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
        Leave the gate, the figures and the report out.
    private_cifs, key_file
        Folder of original structures, ``<ID>.cif``, and the file with the secret key of their noise. Each takes the place of the
        structure that its entry has.
    jobs
        Processes for the gate and the report.
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


@dataclass(frozen=True)
class Built:
    """A finished build: findings, expectations of the gate that were not met, and the stages that ran."""

    findings: pd.DataFrame
    unmet: tuple[str, ...]
    ledger: Ledger
    places: dict[str, str]

    @property
    def open_errors(self) -> int:
        """Number of error findings that are neither corrected nor waived, and of expectations that the gate saw broken."""
        return tally(self.findings)["error"].get("open", 0) + len(self.unmet)


def build(options: Options) -> Built:
    """Run the whole line and put the release in its place."""
    ledger = Ledger()
    with ledger.stage("fetch", "the pinned sources") as stage:
        archive = sources.open_archive(sources.default_pin(options.raw), options.raw)
        stage.note = f"{archive.pin.package} {archive.pin.version}, SHA-256 verified"
    with ledger.stage("ingest workbook", "the curators' workbook") as stage:
        published = workbook.cells(archive.read("workbook"), archive.file("workbook"))
        texts = archive.structures()
        stage.rows_in, stage.rows_out, stage.note = _records(archive, "workbook"), len(published), f"{len(texts)} structures"
    with ledger.stage("ingest liion", "the Liverpool Ionics Dataset") as stage:
        liion_records = liion(archive.read("liion"), archive.file("liion"))
        at_room = int(liion_records[col.AT_ROOM_TEMPERATURE].sum())
        stage.rows_in, stage.rows_out, stage.note = _records(archive, "liion"), len(liion_records), f"{at_room} at room temperature"
    with ledger.stage("ingest laskowski", "the Laskowski table") as stage:
        laskowski_records = laskowski(archive.read("laskowski"), archive.read("laskowski_references"), archive.file("laskowski"))
        mended = int(laskowski_records[col.REPAIRS].notna().sum())
        stage.rows_in, stage.rows_out, stage.note = _records(archive, "laskowski"), len(laskowski_records), f"{mended} repaired"
    new_texts: dict[str, str] = {}
    if not options.as_published:
        with ledger.stage("ingest contributions", "accepted rows") as stage:
            new_cells, new_texts = contributions(options.raw / CONTRIBUTIONS)
            published, texts = _joined(published, new_cells), {**texts, **new_texts}
            stage.rows_in = stage.rows_out = len(new_cells)
            stage.note = f"{len(new_texts)} structures"
    with ledger.stage("correct", "what curators decided") as stage:
        decisions = [] if options.as_published else read_corrections(options.raw)
        waivers = [] if options.as_published else read_waivers(options.raw)
        cells, applied = corrected(published, decisions, str(options.raw / "corrections.yaml"))
        entries = workbook.entries(cells, archive.file("workbook"))
        stage.rows_in, stage.rows_out, stage.note = len(published), len(cells), f"{len(applied)} cells corrected"
    in_icsd = frozenset(entries.index[entries[col.ICSD_ID].notna()])
    noise = {name: "source" for name in texts if name in in_icsd and name not in new_texts}
    if options.private_cifs is not None:
        with ledger.stage("perturb", "original structures") as stage:
            own, moved = _perturbed(options.private_cifs, options.key_file, entries)
            texts, noise = {**texts, **own}, {**noise, **dict.fromkeys(moved, "N(0, 0.01), keyed")}
            stage.rows_in, stage.rows_out = len(own), len(moved)
            stage.note = "rows out carry new noise, the others carried it already"
    with ledger.stage("merge", "records into measurements") as stage:
        merged = measurements(liion_records, laskowski_records)
        stage.rows_in, stage.rows_out = at_room + len(laskowski_records), len(merged)
    with ledger.stage("curate", "entries to their records") as stage:
        found_links = links(entries, merged, liion_records, laskowski_records)
        merged = accounted(merged, found_links, entries)
        accounts = records(merged, liion_records, laskowski_records, found_links)
        states = ", ".join(f"{count} {state}" for state, count in accounts[col.RECORD_STATE].value_counts().items())
        stage.rows_in, stage.rows_out, stage.note = len(liion_records) + len(laskowski_records), len(accounts), states
    with ledger.stage("split", "new entries") as stage:
        split, bridging = _split(archive, entries)
        stage.rows_in, stage.rows_out = len(entries), len(split.train) + len(split.test)
        stage.note = f"{len(split.train)} train, {len(split.test)} test"
    subject = Subject(
        entries=entries, structures=texts, links=found_links, measurements=merged, test_ids=frozenset(split.test),
        train_ids=frozenset(split.train), noisy=frozenset(noise),
    )  # fmt: skip
    with ledger.stage("match", "structures to their rows") as stage:
        structures = {name: found for name, found in subject.parsed.items() if isinstance(found, Structure)}
        matches = structure_matches(entries, {**texts, **structures}, perturbation=noise)
        without = entries[~entries.index.isin(texts)]
        offered = candidates(without, of_structures(structures))
        verdicts = matches[col.MATCH].value_counts()
        stage.rows_in, stage.rows_out = len(texts), len(matches)
        stage.note = ", ".join(f"{verdicts[kind]} {kind}" for kind in ("exact", "close", "outside", "unreadable") if kind in verdicts)
        stage.note += f"; {len(offered)} candidates for {offered[col.ID].nunique()} of {len(without)} rows without one"
    with ledger.stage("check", "every entry") as stage:
        found = [*check(subject), *bridging]
        settled = _settled(published, applied, subject, found)
        if not options.as_published:
            right = identifiers(entries, found_links, laskowski_records)
            decided = zip(applied[col.ID], applied[col.COLUMN], strict=True)
            cells, relinked = corrected(cells, link_corrections(cells, right, found_links, decided))
            entries = entries.assign(**{label: right[label] for label in right.columns})
            applied, renamed = _joined(applied, relinked), set(zip(relinked[col.ID], relinked[col.COLUMN], strict=True))
            found = [replace(f, status="corrected") if (f.id, f.column) in renamed else f for f in found]
        findings = findings_table([*waived(found, waivers, "waiver.unused"), *settled])
        stage.rows_in, stage.rows_out, stage.note = len(entries), len(findings), "rows out are findings"
    tables = {
        "sources/liion.csv": liion_records,
        "sources/laskowski.csv": laskowski_records,
        "measurements.csv": merged,
        "records.csv": accounts,
        "links.csv": found_links,
        "structures.csv": matches,
        "candidates.csv": offered,
        "findings.csv": findings,
        "corrections.csv": applied,
    }
    numbers = statistics(
        entries,
        structures,
        liion_records,
        laskowski_records,
        found_links,
        split.train,
        split.test,
        groups=groups(entries),
        audit=audit(entries, split.test, list(texts), split.train).as_dict(),
    )
    release = Release(
        cells, entries, texts, structures, split, tables, {"statistics.json": numbers}, _provenance(archive), tally(findings),
        options.as_published, None if options.as_published else options.stamp or read_stamp(options.raw),
    )  # fmt: skip
    unmet: tuple[str, ...] = ()
    with replaced(options.out) as folder:
        with ledger.stage("emit", "the release") as stage:
            about = emit.write(release, folder)
            stage.rows_in = stage.rows_out = len(cells)
        if not options.quick:
            with ledger.stage("report and gate", "figures, page, and the whole release against the previous one") as stage:
                previous = workbook.entries(workbook.cells(archive.read("workbook"), archive.file("workbook")))
                drawn, verdict = _both(
                    options.jobs,
                    (emit.report, (release, numbers, folder)),
                    (gate, (entries, previous, findings, split.train, split.test, folder / "gate")),
                )
                unmet = tuple(f"{check.expectation} {check.column}".strip() for check in verdict.failed)
                stage.note = f"{drawn} figures; {len(verdict.checks) - len(unmet)} of {len(verdict.checks)} expectations met" + (
                    f", not met: {', '.join(unmet)}" if unmet else ""
                )
        emit.seal(release, about, folder)
    places = {"release": str(options.out), "findings": str(options.out / "findings.csv")}
    if not options.quick:
        places |= {"report": str(options.out / "report.html"), "gate": str(options.out / "gate" / "index.html")}
    return Built(findings, unmet, ledger, places)


def _both(jobs: int, *calls: tuple[Callable[..., Any], tuple[Any, ...]]) -> list[Any]:
    """Results of independent calls, in processes of their own when there is more than one job."""
    if jobs == 1:
        return [function(*arguments) for function, arguments in calls]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return [future.result() for future in [pool.submit(function, *arguments) for function, arguments in calls]]


def _perturbed(folder: Path, key_file: Path | None, entries: pd.DataFrame) -> tuple[dict[str, str], list[str]]:
    """Text of each original structure with its entry's noise, by ID, and the IDs that did not carry noise before.

    Raises
    ------
    InputError
        When there is no key, or a file belongs to no entry or cannot be perturbed.
    """
    from pipeline.structures.perturb import perturbed_files, read_key

    if key_file is None:
        raise InputError("original structures are released with keyed noise only", file=folder, cure="name the secret key with --key-file")
    strangers = sorted(path.name for path in folder.glob("*.cif") if path.stem not in entries.index)
    if strangers:
        raise InputError(
            f"no entry has the ID of {', '.join(strangers[:10])}", file=folder, cure="name each file <ID>.cif after its entry, or remove it"
        )
    proprietary = entries.index[entries[col.ICSD_ID].notna()].tolist()
    done = {Path(name).stem: result for name, result in perturbed_files(folder, key=read_key(key_file), proprietary=proprietary).items()}
    return {name: result.text for name, result in done.items()}, [name for name, result in done.items() if result.changed]


def _records(archive: sources.Archive, role: str) -> int:
    return archive.pin.members[role].records


def _joined(published: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([published, new], ignore_index=True) if len(new) else published


def _split(archive: sources.Archive, entries: pd.DataFrame) -> tuple[Split, list[Finding]]:
    """The published split, new entries placed behind it; findings about those that would tie both sides together."""
    published = Split(_ids(archive, "train"), _ids(archive, "test"))
    train, test, bridging = extend(entries, published.train, published.test)
    grown = Split(*([*side, *(i for i in entries.index if i in all_ids and i not in set(side))] for side, all_ids in
                    ((published.train, train), (published.test, test))))  # fmt: skip
    return grown, bridging


def _ids(archive: sources.Archive, role: str) -> list[str]:
    """IDs of one side of the published split. An ID is text."""
    lines = archive.read(role).decode("utf-8-sig").split()
    if not lines or lines[0] != col.ID:
        raise InputError(f"the header is not {col.ID}", file=archive.file(role), row=1)
    return lines[1:]


def _settled(published: pd.DataFrame, applied: pd.DataFrame, subject: Subject, found: list[Finding]) -> list[Finding]:
    """Findings on the corrected entries as they were that are gone now (status ``corrected``)."""
    mended = set(applied[col.ID])
    if not mended:
        return []
    before = workbook.entries(published[published[col.ID].isin(mended)])
    own = {name: text for name, text in subject.structures.items() if name in mended}
    still = {(f.id, f.check, f.column) for f in found}
    earlier = check(replace(subject, entries=before, structures=own, links=None, train_ids=None, test_ids=None))
    return [replace(f, status="corrected") for f in earlier if (f.id, f.check, f.column) not in still]


def _provenance(archive: sources.Archive) -> dict[str, Any]:
    pin = archive.pin
    members = {role: {"path": m.path, "sha256": m.sha256, "records": m.records} for role, m in pin.members.items()}
    return {"package": pin.package, "version": pin.version, "archive": pin.archive, "sha256": pin.sha256, "members": members}
