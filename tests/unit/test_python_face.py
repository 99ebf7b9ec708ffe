"""The public face for Python: light to import, and a structure of pymatgen that keeps what the file says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import obelix_curate
from obelix_curate.dataset import Structures
from pipeline.structures.cif import read
from tests.unit.difficult import listed, small_cif

HEAVY = ("pandas", "numpy", "pymatgen", "gemmi", "pandera", "scipy", "openpyxl", "click")
ROWS = """\
Li1 Li 0 0 0 0.6
Na1 Na 0 0 0 0.3
Li2 Li 0.1 0.2 0.3 0.25
Li3 Li 0.11 0.2 0.3 0.25
O1 O 0.5 0.5 0.5 1
"""
CIF = small_cif((4, 4, 6), listed(["x,y,z", "-x,-y,-z"]), ROWS)


def test_importing_it_imports_nothing_heavy() -> None:
    asked = f"import sys, obelix_curate; print([name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_promised_names() -> None:
    """This list breaks on purpose when a name is renamed."""
    assert obelix_curate.__all__ == ["Checked", "Dataset", "Entry", "InputError", "__version__", "build", "check", "load"]
    assert all(hasattr(obelix_curate, name) for name in obelix_curate.__all__)
    promised = ("table", "train", "test", "groups", "entry", "links", "structures", "findings", "corrections", "measurements")
    assert all(hasattr(obelix_curate.Dataset, name) for name in promised)
    with pytest.raises(AttributeError):
        obelix_curate.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_a_structure_of_pymatgen_keeps_disorder_and_near_sites() -> None:
    """Li2 and Li3 lie 0.04 angstrom apart, each a quarter filled: pymatgen's reader would merge them."""
    found = read(CIF, "one.cif").to_pymatgen()
    held = [({str(element): amount for element, amount in site.species.items()}, site.label) for site in found]
    assert held == [
        ({"Li": 0.6, "Na": 0.3}, "Li1/Na1"),
        ({"Li": 0.25}, "Li2"), ({"Li": 0.25}, "Li2"), ({"Li": 0.25}, "Li3"), ({"Li": 0.25}, "Li3"),
        ({"O": 1.0}, "O1"),
    ]  # fmt: skip
    assert found.lattice.abc == (4, 4, 6)
    assert found[2].frac_coords.tolist() == pytest.approx([0.9, 0.8, 0.7])


@pytest.mark.parametrize("sodium", ["0.4", "0.401"])
def test_a_sum_that_only_rounding_puts_above_one_is_one(sodium: str) -> None:
    crowded = CIF.replace("Na 0 0 0 0.3", f"Na 0 0 0 {sodium}")
    assert read(crowded, "one.cif").to_pymatgen()[0].species.num_atoms == pytest.approx(1.0, abs=1e-9)


def test_a_sum_that_pymatgen_cannot_hold_is_told(tmp_path: Path) -> None:
    crowded = CIF.replace("Na 0 0 0 0.3", "Na 0 0 0 0.402")
    with pytest.raises(ValueError, match=r"Li1/Na1 sum to 1\.002"):
        read(crowded, "one.cif").to_pymatgen()
    (tmp_path / "one.cif").write_text(crowded)
    with pytest.raises(obelix_curate.InputError, match="Li1/Na1"):
        Structures(tmp_path)["one"]


@pytest.mark.parametrize("files", [(), ("all.csv",), ("RELEASE.json",)])
def test_a_folder_without_a_release_is_told(tmp_path: Path, files: tuple[str, ...]) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    with pytest.raises(obelix_curate.InputError) as caught:
        obelix_curate.load(tmp_path)
    assert "holds no release" in str(caught.value)
    with pytest.raises(obelix_curate.InputError):
        obelix_curate.load(tmp_path / "nowhere")


ROW = {
    "ID": "s1", "Reduced Composition": "Li3PO4", "Z": 4, "True Composition": "Li12P4O16", "Ionic conductivity (S cm-1)": "<1E-10",
    "Space group #": 62, "a": 10.49, "b": 6.12, "c": 4.9275, "alpha": 90, "beta": 90, "gamma": 90, "DOI": "10.1016/0167-2738(86)90179-7",
}  # fmt: skip


def test_a_frame_is_checked_as_a_file_is(tmp_path: Path) -> None:
    bad = pd.DataFrame([ROW, {**ROW, "ID": "s2", "Space group #": 999}])
    bad.to_csv(tmp_path / "rows.csv", index=False)
    of_frame = obelix_curate.check(bad.set_index("ID"), with_dataset=False)
    of_file = obelix_curate.check(tmp_path / "rows.csv", with_dataset=False)
    pd.testing.assert_frame_equal(of_frame.findings, of_file.findings)
    assert of_frame.report.has_errors
    assert ("s2", 3) in set(zip(of_frame.findings["ID"], of_frame.findings["row"], strict=True))
    assert str(of_frame.findings["row"].dtype) == "Int64"


def test_no_finding_gives_an_empty_frame_with_its_columns() -> None:
    clean = obelix_curate.check(pd.DataFrame([ROW]), with_dataset=False)
    assert "severity" in clean.findings
    assert not (clean.findings["severity"] == "error").any()
