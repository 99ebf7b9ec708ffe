"""Do two records describe one measurement? Fields compared, weighed and assigned one to one.

This is record linkage after Fellegi and Sunter (J. Am. Stat. Assoc. 64, 1183 (1969)). Each field of a pair falls into a class
of agreement; a class weighs log10(m / u), where m is how often the class occurs among pairs that are one measurement and u among
pairs that are not. Weights and the odds before any field was seen add up to the odds that the pair is one measurement, which
:func:`certainty` gives as a probability. Among the pairs of one paper the assignment with the largest sum of weights is taken
(:func:`assign`), so that a record is used once and the better partner wins.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.chemistry.formula import ROUNDING, FormulaError, Mixture, agree, deviation, reading, resolution, same
from pipeline.safety.remembered import TEXTS
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Largest deviation of a near composition, per formula unit: nominal against refined amounts, a misread digit.
NEAR = 0.05
#: Weights log10(m / u) of the classes. m was counted on the pairs of the two sources that share a DOI and a composition (136
#: pairs, the best partner of each), u on the 534 pairs that share a DOI and the elements but not the composition and on 503 pairs of
#: one composition in different papers (docs/sources.md, Measurements).
COMPOSITION: Mapping[str, float] = {"same": 1.25, "one element": 0.1, "near": -0.35, "elements": -1.2, "other": -2.5}
CONDUCTIVITY: Mapping[str, float] = {
    "identical": 1.7, "rounded": 1.5, "one digit": 0.65, "1 %": 0.9, "5 %": 0.5, "factor 2": -0.2, "decade": 0.3, "differs": -0.6,
    "bound": 0.3, "unknown": 0.0,
}  # fmt: skip
SPACEGROUP: Mapping[str, float] = {"same": 0.3, "differs": -0.7, "unknown": 0.0}
#: What two polymorphs of one paper look like: the same composition, another space group and another value. Where curators only
#: corrected the space group of an entry, its value still agrees (15 records), so the two together mean another sample.
POLYMORPH = -2.0
TEMPERATURE: Mapping[str, float] = {"usual": 0.0, "unusual": -0.3}
#: Weight of one ICSD number, and of two different ones. It is small although 208 of 232 linked pairs have one number: curators gave an
#: entry the number of a sibling record where the structure fits better (7tu has the conductivity of record 267, the number of 271).
ICSD: Mapping[bool, float] = {True: 0.5, False: -0.2}
#: The most that all but the composition weighs, and what floating point may lose in a sum of weights.
MOST, _NOISE = max(CONDUCTIVITY.values()) + max(SPACEGROUP.values()), 1e-9
#: Temperatures that a source without temperatures means by room temperature, degrees Celsius.
USUAL = (20.0, 30.0)
#: Logarithms of the ratios up to which two values agree within 1 %, 5 % and a factor of two.
_HUNDREDTH, _TWENTIETH, _DOUBLE = math.log10(1.01), math.log10(1.05), math.log10(2.0)


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a record, a measurement or an entry.

    Attributes
    ----------
    key
        Name by which the caller knows it.
    composition
        As written.
    conductivities
        Values in S/cm: several where total and bulk are known apart.
    bound
        ``<`` or ``>`` when the value is only a bound.
    papers
        Bare DOIs.
    temperature
        Degrees Celsius, where it is stated.
    spacegroup, icsd
        Number of the space group, ICSD collection code.
    """

    key: str
    composition: str
    conductivities: tuple[float, ...] = ()
    bound: str = ""
    papers: frozenset[str] = field(default_factory=frozenset)
    temperature: float | None = None
    spacegroup: int | None = None
    icsd: str = ""
    read: _Read = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", _read(self.composition))

    @property
    def elements(self) -> frozenset[str]:
        """Elements of the composition; empty when it cannot be read."""
        return self.read.elements


@dataclass(frozen=True)
class Comparison:
    """Class of agreement of each field, and their weight together."""

    composition: str
    conductivity: str
    spacegroup: str
    temperature: str

    @cached_property
    def weight(self) -> float:
        """Sum of log10(m / u) over the fields."""
        polymorph = self.composition == "same" and self.spacegroup == "differs" and self.conductivity in ("factor 2", "decade", "differs")
        return (
            COMPOSITION[self.composition]
            + CONDUCTIVITY[self.conductivity]
            + SPACEGROUP[self.spacegroup]
            + TEMPERATURE[self.temperature]
            + (POLYMORPH if polymorph else 0.0)
        )


def compare(ours: Described, theirs: Described) -> Comparison:
    """Compare two descriptions field by field."""
    return _comparison(
        _class_of(ours.read, theirs.read),
        conductivity_class(ours, theirs),
        _spacegroup_class(ours.spacegroup, theirs.spacegroup),
        "usual" if _is_usual(ours.temperature) and _is_usual(theirs.temperature) else "unusual",
    )


