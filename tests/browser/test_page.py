"""``report.html`` in a real browser: Debian's Chromium, headless, without a network, at the width of a desk and of a phone."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pandas as pd
import pytest

from pipeline.findings import Finding, findings_table
from pipeline.reporting import gate_page
from pipeline.reporting.contents import Contents
from pipeline.reporting.figures import CAPTIONS
from pipeline.reporting.gate_page import Expectation
from pipeline.reporting.page import page
from pipeline.reporting.statistics import statistics
from pipeline.split import audit, groups
from pipeline.structures.cif import read
from schemas import columns as col
from tests.browser.chromium import Chromium
from tests.browser.contents import CIF, HOSTILE, small
from tests.unit.splits import entries

WIDTHS = (1400, 420)
#: Cells and titles that reach beyond the window, or whose text does not fit into them.
CUT_OFF = """[...document.querySelectorAll('h1, h2, p, li, dd, td, th, a, label, summary')].filter(one => one.checkVisibility()
  && !one.closest('.skip, thead') && (one.getBoundingClientRect().right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 1
  && getComputedStyle(one).display !== 'inline')).map(one => one.tagName + ' ' + one.textContent.slice(0, 40))"""
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(small()), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium: Chromium, report: Path) -> Callable[..., Chromium]:
    """Opens the page and waits until it is ready; at the end nothing went wrong in it and nothing was fetched."""

    def show(fragment: str = "", path: Path = report, **window: int | bool) -> Chromium:
        chromium.open(path, fragment, **window)  # type: ignore[arg-type]
        chromium.wait("document.documentElement.dataset.ready === 'yes'")
        return chromium

    return show


Opened = Callable[..., Chromium]


def quiet(browser: Chromium) -> None:
    """Nothing went wrong in the page, and it asked for nothing but itself."""
    assert browser.errors() == []
    assert [address for address in browser.requests if not address.startswith(("file:", "data:", "blob:"))] == []


def rows(browser: Chromium, table: str) -> list[str]:
    """IDs of the rows shown."""
    return list(browser.run(f"[...document.querySelectorAll('[data-table={table}] tbody tr')].map(row => row.cells[0].textContent)"))


def counts(browser: Chromium, table: str) -> str:
    return str(browser.run(f"document.querySelector('[data-table={table}] .count').textContent"))


def fill(browser: Chromium, name: str, value: str) -> None:
    """Type or choose a value, as a person does."""
    script = """(() => { const box = document.getElementById(NAME); box.value = VALUE;
      box.dispatchEvent(new Event('input', {bubbles: true})); box.dispatchEvent(new Event('change', {bubbles: true})); })()"""
    browser.run(script.replace("NAME", json.dumps(name)).replace("VALUE", json.dumps(value)))


def serious(browser: Chromium, where: str, only: str = "") -> list[str]:
    """What axe-core finds serious or critical in a part of the page, by all its rules or by one."""
    if browser.run("typeof window.axe") == "undefined":
        browser.run(AXE + ";0")
    asked = f"{{resultTypes: ['violations']{f', runOnly: {[only]}' if only else ''}}}"
    found = browser.run(f"axe.run('{where}', {asked}).then(said => said.violations.map("
                        "one => [one.impact, one.id, ...one.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]))")  # fmt: skip
    return [one for one in found if one[0] in ("serious", "critical")]


@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_quietly_and_nothing_is_cut_off(opened: Opened, width: int) -> None:
    browser = opened(width=width, dark=width == 420)
    assert browser.run("document.title") == "A release <1>"
    assert [counts(browser, name) for name in ("findings", "corrections", "candidates", "entries")] == [
        "4 rows",
        "2 rows",
        "1 row",
        "4 rows",
    ]
    assert browser.run("document.querySelectorAll('figure img').length") == len(CAPTIONS)
    assert browser.run("typeof window.Plotly") == "undefined"  # run only when a structure or the diagram is seen
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run(CUT_OFF) == []
    quiet(browser)
    browser.run("document.querySelector('#findings p').style.minWidth = '2000px'")
    assert "P What the checks" in str(browser.run(CUT_OFF))  # it would be seen


def test_a_finding_says_first_what_became_of_it(opened: Opened) -> None:
    browser = opened()
    heads = browser.run("[...document.querySelectorAll('[data-table=findings] th')].map(head => head.textContent)")
    assert heads[:5] == ["ID", "Status", "Severity", "Check", "What is wrong"]
    cells = browser.run("[...document.querySelectorAll('[data-table=findings] tbody tr')].map(row => [...row.cells].map(c => c.innerText))")
    of = {row[0]: row for row in cells}
    assert of["ddd"][1] == "corrected"
    assert of["ddd"][4].endswith("Corrected: Z was 4.")
    assert "Awaiting: The paper has to be seen." in of["ccc"][4]
    numbers = browser.run("[...document.querySelectorAll('table.tally tbody tr')].map(row => row.innerText.split(/\\s+/).join(' '))")
    assert numbers == ["open 1 1 0", "awaiting 0 0 1", "corrected 1 0 0", "accepted 0 0 0", "all 2 1 1"]
    browser.run("document.querySelector('table.tally a[aria-label=\"1 infos, awaiting\"]').click()")
    assert rows(browser, "findings") == ["ccc"]
    quiet(browser)


def test_the_changes_since_the_release_before(opened: Opened) -> None:
    browser = opened("#changes")
    said = str(browser.run("document.querySelector('#changes dl').innerText")).split()
    assert " ".join(said) == ("Entries 4 then, 4 now New entries ccc Entries that are gone zzz Cells 2 in 2 entries By column Z 1, DOI 1")
    fill(browser, "corrections-column", "Z")
    assert browser.run("document.querySelector('[data-table=corrections] tbody').innerText.split(/\\s+/).join(' ')") == (
        "ddd Z 4 6 Z was 4. The file holds six."
    )
    browser.run("document.querySelector('#changes dl a').click()")
    assert browser.run("document.getElementById('entry-title').textContent") == "ccc: Li3PO4"
    quiet(browser)


def test_text_is_never_markup(opened: Opened) -> None:
    browser = opened("#entry=bbb")
    assert browser.run("document.title") == "A release <1>"
    assert browser.run("document.querySelectorAll('[onerror]').length + document.querySelectorAll('a[href^=\"javascript\"]').length") == 0
    quiet(browser)


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
    "@js@ @data@",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose every ID, DOI, formula, note, finding, change and name of a file is an attack."""
    said = (col.REDUCED_COMPOSITION, col.SPACE_GROUP, col.NOTE, col.FAMILY)
    table = entries({a: {**dict.fromkeys(said, a), col.SPACE_GROUP_NUMBER: 221, col.DOI: f"10.1000/{a}|{a}"} for a in ATTACKS})
    labels = {attack: "Li1" + "".join(c for c in attack if c.isprintable() and c not in " '\"") for attack in ATTACKS}
    structures = {attack: read(CIF.replace("Li1 Li", f"{label} Li"), attack) for attack, label in labels.items()}
    findings = findings_table([Finding(a, "note.open", "error", a, a, a, a, a, a) for a in ATTACKS])
    ids = list(ATTACKS)
    numbers = statistics(table, structures, train_ids=ids, test_ids=[], groups=groups(table), audit=audit(table, [], structures).as_dict())
    drawn = dict.fromkeys(CAPTIONS, '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=\'broken\'"/>')
    offered = pd.DataFrame({"ID": ids, "file": ids, "rank": [1] * len(ids), "composition_deviation": [0.01] * len(ids)})
    changed = pd.DataFrame(dict.fromkeys(("ID", "column", "before", "after", "reason", "evidence"), ids))
    made = page(
        Contents(ATTACKS[0], ATTACKS[1], table, numbers, drawn, structures, ids, [], groups(table), findings, offered, corrections=changed,
                 texts=dict.fromkeys(ids, CIF), since=ATTACKS[1], issues="https://example.org/issues")
    )  # fmt: skip
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    path.write_text(made, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "fragment", ["#plot", "#entry={}", "#<img src=x onerror=\"document.title='broken'\">", "#entries.search=<b>&part=<b>"]
)
def test_hostile_ids_dois_notes_and_file_names_are_text(opened: Opened, hostile: Path, fragment: str) -> None:
    """Whatever they hold, no script of theirs runs and each row is shown."""
    browser = opened(fragment.format(quote(ATTACKS[0])), hostile)
    if fragment == "#plot":
        browser.wait("document.querySelector('.diagram').dataset.points")
    if fragment.startswith("#entry="):
        browser.wait("document.querySelector('.structure').dataset.atoms")
    named = "[...document.querySelectorAll('body *')].flatMap(element => [...element.attributes].map(each => each.name))"
    assert browser.run(f"{named}.filter(name => name.startsWith('on'))") == []
    assert browser.run("[...document.links].map(link => link.href).filter(href => !/^(https?|file|data|blob):/.test(href))") == []
    assert len(rows(browser, "entries")) == (0 if "search" in fragment else len(ATTACKS))
    assert browser.run("document.title") == ATTACKS[0]
    quiet(browser)


