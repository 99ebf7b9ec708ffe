"""Draw ``docs/figures`` from the present release: ``python docs/figures.py [FOLDER]``."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.commands.study import numbers, open_study
from pipeline.reporting.figures import figures

ROOT = Path(__file__).parent.parent


def main(folder: Path) -> None:
    """Draw every figure as PNG; the same release gives the same bytes."""
    study = open_study(ROOT / "raw")
    figures(study.entries, numbers(study), study.texts.keys(), study.train, study.test, folder, ("png",))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "figures")