def weighed(ours: Described, theirs: Described, least: float) -> float:
    """Weight of a comparison that may be above ``least``; minus infinity of one that cannot, whose classes are not all told then."""
    left, right = ours.read.elements, theirs.read.elements
    apart = 0 if left is right else len(left ^ right)
    least -= _NOISE
    if MOST + COMPOSITION["same" if not apart else "one element" if apart == 1 else "other"] < least:
        return -math.inf
    conductivity, spacegroup = conductivity_class(ours, theirs), _spacegroup_class(ours.spacegroup, theirs.spacegroup)
    known = CONDUCTIVITY[conductivity] + SPACEGROUP[spacegroup]
    if known + COMPOSITION["one element"] < least and (known + COMPOSITION["same"] < least or apart or not are_same(ours, theirs)):
        return -math.inf
    temperature = "usual" if _is_usual(ours.temperature) and _is_usual(theirs.temperature) else "unusual"
    return _comparison(_class_of(ours.read, theirs.read), conductivity, spacegroup, temperature).weight


@lru_cache(maxsize=1024)
def _comparison(composition: str, conductivity: str, spacegroup: str, temperature: str) -> Comparison:
    """The one comparison with these classes: there are a few hundred, and as many pairs as records."""
    return Comparison(composition, conductivity, spacegroup, temperature)


def _is_usual(temperature: float | None) -> bool:
    return temperature is None or USUAL[0] <= temperature <= USUAL[1]


def _spacegroup_class(ours: int | None, theirs: int | None) -> str:
    if ours is None or theirs is None:
        return "unknown"
    return "same" if ours == theirs else "differs"


def certainty(log_odds: float) -> float:
    """Probability that belongs to odds given as their decimal logarithm."""
    return float(1.0 / (1.0 + 10.0**-log_odds))


def listed(table: pd.DataFrame, *only: col.Column) -> list[dict[str, Any]]:
    """Rows of a table (of the columns named, by default of all), with ``None`` for what is missing and plain Python values."""
    names = [str(name) for name in only or table.columns]
    return [dict(zip(names, row, strict=True)) for row in told(table, *names)]


