"""An output is never an input, and takes the place of an earlier output of its format only."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import FORMATS, main
from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.errors import InputError
from pipeline.reporting.formats import is_earlier, render
from pipeline.reporting.report import CheckedRow, Item, Report
from pipeline.safety.outputs import Output
from tests.contributed.tables import TABLES, good, rock_salt, zipped


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a table, its structures as an archive and as a folder, and a file of somebody's own."""
    folder = tmp_path / "desk"
    (folder / "cifs").mkdir(parents=True)
    monkeypatch.chdir(folder)
    Path("t.csv").write_bytes(good().data)
    Path("cifs.zip").write_bytes(zipped(good().structures))
    for name, text in good().structures.items():
        (folder / "cifs" / f"{name}.cif").write_text(text)
    Path("own.txt").write_text("mine\n")
    return folder


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def check(output: str, *more: str, cifs: str = "cifs.zip") -> Result:
    return call("check", "t.csv", "--cifs", cifs, "--without-dataset", "--output", output, *more)


def held() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def refused(done: Result, before: dict[str, bytes]) -> None:
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert "cure: " in done.stderr
    assert held() == before


def aliases(path: str) -> list[str]:
    """The file by other names: another spelling, a link, a link to a link, a hard link."""
    name = Path(path).name
    Path(f"link-{name}").symlink_to(path)
    Path(f"second-{name}").symlink_to(f"link-{name}")
    Path(f"hard-{name}").hardlink_to(path)
    return [path, f"./{path}", f"../desk/{path}", str(Path(path).absolute()), f"link-{name}", f"second-{name}", f"hard-{name}"]


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["", "force"])
def test_an_input_of_check_is_never_its_output(force: tuple[str, ...]) -> None:
    for source, cifs in (("t.csv", "cifs.zip"), ("cifs.zip", "cifs.zip"), ("cifs/salt.cif", "cifs")):
        for name in aliases(source):
            before = held()
            refused(check(name, *force, cifs=cifs), before)
    before = held()
    refused(check("cifs/new.cif", *force, cifs="cifs"), before)  # the next run would read it
    refused(check("raw/contributions/x.txt", *force), before)


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["", "force"])
def test_an_input_of_match_is_never_its_output(force: tuple[str, ...]) -> None:
    assert call("index", "cifs", "--output", "own.index").exit_code == 0
    for source in ("t.csv", "cifs.zip", "own.index", "cifs/salt.cif"):
        libraries = [f"--library={name}" for name in ("cifs.zip", "cifs", "own.index")]
        for name in aliases(source):
            before = held()
            refused(call("match", "t.csv", *libraries, "--output", name, *force), before)


def test_a_table_in_the_columns_of_the_output_is_still_an_input() -> None:
    """An input that looks like an earlier output: recognising it must not help."""
    done = call("match", "t.csv", "--library", "cifs", "--output", "candidates.csv")
    assert done.exit_code == 0, done.output
    before = held()
    refused(call("match", "candidates.csv", "--library", "cifs", "--output", "candidates.csv"), before)


def test_any_other_file_is_replaced_with_force_only() -> None:
    before = held()
    refused(check("own.txt"), before)
    assert check("own.txt", "--force").exit_code == 0
    assert "Not compared with the dataset" in Path("own.txt").read_text()


def test_a_link_to_an_earlier_output_stays_a_link_and_permissions_stay() -> None:
    Path("out").mkdir()
    Path("report").symlink_to("out/report.txt")
    assert check("report").exit_code == 0
    Path("out/report.txt").chmod(0o640)
    first = Path("out/report.txt").stat().st_ino
    assert check("report").exit_code == 0
    assert Path("report").is_symlink()
    assert Path("out/report.txt").stat().st_ino != first, "the second run did not write"
    assert Path("out/report.txt").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in Path("out").iterdir()] == ["report.txt"]


def test_an_empty_file_may_be_written() -> None:
    Path("empty").touch()
    assert check("empty").exit_code == 0
    assert Path("empty").read_text()


