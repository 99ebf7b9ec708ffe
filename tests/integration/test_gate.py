"""The release gate on the real release: it passes what is sound and names what is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline.findings import Finding, findings_table
from pipeline.release.gate import GateResult, gate
from schemas import columns as col

Judge = Callable[..., GateResult]


@pytest.fixture(scope="module")
def sides(archive) -> tuple[list[str], list[str]]:
    train, test = (archive.read(role).decode("utf-8-sig").split()[1:] for role in ("train", "test"))
    return train, test


@pytest.fixture
def judge(published: pd.DataFrame, sides: tuple[list[str], list[str]], tmp_path: Path) -> Judge:
    train, test = sides

    def run(
        release: pd.DataFrame = published, findings: tuple[Finding, ...] = (), train: list[str] = train, to: str = "a", **more: bool
    ) -> GateResult:
        return gate(release, published, findings_table(findings), train, test, tmp_path / to, **more)

    return run


def failed(result: GateResult) -> set[tuple[str, str]]:
    return {(check.kind, check.column) for check in result.failed}


def test_a_sound_release_passes_quietly_with_the_same_page_each_time(
    judge: Judge, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    awaiting = Finding("abc", "lattice.volume", "error", "The cell is too large.", status="awaiting", reason="The paper has to be seen.")
    doubt = Finding("abc", "composition.charge", "warning", "It cannot be neutral.")
    first, second = judge(to="a", data_docs=True), judge(findings=(awaiting, doubt), to="b", data_docs=True)
    assert first.success
    assert not first.failed
    assert len(first.checks) > 30
    assert first.page == tmp_path / "a" / "index.html"
    for name in ("index.html", "data-docs/index.html", "data-docs/findings.html"):
        html = (tmp_path / "a" / name).read_bytes()
        assert html == (tmp_path / "b" / name).read_bytes()
        assert b"Expect" in html
        assert str(tmp_path).encode() not in html
    page = first.page.read_text(encoding="utf-8")
    assert page.count('<span class="chip met">met</span>') == len(first.checks)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|@import|<script""", page)  # nothing of it is elsewhere
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert second.success


def test_what_a_release_may_not_be(judge: Judge, published: pd.DataFrame, sides: tuple[list[str], list[str]]) -> None:
    train, test = sides
    spoilt = published.iloc[30:].copy()
    spoilt.index = pd.Index(["019", *spoilt.index[1:-1], "ABC"], name=str(col.ID))
    spoilt[col.A] = spoilt[col.A] * 1.2
    spoilt[col.IONIC_CONDUCTIVITY] = spoilt[col.IONIC_CONDUCTIVITY] * 1000
    spoilt[col.CIF_ID] = "perhaps"
    spoilt.loc[spoilt.index[5], str(col.DOI)] = float("nan")
    error = Finding("abc", "lattice.metric", "error", "The cell breaks its metric.")
    both = next(name for name in test if name in spoilt.index)
    result = judge(spoilt, (error,), train=[*train, both])
    assert not result.success
    page = result.page.read_text(encoding="utf-8")
    assert page.count('<span class="chip notmet">not met</span>') == len(result.failed)
    assert page.index("not met</span>") < page.index("chip met")  # what is not met comes first
    assert "perhaps" in page
    assert not (result.page.parent / "data-docs").exists()
    assert failed(result) >= {
        ("expect_table_row_count_to_be_between", ""), ("expect_table_row_count_to_equal", ""),
        ("expect_column_values_to_be_unique", "ID"), ("expect_column_values_to_match_regex", "ID"),
        ("expect_column_values_to_not_be_null", "DOI"), ("expect_column_values_to_be_in_set", "Cif ID"),
        ("expect_column_quantile_values_to_be_between", "a"),
        ("expect_column_quantile_values_to_be_between", "log10 conductivity (measured values)"),
        ("expect_column_max_to_be_between", "sides of the split"),
    }  # fmt: skip