def test_elements_numbers_and_words_are_sought_as_what_they_are(opened: Opened) -> None:
    browser = opened()
    found = {}
    for query in ("Ta", "ta", "Li O", "Li-Cl", "Li-O", "Li-Ta-O", "O-Ta-Li", "221", "22", "R 3", "HALIDES", "Li, Cl", "Xx"):
        fill(browser, "entries-search", query)
        found[query] = rows(browser, "entries")
    assert found == {
        "Ta": ["ddd"], "ta": ["bbb", "ddd"], "Li O": ["bbb", "ccc", "ddd"], "Li-Cl": ["1e9"], "Li-O": [], "Li-Ta-O": ["ddd"],
        "O-Ta-Li": ["ddd"], "221": ["1e9"], "22": [], "R 3": ["ddd"], "HALIDES": ["1e9"], "Li, Cl": ["1e9"], "Xx": [],
    }  # fmt: skip
    fill(browser, "findings-search", "Ta")
    assert rows(browser, "findings") == ["ddd"]
    quiet(browser)


def test_filters_stand_in_the_address_and_can_be_shared(opened: Opened) -> None:
    browser = opened()
    fill(browser, "entries-conductivity-from", "1e-6")
    assert rows(browser, "entries") == ["1e9", "ccc", "ddd"]  # a bound is never above anything
    fill(browser, "entries-conductivity-to", "1e-5")
    assert rows(browser, "entries") == ["1e9", "ddd"]
    fill(browser, "entries-conductivity-from", "")
    assert rows(browser, "entries") == ["1e9", "bbb", "ddd"]
    fill(browser, "entries-spacegroup-from", "100")
    fill(browser, "entries-doubt", "error")
    fill(browser, "entries-search", "Li Cl")
    browser.run("document.querySelector('[data-table=entries] th[data-key=conductivity] button').click()")
    fragment = str(browser.run("location.hash"))
    assert (
        fragment
        == "#entries.conductivity=..1e-5&entries.doubt=error&entries.search=Li+Cl&entries.sort=conductivity_s_cm&entries.spacegroup=100.."
    )
    assert rows(browser, "entries") == ["1e9"]
    browser = opened(fragment)
    assert rows(browser, "entries") == ["1e9"]
    boxes = ("conductivity-from", "conductivity-to", "spacegroup-from", "doubt", "search", "family")
    assert [browser.run(f"document.getElementById('entries-{box}').value") for box in boxes] == ["", "1e-5", "100", "error", "Li Cl", ""]
    browser.run("document.querySelector('nav a[href=\"#findings\"]').click()")  # a part that is sought does not take the filters away
    assert counts(browser, "entries") == "1 of 4 rows"
    browser.run("[...document.querySelectorAll('[data-table=entries] button')].find(one => one.textContent === 'Clear').click()")
    assert counts(browser, "entries") == "4 rows"
    assert browser.run("location.hash") == "#findings"
    fill(browser, "entries-conductivity-to", "one")
    assert browser.run("document.getElementById('entries-conductivity-to').getAttribute('aria-invalid')") == "true"
    assert counts(browser, "entries") == "4 rows"
    quiet(browser)


