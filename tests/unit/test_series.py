"""Cells against their kin, and the digits of a cell: laws on series made for the case."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from pipeline.checks.digits import digit_findings, file_digits
from pipeline.checks.pair import Pair
from pipeline.checks.reading import Row
from pipeline.checks.series import OUTSIDE, _Law, _line, _medians_without, series_findings
from pipeline.chemistry.cell import CellComparison, compare
from pipeline.findings import Finding
from pipeline.structures.cif import read
from pipeline.structures.symmetry import examined
from schemas import columns as col
from tests.unit.difficult import atoms, cell, listed, operations


def garnet(name: str, x: float, a: float, paper: str = "10.1/one", **more: object) -> Row:
    """Li7-xLa3Zr2-xTaxO12 with the axis a."""
    reduced = f"Li{7 - x:g}La3Zr{2 - x:g}Ta{x:g}O12"
    true = f"Li{8 * (7 - x):g}La24Zr{8 * (2 - x):g}Ta{8 * x:g}O96"
    values = {
        col.REDUCED_COMPOSITION: reduced, col.TRUE_COMPOSITION: true, col.Z: 8, col.SPACE_GROUP: "Ia-3d", col.SPACE_GROUP_NUMBER: 230,
        col.A: a, col.B: a, col.C: a, col.ALPHA: 90.0, col.BETA: 90.0, col.GAMMA: 90.0, col.DOI: paper,
    }  # fmt: skip
    return Row(name, values | {getattr(col, key): value for key, value in more.items()})


def vegard(x: float) -> float:
    return round(12.97 - 0.06 * x, 4)


def series(count: int = 10, paper: str = "10.1/{}") -> list[Row]:
    return [garnet(f"r{i}", 0.1 * (i + 1), vegard(0.1 * (i + 1)), paper.format(i)) for i in range(count)]


def found(rows: list[Row]) -> dict[str, Finding]:
    return {each.id: each for each in series_findings(rows)}


def test_a_type_that_follows_its_composition_is_left_alone() -> None:
    assert found(series(16)) == {}


@pytest.mark.parametrize(("factor", "heard"), [(1.005, False), (1.015, True), (0.985, True), (1.03, True), (1.2, False)])
def test_a_cell_off_its_structure_type_is_named(factor: float, heard: bool) -> None:
    """2.8 % of the volume, four times the scatter of garnets, is 0.93 % of an axis; a factor of 1.7 in volume is another check's."""
    rows = [*series(16), garnet("bad", 0.85, round(vegard(0.85) * factor, 4), "10.1/x")]
    assert set(found(rows)) == ({"bad"} if heard else set())


def test_several_wrong_cells_do_not_hide_each_other() -> None:
    rows = [*series(16), *(garnet(f"bad{i}", 0.15 + 0.1 * i, round(vegard(0.15 + 0.1 * i) * 1.02, 4), f"10.2/{i}") for i in range(4))]
    assert set(found(rows)) == {"bad0", "bad1", "bad2", "bad3"}


def test_the_fit_without_a_row_is_that_of_the_others() -> None:
    """The leverage gives what a second fit, made without the row, predicts for it."""
    rows = [garnet(f"r{i}", 0.1 * (i + 1), 12.9 + 0.013 * ((7 * i) % 5)) for i in range(9)]
    whole = _Law(rows).fit()
    for scale in (1.0, 1.01):
        other = _Law([*rows[:-1], garnet("r8", 0.9, rows[-1].cell[0] * scale if rows[-1].cell else 0)]).fit()
        assert other.residual[-1] - whole.residual[-1] == pytest.approx(3 * math.log(scale), abs=2e-3)
        assert other.spread[-1] == pytest.approx(whole.spread[-1])


def test_a_rare_element_is_granted_more() -> None:
    rows = series(16)
    with_gadolinium = garnet("gd", 0.5, vegard(0.5))
    values = dict(with_gadolinium.values) | {
        col.REDUCED_COMPOSITION: "Li6.5Gd3Zr1.5Ta0.5O12", col.TRUE_COMPOSITION: "Li52Gd24Zr12Ta4O96", col.A: 12.6, col.B: 12.6, col.C: 12.6,
    }  # fmt: skip
    fit = _Law([*rows, Row("gd", values)]).fit()
    assert fit.spread[-1] > 3 * fit.spread[0]


@pytest.mark.parametrize(("factor", "heard"), [(1.0069, False), (1.0072, True)])
def test_two_cells_of_one_compound(factor: float, heard: bool) -> None:
    rows = [garnet("one", 0.5, 12.9), garnet("two", 0.5, round(12.9 * factor, 5), "10.1/two")]
    assert set(found(rows)) == ({"one", "two"} if heard else set()), "nothing tells which of the two is wrong"
    assert not heard or found(rows)["two"].other == "one"


