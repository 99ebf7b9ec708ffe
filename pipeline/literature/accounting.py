"""What became of every measurement and every record, and which measurements should become entries next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from pipeline.dois import papers
from pipeline.literature.linkage import amounts, elements, is_compound, told
from pipeline.literature.source import Source, record_keys
from pipeline.literature.source import state as state_of
from pipeline.safety.collector import paused
from pipeline.safety.workers import AHEAD, Workers, spread
from schemas import columns as col
from schemas.contract import columned
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
#: Decimals of a distance, and squares of distances that are equal: beyond lies noise of floating point, which must order nothing.
DECIMALS, EQUAL = 6, 1e-9
#: So many pairs of compositions are all compared: a release has 360,000. To import the search tree takes 0.2 s of CPU.
FEW = 2_000_000


@paused()
def accounted(measurements: pd.DataFrame, links: pd.DataFrame, entries: pd.DataFrame, by: Workers | None = None) -> pd.DataFrame:
    """The measurements with what became of each: ``schemas.measurements.COLUMNS``; what each lacks is found here or by workers.

    * ``ID`` and state ``released`` where an entry comes from it; ``repeats`` where the same entry has another measurement already;
    * else the first that holds of: not a single crystalline compound (a mixture, a glass), lacks space group, lacks lattice;
    * ``lacks`` lists all that keeps it from being an entry, ``nearest`` is the entry with the most similar atomic fractions.

    The rows that lack something stand first, ranked: a composition that the release does not have yet, then a known DOI, a known
    space group, a known ICSD number, then the distance to the nearest entry. What holds no lithium stands last among them.
    """

    import numpy as np
    import pandas as pd

    entry_of = _entries_of(measurements, links, entries)
    known = [*told(measurements, col.COMPOSITION, col.DOI_SOURCE, col.SPACEGROUP_NUMBER, col.ICSD_ID_SOURCE, col.FAMILY_SOURCE)]
    length = max(1, len(known) if by is None else len(known) // (AHEAD * by.width()) + 1)
    release = entries[[str(col.REDUCED_COMPOSITION)]]
    looked = spread(_looked_at, ((known[first : first + length], release) for first in range(0, len(known), length)), by)
    released: set[str] = set()
    made: list[tuple[str | None, ...]] = []
    ranks: list[tuple[int, float]] = []
    for name, (_, doi, spacegroup, icsd, _), (near, distance, missing) in zip(
        measurements[col.MEASUREMENT], known, chain.from_iterable(looked), strict=True
    ):
        entry = entry_of.get(name)
        lacks = [] if entry else missing
        state = _state(entry, released, lacks)
        if entry:
            released.add(entry)
        made.append((entry, state, ", ".join(lacks) or None, near))
        ranks.append(_rank(state, lacks, (distance > NEW, doi is not None, spacegroup is not None, icsd is not None), distance))
    places, distances = zip(*ranks, strict=True) if ranks else ((), ())
    order = np.lexsort((distances, places))  # equals keep their order
    added = dict(zip(MEASUREMENT_COLUMNS[len(MERGED) :], zip(*made, strict=True) if made else [()] * 4, strict=True))
    whole = pd.concat([measurements[list(map(str, MERGED))].reset_index(drop=True), columned(added)], axis=1)
    return whole.iloc[order].reset_index(drop=True)


def _looked_at(given: tuple[Sequence[tuple[Any, ...]], pd.DataFrame]) -> list[tuple[str | None, float, list[str]]]:
    """Of each measurement the nearest entry, its distance, and what keeps it from being an entry."""
    known, entries = given
    nearest = _nearest([composition for composition, *_ in known], entries)
    return [
        (near, distance, _lacks(composition, doi, spacegroup, family))
        for (composition, doi, spacegroup, _, family), (near, distance) in zip(known, nearest, strict=True)
    ]


def _state(entry: str | None, released: set[str], lacks: Sequence[str]) -> str:
    if entry is not None:
        return REPEATS if entry in released else RELEASED
    if "single crystalline compound" in lacks:
        return NOT_CRYSTALLINE
    return NO_SPACE_GROUP if "space group" in lacks else NO_LATTICE


def _rank(state: str, lacks: Sequence[str], known: Sequence[bool], distance: float) -> tuple[int, float]:
    """Place in the table: the backlog first, in it what is new and known best, the farthest first; the rest keeps its order."""
    place, is_backlog = _ORDER[state], state in (NO_LATTICE, NO_SPACE_GROUP)
    for wanting in (_LITHIUM in lacks, *(not fact for fact in known)):
        place = 2 * place + (wanting and is_backlog)
    return place, -distance if is_backlog else 0.0


@paused()
def records(measurements: pd.DataFrame, sources: Sequence[Source], links: pd.DataFrame) -> pd.DataFrame:
    """One row a source record, with exactly one state: ``schemas.records``.

    A record is released when an entry was linked to it first in its source, and repeats a released one when it was merged with
    such a record or linked after it. Otherwise it shares the state of its measurement; without one it was measured elsewhere than
    at room temperature, or at a temperature that is not stated, cannot be read (``reason`` says why), or is lost. What else a
    witness or a discovery table holds is in the state of that name.
    """
    found = [(entry, source, record) for entry, source, record in told(links, col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD) if record]
    first = {(entry, source): record for entry, source, record in reversed(found)}
    heads = {(source, record) for (_, source), record in first.items()}
    linked = {(source, record) for _, source, record in found}
    of: dict[str, dict[str, tuple[str, str]]] = {source.name: {} for source in sources}
    for measurement, state, keys in told(measurements, col.MEASUREMENT, col.MEASUREMENT_STATE, col.RECORDS):
        one = measurement, state
        for source_name, record in record_keys(keys):
            of[source_name][record] = one
    made: list[tuple[str | None, ...]] = []
    for source in sources:
        own = of[source.name]
        for record, row in source.rows.items():
            name, state = own.get(record, (None, None))
            if name is None:
                state = state_of(row) or source.role
            elif (source.name, record) in linked:
                state = RELEASED if (source.name, record) in heads else REPEATS
            elif state == RELEASED:
                state = REPEATS
            made.append((source.name, record, name, state, row.get(col.RECORD_REASON)))
    return columned(dict(zip(RECORD_COLUMNS, zip(*made, strict=True) if made else [()] * 5, strict=True)))


def _entries_of(measurements: pd.DataFrame, links: pd.DataFrame, entries: pd.DataFrame) -> dict[str, str]:
    """Entry of each measurement: of the entries linked to its records, the one whose conductivity and paper are its own."""
    of: dict[str, dict[str, tuple[str, str | None]]] = {}
    for name, keys, doi in told(measurements, col.MEASUREMENT, col.RECORDS, col.DOI_SOURCE):
        one = name, doi
        for source, record in record_keys(keys):
            of.setdefault(source, {})[record] = one
    dois = {name: papers(doi) if isinstance(doi, str) else frozenset() for name, doi in entries[col.DOI].items()}
    candidates: dict[str, list[tuple[bool, float, int, str]]] = {}
    for place, (entry, source, record, ratio) in enumerate(
        told(links, col.LINK_ENTRY, col.SOURCE, col.LINK_RECORD, col.CONDUCTIVITY_RATIO)
    ):
        if record and (measurement := of.get(source, {}).get(record)):
            name, doi = measurement
            away = abs(1.0 - (min(ratio, 1 / ratio) if ratio else 1.0))
            candidates.setdefault(name, []).append((not dois[entry] & papers(doi or ""), away, place, entry))
    return {name: min(found)[-1] for name, found in candidates.items()}


def _lacks(composition: str, doi: str | None, spacegroup: int | None, family: str | None) -> list[str]:
    """What keeps a measurement from being an entry."""
    lacks = []
    if not is_compound(composition) or (family in AMORPHOUS and spacegroup is None):
        lacks.append("single crystalline compound")
    if spacegroup is None:
        lacks.append("space group")
    lacks.append("lattice")
    if "Li" not in elements(composition):
        lacks.append(_LITHIUM)
    if doi is None:
        lacks.append("DOI")
    return lacks


def _nearest(compositions: Sequence[str], entries: pd.DataFrame) -> list[tuple[str | None, float]]:
    """Nearest entry of each composition and its distance in atomic fractions, the first of equals; of weights there is none."""
    ours, theirs = _read(compositions), _read(entries[col.REDUCED_COMPOSITION])
    first = dict(zip(reversed(entries[col.REDUCED_COMPOSITION].tolist()), reversed(entries.index.tolist()), strict=True))
    names = [str(first[composition]) for composition in theirs]
    found: dict[str, tuple[str | None, float]] = {}
    if ours and theirs:
        place_of = {element: place for place, element in enumerate(sorted(set().union(*ours.values(), *theirs.values())))}
        closest = _closest(_fractions([*ours.values()], place_of), _fractions([*theirs.values()], place_of))
        found = {
            composition: (names[place], round(distance, DECIMALS)) for composition, (place, distance) in zip(ours, closest, strict=True)
        }
    return [found.get(composition, (None, 1.0)) for composition in compositions]


def _read(compositions: Iterable[str]) -> dict[str, Mapping[str, float]]:
    """Amounts of the elements of those that have any, each once."""
    found = {composition: amounts(composition) for composition in dict.fromkeys(compositions)}
    return {composition: each for composition, each in found.items() if each}


def _fractions(rows: Sequence[Mapping[str, float]], elements: Mapping[str, int]) -> Points:
    """Atomic fractions: a row for each of the amounts, a column for each element."""
    import numpy as np

    row = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
    column = [elements[element] for each in rows for element in each]
    amount = np.array([value for each in rows for value in each.values()])
    table = np.zeros((len(rows), len(elements)))
    table[row, column] = amount / np.bincount(row, amount)[row]
    return table


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
    import numpy as np
    from scipy.spatial import KDTree

    tree = KDTree(right, leafsize=32, compact_nodes=False, balanced_tree=False)  # half the time of the default for compositions
    distances, places = tree.query(left, k=2)
    nearest, place = distances[:, 0], places[:, 0]
    number, equal = 2, _among_equals(distances).nonzero()[0]
    while len(equal):  # all that are as near are among the next ones, or more of those are looked at
        number *= 4
        distances, places = tree.query(left[equal], k=number)
        whole = ~_among_equals(distances)
        place[equal[whole]] = np.where(distances**2 <= distances[:, :1] ** 2 + EQUAL, places, len(right)).min(axis=1)[whole]
        equal = equal[~whole]
    return list(zip(place.tolist(), nearest.tolist(), strict=True))


def _among_equals(distances: Points) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether the last of the distances that are told, the nearest first, is equal to the first."""
    found: np.ndarray[Any, np.dtype[np.bool_]] = distances[:, -1] ** 2 - distances[:, 0] ** 2 <= EQUAL
    return found