def test_columns_are_sorted_by_value(opened: Opened) -> None:
    browser = opened()
    press = "document.querySelector('[data-table=entries] th[data-key=conductivity] button').click()"
    browser.run(press)
    assert rows(browser, "entries") == ["bbb", "1e9", "ddd", "ccc"]
    browser.run(press)
    assert rows(browser, "entries") == ["ccc", "ddd", "1e9", "bbb"]
    assert browser.run("document.querySelector('th[data-key=conductivity]').getAttribute('aria-sort')") == "descending"


def test_the_story_of_an_entry(opened: Opened, tmp_path: Path) -> None:
    browser = opened("#entry=1e9")
    browser.wait("document.querySelector('.structure').dataset.atoms")
    story = str(browser.run("document.getElementById('entry').innerText"))
    assert "1e9: LiCl" in story
    assert "Laskowski record 620: 9.6e-4 S/cm, 1.4 times lower here; composition and paper agree; space group differs" in story
    assert "Two sites are too close." in story
    assert browser.run("document.querySelector('.structure').dataset.atoms") == "9"  # lithium at eight corners, chlorine in the middle
    assert browser.run("document.querySelector('#entry a[href=\"https://doi.org/10.1000/a\"]') !== null")
    doubt = urlsplit(str(browser.run("[...document.querySelectorAll('#entry a')].find(a => a.textContent === 'Report a doubt').href")))
    assert (doubt.netloc, doubt.path) == ("example.org", "/group/project/issues/new")
    asked = parse_qs(doubt.query)
    assert asked["title"] == ["Doubt about 1e9"]
    assert {"Entry: 1e9", "Composition: LiCl", "Release: A release <1>"} <= set(asked["body"][0].splitlines())
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.run("document.querySelector('button.cif').click()")
    file = tmp_path / "1e9.cif"
    for _ in range(200):
        if file.is_file() and file.stat().st_size:
            break
        browser.run("new Promise(done => setTimeout(done, 20))")
    assert file.read_text(encoding="utf-8") == CIF
    assert serious(browser, "#entry") == []
    browser.press("Escape")
    browser.wait("!document.querySelector('canvas')")  # nothing is drawn behind a closed dialog
    quiet(browser)


