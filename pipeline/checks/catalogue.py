"""The checks: one entry a check, from which ``docs/checks.md`` and ``explain`` are made.

The texts of a family lie in :mod:`pipeline.checks.texts`, what an entry is in :mod:`pipeline.checks.check`; here is how one
is looked up. Tolerances are quoted by the texts from the modules that use them, so that the page cannot drift from the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pipeline.checks import texts
from pipeline.checks.check import Check
from schemas.checks import NAMES


@cache
def catalogue() -> Mapping[str, Check]:
    """Every check by its name, in the order of the page. Raises ``ValueError`` unless each registered name has one entry."""
    checks = {check.name: check for check in texts.CHECKS}
    if len(checks) != len(texts.CHECKS):
        raise ValueError("two checks of the catalogue have the same name")
    if missing := sorted(NAMES - checks.keys()):
        raise ValueError(f"the catalogue does not say what these checks are: {', '.join(missing)}")
    return checks


def fix_for(name: str) -> str:
    """How to mend a finding of the check ``name`` (blank for a name that is not in the catalogue)."""
    check = catalogue().get(name)
    return check.fix if check else ""
