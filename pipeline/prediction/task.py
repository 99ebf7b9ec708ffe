"""The task that models are held to: entries, what is known of each, the published split, folds, and hashes of all of it.

Therrien et al. (Digital Discovery 2025), section 4: predict log10 of the ionic conductivity at room temperature. Models that need a
structure have 254 training and 67 test entries, the others 478 and 121.

*Folds.* Five random ones, as the paper has, and five that tear no group apart (a group hangs together by papers and compositions,
:func:`pipeline.split.groups`). The same folds serve every training set: those of the entries with a structure are the same folds without
the other entries. They derive from the IDs by SHA-256, so that no version of a library moves an entry.

*Bounds.* 37 labels are upper bounds. The paper counts them at 1e-15 S/cm, which lies decades below what any of them says. There are four
ways to take them (:data:`BOUNDS`), and a model or a score names the one it takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.dois import papers
from pipeline.split import groups as groups_of
from schemas import columns as col
from schemas.entries import PUBLISHED_BOUND
from schemas.predictions import FOLDS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

#: Pin that the recorded models are trained on, as it was published: what the paper describes, and what no later correction moves.
RECORDED_RELEASE = "1.2.0"

Bounds = Literal["as-published", "as-bounds", "left-out", "censored"]
#: ``as-published``: an upper bound counts as 1e-15 S/cm. ``as-bounds``: it counts where it stands. ``left-out``: the entry does not
#: count. ``censored``: it counts where it stands, and a prediction below it is right.
BOUNDS: tuple[Bounds, ...] = ("as-published", "as-bounds", "left-out", "censored")

TrainingSet = Literal["all", "structures"]
#: Which entries a model has: all, or those with a structure.
TRAINING_SETS: tuple[TrainingSet, ...] = ("all", "structures")


@dataclass(frozen=True, eq=False)
class Task:
    """Entries, one element or row an entry in the order of the release, and the published split.

    Attributes
    ----------
    ids
        Names of the entries.
    contents
        Amount of each element in the cell: the true composition, or Z times the reduced one where it cannot be read; empty with neither.
    spacegroups
        Number of the space group, ``(n,)``.
    lattices
        a, b, c in angstrom, alpha, beta, gamma in degrees: ``(n, 6)``.
    conductivities
        In S/cm, ``(n,)``; the bound itself where it is one.
    bounds
        ``<``, ``>`` or an empty text.
    papers
        DOIs of the papers, as they compare.
    compositions
        The reduced composition as it is written, without white space: entries with the same one are one material to the split.
    groups
        Group of each entry: the smallest ID that it hangs together with by papers and compositions.
    families
        The curators' word for the structural or chemical family, or an empty text.
    train, test
        IDs of both sides, in published order. An entry may be in neither.
    structures
        IDs of the entries with a structure.
    structure_hash
        SHA-256 of all structure files.
    """

    ids: tuple[str, ...]
    contents: tuple[Mapping[str, float], ...]
    spacegroups: NDArray[np.int64]
    lattices: Numbers
    conductivities: Numbers
    bounds: tuple[str, ...]
    papers: tuple[tuple[str, ...], ...]
    compositions: tuple[str, ...]
    groups: tuple[str, ...]
    families: tuple[str, ...]
    train: tuple[str, ...]
    test: tuple[str, ...]
    structures: frozenset[str]
    structure_hash: str

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.ids)}

    def rows(self, ids: Iterable[str]) -> NDArray[np.int64]:
        """Rows of entries. Raises ``KeyError`` for one that the release does not have."""
        import numpy as np

        return np.array([self._place[name] for name in ids], dtype=np.int64)

    def training_ids(self, which: TrainingSet) -> tuple[str, ...]:
        """IDs that a model of this training set may learn from (478 or 254)."""
        return self.train if which == "all" else tuple(name for name in self.train if name in self.structures)

    def test_ids(self, which: TrainingSet) -> tuple[str, ...]:
        """IDs that it predicts in the protocol ``test`` (121 or 67)."""
        return self.test if which == "all" else tuple(name for name in self.test if name in self.structures)

    def targets(self, handling: Bounds = "as-published") -> Numbers:
        """log10 of the conductivity in S/cm, ``(n,)``; NaN for an upper bound that is left out."""
        import numpy as np

        replaced = {"as-published": PUBLISHED_BOUND, "left-out": float("nan")}.get(handling)
        values = self.conductivities if replaced is None else np.where(self.is_bound, replaced, self.conductivities)
        found: Numbers = np.log10(values)
        return found

    @cached_property
    def is_bound(self) -> NDArray[np.bool_]:
        """Whether the label is an upper bound."""
        import numpy as np

        return np.array([bound == "<" for bound in self.bounds], dtype=np.bool_)

    def errors(self, ids: Sequence[str], predicted: Numbers, handling: Bounds = "as-published") -> Numbers:
        """Absolute errors in decades, one an ID; NaN where the entry does not count."""
        import numpy as np

        rows = self.rows(ids)
        signed = predicted - self.targets(handling)[rows]
        if handling == "censored":
            signed = np.where(self.is_bound[rows], np.maximum(signed, 0.0), signed)
        found: Numbers = np.abs(signed)
        return found

    @cached_property
    def random_folds(self) -> dict[str, int]:
        """Fold of each training entry, 0 to 4: a fifth of those with a structure and a fifth of those without."""
        with_structure = [name for name in self.train if name in self.structures]
        without = [name for name in self.train if name not in self.structures]
        dealt = [*_shuffled(with_structure, "random"), *_shuffled(without, "random")]
        return {name: place % FOLDS for place, name in enumerate(dealt)}

    @cached_property
    def group_folds(self) -> dict[str, int]:
        """Fold of each training entry, 0 to 4; no paper and no composition is in two.

        The largest group has 106 of 478 entries, more than a fifth. Groups are dealt from the largest to the smallest, each to the fold
        that is emptiest by its share of all entries and of those with a structure together.
        """
        members: dict[str, list[str]] = {}
        group = dict(zip(self.ids, self.groups, strict=True))
        for name in self.train:
            members.setdefault(group[name], []).append(name)
        entries, structures = len(self.train), max(1, len(self.training_ids("structures")))
        filled = [0.0] * FOLDS
        found: dict[str, int] = {}
        for names in sorted(members.values(), key=lambda names: (-len(names), min(names))):
            fold = filled.index(min(filled))
            filled[fold] += len(names) / entries + sum(name in self.structures for name in names) / structures
            found |= dict.fromkeys(names, fold)
        return found

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of what a model can depend on: ``release`` (the entries), ``structures`` (the files), ``split`` and ``folds``."""
        return {
            "release": _sha256(_lines(self)),
            "structures": self.structure_hash,
            "split": _sha256([*(f"train,{name}" for name in sorted(self.train)), *(f"test,{name}" for name in sorted(self.test))]),
            "folds": _sha256(f"{name},{self.random_folds[name]},{self.group_folds[name]}" for name in sorted(self.train)),
        }


