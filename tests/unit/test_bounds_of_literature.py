"""Each limit of record linkage, merging and accounting, from both sides: docs/sources.md has the law and the counts."""

from __future__ import annotations

from math import log10

import pytest

from pipeline.checks.links import link_findings
from pipeline.checks.reading import rows
from pipeline.findings import Finding
from pipeline.literature import accounted, linkage, links, records
from pipeline.literature.blocks import Compositions
from pipeline.literature.linkage import (
    CONDUCTIVITY,
    Described,
    assign,
    compare,
    composition_class,
    conductivity_class,
    elements,
    is_same,
    printed_digits,
    value_class,
)
from pipeline.literature.merge import measurements
from pipeline.literature.source import Source
from schemas import columns as col
from tests.unit.literature import declared_source, entry_table


def one(value: float = 1e-6, **more: object) -> Described:
    return Described("x", str(more.pop("composition", "LiCl")), (value,), **more)  # type: ignore[arg-type]


# --- classes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mine", "yours", "expected"),
    [
        # equal in the digits that the shorter of the two has
        (1.234e-5, 1.234e-5, "identical"), (1.234e-5, 1.23e-5, "identical"), (1.236e-5, 1.23e-5, "1 %"), (1.23e-5, 1.2e-5, "rounded"),
        (1.255e-5, 1.2e-5, "5 %"), (1.4e-5, 1e-5, "one digit"), (1.6e-5, 1e-5, "factor 2"), (1.6e-5, 2e-5, "one digit"),
        # one point of a figure read twice: within 1 or 5 %
        (1.2109e-5, 1.2001e-5, "1 %"), (1.2131e-5, 1.2001e-5, "5 %"), (1.2589e-5, 1.2001e-5, "5 %"), (1.2621e-5, 1.2001e-5, "factor 2"),
        # bulk and total
        (2.39e-5, 1.2001e-5, "factor 2"), (2.41e-5, 1.2001e-5, "differs"),
        # an exponent that slipped
        (1.2001e-4, 1.2001e-5, "decade"), (1.2129e-4, 1.2001e-5, "decade"), (1.2151e-4, 1.2001e-5, "differs"),
        (1.2001e-2, 1.2001e-5, "decade"),
        (1.187e-4, 1.2001e-5, "decade"), (1.185e-4, 1.2001e-5, "differs"),
    ],
)  # fmt: skip
def test_limits_of_the_classes_of_values(mine: float, yours: float, expected: str) -> None:
    assert value_class(mine, yours) == expected
    assert value_class(yours, mine) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("Li3PO4", "Li3.05PO4", "one element"), ("Li3PO4", "Li3.004PO4", "near"), ("Li3.00PO4", "Li3.005PO4", "same"),
        ("Li3PO4", "Li3.02PO4", "one element"),
        ("Li3PO4", "Li3.05PO4.05", "near"), ("Li3PO4", "Li3.06PO4.05", "elements"), ("Li3PO4", "Li3.02P0.98O4", "near"),
        ("Li3.5PO4", "Li3.5PO4Cl", "one element"), ("Li3PO4", "Li3.1PO4Cl", "other"), ("Li3PO4", "Li3PO4ClF", "other"),
    ],
)  # fmt: skip
def test_limits_of_the_classes_of_compositions(ours: str, theirs: str, expected: str) -> None:
    assert composition_class(ours, theirs) == expected
    assert composition_class(theirs, ours) == expected


def test_a_melt_is_the_sum_of_its_parts() -> None:
    assert is_same("0.7Li2S-0.3P2S5", "Li1.4P0.6S2.2")
    assert not is_same("0.7Li2S-0.3P2S5", "Li1.4P0.6S2.3")
    assert not is_same("Li3PS4 - 2 wt% Al2O3", "Li3PS4Al0.1O0.2")
    assert elements("0.7Li2S-0.3P2S5") == {"Li", "P", "S"}
    assert elements("not a formula") == frozenset()


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (one(1e-10, bound="<"), one(1e-10), "bound"), (one(1e-10, bound="<"), one(1.1e-10), "differs"), (one(1e-5, bound=">"), one(1e-5),
        "bound"),
        (one(1e-5, bound=">"), one(0.9e-5), "differs"), (one(1e-5, bound=">"), one(1e-4), "bound"), (one(1e-10, bound="<"),
        one(1e-10, bound=">"), "differs"),
        (one(1e-10, bound="<"), one(1e-10, bound="<"), "bound"),
    ],
)  # fmt: skip
def test_a_bound_is_kept_up_to_its_limit(mine: Described, theirs: Described, expected: str) -> None:
    assert conductivity_class(mine, theirs) == expected
    assert conductivity_class(theirs, mine) == expected


