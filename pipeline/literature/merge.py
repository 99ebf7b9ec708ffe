"""Any number of literature tables as measurements, each naming every record that repeats it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from math import log10
from typing import TYPE_CHECKING, Any

from pipeline.literature.aliases import ABSTRACT_OF, Aliases, Pair, Weights, abstracts, agreeing, weighed
from pipeline.literature.blocks import Compositions
from pipeline.literature.linkage import (
    CONDUCTIVITY,
    ICSD,
    Comparison,
    Described,
    are_same,
    assign,
    certainty,
    compare,
)
from pipeline.literature.part import Part, Places, parted
from pipeline.literature.source import Source
from pipeline.literature.taken import merged_row
from pipeline.safety.collector import paused
from pipeline.safety.workers import Workers, spread
from schemas.contract import typed
from schemas.measurements import MERGED

if TYPE_CHECKING:
    import pandas as pd

# A pair is one measurement when that is likelier than not: when the decimal logarithm of its odds is above zero.
#: Odds before any field was seen. Of the pairs of one paper with the same elements, two for each record of the longer list are
#: expected to be one measurement when the lists have one record each, fewer as they grow.
SAME_PAPER = 2.0
#: Two records of one source in one paper with the same composition: most tables give each sample once.
SAME_SOURCE = 0.3
#: One composition in two papers: 1 of 50 pairs is one measurement told twice.
OTHER_PAPER = 0.02


@dataclass(frozen=True, slots=True)
class Join:
    """Two groups of records found to be one measurement: how they compare, how certain it is, and in which papers."""

    comparison: Comparison
    log_odds: float
    same_paper: bool

    @property
    def certainty(self) -> float:
        """Probability that it is one measurement."""
        return certainty(self.log_odds)


@dataclass(slots=True)
class _Cluster:
    """Records that are one measurement: their keys by source, and how each further source was joined."""

    members: dict[str, list[str]]
    joins: dict[str, Join] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        return [key for keys in self.members.values() for key in keys]


@paused()
def measurements(sources: Sequence[Source], by: Workers | None = None) -> pd.DataFrame:
    """One row for each conductivity of one material in one paper at room temperature: ``schemas.measurements.MERGED``.

    Sources are joined in the order given; those that are no source of measurements (witnesses, discovery tables) are left out.

    * records that repeat one another within a source become one (same paper and composition, conductivity within 5 %);
    * each further source is joined with the measurements so far by :mod:`pipeline.literature.linkage` within each paper, then across
      papers where the value is the same in print; DOIs whose records repeat one another count as one paper;
    * which composition and value are taken, and what ``agreement`` says, is told in :mod:`pipeline.literature.taken`.

    Records that are no measurement at room temperature are in none. Rows stand in the order of the first source; those of each further
    source alone follow. Where workers do it, records are parted by their elements, since no others are ever compared; only which DOIs are
    one paper is learnt from all.
    """
    merging = [source for source in sources if source.is_merged]
    parts = [Part(merging)] if by is None else list(parted(merging, by))
    counts: list[Counter[Pair]] = [sum(each, Counter()) for each in zip(*spread(_agreeing, parts, by), strict=True)]
    wanted = [{pair for pair, count in each.items() if count > 1} for each in counts]
    said = spread(_weighed, ((part, wanted) for part in parts), by) if any(wanted) else ()
    if by is None:
        names = Aliases(*said).names
        return typed((row for _, row in _rows(parts[0], names)), MERGED)
    place = Places(merging)
    weights: list[dict[Pair, dict[str, float]]] = [defaultdict(dict) for _ in wanted]
    for found in said:
        for known, more in zip(weights, found, strict=True):
            for pair, each in more.items():
                known[pair].update(each)
    for source, known in zip(merging[1:], weights, strict=True):  # sums do not depend on who found their parts
        for pair, each in known.items():
            known[pair] = {record: each[record] for record in sorted(each, key=lambda record: place.of(source.name, record))}
    names = Aliases(weights).names
    rows = [row for found in spread(_merged, ((part, names) for part in parts), by) for row in found]
    return typed([row for _, row in sorted(rows, key=place)], MERGED)


def _agreeing(part: Part) -> list[Counter[Pair]]:
    return [agreeing(list(records.values()), known, index) for records, known, index in part.further]


def _weighed(given: tuple[Part, Sequence[Collection[Pair]]]) -> list[Weights]:
    part, wanted = given
    return [
        weighed(list(records.values()), known, index, pairs) for (records, known, index), pairs in zip(part.further, wanted, strict=True)
    ]


def _merged(given: tuple[Part, Mapping[str, str]]) -> list[tuple[str, dict[str, Any]]]:
    return list(_rows(*given))


def _rows(part: Part, names: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of the measurements of some records, each with the key of its first record; ``names`` are those of the papers."""
    aliases = Aliases()
    aliases.names = names
    clusters: list[_Cluster] = []
    for source in part.sources:
        clusters = _joined(clusters, source, part.records[source.name], part.known, aliases)
    for cluster in clusters:
        yield cluster.keys[0], merged_row(cluster.members, cluster.joins, part.sources)


