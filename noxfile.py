"""Sessions: lint, types, derived files, tests on two lines of pandas; on demand the documentation, the locks and what they install with.

``nox`` makes an environment a session. ``nox --no-venv --no-install`` runs in the environment that is there, which is what
the second command of the README does.

A lock is complete, so it is installed without a resolver (``--no-deps``) and proved complete with ``pip check``: a resolver asks the
index for newer versions, and pip 23.2 stops when it finds one that the lock has no hash for. What is built from source is built
with the backend of ``build-requirements.txt``, installed first, and never in isolation with the newest one.
"""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from pathlib import Path

import nox
from nox.virtualenv import PassthroughEnv

nox.options.sessions = ["lint", "types", "derived", "tests"]
nox.options.default_venv_backend = "venv"
nox.options.error_on_external_run = False

LOCK = "constraints.txt"
RUN_LOCK = "requirements.txt"
BUILD_LOCK = "build-requirements.txt"
DOCS_LOCK = "docs/requirements.txt"
#: The extras of pyproject.toml that the lock holds: what the tests use. The benchmark's bring gigabytes and stay out.
EXTRAS = ("baseline", "build", "cluster", "dev", "optimade")
#: What the tests of the nets run with; for a machine without a GPU PyTorch's own page tells where its smaller build is.
TORCH = "torch==2.13.0"
#: The libraries of the nets that are not ours.
BORROWED = ("matgl==4.1.2", "chgnet==0.4.2")
#: What ``nox -s install`` tries both locks with: Pythons, where they are installed, and clients. pip 23.2 is the oldest supported.
PYTHONS = ("3.11", "3.12", "3.13")
CLIENTS = ("pip==23.2.1", "pip", "uv")


def prepare(session: nox.Session) -> str:
    """Install the lock and the project, unless the session runs in the environment that is there; give its python."""
    if isinstance(session.virtualenv, PassthroughEnv):
        return sys.executable
    install_lock(session, LOCK)
    return "python"


def install_lock(session: nox.Session, locked: str) -> None:
    """Install a complete lock and the project, without a resolver."""
    session.install("--no-deps", "--require-hashes", "-r", BUILD_LOCK)
    session.install("--no-deps", "--require-hashes", "--no-build-isolation", "-r", locked)
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    session.run("python", "-m", "pip", "check", silent=True)


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
def fuzz(session: nox.Session) -> None:
    """Ten thousand damaged inputs, or as many as are named: ``nox -s fuzz -- 600``."""
    python = prepare(session)
    session.run(python, "-m", "tests.fuzz.many", *session.posargs)


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Which of 150 changes of the core, drawn by a seed, the unit tests notice: ``nox -s mutation -- --seed 7 --count 40``."""
    python = prepare(session)
    session.run(python, "-m", "tests.mutation.many", *(session.posargs or ["--seed", "1"]))


@nox.session(default=False)
def benchmark(session: nox.Session) -> None:
    """The benchmark's nets, which the whole suite leaves out where there is no torch."""
    prepare(session)
    session.install(TORCH)
    session.run("python", "-m", "pytest", "tests/unit/test_prediction_nets.py", "tests/unit/test_prediction_models.py", *session.posargs)


@nox.session(default=False)
def benchmark_libraries(session: nox.Session) -> None:
    """The same with the libraries that have M3GNet, SO3Net and CHGNet; Python 3.11 or 3.12."""
    prepare(session)
    session.install(TORCH, *BORROWED)
    session.run(
        "python", "-m", "pytest", "tests/unit/test_prediction_nets.py", "tests/unit/test_prediction_pretrained.py", *session.posargs
    )


@nox.session(default=False)
def tests_older_pandas(session: nox.Session) -> None:
    """The whole suite on the older supported line of pandas."""
    prepare(session)
    session.install("pandas>=2.3,<3")
    session.run("python", "-m", "pytest", "-n", "2", "--dist", "worksteal", *session.posargs)


@nox.session(default=False, python=PYTHONS)
@nox.parametrize("client", CLIENTS)
@nox.parametrize("locked", [RUN_LOCK, LOCK])
def install(session: nox.Session, client: str, locked: str) -> None:
    """Install a lock and the project with one client on one Python, as the README does, and run the program."""
    session.install("--upgrade", client)
    pip = ["python", "-m", "pip"] if client != "uv" else ["uv", "pip"]
    unbuilt = ["--no-deps", "--no-build-isolation"]
    session.run(*(pip if client != "uv" else ["uv"]), "--version")
    session.run(*pip, "install", "-q", "--no-deps", "--require-hashes", "-r", BUILD_LOCK)
    session.run(*pip, "install", "-q", *unbuilt, "--require-hashes", "-r", locked)
    session.run(*pip, "install", "-q", *unbuilt, *(["-e", "."] if locked == LOCK else ["."]))
    session.run(*pip, "check")
    session.chdir(session.create_tmp())
    session.run("obelix-curate", "explain", "lattice.volume", silent=True)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The documentation as a site, with its notebooks run: ``docs/build/html/index.html``. It has a lock of its own.

    ``nox -s docs --install-only`` installs and brings the sources; ``nox -R -s docs`` then builds without a network.
    """
    python = sys.executable
    if not isinstance(session.virtualenv, PassthroughEnv):
        python = "python"
        install_lock(session, DOCS_LOCK)
    session.run_install(python, "docs/site.py", "--fetch")
    session.run(python, "docs/site.py", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Make the locks anew from pyproject.toml, with hashes and no index address. ``nox -s lock -- --upgrade`` takes newer versions."""
    session.install("uv")
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    backends = Path(session.create_tmp()) / "build.in"
    backends.write_text("".join(f"{name}\n" for name in project["optional-dependencies"]["build"]), encoding="utf-8")
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    made = {
        LOCK: ("every package of the program, its extras and its tests, with hashes.", ["pyproject.toml", *extras]),
        RUN_LOCK: ("what the program needs to run, with hashes; the versions of constraints.txt.", ["pyproject.toml", "--extra", "build"]),
        BUILD_LOCK: ("what builds packages, with hashes, installed first; the versions of constraints.txt.", [str(backends)]),
        DOCS_LOCK: (
            "what the documentation is built with, with hashes; the program's packages in the versions of requirements.txt.",
            ["pyproject.toml", "--extra", "build", "--extra", "baseline", "--extra", "docs"],
        ),
    }
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    for file, (holds, wanted) in made.items():
        bound = [] if file == LOCK else ["-c", RUN_LOCK if file == DOCS_LOCK else LOCK]
        session.run("uv", "pip", "compile", *wanted, *bound, *options, *session.posargs, "-o", file)
        path = Path(file)
        path.write_text(f'# Made by "nox -s lock" from pyproject.toml: {holds}\n{path.read_text()}')
