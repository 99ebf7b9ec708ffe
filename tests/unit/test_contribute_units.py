"""Units, temperatures, headings of several rows, and encodings of contributed tables: each law with many members of its kind."""

# ruff: noqa: E501 - lists of spellings are easier to read unbroken
from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.ingest.contributed.encodings import decoded
from pipeline.ingest.contributed.grid import Reading
from pipeline.ingest.contributed.headers import heading
from pipeline.ingest.contributed.table import Contribution, contribution
from pipeline.ingest.contributed.units import power, stated, temperature
from schemas import columns as col
from tests.contributed.tables import HEADER

ROW = "x1,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1"
SIGMA = col.IONIC_CONDUCTIVITY


def read(*rows: str, header: str = HEADER, **asked: str) -> Contribution:
    return contribution("\n".join((header, *rows)).encode(), "rows.csv", Reading(**asked))  # type: ignore[arg-type]


def with_sigma(name: str, value: str = "1.2E-7", between: str = "") -> Contribution:
    """One row under another heading of the conductivity, and perhaps a row between header and data."""
    quoted = '"' + name.replace('"', '""') + '"'
    return read(*([between] if between else []), ROW.replace("1.2E-7", f'"{value}"'), header=HEADER.replace(SIGMA, quoted))


def units_row(sigma: str = "", a: str = "", angle: str = "", first: str = "", z: str = "") -> str:
    return f"{first},,{z},,{sigma},,{a},{a},{a},{angle},{angle},{angle},"


def warm(table: Contribution) -> list[str]:
    return [bad.why for bad in table.unread if bad.kind == "temperature"]


# --- units -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("unit", "shift"),
    [("S/cm", 0), ("mS cm-1", -3), ("mS·cm⁻¹", -3), ("µS/cm", -6), ("μS/cm", -6), ("uS cm^-1", -6), ("nS/cm", -9), ("S m-1", -2), ("S/m", -2), ("mS/m", -5),
     ("Ω⁻¹ cm⁻¹", 0), ("Ω-1cm-1", 0), ("ohm-1 cm-1", 0), ("(Ω cm)⁻¹", 0), ("S.cm-1", 0), ("S cm–1", 0), ("10⁻³ S cm⁻¹", -3), ("×10^-4 S/cm", -4),
     ("S_per_cm", 0), ("mS_cm", -3)],
)  # fmt: skip
def test_units_of_conductivity(unit: str, shift: int) -> None:
    assert power(unit, "S cm-1") == shift


@pytest.mark.parametrize("unit", ["MS/cm", "Ω cm", "S cm", "10^3 S/cm", "mΩ⁻¹ cm⁻¹", "doi", "60", "S", "kcal", ""])
def test_what_is_no_unit_of_conductivity_is_not_taken_for_one(unit: str) -> None:
    assert power(unit, "S cm-1") is None


@pytest.mark.parametrize(
    ("unit", "shift"), [("Å", 0), ("\u212b", 0), ("A", 0), ("Ångström", 0), ("nm", 1), ("pm", -2), ("bohr", None), ("mm", None)]
)
def test_units_of_length(unit: str, shift: int | None) -> None:
    assert power(unit, "angstrom") == shift


@pytest.mark.parametrize(
    ("row", "value", "a"),
    [
        (units_row("mS/cm", "Å", "°"), 1.2e-10, 6.0257),
        (units_row("(mS cm⁻¹)", "[nm]", "deg"), 1.2e-10, 60.257),
        (units_row("S/m", "pm", "°", first="unit"), 1.2e-9, 0.060257),
        (units_row("µS/cm", "", "", first="Einheit", z="-"), 1.2e-13, 6.0257),
        (units_row("S/cm", "Å", "degrees", z="1"), 1.2e-7, 6.0257),
        (units_row("S/cm at 25 °C", "Å"), 1.2e-7, 6.0257),
    ],
)
def test_a_row_of_units_belongs_to_the_headings(row: str, value: float, a: float) -> None:
    header = HEADER.replace(SIGMA, "Ionic conductivity")
    table = read(row, ROW, header=header)
    assert (table.cells.at[0, SIGMA], table.cells.at[0, col.A]) == (pytest.approx(value, rel=1e-12), pytest.approx(a, rel=1e-12))
    assert (table.rows, warm(table)) == ((3,), [])
    assert any("row 2 holds units" in note for note in table.notes)


