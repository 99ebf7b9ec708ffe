"""What each test runs, recorded once for each state of the program and of the tests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.mutation import loader, processes
from tests.mutation.plugin import Recorded

ROOT = Path(__file__).parents[2]
#: The tests that may notice a mutant: the unit tests, and those of the gate and of OPTIMADE, which have their law beside their libraries.
TESTS = ("tests/unit/test_*.py", "tests/integration/test_gate.py", "tests/integration/test_optimade.py")
#: Tests that compare files with what makes them or with what was measured: they notice a change, and cannot say what is wrong with it.
COMPARING = frozenset((
    "test_changelog.py", "test_derived_files.py", "test_figures_page.py", "test_floors.py", "test_history.py", "test_limits_page.py",
    "test_mutants.py", "test_site.py",
))  # fmt: skip
OPTIONS = (
    "-q", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip
#: Seconds of CPU that a file of tests may take.
LONGEST = 600


def recorded(out: Path, at_once: int, as_recorded: bool) -> dict[str, dict[str, Any]]:
    """Seconds and lines of each test; only files of tests that changed are run again, and all of them when the program did."""
    program = _digest(*sorted((ROOT / "pipeline").rglob("*.py")), *sorted((ROOT / "tests").rglob("conftest.py")))
    kept = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    if kept.get("program") != program and not as_recorded:
        kept = {}
    known, files, jobs = kept.get("files", {}), {}, []
    for path in sorted(path for pattern in TESTS for path in ROOT.glob(pattern)):
        name, state, told = path.relative_to(ROOT).as_posix(), _digest(path), out.parent / f"{path.stem}.json"
        if path.name in COMPARING:
            continue
        if known.get(name, {}).get("state") == state:
            files[name] = known[name]
        else:
            job = processes.Job(lambda name=name, told=told: _record(name, told), LONGEST, told.with_suffix(".txt"))
            jobs.append(((name, state, told), job))
    for (name, state, told), end in processes.run(jobs, at_once):
        tests = json.loads(told.read_text(encoding="utf-8")) if told.exists() else {}
        print(f"recorded {len(tests)} tests of {name}: {end.status}, {end.seconds:.0f} s of CPU", flush=True)
        files[name] = {"state": state, "tests": tests}
        told.unlink(missing_ok=True)
    made = program if kept.get("program") in (None, program) else kept["program"]
    out.write_text(json.dumps({"program": made, "files": files}), encoding="utf-8")
    return {test: found for file in files.values() for test, found in file["tests"].items()}


def _digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _record(name: str, told: Path) -> int:
    plugin = Recorded(loader.record("pipeline"))
    status = pytest.main([name, *OPTIONS], plugins=[plugin])
    for test in plugin.tests.values():
        test["lines"] = {Path(path).relative_to(ROOT).as_posix(): lines for path, lines in test["lines"].items()}
    told.write_text(json.dumps(plugin.tests), encoding="utf-8")
    return int(status)
