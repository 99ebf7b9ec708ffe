"""Every count and figure of the paper's data section, for any release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pipeline.chemistry import cell as cells
from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.dois import papers
from pipeline.literature.blocks import Compositions
from schemas import columns as col

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from pipeline.literature.source import Source
    from pipeline.structures.cif import Structure

#: Crystal families in the order of International Tables; trigonal groups belong to the hexagonal family.
CRYSTAL_FAMILIES = ("triclinic", "monoclinic", "orthorhombic", "tetragonal", "hexagonal", "cubic")
MONOCLINIC = (3, 15)
#: Sources an entry can stem from, as the paper's Venn diagram has them.
SOURCES = ("ICSD", "Laskowski", "Liion")


def statistics(
    entries: pd.DataFrame,
    structures: Mapping[str, Structure],
    liion: pd.DataFrame | None = None,
    laskowski: pd.DataFrame | None = None,
    links: pd.DataFrame | None = None,
    train_ids: Collection[str] = (),
    test_ids: Collection[str] = (),
    *,
    matches: pd.DataFrame | None = None,
    groups: pd.Series | None = None,
    audit: Mapping[str, Any] | None = None,
    literature: Sequence[Source] = (),
) -> dict[str, Any]:
    """Numbers of a release, plain values for JSON; the order of rows does not matter.

    Parameters
    ----------
    entries
        One row an entry, index ID.
    structures
        Structure of each entry that has one.
    liion, laskowski
        The recovered source tables.
    links
        ``links.csv``; adds the membership that was found to that of the release's columns.
    train_ids, test_ids
        The split.
    matches
        ``structures.csv``; adds how many structures are exact, close or outside.
    groups
        Group of each entry (:func:`pipeline.split.groups`).
    audit
        The split's audit as plain values (:meth:`pipeline.split.Audit.as_dict`).
    literature
        The literature tables; adds how many entries each declared one shares with the release.
    """
    entries = entries.loc[sorted(map(str, entries.index))]
    present = set(map(str, entries.index))
    train, test = sorted(set(train_ids) & present), sorted(set(test_ids) & present)
    own = {name: structures[name] for name in sorted(structures) if name in present}
    found: dict[str, Any] = {
        "entries": {"all": len(entries), "train": len(train), "test": len(test), "test_share": _share(len(test), len(train) + len(test))},
        "structures": _structures(entries, own, train, test, matches),
        "partial_occupancy": _partial(own, train, test),
        "conductivity": _conductivity(entries, {"all": list(entries.index), "train": train, "test": test}, own),
        "bounds": _bounds(entries),
        "spacegroups": _spacegroups(entries, train, test),
        "crystal_families": _crystal_families(entries, train, test),
        "elements": _elements(entries, train, test),
        "families": _families(entries),
        "repeats": _repeats(entries),
        "sources": _sources(entries, links),
    }
    if groups is not None:
        found["groups"] = _groups(entries, groups)
    if audit is not None:
        found["split"] = dict(audit)
    if liion is not None:
        found["liion"] = _liion(liion)
    if laskowski is not None:
        found["laskowski"] = {"records": len(laskowski), "with_icsd": int(laskowski[col.ICSD_ID_SOURCE].notna().sum())}
    if declared := [source for source in literature if source.published is None]:
        found["literature"] = {source.name: _shared(entries, source, links) for source in declared}
    return found


def _shared(entries: pd.DataFrame, source: Source, links: pd.DataFrame | None) -> dict[str, int]:
    """How many entries a declared table shares with the release.

    ``sharing`` counts entries with some record of the same composition and a DOI in common; ``linked`` those for which such a record was
    found, one to one, and ``linked_in_laskowski`` those of them for which Laskowski et al. have a record too.
    """
    index = Compositions((name, record.composition) for name, record in source.described.items())
    sharing = [
        isinstance(doi, str) and any(papers(doi) & source.described[record].papers for record in index.same(composition))
        for composition, doi in zip(entries[col.REDUCED_COMPOSITION], entries[col.DOI], strict=True)
    ]
    found = {"records": len(source.table), "sharing": sum(sharing)}
    if links is None:
        return found
    own = links[links[col.SOURCE].eq(source.name) & links[col.COMPOSITION_AGREES].fillna(False) & links[col.DOI_AGREES].fillna(False)]
    linked = frozenset(own[col.LINK_ENTRY]) & frozenset(map(str, entries.index))
    return found | {"linked": len(linked), "linked_in_laskowski": len(linked & membership(entries, links)["Laskowski"])}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _sides(chosen: Collection[str], every: Iterable[str], train: Iterable[str], test: Iterable[str]) -> dict[str, int]:
    """How many of the chosen are among all, train and test."""
    return {label: sum(name in chosen for name in side) for label, side in (("all", every), ("train", train), ("test", test))}


def _structures(
    entries: pd.DataFrame, own: Mapping[str, Structure], train: list[str], test: list[str], matches: pd.DataFrame | None
) -> dict[str, Any]:
    """Structures by kind: as they fit their rows, and as the curators declare them (``declared_close`` where ``close match`` is Yes).

    Proprietary: the entry or a reference to its file names an ICSD collection code, or the file bears one.
    """
    chosen = entries.loc[list(own)]
    close = chosen[col.CLOSE_MATCH].notna()
    proprietary = in_icsd(chosen) | chosen.index.isin([name for name, structure in own.items() if structure.icsd is not None])
    n_train, n_test = (sum(name in own for name in side) for side in (train, test))
    return {
        "all": len(own),
        "train": n_train,
        "test": n_test,
        "test_share": _share(n_test, n_train + n_test),
        **({} if matches is None else {"match": _matches(matches)}),
        "declared_exact": int((~close).sum()),
        "declared_close": int(close.sum()),
        "without": len(entries) - len(own),
        "proprietary": int(proprietary.sum()),
        "declared_exact_icsd": int((~close & proprietary).sum()),
        "declared_exact_elsewhere": int((~close & ~proprietary).sum()),
        "declared_close_icsd": int((close & proprietary).sum()),
        "declared_close_elsewhere": int((close & ~proprietary).sum()),
    }


def _matches(matches: pd.DataFrame) -> dict[str, int]:
    """How many structures fit their row in each way, in the order of the contract."""
    counts = Counter(matches[col.MATCH])
    return {verdict: counts[verdict] for verdict in col.MATCH.categories or () if verdict != "unreadable" or counts[verdict]}


def in_icsd(entries: pd.DataFrame) -> pd.Series:
    """Whether the ICSD holds the entry's structure: a collection code in ``ICSD ID`` or in a reference to the structure file."""
    from pipeline.structures.proprietary import collection_code

    named = entries[col.ICSD_ID].notna()
    for column in (col.CIF_REF_1, col.CIF_REF_2):
        named |= entries[column].map(lambda text: collection_code(text) is not None).astype(bool)
    return named


