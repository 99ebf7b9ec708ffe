"""What stands in ``report.html`` for its script: tables, stories, structures and what is unpacked only when it is wanted."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pipeline.chemistry.formula import FormulaError, amounts
from pipeline.findings import SEVERITIES
from pipeline.reporting.records import told
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.reporting.contents import Contents
    from pipeline.structures.cif import Structure

#: Statuses of a finding that nobody has decided on.
UNDECIDED = ("open", "awaiting")


def data(contents: Contents) -> dict[str, Any]:
    """All that the script reads when the page is opened."""
    structures, operations = _structures(contents.structures)
    return {
        "names": _names(),
        "since": contents.since,
        "issues": contents.issues,
        "tables": {
            "entries": _table(_entries(contents)),
            "findings": _table(contents.findings),
            "candidates": _table(contents.candidates),
            "records": _records(contents),
            "corrections": _table(contents.corrections),
            "structures": _table(contents.fits),
        },
        "amounts": _amounts(contents.entries),
        "structures": structures,
        "operations": operations,
        "symbols": _symbols(),
        "elements": _drawn(site.element for structure in contents.structures.values() for site in structure.sites),
    }


def packed(contents: Contents) -> dict[str, str]:
    """What is large and rarely wanted, deflated and in base 64: Plotly's script, and the text of each structure file."""
    plotly = files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    structures = json.dumps(dict(sorted(contents.texts.items())), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return {name: base64.b64encode(zlib.compress(part, 4)).decode("ascii") for name, part in (("plotly", plotly), ("cifs", structures))}


def as_json(data: Any) -> str:
    """JSON that can stand in a page: no letter of it opens or closes an element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (
        text.replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def _names() -> dict[str, Any]:
    """The labels of the release that the script reads."""
    return {
        "reduced": col.REDUCED_COMPOSITION, "true": col.TRUE_COMPOSITION, "z": col.Z, "spacegroup": col.SPACE_GROUP,
        "number": col.SPACE_GROUP_NUMBER, "conductivity": col.IONIC_CONDUCTIVITY, "bound": col.BOUND, "family": col.FAMILY, "doi": col.DOI,
        "total": col.IC_TOTAL, "bulk": col.IC_BULK, "ref": col.REF, "note": col.NOTE, "icsd": col.ICSD_ID, "close": col.CLOSE_MATCH_DOI,
        "lattice": list(col.LATTICE),
    }  # fmt: skip


def _entries(contents: Contents) -> pd.DataFrame:
    """The entries with what the page says about each: set, structure, conductivity as text, undecided findings, group.

    ``doubt`` is the gravest severity among the undecided findings, ``none`` where there are none.
    """
    entries = contents.entries.reset_index(names=str(col.ID))
    names = [str(name) for name in entries[col.ID]]
    doubts: Counter[str] = Counter()
    gravest: dict[str, str] = {}
    if contents.findings is not None:
        undecided = contents.findings[contents.findings[col.STATUS].isin(UNDECIDED)]
        doubts.update(undecided[col.ID].tolist())
        for severity in reversed(SEVERITIES):
            gravest |= dict.fromkeys(undecided.loc[undecided[col.SEVERITY] == severity, col.ID], severity)
    signs = entries[col.BOUND].fillna("")
    entries["conductivity"] = [f"{sign}{value:.4g}" for sign, value in zip(signs, entries[col.IONIC_CONDUCTIVITY], strict=True)]
    entries["set"] = ["test" if name in contents.test_ids else "train" if name in contents.train_ids else "neither" for name in names]
    fits = {} if contents.fits is None else dict(zip(contents.fits[col.ID], contents.fits[col.MATCH], strict=True))
    entries["structure"] = [fits.get(name, "given") if name in contents.structures else "none" for name in names]
    entries["doubts"] = [doubts[name] for name in names]
    entries["doubt"] = [gravest.get(name, "none") for name in names]
    entries["group"] = _together(contents.groups, names)
    return entries


def _together(groups: pd.Series | None, names: list[str]) -> list[str]:
    """IDs of the other members of each entry's group, separated by spaces."""
    if groups is None:
        return [""] * len(names)
    group_of = dict(zip(map(str, groups.index), map(str, groups), strict=True))
    members: dict[str, list[str]] = {}
    for name, group in sorted(group_of.items()):
        members.setdefault(group, []).append(name)
    return [" ".join(other for other in members.get(group_of.get(name, ""), []) if other != name) for name in names]


def _records(contents: Contents) -> dict[str, list[Any]]:
    """The source records of the entries, in words."""
    said = [] if contents.links is None else [list(pair) for pair in told(contents.links, contents.sources)]
    return {"columns": [str(col.ID), "said"], "rows": said}


def _amounts(entries: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Share of each element among the atoms of each entry whose composition can be read."""
    found = {}
    for name, reduced, true in zip(entries.index, entries[col.REDUCED_COMPOSITION], entries[col.TRUE_COMPOSITION], strict=True):
        for formula in (reduced, true):
            try:
                read = {element: amount for element, amount in amounts(formula).items() if amount > 0} if isinstance(formula, str) else {}
            except FormulaError:
                continue
            if read:
                whole = sum(read.values())
                found[str(name)] = {element: round(amount / whole, 5) for element, amount in read.items()}
                break
    return found


def _table(table: pd.DataFrame | None) -> dict[str, list[Any]]:
    """Columns and rows as plain values; a blank is null."""
    if table is None:
        return {"columns": [], "rows": []}
    columns = [[_plain(value) for value in table[column].tolist()] for column in table.columns]
    return {"columns": [str(column) for column in table.columns], "rows": [list(row) for row in zip(*columns, strict=True)]}


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not math.isfinite(value)) or repr(value) in ("<NA>", "NaT"):
        return None
    return value if isinstance(value, str | int | float | bool) else str(value)


def _structures(structures: Mapping[str, Structure]) -> tuple[dict[str, Any], list[Any]]:
    """Cell and sites (label, element, x, y, z, occupancy) of each structure, and the sets of operations they refer to by number."""
    operations: dict[str, int] = {}
    sets: list[Any] = []
    found = {}
    for name, structure in sorted(structures.items()):
        one = [
            [rotation, [round(x, 6) for x in translation]]
            for rotation, translation in zip(structure.rotations.reshape(-1, 9).tolist(), structure.translations.tolist(), strict=True)
        ]
        key = json.dumps(one)
        if key not in operations:
            operations[key] = len(sets)
            sets.append(one)
        found[name] = {
            "cell": list(structure.cell),
            "operations": operations[key],
            "sites": [[site.label, site.element, *(round(x, 6) for x in site.exact), round(site.occupancy, 4)] for site in structure.sites],
        }
    return found, sets


def _symbols() -> list[str]:
    """Symbols of all elements, for the search."""
    from pymatgen.core.periodic_table import Element

    return [element.symbol for element in Element]


def _drawn(elements: Iterable[str]) -> dict[str, list[Any]]:
    """How each element is drawn: red, green and blue of the colours of Corey, Pauling and Koltun as Jmol extends them, the covalent
    radius in angstrom (gemmi, after Cordero et al. 2008), and whether it is a metal.
    """
    import gemmi
    import yaml

    text = files("pymatgen.vis").joinpath("ElementColorSchemes.yaml").read_bytes()
    colours = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["Jmol"]
    found = {}
    for symbol in sorted(set(elements)):
        element = gemmi.Element(symbol)
        found[symbol] = [*colours.get(symbol, (160, 160, 160)), round(element.covalent_r, 2), element.is_metal]
    return found
