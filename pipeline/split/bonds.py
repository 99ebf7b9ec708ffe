"""What must not be torn apart: entries that share a paper or a composition.

Three kinds of bond, each a key that an entry bears:

* ``paper``: any DOI of the cell, in lower case, without resolver and without the suffix of a supplement;
* ``composition``: the reduced composition as it is written, without white space;
* ``stoichiometry``: the same ratios of elements, whatever the spelling and the number of formula units.

The published split keeps papers and compositions together (Therrien et al., Digital Discovery 2025, section 3.3). It knows nothing of
stoichiometry, so groups have it only when asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import gcd, lcm
from typing import TYPE_CHECKING, Literal

from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.dois import papers
from pipeline.findings import Finding
from pipeline.safety.remembered import TEXTS
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

Bond = Literal["paper", "composition", "stoichiometry"]
Key = tuple[Bond, str]
#: Bonds that the published split respects.
PUBLISHED_BONDS: tuple[Bond, ...] = ("paper", "composition")
BONDS: tuple[Bond, ...] = (*PUBLISHED_BONDS, "stoichiometry")

#: Smallest share of entries in the test set; the paper asks for 20 to 30 %.
SMALLEST_TEST_SHARE = 0.20

#: Amounts are written with at most four decimals; a larger denominator is noise of floating point (8 x 0.35 = 2.8000000000000003).
_LARGEST_DENOMINATOR = 10_000
#: Noise of floating point in ten thousandths. Two fractions with denominators up to 10,000 are at least 1e-4 ten thousandths apart,
#: so that a decimal within this is the nearest of them all.
_NOISE = 1e-5


@lru_cache(maxsize=TEXTS)
def stoichiometry(formula: str) -> str | None:
    """Ratios of the elements in lowest whole numbers, elements in alphabetical order; ``None`` when the formula cannot be read.

    ``Li3.35Ge0.35P0.65S4`` and ``Li20.1Ge2.1P3.9S24`` are both ``Ge7Li67P13S80``.
    """
    try:
        whole = {element: amount for element, amount in _whole(amounts(formula)).items() if amount > 0}
    except FormulaError:
        return None
    if not whole:
        return None
    divisor = gcd(*whole.values())
    return "".join(f"{element}{whole[element] // divisor}" for element in sorted(whole))


def _whole(exact: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers in the ratios of the amounts: ten thousandths, or finer where a bracket multiplied decimals."""
    ticks = {element: amount * _LARGEST_DENOMINATOR for element, amount in exact.items()}
    if all(abs(tick - round(tick)) < _NOISE for tick in ticks.values()):
        return {element: round(tick) for element, tick in ticks.items()}
    from fractions import Fraction

    fractions = {element: Fraction(amount).limit_denominator(_LARGEST_DENOMINATOR) for element, amount in exact.items()}
    scale = lcm(*(fraction.denominator for fraction in fractions.values()))
    return {element: int(fraction * scale) for element, fraction in fractions.items()}


def keys(entries: pd.DataFrame, bonds: Sequence[Bond] = BONDS) -> dict[str, tuple[Key, ...]]:
    """Keys of each entry, by ID. An entry without DOI, or with a formula that cannot be read, has no key of that kind."""
    dois = entries[col.DOI].tolist() if col.DOI in entries else [None] * len(entries)
    return {
        str(name): _keys(*(cell if isinstance(cell, str) else "" for cell in (doi, composition)), tuple(bonds))
        for name, doi, composition in zip(entries.index, dois, entries[col.REDUCED_COMPOSITION], strict=True)
    }


@lru_cache(maxsize=TEXTS)
def _keys(doi: str, composition: str, bonds: tuple[Bond, ...]) -> tuple[Key, ...]:
    found: list[Key] = [("paper", paper) for paper in sorted(papers(doi))] if "paper" in bonds else []
    written = "".join(composition.split())
    if written and "composition" in bonds:
        found.append(("composition", written))
    if written and "stoichiometry" in bonds:
        ratios = stoichiometry(written)
        if ratios is not None:
            found.append(("stoichiometry", ratios))
    return tuple(found)


def groups(entries: pd.DataFrame, bonds: Sequence[Bond] = PUBLISHED_BONDS) -> pd.Series:
    """Group of each entry: the smallest ID of the entries it hangs together with through any chain of bonds.

    Parameters
    ----------
    entries
        One row an entry, index ID.
    bonds
        What ties entries together. The default is the published rule; add ``stoichiometry`` for a rule that spelling cannot evade.

    Returns
    -------
    pandas.Series
        Index as that of ``entries``; the same for any order of rows.
    """
    import pandas as pd

    members = _components(keys(entries, bonds))
    return pd.Series([members[str(name)] for name in entries.index], index=entries.index, name="group", dtype="str")


def _components(keys_of: Mapping[str, Iterable[Key]]) -> dict[str, str]:
    """Smallest member of each entry's connected component."""
    import networkx

    bearer: dict[Key, str] = {}
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_nodes_from(keys_of)
    graph.add_edges_from((bearer.setdefault(key, name), name) for name, own in keys_of.items() for key in own)
    return {name: smallest for names in networkx.connected_components(graph) for smallest in [min(names)] for name in names}


LEAK_COLUMNS = ("bond", "key", str(col.ID), "set", "other")


