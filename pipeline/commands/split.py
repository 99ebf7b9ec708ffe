"""The command ``split``: the audit of a split, and the search of another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.release.opened import Opened, opened
from pipeline.split import Audit
from pipeline.split.annealing import Search, search
from pipeline.split.sides import Split, read_ids
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.safety.outputs.folders import Judge

TRAIN_FILE, TEST_FILE = "train_idx.csv", "test_idx.csv"
AUDIT_FILE = "audit.json"


def audited(raw: Path, release: str | None, train: Path | None, test: Path | None) -> dict[str, Audit]:
    """The audit of the release's split, or of one that stands in files (see :func:`read_split`)."""
    found = opened(raw, release)
    return {"split": found.audit(read_split(found, train, test))}


def read_split(release: Opened, train: Path | None, test: Path | None) -> Split:
    """The split of two files; the release's own without files; without a file of training IDs, all entries not in the test set train.

    Raises
    ------
    InputError
        As :func:`pipeline.split.sides.read_ids`, or when an entry stands on both sides.
    """
    if train is None and test is None:
        return release.split
    if test is None:
        raise InputError("a training set without its test set", file=train, cure="name the test set with --test")
    every = release.decided_entries.index
    in_test = read_ids(_text(test), test, every)
    in_train = [name for name in every if name not in set(in_test)] if train is None else read_ids(_text(train), train, every)
    if both := sorted(set(in_train) & set(in_test)):
        raise InputError(f"{len(both)} entries stand on both sides", file=test, value=" ".join(both[:10]), cure="give each entry one side")
    return Split(in_train, in_test)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text: {error}", file=path, cure="save it as UTF-8") from error


def searched(
    raw: Path, release: str | None, train: Path | None, test: Path | None, *, seed: int, output: Path, as_paper: bool = False
) -> dict[str, Audit]:
    """Search a split that improves on the release's own, or on that of two files, and write it; the audits of both.

    Entries of one paper, composition or stoichiometry stay together; with ``as_paper`` those of one paper or composition.
    """
    from pipeline.safety.outputs.folders import require_place
    from pipeline.split.bonds import BONDS, PUBLISHED_BONDS

    inputs = [path for path in (train, test) if path is not None]
    require_place(output, _judge(), inputs)
    base = opened(raw, release)
    present = read_split(base, train, test)
    chosen = base.decided_entries.sort_index()  # what links follow from the sources has no part in a split
    bonds = PUBLISHED_BONDS if as_paper else BONDS
    found = search(chosen, base.texts.keys(), seed, reference_test_ids=frozenset(present.test), bonds=bonds)
    _write(found, output, seed, as_paper, inputs)
    return {"present": found.reference, "found": found.audit} if found.reference else {"found": found.audit}


def _judge() -> Judge:
    """A folder may hold the files of an earlier search, and no other."""
    from pipeline.safety.outputs.folders import only

    return only((TRAIN_FILE, TEST_FILE, AUDIT_FILE))


def _write(found: Search, output: Path, seed: int, as_paper: bool, inputs: Sequence[Path]) -> None:
    """Both sides, and both audits side by side, in a folder that takes its place whole."""
    from pipeline.safety.outputs.folders import exchanged

    report = {"seed": seed, "as_paper": as_paper, "found": found.audit.as_dict()}
    if found.reference:
        report["present"] = found.reference.as_dict()
    with exchanged(output, _judge(), inputs) as folder:
        for name, side in ((TRAIN_FILE, found.train), (TEST_FILE, found.test)):
            (folder / name).write_text("\n".join([str(col.ID), *side]) + "\n", encoding="utf-8", newline="\n")
        (folder / AUDIT_FILE).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8", newline="\n")


def told(audits: Mapping[str, Audit], form: str) -> str:
    """Audits side by side as text, or as JSON where ``form`` is ``json``."""
    from pipeline.reporting.tell import audit_text

    if form == "json":
        return json.dumps({name: each.as_dict() for name, each in audits.items()}, indent=1, ensure_ascii=False)
    return audit_text(audits)
