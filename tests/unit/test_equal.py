"""When two structures are the same: copies that were edited, and structures that noise alone tells apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.structures import equal
from pipeline.structures.cif import Structure, read
from pipeline.structures.equal import _SAME, copies, may_be, without_noise
from pipeline.structures.noise import open_seed
from pipeline.structures.perturb import perturb
from tests.contributed.tables import cif, rock_salt
from tests.unit.difficult import NASICON_TEXT
from tests.unit.test_contribute_copies import CELL, LISTED, moved, phosphate


def same(text: str, other: str, *, stretched: bool = False) -> bool:
    return bool(copies({"a": read(text, "a")}, {"b": read(other, "b")}, stretched=stretched))


def all_listed() -> str:
    """The phosphate with all its atoms in P 1."""
    structure = read(phosphate(), "x")
    places = {
        (site.element, *(round(float(v) % 1.0, 6) for v in rotation @ site.fract + translation))
        for site in structure.sites
        for rotation, translation in zip(structure.rotations, structure.translations, strict=True)
    }
    return cif("x", "P 1", CELL, sorted(places))


EDITED = {
    "another element": phosphate([("V", *LISTED[0][1:]), *LISTED[1:]]),
    "two more atoms": phosphate([*LISTED, ("H", 0.111, 0.222, 0.333), ("Li", 0.9, 0.6, 0.7)]),
    "a site left out": phosphate(LISTED[:5]),
    "three digits": phosphate([(e, round(x, 3), round(y, 3), round(z, 3)) for e, x, y, z in LISTED]),
    "the last digit": phosphate(moved(LISTED, 1, 0.0001)),
    "other representatives": phosphate([(e, -x, y + 0.5, 1 - z) for e, x, y, z in LISTED[::-1]]),
    "the cell in its last digit": phosphate(cell=(10.4905, *CELL[1:])),
    "all atoms in P 1": all_listed(),
}


@pytest.mark.parametrize("text", EDITED.values(), ids=EDITED)
def test_an_edited_copy_is_a_copy_both_ways(text: str) -> None:
    assert same(text, phosphate())
    assert same(phosphate(), text)


OTHERS = {
    "a coordinate": phosphate(moved(LISTED, 1, 0.001)),
    "the cell": phosphate(cell=(10.492, *CELL[1:])),
    "two sites of six": phosphate(moved(moved(LISTED, 3, 0.02), 5, -0.01)),
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_another_refinement_is_no_copy(text: str) -> None:
    assert not same(text, phosphate())
    assert not same(phosphate(), text)


def test_a_stretched_cell_counts_only_where_it_is_asked_for() -> None:
    text = phosphate(cell=(10.6, 6.15, 4.95, 90, 90, 90))
    assert not same(text, phosphate())
    assert same(text, phosphate(), stretched=True)


def test_what_symmetry_fixes_is_a_copy_of_nothing() -> None:
    assert not same(rock_salt("I", 6.0257), rock_salt("I", 6.0257))


def test_the_cell_in_the_text_tells_what_need_not_be_read() -> None:
    some = [read(phosphate(), "a")]
    assert may_be(phosphate(), some)
    assert may_be(phosphate(cell=(10.6, *CELL[1:])), some)
    assert not may_be(rock_salt("I", 6.0257), some)
    assert may_be("no CIF", some)
    assert may_be(rock_salt("I", 6.0257) + phosphate(), some)  # in a further block


def test_comparing_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIKE_PAIRS", limits.Limit("pairs", 6, "a test"))
    structures = {str(i): read(phosphate(moved(LISTED, 1, 0.002 * i)), str(i)) for i in range(4)}
    some = dict(list(structures.items())[:2])
    assert copies(some, structures) == {}
    with pytest.raises(InputError, match="more than 6 pairs"):
        copies(structures, structures)


# --- noise between ---------------------------------------------------------------------------------------------------
def noisy(text: str, seed: int) -> Structure:
    return perturb(read(text, "x.cif"), open_seed(seed)).structure


@pytest.mark.parametrize("seed", range(5))
def test_an_original_and_another_noise_are_told_from_their_noise(seed: int) -> None:
    known = {"known": noisy(NASICON_TEXT, seed)}
    assert without_noise({"a": read(NASICON_TEXT, "a.cif"), "b": noisy(NASICON_TEXT, seed + 100)}, known) == {
        "a": ("known",),
        "b": ("known",),
    }
    assert without_noise({"itself": known["known"]}, known) == {}
    assert copies({"itself": known["known"]}, known) == {"itself": ("known",)}


def test_another_cell_or_occupancy_is_another_refinement() -> None:
    known = {"known": noisy(NASICON_TEXT, 1)}
    length = re.search(r"_cell_length_c\s+(\S+)", NASICON_TEXT)
    assert length is not None
    other = NASICON_TEXT.replace(length[0], f"_cell_length_c {float(length[1].split('(')[0]) + 0.001:.4f}")
    assert without_noise({"a": read(other, "a.cif")}, known) == {}
    other = NASICON_TEXT.replace("0.1412 0.85", "0.1412 0.86")
    assert other != NASICON_TEXT
    assert without_noise({"a": read(other, "a.cif")}, known) == {}


def test_too_few_numbers_tell_nothing() -> None:
    """A cubic cell of four digits is that of a neighbour by chance."""
    cubic = cif("x", "P a -3", (6.512, 6.512, 6.512, 90, 90, 90), [("Li", 0.11, 0.11, 0.11), ("Cl", 0.37, 0.37, 0.37)])
    assert without_noise({"a": read(cubic, "a.cif")}, {"known": noisy(cubic, 1)}) == {}


@pytest.mark.parametrize(("apart", "found"), [(0.0, ("a", "b")), (0.001, ("b",)), (0.0011, ())])
def test_cells_that_are_not_the_same_are_not_compared_at_all(apart: float, found: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[float] = []

    def counted(one: Sequence[float], other: Sequence[float]) -> bool:
        looked_at.append(other[0])
        return _SAME.are_near(one, other)

    monkeypatch.setattr(equal, "_SAME", replace(_SAME, are_near=counted))
    own = read(phosphate(cell=(CELL[0] + apart, *CELL[1:])), "own")
    series = {f"n{place}": read(phosphate(cell=(CELL[0] + 0.005 * place, *CELL[1:])), "n") for place in range(1, 40)}
    near = {"a": read(phosphate(cell=(CELL[0] - 0.001 if apart else CELL[0], *CELL[1:])), "a"), "b": read(phosphate(), "b")}
    assert copies({"own": own}, {**near, **series}).get("own", ()) == found
    assert len(looked_at) == 2 or apart
    assert len(looked_at) <= 2
