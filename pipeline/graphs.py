"""What hangs together, and who goes with whom.

The graphs here are small (the records of one paper are a dozen nodes at most) and every build needs them. Importing a graph library
took longer than all of them together, 0.2 s of a build of 5 s, so the two classical methods are written out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)
Left = TypeVar("Left", bound=Hashable)
Right = TypeVar("Right", bound=Hashable)

#: Gains nearer than this are equal: weights are sums of a few numbers of order one.
_EQUAL = 1e-9


def connected(names: Iterable[Node], pairs: Iterable[tuple[Node, Node]]) -> list[list[Node]]:
    """Names that pairs connect, directly or through others; groups and members in the order of the names.

    >>> connected("abcd", [("d", "a"), ("b", "c")])
    [['a', 'd'], ['b', 'c']]
    """
    above = {name: name for name in names}

    def top(name: Node) -> Node:
        while above[name] != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for one, other in pairs:
        above[top(other)] = top(one)
    groups: dict[Node, list[Node]] = {}
    for name in above:
        groups.setdefault(top(name), []).append(name)
    return list(groups.values())


def heaviest_matching(weights: Mapping[tuple[Left, Right], float]) -> set[tuple[Left, Right]]:
    """Pairs that use each name once at most and have the largest sum of weights.

    Grown by the path of largest gain, one pair at a time, until no path gains (Edmonds and Karp, J. ACM 19, 248 (1972)): a path goes
    from a free left name to a right one, and on from a taken right one to the left name that gives it up. Exact.

    >>> sorted(heaviest_matching({("a", 1): 5.0, ("a", 2): 4.0, ("b", 1): 4.5}))
    [('a', 2), ('b', 1)]
    """
    partner: dict[Right, Left] = {}
    while True:
        reached, before = _paths(weights, partner)
        free = [right for right in reached if right not in partner]
        end = max(free, key=reached.__getitem__, default=None)
        if end is None or reached[end] <= _EQUAL:
            return {(left, right) for right, left in partner.items()}
        held = {left: right for right, left in partner.items()}
        place: Right | None = end
        while place is not None:
            left = before[place]
            partner[place] = left
            place = held.get(left)


def _paths(weights: Mapping[tuple[Left, Right], float], partner: Mapping[Right, Left]) -> tuple[dict[Right, float], dict[Right, Left]]:
    """Largest gain with which each right name is reached, and the left name before it."""
    taken = set(partner.values())
    gain = {left: 0.0 for left, _ in weights if left not in taken}
    reached: dict[Right, float] = {}
    before: dict[Right, Left] = {}
    changed = True
    while changed:
        changed = False
        for (left, right), weight in weights.items():
            if left not in gain or partner.get(right) == left:
                continue
            found = gain[left] + weight
            if right in reached and found <= reached[right] + _EQUAL:
                continue
            reached[right], before[right], changed = found, left, True
            if right in partner:
                gain[partner[right]] = found - weights[partner[right], right]
    return reached, before
