"""The long run sees what it is there to see: a case that takes too long, one that asks for too much memory, and a process that dies."""

from __future__ import annotations

import subprocess
import sys

import pytest

HOSTILE = """
import os, sys
from tests.fuzz import many

def spin(number, folder):
    while number:
        try:
            for _ in iter(int, 1):
                pass
        except Exception:
            pass

def grow(number, folder):
    bytearray(number * 600 * 2**20)

def die(number, folder):
    os._exit(3) if number else None

many.LONGEST = 0.2
many.CASES = {"kind": locals()[sys.argv[1]]}
many.batch(0, 2)
"""


@pytest.mark.parametrize(("what", "said"), [("spin", "TooLongError"), ("grow", "MemoryError"), ("die", "")])
def test_what_the_long_run_must_see(what: str, said: str) -> None:
    ran = subprocess.run([sys.executable, "-c", HOSTILE, what], capture_output=True, text=True, check=False)
    found = ran.stdout.splitlines()
    assert found[0].startswith('["kind", "read"'), ran.stderr
    assert (len(found), ran.returncode) == ((1, 3) if what == "die" else (3, 0))
    assert said in found[-2 if said else 0]
