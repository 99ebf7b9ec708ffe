"""Two literature tables become measurements: repeats, joins, values taken and why."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.literature.merge import measurements
from schemas import measurements as measurements_schema
from tests.unit.literature import both, declared_source, laskowski_table, liion_table


def merged(liion: list[dict[str, object]], laskowski: list[dict[str, object]]) -> pd.DataFrame:
    found = measurements(both(liion_table(*liion), laskowski_table(*laskowski)))
    measurements_schema.merged().validate(found)
    return found


def test_one_measurement_in_both_sources_is_one_row_that_names_both() -> None:
    (row,) = merged([{"temperature": 22.0}], [{"spacegroup_number": 225, "icsd_id": "26909"}]).itertuples()
    assert (row.measurement, row.liion_records, row.laskowski_records) == ("laskowski-1", "100", "1")
    assert (row.temperature, row.spacegroup_number, row.icsd_id, row.doi) == (22.0, 225, "26909", "10.1000/paper")
    assert "conductivity: one digit" in row.agreement
    assert "certainty: 0.9" in row.agreement


def test_materials_that_differ_stay_apart() -> None:
    found = merged([{}], [{"composition": "LiBr"}])
    assert list(found.measurement) == ["laskowski-1", "liion-100"]
    assert found.agreement.isna().all()


def test_records_of_one_source_that_repeat_one_another_become_one() -> None:
    found = merged(
        [],
        [{"conductivity": 7.19e-5}, {"conductivity": 7.11e-5}, {"conductivity": 7.6e-5}, {"composition": "LiBr", "conductivity": 7.19e-5}],
    )
    assert list(found.laskowski_records) == ["1 2", "3", "4"]
    assert found.agreement[0] == "values: 7.19e-05, 7.11e-05; 2 records of Laskowski; taken: 7.19e-05, it is the first in the source"


def test_two_polymorphs_of_one_paper_are_two_measurements() -> None:
    found = merged(
        [{"conductivity": 1.6e-4}], [{"conductivity": 2.6e-7, "spacegroup_number": 31}, {"conductivity": 1.6e-4, "spacegroup_number": 62}]
    )
    assert dict(zip(found.laskowski_records, found.liion_records.fillna(""), strict=True)) == {"1": "", "2": "100"}
    same_value = merged([], [{"spacegroup_number": 31}, {"spacegroup_number": 62}])
    assert len(same_value) == 2


def test_the_better_partner_wins_not_the_first() -> None:
    found = merged([{"conductivity": 2.2e-3}], [{"conductivity": 1.74e-3}, {"conductivity": 2.2e-3}])
    assert dict(zip(found.laskowski_records, found.liion_records.fillna(""), strict=True)) == {"1": "", "2": "100"}


def test_a_doping_series_is_joined_sample_by_sample() -> None:
    series = [f"Li{1 + x:g}Al{x:g}Ti{2 - x:g}(PO4)3" for x in (0.1, 0.2, 0.3, 0.4)]
    values = [1.5e-4, 3.4e-4, 7.2e-4, 4.1e-4]
    ours = [{"composition": text, "conductivity": value} for text, value in zip(series, values, strict=True)]
    theirs = [{"composition": text, "conductivity": value * 1.02} for text, value in zip(series, values, strict=True)]
    found = merged(ours, theirs[::-1])
    assert list(found.liion_records) == ["103", "102", "101", "100"]


def test_a_lost_subscript_is_joined_and_the_neutral_composition_taken() -> None:
    (row,) = merged(
        [{"composition": "Li7La3Hf2O12", "conductivity": 9.85e-7}], [{"composition": "Li7La3HfO12", "conductivity": 9.85e-7}]
    ).itertuples()
    assert row.composition == "Li7La3Hf2O12"
    assert "compositions: Li7La3HfO12 and Li7La3Hf2O12, taken: Li7La3Hf2O12, it is nearer to neutral" in row.agreement


def test_the_value_with_more_digits_is_taken_where_values_agree() -> None:
    (row,) = merged([{"conductivity": 8.6e-3}], [{"conductivity": 8.63e-3}]).itertuples()
    assert row.conductivity == 8.63e-3
    assert "taken: 0.00863, it is printed with more digits" in row.agreement


def test_the_value_with_a_temperature_is_taken_where_values_do_not_agree() -> None:
    (row,) = merged([{"conductivity": 2.4e-5}], [{"conductivity": 8.07e-3}]).itertuples()
    assert row.conductivity == 2.4e-5
    assert "conductivity: differs" in row.agreement
    assert "taken: 2.4e-05 (25 degrees), its temperature is known" in row.agreement


def test_a_value_says_more_than_a_bound() -> None:
    bound = {"conductivity": None, "conductivity_bound": "<1e-10"}
    (row,) = merged([{"conductivity": 5.35e-12}], [bound]).itertuples()
    assert (row.conductivity, row.agreement.count("a value says more than a bound")) == (5.35e-12, 1)
    (alone,) = merged([], [bound]).itertuples()
    assert pd.isna(alone.conductivity)
    assert alone.conductivity_bound == "<1e-10"


def test_across_papers_three_equal_digits_join_and_two_do_not() -> None:
    elsewhere = {"doi": "10.1000/review"}
    assert len(merged([{"conductivity": 3.19e-5}], [{"conductivity": 3.19e-5, **elsewhere}])) == 1
    assert len(merged([{"conductivity": 3.2e-5}], [{"conductivity": 3.2e-5, **elsewhere}])) == 2


def test_the_abstract_of_a_paper_is_the_paper() -> None:
    (row,) = merged([{"conductivity": 3.2e-5}], [{"conductivity": 3.2e-5, "doi": "10.1002/chin.199345017"}]).itertuples()
    assert row.doi == "10.1000/paper|10.1002/chin.199345017"


def test_two_dois_with_the_same_series_are_one_paper() -> None:
    texts, values = ["LiCl", "LiBr", "LiI"], [1.31e-7, 2.52e-7, 3.73e-7]
    theirs = [{"composition": t, "conductivity": v * 1.008, "doi": "10.1000/companion"} for t, v in zip(texts, values, strict=True)]
    assert len(merged([{"composition": t, "conductivity": v} for t, v in zip(texts, values, strict=True)], theirs)) == 3
    assert len(merged([{"composition": "LiCl", "conductivity": 1.31e-7}], theirs[:1])) == 2


def test_what_is_lost_or_hot_is_no_measurement() -> None:
    found = merged([{"at_room_temperature": False, "temperature": 300.0}], [{"composition": None, "conductivity": None}])
    assert len(found) == 0


def test_every_record_is_in_exactly_one_measurement() -> None:
    ours = [{"composition": c, "conductivity": v} for c in ("LiCl", "LiBr") for v in (1e-6, 1e-6, 3e-5)]
    theirs = [{"composition": c, "conductivity": v} for c in ("LiCl", "LiBr", "LiI") for v in (1e-6, 3.1e-5)]
    found = merged(ours, theirs)
    assert sorted(" ".join(found.liion_records.dropna()).split()) == [str(n) for n in range(100, 106)]
    assert sorted(" ".join(found.laskowski_records.dropna()).split(), key=int) == [str(n) for n in range(1, 7)]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_the_records_does_not_matter(reverse: bool) -> None:
    theirs = [{"conductivity": 1.74e-3, "record": "a"}, {"conductivity": 2.2e-3, "record": "b"}, {"composition": "LiBr", "record": "c"}]
    found = merged([{"conductivity": 2.2e-3}], theirs[::-1] if reverse else theirs)
    assert found.set_index("laskowski_records").liion_records.dropna().to_dict() == {"b": "100"}


def test_compositions_that_cannot_be_read_are_joined_and_none_is_nearer_to_neutral() -> None:
    record = {"conductivity": 1.234e-6, "spacegroup_number": 225, "icsd_id": "7"}
    sources = [declared_source({**record, "composition": text}, name=name) for name, text in (("one", "Li?Cl"), ("two", "Li2-xCl"))]
    (joined,) = measurements(sources).itertuples()
    assert joined.records == "one:1|two:1"
    assert joined.composition == "Li?Cl"
