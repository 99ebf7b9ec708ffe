"""The few things that a release asks of git, without touching the work tree until all is done."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import InputError

#: Mode of a file without the executable bit.
_PLAIN = "100644"


@dataclass(frozen=True)
class Repository:
    """A checkout. ``environment`` is added to that of every command: the date that commits and tags bear."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def git(self, *arguments: str, given: bytes | None = None, environment: Mapping[str, str] | None = None) -> str:
        """Standard output of a git command; what git says against it becomes an :class:`InputError`."""
        ran = self._run(arguments, given, environment)
        if ran.returncode != 0:
            said = ran.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed"
            raise InputError(said.splitlines()[-1].removeprefix("fatal: "), file=self.root, cure=_CURES.get(arguments[0], ""))
        return ran.stdout.decode("utf-8").strip("\n")

    def asks(self, *arguments: str) -> str | None:
        """The same, and ``None`` when git says no."""
        ran = self._run(arguments, None, None)
        return ran.stdout.decode("utf-8").strip("\n") if ran.returncode == 0 else None

    def _run(
        self, arguments: Iterable[str], given: bytes | None, environment: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", "-C", str(self.root), *arguments],
                input=given if given is not None else b"",
                capture_output=True,
                check=False,
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC", **self.environment, **(environment or {})},
            )
        except FileNotFoundError as error:
            raise InputError("git is not installed", cure="install git; a release is a pair of tags") from error

    def commit(self, parent: str, files: Mapping[str, Path], message: str, index: Path) -> str:
        """A commit of the parent's tree with these files put in; no branch and no work tree knows of it yet.

        ``files`` are paths in the tree and the files on disk that hold their content; ``index`` is a file for git to work in.
        """
        apart = {"GIT_INDEX_FILE": str(index)}
        self.git("read-tree", parent, environment=apart)
        ordered = sorted(files.items())
        on_disk = "".join(f"{path.absolute()}\n" for _, path in ordered)
        blobs = self.git("hash-object", "-w", "--no-filters", "--stdin-paths", given=on_disk.encode("utf-8")).split()
        entries = "".join(f"{_PLAIN} {blob}\t{path}\n" for (path, _), blob in zip(ordered, blobs, strict=True))
        self.git("update-index", "--add", "--index-info", given=entries.encode("utf-8"), environment=apart)
        tree = self.git("write-tree", environment=apart)
        return self.git("commit-tree", tree, "-p", parent, "-F", "-", given=message.encode("utf-8"))

    def tag_object(self, name: str, commit: str, message: str) -> str:
        """An annotated tag that no name points to yet."""
        tagger = self.git("var", "GIT_COMMITTER_IDENT")
        text = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger}\n\n{message.rstrip()}\n"
        return self.git("mktag", given=text.encode("utf-8"))

    def create_tags(self, tags: Mapping[str, str]) -> None:
        """Name tag objects, all of them or none."""
        orders = "".join(f"create refs/tags/{name} {target}\n" for name, target in tags.items())
        self.git("update-ref", "--stdin", given=f"start\n{orders}prepare\ncommit\n".encode())


_CURES = {
    "var": "tell git who you are: git config user.name and git config user.email",
    "merge": "the release is tagged; bring the branch to the tag by hand",
    "update-ref": "another run may have made the tags; look at 'git tag'",
}


def repository(folder: Path) -> Repository:
    """The checkout that holds a folder."""
    found = Repository(folder).asks("rev-parse", "--show-toplevel") if folder.is_dir() else None
    if found is None:
        raise InputError("this is no git checkout", file=folder, cure="run 'release' in a checkout of obelix-curate")
    return Repository(Path(found))
