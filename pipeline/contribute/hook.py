"""The pre-commit hook: ``check`` for each table among the files that are about to be committed.

``obelix-curate-hook FILE ...``, a console script: started with ``-m`` it would take a folder ``pipeline`` of the repository that it
checks for its own. Structures are looked for beside the table ``rows.csv``: a folder or archive of its name (``rows/``, ``rows.zip``,
``rows.tar.gz``, ``rows.tar``), else a folder ``cifs`` or an archive of that name. A structure that changed stands for the tables that
it belongs to.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError

if TYPE_CHECKING:
    pass

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
    """Check every table; the status is that of the worst.

    ``--format`` is one of the report's formats; ``--sarif FOLDER`` writes each report there as well, one file a table; ``--issue FILE``
    takes table and structures out of the text of an issue (:mod:`pipeline.contribute.issue`).
    """
    from pipeline.contribute.check import check
    from pipeline.reporting.formats import FORMATS, deliver, is_earlier, pieces
    from pipeline.safety.outputs import Output

    parser = argparse.ArgumentParser("obelix-curate-hook", description="Check the tables of new rows among the files, for OBELiX.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write the findings")
    parser.add_argument("--issue", type=Path, metavar="FILE", help="text of an issue that proposes rows, in place of tables")
    parser.add_argument("--sarif", type=Path, metavar="FOLDER", help="write SARIF there as well, one file a table")
    options = parser.parse_args(arguments)
    if options.issue is not None:
        return _issue(options.issue, options.format)
    worst = 0
    for number, table in enumerate(tables(options.files), start=1):
        try:
            report = check(table, structures(table)).report
            deliver(report, options.format, None)
            if options.sarif:
                target = Output(options.sarif / f"{number}.sarif", [table], is_earlier=is_earlier("sarif"))
                target.write(pieces(report, "sarif", identity=f"{table.as_posix()}/"))
        except (InputError, OSError) as error:
            sys.stderr.write(f"error: {error}\n")
            worst = 2
            continue
        worst = max(worst, int(report.has_errors))
    return worst


def _issue(text: Path, form: str) -> int:
    """Check the rows that an issue proposes. The report names the table by its kind: where it lay for a moment is nobody's business."""
    from pipeline.contribute.check import check
    from pipeline.contribute.issue import proposed
    from pipeline.reporting.formats import deliver
    from pipeline.safety import inputs

    with tempfile.TemporaryDirectory() as folder:
        try:
            table, cifs = proposed(inputs.read(text).decode("utf-8", "replace"), Path(folder))
            report = check(table, cifs).report
            deliver(replace(report, file=table.name), form, None)
        except (InputError, OSError) as error:
            sys.stderr.write(f"error: {error}\n".replace(f"{folder}/", ""))
            return 2
    return int(report.has_errors)
