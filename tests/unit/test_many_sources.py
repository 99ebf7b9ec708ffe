"""Any number of literature tables: merged, compared, weighed; what is extrapolated, copied or lost says so."""

from __future__ import annotations

import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.extrapolated import extrapolated_findings
from pipeline.checks.links import link_findings
from pipeline.checks.reading import rows
from pipeline.commands.literature import suspicious
from pipeline.findings import Finding
from pipeline.literature.blocks import Compositions
from pipeline.literature.linkage import is_same
from pipeline.literature.merge import measurements
from pipeline.literature.restored import restored
from pipeline.literature.source import Source
from schemas import columns as col
from tests.unit.literature import SourceLine, both, declared_source, laskowski_table, liion_table


class Line(SourceLine):
    """From sources to findings."""

    @property
    def findings(self) -> list[Finding]:
        told = rows(self.entries)
        found = [*link_findings(told, self.links, self.measurements, self.sources), *extrapolated_findings(told, self.links, self.sources)]
        return [finding for finding in found if finding.check.startswith("conductivity")]


def built_in(laskowski: list[dict[str, object]], liion: list[dict[str, object]] | None = None) -> list[Source]:
    return both(liion_table(*(liion or [])), laskowski_table(*laskowski))


def test_three_tables_are_one_measurement_that_names_them_all() -> None:
    other = declared_source({"conductivity": 1.02e-6, "icsd_id": "26909"})
    line = Line(*built_in([{}], [{}]), other)
    (row,) = line.merged.itertuples()
    assert row.records == "laskowski:1|liion:100|other:1"
    assert (row.laskowski_records, row.liion_records, row.icsd_id) == ("1", "100", "26909")
    assert "with Other: composition: same" in row.agreement


def test_a_fourth_table_adds_only_what_is_new() -> None:
    third = declared_source({}, {"composition": "LiBr"}, name="third")
    fourth = declared_source({"composition": "LiBr"}, {"composition": "LiI"}, name="fourth")
    found = measurements([*built_in([{}]), third, fourth])
    assert found.records.tolist() == ["laskowski:1|third:1", "third:2|fourth:1", "fourth:2"]
    assert found.measurement.tolist() == ["laskowski-1", "third-2", "fourth-2"]


def test_witnesses_and_discovery_tables_are_no_measurements() -> None:
    witness = declared_source({}, {"composition": "LiBr"}, name="w", role="witness")
    mined = declared_source({}, {"composition": None, "state": "unreadable", "reason": "no formula"}, name="d", role="discovery")
    line = Line(*built_in([{}]), witness, mined, aaa={})
    assert line.merged.records.tolist() == ["laskowski:1"]
    assert line.states == {"laskowski:1": "released", "w:1": "witness", "w:2": "witness", "d:1": "discovery", "d:2": "unreadable"}
    assert line.records.reason.dropna().tolist() == ["no formula"]
    assert set(zip(line.links.source, line.links.record, strict=True)) == {("laskowski", "1"), ("w", "1")}


def test_what_holds_no_lithium_lacks_it_and_stands_behind_the_rest_of_the_backlog() -> None:
    """Its composition is far from every entry, and still nobody should gather it next."""
    none = {"spacegroup_number": None}
    mined = declared_source({"composition": "NaCl", **none}, {"composition": "LiBr", **none}, {"composition": "LiI", "doi": None, **none})
    found = Line(*built_in([{}]), mined, aaa={}).measurements
    backlog = found[found.state == "lacks space group"]
    assert backlog.composition.tolist()[-1] == "NaCl"
    assert ["lithium" in lacks.split(", ") for lacks in backlog.lacks] == [False, False, True]


def test_a_row_without_a_temperature_can_be_suspicious_too() -> None:
    """Most rows of a text-mined table state no temperature."""
    table = declared_source({"composition": "NaCl", "state": "temperature not stated", "reason": "the row states no temperature"}).table
    assert [why for _, why in suspicious(table)] == ["NaCl holds no lithium"]
    hot = declared_source({"conductivity": 0.5, "temperature": 400.0, "state": "not at room temperature", "reason": "400"}).table
    assert not list(suspicious(hot)), "what is plausible at room temperature is asked of room temperature only"


