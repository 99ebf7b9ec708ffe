"""The split: no paper and no composition on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.findings import Finding
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd


def split_findings(entries: pd.DataFrame, test_ids: frozenset[str], train_ids: frozenset[str] | None = None) -> Iterator[Finding]:
    """Findings of ``split.*``: one for each entry of the test set and each tie to the training set."""
    from pipeline.split import leaks

    table = leaks(entries, test_ids, train_ids)
    for leak in table[table["set"] == "test"].to_dict("records"):
        others = leak["other"].split()
        trained = f"{len(others)} {'entry' if len(others) == 1 else 'entries'} of the training set"
        if leak["bond"] == "stoichiometry":
            name, severity, column = "split.near-leak", "warning", col.REDUCED_COMPOSITION
            tie = f"stoichiometry {leak['key']} under another formula"
        else:
            name, severity = "split.leak", "error"
            column = col.DOI if leak["bond"] == "paper" else col.REDUCED_COMPOSITION
            tie = f"{leak['bond']} {leak['key']}"
        said = f"The entry is in the test set, and {trained} ({', '.join(others)}) {_has(others)} its {tie}."
        yield Finding(leak["ID"], name, severity, said, column=column, value=leak["key"], other=" ".join(others))  # type: ignore[arg-type]


def _has(others: list[str]) -> str:
    return "has" if len(others) == 1 else "have"
