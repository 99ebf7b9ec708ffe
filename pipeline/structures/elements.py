"""What stands on a site: the elements that a type symbol or a label names.

A type symbol wins over a label, since it is there to name the element (CIF core dictionary, ``_atom_site_type_symbol``). A label names one
by custom only: by the letters it begins with. Where custom leaves two readings (``CO1``: cobalt, or a carbon labelled O1), the
elements of the file's formula settle it, and where they do not, nothing is guessed that could be something else.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

import gemmi

#: Amounts of a mixed site, printed to two or three digits, sum to no more than this.
FULL = 1.02
#: The last element that a crystal was grown of is einsteinium; symbols beyond lawrencium are other things written in capitals (NH, CN).
HEAVIEST = 103
_DUMMIES = frozenset({"x", "xx", "du", "dum", "dummy", "vac", "vacancy", "vacant", "void"})
_WATER = frozenset({"wat", "water", "wa", "hoh"})
_CHARGE = r"(?:\d*\.?\d*[+-]+|[+-]\d+\.?\d*)"
_SYMBOL = re.compile(r"\^?(\d*)\^?([A-Za-z]+)(?:[^A-Za-z]*|[^A-Za-z(]*\(.*\)|\d+[A-Za-z]['*]?|_.*)")
_PART = re.compile(rf"(\d*\.?\d*)\s*\*?\s*([A-Za-z]+)\s*({_CHARGE}|)\s*(\d*\.\d+|1|)")
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*\.\d+){2,}|(?:[A-Z][a-z]?\d*\.\d+)+[A-Z][a-z]?\d*\.?\d*")
_GROUP = re.compile(rf"(?:(?P<heavy>[ONCS])H(?P<after>[2-4]?)|H(?P<before>[2-4]?)(?P<last>[O])|D2(?P<d2>O)|(?P<od>O)D(?P<n>2?)){_CHARGE}?")


@dataclass(frozen=True, slots=True)
class Part:
    """An element on a site.

    Attributes
    ----------
    element
        Its symbol; hydrogen for deuterium and tritium.
    amount
        Its part of the site; 1 unless the type symbol names a mixture.
    hydrogens
        Hydrogens bound to it that the type symbol names with it (``OH2``).
    """

    element: str
    amount: float = 1.0
    hydrogens: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a type symbol or a label was read as.

    Attributes
    ----------
    parts
        The elements; none for a dummy.
    note
        What was assumed, with ``{site}`` for the name of the site; blank when nothing was.
    """

    parts: tuple[Part, ...] = ()
    note: str = ""


class AtomError(ValueError):
    """A type symbol or label that names no element, or may name two."""


@lru_cache(maxsize=4096)
def read_atom(type_symbol: str, label: str, formula: frozenset[str] = frozenset()) -> Reading:
    """The elements on a site.

    Parameters
    ----------
    type_symbol, label
        As the file writes them; blank where it has none.
    formula
        Symbols in the file's formula, D and T as they stand there; none where it has no formula.

    Raises
    ------
    AtomError
        With the reason, ``{site}`` standing for the name of the site.
    """
    symbol, name = type_symbol.strip(), label.strip()
    if symbol:
        found = _typed(re.sub(r"^\((.*)\)$", r"\1", symbol))
        told = _plain_label(name)
        if told and len(found.parts) == 1 and not found.note and told != found.parts[0].element and told != symbol.capitalize():
            return replace(found, note=f"site {{site}} is read as {found.parts[0].element}, by type, though the label says {told}")
        return found
    if not name:
        raise AtomError("site {site} has neither a label nor a type that names an element")
    if _MIXED.search(name) or _FORMULA.fullmatch(name):
        return _mixture(name)
    return _labelled(name, formula)


_MIXED = re.compile(r"[A-Za-z][^A-Za-z]*[+/,;&][^A-Za-z]*[A-Za-z]")