def test_a_measured_value_goes_before_an_extrapolated_one() -> None:
    told = declared_source({"conductivity": 2.345e-6, "extrapolated_from": 200.0}, {"composition": "LiBr", "extrapolated_from": 150.0})
    first, second = measurements([*built_in([{"conductivity": 1e-6}]), told]).itertuples()
    assert (first.conductivity, pd.isna(first.extrapolated_from)) == (1e-6, True)
    assert "it was measured at room temperature, the other extrapolated" in first.agreement
    assert (second.records, second.extrapolated_from) == ("other:2", 150.0)


def test_digits_that_a_source_always_prints_are_no_sign_of_a_better_value() -> None:
    rounded = {"conductivity": 8.6e-3}
    plain, padded = (measurements([*built_in([rounded]), declared_source({"conductivity": 8.63e-3}, digits=d)]) for d in (None, 3))
    assert (plain.conductivity[0], padded.conductivity[0]) == (8.63e-3, 8.6e-3)


# --- voices ----------------------------------------------------------------------------------------------------------
MINE = {"aaa": {col.IONIC_CONDUCTIVITY: 1e-6}}


def severity(*sources: Source) -> str | None:
    told = [finding for finding in Line(*sources, **MINE).findings if finding.check == "conductivity.source"]
    assert len(told) <= 1
    return told[0].severity if told else None


def witness(value: float, name: str = "w", **habits: object) -> Source:
    return declared_source({"conductivity": value}, name=name, role="witness", **habits)


def test_one_voice_against_one_is_a_warning_beyond_a_decade_and_alone_beyond_half_of_one() -> None:
    assert severity(*built_in([{}]), witness(1e-8)) == "warning"
    assert severity(*built_in([{}]), witness(2e-7)) == "info"
    assert severity(*built_in([{"conductivity": 3e-6}])) == "info"
    assert severity(*built_in([{"conductivity": 6e-6}])) == "warning"


def test_two_that_measured_one_other_value_prove_an_error() -> None:
    assert severity(*built_in([{"conductivity": 1e-4}]), witness(1e-4)) == "error"
    assert severity(*built_in([{"conductivity": 1e-4}]), witness(7e-3)) == "warning"
    assert severity(*built_in([{"conductivity": 1e-4}]), declared_source({"conductivity": 1e-4, "extrapolated_from": 90.0})) == "warning"


def test_a_copy_is_no_second_witness_unless_it_says_something_else() -> None:
    assert severity(*built_in([{"conductivity": 1e-4}]), witness(1e-4, derived_from=frozenset({"laskowski"}))) == "warning"
    assert severity(*built_in([{}]), witness(1e-4, derived_from=frozenset({"laskowski"}))) == "warning"
    chain = [witness(1e-4, "v", derived_from=frozenset({"laskowski"})), witness(1e-4, "w", derived_from=frozenset({"v"}))]
    assert severity(*built_in([{"conductivity": 1e-4}]), *chain) == "warning"


def test_more_voices_for_an_entry_than_against_it_are_information() -> None:
    assert severity(*built_in([{}], [{}]), witness(1e-9)) == "info"


def test_the_finding_speaks_with_one_voice() -> None:
    (finding,) = Line(*built_in([{}]), witness(1e-8), **MINE).findings
    said = "A record has 1e-08 (w 1), which differs by a factor of 100; laskowski 1 agrees."
    assert finding.message == f"The conductivity is 1e-06 S/cm. {said}"
    assert finding.other == "laskowski-1 w-1"


def test_a_witness_that_knows_a_bound_only_is_heard() -> None:
    bound = declared_source({"conductivity": None, "conductivity_bound": "<1e-10"}, name="w", role="witness")
    assert severity(*built_in([{}]), bound) == "warning"


# --- extrapolated ----------------------------------------------------------------------------------------------------
def test_a_value_that_a_source_calls_extrapolated_is_told() -> None:
    line = Line(*built_in([{}]), declared_source({"extrapolated_from": 200.0}), **MINE)
    (finding,) = line.findings
    assert (finding.check, finding.severity, finding.other) == ("conductivity.extrapolated", "warning", "other-1")
    assert "from 200 degrees" in finding.message


