"""``report.html``: one page that holds the release for a reader, and needs no network.

Template, style sheet and script lie in ``assets``; the data stand in the page as JSON, and tables, stories and structures are drawn
from it in the browser. Plotly's script is taken from the installed package and run only when the first structure is opened. A content
security policy in the page forbids it to load or send anything.
"""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pipeline.reporting.figures import CAPTIONS
from pipeline.reporting.progress import tally
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.structures.cif import Structure

#: Colour (red, green, blue) and relative size of the elements drawn most; lithium, the mobile ion, stands out.
DRAWN: Mapping[str, tuple[int, int, int, float]] = {
    "Li": (0, 158, 115, 0.9), "O": (213, 94, 0, 0.75), "S": (240, 228, 66, 1.0), "P": (204, 121, 167, 0.9), "H": (160, 160, 160, 0.45),
    "F": (120, 200, 60, 0.7), "Cl": (60, 170, 60, 1.0), "Br": (140, 70, 30, 1.1), "I": (120, 60, 160, 1.25), "N": (60, 80, 220, 0.75),
    "La": (86, 180, 233, 1.4), "Ti": (150, 150, 165, 1.15), "Zr": (0, 114, 178, 1.2), "Ge": (130, 120, 100, 1.05),
    "Al": (170, 180, 200, 1.05), "Si": (230, 159, 0, 1.0),
}  # fmt: skip
#: The rest take these in turn, by atomic number.
OTHERS = ((0, 114, 178), (230, 159, 0), (86, 180, 233), (204, 121, 167), (110, 110, 120), (140, 90, 60))


@dataclass(frozen=True)
class Contents:
    """What the page shows.

    Attributes
    ----------
    title, subtitle
        Name of the release, and where it comes from in a sentence.
    entries
        One row an entry, index ID.
    statistics
        :func:`pipeline.reporting.statistics.statistics` of the same release.
    figures
        SVG of each figure, by name (:func:`pipeline.reporting.figures.figures`).
    structures
        Structure of each entry that has one.
    train_ids, test_ids
        The split.
    groups
        Group of each entry (:func:`pipeline.split.groups`).
    findings, candidates, links, corrections, fits
        ``findings.csv``, ``candidates.csv``, ``links.csv``, ``corrections.csv``, ``structures.csv``; ``None`` where there is none.
    """

    title: str
    subtitle: str
    entries: pd.DataFrame
    statistics: Mapping[str, Any]
    figures: Mapping[str, str] = field(default_factory=dict)
    structures: Mapping[str, Structure] = field(default_factory=dict)
    train_ids: Collection[str] = ()
    test_ids: Collection[str] = ()
    groups: pd.Series | None = None
    findings: pd.DataFrame | None = None
    candidates: pd.DataFrame | None = None
    links: pd.DataFrame | None = None
    corrections: pd.DataFrame | None = None
    fits: pd.DataFrame | None = None


def page(contents: Contents) -> str:
    """The page as text. The same contents give the same text."""
    structures, operations = _structures(contents.structures)
    data = {
        "names": _names(),
        "tables": {
            "entries": _table(_entries(contents)),
            "findings": _table(contents.findings),
            "candidates": _table(contents.candidates),
            "links": _table(contents.links),
            "corrections": _table(contents.corrections),
            "structures": _table(contents.fits),
        },
        "structures": structures,
        "operations": operations,
        "elements": _drawn(site.element for structure in contents.structures.values() for site in structure.sites),
    }
    parts = {
        "title": html.escape(contents.title),
        "subtitle": html.escape(contents.subtitle),
        "nav": "".join(f'<a href="#{name.lower().split()[-1]}">{name}</a>' for name in _PARTS),
        "summary": _summary(contents),
        "figures": _figures(contents.figures),
        "data": _json(data),
        "plotly": _embedded(_plotly()),
        "css": _asset("page.css"),
        "js": _asset("page.js"),
    }
    return re.sub("@([a-z]+)@", lambda mark: parts[mark[1]], _asset("page.html"))


_PARTS = ("Summary", "Figures", "Findings", "Structure candidates", "Entries")


def _asset(name: str) -> str:
    return files("pipeline.reporting").joinpath("assets", name).read_text(encoding="utf-8").rstrip("\n")


def _plotly() -> str:
    """Plotly's script, from the installed package."""
    return files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")


def _embedded(script: str) -> str:
    """A script that no sequence of letters ends early: both are met in strings only, where a backslash changes nothing."""
    return re.sub(r"<(/script|!--)", r"<\\\1", script, flags=re.IGNORECASE)


def _json(data: Any) -> str:
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
        "number": col.SPACE_GROUP_NUMBER, "conductivity": col.IONIC_CONDUCTIVITY, "family": col.FAMILY, "doi": col.DOI,
        "total": col.IC_TOTAL, "bulk": col.IC_BULK, "ref": col.REF, "note": col.NOTE, "icsd": col.ICSD_ID, "close": col.CLOSE_MATCH_DOI,
        "lattice": list(col.LATTICE),
    }  # fmt: skip


