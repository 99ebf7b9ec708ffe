"""What the dataset would gain from contributed rows: new compositions and groups, repeats, and where the rows lie among its entries."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.reporting.report import Gain, Gains, Point
from pipeline.split.bonds import BONDS, extend, groups, keys
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.split.sides import Split

LITHIUM = "Li"


def gains(rows: pd.DataFrame, entries: pd.DataFrame, split: Split, numbers: Sequence[int]) -> Gains:
    """What each row would add, and the points of all entries.

    Parameters
    ----------
    rows
        The contributed rows, typed; index: names that no entry has.
    entries
        The entries of the dataset, typed, index ID.
    split
        Its split; a row goes to the side of the papers and compositions that it shares.
    numbers
        Of the rows, as a spreadsheet counts them.
    """
    import pandas as pd

    needed = [col.DOI, col.REDUCED_COMPOSITION]
    together = pd.concat([entries[needed], rows[needed]])
    keys_of = keys(together)
    bearers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in map(str, entries.index):
        for key in keys_of[name]:
            bearers[key].append(name)
    train, test, _ = extend(together, split.train, split.test)
    group = groups(together, BONDS)
    old = set(group[entries.index])
    found = []
    for number, name, point in zip(numbers, map(str, rows.index), _points(rows), strict=True):
        own = keys_of[name]
        repeats = {other: None for bond, text in own if bond != "paper" for other in bearers.get((bond, text), ())}
        papers = {other: None for bond, text in own if bond == "paper" for other in bearers.get((bond, text), ())}
        has_composition = any(bond == "stoichiometry" for bond, _ in own)
        side = "train" if name in train else "test" if name in test else ""
        new_group = "" if group[name] in old else str(group[name])
        found.append(Gain(number, has_composition, tuple(repeats), tuple(papers), new_group, side, point))
    return Gains(tuple(found), tuple(point for point in _points(entries) if point is not None))


def _points(entries: pd.DataFrame) -> Iterator[Point | None]:
    columns = (entries[column].tolist() for column in (col.REDUCED_COMPOSITION, col.IONIC_CONDUCTIVITY, col.BOUND))
    return (_placed(*cells) for cells in zip(*columns, strict=True))


def _placed(formula: object, value: object, bound: object) -> Point | None:
    """Share of lithium among the atoms, and log10 of the conductivity in S/cm; ``None`` where one of the two is not known."""
    try:
        content = amounts(str(formula))
        log = math.log10(float(str(value)))
    except (FormulaError, ValueError):
        return None
    total = math.fsum(content.values())
    if not total > 0 or not math.isfinite(log):
        return None
    return Point(content.get(LITHIUM, 0.0) / total, log, bound if isinstance(bound, str) else "")
