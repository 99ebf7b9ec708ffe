"""Contracts hold while the program runs: a breach planted in the table of any stage stops it, named with stage, key, column and rule."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from pipeline import build, literature
from pipeline.cli import main
from pipeline.errors import ContractError, InputError
from pipeline.ingest import workbook
from pipeline.ingest.laskowski import laskowski
from pipeline.ingest.liion import liion
from pipeline.literature import merge
from pipeline.release import opened
from pipeline.release.opened import Opened
from pipeline.reporting.progress import Ledger
from pipeline.structures.matching import match

CORRECT = sys.modules["pipeline.correct"]
PARTS = frozenset(name for name, part in vars(Opened).items() if isinstance(part, cached_property))


@pytest.fixture(scope="module")
def whole(raw: Path) -> Opened:
    """The present release with every part computed."""
    release = opened.opened(raw)
    for name in sorted(PARTS):
        getattr(release, name)
    return release


def without(whole: Opened, *names: str) -> Opened:
    """The same release with some parts still to be computed."""
    fresh = dataclasses.replace(whole)
    vars(fresh).update({name: value for name, value in vars(whole).items() if name in PARTS.difference(names)})
    return fresh


def planted(function: Callable[..., Any], column: str, value: Any) -> Callable[..., Any]:
    """The stage, but the first row of its table holds another value; ``repeat`` gives the second row the first one's."""

    def stage(*arguments: Any, **options: Any) -> Any:
        found = function(*arguments, **options)
        table = (found[1] if isinstance(found, tuple) else found).copy()
        if value == "repeat":
            table.iloc[1] = table.iloc[0]
        else:
            table[column] = pd.Series([value, *table[column].tolist()[1:]], dtype=table[column].dtype, index=table.index)
        return (found[0], table) if isinstance(found, tuple) else table

    return stage


CASES: list[tuple[Any, str, Callable[..., Any], Callable[[Opened], object], str, Any, tuple[str, ...]]] = [
    (sys.modules["pipeline.ingest.liion"], "liion", liion, lambda whole: without(whole, "liion").liion, "conductivity", -5.0,
     ("stage ingest liion", "sources/liion.csv", "record '", "column 'conductivity'", "value -5.0", "> 0")),
    (sys.modules["pipeline.ingest.laskowski"], "laskowski", laskowski, lambda whole: without(whole, "laskowski").laskowski,
     "spacegroup_number", 999,
     ("stage ingest laskowski", "sources/laskowski.csv", "record '1'", "column 'spacegroup_number'", "at most 230")),
    (merge, "measurements", merge.measurements, lambda whole: without(whole, "merged").merged, "", "repeat",
     ("stage merge", "measurements.csv", "measurement '", "unique")),
    (literature, "links", literature.links, lambda whole: without(whole, "links").links, "source", "No where",
     ("stage curate", "links.csv", "ID 'jqc'", "column 'source'", "pattern [a-z][a-z0-9-]*")),
    (build, "accounted", literature.accounted, lambda whole: build._curate(whole, Ledger()), "conductivity", -5.0,
     ("stage curate", "measurements.csv", "measurement '", "column 'conductivity'", "> 0")),
    (build, "records", literature.records, lambda whole: build._curate(whole, Ledger()), "state", "gone",
     ("stage curate", "records.csv", "source 'laskowski' record '", "column 'state'", "one of released")),
    (opened, "corrected", CORRECT.corrected, lambda whole: without(whole, "_ledger", "corrections").corrections, "reason", None,
     ("stage correct", "corrections.csv", "column 'reason'", "required")),
    (match, "structures", match.structures, lambda whole: without(whole, "matches").matches, "match", "near",
     ("stage match", "structures.csv", "column 'match'", "value 'near'", "one of exact, close")),
    (build, "candidates", match.candidates, lambda whole: build._match(whole, Ledger()), "rank", 0,
     ("stage match", "candidates.csv", "column 'rank'", "at least 1")),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{case[1]}-{case[4]}" for case in CASES])
def test_a_breach_planted_in_a_stage_stops_it(whole: Opened, monkeypatch: pytest.MonkeyPatch, case: tuple[Any, ...]) -> None:
    module, name, function, run, column, value, said = case
    monkeypatch.setattr(module, name, planted(function, column, value))
    with pytest.raises(ContractError) as caught:
        run(whole)
    for part in said:
        assert part in str(caught.value), str(caught.value)


def test_a_breach_in_the_entries_is_told_with_the_row_of_the_sheet(whole: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = whole.published.copy()
    cells["Space group #"] = [999, *cells["Space group #"].tolist()[1:]]
    fresh = dataclasses.replace(whole, decisions=None)
    vars(fresh)["published"] = cells
    with pytest.raises(InputError) as caught:
        fresh.entries  # noqa: B018
    assert (caught.value.row, caught.value.column, caught.value.value) == (2, "Space group #", 999)
    assert workbook.entries(whole.published) is not None


def test_the_build_ends_with_2_and_writes_nothing(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "measurements", planted(merge.measurements, "conductivity", -5.0))
    ran = CliRunner().invoke(main, ["build", "--raw", str(raw), "--out", str(tmp_path / "out"), "--quick"])
    assert ran.exit_code == 2
    assert "stage merge, measurements.csv, measurement" in ran.output
    assert "Traceback" not in ran.output
    assert list(tmp_path.iterdir()) == []


def test_the_tables_of_a_release_keep_their_contracts(whole: Opened) -> None:
    assert isinstance(whole.merged, pd.DataFrame)
    assert set(build._curate(whole, Ledger())) == {
        "sources/liion.csv", "sources/laskowski.csv", "measurements.csv", "records.csv", "links.csv",
    }  # fmt: skip