def test_the_best_of_several_values_counts() -> None:
    entry = Described("x", "LiCl", (5e-4, 1.23e-5, 3e-9))
    assert conductivity_class(entry, one(1.2345e-5)) == "identical"
    assert conductivity_class(one(4.4e-3), entry) == "differs"


@pytest.mark.parametrize(("temperature", "usual"), [(19.9, False), (20.0, True), (25.0, True), (30.0, True), (30.1, False), (None, True)])
def test_room_temperature_is_usually_20_to_30_degrees(temperature: float | None, usual: bool) -> None:
    found = compare(one(temperature=temperature), one(temperature=25.0))
    assert found.temperature == ("usual" if usual else "unusual")
    assert compare(one(temperature=25.0), one(temperature=temperature)) == found
    assert (found.weight < compare(one(), one()).weight) is not usual


def test_weights_of_values_are_those_of_the_counts() -> None:
    """log10(m / u): m of 136 pairs that are one measurement; u of 534 pairs of one paper, or of 503 of other papers."""
    counts = {
        "identical": (13, 2, 1), "rounded": (45, 4, 13), "one digit": (10, 7, 11), "1 %": (7, 2, 5), "5 %": (11, 14, 9),
        "factor 2": (29, 197, 125), "decade": (1, 2, 3), "differs": (19, 306, 335),
    }  # fmt: skip
    for name, (m, u, elsewhere) in counts.items():
        told = sorted((log10(m / 136 / (u / 534)), log10(m / 136 / (elsewhere / 503))))
        assert told[0] - 0.05 <= CONDUCTIVITY[name] <= told[1] + 0.05, name
    assert CONDUCTIVITY["unknown"] == 0


def test_another_space_group_speaks_against_and_with_another_value_it_is_a_polymorph() -> None:
    same, other, unknown = (compare(one(spacegroup=62), one(spacegroup=number)).weight for number in (62, 31, None))
    assert same > unknown > other
    far = {number: compare(one(spacegroup=62), one(3e-3, spacegroup=number)).weight for number in (62, 31, None)}
    # where the value agrees curators may have mended the group; where it does not, the two together are another sample
    assert (far[62] - far[31]) - (same - other) > 1
    assert far[62] - far[None] == pytest.approx(same - unknown)
    for value in (1.9e-6, 1e-5, 3e-3):
        assert compare(one(spacegroup=62), one(value, spacegroup=31)).weight < -1
    assert (
        compare(one(spacegroup=62), one(3e-3, spacegroup=31, composition="LiBr")).weight
        > compare(one(spacegroup=62), one(3e-3, spacegroup=31)).weight - 4
    )


@pytest.mark.parametrize(
    ("value", "digits"), [(1.0, 1), (0.12, 2), (1.234567e-5, 7), (1.2345678e-5, 7), (1.0e-5, 1), (1.01e-5, 3), (500.0, 1)]
)
def test_printed_digits(value: float, digits: int) -> None:
    assert printed_digits(value) == digits


def test_an_assignment_may_leave_a_pair_out_and_takes_none_at_the_limit() -> None:
    assert assign({("a", "1"): 0.0}, least=0.0) == []
    assert assign({("a", "1"): 1e-9}, least=0.0) == [("a", "1")]
    assert assign({("a", "1"): 3.0, ("a", "2"): 2.9, ("b", "1"): 0.05}, least=0.0) == [("a", "1")]
    assert assign({("a", "1"): 3.0, ("a", "2"): 2.9, ("b", "1"): 0.2}, least=0.0) == [("a", "2"), ("b", "1")]
    assert assign({("a", "a"): 1.0, ("b", "b"): 1.0}, least=0.0) == [("a", "a"), ("b", "b")]


