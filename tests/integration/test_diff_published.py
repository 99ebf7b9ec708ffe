"""The published releases compared. What is expected here was read off the workbooks, tables and CIFs themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.release.compare.diff import Difference, difference, required_level
from pipeline.release.compare.diff_formats import as_json
from pipeline.release.compare.proven import proven
from pipeline.release.compare.published import Published, published
from pipeline.release.compare.upstream import as_upstream, judgements


@pytest.fixture(scope="module")
def releases(raw: Path, archives: object) -> dict[str, Published]:
    return {name: published(name, raw) for name in ("1.0.1", "1.1.1", "1.2.0")}


@pytest.fixture(scope="module")
def latest(releases: dict[str, Published]) -> Difference:
    return difference(releases["1.1.1"], releases["1.2.0"])


def test_nothing_but_tables_and_structures_is_read(releases: dict[str, Published]) -> None:
    for release in releases.values():
        assert {Path(path).suffix for path in release.contents} == {".xlsx", ".csv", ".cif"}
        assert len(release.structures) == 321


def test_from_1_1_1_to_1_2_0_one_cell_changed(latest: Difference) -> None:
    assert latest.entries == (599, 599)
    assert [(cell.id, cell.column, cell.old, cell.new) for cell in latest.cells] == [("w7d", "close match", None, "Yes")]
    for nothing in (latest.added, latest.removed, latest.moved, latest.reordered, latest.stale_old, latest.stale_new):
        assert not nothing
    assert latest.files_removed == [f"downloads/{side}.{ending}" for side in ("all", "test", "train") for ending in ("csv", "xlsx")]


def test_from_1_1_1_to_1_2_0_four_structures_got_their_occupancies_back(latest: Difference) -> None:
    changes = {change.id: change for change in latest.structures}
    assert {name: change.kinds for name, change in changes.items()} == {
        "ia5": ("occupancy",),
        "joc": ("occupancy",),
        "na5": ("positions", "occupancy"),
        "nhq": ("occupancy",),
    }
    assert changes["ia5"].content == {"Li": (4, 2)}
    assert {site.label[1]: site.occupancy for site in changes["joc"].sites} == {"S3": (1, 0.97), "S4": (1, 0.98), "S5": (1, 0.99)}
    assert {site.label[1]: site.occupancy for site in changes["nhq"].sites} == {"Li1": (1, 0.7), "Li2": (1, 0.3)}
    # H 184 -> 94 is a sum of rounded products: compare to what the new file declares, H94 W2 O79.96
    content = {element: new for element, (_, new) in changes["na5"].content.items()}
    assert content == pytest.approx({"H": 94, "W": 2, "O": 79.96})


def test_the_structure_that_was_listed_anew_moved_three_sites(latest: Difference) -> None:
    """In na5 three oxygen sites stand in another order; each kept the noise of its place in the list, so each moved by a little."""
    change = next(change for change in latest.structures if change.id == "na5")
    moved = {site.label: site.distance for site in change.sites if site.moved}
    assert set(moved) == {("O46", "O48"), ("O47", "O46"), ("O48", "O47")}
    assert all(0.01 < distance < 0.3 for distance in moved.values())
    assert sum(site.refilled for site in change.sites) == 23


def test_from_1_0_1_to_1_1_1_only_copies_changed(releases: dict[str, Published]) -> None:
    """The workbook is the same file; what 1.0.1 offered for download still had the older spelling of one note."""
    found = difference(releases["1.0.1"], releases["1.1.1"])
    assert found.same_data
    assert [(place.file, place.id, place.column) for place in found.stale_old] == [
        (f"downloads/{side}.{ending}", "l9v", "note") for side in ("all", "train") for ending in ("csv", "xlsx")
    ]
    assert {place.holds[:4] for place in found.stale_old} == {"ball"}
    assert {place.table[:4] for place in found.stale_old} == {"Ball"}
    assert found.stale_new == []
    assert required_level(found)[0] == "patch"


def test_the_release_as_published_is_the_published_release(releases: dict[str, Published], built_as_published: Path, raw: Path) -> None:
    found = difference(releases["1.2.0"], published(str(built_as_published), raw))
    assert found.same_data
    assert not found.reordered
    assert found.stale_new == []


def test_the_difference_of_the_built_release_is_its_list_of_corrections(releases: dict[str, Published], built: Path, raw: Path) -> None:
    import csv

    found = difference(releases["1.2.0"], published(str(built), raw))
    with (built / "corrections.csv").open(encoding="utf-8", newline="") as handle:
        corrected = {(row["ID"], row["column"]) for row in csv.DictReader(handle)}
    assert {(cell.id, cell.column) for cell in found.cells} == corrected
    assert found.stale_new == []


def test_upstream_is_told_every_correction_and_how_to_see_it(releases: dict[str, Published], built: Path, raw: Path) -> None:
    """The numbers of vy5 are those of its row and file: 9.681 cubed is 907.3, and the file lists K1.2Li10.8Sb12O36."""
    import csv

    new = published(str(built), raw)
    errors = proven(releases["1.2.0"], new, judgements(raw))
    with (built / "corrections.csv").open(encoding="utf-8", newline="") as handle:
        corrected = sorted((row["ID"], row["column"]) for row in csv.DictReader(handle))
    assert sorted((place.id, place.where) for error in errors if not error.checks for place in error.places) == corrected
    assert {"cif.missing-element", "cif.header", "composition.charge"} <= {check for error in errors for check in error.checks}
    text = as_upstream(releases["1.2.0"], new, judgements(raw))
    story = text[text.index("### vy5: True Composition, Z") :].partition("\n### ")[0]
    for said in (
        "| Z | `4` | `12` |",
        "907 cubic angstrom",
        "Add up the atoms of vy5.cif: its cell holds K1.2 Li10.8 O36 Sb12.",
        "10.1016/0167-2738(81)90178-8",
    ):
        assert said in story
    assert "| b4c.cif | `Si1S4` | `Li4SiS4` |" in text
    # a release is not told what it has mended itself
    assert not [error for error in proven(new, new, {}) if not error.checks]


def test_the_command_refuses_what_is_no_release(raw: Path) -> None:
    """What it prints is run with the documents."""
    refused = CliRunner().invoke(main, ["diff", "0.0.9", "1.2.0", "--raw", str(raw)])
    assert refused.exit_code == 2
    assert "no such release" in refused.output


def test_json_tells_the_story_to_programs(latest: Difference) -> None:
    document = json.loads(as_json(latest))
    assert [change["id"] for change in document["structures"]] == ["ia5", "joc", "na5", "nhq"]
    assert document["required"] == "patch"
    assert document["cells"] == [{"id": "w7d", "column": "close match", "old": None, "new": "Yes", "is_label": False}]
