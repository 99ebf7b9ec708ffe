"""What stands on a site, and what happens to rows that are no atoms or have no position."""

# ruff: noqa: E501 - tables of spellings read best in few lines

from __future__ import annotations

import pytest

from pipeline.structures.atoms import half_unit
from pipeline.structures.cif import CifError, Structure, read
from pipeline.structures.elements import AtomError, read_atom
from pipeline.structures.noise import open_seed
from pipeline.structures.perturb import perturb
from pipeline.structures.write import standardised
from tests.unit.difficult import atoms, cell, listed, operations

ROCK_SALT = f"data_r\n{cell(5.14, 5.14, 5.14, 90, 90, 90)}{listed(operations('F m -3 m'))}"
CUBE = f"data_c\n{cell(4, 4, 4, 90, 90, 90)}{listed(operations('P m -3 m'))}"


def kinds(type_symbol: str, label: str = "M1", formula: str = "") -> list[tuple[str, float, float]]:
    reading = read_atom(type_symbol, label, frozenset(formula.split()))
    return [(part.element, part.amount, part.hydrogens) for part in reading.parts]


@pytest.mark.parametrize(
    ("symbol", "element"),
    [
        ("Se2-", "Se"), ("Li1+", "Li"), ("Li+", "Li"), ("Li+1", "Li"), ("7Li", "Li"), ("6Li+", "Li"), ("^7^Li", "Li"), ("D", "H"), ("D1+", "H"),
        ("2H", "H"), ("T", "H"), ("Fe3+", "Fe"), ("Fe2.67+", "Fe"), ("Fe(III)", "Fe"), ("CL1-", "Cl"), ("CO", "Co"), ("CO3+", "Co"), ("HO", "Ho"),
        ("li", "Li"), ("O2", "O"), ("O2A", "O"), ("Mo1+5", "Mo"), ("Cu2+33", "Cu"), ("C'", "C"), ("Ow", "O"), ("Hw", "H"), ("Wat", "O"),
        ("Fe2+/Fe3+", "Fe"), ("H/D", "H"), ("N", "N"), ("W", "W"),
    ],
)  # fmt: skip
def test_a_type_symbol_is_an_element_whatever_its_charge_isotope_or_case(symbol: str, element: str) -> None:
    assert kinds(symbol) == [(element, 1.0, 0.0)]


@pytest.mark.parametrize("formula", ["", "Li S", "S", "O C"])
def test_the_type_symbol_wins_over_label_and_formula(formula: str) -> None:
    assert kinds("Se2-", "S1", formula) == [("Se", 1.0, 0.0)]
    assert "label says S" in read_atom("Se2-", "S1", frozenset(formula.split())).note
    assert read_atom("O2-", "O1").note == ""


@pytest.mark.parametrize(
    "symbol",
    ["0.7Ti + 0.3Al", "0.7Ti+0.3Al", "0.7 Ti + 0.3 Al", "0.7Ti4+ + 0.3Al3+", "Ti0.7Al0.3", "(Ti0.7Al0.3)", "Ti0.7 + Al0.3", "0.7Ti/0.3Al"],
)
def test_a_mixture_is_read_as_its_elements(symbol: str) -> None:
    assert kinds(symbol) == [("Ti", 0.7, 0.0), ("Al", 0.3, 0.0)]
    assert "0.7 Ti and 0.3 Al" in read_atom(symbol, "M1").note


def test_a_mixture_counts_in_the_content_with_the_occupancy_of_its_site() -> None:
    structure = read(CUBE + atoms("M1 '0.7Ti + 0.3Al' 0 0 0 0.5\nO1 O 0.5 0.5 0.5 1\n"), "x.cif")
    assert structure.content == pytest.approx({"Ti": 0.35, "Al": 0.15, "O": 1.0})
    assert [site.row for site in structure.sites] == [0, 0, 1]


@pytest.mark.parametrize(
    ("symbol", "heavy", "count"), [("OH", "O", 1), ("OH-", "O", 1), ("OH2", "O", 2), ("H2O", "O", 2), ("NH4+", "N", 4)]
)
def test_a_group_is_its_heavy_atom_with_hydrogens(symbol: str, heavy: str, count: int) -> None:
    assert kinds(symbol) == [(heavy, 1.0, count)]


@pytest.mark.parametrize(
    "symbol", ["M", "Q", "8", "Ti/Al", "Ti, Al", "0.7Ti + 0.6Al", "0.5Ti + 0.5Qq", "PO4", "SO4", "CO3", "Lithium", "Sodium", "A1", "!"]
)
def test_a_type_that_names_no_element_or_may_name_two_is_refused(symbol: str) -> None:
    with pytest.raises(AtomError):
        read_atom(symbol, "Li1")


