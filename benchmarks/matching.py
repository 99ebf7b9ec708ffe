"""A million structure descriptors against the rows of the release: CPU time and memory of one cold process.

    python benchmarks/matching.py make FILE [--count N] [--substituted F]   # once: an index of synthetic descriptors
    python benchmarks/matching.py match FILE                                # what is measured

The descriptors are made from the real structures: each lattice is strained (3 % in every length, keeping its symmetry), each
content shifted (0.1 of an atom), and in a fraction of them an element is replaced by another. Without replacement every
descriptor lies in a chemical system of the rows, which no library does: it is the worst case.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np

import pipeline  # noqa: F401
from pipeline.structures.matching import index as indexing
from pipeline.structures.matching.descriptor import HEAD, Descriptor, of_structures
from pipeline.structures.matching.library import Described, row_of

RAW = Path(__file__).parent.parent / "raw"
ELEMENTS = [
    "Na",
    "K",
    "Mg",
    "Ca",
    "Sr",
    "Ba",
    "Al",
    "Ga",
    "In",
    "Si",
    "Ge",
    "Sn",
    "P",
    "As",
    "Sb",
    "S",
    "Se",
    "Te",
    "F",
    "Cl",
    "Br",
    "I",
    "O",
    "N",
    "B",
    "C",
    "Ti",
    "Zr",
    "Hf",
    "V",
    "Nb",
    "Ta",
    "Mo",
    "W",
    "Mn",
    "Fe",
    "Co",
    "Ni",
    "Cu",
    "Zn",
    "Y",
    "La",
    "Ce",
    "Nd",
    "Sm",
    "Gd",
    "Lu",
    "Bi",
]


def make(path: Path, count: int, substituted: float) -> None:
    from pipeline.sources import default_pin, open_archive
    from pipeline.structures.cif import read

    texts = open_archive(default_pin(RAW), RAW).structures()
    real = of_structures({name: read(text, name) for name, text in texts.items()})
    rng = np.random.default_rng(1)
    rows = [(block, i) for block in real.blocks for i in range(len(block.ids))]
    path.unlink(missing_ok=True)
    with closing(indexing._opened(path)) as connection:
        with connection:
            connection.execute("INSERT INTO library VALUES (1, 'synthetic', 'synthetic', NULL)")
        for start in range(0, count, 10_000):
            batch = []
            for number in range(start, min(start + 10_000, count)):
                block, i = rows[number % len(rows)]
                packed = block.data[i].copy()
                strain = rng.normal(1, 0.03)
                packed[[0, 1, 2, 6, 7, 8]] *= strain
                packed[HEAD:] = np.maximum(packed[HEAD:] + rng.normal(0, 0.1, len(block.system)), 0.01)
                system = list(block.system)
                if rng.random() < substituted:
                    choice = str(rng.choice([e for e in ELEMENTS if e not in system]))
                    system[int(rng.integers(len(system)))] = choice
                order = np.argsort(system)
                amounts = tuple(packed[HEAD:][order].tolist())
                reduced, cell = tuple(packed[:6].tolist()), tuple(packed[6:12].tolist())
                descriptor = Descriptor(tuple(sorted(system)), block.spacegroup, cell, reduced, amounts)
                batch.append(row_of(Described(f"{number}.cif", "0", "", descriptor, "")))
            with connection:
                indexing._store(connection, 1, batch)
        with connection:
            indexing._pack(connection)
    with closing(sqlite3.connect(path)) as connection:
        systems = connection.execute("SELECT count(DISTINCT system), count(*) FROM packed").fetchone()
    print(f"{path}: {count} descriptors, {systems[0]} systems, {systems[1]} blocks, {path.stat().st_size / 2**20:.0f} MiB")


def match(path: Path) -> None:
    from pipeline.ingest.workbook import cells, entries
    from pipeline.sources import default_pin, open_archive
    from pipeline.structures.matching import match as matching

    archive = open_archive(default_pin(RAW), RAW)
    rows = entries(cells(archive.read("workbook"), archive.file("workbook")))
    before, began = time.process_time(), time.perf_counter()
    library = indexing.load(path)
    loaded = time.process_time()
    found = matching.candidates(rows, library)
    after, ended = time.process_time(), time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(library)} descriptors, {len(rows)} rows, {len(found)} candidates for {found.iloc[:, 0].nunique()} rows")
    print(f"load {loaded - before:.2f} s, match {after - loaded:.2f} s of CPU ({ended - began:.2f} s of clock); {memory:.2f} GiB at most; "
          f"the whole process {time.process_time():.2f} s of CPU")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["make", "match"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--substituted", type=float, default=0.0)
    options = parser.parse_args()
    sys.exit(make(options.file, options.count, options.substituted) if options.command == "make" else match(options.file))
