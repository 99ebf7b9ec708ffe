"""A release laid open for the commands that look at it: split, stats, baseline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import sources
from pipeline.contribute.existing import CONTRIBUTIONS, typed
from pipeline.contribute.existing import entries as present_entries
from pipeline.errors import InputError
from pipeline.ingest import workbook
from pipeline.ingest.contributed.table import contributions
from pipeline.split import Audit, Search, audit, extend, groups, search
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.reporting.baseline import Score
    from pipeline.structures.cif import Structure

TRAIN_FILE, TEST_FILE = "train_idx.csv", "test_idx.csv"


@dataclass(frozen=True)
class Study:
    """A release.

    Attributes
    ----------
    name
        The pin it stands on, for messages.
    archive
        Its verified sources.
    entries
        One row an entry, index ID.
    texts
        Text of each structure file by ID.
    train, test
        The split.
    """

    name: str
    archive: sources.Archive
    entries: pd.DataFrame
    texts: dict[str, str]
    train: frozenset[str]
    test: frozenset[str]

    @cached_property
    def structures(self) -> dict[str, Structure]:
        """Structures that can be read."""
        from pipeline.structures.cif import CifError, read

        found = {}
        for name, text in sorted(self.texts.items()):
            try:
                found[name] = read(text, f"{name}.cif")
            except CifError:  # the checks say so; a number should not fail for it
                continue
        return found

    def audit(self) -> Audit:
        """Audit of the release's split."""
        return audit(self.entries, self.test, self.texts.keys(), self.train)


def open_study(raw: Path, release: str | None = None) -> Study:
    """Open a release: a pin as it was published, or without a name the present one, corrected and with accepted contributions.

    Raises
    ------
    InputError
        When there is no such pin, or a source cannot be read.
    """
    pins = sources.pins(raw)
    if release is not None and release not in pins:
        raise InputError(f"no such pin: {release}", file=raw / sources.PINS, cure=f"the pins are {', '.join(pins)}")
    pin = pins[release] if release else next(iter(pins.values()))
    archive = sources.open_archive(pin, raw)
    texts = archive.structures()
    if release:
        entries = typed(workbook.cells(archive.read("workbook"), archive.file("workbook")))
    else:
        entries = present_entries(raw)
        texts |= contributions(raw / CONTRIBUTIONS)[1]
    measured = entries[entries[col.IONIC_CONDUCTIVITY] > 0]
    train, test, _ = extend(
        measured,
        *(read_ids(archive.read(side).decode("utf-8-sig"), archive.file(side), measured.index) for side in ("train", "test")),
    )
    return Study(pin.name, archive, measured, texts, train, test)


def read_ids(text: str, file: str | Path, known: Iterable[str]) -> list[str]:
    """IDs of one side of a split: a header ``ID``, then one a line (other columns are passed over).

    Raises
    ------
    InputError
        When the header is another, or an ID is repeated or unknown; the row is named.
    """
    import csv

    lines = list(csv.reader(text.splitlines()))
    if not lines or not lines[0] or lines[0][0].strip() != col.ID:
        raise InputError(f"the header is not {col.ID}", file=file, row=1, cure=f"one ID a line under the header {col.ID}")
    present, seen = frozenset(known), dict[str, int]()
    for row, line in enumerate(lines[1:], start=2):
        name = line[0].strip() if line else ""
        if not name:
            continue
        if name in seen:
            raise InputError(f"the ID stands in row {seen[name]} already", file=file, row=row, column=col.ID, value=name, cure="remove one")
        if name not in present:
            raise InputError("no entry has this ID", file=file, row=row, column=col.ID, value=name, cure="correct or remove it")
        seen[name] = row
    return list(seen)


