"""Draw ``docs/figures`` from the present release: ``python docs/figures.py [FOLDER]``."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.release.opened import opened
from pipeline.reporting.figures import figures

ROOT = Path(__file__).parent.parent


def main(folder: Path) -> None:
    """Draw every figure as PNG; the same release gives the same bytes."""
    release = opened(ROOT / "raw")
    split = release.split
    figures(release.entries, release.statistics, release.texts.keys(), split.train, split.test, folder, ("png",))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "figures")
