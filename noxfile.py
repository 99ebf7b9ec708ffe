"""Sessions: lint, types, derived files, tests on two lines of pandas.

``nox`` makes an environment a session. ``nox --no-venv --no-install`` runs in the environment that is there, which is what
the second command of the README does.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox
from nox.virtualenv import PassthroughEnv

nox.options.sessions = ["lint", "types", "derived", "tests"]
nox.options.default_venv_backend = "venv"
nox.options.error_on_external_run = False

LOCK = "constraints.txt"
RUN_LOCK = "requirements.txt"


def prepare(session: nox.Session) -> str:
    """Install the lock and the project, unless the session runs in the environment that is there; give its python."""
    if isinstance(session.virtualenv, PassthroughEnv):
        return sys.executable
    session.install("--require-hashes", "-r", LOCK)
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    return "python"


@nox.session
def lint(session: nox.Session) -> None:
    """Style and format."""
    python = prepare(session)
    session.run(python, "-m", "ruff", "check", ".")
    session.run(python, "-m", "ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strict, of the program and of the contracts."""
    python = prepare(session)
    session.run(python, "-m", "mypy")


@nox.session
def derived(session: nox.Session) -> None:
    """Files that derive from the code: fails when one is stale ('nox -s derive' writes them)."""
    python = prepare(session)
    session.run(python, "docs/derive.py", "--check")


@nox.session(default=False)
def derive(session: nox.Session) -> None:
    """Write the files that derive from the code."""
    python = prepare(session)
    session.run(python, "docs/derive.py")


def browser(session: nox.Session) -> None:
    """Install Debian's Chromium where that is possible: the page is tested in it; without one those tests are skipped and say so."""
    if shutil.which("chromium") is None and shutil.which("apt-get") and os.geteuid() == 0:
        session.run("apt-get", "-qq", "update", external=True, silent=True)
        session.run("apt-get", "-qq", "install", "-y", "chromium", external=True, silent=True)


@nox.session
def tests(session: nox.Session) -> None:
    """The whole suite, on the locked pandas 3."""
    python = prepare(session)
    browser(session)
    session.run(python, "-m", "pytest", "-n", "2", "--dist", "worksteal", *session.posargs)


@nox.session(default=False)
def tests_older_pandas(session: nox.Session) -> None:
    """The whole suite on the older supported line of pandas."""
    prepare(session)
    session.install("pandas>=2.3,<3")
    session.run("python", "-m", "pytest", "-n", "2", "--dist", "worksteal", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Make both locks anew from pyproject.toml: newest versions, hashes, no index address."""
    session.install("uv")
    options = [
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--quiet",
    ]
    heads = {
        LOCK: "every package of the program, its extras and its tests, with hashes.",
        RUN_LOCK: "what the program needs to run, with hashes; the versions of constraints.txt.",
    }
    session.run("uv", "pip", "compile", "pyproject.toml", "--all-extras", "--upgrade", *options, "-o", LOCK)
    session.run("uv", "pip", "compile", "pyproject.toml", "--extra", "build", "-c", LOCK, "--upgrade", *options, "-o", RUN_LOCK)
    for file, holds in heads.items():
        path = Path(file)
        path.write_text(f'# Made by "nox -s lock" from pyproject.toml: {holds}\n{path.read_text()}')
