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
def literature(raw: Path) -> Literature:
    """The default pin as published, through the build's own stages. Do not change it in place."""
    from pipeline.build import _curate
    from pipeline.literature import identifiers
    from pipeline.release.opened import opened
    from pipeline.reporting.progress import Ledger

    release = opened(raw, as_published=True)
    tables = _curate(release, Ledger(quiet=True))
    told = (tables[f"{name}.csv"] for name in ("sources/liion", "sources/laskowski", "measurements", "links", "records"))
    return Literature(*told, identifiers(release.decided_entries, release.links, release.literature))


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
