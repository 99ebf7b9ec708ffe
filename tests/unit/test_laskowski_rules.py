"""Lines of a torn table written for the case: which are one record, and what each rule makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.ingest.laskowski import laskowski, values
from pipeline.ingest.laskowski.compositions import join, phase, recovered
from pipeline.ingest.laskowski.lines import lines, records
from schemas.laskowski import schema

REFERENCES = b"ref. number,DOI\r\n1,10.1000/One.s001\r\n2,10.1000/two\r\n2,10.1000/two\r\n3,10.1000/three\r\n"


def table(*rows: str, references: bytes = REFERENCES):
    return laskowski("".join(f"{row}\r\n" for row in rows).encode(), references, "torn.csv", expected=None)


def one(*rows: str, **more: bytes):
    found = table(*rows, **more)
    assert len(found) == 1
    return found.iloc[0]


def problem(*rows: str, **more: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        table(*rows, **more)
    return caught.value


def test_a_sound_line_is_one_record_without_repairs() -> None:
    row = one("Li7La3Zr2O12,5.1E-4,0.34,Ia-3d,230,cubic,422259,1")
    assert row.composition == "Li7La3Zr2O12"
    assert (row.conductivity, row.activation_energy) == (5.1e-4, 0.34)
    assert (row.spacegroup_symbol, row.spacegroup_number, row.phase, row.icsd_id) == ("Ia-3d", 230, "cubic", "422259")
    assert (row.reference, row.doi) == ("1", "10.1000/one")
    assert (row.first_line, row.last_line) == (1, 1)
    assert row.isna()["repairs"]


def test_torn_lines_stand_on_both_sides_of_the_values() -> None:
    found = table("LiCl,1E-6,,,,,,1", "0.5Li2O-0.1TiO2-,,0.33,,,,,2", ",1E-7,,,,,,", "0.4P2O5,,,,,,,", "LiBr,2E-6,,,,,,1")
    assert list(found.composition) == ["LiCl", "0.5Li2O-0.1TiO2-0.4P2O5", "LiBr"]
    assert list(found.first_line) == [1, 2, 5]
    assert list(found.last_line) == [1, 4, 5]
    assert found.loc[1, ["conductivity", "activation_energy", "reference"]].tolist() == [1e-7, 0.33, "2"]
    assert found.loc[1, "repairs"] == "torn-composition"
    schema().validate(found)


def test_the_line_of_values_may_hold_the_middle_of_a_formula() -> None:
    row = one("0.5Li2O-,,,,,,,1", "0.01Al2O3-,1E-8,0.5,,,,,", "0.49P2O5,,,,,,,")
    assert row.composition == "0.5Li2O-0.01Al2O3-0.49P2O5"


def test_a_phase_has_its_own_torn_lines_and_a_blank_one_where_it_broke_into_an_even_number() -> None:
    row = one(",,,,,β-,,", ",,,,,Li3.7Zn0.7,,", "Li3.7Zn0.7P2O8,<1E-10,0.9,P212121,19,,255466,3", ",,,,,(PO4),,", ",,,,,2,,")
    assert row.phase == "β-Li3.7Zn0.7(PO4)2"
    assert one(",,,,,γ-Li3PO4,,", "Li3PO4,1E-10,,Pnma,62,,,1", ",,,,,,,").phase == "γ-Li3PO4"


def test_words_of_a_quoted_phase_are_parted_where_a_word_begins() -> None:
    assert phase(["“tetrago", "nal-", "LLHO”"]).text == "“tetragonal-LLHO”"
    assert phase(["“cubic", "LLZO”"]).text == "“cubic LLZO”"


def test_what_is_left_of_a_lost_record_stays_a_record() -> None:
    found = table("LiCl,1E-6,,,,,,1", ",,,,,,,3", "LiBr,2E-6,,,,,,1")
    assert list(found.record) == ["1", "2", "3"]
    lost = found.iloc[1]
    assert lost.repairs == "lost"
    assert lost.reference == "3"
    assert lost[["composition", "conductivity", "icsd_id"]].isna().all()
    assert (lost.first_line, lost.last_line) == (2, 2)


@pytest.mark.parametrize(
    ("lines", "text", "rules"),
    [
        (["LiLa", "2O4"], "LiLa2O4", ["torn-composition"]),
        (["Ti0.9", "8O2"], "Ti0.98O2", ["torn-composition"]),
        (["Li2O – 5 wt%", "LiBO2"], "Li2O – 5 wt% LiBO2", ["torn-composition"]),
        (["0.3B2O3 – 0.3Li2O –", "0.4LiI"], "0.3B2O3 – 0.3Li2O – 0.4LiI", ["torn-composition"]),
        (["0.2 LiBr-0.4 SiO2-0.4", "Li2O"], "0.2 LiBr-0.4 SiO2-0.4 Li2O", ["torn-composition"]),
        (["Lao.51Li0.34TiO2.94"], "La0.51Li0.34TiO2.94", ["letter-for-digit"]),
        (["Li 0.18 La o.61 TiO  3"], "Li0.18La0.61TiO3", ["letter-for-digit", "stray-spaces"]),
        (["Li0.4Sr0.4Zr0.2Ta0.7o3"], "Li0.4Sr0.4Zr0.2Ta0.7O3", ["small-letter"]),
        (["Li0.3La0.6((Ti0.9Co0.1)O3"], "Li0.3La0.6(Ti0.9Co0.1)O3", ["unpaired-bracket"]),
        (["glass"], "glass", ["unreadable"]),
    ],
)
def test_rules_of_the_composition(lines: list[str], text: str, rules: list[str]) -> None:
    mended = recovered(lines)
    assert mended.text == text
    assert list(mended.rules) == rules


def test_charge_says_whether_a_zero_is_an_oxygen_or_lost_its_point() -> None:
    assert recovered(["LiZr2(P04)3"]).text == "LiZr2(PO4)3"
    assert recovered(["LiZr2(P04)3"]).rules == ("digit-for-letter (charge: LiZr2(PO4)3 rather than LiZr2(P0.4)3)",)
    assert recovered(["Li3.4Si0.4P06S4"]).text == "Li3.4Si0.4P0.6S4"
    assert recovered(["Li3.4Si0.4P06S4"]).rules[0].startswith("lost-point (charge: ")


def test_where_charge_does_not_decide_the_rule_says_that_it_is_not_certain() -> None:
    assert "(not certain: " in recovered(["LiU02"]).rules[0]


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        ("Li Ti PO  2 5", "Li2TiPO5", "charge: Li2TiPO5 rather than Li2Ti5PO"),  # a place for neither phosphorus nor titanium
        ("Li Ge P S 10 2 12", "Li10GeP2S12", "charge: Li10GeP2S12 rather than Li10Ge2P12S"),  # as many places as numbers
        ("Li Na PO  2 4", "Li2NaPO4", "not certain: Li2NaPO4 rather than LiNa2PO4"),  # both are neutral
        ("Li Si P O 3 4", "Li3Si4PO", "not certain: Li3Si4PO rather than Li3SiP4O"),  # none is
    ],
)
def test_where_numbers_could_stand_elsewhere_charge_chooses_and_the_rule_says_so(line: str, text: str, said: str) -> None:
    mended = recovered([line])
    assert mended.text == text
    assert mended.rules == ("slid-subscripts", f"open-subscript ({said})")


def test_where_the_law_gives_a_neutral_formula_it_stands() -> None:
    assert recovered(["Li PS Br 6 5"]).rules == ("slid-subscripts",)
    assert recovered(["0.9Li PS ·10ZnO 3 4"]).text == "0.9Li3PS4·10ZnO"


def test_a_phase_letter_before_the_formula_goes_to_the_phase() -> None:
    row = one("β-Li8GeP4,8.6E-5,,P-43n,218,,235185,1")
    assert (row.composition, row.phase, row.repairs) == ("Li8GeP4", "β-Li8GeP4", "phase-in-composition")


def test_authors_mistakes_are_left_alone() -> None:
    found = table("LiCdCl4,1E-6,,,,,,1", "Li1.94Cl1.03Cl4,1E-6,,,,,,1")
    assert list(found.composition) == ["LiCdCl4", "Li1.94Cl1.03Cl4"]
    assert found.repairs.isna().all()


@pytest.mark.parametrize(
    ("cell", "value", "bound", "rules"),
    [
        ("1.20E-10", 1.2e-10, "", ()),
        ("4.99e-6", 4.99e-6, "", ()),
        ("1.2E\N{MINUS SIGN}4", 1.2e-4, "", ("unicode-minus",)),
        (" 2.04E-9\N{COMBINING OVERLINE}", 2.04e-9, "", ("slid-overline",)),
        ("0.58\N{COMBINING OVERLINE}", 0.58, "", ("slid-overline",)),
        ("<1E-10", None, "<1e-10", ()),
        ("<1E10", None, "<1e-10", ("lost-minus (<1E10 is no conductivity)",)),
        (">5", None, ">5", ()),
    ],
)
def test_numbers_and_bounds(cell: str, value: float | None, bound: str, rules: tuple[str, ...]) -> None:
    assert values.printed_number(cell, ceiling=values.CEILING if "E" in cell.upper() else None) == values.Number(value, bound, rules)


@pytest.mark.parametrize("cell", ["abc", "1E-4 1E-5", "1.2.3", "<", "-"])
def test_what_is_no_number(cell: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        values.printed_number(cell)


@pytest.mark.parametrize(
    ("cell", "number", "text", "rules"),
    [
        ("P1\N{COMBINING OVERLINE}", 2, "P-1", ["overline"]),
        ("F4\N{COMBINING OVERLINE}3m", 216, "F-43m", ["overline"]),
        ("R3\N{COMBINING OVERLINE}cH", 167, "R-3c", ["overline", "setting-letter (H)"]),
        ("P42/nmcS", 137, "P42/nmc", ["setting-letter (S)"]),
        ("P42/nmc S", 137, "P42/nmc", ["stray-spaces", "setting-letter (S)"]),
        ("I41/acdZ", 142, "I41/acd", ["setting-letter (Z)"]),
        ("R3H", 146, "R3", ["setting-letter (H)"]),
        ("P2 /m 1", 11, "P21/m", ["displaced-digit"]),
        ("P4 /nmcS 2", 137, "P42/nmc", ["displaced-digit", "setting-letter (S)"]),
        ("P4 22 1", 91, "P4122", ["displaced-digit"]),
        ("I2 3 1", 199, "I213", ["displaced-digit"]),
        ("Cmc2  1", 36, "Cmc21", ["stray-spaces"]),
        ("P42/nmc4", 137, "P42/nmc", ["unknown-mark (4)"]),
        ("Pnma", 62, "Pnma", []),
        ("Pnma", 63, "Pnma", ["symbol-at-odds-with-number"]),
        ("P212121", 19, "P212121", []),
        ("P42212", 94, "P42212", []),
    ],
)
def test_space_group_symbols(cell: str, number: int, text: str, rules: list[str]) -> None:
    assert values.symbol(cell, number) == values.Symbol(text, tuple(rules))


def test_citations_several_missing_and_ranges() -> None:
    assert values.citations("194-195") == [194, 195]
    assert values.citations("7, 9") == [7, 9]
    both = one("LiBr,1E-6,,,,,,2-3")
    assert (both.reference, both.doi, both.repairs) == ("2|3", "10.1000/two|10.1000/three", "several-citations")
    none = one("LiBr,1E-6,,,,,,")
    assert none.repairs == "no-citation"
    assert none[["reference", "doi"]].isna().all()


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        (["LiCl,1E-6,,,,,1"], 1, "7 columns where the table has 8"),
        (["LiCl,1E-6,,,,,,1", "LiBr,1E-6,,,,,1"], 2, "7 columns"),
        (["0.5Li2O-,,,,,,,1", ",1E-7,,,,,,"], 2, "1 torn line missing"),
        (["0.5Li2O-,,,,,,,1", ",1E-7,,,,,,", "LiCl,1E-6,,,,,,1"], 3, "1 torn line missing"),
        ([",1E-7,,,,,,", "LiCl,1E-6,,,,,,1"], 1, "values without a composition"),
        (["LiCl,1E-6,,,,,,1", "0.5Li2O-,,,,,,,1"], 2, "torn lines that belong to no line of values"),
        (["O4)3,,,,,,,", ",1E-7,,,,,,1", "LiTi2(P,,,,,,,"], 1, "do not join to a composition with lithium"),
        (["0.4P2O5,,,,,,,", ",1E-7,,,,,,", "0.6Li2O-,,,,,,,1"], 3, "a value below the line of values"),
        ([",,,,,Li3PO4,,", "Li3PO4,1E-9,,,,,,1", ",,,,,γ-,,"], 1, "do not join to the name of a phase"),
        (["LiCl,,0.3,,,,,1", "LiBr,1E-6,0.4,,,,,", "F,,,,,,,"], 2, "a second value within one record"),
        (["LiCl,high,,,,,,1"], 1, "not a number"),
        (["LiCl,1E-6,,Pnma,620,,,1"], 1, "not the number of a space group"),
        (["LiCl,1E-6,,,,,abc,1"], 1, "not an ICSD collection code"),
        (["LiCl,1E-6,,,,,,x"], 1, "not a citation number"),
        (["LiCl,1E-6,,,,,,9"], 1, "no number 9"),
        (["LiCl,1E-6,,,,,,3-2"], 1, "runs backwards"),
        (["LiCl,1E-6,,Pnma,62,,,1", "LiBr,1E-6,,P-1,2,,,1"], 2, "space group number 2 behind 62"),
        (["LiCl,1E-6,,,,,,1", "LiBr,1E-6,,P-1,2,,,1"], 2, "space group number 2 behind records without one"),
    ],
)
def test_a_mangled_source_is_reported_by_line(rows: list[str], line: int, said: str) -> None:
    error = problem(*rows)
    assert said in error.what
    assert error.row == line
    assert error.file == "torn.csv"
    assert error.cure


def test_a_file_that_is_cut_off_is_never_a_shorter_table() -> None:
    whole = b"LiCl,1E-6,,,,,,1\r\nLiBr,1E-6,,,,,,12\r\n"
    references = REFERENCES + b"12,10.1000/twelve\r\n"
    assert len(laskowski(whole, references, "t", expected=2)) == 2
    for length in range(len(whole)):
        with pytest.raises(InputError):
            laskowski(whole[:length], references, "t", expected=2)


def test_bytes_that_are_no_text_are_reported_by_line() -> None:
    with pytest.raises(InputError, match="not UTF-8") as caught:
        laskowski(b"LiCl,1E-6,,,,,,1\r\n\xff\xfe\r\n", REFERENCES, "t", expected=None)
    assert caught.value.row == 2


@pytest.mark.parametrize(
    "references", [b"n,DOI\n1,10.1/a\n1,10.1/b\n", b"n,DOI\nx,10.1/a\n", b"n,DOI\n1,doi\n", b"n,DOI\n1\n", b"\xff\n"], ids=str
)
def test_a_damaged_list_of_references_is_reported(references: bytes) -> None:
    assert problem("LiCl,1E-6,,,,,,1", references=references).file == "references"


def test_joining_puts_nothing_in_between_inside_a_word() -> None:
    assert join(["Li6.4La3Zr1.4Ta0.4Nb0.2O1", "2"]) == "Li6.4La3Zr1.4Ta0.4Nb0.2O12"


TORN = st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 1)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(TORN)
def test_centring_alone_deals_out_any_table(shapes: list[tuple[int, bool, int]]) -> None:
    """Records of one, three or five lines in any order; composition or phase torn, the middle of the formula with the values or not."""
    rows: list[str] = []
    spans: list[tuple[int, int]] = []
    for tear, phase_torn, middle in shapes:
        start = len(rows) + 1
        if phase_torn and tear:
            pieces = ["β-", "Li3P", "O4", "F", "Cl"][: 2 * tear + 1]
            above, below = [f",,,,,{piece},," for piece in pieces[:tear]], [f",,,,,{piece},," for piece in pieces[tear + 1 :]]
            rows += [*above, f"Li3PO4,1E-9,,,,{pieces[tear]},,1", *below]
        else:
            pieces = ["0.2Li2O-", "0.2LiF-", "0.2", "LiCl-0.2LiBr-", "0.2LiI"]
            texts = {0: ["LiCl"], 1: ["0.5Li2O-", "" if middle else "0.1LiF-", "0.5P2O5"], 2: pieces}[tear]
            rows += [
                *(f"{text},,,,,,," for text in texts[:tear]),
                f"{texts[tear]},1E-9,,,,,,1",
                *(f"{text},,,,,,," for text in texts[tear + 1 :]),
            ]
        spans.append((start, len(rows)))
    data = "".join(f"{row}\r\n" for row in rows).encode()
    assert [(torn.first, torn.last) for torn in records(lines(data, "t"), "t")] == spans
