"""The entries that a contributed row is compared with."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline import sources
from pipeline.errors import InputError
from pipeline.ingest import workbook
from pipeline.ingest.contributed.table import contributions
from pipeline.reporting.formats import write
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
CONTRIBUTIONS = "contributions"
#: Pins and decisions as the installed package carries them, for a run outside a checkout (an action, a hook).
PACKAGED = Path(__file__).parent.parent / "raw"
#: The same in the checkout that an editable installation points to.
CHECKOUT = Path(__file__).parent.parent.parent / "raw"


@dataclass(frozen=True)
class Existing:
    """Entries of the dataset, typed (see :func:`typed`), or why there are none."""

    entries: pd.DataFrame | None
    reason: str = ""


def existing(raw: Path) -> Existing:
    """Entries of the pinned workbook, corrected, and of every accepted contribution.

    The workbook and not ``curated/``: it is verified against its hash, so the answer is the same in every checkout, while
    ``curated/`` is what some earlier build left (another pin, ``--as-published``, before the last contribution). ``curated/all.csv``
    beside ``raw`` stands in when the workbook is not there and cannot be fetched. Without both there is nothing to compare with, and the
    reason says so.
    """
    decisions = next((path for path in (raw, PACKAGED, CHECKOUT) if (path / sources.PINS).is_file()), raw)
    accepted, _ = contributions(raw / CONTRIBUTIONS)
    try:
        pin = sources.default_pin(decisions)
        published = _published(pin, cache() if decisions == PACKAGED else decisions)
        cells = _corrected(_joined(published, accepted), decisions)
    except (InputError, OSError) as error:
        built = raw.parent / "curated" / "all.csv"
        if not built.is_file():
            what = error.what if isinstance(error, InputError) else str(error.strerror or error)
            return Existing(None, f"the published entries could not be read ({what})")
        cells = _joined(_built(built), accepted)
    return Existing(typed(cells))


def prepare(raw: Path) -> None:
    """Read the entries of the default pin once and keep them, so that the first check after a fetch is as quick as the next."""
    _published(sources.default_pin(raw), raw)


def _published(pin: sources.Pin, home: Path) -> pd.DataFrame:
    """Cells of the pinned workbook, kept as JSON beside the archive once they have been read.

    Opening archive and workbook takes 0.5 s of CPU, half as much as all the rest of a check. The file names the hash of the workbook
    that it was read from and its own, and is passed over when either is another.
    """
    import pandas as pd

    path = sources.downloads(home) / f"{pin.archive}.cells.json"
    sha256 = pin.members["workbook"].sha256
    try:
        kept = json.loads(path.read_bytes())
        if kept["workbook"] == sha256 and kept["sha256"] == _hash(kept["cells"]) and kept["columns"] == list(map(str, col.RELEASE)):
            return pd.DataFrame(kept["cells"], columns=pd.Index(kept["columns"], dtype=object), dtype=object)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    archive = sources.open_archive(pin, home)
    cells = workbook.cells(archive.read("workbook"), archive.file("workbook"))
    rows = cells.to_numpy().tolist()
    with suppress(InputError, TypeError):  # a folder that cannot be written to costs time only
        write(path, json.dumps({"workbook": sha256, "sha256": _hash(rows), "columns": list(cells.columns), "cells": rows}) + "\n")
    return cells


def _hash(rows: list[list[object]]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def cache() -> Path:
    """Folder for downloads of a program that does not run in a checkout."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "obelix-curate"


def _corrected(cells: pd.DataFrame, raw: Path) -> pd.DataFrame:
    from pipeline.correct import corrected, read_corrections

    decisions = read_corrections(raw) if (raw / "corrections.yaml").is_file() else []
    return corrected(cells, decisions, str(raw / "corrections.yaml"))[0] if decisions else cells


def _built(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"not the table of a release: {error}", file=path, cure="build again with 'obelix-curate build'") from None
    if missing := [str(column) for column in col.RELEASE if column not in table.columns]:
        what = f"not the table of a release: it lacks {', '.join(missing)}"
        raise InputError(what, file=path, cure="build again with 'obelix-curate build'")
    return table[[str(column) for column in col.RELEASE]].astype(object)


def _joined(cells: pd.DataFrame, accepted: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    new = accepted[~accepted[col.ID].isin(set(cells[col.ID]))]
    return pd.concat([cells, new], ignore_index=True) if len(new) else cells


def typed(cells: pd.DataFrame, keys: Sequence[str] | None = None) -> pd.DataFrame:
    """Cells as typed entries, without the demand that nothing is missing.

    One row an entry, index ``ID`` (or ``keys``), columns as in :mod:`schemas.entries`. A cell that is not of its column's type is a
    missing value: whoever calls has said so already. :func:`pipeline.ingest.workbook.entries` is the strict reading, for the release;
    its contract costs a second, which a contributor should not wait for.
    """
    import pandas as pd

    from schemas.contract import DTYPES
    from schemas.entries import COLUMNS

    index = pd.Index([str(key) for key in (cells[col.ID] if keys is None else keys)], name=str(col.ID), dtype="str")
    columns: dict[str, list[object]] = {}
    for column in col.RELEASE:
        values = cells[column].tolist()
        if column == col.IONIC_CONDUCTIVITY:
            pairs = [_lenient(workbook.conductivity, value) for value in values]
            columns[column] = [None if pair is None else pair[0] for pair in pairs]
            columns[col.BOUND] = [None if pair is None else pair[1] for pair in pairs]
        else:
            reader = _READERS[column.type]
            columns[column] = [_lenient(reader, value) for value in values]
    series = {str(column): pd.Series(columns[column], dtype=DTYPES[column.type], index=index) for column in COLUMNS if column != col.ID}
    return pd.DataFrame(series, index=index)


_READERS: dict[col.Type, Callable[[Any], object]] = {"text": workbook.text, "number": workbook.number, "integer": workbook.integer}


def _lenient(reader: Callable[[Any], T], value: object) -> T | None:
    try:
        return reader(value)
    except (ValueError, OverflowError):
        return None


def taken(ids: Iterable[str]) -> frozenset[str]:
    """IDs in lower case, as file names of some systems are compared."""
    return frozenset(name.casefold() for name in ids)
