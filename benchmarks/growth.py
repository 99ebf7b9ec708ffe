"""How CPU time and memory grow with the rows, stage by stage: ``python benchmarks/growth.py [ROWS ...] [--only NAME] [--keep FOLDER]``.

Each size and each part runs in a process of its own, on the rows of ``grown.py``: the curators' sheet, its structures, and as many records
beside those of the two source tables. What is counted is the marginal cost: a part runs on sixty rows first, which pays for imports and
tables, and forgets what it told of them. The exponent is that of the growth between the first and the last size, the ratio that of the CPU
times per ten times the rows; memory is the peak of the whole process while the stage runs, imports included.
"""

from __future__ import annotations

import argparse
import functools
import gc
import hashlib
import json
import math
import os
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pipeline.cli  # noqa: F401  (in front of what it imports: it sets the collector of circles and the threads)
from pipeline.safety.limits import VARIABLE

ROOT = Path(__file__).parent.parent
RAW = ROOT / "raw"
WARM = 60
Lap = Callable[[str], None]

COLUMNS = {
    "composition": "composition", "conductivity": {"column": "conductivity", "unit": "S cm-1"}, "doi": "doi",
    "temperature": {"column": "temperature", "unit": "degC"}, "spacegroup_number": "spacegroup_number",
}  # fmt: skip
#: The same in the file of pins.
DECLARED = """
[[literature]]
name = "{name}-grown"
role = "measurements"
file = "{name}.csv"
sha256 = "{sha256}"
[literature.columns]
composition = "composition"
conductivity = {{ column = "conductivity", unit = "S cm-1" }}
temperature = {{ column = "temperature", unit = "degC" }}
doi = "doi"
spacegroup_number = "spacegroup_number"
"""


def prepare(folder: Path, rows: int) -> None:
    """Everything that is measured with so many rows: sheet, structures, and as many records of each source table.

    ``raw`` has the pins, with the records beyond the published ones as declared tables. Both source tables also lie there whole, with
    entries beside them: these are copies at every size, since the formulas of copies are longer than those that were published, and take
    a fifth longer to read.
    """
    import grown

    from pipeline.ingest import workbook
    from pipeline.release.opened import opened

    grown.write(RAW, folder, rows)
    base, own = opened(RAW), folder / "raw"
    shutil.copytree(RAW, own, ignore=shutil.ignore_patterns("downloads"))
    (own / "downloads").symlink_to(RAW / "downloads")
    with (own / "sources.toml").open("a") as pins:
        for name, table in (("liion", base.liion), ("laskowski", base.laskowski)):
            records = round(rows * len(table) / len(base.workbook_cells))
            grown.records(table, records, 1).to_csv(folder / f"{name}.csv", index=False)
            if records > len(table):
                grown.records(table, records - len(table), 1).to_csv(own / f"{name}.csv", index=False)
                sha256 = hashlib.sha256((own / f"{name}.csv").read_bytes()).hexdigest()
                pins.write(DECLARED.format(name=name, sha256=sha256))
    (folder / "copies.pickle").write_bytes(pickle.dumps(workbook.entries(grown.cells(base.workbook_cells, rows, 1))))
    (folder / "complete").touch()


#: What the stages of the line work out, in their order.
ASKED = {
    "ingest workbook": ("workbook_cells",), "": ("literature", "contributed", "merged", "links"), "correct": ("corrections", "entries"),
    "match": ("split", "structures", "matches"),
}  # fmt: skip


def line(folder: Path, lap: Lap, scratch: Path) -> None:
    """The assembly line, stage by stage as its ledger names them. Leaves the release, and what a search for a split needs."""
    from pipeline import build
    from pipeline.release import gate as release_gate
    from pipeline.reporting import progress

    opened: list[Any] = []

    class Timed(progress.Ledger):
        """A ledger that takes the time of each stage; what lies between two stages belongs to the later one."""

        @contextmanager
        def stage(self, name: str, doing: str) -> Iterator[progress.Stage]:
            with super().stage(name, doing) as stage:
                yield stage
            lap(name if name in (*ASKED, "check", "emit", "report and gate") else "")

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            lap("report and gate")
            found = function(*arguments)
            lap(name)
            return found

        return run

    def fetched(*arguments: Any) -> Any:
        """What a stage works out is asked for in the order of the stages: the note of an early one may ask for what a later one makes."""
        base = fetch(*arguments)
        base.__dict__["_noisy"] = dict.fromkeys((folder / "noisy.txt").read_text().split(), "source")
        opened[:] = [base]
        lap("")
        for name, asked in ASKED.items():
            for each in asked:
                getattr(base, each)
            lap(name)
        return base

    fetch = build._fetch
    options = build.Options(folder / "raw", scratch / "release", workbook=folder / "sheet.xlsx", structures=folder / "cifs")
    with (
        patch.object(build, "Ledger", Timed),
        patch.object(build, "_fetch", fetched),
        patch.object(build.emit, "report", timed("report", build.emit.report)),
        patch.object(release_gate, "gate", timed("gate", release_gate.gate)),
    ):
        build.build(options)
    base = opened[0]
    (folder / "entries.pickle").write_bytes(pickle.dumps((base.entries, sorted(base.texts), frozenset(base.split.test))))
    shutil.rmtree(folder / "release", ignore_errors=True)
    shutil.move(scratch / "release", folder / "release")


