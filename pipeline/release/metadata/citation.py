"""``CITATION.cff`` of the repository (Citation File Format 1.2.0, https://citation-file-format.github.io/)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pipeline.release.metadata import about

FILE = "CITATION.cff"


def citation(version: str, date: str | None) -> str:
    """The file for a version of the data; without a date before the first release."""
    lines = [
        "cff-version: 1.2.0",
        f"message: {_text('If you use OBELiX, please cite the paper under preferred-citation and name the version of the data.')}",
        "type: dataset",
        f"title: {_text(about.TITLE)}",
        f"version: {_text(version)}",
        *([f"date-released: {_text(date)}"] if date else []),
        f"license: {about.DATA_LICENCE}",
        f"repository-code: {_text(about.HOME)}",
        f"url: {_text(about.PAPER_URL)}",
        "keywords:",
        *(f"  - {_text(word)}" for word in about.KEYWORDS),
        "authors:",
        *_authors("  "),
        "preferred-citation:",
        "  type: article",
        f"  title: {_text(about.PAPER_TITLE)}",
        f"  journal: {_text(about.JOURNAL)}",
        f"  year: {about.PAPER_YEAR}",
        f"  doi: {_text(about.PAPER_DOI)}",
        "  publisher:",
        f"    name: {_text('Royal Society of Chemistry')}",
        "  authors:",
        *_authors("    "),
    ]
    return "\n".join(lines) + "\n"


def _authors(indent: str) -> Sequence[str]:
    return [
        line
        for given, family in about.CREATORS
        for line in (f"{indent}- given-names: {_text(given)}", f"{indent}  family-names: {_text(family)}")
    ]


def _text(value: str) -> str:
    """A quoted YAML scalar: a version such as 1.10 must not become a number."""
    return json.dumps(value, ensure_ascii=False)
