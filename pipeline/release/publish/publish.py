"""``release VERSION``: from a clean tree to two tags and a folder ready to upload, or to nothing at all.

Everything is prepared beside: the data in a scratch folder, the commits as objects that no branch knows. Then both tags are named
in one step of git, and with that the release exists. What follows (the branch is brought to the tag, the folder is unpacked from it)
derives from the tags and is done again by the same command if it was interrupted.

``vX.Y.Z`` is the code: the tree with its changelog, citation and version. ``vX.Y.Z-data`` is the same with ``curated/`` in it; it is
no part of the branch, which stays small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import InputError
from pipeline.release.compare.diff import Difference, difference, required_level
from pipeline.release.compare.diff_formats import as_changelog, as_text, summary
from pipeline.release.compare.published import CURATED, Published, from_folder, from_tag, published
from pipeline.release.folder import replaced
from pipeline.release.metadata import citation
from pipeline.release.publish import changelog
from pipeline.release.publish.committed import require_committed
from pipeline.release.publish.repository import Repository, repository
from pipeline.release.version import FILE as STAMP_FILE
from pipeline.release.version import PROGRAM, VERSION_FILE, Stamp, Version, fingerprint, program_listing
from pipeline.safety.outputs import workspace

UPLOADS = "dist"
_SCRATCH = ".release-"
_VERSION_LINE = re.compile(r'^__version__ = ".*"$', re.MULTILINE)
_DATA_TAG = re.compile(r"v(\d+\.\d+\.\d+)-data")


class Built(Protocol):
    """What a build says of itself."""

    @property
    def open_errors(self) -> int:
        """Errors that are neither corrected nor decided on by a waiver, those of the gate included."""
        ...

    @property
    def findings(self) -> Any:
        """The table of findings."""
        ...


#: Builds the release of a tree: folder of the decisions, folder to write, and the version to stamp on it.
Build = Callable[[Path, Path, Stamp], Built]


@dataclass(frozen=True)
class Plan:
    """A release, prepared.

    Attributes
    ----------
    version, date, previous
        Of the release, and the name of the release before it.
    difference
        Against the release before.
    files
        Files of the repository that the release changes: path and new text.
    data
        The release folder, in scratch.
    findings
        Number of findings by severity and status.
    finished
        Whether the tags were there already, and only what derives from them is left to do.
    """

    version: Version
    date: str = ""
    previous: str = ""
    difference: Difference | None = None
    files: dict[str, str] = field(default_factory=dict)
    data: Path | None = None
    findings: tuple[str, ...] = ()
    finished: bool = False

    @property
    def tags(self) -> tuple[str, str]:
        """Names of both tags: code, data."""
        return f"v{self.version}", f"v{self.version}-data"


def release(version: str, raw: Path, build: Build, say: Callable[[str], None], *, date: str | None = None, dry_run: bool = False) -> None:
    """Make a release, or with ``dry_run`` only show it.

    Parameters
    ----------
    version
        Its version, without ``v``.
    raw
        Folder of the pins and decisions, in the checkout.
    build
        Makes the release folder.
    say
        Shows a paragraph to the user.
    date
        Day of the release (YYYY-MM-DD); by default that of the last commit, so that the same tree gives the same release.
    """
    wanted = Version.parse(version)
    repo = repository(raw.absolute().parent)
    with _scratch(repo.root) as scratch:
        if _is_made(wanted, repo):
            say(f"v{wanted} is tagged already; finishing it.")
            if not dry_run:
                _finish(Plan(wanted, finished=True), repo, say)
            return
        plan = prepare(wanted, raw, repo, build, scratch, date)
        say(shown(plan, repo))
        if dry_run:
            say("Dry run: nothing was written, no tag was made.")
            return
        _tag(plan, _dated(repo), scratch)
        _finish(plan, repo, say)


def prepare(wanted: Version, raw: Path, repo: Repository, build: Build, scratch: Path, date: str | None = None) -> Plan:
    """Build and judge a release in scratch.

    Raises
    ------
    InputError
        When the tree is not clean, the build has open errors, or the version is too small for what changed.
    """
    _require_clean(repo)
    require_committed(repo, raw)
    previous = last_release(repo, raw)
    number = Version.parse(previous.name)
    if wanted <= number:
        raise InputError(
            f"{wanted} does not follow {number}, the last release", value=str(wanted), cure=f"the next patch is {number.step('patch')}"
        )
    _require_own_program(repo)
    day = date or repo.git("log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%d")
    stamp = Stamp(str(wanted), day, fingerprint(raw))
    data = scratch / CURATED
    built = build(raw, data, stamp)
    if built.open_errors:
        raise InputError(
            f"the build has {built.open_errors} open error{'s' if built.open_errors > 1 else ''}; a release has none",
            cure="run 'obelix-curate build', read curated/findings.csv, then correct each, or decide on it in a waiver, under raw/",
        )
    found = difference(previous, replace(from_folder(data, str(wanted)), name=str(wanted)))
    if found.stale_new:
        place = found.stale_new[0]
        raise InputError(
            f"the built release does not agree with itself: {place.what}", file=place.file, cure="this is a fault of the build"
        )
    _require_step(wanted, number, found)
    files = {
        changelog.FILE: changelog.released(_text(repo, changelog.FILE), str(wanted), stamp.date, as_changelog(found)),
        citation.FILE: citation.citation(str(wanted), stamp.date),
        f"{raw.absolute().relative_to(repo.root).as_posix()}/{STAMP_FILE}": stamp.toml(),
    }
    if (repo.root / VERSION_FILE).is_file():
        files[VERSION_FILE] = _VERSION_LINE.sub(f'__version__ = "{wanted}"', _text(repo, VERSION_FILE), count=1)
    return Plan(wanted, stamp.date, previous.name, found, files, data, _tallied(built.findings))


def last_release(repo: Repository, raw: Path) -> Published:
    """The newest release that is tagged with its data, or else the pinned release that all began with."""
    from pipeline import sources

    names = (_DATA_TAG.fullmatch(name) for name in (repo.asks("tag", "--list", "v*-data") or "").split())
    versions = sorted(Version.parse(found[1]) for found in names if found)
    if versions:
        return replace(from_tag(f"v{versions[-1]}-data", repo.root), name=str(versions[-1]))
    return published(sources.default_pin(raw).version, raw)


def _require_clean(repo: Repository) -> None:
    if repo.asks("symbolic-ref", "--quiet", "HEAD") is None:
        raise InputError("no branch is checked out", file=repo.root, cure="check out the branch that the release belongs to")
    changed = [line[3:] for line in repo.git("status", "--porcelain").splitlines()]
    if changed:
        some = ", ".join(changed[:5]) + (", ..." if len(changed) > 5 else "")
        raise InputError(
            f"the tree is not clean: {some}", file=repo.root, cure="commit or remove these files; a release must be what the tag holds"
        )


def _require_own_program(repo: Repository) -> None:
    """The tag must hold the program that made the data. A repository of decisions alone has none to hold."""
    own = program_listing(repo.root)
    if own and own != program_listing(PROGRAM):
        raise InputError(
            "the program that runs is not the one of this tree, so the tag would not hold what made the data",
            file=PROGRAM,
            cure=f"install the tree's own: pip install -e {repo.root}",
        )


def _require_step(wanted: Version, last: Version, found: Difference) -> None:
    level, reasons = required_level(found)
    least = last.step(level)
    if wanted < least:
        raise InputError(
            f"{wanted} is too small a step from {last}: this is a {level} release, because of {'; '.join(reasons)}",
            value=str(wanted),
            cure=f"release {least} or above",
        )


def _tallied(findings: Any) -> tuple[str, ...]:
    from schemas import columns as col

    counts = findings.groupby([str(col.SEVERITY), str(col.STATUS)]).size()
    return tuple(f"{number} {severity}, {status}" for (severity, status), number in counts.items())


def _text(repo: Repository, path: str) -> str:
    file = repo.root / path
    if not file.is_file():
        raise InputError("there is no such file", file=file, cure=f"a release needs {path}; restore it")
    return file.read_text(encoding="utf-8")


def shown(plan: Plan, repo: Repository) -> str:
    """Everything that the release will be, for the eyes of the one who makes it."""
    if plan.difference is None or plan.data is None:
        return ""
    parts = [f"Release {plan.version} ({plan.date}), after {plan.previous}", as_text(plan.difference).rstrip()]
    parts.append("\n".join(["Findings", *(f"  {line}" for line in plan.findings or ("none",))]))
    for path, text in plan.files.items():
        parts.append(f"{path} will change:\n{_changed_lines(repo.root / path, text)}")
    sizes = [(path.relative_to(plan.data).as_posix(), path.stat().st_size) for path in sorted(plan.data.rglob("*")) if path.is_file()]
    top = [f"  {size:>10}  {path}" for path, size in sizes if not path.endswith(".cif")]
    structures = [size for path, size in sizes if path.endswith(".cif")]
    parts.append(
        "\n".join([f"Folder to upload: {_upload(plan, repo)}", *top, f"  {sum(structures):>10}  in {len(structures)} structure files"])
    )
    parts.append(f"Tags: {plan.tags[0]} (code), {plan.tags[1]} (code and data)")
    return "\n\n".join(parts)


def _changed_lines(path: Path, text: str) -> str:
    import difflib

    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = difflib.unified_diff(old.splitlines(), text.splitlines(), n=0, lineterm="")
    return "\n".join(f"  {line}" for line in lines if not line.startswith(("---", "+++", "@@")))


def _upload(plan: Plan, repo: Repository) -> Path:
    return repo.root / UPLOADS / f"obelix-{plan.version}"


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """A folder to prepare in; removed at the end, and by the next run if this one is killed."""
    place = root / UPLOADS
    fresh = not place.exists()
    place.mkdir(exist_ok=True)
    try:
        with workspace(place, _SCRATCH) as scratch:
            yield scratch
    finally:
        if fresh and not any(place.iterdir()):
            place.rmdir()


def _dated(repo: Repository) -> Repository:
    """The repository with the last commit's date for new commits and tags: the same tree gives the same tags."""
    when = repo.git("log", "-1", "--format=%cI")
    return replace(repo, environment={"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when})


def _tag(plan: Plan, repo: Repository, scratch: Path) -> None:
    """Make both commits and both tags, then name the tags in one step."""
    if plan.data is None or plan.difference is None:
        raise ValueError("the plan holds no data")
    changed: dict[str, Path] = {}
    for number, (path, text) in enumerate(plan.files.items()):
        file = scratch / f"changed-{number}"
        file.write_text(text, encoding="utf-8", newline="\n")
        changed[path] = file
    data = {f"{CURATED}/{path.relative_to(plan.data).as_posix()}": path for path in plan.data.rglob("*") if path.is_file()}
    code_tag, data_tag = plan.tags
    head = repo.git("rev-parse", "HEAD")
    code = repo.commit(head, changed, f"Release {plan.version}\n", scratch / "index")
    with_data = repo.commit(code, data, f"Data of release {plan.version}\n", scratch / "index")
    told = "\n".join(summary(plan.difference))
    repo.create_tags(
        {
            code_tag: repo.tag_object(code_tag, code, f"OBELiX {plan.version}\n\nAgainst {plan.previous}\n{told}"),
            data_tag: repo.tag_object(data_tag, with_data, f"OBELiX {plan.version}, data\n\n{as_changelog(plan.difference)}"),
        }
    )


def _is_made(wanted: Version, repo: Repository) -> bool:
    """Whether the release is tagged and of this very tree, so that only what follows from the tags can be left to do."""
    tag = repo.asks("rev-parse", "--verify", "--quiet", f"refs/tags/v{wanted}^{{commit}}")
    if tag is None:
        return False
    head = repo.git("rev-parse", "HEAD")
    if head not in (tag, repo.asks("rev-parse", f"{tag}^")) or repo.asks("rev-parse", "--verify", f"refs/tags/v{wanted}-data") is None:
        raise InputError(f"v{wanted} is another tree's release already", file=repo.root, value=str(wanted), cure="choose a larger version")
    return True


def _finish(plan: Plan, repo: Repository, say: Callable[[str], None]) -> None:
    """Bring the branch to the tag and unpack the folder to upload. Doing it again changes nothing."""
    code_tag, data_tag = plan.tags
    repo.git("merge", "--ff-only", "--quiet", f"refs/tags/{code_tag}")
    upload = _upload(plan, repo)
    with replaced(upload) as folder:
        for path, content in from_tag(data_tag, repo.root).contents.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    branch = repo.git("symbolic-ref", "--short", "HEAD")
    say(
        f"Made {code_tag} and {data_tag}; {branch} stands at {code_tag}.\nUpload {upload}\n"
        f"Publish with: git push --atomic origin {branch} {code_tag} {data_tag}"
    )
