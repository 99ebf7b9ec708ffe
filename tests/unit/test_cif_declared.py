"""The space group of a file: operations, magnetic and superspace ones, lists that are no group, symbols, and contradictions."""

# ruff: noqa: E501 - tables of symbols read best in few lines

from __future__ import annotations

import random

import pytest

from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.header import contradictions
from pipeline.structures.noise import open_seed
from pipeline.structures.perturb import PerturbationError, perturb
from tests.unit.difficult import HEADING, atoms, cell, listed, operations

GENERAL = atoms("Li1 Li 0.1 0.2 0.3 1\n")
CUBIC = (5, 5, 5, 90, 90, 90)
MAGNETIC = "loop_\n_space_group_symop_magn_operation.id\n_space_group_symop_magn_operation.xyz\n1 x,y,z,+1\n2 -x,-y,-z,-1\n"
CENTRING = "loop_\n_space_group_symop_magn_centering.id\n_space_group_symop_magn_centering.xyz\n1 x,y,z,+1\n2 x,y,z+1/2,-1\n"
SUPERSPACE = "loop_\n_space_group_symop_ssg_id\n_space_group_symop_ssg_operation_algebraic\n1 x1,x2,x3,x4\n2 -x1,-x2,-x3,-x4\n"


def text(*items: str, size: tuple[float, ...] = CUBIC, rows: str = GENERAL) -> str:
    return "data_x\n" + "".join(items) + cell(*size) + rows


def symbol(name: str) -> str:
    return f"{HEADING}'{name}'\n"


def said(structure: Structure) -> str:
    return " | ".join(structure.notes)


@pytest.mark.parametrize(("full", "short", "size"), [
    ("F 4/m -3 2/m", "F m -3 m", CUBIC), ("P 21/n 21/m 21/a", "P n m a", CUBIC), ("R -3 2/c", "R -3 c:H", (5, 5, 9, 90, 90, 120)),
    ("R -3 2/c", "R -3 c:R", (5, 5, 5, 60, 60, 60)), ("P 63/m 2/m 2/c", "P 63/m m c", (5, 5, 9, 90, 90, 120)), ("P 4/m 2/m 2/m", "P 4/m m m", CUBIC),
    ("P -3 1 2/m", "P -3 1 m", (5, 5, 9, 90, 90, 120)), ("I 41/a -3 2/d", "I a -3 d", CUBIC), ("P 2/m -3", "P m -3", CUBIC),
    ("C 2/m 2/c 21/a", "C m c a", CUBIC), ("I a 3 d", "I a -3 d", CUBIC), ("P 2_1/n 2_1/m 2_1/a", "P n m a", CUBIC),
])  # fmt: skip
def test_full_symbols_name_the_group_of_their_short_ones(full: str, short: str, size: tuple[float, ...]) -> None:
    structure = read(text(symbol(full), size=size), "x.cif")
    assert structure.setting == short
    assert "no operations are listed" in said(structure)


@pytest.mark.parametrize("wrong", ["P q", "R 3 2/m", "P 21/q 21/m 21/a", "unknown"])
def test_a_symbol_that_no_group_has_is_no_symmetry(wrong: str) -> None:
    with pytest.raises(CifError, match="no space group has"):
        read(text(symbol(wrong)), "x.cif")


@pytest.mark.parametrize(("name", "angles", "setting"), [
    ("P 2/m", (90, 90, 100), "P 1 1 2/m"), ("P 2/m", (90, 100, 90), "P 1 2/m 1"), ("P2", (100, 90, 90), "P 2 1 1"), ("P 21/b", (90, 90, 100), "P 1 1 21/b"),
    ("P 21/m", (90, 90, 81), "P 1 1 21/m"), ("C 2/m", (90, 100, 90), "C 1 2/m 1"), ("B 2/m", (90, 90, 100), "B 1 1 2/m"), ("P 21/n", (90, 90, 100), "P 1 1 21/n"),
])  # fmt: skip
def test_the_cell_tells_the_unique_axis_that_a_short_symbol_leaves_open(name: str, angles: tuple[float, ...], setting: str) -> None:
    structure = read(text(symbol(name), size=(5, 6, 7, *angles)), "x.cif")
    assert structure.setting == setting
    assert not list(contradictions(structure))


@pytest.mark.parametrize(("name", "angles"), [("P 1 2/m 1", (90, 90, 100)), ("P 1 1 2/m", (90, 100, 90)), ("C 2/m", (90, 90, 100))])
def test_a_symbol_that_names_another_axis_than_the_cell_contradicts_it(name: str, angles: tuple[float, ...]) -> None:
    structure = read(text(symbol(name), size=(5, 6, 7, *angles)), "x.cif")
    assert "do not fit its cell" in next(contradictions(structure)).message


