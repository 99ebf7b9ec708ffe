"""Every column of every table, defined once.

A :class:`Column` *is* its published label (a ``str``), so ``frame[col.Z]`` works, and it carries what
everything else derives from: type, unit, description, source and constraints. The pandera models, the
data dictionary, the Table Schema, the Croissant fields and the header notes of the sheets are all made
from here; no other module spells a column's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Type = Literal["text", "number", "integer", "boolean"]
#: What the release knows when a column is derived: the typed entries (index ID) under :data:`ENTRIES`, every other table under its path
#: in the release folder (``findings.csv``, ``structures.csv``, ``links.csv``, ...).
Tables = Mapping[str, "pd.DataFrame"]
#: Gives one value an entry: in the order of the entries, or a Series whose index is ID (an entry that it lacks has a blank).
Derivation = Callable[[Tables], Iterable[object]]
ENTRIES = "entries"


class Column(str):
    """One column: its label, and what the label means.

    Attributes
    ----------
    type
        ``text``, ``number``, ``integer`` or ``boolean``. Identifiers are text (``1e9`` is an ID).
    unit
        Unit of a number as it is written in print (``S cm-1``, ``angstrom``, ``degree``), else ``""``.
    description
        One sentence for the data dictionary and the header note.
    source
        Where the value comes from.
    required, unique
        Whether a blank, or a repetition, breaks the table.
    minimum, maximum
        Inclusive limits of a number; ``exclusive_minimum`` makes the lower one exclusive.
    pattern
        Regular expression that a text must match in full.
    categories
        The closed set of values, where there is one.
    derive
        How the release computes the column, when it is one that the release adds (see :func:`added`).
    """

    type: Type
    unit: str
    description: str
    source: str
    required: bool
    unique: bool
    minimum: float | None
    maximum: float | None
    exclusive_minimum: bool
    pattern: str | None
    categories: tuple[str, ...] | None
    derive: Derivation | None

    def __new__(
        cls,
        label: str,
        type: Type,
        description: str,
        *,
        unit: str = "",
        source: str = "",
        required: bool = False,
        unique: bool = False,
        minimum: float | None = None,
        maximum: float | None = None,
        exclusive_minimum: bool = False,
        pattern: str | None = None,
        categories: tuple[str, ...] | None = None,
        derive: Derivation | None = None,
    ) -> Column:
        """Make a column from its label and meaning."""
        column = super().__new__(cls, label)
        column.type = type
        column.unit = unit
        column.description = description
        column.source = source
        column.required = required
        column.unique = unique
        column.minimum = minimum
        column.maximum = maximum
        column.exclusive_minimum = exclusive_minimum
        column.pattern = pattern
        column.categories = categories
        column.derive = derive
        return column

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (str(self), {**self.__dict__, "derive": None}))  # a table travels to another process computed


def _restore(label: str, attributes: dict[str, object]) -> Column:
    column = str.__new__(Column, label)
    column.__dict__.update(attributes)
    return column


_WORKBOOK = "curators' workbook"
_LENGTH = {"unit": "angstrom", "minimum": 0, "exclusive_minimum": True, "required": True}
_ANGLE = {"unit": "degree", "minimum": 0, "maximum": 180, "exclusive_minimum": True, "required": True}

#: Three characters for the published entries; for later ones six that no spreadsheet takes for a number or a date
#: (:mod:`pipeline.contribute.identifiers`).
ID_PATTERN = "(?:[a-z0-9]{3}|[bcdfghjkmpqrstvwxz][2-9][2-9bcdfghjkmpqrstvwxz]{3}[bcdfghjkmpqrstvwxz])"

# --- the workbook: its 28 columns, in its order; the tables all, train and test of the release keep exactly these ------
ID = Column(
    "ID",
    "text",
    "Name of the entry: three lower-case letters or digits, six for later entries. It is the name of the structure file too.",
    source=_WORKBOOK,
    required=True,
    unique=True,
    pattern=ID_PATTERN,
)
REDUCED_COMPOSITION = Column(
    "Reduced Composition", "text", "Composition of one formula unit, as the paper writes it.", source=_WORKBOOK, required=True
)
Z = Column("Z", "integer", "Number of formula units in the unit cell.", source=_WORKBOOK, required=True, minimum=1)
TRUE_COMPOSITION = Column(
    "True Composition", "text", "Content of the unit cell: Z times the reduced composition.", source=_WORKBOOK, required=True
)
IONIC_CONDUCTIVITY = Column(
    "Ionic conductivity (S cm-1)",
    "number",
    "Ionic conductivity at room temperature; the total one where total and bulk are known. A value written <1E-10 is an upper bound.",
    unit="S cm-1",
    source=_WORKBOOK,
    required=True,
    minimum=0,
    exclusive_minimum=True,
)
IC_TOTAL = Column(
    "IC (Total)",
    "number",
    "Total ionic conductivity (grains and grain boundaries), where bulk and total were told apart.",
    unit="S cm-1",
    source=_WORKBOOK,
    minimum=0,
    exclusive_minimum=True,
)
IC_BULK = Column(
    "IC (Bulk)",
    "number",
    "Bulk ionic conductivity (inside the grains), where bulk and total were told apart.",
    unit="S cm-1",
    source=_WORKBOOK,
    minimum=0,
    exclusive_minimum=True,
)
SPACE_GROUP = Column("Space group", "text", "Hermann-Mauguin symbol of the space group.", source=_WORKBOOK, required=True)
SPACE_GROUP_NUMBER = Column(
    "Space group #",
    "integer",
    "Number of the space group in International Tables for Crystallography, volume A.",
    source=_WORKBOOK,
    required=True,
    minimum=1,
    maximum=230,
)
A = Column("a", "number", "Cell length a.", source=_WORKBOOK, **_LENGTH)  # type: ignore[arg-type]
B = Column("b", "number", "Cell length b.", source=_WORKBOOK, **_LENGTH)  # type: ignore[arg-type]
C = Column("c", "number", "Cell length c.", source=_WORKBOOK, **_LENGTH)  # type: ignore[arg-type]
ALPHA = Column("alpha", "number", "Cell angle between b and c.", source=_WORKBOOK, **_ANGLE)  # type: ignore[arg-type]
BETA = Column("beta", "number", "Cell angle between a and c.", source=_WORKBOOK, **_ANGLE)  # type: ignore[arg-type]
GAMMA = Column("gamma", "number", "Cell angle between a and b.", source=_WORKBOOK, **_ANGLE)  # type: ignore[arg-type]
FAMILY = Column("Family", "text", "Structural or chemical family, in the curators' words.", source=_WORKBOOK)
DOI = Column(
    "DOI", "text", "DOI of the paper the conductivity comes from; several are separated by a vertical bar.", source=_WORKBOOK, required=True
)
CHECKED = Column("Checked", "integer", "1 when a curator has compared the entry with its paper.", source=_WORKBOOK, minimum=0, maximum=1)
REF = Column(
    "Ref",
    "text",
    "Curators' reference: D1 is the Liverpool Ionics Dataset, D2 the Laskowski table, with a number of that source.",
    source=_WORKBOOK,
)
CIF_ID = Column("Cif ID", "text", "State of the entry's structure file: done, available or not available.", source=_WORKBOOK)
CIF_REF_1 = Column("Cif ref_1", "text", "First reference of the structure file.", source=_WORKBOOK)
CIF_REF_2 = Column("Cif ref_2", "text", "Second reference of the structure file.", source=_WORKBOOK)
NOTE = Column("note", "text", "Curators' note.", source=_WORKBOOK)
CLOSE_MATCH = Column(
    "close match",
    "text",
    "Yes when the structure is that of a close match, not of the paper's own sample.",
    source=_WORKBOOK,
    categories=("Yes",),
)
CLOSE_MATCH_DOI = Column("close match DOI", "text", "DOI or Materials Project ID of the close match.", source=_WORKBOOK)
ICSD_ID = Column("ICSD ID", "text", "Collection code in the Inorganic Crystal Structure Database.", source=_WORKBOOK)
LASKOWSKI_ID = Column(
    "Laskowski ID", "text", "Citation number of the Laskowski 2023 table that the entry's record bears.", source=_WORKBOOK
)
LIION_ID = Column("Liion ID", "text", "ID of the entry's record in the Liverpool Ionics Dataset.", source=_WORKBOOK)

LATTICE: tuple[Column, ...] = (A, B, C, ALPHA, BETA, GAMMA)
WORKBOOK: tuple[Column, ...] = (
    ID, REDUCED_COMPOSITION, Z, TRUE_COMPOSITION, IONIC_CONDUCTIVITY, IC_TOTAL, IC_BULK, SPACE_GROUP, SPACE_GROUP_NUMBER,
    *LATTICE, FAMILY, DOI, CHECKED, REF, CIF_ID, CIF_REF_1, CIF_REF_2, NOTE, CLOSE_MATCH, CLOSE_MATCH_DOI, ICSD_ID,
    LASKOWSKI_ID, LIION_ID,
)  # fmt: skip

#: What a contributed table must bring (any other column of the workbook is welcome).
CONTRIBUTED: tuple[Column, ...] = (
    ID, REDUCED_COMPOSITION, Z, TRUE_COMPOSITION, IONIC_CONDUCTIVITY, SPACE_GROUP_NUMBER, *LATTICE, DOI,
)  # fmt: skip

# --- processed.csv: the published columns, then those that the release adds -------------------------------------------
COMPOSITION_PROCESSED = Column(
    "Composition", "text", "Content of the unit cell (the release's True Composition).", source="release", required=True
)
SPACE_GROUP_NUMBER_PROCESSED = Column(
    "Space group number",
    "integer",
    "Number of the space group in International Tables, volume A.",
    source="release",
    required=True,
    minimum=1,
    maximum=230,
)
LABEL = Column(
    "Ionic conductivity (S cm-1)",
    "number",
    "Label as published: the ionic conductivity at room temperature, and 1e-15 in place of any value known only as an upper bound.",
    unit="S cm-1",
    source="release",
    required=True,
    minimum=0,
    exclusive_minimum=True,
)
CIF_PROCESSED = Column(
    "CIF", "text", "How the structure file belongs to the entry: Match, Close Match, or No Match when there is none.", source="release"
)
#: The processed table as published: ID and the eleven columns that models train on.
PROCESSED_AS_PUBLISHED: tuple[Column, ...] = (
    ID, COMPOSITION_PROCESSED, SPACE_GROUP_NUMBER_PROCESSED, *LATTICE, LABEL, DOI, CIF_PROCESSED,
)  # fmt: skip

#: Columns of the sheet that the processed table, or a structure beside it, is made from: what a model learns from. A finding about a
#: structure as a whole, or about a row that repeats another, names no column.
LEARNT_FROM: tuple[Column, ...] = (
    REDUCED_COMPOSITION, Z, TRUE_COMPOSITION, IONIC_CONDUCTIVITY, IC_TOTAL, SPACE_GROUP, SPACE_GROUP_NUMBER, *LATTICE, CIF_ID, CLOSE_MATCH,
)  # fmt: skip

_added: list[Column] = []


def added(label: str, type: Type, description: str, derive: Derivation, **meaning: Any) -> Column:
    """Define a column that the release adds to the published ones.

    This definition is all that it takes: the column stands in ``processed.csv``, is held to its limits there, and is described in the
    data dictionary, the Data Package and the Croissant document. The workbook, ``all``, ``train`` and ``test`` know nothing of it.

    Parameters
    ----------
    label, type, description
        As of :class:`Column`; ``meaning`` are its other properties.
    derive
        What it holds, from the tables of the release.
    """
    column = Column(label, type, description, source="release", derive=derive, **meaning)
    _added.append(column)
    return column


CONDUCTIVITY_PROCESSED = added(
    "conductivity",
    "number",
    "Ionic conductivity at room temperature as the paper gives it; where bound is < or > it is that bound.",
    lambda tables: tables[ENTRIES][IONIC_CONDUCTIVITY],
    unit="S cm-1",
    required=True,
    minimum=0,
    exclusive_minimum=True,
)
BOUND: Column = added(
    "bound",
    "text",
    "< when the conductivity is an upper bound, > when it is a lower one; blank for a measured value.",
    lambda tables: tables[ENTRIES][BOUND],
    categories=("<", ">"),
)


def _doubted(tables: Tables) -> pd.Series:
    """Names of the checks whose errors on an entry are undecided and touch what a model learns from."""
    findings = tables["findings.csv"]
    concerned = findings[COLUMN].isin([*map(str, LEARNT_FROM)]) | (
        findings[COLUMN].fillna("").eq("") & findings[CHECK].str.startswith(("cif.", "duplicate."))
    )
    undecided = findings[(findings[SEVERITY] == "error") & findings[STATUS].isin(["open", "awaiting"]) & concerned]
    return undecided.groupby(str(ID))[str(CHECK)].agg(lambda names: " ".join(sorted(set(names))))


DOUBT = added(
    "doubt", "text",
    "Checks that found an error in composition, cell, space group, conductivity or structure on which nobody has decided yet, separated by "
    "spaces (findings.csv has each); blank when there is none.",
    _doubted,
)  # fmt: skip

#: Every column that the release adds, and the processed table with them.
ADDED: tuple[Column, ...] = tuple(_added)
PROCESSED: tuple[Column, ...] = (*PROCESSED_AS_PUBLISHED, *ADDED)

SPLIT = Column("split", "text", "Side of the split: train or test.", source="split", categories=("train", "test"))
CIF_TEXT = Column("cif_text", "text", "Text of the structure file; blank when the entry has none.", source="structures")
#: What a model is given in one line: the processed table with side and structure.
MODEL: tuple[Column, ...] = (*PROCESSED, SPLIT, CIF_TEXT)

# --- source tables ---------------------------------------------------------------------------------------------------
RECORD = Column(
    "record",
    "text",
    "Name of the record in its source: the ID of Liverpool Ionics; elsewhere its place in the source, counted from 1.",
    source="source table",
    required=True,
)
COMPOSITION = Column("composition", "text", "Composition as the source writes it, its damage repaired.", source="source table")
CONDUCTIVITY = Column(
    "conductivity",
    "number",
    "Ionic conductivity; blank when the source gives only a bound.",
    unit="S cm-1",
    source="source table",
    minimum=0,
    exclusive_minimum=True,
)
CONDUCTIVITY_BOUND = Column(
    "conductivity_bound",
    "text",
    "The bound as an inequality (<1e-10), when the source gives no value.",
    unit="S cm-1",
    source="source table",
)
ACTIVATION_ENERGY = Column("activation_energy", "number", "Activation energy.", unit="eV", source="source table")
SPACEGROUP_SYMBOL = Column("spacegroup_symbol", "text", "Hermann-Mauguin symbol, overlines written as minus signs.", source="source table")
SPACEGROUP_NUMBER = Column("spacegroup_number", "integer", "Number of the space group.", source="source table", minimum=1, maximum=230)
PHASE = Column("phase", "text", "Name of the phase.", source="source table")
ICSD_ID_SOURCE = Column("icsd_id", "text", "Collection code in the ICSD.", source="source table")
REFERENCE = Column("reference", "text", "Citation number or numbers in the source.", source="source table")
DOI_SOURCE = Column("doi", "text", "DOI of the paper, lower case; several are separated by a vertical bar.", source="source table")
FIRST_LINE = Column(
    "first_line", "integer", "First line of the record in the source file, counted from 1.", source="source table", minimum=1
)
LAST_LINE = Column("last_line", "integer", "Last line of the record in the source file, counted from 1.", source="source table", minimum=1)
REPAIRS = Column("repairs", "text", "Rules that repaired the record, and what stayed ambiguous.", source="recovery")
TEMPERATURE = Column("temperature", "number", "Temperature of the measurement.", unit="degree Celsius", source="source table")
FAMILY_SOURCE = Column("family", "text", "Structural family.", source="source table")
CHEMICAL_FAMILY = Column("chemical_family", "text", "Chemical family.", source="source table")
AT_ROOM_TEMPERATURE = Column("at_room_temperature", "boolean", "Measured at 15 to 35 degrees Celsius.", source="derived")
EXTRAPOLATED_FROM = Column(
    "extrapolated_from",
    "number",
    "Lowest temperature from which the value was extrapolated to room temperature; blank for a value that was measured there.",
    unit="degree Celsius",
    source="source table",
)
RECORD_UNUSED = Column(
    "state",
    "text",
    "Why the record is no measurement at room temperature; blank when it is one.",
    source="ingest",
    categories=("not at room temperature", "temperature not stated", "unreadable"),
)
RECORD_REASON = Column(
    "reason", "text", "What could not be read of the record and why, or the temperature that it states.", source="ingest"
)
SOURCE_ROW = Column("row", "integer", "Row of the record in the source file, as a spreadsheet counts.", source="source table", minimum=1)
WRITTEN_AS = Column("written_as", "text", "Composition as the source writes it, where that is no formula.", source="source table")

# --- merged tables ---------------------------------------------------------------------------------------------------
MEASUREMENT = Column("measurement", "text", "Name of the measurement.", source="merge", required=True)
RECORDS = Column(
    "records", "text", "Records that report the measurement, source and record, separated by vertical bars: liion:12|laskowski:45.",
    source="merge", required=True, pattern=r"[a-z][a-z0-9-]*:[^|:]+(\|[a-z][a-z0-9-]*:[^|:]+)*",
)  # fmt: skip
LIION_RECORDS = Column(
    "liion_records",
    "text",
    "Records of Liverpool Ionics that report the measurement, separated by spaces: those of records.",
    source="merge",
)
LASKOWSKI_RECORDS = Column(
    "laskowski_records", "text", "Records of the Laskowski table that report the measurement, separated by spaces: those of records.",
    source="merge",
)  # fmt: skip
AGREEMENT = Column(
    "agreement",
    "text",
    "What the records agree on, what they do not, which value was taken and why, and how certain the join is.",
    source="merge",
)
STATE = Column("state", "text", "What became of it.", source="merge", required=True)
MEASUREMENT_ENTRY = Column("ID", "text", "Entry of the release that reports the measurement.", source="curate", pattern=ID_PATTERN)
MEASUREMENT_STATE = Column(
    "state", "text", "What became of the measurement.", source="curate", required=True,
    categories=("released", "repeats", "not a single crystalline compound", "lacks space group", "lacks lattice"),
)  # fmt: skip
RECORD_MEASUREMENT = Column("measurement", "text", "Measurement that the record reports; blank when it reports none.", source="merge")
RECORD_STATE = Column(
    "state", "text", "What became of the record.", source="curate", required=True,
    categories=("released", "repeats", "not at room temperature", "not a single crystalline compound", "lacks space group",
                "lacks lattice", "lost", "witness", "discovery", "temperature not stated", "unreadable"),
)  # fmt: skip
LINK_ENTRY = Column("ID", "text", "Entry of the release.", source="curate", required=True, pattern=ID_PATTERN)
LINK_RECORD = Column("record", "text", "Record found in the source; blank when none was.", source="curate")
LACKS = Column("lacks", "text", "What keeps the measurement from being an entry.", source="curate")
NEAREST = Column("nearest", "text", "ID of the nearest entry by composition.", source="curate")
SOURCE = Column(
    "source", "text", "Source table: liion, laskowski, or a declared one.", source="merge", required=True, pattern="[a-z][a-z0-9-]*"
)
COMPOSITION_AGREES = Column("composition_agrees", "boolean", "Entry and record have the same composition within rounding.", source="curate")
CONDUCTIVITY_RATIO = Column("conductivity_ratio", "number", "Conductivity of the entry divided by that of the record.", source="curate")
DOI_AGREES = Column("doi_agrees", "boolean", "Entry and record name the same paper.", source="curate")
SPACEGROUP_AGREES = Column("spacegroup_agrees", "boolean", "Entry and record have the same space group.", source="curate")
ICSD_AGREES = Column("icsd_agrees", "boolean", "Entry and record have the same ICSD collection code.", source="curate")
PUBLISHED = Column("published", "text", "The link as the release before correction published it.", source="curate")
AGREES_WITH_PUBLISHED = Column("agrees_with_published", "boolean", "The link found is the link published.", source="curate")

# --- findings and corrections ----------------------------------------------------------------------------------------
CHECK = Column("check", "text", "Name of the check, family.what.", source="checks", required=True)
SEVERITY = Column("severity", "text", "How serious it is.", source="checks", required=True, categories=("error", "warning", "info"))
COLUMN = Column("column", "text", "Column of the release that is concerned.", source="checks")
VALUE = Column("value", "text", "Value found.", source="checks")
EXPECTED = Column("expected", "text", "Value expected, where it can be known.", source="checks")
MESSAGE = Column("message", "text", "What is wrong, in a sentence.", source="checks", required=True)
OTHER = Column("other", "text", "Other entries, records or files concerned, separated by spaces.", source="checks")
STATUS = Column(
    "status", "text",
    "What became of it: open; awaiting the paper, a database or a decision; corrected; or accepted as right as it stands.",
    source="checks and decisions", required=True, categories=("open", "awaiting", "corrected", "accepted"),
)  # fmt: skip
FINDING_REASON = Column(
    "reason", "text", "Why it is corrected, accepted or awaiting, as the decision says; blank while it is open.", source="decisions"
)
BEFORE = Column("before", "text", "Value before the correction.", source="corrections")
AFTER = Column("after", "text", "Value after the correction.", source="corrections")
REASON = Column("reason", "text", "Why it is wrong.", source="corrections", required=True)
EVIDENCE = Column("evidence", "text", "What proves it, in words and numbers.", source="corrections", required=True)

# --- structures ------------------------------------------------------------------------------------------------------
FILE = Column("file", "text", "Structure file.", source="structures", required=True)
MATCH = Column(
    "match",
    "text",
    "How the structure fits its row: exact, close, outside the window, or unreadable.",
    source="match",
    categories=("exact", "close", "outside", "unreadable"),
)
SPACEGROUP_ROW = Column("spacegroup_row", "integer", "Space group number of the row.", source="match", minimum=1, maximum=230)
SPACEGROUP_CIF = Column(
    "spacegroup_cif", "integer", "Space group number that the file's operations generate.", source="match", minimum=1, maximum=230
)
SPACEGROUP_SPGLIB = Column(
    "spacegroup_spglib", "integer", "Space group number that spglib finds from the atoms.", source="match", minimum=1, maximum=230
)
SYMPREC = Column("symprec", "number", "Distance tolerance of spglib.", unit="angstrom", source="match")
COMPOSITION_DEVIATION = Column(
    "composition_deviation", "number", "Largest difference of an element's amount per formula unit.", source="match", minimum=0
)
LATTICE_DEVIATION = Column(
    "lattice_deviation", "number", "Largest relative difference of a cell length in the setting compared.", source="match", minimum=0
)
ANGLE_DEVIATION = Column(
    "angle_deviation", "number", "Largest difference of a cell angle in the setting compared.", unit="degree", source="match", minimum=0
)
SETTING = Column("setting", "text", "How the row's cell is reached from the file's.", source="match")
N_SITES = Column("n_sites", "integer", "Sites of the asymmetric unit.", source="match", minimum=0)
IS_DISORDERED = Column("is_disordered", "boolean", "Some position is partly occupied or shared.", source="match")
N_PARTIAL_SITES = Column("n_partial_sites", "integer", "Sites with an occupancy below one.", source="match", minimum=0)
PERTURBATION = Column(
    "perturbation", "text", "Noise on the positions: none, source (already there) or the noise that this program added.", source="perturb"
)
READ_AS = Column(
    "read_as", "text", "What the reader of the structure assumed, completed or left out, sentences separated by a bar; blank when nothing.",
    source="match",
)  # fmt: skip
RANK = Column("rank", "integer", "Rank of the candidate, 1 is the best.", source="match", required=True, minimum=1)
REMARK = Column(
    "remark",
    "text",
    "Where candidate and row differ: in Z, in the cell, in an element that only one has; blank when nowhere.",
    source="match",
)
ROW_ID = Column("ID", "text", "ID of the row that the structure is offered to.", source="match", required=True)
