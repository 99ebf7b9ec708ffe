"""Measurements, links and states made of the real sources."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from tests.integration.conftest import Literature

DOCUMENT = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")


def test_the_states_partition_the_records(literature: Literature) -> None:
    assert len(literature.records) == 820 + 1346
    assert literature.measurements.measurement.is_unique
    assert not literature.records.duplicated(["source", "record"]).any()
    assert set(literature.records.record[literature.records.source == "liion"]) == set(literature.liion.record)
    assert set(literature.records.record[literature.records.source == "laskowski"]) == set(literature.laskowski.record)
    assert literature.records.state.notna().all()
    without = literature.records[literature.records.measurement.isna()]
    assert without.state.value_counts().to_dict() == {"not at room temperature": 355, "lost": 1}


def test_each_measurement_names_its_records_and_each_record_its_measurement(literature: Literature) -> None:
    named = {
        (source, record, row.measurement)
        for row in literature.measurements.itertuples()
        for source, records in (("liion", row.liion_records), ("laskowski", row.laskowski_records))
        if isinstance(records, str)
        for record in records.split()
    }
    said = literature.records.dropna(subset=["measurement"])
    assert named == set(zip(said.source, said.record, said.measurement, strict=True))
    assert len(named) == 465 + 1345


def test_numbers_in_the_documentation_are_those_of_the_tables(literature: Literature) -> None:
    both = literature.measurements.dropna(subset=["liion_records", "laskowski_records"])
    counts = {"measurements": len(literature.measurements), "in both sources": len(both)}
    for source in ("laskowski", "liion"):
        links = (
            literature.links[literature.links.source == source]
            .groupby("ID")
            .agg(found=("record", "count"), published=("published", "first"), agrees=("agrees_with_published", "max"))
        )
        named, found, agrees = links.published.notna(), links.found > 0, links.agrees.fillna(False).astype(bool)
        counts |= {
            f"{source} reproduced": int((named & found & agrees).sum()),
            f"{source} corrected": int((named & found & ~agrees).sum()),
            f"{source} newly found": int((~named & found).sum()),
            f"{source} left open": int((named & ~found).sum()),
        }
        states = literature.records[literature.records.source == source].state.value_counts()
        counts |= {f"{source} {state}": int(count) for state, count in states.items()}
    documented = {name: int(count) for name, count in re.findall(r"^\| ([a-z ]+) \| (\d+) \|", DOCUMENT, re.MULTILINE)}
    assert {name: documented.get(name) for name in counts} == counts


def test_published_links_are_reproduced(literature: Literature, published: pd.DataFrame) -> None:
    """Most of what curators linked by hand is found again from the evidence, without knowing which record they meant."""
    for source, column, least in (("laskowski", col.LASKOWSKI_ID, 0.97), ("liion", col.LIION_ID, 0.85)):
        named = published[column].notna()
        agrees = literature.links[literature.links.source == source].groupby("ID").agrees_with_published.max()
        assert agrees.reindex(published.index[named]).fillna(False).mean() >= least


def test_the_release_columns_name_records_that_exist(literature: Literature) -> None:
    ids = literature.identifiers[col.LIION_ID].dropna()
    assert set(ids) <= set(literature.liion.record)
    assert ids.is_unique
    citations = {number for text in literature.laskowski.reference.dropna() for number in text.split("|")}
    assert {part for text in literature.identifiers[col.LASKOWSKI_ID].dropna() for part in text.split("|")} <= citations


@pytest.mark.parametrize(
    ("entry", "source", "record"),
    [
        ("gyw", "liion", None),  # typed with Ta; its paper, conductivity and neighbours are those of Li6SrLa2Nb2O12, held by cjq
        ("cjq", "laskowski", "586"),
        ("86o", "laskowski", None),  # tetragonal; the table keeps the cubic phase only
        ("fft", "laskowski", None),  # beta-Li3N; the record is alpha-Li3N
        ("kf7", "laskowski", "496"),  # another composition there, the same value
        ("r5y", "laskowski", "579"),  # LiCdCl4 in the table, corrected by curators
        ("ed4", "laskowski", "743"),  # Ge typed for Al and Ti for Ge in the table
        ("nng", "liion", "30"),  # titanium lost in Liverpool Ionics
        ("nhq", "liion", "792"),  # beta-Li3PS4, not the gamma phase of the same paper (joc)
        ("joc", "laskowski", "83"),
        ("b56", "liion", "2023"),  # published 691 is Li3Cr(MoO4)3 at 600 degrees
        ("68u", "liion", "733"),  # published 610 is a place, and another paper
    ],
)  # fmt: skip
def test_links_read_by_hand(literature: Literature, entry: str, source: str, record: str | None) -> None:
    found = literature.links[(entry == literature.links.ID) & (literature.links.source == source)].record.dropna().tolist()
    assert found[:1] == ([] if record is None else [record])
