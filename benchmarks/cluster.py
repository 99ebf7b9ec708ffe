"""Work on a Dask cluster: ``python benchmarks/cluster.py index|check|merge|width [--files N] [--rows N] [--keep FOLDER]``.

``index``, ``check``, ``merge``: how much of the CPU is the command's own, with two workers and a scheduler as processes on this machine,
beside the same work without a cluster; both must say the same. The library is of small CIFs, where the share is largest: a larger file
costs its worker more, and the command as much. The rows and records are those of ``grown.py``; ``merge`` is that of two declared tables and
the accounting of what came of it, without reading them, which no worker does.

``width``: how much faster more workers are, where this machine has no cores for them: a scheduler and workers of Dask as threads, each of
which waits for a file as long as describing it would take (``--delay``), and gives back rows made beforehand. All else is done as ever:
the command lists the files, sends places, and stores what comes. Time is that of a clock here, the least of several runs.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import pickle
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pipeline.cli  # noqa: F401  (in front of what it imports: it sets the collector of circles and the threads)
from pipeline.structures.matching.library import Row, checksum
from pipeline.structures.matching.workers import Outcome, Place
from schemas import columns as col

ROOT = Path(__file__).parent.parent

#: Rock salts of these, each in cells of many sizes.
CATIONS, ANIONS = ("Li", "Na", "K", "Rb", "Mg", "Ca", "Sr", "Ba"), ("F", "Cl", "Br", "I", "O", "S", "Se", "Te")
#: Files in a folder: a thousand, as libraries have them.
SHELF = 1000
SMALL = """data_{name}
_space_group_name_H-M_alt 'F m -3 m'
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {a}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
{cation}1 {cation} 0 0 0
{anion}1 {anion} 0.5 0.5 0.5
"""


def small(files: int) -> Iterator[tuple[str, str]]:
    """Name and text of each file of a library."""
    salts = itertools.cycle(itertools.product(CATIONS, ANIONS))
    for number, (cation, anion) in zip(range(files), salts, strict=False):
        text = SMALL.format(name=f"{cation}{anion}", a=f"{4 + 0.00002 * number:.5f}", cation=cation, anion=anion)
        yield f"{number // SHELF:04}/{number:07}.cif", text


def library(folder: Path, files: int, kind: str) -> Path:
    """A library of so many small files, made unless it is there."""
    place = folder / (f"{files}.zip" if kind == "zip" else f"{files}")
    if place.exists():
        return place
    making = folder / "making"
    if kind == "zip":
        with zipfile.ZipFile(making, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in small(files):
                archive.writestr(name, text)
    else:
        for name, text in small(files):
            (making / name).parent.mkdir(parents=True, exist_ok=True)
            (making / name).write_text(text, encoding="utf-8")
    return making.rename(place)


def content(path: Path) -> list[tuple[Any, ...]]:
    """What an index holds."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT member, block, stamp, system, spacegroup, data, reason FROM file ORDER BY member, block"
        ).fetchall()


