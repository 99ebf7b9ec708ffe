"""A folder of CIFs with noise: one file out for each, all or nothing, and who may do what with whose files."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.structures.cif import read
from pipeline.structures.contacts import Contact
from pipeline.structures.keys import new_key
from pipeline.structures.noise import keyed, open_seed
from pipeline.structures.perturb import perturb
from pipeline.structures.perturb_folder import perturb_folder, report
from tests.unit.difficult import HYDROXIDE_ATOMS, HYDROXIDE_CELL, HYDROXIDE_OPS, NASICON_TEXT, atoms

KEY = hashlib.sha256(b"a key for tests").digest()
PROPRIETARY = NASICON_TEXT.replace("_cell_length_a", "_database_code_ICSD 12345\n_cell_length_a", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cifs = tmp_path / "cifs"
    cifs.mkdir()
    (cifs / "abc.cif").write_bytes(NASICON_TEXT.encode())
    (cifs / "1e9.cif").write_bytes(f"data_h\n{HYDROXIDE_CELL}{HYDROXIDE_OPS}{atoms(HYDROXIDE_ATOMS)}".encode())
    (cifs / "notes.txt").write_text("not a structure")
    return cifs


def test_a_folder_gives_one_file_for_each_under_its_name(folder: Path, tmp_path: Path) -> None:
    done = perturb_folder(folder, tmp_path / "out", open_seed(1))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1e9.cif", "abc.cif"]
    assert (tmp_path / "out" / "abc.cif").read_bytes().decode() == done["abc.cif"].text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cifs", "out"]  # nothing is left beside
    assert "2 files: 2 perturbed" in report(done)


def test_an_entry_does_not_feel_the_others(folder: Path, tmp_path: Path) -> None:
    perturb_folder(folder, tmp_path / "both", keyed(KEY))
    (folder / "1e9.cif").unlink()
    perturb_folder(folder, tmp_path / "alone", keyed(KEY))
    assert (tmp_path / "both" / "abc.cif").read_bytes() == (tmp_path / "alone" / "abc.cif").read_bytes()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_second_run_replaces_the_folder_whole_and_no_file_of_another(folder: Path, tmp_path: Path) -> None:
    perturb_folder(folder, tmp_path / "out", open_seed(1))
    (tmp_path / "out" / ".gitkeep").write_text("")
    (tmp_path / "out" / "kept.cif").write_text("another's")
    before = contents(tmp_path / "out")
    with pytest.raises(InputError, match=r"kept\.cif"):
        perturb_folder(folder, tmp_path / "out", open_seed(2))
    assert contents(tmp_path / "out") == before
    (tmp_path / "out" / "kept.cif").unlink()
    perturb_folder(folder, tmp_path / "out", open_seed(2))
    perturb_folder(folder, tmp_path / "alone", open_seed(2))
    after = contents(tmp_path / "out")
    assert after.pop(".gitkeep") == b""
    assert after == contents(tmp_path / "alone")
    assert after["abc.cif"] != before["abc.cif"]


def test_a_run_that_stops_while_writing_leaves_no_mixture(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    perturb_folder(folder, tmp_path / "out", open_seed(1))
    before, written, real = contents(tmp_path / "out"), list[Path](), Path.write_bytes

    def full_after_one(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) > 1:
            raise OSError(28, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full_after_one)
    with pytest.raises(InputError, match="No space left"):
        perturb_folder(folder, tmp_path / "out", open_seed(2))
    monkeypatch.undo()
    assert contents(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cifs", "out"]


def test_the_folder_of_the_noise_is_never_one_that_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "abc.cif").write_text("k" * 40)
    for out, inputs in ((tmp_path / "link", []), (tmp_path, []), (tmp_path / "secret", [tmp_path / "secret" / "abc.cif"])):
        before = contents(folder), contents(tmp_path / "secret")
        with pytest.raises(InputError):
            perturb_folder(folder, out, open_seed(1), inputs=inputs)
        assert (contents(folder), contents(tmp_path / "secret")) == before


def test_bytes_that_are_no_utf8_pass(folder: Path, tmp_path: Path) -> None:
    text = b"# Soci\xe9t\xe9\n" + NASICON_TEXT.encode()
    (folder / "abc.cif").write_bytes(text)
    perturb_folder(folder, tmp_path / "out", open_seed(1))
    assert (tmp_path / "out" / "abc.cif").read_bytes().startswith(b"# Soci\xe9t\xe9\n")


def test_a_proprietary_file_needs_the_key(folder: Path, tmp_path: Path) -> None:
    (folder / "abc.cif").write_text(PROPRIETARY)
    with pytest.raises(InputError, match=r"cif\.licence: .*code 12345 of ICSD") as caught:
        perturb_folder(folder, tmp_path / "out", open_seed(1))
    assert str(caught.value.file).endswith("abc.cif")
    assert not (tmp_path / "out").exists()
    perturb_folder(folder, tmp_path / "out", keyed(KEY))
    again = perturb_folder(tmp_path / "out", tmp_path / "again", keyed(KEY))  # it carries noise now
    assert (tmp_path / "again" / "abc.cif").read_bytes() == (tmp_path / "out" / "abc.cif").read_bytes()
    assert not any(each.changed for each in again.values())


def test_released_files_may_get_noise_from_a_seed(folder: Path, tmp_path: Path) -> None:
    """Without the key nobody can tell whether a mark is true: the file is taken at the rest of its word, and told."""
    (folder / "abc.cif").write_text(PROPRIETARY)
    perturb_folder(folder, tmp_path / "released", keyed(KEY))
    done = perturb_folder(tmp_path / "released", tmp_path / "out", open_seed(1))
    assert {name: (each.changed, each.unverified) for name, each in done.items()} == {"1e9.cif": (True, True), "abc.cif": (True, True)}
    assert "abc.cif: says that it carries noise, which could not be verified here" in report(done)


def test_a_mark_of_an_open_seed_says_nothing_of_another_block(tmp_path: Path) -> None:
    """Noise in the first block, and behind it a structure without any: the file is not passed through."""
    (tmp_path / "in").mkdir()
    done = perturb(read(NASICON_TEXT, "abc.cif"), open_seed(1)).text
    (tmp_path / "in" / "abc.cif").write_text(done)
    assert not perturb_folder(tmp_path / "in", tmp_path / "out", open_seed(2))["abc.cif"].changed
    (tmp_path / "in" / "abc.cif").write_text(done + NASICON_TEXT.replace("data_", "data_second_", 1))
    with pytest.raises(InputError, match="holds 2 structures"):
        perturb_folder(tmp_path / "in", tmp_path / "out", open_seed(2))


def test_another_sigma_is_for_open_structures(folder: Path, tmp_path: Path) -> None:
    new_key(tmp_path / "noise.key")
    given = ["perturb", str(folder), str(tmp_path / "out"), "--key-file", str(tmp_path / "noise.key"), "--sigma"]
    assert CliRunner().invoke(main, [*given, "0.005"]).exit_code == 0
    (folder / "abc.cif").write_text(PROPRIETARY)
    ran = CliRunner().invoke(main, [*given, "0.005"])
    assert ran.exit_code == 2
    assert "abc.cif" in ran.output
    assert "leave --sigma out" in ran.output
    assert CliRunner().invoke(main, [*given, "0.01"]).exit_code == 0


@pytest.mark.parametrize("sigma", ["0", "-0.01", "0.2", "nan", "inf"])
def test_a_sigma_that_is_none_is_refused(folder: Path, tmp_path: Path, sigma: str) -> None:
    ran = CliRunner().invoke(main, ["perturb", str(folder), str(tmp_path / "out"), "--seed", "1", "--sigma", sigma])
    assert ran.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_copy_of_a_proprietary_file_is_proprietary(folder: Path, tmp_path: Path) -> None:
    """Under another name, with other labels and at other images: found by its content."""
    copy = NASICON_TEXT.replace("0.2858 0 0.25", "1.2858 0 .250").replace("P1 P", "P7 P")
    (folder / "copy.cif").write_text(copy)
    perturb_folder(folder, tmp_path / "open", open_seed(1))
    (folder / "zzz.cif").write_text(PROPRIETARY)
    with pytest.raises(InputError, match=r"holds the same structure as zzz\.cif, which bears the code 12345"):
        perturb_folder(folder, tmp_path / "out", open_seed(1))
    done = perturb_folder(folder, tmp_path / "out", keyed(KEY))
    assert "data_copy" in done["copy.cif"].text  # written anew
    assert done["copy.cif"].structure.sites[4].fract == done["zzz.cif"].structure.sites[4].fract


@pytest.mark.parametrize("given", ["abc", "abc.cif"])
def test_an_entry_with_an_icsd_number_is_proprietary_whatever_its_file_says(folder: Path, tmp_path: Path, given: str) -> None:
    owners = {given.removesuffix(".cif"): "belongs to an entry with the ICSD number 12345"}
    with pytest.raises(InputError, match="ICSD number 12345"):
        perturb_folder(folder, tmp_path / "out", open_seed(1), proprietary=owners)


def test_a_mark_of_an_earlier_version_is_refused_with_the_cure(folder: Path, tmp_path: Path) -> None:
    old = "_audit_creation_method 'positions perturbed by obelix-curate: N(0, 0.01) in each free fractional coordinate'\n_cell_length_a"
    (folder / "abc.cif").write_text(NASICON_TEXT.replace("_cell_length_a", old, 1))
    for noise in (open_seed(1), keyed(KEY)):
        with pytest.raises(InputError, match="mark of an earlier version") as caught:
            perturb_folder(folder, tmp_path / "out", noise)
        assert "perturb the original again" in caught.value.cure
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name != "posix", reason="links and pipes are those of POSIX")
@pytest.mark.parametrize("name", ["xyz.cif", "notes2.txt"])
def test_links_and_pipes_are_refused_by_name(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.cif").write_text(NASICON_TEXT)
    for make in (
        lambda path: path.symlink_to(tmp_path / "secret.cif"),
        lambda path: path.symlink_to("nowhere"),
        lambda path: os.mkfifo(path),
    ):
        make(folder / name)
        with pytest.raises(InputError, match=f"'{name}' is a link or a device") as caught:
            perturb_folder(folder, tmp_path / "out", open_seed(1))
        assert "take it out" in caught.value.cure
        (folder / name).unlink()
    assert not (tmp_path / "out").exists()


def test_damage_names_the_file_and_writes_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "abc.cif").write_text(NASICON_TEXT.replace("0.2858", "0.28x8"))
    with pytest.raises(InputError, match="not a number") as caught:
        perturb_folder(folder, tmp_path / "out", open_seed(1))
    assert caught.value.row == 58
    assert not (tmp_path / "out").exists()


def test_calls_that_make_no_sense_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for cifs, out, reason in (
        (tmp_path / "nowhere", tmp_path / "out", "no such folder"),
        (tmp_path / "empty", tmp_path / "out", "no .cif file"),
        (folder, folder, "original files"),
    ):
        with pytest.raises(InputError, match=reason):
            perturb_folder(cifs, out, open_seed(1))


def test_what_the_reader_assumed_is_told_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "cifs").mkdir()
    (tmp_path / "cifs" / "abc.cif").write_text(NASICON_TEXT + "_publ_x 'open\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["perturb", str(tmp_path / "cifs"), str(tmp_path / "noisy"), "--seed", "1"])
    assert done.exit_code == 0
    assert done.stderr.startswith("abc.cif: _publ_x in line")
    assert "passed over" not in done.stdout


def test_edited_versions_of_one_original_are_told(folder: Path, tmp_path: Path) -> None:
    """Each edit of an original has a noise of its own, and the mean of two is nearer to it."""
    (folder / "abc.cif").write_text(PROPRIETARY)
    (folder / "xyz.cif").write_text(PROPRIETARY.replace("0.1412 0.85", "0.1412 0.86"))
    (folder / "same.cif").write_text(PROPRIETARY.replace("Ti1 Ti", "Ti9 Ti"))
    done = perturb_folder(folder, tmp_path / "out", keyed(KEY))
    assert {name: each.versions for name, each in done.items() if each.versions} == {"xyz.cif": ("abc.cif", "same.cif")}
    assert "xyz.cif: an edited version of abc.cif, so that one original has two noises" in report(done)
    (folder / "xyz.cif").unlink()
    assert not any(each.versions for each in perturb_folder(folder, tmp_path / "other", keyed(KEY)).values())


def test_no_name_of_a_file_forges_a_line_of_the_report() -> None:
    done = perturb(read(NASICON_TEXT, "abc.cif"), open_seed(1))
    contact = Contact("Li1", "O1", 0.5, 2.0, (1.0, 1.0))
    hostile = ("a\n2 files: 2 perturbed.cif", "b\r::error::x.cif", "c\x1b[31m\u202e.cif")
    told = report({name: replace(done, contacts=(contact,), unverified=True, versions=hostile) for name in hostile}).split("\n")
    assert len(told) == 3 * (1 + 1 + 3) + 1
    assert all(line.isprintable() and ".cif: " in line and "::error" not in line for line in told[:-1])