def test_bonds_and_the_atoms_beyond_the_border(opened: Opened) -> None:
    """Rock salt, a = 4.2: each atom has six neighbours at 2.1. The cell shows 27 atoms; full lithium has bonds, half of one has none."""
    browser = opened()
    sites = [["Li", x, y, z] for x, y, z in ((0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))]
    sites += [["Cl", x, y, z] for x, y, z in ((0.5, 0.5, 0.5), (0, 0, 0.5), (0, 0.5, 0), (0.5, 0, 0))]
    data = {"cell": [4.2] * 3 + [90] * 3, "operations": 0}
    script = """(() => { data.operations[0] = [[[1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]]];
      const model = modelOf(SHAPE); return [model.inside, model.atoms.length, model.bonds.length]; })()"""
    for lithium, bonds in ((1, 54), (0.5, 0)):
        placed = [[f"{e}{i}", e, x, y, z, lithium if e == "Li" else 1] for i, (e, x, y, z) in enumerate(sites)]
        assert browser.run(script.replace("SHAPE", json.dumps({**data, "sites": placed}))) == [27, 27, bonds]


def test_a_check_leads_to_what_it_asks(opened: Opened) -> None:
    browser = opened("#entry=ccc")
    browser.run("[...document.querySelectorAll('#entry a')].find(link => link.textContent === 'note.open').click()")
    assert browser.run("document.getElementById('check-note.open').open")
    assert not browser.run("document.getElementById('entry').open")
    assert browser.run("location.hash") == "#checks&check=note.open"
    assert browser.run("document.activeElement.closest('details').id") == "check-note.open"
    browser.run("history.back()")
    browser.wait("document.getElementById('entry').open")
    assert browser.run("location.hash") == "#entry=ccc"
    browser.run("location.hash = '#check=lattice.volume'")
    browser.wait("document.getElementById('check-lattice.volume').open")
    browser.run("document.querySelector('#check-lattice\\\\.volume a').click()")
    assert rows(browser, "findings") == ["ddd"]
    quiet(browser)