def test_a_value_of_another_temperature_is_told_unless_it_is_that_of_room_temperature_too() -> None:
    entry = {"aaa": {col.IONIC_CONDUCTIVITY: 1.32e-3}}
    hot = {"conductivity": 1.32e-3, "temperature": 50.0, "at_room_temperature": False}
    (finding,) = [f for f in Line(*built_in([], [hot, {"conductivity": 5.4e-4}]), **entry).findings if "extrapolated" in f.check]
    assert "liion 100) gives at 50 degrees" in finding.message
    cool = {**hot, "temperature": 25.0, "at_room_temperature": True}
    assert not Line(*built_in([], [hot, cool]), **entry).findings
    elsewhere = {**hot, "doi": "10.1000/another"}
    assert not [f for f in Line(*built_in([], [elsewhere]), **entry).findings if "extrapolated" in f.check]


# --- lost records ----------------------------------------------------------------------------------------------------
LOST = {"composition": None, "conductivity": None, "repairs": "lost"}


@pytest.mark.parametrize("cites", [{}, {"doi": None, "reference": "5"}], ids=["DOI", "citation number"])
def test_a_lost_record_is_restored_by_the_one_row_that_is_left_over(cites: dict[str, object]) -> None:
    series = [
        {"composition": f"Li{3 - x:g}Al{x:g}PO4", "conductivity": value} for x, value in ((0.1, 1.1e-6), (0.2, 2.3e-6), (0.3, 4.7e-6))
    ]
    (source, _) = built_in([series[0], LOST, series[2]])
    found = restored(source, declared_source(*({**row, **cites} for row in series), name="digitised", role="witness"))
    row = found.rows["2"]
    assert (row[col.COMPOSITION], row[col.CONDUCTIVITY]) == (series[1]["composition"], 2.3e-6)
    assert row[col.REPAIRS] == "lost; restored (from digitised:2)"
    assert found.table.dtypes.equals(source.table.dtypes)
    assert {name: found.rows[name] for name in "13"} == {name: source.rows[name] for name in "13"}


@pytest.mark.parametrize("left", [0, 2])
def test_a_lost_record_stays_lost_when_no_or_several_rows_are_left_over(left: int) -> None:
    (source, _) = built_in([{}, LOST])
    extra = [{"composition": text, "conductivity": 3e-5} for text in ("LiBr", "LiI")[:left]]
    assert restored(source, declared_source({}, *extra, role="witness")) is source


# --- blocks ----------------------------------------------------------------------------------------------------------
def test_an_index_of_compositions_finds_what_a_comparison_with_all_finds() -> None:
    """Law: bins leave nothing out, whatever the size of the formula unit, the rounding and the kind of composition."""
    chance = random.Random(3)
    texts = ["Li10GeP2S12", "Li20Ge2P4S24", "0.7Li2S-0.3P2S5", '"(Li2S)0.7 (P2S5)0.3"', "Li1.4P0.6S2.2", "nothing", "LiCl", "Li0.5Cl0.5"]
    for _ in range(300):
        x, size, digits = chance.uniform(0.01, 2), chance.choice((0.25, 1, 2, 3)), chance.choice((1, 2, 3))
        amounts = (("Li", (1 + x) * size), ("Al", x * size), ("Ti", (2 - x) * size), ("P", 3 * size), ("O", 12 * size))
        texts.append("".join(f"{element}{round(amount, digits):g}" for element, amount in amounts))
    texts = [text for text in texts if "Al0T" not in text and "Ti0P" not in text]
    index = Compositions((str(place), text) for place, text in enumerate(texts))
    for text in texts:
        assert index.same(text) == [str(place) for place, other in enumerate(texts) if is_same(text, other)]


@settings(max_examples=10)
@given(st.permutations(range(6)))
def test_the_order_of_a_table_decides_nothing_but_names(order: list[int]) -> None:
    series = [
        {"composition": f"Li{1 + x / 10:g}Al{x / 10:g}Ti{2 - x / 10:g}(PO4)3", "conductivity": 1.01e-4 * (x + 1)} for x in range(1, 7)
    ]
    found = measurements([*built_in(series), declared_source(*(series[place] for place in order))])
    assert len(found) == 6
    assert set(found[col.RECORDS]) == {f"laskowski:{place + 1}|other:{at + 1}" for at, place in enumerate(order)}
