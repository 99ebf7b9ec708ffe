"""Formulas as amounts of elements, and mixtures as what was mixed.

Papers and tables write three kinds of composition. A *compound* is one formula, crystal water included
(``Li1.3Al0.3Ti1.7(PO4)3``, ``LiCl*H2O``). A *mixture* names what went into the mortar or the melt, in moles
(``0.7Li2S-0.3P2S5``, ``(Li2S)60(SiS2)28(P2S5)12``, ``0.9(0.6Li2S-0.4SiS2)-0.1Li4SiO4``) or in weight
(``Li3PS4 - 2 wt% Al2O3``). What is neither raises :class:`FormulaError`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pipeline.safety.remembered import FORMULAS, TEXTS

if TYPE_CHECKING:
    from pymatgen.core.composition import Composition

_NUMBER = r"\d+(?:\.\d+)?|\.\d+"
#: An element or a closing bracket with its number, an opening bracket, or a number that counts nothing.
_TOKEN = re.compile(rf"(?:([A-Z][a-z]?)|([)\]}}]))({_NUMBER})?|([(\[{{])|({_NUMBER})")
_CLOSES = {"(": ")", "[": "]", "{": "}"}
#: Dots and stars that people type before crystal water: middle dot, bullet, dot and bullet operator, katakana dots, hyphenation point.
_DOTS = "*\u00b7\u2022\u22c5\u2219\u30fb\uff65\u2027"
_SEPARATORS = f"-\N{EN DASH}\N{MINUS SIGN}{_DOTS}"
_MOLECULES = rf"(?P<before>{_NUMBER})?\(?[HD]2O\)?(?P<after>{_NUMBER})?$"
_WATER = re.compile(rf"[{_DOTS}]{_MOLECULES}")
#: The same after a full stop, which may also belong to the number before it.
_WATER_STOP = re.compile(r"(?<=[A-Za-z0-9)\]}])\.(?P<before>\d+(?:\.\d+)?)?\(?[HD]2O\)?(?P<after>\d+(?:\.\d+)?)?$")
#: Another molecule of crystallisation behind a decimal amount: ``LiBH4.2NH3`` may hold 4.2 hydrogens or two molecules.
_SOLVENT_STOP = re.compile(
    r"[A-Za-z0-9)\]}]\.(?P<count>\d+)(?P<molecule>N[HD]3|CH3OH|CH4O|C2H5OH|C2H6O|CH3CN|C2H3N|C4H8O|SO2|H2O2|N2H4|O[HD]2|HDO)$"
)
#: No formula counts more atoms of a kind: the largest cells hold some ten thousand.
MOST = 1e6
#: And an amount in brackets is at least this: pymatgen, which others read the formula with, writes what is less with an exponent, which it
#: cannot read itself.
LEAST = 1e-4
#: What pymatgen takes for zero.
NOTHING = 1e-8
#: No formula is longer: the longest of the release has 43 characters, and brackets in brackets cost the square of their number.
LONGEST = 1000
_WEIGHT = re.compile(rf"\s*[{_SEPARATORS}]\s*({_NUMBER})\s*wt\s*%\s*")
_COEFFICIENT = re.compile(rf"({_NUMBER})(?=[A-Z(\[])")
_QUOTES = "\"'\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK} \t"

Unit = Literal["mol", "wt%"]


class FormulaError(ValueError):
    """A text that is not the formula of a compound."""


@dataclass(frozen=True)
class Part:
    """One constituent of a mixture: how much of it, in moles of its formula or in weight percent of the whole."""

    formula: str
    amounts: Mapping[str, float]
    share: float
    unit: Unit = "mol"


@dataclass(frozen=True)
class Compound:
    """One compound: its amounts of elements, in the order of the text.

    What pymatgen's ``Composition`` cannot tell is whether a text is one compound or a mixture, and to how many digits it was printed
    (:func:`resolution`); :meth:`to_pymatgen` gives the rest.
    """

    amounts: Mapping[str, float]

    def to_pymatgen(self) -> Composition:
        """The compound as pymatgen's composition."""
        from pymatgen.core.composition import Composition

        return Composition(self.amounts)