def test_a_row_of_units_above_the_names_counts_too() -> None:
    lines = (units_row("mS/cm", "Å"), HEADER.replace(SIGMA, "Conductivity"), ROW)
    table = contribution("\n".join(lines).encode(), "rows.csv")
    assert table.cells.at[0, SIGMA] == pytest.approx(1.2e-10)


@pytest.mark.parametrize(
    "row", [units_row("mS/cm", "furlong"), units_row("doi"), "s,text,text,text,mS/cm,text,Å,Å,Å,,,,x", units_row("mS/cm", z="7")]
)
def test_a_row_that_is_not_wholly_units_is_not_dropped(row: str) -> None:
    table = read(row, ROW, header=HEADER.replace(SIGMA, "Ionic conductivity"))
    assert table.rows == (2, 3)
    assert any(bad.position == 0 for bad in table.unread)
    assert table.cells.at[1, SIGMA] == 1.2e-7


def test_a_row_of_units_that_contradicts_the_heading_makes_no_number() -> None:
    table = read(units_row("mS/cm"), ROW)
    [bad] = table.unread
    assert (bad.column, "S cm-1 and mS/cm" in bad.why) == (SIGMA, True)
    assert read(units_row("S/cm"), ROW).unread == ()


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (
            "ID,Reduced Composition,Z,True Composition,Conductivity,Space group,Lattice parameters,,,,,,DOI",
            ",,,,(mS/cm),No.,a (Å),b (Å),c (Å),α,β,γ,",
        ),
        ("ID,Composition,Z,Composition,Conductivity,Space group,Cell,,,Angles,,,DOI", ",reduced,,true,mS/cm,#,a,b,c,alpha,beta,gamma,"),
        (
            "Sample,Reduced,Formula,True,Ionic conductivity,Space group,a,b,c,α,β,γ,Paper",
            ",composition,units,composition,[mS/cm],number,Å,Å,Å,°,°,°,",
        ),
    ],
)
def test_a_header_of_two_rows(upper: str, lower: str) -> None:
    table = contribution("\n".join((upper, lower, ROW)).encode(), "rows.csv")
    assert (table.rows, table.unread) == ((3,), ())
    assert (table.cells.at[0, SIGMA], table.cells.at[0, col.GAMMA], table.cells.at[0, col.SPACE_GROUP_NUMBER]) == (1.2e-10, 90, 225)


# --- temperatures ----------------------------------------------------------------------------------------------------
WARM = [
    "at 60 °C",
    "@ 373 K",
    "(333K)",
    ", 80 °C",
    "(T=60)",
    "at 100 degC",
    "_373K",
    "(60 °C)",
    "at 333 kelvin",
    "(140 °F)",
    "(25 and 60 °C)",
    "(20-60 °C)",
    "at 60",
    "bei 60 °C",
    "(T = 298)",
    "at -20 °C",
    "at 36 °C",
    "at 14 °C",
    "at 309 K",
]
ROOM = [
    "at 25 °C",
    "(RT)",
    "@ 298 K",
    "_298K",
    "(77 °F)",
    "(20-25 °C)",
    "(25 ± 2 °C)",
    "at room temperature",
    "25C",
    "bei Raumtemperatur",
    "(室温)",
    "at 15 °C",
    "at 35 °C",
    "at 288.15 K",
    "(298.15 K)",
    "at 303K",
    "(T = 25)",
    "at RT (25 °C)",
]


@pytest.mark.parametrize("where", WARM)
@pytest.mark.parametrize("name", ["Ionic conductivity (S cm-1) {}", "sigma {} [S/cm]", "σ{}"])
def test_a_heading_with_another_temperature_is_an_error_that_names_it(name: str, where: str) -> None:
    found = heading(name.format(where))
    if found is None:  # a heading that is not understood stops the table, and is named
        with pytest.raises(InputError, match="not recognised"):
            with_sigma(name.format(where))
        return
    assert [("the heading says" in why) for why in warm(with_sigma(name.format(where)))] == [True]


@pytest.mark.parametrize("where", ROOM)
@pytest.mark.parametrize("name", ["Ionic conductivity (S cm-1) {}", "sigma {} [S/cm]", "σ {}"])
def test_a_heading_at_room_temperature_is_read(name: str, where: str) -> None:
    table = with_sigma(name.format(where))
    assert (table.unread, table.cells.at[0, SIGMA]) == ((), 1.2e-7)