def test_of_two_cells_the_one_is_named_that_is_out_of_line() -> None:
    one, two, third = garnet("one", 0.5, 12.9), garnet("two", 0.5, 13.05, "10.1/two"), garnet("zzz", 0.5, 12.91, "10.1/three")
    assert set(found([one, two, third])) == {"two"}, "a third row has the cell of the first"
    assert "1 other row has the cell of one" in found([one, two, third])["two"].message
    assert set(found([one, two, garnet("zzz", 0.5, 13.06, "10.1/three")])) == {"one"}, "others have the cell of the second"
    rows = [*series(16), garnet("aaa", 0.5, round(vegard(0.5) * 1.0085, 4), "10.1/x")]  # 2.6 % of the volume: inside the law of the type
    assert set(found(rows)) == {"aaa"}
    assert "standard deviations off the law" in found(rows)["aaa"].message


def test_a_cell_far_off_its_type_is_an_error_on_the_length_that_departs() -> None:
    near, far = (garnet("bad", 0.85, round(vegard(0.85) * factor, 4), "10.1/x") for factor in (1.0125, 1.02))
    assert [found([*series(16), row])["bad"].severity for row in (near, far)] == ["warning", "error"]
    tetragonal = [
        Row(r.id, dict(r.values) | {col.SPACE_GROUP: "I41/acd", col.SPACE_GROUP_NUMBER: 142, col.C: round(r.values[col.A] * 0.97, 4)})
        for r in series(16)
    ]
    wrong = Row("bad", dict(tetragonal[3].values) | {col.C: tetragonal[3].values[col.C] * 1.06, col.DOI: "10.1/x"})
    assert (found([*tetragonal, wrong])["bad"].column, found([*tetragonal, wrong])["bad"].severity) == ("c", "error")
    assert float(found([*tetragonal, wrong])["bad"].expected) == pytest.approx(tetragonal[3].values[col.C], rel=0.01)


def test_a_series_may_bend() -> None:
    """A solid solution that nears its limit leaves Vegard's line: its last member is no slip."""
    rows = [garnet(f"r{i}", 0.1 * i, 12.97 - 0.06 * 0.1 * i + 0.03 * (0.1 * i) ** 2, "10.1/one") for i in range(12)]
    assert found(rows) == {}
    off = garnet("r6", 0.6, (rows[6].cell or (0,))[0] * 1.003, "10.1/one")
    assert set(found([*rows[:6], off, *rows[7:]])) == {"r6"}


def test_only_new_rows_are_named_whichever_they_are_compared_with() -> None:
    rows = [garnet("one", 0.5, 12.9), garnet("two", 0.5, 13.1, "10.1/two")]
    assert [f.id for f in series_findings(rows, {"one"})] == ["one"]
    assert [f.id for f in series_findings(rows, {"two"})] == ["two"]
    assert [f.id for f in series_findings(rows, {"three"})] == []
    assert [f.id for f in series_findings(rows[::-1])] == [f.id for f in series_findings(rows)]


def test_a_member_off_the_line_of_its_paper() -> None:
    rows = series(7, paper="10.1/one")
    assert found(rows) == {}
    copied = garnet("r3", 0.4, round(vegard(0.4) * 1.003, 4), "10.1/one")  # 0.9 % of the volume: less than the type is granted
    assert set(found([*rows[:3], copied, *rows[4:]])) == {"r3"}
    assert found([*rows[:3], copied]) == {}, "four rows make no series"


def test_a_straight_line_is_met_exactly() -> None:
    import numpy as np

    x = np.array([0.0, 1.0, 2.0, 4.0])
    value, spread = _line(x, 3 + 2 * x, 3.0)
    assert value == pytest.approx(9)
    assert spread == pytest.approx(0.001 * math.sqrt(1 + 1 / 4 + (3 - 1.75) ** 2 / 8.75))


def olivine(name: str, a: float, b: float, c: float, **more: object) -> Row:
    values = {
        col.REDUCED_COMPOSITION: "Li3PO4", col.TRUE_COMPOSITION: "Li12P4O16", col.SPACE_GROUP: "Pnma", col.SPACE_GROUP_NUMBER: 62, col.Z: 4,
        col.A: a, col.B: b, col.C: c, col.ALPHA: 90.0, col.BETA: 90.0, col.GAMMA: 90.0, col.DOI: f"10.1/{name}",
    }  # fmt: skip
    return Row(name, values | {getattr(col, key): value for key, value in more.items()})


