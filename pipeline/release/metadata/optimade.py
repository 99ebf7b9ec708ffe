"""Structures as OPTIMADE JSON lines, disorder kept (https://github.com/Materials-Consortia/OPTIMADE, version 1.2).

The asymmetric unit is expanded into all sites of the cell. Sites printed at one position are one site with several elements; what
their occupancies leave of one is a vacancy. Sites that only come close to one another stay apart, each with its vacancy: they are
alternative positions, and merging them would lose which atom stands where.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import count, islice, product
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.dois import bare, cited, is_doi
from pipeline.release.metadata import about
from pipeline.structures.expanded import positions
from schemas import columns as col
from schemas.columns import Column

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure
    from pipeline.structures.expanded import Site

API_VERSION = "1.2.0"
PREFIX = "obelix"
#: Decimals of Cartesian coordinates in angstrom; of concentrations and ratios; of amounts in a formula.
COORDINATE_DECIMALS, CONCENTRATION_DECIMALS, FORMULA_DECIMALS = 6, 9, 4
#: An occupancy this close to one is one: 1/3 + 2/3 printed to four digits leaves 1e-4.
FULL = 1e-3


def labels(folder: Path) -> dict[str, dict[str, Any]]:
    """What the release says of each entry: composition, conductivity, bound, DOI and side of the split, by ID."""
    sides = {name: side for side in ("train", "test") for name in _ids(folder / f"{side}_idx.csv")}
    found: dict[str, dict[str, Any]] = {}
    path = folder / "processed.csv"
    if not path.is_file():
        return found
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            name = row[col.ID]
            found[name] = {
                "composition": row[col.COMPOSITION_PROCESSED],
                "ionic_conductivity": float(row[col.CONDUCTIVITY_PROCESSED]),
                "bound": row[col.BOUND] or None,
                "doi": row[col.DOI],
                "structure_is": row[col.CIF_PROCESSED],
                "split": sides.get(name),
            }
    return found


def _ids(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split()[1:] if path.is_file() else []


#: Columns behind the properties of our own, in the words of ``labels``.
PROPERTIES: Mapping[str, Column] = {
    "composition": col.COMPOSITION_PROCESSED,
    "ionic_conductivity": col.CONDUCTIVITY_PROCESSED,
    "bound": col.BOUND,
    "doi": col.DOI,
    "structure_is": col.CIF_PROCESSED,
    "split": col.SPLIT,
}


def lines(structures: Mapping[str, Structure], labels: Mapping[str, Mapping[str, Any]], release: Mapping[str, Any]) -> Iterator[str]:
    """The whole file: the header, what the properties mean, one line a structure in the order of the IDs, and one a paper."""
    return (json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in _documents(structures, labels, release))


def _documents(
    structures: Mapping[str, Structure], labels: Mapping[str, Mapping[str, Any]], release: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    yield {"x-optimade": {"meta": {"api_version": API_VERSION, "provider": provider(), "data_version": about.version(release)}}}
    yield _info("structures", "Structures of lithium solid electrolytes, disorder kept, with what was measured on them.", properties())
    yield _info("references", "The papers that report the structures' entries, and the paper of the dataset.", {})
    date = about.published(release)
    modified = f"{date}T00:00:00Z" if date else None
    papers: dict[str, None] = {}
    for name in sorted(structures):
        entry = attributes(structures[name]) | {"last_modified": modified}
        entry |= {f"_{PREFIX}_{key}": value for key, value in labels.get(name, {}).items()}
        line: dict[str, Any] = {"type": "structures", "id": name, "attributes": entry}
        if own := [bare(doi) for doi in cited(str(labels.get(name, {}).get("doi") or "")) if is_doi(bare(doi))]:
            papers |= dict.fromkeys(own)
            line["relationships"] = {"references": {"data": [{"type": "references", "id": doi} for doi in own]}}
        yield line
    yield {"type": "references", "id": bare(about.PAPER_DOI), "attributes": {"last_modified": modified, **paper_of_the_dataset()}}
    for doi in sorted(papers.keys() - {bare(about.PAPER_DOI)}):
        yield {
            "type": "references",
            "id": doi,
            "attributes": {"last_modified": modified, "doi": doi, "url": f"https://doi.org/{quote(doi)}"},
        }


def _info(entry: str, description: str, described: Mapping[str, Any]) -> dict[str, Any]:
    """What an ``info`` endpoint says of one type of entries: the properties that are ours and not OPTIMADE's."""
    listed = {"formats": ["json"], "output_fields_by_format": {"json": list(described)}}
    return {"type": "info", "id": entry, "description": description, "properties": described, **listed}


