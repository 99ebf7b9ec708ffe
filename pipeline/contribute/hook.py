"""The pre-commit hook: ``check`` for each table among the files that are about to be committed.

``obelix-curate-hook FILE ...``, a console script: started with ``-m`` it would take a folder ``pipeline`` of the repository that it
checks for its own. Structures are looked for beside the table ``rows.csv``: a folder or archive of its name (``rows/``, ``rows.zip``,
``rows.tar.gz``, ``rows.tar``), else a folder ``cifs`` or an archive of that name. A structure that changed stands for the tables that
it belongs to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import InputError

TABLES = frozenset({".csv", ".tsv", ".xlsx", ".xlsm"})
ARCHIVES = ("", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.xz", ".tar.bz2")
STRUCTURES = "cifs"


def tables(files: Iterable[Path]) -> list[Path]:
    """Tables among the files, and those that the structures among them belong to, each once."""
    found: dict[Path, None] = {}
    for file in files:
        if file.suffix.lower() in TABLES:
            found[file] = None
            continue
        for folder in (file.parent, file.parent.parent):
            near = sorted(path for path in folder.iterdir() if path.suffix.lower() in TABLES) if folder.is_dir() else []
            found |= {path: None for path in near if (beside := structures(path)) is not None and beside in (file, *file.parents)}
    return list(found)


def structures(table: Path) -> Path | None:
    """Folder or archive with the structures of a table, ``None`` when there is none."""
    places = [table.with_name(f"{name}{ending}") for name in (table.stem, STRUCTURES) for ending in ARCHIVES]
    return next((place for place in places if place != table and place.exists()), None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check every table; the status is that of the worst."""
    from pipeline.contribute.check import check
    from pipeline.reporting.formats import deliver

    worst = 0
    for table in tables(map(Path, sys.argv[1:] if arguments is None else arguments)):
        try:
            report = check(table, structures(table)).report
        except (InputError, OSError) as error:
            sys.stderr.write(f"error: {error}\n")
            worst = 2
            continue
        deliver(report, "text", None)
        worst = max(worst, int(report.has_errors))
    return worst
