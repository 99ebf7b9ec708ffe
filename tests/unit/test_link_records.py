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
from pipeline.structures.cif import read
from schemas import columns as col
from schemas import laskowski, links, measurements
from schemas.contract import typed
from tests.unit.difficult import atoms, cell, listed, operations

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


@pytest.mark.parametrize(
    ("row", "record", "more", "severity"),
    [
        ({col.DOI: "10.1016/j.ssi.2013.04.02"}, "10.1016/j.ssi.2013.04.002", (), "error"),  # a stroke lost
        ({col.DOI: "10.1016/j.ssi.2013.04.020"}, "10.1016/j.ssi.2013.04.002", (), "error"),  # two exchanged
        ({col.DOI: "10.1016/j.ssi.2013.04.011"}, "10.1016/j.ssi.2013.04.002", (), "warning"),
        # the row cites number 7 as its record does, and the source lists the DOI of the row under number 8
        ({}, "10.1000/two", ({col.RECORD: "2", col.DOI_SOURCE: DOI, col.REFERENCE: "8", col.COMPOSITION: "Li4SiO4"},), "error"),
        ({}, "10.1000/two", ({col.RECORD: "2", col.DOI_SOURCE: DOI, col.REFERENCE: "7", col.COMPOSITION: "Li4SiO4"},), "warning"),
        ({col.LASKOWSKI_ID: "8", col.REF: None}, "10.1000/two",
         ({col.RECORD: "2", col.DOI_SOURCE: DOI, col.REFERENCE: "8", col.COMPOSITION: "Li4SiO4"},), "warning"),
    ],
)  # fmt: skip
def test_a_doi_that_is_mistyped_or_another_rows_is_an_error(
    row: dict[str, object], record: str, more: tuple[dict[str, object], ...], severity: str
) -> None:
    source = laskowski_table(table(laskowski.COLUMNS, [{**RECORD, col.DOI_SOURCE: record}, *({**RECORD, **each} for each in more)]))
    linked = table(links.COLUMNS, [{**LINK, col.DOI_AGREES: False}])
    found = record_findings([Row("abc", {k: v for k, v in {**ROW, **row}.items() if v is not None})], linked, [source], {})
    assert [f.severity for f in found if f.check == "link.paper"] == [severity]


@pytest.mark.parametrize(("theirs", "severity"), [("10.1000/two", "error"), ("10.1000/three", "warning")])
def test_two_sources_prove_that_the_paper_is_another(theirs: str, severity: str) -> None:
    ours = laskowski_table(table(laskowski.COLUMNS, [{**RECORD, col.DOI_SOURCE: "10.1000/two"}]))
    other = liverpool_ionics(table(laskowski.COLUMNS, [{**RECORD, col.DOI_SOURCE: theirs}]))
    linked = table(links.COLUMNS, [{**LINK, col.DOI_AGREES: False, col.SOURCE: name} for name in ("laskowski", "liion")])
    found = record_findings([Row("abc", ROW)], linked, [ours, other], {})
    assert [f.severity for f in found if f.check == "link.paper"] == [severity]


@pytest.mark.parametrize(
    ("elements", "length", "severity"), [("Li P O", 10.0, "warning"), ("P O", 10.0, "error"), ("Li P O", 10.1, "error")]
)
def test_a_neighbouring_code_is_an_error_where_its_file_is_not_the_rows(elements: str, length: float, severity: str) -> None:
    sites = "".join(f"{e}1 {e} 0.{i} 0.{i} 0.{i} 1\n" for i, e in enumerate(elements.split(), start=1))
    text = f"data_x\n_symmetry_space_group_name_H-M 'P 1'\n{cell(length, 6, 5, 90, 90, 90)}" + listed(operations("P 1")) + atoms(sites)
    values = {**ROW, **dict(zip(col.LATTICE, (10.0, 6.0, 5.0, 90.0, 90.0, 90.0), strict=True))}
    source = laskowski_table(table(laskowski.COLUMNS, [{**RECORD, col.ICSD_ID_SOURCE: "1001"}]))
    found = record_findings([Row("abc", values)], table(links.COLUMNS, [LINK]), [source], {"abc": read(text, "abc.cif")})
    assert [f.severity for f in found if f.check == "link.icsd"] == [severity]


