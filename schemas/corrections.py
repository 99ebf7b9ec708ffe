"""What curators decide: corrections of cells and waivers of findings, and the table of corrections applied."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from schemas import columns as col
from schemas.contract import contract

if TYPE_CHECKING:
    import pandera.pandas as pa

#: One row a correction applied: before and after as the sheet shows them.
COLUMNS: tuple[col.Column, ...] = (col.ID, col.COLUMN, col.BEFORE, col.AFTER, col.REASON, col.EVIDENCE)
#: What names a row.
KEY: tuple[col.Column, ...] = (col.ID, col.COLUMN)

_TEXT = {"type": "string", "minLength": 1}
_CELL = {"type": ["string", "number", "null"]}
_DECISION = {"enum": ["accepted", "proposed"], "description": "accepted takes effect, proposed waits for a second pair of eyes"}

_WAIVED = {
    "enum": ["accepted", "awaiting", "proposed"],
    "description": "write accepted (right as it stands), awaiting (needs the paper, the ICSD or a decision) or proposed (takes no effect)",
}

#: JSON Schema of ``raw/corrections.yaml``.
CORRECTIONS: dict[str, Any] = {
    "type": ["array", "null"],
    "items": {
        "type": "object",
        "properties": {
            "id": _TEXT,
            "column": {"enum": [str(column) for column in col.WORKBOOK if column != col.ID]},
            "expect": _CELL,
            "value": _CELL,
            "reason": _TEXT,
            "evidence": _TEXT,
            "status": _DECISION,
        },
        "required": ["id", "column", "expect", "value", "reason", "evidence", "status"],
        "additionalProperties": False,
    },
}

#: JSON Schema of ``raw/waivers.yaml``.
WAIVERS: dict[str, Any] = {
    "type": ["array", "null"],
    "items": {
        "type": "object",
        "properties": {"id": _TEXT, "check": _TEXT, "reason": _TEXT, "status": _WAIVED},
        "required": ["id", "check", "reason", "status"],
        "additionalProperties": False,
    },
}


@cache
def schema() -> pa.DataFrameSchema:
    """Contract of ``corrections.csv``."""
    return contract(COLUMNS, key=KEY)
