"""How the program talks to a terminal: one message for what went wrong, and nothing that an input could disturb it with."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

import click

from pipeline.errors import INTERRUPTED, InputError
from pipeline.quoting import json_text, lines

#: Set to anything, an unexpected fault shows its traceback.
DEBUG_VARIABLE = "OBELIX_CURATE_DEBUG"
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Commands(click.Group):
    """A group that turns unusable input into one message and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; tell unusable input, failing files and an interruption in one message."""
        interrupted: list[int] = []

        def interrupt(number: int, _: object) -> None:
            interrupted.append(number)
            raise KeyboardInterrupt

        before = signal.getsignal(signal.SIGINT)
        if before is signal.default_int_handler and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, interrupt)
        try:
            if sys.stdout is None:
                raise InputError("standard output is closed", cure="send it to a file, or to /dev/null")
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # here, where a reader that has gone or a full disk can still be told
                if interrupted:  # compiled modules swallow an interruption that falls into their own imports
                    raise KeyboardInterrupt
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except (Exception, KeyboardInterrupt) as error:
            _forget_output()
            if interrupted or isinstance(error, KeyboardInterrupt):  # an import that is interrupted may turn it into another error
                click.echo("interrupted", err=True)
                ctx.exit(INTERRUPTED)
            if os.environ.get(DEBUG_VARIABLE) and not isinstance(error, (InputError, OSError)):
                raise
            say(f"error: {_told(error)}", err=True)
            ctx.exit(2)
        finally:
            if signal.getsignal(signal.SIGINT) is interrupt:
                signal.signal(signal.SIGINT, before)


def say(text: str, form: str = "text", *, nl: bool = True, err: bool = False) -> None:
    """Say something on the terminal: whatever it quotes cannot disturb it, nor the job that it runs in."""
    click.echo(json_text(text) if form == "json" else lines(text), nl=nl, err=err)


def _told(error: BaseException) -> str:
    """What went wrong, and the cure, for the user."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, BrokenPipeError):
        return "the reader of standard output has gone: what it got is not the whole answer"
    if isinstance(error, OSError):
        return f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}"
    return (
        f"a fault of the program: {type(error).__name__}: {error}\n"
        f"  cure: please report it with the command and its input; {DEBUG_VARIABLE}=1 shows where it happened"
    )


def _forget_output() -> None:
    """Send what is still to be written to standard output nowhere, so that the end of the process says nothing of it."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
