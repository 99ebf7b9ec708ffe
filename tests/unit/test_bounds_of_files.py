"""Each limit of the checks of structure files against their rows, and of their chemistry, from both sides."""

from __future__ import annotations

import math

import pytest

from pipeline.checks import structures as checks
from pipeline.checks.geometry import Told, _told
from pipeline.checks.reading import Row
from pipeline.checks.settings import confirmed
from pipeline.chemistry.valence import bond_length
from pipeline.structures.cif import Structure, read
from pipeline.structures.contacts import radius
from pipeline.structures.symmetry import positions
from pipeline.structures.valence import Cations
from schemas import columns as col
from tests.unit.difficult import atoms, cell, listed
from tests.unit.test_checks_structures import NEUTRAL, said, told


# --- file against row -------------------------------------------------------------------------------------------------
def severity(check: str, text: str = NEUTRAL, **changes: object) -> str | None:
    return next((name for found, name in sorted(told(said(text, **changes))) if found == check), None)


@pytest.mark.parametrize(
    ("c", "close", "expected"),
    [
        # cells of one sample agree to a thousandth; a hundredth is another sample, whatever the temperature
        (20.85 * 1.0009, None, None), (20.85 * 1.0012, None, "warning"), (20.85 / 1.0012, None, "warning"),
        (20.85 * 1.009, None, "warning"),
        (20.85 * 1.011, None, "error"), (20.85 / 1.011, None, "error"), (20.85 * 1.029, "Yes", None), (20.85 * 1.032, "Yes", "error"),
        (20.85 * 1.029, "No", "error"),
    ],
)  # fmt: skip
def test_limits_of_the_cells_of_row_and_file(c: float, close: str | None, expected: str | None) -> None:
    assert severity("cif.lattice", C=round(c, 4), CLOSE_MATCH=close) == expected


SALT = "Li1 Li 0.1 0.2 0.3 1\nCl1 Cl 0.6 0.7 0.8 1\n"
TRICLINIC = f"data_x\n{cell(5, 6, 7, 80, 95, 100)}{listed(['x,y,z'])}{atoms(SALT)}"
ROW = {col.REDUCED_COMPOSITION: "LiCl", col.TRUE_COMPOSITION: "LiCl", col.Z: 1, col.SPACE_GROUP_NUMBER: 1, col.SPACE_GROUP: "P1",
col.CIF_ID: "done",
       col.A: 5.0, col.B: 6.0, col.C: 7.0, col.ALPHA: 80.0, col.BETA: 95.0, col.GAMMA: 100.0}  # fmt: skip


@pytest.mark.parametrize(
    ("angle", "expected"), [(0.09, None), (0.11, "warning"), (0.9, "warning"), (1.1, "error"), (-1.1, "error"), (-0.9, "warning")]
)
def test_limits_of_the_angles_of_row_and_file(angle: float, expected: str | None) -> None:
    found = [f for f in said(TRICLINIC, ROW, BETA=95.0 + angle) if f.check == "cif.lattice"]
    assert [f.severity for f in found] == ([expected] if expected else [])
    assert all((f.column, f.value, f.expected) == (col.BETA, f"{95.0 + angle:g}", "95") for f in found)


def test_the_parameter_that_is_furthest_off_is_named() -> None:
    """In units of a hundredth of a length and of a degree."""
    [one] = [f for f in said(TRICLINIC, ROW, A=5.03, GAMMA=100.5) if f.check == "cif.lattice"]
    [other] = [f for f in said(TRICLINIC, ROW, A=5.02, GAMMA=100.5) if f.check == "cif.lattice"]
    [third] = [f for f in said(TRICLINIC, ROW, C=7.06, ALPHA=80.4) if f.check == "cif.lattice"]
    assert [one.column, other.column, third.column] == [col.A, col.GAMMA, col.C]


def lithium(occupancy: float) -> str:
    return NEUTRAL.replace("0.0833 0.05", f"0.0833 {occupancy}")


