"""Split, statistics and baselines as text for a terminal, as wide as it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.reporting.baseline import Score
    from pipeline.reporting.paper import Compared
    from pipeline.split import Audit

#: Leaks and near leaks shown; the rest stands in the JSON.
SHOWN = 20
#: Width in a pipe.
WIDTH = 140


_PLURAL = {"agrees": "agree", "differs": "differ"}


def table(header: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = ()) -> str:
    """A table of text: one line a row where it fits; ``numbers`` are the columns set flush right."""
    import io

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, name in enumerate(header):
        drawn.add_column(name, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(_escaped(value) for value in row))
    out = io.StringIO()
    Console(file=out, width=shutil.get_terminal_size((WIDTH, 24)).columns, no_color=True, highlight=False).print(drawn)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _escaped(value: object) -> str:
    from rich.markup import escape

    return "" if value is None else escape(str(value))


def audit_text(audits: Mapping[str, Audit]) -> str:
    """One or more audits side by side, then leaks and near leaks of the last."""
    every = list(audits.values())
    rows = [
        ("training entries", *(audit.n_train for audit in every)),
        ("test entries", *(audit.n_test for audit in every)),
        ("test share", *(f"{audit.share:.1%}" for audit in every)),
        ("test share of the structures", *(f"{audit.share_structures:.1%}" for audit in every)),
        ("in neither set", *(audit.n_unplaced for audit in every)),
        *((f"leaks: {bond}", *(audit.n_leaks[bond] for audit in every)) for bond in every[0].n_leaks),
        ("test entries near a training entry", *(len(audit.near) for audit in every)),
        ("objective", *(f"{audit.objective:.5f}" for audit in every)),
        ("  distance, all entries", *(f"{audit.likeness.distance:.5f}" for audit in every)),
        ("  distance, structures", *(f"{audit.likeness.distance_structures:.5f}" for audit in every)),
        ("Wasserstein distance, all entries (decades)", *(f"{audit.likeness.wasserstein:.4f}" for audit in every)),
        ("Wasserstein distance, structures (decades)", *(f"{audit.likeness.wasserstein_structures:.4f}" for audit in every)),
        ("objective, bounds where they stand", *(f"{audit.likeness_at_bounds.objective:.5f}" for audit in every)),
    ]
    parts = [table(("", *audits), rows, numbers=range(1, len(audits) + 1))]
    last = every[-1]
    if len(last.leaks):
        leaking = [(row["bond"], row["key"], row["set"], row[col.ID], row["other"]) for row in last.leaks.head(SHOWN).to_dict("records")]
        parts.append(table(("leak by", "shared", "set", "entry", "on the other side"), leaking) + _rest(len(last.leaks)))
    if len(last.near):
        near = [
            (row[col.ID], row["composition"], row["other"], row["other_composition"], f"{row['distance']:.2%}")
            for row in last.near.head(SHOWN).to_dict("records")
        ]
        title = ("test entry", "composition", "nearest", "composition", "atoms to exchange")
        parts.append(table(title, near, numbers=(4,)) + _rest(len(last.near)))
    return "\n\n".join(parts)


def _rest(count: int) -> str:
    return f"\n... and {count - SHOWN} more; --format json has them all" if count > SHOWN else ""


def paper_text(compared: Sequence[Compared]) -> str:
    """The paper's numbers beside the data's, then why some differ."""
    rows = [(one.section, one.what, one.printed, one.found, one.verdict, one.definition) for one in compared]
    verdicts = [one.verdict for one in compared]
    tally = ", ".join(f"{verdicts.count(verdict)} {_PLURAL.get(verdict, verdict)}" for verdict in dict.fromkeys(verdicts))
    why = [f"{one.what} ({one.section}): printed {one.printed}" + (f", found {one.found}" if one.found else "") + f". {one.reason}"
           for one in compared if one.reason]  # fmt: skip
    shown = table(("section", "number", "paper", "data", "verdict", "definition"), rows)
    return "\n".join([shown, "", tally, *(["", "Why they differ:"] if why else []), *(f"- {line}" for line in why)])


def statistics_text(numbers: Mapping[str, Any]) -> str:
    """The numbers of a release, section by section."""
    sections = [f"{title}\n{table(('', ''), rows, numbers=(1,))}" for title, rows in _sections(numbers)]
    return "\n\n".join(section.replace("\n\n", "\n") for section in sections)


def _sections(numbers: Mapping[str, Any]) -> Iterable[tuple[str, list[tuple[str, object]]]]:
    whole, structures, partial = numbers["entries"], numbers["structures"], numbers["partial_occupancy"]
    yield "Entries", [
        ("all", whole["all"]), ("train / test", f"{whole['train']} / {whole['test']}"), ("test share", _percent(whole["test_share"])),
        ("conductivity known as a bound", numbers["bounds"]["all"]),
    ]  # fmt: skip
    yield "Structures", [
        ("all", structures["all"]), ("train / test", f"{structures['train']} / {structures['test']}"),
        ("test share", _percent(structures["test_share"])),
        *structures.get("match", {}).items(),
        ("close match by the curators' word", structures["declared_close"]), ("proprietary", structures["proprietary"]),
        ("partly occupied", partial["all"]), ("  train / test", f"{partial['train']} / {partial['test']}"),
    ]  # fmt: skip
    groups = numbers["spacegroups"]
    yield "Space groups", [
        ("all", groups["all"]), ("only in test", ", ".join(map(str, groups["only_in_test"])) or "none"),
        *((f"{each['symbol'].replace(' ', '')} ({each['number']})", each["all"]) for each in groups["counts"][:6]),
    ]  # fmt: skip
    elements = numbers["elements"]
    yield "Elements", [("all", elements["all"]), ("only in test", ", ".join(elements["only_in_test"]) or "none"),
                       *list(elements["counts"].items())[:8]]  # fmt: skip
    yield (
        "Families",
        [("all", numbers["families"]["all"]), ("blank", numbers["families"]["blank"]), *list(numbers["families"]["counts"].items())[:8]],
    )
    repeats = numbers["repeats"]
    if repeats["sets"]:
        yield "Repeated measurements", [
            ("sets", repeats["sets"]), ("entries", repeats["entries"]),
            ("root mean squared deviation from set means (decades)", f"{repeats['rmsd_from_means']:.2f}"),
            ("mean absolute deviation from set medians (decades)", f"{repeats['mad_from_medians']:.2f}"),
            ("largest lattice difference", f"{repeats['largest_lattice_difference']:.1%}"),
        ]  # fmt: skip
    for label, overlap in numbers["sources"].items():
        yield f"Sources ({label})", [*((source, overlap[source]) for source in ("ICSD", "Laskowski", "Liion")), *overlap["regions"].items()]
    if together := numbers.get("groups"):
        sizes = ", ".join(str(each["entries"]) for each in together["largest"])
        yield "Groups by paper and composition", [("all", together["all"]), ("of one entry", together["single"]), ("largest", sizes)]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def baseline_text(scores: Sequence[Score]) -> str:
    """Errors of the models: mean and spread over the seeds, in decades."""
    rows = [(one.model, one.trained_on, one.tested_on, one.said, one.paper or "", one.note) for one in scores]
    return table(("model", "trained on", "tested on", "mean absolute error", "paper", "note"), rows, numbers=(3, 4))
