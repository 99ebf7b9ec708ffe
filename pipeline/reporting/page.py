"""``report.html``: one page that holds the release for a reader, and needs no network.

Templates, style sheet and scripts lie in ``assets``; the data stand in the page as JSON (:mod:`pipeline.reporting.page_data`), and tables,
stories and structures are drawn from it in the browser. Plotly's script is taken from the installed package, stands there deflated, and
runs only when the first structure or diagram is seen. A content security policy in the page forbids it to load or send anything.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.checks.catalogue import catalogue
from pipeline.findings import SEVERITIES, STATUSES
from pipeline.reporting.contents import Contents
from pipeline.reporting.figures import CAPTIONS
from pipeline.reporting.markup import Markup, Section, asset, cards, chip, escaped, filled, frame, table, terms
from pipeline.reporting.page_data import as_json, data, packed
from pipeline.reporting.progress import tally
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: The scripts, in the order in which they stand in the page.
SCRIPTS = ("base.js", "search.js", "address.js", "table.js", "structure.js", "entry.js", "plot.js", "page.js")


def page(contents: Contents) -> str:
    """The page as text. The same contents give the same text."""
    parts = frame(contents.title, contents.subtitle, _sections(contents)) | {
        "data": as_json(data(contents)),
        "packed": as_json(packed(contents)),
        "js": "\n".join(asset(name) for name in SCRIPTS),
    }
    return filled(asset("page.html"), parts)


def _sections(contents: Contents) -> list[Section]:
    return [
        Section("summary", "Summary", "Summary", "", _summary(contents)),
        Section("figures", "Figures", "Figures", "", _figures(contents.figures)),
        Section("findings", "Findings", "Findings", _FINDINGS, f"{_tally(contents.findings)}\n{_holder('findings')}"),
        Section("changes", "Changes", f"Changes since {contents.since}" if contents.since else "Changes", _CHANGES, _changes(contents)),
        Section("candidates", "Structure candidates", "Structure candidates", _CANDIDATES, _holder("candidates")),
        Section("plot", "Diagram", "Conductivity against a feature", _PLOT, '<div id="diagram"></div>'),
        Section("entries", "Entries", "Entries", _ENTRIES, _holder("entries")),
        *contents.more,
        Section("checks", "Checks", "Checks", _CHECKS, _checks(contents.findings)),
    ]


_FINDINGS = (
    "What the checks doubt about the release. An open one nobody has looked at yet; an awaiting one needs the paper, a database or a "
    "decision; a corrected one was mended; an accepted one is right as it stands."
)
_CHANGES = "Every cell that differs from the release named, with its value before and after, the reason and the evidence."
_CANDIDATES = (
    "Structures offered to entries that have none: same space group, composition and cell close to the entry's. None is attached by itself."
)
_PLOT = (
    "The entries that the filters of the table below let through. A point opens its entry; a hollow triangle is an upper bound. "
    "The table lists the same entries for the keyboard."
)
_ENTRIES = (
    "Choose an ID to read an entry's story and to see its structure. The symbol of an element finds the entries that hold it (Ta, Li P S), "
    "symbols with hyphens those that hold these and no others (Li-P-S). The address of this page keeps what is chosen, to be shared."
)
_CHECKS = "What each check asks, by which law, and what to do about a finding."


def _holder(name: str) -> str:
    """Where the script draws a table."""
    return f'<div class="table" data-table="{name}"></div>'


def _summary(contents: Contents) -> str:
    numbers = contents.statistics
    counted: list[tuple[object, str]] = [
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
            counted.append((f"{counts.get('open', 0)} / {counts.get('awaiting', 0)}", f"{severity}s: open / awaiting"))
    if contents.corrections is not None:
        counted.append((len(contents.corrections), "cells corrected"))
    if contents.candidates is not None:
        counted.append((int(contents.candidates[col.ID].nunique()), "entries with structure candidates"))
    return f"{cards(counted)}\n{_facts(numbers)}"


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
    return terms(facts)


def _listed(what: str, values: list[Any]) -> str:
    return f"{what} {', '.join(map(str, values))}" if values else f"no {what}"


def _figures(figures: Mapping[str, str]) -> str:
    """Each figure as an image of its own, so that names inside one SVG cannot meet those of another."""
    made = []
    for name, svg in figures.items():
        title, caption = CAPTIONS[name]
        source = base64.b64encode(svg.encode("utf-8")).decode("ascii")
        made.append(
            f'<figure><img src="data:image/svg+xml;base64,{source}" alt="{escaped(f"{title}. {caption}")}">'
            f"<figcaption><b>{escaped(title)}.</b> {escaped(caption)}</figcaption></figure>"
        )
    return f'<div class="plots">{"".join(made)}</div>' if made else "<p>The figures were left out of this build.</p>"


def _tally(findings: pd.DataFrame | None) -> str:
    """Findings by status and severity; each number leads to its findings."""
    if findings is None:
        return ""
    counts = tally(findings)
    rows: list[list[object]] = []
    for status in STATUSES:
        rows.append([chip(status), *(_chosen(counts[severity].get(status, 0), severity, status) for severity in SEVERITIES)])
    rows.append(["all", *(sum(counts[severity].values()) for severity in SEVERITIES)])
    heads = ("Status", *(f"{severity.capitalize()}s" for severity in SEVERITIES))
    return table(heads, rows, label="Findings by status and severity", kind="tally")


def _chosen(number: int, severity: str, status: str) -> object:
    """The number as a link to the findings that it counts."""
    if not number:
        return 0
    said = f"{number} {severity}s, {status}"
    return Markup(f'<a href="#findings&amp;findings.severity={severity}&amp;findings.status={status}" aria-label="{said}">{number}</a>')


def _changes(contents: Contents) -> str:
    """Entries then and now, how many cells of which columns were changed, and the table of them."""
    now, then = [str(name) for name in contents.entries.index], [str(name) for name in contents.before]
    said: list[tuple[str, object]] = [("Entries", f"{len(then)} then, {len(now)} now")] if then else []
    for term, ids, others in (("New entries", now, set(then)), ("Entries that are gone", then, set(now))):
        if then and (names := [name for name in ids if name not in others]):
            said.append((term, Markup(" ".join(_entry(name) for name in names)) if ids is now else " ".join(names)))
    changes = contents.corrections
    if changes is None or changes.empty:
        return terms([*said, ("Cells", "none was changed")])
    counts = Counter(map(str, changes[col.COLUMN]))
    said += [
        ("Cells", f"{len(changes)} in {changes[col.ID].nunique()} entries"),
        ("By column", ", ".join(f"{column} {count}" for column, count in counts.most_common())),
    ]
    return f"{terms(said)}\n{_holder('corrections')}"


def _entry(name: str) -> str:
    return f'<a class="id" href="#entry={quote(name, safe="")}">{escaped(name)}</a>'


def _checks(findings: pd.DataFrame | None) -> str:
    """The catalogue: a part for each check, which a link of a finding opens."""
    counts: Counter[str] = Counter() if findings is None else Counter(map(str, findings[col.CHECK]))
    made = []
    for check in catalogue().values():
        told: dict[str, object] = {
            "Severity": " or ".join(check.severities), "Why it matters": check.why, "Law": check.law, "Tolerance": check.tolerance,
            "Source": check.source, "How to fix": check.fix, "In this release": _found(check.name, counts[check.name]),
        }  # fmt: skip
        head = f"<summary><b>{escaped(check.name)}</b> {escaped(check.title)}</summary>"
        made.append(f'<details id="check-{escaped(check.name)}">{head}{terms(told.items())}</details>')
    return "".join(made)


def _found(name: str, count: int) -> object:
    if not count:
        return "no finding"
    said = f"{count} {'finding' if count == 1 else 'findings'}"
    return Markup(f'<a href="#findings&amp;findings.check={escaped(name)}">{said}</a>')
