"""Data Package, version 2 (https://datapackage.org/standard/data-package/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.release.metadata import about
from schemas.columns import Column, Type
from schemas.files import BOUND_OR_NUMBER, File

if TYPE_CHECKING:
    from pipeline.release.metadata.present import Present

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
RESOURCE_PROFILE = "https://datapackage.org/profiles/2.0/dataresource.json"
SCHEMA_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
_TYPES: dict[Type, str] = {"text": "string", "number": "number", "integer": "integer", "boolean": "boolean"}


def package(files: Sequence[Present], release: Mapping[str, Any]) -> dict[str, Any]:
    """The descriptor of a release; one resource a file."""
    document = {
        "$schema": PROFILE,
        "name": about.NAME,
        "id": about.PAPER_URL,
        "title": about.TITLE,
        "description": about.description(release),
        "homepage": about.HOME,
        "version": about.version(release),
        "licenses": [{"name": about.DATA_LICENCE, "title": about.DATA_LICENCE_TITLE, "path": about.DATA_LICENCE_URL}],
        "contributors": [
            {"title": f"{given} {family}", "givenName": given, "familyName": family, "roles": ["creator"]}
            for given, family in about.CREATORS
        ],
        "keywords": list(about.KEYWORDS),
        "sources": [{"title": about.PAPER_TITLE, "path": about.PAPER_URL}, *({"title": title} for title in about.sources(release))],
        "resources": [resource(each) for each in files if not each.file.path.endswith("/")],
    }
    if date := release.get("date"):
        document["created"] = f"{date}T00:00:00Z"
    return document


def resource(present: Present) -> dict[str, Any]:
    """The descriptor of one file; of a table with its schema."""
    file = present.file
    ending = file.path.rsplit(".", 1)[-1]
    described: dict[str, Any] = {
        "$schema": RESOURCE_PROFILE,
        "name": file.name,
        "path": file.path,
        "title": file.title,
        "description": file.description,
        "format": ending,
        "mediatype": about.MEDIA_TYPES[ending],
        "bytes": present.bytes,
        "hash": f"sha256:{present.sha256}",
    }
    if not file.is_table:
        # frictionless reads every sheet it knows of as a table unless it is told that the resource is a file
        return described | {"type": "file"}
    return described | {"type": "table", "encoding": "utf-8", "schema": schema(file)}


def schema(file: File) -> dict[str, Any]:
    """Table Schema of a file: types, units and constraints of its columns, keys."""
    described: dict[str, Any] = {
        "$schema": SCHEMA_PROFILE,
        "fields": [
            field(column, bounded=column in file.bounded, unique=file.primary_key == (column,), blank=column in file.blank)
            for column in file.columns
        ],
        "missingValues": [""],
    }
    if file.primary_key:
        described["primaryKey"] = [str(column) for column in file.primary_key]
    if file.foreign_keys:
        described["foreignKeys"] = [
            {"fields": [str(key.column)], "reference": {"resource": _resource_name(key.path), "fields": [str(key.target)]}}
            for key in file.foreign_keys
        ]
    return described


def _resource_name(path: str) -> str:
    from schemas.files import file

    return file(path).name


def field(column: Column, *, bounded: bool = False, unique: bool = True, blank: bool = False) -> dict[str, Any]:
    """A field of the Table Schema.

    ``unique`` and ``blank`` tell the part of the column in its table: an ID names the row of one table and the subject of
    another. A column in which bounds stand beside numbers is a string with a pattern: declared a number, the bounds would be errors.
    """
    described: dict[str, Any] = {
        "name": str(column),
        "title": str(column),
        "description": f"{column.description} {BOUNDED_NOTE}" if bounded else column.description,
        "type": "string" if bounded else _TYPES[column.type],
    }
    if column.unit:
        described["unit"] = column.unit
    if column.source:
        described["source"] = column.source
    if column.type == "boolean":
        described |= {"trueValues": ["True"], "falseValues": ["False"]}
    if found := constraints(column, bounded=bounded, unique=unique, blank=blank):
        described["constraints"] = found
    return described


BOUNDED_NOTE = "Text where a bound stands in place of a number; processed.csv has numbers and the bound beside them."


def constraints(column: Column, *, bounded: bool = False, unique: bool = True, blank: bool = False) -> dict[str, Any]:
    """Constraints of a column in the words of Table Schema."""
    found: dict[str, Any] = {}
    if column.required and not blank:
        found["required"] = True
    if column.unique and unique:
        found["unique"] = True
    if bounded:
        return found | {"pattern": BOUND_OR_NUMBER}
    if column.minimum is not None:
        found["exclusiveMinimum" if column.exclusive_minimum else "minimum"] = column.minimum
    if column.maximum is not None:
        found["exclusiveMaximum" if column.exclusive_minimum else "maximum"] = column.maximum
    if column.pattern is not None:
        found["pattern"] = column.pattern
    if column.categories is not None:
        found["enum"] = list(column.categories)
    return found
