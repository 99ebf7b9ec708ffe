"""An entry of an OPTIMADE database as a descriptor, and the filter that asks for it: without a server."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.structures.matching.descriptor import Descriptor
from pipeline.structures.matching.optimade import _base, _filter, describe

#: Rock salt, LiCl, all eight sites of its cubic cell.
SALT: dict[str, Any] = {
    "lattice_vectors": [[5.0, 0, 0], [0, 5.0, 0], [0, 0, 5.0]],
    "cartesian_site_positions": [
        [0, 0, 0], [2.5, 2.5, 0], [2.5, 0, 2.5], [0, 2.5, 2.5], [2.5, 2.5, 2.5], [0, 0, 2.5], [0, 2.5, 0], [2.5, 0, 0],
    ],
    "species": [
        {"name": "a", "chemical_symbols": ["Li"], "concentration": [1.0]}, {"name": "b", "chemical_symbols": ["Cl"],
        "concentration": [1.0]},
    ],
    "species_at_sites": ["a"] * 4 + ["b"] * 4,
}  # fmt: skip


def found(**changes: Any) -> Descriptor | str:
    return describe({**SALT, **changes})


def mixed(symbols: list[str], amounts: list[float], **more: Any) -> Descriptor | str:
    return found(species=[{"name": "a", "chemical_symbols": symbols, "concentration": amounts, **more}, SALT["species"][1]])


def test_the_group_is_that_of_the_atoms_and_the_content_that_of_the_cell() -> None:
    told = found()
    assert isinstance(told, Descriptor)
    assert (told.system, told.spacegroup, told.amounts) == (("Cl", "Li"), 225, (4.0, 4.0))
    assert told.cell == pytest.approx((5, 5, 5, 90, 90, 90))
    assert told.reduced[:3] == pytest.approx([5 / 2**0.5] * 3)


def test_species_are_kinds_of_their_own() -> None:
    """A mixture on four sites keeps the group; vacancies and what is not there count for nothing, deuterium is hydrogen."""
    told = mixed(["Li", "Na", "vacancy"], [0.5, 0.25, 0.25])
    assert isinstance(told, Descriptor)
    assert (told.system, told.spacegroup, told.amounts) == (("Cl", "Li", "Na"), 225, (4.0, 2.0, 1.0))
    heavy = mixed(["D", "T", "Na"], [0.5, 0.5, 0.0])
    assert isinstance(heavy, Descriptor)
    assert (heavy.system, heavy.amounts) == (("Cl", "H"), (4.0, 4.0))
    group = mixed(["O"], [1.0], attached=["H"], nattached=[2])
    assert isinstance(group, Descriptor)
    assert (group.system, group.amounts) == (("Cl", "H", "O"), (4.0, 8.0, 4.0))
    for amount, number in ((0.999, 221), (0.9999999, 225)):
        other = {"name": "c", "chemical_symbols": ["Li"], "concentration": [amount]}
        one = found(species=[*SALT["species"], other], species_at_sites=["c", "a", "a", "a", *["b"] * 4])
        assert isinstance(one, Descriptor)
        assert one.spacegroup == number


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"structure_features": ["disorder"]}, ""), ({"structure_features": ["assemblies"]}, "it has assemblies"),
        ({"structure_features": ["unknown_positions", "implicit_atoms"]}, "it has implicit_atoms, unknown_positions"),
        ({"dimension_types": [1, 1, 1]}, ""),
        ({"dimension_types": [1, 1, 0]}, "three directions"), ({"dimension_types": None}, ""), ({"lattice_vectors": None}, "incomplete"),
        ({"lattice_vectors": [[1, 0, 0], [1, 0, 0], [0, 0, 1]]}, "incomplete"), ({"species": []}, "incomplete"),
        ({"species_at_sites": ["a"] * 4 + ["b"] * 3}, "not named"), ({"cartesian_site_positions": [[0, 0, 0]]}, "not named"),
        ({"species_at_sites": [], "cartesian_site_positions": [[0, 0, 0]]}, "not named"),
        ({"species": [{"name": "a", "chemical_symbols": ["X"], "concentration": [1.0]}, SALT["species"][1]]}, "not named"),
    ],
)  # fmt: skip
def test_what_is_no_crystal_says_why(changes: dict[str, Any], why: str) -> None:
    told = found(**changes)
    assert isinstance(told, Descriptor) if not why else isinstance(told, str) and why in told


def test_elements_that_the_window_allows_to_be_absent_are_not_asked_for() -> None:
    """0.05 of a formula unit may be missing."""
    salt = {"Li": 1.0, "Cl": 1.0}
    assert _filter(salt) == 'elements HAS ALL "Cl","Li" AND nelements=2'
    assert _filter({**salt, "Na": 0.05}) == 'elements HAS ALL "Cl","Li" AND nelements>=2 AND nelements<=3'
    assert _filter({**salt, "Na": 0.051}) == 'elements HAS ALL "Cl","Li","Na" AND nelements=3'


@pytest.mark.parametrize("url", ["https://x.org", "https://x.org/", "https://x.org/v1", "https://x.org/v1/"])
def test_the_version_belongs_to_no_base_address(url: str) -> None:
    assert _base(url) == "https://x.org"
