"""Workflows and action: what GitHub accepts, what they are allowed, and their shell steps, run with stand-ins for what they install."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.contributed.tables import TABLES, good, zipped

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
#: Stands for the programs of an environment: tells where it was called and with what.
TELL = '#!/bin/sh\nprintf "%s|%s|%s\\n" "$(basename "$0")" "$PWD" "$*" >> "$TOLD"\n'
#: Stands for python: makes the environment that it is asked for, with such programs.
PYTHON = TELL + 'for last; do :; done; mkdir -p "$last/bin"; cp "$(dirname "$0")/tell" "$last/bin/pip"\n'


def load(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def steps(document: dict[Any, Any]) -> list[dict[str, Any]]:
    if "runs" in document:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job["steps"]]


def shell(script: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_github_accepts_a_workflow(path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_a_workflow_has_no_right_that_it_does_not_need(path: Path) -> None:
    text, document = path.read_text(encoding="utf-8"), load(path)
    assert "pull_request_target" not in text
    assert "secrets." not in text
    if path.name != "action.yml":
        assert document["permissions"] == {"contents": "read"}
    for step in steps(document):
        if "uses" in step:
            assert re.search(r"@([0-9a-f]{40}|v\d+)$", step["uses"]), step["uses"]
        assert "${{" not in step.get("run", "")  # what others wrote would become a command
        assert "-m pip" not in step.get("run", "")


def test_there_is_a_weekly_run() -> None:
    triggers = load(ROOT / ".github" / "workflows" / "commands.yml")[True]  # YAML reads the key "on" as true
    assert re.fullmatch(r"\d+ \d+ \* \* \d", triggers["schedule"][0]["cron"])


@pytest.mark.parametrize("marker", ["first", "second"])
def test_the_workflow_runs_a_command_of_the_readme(marker: str, tmp_path: Path) -> None:
    [step] = [step for step in steps(load(ROOT / ".github" / "workflows" / "commands.yml")) if step.get("name") == "Run"]
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    (tmp_path / ".ci" / "run").chmod(0o755)
    (tmp_path / "README.md").write_text("".join(f"<!-- {name} command -->\n```sh\necho the {name}\n```\n" for name in ("first", "second")))
    assert shell(step["run"], tmp_path, {"COMMAND": marker}).stdout == f"the {marker}\n"
    assert shell(".ci/run", tmp_path, {}).stdout == "the second\n"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (ROOT / "action.yml", "Install obelix-curate"),
        (ROOT / ".github" / "workflows" / "contributed-rows.yml", "Install"),
        (ROOT / ".github" / "workflows" / "proposed-in-an-issue.yml", "Install"),
    ],
)
def test_the_lock_is_installed_from_the_programs_own_folder(path: Path, name: str, tmp_path: Path) -> None:
    [step] = [step for step in steps(load(path)) if step.get("name") == name]
    assert step["working-directory"] in ("${{ github.action_path }}", "program")
    programs, own = tmp_path / "programs", tmp_path / "own"
    for folder in (programs, own):
        folder.mkdir()
    for program, text in (("tell", TELL), ("python", PYTHON)):
        (programs / program).write_text(text)
        (programs / program).chmod(0o755)
    variables = {"PATH": f"{programs}:{os.environ['PATH']}", "TOLD": str(tmp_path / "told"), "RUNNER_TEMP": str(tmp_path)}
    done = shell(step["run"], own, {**variables, "GITHUB_OUTPUT": str(tmp_path / "output")})
    assert done.returncode == 0, done.stderr
    told = [line.split("|") for line in (tmp_path / "told").read_text().splitlines()]
    assert {where for _, where, _ in told} == {str(own)}
    assert told[0][0] == "python"
    assert told[0][2].startswith("-I -m venv ")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [said for program, _, said in told if program == "pip"] == re.findall(
        r"\.venv/bin/pip (.*?) &&", readme[readme.index("<!-- first command -->") :].split("```")[1]
    )


def test_rows_of_an_issue_get_the_same_check(tmp_path: Path, programs: Path, environment: dict[str, str]) -> None:
    """The form's example, pasted; and an issue without a table, whose text would be a command if it were one."""
    [step] = [step for step in steps(load(ROOT / ".github" / "workflows" / "proposed-in-an-issue.yml")) if step.get("name") == "Check"]
    form = load(ROOT / ".github" / "ISSUE_TEMPLATE" / "new-data.yml")
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "bin").symlink_to(programs)
    [field] = [field for field in form["body"] if field.get("id") == "table"]
    answers = {
        "Papers": "10.1002/adma.201803075",
        field["attributes"]["label"]: field["attributes"]["placeholder"],
        "Structures": "_No response_",
    }
    body = "\r\n\r\n".join(f"### {label}\r\n\r\n{answer}" for label, answer in answers.items())

    def comment(text: str) -> str:
        variables = {**environment, "RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "BODY": text}
        done = shell(step["run"], tmp_path, variables)
        assert done.returncode == 0, done.stderr
        return (tmp_path / "comment.md").read_text(encoding="utf-8")

    told = comment(body)
    assert told.startswith("## ")
    assert "Table `rows.csv`: 1 row, 0 structure files" in told
    assert "### What the dataset would gain" in told
    assert "sample1" in told
    refused = comment("$(touch forged) `touch forged`\n### Table\n\n_No response_\n")
    assert refused.startswith("## ❌ The rows could not be checked")
    assert "the issue has nothing under 'Table'" in refused
    assert not list(tmp_path.rglob("forged"))


def test_changed_tables_are_checked_and_told(tmp_path: Path, programs: Path, environment: dict[str, str]) -> None:
    """A pull request with one good table, one bad one, and files that would be run if the repository were on the path."""
    [step] = [step for step in steps(load(ROOT / ".github" / "workflows" / "contributed-rows.yml")) if step.get("name") == "Check"]
    rows = tmp_path / "rows"
    rows.mkdir()
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "bin").symlink_to(programs)

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=rows, env=environment, check=True, capture_output=True)

    def check() -> subprocess.CompletedProcess[str]:
        return shell(step["run"], rows, {**environment, "RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})

    git("init", "-q")
    (rows / "README.md").write_text("x")
    git("add", "-A")
    git("commit", "-qm", "base")
    git("checkout", "-qb", "others")
    (rows / "other").write_text("x")
    git("add", "-A")
    git("commit", "-qm", "no table")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "merge", "others")
    nothing = check()
    assert (nothing.returncode, nothing.stdout) == (0, "No table was added or changed.\n")
    git("checkout", "-qb", "proposal")
    for name, sent in (("a good one", good()), ("bad", TABLES["files"]())):
        folder = rows / "proposals" / name
        folder.mkdir(parents=True)
        (folder / sent.name).write_bytes(sent.data)
        (folder / "cifs.zip").write_bytes(zipped(sent.structures))
    hostile(rows, tmp_path / "mark")
    git("add", "-A")
    git("commit", "-qm", "tables")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "merge", "proposal")
    done = check()
    assert done.returncode != 0
    assert "::error file=proposals/bad/" in done.stdout, done.stderr
    assert "proposals/a good one" not in done.stdout
    assert not (tmp_path / "mark").exists(), (tmp_path / "mark").read_text()
    runs = [json.loads(path.read_text())["runs"][0] for path in sorted((tmp_path / "sarif").iterdir())]
    assert len({run["automationDetails"]["id"] for run in runs}) == 2
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").count("## ") >= 2


def hostile(folder: Path, mark: Path) -> None:
    """Put modules into a folder that tell when they are imported."""
    tell = f"open({str(mark)!r}, 'a').write(__file__ + '\\n')\n"
    for name in ("pip", "pandas", "numpy", "click", "yaml", "sitecustomize"):
        (folder / f"{name}.py").write_text(tell)
    for name in ("pipeline", "schemas", "obelix_curate", "hatchling"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(tell)


@pytest.mark.parametrize("arguments", [["obelix-curate", "check"], ["obelix-curate", "check", "--without-dataset"], ["obelix-curate-hook"]])
def test_modules_of_the_checked_repository_are_not_imported(
    arguments: list[str], tmp_path: Path, programs: Path, environment: dict[str, str]
) -> None:
    hostile(tmp_path, tmp_path / "mark")
    sent = good()
    (tmp_path / sent.name).write_bytes(sent.data)
    (tmp_path / "cifs.zip").write_bytes(zipped(sent.structures))
    command = [str(programs / arguments[0]), *arguments[1:], sent.name]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode in (0, 1), done.stderr
    assert f"{sent.name}: 3 rows" in done.stdout
    assert not (tmp_path / "mark").exists(), (tmp_path / "mark").read_text()
