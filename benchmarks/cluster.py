"""Indexing on a Dask cluster: ``python benchmarks/cluster.py share|width [--files N] [--kind folder|zip] [--keep FOLDER]``.

``share``: how much of the CPU of ``index --scheduler`` is the command's own, with two workers and a scheduler as processes on this machine.
The library is of small CIFs, where the share is largest: a larger file costs its worker more, and the command as much. The same library is
indexed without a cluster too, and both indexes must hold the same.

``width``: how much faster more workers are, where this machine has no cores for them: a scheduler and workers of Dask as threads, each of
which waits for a file as long as describing it would take (``--delay``), and gives back rows made beforehand. All else is done as ever:
the command lists the files, sends places, and stores what comes. Time is that of a clock here, the least of several runs.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
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

import pipeline  # noqa: F401  (in front of what it imports)

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


def indexed(where: Path, output: Path, *more: str) -> tuple[float, float]:
    """CPU seconds of the command and its peak memory in MiB."""
    code = "import sys; from pipeline.cli import main; main(sys.argv[1:])"
    process = subprocess.Popen([sys.executable, "-c", code, "index", str(where), "--output", str(output), *more], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
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


def share(where: Path, workers: int, scratch: Path) -> None:
    """Print how the CPU of an index on a cluster is divided."""
    local, least = indexed(where, scratch / "local.index")
    with cluster(workers) as (address, processes):
        before = [processor_time(process) for process in processes]
        mine, peak = indexed(where, scratch / "cluster.index", "--scheduler", address)
        scheduler, *theirs = (processor_time(process) - spent for process, spent in zip(processes, before, strict=True))
    if content(scratch / "local.index") != content(scratch / "cluster.index"):
        raise SystemExit("the cluster gave another index")
    whole = mine + scheduler + sum(theirs)
    print("| who | CPU s | share |")
    print("|---|---|---|")
    for name, spent in (("the command", mine), ("the scheduler", scheduler), (f"{workers} workers", sum(theirs))):
        print(f"| {name} | {spent:.1f} | {100 * spent / whole:.1f} % |")
    print(f"\nWithout a cluster: {local:.1f} s and {least:.0f} MiB; the command on a cluster: {peak:.0f} MiB. Both indexes hold the same.")


def width(where: Path, widths: Sequence[int], delay: float, scratch: Path, runs: int) -> None:
    """Print how long an index takes with so many workers that wait in the place of work."""
    from distributed import LocalCluster

    from pipeline.structures.matching import index as indexing
    from pipeline.structures.matching import workers as working
    from pipeline.structures.matching.library import checksum

    (row,) = working.describe_places(str(where), None, [next(_places(where))]).rows
    block, found, reason = row[1], row[3:6], row[6]

    def waiting(_: str, __: str | None, places: Sequence[working.Place]) -> working.Outcome:
        time.sleep(delay * len(places))
        return working.Outcome([(name, block, stamp, *found, reason, checksum(name, block, stamp, *found)) for name, stamp, *_ in places])

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
    parser.add_argument("what", choices=["share", "width"])
    parser.add_argument("--files", type=int, default=0, help="by default 100,000 for share, 40,000 for width")
    parser.add_argument("--kind", choices=["folder", "zip"], default="folder", help="of the library, for share")
    parser.add_argument("--workers", type=int, nargs="*", default=[], help="two for share, 1 and 8 for width")
    parser.add_argument("--delay", type=float, default=0.001, help="seconds that a file takes, for width")
    parser.add_argument("--runs", type=int, default=2, help="for width")
    parser.add_argument("--keep", type=Path, help="folder of the library, which a later run uses again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if given.what == "share":
            share(library(folder, given.files or 100_000, given.kind), (given.workers or [2])[0], Path(scratch))
        else:
            width(library(folder, given.files or 40_000, "folder"), given.workers or [1, 8], given.delay, Path(scratch), given.runs)


if __name__ == "__main__":
    main()
