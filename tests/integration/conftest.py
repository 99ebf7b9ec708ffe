"""The recovered sources and everything made of them, once a session."""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.sources import Archive


@dataclass(frozen=True)
class Literature:
    """The line from the two sources to the records' states."""

    liion: pd.DataFrame
    laskowski: pd.DataFrame
    measurements: pd.DataFrame
    links: pd.DataFrame
    records: pd.DataFrame
    identifiers: pd.DataFrame


@pytest.fixture(scope="session")
def literature(archive: Archive, published: pd.DataFrame) -> Literature:
    """Made of the default pin and its entries as published. Do not change it in place."""
    from pipeline.ingest.laskowski import laskowski
    from pipeline.ingest.liion import liion
    from pipeline.literature import accounted, identifiers, links, records
    from pipeline.literature.merge import measurements
    from pipeline.literature.source import laskowski_table, liverpool_ionics

    ours = liion(archive.read("liion"), archive.file("liion"))
    theirs = laskowski(archive.read("laskowski"), archive.read("laskowski_references"), archive.file("laskowski"))
    sources = [laskowski_table(theirs), liverpool_ionics(ours)]
    merged = measurements(sources)
    linked = links(published, merged, sources)
    settled = accounted(merged, linked, published)
    return Literature(ours, theirs, settled, linked, records(settled, sources, linked), identifiers(published, linked, sources))


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the console scripts that pyproject.toml declares, as an installer writes them."""
    folder = tmp_path_factory.mktemp("programs")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    for name, target in declared.items():
        module, _, function = target.partition(":")
        script = folder / name
        script.write_text(f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n", encoding="utf-8")
        script.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def environment(archive: Archive, raw: Path) -> dict[str, str]:
    """Variables for a process that runs outside of the checkout: the sources are there already."""
    from pipeline.sources import downloads

    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GIT_", "PRE_COMMIT"))}
    return {**inherited, "OBELIX_CURATE_DOWNLOADS": str(downloads(raw).resolve()), "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
