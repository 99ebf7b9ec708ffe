"""A release in a scratch repository: whole, or not at all."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.release.publish import publish, repository
from pipeline.release.version import Stamp, Version, fingerprint, read_stamp, recorded
from tests.conftest import ROOT
from tests.unit.releases import CIF, files, row

WHEN = {"GIT_AUTHOR_DATE": "2026-03-04T05:06:07+00:00", "GIT_COMMITTER_DATE": "2026-03-04T05:06:07+00:00"}
OLD = [row("aa1"), row("bb2")]
CHANGELOG = "# Changelog\n\nIntro.\n\n## Unreleased\n\n### Code\n\n- A command.\n\n## 1.0.0 (2025-01-01)\n\n### Data\n\n- First.\n"
"### Code\n\n- A command.\n\n## 1.0.0 (2025-01-01)\n\n### Data\n\n- First.\n"


def git(folder: Path, *arguments: str) -> str:
    import os

    ran = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, env={**os.environ, **WHEN, "TZ": "UTC"}
    )
    return ran.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a first release tagged, and one commit since."""
    root = tmp_path / "checkout"
    (root / "raw").mkdir(parents=True)
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(root))
    for key, value in (("name", "A Maintainer"), ("email", "maintainer@example.org"), ("x", "y")):
        git(root, "config", f"user.{key}", value)
    (root / ".gitignore").write_text("dist/\ncurated/*\n")
    (root / "CHANGELOG.md").write_text(CHANGELOG)
    (root / "raw" / "corrections.yaml").write_text("")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Code")
    for path, data in files(OLD, cifs={"aa1": CIF}).items():
        (root / "curated" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "curated" / path).write_bytes(data)
    git(root, "checkout", "--quiet", "--detach")
    git(root, "add", "--force", "curated")
    git(root, "commit", "--quiet", "--message", "Data")
    git(root, "tag", "--annotate", "v1.0.0-data", "--message", "data")
    git(root, "checkout", "--quiet", "main")
    return root


@dataclass
class Built:
    open_errors: int = 0
    findings: Any = field(default_factory=lambda: pd.DataFrame({"severity": ["info", "info"], "status": ["open", "awaiting"]}))


def builder(rows: Sequence[dict[str, object]], test: Sequence[dict[str, object]] = (), open_errors: int = 0) -> publish.Build:
    def build(raw: Path, out: Path, stamp: Stamp) -> Built:
        made = files(rows, test, cifs={"aa1": CIF})
        for path, data in made.items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(data)
        return Built(open_errors)

    return build


MENDED = builder([OLD[0], row("bb2", NOTE="mended")])


def run(checkout: Path, version: str, build: publish.Build = MENDED, **options: Any) -> str:
    said: list[str] = []
    publish.release(version, checkout / "raw", build, said.append, **options)
    return "\n\n".join(said)


def state(checkout: Path) -> dict[str, str]:
    """Everything that a release may change: refs, work tree, folders."""
    upload = checkout / "dist"
    return {
        "refs": git(checkout, "show-ref"),
        "status": git(checkout, "status", "--porcelain"),
        "head": git(checkout, "rev-parse", "HEAD"),
        "files": "\n".join(sorted(str(path.relative_to(checkout)) for path in checkout.rglob("*") if ".git/" not in f"{path}/")),
        "upload": "\n".join(f"{p.relative_to(upload)} {p.read_bytes()!r}" for p in sorted(upload.rglob("*")) if p.is_file()),
    }