def leaks(entries: pd.DataFrame, test_ids: Collection[str], train_ids: Collection[str] | None = None) -> pd.DataFrame:
    """Every paper, composition and stoichiometry that stands on both sides of a split.

    Parameters
    ----------
    entries
        One row an entry, index ID.
    test_ids, train_ids
        The split. Without ``train_ids`` every entry that is not in the test set trains; with it, an entry in neither is left out.

    Returns
    -------
    pandas.DataFrame
        One row an entry and leak: ``bond`` (paper, composition, stoichiometry), ``key`` (DOI, formula or ratios), ``ID``, ``set``
        (train, test), ``other`` (IDs on the other side, separated by spaces). Sorted by bond, key, set, ID. A stoichiometry is listed
        only between entries that do not leak the same composition already.
    """
    import pandas as pd

    test = frozenset(test_ids)
    train = frozenset(map(str, entries.index)) - test if train_ids is None else frozenset(train_ids)
    sides: dict[Key, dict[str, list[str]]] = defaultdict(lambda: {"train": [], "test": []})
    keys_of = keys(entries)
    for name, own in keys_of.items():
        for key in own:
            if name in test:
                sides[key]["test"].append(name)
            elif name in train:
                sides[key]["train"].append(name)
    rows = []
    for (bond, shared), side in sides.items():
        for here, there in (("train", "test"), ("test", "train")):
            for name in side[here]:
                other = sorted(x for x in side[there] if bond != "stoichiometry" or not _same_composition(keys_of, name, x))
                if other:
                    rows.append((BONDS.index(bond), shared, here, name, bond, " ".join(other)))
    table = [(bond, shared, name, here, other) for _, shared, here, name, bond, other in sorted(rows)]
    return pd.DataFrame(table, columns=list(LEAK_COLUMNS), dtype="str")


def _same_composition(keys_of: Mapping[str, Iterable[Key]], one: str, other: str) -> bool:
    written = [next((key for key in keys_of[name] if key[0] == "composition"), None) for name in (one, other)]
    return written[0] is not None and written[0] == written[1]


def extend(
    entries: pd.DataFrame, train_ids: Collection[str], test_ids: Collection[str]
) -> tuple[frozenset[str], frozenset[str], list[Finding]]:
    """Give each entry that is in neither set its place.

    * New entries that hang together are placed together. They follow the entries they share a paper, a composition or a
      stoichiometry with.
    * New entries with no such tie train, unless the test set would fall below 20 % of all: then they test.
    * A new entry tied to both sets would leak on either side. It stays out of both, and each tie is reported; so do new entries
      that tie both sets only together.

    Entries already placed never move, so a published split stays comparable.

    Returns
    -------
    tuple
        Training IDs, test IDs, and findings (``split.leak``, or ``split.near-leak`` where only stoichiometry ties) about the
        entries kept out.
    """
    present = frozenset(map(str, entries.index))
    train, test = set(train_ids) & present, set(test_ids) & present
    if present == train | test:
        return frozenset(train), frozenset(test), []
    keys_of = keys(entries)
    placed: dict[Key, dict[str, list[str]]] = defaultdict(lambda: {"train": [], "test": []})
    for side, members in (("train", train), ("test", test)):
        for name in sorted(members):
            for key in keys_of[name]:
                placed[key][side].append(name)
    new = {name: own for name, own in keys_of.items() if name not in train and name not in test}
    bridges = {name for name, own in new.items() if all(any(placed[key][side] for key in own) for side in ("train", "test"))}
    together: dict[str, list[str]] = defaultdict(list)
    for name, first in _components({name: own for name, own in new.items() if name not in bridges}).items():
        together[first].append(name)
    findings = [finding for name in sorted(bridges) for finding in _bridge([name], new, placed)]
    free: list[list[str]] = []
    for _, group in sorted(together.items()):
        ties = {side: {key for name in group for key in new[name] if placed[key][side]} for side in ("train", "test")}
        if ties["train"] and ties["test"]:
            findings.extend(_bridge(sorted(group), new, placed))
        elif ties["train"] or ties["test"]:
            (train if ties["train"] else test).update(group)
        else:
            free.append(group)
    for group in free:
        total = len(train) + len(test) + len(group)
        (train if len(test) >= SMALLEST_TEST_SHARE * total else test).update(group)
    return frozenset(train), frozenset(test), findings


def _bridge(members: list[str], new: Mapping[str, tuple[Key, ...]], placed: Mapping[Key, Mapping[str, list[str]]]) -> Iterator[Finding]:
    """One finding for each new entry of a set that ties train and test together."""
    ties = {side: {key for name in members for key in new[name] if placed[key][side]} for side in ("train", "test")}
    hard = all(any(bond != "stoichiometry" for bond, _ in keys_) for keys_ in ties.values())
    for name in members:
        own = [(side, key, placed[key][side]) for side in ("train", "test") for key in new[name] if placed[key][side]]
        reasons = [f"the {bond} {text} with {', '.join(others)} ({side})" for side, (bond, text), others in own]
        rest = [other for other in members if other != name]
        if rest:
            reasons.append(f"its group with the new {', '.join(rest)}")
        yield Finding(
            id=name,
            check="split.leak" if hard else "split.near-leak",
            severity="error" if hard else "warning",
            column=str(col.DOI if any(bond == "paper" for _, (bond, _), _ in own) else col.REDUCED_COMPOSITION),
            value="; ".join(dict.fromkeys(text for _, (_, text), _ in own)),
            message=f"ties train to test, so it stays out of both until a curator decides: it shares {'; '.join(reasons)}",
            other=" ".join(sorted({other for _, _, others in own for other in others})),
        )
