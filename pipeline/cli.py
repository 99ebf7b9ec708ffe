"""The commands. Each imports what it needs inside itself, so that ``--help`` stays quick."""

from __future__ import annotations

import sys
from typing import Any

import click

from pipeline import __version__
from pipeline.errors import InputError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Commands(click.Group):
    """A group that turns unusable input into one message and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; tell unusable input and failing files in one message."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(2)
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            click.echo(f"error: {error.strerror or error}{place}", err=True)
            ctx.exit(2)


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="obelix-curate")
def main() -> None:
    """Build, check and release OBELiX, the dataset of lithium solid electrolytes."""


if __name__ == "__main__":
    sys.exit(main())
