"""Small parts of the program, each held to its law on both sides: called by themselves, on numbers worked out by hand."""

from __future__ import annotations

import math
from itertools import product
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any, cast

import gemmi
import numpy as np
import pytest

from pipeline.checks.blocks import Block
from pipeline.checks.blocks import shortest as shortest_vectors
from pipeline.checks.reading import Row
from pipeline.checks.series import _Law
from pipeline.checks.series import _off as _off_volume
from pipeline.chemistry.cell import metric
from pipeline.literature.accounting import _nearest as nearest_entries
from pipeline.literature.aliases import Aliases
from pipeline.literature.linkage import CONDUCTIVITY, Described, assign
from pipeline.literature.merge import _across_papers
from pipeline.safety.workers import AHEAD, Workers
from pipeline.structures import symmetry as symmetries
from pipeline.structures.cif import Structure, read
from pipeline.structures.contacts import shortest
from pipeline.structures.keys import KeyTooWeakError, checked
from pipeline.structures.matching import lattice
from pipeline.structures.matching.workers import BATCH, _Work
from pipeline.structures.prototypes import Model, Site, _gaps, _model, _nearest, _off, _others, _worst
from pipeline.structures.special import _levels
from pipeline.structures.surroundings import Surroundings
from pipeline.structures.symmetry import composition, positions, symmetry
from schemas import columns as col
from tests.unit.difficult import atoms, cell, listed, operations
from tests.unit.sheets import row as sheet_row
from tests.unit.splits import bonds
from tests.unit.test_series import garnet


def crystal(group: str, axes: tuple[float, ...], sites: str) -> Structure:
    return read(f"data_x\n{cell(*axes)}{listed(operations(group))}{atoms(sites)}", "x.cif")


# --- rows and records -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("formula", "elements", "size"), [("LiF", 2, 2.0), ("Li0.5Na0.1K0.1Rb0.1F0.1Cl0.1", 6, 1.0)])
def test_shares_of_one_composition_are_apart_by_what_rounding_does_to_amount_and_sum(formula: str, elements: int, size: float) -> None:
    """An amount and each of k in the sum may be off by r = 0.005, and the smaller of two sums has lost 2 k r at most."""
    values = {str(key): value for key, value in sheet_row(REDUCED_COMPOSITION=formula).items() if value is not None and key != "ID"}
    block = Block([Row("a", values), Row("b", values)], np.arange(2), 1e-3)
    rounding = block.rounding + 2e-6
    law = (1 + elements) * rounding / (size - 2 * elements * 0.005)
    assert (block._spread >= law).all()
    assert block._spread == pytest.approx(law, rel=0.02)


def test_names_of_two_sides_may_be_alike() -> None:
    assert assign({("a", "a"): 1.0, ("b", "b"): 2.0}) == [("a", "a"), ("b", "b")]
    assert assign({("a", "a"): 1.0, ("a", "b"): 3.0, ("b", "a"): 3.0, ("b", "b"): 1.0}) == [("a", "b"), ("b", "a")]
    assert assign({("a", "b"): 3.0, ("b", "b"): 3.5, ("b", "c"): 3.0}) == [("a", "b"), ("b", "c")]


def test_one_composition_of_two_papers_is_one_measurement_in_one_of_fifty_pairs() -> None:
    """What the values weigh is added to odds of 0.02: log10 of it is -1.69897."""
    known = {
        "l": Described("l", "Li3PO4", (1.23456e-6,), papers=frozenset({"10.1000/one"})),
        "r": Described("r", "Li3PO4", (1.23456e-6,), papers=frozenset({"10.1000/two"})),
    }
    [(pair, join)] = _across_papers({"l": ["l"]}, {"r": ["r"]}, known, Aliases()).items()
    assert pair == ("l", "r")
    assert join.log_odds == pytest.approx(CONDUCTIVITY[join.comparison.conductivity] - 1.69897, abs=1e-5)


def test_what_has_no_formula_has_no_entry_near_it_and_is_as_far_as_the_whole() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"))
    assert nearest_entries(["a glass", "Li2S"], table) == [(None, 1.0), ("aaa", 0.0)]
    assert nearest_entries(["Li2S"], table.iloc[:0]) == [(None, 1.0)]