@pytest.mark.parametrize(
    ("occupancy", "close", "expected"),
    [
        # 36 places for lithium in six formula units: 6 x 0.05 = 0.3; 0.01 and what printing hides is silent
        (0.051, None, None), (0.0525, None, None), (0.0545, None, "info"), (0.0545, "Yes", None), (0.0575, "Yes", None),
        (0.0595, "Yes", "error"),
    ],
)  # fmt: skip
def test_limits_of_an_amount_of_row_and_file(occupancy: float, close: str | None, expected: str | None) -> None:
    """A close match may differ by 0.05 per formula unit, its edge included; more is outside the published window."""
    check = "cif.close-match" if expected == "error" else "cif.composition"
    assert severity(check, lithium(occupancy), CLOSE_MATCH=close) == expected


@pytest.mark.parametrize(("occupancy", "expected"), [(0.0825, "warning"), (0.085, "error"), (0.06, "warning"), (0.0555, "info")])
def test_beyond_a_fifth_of_an_atom_a_file_is_another_composition(occupancy: float, expected: str) -> None:
    """Below, lithium that leaves more than 2 % of the anions' charge over is a warning: 24 charges of oxygen are 0.48."""
    row = {"REDUCED_COMPOSITION": "Li1.3Ti1.7Al0.3(PO4)3"}
    assert severity("cif.composition", lithium(occupancy), **row) in (expected, "info" if expected == "warning" else expected)


@pytest.mark.parametrize(("total", "expected"), [(1.01, None), (1.02, "warning"), (1.028, "warning"), (1.035, "error")])
def test_limits_of_the_occupancy_of_a_shared_position(total: float, expected: str | None) -> None:
    """Two occupancies of two digits add up to 1.01 by rounding; twice of what it adds is an error."""
    text = NEUTRAL.replace("0.1412 0.15", f"0.1412 {total - 0.85:.3f}")
    assert severity("cif.occupancy", text) == expected


@pytest.mark.parametrize(("occupancy", "expected"), [("1.03", None), ("1.04", "error"), ("0", None), ("-0.01", "error")])
def test_limits_of_the_occupancy_of_a_site(occupancy: str, expected: str | None) -> None:
    text = TRICLINIC.replace("0.3 1\n", f"0.3 {occupancy}\n")
    found = [f for f in said(text, ROW) if f.check == "cif.occupancy"]
    assert [f.severity for f in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("part", "expected"), [(0.004, None), (0.006, "info"), (0.019, "info"), (0.021, "warning"), (-0.006, "info"), (-0.021, "warning")]
)
def test_limits_of_the_charge_that_is_left_over(part: float, expected: str | None) -> None:
    """As a part of the charge of the anions: 0.5 % is rounding, up to 2 % a refinement of lithium."""
    lithium_here = 1 + part if part < 0 else 1.0
    chlorine = 1.0 if part < 0 else 1 / (1 + part)
    text = TRICLINIC.replace("0.3 1\n", f"0.3 {lithium_here:.6f}\n").replace("0.8 1\n", f"0.8 {chlorine:.6f}\n")
    found = [f for f in said(text, ROW) if f.check == "cif.charge"]
    assert [f.severity for f in found] == ([expected] if expected else [])


def test_the_charge_left_over_is_a_part_of_that_of_the_anions() -> None:
    assert checks._charge({"Li": 3, "P": 1, "O": 4}) == 0
    assert checks._charge({"Li": 4, "P": 1, "O": 4}) == pytest.approx(1 / 8)
    assert checks._charge({"Li": 2, "N": 1}) == pytest.approx(-1 / 3)
    assert checks._charge({"Li": 1, "Al": 1, "S": 1, "Se": 1}) == 0
    assert checks._charge({"Li": 1, "S": 1, "F": 1, "Cl": 1, "Br": 1, "I": 1}) == pytest.approx(-5 / 6)
    assert checks._charge({"Li": 3, "Te": 1}) == pytest.approx(1 / 2)
    assert checks._charge({"Li": 1, "Xe": 1}) is None
    assert checks._charge({"Li": 1.0049, "Cl": 1}) == 0


