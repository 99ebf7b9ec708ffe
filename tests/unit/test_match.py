"""Which structures fit a row, and how they are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.structures.cif import read
from pipeline.structures.matching import match
from pipeline.structures.matching.descriptor import Descriptors, joined, of_structures
from pipeline.structures.matching.window import composition_deviation, composition_deviations, same_group
from schemas import candidates as candidates_schema
from schemas import columns as col
from schemas import structures as structures_schema

LABELS = (col.ID, col.REDUCED_COMPOSITION, col.Z, col.TRUE_COMPOSITION, col.SPACE_GROUP_NUMBER, *col.LATTICE)


def cif(symbol: str, cell: tuple[float, ...], sites: list[tuple[str, float, float, float, float]]) -> str:
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [
        "data_test",
        f"_space_group_name_H-M_alt '{symbol}'",
        *(f"_cell_{name} {value}" for name, value in zip(names, cell, strict=True)),
    ]
    lines += ["loop_", "_atom_site_label", "_atom_site_type_symbol", "_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"]
    lines += ["_atom_site_occupancy", *(f"{e}{i} {e} {x} {y} {z} {o}" for i, (e, x, y, z, o) in enumerate(sites))]
    return "\n".join(lines) + "\n"


def halide(a: float, doping: float = 0.0, anion: str = "Cl") -> str:
    """Rock salt, four formula units, with some sodium for lithium."""
    sites = [("Li", 0.0, 0.0, 0.0, 1 - doping), (anion, 0.5, 0.5, 0.5, 1.0)]
    if doping:
        sites.append(("Na", 0.0, 0.0, 0.0, doping))
    return cif("F m -3 m", (a, a, a, 90, 90, 90), sites)


def orthorhombic(cell: tuple[float, ...], symbol: str = "P n m a") -> str:
    return cif(symbol, (*cell, 90, 90, 90), [("Li", 0.1, 0.2, 0.3, 1.0), ("Cl", 0.3, 0.25, 0.6, 1.0), ("O", 0.6, 0.25, 0.1, 1.0)])


def rows(*entries: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(entries), columns=[str(label) for label in LABELS]).set_index(str(col.ID))


def salt(id: str, composition: str = "LiCl", Z: Any = 4, a: Any = 5.13, number: Any = 225) -> tuple[Any, ...]:
    return (id, composition, Z, composition, number, a, a, a, 90, 90, 90)


def pool(**texts: str) -> Descriptors:
    return of_structures({name: read(text, name) for name, text in texts.items()})


def test_own_structure_first_and_the_rest_by_distance() -> None:
    library = pool(
        near=halide(5.14), own=halide(5.13), far=halide(5.13 * 1.029), out=halide(5.13 * 1.031), bromide=halide(5.13, anion="Br")
    )
    table = match.candidates(rows(salt("r01")), library)
    candidates_schema.schema().validate(table)
    assert table[col.FILE].tolist()[:3] == ["own", "near", "far"]
    assert table[col.RANK].tolist()[:3] == [1, 2, 3]
    assert table[col.LATTICE_DEVIATION].tolist()[:3] == pytest.approx([0, 0.01 / 5.13, 0.029], abs=1e-6)
    # the one beyond the window comes last, with the reason why it is there at all
    assert table[col.FILE].tolist()[3:] == ["out"]
    assert table[col.REMARK].iloc[3] == "only a = b = c is off: 5.13 in the row, 5.289 in the file"


@pytest.mark.parametrize(("doping", "inside"), [(0.0, True), (0.05, True), (0.06, True), (0.10, True), (0.11, False), (0.15, False)])
def test_a_doping_step_of_0_05_sits_on_the_edge_and_is_inside(doping: float, inside: bool) -> None:
    """A row of Li0.95Na0.05Cl: 0.05 either way is inside, more is not."""
    table = match.candidates(rows(salt("r01", "Li0.95Na0.05Cl")), pool(x=halide(5.13, doping)))
    assert len(table) == inside
    if inside:
        assert table[col.COMPOSITION_DEVIATION].iloc[0] == pytest.approx(abs(doping - 0.05), abs=1e-6)
        assert table[col.REMARK].fillna("").tolist() == ["the file has no Na" if doping == 0 else ""]


def test_an_element_that_only_the_file_holds() -> None:
    table = match.candidates(rows(salt("r01")), pool(x=halide(5.13, 0.05), y=halide(5.13, 0.06)))
    assert table[[str(col.FILE), str(col.REMARK)]].values.tolist() == [["x", "the row has no Na"]]


def test_the_edge_survives_floating_point() -> None:
    # 1.35 - 1.30 is 0.050000000000000044, 0.35 - 0.30 is 0.04999999999999999
    assert 1.35 - 1.30 > 0.05
    assert match.inside(1.35 - 1.30)
    assert not match.inside(0.0501)


def test_a_row_whose_z_is_wrong_finds_its_structure_and_is_told() -> None:
    table = match.candidates(rows(salt("r01", Z=2), salt("r02", Z=None), salt("r03", "Li4Cl4", Z=1)), pool(x=halide(5.13)))
    assert table[col.ROW_ID].tolist() == ["r01", "r02", "r03"]
    assert table[col.COMPOSITION_DEVIATION].tolist() == [0, 0, 0]
    assert table[col.REMARK].fillna("").tolist() == ["by the file the row's cell holds 4 formula units, the row's Z is 2", "", ""]


def test_a_row_whose_cell_is_a_multiple_of_the_files() -> None:
    """A doubled axis, with Z doubled and with Z left as it was."""
    file = orthorhombic((10.0, 6.0, 5.0))
    content = read(file, "x").content
    composition = "".join(f"{e}{n / 4:g}" for e, n in content.items())
    double = ("r01", composition, 8, composition, 62, 10.0, 12.0, 5.0, 90, 90, 90)
    same = ("r02", composition, 4, composition, 62, 10.0, 12.0, 5.0, 90, 90, 90)
    table = match.candidates(rows(double, same), pool(x=file))
    assert table[col.SETTING].str.startswith("cell of 2 times the volume").all()
    assert table[col.LATTICE_DEVIATION].tolist() == pytest.approx([0, 0])
    assert "holds 8 formula units, the row's Z is 4" in table[col.REMARK].iloc[1]


def test_a_row_with_one_wrong_edge() -> None:
    file = orthorhombic((10.0, 6.0, 5.0))
    composition = "".join(f"{e}{n / 4:g}" for e, n in read(file, "x").content.items())
    slip = ("r01", composition, 4, composition, 62, 6.0, 10.0, 8.0, 90, 90, 90)  # axes permuted, 5.0 typed as 8.0
    other = ("r02", composition, 4, composition, 62, 6.5, 11.0, 8.0, 90, 90, 90)
    table = match.candidates(rows(slip, other), pool(x=file))
    assert table[col.ROW_ID].tolist() == ["r01"]
    assert table[col.REMARK].iloc[0] == "only c is off: 8 in the row, 5 in the file"
    assert table[col.LATTICE_DEVIATION].iloc[0] == pytest.approx(3 / 8)


def test_a_row_without_a_possible_cell_or_composition() -> None:
    table = match.candidates(
        rows(salt("r01", a=None), salt("r02", "glass"), salt("r03", number=None), salt("r04", a=0)), pool(x=halide(5.13))
    )
    assert table[col.ROW_ID].tolist() == ["r01", "r04"]
    assert set(table[col.REMARK]) == {"the row has no possible cell"}
    assert table[col.LATTICE_DEVIATION].isna().all()


def test_another_setting_and_another_group() -> None:
    file = orthorhombic((10.0, 6.0, 5.0))
    composition = "".join(f"{e}{n / 4:g}" for e, n in read(file, "x").content.items())
    permuted = ("r01", composition, 4, composition, 62, 5.0, 10.0, 6.0, 90, 90, 90)
    elsewhere = ("r02", composition, 4, composition, 33, 10.0, 6.0, 5.0, 90, 90, 90)
    table = match.candidates(rows(permuted, elsewhere), pool(x=file))
    assert table[col.ROW_ID].tolist() == ["r01"]
    assert table[col.SETTING].iloc[0] == "permuted: c,a,b"


def test_a_file_without_symmetry_is_asked_of_spglib() -> None:
    full = [("Li", 0, 0, 0), ("Li", 0.5, 0.5, 0), ("Li", 0.5, 0, 0.5), ("Li", 0, 0.5, 0.5)]
    full += [("Cl", 0.5, 0.5, 0.5), ("Cl", 0, 0, 0.5), ("Cl", 0, 0.5, 0), ("Cl", 0.5, 0, 0)]
    listed = cif("P 1", (5.13, 5.13, 5.13, 90, 90, 90), [(*site, 1.0) for site in full])
    assert match.candidates(rows(salt("r01")), pool(x=listed))[col.FILE].tolist() == ["x"]


def test_candidates_do_not_depend_on_the_order_of_the_library() -> None:
    texts = {f"f{i}": halide(5.13 + 0.01 * (i % 3)) for i in range(9)}
    forwards, backwards = pool(**texts), pool(**dict(reversed(texts.items())))
    table = match.candidates(rows(salt("r01")), forwards, most=5)
    assert table[col.FILE].tolist() == ["f0", "f3", "f6", "f1", "f4"]
    pd.testing.assert_frame_equal(table, match.candidates(rows(salt("r01")), backwards, most=5))
    parts = [pool(**{k: v for k, v in texts.items() if int(k[1]) % 2 == i}) for i in range(2)]
    pd.testing.assert_frame_equal(table, match.candidates(rows(salt("r01")), joined(parts), most=5))


def test_nothing_to_offer() -> None:
    for library in (pool(), pool(x=halide(5.13, anion="I"))):
        table = match.candidates(rows(salt("r01")), library)
        assert table.empty
        candidates_schema.schema().validate(table)


def test_composition_takes_the_number_of_formula_units_that_fits_best() -> None:
    row = match.row_of("r01", {col.REDUCED_COMPOSITION: "Li7La3Zr2O12", col.Z: 8})
    assert row is not None
    system = ("La", "Li", "O", "Zr")
    content = np.array([[24.0, 56.0, 96.0, 16.0], [24.0, 52.0, 96.0, 16.0], [12.0, 28.0, 48.0, 8.0], [24.0, 56.0, 96.0, 15.5]])
    deviations, units = composition_deviations(row.amounts, system, content)
    assert deviations.tolist() == pytest.approx([0, 0.5, 0, 0.0625])
    assert units.tolist() == [8, 8, 4, 8]


# --- verdicts ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("same_group", "deviations", "expected"),
    [
        (True, (0.01, 0.001, 0.1), "exact"),
        (True, (0.011, 0.0, 0.0), "close"),
        (True, (0.0, 0.0011, 0.0), "close"),
        (True, (0.05, 0.03, 3.0), "close"),
        (True, (0.051, 0.0, 0.0), "outside"),
        (True, (0.0, 0.0301, 0.0), "outside"),
        (True, (0.0, 0.0, 3.01), "outside"),
        (False, (0.0, 0.0, 0.0), "outside"),
        (True, (float("nan"), 0.0, 0.0), "outside"),
        (True, (0.0, float("nan"), float("nan")), "outside"),
    ],
)
def test_verdict(same_group: bool, deviations: tuple[float, float, float], expected: str) -> None:
    assert match.verdict(same_group, *deviations) == expected


def test_structures_table() -> None:
    entries = rows(salt("r01"), salt("r02", "Li0.95Na0.05Cl", a=5.2), salt("r03", number=216), salt("r04"), salt("r05"))
    texts = {
        "r01": halide(5.13),
        "r02": halide(5.13, 0.05),
        "r03": halide(5.13),
        "r04": "data_broken\n_cell_length_a 5\n",
        "zzz": halide(5.13),
    }
    table = match.structures(entries, texts, perturbation={"r01": "source"})
    structures_schema.schema().validate(table)
    assert table[col.ID].tolist() == ["r01", "r02", "r03", "r04"]
    assert table[col.MATCH].tolist() == ["exact", "close", "outside", "unreadable"]
    assert table[col.PERTURBATION].tolist() == ["source", "none", "none", "none"]
    assert table[col.SPACEGROUP_SPGLIB].tolist()[:3] == [225, 225, 225]
    assert table[col.N_SITES].tolist()[:3] == [2, 3, 2]
    assert "_cell_length_b is missing" in table[col.READ_AS][3]
    assert all("no operations are listed" in read_as for read_as in table[col.READ_AS][:3])
    noted = match.structures(rows(salt("r01")), {"r01": halide(5.13) + "_publ_x 'open\n"})
    assert "passed over" in noted[col.READ_AS][0]
    assert table[col.IS_DISORDERED].tolist()[:3] == [False, True, False]
    assert table[col.N_PARTIAL_SITES].tolist()[:3] == [0, 2, 0]
    assert table.loc[3, [str(col.SPACEGROUP_CIF), str(col.SETTING)]].isna().all()


def test_the_space_group_of_a_file_is_that_of_its_operations_its_mirror_image_or_its_atoms() -> None:
    assert same_group(62, 62, 62)
    assert same_group(92, 96, 96)  # P41212 and P43212: one powder pattern
    assert same_group(225, 1, 225)  # every atom listed, no operation
    assert not same_group(62, 63, 63)
    assert not same_group(None, 62, 62)
    assert not same_group(62, None, 62)


def test_checks_and_table_measure_one_deviation() -> None:
    """Half of the atoms of a row whose formula is itself four formula units: neither reads it as another composition."""
    formula = {"Li": 4.0, "Ti": 8.0, "P": 12.0, "O": 48.0}
    assert composition_deviation(formula, {"Li": 2.0, "Ti": 4.0, "P": 6.0, "O": 24.0}) == (0.0, 0.5)
    deviation, units = composition_deviation({"Li": 1.3, "Cl": 1.3}, {"Li": 5.2, "Cl": 5.4})
    assert (deviation, units) == (pytest.approx(0.05), 4.0)