# --- series -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lengths", "column", "share"),
    [
        ((4.1, 4.1, 6.0), 0, 0.03),
        ((4.0, 4.0, 6.6), 2, 0.06),
        ((6.6, 4.0, 4.0), 0, 0.06),
        ((4.1, 4.1, 4.1), 0, 0.02),
        ((4, 4.5, 6), 1, 0.06),
    ],
)
def test_lengths_that_are_equal_take_their_part_of_a_volume_together(lengths: tuple[float, ...], column: int, share: float) -> None:
    """A volume off by 0.06 in its logarithm, beside cells of 4, 4 and 6 (or 4 only) angstrom."""

    def shaped(name: str, a: float, b: float, c: float) -> Row:
        values = {str(key): value for key, value in sheet_row(A=a, B=b, C=c).items() if key != "ID"}
        return Row(name, values)

    usual = {(4.1, 4.1, 4.1): (4.0, 4.0, 4.0), (6.6, 4.0, 4.0): (6.0, 4.0, 4.0)}.get(lengths, (4.0, 4.0, 6.0))
    mine = shaped("x", *lengths)
    told = _off_volume(mine, [*(shaped(f"r{n}", *usual) for n in range(4)), mine], 0.06, "")
    assert told.column == col.LATTICE[column]
    assert float(told.expected) == pytest.approx(lengths[column] * math.exp(-share), rel=1e-5)
    assert len(told.expected.replace(".", "")) == 6


def test_coefficients_have_a_normal_prior_of_width_one_beside_a_scatter_of_seven_thousandths() -> None:
    law = _Law([garnet(f"r{i}", 0.1 * (i + 1), 12.9 + 0.013 * ((7 * i) % 5)) for i in range(9)])
    precision = law._x.T @ law._x + 0.007**2 * np.eye(law._x.shape[1])
    assert law._inverse(law._x) @ precision == pytest.approx(np.eye(len(precision)), abs=1e-6)