def test_a_release_is_two_tags_and_a_folder(checkout: Path) -> None:
    before = git(checkout, "rev-parse", "HEAD")
    said = run(checkout, "1.0.1")
    assert "Least version step: patch" in said
    assert git(checkout, "cat-file", "-t", "v1.0.1") == git(checkout, "cat-file", "-t", "v1.0.1-data") == "tag"
    assert git(checkout, "rev-parse", "v1.0.1^{commit}") == git(checkout, "rev-parse", "main") == git(checkout, "rev-parse", "HEAD")
    assert git(checkout, "rev-parse", "v1.0.1^") == before
    assert git(checkout, "rev-parse", "v1.0.1-data^") == git(checkout, "rev-parse", "main")
    assert git(checkout, "status", "--porcelain") == ""
    assert git(checkout, "ls-tree", "--name-only", "v1.0.1", "curated/") == ""
    stamp = read_stamp(checkout / "raw")
    assert stamp is not None
    assert (stamp.version, stamp.date) == ("1.0.1", "2026-03-04")
    in_tag = git(checkout, "ls-tree", "-r", "--name-only", "v1.0.1-data", "curated/").splitlines()
    upload = checkout / "dist" / "obelix-1.0.1"
    assert sorted(f"curated/{path.relative_to(upload).as_posix()}" for path in upload.rglob("*") if path.is_file()) == in_tag
    assert (upload / "all.csv").read_bytes() == files([OLD[0], row("bb2", NOTE="mended")])["all.csv"]
    assert sorted(path.name for path in (checkout / "dist").iterdir()) == ["obelix-1.0.1"]


def test_the_changelog_has_a_data_and_a_code_part(checkout: Path) -> None:
    run(checkout, "1.0.1")
    text = (checkout / "CHANGELOG.md").read_text()
    expected = (
        "# Changelog\n\nIntro.\n\n## Unreleased\n\n## 1.0.1 (2026-03-04)\n\n"
        "### Data\n\n- Cells changed: `bb2` note: (blank) -> `mended`\n\n### Code\n\n- A command.\n\n"
        "## 1.0.0 (2025-01-01)\n\n### Data\n\n- First.\n"
    )
    assert text == expected


def test_the_citation_bears_version_and_date(checkout: Path) -> None:
    import yaml

    run(checkout, "1.0.1", date="2026-05-06")
    document = yaml.safe_load((checkout / "CITATION.cff").read_text(encoding="utf-8"))
    assert (document["version"], document["date-released"]) == ("1.0.1", "2026-05-06")


def test_the_same_tree_gives_the_same_tags(checkout: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(checkout), str(clone))
    for key, value in (("name", "A Maintainer"), ("email", "maintainer@example.org")):
        git(clone, "config", f"user.{key}", value)
    run(checkout, "1.0.1")
    run(clone, "1.0.1")
    for tag in ("v1.0.1", "v1.0.1-data"):
        assert git(checkout, "rev-parse", tag) == git(clone, "rev-parse", tag)
    assert state(checkout)["upload"] == state(clone)["upload"]


def test_the_next_release_follows_the_tag(checkout: Path) -> None:
    run(checkout, "1.0.1")
    (checkout / "raw" / "corrections.yaml").write_text("# more\n")
    git(checkout, "commit", "--quiet", "--all", "--message", "More")
    said = run(checkout, "1.1.0", builder([OLD[0], row("bb2", NOTE="mended"), row("cc3")]))
    assert "Release 1.1.0 (2026-03-04), after 1.0.1" in said
    assert "1 new entry (cc3)" in said
    assert "cells: 0 changed" in said


def test_a_dry_run_shows_everything_and_writes_nothing(checkout: Path) -> None:
    before = state(checkout)
    said = run(checkout, "1.0.1", dry_run=True)
    for told in ("bb2 note: (blank) -> mended", "+## 1.0.1 (2026-03-04)", 'version = "1.0.1"', "cff-version", "all.csv",
                 "Tags: v1.0.1 (code), v1.0.1-data", "1 info, open", "nothing was written"):  # fmt: skip
        assert told in said, told
    assert state(checkout) == before


@pytest.mark.parametrize(
    ("build", "version", "level", "least"),
    [
        (builder([OLD[0], row("bb2", IONIC_CONDUCTIVITY="2e-05")]), "1.1.0", "major", "2.0.0"),
        (builder([OLD[0]], [OLD[1]]), "1.9.9", "major", "2.0.0"),
        (builder([OLD[0]]), "1.1.0", "major", "2.0.0"),
        (builder([*OLD, row("cc3")]), "1.0.1", "minor", "1.1.0"),
    ],
)
def test_a_version_that_is_too_small_is_refused(checkout: Path, build: publish.Build, version: str, level: str, least: str) -> None:
    before = state(checkout)
    with pytest.raises(InputError, match=f"too small a step from 1.0.0: this is a {level} release, because of 1 ") as refused:
        run(checkout, version, build)
    assert refused.value.cure == f"release {least} or above"
    assert state(checkout) == before
    run(checkout, least, build)