@pytest.mark.parametrize(
    "name",
    [
        "Temperature (°C)",
        "T (°C)",
        "T/°C",
        "Temp. [°C]",
        "Measurement temperature (°C)",
        "Temperatur (°C)",
        "测试温度 (°C)",
        "temperature_C",
    ],
)
@pytest.mark.parametrize(
    ("value", "fine"),
    [
        ("60", False),
        ("25", True),
        ("25.0", True),
        ("15", True),
        ("35", True),
        ("35.1", False),
        ("14.9", False),
        ("25 °C", True),
        ("333 K", False),
        ("20-25", True),
        ("RT", True),
        ("hot", False),
        ("", True),
    ],
)
def test_a_column_of_temperatures(name: str, value: str, fine: bool) -> None:
    table = read(f"{ROW},{value}", header=f"{HEADER},{name}")
    assert (warm(table) == []) == fine
    assert {bad.kind for bad in table.unread} <= {"temperature"}


@pytest.mark.parametrize(
    ("value", "fine"), [("25", True), ("298", False), ("60", False), ("298 K", True), ("25 °C", True), ("77 °F", True), ("20-25", False)]
)
def test_a_temperature_without_a_unit_is_told_or_asked_about(value: str, fine: bool) -> None:
    """25 can only mean degrees Celsius: nobody measures ions at 25 K. 298 may be either, and is asked about."""
    table = read(f"{ROW},{value}", header=f"{HEADER},T")
    assert (warm(table) == []) == fine
    assert any("without a unit read as degrees Celsius" in note for note in table.notes) == (value == "25")


def test_the_unit_of_a_temperature_may_stand_in_a_row_of_units() -> None:
    row = units_row("S/cm", "Å", "°")
    assert warm(read(f"{row},K", f"{ROW},298", header=f"{HEADER},T")) == []
    assert warm(read(f"{row},°C", f"{ROW},298", header=f"{HEADER},T"))
    assert warm(read(units_row("S/cm at 60 °C"), ROW))


@pytest.mark.parametrize(
    "value", ["1.2e-4 at 60 °C", "1.2e-4 (60 °C)", "1.2e-4 @ 333K", "0.12 mS/cm at 373 K", "1.2 × 10⁻⁴ S cm⁻¹ (80 °C)", "<1e-10 at 60 °C"]
)
def test_a_cell_with_another_temperature(value: str) -> None:
    table = with_sigma("sigma (S/cm)", value)
    assert len(warm(table)) == 1
    assert with_sigma("sigma (S/cm)", "1.2E-4 (25 °C)").cells.at[0, SIGMA] == 1.2e-4
    assert with_sigma("sigma (S/cm)", "1.2E-4 (RT)").unread == ()


def test_a_title_above_the_header_and_a_note_state_temperatures_too() -> None:
    assert warm(contribution(f"Conductivities at 60 °C\n{HEADER}\n{ROW}".encode(), "rows.csv"))
    assert not warm(contribution(f"Pellets sintered at 900 °C; conductivity at 25 °C\n{HEADER}\n{ROW}".encode(), "rows.csv"))
    assert warm(read(f"{ROW},measured at 60 °C", header=f"{HEADER},note"))
    for note in (
        "sintered at 900 °C",
        "measured at 25 °C",
        "sintered at 900 °C. Measured at RT",
        "conductivity of a pellet sintered at 1100 °C",
    ):
        assert not warm(read(f"{ROW},{note}", header=f"{HEADER},note")), note


def test_of_several_conductivities_the_one_at_room_temperature_is_read() -> None:
    table = read(f"{ROW},1E-3", header=f"{HEADER.replace(SIGMA, 'σ 25 °C (S/cm)')},σ 60 °C (S/cm)")
    assert (table.cells.at[0, SIGMA], warm(table)) == (1.2e-7, [])
    assert [bad.column for bad in table.unread] == ["σ 60 °C (S/cm)"]


@pytest.mark.parametrize("name", ["Sintering temperature (°C)", "Annealing T (°C)", "Tg (K)", "T_sinter"])
def test_other_temperatures_are_not_those_of_the_measurement(name: str) -> None:
    assert warm(read(f"{ROW},900", header=f"{HEADER},{name}")) == []


@given(st.floats(-150, 600, allow_nan=False), st.sampled_from(["°C", "K", "°F"]))
def test_the_window_is_the_same_on_every_scale(celsius: float, scale: str) -> None:
    number = {"°C": celsius, "K": celsius + 273.15, "°F": celsius * 1.8 + 32}[scale]
    found = temperature(f"{number:.3f}", scale)
    assert found is not None
    if abs(celsius - 15) > 0.01 and abs(celsius - 35) > 0.01:
        assert found.is_room == (15 <= celsius <= 35)


