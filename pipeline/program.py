"""The program as a command: what an interruption does before there is anything to clean up."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line. While its modules are imported, an interruption ends the program at once, with 128 and the signal."""
    try:
        before = signal.getsignal(signal.SIGINT)
        if before is signal.default_int_handler:  # a program that was started to ignore it goes on ignoring it
            signal.signal(signal.SIGINT, lambda number, _: os._exit(128 + number))
        from pipeline.cli import main as run

        signal.signal(signal.SIGINT, before)
        run()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
