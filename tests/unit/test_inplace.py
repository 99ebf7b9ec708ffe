"""Cells changed in a workbook file: these cells, their colour and their notes, and nothing else of it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from pipeline.errors import InputError
from pipeline.release.inplace import Change, changed
from pipeline.release.inplace.cells import Value, placed, reference
from pipeline.release.inplace.splice import Edit, elements, spliced
from pipeline.release.inplace.styles import COLOUR

Cells = dict[tuple[str, str], object]


def book() -> openpyxl.Workbook:
    """Two sheets with nearly everything that a curator puts into them."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Entries & more"
    for row in (["ID", "Z", "DOI"], ["abc", 4, "10.1/x"], ["aaa", None, "10.1/y"], ["zzz", 2, None]):
        sheet.append(row)
    sheet["B2"].fill, sheet["B2"].font = PatternFill("solid", fgColor="FF00FF00"), Font(bold=True)
    sheet["B2"].number_format = "0.00"
    sheet["B2"].comment, sheet["A1"].comment = Comment("from the paper", "me"), Comment("three characters", "me")
    sheet["C2"].hyperlink, sheet["C3"].hyperlink = "https://doi.org/10.1/x", "https://doi.org/10.1/y"
    sheet.column_dimensions["B"].width, sheet.row_dimensions[3].hidden, sheet.freeze_panes = 33, True, "B2"
    sheet.conditional_formatting.add("B2:B4", CellIsRule(operator="greaterThan", formula=["5"], font=Font(italic=True)))
    check = DataValidation(type="whole", operator="greaterThan", formula1="0")
    check.add("B2:B4")
    sheet.add_data_validation(check)
    other = made.create_sheet("Plan")
    other["A1"], other["B9"] = "=1+1", "as it was"
    other["A1"].comment = Comment("elsewhere", "you")
    return made


def saved(made: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def seen(data: bytes, what: Callable[[object], object]) -> Cells:
    return {(sheet.title, cell.coordinate): what(cell) for sheet in opened(data) for row in sheet.iter_rows() for cell in row}


def differing(one: bytes, other: bytes, what: Callable[[object], object]) -> set[str]:
    before, after = seen(one, what), seen(other, what)
    assert before.keys() == after.keys()
    assert all(key[0] == "Entries & more" for key in before if before[key] != after[key])
    return {key[1] for key in before if before[key] != after[key]}


def value(cell: object) -> object:
    return cell.value  # type: ignore[attr-defined]


def note(cell: object) -> object:
    return cell.comment.text if cell.comment else None  # type: ignore[attr-defined]


def fill(cell: object) -> object:
    return cell.fill.fgColor.rgb  # type: ignore[attr-defined]


def rest(cell: object) -> object:
    return repr((cell.font, cell.number_format, cell.border))  # type: ignore[attr-defined]


CHANGES = [
    Change((2, 2), 8, "was 4"),
    Change((3, 2), 2.5, "was blank"),
    Change((4, 3), "10.1/<z> & co", "was blank"),
    Change((2, 3), None, "gone"),
]


def test_the_changed_cells_differ_and_no_other() -> None:
    before = saved(book())
    after = changed(before, "Entries & more", CHANGES, "b.xlsx")
    places = {reference(each.place) for each in CHANGES}
    for what in (value, note, fill):
        assert differing(before, after, what) == places
    assert differing(before, after, rest) == set()
    sheet = opened(after)["Entries & more"]
    assert [sheet[reference(each.place)].value for each in CHANGES] == [each.value for each in CHANGES]
    assert {sheet[place].fill.fgColor.rgb for place in places} == {COLOUR}
    assert (sheet["B2"].font.bold, sheet["B2"].number_format) == (True, "0.00")
    assert sheet["B2"].comment.text == "from the paper\nwas 4"
    assert (sheet["C2"].hyperlink, sheet["C3"].hyperlink.target) == (None, "https://doi.org/10.1/y")
    assert (sheet.column_dimensions["B"].width, sheet.row_dimensions[3].hidden, sheet.freeze_panes) == (33, True, "B2")
    assert len(sheet.data_validations.dataValidation) == len(sheet.conditional_formatting) == 1


def test_every_other_part_keeps_its_bytes_and_there_is_no_clock() -> None:
    before = replaced(saved(book()), "xl/workbook.xml", rb' fullCalcOnLoad="1"', b"")
    after = changed(before, "Entries & more", CHANGES, "b.xlsx")
    assert after == changed(before, "Entries & more", CHANGES, "b.xlsx")
    with zipfile.ZipFile(io.BytesIO(before)) as one, zipfile.ZipFile(io.BytesIO(after)) as other:
        differ = {name for name in one.namelist() if one.read(name) != other.read(name)}
        times = {info.filename: info.date_time for info in one.infolist()}
        assert all(info.date_time == times.get(info.filename, (1980, 1, 1, 0, 0, 0)) for info in other.infolist())
        assert b'fullCalcOnLoad="1"' in other.read("xl/workbook.xml")
    assert differ == {
        "xl/worksheets/sheet1.xml",
        "xl/styles.xml",
        "xl/comments/comment1.xml",
        "xl/drawings/commentsDrawing1.vml",
        "xl/workbook.xml",
    }


def test_a_sheet_without_notes_gets_them() -> None:
    made = openpyxl.Workbook()
    made.active.append(["ID", "Z"])
    made.active.append(["abc", 4])
    after = changed(saved(made), "Sheet", [Change((2, 2), 8, "was 4"), Change((2, 4), "new", "beyond")], "b.xlsx")
    sheet = opened(after).active
    assert (sheet["B2"].comment.text, sheet["D2"].comment.text, sheet["D2"].value) == ("was 4", "beyond", "new")
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        assert archive.testzip() is None
        (vml,) = [name for name in archive.namelist() if name.endswith(".vml")]
        assert archive.read(vml).count(b"<v:shape ") == 2
        types = archive.read("[Content_Types].xml")
        assert types.count(b'Extension="vml"') == types.count(b"comments+xml") == 1
        assert archive.read("xl/worksheets/sheet1.xml").rstrip().endswith(b"/></worksheet>")
    twice = changed(after, "Sheet", [Change((2, 2), 9, "was 8")], "b.xlsx")
    assert opened(twice).active["B2"].comment.text == "was 4\nwas 8"


def test_a_formula_in_a_changed_cell_goes_with_the_list_of_cells_to_compute() -> None:
    made = book()
    made["Entries & more"]["B4"] = "=B2+1"
    data = with_part(saved(made), "xl/calcChain.xml", b'<calcChain xmlns="x"><c r="B4" i="1"/></calcChain>', "calcChain", "calcChain+xml")
    after = changed(data, "Entries & more", [Change((4, 2), 5, "was a formula")], "b.xlsx")
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        assert "xl/calcChain.xml" not in archive.namelist()
        assert b"calcChain" not in archive.read("[Content_Types].xml") + archive.read("xl/_rels/workbook.xml.rels")
    assert opened(after)["Entries & more"]["B4"].value == 5


def test_the_origin_of_a_shared_formula_is_told() -> None:
    made = book()
    made["Entries & more"]["B4"] = "=B2+1"
    data = replaced(saved(made), "xl/worksheets/sheet1.xml", rb"<f>", b'<f t="shared" ref="B4:B9" si="0">')
    with pytest.raises(InputError, match="other cells share") as caught:
        changed(data, "Entries & more", [Change((4, 2), 5, "")], "b.xlsx")
    assert caught.value.row == 4


@pytest.mark.parametrize("prefix", [False, True])
def test_rows_and_cells_that_do_not_say_where_they_are_are_counted(prefix: bool) -> None:
    data = replaced(saved(book()), "xl/worksheets/sheet1.xml", rb'(<(?:row|c)\b[^>]*?) r="[A-Z]*\d+"', rb"\1")
    if prefix:
        data = replaced(data, "xl/worksheets/sheet1.xml", rb"<(/?)(?=[a-z])", rb"<\1x:")
        data = replaced(data, "xl/worksheets/sheet1.xml", rb"xmlns=", rb"xmlns:x=")
    sheet = opened(changed(data, "Entries & more", [Change((2, 3), "10.1/new", "n")], "b.xlsx"))["Entries & more"]
    assert [cell.value for cell in sheet[2]] == ["abc", 4, "10.1/new"]


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        ("xl/worksheets/sheet1.xml", rb"^", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", "document type"),
        ("xl/worksheets/sheet1.xml", rb"</worksheet>", b"", "damaged"),
        ("xl/styles.xml", rb"(?s)<cellXfs.*</cellXfs>", b"", "no styles"),
    ],
)
def test_a_damaged_part_is_told(part: str, old: bytes, new: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        changed(replaced(saved(book()), part, old, new), "Entries & more", CHANGES, "b.xlsx")


def test_a_sheet_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="'Nowhere'"):
        changed(saved(book()), "Nowhere", CHANGES, "b.xlsx")


