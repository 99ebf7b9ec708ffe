"""How reading, merging and accounting for a declared literature table grow with its rows, in time and memory.

    python benchmarks/literature.py RAW [ROWS ...] [--role measurements]

Each size runs in a process of its own, beside the two built-in tables and the entries of the default pin. The rows are those of a
text-mined table: garnets, phosphates and sulfides doped by steps of a thousandth, so that most compositions are new, eight rows a paper,
one name in ten instead of a formula, units in a column.
"""

from __future__ import annotations

import argparse
import io
import math
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

DECLARATION = {
    "name": "mined",
    "columns": {
        "composition": "material", "conductivity": {"column": "value", "unit_column": "unit"}, "doi": "paper", "temperature": "temperature",
    },
}  # fmt: skip


def table(rows: int, seed: int = 0) -> bytes:
    """A text-mined table."""
    chance = random.Random(seed)
    text = io.StringIO()
    text.write("material,value,unit,paper,temperature\n")
    hosts, anions = ("La3", "Nd3", "Pr3", "Sm3", "Al1", "In1", "Sc1"), ("O12", "S12", "P3O12")
    metals, dopants = ("Zr", "Ti", "Hf", "Sn", "Ge"), ("Ta", "Nb", "Sb", "Al", "Ga")
    for row in range(rows):
        x = chance.randrange(1, 1000) / 1000
        host, metal, dopant, anion = map(chance.choice, (hosts, metals, dopants, anions))
        name = f"Li{round(7 - x, 3):g}{host}{metal}{round(2 - x, 3):g}{dopant}{x:g}{anion}"
        if chance.random() < 0.1:
            name = chance.choice(("LLZO", "LGPS", "garnet", "Li2S-P2S5 glass"))
        unit, power = chance.choice((("S/cm", 0), ("mS/cm", 3), ("S/m", 2)))
        value = 10 ** chance.uniform(-10, -2) * 10**power
        text.write(f"{name},{value:.2e},{unit},10.1000/{row // 8},{chance.choice(('25 °C', 'RT', '298 K', '', '400 K'))}\n")
    return text.getvalue().encode()


def measured(raw: Path, rows: int, role: str) -> dict[str, float]:
    """Seconds of CPU of each stage, and the largest resident memory in MiB."""
    from pipeline.ingest.declared import declared
    from pipeline.literature import accounted, links, records
    from pipeline.literature.merge import measurements
    from pipeline.literature.source import Source
    from pipeline.release.opened import opened
    from pipeline.sources.declared import declaration

    whole = opened(raw)
    built_in, entries = whole.literature, whole.decided_entries
    data = table(rows)
    found: dict[str, float] = {}
    last = time.process_time()

    def lap(name: str) -> None:
        nonlocal last
        now = time.process_time()
        found[name], last = now - last, now

    read = declared(data, "mined.csv", declaration({**DECLARATION, "role": role}, "benchmark")).table
    lap("read")
    sources = [*built_in, Source("mined", "Mined", read, role, states_temperature=True)]
    merged = measurements(sources)
    lap("merge")
    linked = links(entries, merged, sources)
    lap("links")
    merged = accounted(merged, linked, entries)
    records(merged, sources, linked)
    lap("accounts")
    found["all"] = sum(found.values())
    found["MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def main() -> None:
    """Measure every size and say the exponent of the growth between neighbours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path)
    parser.add_argument("rows", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--role", default="discovery", choices=("discovery", "measurements", "witness"))
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print({name: round(value, 2) for name, value in measured(given.raw, given.rows[0], given.role).items()})
        return
    before: tuple[int, float] | None = None
    for rows in given.rows:
        command = [sys.executable, __file__, str(given.raw), str(rows), "--role", given.role, "--one"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        spent = float(told.partition("'all': ")[2].partition(",")[0])
        growth = "" if before is None else f"  exponent {math.log(spent / before[1]) / math.log(rows / before[0]):.2f}"
        print(f"{rows:>8} {given.role}: {told}{growth}")
        before = rows, spent


if __name__ == "__main__":
    main()
