"""One stroke of a hand: what is one, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.slips import digit_slipped, exponent_slipped, one_slip

TEXT = st.text("0123456789.", min_size=1, max_size=9)


@given(text=TEXT, place=st.integers(0, 8), letter=st.sampled_from("0123456789."))
def test_each_stroke_is_one(text: str, place: int, letter: str) -> None:
    place %= len(text)
    strokes = {
        text[:place] + letter + text[place + 1 :], text[:place] + letter + text[place:], text[:place] + text[place + 1 :],
        text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
    }  # fmt: skip
    for changed in strokes - {text}:
        assert one_slip(text, changed)
        assert one_slip(changed, text)
    assert not one_slip(text, text)


@pytest.mark.parametrize(
    ("one", "other"), [("12345", "12543"), ("12345", "21354"), ("12345", "123"), ("12345", "1234567"), ("1234", "4321")]
)
def test_two_strokes_are_not(one: str, other: str) -> None:
    assert not one_slip(one, other)


@given(digits=st.integers(11, 999).filter(lambda n: n % 10), power=st.integers(-12, -3), off=st.integers(1, 5))
def test_an_exponent_is_told_by_its_digits(digits: int, power: int, off: int) -> None:
    value = float(f"{digits}e{power}")
    assert exponent_slipped(value, float(f"{digits}e{power + off}"))
    assert not exponent_slipped(value, float(f"{digits + 1}e{power + off}"))
    assert not exponent_slipped(value, value)
    assert not digit_slipped(value, float(f"{digits}e{power + off}"))
