"""A recorded model's two files: what is written is read again, and what is wrong in them is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.prediction.recorded import (
    MODEL_FILE,
    PREDICTIONS_FILE,
    Model,
    Training,
    read_model,
    read_predictions,
    write_model,
    write_predictions,
)

MODEL = Model(
    name="forest", title="Random forest", provenance="retrained", inputs="composition", training=Training("all", 478, "0" * 64, ("aaa",)),
    bounds="as-published", pretraining="none", selection="fixed", settings={"trees": 200, "depth": None}, seeds=(0, 1), fold_seeds=(0,),
    hashes=dict.fromkeys(("release", "structures", "split", "folds"), "a" * 64), release="1.2.0", versions={"python": "3.11.2"},
    device="cpu", cpu_seconds=12.5, licence="CC-BY-4.0", who="the developers", notes=("one",),
)  # fmt: skip
ROWS = st.tuples(
    st.integers(0, 9), st.sampled_from([("test", None), ("train", None), ("random-folds", 3), ("group-folds", 0)]),
    st.from_regex("[a-z0-9]{3}", fullmatch=True), st.floats(-20, 5),
)  # fmt: skip
HEADER = "model,seed,protocol,fold,ID,prediction\n"


def frame(rows: list[tuple[int, tuple[str, int | None], str, float]]) -> pd.DataFrame:
    columns = {
        "model": pd.Series(["forest"] * len(rows), dtype="str"), "seed": pd.Series([row[0] for row in rows], dtype="Int64"),
        "protocol": pd.Series([row[1][0] for row in rows], dtype="str"), "fold": pd.Series([row[1][1] for row in rows], dtype="Int64"),
        "ID": pd.Series([row[2] for row in rows], dtype="str"), "prediction": pd.Series([row[3] for row in rows], dtype="float64"),
    }  # fmt: skip
    return pd.DataFrame(columns)


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    for model in (MODEL, replace(MODEL, notes=(), training=Training("structures", 254, "b" * 64))):
        write_model(model, tmp_path)
        assert read_model(tmp_path / MODEL_FILE) == model


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=20, unique_by=lambda row: (row[0], row[1][0], row[2])))
def test_predictions_are_read_as_they_were_written_whatever_their_order(
    tmp_path: Path, rows: list[tuple[int, tuple[str, int | None], str, float]]
) -> None:
    table = frame(rows)
    write_predictions(table, tmp_path)
    first = (tmp_path / PREDICTIONS_FILE).read_bytes()
    found = read_predictions(tmp_path / PREDICTIONS_FILE)
    assert list(found.columns) == list(table.columns)
    keys = ["seed", "protocol", "ID"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True), table.sort_values(keys, ignore_index=True), atol=5.1e-7, rtol=0, check_index_type=False
    )
    write_predictions(table.iloc[::-1], tmp_path)
    assert (tmp_path / PREDICTIONS_FILE).read_bytes() == first


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("Forest,0,test,,aaa,-5", "model", "not the name"),
        ("forest,-1,test,,aaa,-5", "seed", "not a seed"),
        ("forest,1.0,test,,aaa,-5", "seed", "not a seed"),
        ("forest,²,test,,aaa,-5", "seed", "not a seed"),
        ("forest,0,tests,,aaa,-5", "protocol", "not a protocol"),
        ("forest,0,test,1,aaa,-5", "fold", "no folds"),
        ("forest,0,train,1,aaa,-5", "fold", "no folds"),
        ("forest,0,random-folds,,aaa,-5", "fold", "not a fold"),
        ("forest,0,group-folds,5,aaa,-5", "fold", "not a fold"),
        ("forest,0,test,,=1+1,-5", "ID", "not an ID"),
        ("forest,0,test,,aaa,nan", "prediction", "not a finite number"),
        ("forest,0,test,,aaa,-1e999", "prediction", "not a finite number"),
        ("forest,0,test,,aaa,", "prediction", "not a finite number"),
        ("forest,0,test,,aaa,1_0", "prediction", "not a finite number"),
    ],
)
def test_a_wrong_cell_is_named_with_its_row_and_cure(tmp_path: Path, line: str, column: str, said: str) -> None:
    path = tmp_path / PREDICTIONS_FILE
    path.write_text(f"{HEADER}forest,0,test,,bbb,-5.5\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        read_predictions(path)
    assert (caught.value.row, caught.value.column, caught.value.file) == (3, column, str(path))
    assert caught.value.cure


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the header"), ("model,seed\n", "the header"), (HEADER + "forest,0,test\n", "3 cells"),
        (HEADER + 'forest,0,test,,"aaa\n', "not CSV"), (HEADER + "forest,0,test,,aaa,-5,\n", "7 cells"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_predictions(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / PREDICTIONS_FILE
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_predictions(path)


def test_every_wrong_row_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / PREDICTIONS_FILE
    path.write_text(HEADER + "forest,x,test,,aaa,-5\nforest,0,test,,bbb,inf\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_predictions(path)
    assert [error.row for error in (caught.value, *caught.value.others)] == [2, 3]


def test_bytes_that_are_no_text_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / PREDICTIONS_FILE
    with pytest.raises(InputError, match="no such file"):
        read_predictions(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_predictions(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "../forest"), ("provenance", "trusted"), ("bounds", "ignored"), ("seeds", [0, 0]), ("seeds", [True]),
        ("hashes", {"release": "x"}),
        ("training", {"set": "all", "entries": -1, "sha256": "0" * 64}), ("cpu_seconds", "long"), ("title", ""), ("settings", [1]),
        ("versions", {"python": 3.11}), ("notes", "one"),
    ],
)  # fmt: skip
def test_a_wrong_value_of_a_model_is_named(tmp_path: Path, key: str, value: object) -> None:
    import yaml

    write_model(MODEL, tmp_path)
    path = tmp_path / MODEL_FILE
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(said | {key: value}), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_model(path)
    assert caught.value.column == key
    assert caught.value.cure


def test_missing_and_unknown_keys_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / MODEL_FILE
    path.write_text("name: forest\nauthor: me\n", encoding="utf-8")
    with pytest.raises(InputError, match="not known") as caught:
        read_model(path)
    assert any("'licence' is missing (licence: a text)" in error.what for error in caught.value.others)  # each with its meaning
    path.write_text("- forest\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a list of keys"):
        read_model(path)
