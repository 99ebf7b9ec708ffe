"""Derive ``pipeline/chemistry/volumes.csv``: the volume each species needs, from the cells of the release as published.

    python benchmarks/fit_volumes.py            # prints how well papers are predicted that the fit has not seen
    python benchmarks/fit_volumes.py --write    # writes the table too

The model is linear: V(cell) = sum over species of amount x volume, fitted to log ratios near zero (weights 1/V). Three things
keep it honest:

- a volume is drawn towards ``a + b r^3`` of its Shannon radius r (one line for cations, one for anions, both fitted along), so
  that a species seen in one paper, or in none, keeps a sensible value;
- each paper counts as the square root of its rows, so that a doping series of thirteen rows is no thirteen witnesses;
- rows that depart by a quarter or more lose their weight (Tukey's biweight), so that the wrong rows do not teach the model.

Validation leaves out whole papers (ten folds): see ``docs/checks.md``.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np

from pipeline.checks.reading import Row, rows
from pipeline.chemistry.charge import FIXED
from pipeline.chemistry.volume import TABLE, species

#: Effective radii (angstrom) of the anions: Shannon, Acta Cryst. A32 (1976) 751; phosphide, arsenide and hydride from the same
#: additive scheme. H beside oxygen or nitrogen is a bare proton.
ANIONS = {
    "O": 1.40, "S": 1.84, "Se": 1.98, "F": 1.33, "Cl": 1.81, "Br": 1.96, "I": 2.20, "N": 1.46, "N (nitride)": 1.46,
    "P (phosphide)": 2.00, "As (phosphide)": 2.10, "H (hydride)": 1.40,
    "Te (telluride)": 2.21,
}  # fmt: skip
#: Cations whose highest state is the usual one; of others the mean of the Shannon radii is taken.
SMALLEST = frozenset(
    ("P", "As", "V", "Nb", "Ta", "Mo", "W", "Sb", "Bi", "Ge", "Si", "Sn", "Ti", "Cr", "Fe", "Mn", "Co", "Ni", "C", "B", "Ce", "Pr", "Tb",
     "Te", "Re", "U")
)  # fmt: skip
SPREAD = 0.35  # relative spread of a volume about its line; 0.15 to 0.8 tried, the least error on papers left out
NOISE = 0.03  # relative noise of a cell volume about the model
REJECT = 0.25  # log ratio at which a row loses its weight


def radius(name: str) -> float:
    from pymatgen.core import Element

    if name in ANIONS:
        return ANIONS[name]
    if name == "H":
        return 0.0
    bare = name.split()[0]
    radii = {state: r for state, r in Element(bare).ionic_radii.items() if state > 0}
    if name.endswith("(lone pair)"):
        return float(radii.get({"Sn": 2}.get(bare, 3), max(radii.values())))
    return float(min(radii.values()) if bare in SMALLEST else sum(radii.values()) / len(radii))


def names() -> list[str]:
    """Every species there is a radius for: those of the release and those a contributor may bring."""
    from pymatgen.core import Element

    lone = [f"{e} (lone pair)" for e in ("Sb", "Bi", "Sn", "As")]
    other = ["V", "Cr", "W", "H", "B", "C", "Si", "Ge", "Sn", "P", "As", "Sb", "Bi", "Te"]
    found = sorted({*FIXED, *ANIONS, *lone, *other})
    return [n for n in found if n in ANIONS or n == "H" or any(s > 0 for s in Element(n.split()[0]).ionic_radii)]


class Model:
    def __init__(self, keys: list[str]) -> None:
        self.keys = keys
        cube = np.array([radius(k) ** 3 for k in keys])
        anion = np.array([k in ANIONS for k in keys], dtype=float)
        self.line = np.column_stack([anion, anion * cube, 1 - anion, (1 - anion) * cube])

    def matrix(self, chosen: list[Row]) -> np.ndarray:
        counted = [species(row.true or {}) for row in chosen]
        return np.array([[c.get(k, 0.0) for k in self.keys] for c in counted])

    def fit(self, amounts: np.ndarray, volume: np.ndarray, weight: np.ndarray) -> np.ndarray:
        n = len(self.keys)
        trust = np.ones(len(volume))
        line = np.array([0.0, 9.0, 6.0, 6.0])
        for step in range(60):
            w = weight * trust / volume
            scale = np.maximum(self.line @ line, 6.0)
            equations = np.vstack([
                np.hstack([amounts @ self.line, amounts]) * w[:, None],
                np.hstack([np.zeros((n, 4)), np.diag(NOISE / (SPREAD * scale))]),
                np.hstack([0.02 * np.eye(4), np.zeros((4, n))]),
            ])  # fmt: skip
            wanted = np.concatenate([volume * w, np.zeros(n), 0.02 * np.array([0.0, 9.0, 6.0, 6.0])])
            solution = np.linalg.lstsq(equations, wanted, rcond=None)[0]
            line, volumes = solution[:4], self.line @ solution[:4] + solution[4:]
            residual = np.log(volume / np.maximum(amounts @ volumes, 1e-3))
            if step < 5:  # a first look with Huber's weights, before rows are rejected outright
                trust = np.sqrt(np.minimum(1.0, 0.05 / np.maximum(np.abs(residual), 1e-9)))
            else:
                trust = np.where(np.abs(residual) < REJECT, 1 - (residual / REJECT) ** 2, 1e-3)
        return volumes


def release() -> list[Row]:
    from pipeline.ingest.workbook import cells, entries
    from pipeline.sources import open_archive, pins

    raw = Path("raw")
    archive = open_archive(pins(raw)["1.2.0"], raw)
    found = rows(entries(cells(archive.read("workbook"), archive.file("workbook"))))
    return [row for row in found if row.true and row.volume and row.papers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()

    chosen = release()
    model = Model(names())
    papers = [row.papers[0] for row in chosen]
    size = Counter(papers)
    weight = np.array([size[p] ** -0.5 for p in papers])
    amounts, volume = model.matrix(chosen), np.array([row.volume for row in chosen])

    order = sorted(size)
    np.random.default_rng(0).shuffle(order)
    fold = np.array([{p: i % 10 for i, p in enumerate(order)}[p] for p in papers])
    unseen = np.zeros(len(volume))
    for i in range(10):
        out = fold == i
        volumes = model.fit(amounts[~out], volume[~out], weight[~out])
        unseen[out] = np.log(volume[out] / (amounts[out] @ volumes))
    volumes = model.fit(amounts, volume, weight)
    seen = np.log(volume / (amounts @ volumes))
    for label, error in (("fitted", seen), ("papers left out", unseen)):
        levels = ", ".join(f"{q} %: {100 * np.expm1(np.percentile(np.abs(error), q)):.1f} %" for q in (50, 75, 90, 95, 97))
        print(f"{label:16} |V / V(model) - 1| at {levels}")
    print("furthest, papers left out:")
    for i in np.argsort(-np.abs(unseen))[:40]:
        row = chosen[i]
        print(f"  {row.id} {row.text('Reduced Composition'):40} Z {row.z:g} left out {np.exp(unseen[i]):.3f} fitted {np.exp(seen[i]):.3f}")
    if arguments.write:
        count = {k: len({p for p, a in zip(papers, amounts[:, j], strict=True) if a > 0}) for j, k in enumerate(model.keys)}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["species", "volume", "papers"])
        writer.writerows([k, f"{v:.2f}", count[k]] for k, v in zip(model.keys, volumes, strict=True))
        TABLE.write_text(text.getvalue(), encoding="utf-8")
        print(f"wrote {TABLE}")


if __name__ == "__main__":
    main()
