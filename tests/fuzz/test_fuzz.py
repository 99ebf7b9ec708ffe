"""Whatever arrives, ``check`` answers with findings or with one readable message.

``OBELIX_FUZZ=6000 pytest tests/fuzz`` runs six thousand cases; a case that failed is run again by its number:
``OBELIX_FUZZ_CASE=123 pytest tests/fuzz``.
"""

from __future__ import annotations

import json
import os
from xml.etree import ElementTree

import pytest

from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import Bundle, archive
from pipeline.ingest.contributed.table import contribution
from pipeline.ingest.workbook import typed
from pipeline.reporting.formats import FORMATS, render
from tests.contributed.tables import good
from tests.fuzz.mutate import table

#: Cases of an ordinary run: about ten seconds of CPU.
COUNT = int(os.environ.get("OBELIX_FUZZ", "250"))
#: Cases run in blocks, so that a failure names few and the suite can run on several processes.
BLOCK = 50
CASE = os.environ.get("OBELIX_FUZZ_CASE")
BLOCKS = [range(int(CASE), int(CASE) + 1)] if CASE else [range(first, min(first + BLOCK, COUNT)) for first in range(0, COUNT, BLOCK)]


@pytest.fixture(scope="module")
def known() -> Existing:
    return Existing(typed(contribution(good().data, "known.csv").cells))


@pytest.mark.parametrize("numbers", BLOCKS, ids=lambda numbers: f"{numbers.start}-{numbers.stop - 1}")
def test_damaged_tables_and_structures_are_answered(numbers: range, known: Existing) -> None:
    for number in numbers:
        sent, packed = table(number)
        try:
            given = Bundle(dict(sent.structures)) if packed is None else archive(packed, "cifs.zip")
            report = check_table(sent.data, sent.name, given, known).report
        except InputError as error:
            if not str(error).strip():
                raise AssertionError(f"case {number}: an empty message") from error
            continue
        except Exception as error:
            raise AssertionError(f"case {number} ({sent.name}): {type(error).__name__}: {error}") from error
        rows = [item.row for item in report.items if item.row is not None]
        assert rows == sorted(rows), number
        for item in report.items:
            assert item.message.strip(), (number, item)
            assert item.check, (number, item)
        texts = {name: render(report, name) for name in FORMATS}
        found = json.loads(texts["json"])
        assert len(found["findings"]) == len(report.items), number
        assert len(json.loads(texts["sarif"])["runs"][0]["results"]) == len(report.items), number
        ElementTree.fromstring(texts["junit"])
        for name, text in texts.items():
            assert "\x1b" not in text, (number, name)
            text.encode()
