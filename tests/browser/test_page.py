"""``report.html`` in a real browser: Debian's Chromium, headless, without a network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest

from pipeline.findings import Finding, findings_table
from pipeline.reporting.figures import CAPTIONS
from pipeline.reporting.page import Contents, page
from pipeline.reporting.statistics import statistics
from pipeline.split import audit, groups
from pipeline.structures.cif import read
from schemas import columns as col
from tests.unit.splits import entries

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--enable-unsafe-swiftshader", "--virtual-time-budget=20000",
)  # fmt: skip
CIF = """data_salt
_cell_length_a 4
_cell_length_b 4
_cell_length_c 4
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0 0 0 0.5
Cl1 Cl 0.5 0.5 0.5 1
"""
HOSTILE = "</script><img src=x onerror=\"document.title='broken'\"> & <b>"


@pytest.fixture(scope="module")
def report() -> str:
    """A page of three entries, one with a structure, with text that tries to be markup."""
    table = entries(
        {
            "1e9": {
                col.REDUCED_COMPOSITION: "LiCl",
                col.SPACE_GROUP: "Pm-3m",
                col.SPACE_GROUP_NUMBER: 221,
                col.DOI: "10.1000/a|10.1000/b<i>",
            },
            "bbb": {col.IONIC_CONDUCTIVITY: 1e-10, col.BOUND: "<", col.DOI: "10.1000/a", col.NOTE: HOSTILE},
            "ccc": {col.DOI: "javascript:alert(1)", col.IONIC_CONDUCTIVITY: 1e-3},
        }
    )
    structures = {"1e9": read(CIF, "1e9.cif")}
    findings = findings_table(
        [
            Finding("bbb", "composition.charge", "warning", HOSTILE, str(col.REDUCED_COMPOSITION), "x", "", "1e9"),
            Finding("1e9", "cif.distance", "error", "Two sites are too close."),
            Finding("ccc", "note.open", "info", "A note.", status="awaiting", reason="The paper has to be seen."),
        ]
    )
    numbers = statistics(
        table,
        structures,
        train_ids=["1e9", "bbb"],
        test_ids=["ccc"],
        groups=groups(table),
        audit=audit(table, ["ccc"], structures).as_dict(),
    )
    drawn = dict.fromkeys(CAPTIONS, '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><circle r="9"/></svg>')
    return page(
        Contents("A release <1>", "For the test.", table, numbers, drawn, structures, ["1e9", "bbb"], ["ccc"], groups(table), findings,
                 pd.DataFrame({"ID": ["bbb"], "file": ["x.cif"], "rank": [1], "composition_deviation": [0.01]}))
    )  # fmt: skip


@pytest.fixture
def shown(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Opens a page and gives its document after all scripts ran, and what the console said."""

    def show(text: str, do: str = "", fragment: str = "", size: str = "1400,1000") -> tuple[str, str]:
        path = tmp_path / "report.html"
        told = f"<script>{do}</script></body>" if do else "</body>"
        path.write_text(text.replace("</body>", told), encoding="utf-8")
        command = [
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--window-size={size}",
            "--dump-dom",
            f"{path.as_uri()}{fragment}",
        ]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
        console = "\n".join(line for line in ran.stderr.splitlines() if "CONSOLE" in line)
        return ran.stdout, console

    return show


Shown = Callable[..., tuple[str, str]]
#: What software rendering of WebGL says; nothing of the page.
HARMLESS = ("WebGL", "GL Driver", "swiftshader", "willReadFrequently")


def errors(console: str) -> list[str]:
    return [line for line in console.splitlines() if not any(word in line for word in HARMLESS)]


WIDTH = "document.body.dataset.fits = document.documentElement.scrollWidth <= innerWidth;"
PLOTLY = "document.body.dataset.plotly = typeof window.Plotly;"


def test_it_loads_without_errors_and_shows_all_tables(report: str, shown: Shown) -> None:
    document, console = shown(report, WIDTH + PLOTLY)
    assert errors(console) == []
    assert 'data-ready="yes"' in document
    assert re.findall(r'role="status">([^<]+)<', document) == ["3 rows", "1 rows", "3 rows"]
    assert document.count('src="data:image/svg+xml;base64,') == 5
    assert 'data-fits="true"' in document
    assert 'data-plotly="undefined"' in document  # run only when a structure is opened


def test_text_is_never_markup(report: str, shown: Shown) -> None:
    document, console = shown(report, fragment="#entry=bbb")
    assert errors(console) == []
    assert "<title>A release &lt;1&gt;</title>" in document
    assert "onerror" not in re.sub(r"<script.*?</script>", "", document, flags=re.DOTALL).replace("&lt;img src=x onerror", "")
    assert 'href="javascript' not in document