def test_where_the_reduced_composition_cannot_be_read_the_true_one_is_divided_by_z() -> None:
    row = {**ROW, col.REDUCED_COMPOSITION: None, col.TRUE_COMPOSITION: "Li2Cl2", col.Z: 2, col.C: 14.0}
    assert not [f for f in said(TRICLINIC, row) if f.check in ("cif.composition", "cif.missing-element", "cif.cell-content")]
    [found] = [f for f in said(TRICLINIC, row, TRUE_COMPOSITION="Li2Br2") if f.check == "cif.missing-element"]
    assert "no Br (1 in a formula unit) and 1 Cl" in found.message


@pytest.mark.parametrize(("z", "expected"), [(1, None), (2, "error")])
def test_the_z_of_the_row_is_that_of_the_file(z: int, expected: str | None) -> None:
    found = [f for f in said(TRICLINIC, ROW, Z=z) if f.check == "cif.cell-content"]
    assert [(f.severity, f.value, f.expected) for f in found] == ([(expected, "2", "1")] if expected else [])


def test_a_z_counts_formula_units_of_the_rows_own_cell() -> None:
    """A row with twice the file's cell has twice its formula units."""
    assert not [f for f in said(TRICLINIC, ROW, C=14.0, Z=2, TRUE_COMPOSITION="Li2Cl2") if f.check == "cif.cell-content"]
    [found] = [f for f in said(TRICLINIC, ROW, C=14.0) if f.check == "cif.cell-content"]
    assert (found.value, found.expected) == ("1", "2")


@pytest.mark.parametrize(("misfit", "other"), [(0.09, True), (0.12, False)])
def test_another_z_is_offered_where_it_makes_row_and_file_agree_to_a_tenth(misfit: float, other: bool) -> None:
    content, wanted = {"Li": 2 * (1 + misfit), "Cl": 2.0}, {"Li": 1.0, "Cl": 1.0}
    assert checks._units(content, wanted, 1.0, 2.0) == (2.0 if other else 1.0)
    assert checks._units(content, wanted, 2.0, 2.0) == 2.0
    assert checks._units(content, wanted, 0.0, 2.0) == 2.0
    assert checks._units({"Li": 1.09, "Cl": 1.0}, wanted, 1.0, 2.0) == 1.0


@pytest.mark.parametrize(
    ("length", "content", "held"),
    [(1.016, 1.0, True), (1.018, 1.0, False), (1.0, 0.96, True), (1.0, 0.94, False), (0.984, 1, True), (0.982, 1, False)],
)
def test_a_structure_confirms_content_and_volume_within_five_percent(length: float, content: float, held: bool) -> None:
    factor = length**1
    structure = read(TRICLINIC.replace("0.3 1\n", f"0.3 {content}\n"), "x.cif")
    values = {**ROW, col.A: 5.0 * factor, col.B: 6.0 * factor, col.C: 7.0 * factor}
    assert confirmed([Row("abc", values)], {"abc": structure}) == (frozenset({"abc"}) if held else frozenset())


# --- distances --------------------------------------------------------------------------------------------------------
def box(sites: str, a: float = 12.0) -> Structure:
    return read(f"data_x\n{cell(a, a, a, 90, 90, 90)}{listed(['x,y,z'])}{atoms(sites)}", "x.cif")


def distances(structure: Structure, noise: bool = False) -> list[tuple[str, str]]:
    return [(each.check, each.severity) for each in _told(structure, noise) if each.check == "cif.distance"]


def pair(first: str, second: str, part: float, occupancies: tuple[float, float] = (1, 1), more: str = "") -> Structure:
    distance = part * (radius(first) + radius(second))
    return box(
        f"{first}1 {first} 0.1 0.1 0.1 {occupancies[0]}\n{second}2 {second} {0.1 + distance / 12:.6f} 0.1 0.1 {occupancies[1]}\n{more}"
    )


@pytest.mark.parametrize(
    ("part", "occupancies", "noise", "expected"),
    [
        (0.59, (1, 1), False, "error"), (0.61, (1, 1), False, "warning"), (0.69, (1, 1), False, "warning"), (0.71, (1, 1), False, None),
        (0.59, (0.91, 0.9), False, "error"), (0.59, (0.89, 1), False, "warning"), (0.59, (1, 1), True, "error"), (0.61, (1, 1), True, None),
    ],
)  # fmt: skip
def test_limits_of_a_contact(part: float, occupancies: tuple[float, float], noise: bool, expected: str | None) -> None:
    """Six tenths of the radii overlap; noise of 0.01 may bring two atoms to there."""
    found = distances(pair("P", "O", part, occupancies, "Li1 Li 0.6 0.6 0.6 1\n"), noise)
    assert found == ([("cif.distance", expected)] if expected else [])