def test_two_names_of_one_paper_are_information() -> None:
    source = laskowski_table(table(laskowski.COLUMNS, [{**RECORD, col.RECORD: n, col.DOI_SOURCE: "10.1000/two"} for n in "12"]))
    linked = table(links.COLUMNS, [{**LINK, col.LINK_ENTRY: i, col.LINK_RECORD: n, col.DOI_AGREES: False} for i, n in ("a1", "b2")])
    found = [*record_findings([Row(name, ROW) for name in "ab"], linked, [source], {})]
    assert [(f.id, f.check, f.severity) for f in found] == [("a", "link.paper", "info"), ("b", "link.paper", "info")]


@pytest.mark.parametrize(("theirs", "severity"), [(11, "info"), (225, "error")])
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
    found = said({col.REF: "D2 - 8"}, {}, {})
    assert [(f.column, f.severity, f.expected) for f in found] == [(col.REF, "error", "7")], "the source lists the paper under 7"
    found = said({col.LASKOWSKI_ID: "8"}, {}, {})
    assert [(f.column, f.severity, f.expected) for f in found] == [(col.LASKOWSKI_ID, "error", "7")]
    found = said({col.REF: "D2 - 8"}, {col.REFERENCE: "9"}, {})
    assert [(f.column, f.severity) for f in found] == [(col.REF, "warning")], "nothing tells"
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
        ((4e-7,), "info"), ((6e-7,), "warning"), ((1e-5, 1.01e-5), "error"), ((1e-6, 1e-6), "error"), ((9e-7, 9e-7), "warning"),
        ((1e-5,), "warning"),  # one digit is shared by chance
    ],
)  # fmt: skip
def test_a_source_that_differs_is_never_silent(values: tuple[float, ...], severity: str | None) -> None:
    assert [f.severity for f in conductivity({}, *values)] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("value", "severity"),
    [(1.23e-6, "error"), (1.23e-5, "error"), (1.24e-6, "warning"), (1.93e-7, "warning"), (1.32e-7, "warning"), (1.95e-7, "info")],
)
def test_a_slip_of_exponent_or_digit_against_the_record(value: float, severity: str) -> None:
    (found,) = conductivity({col.IONIC_CONDUCTIVITY: 1.23e-7}, value)
    assert found.severity == severity


def test_a_record_that_was_merged_with_the_entrys_speaks_as_well() -> None:
    other = liverpool_ionics(table(laskowski.COLUMNS, [{**RECORD, col.CONDUCTIVITY: 7e-7}]))
    sources = [laskowski_table(table(laskowski.COLUMNS, [RECORD])), other]
    merged = table(measurements.COLUMNS, [{col.MEASUREMENT: "m1", col.RECORDS: "laskowski:1|liion:1"}])
    for records, severities in ((merged, ["info"]), (merged.iloc[:0], [])):
        found = link_findings([Row("abc", ROW)], table(links.COLUMNS, [LINK]), records, sources)
        assert [f.severity for f in found if f.check == "conductivity.source"] == severities
    both = table(links.COLUMNS, [LINK, {**LINK, col.SOURCE: "liion", col.LINK_RECORD: "1", col.CONDUCTIVITY_RATIO: 1.0}])
    assert [f for f in link_findings([Row("abc", ROW)], both, merged, sources) if f.check == "conductivity.source"] == [], (
        "linked: told once"
    )


@pytest.mark.parametrize(("mine", "other", "severity"), [(1e-10, None, "error"), (2e-11, None, None), (1e-10, 1e-10, None)])
def test_the_limit_of_a_bound_as_a_value_has_lost_its_sign(mine: float, other: float | None, severity: str | None) -> None:
    record = {**RECORD, col.CONDUCTIVITY: None, col.CONDUCTIVITY_BOUND: "<1e-10"}
    sources = [laskowski_table(table(laskowski.COLUMNS, [record]))]
    linked = [{**LINK, col.CONDUCTIVITY_RATIO: None}]
    if other is not None:
        sources.append(liverpool_ionics(table(laskowski.COLUMNS, [{**RECORD, col.CONDUCTIVITY: other}])))
        linked.append({**LINK, col.SOURCE: "liion", col.CONDUCTIVITY_RATIO: mine / other})
    merged = table(measurements.COLUMNS, [{col.MEASUREMENT: "m1", col.RECORDS: "laskowski:1", col.CONDUCTIVITY_BOUND: "<1e-10"}])
    found = link_findings([Row("abc", {**ROW, col.IONIC_CONDUCTIVITY: mine})], table(links.COLUMNS, linked), merged, sources)
    assert [(f.severity, f.expected) for f in found if f.check == "conductivity.source"] == ([(severity, "<1e-10")] if severity else [])


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