def test_axes_in_another_order_than_those_of_the_kin() -> None:
    kin = [olivine(f"r{i}", 10.3 * scale, 6.0 * scale, 4.7 * scale) for i, scale in enumerate((1.0, 1.001, 1.002, 1.003, 1.004))]
    wrong, other = olivine("bad", 4.7, 6.0, 10.3), olivine("other", 8.0, 7.5, 4.9)
    assert not any("in the order" in each.message for each in found([*kin, other]).values()), "another shape is another structure"
    told = found([*kin, wrong])["bad"]
    assert (told.severity, told.column, told.value, told.expected) == ("warning", "a", "4.7", "10.3")
    assert "in the order c, b, a" in told.message
    assert "bad" not in found([*kin[:4], wrong]), "four tell no order"
    assert "bad" not in found([*kin, olivine("bad", 4.7, 6.0, 10.3, SPACE_GROUP="Pcmn")]), "another setting has its own"


def test_many_rows_take_little_time() -> None:
    rows = [garnet(f"r{i}", (i % 1000) / 1000, vegard((i % 1000) / 1000), f"10.1/{i % 700}") for i in range(8000)]
    start = time.process_time()
    assert found(rows) == {}
    assert time.process_time() - start < 20


def test_equal_lengths_are_equal_to_the_digit() -> None:
    assert list(digit_findings([garnet("good", 0.5, 12.9)])) == []
    bad = list(digit_findings([garnet("bad", 0.5, 12.9, B=12.9005)]))
    assert [(f.severity, f.column, f.value, f.expected) for f in bad] == [("error", "b", "12.9005", "12.9")]
    first = list(digit_findings([garnet("bad", 0.5, 12.9005, B=12.9, C=12.9)]))
    assert [(f.column, f.value, f.expected) for f in first] == [("a", "12.9005", "12.9")], "the odd one of three"
    tetragonal = garnet("bad", 0.5, 12.9005, B=12.9, C=12.5, SPACE_GROUP="I41/acd", SPACE_GROUP_NUMBER=142)
    seen = list(digit_findings([tetragonal], {"bad": (12.9, 12.9, 12.5, 90.0, 90.0, 90.0)}))
    assert [(f.column, f.value, f.expected) for f in seen] == [("a", "12.9005", "12.9")], "the file has the other"
    assert list(digit_findings([garnet("other", 0.5, 12.9, B=12.7)])) == [], "what breaks the metric is another check's"
    assert list(digit_findings([garnet("free", 0.5, 12.9, B=12.9005, SPACE_GROUP="Pbca", SPACE_GROUP_NUMBER=61)])) == []


def against(row_a: float, row_b: float, row_c: float, a: str, b: str, c: str, close: bool = False) -> list[Finding]:
    text = (
        f"data_x\n_symmetry_space_group_name_H-M 'P n m a'\n{cell(1, 1, 1, 90, 90, 90)}".replace("_a 1\n", f"_a {a}\n")
        .replace("_b 1\n", f"_b {b}\n").replace("_c 1\n", f"_c {c}\n")
    ) + listed(operations("P n m a")) + atoms("Li1 Li 0.1 0.25 0.3 1\nCl1 Cl 0.4 0.25 0.6 1\n")  # fmt: skip
    values = {col.A: row_a, col.B: row_b, col.C: row_c, col.ALPHA: 90.0, col.BETA: 90.0, col.GAMMA: 90.0, col.SPACE_GROUP_NUMBER: 62}
    pair = Pair(Row("abc", values | ({col.CLOSE_MATCH: "Yes"} if close else {})), examined(read(text, "abc.cif")))
    assert pair.row.cell is not None
    return list(file_digits([(pair, compare(pair.row.cell, pair.structure.cell, spacegroup=62))]))


@pytest.mark.parametrize(
    ("row", "file", "heard"),
    [
        ((10.12, 6.2, 4.7), ("10.12", "6.2", "4.7"), ""),
        ((10.12, 6.2, 4.7), ("10.1234", "6.1951", "4.7"), ""),  # the row has fewer digits
        ((10.1237, 6.2, 4.7), ("10.124", "6.2", "4.7"), ""),  # the file has
        ((10.123, 6.2, 4.7), ("10.1239", "6.2", "4.7"), ""),  # cut off
        ((10.123, 6.2, 4.7), ("10.124", "6.2", "4.7"), ""),  # rounded twice
        ((10.123, 6.2, 4.7), ("10.125", "6.2", "4.7"), "differ by 2 in the last digit"),
        ((10.1234, 6.2, 4.7), ("10.1284", "6.2", "4.7"), "differ by 50 in the last digit"),
        ((6.2014, 6.2031, 4.7), ("6.2031", "6.2014", "4.7"), "in the order b, a, c"),
        ((10.1234, 6.2, 4.7), ("10.2284", "6.2", "4.7"), ""),  # cif.lattice
    ],
)
def test_row_and_file_agree_in_the_digits_they_print(row: tuple[float, float, float], file: tuple[str, str, str], heard: str) -> None:
    said = against(*row, *file)
    assert bool(said) is bool(heard)
    assert not said or heard in said[0].message
    assert against(*row, *file, close=True) == []


