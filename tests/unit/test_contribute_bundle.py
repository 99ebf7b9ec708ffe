"""Archives come from somebody else."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import archive, bundle
from pipeline.safety import limits
from pipeline.safety.limits import Limit
from tests.contributed.tables import zipped

TEXT = {"x1": "data_x1\n", "x2": "data_x2\n"}


def tarred(members: dict[str, bytes], mode: str = "w:gz", kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as packed:  # type: ignore[call-overload]
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = kind, link, len(data)
            packed.addfile(member, io.BytesIO(data))
    return target.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_archives_of_every_kind(mode: str) -> None:
    packed = tarred({f"cifs/{name}.cif": text.encode() for name, text in TEXT.items()}, mode)
    assert archive(packed, "cifs.tar").structures == TEXT


def test_zip_folder_and_single_file(tmp_path: Path) -> None:
    assert archive(zipped(TEXT), "cifs.zip").structures == TEXT
    for name, text in TEXT.items():
        (tmp_path / f"{name}.cif").write_text(text)
    (tmp_path / "read me.txt").write_text("hello")
    found = bundle(tmp_path)
    assert (found.structures, found.ignored) == (TEXT, ("read me.txt",))
    assert bundle(tmp_path / "x1.cif").structures == {"x1": "data_x1\n"}


def test_what_a_mac_packs_beside_is_passed_over() -> None:
    packed = tarred({"cifs/x1.cif": b"data_x1\n", "cifs/._x1.cif": b"\x00\x05", "cifs/.DS_Store": b"", "cifs/notes.txt": b"hi"})
    found = archive(packed, "cifs.tar.gz")
    assert (list(found.structures), found.ignored) == (["x1"], ("notes.txt",))


@pytest.mark.parametrize("name", ["../x.cif", "/etc/x.cif", "a/../../x.cif", "..\\x.cif", "C:/x.cif", "\\\\host\\x.cif"])
def test_a_path_that_leads_outside_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="leads outside"):
        archive(tarred({name: b"data_x"}), "cifs.tar.gz")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr(zipfile.ZipInfo(name), "data_x")
    with pytest.raises(InputError, match="leads outside"):
        archive(target.getvalue(), "cifs.zip")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind: bytes) -> None:
    with pytest.raises(InputError, match="link or a device"):
        archive(tarred({"x.cif": b""}, kind=kind, link="/etc/passwd"), "cifs.tar.gz")


def test_a_link_in_a_zip_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        member = zipfile.ZipInfo("x.cif")
        member.external_attr = 0o120777 << 16
        packed.writestr(member, "/etc/passwd")
    with pytest.raises(InputError, match="is a link"):
        archive(target.getvalue(), "cifs.zip")


def test_bombs_end_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = {"x": "0" * (limits.CIF_BYTES() + 1)}
    assert len(zipped(bomb)) < 10_000
    with pytest.raises(InputError, match="bytes of a CIF, the limit"):
        archive(zipped(bomb), "cifs.zip")
    with pytest.raises(InputError, match="bytes of a CIF, the limit"):
        archive(tarred({"x.cif": bomb["x"].encode()}), "cifs.tar.gz")
    monkeypatch.setattr(limits, "BUNDLE_BYTES", Limit("bytes of structure files", 100_000, ""))
    with pytest.raises(InputError, match="100000 bytes of structure files"):
        archive(tarred({f"{n}.txt": b"0" * 20_000 for n in range(9)}), "cifs.tar.gz")  # passed over, but unpacked to be passed over
    monkeypatch.setattr(limits, "BUNDLE_FILES", Limit("structure files", 1, ""))
    with pytest.raises(InputError, match="1 structure files"):
        archive(zipped(TEXT), "cifs.zip")


def test_a_size_that_lies_is_not_believed() -> None:
    """A zip whose directory says ten bytes and whose stream holds millions."""
    packed = bytearray(zipped({"x": "0" * (limits.CIF_BYTES() + 10)}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = packed.index(mark) + at
        packed[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(InputError):
        archive(bytes(packed), "cifs.zip")


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04broken", b"\x1f\x8b\x08broken", b"BZhbroken", b"\xfd7zXZ\x00broken", b"not an archive" * 50]
)
def test_damage_is_told(data: bytes) -> None:
    with pytest.raises(InputError, match=r"damaged|cut off") as caught:
        archive(data, "cifs.zip")
    assert caught.value.cure


def test_an_encrypted_zip_is_told() -> None:
    packed = bytearray(zipped({"x": "data_x\n"}))
    packed[packed.index(b"PK\x03\x04") + 6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputError, match="password"):
        archive(bytes(packed), "cifs.zip")


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two files"):
        archive(tarred({"a/x.cif": b"data_a", "b/x.cif": b"data_b"}), "cifs.tar.gz")


def test_old_programs_write_latin_1() -> None:
    assert archive(tarred({"x.cif": "data_x # Å".encode("latin-1")}), "c.tar").structures == {"x": "data_x # Å"}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such"):
        bundle(tmp_path / "cifs.zip")
