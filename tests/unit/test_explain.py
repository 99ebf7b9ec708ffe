"""An entry's story and a check's page."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.commands.explain import explain
from pipeline.errors import InputError
from schemas import columns as col
from tests.unit.sheets import row

TABLES: dict[str, list[dict[str, object]]] = {
    "all.csv": [{**dict.fromkeys(map(str, col.WORKBOOK), ""), **row(ID="019", NOTE="check the cell", FAMILY="phosphates")}],
    "train_idx.csv": [{"ID": "019"}],
    "test_idx.csv": [{"ID": "zzz"}],
    "links.csv": [
        {"ID": "019", "source": "laskowski", "record": "155", "reference": "70", "composition_agrees": "True", "conductivity_ratio": "1.5",
         "doi_agrees": "False", "spacegroup_agrees": "", "published": "70", "agrees_with_published": "True"},
        {"ID": "019", "source": "liion", "record": "", "reference": "", "composition_agrees": "", "conductivity_ratio": "",
         "doi_agrees": "",
         "spacegroup_agrees": "", "published": "12", "agrees_with_published": "False"},
    ],
    "sources/laskowski.csv": [{"record": "155", "composition": "Li3PO4", "conductivity": "6.7e-8", "conductivity_bound": "",
                               "spacegroup_number": "62"}],
    "corrections.csv": [{"ID": "019", "column": "Z", "before": "2", "after": "4", "reason": "Z was half.", "evidence": "Volume and file."}],
    "structures.csv": [{"ID": "019", "file": "019.cif", "match": "close", "spacegroup_row": "62", "spacegroup_cif": "62",
                        "spacegroup_spglib": "62", "symprec": "0.01", "composition_deviation": "0.0", "lattice_deviation": "0.0018",
                        "angle_deviation": "0.0", "setting": "permuted: b,a,-c", "n_sites": "6", "is_disordered": "False",
                        "n_partial_sites": "0", "perturbation": "source"}],
    "findings.csv": [
        {"ID": "019", "check": "lattice.volume", "severity": "error", "column": "Z", "value": "2", "expected": "4",
         "message": "Twice as large.", "other": "", "status": "corrected"},
        {"ID": "zzz", "check": "duplicate.near", "severity": "warning", "column": "ID", "value": "", "expected": "", "message": "Alike.",
         "other": "abc 019", "status": "open"},
        {"ID": "zzz", "check": "note.open", "severity": "info", "column": "note", "value": "", "expected": "", "message": "Not of 019.",
         "other": "", "status": "open"},
    ],
}  # fmt: skip


@pytest.fixture
def release(tmp_path: Path) -> Path:
    for name, rows in TABLES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [str(key) for key in rows[0]])
            writer.writeheader()
            writer.writerows([{str(key): value for key, value in one.items()} for one in rows])
    return tmp_path


def test_the_whole_story(release: Path) -> None:
    story = explain("019", release)
    for said in (
        "019  Li3PO4", "space group Pnma (62)", "in the training set", "curators' note: check the cell",
        "laskowski 155: Li3PO4, 6.7e-8 S/cm, space group 62", "agrees in composition; differs in paper",
        "the entry has 1.5 times the conductivity of the record", "liion: no record found; the workbook links 12",
        "Z: 2 -> 4", "Evidence: Volume and file.", "019.cif: close; 6 sites", "permuted: b,a,-c",
        "error  lattice.volume  corrected", "warning  duplicate.near  open (said of zzz)",
    ):  # fmt: skip
        assert said in story, said
    assert "Not of 019" not in story


def test_a_release_without_the_other_tables_tells_what_it_has(release: Path) -> None:
    for name in TABLES:
        if name != "all.csv":
            (release / name).unlink()
    story = explain("019", release)
    assert "in neither set" in story
    assert story.count("none") >= 4


def test_a_check_needs_no_release(tmp_path: Path) -> None:
    page = explain("Lattice.Volume", tmp_path / "nowhere")
    assert page.startswith("lattice.volume\n==============\n")
    for part in ("Why it matters:", "Law:", "Tolerance:", "Source:", "How to fix:"):
        assert part in page
    assert max(map(len, page.splitlines())) <= 110


@pytest.mark.parametrize(
    ("name", "cure"),
    [("ABC", "IDs have three or six characters"), ("O19", "019"), ("lattice.volum", "lattice.volume"), ("what.ever", "the checks")],
)
def test_unknown_names_are_told_with_a_cure(release: Path, name: str, cure: str) -> None:
    with pytest.raises(InputError, match=name) as error:
        explain(name, release)
    assert cure in error.value.cure


def test_the_command(release: Path) -> None:
    good = CliRunner().invoke(main, ["explain", "019", "--out", str(release)])
    assert (good.exit_code, "Li3PO4" in good.stdout) == (0, True)
    bad = CliRunner().invoke(main, ["explain", "019", "--out", str(release / "nowhere")])
    assert bad.exit_code == 2
    assert "run 'obelix-curate build'" in bad.stderr
    assert bad.stdout == ""
