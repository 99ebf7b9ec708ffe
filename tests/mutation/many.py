"""A sample of the mutants of the core, and which of them the unit tests notice: ``python -m tests.mutation.many --seed N [--count 150]``.

``nox -s mutation`` runs it. What each test runs is recorded first, once for each state of program and tests. Each mutant then lives in a
process of its own, which loads the changed text in place of the module's and runs the tests that can notice it until one fails. What
survives that without a reason is tried a second time, with more time and against the tests about its module as well. Outcomes stand in a
file of JSON lines for each seed: a run that was ended goes on where it was. The end tells the share, and each survivor with its reason from
``reasons.toml`` where it has one. A few of the sample are run unchanged as well: a test that fails then condemns the run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import re
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.mutation import loader, processes
from tests.mutation.choose import Runners, Uses, about
from tests.mutation.mutants import Mutant, mutants, mutated
from tests.mutation.plugin import Chosen
from tests.mutation.record import OPTIONS, ROOT, recorded

REASONS = Path(__file__).with_name("reasons.toml")
CORE = ("checks", "chemistry", "structures", "literature", "split", "release/gate.py")
#: Libraries that a process finds loaded.
LIBRARIES = (
    "gemmi", "great_expectations", "hypothesis", "networkx", "openpyxl", "pandas", "pandera.pandas", "pymatgen.core", "scipy.optimize",
    "scipy.spatial", "spglib",
)  # fmt: skip
#: How a killed mutant's process ends, or by a signal: a test failed, the tests could not be loaded, or it was too slow.
FAILED = (int(pytest.ExitCode.TESTS_FAILED), int(pytest.ExitCode.INTERRUPTED), int(pytest.ExitCode.USAGE_ERROR), processes.TOO_LONG)
#: Seconds of CPU that the tests of a mutant take together without it, at most, in the first round and in the second; and how many times as
#: long they may take with it.
MOST, FURTHER, SLOWER = 10.0, 60.0, 4
#: Mutants of a sample that are run unchanged as well.
CONTROLS = 1
UNCHANGED = "unchanged"


def core(root: Path = ROOT) -> list[Mutant]:
    """Every mutant of the core."""
    paths = [root / "pipeline" / name for name in CORE]
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.py")))]
    return [mutant for file in files for mutant in mutants(file, root)]


def sample(seed: int, count: int, only: str) -> list[Mutant]:
    """The first mutants in an order that the seed gives: a larger sample begins with the smaller one."""
    found = core()
    random.Random(seed).shuffle(found)
    return [mutant for mutant in found if only in mutant.module][:count]


def outcomes(
    wanted: Sequence[Mutant], tests: Runners, choose: Callable[[Mutant], list[str]], folder: Path, at_once: int
) -> Iterator[dict[str, Any]]:
    """The outcome of each mutant as it comes, by the tests that ``choose`` names."""
    jobs = []
    for number, mutant in enumerate(wanted):
        chosen = choose(mutant)
        if chosen:
            allowed = 20 + SLOWER * sum(map(tests.seconds, chosen))
            job = processes.Job(lambda mutant=mutant, chosen=chosen: _test(mutant, chosen), allowed, folder / f"{os.getpid()}-{number}.txt")
            jobs.append(((mutant, len(chosen), job.printed), job))
        else:
            yield outcome(mutant, 0, processes.End(0, 0.0), "")
    for (mutant, number, printed), end in processes.run(jobs, at_once):
        yield outcome(mutant, number, end, printed.read_text(encoding="utf-8", errors="replace"))
        printed.unlink()


def _test(mutant: Mutant, tests: list[str]) -> int:
    dotted = mutant.module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    loader.change(dotted, mutated((ROOT / mutant.module).read_text(encoding="utf-8"), mutant))
    return int(pytest.main([*sorted({test.partition("::")[0] for test in tests}), "-x", *OPTIONS], plugins=[Chosen(tests)]))


def outcome(mutant: Mutant, tests: int, end: processes.End, printed: str) -> dict[str, Any]:
    """What became of a mutant, as it stands in the file of outcomes."""
    killed = end.status in FAILED or (isinstance(end.status, int) and end.status < 0)
    return {
        "name": mutant.name, "module": mutant.module, "text": mutant.text, "kind": mutant.kind, "old": mutant.old, "new": mutant.new,
        "tests": tests, "killed": killed, "how": str(end.status), "seconds": round(end.seconds, 1),
        "said": printed[-600:] if killed else "",
    }  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """Why a survivor is harmless: a change of one line, or of any line that a pattern fits."""

    changes: tuple[str, ...]
    reason: str
    module: str = ""
    line: str = ""
    pattern: str = ""

    def holds(self, one: dict[str, Any]) -> bool:
        """Whether it speaks of this outcome."""
        if f"{one['old']} -> {one['new']}" not in self.changes:
            return False
        if self.pattern:
            return one["module"].startswith(self.module) and re.search(self.pattern, one["text"]) is not None
        return (one["module"], one["text"]) == (self.module, self.line)


def reasons(path: Path = REASONS) -> list[Reason]:
    """The reasons that are written down."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Reason(**{**item, "changes": tuple(item["changes"])}) for item in told["survivor"]]


