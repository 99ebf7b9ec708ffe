"""Changes to cells of one sheet of a workbook file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.release.inplace.cells import Place, Value, rewritten, slots
from pipeline.release.inplace.notes import noted
from pipeline.release.inplace.package import Package
from pipeline.release.inplace.splice import CURE, elements, spliced, with_attributes
from pipeline.release.inplace.styles import filled

WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True)
class Change:
    """One cell: row and column (both from 1), its new value, and the note that says why."""

    place: Place
    value: Value
    note: str


def changed(data: bytes, sheet: str, changes: Sequence[Change], file: str) -> bytes:
    """A workbook file with cells of one sheet changed, coloured and noted; everything else of it as it was.

    The same input gives the same bytes. Where the workbook holds formulas, spreadsheets are asked to compute them when they open it, since
    they may depend on a changed cell.

    Raises
    ------
    InputError
        When the workbook is damaged, or a cell begins a formula that others share.
    """
    package = Package(data, file)
    part = _part(package, sheet)
    if not changes:
        return package.data()
    values = {each.place: each.value for each in changes}
    where = slots(package[part], values, file)
    styles = package.related(WORKBOOK, "styles")
    if styles is None:
        raise InputError("the workbook has no styles that could be coloured", file=file, cure=CURE)
    package[styles.target], new = filled(package[styles.target], [slot.style for slot in where.values()], file)
    package[part] = rewritten(package[part], where, values, new, file)
    noted(package, part, {each.place: each.note for each in changes})
    _recompute(package, any(slot.formula for slot in where.values()))
    return package.data()


def _part(package: Package, sheet: str) -> str:
    """Name of the part that holds a sheet."""
    found = [each for each in elements(package[WORKBOOK], ("sheet",), package.file) if each.attributes.get("name") == sheet]
    keys = {value for each in found for name, value in each.attributes.items() if name.rpartition(":")[2] == "id" and ":" in name}
    target = next((each.target for each in package.relations(WORKBOOK) if each.id in keys), None)
    if target is None:
        raise InputError(f"the part of the sheet {sheet!r} is not found", file=package.file, cure=CURE)
    return target


def _recompute(package: Package, replaced: bool) -> None:
    """See to it that formulas are computed anew. The list of cells to compute is dropped when one of them is no formula any more."""
    chain = package.related(WORKBOOK, "calcChain")
    if replaced and chain is not None and chain.target in package:
        package.unrelate(WORKBOOK, chain.target)
        package.remove(chain.target)
    sheets = [each.target for each in package.relations(WORKBOOK) if each.type.endswith("/worksheet")]
    if any(elements(package[name], ("f",), package.file) for name in sheets):
        calc = elements(package[WORKBOOK], ("calcPr",), package.file)
        package[WORKBOOK] = spliced(package[WORKBOOK], [with_attributes(package[WORKBOOK], each, fullCalcOnLoad=1) for each in calc[:1]])
