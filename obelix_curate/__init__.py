"""OBELiX for Python: load a release, check rows, build a release.

The names in ``__all__`` are promised: they keep their meaning within a major version. Importing this package imports nothing heavy.

>>> import obelix_curate
>>> data = obelix_curate.load("curated")  # doctest: +SKIP
>>> data.table.loc[data.train, ["True Composition", "conductivity", "bound"]]  # doctest: +SKIP
>>> entry = data.entry("jqc")  # doctest: +SKIP
>>> entry.structure, entry.conductivity, entry.doubt, entry.source  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from obelix_curate.dataset import Dataset, Entry
from pipeline.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.reporting.report import Report

__all__ = ["Checked", "Dataset", "Entry", "InputError", "__version__", "build", "check", "load"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("obelix-curate")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Checked(NamedTuple):
    """What :func:`check` found.

    Attributes
    ----------
    findings
        One row a finding, in the order of the file: ``ID`` (the contributor's own; blank when the finding is about the table), ``row``
        (as a spreadsheet shows it, Int64, missing when the finding is about no row), ``check``, ``severity`` (error, warning or info),
        ``column``, ``value``, ``expected``, ``message``, ``fix``, ``other``.
    report
        The same with its summary: ``report.has_errors``, ``report.verdict()``, ``report.summary()``.
    """

    findings: pd.DataFrame
    report: Report


def load(folder: str | Path = "curated") -> Dataset:
    """Open a built release.

    Parameters
    ----------
    folder
        Folder that ``obelix-curate build`` wrote, or a downloaded release.

    Raises
    ------
    InputError
        When the folder holds no release.
    """
    return Dataset(Path(folder)).verified()


def check(
    table: str | Path | pd.DataFrame,
    cifs: str | Path | None = None,
    *,
    raw: str | Path | None = None,
    with_dataset: bool = True,
) -> Checked:
    """Check rows that shall join the dataset, as ``obelix-curate check`` does.

    Parameters
    ----------
    table
        A CSV or XLSX file, or a frame with the columns of the release; of a frame whose index is named ``ID`` the index is that column.
        Lengths are in angstrom, angles in degrees, conductivities in S/cm.
    cifs
        Folder, zip or tar archive of structure files, named ``<ID>.cif``.
    raw
        Folder of pins and decisions; by default those that travel with the program.
    with_dataset
        Whether the rows are compared with the entries of the dataset. Without, nothing says that they may join.

    Raises
    ------
    InputError
        When the table or the structures cannot be used at all, or the dataset to compare with is not there. A bad cell is a finding.
    """
    import pandas as pd

    from pipeline.contribute.check import check as check_file
    from pipeline.contribute.check import check_table
    from pipeline.contribute.existing import ALONE, Existing, existing
    from pipeline.ingest.contributed.bundle import bundle

    folder = None if raw is None else Path(raw)
    structures = None if cifs is None else Path(cifs)
    if isinstance(table, pd.DataFrame):
        known = existing(folder) if with_dataset else Existing(None, ALONE)
        rows = table.reset_index() if table.index.name == "ID" else table
        given = None if structures is None else bundle(structures)
        report = check_table(rows.to_csv(index=False).encode(), "frame.csv", given, known).report
    else:
        report = check_file(Path(table), structures, folder, with_dataset=with_dataset).report
    columns = ["ID", "row", "check", "severity", "column", "value", "expected", "message", "fix", "other"]
    found = pd.DataFrame([item.as_dict() for item in report.items], columns=columns)
    return Checked(found.astype({name: "Int64" if name == "row" else "str" for name in columns}), report)


def build(
    raw: str | Path = "raw", out: str | Path = "curated", *, as_published: bool = False, quick: bool = False, jobs: int = 1,
    workbook: str | Path | None = None, structures: str | Path | None = None, conforming: bool = False,
) -> Dataset:  # fmt: skip
    """Build a release from the pinned sources and open it, as ``obelix-curate build`` does.

    Parameters
    ----------
    raw, out
        Folder of pins and decisions; folder that the release takes the place of.
    as_published
        Leave corrections, waivers and contributions out.
    quick
        Leave the gate, the figures and the report out.
    jobs
        Processes for gate and report.
    workbook, structures
        A curators' own sheet in place of the released one; folder of structures, ``<ID>.cif``, in place of those of the pin.
    conforming
        Write the structure files in today's CIF names, with sum, Z, DOI and citation; by default they keep their bytes.

    Raises
    ------
    InputError
        When a source, a correction or the folder cannot be used. Open errors of the release are findings, not exceptions.
    """
    from pipeline.build import Options
    from pipeline.build import build as run

    book, folder = (None if each is None else Path(each) for each in (workbook, structures))
    run(Options(Path(raw), Path(out), as_published, quick, jobs=jobs, workbook=book, structures=folder, conforming=conforming))
    return load(out)
