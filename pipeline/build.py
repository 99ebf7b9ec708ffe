"""The assembly line, from the pinned sources to a release folder. Read it from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import sources
from pipeline.checks.findings import findings_table
from pipeline.correct import corrected, read_corrections, read_waivers, waived
from pipeline.errors import InputError
from pipeline.ingest import workbook
from pipeline.ingest.laskowski import laskowski
from pipeline.ingest.liion import liion
from pipeline.reporting.progress import Ledger, tally
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Options:
    """How to build.

    Attributes
    ----------
    raw, out
        Folder of the pins and decisions; folder that the release takes the place of.
    as_published
        Leave corrections and waivers out: the tables are those of the pinned workbook, cell by cell.
    quick
        Leave the gate, the figures and the report out.
    """

    raw: Path
    out: Path
    as_published: bool = False
    quick: bool = False


@dataclass(frozen=True)
class Built:
    """A finished build: findings and the stages that ran."""

    findings: pd.DataFrame
    ledger: Ledger
    places: dict[str, str]

    @property
    def open_errors(self) -> int:
        """Number of error findings that are neither corrected nor waived."""
        return tally(self.findings)["error"].get("open", 0)


@dataclass(frozen=True)
class Split:
    """IDs of both sides, in their published order."""

    train: list[str]
    test: list[str]


@dataclass(frozen=True)
class Release:
    """All that a release holds, before it is written.

    Attributes
    ----------
    cells, entries
        The sheet to be released, and the same as typed values.
    structures
        Text of each structure file by ID.
    split
        The split.
    findings
        What the checks said, each with its status.
    tables
        Every other table by its path in the release folder.
    """

    cells: pd.DataFrame
    entries: pd.DataFrame
    structures: dict[str, str]
    split: Split
    findings: pd.DataFrame
    tables: dict[str, pd.DataFrame]


def build(options: Options) -> Built:
    """Run the whole line and put the release in its place."""
    ledger = Ledger()
    with ledger.stage("fetch", "the pinned sources") as stage:
        archive = sources.open_archive(sources.default_pin(options.raw), options.raw)
        stage.note = f"{archive.pin.package} {archive.pin.version}, SHA-256 verified"
    with ledger.stage("ingest workbook", "the curators' workbook") as stage:
        published = workbook.cells(archive.read("workbook"), archive.file("workbook"))
        structures = archive.structures()
        split = Split(_ids(archive, "train"), _ids(archive, "test"))
        stage.rows_in, stage.rows_out, stage.note = _records(archive, "workbook"), len(published), f"{len(structures)} structures"
    with ledger.stage("ingest liion", "the Liverpool Ionics Dataset") as stage:
        liion_records = liion(archive.read("liion"), archive.file("liion"))
        at_room = int(liion_records[col.AT_ROOM_TEMPERATURE].sum())
        stage.rows_in, stage.rows_out, stage.note = _records(archive, "liion"), len(liion_records), f"{at_room} at room temperature"
    with ledger.stage("ingest laskowski", "the Laskowski table") as stage:
        laskowski_records = laskowski(archive.read("laskowski"), archive.read("laskowski_references"), archive.file("laskowski"))
        mended = int(laskowski_records[col.REPAIRS].notna().sum())
        stage.rows_in, stage.rows_out, stage.note = _records(archive, "laskowski"), len(laskowski_records), f"{mended} repaired"
    with ledger.stage("correct", "what curators decided") as stage:
        decisions = [] if options.as_published else read_corrections(options.raw)
        cells, applied = corrected(published, decisions, str(options.raw / "corrections.yaml"))
        stage.rows_in, stage.rows_out, stage.note = len(published), len(cells), f"{len(applied)} cells corrected"
    with ledger.stage("check", "every entry") as stage:
        entries = workbook.entries(cells, archive.file("workbook"))
        findings = _findings(options, published, entries, structures, split, applied)
        stage.rows_in, stage.rows_out, stage.note = len(entries), len(findings), "rows out are findings"
    tables = {
        "sources/liion.csv": liion_records,
        "sources/laskowski.csv": laskowski_records,
        "corrections.csv": applied,
    }
    with ledger.stage("emit", "the release") as stage:
        emit(options, archive, Release(cells, entries, structures, split, findings, tables))
        stage.rows_in = stage.rows_out = len(cells)
    places = {"release": str(options.out), "findings": str(options.out / "findings.csv")}
    return Built(findings, ledger, places)


def _records(archive: sources.Archive, role: str) -> int:
    return archive.pin.members[role].records


def _ids(archive: sources.Archive, role: str) -> list[str]:
    """IDs of one side of the published split. An ID is text."""
    lines = archive.read(role).decode("utf-8-sig").split()
    if not lines or lines[0] != col.ID:
        raise InputError(f"the header is not {col.ID}", file=archive.file(role), row=1)
    return lines[1:]


def _findings(
    options: Options, published: pd.DataFrame, entries: pd.DataFrame, structures: dict[str, str], split: Split, applied: pd.DataFrame
) -> pd.DataFrame:
    """Findings on the entries as released, and those that a correction has settled (status ``corrected``)."""
    from pipeline.checks.run import Subject, check

    test_ids = frozenset(split.test)
    found = list(check(Subject(entries=entries, structures=structures, test_ids=test_ids)))
    if options.as_published:
        return findings_table(found)
    mended = set(applied[col.ID])
    before = workbook.entries(published[published[col.ID].isin(mended)])
    own = {name: text for name, text in structures.items() if name in mended}
    still = {(f.id, f.check, f.column) for f in found}
    earlier = check(Subject(entries=before, structures=own, test_ids=test_ids)) if mended else ()
    settled = [replace(f, status="corrected") for f in earlier if (f.id, f.check, f.column) not in still]
    return findings_table([*waived(found, read_waivers(options.raw), "waiver.unused"), *settled])


def emit(options: Options, archive: sources.Archive, release: Release) -> None:
    """Write the release folder beside, then put it in its place."""
    from pipeline.release import archives, manifest, tables
    from pipeline.release.folder import replaced

    sides = {"all": list(release.entries.index), "train": release.split.train, "test": release.split.test}
    by_id = release.cells.set_index(str(col.ID), drop=False)
    with replaced(options.out) as folder:
        for name, ids in sides.items():
            side = release.cells if name == "all" else by_id.loc[ids]
            tables.write_csv(side, folder / f"{name}.csv")
            tables.write_xlsx(side, folder / f"{name}.xlsx")
            archives.write_archives(release.structures, ids, name, folder)
        for name in ("train", "test"):
            tables.write_idx(sides[name], folder / f"{name}_idx.csv")
        archives.write_structures(release.structures, folder / archives.STRUCTURES_FOLDER)
        others = {
            "processed.csv": tables.processed(release.cells, release.entries, as_published=options.as_published),
            "findings.csv": release.findings,
            **release.tables,
        }
        for path, table in others.items():
            tables.write_csv(table, folder / path)
        counts: dict[str, Any] = {path: len(table) for path, table in others.items()}
        counts |= {"all.csv": len(by_id), "train.csv": len(sides["train"]), "test.csv": len(sides["test"])}
        counts |= {"structures": len(release.structures), "findings": tally(release.findings)}
        about = manifest.manifest(_provenance(archive), counts, as_published=options.as_published)
        manifest.write_json(about, folder / manifest.MANIFEST)
        manifest.write_checksums(folder)


def _provenance(archive: sources.Archive) -> dict[str, Any]:
    pin = archive.pin
    members = {role: {"path": m.path, "sha256": m.sha256, "records": m.records} for role, m in pin.members.items()}
    return {"package": pin.package, "version": pin.version, "archive": pin.archive, "sha256": pin.sha256, "members": members}
