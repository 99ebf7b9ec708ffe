"""What every metadata format says about the dataset as a whole. The numbers are those of the paper where it is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAME = "obelix"
TITLE = "OBELiX: lithium solid electrolytes with experimental ionic conductivities"
PAPER_TITLE = (
    "OBELiX: A Curated Dataset of Crystal Structures and Experimentally Measured Ionic Conductivities for Lithium Solid-State Electrolytes"
)
PAPER_DOI = "10.1039/D5DD00441A"
PAPER_URL = f"https://doi.org/{PAPER_DOI}"
JOURNAL = "Digital Discovery"
PAPER_YEAR = 2025
#: Repository that the paper names.
HOME = "https://github.com/NRC-Mila/OBELiX"
DATA_LICENCE = "CC-BY-4.0"
DATA_LICENCE_TITLE = "Creative Commons Attribution 4.0 International"
DATA_LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
CODE_LICENCE = "MIT"
KEYWORDS = (
    "solid electrolyte", "ionic conductivity", "lithium", "battery", "crystal structure", "CIF", "materials science",
)  # fmt: skip
#: Authors of the paper in its order: given names, family name.
CREATORS: tuple[tuple[str, str], ...] = (
    ("Félix", "Therrien"),
    ("Jamal", "Abou Haibeh"),
    ("Divya", "Sharma"),
    ("Rhiannon", "Hendley"),
    ("Leah Wairimu", "Mungai"),
    ("Sun", "Sun"),
    ("Alain", "Tchagang"),
    ("Jiang", "Su"),
    ("Samuel", "Huberman"),
    ("Yoshua", "Bengio"),
    ("Hongyu", "Guo"),
    ("Alex", "Hernández-García"),
    ("Homin", "Shin"),
)
#: The datasets that OBELiX was built from, as the paper cites them.
SOURCES: tuple[str, ...] = (
    "Liverpool Ionics Dataset: C. J. Hargreaves et al., npj Computational Materials 9, 9 (2023)",
    "F. A. Laskowski, D. B. McHaffie and K. A. See, Energy & Environmental Science 16, 1264-1276 (2023), supplementary table",
)
#: Name of the program's distribution, and how its metadata may call the page of its issues (well-known labels of project addresses).
PROGRAM = "obelix-curate"
ISSUES = ("issues", "issue tracker", "bug tracker", "tracker", "bugs")
#: Name of the dataset on Kaggle, as the paper gives it.
KAGGLE = "flixtherrien/obelix"
#: Media type of each kind of file, by the ending of its name.
MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "gz": "application/gzip",
    "html": "text/html",
    "json": "application/json",
    "jsonl": "application/jsonlines",
}


def sources(release: Mapping[str, Any]) -> tuple[str, ...]:
    """The datasets that a release was built from: those of the paper, and every declared table with what its declaration says."""
    return (*SOURCES, *(_declared(each) for each in release.get("source", {}).get("literature", [])))


def _declared(source: Mapping[str, Any]) -> str:
    told = [source["title"], source.get("reference", ""), f"licence: {source['licence']}" if source.get("licence") else ""]
    use = {"witness": "compared only", "discovery": "accounted for, not merged"}.get(source.get("role", ""), "")
    return " ".join(", ".join(filter(None, (*told, use))).split())


def version(release: Mapping[str, Any]) -> str:
    """Version of the data: that of the release; of a build as published that of its source; of any other build neither."""
    if named := release.get("version"):
        return str(named)
    source = str(release["source"]["version"])
    return source if release.get("as_published") else f"{source}+unreleased"


def issues() -> str:
    """Where doubts about the data are reported: the address of issues in the program's own metadata; blank where it names none."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        told = metadata(PROGRAM).get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named = {label.strip().lower(): address.strip() for label, _, address in (str(line).partition(",") for line in told)}
    return next((named[label] for label in ISSUES if named.get(label, "").startswith("https://")), "")


def published(release: Mapping[str, Any]) -> str | None:
    """Day of publication: that of the release; before the first one that of the pinned source, and none where the pin says none."""
    date = release.get("date") or release["source"].get("date")
    return str(date) if date else None