def task(entries: pd.DataFrame, train: Sequence[str], test: Sequence[str], texts: Mapping[str, str]) -> Task:
    """The task of a release.

    Parameters
    ----------
    entries
        One row an entry, typed, index ID (:mod:`schemas.entries`).
    train, test
        The split.
    texts
        Text of each structure file, by ID.
    """
    import numpy as np

    ids = tuple(str(name) for name in entries.index)
    known = frozenset(ids)
    bounds = entries[col.BOUND]
    return Task(
        ids=ids,
        contents=tuple(contents(entries)),
        spacegroups=entries[col.SPACE_GROUP_NUMBER].to_numpy(dtype=np.int64, na_value=0),
        lattices=np.nan_to_num(entries[list(col.LATTICE)].to_numpy(dtype=np.float64)),
        conductivities=entries[col.IONIC_CONDUCTIVITY].to_numpy(dtype=np.float64),
        bounds=tuple("" if missing else str(bound) for bound, missing in zip(bounds, bounds.isna(), strict=True)),
        papers=tuple(tuple(sorted(papers(doi))) if isinstance(doi, str) else () for doi in entries[col.DOI]),
        compositions=tuple("".join(str(written).split()) for written in entries[col.REDUCED_COMPOSITION]),
        groups=tuple(groups_of(entries)),
        families=tuple(family if isinstance(family, str) else "" for family in entries[col.FAMILY]),
        train=tuple(train),
        test=tuple(test),
        structures=known.intersection(texts),
        structure_hash=structure_hash({name: text for name, text in texts.items() if name in known}),
    )


def contents(entries: pd.DataFrame) -> list[Mapping[str, float]]:
    """Amount of each element in the cell of each entry; nothing where neither composition can be read."""
    found: list[Mapping[str, float]] = []
    for true, reduced, z in zip(entries[col.TRUE_COMPOSITION], entries[col.REDUCED_COMPOSITION], entries[col.Z], strict=True):
        try:
            found.append(dict(amounts(true)))
        except (FormulaError, TypeError):
            try:
                found.append({element: float(z) * amount for element, amount in amounts(reduced).items()})
            except (FormulaError, TypeError):
                found.append({})
    return found


def structure_hash(texts: Mapping[str, str]) -> str:
    """SHA-256 of structure files: of one line a file, its ID and its own hash, by ID."""
    return _sha256(f"{name},{hashlib.sha256(text.encode()).hexdigest()}" for name, text in sorted(texts.items()))


def training_hash(ids: Collection[str]) -> str:
    """SHA-256 of a training set: of its IDs in the order of the alphabet, one a line."""
    return _sha256(sorted(ids))


def _lines(of: Task) -> Iterable[str]:
    """One line an entry, by ID: everything a model or a score reads of it."""
    for name in sorted(of.ids):
        row = of.rows([name])[0]
        content = " ".join(f"{element}{of.contents[row][element]:.10g}" for element in sorted(of.contents[row]))
        lattice = " ".join(f"{value:.10g}" for value in of.lattices[row])
        label = f"{of.bounds[row]}{of.conductivities[row]:.10g}"
        yield ",".join(
            (name, content, str(of.spacegroups[row]), lattice, label, " ".join(of.papers[row]), of.compositions[row], of.groups[row])
        )


def _shuffled(names: Iterable[str], salt: str) -> list[str]:
    """Names in an order that only they and the salt decide."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{salt}:{name}".encode()).hexdigest())


def _sha256(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
