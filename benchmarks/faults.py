"""Plant faults in good rows of the release and count how many the checks catch.

    python benchmarks/faults.py [--each 300] [--seed 1] [--write]

A good row is one about which the checks say nothing (open notes apart) after the corrections of ``raw/``. Each kind of fault
(``benchmarks/fault_kinds.py``) is planted in up to ``--each`` of them, sixty at a time in a copy of the whole release, and all
checks are run. A fault counts as caught when there is a finding that names the row, by a check that was silent about it before:
as an error, or else as a warning. ``--write`` writes ``docs/faults.csv``, from which ``docs/checks.md`` takes its table.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd
from fault_kinds import KINDS, Case, Kind

from pipeline.checks.run import Subject, check
from pipeline.correct import corrected, read_corrections
from pipeline.findings import Finding
from pipeline.ingest import workbook
from pipeline.sources import default_pin, open_archive
from schemas import columns as col

RAW = Path("raw")
TABLE = Path("docs/faults.csv")
BATCH = 60
#: What is said of the header of every third file, whatever its content: a row with nothing else is a good one.
HEADERS = frozenset(("cif.header",))


class Release:
    """The corrected release, and how to check a copy of it."""

    def __init__(self) -> None:
        archive = open_archive(default_pin(RAW), RAW)
        published = workbook.cells(archive.read("workbook"), archive.file("workbook"))
        self.cells = corrected(published, read_corrections(RAW))[0]
        self.structures = archive.structures()
        self.noisy = frozenset(self.structures)
        self.sources = _sources(archive)
        self.cases = {row[col.ID]: Case(dict(row), self.structures.get(row[col.ID])) for row in self.cells.to_dict("records")}

    def findings(self, changed: dict[str, Case], all_structures: bool = False) -> list[Finding]:
        rows = [dict(changed.get(name, case).row) for name, case in self.cases.items()]
        rows += [copy for case in changed.values() for copy in case.copies]
        entries = workbook.entries(pd.DataFrame(rows, columns=self.cells.columns, dtype=object))
        structures = {n: c.structure for n, c in changed.items() if c.structure is not None}
        bystander = next(name for name in self.structures if name not in changed)  # without any file nobody misses one
        structures = self.structures if all_structures else {**structures, bystander: self.structures[bystander]}
        links, measurements = self.sources(entries)
        return list(check(Subject(entries, structures, links=links, measurements=measurements, noisy=self.noisy)))


def _sources(archive):
    """A function that links entries to the source records, as the build does."""
    from pipeline.ingest.laskowski import laskowski
    from pipeline.ingest.liion import liion
    from pipeline.literature.links import links
    from pipeline.literature.merge import measurements
    from pipeline.literature.source import laskowski_table, liverpool_ionics

    ours = liion(archive.read("liion"), archive.file("liion"))
    theirs = laskowski(archive.read("laskowski"), archive.read("laskowski_references"), archive.file("laskowski"))
    both = [laskowski_table(theirs), liverpool_ionics(ours)]
    merged = measurements(both)
    return lambda entries: (links(entries, merged, both), merged)


def heard(findings: list[Finding], names: set[str]) -> dict[str, dict[str, str]]:
    """For each name, the checks that speak of it, with the gravest severity."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for finding in findings:
        if finding.severity == "info" or finding.check in HEADERS:
            continue
        for name in {finding.id, *finding.other.split()} & names:
            if found[name].get(finding.check) != "error":
                found[name][finding.check] = finding.severity
    return found


def run(release: Release, kind: Kind, good: list[str], before: dict[str, dict[str, str]], each: int, seed: int) -> dict[str, object]:
    rng = random.Random(f"{seed} {kind.name}")
    free = (name for name in map("".join, product("0123456789", repeat=3)) if name not in release.cases)
    planted: dict[str, Case] = {}
    for name in rng.sample(good, len(good)):
        case = release.cases[name]
        if len(planted) == each:
            break
        if kind.needs_structure and case.structure is None:
            continue
        faulty = kind.plant(case, rng, release.cases)
        if faulty is not None and faulty.copies:
            faulty = replace(faulty, copies=tuple({**copy, str(col.ID): next(free)} for copy in faulty.copies))
        if faulty is not None and faulty != case:
            planted[name] = faulty
    caught: Counter[str] = Counter()
    by: Counter[str] = Counter()
    missed = []
    names = list(planted)
    for start in range(0, len(names), BATCH):
        batch = {name: planted[name] for name in names[start : start + BATCH]}
        spoken_for = {name: {name, *(copy[col.ID] for copy in case.copies)} for name, case in batch.items()}
        findings = [f for f in release.findings(batch) if not (f.check == "cif.missing-file" and f.id not in batch)]
        found = heard(findings, set().union(*spoken_for.values()))
        for name in batch:
            new = {c: s for one in spoken_for[name] for c, s in found.get(one, {}).items() if before.get(name, {}).get(c) is None}
            verdict = "error" if "error" in new.values() else "warning" if new else "missed"
            caught[verdict] += 1
            by.update(new.keys())
            if verdict == "missed":
                missed.append(name)
    total = len(planted)
    return {
        "fault": kind.name, "visible in": kind.visible, "planted": total, "error": caught["error"], "warning": caught["warning"],
        "missed": caught["missed"], "caught": f"{100 * (total - caught['missed']) / total:.1f} %" if total else "",
        "by": ", ".join(f"{check} {n}" for check, n in by.most_common(4)), "missed rows": missed,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the names of the kinds to plant")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()

    release = Release()
    before = heard(release.findings({}, all_structures=True), set(release.cases))
    good = [name for name in release.cases if name not in before]
    print(f"{len(good)} good rows of {len(release.cases)}, {sum(release.cases[n].structure is not None for n in good)} with a structure")
    results = []
    for kind in KINDS:
        if arguments.only in kind.name:
            result = run(release, kind, good, before, arguments.each, arguments.seed)
            results.append(result)
            print(f"{result['fault']:62} {result['planted']:4} error {result['error']:4} warning {result['warning']:4} "
                  f"missed {result['missed']:4} {result['caught']:>8}  {result['by']}  {' '.join(result['missed rows'][:12])}")  # fmt: skip
            sys.stdout.flush()
    if arguments.write:
        with TABLE.open("w", encoding="utf-8", newline="") as file:
            fields = ["fault", "visible in", "planted", "error", "warning", "missed", "caught", "by"]
            writer = csv.DictWriter(file, fields, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(results)


if __name__ == "__main__":
    main()
