"""Groups and matchings: the laws that they obey, and networkx as the second opinion."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.graphs import connected, heaviest_matching

_NAMES = st.integers(0, 9)


@given(st.permutations(range(10)), st.lists(st.tuples(_NAMES, _NAMES), max_size=12))
def test_groups_are_the_connected_components_in_the_order_of_the_names(names: list[int], pairs: list[tuple[int, int]]) -> None:
    graph = networkx.Graph(pairs)
    graph.add_nodes_from(names)
    found = connected(names, pairs)
    assert {frozenset(group) for group in found} == {frozenset(group) for group in networkx.connected_components(graph)}
    order = {name: place for place, name in enumerate(names)}
    assert found == sorted((sorted(group, key=order.__getitem__) for group in found), key=lambda group: order[group[0]])


@settings(deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 7)), st.sampled_from([0.05, 0.1, 0.3, 1.0, 1.25, 1.3, 2.55]), max_size=30)
)
def test_a_matching_is_one_to_one_and_as_heavy_as_any(weights: dict[tuple[int, int], float]) -> None:
    chosen = heaviest_matching(weights)
    assert len({left for left, _ in chosen}) == len({right for _, right in chosen}) == len(chosen)
    graph = networkx.Graph()
    graph.add_weighted_edges_from((("left", left), ("right", right), weight) for (left, right), weight in weights.items())
    best = sum(graph.edges[edge]["weight"] for edge in networkx.max_weight_matching(graph))
    assert sum(weights[pair] for pair in chosen) == pytest.approx(best)


def test_groups_and_members_keep_the_order_of_the_names() -> None:
    assert connected(["d", "c", "b", "a"], [("a", "d"), ("b", "c")]) == [["d", "a"], ["c", "b"]]


def test_a_pair_that_weighs_nothing_is_left_out() -> None:
    assert heaviest_matching({("a", 1): -1.0, ("b", 1): 0.0}) == set()
    assert heaviest_matching({}) == set()
