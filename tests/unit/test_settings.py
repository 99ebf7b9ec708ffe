"""Settings that a structure shows, content that it confirms, and ties of the split."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.checks.reading import Row
from pipeline.checks.settings import confirmed, setting_findings
from pipeline.checks.splits import split_findings
from pipeline.structures.cif import CifError, Structure, read
from schemas import columns as col
from tests.unit.sheets import row as cells

#: A made-up monoclinic compound: one lithium and one fluorine, each at a general position.
CIF = """data_made_up
_cell_length_a 5.0
_cell_length_b 6.0
_cell_length_c 8.0
_cell_angle_alpha 90
_cell_angle_beta {beta}
_cell_angle_gamma 90
_symmetry_space_group_name_H-M '{symbol}'
loop_
_symmetry_equiv_pos_as_xyz
{operations}
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0.11 0.12 0.13 1.0
F1 F 0.31 0.42 0.23 1.0
"""
P21C = "'x, y, z'\n'-x, y+1/2, -z+1/2'\n'-x, -y, -z'\n'x, -y+1/2, z+1/2'"
PNMA = (
    "'x, y, z'\n'-x+1/2, -y, z+1/2'\n'-x, y+1/2, -z'\n'x+1/2, -y+1/2, -z+1/2'\n"
    "'-x, -y, -z'\n'x+1/2, y, -z+1/2'\n'x, -y+1/2, z'\n'-x+1/2, y+1/2, z+1/2'"
)


def structure(symbol: str, operations: str, beta: float = 90) -> Structure:
    return read(CIF.format(symbol=symbol, operations=operations, beta=beta), "abc.cif")


def row(symbol: str, number: int, *cell: float) -> Row:
    names = ("A", "B", "C", "ALPHA", "BETA", "GAMMA")
    values = cells(SPACE_GROUP=symbol, SPACE_GROUP_NUMBER=number, TRUE_COMPOSITION="Li4.0F4.0", **dict(zip(names, cell, strict=True)))
    return Row("abc", {str(key): value for key, value in values.items() if key != col.ID})


MONOCLINIC = structure("P 1 21/c 1", P21C, 110)
ORTHORHOMBIC = structure("P n m a", PNMA)


@pytest.mark.parametrize(
    ("one", "file", "expected"),
    [
        (row("P21/c", 14, 5, 6, 8, 90, 110, 90), MONOCLINIC, []),
        (row("P21/n", 14, 5, 6, 8, 90, 110, 90), MONOCLINIC, ["P21/c"]),
        (row("P21/c", 14, 8, 6, 5, 90, 110, 90), MONOCLINIC, ["P21/a"]),
        (row("P21/a", 14, 8, 6, 5, 90, 110, 90), MONOCLINIC, []),
        (row("Pnma", 62, 5, 6, 8, 90, 90, 90), ORTHORHOMBIC, []),
        (row("Pnma", 62, 6, 5, 8, 90, 90, 90), ORTHORHOMBIC, ["Pmnb"]),
        (row("Pmnb", 62, 6, 5, 8, 90, 90, 90), ORTHORHOMBIC, []),
        (row("Pnma", 62, 9, 5, 8, 90, 90, 90), ORTHORHOMBIC, []),  # another cell: cif.lattice says so
        (row("Pbca", 61, 6, 5, 8, 90, 90, 90), ORTHORHOMBIC, []),  # another group: cif.spacegroup says so
        (row("P21/c", 14, 6, 5, 8, 90, 90, 110), MONOCLINIC, []),  # the free angle betrays it: told from the row alone
    ],
)
def test_settings(one: Row, file: Structure, expected: list[str]) -> None:
    found = list(setting_findings([one], {"abc": file}))
    assert [finding.expected for finding in found] == expected
    assert all(finding.check == "lattice.setting" and finding.severity == "warning" for finding in found)


def test_content_is_confirmed_atom_by_atom() -> None:
    good = row("P21/c", 14, 5, 6, 8, 90, 110, 90)
    assert confirmed([good], {"abc": MONOCLINIC}) == {"abc"}
    assert confirmed([good], {}) == frozenset()
    assert confirmed([good], {"abc": CifError("abc.cif", "no cell")}) == frozenset()
    assert confirmed([row("P21/c", 14, 5, 6, 9, 90, 110, 90)], {"abc": MONOCLINIC}) == frozenset()
    other = Row("abc", {**good.values, str(col.TRUE_COMPOSITION): "Li8.0F8.0"})
    assert confirmed([other], {"abc": MONOCLINIC}) == frozenset()


def test_ties_of_the_split() -> None:
    rows = {
        "aaa": ("LiF", "10.1000/one"), "bbb": ("LiF", "10.1000/two"), "ccc": ("LiCl", "10.1000/ONE"), "ddd": ("Li2F2", "10.1000/three"),
        "eee": ("LiBr", "10.1000/four"),
    }  # fmt: skip
    entries = pd.DataFrame(
        {str(col.REDUCED_COMPOSITION): [r[0] for r in rows.values()], str(col.DOI): [r[1] for r in rows.values()]}, index=list(rows)
    )
    found = list(split_findings(entries, frozenset({"aaa"})))
    assert {(f.check, f.severity, f.id, f.other) for f in found} == {
        ("split.leak", "error", "aaa", "bbb"), ("split.leak", "error", "aaa", "ccc"), ("split.near-leak", "warning", "aaa", "ddd"),
    }  # fmt: skip
    assert list(split_findings(entries, frozenset({"eee"}))) == []
    assert [f.other for f in split_findings(entries, frozenset({"aaa"}), frozenset({"bbb"}))] == ["bbb"]
