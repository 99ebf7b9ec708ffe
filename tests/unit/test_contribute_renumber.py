"""A clash of IDs after a merge of two branches is mended whole, or nothing is changed."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.contribute import accept as acceptance
from pipeline.contribute import renumber as module
from pipeline.contribute.renumber import renumber
from pipeline.errors import InputError
from pipeline.ingest.contributed.record import all_verified
from pipeline.ingest.contributed.table import contribution, contributions
from schemas import columns as col
from tests.contributed.tables import HEADER, antifluorite, rock_salt

ROWS = {
    "iodide": "LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1",
    "bromide": "LiBr,4,Li4Br4,1.2E-9,225,5.5013,5.5013,5.5013,90,90,90,10.9999/made.up.2",
    "sulfide": "Li2S,4,Li8S4,1E-12,225,5.7158,5.7158,5.7158,90,90,90,10.9999/made.up.3",
    "chloride": "LiCl,4,Li4Cl4,1E-9,225,5.1295,5.1295,5.1295,90,90,90,10.9999/old",
}


def file(raw: Path, name: str, rows: dict[str, str], structures: dict[str, str] | None = None) -> Path:
    """A contribution as ``accept`` files it: table, structures, and a record that vouches for the structures and holds a comment."""
    folder = raw / "contributions" / name
    folder.mkdir(parents=True)
    text = "".join(f"{id},{ROWS[which]}\n" for id, which in rows.items())
    cells = contribution(f"{HEADER}\n{text}".encode(), "rows.csv").cells
    (folder / "rows.csv").write_text(acceptance._csv(cells), encoding="utf-8", newline="")
    held = structures or {}
    for id, content in held.items():
        (folder / f"{id}.cif").write_text(content, encoding="utf-8", newline="")
    document = {
        "accepted_by": "A Curator <a@b.c>",
        "entries": [{"id": id, "contributed_as": which, "row": n} for n, (id, which) in enumerate(rows.items(), start=2)],
        "warnings": [{"row": 2, "check": "cell.volume", "message": f"beside {next(iter(rows))}"}],
        "noise_verified": {id: hashlib.sha256(content.encode()).hexdigest() for id, content in held.items()},
    }
    (folder / "contribution.yaml").write_text("# kept\n" + yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return folder


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``raw`` beside a workbook of one row, ``old``."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "sources.toml").write_text("# only its presence matters here\n")
    cells = contribution(f"{HEADER}\nold,{ROWS['chloride']}\n".encode(), "old.csv").cells
    monkeypatch.setattr(module, "sheet", lambda raw: cells)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


@pytest.fixture
def clash(raw: Path) -> tuple[Path, Path]:
    """Two contributions with the ID ``b2bbbb`` and other rows."""
    one = file(raw, "2026-03-01-one", {"b2bbbb": "iodide", "c3cccc": "bromide"}, {"b2bbbb": rock_salt("I", 6.0257)})
    two = file(raw, "2026-03-01-two", {"d4dddd": "chloride", "b2bbbb": "sulfide"}, {"b2bbbb": antifluorite("S", 5.7158)})
    return one, two


def test_the_message_of_a_clash_names_the_command(raw: Path, clash: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="stands in") as caught:
        contributions(raw / "contributions")
    assert f"accept --renumber {clash[1]}" in caught.value.cure


def test_table_structures_and_record_follow_and_nothing_else_changes(raw: Path, clash: tuple[Path, Path]) -> None:
    kept, folder = clash
    before, other = tree(folder), tree(kept)
    done = renumber(folder, raw)
    (new,) = done.changed.values()
    assert (list(done.changed), re.fullmatch(str(col.ID.pattern), new) is not None) == (["b2bbbb"], True)
    assert tree(kept) == other
    assert sorted(tree(folder)) == sorted([f"{new}.cif", "contribution.yaml", "rows.csv"])
    after = tree(folder)
    assert after[f"{new}.cif"] == before["b2bbbb.cif"]
    assert after["rows.csv"].decode() == before["rows.csv"].decode().replace("b2bbbb", new)
    text = before["contribution.yaml"].decode()
    assert after["contribution.yaml"].decode() == text.replace("id: b2bbbb", f"id: {new}").replace("b2bbbb: ", f"{new}: ")
    assert "# kept" in after["contribution.yaml"].decode()
    cells, structures = contributions(raw / "contributions")
    assert list(cells[col.ID]) == ["b2bbbb", "c3cccc", "d4dddd", new]
    assert dict(zip(cells[col.ID], cells[col.REDUCED_COMPOSITION], strict=True))[new] == "Li2S"
    assert all_verified(raw / "contributions", structures) == {"b2bbbb", new}
    assert not [path.name for path in raw.iterdir() if "lock" in path.name]


def test_what_changed_is_told_and_a_second_time_nothing_does(raw: Path, clash: tuple[Path, Path]) -> None:
    ran = CliRunner().invoke(main, ["accept", "--renumber", str(clash[1]), "--raw", str(raw)])
    assert ran.exit_code == 0, ran.output
    new = next(path.stem for path in clash[1].glob("*.cif"))
    assert f"b2bbbb is now {new}; {clash[0] / 'rows.csv'} keeps b2bbbb" in ran.output
    before = tree(raw)
    again = CliRunner().invoke(main, ["accept", "--renumber", str(clash[1]), "--raw", str(raw)])
    assert again.exit_code == 0
    assert "nothing was changed" in again.output
    assert tree(raw) == before


def test_a_clash_with_the_workbook_is_one_too_and_decisions_are_named(raw: Path) -> None:
    folder = file(raw, "2026-03-01-one", {"OLD": "iodide"})
    (raw / "waivers.yaml").write_text("- {id: OLD, check: composition.charge, reason: r, status: accepted}\n")
    done = renumber(folder, raw)
    assert done.beside == {"OLD": "the workbook"}
    assert f"{raw / 'waivers.yaml'} names OLD (1 of its items)" in done.mentions[0]
    assert list(contributions(raw / "contributions")[0][col.ID]) == list(done.changed.values())


def test_new_ids_are_nobody_elses(raw: Path, clash: tuple[Path, Path]) -> None:
    """The ID that the row would get first is one of a third contribution."""
    cells = contribution(f"{HEADER}\nx,{ROWS['sulfide']}\n".encode(), "rows.csv").cells
    (first,) = acceptance.new_ids(cells, frozenset({"b2bbbb"}))
    file(raw, "2026-03-01-three", {first: "bromide"})
    (new,) = renumber(clash[1], raw).changed.values()
    assert new not in (first, "b2bbbb", "c3cccc", "d4dddd", "old")


def test_a_row_that_was_accepted_twice_gets_no_second_id(raw: Path) -> None:
    file(raw, "2026-03-01-one", {"b2bbbb": "iodide"})
    folder = file(raw, "2026-03-02-one", {"b2bbbb": "iodide"})
    before = tree(raw)
    with pytest.raises(InputError, match="accepted twice"):
        renumber(folder, raw)
    assert tree(raw) == before


@pytest.mark.parametrize("step", ["_table", "_record"])
@pytest.mark.parametrize("fault", [OSError("disk full"), KeyboardInterrupt(), InputError("no")])
def test_an_interruption_leaves_all_as_it_was(
    raw: Path, clash: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, step: str, fault: BaseException
) -> None:
    before = tree(raw)

    def broken(*_: object) -> str:
        raise fault

    monkeypatch.setattr(module, step, broken)
    with pytest.raises(InputError if isinstance(fault, OSError) else type(fault)):
        renumber(clash[1], raw)
    assert tree(raw) == before


def test_what_cannot_be_replaced_with_certainty_is_left_alone(raw: Path, clash: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(raw)
    monkeypatch.setattr(module, "_table", lambda text, changed: text.replace("b2bbbb", "e5eeee"))
    with pytest.raises(InputError):
        renumber(clash[1], raw)
    assert tree(raw) == before


def test_files_beside_and_cells_as_they_were_written_stay(raw: Path, clash: tuple[Path, Path]) -> None:
    """A note of a curator lies in the folder, and the table has a column more and a number of its own form."""
    folder = clash[1]
    (folder / "note.txt").write_text("b2bbbb, by hand")
    rows = list(csv.reader((folder / "rows.csv").read_text().splitlines()))
    place = rows[0].index(str(col.A))
    rows[2][place] = "5.71580"
    (folder / "rows.csv").write_text("\r\n".join(",".join(f'"{cell}"' for cell in row) for row in rows))
    renumber(folder, raw)
    assert (folder / "note.txt").read_text() == "b2bbbb, by hand"
    assert ",5.71580," in (folder / "rows.csv").read_text()


@pytest.mark.parametrize("where", ["raw", "raw/contributions", "elsewhere", "raw/contributions/.hidden", "raw/contributions/none"])
def test_only_a_contribution_is_renumbered(raw: Path, clash: tuple[Path, Path], where: str) -> None:
    folder = raw.parent / where
    if where != "raw/contributions/none":
        folder.mkdir(exist_ok=True)
    with pytest.raises(InputError, match="not the folder of an accepted contribution"):
        renumber(folder, raw)


def test_it_waits_for_an_acceptance(raw: Path, clash: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "PATIENCE", 0.1)
    with acceptance.alone(raw), pytest.raises(InputError, match="another acceptance"):
        renumber(clash[1], raw)


def test_the_command_takes_a_table_or_a_folder(raw: Path, clash: tuple[Path, Path]) -> None:
    assert CliRunner().invoke(main, ["accept"]).exit_code == 2
    both = CliRunner().invoke(main, ["accept", str(clash[0] / "rows.csv"), "--renumber", str(clash[1]), "--raw", str(raw)])
    assert both.exit_code == 2


def test_the_workbook_is_read_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the command compares with is the pinned sheet, whatever the contributions hold."""
    from pipeline.contribute import existing

    cells = pd.DataFrame({str(col.ID): ["abc"]})
    monkeypatch.setattr(existing, "pinned_book", lambda raw: None)
    monkeypatch.setattr(existing.sources, "default_pin", lambda raw: "a pin")
    monkeypatch.setattr(existing, "_published", lambda pin, raw: cells if pin == "a pin" else None)
    assert existing.sheet(tmp_path) is cells
