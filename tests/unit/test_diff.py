"""Two tiny releases compared: each kind of change is told, and told apart from the others."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import InputError
from pipeline.release.compare.cellwise import same, same_label
from pipeline.release.compare.diff import Difference, difference, required_level
from pipeline.release.compare.diff_formats import EARLIER, FORMATS, as_changelog, as_text
from pipeline.release.compare.published import Published, published
from pipeline.release.compare.structure_diff import structure_change
from schemas import columns as col
from tests.unit.releases import CIF, files, release, row

AB = [row("aa1"), row("bb2")]


def test_the_same_release_has_no_difference() -> None:
    found = difference(release("1.0.0", AB, cifs={"aa1": CIF}), release("1.0.1", AB, cifs={"aa1": CIF}))
    assert found.same_data
    assert not found.stale_old
    assert not found.stale_new
    assert required_level(found) == ("patch", ["entries, split and structures are the same"])
    assert as_changelog(found) == "- Entries, split and structures are unchanged.\n"


def test_added_and_removed_entries() -> None:
    found = difference(release("old", AB), release("new", [AB[1], row("cc3")]))
    assert (found.added, found.removed) == (["cc3"], ["aa1"])
    assert required_level(found) == ("major", ["1 entry gone (aa1)"])
    only_new = difference(release("old", AB), release("new", [*AB, row("cc3"), row("dd4")]))
    assert required_level(only_new) == ("minor", ["2 new entries (cc3, dd4)"])


def test_a_changed_cell_names_old_and_new() -> None:
    found = difference(release("old", AB), release("new", [AB[0], row("bb2", CLOSE_MATCH="Yes", A=4.1)]))
    assert [(c.id, c.column, c.old, c.new, c.is_label) for c in found.cells] == [
        ("bb2", "a", "4.0", "4.1", False),
        ("bb2", "close match", None, "Yes", False),
    ]
    assert required_level(found) == ("patch", ["1 entry with a changed cell (bb2)", "1 other table changed (processed.csv)"])
    assert "bb2 a: 4.0 -> 4.1; close match: (blank) -> Yes" in as_text(found)


@pytest.mark.parametrize(
    ("old", "new", "is_label"),
    [
        ("1e-05", "1e-06", True),
        ("<1E-10", "1e-10", True),
        ("<1E-10", "<1E-8", True),
        ("<1E-10", "<1e-10", False),
        ("<1E-10", "< 1E-10", False),
        ("1e-05", "unknown", True),
    ],
)
def test_a_label_is_its_value_and_its_bound(old: str, new: str, is_label: bool) -> None:
    found = difference(release("old", [row("aa1", IONIC_CONDUCTIVITY=old)]), release("new", [row("aa1", IONIC_CONDUCTIVITY=new)]))
    assert [change.is_label for change in found.cells] == [is_label]
    assert required_level(found)[0] == ("major" if is_label else "patch")


def test_notation_is_no_change() -> None:
    """A sheet's 90, a CSV's 90.0 and a text 90 are one number; white space and case of a text are not nothing."""
    for one, other in ((90, "90.0"), ("1e-05", 1e-5), ("0.00001", "1E-5"), (155950, "155950"), (0.1 + 0.2, 0.3)):
        assert same(one, other)
    for one, other in (("ball", "Ball"), ("x ", "x"), (1.0, 1.0000001), (None, 0), ("1e9", "1e8")):
        assert not same(one, other)
    assert same_label("<1E-10", "≤1e-10")


def test_a_move_between_the_sides_is_major() -> None:
    found = difference(release("old", AB), release("new", [AB[0]], [AB[1]]))
    assert [(move.id, move.old, move.new) for move in found.moved] == [("bb2", "train", "test")]
    assert required_level(found) == ("major", ["1 entry that changed sides (bb2)"])
    assert found.cells == []


def test_a_column_that_is_gone_is_major() -> None:
    old = release("old", AB)
    contents = dict(old.contents) | {"all.csv": old.contents["all.csv"].replace(b",Family,", b",Kind,", 1)}
    found = difference(old, Published("new", contents))
    assert (found.columns_removed, found.columns_added) == (["Family"], ["Kind"])
    assert required_level(found)[0] == "major"


class TestOtherTables:
    """Every released table counts, not only that of the entries."""

    BOUNDED = (row("aa1", IONIC_CONDUCTIVITY="<1E-10"), row("bb2"))

    def changed(self, new: dict[str, bytes], old: dict[str, bytes] | None = None) -> Difference:
        before = files(self.BOUNDED) | (old or {})
        return difference(Published("old", before), Published("new", before | new))

    def test_a_label_of_the_processed_table_is_major_although_the_entry_is_as_it_was(self) -> None:
        table = files(self.BOUNDED)["processed.csv"]
        assert table.count(b"1e-15") == 1
        found = self.changed({"processed.csv": table.replace(b"1e-15", b"1E-10")})
        assert [(cell.id, cell.column, cell.old, cell.new) for cell in found.tables[0].labels] == [("aa1", col.LABEL, "1e-15", "1E-10")]
        assert required_level(found) == ("major", ["1 changed label (aa1)"])
        assert not found.same_data
        for told in (as_text(found), as_changelog(found), FORMATS["markdown"](found)):
            assert "Labels changed in processed.csv" in told
        for form, pattern in EARLIER.items():
            assert pattern.search(FORMATS[form](found))
        assert json.loads(FORMATS["json"](found))["tables"][0]["labels"][0]["id"] == "aa1"

    def test_what_follows_from_the_entry_is_told_once(self) -> None:
        found = difference(release("old", [row("aa1")]), release("new", [row("aa1", IONIC_CONDUCTIVITY="1e-06")]))
        assert [cell.id for cell in found.labels] == ["aa1"]
        assert found.tables == []
        assert required_level(found) == ("major", ["1 changed label (aa1)"])

    def test_a_label_that_two_tables_hold_is_told_once_and_one_that_only_the_second_holds_is_told_too(self) -> None:
        table = files(self.BOUNDED)["processed.csv"]
        moved = table.replace(b"1e-15", b"1E-10")
        both = self.changed({"processed.csv": moved, "train_model.csv": moved}, {"train_model.csv": table})
        assert [(t.path, [cell.id for cell in t.labels]) for t in both.tables] == [("processed.csv", ["aa1"])]
        alone = self.changed({"train_model.csv": moved}, {"train_model.csv": table})
        assert required_level(alone) == ("major", ["1 changed label (aa1)"])

    @pytest.mark.parametrize("form", ["text", "markdown", "changelog"])
    @pytest.mark.parametrize(
        ("kept", "changed", "said"),
        [
            (b"", b"bb2,2\n", "1 row added"), (b"", b"bb2,2\ncc3,3\n", "2 rows added"),
            (b"bb2,2\n", b"", "1 row removed"), (b"bb2,2\ncc3,3\n", b"", "2 rows removed"),
            (b"bb2,2\ncc3,3\n", b"bb2,2\ncc3,4\n", "rank changed in 1 row"),
            (b"bb2,2\ncc3,3\n", b"bb2,3\ncc3,4\n", "rank changed in 2 rows"),
        ],
    )  # fmt: skip
    def test_one_row_is_no_rows(self, kept: bytes, changed: bytes, said: str, form: str) -> None:
        head = b"ID,rank\naa1,1\n"
        told = FORMATS[form](self.changed({"structures.csv": head + changed}, {"structures.csv": head + kept}))
        assert re.search(rf"structures\.csv`?: {said}$", told, re.MULTILINE), told

    @pytest.mark.parametrize(("drop", "level", "said"), [("old", "minor", "1 new column"), ("new", "major", "1 column gone")])
    def test_a_column_of_any_table(self, drop: str, level: str, said: str) -> None:
        full, bare = b"ID,file\naa1,aa1.cif\n", b"ID\naa1\n"
        old, new = (bare, full) if drop == "old" else (full, bare)
        found = self.changed({"structures.csv": new}, {"structures.csv": old})
        assert required_level(found) == (level, [f"{said} (structures.csv: file)"])
        assert f"Columns {'added to' if drop == 'old' else 'removed from'} structures.csv" in as_text(found)

    def test_a_table_that_comes_or_goes(self) -> None:
        found = self.changed({"candidates.csv": b"ID\naa1\n"})
        assert required_level(found) == ("minor", ["1 new table (candidates.csv)"])
        back = difference(Published("new", files(AB) | {"candidates.csv": b"ID\n"}), Published("old", files(AB)))
        assert required_level(back) == ("major", ["1 table gone (candidates.csv)"])

    def test_rows_and_other_cells_are_counted(self) -> None:
        old = {"structures.csv": b"ID,file,symprec\naa1,x,0.1\nbb2,y,0.1\n", "findings.csv": b"ID,check\naa1,x\naa1,x\n"}
        new = {"structures.csv": b"ID,file,symprec\naa1,z,0.10\ncc3,y,0.1\n", "findings.csv": b"ID,check\naa1,x\nbb2,x\n"}
        found = self.changed(new, old)
        assert [(t.path, t.rows_added, t.rows_removed, t.cells) for t in found.tables] == [
            ("findings.csv", 1, 1, {}), ("structures.csv", 1, 1, {"file": 1}),
        ]  # fmt: skip
        assert required_level(found) == ("patch", ["2 other tables changed (findings.csv, structures.csv)"])

    def test_digits_that_the_published_table_leaves_out_are_no_change(self) -> None:
        table = files([row("aa1", A=11.802034)])["processed.csv"]
        old = files([row("aa1", A=11.802034)]) | {"processed.csv": table.replace(b"11.802034", b"11.802")}
        assert difference(Published("old", old), release("new", [row("aa1", A=11.802034)])).tables == []


def test_entries_in_another_order_are_told() -> None:
    found = difference(release("old", AB), release("new", AB[::-1]))
    assert found.reordered
    assert found.same_data
    assert "in another order" in as_text(found)


class TestStale:
    """Files of a release that do not agree with its own table."""

    def places(self, contents: dict[str, bytes]) -> list[tuple[str, str, str, str]]:
        contents.pop("SHA256SUMS")
        found = difference(Published("old", contents), Published("new", contents))
        assert found.stale_old == found.stale_new
        return [(place.file, place.what, place.id, place.column) for place in found.stale_new]

    def test_a_copy_left_behind(self) -> None:
        contents = files(AB)
        contents["all.csv"] = files([AB[0], row("bb2", NOTE="mended", A=4.2)])["all.csv"]
        assert self.places(contents) == [
            ("train.csv", "cell", "bb2", "a"), ("train.csv", "cell", "bb2", "note"), ("processed.csv", "cell", "bb2", "a"),
        ]  # fmt: skip

    def test_rows_that_a_copy_lacks_or_has_too_many(self) -> None:
        contents = files(AB) | {"test.csv": files([], [row("zz9")])["test.csv"]}
        contents["processed.csv"] = files([AB[0]])["processed.csv"]
        assert self.places(contents) == [("test.csv", "row too many", "zz9", ""), ("processed.csv", "row missing", "bb2", "")]

    def test_the_processed_table_may_round_and_write_bounds_as_published(self) -> None:
        rows = [row("aa1", A=11.802034, IONIC_CONDUCTIVITY="<1E-10")]
        contents = files(rows)
        contents["processed.csv"] = contents["processed.csv"].replace(b"11.802034", b"11.802").replace(b"1E-10,10.1/x", b"1e-15,10.1/x")
        assert b"1e-15" in contents["processed.csv"]
        assert self.places(dict(contents)) == []
        contents["processed.csv"] = contents["processed.csv"].replace(b"11.802", b"11.803")
        assert self.places(contents) == [("processed.csv", "cell", "aa1", "a")]

    def test_an_entry_on_both_sides(self) -> None:
        contents = files(AB) | {"test_idx.csv": b"ID\nbb2"}
        assert ("test_idx.csv", "row too many", "bb2", "") in self.places(contents)

    def test_archives_follow_the_structures(self, tmp_path: Path) -> None:
        import zipfile

        contents = files(AB, cifs={"aa1": CIF, "bb2": CIF})
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("all_randomized_cifs/aa1.cif", CIF + "# another\n")
        contents["all_cifs.zip"] = (tmp_path / "x.zip").read_bytes()
        contents["train_cifs.tar.gz"] = b"torn"
        assert self.places(contents) == [
            ("all_cifs.zip", "structure", "aa1", ""), ("all_cifs.zip", "structure", "bb2", ""), ("train_cifs.tar.gz", "structure", "", ""),
        ]  # fmt: skip

    def test_a_file_changed_after_the_build(self) -> None:
        contents = files(AB)
        listed = contents["SHA256SUMS"]
        contents |= {"note.txt": b"by hand", "processed.csv": contents["processed.csv"] + b"\n", "SHA256SUMS": listed}
        found = difference(Published("old", contents), Published("new", contents))
        assert [(place.file, place.holds) for place in found.stale_new] == [
            ("processed.csv", "changed after the build"), ("note.txt", "added after the build"),
        ]  # fmt: skip


class TestStructures:
    def change(self, old: str, new: str) -> tuple[str, ...]:
        found = structure_change("aa1", CIF, CIF.replace(old, new))
        assert CIF.replace(old, new) != CIF
        assert found is not None
        return found.kinds

    def test_each_kind_is_told_apart(self) -> None:
        assert self.change("0.3000 1.0", "0.3100 1.0") == ("positions",)
        assert self.change("0.3000 1.0", "0.3000 0.5") == ("occupancy",)
        assert self.change("_cell_length_a 4.0", "_cell_length_a 4.1") == ("cell",)
        assert self.change("'-x, -y, -z'", "'-x, y, -z'") == ("symmetry",)
        assert self.change("'Li2 O1'", "'Li4 O2'") == ("text",)
        assert self.change("Li1 Li 0.1", "Na1 Na 0.1") == ("sites",)
        assert self.change("data_small", "data_other") == ("text",)
        assert self.change("0.2000", "x.2000") == ("unreadable",)

    def test_one_site_is_no_sites(self) -> None:
        def told(old: str, new: str) -> str:
            return as_text(difference(release("old", AB, cifs={"aa1": old}), release("new", AB, cifs={"aa1": new})))

        one = f"{CIF}F1 F 0.5 0 0 1.0\n"
        two = f"{one}F2 F 0 0.5 0 1.0\n"
        assert "new site F1; " in told(CIF, one)
        assert "new sites F1, F2; " in told(CIF, two)
        assert "site gone F1; " in told(one, CIF)
        assert "sites gone F1, F2; " in told(two, CIF)

    def test_line_ends_are_no_change(self) -> None:
        assert structure_change("aa1", CIF, CIF.replace("\n", "\r\n")) is None

    def test_an_image_of_a_site_is_the_same_site(self) -> None:
        """Another representative of the orbit, and another cell, are no move; digits that say the same are none either."""
        assert self.change("0.1000 0.2000 0.3000", "0.9000 0.8000 0.7000") == ("text",)
        assert self.change("0.1000 0.2000 0.3000", "-0.1000 -0.2000 1.7000") == ("text",)
        assert self.change("0.1000 0.2000 0.3000", "0.10000 0.20000 0.30000") == ("text",)

    def test_the_distance_is_in_angstrom(self) -> None:
        found = structure_change("aa1", CIF, CIF.replace("0.3000 1.0", "0.3100 1.0"))
        assert found is not None
        # 0.01 of c = 5 angstrom
        assert [(site.label, round(site.distance, 6)) for site in found.sites] == [(("Li1", "Li1"), 0.05)]

    def test_content_follows_the_occupancy(self) -> None:
        found = structure_change("aa1", CIF, CIF.replace("0.3000 1.0", "0.3000 0.25"))
        assert found is not None
        assert found.content == {"Li": (2.0, 0.5)}

    def test_structures_come_and_go(self) -> None:
        found = difference(release("old", AB, cifs={"aa1": CIF}), release("new", AB, cifs={"bb2": CIF}))
        assert (found.structures_added, found.structures_removed) == (["bb2"], ["aa1"])
        assert required_level(found)[0] == "minor"


def test_a_table_is_read_a_few_times_however_many_structures_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    real = Published.read
    monkeypatch.setattr(Published, "read", lambda self, path: (reads.append(path), real(self, path))[1])

    def work(number: int) -> int:
        names = [f"a{n:02}" for n in range(number)]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as members:
            for name in names:
                members.writestr(f"{name}.cif", CIF)
        contents = files([row(name) for name in names], cifs=dict.fromkeys(names, CIF)) | {"train_cifs.zip": archive.getvalue()}
        reads.clear()
        found = difference(Published("old", contents), Published("new", contents))
        assert not [each for each in found.stale_new if each.what != "checksum"]
        return len(reads)

    assert work(40) == work(4)


@pytest.mark.parametrize("form", list(FORMATS))
def test_every_format_tells_every_change(form: str) -> None:
    old = release("1.0.0", [*AB, row("gg7", IONIC_CONDUCTIVITY="<1E-10")], cifs={"aa1": CIF})
    new = release("2.0.0", [AB[0], row("cc3"), row("gg7")], [row("bb2", NOTE="x | y ")], cifs={"aa1": CIF.replace("0.3000 1.0", "0.3 0.5")})
    text = FORMATS[form](difference(old, new))
    for told in ("cc3", "bb2", "gg7", "<1E-10", "aa1", "occupancy", "x | y "):
        assert told in text, told
    if form == "json":
        document = json.loads(text)
        assert document["required"] == "major"
        assert document["structures"][0]["sites"][0]["refilled"] is True


def test_a_changelog_sums_up_a_column_that_changed_throughout_but_never_a_label() -> None:
    names = [f"a{number:02d}" for number in range(30)]
    old = release("1.0.0", [row(name) for name in names])
    new = release("2.0.0", [row(name, LIION_ID=7, IONIC_CONDUCTIVITY="2e-05") for name in names])
    text = as_changelog(difference(old, new))
    assert "- `Liion ID` changed in 30 entries: `obelix-curate diff 1.0.0 2.0.0` lists them.\n" in text
    assert text.count("`1e-05` -> `2e-05`") == 30
    assert as_text(difference(old, new)).count("Liion ID") == 30


def test_a_sheet_reads_as_its_csv(tmp_path: Path) -> None:
    contents = files(AB)
    book = openpyxl.Workbook()
    import csv
    import io

    for line in csv.reader(io.StringIO(contents["all.csv"].decode())):
        book.active.append([float(value) if value.replace(".", "").isdigit() else value or None for value in line])
    book.save(tmp_path / "raw.xlsx")
    found = difference(release("old", AB), Published("new", {"raw.xlsx": (tmp_path / "raw.xlsx").read_bytes()}))
    assert found.cells == []


class TestNames:
    def test_a_folder(self, tmp_path: Path) -> None:
        for path, data in files(AB, cifs={"aa1": CIF}).items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(data)
        (tmp_path / ".gitkeep").write_bytes(b"")
        found = published(str(tmp_path), tmp_path / "raw")
        assert list(found.table) == ["aa1", "bb2"]
        assert difference(found, replace(found, name="again")).same_data
        assert not difference(found, found).stale_new

    @pytest.mark.parametrize("name", ["9.9.9", "--output=x", "no such", ""])
    def test_what_is_no_release_is_told(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such release"):
            published(name, tmp_path / "raw")

    def test_of_a_source_distribution_only_tables_and_structures_are_read(self, tmp_path: Path) -> None:
        for path in ("raw.xlsx", "scripts/make.py", "README.md", "downloads/all.csv", "randomized_cifs/aa1.cif"):
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(b"x")
        assert set(published(str(tmp_path), tmp_path).contents) == {"raw.xlsx", "downloads/all.csv", "randomized_cifs/aa1.cif"}

    def test_a_folder_that_is_no_release(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="this is no release"):
            difference(published(str(tmp_path), tmp_path), release("new", AB))

    @pytest.mark.parametrize(
        ("data", "message"),
        [(b"", "empty"), (b"\xff\xfe\x00", "cannot be read"), (b"a,b\n1,2\n", "no column ID"), (b"ID,a\nx,1\nx,2\n", "stands twice")],
    )
    def test_a_table_that_is_none(self, data: bytes, message: str) -> None:
        with pytest.raises(InputError, match=message):
            difference(Published("old", {"all.csv": data}), release("new", AB))


@pytest.mark.parametrize("form", ["text", "markdown", "changelog"])
def test_hostile_cells_are_quoted_as_text(form: str) -> None:
    """Cells, IDs and names of releases are one printable line each, and no markup outside the type of code."""
    attack = "x\n::error::forged\x1b[31m\u202e <script>alert(1)</script> `code` @all [a](javascript:b) \ue000<b>\ue001"
    old = release(f"1{attack}", [row("aa1"), row("bb2", NOTE="old")])
    text = FORMATS[form](difference(old, release("2", [row("aa1", NOTE=attack), row("bb2", NOTE=f"`{attack}`"), row("c<b>c")])))
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    assert not [line for line in text.splitlines() if line.lstrip().startswith(("::", "##["))]
    if form != "text":
        bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
        assert not [sign for sign in ("<script", "<b", "@all", "[a](") if sign in bare], bare
