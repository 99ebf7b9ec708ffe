"""What a heading means: the column, the unit of its numbers and the temperature at which they were measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from pipeline.ingest.contributed.names import LOOKUP, WEAK, key
from pipeline.ingest.contributed.units import CELSIUS, Temperature, is_unit, power, scale, stated, tidy
from schemas import columns as col

#: No heading is longer.
LONGEST = 120
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "σ": "sigma", "Σ": "sigma"}
_LOGARITHM = re.compile(r"^\W*-?\s*(?:log|ln|lg)(?![a-z])|\blog\s*10|\blog\W", re.IGNORECASE)
#: What stands in brackets.
BRACKETS = re.compile(r"[(\[{]((?:[^()\[\]{}]|[(\[{][^()\[\]{}]*[)\]}])*)[)\]}]")
#: Words beside a name that do not change what it means.
_HARMLESS_WORDS = (
    "li liion lithium lithiumion ionic ion eis ac impedance exp experimental measured value values rt total in unit units the "
    "of paper link nominal refined headline"
)
_HARMLESS = frozenset(_HARMLESS_WORDS.split())
#: Words that make another quantity of it, even in brackets.
_OTHER_WORDS = (
    "source ref reference doi link url error err esd std sd stdev unc uncertainty dev deviation old previous comment comments "
    "note notes remark method electronic electron theoretical calculated calc dft md simulated predicted extrapolated "
    "structure cif icsd ratio difference log ln family file date id grain boundary gb interface activation"
)
_OTHER = frozenset(_OTHER_WORDS.split())


@dataclass(frozen=True)
class Heading:
    """What a header cell means.

    Attributes
    ----------
    column
        The column of the release; ``temperature`` for that of the measurement.
    power
        The power of ten that brings its numbers to the unit of the column.
    unknown_unit
        A unit that cannot be converted, or two that disagree: no number can then be read.
    unit
        The unit as it is written; blank when none is given.
    temperature
        The temperature that the heading states.
    """

    column: col.Column
    power: int = 0
    unknown_unit: str = ""
    unit: str = ""
    temperature: Temperature | None = None


def heading(cell: object) -> Heading | None:
    """Meaning of one header cell, ``None`` when it is no column of the release and no temperature of measurement."""
    if not isinstance(cell, str) or not cell.strip() or len(cell) > LONGEST:
        return None
    label = cell.replace("\ufeff", "").strip()
    for published in col.WORKBOOK:
        if label == published:
            return Heading(published, unit=published.unit if published == col.IONIC_CONDUCTIVITY else "")
    label = tidy(label)
    for greek, latin in _GREEK.items():
        label = label.replace(greek, latin)
    if _LOGARITHM.search(label):
        return None
    direct = _meaning(label)
    if direct is not None and not direct.unknown_unit:
        found, rest = stated(label)
        return direct if found is None or _meaning(rest) != direct else replace(direct, temperature=found)
    found, rest = stated(label)
    if found is None:
        return direct if direct is not None else _of_measurement(label)
    meaning = _meaning(rest)
    return None if meaning is None else replace(meaning, temperature=found)


_MEASUREMENT = frozenset(
    [
        "sigma",
        "conductivity",
        "conductivities",
        "ionic",
        "ic",
        "eis",
        "impedance",
        "measurement",
        "measurements",
        "measured",
        "measuring",
        "meas",
        "test",
        "testing",
    ]
)
_TEMPERATURES = frozenset(["t", "temp", "temperature", "temperatures"])


def _of_measurement(label: str) -> Heading | None:
    """A temperature that its heading calls that of the measurement (``measurement T (K)``, ``sigma temp.``), whatever else stands there."""
    groups = [match[1].strip() for match in BRACKETS.finditer(label)]
    words = set(re.findall(r"[a-z]+", BRACKETS.sub(" ", label).casefold()))
    beside = words - _MEASUREMENT - _TEMPERATURES - {"of", "the", "at", "in", "for", "c", "k", "f", "deg"}
    if beside or not words & _MEASUREMENT or not words & _TEMPERATURES:
        return None
    unit = next((text for text in (*groups, re.split(r"[/,\s_]+", label.strip())[-1]) if scale(text)), "")
    return Heading(col.TEMPERATURE, unit=unit)


def _meaning(label: str) -> Heading | None:
    base, groups = BRACKETS.sub(" ", label).strip(), [match[1].strip() for match in BRACKETS.finditer(label)]
    words = [group for group in groups if not _is_unit(group)]
    for name, tail in _divisions(base):
        for used in dict.fromkeys((tuple(words), tuple(groups), ())):
            column = LOOKUP.get(key(" ".join((name, *used)))) or (LOOKUP.get(key(" ".join((*used, name)))) if used else None)
            if column is not None:
                left = [group for group in groups if group not in used]
                if key(name) == key(column) and "(" in column:  # the published name holds its unit
                    left.append(column.unit)
                return _united(column, tail, left)
    return None


def _is_unit(text: str) -> bool:
    return is_unit(re.sub(r"^(?:/|in\s)\s*", "", text))


def _divisions(base: str) -> Iterator[tuple[str, str]]:
    """Name and rest of a heading without its brackets: ``a / Å``, ``sigma, S/cm``, ``conductivity in mS/cm``, ``gamma_deg``."""
    base = base.strip(" ,;:/_")
    yield base, ""
    for separator in (r"\s*/\s*", r"\s*[,;:]\s*", r"\s+in\s+"):
        parts = re.split(separator, base, maxsplit=1)
        if len(parts) == 2:
            yield parts[0], parts[1]
    for match in reversed(list(re.finditer(r"[\s_]+", base))):
        yield base[: match.start()], base[match.end() :]


def _united(column: col.Column, tail: str, groups: Sequence[str]) -> Heading | None:
    """The heading of a column with what stands beside its name: a unit, or words."""
    beside = [part for text in groups for part in (re.split(r"[,;]\s*", text) if not _is_unit(text) else [text])]
    texts = [re.sub(r"^(?:/|in\s)\s*", "", text.strip(" ,;:_")).strip() for text in (tail, *beside)]
    known: dict[str, int] = {}
    for text in texts:
        found = factor(text, column)
        if found is not None:
            known[text] = found
    rest = [text for text in texts if text and text not in known and not _harmless(text)]
    if any(set(re.findall(r"[a-z]+", text.casefold())) & _OTHER for text in rest):
        return None
    if len(set(known.values())) > 1:
        return Heading(column, 0, " and ".join(known), " and ".join(known))
    if known:
        unit, value = next(iter(known.items()))
        return None if rest else Heading(column, value, "", unit)
    if not rest:
        return Heading(column)
    if tail and rest[0] == texts[0] and (not column.unit or LOOKUP.get(key(re.split(r"\W", tail)[0])) or not re.search(r"[/,]", tail)):
        # a word behind the name makes another quantity of it; a unit is only looked for behind a stroke, a comma or in brackets
        return None if not _looks_like_unit(tail) else Heading(column, 0, tail, tail)
    if not column.unit and column != col.TEMPERATURE:
        return Heading(column)
    return Heading(column, 0, rest[0], rest[0])


def _looks_like_unit(text: str) -> bool:
    return bool(re.search(r"[/^°]|-\d", text)) and not LOOKUP.get(key(re.split(r"\W", text)[0]))


def _harmless(text: str) -> bool:
    return set(re.findall(r"[^\W\d_]+", text.casefold())) <= _HARMLESS and not re.search(r"\d", text)


def factor(text: str, column: col.Column) -> int | None:
    """Power of ten from a unit to that of the column, ``None`` when it is none of its units. A scale of temperature has none: 0."""
    if not text:
        return None
    if column.unit == CELSIUS:
        return 0 if scale(text) else None
    return power(text, column.unit)


def recognised(cells: Sequence[object]) -> int:
    """How many cells of a row are names of different columns."""
    return len({found.column for found in map(heading, cells) if found})


def is_weak(cell: object) -> bool:
    """Whether a heading gives way to another one that means the same column."""
    return isinstance(cell, str) and key(cell) in WEAK


def suggestion(label: str) -> str:
    """The published column that an unknown name may mean, ``""`` when none is near."""
    near = get_close_matches(key(label), list(LOOKUP), n=1, cutoff=0.75)
    return str(LOOKUP[near[0]]) if near and LOOKUP[near[0]] != col.TEMPERATURE else ""
