"""Write the files that derive from the code, or with ``--check`` tell which are stale.

Run from anywhere: ``python docs/derive.py`` writes, ``python docs/derive.py --check`` ends with 1 when a file is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOARD, BENCHMARK = "models/leaderboard.json", "docs/benchmark.md"
PAPERS = ("models/papers.csv", "models/learning_curve.csv")


def derived() -> dict[str, Callable[[], str]]:
    """What makes each derived file, by its path in the checkout."""
    from pipeline.release import dictionary
    from pipeline.release.metadata import citation
    from pipeline.release.version import recorded
    from pipeline.reporting import checks_page
    from pipeline.sources import default_pin

    def cited() -> str:
        stamp = recorded(ROOT / "raw")
        return citation.citation(stamp.version, stamp.date) if stamp else citation.citation(default_pin(ROOT / "raw").version, None)

    def checks() -> str:
        return checks_page.page(checks_page.read(ROOT))

    return {dictionary.PATH: dictionary.dictionary, checks_page.PAGE.as_posix(): checks, citation.FILE: cited, **_board()}


def _board() -> dict[str, Callable[[], str]]:
    """The leaderboard for a reader, and what the benchmark's page says in numbers, from the leaderboard's JSON where there is one."""
    from pipeline.reporting import papers_text
    from pipeline.reporting.benchmark_docs import embedded
    from pipeline.reporting.benchmark_text import markdown

    def page(text: str) -> str:
        return papers_text.embedded(text, *(_read(ROOT / name) for name in PAPERS))

    if not (ROOT / BOARD).is_file():
        return {BENCHMARK: lambda: page(_read(ROOT / BENCHMARK))}
    found = json.loads(_read(ROOT / BOARD))
    return {BENCHMARK: lambda: page(embedded(_read(ROOT / BENCHMARK), found)), "models/leaderboard.md": lambda: markdown(found)}


def stale() -> list[str]:
    """Paths of the derived files that are not what the code makes."""
    return [path for path, make in derived().items() if _read(ROOT / path) != make()]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main(arguments: list[str]) -> int:
    """Write or check; the exit status."""
    found = stale()
    if arguments == ["--check"]:
        for path in found:
            print(f"{path} is stale: run 'python docs/derive.py'")
        return 1 if found else 0
    for path in found:
        (ROOT / path).write_text(derived()[path](), encoding="utf-8", newline="\n")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