def test_magnetic_operations_are_read_without_time_reversal() -> None:
    structure = read(text(MAGNETIC), "x.cif")
    assert (structure.content, structure.group_number) == ({"Li": 2.0}, 2)
    assert "magnetic" in said(structure)
    assert read(text(MAGNETIC, CENTRING), "x.cif").content == {"Li": 4.0}
    assert read(text(listed(["x,y,z,+1", "-x,-y,-z,-1"])), "x.cif").content == {"Li": 2.0}


def test_magnetic_centring_that_is_no_lattice_is_refused() -> None:
    with pytest.raises(CifError, match="is no group"):
        read(text(MAGNETIC, CENTRING.replace("1/2", "1/3")), "x.cif")


@pytest.mark.parametrize("items", [(SUPERSPACE,), (SUPERSPACE, symbol("P -1")), (listed(["x1,x2,x3,x4", "-x1,-x2,-x3,-x4"]),),
                                   (listed(["x,y,z,t", "-x,-y,-z,-t"]),)])  # fmt: skip
def test_superspace_is_refused_and_not_p1(items: tuple[str, ...]) -> None:
    with pytest.raises(CifError, match=r"superspace|more than three dimensions") as caught:
        read(text(*items), "x.cif")
    assert caught.value.line is not None


def test_the_average_of_a_modulated_structure_is_read_and_said() -> None:
    structure = read(text(SUPERSPACE, listed(["x,y,z", "-x,-y,-z"])), "x.cif")
    assert structure.content == {"Li": 2.0}
    assert "modulated" in said(structure)


@pytest.mark.parametrize("group", ["P m -3 m", "F m -3 m", "P 1 21/c 1", "R -3 c:H", "P n m a", "I 41/a"])
def test_a_list_that_is_no_group_is_said_unless_the_file_declares_what_it_lacks(group: str) -> None:
    """Any operation but one left out at random: the rest is closed only where it happens to be a group of its own."""
    whole = operations(group)
    size = (5, 5, 9, 90, 90, 120) if group.startswith("R") else CUBIC
    for seed in range(4):
        some = [triplet for triplet in whole if triplet != random.Random(seed).choice(whole[1:])]
        with pytest.raises(CifError, match="is no group"):
            read(text(listed(some), size=size), "x.cif")
        with pytest.raises(CifError, match="is no group"):
            read(text(symbol("P 1"), listed(some), size=size), "x.cif")
        structure = read(text(symbol(group), listed(some), size=size), "x.cif")
        assert len(structure.rotations) == len(whole)
        assert "missing from the list" in said(structure)


@pytest.mark.parametrize("some", [["x,y,z", "x,y,z+1/3"], ["x,y,z", "x+1/4,y,z+1/2"], ["-x,-y,-z"], ["x,y,z", "-x,y+1/4,-z"]])
def test_translations_and_the_identity_belong_to_a_group(some: list[str]) -> None:
    with pytest.raises(CifError, match="is no group"):
        read(text(symbol("P 1"), listed(some)), "x.cif")


@pytest.mark.parametrize("items", [
    ("_space_group_IT_number 227\n", symbol("F m -3 m")), ("_space_group_name_Hall 'P 1'\n", symbol("F m -3 m")),
    ("_space_group_IT_number 225\n", "_symmetry_Int_Tables_number 227\n"), ("_space_group_IT_number 300\n",),
])  # fmt: skip
def test_names_that_disagree_are_refused_without_operations_and_contradict_them_with(items: tuple[str, ...]) -> None:
    with pytest.raises(CifError, match=r"disagree|no space group"):
        read(text(*items), "x.cif")
    structure = read(text(*items, listed(operations("F m -3 m"))), "x.cif")
    assert [each.expected for each in contradictions(structure)] == ["225"]
    with pytest.raises(PerturbationError, match=r"cif\.symmetry"):
        perturb(structure, open_seed(1))


def test_two_lists_of_operations_that_differ_are_an_error() -> None:
    both = listed(["x,y,z"]) + listed(["x,y,z", "-x,-y,-z"], "_space_group_symop_operation_xyz")
    with pytest.raises(CifError, match="two sets"):
        read(text(both), "x.cif")
    same = listed(["x, y, z", "-X,-Y,-Z"]) + listed(["-x,-y,-z", "x,y,z"], "_space_group_symop_operation_xyz")
    assert read(text(same), "x.cif").content == {"Li": 2.0}


def test_p1_for_want_of_anything_is_said() -> None:
    assert "P 1 is assumed" in said(read(text(), "x.cif"))
    assert "P 1 is assumed" not in said(read(text(symbol("P 1")), "x.cif"))
