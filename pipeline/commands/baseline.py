"""The command ``baseline``: errors of the paper's two simple models on a release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.release.opened import Opened, opened

if TYPE_CHECKING:
    from pipeline.reporting.baseline import Score


def baseline(raw: Path, release: str | None, form: str, seeds: int) -> str:
    """The errors as text, or as JSON where ``form`` is ``json``."""
    from pipeline.reporting.tell import baseline_text

    found = scores(opened(raw, release), seeds)
    return json.dumps([one.as_dict() for one in found], indent=1, ensure_ascii=False) if form == "json" else baseline_text(found)


def scores(release: Opened, seeds: int) -> list[Score]:
    """Errors of both models, each trained with ``seeds`` seeds."""
    from pipeline.reporting.baseline import baseline as models
    from pipeline.reporting.statistics import floors
    from pipeline.split import groups
    from pipeline.split.quality import log_conductivity
    from schemas.entries import PUBLISHED_BOUND

    entries, split = release.entries, release.split
    repeats = floors(entries)
    logs = log_conductivity(entries, PUBLISHED_BOUND)
    sides = frozenset(split.train), frozenset(split.test)
    return models(entries, logs, release.texts.keys(), *sides, groups(entries), None if repeats is None else repeats[0], seeds)