@dataclass(frozen=True)
class Mixture:
    """Several compounds, in the order of the text. Shares are as written; they need not add up to one.

    pymatgen's ``Composition`` holds the elements of the whole, and neither what was mixed nor shares by weight.
    """

    parts: tuple[Part, ...]

    def to_pymatgen(self) -> Composition | None:
        """The elements of the whole as pymatgen's composition, ``None`` when shares are weights without a molar whole."""
        from pymatgen.core.composition import Composition

        return None if self.amounts is None else Composition(self.amounts)

    @cached_property
    def amounts(self) -> Mapping[str, float] | None:
        """Elements of the whole, ``None`` when the shares are weights."""
        if any(part.unit != "mol" for part in self.parts):
            return None
        return MappingProxyType(_sum((part.amounts, part.share) for part in self.parts))

    @cached_property
    def constituents(self) -> Mapping[tuple[object, ...], float]:
        """Share of each constituent in the whole, by unit and amounts of elements to three decimals."""
        total = sum(part.share for part in self.parts)
        shares: dict[tuple[object, ...], float] = {}
        for part in self.parts:
            name = (part.unit, *sorted((element, round(amount, 3)) for element, amount in part.amounts.items()))
            shares[name] = shares.get(name, 0.0) + part.share / total
        return shares


@lru_cache(maxsize=FORMULAS)
def amounts(formula: str) -> Mapping[str, float]:
    """Amount of each element in the formula of one compound, in the order of first appearance.

    Round, square and curly brackets group; coefficients may be fractions (``Li1.3Al0.3Ti1.7(PO4)3``). Crystal water may follow
    after an asterisk or any dot, a full stop too (``LiNO3.3H2O`` holds three molecules: no subscript of 3.3 stands before them).
    Deuterium is hydrogen, unless the formula holds both. White space is noise.

    Raises
    ------
    FormulaError
        When the text is not the formula of one compound.

    >>> dict(amounts("Li2 (OH)0.9 F0.1 Cl"))
    {'Li': 2.0, 'O': 0.9, 'H': 0.9, 'F': 0.1, 'Cl': 1.0}
    """
    text = "".join(formula.split())
    if len(text) > LONGEST:
        raise FormulaError(f"{text[:60]!r} is not a formula: it has more than {LONGEST} characters")
    water = _water(text)
    if water:
        dry = _parse(text[: water.start()], formula)
        molecules = 1.0
        for number in filter(None, (water["before"], water["after"])):
            molecules *= _count(number, formula)
        hydrogen = "D" if "D2O" in water[0] else "H"
        found = _sum([(dry, 1.0), ({hydrogen: 2.0, "O": 1.0}, molecules)])
    else:
        found = _parse(text, formula)
    if max(found.values()) > MOST:
        raise FormulaError(f"{formula[:60]!r} is not a formula: it counts more than {MOST:g} atoms of a kind")
    if "D" in found and "H" not in found:
        found = {"H" if element == "D" else element: amount for element, amount in found.items()}
    return MappingProxyType(found)


def _water(text: str) -> re.Match[str] | None:
    """Crystal water behind a dot of any kind."""
    return (_WATER.search(text) or _after_full_stop(text)) if not text.isascii() or "." in text or "*" in text else None


def _after_full_stop(text: str) -> re.Match[str] | None:
    """Crystal water after a full stop: ``LiNO3.3H2O``, ``Li2SO4.H2O``, ``LiCl.2.5H2O``; ``None`` when there is none.

    Raises
    ------
    FormulaError
        When the digits between two full stops may belong to either side (``Li2O2.1.5H2O``).
    """
    water = _WATER_STOP.search(text)
    if water and water["before"] and "." in water["before"] and text[water.start() - 1].isdigit() and not water["before"].startswith("0."):
        raise FormulaError(f"{text[:60]!r} can be read in two ways: write the dot before the water as * or \N{MIDDLE DOT}")
    solvent = None if water else _SOLVENT_STOP.search(text)
    if solvent and not re.search(r"(?<!\d)0$", text[: solvent.start() + 1]):
        count, molecule = solvent["count"], solvent["molecule"]
        raise FormulaError(f"{text[:60]!r} can be read in two ways: write ({molecule}){count} if {count} molecules are meant")
    return water


