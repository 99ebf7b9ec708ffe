"""A small task for the tests of the benchmark's room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline.prediction.recorded import Model, Training, write_model, write_predictions
from pipeline.prediction.task import Task, TrainingSet, task, training_hash
from schemas import columns as col
from schemas import predictions as schema
from tests.unit.splits import entries

TEST_FROM = 30
Predict = Callable[[str, int], float]


def small(count: int = 40, test_from: int = TEST_FROM) -> Task:
    """Entries of ten compositions, each in one paper; every second has a structure; the test set begins with ``test_from``."""
    rows = {
        f"e{n:02}": {
            col.TRUE_COMPOSITION: f"Li{n % 10 + 1}O",
            col.REDUCED_COMPOSITION: f"Li{n % 10 + 1}O",
            col.DOI: f"10.1000/{n % 10}",
            col.IONIC_CONDUCTIVITY: 10.0 ** -(n % 10 + 1),
            col.BOUND: "<" if n % 10 == 9 else None,
        }
        for n in range(count)
    }
    table = entries(rows)
    names = list(table.index)
    return task(table, names[:test_from], names[test_from:], {name: f"data_{name}" for name in names[::2]})


def record(
    models: Path, of: Task, name: str, predict: Predict, *, training: TrainingSet = "all", seeds: tuple[int, ...] = (0, 1),
    fold_seeds: tuple[int, ...] = (0,), with_train: bool = False, **said: object,
) -> Path:  # fmt: skip
    """A model's folder with complete predictions; ``predict`` gives that of an ID and a seed. ``said`` changes its ``model.yaml``."""
    learned = of.training_ids(training)
    model = Model(
        name=name, title=name.capitalize(), provenance="retrained", inputs="composition",
        training=Training(training, len(learned), training_hash(learned)), bounds="as-published", pretraining="none", selection="fixed",
        settings={}, seeds=seeds, fold_seeds=fold_seeds, hashes=of.hashes, release="made up", versions={"python": "3"}, device="cpu",
        cpu_seconds=1.0, licence="CC-BY-4.0", who="the tests",
    )  # fmt: skip
    folder = models / name
    folder.mkdir(parents=True)
    write_model(replace(model, **said), folder)  # type: ignore[arg-type]
    rows = [(seed, "test", None, entry) for seed in seeds for entry in of.test_ids(training)]
    rows += [(seed, "train", None, entry) for seed in seeds for entry in learned if with_train]
    for protocol, folds in (("random-folds", of.random_folds), ("group-folds", of.group_folds)):
        rows += [(seed, protocol, folds[entry], entry) for seed in fold_seeds for entry in learned]
    table = pd.DataFrame([(name, *row, predict(row[3], row[0])) for row in rows], columns=[str(c) for c in schema.COLUMNS])
    write_predictions(table, folder)
    return folder


def cif(number: str, cell: tuple[float, ...], rows: Sequence[str], symbol: str) -> str:
    """A CIF: number and symbol of the space group, cell, and rows of element, three coordinates and occupancy."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    sizes = "".join(f"_cell_{name} {value}\n" for name, value in zip(names, cell, strict=True))
    columns = "".join(f"_atom_site_{name}\n" for name in ("type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "label"))
    sites = "".join(f"{row} {row.split()[0]}{place}\n" for place, row in enumerate(rows, start=1))
    return f"data_x\n_space_group_IT_number {number}\n_space_group_name_H-M_alt '{symbol}'\n{sizes}loop_\n{columns}{sites}"
