"""Every file of a release, once: what it holds, its columns, its key and the files its values refer to.

The Data Package, the Croissant record sets, the data card, the Kaggle metadata and the data dictionary derive from here; a new
table of the release is a new entry of :data:`FILES` and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas import candidates, corrections, findings, laskowski, liion, links, literature, measurements, records, structures
from schemas import columns as col
from schemas.columns import Column

ID_ONLY: tuple[Column, ...] = (col.ID,)

#: The table that the others refer to, and its two parts.
ALL = "all.csv"
RELEASE_SIDES = ("train.csv", "test.csv")
#: The same entries as a model is given them, and the structures as pymatgen reads them.
MODEL_SIDES = ("train_model.csv", "test_model.csv")
STRUCTURE_LINES = "structures.jsonl"
#: The folder of structure files.
STRUCTURES = "all_randomized_cifs/"
#: A number, or a bound in its place, as a curator writes it: ``2.4E-04``, ``<1E-10``.
BOUND_OR_NUMBER = r"[<>]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?"


@dataclass(frozen=True)
class ForeignKey:
    """Values of ``column`` are values of ``target`` in the file ``path``."""

    column: Column
    path: str
    target: Column


_ENTRY = (ForeignKey(col.ID, ALL, col.ID),)


@dataclass(frozen=True)
class File:
    """One file of a release.

    Attributes
    ----------
    path
        Path inside the release folder; a folder of files of one kind ends with ``/``.
    title, description
        What a row is, and what to know before using it.
    columns
        Columns of a table in their order; empty for a file that is no table.
    primary_key, foreign_keys
        Columns that name a row; columns that name a row of another table.
    bounded
        Columns of numbers in which a bound (``<1E-10``) may stand: text to a reader who does not know.
    blank
        Columns that may be blank here, although the tables that they name the rows of require them.
    labels
        Columns that models are trained on, of a table whose rows are named by the entry: a changed one is a major version.
    """

    path: str
    title: str
    description: str
    columns: tuple[Column, ...] = ()
    primary_key: tuple[Column, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    bounded: frozenset[Column] = frozenset()
    blank: frozenset[Column] = frozenset()
    labels: frozenset[Column] = frozenset()

    @property
    def name(self) -> str:
        """Name for metadata formats: lower case, no punctuation but ``-`` and ``_``."""
        stem = self.path.rstrip("/").removesuffix(".csv")
        return stem.lower().replace("/", "-").replace(".", "-")

    @property
    def is_table(self) -> bool:
        """Whether the file is a table in CSV."""
        return bool(self.columns)


_BOUNDED = frozenset((col.IONIC_CONDUCTIVITY,))
_LABELS = frozenset((col.LABEL, col.CONDUCTIVITY_PROCESSED, col.BOUND))
_RELEASE_NOTE = "the 28 columns of the curators' workbook. Where the paper gives only a bound, the conductivity is text such as <1E-10"


def _release(name: str, what: str) -> tuple[File, ...]:
    table = File(
        f"{name}.csv", what, f"One row for each entry: {_RELEASE_NOTE}.", col.WORKBOOK, (col.ID,), () if name == "all" else _ENTRY, _BOUNDED
    )
    return (table, File(f"{name}.xlsx", what, f"The same as {name}.csv as a sheet: notes on the headers, filters, DOIs that open."))


def _archives(name: str, what: str) -> tuple[File, ...]:
    inside = f"Structure files of {what}, one CIF for each entry that has a structure, named by its ID."
    return tuple(File(f"{name}_cifs.{ending}", f"Structures of {what} ({ending})", inside) for ending in ("zip", "tar.gz"))


FILES: tuple[File, ...] = (
    *_release("all", "All entries"),
    *_release("train", "Training set"),
    *_release("test", "Test set"),
    File("processed.csv", "Model table",
         "One row for each entry: what models train on. The first twelve columns are those published, with the published label: 1e-15 "
         "wherever only an upper bound is known. Behind them stands what the release adds; conductivity is the number that the paper "
         "gives, and where bound is < it is an upper bound.",
         col.PROCESSED, (col.ID,), _ENTRY, labels=_LABELS),
    *(File(path, f"{what} for a model",
           "One row for each entry: the columns of processed.csv, the side of the split, and the text of the structure file. conductivity "
           "is the label; where bound is < it is an upper bound.", col.MODEL, (col.ID,), _ENTRY, labels=_LABELS)
      for path, what in zip(MODEL_SIDES, ("Training set", "Test set"), strict=True)),
    File(STRUCTURE_LINES, "Structures for pymatgen",
         "One line for each structure, a JSON object: what processed.csv says of the entry (without its cell), the side of the split, and "
         "the structure as pymatgen reads it (Structure.from_dict, MontyDecoder), disorder kept. build --quick leaves it out."),
    File("train_idx.csv", "IDs of the training set", "One row for each entry of the training set.", ID_ONLY, (col.ID,), _ENTRY),
    File("test_idx.csv", "IDs of the test set", "One row for each entry of the test set.", ID_ONLY, (col.ID,), _ENTRY),
    File(STRUCTURES, "Structures", "One CIF for each entry that has a structure, named by its ID. Structures that came from the "
         "ICSD carry normally distributed noise (standard deviation 0.01 in fractional coordinates) that keeps their symmetry."),
    *_archives("all", "all entries"),
    *_archives("train", "the training set"),
    *_archives("test", "the test set"),
    File("sources/liion.csv", "Liverpool Ionics Dataset, recovered", "One row for each record of the source: one measurement at one "
         "temperature.", liion.COLUMNS, liion.KEY),
    File("sources/laskowski.csv", "Laskowski table, recovered",
         "One row for each record of the supplementary table of Laskowski et al. 2023, repaired where it was torn when it left its PDF; "
         "what was repaired is named for each record.", laskowski.COLUMNS, laskowski.KEY),
    File("measurements.csv", "Measurements, merged",
         "One row for each conductivity of one material in one paper at room temperature, from the literature tables without repetition. "
         "Most have no known structure and so are no entry of the release.",
         measurements.COLUMNS, measurements.KEY, (ForeignKey(col.MEASUREMENT_ENTRY, ALL, col.ID),)),
    File("records.csv", "Records", "One row for each record of the literature tables: the measurement that it reports and what became "
         "of it.",
         records.COLUMNS, records.KEY, (ForeignKey(col.RECORD_MEASUREMENT, "measurements.csv", col.MEASUREMENT),)),
    File("links.csv", "Links", "One row for each pair of an entry and a record of a literature table that are one measurement, or are "
         "published as one.",
         links.COLUMNS, (), (ForeignKey(col.LINK_ENTRY, ALL, col.ID),)),
    File("structures.csv", "How structures fit", "One row for each entry with a structure: how the structure fits its row.",
         structures.COLUMNS, structures.KEY, _ENTRY),
    File("candidates.csv", "Candidates", "One row for each structure offered to an entry without one; none is ever attached by the "
         "program.", candidates.COLUMNS, candidates.KEY, (ForeignKey(col.ROW_ID, ALL, col.ID),)),
    File("findings.csv", "Findings", "One row for each finding: what a check says of an entry, and what became of it. "
         "ID is blank where no single entry is concerned.", findings.COLUMNS, blank=findings.BLANK),
    File("corrections.csv", "Corrections", "One row for each cell that differs from the pinned workbook: before, after, reason and "
         "evidence.",
         corrections.COLUMNS, corrections.KEY, _ENTRY),
    File("statistics.json", "Statistics", "Counts and distributions of the release, as the paper reports them for its version."),
    File("report.html", "Report", "The release for a reader: figures, numbers, findings, structures. It opens without a network."),
    File("figures/", "Figures", "The figures of the report."),
    File("gate/", "Gate", "What was expected of the whole release, and what was found."),
    File("optimade.jsonl", "Structures for OPTIMADE",
         "One line for each structure in the format of the OPTIMADE API, disorder kept, and one for each paper that structures refer to."),
    File("optimade_config.json", "Configuration for OPTIMADE",
         "Configuration of the reference server: the provider, and what each property of our own means."),
)  # fmt: skip


#: Folder of the literature tables.
SOURCES = "sources/"


def declared(path: str) -> File:
    """The table of a declared source, which a release holds or not."""
    return File(path, f"Declared source {path.removeprefix(SOURCES).removesuffix('.csv')}",
                "One row for each record of a literature table that the maintainers declared: what was read of it, and why a record is "
                "no measurement at room temperature. RELEASE.json names its title, reference and licence.",
                literature.COLUMNS, literature.KEY)  # fmt: skip


def file(path: str) -> File:
    """The entry of the registry with this path; ``KeyError`` when there is none."""
    for each in FILES:
        if each.path == path:
            return each
    raise KeyError(path)