@lru_cache(maxsize=512)
def _element(word: str) -> str | None:
    """The element of a symbol in any case, hydrogen for D and T; ``None`` when there is none."""
    name = word.capitalize()
    if name in ("D", "T"):
        return "H"
    element = gemmi.Element(name)
    known = element.name == name and name != "X" and (element.atomic_number <= HEAVIEST or word == name)
    return name if known else None


@lru_cache(maxsize=1024)
def _typed(symbol: str) -> Reading:
    group = _GROUP.fullmatch(symbol)
    if group is not None and (group["before"] or group["d2"] or _element(re.sub(r"[^A-Za-z]", "", symbol)) is None):
        heavy = group["heavy"] or group["last"] or group["d2"] or group["od"]
        count = 2.0 if group["d2"] else float(group["after"] or group["before"] or group["n"] or 1)
        return Reading((Part(heavy, 1.0, count),), f"site {{site}} has the type {symbol}: {heavy} with {count:g} H")
    if _MIXED.search(symbol) or _FORMULA.fullmatch(symbol):
        return _mixture(symbol)
    found = _SYMBOL.fullmatch(symbol)
    if found is None:
        raise AtomError(f"the type {symbol!r} of site {{site}} names no element")
    word = found[2]
    if word.casefold() in _DUMMIES or word == "Va":
        return Reading(note=f"site {{site}} has the type {symbol} of a dummy, and is left out")
    element = _element(word)
    if (
        element is not None
        and re.search(r"[A-Za-z]\d+$", symbol)
        and len(word) == 2
        and word.isupper()
        and _element(word[0])
        and _element(word[1])
    ):
        raise AtomError(
            f"the type {symbol!r} of site {{site}} may be {element} or a group of {word[0]} and {word[1]}: write {element} or two sites"
        )
    if element is not None:
        return Reading((Part(element),))
    custom = _by_custom(word)
    if custom is not None:
        return Reading((Part(custom),), f"site {{site}} has the type {symbol}, by custom a label, and is read as {custom}")
    raise AtomError(f"the type {symbol!r} of site {{site}} names no element")


def _mixture(text: str) -> Reading:
    """``0.7Ti + 0.3Al`` and ``Ti0.7Al0.3``."""
    bare = {_element(word) for word in re.findall(r"[A-Za-z]+", text)}
    if len(bare) == 1 and None not in bare and not re.search(r"\d\.\d", text):  # Fe2+/Fe3+, H/D
        return Reading((Part(str(bare.pop())),))
    words = re.findall(r"[A-Z][a-z]?\d*\.?\d*", text) if _FORMULA.fullmatch(text) else _split(text)
    amounts: dict[str, float] = {}
    vacant = 0.0
    for word in words:
        part = _PART.fullmatch(word.strip())
        if part is None or bool(part[1]) == bool(part[4]):
            raise AtomError(
                f"site {{site}} is a mixture, {text!r}, that does not say how much of each: give each element a row and an occupancy"
            )
        amount = float(part[1] or part[4])
        if part[2].casefold() in _DUMMIES or part[2] == "Va":
            vacant += amount
            continue
        element = _element(part[2])
        if element is None:
            raise AtomError(f"site {{site}} is a mixture, {text!r}, of which {part[2]!r} is no element")
        amounts[element] = amounts.get(element, 0.0) + amount
    total = sum(amounts.values()) + vacant
    if not 0 < total <= FULL or not amounts:
        raise AtomError(f"site {{site}} is a mixture, {text!r}, whose amounts sum to {total:g}")
    told = " and ".join(f"{amount:g} {element}" for element, amount in amounts.items())
    return Reading(tuple(Part(element, amount) for element, amount in amounts.items()), f"site {{site}} is read as the mixture {told}")


def _split(text: str) -> list[str]:
    """The parts of a mixture; the plus of a charge parts nothing."""
    return re.split(r"\s+\+\s+|\s*[/,;&]\s*|(?<=[A-Za-z+\-])\+(?=[\d.]*[A-Z])", text.strip("()"))


def _by_custom(word: str) -> str | None:
    """``Ow``, ``Hw``, ``Wat``: what crystallographers call the atoms of a water molecule, and letters behind a symbol of one letter."""
    low = word.casefold()
    if low in _WATER:
        return "O"
    return _element(word[0]) if len(word) == 2 and word[1] in "wWhabcde" and word[0] in "OHN" else None


