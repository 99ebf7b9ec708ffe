"""The published structures: read as pymatgen reads them, with the symmetry they claim, perturbed and verified."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from pipeline.structures.cif import Structure, read, same_content
from pipeline.structures.noise import free_directions, keyed
from pipeline.structures.perturb import Perturbed, perturb
from pipeline.structures.symmetry import examined
from pipeline.structures.write import standardised

NOISE = keyed(hashlib.sha256(b"a secret for the test").digest())
#: pymatgen takes 50 ms a file: every 27th is enough for each run, all of them when asked for.
EVERY = 1 if os.environ.get("OBELIX_CURATE_ALL_STRUCTURES") else 27


@pytest.fixture(scope="module")
def structures(structure_texts: dict[str, str]) -> dict[str, Structure]:
    return {name: read(text, f"{name}.cif") for name, text in structure_texts.items()}


@pytest.fixture(scope="module")
def perturbed(structures: dict[str, Structure]) -> dict[str, Perturbed]:
    return {name: perturb(s, NOISE) for name, s in structures.items()}


def by_pymatgen(text: str):  # type: ignore[no-untyped-def]
    """The structure as pymatgen reads it; sites closer than 0.0001 are not merged, since some are split that far."""
    from pymatgen.io.cif import CifParser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CifParser.from_str(text, occupancy_tolerance=100, site_tolerance=1e-6).parse_structures(primitive=False, check_occu=False)[0]


def test_all_are_read_without_a_doubt(structures: dict[str, Structure]) -> None:
    assert len(structures) == 321
    for name, structure in structures.items():
        assert structure.notes == (), name
        assert structure.group_number == structure.spacegroup_number, name
        assert all(site.multiplicity == site.declared_multiplicity for site in structure.sites), name


def test_spglib_finds_the_group_of_the_operations(structures: dict[str, Structure]) -> None:
    found = {name: examined(structure).symmetry for name, structure in structures.items()}
    assert {name for name, each in found.items() if each.number != structures[name].group_number} == set()
    assert {each.symprec for each in found.values()} == {0.01}


def test_content_is_that_of_pymatgen(structures: dict[str, Structure]) -> None:
    for name in sorted(structures)[::EVERY]:
        content: dict[str, float] = {}
        for site in by_pymatgen(structures[name].text):
            for species, amount in site.species.items():
                content[species.symbol] = content.get(species.symbol, 0.0) + amount
        assert same_content(structures[name].content, content, 1e-9), name


def test_a_standardised_copy_is_the_same_structure(structures: dict[str, Structure]) -> None:
    for name, structure in structures.items():
        copy = read(standardised(structure, doi="10.1000/example"), f"{name}.cif")
        assert (copy.cell, copy.group_number, copy.content) == (structure.cell, structure.group_number, structure.content), name
        assert [s.multiplicity for s in copy.sites] == [s.multiplicity for s in structure.sites]
        assert np.allclose([s.exact for s in copy.sites], [s.exact for s in structure.sites], rtol=0, atol=1e-11)


def test_noise_stays_inside_the_allowed_subspace(structures: dict[str, Structure], perturbed: dict[str, Perturbed]) -> None:
    worst = 0.0
    free = []
    for name, structure in structures.items():
        new = perturbed[name].structure
        for old_site, new_site in zip(structure.sites, new.sites, strict=True):
            rotations = structure.rotations[list(old_site.fixed_by)]
            P = rotations.mean(axis=0)
            move = np.array(new_site.fract) - np.array(old_site.fract)
            worst = max(worst, float(np.abs(move - P @ move).max()))
            pivots = [int(np.flatnonzero(column)[0]) for column in free_directions(rotations).T]
            free += [move[axis] for axis in pivots]
    assert worst < 1e-12
    assert len(free) > 4000
    # the standard error of a standard deviation over 4,000 coordinates is 1.1 %
    assert np.std(free) == pytest.approx(0.01, rel=0.033)


def test_only_coordinates_and_the_maker_change(structures: dict[str, Structure], perturbed: dict[str, Perturbed]) -> None:
    for name, structure in structures.items():
        old, new = structure.text.splitlines(), perturbed[name].text.splitlines()
        new = [line for line in new if not line.startswith("_audit_creation_method")]
        assert len(old) == len(new) == len(perturbed[name].text.splitlines()) - 1, name
        for before, after in zip(old, new, strict=True):
            assert before == after or (before.split()[:3], before.split()[6:]) == (after.split()[:3], after.split()[6:]), name


def test_pymatgen_finds_the_space_group_unchanged(structures: dict[str, Structure], perturbed: dict[str, Perturbed]) -> None:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    for name in sorted(structures)[4::EVERY]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = SpacegroupAnalyzer(by_pymatgen(perturbed[name].text)).get_space_group_number()
        assert found == structures[name].spacegroup_number, name


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process of its own is read from /proc")
def test_a_cold_process_is_light(structure_texts: dict[str, str], tmp_path: Path) -> None:
    """Memory below 200 MiB, no pandas. The peak is the process's own: that of getrusage begins with its parent's."""
    (tmp_path / "cifs").mkdir()
    for name, text in structure_texts.items():
        (tmp_path / "cifs" / f"{name}.cif").write_bytes(text.encode())
    script = (
        "import re, sys\n"
        "from pipeline.cli import main\n"
        "try:\n    main(['perturb', sys.argv[1], sys.argv[2], '--seed', '1'])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "assert 'pandas' not in sys.modules\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "cifs"), str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    assert int(run.stdout.splitlines()[-1]) / 1024 < 200
    assert len(list((tmp_path / "out").iterdir())) == 321
