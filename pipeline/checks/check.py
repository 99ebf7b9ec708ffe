"""What a check is: an entry of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.findings import Severity
from schemas.checks import NAMES


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

    Raises
    ------
    ValueError
        When the name is not registered (:data:`schemas.checks.NAMES`).
    """

    name: str
    severities: tuple[Severity, ...]
    title: str
    why: str
    law: str
    tolerance: str
    source: str
    fix: str

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"no check is named {self.name!r}: register it in schemas/checks.py")

    @property
    def family(self) -> str:
        """The part of the name before the dot."""
        return self.name.split(".", 1)[0]
