"""The public face for Python on a real release."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import gemmi
import pytest

import obelix_curate


@pytest.fixture(scope="module")
def data(built: Path) -> obelix_curate.Dataset:
    return obelix_curate.load(built)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_the_table_holds_the_sheet_the_label_and_what_the_release_adds(data: obelix_curate.Dataset, built: Path) -> None:
    sheet = rows(built / "all.csv")
    assert data.table.index.name == "ID"
    assert data.table.index.tolist() == [row["ID"] for row in sheet]
    assert {"019", "1e9"} & set(data.table.index) == {"019", "1e9"} & {row["ID"] for row in sheet}
    for row in sheet:
        mine = data.table.loc[row["ID"]]
        given = row["Ionic conductivity (S cm-1)"]
        bound = given[0] if given[0] in "<>" else ""
        assert mine["conductivity"] == float(given.lstrip("<>"))
        assert (mine["bound"] if isinstance(mine["bound"], str) else "") == bound
        assert mine["Ionic conductivity (S cm-1)"] == (1e-15 if bound else float(given))
        assert (mine["a"], mine["Space group #"]) == (float(row["a"]), int(row["Space group #"]))
        assert mine["True Composition"] == row["True Composition"]


def test_both_sides_of_the_split(data: obelix_curate.Dataset, built: Path) -> None:
    assert data.train == [row["ID"] for row in rows(built / "train.csv")]
    assert data.test == [row["ID"] for row in rows(built / "test.csv")]
    assert Counter(data.table["split"].dropna()) == {"train": len(data.train), "test": len(data.test)}


def test_the_other_tables(data: obelix_curate.Dataset, built: Path) -> None:
    for name in ("links", "findings", "corrections", "measurements"):
        table, expected = getattr(data, name), rows(built / f"{name}.csv")
        assert len(table) == len(expected)
        assert list(table.columns) == list(expected[0])
    assert str(data.links["doi_agrees"].dtype) == "boolean"


def test_every_structure_holds_the_atoms_of_its_file(data: obelix_curate.Dataset, built: Path) -> None:
    """Sites weighted by occupancy give the content that the file's own multiplicities and occupancies give (read by gemmi)."""
    folder = built / "all_randomized_cifs"
    assert list(data.structures) == sorted(path.stem for path in folder.glob("*.cif"))
    disordered = 0
    for name, structure in data.structures.items():
        block = gemmi.cif.read(str(folder / f"{name}.cif")).sole_block()
        tags = ["type_symbol", "symmetry_multiplicity", "occupancy"]
        expected: dict[str, float] = defaultdict(float)
        places = 0
        for symbol, multiplicity, occupancy in block.find("_atom_site_", tags):
            expected[gemmi.Element("".join(c for c in symbol if c.isalpha())).name] += int(multiplicity) * gemmi.cif.as_number(occupancy)
            places += int(multiplicity)
        found: dict[str, float] = defaultdict(float)
        for site in structure:
            for element, amount in site.species.items():
                found[element.symbol] += amount
        assert dict(found) == pytest.approx(dict(expected), abs=1e-6), name
        assert sum(len(site.species) for site in structure) <= places
        disordered += not structure.is_ordered
    assert disordered == sum(row["is_disordered"] == "True" for row in rows(built / "structures.csv"))


def test_an_entry_has_its_structure_conductivity_doubt_and_source(data: obelix_curate.Dataset, built: Path) -> None:
    """Three entries against the files as they are written: one with everything, one with a doubt, one with a bound and no structure."""
    structures = {path.stem for path in (built / "all_randomized_cifs").iterdir()}
    model = {row["ID"]: row for row in rows(built / "processed.csv")}
    whole = next(name for name, row in model.items() if name in structures and not row["doubt"] and not row["bound"])
    doubted = next(name for name, row in model.items() if " " in row["doubt"])
    bound = next(name for name, row in model.items() if row["bound"] and name not in structures)
    for name in (whole, doubted, bound):
        entry, row = data.entry(name), model[name]
        assert (entry.ID, entry.composition, entry.source) == (name, row["Composition"], row["DOI"] or None)
        assert entry.conductivity == float(row["conductivity"])
        assert entry.bound == (row["bound"] or None)
        assert entry.doubt == tuple(row["doubt"].split())
        linked = [(link["source"], link["record"]) for link in rows(built / "links.csv") if link["ID"] == name and link["record"]]
        assert entry.records == tuple(":".join(link) for link in linked)
    assert data.entry(whole).structure is data.structures[whole]
    assert data.entry(bound).structure is None
    with pytest.raises(KeyError):
        data.entry("no such entry")


def test_groups_hold_papers_and_compositions_together(data: obelix_curate.Dataset) -> None:
    """No paper and no composition stands in two groups, and the published split tears none apart."""
    assert data.groups.index.equals(data.table.index)
    papers: dict[str, set[str]] = defaultdict(set)
    for name, cell in data.table["DOI"].dropna().items():
        for doi in cell.split("|"):
            papers[doi.strip().lower()].add(data.groups[name])
    assert max(map(len, papers.values())) == 1
    assert data.groups.groupby(data.table["Reduced Composition"]).nunique().max() == 1
    assert not set(data.groups[data.train]) & set(data.groups[data.test])


def test_an_entry_without_a_structure_is_a_key_error(data: obelix_curate.Dataset) -> None:
    (missing, *_) = (name for name in data.table.index if name not in data.structures)
    with pytest.raises(KeyError):
        data.structures[missing]
