"""The published split, and searches that must better it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.release.opened import opened
from pipeline.split import Audit, audit, extend, groups
from pipeline.split.annealing import search
from schemas import columns as col
from tests.unit.splits import entries


@pytest.fixture(scope="module")
def test_ids(archive) -> list[str]:  # type: ignore[no-untyped-def]
    return archive.read("test").decode().split()[1:]


@pytest.fixture(scope="module")
def audited(published: pd.DataFrame, test_ids: list[str], structure_texts: dict[str, str]) -> Audit:
    return audit(published, test_ids, structure_texts)


def test_the_published_split_leaks_no_paper_and_no_composition(audited: Audit) -> None:
    assert audited.n_leaks == {"paper": 0, "composition": 0, "stoichiometry": 2}
    assert sorted(set(audited.leaks[col.ID])) == ["2yl", "52b", "8po", "mvq"]


def test_the_objective_is_the_papers(audited: Audit) -> None:
    assert f"{audited.objective:.5f}" == "0.00573"
    assert (audited.n_train, audited.n_test, audited.n_test_structures) == (478, 121, 67)


def test_the_largest_group_is_the_papers(published: pd.DataFrame) -> None:
    sizes = groups(published).value_counts()
    # 164 groups by the letter of the DOI; the two editions of one Angewandte paper (ange, anie) make it 163
    assert (sizes.iloc[0], len(sizes)) == (106, 163)


def test_near_leaks_are_near(audited: Audit, published: pd.DataFrame) -> None:
    assert audited.near["distance"].max() <= 0.005
    kmr = audited.near.set_index(str(col.ID)).loc["kmr"]
    assert published.at["kmr", col.REDUCED_COMPOSITION] == "Li10Ge0.95Si0.05P2S12"
    assert (kmr["other_composition"], kmr["distance"]) == ("Li10GeP2S12", 0.002)  # 0.05 of 25 atoms


def test_a_search_betters_it(raw: Path) -> None:
    release = opened(raw)
    audited = release.audit()
    found = search(release.entries, release.texts, 8, reference_test_ids=release.split.test)
    assert found.audit.objective <= 0.0046
    assert found.audit.likeness.no_worse_than(audited.likeness)
    assert found.audit.likeness_at_bounds.no_worse_than(audited.likeness_at_bounds)
    assert found.audit.n_leaks == {"paper": 0, "composition": 0, "stoichiometry": 0}
    assert 0.2 <= found.audit.share <= 0.3
    assert 0.2 <= found.audit.share_structures <= 0.3


def test_new_rows_land_where_their_papers_are(published: pd.DataFrame, test_ids: list[str]) -> None:
    in_test, in_train = test_ids[0], next(name for name in published.index if name not in test_ids)
    doi = {name: published.at[name, col.DOI] for name in (in_test, in_train)}
    rows = {
        "zz0": {col.REDUCED_COMPOSITION: "LiUO3", col.DOI: doi[in_test].upper()},
        "zz1": {col.REDUCED_COMPOSITION: "LiUO4", col.DOI: doi[in_train]},
        "zz2": {col.REDUCED_COMPOSITION: "LiUO5", col.DOI: f"{doi[in_test]}|{doi[in_train]}"},
    }
    grown = pd.concat([published, entries(rows).dropna(axis=1, how="all")])
    train = [name for name in published.index if name not in test_ids]
    new_train, new_test, (finding,) = extend(grown, train, test_ids)
    assert new_test - set(test_ids) == {"zz0"}
    assert new_train - set(train) == {"zz1"}
    assert (finding.id, finding.check) == ("zz2", "split.leak")
    assert {in_test, in_train} <= set(finding.other.split())
