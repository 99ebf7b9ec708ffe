"""When an entry is linked to a record: the odds of docs/sources.md, from both sides, one record and one entry at a time."""

from __future__ import annotations

from dataclasses import replace
from math import inf, log10

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.literature import links
from pipeline.literature.finder import BESIDE, Candidates, Group, Values, log_odds, names
from pipeline.literature.linkage import Comparison, Described, assign, certainty, compare, elements, value_class, weighed
from pipeline.literature.links import identifiers
from pipeline.literature.merge import measurements
from schemas import columns as col
from tests.unit.literature import both as built_in
from tests.unit.literature import entry_table, laskowski_table, liion_table

OTHER = "10.1000/other"


def linked(record: dict[str, object], entry: dict[col.Column, object], source: str = "laskowski") -> bool:
    """Whether the one record of a table is found for the one entry."""
    tables = {"laskowski": ([], [record]), "liion": ([record], [])}[source]
    sources = built_in(liion_table(*tables[0]), laskowski_table(*tables[1]))
    found = links(entry_table(aaa=entry), measurements(sources), sources)
    return bool(found[str(col.LINK_RECORD)].notna().any())


FORMULA, VALUE, GROUP = col.REDUCED_COMPOSITION, col.IONIC_CONDUCTIVITY, col.SPACE_GROUP_NUMBER
#: The entry says that it stands in citation 5, the record's: 19 to 1 that it does.
CITED = {col.LASKOWSKI_ID: "5"}
AGREE = (col.COMPOSITION_AGREES, col.DOI_AGREES, col.SPACEGROUP_AGREES, col.ICSD_AGREES)


@pytest.mark.parametrize(
    ("record", "entry", "expected"),
    [
        # of those that cite the source 1 of 20 has no record there: odds of 19, which a weight of -1.28 uses up
        ({"composition": "Li3PO4", "conductivity": None}, {FORMULA: "Li2.8P1.1O4", **CITED}, True),  # the same elements: -1.2
        ({"composition": "Li3PO4", "conductivity": 1.9001e-6}, {FORMULA: "Li2.8P1.1O4", VALUE: 1.0001e-6, **CITED}, False),
         # and half the value: -1.4
        # of the others 7 of 10 have none: odds of 3 to 7, for which it takes 0.37
        ({"composition": "Li3PO4", "conductivity": 1.04e-6}, {FORMULA: "Li3.02P0.98O4", VALUE: 1.0001e-6}, False),  # near, within 5 %: 0.15
        ({"composition": "Li3PO4", "conductivity": 1.00801e-6}, {FORMULA: "Li3.02P0.98O4", VALUE: 1.0001e-6}, True),
         # near, within 1 %: 0.55
        ({"composition": "Li3PO4", "conductivity": 1.2e-6}, {FORMULA: "Li3.02P0.98O4", VALUE: 1e-6}, False),  # near, one digit: 0.3
        ({"composition": "Li3PO4", "conductivity": 3e-3}, {FORMULA: "Li3PO4", VALUE: 1e-6}, True),  # the compound alone: 0.65
        ({"composition": "LiBr", "conductivity": 1e-6}, {FORMULA: "LiCl", VALUE: 1e-6, **CITED}, False),  # another compound
    ],
)  # fmt: skip
def test_odds_that_an_entry_has_a_record(record: dict[str, object], entry: dict[col.Column, object], expected: bool) -> None:
    assert linked({"spacegroup_number": None, **record}, {GROUP: None, **entry}) is expected


@pytest.mark.parametrize(
    ("value", "ours", "theirs", "expected"),
    [
        # near, within 1 %: 0.55 of the 0.37 that it takes; two different numbers take 0.2 away
        (1.00801e-6, None, "1234", True), (1.00801e-6, "1234", None, True), (1.00801e-6, "1234", "1234", True),
        (1.00801e-6, "1234", "4321", False),
        # near, within 5 %: 0.15; one number adds 0.5
        (1.04e-6, None, "1234", False), (1.04e-6, "1234", None, False), (1.04e-6, "1234", "1234", True),
    ],
)  # fmt: skip
def test_an_icsd_number_tells_nothing_where_the_other_side_has_none(
    value: float, ours: str | None, theirs: str | None, expected: bool
) -> None:
    record = {"composition": "Li3PO4", "conductivity": value, "spacegroup_number": None, "icsd_id": theirs}
    assert linked(record, {FORMULA: "Li3.02P0.98O4", VALUE: 1.0001e-6, GROUP: None, col.ICSD_ID: ours}) is expected