def test_names_of_like_compositions_in_neighbouring_bins_are_found() -> None:
    """A formula that differs in the second decimal may lie on the other side of the border of a bin."""
    texts = [f"Li{x / 100:.2f}PO4" for x in range(20, 900)]
    index = Compositions((text, text) for text in texts)
    for text in ("Li0.26PO4", "Li1.58PO4", "Li2.31PO4", "Li5.77PO4", "Li0.20PO4"):
        near = [other for other in texts if is_same(text, other)]
        assert index.same(text) == near
        assert text in near
    assert index.same("Li2O") == []


def test_a_record_is_described_by_its_value_or_by_the_limit_of_its_bound() -> None:
    found = declared_source({}, {"conductivity": None, "conductivity_bound": "<1e-10"}, {"conductivity": None}).described
    assert [(each.bound, each.conductivities) for each in found.values()] == [("", (1e-6,)), ("<", (1e-10,)), ("", ())]


# --- merging ----------------------------------------------------------------------------------------------------------
def merged(*sources: Source) -> list[str]:
    return measurements([*sources])[str(col.RECORDS)].tolist()


@pytest.mark.parametrize(("value", "together"), [(1.2589e-5, True), (1.2621e-5, False)])
def test_records_of_one_table_repeat_one_another_within_five_percent(value: float, together: bool) -> None:
    found = merged(declared_source({"conductivity": 1.2001e-5}, {"conductivity": value}))
    assert found == (["other:1|other:2"] if together else ["other:1", "other:2"])


def test_records_without_a_value_do_not_repeat_one_another() -> None:
    assert len(merged(declared_source({"conductivity": None}, {"conductivity": None}))) == 2


def test_records_of_another_space_group_or_compound_do_not_repeat_one_another() -> None:
    assert len(merged(declared_source({"spacegroup_number": 62}, {"spacegroup_number": 31}))) == 2
    assert len(merged(declared_source({"spacegroup_number": 62}, {"spacegroup_number": None}))) == 1
    assert len(merged(declared_source({}, {"composition": "LiBr"}))) == 2
    assert len(merged(declared_source({}, {"doi": "10.1000/two"}))) == 2


@pytest.mark.parametrize(
    ("theirs", "joined"),
    [
        # one record each of one paper and compound: joined whatever the value, unless a polymorph
        ({"conductivity": 3e-3}, True), ({"conductivity": 3e-3, "spacegroup_number": 31}, False), ({"spacegroup_number": 31}, True),
        ({"composition": "LiBr"}, False), ({"composition": "Li1.05Cl1.05"}, True),
        # across papers three printed digits join, two do not
        ({"doi": "10.1000/two"}, False),
    ],
)  # fmt: skip
def test_what_two_tables_say_of_one_paper_is_joined(theirs: dict[str, object], joined: bool) -> None:
    found = merged(declared_source({"spacegroup_number": 62}, name="a"), declared_source(theirs, name="b"))
    assert (found == ["a:1|b:1"]) is joined


@pytest.mark.parametrize(("mine", "theirs", "joined"), [(1.23e-5, 1.23e-5, True), (1.2e-5, 1.2e-5, False), (1.234e-5, 1.23e-5, True)])
def test_across_papers_three_digits_join(mine: float, theirs: float, joined: bool) -> None:
    found = merged(
        declared_source({"conductivity": mine}, name="a"), declared_source({"conductivity": theirs, "doi": "10.1000/two"}, name="b")
    )
    assert (len(found) == 1) is joined


def test_the_icsd_number_decides_between_equals() -> None:
    """Across papers 50 strangers stand against one: an equal number helps a value of two digits, an unequal one hurts three."""
    for value in (1.2e-5, 1.23e-5):
        ours = {"conductivity": value, "icsd_id": "100"}
        for code, joined in (("100", True), ("200", False)):
            theirs = {**ours, "icsd_id": code, "doi": "10.1000/two"}
            assert (len(merged(declared_source(ours, name="a"), declared_source(theirs, name="b"))) == 1) is joined, (value, code)


