"""A small release for the tests of pages, with text that tries to be markup."""

from __future__ import annotations

import pandas as pd

from pipeline.findings import Finding, findings_table
from pipeline.literature.source import laskowski_table
from pipeline.reporting.contents import Contents
from pipeline.reporting.figures import CAPTIONS
from pipeline.reporting.statistics import statistics
from pipeline.split import audit, groups
from pipeline.structures.cif import read
from schemas import columns as col
from schemas import links
from tests.unit.difficult import small_cif
from tests.unit.splits import entries

CIF = small_cif(4, "P m -3 m", "Li1 Li 0 0 0 0.5\nCl1 Cl 0.5 0.5 0.5 1\n")
HOSTILE = "</script><img src=x onerror=\"document.title='broken'\"> & <b>"
DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><circle r="9"/></svg>'


def small() -> Contents:
    """Four entries: 1e9 with a structure, bbb with a bound and hostile text, ccc in the test set, ddd with tantalum."""
    table = entries(
        {
            "1e9": {
                col.REDUCED_COMPOSITION: "LiCl", col.SPACE_GROUP: "Pm-3m", col.SPACE_GROUP_NUMBER: 221, col.FAMILY: "halides",
                col.DOI: "10.1000/a|10.1000/b<i>", col.A: 4.0, col.B: 4.0, col.C: 4.0,
            },
            "bbb": {col.IONIC_CONDUCTIVITY: 1e-10, col.BOUND: "<", col.DOI: "10.1000/a", col.NOTE: HOSTILE, col.FAMILY: "hexaoxometalates"},
            "ccc": {col.DOI: "javascript:alert(1)", col.IONIC_CONDUCTIVITY: 1e-3, col.FAMILY: "LISICON"},
            "ddd": {col.REDUCED_COMPOSITION: "LiTaO3", col.TRUE_COMPOSITION: "Li6Ta6O18", col.SPACE_GROUP: "R 3 c",
                    col.SPACE_GROUP_NUMBER: 161, col.IONIC_CONDUCTIVITY: 1e-5},
        }
    )  # fmt: skip
    structures = {"1e9": read(CIF, "1e9.cif")}
    mended = "The cell is too large. " + "x" * 200
    findings = findings_table(
        [
            Finding("bbb", "composition.charge", "warning", HOSTILE, str(col.REDUCED_COMPOSITION), "x", "", "1e9"),
            Finding("1e9", "cif.distance", "error", "Two sites are too close."),
            Finding(
                "ddd",
                "lattice.volume",
                "error",
                mended,
                value="y" * 120,
                status="corrected",
                reason="Z was 4.",
            ),
            Finding("ccc", "note.open", "info", "A note.", status="awaiting", reason="The paper has to be seen."),
        ]
    )
    numbers = statistics(
        table, structures, train_ids=["1e9", "bbb", "ddd"], test_ids=["ccc"], groups=groups(table),
        audit=audit(table, ["ccc"], structures).as_dict(),
    )  # fmt: skip
    found = dict.fromkeys(map(str, links.COLUMNS)) | {
        "ID": "1e9", "source": "laskowski", "record": "620", "conductivity_ratio": 1 / 1.4, "composition_agrees": True, "doi_agrees": True,
        "spacegroup_agrees": False, "published": "62", "agrees_with_published": True,
    }  # fmt: skip
    source = laskowski_table(pd.DataFrame({"record": ["620"], "composition": ["LiCl"], "conductivity": [9.6e-4]}))
    changed = pd.DataFrame(
        {"ID": ["ddd", "1e9"], "column": ["Z", "DOI"], "before": ["4", None], "after": ["6", "10.1000/a"],
         "reason": ["Z was 4.", HOSTILE], "evidence": ["The file holds six.", "The paper."]}
    )  # fmt: skip
    return Contents(
        title="A release <1>", subtitle="For the test.", entries=table, statistics=numbers, figures=dict.fromkeys(CAPTIONS, DRAWN),
        structures=structures, train_ids=["1e9", "bbb", "ddd"], test_ids=["ccc"], groups=groups(table), findings=findings,
        candidates=pd.DataFrame({"ID": ["bbb"], "file": ["x.cif"], "rank": [1], "composition_deviation": [0.01]}),
        links=pd.DataFrame([found]), corrections=changed, texts={"1e9": CIF}, sources=(source,), since="1.2.0",
        before=["1e9", "bbb", "ddd", "zzz"],
        issues="https://example.org/group/project/issues",
    )  # fmt: skip
