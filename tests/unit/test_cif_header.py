"""The header's formula sum and Z against the cell, and files written in today's names."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.release.conforming import conforming
from pipeline.structures.cif import read
from pipeline.structures.header import formula_contradiction
from pipeline.structures.write import formula_sum
from schemas import columns as col
from tests.unit.difficult import NASICON_TEXT

#: The cell holds Li7.8 Ti10.2 Al1.8 P18 O72: six formula units.
NASICON = NASICON_TEXT.replace("Ti1 Ti", "Li2 Li 0.333 0.02 0.0833 0.05\nTi1 Ti")


def with_header(formula: str, units: int | None) -> str:
    z = "" if units is None else f"_cell_formula_units_Z {units}\n"
    return NASICON.replace("_cell_length_a", f"_chemical_formula_sum '{formula}'\n{z}_cell_length_a", 1)


@pytest.mark.parametrize(
    ("formula", "units", "expected"),
    [
        ("Al0.3 Li1.3 O12 P3 Ti1.7", 6, None),
        ("Al1.8 Li7.8 O72 P18 Ti10.2", 1, None),
        ("Al0.30(2) Li1.3 O12 P3 Ti1.7", 6, None),
        ("Al0.31 Li1.3 O12 P3 Ti1.69", 6, None),
        ("Al0.3 Li1.3 O12 P3 Ti1.7", None, None),
        ("Li1.3 Al0.3 Ti1.7 (P O4)3", 6, None),  # no formula sum: nothing is said
        ("Al1.8 Li7.8 O72 P18 Ti10.2", 6, "Al0.3 Li1.3 O12 P3 Ti1.7"),
        ("Al0.3 Li1.3 O12 P3 Ti1.7", 2, "Al1.8 Li7.8 O72 P18 Ti10.2"),
        ("Al0.3 Li1.3 O12 P2 Ti1.7", 6, "Al1.8 Li7.8 O72 P18 Ti10.2"),
        ("Al0.3 Li1.3 O12 P3 Ti1.7 H", 6, "Al1.8 Li7.8 O72 P18 Ti10.2"),
        ("Al0.3 Li1 O12 P3 Ti1.7", None, "Al1.8 Li7.8 O72 P18 Ti10.2"),
    ],
)
def test_z_times_the_sum_is_the_content(formula: str, units: int | None, expected: str | None) -> None:
    found = formula_contradiction(read(with_header(formula, units), "x.cif"))
    assert (found and found.expected) == expected


def test_a_file_without_a_sum_is_left_alone() -> None:
    assert formula_contradiction(read(NASICON, "x.cif")) is None


def test_a_sum_is_in_the_order_of_hill() -> None:
    assert formula_sum({"O": 8, "H": 16, "C": 4, "Li": 4}, 4) == "C H4 Li O2"
    assert formula_sum({"O": 8, "H": 4, "Li": 4}, 4) == "H Li O2"
    assert formula_sum({"O": 2.00004, "Al": 0.333333}, 1) == "Al0.3333 O2"


@pytest.mark.parametrize(
    ("row", "doi"),
    [
        ({col.DOI: "10.1/own|10.1/second"}, "10.1/own"),
        ({col.DOI: "10.1/own", col.CLOSE_MATCH: "Yes", col.CLOSE_MATCH_DOI: "10.1/match"}, "10.1/match"),
        ({col.DOI: "10.1/own", col.CLOSE_MATCH: "Yes", col.CLOSE_MATCH_DOI: "mp-1234"}, None),
        ({col.DOI: None}, None),
    ],
)
def test_a_conforming_file_is_the_same_structure_with_sum_and_sources(row: dict[str, object], doi: str | None) -> None:
    text = with_header("Al1.8 Li7.8 O72 P18 Ti10.2", 6)
    structure = read(text, "abc.cif")
    values = {str(col.REDUCED_COMPOSITION): "Li1.3Al0.3Ti1.7(PO4)3"} | {str(key): value for key, value in row.items()}
    entries = pd.DataFrame([values], index=pd.Index(["abc"], name="ID"), dtype=object)
    written = conforming({"abc": text, "bad": "no CIF"}, {"abc": structure}, entries)
    assert written["bad"] == "no CIF"
    copy = read(written["abc"], "abc.cif")
    assert (copy.formula_sum, copy.formula_units) == ("Al0.3 Li1.3 O12 P3 Ti1.7", 6)
    assert formula_contradiction(copy) is None
    assert copy.content == pytest.approx(structure.content)
    assert [site.label for site in copy.sites] == [site.label for site in structure.sites]
    assert ("_journal_paper_doi" in written["abc"]) is (doi is not None)
    assert doi is None or f"primary '{doi}'" in written["abc"]
    assert "dataset '10.1039/d5dd00441a'" in written["abc"]
    assert "_symmetry_equiv" not in written["abc"]
    assert "_symmetry_space" not in written["abc"]
