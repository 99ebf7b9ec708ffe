"""Lost records, restored by a witness that is declared to hold the same table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from pipeline.dois import cited, papers
from pipeline.literature.linkage import Described, assign, compare
from pipeline.literature.source import LOST, Source, state
from schemas import columns as col

#: What a witness can restore of a record.
_RESTORED = (col.COMPOSITION, col.CONDUCTIVITY, col.CONDUCTIVITY_BOUND, col.SPACEGROUP_NUMBER, col.ICSD_ID_SOURCE)


def restored(source: Source, witness: Source) -> Source:
    """The source with each lost record that the witness has.

    The records of a paper (a DOI, or a citation number where the witness has those) are assigned one to one to those of the witness. Where
    one record of the paper is lost and exactly one of the witness is left over, they are the same: nothing is restored where more are
    left, or more are lost. ``repairs`` names the origin.
    """
    lost: dict[str, list[str]] = defaultdict(list)
    for name, row in source.rows.items():
        if state(row) == LOST:
            for paper in sorted(_cited(row)):
                lost[paper].append(name)
    found: dict[str, str] = {}
    for paper, names in lost.items():
        left = _left_over(_of_paper(source, paper), _of_paper(witness, paper))
        if len(names) == len(left) == 1:
            found[names[0]] = left[0]
    if not found:
        return source
    table = source.table.copy()
    for name, record in found.items():
        place = table.index[table[col.RECORD] == name]
        for column, value in _restored(source.rows[name], witness, record).items():
            table.loc[place, str(column)] = value
    return replace(source, table=table)


def _cited(row: dict[str, Any]) -> frozenset[str]:
    return papers(row.get(col.DOI_SOURCE) or "") | {f"reference {number}" for number in cited(row.get(col.REFERENCE) or "")}


def _of_paper(source: Source, paper: str) -> dict[str, Described]:
    return {name: record for name, record in source.described.items() if paper in _cited(source.rows[name])}


def _left_over(ours: dict[str, Described], theirs: dict[str, Described]) -> list[str]:
    """Records of the witness that are none of the source's."""
    weights = {(one, other): compare(mine, yours).weight for one, mine in ours.items() for other, yours in theirs.items()}
    taken = {other for _, other in assign(weights, least=0.0)}
    return [name for name in theirs if name not in taken]


def _restored(row: dict[str, Any], witness: Source, record: str) -> dict[col.Column, Any]:
    """The cells of a lost record that its witness gives, and the origin."""
    theirs = witness.rows[record]
    given: dict[col.Column, Any] = {
        column: theirs[column] for column in _RESTORED if column in row and row[column] is None and theirs.get(column) is not None
    }
    repairs = "; ".join(filter(None, [row.get(col.REPAIRS), f"restored (from {witness.key(record)})"]))
    return given | {col.REPAIRS: repairs}
