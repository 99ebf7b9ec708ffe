"""Limits that take a large file to reach, lowered: both sides of each."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import archive, bundle
from pipeline.safety import limits
from pipeline.safety.documents import json_of, read_yaml, toml_of, yaml_of
from pipeline.safety.limits import Limit
from pipeline.safety.unpack import entries, parts
from pipeline.structures.legible import data_blocks
from pipeline.structures.matching.library import members, text_of
from pipeline.structures.tags import CifError

CIF = b"data_x\n"  # seven bytes


def zipped(names: list[str], data: bytes = CIF) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, data)
    return target.getvalue()


def tarred(names: list[str], data: bytes = CIF) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as packed:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return gzip.compress(target.getvalue())


def folder(path: Path, names: list[str], data: bytes = CIF) -> Path:
    path.mkdir()
    for name in names:
        (path / name).write_bytes(data)
    return path


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], Limit]:
    def lower(name: str, most: int) -> Limit:
        limit: Limit = replace(getattr(limits, name), most=most)
        monkeypatch.setattr(limits, name, limit)
        return limit

    return lower


def beyond(is_beyond: bool, what: str) -> AbstractContextManager[object]:
    return pytest.raises(InputError, match=what) if is_beyond else nullcontext()


@pytest.mark.parametrize("size", [100, 101])
def test_bytes_of_structure_files(size: int, tmp_path: Path, lowered: Callable[[str, int], Limit]) -> None:
    """One file, and two that are too large together only; in a folder, and as a file of its own."""
    lowered("CIF_BYTES", 100)
    one, data = folder(tmp_path / "one", ["a.cif"], b"#" * size), b"#" * (size // 2 + size % 2)
    for path in (one, one / "a.cif"):
        with beyond(size > 100, "bytes of a CIF"):
            bundle(path)
    lowered("BUNDLE_BYTES", 100)
    with beyond(size > 100, "bytes of structure files"):
        bundle(folder(tmp_path / "two", ["a.cif", "b.cif"], data))
    with beyond(size > 100, "bytes of structure files"):
        archive(zipped(["a.cif", "b.cif"], data), "c.zip")


@pytest.mark.parametrize("less", [0, 1])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_bytes_of_structure_files_beyond_those_of_their_archive(
    less: int, pack: Callable[[list[str], bytes], bytes], tmp_path: Path, lowered: Callable[[str, int], Limit]
) -> None:
    """What a small file leaves free is nothing to a large one. A folder is what it is."""
    data = b"#" * 30_000
    packed = pack(["a.cif", "b.cif"], data)
    lowered("BUNDLE_SPARE", 2 * (len(data) - 5_000) - 5 * len(packed) - less)
    with beyond(less == 1, "bytes of structure files beyond 5,000 a file"):
        archive(packed, "c")
    assert len(bundle(folder(tmp_path / "two", ["a.cif", "b.cif"], data)).structures) == 2
    lowered("BUNDLE_SPARE", 0)
    assert len(archive(pack([f"{n}.cif" for n in range(300)], b"#" * 5_000), "c").structures) == 300


@pytest.mark.parametrize("less", [0, 1])
@pytest.mark.parametrize(("pack", "name"), [(zipped, "c.zip"), (tarred, "c.tar.gz")])
@pytest.mark.parametrize("for_workers", [True, False])
def test_bytes_of_a_library_beyond_those_of_its_archive(
    less: int, pack: Callable[[list[str], bytes], bytes], name: str, for_workers: bool, tmp_path: Path, lowered: Callable[[str, int], Limit]
) -> None:
    """An archive of some kilobytes is no library of gigabytes; a folder is what it is."""
    data = b"#" * 30_000
    library = tmp_path / name
    library.write_bytes(pack(["a.cif", "b.cif"], data))
    lowered("LIBRARY_SPARE", 2 * (len(data) - 5_000) - 20 * library.stat().st_size - less)
    with beyond(less == 1, "bytes of structure files of a library beyond 5,000 a file"):
        assert len(list(members(library, for_workers=for_workers))) == 2
    assert len(list(members(folder(tmp_path / "two", ["a.cif", "b.cif"], data)))) == 2


@pytest.mark.parametrize("less", [0, 1])
def test_bytes_of_a_packed_file_of_a_library(less: int, lowered: Callable[[str, int], Limit]) -> None:
    data = b"#" * 30_000
    packed = gzip.compress(data)
    lowered("LIBRARY_SPARE", len(data) - 5_000 - 20 * len(packed) - less)
    with beyond(less == 1, "bytes of structure files of a library beyond 5,000 a file"):
        assert len(text_of("a.cif.gz", packed)) == 30_000


@pytest.mark.parametrize("count", [5, 6])
def test_damaged_items_that_are_passed_over(count: int, lowered: Callable[[str, int], Limit]) -> None:
    lowered("CIF_DAMAGED", 5)
    text = "data_x\n" + "_note 'a\n" * count
    with pytest.raises(CifError, match="6 damaged items") if count > 5 else nullcontext():
        assert len(data_blocks(text, "x.cif")[1]) == 5


@pytest.mark.parametrize("more", [0, 1])
def test_bytes_of_an_archive_before_it_is_read(more: int, tmp_path: Path, lowered: Callable[[str, int], Limit]) -> None:
    path = tmp_path / "c.zip"
    path.write_bytes(zipped(["a.cif"]))
    lowered("BUNDLE_BYTES", path.stat().st_size - more)
    with beyond(more == 1, f"it has {path.stat().st_size}, more than"):
        bundle(path)


@pytest.mark.parametrize("count", [5, 6])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_members_of_an_archive(count: int, pack: Callable[[list[str]], bytes]) -> None:
    few, much = Limit("members of this test", 5, "a test"), Limit("bytes of this test", 10**6, "a test")
    with beyond(count > 5, "5 members of this test"):
        assert len(list(entries(io.BytesIO(pack([f"{n}.txt" for n in range(count)])), "c", much, few))) == count


def test_a_directory_too_long_to_be_read_is_refused_by_its_announcement() -> None:
    """The names of two members are longer than the directory of any five members."""
    few, much = Limit("members of this test", 5, "a test"), Limit("bytes of this test", 10**6, "a test")
    with pytest.raises(InputError, match="5 members of this test"):
        list(entries(io.BytesIO(zipped(["a" * 1000, "b" * 1000])), "c", much, few))


@pytest.mark.parametrize("size", [5000, 20_000])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_bytes_that_an_archive_unpacks_to(size: int, pack: Callable[[list[str], bytes], bytes]) -> None:
    """A tar counts its headers and the padding at its end, 10,240 bytes in all."""
    some = Limit("bytes of this test", 12_000, "a test")
    with beyond(size > 12_000, "12000 bytes of this test"):
        list(entries(io.BytesIO(pack(["a.cif"], b"#" * size)), "c", some))


@pytest.mark.parametrize("size", [50, 51])
def test_bytes_that_the_directory_of_a_zip_announces_in_all(size: int) -> None:
    some = Limit("bytes of this test", 100, "a test")
    with beyond(size > 50, "100 bytes of this test"):
        assert [part.size for part in parts(io.BytesIO(zipped(["a.cif", "b.cif"], b"#" * size)), "c", some)] == [size, size]


@pytest.mark.parametrize("values", [20, 21])
def test_values_of_a_document(values: int, lowered: Callable[[str, int], Limit]) -> None:
    lowered("DOCUMENT_NODES", 20)
    ones = ",".join(["1"] * (values - 1))  # in a list, which is a value itself
    for read in (lambda: toml_of(f"a = [{ones}]", "x"), lambda: json_of(f'{{"a": [{ones}]}}'.encode(), "x")):
        with beyond(values > 20, "20 values of a document"):
            read()
    with beyond(values > 20, "20 values of a document"):
        yaml_of(f"[{ones}]", "x")


@pytest.mark.parametrize("size", [60, 61])
def test_bytes_of_a_document(size: int, tmp_path: Path, lowered: Callable[[str, int], Limit]) -> None:
    lowered("DOCUMENT_BYTES", 60)
    (tmp_path / "x.yaml").write_bytes(b"a: 1".ljust(size))
    for read in (
        lambda: toml_of("a = 1".ljust(size), "x"), lambda: json_of(b"1".ljust(size), "x"), lambda: read_yaml(tmp_path / "x.yaml"),
        lambda: toml_of("a = '" + "é" * ((size - 6) // 2) + "'" + " " * (size % 2), "x"),
    ):  # fmt: skip
        with beyond(size > 60, "60 bytes of a document"):
            read()
