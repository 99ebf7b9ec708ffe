"""Plant faults in good rows of the release and count how many the checks catch.

    python benchmarks/faults.py [--each 300] [--seed 1] [--only PART]

A good row is one about which the checks say nothing (open notes and headers apart) after the corrections of ``raw/``. Each kind of fault
(``benchmarks/fault_kinds.py``) is planted in up to ``--each`` of them, sixty at a time in a copy of the whole release, and all
checks are run. A fault counts as caught when there is a finding that names the row, by a check that was silent about it before:
as an error, or else as a warning. ``tests/integration/test_faults.py`` runs a sample of each kind.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import pandas as pd
from fault_kinds import KINDS, Case, Kind

from pipeline.checks.run import check
from pipeline.checks.subject import Subject
from pipeline.correct import corrected, read_corrections
from pipeline.findings import Finding
from pipeline.ingest import workbook
from pipeline.sources import default_pin, open_archive
from pipeline.split.sides import read_ids
from schemas import columns as col

RAW = Path("raw")
BATCH = 60
#: Faults at once where structures are compared with one another: few enough to leave most of a prototype as it is.
BESIDE = 10
#: What is said of the header of every third file, whatever its content: a row with nothing else is a good one.
HEADERS = frozenset(("cif.header",))


class Release:
    """The corrected release, or the published one, and how to check a copy of it."""

    def __init__(self, as_published: bool = False) -> None:
        archive = open_archive(default_pin(RAW), RAW)
        published = workbook.cells(archive.read("workbook"), archive.file("workbook"))
        self.cells = published if as_published else corrected(published, read_corrections(RAW))[0]
        self.structures = archive.structures()
        self.noisy = frozenset(self.structures)
        self.tables, self.sources = _sources(archive)
        sides = ("train", "test")
        self.split = [frozenset(read_ids(archive.read(s).decode("utf-8-sig"), archive.file(s), published[col.ID])) for s in sides]
        self.cases = {row[col.ID]: Case(dict(row), self.structures.get(row[col.ID])) for row in self.cells.to_dict("records")}

    def findings(self, changed: dict[str, Case], all_structures: bool = False) -> list[Finding]:
        rows = [dict(changed.get(name, case).row) for name, case in self.cases.items()]
        rows += [copy for case in changed.values() for copy in case.copies]
        entries = workbook.entries(pd.DataFrame(rows, columns=self.cells.columns, dtype=object))
        own = {n: c.structure for n, c in changed.items() if c.structure is not None}
        bystander = next(name for name in self.structures if name not in changed)  # without any file nobody misses one
        structures = {**(self.structures if all_structures else {bystander: self.structures[bystander]}), **own}
        structures = {n: text for n, text in structures.items() if n not in changed or changed[n].structure is not None}
        links, measurements = self.sources(entries)
        subject = Subject(
            entries, structures, links=links, measurements=measurements, sources=self.tables, noisy=self.noisy,
            train_ids=self.split[0], test_ids=self.split[1],
        )  # fmt: skip
        return list(check(subject))


def _sources(archive):
    """The literature tables, and a function that links entries to their records, as the build does."""
    from pipeline.ingest.laskowski import laskowski
    from pipeline.ingest.liion import liion
    from pipeline.literature.links import links
    from pipeline.literature.merge import measurements
    from pipeline.literature.source import laskowski_table, liverpool_ionics

    ours = liion(archive.read("liion"), archive.file("liion"))
    theirs = laskowski(archive.read("laskowski"), archive.read("laskowski_references"), archive.file("laskowski"))
    both = [laskowski_table(theirs), liverpool_ionics(ours)]
    merged = measurements(both)
    return both, lambda entries: (links(entries, merged, both), merged)


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


@dataclass(frozen=True)
class Plant:
    """A fault in its row."""

    kind: Kind
    name: str
    case: Case


@dataclass
class Caught:
    """What became of the faults of one kind: how many were told as an error or a warning, by which checks, and the rows missed."""

    planted: int = 0
    severities: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Part of the faults that were caught."""
        return 1 - len(self.missed) / self.planted if self.planted else 0.0


def plant(release: Release, kind: Kind, good: list[str], each: int, seed: int) -> list[Plant]:
    """Up to ``each`` faults of a kind, in good rows chosen by the seed."""
    rng = random.Random(f"{seed} {kind.name}")
    found: list[Plant] = []
    for name in rng.sample(good, len(good)):
        case = release.cases[name]
        if len(found) == each:
            break
        if kind.needs_structure and case.structure is None:
            continue
        faulty = kind.plant(case, rng, release.cases)
        if faulty is not None and faulty != case:
            found.append(Plant(kind, name, faulty))
    return found


def catch(
    release: Release, plants: Iterable[Plant], before: dict[str, dict[str, str]], *, whole: bool = False, size: int = BATCH
) -> dict[str, Caught]:
    """What the checks say of the faults, by kind; a batch holds a row once, and faults of several kinds.

    With ``whole`` the structures of all rows are there, to which a structure may be compared; else only those with a fault.
    """
    results: dict[str, Caught] = defaultdict(Caught)
    for batch in _batches(plants, size):
        free = (name for name in map("".join, product("0123456789", repeat=3)) if name not in release.cases)
        cases = {
            each.name: replace(each.case, copies=tuple({**copy, str(col.ID): next(free)} for copy in each.case.copies)) for each in batch
        }
        spoken_for = {name: {name, *(copy[col.ID] for copy in case.copies)} for name, case in cases.items()}
        findings = [f for f in release.findings(cases, whole) if not (f.check == "cif.missing-file" and f.id not in cases)]
        found = heard(findings, set().union(*spoken_for.values()))
        for each in batch:
            told = [item for one in spoken_for[each.name] for item in found.get(one, {}).items()]
            new = {check: severity for check, severity in told if before.get(each.name, {}).get(check) is None}
            result = results[each.kind.name]
            result.planted += 1
            result.checks.update(new.keys())
            if new:
                result.severities["error" if "error" in new.values() else "warning"] += 1
            else:
                result.missed.append(each.name)
    return results


def _batches(plants: Iterable[Plant], size: int) -> Iterator[list[Plant]]:
    """The faults in batches in which no row stands twice."""
    rest = list(plants)
    while rest:
        batch: dict[str, Plant] = {}
        later = []
        for each in rest:
            if len(batch) < size and each.name not in batch:
                batch[each.name] = each
            else:
                later.append(each)
        yield list(batch.values())
        rest = later


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the names of the kinds to plant")
    arguments = parser.parse_args()

    release = Release()
    before = heard(release.findings({}, all_structures=True), set(release.cases))
    good = [name for name in release.cases if name not in before]
    print(f"{len(good)} good rows of {len(release.cases)}, {sum(release.cases[n].structure is not None for n in good)} with a structure")
    for kind in KINDS:
        if arguments.only in kind.name:
            plants = plant(release, kind, good, arguments.each, arguments.seed)
            beside = {"whole": True, "size": BESIDE} if kind.is_geometry else {}
            result = catch(release, plants, before, **beside).get(kind.name, Caught())
            by = ", ".join(f"{check} {count}" for check, count in result.checks.most_common(4))
            print(f"{kind.name:62} {result.planted:4} error {result.severities['error']:4} warning {result.severities['warning']:4} "
                  f"missed {len(result.missed):4} {result.share:8.1%}  {by}  {' '.join(result.missed[:12])}")  # fmt: skip
            sys.stdout.flush()


if __name__ == "__main__":
    main()
