"""DOIs that are one paper, learnt from the records: the same compositions with the same conductivities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import log10

from pipeline.dois import is_abstract
from pipeline.literature.blocks import Compositions
from pipeline.literature.linkage import CONDUCTIVITY, Described, conductivity_class

#: A ChemInform abstract has a DOI of its own but reports the measurements of another paper.
ABSTRACT_OF = 0.5
#: Two DOIs that share two compositions: 1 of 25 such pairs is one paper, or a paper and its companion with the same data.
ALIAS = 0.04
Pair = tuple[str, str]


#: For pairs of DOIs, what each composition that both hold says for one paper, by the record of the later source.
Weights = Mapping[Pair, Mapping[str, float]]


class Aliases:
    """One name for DOIs that are one paper.

    A paper and its abstract have two DOIs, and some records cite a paper's companion. Each pair of DOIs that shares compositions starts at
    low odds; every composition that both hold multiplies them by what its conductivities say.
    """

    def __init__(self, weights: Iterable[Weights] = ()) -> None:
        """Take what the records of each source say beside those of the sources before it (:func:`weighed`); by default nothing."""
        pairs = [
            pair
            for each in weights
            for pair, found in each.items()
            if sum(found.values()) + log10(ABSTRACT_OF if abstracts(pair) else ALIAS) > 0
        ]
        import networkx

        groups = networkx.connected_components(networkx.Graph(pairs))
        self.names: Mapping[str, str] = {doi: min(group) for group in groups for doi in group}

    def papers(self, record: Described) -> frozenset[str]:
        """Papers of a record by their one name."""
        if self.names.keys().isdisjoint(record.papers):
            return record.papers
        return frozenset(self.names.get(doi, doi) for doi in record.papers)


def agreeing(ours: Sequence[Described], theirs: Mapping[str, Described], index: Compositions) -> Counter[Pair]:
    """How many records of a source speak for each pair of DOIs being one paper, beside the sources before it, indexed by composition."""
    return Counter(pair for _, pair in _positive(ours, theirs, index))


def weighed(ours: Sequence[Described], theirs: Mapping[str, Described], index: Compositions, wanted: Collection[Pair]) -> Weights:
    """What the records of a source say about the wanted pairs of DOIs, in the order of the records."""
    weights: dict[Pair, dict[str, float]] = defaultdict(dict)
    papers = {paper for paper, _ in wanted}
    for mine, yours in _strangers([mine for mine in ours if mine.papers & papers], theirs, index):
        weight = CONDUCTIVITY[conductivity_class(mine, yours)]
        for pair in product(sorted(mine.papers), sorted(yours.papers)):
            if pair in wanted:
                weights[pair][mine.key] = max(weight, weights[pair].get(mine.key, -9.0))
    return dict(weights)


def abstracts(dois: Iterable[str]) -> list[str]:
    """Those that are DOIs of abstracts."""
    return [doi for doi in dois if is_abstract(doi)]


def _positive(ours: Iterable[Described], theirs: Mapping[str, Described], index: Compositions) -> Iterator[tuple[str, Pair]]:
    """Each record and pair of DOIs whose values speak for one paper, once."""
    for mine, found in _by_record(_strangers(ours, theirs, index)):
        seen = {
            pair
            for yours in found
            if CONDUCTIVITY[conductivity_class(mine, yours)] > 0
            for pair in product(sorted(mine.papers), sorted(yours.papers))
        }
        for pair in seen:
            yield mine.key, pair


def _by_record(pairs: Iterable[tuple[Described, Described]]) -> Iterator[tuple[Described, list[Described]]]:
    last: Described | None = None
    found: list[Described] = []
    for mine, yours in pairs:
        if last is not None and mine is not last:
            yield last, found
            found = []
        last = mine
        found.append(yours)
    if last is not None:
        yield last, found


def _strangers(ours: Iterable[Described], theirs: Mapping[str, Described], index: Compositions) -> Iterator[tuple[Described, Described]]:
    """Pairs of one composition that share no paper."""
    for mine in ours:
        if mine.papers:
            for name in index.same(mine.composition):
                if mine.papers.isdisjoint(theirs[name].papers):
                    yield mine, theirs[name]
