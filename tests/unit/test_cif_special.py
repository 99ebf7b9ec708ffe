"""Sites on special positions where digits do not tell, and declared multiplicities of both kinds."""

from __future__ import annotations

import pytest

from pipeline.structures.cif import Structure, read
from pipeline.structures.header import contradictions
from pipeline.structures.noise import open_seed
from pipeline.structures.perturb import perturb
from tests.unit.difficult import HEADING, atoms, cell, listed, operations


def wurtzite(rows: str, *more: str) -> Structure:
    size = cell(7, 7, 12, 90, 90, 120)
    return read(f"data_c\n{HEADING}'P 63 m c'\n{size}{listed(operations('P 63 m c'))}{atoms(rows, *more)}", "c.cif")


@pytest.mark.parametrize("x", ["0.66670", "0.6667", "0.66666", "0.6670", "0.664", "0.666", "0.6705", "0.66667(3)"])
def test_a_full_site_within_a_tenth_of_an_angstrom_of_its_image_is_on_the_special_position(x: str) -> None:
    structure = wurtzite(f"Cs1 Cs {x} -{x} 0.38 1\n")
    assert structure.content == {"Cs": 2.0}
    assert structure.sites[0].exact[:2] == pytest.approx((2 / 3, -2 / 3), abs=1e-9)


def test_the_note_names_the_site_and_both_readings() -> None:
    (note,) = wurtzite("Cs1 Cs 0.6700 -0.6700 0.38 1\n").notes
    assert note.startswith("site Cs1 at 0.67, -0.67, 0.38 is 0.07 angstrom from its own image")
    assert note.endswith("the special position 0.666667, -0.666667, 0.38, with multiplicity 2 instead of 6")


@pytest.mark.parametrize(("distance", "multiplicity"), [(0.098, 24), (0.102, 48)])
def test_the_tenth_of_an_angstrom_is_the_boundary(distance: float, multiplicity: int) -> None:
    start = f"data_m\n{cell(10, 10, 10, 90, 90, 90)}{listed(operations('P m -3 m'))}"
    structure = read(start + atoms(f"O1 O {distance / 20:.6f} 0.3 0.2 1\n"), "m.cif")
    assert structure.sites[0].multiplicity == multiplicity


def test_a_partly_filled_site_is_split_and_a_shared_one_is_full() -> None:
    split = wurtzite("Li1 Li 0.6705 -0.6705 0.38 0.3333\n")
    assert split.sites[0].multiplicity == 6
    assert "split site of multiplicity 6, not 2" in split.notes[0]
    shared = wurtzite("Ti1 Ti 0.6705 -0.6705 0.38 0.4\nAl1 Al 0.6705 -0.6705 0.38 0.4\n")
    assert [site.multiplicity for site in shared.sites] == [2, 2]


@pytest.mark.parametrize(("occupancy", "declared"), [("1", 2), ("0.3", 2), ("1", 6), ("0.3", 6)])
def test_a_declared_multiplicity_decides_between_the_readings(occupancy: str, declared: int) -> None:
    structure = wurtzite(f"Li1 Li 0.6705 -0.6705 0.38 {occupancy} {declared}\nO1 O 0.1 0.3 0.1 1 12\n", "symmetry_multiplicity")
    assert structure.sites[0].multiplicity == declared
    assert not list(contradictions(structure))


def test_a_multiplicity_that_fits_no_reading_is_told_with_both() -> None:
    structure = wurtzite("Li1 Li 0.6667 0.3333 0.38 1 3\nO1 O 0.1 0.3 0.1 1 12\n", "symmetry_multiplicity")
    (found,) = contradictions(structure)
    assert "Li1 at 0.6667, 0.3333, 0.38 has 2 images, and the file says 3" in found.message


@pytest.mark.parametrize("tag", ["symmetry_multiplicity", "site_symmetry_multiplicity"])
def test_orders_of_site_symmetries_are_read_as_such(tag: str) -> None:
    """SHELXL-97: 12 operations, 12 / 6 on the threefold axis, 12 / 2 on a mirror, 12 / 1 in general."""
    structure = wurtzite("Li1 Li 0.6667 0.3333 0.38 1 6\nO1 O 0.1 0.2 0.1 1 2\nO2 O 0.1 0.35 0.1 1 1\n", tag)
    assert [site.multiplicity for site in structure.sites] == [2, 6, 12]
    assert not list(contradictions(structure))
    assert "SHELXL-97" in structure.notes[0]


def test_one_number_that_is_no_order_spoils_the_reading_as_orders() -> None:
    structure = wurtzite("Li1 Li 0.6667 0.3333 0.38 1 6\nO1 O 0.1 0.2 0.1 1 2\nO2 O 0.1 0.35 0.1 1 12\n", "symmetry_multiplicity")
    assert "Li1 at 0.6667, 0.3333, 0.38 has 2 images, and the file says 6" in next(contradictions(structure)).message
    assert not structure.notes


def test_noise_keeps_a_padded_third_on_its_axis() -> None:
    structure = wurtzite("Cs1 Cs 0.66670 -0.66670 0.38 1\nO1 O 0.2442 0.1220 0.07 1\n")
    for seed in range(5):
        after = perturb(structure, open_seed(seed))
        assert after.structure.content == {"Cs": 2.0, "O": 6.0}
        assert after.free == 3
        x, y, _ = after.structure.sites[1].exact
        assert x - 2 * y == pytest.approx(0, abs=1e-12)