#: Each sets the title of the page where it is run, in another place of HTML, JavaScript, CSS or an address.
ATTACKS = (
    "</script><script>document.title='broken'</script>",
    "<img src=x onerror=\"document.title='broken'\">",
    '" onmouseover="document.title=\'broken\'" autofocus onfocus="document.title=\'broken\'" x="',
    "' onclick='document.title=1' x='",
    "<svg/onload=document.title='broken'>",
    "<!--<script>document.title='broken'//",
    "];document.title='broken';[",
    "${document.title='broken'}",
    "\u2028document.title='broken'\u2029",
    "javascript:document.title='broken'",
    "</style><style>*{display:none}</style>",
    "&lt;img src=x onerror=document.title='broken'&gt;",
    "\u202e\u200b\x1b[31m\x07=1+1",
)


@pytest.mark.parametrize("fragment", ["", "#entry={}", "#<img src=x onerror=\"document.title='broken'\">"])
def test_hostile_ids_dois_notes_and_file_names_are_text(shown: Shown, fragment: str) -> None:
    """Whatever an ID, a DOI, a formula, a note, a finding or a name of a file holds, no script runs and each row is shown."""
    said = (col.REDUCED_COMPOSITION, col.SPACE_GROUP, col.NOTE, col.FAMILY)
    rows = {a: {**dict.fromkeys(said, a), col.SPACE_GROUP_NUMBER: 221, col.DOI: f"10.1000/{a}|{a}"} for a in ATTACKS}
    table = entries(rows)
    labels = {attack: "Li1" + "".join(c for c in attack if c.isprintable() and c not in " '\"") for attack in ATTACKS}
    structures = {attack: read(CIF.replace("Li1 Li", f"{label} Li"), attack) for attack, label in labels.items()}
    findings = findings_table([Finding(a, "note.open", "error", a, a, a, a, a, a) for a in ATTACKS])
    ids = list(ATTACKS)
    numbers = statistics(table, structures, train_ids=ids, test_ids=[], groups=groups(table), audit=audit(table, [], structures).as_dict())
    drawn = dict.fromkeys(CAPTIONS, '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=\'broken\'"/>')
    offered = pd.DataFrame({"ID": ids, "file": ids, "rank": [1] * len(ids), "composition_deviation": [0.01] * len(ids)})
    made = page(Contents(ATTACKS[0], ATTACKS[1], table, numbers, drawn, structures, ids, [], groups(table), findings, offered))
    do = """
      const named = [...document.querySelectorAll('body *')].flatMap(element => [...element.attributes].map(each => each.name));
      document.body.dataset.handlers = named.filter(name => name.startsWith('on')).length;
      document.body.dataset.scripts = [...document.links].filter(link => !/^(https?|file|data|blob):/.test(link.href)).length;
      document.body.dataset.seen = document.querySelectorAll('[data-table=entries] tbody tr').length;
      document.body.dataset.same = String(document.title === TITLE);
    """.replace("TITLE", json.dumps(ATTACKS[0]).replace("</", "<\\/"))
    document, console = shown(made, do, fragment=fragment.format(quote(ATTACKS[0])))
    assert errors(console) == []
    for what, value in (("handlers", "0"), ("scripts", "0"), ("seen", str(len(ATTACKS))), ("same", "true")):
        assert f'data-{what}="{value}"' in document, what


def test_filters_narrow_the_tables(report: str, shown: Shown) -> None:
    do = """
      const pick = (id, value, kind) => { const box = document.getElementById(id); box.value = value; box.dispatchEvent(new Event(kind)); };
      const count = () => [...document.querySelectorAll('.count')].map(p => p.textContent);
      const log = [];
      pick('findings-severity', 'error', 'change'); log.push(count()[0]);
      pick('findings-severity', '', 'change'); pick('findings-search', 'NOTE.open awaiting', 'input'); log.push(count()[0]);
      pick('entries-set', 'test', 'change'); log.push(count()[2]);
      pick('entries-set', '', 'change');
      const heads = [...document.querySelectorAll('[data-table=entries] th button')];
      heads.find(head => head.textContent.startsWith('Conductivity')).click();
      log.push([...document.querySelectorAll('[data-table=entries] tbody tr')].map(row => row.firstChild.textContent).join(' '));
      document.body.dataset.log = JSON.stringify(log);
    """
    document, console = shown(report, do)
    assert errors(console) == []
    found = re.search(r'data-log="([^"]+)"', document)
    assert found is not None
    assert json.loads(found[1].replace("&quot;", '"')) == ["1 of 3 rows", "1 of 3 rows", "1 of 3 rows", "bbb 1e9 ccc"]


def test_a_story_with_its_structure(report: str, shown: Shown) -> None:
    document, console = shown(report, fragment="#entry=1e9")
    assert errors(console) == []
    story = document[document.index("<dialog") : document.index("</dialog>")]
    assert "1e9: LiCl" in story
    assert 'href="https://doi.org/10.1000/a"' in story
    assert "Two sites are too close." in story
    assert 'data-atoms="9"' in story  # lithium at eight corners, chlorine in the middle


def test_nothing_is_wider_than_a_narrow_window(report: str, shown: Shown) -> None:
    document, _ = shown(report, WIDTH, size="500,900")
    assert 'data-fits="true"' in document
