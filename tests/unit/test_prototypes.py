"""A structure beside those of its prototype: right ones are silent however they are described, and a site that moved is not."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.prototypes import prototype_findings
from pipeline.checks.reading import Row
from pipeline.structures import prototypes
from pipeline.structures.cif import Structure, read
from pipeline.structures.prototypes import CHANCE, LEAST, _beyond, displaced
from tests.unit.difficult import atoms, cell, listed, operations

Site = tuple[str, float, float, float]
PHOSPHATE: tuple[Site, ...] = (
    ("Li", 0.5, 0.0, 0.0), ("Zr", 0.0, 0.0, 0.0), ("P", 0.1, 0.25, 0.4), ("O", 0.2, 0.05, 0.3), ("O", 0.35, 0.25, 0.7),
)  # fmt: skip
ARGYRODITE: tuple[Site, ...] = (("Li", 0.02, 0.19, 0.81), ("P", 0.0, 0.0, 0.5), ("S", 0.118, 0.382, 0.118), ("Cl", 0.0, 0.0, 0.0))


def phosphate(
    seed: int, *, sigma: float = 0.01, changes: dict[int, tuple[float, float, float]] | None = None, shift: float = 0.0
) -> Structure:
    """A structure in Pnma with noise on what its sites leave free; sites are moved, all of them shifted along a."""
    rng = random.Random(seed)
    sites = []
    for index, (element, *place) in enumerate(PHOSPHATE):
        free = (
            [0.0, 0.0, 0.0] if index < 2 else [rng.gauss(0, sigma), 0.0 if place[1] == 0.25 else rng.gauss(0, sigma), rng.gauss(0, sigma)]
        )
        moved = (changes or {}).get(index, (0.0, 0.0, 0.0))
        sites.append(
            (element, *(p + f + m + (shift, 0.0, 0.0)[axis] for axis, (p, f, m) in enumerate(zip(place, free, moved, strict=True))))
        )
    return made("P n m a", (10 + 0.05 * seed, 8, 6), sites)


def made(group: str, lengths: tuple[float, float, float], sites: list[Site]) -> Structure:
    lines = "".join(f"{s[0]}{i} {s[0]} {s[1]:.6f} {s[2]:.6f} {s[3]:.6f} 1\n" for i, s in enumerate(sites))
    text = f"data_x\n_symmetry_space_group_name_H-M '{group}'\n{cell(*lengths, 90, 90, 90)}" + listed(operations(group)) + atoms(lines)
    return read(text, "x.cif")


def family(count: int = 8) -> dict[str, Structure]:
    return {f"r{seed}": phosphate(seed) for seed in range(count)}


def named(structures: dict[str, Structure], noisy: bool = True) -> dict[str, str]:
    return {name: found.label for name, found in displaced(structures, structures if noisy else ())}


def test_structures_of_one_prototype_are_silent() -> None:
    assert named(family()) == {}


@pytest.mark.parametrize(
    ("move", "label"), [({2: (0.06, 0, 0)}, "P2"), ({3: (0, 0, 0.12)}, "O3"), ({3: (0.0, 0.0, 0.5), 4: (0.0, 0.0, 0.5)}, "O")]
)
def test_a_site_that_moved_and_a_shifted_sublattice_are_named(move: dict[int, tuple[float, float, float]], label: str) -> None:
    found = named({**family(), "bad": phosphate(3, changes=move)})
    assert set(found) == {"bad"}
    assert found["bad"].startswith(label)


def test_a_move_that_noise_explains_is_silent_unless_the_file_carries_none() -> None:
    structures = {**family(), "bad": phosphate(3, sigma=0.0, changes={2: (0.03, 0, 0)})}
    assert named(structures) == {}
    assert set(dict(displaced(structures, set(structures) - {"bad"}))) == {"bad"}


def test_too_few_of_a_prototype_tell_nothing() -> None:
    bad = phosphate(3, changes={2: (0.06, 0, 0)})
    assert set(named({**family(LEAST), "bad": bad})) == {"bad"}
    assert named({**family(LEAST - 1), "bad": bad}) == {}


def test_structures_of_too_many_sites_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    structures = {**family(), "bad": phosphate(3, changes={2: (0.06, 0, 0)})}
    most = 4 * (4 + 4 + 8 + 4)  # four full sites, and their images
    for limit, found in ((most, {"bad"}), (most - 1, set())):
        monkeypatch.setattr(prototypes, "MOST_DISTANCES", limit)
        assert set(named(structures)) == found


def test_another_origin_and_another_prototype_are_silent() -> None:
    assert named({**family(), "shifted": phosphate(3, shift=0.5)}) == {}
    other = phosphate(3, changes={1: (0.0, 0.0, 0.5), 2: (0.15, 0.0, 0.1)})  # its cations are elsewhere
    assert named({**family(), "other": other}) == {}
    large = made("P n m a", (13, 8, 6), [(s[0], s[1] + 0.04 * (i == 2), *s[2:]) for i, s in enumerate(PHOSPHATE)])
    assert named({**family(), "large": large}) == {}


def test_another_origin_of_a_group_without_inversion_is_silent() -> None:
    """P212121 is the same about origins that are half an axis apart (International Tables A, table 3.5.2.5)."""

    def chiral(seed: int, shift: float = 0.0, x: float = 0.35) -> Structure:
        noise = random.Random(seed)
        sites = [("Zr", 0.1, 0.2, 0.3), ("P", x, 0.05, 0.6), ("O", 0.22, 0.4, 0.15), ("O", 0.6, 0.3, 0.85)]
        moved: list[Site] = [(e, *(c + noise.gauss(0, 0.004) + (shift if i == 0 else 0) for i, c in enumerate(at))) for e, *at in sites]  # type: ignore[misc]
        return made("P 21 21 21", (10 + 0.02 * seed, 8.3, 6.7), moved)

    structures = {f"r{seed}": chiral(seed) for seed in range(8)}
    assert named({**structures, "shifted": chiral(9, 0.5)}) == {}
    assert set(named({**structures, "bad": chiral(9, x=0.41)})) == {"bad"}


def test_the_inverted_structure_is_the_same() -> None:
    def argyrodite(seed: int, sign: int = 1, x: float = 0.118) -> Structure:
        x += random.Random(seed).gauss(0, 0.01)
        sulfur = ("S", sign * x, sign * (0.5 - x), sign * x)
        return made(
            "F -4 3 m", (10.0 + 0.02 * seed,) * 3, [(s[0], *(sign * c for c in s[1:])) if s[0] != "S" else sulfur for s in ARGYRODITE]
        )

    structures = {f"r{seed}": argyrodite(seed) for seed in range(7)}
    assert named({**structures, "inverted": argyrodite(9, -1)}) == {}
    assert set(named({**structures, "bad": argyrodite(9, 1, 0.17)})) == {"bad"}


def test_the_finding_names_site_distance_and_how_rare_it_is() -> None:
    structures = {**family(), "bad": phosphate(3, changes={2: (0.06, 0, 0)})}
    (found,) = prototype_findings([Row(name, {}) for name in structures], structures, structures)
    assert (found.id, found.check, found.severity, found.other) == ("bad", "cif.prototype", "warning", "bad.cif")
    assert "Site P2 is" in found.message
    assert "8 structures of the prototype" in found.message
    assert float(found.value) == pytest.approx(0.6, abs=0.3), "0.06 of 10 angstrom, and noise"
    assert list(prototype_findings([], structures, structures)) == []


@given(freedom=st.integers(1, 3), squared=st.floats(0.0, 80.0))
def test_the_tail_falls_from_one_and_grows_with_freedom(freedom: int, squared: float) -> None:
    tails = [_beyond(squared, each) for each in (1, 2, 3)]
    assert all(less <= more + 1e-12 for less, more in pairwise(tails))
    assert _beyond(0.0, freedom) == 1.0
    assert 0.0 <= _beyond(squared + 1.0, freedom) < _beyond(squared, freedom)


@pytest.mark.parametrize(("freedom", "squared"), [(1, 10.828), (2, 13.816), (3, 16.266)])
def test_the_tail_is_that_of_the_tables(freedom: int, squared: float) -> None:
    """Critical values of chi-squared at one in a thousand."""
    assert _beyond(squared, freedom) == pytest.approx(0.001, rel=2e-3)
    assert CHANCE == 1 / 200
