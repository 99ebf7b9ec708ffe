"""The nets: what must not change a prediction does not, and the same seed gives the same bytes. Needs torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the nets need pip install 'obelix-curate[benchmark]'; nox -s benchmark tests them")

from importlib.util import find_spec

import torch

from pipeline.errors import InputError
from pipeline.prediction.borrowed import NETS as BORROWED
from pipeline.prediction.elements import ElementTable, ElementTableError
from pipeline.prediction.graphs import Graph, Graphs, graph, graphs
from pipeline.prediction.learning import device, learner, made, predict, repeatable, train
from pipeline.prediction.models import KINDS
from pipeline.prediction.nets import NETS as OURS
from pipeline.prediction.nets import Net
from pipeline.prediction.problem import Fit, problem
from pipeline.prediction.recorded import PREDICTIONS_FILE, read_predictions
from pipeline.prediction.run import Options, run
from pipeline.structures.cif import Structure, read
from tests.unit.predictions import cif, small

#: Those of matgl where it is installed: nox -s benchmark_libraries.
NETS = [*OURS, *(BORROWED if find_spec("matgl") else ())]
#: M3GNet is given whole atoms only.
DISORDER_AWARE = [name for name in NETS if f"dis-{name}" in KINDS]
TABLE = ElementTable.of(["Li", "O", "P", "Na"])
SKEW = (4.1, 5.3, 6.2, 75, 98, 112)
SITES = (("Li", (0.1, 0.2, 0.3), 0.7), ("O", (0.55, 0.95, 0.4), 1.0), ("P", (0.8, 0.35, 0.9), 1.0), ("Na", (0.3, 0.6, 0.7), 0.25))
ALL = ({"Li": 1.0, "O": 1.0, "P": 1.0, "Na": 1.0},) * 40
SETTINGS = {"width": 16, "layers": 2, "cutoff": 4.0, "rate": 0.01, "decay": 0.01, "epochs": 3}


def structure(sites: tuple[tuple[str, tuple[float, ...], float], ...] = SITES, cell: tuple[float, ...] = SKEW) -> Structure:
    rows = [f"{element} {' '.join(f'{x:.8f}' for x in place)} {occupancy}" for element, place, occupancy in sites]
    return read(cif("1", cell, rows, "P1"), "a.cif")


def net(name: str, seed: int = 3, table: ElementTable = TABLE) -> Net:
    with repeatable(seed):
        return made(name)(table, 16, 3, 4.0)


def said(model: Net, found: Structure, *, rounded: bool = False, per_atom: bool = False) -> float:
    return float(predict(model, graphs({"a": found}, TABLE, rounded=rounded, per_atom=per_atom or model.per_atom), ["a"])[0])


# --- what must not change a prediction -------------------------------------------------------------------------------------
def moved() -> dict[str, Structure]:
    origin = tuple((element, tuple(x + s for x, s in zip(place, (0.13, 0.71, 0.29), strict=True)), o) for element, place, o in SITES)
    doubled = tuple(
        (element, ((place[0] + half) / 2, place[1], place[2]), o) for element, place, o in SITES for half in (0, 1)
    )  # fmt: skip
    return {
        "other order": structure(SITES[::-1]),
        "other origin": structure(origin),
        "supercell": structure(doubled, (2 * SKEW[0], *SKEW[1:])),
        "other cell of the lattice": structure(
            tuple((element, (place[0] - place[1], place[1], place[2]), o) for element, place, o in SITES), sheared()
        ),
    }


def sheared() -> tuple[float, ...]:
    """The same lattice with axes a, a + b, c."""
    from pymatgen.core.lattice import Lattice

    matrix = Lattice.from_parameters(*SKEW).matrix
    other = Lattice([matrix[0], matrix[0] + matrix[1], matrix[2]])
    return (*(round(x, 10) for x in other.abc), *(round(x, 10) for x in other.angles))


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize("name", NETS)
def test_order_origin_and_choice_of_cell_change_nothing(name: str, rounded: bool) -> None:
    model = net(name)
    here = said(model, structure(), rounded=rounded)
    for what, other in moved().items():
        assert said(model, other, rounded=rounded) == pytest.approx(here, abs=1e-5), what
    stretched = structure(cell=(6.0, *SKEW[1:]))
    assert abs(said(model, stretched, rounded=rounded) - here) > 5e-5


@pytest.mark.parametrize("name", [name for name in NETS if not made(name).per_atom])
def test_one_node_an_orbit_says_what_one_node_an_atom_says(name: str) -> None:
    for number, symbol, cell in (("198", "P2_13", (5.5, 5.5, 5.5, 90, 90, 90)), ("167", "R-3c", (5.0, 5.0, 12.0, 90, 90, 120))):
        found = read(cif(number, cell, ["O 0.11 0.17 0.23 1", "Li 0.31 0.12 0.41 0.6", "P 0 0 0 1"], symbol), "a.cif")
        model = net(name)
        one = said(model, found)
        assert said(model, found, per_atom=True) == pytest.approx(one, abs=1e-4)


@pytest.mark.skipif("so3net" not in NETS, reason="SO3Net needs matgl; nox -s benchmark_libraries tests it")
def test_so3net_needs_a_node_an_atom() -> None:
    """Its states turn with the structure and the library does not turn them: with a node an orbit it would say something else."""
    found = read(cif("198", (5.5, 5.5, 5.5, 90, 90, 90), ["O 0.11 0.17 0.23 1", "Li 0.31 0.12 0.41 0.6"], "P2_13"), "a.cif")
    model = net("so3net")
    atoms, orbits = (predict(model, graphs({"a": found}, TABLE, rounded=False, per_atom=each), ["a"])[0] for each in (True, False))
    assert abs(atoms - orbits) > 1e-5


def test_vectors_that_are_not_turned_would_show() -> None:
    """PaiNN without the rotations of the edges: orbits and atoms differ, so the test above can fail."""
    found = read(cif("198", (5.5, 5.5, 5.5, 90, 90, 90), ["O 0.11 0.17 0.23 1", "Li 0.31 0.12 0.41 0.6"], "P2_13"), "a.cif")
    whole = graph(found, TABLE, rounded=False)
    still = replace(whole, rotations=np.broadcast_to(np.eye(3), whole.rotations.shape))
    with torch.no_grad():
        model = net("painn")
        turned, unturned = (predict(model, Graphs(TABLE, False, {"a": each}), ["a"])[0] for each in (whole, still))
    assert abs(turned - unturned) > 1e-4


@pytest.mark.parametrize("name", DISORDER_AWARE)
def test_a_site_split_into_halves_of_one_element_is_the_same_site(name: str) -> None:
    halves = tuple(part for site in SITES for part in ([(site[0], site[1], site[2] / 2)] * 2 if site[0] == "O" else [site]))
    model = net(name)
    assert said(model, structure(halves)) == pytest.approx(said(model, structure()), abs=1e-6)
    sodium = tuple((("Na" if site[0] == "O" else site[0]), *site[1:]) for site in SITES)
    assert abs(said(model, structure(sodium)) - said(model, structure())) > 1e-3


@pytest.mark.parametrize("name", DISORDER_AWARE)
def test_a_site_weighs_as_much_as_it_is_occupied(name: str) -> None:
    """A site that is nearly empty says nearly what no site says."""
    model = net(name)
    without = said(model, structure(SITES[:3]))
    assert said(model, structure((*SITES[:3], (*SITES[3][:2], 1e-5)))) == pytest.approx(without, abs=1e-4)


def test_a_structure_without_atoms_and_one_without_neighbours_are_predicted() -> None:
    empty = structure((("Li", (0.0, 0.0, 0.0), 0.3),))
    alone = structure((("Li", (0.0, 0.0, 0.0), 1.0),), (9.0, 9.0, 9.0, 90, 90, 90))
    found = graphs({"a": empty, "b": alone}, TABLE, rounded=True)
    for name in OURS:
        assert np.isfinite(predict(net(name), found, ["a", "b"])).all()


# --- one table of elements --------------------------------------------------------------------------------------------------
def test_graphs_on_another_table_are_refused() -> None:
    other = ElementTable.of(["Li", "O", "P", "K"])  # by atomic number: Li O P K, against Li O Na P
    found = graphs({"a": structure()}, TABLE, rounded=False)
    with pytest.raises(ElementTableError, match="the graphs is another: place 2 is P here, and Na there"):
        predict(net("schnet", table=other), found, ["a"])
    predict(net("schnet"), found, ["a"])


# --- training ---------------------------------------------------------------------------------------------------------------
def many(count: int) -> tuple[Graphs, list[str], np.ndarray]:
    """Structures whose label is the share of lithium on one of their sites."""
    shares = np.linspace(0.05, 0.95, count)
    found = {
        f"s{place:02}": structure((("Li", SITES[0][1], share), ("Na", SITES[0][1], 1 - share), *SITES[1:3]))
        for place, share in enumerate(shares)
    }
    return graphs(found, TABLE, rounded=False), list(found), 10 * shares


@pytest.mark.parametrize("name", NETS)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    found, ids, labels = many(12)
    one, same, other = (predict(train(name, found, ids, labels, SETTINGS, seed)[0], found, ids) for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_training_leaves_the_random_numbers_and_threads_of_others_alone() -> None:
    found, ids, labels = many(4)
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    expected = torch.rand(3)
    torch.manual_seed(5)
    train("schnet", found, ids, labels, SETTINGS, 1)
    assert torch.rand(3).tolist() == expected.tolist()
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("name", ["cgcnn", "schnet", "painn"])
def test_an_occupancy_is_learned_where_disorder_is_seen_and_shuffled_labels_teach_nothing(name: str) -> None:
    """Labels follow an occupancy: the disorder-aware form learns it; dealt at random, labels are no help beyond the median less 0.1."""
    structures = {f"e{n:02}": structure((("Li", SITES[0][1], n / 40), ("Na", SITES[0][1], 1 - n / 40), *SITES[1:3])) for n in range(40)}
    given = problem(replace(small(40), structures=frozenset(structures), contents=ALL), lambda: structures)
    rows = np.arange(40)
    known, held = rows[rows % 4 > 0], rows[rows % 4 == 0]
    labels = 10 * rows / 40
    settings = {**SETTINGS, "epochs": 60}

    def error(targets: np.ndarray) -> float:
        return float(np.abs(learner(f"dis-{name}")(given, Fit(known, targets, held), settings, 0) - labels[held]).mean())

    floor = float(np.abs(labels[held] - np.median(labels[known])).mean())
    assert error(labels[known]) < floor / 2
    shuffled = [error(np.random.default_rng(deal).permutation(labels[known])) for deal in range(3)]
    assert np.mean(shuffled) > floor - 0.1


def test_labels_of_the_test_set_change_no_prediction_and_a_net_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dis-CGCNN on 96 structures for three epochs, through all protocols; every label of the test set altered: the same bytes."""
    kind = replace(KINDS["dis-cgcnn"], candidates=(SETTINGS,), as_chosen=None)
    monkeypatch.setitem(KINDS, "dis-cgcnn", kind)
    found = {f"e{n:02}": structure((("Li", SITES[0][1], (n + 1) / 97), *SITES[1:3])) for n in range(96)}
    task = small(96, test_from=72)
    task = replace(task, structures=frozenset(found), contents=(*ALL, *ALL, *ALL[:16]))
    altered = task.conductivities.copy()
    altered[72:] = 0.5
    for folder, each in (("one", task), ("other", replace(task, conductivities=altered))):
        run(each, lambda: found, Options(("dis-cgcnn",), tmp_path / folder, seeds=1, device="cpu"))
    one, other = ((tmp_path / folder / "dis-cgcnn" / PREDICTIONS_FILE).read_bytes() for folder in ("one", "other"))
    assert one == other
    table = read_predictions(tmp_path / "one" / "dis-cgcnn" / PREDICTIONS_FILE)
    assert table.groupby("protocol").size().to_dict() == {"test": 24, "train": 72, "random-folds": 72, "group-folds": 72}


def test_devices() -> None:
    assert device("cpu") == "cpu"
    assert device(None) in ("cpu", "cuda")
    with pytest.raises(InputError, match="no such device"):
        device("abacus")


def test_rounding_is_what_tells_a_net_from_its_disorder_aware_form() -> None:
    half = structure((("Li", SITES[0][1], 0.4), *SITES[1:3]))
    model = net("cgcnn")
    assert said(model, half, rounded=True) == pytest.approx(said(model, structure(SITES[1:3]), rounded=True))
    assert abs(said(model, half) - said(model, half, rounded=True)) > 1e-3


def test_a_graph_is_not_changed_by_reading_it() -> None:
    found = graph(structure(), TABLE, rounded=False)
    before = {key: getattr(found, key).copy() for key in Graph.__dataclass_fields__}
    predict(net("painn"), Graphs(TABLE, False, {"a": found}), ["a"])
    for key, value in before.items():
        np.testing.assert_array_equal(getattr(found, key), value)
