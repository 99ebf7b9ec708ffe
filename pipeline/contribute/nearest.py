"""The name most like another, among many: prefixes first, a near spelling on the rest, and never all with all.

Among more than a few names only those are compared letter by letter that share parts of three letters with the one sought, and such
parts as few names have: a table and a folder of ten thousand names that do not fit take seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import get_close_matches

#: Names that are compared letter by letter as they are; among more, only the most similar ones of this number.
FEW = 100
LIKELY = 10
#: A part of three letters that more names have tells nothing.
RARE = 20


class Names:
    """Names among which the one nearest to another is sought."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._first: dict[str, int] = {}
        for place, name in enumerate(names):
            self._first.setdefault(name.casefold(), place)
        self._sorted = sorted(self._first)
        self._longest = max(map(len, self._sorted), default=0)
        parts: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(names if len(names) > FEW else ()):
            for part in _parts(name):
                parts[part].append(place)
        self._parts = {part: places for part, places in parts.items() if len(places) <= RARE}
        #: Names that were compared letter by letter.
        self.compared = 0

    def nearest(self, name: str) -> str:
        """The first that begins with this one or the other way round (``s6`` and ``s6_final``), else a near spelling, else ``""``."""
        plain = name.casefold()
        begun = [self._first[plain[:end]] for end in range(1, min(len(plain), self._longest) + 1) if plain[:end] in self._first]
        begin = bisect_left(self._sorted, plain)
        for longer in self._sorted[begin : begin + FEW]:
            if not longer.startswith(plain):
                break
            begun.append(self._first[longer])
        if begun:
            return self._names[min(begun)]
        likely = self._likely(name)
        self.compared += len(likely)
        return (get_close_matches(name, likely, n=1) or [""])[0]

    def _likely(self, name: str) -> Sequence[str]:
        if len(self._names) <= FEW:
            return self._names
        shared = Counter(place for part in _parts(name) for place in self._parts.get(part, ()))
        return [self._names[place] for place, _ in shared.most_common(LIKELY)]


def _parts(name: str) -> list[str]:
    return sorted({name[i : i + 3] for i in range(max(1, len(name) - 2))})
