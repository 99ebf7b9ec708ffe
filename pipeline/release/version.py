"""The version of the data: ``raw/release.toml``, written by ``release`` and read by ``build``."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.safety.documents import read_toml

if TYPE_CHECKING:
    from pipeline.release.compare.diff import Level

FILE = "release.toml"
_NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, order=True)
class Version:
    """Major, minor, patch."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``1.3.0``; :class:`InputError` for anything else."""
        found = _NUMBER.fullmatch(text)
        if not found:
            raise InputError(
                "not a version", value=text, cure="give three whole numbers with points between them and no 'v', such as 1.3.0"
            )
        return cls(*(int(part) for part in found.groups()))

    def step(self, level: Level) -> Version:
        """The next version of this level."""
        if level == "major":
            return Version(self.major + 1, 0, 0)
        return Version(self.major, self.minor + 1, 0) if level == "minor" else Version(self.major, self.minor, self.patch + 1)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True)
class Stamp:
    """Version and date of a release, as its metadata show them.

    ``inputs`` is the fingerprint of the decisions and of the program that the release was made with.
    """

    version: str
    date: str
    inputs: str = ""

    def toml(self) -> str:
        """The content of ``raw/release.toml``."""
        head = '# Written by "obelix-curate release": what a build of this tree is called. A build of another tree is not.'
        return f'{head}\nversion = "{self.version}"\ndate = "{self.date}"\ninputs = "{self.inputs}"\n'


def read_stamp(raw: Path) -> Stamp | None:
    """How a build of this tree is called; ``None`` before the first release.

    A tree that was changed since its release bears the release's version with ``+unreleased`` behind it, and no date.
    """
    stamp = recorded(raw)
    if stamp is None or stamp.inputs == fingerprint(raw):
        return stamp
    return Stamp(f"{stamp.version}{UNRELEASED}", "")


def recorded(raw: Path) -> Stamp | None:
    """The content of ``raw/release.toml``; ``None`` before the first release."""
    path = raw / FILE
    try:
        document = read_toml(path)
    except FileNotFoundError:
        return None
    for key, pattern in _PATTERNS.items():
        if not pattern.fullmatch(str(document.get(key))):
            raise InputError(f"the {key} is not as 'release' writes it", file=path, value=document.get(key), cure="restore the file")
    return Stamp(*(str(document[key]) for key in _PATTERNS))


_PATTERNS = {"version": _NUMBER, "date": _DATE, "inputs": re.compile("[0-9a-f]{64}")}
UNRELEASED = "+unreleased"
#: The folder that holds the packages of the program.
PROGRAM = Path(__file__).parents[2]
_PACKAGES = ("pipeline", "schemas")
#: Holds the program's version, which a release changes.
VERSION_FILE = "pipeline/__init__.py"


def fingerprint(raw: Path, program: Path = PROGRAM) -> str:
    """SHA-256 over all that makes a release what it is: the decisions and pins in ``raw`` and the source of the program."""
    lines = [f"{digest}  raw/{name}\n" for name, digest in _digests(raw) if name != FILE and not name.startswith("downloads/")]
    return hashlib.sha256("".join([*lines, program_listing(program)]).encode()).hexdigest()


def program_listing(program: Path) -> str:
    """Name and SHA-256 of every source file of the program that lies in a folder, its version aside; blank when none does."""
    found = ((f"{package}/{name}", digest) for package in _PACKAGES for name, digest in _digests(program / package, ".py"))
    return "".join(f"{digest}  {name}\n" for name, digest in found if name != VERSION_FILE)


def _digests(folder: Path, ending: str = "") -> list[tuple[str, str]]:
    """Path and SHA-256 of the files of a folder, hidden ones left out, by path. Line ends are no difference."""
    files = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob(f"*{ending}") if path.is_file())
    visible = ((name, path) for name, path in files if not any(part.startswith(".") for part in name.split("/")))
    return [(name, hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()) for name, path in visible]