@pytest.mark.parametrize(
    ("label", "formula", "element"),
    [
        ("Se1", "Li S", "Se"), ("Se1", "", "Se"), ("SE1", "Li S", "S"), ("SE1", "Li Se", "Se"), ("SE1", "", "Se"), ("CL1", "Na Cl", "Cl"), ("Cl", "", "Cl"),
        ("CO1", "C O", "C"), ("CO1", "Co", "Co"), ("OS1", "O S", "O"), ("Ow", "", "O"), ("OW1", "", "O"), ("Hw", "", "H"), ("HW2", "", "H"),
        ("O1W", "", "O"), ("H1W", "", "H"), ("Wat", "Cl Li H O", "O"), ("Wat1", "", "O"), ("Wa1", "Li H O", "O"), ("WA1", "", "O"), ("Wa1", "Ca W O", "W"),
        ("W1", "Ca W O", "W"), ("W1", "", "W"), ("W1", "Li H O", "O"), ("7Li", "", "Li"), ("D1", "", "H"), ("D1", "Li O D", "H"), ("Li1+", "", "Li"),
        ("Fe3+", "", "Fe"), ("O-H(1)", "", "O"), ("Al(1)", "", "Al"), ("*Li1", "", "Li"), ("HO1", "H O", "H"), ("Va1", "V O", "V"), ("Ob2", "", "O"),
    ],
)  # fmt: skip
def test_a_label_names_an_element_by_custom(label: str, formula: str, element: str) -> None:
    assert kinds("", label, formula) == [(element, 1.0, 0.0)]


@pytest.mark.parametrize(("label", "formula"), [
    ("", ""), ("?", ""), ("1", ""), ("M1", ""), ("Me1", ""), ("T1", "Si O"), ("T1", ""), ("D1", "Li O"), ("CO1", "Co C O"), ("NA1", "Na N"),
    ("Va1", ""), ("Wa1", "W O H"), ("H2O", ""), ("Ti/Al", ""),
])  # fmt: skip
def test_a_label_that_names_none_or_may_name_two_is_refused(label: str, formula: str) -> None:
    with pytest.raises(AtomError):
        read_atom("", label, frozenset(formula.split()))


@pytest.mark.parametrize("label", ["X1", "Du1", "Vac", "Vac2", "Dummy"])
def test_a_dummy_is_left_out_and_told(label: str) -> None:
    structure = read(CUBE + atoms(f"Li1 Li 0 0 0 1\n{label} . 0.5 0.5 0.25 1\n"), "x.cif")
    assert structure.content == {"Li": 1.0}
    assert structure.left_out == (label,)
    assert any(label in note and "left out" in note for note in structure.notes)


def test_sites_of_which_the_same_is_to_be_said_share_a_note() -> None:
    text = CUBE.replace("data_c\n", "data_c\n_chemical_formula_sum 'Li2 S'\n") + atoms(
        "SE1 . 0 0 0 1\nSE2 . 0.5 0.5 0.5 1\nLi1 Li 0.5 0 0 1\n"
    )
    assert read(text, "x.cif").notes == ("sites SE1, SE2 are read as S: without a type the formula decides, which holds S and no Se",)


def hydrate(row: str) -> Structure:
    group = listed(operations("P 1 21 1"))
    rows = f"S1 S6+ 0.208 0 -0.211 1 2 d\nO1 O2- 0.153 -0.139 -0.083 1 2 d\n{row}\n"
    return read(f"data_h\n{cell(5.43, 4.83, 8.14, 90, 107.58, 90)}{group}{atoms(rows, 'symmetry_multiplicity', 'calc_flag')}", "h.cif")


@pytest.mark.parametrize("row", ["H1 H1+ -1. -1. -1. 2. 2 dum", "H1 H1+ ? ? ? 2 2 d", "H1 D . . . 2 2 .", "H1 H1+ -1. -1. -1. 2. . dum"])
def test_a_hydrogen_without_a_position_counts_in_the_content(row: str) -> None:
    structure = hydrate(row)
    assert structure.content == {"S": 2.0, "O": 2.0, "H": 4.0}
    assert len(structure.sites) == 2
    assert any("H1" in note and "content" in note for note in structure.notes)


def test_a_hydrogen_without_position_and_multiplicity_is_left_out_by_name() -> None:
    structure = hydrate("H1 H1+ ? ? ? 2 ? d")
    assert structure.content == {"S": 2.0, "O": 2.0}
    assert any("H1" in note and "left out" in note for note in structure.notes)


@pytest.mark.parametrize("tokens", [". . .", "? ? ?", "0.5 . .", "? 0 0"])
def test_another_atom_without_its_coordinates_is_an_error_that_names_it(tokens: str) -> None:
    with pytest.raises(CifError, match="Li1") as caught:
        read(ROCK_SALT + atoms(f"Cl1 Cl 0.5 0.5 0.5 1\nLi1 Li+ {tokens} 1\n"), "x.cif")
    assert caught.value.line is not None


