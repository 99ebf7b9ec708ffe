"""A stand-in for the history of the sheet: slips of people who type it, planted in the published rows, and how many are named.

    python benchmarks/slips.py [--each 100] [--seed 1] [--only PART] [--missed 0]

Older sheets of the curators are not at hand (between the pins one cell differs, see ``benchmarks/history.py``). So each kind of slip
(``benchmarks/slip_kinds.py``) is typed into up to ``--each`` published rows about which the checks say no error or warning (headers of
files apart), thirty at a time, and all checks are run with files, sources and split as a build does.

A slip is *named* when there is an error or a warning of the row, *on its column* when one of these names a column that was mistyped, and
*as an error* when one of these is an error. Slips that break no law (a value that could as well be right) are counted with the rest.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults import HEADERS, Case, Release
from slip_kinds import SLIPS, SlipKind

from pipeline.findings import Finding
from schemas import columns as col

BATCH = 30


@dataclass
class Named:
    """What became of the slips of one kind.

    Attributes
    ----------
    planted
        How many were planted.
    row, column
        How many are named by a finding of the row, and by one on a column that was mistyped.
    row_error, column_error
        How many of these by an error.
    checks
        Checks that name the row.
    missed
        Rows without a finding on a column that was mistyped, with what was typed.
    """

    planted: int = 0
    row: int = 0
    column: int = 0
    row_error: int = 0
    column_error: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def told(self, name: str) -> str:
        """A line of the table."""
        shares = (self.row, self.row_error, self.column, self.column_error)
        parts = " ".join(f"{share / self.planted if self.planted else 0:7.0%}" for share in shares)
        return f"{name:62}{self.planted:5} {parts}  {', '.join(f'{check} {n}' for check, n in self.checks.most_common(5))}"

    def __add__(self, other: Named) -> Named:
        sums = (getattr(self, n) + getattr(other, n) for n in ("planted", "row", "column", "row_error", "column_error"))
        return Named(*sums, self.checks + other.checks)


def silent(release: Release) -> list[str]:
    """Rows of the release without error or warning, in the order of the sheet."""
    told = {f.id for f in release.findings({}, all_structures=True) if f.severity != "info" and f.check not in HEADERS}
    return [name for name in release.cases if name not in told]


def planted(release: Release, kind: SlipKind, rows: Sequence[str], each: int, seed: int) -> dict[str, Mapping[str, Any]]:
    """The changed cells of up to ``each`` rows, chosen by the seed."""
    rng = random.Random(f"{seed} {kind.family} {kind.name}")
    names = list(release.cases)
    above = dict(zip(names[1:], names[:-1], strict=True))
    found: dict[str, Mapping[str, Any]] = {}
    for name in rng.sample(list(rows), len(rows)):
        case = release.cases[name]
        if len(found) == each:
            break
        if name not in above or (kind.needs_structure and (case.structure is None or case.row[col.CLOSE_MATCH])):
            continue
        cells = kind.slip(case.row, release.cases[above[name]].row, rng)
        if cells:
            found[name] = cells
    return found


def named(release: Release, slips: Mapping[str, Mapping[str, Any]]) -> Named:
    """What the checks say of one kind of slip, some rows at a time."""
    result = Named()
    names = list(slips)
    for start in range(0, len(names), BATCH):
        batch = {name: slips[name] for name in names[start : start + BATCH]}
        cases = {name: release.cases[name].cell(cells) for name, cells in batch.items()}
        told: dict[str, list[Finding]] = defaultdict(list)
        for finding in release.findings(cases):
            if finding.severity != "info" and finding.check not in HEADERS:
                for name in {finding.id, *finding.other.split()} & batch.keys():
                    told[name].append(finding)
        for name, cells in batch.items():
            _count(result, release.cases[name], name, cells, told[name])
    return result


def _count(result: Named, case: Case, name: str, cells: Mapping[str, Any], told: Sequence[Finding]) -> None:
    on_column = [f for f in told if f.id == name and f.column in cells]
    result.planted += 1
    result.row += bool(told)
    result.row_error += any(f.severity == "error" for f in told)
    result.column += bool(on_column)
    result.column_error += any(f.severity == "error" for f in on_column)
    result.checks.update({f"{f.check}{'!' if f.severity == 'error' else ''}" for f in told})
    if not on_column:
        changes = ", ".join(f"{c}: {case.row[c]} -> {value}" for c, value in cells.items())
        result.missed.append(f"{name}  {changes}  {sorted({f'{f.check} on {f.column}' for f in told})}")


def main() -> None:
    """Plant, count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of family and name of the kinds to plant")
    parser.add_argument("--missed", type=int, default=0, help="how many slips to list that no finding on their column names")
    arguments = parser.parse_args()

    release = Release(as_published=True)
    rows = silent(release)
    print(f"{len(rows)} silent rows of {len(release.cases)}, {sum(release.cases[n].structure is not None for n in rows)} with a structure")
    print(f"{'':62}{'':5} {'row':>7} {'error':>7} {'column':>7} {'error':>7}")
    families: dict[str, Named] = defaultdict(Named)
    for kind in SLIPS:
        name = f"{kind.family}: {kind.name}"
        if arguments.only in name:
            result = named(release, planted(release, kind, rows, arguments.each, arguments.seed))
            families[kind.family] += result
            print(result.told(name))
            for line in result.missed[: arguments.missed]:
                print(f"      {line}")
            sys.stdout.flush()
    for family, result in families.items():
        print(result.told(f"all: {family}"))


if __name__ == "__main__":
    main()
