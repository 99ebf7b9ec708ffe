"""Whatever a file holds, it is read or told in one message: archives, decisions, pins, indexes, structures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import InputError
from tests.fuzz.others import KINDS

#: Cases of each kind in an ordinary run.
COUNT = int(os.environ.get("OBELIX_FUZZ", "250")) // len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_answered(kind: str, tmp_path: Path) -> None:
    for number in range(COUNT):
        try:
            KINDS[kind](number, tmp_path)
        except InputError as error:
            if not str(error).strip():
                raise AssertionError(f"case {number}: an empty message") from error
        except Exception as error:
            raise AssertionError(f"case {number} of {kind}: {type(error).__name__}: {error}") from error