@pytest.mark.parametrize(
    ("version", "message"),
    [("v1.0.1", "not a version"), ("1.1", "not a version"), ("01.0.1", "not a version"), ("1.0.0", "does not follow")],
)
def test_a_version_that_is_none_is_refused(checkout: Path, version: str, message: str) -> None:
    before = state(checkout)
    with pytest.raises(InputError, match=message):
        run(checkout, version)
    assert state(checkout) == before


def test_open_errors_are_refused(checkout: Path) -> None:
    before = state(checkout)
    with pytest.raises(InputError, match="2 open errors"):
        run(checkout, "1.0.1", builder(OLD, open_errors=2))
    assert state(checkout) == before


@pytest.mark.parametrize("change", ["new.txt", "CHANGELOG.md"])
def test_a_tree_that_is_not_clean_is_refused(checkout: Path, change: str) -> None:
    (checkout / change).write_text("x")
    with pytest.raises(InputError, match=f"not clean: {change}"):
        run(checkout, "1.0.1")


def test_a_file_that_the_tag_would_not_hold_is_refused(checkout: Path) -> None:
    """What git ignores, or was told not to look at, is read by a build and missing in a clone of the tag."""
    ignored = checkout / "raw" / "contributions" / "one" / "rows.csv"
    ignored.parent.mkdir(parents=True)
    ignored.write_text("ID\n")
    (checkout / ".git" / "info" / "exclude").write_text("raw/contributions/\n")
    before = state(checkout)
    with pytest.raises(InputError, match=r"not committed: raw/contributions/one/rows\.csv") as caught:
        run(checkout, "1.0.1")
    assert "git add --force" in caught.value.cure
    assert state(checkout) == before
    ignored.unlink()
    git(checkout, "update-index", "--skip-worktree", "raw/corrections.yaml")
    (checkout / "raw" / "corrections.yaml").write_text("# edited\n")
    assert git(checkout, "status", "--porcelain") == ""
    with pytest.raises(InputError, match=r"other than committed: raw/corrections\.yaml"):
        run(checkout, "1.0.1")
    (checkout / "raw" / "corrections.yaml").unlink()
    with pytest.raises(InputError, match=r"gone: raw/corrections\.yaml"):
        run(checkout, "1.0.1")


def test_what_a_build_does_not_read_may_lie_beside(checkout: Path) -> None:
    (checkout / ".git" / "info" / "exclude").write_text("raw/downloads/\nraw/.*\n")
    (checkout / "raw" / "downloads").mkdir()
    (checkout / "raw" / "downloads" / "archive.tar.gz").write_bytes(b"pinned by its hash")
    (checkout / "raw" / ".contributions.lock").touch()
    run(checkout, "1.0.1")
    assert "v1.0.1" in git(checkout, "tag", "--list")


def test_a_detached_head_is_refused(checkout: Path) -> None:
    git(checkout, "checkout", "--quiet", "--detach")
    with pytest.raises(InputError, match="no branch"):
        run(checkout, "1.0.1")


def test_a_folder_outside_of_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no git checkout"):
        publish.release("1.0.1", tmp_path / "raw", MENDED, print)


def test_a_release_of_another_tree_is_refused(checkout: Path) -> None:
    run(checkout, "1.0.1")
    (checkout / "raw" / "corrections.yaml").write_text("# more\n")
    git(checkout, "commit", "--quiet", "--all", "--message", "More")
    before = state(checkout)
    with pytest.raises(InputError, match="another tree's release"):
        run(checkout, "1.0.1")
    assert state(checkout) == before


class Stop(BaseException):
    """Stands for whatever ends a run: an interrupt, a full disk, a kill that Python still sees."""


