"""Kaggle metadata: ``dataset-metadata.json``, as ``kaggle datasets create`` and ``version`` read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.release.metadata import about
from schemas.columns import Column, Type

if TYPE_CHECKING:
    from pipeline.release.metadata.present import Present

#: Kaggle refuses a title or subtitle outside these lengths.
TITLE_LENGTH, SUBTITLE_LENGTH = (6, 50), (20, 80)
TITLE = "OBELiX: lithium solid electrolytes"
SUBTITLE = "Experimental ionic conductivities and crystal structures at room temperature"
_TYPES: dict[Type, str] = {"text": "string", "number": "number", "integer": "integer", "boolean": "boolean"}


def dataset(files: Sequence[Present], release: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a release; one resource a file, one field a column."""
    return {
        "title": TITLE,
        "subtitle": SUBTITLE,
        "id": about.KAGGLE,
        "description": f"{about.description(release)}\n\nPaper: {about.PAPER_URL}\n\nVersion {about.version(release)}.",
        "licenses": [{"name": about.DATA_LICENCE}],
        "keywords": ["chemistry", "physics", "energy", "regression", "tabular"],
        "userSpecifiedSources": "; ".join((about.PAPER_URL, *about.sources(release))),
        "resources": [_resource(each) for each in files if not each.file.path.endswith("/")],
    }


def _resource(present: Present) -> dict[str, Any]:
    file = present.file
    described: dict[str, Any] = {"path": file.path, "description": f"{file.title}. {file.description}"}
    if file.is_table:
        described["schema"] = {"fields": [_field(column, bounded=column in file.bounded) for column in file.columns]}
    return described


def _field(column: Column, *, bounded: bool) -> dict[str, str]:
    unit = f" Unit: {column.unit}." if column.unit else ""
    return {"name": str(column), "description": f"{column.description}{unit}", "type": "string" if bounded else _TYPES[column.type]}