def description(release: Mapping[str, Any]) -> str:
    """The dataset in a paragraph, with the counts of this release."""
    counts = release["counts"]
    return (
        f"{counts['all.csv']} synthesized lithium solid electrolytes with experimentally measured ionic conductivities at room "
        "temperature, their compositions, space groups and unit cells, gathered from the literature and curated by domain experts; "
        f"{counts['structures']} of them with a crystal structure (CIF). A split into {counts['train.csv']} training and "
        f"{counts['test.csv']} test entries was drawn so that entries of one paper, and entries of one composition, stand on one side."
    )


def citation() -> str:
    """BibTeX entry of the paper."""
    authors = " and ".join(f"{family}, {given}" for given, family in CREATORS)
    return (
        f"@article{{therrien2025obelix,\n  title = {{{PAPER_TITLE}}},\n  author = {{{authors}}},\n  journal = {{{JOURNAL}}},\n"
        f"  year = {{{PAPER_YEAR}}},\n  publisher = {{Royal Society of Chemistry}},\n  doi = {{{PAPER_DOI}}}\n}}"
    )


COLLECTION = (
    "Entries come from the Liverpool Ionics Dataset and the supplementary table of Laskowski et al. (2023), with 15 from other sources. "
    "What they lack (lattice parameters, space group, conductivity at room temperature) was retrieved by hand from tables and figures of "
    "the original papers. Structures come from the ICSD, from papers and from the Materials Project."
)
MISSING = (
    "Entries lack a structure where no atomic positions were reported or found. Total and bulk conductivity are given where "
    "the paper tells them apart. A conductivity reported only as below a limit is kept as that bound, not as a number."
)
PREPROCESSING = (
    "Damaged rows of the source tables are repaired; sources/laskowski.csv says what was repaired.",
    "Each row is checked alone, against its sources, against the other rows and against its structure; findings.csv lists every doubt.",
    "Corrections carry a reason and evidence and are listed with the value before in corrections.csv.",
    "Coordinates of structures that came from the ICSD carry normally distributed noise (standard deviation 0.01 in fractional "
    "coordinates) that keeps the symmetry; cell, symmetry and occupancies are unchanged.",
)
ANNOTATION = (
    "Domain experts took each value from the source tables or retrieved it from the paper that the DOI names; Checked marks the entries "
    "that were compared with their paper."
)
BIASES = (
    "All entries contain lithium, by design, and most contain oxygen; phosphorus, lanthanum, sulfur and titanium follow.",
    "Space group 167 (NASICON phases) is much more frequent in the training set: 106 entries that share a paper or a composition "
    "cannot be divided.",
    "In version 1.0, four of 55 space groups and one element (silver) occur in the test set only.",
    "The dataset holds what was made, measured and published; it is no random sample of possible materials.",
)
_LIMITATIONS = (
    "Measurements of one material by different laboratories differ: for 48 repeated materials the mean absolute deviation of log10 of the "
    "conductivity is 0.41, so a smaller error of a model is not credible.",
    "Measurement conditions (frequency, pressure, electrodes) and microstructure (grain size, porosity, purity) are not recorded, and "
    "papers do not always say whether a conductivity is that of the grains or the total one.",
    "The dataset is small: the choice of hyperparameters depends on the folds.",
    "Structures with noise are unfit for bond lengths and for any property that depends on exact positions.",
)


def limitations(release: Mapping[str, Any]) -> tuple[str, ...]:
    """What a user must know, with the numbers of this release."""
    said = "A structure marked as a close match is that of a similar sample: same space group, composition within 0.05, cell within 3 %"
    close = release["counts"].get("close_matches")
    if close is not None and close["outside"]:
        lie = "lies" if close["outside"] == 1 else "lie"
        said += f"; {close['outside']} of the {close['declared']} {lie} outside that window (findings `cif.close-match`)"
    return (*_LIMITATIONS, f"{said}.")


USES = (
    "Predicting the ionic conductivity at room temperature from composition, space group, cell or structure.",
    "Comparing models for small and disordered materials data with the split that is given.",
    "Not meant as the only basis of a decision about a material: go back to the paper that the DOI names.",
)
SOCIAL_IMPACT = "Meant to speed the search for safer and denser batteries. The data describe materials; no harm to people is foreseen."
PERSONAL = "None: the data describe materials. Authors appear only through the DOIs of their published papers."
MAINTENANCE = (
    "Corrections and new entries are reviewed in public, checked by obelix-curate and released with a version, a changelog by entry, and a "
    "major version whenever a label changes or an entry moves between the training and the test set."
)