@pytest.mark.parametrize(
    ("row", "file", "severity"),
    [
        ((10.1234, 6.2014, 4.7012), ("10.1284", "6.2014", "4.7012"), "error"),  # the rest agrees to the digit
        ((10.1234, 6.2034, 4.7012), ("10.1297", "6.2068", "4.7012"), "warning"),  # two of three differ
        ((10.1234, 6.2014, 4.7012), ("10.1297", "6.2068", "4.7041"), "warning"),  # another refinement
        ((10.12, 6.2, 4.7), ("10.13", "6.2", "4.7"), ""),  # too few digits to differ
    ],
)  # fmt: skip
def test_a_slip_against_the_file_is_an_error_and_another_refinement_is_not(
    row: tuple[float, float, float], file: tuple[str, str, str], severity: str
) -> None:
    assert [f.severity for f in against(*row, *file)] == ([severity] if severity else [])


def cubic(name: str, row: float, file: str, paper: str = "10.1/one") -> tuple[Pair, CellComparison]:
    text = f"data_x\n_symmetry_space_group_name_H-M 'F -4 3 m'\n{cell(1, 1, 1, 90, 90, 90)}"
    for axis in "abc":
        text = text.replace(f"_{axis} 1\n", f"_{axis} {file}\n")
    text += listed(operations("F -4 3 m")) + atoms("Li1 Li 0 0 0 1\nCl1 Cl 0.5 0.5 0.5 1\n")
    values = {**dict.fromkeys(col.LATTICE[:3], row), **dict.fromkeys(col.LATTICE[3:], 90.0), col.SPACE_GROUP_NUMBER: 216, col.DOI: paper}
    pair = Pair(Row(name, values), examined(read(text, f"{name}.cif")))
    assert pair.row.cell is not None
    return pair, compare(pair.row.cell, pair.structure.cell, spacegroup=216)


@pytest.mark.parametrize(("group", "number", "heard"), [("P m m m", 47, False), ("P 21 21 21", 19, False), ("P m m a", 51, True)])
def test_two_axes_exchanged_are_one_cell_where_the_group_allows_any_order(group: str, number: int, heard: bool) -> None:
    text = f"data_x\n_symmetry_space_group_name_H-M '{group}'\n{cell(6.2031, 6.2014, 4.7, 90, 90, 90)}" + listed(operations(group))
    values = dict(zip(col.LATTICE, (6.2014, 6.2031, 4.7, 90.0, 90.0, 90.0), strict=True)) | {col.SPACE_GROUP_NUMBER: number}
    pair = Pair(Row("abc", values), examined(read(text + atoms("Li1 Li 0.1 0.2 0.3 1\n"), "abc.cif")))
    assert pair.row.cell is not None
    found = list(file_digits([(pair, compare(pair.row.cell, pair.structure.cell, spacegroup=number))]))
    assert [f.severity for f in found] == (["warning"] if heard else [])


@pytest.mark.parametrize(
    ("row", "file", "severity"), [(10.48371, "10.48171", "error"), (10.0336, "10.036", "error"), (10.46992, "10.46491", "warning")]
)
def test_one_stroke_in_the_only_length_is_a_slip(row: float, file: str, severity: str) -> None:
    assert [f.severity for f in file_digits([cubic("abc", row, file)])] == [severity]


def test_one_stroke_is_none_where_a_sister_is_off_its_file_by_more() -> None:
    slip, sister = cubic("abc", 10.48371, "10.48171"), cubic("xyz", 10.46992, "10.46491")
    assert [f.severity for f in file_digits([slip, sister])] == ["warning", "warning"]
    assert [f.severity for f in file_digits([slip, cubic("xyz", 10.46992, "10.46491", "10.1/two")])] == ["error", "warning"]
    assert [f.severity for f in file_digits([slip, cubic("xyz", 10.0336, "10.036")])] == ["error", "error"]


def test_the_limit_of_a_structure_type_is_four_times_the_scatter_of_garnets() -> None:
    assert pytest.approx(0.028) == OUTSIDE * 0.007


@pytest.mark.parametrize("count", [2, 3, 8, 9])
def test_medians_without_a_row_are_those_of_the_others(count: int) -> None:
    values = np.random.default_rng(count).integers(0, 4, (count, 3)) / 8  # some equal
    places = np.arange(count)
    expected = [np.median(np.delete(values, place, axis=0), axis=0) for place in places]
    assert _medians_without(values, places).tolist() == np.array(expected).tolist()
