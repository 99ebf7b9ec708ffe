"""Libraries of structure files and their index."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.commands.match import _harmless
from pipeline.errors import InputError
from pipeline.structures.matching import index as indexing
from pipeline.structures.matching import workers
from pipeline.structures.matching.index import Tally, in_memory, index, is_index, load, opened
from pipeline.structures.matching.library import Row
from schemas import columns as col


def salt(a: float) -> str:
    return f"""data_LiCl
_space_group_name_H-M_alt 'F m -3 m'
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {a}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Li1 0 0 0
Cl1 0.5 0.5 0.5
"""


FILES = {
    "a.cif": salt(5.10),
    "sub/b.CIF": salt(5.11),
    "c.cif": salt(5.12),
    "broken.cif": "data_x\n_cell_length_a\n",
    "readme.txt": "no structure",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "library"
    for name, text in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    (path / ".hidden.cif").write_text(salt(9), encoding="utf-8")
    return path


def packed(folder: Path, kind: str) -> Path:
    path = folder.parent / f"library.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in FILES.items():
                archive.writestr(name, text)
    else:
        with tarfile.open(path, f"w:{'gz' if kind == 'tar.gz' else ''}") as tar:
            tar.add(folder, arcname=".")
    return path


def names(path: Path) -> list[str]:
    found = load(path)
    return found.names([int(i) for block in found.blocks for i in block.ids])


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tar.gz"])
def test_every_kind_of_library(folder: Path, kind: str, tmp_path: Path) -> None:
    path = folder if kind == "folder" else packed(folder, kind)
    tally = index([path], tmp_path / "x.index")
    assert (tally.new, tally.structures, tally.unreadable) == (4, 3, 1)
    assert "broken.cif" in tally.reasons[0]
    assert sorted(names(tmp_path / "x.index")) == sorted(f"{path.as_posix()}/{name}" for name in ("a.cif", "c.cif", "sub/b.CIF"))
    (block,) = load(tmp_path / "x.index").blocks
    assert (block.system, block.spacegroup) == (("Cl", "Li"), 225)
    assert sorted(block.cells[:, 0].tolist()) == [5.10, 5.11, 5.12]
    assert block.amounts.tolist() == [[4, 4]] * 3
    assert not list(tmp_path.glob("*.partial*"))


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
def test_what_did_not_change_is_left_alone(folder: Path, kind: str, tmp_path: Path) -> None:
    def pack() -> Path:
        return folder if kind == "folder" else packed(folder, kind)

    output = tmp_path / "x.index"
    index([pack()], output)
    assert index([pack()], output) == Tally(new=0, unchanged=4, gone=0, unreadable=1, structures=3, reasons=index([pack()], output).reasons)
    (folder / "a.cif").write_text(salt(5.2), encoding="utf-8")
    (folder / "c.cif").unlink()
    (folder / "d.cif").write_text(salt(5.3), encoding="utf-8")
    if kind == "zip":
        with zipfile.ZipFile(folder.parent / "library.zip", "w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder).as_posix())
        changed = folder.parent / "library.zip"
    else:
        changed = pack()
    tally = index([changed], output)
    assert (tally.new, tally.unchanged, tally.gone, tally.structures) == (2, 2, 1, 3)
    assert sorted(load(output).blocks[0].cells[:, 0].tolist()) == [5.11, 5.2, 5.3]


def test_a_run_that_is_stopped_goes_on_where_it_was(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BATCH", 1)
    output, calls = tmp_path / "x.index", []
    real = workers.describe_batch

    def stops(batch: list[tuple[str, str, bytes]]) -> list[Row]:
        calls.append(batch[0][0])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(batch)

    monkeypatch.setattr(workers, "describe_batch", stops)
    with pytest.raises(KeyboardInterrupt):
        index([folder], output)
    assert not output.exists()
    tally = index([folder], output)
    assert (tally.new, tally.unchanged, tally.structures) == (2, 2, 3)
    assert len(calls) == 5
    assert len(set(calls)) == 4


def test_processes_give_what_one_gives(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BATCH", 1)
    for jobs in (1, 2):
        index([folder], tmp_path / f"{jobs}.index", jobs=jobs)
    assert (tmp_path / "1.index").read_bytes() == (tmp_path / "2.index").read_bytes()


def test_several_libraries_and_indexes(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "e.cif.gz").write_bytes(gzip.compress(salt(5.5).encode()))
    index([folder], tmp_path / "x.index")
    assert len(opened([tmp_path / "x.index", other])) == 4
    # an index keeps the libraries it knows
    index([other], tmp_path / "x.index")
    assert len(load(tmp_path / "x.index")) == 4
    assert len(in_memory([folder, other, folder])) == 4


def test_several_blocks_in_one_file(tmp_path: Path) -> None:
    text = (
        "data_global\n_publ_section_title 'x'\n\n"
        + salt(5.1).replace("data_LiCl", "data_one")
        + "\n"
        + salt(5.2).replace("data_LiCl", "data_two")
    )
    (tmp_path / "paper.cif").write_text(text, encoding="utf-8")
    found = in_memory([tmp_path])
    assert [name.rpartition("/")[2] for name in found.names([1, 2])] == ["paper.cif#one", "paper.cif#two"]


def test_latin_1_and_damaged_compression(tmp_path: Path) -> None:
    (tmp_path / "old.cif").write_bytes(("# Stra\xdfe\n" + salt(5.1)).encode("latin-1"))
    (tmp_path / "bad.cif.gz").write_bytes(b"\x1f\x8bnot really")
    tally = index([tmp_path], tmp_path / "x.index")
    assert (tally.structures, tally.unreadable) == (1, 1)
    assert "cannot be unpacked" in tally.reasons[0]


def test_links_and_absolute_names_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.cif"
    secret.write_text(salt(7), encoding="utf-8")
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tar:
        link = tarfile.TarInfo("link.cif")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        tar.addfile(link)
        data = salt(5.1).encode()
        info = tarfile.TarInfo("../../evil.cif")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    found = in_memory([path])
    assert found.blocks[0].cells[:, 0].tolist() == [5.1]
    assert not (tmp_path.parent / "evil.cif").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"\x1f\x8b damaged", b"ID,a\n"])
def test_no_library(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.zip"):
        in_memory([tmp_path / "x.zip"])
    with pytest.raises(InputError, match="no such library"):
        in_memory([tmp_path / "nowhere"])


def test_a_damaged_index_is_told_and_never_believed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bit that is flipped is an error, or changes nothing that is read; nor is it believed when the index is brought up to date."""
    monkeypatch.chdir(tmp_path)
    # neither the folder's place nor the time is in the bytes, so that every run flips the same
    monkeypatch.setattr(Path, "resolve", lambda path: Path("/data") / path)
    for path in folder.rglob("*"):
        os.utime(path, ns=(0, 0))
    library, output, damaged = Path("library"), Path("x.index"), Path("damaged.index")
    index([library], output)
    data = output.read_bytes()

    def said(path: Path) -> list[tuple[object, ...]]:
        found = load(path)
        return [(b.system, b.spacegroup, b.data.tobytes(), *found.names(b.ids.tolist())) for b in found.blocks]

    expected = said(output)
    told = 0
    used = [place for place, byte in enumerate(data) if byte]
    for turn, place in enumerate(used[:: max(1, len(used) // 400)]):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        damaged.write_bytes(changed)
        if not is_index(damaged):
            continue
        try:
            if turn % 4 == 0:
                index([library], damaged)
            assert said(damaged) == expected, place
        except InputError as error:
            told += "obelix-curate index" in error.cure
    assert told > 100
    for length in range(20, len(data), len(data) // 15):
        damaged.write_bytes(data[:length])
        with pytest.raises(InputError):
            said(damaged)


@pytest.fixture(scope="module")
def of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two libraries with two files each, of the same names."""
    path = tmp_path_factory.mktemp("two")
    for library, shift in (("one", 0.0), ("two", 0.1)):
        (path / library).mkdir()
        for number, name in enumerate(("a.cif", "b.cif")):
            (path / library / name).write_text(salt(5 + shift + number / 100), encoding="utf-8")
    index([path / "one", path / "two"], path / "x.index")
    return path / "x.index"


@pytest.mark.parametrize("name", ["x.index", "x.index.partial"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE file SET id = 9 WHERE id = 1; UPDATE file SET id = 1 WHERE id = 2; UPDATE file SET id = 2 WHERE id = 9",
        "UPDATE file SET library = library + 5; UPDATE file SET library = 8 - library",
        "UPDATE library SET id = id + 5; UPDATE library SET id = 8 - id",
        *(f"UPDATE library SET {column} = {column} || 'x' WHERE id = 1" for column in ("place", "label")),
        *(f"UPDATE file SET {column} = {column} || '2' WHERE id = 1" for column in ("member", "block", "stamp", "system", "reason")),
        "UPDATE file SET spacegroup = 224 WHERE id = 1", "UPDATE file SET data = zeroblob(length(data)) WHERE id = 1",
    ],
)  # fmt: skip
def test_no_structure_bears_the_name_of_another(of_two: Path, tmp_path: Path, name: str, change: str) -> None:
    """A number, a name or a value of a row that is not what was written is told, when it is read and when it is brought up to date."""
    path = tmp_path / name
    shutil.copyfile(of_two, path)
    with sqlite3.connect(path) as connection:
        connection.executescript(change)
    connection.close()
    for call in (lambda: names(path), lambda: index([of_two.parent / "one"], tmp_path / "x.index")):
        with pytest.raises(InputError, match="has changed") as caught:
            call()
        assert caught.value.file == str(path)
        assert "obelix-curate index" in caught.value.cure
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_an_index_of_another_version_is_made_anew(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "x.index"
    index([folder], output)
    monkeypatch.setattr(indexing, "FORMAT", "2 0.0.1")
    for call in (lambda: load(output), lambda: index([folder], output)):
        with pytest.raises(InputError, match="another version") as caught:
            call()
        assert "obelix-curate index" in caught.value.cure


def test_files_that_are_no_index(folder: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "other.sqlite"
    with sqlite3.connect(stranger) as connection:
        connection.execute("CREATE TABLE x (y)")
    assert is_index(stranger)
    for call in (lambda: load(stranger), lambda: index([folder], stranger)):
        with pytest.raises(InputError, match="not an index"):
            call()
    output = tmp_path / "x.index"
    index([folder], output)
    with sqlite3.connect(output) as connection:
        connection.execute("UPDATE meta SET value = '0'")
    connection.close()
    with pytest.raises(InputError, match="another version"):
        load(output)


def test_two_runs_at_a_time_are_refused(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "x.index"
    holder = indexing._opened(output.with_name("x.index.partial"))
    holder.execute("INSERT INTO meta VALUES ('held', '1')")
    with pytest.raises(InputError, match="another run is writing it"):
        index([folder], output)
    holder.close()


def test_a_folder_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    result = CliRunner().invoke(main, ["index", str(folder), "--output", str(tmp_path / "file" / "x.index")])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        (sqlite3.SQLITE_CANTOPEN, "permissions"), (sqlite3.SQLITE_READONLY_DIRECTORY, "permissions"), (sqlite3.SQLITE_FULL, "make room"),
        (sqlite3.SQLITE_IOERR_WRITE, "make room"), (sqlite3.SQLITE_BUSY, "wait for it"), (sqlite3.SQLITE_NOTADB, "delete the file"),
    ],
)  # fmt: skip
def test_an_index_that_cannot_be_written_has_a_cure_that_fits(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, cure: str
) -> None:
    error = sqlite3.OperationalError("refused")
    error.sqlite_errorcode = code

    def refused(_: Path) -> sqlite3.Connection:
        raise error

    monkeypatch.setattr(indexing, "_opened", refused)
    with pytest.raises(InputError, match="cannot be written: refused") as caught:
        index([folder], tmp_path / "x.index")
    assert cure in caught.value.cure


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder in which nobody can write")
def test_a_folder_in_which_nobody_can_write_is_named_with_its_cure(folder: Path) -> None:
    with pytest.raises(InputError, match=r"x\.index.*cannot be written") as caught:
        index([folder], Path("/proc/x.index"))
    assert "mend the permissions" in caught.value.cure


@pytest.mark.parametrize("label", [col.ROW_ID, col.FILE])
def test_candidates_hold_no_live_formula(label: str) -> None:
    """A database on the network names its structures as it likes."""
    found = pd.DataFrame({col.ROW_ID: ["s01"], col.FILE: ["https://x.org/1"]})
    for name in ("=1+1", "@x", "\u200b=1+1"):
        with pytest.raises(InputError, match="take for a formula"):
            _harmless(found.assign(**{label: [name]}))
    assert _harmless(found.assign(**{label: ["a\n::error::b"]}))[0].at[0, label] == "a : :error::b"


ROWS = """ID,Reduced Composition,Z,True Composition,Ionic conductivity (S cm-1),Space group #,a,b,c,alpha,beta,gamma,DOI
s01,LiCl,4,Li4Cl4,1e-6,225,5.1,5.1,5.1,90,90,90,10.1000/x
s02,glass,4,glass,1e-6,225,5.1,5.1,5.1,90,90,90,10.1000/x
"""


def test_commands(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    run = CliRunner().invoke
    made = run(main, ["index", str(folder), "--output", str(tmp_path / "x.index")])
    assert made.exit_code == 0
    assert "3 structures; 4 files read, 0 unchanged, 0 gone" in made.stdout
    assert "unreadable: broken.cif" in made.stderr
    found = run(main, ["match", str(tmp_path / "rows.csv"), "--library", str(tmp_path / "x.index")])
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0] == "ID,file,rank,composition_deviation,lattice_deviation,angle_deviation,setting,remark"
    assert lines[1] == f"s01,{folder.as_posix()}/a.cif,1,0.0,0.0,0.0,as given,"
    assert len(lines) == 4
    assert "row 3: not looked for" in found.stderr
    assert "1 of 2 rows have candidates" in found.stderr
    output = tmp_path / "candidates.csv"
    assert run(main, ["match", str(tmp_path / "rows.csv"), "--library", str(folder), "--output", str(output)]).exit_code == 0
    assert output.read_text(encoding="utf-8") == found.stdout
    assert not [path for path in tmp_path.iterdir() if path.name.endswith((".part", ".partial"))]


@pytest.mark.parametrize("arguments", [[], ["--library", "nowhere"], ["--optimade", "not a url"]])
def test_commands_called_badly(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    result = CliRunner().invoke(main, ["match", str(tmp_path / "rows.csv"), *arguments])
    assert result.exit_code == 2
    assert "cure:" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
def test_a_link_is_told_and_not_followed(tmp_path: Path, kind: str) -> None:
    """A link leads to a file that nobody put into the library, whether it is a folder or an archive."""
    folder, elsewhere = tmp_path / "library", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "own.cif").write_text(salt(5.13))
    (elsewhere / "theirs.cif").write_text(salt(5.14))
    (folder / "linked.cif").symlink_to(elsewhere / "theirs.cif")
    (folder / "nowhere.cif").symlink_to(tmp_path / "nothing")
    given = folder
    if kind == "tar":
        given = tmp_path / "library.tar"
        with tarfile.open(given, "w") as archive:
            archive.add(folder, ".")
    elif kind == "zip":
        given = tmp_path / "library.zip"
        with zipfile.ZipFile(given, "w") as packed:
            packed.writestr("own.cif", salt(5.13))
            for name in ("linked.cif", "nowhere.cif"):
                link = zipfile.ZipInfo(name)
                link.external_attr = 0o120777 << 16
                packed.writestr(link, str(elsewhere / "theirs.cif"))
    else:
        (folder / "more").symlink_to(elsewhere)
    for _ in range(2):
        tally = index([given], tmp_path / "library.index")
        assert tally.structures == 1
        names = ["linked.cif", *(["more"] if kind == "folder" else []), "nowhere.cif"]
        assert tally.reasons == [f"{name} is a link, which is not followed: put the file itself in its place" for name in names]
