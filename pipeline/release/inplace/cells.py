"""Cells of a sheet, found in its XML and replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.ingest.contributed.sheets import letter
from pipeline.release.inplace.splice import CURE, Edit, Element, elements, spliced, text_of

#: Row and column of a cell, both from 1.
Place = tuple[int, int]
Value = str | int | float | None
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
#: What stands behind the notes in a sheet, in the order of the standard (CT_Worksheet).
_BEHIND = frozenset({
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst", "AlternateContent",
})  # fmt: skip


@dataclass(frozen=True)
class Slot:
    """Where a cell stands or would stand: the bytes that it takes the place of, its style, prefix and whether it holds a formula."""

    start: int
    end: int
    style: int
    prefix: str
    formula: bool


def reference(place: Place) -> str:
    """A place as a spreadsheet writes it: ``(5, 3)`` is ``C5``."""
    return f"{letter(place[1])}{place[0]}"


def placed(text: str) -> Place | None:
    """Row and column of the first cell of a reference."""
    found = _REFERENCE.match(text)
    if not found:
        return None
    column = 0
    for each in found[1].upper():
        column = 26 * column + ord(each) - 64
    return int(found[2]), column


def slots(sheet: bytes, wanted: Iterable[Place], file: str) -> dict[Place, Slot]:
    """Where the wanted cells stand in the XML of a sheet.

    Raises
    ------
    InputError
        When a row is not there, or a cell is the origin of a formula that other cells share.
    """
    targets = set(wanted)
    rows = {row for row, _ in targets}
    found: dict[Place, Slot] = {}
    row_of: dict[int, tuple[Element, list[tuple[int, Element]]]] = {}
    columns: list[Element] = []
    formulas: list[Element] = []
    number, column = 0, 0
    for each in elements(sheet, ("col", "row", "c", "f"), file):
        if each.name == "row":
            number, column = int(each.attributes.get("r", number + 1)), 0
            if number in rows:
                row_of[number] = (each, [])
        elif each.name == "c" and each.parents[-1] == "row":
            place = placed(each.attributes.get("r", ""))
            column = place[1] if place else column + 1
            if number in row_of:
                row_of[number][1].append((column, each))
        elif each.name == "f":
            formulas.append(each)
        elif each.name == "col":
            columns.append(each)
    for place in sorted(targets):
        if place[0] not in row_of:
            raise InputError("the sheet lacks the row", file=file, row=place[0], cure=CURE)
        found[place] = _slot(place, *row_of[place[0]], columns, formulas, file)
    return found


def _slot(place: Place, row: Element, cells: list[tuple[int, Element]], columns: list[Element], formulas: list[Element], file: str) -> Slot:
    own = next((cell for column, cell in cells if column == place[1]), None)
    if own is not None:
        inside = [f for f in formulas if own.start < f.start < own.end]
        if any("ref" in f.attributes and f.attributes["ref"] != reference(place) for f in inside):
            raise InputError(
                "a formula that other cells share begins here", file=file, row=place[0], column=letter(place[1]),
                cure="paste its cells as values and save",
            )  # fmt: skip
        return Slot(own.start, own.end, _whole(own.attributes.get("s")), own.prefix, bool(inside))
    if row.outer == row.end:
        raise InputError("the row is empty", file=file, row=place[0], cure=CURE)
    behind = next((cell.start for column, cell in cells if column > place[1]), row.outer)
    style = _whole(row.attributes.get("s")) if row.attributes.get("customFormat") in ("1", "true") else 0
    for each in columns:
        if not style and _whole(each.attributes.get("min")) <= place[1] <= _whole(each.attributes.get("max")):
            style = _whole(each.attributes.get("style"))
    return Slot(behind, behind, style, row.prefix, False)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def rewritten(sheet: bytes, slots: Mapping[Place, Slot], values: Mapping[Place, Value], styles: Mapping[int, int], file: str) -> bytes:
    """The sheet with new cells in their slots; a link that stood on one of them led to the old value and goes."""
    edits = [Edit(slot.start, slot.end, _cell(place, values[place], slot, styles[slot.style])) for place, slot in sorted(slots.items())]
    links = elements(sheet, ("hyperlinks", "hyperlink"), file)
    held = [each for each in links if each.name == "hyperlink"]
    gone = [each for each in held if each.attributes.get("ref", "") in set(map(reference, slots))]
    whole = [each for each in links if each.name == "hyperlinks"]
    edits += [Edit(each.start, each.end, b"") for each in (whole if gone and len(gone) == len(held) else gone)]
    return spliced(sheet, edits)


def _cell(place: Place, value: Value, slot: Slot, style: int) -> bytes:
    p = slot.prefix
    head = f'<{p}c r="{reference(place)}" s="{style}"'
    if value is None:
        return f"{head}/>".encode()
    if isinstance(value, str):
        return f'{head} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text_of(value)}</{p}t></{p}is></{p}c>'.encode()
    return f"{head}><{p}v>{value!r}</{p}v></{p}c>".encode()


def with_drawing(sheet: bytes, key: str, file: str) -> bytes:
    """The sheet with the drawing that shows its notes; ``key`` is that of the relation."""
    every = elements(sheet, ("worksheet", *_BEHIND), file)
    root = every[0]
    behind = next((each.start for each in every[1:] if len(each.parents) == 1), root.outer)
    name = "http://purl.oclc.org/ooxml/officeDocument/relationships" if b"http://purl.oclc.org/ooxml" in sheet[: root.inner] else (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    )  # fmt: skip
    made = f'<{root.prefix}legacyDrawing xmlns:r="{name}" r:id="{key}"/>'.encode()
    return spliced(sheet, [Edit(behind, behind, made)])