@pytest.mark.parametrize(
    ("value", "code", "joined"),
    [(1.2001e-4, None, False), (1.6e-5, None, True), (1.6e-5, "8", True), (1.25e-5, "8", False), (1.25e-5, None, True)],
)
def test_an_abstract_reports_its_paper_every_second_time(value: float, code: str | None, joined: bool) -> None:
    """One in two: a decade apart (0.3) is not enough, one equal digit (0.65) is, other ICSD numbers (-0.2) or not."""
    ours = {"conductivity": 2e-5 if value == 1.6e-5 else 1.2001e-5, "icsd_id": code and "7"}
    theirs = {"conductivity": value, "icsd_id": code, "doi": "10.1002/chin.199345017"}
    assert (len(merged(declared_source(ours, name="a"), declared_source(theirs, name="b"))) == 1) is joined


@pytest.mark.parametrize(("theirs", "one_paper"), [((1.31e-7, 2.52e-7), True), ((1.31e-7, 9.9e-3), False)])
def test_two_dois_are_one_paper_when_two_compositions_have_the_same_values(theirs: tuple[float, float], one_paper: bool) -> None:
    """Of pairs of DOIs with two common compositions one in 25 is one paper: equal values raise that, a different one does not."""
    ours = [
        {"composition": "LiCl", "conductivity": 1.31e-7},
        {"composition": "LiBr", "conductivity": 2.52e-7},
        {"composition": "LiI", "conductivity": 1e-5},
    ]
    others = [
        {"composition": c, "conductivity": v, "doi": "10.1000/companion"}
        for c, v in zip(("LiCl", "LiBr", "LiI"), (*theirs, 3e-2), strict=True)
    ]
    found = merged(declared_source(*ours, name="a"), declared_source(*others, name="b"))
    # iodides agree in nothing but the paper
    assert ("a:3|b:3" in found) is one_paper


@pytest.mark.parametrize(("second", "one_paper"), [(1.2109e-5, True), (1.5001e-5, False)])
def test_what_speaks_for_one_paper_has_to_outweigh_24_to_1(second: float, one_paper: bool) -> None:
    """Values of one equal digit (0.65) and within 1 % (0.9) outweigh 1.4; of one digit and within a factor of two they do not.

    What shows it is a compound that both hold nearly, which is joined within one paper only.
    """
    shared = {"composition": "LiCl", "conductivity": 1e-6}, {"composition": "LiBr", "conductivity": 1.2001e-5}
    ours = [*shared, {"composition": "Li3PO4", "conductivity": 5.51e-7}]
    values = (("LiCl", 1.3e-6), ("LiBr", second), ("Li3.02P0.98O4", 5.51e-7))
    theirs = [{"composition": name, "conductivity": value, "doi": "10.1000/companion"} for name, value in values]
    found = merged(declared_source(*ours, name="a"), declared_source(*theirs, name="b"))
    assert ("a:3|b:3" in found) is one_paper


# --- what is taken ----------------------------------------------------------------------------------------------------
def taken(first: float, second: float) -> float:
    found = measurements([declared_source({"conductivity": first}, name="a"), declared_source({"conductivity": second}, name="b")])
    return float(found[str(col.CONDUCTIVITY)][0])


def test_of_values_that_agree_within_five_percent_more_digits_are_taken() -> None:
    assert taken(1e-5, 1.049e-5) == 1.049e-5
    assert taken(1e-5, 1.051e-5) == 1e-5
    assert taken(1.049e-5, 1e-5) == 1.049e-5
    assert taken(1.0e-5, 1.0e-5) == 1e-5