def _partial(own: Mapping[str, Structure], train: list[str], test: list[str]) -> dict[str, Any]:
    partial = {name for name, structure in own.items() if structure.n_partial_sites > 0}
    return {**_sides(partial, own, train, test), "share": _share(len(partial), len(own))}


def _conductivity(entries: pd.DataFrame, sides: Mapping[str, list[str]], own: Mapping[str, Structure]) -> dict[str, Any]:
    """log10 of the conductivity in S/cm on each side and its subset with structures; bounds count where they stand."""
    import numpy as np

    logs = dict(zip(map(str, entries.index), np.log10(entries[col.IONIC_CONDUCTIVITY].to_numpy(dtype=float)).tolist(), strict=True))
    found: dict[str, Any] = {}
    for side, names in sides.items():
        for label, chosen in ((side, names), (f"{side}_structures", [name for name in names if name in own])):
            values = np.array([logs[name] for name in chosen])
            if len(values):
                found[label] = {
                    "minimum": float(values.min()),
                    "median": float(np.median(values)),
                    "mean": float(values.mean()),
                    "maximum": float(values.max()),
                    "variance": float(values.var(ddof=1)) if len(values) > 1 else None,
                }
    return found


def _bounds(entries: pd.DataFrame) -> dict[str, Any]:
    bounded = entries[entries[col.BOUND].notna()]
    texts = [f"{sign}{value:.0e}" for sign, value in zip(bounded[col.BOUND], bounded[col.IONIC_CONDUCTIVITY], strict=True)]
    return {"all": len(bounded), "values": dict(sorted(Counter(texts).items()))}