def full_stop_mended(formula: str) -> str:
    """The formula with the full stop before crystal water written as an asterisk, which no other program takes for a decimal point.

    >>> full_stop_mended("LiNO3.3H2O"), full_stop_mended("Li1.3Al0.3Ti1.7(PO4)3")
    ('LiNO3*3H2O', 'Li1.3Al0.3Ti1.7(PO4)3')
    """
    text = "".join(formula.split())
    water = None if _WATER.search(text) else _after_full_stop(text)
    return f"{text[: water.start()]}*{text[water.start() + 1 :]}" if water else formula


def _parse(text: str, formula: str) -> dict[str, float]:
    """Amounts of the elements, in the order of first appearance; raises unless each character has its place: elements, amounts above zero,
    brackets that close.

    The amounts are to the last bit those of pymatgen's ``Composition``, which takes six times as long and needs this walk in front of it:
    it reads ``P04`` as four phosphorus atoms and takes a stray number for a factor.
    """
    brackets: list[str] = []
    counted: list[list[tuple[str, float]]] = [[]]  # what stands in each bracket that is open
    sizes: list[tuple[float, float]] = [_NONE]  # least and largest amount there
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise FormulaError(f"{formula!r} is not a formula: {text[place]!r} has no meaning there")
        element, close, number, opening, stray = token.groups()
        if stray:
            raise FormulaError(f"{formula!r} is not a formula: the number {stray} has nothing to count")
        if opening:
            brackets.append(opening)
            counted.append([])
            sizes.append(_NONE)
        elif element and not _is_element(element):
            raise FormulaError(f"{formula!r} is not a formula: there is no element {element}")
        elif close and (not brackets or _CLOSES[brackets.pop()] != close):
            raise FormulaError(f"{formula!r} is not a formula: the bracket {close} closes nothing")
        elif close and text[place - 1] in _CLOSES:
            raise FormulaError(f"{formula!r} is not a formula: brackets hold nothing")
        count = _count(number, formula) if number else 1.0
        if element:
            counted[-1].append((element, count))
            least, most = sizes[-1]
            sizes[-1] = min(least, count), max(most, count)
        elif close:
            low, high = sizes.pop()
            if not LEAST <= low * count <= high * count <= MOST:
                raise FormulaError(f"{formula[:60]!r} is not a formula: an amount that is next to zero, or above {MOST:g}")
            least, most = sizes[-1]
            sizes[-1] = min(least, low * count), max(most, high * count)
            within = _total(counted.pop(), count)
            counted[-1] += within.items()
        place = token.end()
    if brackets:
        raise FormulaError(f"{formula!r} is not a formula: the bracket {brackets[-1]} is never closed")
    if not text:
        raise FormulaError(f"{formula!r} holds no element")
    found = _total(counted[0], 1.0)
    lost = [element for element, amount in found.items() if amount < NOTHING]
    if lost:
        raise FormulaError(f"{formula!r} is not a formula: an amount of {min(lost)} that is next to zero")
    return found


_NONE = (math.inf, 0.0)


def _total(counted: Iterable[tuple[str, float]], times: float) -> dict[str, float]:
    """Amount of each element in the order of first appearance: each is multiplied before it is added, as pymatgen does."""
    found: dict[str, float] = {}
    for element, amount in counted:
        found[element] = found.get(element, 0.0) + amount * times
    return found


def _count(number: str, formula: str) -> float:
    count = float(number)
    if count > MOST:
        raise FormulaError(f"{formula[:60]!r} is not a formula: an amount above {MOST:g}")
    if not count:
        raise FormulaError(f"{formula!r} is not a formula: an amount of zero")
    if number[0] == "0" and number[1:2].isdigit():
        raise FormulaError(f"{formula!r} is not a formula: the number {number} lacks its decimal point")
    return count


