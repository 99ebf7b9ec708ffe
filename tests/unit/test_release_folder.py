"""The release folder takes its place whole or not at all, and only that of a release, an empty folder, or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.release.folder import replaced, require_replaceable
from pipeline.release.manifest import write_checksums
from pipeline.safety.outputs import folders


def names(path: Path) -> list[str]:
    return sorted(p.name for p in path.iterdir())


def release(folder: Path, **files: str) -> Path:
    """A release of this program in small: RELEASE.json, a few files, their sums."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"name": "OBELiX", "made_with": {"obelix-curate": "0"}, "source": {}}
    for name, text in {"RELEASE.json": json.dumps(about), "all.csv": "ID\nold\n", "figures/one.svg": "<svg/>", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    write_checksums(folder)
    return folder


def build(target: Path) -> None:
    """A build in small. It judges the folder before it works, as the real one does."""
    require_replaceable(target)
    with replaced(target) as scratch:
        release(scratch, **{"all.csv": "ID\nnew\n"})


def tree(folder: Path) -> dict[str, bytes | str]:
    """Everything that a folder holds, links as what they point to."""
    every = sorted(folder.rglob("*"))
    return {
        path.relative_to(folder).as_posix(): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else "folder"
        for path in every
    }


def new_in(folder: Path) -> bool:
    return (folder / "all.csv").read_text() == "ID\nnew\n"


def test_a_new_folder_takes_its_place(tmp_path: Path) -> None:
    with replaced(tmp_path / "deep" / "out") as scratch:
        (scratch / "new").write_text("1")
        assert not (tmp_path / "deep" / "out").exists()
    assert names(tmp_path / "deep" / "out") == ["new"]
    assert names(tmp_path / "deep") == ["out"]


@pytest.fixture(params=[True, False], ids=["exchange", "two renames"])
def exchange(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(folders, "_exchange", lambda one, other: False)


@pytest.mark.usefixtures("exchange")
def test_a_release_is_replaced_and_hidden_files_stay(tmp_path: Path) -> None:
    old = release(tmp_path / "out")
    (old / ".gitkeep").write_text("")
    (old / ".notes").mkdir()
    (old / ".notes" / "deep").write_text("mine")
    (old / "figures" / ".hidden").write_text("mine too")
    (old / "figures" / "one.svg").unlink()  # a file that is gone does no harm
    with replaced(old) as scratch:
        release(scratch, **{"all.csv": "ID\nnew\n"})
        assert (old / "all.csv").read_text() == "ID\nold\n"
    assert new_in(old)
    assert (old / ".notes" / "deep").read_text() == "mine"
    assert (old / "figures" / ".hidden").read_text() == "mine too"
    assert names(old) == [".gitkeep", ".notes", "RELEASE.json", "SHA256SUMS", "all.csv", "figures"]
    assert names(tmp_path) == ["out"]


def test_an_empty_folder_is_replaced_and_keeps_what_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o750)
    (tmp_path / "out" / ".gitkeep").write_text("")
    (tmp_path / "out" / ".link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "out" / ".pipe")
    build(tmp_path / "out")
    assert new_in(tmp_path / "out")
    assert {".gitkeep", ".link", ".pipe"} <= set(names(tmp_path / "out"))
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750


# --- what is refused -------------------------------------------------------------------------------------------------
def added(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def added_below(folder: Path) -> None:
    (folder / "figures" / "mine.svg").write_text("mine")


def added_link(folder: Path) -> None:
    (folder / "linked.csv").symlink_to("all.csv")


def linked_folder(folder: Path) -> None:
    (folder / "linked").symlink_to("figures")


def a_listed_file_became_a_link(folder: Path) -> None:
    (folder / "all.csv").rename(folder.parent / "mine.csv")
    (folder / "all.csv").symlink_to("../mine.csv")


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def edited(folder: Path) -> None:
    (folder / "all.csv").write_text("ID\nmine\n")


def edited_manifest(folder: Path) -> None:
    path = folder / "RELEASE.json"
    path.write_text(path.read_text().replace("OBELiX", "Mine"))


def no_sums(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()


def no_manifest(folder: Path) -> None:
    (folder / "RELEASE.json").unlink()


def another_s_manifest(folder: Path) -> None:
    (folder / "RELEASE.json").write_text('{"version": "1.0"}')
    write_checksums(folder)


def sums_that_lead_outside(folder: Path) -> None:
    (folder / "figures" / "mine.svg").write_text("mine")
    sums = (folder / "SHA256SUMS").read_text()
    line = sums.splitlines()[-1].split("  ")[0]
    (folder / "SHA256SUMS").write_text(
        f"{sums}{line}  ../out/figures/mine.svg\n{line}  {folder}/figures/mine.svg\n{line}  ./figures/mine.svg\n"
    )


def a_repository(folder: Path) -> None:
    (folder / ".git").mkdir()


def a_worktree(folder: Path) -> None:
    (folder / ".git").write_text("gitdir: elsewhere\n")


def the_pins(folder: Path) -> None:
    (folder / "sources.toml").write_text("")
    write_checksums(folder)


SPOILT: dict[Callable[[Path], None], str] = {
    added: "added: notes.txt",
    added_below: "added: figures/mine.svg",
    added_link: "added: linked.csv",
    linked_folder: "added: linked",
    a_listed_file_became_a_link: "added: all.csv",
    a_pipe: "added: pipe",
    edited: "edited: all.csv",
    edited_manifest: "edited: RELEASE.json",
    no_sums: "no release of this program",
    no_manifest: "no release of this program",
    another_s_manifest: "no release of this program",
    sums_that_lead_outside: "added: figures/mine.svg",
    a_repository: "holds .git",
    a_worktree: "holds .git",
    the_pins: "holds sources.toml",
}


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_folder_with_anything_foreign_is_refused_with_its_name_and_stays(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    out = release(tmp_path / "out")
    spoil(out)
    before = tree(tmp_path)
    for call in (require_replaceable, build):
        with pytest.raises(InputError) as caught:
            call(out)
        assert SPOILT[spoil] in str(caught.value)
        assert caught.value.file == str(out)
        assert caught.value.cure
        assert tree(tmp_path) == before


@pytest.mark.parametrize("where", [".", "", "..", "../..", "/", "../here", "below/.."])
def test_the_working_folder_and_its_parents_are_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    here = tmp_path / "one" / "here"
    (here / "below").mkdir(parents=True)
    monkeypatch.chdir(here)
    for empty in (False, True):
        if empty:
            (here / "below").rmdir()
            if "below" in where:
                continue
        before = tree(tmp_path)
        with pytest.raises(InputError):
            build(Path(where))
        assert tree(tmp_path) == before


def test_a_folder_of_a_person_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    for number in range(200):
        (tmp_path / "home" / f"photo {number:03}.jpg").write_text("mine")
    with pytest.raises(InputError, match=r"photo 000\.jpg, photo 001\.jpg.* and 190 more"):
        build(tmp_path / "home")
    assert len(names(tmp_path / "home")) == 200


@pytest.mark.usefixtures("exchange")
def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    release(tmp_path / "store" / "v1")
    (tmp_path / "latest").symlink_to("store/v1")
    build(tmp_path / "latest")
    assert str((tmp_path / "latest").readlink()) == "store/v1"
    assert new_in(tmp_path / "store" / "v1")
    assert names(tmp_path / "store") == ["v1"]
    (tmp_path / "dangling").symlink_to("store/v2")
    build(tmp_path / "dangling")
    assert str((tmp_path / "dangling").readlink()) == "store/v2"
    assert new_in(tmp_path / "store" / "v2")


def test_a_folder_that_is_read_is_never_written(tmp_path: Path) -> None:
    (tmp_path / "raw" / "contributions").mkdir(parents=True)
    (tmp_path / "link").symlink_to("raw")
    for target in ("raw", "link", "raw/contributions", "raw/contributions/new", "link/contributions/new"):
        with pytest.raises(InputError):
            require_replaceable(tmp_path / target, [tmp_path / "raw"], [tmp_path / "raw" / "contributions"])


# --- runs that do not end well ---------------------------------------------------------------------------------------
def fail_inside(target: Path) -> None:
    with replaced(target) as scratch:
        (scratch / "new").write_text("1")
        raise RuntimeError("stop")


def test_a_failing_build_leaves_the_old_release_and_no_folder_that_it_made(tmp_path: Path) -> None:
    old = release(tmp_path / "out")
    before = tree(tmp_path)
    with pytest.raises(RuntimeError):
        fail_inside(old)
    with pytest.raises(RuntimeError):
        fail_inside(tmp_path / "deep" / "deeper" / "out")
    assert tree(tmp_path) == before


def meddled(target: Path) -> None:
    with replaced(target) as scratch:
        release(scratch)
        (target / "notes.txt").write_text("written during the build")


@pytest.mark.usefixtures("exchange")
def test_a_file_that_comes_during_the_build_is_kept(tmp_path: Path) -> None:
    old = release(tmp_path / "out")
    with pytest.raises(InputError, match=r"added: notes\.txt") as caught:
        meddled(old)
    assert caught.value.file == str(old)
    assert (old / "notes.txt").read_text() == "written during the build"
    assert (old / "all.csv").read_text() == "ID\nold\n"
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
    old = release(tmp_path / "out")
    before = tree(old)
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(old)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"
    with pytest.raises(InputError, match="another run"), replaced(old):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert tree(old) == before
    assert len(names(tmp_path)) == 3, "lock and half-written folder lie beside"
    build(old)
    assert new_in(old)
    assert names(tmp_path) == ["out"]


def test_a_build_killed_between_two_renames_is_brought_back(tmp_path: Path) -> None:
    left = tmp_path / ".out.building-1234"
    release(left / "old")
    release(left / "new")
    (left / folders.MARKER).touch()
    with pytest.raises(RuntimeError):
        fail_inside(tmp_path / "out")
    assert (tmp_path / "out" / "all.csv").read_text() == "ID\nold\n"
    assert names(tmp_path) == ["out"]


def test_a_build_killed_before_it_moved_the_hidden_files_is_finished(tmp_path: Path) -> None:
    left = tmp_path / ".out.building-1234"
    release(left / "new")
    (left / "new" / ".gitkeep").write_text("mine")
    (left / folders.MARKER).touch()
    release(tmp_path / "out")
    build(tmp_path / "out")
    assert (tmp_path / "out" / ".gitkeep").read_text() == "mine"


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_only_bears_the_name_of_a_scratch_folder_is_left_alone(tmp_path: Path, kind: str) -> None:
    beside, lock = tmp_path / ".out.building-notes", tmp_path / ".out.lock"
    lock.write_text("mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("mine")
    if kind == "folder":
        beside.mkdir()
        (beside / "x").write_text("mine")
    elif kind == "file":
        beside.write_text("mine")
    else:
        (tmp_path / "mine" / folders.MARKER).touch()
        beside.symlink_to("mine")
    before = tree(tmp_path)
    build(tmp_path / "out")
    assert {name: held for name, held in tree(tmp_path).items() if not name.startswith("out")} == before


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written") as caught, replaced(tmp_path / "file" / "out"):
        pass
    assert caught.value.cure


def test_a_file_in_the_place_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="a file stands"), replaced(tmp_path / "out"):
        pass
    assert (tmp_path / "out").read_text() == "mine"


def test_others_may_read_the_folder(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with replaced(tmp_path / "out"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
