"""The entries that a contributed row is compared with."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__, sources
from pipeline.errors import InputError
from pipeline.ingest import workbook
from pipeline.release.opened import CONTRIBUTIONS, Opened
from pipeline.safety.outputs.files import put
from pipeline.sources.workbook import pinned_book
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.correct import Waiver
    from pipeline.release.edits import Own
    from pipeline.split.sides import Split

#: Why nothing is compared when the user asked for that.
ALONE = "--without-dataset was given"


@dataclass(frozen=True)
class Existing:
    """Entries of the dataset (:attr:`pipeline.release.opened.Opened.typed`); ``None`` when rows are checked alone: ``reason`` says why."""

    entries: pd.DataFrame | None
    reason: str = ""
    dataset: Dataset | None = None


@dataclass(frozen=True)
class Dataset:
    """The entries as cells, with their structures, for whoever replaces or copies one.

    Attributes
    ----------
    published, cells
        One row an entry, the columns of the workbook: as the sources and contributions have them, and as curators corrected them.
    structures
        Gives the text of each entry's structure file by ID.
    waivers
        Gives the findings that curators accept.
    noisy
        Gives the IDs of the structures that carry noise.
    split
        Gives the split, accepted rows placed; absent where nobody asks for it.
    """

    published: pd.DataFrame
    cells: pd.DataFrame
    structures: Callable[[], Mapping[str, str]]
    waivers: Callable[[], Sequence[Waiver]]
    noisy: Callable[[], Collection[str]] = frozenset
    split: Callable[[], Split] | None = None


def existing(raw: Path | None = None) -> Existing:
    """The entries of :func:`entries`, or an error that tells a contributor what a check needs.

    Raises
    ------
    InputError
        When there is nothing to compare with. Nothing stands in for it: a check that could not compare must not say yes.
    """
    try:
        found = _opened(raw)
        cells = found.decided[0]
        dataset = Dataset(found.published, cells, lambda: found.texts, lambda: found.waivers, lambda: found.with_noise, lambda: found.split)
        return Existing(found.typed, dataset=dataset)
    except InputError as error:
        if error.row is not None:  # a row of a contribution: its own message says all
            raise
        raise InputError(
            f"the dataset that rows are compared with cannot be read: {error.what}",
            file=error.file,
            cure=f"{error.cure or 'mend the file named'}; then run 'obelix-curate fetch'. 'check --without-dataset' checks rows alone",
        ) from error


def entries(raw: Path | None = None) -> pd.DataFrame:
    """Entries of the pinned workbook, corrected, and of every accepted contribution, typed (see :func:`pipeline.ingest.workbook.typed`).

    Without ``raw``, pins and corrections are those that travel with the program: the working folder may be somebody's pull request,
    which must not choose what is installed, read or compared with. What the working folder may hold is data: the archive, since its
    SHA-256 is that of the pin, and the rows under its ``raw/contributions``. With ``raw``, all of them are that folder's.

    Never ``curated/``: it is what some earlier build left (another pin, ``--as-published``, before the last contribution).

    Raises
    ------
    InputError
        When a source, the corrections or a contribution cannot be read.
    """
    return _opened(raw).typed


def _opened(raw: Path | None) -> Opened:
    decisions = sources.travelling() if raw is None else raw
    pin = sources.default_pin(decisions)
    folders = {path.resolve(): path / CONTRIBUTIONS for path in (decisions, Path("raw") if raw is None else raw)}
    own = _own(decisions)
    return Opened(
        pin.name,
        source=lambda: sources.opened(pin, sources.find(pin, raw)),
        sheet=(lambda: _published(pin, raw)) if own is None else lambda: own.book.cells,
        origin=pin.members["workbook"].path if own is None else own.file.name,
        raw=decisions,
        decisions=decisions,
        accepted=tuple(folders.values()),
        own=own,
    )


def sheet(raw: Path) -> pd.DataFrame:
    """Cells of the workbook alone, one row an entry, without corrections and contributions. Raises ``InputError`` as :func:`entries`."""
    own = _own(raw)
    return _published(sources.default_pin(raw), raw) if own is None else own.book.cells


def _own(raw: Path) -> Own | None:
    """The curators' own workbook, where the pins name one; what reads it is imported only then."""
    found = pinned_book(raw)
    if found is None:
        return None
    from pipeline.release.edits import Own

    return Own(found)


def read_from(raw: Path | None = None) -> list[Path]:
    """Every file and folder that :func:`entries` reads: no output may lie there."""
    decisions, work = (sources.travelling(), Path("raw")) if raw is None else (raw, raw)
    files = [folder / name for folder in dict.fromkeys((decisions, work)) for name in (sources.PINS, "corrections.yaml", "waivers.yaml")]
    return [*files, work / CONTRIBUTIONS, decisions / CONTRIBUTIONS, *sources.places(raw)]


def prepare(raw: Path | None) -> None:
    """Read the entries of the default pin once and keep them, so that the first check after a fetch is as quick as the next."""
    _published(sources.default_pin(sources.travelling() if raw is None else raw), raw)


def _published(pin: sources.Pin, raw: Path | None) -> pd.DataFrame:
    """Cells of the pinned workbook, kept as JSON in the user's cache once they have been read.

    Opening archive and workbook takes 0.5 s of CPU, half as much as all the rest of a check. The archive itself must be there and have
    its hash each time; what is kept is believed for that hash and this program only (see :func:`_kept`).
    """
    import pandas as pd

    path = sources.find(pin, raw)
    kept = _kept(pin)
    if kept is not None:
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            head, _, body = kept.read_bytes().partition(b"\n")
            if json.loads(head) == {"sha256": hashlib.sha256(body).hexdigest()}:
                document = json.loads(body)
                return pd.DataFrame(document["cells"], columns=pd.Index(document["columns"], dtype=object), dtype=object)
    archive = sources.opened(pin, path)
    cells = workbook.cells(archive.read("workbook"), archive.file("workbook"))
    if kept is not None:
        with suppress(OSError, InputError, TypeError):  # a folder that cannot be written to costs time only
            text = json.dumps({"columns": list(cells.columns), "cells": cells.to_numpy().tolist()})
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            put(kept, f"{json.dumps({'sha256': hashlib.sha256(text.encode()).hexdigest()})}\n{text}")
    return cells


def _kept(pin: sources.Pin) -> Path | None:
    """File in the user's cache for the cells of a pin; ``None`` where a file could have been put there by somebody else.

    Its name is the hash of everything that the cells follow from: the archive, the member and the code that reads it. Its place is the
    user's own: what lies below the working folder or in a repository may have come with a pull request, and what others may write to is not
    the user's.
    """
    folder = sources.cache()
    if folder is None:
        return None
    folder = folder.resolve() / "entries"
    try:
        if Path.cwd().resolve() in folder.parents or any((parent / ".git").exists() for parent in folder.parents):
            return None
        if folder.exists() and os.name == "posix" and ((about := folder.stat()).st_uid != os.geteuid() or about.st_mode & 0o022):
            return None
        code = Path(str(workbook.__file__)).read_bytes() + Path(str(col.__file__)).read_bytes()
    except OSError:
        return None
    parts = (pin.sha256, pin.members["workbook"].path, pin.members["workbook"].sha256, __version__, hashlib.sha256(code).hexdigest())
    return folder / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}.json"


def taken(ids: Iterable[str]) -> frozenset[str]:
    """IDs in lower case, as file names of some systems are compared."""
    return frozenset(name.casefold() for name in ids)
