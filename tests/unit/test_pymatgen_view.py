"""Our structures as pymatgen's: the same content, the same places, disorder kept."""

from __future__ import annotations

import pytest
from pymatgen.core.composition import Composition
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from pipeline.structures.cif import read
from pipeline.structures.pymatgen_view import to_pymatgen
from tests.unit.difficult import small_cif

HEAD = small_cif(5.0, "F m -3 m", "")


def test_rock_salt_with_a_shared_position() -> None:
    found = to_pymatgen(read(HEAD + "Li1 Li 0 0 0 0.7\nNa1 Na 0 0 0 0.3\nCl1 Cl 0.5 0.5 0.5 1\n", "x.cif"))
    assert len(found) == 8
    assert found.composition.get_el_amt_dict() == pytest.approx({"Li": 2.8, "Na": 1.2, "Cl": 4.0})
    assert {site.species for site in found} == {Composition("Li0.7Na0.3"), Composition("Cl")}
    assert {site.properties["labels"] for site in found} == {"Li1,Na1", "Cl1"}
    assert SpacegroupAnalyzer(found).get_space_group_number() == 225


def test_a_split_position_stays_split() -> None:
    """Two thirds of a position and one third 0.05 angstrom beside it: pymatgen's own reader makes one site of them."""
    found = to_pymatgen(read(HEAD + "Li1 Li 0 0 0 0.4\nLi2 Li 0.0100 0.0000 0.0000 0.1\nCl1 Cl 0.5 0.5 0.5 1\n", "x.cif"))
    assert sum(site.species.num_atoms < 1 for site in found) == 4 + 24
    assert found.composition.get_el_amt_dict() == pytest.approx({"Li": 4 * 0.4 + 24 * 0.1, "Cl": 4.0})


def test_a_third_printed_to_four_digits_is_one_site() -> None:
    text = HEAD.replace("'F m -3 m'", "'P 63/m m c'").replace("_cell_angle_gamma 90", "_cell_angle_gamma 120")
    found = to_pymatgen(read(text + "Mg1 Mg 0.3333 0.6667 0.25 1\n", "x.cif"))
    assert len(found) == 2
    assert sorted(round(float(site.frac_coords[0]), 9) for site in found) == [0.333333333, 0.666666667]


def test_more_than_one_atom_in_one_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Li1,Na1 add up to 1\.3"):
        to_pymatgen(read(HEAD + "Li1 Li 0 0 0 0.7\nNa1 Na 0 0 0 0.6\nCl1 Cl 0.5 0.5 0.5 1\n", "x.cif"))


def test_what_rounding_adds_is_taken_off() -> None:
    found = to_pymatgen(read(HEAD + "Li1 Li 0 0 0 0.67\nNa1 Na 0 0 0 0.34\nCl1 Cl 0.5 0.5 0.5 1\n", "x.cif"))
    assert max(site.species.num_atoms for site in found) == pytest.approx(1.0)