@lru_cache(maxsize=1024)
def _is_element(symbol: str) -> bool:
    from pymatgen.core.periodic_table import Element

    return bool(Element.is_valid_symbol(symbol)) and symbol != "T"  # sooner a variable or a slip than tritium


def _add(total: dict[str, float], more: Mapping[str, float], times: float = 1.0) -> None:
    for element, amount in more.items():
        total[element] = total.get(element, 0.0) + amount * times


def _sum(terms: object) -> dict[str, float]:
    total: dict[str, float] = {}
    for composition, times in terms:  # type: ignore[attr-defined]
        _add(total, composition, times)
    return total


@lru_cache(maxsize=TEXTS)
def reading(text: str) -> Compound | Mixture:
    """What a composition says: one compound, or a mixture of compounds.

    A text in quotation marks is a mixture even where it could pass for one formula: that is how the Liverpool Ionics Dataset
    marks glasses (``"(Li2S)0.7 (P2S5)0.3"``).

    Raises
    ------
    FormulaError
        When it is neither.

    >>> [(part.formula, part.share) for part in reading("0.7Li2S-0.3P2S5").parts]
    [('Li2S', 0.7), ('P2S5', 0.3)]
    """
    bare = text.strip(_QUOTES)
    quoted = bare != text.strip()
    if not quoted:
        try:
            return Compound(amounts(bare))
        except FormulaError:
            pass
    parts = _weighed(bare) or _mixed(bare)
    if quoted and len(parts) == 1:
        return Compound(parts[0].amounts)
    return Mixture(tuple(parts))


def _weighed(text: str) -> list[Part]:
    """Parts of a mixture by weight, the rest being the first; empty when no weight percentage is given."""
    pieces = _WEIGHT.split(text)
    if len(pieces) == 1:
        return []
    first, shares, formulas = pieces[0], [float(share) for share in pieces[1::2]], pieces[2::2]
    rest = 100.0 - sum(shares)
    if rest <= 0:
        raise FormulaError(f"{text!r}: weight percentages above 100")
    return [
        Part(formula, _whole(formula), share, "wt%")
        for formula, share in zip([first, *(formula.strip() for formula in formulas)], [rest, *shares], strict=True)
    ]


def _whole(text: str) -> Mapping[str, float]:
    """Elements of a compound or of a molar mixture."""
    found = reading(text).amounts
    if found is None:
        raise FormulaError(f"{text!r} mixes by weight within a mixture by weight")
    return found


def _mixed(text: str, factor: float = 1.0) -> list[Part]:
    """Parts of a molar mixture, groups multiplied out."""
    terms = _split(text)
    if len(terms) > 1:
        return [part for term in terms for part in _mixed(term, factor)]
    groups = _groups(terms[0])
    if groups:
        return [part for inner, times in groups for part in _mixed(inner, factor * times)]
    formula = "".join(terms[0].split())
    coefficient = _COEFFICIENT.match(formula)
    if coefficient:
        formula, factor = formula[coefficient.end() :], factor * float(coefficient[1])
    return [Part(formula, amounts(formula), factor)]


def _split(text: str) -> list[str]:
    """Terms between separators that stand outside brackets."""
    terms, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in _SEPARATORS:
            terms.append(text[start:place])
            start = place + 1
    terms.append(text[start:])
    if any(not term.strip() for term in terms):
        raise FormulaError(f"{text!r} is neither a formula nor a mixture")
    return terms


def _groups(term: str) -> list[tuple[str, float]]:
    """Content and share of each bracket of ``0.2(Li2S) 0.8(GeS2)`` or ``(2Li2S-P2S5)0.85(LiI)0.15``; empty for anything else.

    A number glued to the closing bracket counts the group before it, one glued to the opening bracket the group behind it.
    """
    groups: list[tuple[str, float]] = []
    place = 0
    while place < len(term):
        head = re.compile(rf"\s*({_NUMBER})?\s*\(").match(term, place)
        if head is None:
            return []
        close = _closing(term, head.end() - 1)
        if close is None:
            return []
        tail = re.compile(rf"({_NUMBER})?\s*").match(term, close + 1)
        assert tail is not None
        groups.append((term[head.end() : close], float(head[1] or 1) * float(tail[1] or 1)))
        place = tail.end()
    return groups


