"""Notes on cells: the texts in one part, the boxes that show them in another (VML, as spreadsheets still want it)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.errors import InputError
from pipeline.release.inplace.cells import Place, placed, reference, with_drawing
from pipeline.release.inplace.package import Package
from pipeline.release.inplace.splice import CURE, Edit, appended, elements, spliced, text_of

AUTHOR = "obelix-curate"
_COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_EMPTY_VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)
_SHAPE = (
    '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" id="_x0000_s{id}" type="#_x0000_t202" '
    'style="position:absolute;width:320pt;height:120pt;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill>'
    "<x:Anchor>{left}, 15, {top}, 2, {right}, 15, {bottom}, 4</x:Anchor><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
    "</x:ClientData></v:shape>"
)


def noted(package: Package, part: str, notes: Mapping[Place, str]) -> None:
    """Put notes on cells of a sheet; to a note that stands there the text is added, and every other stays.

    Raises
    ------
    InputError
        When the notes of the sheet are damaged.
    """
    found = package.related(part, "comments")
    if found is None:
        root = elements(package[part], ("worksheet",), package.file)[0]
        name = root.attributes.get(f"xmlns:{root.prefix.rstrip(':')}" if root.prefix else "xmlns", "")
        text = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{name}"><authors/><commentList/></comments>'
        target = package.free("xl/comments{}.xml")
        package[target] = text.encode()
        package.relate(part, f"{_types(package)}/comments", target)
        package.list_content("PartName", f"/{target}", _COMMENTS)
    else:
        target = found.target
    fresh = _write(package, target, notes)
    if fresh:
        _draw(package, part, fresh)


def _types(package: Package) -> str:
    """Address that the types of this workbook's relations begin with: the standard has a transitional and a strict one."""
    return package.relations("xl/workbook.xml")[0].type.rpartition("/")[0]


def _write(package: Package, target: str, notes: Mapping[Place, str]) -> list[Place]:
    """Write the texts; the places that had no note."""
    data = package[target]
    every = elements(data, ("authors", "author", "commentList", "comment", "text"), package.file)
    lists = {each.name: each for each in every if each.name in ("authors", "commentList")}
    if lists.keys() != {"authors", "commentList"}:
        raise InputError("the notes of the workbook are damaged", file=package.file, cure=CURE)
    p = lists["commentList"].prefix
    author = sum(each.name == "author" for each in every)
    texts: dict[Place, int] = {}
    for number, each in enumerate(every):
        place = placed(each.attributes.get("ref", "")) if each.name == "comment" else None
        if place is not None and number + 1 < len(every) and every[number + 1].name == "text":
            texts[place] = number + 1
    edits: list[Edit] = []
    fresh = [place for place in sorted(notes) if place not in texts]
    for place, note in sorted(notes.items()):
        if place in texts:
            run = f'<{p}r><{p}t xml:space="preserve">\n{text_of(note)}</{p}t></{p}r>'
            edits.append(appended(data, every[texts[place]], run.encode()))
    made = "".join(
        f'<{p}comment ref="{reference(place)}" authorId="{author}"><{p}text><{p}r><{p}t xml:space="preserve">{text_of(notes[place])}'
        f"</{p}t></{p}r></{p}text></{p}comment>"
        for place in fresh
    )
    if fresh:
        edits.append(appended(data, lists["authors"], f"<{p}author>{AUTHOR}</{p}author>".encode()))
        edits.append(appended(data, lists["commentList"], made.encode()))
    package[target] = spliced(data, edits)
    return fresh


def _draw(package: Package, part: str, places: list[Place]) -> None:
    """Give each place a box. VML is not always well-formed XML, so its end is looked for and nothing is parsed."""
    legacy = [each for each in elements(package[part], ("legacyDrawing",), package.file) if len(each.parents) == 1]
    keys = {value for each in legacy for name, value in each.attributes.items() if name.rpartition(":")[2] == "id"}
    target = next((each.target for each in package.relations(part) if each.id in keys), None)
    if target is None:
        target = package.free("xl/drawings/vmlDrawing{}.vml")
        package[target] = _EMPTY_VML.encode()
        key = package.relate(part, f"{_types(package)}/vmlDrawing", target)
        package.list_content("Extension", "vml", _VML)
        package[part] = with_drawing(package[part], key, package.file)
    data = package[target]
    taken = [int(found) for found in re.findall(rb"_x0000_s(\d{1,9})", data)]
    first = max([1024, *taken]) + 1
    shapes = "".join(
        _SHAPE.format(id=first + number, left=column, right=column + 5, top=max(row - 2, 0), bottom=row + 7, row=row - 1, column=column - 1)
        for number, (row, column) in enumerate(places)
    )
    end = re.search(rb"</(?:\w+:)?xml\s*>\s*\Z", data)
    if end is None:
        raise InputError("the boxes of the notes are damaged", file=package.file, cure=CURE)
    package[target] = data[: end.start()] + shapes.encode() + data[end.start() :]
