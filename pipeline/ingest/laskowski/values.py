"""Numbers, space groups and citations of a record."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import zip_longest

from pipeline.chemistry import spacegroup

_OVERLINE = "\N{COMBINING OVERLINE}"
_BARRED = re.compile(rf"(\d){_OVERLINE}")
_MINUS = re.compile("[\N{MINUS SIGN}\N{EN DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}]")
_NUMBER = re.compile(r"([<>]?)\s*(\d+\.?\d*|\.\d+)(?:[eE]([+-]?)(\d+))?")
_CITATIONS = re.compile(r"\d+(?:\s*[-,\N{EN DASH}]\s*\d+)*")
#: No ionic conductor, molten salts included, reaches this (S/cm): a larger number has lost the minus sign of its exponent.
CEILING = 100.0


@dataclass(frozen=True)
class Number:
    """A number as printed: its value, or the inequality when only a bound is given, and the rules that fired."""

    value: float | None
    bound: str
    rules: tuple[str, ...] = ()


def printed_number(cell: str, *, ceiling: float | None = None) -> Number:
    """Number of a cell. A bound such as ``<1E-10`` is no value.

    Rules: ``slid-overline`` (the overline of a space group's axis that landed on a neighbour), ``unicode-minus``,
    ``lost-minus`` (``<1E10``: above ``ceiling``, possible only with a negative exponent).

    Raises
    ------
    ValueError
        When it is not a number.
    """
    rules = []
    text = unicodedata.normalize("NFD", cell)
    if _OVERLINE in text:
        rules.append("slid-overline")
        text = text.replace(_OVERLINE, "")
    plain = _MINUS.sub("-", text).strip()
    if plain != text.strip():
        rules.append("unicode-minus")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise ValueError("not a number")
    sign, mantissa, minus, exponent = match.groups()
    value = float(f"{mantissa}e{minus or ''}{exponent or 0}")
    if ceiling is not None and value > ceiling and exponent and not minus:
        rules.append(f"lost-minus ({plain} is no conductivity)")
        minus = "-"
        value = float(f"{mantissa}e-{exponent}")
    if not sign:
        return Number(value, "", tuple(rules))
    shown = f"{mantissa}e{'-' if minus == '-' else ''}{int(exponent)}" if exponent else mantissa
    return Number(None, f"{sign}{shown}", tuple(rules))


@dataclass(frozen=True)
class Symbol:
    """A space group symbol after repair, and the rules that fired."""

    text: str
    rules: tuple[str, ...] = ()


def symbol(cell: str, number: int | None) -> Symbol:
    """Hermann-Mauguin symbol of a cell, held against the number that stands beside it.

    Rules: ``overline`` (a minus sign), ``displaced-digit`` (``P2 /m 1`` is P21/m), ``stray-spaces``, ``setting-letter``
    (``R3cH``, ``P42/nmcS``: the letter is named, the symbol goes without) and ``unknown-mark`` (any other sign behind a symbol
    that is complete without it). A symbol that no rule brings into agreement with its number stays as it stands.
    """
    rules: list[str] = []
    text = unicodedata.normalize("NFD", cell.strip())
    if _OVERLINE in text:
        rules.append("overline")
        text = _BARRED.sub(r"-\1", text).replace(_OVERLINE, "")
    if " " in text:
        closed = "".join(text.split())
        placed = next((candidate for candidate in _candidates(text) if _agrees(candidate, number)), closed)
        rules.append("stray-spaces" if placed == closed else "displaced-digit")
        text = placed
    if number is None or _agrees(text, number):
        if text[-1:] in spacegroup.GLUED and _agrees(text[:-1], number):
            rules.append(f"setting-letter ({text[-1]})")
            text = text[:-1]
        return Symbol(text, tuple(rules))
    if _agrees(text[:-1], number):
        rules.append(f"unknown-mark ({text[-1]})")
        return Symbol(text[:-1], tuple(rules))
    rules.append("symbol-at-odds-with-number")
    return Symbol(text, tuple(rules))


def _candidates(text: str) -> list[str]:
    """The symbol closed up, then with one, two, ... of the digits at its end back in the spaces that they left."""
    pieces = text.split()
    found = ["".join(pieces)]
    for slid in range(1, len(pieces)):
        letters, digits = pieces[:-slid], pieces[-slid:]
        if not all(digit.isdigit() and len(digit) == 1 for digit in digits) or len(digits) > len(letters) - 1:
            break
        found.append("".join(part for pair in zip_longest(letters, digits, fillvalue="") for part in pair))
    return found


def _agrees(text: str, number: int | None) -> bool:
    group = spacegroup.find(text)
    return group is not None and (number is None or group.number == number)


def citations(cell: str) -> list[int]:
    """Citation numbers of a cell: ``5``, ``194-195`` (a range), ``7, 9``.

    Raises
    ------
    ValueError
        When it is anything else.
    """
    text = _MINUS.sub("-", cell.strip())
    if not _CITATIONS.fullmatch(text):
        raise ValueError("not a citation number")
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        low, high = int(first), int(last or first)
        if high < low:
            raise ValueError("a range of citations that runs backwards")
        found += range(low, high + 1)
    return found
