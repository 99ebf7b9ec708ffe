"""Proven errors for the maintainers of a published release: what is told, what is not, and that what others wrote stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from pipeline.checks.catalogue import catalogue
from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.release.compare.minute import CHECKS
from pipeline.release.compare.proven import Proven, proven
from pipeline.release.compare.published import Published
from pipeline.release.compare.upstream import EARLIER, as_upstream, judgements
from schemas import columns as col
from schemas import corrections, findings
from tests.conftest import ROOT
from tests.unit.releases import CIF, release, row, table

Row = dict[str, object]


def correction(name: str, column: str, before: str, after: str, evidence: str = "the cell and the file") -> Row:
    return {
        col.ID: name, col.COLUMN: column, col.BEFORE: before, col.AFTER: after, col.REASON: f"{column} is wrong", col.EVIDENCE: evidence,
    }  # fmt: skip


def finding(name: str, check: str, column: str = "", value: str = "", expected: str = "", **changed: str) -> Row:
    made: Row = {
        col.ID: name, col.CHECK: check, col.SEVERITY: "error", col.COLUMN: column, col.VALUE: value, col.EXPECTED: expected,
        col.MESSAGE: f"{check} says so.", col.STATUS: "awaiting",
    }  # fmt: skip
    return made | {getattr(col, key): text for key, text in changed.items()}


def told(new: Published, decided: Sequence[Row] = (), found: Sequence[Row] = ()) -> Published:
    """The release with what it corrected and found."""
    tables = {"corrections.csv": table(corrections.COLUMNS, decided), "findings.csv": table(findings.COLUMNS, found)}
    return replace(new, contents={**new.contents, **tables})


OLD = release("1.2.0", [row("aa1", Z=4), row("bb2")], cifs={"aa1": CIF})
NEW = release("new", [row("aa1", Z=12), row("bb2")], cifs={"aa1": CIF})
JUDGED = {("aa1", "cif.charge"): ("too little oxygen", "the row"), ("bb2", "lattice.volume"): ("too large", "its sisters")}


def places(errors: Sequence[Proven]) -> list[tuple[str, str, str, str]]:
    return [(place.id, place.where, place.stands, place.right) for error in errors for place in error.places]


def test_a_correction_is_told_where_the_old_release_holds_what_it_replaces() -> None:
    decided = [
        correction("aa1", "Z", "4", "12"),
        correction("bb2", "Z", "2", "1"),
        correction("aa1", "b", "4.0", "5"),
        correction("x", "Z", "1", "2"),
    ]
    assert places(proven(OLD, told(NEW, decided), {})) == [("aa1", "Z", "4", "12")]


def test_cells_of_one_entry_with_one_proof_are_one_error_and_so_are_links_that_err_alike() -> None:
    old = release("old", [row("aa1", Z=4, TRUE_COMPOSITION="Li8O4", LIION_ID=1), row("bb2", LIION_ID=2)])
    new = release("new", [row("aa1", Z=12, TRUE_COMPOSITION="Li24O12", LIION_ID=7), row("bb2", LIION_ID=8)])
    decided = [
        correction("aa1", "Z", "4", "12"), correction("aa1", "True Composition", "Li8O4", "Li24O12"),
        correction("aa1", "Liion ID", "1", "7", "record 7"), correction("bb2", "Liion ID", "2", "8", "record 8"),
    ]  # fmt: skip
    found = proven(old, told(new, decided), {})
    assert [(error.kind, error.ids, len(error.places)) for error in found] == [
        ("Formula units and compositions", ("aa1",), 2),
        ("Links to the source tables", ("aa1", "bb2"), 2),
    ]
    assert found[1].each == (("aa1", "record 7"), ("bb2", "record 8"))


@pytest.mark.parametrize(
    ("each", "is_told"),
    [
        (finding("aa1", "cif.charge"), True),
        (finding("bb2", "lattice.volume", "a"), True),
        (finding("aa1", "cif.distance"), False),  # nobody judged it
        (finding("aa1", "cif.charge", STATUS="corrected"), False),
        (finding("aa1", "cif.charge", SEVERITY="info"), False),
        (finding("cc3", "cif.charge"), False),
    ],
)
def test_a_finding_is_told_when_it_is_judged_true_and_still_there(each: Row, is_told: bool) -> None:
    judged = JUDGED | {("cc3", "cif.charge"): ("too little", "the row")}
    assert bool(proven(OLD, told(NEW, found=[each]), judged)) is is_told


def test_a_finding_on_what_changed_since_says_nothing_of_the_old_release() -> None:
    moved = release("new", [row("aa1", Z=12), row("bb2", A=4.5)], cifs={"aa1": CIF.replace("0.3000", "0.3100")})
    found = [finding("aa1", "cif.charge"), finding("bb2", "lattice.volume", "a")]
    assert proven(OLD, told(moved, found=found), JUDGED) == []


def test_a_file_that_lacks_an_element_is_wrong_and_its_row_is_right() -> None:
    found = [finding("aa1", "cif.missing-element", "Reduced Composition", "Li2O", "O1")]
    assert places(proven(OLD, told(NEW, found=found), {("aa1", "cif.missing-element"): ("no lithium", "its charge")})) == [
        ("aa1", "aa1.cif", "O1", "Li2O")
    ]
    either = [finding("aa1", "cif.lattice", "a", "4", "5")]
    assert places(proven(OLD, told(NEW, found=either), {("aa1", "cif.lattice"): ("5 %", "a note")})) == [
        ("aa1", "aa1.cif", "5, in the row 4", "")
    ]


def test_a_section_says_what_stands_what_is_right_why_and_how_to_check_it() -> None:
    text = as_upstream(OLD, told(NEW, [correction("aa1", "Z", "4", "12")], [finding("bb2", "lattice.volume", "Z", "1")]), JUDGED)
    assert text.startswith("# 2 proven errors in 1.2.0\n")
    assert "| `aa1` | `Li2O` | Z | `4` | `12` |" in text
    assert "| `bb2` | `Li2O` | Z | `1` | not settled yet |" in text
    assert "**What is wrong.** Z is wrong." in text
    assert "**Evidence.** lattice.volume says so. Second witness: its sisters." in text
    # Z = 4 units of Li2O are not the Li2O that the row has; the file holds two lithium atoms and one oxygen atom
    assert "1. Multiply Li2O by Z = 4: that is Li8 O4, and the row says Li2O.\n" in text
    assert "Add up the atoms of aa1.cif: its cell holds Li2 O1." in text
    assert f"1. {CHECKS['lattice.volume']}" in text
    assert EARLIER.search(text)
    assert EARLIER.search(as_upstream(OLD, told(OLD), JUDGED))


def test_the_link_of_a_section_opens_an_issue_that_says_the_same() -> None:
    text = as_upstream(OLD, told(NEW, [correction("aa1", "Z", "4", "12")]), {})
    address = re.search(r"\[Open as an issue\]\((\S+)\)", text)
    assert address is not None
    asked = parse_qs(urlsplit(address[1]).query)
    assert asked["title"] == ["aa1: Z"]
    assert asked["body"][0] in text
    assert "**Check it in a minute.**" in asked["body"][0]
    long = as_upstream(OLD, told(NEW, [correction("aa1", "Z", "4", "12", "long " * 3000)]), {})
    assert "/issues/new?title=aa1%3A%20Z), and paste the text above." in long


def test_a_release_that_does_not_say_what_it_corrected_is_refused() -> None:
    with pytest.raises(InputError, match=r"has no corrections\.csv"):
        as_upstream(OLD, NEW, {})


def test_hostile_text_stays_text() -> None:
    attack = "x\n::error::forged\x1b[31m\u202e <script>alert(1)</script> `code` @all #1 | [a](javascript:b) ![i](http://x)"
    old = release(f"1{attack}", [row("aa1", Z=4, REDUCED_COMPOSITION=attack, DOI=f"10.1/x|{attack}"), row(attack, Z=4)])
    new = release("2", [row("aa1", Z=12, REDUCED_COMPOSITION=attack, DOI=f"10.1/x|{attack}"), row(attack, Z=12)])
    decided = [correction(name, "Z", "4", "12", f"{attack} {name}") for name in ("aa1", attack)]
    found = [finding("aa1", "cif.charge", value=attack, expected=attack, MESSAGE=attack, FINDING_REASON=attack)]
    text = as_upstream(old, told(new, decided, found), {("aa1", "cif.charge"): (attack, attack)})
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    assert not [line for line in text.splitlines() if line.lstrip().startswith(("::", "##["))]
    shown = re.sub(r"\[Open as an issue\]\(\S+\)", "", text)
    bare = re.sub(r"\\.", "", re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown))
    assert not [sign for sign in ("<script", "@all", "](javascript", "](http:", " #1") if sign in bare], bare
    assert all(line.count(" | ") == 4 for line in re.sub(r"\\\|", "", shown).splitlines() if line.startswith("| `"))


def test_every_check_that_found_a_proven_error_says_how_to_check_it() -> None:
    judged = judgements(ROOT / "raw")
    assert len(judged) > 200
    assert {check for _, check in judged} - {"link.paper", "link.spacegroup"} <= set(CHECKS)
    assert set(CHECKS) <= set(catalogue())


def test_outside_of_a_checkout_nothing_is_judged(tmp_path: Path) -> None:
    assert judgements(tmp_path / "raw") == {}


def test_the_command_refuses_a_release_that_tells_nothing(tmp_path: Path) -> None:
    folders = []
    for each in (OLD, NEW):
        folder = tmp_path / each.name
        for path, data in each.contents.items():
            (folder / path).parent.mkdir(exist_ok=True, parents=True)
            (folder / path).write_bytes(data)
        folders.append(str(folder))
    ran = CliRunner().invoke(main, ["diff", *folders, "--format", "upstream", "--raw", str(tmp_path / "raw")])
    assert ran.exit_code == 2
    assert "has no corrections.csv" in ran.output
