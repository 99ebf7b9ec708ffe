"""``CHANGELOG.md``: an ``Unreleased`` section that people write, which a release turns into its own, Data before Code."""

from __future__ import annotations

import re

from pipeline.errors import InputError

FILE = "CHANGELOG.md"
UNRELEASED = "## Unreleased"
DATA, CODE = "### Data", "### Code"
_SECTION = re.compile(r"^## ", re.MULTILINE)
_PART = re.compile(r"^### +(\S.*?) *$", re.MULTILINE)


def released(text: str, version: str, date: str, data: str) -> str:
    """The changelog with the ``Unreleased`` section turned into that of a version, and a new empty one above it.

    Parameters
    ----------
    text
        The changelog.
    version, date
        Of the release.
    data
        Markdown bullets of the Data part, from the difference of the releases; what people wrote about the data stands before them.
    """
    before, body, after = _split(text)
    return f"{before}{UNRELEASED}\n\n{section(body, version, date, data)}\n{after}"


def section(body: str, version: str, date: str, data: str) -> str:
    """The section of a version from what stood under ``Unreleased``."""
    parts = _parts(body)
    lead, written, code = parts.pop("", ""), parts.pop("Data", ""), parts.pop("Code", "")
    blocks = [f"## {version} ({date})", lead, DATA, "\n".join(part for part in (written, data.strip()) if part)]
    blocks += [CODE, code or "- No change."]
    for name, content in parts.items():
        blocks += [f"### {name}", content]
    return "\n\n".join(block for block in blocks if block) + "\n"


def unreleased(text: str) -> str:
    """What stands under ``Unreleased``."""
    return _split(text)[1]


def _split(text: str) -> tuple[str, str, str]:
    start = re.search(rf"^{re.escape(UNRELEASED)}[ \t]*$", text, re.MULTILINE)
    if start is None:
        raise InputError(f"there is no section {UNRELEASED!r}", file=FILE, cure=f"add a line {UNRELEASED!r} above the last version")
    following = _SECTION.search(text, start.end())
    end = following.start() if following else len(text)
    return text[: start.start()], text[start.end() : end].strip("\n"), text[end:]


def _parts(body: str) -> dict[str, str]:
    """Content of each third-level heading; what stands before the first has a blank name."""
    heads = list(_PART.finditer(body))
    parts = {"": body[: heads[0].start() if heads else len(body)].strip()}
    ends = [*(head.start() for head in heads[1:]), len(body)]
    for head, end in zip(heads, ends, strict=False):
        name = head[1].capitalize()
        content = body[head.end() : end].strip("\n").rstrip()
        parts[name] = "\n".join(part for part in (parts.get(name, ""), content) if part)
    return parts
