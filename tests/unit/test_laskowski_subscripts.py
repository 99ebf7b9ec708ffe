"""Subscripts that slid over letters: lines written for the case, and the damage undone on any formula."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ingest.laskowski.subscripts import repair

SLID, SPACES, OPEN = "slid-subscripts", "stray-spaces", "open-subscript"


@pytest.mark.parametrize(
    ("line", "text", "rules"),
    [
        # to the end of the line
        ("Na SeS  3 5", "Na3SeS5", [SLID]),
        ("Na Ba Hf O 7 3 2 12", "Na7Ba3Hf2O12", [SLID]),
        ("Na NS Br 6 5", "Na6NS5Br", [SLID]),  # one number less than letters: none stands at the end
        # to the end of a run of letters
        ("Na Ba4 3.1Ta6O20", "Na4Ba3.1Ta6O20", [SLID]),
        ("Na N(O6 4.8Se0.2)F", "Na6N(O4.8Se0.2)F", [SLID]),
        ("Na N 6 0.64 Sn 0.36 O F 5", "Na6N0.64Sn0.36O5F", [SLID]),
        ("Na (OD) 2 0.9 F0.1Br", "Na2(OD)0.9F0.1Br", [SLID]),
        ("Na 10 (Sn 0.7 Ge 0.3 )N O 2 12", "Na10(Sn0.7Ge0.3)N2O12", [SLID]),
        ("Na1.1Hf1.9(NO )  4 3", "Na1.1Hf1.9(NO4)3", [SLID]),
        # mixtures: coefficients stay, separators are no letters
        ("0.7Na O-0.3N O2 2 5", "0.7Na2O-0.3N2O5", [SLID]),
        ("0.9(0.6Na O-0.4GeO2 2)-", "0.9(0.6Na2O-0.4GeO2)-", [SLID]),
        ("0.93(0.6Na O-0.4GeO )-2 2", "0.93(0.6Na2O-0.4GeO2)-", [SLID]),
        ("0.3 NaBr-0.3 GeO -0.4 2", "0.3 NaBr-0.3 GeO2-0.4", [SLID]),  # 0.4 counts what the next line names
        ("0.3 NaBr-0.4 GeO -2", "0.3 NaBr-0.4 GeO2-", [SLID]),
        ("0.4(Na O) 0.6(GeO ) 2 2", "0.4(Na2O) 0.6(GeO2)", [SLID]),
        ("0.6(Na O) * 0.5(N O ) 2 2 5", "0.6(Na2O) * 0.5(N2O5)", [SLID]),
        ("Na NO  – 2 wt% Ga O  3 4 2 3", "Na3NO4 – 2 wt% Ga2O3", [SLID]),
        ("0.2N2O3 – 0.3Na O – 2", "0.2N2O3 – 0.3Na2O –", [SLID]),
        ("0.9Na NO ·10CdO 3 4", "0.9Na3NO4·10CdO", [SLID]),
        ("Na Ba Hf O 7 3 2 12-0.9wt% Ga", "Na7Ba3Hf2O12-0.9wt% Ga", [SLID]),
        # back over another run of numbers
        ("0.75Na O-0.25N2O5 2", "0.75Na2O-0.25N2O5", [SLID]),
        # only spaces
        ("Na 7.2 Ge 1.5 N 0.5 O8", "Na7.2Ge1.5N0.5O8", [SPACES]),
        ("NaYO  2", "NaYO2", [SPACES]),
        ("(Na0.3Ba 0.5 ) 1.006 Ga0.006Hf0", "(Na0.3Ba0.5)1.006Ga0.006Hf0", [SPACES]),
        ("Na1.4Ga0.4Hf1.6 (NO4)3", "Na1.4Ga0.4Hf1.6(NO4)3", [SPACES]),
        # sound lines, coefficients spaced or not
        ("0.5 Na2O * 0.5 GeO2", "0.5 Na2O * 0.5 GeO2", []),
        ("40.2Na2O·5.7Y2O3·54.1", "40.2Na2O·5.7Y2O3·54.1", []),
        ("Na3NO4 – 5 wt%", "Na3NO4 – 5 wt%", []),
        ("4)3", "4)3", []),
        (".994O3", ".994O3", []),
        ("Na7Ba3Hf2O12", "Na7Ba3Hf2O12", []),
    ],
)
def test_one_line(line: str, text: str, rules: list[str]) -> None:
    repaired = repair(line)
    assert repaired.text == text
    assert list(repaired.rules) == rules


def test_more_open_places_than_numbers_are_said_to_be_uncertain() -> None:
    assert OPEN in repair("Na Ba Hf O 7 3").rules


ELEMENTS = st.sampled_from(["Li", "Na", "Ba", "La", "Ti", "Zr", "Ge", "P", "S", "O", "Cl", "Br"])
NUMBERS = st.one_of(st.integers(2, 99).map(str), st.integers(1, 999).map(lambda n: f"{n / 100:g}").filter(lambda text: text != "1"))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(ELEMENTS, NUMBERS), min_size=1, max_size=8))
def test_a_formula_whose_subscripts_all_slid_is_restored(pieces: list[tuple[str, str]]) -> None:
    damaged = " ".join(letter for letter, _ in pieces) + "  " + " ".join(number for _, number in pieces)
    assert repair(damaged).text == "".join(letter + number for letter, number in pieces)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(ELEMENTS, NUMBERS), min_size=2, max_size=8), st.data())
def test_a_formula_whose_subscripts_slid_in_runs_is_restored(pieces: list[tuple[str, str]], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(pieces) - 1), max_size=3)))
    runs = [pieces[start:end] for start, end in zip([0, *cuts], [*cuts, len(pieces)], strict=True)]
    damaged = " ".join(" ".join(letter for letter, _ in run) + " " + " ".join(number for _, number in run) for run in runs)
    assert repair(damaged).text == "".join(letter + number for letter, number in pieces)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(ELEMENTS, st.one_of(NUMBERS, st.just(""))), min_size=1, max_size=8))
def test_a_sound_formula_is_left_alone(pieces: list[tuple[str, str]]) -> None:
    text = "".join(letter + number for letter, number in pieces)
    assert repair(text).text == text
    assert repair(text).rules == ()
