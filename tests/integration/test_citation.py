"""``CITATION.cff`` under the schema of the Citation File Format, taken from the format's own tool."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipeline.release.metadata.citation import citation
from pipeline.sources import downloads
from tests.conftest import ROOT

#: cffconvert itself wants a jsonschema below 4 and cannot stand beside the other tools; its wheel carries the schema.
WHEEL = "cffconvert-2.0.0-py3-none-any.whl"
SHA256 = "573c825e4e16173d99396dc956bd22ff5d4f84215cc16b6ab05299124f5373bb"


@pytest.fixture(scope="module")
def schema(raw: Path) -> dict[str, Any]:
    folder = downloads(raw)
    if not (folder / WHEEL).is_file():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "cffconvert==2.0.0"]
        subprocess.run(command, check=True)
    assert hashlib.sha256((folder / WHEEL).read_bytes()).hexdigest() == SHA256
    with zipfile.ZipFile(folder / WHEEL) as wheel:
        loaded: dict[str, Any] = json.loads(wheel.read("cffconvert/schemas/1.2.0/schema.json"))
    return loaded


def errors(text: str, schema: dict[str, Any]) -> list[str]:
    document = json.loads(json.dumps(yaml.safe_load(text), default=str))
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(document)]


@pytest.mark.parametrize(("version", "date"), [("1.2.0", None), ("1.10.0", "2026-01-02")])
def test_the_citation_is_valid(version: str, date: str | None, schema: dict[str, Any]) -> None:
    text = citation(version, date)
    assert errors(text, schema) == []
    document = yaml.safe_load(text)
    assert document["version"] == version
    assert document["preferred-citation"]["doi"] == "10.1039/D5DD00441A"
    assert len(document["authors"]) == 13


def test_the_citation_of_the_repository_is_valid(schema: dict[str, Any]) -> None:
    assert errors((ROOT / "CITATION.cff").read_text(encoding="utf-8"), schema) == []


def test_the_schema_refuses_what_it_should(schema: dict[str, Any]) -> None:
    text = citation("1.2.0", "2026-01-02")
    assert errors(text.replace("type: dataset", "type: table"), schema)
    assert errors(text.replace('date-released: "2026-01-02"', 'date-released: "January"'), schema)
    assert errors(text.replace("message:", "note:"), schema)
