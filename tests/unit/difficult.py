"""Difficult CIFs: four structures, each written in every way that databases, programs and journals write them.

``NASICON``: R-3c on hexagonal axes, titanium and aluminium on one position. ``SPINEL``: Fd-3m, two origins. ``PHOSPHATE``: P21/n,
a non-standard cell choice. ``HYDROXIDE``: Pm-3m, lithium on a third of its sites. The contents are written down from the formulas:
``6 LiTi1.7Al0.3(PO4)3`` and so on.
"""

# ruff: noqa: E501 - a table of variations: one a line reads best
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import gemmi


@dataclass(frozen=True)
class Case:
    """One CIF and what is in it."""

    name: str
    text: str
    content: dict[str, float]
    group: int
    sites: int


NASICON = {"Li": 6.0, "Ti": 10.2, "Al": 1.8, "P": 18.0, "O": 72.0}
SPINEL = {"Li": 8.0, "Mn": 16.0, "O": 32.0}
PHOSPHATE = {"Li": 12.0, "V": 8.0, "P": 12.0, "O": 48.0}
HYDROXIDE = {"Li": 2.0, "O": 1.0, "H": 1.0, "Cl": 1.0}


def operations(symbol: str) -> list[str]:
    """Triplets of a space group, from gemmi's tables."""
    return [op.triplet() for op in gemmi.find_spacegroup_by_name(symbol).operations()]


def listed(triplets: list[str], tag: str = "_symmetry_equiv_pos_as_xyz") -> str:
    """A loop of operations."""
    return "loop_\n" + tag + "\n" + "".join(f"'{t}'\n" for t in triplets)


