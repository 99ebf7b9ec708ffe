"""The changelog: what people wrote stays, in its part."""

from __future__ import annotations

import pytest

from pipeline.errors import InputError
from pipeline.release.publish.changelog import released, unreleased


def test_every_part_stands_in_its_place_and_nothing_is_lost() -> None:
    body = "Mind the gap.\n\n### Code\n\n- A.\n- B.\n\n### Documentation\n\n- C.\n\n### Data\n\n- By hand.\n"
    text = f"# Changelog\n\n## Unreleased\n\n{body}\n## 1.0.0\n\n- Old.\n"
    assert released(text, "1.1.0", "2026-01-02", "- Made.\n") == (
        "# Changelog\n\n## Unreleased\n\n## 1.1.0 (2026-01-02)\n\nMind the gap.\n\n### Data\n\n- By hand.\n- Made.\n\n"
        "### Code\n\n- A.\n- B.\n\n### Documentation\n\n- C.\n\n## 1.0.0\n\n- Old.\n"
    )


@pytest.mark.parametrize("text", ["## Unreleased", "# C\n\n## Unreleased\n\n", "# C\n\n## Unreleased\n\n## 1.0.0\n"])
def test_an_empty_section_still_gives_both_parts(text: str) -> None:
    made = released(text, "1.0.1", "2026-01-02", "- Made.\n")
    assert "## 1.0.1 (2026-01-02)\n\n### Data\n\n- Made.\n\n### Code\n\n- No change.\n" in made
    assert unreleased(made) == ""


def test_a_changelog_without_the_section_is_told() -> None:
    with pytest.raises(InputError, match="no section '## Unreleased'"):
        released("# Changelog\n\n## Unreleased changes\n", "1.0.0", "2026-01-02", "")


def test_two_releases_in_a_row_stay_apart() -> None:
    once = released("# C\n\n## Unreleased\n\n### Code\n\n- A.\n", "1.0.0", "2026-01-01", "- D1.")
    twice = released(once, "1.0.1", "2026-01-02", "- D2.")
    assert [line for line in twice.splitlines() if line.startswith("## ")] == [
        "## Unreleased",
        "## 1.0.1 (2026-01-02)",
        "## 1.0.0 (2026-01-01)",
    ]