def test_interrupted_at_any_point_nothing_is_half_done(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the run before the last of each kind of git command: it leaves all or nothing, and the next run ends as an undisturbed one."""
    whole = tmp_path / "whole"
    subprocess.run(["cp", "-r", str(checkout), str(whole)], check=True)
    run(whole, "1.0.1")
    wanted = {key: value.replace(str(whole), "") for key, value in state(whole).items()}
    commands = list(interruptible(monkeypatch, stop_before=None, run=lambda: run(copy(checkout, tmp_path / "count"), "1.0.1")))
    assert len(commands) > 10
    outcomes = set()
    last = {command.split()[0]: number for number, command in enumerate(commands)}
    assert {"hash-object", "commit-tree", "mktag", "update-ref", "merge"} <= set(last)
    for number in sorted(last.values()):
        command = commands[number]
        place = copy(checkout, tmp_path / f"stopped-{number}")
        before = state(place)
        with pytest.raises(Stop):
            list(interruptible(monkeypatch, stop_before=number, run=lambda place=place: run(place, "1.0.1")))
        monkeypatch.undo()
        tags = git(place, "tag", "--list", "v1.0.1*").split()
        assert tags in ([], ["v1.0.1", "v1.0.1-data"]), command
        if not tags:
            assert state(place) == before, command
        outcomes.add(bool(tags))
        run(place, "1.0.1")
        assert state(place) == wanted, command
    assert outcomes == {True, False}


def copy(checkout: Path, place: Path) -> Path:
    subprocess.run(["cp", "-r", str(checkout), str(place)], check=True)
    return place


def interruptible(monkeypatch: pytest.MonkeyPatch, stop_before: int | None, run: Callable[[], object]) -> list[str]:
    """Commands of git in order; the run ends before the one with this number."""
    seen: list[str] = []
    plain = repository.Repository._run

    def counted(self: repository.Repository, arguments: Sequence[str], *rest: Any) -> Any:
        if len(seen) == stop_before:
            raise Stop
        seen.append(" ".join(arguments)[:60])
        return plain(self, arguments, *rest)

    monkeypatch.setattr(repository.Repository, "_run", counted)
    try:
        run()
    finally:
        monkeypatch.setattr(repository.Repository, "_run", plain)
    return seen


KILLED = """
import os, sys
from pathlib import Path
from pipeline.release.publish import publish
from pipeline.release.publish import repository
from tests.unit.test_publish import MENDED
root, before = Path(sys.argv[1]), sys.argv[2]
plain = repository.Repository._run
def run(self, arguments, *rest):
    if arguments[0] == before:
        os._exit(9)
    return plain(self, arguments, *rest)
repository.Repository._run = run
def build(*arguments):
    if before == "build":
        os._exit(9)
    return MENDED(*arguments)
publish.release("1.0.1", root / "raw", build, print)
"""


@pytest.mark.parametrize(("before", "tagged"), [("build", False), ("update-ref", False), ("merge", True)])
def test_a_killed_process_leaves_all_or_nothing(checkout: Path, tmp_path: Path, before: str, tagged: bool) -> None:
    """Killed, no clean-up runs: what is left in dist/ is scratch, and the next run takes it away."""
    whole = copy(checkout, tmp_path / "whole")
    run(whole, "1.0.1")
    start = state(checkout)
    command = [sys.executable, "-c", KILLED, str(checkout), before]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 9, ran.stderr
    assert git(checkout, "tag", "--list", "v1.0.1*").split() == (["v1.0.1", "v1.0.1-data"] if tagged else [])
    left = state(checkout)
    assert left["status"] == ""
    assert left["head"] == start["head"]
    assert all(name.startswith("dist") for name in set(left["files"].splitlines()) - set(start["files"].splitlines()))
    run(checkout, "1.0.1")
    assert state(checkout) == state(whole)


def test_a_killed_run_leaves_nothing_that_the_next_one_keeps(checkout: Path) -> None:
    left = checkout / "dist" / ".release-dead"
    (left / "curated").mkdir(parents=True)
    (left / ".obelix-curate").touch()
    run(checkout, "1.0.1", dry_run=True)
    assert not left.exists()
    left.mkdir(parents=True)
    (left / "mine").write_text("a folder of this name that nobody marked")
    run(checkout, "1.0.1", dry_run=True)
    assert (left / "mine").is_file()


def test_the_commands_of_the_page_run(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of ``docs/releasing.md`` that need a repository; the others run with every document's."""
    from click.testing import CliRunner

    from pipeline import build
    from pipeline.cli import main

    page = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
    block = re.search(r"```shell\n(.*?)```", page, re.DOTALL)
    assert block
    lines = block[1].strip().splitlines()
    assert len(lines) == 2
    monkeypatch.chdir(checkout)
    (checkout / "raw" / "sources.toml").write_text("")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "Pins")
    monkeypatch.setattr(build, "build", lambda options: MENDED(options.raw, options.out, options.stamp))
    for line in lines:
        program, *arguments = line.split()
        ran = CliRunner().invoke(main, arguments)
        assert (program, ran.exit_code) == ("obelix-curate", 0), ran.output
        assert ("nothing was written" in ran.output) == ("--dry-run" in arguments)
    assert git(checkout, "tag", "--list", "v1.3.0*").split() == ["v1.3.0", "v1.3.0-data"]
    assert all(
        f"`{name}`" in page for name in ("datapackage.json", "croissant.json", "README.md", "dataset-metadata.json", "optimade.jsonl")
    )
    refused = CliRunner().invoke(main, ["release", "1.3.0-rc1"])
    assert (refused.exit_code, "not a version" in refused.output) == (2, True)