def literature(folder: Path, lap: Lap, _: Path) -> None:
    """Both source tables as declared ones, and entries linked to them."""
    import scipy.spatial  # noqa: F401  (an import that only large releases need)

    from pipeline.ingest.declared import declared
    from pipeline.literature import accounted, links, records
    from pipeline.literature.merge import measurements
    from pipeline.literature.source import Source
    from pipeline.sources.declared import declaration

    entries = pickle.loads((folder / "copies.pickle").read_bytes())
    lap("")
    sources = []
    for name in ("laskowski", "liion"):
        told = declaration({"name": f"{name}-grown", "columns": COLUMNS}, "benchmark")
        read = declared((folder / f"{name}.csv").read_bytes(), f"{name}.csv", told).table
        sources.append(Source(f"{name}-grown", name, read, "measurements", states_temperature=True))
    lap("ingest records")
    merged = measurements(sources)
    lap("merge")
    linked = links(entries, merged, sources)
    merged = accounted(merged, linked, entries)
    records(merged, sources, linked)
    lap("curate")


def split_search(folder: Path, lap: Lap, _: Path) -> None:
    """A new split of the release that the line left; then copies placed that are all new, of which nothing is known yet."""
    from pipeline.split.annealing import search
    from pipeline.split.bonds import extend

    entries, structures, test = pickle.loads((folder / "entries.pickle").read_bytes())
    lap("")
    search(entries.loc[sorted(entries.index)], structures, 1, reference_test_ids=test)
    lap("split search")
    copies = pickle.loads((folder / "copies.pickle").read_bytes())
    forget()
    gc.collect()
    lap("")
    extend(copies, [], [])
    lap("split of new rows")


def contribute(folder: Path, lap: Lap, _: Path) -> None:
    """As many rows and structures that the dataset has not, as a contributor brings them."""
    from pipeline.contribute.check import check
    from pipeline.reporting.formats import render

    lap("")
    render(check(folder / "rows.csv", folder / "rows.zip", RAW).report, "text")
    lap("contribute check")


def perturb(folder: Path, lap: Lap, scratch: Path) -> None:
    """Noise on every structure, and how the release that the line left differs from the one with the new files."""
    from pipeline.release.compare.diff import difference
    from pipeline.release.compare.diff_formats import FORMATS
    from pipeline.release.compare.published import Published, published
    from pipeline.structures.noise import open_seed
    from pipeline.structures.perturb_folder import perturb_folder

    files = scratch / "cifs"
    shutil.copytree(folder / "release" / "all_randomized_cifs", files)
    for path in files.iterdir():
        if b"ICSD" in path.read_bytes().upper():  # an open seed is for open structures
            path.unlink()
    lap("")
    done = perturb_folder(files, scratch / "noisy", open_seed(1))
    lap("perturb")
    old = published(str(folder / "release"), folder / "raw")
    moved = {f"all_randomized_cifs/{name}": each.text.encode() for name, each in done.items()}
    new = Published("moved", {**old.contents, **moved})
    lap("")
    FORMATS["text"](difference(old, new))
    lap("diff")


def matching(folder: Path, lap: Lap, scratch: Path) -> None:
    """The structures as a library; the rows matched against the published ones, since a larger library has more to propose."""
    from pipeline import sources
    from pipeline.commands.match import propose
    from pipeline.structures.matching.index import index

    published = scratch / "published"
    published.mkdir()
    for name, text in sources.open_archive(sources.default_pin(RAW), RAW).structures().items():
        (published / f"{name}.cif").write_text(text, encoding="utf-8")
    index([published], scratch / "published.index")
    forget()  # the first rows of the library are the published ones
    lap("")
    index([folder / "cifs"], scratch / "library.index")
    lap("index")
    propose(folder / "rows.csv", [scratch / "published.index"])
    lap("match with an index")


PARTS: tuple[Callable[[Path, Lap, Path], None], ...] = (line, literature, split_search, contribute, perturb, matching)


def forget() -> None:
    """Empty what the program remembers of texts; what it read from tables of its own stays."""
    for each in gc.get_objects():
        if (
            isinstance(each, functools._lru_cache_wrapper)
            and str(each.__module__).startswith("pipeline")
            and each.cache_parameters()["maxsize"]
        ):
            each.cache_clear()


