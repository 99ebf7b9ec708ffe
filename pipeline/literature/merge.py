"""Liverpool Ionics and the Laskowski table as measurements, each naming every record that repeats it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import log10
from typing import TYPE_CHECKING, Any

import networkx

from pipeline.chemistry.charge import balance
from pipeline.chemistry.formula import reading
from pipeline.dois import SEPARATOR, cited, is_abstract
from pipeline.literature.linkage import (
    CONDUCTIVITY,
    Comparison,
    Described,
    assign,
    certainty,
    compare,
    conductivity_class,
    described_laskowski,
    described_liion,
    elements,
    is_same,
    printed_digits,
    rows,
)
from schemas import columns as col
from schemas.contract import typed
from schemas.measurements import MERGED

if TYPE_CHECKING:
    import pandas as pd

LIION, LASKOWSKI = "liion", "laskowski"
# A pair is one measurement when that is likelier than not: when the decimal logarithm of its odds is above zero.
#: Odds before any field was seen. Of the pairs of one paper with the same elements, two for each record of the longer list are
#: expected to be one measurement when the lists have one record each, fewer as they grow.
SAME_PAPER = 2.0
#: Two records of one source in one paper with the same composition: most tables give each sample once.
SAME_SOURCE = 0.3
#: Values agree up to this ratio: one point of a figure read twice.
AGREES = 1.05
#: One composition in two papers: 1 of 50 pairs is one measurement told twice.
OTHER_PAPER = 0.02
#: A ChemInform abstract has a DOI of its own but reports the measurements of another paper.
ABSTRACT_OF = 0.5
#: Two DOIs that share two compositions: 1 of 25 such pairs is one paper, or a paper and its companion with the same data.
ALIAS = 0.04


@dataclass(frozen=True)
class Join:
    """Two groups of records found to be one measurement: how they compare, how certain it is, and in which papers."""

    comparison: Comparison
    log_odds: float
    same_paper: bool

    @property
    def certainty(self) -> float:
        """Probability that it is one measurement."""
        return certainty(self.log_odds)


def measurements(liion: pd.DataFrame, laskowski: pd.DataFrame) -> pd.DataFrame:
    """One row for each conductivity of one material in one paper at room temperature: ``schemas.measurements.MERGED``.

    * records that repeat one another within a source become one (same paper and composition, conductivity within 5 %);
    * the two sources are joined by :mod:`pipeline.literature.linkage` within each paper, then across papers where the value is the same in
      print; DOIs whose records repeat one another count as one paper;
    * the composition is the Laskowski table's where both have one (it keeps sites apart), the value that of the source that
      prints more digits, Liverpool Ionics' where they are equal, as its temperature is known;
    * ``agreement`` says what agrees, what does not, which value was taken and why, and the certainty of the join.

    Records without a composition (lost ones) and records measured elsewhere than at room temperature are in none.
    Rows stand in the order of the Laskowski table; those of Liverpool Ionics alone follow.
    """

    tables = {LIION: rows(liion), LASKOWSKI: rows(laskowski)}
    ours = {record.key: record for record in described_liion(tables[LIION])}
    theirs = {record.key: record for record in described_laskowski(tables[LASKOWSKI])}
    alias = _aliases(list(ours.values()), list(theirs.values()))
    our_groups, their_groups = _repeats(ours, alias), _repeats(theirs, alias)
    joins = _joined(ours, theirs, our_groups, their_groups, alias)
    partner = {right: (left, join) for (left, right), join in joins.items()}
    merged = []
    for right, group in their_groups.items():
        left, join = partner.get(right, (None, None))
        merged.append(_row(our_groups[left] if left else [], group, join, tables))
    joined = {left for left, _ in joins}
    merged += [_row(group, [], None, tables) for left, group in our_groups.items() if left not in joined]
    return typed(merged, MERGED)


def _aliases(ours: Sequence[Described], theirs: Sequence[Described]) -> Mapping[str, str]:
    """One name for DOIs that are one paper, learnt from the records: the same compositions with the same conductivities.

    A paper and its abstract have two DOIs, and some records cite a paper's companion. Each pair of DOIs that shares compositions
    starts at low odds; every composition that both hold multiplies them by what its conductivities say.
    """
    compositions: dict[frozenset[str], list[Described]] = defaultdict(list)
    for record in theirs:
        compositions[elements(record.composition)].append(record)
    evidence: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for mine in ours:
        for yours in compositions.get(elements(mine.composition), ()):
            if mine.papers & yours.papers or not is_same(mine.composition, yours.composition):
                continue
            weight = CONDUCTIVITY[conductivity_class(mine, yours)]
            for pair in product(sorted(mine.papers), sorted(yours.papers)):
                evidence[pair][mine.key] = max(weight, evidence[pair].get(mine.key, -9.0))
    found = [
        pair
        for pair, weights in evidence.items()
        if sum(weight > 0 for weight in weights.values()) > 1
        and sum(weights.values()) + log10(ABSTRACT_OF if _abstracts(pair) else ALIAS) > 0
    ]
    return {doi: min(group) for group in networkx.connected_components(networkx.Graph(found)) for doi in group}


def _abstracts(dois: Iterable[str]) -> list[str]:
    return [doi for doi in dois if is_abstract(doi)]


def _papers(record: Described, alias: Mapping[str, str]) -> frozenset[str]:
    return frozenset(alias.get(doi, doi) for doi in record.papers)


def _repeats(records: Mapping[str, Described], alias: Mapping[str, str]) -> dict[str, list[str]]:
    """Groups of records of one source that are one measurement, by the name of the first."""
    blocks: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
    for key, record in records.items():
        for paper in sorted(_papers(record, alias)):
            blocks[paper, elements(record.composition)].append(key)
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_nodes_from(records)
    graph.add_edges_from(pair for keys in blocks.values() for pair in combinations(keys, 2) if _repeat(records[pair[0]], records[pair[1]]))
    place = {key: position for position, key in enumerate(records)}
    groups = [sorted(group, key=place.__getitem__) for group in networkx.connected_components(graph)]
    return {group[0]: group for group in groups}


def _repeat(first: Described, second: Described) -> bool:
    if not is_same(first.composition, second.composition):
        return False
    comparison = compare(first, second)
    apart = comparison.conductivity in ("factor 2", "decade", "differs", "unknown")
    return not apart and comparison.spacegroup != "differs" and comparison.weight + log10(SAME_SOURCE) > 0


def _joined(
    ours: Mapping[str, Described], theirs: Mapping[str, Described], our_groups: Mapping[str, list[str]],
    their_groups: Mapping[str, list[str]], alias: Mapping[str, str],
) -> dict[tuple[str, str], Join]:  # fmt: skip
    """Joins of groups across the sources: first within papers, then what is left across papers."""
    within = _within_papers(ours, theirs, our_groups, their_groups, alias)
    left = {name for name, _ in within}
    right = {name for _, name in within}
    across = _across_papers(ours, theirs, {n: g for n, g in our_groups.items() if n not in left},
                            {n: g for n, g in their_groups.items() if n not in right}, alias)  # fmt: skip
    return {**within, **across}


def _within_papers(
    ours: Mapping[str, Described], theirs: Mapping[str, Described], our_groups: Mapping[str, list[str]],
    their_groups: Mapping[str, list[str]], alias: Mapping[str, str],
) -> dict[tuple[str, str], Join]:  # fmt: skip
    blocks: dict[tuple[str, frozenset[str]], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, (records, grouped) in enumerate(((ours, our_groups), (theirs, their_groups))):
        for name, group in grouped.items():
            for paper in sorted({paper for key in group for paper in _papers(records[key], alias)}):
                blocks[paper, elements(records[name].composition)][side].append(name)
    candidates: dict[tuple[str, str], Join] = {}
    for lefts, rights in blocks.values():
        prior = SAME_PAPER / max(len(lefts), len(rights), 1)
        for left, right in product(lefts, rights):
            candidates[left, right] = _best(ours, theirs, our_groups[left], their_groups[right], prior, same_paper=True)
    return _chosen(candidates)


def _across_papers(
    ours: Mapping[str, Described], theirs: Mapping[str, Described], our_groups: Mapping[str, list[str]],
    their_groups: Mapping[str, list[str]], alias: Mapping[str, str],
) -> dict[tuple[str, str], Join]:  # fmt: skip
    compositions: dict[frozenset[str], list[str]] = defaultdict(list)
    for name in their_groups:
        compositions[elements(theirs[name].composition)].append(name)
    candidates: dict[tuple[str, str], Join] = {}
    for left in our_groups:
        for right in compositions.get(elements(ours[left].composition), ()):
            if not is_same(ours[left].composition, theirs[right].composition):
                continue
            unknown = any(doi not in alias for doi in _abstracts(ours[left].papers | theirs[right].papers))
            prior = ABSTRACT_OF if unknown else OTHER_PAPER
            join = _best(ours, theirs, our_groups[left], their_groups[right], prior, same_paper=False)
            if join.log_odds > 0:
                candidates[left, right] = join
    return _chosen(candidates)


def _best(
    ours: Mapping[str, Described], theirs: Mapping[str, Described], left: Sequence[str], right: Sequence[str], prior: float, *,
    same_paper: bool,
) -> Join:  # fmt: skip
    """The join of two groups by their best pair of records. Across papers the composition is given, so it weighs nothing."""
    comparison = max((compare(ours[mine], theirs[yours]) for mine, yours in product(left, right)), key=lambda found: found.weight)
    weight = comparison.weight if same_paper else CONDUCTIVITY[comparison.conductivity]
    return Join(comparison, weight + log10(prior), same_paper)


def _chosen(candidates: Mapping[tuple[str, str], Join]) -> dict[tuple[str, str], Join]:
    pairs = assign({pair: join.log_odds for pair, join in candidates.items()}, least=0.0)
    return {pair: candidates[pair] for pair in pairs}


def _row(
    left: Sequence[str], right: Sequence[str], join: Join | None,
    tables: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> dict[str, Any]:  # fmt: skip
    """Row of a measurement from its records of either source."""
    mine = [tables[LIION][key] for key in left]
    yours = [tables[LASKOWSKI][key] for key in right]
    taken, reason = _taken(mine, yours)
    composition, choice = _composition(mine, yours, join)
    dois = dict.fromkeys(doi for row in (*mine, *yours) if row[col.DOI_SOURCE] for doi in cited(row[col.DOI_SOURCE]))
    return {
        col.MEASUREMENT: f"{LASKOWSKI}-{right[0]}" if right else f"{LIION}-{left[0]}",
        col.COMPOSITION: composition,
        col.CONDUCTIVITY: taken[col.CONDUCTIVITY],
        col.CONDUCTIVITY_BOUND: taken.get(col.CONDUCTIVITY_BOUND),
        col.TEMPERATURE: _first(mine, col.TEMPERATURE),
        col.DOI_SOURCE: SEPARATOR.join(dois) or None,
        col.SPACEGROUP_NUMBER: _first(yours, col.SPACEGROUP_NUMBER),
        col.ICSD_ID_SOURCE: _first(yours, col.ICSD_ID_SOURCE),
        col.FAMILY_SOURCE: _first(mine, col.FAMILY_SOURCE),
        col.LIION_RECORDS: " ".join(left) or None,
        col.LASKOWSKI_RECORDS: " ".join(right) or None,
        col.AGREEMENT: _agreement(mine, yours, join, choice, f"taken: {_shown(taken)}, {reason}" if reason else ""),
    }


def _first(rows: Sequence[Mapping[str, Any]], column: col.Column) -> Any:
    return next((row[column] for row in rows if row.get(column) is not None), None)


def _taken(mine: Sequence[Mapping[str, Any]], yours: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], str]:
    """Record whose value is taken, and why.

    A value goes before a bound. Where values agree, the one printed with more digits says most; where they do not, Liverpool
    Ionics states the temperature of its value, which the Laskowski table does not.
    """
    rows = [*mine, *yours]
    values = [row for row in rows if row[col.CONDUCTIVITY] is not None]
    if not values:
        return rows[0], "only a bound is known"
    if len({row[col.CONDUCTIVITY] for row in values}) == 1:
        return values[0], "" if len(values) == len(rows) else "a value says more than a bound"
    smallest, largest = min(row[col.CONDUCTIVITY] for row in values), max(row[col.CONDUCTIVITY] for row in values)
    digits = {row[col.RECORD]: printed_digits(row[col.CONDUCTIVITY]) for row in values}
    if largest / smallest <= AGREES and max(digits.values()) > min(digits.values()):
        return max(values, key=lambda row: digits[row[col.RECORD]]), "it is printed with more digits"
    return values[0], "its temperature is known" if mine else "it is the first in the source"


def _composition(mine: Sequence[Mapping[str, Any]], yours: Sequence[Mapping[str, Any]], join: Join | None) -> tuple[str, str]:
    """Composition taken, and why when there was a choice: the Laskowski table keeps sites apart, but neutrality goes first."""
    rows = [*yours, *mine]
    if join is None or join.comparison.composition == "same":
        return str(rows[0][col.COMPOSITION]), ""
    texts = list(dict.fromkeys(str(row[col.COMPOSITION]) for row in rows))
    best = min(texts, key=_excess)
    why = "it is nearer to neutral" if any(_excess(text) > _excess(best) for text in texts) else "it is the Laskowski table's"
    return best, f"compositions: {' and '.join(texts)}, taken: {best}, {why}"


def _excess(composition: str) -> float:
    """Charge left over at best, per atom, to three decimals; unknown charges count as one."""
    found = reading(composition).amounts
    excess = None if found is None else balance(found).excess
    return 1.0 if found is None or excess is None else round(abs(excess) / sum(found.values()), 3)


def _agreement(
    mine: Sequence[Mapping[str, Any]], yours: Sequence[Mapping[str, Any]], join: Join | None, choice: str, reason: str
) -> str | None:
    """What the records agree on, what they do not, which value was taken and why, and how certain the join is."""
    said = []
    if join is not None:
        said.append(f"composition: {join.comparison.composition}")
        said.append(f"conductivity: {join.comparison.conductivity}")
        said.append("paper: same" if join.same_paper else "paper: another DOI")
    if choice:
        said.append(choice)
    values = dict.fromkeys(_shown(row) for row in (*mine, *yours))
    if len(values) > 1:
        said.append(f"values: {', '.join(values)}")
    for group, name in ((mine, "Liverpool Ionics"), (yours, "Laskowski")):
        if len(group) > 1:
            said.append(f"{len(group)} records of {name}")
    if reason:
        said.append(reason)
    if join is not None:
        said.append(f"certainty: {join.certainty:.2f}")
    return "; ".join(said) or None


def _shown(row: Mapping[str, Any]) -> str:
    value = row[col.CONDUCTIVITY]
    shown = f"{value:.4g}" if value is not None else str(row.get(col.CONDUCTIVITY_BOUND))
    temperature = row.get(col.TEMPERATURE)
    return f"{shown} ({temperature:g} degrees)" if temperature is not None else shown
