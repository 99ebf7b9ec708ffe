"""The driver of ``nox -s mutation``: which mutants a module has, which tests it runs for them, and what it counts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mutation.choose import Runners, Uses, about, is_named_for
from tests.mutation.many import Reason, outcome, reasons, summary
from tests.mutation.mutants import Mutant, mutants, mutated
from tests.mutation.processes import TOO_LONG, End, Job, run

MODULE = '''"""A module with 12 things."""

import math
from typing import cast

__all__ = ["LIMIT", "near"]
LIMIT: float = 0.4  # the limit is 0.4
STEPS = (3, 0)


def near(x: float, y: float = 2, names: list[int] | None = None) -> bool:
    """Whether x is near: 1 < 2."""
    if names and not math.isnan(x):
        raise ValueError(f"{x + 1} of {3 * 4}" + "5")
    gap = abs(x - y) / LIMIT
    return gap <= cast(float, 1)


def joined(words: list[str]) -> list[str]:
    return words + ["end"]


def counted(words: list[str]) -> dict[str, int]:
    return {word: len(word) for word in words}
'''


@pytest.fixture
def made(tmp_path: Path) -> list[Mutant]:
    (tmp_path / "m.py").write_text(MODULE, encoding="utf-8")
    return mutants(tmp_path / "m.py", tmp_path)


def test_a_module_has_exactly_these_mutants(made: list[Mutant]) -> None:
    assert [(mutant.line, mutant.kind, mutant.old, mutant.new) for mutant in made] == [
        (7, "number", "0.4", repr(0.4 / 1.5)), (7, "number", "0.4", repr(0.4 * 1.5)),
        (8, "number", "3", "2"), (8, "number", "3", "4"), (8, "number", "0", "1"),
        (11, "number", "2", "1"), (11, "number", "2", "3"),
        (13, "condition", "names and not math.isnan(x)", "(not (names and not math.isnan(x)))"),
        (13, "condition", "and", "or"), (13, "condition", "not ", ""),
        (15, "arithmetic", "-", "+"), (15, "arithmetic", "/", "*"),
        (16, "comparison", "<=", "<"), (16, "comparison", "<=", ">="), (16, "number", "1", "0"), (16, "number", "1", "2"),
        (20, "returned", 'words + ["end"]', "[]"), (24, "returned", "{word: len(word) for word in words}", "{}"),
    ]  # fmt: skip


def test_a_mutant_is_the_module_with_one_place_changed(made: list[Mutant]) -> None:
    for mutant in made:
        changed = mutated(MODULE, mutant)
        compile(changed, "m.py", "exec")
        assert changed != MODULE
        assert changed.startswith(MODULE[: mutant.start])
        assert changed.endswith(MODULE[mutant.end :])
        assert MODULE.splitlines()[mutant.line - 1].strip() == mutant.text


def test_the_tests_of_a_mutant_are_those_that_run_its_statement_or_use_its_constant(tmp_path: Path, made: list[Mutant]) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "m.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "p" / "n.py").write_text(
        "from p.m import LIMIT as L\n\nTWICE = 2 * L\n\n\ndef far():\n    return TWICE\n", encoding="utf-8"
    )
    record = {
        "t.py::near": {"seconds": 2.0, "lines": {"p/m.py": [13, 15, 16]}},
        "t.py::refused": {"seconds": 1.0, "lines": {"p/m.py": [13, 14]}},
        "t.py::far": {"seconds": 0.5, "lines": {"p/n.py": [7]}},
        "t.py::joined": {"seconds": 0.1, "lines": {"p/m.py": [20]}},
    }
    tests = Runners(record, Uses(tmp_path, "p"), most=2.0)
    found = {mutant.line: tests.all(mutant) for mutant in mutants(tmp_path / "p" / "m.py", tmp_path)}
    assert found[7] == {"t.py::near", "t.py::far"}  # a limit is used in a function, and through another constant of another module
    assert found[8] == {"t.py::near", "t.py::refused", "t.py::joined"}  # used nowhere: every test of the module
    assert found[13] == {"t.py::near", "t.py::refused"}
    assert found[16] == {"t.py::near"}
    assert found[20] == {"t.py::joined"}
    condition = next(mutant for mutant in mutants(tmp_path / "p" / "m.py", tmp_path) if mutant.line == 13)
    assert tests.chosen(condition) == ["t.py::refused"]  # the fastest first, as many as there is time for
    assert tests.further(condition, 60.0) == ["t.py::near"]  # the others of its line


def test_a_survivor_is_tried_against_the_tests_about_its_module(tmp_path: Path, made: list[Mutant]) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "m.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "test_importing.py").write_text("from p.m import LIMIT\nfrom p import n\n", encoding="utf-8")
    (tmp_path / "test_of_m.py").write_text("import p.n\n", encoding="utf-8")
    (tmp_path / "test_other.py").write_text("import math\n", encoding="utf-8")
    files = about(tmp_path, ["test_importing.py", "test_of_m.py", "test_other.py"])
    assert files == {"p/m.py": {"test_importing.py"}}  # there is no module n
    record = {
        "test_importing.py::reads": {"seconds": 1.0, "lines": {}},
        "test_of_m.py::slow": {"seconds": 30.0, "lines": {"p/m.py": [20]}},
        "test_other.py::runs": {"seconds": 2.0, "lines": {"p/m.py": [13, 15, 16]}},
        "test_other.py::joins": {"seconds": 2.0, "lines": {"p/m.py": [20]}},
    }
    tests = Runners(record, Uses(tmp_path, "p"), most=0.1, files=files)
    of = {mutant.line: mutant for mutant in mutants(tmp_path / "p" / "m.py", tmp_path)}
    assert tests.chosen(of[7]) == ["test_other.py::runs"]
    assert tests.further(of[7], 60.0) == ["test_of_m.py::slow", "test_importing.py::reads", "test_other.py::joins"]
    assert tests.further(of[15], 60.0) == ["test_importing.py::reads", "test_of_m.py::slow"]
    assert tests.further(of[15], 30.5) == ["test_importing.py::reads"]


def test_what_a_file_of_tests_is_named_for() -> None:
    assert is_named_for("tests/unit/test_bounds_of_cell.py", "pipeline/chemistry/cell.py")
    assert is_named_for("tests/unit/test_matching.py", "pipeline/structures/matching/__init__.py")
    assert not is_named_for("tests/unit/test_same_cell.py", "pipeline/checks/cells.py")
    assert not is_named_for("tests/unit/test_supercell.py", "pipeline/chemistry/cell.py")


def test_a_process_loads_the_changed_text_and_no_file_is_written(tmp_path: Path) -> None:
    """The tests of a scratch program are recorded, and kill one mutant of two."""
    script = f"""
