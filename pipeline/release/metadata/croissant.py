"""Croissant 1.1 with the responsible-AI fields (https://docs.mlcommons.org/croissant/).

The document is schema.org JSON-LD as well, which is how search engines for datasets read it. Files are named relative to the
document, so that a downloaded folder loads without a network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.release.metadata import about
from pipeline.release.metadata.datapackage import BOUNDED_NOTE
from schemas import columns as col
from schemas.columns import Column, Type
from schemas.files import ALL, MODEL_SIDES, RELEASE_SIDES, STRUCTURES, File

if TYPE_CHECKING:
    from pipeline.release.metadata.present import Present

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
_TYPES: dict[Type, str] = {"text": "sc:Text", "number": "sc:Float", "integer": "sc:Integer", "boolean": "sc:Boolean"}
#: Files of both sides, read as one record set whose field ``split`` is the name of the file.
SIDES, ENTRIES, SPLITS, CIFS = "sides", "entries", "splits", "cifs"
#: The ending may be missing: mlcroissant applies the expression twice to a field that refers to another record set.
_SIDE_OF_FILE = r"^(train|test)(?:\.csv)?$"
_ID_OF_FILE = r"^([a-z0-9]+)\.cif$"


def dataset(files: Sequence[Present], release: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a release."""
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": "OBELiX",
        "alternateName": about.TITLE,
        "description": about.description(release),
        "url": about.HOME,
        "version": about.version(release),
        "license": about.DATA_LICENCE_URL,
        "citeAs": about.citation(),
        "citation": about.PAPER_URL,
        "isAccessibleForFree": True,
        "inLanguage": "en",
        "keywords": list(about.KEYWORDS),
        "creator": [{"@type": "sc:Person", "name": f"{given} {family}"} for given, family in about.CREATORS],
        "publisher": {"@type": "sc:Organization", "name": "NRC-Mila", "url": about.HOME},
    }
    if date := about.published(release):
        document["datePublished"] = date
    return document | responsible(release) | {"distribution": _distribution(files), "recordSet": _record_sets(files)}


def responsible(release: Mapping[str, Any]) -> dict[str, Any]:
    """The responsible-AI fields."""
    return {
        "rai:dataCollection": about.COLLECTION,
        "rai:dataCollectionType": ["Secondary Data Analysis", "Manual Human Curator"],
        "rai:dataCollectionMissingData": about.MISSING,
        "rai:dataCollectionRawData": "; ".join(about.sources(release)),
        "rai:dataPreprocessingProtocol": list(about.PREPROCESSING),
        "rai:dataAnnotationProtocol": about.ANNOTATION,
        "rai:machineAnnotationTools": [f"{name} {version}" for name, version in sorted(release.get("made_with", {}).items())],
        "rai:dataBiases": list(about.BIASES),
        "rai:dataLimitations": list(about.limitations(release)),
        "rai:dataUseCases": list(about.USES),
        "rai:dataSocialImpact": about.SOCIAL_IMPACT,
        "rai:personalSensitiveInformation": about.PERSONAL,
        "rai:dataReleaseMaintenancePlan": about.MAINTENANCE,
    }


def _distribution(files: Sequence[Present]) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = []
    for each in files:
        file = each.file
        if file.path.endswith("/"):
            if file.path != STRUCTURES:
                continue
            objects.append(
                {
                    "@type": "cr:FileSet",
                    "@id": file.name,
                    "name": file.path,
                    "description": file.description,
                    "encodingFormat": "text/plain",
                    "includes": f"{file.path}*.cif",
                }
            )
            continue
        objects.append(
            {
                "@type": "cr:FileObject",
                "@id": file.path,
                "name": file.path,
                "description": file.description,
                "contentUrl": file.path,
                "contentSize": f"{each.bytes} B",
                "encodingFormat": about.MEDIA_TYPES[file.path.rsplit(".", 1)[-1]],
                "sha256": each.sha256,
            }
        )
    if {each.file.path for each in files} >= set(RELEASE_SIDES):
        objects.append(
            {
                "@type": "cr:FileSet",
                "@id": SIDES,
                "name": SIDES,
                "description": "Both sides of the split.",
                "encodingFormat": "text/csv",
                "includes": list(RELEASE_SIDES),
            }
        )
    return objects