def _joined(
    clusters: list[_Cluster], source: Source, records: Mapping[str, Described], known: Mapping[str, Described], aliases: Aliases
) -> list[_Cluster]:
    """The measurements with the records of one more source."""
    groups = _repeats(records, aliases)
    theirs = {str(place): cluster.keys for place, cluster in enumerate(clusters)}
    joins = _joins(groups, theirs, known, aliases) if theirs and groups else {}
    for (left, right), join in joins.items():
        cluster = clusters[int(right)]
        cluster.members[source.name] = groups[left]
        cluster.joins[source.name] = join
    joined = {left for left, _ in joins}
    return [*clusters, *(_Cluster({source.name: group}) for left, group in groups.items() if left not in joined)]


def _repeats(records: Mapping[str, Described], aliases: Aliases) -> dict[str, list[str]]:
    """Groups of records of one source that are one measurement, by the name of the first."""
    import networkx

    blocks: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
    for key, record in records.items():
        for paper in sorted(aliases.papers(record)):
            blocks[paper, record.elements].append(key)
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_edges_from(pair for keys in blocks.values() for pair in combinations(keys, 2) if _repeat(records[pair[0]], records[pair[1]]))
    place = {key: position for position, key in enumerate(records)}
    repeated = {group[0]: group for each in networkx.connected_components(graph) if (group := sorted(each, key=place.__getitem__))}
    later = {key for group in repeated.values() for key in group[1:]}
    return {key: repeated.get(key) or [key] for key in records if key not in later}


def _repeat(first: Described, second: Described) -> bool:
    if not are_same(first, second):
        return False
    comparison = compare(first, second)
    apart = comparison.conductivity in ("factor 2", "decade", "differs", "unknown")
    return not apart and comparison.spacegroup != "differs" and comparison.weight + log10(SAME_SOURCE) > 0


Groups = Mapping[str, Sequence[str]]


def _joins(ours: Groups, theirs: Groups, known: Mapping[str, Described], aliases: Aliases) -> dict[tuple[str, str], Join]:
    """Joins of groups across the sources: first within papers, then what is left across papers."""
    within = _within_papers(ours, theirs, known, aliases)
    left, right = {name for name, _ in within}, {name for _, name in within}
    rest = ({n: g for n, g in ours.items() if n not in left}, {n: g for n, g in theirs.items() if n not in right})
    return {**within, **_across_papers(*rest, known, aliases)}


def _within_papers(ours: Groups, theirs: Groups, known: Mapping[str, Described], aliases: Aliases) -> dict[tuple[str, str], Join]:
    blocks: dict[tuple[str, frozenset[str]], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, grouped in enumerate((ours, theirs)):
        for name, group in grouped.items():
            for paper in sorted({paper for key in group for paper in aliases.papers(known[key])}):
                blocks[paper, known[group[0]].elements][side].append(name)
    candidates: dict[tuple[str, str], Join] = {}
    for lefts, rights in blocks.values():
        prior = SAME_PAPER / max(len(lefts), len(rights), 1)
        for left, right in product(lefts, rights):
            candidates[left, right] = _best(known, ours[left], theirs[right], prior, same_paper=True)
    return _chosen(candidates)


def _across_papers(ours: Groups, theirs: Groups, known: Mapping[str, Described], aliases: Aliases) -> dict[tuple[str, str], Join]:
    index = Compositions((name, known[group[0]].composition) for name, group in theirs.items())
    candidates: dict[tuple[str, str], Join] = {}
    for left, group in ours.items():
        for right in index.same(known[group[0]].composition):
            cited = known[group[0]].papers | known[theirs[right][0]].papers
            unknown = any(doi not in aliases.names for doi in abstracts(cited))
            prior = ABSTRACT_OF if unknown else OTHER_PAPER
            join = _best(known, group, theirs[right], prior, same_paper=False)
            if join.log_odds > 0:
                candidates[left, right] = join
    return _chosen(candidates)


def _best(known: Mapping[str, Described], left: Iterable[str], right: Iterable[str], prior: float, *, same_paper: bool) -> Join:
    """The join of two groups by their best pair of records. Across papers the composition is given, so it weighs nothing."""
    left, right = list(left), list(right)
    comparison = max((compare(known[mine], known[yours]) for mine, yours in product(left, right)), key=lambda found: found.weight)
    weight = comparison.weight if same_paper else CONDUCTIVITY[comparison.conductivity]
    ours, theirs = ({known[key].icsd for key in keys} - {""} for keys in (left, right))
    if ours and theirs:
        weight += ICSD[bool(ours & theirs)]
    return Join(comparison, weight + log10(prior), same_paper)


def _chosen(candidates: Mapping[tuple[str, str], Join]) -> dict[tuple[str, str], Join]:
    pairs = assign({pair: join.log_odds for pair, join in candidates.items()}, least=0.0)
    return {pair: candidates[pair] for pair in pairs}
