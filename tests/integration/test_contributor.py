"""A contributor's afternoon on the real sources: check, accept, the next build, the hook and the action."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.sources import Archive
from schemas import columns as col
from tests.contributed.tables import HEADER, TABLES, Sent, good, rock_salt, zipped

ROOT = Path(__file__).parent.parent.parent
PROGRAM = (sys.executable, "-m", "pipeline.cli")


def run(*arguments: str | Path, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def asked(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command in a folder outside of the checkout, in this process: what a process of its own does is asked once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OBELIX_CURATE_DOWNLOADS", environment["OBELIX_CURATE_DOWNLOADS"])
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


def put(sent: Sent, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / sent.name
    table.write_bytes(sent.data)
    (folder / "cifs.zip").write_bytes(zipped(sent.structures))
    return table


def test_exit_status_and_standard_output(tmp_path: Path, environment: dict[str, str], asked: Callable[..., Result]) -> None:
    put(good(), tmp_path)
    fine = asked("check", "good.csv", "--cifs", "cifs.zip", "--format", "json")
    assert (fine.exit_code, fine.stderr) == (0, "")
    assert json.loads(fine.stdout)["summary"]["compared_with"] >= 599
    put(TABLES["formulas"](), tmp_path)
    bad = run("check", "formulas.csv", "--format", "json", folder=tmp_path, env=environment)
    assert (bad.returncode, bad.stderr) == (1, "")
    assert json.loads(bad.stdout)["summary"]["errors"] > 0
    (tmp_path / "prose.csv").write_text("dear curators\n")
    unusable = asked("check", "prose.csv", "--format", "json")
    assert (unusable.exit_code, unusable.stdout) == (2, "")
    assert unusable.stderr.startswith("error: ")
    assert "cure: " in unusable.stderr
    assert "Traceback" not in unusable.stderr


@pytest.mark.parametrize(
    "arguments", [("missing.csv",), (".",), ("good.csv", "--cifs", "missing.zip"), ("good.csv", "--cifs", "prose.csv")]
)
def test_what_cannot_be_read_ends_with_2_and_a_cure(
    tmp_path: Path, arguments: tuple[str, ...], raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(good(), tmp_path)
    (tmp_path / "prose.csv").write_text("dear curators\n")
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(main, ["check", *arguments, "--format", "json", "--raw", str(raw)])
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "error: " in ran.stderr
    assert "cure: " in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_published_row_is_found_again(
    tmp_path: Path, asked: Callable[..., Result], published_cells: pd.DataFrame, structure_texts: dict[str, str]
) -> None:
    """Ten published rows with their structures, sent under other names: each has its own entry as its exact duplicate."""
    ids = sorted(structure_texts)[::32][:10]
    table = published_cells[published_cells[col.ID].isin(ids)][[str(column) for column in col.CONTRIBUTED]]
    names = {name: f"sample-{place}" for place, name in enumerate(table[col.ID])}
    table.assign(**{str(col.ID): table[col.ID].map(names)}).to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "cifs").mkdir()
    for name in ids:
        (tmp_path / "cifs" / f"{names[name]}.cif").write_text(structure_texts[name], encoding="utf-8")
    found = asked("check", "rows.csv", "--cifs", "cifs", "--format", "json")
    twins = {f["ID"]: f["other"] for f in json.loads(found.stdout)["findings"] if f["check"] == "duplicate.exact"}
    assert twins == {names[name]: name for name in ids}


def test_ten_good_rows_with_ten_structures_are_ready(tmp_path: Path, asked: Callable[..., Result]) -> None:
    anions = {"F": 4.0263, "Cl": 5.1295, "Br": 5.5013, "I": 6.0257}
    cells = [(anion, a + shift) for shift in (0.0, 0.011, 0.023) for anion, a in anions.items()][:10]
    rows = [f"s{n},Li{x},4,Li4{x}4,{n}.1E-9,225,{a:.4f},{a:.4f},{a:.4f},90,90,90,10.9999/made.up.{n}" for n, (x, a) in enumerate(cells)]
    put(
        Sent("ten.csv", "\n".join([HEADER, *rows]).encode(), {f"s{n}": rock_salt(x, round(a, 4)) for n, (x, a) in enumerate(cells)}),
        tmp_path,
    )
    done = asked("check", "ten.csv", "--cifs", "cifs.zip")
    assert done.exit_code == 0, done.stdout


def test_accepted_rows_are_in_the_next_build_on_the_right_side(
    tmp_path: Path, asked: Callable[..., Result], raw: Path, archive: Archive
) -> None:
    """Li3YCl6 is in the dataset already: the new row of it must go where its composition is."""
    decisions = tmp_path / "raw"
    decisions.mkdir()
    for name in ("sources.toml", "corrections.yaml", "waivers.yaml"):
        (decisions / name).write_bytes((raw / name).read_bytes())
    put(good(), tmp_path)
    accepted = asked("accept", "good.csv", "--cifs", "cifs.zip", "--by", "A Curator", "--date", "2026-03-01")
    assert accepted.exit_code == 0, accepted.stderr
    [folder] = (decisions / "contributions").iterdir()
    ids = {entry["contributed_as"]: entry["id"] for entry in yaml.safe_load((folder / "contribution.yaml").read_text())["entries"]}
    built = asked("build", "--quick", "--out", "curated")
    assert built.exit_code in (0, 1), built.stderr
    table = pd.read_csv(tmp_path / "curated" / "all.csv", dtype=str).set_index(str(col.ID))
    assert len(table) == archive.pin.members["workbook"].records + 3
    assert table.at[ids["sulfide"], col.IONIC_CONDUCTIVITY] == "<1E-10"
    sides = {side: set(pd.read_csv(tmp_path / "curated" / f"{side}_idx.csv", dtype=str)[col.ID]) for side in ("train", "test")}
    assert all((name in sides["train"]) != (name in sides["test"]) for name in ids.values())
    kin = set(table.index[table[col.REDUCED_COMPOSITION] == "Li3YCl6"]) - {ids["layered_1"]}
    assert kin
    [side] = [side for side, members in sides.items() if ids["layered_1"] in members]
    assert kin <= sides[side]
    structures = {path.stem for path in (tmp_path / "curated" / "all_randomized_cifs").glob("*.cif")}
    assert structures >= {ids["salt"], ids["sulfide"]}
    findings = pd.read_csv(tmp_path / "curated" / "findings.csv", dtype=str, keep_default_na=False)
    mine = findings[findings[col.ID].isin(set(ids.values())) & (findings[col.SEVERITY] == "error")]
    assert mine.empty, mine.to_string()


# --- the hook --------------------------------------------------------------------------------------------------------
def git(folder: Path, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    named = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main", "-c", "core.hooksPath=.git/hooks")
    return subprocess.run(["git", *named, *arguments], cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def laboratory(tmp_path: Path, environment: dict[str, str], programs: Path) -> Path:
    """A scratch repository with the hook installed. The hook is the published one, run in this environment instead of one of its own."""
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    local = {**hook, "language": "system", "entry": str(programs / hook["entry"])}
    folder = tmp_path / "laboratory"
    folder.mkdir()
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [local]}]}))
    assert git(folder, "init", "-q", env=environment).returncode == 0
    return folder


def pre_commit(folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    git(folder, "add", "-A", env=env)
    home = {**env, "PRE_COMMIT_HOME": str(folder.parent / "home")}
    command = [sys.executable, "-m", "pre_commit", "run", "--color", "never"]
    return subprocess.run(command, cwd=folder, env=home, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_hook_stops_a_commit_with_a_mistake_and_passes_without(laboratory: Path, environment: dict[str, str]) -> None:
    (laboratory / "other.csv").write_text("a,b\n1,2\n")
    nothing = pre_commit(laboratory, environment)
    assert nothing.returncode == 0
    assert "Skipped" in nothing.stdout
    bad = TABLES["files"]()
    put(bad, laboratory / "obelix")
    stopped = pre_commit(laboratory, environment)
    assert stopped.returncode == 1, stopped.stdout
    assert "[cif.licence]" in stopped.stdout
    assert "row 6  s5" in stopped.stdout
    (laboratory / "obelix" / bad.name).unlink()
    put(good(), laboratory / "obelix")
    passed = pre_commit(laboratory, environment)
    assert passed.returncode == 0, passed.stdout
    assert "good.csv: 3 rows" in passed.stdout  # shown though it passed, so that warnings are seen


def test_the_hook_finds_the_structures_beside_the_table(tmp_path: Path) -> None:
    from pipeline.contribute.hook import structures, tables

    table = tmp_path / "rows.csv"
    table.write_text("x")
    assert structures(table) is None
    assert tables([table, tmp_path / "x.cif"]) == [table]
    (tmp_path / "cifs").mkdir()
    assert structures(table) == tmp_path / "cifs"
    assert tables([tmp_path / "cifs" / "x1.cif"]) == [table]
    (tmp_path / "rows.tar.gz").write_bytes(b"")
    assert structures(table) == tmp_path / "rows.tar.gz"


# --- the action ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return document


def play(
    action: dict[str, Any], inputs: dict[str, str], folder: Path, env: dict[str, str], programs: Path
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the shell of the step ``check`` as a runner does: inputs in the environment, files for outputs and the summary."""
    [step] = [step for step in action["runs"]["steps"] if step.get("id") == "check"]
    values = {name: inputs.get(name, str(declared.get("default", ""))) for name, declared in action["inputs"].items()}
    assert not [name for name, declared in action["inputs"].items() if declared.get("required") and name not in inputs]
    values["program"] = str(programs / "obelix-curate")
    expressions = {name: text.removesuffix(" }}").split(".") for name, text in step["env"].items() if text}
    variables = {name: values[parts[-1]] for name, parts in expressions.items()}
    assert "${{" not in step["run"]  # an input inside the script could become a command
    output, summary = folder / "output", folder / "summary.md"
    runner = {**env, **variables, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=folder, env=runner, capture_output=True, text=True, encoding="utf-8", check=False)
    return done, dict(line.split("=", 1) for line in output.read_text().splitlines())


