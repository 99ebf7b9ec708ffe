"""How the program ends: interrupted, with a reader that has gone, with a full disk, with a table that is none."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.checks.catalogue import catalogue
from pipeline.cli import main
from tests.contributed.tables import good, zipped

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-c", "from pipeline.program import main; main()")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """The suite may run where the interrupt key is ignored, as in the background of a shell, and its children with it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_bytes(good().data)
    Path("cifs.zip").write_bytes(zipped(good().structures))


def start(*arguments: str, **options: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [*PROGRAM, *arguments], env=environment, stderr=subprocess.PIPE, text=True, **{"stdout": subprocess.PIPE, **options}
    )


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


INTERRUPTS = """
import os, signal, sys
wanted = [sys.argv.pop(1)]
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name in wanted:
            wanted.remove(name)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from pipeline.program import main
main()
"""


@pytest.mark.parametrize(
    "module", ["pipeline.cli", "click", "numpy", "pandas", "pipeline.contribute.check", "gemmi", "pipeline.reporting.formats"]
)
def test_an_interruption_during_an_import_ends_with_130_and_no_traceback(module: str) -> None:
    command = [sys.executable, "-c", INTERRUPTS, module, "check", "t.csv", "--cifs", "cifs.zip", "--without-dataset"]
    ran = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert ran.returncode == 130, ran.stderr
    assert ran.stderr in ("", "interrupted\n")


def test_an_interruption_that_an_import_turns_into_another_error_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.contribute import check as module

    def importing(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            raise ImportError("numpy could not be imported") from None

    monkeypatch.setattr(module, "check", importing)
    done = call("check", "t.csv", "--without-dataset")
    assert done.exit_code == 130
    assert done.stderr == "interrupted\n"


WORKERS = """
import sys, time
from pipeline.terminal import Commands
from pipeline.safety.processes import pool
import click
main = Commands()
@main.command()
def work():
    with pool(2) as workers:
        futures = [workers.submit(time.sleep, 60) for _ in range(4)]
        time.sleep(1.5)
        print("at work", flush=True)
        [future.result() for future in futures]
if __name__ == "__main__":
    main()
"""


def test_an_interrupted_pool_ends_at_once_and_its_workers_are_silent() -> None:
    """The key reaches the whole group, as at a terminal."""
    Path("work.py").write_text(WORKERS)
    process = subprocess.Popen(
        [sys.executable, "work.py", "work"], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "interrupted\n")
    assert time.monotonic() - began < 20


def test_a_reader_that_has_gone_is_told_in_one_line() -> None:
    process = start("explain")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 2
    assert re.fullmatch(r"error: the reader of standard output has gone.*\n", err), err


def test_a_full_or_closed_standard_output_is_told_in_one_message() -> None:
    with Path("/dev/full").open("w") as full:
        process = start("explain", stdout=full)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "error: No space left on device\n")
    process = start("explain", stdout=None, preexec_fn=lambda: os.close(1))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.startswith("error: standard output is closed\n")


def test_a_full_temporary_folder_is_told_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.safety.outputs import files

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.tempfile, "mkstemp", full)
    done = call("check", "t.csv", "--without-dataset", "--output", "report.txt")
    assert done.exit_code == 2
    assert "No space left on device" in done.stderr
    assert "cure: " in done.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["cifs.zip", "t.csv"]


@pytest.fixture
def hurry() -> Iterator[None]:
    """What hangs is a failure, not a wait."""

    def late(*_: object) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("name", ["pipe", "link", "/dev/zero", "/dev/null", "missing"])
def test_what_is_no_table_is_told_and_nothing_hangs(name: str) -> None:
    os.mkfifo("pipe")
    Path("link").symlink_to("pipe")
    for arguments in (
        ("check", name, "--without-dataset"),
        ("check", "t.csv", "--without-dataset", "--cifs", name),
        ("match", name, "--library", "cifs.zip"),
        ("match", "t.csv", "--library", name),
        ("index", name, "--output", "x.index"),
    ):
        done = call(*arguments)
        assert (done.exit_code, done.stdout) == (2, ""), (arguments, done.stderr)
        assert done.stderr.startswith("error: ")
        assert "cure: " in done.stderr


def test_a_folder_is_no_table() -> None:
    for command in (("check", ".", "--without-dataset"), ("match", ".", "--library", "cifs.zip")):
        assert "this is a folder, not a table" in call(*command).stderr


def test_a_search_says_what_it_needs() -> None:
    for given, lacks in (((), "--seed N and --output DIR"), (("--seed", "1"), "--output DIR"), (("--output", "x"), "--seed N")):
        done = call("split", "--search", *given)
        assert done.exit_code == 2
        assert "a search needs --seed and --output" in done.stderr
        assert f"cure: add {lacks}\n" in done.stderr
        assert not Path("x").exists()


def test_explain_without_a_name_lists_every_check() -> None:
    done = call("explain")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.split("\n\n")[0].splitlines()] == sorted(catalogue())
