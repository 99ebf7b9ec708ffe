"""Work on a Dask cluster: a real scheduler and two workers on loopback, one of which is killed on the way."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

pytest.importorskip("distributed", reason="needs the extra 'cluster'")

from pipeline.build import Options, build
from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.safety import cluster as clusters
from pipeline.safety import workers as handing
from pipeline.structures.matching import workers as working
from pipeline.structures.matching.index import index
from schemas import columns as col

#: Each published structure this many times: about two seconds of work, so that the killing meets it in the middle.
COPIES = 4


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a scheduler, and its two workers: processes of their own, as on other machines."""
    folder = tmp_path_factory.mktemp("dask")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    port = address.rpartition(":")[2]
    environment = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(folder), "OMP_NUM_THREADS": "1"}
    scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"]
    worker = ["dask_worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    with (folder / "log").open("wb") as log:
        started = [
            subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{command[0]}", *command[1:]], env=environment, stdout=log, stderr=log, cwd=folder
            )
            for command in (scheduler, worker, worker)
        ]
        try:
            yield address, started[1:]
        finally:
            for process in reversed(started):
                process.kill()
                process.wait(10)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, structure_texts: dict[str, str]) -> Path:
    path = tmp_path_factory.mktemp("library") / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for copy in range(COPIES):
            for name, text in structure_texts.items():
                archive.writestr(f"{copy}/{name}.cif", text)
    return path


def content(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(
            "SELECT member, block, stamp, system, spacegroup, data, reason FROM file ORDER BY member, block"
        ).fetchall()
    finally:
        connection.close()


def processor_time(processes: list[subprocess.Popen[bytes]]) -> list[float]:
    """CPU seconds of each process so far."""
    import psutil

    return [sum(psutil.Process(process.pid).cpu_times()[:2]) for process in processes]


def test_a_check_and_a_build_on_two_workers_say_what_one_process_says(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], raw: Path, built: Path, published_cells: pd.DataFrame, tmp_path: Path
) -> None:
    address, workers = cluster
    before = processor_time(workers)
    table = tmp_path / "rows.csv"
    cells = published_cells.copy()
    cells[str(col.ID)] = [f"row{n}" for n in range(len(cells))]
    cells[[str(column) for column in col.CONTRIBUTED]].to_csv(table, index=False)
    here, there = (
        CliRunner().invoke(main, ["check", str(table), "--raw", str(raw), "--format", "json", *more])
        for more in ([], ["--scheduler", address])
    )
    assert here.exit_code == there.exit_code == 1
    assert there.stdout == here.stdout
    assert here.stdout.count("duplicate.exact") > 500
    between = processor_time(workers)
    assert all(now > then for now, then in zip(between, before, strict=True))
    out = tmp_path / "out"
    build(Options(raw=raw, out=out, quick=True, scheduler=address))
    assert all(now > then for now, then in zip(processor_time(workers), between, strict=True))
    assert (out / "SHA256SUMS").read_bytes() == (built / "SHA256SUMS").read_bytes()


def test_a_worker_dies_and_nothing_is_lost(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    address, workers = cluster
    monkeypatch.setattr(working, "BATCH", 10)
    outcome: list[Any] = []
    with Client(address, timeout="30s", set_as_default=False) as watch:
        watch.wait_for_workers(2, timeout=60)
        doomed = workers[0]
        (place,) = [
            name
            for name, info in watch.scheduler_info(n_workers=-1)["workers"].items()
            if info["id"] and watch.run(os.getpid)[name] == doomed.pid
        ]

        run = threading.Thread(target=lambda: outcome.append(index([many], tmp_path / "cluster.index", scheduler=address)))
        run.start()
        deadline = time.monotonic() + 60
        while not watch.processing().get(place):
            assert time.monotonic() < deadline, "no work reached the worker"
        lost = watch.processing()[place]
        doomed.send_signal(signal.SIGKILL)
        doomed.wait(10)
        assert run.is_alive(), "the work was over before the worker was killed"
        run.join(120)
        assert not run.is_alive()
        assert len(watch.scheduler_info(n_workers=-1)["workers"]) == 1
    assert lost
    assert outcome[0].structures == 321 * COPIES
    monkeypatch.undo()
    index([many], tmp_path / "serial.index")
    assert content(tmp_path / "cluster.index") == content(tmp_path / "serial.index")


def test_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        index([tmp_path], tmp_path / "x.index", scheduler=address)


def test_a_scheduler_without_workers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(clusters, "PATIENCE", 1)
    quiet = {"dashboard_address": None, "scheduler_kwargs": {"dashboard": False, "dashboard_address": ":0"}}
    with LocalCluster(n_workers=0, processes=False, **quiet) as empty, pytest.raises(InputError, match="has no workers"):
        index([tmp_path], tmp_path / "x.index", scheduler=empty.scheduler_address)


@pytest.mark.parametrize("address", ["foo", "tcp://", "http://127.0.0.1:1", "tls://127.0.0.1:1", "127.0.0.1:port", "inproc://x"])
def test_what_is_no_address_is_told_at_once(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = time.monotonic()
    with pytest.raises(InputError, match="no Dask scheduler answers"), handing.workers(1, address):
        pass
    assert time.monotonic() - before < clusters.PATIENCE
    assert capfd.readouterr() == ("", "")


def test_a_program_that_takes_connections_and_is_no_scheduler_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 0.5)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(InputError, match="no Dask scheduler answers"), handing.workers(1, address):
            pass


def test_workers_that_are_gone_are_not_waited_for(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The last test of these workers: none is left."""
    address, workers = cluster
    monkeypatch.setattr(clusters, "ABSENT", 1)
    with handing.workers(1, address) as by:
        assert list(handing.spread(abs, [-1, 2], by)) == [1, 2]
        for process in workers:
            process.kill()
            process.wait(10)
        with pytest.raises(InputError, match="workers of the cluster are gone"):
            list(handing.spread(abs, [-1], by))
    assert capfd.readouterr() == ("", "")