import json, sys
sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]
from tests.mutation import loader
seen = loader.record("p")
from p.m import near
near(1.0)
told = {{path: sorted(lines) for path, lines in seen.items() if lines}}
for name in [name for name in sys.modules if name.split(".")[0] == "p"]:
    del sys.modules[name]
loader.change("p.m", open({str(tmp_path / "p" / "m.py")!r}).read().replace("0.4", "0.6"))
from p.m import LIMIT
print(json.dumps([told, LIMIT]))
"""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "__init__.py").write_text("")
    (tmp_path / "p" / "m.py").write_text(MODULE, encoding="utf-8")
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [{str(tmp_path / "p" / "m.py"): [13, 15, 16]}, 0.6]
    assert (tmp_path / "p" / "m.py").read_text(encoding="utf-8") == MODULE


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # no thread of the suite is used in the copies
def test_processes_end_with_their_status_or_for_their_time(tmp_path: Path) -> None:
    def hangs() -> int:
        time.sleep(60)
        return 0

    works = {"good": lambda: 0, "failed": lambda: 1, "broken": lambda: 1 // 0, "hangs": hangs}
    jobs = [(name, Job(work, 0.01, tmp_path / name)) for name, work in works.items()]
    ends = {name: end.status for name, end in run(jobs, 2)}
    assert ends == {"good": 0, "failed": 1, "broken": 70, "hangs": TOO_LONG}
    assert "ZeroDivisionError" in (tmp_path / "broken").read_text()


def test_what_counts_as_killed(made: list[Mutant]) -> None:
    ends = {0: False, 1: True, 2: True, 3: False, 5: False, 70: False, -11: True, TOO_LONG: True}
    assert {status: outcome(made[0], 1, End(status, 1.0), "")["killed"] for status in ends} == ends


def test_survivors_are_named_with_their_reasons_and_count_as_survivors(made: list[Mutant], monkeypatch: pytest.MonkeyPatch) -> None:
    known = [Reason((f"{made[0].old} -> {made[0].new}",), "It is the same.", made[0].module, made[0].text)]
    monkeypatch.setattr("tests.mutation.many.reasons", lambda: known)
    found = [outcome(made[0], 3, End(0, 1.0), ""), outcome(made[1], 3, End(0, 1.0), ""), outcome(made[2], 3, End(1, 1.0), "")]
    told = summary(found, 7, 120)
    assert "seed 7: 1 of 3 mutants killed, 33.3%; 2 survive, 1 of them with a reason. Without these 50.0% are killed." in told
    assert told.count("It is the same.") == 1
    assert told.count("NO REASON KNOWN") == 1


def test_every_reason_belongs_to_a_line_of_the_program() -> None:
    texts = {path: path.read_text(encoding="utf-8").splitlines() for path in (ROOT / "pipeline").rglob("*.py")}
    for each in reasons():
        lines = [line.strip() for path, own in texts.items() if str(path).startswith(str(ROOT / each.module)) for line in own]
        assert any(re.search(each.pattern, line) if each.pattern else line == each.line for line in lines), each