def _spacegroups(entries: pd.DataFrame, train: list[str], test: list[str]) -> dict[str, Any]:
    numbers = {str(name): int(number) for name, number in zip(entries.index, entries[col.SPACE_GROUP_NUMBER], strict=True)}
    every, in_train, in_test = (Counter(numbers[name] for name in side) for side in (numbers, train, test))
    return {
        "all": len(every),
        "only_in_test": sorted(set(in_test) - set(in_train)),
        "only_in_train": sorted(set(in_train) - set(in_test)),
        "counts": [
            {
                "number": number,
                "symbol": _symbol(number),
                "all": count,
                "train": in_train[number],
                "test": in_test[number],
            }
            for number, count in sorted(every.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def _symbol(number: int) -> str:
    """Hermann-Mauguin symbol, its parts separated by spaces; monoclinic ones short (``P 21/c``)."""
    import gemmi

    parts = gemmi.find_spacegroup_by_number(number).hm.split()
    return " ".join(part for part in parts if part != "1" or not MONOCLINIC[0] <= number <= MONOCLINIC[1])


def crystal_family(number: int) -> str:
    """Crystal family of a space group number.

    >>> crystal_family(167), crystal_family(230)
    ('hexagonal', 'cubic')
    """
    import gemmi

    system: str = gemmi.find_spacegroup_by_number(number).crystal_system_str()
    return "hexagonal" if system == "trigonal" else system


def _crystal_families(entries: pd.DataFrame, train: list[str], test: list[str]) -> dict[str, dict[str, int]]:
    members: dict[str, set[str]] = {kind: set() for kind in CRYSTAL_FAMILIES}
    for name, number in zip(entries.index, entries[col.SPACE_GROUP_NUMBER], strict=True):
        members[crystal_family(int(number))].add(str(name))
    return {kind: _sides(chosen, map(str, entries.index), train, test) for kind, chosen in members.items()}


def elements_of(entries: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Elements of each entry, from the reduced composition or, where that cannot be read, the true one; empty where neither can."""
    found = {}
    for name, reduced, true in zip(entries.index, entries[col.REDUCED_COMPOSITION], entries[col.TRUE_COMPOSITION], strict=True):
        found[str(name)] = _elements_in(reduced) or _elements_in(true)
    return found


def _elements_in(formula: object) -> frozenset[str]:
    try:
        read = amounts(formula) if isinstance(formula, str) else {}
    except FormulaError:
        return frozenset()
    return frozenset(element for element, amount in read.items() if amount > 0)


def _elements(entries: pd.DataFrame, train: list[str], test: list[str]) -> dict[str, Any]:
    own = elements_of(entries)
    every, in_train, in_test = (Counter(element for name in side for element in own[name]) for side in (own, train, test))
    return {
        "all": len(every),
        "only_in_test": sorted(set(in_test) - set(in_train)),
        "only_in_train": sorted(set(in_train) - set(in_test)),
        "counts": dict(sorted(every.items(), key=lambda item: (-item[1], item[0]))),
        "unread": sorted(name for name, elements in own.items() if not elements),
    }


def _families(entries: pd.DataFrame) -> dict[str, Any]:
    counts = Counter(entries[col.FAMILY].dropna())
    return {
        "all": len(counts),
        "counts": dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        "blank": int(entries[col.FAMILY].isna().sum()),
    }


def repeated(entries: pd.DataFrame) -> list[list[str]]:
    """Sets of two and more entries with the same true composition, as written, and the same space group number; IDs sorted."""
    sets: dict[tuple[str, int], list[str]] = {}
    for name, formula, number in zip(entries.index, entries[col.TRUE_COMPOSITION], entries[col.SPACE_GROUP_NUMBER], strict=True):
        sets.setdefault(("".join(str(formula).split()), int(number)), []).append(str(name))
    return sorted(sorted(names) for names in sets.values() if len(names) > 1)


def _repeats(entries: pd.DataFrame) -> dict[str, Any]:
    """Repeated measurements: deviations in log10 of the conductivity, and the largest difference of a cell in any setting."""
    import numpy as np

    table = entries[[col.TRUE_COMPOSITION, col.SPACE_GROUP_NUMBER, col.IONIC_CONDUCTIVITY, *col.LATTICE]]
    reduced = dict(zip(map(str, entries.index), entries[col.REDUCED_COMPOSITION], strict=True))
    rows = {str(row[0]): row[1:] for row in table.itertuples(name=None)}
    sets: list[dict[str, Any]] = []
    for names in repeated(entries):
        logs = np.log10([rows[name][2] for name in names])
        number = int(rows[names[0]][1])
        lengths, angles = _largest_difference([tuple(map(float, rows[name][3:])) for name in names], number)
        sets.append(
            {
                "composition": rows[names[0]][0],
                "reduced": min((reduced[name] for name in names), key=lambda text: (len(text), text)),
                "spacegroup": number,
                "ids": names,
                "log_conductivity": logs.tolist(),
                "lattice_difference": lengths,
                "angle_difference": angles,
            }
        )
    if not sets:
        return {"sets": 0, "entries": 0, "list": []}
    values = [np.array(each["log_conductivity"]) for each in sets]
    from_means = np.concatenate([each - each.mean() for each in values])
    from_medians, from_others = _floors(values)
    return {
        "sets": len(sets),
        "entries": len(from_means),
        "rmsd_from_means": float(np.sqrt(np.mean(from_means**2))),
        "mad_from_medians": from_medians,
        "mad_from_others": from_others,
        "largest_lattice_difference": max(each["lattice_difference"] for each in sets),
        "largest_angle_difference": max(each["angle_difference"] for each in sets),
        "list": sorted(sets, key=lambda each: (max(each["log_conductivity"]), each["ids"]), reverse=True),
    }


def floors(entries: pd.DataFrame) -> tuple[float, float] | None:
    """How far repeated measurements lie from the median of their set, and from the median of the others of their set.

    Mean absolute deviations of log10 of the conductivity, in decades, over all entries of all sets; ``None`` where nothing is repeated. The
    first is the paper's floor of a model's error. It is too low for one: the median has seen the measurement, of two it is their mean. The
    second is what one measurement can be told from its repeats.
    """
    import numpy as np

    logs = dict(zip(map(str, entries.index), np.log10(entries[col.IONIC_CONDUCTIVITY].to_numpy(dtype=float)).tolist(), strict=True))
    sets = [np.array([logs[name] for name in names]) for names in repeated(entries)]
    return _floors(sets) if sets else None


def _floors(sets: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    import numpy as np

    from_medians = np.concatenate([each - np.median(each) for each in sets])
    from_others = [value - np.median(np.delete(each, place)) for each in sets for place, value in enumerate(each.tolist())]
    return float(np.mean(np.abs(from_medians))), float(np.mean(np.abs(from_others)))


def _largest_difference(several: Iterable[tuple[float, ...]], spacegroup: int) -> tuple[float, float]:
    """Largest relative difference of a length, and of an angle in degrees, between any two cells.

    Two cells outside the window as they stand are compared in every setting: two entries of Li3PO4 in Pnma name their axes otherwise and
    would differ by 71 %, where the same lattice is met within 0.2 %.
    """
    lengths = angles = 0.0
    for one, other in combinations(several, 2):
        length, angle = map(max, zip(cells.deviation(one, other), cells.deviation(other, one), strict=True))
        if length > cells.LENGTH_WINDOW or angle > cells.ANGLE_WINDOW:
            best = cells.compare(one, other, spacegroup=spacegroup)
            length, angle = best.lattice_deviation, best.angle_deviation
        lengths, angles = max(lengths, length), max(angles, angle)
    return lengths, angles


def membership(entries: pd.DataFrame, links: pd.DataFrame | None = None) -> dict[str, frozenset[str]]:
    """IDs of the entries that each of :data:`SOURCES` holds: by the release's columns, or for the two tables by the links found."""
    if links is None:
        columns = {"ICSD": col.ICSD_ID, "Laskowski": col.LASKOWSKI_ID, "Liion": col.LIION_ID}
        return {source: frozenset(map(str, entries.index[entries[column].notna()])) for source, column in columns.items()}
    linked = links[links[col.RECORD].notna() & links[col.ID].isin(entries.index)]
    held = {source: frozenset(linked.loc[linked[col.SOURCE] == source.lower(), col.ID]) for source in ("Laskowski", "Liion")}
    return {"ICSD": frozenset(map(str, entries.index[in_icsd(entries)])), **held}


def regions(members: Mapping[str, frozenset[str]], every: Collection[str]) -> dict[str, list[str]]:
    """IDs of each region of the Venn diagram: ``ICSD``, ``ICSD + Laskowski``, ..., ``none``."""
    found: dict[str, list[str]] = {" + ".join(chosen): [] for size in range(1, len(SOURCES) + 1) for chosen in combinations(SOURCES, size)}
    found["none"] = []
    for name in sorted(every):
        found[" + ".join(source for source in SOURCES if name in members[source]) or "none"].append(name)
    return found


def _sources(entries: pd.DataFrame, links: pd.DataFrame | None) -> dict[str, Any]:
    """Overlap of the sources by the release's own columns, and by the links where they were found."""
    found = {"columns": _overlap(entries, membership(entries))}
    if links is not None:
        found["links"] = _overlap(entries, membership(entries, links))
    return found


def _overlap(entries: pd.DataFrame, members: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    venn = regions(members, set(map(str, entries.index)))
    return {
        **{source: len(members[source]) for source in SOURCES},
        "regions": {region: len(names) for region, names in venn.items()},
        "in_neither_table": sorted([*venn["ICSD"], *venn["none"]]),
        "in_none": venn["none"],
    }


def _groups(entries: pd.DataFrame, groups: pd.Series) -> dict[str, Any]:
    """Groups that share a paper or a composition; the five largest with their space groups."""
    numbers = {str(name): int(number) for name, number in zip(entries.index, entries[col.SPACE_GROUP_NUMBER], strict=True)}
    members: dict[str, list[str]] = {}
    for name, group in zip(map(str, groups.index), groups, strict=True):
        members.setdefault(str(group), []).append(name)
    ranked = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return {
        "all": len(members),
        "single": sum(len(names) == 1 for names in members.values()),
        "sizes": {str(size): count for size, count in sorted(Counter(map(len, members.values())).items())},
        "largest": [
            {
                "group": group,
                "entries": len(names),
                "spacegroups": {str(n): count for n, count in Counter(numbers[name] for name in sorted(names)).most_common()},
            }
            for group, names in ranked[:5]
        ],
    }


def _liion(liion: pd.DataFrame) -> dict[str, Any]:
    temperature = liion[col.TEMPERATURE].dropna()
    return {
        "records": len(liion),
        "at_room_temperature": int(liion[col.AT_ROOM_TEMPERATURE].sum()),
        "lowest_temperature": float(temperature.min()) if len(temperature) else None,
        "highest_temperature": float(temperature.max()) if len(temperature) else None,
    }
