"""Graphs of structures: neighbours by brute force, one node an orbit against one an atom, disorder and rounding."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.prediction.elements import ElementTable, ElementTableError
from pipeline.prediction.graphs import CUTOFF, Graph, graph, graphs
from pipeline.structures.cif import Structure, read
from tests.unit.crystals import Crystal, crystals
from tests.unit.predictions import cif

TABLE = ElementTable.of(["Li", "O", "P", "Ti", "La", "S", "Zr", "Cl", "Na"])
ROCK_SALT = cif("225", (4.0, 4.0, 4.0, 90, 90, 90), ["Li 0 0 0 1", "O 0.5 0.5 0.5 1"], "Fm-3m")


def of(text: str, *, rounded: bool = False, per_atom: bool = False) -> Graph:
    return graph(read(text, "a.cif"), TABLE, rounded=rounded, per_atom=per_atom)


def lengths(found: Graph, node: int) -> list[float]:
    return sorted(np.linalg.norm(found.vectors[found.centres == node], axis=1).round(6).tolist())


def test_neighbours_in_rock_salt() -> None:
    """Around lithium: 6 oxygen at a/2, 12 lithium at a/sqrt 2, 8 oxygen, 6 lithium at a, 24 oxygen at a sqrt 5 / 2."""
    found = of(ROCK_SALT)
    assert found.counts.tolist() == [1, 1]
    expected = [*[2.0] * 6, *[2.828427] * 12, *[3.464102] * 8, *[4.0] * 6, *[4.472136] * 24, *[4.898979] * 24]
    assert lengths(found, 0) == pytest.approx(expected, abs=1e-5)
    oxygen = found.neighbours[found.centres == 0] == 1
    assert oxygen.sum() == 6 + 8 + 24


def brute(structure: Structure) -> list[tuple[int, int, float]]:
    """Every pair of atoms of the cell nearer than the cutoff: element of both, distance."""
    whole = structure.to_pymatgen()
    matrix = whole.lattice.matrix
    reach = [int(np.ceil(CUTOFF * np.linalg.norm(np.linalg.inv(matrix)[:, axis]))) for axis in range(3)]
    shifts = np.array(list(product(*(range(-r, r + 1) for r in reach))))
    pairs = []
    for one in whole:
        for other in whole:
            gap = other.frac_coords - one.frac_coords
            distances = np.linalg.norm((gap - np.rint(gap) + shifts) @ matrix, axis=1)
            numbers = [TABLE.number(max(site.species.as_dict(), key=site.species.as_dict().get)) for site in (one, other)]  # type: ignore[arg-type]
            pairs += [(*numbers, round(float(d), 4)) for d in distances if 1e-3 < d < CUTOFF]
    return sorted(pairs)


def test_neighbours_are_those_of_brute_force_in_a_skew_cell() -> None:
    text = cif("1", (4.1, 5.3, 6.2, 75, 98, 112), ["Li 0.1 0.2 0.3 1", "O 0.55 0.95 0.4 1", "P 0.8 0.35 0.9 1"], "P1")
    found = of(text)
    kinds = found.amounts.argmax(axis=1)
    mine = sorted(
        (int(kinds[i]), int(kinds[j]), round(float(np.linalg.norm(v)), 4))
        for i, j, v in zip(found.centres, found.neighbours, found.vectors, strict=True)
    )
    assert mine == brute(read(text, "a.cif"))


@settings(max_examples=15)
@given(crystal=crystals())
def test_an_orbit_has_the_neighbours_of_each_of_its_atoms(crystal: Crystal) -> None:
    """Expanded by the number of images, the edges of one node an orbit are those of one node an atom; rotations keep lengths."""
    structure = read(crystal.text, "c.cif")
    assume(sum(site.multiplicity for site in structure.sites) < 400)
    one, each = (graph(structure, TABLE, rounded=False, per_atom=per_atom) for per_atom in (False, True))
    assert len(each.counts) == one.counts.sum()
    near = {}
    for name, found in (("orbits", one), ("atoms", each)):
        distances = np.linalg.norm(found.vectors, axis=1)
        keep = distances < CUTOFF - 1e-6  # an atom at the very cutoff may fall on either side
        weights = found.counts[found.centres][keep]
        near[name] = (weights.sum(), (weights * distances[keep]).sum(), found.occupancies[found.neighbours][keep] @ weights)
    np.testing.assert_allclose(near["orbits"], near["atoms"], rtol=1e-7)
    turned = np.einsum("eij,ekj->eik", one.rotations, one.rotations)
    np.testing.assert_allclose(turned, np.broadcast_to(np.eye(3), turned.shape), atol=0.02)


@pytest.mark.parametrize(
    ("number", "symbol", "angles"), [("2", "P-1", (80, 95, 107)), ("143", "P3", (90, 90, 120)), ("198", "P2_13", (90, 90, 90))]
)
def test_the_rotation_takes_the_surroundings_of_a_node_to_those_of_its_image(
    number: str, symbol: str, angles: tuple[float, float, float]
) -> None:
    """Each edge is also one of the node's first atom; where that ends, the surroundings are the node's own, turned."""
    text = cif(number, (5.5, 5.5, 5.5, *angles), ["O 0.11 0.17 0.23 1", "Li 0.31 0.12 0.41 1"], symbol)
    found, atoms = of(text), of(text, per_atom=True)
    first = np.concatenate([[0], np.cumsum(found.counts)[:-1]])

    def around(atom: int) -> np.ndarray:
        return atoms.vectors[atoms.centres == atom]

    for node in (0, 1):
        mine = found.centres == node
        start = atoms.centres == first[node]
        turns = {tuple(turn.round(6).ravel()) for turn in found.rotations[mine]}
        assert len(turns) > 1
        for vector, neighbour, turn in zip(found.vectors[mine], found.neighbours[mine], found.rotations[mine], strict=True):
            end = atoms.neighbours[start][np.linalg.norm(around(first[node]) - vector, axis=1).argmin()]
            there, turned = around(end), around(first[neighbour]) @ turn.T
            assert len(there) == len(turned)
            assert np.linalg.norm(there[:, None] - turned[None], axis=2).min(axis=1).max() < 1e-6


def test_halves_nearer_than_atoms_can_be_are_alternatives() -> None:
    rows = ["O 0.5 0.5 0 1", "Li 0.5 0.5 0.48 {}", "Li 0.5 0.5 0.54 {}"]
    both = {occupancy: of(cif("1", (6.0, 6.0, 6.0, 90, 90, 90), [row.format(occupancy) for row in rows], "P1")) for occupancy in (0.5, 0.6)}
    shortest = {occupancy: min(lengths(found, 1)) for occupancy, found in both.items()}
    assert shortest[0.6] == pytest.approx(0.36)  # 1.2 atoms cannot be alternatives
    assert shortest[0.5] == pytest.approx(2.88)


def test_rounding_takes_what_is_half_or_less() -> None:
    text = cif(
        "1", (6.0, 6.0, 6.0, 90, 90, 90), ["O 0 0 0 1", "Li 0.5 0.5 0.5 0.5", "Li 0.5 0 0 0.51", "P 0 0.5 0 0.6", "Ti 0 0.5 0 0.4"], "P1"
    )
    as_it_is, rounded = of(text), of(text, rounded=True)
    assert as_it_is.occupancies.tolist() == pytest.approx([1, 0.5, 0.51, 1])
    assert rounded.occupancies.tolist() == [1, 1, 1]
    assert not rounded.amounts[:, TABLE.number("Ti")].any()


def test_structures_without_lithium_are_counted_and_one_without_atoms_is_a_graph() -> None:
    texts = {
        "aaa": ROCK_SALT,
        "bbb": cif("1", (6.0, 6.0, 6.0, 90, 90, 90), ["O 0 0 0 1", "Li 0.5 0.5 0.5 0.4"], "P1"),
        "ccc": cif("1", (6.0, 6.0, 6.0, 90, 90, 90), ["Li 0.5 0.5 0.5 0.4"], "P1"),
    }
    structures = {name: read(text, name) for name, text in texts.items()}
    assert graphs(structures, TABLE, rounded=False).without_lithium == []
    rounded = graphs(structures, TABLE, rounded=True)
    assert rounded.without_lithium == ["bbb", "ccc"]
    assert (len(rounded), len(rounded["ccc"].counts), len(rounded["ccc"].vectors)) == (3, 0, 0)


def test_an_element_that_the_table_lacks() -> None:
    with pytest.raises(ElementTableError, match="no Na"):
        graph(read(ROCK_SALT.replace("Li", "Na"), "a.cif"), ElementTable.of(["Li", "O"]), rounded=False)


@given(shift=st.tuples(*[st.integers(-3, 3)] * 3))
@settings(max_examples=10)
def test_a_site_may_be_written_in_any_cell(shift: tuple[int, int, int]) -> None:
    moved = " ".join(f"{x + s:.4f}" for x, s in zip((0.55, 0.95, 0.4), shift, strict=True))
    rows = ["Li 0.1 0.2 0.3 1", "O {} 1"]
    one, other = (
        of(cif("1", (4.1, 5.3, 6.2, 75, 98, 112), [row.format(place) for row in rows], "P1")) for place in ("0.5500 0.9500 0.4000", moved)
    )
    for node in (0, 1):
        assert lengths(one, node) == pytest.approx(lengths(other, node), abs=1e-6)
