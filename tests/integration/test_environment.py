"""The environment that the second command of the README makes."""

from __future__ import annotations

import importlib.metadata
import re

from packaging.requirements import Requirement

from tests.conftest import ROOT


def test_this_environment_holds_all_that_is_required_with_extras() -> None:
    """``pip check`` passes over what an extra of a dependency asks for; this does not."""
    missing: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    wanted = [("obelix-curate", extra) for extra in ("", *_extras())]
    while wanted:
        name, extra = wanted.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in importlib.metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            try:
                found = importlib.metadata.version(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                missing[text] = f"{name} requires it"
                continue
            if not requirement.specifier.contains(found, prereleases=True):
                missing[text] = f"{name} requires it, {found} is installed"
            wanted += [(requirement.name, each) for each in ("", *requirement.extras)]
    assert missing == {}


def _extras() -> list[str]:
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    found = re.search(r"^EXTRAS = \((.*)\)$", text, re.MULTILINE)
    assert found
    return re.findall(r'"(\w+)"', found[1])
