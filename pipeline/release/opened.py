"""A release opened: the one reading of its cells, corrections, links, contributions, typed entries and split.

``build``, ``check`` and every command that tells a number of the release read it here, so that all of them tell the same. A part is
computed when it is asked for, once, and each table is held to its contract where it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import sources
from pipeline.correct import CORRECTIONS_FILE, LINK_COLUMNS, corrected, link_corrections, read_corrections, waivers_of_entries
from pipeline.errors import InputError
from pipeline.ingest import workbook
from pipeline.sources.workbook import pinned_book
from schemas import columns as col
from schemas import corrections as corrections_schema
from schemas import laskowski as laskowski_schema
from schemas import liion as liion_schema
from schemas import links as links_schema
from schemas import measurements as measurements_schema
from schemas import structures as structures_schema
from schemas.contract import held

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.correct import Correction, Waiver
    from pipeline.findings import Finding
    from pipeline.literature.source import Source
    from pipeline.release.edits import Edits, Own
    from pipeline.safety.workers import Workers
    from pipeline.sources.deposit import Deposit
    from pipeline.split import Audit
    from pipeline.split.sides import Split
    from pipeline.structures.cif import Structure
    from schemas.declarations import Declaration

CONTRIBUTIONS = "contributions"
Originals = Callable[[Iterable[str], Mapping[str, str], Collection[str]], tuple[dict[str, str], list[str]]]
#: What ``structures.csv`` says of noise under the secret key.
KEYED = "N(0, 0.01), keyed"


@dataclass(frozen=True, eq=False)
class Opened:
    """A release.

    Attributes
    ----------
    name
        Name of the pin that it stands on.
    source
        Gives the verified archive of that pin: literature tables, split, structures.
    sheet
        Gives the cells of the workbook, the pinned one or a curators' own.
    origin
        Where the workbook comes from, for messages.
    raw
        Folder of the pins, in which literature tables are declared.
    decisions
        Folder of corrections and waivers; ``None`` for a release as it was published.
    accepted
        Folders of accepted contributions. A later folder adds what the earlier ones do not have.
    originals
        Gives for the IDs of the entries, the texts of the other structures and the IDs of those with noise the text of each original
        structure with its noise, by ID, and the IDs of those that carried none before
        (:func:`pipeline.structures.private.private_originals`).
    own
        The curators' own workbook, where it takes the place of the pinned one.
    own_structures
        Folder of structures, ``<ID>.cif``, that take the place of those of the pin.
    by
        Workers that merge the records; by default it is done here.
    """

    name: str
    source: Callable[[], sources.Archive]
    sheet: Callable[[], pd.DataFrame]
    origin: str
    raw: Path
    decisions: Path | None = None
    accepted: tuple[Path, ...] = ()
    originals: Originals | None = None
    own: Own | None = None
    own_structures: Path | None = None
    by: Workers | None = None

    # --- what the sources hold ---------------------------------------------------------------------------------------
    @cached_property
    def archive(self) -> sources.Archive:
        """The verified sources of the pin."""
        return self.source()

    @cached_property
    def workbook_cells(self) -> pd.DataFrame:
        """The workbook: one row an entry, 28 columns, each cell as the sheet holds it."""
        return self.sheet()

    @cached_property
    def pinned_cells(self) -> pd.DataFrame:
        """The workbook of the pin, whichever one the release is built from: what was released last."""
        if self.own is None:
            return self.workbook_cells
        return workbook.cells(self.archive.read("workbook"), self.archive.file("workbook"))

    @cached_property
    def liion(self) -> pd.DataFrame:
        """The Liverpool Ionics Dataset, one row a record (:mod:`schemas.liion`)."""
        from pipeline.ingest.liion import liion

        found = liion(self.archive.read("liion"), self.archive.file("liion"))
        return held(found, liion_schema.schema(), stage="ingest liion", table_name="sources/liion.csv")

    @cached_property
    def laskowski(self) -> pd.DataFrame:
        """The Laskowski table, one row a record (:mod:`schemas.laskowski`)."""
        from pipeline.ingest.laskowski import laskowski

        archive = self.archive
        found = laskowski(archive.read("laskowski"), archive.read("laskowski_references"), archive.file("laskowski"))
        return held(found, laskowski_schema.schema(), stage="ingest laskowski", table_name="sources/laskowski.csv")

    @cached_property
    def contributed(self) -> tuple[pd.DataFrame | None, dict[str, str]]:
        """Accepted contributions: their cells, in the columns of the workbook, and the text of each structure by ID."""
        parts: list[pd.DataFrame] = []
        texts: dict[str, str] = {}
        for folder in self._folders:
            from pipeline.ingest.contributed.table import contributions

            cells, own = contributions(folder)
            known = {name for part in parts for name in part[col.ID]}
            parts.append(cells[~cells[col.ID].isin(known)])
            texts = {**own, **texts}
        if self.own is not None:
            self.own.refuse_taken(name for part in parts for name in part[col.ID])
        filled = [part for part in parts if len(part)]
        if not filled:
            return None, texts
        import pandas as pd

        return pd.concat(filled, ignore_index=True), texts

    @property
    def _folders(self) -> list[Path]:
        """Folders of accepted contributions that are there: what reads them is imported where there is something to read."""
        return [folder for folder in self.accepted if folder.is_dir()]

    @cached_property
    def published(self) -> pd.DataFrame:
        """Cells before any correction: the workbook's rows, then the contributed ones."""
        import pandas as pd

        new = self.contributed[0]
        return self.workbook_cells if new is None else pd.concat([self.workbook_cells, new], ignore_index=True)

    # --- literature ----------------------------------------------------------------------------------------------------
    @cached_property
    def deposits(self) -> list[tuple[Declaration, Deposit]]:
        """The literature tables that are declared beside the pins, each with its bytes, or why they are absent."""
        from pipeline.release.literature import deposits

        return deposits(self.raw)

    @cached_property
    def literature(self) -> list[Source]:
        """Every literature table that is there (:func:`pipeline.release.literature.literature`)."""
        from pipeline.literature.source import laskowski_table, liverpool_ionics
        from pipeline.release.literature import literature

        return literature([laskowski_table(self.laskowski), liverpool_ionics(self.liion)], self.deposits)

    # --- what curators decided -----------------------------------------------------------------------------------------
    @cached_property
    def edits(self) -> Edits | None:
        """What a curators' own sheet changed since the last release; ``None`` where the pinned sheet is used."""
        if self.own is None:
            return None
        decisions = [] if self.decisions is None else read_corrections(self.decisions)
        from pipeline.release.edits import edits

        return edits(self.own.book, self.pinned_cells, self.published, decisions)

    @cached_property
    def decided(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Cells with the curators' corrections, and one row a correction. Links are still as published."""
        if self.edits is not None:
            decisions: Sequence[Correction] = self.edits.corrections.open
        else:
            decisions = [] if self.decisions is None else read_corrections(self.decisions)
        return corrected(self.published, decisions, str((self.decisions or Path()) / CORRECTIONS_FILE))

    @cached_property
    def waivers(self) -> list[Waiver]:
        """Findings that curators accept."""
        return [] if self.decisions is None else waivers_of_entries(self.decisions)

    @cached_property
    def typed(self) -> pd.DataFrame:
        """Entries as a contributed row is compared with them: typed in a lenient reading (:func:`pipeline.ingest.workbook.typed`).

        The curators' corrections are in, links are as published: neither source tables nor contracts are needed, which a contributor
        should not wait for.
        """
        cells = self.decided[0]
        return workbook.typed(cells[~cells[col.ID].duplicated()])

    @cached_property
    def decided_entries(self) -> pd.DataFrame:
        """The same as typed values, index ID: what the records of the literature are looked for with."""
        return workbook.entries(self.decided[0], self.origin)

    # --- records, measurements, links -----------------------------------------------------------------------------------
    @cached_property
    def merged(self) -> pd.DataFrame:
        """Measurements of the literature tables, one row each (:data:`schemas.measurements.MERGED`)."""
        from pipeline.literature.merge import measurements

        found = measurements(self.literature, self.by)
        return held(found, measurements_schema.merged(), stage="merge", table_name="measurements.csv")

    @cached_property
    def links(self) -> pd.DataFrame:
        """Entries and the records found for them (:mod:`schemas.links`)."""
        from pipeline.literature import links

        found = links(self.decided_entries, self.merged, self.literature)
        return held(found, links_schema.schema(), stage="curate", table_name="links.csv")

    @cached_property
    def _ledger(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Cells as released, and every cell that was changed: by curators, then by the links that were found."""
        import pandas as pd

        from pipeline.literature import identifiers

        cells, applied = self.decided
        if self.decisions is not None:
            right = identifiers(self.decided_entries, self.links, self.literature)
            settled = zip(applied[col.ID], applied[col.COLUMN], strict=True)
            cells, relinked = corrected(cells, link_corrections(cells, right, self.links, settled), "links.csv")
            applied = pd.concat([applied, relinked], ignore_index=True)
        return cells, held(applied, corrections_schema.schema(), stage="correct", table_name="corrections.csv")

    # --- the release -----------------------------------------------------------------------------------------------------
    @cached_property
    def cells(self) -> pd.DataFrame:
        """The sheet to be released: one row an entry, 28 columns."""
        return self._ledger[0]

    @cached_property
    def corrections(self) -> pd.DataFrame:
        """One row a cell that differs from the published one (:mod:`schemas.corrections`)."""
        return self._ledger[1]

    @cached_property
    def entries(self) -> pd.DataFrame:
        """The same as typed values, index ID (:mod:`schemas.entries`)."""
        import pandas as pd

        entries, cells = self.decided_entries, self.cells
        links = {str(c): pd.Series([workbook.text(v) for v in cells[c]], dtype="str", index=entries.index) for c in LINK_COLUMNS}
        return entries.assign(**links)

    @cached_property
    def _placed(self) -> tuple[Split, list[Finding]]:
        """The published split with new entries placed behind it, and findings about those that would tie both sides together."""
        from pipeline.split import extend
        from pipeline.split.sides import Split, read_ids

        entries, archive = (
            self.typed,
            self.archive,
        )  # ties are papers and compositions: neither links nor contracts, a second each, change one
        known = [*entries.index, *(self.edits.removed if self.edits else ())]
        sides = [read_ids(archive.read(side).decode("utf-8-sig"), archive.file(side), known) for side in ("train", "test")]
        there = frozenset(entries.index)
        published = [[name for name in side if name in there] for side in sides]
        train, test, bridging = extend(entries, *published)
        grown = [
            [*old, *(name for name in entries.index if name in new)]
            for old, new in zip(published, (train.difference(published[0]), test.difference(published[1])), strict=True)
        ]
        return Split(*grown), bridging

    @cached_property
    def split(self) -> Split:
        """IDs of both sides; an entry may be in neither."""
        return self._placed[0]

    @cached_property
    def bridging(self) -> list[Finding]:
        """Findings about new entries that are in neither set, since they would tie both together."""
        return self._placed[1]

    # --- structures -------------------------------------------------------------------------------------------------------
    @cached_property
    def moved(self) -> tuple[dict[str, str], list[str]]:
        """Text of each original structure with its noise by ID, and the IDs of those that carried none before."""
        return ({}, []) if self.originals is None else self.originals(self.entries.index, self._others, self._noisy)

    @cached_property
    def _others(self) -> dict[str, str]:
        """Text of each structure file of the pin and of the contributions; of a curators' own sheet those of its rows."""
        pinned = self.archive.structures()
        if self.edits is not None:
            pinned = {name: text for name, text in pinned.items() if name not in self.edits.removed}
        return {**pinned, **self.contributed[1], **self.replaced}

    @cached_property
    def replaced(self) -> dict[str, str]:
        """Text of each structure of the curators' own folder that is of an entry, by ID."""
        if self.own_structures is None:
            return {}
        from pipeline.release.edits import own_structures

        return own_structures(self.own_structures, self.entries.index, self.edits.removed if self.edits else ())

    @cached_property
    def _noisy(self) -> dict[str, str]:
        """Noise that these carry: what the pin is known for, and what the records of acceptance vouch for."""
        return self._noise_of(self.decided_entries)

    def _noise_of(self, entries: pd.DataFrame) -> dict[str, str]:
        new = self.contributed[1]
        in_icsd = set(entries.index[entries[col.ICSD_ID].notna()])
        if self.own is not None:  # the pin knows it, whatever became of the column
            pinned = self.pinned_cells
            in_icsd |= {str(name) for name, number in zip(pinned[col.ID], pinned[col.ICSD_ID], strict=True) if workbook.text(number)}
        theirs = {
            name: "source" for name, text in self.archive.structures().items()
            if name in in_icsd and name not in new and self.replaced.get(name, text) == text
        }  # fmt: skip
        vouched: set[str] = set()
        for folder in self._folders:
            from pipeline.ingest.contributed.record import all_verified

            vouched |= all_verified(folder, new)
        return theirs | dict.fromkeys(sorted(vouched), KEYED)

    @cached_property
    def texts(self) -> dict[str, str]:
        """Text of each structure file by ID: those of the pin, of the contributions, and originals with their noise."""
        return {**self._others, **self.moved[0]}

    @cached_property
    def noise(self) -> dict[str, str]:
        """Noise that a structure file carries, by ID: ``source``, or the noise that this program added."""
        return {**self._noisy, **dict.fromkeys(self.moved[0], KEYED)}

    @property
    def with_noise(self) -> frozenset[str]:
        """IDs of the structures of the pin and of the contributions that carry noise, in the lenient reading of :attr:`typed`."""
        return frozenset(self._noise_of(self.typed))

    @cached_property
    def structures(self) -> dict[str, Structure]:
        """Structures that can be read, by ID; what cannot is for the checks to say."""
        from pipeline.structures.cif import CifError, read

        found: dict[str, Structure] = {}
        for name, text in sorted(self.texts.items()):
            try:
                found[name] = read(text, f"{name}.cif")
            except CifError:
                continue
        return found

    @cached_property
    def matches(self) -> pd.DataFrame:
        """How each structure fits its row: exact, close or outside (:mod:`schemas.structures`)."""
        from pipeline.structures.matching.match import structures

        found = structures(self.entries, {**self.texts, **self.structures}, perturbation=self.noise)
        return held(found, structures_schema.schema(), stage="match", table_name="structures.csv")

    # --- numbers ----------------------------------------------------------------------------------------------------------
    def audit(self, split: Split | None = None) -> Audit:
        """Audit of the release's split, or of another."""
        from pipeline.split import audit

        sides = split or self.split
        return audit(self.entries, frozenset(sides.test), self.texts.keys(), frozenset(sides.train))

    @cached_property
    def statistics(self) -> dict[str, Any]:
        """``statistics.json``: the numbers of the release (:func:`pipeline.reporting.statistics.statistics`)."""
        from pipeline.reporting.statistics import statistics
        from pipeline.split import groups

        return statistics(
            self.entries,
            self.structures,
            self.liion,
            self.laskowski,
            self.links,
            self.split.train,
            self.split.test,
            matches=self.matches,
            groups=groups(self.entries),
            audit=self.audit().as_dict(),
            literature=self.literature,
        )


def opened(
    raw: Path,
    release: str | None = None,
    *,
    as_published: bool = False,
    own: Own | None = None,
    structures: Path | None = None,
    originals: Originals | None = None,
) -> Opened:
    """Open a release: a pin as it was published, or without a name the present one, corrected and with accepted contributions.

    Parameters
    ----------
    raw
        Folder of pins and decisions.
    release
        Name of a pin.
    as_published
        Leave corrections, waivers and contributions of the present release out.
    own
        A workbook in place of the pinned one; by default the one that ``[workbook]`` of the pins names, if it does.
    structures
        Folder of structures, ``<ID>.cif``, in place of those of the pin with the same ID.
    originals
        As of :class:`Opened`.

    Raises
    ------
    InputError
        When there is no such pin. A source that cannot be read is told when it is asked for.
    """
    pins = sources.pins(raw)
    if release is not None and release not in pins:
        raise InputError(f"no such pin: {release}", file=raw / sources.PINS, cure=f"the pins are {', '.join(pins)}")
    pin = pins[release] if release else next(iter(pins.values()))
    archive = sources.open_archive(pin, raw)
    plain = as_published or release is not None
    if own is None and release is None and (found := pinned_book(raw)):
        from pipeline.release.edits import Own

        own = Own(found)
    folders = () if plain else (raw / CONTRIBUTIONS,)
    decisions = None if plain else raw
    if own is None:
        sheet, origin = lambda: workbook.cells(archive.read("workbook"), archive.file("workbook")), archive.file("workbook")
    else:
        sheet, origin = lambda: own.book.cells, own.file.name
    return Opened(pin.name, lambda: archive, sheet, origin, raw, decisions, folders, originals, own, structures)
