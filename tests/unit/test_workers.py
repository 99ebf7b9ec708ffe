"""Workers that read the files of a library themselves, without a cluster: what they are sent, what they give back, how wide they work."""

from __future__ import annotations

import heapq
import pickle
import zipfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.safety.unpack import parts, read_part
from pipeline.safety.workers import AHEAD, Workers
from pipeline.structures.matching import index as indexing
from pipeline.structures.matching import workers as working
from pipeline.structures.matching.index import index, load
from pipeline.structures.matching.library import Member, Row
from pipeline.structures.matching.workers import described
from tests.unit.inline import Inline, handed
from tests.unit.test_index import FILES, folder, packed, salt

__all__ = ["folder"]


def by(executor: Executor, monkeypatch: pytest.MonkeyPatch, width: int = 2) -> None:
    """Index with these workers."""
    from contextlib import nullcontext

    monkeypatch.setattr(indexing, "workers", lambda *_, **__: nullcontext(Workers(executor, lambda: width, reading=True)))


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
def test_workers_that_read_give_what_one_process_gives(folder: Path, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder if kind == "folder" else packed(folder, kind)
    tally = index([path], tmp_path / "serial.index")
    executor = Inline()
    by(executor, monkeypatch)
    assert index([path], tmp_path / "x.index", scheduler="any") == tally
    assert (tmp_path / "x.index").read_bytes() == (tmp_path / "serial.index").read_bytes()
    assert {name for name, _ in executor.sent} == {"describe_batch" if kind == "tar.gz" else "describe_places"}
    assert index([path], tmp_path / "x.index", scheduler="any").unchanged == 4


def test_what_is_sent_does_not_grow_with_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    for blanks in (0, 100_000):
        library = tmp_path / f"{blanks:06}"
        library.mkdir()
        (library / "a.cif").write_text(salt(5) + " \n" * blanks)
        executor = Inline()
        by(executor, monkeypatch)
        assert index([library], tmp_path / f"{blanks}.index", scheduler="any").structures == 1
        sizes.append(sum(size for _, size in executor.sent))
    assert sizes[1] < sizes[0] + 10


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_workers_that_do_not_see_the_library_are_sent_bytes(
    folder: Path, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder if kind == "folder" else packed(folder, kind)
    index([path], tmp_path / "serial.index")
    monkeypatch.setattr(working, "BATCH", 1)

    def elsewhere(arguments: Any) -> Any:
        return (str(tmp_path / "not there"), *arguments[1:]) if isinstance(arguments[0], str) else arguments

    executor = Inline(elsewhere)
    by(executor, monkeypatch, width=1)
    index([path], tmp_path / "x.index", scheduler="any")
    assert (tmp_path / "x.index").read_bytes() == (tmp_path / "serial.index").read_bytes()
    names = [name for name, _ in executor.sent]
    assert names.count("describe_places") <= AHEAD
    assert names.count("describe_batch") == 4 + (kind == "zip")


def test_a_file_that_is_another_on_the_worker_is_sent(folder: Path) -> None:
    found = working.describe_places(str(folder), None, [("a.cif", "1-1", None, True)])
    assert found.is_blind
    library = packed(folder, "zip")
    assert working.describe_places(str(library), "1-1", []).is_blind


def test_a_link_on_the_worker_is_not_followed(folder: Path) -> None:
    target = folder / "a.cif"
    (folder / "link.cif").symlink_to(target)
    stamp = working.stamp_of(target.stat())
    assert not working.describe_places(str(folder), None, [("a.cif", stamp, None, True)]).is_blind
    assert working.describe_places(str(folder), None, [("link.cif", stamp, None, True)]).is_blind


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_read_by_its_place_is_the_member(tmp_path: Path, method: int) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, text in {**FILES, "Ä.cif": "äöü" * 1000, "empty.cif": ""}.items():
            archive.writestr(name, text)
        archive.mkdir("folder")
    with zipfile.ZipFile(path) as archive, path.open("rb") as handle:
        found = parts(handle, path, limits.LIBRARY_BYTES)
        assert [part.name for part in found] == sorted(archive.namelist())
        for part in found:
            assert part.is_folder or read_part(handle, part) == archive.read(part.name)


def test_damage_anywhere_in_a_member_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.cif", salt(5))
        archive.writestr("readme.txt", "text " * 20)
    whole = path.read_bytes()
    by(Inline(), monkeypatch)

    def described_as(data: bytes | bytearray) -> list[bytes] | str:
        """The descriptors, or what is said of the damage."""
        path.write_bytes(data)
        for old in tmp_path.glob("x.index*"):
            old.unlink()
        try:
            index([path], tmp_path / "x.index", scheduler="any")
        except InputError as error:
            return str(error)
        return [block.data.tobytes() for block in load(tmp_path / "x.index").blocks]

    right, told = described_as(whole), 0
    for place in range(whole.index(b"PK\1\2")):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        found = described_as(damaged)
        assert found == right or "damaged" in str(found)
        told += found != right
    # silent are what the directory says again in the two heads of 30 bytes, and the blanks behind a packed stream
    assert told > whole.index(b"PK\1\2") - 2 * 24


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.cif", salt(5))
    with path.open("rb") as handle, pytest.raises(InputError, match="other than deflate"):
        parts(handle, path, limits.LIBRARY_BYTES)


class Simulated(Executor):
    """A cluster without a clock: a batch takes its worker a unit of time a file, and the client a fiftieth of one to send and to take."""

    OVERHEAD = 1.0

    def __init__(self, width: int) -> None:
        self.free = [0.0] * width
        self.now = 0.0

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        self.now += self.OVERHEAD
        files = len(handed(*arguments)[1][-1])
        end = max(heapq.heappop(self.free), self.now) + files
        heapq.heappush(self.free, end)
        cluster, outcome = self, working.Outcome([("", "", "", None, None, None, "", 0)] * files)

        class Later(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                cluster.now = max(cluster.now, end) + cluster.OVERHEAD
                return pickle.dumps(outcome)

        later = Later()
        later.set_result(None)  # what waits for it need not
        return later


def duration(width: int, files: int, folder: Path) -> float:
    """Time until everything is described."""
    executor = Simulated(width)
    members = (Member(f"{number}.cif", "1-1", bytes) for number in range(files))
    rows: list[Row] = [row for batch in described(folder, members, Workers(executor, lambda: width, reading=True)) for row in batch]
    assert len(rows) == files
    return executor.now


def test_eight_workers_are_five_times_as_fast_as_one_and_more_workers_faster_still(tmp_path: Path) -> None:
    one, eight, many = (duration(width, 40_000, tmp_path) for width in (1, 8, 64))
    assert one >= 5 * eight
    assert one >= 30 * many
    assert one < 40_000 * 1.02