#: Six lithium ions far away keep the content of a pair of sulfide ions neutral.
FAR = "".join(f"Li{n} Li 0.{n}1 0.6 0.6 1\n" for n in (1, 3, 5, 7))


@pytest.mark.parametrize(
    ("anion", "part", "occupancies", "expected"),
    [
        # two anions of full charge are no nearer than 1.4 of the radii; soft ones come to 0.93 of that
        ("S", 1.38, (1, 1), "error"), ("S", 1.42, (1, 1), None), ("Se", 1.29, (1, 1), "error"), ("Se", 1.32, (1, 1), None),
        ("Te", 0.9, (1, 1), None), ("Br", 1.29, (1, 1), "error"),
        ("Br", 1.32, (1, 1), None), ("I", 1.29, (1, 1), "error"), ("I", 1.32, (1, 1), None),
        ("O", 1.38, (1, 1), "error"), ("O", 1.42, (1, 1), None),
        ("S", 1.38, (0.9, 0.9), "error"), ("S", 1.38, (0.89, 0.9), "warning"), ("S", 1.38, (0.76, 0.76), "warning"),
        ("S", 1.38, (0.74, 0.9), None),
    ],
)  # fmt: skip
def test_limits_of_two_anions(anion: str, part: float, occupancies: tuple[float, float], expected: str | None) -> None:
    found = distances(pair(anion, anion, part, occupancies, FAR))
    assert found == ([("cif.distance", expected)] if expected else [])


def test_anions_that_share_a_charge_may_touch() -> None:
    """Without two of four lithium ions a disulfide has the charge of one sulfide."""
    assert distances(pair("S", "S", 1.38, (1, 1), FAR)) == [("cif.distance", "error")]
    assert distances(pair("S", "S", 1.38, (1, 1), FAR[: FAR.index("Li5")])) == []


# --- valences ---------------------------------------------------------------------------------------------------------
def octahedron(distance: float, cation: str = "Zr", occupancy: float = 1.0, shift: float = 0.0) -> Structure:
    """A cation among six oxide ions, a seventh beyond them; as many lithium ions far away as make it neutral."""
    places = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
    a = 16.0
    rows = f"M1 {cation} {0.25 + shift / a:.6f} 0.25 0.25 {occupancy}\n"
    rows += "".join(
        f"O{n} O {0.25 + x * distance / a:.6f} {0.25 + y * distance / a:.6f} {0.25 + z * distance / a:.6f} 1\n"
        for n, (x, y, z) in enumerate(places)
    )
    rows += "".join(f"Li{n} Li {0.7 + n % 2 * 0.2:.3f} {0.7 + n // 2 % 2 * 0.2:.3f} {0.6 + n // 4 * 0.18:.3f} 1\n" for n in range(10))
    return box(f"{rows}O9 O 0.41 0.41 0.41 1\n", a)


def the(check: str, structure: Structure) -> Told | None:
    return next((each for each in _told(structure, False) if each.check == check), None)


@pytest.mark.parametrize(("logarithm", "told_"), [(0.78, False), (0.82, True), (-0.78, False), (-0.82, True)])
def test_a_valence_sum_may_be_off_by_four_times_the_scatter(logarithm: float, told_: bool) -> None:
    """0.2 in the logarithm, four times: six bonds to zirconium of sum 4 exp(logarithm)."""
    length = bond_length("Zr", "O")
    assert length is not None
    found = the("cif.valence", octahedron(length - 0.37 * math.log(4 * math.exp(logarithm) / 6)))
    assert (found is not None and found.severity == "warning") is told_
    if found is not None:
        assert float(found.value) == pytest.approx(4 * math.exp(logarithm), rel=0.02)
        assert found.expected == "4"


def ideal(cation: str = "Zr") -> float:
    length = bond_length(cation, "O")
    assert length is not None
    return length - 0.37 * math.log(4 / 6)