def read_split(study: Study, train: Path | None, test: Path | None) -> Study:
    """The study with the split of two files in place of its own; without a file of training IDs, all entries not in the test set train.

    Raises
    ------
    InputError
        As :func:`read_ids`, or when an entry stands on both sides.
    """
    from dataclasses import replace

    if train is None and test is None:
        return study
    if test is None:
        raise InputError("a training set without its test set", file=train, cure="name the test set with --test")
    in_test = frozenset(read_ids(_text(test), test, study.entries.index))
    in_train = frozenset(study.entries.index) - in_test
    if train is not None:
        in_train = frozenset(read_ids(_text(train), train, study.entries.index))
    if both := sorted(in_train & in_test):
        raise InputError(f"{len(both)} entries stand on both sides", file=test, value=" ".join(both[:10]), cure="give each entry one side")
    return replace(study, train=in_train, test=in_test)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text: {error}", file=path, cure="save it as UTF-8") from error


def searched(study: Study, seed: int, output: Path, strict: bool = False) -> Search:
    """Search a split that improves on the release's own, and write it: both sides, and both audits side by side.

    ``strict`` keeps stoichiometries together too.
    """
    from pipeline.reporting.formats import write
    from pipeline.split.bonds import BONDS, PUBLISHED_BONDS

    chosen = study.entries.loc[sorted(study.entries.index)]
    found = search(chosen, study.texts.keys(), seed, reference_test_ids=study.test, bonds=BONDS if strict else PUBLISHED_BONDS)
    output.mkdir(parents=True, exist_ok=True)
    for name, side in ((TRAIN_FILE, found.train), (TEST_FILE, found.test)):
        write(output / name, "\n".join([str(col.ID), *side]) + "\n")
    report = {"seed": seed, "strict": strict, "found": found.audit.as_dict()}
    if found.reference:
        report["present"] = found.reference.as_dict()
    write(output / "audit.json", json.dumps(report, indent=1) + "\n")
    return found


def numbers(study: Study) -> dict[str, Any]:
    """Statistics of a release, with groups, audit and source tables."""
    from pipeline.ingest.laskowski import laskowski
    from pipeline.ingest.liion import liion
    from pipeline.reporting.statistics import statistics

    archive = study.archive
    return statistics(
        study.entries,
        study.structures,
        liion(archive.read("liion"), archive.file("liion")),
        laskowski(archive.read("laskowski"), archive.read("laskowski_references"), archive.file("laskowski")),
        None,
        study.train,
        study.test,
        groups=groups(study.entries),
        audit=study.audit().as_dict(),
    )


def scores(study: Study, seeds: int) -> list[Score]:
    """Errors of the two baselines on a release."""
    from pipeline.reporting.baseline import baseline
    from pipeline.reporting.statistics import statistics
    from pipeline.split.quality import log_conductivity
    from schemas.entries import PUBLISHED_BOUND

    floor = statistics(study.entries, {})["repeats"].get("mad_from_medians")
    logs = log_conductivity(study.entries, PUBLISHED_BOUND)
    together = groups(study.entries)
    return baseline(study.entries, logs, study.texts.keys(), study.train, study.test, together, floor, seeds)


def tell_audits(audits: Mapping[str, Audit], form: str) -> None:
    """Print audits side by side, or as JSON."""
    import click

    from pipeline.reporting.tell import audit_text

    click.echo(_json({name: each.as_dict() for name, each in audits.items()}) if form == "json" else audit_text(audits))


def paper_told(raw: Path, release: str | None, form: str) -> str:
    """The paper's numbers beside those of the release it describes, or of another."""
    from dataclasses import asdict

    from pipeline.reporting.paper import RELEASE, paper
    from pipeline.reporting.tell import paper_text

    study = open_study(raw, release or RELEASE)
    compared = paper(numbers(study), study.entries)
    if form == "json":
        return _json({"release": study.name, "numbers": [asdict(one) for one in compared]})
    return f"Release {study.name}\n\n{paper_text(compared)}"


def numbers_told(raw: Path, release: str | None, form: str) -> str:
    """The statistics of a release."""
    from pipeline.reporting.tell import statistics_text

    found = numbers(open_study(raw, release))
    return _json(found) if form == "json" else statistics_text(found)


def scores_told(raw: Path, release: str | None, form: str, seeds: int) -> str:
    """The errors of the two baselines."""
    from pipeline.reporting.tell import baseline_text

    found = scores(open_study(raw, release), seeds)
    return _json([one.as_dict() for one in found]) if form == "json" else baseline_text(found)


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
