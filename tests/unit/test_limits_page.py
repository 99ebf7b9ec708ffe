"""The page on security names every limit with its value."""

from __future__ import annotations

from pipeline.safety import limits
from tests.conftest import ROOT


def test_every_limit_stands_on_the_page() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert len(limits.ALL) > 25
    for limit in limits.ALL:
        assert f"| {limit.what} | {limit.most:,} | {limit.why}" in page
    assert limits.VARIABLE in page