def _record_sets(files: Sequence[Present]) -> list[dict[str, Any]]:
    paths = {each.file.path for each in files}
    sets: list[dict[str, Any]] = []
    if paths >= set(RELEASE_SIDES):
        sets += [_splits(), _entries(next(each for each in files if each.file.path == ALL))]
    for each in files:
        if each.file.path == STRUCTURES:
            sets.append(_structures(each.file))
        elif each.file.is_table and each.file.path not in (*RELEASE_SIDES, *MODEL_SIDES, ALL):
            sets.append(_table(each, each.file.name, {"fileObject": {"@id": each.file.path}}, each.file.title))
    return sets


def _table(present: Present, name: str, source: Mapping[str, Any], description: str) -> dict[str, Any]:
    file = present.file
    described: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"{description}. {file.description}",
        "field": [_field(column, name, source, _type(column, present), bounded=column in file.bounded) for column in file.columns],
    }
    if file.primary_key:
        keys = [{"@id": _field_id(name, column)} for column in file.primary_key]
        described["key"] = keys[0] if len(keys) == 1 else keys
    return described


def _field_id(name: str, column: Column) -> str:
    # mlcroissant accepts no identifier with a space in it
    words = re.findall(r"[a-z0-9]+", column.lower().replace("#", "number"))
    return f"{name}/{'_'.join(words)}"


def _type(column: Column, present: Present) -> str:
    """Type of a field. Readers take a column of whole numbers and blanks for numbers: as text, an ICSD code would become 291512.0."""
    if column in present.file.bounded:
        return "sc:Text"
    return "sc:Integer" if column in present.whole else _TYPES[column.type]


def _field(column: Column, name: str, source: Mapping[str, Any], type: str, *, bounded: bool) -> dict[str, Any]:
    unit = f" Unit: {column.unit}." if column.unit else ""
    return {
        "@type": "cr:Field",
        "@id": _field_id(name, column),
        "name": str(column),
        "description": f"{column.description}{unit}{f' {BOUNDED_NOTE}' if bounded else ''}",
        "dataType": type,
        "source": {**source, "extract": {"column": str(column)}},
    }


def _splits() -> dict[str, Any]:
    name = f"{SPLITS}/name"
    return {
        "@type": "cr:RecordSet",
        "@id": SPLITS,
        "name": SPLITS,
        "description": "The two sides of the split.",
        "dataType": "cr:Split",
        "key": {"@id": name},
        "field": [
            {"@type": "cr:Field", "@id": name, "name": name, "description": "Name of the side.", "dataType": ["sc:Text", "cr:Split"]}
        ],
        "data": [{name: "train"}, {name: "test"}],
    }


def _entries(present: Present) -> dict[str, Any]:
    """All entries, from both sides, with the side that each stands on."""
    described = _table(present, ENTRIES, {"fileSet": {"@id": SIDES}}, "All entries")
    described["field"].append(
        {
            "@type": "cr:Field",
            "@id": f"{ENTRIES}/split",
            "name": f"{ENTRIES}/split",
            "description": "Side of the split on which the entry stands.",
            "dataType": "sc:Text",
            "references": {"field": {"@id": f"{SPLITS}/name"}},
            "source": {"fileSet": {"@id": SIDES}, "extract": {"fileProperty": "filename"}, "transform": {"regex": _SIDE_OF_FILE}},
        }
    )
    return described


def _structures(file: File) -> dict[str, Any]:
    source = {"fileSet": {"@id": file.name}}
    identity, text = _field_id(CIFS, col.ID), f"{CIFS}/cif"
    return {
        "@type": "cr:RecordSet",
        "@id": CIFS,
        "name": CIFS,
        "description": file.description,
        "key": {"@id": identity},
        "field": [
            {
                "@type": "cr:Field",
                "@id": identity,
                "name": identity,
                "description": col.ID.description,
                "dataType": "sc:Text",
                "source": source | {"extract": {"fileProperty": "filename"}, "transform": {"regex": _ID_OF_FILE}},
            },
            {
                "@type": "cr:Field",
                "@id": text,
                "name": text,
                "description": "The file.",
                "dataType": "sc:Text",
                "source": source | {"extract": {"fileProperty": "content"}},
            },
        ],
    }
