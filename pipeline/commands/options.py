"""Options that several commands have, each said once."""

from __future__ import annotations

from pathlib import Path

import click

RAW = click.option("--raw", type=click.Path(path_type=Path), default=Path("raw"), show_default=True, help="Folder of pins and decisions.")
OWN_RAW = click.option("--raw", type=click.Path(path_type=Path), help="Folder of pins and decisions, if they are not the program's own.")
KEY = click.option("--key-file", type=click.Path(path_type=Path), metavar="FILE", help="Secret key of the noise (see 'key new').")
BOOK = click.option(
    "--workbook",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The curators' own sheet (.xlsx), not the released one.",
)
OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE, not to standard output; an earlier output is replaced.",
)
FORCE = click.option("--force", is_flag=True, help="Let the output replace any other file too, but never an input.")
RELEASE = click.option("--release", metavar="NAME", help="A pin as it was published; by default the present release, corrected.")
TELL = click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler to work on, such as tcp://host:8786 (extra 'cluster').")