def _entries(contents: Contents) -> pd.DataFrame:
    """The entries with what the page says about each: set, structure, conductivity as text, open findings, group."""
    entries = contents.entries.reset_index(names=str(col.ID))
    names = [str(name) for name in entries[col.ID]]
    doubts: Counter[str] = Counter()
    if contents.findings is not None:
        doubts.update(contents.findings.loc[contents.findings[col.STATUS].isin(["open", "awaiting"]), col.ID].tolist())
    signs = entries[col.BOUND].fillna("")
    entries["conductivity"] = [f"{sign}{value:.4g}" for sign, value in zip(signs, entries[col.IONIC_CONDUCTIVITY], strict=True)]
    entries["set"] = ["test" if name in contents.test_ids else "train" if name in contents.train_ids else "neither" for name in names]
    fits = {} if contents.fits is None else dict(zip(contents.fits[col.ID], contents.fits[col.MATCH], strict=True))
    entries["structure"] = [fits.get(name, "given") if name in contents.structures else "none" for name in names]
    entries["doubts"] = [doubts[name] for name in names]
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


def _drawn(elements: Iterable[str]) -> dict[str, list[float]]:
    from pymatgen.core.periodic_table import Element

    found = {}
    for symbol in sorted(set(elements)):
        number = Element(symbol).Z
        found[symbol] = list(DRAWN.get(symbol, (*OTHERS[number % len(OTHERS)], 1.15)))
    return found


def _summary(contents: Contents) -> str:
    numbers = contents.statistics
    cards = [
        (numbers["entries"]["all"], "entries"),
        (numbers["structures"]["all"], "with a structure"),
        (f"{numbers['entries']['train']} / {numbers['entries']['test']}", "training / test"),
        (numbers["elements"]["all"], "elements"),
        (numbers["spacegroups"]["all"], "space groups"),
        (numbers["repeats"]["entries"], f"repeated measurements in {numbers['repeats']['sets']} sets"),
        (numbers["bounds"]["all"], "conductivities known as a bound"),
    ]
    if contents.findings is not None:
        for severity, counts in tally(contents.findings).items():
            still, awaiting = counts.get("open", 0), counts.get("awaiting", 0)
            cards.append((f"{still} / {awaiting}" if awaiting else still, f"{severity}s: open{' / awaiting' if awaiting else ''}"))
    if contents.corrections is not None:
        cards.append((len(contents.corrections), "cells corrected"))
    if contents.candidates is not None:
        cards.append((int(contents.candidates[col.ID].nunique()), "entries with structure candidates"))
    shown = "".join(f"<li><b>{html.escape(str(value))}</b><span>{html.escape(label)}</span></li>" for value, label in cards)
    return f'<ul class="cards">{shown}</ul>\n{_facts(numbers)}'


def _facts(numbers: Mapping[str, Any]) -> str:
    """What the cards leave out, as a list of terms."""
    structures, repeats, split = numbers["structures"], numbers["repeats"], numbers.get("split")
    only = (numbers["spacegroups"]["only_in_test"], numbers["elements"]["only_in_test"])
    kinds = ", ".join(f"{count} {verdict}" for verdict, count in structures.get("match", {}).items()) or f"{structures['all']} given"
    kinds += f"; {structures['declared_close']} are close matches by the curators' word"
    facts = [
        ("Structures", f"{kinds}; {numbers['partial_occupancy']['all']} partly occupied"),
        ("Only in the test set", f"{_listed('space groups', only[0])}; {_listed('elements', only[1])}"),
    ]
    if repeats["sets"]:
        facts.append(
            (
                "Experimental floor",
                f"measurements of one material lie {repeats['mad_from_medians']:.2f} decades from their median on average "
                f"(root mean square {repeats['rmsd_from_means']:.2f} from their mean); "
                f"their cells differ by {repeats['largest_lattice_difference']:.1%} at most",
            )
        )
    if split:
        leaks = split["leaks"]
        whole = ((split["share"], "the entries"), (split["share_structures"], "those with a structure"))
        shares = [f"{share:.1%} of {what}" for share, what in whole if share]
        objective = "" if split["objective"] is None else f"; objective {split['objective']:.5f}"
        tied = f"{leaks['paper']} papers, {leaks['composition']} compositions and {leaks['stoichiometry']} stoichiometries on both sides"
        facts += [("Test share", ", ".join(shares)), ("Leaks of the split", tied + objective)]
    return "<dl>" + "".join(f"<dt>{html.escape(term)}</dt><dd>{html.escape(text)}</dd>" for term, text in facts) + "</dl>"


def _listed(what: str, values: list[Any]) -> str:
    return f"{what} {', '.join(map(str, values))}" if values else f"no {what}"


def _figures(figures: Mapping[str, str]) -> str:
    """Each figure as an image of its own, so that names inside one SVG cannot meet those of another."""
    made = []
    for name, svg in figures.items():
        title, caption = CAPTIONS[name]
        source = base64.b64encode(svg.encode("utf-8")).decode("ascii")
        made.append(
            f'<figure><img src="data:image/svg+xml;base64,{source}" alt="{html.escape(f"{title}. {caption}")}">'
            f"<figcaption><b>{html.escape(title)}.</b> {html.escape(caption)}</figcaption></figure>"
        )
    return f'<div class="plots">{"".join(made)}</div>' if made else "<p>The figures were left out of this build.</p>"
