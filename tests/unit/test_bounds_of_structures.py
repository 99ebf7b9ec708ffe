"""Each limit of reading, moving and comparing structures, from both sides."""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import replace
from statistics import NormalDist

import gemmi
import numpy as np
import pytest

from pipeline.structures import perturb as perturbing
from pipeline.structures.atoms import half_unit, rounding
from pipeline.structures.bounds import demand_room
from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.contacts import radius, shortest, too_close
from pipeline.structures.elements import AtomError, read_atom
from pipeline.structures.equal import copies, fingerprint, models, secret_key, without_noise
from pipeline.structures.header import contradictions, formula_contradiction
from pipeline.structures.keys import KeyTooWeakError, checked
from pipeline.structures.noise import free_directions, keyed, normals, open_seed
from pipeline.structures.original import original
from pipeline.structures.surroundings import surroundings
from pipeline.structures.symmetry import composition, positions, symmetry
from tests.unit.difficult import HEADING, NASICON_TEXT, atoms, cell, listed, operations

KEY = hashlib.sha256(b"a key for tests").digest()


def crystal(group: str, axes: tuple[float, ...], sites: str, *more: str) -> Structure:
    return read(f"data_x\n{HEADING}'{group}'\n{cell(*axes)}{listed(operations(group))}{atoms(sites, *more)}", "x.cif")


def triclinic(sites: str, *more: str, a: float = 10.0) -> Structure:
    return read(f"data_x\n{cell(a, a, a, 90, 90, 90)}{listed(['x,y,z'])}{atoms(sites, *more)}", "x.cif")


# --- noise ------------------------------------------------------------------------------------------------------------
def test_the_stream_is_the_one_that_is_documented() -> None:
    """Block i is HMAC-SHA256 of i; 53 bits of each eight bytes, the middle of their step, through the inverse normal distribution."""
    expected = []
    for block in range(3):
        digest = hmac.new(KEY, block.to_bytes(8, "big"), "sha256").digest()
        for word in range(4):
            bits = int.from_bytes(digest[8 * word : 8 * word + 8], "big") // 2**11
            expected.append(NormalDist().inv_cdf((bits + 0.5) / 2**53))
    stream = normals(KEY)
    assert [next(stream) for _ in expected] == expected


def test_the_seed_is_bound_to_method_sigma_content_and_purpose() -> None:
    noise = keyed(KEY)
    message = b"obelix-curate noise, method 2, sigma 0.01\ncontent"
    assert noise.seed(b"content", 0.01) == hmac.new(KEY, message, "sha256").digest()
    assert noise.mac(b"content", 0.01) == hmac.new(KEY, message.replace(b"noise", b"mark"), "sha256").hexdigest()
    assert open_seed(3).mac(b"content", 0.01) == open_seed(4).mac(b"content", 0.01) != noise.mac(b"content", 0.01)
    assert open_seed(3).seed(b"content", 0.01) != open_seed(4).seed(b"content", 0.01)


