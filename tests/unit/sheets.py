"""Sheets written for a test."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl

from schemas import columns as col

ROW: dict[str, object] = {
    col.ID: "abc",
    col.REDUCED_COMPOSITION: "Li3PO4",
    col.Z: 4,
    col.TRUE_COMPOSITION: "Li12.0P4.0O16.0",
    col.IONIC_CONDUCTIVITY: 1e-7,
    col.SPACE_GROUP: "Pnma",
    col.SPACE_GROUP_NUMBER: 62,
    col.A: 10.49,
    col.B: 6.12,
    col.C: 4.927,
    col.ALPHA: 90,
    col.BETA: 90,
    col.GAMMA: 90,
    col.DOI: "10.1000/one",
}


def row(**changes: object) -> dict[str, object]:
    """One good row, some cells changed; keys are the names of ``schemas.columns`` (``IONIC_CONDUCTIVITY="<1E-10"``)."""
    return {**ROW, **{getattr(col, name): value for name, value in changes.items()}}


def workbook(rows: Sequence[dict[str, object]], header: Sequence[str | None] = col.WORKBOOK) -> bytes:
    """An .xlsx file with these rows under this header."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([None if label is None else str(label) for label in header])
    for cells in rows:
        sheet.append([cells.get(label) for label in header])  # type: ignore[arg-type]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