@pytest.mark.parametrize("name", ["", ".", "..", "/", "cifs", "/dev/null", "pipe", "link-to-pipe", "missing/report", "own.txt/report"])
def test_what_is_no_file_is_refused(name: str) -> None:
    os.mkfifo("pipe")
    Path("link-to-pipe").symlink_to("pipe")
    device = Path("/dev/null").stat().st_rdev
    before = held()
    for force in ((), ("--force",)):
        refused(check(name, *force), before)
    assert Path("/dev/null").stat().st_rdev == device


# --- earlier outputs are recognised ----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", FORMATS)
def test_every_report_of_a_format_is_an_earlier_output_of_it_and_of_no_other(kind: str) -> None:
    for name, make in TABLES.items():
        sent = make()
        found = check_table(sent.data, sent.name, None, Existing(None, "none")).report
        for compared in (None, 599):
            object.__setattr__(found, "compared", compared)
            text = render(found, kind)
            assert [other for other in FORMATS if is_earlier(other)(text)] == [kind], name


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    "text",
    [
        "mine\n",
        "{}\n",
        '{\n  "a": []\n}\n',
        "ID,Z\nabc,4\n",
        "# Notes\n\n- one\n",
        "<?xml version='1.0'?>\n<a/>\n",
        "data_x\n_cell 1\n",
        "- Entries\n",
    ],
)
def test_a_file_of_somebody_is_no_earlier_output(kind: str, text: str) -> None:
    assert not is_earlier(kind)(text)
    Path("other").write_text(text)
    before = held()
    refused(check("other", "--format", kind), before)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_long_report_is_recognised_by_its_ends(kind: str) -> None:
    items = tuple(
        Item(f"s{n}", n, "id.format", "error", "ID", "v" * 80, "", "wrong " * 30, "mend " * 30, "", line=n) for n in range(2, 900)
    )
    rows = tuple(CheckedRow(f"s{n}", n, n, "LiI", False) for n in range(2, 900))
    text = render(Report("rows.csv", rows, items), kind)
    Path("report").write_text(text)
    Output(Path("report"), is_earlier=is_earlier(kind)).write("new")
    assert Path("report").read_text() == "new"


def test_what_comes_during_the_work_is_looked_at_again() -> None:
    target = Output(Path("new.txt"))
    assert target.require() == Path("new.txt").absolute()
    Path("new.txt").write_text("mine")
    with pytest.raises(InputError, match="not an earlier output"):
        target.write("ours")
    assert Path("new.txt").read_text() == "mine"
    Path("new.txt").unlink()
    Path("new.txt").symlink_to("t.csv")
    with pytest.raises(InputError, match="an input"):
        Output(Path("new.txt"), [Path("t.csv")], force=True).write("ours")
    assert not list(Path().glob(".*.part"))


# --- the index -------------------------------------------------------------------------------------------------------
def text_file(path: Path) -> None:
    path.write_text("mine\n")


def database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [text_file, database, folder])
@pytest.mark.parametrize("name", ["lib.index", "lib.index.partial"])
def test_an_index_updates_its_own_file_only(make: Callable[[Path], None], name: str) -> None:
    make(Path(name))
    before = held()
    refused(call("index", "cifs", "--output", "lib.index"), before)
    assert not Path("lib.index.partial.copy").exists()


def test_an_index_is_brought_up_to_date_through_a_link() -> None:
    Path("store").mkdir()
    Path("lib.index").symlink_to("store/lib.index")
    assert call("index", "cifs", "--output", "lib.index").exit_code == 0
    Path("cifs/third.cif").write_text(rock_salt("Cl", 5.13))
    done = call("index", "cifs", "--output", "lib.index")
    assert "3 structures; 1 files read, 2 unchanged" in done.stdout
    assert Path("lib.index").is_symlink()
    assert [path.name for path in Path("store").iterdir()] == ["lib.index"]
    before = held()
    refused(call("index", "cifs", "lib.index", "--output", "store/lib.index"), before)
    refused(call("index", "cifs.zip", "--output", "cifs.zip"), before)
