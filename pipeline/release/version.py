"""The version of the data: ``raw/release.toml``, written by ``release`` and read by ``build``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError

if TYPE_CHECKING:
    from pipeline.release.diff import Level

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
    """Version and date of a release, as its metadata show them."""

    version: str
    date: str

    def toml(self) -> str:
        """The content of ``raw/release.toml``."""
        head = '# Written by "obelix-curate release": what a build of this tree is called.'
        return f'{head}\nversion = "{self.version}"\ndate = "{self.date}"\n'


def read_stamp(raw: Path) -> Stamp | None:
    """Version and date of the tree's release; ``None`` before the first one."""
    path = raw / FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not TOML: {error}", file=path, cure="restore the file; 'release' writes it") from error
    version, date = document.get("version"), document.get("date")
    for key, value, pattern in (("version", version, _NUMBER), ("date", date, _DATE)):
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise InputError(f"the {key} is not as 'release' writes it", file=path, value=value, cure="restore the file")
    return Stamp(str(version), str(date))
