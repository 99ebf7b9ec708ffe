"""The leaderboard in its forms, and the entries that every model misses."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.prediction import board as boards
from pipeline.prediction.board import Board, Floors, Rounding, document, json_text, rounding, scored
from pipeline.prediction.complete import every
from pipeline.prediction.families import families
from pipeline.prediction.hard import Hard, csv_text, hard
from pipeline.prediction.task import Task, task
from pipeline.reporting.benchmark_docs import facts
from pipeline.reporting.benchmark_figure import figure
from pipeline.reporting.benchmark_page import sections
from pipeline.reporting.benchmark_text import markdown
from pipeline.structures.cif import read
from schemas import columns as col
from schemas import leaderboard
from schemas.leaderboard import COLUMNS, HARD_COLUMNS
from tests.unit.predictions import record, small
from tests.unit.releases import CIF
from tests.unit.splits import entries


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    of, folder = small(), tmp_path_factory.mktemp("models")
    labels = dict(zip(of.ids, of.targets(), strict=True))
    record(folder, of, "median", lambda name, seed: -5.5, seeds=(0,))
    record(folder, of, "forest", lambda name, seed: labels[name] + 0.5 + seed / 10, with_train=True)
    record(folder, of, "net", lambda name, seed: labels[name] + 2, training="structures", title="Net | <b>@all</b>", provenance="claimed")
    models = every(folder, of)
    return Board("1.0", of, models, scored(models, of), Floors(0.41, 0.72), Rounding(20, ("e00", "e02"), ("e04",)))


def test_a_board_says_what_it_must(board: Board) -> None:
    text = markdown(document(board))
    lines = text.splitlines()
    assert "3 of 20 structures hold no lithium once occupancies are rounded" in text
    assert "2 lose all of theirs, 1 have none in their file" in text
    assert "0.41 decades from the median" in text
    assert "0.72 from the median of the others" in text
    assert "Claimed, not trained by this program: net." in text
    forest, net = (next(line for line in lines if f"(`{name}`)" in line) for name in ("forest", "net"))
    assert "| 30 | 0.55 [0.50, 0.60] ± 0.07 |" in forest
    assert re.search(r"\| \+1\.45 \[\+1\.4\d, \+1\.5\d\] worse \|", net)
    assert "| 15 |  | 2.00 [2.00, 2.00] |" in net
    assert r"Net \| &lt;b&gt;&#64;all&lt;/b&gt;" in net
    paper = [line for line in lines if "*printed*" in line]
    assert len(paper) == 7
    assert next(line for line in paper if "random forest | all training entries" in line).split("|")[4].strip() == "1.87"
    assert sum(line.endswith("| not run |") for line in paper) == 6


def test_the_best_comes_first_and_every_score_is_in_the_csv(board: Board) -> None:
    assert [one.model.name for one in board.ranked] == ["forest", "net", "median"]
    found = list(csv.DictReader(boards.csv_text(board.scores).splitlines()))
    assert list(found[0]) == [str(column) for column in COLUMNS]
    assert len(found) == len(board.scores) == 18 + 18 + 9
    assert {row["forest"] for row in found if row["model"] == "forest"} == {""}
    assert all(row["forest_verdict"] in ("better", "worse", "no difference shown") for row in found if row["forest"])


def test_json_holds_the_same_and_training_errors_where_they_are_told(board: Board) -> None:
    found = json.loads(json_text(board))
    assert found["scores"] == boards.rows(board.scores)
    errors = {model["name"]: model["training_error"] for model in found["models"]}
    assert errors == {"forest": pytest.approx(0.55), "net": None, "median": None}
    assert found["rounding"]["without_lithium"] == 3
    assert found["hashes"] == board.task.hashes


def test_a_figure_is_the_same_bytes_twice_and_shows_every_model(board: Board) -> None:
    found = document(board)
    first = figure(found)
    assert first == figure(found)
    text = first.decode()
    for said in ("forest", "median", "net", "random folds", "test, as the paper prints it", "training", "(0.72)"):
        assert said in text, said


def test_rounding_counts_what_loses_lithium_and_what_has_none() -> None:
    def made(name: str, element: str, occupancy: str) -> object:
        text = CIF.replace("Li1 Li 0.1000 0.2000 0.3000 1.0", f"{element}1 {element} 0.1000 0.2000 0.3000 {occupancy}")
        return read(text, f"{name}.cif")

    cases = {"a": ("Li", "0.49"), "b": ("Li", "0.5"), "c": ("Li", "0.51"), "d": ("Na", "1.0")}
    found = rounding({name: made(name, *site) for name, site in cases.items()})  # type: ignore[misc]
    assert found == Rounding(4, ("a", "b"), ("d",))  # a half is rounded to the even neighbour, zero, as numpy does
    assert found.without == 3


def curated() -> Task:
    """Ten entries of one material, but for the last of each set: one that contradicts its neighbours, and one without any."""
    rows = {
        f"n0{n}": {col.REDUCED_COMPOSITION: "Li3PO4", col.IONIC_CONDUCTIVITY: 1e-6 * (1 + n / 10), col.DOI: f"10.1/n{n}"} for n in range(8)
    }
    rows["odd"] = {col.REDUCED_COMPOSITION: "Li3PO4", col.IONIC_CONDUCTIVITY: 1e-2, col.DOI: "10.1/odd"}
    far = {col.REDUCED_COMPOSITION: "Li2S", col.TRUE_COMPOSITION: "Li2S", col.IONIC_CONDUCTIVITY: 1e-2, col.DOI: "10.1/far"}
    rows["far"] = far
    rows["low"] = {**far, col.IONIC_CONDUCTIVITY: 1e-12, col.BOUND: "<", col.DOI: "10.1/low"}
    rows["one"] = {**far, col.IONIC_CONDUCTIVITY: 1e-5, col.SPACE_GROUP_NUMBER: 225, col.DOI: "10.1/one"}
    table = entries(rows)
    return task(table, [f"n0{n}" for n in range(8)], ["odd", "far", "low", "one"], {})


def test_an_entry_that_all_models_miss_and_whose_neighbours_agree_is_a_candidate(tmp_path: Path) -> None:
    of = curated()
    for number in range(5):
        record(tmp_path, of, f"net-{number}", lambda name, seed: -6.0 - number / 10 if name != "low" else -20.0, seeds=(0,))  # noqa: B023
    record(tmp_path, of, "median", lambda name, seed: -2.0, seeds=(0,))
    found = hard(every(tmp_path, of), of)
    assert [(one.id, one.is_candidate, one.models) for one in found] == [("odd", True, 5), ("far", False, 5)]
    odd, far = found
    assert (odd.side, odd.label, odd.nearest, odd.middle) == ("test", -2.0, -6.0, -6.2)
    assert odd.neighbours == ("n00", "n01", "n02", "n03", "n04")
    assert far.neighbours == ()
    assert far.neighbours_median is None
    rows = list(csv.DictReader(csv_text(found, {"odd": ["conductivity.source (open)"]}).splitlines()))
    assert list(rows[0]) == [str(column) for column in HARD_COLUMNS]
    assert [(row["ID"], row["candidate_error"], row["findings"]) for row in rows] == [
        ("odd", "true", "conductivity.source (open)"), ("far", "false", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("composition", "written"), [("=1+1", "'=1+1"), ("@Li3PO4", "'@Li3PO4"), ("Li3PO4", "Li3PO4"), ("-3", "-3")])
def test_a_composition_among_the_missed_entries_is_no_formula_of_a_spreadsheet(composition: str, written: str) -> None:
    one = Hard("odd", "test", composition, -2.0, "", 5, -6.0, -6.2, (), None, None, False)
    [row] = csv.DictReader(csv_text([one], {}).splitlines())
    assert row[str(HARD_COLUMNS[2])] == written


def test_one_model_that_is_right_or_too_few_models_clear_an_entry(tmp_path: Path) -> None:
    of = curated()
    for number in range(4):
        record(tmp_path, of, f"net-{number}", lambda name, seed: -6.0, seeds=(0,))
    assert hard(every(tmp_path, of), of) == []
    record(tmp_path, of, "right", lambda name, seed: -3.9 if name == "odd" else -6.0, seeds=(0,))
    assert [one.id for one in hard(every(tmp_path, of), of)] == ["low", "far"]  # -6 is above the bound of -12, too


def test_models_that_err_to_both_sides_agree_on_nothing(tmp_path: Path) -> None:
    of = curated()
    for number in range(6):
        record(tmp_path, of, f"net-{number}", lambda name, seed: -6.0 if number % 2 else 2.0, seeds=(0,))  # noqa: B023
    assert not {one.id for one in hard(every(tmp_path, of), of)} & {"odd", "far"}
    assert np.isfinite(of.targets()).all()


def written(board: Board, folder: Path) -> Path:
    (folder / "leaderboard.json").write_text(json_text(board), encoding="utf-8")
    (folder / "leaderboard.svg").write_bytes(b"<svg/>")
    cells = ["odd", "test", "=Li<b>3", "-2.000", "", "5", "-6.000", "-6.200", "n00", "-6.000", "0.100", "true", "<i>x</i> (open)"]
    (folder / "hard.csv").write_text(",".join(HARD_COLUMNS) + "\n" + ",".join(cells) + "\n", encoding="utf-8")
    return folder


def test_the_page_shows_the_board_and_escapes_what_it_quotes(board: Board, tmp_path: Path) -> None:
    (part,) = sections(written(board, tmp_path))
    assert part.anchor == "benchmark"
    text = part.html()
    for said in (
        "0.55 [0.50, 0.60] ± 0.07",
        "Net | &lt;b&gt;@all&lt;/b&gt;",
        "1.87",
        "not run",
        'href="#entries&amp;entry=odd"',
        "3 of 20 structures",
    ):
        assert said in text, said
    assert "<b>@all" not in text
    assert "<i>x" not in text
    assert "data:image/svg+xml;base64," in text


def test_without_a_board_the_page_has_no_such_part_and_with_another_file_it_says_so(board: Board, tmp_path: Path) -> None:
    assert sections(tmp_path) == []
    written(board, tmp_path)
    for text, said in (("{", "not JSON"), ('{"scores": []}', "not a leaderboard"), ("[]", "not a leaderboard")):
        (tmp_path / "leaderboard.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=said) as caught:
            sections(tmp_path)
        assert "benchmark board" in caught.value.cure


def test_errors_by_family_count_each_entry_once_by_a_model_that_has_not_seen_its_group(tmp_path: Path) -> None:
    """Twelve of one family in four papers, three of another; the model is a decade too high in the test set and two in the folds."""
    rows = {
        f"e{n:02}": {
            col.FAMILY: "garnet" if n < 12 else "rare", col.DOI: f"10.1/{n % 4}", col.REDUCED_COMPOSITION: f"Li{n % 4 + 1}O",
            col.IONIC_CONDUCTIVITY: 10.0 ** -(n % 4 + 2),
        }
        for n in range(15)
    }  # fmt: skip
    table = entries(rows)
    of = task(table, [f"e{n:02}" for n in range(15) if n % 4], [f"e{n:02}" for n in range(15) if n % 4 == 0], {})
    labels = dict(zip(of.ids, of.targets(), strict=True))
    record(tmp_path, of, "net", lambda name, seed: labels[name] + (1 if name in of.test else 2), seeds=(0,))
    (found,) = families(every(tmp_path, of), of)
    assert (found.model, found.family, found.entries, found.groups) == ("net", "garnet", 12, 4)
    assert found.mae.value == pytest.approx((3 * 1 + 9 * 2) / 12)
    assert found.bias == pytest.approx(21 / 12)
    assert found.mae.lower >= 1
    assert found.mae.upper <= 2


def test_a_printed_error_of_a_pretrained_model_is_never_told_as_that_of_ours() -> None:
    key = {"model": "painn", "protocol": "test", "subset": "structures", "bounds": "as-published"}
    row = key | {"mae": 3.5, "mae_lower": 3.0, "mae_upper": 6.0, str(leaderboard.SEED_SPREAD): 0.25}
    title = "PaiNN, pretrained on band gaps, all weights fine-tuned"
    printed = {"model": "painn", "title": title, "protocol": "test", "mae": "2.60"}
    told = next(iter(facts({"models": [], "printed": [printed], "scores": [row]})))
    assert "PaiNN, pretrained there only (`painn`) 2.60 against 3.50 ± 0.25. 0 of 1 lie within our limits" in told
    assert "reproduce" not in told
