"""CPU time of parts of the program beyond imports: ``python benchmarks/stages.py``. Medians of several runs in new processes."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPT = """
import json, sys, time
from pathlib import Path
from pipeline import sources
from pipeline.checks.run import check
from pipeline.checks.subject import Subject
from pipeline.literature import accounted, links, records
from pipeline.ingest import workbook
from pipeline.ingest.laskowski import laskowski
from pipeline.ingest.liion import liion
from pipeline.literature.merge import measurements
from pipeline.literature.source import laskowski_table, liverpool_ionics
from pipeline.split.annealing import search
import networkx, openpyxl, pandera.pandas, spglib

raw = Path(sys.argv[1])
archive = sources.open_archive(sources.default_pin(raw), raw)
entries = workbook.entries(workbook.cells(archive.read("workbook"), "workbook"))
texts = archive.structures()
times = {}
last = time.process_time()
def lap(name):
    global last
    now = time.process_time()
    times[name], last = now - last, now
one = liion(archive.read("liion"), "liion")
other = laskowski(archive.read("laskowski"), archive.read("laskowski_references"), "laskowski")
both = [laskowski_table(other), liverpool_ionics(one)]
merged = measurements(both)
lap("ingest and merge of both tables")
found = links(entries, merged, both)
merged = accounted(merged, found, entries)
records(merged, both, found)
lap("links and accounts")
test = frozenset(archive.read("test").decode().split()[1:])
list(check(Subject(entries=entries, structures=texts, links=found, measurements=merged, sources=both, test_ids=test)))
lap("all checks on 599 rows and 321 structures")
search(entries, texts, 0, reference_test_ids=test)
lap("search of a split")
print(json.dumps(times))
"""
LIMITS = {"ingest and merge of both tables": 1.0, "all checks on 599 rows and 321 structures": 2.5, "search of a split": 5.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = []
    for _ in range(parser.parse_args().runs):
        ran = subprocess.run([sys.executable, "-c", SCRIPT, str(ROOT / "raw")], cwd=ROOT, capture_output=True, text=True, check=True)
        runs.append(json.loads(ran.stdout.splitlines()[-1]))
    print("| part | CPU s (median) | min - max | limit |")
    print("|---|---|---|---|")
    for name in runs[0]:
        times = [run[name] for run in runs]
        print(f"| {name} | {statistics.median(times):.2f} | {min(times):.2f} - {max(times):.2f} | {LIMITS.get(name, '')} |")


if __name__ == "__main__":
    main()
