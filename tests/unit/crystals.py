"""Random crystals for property-based tests: any tabulated setting, sites on its special positions, printed to few or many digits.

The site symmetry is found here with fractions, from how each site was made; nothing is shared with the program.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import gemmi
import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tests.unit.difficult import atoms, cell, listed

Vector = tuple[Fraction, Fraction, Fraction]
#: No site is nearer than this to an image of its own, angstrom: two atoms cannot be, and a reader may take them for one.
APART = 0.12
SETTINGS = [group for group in gemmi.spacegroup_table() if group.is_reference_setting() or group.ext.strip("\0") or group.number < 75]
ELEMENTS = ("Li", "O", "P", "Ti", "La", "S", "Zr", "Cl")


@dataclass(frozen=True)
class Crystal:
    """A random crystal: its CIF, exact positions, and the rotations that fix each."""

    group: gemmi.SpaceGroup
    text: str
    positions: tuple[Vector, ...]
    projectors: tuple[tuple[Vector, Vector, Vector], ...]
    shared: tuple[int, ...]


def image(op: gemmi.Op, point: Vector) -> Vector:
    """Image of a point, exactly."""
    x, y, z = (
        sum((Fraction(op.rot[i][j], 24) * point[j] for j in range(3)), Fraction(op.tran[i], 24)) for i in range(3)
    )  # fmt: skip
    return x, y, z


def fixes(op: gemmi.Op, point: Vector) -> bool:
    """Whether an operation maps a point to itself, up to a lattice translation."""
    return all((a - b).denominator == 1 for a, b in zip(image(op, point), point, strict=True))


def onto(op: gemmi.Op, point: Vector) -> Vector:
    """A point that the operation fixes: the mean of the points that its powers make of ``point``, when it has a fixed point."""
    points = [point]
    power = gemmi.Op()
    for _ in range(11):
        power = op * power
        if power == gemmi.Op():
            break
        points.append(image(power, point))
    x, y, z = (sum((p[i] for p in points), Fraction(0)) / len(points) for i in range(3))
    return x, y, z


@st.composite
def crystals(draw: st.DrawFn) -> Crystal:
    """A crystal of one to four positions, the last perhaps shared by two elements."""
    group = draw(st.sampled_from(SETTINGS))
    ops = list(group.operations())
    digits = draw(st.sampled_from((4, 5, 8, 10)))
    positions: list[Vector] = []
    for _ in range(draw(st.integers(1, 4))):
        # parts of 101: never on a special position by chance
        coordinates = [Fraction(draw(st.integers(1, 100)), 101) for _ in range(3)]
        point: Vector = (coordinates[0], coordinates[1], coordinates[2])
        for _ in range(draw(st.integers(0, 2))):
            point = onto(draw(st.sampled_from(ops)), point)
        assume(_apart(group, ops, point))
        positions.append(point)
    shared = draw(st.booleans())
    rows, owners = "", []
    for i, point in enumerate(positions):
        written = " ".join(f"{float(x):.{digits}f}" for x in point)
        both = shared and i == len(positions) - 1
        rows += f"{ELEMENTS[i]}{i} {ELEMENTS[i]} {written} {0.625 if both else 1}\n"
        owners.append(i)
        if both:
            rows += f"Na{i} Na {written} 0.375\n"
            owners.append(i)
    return Crystal(group, f"data_random\n{_cell(group)}{listed([op.triplet() for op in ops])}{atoms(rows)}", tuple(positions),
                   tuple(projector(ops, point) for point in positions), tuple(owners))  # fmt: skip


def projector(ops: list[gemmi.Op], point: Vector) -> tuple[Vector, Vector, Vector]:
    """Mean of the rotations that fix a point, exactly."""
    fixed = [op for op in ops if fixes(op, point)]
    rows = [[sum((Fraction(op.rot[i][j], 24) for op in fixed), Fraction(0)) / len(fixed) for j in range(3)] for i in range(3)]
    return tuple((row[0], row[1], row[2]) for row in rows)  # type: ignore[return-value]


def _apart(group: gemmi.SpaceGroup, ops: list[gemmi.Op], point: Vector) -> bool:
    """Whether each image of a point, but those that are the point itself, is :data:`APART` from it."""
    moved = [np.array([float(a - b) for a, b in zip(image(op, point), point, strict=True)]) for op in ops if not fixes(op, point)]
    basis = np.array(gemmi.UnitCell(*_parameters(group)).orth.mat.tolist())
    return all(np.linalg.norm(basis @ (move - np.rint(move))) > APART for move in moved)


def _cell(group: gemmi.SpaceGroup) -> str:
    return cell(*_parameters(group))


def _parameters(group: gemmi.SpaceGroup) -> tuple[float, ...]:
    system = group.crystal_system_str()
    if group.ext == "R":
        return 9.1, 9.1, 9.1, 73, 73, 73
    numbers = {
        "triclinic": (8.1, 9.3, 10.7, 83, 97, 105), "orthorhombic": (8.1, 9.3, 10.7, 90, 90, 90),
        "tetragonal": (8.1, 8.1, 10.7, 90, 90, 90),
        "trigonal": (8.1, 8.1, 15.7, 90, 90, 120), "hexagonal": (8.1, 8.1, 15.7, 90, 90, 120), "cubic": (10.1, 10.1, 10.1, 90, 90, 90),
    }  # fmt: skip
    if system == "monoclinic":
        angles = [90.0, 90.0, 90.0]
        angles["abc".index(group.monoclinic_unique_axis())] = 104.0
        return (8.1, 9.3, 10.7, *angles)
    return numbers[system]
