"""Liverpool Ionics: what is read from each line, and what a damaged file says."""

from __future__ import annotations

import pytest

from pipeline.dois import bare, papers
from pipeline.errors import InputError
from pipeline.ingest.liion import liion
from schemas.liion import schema

HEADER = "ID,composition,source,temperature,target,log_target,family,ChemicalFamily"
ROWS = (
    "1,Li3PO4,10.1000/ABC,25,1.00E-05,-5,LISICON,Oxides",
    '7,"""(Li2S)0.7 (P2S5)0.3""",10.1000/x,35,2.00E-03,-2.698970004,Glass,#N/A',
    '7, LiF,"Journal De Physique 26 339-341. 1965",35.1,1.18E-14,-13.928,Rocksalt,Halides',
    "9,LiCl,10.1000/y,14.9,1.00E-06,-6,,",
)


def table(*rows: str, header: str = HEADER, end: str = "\r\n", expected: int | None = None):
    return liion((chr(0xFEFF) + "\r\n".join([header, *rows]) + end).encode(), "liion.csv", expected=expected)


def problem(*rows: str, **more: str) -> InputError:
    with pytest.raises(InputError) as caught:
        table(*rows, **more)
    return caught.value


def test_one_row_a_record() -> None:
    found = table(*ROWS)
    schema().validate(found)
    assert list(found.record) == ["1", "7", "7/2", "9"]
    assert list(found.composition) == ["Li3PO4", '"(Li2S)0.7 (P2S5)0.3"', "LiF", "LiCl"]
    assert list(found.doi) == ["10.1000/abc", "10.1000/x", "Journal De Physique 26 339-341. 1965", "10.1000/y"]
    assert list(found.at_room_temperature) == [True, True, False, False]
    assert found.chemical_family.tolist()[0] == "Oxides"
    assert found.loc[1, ["chemical_family"]].isna().all()
    assert found.loc[3, ["family", "chemical_family"]].isna().all()


@pytest.mark.parametrize("column", HEADER.split(","))
def test_a_missing_column_is_named(column: str) -> None:
    error = problem(*ROWS, header=HEADER.replace(column, "x" + column[1:] if column != "ID" else "number"))
    assert repr(column) in error.what
    assert error.row == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("8,LiCl,10.1/a,25,1E-6,-6,Other", "7 columns where the table has 8"),
        ("8,LiCl,10.1/a,warm,1E-6,-6,,", "not a number"),
        ("8,LiCl,10.1/a,25,none,-6,,", "not a number"),
        ("8,LiCl,10.1/a,25,1E-6,-5,,", "value and logarithm"),
        ("8,LiCl,10.1/a,25,0,-5,,", "above zero"),
        ("8,,10.1/a,25,1E-6,-6,,", "a blank"),
        ("8,LiCl,,25,1E-6,-6,,", "a blank"),
        ("x8,LiCl,10.1/a,25,1E-6,-6,,", "not an ID"),
        ("1,LiCl,10.1/a,25,1E-6,-6,,", "order of their IDs"),
        ('8,"LiCl,10.1/a,25,1E-6,-6,,', "columns where the table has 8"),
    ],
)
def test_a_damaged_line_is_reported(row: str, said: str) -> None:
    error = problem(ROWS[0].replace("1,", "3,", 1), row, ROWS[3])
    assert said in error.what
    assert error.row == 3
    assert error.cure


def test_a_file_that_is_cut_off_or_has_other_records_is_no_table() -> None:
    whole = ("\r\n".join([HEADER, *ROWS]) + "\r\n").encode()
    assert len(liion(whole, "l", expected=4)) == 4
    for length in range(len(HEADER), len(whole)):
        with pytest.raises(InputError):
            liion(whole[:length], "l", expected=4)
    with pytest.raises(InputError, match="5 are expected"):
        liion(whole, "l", expected=5)


def test_a_doi_has_one_spelling() -> None:
    assert bare(" https://doi.org/10.1021/JACS.7b06327.s001") == "10.1021/jacs.7b06327"
    assert papers("10.1/A|doi:10.1/a| 10.2/B ") == {"10.1/a", "10.2/b"}
    assert papers("") == frozenset()