def cations(structure: Structure) -> Cations:
    return Cations(structure, positions(structure))


@pytest.mark.parametrize(("occupancy", "judged"), [(0.96, True), (0.94, False)])
def test_a_position_is_full_from_nineteen_twentieths_on(occupancy: float, judged: bool) -> None:
    found = cations(octahedron(ideal(), occupancy=occupancy))
    assert ([found.label(i) for i in found.judged] == ["M1"]) is judged


@pytest.mark.parametrize(("lithium_", "judged"), [(0.45, True), (0.55, False)])
def test_a_position_that_is_lithiums_in_the_main_is_not_judged(lithium_: float, judged: bool) -> None:
    """Lithium is mobile, and refinements put it on the mean of its places."""
    text = octahedron(ideal()).text
    place = next(line for line in text.splitlines() if line.startswith("M1 "))
    zirconium = f"{place.rpartition(' ')[0]} {1 - lithium_:.2f}"
    mixed = text.replace(place, f"{zirconium}\n{zirconium.replace('M1 Zr', 'L1 Li').rpartition(' ')[0]} {lithium_}")
    found = cations(read(mixed + "Zr2 Zr 0.1 0.1 0.9 0.5\n", "x.cif"))
    assert (found.judged == [0]) is judged


@pytest.mark.parametrize(("cation", "part", "told_"), [("Zr", 0.95, False), ("Zr", 1.05, True), ("Ti", 0.95, False), ("Ti", 1.05, True)])
def test_a_cation_may_be_off_the_centre_of_its_shell(cation: str, part: float, told_: bool) -> None:
    """0.12 angstrom for six anions, 0.15 where an empty d shell mixes with theirs; 4.03 standard deviations for three free coordinates."""
    own = {"Zr": 0.12, "Ti": 0.15}[cation]
    found = the("cif.coordination", octahedron(ideal(cation) if cation == "Zr" else 2.0, cation, shift=part * 4.03 * own))
    assert (found is not None) is told_