def test_sites_without_label_and_type_are_an_error_with_its_line() -> None:
    text = ROCK_SALT + "loop_\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n0 0 0\n.5 .5 .5\n"
    with pytest.raises(CifError, match="neither a label nor a type") as caught:
        read(text, "x.cif")
    assert text.splitlines()[caught.value.line - 1] == "0 0 0"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("token", "unit"),
    [
        ("0.66670", 5e-5), ("0.6667", 5e-5), ("-0.33330", 5e-5), ("0.16670", 5e-5), ("0.05560", 5e-5), ("0.667000", 5e-4), ("0.33333", 5e-6),
        ("0.66660", 5e-6), ("0.12340", 5e-6), ("0.50000", 5e-6), ("0.66700(3)", 5e-6),
    ],
)  # fmt: skip
def test_thirds_padded_with_zeros_have_the_digits_they_were_rounded_to(token: str, unit: float) -> None:
    assert half_unit(token) == pytest.approx(unit)


def test_a_copy_keeps_mixtures_groups_and_atoms_without_a_position() -> None:
    rows = "M1 '0.7Ti + 0.3Al' 0.153 -0.139 -0.083 1 2 d\nO1 OH2 .6 .2 .4 1 2 d\nH1 H1+ -1. -1. -1. 2. 2 dum\n"
    group = listed(operations("P 1 21 1"))
    text = f"data_h\n{cell(5.43, 4.83, 8.14, 90, 107.58, 90)}{group}{atoms(rows, 'symmetry_multiplicity', 'calc_flag')}"
    original = read(text, "h.cif")
    assert original.content == pytest.approx({"Ti": 1.4, "Al": 0.6, "O": 2.0, "H": 8.0})
    copy = read(standardised(original), "copy.cif")
    assert copy.content == pytest.approx(original.content)
    assert [site.label for site in copy.sites] == ["M1", "M1_2", "O1"]
    anew = perturb(original, open_seed(1), rewritten=True)
    assert anew.structure.content == pytest.approx(original.content)
    noisy = perturb(original, open_seed(1))
    assert noisy.structure.content == pytest.approx(original.content)
    assert noisy.structure.sites[0].fract == noisy.structure.sites[1].fract != original.sites[0].fract


def test_more_images_than_anybody_examines_are_refused() -> None:
    rows = "".join(f"Li{i} Li {i / 331:.5f} {i / 173 % 1:.5f} {i / 77 % 1:.5f} 1\n" for i in range(1, 90))
    group = listed(operations("F d -3 m:1"))
    with pytest.raises(CifError, match="17088 images of sites"):
        read(f"data_x\n{cell(30, 30, 30, 90, 90, 90)}{group}{atoms(rows)}", "x.cif")
    assert len(read(f"data_x\n{cell(30, 30, 30, 90, 90, 90)}{group}{atoms(rows[: rows.index('Li78 ')])}", "x.cif").sites) == 77


@pytest.mark.parametrize("label", ["AlSi", "AlSi1", "CaMg2", "TiZr(1)"])
def test_a_label_of_two_elements_is_not_read_as_the_first(label: str) -> None:
    with pytest.raises(AtomError, match="names two elements"):
        kinds("", label)
    assert kinds("Al", label) == [("Al", 1.0, 0.0)]


@pytest.mark.parametrize("label", ["OA1", "FeM1", "NaA", "LiT", "Lia", "OBr1"])
def test_letters_of_a_site_behind_an_element_make_no_second_one(label: str) -> None:
    assert kinds("", label)[0][0] == {"O": "O", "F": "Fe", "N": "Na", "L": "Li"}[label[0]]


def test_a_water_molecule_by_its_residue_is_oxygen() -> None:
    assert kinds("", "HOH1") == kinds("", "HOH", "Li Cl H O") == [("O", 1.0, 0.0)]


@pytest.mark.parametrize(("given", "told"), [("?", True), (".", False), ("1", False)])
def test_an_occupancy_that_is_not_known_is_told(given: str, told: bool) -> None:
    structure = read(CUBE + atoms(f"Li1 Li 0 0 0 {given}\nO1 O 0.5 0.5 0.5 1\n"), "x.cif")
    assert structure.content == pytest.approx({"Li": 1.0, "O": 1.0})
    assert any("Li1 has the occupancy ?" in note for note in structure.notes) == told


@pytest.mark.parametrize("brace", ["{", "}", "{}", "{0}", "{x!r}", "{site}", "{{", "%s"])
def test_braces_of_the_input_are_quoted_in_errors_and_notes(brace: str) -> None:
    """A message is put together from a pattern with a place for the site; what the file says is no part of the pattern."""
    text = f"{CUBE}loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    with pytest.raises(CifError) as caught:
        read(f"{text}'M{brace}' 'Qq{brace}' 0 0 0\n", "x.cif")
    assert f"M{brace}" in str(caught.value)
    assert brace == "{site}" or f"Qq{brace}" in str(caught.value)
    noted = read(f"{text}'W{brace}' Wat 0 0 0\n'V{brace}' Li 0.5 0.5 0.5\n", "x.cif")
    assert [note for note in noted.notes if f"W{brace}" in note], noted.notes