@pytest.mark.parametrize(
    ("record", "entry", "expected"),
    [
        # in another paper one composition in fifty is the same measurement: three digits just make up for it, two do not
        ({"conductivity": 1.23e-5}, {VALUE: 1.23e-5, GROUP: None}, True), ({"conductivity": 1.2e-5}, {VALUE: 1.2e-5, GROUP: None}, False),
        ({"conductivity": 1.2e-5, "spacegroup_number": 225}, {VALUE: 1.2e-5}, True), ({"conductivity": 1.23e-5, "spacegroup_number": 62},
        {VALUE: 1.23e-5}, False),
        ({"conductivity": 1.23e-5, "icsd_id": "7"}, {VALUE: 1.23e-5, GROUP: None, col.ICSD_ID: "8"}, False),
        ({"conductivity": 1.2e-5, "icsd_id": "7"}, {VALUE: 1.2e-5, GROUP: None, col.ICSD_ID: "7"}, True),
    ],
)  # fmt: skip
def test_odds_of_a_record_in_another_paper(record: dict[str, object], entry: dict[col.Column, object], expected: bool) -> None:
    assert linked({"doi": OTHER, "spacegroup_number": None, **record}, entry) is expected


@pytest.mark.parametrize(
    ("published", "expected"),
    [("100", True), ("0", True), ("1", False), (None, False)],
)
def test_a_published_liion_id_names_the_record_by_its_id_or_its_place(published: str | None, expected: bool) -> None:
    """As much evidence as two equal digits: enough across papers beside the same group, where the value alone is not."""
    entry = {VALUE: 3.7e-5, GROUP: None, col.LIION_ID: published}
    assert linked({"conductivity": 3.9e-5, "doi": OTHER, "spacegroup_number": None}, {**entry}, "liion") is False
    assert linked({"conductivity": 3.7e-5, "doi": OTHER, "spacegroup_number": None}, {**entry}, "liion") is expected
    assert names(published, "100", {"0": "100", "1": "101"}) is expected


def test_the_odds_are_shared_among_rivals() -> None:
    """Records of the same elements are rivals of one another; one that is none of them has all as rivals."""
    one = Candidates("e", 0.05, frozenset({"a", "b", "c"}), frozenset({"a", "b"}), {"a": 0.0, "b": 0.5, "c": -1.0}, {"z": -0.3})
    odds = log_odds([one], ())
    weights = {"a": log10(19 / 2), "b": 0.5 + log10(19 / 2), "c": -1 + log10(19 / 3), "z": -0.3}
    assert odds == {("e", name): pytest.approx(weight) for name, weight in weights.items()}
    left = log_odds([one], ("a",))
    assert left == {("e", "b"): pytest.approx(0.5 + log10(19)), ("e", "c"): pytest.approx(-1 + log10(19 / 2)), ("e", "z"): -0.3}
    assert ("e", "z") not in log_odds([one], ("z",))
    rare = Candidates("e", 0.7, frozenset({"a", "d"}), frozenset({"a"}), {"a": 0.0}, {})
    assert log_odds([rare], ()) == {("e", "a"): pytest.approx(log10(3 / 7))}


def test_a_record_whose_partner_is_another_entrys_is_not_this_ones() -> None:
    """Two entries of one paper with one value: the record merged with the one's goes to it."""
    laskowski = laskowski_table(
        {"composition": "LiCl", "conductivity": 1.23e-5, "spacegroup_number": 225}, {"composition": "LiCl", "conductivity": 4.5e-3}
    )
    liion = liion_table({"composition": "LiCl", "conductivity": 4.5e-3})
    sources = built_in(liion, laskowski)
    merged = measurements(sources)
    table = entry_table(aaa={VALUE: 1.23e-5}, bbb={VALUE: 4.5e-3, GROUP: None})
    found = links(table, merged, sources)
    told = dict(zip(zip(found[str(col.LINK_ENTRY)], found[str(col.SOURCE)], strict=True), found[str(col.LINK_RECORD)], strict=True))
    assert told == {("aaa", "laskowski"): "1", ("bbb", "laskowski"): "2", ("bbb", "liion"): "100"}


def test_further_records_of_the_paper_repeat_an_entry_within_five_percent() -> None:
    values = (1.2489e-5, 1.1521e-5, 1.0821e-5)  # each more than 5 % from the next
    sources = built_in(liion_table(), laskowski_table(*({"conductivity": value, "spacegroup_number": None} for value in values)))
    found = links(entry_table(aaa={VALUE: 1.2001e-5, GROUP: None}), measurements(sources), sources)
    ratios = dict(zip(found[str(col.LINK_RECORD)], found[str(col.CONDUCTIVITY_RATIO)], strict=True))
    assert ratios == pytest.approx({"1": 1.2001 / 1.2489, "2": 1.2001 / 1.1521})
    other = built_in(
        liion_table(),
        laskowski_table({"conductivity": 1.2001e-5, "spacegroup_number": 225}, {"conductivity": 1.21e-5, "spacegroup_number": 62}),
    )
    found = links(entry_table(aaa={VALUE: 1.2001e-5}), measurements(other), other)
    assert found[str(col.LINK_RECORD)].tolist() == ["1"]


