"""Reading and symmetry beside the libraries that they rest on, in one run: ``python benchmarks/peers.py [--runs N]``.

The published structures are read by gemmi alone (parsed, interpreted, every site of the cell laid out) and by
:func:`pipeline.structures.cif.read`, in turn; then the time of :func:`pipeline.structures.symmetry.symmetry` is held against what spglib
itself takes of it. CPU time of one process, the least of several runs, so that a busy machine changes the ratios little.

Nothing is compared with the scripts that made the published noise and split. They are not ours to read or copy, and one that we wrote in
their place would measure us.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import gemmi
import spglib

from pipeline.sources import default_pin, open_archive
from pipeline.structures.cif import read
from pipeline.structures.symmetry import positions, symmetry

RAW = Path(__file__).parent.parent / "raw"
LIMITS = {"reading": 2.2, "symmetry": 1.2}


def by_gemmi(text: str) -> None:
    """Read a structure with gemmi, as far as it goes: cell, operations, sites, and all that they make in the cell."""
    for block in gemmi.cif.read_string(text):
        small = gemmi.make_small_structure_from_block(block)
        small.get_all_unit_cell_sites()


def spent(work: Callable[[], Any]) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    texts = open_archive(default_pin(RAW), RAW).structures()
    plain: Callable[..., Any] = read.__wrapped__  # type: ignore[attr-defined]  # as if nothing were remembered
    theirs, ours = [], []
    for _ in range(runs):
        theirs.append(spent(lambda: [by_gemmi(text) for text in texts.values()]))
        ours.append(spent(lambda: [plain(text, name) for name, text in texts.items()]))

    inside = 0.0
    real = spglib.get_symmetry_dataset

    def timed(*arguments: Any, **named: Any) -> Any:
        nonlocal inside
        start = time.process_time()
        try:
            return real(*arguments, **named)
        finally:
            inside += time.process_time() - start

    placed = [(structure, positions(structure)) for structure in (read(text, name) for name, text in texts.items())]
    whole, within = [], []
    with patch.object(spglib, "get_symmetry_dataset", timed):
        for _ in range(runs):
            inside = 0.0
            whole.append(spent(lambda: [symmetry(structure, where) for structure, where in placed]))
            within.append(inside)
    print(f"| {len(texts)} structures | CPU s | the library's own | ratio | goal |")
    print("|---|---|---|---|---|")
    for name, mine, peer in (("reading, beside gemmi", ours, theirs), ("symmetry, beside spglib's own time", whole, within)):
        goal = LIMITS[name.partition(",")[0]]
        print(f"| {name} | {min(mine):.3f} | {min(peer):.3f} | {min(mine) / min(peer):.2f} | {goal} |")


if __name__ == "__main__":
    main()
