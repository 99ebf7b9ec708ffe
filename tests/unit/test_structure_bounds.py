"""A small file that describes a large crystal is refused before it costs anything."""

from __future__ import annotations

import random
import tracemalloc
from contextlib import suppress
from time import process_time

import numpy as np
import pytest

from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.ingest.contributed.bundle import Bundle
from pipeline.safety import limits
from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.contacts import shortest, too_close
from pipeline.structures.cost import demand_examined
from pipeline.structures.noise import open_seed
from pipeline.structures.perturb import PerturbationError, perturb
from pipeline.structures.symmetry import positions
from tests.contributed.tables import HEADER
from tests.unit.crystals import atoms, cell


def crystal(sites: int, group: str = "P 1", a: float = 30.0) -> str:
    chance = random.Random(sites)
    rows = "".join(f"O{n} O {chance.random():.4f} {chance.random():.4f} {chance.random():.4f} 1\n" for n in range(sites))
    return f"data_x\n{cell(a, a, a, 90, 90, 90)}_symmetry_space_group_name_H-M '{group}'\n{atoms(rows)}"


@pytest.mark.parametrize(("sites", "group"), [(10_001, "P 1"), (105, "F d -3 m"), (3000, "F d -3 m")])
def test_sites_times_operations_are_bounded_before_they_are_made(sites: int, group: str) -> None:
    text = crystal(sites, group)
    tracemalloc.start()
    begun = process_time()
    with pytest.raises(CifError, match="the limit; if you trust it"):
        read(text, "large.cif")
    assert process_time() - begun < 5
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_both_sides_of_the_bound_on_symmetry() -> None:
    small = read(crystal(20, "F d -3 m"), "small.cif")
    assert demand_examined(small) == (sum(site.multiplicity for site in small.sites) // 4) ** 2
    assert demand_examined(read(crystal(2000), "most.cif")) == 2000**2
    with pytest.raises(CifError, match="2001 positions in a primitive cell"):
        demand_examined(read(crystal(2001), "large.cif"))
    with pytest.raises(CifError, match="squares of positions"):
        demand_examined(small, limits.CIF_TOTAL() - 10)


def test_a_contribution_of_large_structures_is_told_and_ends() -> None:
    row = "{},Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/old"
    data = "\n".join([HEADER, *(row.format(f"x{n}") for n in range(3))]).encode()
    given = {f"x{n}": crystal(100, "F d -3 m") for n in range(3)}
    begun = process_time()
    found = check_table(data, "rows.csv", Bundle(given), Existing(None, "none")).report
    assert process_time() - begun < 10
    assert [item.row for item in found.items if item.check == "cif.unreadable"] == [2, 3, 4]


def _brute(structure: Structure, reach: float) -> dict[tuple[int, int], float]:
    where = positions(structure)
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    found = {}
    for i, one in enumerate(where):
        for j in range(i, len(where)):
            gap = one.fract - where[j].fract
            distances = np.linalg.norm((gap - np.rint(gap) + shifts) @ structure.basis.T, axis=1)
            distance = distances[distances > 1e-4].min() if i == j else distances.min()
            if distance < reach:
                found[i, j] = float(distance)
    return found


def test_neighbours_of_many_sites_are_those_of_all_pairs() -> None:
    structure = read(crystal(120, a=12.0), "x.cif")
    assert shortest(structure, positions(structure), 2.0) == pytest.approx(_brute(structure, 2.0))


def test_contacts_follow_the_number_of_neighbours() -> None:
    structure = read(crystal(2000, a=40.0), "x.cif")
    where = positions(structure)
    tracemalloc.start()
    too_close(structure, where)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_a_cell_that_is_too_full_is_no_crystal() -> None:
    structure = read(crystal(400, a=4.0), "x.cif")
    with pytest.raises(CifError, match="no crystal is so dense"):
        too_close(structure, positions(structure))
    with pytest.raises(CifError, match="no crystal is so dense"):
        demand_examined(structure)


@pytest.mark.parametrize(("sites", "a"), [(1900, 40.0), (2001, 40.0)])
def test_noise_on_a_large_structure_is_refused_in_little_time(sites: int, a: float) -> None:
    """80 kB took minutes and 6 GB."""
    structure = read(crystal(sites, a=a), "x.cif")
    tracemalloc.start()
    begun = process_time()
    with pytest.raises((CifError, PerturbationError), match=r"the limit|is not asked about"):
        perturb(structure, open_seed(1))
    assert process_time() - begun < 10
    assert tracemalloc.get_traced_memory()[1] < 200_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("unit", ["P ", "_x ", "_a\n", "\n;", ";\r", "data_x\n", "a' ", "\n", "ICSD "])
def test_a_damaged_file_is_told_in_the_time_that_it_takes_to_read(unit: str) -> None:
    """Each place was counted from the beginning of the file: 400 kB took 14 s."""
    text = crystal(2) + "\n" + (unit * 200_000)[:200_000]
    for damaged in (text, (unit * 200_000)[:200_000] + "x\n" + crystal(2), text.replace("data_x", f"data_{unit * 10_000}", 1)):
        begun = process_time()
        with suppress(CifError):
            assert len(read(damaged, "x.cif").notes) < 30
        assert process_time() - begun < 4
