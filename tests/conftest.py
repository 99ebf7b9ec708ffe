"""Fixtures that stand on the real sources; they are downloaded once and verified."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings

import pipeline  # noqa: F401  (first, so that pandas 2.3 keeps text as pandas 3 does)

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.sources import Archive

ROOT = Path(__file__).parent.parent

# Laws are asked of the answers; how long one example takes depends on the machine and what else it does.
settings.register_profile("laws", deadline=None)
settings.load_profile("laws")


def benchmark(name: str) -> ModuleType:
    """A script of ``benchmarks/`` as a module; they import one another by their names."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture(scope="session")
def raw() -> Path:
    """The folder ``raw`` of the checkout."""
    return ROOT / "raw"


@pytest.fixture(scope="session")
def archive(raw: Path) -> Archive:
    """The default pin's archive."""
    from pipeline.sources import default_pin, open_archive

    return open_archive(default_pin(raw), raw)


@pytest.fixture(scope="session")
def archives(raw: Path) -> dict[str, Archive]:
    """Every pinned archive by name."""
    from pipeline.sources import open_archive, pins

    return {name: open_archive(pin, raw) for name, pin in pins(raw).items()}


@pytest.fixture(scope="session")
def published_cells(archive: Archive) -> pd.DataFrame:
    """The default pin's workbook, cell by cell."""
    from pipeline.ingest.workbook import cells

    return cells(archive.read("workbook"), archive.file("workbook"))


@pytest.fixture(scope="session")
def published(published_cells: pd.DataFrame) -> pd.DataFrame:
    """The default pin's entries as published, typed. Do not change it in place."""
    from pipeline.ingest.workbook import entries

    return entries(published_cells)


@pytest.fixture(scope="session")
def structure_texts(archive: Archive) -> dict[str, str]:
    """Text of the default pin's structures by ID."""
    return archive.structures()


@pytest.fixture(scope="session")
def built(raw: Path, shared_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A default release (``build --quick``), made once for the whole run. Do not write into it."""
    return shared_once("built", lambda out: _build(raw, out))


@pytest.fixture(scope="session")
def built_as_published(raw: Path, shared_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The release without corrections (``build --quick --as-published``), made once for the whole run. Do not write into it."""
    return shared_once("as-published", lambda out: _build(raw, out, as_published=True))


def _build(raw: Path, out: Path, **options: bool) -> None:
    from pipeline.build import Options, build

    build(Options(raw=raw, out=out, quick=True, **options))


@pytest.fixture(scope="session")
def shared_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make a folder once, whichever worker asks first; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base

    def once(name: str, make: Callable[[Path], None]) -> Path:
        with FileLock(base / f"{name}.lock"):
            if not (base / name).exists():
                make(base / name)
        return base / name

    return once
