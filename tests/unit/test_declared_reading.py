"""A literature table that nobody has seen is read by its declaration: every record ends in a named state."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.ingest.declared import Declared, declared
from pipeline.quoting import is_live
from pipeline.release.tables import require_inert
from pipeline.sources.declared import declaration
from schemas import literature
from schemas.contract import failures

MINED = """paper id;Material Name;property value;Property Units;extraction sentence;Paper DOI;measured at
p1;Li7La3Zr2O12;3.0 × 10−4;S cm−1;"shows 3.0 × 10−4; at 25 °C";https://doi.org/10.1002/ANIE.200701144;25 °C
p2;LLZO;0,5;mS/cm;garnet;10.1000/b;RT
p3;Li10GeP2S12;12;mS cm-1;;doi:10.1038/nmat3066;300 K
p4;Li6PS5Cl;1.3e-3;S/cm;;10.1000/d;
p5;LiPON;2E-6;S/cm;;10.1000/e;25
p6;Li3N;10-3;S/cm;;10.1000/f;298 K
p7;Li3N;1.2;S/m;;10.1000/g;298
p8;Li1.3Al0.3Ti1.7(PO4)3;7,0E-4;Ω−1 cm−1;;10.1000/h;room temperature
p9;Li2S-P2S5 glass;1e-4;S/cm;;10.1000/i;25 °C
p10;70Li2S-30P2S5;3.2e-3;S/cm;;10.1000/j;25 °C
p11;LiI;1e-7;furlongs;;10.1000/k;25 °C
p12;LiCl;< 1e-10;S/cm;;10.1000/l;25 °C
p13;LiF;1e-4–1e-3;S/cm;;10.1000/m;25 °C
p14;Li4SiO4;1e-4;S/cm;;10.1000/n;400 °C
p15;;1e-4;S/cm;;10.1000/o;25 °C
p16;lithium phosphate;;;;;
p17;Li3InCl6;1.5;;;10.1000/s;25 °C
p18;Li3InCl6;1.5 mS/cm;;;10.1000/s;25 °C
p19;Li7P3S11;17;mS/cm;;10.1000/u;a few days
p20;Li7P3S11;17;mS/cm;;10.1000/u;25 °C;one;more
p21;Li3PO4;=1+1;S/cm;;10.1000/v;500
"""
DECLARED: dict[str, Any] = {
    "name": "mined",
    "columns": {
        "composition": "Material Name", "conductivity": {"column": "property value", "unit_column": "Property Units"}, "doi": "Paper DOI",
        "temperature": "measured at",
    },
}  # fmt: skip


def read(data: bytes | str, columns: dict[str, Any] | None = None, **keys: Any) -> Declared:
    table = {**DECLARED, **keys, **({"columns": columns} if columns else {})}
    found = declared(data.encode() if isinstance(data, str) else data, "mined.csv", declaration(table, "mined.toml"))
    assert failures(found.table, literature.schema()) == []
    return found


def test_every_record_of_a_text_mined_table_is_in_a_named_state() -> None:
    table = read(MINED).table.set_index("record")
    assert len(table) == 21
    readable = table[table.state.isna()]
    assert {name: row.conductivity for name, row in readable.iterrows() if row.conductivity_bound != "<1e-10"} == pytest.approx(
        {"1": 3e-4, "3": 0.012, "8": 7e-4, "10": 3.2e-3, "18": 1.5e-3}
    )
    assert table.conductivity_bound.dropna().to_dict() == {"12": "<1e-10"}
    assert table.doi["1"] == "10.1002/anie.200701144"
    assert (table.temperature["1"], table.temperature["3"]) == (25.0, 27.0)
    assert table.index[table.state == "temperature not stated"].tolist() == ["4", "7"]
    assert table.index[table.state == "not at room temperature"].tolist() == ["14"]
    reasons = {
        "2": "not a formula", "5": "name of a material", "6": "an exponent was lost", "7": "has no unit", "9": "not a formula",
        "11": "furlongs", "13": "two numbers", "14": "400 °C", "15": "no composition", "16": "not a formula", "17": "no unit is stated",
        "19": "a few days", "20": "9 cells", "21": "formula",
    }  # fmt: skip
    assert {name for name, why in reasons.items() if why not in str(table.reason[name])} == set()
    assert table.written_as["2"] == "LLZO"
    assert table.composition[table.state == "unreadable"].notna().sum() == 7  # the composition was not what could not be read


def test_a_table_without_any_temperature_states_none() -> None:
    found = read("material,sigma (S/cm)\nLi3N,1e-3\nLiI,\n", {"composition": "material", "conductivity": "sigma (S/cm)"}).table
    assert found.state.tolist() == ["temperature not stated", "unreadable"]
    assert found.reason.tolist() == ["the table states no temperature", "no conductivity is given"]


@pytest.mark.parametrize(
    ("header", "extra", "value"),
    [
        ("conductivity (mS/cm) at 25 °C", {}, 1.5e-3),
        ("conductivity at 25 °C", {"unit": "mS cm-1"}, 1.5e-3),
        ("sigma_rt [S/m]", {}, 1.5e-2),
        ("Leitfähigkeit / mS cm⁻¹ bei 298 K", {}, 1.5e-3),
    ],
)
def test_units_and_temperatures_of_the_header_are_understood(header: str, extra: dict[str, str], value: float) -> None:
    columns = {"composition": "c", "conductivity": {"column": header, **extra}}
    columns |= {} if "25" in header or "298" in header else {"temperature": {"constant": "room temperature"}}
    found = read(f'c,"{header}"\nLi3N,"1,5"\n', columns).table
    assert (found.state.isna().all(), found.conductivity[0]) == (True, pytest.approx(value))


def test_a_value_that_was_extrapolated_says_from_where() -> None:
    columns = {
        "composition": "c", "conductivity": {"column": "s", "unit": "S/cm"}, "temperature": {"constant": 25, "unit": "degC"},
        "extrapolated_from": {"column": "lowest", "unit": "K", "blank": ["Na", "measured"]},
    }  # fmt: skip
    found = read("c,s,lowest\nLi3N,1e-3,na\nLiI,1e-9,473\nLiF,1e-9,hot\nLiBr,1e-9,Measured\n", columns).table
    assert found.extrapolated_from.tolist()[1] == 200.0
    assert found.extrapolated_from.notna().sum() == 1
    assert found.state.fillna("").tolist() == ["", "", "unreadable", ""]


def test_the_sheet_that_holds_the_declared_columns_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.append(["About", "this file"])
    sheet = book.create_sheet("data")
    for row in (["a title"], ["c", "s [S/cm]", "T (°C)"], ["Li3N", 1e-3, 25], ["LiI", "<1e-9", 25]):
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    found = read(data.getvalue(), {"composition": "c", "conductivity": "s [S/cm]", "temperature": "T (°C)"}).table
    assert found.composition.tolist() == ["Li3N", "LiI"]
    assert found.row.tolist() == [3, 4]
    assert found.state.isna().all()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gbk"])
def test_encodings_are_those_of_contributed_tables(encoding: str) -> None:
    text = "材料\t电导率 (S/cm)\t温度\nLi3N\t1e-3\t25 °C\n".replace(" °", "℃"[:0] + " °" if encoding != "gbk" else " ")
    keys = {"encoding": "gbk"} if encoding == "gbk" else {}
    found = read(text.encode(encoding), {"composition": "材料", "conductivity": "电导率 (S/cm)", "temperature": "温度"}, **keys).table
    assert (found.composition.tolist(), found.conductivity.tolist()) == (["Li3N"], [1e-3])


COLUMNS = {"composition": "c", "conductivity": {"column": "s", "unit": "S/cm"}}


@pytest.mark.parametrize(
    ("text", "columns", "told"),
    [
        ("c,x\nLi3N,1\n", COLUMNS, "no column 's'"),
        ("a,b\nLi3N,1\n", COLUMNS, "none of the declared columns ('c', 's')"),
        ("c,s,s\nLi3N,1,2\n", COLUMNS, "2 columns of the table have the name 's'"),
        ("c,s\n", COLUMNS, "a header and no rows"),
        ("c,s\nLi3N,1\n", {**COLUMNS, "conductivity": {"column": "s", "unit": "parsec"}}, "the unit 'parsec' of conductivity"),
        ("c,sigma (S/m)\nLi3N,1\n", {"composition": "c", "conductivity": {"column": "sigma (S/m)", "unit": "S/cm"}}, "says S/m"),
        ("", COLUMNS, "the file is empty"),
        ("%PDF-1.4", COLUMNS, "this is a PDF"),
    ],
)
def test_a_declaration_that_does_not_fit_is_one_message(text: str, columns: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as raised:
        read(text, columns)
    assert told in str(raised.value)
    assert raised.value.cure


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)


@settings(max_examples=40)
@given(st.lists(st.tuples(cells, cells, cells, cells, cells), min_size=1, max_size=4))
def test_no_cell_stops_a_source(rows: list[tuple[str, ...]]) -> None:
    """Law: whatever the cells hold, each row that is not blank is one record, and one that is no measurement says why."""
    frame = pd.DataFrame([("Li3N", "1", "S/cm", "10.1000/x", "RT"), *rows], columns=["c", "s", "u", "d", "t"])
    columns = {"composition": "c", "conductivity": {"column": "s", "unit_column": "u"}, "doi": "d", "temperature": "t"}
    found = read(frame.to_csv(index=False, quoting=1).encode("utf-8-sig"), columns).table
    assert len(found) == 1 + sum(any(cell.strip() for cell in row) for row in rows)
    assert found.reason[found.state.notna()].notna().all()
    usable = found[found.state.isna()]
    assert (usable.composition.notna() & (usable.conductivity.notna() | usable.conductivity_bound.notna())).all()
    texts = [value for name in found.columns for value in found[name] if isinstance(value, str)]
    assert not [text for text in texts if is_live(text)], "a table of the release holds no formula"


@pytest.mark.parametrize("cell", ["=1+1", "@Li3N", "-x", "\u2212Li3N", "+Li3N", "\uff1dLi3N"])
def test_what_spreadsheets_take_for_a_formula_is_quoted_and_stops_no_build(cell: str) -> None:
    """A name that nobody can read is kept, behind an apostrophe; so is a reason that begins with a temperature below zero."""
    columns = {"composition": "c", "conductivity": {"column": "s", "unit": "S/cm"}, "temperature": "t"}
    table = read(f"c;s;t\n{cell};1e-4;25 \u00b0C\nLi3N;1e-4;-10 \u00b0C\n", columns).table
    assert table.written_as.tolist()[0] == f"'{cell}"
    assert table.state.tolist() == ["unreadable", "not at room temperature"]
    assert table.reason[1] == "'-10 \u00b0C: not room temperature (15 to 35 \u00b0C)"
    require_inert(table, "sources/mined.csv")
