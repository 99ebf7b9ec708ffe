"""The secret key: long, random, closed to others, never overwritten, never told."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.structures.keys import KeyTooWeakError, checked, new_key, read_key
from pipeline.structures.noise import keyed

HEX = "9f1c2b7a4de85036c1f7a92e5b8d3460fe17c08b42d96a3571ec0d8fb6294ac3"


def stored(file: Path, data: bytes, mode: int = 0o600) -> Path:
    file.write_bytes(data)
    file.chmod(mode)
    return file


def test_a_new_key_is_32_bytes_that_only_the_owner_reads(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["key", "new", str(tmp_path / "noise.key")])
    assert ran.exit_code == 0, ran.output
    assert stat.S_IMODE((tmp_path / "noise.key").stat().st_mode) == 0o600
    key = read_key(tmp_path / "noise.key")
    assert len(key) == 32
    assert key.hex() not in ran.output
    new_key(tmp_path / "other.key")
    assert read_key(tmp_path / "other.key") != key


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    file = stored(tmp_path / "noise.key", HEX.encode())
    ran = CliRunner().invoke(main, ["key", "new", str(file)])
    assert ran.exit_code == 2
    assert "never overwritten" in ran.output
    assert file.read_bytes() == HEX.encode()
    (tmp_path / "link.key").symlink_to(tmp_path / "nothing.key")
    with pytest.raises(InputError, match="never overwritten"):
        new_key(tmp_path / "link.key")
    assert not (tmp_path / "nothing.key").exists()
    with pytest.raises(InputError, match="cannot be written"):
        new_key(tmp_path / "no folder" / "noise.key")


@pytest.mark.parametrize("data", [HEX.encode(), HEX.upper().encode() + b"\r\n", bytes.fromhex(HEX), bytes.fromhex(HEX) + b"\n"])
def test_hexadecimal_digits_and_raw_bytes_are_keys(tmp_path: Path, data: bytes) -> None:
    """The same key in any form: another one would give the same originals a second noise."""
    assert read_key(stored(tmp_path / "noise.key", data)) == bytes.fromhex(HEX)


@pytest.mark.parametrize("given", [HEX, HEX + HEX, "nxwrek3oUDbB96kuW400YP4XwItC2Wo1cewNj7YpSsM="])
def test_a_key_given_in_place_of_its_file_is_not_told(tmp_path: Path, given: str) -> None:
    (tmp_path / "cifs").mkdir()
    (tmp_path / "cifs" / "a.cif").write_text("data_a")
    ran = CliRunner().invoke(main, ["perturb", str(tmp_path / "cifs"), str(tmp_path / "out"), "--key-file", given])
    assert ran.exit_code == 2
    assert given[:20] not in ran.output
    assert "looks like a key" in ran.output


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "blank"),
        (b" \n", "blank"),
        (b"k", "1 bytes"),
        (HEX[:62].encode(), "31 bytes"),
        (bytes.fromhex(HEX)[:31], "31 bytes"),
        (b"a" * 64, "repeat"),
        (bytes(64), "repeat"),
        (b"0123456789abcdef" * 4, "repeat"),
        (bytes(range(128, 192)), "repeat"),
        (b"correct horse battery staple, and the rest of the sentence", "text"),
        ("Größere Schlüssel sind für Geheimnisse schöner".encode(), "text"),
        ("корректная лошадь, батарея, скрепка".encode(), "text"),
        ("correct horse battery staple, and more".encode("utf-16"), "text"),
        ("correct horse battery staple, and more".encode("utf-16-le"), "text"),
        (HEX.encode("utf-16"), "text"),
        (b"x" * 5000, "more than 4096"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_key_that_can_be_guessed_is_refused_and_not_told(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read_key(stored(tmp_path / "noise.key", data))
    assert "key new" in caught.value.cure
    assert caught.value.value is None
    for word in data.split():
        assert len(word) < 8 or word.decode("latin-1") not in f"{caught.value} {caught.value.cure}"


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o610])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    file = stored(tmp_path / "noise.key", HEX.encode(), mode)
    with pytest.raises(InputError, match="others can read") as caught:
        read_key(file)
    assert "chmod 600" in caught.value.cure
    file.chmod(0o400)
    assert read_key(file) == bytes.fromhex(HEX)


@pytest.mark.skipif(os.name != "posix", reason="pipes and links are those of POSIX")
def test_links_pipes_and_folders_are_no_keys(tmp_path: Path) -> None:
    file = stored(tmp_path / "noise.key", HEX.encode())
    (tmp_path / "link.key").symlink_to(file)
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    for name, why in (("link.key", "a link"), ("pipe.key", "no regular file"), (".", "no regular file"), ("no.key", "no such key file")):
        with pytest.raises(InputError, match=why):
            read_key(tmp_path / name)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**256 - 1))
def test_random_bytes_pass(number: int) -> None:
    """Hypothesis likes small numbers, which are no keys; their hashes are random bytes."""
    import hashlib

    key = hashlib.sha256(number.to_bytes(32, "big")).digest()
    assert checked(key) == key


def test_no_noise_without_a_good_key_and_no_key_in_its_representation() -> None:
    with pytest.raises(KeyTooWeakError):
        keyed(b"secret")
    noise = keyed(bytes.fromhex(HEX))
    assert HEX not in repr(noise)
    assert repr(bytes.fromhex(HEX)) not in repr(noise)