def test_an_exponent_is_no_temperature() -> None:
    assert stated("1e-4 K")[0] is None
    assert stated("IC (Total)")[0] is None
    assert stated("c (Å)")[0] is None


# --- headings --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "sigma_err",
        "a_esd",
        "a error",
        "c/a",
        "c/a ratio",
        "Z_source",
        "DOI (structure)",
        "conductivity reference",
        "ID_old",
        "σ (log10)",
        "log σ (S/cm)",
        "sigma60",
        "σ × 10^3 (S/cm)",
        "conductivity (electronic) (S/cm)",
        "Cell volume (Å3)",
    ],
)
def test_what_stands_beside_a_name_makes_another_quantity_of_it(name: str) -> None:
    assert heading(name) is None


@pytest.mark.parametrize(
    ("name", "column", "shift"),
    [("conductivity_doi", col.DOI, 0), ("Leitfähigkeit (mS/cm)", SIGMA, -3), ("ionische Leitfähigkeit / S cm⁻¹", SIGMA, 0), ("conductivité ionique (S/cm)", SIGMA, 0), ("conductividad iónica", SIGMA, 0),
     ("离子电导率 (mS/cm)", SIGMA, -3), ("イオン伝導率 / S cm⁻¹", SIGMA, 0), ("이온전도도", SIGMA, 0), ("ионная проводимость", SIGMA, 0), ("Raumgruppe", col.SPACE_GROUP, 0), ("Raumgruppe Nr.", col.SPACE_GROUP_NUMBER, 0),
     ("n° du groupe d'espace", col.SPACE_GROUP_NUMBER, 0), ("groupe d’espace", col.SPACE_GROUP, 0), ("空间群", col.SPACE_GROUP, 0), ("空間群番号", col.SPACE_GROUP_NUMBER, 0), ("Gitterkonstante a (nm)", col.A, 1),
     ("晶格常数 c (Å)", col.C, 0), ("格子定数 b", col.B, 0), ("Zellinhalt", col.TRUE_COMPOSITION, 0), ("样品", col.ID, 0), ("Composition\n(reduced)", col.REDUCED_COMPOSITION, 0), ("Conductivity\n[S/cm]", SIGMA, 0),
     ("Ionic conductivity (bulk) (S/cm)", col.IC_BULK, 0), ("Conductivity (mS/cm) total", col.IC_TOTAL, -3), ("σ (25 °C, mS/cm)", SIGMA, -3), ("conductivity_S_cm-1", SIGMA, 0), ("sigma_mS_cm", SIGMA, -3), ("T / K", col.TEMPERATURE, 0)],
)  # fmt: skip
def test_headings_in_the_languages_of_the_contributors(name: str, column: col.Column, shift: int) -> None:
    found = heading(name)
    assert found is not None
    assert (found.column, found.power, found.unknown_unit) == (column, shift, "")


# --- cells -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "written",
    [
        "1.2 × 10⁻⁴ S cm⁻¹",
        "1.2 x 10-4",
        "1.2*10^-4",
        "1,2·10^-4",
        "1.2(3)e-4",
        "1.2E−4",
        "1.2 X 10^-4 S/cm",
        "0.12 mS cm-1",
        "120 µS/cm",
        "1.2e-2 S/m",
        "1.2 e-4",
    ],
)
def test_number_power_and_unit_in_one_cell(written: str) -> None:
    table = with_sigma("sigma (S/cm)", written)
    assert table.unread == ()
    assert table.cells.at[0, SIGMA] == pytest.approx(1.2e-4, rel=1e-12)
    assert written in ("1.2E−4", "1.2 e-4") or any("1 cell" in note for note in table.notes)


@pytest.mark.parametrize(
    "written",
    [
        "~1e-4",
        "1.2e-4 ± 0.3e-4",
        "(1.2 ± 0.3) × 10⁻⁴",
        "1e-4–2e-4",
        "1e-4 to 2e-4",
        "1.2e-4 furlong",
        "1 2e-4",
        "1.2e-4 1.3e-4",
        "60 °C",
        "1,200",
        "7x104",
        "10-4",
        "1.2.3e-4",
        "1e-4/2e-4",
        "12 MS/cm",
    ],
)
def test_a_cell_is_read_whole_or_refused_with_a_reason(written: str) -> None:
    [bad] = with_sigma("sigma (S/cm)", written).unread
    assert bad.why
    assert bad.kind == "cell"


