"""The whole line on the real sources."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.ingest.workbook import cells
from pipeline.release.manifest import write_checksums
from pipeline.sources import Archive
from schemas import columns as col


def same_cells(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.shape == other.shape and all(
        type(a) is type(b) and a == b for column in one.columns for a, b in zip(one[column], other[column], strict=True)
    )


def test_the_sheet_as_published_equals_the_workbook(built_as_published: Path, published_cells: pd.DataFrame) -> None:
    sheet = cells((built_as_published / "all.xlsx").read_bytes(), "all.xlsx")
    assert sheet.shape == (599, 28)
    assert same_cells(sheet, published_cells)


def test_the_csv_as_published_equals_the_workbook(built_as_published: Path, published_cells: pd.DataFrame) -> None:
    """Every field of the CSV, read as text, is its cell: whole numbers without a point, blanks empty, white space kept."""
    table = pd.read_csv(built_as_published / "all.csv", dtype=str, keep_default_na=False)
    assert list(table.columns) == list(published_cells.columns)
    for column in table.columns:
        for field, cell in zip(table[column], published_cells[column], strict=True):
            if cell is None:
                assert field == ""
            elif isinstance(cell, str):
                assert field == cell
            else:
                assert type(cell)(field) == cell
                assert isinstance(cell, int) or not field.isdigit()


def test_the_split_as_published_is_the_published_one(built_as_published: Path, archive: Archive) -> None:
    for side in ("train", "test"):
        assert (built_as_published / f"{side}_idx.csv").read_bytes() == archive.read(side)


def test_the_processed_table_as_published_is_the_published_one(built_as_published: Path, archive: Archive) -> None:
    import io

    ours = pd.read_csv(built_as_published / "processed.csv", dtype=str, keep_default_na=False)
    published = pd.read_csv(io.BytesIO(archive.read("processed")), dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(ours.drop(columns=[str(column) for column in col.ADDED]), published)


def test_every_file_is_in_the_checksums_and_agrees(built: Path) -> None:
    lines = [line.split("  ", 1) for line in (built / "SHA256SUMS").read_text().splitlines()]
    listed = {name: digest for digest, name in lines}
    files = {p.relative_to(built).as_posix() for p in built.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    assert set(listed) == files
    assert all(hashlib.sha256((built / name).read_bytes()).hexdigest() == digest for name, digest in listed.items())


def command(out: Path, *options: str, hash_seed: str = "0", cwd: Path | None = None) -> subprocess.Popen[str]:
    raw = Path(__file__).parents[2] / "raw"
    call = [sys.executable, "-m", "pipeline.cli", "build", "--raw", str(raw), "--out", str(out), "--quick", *options]
    return subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONHASHSEED": hash_seed}, cwd=cwd
    )


def test_killed_on_the_way_the_old_release_stays_whole_and_the_next_build_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    """The next one runs elsewhere and later under another hash seed: none of them shows."""
    out = tmp_path / "elsewhere" / "out"
    shutil.copytree(built, out)
    (out / "report.html").write_text("of the old release")
    write_checksums(out)
    before = {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    process = command(out)
    while process.poll() is None and not list(out.parent.glob(".out.building-*/new/all_randomized_cifs")):
        time.sleep(0.01)
    assert process.poll() is None, "the build ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    again = command(out, hash_seed="12345", cwd=tmp_path)
    _, errors = again.communicate(timeout=120)
    assert again.returncode in (0, 1), errors
    assert errors == "", "nothing is printed on the way in a pipe"
    assert (out / "SHA256SUMS").read_text() == (built / "SHA256SUMS").read_text()
    assert not (out / "report.html").exists()
    assert [p.name for p in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ('{id: "zzz", column: Z, expect: 1, value: 2, reason: r, evidence: e, status: accepted}', "matches nothing"),
        ('{id: "jqc", column: Z, expect: 7, value: 2, reason: r, evidence: e, status: accepted}', "matches nothing"),
        ('{id: "jqc", column: colour, expect: 7, value: 2, reason: r, evidence: e, status: accepted}', "'colour' is not one of"),
    ],
)
def test_a_correction_that_matches_nothing_ends_with_2(raw: Path, tmp_path: Path, item: str, said: str) -> None:
    decisions = tmp_path / "raw"
    decisions.mkdir()
    shutil.copy(raw / "sources.toml", decisions)
    (decisions / "downloads").symlink_to(raw / "downloads")
    (decisions / "corrections.yaml").write_text(f"- {item}\n")
    ran = CliRunner().invoke(main, ["build", "--raw", str(decisions), "--out", str(tmp_path / "out"), "--quick"])
    assert ran.exit_code == 2
    assert said in ran.output
    assert "Traceback" not in ran.output
    assert not (tmp_path / "out").exists()


def test_an_unwritable_place_ends_with_2(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = CliRunner().invoke(main, ["build", "--raw", str(raw), "--out", str(tmp_path / "file" / "out"), "--quick"])
    assert ran.exit_code == 2
    assert "cannot be written" in ran.output


def test_a_folder_without_pins_ends_with_2(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["build", "--raw", str(tmp_path), "--out", str(tmp_path / "out")])
    assert ran.exit_code == 2
    assert "sources.toml" in ran.output


def test_fetch_verifies_what_is_there(raw: Path) -> None:
    ran = CliRunner().invoke(main, ["fetch", "--raw", str(raw)])
    assert ran.exit_code == 0
    assert [line.split(":")[0] for line in ran.output.splitlines()] == ["1.2.0", "1.0.1", "1.1.1"]


def test_an_unknown_pin_is_told(raw: Path) -> None:
    ran = CliRunner().invoke(main, ["fetch", "9.9.9", "--raw", str(raw)])
    assert ran.exit_code == 2
    assert "the pins are 1.2.0" in ran.output