def test_a_value_goes_before_a_bound_and_a_measured_one_before_an_extrapolated_one() -> None:
    bound = declared_source({"conductivity": None, "conductivity_bound": "<1e-5"}, name="a")
    found = measurements([bound, declared_source({"conductivity": 5e-6}, name="b")])
    assert found[str(col.CONDUCTIVITY)].tolist() == [5e-6]
    hot = declared_source({"conductivity": 1.1e-6, "extrapolated_from": 200.0}, name="a")
    agreement = measurements([hot, declared_source({}, name="b")])[str(col.AGREEMENT)][0]
    assert "it was measured at room temperature, the other extrapolated" in agreement
    alone = measurements([declared_source({}, name="a"), declared_source({"conductivity": 1.001e-6}, name="b")])[str(col.AGREEMENT)][0]
    assert "extrapolated" not in alone
    every = measurements([hot, declared_source({"conductivity": 1.11e-6, "extrapolated_from": 200.0}, name="b")])[str(col.AGREEMENT)][0]
    assert "the other extrapolated" not in every


def test_of_two_compositions_the_neutral_one_is_taken() -> None:
    for ours, theirs, best in (("Li3PO4", "Li2PO4", "Li3PO4"), ("Li2PO4", "Li3PO4", "Li3PO4"), ("Li3PO4", "Li3.003PO4", "Li3PO4")):
        found = measurements([declared_source({"composition": ours}, name="a"), declared_source({"composition": theirs}, name="b")])
        assert found[str(col.COMPOSITION)].tolist() == [best]


# --- accounting -------------------------------------------------------------------------------------------------------
def backlog(*found: dict[str, object], entries: dict[str, dict[str, object]] | None = None) -> list[tuple[str, str, str]]:
    """Composition, state and nearest entry of each measurement, in order."""
    source = declared_source(*[{"conductivity": 1e-6 * (n + 1), "doi": f"10.1000/p{n}", **row} for n, row in enumerate(found)])
    table = entry_table(**(entries or {"zzz": {"REDUCED_COMPOSITION": "Li7La3Zr2O12"}}))
    merged_ = measurements([source])
    told = accounted(merged_, links(table, merged_, [source]), table)
    columns = (col.COMPOSITION, col.MEASUREMENT_STATE, col.NEAREST)
    return [tuple(map(str, row)) for row in zip(*(told[str(c)].tolist() for c in columns), strict=True)]  # type: ignore[misc]


def entry(formula: str) -> dict[str, dict[str, object]]:
    return {"aaa": {str(col.REDUCED_COMPOSITION): formula}, "bbb": {str(col.REDUCED_COMPOSITION): "LiCl"}}


def test_the_nearest_entry_is_that_of_the_most_similar_fractions() -> None:
    found = backlog({"composition": "Li6.9La3Zr2O12"}, {"composition": "LiBr"}, entries=entry("Li7La3Zr2O12"))
    assert {name: near for name, _, near in found} == {"Li6.9La3Zr2O12": "aaa", "LiBr": "bbb"}


@pytest.mark.parametrize(("formula", "first"), [("Li6.97La3Zr2O12", "LiBr"), ("Li6.88La3Zr2O12", "LiBr")])
def test_what_is_new_stands_first(formula: str, first: str) -> None:
    """Half a doping step of a garnet is no new composition."""
    common = {"spacegroup_number": 62, "icsd_id": "1"}
    found = backlog({"composition": formula, **common}, {"composition": "LiBr", **common}, entries=entry("Li7La3Zr2O12"))
    assert found[0][0] == first


def test_half_a_doping_step_is_nothing_new() -> None:
    """0.04 lithium of 24 atoms are no new composition, 0.06 are one: fractions differ by 0.0015 and by 0.0022."""
    known = {"spacegroup_number": 230, "icsd_id": "1"}
    for x, first in ((6.98, "new"), (6.96, "new"), (6.94, "old"), (6.90, "old")):
        old = {"composition": f"Li{x}La3Zr2O12", **known}
        new = {"composition": "Li3BiO4", "spacegroup_number": 62, "doi": None}
        found = backlog(old, new, entries=entry("Li7La3Zr2O12"))
        assert found[0][0] == ("Li3BiO4" if first == "new" else old["composition"]), x


