"""The release's structures under the OPTIMADE models, and served by the reference server to the reference client."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from pipeline.release.metadata.optimade import PROPERTIES
from schemas import columns as col
from tests.servers import free_url, optimade_server

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def documents(built: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (built / "optimade.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def entries(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {document["id"]: document["attributes"] for document in documents if document.get("type") == "structures"}


def test_every_structure_is_valid_under_the_models(documents: list[dict[str, Any]]) -> None:
    """Under the models as published: what they only warn of counts as an error here."""
    import warnings

    from optimade.models import StructureResource

    lines = [document for document in documents if document.get("type") == "structures"]
    assert len(lines) == 321
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for document in lines:
            StructureResource(**document)


def test_every_paper_and_every_description_is_valid_under_the_models(documents: list[dict[str, Any]]) -> None:
    from optimade.models import EntryInfoResource, ReferenceResource

    papers = {document["id"]: ReferenceResource(**document) for document in documents if document.get("type") == "references"}
    referred = {
        each["id"]
        for document in documents if document.get("type") == "structures"
        for each in document.get("relationships", {}).get("references", {}).get("data", [])
    }  # fmt: skip
    assert papers.keys() == referred | {"10.1039/d5dd00441a"}
    described = {document["id"]: EntryInfoResource(**document) for document in documents if document.get("type") == "info"}
    assert described.keys() == {"structures", "references"}
    assert set(described["structures"].properties) == {f"_obelix_{name}" for name in PROPERTIES}


def test_there_is_a_line_for_every_file(built: Path, entries: dict[str, dict[str, Any]]) -> None:
    assert list(entries) == sorted(path.stem for path in (built / "all_randomized_cifs").iterdir())


def test_disorder_is_kept(entries: dict[str, dict[str, Any]]) -> None:
    """245 of the 321 structures of version 1.0.1 are partly occupied (paper, section 3.3); 1.2.0 gave back the occupancies of four more."""
    disordered = [name for name, entry in entries.items() if "disorder" in entry["structure_features"]]
    assert len(disordered) == 245 + 4
    assert {"ia5", "joc", "na5", "nhq"} <= set(disordered)
    joc = {species["name"]: species for species in entries["joc"]["species"]}
    assert joc["S0.97vacancy0.03"] == {
        "name": "S0.97vacancy0.03", "chemical_symbols": ["S", "vacancy"], "concentration": [0.97, 0.03],
    }  # fmt: skip
    assert entries["joc"]["chemical_formula_reduced"] == "Li300P100S391"
    assert entries["joc"]["chemical_formula_anonymous"] == "A391B300C100"


def test_the_sites_hold_what_the_file_says(built: Path, entries: dict[str, dict[str, Any]]) -> None:
    """The expanded sites, weighted by concentration, give the content that the file's own multiplicities and occupancies give."""
    import gemmi

    tags = ["type_symbol", "symmetry_multiplicity", "occupancy"]
    for name, entry in entries.items():
        block = gemmi.cif.read(str(built / "all_randomized_cifs" / f"{name}.cif")).sole_block()
        expected: dict[str, float] = defaultdict(float)
        for symbol, multiplicity, occupancy in block.find("_atom_site_", tags):
            expected[gemmi.Element("".join(c for c in symbol if c.isalpha())).name] += int(multiplicity) * float(occupancy)
        found: dict[str, float] = defaultdict(float)
        species = {one["name"]: one for one in entry["species"]}
        for at in entry["species_at_sites"]:
            for symbol, amount in zip(species[at]["chemical_symbols"], species[at]["concentration"], strict=True):
                if symbol != "vacancy":
                    found[symbol] += amount
        assert found.keys() == expected.keys(), name
        for element, amount in expected.items():
            assert math.isclose(found[element], amount, rel_tol=2e-3), (name, element)


def test_the_cell_has_the_volume_of_the_row(built: Path, entries: dict[str, dict[str, Any]]) -> None:
    import numpy as np

    for entry in entries.values():
        vectors = np.array(entry["lattice_vectors"])
        lengths = np.linalg.norm(vectors, axis=1)
        assert (lengths > 2).all()
        assert np.linalg.det(vectors) > 0
        inside = np.array(entry["cartesian_site_positions"]) @ np.linalg.inv(vectors)
        assert (inside > -1e-6).all()
        assert (inside < 1 + 1e-6).all()