def _closing(text: str, opening: int) -> int | None:
    depth = 0
    for place in range(opening, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    return None


@lru_cache(maxsize=TEXTS)
def resolution(formula: str) -> float:
    """Half a unit of the last decimal that the formula gives: what rounding can hide. Whole numbers are exact.

    >>> resolution("Li1.3Al0.3Ti1.7(PO4)3"), resolution("Li7La3Zr2O12")
    (0.05, 0.0)
    """
    decimals = max((len(number.partition(".")[2]) for number in re.findall(r"\d*\.\d+", formula)), default=0)
    return 0.5 * 10.0**-decimals if decimals else 0.0


#: A ratio of sums this near to a whole ratio is one: rounding moves it by less.
SCALE = 0.02


def scale(ours: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    """Number by which their formula is multiplied to become as large as ours: the ratio of the sums, a whole ratio when near one.

    Formula units differ between papers (``Li10GeP2S12`` and ``Li20Ge2P4S24``); rounding moves the ratio of the sums by less
    than two percent.
    """
    ratio = sum(ours.values()) / sum(theirs.values())
    whole = float(round(ratio))
    if whole and abs(ratio / whole - 1) < SCALE:
        return whole
    if ratio < 1:
        whole = 1 / round(1 / ratio)
        if abs(ratio / whole - 1) < SCALE:
            return whole
    return ratio


def deviation(ours: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    """Largest difference of an element's amount, per formula unit as ours is written."""
    times = scale(ours, theirs)
    away = [abs(amount - times * theirs.get(element, 0.0)) for element, amount in ours.items()]
    return max([*away, *(times * amount for element, amount in theirs.items() if element not in ours)])


def same(ours: str, theirs: str) -> bool:
    """Whether two texts are the same compound, or the same mixture, within the rounding of both.

    >>> same("Li1.3Al0.3Ti1.7(PO4)3", "Al0.3 Li1.3 Ti1.7 P3 O12"), same("Li3.25Ge0.25P0.75S4", "Li3.3Ge0.3P0.7S4")
    (True, False)

    Raises
    ------
    FormulaError
        When one of them is neither.
    """
    left, right = reading(ours), reading(theirs)
    if isinstance(left, Compound) and isinstance(right, Compound):
        return agree(left.amounts, right.amounts, resolution(ours), resolution(theirs))
    if isinstance(left, Mixture) and isinstance(right, Mixture):
        return _same_mixture(left, right)
    return False


#: Largest difference of an amount that passes for rounding, half a unit of the second decimal: the one such number, whoever compares
#: amounts, charges or shares. Papers round to two decimals (0.225 appears as 0.22 and 0.23), while
#: one decimal is the step of a doping series: Li3.25Ge0.25P0.75S4 and Li3.3Ge0.3P0.7S4 are two samples of one paper.
ROUNDING = 0.005


def agree(ours: Mapping[str, float], theirs: Mapping[str, float], *rounding: float) -> bool:
    """Whether amounts agree, after bringing them to one size, within the coarser of the roundings given (at most 0.005)."""
    if ours.keys() != theirs.keys():
        return False
    times = scale(ours, theirs)
    tolerance = min(max(rounding, default=0.0), ROUNDING) * max(1.0, times) + 1e-6
    return all(abs(amount - times * theirs[element]) <= tolerance for element, amount in ours.items())


def _same_mixture(left: Mixture, right: Mixture) -> bool:
    """Same constituents in the same proportions, within half a percent of the whole: shares are printed with two decimals."""
    ours, theirs = left.constituents, right.constituents
    return ours.keys() == theirs.keys() and all(abs(share - theirs[name]) <= ROUNDING for name, share in ours.items())