def paper_of_the_dataset() -> dict[str, Any]:
    """The paper that describes OBELiX, as OPTIMADE wants it."""
    people = [{"name": f"{given} {family}", "firstname": given, "lastname": family} for given, family in about.CREATORS]
    said = {"authors": people, "title": about.PAPER_TITLE, "journal": about.JOURNAL, "year": str(about.PAPER_YEAR)}
    return {**said, "bib_type": "article", "doi": about.PAPER_DOI, "url": about.PAPER_URL}


def provider() -> dict[str, str]:
    """Who provides the data, as OPTIMADE wants it."""
    return {"name": "OBELiX", "description": about.TITLE, "prefix": PREFIX, "homepage": about.HOME}


def properties() -> dict[str, Any]:
    """Definitions of the properties that are ours and not OPTIMADE's. Units are UCUM's, which has no blank between two factors."""
    types = {"text": "string", "number": "float", "integer": "integer", "boolean": "boolean"}
    return {
        f"_{PREFIX}_{name}": {
            "description": column.description,
            "type": types[column.type],
            **({"unit": column.unit.replace(" ", ".")} if column.unit else {}),
        }
        for name, column in PROPERTIES.items()
    }


def server() -> dict[str, Any]:
    """Configuration of the reference server (package ``optimade``) for the file: the provider, and each property with its meaning.

    The server takes properties of a provider to be stored without their prefix; the file has them as the API shows them, hence the aliases.
    """
    start = len(PREFIX) + 2
    return {
        "provider": provider(),
        "insert_test_data": False,
        "provider_fields": {"structures": [{"name": name[start:], **described} for name, described in properties().items()]},
        "aliases": {"structures": {name: name for name in properties()}},
    }


def attributes(structure: Structure) -> dict[str, Any]:
    """OPTIMADE attributes of one structure. Lengths in angstrom, amounts of elements as in the cell."""
    species, positions, at_sites, attached = _sites(structure)
    content = {element: amount for element, amount in sorted(structure.content.items()) if amount > 0}
    total = math.fsum(content.values())
    whole = integers(list(content.values()))
    disorder = any(len(one["chemical_symbols"]) > 1 for one in species)
    features = [name for name, has in (("disorder", disorder), ("site_attachments", attached)) if has]
    described: dict[str, Any] = {
        "elements": list(content),
        "nelements": len(content),
        "elements_ratios": [round(amount / total, CONCENTRATION_DECIMALS) for amount in content.values()],
        "chemical_formula_descriptive": "".join(f"{element}{_amount(amount)}" for element, amount in content.items()),
        "chemical_formula_reduced": "".join(f"{element}{_subscript(n)}" for element, n in zip(content, whole, strict=True)),
        "chemical_formula_anonymous": "".join(
            f"{letter}{_subscript(n)}" for letter, n in zip(anonymous(len(whole)), sorted(whole, reverse=True), strict=True)
        ),
        "dimension_types": [1, 1, 1],
        "nperiodic_dimensions": 3,
        "lattice_vectors": _rounded(structure.basis.T),
        "cartesian_site_positions": _rounded(positions @ structure.basis.T),
        "nsites": len(at_sites),
        "species": species,
        "species_at_sites": at_sites,
        "structure_features": features,
    }
    if structure.group_number is not None:
        described["space_group_it_number"] = structure.group_number
    return described


