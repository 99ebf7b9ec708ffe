"""Counts of a release, on tables small enough to count by hand."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from pipeline.reporting.paper import CLAIMS, Claim, paper
from pipeline.reporting.statistics import crystal_family, floors, in_icsd, membership, regions, repeated, statistics
from pipeline.structures.cif import Structure, read
from schemas import columns as col
from tests.unit.difficult import small_cif
from tests.unit.splits import bonds, entries


def structure(occupancy: float) -> Structure:
    return read(small_cif(4, "P m -3 m", f"Li1 Li 0 0 0 {occupancy}\nCl1 Cl 0.5 0.5 0.5 1\n"), "x.cif")


def test_repeated_measurements_by_hand() -> None:
    rows = {
        "aaa": {col.IONIC_CONDUCTIVITY: 1e-4},
        "bbb": {col.IONIC_CONDUCTIVITY: 1e-6, col.A: 10.605},
        "ccc": {col.IONIC_CONDUCTIVITY: 1e-6, col.TRUE_COMPOSITION: "Li12 P4O16"},
        "ddd": {col.IONIC_CONDUCTIVITY: 1e-3, col.SPACE_GROUP_NUMBER: 31},
        "eee": {col.IONIC_CONDUCTIVITY: 1e-3, col.TRUE_COMPOSITION: "Li6P2O8"},
    }
    found = statistics(entries(rows), {})["repeats"]
    assert (found["sets"], found["entries"]) == (1, 3)
    # decades -4, -6, -6: mean -16/3, median -6
    assert found["rmsd_from_means"] == pytest.approx(math.sqrt((16 / 9 + 4 / 9 + 4 / 9) / 3))
    assert found["mad_from_medians"] == pytest.approx(2 / 3)
    assert found["mad_from_others"] == pytest.approx((2 + 1 + 1) / 3)  # from the median of the other two: -6, -5, -5
    assert floors(entries(rows)) == (found["mad_from_medians"], found["mad_from_others"])
    assert found["largest_lattice_difference"] == pytest.approx(0.01)
    assert found["list"][0]["ids"] == ["aaa", "bbb", "ccc"]


def test_another_setting_is_no_difference() -> None:
    rows = {"aaa": {}, "bbb": {col.A: 6.1, col.B: 4.9, col.C: 10.5}}
    assert statistics(entries(rows), {})["repeats"]["largest_lattice_difference"] < 1e-6


def test_without_repeats() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"))
    assert repeated(table) == []
    assert statistics(table, {})["repeats"] == {"sets": 0, "entries": 0, "list": []}
    assert floors(table) is None


def test_structures_by_kind_and_side() -> None:
    rows = {
        "aaa": {col.ICSD_ID: "12345"},
        "bbb": {col.CIF_REF_1: "ICSD-111757"},
        "ccc": {col.CIF_REF_1: "appendix"},
        "ddd": {col.CLOSE_MATCH: "Yes", col.ICSD_ID: "1"},
        "eee": {col.ICSD_ID: "2"},
    }
    found = statistics(
        entries(rows), dict.fromkeys(("aaa", "bbb", "ccc", "ddd"), structure(1)), train_ids=["aaa", "bbb", "ccc"], test_ids=["ddd", "eee"]
    )
    numbers = found["structures"]
    assert {key: numbers[key] for key in ("all", "train", "test", "declared_exact", "declared_close", "without")} == {
        "all": 4, "train": 3, "test": 1, "declared_exact": 3, "declared_close": 1, "without": 1,
    }  # fmt: skip
    assert {key: numbers[key] for key in ("declared_exact_icsd", "declared_exact_elsewhere", "declared_close_icsd", "proprietary")} == {
        "declared_exact_icsd": 2, "declared_exact_elsewhere": 1, "declared_close_icsd": 1, "proprietary": 3,
    }  # fmt: skip
    assert numbers["test_share"] == 0.25


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ("155950-ICSD", True),
        ("ICSD 17638", True),
        ("ICSD-111757", True),
        ("ICSD", False),
        ("CCDC 1546874", False),
        ("ICSD not the same", False),
    ],
)
def test_a_collection_code_in_a_reference(reference: str, named: bool) -> None:
    assert in_icsd(entries({"aaa": {col.CIF_REF_1: reference}})).tolist() == [named]


def test_partial_occupancy_by_side() -> None:
    found = statistics(
        bonds(aaa=("LiCl", "x"), bbb=("LiCl", "y")), {"aaa": structure(0.5), "bbb": structure(1)}, train_ids=["aaa"], test_ids=["bbb"]
    )
    assert found["partial_occupancy"] == {"all": 1, "train": 1, "test": 0, "share": 0.5}


def test_elements_and_space_groups_only_in_test() -> None:
    table = entries({"aaa": {}, "ttt": {col.REDUCED_COMPOSITION: "LiAgS", col.SPACE_GROUP_NUMBER: 221}})
    found = statistics(table, {}, train_ids=["aaa"], test_ids=["ttt"])
    assert (found["elements"]["only_in_test"], found["spacegroups"]["only_in_test"]) == (["Ag", "S"], [221])
    assert found["elements"]["counts"] == {"Li": 2, "Ag": 1, "O": 1, "P": 1, "S": 1}


def test_bounds_are_counted_by_their_text() -> None:
    table = entries({n: {col.IONIC_CONDUCTIVITY: v, col.BOUND: b} for n, v, b in (("a", 1e-10, "<"), ("b", 1e-8, "<"), ("c", 1e-8, None))})
    assert statistics(table, {})["bounds"] == {"all": 2, "values": {"<1e-08": 1, "<1e-10": 1}}


def test_regions_hold_every_entry_once() -> None:
    table = entries({"a": {col.ICSD_ID: "1", col.LIION_ID: "2"}, "b": {col.LASKOWSKI_ID: "3"}, "c": {}})
    found = regions(membership(table), list(table.index))
    assert {region: names for region, names in found.items() if names} == {"ICSD + Liion": ["a"], "Laskowski": ["b"], "none": ["c"]}


def test_links_take_the_place_of_the_published_columns() -> None:
    table = entries({"a": {col.LIION_ID: "9"}, "b": {}})
    links = pd.DataFrame({str(col.ID): ["b", "a"], str(col.SOURCE): ["laskowski", "liion"], str(col.RECORD): ["7", None]})
    found = membership(table, links)
    assert (found["Laskowski"], found["Liion"]) == ({"b"}, set())


@pytest.mark.parametrize(("number", "family"), [(1, "triclinic"), (15, "monoclinic"), (62, "orthorhombic"), (137, "tetragonal"),
                                                 (167, "hexagonal"), (194, "hexagonal"), (195, "cubic")])  # fmt: skip
def test_crystal_families(number: int, family: str) -> None:
    assert crystal_family(number) == family


def test_the_order_of_rows_changes_nothing_and_json_holds_it() -> None:
    table = bonds(ccc=("Li2S", "10.1/a"), aaa=("Li3N", "10.1/b"), bbb=("Li2S", "10.1/c"))
    text = json.dumps(statistics(table, {}, train_ids=["aaa", "bbb"], test_ids=["ccc"]), allow_nan=False)
    assert json.dumps(statistics(table.iloc[::-1], {}, train_ids=["bbb", "aaa"], test_ids=["ccc"]), allow_nan=False) == text


def test_each_claim_has_a_definition_or_a_reason() -> None:
    assert all(claim.definition or claim.reason for claim in CLAIMS)
    assert len({(claim.what, claim.printed, claim.section) for claim in CLAIMS}) == len(CLAIMS)


def test_a_number_that_differs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = (
        Claim("1", "entries", "2", lambda n: str(n["entries"]["all"]), "rows"),
        Claim("1", "rows", "1", lambda n: str(n["entries"]["all"]), "rows"),
    )
    monkeypatch.setattr("pipeline.reporting.paper.CLAIMS", claims)
    table = bonds(aaa=("Li2S", "x"))
    differs, agrees = paper(statistics(table, {}), table)
    assert (differs.verdict, differs.found, agrees.verdict) == ("differs", "1", "agrees")
    assert differs.reason
    assert not agrees.reason
