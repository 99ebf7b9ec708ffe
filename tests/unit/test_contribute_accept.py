"""Accepted rows are filed whole, under new IDs, or not at all."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.contribute import accept as module
from pipeline.contribute import check as contribute
from pipeline.contribute.accept import Accepted, accept
from pipeline.contribute.check import Checked
from pipeline.contribute.existing import Existing
from pipeline.contribute.identifiers import new_ids
from pipeline.errors import InputError
from pipeline.ingest.contributed.table import contribution, contributions
from pipeline.ingest.workbook import typed
from schemas import columns as col
from tests.contributed.tables import HEADER, Sent, files, good, zipped

#: A dataset of one entry.
OLD = f"{HEADER}\nold,LiCl,4,Li4Cl4,1E-9,225,5.1295,5.1295,5.1295,90,90,90,10.9999/old\n"
DAY = date(2026, 3, 1)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``raw``; the dataset is one entry and what was accepted."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "sources.toml").write_text("# only its presence matters here\n")

    def load(raw: Path) -> Existing:
        import pandas as pd

        cells = contribution(OLD.encode(), "old.csv").cells
        return Existing(typed(pd.concat([cells, contributions(raw / "contributions")[0]], ignore_index=True)))

    monkeypatch.setattr(contribute, "load_existing", load)
    return folder


def send(sent: Sent, raw: Path, by: str | None = "A Curator <a@b.c>") -> Accepted:
    table, cifs = raw.parent / sent.name, raw.parent / "cifs.zip"
    table.write_bytes(sent.data)
    cifs.write_bytes(zipped(sent.structures))
    return accept(table, cifs if sent.structures else None, raw, by, DAY)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def test_a_good_table_is_filed_with_who_when_and_doi(raw: Path) -> None:
    accepted = send(good(), raw)
    assert accepted.folder == raw / "contributions" / "2026-03-01-10.9999-made.up.1"
    record = yaml.safe_load((accepted.folder / "contribution.yaml").read_text(encoding="utf-8"))
    assert record["accepted_by"] == "A Curator <a@b.c>"
    assert record["accepted_on"] == "2026-03-01"
    assert record["dois"] == ["10.9999/made.up.1", "10.9999/made.up.2", "10.9999/made.up.3"]
    assert [entry["contributed_as"] for entry in record["entries"]] == ["salt", "sulfide", "layered_1"]
    assert sorted(path.stem for path in accepted.folder.glob("*.cif")) == sorted(accepted.ids[:2])


def test_what_was_filed_is_what_was_sent(raw: Path) -> None:
    sent = good()
    accepted = send(sent, raw)
    cells, structures = contributions(raw / "contributions")
    assert tuple(cells[col.ID]) == accepted.ids
    assert list(cells[col.REDUCED_COMPOSITION]) == ["LiI", "Li2S", "Li3YCl6"]
    assert list(cells[col.IONIC_CONDUCTIVITY]) == [1.2e-7, "<1E-10", 1.1e-3]
    assert structures == {accepted.ids[0]: sent.structures["salt"], accepted.ids[1]: sent.structures["sulfide"]}
    # what can be derived is filled in: the state of the structure, the symbol of the space group
    assert list(cells[col.CIF_ID]) == ["done", "done", "not available"]
    assert list(cells[col.SPACE_GROUP]) == ["Fm-3m", "Fm-3m", "P-3m1"]
    assert cells[col.CHECKED].isna().all()


def test_filed_rows_pass_the_contract_of_the_release(raw: Path) -> None:
    from pipeline.ingest.workbook import entries

    send(good(), raw)
    table = entries(contributions(raw / "contributions")[0])
    assert len(table) == 3
    assert list(table[col.BOUND].fillna("")) == ["", "<", ""]


def test_any_error_leaves_the_tree_as_it_was(raw: Path) -> None:
    before = tree(raw)
    accepted = send(files(), raw)
    assert accepted.report.has_errors
    assert accepted.folder is None
    assert tree(raw) == before


@pytest.mark.parametrize("step", ["_csv", "_record", "_verify"])
@pytest.mark.parametrize("fault", [OSError("disk full"), KeyboardInterrupt()])
def test_an_interruption_leaves_the_tree_as_it_was(raw: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: BaseException) -> None:
    before = tree(raw)

    def broken(*_: object) -> str:
        raise fault

    monkeypatch.setattr(module, step, broken)
    with pytest.raises(InputError if isinstance(fault, OSError) else type(fault)):
        send(good(), raw)
    assert tree(raw) == before


def test_the_remains_of_a_killed_acceptance_are_passed_over_and_swept(raw: Path) -> None:
    remains = raw / "contributions" / ".2026-03-01-10.9999-made.up.1.building-dead"
    (remains / "new").mkdir(parents=True)
    (remains / ".obelix-curate").touch()
    (remains / "new" / "rows.csv").write_text("half a ro")
    assert len(contributions(raw / "contributions")[0]) == 0
    accepted = send(good(), raw)
    assert [path.name for path in (raw / "contributions").iterdir()] == [accepted.folder.name if accepted.folder else ""]


def test_the_same_table_is_not_accepted_twice(raw: Path) -> None:
    first = send(good(), raw)
    second = send(good(), raw)
    assert second.folder is None
    assert [(item.check, item.other) for item in second.report.items] == [("duplicate.exact", name) for name in first.ids]


def test_ids_are_new_and_the_same_for_the_same_rows(raw: Path) -> None:
    cells = contribution(good().data, "good.csv").cells
    assert new_ids(cells, frozenset()) == new_ids(cells, frozenset()) == send(good(), raw).ids
    renamed = cells.assign(**{str(col.ID): ["other", "names", "here"]})
    assert new_ids(renamed, frozenset()) == new_ids(cells, frozenset())


def test_a_thousand_ids_clash_with_none_and_look_like_no_number() -> None:
    rows = "\n".join(f"x{n},LiI,4,Li4I4,{n}E-9,225,6.0257,6.0257,6.0257,90,90,90,10.9999/x" for n in range(1, 1001))
    cells = contribution(f"{HEADER}\n{rows}\n".encode(), "rows.csv").cells
    used = frozenset(new_ids(cells, frozenset()))
    assert len(used) == 1000
    more = new_ids(cells, used)
    assert len(set(more)) == 1000
    assert not used & set(more)
    for name in used | set(more):
        assert re.fullmatch(str(col.ID.pattern), name)
        assert len(name) == 6
        assert name not in {"nan", "inf", "nul", "con", "aux", "prn", "yes", "off"}
        with pytest.raises(ValueError, match="could not convert"):
            float(name)


@pytest.mark.parametrize("name", ["1e9", "019", "abc", "k4tw7x", "b22222"])
def test_ids_of_three_characters_and_of_six(name: str) -> None:
    """Published ones stay valid; new ones begin and end with a letter and hold a digit, so that no spreadsheet changes them."""
    fits = re.fullmatch(str(col.ID.pattern), name) is not None
    assert fits == (name != "b22222")


@pytest.mark.parametrize("name", ["", "ab", "abcd", "ABC", "k4tw7", "k4tw7xx", "4ktw7x", "kttttt", "katw7x", "k4tw7e", "K4TW7X", "ab\n"])
def test_what_is_no_id(name: str) -> None:
    assert re.fullmatch(str(col.ID.pattern), name) is None


def test_two_acceptances_at_once_give_two_ids(raw: Path) -> None:
    """Each sees what the other has filed; before there was a lock, both rows got one ID."""
    import threading

    row = "x,LiBr,4,Li4Br4,1.2E-9,225,5.5013,5.5013,5.5013,90,90,90,10.9999/made.up.1"
    tables = []
    for number in range(4):
        table = raw.parent / f"table-{number}.csv"
        table.write_text(f"{HEADER}\n{row}\n")
        tables.append(table)
    found: list[Accepted] = []
    threads = [threading.Thread(target=lambda table=table: found.append(accept(table, None, raw, "A <a@b.c>", DAY))) for table in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    filed = [accepted for accepted in found if accepted.folder is not None]
    assert len(filed) == 1
    assert {item.check for accepted in found if accepted.folder is None for item in accepted.report.items} == {"duplicate.exact"}
    assert len(contributions(raw / "contributions")[0]) == 1


def test_an_acceptance_waits_for_another_and_says_so(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    with module.alone(raw), pytest.raises(InputError, match="another acceptance is under way"):
        send(good(), raw)
    assert send(good(), raw).folder is not None
    assert not (raw / module.LOCK).exists()


def test_two_contributions_of_a_day_and_paper_lie_side_by_side(raw: Path) -> None:
    first = send(good(), raw)
    text = f"{HEADER}\nx,LiBr,4,Li4Br4,1.2E-9,225,5.5013,5.5013,5.5013,90,90,90,10.9999/made.up.1\n"
    second = send(Sent("more.csv", text.encode()), raw)
    assert (first.folder, second.folder) == (
        raw / "contributions" / "2026-03-01-10.9999-made.up.1",
        raw / "contributions" / "2026-03-01-10.9999-made.up.1-2",
    )


def test_somebody_must_be_named(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_git_user", lambda: "")
    with pytest.raises(InputError, match="nobody is named"):
        send(good(), raw, by=None)
    assert list(tree(raw)) == ["sources.toml"]


def test_rows_are_accepted_in_a_checkout_only(raw: Path) -> None:
    (raw / "sources.toml").unlink()
    with pytest.raises(InputError, match="not the folder raw"):
        send(good(), raw)
    assert tree(raw) == {}


def test_nothing_is_accepted_unseen(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contribute, "load_existing", lambda raw: Existing(None, "there is no network"))
    with pytest.raises(InputError, match="no network"):
        send(good(), raw)
    assert list(tree(raw)) == ["sources.toml"]


def test_a_damaged_contribution_is_told_with_its_row(raw: Path) -> None:
    folder = send(good(), raw).folder
    assert folder is not None
    table = folder / "rows.csv"
    table.write_text(table.read_text().replace("5.7158", "wide", 1))
    with pytest.raises(InputError) as caught:
        contributions(raw / "contributions")
    assert (caught.value.row, caught.value.column, caught.value.value) == (3, col.A, "wide")
    table.unlink()
    with pytest.raises(InputError, match="no table"):
        contributions(raw / "contributions")


def test_an_orphan_structure_or_a_repeated_id_is_told(raw: Path) -> None:
    folder = send(good(), raw).folder
    assert folder is not None
    (folder / "zzz.cif").write_text("data_")
    with pytest.raises(InputError, match="no row"):
        contributions(raw / "contributions")
    (folder / "zzz.cif").unlink()
    copy = folder.with_name("copy")
    copy.mkdir()
    (copy / "rows.csv").write_bytes((folder / "rows.csv").read_bytes())
    with pytest.raises(InputError, match="stands in"):
        contributions(raw / "contributions")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-cmd", "\u200b=1+1"])
def test_no_row_with_a_live_formula_is_filed_though_the_checks_let_it_pass(raw: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The checks refuse such a cell; here they are blinded, and what is about to be written is tested once more."""
    true = module.check

    def blind(*arguments: Any, **more: Any) -> Checked:
        checked = true(*arguments, **more)
        checked.contribution.cells[col.NOTE] = [text] * len(checked.contribution.cells)
        return checked

    monkeypatch.setattr(module, "check", blind)
    with pytest.raises(InputError, match="take for a formula") as caught:
        send(good(), raw)
    assert caught.value.column == col.NOTE
    assert not (raw / "contributions").exists() or not list((raw / "contributions").iterdir())