def test_the_backlog_stands_first_and_what_is_no_compound_last() -> None:
    found = backlog(
        {"composition": "0.7Li2S-0.3P2S5"}, {"composition": "LiCl", "doi": "10.1000/paper", "conductivity": 1e-6}, {"composition": "LiBr"},
        {"composition": "LiI", "spacegroup_number": 225}, entries={"aaa": {}},
    )  # fmt: skip
    assert [state for _, state, _ in found] == ["lacks lattice", "lacks space group", "released", "not a single crystalline compound"]


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"spacegroup_number": 62}, "lacks lattice"), ({"spacegroup_number": None}, "lacks space group"),
        ({"spacegroup_number": 62, "family": "Glass"}, "lacks lattice"), ({"spacegroup_number": None, "family": "Glass"},
        "not a single crystalline compound"),
        ({"spacegroup_number": None, "family": "Glass-Ceramic"}, "not a single crystalline compound"),
        ({"composition": "0.7Li2S-0.3P2S5", "spacegroup_number": 62}, "not a single crystalline compound"),
    ],
)  # fmt: skip
def test_what_a_measurement_lacks(row: dict[str, object], state: str) -> None:
    assert [told for _, told, _ in backlog(row)] == [state]


def test_states_of_records_that_repeat_a_released_one() -> None:
    source = declared_source({"conductivity": 1.2001e-5}, {"conductivity": 1.21e-5}, {"composition": "LiBr"})
    table = entry_table(aaa={str(col.IONIC_CONDUCTIVITY): 1.2001e-5})
    merged_ = measurements([source])
    linked = links(table, merged_, [source])
    told = records(accounted(merged_, linked, table), [source], linked)
    assert told[str(col.RECORD_STATE)].tolist() == ["released", "repeats", "lacks space group"]


# --- what sources say of an entry's conductivity ---------------------------------------------------------------------
def said(headline: float, *values: float, copied: bool = False) -> list[Finding]:
    """Findings about an entry whose records in so many tables have these values."""
    tables = [
        declared_source({"conductivity": value}, name=f"t{n}", derived_from=frozenset({"t0"}) if copied and n else frozenset())
        for n, value in enumerate(values)
    ]
    table = entry_table(aaa={str(col.IONIC_CONDUCTIVITY): headline})
    merged_ = measurements(tables)
    linked = links(table, merged_, tables)
    return [f for f in link_findings(rows(table), linked, merged_, tables) if f.check == "conductivity.source"]


@pytest.mark.parametrize(
    ("factors", "severity"),
    [
        ((1.04,), None), ((1.07,), "info"), ((4.9,), "info"), ((5.1,), "warning"), ((0.21,), "info"), ((0.19,), "warning"), ((1, 1.49),
        None),
        ((1, 1.51), "info"), ((1, 9.9), "info"), ((1, 10.7), "warning"), ((1, 1.001, 10.7), "info"), ((10.7, 10.71), "error"),
        ((9.4, 9.41), "warning"), ((9.6, 9.61), "error"), ((10.7, 500), "warning"), ((1, 10.7, 10.71), "warning"),
    ],
)  # fmt: skip
def test_limits_of_what_sources_may_differ_by(factors: tuple[float, ...], severity: str | None) -> None:
    """One point of a figure 5 %, two readings beside an agreeing one 1.5, two kinds of conductivity 5, a decade 10 to 5 %."""
    found = said(1.2001e-5, *(float(f"{1.2001e-5 * factor:.4g}") for factor in factors))
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_a_table_that_copied_another_is_no_second_voice() -> None:
    assert [finding.severity for finding in said(1.2001e-5, 1.289e-4, 1.289e-4, copied=True)] == ["warning"]


def test_compositions_agree_though_nobody_remembers_their_elements_any_more() -> None:
    """What is bounded forgets: a set of elements that was read later is another object, and the same set."""
    before = Described("a", "Li3PS4", (1e-6,))
    linkage._read.cache_clear()
    linkage._once.cache_clear()
    after = Described("b", "Li3.00PS4", (1e-6,))
    assert before.elements is not after.elements
    assert linkage.are_same(before, after)
    assert linkage.compare(before, after).composition == "same"
    assert linkage.compare(before, Described("c", "Li2.5PS4", (1e-6,))).composition == "one element"
    assert linkage.compare(before, Described("d", "Li2P2S4", (1e-6,))).composition == "elements"
