"""A row against the record that is linked to it, and what a source says where another agrees."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.checks.link_records import record_findings
from pipeline.checks.links import link_findings
from pipeline.checks.reading import Row
from pipeline.chemistry.spacegroup import is_subgroup
from pipeline.dois import is_front_matter
from pipeline.findings import Finding
from pipeline.literature.source import laskowski_table, liverpool_ionics
from schemas import columns as col
from schemas import laskowski, links, measurements
from schemas.contract import typed

DOI = "10.1000/one"
ROW = {
    col.REDUCED_COMPOSITION: "Li3PO4", col.IONIC_CONDUCTIVITY: 1e-7, col.SPACE_GROUP_NUMBER: 62, col.SPACE_GROUP: "Pnma",
    col.DOI: DOI, col.ICSD_ID: "1000", col.LASKOWSKI_ID: "7", col.REF: "D2 - 7",
}  # fmt: skip
RECORD = {
    col.RECORD: "1", col.COMPOSITION: "Li3PO4", col.CONDUCTIVITY: 1e-7, col.DOI_SOURCE: DOI, col.SPACEGROUP_NUMBER: 62,
    col.ICSD_ID_SOURCE: "1000", col.REFERENCE: "7", col.FIRST_LINE: 1, col.LAST_LINE: 1,
}  # fmt: skip
LINK = {
    col.LINK_ENTRY: "abc", col.SOURCE: "laskowski", col.LINK_RECORD: "1", col.REFERENCE: "7", col.COMPOSITION_AGREES: True,
    col.CONDUCTIVITY_RATIO: 1.0, col.DOI_AGREES: True, col.SPACEGROUP_AGREES: True, col.PUBLISHED: "7", col.AGREES_WITH_PUBLISHED: True,
}  # fmt: skip


def table(columns: tuple[col.Column, ...], rows: list[dict[col.Column, object]]) -> pd.DataFrame:
    return typed([{**dict.fromkeys(columns), **row} for row in rows], columns)


def said(row: dict[str, object], record: dict[str, object], link: dict[str, object] | None, *more: Row) -> list[Finding]:
    source = laskowski_table(table(laskowski.COLUMNS, [{**RECORD, **record}]))
    linked = table(links.COLUMNS, [] if link is None else [{**LINK, **link}])
    return [*record_findings([Row("abc", {**ROW, **row}), *more], linked, [source], {})]


def test_a_record_that_says_the_same_is_silent() -> None:
    assert said({}, {}, {}) == []


@pytest.mark.parametrize(
    ("record", "link", "severity"),
    [
        ({col.DOI_SOURCE: "10.1000/two"}, {col.DOI_AGREES: False}, "warning"),
        ({col.DOI_SOURCE: "10.1000/two"}, {col.DOI_AGREES: False, col.CONDUCTIVITY_RATIO: 40.0}, "info"),
        ({col.DOI_SOURCE: "10.26434/chemrxiv.1"}, {col.DOI_AGREES: False}, None),
        ({col.DOI_SOURCE: "10.1002/chin.199345017"}, {col.DOI_AGREES: False}, None),
    ],
)
def test_another_paper_is_told(record: dict[str, object], link: dict[str, object], severity: str | None) -> None:
    assert [(f.check, f.severity) for f in said({}, record, link)] == ([("link.paper", severity)] if severity else [])


def test_two_names_of_one_paper_are_information() -> None:
    source = laskowski_table(table(laskowski.COLUMNS, [{**RECORD, col.RECORD: n, col.DOI_SOURCE: "10.1000/two"} for n in "12"]))
    linked = table(links.COLUMNS, [{**LINK, col.LINK_ENTRY: i, col.LINK_RECORD: n, col.DOI_AGREES: False} for i, n in ("a1", "b2")])
    found = [*record_findings([Row(name, ROW) for name in "ab"], linked, [source], {})]
    assert [(f.id, f.check, f.severity) for f in found] == [("a", "link.paper", "info"), ("b", "link.paper", "info")]


@pytest.mark.parametrize(("theirs", "severity"), [(11, "info"), (225, "warning")])
def test_another_space_group_is_told_and_a_subgroup_is_information(theirs: int, severity: str) -> None:
    found = said({}, {col.SPACEGROUP_NUMBER: theirs}, {col.SPACEGROUP_AGREES: False})
    assert [(f.check, f.severity, f.expected) for f in found] == [("link.spacegroup", severity, str(theirs))]


@pytest.mark.parametrize(
    ("theirs", "close", "severity"),
    [("1001", "", "warning"), ("998", "Yes", "warning"), ("1003", "", "info"), ("1003", "Yes", None), ("1000", "", None)],
)
def test_a_neighbouring_code_is_a_slip_and_a_distant_one_another_refinement(theirs: str, close: str, severity: str | None) -> None:
    found = said({col.CLOSE_MATCH: close}, {col.ICSD_ID_SOURCE: theirs}, {})
    assert [(f.check, f.severity) for f in found] == ([("link.icsd", severity)] if severity else [])


def test_a_reference_to_another_citation_is_told_unless_the_row_has_two_papers() -> None:
    assert [f.column for f in said({col.REF: "D2 - 8"}, {}, {})] == [col.REF]
    assert said({col.REF: "D2 - 8", col.DOI: f"{DOI}|10.1000/three"}, {}, {}) == []
    assert said({col.REF: "D1 - 8"}, {}, {}) == []


def test_an_entry_without_a_record_is_told_when_its_paper_lists_the_compound() -> None:
    found = said({}, {}, None)
    assert [(f.check, f.severity, f.other) for f in found] == [("link.laskowski", "warning", "laskowski-1")]
    assert said({}, {col.COMPOSITION: "Li4SiO4"}, None) == []
    assert said({}, {col.DOI_SOURCE: "10.1000/two"}, None) == []


def conductivity(row: dict[str, object], *values: float) -> list[Finding]:
    """Findings of an entry whose records in two sources have these values."""
    makers = {"laskowski": laskowski_table, "liion": liverpool_ionics}
    sources, linked = [], []
    for (name, make), value in zip(makers.items(), values, strict=False):
        record = {k: v for k, v in RECORD.items() if k not in (col.FIRST_LINE, col.LAST_LINE)}
        sources.append(make(table(laskowski.COLUMNS, [{**record, col.FIRST_LINE: 1, col.LAST_LINE: 1, col.CONDUCTIVITY: value}])))
        ratio = None if row.get(col.BOUND) else float(str({**ROW, **row}[col.IONIC_CONDUCTIVITY])) / value
        linked.append({**LINK, col.SOURCE: name, col.CONDUCTIVITY_RATIO: ratio})
    merged = table(measurements.COLUMNS, [])
    found = link_findings([Row("abc", {**ROW, **row})], table(links.COLUMNS, linked), merged, sources)
    return [f for f in found if f.check == "conductivity.source"]


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        ((1e-7, 1.4e-7), None), ((1e-7, 1.6e-7), "info"), ((1e-7, 9e-7), "info"), ((1e-7, 2e-6), "warning"),
        ((4e-7,), "info"), ((6e-7,), "warning"), ((1e-5, 1.01e-5), "error"),
    ],
)  # fmt: skip
def test_a_source_that_differs_is_never_silent(values: tuple[float, ...], severity: str | None) -> None:
    assert [f.severity for f in conductivity({}, *values)] == ([severity] if severity else [])


def test_a_bound_is_compared_with_a_measured_value() -> None:
    bound = {col.BOUND: "<", col.IONIC_CONDUCTIVITY: 1e-10}
    assert conductivity(bound, 1e-11) == []
    (found,) = conductivity(bound, 2e-7)
    assert found.severity == "warning"
    assert "<1e-10" in found.message
    assert "2e-07" in found.message


@pytest.mark.parametrize(
    ("doi", "front"),
    [
        ("10.1002/aenm.201570062", True), ("10.1002/anie.201780462", True), ("10.1021/acv051i012_1863476", True),
        ("10.1039/d0ta90001a", True), ("10.1002/aenm.201500096", False), ("10.1002/anie.202012345", False), ("10.1039/c3dt52917g", False),
        ("10.1021/acs.chemmater.0c04150", False), ("10.1002/zaac.19713800303", False),
    ],
)  # fmt: skip
def test_covers_are_front_matter_and_papers_are_not(doi: str, front: bool) -> None:
    assert is_front_matter(doi) is front


def test_subgroups_are_those_of_a_common_cell() -> None:
    assert is_subgroup(62, of=62)
    assert is_subgroup(148, of=167)
    assert not is_subgroup(167, of=148)
    assert not is_subgroup(168, of=148)