VALUES = st.one_of(
    st.none(), st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]), min_size=1),
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(1, 4), st.integers(1, 30)), VALUES, min_size=1, max_size=6))
def test_what_is_written_is_read_back(values: dict[tuple[int, int], Value]) -> None:
    after = changed(saved(book()), "Entries & more", [Change(place, each, "why") for place, each in values.items()], "b.xlsx")
    sheet = opened(after)["Entries & more"]
    for place, each in values.items():
        found = sheet.cell(*place).value
        if isinstance(each, str) and re.search(r"_x[0-9A-Fa-f]{4}_", each):
            continue
        assert found == each
        assert "why" in sheet.cell(*place).comment.text


@given(st.integers(1, 10**6), st.integers(1, 16384))
def test_a_reference_is_read_as_it_is_written(row: int, column: int) -> None:
    assert placed(reference((row, column))) == (row, column)


def test_elements_know_their_bytes() -> None:
    data = '<?xml version="1.0"?><a x="&gt;"><!-- <b/> --><p:b xmlns:p="u" q=">"/><b>é</b></a>'.encode()
    found = elements(data, ("b",), "f")
    assert [data[each.start : each.end].decode() for each in found] == ['<p:b xmlns:p="u" q=">"/>', "<b>é</b>"]
    assert [(each.prefix, each.parents) for each in found] == [("p:", ("a",)), ("", ("a",))]
    assert spliced(data, [Edit(each.start, each.end, b"") for each in found]).endswith(b"--></a>")


def replaced(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as one, zipfile.ZipFile(buffer, "w") as other:
        for name in one.namelist():
            other.writestr(name, re.sub(old, new, one.read(name)) if name == part else one.read(name))
    return buffer.getvalue()


def with_part(data: bytes, name: str, content: bytes, kind: str, type: str) -> bytes:
    data = replaced(
        data, "[Content_Types].xml", rb"</Types>", f'<Override PartName="/{name}" ContentType="application/{type}"/></Types>'.encode()
    )
    relation = f'<Relationship Id="rIdX" Type="http://x/{kind}" Target="/{name}"/></Relationships>'.encode()
    data = replaced(data, "xl/_rels/workbook.xml.rels", rb"</Relationships>", relation)
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()