def test_the_action_annotates_a_pull_request(action: dict[str, Any], tmp_path: Path, environment: dict[str, str], programs: Path) -> None:
    put(TABLES["papers"](), tmp_path)
    (tmp_path / "papers.csv").rename(tmp_path / "my rows.csv")
    inputs = {"table": "my rows.csv", "markdown": "comment.md", "sarif": "check.sarif", "junit": "check.xml"}
    done, outputs = play(action, inputs, tmp_path, environment, programs)
    assert (done.returncode, outputs) == (1, {"status": "1"})
    assert done.stdout.startswith("::error file=my rows.csv,line=2,")
    assert "## ❌" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert (tmp_path / "comment.md").read_text(encoding="utf-8").startswith("## ❌")
    assert json.loads((tmp_path / "check.sarif").read_text())["version"] == "2.1.0"
    assert (tmp_path / "check.xml").read_text().startswith("<?xml")


def test_the_action_passes_good_rows_and_tells_unusable_ones(
    action: dict[str, Any], tmp_path: Path, environment: dict[str, str], programs: Path
) -> None:
    put(good(), tmp_path)
    done, outputs = play(action, {"table": "good.csv", "cifs": "cifs.zip"}, tmp_path, environment, programs)
    assert (done.returncode, outputs) == (0, {"status": "0"}), done.stdout
    (tmp_path / "output").unlink()
    done, outputs = play(action, {"table": "$(touch pwned).csv"}, tmp_path, environment, programs)
    assert (done.returncode, outputs) == (2, {"status": "2"})
    assert not (tmp_path / "pwned").exists()


def test_the_action_and_the_issue_form_are_what_github_accepts() -> None:
    for schema, file in (("vendor.github-actions", "action.yml"), ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/new-data.yml")):
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