@pytest.mark.parametrize(
    ("group", "rows", "limit"),
    [  # the last anion is no member of the shell
        # on a mirror plane two coordinates are free, on an axis one: a normal vector of so many components is longer once in a thousand
        ("x,-y,z", "M1 Zr {s} .5 .5 1\nO0 O {p} .5 .5 1\nO1 O {m} .5 .5 1\nO2 O .5 {p} .5 1\n"
         "O3 O .5 .5 {p} 1\nO4 O .5 .5 {m} 1\nO9 O .7 .5 .7 1\n", 2),
        ("-x,y,-z", "M1 Zr .5 {s} .5 1\nO0 O {p} .5 .5 1\nO2 O .5 {p} .5 1\nO3 O .5 {m} .5 1\nO4 O .5 .5 {p} 1\nO9 O .5 .77 .5 1\n", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", [0.95, 1.05, -1.05])
def test_a_cation_on_a_mirror_or_an_axis_has_less_room(group: str, rows: str, limit: int, part: float) -> None:
    beyond = {1: 3.2905, 2: math.sqrt(2 * math.log(1000))}[limit]
    shifted = f"{0.5 + part * beyond * 0.12 / 16:.6f}"
    sites = rows.format(s=shifted, p=f"{0.5 + ideal() / 16:.6f}", m=f"{0.5 - ideal() / 16:.6f}")
    sites += "".join(f"Li{n} Li 0.{n}3 0.1 0.11 1\n" for n in range(5))
    found = the("cif.coordination", read(f"data_x\n{cell(16, 16, 16, 90, 90, 90)}{listed(['x,y,z', group])}{atoms(sites)}", "x.cif"))
    assert (found is not None) is (abs(part) > 1)


def test_a_tetrahedron_holds_its_cation_more_tightly() -> None:
    places = [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]

    def made(shift: float) -> Structure:
        rows = f"P1 P {0.25 + shift / 16:.6f} 0.25 0.25 1\n" + "".join(
            f"O{n} O {0.25 + 0.89 * x / 16:.6f} {0.25 + 0.89 * y / 16:.6f} {0.25 + 0.89 * z / 16:.6f} 1\n"
            for n, (x, y, z) in enumerate(places)
        )
        return box(rows + "".join(f"Li{n} Li 0.{n + 4} 0.7 0.8 1\n" for n in range(5)) + "O9 O 0.41 0.25 0.41 1\n", 16.0)

    assert the("cif.coordination", made(0.95 * 4.03 * 0.08)) is None
    found = the("cif.coordination", made(1.05 * 4.03 * 0.08))
    assert found is not None
    assert float(found.value) == pytest.approx(1.05 * 4.03 * 0.08, abs=0.01)


def test_the_spread_of_a_valence_is_what_moving_each_atom_does_to_it() -> None:
    """To first order, each of 21 coordinates by 0.01: differences of the logarithm of the sum, squared and added up."""
    good = octahedron(ideal())
    found = cations(good)
    place = found.judged[0]
    before = found.valence(place)
    assert before is not None
    assert before.spread == 0
    lines, total, step = good.text.splitlines(), 0.0, 1e-4
    for number, line in enumerate(lines):
        words = line.split()
        if words[0] not in ("M1", "O0", "O1", "O2", "O3", "O4", "O5", "O9"):
            continue
        for axis in (2, 3, 4):
            moved = [*words[:axis], f"{float(words[axis]) + step:.6f}", *words[axis + 1 :]]
            other = cations(read("\n".join([*lines[:number], " ".join(moved), *lines[number + 1 :]]) + "\n", "x.cif")).valence(place)
            assert other is not None
            total += (math.log(other.total / before.total) / step) ** 2
    noisy = found.valence(place, 0.01)
    assert noisy is not None
    assert noisy.spread == pytest.approx(0.01 * math.sqrt(total), rel=0.02)
    assert (noisy.total, noisy.expected, noisy.anion) == (before.total, 4.0, "O")
    assert noisy.nearest == pytest.approx(ideal(), abs=1e-4)
    unsure = found.valence(place, 0.01, abs(math.log(before.ratio)) + 0.01)
    assert unsure is not None
    assert unsure.spread == 0  # where the sum is right anyway nothing is computed


@pytest.mark.parametrize(("occupancy", "expected"), [(0.96, "info"), (0.94, "error")])
def test_a_position_that_a_refinement_left_nearly_full_is_filled_up(occupancy: float, expected: str) -> None:
    """0.24 sulfur of six are more than a fifth of an atom, but the position is full but for 4 %."""
    sites = "".join(f"S{n} S 0.1 {0.1 + 0.15 * n:.2f} 0.3 {occupancy}\n" for n in range(6))
    sites += "Ti1 Ti 0.6 0.6 0.6 1\nTi2 Ti 0.6 0.1 0.6 1\nTi3 Ti 0.6 0.4 0.1 1\n"
    text = f"data_x\n{cell(8, 20, 8, 90, 90, 90)}{listed(['x,y,z'])}{atoms(sites)}"
    size = {col.A: 8.0, col.B: 20.0, col.C: 8.0, col.ALPHA: 90.0, col.BETA: 90.0, col.GAMMA: 90.0}
    found = said(text, {**ROW, **size, col.REDUCED_COMPOSITION: "Ti3S6", col.TRUE_COMPOSITION: "Ti3S6"})
    assert [f.severity for f in found if f.check == "cif.composition"] == [expected]


@pytest.mark.parametrize(
    ("lithium_", "chlorine", "expected"),
    [
        (0.985, 1, "info"), (0.97, 1, "warning"), (0.94, 1, "error"), (1, 0.985, "info"), (1, 0.97, "warning"), (1, 0.94, "error"),
        (0.97, 0.97, "info"),
        (0.995, 1, None),
    ],
)  # fmt: skip
def test_an_amount_that_leaves_charge_over_weighs_more(lithium_: float, chlorine: float, expected: str | None) -> None:
    """Beyond 2 % of the anions' charge atoms are missing: a warning, and an error outside the window of 0.05."""
    text = TRICLINIC.replace("0.3 1\n", f"0.3 {lithium_}\n").replace("0.8 1\n", f"0.8 {chlorine}\n")
    assert [f.severity for f in said(text, ROW) if f.check == "cif.composition"] == ([expected] if expected else [])
