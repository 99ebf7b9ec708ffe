"""Records that are merged together: all, or those of some sets of elements, since no others are ever compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.literature.blocks import Compositions
from pipeline.literature.linkage import Described, elements
from pipeline.literature.source import COLON, Source
from pipeline.safety.workers import bins
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.safety.workers import Workers

#: Records of a source by their keys, those of the sources before it, and which of these have a composition.
Further = tuple[Mapping[str, Described], Mapping[str, Described], Compositions]


@dataclass(frozen=True)
class Part:
    """Sources with some of their records, in the order in which they are joined."""

    sources: Sequence[Source]

    @cached_property
    def records(self) -> Mapping[str, Mapping[str, Described]]:
        """The measurements of each source by their keys (``liion:12``)."""
        return {source.name: {source.key(name): record for name, record in source.described.items()} for source in self.sources}

    @cached_property
    def known(self) -> Mapping[str, Described]:
        """All of them."""
        return {key: record for records in self.records.values() for key, record in records.items()}

    @cached_property
    def further(self) -> list[Further]:
        """Each source that has others before it."""
        found: list[Further] = []
        known: Mapping[str, Described] = {}
        for place, source in enumerate(self.sources):
            records = self.records[source.name]
            if place:
                found.append((records, known, Compositions((key, record.composition) for key, record in known.items())))
            known = {**known, **records} if place else records
        return found


def parted(sources: Sequence[Source], by: Workers) -> Iterator[Part]:
    """The records for each worker: all that have the same elements together; one part without any where there are none."""
    compositions = [source.table[col.COMPOSITION].where(source.table[col.COMPOSITION].notna(), "").tolist() for source in sources]
    keys = {text: elements(text) for each in compositions for text in each}
    sizes = Counter(keys[text] for each in compositions for text in each)
    sets = sorted(sizes, key=sorted)
    number = {sets[place]: part for part, places in enumerate(bins((sizes[each] for each in sets), by)) for place in places}
    for part in range(max(number.values(), default=0) + 1):
        kept = [[number[keys[text]] == part for text in each] for each in compositions]
        yield Part([replace(source, table=source.table.loc[mask]) for source, mask in zip(sources, kept, strict=True)])


class Places:
    """Order of things that begin with the key of a record: as the sources are given, as the records stand in them."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = {source.name: place for place, source in enumerate(sources)}
        self._records = {source.name: {str(record): place for place, record in enumerate(source.table[col.RECORD])} for source in sources}

    def of(self, source: str, record: str) -> tuple[int, int]:
        """Place of a record."""
        return self._sources[source], self._records[source][record]

    def __call__(self, each: tuple[str, Any]) -> tuple[int, int]:
        """Place of something by the key that it begins with."""
        source, _, record = each[0].partition(COLON)
        return self.of(source, record)
