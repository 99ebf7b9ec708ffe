"""Bond valences, shells and like charges: laws on random crystals, known structures, and faults with a known cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.checks.geometry import Told, _told
from pipeline.chemistry.valence import bond_length, charges, parameters
from pipeline.structures.cif import Structure, read
from pipeline.structures.noise import open_seed
from pipeline.structures.origins import origin_shifts
from pipeline.structures.perturb import perturb
from pipeline.structures.surroundings import surroundings
from pipeline.structures.symmetry import positions
from pipeline.structures.valence import Cations, full_cations
from tests.unit.crystals import Crystal, crystals
from tests.unit.difficult import NASICON_TEXT, atoms, cell, listed, operations

NEUTRAL = NASICON_TEXT.replace("Ti1 Ti", "Li2 Li 0.333 0.02 0.0833 0.05\nTi1 Ti")


def crystal(group: str, axes: str, sites: str) -> Structure:
    return read(f"data_x\n_symmetry_space_group_name_H-M '{group}'\n{axes}{listed(operations(group))}{atoms(sites)}", "x.cif")


def scheelite(cation: str = "0 0.25 0.625", anion: str = "0.15 0.0088 0.211") -> Structure:
    """CaWO4, scheelite, origin 2 (Hazen, Finger and Mariathasan, J. Phys. Chem. Solids 46 (1985) 253)."""
    sites = f"Ca1 Ca {cation} 1\nW1 W 0 0.25 0.125 1\nO1 O {anion} 1\n"
    return crystal("I 41/a:2", cell(5.243, 5.243, 11.376, 90, 90, 90), sites)


def told(structure: Structure, noise: bool = False) -> dict[str, Told]:
    return {each.check: each for each in _told(structure, noise)}


def test_the_table_is_that_of_pymatgen() -> None:
    bond_valence = pytest.importorskip("pymatgen.core.bond_valence")
    assert parameters() == {element.symbol: (each["r"], each["c"]) for element, each in bond_valence.BV_PARAMS.items()}


@pytest.mark.parametrize(
    ("cation", "anion", "published"),
    # Brown and Altermatt, Acta Cryst. B41 (1985) 244, table 1: fitted pair by pair, from other structures
    [
        ("Li", "O", 1.466),
        ("Ti", "O", 1.815),
        ("P", "O", 1.617),
        ("Ca", "O", 1.967),
        ("Al", "O", 1.651),
        ("W", "O", 1.921),
    ],
)
def test_bond_lengths_are_near_those_of_an_older_table(cation: str, anion: str, published: float) -> None:
    assert bond_length(cation, anion) == pytest.approx(published, abs=0.09), "a quarter of a valence, which the scatter granted holds"


def test_pairs_without_good_parameters_have_none() -> None:
    assert {bond_length(*pair) for pair in (("Li", "P"), ("Li", "H"), ("H", "O"), ("C", "O"), ("Xe", "F"), ("Li", "Si"))} == {None}


def test_charges_are_narrowed_to_what_keeps_the_content_neutral() -> None:
    assert charges({"Li": 1, "Ti": 2, "P": 3, "O": 12})["Ti"] == (4, 4)
    assert charges({"Li": 1, "Ti": 2, "O": 4})["Ti"] == (3.5, 3.5)
    assert charges({"Li": 9, "Ti": 2, "O": 4})["Ti"] == (3, 4), "no charge of titanium makes it neutral: nothing is narrowed"
    assert charges({"Li": 1, "Xe": 1, "O": 1}) == {"Li": (1, 1), "O": (-2, -2)}


@settings(deadline=None, max_examples=40)
@given(crystals())
def test_neighbours_are_those_of_a_search_through_every_cell(made: Crystal) -> None:
    structure = read(made.text, "x.cif")
    where = positions(structure)
    found = surroundings(structure, where, 3.0)
    assert found is not None
    images = np.einsum("gij,pj->pgi", structure.rotations, np.array([p.fract for p in where])) + structure.translations
    cells = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    for centre in range(len(where)):
        expected = []
        for other in range(len(where)):
            gaps = (images[other] % 1.0 - where[centre].fract % 1.0)[None] + cells[:, None]
            vectors = np.unique((gaps.reshape(-1, 3) @ structure.basis.T).round(5) + 0.0, axis=0)
            expected += [(other, d) for d in np.linalg.norm(vectors, axis=1).round(4).tolist() if 1e-3 < d < 2.99]
        rows = found.centre == centre
        seen = sorted(
            pair for pair in zip(found.other[rows].tolist(), found.distance[rows].round(4).tolist(), strict=True) if pair[1] < 2.99
        )
        assert [p for p, _ in seen] == [p for p, _ in sorted(expected)]
        assert np.allclose([d for _, d in seen], [d for _, d in sorted(expected)], atol=2e-3)


def test_the_spread_is_that_of_the_noise() -> None:
    """The covariance computed against noise drawn: the vectors from phosphorus to its four oxygens, moved 120 times."""
    structure = read(NEUTRAL, "x.cif")
    cations = Cations(structure, positions(structure))
    phosphorus = next(i for i in cations.judged if cations.label(i) == "P1")
    around = cations.around
    assert around is not None
    rows = np.flatnonzero((around.centre == phosphorus) & (around.distance < 1.8))
    sigma = 1e-3
    gradient = np.repeat(np.eye(3)[None], 4, axis=0)
    computed = around.covariance(phosphorus, rows, gradient, sigma)
    centre = around.vector[rows].sum(axis=0)
    sums = []
    for seed in range(120):
        moved = read(perturb(structure, open_seed(seed), sigma).text, "x.cif")
        other = Cations(moved, positions(moved)).around
        assert other is not None
        near = (other.centre == phosphorus) & (other.distance < 1.8)
        sums.append(other.vector[near].sum(axis=0) - centre)
    drawn = np.cov(np.array(sums).T)
    assert np.allclose(drawn, computed, atol=0.4 * computed.max())


def test_good_structures_are_left_alone_with_and_without_noise() -> None:
    assert told(scheelite()) == {}
    assert told(read(NEUTRAL, "x.cif")) == {}
    for seed in range(12):
        noisy = read(perturb(read(NEUTRAL, "x.cif"), open_seed(seed)).text, "x.cif")
        assert told(noisy, noise=True) == {}, seed


def test_valences_of_scheelite_are_its_charges() -> None:
    structure = scheelite()
    cations = Cations(structure, positions(structure))
    sums = {each.label: each for each in map(cations.valence, cations.judged) if each}
    assert sums["Ca1"].ratio == pytest.approx(1, abs=0.15)
    assert sums["W1"].ratio == pytest.approx(1, abs=0.15)


def test_metals_on_each_others_sites_are_heard_and_the_shift_between_origins_is_named() -> None:
    swapped = read(scheelite().text.replace("Ca1 Ca", "W2 W").replace("W1 W", "Ca1 Ca"), "x.cif")
    found = told(swapped)["cif.valence"]
    assert found.severity == "warning"
    assert float(found.value) < 0.45 * float(found.expected) or float(found.value) > 2.2 * float(found.expected)
    assert "Shifting the anions by (0, 0, 1/2)" in found.message


def test_atoms_on_another_origin_or_other_axes_than_the_operations() -> None:
    # the oxygen of origin 1 under the operations of origin 2, as a program that mixes two tables writes it
    good = scheelite()
    place = np.array([0.15, 0.0088, 0.211]) + np.array([0, -0.25, -0.125])
    mixed = read(good.text.replace("0.15 0.0088 0.211", " ".join(f"{x:.4f}" for x in place)), "x.cif")
    assert "cif.valence" in told(mixed) or "cif.distance" in told(mixed)


def test_shifts_of_the_origin_keep_the_operations() -> None:
    shifts = {tuple(shift.tolist()) for shift in origin_shifts(crystal("F d -3 m:1", cell(8, 8, 8, 90, 90, 90), "O1 O 0 0 0 1\n"))}
    assert len(shifts) == 1, "the normaliser of Fd-3m adds one half of the diagonal (International Tables A, table 3.5.2.5)"
    assert len(origin_shifts(crystal("P n m a", cell(5, 6, 7, 90, 90, 90), "O1 O 0.1 0.2 0.3 1\n"))) == 7


@pytest.mark.parametrize(("move", "heard"), [(0.0, False), (0.1, False), (0.4, True), (0.5, True), (0.6, True)])
def test_a_displaced_phosphorus_is_heard_in_a_file_without_noise(move: float, heard: bool) -> None:
    moved = read(NEUTRAL.replace("P1 P 0.2858", f"P1 P {0.2858 + move / 8.51:.4f}"), "x.cif")
    assert ("cif.coordination" in told(moved)) is heard


def test_a_missing_neighbour_is_heard_and_a_lone_pair_is_not() -> None:
    # BiOCl-like Bi: four oxygens on one side; and tin of charge four there, which has no lone pair
    axes = cell(3.883, 3.883, 7.347, 90, 90, 90)
    sites = "Bi1 Bi 0.25 0.25 0.171 1\nO1 O 0.75 0.25 0 1\nCl1 Cl 0.25 0.25 0.6459 1\n"
    assert "cif.coordination" not in told(crystal("P 4/n m m:2", axes, sites))


def test_sulfide_ions_do_not_touch_but_those_of_a_disulfide_do() -> None:
    sites = "Si1 Si 0 0 0 1\nLi1 Li 0.5 0.5 0 1\nLi2 Li 0 0.5 0.5 1\nS1 S 0.18 0 0.42 1\nS2 S 0.18 0 {z} 1\nS3 S 0.6 0.5 0.6 1\n"
    axes = cell(9, 9, 9, 90, 90, 90)
    near = crystal("P 1", axes, sites.format(z=0.42 + 2.05 / 9))
    assert told(near)["cif.distance"].severity == "error"
    assert "cif.distance" not in told(crystal("P 1", axes, sites.format(z=0.42 + 3.2 / 9)))
    pyrite = crystal("P a -3", cell(5.418, 5.418, 5.418, 90, 90, 90), "Fe1 Fe 0 0 0 1\nS1 S 0.3848 0.3848 0.3848 1\n")
    assert told(pyrite) == {}, "two sulfur atoms share a charge of two: the content is not neutral with S -2"


def test_phosphides_are_named_and_not_judged() -> None:
    found = told(crystal("F m -3 m", cell(5.9, 5.9, 5.9, 90, 90, 90), "P1 P 0 0 0 1\nLi1 Li 0.25 0.25 0.25 1\nLi2 Li 0.5 0.5 0.5 1\n"))
    assert found["cif.valence"].severity == "info"
    assert "for P as an anion" in found["cif.valence"].message


def test_a_partly_filled_position_and_lithium_are_not_judged() -> None:
    structure = read(NEUTRAL, "x.cif")
    judged = {Cations(structure, positions(structure)).label(i) for i in Cations(structure, positions(structure)).judged}
    assert judged == {"Ti1/Al1", "P1"}
    half = replace(structure, sites=tuple(replace(s, occupancy=0.5) if s.label == "P1" else s for s in structure.sites))
    assert "P1" not in {Cations(half, positions(half)).label(i) for i in Cations(half, positions(half)).judged}


def test_a_cell_of_too_many_atoms_is_named_and_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.structures.surroundings.MOST_DISTANCES", 100)
    found = told(read(NEUTRAL.replace("data_nasicon", "data_large"), "x.cif"))
    assert (found["cif.valence"].severity, "too many atoms" in found["cif.valence"].message) == ("info", True)


def test_neighbours_that_were_looked_at_are_not_kept_and_found_again() -> None:
    structure = scheelite()
    assert not told(structure)
    cations = full_cations(structure)
    assert "around" not in vars(cations)
    assert cations.around is not None


def test_neighbours_are_the_same_in_any_number_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    structure = read(NEUTRAL, "x.cif")
    whole = surroundings(structure, positions(structure), 4.0)
    monkeypatch.setattr("pipeline.structures.surroundings.AT_ONCE", 1)
    pieces = surroundings(structure, positions(structure), 4.0)
    assert whole is not None
    assert pieces is not None
    assert np.array_equal(whole.vector, pieces.vector)
    assert np.array_equal(whole.centre, pieces.centre)