def test_the_examples_of_the_page_on_corrections_are_decisions() -> None:
    import jsonschema
    import yaml

    from schemas.corrections import CORRECTIONS, WAIVERS

    page = (ROOT / "docs" / "corrections.md").read_text(encoding="utf-8")
    correction, waiver = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    jsonschema.validate(yaml.safe_load(correction), CORRECTIONS)
    jsonschema.validate(yaml.safe_load(waiver), WAIVERS)


def test_versions_step(tmp_path: Path) -> None:
    version = Version.parse("1.2.3")
    assert [str(version.step(level)) for level in ("major", "minor", "patch")] == ["2.0.0", "1.3.0", "1.2.4"]
    assert Version.parse("1.10.0") > Version.parse("1.9.9")


def test_only_the_tree_of_a_release_bears_its_version(tmp_path: Path) -> None:
    (tmp_path / "corrections.yaml").write_text("- one\n")
    (tmp_path / "downloads").mkdir()
    assert read_stamp(tmp_path) is None
    stamp = Stamp("1.2.3", "2026-01-02", fingerprint(tmp_path))
    (tmp_path / "release.toml").write_text(stamp.toml())
    (tmp_path / "downloads" / "x.tar.gz").write_text("fetched")
    assert read_stamp(tmp_path) == recorded(tmp_path) == stamp
    (tmp_path / "corrections.yaml").write_bytes(b"- one\r\n")
    assert read_stamp(tmp_path) == stamp
    (tmp_path / "corrections.yaml").write_text("- two\n")
    assert read_stamp(tmp_path) == Stamp("1.2.3+unreleased", "")
    assert recorded(tmp_path) == stamp


def test_another_program_is_another_fingerprint(tmp_path: Path) -> None:
    for name in ("pipeline/__init__.py", "pipeline/a.py", "schemas/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    first = fingerprint(tmp_path / "raw", tmp_path)
    (tmp_path / "pipeline/__init__.py").write_text('__version__ = "2"\n')
    assert fingerprint(tmp_path / "raw", tmp_path) == first
    (tmp_path / "schemas/b.py").write_text("x = 2\n")
    assert fingerprint(tmp_path / "raw", tmp_path) != first


def test_a_release_gives_the_program_its_version(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "pipeline").mkdir()
    (checkout / "pipeline" / "__init__.py").write_text('"""Doc."""\n\n__version__ = "0.1.0"\nx = 1\n')
    (checkout / "pipeline" / "own.py").write_text("y = 1\n")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "Program")
    before = state(checkout)
    with pytest.raises(InputError, match="not the one of this tree"):
        run(checkout, "1.0.1")
    assert state(checkout) == before
    monkeypatch.setattr(publish, "PROGRAM", checkout)
    run(checkout, "1.0.1")
    assert git(checkout, "show", "v1.0.1:pipeline/__init__.py") == '"""Doc."""\n\n__version__ = "1.0.1"\nx = 1'


def test_a_damaged_stamp_is_told(tmp_path: Path) -> None:
    for text in ("version = 1\n", 'version = "1.2.3"\n', "nonsense", 'version = "1.2.3"\ndate = "soon"\n'):
        (tmp_path / "release.toml").write_text(text)
        with pytest.raises(InputError):
            read_stamp(tmp_path)
