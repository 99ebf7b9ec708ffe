"""The row of a measurement: which composition and value are taken from its records, why, and what they agree on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.chemistry.charge import balance
from pipeline.dois import SEPARATOR, cited
from pipeline.literature.linkage import amounts, printed_digits
from pipeline.literature.source import BAR, COLON, Source
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.literature.linkage import Comparison

#: Values agree up to this ratio: one point of a figure read twice.
AGREES = 1.05


class Joined(Protocol):
    """How a source was joined with those before it."""

    @property
    def comparison(self) -> Comparison:
        """Class of agreement of each field."""

    @property
    def same_paper(self) -> bool:
        """Whether both cite one paper."""

    @property
    def certainty(self) -> float:
        """Probability that it is one measurement."""


#: A record with its source.
Told = tuple[Source, Mapping[str, Any]]


def merged_row(members: Mapping[str, Sequence[str]], joins: Mapping[str, Joined], sources: Sequence[Source]) -> dict[str, Any]:
    """Row of a measurement (``schemas.measurements.MERGED``) from the keys of its records by source.

    * the composition is that of the first source that has it (the Laskowski table keeps sites apart), the nearest to neutral where they
      differ;
    * a measured value or bound goes before an extrapolated value, a value before a bound;
    * of values that agree the one printed with more digits is taken, of others the one whose record states its temperature.
    """
    keys = {source.name: [key.partition(COLON)[2] for key in members[source.name]] for source in sources if source.name in members}
    told = [(source, source.rows[key]) for source in sources if source.name in keys for key in keys[source.name]]
    first = sorted(told, key=_states_no_temperature) if len(told) > 1 else told
    taken, reason = _taken(first)
    composition, choice = _composition(told, joins)
    dois = dict.fromkeys(doi for _, row in first if (cell := row.get(col.DOI_SOURCE)) for doi in cited(cell))
    stated = _first((row for source, row in first if source.states_temperature), col.TEMPERATURE)
    rows = [row for _, row in told]
    return {
        col.MEASUREMENT: f"{told[0][0].name}-{rows[0][col.RECORD]}",
        col.COMPOSITION: composition,
        col.CONDUCTIVITY: taken.get(col.CONDUCTIVITY),
        col.CONDUCTIVITY_BOUND: taken.get(col.CONDUCTIVITY_BOUND),
        col.TEMPERATURE: taken.get(col.TEMPERATURE) if stated is None else stated,
        col.EXTRAPOLATED_FROM: taken.get(col.EXTRAPOLATED_FROM),
        col.DOI_SOURCE: SEPARATOR.join(dois) or None,
        col.SPACEGROUP_NUMBER: _first(rows, col.SPACEGROUP_NUMBER),
        col.ICSD_ID_SOURCE: _first(rows, col.ICSD_ID_SOURCE),
        col.FAMILY_SOURCE: _first(rows, col.FAMILY_SOURCE),
        col.RECORDS: BAR.join([key for name in keys for key in members[name]]),
        col.LIION_RECORDS: " ".join(keys.get("liion", ())) or None,
        col.LASKOWSKI_RECORDS: " ".join(keys.get("laskowski", ())) or None,
        col.AGREEMENT: _agreement(first, joins, choice, f"taken: {_shown(taken)}, {reason}" if reason else "", sources),
    }


def _states_no_temperature(told: Told) -> bool:
    return not told[0].states_temperature


def _first(rows: Iterable[Mapping[str, Any]], column: col.Column) -> Any:
    for row in rows:
        if (found := row.get(column)) is not None:
            return found
    return None


def _taken(told: Sequence[Told]) -> tuple[Mapping[str, Any], str]:
    """Record whose value is taken, and why.

    A measured value goes before an extrapolated one, a value before a bound. Where values agree, the one printed with more digits says
    most, unless its source prints all values with as many; where they do not, that of a record that states its temperature.
    """
    if len(told) == 1:
        only = told[0][1]
        return only, "only a bound is known" if only.get(col.CONDUCTIVITY) is None else ""
    measured = [pair for pair in told if pair[1].get(col.EXTRAPOLATED_FROM) is None]
    why = ["it was measured at room temperature, the other extrapolated"] if 0 < len(measured) < len(told) else []
    pool = measured or list(told)
    values = [pair for pair in pool if pair[1].get(col.CONDUCTIVITY) is not None]
    if not values:
        return pool[0][1], "; ".join([*why, "only a bound is known"])
    numbers = [float(row[col.CONDUCTIVITY]) for _, row in values]
    if len(set(numbers)) == 1:
        return values[0][1], "; ".join(why if len(values) == len(pool) else [*why, "a value says more than a bound"])
    digits = [0 if source.digits else printed_digits(value) for (source, _), value in zip(values, numbers, strict=True)]
    if max(numbers) / min(numbers) <= AGREES and max(digits) > min(digits):
        return values[digits.index(max(digits))][1], "; ".join([*why, "it is printed with more digits"])
    return values[0][1], "; ".join(
        [*why, "its temperature is known" if values[0][0].states_temperature else "it is the first in the source"]
    )


def _composition(told: Sequence[Told], joins: Mapping[str, Joined]) -> tuple[str, str]:
    """Composition taken, and why when there was a choice: that of the first source, but neutrality goes first."""
    if all(join.comparison.composition == "same" for join in joins.values()):
        return str(told[0][1][col.COMPOSITION]), ""
    texts = list(dict.fromkeys(str(row[col.COMPOSITION]) for _, row in told))
    best = min(texts, key=_excess)
    title = next(source.title for source, row in told if row[col.COMPOSITION] == best)
    why = "it is nearer to neutral" if any(_excess(text) > _excess(best) for text in texts) else f"it is the {title} table's"
    return best, f"compositions: {' and '.join(texts)}, taken: {best}, {why}"


def _excess(composition: str) -> float:
    """Charge left over at best, per atom, to three decimals; unknown charges count as one, and those of a text that cannot be read."""
    found = amounts(composition)
    excess = balance(found).excess if found else None
    return 1.0 if excess is None else round(abs(excess) / sum(found.values()), 3)


def _agreement(told: Sequence[Told], joins: Mapping[str, Joined], choice: str, reason: str, sources: Sequence[Source]) -> str | None:
    """What the records agree on, what they do not, which value was taken and why, and how certain each join is."""
    if len(told) == 1:
        return reason or None
    said = []
    title = {source.name: source.title for source in sources}
    first, *others = list(joins.items()) if joins else [None]
    if first is not None:
        said += _compared(first[1])
    said += [f"with {title[each[0]]}: {', '.join([*_compared(each[1]), _certainty(each[1])])}" for each in others if each is not None]
    if choice:
        said.append(choice)
    values = dict.fromkeys(_shown(row) for _, row in told)
    if len(values) > 1:
        said.append(f"values: {', '.join(values)}")
    for name in dict.fromkeys(source.name for source, _ in told):
        number = sum(source.name == name for source, _ in told)
        if number > 1:
            said.append(f"{number} records of {title[name]}")
    if reason:
        said.append(reason)
    if first is not None:
        said.append(_certainty(first[1]))
    return "; ".join(said) or None


def _compared(join: Joined) -> list[str]:
    paper = "paper: same" if join.same_paper else "paper: another DOI"
    return [f"composition: {join.comparison.composition}", f"conductivity: {join.comparison.conductivity}", paper]


def _certainty(join: Joined) -> str:
    return f"certainty: {join.certainty:.2f}"


def _shown(row: Mapping[str, Any]) -> str:
    value = row.get(col.CONDUCTIVITY)
    shown = f"{value:.4g}" if value is not None else str(row.get(col.CONDUCTIVITY_BOUND))
    origin, temperature = row.get(col.EXTRAPOLATED_FROM), row.get(col.TEMPERATURE)
    if origin is not None:
        return f"{shown} (extrapolated from {origin:g} degrees)"
    return f"{shown} ({temperature:g} degrees)" if temperature is not None else shown
