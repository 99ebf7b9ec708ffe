"""The release folder, written beside and put in its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.release.manifest import program_version
from schemas import columns as col
from schemas.files import MODEL_SIDES, STRUCTURE_LINES

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.literature.source import Source
    from pipeline.release.version import Stamp
    from pipeline.split.sides import Split
    from pipeline.structures.cif import Structure


@dataclass(frozen=True)
class Release:
    """All that a release holds.

    Attributes
    ----------
    cells, entries
        The sheet to be released, and the same as typed values.
    texts
        Text of each structure file by ID.
    structures
        The same, read; files that cannot be read are absent.
    split
        The split. An entry may be in neither set.
    tables
        Every other table by its path in the release folder.
    documents
        JSON documents by their path in the release folder.
    provenance
        The pinned source, as ``RELEASE.json`` tells it.
    findings
        Number of findings by severity and status.
    as_published
        Whether corrections, waivers and contributions were left out.
    stamp
        Version and date of the release; none before the first one.
    """

    cells: pd.DataFrame
    entries: pd.DataFrame
    texts: Mapping[str, str]
    structures: Mapping[str, Structure]
    split: Split
    tables: Mapping[str, pd.DataFrame]
    documents: Mapping[str, Any]
    provenance: Mapping[str, Any]
    findings: Mapping[str, Mapping[str, int]]
    as_published: bool
    stamp: Stamp | None = None


def write(release: Release, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Write every data file and ``RELEASE.json`` into an empty folder; give the content of the latter.

    ``quick`` leaves out what tells nothing new: the structures for pymatgen.
    """
    from pipeline.release import archives, manifest, tables
    from pipeline.release.lines import lines

    sides = {"all": list(release.entries.index), "train": release.split.train, "test": release.split.test}
    place = {name: number for number, name in enumerate(release.cells[col.ID].tolist())}
    for name, ids in sides.items():
        side = release.cells.iloc[[place[name] for name in ids]]
        tables.write_csv(side, folder / f"{name}.csv")
        tables.write_xlsx(side, folder / f"{name}.xlsx")
        archives.write_archives(release.texts, ids, name, folder)
    for name in ("train", "test"):
        tables.write_idx(sides[name], folder / f"{name}_idx.csv")
    archives.write_structures(release.texts, folder / archives.STRUCTURES_FOLDER)
    known = {col.ENTRIES: release.entries, **release.tables}
    written = {tables.PROCESSED: tables.processed(release.cells, known, as_published=release.as_published), **release.tables}
    for path, table in written.items():
        tables.write_csv(table, folder / path)
    model = tables.model(written[tables.PROCESSED], release.split, release.texts)
    for name, path in zip(("train", "test"), MODEL_SIDES, strict=True):
        tables.write_csv(model.set_index(str(col.ID), drop=False).loc[sides[name]], folder / path)
    if not quick:
        with (folder / STRUCTURE_LINES).open("w", encoding="ascii", newline="\n") as file:
            file.writelines(lines(model, release.structures))
    for path, document in release.documents.items():
        manifest.write_json(document, folder / path)
    counts: dict[str, Any] = {path: len(table) for path, table in written.items()}
    counts |= {f"{name}.csv": len(ids) for name, ids in sides.items()}
    counts |= {"structures": len(release.texts), "findings": release.findings, "close_matches": _close_matches(release)}
    about = manifest.manifest(release.provenance, counts, as_published=release.as_published, stamp=release.stamp)
    manifest.write_json(about, folder / manifest.MANIFEST)
    return about


def _close_matches(release: Release) -> dict[str, int]:
    """How many structures are declared close matches, and how many of those lie outside the window that the word stands for."""
    declared = set(release.entries.index[release.entries[col.CLOSE_MATCH] == "Yes"]) & set(release.texts)
    fits = release.tables["structures.csv"]
    outside = fits[(fits[col.MATCH] == "outside") & fits[col.ID].isin(declared)]
    return {"declared": len(declared), "outside": len(outside)}


def title(release: Release) -> str:
    """What the release is called on its pages: a build that is no release says so."""
    from pipeline.release.metadata import about

    stamp = {} if release.stamp is None else {"version": release.stamp.version}
    version = about.version({**stamp, "source": release.provenance, "as_published": release.as_published})
    return f"OBELiX {version}" + (" as published" if release.as_published else "")


def report(
    release: Release, statistics: Mapping[str, Any], literature: Sequence[Source], before: Collection[str], folder: Path, models: Path
) -> int:
    """Draw the figures and write the page: what changed since the release with the entries ``before``, and the leaderboard of recorded
    models where there is one; give the number of figures.
    """
    from pipeline.release.metadata.about import issues
    from pipeline.reporting.benchmark_page import sections
    from pipeline.reporting.contents import Contents
    from pipeline.reporting.figures import figures
    from pipeline.reporting.page import page
    from pipeline.split import groups

    train, test = release.split.train, release.split.test
    drawn = figures(release.entries, statistics, list(release.structures), train, test, folder / "figures")
    contents = Contents(
        title=title(release),
        subtitle=_subtitle(release),
        entries=release.entries,
        statistics=statistics,
        figures=drawn,
        structures=release.structures,
        train_ids=train,
        test_ids=test,
        groups=groups(release.entries),
        findings=release.tables["findings.csv"],
        candidates=release.tables["candidates.csv"],
        links=release.tables["links.csv"],
        corrections=release.tables["corrections.csv"],
        fits=release.tables["structures.csv"],
        texts=release.texts,
        sources=literature,
        since=str(release.provenance["version"]),
        before=before,
        issues=issues(),
        more=sections(models),
    )
    (folder / "report.html").write_text(page(contents), encoding="utf-8", newline="\n")
    return len(drawn)


def _subtitle(release: Release) -> str:
    """Whether this is a release and of which day, what it was built from, and with what."""
    source, stamp = release.provenance, release.stamp
    book = source.get("members", {}).get("workbook", {}).get("file")
    built = f"built from {source['package']} {source['version']}{f' with the sheet {book}' if book else ''}"
    made = f"{built} by obelix-curate {program_version(stamp)}."
    if release.as_published:
        return f"The published data, {made}"
    return f"Released on {stamp.date}, {made}" if stamp is not None and stamp.date else f"Not a release yet: {made}"


def seal(release: Release, about: Mapping[str, Any], folder: Path) -> None:
    """Write what describes the other files: the metadata, from the content of ``RELEASE.json``, and last the checksums."""
    from pipeline.release.manifest import write_checksums
    from pipeline.release.metadata import metadata

    metadata(folder, about, release.structures)
    write_checksums(folder)