def cell(*numbers: object) -> str:
    """The six items of the cell."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    return "".join(f"_cell_{name} {value}\n" for name, value in zip(names, numbers, strict=True))


def atoms(rows: str, *more: str) -> str:
    """A loop of atoms: label, type, coordinates, occupancy, and more items."""
    tags = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", *more)
    return "loop_\n" + "".join(f"_atom_site_{tag}\n" for tag in tags) + rows


def small_cif(size: object, space_group: str, rows: str) -> str:
    """A CIF of a rectangular cell, cubic when one length is given: symbol, or operations in their loop, and atoms."""
    lengths = size if isinstance(size, tuple) else (size, size, size)
    group = space_group if space_group.startswith("loop_") else f"_symmetry_space_group_name_H-M '{space_group}'\n"
    return f"data_small\n{cell(*lengths, 90, 90, 90)}{group}{atoms(rows)}"


NASICON_CELL = cell(8.51, 8.51, 20.85, 90, 90, 120)
NASICON_ATOMS = """\
Li1 Li 0 0 0 1
Ti1 Ti 0 0 0.1412 0.85
Al1 Al 0 0 0.1412 0.15
P1 P 0.2858 0 0.25 1
O1 O 0.1852 0.9945 0.1901 1
O2 O 0.1884 0.1647 0.0829 1
"""
NASICON_TEXT = (
    f"data_nasicon\n_symmetry_space_group_name_H-M 'R -3 c :H'\n_symmetry_Int_Tables_number 167\n"
    f"{NASICON_CELL}{listed(operations('R -3 c:H'))}{atoms(NASICON_ATOMS)}"
)
SPINEL_ATOMS = {"1": "Li1 Li 0 0 0 1\nMn1 Mn 0.625 0.625 0.625 1\nO1 O 0.3875 0.3875 0.3875 1\n",
                "2": "Li1 Li 0.125 0.125 0.125 1\nMn1 Mn 0.5 0.5 0.5 1\nO1 O 0.2625 0.2625 0.2625 1\n"}  # fmt: skip
SPINEL_CELL = cell(8.24, 8.24, 8.24, 90, 90, 90)
PHOSPHATE_CELL = cell(8.605, 8.591, 12.04, 90, 90.6, 90)
PHOSPHATE_ATOMS = "".join(
    f"{element}{i} {element} {x} {y} {z} 1\n"
    for i, (element, x, y, z) in enumerate([
        ("V", 0.2475, 0.4596, 0.1102), ("V", 0.7517, 0.4727, 0.3903), ("P", 0.1051, 0.1477, 0.4931), ("P", 0.6040, 0.1150, 0.1473),
        ("P", 0.0353, 0.2498, 0.9925), ("O", 0.9252, 0.1157, 0.1414), ("O", 0.9150, 0.4873, 0.2505), ("O", 0.7600, 0.1800, 0.1200),
        ("O", 0.5700, 0.0500, 0.2600), ("O", 0.6200, 0.2600, 0.0600), ("O", 0.4800, 0.0200, 0.1000), ("O", 0.0300, 0.1100, 0.3800),
        ("O", 0.2800, 0.1500, 0.4700), ("O", 0.0500, 0.3000, 0.5300), ("O", 0.0800, 0.0300, 0.5900), ("O", 0.1300, 0.3300, 0.9000),
        ("O", 0.8700, 0.3200, 0.9800), ("Li", 0.2800, 0.2100, 0.2900), ("Li", 0.1900, 0.6600, 0.3900), ("Li", 0.4900, 0.4200, 0.3200),
    ], 1)
)  # fmt: skip
HYDROXIDE_CELL = cell(3.91, 3.91, 3.91, 90, 90, 90)
HYDROXIDE_ATOMS = "Li1 Li 0 0.5 0.5 0.6666667\nCl1 Cl 0 0 0 1\nO1 O 0.5 0.5 0.5 1\nH1 H 0.7 0.5 0.5 0.1666667\n"
HYDROXIDE_OPS = listed(operations("P m -3 m"))
HEADING = "_symmetry_space_group_name_H-M "


def nasicon() -> dict[str, str]:
    """The first structure in many spellings; every text holds the same structure."""
    text = NASICON_TEXT
    bare = text.replace(listed(operations("R -3 c:H")), "")  # no operations listed
    symbol = f"{HEADING}'R -3 c :H'"
    swap: Callable[[str, str], str] = text.replace
    found = {
        "old names": text,
        "new names": text.replace("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz")
        .replace("_symmetry_space_group_name_H-M", "_space_group_name_H-M_alt").replace("_symmetry_Int_Tables_number", "_space_group_IT_number"),
        "dotted names": re.sub(r"_(cell|atom_site)_", r"_\1.", text).replace("_symmetry_equiv_pos_as_xyz", "_space_group_symop.operation_xyz"),
        "names in capitals": re.sub(r"^_\S+", lambda m: m[0].upper(), text, flags=re.MULTILINE),
        "line ends of Windows": text.replace("\n", "\r\n"),
        "byte order mark": "\ufeff" + text,
        "no line end at the end": text.rstrip("\n"),
        "no operations, symbol with axes": bare,
        "no operations, short symbol": bare.replace(symbol, f"{HEADING}R-3c"),
        "no operations, symbol of the ICSD": bare.replace(symbol, f"{HEADING}'R -3 c H'"),
        "no operations, small letters": bare.replace(symbol, f"{HEADING}'r -3 c'"),
        "no operations, number only": bare.replace(symbol + "\n", ""),
        "no operations, Hall symbol only": re.sub(r"_symmetry_(space|Int)\S+ .*\n", "", bare) + "_symmetry_space_group_name_Hall '-R 3 2\"c'\n",
        "generators only": bare.replace(NASICON_CELL, NASICON_CELL + listed(
            ["x,y,z", "x+1/3,y+2/3,z+2/3", "-y,x-y,z", "-x,-y,-z", "y,x,-z+1/2"])),
        "operations twice": swap("loop_\n_symmetry_equiv_pos_as_xyz\n", "loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n"),
        "operations without quotes": re.sub(r"^'([^']+)'$", r"\1", text, flags=re.MULTILINE),
        "operations with blanks and capitals": re.sub(r"^'([^']+)'$", lambda m: f"' {m[1].upper().replace(',', ' , ')} '", text, flags=re.M),
        "operations numbered": swap("loop_\n_symmetry_equiv_pos_as_xyz\n", "loop_\n_symmetry_equiv_pos_site_id\n_symmetry_equiv_pos_as_xyz\n")
        .replace("\n'", "\n7 '"),
        "translations in decimals": re.sub(r"([12])/3", lambda m: {"1": "0.3333", "2": "0.66667"}[m[1]], text),
        "translations first": re.sub(r"(-?x|-?y|-?z|x-y|-x\+y)\+(\d/\d)", r"\2+\1", text).replace("+-", "-"),
        "standard uncertainties": re.sub(r"(0\.1412|0\.2858|0\.1852|0\.1901|0\.85|8\.51|20\.85)\b", r"\1(3)", text),
        "numbers without a zero": re.sub(r" 0\.", " .", text),
        "numbers with an exponent": text.replace("0.1412", "1.412E-1"),
        "positions outside the cell": text.replace("0.9945", "-0.0055").replace(" 0.25 1", " 1.25 1"),
        "charges in the types": text.replace(" Li ", " Li1+ ").replace(" O ", " O2- ").replace(" Ti ", " Ti4+ "),
        "types in capitals": text.replace(" Li ", " LI ").replace(" Ti ", " TI ").replace(" Al ", " AL "),
        "no types": text.replace("_atom_site_type_symbol\n", "").replace("Li1 Li", "Li1").replace("Ti1 Ti", "Ti1").replace("Al1 Al", "Al1")
        .replace("P1 P", "P1").replace("O1 O", "O1").replace("O2 O", "O2"),
        "no types, labels in capitals": text.replace("_atom_site_type_symbol\n", "").replace("Li1 Li", "LI1").replace("Ti1 Ti", "TI1")
        .replace("Al1 Al", "AL1").replace("P1 P", "P1").replace("O1 O", "O1").replace("O2 O", "O2"),
        "occupancies blank": text.replace("Li1 Li 0 0 0 1", "Li1 Li 0 0 0 .").replace("0.0829 1", "0.0829 ?"),
        "comments and tabs": text.replace("Ti1 Ti", "# titanium\nTi1\tTi").replace("data_", "# made by 'someone\n#\n\ndata_"),
        "a text that looks like a loop": text.replace(NASICON_CELL, NASICON_CELL + "_publ_section_comment\n;\nloop_\n_atom_site_fract_x\n0.5\n;\n"),
        "values across lines": text.replace("O1 O 0.1852 0.9945", "O1\n O 0.1852\n 0.9945"),
        "several blocks, the first without a structure": "data_global\n_publ_contact_author 'A. Author'\n" + text,
        "several structures": text + NASICON_TEXT.replace("data_nasicon", "data_other").replace("0.85", "0.5"),
        "displacements listed first": text.replace("loop_\n_atom_site_label", "loop_\n_atom_site_aniso_label\n_atom_site_aniso_U_11\nLi1 0.02\n"
                                                   "loop_\n_atom_site_label"),
        "oxidation states": text + "loop_\n_atom_type_symbol\n_atom_type_oxidation_number\nLi1+ 1\nO2- -2\n",
        "a dummy site": text.replace("_atom_site_occupancy\n", "_atom_site_occupancy\n_atom_site_calc_flag\n").replace(" 1\n", " 1 d\n")
        .replace(" 0.85\n", " 0.85 d\n").replace(" 0.15\n", " 0.15 d\n") + "X1 . 0.5 0.5 0.5 1 dum\n",
        "a site without a position": text + "H1 H ? ? ? 1\n",
        "multiplicities": text.replace("_atom_site_occupancy\n", "_atom_site_occupancy\n_atom_site_symmetry_multiplicity\n")
        .replace("0 0 0 1\n", "0 0 0 1 6\n").replace(" 0.85\n", " 0.85 12\n").replace(" 0.15\n", " 0.15 12\n").replace("0.25 1\n", "0.25 1 18\n")
        .replace("0.1901 1\n", "0.1901 1 36\n").replace("0.0829 1\n", "0.0829 1 36\n"),
        "one item twice": text + "_cell_length_a 8.51\n",
        "cell in a loop": text.replace(NASICON_CELL, "loop_\n_cell_length_a\n_cell_length_b\n_cell_length_c\n_cell_angle_alpha\n"
                                       "_cell_angle_beta\n_cell_angle_gamma\n8.51 8.51 20.85 90 90 120\n"),
        "accents": text.replace("data_", "# Société, Å, 10 µm\ndata_"),
    }  # fmt: skip
    assert len({*found.values()}) == len(found), "two variations are the same text"
    return found


def rhombohedral() -> str:
    """The first structure on rhombohedral axes: a third of the cell."""
    rows = re.sub(r"^(\S+ \S+) (\S+) (\S+) (\S+) (\S+)$", _obverse, NASICON_ATOMS, flags=re.MULTILINE)
    return f"data_r\n{HEADING}'R -3 c :R'\n{cell(8.5143, 8.5143, 8.5143, 59.97, 59.97, 59.97)}{atoms(rows)}"


def _obverse(row: re.Match[str]) -> str:
    x, y, z = float(row[2]), float(row[3]), float(row[4])
    return f"{row[1]} {x + z:.4f} {y - x + z:.4f} {z - y:.4f} {row[5]}"


def cases() -> list[Case]:
    """Every variation."""
    found = [Case(name, text, NASICON, 167, 6) for name, text in nasicon().items()]
    third = {element: amount / 3 for element, amount in NASICON.items()}
    found.append(Case("rhombohedral axes, no operations", rhombohedral(), third, 167, 6))
    found.append(Case("rhombohedral axes told by the cell", rhombohedral().replace("'R -3 c :R'", "'R -3 c'"), third, 167, 6))
    for choice in "12":
        text = f"data_s\n{SPINEL_CELL}{listed(operations(f'F d -3 m:{choice}'))}{atoms(SPINEL_ATOMS[choice])}"
        found.append(Case(f"origin {choice}, operations", text, SPINEL, 227, 3))
        for kind, symbol in (("with a colon", f"'F d -3 m :{choice}'"), ("of the ICSD", f"'F d -3 m {' SZ'[int(choice)]}'"),
                             ("that leaves it open", "'F d -3 m'"), ("without the minus", "Fd3m")):  # fmt: skip
            if kind == "without the minus" and choice == "1":
                continue
            text = f"data_s\n{HEADING}{symbol}\n{SPINEL_CELL}{atoms(SPINEL_ATOMS[choice])}"
            found.append(Case(f"origin {choice}, symbol {kind}", text, SPINEL, 227, 3))
    for symbol in ("P 1 21/n 1", "P21/n", "P 1 2_1/n 1", "P2(1)/n"):
        text = f"data_p\n{HEADING}'{symbol}'\n{PHOSPHATE_CELL}{atoms(PHOSPHATE_ATOMS)}"
        found.append(Case(f"cell choice {symbol}", text, PHOSPHATE, 14, 20))
    start = f"data_h\n{HEADING}'P m -3 m'\n{HYDROXIDE_CELL}{HYDROXIDE_OPS}"
    found += [
        Case("partial occupancy", start + atoms(HYDROXIDE_ATOMS), HYDROXIDE, 221, 4),
        Case("deuterium", start + atoms(HYDROXIDE_ATOMS.replace("H1 H", "D1 D")), HYDROXIDE, 221, 4),
        Case("attached hydrogens", start + atoms("Li1 Li 0 0.5 0.5 0.6666667 0\nCl1 Cl 0 0 0 1 0\nO1 O 0.5 0.5 0.5 1 1\n", "attached_hydrogens"),
             HYDROXIDE, 221, 3),
        Case("Cartesian coordinates", start + atoms("Li1 Li 0 1.955 1.955 0.6666667\nCl1 Cl 0 0 0 1\nO1 O 1.955 1.955 1.955 1\n"
                                                    "H1 H 2.737 1.955 1.955 0.1666667\n").replace("fract_", "Cartn_"), HYDROXIDE, 221, 4),
        Case("no symmetry named", f"data_h\n{HYDROXIDE_CELL}" + atoms("Cl1 Cl 0 0 0 1\nO1 O 0.5 0.5 0.5 1\n"), {"Cl": 1.0, "O": 1.0}, 1, 2),
        Case("thirds to four digits", f"data_g\n{HEADING}'P 63/m m c'\n{cell(3.5, 3.5, 12, 90, 90, 120)}"
             + atoms("Li1 Li 0.3333 0.6667 0.25 1\nN1 N 0.33333 0.66667 0.1234(5) 1\nO1 O 0.333 0.667 0.6 0.5\n"),
             {"Li": 2.0, "N": 4.0, "O": 2.0}, 194, 3),
        Case("x, 2x to four digits", f"data_g\n{HEADING}'P 63/m m c'\n{cell(6.1, 6.1, 12, 90, 90, 120)}" + atoms("O1 O 0.1667 0.3333 0.25 1\n"
             "N1 N 0.1234 0.2469 0.6012 1\n"), {"O": 6.0, "N": 12.0}, 194, 2),
    ]  # fmt: skip
    return found