@pytest.mark.parametrize(
    ("triplets", "columns"),
    [
        (["x,y,z"], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]), (["x,y,z", "-x,-y,-z"], []), (["x,y,z", "x,y,-z"], [[1, 0, 0], [0, 1, 0]]),
        (["x,y,z", "y,x,z"], [[1, 1, 0], [0, 0, 1]]), (["x,y,z", "-x+y,y,z"], [[1, 2, 0], [0, 0, 1]]), (["x,y,z", "-x,-y,z"], [[0, 0, 1]]),
        (["x,y,z", "z,x,y", "y,z,x"], [[1, 1, 1]]), (["x,y,z", "x,x-y,z"], [[1, 0.5, 0], [0, 0, 1]]),
    ],
)  # fmt: skip
def test_free_directions_by_hand(triplets: list[str], columns: list[list[float]]) -> None:
    rotations = np.array([[[x // gemmi.Op.DEN for x in row] for row in gemmi.Op(each).rot] for each in triplets])
    assert free_directions(rotations).T.tolist() == columns


MOVED = read(NASICON_TEXT, "nasicon.cif")


def damaged(monkeypatch: pytest.MonkeyPatch, change: object) -> None:
    """What is written is read back as another structure."""
    written = perturbing._written
    monkeypatch.setattr(perturbing, "_written", lambda *arguments: change(written(*arguments)))  # type: ignore[operator]


def test_a_site_that_was_lost_on_the_way_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged(monkeypatch, lambda found: replace(found, sites=found.sites[:-1]))
    with pytest.raises(perturbing.PerturbationError, match="sites or the content"):
        perturbing.perturb(MOVED, open_seed(1))


def test_another_content_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged(monkeypatch, lambda found: replace(found, sites=(replace(found.sites[0], occupancy=0.9), *found.sites[1:])))
    with pytest.raises(perturbing.PerturbationError, match="sites or the content"):
        perturbing.perturb(MOVED, open_seed(1))


def test_a_coordinate_that_is_not_the_one_intended_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def shifted(found: Structure) -> Structure:
        x, y, z = found.sites[-1].fract
        return replace(found, sites=(*found.sites[:-1], replace(found.sites[-1], fract=(x + 1e-12, y, z))))

    damaged(monkeypatch, shifted)
    with pytest.raises(perturbing.PerturbationError, match="coordinates read back"):
        perturbing.perturb(MOVED, open_seed(1))


def test_a_site_that_leaves_its_special_position_is_seen() -> None:
    """The last look at what was written; a draw that lands so is taken anew before it."""
    new = perturbing.perturb(MOVED, open_seed(1)).structure
    expected = np.array([site.fract for site in new.sites])
    perturbing._verify(MOVED, new, expected)
    sites = (replace(new.sites[0], fixed_by=new.sites[0].fixed_by[:1]), *new.sites[1:])
    with pytest.raises(perturbing.PerturbationError, match="special position"):
        perturbing._verify(MOVED, replace(new, sites=sites), expected)


def test_no_draw_keeps_the_group_when_none_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """The space group of each draw is held against the original's, a hundred times."""
    asked: list[int] = []
    found = symmetry(MOVED)

    def other(*_: object) -> object:
        asked.append(1)
        return replace(found, number=148)

    monkeypatch.setattr(perturbing, "symmetry", other)
    with pytest.raises(perturbing.PerturbationError, match="in each of 100 draws"):
        perturbing.perturb(MOVED, open_seed(1))
    assert len(asked) == 100
    monkeypatch.setattr(perturbing, "symmetry", lambda *_: replace(found, number=None))
    with pytest.raises(perturbing.PerturbationError, match="cannot be known"):
        perturbing.perturb(MOVED, open_seed(1))


def test_a_coordinate_is_written_to_its_last_digit_and_a_fixed_one_stays() -> None:
    after = perturbing.perturb(MOVED, open_seed(7))
    for old, new, move in zip(MOVED.sites, after.structure.sites, after.displacements, strict=True):
        for before, here, by in zip(old.fract, new.fract, move, strict=True):
            assert here == pytest.approx(before + by, abs=2e-6)
            assert by or here == before
    assert after.free == sum(np.linalg.matrix_rank(free_directions_of(MOVED, i)) for i in (0, 1, 3, 4, 5))


def free_directions_of(structure: Structure, site: int) -> np.ndarray:
    return free_directions(structure.rotations[list(structure.sites[site].fixed_by)])


def test_contacts_that_the_noise_did_not_make_are_not_told() -> None:
    near = crystal("P 1", (5, 5.1, 5.2, 88, 91, 93), "O1 O 0.1 0.1 0.1 1\nO2 O 0.25 0.1 0.1 1\nLi1 Li 0.6 0.6 0.6 1\n")
    assert too_close(near, positions(near))
    assert perturbing.perturb(near, open_seed(1), 1e-4).contacts == ()
    far = crystal("P 1", (5, 5.1, 5.2, 88, 91, 93), "O1 O 0.1 0.1 0.1 1\nO2 O 0.285 0.1 0.1 1\nLi1 Li 0.6 0.6 0.6 1\n")
    assert not too_close(far, positions(far))
    assert any(perturbing.perturb(far, open_seed(seed), 1e-2).contacts for seed in range(5))


# --- contacts ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("part", "told"), [(0.69, True), (0.71, False)])
def test_atoms_nearer_than_seven_tenths_of_the_sum_of_their_radii_are_too_close(part: float, told: bool) -> None:
    """The shortest bonds known are O-H at 0.77 and P-O at 0.85 of it."""
    distance = part * (radius("P") + radius("O"))
    found = too_close(*_with(triclinic(f"P1 P 0.2 0.2 0.2 1\nO1 O {0.2 + distance / 10:.6f} 0.2 0.2 1\n")))
    assert [(each.first, each.second) for each in found] == ([("P1", "O1")] if told else [])
    assert not told or (found[0].ratio, found[0].occupancies) == (pytest.approx(part, abs=1e-4), (1, 1))


def _with(structure: Structure) -> tuple[Structure, object]:
    return structure, positions(structure)


@pytest.mark.parametrize(("first", "second", "told"), [(0.51, 0.51, False), (0.52, 0.51, True), (1.0, 0.02, False), (1.0, 0.03, True)])
def test_positions_that_need_never_be_filled_together_do_not_touch(first: float, second: float, told: bool) -> None:
    structure = triclinic(f"O1 O 0.2 0.2 0.2 {first}\nO2 O 0.25 0.2 0.2 {second}\n")
    assert bool(too_close(structure, positions(structure))) is told


def test_an_atom_may_be_near_an_image_of_its_own() -> None:
    structure = crystal("P -1", (10, 10, 10, 90, 90, 90), "O1 O 0.02 0.02 0.02 1\n")
    [found] = too_close(structure, positions(structure))
    assert (found.first, found.second, found.distance) == ("O1", "O1", pytest.approx(0.4 * 3**0.5, abs=1e-4))
    short = triclinic("O1 O 0 0 0 1\n", a=1.1)
    assert shortest(short, positions(short), 1.2) == {(0, 0): pytest.approx(1.1)}
    assert shortest(short, positions(short), 1.0) == {}


@pytest.mark.parametrize(
    ("found", "volume", "crowded"), [(50, 1.0, False), (51, 10.1, True), (51, 10.3, False), (500, 99.0, True), (500, 101.0, False)]
)
def test_no_crystal_has_five_positions_in_a_cubic_angstrom(found: int, volume: float, crowded: bool) -> None:
    if crowded:
        with pytest.raises(CifError, match="no crystal is so dense"):
            demand_room(found, volume, "x.cif")
    else:
        demand_room(found, volume, "x.cif")


@pytest.mark.parametrize(("reach", "number"), [(1.99, 0), (2.0, 6), (2.8, 6), (2.84, 18), (3.4, 18), (3.5, 26), (4.0, 32)])
def test_neighbours_of_a_simple_cubic_lattice(reach: float, number: int) -> None:
    """Six at a, twelve at a times the root of two, eight at the root of three, six at twice a."""
    structure = triclinic("O1 O 0.3 0.3 0.3 1\n", a=2.0)
    found = surroundings(structure, positions(structure), reach)
    assert found is not None
    assert len(found.distance) == number
    assert number == 0 or (found.distance.min(), found.distance.max() <= reach + 1e-9) == (pytest.approx(2.0), True)


# --- symmetry ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("off", "number"), [(0.0042, 221), (0.0058, 99)])
def test_an_atom_within_a_hundredth_of_an_angstrom_of_its_place_has_the_symmetry(off: float, number: int) -> None:
    """A titanium off the centre of its cube leaves P4mm; inversion moves it by twice that, and spglib is asked with 0.01 angstrom."""
    sites = f"Sr1 Sr 0 0 0 1\nTi1 Ti 0.5 0.5 {0.5 + off / 4:.6f} 1\nO1 O 0.5 0.5 0 1\nO2 O 0.5 0 0.5 1\nO3 O 0 0.5 0.5 1\n"
    text = f"data_x\n{cell(4, 4, 4, 90, 90, 90)}{listed(['x,y,z'])}{atoms(sites)}"
    assert symmetry(read(text, "x.cif")).number == number


def test_where_no_symmetry_is_found_there_is_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.structures.symmetry._search", lambda *_: None)
    found = symmetry(read(NASICON_TEXT.replace("data_nasicon", "data_none"), "x.cif"))
    assert (found.number, found.symprec) == (None, 1e-4)
    assert (found.rotations.tolist(), found.translations.tolist()) == ([np.eye(3).tolist()], [[0, 0, 0]])


def test_a_position_is_made_of_its_sites_and_what_they_hold() -> None:
    structure = crystal(
        "P 1", (5, 6, 7, 90, 90, 90), "Ti1 Ti 0.1 0.2 0.3 0.5\nAl1 Al 0.1 0.2 0.3 0.3\nTi2 Ti 0.1 0.2 0.3 0.1\nO1 O 0.5 0.5 0.5 1\n"
    )
    first, second = positions(structure)
    assert (first.sites, second.sites) == ((0, 1, 2), (3,))
    assert composition(first, structure) == (("Al", 0.3), ("Ti", 0.6))
    assert composition(second, structure) == (("O", 1.0),)
    assert [len(p.sites) for p in positions(structure, 5.0)] == [4]


# --- printed numbers --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("token", "unit"),
    [
        ("0.25", 0.005), ("0.3", 0.05), ("0.33333", 5e-6), ("0.25(3)", 0.005), ("1", 0.5), ("1.5E-1", 0.005), ("2.5e-3", 5e-5),
        ("25E2", 50.0), ("nonsense", 0.005),
        (".5", 0.05), ("0.6670", 5e-4), ("0.66700", 5e-4), ("0.65", 0.005), ("0.6500", 5e-5), ("0.1670", 5e-4), ("0.1110", 5e-4),
        ("0.0830", 5e-4),
        ("0.0560", 5e-4), ("0.0420", 5e-4), ("0.2080", 5e-4), ("0.7780", 5e-4), ("0.2920", 5e-4), ("0.2940", 5e-5), ("0.670", 5e-4),
    ],
)  # fmt: skip
def test_half_a_unit_of_the_last_printed_place(token: str, unit: float) -> None:
    """A third, sixth, ninth, twelfth, eighteenth or 24th that was rounded to three places and padded has those places."""
    assert half_unit(token) == pytest.approx(unit)


def test_no_coordinate_is_vaguer_than_half_a_hundredth_and_an_eighth_is_as_sharp_as_its_neighbours() -> None:
    assert rounding(("0.3", "0.1234", "0.2"), (0.3, 0.1234, 0.2)) == (0.005, 5e-5, 0.005)
    assert rounding(("0.5", "0.1234", "0.25"), (0.5, 0.1234, 0.25)) == pytest.approx((5e-5, 5e-5, 5e-5))
    assert rounding(("0.125", "0.1234", "0.333"), (0.125, 0.1234, 0.333)) == pytest.approx((5e-5, 5e-5, 5e-4))
    assert rounding(("0.5", "0.5", "0.5"), (0.5, 0.5, 0.5)) == (0.005, 0.005, 0.005)


@pytest.mark.parametrize(
    ("item", "value", "fits"),
    [
        ("length_a", "1.01", True), ("length_a", "1.0", False), ("length_a", "0.9", False), ("length_b", "9999", True),
        ("length_c", "10000", False),
        ("angle_alpha", "0", False), ("angle_beta", "180", False), ("angle_gamma", "179", True), ("angle_gamma", "1", True),
    ],
)  # fmt: skip
def test_limits_of_the_cell_of_a_file(item: str, value: str, fits: bool) -> None:
    text = f"data_x\n{cell(6, 6, 6, 90, 90, 90)}{listed(['x,y,z'])}{atoms('Li1 Li 0.1 0.2 0.3 1' + chr(10))}"
    old = "90" if "angle" in item else "6"
    changed = text.replace(f"_cell_{item} {old}\n", f"_cell_{item} {value}\n")
    assert changed != text
    if fits:
        assert read(changed, "x.cif").cell
    else:
        with pytest.raises(CifError, match="is not a"):
            read(changed, "x.cif")


@pytest.mark.parametrize(("value", "fits"), [("1e9", True), ("1.1e9", False), ("-1e9", True), ("-1.1e9", False), ("1e400", False)])
def test_no_number_of_a_crystal_is_beyond_a_milliard(value: str, fits: bool) -> None:
    text = f"data_x\n{cell(6, 6, 6, 90, 90, 90)}{listed(['x,y,z'])}{atoms(f'Li1 Li 0.1 0.2 {value} 1' + chr(10))}"
    if fits:
        assert len(read(text, "x.cif").sites) == 1
    else:
        with pytest.raises(CifError):
            read(text, "x.cif")


@pytest.mark.parametrize(("symbol", "amounts"), [("0.5Ti+0.5Al", (0.5, 0.5)), ("0.51Ti+0.51Al", (0.51, 0.51)), ("0.7Ti+0.2Al", (0.7, 0.2))])
def test_a_mixed_site_is_full_at_most(symbol: str, amounts: tuple[float, ...]) -> None:
    assert tuple(part.amount for part in read_atom(symbol, "M1").parts) == amounts
    with pytest.raises(AtomError):
        read_atom(symbol.replace("Ti", "Ti+0.33Zr"), "M1")


def test_capitals_name_elements_up_to_lawrencium() -> None:
    """What is written in capitals beyond it is something else: CN is no copernicium."""
    assert [part.element for part in read_atom("LR", "M1").parts] == ["Lr"]
    for capitals in ("RF", "CN", "DB"):
        with pytest.raises(AtomError):
            read_atom(capitals, "M1")


# --- the key ----------------------------------------------------------------------------------------------------------
def test_a_key_has_32_bytes_of_16_values_at_least() -> None:
    assert checked(KEY) == KEY
    for short in (KEY[:31], b""):
        with pytest.raises(KeyTooWeakError, match="at least 32"):
            checked(short)
    few = bytes([200, 3, 77, 145, 9, 251, 18, 99, 180, 33, 61, 230, 5, 112, 48])  # 15 values in 32 bytes
    with pytest.raises(KeyTooWeakError, match="repeat"):
        checked((few + few[::-1] + few)[:32])
    more = few + bytes([169])
    assert checked(more + more[::-3] + more[::5] + more[::-1])
    with pytest.raises(KeyTooWeakError, match="repeat"):
        checked(bytes(range(128, 192)))  # one step


# --- header against atoms ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("strain", "told"), [(0.0018, False), (0.0022, True)])
def test_operations_fit_their_cell_to_a_fifth_of_a_percent(strain: float, told: bool) -> None:
    """Twice what a length may be off: a product of two axes holds both."""
    axes = (10.0, 10.0 * math.sqrt(1 + strain), 7.0, 90.0, 90.0, 90.0)
    found = crystal("P 4", axes, "O1 O 0.1 0.2 0.3 1\n")
    assert any("do not fit its cell" in each.message for each in contradictions(found)) is told


@pytest.mark.parametrize(
    ("formula", "z", "told"),
    [
        ("Li O", 2, False), ("Li1.03 O", 2, False), ("Li1.05 O", 2, True), ("Li0.97 O", 2, False), ("Li0.95 O", 2, True),
        ("Li2 O2", 2, True),
        ("Li O H0.02", 2, False), ("Li O H0.03", 2, True), ("Li O", None, False), ("Li2 O2", None, False), ("Li2 O", None, True),
        ("Li D0.01 O", 2, False),
    ],
)  # fmt: skip
def test_the_formula_sum_is_that_of_the_sites_to_two_percent_and_two_hundredths(formula: str, z: int | None, told: bool) -> None:
    text = f"data_x\n_chemical_formula_sum '{formula}'\n" + (f"_cell_formula_units_Z {z}\n" if z else "")
    sites = "Li1 Li 0.1 0.2 0.3 1\nO1 O 0.4 0.3 0.2 1\n"
    text += f"{cell(5, 6, 7, 90, 90, 90)}{listed(['x,y,z', '-x,-y,-z'])}{atoms(sites)}"
    assert (formula_contradiction(read(text, "x.cif")) is not None) is told


@pytest.mark.parametrize(("number", "rest"), [(4, ""), (5, " and 1 more"), (6, " and 2 more")])
def test_four_sites_are_named_with_their_multiplicities(number: int, rest: str) -> None:
    sites = "".join(f"O{n} O 0.1{n} 0.2{n} 0.3{n} 1 3\n" for n in range(number))
    [found] = contradictions(triclinic(sites, "symmetry_multiplicity"))
    assert f"{rest}; one of the two is wrong" in found.message
    assert found.message.count(" images, and the file says 3") == 4


# --- the same structure under two names -------------------------------------------------------------------------------
SITES = "Li1 Li {:.4f} 0.2345 0.3456 1\nP1 P 0.4321 0.5432 0.6543 1\nO1 O 0.7654 0.8765 0.1234 {}\nO2 O 0.0512 0.6123 0.9217 1\n"


def free(x: float = 0.1234, occupancy: float = 1, a: float = 9.876) -> Structure:
    return crystal("P -1", (a, 8.765, 7.654, 81.23, 92.34, 103.45), SITES.format(x, occupancy))


def same(one: Structure, other: Structure, **how: bool) -> bool:
    return bool(copies({"a": one}, {"b": other}, **how))


def test_a_secret_key_is_that_of_a_content_that_says_something() -> None:
    assert secret_key(free()) == original(free()).digest
    assert secret_key(free(0.1235)) != secret_key(free())
    assert secret_key(crystal("F m -3 m", (5, 5, 5, 90, 90, 90), "Li1 Li 0 0 0 1\nCl1 Cl 0.5 0.5 0.5 1\n")) is None


@pytest.mark.parametrize(("x", "copied"), [(0.1234, True), (0.1235, True), (0.1236, False)])
def test_a_copy_agrees_in_the_fourth_digit(x: float, copied: bool) -> None:
    """Half a unit of four digits, and a unit of the fourth more."""
    assert same(free(x), free()) is copied
    assert (fingerprint(free(x)) == fingerprint(free())) is (x == 0.1234)


@pytest.mark.parametrize(("a", "copied"), [(9.877, True), (9.875, True), (9.8785, False), (9.8735, False)])
def test_a_copy_agrees_in_the_third_digit_of_a_length(a: float, copied: bool) -> None:
    assert same(free(a=a), free()) is copied


@pytest.mark.parametrize(("factor", "copied"), [(1.029, True), (1.0306, True), (1.0312, False), (0.971, True), (0.969, False)])
def test_a_stretched_copy_has_lengths_within_three_percent(factor: float, copied: bool) -> None:
    assert same(free(a=round(9.876 * factor, 4)), free(), stretched=True) is copied
    assert not same(free(a=round(9.876 * factor, 4)), free())


def test_what_few_coordinates_have_in_common_is_chance() -> None:
    """One free coordinate of four digits is hit by chance; in a cell of another size three are as well, four are not."""

    def cubic(*free: str, a: float = 9.0) -> Structure:
        rows = "".join(f"O{n} O {x} {x} {x} 1\n" for n, x in enumerate(free))
        return crystal("P a -3", (a, a, a, 90, 90, 90), f"Fe1 Fe 0 0 0 1\n{rows}")

    assert fingerprint(cubic("0.1234")) is None
    assert fingerprint(cubic("0.1234", "0.3217")) is not None
    # a coordinate of four digits that agrees explains 1.8 decimals, and a length of the same cell two: 5.5 are needed
    three, four = ("0.1234", "0.3217", "0.4321"), ("0.1234", "0.3217", "0.4321", "0.0567")
    assert not same(cubic(*three, a=9.1), cubic(*three), stretched=True)
    assert same(cubic(*four, a=9.1), cubic(*four), stretched=True)
    kin = cubic(*three[:2]), cubic(*three[:2], "0.0567")
    assert same(*kin)
    assert not same(cubic("0.1234", "0.3217"), cubic("0.1234", "0.4217"))


@pytest.mark.parametrize(
    ("sites", "shared"),
    [
        # three coordinates that are no simple fractions, two occupancies of three digits
        ("O1 O 0.1234 0.25 0.5 1\nO2 O 0.4321 0 0.3217 1\n", {"coordinates"}), ("O1 O 0.1234 0.25 0.5 1\nO2 O 0.4321 0 0.3333 1\n", set()),
        ("Li1 Li 0 0 0 0.347\nLi2 Li 0.5 0.5 0 0.513\n", {"occupancies"}), ("Li1 Li 0 0 0 0.347\nLi2 Li 0.5 0.5 0 0.51\n", set()),
        ("Li1 Li 0 0 0 0.347\nLi2 Li 0.5 0.5 0 0.667\n", set()), ("Li1 Li 0 0 0 0.347\nLi2 Li 0.5 0.5 0 0.375\n", set()),
        ("Li1 Li 0 0 0 0.347\nLi2 Li 0.5 0.5 0 0.347\n", set()), ("Li1 Li 0 0 0 0.347\nLi2 Li 0.5 0.5 0 0.668\n", {"occupancies"}),
        ("O1 O 0.1234 0.8766 0.5 1\nO2 O 0.4321 0 0.3217 1\n", {"coordinates"}),
        ("O1 O 0.1234 0.8766 0.5 1\nO2 O 0.4321 0 0.5679 1\n", set()),
    ],
)  # fmt: skip
def test_what_a_model_of_one_compound_gives_another(sites: str, shared: set[str]) -> None:
    assert set(models(triclinic(sites))) == shared


@pytest.mark.parametrize(("off", "noise"), [(0.048, True), (0.052, False)])
def test_noise_moves_a_coordinate_five_standard_deviations_at_most(off: float, noise: bool) -> None:
    assert bool(without_noise({"a": free(0.1234 + off)}, {"b": free()})) is noise


def test_noise_leaves_cell_and_occupancies() -> None:
    """Three lengths and three free angles are six numbers that agree digit for digit; a cubic cell is one."""
    assert without_noise({"a": free(0.13)}, {"b": free()})
    assert not without_noise({"a": free(0.13, a=9.8761)}, {"b": free()})
    assert not without_noise({"a": free(0.13, occupancy=0.9)}, {"b": free()})

    def cubic(x: float, *occupancies: float) -> Structure:
        rows = "".join(f"Li{n} Li {0.31 + n / 10} 0.22 0.13 {o}\n" for n, o in enumerate(occupancies))
        return crystal("P a -3", (9.0, 9.0, 9.0, 90, 90, 90), f"O1 O {x} {x} {x} 1\n{rows}")

    assert not without_noise({"a": cubic(0.13, 0.5)}, {"b": cubic(0.14, 0.5)})
    assert without_noise({"a": cubic(0.13, 0.5, 0.4)}, {"b": cubic(0.14, 0.5, 0.4)})


# --- what an original is ----------------------------------------------------------------------------------------------
def test_images_are_compared_on_a_grid_of_a_hundred_thousandth() -> None:
    """A coordinate of five decimals is another where its last one is, and the same where only a sixth one differs by rounding."""

    def at(x: str) -> bytes:
        return original(crystal("P -1", (9, 8, 7, 81, 92, 103), f"O1 O {x} 0.2 0.3 1\n")).content

    assert at("0.12345") != at("0.12346")
    assert at("0.12345") == at("0.123451") == at("-0.12345").replace(b"at 12345 80000 70000", b"at 12345 20000 30000") != at("0.12344")
    one = crystal("P 3", (9, 9, 7, 90, 90, 120), "O1 O 0.33333 0.12345 0.2 1\n")
    other = crystal("P 3", (9, 9, 7, 90, 90, 120), "O1 O -0.12345 0.20988 0.2 1\n")
    assert original(one).content == original(other).content
    assert original(one).digest == hashlib.sha256(original(one).content).hexdigest()


def test_the_content_tells_cell_operations_and_each_position() -> None:
    found = original(crystal("P 1", (5, 6, 7, 90, 90, 90), "O1 O 0.1 0.2 0.3 0.5\nLi1 Li 0.5 0.5 0.5 1\n"))
    lines = found.content.decode().splitlines()
    assert lines[0] == "cell 5.0 6.0 7.0 90.0 90.0 90.0"
    assert lines[1].startswith("operations ")
    assert [line.partition(" at ")[0] for line in lines[2:]] == [
        "position Li 1.0 hydrogens 0.0 symmetries 1", "position O 0.5 hydrogens 0.0 symmetries 1",
    ]  # fmt: skip
    assert lines[3].endswith("at 10000 20000 30000")
