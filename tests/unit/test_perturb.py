"""Noise on positions: only where the symmetry leaves room, of the size asked for, and nobody's guess."""

from __future__ import annotations

import difflib
import hashlib
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.structures.cif import Structure, read
from pipeline.structures.noise import free_directions, keyed, normals, open_seed
from pipeline.structures.original import original
from pipeline.structures.perturb import PerturbationError, perturb, perturb_entry
from tests.unit.crystals import Crystal, crystals
from tests.unit.difficult import (
    HYDROXIDE_ATOMS,
    HYDROXIDE_CELL,
    HYDROXIDE_OPS,
    NASICON_TEXT,
    SPINEL_CELL,
    Case,
    atoms,
    cases,
    cell,
    listed,
    operations,
)  # fmt: skip

NASICON = read(NASICON_TEXT, "nasicon.cif")
KEY = hashlib.sha256(b"a key for tests").digest()
HEXAGONAL = f"data_g\n_symmetry_space_group_name_H-M 'P 63/m m c'\n{cell(6.1, 6.1, 12, 90, 90, 120)}"


def spglib_number(structure: Structure) -> int:
    """Space group by spglib of the whole cell, expanded here atom by atom."""
    import spglib

    kinds: dict[tuple[tuple[str, float], ...], int] = {}
    places: dict[tuple[float, ...], list[tuple[str, float]]] = {}
    for site in structure.sites:
        places.setdefault(site.fract, []).append((site.element, site.occupancy))
    points: list[np.ndarray] = []
    numbers: list[int] = []
    for fract, kind in places.items():
        images = (structure.rotations @ np.array(fract) + structure.translations) % 1
        kept: list[np.ndarray] = []
        for each in images:
            if all(np.abs((each - other) - np.rint(each - other)).max() > 1e-4 for other in kept):
                kept.append(each)
        points += kept
        numbers += [kinds.setdefault(tuple(sorted(kind)), len(kinds) + 1)] * len(kept)
    found = spglib.get_symmetry_dataset((structure.basis.T, np.array(points), numbers), symprec=0.001)
    return int(found.number)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(crystals(), st.integers(0, 2**32))
def test_nothing_moves_outside_the_allowed_subspace_in_any_group(crystal: Crystal, seed: int) -> None:
    before = read(crystal.text, "random.cif")
    after = perturb(before, open_seed(seed))
    new = after.structure
    assert [s.multiplicity for s in new.sites] == [s.multiplicity for s in before.sites]
    for owner, old_site, new_site, move in zip(crystal.shared, before.sites, new.sites, after.displacements, strict=True):
        P = np.array([[float(x) for x in row] for row in crystal.projectors[owner]])
        assert np.abs(move - P @ move).max() < 1e-12
        # what was written is on the special position: the exact point is one of it
        gap = np.array(new_site.fract) - np.array([float(x) for x in crystal.positions[owner]])
        printed = np.array(old_site.rounding) * 1.01 + 1e-6
        assert (np.abs(gap - P @ gap) <= printed + np.abs(P) @ printed).all()
        assert np.abs(np.array(new_site.fract) - np.array(old_site.fract) - move).max() <= max(printed) + 1e-6
    first = dict(reversed(list(zip(crystal.shared, after.displacements, strict=True))))
    for owner, move in zip(crystal.shared, after.displacements, strict=True):
        assert (move == first[owner]).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(crystals())
def test_the_basis_spans_the_range_of_the_projector(crystal: Crystal) -> None:
    for projector in crystal.projectors:
        P = np.array([[float(x) for x in row] for row in projector])
        R = free_directions(_rotations(crystal, projector))
        assert R.shape[1] == round(float(sum(projector[i][i] for i in range(3))))  # the rank of a projector is its trace
        assert np.abs(P @ R - R).max(initial=0) < 1e-12
        for k, column in enumerate(R.T):
            pivot = int(np.flatnonzero(column)[0])
            assert R[pivot].tolist() == [float(j == k) for j in range(R.shape[1])]


