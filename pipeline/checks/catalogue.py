"""The checks: one entry a check, from which ``docs/checks.md`` and ``explain`` are made.

The texts of a family lie in :mod:`pipeline.checks.texts`; here is what an entry of the catalogue is and how one is
looked up. Tolerances are quoted by the texts from the modules that use them, so that the page cannot drift from the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.checks.findings import Severity


@dataclass(frozen=True)
class Check:
    """What a check is.

    Attributes
    ----------
    name
        ``family.what``; public.
    severities
        The severities a finding of the check may have, the gravest first.
    title
        What a finding of the check says, in a few words.
    why
        Why it matters to whoever uses the dataset.
    law
        The rule, exactly as it is applied.
    tolerance
        The numbers of the rule, each with the reason for its value; ``none`` when the rule is exact.
    source
        Where the rule comes from.
    fix
        What to do about a finding.
    """

    name: str
    severities: tuple[Severity, ...]
    title: str
    why: str
    law: str
    tolerance: str
    source: str
    fix: str

    @property
    def family(self) -> str:
        """The part of the name before the dot."""
        return self.name.split(".", 1)[0]


@cache
def catalogue() -> Mapping[str, Check]:
    """Every check by its name, in the order of the page."""
    from pipeline.checks import texts

    checks = {check.name: check for check in texts.CHECKS}
    if len(checks) != len(texts.CHECKS):
        raise ValueError("two checks of the catalogue have the same name")
    return checks


def fix_for(name: str) -> str:
    """How to mend a finding of the check ``name`` (blank for a name that is not in the catalogue)."""
    check = catalogue().get(name)
    return check.fix if check else ""