def told(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of some columns of a table, with ``None`` for what is missing and plain Python values."""
    return zip(*(_values(table[name]) for name in columns), strict=True)


def _values(column: pd.Series) -> list[Any]:
    values, gone = column.tolist(), column.isna().to_numpy()
    for place in gone.nonzero()[0].tolist():
        values[place] = None
    return values


class _Read(NamedTuple):
    """What is asked of a composition each time that it is compared, found out once."""

    text: str
    elements: frozenset[str]
    is_compound: bool
    amounts: Mapping[str, float] | None
    resolution: float


@lru_cache(maxsize=TEXTS)
def _read(composition: str) -> _Read:
    try:
        found = reading(composition)
    except FormulaError:
        return _Read(composition, _once(frozenset()), False, None, 0.0)
    if isinstance(found, Mixture):
        held = _once(frozenset(element for part in found.parts for element in part.amounts))
        return _Read(composition, held, False, found.amounts, resolution(composition))
    return _Read(composition, _once(frozenset(found.amounts)), True, found.amounts, resolution(composition))


@lru_cache(maxsize=TEXTS)
def _once(elements: frozenset[str]) -> frozenset[str]:
    """The same set for all that are equal: there are fewer of them than compositions, and what is one object is equal at once;
    what the cache has let go is compared."""
    return elements


def elements(composition: str) -> frozenset[str]:
    """Elements of a composition; empty when it cannot be read."""
    return _read(composition).elements


def is_compound(composition: str) -> bool:
    """Whether a composition is one compound: neither a mixture nor a text that cannot be read."""
    return _read(composition).is_compound


def amounts(composition: str) -> Mapping[str, float]:
    """Amount of each element of a composition; none of what cannot be read, or is told in weights."""
    return _read(composition).amounts or {}


def composition_class(ours: str, theirs: str) -> str:
    """How two compositions agree.

    ``same`` within rounding; all but ``one element`` the same (a lost or misread subscript, LiCdCl4 for Li2CdCl4, or a lost element);
    ``near``, 0.05 per formula unit; the same ``elements``; or ``other``.
    """
    return _class_of(_read(ours), _read(theirs))


def _class_of(left: _Read, right: _Read) -> str:
    ours, theirs = left.elements, right.elements
    apart = 0 if ours is theirs else len(ours ^ theirs)
    if not ours or apart > 1:
        return "other"
    if not apart and _are_same(left, right):
        return "same"
    mine, yours = (left.amounts, right.amounts) if left.is_compound and right.is_compound else (None, None)
    if mine and yours and _is_one_other(mine, yours):
        return "one element"
    if apart:
        return "other"
    return "near" if mine and yours and deviation(mine, yours) <= NEAR + 1e-6 else "elements"


def is_same(ours: str, theirs: str) -> bool:
    """Whether :func:`composition_class` is ``same``: most pairs need to know no more."""
    return _are_same(_read(ours), _read(theirs))


def are_same(ours: Described, theirs: Described) -> bool:
    """The same of the compositions of two descriptions."""
    return _are_same(ours.read, theirs.read)


def _are_same(left: _Read, right: _Read) -> bool:
    if not left.elements or (left.elements is not right.elements and left.elements != right.elements):
        return False
    if not (left.is_compound or right.is_compound):
        return left.text == right.text or same(left.text, right.text)
    # Also a mixture against the formula of the whole: (Li2S)0.7 (P2S5)0.3 is Li1.4P0.6S2.2 when it is melted together.
    return left.amounts is not None and right.amounts is not None and agree(left.amounts, right.amounts, left.resolution, right.resolution)


def _is_one_other(ours: Mapping[str, float], theirs: Mapping[str, float]) -> bool:
    """Whether just one element differs in amount beyond rounding, formula unit against formula unit."""
    found = 0
    for element in ours.keys() | theirs.keys() if ours.keys() != theirs.keys() else ours:
        if abs(ours.get(element, 0.0) - theirs.get(element, 0.0)) > ROUNDING + 1e-6:
            found += 1
            if found > 1:
                return False
    return found == 1


def conductivity_class(ours: Described, theirs: Described) -> str:
    """How two conductivities agree, the best of all pairs of values.

    ``identical`` in three printed digits, ``rounded`` (in two), ``one digit``; else within ``1 %`` or ``5 %`` (one point of a
    figure read twice), ``factor 2`` (bulk and total, two temperatures), a ``decade`` (a slipped exponent), or ``differs``.
    A ``bound`` agrees with the same bound and with any value that keeps it.
    """
    if len(ours.conductivities) == len(theirs.conductivities) == 1 and not (ours.bound or theirs.bound):
        return value_class(ours.conductivities[0], theirs.conductivities[0])
    pairs = [(mine, yours) for mine in ours.conductivities for yours in theirs.conductivities]
    if not pairs:
        return "unknown"
    if ours.bound or theirs.bound:
        return "bound" if any(_keeps(mine, ours.bound, yours, theirs.bound) for mine, yours in pairs) else "differs"
    return max((value_class(mine, yours) for mine, yours in pairs), key=lambda name: CONDUCTIVITY[name])


def _keeps(mine: float, my_bound: str, yours: float, your_bound: str) -> bool:
    if my_bound and your_bound:
        return my_bound == your_bound and math.isclose(mine, yours)
    bound, limit, value = (my_bound, mine, yours) if my_bound else (your_bound, yours, mine)
    return value <= limit if bound == "<" else value >= limit


def value_class(mine: float, yours: float) -> str:
    """How two values agree, in the classes of :func:`conductivity_class`.

    >>> value_class(6.31e-5, 6e-5), value_class(3.86e-4, 3.92e-4)
    ('one digit', '5 %')
    """
    if mine <= 2 * yours and yours <= 2 * mine:  # rounding to one digit brings values together that differ by a factor of 1.6 at most
        digits = min(printed_digits(mine), printed_digits(yours))
        if float(f"{mine:.{digits - 1}e}") == float(f"{yours:.{digits - 1}e}"):
            return {1: "one digit", 2: "rounded"}.get(digits, "identical")
    apart = abs(math.log10(mine / yours))
    if apart < _HUNDREDTH:
        return "1 %"
    if apart < _TWENTIETH:
        return "5 %"
    if apart < _DOUBLE:
        return "factor 2"
    return "decade" if abs(apart - round(apart)) < 0.005 else "differs"


@lru_cache(maxsize=TEXTS)
def printed_digits(value: float) -> int:
    """Significant digits of a value without the zeros at its end: 0.0012 has two.

    >>> printed_digits(1.2e-3), printed_digits(5e-8), printed_digits(3.19e-5)
    (2, 1, 3)
    """
    mantissa = f"{value:.6e}".partition("e")[0].rstrip("0").replace(".", "")
    return max(1, len(mantissa))


def assign(weights: Mapping[tuple[str, str], float], *, least: float = -math.inf) -> list[tuple[str, str]]:
    """One-to-one assignment of left to right names with the largest sum of weights above ``least``, in the order of the pairs.

    A pair that is not given is never chosen, nor is one below ``least``.
    """
    import networkx

    allowed = {pair: weight for pair, weight in weights.items() if weight > least}
    floor = least if math.isfinite(least) else min(allowed.values(), default=0.0) - 1.0
    lefts, rights = Counter(left for left, _ in allowed), Counter(right for _, right in allowed)
    taken = {(left, right) for left, right in allowed if lefts[left] == rights[right] == 1}  # most pairs have no rival
    allowed = {pair: weight for pair, weight in allowed.items() if pair not in taken}
    graph: networkx.Graph[tuple[int, str]] = networkx.Graph()  # names of the two sides may be alike
    graph.add_edges_from(((0, left), (1, right)) for left, right in allowed)
    component = {node: number for number, rivals in enumerate(networkx.connected_components(graph)) for node in rivals}
    parts: dict[int, networkx.Graph[tuple[int, str]]] = {}
    for (left, right), weight in allowed.items():  # in the order of the pairs: equals are decided by it, not by a hash
        parts.setdefault(component[0, left], networkx.Graph()).add_edge((0, left), (1, right), weight=weight - floor)
    for part in parts.values():
        taken.update((left, right) for (_, left), (_, right) in map(sorted, networkx.max_weight_matching(part)))
    return [pair for pair in weights if pair in taken]
