"""Accept a contributed table: new IDs, and rows and structures filed under ``raw/contributions``, all or nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__, sources
from pipeline.contribute.check import Checked, check
from pipeline.contribute.existing import taken
from pipeline.contribute.files import DONE, NO_STRUCTURE
from pipeline.contribute.identifiers import new_ids
from pipeline.dois import bare, cited
from pipeline.errors import InputError
from pipeline.ingest.contributed.grid import ASKED_NOTHING, Reading
from pipeline.ingest.contributed.record import RECORD, VERIFIED
from pipeline.ingest.contributed.record import sha256 as file_sha256
from pipeline.ingest.contributed.table import TABLE, accepted
from pipeline.release.opened import CONTRIBUTIONS
from pipeline.release.tables import require_inert
from pipeline.reporting.report import Report
from pipeline.safety.documents import yaml_text
from pipeline.safety.locks import locked
from pipeline.safety.outputs.folders import exchanged, only
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.structures.noise import Noise

#: Held from the reading of the existing entries to the filing of the new ones: of two acceptances at once the second sees the first's.
LOCK = ".contributions.lock"
#: Seconds that an acceptance waits for another: a check of ten thousand rows takes less.
PATIENCE = 60.0


@dataclass(frozen=True)
class Accepted:
    """What became of a table: the report, and, when it has no error, the folder and the new ID of each row."""

    report: Report
    folder: Path | None = None
    ids: tuple[str, ...] = ()


def accept(
    table: Path,
    cifs: Path | None,
    raw: Path | None = None,
    by: str | None = None,
    on: date | None = None,
    *,
    reading: Reading = ASKED_NOTHING,
    key_file: Path | None = None,
) -> Accepted:
    """Check the table and file it under ``raw/contributions/<date>-<DOI>/``.

    The folder holds ``rows.csv`` (the 28 columns of the release), ``<ID>.cif`` and ``contribution.yaml`` (who, when, which papers, the
    contributor's own IDs). It is written beside and renamed; with any error among the findings nothing is written.

    Parameters
    ----------
    table, cifs, raw
        As for :func:`pipeline.contribute.check.check`. Without ``raw`` the rows are filed in the working folder's, whose pins must then
        be those that travel with the program.
    by
        Who accepts it; by default the name and address that git knows.
    on
        Day of acceptance; by default today.
    reading
        The sheet, the hidden parts and the encoding that the user asked for.
    key_file
        File of the secret key. A structure whose mark it verifies carries noise: it is filed as perturb writes it, and its SHA-256 is
        recorded as verified.

    Raises
    ------
    InputError
        When the input is unusable, the existing entries cannot be read (the new IDs could clash with theirs), or nobody is named.
    """
    home = require_home(raw)
    with alone(home):
        checked = check(table, cifs, raw, reading=reading, noise=None if key_file is None else _noise(key_file))
        return _filed(checked, table, home, by, on)


def require_home(raw: Path | None) -> Path:
    """The folder ``raw`` that rows are filed in; by default that of the working folder.

    Raises
    ------
    InputError
        When it is none, or, unless it was named, when its default pin is not the one that travels with the program.
    """
    home = Path("raw") if raw is None else raw
    if not (home / sources.PINS).is_file():
        raise InputError("this is not the folder raw of a checkout", file=home, cure="run in a checkout, or name its folder with --raw")
    if raw is None and sources.default_pin(home) != sources.default_pin(sources.travelling()):
        raise InputError(
            "its default pin is not the one that travels with the program: the rows would be compared with another dataset",
            file=home / sources.PINS,
            cure="if you trust this folder, name it: --raw raw",
        )
    return home


def _filed(checked: Checked, table: Path, home: Path, by: str | None, on: date | None) -> Accepted:
    if checked.report.has_errors:
        return Accepted(checked.report)
    if checked.existing.entries is None:
        raise InputError(f"rows cannot be accepted unseen: {checked.existing.reason}", cure="run 'obelix-curate fetch' and try again")
    who = (by or _git_user()).strip()
    if not who:
        raise InputError("nobody is named who accepts the rows", cure="name yourself: --by 'Name <address>'")
    ids = new_ids(checked.contribution.cells, taken(checked.existing.entries.index))
    day = (on or date.today()).isoformat()
    cells = filed(checked, ids)
    parent = home / CONTRIBUTIONS
    folder = _free(parent, f"{day}-{_slug(str(cells.at[0, col.DOI]))}")
    with exchanged(folder, only(())) as scratch:
        require_inert(cells, folder / TABLE, "correct the cell in the table that was sent")
        (scratch / TABLE).write_text(_csv(cells), encoding="utf-8", newline="")
        for position, text in checked.structures.items():
            (scratch / f"{ids[position]}.cif").write_text(text, encoding="utf-8", newline="")
        (scratch / RECORD).write_text(_record(checked, table, ids, who, day), encoding="utf-8", newline="")
        _verify(scratch, cells, {ids[position]: text for position, text in checked.structures.items()})
    return Accepted(checked.report, folder, ids)


def _noise(key_file: Path) -> Noise:
    from pipeline.structures.keys import read_key
    from pipeline.structures.noise import keyed

    return keyed(read_key(key_file))


@contextmanager
def alone(raw: Path) -> Iterator[None]:
    """Nobody else accepts or renumbers meanwhile. Raises ``InputError`` when somebody does for longer than a minute."""
    busy = InputError("another acceptance is under way", file=raw, cure="wait for it and try again")
    try:
        with locked(raw / LOCK, PATIENCE, busy):
            yield
    except PermissionError as error:
        raise InputError(
            f"the folder cannot be written: {error.strerror}", file=error.filename or raw, cure="mend its permissions"
        ) from None


def filed(checked: Checked, ids: tuple[str, ...]) -> pd.DataFrame:
    """The rows as they are filed: new IDs; the symbol of the space group and the state of the structure where they were blank."""
    cells = checked.contribution.cells.copy()
    cells[col.ID] = list(ids)
    for position in range(len(cells)):
        text = checked.structures.get(position)
        if cells.at[position, col.CIF_ID] is None or text is not None:
            cells.at[position, col.CIF_ID] = NO_STRUCTURE if text is None else DONE
        if cells.at[position, col.SPACE_GROUP] is None:
            cells.at[position, col.SPACE_GROUP] = _symbol(int(str(cells.at[position, col.SPACE_GROUP_NUMBER])), text)
    return cells


def _symbol(number: int, text: str | None) -> str:
    """Symbol of the space group: that of the structure file where it names the same group (it knows the setting), else the standard one."""
    from pipeline.chemistry.spacegroup import find, short, standard
    from pipeline.structures.cif import CifError, read

    if text is not None:
        try:
            declared = read(text, "structure").spacegroup_symbol
        except CifError:
            declared = None
        group = find(declared) if declared else None
        if group is not None and group.number == number:
            return short(group)
    return short(standard(number))


# --- writing ---------------------------------------------------------------------------------------------------------
def _csv(cells: pd.DataFrame) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(list(cells.columns))
    for row in cells.itertuples(index=False, name=None):
        writer.writerow(["" if value is None else repr(value) if isinstance(value, float) else value for value in row])
    return target.getvalue()


def _record(checked: Checked, table: Path, ids: tuple[str, ...], who: str, day: str) -> str:
    read = checked.contribution
    dois = dict.fromkeys(doi for value in read.cells[col.DOI] for doi in cited(str(value)))
    document: dict[str, Any] = {
        "accepted_by": who,
        "accepted_on": day,
        "dois": list(dois),
        "table": table.name,
        "sha256": hashlib.sha256(table.read_bytes()).hexdigest(),
        "checked_with": f"obelix-curate {__version__}",
        "entries": [
            {"id": new, "contributed_as": str(old), "row": row} for new, old, row in zip(ids, read.cells[col.ID], read.rows, strict=True)
        ],
        "warnings": [
            {"row": item.row, "check": item.check, "message": item.message} for item in checked.report.items if item.severity == "warning"
        ],
        "read_as": list(read.notes),
    }
    if checked.verified:
        document[VERIFIED] = {ids[position]: file_sha256(checked.structures[position]) for position in sorted(checked.verified)}
    return yaml_text(document)


def _verify(folder: Path, cells: pd.DataFrame, structures: Mapping[str, str]) -> None:
    """Read what was written as the next build will, before it is put in its place."""
    read, texts = accepted(folder)
    if read.values.tolist() != cells.astype(object).values.tolist() or texts != dict(structures):
        raise InputError("what was written does not read back as it was checked", file=folder, cure="report this fault of the program")


def _free(parent: Path, name: str) -> Path:
    """A folder that is not there yet: a second contribution of a day and paper gets a number."""
    return next(path for n in count(1) if not (path := parent / (name if n == 1 else f"{name}-{n}")).exists())


def _slug(doi: str) -> str:
    """The first DOI as a file name."""
    return re.sub(r"[^a-z0-9.]+", "-", bare(next(iter(cited(doi)), ""))).strip("-.")[:60] or "no-doi"


def _git_user() -> str:
    try:
        runs = [subprocess.run(["git", "config", f"user.{key}"], capture_output=True, text=True, check=False) for key in ("name", "email")]
    except OSError:
        return ""
    name, email = (run.stdout.strip() for run in runs)
    return f"{name} <{email}>" if name and email else name
