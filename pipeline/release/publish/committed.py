"""A release is built from what its tag will hold, and from nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError
from pipeline.release.publish.repository import Repository

#: What a build reads beside the decisions: the packages of the program, data files and templates included.
PACKAGES = ("pipeline", "schemas")
#: Files of each kind that a message names.
NAMED = 5


def require_committed(repo: Repository, raw: Path) -> None:
    """Raise unless every file that a build reads is committed as it stands, and every committed one is there.

    ``git status`` does not tell of ignored files, nor of edited ones that git was told not to look at; a clone of the tag would lack
    them and build other data. The archives in ``raw/downloads`` are pinned by their hashes and need not be committed.

    Raises
    ------
    InputError
        With the files that are not committed, are other than committed, or are gone.
    """
    home = raw.resolve().relative_to(repo.root.resolve()).as_posix()
    folders = [home, *(package for package in PACKAGES if (repo.root / package).is_dir())]
    there = [path for folder in folders for path in _read(repo.root, folder, home)]
    listed = repo.git("ls-tree", "-r", "-z", "HEAD", "--", *folders)
    committed = {path: about.split(" ")[2] for about, _, path in (line.partition("\t") for line in listed.split("\0")) if path}
    odd = [path for path in there if "\n" in path]
    plain = [path for path in there if path not in odd]
    hashes = repo.git("hash-object", "--stdin-paths", given="".join(f"{path}\n" for path in plain).encode()).split() if plain else []
    now = dict(zip(plain, hashes, strict=True))
    kinds = {
        "not committed": [*odd, *(path for path in plain if path not in committed)],
        "other than committed": [path for path in plain if path in committed and committed[path] != now[path]],
        "gone": [path for path in committed if path not in now and _counts(path, home)],
    }
    told = [f"{kind}: {_some(paths)}" for kind, paths in kinds.items() if paths]
    if told:
        raise InputError(
            f"the tag would not hold what the data are made from; {'; '.join(told)}",
            file=repo.root,
            cure="commit these files (git add --force where they are ignored), or remove them",
        )


def _read(root: Path, folder: str, home: str) -> Iterator[str]:
    """Paths in the repository of the files of a folder that a build may read."""
    for path in sorted((root / folder).rglob("*")):
        name = path.relative_to(root).as_posix()
        if (path.is_file() or path.is_symlink()) and _counts(name, home):
            yield name


def _counts(path: str, home: str) -> bool:
    """Whether a build may read a file: not when it is hidden, a pinned archive, or compiled by Python."""
    parts = path.split("/")
    return not (any(part.startswith(".") or part == "__pycache__" for part in parts) or path.startswith(f"{home}/downloads/"))


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(paths[:NAMED]) + more
