"""Positions, and the space group of the atoms."""

from __future__ import annotations

import gemmi
import numpy as np
import pytest
import spglib
from hypothesis import given, settings

from pipeline.structures.cif import read
from pipeline.structures.contacts import shortest
from pipeline.structures.symmetry import frame, images, may_have_more, positions, spglib_cell, symmetry
from tests.unit.crystals import Crystal, crystals
from tests.unit.difficult import NASICON_TEXT, atoms, cell, listed


@settings(max_examples=80, deadline=None, derandomize=True)
@given(crystals())
def test_the_quick_answers_are_those_of_spglib_on_all_atoms(crystal: Crystal) -> None:
    structure = read(crystal.text, "random.cif")
    where = positions(structure)
    whole = spglib.get_symmetry_dataset(spglib_cell(structure, where), symprec=0.01)
    found = symmetry(structure, where)
    if whole is None:  # atoms nearer than the tolerance
        assert found.symprec < 0.01
        return
    assert found.number == whole.number
    assert len(found.rotations) == len(whole.rotations)
    more = len(whole.rotations) > len(frame(structure).rotations)
    assert may_have_more(structure, where) or not more


@settings(max_examples=60, deadline=None, derandomize=True)
@given(crystals())
def test_images_fill_the_cell_as_the_multiplicities_say(crystal: Crystal) -> None:
    structure = read(crystal.text, "random.cif")
    group = frame(structure)
    assert round(1 / abs(float(np.linalg.det(group.primitive)))) == len(group.centring)
    for position in positions(structure):
        count = len(images(position, group)) * len(group.centring)
        assert {structure.sites[i].multiplicity for i in position.sites} == {count}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(crystals())
def test_shortest_distances_are_those_of_all_images(crystal: Crystal) -> None:
    structure = read(crystal.text, "random.cif")
    where = positions(structure)
    found = shortest(structure, where, 3.0)
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    for i, one in enumerate(where):
        for j, other in enumerate(where):
            places = structure.rotations @ other.fract + structure.translations
            gap = (one.fract - places) % 1
            distances = np.linalg.norm((gap[:, None] + shifts) @ structure.basis.T, axis=2).ravel()
            expected = distances[distances > 1e-4].min() if i == j else distances.min()
            if i <= j:
                assert abs(min(found.get((i, j), 3.0), 3.0) - min(expected, 3.0)) < 1e-8


def test_kinds_are_the_compositions_of_positions() -> None:
    """LiCl and LiBr side by side have the symmetry of neither when one position is half and half."""
    rows = (
        "Li1 Li 0 0 0 1\nCl1 Cl 0.5 0.5 0.25 {}\nBr1 Br 0.5 0.5 0.25 {}\nLi2 Li 0 0 0.5 1\nCl2 Cl 0.5 0.5 0.75 {}\nBr2 Br 0.5 0.5 0.75 {}\n"
    )
    start = f"data_x\n{cell(4, 4, 8, 90, 90, 90)}{listed(['x,y,z'])}"
    same = read(start + atoms(rows.format(0.5, 0.5, 0.5, 0.5)), "x.cif")
    other = read(start + atoms(rows.format(0.5, 0.5, 0.75, 0.25)), "x.cif")
    assert (symmetry(same).number, symmetry(other).number) == (221, 123)
    assert len(positions(same)) == 4


def test_orbits_of_unlike_site_symmetry_that_are_one_kind_count_together() -> None:
    """Oxygen on 12i of P m -3 m, written in P 4/m m m, stands on orbits of eight and four; the eight alone are tetragonal."""
    group = [op.triplet() for op in gemmi.SpaceGroup("P 4/m m m").operations()]
    rows = "Sr Sr 0 0 0 1\nTi Ti 0.5 0.5 0.5 1\nO1 O 0 0.3 0.3 1\nO2 O 0.3 0.3 0 1\n"
    structure = read(f"data_x\n{cell(6, 6, 6, 90, 90, 90)}{listed(group)}{atoms(rows)}", "x.cif")
    assert structure.group_number == 123
    assert symmetry(structure).number == 221


def test_where_spglib_fails_a_finer_tolerance_is_tried_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.structures import symmetry as module

    search = module._search
    monkeypatch.setattr(module, "_search", lambda structure, where, symprec: None if symprec > 0.005 else search(structure, where, symprec))
    found = symmetry(read(NASICON_TEXT, "x.cif"))
    assert (found.number, found.symprec) == (167, 0.001)
    monkeypatch.setattr(module, "_search", lambda *_: None)
    assert symmetry(read(NASICON_TEXT, "x.cif")).number is None


def test_a_site_listed_at_an_image_shares_the_position() -> None:
    text = NASICON_TEXT.replace("Al1 Al 0 0 0.1412", "Al1 Al 0 0 0.3588")
    where = positions(read(text, "x.cif"))
    assert [position.sites for position in where] == [(0,), (1, 2), (3,), (4,), (5,)]


def test_sites_printed_one_unit_apart_are_two_positions() -> None:
    text = NASICON_TEXT.replace("Ti1 Ti 0 0 0.1412", "Ti1 Ti 0 0 0.14").replace("Al1 Al 0 0 0.1412", "Al1 Al 0 0 0.15")
    assert len(positions(read(text, "x.cif"))) == 6