def test_ids_that_a_spreadsheet_rewrote_are_named() -> None:
    names = ["8.91E+05", "1-Mar", "Mar-01", "43525", "TRUE", "1.0", "2026-03-01", "01.03.2026", "3. Mrz"]
    table = read(*(ROW.replace("x1", name) for name in [*names, "mar1", "s-1", "019", "LLZO_1.5"]))
    [note] = [note for note in table.notes if "rewritten these IDs" in note]
    assert [name for name in names if repr(name) not in note] == []
    assert [name for name in ("mar1", "s-1", "019", "LLZO_1.5") if repr(name) in note] == []


# --- symmetry --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "given", "cell"),
    [
        (225, "6,,,,,", (6, 6, 6, 90, 90, 90)),
        (137, "8.7,,12.6,,,", (8.7, 8.7, 12.6, 90, 90, 90)),
        (164, "11.2,,6.03,,,", (11.2, 11.2, 6.03, 90, 90, 120)),
        (167, "8.5,,20.8,,,", (8.5, 8.5, 20.8, 90, 90, 120)),
        (167, "5.6,,,53.5,,", (5.6, 5.6, 5.6, 53.5, 53.5, 53.5)),
        (62, "10.49,6.12,4.927,,,", (10.49, 6.12, 4.927, 90, 90, 90)),
        (14, "5,6,7,,100,", (5, 6, 7, 90, 100, 90)),
    ],
)
def test_symmetry_completes_what_a_row_leaves_out(number: int, given: str, cell: Sequence[float]) -> None:
    table = read(f"x1,LiI,4,Li4I4,1.2E-7,{number},{given},10.9999/x")
    assert table.unread == ()
    assert tuple(table.cells.loc[0, list(col.LATTICE)]) == cell
    assert any("completed by symmetry" in note for note in table.notes)


@pytest.mark.parametrize(
    ("number", "given"),
    [(2, "5,6,7,,,"), (14, "5,6,7,,,"), (62, "10.49,,4.927,,,"), (137, "8.7,,,,,"), (167, "8.5,,,,,"), (225, ",,,,,"), (225, "abc,,,,,")],
)
def test_symmetry_completes_nothing_that_it_does_not_fix(number: int, given: str) -> None:
    assert read(f"x1,LiI,4,Li4I4,1.2E-7,{number},{given},10.9999/x").unread


def test_columns_that_symmetry_completes_may_be_absent() -> None:
    header = "ID,Reduced Composition,Z,True Composition,sigma (S/cm),Space group,a,DOI"
    table = read("x1,LiI,4,Li4I4,1.2E-7,Fm-3m,6.0257,10.9999/x", header=header)
    assert (table.unread, tuple(table.cells.loc[0, list(col.LATTICE)])) == ((), (6.0257, 6.0257, 6.0257, 90, 90, 90))
    [*blank] = read("x1,LiI,4,Li4I4,1.2E-7,Pnma,6.0257,10.9999/x", header=header).unread
    assert [bad.column for bad in blank] == [col.B, col.C]


