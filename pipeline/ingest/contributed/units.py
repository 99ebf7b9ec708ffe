"""Units and temperatures as headings, rows of units and cells write them.

Nothing here knows a column of the release: a unit is read for the unit that its numbers shall have (``S cm-1``, ``angstrom``, ``degree``),
so that any table can be read with it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

CONDUCTIVITY, LENGTH, ANGLE, CELSIUS, ENERGY = "S cm-1", "angstrom", "degree", "degree Celsius", "eV"
#: Room temperature in degrees Celsius, as the dataset understands it.
ROOM = (15.0, 35.0)

_PREFIXES = {"": 0, "m": -3, "u": -6, "n": -9, "p": -12, "k": 3}
_PER_LENGTH = {"cm": 0, "m": -2, "mm": 1}
_SIEMENS = re.compile(
    r"(?:[x×]?10-(?P<ten>\d{1,2})|1[eE]-(?P<exp>\d{1,2}))?(?P<prefix>[munpk]?)S(?:(?:/|per)(?P<over>cm|mm|m)|(?P<times>cm|mm|m)-1)",
    re.ASCII,
)
_LENGTHS = {**dict.fromkeys(("å", "ang", "angstrom", "angstroms", "ångström", "ångströms", "ångstrom", "ångstroms"), 0), "nm": 1, "pm": -2}
_ANGLES = frozenset(("°", "deg", "degs", "degree", "degrees", "grad", "o", "度"))
_KELVIN, _CELSIUS, _FAHRENHEIT = "K", "°C", "°F"
_SCALES = {
    **dict.fromkeys(("k", "kelvin"), _KELVIN),
    **dict.fromkeys(("c", "°c", "oc", "degc", "celsius", "degcelsius", "degreecelsius", "degreescelsius", "degreesc", "摄氏度"), _CELSIUS),
    **dict.fromkeys(("f", "°f", "degf", "fahrenheit", "degreesfahrenheit", "degreesf"), _FAHRENHEIT),
}
_DASHES = str.maketrans(dict.fromkeys("−–—‐‑‒﹣", "-"))
_RINGS = str.maketrans({"˚": "°", "º": "°", "∘": "°", "ᵒ": "°", "µ": "u", "μ": "u"})


def tidy(text: str) -> str:
    """One line in compatibility characters, with plain minus signs and degree signs."""
    text = unicodedata.normalize("NFKC", text.translate(_RINGS).replace("℃", "°C").replace("℉", "°F")).translate(_DASHES)
    return " ".join(text.translate(_RINGS).split())


def plain(text: str) -> str:
    """A unit in one spelling: ``S·cm^-1``, ``Ω−1 cm−1``, ``(Ω cm)⁻¹`` and ``S cm⁻¹`` are all ``Scm-1``."""
    text = tidy(text)
    text = re.sub(r"(?:[Oo]hms?|Ω)", "Ω", text)
    text = re.sub(r"(мк|м|н)?См(?![а-я])", lambda m: {"мк": "u", "м": "m", "н": "n"}.get(m[1], "") + "S", text).replace("см", "cm")
    text = re.sub(r"\(\s*Ω[\s·*.⋅]*(cm|m)\s*\)\s*\^?\s*\(?-1\)?|1\s*/\s*\(\s*Ω[\s·*.⋅]*(cm|m)\s*\)", lambda m: f"S{m[1] or m[2]}-1", text)
    text = re.sub(r"[sS]iemens|\bmhos?\b|Ω\s*\^?\s*\(?-1\)?", "S", text)
    text = re.sub(r"(?<=S)_(?=c?m(?!-))", "/", text)
    text = re.sub(r"[\s·.*^⋅•∙_(){}\[\]]", "", text)
    return re.sub(r"^s/cm$", "S/cm", text)


def power(text: str, unit: str) -> int | None:
    """Power of ten that brings a number in the unit ``text`` to ``unit``, ``None`` when the unit is not known.

    The case of letters counts: ``mS/cm`` is a thousandth of ``S/cm``, ``MS/cm`` is none that anybody means.

    >>> power("mS·cm⁻¹", "S cm-1"), power("S/m", "S cm-1"), power("MS/cm", "S cm-1"), power("nm", "angstrom")
    (-3, -2, None, 1)
    """
    spelt = plain(text)
    if unit == CONDUCTIVITY:
        match = _SIEMENS.fullmatch(spelt)
        if not match or (match["prefix"] and re.search(r"Ω|[Oo]hm|mho", tidy(text))):
            return None  # a prefix before an inverse ohm is a thousandth of one or a thousand of the other
        return _PREFIXES[match["prefix"]] + _PER_LENGTH[match["over"] or match["times"]] - int(match["ten"] or match["exp"] or 0)
    if unit == LENGTH:
        return 0 if spelt == "A" else _LENGTHS.get(spelt.casefold())
    if unit == ANGLE:
        return 0 if spelt.casefold() in _ANGLES else None
    if unit == ENERGY:
        return {"eV": 0, "meV": -3}.get(spelt)
    return None


def scale(text: str) -> str | None:
    """The scale of temperature that a unit names: ``K``, ``°C`` or ``°F``."""
    return _SCALES.get(re.sub(r"[\s().\[\]_]", "", tidy(text)).casefold())


def is_unit(text: str) -> bool:
    """Whether a text is a unit of any kind that is known here."""
    return scale(text) is not None or any(power(text, unit) is not None for unit in (CONDUCTIVITY, LENGTH, ANGLE, ENERGY))


def shift(text: str, power: int) -> str:
    """A decimal number with its point moved by ``power`` digits: exact, no binary rounding."""
    return format(Decimal(text).scaleb(power).normalize(), "G") if power else text


# --- temperatures ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Temperature:
    """A temperature as it is stated: its text, and its limits in degrees Celsius.

    ``low`` and ``high`` are ``None`` where the words say "room temperature". ``scale`` is blank when no unit is given.
    """

    text: str
    low: float | None = None
    high: float | None = None
    scale: str = ""

    @property
    def is_room(self) -> bool:
        """Whether it lies in 15 to 35 °C. A number without a unit does when no other reading of it makes sense (25 kelvin)."""
        return self.low is None or self.high is None or (ROOM[0] <= self.low and self.high <= ROOM[1])

    def why(self) -> str:
        """Why it is not room temperature."""
        if self.is_room or self.low is None or self.high is None:
            return ""
        if not self.scale:
            return f"{self.text} without a unit of temperature"
        celsius = "" if self.scale == _CELSIUS else f", which is {_span(self.low, self.high)} °C"
        return f"{self.text}{celsius}: not room temperature ({ROOM[0]:g} to {ROOM[1]:g} °C)"


def _span(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def celsius(number: float, scale: str, *, whole: bool = False) -> float:
    """A temperature in degrees Celsius. A whole number of kelvins counts as the whole degree that it is rounded from (298 K is 25 °C)."""
    if scale == _KELVIN:
        return number - (273 if whole else 273.15)
    return (number - 32) / 1.8 if scale == _FAHRENHEIT else number


_N = r"[+-]?\d{1,4}(?:[.,]\d+)?"
_UNIT = r"(?:°\s*[CcFfKk]|[Dd]eg(?:rees?)?\.?\s*(?:[CFcf](?:elsius|ahrenheit)?)|o[CF]|[Kk]elvins?|[Cc]elsius|[Ff]ahrenheit"
_UNIT += r"|摄氏度|[CKFck])(?![^\W\d_])"
_HIGH = rf"(?:\s*{_UNIT})?\s*(?P<between>-|to\b|bis\b|and\b|\.\.\.?|~|±|\+/-)\s*(?P<high>{_N})"
_STATED = re.compile(
    rf"(?P<lead>[\s,;_:/]*(?:(?<![^\W\d_])(?:at|bei|à|um)(?![^\W\d_])|@|(?<![^\W\d_])[Tt]\s*[=:])?\s*)"
    rf"(?:(?<![\d.,+eE-])(?<!\d[eE])(?P<low>{_N})(?:{_HIGH})?\s*(?P<unit>{_UNIT}))"
)
_BARE = re.compile(rf"[\s,;_]*(?:(?<![^\W\d_])(?:at|bei)\s+|@\s*|(?<![^\W\d_])[Tt]\s*[=:]\s*)(?P<low>{_N})(?![\d.,]*\s*[^\W\d_])")
_WORDS = re.compile(
    r"[\s,;_]*(?:(?<![^\W\d_])(?:at|bei|à|a)\s+|@\s*)?"
    r"(?:(?<![^\W\d_])(?:RT|rt|r\.\s?t\.|[Rr]oom[\s_-]*[Tt]emp(?:erature|\.)?|[Aa]mbient(?:[\s_-]*temp(?:erature|\.)?)?"
    r"|Raumtemperatur|Zimmertemperatur|temp[ée]rature ambiante|temperatura ambiente)(?![^\W\d_])|室温|常温|실온|상온)"
)
_EMPTY = re.compile(r"[(\[{][\s,;:]*[)\]}]")


def stated(text: str) -> tuple[Temperature | None, str]:
    """The temperature that a text states, and the text without it. Several statements count as one span.

    >>> stated("sigma [S/cm] @ 373 K")
    (Temperature(text='373 K', low=100.0, high=100.0, scale='K'), 'sigma [S/cm]')
    """
    text = tidy(text)
    found = [_of(match) for match in _STATED.finditer(text)]
    rest = _STATED.sub("", text) if found else text
    if not found:
        found = [bare(match["low"]) for match in _BARE.finditer(rest)]
        rest = _BARE.sub("", rest) if found else rest
    room = _WORDS.search(rest)
    if room:
        rest = _WORDS.sub("", rest)
        found = found or [Temperature(room[0].strip(" ,;_@"))]
    if not found:
        return None, text
    rest = " ".join(_EMPTY.sub("", rest).split()).strip(" ,;_@:")
    spans = [(t.low, t.high) for t in found if t.low is not None and t.high is not None]
    if len(found) == 1 or not spans:
        return found[0], rest
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    return Temperature(" and ".join(t.text for t in found), low, high, found[0].scale), rest


def _of(match: re.Match[str]) -> Temperature:
    named = scale(match["unit"]) or _CELSIUS
    whole = "." not in match[0] and "," not in match[0].lstrip(" ,;")
    low = float(match["low"].replace(",", "."))
    high = float(match["high"].replace(",", ".")) if match["high"] else low
    if match["between"] in ("±", "+/-"):
        low, high = low - high, low + high
    span = sorted((celsius(low, named, whole=whole), celsius(high, named, whole=whole)))
    return Temperature(match[0][len(match["lead"]) :].strip(), span[0], span[1], named)


def bare(number: str) -> Temperature:
    """A temperature without a unit. From 15 to 35 it can only mean degrees Celsius; 298 may be either, and is not decided."""
    value = float(number.replace(",", "."))
    return Temperature(number, value, value)


def temperature(text: str, unit: str = "") -> Temperature | None:
    """The temperature in a cell of a column of temperatures whose heading names ``unit``; ``None`` when it cannot be read."""
    found, rest = stated(text)
    if found is not None:
        return None if re.search(r"\w", rest) else found
    span = re.fullmatch(rf"(?P<low>{_N})(?:\s*(?P<between>-|to|bis|±|\+/-)\s*(?P<high>{_N}))?", tidy(text))
    if span is None:
        return None
    if unit:
        return stated(f"{tidy(text)} {unit}")[0]
    if span["high"]:
        return Temperature(tidy(text), -273.15, 1e4)
    return bare(span["low"])