def _rounded(vectors: NDArray[np.float64]) -> list[list[float]]:
    # "+ 0.0" turns -0.0 into 0.0
    rounded: list[list[float]] = (vectors.round(COORDINATE_DECIMALS) + 0.0).tolist()
    return rounded


def _sites(structure: Structure) -> tuple[list[dict[str, Any]], NDArray[np.float64], list[str], bool]:
    """Species, fractional positions of all sites of the cell, the species at each, and whether some carry hydrogens without position."""
    import numpy as np

    names: dict[str, str] = {}
    species: list[dict[str, Any]] = []
    placed: list[NDArray[np.float64]] = []
    at_sites: list[str] = []
    for sites, images in positions(structure):
        described = _species(sites)
        key = json.dumps(described)
        if key not in names:
            names[key] = _species_name(described, {one["name"] for one in species})
            species.append({"name": names[key], **described})
        placed.append(images)
        at_sites += [names[key]] * len(images)
    every = np.concatenate(placed) if placed else np.empty((0, 3))
    return species, every, at_sites, any("attached" in one for one in species)


def _species(sites: Sequence[Site]) -> dict[str, Any]:
    """What stands at one position: elements with their concentrations, and the vacancy that they leave."""
    parts: dict[str, float] = {}
    hydrogens = 0.0
    for site in sites:
        parts[site.element] = parts.get(site.element, 0.0) + site.occupancy
        hydrogens += site.hydrogens * site.occupancy
    left = 1.0 - math.fsum(parts.values())
    if left > FULL:
        parts["vacancy"] = left
    elif len(parts) == 1:
        parts = dict.fromkeys(parts, 1.0)
    described: dict[str, Any] = {
        "chemical_symbols": list(parts),
        "concentration": [round(amount, CONCENTRATION_DECIMALS) for amount in parts.values()],
    }
    if len(sites) == 1 and sites[0].hydrogens and sites[0].hydrogens == round(sites[0].hydrogens):
        described |= {"attached": ["H"], "nattached": [round(sites[0].hydrogens)]}
    return described


def _species_name(described: Mapping[str, Any], taken: set[str]) -> str:
    """``Li`` for a pure site, ``Li0.5vacancy0.5`` for another; numbered when two differ only beyond the digits shown."""
    symbols, amounts = described["chemical_symbols"], described["concentration"]
    name = symbols[0] if len(symbols) == 1 else "".join(f"{symbol}{amount:g}" for symbol, amount in zip(symbols, amounts, strict=True))
    name += "".join(f"+{n}{element}" for element, n in zip(described.get("attached", ()), described.get("nattached", ()), strict=True))
    return next(each for each in (name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))) if each not in taken)


def integers(amounts: Sequence[float]) -> list[int]:
    """Smallest integers in the proportion of the amounts, to four decimals (``6, 2, 7.82`` is ``300, 100, 391``)."""
    unit = Decimal(1).scaleb(-FORMULA_DECIMALS)
    scaled = [int((Decimal(repr(amount)).quantize(unit, ROUND_HALF_EVEN) / unit).to_integral_value()) for amount in amounts]
    divisor = math.gcd(*scaled) or 1
    return [max(1, n // divisor) for n in scaled]


def anonymous(n: int) -> list[str]:
    """The first n of A, B, ... Z, Aa, Ba, ... as OPTIMADE orders them."""
    names = ("".join((letters[0].upper(), *letters[1:])) for size in count(1) for letters in product(ascii_lowercase, repeat=size))
    return list(islice(names, n))


def _subscript(n: int) -> str:
    return "" if n == 1 else str(n)


def _amount(amount: float) -> str:
    text = f"{amount:.{FORMULA_DECIMALS}f}".rstrip("0").rstrip(".")
    return "" if text == "1" else text
