"""What became of every measurement and every record, and which measurements should become entries next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.chemistry.formula import FormulaError, reading
from pipeline.dois import papers
from pipeline.literature.linkage import elements, is_compound, listed
from pipeline.literature.source import Source, record_keys
from pipeline.literature.source import state as state_of
from schemas import columns as col
from schemas.contract import typed
from schemas.measurements import COLUMNS as MEASUREMENT_COLUMNS
from schemas.measurements import MERGED
from schemas.records import COLUMNS as RECORD_COLUMNS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Points = np.ndarray[Any, np.dtype[np.float64]]

RELEASED, REPEATS = "released", "repeats"
NOT_CRYSTALLINE, NO_SPACE_GROUP, NO_LATTICE = "not a single crystalline compound", "lacks space group", "lacks lattice"
#: Families of Liverpool Ionics that are no single crystalline compound, unless the Laskowski table knows the space group.
AMORPHOUS = frozenset(("Glass", "Glass-Ceramic"))
#: What a conductor of another ion lacks for good: it stands behind the rest of the backlog.
_LITHIUM = "lithium"
#: The backlog stands first, what would be released with least work at its head.
_ORDER = {NO_LATTICE: 0, NO_SPACE_GROUP: 1, RELEASED: 2, REPEATS: 3, NOT_CRYSTALLINE: 4}
#: Compositions nearer than this (root of the summed squares of atomic fractions) are not new: half a doping step of 0.05 in Li7La3Zr2O12.
NEW = 0.002
#: What is asked of a measurement.
_TOLD = (
    col.MEASUREMENT, col.COMPOSITION, col.RECORDS, col.DOI_SOURCE, col.SPACEGROUP_NUMBER, col.ICSD_ID_SOURCE, col.FAMILY_SOURCE,
)  # fmt: skip
#: Decimals of a distance, and squares of distances that are equal: beyond lies noise of floating point, which must order nothing.
DECIMALS, EQUAL = 6, 1e-9
#: So many pairs of compositions are all compared: a release has 360,000. To import the search tree takes 0.2 s of CPU.
FEW = 2_000_000


def accounted(measurements: pd.DataFrame, links: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """The measurements with what became of each: ``schemas.measurements.COLUMNS``.

    * ``ID`` and state ``released`` where an entry comes from it; ``repeats`` where the same entry has another measurement already;
    * else the first that holds of: not a single crystalline compound (a mixture, a glass), lacks space group, lacks lattice;
    * ``lacks`` lists all that keeps it from being an entry, ``nearest`` is the entry with the most similar atomic fractions.

    The rows that lack something stand first, ranked: a composition that the release does not have yet, then a known DOI, a known
    space group, a known ICSD number, then the distance to the nearest entry. What holds no lithium stands last among them.
    """

    import pandas as pd

    rows = listed(measurements, *_TOLD)
    entry_of = _entries_of(rows, listed(links, col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD, col.CONDUCTIVITY_RATIO), entries)
    nearest = _nearest([row[col.COMPOSITION] for row in rows], entries)
    released: set[str] = set()
    made: list[dict[str, Any]] = []
    ranks: list[tuple[Any, ...]] = []
    for row, (near, distance) in zip(rows, nearest, strict=True):
        entry = entry_of.get(row[col.MEASUREMENT])
        lacks = [] if entry else _lacks(row)
        state = _state(entry, released, lacks)
        if entry:
            released.add(entry)
        made.append({col.MEASUREMENT_ENTRY: entry, col.MEASUREMENT_STATE: state, col.LACKS: ", ".join(lacks) or None, col.NEAREST: near})
        ranks.append(_rank(row, state, lacks, distance))
    order = sorted(range(len(rows)), key=ranks.__getitem__)
    known = measurements[list(map(str, MERGED))].iloc[order].reset_index(drop=True)
    return pd.concat([known, typed([made[place] for place in order], MEASUREMENT_COLUMNS[len(MERGED) :])], axis=1)


def _state(entry: str | None, released: set[str], lacks: Sequence[str]) -> str:
    if entry is not None:
        return REPEATS if entry in released else RELEASED
    if "single crystalline compound" in lacks:
        return NOT_CRYSTALLINE
    return NO_SPACE_GROUP if "space group" in lacks else NO_LATTICE


def _rank(row: Mapping[str, Any], state: str, lacks: Sequence[str], distance: float) -> tuple[Any, ...]:
    """Place in the table: the backlog first, in it what is new and known best; the rest keeps its order."""
    if state not in (NO_LATTICE, NO_SPACE_GROUP):
        return (_ORDER[state],)
    known = (distance > NEW, *(row[column] is not None for column in (col.DOI_SOURCE, col.SPACEGROUP_NUMBER, col.ICSD_ID_SOURCE)))
    return (_ORDER[state], _LITHIUM in lacks, *(not fact for fact in known), -distance)


def records(measurements: pd.DataFrame, sources: Sequence[Source], links: pd.DataFrame) -> pd.DataFrame:
    """One row a source record, with exactly one state: ``schemas.records``.

    A record is released when an entry was linked to it first in its source, and repeats a released one when it was merged with
    such a record or linked after it. Otherwise it shares the state of its measurement; without one it was measured elsewhere than
    at room temperature, or at a temperature that is not stated, cannot be read (``reason`` says why), or is lost. What else a
    witness or a discovery table holds is in the state of that name.
    """
    found = [row for row in listed(links, col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD) if row[col.LINK_RECORD]]
    first = {(row[col.LINK_ENTRY], row[col.SOURCE]): row[col.LINK_RECORD] for row in reversed(found)}
    heads = {(source, record) for (_, source), record in first.items()}
    linked = {(row[col.SOURCE], row[col.LINK_RECORD]) for row in found}
    of = {
        key: row
        for row in listed(measurements, col.MEASUREMENT, col.MEASUREMENT_STATE, col.RECORDS)
        for key in record_keys(row[col.RECORDS])
    }
    made: list[dict[str, Any]] = []
    for source in sources:
        for record, row in source.rows.items():
            key = (source.name, record)
            measurement = of.get(key)
            state = state_of(row)
            if state is None and measurement is None:
                state = source.role
            elif measurement is not None:
                state = _record_state(measurement, key in heads, key in linked)
            name = measurement[col.MEASUREMENT] if measurement else None
            reason = row.get(col.RECORD_REASON)
            made.append(
                {
                    col.SOURCE: source.name,
                    col.RECORD: record,
                    col.RECORD_MEASUREMENT: name,
                    col.RECORD_STATE: state,
                    col.RECORD_REASON: reason,
                }
            )
    return typed(made, RECORD_COLUMNS)


def _record_state(measurement: Mapping[str, Any], is_head: bool, is_linked: bool) -> str:
    """State of a record that is in a measurement."""
    if is_head:
        return RELEASED
    return REPEATS if is_linked or measurement[col.MEASUREMENT_STATE] in (RELEASED, REPEATS) else str(measurement[col.MEASUREMENT_STATE])


def _entries_of(rows: Sequence[Mapping[str, Any]], links: Sequence[Mapping[str, Any]], entries: pd.DataFrame) -> dict[str, str]:
    """Entry of each measurement: of the entries linked to its records, the one whose conductivity and paper are its own."""
    measurement = {key: row for row in rows for key in record_keys(row[col.RECORDS])}
    dois = {name: papers(doi) if isinstance(doi, str) else frozenset() for name, doi in entries[col.DOI].items()}
    candidates: dict[str, list[tuple[bool, float, int, str]]] = {}
    for place, link in enumerate(links):
        row = measurement.get((link[col.SOURCE], link[col.LINK_RECORD])) if link[col.LINK_RECORD] else None
        if row is not None:
            paper = bool(dois[link[col.LINK_ENTRY]] & papers(row[col.DOI_SOURCE] or ""))
            ratio = link[col.CONDUCTIVITY_RATIO]
            away = abs(1.0 - (min(ratio, 1 / ratio) if ratio else 1.0))
            candidates.setdefault(row[col.MEASUREMENT], []).append((not paper, away, place, link[col.LINK_ENTRY]))
    return {name: min(found)[-1] for name, found in candidates.items()}


def _lacks(row: Mapping[str, Any]) -> list[str]:
    """What keeps a measurement from being an entry."""
    lacks = []
    if not is_compound(row[col.COMPOSITION]) or (row[col.FAMILY_SOURCE] in AMORPHOUS and row[col.SPACEGROUP_NUMBER] is None):
        lacks.append("single crystalline compound")
    if row[col.SPACEGROUP_NUMBER] is None:
        lacks.append("space group")
    lacks.append("lattice")
    if "Li" not in elements(row[col.COMPOSITION]):
        lacks.append(_LITHIUM)
    if row[col.DOI_SOURCE] is None:
        lacks.append("DOI")
    return lacks


def _nearest(compositions: Sequence[str], entries: pd.DataFrame) -> list[tuple[str | None, float]]:
    """Nearest entry of each composition and its distance in atomic fractions, the first of equals; of weights there is none."""
    ours = {composition: _fractions(composition) for composition in dict.fromkeys(compositions)}
    first = dict(zip(reversed(entries[col.REDUCED_COMPOSITION].tolist()), reversed(entries.index.tolist()), strict=True))
    told = {composition: _fractions(composition) for composition in dict.fromkeys(entries[col.REDUCED_COMPOSITION].tolist())}
    name_of = {composition: str(first[composition]) for composition, fractions in told.items() if fractions}
    found: dict[str, tuple[str | None, float]] = dict.fromkeys(ours, (None, 1.0))
    known = [composition for composition, fractions in ours.items() if fractions]
    if name_of and known:
        theirs = [told[composition] for composition in name_of]
        elements = sorted({element for fractions in (*ours.values(), *theirs) for element in fractions})
        place_of = {element: place for place, element in enumerate(elements)}
        left, right, names = (
            _matrix([ours[composition] for composition in known], place_of),
            _matrix(theirs, place_of),
            list(name_of.values()),
        )
        for composition, (place, distance) in zip(known, _closest(left, right), strict=True):
            found[composition] = (names[place], round(distance, DECIMALS))
    return [found[composition] for composition in compositions]


def _closest(left: Points, right: Points) -> list[tuple[int, float]]:
    """Place of the row of ``right`` that is nearest to each row of ``left``, the first of equals, and its distance."""
    if len(left) * len(right) > FEW:
        return _closest_of_many(left, right)
    found = []
    for point, squares in zip(left, (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T, strict=True):
        (equal,) = (squares <= squares.min() + EQUAL).nonzero()
        found.append((int(equal[0]), float(((right[equal] - point) ** 2).sum(axis=1).min() ** 0.5)))
    return found


def _closest_of_many(left: Points, right: Points) -> list[tuple[int, float]]:
    from scipy.spatial import KDTree

    tree = KDTree(right, leafsize=32, compact_nodes=False, balanced_tree=False)  # half the time of the default for compositions
    distances, places = tree.query(left, k=2)
    nearest, place, squares = distances[:, 0], places[:, 0], distances**2
    (equal,) = (squares[:, 1] - squares[:, 0] <= EQUAL).nonzero()
    place[equal] = [min(each) for each in tree.query_ball_point(left[equal], (squares[equal, 0] + EQUAL) ** 0.5)]
    return list(zip(place.tolist(), nearest.tolist(), strict=True))


def _fractions(composition: str) -> dict[str, float]:
    try:
        found = reading(composition).amounts
    except FormulaError:
        return {}
    total = sum(found.values()) if found else 0.0
    return {element: amount / total for element, amount in found.items()} if found else {}


def _matrix(rows: Sequence[Mapping[str, float]], elements: Mapping[str, int]) -> Points:
    import numpy as np

    table = np.zeros((len(rows), len(elements)))
    places = [place for place, row in enumerate(rows) for _ in row]
    table[places, [elements[element] for row in rows for element in row]] = [fraction for row in rows for fraction in row.values()]
    return table
