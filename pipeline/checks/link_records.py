"""An entry against the record that is linked to it: paper, space group, number in the ICSD, and the curators' own reference."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pipeline.checks.links import AGREES
from pipeline.checks.reading import Row
from pipeline.checks.slips import one_slip
from pipeline.chemistry.cell import ANGLE_ROUNDING, LENGTH_ROUNDING, compare, possible
from pipeline.chemistry.spacegroup import is_subgroup
from pipeline.dois import cited, is_abstract, is_front_matter, is_preprint, papers
from pipeline.findings import Finding, Severity
from pipeline.literature.linkage import is_same, listed, value_class
from pipeline.literature.source import Source, named
from pipeline.structures.cif import CifError, Structure
from pipeline.structures.matching.window import COMPOSITION_WINDOW
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Collection codes are given in the order of deposition: those of one paper follow one another, and a code that is off by so much is the
#: neighbour's, or a typing slip. Codes further apart are two refinements of one compound.
NEIGHBOURS = 2
#: Digits of a collection code from which on a single one that differs is a slip.
LONG_CODE = 5
_REFERENCE = re.compile(r"D(\d)\s*[-\N{EN DASH}]\s*(\d+)")
_CODE = re.compile(r"\d+")


def record_findings(
    rows: Sequence[Row], links: pd.DataFrame, sources: Sequence[Source], structures: Mapping[str, Structure | CifError]
) -> Iterator[Finding]:
    """Findings of ``link.paper``, ``link.spacegroup``, ``link.icsd``, and those of ``link.laskowski`` and ``link.liion`` on references.

    Parameters
    ----------
    rows
        The entries.
    links
        ``links.csv``.
    sources
        The literature tables: what a record says.
    structures
        The entries' structure files: a witness of their space group.
    """
    known = named(sources)
    linked: dict[str, list[tuple[Source, Mapping[str, Any], Mapping[str, Any]]]] = defaultdict(list)
    for link in listed(links):
        source = known.get(link[col.SOURCE])
        if source is not None and link[col.LINK_RECORD]:
            linked[link[col.LINK_ENTRY]].append((source, link, source.rows[link[col.LINK_RECORD]]))
    unlinked = _Unlinked(sources)
    elsewhere = {row.id: _elsewhere(linked[row.id]) for row in rows}
    names = _other_names(rows, elsewhere)
    for row in rows:
        own = linked[row.id]
        supported = any(link[col.DOI_AGREES] is True for _, link, _ in own)
        yield from _paper(row, elsewhere[row.id], names, supported)
        yield from _spacegroup(row, own, structures.get(row.id))
        yield from _icsd(row, own, structures.get(row.id))
        yield from _reference(row, sources)
        yield from unlinked.findings(row, frozenset(source.name for source, _, _ in own))


Linked = Sequence[tuple[Source, Mapping[str, Any], Mapping[str, Any]]]


def linked_groups(links: pd.DataFrame, sources: Sequence[Source]) -> Mapping[str, frozenset[int]]:
    """Space group numbers of the records of each entry."""
    known = named(sources)
    found: dict[str, set[int]] = defaultdict(set)
    for link in listed(links, col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD):
        source = known.get(link[col.SOURCE])
        number = source.rows[link[col.LINK_RECORD]].get(col.SPACEGROUP_NUMBER) if source is not None and link[col.LINK_RECORD] else None
        if number is not None:
            found[link[col.LINK_ENTRY]].add(int(number))
    return {name: frozenset(numbers) for name, numbers in found.items()}


def _elsewhere(linked: Linked) -> Linked:
    """Records whose paper is not the entry's, unless another record of the same source is of the entry's own paper.

    An abstract, a cover or a preprint names no other paper.
    """
    agreeing = {source.name for source, link, _ in linked if link[col.DOI_AGREES] is True}
    return [
        (source, link, record)
        for source, link, record in linked
        if link[col.DOI_AGREES] is False and source.name not in agreeing and any(map(_is_paper, cited(record[col.DOI_SOURCE])))
    ]


def _is_paper(doi: str) -> bool:
    return not (is_abstract(doi) or is_front_matter(doi) or is_preprint(doi))


def _other_names(rows: Sequence[Row], elsewhere: Mapping[str, Linked]) -> Mapping[str, str]:
    """DOIs that are two names of one paper: all entries of the one, two at least, have their records under the other."""
    entries: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        entries[row.text(col.DOI)].append(row.id)
    found: dict[str, str] = {}
    for doi, ids in entries.items():
        theirs = {str(record[col.DOI_SOURCE]) for name in ids for _, _, record in elsewhere[name]}
        if len(ids) > 1 and len(theirs) == 1 and all(elsewhere[name] for name in ids):
            found[doi] = theirs.pop()
    return found


def _paper(row: Row, other: Linked, names: Mapping[str, str], supported: bool) -> Iterator[Finding]:
    """A record whose paper is another.

    Information when it is another name of the paper, when the record differs in more than that, or when a record of another source is of
    the entry's paper. An error when the two DOIs are one stroke apart, when records of two sources that are independent name the other
    paper, or when the entry's own citation number is that of the record while the source lists the entry's DOI under another number.
    """
    if not other:
        return
    source, link, record = other[0]
    doi = str(record[col.DOI_SOURCE])
    alias = names.get(row.text(col.DOI)) == doi
    ratio = link[col.CONDUCTIVITY_RATIO]
    agrees = link[col.COMPOSITION_AGREES] is True and (ratio is None or value_class(1.0, ratio) in AGREES)
    severity: Severity = "warning" if agrees and not alias and not supported else "info"
    said = ", as those of all entries of the paper do: two names of one paper" if alias else ""
    if why := "" if alias else _proof(row, other, supported):
        severity, said = "error", f": {why}"
    yield Finding(
        row.id, "link.paper", severity,
        f"The entry names the paper {row.text(col.DOI)}, and its record, {link[col.LINK_RECORD]} of {source.title}, names "
        f"{doi}{said}.",
        column=col.DOI, value=row.text(col.DOI), expected=doi, other=_names(other),
    )  # fmt: skip


def _proof(row: Row, other: Linked, supported: bool) -> str:
    """What proves that the entry's DOI is not that of its record's paper; blank when nothing does."""
    for source, link, record in other:
        if any(one_slip(one, each) for one in row.papers for each in papers(record[col.DOI_SOURCE])):
            return "the two are one stroke apart"
        numbers = cited(row.text(source.published)) if source.cites and source.published is not None else ()
        if str(link[col.REFERENCE]) in numbers:
            elsewhere = sorted({number for doi in row.papers for number in source.numbers.get(doi, ())} - set(numbers))
            if elsewhere:
                return f"so does the entry's citation number, while the source lists the entry's DOI under {' and '.join(elsewhere)}"
    if supported:
        return ""
    for (one, _, mine_too), (another, _, theirs_too) in combinations(other, 2):
        independent = one.name != another.name and one.name not in another.derived_from and another.name not in one.derived_from
        if independent and papers(mine_too[col.DOI_SOURCE]) & papers(theirs_too[col.DOI_SOURCE]):
            return f"{another.title} does too"
    return ""


def _spacegroup(row: Row, linked: Linked, structure: Structure | CifError | None) -> Iterator[Finding]:
    """A record with another space group: an error, since 448 of the 463 groups of records are those of their entries.

    Information where the entry's own structure file has the group of the row, and, without a file, where the one is a subgroup of the
    other: then both may describe one structure.
    """
    differs = [each for each in linked if each[1][col.SPACEGROUP_AGREES] is False]
    if not differs or any(link[col.SPACEGROUP_AGREES] is True for _, link, _ in linked):
        return
    source, link, record = differs[0]
    mine, theirs = row.spacegroup_number, record[col.SPACEGROUP_NUMBER]
    if mine is None or theirs is None:
        return
    severity: Severity = "info"
    if isinstance(structure, Structure):
        seen = "; the structure file agrees with the row" if structure.group_number == mine else ""
    else:
        seen = "; the one is a subgroup of the other" if is_subgroup(mine, of=theirs) or is_subgroup(theirs, of=mine) else ""
    if not seen:
        severity = "error"
    yield Finding(
        row.id, "link.spacegroup", severity,
        f"The row has space group {row.spacegroup_number} ({row.symbol}), and its record, {link[col.LINK_RECORD]} of "
        f"{source.title}, has {theirs}{seen}.",
        column=col.SPACE_GROUP_NUMBER, value=str(row.spacegroup_number), expected=str(theirs), other=_names(differs),
    )  # fmt: skip


def _icsd(row: Row, linked: Linked, structure: Structure | CifError | None) -> Iterator[Finding]:
    """A collection code that is not that of the record: a warning when it is a neighbour, information when it is another refinement.

    A code that is one stroke from that of the record counts as a neighbour. It is an error where the row's own file, fetched by that code,
    is not the row's structure: its cell is another, or an element of the row is absent.

    The code of a close match is that of another sample by intention; there a neighbour only is told.
    """
    mine = _CODE.fullmatch(row.text(col.ICSD_ID).strip())
    codes = {str(record[col.ICSD_ID_SOURCE]).strip(): each for each in linked for record in (each[2],) if record.get(col.ICSD_ID_SOURCE)}
    if mine is None or not codes or mine[0] in codes:
        return
    code, found = next(iter(codes.items()))
    if not _CODE.fullmatch(code):
        return
    neighbours = abs(int(mine[0]) - int(code)) <= NEIGHBOURS
    near = neighbours or (len(code) >= LONG_CODE and one_slip(mine[0], code))
    if not near and row.text(col.CLOSE_MATCH).casefold() == "yes":
        return
    source, link, _ = found
    apart = "neighbours" if neighbours else "one stroke apart"
    said = f"{apart}: a slip of typing, or the structure of a sister sample" if near else "those of two structures of the compound"
    wrong = _not_the_rows(row, structure) if near and row.text(col.CLOSE_MATCH).casefold() != "yes" else ""
    if wrong:
        said = f"{apart}, and the file is not the row's structure ({wrong}): the code is that of another sample"
    yield Finding(
        row.id, "link.icsd", "error" if wrong else "warning" if near else "info",
        f"The row has the ICSD number {mine[0]}, and its record, {link[col.LINK_RECORD]} of {source.title}, has {code}. They are {said}.",
        column=col.ICSD_ID, value=mine[0], expected=code, other=_names([found]),
    )  # fmt: skip


def _not_the_rows(row: Row, structure: Structure | CifError | None) -> str:
    """What tells that a file is not the structure of its row, in words; blank when nothing does."""
    if not isinstance(structure, Structure):
        return ""
    absent = sorted(e for e, amount in (row.reduced or {}).items() if amount > COMPOSITION_WINDOW and not structure.content.get(e))
    if absent:
        return f"it holds no {' and '.join(absent)}"
    if row.cell is None or not possible(row.cell):
        return ""
    compared = compare(row.cell, structure.cell, spacegroup=row.spacegroup_number)
    return "" if compared.within(LENGTH_ROUNDING, ANGLE_ROUNDING) else f"a length differs by {compared.lattice_deviation:.1%}"


def _reference(row: Row, sources: Sequence[Source]) -> Iterator[Finding]:
    """A citation number that is none of those that ``Ref`` gives for the same source; a row of two papers may name one in each place.

    An error where the source lists the paper of the row under one of the two: then the other is mistyped.
    """
    for source in sources:
        if source.published is None or not source.cites:
            continue
        numbers = [number for shorthand, number in _REFERENCE.findall(row.text(col.REF)) if shorthand == source.shorthand]
        mine = cited(row.text(source.published))
        if numbers and mine and not set(numbers) & set(mine) and len(row.papers) == 1:
            told = " and ".join(numbers)
            own = set(source.numbers.get(row.papers[0], ()))
            column = source.published if own & set(numbers) else col.REF
            decided = bool(own & {*numbers, *mine})
            known = f", which lists the paper of the row under {', '.join(sorted(own))}" if decided else ""
            yield Finding(
                row.id, f"link.{source.name}", "error" if decided else "warning",
                f"{col.REF} names citation {told} of {source.title}, and {source.published} is {row.text(source.published)}: one of them "
                f"is another paper's{known}.",
                column=column, value=row.text(column), expected=" ".join(sorted(own)) if decided else row.text(source.published),
            )  # fmt: skip


class _Unlinked:
    """Records at room temperature by source and paper, for entries without a record of their own."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = [source for source in sources if source.is_merged and source.published is not None]
        self.by_paper: dict[tuple[str, str], list[str]] = defaultdict(list)
        for source in self.sources:
            for name, described in source.described.items():
                for paper in sorted(described.papers):
                    self.by_paper[source.name, paper].append(name)

    def findings(self, row: Row, linked: frozenset[str]) -> Iterator[Finding]:
        """One finding a source that has no record of the entry although it lists the compound from the entry's paper."""
        for source in self.sources:
            if source.name in linked:
                continue
            names = {name for paper in papers(row.text(col.DOI)) for name in self.by_paper.get((source.name, paper), ())}
            formula = row.text(col.REDUCED_COMPOSITION)
            same = sorted((n for n in names if is_same(formula, source.described[n].composition)), key=list(source.rows).index)
            if same:
                record = source.rows[same[0]]
                value = record.get(col.CONDUCTIVITY_BOUND) or record.get(col.CONDUCTIVITY)
                said = f"with {value:.4g} S/cm" if isinstance(value, float) else f"with {value} S/cm" if value else "without a conductivity"
                yield Finding(
                    row.id, f"link.{source.name}", "warning",
                    f"No record of {source.title} was found for the entry, though record {same[0]} of its paper is the same compound "
                    f"{said}.",
                    column=col.IONIC_CONDUCTIVITY, value=row.text(col.IONIC_CONDUCTIVITY),
                    other=" ".join(f"{source.name}-{n}" for n in same),
                )  # fmt: skip


def _names(linked: Linked) -> str:
    return " ".join(f"{source.name}-{link[col.LINK_RECORD]}" for source, link, _ in linked)
