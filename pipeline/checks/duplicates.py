"""Entries that may be one: findings from the verdicts about pairs (:mod:`pipeline.checks.pairs`).

A row gets one finding of a kind, against the first row of the cluster that it belongs to, and five others are named. 100,000 rows take
seconds: see ``benchmarks/duplicates.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.checks.pairs import Verdict, graver, of_cell, of_elements
from pipeline.checks.reading import Row
from pipeline.checks.sets import Budget, Places, in_turn, sets, settings_tried
from pipeline.findings import Finding
from schemas import columns as col

#: Rows of a cluster that a message names beside the first; the rest is counted.
NAMED = 5
#: Verdicts, and rows that were not compared with all others in every setting.
Said = tuple[list[Verdict], Places]


def pair_findings(rows: Sequence[Row], among: frozenset[str] | None = None) -> Iterator[Finding]:
    """Findings of ``duplicate.*``: of each check at most one a row, against the earliest row that it doubles; its cluster is named.

    With ``among`` the other rows count as earlier, wherever they stand.
    """
    rows = ordered(rows, among)
    new = [among is None or row.id in among for row in rows]

    def of_set(places: Places, budget: Budget) -> Said:
        found, unseen = of_elements([rows[place] for place in places], [new[place] for place in places], budget)
        return placed(found, places), [places[local] for local in unseen]

    said = list(in_turn(of_set, by_elements(rows, new), settings_tried(len(rows))))
    for places in by_cell(rows, new):
        said.append((placed(of_cell([rows[place] for place in places], [new[place] for place in places]), places), []))
    yield from told(said, [row.id for row in rows])


def ordered(rows: Sequence[Row], among: frozenset[str] | None) -> Sequence[Row]:
    """The rows, those behind the others that are to be judged."""
    return rows if among is None else [*(row for row in rows if row.id not in among), *(row for row in rows if row.id in among)]


def by_elements(rows: Sequence[Row], new: Sequence[bool]) -> list[Places]:
    """Sets of rows of the same elements."""
    return sets((frozenset(row.reduced) if row.reduced else None for row in rows), new)


def by_cell(rows: Sequence[Row], new: Sequence[bool]) -> list[Places]:
    """Sets of rows whose six parameters are the same and enclose a volume."""
    return [places for places in sets((row.cell for row in rows), new) if rows[places[0]].volume is not None]


def placed(verdicts: Iterable[Verdict], places: Sequence[int]) -> list[Verdict]:
    """Verdicts about some rows of a table, by the positions in the table."""
    return [each._replace(place=places[each.place], other=places[each.other]) for each in verdicts]


def told(said: Iterable[Said], ids: Sequence[str]) -> Iterator[Finding]:
    """Findings in the order of the rows: the gravest verdict of each check about each row, with its cluster, and what was not compared."""
    gravest: dict[tuple[int, str], Verdict] = {}
    unseen: Places = []
    for verdicts, missed in said:
        unseen += missed
        for each in verdicts:
            key = each.place, each.check
            gravest[key] = min(gravest.get(key, each), each, key=graver)
    clusters = _clusters((each.other, each.place) for each in gravest.values())
    for (place, name), each in sorted(gravest.items()):
        message = f"{each.sentence}{_named(clusters[place], place, each.other, ids)}"
        yield Finding(ids[place], name, each.severity, message, column=each.column, value=each.value, other=ids[each.other])
    for place in sorted(unseen):
        said_of_it = (
            "Too many rows of the table have its composition and the same volume, or a multiple of it, with other axes: it was not "
            "compared with all of them in every setting, so that a double under another choice of cell may be unseen."
        )
        yield Finding(ids[place], "duplicate.near", "warning", said_of_it, column=col.ID, value=ids[place])


def _named(cluster: Sequence[int], place: int, other: int, ids: Sequence[str]) -> str:
    """What a message says about the rest of a cluster."""
    rest = len(cluster) - 2
    if rest < 1:
        return ""
    names = [ids[member] for member in cluster[: NAMED + 2] if member not in (place, other)][:NAMED]
    more = f" and {rest - len(names)} more" if rest > len(names) else ""
    return f" Both belong to a cluster with {', '.join(names)}{more}."


def _clusters(pairs: Iterable[tuple[int, int]]) -> dict[int, Sequence[int]]:
    """For each position in a pair, the positions of its connected component, in the order of the table."""
    listed = list(pairs)
    if not listed:  # most tables that are checked: networkx costs a tenth of a second
        return {}
    import networkx

    found: dict[int, Sequence[int]] = {}
    for component in networkx.connected_components(networkx.Graph(listed)):
        found.update(dict.fromkeys(component, sorted(component)))
    return found
