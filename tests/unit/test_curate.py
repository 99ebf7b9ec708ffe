"""Entries and the records they come from; what became of the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.links import link_findings
from pipeline.checks.reading import rows
from pipeline.findings import Finding
from pipeline.literature import accounting, identifiers
from schemas import columns as col
from tests.unit.literature import SourceLine, both, laskowski_table, liion_table


class Case(SourceLine):
    """One line from the sources to the findings."""

    def __init__(self, liion: list[dict[str, object]], laskowski: list[dict[str, object]], **entries: dict[str, object]) -> None:
        super().__init__(*both(liion_table(*liion), laskowski_table(*laskowski)), **entries)

    @property
    def found(self) -> set[tuple[str, str, str]]:
        linked = self.links.dropna(subset=["record"])
        return set(zip(linked.ID, linked.source, linked.record, strict=True))

    @property
    def findings(self) -> list[Finding]:
        return list(link_findings(rows(self.entries), self.links, self.measurements))


def test_an_entry_is_linked_to_its_record_in_both_sources() -> None:
    case = Case([{}], [{"spacegroup_number": 225}], aaa={col.LASKOWSKI_ID: "5", col.LIION_ID: "0"})
    assert case.found == {("aaa", "laskowski", "1"), ("aaa", "liion", "100")}
    assert case.links.agrees_with_published.all()
    first = case.links.iloc[0]
    assert (first.reference, first.composition_agrees, first.doi_agrees, first.spacegroup_agrees) == ("5", True, True, True)
    assert first.conductivity_ratio == pytest.approx(1)
    assert case.states == {"liion:100": "released", "laskowski:1": "released"}
    assert case.measurements[["ID", "state"]].to_numpy().tolist() == [["aaa", "released"]]
    assert case.measurements.lacks.isna().all()
    assert not case.findings


@pytest.mark.parametrize("published", ["1", "101"], ids=["place counted from 0", "ID"])
def test_a_liion_id_is_right_in_either_convention(published: str) -> None:
    case = Case([{"composition": "LiBr"}, {}], [], aaa={col.LIION_ID: published})
    assert case.found == {("aaa", "liion", "101")}
    assert case.links.agrees_with_published.tolist() == [True]
    assert identifiers(case.entries, case.links, case.sources)[col.LIION_ID].tolist() == ["101"]


def test_a_published_sibling_is_told_and_the_right_record_given() -> None:
    liion = [{"composition": "LiBr", "conductivity": 2.4e-6}, {"conductivity": 1.31e-6}]
    case = Case(liion, [], aaa={col.LIION_ID: "100", col.REF: "D1 - 100", col.IONIC_CONDUCTIVITY: 1.31e-6})
    assert case.found == {("aaa", "liion", "101")}
    (finding,) = case.findings
    assert (finding.check, finding.value, finding.expected, finding.other) == ("link.liion", "100", "101", "liion-101")
    assert "agrees in composition, conductivity, paper" in finding.message


def test_a_published_link_without_any_record_is_told() -> None:
    case = Case([], [{"composition": "LiBr", "conductivity": 7.7e-9}], aaa={col.LASKOWSKI_ID: "5"}, bbb={col.LASKOWSKI_ID: "77"})
    assert case.found == set()
    assert case.links.record.isna().all()
    assert [(finding.id, finding.check) for finding in case.findings] == [("aaa", "link.laskowski"), ("bbb", "link.laskowski")]
    right = identifiers(case.entries, case.links, case.sources)[col.LASKOWSKI_ID]
    assert right["aaa"] == "5"  # the table cites the paper, and that is all the number says
    assert pd.isna(right["bbb"])


def test_a_wrong_citation_number_is_corrected() -> None:
    case = Case([], [{}, {"composition": "LiBr", "reference": "6", "doi": "10.1000/other"}], aaa={col.LASKOWSKI_ID: "6"})
    assert case.found == {("aaa", "laskowski", "1")}
    assert case.links.agrees_with_published.tolist() == [False]
    assert identifiers(case.entries, case.links, case.sources)[col.LASKOWSKI_ID].tolist() == ["5"]


def test_curators_who_changed_the_doi_are_believed_by_their_reference() -> None:
    case = Case([], [{"conductivity": 3.3e-7}], aaa={col.DOI: "10.1000/newer", col.REF: "D2 - 5", col.IONIC_CONDUCTIVITY: 3.3e-7})
    assert case.found == {("aaa", "laskowski", "1")}
    assert case.links.doi_agrees.tolist() == [False]


def test_total_and_bulk_count() -> None:
    table = [{"composition": "LiCl", "conductivity": 8.8e-4}]
    case = Case([], table, aaa={col.IONIC_CONDUCTIVITY: 6.3e-4, col.IC_TOTAL: 6.3e-4, col.IC_BULK: 8.8e-4})
    assert case.found == {("aaa", "laskowski", "1")}
    assert not case.findings


def test_a_conductivity_that_no_record_knows_is_told() -> None:
    case = Case([{"conductivity": 9e-5}], [{"conductivity": 9e-5}], aaa={col.IONIC_CONDUCTIVITY: 1e-6})
    (finding,) = case.findings
    assert (finding.check, finding.column, finding.expected) == ("conductivity.source", col.IONIC_CONDUCTIVITY, "9e-05")
    assert finding.other == "laskowski-1 liion-100"


@pytest.mark.parametrize(
    ("entry", "record", "told"),
    [(1.31e-6, 1.37e-6, 0), (1.31e-6, 1.39e-6, 1), (1.31e-6, 1e-6, 0), (2.2e-5, 2e-5, 0), (2.6e-5, 2e-5, 1), (8.63e-3, 8.6e-3, 0)],
)
def test_a_reading_and_a_rounding_are_no_difference(entry: float, record: float, told: int) -> None:
    assert len(Case([], [{"conductivity": record}], aaa={col.IONIC_CONDUCTIVITY: entry}).findings) == told


def test_one_source_that_agrees_is_enough() -> None:
    case = Case([{"conductivity": 3e-6}], [{"conductivity": 1e-6}], aaa={})
    assert case.found == {("aaa", "laskowski", "1"), ("aaa", "liion", "100")}
    assert [f.severity for f in case.findings] == ["info"], "the other value is told, and stops nothing"


def test_a_value_above_the_bound_of_its_record_is_told() -> None:
    bound = {"conductivity": None, "conductivity_bound": "<1e-10"}
    assert [finding.check for finding in Case([], [bound], aaa={col.IONIC_CONDUCTIVITY: 3.2e-7}).findings] == ["conductivity.source"]
    assert not Case([], [bound], aaa={col.IONIC_CONDUCTIVITY: 1e-10, col.BOUND: "<"}).findings
    assert not Case([], [bound], aaa={col.IONIC_CONDUCTIVITY: 5e-11}).findings


def test_two_entries_do_not_share_a_record() -> None:
    case = Case(
        [],
        [{"conductivity": 2.31e-7, "spacegroup_number": 216}],
        aaa={col.IONIC_CONDUCTIVITY: 2.31e-7},
        bbb={col.IONIC_CONDUCTIVITY: 2.31e-7, col.SPACE_GROUP_NUMBER: 216},
    )
    assert case.found == {("bbb", "laskowski", "1")}


def test_a_repeated_record_is_linked_too_and_repeats() -> None:
    case = Case([], [{}, {}], aaa={col.LASKOWSKI_ID: "5"})
    assert case.found == {("aaa", "laskowski", "1"), ("aaa", "laskowski", "2")}
    assert case.states == {"laskowski:1": "released", "laskowski:2": "repeats"}


def test_each_record_ends_in_exactly_one_state() -> None:
    case = Case(
        [{}, {"at_room_temperature": False, "temperature": 200.0}, {"composition": "LiNO3", "family": "Glass"}, {"composition": "Li3N"}],
        [
            {"spacegroup_number": 225},
            {"composition": "0.7Li2S-0.3P2S5"},
            {"composition": "LiBr", "spacegroup_number": 225, "doi": "10.1000/b"},
            {"composition": "LiI", "doi": "10.1000/c"},
            {"composition": None, "conductivity": None},
        ],
        aaa={},
    )
    assert case.states == {
        "liion:100": "released",
        "liion:101": "not at room temperature",
        "liion:102": "not a single crystalline compound",
        "liion:103": "lacks space group",
        "laskowski:1": "released",
        "laskowski:2": "not a single crystalline compound",
        "laskowski:3": "lacks lattice",
        "laskowski:4": "lacks space group",
        "laskowski:5": "lost",
    }
    assert set(case.records.loc[case.records.measurement.isna(), "state"]) == {"lost", "not at room temperature"}


def test_the_backlog_is_ranked_by_what_would_add_most() -> None:
    known = {"spacegroup_number": 225, "doi": "10.1000/b"}
    case = Case(
        [],
        [
            {"composition": "LiCl", **known, "conductivity": 4e-9},  # the release has this composition already
            {"composition": "LiBr", "spacegroup_number": 225, "doi": None, "reference": None},
            {"composition": "LiI", **known},
            {"composition": "LiF", **known, "icsd_id": "1"},
            {"composition": "Li3N"},
        ],
        aaa={col.DOI: "10.1000/elsewhere"},
    )
    assert list(case.measurements.measurement) == ["laskowski-4", "laskowski-3", "laskowski-2", "laskowski-1", "laskowski-5"]
    assert list(case.measurements.lacks) == ["lattice", "lattice", "lattice, DOI", "lattice", "space group, lattice"]
    assert set(case.measurements.nearest) == {"aaa"}


def test_the_nearest_entry_is_that_of_the_nearest_composition() -> None:
    case = Case([], [{"composition": "Li6.9La3Zr1.9Ta0.1O12", "doi": "10.1/b"}], aaa={}, bbb={col.REDUCED_COMPOSITION: "Li7La3Zr2O12"})
    assert case.measurements.nearest.tolist() == ["bbb"]


@pytest.mark.parametrize("equal", [1, 2, 3, 9, 40])
def test_of_any_number_of_equals_the_first_is_the_nearest(equal: int) -> None:
    left, right = np.array([[0.5, 0.5, 0.0]]), np.array([[1.0, 0.0, 0.0]] * 3 + [[0.5, 0.4, 0.1], [0.4, 0.5, 0.1]] * equal)
    assert [place for place, _ in accounting._closest_of_many(left, right)] == [3]


@settings(max_examples=30)
@given(data=st.data())
def test_the_nearest_of_few_and_of_many_are_the_same(data: st.DataObject) -> None:
    """Compositions of a few elements in steps of 0.05: ties are frequent, and the first of equals is taken by either way."""
    steps = st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any).map(lambda row: [each / sum(row) for each in row])
    left, right = (np.array(data.draw(st.lists(steps, min_size=least, max_size=12))) for least in (1, 2))
    few, many = accounting._closest(left, right), accounting._closest_of_many(left, right)
    assert [place for place, _ in few] == [place for place, _ in many]
    assert [distance for _, distance in few] == pytest.approx([distance for _, distance in many], abs=1e-12)
    for point, (place, distance) in zip(left, few, strict=True):
        all_of_them = [float(np.linalg.norm(point - other)) for other in right]
        assert distance == pytest.approx(min(all_of_them), abs=1e-12)
        assert place == next(at for at, each in enumerate(all_of_them) if each**2 <= min(all_of_them) ** 2 + accounting.EQUAL)