def test_labels_are_those_of_the_release(built: Path, entries: dict[str, dict[str, Any]]) -> None:
    with (built / "processed.csv").open(encoding="utf-8", newline="") as handle:
        rows = {row[col.ID]: row for row in csv.DictReader(handle)}
    for name, entry in entries.items():
        assert entry["_obelix_ionic_conductivity"] == float(rows[name][col.CONDUCTIVITY_PROCESSED])
        assert (entry["_obelix_bound"] or "") == rows[name][col.BOUND]
    # 67 of the 321 structures are in the test set (paper, section 3.3)
    assert Counter(entry["_obelix_split"] for entry in entries.values()) == {"train": 254, "test": 67}


@pytest.fixture(scope="module")
def server(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The reference server on the release's file."""
    folder = tmp_path_factory.mktemp("served")
    url = free_url()
    settings = {
        "OPTIMADE_CONFIG_FILE": str(built / "optimade_config.json"), "OPTIMADE_INSERT_FROM_JSONL": str(built / "optimade.jsonl"),
        "OPTIMADE_DATABASE_BACKEND": "mongomock", "OPTIMADE_BASE_URL": url, "OPTIMADE_LOG_DIR": str(folder), "OPTIMADE_PAGE_LIMIT": "100",
    }  # fmt: skip
    with optimade_server(folder, url, settings) as ready:
        yield ready


def test_the_server_tells_what_each_property_means_and_which_papers_report_it(server: str, entries: dict[str, dict[str, Any]]) -> None:
    with urlopen(f"{server}/v1/info/structures", timeout=30) as answer:
        described = json.load(answer)["data"]["properties"]
    assert {f"_obelix_{name}": column.description for name, column in PROPERTIES.items()}.items() <= {
        name: each["description"] for name, each in described.items()
    }.items()
    assert described["_obelix_ionic_conductivity"]["unit"] == "S.cm-1"
    assert described["_obelix_ionic_conductivity"]["type"] == "float"
    with urlopen(f"{server}/v1/references/10.1039/d5dd00441a", timeout=30) as answer:
        paper = json.load(answer)["data"]["attributes"]
    assert paper["year"] == "2025"
    assert len(paper["authors"]) == 13
    with urlopen(f"{server}/v1/structures/vy5?include=references", timeout=30) as answer:
        found = json.load(answer)
    assert [each["id"] for each in found["data"]["relationships"]["references"]["data"]] == [entries["vy5"]["_obelix_doi"]]
    assert [each["attributes"]["doi"] for each in found["included"]] == [entries["vy5"]["_obelix_doi"]]


def test_a_client_finds_the_structures(server: str, entries: dict[str, dict[str, Any]]) -> None:
    import requests
    from optimade.client import OptimadeClient

    client = OptimadeClient(base_urls=server, use_async=False, silent=True, http_client=requests.Session, max_results_per_provider=1000)
    for wanted, expected in (
        ('elements HAS ALL "Li","P","S" AND nelements=3', [n for n, e in entries.items() if e["elements"] == ["Li", "P", "S"]]),
        ('structure_features HAS "disorder"', [n for n, e in entries.items() if e["structure_features"] == ["disorder"]]),
        ("_obelix_ionic_conductivity>0.001", [n for n, e in entries.items() if e["_obelix_ionic_conductivity"] > 1e-3]),
    ):
        answer = client.get(filter=wanted, endpoint="structures")["structures"][wanted][server]
        found = {one["id"]: one["attributes"] for one in answer["data"]}
        assert not answer["errors"]
        assert sorted(found) == sorted(expected)
        assert len(expected) > 3
        for name, attributes in found.items():
            assert (
                attributes["species"] == entries[name]["species"]
                or [{k: v for k, v in one.items() if v is not None} for one in attributes["species"]] == entries[name]["species"]
            )
            assert attributes["cartesian_site_positions"] == entries[name]["cartesian_site_positions"]
            assert {key: attributes[f"_obelix_{key}"] for key in PROPERTIES} == {key: entries[name][f"_obelix_{key}"] for key in PROPERTIES}