def peak() -> float:
    """The largest resident memory in MiB since this was asked last, where the system can forget it (Linux); else of the whole process."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]
    Path("/proc/self/clear_refs").write_text("5")
    return int(found) / 1024


def measured(part: Callable[[Path, Lap, Path], None], warm: Path, folder: Path) -> dict[str, tuple[float, float]]:
    """CPU seconds and peak MiB of each stage of a part."""
    found: dict[str, tuple[float, float]] = {}
    last = 0.0

    def lap(name: str) -> None:
        nonlocal last
        now = time.process_time()
        if name:
            before = found.get(name, (0.0, 0.0))
            found[name] = before[0] + now - last, max(before[1], peak())
        last = time.process_time()

    for each in (warm, folder):
        found.clear()
        forget()
        gc.collect()
        with tempfile.TemporaryDirectory() as scratch:
            part(each, lap, Path(scratch))
    return found


def told(results: dict[int, dict[str, tuple[float, float]]]) -> Iterator[str]:
    """The table: one line a stage."""
    sizes = sorted(results)
    first, last = sizes[0], sizes[-1]
    yield (
        "| stage | "
        + " | ".join(f"{rows:,} rows, CPU s" for rows in sizes)
        + " | exponent | CPU of ten times the rows | "
        + " | ".join(f"MiB at {rows:,}" for rows in sizes)
        + " |"
    )
    yield "|---" * (2 * len(sizes) + 3) + "|"
    for stage in results[first]:
        spent = [results[rows][stage][0] for rows in sizes]
        exponent = math.log(spent[-1] / spent[0]) / math.log(last / first) if len(sizes) > 1 else math.nan
        memory = " | ".join(f"{results[rows][stage][1]:.0f}" for rows in sizes)
        yield f"| {stage} | " + " | ".join(f"{each:.2f}" for each in spent) + f" | {exponent:.2f} | {10**exponent:.1f} | {memory} |"


def a_row(release: Path, entries: Path, rows: int) -> dict[str, float]:
    """How much of what a release holds there is for each row: were this to grow with the rows, the data would, not the program's cost."""
    import pandas as pd

    from pipeline.split.bonds import groups

    tables = {
        name: pd.read_csv(release / f"{name}.csv", dtype="str")
        for name in ("findings", "candidates", "links", "measurements", "structures")
    }
    found: dict[str, float] = {name: len(table) / rows for name, table in tables.items()}
    families = tables["findings"]["check"].str.partition(".")[0].value_counts()
    found |= {f"findings of {family}": float(count) / rows for family, count in families.items()}
    found |= {f"structures {match}": float(count) / rows for match, count in tables["structures"]["match"].value_counts().items()}
    return found | {"groups of the split": groups(pickle.loads(entries.read_bytes())[0]).nunique() / rows}


def compared(place: Path, sizes: list[int]) -> Iterator[str]:
    """The table of what there is a row."""
    found = {rows: a_row(place / str(rows) / "release", place / str(rows) / "entries.pickle", rows) for rows in sizes}
    yield "| for each row | " + " | ".join(f"{rows:,} rows" for rows in sizes) + " |"
    yield "|---" * (len(sizes) + 1) + "|"
    for name in found[sizes[0]]:
        yield f"| {name} | " + " | ".join(f"{found[rows].get(name, 0.0):.3f}" for rows in sizes) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="*", default=[599, 5_999])
    parser.add_argument("--only", default="", help="parts whose name holds this text: " + ", ".join(part.__name__ for part in PARTS))
    parser.add_argument("--keep", type=Path, help="folder for what is made, which a later run uses again")
    parser.add_argument("--runs", type=int, default=1, help="runs of each part; the least of each figure counts")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = given.keep or Path(scratch)
        if given.one:
            name, rows = given.one[0], int(given.one[1])
            if name == "prepare":
                prepare(place / str(rows), rows)
            else:
                part = next(part for part in PARTS if part.__name__ == name)
                print(json.dumps(measured(part, place / str(WARM), place / str(rows))))
            return

        def run(name: str, rows: int) -> str:
            command = [sys.executable, __file__, "--keep", str(place), "--one", name, str(rows)]
            raised = {**os.environ, VARIABLE: "10"}  # a contribution has structures for 1,000 rows at most
            return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=raised).stdout.strip()

        results: dict[int, dict[str, tuple[float, float]]] = {rows: {} for rows in given.rows}
        for rows in (WARM, *given.rows):
            if not (place / str(rows) / "complete").is_file():
                run("prepare", rows)
        for part in PARTS:
            if given.only not in part.__name__:
                continue
            for rows in given.rows:
                runs = [json.loads(run(part.__name__, rows).splitlines()[-1]) for _ in range(given.runs)]
                for stage in runs[0]:
                    results[rows][stage] = min(each[stage][0] for each in runs), min(each[stage][1] for each in runs)
        print("\n".join(told(results)))
        if not given.only:
            print("\n" + "\n".join(compared(place, sorted(given.rows))))


if __name__ == "__main__":
    main()
