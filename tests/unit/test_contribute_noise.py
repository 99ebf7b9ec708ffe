"""Contributed structures that a database owns: what shows that they carry noise, and what does not."""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.contribute import check as contribute
from pipeline.contribute.accept import Accepted, accept
from pipeline.contribute.check import check
from pipeline.contribute.existing import Existing
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import bundle
from pipeline.ingest.contributed.record import all_verified
from pipeline.ingest.contributed.table import contribution, contributions
from pipeline.ingest.workbook import typed
from pipeline.structures.cif import read
from pipeline.structures.noise import keyed
from pipeline.structures.perturb import perturb_entry
from tests.contributed.tables import HEADER
from tests.unit.difficult import NASICON_TEXT

KEY = hashlib.sha256(b"a key for tests").digest()
OLD = f"{HEADER}\nold,LiCl,4,Li4Cl4,1E-9,225,5.1295,5.1295,5.1295,90,90,90,10.9999/old\n"
ROW = "latp,Li1.3Ti1.7Al0.3(PO4)3,6,Li7.8Ti10.2Al1.8P18O72,1.1E-4,167,8.51,8.51,20.85,90,90,120,10.9999/latp"
ORIGINAL = NASICON_TEXT.replace("Ti1 Ti", "Li2 Li 0.333 0.02 0.0833 0.05\nTi1 Ti")
NOISY = perturb_entry(read(ORIGINAL, "latp.cif"), keyed(KEY), proprietary="is from the ICSD").text


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``raw`` beside a dataset of one entry."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "sources.toml").write_text("# only its presence matters here\n")
    monkeypatch.setattr(contribute, "load_existing", lambda raw: Existing(typed(contribution(OLD.encode(), "old.csv").cells)))
    return folder


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "noise.key").write_text(KEY.hex())
    (tmp_path / "noise.key").chmod(0o600)
    return tmp_path / "noise.key"


def table(raw: Path, more: tuple[str, str] = ("ICSD ID", "12345")) -> Path:
    path = raw.parent / "rows.csv"
    path.write_text(f"{HEADER},{more[0]}\n{ROW},{more[1]}\n")
    return path


def send(raw: Path, text: str, key_file: Path | None = None, more: tuple[str, str] = ("ICSD ID", "12345")) -> Accepted:
    cifs = raw.parent / "cifs"
    cifs.mkdir(exist_ok=True)
    (cifs / "latp.cif").write_text(text)
    return accept(table(raw, more), cifs, raw, "A Curator <a@b.c>", date(2026, 3, 1), key_file=key_file)


def licence(accepted: Accepted) -> list[str]:
    return [item.message for item in accepted.report.items if item.check == "cif.licence"]


@pytest.mark.parametrize("more", [("ICSD ID", "12345"), ("Cif ref_1", "12345-ICSD"), ("Cif ref_2", "ICSD 12345")])
def test_without_the_key_nothing_shows_that_there_is_noise(raw: Path, more: tuple[str, str]) -> None:
    for text, said in ((ORIGINAL, "nothing says that noise was added"), (NOISY, "only the secret key can tell")):
        accepted = send(raw, text, None, more)
        assert accepted.folder is None
        assert said in licence(accepted)[0]


def test_with_the_key_noise_is_verified_and_recorded(raw: Path, key_file: Path) -> None:
    accepted = send(raw, NOISY, key_file)
    assert accepted.folder is not None, [item.message for item in accepted.report.items if item.severity == "error"]
    record = yaml.safe_load((accepted.folder / "contribution.yaml").read_text(encoding="utf-8"))
    [new] = accepted.ids
    filed = (accepted.folder / f"{new}.cif").read_bytes()
    assert record["noise_verified"] == {new: hashlib.sha256(filed).hexdigest()}
    assert filed.decode() == NOISY
    _, texts = contributions(raw / "contributions")
    assert all_verified(raw / "contributions", texts) == {new}


def test_only_what_the_key_verifies_is_filed(raw: Path, key_file: Path) -> None:
    """Comments and items behind a true mark do not go into the repository."""
    accepted = send(raw, NOISY + "# 0.2858 0 0.25\n_note '0.1852 0.9945'\n", key_file)
    assert accepted.folder is not None
    assert (accepted.folder / f"{accepted.ids[0]}.cif").read_text() == NOISY