def _plain_label(label: str) -> str | None:
    """Element of a label that custom reads one way only (``Se1``, ``P2``, not ``CO1`` nor ``M1``)."""
    found = re.fullmatch(r"([A-Z][a-z]?)\d+", label)
    if found is None or found[1] in ("D", "T", "X", "W", "A", "M", "Wa", "Va"):
        return None
    return _element(found[1])


def _labelled(label: str, formula: Collection[str]) -> Reading:
    if re.fullmatch(r"H2O(\W.*)?", label):
        raise AtomError(f"the label {label!r} of site {{site}} may be water or a hydrogen, and it has no type")
    letters = re.search(r"[A-Za-z]+", label)
    if letters is None:
        raise AtomError(f"the label {label!r} of site {{site}} names no element, and it has no type")
    word = letters[0]
    low = word.casefold()
    pair = re.fullmatch(r"([A-Z][a-z])([A-Z][a-z])", word)
    if pair and _element(pair[1]) and _element(pair[2]):
        raise AtomError(f"the label {label!r} of site {{site}} names two elements, {pair[1]} and {pair[2]}, and it has no type")
    if low in _DUMMIES:
        return Reading(note="site {site} is a dummy by label and left out")
    if low in _WATER or low == "w":
        return _water(word, formula)
    if low == "va":
        if not formula:
            raise AtomError("site {site} may be vanadium or a vacancy: its label does not tell and it has no type")
        return Reading((Part("V"),)) if "V" in formula else Reading(note="site {site} is a vacancy by label and left out")
    if low in ("d", "t") and formula and not {"D", "T", "H"} & set(formula):
        raise AtomError(f"the label {label!r} of site {{site}} would be hydrogen, which the formula does not hold, and it has no type")
    if low == "t" and "T" not in formula:
        raise AtomError(f"the label {label!r} of site {{site}} names no element (a tetrahedral site?), and it has no type")
    two = _element(word[:2]) if len(word) > 1 else None
    one = _element(word[0])
    either = len(word) > 1 and (word[1].isupper() or word.islower())
    if two and one and either:
        return _capitals(label, two, one, formula)
    element = two or one
    if element is None:
        raise AtomError(f"the label {label!r} of site {{site}} names no element, and it has no type")
    return Reading((Part(element),), _unlisted(element, formula))


def _capitals(label: str, two: str, one: str, formula: Collection[str]) -> Reading:
    """``CO1``, ``SE1``: capitals leave open how many letters name the element."""
    held = [element for element in (two, one) if element in formula or (element == "H" and "D" in formula)]
    if len(held) == 2:
        raise AtomError(f"the label {label!r} of site {{site}} may be {two} or {one}, both are in the formula, and it has no type")
    if held == [two]:
        return Reading((Part(two),))
    if held == [one]:
        return Reading((Part(one),), f"site {{site}} is read as {one}: without a type the formula decides, which holds {one} and no {two}")
    return Reading(
        (Part(two),),
        f"site {{site}} is read as {two}, not as {one}: neither a type nor the formula settles a label in capitals",
    )


def _water(word: str, formula: Collection[str]) -> Reading:
    short = word.casefold() in ("w", "wa")
    if short and "W" in formula:
        if {"O", "H"} <= set(formula) and word.casefold() == "wa":
            raise AtomError("site {site} may be tungsten or water, the formula holds both, and it has no type")
        return Reading((Part("W"),))
    if word.casefold() == "w" and "O" not in formula:
        return Reading((Part("W"),), _unlisted("W", formula))
    return Reading((Part("O"),), "site {site} is read as oxygen of water; hydrogens are counted only where they have rows")


def _unlisted(element: str, formula: Collection[str]) -> str:
    held = not formula or element in formula or (element == "H" and {"D", "T"} & set(formula))
    return "" if held else f"site {{site}} is read as {element} by label, though the file's formula holds no {element}"