def _rotations(crystal: Crystal, projector: tuple[tuple[Fraction, ...], ...]) -> np.ndarray:
    from tests.unit.crystals import fixes

    ops = list(crystal.group.operations())
    point = crystal.positions[crystal.projectors.index(projector)]  # type: ignore[arg-type]
    return np.array([[[x // 24 for x in row] for row in op.rot] for op in ops if fixes(op, point)])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(crystals())
def test_the_space_group_by_spglib_stays(crystal: Crystal) -> None:
    before = read(crystal.text, "random.cif")
    after = perturb(before, open_seed(1))
    assert after.symmetry is not None
    assert after.symmetry.number == spglib_number(after.structure)


def test_a_draw_of_higher_symmetry_is_not_taken() -> None:
    """Li at 1/2, 1/2, z beside oxygen at the origin: within 0.01 angstrom of z = 1/2 the cell has a mirror plane more."""
    rows = atoms("Li1 Li 0.5 0.5 0.51 1\nO1 O 0 0 0 1\n")
    text = f"data_t\n_symmetry_space_group_name_H-M 'P 4 m m'\n{cell(4, 4, 5, 90, 90, 90)}{rows}"
    structure = read(text, "x.cif")
    found = [perturb(structure, open_seed(i)) for i in range(60)]
    assert {spglib_number(each.structure) for each in found} == {99}
    assert sum(each.draws > 1 for each in found) in range(2, 20)


def test_known_positions_have_their_free_coordinates() -> None:
    """Positions of P 63/m m c from International Tables A: 6h x, 2x, 1/4; 4f 1/3, 2/3, z; 12j x, y, 1/4; 2a none; 12k x, 2x, z."""
    rows = "A1 O 0.15 0.30 0.25 1\nA2 N 0.33333333 0.66666667 0.1 1\nA3 C 0.1 0.4 0.25 1\nA4 Li 0 0 0 1\nA5 S 0.1 0.2 0.6 1\n"
    structure = read(HEXAGONAL + atoms(rows), "x.cif")
    found = [free_directions(structure.rotations[list(site.fixed_by)]).T.tolist() for site in structure.sites]
    assert [site.multiplicity for site in structure.sites] == [6, 4, 12, 2, 12]
    assert found == [[[1, 2, 0]], [[0, 0, 1]], [[1, 0, 0], [0, 1, 0]], [], [[1, 2, 0], [0, 0, 1]]]


def test_averaging_images_would_shrink_the_noise() -> None:
    """On x, 0, 1/4 of R-3c the projection of isotropic noise has a standard deviation of 1.118 sigma in x; R u has sigma."""
    site = NASICON.sites[3]
    P = NASICON.rotations[list(site.fixed_by)].mean(axis=0)
    assert math.sqrt(float((P @ P.T)[0, 0])) == pytest.approx(1.118, abs=0.001)
    R = free_directions(NASICON.rotations[list(site.fixed_by)])
    assert R.tolist() == [[1], [0], [0]]


def test_every_free_coordinate_has_the_standard_deviation_asked_for() -> None:
    """6,000 draws: the standard error of a standard deviation is 0.9 %, the limit 2 %; Kolmogorov-Smirnov for the shape."""
    from scipy.stats import kstest

    from pipeline.structures.perturb import _moves
    from pipeline.structures.symmetry import positions

    where = positions(NASICON)
    whole = original(NASICON, where)
    draws = np.array([_moves(NASICON, where, whole, normals(open_seed(i).seed(b"", 0.01)), 0.01)[0] for i in range(6000)])
    free = {(1, 2), (3, 0), (4, 0), (4, 1), (4, 2), (5, 0), (5, 1), (5, 2)}
    for site, axis in free:
        values = draws[:, site, axis]
        assert values.std() == pytest.approx(0.01, rel=0.02)
        assert kstest(values / 0.01, "norm").pvalue > 0.001
    fixed = [(i, j) for i in range(6) for j in range(3) if (i, j) not in free and i != 2]
    assert all((draws[:, i, j] == 0).all() for i, j in fixed)
    assert (draws[:, 1] == draws[:, 2]).all()  # titanium and aluminium share a position
    apart = np.corrcoef(np.array([draws[:, i, j] for i, j in sorted(free)]))
    expected = np.eye(len(free))  # x and y of a general position lie at 120 degrees, and half a correlation keeps x - y at 0.01 too
    for place, (i, j) in enumerate(sorted(free)):
        if (i, j) in {(4, 0), (5, 0)}:
            expected[place, place + 1] = expected[place + 1, place] = 0.5
    assert np.abs(apart - expected).max() < 0.05


def test_the_stream_is_the_same_for_ever() -> None:
    """Written down once: a change here would change the noise of every release, and so needs another version of the method."""
    stream = normals(keyed(KEY).seed(b"cell 1", 0.01))
    message = b"obelix-curate noise, method 2, sigma 0.01\ncell 1"
    assert [round(next(stream), 12) for _ in range(3)] == pytest.approx(_by_hand(KEY, message), abs=1e-9)


def _by_hand(key: bytes, message: bytes) -> list[float]:
    """The first three numbers, with scipy's inverse of the normal distribution."""
    import hmac

    from scipy.special import ndtri

    seed = hmac.new(key, message, "sha256").digest()
    block = hmac.new(seed, bytes(8), "sha256").digest()
    return [float(ndtri(((int.from_bytes(block[i : i + 8], "big") >> 11) + 0.5) / 2**53)) for i in (0, 8, 16)]


def test_noise_depends_on_key_content_and_sigma_only() -> None:
    one = perturb(NASICON, keyed(KEY))
    assert perturb(read(NASICON_TEXT, "other name.cif"), keyed(KEY)).text == one.text
    other_place = read(NASICON_TEXT.replace("0.2858", "0.2859"), "x.cif")
    other_cell = read(NASICON_TEXT.replace("20.85", "20.86"), "x.cif")
    for structure, key, sigma in (
        (NASICON, bytes(reversed(KEY)), 0.01),
        (other_place, KEY, 0.01),
        (other_cell, KEY, 0.01),
        (NASICON, KEY, 0.02),
    ):
        moved = perturb(structure, keyed(key), sigma).displacements * (0.01 / sigma)
        assert np.abs(moved - one.displacements).max() > 1e-4


def test_everything_but_coordinates_stays_byte_for_byte() -> None:
    text = "# made by hand\r\n" + NASICON_TEXT.replace("\n", "\r\n").replace("P1 P", "P1\tP  ").replace("0.0829 1", "0.0829(3) 1.000 ")
    after = perturb(read(text, "x.cif"), open_seed(1)).text
    changed = [line for line in difflib.ndiff(text.split("\r\n"), after.split("\r\n")) if line[0] in "+-"]
    assert len(changed) == 2 * 5 + 1  # five of six sites move, and one item is new
    assert sum("_audit_creation_method" in line for line in changed) == 1
    rows = [line[2:].split() for line in changed if line.startswith("+ ") and "_audit" not in line]
    assert [row[0] for row in rows] == ["Ti1", "Al1", "P1", "O1", "O2"]
    assert rows[0][2:4] == ["0", "0"]  # fixed coordinates keep their text
    assert rows[2][3:5] == ["0", "0.25"]
    assert rows[4][-1] == "1.000"
    assert after.count("\r\n") == after.count("\n") == text.count("\n") + 1


def test_who_made_the_file_before_is_kept() -> None:
    for said, kept in (("'VESTA 3'", "VESTA 3"), ("\n;\nwritten by\nhand, it's so\n;", "written by hand, it's so"), ("?", "")):
        text = NASICON_TEXT.replace("_cell_length_a", f"_audit_creation_method {said}\n_cell_length_a", 1)
        method = perturb(read(text, "x.cif"), open_seed(1)).structure.creation_method
        assert method is not None
        assert method.startswith("positions perturbed by obelix-curate, method 2: N(0, 0.01)")
        assert kept in method


def test_a_file_with_noise_gets_none_again() -> None:
    once = perturb(NASICON, open_seed(1))
    again = perturb_entry(once.structure, open_seed(2))
    assert (once.changed, again.changed) == (True, False)
    assert again.text == once.text


def test_a_third_printed_short_stays_a_third() -> None:
    structure = read(HEXAGONAL + atoms("N1 N 0.3333 0.6667 0.1234(5) 1\nO1 O 0.1234 0.2469 0.6012 1\n"), "x.cif")
    after = perturb(structure, open_seed(3))
    nitrogen, oxygen = after.structure.sites
    assert nitrogen.fract[:2] == (0.3333, 0.6667)
    assert (nitrogen.multiplicity, oxygen.multiplicity) == (4, 12)
    assert oxygen.fract[1] == pytest.approx(2 * oxygen.fract[0], abs=1e-14)  # 0.1234, 0.2469 was not


def test_a_file_that_lists_every_atom_keeps_the_symmetry_it_does_not_name() -> None:
    """Materials Project writes P 1: the atoms have a group all the same, and images move as one."""
    ops = operations("F d -3 m:2")
    import gemmi

    rows, seen = "", set()
    for label, point in (("Li", (0.125, 0.125, 0.125)), ("Mn", (0.5, 0.5, 0.5)), ("O", (0.2625, 0.2625, 0.2625))):
        for triplet in ops:
            image = tuple(round(x % 1, 6) % 1 for x in gemmi.Op(triplet).apply_to_xyz(list(point)))
            if (label, image) not in seen:
                seen.add((label, image))
                rows += f"{label}{len(seen)} {label} {image[0]:.6f} {image[1]:.6f} {image[2]:.6f} 1\n"
    text = f"data_p1\n_symmetry_space_group_name_H-M 'P 1'\n{SPINEL_CELL}{listed(['x,y,z'])}{atoms(rows)}"
    structure = read(text, "x.cif")
    assert len(structure.sites) == 56
    after = perturb(structure, open_seed(1))
    assert after.free == 1
    assert spglib_number(after.structure) == 227
    moved = np.abs(after.displacements)
    assert moved[:24].max() == 0
    assert moved[24:].min() == pytest.approx(moved[24:].max(), abs=1e-15)


def test_a_cell_that_its_operations_do_not_fit_gets_no_noise() -> None:
    """Axes of 8.51 and 8.53 angstrom under trigonal operations; a difference in the last digit is rounding."""
    strained, rounded = (NASICON_TEXT.replace("_cell_length_b 8.51", f"_cell_length_b {b}") for b in ("8.53", "8.511"))
    with pytest.raises(PerturbationError, match="do not fit its cell"):
        perturb(read(strained, "x.cif"), open_seed(1))
    after = perturb(read(rounded, "x.cif"), open_seed(1))
    assert [site.multiplicity for site in after.structure.sites] == [site.multiplicity for site in read(rounded, "x.cif").sites]


def test_images_listed_under_another_operation_move_with_their_position() -> None:
    rows = "Ti1 Ti 0 0 0.1412 0.85\nAl1 Al 0 0 0.3588 0.15\n"  # 0, 0, 1/2 - z is an image of 0, 0, z in R-3c
    text = NASICON_TEXT[: NASICON_TEXT.index("Li1 Li")] + rows
    after = perturb(read(text, "x.cif"), open_seed(5))
    assert after.free == 1
    assert after.displacements[1, 2] == -after.displacements[0, 2] != 0


def test_a_contact_made_by_noise_is_told_and_stays() -> None:
    text = f"data_h\n{HYDROXIDE_CELL}{listed(['x,y,z'])}" + atoms("P1 P 0.1 0.2 0.3 1\nO1 O 0.4 0.4 0.4 1\nS1 S 0.6 0.9 0.7 1\n")
    found = [perturb(read(text, "x.cif"), open_seed(i), 0.05) for i in range(40)]
    told = [each for each in found if each.contacts]
    assert told
    for each in told:
        contact = each.contacts[0]
        assert contact.distance < 0.7 * contact.expected
    assert not perturb(read(text, "x.cif"), open_seed(1), 1e-9).contacts


def test_a_structure_without_a_free_coordinate_stays() -> None:
    text = f"data_h\n{HYDROXIDE_CELL}{HYDROXIDE_OPS}{atoms(HYDROXIDE_ATOMS.rsplit('H1', 1)[0])}"
    after = perturb(read(text, "x.cif"), open_seed(1))
    assert after.free == 0
    assert not after.displacements.any()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_every_way_to_write_a_file_can_be_perturbed(case: Case) -> None:
    structure = read(case.text, case.name)
    if any("Cartesian" in note for note in structure.notes):
        with pytest.raises(PerturbationError, match="Cartesian"):
            perturb(structure, open_seed(7))
        return
    if structure.n_structures > 1:
        with pytest.raises(PerturbationError, match="2 structures"):
            perturb(structure, open_seed(7))
        return
    if structure.left_out:
        with pytest.raises(PerturbationError, match="X1 are no atoms"):
            perturb(structure, open_seed(7))
        return
    after = perturb(structure, open_seed(7))
    assert after.structure.content == pytest.approx(case.content, abs=1e-5)
    new, old = (np.array([site.fract for site in each.sites]) for each in (after.structure, structure))
    assert np.abs(new - old).max() == pytest.approx(np.abs(after.displacements).max(), abs=2e-3)
    anew = perturb(structure, open_seed(7), rewritten=True)
    assert anew.structure.content == pytest.approx(case.content, abs=1e-5)
    assert [(s.element, s.multiplicity, s.hydrogens) for s in anew.structure.sites] == [
        (s.element, s.multiplicity, s.hydrogens) for s in structure.sites
    ]
    assert np.array_equal(anew.displacements, after.displacements)
