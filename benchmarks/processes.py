"""CPU time and peak memory of whole cold processes: ``python benchmarks/processes.py``.

Each command runs in a new process; the figures are those the operating system kept of it and of what it started (user plus system
time; the largest resident set of a single process). Medians of several runs are printed beside the design's limit.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROGRAM = (sys.executable, "-m", "pipeline.cli")


@dataclass(frozen=True)
class Command:
    """One command, and the CPU seconds the design allows it. ``{scratch}`` stands for a folder made for the run."""

    name: str
    arguments: Sequence[str]
    limit: float


COMMANDS = (
    Command("build --quick", ("build", "--quick", "--out", "{scratch}/out"), 5.0),
    Command("build", ("build", "--out", "{scratch}/out"), 20.0),
    Command("check of ten rows", ("check", "{scratch}/ten.csv", "--cifs", "{scratch}/cifs", "--format", "json"), 2.0),
    Command("perturb 321 structures", ("perturb", "{scratch}/all", "{scratch}/noisy", "--seed", "1"), 2.5),
    Command("--help", ("--help",), 0.25),
)


@dataclass(frozen=True)
class Run:
    """One finished process: CPU seconds, peak memory in MiB, exit status."""

    cpu: float
    memory: float
    status: int


def run(arguments: Sequence[str]) -> Run:
    """Run the program once in a new process and read what the system kept of it."""
    with subprocess.Popen([*PROGRAM, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024 if sys.platform == "linux" else 1024**2  # Linux counts in KiB, macOS in bytes
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, process.returncode)


def prepare(scratch: Path) -> None:
    """Ten rows of the real workbook with their structures, under new IDs, and a folder of all structures."""
    import pandas as pd

    from pipeline import sources
    from pipeline.ingest.workbook import cells
    from schemas import columns as col

    raw = ROOT / "raw"
    archive = sources.open_archive(sources.default_pin(raw), raw)
    sheet, structures = cells(archive.read("workbook"), "workbook"), archive.structures()
    for folder in ("cifs", "all"):
        (scratch / folder).mkdir()
    for name, text in structures.items():
        (scratch / "all" / f"{name}.cif").write_text(text)
    ten: pd.DataFrame = sheet[sheet[col.ID].isin(structures)].head(10)[[str(c) for c in col.CONTRIBUTED]].copy()
    for number, name in enumerate(ten[col.ID], start=1):
        (scratch / "cifs" / f"new-{number}.cif").write_text(structures[name])
    ten[col.ID] = [f"new-{number}" for number in range(1, 11)]
    ten.to_csv(scratch / "ten.csv", index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command, after one that is not counted")
    parser.add_argument("--only", default="", help="run only commands whose name holds this text")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare(options.prepare)
        return
    print("| command | CPU s (median) | min - max | limit | peak MiB | exit |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        # in a process of its own: the peak of a process begins with that of its parent, which must stay small
        subprocess.run([sys.executable, __file__, "--prepare", name], check=True)
        for command in COMMANDS:
            if options.only in command.name:
                arguments = [argument.format(scratch=name) for argument in command.arguments]
                runs = [run(arguments) for _ in range(options.runs + 1)][1:]
                cpu = [r.cpu for r in runs]
                print(
                    f"| `{command.name}` | {statistics.median(cpu):.2f} | {min(cpu):.2f} - {max(cpu):.2f} | {command.limit:g} "
                    f"| {max(r.memory for r in runs):.0f} | {runs[-1].status} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