def run(*arguments: str, output: Path | None = None) -> tuple[float, float]:
    """CPU seconds of a command and its peak memory in MiB; what it prints goes to ``output``."""
    code = "import sys; from pipeline.cli import main; main(sys.argv[1:])"
    command = [sys.executable, *(("-c", code) if arguments[0] in ("index", "check") else (__file__,)), *arguments]
    with (output or Path(os.devnull)).open("wb") as said:
        process = subprocess.Popen(command, stdout=said, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):  # 1: there are findings
        raise SystemExit(f"the command ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def processor_time(process: subprocess.Popen[bytes]) -> float:
    """CPU seconds that a process has taken so far."""
    import psutil

    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and workers of one thread each as processes on loopback; its address, and all of them, the scheduler first."""
    from distributed import Client

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    start: Callable[..., subprocess.Popen[bytes]] = functools.partial(subprocess.Popen, **quiet)  # type: ignore[arg-type]
    dask = [sys.executable, "-m"]
    scheduler = [*dask, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = [*dask, "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    with tempfile.TemporaryDirectory() as scratch:
        started = [start(command, cwd=scratch) for command in (scheduler, *[worker] * workers)]
        try:
            connect: Any = Client
            with connect(address, timeout="60s", set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=60)
            yield address, started
        finally:
            for process in reversed(started):
                process.kill()
                process.wait(10)


def index(where: Path, output: Path, *more: str) -> tuple[float, float]:
    """Index a library."""
    return run("index", str(where), "--output", str(output), *more)


def check(where: Path, output: Path, *more: str) -> tuple[float, float]:
    """Check a table."""
    return run("check", str(where), "--format", "json", *more, output=output)


def merge(where: Path, output: Path, *more: str) -> tuple[float, float]:
    """Merge two tables of records and account for what came of it, without reading them."""
    return run("merged", "--keep", str(where), "--output", str(output), *more)


def table(folder: Path, rows: int) -> Path:
    """A table of so many rows that the dataset has not, made unless it is there."""
    place = folder / f"{rows}.csv"
    if not place.exists():
        import grown

        from pipeline.release.opened import opened

        grown.cells(opened(ROOT / "raw").workbook_cells, rows, 1)[[str(column) for column in col.CONTRIBUTED]].to_csv(place, index=False)
    return place


def literature(folder: Path, rows: int) -> Path:
    """Two tables of so many records together, as sources, and the entries of the dataset; made unless they are there."""
    place = folder / f"{rows}.pickle"
    if not place.exists():
        import grown
        from growth import COLUMNS

        from pipeline.ingest.declared import declared
        from pipeline.literature.source import Source
        from pipeline.release.opened import opened
        from pipeline.sources.declared import declaration

        base, sources = opened(ROOT / "raw"), []
        whole = len(base.laskowski) + len(base.liion)
        for name, published in (("laskowski", base.laskowski), ("liion", base.liion)):
            cells = grown.records(published, round(rows * len(published) / whole)).to_csv(index=False)
            read = declared(cells.encode(), f"{name}.csv", declaration({"name": f"{name}-grown", "columns": COLUMNS}, "benchmark")).table
            sources.append(Source(f"{name}-grown", name, read, states_temperature=True))
        place.write_bytes(pickle.dumps((sources, base.entries)))
    return place


def merged(where: Path, output: Path, scheduler: str | None) -> None:
    """What :func:`merge` runs."""
    from pipeline.literature import accounted, links
    from pipeline.literature.merge import measurements
    from pipeline.safety.workers import workers

    sources, entries = pickle.loads(where.read_bytes())
    with workers(1, scheduler) as by:
        found = measurements(sources, by)
        accounted(found, links(entries, found, sources), entries, by).to_csv(output, index=False)


def share(work: Callable[..., tuple[float, float]], where: Path, workers: int, scratch: Path) -> None:
    """Print how the CPU of some work on a cluster is divided."""
    here, there = scratch / "local", scratch / "cluster"
    local, least = work(where, here)
    with cluster(workers) as (address, processes):
        before = [processor_time(process) for process in processes]
        mine, peak = work(where, there, "--scheduler", address)
        scheduler, *theirs = (processor_time(process) - spent for process, spent in zip(processes, before, strict=True))
    if (content(here) != content(there)) if work is index else (here.read_bytes() != there.read_bytes()):
        raise SystemExit("the cluster gave another answer")
    whole = mine + scheduler + sum(theirs)
    print("| who | CPU s | share |")
    print("|---|---|---|")
    for name, spent in (("the command", mine), ("the scheduler", scheduler), (f"{workers} workers", sum(theirs))):
        print(f"| {name} | {spent:.1f} | {100 * spent / whole:.1f} % |")
    print(f"\nWithout a cluster: {local:.1f} s and {least:.0f} MiB; the command on a cluster: {peak:.0f} MiB. Both say the same.")


def _waited(delay: float, row: Row, _: str, __: str | None, places: Sequence[Place]) -> Outcome:
    """Wait as long as describing some files would take, and say of each what was said of one."""
    time.sleep(delay * len(places))
    block, found, reason = row[1], row[3:6], row[6]
    return Outcome([(name, block, stamp, *found, reason, checksum(name, block, stamp, *found)) for name, stamp, *_ in places])


def width(where: Path, widths: Sequence[int], delay: float, scratch: Path, runs: int) -> None:
    """Print how long an index takes with so many workers that wait in the place of work."""
    from distributed import LocalCluster

    from pipeline.structures.matching import index as indexing
    from pipeline.structures.matching import workers as working

    (row,) = working.describe_places(str(where), None, [next(_places(where))]).rows
    waiting = functools.partial(_waited, delay, row)
    took: dict[int, float] = {}
    make: Any = LocalCluster
    for workers in widths:
        times = []
        for run in range(runs):
            with (
                make(n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=None) as local,
                patch.object(working, "describe_places", waiting),
            ):
                start, spent = time.monotonic(), time.process_time()
                tally = indexing.index([where], scratch / f"{workers}-{run}.index", scheduler=local.scheduler_address)
                times.append((time.monotonic() - start, time.process_time() - spent))
        took[workers] = min(times)[0]
        print(f"{workers} workers: {took[workers]:.2f} s for {tally.structures} files, {min(times)[1]:.2f} s of it CPU of all threads")
    first = widths[0]
    print("\n| workers | s | times as fast |")
    print("|---|---|---|")
    for workers, seconds in took.items():
        print(f"| {workers} | {seconds:.2f} | {took[first] / seconds:.2f} |")


def _places(where: Path) -> Iterator[Any]:
    from pipeline.structures.matching.library import members

    return ((member.name, member.stamp, member.part, member.is_wanted) for member in members(where))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["index", "check", "merge", "width", "merged"])
    parser.add_argument("--files", type=int, default=0, help="by default 100,000 for index, 40,000 for width")
    parser.add_argument("--rows", type=int, default=100_000, help="for check and merge")
    parser.add_argument("--kind", choices=["folder", "zip"], default="folder", help="of the library, for index")
    parser.add_argument("--workers", type=int, nargs="*", default=[], help="1 and 8 for width, else two")
    parser.add_argument("--delay", type=float, default=0.001, help="seconds that a file takes, for width")
    parser.add_argument("--runs", type=int, default=2, help="for width")
    parser.add_argument("--keep", type=Path, help="folder of what is made, which a later run uses again")
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--scheduler", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.what == "merged":
        merged(given.keep, given.output, given.scheduler)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        many = (given.workers or [2])[0]
        if given.what == "index":
            share(index, library(folder, given.files or 100_000, given.kind), many, Path(scratch))
        elif given.what == "check":
            share(check, table(folder, given.rows), many, Path(scratch))
        elif given.what == "merge":
            share(merge, literature(folder, given.rows), many, Path(scratch))
        else:
            width(library(folder, given.files or 40_000, "folder"), given.workers or [1, 8], given.delay, Path(scratch), given.runs)


if __name__ == "__main__":
    main()
