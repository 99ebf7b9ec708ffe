"""One owner of DOIs: every spelling of a paper is one paper, for whoever asks."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.duplicates import pair_findings
from pipeline.checks.reading import rows
from pipeline.dois import bare, cited, is_doi, is_supplement, one_cell, paper, papers
from pipeline.split.bonds import groups
from schemas import columns as col

#: The paper 10.1002/anie.201604158 under seven names.
SPELLINGS = (
    "10.1002/anie.201604158", "10.1002/ANIE.201604158", "https://doi.org/10.1002/anie.201604158", "http://dx.doi.org/10.1002/anie.201604158",
    "doi: 10.1002/anie.201604158", " 10.1002/anie.201604158.s001", "10.1002/ange.201604158",
)  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_one_paper(spelling: str) -> None:
    assert paper(spelling) == "10.1002/anie.201604158"
    assert papers(spelling) == {"10.1002/anie.201604158"}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_copy_within_one_paper_is_seen_under_every_spelling(spelling: str) -> None:
    """A cell copied to another composition of the paper, with its conductivity, is an error; between two papers only a warning."""
    row = {
        col.TRUE_COMPOSITION: "Li12P4S16", col.Z: 4.0, col.SPACE_GROUP_NUMBER: 62, col.A: 13.1, col.B: 8.03, col.C: 6.13, col.ALPHA: 90.0,
        col.BETA: 90.0, col.GAMMA: 90.0, col.IONIC_CONDUCTIVITY: 1.6e-4,
    }  # fmt: skip
    one = row | {col.REDUCED_COMPOSITION: "Li3PS4", col.DOI: "10.1002/anie.201604158"}
    other = row | {col.REDUCED_COMPOSITION: "Li3PSe4", col.DOI: spelling}
    table = pd.DataFrame([one, other], index=pd.Index(["a01", "a02"], name=str(col.ID)))
    found = [finding for finding in pair_findings(rows(table)) if finding.check == "duplicate.same-cell"]
    assert [finding.severity for finding in found] == ["error"]
    elsewhere = table.assign(**{str(col.DOI): ["10.1002/anie.201604158", "10.1002/anie.201604159"]})
    assert [finding.severity for finding in pair_findings(rows(elsewhere)) if finding.check == "duplicate.same-cell"] != ["error"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_paper_keeps_its_entries_on_one_side_under_every_spelling(spelling: str) -> None:
    table = pd.DataFrame(
        {str(col.DOI): ["10.1002/anie.201604158", spelling], str(col.REDUCED_COMPOSITION): ["Li3PS4", "LiCl"]},
        index=pd.Index(["a01", "a02"], name=str(col.ID)),
    )
    assert groups(table).tolist() == ["a01", "a01"]


@given(st.from_regex(r"10\.\d{4,9}/[a-zA-Z0-9.()/_-]{1,30}", fullmatch=True))
def test_a_name_is_its_own_name(doi: str) -> None:
    assert is_doi(doi)
    assert bare(bare(doi)) == bare(doi) or is_supplement(bare(doi))  # a suffix may hide another
    assert paper(doi) == paper(doi.upper()) == paper(f" https://doi.org/{doi}") == paper(f"DOI:{doi}")


def test_supplements() -> None:
    assert all(
        is_supplement(f"10.1021/jacs.7b06327{suffix}") for suffix in (".s001", ".S002", "/suppl_file/ja_si_001.pdf", ".supp1", ".supp")
    )
    assert not any(
        is_supplement(doi) for doi in ("10.1021/jacs.7b06327", "10.1021/jacs.s0012", "10.1/x.s01", "10.1016/s0167-2738(00)00761-x")
    )


def test_several_dois_in_one_cell() -> None:
    assert cited("10.1/a| doi:10.1/A |") == ("10.1/a", "doi:10.1/A")
    assert (
        one_cell("https://doi.org/10.1021/a; 10.1002/b(1999)1:1<1::AID-X>3.0.CO;2-Z") == "10.1021/a|10.1002/b(1999)1:1<1::AID-X>3.0.CO;2-Z"
    )
    assert papers("Li et al.|") == {"li et al."}
