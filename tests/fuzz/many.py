"""Ten thousand damaged inputs, each within ten seconds and the process within 500 MiB: ``python -m tests.fuzz.many [COUNT]``.

A case that fails is named with its number; the figures stand in docs/security.md.
"""

from __future__ import annotations

import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NoReturn

from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import Bundle, archive
from pipeline.reporting.formats import FORMATS, render
from tests.fuzz.mutate import table
from tests.fuzz.others import KINDS

#: Seconds that a case may take.
LONGEST = 10


def _too_long(*_: object) -> NoReturn:
    raise TimeoutError(f"more than {LONGEST} s")


def a_table(number: int, _folder: Path) -> None:
    """A damaged table with its structures, checked and written in every format."""
    sent, packed = table(number)
    given = Bundle(dict(sent.structures)) if packed is None else archive(packed, "cifs.zip")
    report = check_table(sent.data, sent.name, given, Existing(None, "no dataset")).report
    for name in FORMATS:
        render(report, name)


def main(count: int) -> int:
    """Run the cases in turn; the number of those that failed."""
    signal.signal(signal.SIGALRM, _too_long)
    kinds = {"tables": a_table, **KINDS}
    told, failed, slowest = Counter[str](), 0, 0.0
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            kind = list(kinds)[number % len(kinds)]
            start = time.process_time()
            signal.alarm(LONGEST * 6)  # of the clock; the machine may have other work to do
            try:
                kinds[kind](number // len(kinds), Path(folder))
                told[kind, "read"] += 1  # type: ignore[index]
            except InputError:
                told[kind, "told"] += 1  # type: ignore[index]
            except Exception as error:
                failed += 1
                print(f"case {number // len(kinds)} of {kind}: {type(error).__name__}: {error}", flush=True)
            signal.alarm(0)
            slowest = max(slowest, time.process_time() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} cases, {failed} failed, slowest {slowest:.2f} s, {time.process_time() - begun:.0f} s of CPU, {memory:.0f} MiB")
    print(dict(told))
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)))
