"""The command ``stats``: the numbers of a release, alone or beside those that the paper prints."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from pipeline.release.opened import opened


def stats(raw: Path, release: str | None, form: str) -> str:
    """The statistics of a release, as ``statistics.json`` has them: as text, or as JSON where ``form`` is ``json``."""
    from pipeline.reporting.tell import statistics_text

    found = opened(raw, release).statistics
    return json.dumps(found, indent=1, ensure_ascii=False) if form == "json" else statistics_text(found)


def beside_paper(raw: Path, release: str | None, form: str) -> str:
    """The paper's numbers beside those of the release it describes, or of another."""
    from pipeline.reporting.paper import RELEASE, paper
    from pipeline.reporting.tell import paper_text

    found = opened(raw, release or RELEASE)
    compared = paper(found.statistics, found.entries)
    if form == "json":
        return json.dumps({"release": found.name, "numbers": [asdict(one) for one in compared]}, indent=1, ensure_ascii=False)
    return f"Release {found.name}\n\n{paper_text(compared)}"