def test_a_mark_that_the_key_does_not_make_is_worth_nothing(raw: Path, key_file: Path) -> None:
    method = NOISY.splitlines()[1]
    forged = ORIGINAL.replace("_cell_length_a", f"{method}\n_cell_length_a", 1)
    assert licence(send(raw, forged, key_file))
    key_file.write_text(KEY[::-1].hex())
    assert licence(send(raw, NOISY, key_file))
    assert not (raw / "contributions").exists()


def test_the_record_vouches_for_the_very_bytes(raw: Path, key_file: Path) -> None:
    accepted = send(raw, NOISY, key_file)
    assert accepted.folder is not None
    path = accepted.folder / f"{accepted.ids[0]}.cif"
    rows = accepted.folder / "rows.csv"
    errors = {item.check for item in check(rows, accepted.folder, raw).report.items if item.severity == "error"}
    assert "cif.licence" not in errors
    path.write_text(NOISY.replace("O1 O 36 0.", "O1 O 36 1."))
    assert all_verified(raw / "contributions", contributions(raw / "contributions")[1]) == frozenset()
    assert "cif.licence" in {item.check for item in check(rows, accepted.folder, raw).report.items}


def test_a_record_beside_a_contributors_table_is_not_believed(raw: Path, key_file: Path) -> None:
    accepted = send(raw, NOISY, key_file)
    assert accepted.folder is not None
    elsewhere = raw.parent / "elsewhere"
    accepted.folder.rename(elsewhere)
    assert "cif.licence" in {item.check for item in check(elsewhere / "rows.csv", elsewhere, raw).report.items}


@pytest.mark.parametrize("text", ["noise_verified: [1]", "noise_verified: {abc: 12}", "- a\n", "noise_verified: {abc: [", "{"])
def test_a_damaged_record_is_named(raw: Path, text: str) -> None:
    accepted = send(raw, ORIGINAL, None, ("note", ""))
    assert accepted.folder is not None
    (accepted.folder / "contribution.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        all_verified(raw / "contributions", contributions(raw / "contributions")[1])
    assert str(caught.value.file).endswith("contribution.yaml")
    assert "version control" in caught.value.cure


def test_the_command_takes_the_key(raw: Path, key_file: Path) -> None:
    (raw.parent / "cifs").mkdir()
    (raw.parent / "cifs" / "latp.cif").write_text(NOISY)
    given = ["accept", str(table(raw)), "--cifs", str(raw.parent / "cifs"), "--raw", str(raw), "--by", "A", "--key-file", str(key_file)]
    ran = CliRunner().invoke(main, given)
    assert ran.exit_code == 0, ran.output
    assert KEY.hex() not in ran.output
    assert all(KEY.hex() not in path.read_text() for path in raw.rglob("*") if path.is_file())
    key_file.chmod(0o644)
    ran = CliRunner().invoke(main, given)
    assert ran.exit_code == 2
    assert "others can read" in ran.output


@pytest.mark.skipif(os.name != "posix", reason="links and pipes are those of POSIX")
def test_links_in_a_folder_are_refused_as_in_an_archive(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.cif").write_text(ORIGINAL)
    cifs = tmp_path / "cifs"
    cifs.mkdir()
    for name in ("latp.cif", "readme.txt"):
        (cifs / name).symlink_to(tmp_path / "secret.cif")
        with pytest.raises(InputError, match=f"{name}' is a link"):
            bundle(cifs)
        (cifs / name).unlink()
    os.mkfifo(cifs / "latp.cif")
    with pytest.raises(InputError, match="a link or a device"):
        bundle(cifs)
    (cifs / "latp.cif").unlink()
    accepted = send(raw, ORIGINAL, None, ("note", ""))
    assert accepted.folder is not None
    (accepted.folder / f"{accepted.ids[0]}.cif").unlink()
    (accepted.folder / f"{accepted.ids[0]}.cif").symlink_to(tmp_path / "secret.cif")
    with pytest.raises(InputError, match="a link or a device"):
        contributions(raw / "contributions")
