"""What the checks find on the pinned release, and what is done about it."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from pipeline.checks.catalogue import catalogue
from pipeline.correct import read_corrections, read_waivers
from pipeline.findings import findings_table
from pipeline.reporting import checks_page
from schemas import columns as col

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def published(built_as_published: Path) -> pd.DataFrame:
    """Findings on the release as published: no correction, no waiver."""
    return pd.read_csv(built_as_published / "findings.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def released(built: Path) -> pd.DataFrame:
    """Findings on the default release."""
    return pd.read_csv(built / "findings.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def judged() -> dict[tuple[str, str], str]:
    rows: list[dict[str, str]] = []
    for path in sorted((ROOT / checks_page.JUDGEMENTS).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
        assert all(row["check"].split(".")[0] == path.stem for row in found)
        rows += found
    assert {row["judgement"] for row in rows} <= {"true", "suspicious", "false"}
    assert all(row["reason"] for row in rows)
    assert all(bool(row["witness"]) == (row["judgement"] == "true") for row in rows), "what is true has a witness, and nothing else"
    return {(row["ID"], row["check"]): row["judgement"] for row in rows}


def pairs(findings: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(findings[col.ID], findings[col.CHECK], strict=True))


def test_every_error_and_warning_was_judged(published: pd.DataFrame, judged: dict[tuple[str, str], str]) -> None:
    told = pairs(published[published[col.SEVERITY] != "info"])
    assert told - set(judged) == set(), "read these rows and write a judgement into docs/judgements"
    assert set(judged) - told == set(), "these judgements speak of findings that are gone"


def test_errors_are_wrong_at_most_once_in_twenty_and_warnings_at_most_half(
    published: pd.DataFrame, judged: dict[tuple[str, str], str]
) -> None:
    for severity, share in (("error", 0.05), ("warning", 0.5)):
        told = published[published[col.SEVERITY] == severity]
        for check, own in told.groupby(str(col.CHECK)):
            wrong = sum(judged[pair] == "false" for pair in pairs(own))
            assert wrong <= share * len(own), f"{check} as {severity}: {wrong} of {len(own)} are wrong"


def test_errors_are_true_and_warnings_mostly(published: pd.DataFrame, judged: dict[tuple[str, str], str]) -> None:
    for severity, least, most in (("error", 0.95, 0.0), ("warning", 0.6, 0.05)):
        told = Counter(judged[pair] for pair in pairs(published[published[col.SEVERITY] == severity]))
        assert told["true"] >= least * told.total(), f"{severity}: {told}"
        assert told["false"] <= most * told.total(), f"{severity}: {told}"


def test_the_old_value_of_each_correction_is_named(published: pd.DataFrame, raw: Path) -> None:
    """No recall: these laws were found beside these rows. It holds that none of them is lost."""
    for correction in read_corrections(raw):
        if correction.status == "accepted":
            own = published[(published[col.ID] == correction.id) & (published[col.SEVERITY] != "info")]
            other = published[published[col.OTHER].str.split().map(lambda names, name=correction.id: name in names)]
            assert not own.empty or not other.empty, correction.id


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("ueu", "reference.doi-form"),  # the cover of the issue
        ("um1", "link.spacegroup"),  # R-3c for R-3
        ("lrh", "link.icsd"),  # 240268 for 240269
        ("ur9", "link.laskowski"),  # Ref names citation 2, the paper is 137
        ("019", "spacegroup.symbol-number"),  # R-3c, 168
        ("r5y", "composition.z-mismatch"),  # Li1.6Cd8Cl32
        ("yav", "lattice.volume"),  # Z 4 for 8
        ("24k", "lattice.volume"),  # Z 4 for 2
        ("hd3", "lattice.volume"),  # Z 2 for 3
        ("vy5", "cif.cell-content"),  # Z 4 for 12
        ("cjq", "duplicate.same-cell"),  # niobium and tantalum garnet with one cell and one conductivity
        ("4kt", "lattice.setting"),  # unique axis c beside C2/c
        ("bnh", "composition.charge"),  # P0.95 + Si0.1
        ("11b", "family.composition"),  # Li3P, a phosphate
        ("b4c", "cif.missing-element"),  # Li4SiS4 without lithium
        ("um1", "cif.spacegroup"),  # R-3c for R-3
    ],
)
def test_known_errors_are_found(published: pd.DataFrame, name: str, check: str) -> None:
    assert (name, check) in pairs(published)


def test_the_default_release_has_no_open_error(released: pd.DataFrame) -> None:
    errors = released[released[col.SEVERITY] == "error"]
    assert errors[errors[col.STATUS] == "open"].empty
    assert set(errors[col.STATUS]) == {"corrected", "accepted", "awaiting"}


def test_no_waiver_is_idle_and_every_correction_settles_or_proves_something(released: pd.DataFrame, raw: Path) -> None:
    assert not (released[col.CHECK] == "waiver.unused").any()
    for correction in read_corrections(raw):
        assert len(correction.reason.split()) >= 4
        assert len(correction.evidence.split()) >= 12, f"{correction.id}: evidence in words and numbers"
    for waiver in read_waivers(raw):
        assert waiver.check in catalogue()
        assert len(waiver.reason.split()) >= 12


def test_corrections_silence_nothing_they_do_not_mend(published: pd.DataFrame, released: pd.DataFrame, raw: Path) -> None:
    """A finding that is gone from the release is one on an entry that was corrected, or on its partner."""
    mended = {c.id for c in read_corrections(raw) if c.status == "accepted"}
    gone = published[[pair not in pairs(released) for pair in zip(published[col.ID], published[col.CHECK], strict=True)]]
    for finding in gone.to_dict("records"):
        assert {finding[col.ID], *finding[col.OTHER].split()} & mended, finding


def test_severities_and_names_are_those_of_the_catalogue(published: pd.DataFrame, released: pd.DataFrame) -> None:
    for findings in (published, released):
        for check, severity in set(zip(findings[col.CHECK], findings[col.SEVERITY], strict=True)):
            assert severity in catalogue()[check].severities


def test_sentences_end_and_say_something(published: pd.DataFrame) -> None:
    assert published[col.MESSAGE].str.len().min() > 20
    assert published[col.MESSAGE].str.endswith((".", "?")).all()
    assert not published[col.MESSAGE].str.contains("None|nan|\\{").any()


def test_findings_do_not_depend_on_the_order_of_rows(published: pd.DataFrame, published_cells: pd.DataFrame) -> None:
    from pipeline.checks.run import check
    from pipeline.checks.subject import Subject
    from pipeline.ingest.workbook import entries

    found = findings_table(check(Subject(entries(published_cells.iloc[::-1].reset_index(drop=True)))))
    families = ("composition.", "spacegroup.", "lattice.", "conductivity.range", "reference.", "family.")
    ours = pairs(found[found[col.CHECK].str.startswith(families)])
    alone = published[published[col.CHECK].str.startswith(families)]
    # without the structures more volumes are doubtful, and settings and digits that only they show are silent
    assert pairs(alone) - ours == pairs(alone[alone[col.CHECK].isin(["lattice.setting", "lattice.digits"])]) - ours
    assert {check for _, check in ours - pairs(alone)} <= {"lattice.volume"}