# --- keys, workers ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("zeros", "text"), [(0, False), (8, False), (9, True), (16, True)])
def test_a_key_more_than_a_quarter_of_whose_bytes_are_zero_is_text_in_utf_16(zeros: int, text: bool) -> None:
    other = [(7 * n * n + 129 * n + 131) % 256 or 1 for n in range(32)]
    key = bytes(0 if n % 2 and n // 2 < zeros else value for n, value in enumerate(other))
    assert key.count(0) == zeros
    if text:
        with pytest.raises(KeyTooWeakError, match="text"):
            checked(key)
    else:
        assert checked(key) == key


@pytest.mark.parametrize("width", [1, 3])
def test_batches_grow_with_the_files_given_out(width: int, tmp_path: Any) -> None:
    """So many files that each worker has had several batches of 51 make the next one of 51; one file less, of 50."""
    work = _Work(tmp_path, Workers(cast(Any, None), lambda: width, reading=True))
    assert work.size() == BATCH
    enough = AHEAD * width * (BATCH + 1)
    for given, size in ((enough - 1, BATCH), (enough, BATCH + 1)):
        work = _Work(tmp_path, Workers(cast(Any, None), lambda: width, reading=True))
        work.given += given
        assert work.size() == size


# --- lattices ---------------------------------------------------------------------------------------------------------
def test_of_each_vector_and_its_opposite_one_points_forwards() -> None:
    vectors = np.array([v for v in product(range(-2, 3), repeat=3) if any(v)])
    assert (lattice._forwards(vectors) ^ lattice._forwards(-vectors)).all()
    assert not lattice._forwards(np.zeros((1, 3), dtype=np.int64)).any()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("factor", [1.02, 0.98])
def test_a_length_is_off_by_its_part_of_the_rows_own(axis: int, factor: float) -> None:
    lengths = [5.0, 6.1, 7.3]
    stretched = [length * (factor if i == axis else 1) for i, length in enumerate(lengths)]
    found, angles = lattice.deviations((*lengths, 90.0, 90.0, 90.0), 16, np.array([[*stretched, 90.0, 90.0, 90.0]]))
    assert found == pytest.approx([0.02], abs=1e-9)
    assert angles == pytest.approx([0.0], abs=1e-5)


def test_a_metric_holds_the_products_of_the_axes() -> None:
    g = metric((2.0, 3.0, 4.0, 60.0, 90.0, 120.0))
    assert g == pytest.approx(np.array([[4, -3, 0], [-3, 9, 6], [0, 6, 16]]), abs=1e-9)


# --- positions --------------------------------------------------------------------------------------------------------
def test_occupancies_are_told_to_six_digits() -> None:
    alone = crystal("P 1", (5, 6, 7, 90, 90, 90), "Ti1 Ti 0.1 0.2 0.3 0.1234564\nO1 O 0.5 0.5 0.5 0.1234566\n")
    assert [composition(each, alone) for each in positions(alone)] == [(("Ti", 0.123456),), (("O", 0.123457),)]
    shared = crystal("P 1", (5, 6, 7, 90, 90, 90), "Ti1 Ti 0.1 0.2 0.3 0.1234564\nAl1 Al 0.1 0.2 0.3 0.1234566\n")
    assert composition(positions(shared)[0], shared) == (("Al", 0.123457), ("Ti", 0.123456))


@pytest.mark.parametrize(
    ("one", "other", "number"),
    [
        ("0.100", "0.100", 1), ("0.100", "0.1005", 1), ("0.100", "0.1006", 2), ("0.100", "0.101", 2), ("0.100", "0.099", 2),
        ("0.1000", "0.1000", 1), ("0.1000", "0.10005", 1), ("0.1000", "0.10006", 2), ("0.1000", "0.1001", 2), ("0.1000", "0.0999", 2),
        ("0.10001", "0.10001", 1), ("0.10001", "0.100015", 1), ("0.10001", "0.100016", 2), ("0.10001", "0.10002", 2),
        ("0.10001", "0.10000", 2),
        ("0.100001", "0.100001", 1), ("0.100001", "0.100002", 1), ("0.100001", "0.100000", 1), ("0.100001", "0.100003", 2),
        ("0.1000001", "0.1000009", 1), ("0.1000001", "0.1000014", 2),
    ],
)  # fmt: skip
def test_sites_within_what_both_were_rounded_by_are_one_position(
    one: str, other: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a unit of the last place for each: two sites printed one unit apart are two, save that one of the sixth place is no distance."""
    monkeypatch.setattr(symmetries, "AT_A_TIME", 1)  # one site after the other
    rows = f"Ti1 Ti {one} 0.20000011 0.30000013 0.5\nAl1 Al {other} 0.20000011 0.30000013 0.5\nO1 O 0.60000017 0.60000017 0.60000017 1\n"
    structure = crystal("P 1", (5, 6, 7.001, 90, 90, 90), rows)
    assert len(positions(structure)) == number + 1


@pytest.mark.parametrize(("apart", "seen"), [(2.9, True), (3.5, False)])
def test_nobody_looks_further_than_four_times_the_narrowest_width_of_a_cell(apart: float, seen: bool) -> None:
    """The planes across an axis of 1.2 angstrom at 40 degrees to another are 0.771 angstrom apart: 3.085 is as far as is looked."""
    narrow = crystal("P 1", (1.2, 20, 8, 90, 40, 90), f"O1 O 0 0 0 1\nO2 O 0 {apart / 20} 0 1\n")
    assert ((0, 1) in shortest(narrow, positions(narrow), 5.0)) is seen


def test_a_structure_of_too_many_atoms_has_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    structure = crystal("P 1", (5, 6, 7, 90, 90, 90), "O1 O 0.1 0.2 0.3 1\n")
    monkeypatch.setattr(symmetries, "MOST_ATOMS", 0)
    found = symmetry(structure)
    assert found.number is None
    assert found.rotations.tolist() == [np.eye(3).tolist()]
    assert found.translations.tolist() == [[0, 0, 0]]


def test_a_special_position_is_found_once_however_many_lengths_lead_to_it() -> None:
    mirror = SimpleNamespace(rotations=np.array([np.eye(3), np.diag([-1, 1, 1])], dtype=np.int64), translations=np.zeros((2, 3)))
    basis = np.diag([10.0, 10.0, 10.0])
    assert _levels(cast(Any, mirror), (0.004, 0.2, 0.3), {0.08, 0.09}, basis) == [((0, 1), pytest.approx((0, 0.2, 0.3)))]
    assert _levels(cast(Any, mirror), (0.004, 0.2, 0.3), {0.02}, basis) == [((0,), pytest.approx((0.004, 0.2, 0.3)))]
    assert _levels(cast(Any, mirror), (0.011, 0.2, 0.3), {0.3}, basis) == []  # the plane is 0.11 angstrom away


def test_vectors_between_free_atoms_have_the_noise_of_both_ends() -> None:
    """An image of the centre itself moves with it, and has none."""
    structure = crystal("P 1", (5, 6, 7, 90, 100, 90), "Ti1 Ti 0.1 0.2 0.3 1\nO1 O 0.5 0.5 0.5 1\n")
    around = Surroundings(
        structure, positions(structure), np.array([0, 0]), np.array([1, 0]), np.array([0, 0]), np.array([[2.0, 2, 2], [5.0, 0, 0]])
    )
    square = structure.basis @ structure.basis.T
    one = np.eye(3)[None]
    assert around.covariance(0, np.array([0]), one, 0.01) == pytest.approx(2e-4 * square, abs=1e-12)
    assert around.covariance(0, np.array([1]), one, 0.01) == pytest.approx(np.zeros((3, 3)), abs=1e-12)
    both = np.concatenate([one, one])
    assert around.covariance(0, np.array([0, 1]), both, 0.01) == pytest.approx(2e-4 * square, abs=1e-12)
    assert around.covariance(0, np.array([0, 0]), both, 0.01) == pytest.approx(8e-4 * square, abs=1e-12)


# --- structures beside others of their prototype -----------------------------------------------------------------------
def test_a_model_has_every_image_of_its_sites() -> None:
    """A screw of a quarter turn, whose translations are no halves."""
    structure = crystal("P 41", (6, 6, 9, 90, 90, 90), "Zr1 Zr 0.11 0.23 0.05 1\nO1 O 0.37 0.08 0.31 1\nO2 O 0.71 0.18 0.61 1\n")
    found = _model(structure)
    assert found is not None
    for is_cation, place in ((True, (0.11, 0.23, 0.05)), (False, (0.37, 0.08, 0.31))):
        [kind] = [kind for kind in found.images if kind[0] is is_cation]
        seen = {tuple(image) for image in ((found.images[kind] + 1e-6) % 1).round(4).tolist()}
        wanted = {tuple(round((x + 1e-6) % 1, 4) for x in op.apply_to_xyz(place)) for op in gemmi.SpaceGroup("P 41").operations()}
        assert wanted <= seen
        assert len(seen) == (4 if is_cation else 8)


def test_cells_alike_are_within_a_tenth_and_five_degrees_and_the_nearest_come_first() -> None:
    cells = [
        (10, 10, 10, 90, 90, 90), (10.95, 10, 10, 90, 90, 90), (11.05, 10, 10, 90, 90, 90), (10, 10.5, 10, 90, 90, 90),
        (10, 10, 9.05, 90, 90, 90), (10, 10, 8.95, 90, 90, 90), (10, 10, 10, 90, 94.9, 90), (10, 10, 10, 90, 90, 95.1),
    ]  # fmt: skip
    assert _nearest(0, np.array(cells, dtype=float)) == [6, 3, 1, 4]


def _site(place: tuple[float, float, float], *, cation: bool = True, free: int = 3) -> Site:
    return Site("X", (cation, 1), np.array(place), np.eye(3)[:, :free])


def _simple(*sites: Site) -> Model:
    kinds = {site.kind for site in sites}
    images = {kind: np.array([site.fract for site in sites if site.kind == kind]) for kind in kinds}
    return Model(cast(Any, SimpleNamespace(basis=10 * np.eye(3))), sites, images)


@pytest.mark.parametrize(("moved", "far", "counts"), [(1, 0.102, True), (2, 0.102, False), (2, 0.098, True)])
def test_two_thirds_of_the_cations_within_an_angstrom_make_a_sibling(moved: int, far: float, counts: bool) -> None:
    """Four siblings at least are asked, all the same here, with some of three cations moved by so much of 10 angstrom."""
    places = [(0.1, 0.1, 0.1), (0.5, 0.5, 0.1), (0.1, 0.5, 0.6)]
    model = _simple(*map(_site, places))
    sibling = _simple(*(_site((x + far * (n < moved), y, z)) for n, (x, y, z) in enumerate(places)))
    worst = _worst(model, _others([sibling] * 4), 0.01)
    assert (worst is not None) is counts
    assert _worst(model, _others([sibling] * 3), 0.01) is None


def test_the_nearest_of_each_sibling_is_found_whatever_they_have() -> None:
    """Siblings with as many images each, with more and fewer, and with none of the kind, which is infinitely far."""
    here = _site((0.1, 0.1, 0.1))
    near, far = _simple(_site((0.5, 0.1, 0.1)), _site((0.98, 0.1, 0.1))), _simple(_site((0.1, 0.4, 0.1)), _site((0.6, 0.6, 0.6)))
    single, other = _simple(_site((0.1, 0.1, 0.3))), _simple(_site((0.1, 0.1, 0.1), cation=False))
    basis = 10 * np.eye(3)
    assert _gaps(here, _others([near, far]), basis).round(9).tolist() == [[-1.2, 0, 0], [0, 3, 0]]
    every = _gaps(here, _others([near, other, single, far]), basis).round(9).tolist()
    assert every == [[-1.2, 0, 0], [math.inf] * 3, [0, 0, 2], [0, 3, 0]]
    assert _gaps(here, _others([other]), basis).tolist() == [[math.inf] * 3]


@pytest.mark.parametrize("sigma", [0.0, 0.01])
@pytest.mark.parametrize("free", [1, 2, 3])
@pytest.mark.parametrize("scatter", [0.0, 0.3])
def test_how_far_a_site_is_off_is_told_in_what_explains_it(sigma: float, free: int, scatter: float) -> None:
    """The site's own noise and that of the median (pi / 2 of a mean's), 0.06 angstrom for size and charge, and what the others scatter
    beyond their noise of 0.01: by the median of their deviations, over the quartile of the normal distribution."""
    steps = np.array([-3.0, -2, -1, -0.5, 0, 0.5, 1, 2, 3])
    gap = np.array([[0.2 + scatter * step, 0.15 + scatter * step, 0.1 + scatter * step] for step in steps])
    basis = 10 * np.eye(3)
    found = _off(_site((0.1, 0.2, 0.3), free=free), gap, basis, sigma)
    assert found is not None
    spread = scatter * 1.0 / NormalDist().inv_cdf(0.75)  # the median of |step| is 1
    variance = 0.06**2 + max(spread**2 - 0.1**2, 0) + (100 * sigma**2) + 0.1**2 * (math.pi / 2) / 9
    squared = sum(x**2 for x in (0.2, 0.15, 0.1)[:free]) / variance
    tails = {
        1: math.erfc(math.sqrt(squared / 2)),
        2: math.exp(-squared / 2),
        3: math.erfc(math.sqrt(squared / 2)) + math.sqrt(2 * squared / math.pi) * math.exp(-squared / 2),
    }
    assert found.chance == pytest.approx(tails[free], rel=2e-4)
    assert found.distance == pytest.approx(math.sqrt(sum(x**2 for x in (0.2, 0.15, 0.1)[:free])))
    assert (found.label, found.others) == ("X", 9)


def test_fewer_than_four_siblings_tell_nothing_of_a_site() -> None:
    gap = np.array([[0.2, 0.1, 0.1]] * 4 + [[np.inf] * 3] * 3)
    assert _off(_site((0, 0, 0)), gap, 10 * np.eye(3), 0.01) is not None
    assert _off(_site((0, 0, 0)), gap[1:], 10 * np.eye(3), 0.01) is None


def test_products_of_operations_are_those_of_their_matrices() -> None:
    group = symmetries.frame(crystal("P 3 m 1", (6, 6, 8, 90, 90, 120), "O1 O 0.1 0.2 0.3 1\n"))
    assert len(group.rotations) == 6
    for one, two in product(range(6), repeat=2):
        assert (group.rotations[group.product[one, two]] == group.rotations[one] @ group.rotations[two]).all()


def test_the_shortest_vectors_of_a_lattice_are_found() -> None:
    """By hand: a, b, c of 2, 3 and 7 angstrom at right angles, and their sums; 4 is twice the first."""
    wanted = [2, 3, math.sqrt(13), math.sqrt(13), 4, 5, 5]
    assert shortest_vectors((2, 3, 7, 90, 90, 90)) == pytest.approx(wanted)
    assert shortest_vectors((7, 2, 3, 90, 90, 90)) == pytest.approx(wanted)


def test_structures_of_one_prototype_have_their_cations_in_common() -> None:
    structure = cast(Any, SimpleNamespace(group_number=62, setting="Pnma"))
    sites = tuple(Site("X", kind, np.zeros(3), np.eye(3)) for kind in ((True, 2), (False, 1), (True, 1), (False, 4)))
    assert Model(structure, sites, {}).key == (62, "Pnma", (1, 2))