def reason(one: dict[str, Any], known: Sequence[Reason]) -> str | None:
    """The reason of a survivor, if one is written down."""
    return next((each.reason for each in known if each.holds(one)), None)


def summary(found: Sequence[dict[str, Any]], seed: int, spent: float) -> str:
    """The share killed, by kind, and the survivors with their reasons."""
    known, killed = reasons(), [one for one in found if one["killed"]]
    alive = [one for one in found if not one["killed"]]
    harmless = [one for one in alive if reason(one, known)]
    kinds, dead = Counter(one["kind"] for one in found), Counter(one["kind"] for one in killed)
    lines = [f"{one['name']}\n    {one['text']}\n    {reason(one, known) or 'NO REASON KNOWN'}" for one in alive]
    lines.append(
        f"seed {seed}: {len(killed)} of {len(found)} mutants killed, {len(killed) / max(len(found), 1):.1%}; {len(alive)} survive, "
        f"{len(harmless)} of them with a reason. Without these {len(killed) / max(len(found) - len(harmless), 1):.1%} are killed."
    )
    lines.append(", ".join(f"{kind} {dead[kind]} of {kinds[kind]}" for kind in sorted(kinds)))
    lines.append(f"{sum(one['seconds'] for one in found):.0f} s of CPU for the mutants; this run took {spent / 60:.0f} minutes.")
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Run a sample; 0 when every survivor has a reason."""
    parser = argparse.ArgumentParser(prog="nox -s mutation --", description="Which mutants of the core the unit tests notice.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=150, help="mutants of the sample (150)")
    parser.add_argument("--only", default="", help="mutants of the modules whose path has this in it")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (2)")
    parser.add_argument("--out", type=Path, default=ROOT / ".mutation", help="folder for the record and the outcomes (.mutation)")
    parser.add_argument("--as-recorded", action="store_true", help="keep the record of the tests though the program changed since")
    parser.add_argument("--again", action="store_true", help="try the sample's survivors again")
    asked = parser.parse_args(words)
    start, out, known_reasons = time.monotonic(), asked.out.resolve(), reasons()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    os.chdir(ROOT)
    out.mkdir(parents=True, exist_ok=True)
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(out / "hypothesis")}
    for library in LIBRARIES:
        importlib.import_module(library)
    record = recorded(out / "record.json", asked.jobs, asked.as_recorded)
    tests = Runners(record, Uses(ROOT, "pipeline"), MOST, about(ROOT, {test.partition("::")[0] for test in record}))
    results = out / f"seed-{asked.seed}{'-' + asked.only.replace('/', '-') if asked.only else ''}.jsonl"
    known = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()] if results.exists() else []
    done = {one["name"] + one["text"]: one for one in known if one["killed"] or not asked.again}
    wanted = sample(asked.seed, asked.count, asked.only)
    left = [mutant for mutant in wanted if mutant.name + mutant.text not in done]
    controls = [replace(mutant, new=mutant.old, kind=UNCHANGED) for mutant in left[:CONTROLS]]
    with results.open("a", encoding="utf-8") as file:

        def kept(one: dict[str, Any]) -> None:
            file.write(json.dumps(one) + "\n")
            file.flush()
            done[one["name"] + one["text"]] = one

        for one in outcomes([*controls, *left], tests, tests.chosen, out, asked.jobs):
            if one["kind"] != UNCHANGED:
                kept(one)
            elif one["killed"]:
                raise SystemExit(f"A test fails though nothing is changed: {one['name']}\n{one['said']}")
        again = {mutant.name + mutant.text: mutant for mutant in wanted if _is_open(done[mutant.name + mutant.text], known_reasons)}
        for one in outcomes([*again.values()], tests, lambda mutant: tests.further(mutant, FURTHER), out, asked.jobs):
            first = done[one["name"] + one["text"]]
            kept(one | {"tests": first["tests"] + one["tests"], "seconds": round(first["seconds"] + one["seconds"], 1), "second": True})
            if not one["killed"]:
                print(f"survives {first['tests'] + one['tests']} tests: {one['name']} | {one['text']}", flush=True)
    found = [done[mutant.name + mutant.text] for mutant in wanted]
    print(summary(found, asked.seed, time.monotonic() - start))
    return int(any(not one["killed"] and not reason(one, known_reasons) for one in found))


def _is_open(one: dict[str, Any], known: Sequence[Reason]) -> bool:
    """Whether an outcome is a survivor without a reason that was tried once."""
    return not one["killed"] and not one.get("second") and reason(one, known) is None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
