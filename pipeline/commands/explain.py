"""What is known of one entry, or of one check, told on a terminal."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pipeline.checks.catalogue import catalogue
from pipeline.checks.check import Check
from pipeline.errors import InputError
from pipeline.findings import SEVERITIES
from pipeline.quoting import conductivities
from schemas import columns as col

WIDTH = 110
Record = Mapping[str, str]


def explain(name: str, release: Path) -> str:
    """The page of a check, or the story of an entry of a built release.

    Raises
    ------
    InputError
        When the name is neither a check nor an ID of the release, or there is no release to look in.
    """
    found = catalogue().get(name.strip().lower())
    if found is not None:
        return check_page(found)
    near = get_close_matches(name.strip().lower(), list(catalogue()), n=3, cutoff=0.6)
    if "." in name:
        raise InputError(f"there is no check {name!r}", cure=f"did you mean {', '.join(near)}?" if near else f"the checks: {_families()}")
    return story(name.strip(), release)


def _families() -> str:
    return ", ".join(dict.fromkeys(f"{check.family}.*" for check in catalogue().values()))


def checks() -> str:
    """Every check by name, with its severities and its title, and how to read more."""
    rows = [(check.name, " or ".join(check.severities), check.title) for check in catalogue().values()]
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    lines = [f"{name:<{widths[0]}}  {severity:<{widths[1]}}  {title}" for name, severity, title in sorted(rows)]
    return (
        "\n".join([*lines, "", "'obelix-curate explain CHECK' tells all of one, 'obelix-curate explain ID' the story of an entry."]) + "\n"
    )


def check_page(check: Check) -> str:
    """A check of the catalogue: what it says, why it matters, its law, and how to mend a finding."""
    lines = [check.name, "=" * len(check.name), f"{check.title} ({' or '.join(check.severities)})", ""]
    parts = {"Why it matters": check.why, "Law": check.law, "Tolerance": check.tolerance, "Source": check.source, "How to fix": check.fix}
    for label, text in parts.items():
        lines += [*_wrapped(f"{label}: {text}", ""), ""]
    return "\n".join(lines).rstrip() + "\n"


def story(name: str, release: Path) -> str:
    """Everything that a built release tells of one entry: row, source records, corrections, structure, neighbours, findings."""
    entry = _only(_records(release, "all.csv"), name, release)
    title = f"{name}  {entry[col.REDUCED_COMPOSITION]}"
    sections = [
        ("Entry", list(_entry(entry, release))),
        ("Source records", list(_sources(name, release))),
        ("Corrections", list(_corrections(name, release))),
        ("Structure", list(_structure(name, release))),
        ("Findings", list(_findings(name, release))),
    ]
    lines = [title, "=" * len(title)]
    for heading, said in sections:
        lines += ["", heading, "-" * len(heading), *(said or ["none"])]
    return "\n".join(lines) + "\n"


def _records(release: Path, table: str, required: bool = True) -> list[Record]:
    path = release / table
    if not path.is_file():
        if required:
            raise InputError("there is no built release here", file=path, cure="run 'obelix-curate build', or name its folder with --out")
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _only(records: Sequence[Record], name: str, release: Path) -> Record:
    for record in records:
        if record[col.ID] == name:
            return record
    ids = [record[col.ID] for record in records]
    near = [i for i in ids if i == name.lower()] or get_close_matches(name.lower(), ids, n=3, cutoff=0.6)
    raise InputError(
        f"there is no entry and no check {name!r}",
        file=release / "all.csv",
        cure=f"did you mean {', '.join(near)}?" if near else f"IDs have three or six characters; the checks: {_families()}",
    )


def _entry(entry: Record, release: Path) -> Iterator[str]:
    yield f"Z = {entry[col.Z]}, {entry[col.TRUE_COMPOSITION]}, {entry[col.FAMILY] or 'no family'}"
    cell = ", ".join(entry[c] for c in col.LATTICE[:3]), ", ".join(entry[c] for c in col.LATTICE[3:])
    yield f"space group {entry[col.SPACE_GROUP].strip()} ({entry[col.SPACE_GROUP_NUMBER]}), cell {cell[0]} angstrom, {cell[1]} degrees"
    parts = [f"{entry[col.IONIC_CONDUCTIVITY]} S/cm"]
    parts += [f"{label} {entry[column]}" for label, column in (("total", col.IC_TOTAL), ("bulk", col.IC_BULK)) if entry[column]]
    yield f"conductivity {', '.join(parts)}"
    yield f"paper {entry[col.DOI]}"
    sets = (("train", "in the training set"), ("test", "in the test set"))
    sides = [said for side, said in sets if entry[col.ID] in {r[col.ID] for r in _records(release, f"{side}_idx.csv", False)}]
    yield " and ".join(sides) or "in neither set"
    if entry[col.NOTE].strip():
        yield from _wrapped(f"curators' note: {entry[col.NOTE].strip()}", "")


def _sources(name: str, release: Path) -> Iterator[str]:
    names = sorted(path.stem for path in (release / "sources").glob("*.csv"))
    tables = {s: {r[col.RECORD]: r for r in _records(release, f"sources/{s}.csv", False)} for s in names}
    for link in _records(release, "links.csv", False):
        if link[col.ID] != name:
            continue
        source, record = link[col.SOURCE], link[col.RECORD]
        published = link[col.PUBLISHED]
        if not record:
            yield f"{source}: no record found; the workbook links {published}"
            continue
        row = tables.get(source, {}).get(record, {})  # the table of a witness is not part of a release
        value = row.get(col.CONDUCTIVITY) or row.get(col.CONDUCTIVITY_BOUND) or "no conductivity"
        facts = [str(row.get(col.COMPOSITION, "")), f"{value} S/cm"]
        facts += [f"{row[col.TEMPERATURE]} degrees C"] if row.get(col.TEMPERATURE) else []
        facts += [f"extrapolated from {row[col.EXTRAPOLATED_FROM]} degrees C"] if row.get(col.EXTRAPOLATED_FROM) else []
        facts += [f"space group {row[col.SPACEGROUP_NUMBER]}"] if row.get(col.SPACEGROUP_NUMBER) else []
        yield f"{source} {record}: {', '.join(facts)}"
        yield f"    {_agreement(link)}{f'; the workbook links {published}' if published else ''}"


def _agreement(link: Record) -> str:
    facts = {
        "composition": link[col.COMPOSITION_AGREES], "paper": link[col.DOI_AGREES], "space group": link[col.SPACEGROUP_AGREES],
    }  # fmt: skip
    agree = [fact for fact, value in facts.items() if value == "True"]
    differ = [fact for fact, value in facts.items() if value == "False"]
    ratio = link[col.CONDUCTIVITY_RATIO]
    said = [f"agrees in {', '.join(agree)}"] if agree else []
    said += [f"differs in {', '.join(differ)}"] if differ else []
    said += [conductivities(float(ratio))] if ratio else []
    return "; ".join(said) or "nothing to compare"


def _corrections(name: str, release: Path) -> Iterator[str]:
    for correction in _records(release, "corrections.csv", False):
        if correction[col.ID] == name:
            yield f"{correction[col.COLUMN]}: {correction[col.BEFORE] or 'blank'} -> {correction[col.AFTER] or 'blank'}"
            yield from _wrapped(correction[col.REASON], "    ")
            yield from _wrapped(f"Evidence: {correction[col.EVIDENCE]}", "    ")


def _structure(name: str, release: Path) -> Iterator[str]:
    for fit in _records(release, "structures.csv", False):
        if fit[col.ID] == name:
            yield f"{fit[col.FILE]}: {fit[col.MATCH]}; {fit[col.N_SITES]} sites, {fit[col.N_PARTIAL_SITES]} partly filled"
            groups = ((col.SPACEGROUP_ROW, "row"), (col.SPACEGROUP_CIF, "operations of the file"), (col.SPACEGROUP_SPGLIB, "its atoms"))
            yield f"    space group: {', '.join(f'{label} {fit[column]}' for column, label in groups if fit[column])}"
            if fit[col.LATTICE_DEVIATION]:
                length = f"{float(fit[col.LATTICE_DEVIATION]):.3%} in a length"
                amount, angle = fit[col.COMPOSITION_DEVIATION], fit[col.ANGLE_DEVIATION]
                yield f"    differs by {amount} atoms per formula unit, {length}, {angle} degrees ({fit[col.SETTING]})"
            yield f"    noise: {fit[col.PERTURBATION]}"
            if fit.get(col.READ_AS):
                yield from _wrapped(f"Read as: {fit[col.READ_AS]}", "    ")
    for offer in _records(release, "candidates.csv", False):
        if offer[col.ID] == name:
            yield f"candidate {offer[col.RANK]}: {offer[col.FILE]}"


def _findings(name: str, release: Path) -> Iterator[str]:
    concerned = [f for f in _records(release, "findings.csv", False) if name == f[col.ID] or name in f[col.OTHER].split()]
    for finding in sorted(concerned, key=lambda f: (SEVERITIES.index(f[col.SEVERITY]), f[col.CHECK])):
        about = "" if finding[col.ID] == name else f" (said of {finding[col.ID]})"
        yield f"{finding[col.SEVERITY]}  {finding[col.CHECK]}  {finding[col.STATUS]}{about}"
        yield from _wrapped(finding[col.MESSAGE], "    ")
        if reason := finding.get(col.FINDING_REASON):
            yield from _wrapped(f"{finding[col.STATUS].capitalize()}: {reason}", "    ")
        check = catalogue().get(finding[col.CHECK])
        if check is not None and finding[col.STATUS] in ("open", "awaiting"):
            yield from _wrapped(f"Fix: {check.fix}", "    ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent or "    ", break_long_words=False, break_on_hyphens=False
    )
