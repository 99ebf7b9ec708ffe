"""The release folder takes its place whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.release import folder as module
from pipeline.release.folder import replaced


def names(path: Path) -> list[str]:
    return sorted(p.name for p in path.iterdir())


def test_a_new_folder_takes_its_place(tmp_path: Path) -> None:
    with replaced(tmp_path / "out") as scratch:
        (scratch / "new").write_text("1")
        assert not (tmp_path / "out").exists()
    assert names(tmp_path / "out") == ["new"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("exchange", [True, False])
def test_the_old_release_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    if not exchange:
        monkeypatch.setattr(module, "_exchange", lambda one, other: False)
    old = tmp_path / "out"
    old.mkdir()
    (old / "old").write_text("0")
    (old / ".gitkeep").write_text("")
    with replaced(old) as scratch:
        (scratch / "new").write_text("1")
        assert names(old) == [".gitkeep", "old"]
    assert names(old) == [".gitkeep", "new"]
    assert names(tmp_path) == ["out"]


def fail_inside(target: Path) -> None:
    with replaced(target) as scratch:
        (scratch / "new").write_text("1")
        raise RuntimeError("stop")


def test_a_failing_build_leaves_the_old_release(tmp_path: Path) -> None:
    old = tmp_path / "out"
    old.mkdir()
    (old / "old").write_text("0")
    with pytest.raises(RuntimeError):
        fail_inside(old)
    assert names(old) == ["old"]
    assert names(tmp_path) == ["out"]


SLOW = """
import sys, time
from pathlib import Path
from pipeline.release.folder import replaced
with replaced(Path(sys.argv[1])) as scratch:
    (scratch / "half").write_text("1")
    print("inside", flush=True)
    time.sleep(60)
"""


def test_a_killed_build_leaves_the_old_release_and_the_next_cleans_up(tmp_path: Path) -> None:
    old = tmp_path / "out"
    old.mkdir()
    (old / "old").write_text("0")
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(old)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"
    with pytest.raises(InputError, match="another build"), replaced(old):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert names(old) == ["old"]
    assert len(names(tmp_path)) == 3, "lock and half-written folder lie beside"
    with replaced(old) as scratch:
        (scratch / "new").write_text("1")
    assert names(old) == ["new"]
    assert names(tmp_path) == ["out"]


def test_a_build_killed_between_two_renames_is_brought_back(tmp_path: Path) -> None:
    (tmp_path / ".out.previous").mkdir()
    (tmp_path / ".out.previous" / "old").write_text("0")
    with pytest.raises(RuntimeError):
        fail_inside(tmp_path / "out")
    assert names(tmp_path / "out") == ["old"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written") as caught, replaced(tmp_path / "file" / "out"):
        pass
    assert "--out" in caught.value.cure


def test_a_file_in_the_place_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="a file stands"), replaced(tmp_path / "out"):
        pass
    assert (tmp_path / "out").read_text() == "mine"


def test_others_may_read_the_folder(tmp_path: Path) -> None:
    with replaced(tmp_path / "out"):
        pass
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
