"""Near duplicates among many entries: time and what is found.

    python benchmarks/duplicates.py [--rows 100000] [--seed 1]

The rows are made from the release: each is an entry with its doping moved, its cell scaled by the same small amount, and paper and
conductivity drawn anew, so that families, series and chance coincidences are those of real data. One row in a hundred is a copy of
another with its cell typed once more in other digits. Printed are CPU time, pairs found, and how many of the planted copies are among them.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from pathlib import Path

from pipeline.checks.duplicates import pair_findings
from pipeline.checks.reading import Row, rows
from pipeline.ingest import workbook
from pipeline.sources import default_pin, open_archive
from schemas import columns as col


def entries() -> list[Row]:
    raw = Path("raw")
    archive = open_archive(default_pin(raw), raw)
    found = rows(workbook.entries(workbook.cells(archive.read("workbook"), archive.file("workbook"))))
    return [row for row in found if row.reduced and row.volume and row.z]


def relative(seeds: list[Row], rng: random.Random, number: int) -> Row:
    """An entry like one of the release: a member of the same series, of another paper."""
    seed = rng.choice(seeds)
    first, second, *_ = [*seed.reduced, "O"] if seed.reduced else ["Li", "O"]
    amounts = dict(seed.reduced or {})
    for element in (first, second):
        if element in amounts:
            amounts[element] = round(amounts[element] * (1 + rng.choice((-1, 1)) * 0.01 * rng.randint(0, 20)), 2) or 0.01
    scale = rng.gauss(1, 0.004)
    lengths = {str(c): round(seed.values[str(c)] * scale, 4) for c in col.LATTICE[:3]}
    changed = {
        str(col.REDUCED_COMPOSITION): "".join(f"{e}{n:g}" for e, n in amounts.items()),
        str(col.IONIC_CONDUCTIVITY): float(f"{10 ** rng.uniform(-9, -2):.3g}"),
        str(col.DOI): f"10.9999/{rng.randint(1, 40_000)}",
    }
    return Row(f"r{number}", {**seed.values, **lengths, **changed})


def copied(row: Row, rng: random.Random, number: int) -> Row:
    """The same sample in another paper: the cell rounded to three decimals, another conductivity."""
    lengths = {str(c): round(row.values[str(c)], 3) for c in col.LATTICE[:3]}
    other = {str(col.DOI): f"10.8888/{number}", str(col.IONIC_CONDUCTIVITY): float(f"{10 ** rng.uniform(-9, -2):.3g}")}
    return Row(f"c{number}", {**row.values, **lengths, **other})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    seeds = entries()
    made = [relative(seeds, rng, number) for number in range(arguments.rows * 99 // 100)]
    originals = rng.sample(made, arguments.rows - len(made))
    copies = {f"c{number}": row.id for number, row in enumerate(originals)}
    made += [copied(row, rng, number) for number, row in enumerate(originals)]
    rng.shuffle(made)
    blocks = len({frozenset(row.reduced or {}) for row in made})

    start = time.process_time()
    found = list(pair_findings(made))
    spent = time.process_time() - start
    pairs = {frozenset((f.id, f.other)) for f in found}
    caught = sum(frozenset(pair) in pairs for pair in copies.items())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(made)} rows in {blocks} sets of elements: {spent:.1f} s of CPU, {memory:.0f} MiB, {len(found)} pairs")
    print(f"planted copies found: {caught} of {len(copies)}")


if __name__ == "__main__":
    main()