def test_dialog_and_address_agree_however_it_is_closed(opened: Opened) -> None:
    browser = opened("#entries.set=train")
    is_open, address = "document.getElementById('entry').open", "location.hash"
    link = "[...document.querySelectorAll('[data-table=entries] a.id')].find(link => link.textContent === 'bbb')"
    ways = ("key", "button", "outside", "back")
    for way in ways:
        browser.run(f"{link}.focus()")
        browser.press("Enter")
        assert browser.run(is_open)
        assert browser.run(address) == "#entry=bbb&entries.set=train"
        if way == "key":
            browser.press("Escape")
        elif way == "button":
            assert browser.run("document.activeElement.textContent") == "Close"
            browser.press("Enter")
        elif way == "outside":
            browser.run("document.getElementById('entry').dispatchEvent(new MouseEvent('click'))")
        else:
            browser.run("history.back()")
        browser.wait(f"!{is_open} && {address} === '#entries.set=train'")
        assert rows(browser, "entries") == ["1e9", "bbb", "ddd"]
        if way != "back":
            assert browser.run("document.activeElement.textContent") == "bbb"  # the keyboard goes on where it was
    browser.run("location.hash = '#entry=nobody'")
    browser.wait(f"{address} === '#entry=nobody'")
    assert not browser.run(is_open)
    quiet(browser)


def test_the_diagram_opens_entries(opened: Opened) -> None:
    browser = opened("#plot")
    browser.wait("document.querySelector('.diagram').dataset.points === '4'")
    fill(browser, "plot-feature", "Ta")
    assert browser.run("location.hash") == "#plot&plot.feature=Ta"
    families = "document.querySelector('.diagram').data.map(trace => [trace.name, trace.x, trace.customdata])"
    browser.wait(f"JSON.stringify({families}).includes('0.2')")
    assert sorted(browser.run(families)) == [
        ["LISICON", [0], ["ccc"]], ["halides", [0], ["1e9"]], ["hexaoxometalates", [0], ["bbb"]], ["other or none", [0.2], ["ddd"]],
    ]  # fmt: skip
    fill(browser, "entries-search", "Ta")
    browser.wait("document.querySelector('.diagram').dataset.points === '1'")
    where = browser.run("(() => { const box = document.querySelector('.diagram .point').getBoundingClientRect(); "
                        "return [box.x + box.width / 2, box.y + box.height / 2]; })()")  # fmt: skip
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        told = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        browser.call("Input.dispatchMouseEvent", type=kind, x=where[0], y=where[1], **told)
    browser.wait("document.getElementById('entry').open")
    assert browser.run("location.hash") == "#plot&entry=ddd&entries.search=Ta&plot.feature=Ta"
    quiet(browser)


def test_axe_finds_nothing_serious(opened: Opened) -> None:
    """In light and on a desk by every rule (an entry in its story); in the dark and on a phone the colours."""
    browser = opened("#check=note.open")
    browser.run("document.getElementById('plot').scrollIntoView()")
    browser.wait("document.querySelector('.diagram').dataset.points")
    assert serious(browser, "html") == []
    browser = opened("#check=note.open", width=420, dark=True)
    assert serious(browser, "html", "color-contrast") == []
    browser.run("visit({entry: 'bbb'})")
    assert serious(browser, "#entry", "color-contrast") == []
    browser.run("document.querySelector('#entry dd').style.color = '#444'")
    assert [one[1] for one in serious(browser, "#entry", "color-contrast")] == ["color-contrast"]  # it would be seen


def test_the_page_of_the_gate_at_both_widths(chromium: Chromium, tmp_path: Path) -> None:
    long = {"column_set": [f"a column {i}" for i in range(30)]}
    told = [
        Expectation("expect_table_columns_to_match_set", "", False, long, {"observed_value": ["x" * 150]}),
        Expectation("expect_column_values_to_be_unique", HOSTILE, True, {}, {"element_count": 4}),
    ]
    path = tmp_path / "index.html"
    path.write_text(gate_page.page("A release <1>: the gate", HOSTILE, (("release", "The release", HOSTILE, told),)), encoding="utf-8")
    for width in WIDTHS:
        chromium.open(path, width=width, dark=width == 420)
        assert chromium.run("document.title") == "A release <1>: the gate"
        assert chromium.run("[...document.querySelectorAll('tbody tr')].map(row => row.cells[0].innerText)") == ["not met", "met"]
        assert chromium.run(CUT_OFF) == []
        assert serious(chromium, "html") == []
        quiet(chromium)


def test_the_keyboard_reaches_the_content_first(opened: Opened) -> None:
    browser = opened()
    browser.press("Tab")
    assert browser.run("document.activeElement.textContent") == "To the content"
    browser.press("Tab", "Enter")
    assert browser.run("document.activeElement.id") == "summary"
