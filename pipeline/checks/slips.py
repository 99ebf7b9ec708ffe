"""Slips of a hand that types: what tells a mistyped number or name from one that is simply another."""

from __future__ import annotations

#: Digits of a mantissa from which on two values that share it are one value with two exponents: of two that have nothing to do with one
#: another, one pair in ninety shares two digits.
SHARED_DIGITS = 2
#: Digits of a number from which on a single one that differs is a slip: of two readings of one quantity, all digits after the first that
#: differs are free.
ONE_OF = 3


def one_slip(one: str, other: str) -> bool:
    """Whether two texts differ by one stroke: a character replaced, left out or added, or two neighbours exchanged.

    >>> one_slip("10.48371", "10.48171"), one_slip("10.0336", "10.036"), one_slip("12.92", "12.29"), one_slip("8.0184", "8.0171")
    (True, True, True, False)
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    mine, yours = one[start:], other[start:]
    if len(mine) == len(yours):
        return mine[1:] == yours[1:] or (mine[:2] == yours[1::-1] and mine[2:] == yours[2:])
    return mine[1:] == yours or mine == yours[1:]


def exponent_slipped(one: float, other: float) -> bool:
    """Whether two positive values have one mantissa, of two digits at least, and different exponents.

    >>> exponent_slipped(1.2e-4, 1.2e-5), exponent_slipped(1e-9, 1e-7), exponent_slipped(1.2e-4, 1.3e-5)
    (True, False, False)
    """
    (mine, mine_power), (yours, your_power) = _printed(one), _printed(other)
    return mine == yours and mine_power != your_power and len(mine) >= SHARED_DIGITS


def digit_slipped(one: float, other: float) -> bool:
    """Whether two positive values of one exponent differ by one digit of three or more, or by two neighbouring digits exchanged.

    >>> digit_slipped(1.23e-4, 1.28e-4), digit_slipped(1.3e-4, 3.1e-4), digit_slipped(1.2e-4, 1.3e-4), digit_slipped(1.23e-4, 1.35e-4)
    (True, True, False, False)
    """
    (mine, mine_power), (yours, your_power) = _printed(one), _printed(other)
    if mine_power != your_power or len(mine) != len(yours) or not one_slip(mine, yours):
        return False
    return len(mine) >= ONE_OF or sorted(mine) == sorted(yours)


def _printed(value: float) -> tuple[str, int]:
    """Digits of the mantissa, without zeros at the end, and the exponent; six digits are known of a computed value."""
    mantissa, _, power = f"{value:.5e}".partition("e")
    return mantissa.replace(".", "").rstrip("0"), int(power)
