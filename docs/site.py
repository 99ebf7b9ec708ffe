"""Build the documentation as a site, and the manual page: ``python docs/site.py``, as ``nox -s docs`` does.

The site lies in ``docs/build/html`` and opens without a network; the manual page is ``docs/build/man/obelix-curate.1``. A warning
is an error. The notebooks run in copies of a folder that holds what their reader has: ``raw`` and a release, which is built first
(its sources are fetched where ``raw/downloads`` lacks them). ``--fetch`` brings the sources and nothing else;
``--without-notebooks`` shows the notebooks as they are written and needs no sources.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "docs" / "build"
HTML = BUILD / "html"
#: Folder that a notebook finds itself in a copy of: what the reader of the README has.
READER = BUILD / "reader"
#: What a kernel runs before a notebook: it goes into a folder of its own, so that no notebook sees what another one wrote, and
#: a command that cannot work (exit status 2) stops the page, as an exception does. Commands write into a pipe and without
#: the colours that a kernel asks for, so that the page holds no progress bar and no escape sequences.
STARTUP = f"""
import atexit, os, shutil, subprocess, tempfile
_own = tempfile.mkdtemp()
atexit.register(shutil.rmtree, _own, ignore_errors=True)
shutil.copytree({str(READER)!r}, _own, symlinks=True, dirs_exist_ok=True)
os.chdir(_own)
for _name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
    os.environ.pop(_name, None)
def _held(command):
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
    print(done.stdout, end="")
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{{command}} ended with {{done.returncode}}")
get_ipython().system = _held
"""


class Page(HTMLParser):
    """The names and the links of a page.

    Attributes
    ----------
    names
        Every ``id`` and ``name`` that a link can lead to.
    links
        Addresses that the page links to or loads, in its order.
    loads
        Those that it loads by itself: styles, scripts, pictures.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag names and where it leads."""
        said = {key: value for key, value in attrs if value}
        self.names |= {said[key] for key in ("id", "name") if key in said}
        if address := said.get("href") or said.get("src"):
            self.links.append(address)
            if "src" in said or (tag == "link" and said.get("rel") in ("stylesheet", "icon", "preload")):
                self.loads.append(address)


def broken(folder: Path) -> Iterator[str]:
    """Links inside a site that lead nowhere, and what a page would load from a network."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        where = path.relative_to(folder.resolve())
        yield from (f"{where}: loads {address} from a network" for address in page.loads if urlsplit(address).netloc)
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{where}: there is no {address}"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names:
                yield f"{where}: there is no place {address}"


def reader() -> None:
    """Make the folder that the notebooks start from."""
    shutil.rmtree(READER, ignore_errors=True)
    program("build", "--quick", "--out", str(READER / "curated"))
    shutil.copytree(ROOT / "raw", READER / "raw", ignore=shutil.ignore_patterns("downloads"))
    (READER / "raw" / "downloads").symlink_to(ROOT / "raw" / "downloads")
    profile = BUILD / "ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True, exist_ok=True)
    (profile / "startup" / "reader.py").write_text(STARTUP, encoding="utf-8")
    # A kernel warns that others on this machine could listen to it: the notebooks hold no secret.
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n", encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(BUILD / "ipython")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def program(*arguments: str) -> None:
    """Run obelix-curate in the checkout; open errors of a release are no hindrance."""
    ended = subprocess.run([sys.executable, "-m", "pipeline.program", *arguments], cwd=ROOT, check=False).returncode
    if ended not in (0, 1):
        sys.exit(ended)


def sphinx(builder: str, out: Path, *options: str) -> None:
    """Run Sphinx; a warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-c", "docs", "-q", "-W", "--keep-going", "-d", str(BUILD / "doctrees"), "-b", builder]
    ended = subprocess.run([*command, *options, ".", str(out)], cwd=ROOT, check=False).returncode
    if ended:
        sys.exit(ended)


def fetch() -> None:
    """Bring the sources of a release."""
    from pipeline import sources

    pin = sources.default_pin(ROOT / "raw")
    print(sources.fetch(pin, sources.home(ROOT / "raw")))


def main(arguments: list[str]) -> int:
    """Build, and look for broken links; the exit status."""
    if arguments == ["--fetch"]:
        fetch()
        return 0
    written = "--without-notebooks" in arguments
    options = ["-D", "nb_execution_mode=off", "-D", "suppress_warnings=misc.highlighting_failure"] if written else []
    if not written:
        reader()
    for made in (HTML, BUILD / "man"):
        shutil.rmtree(made, ignore_errors=True)
    sphinx("html", HTML, "-E", *options)
    sphinx("man", BUILD / "man", *options)
    found = list(broken(HTML))
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{HTML / 'index.html'}: {len(list(HTML.rglob('*.html')))} pages{', the notebooks as written' if written else ''}")
    print(BUILD / "man" / "obelix-curate.1")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
