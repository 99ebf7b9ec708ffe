"""One original is one original, however it is written: its content, and where it ends under one key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.structures.cif import Structure, read
from pipeline.structures.noise import keyed
from pipeline.structures.original import content_key, original
from pipeline.structures.perturb import perturb
from tests.unit.crystals import ELEMENTS, SETTINGS, Crystal, crystals, fixes, image
from tests.unit.difficult import NASICON_ATOMS, NASICON_TEXT, SPINEL_CELL, atoms, cases, cell, listed, operations

KEY = keyed(hashlib.sha256(b"a key for tests").digest())


@dataclass(frozen=True)
class Row:
    """A site as it is written."""

    label: str
    element: str
    place: tuple[Fraction, ...]
    general: bool
    occupancy: str = "1"
    digits: int = 5

    def text(self) -> str:
        decimals = self.digits if self.general else 12
        return f"{self.label} {self.element} {' '.join(_decimal(x, decimals) for x in self.place)} {self.occupancy}\n"


def _decimal(x: Fraction, digits: int) -> str:
    whole = round(x * 10**digits)
    return f"{'-' if whole < 0 else ''}{abs(whole) // 10**digits}.{abs(whole) % 10**digits:0{digits}d}"


def rows(crystal: Crystal) -> list[Row]:
    """The sites of a crystal: general positions with five decimals, special ones with all."""
    ops = list(crystal.group.operations())
    found = []
    for i, point in enumerate(crystal.positions):
        general = sum(fixes(op, point) for op in ops) == 1
        place = tuple(Fraction(round(x * 10**5), 10**5) for x in point) if general else point
        found.append(Row(f"{ELEMENTS[i]}{i}", ELEMENTS[i], place, general, "0.75"))
    return found


def written(crystal: Crystal, sites: list[Row], order: list[int] | None = None) -> Structure:
    head = crystal.text[: crystal.text.index("loop_")]
    ops = [op.triplet() for op in crystal.group.operations()]
    ops = ops if order is None else [ops[i] for i in order]
    return read(head + listed(ops) + atoms("".join(row.text() for row in sites)), "x.cif")


def same_place(one: Structure, other: Structure, tolerance: float) -> bool:
    """Whether each site of one is an image of a site of the same element of the other."""
    for site in one.sites:
        ours = [s for s in other.sites if s.element == site.element]
        gaps = [other.rotations @ np.array(s.fract) + other.translations - np.array(site.fract) for s in ours]
        if min(np.abs(gap - np.rint(gap)).max(axis=1).min() for gap in gaps) > tolerance:
            return False
    return len(one.sites) == len(other.sites)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(crystals(), st.data())
def test_equivalent_representatives_are_one_original_and_end_as_one_structure(crystal: Crystal, data: st.DataObject) -> None:
    """Each site at another image, moved by lattice translations, printed to eight decimals."""
    ops = list(crystal.group.operations())
    one = rows(crystal)
    other = []
    for row in one:
        x, y, z = image(data.draw(st.sampled_from(ops)), (row.place[0], row.place[1], row.place[2]))
        shift = data.draw(st.tuples(*[st.integers(-2, 2)] * 3))
        other.append(replace(row, place=(x + shift[0], y + shift[1], z + shift[2]), digits=8))
    first, second = written(crystal, one), written(crystal, other)
    assert original(first).content == original(second).content
    assert content_key(first) == content_key(second)
    moved, also = perturb(first, KEY), perturb(second, KEY)
    assert same_place(also.structure, moved.structure, 1e-7)


def test_hydrogens_without_a_row_are_content() -> None:
    """Water and an oxide ion on one site are two originals, whose noise must not be one."""
    [text] = [case.text for case in cases() if case.name == "attached hydrogens"]
    water, oxide = read(text, "x.cif"), read(text.replace("O1 O 0.5 0.5 0.5 1 1", "O1 O 0.5 0.5 0.5 1 0"), "x.cif")
    assert {site.hydrogens for site in water.sites} == {0.0, 1.0}
    assert original(water).content != original(oxide).content


@settings(max_examples=30, deadline=None, derandomize=True)
@given(crystals(), st.data())
def test_order_and_labels_say_nothing(crystal: Crystal, data: st.DataObject) -> None:
    one = rows(crystal)
    other = [replace(row, label=f"{row.element}{90 - i}") for i, row in enumerate(data.draw(st.permutations(one)))]
    order = data.draw(st.permutations(range(len(list(crystal.group.operations())))))
    first, second = written(crystal, one), written(crystal, other, list(order))
    assert original(first).content == original(second).content
    moved = {site.element: site.fract for site in perturb(first, KEY).structure.sites}
    assert {site.element: site.fract for site in perturb(second, KEY).structure.sites} == moved


@pytest.mark.parametrize(
    ("printed", "also"),
    [
        ("0.2858 0 0.25 1", ".2858 0.0 .25 1.0"),
        ("0.2858 0 0.25 1", "2.858E-1 0 2.5e-1 1.000"),
        ("0.2858 0 0.25 1", "+0.28580 0 0.2500 1"),
        ("0.2858 0 0.25 1", "0.2858(3) 0 0.25 1.00(2)"),
        ("0 0 0.1412 0.85", "0 0 .14120(11) 8.5E-1"),
        ("8.51\n", "8.5100(12)\n"),
        ("20.85\n", "2.085E1\n"),
    ],
)
def test_the_form_of_a_number_says_nothing(printed: str, also: str) -> None:
    assert printed in NASICON_TEXT
    other = read(NASICON_TEXT.replace(printed, also), "x.cif")
    assert original(other).content == original(read(NASICON_TEXT, "x.cif")).content


@pytest.mark.parametrize(
    ("printed", "instead"),
    [("0.2858", "0.2859"), ("0.85", "0.84"), ("20.85", "20.86"), ("P1 P", "P1 As"), ("P1 P", "P1 V")],
)
def test_what_the_structure_is_counts(printed: str, instead: str) -> None:
    other = read(NASICON_TEXT.replace(printed, instead), "x.cif")
    assert original(other).content != original(read(NASICON_TEXT, "x.cif")).content


def test_images_printed_short_are_still_the_original() -> None:
    """A third added to 0.1815 is 0.51483333...: six decimals are enough, whatever was rounded away."""
    rows = NASICON_ATOMS.splitlines()
    x, y, z = (Fraction(word) for word in rows[4].split()[2:5])
    for number, shift in enumerate((Fraction(1, 3), Fraction(2, 3)), 1):
        place = (x + 2 * shift, y + shift, z + shift)
        text = NASICON_TEXT.replace(" ".join(rows[4].split()[2:5]), " ".join(f"{float(c):.6f}" for c in place))
        assert text != NASICON_TEXT, number
        assert original(read(text, "x.cif")).content == original(read(NASICON_TEXT, "x.cif")).content


def test_a_free_coordinate_has_one_size_at_every_image() -> None:
    """x, 2x, z and its image 2x, x, z: x moves by sigma in both; and x, y, z moves by sigma in each coordinate at each of 12 images."""
    from pipeline.structures.original import move_basis, plain_images

    group = next(group for group in SETTINGS if group.xhm() == "P 63/m m c")
    ops = list(group.operations())
    text = f"data_h\n{cell(6.1, 6.1, 12, 90, 90, 120)}"
    for line in ("0.15 0.30 0.10", "0.30 0.15 0.60", "-0.15 0.15 0.10"):
        structure = read(text + listed([op.triplet() for op in ops]) + atoms(f"O1 O {line} 1\n"), "x.cif")
        whole = original(structure)
        rotations = structure.rotations.tobytes()
        fixed_by = structure.sites[0].fixed_by
        allowed = plain_images(rotations, fixed_by)
        assert allowed is not None
        assert whole.images[0] in allowed
        basis = move_basis(rotations, fixed_by, whole.images[0])
        sizes = np.sqrt(np.square(basis).sum(axis=1))
        assert sorted(sizes.round(12)) == ([1, 1, 1] if line.startswith("-") else [1, 1, 2])
    general = read(text + listed([op.triplet() for op in ops]) + atoms("O1 O 0.11 0.37 0.13 1\n"), "x.cif")
    for number in range(len(ops)):
        basis = move_basis(general.rotations.tobytes(), (0,), number)
        assert np.allclose(np.sqrt(np.square(basis).sum(axis=1)), 1, rtol=0, atol=1e-12)


def test_a_list_of_all_atoms_is_the_original_that_names_its_group() -> None:
    """Materials Project writes P 1."""
    import gemmi

    sites = (("Li", (0.125, 0.125, 0.125)), ("Mn", (0.5, 0.5, 0.5)), ("O", (0.2625, 0.2625, 0.2625)))
    short = "".join(f"{e}1 {e} {' '.join(map(str, p))} 1\n" for e, p in sites)
    ops = operations("F d -3 m:2")
    every, seen = "", set()
    for label, point in sites:
        for triplet in ops:
            place = tuple(round(x % 1, 6) % 1 for x in gemmi.Op(triplet).apply_to_xyz(list(point)))
            if (label, place) not in seen:
                seen.add((label, place))
                every += f"{label}{len(seen)} {label} {place[0]:.6f} {place[1]:.6f} {place[2]:.6f} 1\n"
    one = read(f"data_a\n{SPINEL_CELL}{listed(ops)}{atoms(short)}", "x.cif")
    other = read(f"data_b\n{SPINEL_CELL}{listed(['x,y,z'])}{atoms(every)}", "x.cif")
    assert content_key(one) == content_key(other)
    place = perturb(one, KEY).structure.sites[2].fract
    images = one.rotations @ np.array(place) + one.translations
    for site in [site for site in perturb(other, KEY).structure.sites if site.element == "O"]:
        gap = images - np.array(site.fract)
        assert np.abs(gap - np.rint(gap)).max(axis=1).min() < 1e-9
