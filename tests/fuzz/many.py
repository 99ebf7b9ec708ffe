"""Ten thousand damaged inputs, each within ten seconds of CPU, in processes of at most 500 MiB: ``python -m tests.fuzz.many [COUNT]``.

Cases run in batches, each in a process of its own. Time is measured by the process's own clock of CPU, and ends the case; what hangs
without using any is ended with its batch. Memory is bounded by the system: whoever asks for more gets an error, which is a fault here, and
the most that any process has held is told. A case that fails is named with its kind and number; the figures stand in docs/security.md.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
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

#: Seconds of CPU that a case may take, and MiB that its process may hold.
LONGEST = 10
MEMORY = 500
#: Cases a process, and seconds of the clock that it may take: the machine may have other work to do.
BATCH = 500
PATIENCE = 3600


class TooLongError(BaseException):
    """A case took too long. No ``Exception``: nothing that is tested may catch it."""


def _too_long(*_: object) -> NoReturn:
    raise TooLongError(f"more than {LONGEST} s of CPU")


def a_table(number: int, _folder: Path) -> None:
    """A damaged table with its structures, checked and written in every format."""
    sent, packed = table(number)
    given = Bundle(dict(sent.structures)) if packed is None else archive(packed, "cifs.zip")
    report = check_table(sent.data, sent.name, given, Existing(None, "no dataset")).report
    for name in FORMATS:
        render(report, name)


CASES = {"tables": a_table, **KINDS}


def case(number: int, folder: Path) -> tuple[str, str]:
    """Run one case; its kind, and ``read``, ``told`` or what went wrong."""
    kind = list(CASES)[number % len(CASES)]
    try:
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        CASES[kind](number // len(CASES), folder)
        return kind, "read"
    except InputError as error:
        return kind, "told" if str(error).strip() else "an empty message"
    except (Exception, TooLongError) as error:
        return kind, f"case {number // len(CASES)}: {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def batch(first: int, last: int) -> None:
    """Run cases in this process; a line of JSON each on standard output, and one on the whole at the end."""
    signal.signal(signal.SIGPROF, _too_long)
    with tempfile.TemporaryDirectory() as folder:
        case(first, Path(folder))  # imports what it needs; measured from here on
        size, held = (int(word) * resource.getpagesize() for word in Path("/proc/self/statm").read_text(encoding="ascii").split()[:2])
        most = size - held + MEMORY * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        for number in range(first, last):
            start = time.process_time()
            kind, what = case(number, Path(folder))
            print(json.dumps([kind, what, time.process_time() - start]), flush=True)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime]), flush=True)


def main(count: int) -> int:
    """Run the cases, batch by batch; the number of those that failed."""
    outcomes, slowest, memory, spent, failed = Counter[tuple[str, str]](), (0.0, ""), 0.0, 0.0, 0
    for first in range(0, count, BATCH):
        last = min(first + BATCH, count)
        command = [sys.executable, "-m", "tests.fuzz.many", str(first), str(last)]
        try:
            ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
            said, end = ran.stdout, f"exit status {ran.returncode}"
        except subprocess.TimeoutExpired as error:
            said, end = (error.stdout or b"").decode(), f"no end within {PATIENCE} s"
        found = [json.loads(line) for line in said.splitlines()]
        for number, (kind, what, seconds) in enumerate((line for line in found if len(line) == 3), start=first):
            outcomes[kind, what if what in ("read", "told") else "failed"] += 1
            slowest = max(slowest, (seconds, f"case {number // len(CASES)} of {kind}"))
            if what not in ("read", "told"):
                failed += 1
                print(f"{kind}: {what}", flush=True)
        if len(found) != last - first + 1:
            failed += 1
            print(f"the batch from {first} ended at number {first + len(found)}: {end}", flush=True)
            continue
        memory, spent = max(memory, found[-1][0]), spent + found[-1][1]
    print(f"{count} cases, {failed} failed; slowest {slowest[0]:.2f} s ({slowest[1]}); {spent:.0f} s of CPU; at most {memory:.0f} MiB")
    for (kind, what), number in sorted(outcomes.items()):
        print(f"  {kind}: {number} {what}")
    return failed + (memory > MEMORY)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    if len(given) == 2:
        batch(*given)
    else:
        sys.exit(bool(main(given[0] if given else 10_000)))
