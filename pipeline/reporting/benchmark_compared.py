"""Two releases compared by what models achieve on them: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipeline.prediction.compare import HIGHER, LOWER, UNCHANGED, Change, Comparison, Moved
from pipeline.reporting import benchmark_text
from pipeline.reporting.formats.markdown import code, escape

if TYPE_CHECKING:
    from pipeline.prediction.intervals import Interval

_HEAD = ("model", "protocol", "entries", "n", "labels moved", "predictions moved", "old", "new", "difference", "")
_MOVED = ("ID", "set", "label", "inputs")


def as_text(found: Comparison) -> str:
    """Sentences, and tables as wide as the terminal."""
    from pipeline.reporting.tell import table

    lines = [f"{found.old} -> {found.new}", "", *_summary(found)]
    if labels := [each for each in found.moved if each.is_label]:
        lines += ["", "Labels that moved", table(_MOVED, map(_row, labels))]
    if shown := _shown(found):
        lines += ["", "Mean absolute errors of the models, bounds as published", table(_HEAD, map(_change, shown), numbers=(3, 4, 5, 6, 7))]
    return "\n".join([*lines, "", *_verdict(found)])


def as_markdown(found: Comparison) -> str:
    """The same for a pull request or a changelog."""
    lines = [f"## {escape(f'{found.old} → {found.new}')}: what models achieve", "", *(f"- {escape(line)}" for line in _summary(found))]
    if labels := [each for each in found.moved if each.is_label]:
        body = [[code(each.id), *map(escape, _row(each)[1:])] for each in labels]
        lines += ["", "### Labels that moved", "", *benchmark_text.table(_MOVED, body)]
    if shown := _shown(found):
        body = [[code(each.model), *map(escape, _change(each)[1:])] for each in shown]
        lines += ["", "### Mean absolute errors of the models, bounds as published", "", *benchmark_text.table(_HEAD, body)]
    return "\n".join([*lines, "", *(f"- {escape(line)}" for line in _verdict(found))]) + "\n"


def as_json(found: Comparison) -> str:
    """Everything, with bounds taken in every way."""
    plain: dict[str, Any] = asdict(found)
    plain["changes"] = [asdict(each) | {"verdict": each.verdict} for each in found.changes]
    return json.dumps(plain, indent=1, ensure_ascii=False)


def _summary(found: Comparison) -> Iterator[str]:
    labels = [each for each in found.moved if each.is_label]
    sides = [each for each in found.moved if each.side_old != each.side_new]
    inputs = Counter(what for each in found.moved for what in each.inputs)
    added = f"{len(found.added)} {'entry' if len(found.added) == 1 else 'entries'} added"
    yield f"{added}, {len(found.removed)} removed, {len(sides)} on another side of the split"
    in_test = sum(each.side_new == "test" for each in labels)
    yield f"{len(labels)} {'label' if len(labels) == 1 else 'labels'} moved, {in_test} of them in the test set"
    told = ", ".join(f"{what} {number}" for what, number in sorted(inputs.items())) or "none"
    again = sorted({each.model for each in found.changes if each.predictions is not None})
    yield f"inputs of models that differ, in entries: {told}"
    yield f"models that were trained on both: {', '.join(again) or 'none, so what they would learn from other inputs is not told'}"


def _shown(found: Comparison) -> Sequence[Change]:
    """Changes with bounds as published; errors that cannot have changed are not listed."""
    return [each for each in found.changes if each.bounds == "as-published" and each.verdict != UNCHANGED]


def _verdict(found: Comparison) -> Iterator[str]:
    surely = [each for each in found.changes if each.verdict in (LOWER, HIGHER)]
    if all(each.verdict == UNCHANGED for each in found.changes):
        yield "No error changes: no label of an entry that is held out moved, and no model was trained again."
    elif not surely:
        yield "No error changes by more than the choice of entries explains: every interval of a difference holds zero."
    for verdict in (LOWER, HIGHER):
        if names := sorted({each.model for each in surely if each.verdict == verdict}):
            yield f"The error is {verdict}, the interval of the difference excludes zero: {', '.join(names)}."


def _row(each: Moved) -> list[str]:
    side = each.side_new or "neither"
    if each.side_old != each.side_new:
        side = f"{each.side_old or 'neither'} -> {side}"
    return [each.id, side, f"{each.label_old} -> {each.label_new}", ", ".join(each.inputs)]


def _change(each: Change) -> list[str]:
    verdict = each.verdict if each.verdict in (LOWER, HIGHER) else ""
    return [
        each.model, each.protocol, each.subset, str(each.entries), str(each.labels),
        "" if each.predictions is None else str(each.predictions), f"{each.old:.3f}", f"{each.new:.3f}",
        _limits(each.difference), verdict,
    ]  # fmt: skip


def _limits(one: Interval) -> str:
    return f"{one.value:+.3f} [{one.lower:+.3f}, {one.upper:+.3f}]"