def test_a_link_says_what_agrees() -> None:
    sources = built_in(liion_table(), laskowski_table({"spacegroup_number": 62, "icsd_id": "7", "doi": "10.1000/paper"}))
    entry = {col.ICSD_ID: "8", col.LASKOWSKI_ID: "6"}
    [row] = links(entry_table(aaa=entry), measurements(sources), sources).to_dict("records")
    assert (row[str(col.COMPOSITION_AGREES)], row[str(col.DOI_AGREES)], row[str(col.SPACEGROUP_AGREES)], row[str(col.ICSD_AGREES)]) == (
        True,
        True,
        False,
        False,
    )
    assert (row[str(col.PUBLISHED)], row[str(col.AGREES_WITH_PUBLISHED)], row[str(col.REFERENCE)]) == ("6", False, "5")
    bound = {col.BOUND: "<", col.LASKOWSKI_ID: "5"}
    [row] = links(entry_table(aaa=bound), measurements(sources), sources).to_dict("records")
    assert row[str(col.CONDUCTIVITY_RATIO)] != row[str(col.CONDUCTIVITY_RATIO)]  # a bound has no ratio
    assert row[str(col.AGREES_WITH_PUBLISHED)]


def test_an_entry_without_a_record_keeps_the_citation_of_its_paper() -> None:
    sources = built_in(liion_table(), laskowski_table({"composition": "LiBr"}, {"composition": "LiI", "reference": "6", "doi": OTHER}))
    table = entry_table(aaa={col.LASKOWSKI_ID: "5"}, bbb={col.LASKOWSKI_ID: "6"}, ccc={col.LIION_ID: "100"})
    found = identifiers(table, links(table, measurements(sources), sources), sources)
    assert found[str(col.LASKOWSKI_ID)].fillna("").tolist() == ["5", "", ""]
    assert found[str(col.LIION_ID)].fillna("").tolist() == ["", "", ""]


def test_weights_add_up_to_the_odds() -> None:
    """Certainty is the probability of odds given by their logarithm; of a polymorph both group and value are another."""
    assert certainty(log10(3)) == pytest.approx(0.75)
    usual = Comparison("same", "rounded", "same", "usual")
    for field, other in (("composition", "near"), ("conductivity", "5 %"), ("spacegroup", "differs"), ("temperature", "unusual")):
        assert replace(usual, **{field: other}).weight < usual.weight
    differs = Comparison("same", "differs", "differs", "usual")
    assert differs.weight == pytest.approx(Comparison("same", "differs", "unknown", "usual").weight - 0.7 - 2.0, abs=0.25)
    assert compare(Described("a", "LiCl", (1e-6,), spacegroup=62), Described("b", "LiCl", (1e-6,))).spacegroup == "unknown"
    assert assign({("a", "1"): -5.0, ("a", "2"): -4.0, ("b", "1"): -6.0, ("b", "2"): -3.0}) == [("a", "1"), ("b", "2")]


VALUES = st.sampled_from([1e-6, 1.05e-6, 1.1e-6, 1.149e-6, 1.15e-6, 9.5e-7, 2e-6, 1.02e-6, 1e-5, 3.3e-6])
DESCRIBED = st.builds(
    Described,
    st.just("a"),
    st.sampled_from(["LiCl", "Li2Cl2", "LiCl0.96", "LiClO", "LiBr", "Li3PS4", "0.5LiCl-0.5Li2O", "a glass"]),
    st.lists(VALUES, max_size=2).map(tuple),
    st.sampled_from(["", "<"]),
    temperature=st.sampled_from([None, 25.0, 90.0]),
    spacegroup=st.sampled_from([None, 62, 225]),
)


@settings(max_examples=300)
@given(ours=DESCRIBED, theirs=DESCRIBED, least=st.floats(-6, 4))
def test_what_is_weighed_against_a_least_weighs_as_much_or_is_not_above_it(ours: Described, theirs: Described, least: float) -> None:
    weight = compare(ours, theirs).weight
    assert weighed(ours, theirs, least) == weight or (weight <= least and weighed(ours, theirs, least) == -inf)


@given(mine=st.floats(1, 10), apart=st.floats(1, 1.2), digits=st.integers(0, 4))
def test_values_that_are_the_same_in_two_digits_are_side_by_side(mine: float, apart: float, digits: int) -> None:
    mine, yours = round(mine, digits), mine * apart
    assert value_class(mine, yours) not in ("identical", "rounded") or max(mine / yours, yours / mine) < BESIDE


def test_a_record_of_another_paper_is_found_by_its_value_in_print_and_its_elements() -> None:
    """Of many records of the elements only those whose value is as near as that are compared."""
    texts = [f"Li{1 + place / 1000:.3f}Cl" for place in range(200)]
    records = [Described(str(place), text, (1e-6 * 1.01**place,)) for place, text in enumerate(texts)]
    groups = [Group(record.key, record.key, (record,), frozenset(), elements(record.composition)) for record in records]
    index = Values(groups)
    for record in records:
        found = [group.name for group in index.like(record, elements(record.composition), ())]
        assert record.key in found
        assert found == sorted(found, key=int)
        assert len(found) <= 12
    assert [group.name for group in index.like(replace(records[0], bound="<"), elements("LiCl"), ("7", "no record"))] == ["7"]
    assert index.like(records[0], elements("LiBr"), ()) == []
