"""A damaged archive is an error, never other content; a large one ends at its limit, before it has cost anything."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import archive
from pipeline.safety import limits
from pipeline.safety.limits import Limit
from pipeline.safety.unpack import entries, gunzipped
from pipeline.structures.matching.library import members

SMALL = Limit("bytes of this test", 2_000_000, "a test")


def _text(seed: int) -> str:
    chance = random.Random(seed)
    return "data_x\n" + "".join(f"_item_{n} {chance.random():.4f}\n" for n in range(40))


TEXTS = {f"c{n}": _text(n) for n in range(3)}


def _tar(mode: str = "w") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as packed:  # type: ignore[call-overload]
        for name, text in TEXTS.items():
            member = tarfile.TarInfo(f"cifs/{name}.cif")
            member.size = len(text)
            packed.addfile(member, io.BytesIO(text.encode()))
    return target.getvalue()


def _zip(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as packed:
        for name, text in TEXTS.items():
            packed.writestr(f"cifs/{name}.cif", text)
    return target.getvalue()


ARCHIVES = {
    "tar.gz": gzip.compress(_tar(), mtime=0),
    "tar.bz2": bz2.compress(_tar()),
    "tar.xz": lzma.compress(_tar()),
    "zip": _zip(),
    "zip, stored": _zip(zipfile.ZIP_STORED),
    "two gzip streams": gzip.compress(_tar()[:2048], mtime=0) + gzip.compress(_tar()[2048:], mtime=0),
    "two bzip2 streams": bz2.compress(_tar()[:2048]) + bz2.compress(_tar()[2048:]),
}


def _library(data: bytes, folder: Path) -> dict[str, str]:
    path = folder / "library"
    path.write_bytes(data)
    return {Path(member.name).stem: member.read().decode() for member in members(path)}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_flipped_bit_is_an_error_or_changes_nothing(kind: str, tmp_path: Path) -> None:
    data = ARCHIVES[kind]
    assert archive(data, "c").structures == TEXTS
    assert _library(data, tmp_path) == TEXTS
    told = 0
    step = max(1, len(data) * 8 // 700) | 1
    for bit in range(0, len(data) * 8, step):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            found = archive(bytes(damaged), "c").structures
        except InputError:
            told += 1
            continue
        assert found == TEXTS, bit
    assert told > 500


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_a_library_believes_no_damaged_archive(kind: str, tmp_path: Path) -> None:
    data = ARCHIVES[kind]
    for bit in range(100, len(data) * 8, len(data) * 8 // 60 | 1):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        path = tmp_path / "library"
        path.write_bytes(damaged)
        given: list[str] = []
        try:
            given += [member.name for member in members(path)]
        except InputError:
            assert not given, bit
        else:
            assert _library(bytes(damaged), tmp_path) == TEXTS


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_that_was_cut_off_is_an_error(kind: str) -> None:
    data = ARCHIVES[kind]
    for length in range(10, len(data) - 1, max(1, len(data) // 60)):
        with pytest.raises(InputError):
            archive(data[:length], "c")


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "tar.xz"])
def test_what_stands_behind_the_end_is_not_passed_over(kind: str) -> None:
    assert archive(ARCHIVES[kind] + bytes(64), "c").structures == TEXTS
    with pytest.raises(InputError, match="damaged"):
        archive(ARCHIVES[kind] + b"something", "c")
    with pytest.raises(InputError, match="more follows"):
        archive(ARCHIVES[kind] + ARCHIVES[kind], "c")


def test_a_plain_tar_has_its_headers_and_its_end_verified() -> None:
    data = _tar()
    assert archive(data, "c").structures == TEXTS
    for broken in (data[:1800], data[:2048], data + b"more", data[:1540] + b"x" + data[1541:]):
        with pytest.raises(InputError, match="damaged"):
            archive(broken, "c")


def test_xz_without_a_checksum_is_refused() -> None:
    with pytest.raises(InputError, match="no checksum"):
        archive(lzma.compress(_tar(), check=lzma.CHECK_NONE), "c")


def _extended(kind: bytes, size: int) -> bytes:
    header = tarfile.TarInfo("h")
    header.type, header.size = kind, size
    return header.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_extended_headers_are_counted_before_they_are_read(kind: bytes) -> None:
    size = 30_000_000
    packed = gzip.compress(_extended(kind, size) + bytes(size) + _tar(), 9)
    assert len(packed) < 100_000
    tracemalloc.start()
    with pytest.raises(InputError, match="65536, the limit"):
        archive(packed, "c.tar.gz")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_sparse_members_are_refused() -> None:
    with pytest.raises(InputError, match="sparse"):
        archive(gzip.compress(_extended(tarfile.GNUTYPE_SPARSE, 512) + bytes(512) + _tar()), "c")
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as packed:
        member = tarfile.TarInfo("x.cif")
        member.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "99999999999"}
        packed.addfile(member)
    with pytest.raises(InputError, match="sparse"):
        archive(target.getvalue(), "c")


@pytest.mark.parametrize("size", [10**12, 2**60, 10**400])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("first", [True, False])
def test_a_member_that_says_it_is_longer_than_its_archive_is_not_sought(
    size: int, pack: Callable[[bytes], bytes], first: bool, tmp_path: Path
) -> None:
    """The library would read on behind the end, ten thousand bytes at a time, until the announced size is reached."""
    target = io.BytesIO()
    member = tarfile.TarInfo("x.cif")
    if size == 2**60:
        member.size = size
        data = member.tobuf(tarfile.GNU_FORMAT)
    else:
        with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as packed:
            member.pax_headers = {"size": str(size)}
            packed.addfile(member)
        data = target.getvalue()[:1536]
    packed_up = pack(data + _tar() if first else _tar()[:4608] + data)  # behind the last member, where the end of the archive was
    start = time.process_time()
    with pytest.raises(InputError, match="cut off"):
        archive(packed_up, "c.tar")
    with pytest.raises(InputError, match="cut off"):
        _library(packed_up, tmp_path)
    assert time.process_time() - start < 1


def test_a_hard_link_may_tell_the_size_of_its_target(tmp_path: Path) -> None:
    link = tarfile.TarInfo("l.txt")
    link.type, link.linkname, link.size = tarfile.LNKTYPE, "cifs/c0.cif", 10**6
    assert _library(gzip.compress(link.tobuf(tarfile.GNU_FORMAT) + _tar()), tmp_path) == TEXTS


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_ends_at_the_limit(pack) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="2000000 bytes of this test"):
        list(entries(io.BytesIO(pack(bytes(20_000_000))), "bomb", SMALL))


def test_a_gzip_file_inside_a_library_is_bounded() -> None:
    assert gunzipped(gzip.compress(b"data_x"), "x.cif.gz", SMALL) == b"data_x"
    with pytest.raises(InputError, match="2000000 bytes of this test"):
        gunzipped(gzip.compress(bytes(20_000_000)), "x.cif.gz", SMALL)


def test_members_of_a_zip_are_counted_whatever_their_sizes_say() -> None:
    """Members that overlap are each counted, as is a directory of many empty ones."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.txt", bytes(1_500_000))
        packed.writestr("b.txt", bytes(1_500_000))
    with pytest.raises(InputError, match="2000000 bytes of this test"):
        list(entries(io.BytesIO(target.getvalue()), "zip", SMALL))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for number in range(50):
            packed.writestr(f"{number}.txt", b"")
    with pytest.raises(InputError, match="10 members"):
        list(entries(io.BytesIO(target.getvalue()), "zip", SMALL, Limit("members", 10, "")))


def test_a_maintainer_raises_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    before = limits.CIF_BYTES()
    monkeypatch.setenv(limits.VARIABLE, "10")
    assert limits.CIF_BYTES() == 10 * before
    assert limits.DOCUMENT_DEPTH() == limits.DOCUMENT_DEPTH.most
    for wrong in ("0", "-1", "ten", "1e3", "٣", "99999999"):
        monkeypatch.setenv(limits.VARIABLE, wrong)
        with pytest.raises(InputError, match="whole number"):
            limits.CIF_BYTES()


def test_every_limit_says_how_to_raise_it() -> None:
    for limit in limits.ALL:
        said = str(limit.error("x.csv"))
        assert str(limit()) in said
        assert limit.is_fixed or limits.VARIABLE in said