# --- encodings -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("encoding", "words"),
    [("gbk", "室温下测量 电导率 样品一 李明 温度 ℃"), ("cp932", "室温測定 試料 イオン伝導率 ｲｵﾝ 測定 ℃ ソ"), ("big5", "室溫量測 離子電導率 樣品 溫度"), ("euc-kr", "실온 시료 리튬 측정 ℃"),
     ("koi8-r", "проводимость образец в"), ("cp1251", "проводимость образец и а"), ("iso8859-7", "αγωγιμότητα"), ("cp1255", "מוליכות"), ("cp1256", "درجة"), ("cp874", "อุณหภูมิ"), ("iso2022-jp", "室温測定")],
)  # fmt: skip
def test_national_encodings_are_refused_unless_they_are_named(encoding: str, words: str) -> None:
    for word in words.split():
        data = f"{HEADER},note\n{ROW},{word}\n".encode(encoding)
        with pytest.raises(InputError, match=r"UTF-8|encoding") as caught:
            contribution(data, "rows.csv")
        assert "--encoding" in str(caught.value.cure)
        named = contribution(data, "rows.csv", Reading(encoding=encoding))
        assert str(named.cells.at[0, col.NOTE]).replace("ｲｵﾝ", word) == word


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "vodivost měřená při pokojové teplotě"), ("iso8859-2", "měřeno způsobem"), ("cp1250", "hőmérsékleten mérve"), ("cp1250", "końcowa próbka"),
        ("cp1250", "mierzono próbkę"), ("cp1254", "oda sıcaklığı"), ("cp1254", "ölçüldü, sıcaklık"), ("cp1250", "vzorek č. 1, říjen, měření"), ("cp1257", "mõõdetud, šķīdums"),
    ],
)  # fmt: skip
def test_other_latin_alphabets_are_not_taken_for_western_ones(encoding: str, text: str) -> None:
    with pytest.raises(InputError, match="cannot be told"):
        decoded(f'{HEADER},note\n{ROW},"{text}"\n'.encode(encoding), "rows.csv")


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman"])
@pytest.mark.parametrize(
    "text",
    [
        "a (Å)",
        "25 °C",
        "µS/cm",
        "Größe",
        "Leitfähigkeit",
        "1.2 × 10-4",
        "0.1 ± 0.2",
        "Müller’s sample",
        "conductivité à 25 °C",
        "Température",
        "Señor Núñez",
        "São Paulo",
        "mesuré à l’air",
        "où la conductivité fut mesurée après un séchage prolongé, sans arrêt, naïvement, à Orléans",
        "medição à temperatura ambiente, condições secas, São João",
        "perché così è più conduttività",
        "målt på prøven ved værelsestemperatur",
        "mätt på provet vid rumstemperatur, Ångström",
        "medición según Núñez y Müller",
    ],
)
def test_a_western_file_is_read_by_its_unit_signs_and_its_words(encoding: str, text: str) -> None:
    try:
        data = f"{HEADER},note\n{ROW},{text}\n".encode(encoding)
    except UnicodeEncodeError:
        return
    assert decoded(data, "rows.csv")[0].endswith(f",{text}\n")


@pytest.mark.parametrize(
    ("name", "word"), [("no-such-encoding", "no encoding"), ("base64", "no encoding"), ("ascii", "byte"), ("utf-16", "not")]
)
def test_a_named_encoding_that_does_not_fit_is_told(name: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        contribution(f"{HEADER},note\n{ROW},é\n".encode(), "rows.csv", Reading(encoding=name))


def test_a_mark_speaks_against_another_encoding() -> None:
    with pytest.raises(InputError, match="mark of UTF-8"):
        contribution(f"{HEADER}\n{ROW}\n".encode("utf-8-sig"), "rows.csv", Reading(encoding="gbk"))


@pytest.mark.parametrize(("unit", "shift"), [("См/см", 0), ("мСм/см", -3), ("мкСм·см⁻¹", -6), ("См см-1", 0), ("10⁻³ См/см", -3)])
def test_units_in_cyrillic(unit: str, shift: int) -> None:
    assert power(unit, "S cm-1") == shift
    assert with_sigma(f"ионная проводимость ({unit})").cells.at[0, SIGMA] == pytest.approx(1.2 * 10.0 ** (shift - 7))


@pytest.mark.parametrize(
    "name", ["measurement T (K)", "σ T (K)", "EIS T/K", "conductivity temp. [K]", "temperature of the measurement (K)"]
)
def test_a_temperature_of_the_measurement_by_any_words(name: str) -> None:
    assert warm(read(f"{ROW},333", header=f"{HEADER},{name}"))
    assert not warm(read(f"{ROW},298", header=f"{HEADER},{name}"))


@pytest.mark.parametrize(
    "name", ["sintering T (K)", "Tg (K)", "glass transition temperature (K)", "temperature of synthesis", "conductivity T_g"]
)
def test_another_temperature_is_none_of_ours(name: str) -> None:
    table = read(f"{ROW},333", header=f"{HEADER},{name}")
    assert [bad.kind for bad in table.unread] == ["column"]


@pytest.mark.parametrize(
    ("note", "fine"),
    [("60 °C", False), ("T = 333 K", False), ("measurement at 60 °C", False), ("Messung bei 80 °C", False), ("mesurée à 60 °C", False),
     ("测量温度 60 °C", False), ("25 °C", True), ("melts at 450 °C", True), ("sintered at 1100 °C", True), ("measured at 298 K", True)],
)  # fmt: skip
def test_a_note_that_states_the_temperature_of_the_measurement(note: str, fine: bool) -> None:
    assert bool(warm(read(f"{ROW},{note}", header=f"{HEADER},note"))) != fine
