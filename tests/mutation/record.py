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
#: Files of tests that a process records, and the seconds of CPU that it may take.
AT_ONCE, LONGEST = 10, 600


def recorded(out: Path, at_once: int, as_recorded: bool) -> dict[str, dict[str, Any]]:
    """Seconds and lines of each test; only files of tests that changed are run again, and all of them when the program did."""
    program = _digest(*sorted((ROOT / "pipeline").rglob("*.py")), *sorted((ROOT / "tests").rglob("conftest.py")))
    kept = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    if kept.get("program") != program and not as_recorded:
        kept = {}
    known, states, files = kept.get("files", {}), {}, {}
    for path in sorted(path for pattern in TESTS for path in ROOT.glob(pattern)):
        if path.name not in COMPARING:
            states[path.relative_to(ROOT).as_posix()] = _digest(path)
    files = {name: known[name] for name, state in states.items() if known.get(name, {}).get("state") == state}
    wanted = [name for name in states if name not in files]
    jobs = []
    for number in range(0, len(wanted), AT_ONCE):
        names, told = wanted[number : number + AT_ONCE], out.parent / f"record-{number}.json"
        job = processes.Job(lambda names=names, told=told: _record(names, told), LONGEST, told.with_suffix(".txt"))
        jobs.append(((names, told), job))
    for (names, told), end in processes.run(jobs, at_once):
        tests = json.loads(told.read_text(encoding="utf-8")) if told.exists() else {}
        print(f"recorded {len(tests)} tests of {len(names)} files: {end.status}, {end.seconds:.0f} s of CPU", flush=True)
        for name in names:
            own = {test: found for test, found in tests.items() if test.partition("::")[0] == name}
            files[name] = {"state": states[name], "tests": own}
        told.unlink(missing_ok=True)
    made = program if kept.get("program") in (None, program) else kept["program"]
    out.write_text(json.dumps({"program": made, "files": files}), encoding="utf-8")
    return {test: found for file in files.values() for test, found in file["tests"].items()}


def _digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _record(names: list[str], told: Path) -> int:
    plugin = Recorded(loader.record("pipeline"))
    status = pytest.main([*names, *OPTIONS], plugins=[plugin])
    for test in plugin.tests.values():
        test["lines"] = {Path(path).relative_to(ROOT).as_posix(): lines for path, lines in test["lines"].items()}
    told.write_text(json.dumps(plugin.tests), encoding="utf-8")
    return int(status)
